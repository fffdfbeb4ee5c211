//! The workspace that a Go module is built in: the `go.work` that names it, and the other modules there.
//!
//! Knows which folders are built together and which of two releases Go takes (go.dev/ref/mod, "Minimal
//! version selection" and "Workspaces"); must not know what is told of a module.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::go_mod_lines::{GoModFile, Token, parse};
use crate::text::encoding::decode;
use crate::text::{Document, folder};
use crate::{Sources, join};

/// So many folders above a module are looked into for its workspace.
const MAX_ABOVE: usize = 16;

/// So many other modules of a workspace are read for one.
const MAX_MEMBERS: usize = 128;

/// Where the workspace of a module may be written: beside it or above.
pub(super) fn works(path: &str) -> Vec<Arc<str>> {
    let mut out = Vec::new();
    let mut at = folder(path);
    for _ in 0..MAX_ABOVE {
        out.extend(join(at, "go.work"));
        if at.is_empty() {
            break;
        }
        at = folder(at);
    }
    out
}

/// The nearest workspace, if it names this module.
pub(super) fn workspace<'s>(sources: &'s Sources<'_>) -> Option<(Arc<str>, &'s [u8])> {
    let mut above = works(sources.path()).into_iter();
    let (path, bytes) = above.find_map(|path| Some((path.clone(), sources.file(&path)?)))?;
    let home = folder(&path).to_owned();
    let text = decode(bytes).text;
    let file = parse(&text);
    let uses = |one: &Token<'_>| {
        join(&home, one.text).is_some_and(|used| *used == *folder(sources.path()))
    };
    file.used.iter().any(uses).then_some((path, bytes))
}

/// Where the other modules of a module's workspace are written, each once.
pub(super) fn others(sources: &Sources<'_>) -> Vec<Arc<str>> {
    let Some((path, bytes)) = workspace(sources) else { return Vec::new() };
    let text = decode(bytes).text;
    let file = parse(&text);
    let mut out: Vec<Arc<str>> = Vec::new();
    for one in &file.used {
        let member = join(folder(&path), one.text).and_then(|used| join(&used, "go.mod"));
        let member = member.filter(|member| member != sources.path() && !out.contains(member));
        out.extend(member);
        if out.len() >= MAX_MEMBERS {
            break;
        }
    }
    out
}

/// The other modules of a module's workspace, as far as they are there.
pub(super) fn members<'s>(sources: &'s Sources<'_>) -> Vec<Document<'s>> {
    let mut out = Vec::new();
    for path in others(sources) {
        if let Some(bytes) = sources.file(&path) {
            out.push(Document::open(&path, bytes));
        }
    }
    out
}

/// What the other modules of a workspace decide.
#[derive(Debug, Default)]
pub(super) struct Selection<'t> {
    /// Their own paths: each is built from its folder, in whatever release it is required.
    mains: HashSet<&'t str>,
    /// The greatest release that one of them requires, by module.
    greatest: HashMap<&'t str, &'t str>,
}

impl<'t> Selection<'t> {
    /// What these other modules say.
    pub(super) fn of(members: &[GoModFile<'t>]) -> Self {
        let mut out = Self::default();
        for member in members {
            out.mains.extend(member.module.map(|module| module.text));
            for one in &member.required {
                let version = one.version.text;
                let known = out.greatest.entry(one.path.text).or_insert(version);
                if order(version, known) == Ordering::Greater {
                    *known = version;
                }
            }
        }
        out
    }

    /// Whether a module is one of the workspace.
    pub(super) fn is_main(&self, path: &str) -> bool {
        self.mains.contains(path)
    }

    /// The release that is built in where a module requires `version`.
    pub(super) fn release(&self, path: &str, version: &'t str) -> &'t str {
        match self.greatest.get(path) {
            Some(&greatest) if order(greatest, version) == Ordering::Greater => greatest,
            _ => version,
        }
    }
}

/// Which of two releases is the later one: the order of semver.org, without what stands behind a `+`.
fn order(a: &str, b: &str) -> Ordering {
    let ((a, before_a), (b, before_b)) = (split(a), split(b));
    by_parts(a, b).then_with(|| match (before_a, before_b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => by_parts(a, b),
    })
}

/// The release and what marks a version as one before it.
fn split(version: &str) -> (&str, Option<&str>) {
    let plain = version.split('+').next().unwrap_or_default();
    let plain = plain.strip_prefix('v').unwrap_or(plain);
    plain.split_once('-').map_or((plain, None), |(release, before)| (release, Some(before)))
}

/// Numbers by their value and before words, words by their letters; where one ends, it comes first.
fn by_parts(a: &str, b: &str) -> Ordering {
    a.split('.').map(part).cmp(b.split('.').map(part))
}

/// A part so that it can be compared: of two numbers the longer one is greater.
fn part(text: &str) -> (bool, usize, &str) {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number = text.trim_start_matches('0');
        (false, number.len(), number)
    } else {
        (true, 0, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_release_is_the_greater_one() {
        let rising = [
            "v0.0.0-20190101000000-0123456789ab",
            "v0.0.0-20200101000000-0123456789ab",
            "v0.9.0",
            "v1.2.3-0.20200101000000-0123456789ab",
            "v1.2.3-alpha",
            "v1.2.3-alpha.1",
            "v1.2.3-alpha.beta",
            "v1.2.3-rc.2",
            "v1.2.3-rc.10",
            "v1.2.3",
            "v1.10.0",
            "v2.0.0+incompatible",
        ];
        for (at, a) in rising.iter().enumerate() {
            for (other, b) in rising.iter().enumerate() {
                assert_eq!(order(a, b), at.cmp(&other), "{a} {b}");
            }
        }
        assert_eq!(order("v2.0.0", "v2.0.0+incompatible"), Ordering::Equal);
    }
}
