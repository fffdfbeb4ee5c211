//! Installed Python packages: `METADATA` and `PKG-INFO` (packaging.python.org, "Recording installed
//! projects" and "Core metadata specifications").
//!
//! Knows the two fields that say which package it is; knows nothing of requirements.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Place, Span};

use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct PythonInstalled;

static ABOUT: About = About {
    id: "python-installed",
    title: "Installed Python packages",
    text: "Reads `*.dist-info/METADATA`, `*.egg-info/PKG-INFO`, `*.egg/EGG-INFO/PKG-INFO` and \
        `*.egg-info` of installed packages: name and version, the first of each before the first \
        empty line. A zipped `*.egg` is what its file name says, as for Python itself, and is not \
        opened.",
    file: file!(),
};

const HELP: &str = "install the package again, or remove what is left of it";

impl Reader for PythonInstalled {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::System
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let mine = path.ends_with(".dist-info/METADATA")
            || path.ends_with(".egg-info/PKG-INFO")
            || path.ends_with(".egg/EGG-INFO/PKG-INFO")
            || (path.ends_with(".egg-info") && path.contains("-packages/"))
            || is_egg(path);
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let mut report = Report::new(out);
        if is_egg(sources.path()) {
            egg(sources, &mut report);
            return report.finish();
        }
        let document = Document::open(sources.path(), sources.bytes());
        // Descriptions are in any encoding; names and versions are ASCII.
        for mistake in document.mistakes(true) {
            report.mistake(&document, &mistake);
        }
        if !document.readable() {
            return report.finish();
        }
        let (mut name, mut version) = (None, None);
        let mut start = 0;
        for raw in document.text().split_inclusive('\n') {
            let line = raw.trim_end();
            // What ends in the middle of a line is not whole.
            if raw.trim_end_matches(['\r', '\n']).is_empty() || !raw.ends_with('\n') {
                break;
            }
            // Field names ignore letter case, as in mail.
            if let Some((field, value)) = line.split_once(':') {
                let value = value.trim();
                let at = start + line.len() - value.len();
                let slot = match field.to_ascii_lowercase().as_str() {
                    "name" => Some(&mut name),
                    "version" => Some(&mut version),
                    _ => None,
                };
                if let Some(slot) = slot.filter(|_| !value.is_empty()) {
                    slot.get_or_insert((value, at));
                }
            }
            start += raw.len();
        }
        say(&document, name, version, &mut report);
        report.finish();
    }
}

/// Whether this is an installed package in one zipped file.
fn is_egg(path: &str) -> bool {
    let named = file_name(path).strip_suffix(".egg").is_some_and(|name| !name.is_empty());
    named && path.contains("-packages/")
}

/// Says the package of a zipped egg: `NAME-VERSION-py3.11.egg`, in which `_` stands for `-` (setuptools,
/// "The Internal Structure of Python Eggs").
fn egg(sources: &Sources<'_>, report: &mut Report<'_>) {
    let file = file_name(sources.path());
    let mut parts = file.strip_suffix(".egg").unwrap_or(file).split('-');
    let ecosystem = Ecosystem::new(Ecosystem::PYPI);
    let name = ecosystem.normal_name(parts.next().unwrap_or_default());
    let place = Place::start_of(Arc::clone(sources.path()));
    match parts.next().filter(|version| !version.is_empty()) {
        Some(version) if !name.is_empty() => {
            let version = Some(version.replace('_', "-").into());
            report.component(Component::new(ecosystem, name, version, place));
        }
        _ => report.fact(Fact::Unknown {
            ecosystem,
            name: file.into(),
            reason: "its file name does not say its version, and it is not opened".to_owned(),
            place,
        }),
    }
}

fn say(
    document: &Document<'_>,
    name: Option<(&str, usize)>,
    version: Option<(&str, usize)>,
    report: &mut Report<'_>,
) {
    let ecosystem = Ecosystem::new(Ecosystem::PYPI);
    let Some((name, at)) = name else {
        let message = "nothing here says which package this is: `Name` is missing";
        let span = Span { start: 0, end: 0 };
        let mistake = Mistake::loss("installed-no-name", span, message).help(HELP);
        return report.mistake(document, &mistake);
    };
    let place = document.place(at);
    let name = ecosystem.normal_name(name);
    match version {
        Some((version, _)) => {
            let version = Some(version.into());
            report.component(Component::new(ecosystem, name, version, place));
        }
        None => report.fact(Fact::Unknown {
            ecosystem,
            name: name.into(),
            reason: "its `Version` is missing".to_owned(),
            place,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, bytes: &[u8]) -> Vec<String> {
        assert_eq!(PythonInstalled.claims(path, b""), Claim::ByName, "{path}");
        let mut out = Vec::new();
        PythonInstalled.read(&Sources::new(path, bytes), &mut |fact| {
            out.push(match fact {
                Fact::Component(one) => {
                    format!("{} {}", one.name, one.version.as_deref().unwrap_or("-"))
                }
                Fact::Unknown { name, .. } => format!("? {name}"),
                other => panic!("{other:?}"),
            });
        });
        out
    }

    #[test]
    fn eggs_are_packages_whether_they_are_zipped_or_not() {
        let within = "/usr/local/lib/python3.11/site-packages";
        let zipped = |name: &str| said(&format!("{within}/{name}"), b"PK\x03\x04\0\0");
        assert_eq!(zipped("Acme_till-1.0.0-py3.11.egg"), ["acme-till 1.0.0"]);
        assert_eq!(zipped("a-1.0_1-py2.7-linux-x86_64.egg"), ["a 1.0-1"]);
        assert_eq!(zipped("till.egg"), ["? till.egg"]);
        let metadata = b"Name: till\nVersion: 1.2\n\n";
        let open = format!("{within}/till-1.2-py3.11.egg/EGG-INFO/PKG-INFO");
        assert_eq!(said(&open, metadata), ["till 1.2"]);
        for path in ["/srv/eggs/x.egg", "/a/site-packages/.egg", "/a/x-packages/x.egg/PKG-INFO"] {
            assert_eq!(PythonInstalled.claims(path, b""), Claim::No, "{path}");
        }
    }
}
