//! Which lines of manifests a locked component answers.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_advisories::lift;
use holdfast_model::{Component, Ecosystem, Requirement};

use crate::look::{Document, Look};

/// A line of a manifest, with the path of the document that was read.
type Line<'a> = (&'a Arc<str>, &'a Requirement);

/// Manifests that speak for every project below the folder they belong to: the reader, and how
/// many folders above the manifest that folder is.
const SHARED: [(&str, usize); 1] = [("gradle-catalog", 1)];

/// A requirement with the document that was read.
type Told<'a> = (&'a Document, &'a Requirement);

/// The requirements of a look, by ecosystem and name.
pub(crate) struct Requirements<'a> {
    by_name: HashMap<(&'a Ecosystem, &'a str), Vec<Told<'a>>>,
}

impl<'a> Requirements<'a> {
    /// Of every document of a look.
    pub(crate) fn of(look: &'a Look) -> Self {
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for document in &look.documents {
            for requirement in &document.requirements {
                by_name
                    .entry((&requirement.ecosystem, &*requirement.name))
                    .or_default()
                    .push((document, requirement));
            }
        }
        Self { by_name }
    }

    /// Those that a locked component answers: written in its own document, in one at or below its
    /// folder, or in one that speaks for all projects of a folder above; and admitting its version.
    pub(crate) fn governing(&self, document: &Document, component: &Component) -> Vec<Line<'a>> {
        let folder = folder_of(&document.path);
        let all = self.by_name.get(&(&component.ecosystem, &*component.name));
        all.into_iter()
            .flatten()
            .filter(|(told, _)| {
                told.path == document.path
                    || is_below(&told.path, folder)
                    || home(told).is_some_and(|home| is_below(&document.path, home))
            })
            .filter(|(_, requirement)| {
                component.version.as_deref().is_none_or(|version| {
                    lift::admits(&component.ecosystem, &requirement.range, version).unwrap_or(true)
                })
            })
            // An included file's line stands in that file, whoever read it.
            .map(|(_, requirement)| (&requirement.place.path, *requirement))
            .collect()
    }
}

/// The folder for all of whose projects a manifest speaks, where it does.
fn home(document: &Document) -> Option<&str> {
    let (_, above) = SHARED.iter().find(|(reader, _)| document.reader == *reader)?;
    let folder = folder_of(&document.path);
    Some((0..*above).fold(folder, |folder, _| folder_of(folder)))
}

/// The folder of a path, empty for the root.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a path is in a folder or below it.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(path: &str, reader: &'static str) -> Document {
        Document {
            path: path.into(),
            reader,
            bytes: Arc::from([]),
            components: Vec::new(),
            requirements: Vec::new(),
            edges: Vec::new(),
            unknown: Vec::new(),
            os: None,
            offers: Vec::new(),
            artifact: "".into(),
            feeds: Vec::new(),
            own: Vec::new(),
            notices: Vec::new(),
            problems: Vec::new(),
            partial: false,
        }
    }

    #[test]
    fn a_catalog_speaks_for_all_projects_of_its_build() {
        let catalog = "shop/gradle/libs.versions.toml";
        assert_eq!(home(&document(catalog, "gradle-catalog")), Some("shop"));
        assert_eq!(home(&document("gradle/libs.versions.toml", "gradle-catalog")), Some(""));
        assert_eq!(home(&document("shop/Cargo.toml", "cargo-toml")), None);
    }

    #[test]
    fn folders_are_whole_names() {
        assert_eq!(folder_of("a/b/Cargo.lock"), "a/b");
        assert_eq!(folder_of("Cargo.lock"), "");
        assert!(is_below("a/b/c", "a") && is_below("x", ""));
        assert!(!is_below("ab/c", "a") && !is_below("a", "a"));
    }
}
