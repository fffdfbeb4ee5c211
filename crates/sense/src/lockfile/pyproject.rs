//! `pyproject.toml` and `Pipfile`: what a Python project asks for.
//!
//! Knows requirements; versions that were chosen stand in the lockfiles beside them.

use holdfast_model::{About, Ecosystem, Fact, Requirement};

use super::notices::own;
use super::python_manifest::{Group, Manifest, parse, pipfile};
use crate::feed::python;
use crate::text::{Document, Report, file_name, toml};
use crate::{Claim, Need, Reader, Sources};

/// Reads `pyproject.toml`.
#[derive(Debug)]
pub struct PyProject;

static PYPROJECT: About = About {
    id: "pyproject",
    title: "Python manifest (pyproject.toml)",
    text: "Every requirement of `[project]` and its extras, of `[dependency-groups]`, of the build \
           system, and of the tables of poetry, pdm and uv. Groups, builds and what tools call \
           dev are for development. An override or constraint speaks for packages further down \
           and is not lifted. `dynamic` dependencies are worked out by a program and said to be.",
    file: file!(),
};

impl Reader for PyProject {
    fn about(&self) -> &'static About {
        &PYPROJECT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "pyproject.toml" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        manifest(sources, parse, out);
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

/// Reads `Pipfile`.
#[derive(Debug)]
pub struct Pipfile;

static PIPFILE: About = About {
    id: "pipfile",
    title: "Pipenv manifest (Pipfile)",
    text: "Every requirement of `[packages]`, `[dev-packages]` and further categories. `*` takes \
           any version and is not lifted, nor is what comes from an address or a folder.",
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
