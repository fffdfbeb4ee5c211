//! `requirements.txt` and its kin: what pip is asked to install.
//!
//! Knows pins, includes and constraints; must not know version orders.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use holdfast_model::{About, Component, Ecosystem, Edge, Fact, Origin, Requirement, Span};

use super::requirement_file::{Line, declares_single_bytes, is_for_development, lines};
use super::requirement_line::{Wish, wish};
use super::wheel::{Wheel, is_archive};
use crate::feed::python;
use crate::text::{Document, Mistake, Report, file_name, folder};
use crate::{Along, Answer, Claim, Need, Reader, Sources, join};

/// Reads requirements files.
#[derive(Debug)]
pub struct Requirements;

static ABOUT: About = About {
    id: "requirements",
    title: "pip requirements (requirements.txt)",
    text: "Every requirement, with a package where `==` or `===` pins a version, or where a \
           constraints file does. The name of a wheel says a version too. Anything else has no version that could be \
           judged, and is said so. Included files are read along unless their own name makes them a requirements \
           file. A line with hashes is not lifted, nor another one about its package, because the new \
           hashes are not known. \
           `# via` comments of pip-compile tell direct requirements from others; without them \
           all are direct. Where one line of a file has hashes, one without is noted. The feed is \
           that of `--index-url`, unless further ones are named. A file whose name says dev, test, lint, typing or docs is for \
           development. Folders of the tree are left out. A file in UTF-16 is read by its byte order mark, and not edited.",
    file: file!(),
};

/// So many other files are read for one.
const MAX_INCLUDES: usize = 64;

impl Reader for Requirements {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if is_requirements(path) { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let document = Document::open_marked(so_far.path(), so_far.bytes());
        includes(&document, so_far)
            .into_iter()
            .map(|include| Need::File(include.path))
            .filter(|need| so_far.answer(need).is_none())
            .collect()
    }

    /// What is claimed by its own name is read there.
    fn along(&self, sources: &Sources<'_>) -> Vec<Along> {
        let document = Document::open_marked(sources.path(), sources.bytes());
        let own = includes(&document, sources).into_iter().filter(|include| {
            is_requirements(&include.path)
                && !include.constraint
                && sources.file(&include.path).is_some()
        });
        own.map(|include| (include.path, &Self as &'static dyn Reader)).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open_marked(sources.path(), sources.bytes());
        let included = includes(&document, sources);
        let opened: Vec<(bool, Document<'_>)> = included
            .iter()
            .filter_map(|include| {
                let bytes = sources.file(&include.path)?;
                Some((include.constraint, Document::open_marked(&include.path, bytes)))
            })
            .collect();
        let mut pins: HashMap<String, Vec<Arc<str>>> = HashMap::new();
        let pypi = Ecosystem::new(Ecosystem::PYPI);
        for (_, constraints) in opened.iter().filter(|(constraint, _)| *constraint) {
            for line in lines(constraints.text()) {
                if let Line::Wish { text, .. } = line
                    && let Some(found) = wish(&text)
                    && let Some(pin) = found.pin
                {
                    let pinned = pins.entry(pypi.normal_name(found.name)).or_default();
                    if !pinned.iter().any(|known| **known == *pin) {
                        pinned.push(pin.into());
                    }
                }
            }
        }
        // Hashes are of one version, so that no other line about their package may leave it.
        let mut hashed: BTreeSet<String> = BTreeSet::new();
        let all = opened.iter().map(|(_, included)| included).chain([&document]);
        for line in all.filter(|_| !opened.is_empty()).flat_map(|one| lines(one.text())) {
            if let Line::Wish { text, hashed: true, .. } = line
                && let Some(found) = wish(&text)
            {
                hashed.insert(pypi.normal_name(found.name));
            }
        }
        let mut reading = Reading {
            pypi,
            pins,
            hashed,
            dev: is_for_development(sources.path()),
            feed: None,
            hashes: false,
            report: Report::new(out),
        };
        reading.file(&document, sources, false);
        for (constraint, document) in &opened {
            // What is claimed by its own name is read there; its pins are still used here.
            if !is_requirements(document.path()) {
                reading.file(document, sources, *constraint);
            }
        }
        if included.len() >= MAX_INCLUDES {
            let start = Span { start: 0, end: 0 };
            let many =
                Mistake::loss("include-too-many", start, "this file includes more than 64 others")
                    .help("what could be read was read; include fewer files");
            reading.report.mistake(&document, &many);
        }
        reading.report.finish();
    }
}

/// `requirements*.txt`, `*requirements.txt`, `requirements/*.txt`.
fn is_requirements(path: &str) -> bool {
    let name = file_name(path);
    let Some(stem) = name.strip_suffix(".txt") else { return false };
    stem.starts_with("requirements")
        || stem.ends_with("requirements")
        || file_name(folder(path)) == "requirements"
}

struct Include {
    path: Arc<str>,
    constraint: bool,
}

/// All files that a file includes, directly or through others that were answered already.
fn includes(document: &Document<'_>, sources: &Sources<'_>) -> Vec<Include> {
    let mut out: Vec<Include> = Vec::new();
    let mut seen: BTreeSet<Arc<str>> = BTreeSet::from([Arc::clone(document.path())]);
    let mut queue: VecDeque<(Arc<str>, bool)> = VecDeque::new();
    named(document, false, &mut queue);
    while let Some((path, constraint)) = queue.pop_front() {
        if out.len() >= MAX_INCLUDES || !seen.insert(Arc::clone(&path)) {
            continue;
        }
        // A requirements file by its own name is read on its own, with what it includes; here it
        // is asked for only to know whether it is there.
        if (!is_requirements(&path) || constraint)
            && let Some(bytes) = sources.file(&path)
        {
            named(&Document::open_marked(&path, bytes), constraint, &mut queue);
        }
        out.push(Include { path, constraint });
    }
    out
}

fn named(document: &Document<'_>, constraint: bool, queue: &mut VecDeque<(Arc<str>, bool)>) {
    for line in lines(document.text()) {
        if let Line::Include { path, constraint: own, .. } = line
            && let Some(path) = inside(document.path(), &path)
        {
            queue.push_back((path, own || constraint));
        }
    }
}

/// A path beside a file; `None` for an address, or where it leaves the root.
fn inside(from: &str, path: &str) -> Option<Arc<str>> {
    if path.contains("://") || path.is_empty() {
        return None;
    }
    join(folder(from), path)
}

struct Reading<'o> {
    pypi: Ecosystem,
    /// Versions that constraints pin, by normal name: several where markers choose one.
    pins: HashMap<String, Vec<Arc<str>>>,
    /// The normal names of what has hashes in one of several files.
    hashed: BTreeSet<String>,
    dev: bool,
    /// Where the file at hand takes packages from, as far as it says.
    feed: Option<Arc<str>>,
    /// Whether the file at hand keeps hashes.
    hashes: bool,
    report: Report<'o>,
}

/// The only feed that the lines of a file name.
fn feed(lines: &[Line<'_>]) -> Option<Arc<str>> {
    if lines.iter().any(|line| matches!(line, Line::Index { besides: true, .. })) {
        return None;
    }
    lines.iter().rev().find_map(|line| match line {
        Line::Index { address, .. } => Some(address.as_str().into()),
        _ => None,
    })
}

impl Reading<'_> {
    fn file(&mut self, document: &Document<'_>, sources: &Sources<'_>, constraint: bool) {
        // Python's coding line may explain bytes that are no UTF-8.
        for mistake in document.mistakes(declares_single_bytes(document.text())) {
            self.report.mistake(document, &mistake);
        }
        if !document.readable() {
            return;
        }
        let mut wishes: Vec<(Asked<'_>, Vec<&str>)> = Vec::new();
        let lines = lines(document.text());
        for line in &lines {
            match line {
                Line::Wish { text, start, hashed } => match wish(text) {
                    Some(found) => {
                        let asked = Asked { wish: found, start: *start, hashed: *hashed };
                        wishes.push((asked, Vec::new()));
                    }
                    None => self.no_requirement(document, text, *start),
                },
                Line::Via { text } => {
                    if let Some((_, via)) = wishes.last_mut() {
                        via.extend(text.split(',').map(str::trim));
                    }
                }
                Line::Include { path, at, .. } => self.include(document, path, *at, sources),
                Line::Address { text, at } => self.address(document, text, *at),
                Line::Index { address, at, besides } => {
                    let feed = python::of_option(document, address, *at, *besides);
                    self.report.fact(Fact::Feed(feed));
                }
                Line::Option => {}
                Line::Unknown { at } => self.unknown_option(document, *at),
            }
        }
        self.feed = feed(&lines);
        // A file keeps hashes or not: pip wants all of them where there is one.
        self.hashes = wishes.iter().any(|(asked, _)| asked.hashed);
        self.wishes(document, &wishes, constraint);
    }

    /// Components first, then the edges that `# via` tells.
    fn wishes(
        &mut self,
        document: &Document<'_>,
        wishes: &[(Asked<'_>, Vec<&str>)],
        constraint: bool,
    ) {
        let compiled = wishes.iter().any(|(_, via)| !via.is_empty());
        let mut at: HashMap<String, u32> = HashMap::new();
        let mut found: Vec<Option<u32>> = Vec::with_capacity(wishes.len());
        for (asked, via) in wishes {
            let direct = if compiled && !via.is_empty() {
                Some(via.iter().any(|by| is_project(by)))
            } else {
                (!compiled).then_some(true)
            };
            let index = self.one(document, asked, direct, constraint);
            if let Some(index) = index {
                at.entry(self.pypi.normal_name(asked.wish.name)).or_insert(index);
            }
            found.push(index);
        }
        for ((asked, via), child) in wishes.iter().zip(found) {
            let Some(child) = child else { continue };
            let place = document.place(asked.start + asked.wish.at);
            if !compiled {
                self.report.edge(Edge::new(None, child, place));
                continue;
            }
            for by in via {
                if is_project(by) {
                    self.report.edge(Edge::new(None, child, place.clone()));
                } else if let Some(parent) = at.get(&self.pypi.normal_name(by)) {
                    self.report.edge(Edge::new(Some(*parent), child, place.clone()));
                }
            }
        }
    }

    /// Says one requirement; the index of its component, if it has one.
    fn one(
        &mut self,
        document: &Document<'_>,
        asked: &Asked<'_>,
        direct: Option<bool>,
        constraint: bool,
    ) -> Option<u32> {
        let wish = &asked.wish;
        let name: Arc<str> = self.pypi.normal_name(wish.name).into();
        let place = document.place(asked.start + wish.at);
        if let Some((at, why)) = &wish.wrong {
            let span = Span { start: asked.start + at.start, end: asked.start + at.end };
            let mistake = Mistake {
                // In the last line, without an end, the file may be cut off.
                loses: span.end == document.text().len(),
                ..Mistake::slip("requirement-syntax", span, *why)
            };
            let mistake = mistake.help("write it as `name==1.2.3` or `name>=1.2,<2`");
            self.report.mistake(document, &mistake);
        }
        if let Some(address) = wish.address {
            if constraint {
                return None;
            }
            return self.archive(name, address, place, direct);
        }
        let span =
            Span { start: asked.start + wish.range.start, end: asked.start + wish.range.end };
        let range = span.of(document.text()).unwrap_or_default();
        // A range that runs over several lines, or takes words from the environment, is no text
        // that could be replaced.
        let plain = !range.contains(['\n', '\\', '$']);
        let hashed = asked.hashed || self.hashed.contains(&*name);
        self.report.requirement(
            document,
            Requirement {
                ecosystem: self.pypi.clone(),
                name: Arc::clone(&name),
                range: range.into(),
                span: document.span(span),
                place: document.place(span.start),
                dev: self.dev,
                liftable: plain && !hashed && !range.is_empty() && wish.wrong.is_none(),
            },
        );
        if constraint {
            return None;
        }
        let versions: Vec<Arc<str>> = match wish.pin {
            Some(pin) => vec![pin.into()],
            None => self.pins.get(&*name).cloned().unwrap_or_default(),
        };
        if versions.is_empty() {
            self.unknown(&name, unpinned(wish, plain, range), place.clone());
        }
        let mut first = None;
        for version in versions {
            let at = self.report.component(Component {
                ecosystem: self.pypi.clone(),
                name: Arc::clone(&name),
                version: Some(version),
                place: place.clone(),
                direct,
                dev: self.dev,
                origin: Origin::Feed(self.feed.clone()),
                source: None,
                module: None,
                integrity: self.hashes.then_some(asked.hashed),
            });
            first = first.or(Some(at));
        }
        first
    }

    /// What is installed from an address: a wheel says its version, and nothing else does.
    fn archive(
        &mut self,
        name: Arc<str>,
        address: &str,
        place: holdfast_model::Place,
        direct: Option<bool>,
    ) -> Option<u32> {
        let Some(wheel) = Wheel::of(address) else {
            let reason = "it is installed from an address, which names no released version";
            self.unknown(&name, reason, place);
            return None;
        };
        Some(self.report.component(Component {
            direct,
            dev: self.dev,
            origin: Origin::Archive(wheel.file.into()),
            ..Component::new(self.pypi.clone(), name, Some(wheel.version.into()), place)
        }))
    }

    fn unknown(&mut self, name: &Arc<str>, reason: &str, place: holdfast_model::Place) {
        self.report.fact(Fact::Unknown {
            ecosystem: self.pypi.clone(),
            name: Arc::clone(name),
            reason: reason.to_owned(),
            place,
        });
    }

    fn no_requirement(&mut self, document: &Document<'_>, text: &str, start: usize) {
        let indent = text.len() - text.trim_start().len();
        let span = Span { start: start + indent, end: start + indent + text.trim().len() };
        let shown: String = text.trim().chars().take(80).collect();
        let mistake = Mistake::loss(
            "requirement-syntax",
            span,
            format!("`{shown}` does not begin with a package name"),
        )
        .help("write it as `name==1.2.3` or `name>=1.2,<2`");
        self.report.mistake(document, &mistake);
    }

    fn unknown_option(&mut self, document: &Document<'_>, at: Span) {
        let shown: String = at.of(document.text()).unwrap_or_default().chars().take(80).collect();
        let mistake = Mistake::slip(
            "requirement-option-unknown",
            at,
            format!("pip knows no option `{shown}`"),
        )
        .help("see `pip install --help` for the options of a requirements file");
        self.report.mistake(document, &mistake);
    }

    fn include(&mut self, document: &Document<'_>, path: &str, at: Span, sources: &Sources<'_>) {
        let shown: String = path.chars().take(80).collect();
        let Some(inside) = inside(document.path(), path) else {
            let mistake = Mistake::loss(
                "include-outside",
                at,
                format!("`{shown}` is outside the folder that is looked at"),
            )
            .help("copy what it asks for into this tree");
            self.report.mistake(document, &mistake);
            return;
        };
        let message = match sources.answer(&Need::File(inside)) {
            None
            | Some(
                Answer::Bytes(_)
                | Answer::Paths(_)
                | Answer::Stat(_)
                | Answer::Output { .. }
                | Answer::Walked(_),
            ) => {
                return;
            }
            Some(Answer::Missing) => format!("`{shown}` is included here and is not there"),
            Some(Answer::Denied) => format!("`{shown}` is included here and may not be read"),
            Some(Answer::Unreadable(why)) => {
                format!("`{shown}` is included here and could not be read: {why}")
            }
        };
        let mistake = Mistake::loss("include-missing", at, message)
            .help("restore the file, or remove the line that includes it");
        self.report.mistake(document, &mistake);
    }

    fn address(&mut self, document: &Document<'_>, text: &str, at: Span) {
        let remote = text.contains("://") || text.starts_with("git@");
        let egg = text.split_once("#egg=").map(|(_, egg)| egg);
        let egg = egg.map(|egg| egg.split(['&', '[', ' ', ';']).next().unwrap_or_default());
        if !remote && !is_archive(text) {
            // A folder of the tree is the project's own code.
            return;
        }
        let file = text.split(['#', '?', ' ', ';']).next().unwrap_or_default();
        let file = file_name(file.trim_end_matches('/'));
        // The name is what stands before the version in the name of an archive.
        let guess = if is_archive(file) { file.split('-').next().unwrap_or(file) } else { file };
        let guess = guess.split('@').next().unwrap_or(guess);
        let guess = guess.strip_suffix(".git").unwrap_or(guess);
        let name: Arc<str> = self.pypi.normal_name(egg.unwrap_or(guess)).into();
        let place = document.place(at.start);
        if let Some(child) = self.archive(name, text, place.clone(), Some(true)) {
            self.report.edge(Edge::new(None, child, place));
        }
    }
}

/// Why nobody can say which version of a package is installed.
fn unpinned(wish: &Wish<'_>, plain: bool, range: &str) -> &'static str {
    match (wish.wrong.is_some(), plain, range.is_empty()) {
        (true, ..) => "what is written behind its name could not be read",
        (_, false, _) => "its version is taken from the environment or written over several lines",
        (_, _, true) => "no exact version is written, so any could be installed",
        _ => "no exact version is written, only a range",
    }
}

/// `-r requirements.in` or `name (pyproject.toml)`: the project itself wants it.
fn is_project(by: &str) -> bool {
    by.starts_with("-r ") || by.ends_with(')') && by.contains(" (")
}

/// A requirement and where its line begins.
struct Asked<'t> {
    wish: Wish<'t>,
    start: usize,
    hashed: bool,
}
