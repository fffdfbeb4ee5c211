//! `Cargo.lock`: what cargo chose for a Rust package or workspace.
//!
//! Knows packages and edges; what is only for development it learns from the manifests beside.

use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Edge, Fact, Origin, Place, Span};

use super::cargo_graph::{Index, Target, manifests, roles};
use super::cargo_lock_lines::{Lock, Package, Word, read};
use crate::text::{Document, Mistake, Report, file_name, number};
use crate::{Claim, Need, Reader, Sources};

/// Reads `Cargo.lock`.
#[derive(Debug)]
pub struct CargoLock;

static ABOUT: About = About {
    id: "cargo-lock",
    title: "Rust lockfile (Cargo.lock)",
    text: "Every package and every dependency, for the formats 1 to 4. Packages without a source \
           belong to the tree and are not compared with advisories. A package is for development \
           if the manifests of the tree reach it through dev- or build-dependencies only; \
           without manifests nothing is. Formats since 2 keep a checksum with each package of a \
           feed; one that lacks is noted. Unused patches are left out.",
    file: file!(),
};

impl Reader for CargoLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "Cargo.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        manifests(so_far).1
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let lock = read(&document, &mut report);
            complain(&document, &lock, &mut report);
            say(&document, &lock, sources, &mut report);
        }
        report.finish();
    }
}

fn complain(document: &Document<'_>, lock: &Lock<'_>, report: &mut Report<'_>) {
    if document.text().trim().is_empty() {
        let start = Span { start: 0, end: 0 };
        report.mistake(
            document,
            &Mistake::loss("empty-file", start, "this lockfile is empty")
                .help("restore it from version control, or run `cargo generate-lockfile`"),
        );
    }
    if let Some((version, span)) = &lock.version
        && !matches!(version.as_str(), "1" | "2" | "3" | "4")
    {
        let shown: String = version.chars().take(40).collect();
        report.mistake(
            document,
            &Mistake::loss(
                "lock-version-unknown",
                *span,
                format!("the lockfile format `{shown}` is not known here; formats 1 to 4 are"),
            )
            .help("what could be read was read; update Holdfast"),
        );
    }
    for package in &lock.packages {
        let lacks = match (&package.name, &package.version) {
            (Some(_), Some(_)) => continue,
            (None, Some(_)) => "name",
            (Some(_), None) => "version",
            (None, None) => "name and no version",
        };
        let at = package.name.as_ref().map_or(package.header, Word::span);
        report.mistake(
            document,
            &Mistake::loss("lock-package-incomplete", at, format!("this package has no {lacks}"))
                .help("restore the file from version control, or let `cargo` write it again"),
        );
    }
}

fn say(document: &Document<'_>, lock: &Lock<'_>, sources: &Sources<'_>, report: &mut Report<'_>) {
    let named: Vec<usize> = lock
        .packages
        .iter()
        .enumerate()
        .filter(|(_, package)| package.name.is_some())
        .map(|(at, _)| at)
        .collect();
    let packages: Vec<&Package<'_>> =
        named.iter().filter_map(|at| lock.packages.get(*at)).collect();
    let names: Vec<&str> = packages
        .iter()
        .map(|package| package.name.as_ref().map_or("", |name| &name.text))
        .collect();
    let mut origins = Origins::default();
    let origin: Vec<Origin> = packages.iter().map(|package| origins.of(package)).collect();
    let in_tree: Vec<bool> = origin.iter().map(|origin| *origin == Origin::Tree).collect();

    let index = Index::new(lock, &named);
    let last = names.iter().max().copied().unwrap_or_default();
    let mut edges: Vec<(u32, u32)> = Vec::with_capacity(lock.needs.len());
    let mut words: Vec<&Word<'_>> = Vec::with_capacity(lock.needs.len());
    let mut mistakes = Vec::new();
    for (parent, package) in packages.iter().enumerate() {
        for need in lock.needs.get(package.needs.clone()).unwrap_or_default() {
            let target = index.find(&need.text);
            if let Target::One(child) | Target::First(child) = target {
                edges.push((number(parent), child));
                words.push(need);
            }
            mistakes.extend(doubt(target, need, last));
        }
    }
    let (manifests, _) = manifests(sources);
    let roles = roles(&names, &in_tree, &edges, &manifests);

    let cargo = Ecosystem::new(Ecosystem::CARGO);
    // Format 1 keeps checksums in a table of their own.
    let kept = packages.iter().any(|package| package.checksum);
    let place = |word: &Word<'_>| Place {
        path: Arc::clone(document.path()),
        line: word.line,
        column: word.column,
    };
    let parts = packages.iter().zip(origin).zip(roles.direct).zip(roles.dev);
    for (((package, origin), direct), dev) in parts {
        let Some(name) = &package.name else { continue };
        report.component(Component {
            ecosystem: cargo.clone(),
            name: name.text.as_ref().into(),
            version: package.version.as_ref().map(|version| version.text.as_ref().into()),
            place: place(name),
            direct,
            dev,
            integrity: (kept && matches!(origin, Origin::Feed(_))).then_some(package.checksum),
            origin,
            source: None,
            module: None,
        });
    }
    for ((parent, child), word) in edges.into_iter().zip(words) {
        report.edge(Edge::new(Some(parent), child, place(word)));
    }
    for mistake in &mistakes {
        report.mistake(document, mistake);
    }
}

fn doubt(target: Target, need: &Word<'_>, last: &str) -> Option<Mistake> {
    if matches!(target, Target::One(_)) {
        return None;
    }
    let shown: String = need.text.chars().take(80).collect();
    let name = need.text.split(' ').next().unwrap_or_default();
    let (code, message) = match target {
        Target::One(_) | Target::First(_) => (
            "lock-dependency-ambiguous",
            format!("several packages of this lockfile fit `{shown}`; the first was taken"),
        ),
        Target::Missing => (
            "lock-dependency-missing",
            format!("`{shown}` is needed here and is not in this lockfile"),
        ),
    };
    let mistake = Mistake {
        // Cargo writes packages in the order of their names: one that would come after the last
        // was cut off, and others with it.
        loses: target == Target::Missing && name > last,
        ..Mistake::slip(code, need.span(), message)
    };
    Some(
        mistake.help(
            "run `cargo update --workspace`, which adds what is missing and lifts nothing else",
        ),
    )
}

/// Origins, of which most are one and the same.
#[derive(Default)]
struct Origins {
    last: Option<(String, Origin)>,
}

impl Origins {
    fn of(&mut self, package: &Package<'_>) -> Origin {
        let Some(source) = &package.source else { return Origin::Tree };
        if let Some((text, origin)) = &self.last
            && *text == source.text
        {
            return origin.clone();
        }
        let text: Arc<str> = source.text.as_ref().into();
        let origin = match text.split_once('+').map(|(kind, _)| kind) {
            Some("git") => Origin::Git(text),
            Some("path") => Origin::Tree,
            _ => Origin::Feed(Some(text)),
        };
        self.last = Some((source.text.to_string(), origin.clone()));
        origin
    }
}
