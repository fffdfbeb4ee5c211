//! Versions of packages that dpkg installed.
//!
//! Knows where dpkg keeps them, and finds the few that are asked about without reading the rest;
//! what a paragraph says is the business of `packages::deb822` and `packages::dpkg_status`.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource};

use super::look::{Gap, Got, Look, MAX_FILES, setting};
use super::{Answers, Asked, Collector};
use crate::packages::deb822::Paragraphs;
use crate::packages::dpkg_status::{State, state};
use crate::text::number;

/// The collector.
pub(super) struct Package;

static ABOUT: About = About {
    id: "host-package",
    title: "Versions of packages that dpkg installed",
    text: "Looks for the asked names alone in `/var/lib/dpkg/status` and, for images without a \
        package manager, in the files of `/var/lib/dpkg/status.d`. What is installed or held \
        counts; a package of which only configuration is left is absent; one that is half \
        installed is neither, and is an error. Each architecture is said. Relies on dpkg's habit \
        of writing `Package` first in each paragraph. Other package managers are not read.",
    file: file!(),
};

pub(super) const STATUS: &str = "/var/lib/dpkg/status";
const STATUS_FOLDER: &str = "/var/lib/dpkg/status.d/*";

const FIELD: &[u8] = b"Package:";

fn name_of(resource: &Resource) -> Option<&str> {
    match resource {
        Resource::Package { name } => Some(name),
        _ => None,
    }
}

impl Collector for Package {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn read(&self, asked: &Asked<'_>, answers: &Answers<'_>, out: &mut dyn FnMut(Fact)) {
        let mut found: BTreeMap<&str, Vec<(Reading, Place)>> =
            asked.each(name_of).map(|(_, name)| (name, Vec::new())).collect();
        if found.is_empty() {
            return;
        }
        let databases = databases(&Look::new(answers));
        for (path, bytes) in &databases.files {
            search(path, bytes, &mut found);
        }
        for (resource, name) in asked.each(name_of) {
            let mut say = |reading, place| {
                out(setting(resource, Aspect::Version, reading, place));
            };
            let seen = found.remove(name).unwrap_or_default();
            match &databases.gap {
                _ if !seen.is_empty() => {}
                Some(gap) => say(gap.clone().reading(), None),
                None => say(Reading::Absent, None),
            }
            for (reading, place) in seen {
                say(reading, Some(place));
            }
        }
    }
}

/// The files that can be read, and what stands against taking them for everything.
pub(super) struct Databases<'a> {
    files: Vec<(Arc<str>, &'a [u8])>,
    gap: Option<Gap>,
}

impl Databases<'_> {
    /// The version in which a package is installed, for what depends on it.
    pub(super) fn version(&self, name: &str) -> Option<Arc<str>> {
        let mut found = BTreeMap::from([(name, Vec::new())]);
        for (path, bytes) in &self.files {
            search(path, bytes, &mut found);
        }
        found.remove(name)?.into_iter().find_map(|(reading, _)| match reading {
            Reading::Is(version) => Some(version),
            Reading::Absent | Reading::Unknown { .. } | Reading::Broken { .. } => None,
        })
    }
}

/// Looks for the databases, and notes what of them has to be asked for.
pub(super) fn databases<'a>(look: &Look<'a>) -> Databases<'a> {
    let mut files = Vec::new();
    let mut gap = None;
    let mut take = |path: &str, got: Got<&'a [u8]>| match got {
        Got::Here(bytes) => files.push((Arc::from(path), bytes)),
        Got::Missing => {}
        Got::Hidden(hidden) => gap = Some(hidden),
    };
    take(STATUS, look.file(STATUS));
    match look.paths(STATUS_FOLDER) {
        Got::Here(paths) => {
            let packages = paths.iter().filter(|path| !path.ends_with(".md5sums"));
            for path in packages.take(MAX_FILES) {
                take(path, look.file(path));
            }
        }
        Got::Missing => {}
        Got::Hidden(hidden) => gap = Some(hidden),
    }
    if files.is_empty() && gap.is_none() {
        let reason = "there is no package database of dpkg here";
        gap = Some(Gap::new(reason, "a later Holdfast, where another package manager is in use"));
    }
    Databases { files, gap }
}

/// Finds the paragraphs of the asked packages. All others cost no more than the search for the
/// next line that names one.
fn search(path: &Arc<str>, bytes: &[u8], found: &mut BTreeMap<&str, Vec<(Reading, Place)>>) {
    let one_each = path.as_ref() != STATUS;
    let (mut line, mut counted) = (0, 0);
    for at in memchr::memmem::find_iter(bytes, FIELD) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        if !matches!(before, None | Some(b'\n')) {
            continue;
        }
        let paragraph = bytes.get(at..).unwrap_or_default();
        let rest = paragraph.get(FIELD.len()..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().trim_ascii();
        let Ok(name) = std::str::from_utf8(name) else { continue };
        let Some(seen) = found.get_mut(name) else { continue };
        // Lines are counted only where somebody will be told one.
        let skipped = bytes.get(counted..at).unwrap_or_default();
        line += memchr::memchr_iter(b'\n', skipped).count();
        counted = at;
        if let Some((reading, behind)) = judge(paragraph, one_each) {
            let line = number(line).saturating_add(behind.0);
            seen.push((reading, Place { path: Arc::clone(path), line, column: behind.1 }));
        }
    }
}

/// What dpkg says of the packages whose names begin with a word: each that is not absent.
pub(super) fn beginning<'a>(bytes: &'a [u8], start: &str) -> Vec<(&'a str, Reading)> {
    let mut out = Vec::new();
    for at in memchr::memmem::find_iter(bytes, FIELD) {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        if !matches!(before, None | Some(b'\n')) {
            continue;
        }
        let paragraph = bytes.get(at..).unwrap_or_default();
        let rest = paragraph.get(FIELD.len()..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default().trim_ascii();
        let Ok(name) = std::str::from_utf8(name) else { continue };
        if name.starts_with(start) {
            out.extend(judge(paragraph, false).map(|(reading, _)| (name, reading)));
        }
    }
    out
}

/// What a paragraph says of its package, with line and column of what says it, from the
/// paragraph's first line; nothing where it is not installed.
fn judge(paragraph: &[u8], one_each: bool) -> Option<(Reading, (u32, u32))> {
    let paragraph = Paragraphs::new(paragraph, ["Package", "Status", "Version"]).next()?;
    let [_, status, version] = &paragraph.fields;
    let broken = |reason: &str| Reading::Broken { reason: reason.to_owned() };
    if paragraph.trouble.is_some() || (paragraph.cut.is_some() && !one_each) {
        return Some((broken("its paragraph in dpkg's database cannot be read"), (1, 1)));
    }
    let state = match status {
        Some(status) => state(status.text().unwrap_or_default()),
        None if one_each => State::Installed,
        None => State::Strange,
    };
    let at = status.map_or((1, 1), |status| (status.line, status.column));
    match state {
        State::Absent => None,
        State::Half => Some((broken("it is only half installed"), at)),
        State::Strange => Some((broken("dpkg does not say whether it is installed"), at)),
        State::Installed => Some(match version.and_then(|v| Some((v.word()?, v))) {
            Some((word, value)) => (Reading::Is(word.into()), (value.line, value.column)),
            None => (broken("it is installed in no version that can be read"), at),
        }),
    }
}
