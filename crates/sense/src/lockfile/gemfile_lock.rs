//! `Gemfile.lock` and `gems.locked`: what Bundler chose.
//!
//! Knows its sections; groups stand in the `Gemfile` beside it.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};

use super::gem_lines::{Call, calls};
use super::graph::Graph;
use super::ranges::in_brackets;
use super::shape::{doubt, empty};
use crate::feed::bundler::{self, GemSources};
use crate::text::{Document, Mistake, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `Gemfile.lock` and `gems.locked`.
#[derive(Debug)]
pub struct GemfileLock;

static ABOUT: About = About {
    id: "gemfile-lock",
    title: "Bundler lockfile (Gemfile.lock, gems.locked)",
    text: "Every gem and every dependency with its range, also where the manifest has another name \
           (`Gemfile.next.lock`, `rails6.gemfile.lock`). A gem that is locked for several \
           platforms in one version is told once. Sources that were asked for every gem together \
           are told where no Gemfile beside it says so. What is direct the file itself says; the \
           groups in the Gemfile beside it say what is for development, where the Gemfile writes \
           them as words. The version of Ruby and of Bundler are left out.",
    file: file!(),
};

const HELP: &str = "restore the file from version control, or run `bundle lock`";

impl Reader for GemfileLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        match file_name(path) {
            "Gemfile.lock" | "gems.locked" => Claim::ByName,
            name if is_named(name) => Claim::ByName,
            _ => Claim::No,
        }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let need = manifest(so_far).map(Need::File);
        need.into_iter().filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            if document.text().trim().is_empty() {
                report.mistake(&document, &empty(HELP));
            }
            let mut lock = Lock::new(&document);
            lock.lines(&mut report);
            let groups = manifest(sources).and_then(|path| {
                let text = Document::open(&path, sources.file(&path)?);
                Some(groups(&text))
            });
            // Where there is a manifest, its own lines are told of.
            if groups.is_none() {
                for feed in bundler::of_sources(&document, &lock.merged) {
                    report.fact(Fact::Feed(feed));
                }
            }
            lock.say(groups.as_ref(), &mut report);
        }
        report.finish();
    }
}

/// Whether Bundler writes a lockfile of this name for a manifest of another one: `Gemfile.next.lock`,
/// `rails6.gemfile.lock`.
fn is_named(name: &str) -> bool {
    let Some(manifest) = name.strip_suffix(".lock") else { return false };
    manifest.starts_with("Gemfile.") || (manifest.len() > 8 && manifest.ends_with(".gemfile"))
}

/// The manifest beside a lockfile.
fn manifest(sources: &Sources<'_>) -> Option<Arc<str>> {
    let name = file_name(sources.path());
    sources.beside(if name == "gems.locked" { "gems.rb" } else { name.strip_suffix(".lock")? })
}

/// Whether each gem of a manifest is for development: in all of its groups.
fn groups(manifest: &Document<'_>) -> HashMap<String, bool> {
    let mut out = HashMap::new();
    for call in calls(manifest.text()) {
        if let Call::Gem(gem) = call {
            let dev = gem.is_for_development();
            out.entry(gem.name.0.to_owned()).and_modify(|known| *known &= dev).or_insert(dev);
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Sources,
    Dependencies,
    Checksums,
    Other,
}

struct Lock<'d> {
    document: &'d Document<'d>,
    gem: Ecosystem,
    graph: Graph,
    names: HashMap<&'d str, u32>,
    versions: HashMap<(&'d str, &'d str), u32>,
    /// Who needs what, as it is written, and where.
    needs: Vec<(u32, &'d str, Span)>,
    asked: Vec<(&'d str, Span)>,
    /// Sources that were asked for every gem together.
    merged: GemSources<'d>,
    /// Gems with a checksum, where the file keeps any.
    sums: Option<HashMap<(&'d str, &'d str), bool>>,
}

impl<'d> Lock<'d> {
    fn new(document: &'d Document<'d>) -> Self {
        Self {
            document,
            gem: Ecosystem::new(Ecosystem::GEM),
            graph: Graph::default(),
            names: HashMap::new(),
            versions: HashMap::new(),
            needs: Vec::new(),
            asked: Vec::new(),
            merged: GemSources::default(),
            sums: None,
        }
    }

    fn lines(&mut self, report: &mut Report<'_>) {
        let mut section = Section::Other;
        let mut origin = Origin::Feed(None);
        let mut remotes: Vec<(Option<&'d str>, Span)> = Vec::new();
        let mut last: Option<u32> = None;
        let mut at = 0;
        for line in self.document.text().split_inclusive('\n') {
            let start = at;
            at += line.len();
            let body = line.trim_end();
            let inner = body.trim_start_matches(' ');
            let indent = body.len() - inner.len();
            let span = Span { start: start + indent, end: start + body.len() };
            match (indent, section) {
                _ if inner.is_empty() => {}
                (0, _) => {
                    last = None;
                    self.end_of_section(&mut remotes);
                    (section, origin) = self.section(inner, span, report);
                }
                (2, Section::Sources) => {
                    if let Some(address) = inner.strip_prefix("remote: ") {
                        let at = Span { start: span.end - address.len(), ..span };
                        remotes.push((Some(address), at));
                        origin = with_address(origin, address, remotes.len());
                    }
                }
                (4, Section::Sources) => last = Some(self.spec(inner, span, &origin, report)),
                (6, Section::Sources) => {
                    if let Some(parent) = last {
                        self.needs.push((parent, inner, span));
                    }
                }
                (2, Section::Dependencies) => self.asked.push((name_of(inner), span)),
                (2, Section::Checksums) => self.sum(inner),
                (_, Section::Other) => {}
                _ => self.odd(span, report),
            }
        }
        self.end_of_section(&mut remotes);
    }

    /// Sources in one section were asked for every gem of it, and so was each of them.
    fn end_of_section(&mut self, remotes: &mut Vec<(Option<&'d str>, Span)>) {
        if remotes.len() > 1 {
            self.merged.global.append(remotes);
        }
        remotes.clear();
    }

    fn section(&mut self, head: &str, span: Span, report: &mut Report<'_>) -> (Section, Origin) {
        let section = match head {
            "GEM" | "GIT" | "PATH" | "PLUGIN SOURCE" => Section::Sources,
            "DEPENDENCIES" => Section::Dependencies,
            "CHECKSUMS" => {
                self.sums = Some(HashMap::new());
                Section::Checksums
            }
            "PLATFORMS" | "RUBY VERSION" | "BUNDLED WITH" => Section::Other,
            _ => {
                self.odd(span, report);
                Section::Other
            }
        };
        let origin = match head {
            "GIT" => Origin::Git("".into()),
            "PATH" => Origin::Tree,
            _ => Origin::Feed(None),
        };
        (section, origin)
    }

    fn odd(&self, span: Span, report: &mut Report<'_>) {
        let meant: String =
            span.of(self.document.text()).unwrap_or_default().chars().take(80).collect();
        let message = format!("Bundler writes no such line: `{meant}`");
        report
            .mistake(self.document, &Mistake::loss("lock-line-unknown", span, message).help(HELP));
    }

    /// `name (1.0.0)` or `name (1.0.0-x86_64-linux)`.
    fn spec(&mut self, text: &'d str, span: Span, origin: &Origin, report: &mut Report<'_>) -> u32 {
        let name = name_of(text);
        let version = version_of(text);
        if version.is_none() {
            let mistake = Mistake::loss("lock-package-incomplete", span, "this gem has no version");
            report.mistake(self.document, &mistake.help(HELP));
        }
        let key = (name, version.unwrap_or_default());
        if let Some(at) = self.versions.get(&key) {
            return *at;
        }
        let place = self.document.place(span.start);
        let mut component = Component::new(self.gem.clone(), name, version.map(Into::into), place);
        component.origin = origin.clone();
        let at = self.graph.add(component);
        self.versions.insert(key, at);
        self.names.entry(name).or_insert(at);
        at
    }

    /// `name (1.0.0) sha256=…`.
    fn sum(&mut self, text: &'d str) {
        let hashed = text.rsplit_once(") ").is_some_and(|(_, sum)| sum.contains('='));
        let key = (name_of(text), version_of(text).unwrap_or_default());
        if let Some(sums) = &mut self.sums {
            // One of several platforms without a sum is one too many.
            sums.entry(key).and_modify(|known| *known &= hashed).or_insert(hashed);
        }
    }

    fn say(mut self, groups: Option<&HashMap<String, bool>>, report: &mut Report<'_>) {
        for ((name, version), at) in &self.versions {
            let sums = self.sums.as_ref();
            if let Some(component) = self.graph.get_mut(*at)
                && matches!(component.origin, Origin::Feed(_))
            {
                component.integrity =
                    sums.map(|sums| sums.get(&(*name, *version)).copied().unwrap_or_default());
            }
        }
        let mut mistakes = Vec::new();
        for (parent, text, span) in &self.needs {
            let name = name_of(text);
            match self.names.get(name) {
                Some(child) => {
                    let place = self.document.place(span.start);
                    self.graph.need(*parent, *child, in_brackets(text), false, place);
                }
                // Bundler comes with Ruby and is not locked.
                None if name == "bundler" => {}
                None => mistakes.push(doubt(*span, name, false, HELP)),
            }
        }
        for (name, span) in &self.asked {
            let dev = groups.and_then(|groups| groups.get(*name)).copied().unwrap_or_default();
            match self.names.get(name) {
                Some(child) => self.graph.ask(*child, dev, self.document.place(span.start)),
                None if *name == "bundler" => {}
                None => mistakes.push(doubt(*span, name, false, HELP)),
            }
        }
        self.graph.mark_direct();
        self.graph.mark_dev();
        self.graph.say(report);
        for mistake in &mistakes {
            report.mistake(self.document, mistake);
        }
    }
}

/// The name before a version, without the `!` of a source of its own.
fn name_of(text: &str) -> &str {
    let name = text.split_once(" (").map_or(text, |(name, _)| name);
    name.trim_end().trim_end_matches('!')
}

/// The version in brackets, without the platform behind its first hyphen.
fn version_of(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(" (")?;
    let version = rest.split_once(')')?.0;
    let version = version.split_once('-').map_or(version, |(version, _)| version);
    Some(version).filter(|version| !version.is_empty())
}

/// A section with several `remote` lines leaves open which of them a gem came from.
fn with_address(origin: Origin, address: &str, remotes: usize) -> Origin {
    match origin {
        Origin::Feed(_) => Origin::Feed((remotes == 1).then(|| address.into())),
        Origin::Git(_) => Origin::Git(address.into()),
        other => other,
    }
}
