//! `go.mod`: the modules that a Go module is built from.
//!
//! Knows requirements and replacements; for old modules it asks `go.sum` for the indirect ones.

use std::collections::{HashMap, HashSet};

use holdfast_model::{
    About, Component, Ecosystem, Edge, Fact, Informational, Notice, Origin, Requirement, Span,
};

use super::go_mod_lines::{GoModFile, Replacement, Required, Token, parse};
use super::go_sum_lines;
use super::go_workspace::{Selection, members, others, works, workspace};
use super::notices::{own, said};
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
           module `stdlib`, and the compiler with its tools the module `toolchain`, which is for \
           building only; both in the version of `toolchain`, else of `go`, where that names a \
           release. A go.work above that names this module decides both, and its replacements go \
           before those of the module. The modules that it uses are built together: one of them that \
           another requires belongs to the tree, and of each other module all of them get the greatest \
           release that one of them requires. Before Go 1.17 the file leaves indirect modules out: those of go.sum are \
           added, which may name some that are not used any more. Releases that the module's own \
           makers took back (`retract`) are told as notices, and so are releases of others that it \
           excludes. A go.sum beside the file says which \
           modules have a checksum.",
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
        let beside = so_far.beside("go.sum");
        // Which modules are built together is known once the workspace is.
        let together = works(so_far.path()).into_iter().chain(others(so_far));
        let wanted = beside.into_iter().chain(together).map(Need::File);
        wanted.filter(|need| so_far.answer(need).is_none()).collect()
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
            let work = workspace(sources);
            let work = work.as_ref().map(|(path, bytes)| Document::open(path, bytes));
            let above = work.as_ref().map(|work| parse(work.text()));
            let members = members(sources);
            let theirs: Vec<GoModFile<'_>> =
                members.iter().map(|member| parse(member.text())).collect();
            let selection = Selection::of(&theirs);
            // The last one that replaces a module counts.
            let replacing: Vec<File<'_, '_>> = members
                .iter()
                .zip(&theirs)
                .chain([(&document, &file)])
                .chain(work.as_ref().zip(above.as_ref()))
                .collect();
            // A workspace keeps further checksums elsewhere.
            let sums = sources.beside("go.sum").filter(|_| above.is_none());
            let sums = sums.as_ref().and_then(|path| Some((path, sources.file(path)?)));
            let sums = sums.map(|(path, bytes)| Document::open(path, bytes));
            let mut saying = Saying {
                sums: sums.as_ref().map(|sums| go_sum_lines::hashed(sums.text())),
                document: &document,
                golang: Ecosystem::new(Ecosystem::GOLANG),
                report: &mut report,
            };
            // What builds a workspace is said where the workspace is written.
            if above.is_none() {
                saying.release(&file);
            }
            saying.itself(&file);
            saying.excluded(&file);
            let names = saying.modules(&file, &replacing, &selection);
            if leaves_out_indirect(&file) {
                saying.sums(sources, &names, &selection);
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

/// So many releases that were taken back are told, and so many that are excluded.
const MAX_RETRACTED: usize = 1_000;

pub(super) struct Saying<'s, 'o> {
    /// What has a checksum, where that can be told.
    pub(super) sums: Option<HashSet<(&'s str, &'s str)>>,
    pub(super) document: &'s Document<'s>,
    pub(super) golang: Ecosystem,
    pub(super) report: &'s mut Report<'o>,
}

/// A file and what it says.
type File<'f, 't> = (&'f Document<'f>, &'f GoModFile<'t>);

impl Saying<'_, '_> {
    /// The standard library and the tools of the release that builds the module.
    pub(super) fn release(&mut self, file: &GoModFile<'_>) {
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
        for (name, dev) in [("stdlib", false), ("toolchain", true)] {
            let place = self.document.place(at);
            if numbers && (2..=3).contains(&parts.len()) {
                let version = Some(release.into());
                let mut component =
                    Component::new(self.golang.clone(), name, version, place.clone());
                component.direct = Some(true);
                component.dev = dev;
                let child = self.report.component(component);
                self.report.edge(Edge::new(None, child, place));
                continue;
            }
            let shown: String = release.chars().take(40).collect();
            self.report.fact(Fact::Unknown {
                ecosystem: self.golang.clone(),
                name: name.into(),
                reason: format!("`{shown}` names no released version of Go"),
                place,
            });
        }
    }

    /// The module's own path, and which of its releases its makers took back.
    fn itself(&mut self, file: &GoModFile<'_>) {
        let Some(module) = &file.module else { return };
        own(self.document, &self.golang, module.text, module.span, self.report);
        for one in file.retracted.iter().take(MAX_RETRACTED) {
            self.report.fact(Fact::Notice(Notice {
                ecosystem: self.golang.clone(),
                name: module.text.into(),
                first: one.first.text.into(),
                last: one.last.text.into(),
                kind: Informational::Yanked,
                said: said(one.why),
                place: self.document.place(one.first.span.start),
            }));
        }
    }

    /// The releases of other modules that this one must not be built with.
    fn excluded(&mut self, file: &GoModFile<'_>) {
        for (path, version) in file.excluded.iter().take(MAX_RETRACTED) {
            self.report.fact(Fact::Notice(Notice {
                ecosystem: self.golang.clone(),
                name: path.text.into(),
                first: version.text.into(),
                last: version.text.into(),
                kind: Informational::Notice,
                said: "excluded".into(),
                place: self.document.place(path.span.start),
            }));
        }
    }

    /// Requirements and components; the names that were said. Of two replacements the one that was
    /// read later counts.
    fn modules<'t>(
        &mut self,
        file: &'t GoModFile<'_>,
        replacing: &[File<'t, 't>],
        selection: &Selection<'_>,
    ) -> HashSet<&'t str> {
        let mut names = HashSet::new();
        let mut replaced: HashMap<(&str, Option<&str>), (&Document<'_>, &Replacement<'_>)> =
            HashMap::new();
        for (home, from) in replacing.iter().copied() {
            for one in &from.replaced {
                let version = one.old_version.map(|version| version.text);
                replaced.insert((one.old.text, version), (home, one));
            }
        }
        for required in &file.required {
            let path = required.path.text;
            let version = selection.release(path, required.version.text);
            // A replacement of just this version goes before one of all versions; nothing replaces
            // a module of the workspace.
            let found =
                replaced.get(&(path, Some(version))).or_else(|| replaced.get(&(path, None)));
            let found = found.filter(|_| !selection.is_main(path));
            names.insert(path);
            names.extend(found.map(|(_, one)| one.new.text));
            self.module(required, found.copied(), selection);
        }
        names
    }

    fn module(
        &mut self,
        required: &Required<'_>,
        replacement: Option<(&Document<'_>, &Replacement<'_>)>,
        selection: &Selection<'_>,
    ) {
        let direct = !required.indirect;
        let path = required.path;
        let main = selection.is_main(path.text);
        self.requirement(
            self.document,
            path.text,
            required.version,
            replacement.is_none() && !main,
        );
        let mut component = Component::new(
            self.golang.clone(),
            path.text,
            Some(selection.release(path.text, required.version.text).into()),
            self.document.place(path.span.start),
        );
        component.direct = Some(direct);
        match replacement.map(|(home, one)| (home, one.new, one.new_version)) {
            None if main => component.origin = Origin::Tree,
            None => {}
            Some((_, _, None)) => component.origin = Origin::Tree,
            Some((home, new, Some(version))) => {
                // Those of other files are told as requirements where they are written.
                if std::ptr::eq(home, self.document) {
                    self.requirement(home, new.text, version, true);
                }
                component.name = new.text.into();
                component.version = Some(version.text.into());
                component.place = home.place(new.span.start);
            }
        }
        if let (Some(sums), Some(version)) = (&self.sums, component.version.as_deref())
            && component.origin != Origin::Tree
        {
            component.integrity = Some(sums.contains(&(&*component.name, version)));
        }
        let child = self.report.component(component);
        if direct {
            let place = self.document.place(path.span.start);
            self.report.edge(Edge::new(None, child, place));
        }
    }

    pub(super) fn requirement(
        &mut self,
        document: &Document<'_>,
        name: &str,
        version: Token<'_>,
        liftable: bool,
    ) {
        self.report.requirement(
            document,
            Requirement {
                ecosystem: self.golang.clone(),
                name: name.into(),
                range: version.text.into(),
                span: document.span(version.span),
                place: document.place(version.span.start),
                dev: false,
                liftable,
            },
        );
    }

    /// What go.sum names and go.mod does not.
    fn sums(&mut self, sources: &Sources<'_>, names: &HashSet<&str>, selection: &Selection<'_>) {
        let Some(path) = sources.beside("go.sum") else { return };
        let Some(bytes) = sources.file(&path) else { return };
        let document = Document::open(&path, bytes);
        // What is wrong with go.sum its own reader says; here it only means that modules may lack.
        let (sums, mistakes) = go_sum_lines::parse(document.text());
        if !mistakes.is_empty() || !document.mistakes(false).is_empty() {
            self.report.partial();
        }
        // What the workspace is built with instead is told where that is required.
        let built = |sum: &go_sum_lines::Sum<'_>| {
            let same = selection.release(sum.path, sum.version) == sum.version;
            same && !selection.is_main(sum.path) && !names.contains(sum.path)
        };
        for sum in sums.iter().filter(|sum| built(sum)) {
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
                integrity: Some(true),
            });
        }
    }
}
