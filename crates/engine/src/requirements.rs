//! Which lines of manifests a locked component answers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use holdfast_act::PackageManager;
use holdfast_advisories::lift;
use holdfast_model::{Component, Ecosystem, Origin, Requirement, Span};

use crate::look::{Document, Look};

/// A line of a manifest, with the path of the document that was read.
type Line<'a> = (&'a Arc<str>, &'a Requirement);

/// Manifests that speak for every project below the folder they belong to: the reader, and how
/// many folders above the manifest that folder is.
const SHARED: [(&str, usize); 1] = [("gradle-catalog", 1)];

/// A requirement with the document that was read.
struct Told<'a> {
    document: &'a Document,
    requirement: &'a Requirement,
    /// The folder of the nearest lockfile of its ecosystem, at its own folder or above.
    lock: &'a str,
}

/// The requirements of a look, by ecosystem and name.
pub(crate) struct Requirements<'a> {
    by_name: HashMap<(&'a Ecosystem, &'a str), Vec<Told<'a>>>,
    /// By where their text stands: a property, or a version by name, may serve several packages.
    by_text: HashMap<(&'a str, Span), Vec<&'a str>>,
    locks: HashSet<(&'a Ecosystem, &'a str)>,
}

impl<'a> Requirements<'a> {
    /// Of every document of a look.
    pub(crate) fn of(look: &'a Look) -> Self {
        let locks = locks(look);
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        let mut by_text: HashMap<_, Vec<_>> = HashMap::new();
        for document in &look.documents {
            for requirement in &document.requirements {
                let lock = nearest(&locks, &requirement.ecosystem, &document.path);
                by_name
                    .entry((&requirement.ecosystem, &*requirement.name))
                    .or_default()
                    .push(Told { document, requirement, lock });
                if !requirement.range.is_empty() {
                    by_text
                        .entry((&*requirement.place.path, requirement.span))
                        .or_default()
                        .push(&*requirement.name);
                }
            }
        }
        Self { by_name, by_text, locks }
    }

    /// Whether a manifest belongs to the project of a lockfile: at its folder or below, without a
    /// lockfile of its own.
    pub(crate) fn is_member(&self, document: &Document, ecosystem: &Ecosystem, path: &str) -> bool {
        let folder = folder_of(&document.path);
        is_below(path, folder) && nearest(&self.locks, ecosystem, path).len() <= folder.len()
    }

    /// The other packages whose version is written in the same place, sorted.
    pub(crate) fn sharing(&self, requirement: &Requirement) -> Vec<&'a str> {
        let all = self.by_text.get(&(&*requirement.place.path, requirement.span));
        let mut others: Vec<&str> = all.into_iter().flatten().copied().collect();
        others.retain(|name| *name != &*requirement.name);
        others.sort_unstable();
        others.dedup();
        others
    }

    /// Those that a locked component answers: written in its own document, in one at or below its
    /// folder that has no lockfile of its own, or in one that speaks for all projects of a folder
    /// above; and admitting its version. Empty where only other packages ask for it.
    pub(crate) fn governing(&self, document: &Document, component: &Component) -> Vec<Line<'a>> {
        let mut all: Vec<&Told<'a>> = self.told(document, component).collect();
        let liftable = all.iter().any(|told| told.requirement.liftable);
        // Overrides and peers speak of a package that others bring in, and lines of excluded
        // projects and fixtures of one that they are not even given.
        let narrow = component.direct != Some(true) && !liftable;
        if narrow || is_brought_in(document, component) {
            all.retain(|told| told.document.path == document.path);
        }
        all.into_iter().map(Told::line).collect()
    }

    /// Lines that keep a component which others bring in from a version: an override, a peer.
    pub(crate) fn against(
        &self,
        document: &Document,
        component: &Component,
        version: &str,
    ) -> Vec<Line<'a>> {
        self.told(document, component)
            .filter(|told| told.document.path != document.path)
            // One that a lift may rewrite counts in the project's own folder alone: below it stand
            // projects that are not given this copy.
            .filter(|told| {
                let own = folder_of(&told.document.path) == folder_of(&document.path);
                own || !told.requirement.liftable
            })
            .map(Told::line)
            .filter(|(_, line)| {
                lift::admits(&component.ecosystem, &line.range, version) == Some(false)
            })
            .collect()
    }

    /// Every line of the component's own project that admits its version.
    fn told<'s>(
        &'s self,
        document: &'s Document,
        component: &'s Component,
    ) -> impl Iterator<Item = &'s Told<'a>> {
        let folder = folder_of(&document.path);
        let all = self.by_name.get(&(&component.ecosystem, &*component.name));
        all.into_iter()
            .flatten()
            .filter(move |told| {
                told.document.path == document.path
                    || (is_below(&told.document.path, folder) && told.lock.len() <= folder.len())
                    || home(told.document).is_some_and(|home| is_below(&document.path, home))
            })
            .filter(move |told| {
                component.version.as_deref().is_none_or(|version| {
                    let range = &told.requirement.range;
                    lift::admits(&component.ecosystem, range, version).unwrap_or(true)
                })
            })
    }
}

impl<'a> Told<'a> {
    /// An included file's line stands in that file, whoever read it.
    fn line(&self) -> Line<'a> {
        (&self.requirement.place.path, self.requirement)
    }
}

/// The folders that have a lockfile of an ecosystem: one that a tool keeps, or a document that
/// names packages and asks for none. What somebody's bill of materials names is no project's.
fn locks(look: &Look) -> HashSet<(&Ecosystem, &str)> {
    let kept = |document: &&Document| {
        PackageManager::of(&document.path, &document.bytes).is_some()
            || (document.requirements.is_empty() && !document.is_bill())
    };
    look.documents
        .iter()
        .filter(kept)
        .flat_map(|document| {
            let folder = folder_of(&document.path);
            // Neighbours are mostly of one ecosystem.
            let runs = document.components.chunk_by(|one, next| one.ecosystem == next.ecosystem);
            runs.filter_map(<[_]>::first).map(move |component| (&component.ecosystem, folder))
        })
        .collect()
}

/// The nearest of these folders at or above a file; the root where there is none.
fn nearest<'a>(
    locks: &HashSet<(&Ecosystem, &str)>,
    ecosystem: &Ecosystem,
    path: &'a str,
) -> &'a str {
    let mut folder = folder_of(path);
    while !folder.is_empty() && !locks.contains(&(ecosystem, folder)) {
        folder = folder_of(folder);
    }
    folder
}

/// Whether a lockfile says that other packages need a component, and the project does not.
fn is_brought_in(document: &Document, component: &Component) -> bool {
    if component.direct != Some(false) {
        return false;
    }
    let at = document.components.iter().position(|one| std::ptr::eq(one, component));
    let is_tree = |parent: u32| {
        let parent = document.components.get(parent as usize);
        parent.is_some_and(|parent| parent.origin == Origin::Tree)
    };
    !document
        .edges
        .iter()
        .filter(|edge| at == Some(edge.child as usize))
        .any(|edge| edge.parent.is_none_or(is_tree))
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
