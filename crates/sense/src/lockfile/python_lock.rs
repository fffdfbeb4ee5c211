//! What the TOML lockfiles of Python have in common: a list of packages that need one another.
//!
//! Knows packages, needs and groups; how each tool writes them is its own file's.

use std::collections::{HashMap, HashSet};

use holdfast_model::{Component, Ecosystem, Origin, Span};
use toml::Spanned;

use super::graph::Graph;
use super::python_manifest::{Group, Manifest};
use super::shape::{doubt, unknown_version};
use crate::text::toml::{self as places, Table, Value};
use crate::text::{Document, Mistake, Report};

/// One `[[package]]`.
#[derive(Debug)]
pub(super) struct Package {
    /// The name as written, and where.
    pub(super) name: Option<(String, Span)>,
    pub(super) header: Span,
    pub(super) version: Option<String>,
    /// Whether its format lets it go without one.
    pub(super) unversioned: bool,
    pub(super) origin: Origin,
    pub(super) integrity: Option<bool>,
    /// For development only, where the file says it.
    pub(super) dev: Option<bool>,
    pub(super) needs: Vec<Need>,
}

/// One package that another one needs.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) name: String,
    pub(super) version: Option<String>,
    /// The versions that will do, where the file says them; empty where any will.
    pub(super) range: Option<String>,
    pub(super) at: Span,
    pub(super) dev: bool,
    /// It may be absent: it is for an extra or another system.
    pub(super) may_lack: bool,
}

/// What stands in one lockfile.
#[derive(Debug, Default)]
pub(super) struct Lock {
    pub(super) packages: Vec<Package>,
    pub(super) mistakes: Vec<Mistake>,
}

/// How one tool writes its lockfile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    /// The tool, for messages.
    pub(super) tool: &'static str,
    /// What to do about a broken file.
    pub(super) help: &'static str,
    /// The key of the list of packages.
    pub(super) list: &'static str,
    /// The table and key of the format's version, and whether that version is known.
    pub(super) version: (&'static str, &'static str, fn(&str) -> bool),
    /// Which versions are, in words.
    pub(super) known: &'static str,
    /// One package, given the text and the whole tree.
    pub(super) package: fn(&str, &Table<'_>, &Table<'_>) -> Package,
}

/// Reads what can be read, also behind lines that are no TOML.
pub(super) fn read(document: &Document<'_>, format: Format) -> Lock {
    let mut lock = Lock::default();
    let mut seen: HashSet<usize> = HashSet::new();
    let mut told: HashSet<usize> = HashSet::new();
    let mistakes = places::trees(document.text(), &mut |text, table| {
        let version = version(table, format);
        if let Some((value, span)) = version.filter(|(_, span)| told.insert(span.start))
            && !(format.version.2)(&value)
        {
            lock.mistakes.push(unknown_version(document, span, format.known));
        }
        let Some(list) = places::get(table, format.list) else { return };
        let Value::Array(packages) = list.get_ref() else {
            if told.insert(list.span().start) {
                lock.mistakes.push(wrong(format, list, format.list, "a list of tables"));
            }
            return;
        };
        for package in packages {
            let span = package.span();
            let Value::Table(members) = package.get_ref() else {
                if told.insert(span.start) {
                    lock.mistakes.push(wrong(format, package, format.list, "a table"));
                }
                continue;
            };
            let mut one = (format.package)(text, table, members);
            one.header = Span { start: span.start, end: span.end.min(span.start + 400) };
            one.name = one.name.filter(|(name, _)| !name.is_empty());
            let at = one.name.as_ref().map_or(span.start, |(_, at)| at.start);
            if !seen.insert(at) {
                continue;
            }
            for key in ["name", "version"] {
                let value = places::get(members, key);
                if let Some(value) = value.filter(|value| value.get_ref().as_str().is_none()) {
                    lock.mistakes.push(wrong(format, value, key, "a string"));
                }
            }
            lock.packages.push(one);
        }
    });
    lock.mistakes.splice(..0, mistakes);
    lock
}

fn version(table: &Table<'_>, format: Format) -> Option<(String, Span)> {
    let (inside, key, _) = format.version;
    let home = match inside {
        "" => table,
        inside => places::get(table, inside)?.get_ref().as_table()?,
    };
    let value = places::get(home, key)?;
    let text = match value.get_ref() {
        Value::Integer(number) => number.as_str().to_owned(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let span = value.span();
    Some((text, Span { start: span.start, end: span.end }))
}

fn wrong(format: Format, value: &Spanned<Value<'_>>, key: &str, wanted: &str) -> Mistake {
    let span = value.span();
    let found = value.get_ref().type_str();
    let tool = format.tool;
    Mistake::loss(
        "wrong-type",
        Span { start: span.start, end: span.end.min(span.start + 400) },
        format!("`{key}` is of type {found} here, where {tool} writes {wanted}"),
    )
    .help(format.help)
}

/// Says a lockfile; `manifest` is what the project asks for, where the lockfile leaves it out.
pub(super) fn say(
    document: &Document<'_>,
    format: Format,
    mut lock: Lock,
    manifest: Option<&Manifest>,
    report: &mut Report<'_>,
) {
    for mistake in &lock.mistakes {
        report.mistake(document, mistake);
    }
    lock.packages.sort_by_key(|package| package.header.start);
    let pypi = Ecosystem::new(Ecosystem::PYPI);
    let mut graph = Graph::default();
    let mut names = Names::default();
    let mut at: Vec<Option<u32>> = Vec::with_capacity(lock.packages.len());
    for package in &lock.packages {
        at.push(one(document, format, &pypi, package, &mut graph, &mut names, report));
    }
    let mut mistakes = Vec::new();
    for (package, parent) in lock.packages.iter().zip(at) {
        let Some(parent) = parent else { continue };
        for need in &package.needs {
            let found = names.find(&pypi.normal_name(&need.name), need.version.as_deref());
            if found.is_empty() && !need.may_lack {
                mistakes.push(doubt(need.at, &need.name, false, format.help));
            }
            for child in found {
                // An extra needs its own package in its own version, and both are lifted together.
                let range = need.range.as_deref().filter(|_| *child != parent);
                graph.need(parent, *child, range, need.dev, document.place(need.at.start));
            }
        }
    }
    let asked = manifest.iter().flat_map(|manifest| &manifest.asked);
    for one in asked.filter(|one| one.group != Group::Override) {
        for child in names.find(&pypi.normal_name(&one.name), None) {
            graph.ask(*child, one.group == Group::Dev, one.place.clone());
        }
    }
    if manifest.is_some() || graph.has_roots() {
        graph.mark_direct();
    }
    if lock.packages.iter().all(|package| package.dev.is_none()) {
        graph.mark_dev();
    }
    graph.say(report);
    for mistake in &mistakes {
        report.mistake(document, mistake);
    }
}

fn one(
    document: &Document<'_>,
    format: Format,
    pypi: &Ecosystem,
    package: &Package,
    graph: &mut Graph,
    names: &mut Names,
    report: &mut Report<'_>,
) -> Option<u32> {
    let incomplete = |at: Span, lacks: &str| {
        let message = format!("this package has no {lacks}");
        Mistake::loss("lock-package-incomplete", at, message).help(format.help)
    };
    let Some((name, span)) = &package.name else {
        report.mistake(document, &incomplete(package.header, "name"));
        return None;
    };
    let lacks = package.version.is_none() && !package.unversioned;
    if lacks && matches!(package.origin, Origin::Feed(_)) {
        report.mistake(document, &incomplete(*span, "version"));
    }
    let normal = pypi.normal_name(name);
    // An extra has an entry of its own beside that of its package.
    let twin = names.exact(&normal, package.version.as_deref());
    if let Some(at) = twin {
        if let (Some(known), Some(dev)) = (graph.get_mut(at), package.dev) {
            known.dev &= dev;
        }
        return Some(at);
    }
    let version = package.version.as_deref().map(Into::into);
    let place = document.place(span.start);
    let mut component = Component::new(pypi.clone(), normal.as_str(), version, place);
    component.origin = package.origin.clone();
    component.integrity = package.integrity;
    component.dev = package.dev.unwrap_or_default();
    let at = graph.add(component);
    names.add(normal, package.version.clone(), at);
    Some(at)
}

/// So many versions of one name may answer one need.
const MAX_VERSIONS: usize = 8;

#[derive(Default)]
struct Names {
    all: HashMap<String, Vec<u32>>,
    versions: HashMap<(String, Option<String>), u32>,
}

impl Names {
    fn add(&mut self, name: String, version: Option<String>, at: u32) {
        let list = self.all.entry(name.clone()).or_default();
        if list.len() < MAX_VERSIONS {
            list.push(at);
        }
        self.versions.entry((name, version)).or_insert(at);
    }

    /// Another entry of the same version.
    fn exact(&self, name: &str, version: Option<&str>) -> Option<u32> {
        let key = (name.to_owned(), version.map(str::to_owned));
        self.versions.get(&key).copied()
    }

    /// The packages of a name, for different systems several; just the one of a version, where
    /// the need says it.
    fn find(&self, name: &str, version: Option<&str>) -> &[u32] {
        if let Some(version) = version {
            let key = (name.to_owned(), Some(version.to_owned()));
            if let Some(at) = self.versions.get(&key) {
                return std::slice::from_ref(at);
            }
        }
        self.all.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The text of a member.
pub(super) fn text<'t>(table: &'t Table<'_>, key: &str) -> Option<&'t str> {
    places::get(table, key)?.get_ref().as_str()
}

/// A member that is a table.
pub(super) fn table<'t, 'a>(table: &'t Table<'a>, key: &str) -> Option<&'t Table<'a>> {
    places::get(table, key)?.get_ref().as_table()
}

/// The values of a list.
pub(super) fn list<'t, 'a>(
    table: &'t Table<'a>,
    key: &str,
) -> impl Iterator<Item = &'t Spanned<Value<'a>>> {
    let list = places::get(table, key).and_then(|value| value.get_ref().as_array());
    list.into_iter().flat_map(|list| list.iter())
}

/// A package's name and place, version and nothing more.
pub(super) fn bare(full: &str, package: &Table<'_>) -> Package {
    let name = places::get(package, "name").and_then(|value| places::string(full, value));
    Package {
        name: name.map(|(name, span)| (name.to_owned(), span)),
        header: Span { start: 0, end: 0 },
        version: text(package, "version").map(str::to_owned),
        unversioned: false,
        origin: Origin::Feed(None),
        integrity: None,
        dev: None,
        needs: Vec::new(),
    }
}

/// Whether one of the files in a list has a hash, as poetry, pdm and uv write it.
pub(super) fn hashed<'t, 'a: 't>(files: impl Iterator<Item = &'t Spanned<Value<'a>>>) -> bool {
    files.filter_map(|file| file.get_ref().as_table()).any(|file| {
        text(file, "hash").is_some_and(|hash| hash.contains(':'))
            || table(file, "hashes").is_some_and(|hashes| !hashes.is_empty())
    })
}

/// Needs written as PEP 508 texts.
pub(super) fn texts<'t, 'a: 't>(
    text: &str,
    values: impl Iterator<Item = &'t Spanned<Value<'a>>>,
) -> Vec<Need> {
    let mut out = Vec::new();
    for value in values {
        let Some((requirement, span)) = places::string(text, value) else { continue };
        let Some(wish) = super::requirement_line::wish(requirement) else { continue };
        let sound = wish.wrong.is_none() && wish.address.is_none();
        let range = requirement.get(wish.range.clone()).filter(|_| sound);
        out.push(Need {
            name: wish.name.to_owned(),
            version: None,
            range: range.map(str::to_owned),
            at: Span { start: span.start, end: span.end },
            dev: false,
            may_lack: requirement.contains(';'),
        });
    }
    settle(&mut out);
    out
}

/// One name that is asked for in several ranges is asked for by different systems: which of the ranges
/// counts stays open.
fn settle(needs: &mut [Need]) {
    let pypi = Ecosystem::new(Ecosystem::PYPI);
    let mut first: HashMap<String, Option<String>> = HashMap::new();
    let mut open: HashSet<String> = HashSet::new();
    for need in &*needs {
        let name = pypi.normal_name(&need.name);
        match first.get(&name) {
            Some(range) if *range != need.range => {
                open.insert(name);
            }
            Some(_) => {}
            None => {
                first.insert(name, need.range.clone());
            }
        }
    }
    for need in needs {
        if open.contains(&pypi.normal_name(&need.name)) {
            need.range = None;
        }
    }
}

/// What the manifest beside a lockfile asks for.
pub(super) fn beside(sources: &crate::Sources<'_>) -> Option<Manifest> {
    let path = sources.beside("pyproject.toml")?;
    let bytes = sources.file(&path)?;
    let document = Document::open(&path, bytes);
    Some(super::python_manifest::parse(&document))
}

/// The manifest beside a lockfile, as long as it was not asked for.
pub(super) fn wants(so_far: &crate::Sources<'_>) -> Vec<crate::Need> {
    let beside = so_far.beside("pyproject.toml").map(crate::Need::File);
    beside.into_iter().filter(|need| so_far.answer(need).is_none()).collect()
}
