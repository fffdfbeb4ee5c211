//! apk's database of installed packages (`lib/apk/db/installed`; apk-package(5), "installed
//! database").
//!
//! Knows what apk writes; knows nothing of advisories. Versions are kept to the letter.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, SourcePackage, Span};

use super::os_release::{self, Manager};
use super::root_of;
use crate::text::{Document, Mistake, Report};
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct ApkInstalled;

static ABOUT: About = About {
    id: "apk-installed",
    title: "Packages installed by apk",
    text: "Reads `lib/apk/db/installed` (`usr/lib/apk/db/installed` where `/lib` is a link): name, \
        version and the source package (`o:`), under which Alpine publishes advisories; it has \
        the version of the package. The release comes from `os-release` under the same root; \
        without one the ecosystem is `Alpine` without a release, which is compared with nothing. \
        Wolfi and Chainguard have no releases. Architectures are not kept.",
    file: file!(),
};

const NAMES: [&str; 2] = ["usr/lib/apk/db/installed", "lib/apk/db/installed"];

const HELP: &str = "run `apk fix`, or bring the file back from a copy of the system";

impl Reader for ApkInstalled {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::Anywhere
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if root(path).is_some() { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        os_release::needs(root(so_far.path()).unwrap_or_default(), so_far)
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let root = root(sources.path()).unwrap_or_default();
        let mut report = Report::new(out);
        report.open(&document);
        let ecosystem = os_release::ecosystem_under(root, sources, &mut report, Manager::Apk);
        let mut database = Database { document: &document, ecosystem, report: &mut report };
        let mut stanza = Stanza::default();
        let mut start = 0;
        for raw in document.text().split_inclusive('\n') {
            let line = raw.trim_end_matches(['\n', '\r']);
            if line.is_empty() {
                database.package(&std::mem::take(&mut stanza), false);
            } else if !line.trim().is_empty() {
                // Where a merge mark was taken out, spaces are left.
                database.line(&mut stanza, line, start);
            }
            start += raw.len();
        }
        let cut = document.readable() && !document.text().is_empty();
        let cut = cut && !document.text().ends_with('\n');
        if cut {
            let span = Span { start: stanza.last, end: start };
            let message = "the file ends in the middle of this line";
            let mistake = Mistake::loss("apk-cut", span, message).help(HELP);
            database.report.mistake(&document, &mistake);
        }
        database.package(&stanza, cut);
        report.finish();
    }
}

/// The paths below the root at which apk's database stands.
pub fn places() -> impl Iterator<Item = &'static str> {
    NAMES.into_iter()
}

/// The root under which a path is apk's database.
fn root(path: &str) -> Option<&str> {
    NAMES.iter().find_map(|name| root_of(path, name))
}

/// The wanted lines of one package: name, version, origin, each with its bytes.
#[derive(Default)]
struct Stanza<'t> {
    fields: [Option<(&'t str, Span)>; 3],
    /// Where it begins, if it has any line.
    start: Option<usize>,
    /// Where its last line begins, and which field that is.
    last: usize,
    last_field: Option<usize>,
}

const WANTED: [u8; 3] = [b'P', b'V', b'o'];

/// A value that is one word.
fn word(field: Option<(&str, Span)>) -> Option<(&str, Span)> {
    field.filter(|(text, _)| !text.is_empty() && !text.contains(char::is_whitespace))
}

struct Database<'d, 't, 'o> {
    document: &'d Document<'t>,
    ecosystem: Ecosystem,
    report: &'d mut Report<'o>,
}

impl Database<'_, '_, '_> {
    fn lose(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.report.mistake(self.document, &Mistake::loss(code, span, message).help(HELP));
    }

    fn line<'t>(&mut self, stanza: &mut Stanza<'t>, line: &'t str, start: usize) {
        let span = Span { start, end: start + line.len() };
        stanza.start.get_or_insert(start);
        (stanza.last, stanza.last_field) = (start, None);
        let Some((field, value)) = line.split_once(':').filter(|(field, _)| field.len() == 1)
        else {
            return self.lose("apk-line", span, "expected a line of the form `X:value`");
        };
        let wanted = WANTED.iter().position(|wanted| field.as_bytes() == [*wanted]);
        let Some(at) = wanted else { return };
        stanza.last_field = Some(at);
        let Some(slot) = stanza.fields.get_mut(at) else { return };
        if slot.is_some() {
            let message = format!("`{field}:` stands twice in one package; the first one counts");
            return self.lose("apk-repeated-field", span, message);
        }
        *slot = Some((value, Span { start: start + 2, end: span.end }));
    }

    /// Says one package. The last line of one that is `cut` cannot be trusted.
    fn package(&mut self, stanza: &Stanza<'_>, cut: bool) {
        let Some(start) = stanza.start else { return };
        let mut fields = stanza.fields;
        if let Some(slot) = stanza.last_field.filter(|_| cut).and_then(|at| fields.get_mut(at)) {
            *slot = None;
        }
        let [name, version, origin] = fields;
        let Some((name, at)) = word(name) else {
            let span = Span { start, end: start + 1 };
            return self.lose("apk-no-name", span, "this package has no name: `P:` is missing");
        };
        let place = self.document.place(at.start);
        let Some((version, _)) = word(version) else {
            self.lose("apk-no-version", at, format!("`{name}` has no whole `V:`"));
            let reason = "its version is missing".to_owned();
            let (ecosystem, name) = (self.ecosystem.clone(), name.into());
            return self.report.fact(Fact::Unknown { ecosystem, name, reason, place });
        };
        let (name, version): (Arc<str>, Arc<str>) = (name.into(), version.into());
        let source = match word(origin) {
            Some((source, _)) if source != &*name => source.into(),
            _ => Arc::clone(&name),
        };
        let mut component =
            Component::new(self.ecosystem.clone(), name, Some(Arc::clone(&version)), place);
        component.origin = Origin::Feed(None);
        component.source = Some(SourcePackage { name: source, version });
        self.report.component(component);
    }
}
