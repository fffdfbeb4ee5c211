//! `pyproject.toml` and `Pipfile`: what a Python project asks for.
//!
//! Knows requirements; versions that were chosen stand in the lockfiles beside them.

use std::sync::Arc;

use holdfast_model::{About, Ecosystem, Fact, Place, Requirement};

use super::notices::own;
use super::python_lock::{list, table, text};
use super::python_manifest::{Group, Manifest, parse, pipfile};
use super::requirements::Requirements;
use super::unread_lockfile::PINNED;
use crate::feed::python;
use crate::text::toml::{self, Table};
use crate::text::{Document, Report, file_name};
use crate::{Along, Answer, Claim, Need, Reader, Sources};

/// Reads `pyproject.toml`.
#[derive(Debug)]
pub struct PyProject;

static PYPROJECT: About = About {
    id: "pyproject",
    title: "Python manifest (pyproject.toml)",
    text: "Every requirement of `[project]` and its extras, of `[dependency-groups]`, of the build \
           system, and of the tables of poetry, pdm and uv. Groups, builds and what tools call \
           dev are for development. An override or constraint speaks for packages further down \
           and is not lifted. Where `dependencies` are `dynamic`, the files that setuptools takes \
           them from are read, and without any or a lockfile the project is not assessed. Indexes \
           of poetry, pdm and uv are told, and which packages name one.",
    file: file!(),
};

impl Reader for PyProject {
    fn about(&self) -> &'static About {
        &PYPROJECT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "pyproject.toml" { Claim::ByName } else { Claim::No }
    }

    /// Where the dependencies are worked out: what may pin them, and what they are taken from.
    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let Some(files) = dynamic(so_far) else { return Vec::new() };
        let wanted = pins(so_far).chain(files).map(Need::File);
        wanted.filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn along(&self, sources: &Sources<'_>) -> Vec<Along> {
        let files = dynamic(sources).unwrap_or_default().into_iter();
        let there = files.filter(|file| sources.file(file).is_some());
        there.map(|file| (file, &Requirements as &'static dyn Reader)).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        manifest(sources, parse, out);
        unlocked(sources, out);
        let document = Document::open(sources.path(), sources.bytes());
        if !document.readable() {
            return;
        }
        // What is broken here was told by the reader of the requirements.
        let (root, _) = toml::parse(document.text());
        for feed in python::of_project(&document, &root) {
            out(Fact::Feed(feed));
        }
        if let Some((name, span)) = python::own_name(&document, &root) {
            own(&document, &Ecosystem::new(Ecosystem::PYPI), name, span, &mut Report::new(out));
        }
    }
}

/// Whether the dependencies of a project are worked out by its build.
fn is_dynamic(project: &Table<'_>) -> bool {
    list(project, "dynamic").any(|what| what.get_ref().as_str() == Some("dependencies"))
}

/// The files that setuptools takes a project's dependencies from, where it works them out; `None`
/// where they stand in the manifest.
fn dynamic(sources: &Sources<'_>) -> Option<Vec<Arc<str>>> {
    let document = Document::open(sources.path(), sources.bytes());
    let (root, _) = toml::parse(document.text());
    if !table(&root, "project").is_some_and(is_dynamic) {
        return None;
    }
    let taken = table(&root, "tool")
        .and_then(|tool| table(tool, "setuptools"))
        .and_then(|setuptools| table(setuptools, "dynamic"))
        .and_then(|dynamic| table(dynamic, "dependencies"));
    let Some(taken) = taken else { return Some(Vec::new()) };
    let files = list(taken, "file").filter_map(|file| file.get_ref().as_str());
    Some(files.chain(text(taken, "file")).filter_map(|file| sources.beside(file)).collect())
}

fn pins(sources: &Sources<'_>) -> impl Iterator<Item = Arc<str>> {
    PINNED.iter().filter_map(|name| sources.beside(name))
}

/// Says that nobody knows which packages a project asks for whose build works that out.
fn unlocked(sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
    let Some(files) = dynamic(sources) else { return };
    let there = |file: &Arc<str>| {
        let answer = sources.answer(&Need::File(Arc::clone(file)));
        !matches!(answer, None | Some(Answer::Missing))
    };
    let taken = !files.is_empty() && files.iter().all(there);
    if !taken && !pins(sources).any(|pin| there(&pin)) {
        out(Fact::Unknown {
            ecosystem: Ecosystem::new(Ecosystem::PYPI),
            name: file_name(sources.path()).into(),
            reason:
                "its build works out which packages it asks for, and no lockfile says which it gets"
                    .to_owned(),
            place: Place::start_of(Arc::clone(sources.path())),
        });
    }
}

/// Whether a manifest says itself which packages its project asks for: many hold no more than the
/// settings of tools.
pub(super) fn says_what_is_asked_for(path: &Arc<str>, bytes: &[u8]) -> bool {
    let document = Document::open(path, bytes);
    let (root, _) = toml::parse(document.text());
    let poetry = || table(table(table(&root, "tool")?, "poetry")?, "dependencies");
    match table(&root, "project") {
        Some(project) => !is_dynamic(project),
        None => poetry().is_some(),
    }
}

/// Reads `Pipfile`.
#[derive(Debug)]
pub struct Pipfile;

static PIPFILE: About = About {
    id: "pipfile",
    title: "Pipenv manifest (Pipfile)",
    text: "Every requirement of `[packages]`, `[dev-packages]` and further categories. `*` takes \
           any version and is not lifted, nor is what comes from an address or a folder. Of the \
           sources the first is asked, the others for packages that name them.",
    file: file!(),
};

impl Reader for Pipfile {
    fn about(&self) -> &'static About {
        &PIPFILE
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "Pipfile" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        manifest(sources, pipfile, out);
        let document = Document::open(sources.path(), sources.bytes());
        if document.readable() {
            let (root, _) = toml::parse(document.text());
            for feed in python::of_pipfile(&document, &root) {
                out(Fact::Feed(feed));
            }
        }
    }
}

fn manifest(
    sources: &Sources<'_>,
    parse: fn(&Document<'_>) -> Manifest,
    out: &mut dyn FnMut(Fact),
) {
    let document = Document::open(sources.path(), sources.bytes());
    let mut report = Report::new(out);
    report.open(&document);
    if document.readable() {
        let manifest = parse(&document);
        for mistake in &manifest.mistakes {
            report.mistake(&document, mistake);
        }
        let pypi = Ecosystem::new(Ecosystem::PYPI);
        for one in &manifest.asked {
            report.requirement(
                &document,
                Requirement {
                    ecosystem: pypi.clone(),
                    name: pypi.normal_name(&one.name).into(),
                    range: one.range.as_str().into(),
                    span: document.span(one.span),
                    place: document.place(one.span.start),
                    dev: one.group == Group::Dev,
                    liftable: one.may_lift(),
                },
            );
        }
    }
    report.finish();
}
