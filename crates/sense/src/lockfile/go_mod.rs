//! `go.mod`: the modules that a Go module is built from.
//!
//! Knows requirements and replacements; for old modules it asks `go.sum` for the indirect ones.

use std::collections::{HashMap, HashSet};

use holdfast_model::{About, Component, Ecosystem, Edge, Fact, Origin, Requirement, Span};

use super::go_mod_lines::{GoModFile, Replacement, Required, Token, parse};
use super::go_sum_lines;
use crate::text::encoding::decode;
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `go.mod`.
#[derive(Debug)]
pub struct GoMod;

static ABOUT: About = About {
    id: "go-mod",
    title: "Go modules (go.mod)",
    text: "Every required module with its version as written. A replaced module is told as its \
           replacement; one replaced by a folder belongs to the tree. The standard library is the \
           module `stdlib`, in the version of `toolchain`, else of `go`, where that names a \
           release. Before Go 1.17 the file leaves indirect modules out: those of go.sum are \
           added, which may name some that are not used any more.",
    file: file!(),
};

impl Reader for GoMod {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "go.mod" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        if !leaves_out_indirect(&parse(&decode(so_far.bytes()).text)) {
            return Vec::new();
        }
        let beside = so_far.beside("go.sum").map(Need::File);
        beside.into_iter().filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let file = parse(document.text());
            if document.text().trim().is_empty() {
                let start = Span { start: 0, end: 0 };
                let empty = Mistake::loss("empty-file", start, "this file is empty")
                    .help("restore it from version control, or run `go mod init`");
                report.mistake(&document, &empty);
            }
            for mistake in &file.mistakes {
                report.mistake(&document, mistake);
            }
            let mut saying = Saying {
                document: &document,
                golang: Ecosystem::new(Ecosystem::GOLANG),
                report: &mut report,
            };
            saying.stdlib(&file);
            let names = saying.modules(&file);
            if leaves_out_indirect(&file) {
                saying.sums(sources, &names);
            }
        }
        report.finish();
    }
}

/// Before 1.17 a `go.mod` file names only what the module itself imports; without a `go` line it
/// is of 1.16.
fn leaves_out_indirect(file: &GoModFile<'_>) -> bool {
    let Some(go) = &file.go else { return true };
    let mut parts = go.text.split(['.', 'r', 'b']).map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (1, 17),
        _ => false,
    }
}

struct Saying<'s, 'o> {
    document: &'s Document<'s>,
    golang: Ecosystem,
    report: &'s mut Report<'o>,
}

impl Saying<'_, '_> {
    fn component(
        &mut self,
        name: &str,
        version: &str,
        at: usize,
        direct: bool,
        origin: Origin,
    ) -> u32 {
        self.report.component(Component {
            ecosystem: self.golang.clone(),
            name: name.into(),
            version: Some(version.into()),
            place: self.document.place(at),
            direct: Some(direct),
            dev: false,
            origin,
            source: None,
            module: None,
            integrity: None,
        })
    }

    /// The standard library of the release that builds the module.
    fn stdlib(&mut self, file: &GoModFile<'_>) {
        let named = file
            .toolchain
            .filter(|toolchain| toolchain.text != "default" && toolchain.text != "local");
        let Some(token) = named.or(file.go) else { return };
        let release = token.text.strip_prefix("go").unwrap_or(token.text);
        let skipped = token.text.len() - release.len();
        // A suffix such as `-custom` names a build of the release.
        let release = release.split('-').next().unwrap_or(release);
        let parts: Vec<&str> = release.split('.').collect();
        let numbers =
            parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        let at = token.span.start + skipped;
        if numbers && (2..=3).contains(&parts.len()) {
            let child = self.component("stdlib", release, at, true, Origin::Feed(None));
            let place = self.document.place(at);
            self.report.edge(Edge { parent: None, child, place });
            return;
        }
        let shown: String = release.chars().take(40).collect();
        self.report.fact(Fact::Unknown {
            ecosystem: self.golang.clone(),
            name: "stdlib".into(),
            reason: format!("`{shown}` names no released version of Go"),
            place: self.document.place(at),
        });
    }

    /// Requirements and components; the names that were said.
    fn modules<'t>(&mut self, file: &GoModFile<'t>) -> HashSet<&'t str> {
        let mut names = HashSet::new();
        let mut replaced: HashMap<(&str, Option<&str>), &Replacement<'_>> = HashMap::new();
        for one in &file.replaced {
            replaced.insert((one.old.text, one.old_version.map(|version| version.text)), one);
        }
        for required in &file.required {
            let (path, version) = (required.path.text, required.version.text);
            // A replacement of just this version goes before one of all versions.
            let found =
                replaced.get(&(path, Some(version))).or_else(|| replaced.get(&(path, None)));
            names.insert(path);
            names.extend(found.map(|one| one.new.text));
            self.module(required, found.copied());
        }
        names
    }

    fn module(&mut self, required: &Required<'_>, replacement: Option<&Replacement<'_>>) {
        let direct = !required.indirect;
        self.requirement(required.path.text, required.version, replacement.is_none());
        let (path, version) = (required.path, required.version);
        let child = match replacement.map(|one| (one.new, one.new_version)) {
            None => {
                self.component(path.text, version.text, path.span.start, direct, Origin::Feed(None))
            }
            Some((_, None)) => {
                self.component(path.text, version.text, path.span.start, direct, Origin::Tree)
            }
            Some((new, Some(new_version))) => {
                self.requirement(new.text, new_version, true);
                let at = new.span.start;
                self.component(new.text, new_version.text, at, direct, Origin::Feed(None))
            }
        };
        if direct {
            let place = self.document.place(path.span.start);
            self.report.edge(Edge { parent: None, child, place });
        }
    }

    fn requirement(&mut self, name: &str, version: Token<'_>, liftable: bool) {
        self.report.requirement(
            self.document,
            Requirement {
                ecosystem: self.golang.clone(),
                name: name.into(),
                range: version.text.into(),
                span: self.document.span(version.span),
                place: self.document.place(version.span.start),
                dev: false,
                liftable,
            },
        );
    }

    /// What go.sum names and go.mod does not.
    fn sums(&mut self, sources: &Sources<'_>, names: &HashSet<&str>) {
        let Some(path) = sources.beside("go.sum") else { return };
        let Some(bytes) = sources.file(&path) else { return };
        let document = Document::open(&path, bytes);
        // What is wrong with go.sum its own reader says; here it only means that modules may lack.
        let (sums, mistakes) = go_sum_lines::parse(document.text());
        if !mistakes.is_empty() || !document.mistakes(false).is_empty() {
            self.report.partial();
        }
        for sum in sums.iter().filter(|sum| !names.contains(sum.path)) {
            self.report.component(Component {
                ecosystem: self.golang.clone(),
                name: sum.path.into(),
                version: Some(sum.version.into()),
                place: document.place(sum.at),
                direct: Some(false),
                dev: false,
                origin: Origin::Feed(None),
                source: None,
                module: None,
                integrity: None,
            });
        }
    }
}
