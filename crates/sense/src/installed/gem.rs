//! Installed Ruby packages: the specifications that RubyGems writes (`Gem::Specification#to_ruby`).
//!
//! Knows the first lines of such a file, which are always written alike; runs nothing.

use holdfast_model::{About, Component, Ecosystem, Fact, Span};

use crate::text::{Document, Mistake, Report};
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct GemInstalled;

static ABOUT: About = About {
    id: "gem-installed",
    title: "Installed Ruby packages",
    text: "Reads `specifications/*.gemspec` and `specifications/default/*.gemspec` as RubyGems \
        writes them when it installs: the lines `s.name =` and `s.version =` with a plain text. \
        Nothing is run; a version that is computed is *not assessed*.",
    file: file!(),
};

const HELP: &str = "install the gem again: `gem pristine NAME`";

impl Reader for GemInstalled {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::System
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        let Some((folder, name)) = path.rsplit_once('/') else { return Claim::No };
        let folder = folder.strip_suffix("/default").unwrap_or(folder);
        let mine = name.ends_with(".gemspec") && folder.ends_with("/specifications");
        if mine { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if !document.readable() {
            return report.finish();
        }
        let (mut name, mut version) = (None, None);
        let mut start = 0;
        for raw in document.text().split_inclusive('\n') {
            let line = raw.trim();
            let at = start + raw.len() - raw.trim_start().len();
            for (field, slot) in [("s.name", &mut name), ("s.version", &mut version)] {
                let value =
                    line.strip_prefix(field).and_then(|rest| rest.trim_start().strip_prefix('='));
                if let (Some(value), None) = (value, &slot) {
                    *slot = Some((quoted(value.trim()), at));
                }
            }
            start += raw.len();
        }
        let ecosystem = Ecosystem::new(Ecosystem::GEM);
        match (name, version) {
            (Some((Some(name), at)), Some((Some(version), _))) => {
                let (place, version) = (document.place(at), Some(version.into()));
                report.component(Component::new(ecosystem, name, version, place));
            }
            (Some((Some(name), at)), _) => report.fact(Fact::Unknown {
                ecosystem,
                name: name.into(),
                reason: "its version is no plain text".to_owned(),
                place: document.place(at),
            }),
            _ => {
                let message = "nothing here says which gem this is: `s.name` is missing";
                let span = Span { start: 0, end: 0 };
                let mistake = Mistake::loss("installed-no-name", span, message).help(HELP);
                report.mistake(&document, &mistake);
            }
        }
        report.finish();
    }
}

/// A text in double quotes without escapes, frozen or not.
fn quoted(value: &str) -> Option<&str> {
    let value = value.strip_suffix(".freeze").unwrap_or(value);
    let text = value.strip_prefix('"')?.strip_suffix('"')?;
    (!text.is_empty() && !text.contains(['"', '\\', '#'])).then_some(text)
}
