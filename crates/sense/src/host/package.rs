//! Versions of packages that dpkg installed.
//!
//! Knows where dpkg keeps them, and finds the few that are asked about without reading the rest;
//! what a paragraph says is the business of `packages::deb822` and `packages::dpkg_status`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use foldhash::fast::RandomState;
use holdfast_model::{About, Aspect, Fact, Place, Reading, Resource};

use super::look::{Gap, Got, Look, MAX_FILES, setting};
use super::{Answers, Asked, Collector};
use crate::Sieve;
use crate::packages::dpkg_status::{State, state};
use crate::packages::rpm;
use crate::sieve::numbered;

/// The collector.
pub(super) struct Package;

static ABOUT: About = About {
    id: "host-package",
    title: "Versions of packages that dpkg installed",
    text: "Looks for the asked names alone in `/var/lib/dpkg/status` and, for images without a \
        package manager, in the files of `/var/lib/dpkg/status.d`. What is installed or held \
        counts; a package of which only configuration is left is absent; one that is half \
        installed is neither, and is an error. Each architecture is said. Relies on dpkg's habit \
        of writing `Package` first in each paragraph, and looks at its state and its version alone. \
        Of a database that ends in the middle of a line, or that names no package beside one of rpm, \
        what is not found is *not assessed*. Other package managers are not read.",
    file: file!(),
};

const STATUS: &str = "/var/lib/dpkg/status";
const STATUS_FOLDER: &str = "/var/lib/dpkg/status.d/*";

const PACKAGE: &str = "Package:";
/// The same behind the number of its line.
const NAMED: &[u8] = b":Package:";
const STATE: &str = "Status:";
const VERSION: &str = "Version:";

/// What is wanted of a database.
fn fields() -> Sieve {
    Sieve::starting(&[PACKAGE, STATE, VERSION])
}

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

/// What is left of the files that can be read, and what stands against taking them for everything.
pub(super) struct Databases<'a> {
    files: Vec<(Arc<str>, Cow<'a, [u8]>)>,
    gap: Option<Gap>,
}

impl Databases<'_> {
    /// The version in which the first of some packages is installed, for what depends on it.
    pub(super) fn version(&self, names: &[&str]) -> Option<Arc<str>> {
        let mut found: BTreeMap<&str, Vec<(Reading, Place)>> =
            names.iter().map(|name| (*name, Vec::new())).collect();
        for (path, left) in &self.files {
            search(path, left, &mut found);
        }
        let all = names.iter().filter_map(|name| found.remove(name)).flatten();
        all.into_iter().find_map(|(reading, _)| match reading {
            Reading::Is(version) => Some(version),
            Reading::Absent | Reading::Unknown { .. } | Reading::Broken { .. } => None,
        })
    }
}

/// What is left of dpkg's database.
pub(super) fn status<'a>(look: &Look<'a>) -> Got<&'a [u8]> {
    look.sieved(STATUS, fields())
}

/// Looks for the databases.
pub(super) fn databases<'a>(look: &Look<'a>) -> Databases<'a> {
    let mut files = Vec::new();
    let mut gap = None;
    match status(look) {
        Got::Here(left) => {
            if !left.is_empty() && !left.ends_with(b"\n") {
                let reason = format!("`{STATUS}` ends in the middle of a line");
                gap = Some(Gap::new(reason, format!("the whole of it, see `{STATUS}-old`")));
            }
            if left.is_empty() {
                gap = beside_rpm(look).or(gap);
            }
            files.push((Arc::from(STATUS), Cow::Borrowed(left)));
        }
        Got::Missing => {}
        Got::Hidden(hidden) => gap = Some(hidden),
    }
    match look.paths(STATUS_FOLDER) {
        Got::Here(paths) => {
            let packages = paths.iter().filter(|path| !path.ends_with(".md5sums"));
            for path in packages.take(MAX_FILES) {
                match look.file(path) {
                    // Nobody minds there whether the last line has an end.
                    Got::Here(bytes) => {
                        let left = fields().sift(&[bytes, b"\n"].concat());
                        files.push((Arc::clone(path), Cow::Owned(left)));
                    }
                    Got::Missing => {}
                    Got::Hidden(hidden) => gap = Some(hidden),
                }
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

/// Why a database of dpkg without packages says nothing: one of rpm stands beside it, or may.
fn beside_rpm(look: &Look<'_>) -> Option<Gap> {
    // All of them are asked for, so that it is asked far away at once.
    let all: Vec<_> = rpm::places().map(|place| look.stat(&format!("/{place}"))).collect();
    if all.iter().any(|one| matches!(one, Got::Here(_))) {
        let reason = format!("rpm brings the packages here, and `{STATUS}` names none");
        return Some(Gap::new(reason, "a later Holdfast, which reads rpm's database too"));
    }
    all.into_iter().find_map(|one| match one {
        Got::Hidden(gap) => Some(gap),
        Got::Here(_) | Got::Missing => None,
    })
}

/// Finds the asked packages.
fn search(path: &Arc<str>, left: &[u8], found: &mut BTreeMap<&str, Vec<(Reading, Place)>>) {
    let names: HashSet<&[u8], RandomState> = found.keys().map(|name| name.as_bytes()).collect();
    for entry in entries(left, |name| names.contains(name)) {
        let Some(seen) = found.get_mut(entry.name) else { continue };
        if let Some((reading, (line, column))) = entry.judged(&**path != STATUS) {
            seen.push((reading, Place { path: Arc::clone(path), line, column }));
        }
    }
}

/// What dpkg says of the packages whose names begin with a word: each that is not absent.
pub(super) fn beginning<'a>(left: &'a [u8], start: &str) -> Vec<(&'a str, Reading)> {
    let entries = entries(left, |name| name.starts_with(start.as_bytes()));
    entries.filter_map(|entry| Some((entry.name, entry.judged(false)?.0))).collect()
}

/// A value with its line and column, from 1.
#[derive(Clone, Copy)]
struct Value<'a> {
    /// `None` where it is no text.
    text: Option<&'a str>,
    at: (u32, u32),
}

/// What a paragraph says of its package.
struct Entry<'a> {
    name: &'a str,
    /// The first line of its paragraph.
    line: u32,
    status: Option<Value<'a>>,
    version: Option<Value<'a>>,
    /// Whether a field stands there twice, or is no text.
    trouble: bool,
}

impl Entry<'_> {
    /// What it says, with line and column of what says it; nothing where the package is not installed.
    fn judged(&self, one_each: bool) -> Option<(Reading, (u32, u32))> {
        let broken = |reason: &str| Reading::Broken { reason: reason.to_owned() };
        if self.trouble {
            let reason = "its paragraph in dpkg's database cannot be read";
            return Some((broken(reason), (self.line, 1)));
        }
        let state = match self.status {
            Some(status) => state(status.text.unwrap_or_default()),
            None if one_each => State::Installed,
            None => State::Strange,
        };
        let at = self.status.map_or((self.line, 1), |status| status.at);
        let odd = |c: char| c.is_whitespace() || c.is_control();
        let word = |value: Value<'_>| {
            let word = value.text.filter(|text| !text.is_empty() && !text.contains(odd))?;
            Some((Reading::Is(word.into()), value.at))
        };
        match state {
            State::Absent => None,
            State::Half => Some((broken("it is only half installed"), at)),
            State::Strange => Some((broken("dpkg does not say whether it is installed"), at)),
            State::Installed => {
                Some(self.version.and_then(word).unwrap_or_else(|| {
                    (broken("it is installed in no version that can be read"), at)
                }))
            }
        }
    }
}

/// The paragraphs of the wanted packages in what is left of a database. Dpkg writes the name of the
/// package first in each, and an empty line behind each; all others cost no more than the search for
/// the next name.
fn entries(left: &[u8], wanted: impl Fn(&[u8]) -> bool) -> impl Iterator<Item = Entry<'_>> {
    memchr::memmem::find_iter(left, NAMED).filter_map(move |at| {
        let rest = left.get(at + NAMED.len()..)?;
        let end = memchr::memchr(b'\n', rest)?;
        let name = rest.get(..end)?.trim_ascii();
        let before = left.get(..at).filter(|_| wanted(name))?;
        let name = std::str::from_utf8(name).ok()?;
        // Between it and the end of the line before stands its number.
        let start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let line = std::str::from_utf8(before.get(start..)?).ok()?.parse().ok()?;
        Some(entry(name, line, rest.get(end + 1..)?))
    })
}

/// What stands behind the name of a package.
fn entry<'a>(name: &'a str, line: u32, rest: &'a [u8]) -> Entry<'a> {
    let mut entry = Entry { name, line, status: None, version: None, trouble: false };
    for (number, line) in numbered(rest).take_while(|(_, line)| !line.is_empty()) {
        // The paragraph has no end.
        if line.starts_with(PACKAGE.as_bytes()) {
            entry.trouble = true;
            break;
        }
        for (field, slot) in [(STATE, &mut entry.status), (VERSION, &mut entry.version)] {
            if let Some(value) = value(line, field, number) {
                entry.trouble |= slot.is_some() || value.text.is_none();
                *slot = Some(value);
            }
        }
    }
    entry
}

/// The value of a field, if the line is of it.
fn value<'a>(line: &'a [u8], field: &str, number: u32) -> Option<Value<'a>> {
    let rest = line.strip_prefix(field.as_bytes())?;
    let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let column = crate::text::number(field.len() + blank).saturating_add(1);
    Some(Value { text: std::str::from_utf8(rest.trim_ascii()).ok(), at: (number, column) })
}
