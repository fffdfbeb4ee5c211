//! Installed Python packages: `METADATA` and `PKG-INFO` (packaging.python.org, "Recording installed
//! projects" and "Core metadata specifications").
//!
//! Knows the two fields that say which package it is; knows nothing of requirements.

use holdfast_model::{About, Component, Ecosystem, Fact, Span};

use crate::text::{Document, Mistake, Report};
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct PythonInstalled;

static ABOUT: About = About {
    id: "python-installed",
    title: "Installed Python packages",
    text: "Reads `*.dist-info/METADATA`, `*.egg-info/PKG-INFO` and `*.egg-info` of installed \
        packages: name and version, the first of each before the first empty line. What is \
        zipped in an `.egg` is not read.",
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
            || (path.ends_with(".egg-info") && path.contains("-packages/"));
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
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
