//! Which folders below a lockfile belong to its project.
//!
//! Knows how each tool writes that down. Must not know what is asked for there.

use std::collections::{HashMap, HashSet};

use holdfast_model::Origin;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::look::Document;
use crate::requirements::folder_of;

/// What a lockfile says of the folders below its own.
#[derive(Debug)]
pub(super) enum Members {
    /// Nothing.
    Unknown,
    /// Those that belong to it, as it writes them.
    Folders(HashSet<String>),
    /// The names of the packages that belong to it.
    Packages(HashSet<String>),
}

/// The part of npm's lockfiles that names folders, since format 2.
#[derive(Deserialize)]
#[expect(
    clippy::zero_sized_map_values,
    reason = "the keys alone are wanted of the map in the file"
)]
struct Packages {
    packages: HashMap<String, IgnoredAny>,
}

impl Members {
    pub(super) fn of(lock: &Document) -> Self {
        let text = || String::from_utf8_lossy(&lock.bytes);
        let named = |marks: &[&str]| Self::Folders(behind(&text(), marks));
        match lock.reader {
            "package-lock" => {
                let Ok(read) = serde_json::from_slice::<Packages>(&lock.bytes) else {
                    return Self::Unknown;
                };
                let own = read.packages.into_keys().filter(|key| !key.contains("node_modules/"));
                Self::Folders(own.collect())
            }
            "pnpm-lock" => Self::Folders(importers(&text())),
            "yarn-lock" if text().contains("__metadata:") => {
                named(&["@workspace:", "@portal:", "@file:"])
            }
            "bun-lock" => named(&["@workspace:", "@file:"]),
            "poetry-lock" | "pdm-lock" | "uv-lock" | "pylock" => {
                named(&["url = \"", "path = \"", "editable = \"", "virtual = \"", "directory = \""])
            }
            "composer-lock" => Self::Folders(behind_escaped(&text())),
            "cargo-lock" | "gemfile-lock" => {
                let own = lock.components.iter().filter(|one| one.origin == Origin::Tree);
                Self::Packages(own.map(|one| one.name.to_string()).collect())
            }
            // Each project has its own.
            "nuget-lock" | "pipfile-lock" => Self::Folders(HashSet::new()),
            _ => Self::Unknown,
        }
    }

    /// Whether a manifest in this folder, relative to that of the lockfile, belongs to it; `None` where
    /// that is not known.
    pub(super) fn hold(&self, manifest: &Document, folder: &str) -> Option<bool> {
        // A copy of somebody's release is named as that release is.
        if folder.split('/').any(|part| matches!(part, "node_modules" | "vendor")) {
            return None;
        }
        match self {
            Self::Unknown => None,
            Self::Folders(all) => Some(all.contains(folder)),
            // Bundler takes a `Gemfile` for the beginning of a project, and reads the gemspecs of others.
            Self::Packages(_) if manifest.reader == "gemfile" => Some(false),
            Self::Packages(all) => match own_name(manifest) {
                Some(name) => Some(all.contains(&name)),
                None if manifest.reader == "cargo-toml" => Some(false),
                None => None,
            },
        }
    }
}

/// The folders that stand behind these words.
fn behind(text: &str, marks: &[&str]) -> HashSet<String> {
    let ends = |c: char| c.is_whitespace() || "\"'#():,".contains(c);
    let mut all = HashSet::new();
    for mark in marks {
        for (at, _) in text.match_indices(mark) {
            let rest = text.get(at + mark.len()..).unwrap_or_default();
            all.extend(rest.split(ends).next().map(plain));
        }
    }
    all
}

/// The same for Composer, whose JSON may escape the slashes.
fn behind_escaped(text: &str) -> HashSet<String> {
    behind(&text.replace("\\/", "/"), &["\"url\": \"", "\"url\":\""])
}

/// A folder without what begins or ends it needlessly.
fn plain(folder: &str) -> String {
    folder.trim_start_matches("./").trim_end_matches('/').to_owned()
}

/// The folders of a workspace of pnpm: the keys of `importers`, and folders that are packed and
/// installed.
fn importers(text: &str) -> HashSet<String> {
    let mut all = behind(text, &["file:"]);
    let mut inside = false;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) && !line.trim().is_empty() {
            inside = line.starts_with("importers:");
        }
        let key = line.strip_prefix("  ").filter(|rest| inside && !rest.starts_with(' '));
        if let Some((key, _)) = key.and_then(|key| key.rsplit_once(':')) {
            all.insert(plain(key.trim_matches(['\'', '"'])));
        }
    }
    all
}

/// The name of the package that a manifest of cargo or a gemspec describes.
fn own_name(manifest: &Document) -> Option<String> {
    if manifest.reader == "gemspec" {
        return manifest.components.first().map(|one| one.name.to_string());
    }
    let text = String::from_utf8_lossy(&manifest.bytes);
    let mut lines = text.lines().map(str::trim);
    lines.find(|line| line.starts_with("[package]") || line.starts_with("[project]"))?;
    let mut own = lines.take_while(|line| !line.starts_with('['));
    own.find_map(|line| {
        let value = line.strip_prefix("name")?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        value.split(quote).nth(1).map(str::to_owned)
    })
}

/// The folder of a file below another folder, relative to that one.
pub(super) fn relative<'p>(path: &'p str, folder: &str) -> &'p str {
    let own = folder_of(path);
    own.strip_prefix(folder).unwrap_or(own).trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_stand_behind_words() {
        let yarn = "\"a@workspace:packages/a\":\n  resolution: \"a@workspace:packages/a\"\n\
                    \"b@portal:./b::locator=x\":\n";
        let found = behind(yarn, &["@workspace:", "@portal:"]);
        assert_eq!(found, HashSet::from(["packages/a".to_owned(), "b".to_owned()]));
        let composer = r#"{"dist": {"type": "path", "url": "packages\/x"}}"#;
        assert!(behind_escaped(composer).contains("packages/x"));
    }

    #[test]
    fn importers_are_the_keys_of_one_table() {
        let text = "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        \
                    specifier: ^1\n        version: 1.0.0\n\n  'apps/web':\n    devDependencies: {}\n\n  \
                    packages/b: {}\n\npackages:\n\n  a@1.0.0:\n    resolution: {integrity: x}\n";
        let found = importers(text);
        assert!(found.contains("apps/web") && found.contains("packages/b"), "{found:?}");
        assert!(!found.contains("a@1.0.0") && !found.contains("dependencies"), "{found:?}");
    }

    #[test]
    fn a_folder_is_told_from_the_one_above() {
        assert_eq!(relative("a/b/c.toml", "a"), "b");
        assert_eq!(relative("a/c.toml", ""), "a");
        assert_eq!(relative("c.toml", ""), "");
    }
}
