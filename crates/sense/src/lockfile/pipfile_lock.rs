//! `Pipfile.lock`: what pipenv chose.
//!
//! Knows its sections; what is direct the `Pipfile` beside it says.

use std::collections::{BTreeSet, HashMap};

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::graph::Graph;
use super::python_manifest::{Group, Manifest, pipfile};
use super::shape::{Shape, empty};
use crate::text::json::{Kind, Member, Value, parse};
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `Pipfile.lock`.
#[derive(Debug)]
pub struct PipfileLock;

static ABOUT: About = About {
    id: "pipfile-lock",
    title: "Pipenv lockfile (Pipfile.lock)",
    text: "Every pinned package of `default`, `develop` and further categories, with the address \
           of the index it names. A package of `develop` alone is for development. The format \
           keeps no dependencies between packages; the Pipfile beside it tells what is direct.",
    file: file!(),
};

const HELP: &str = "restore the file from version control, or run `pipenv lock`";

impl Reader for PipfileLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "Pipfile.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let beside = so_far.beside("Pipfile").map(Need::File);
        beside.into_iter().filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let shape = Shape { document: &document, tool: "pipenv", help: HELP };
            if document.text().trim().is_empty() {
                report.mistake(&document, &empty(HELP));
            } else {
                let (root, mistakes) = parse(document.text());
                for mistake in &mistakes {
                    report.mistake(&document, mistake);
                }
                if shape.is_lockfile(&root, &mut report) {
                    lock(shape, &root, beside(sources).as_ref(), &mut report);
                }
            }
        }
        report.finish();
    }
}

fn beside(sources: &Sources<'_>) -> Option<Manifest> {
    let path = sources.beside("Pipfile")?;
    let bytes = sources.file(&path)?;
    Some(pipfile(&Document::open(&path, bytes)))
}

fn lock(shape: Shape<'_>, root: &Value<'_>, manifest: Option<&Manifest>, report: &mut Report<'_>) {
    let meta = root.get("_meta");
    if let Some(version) = meta.and_then(|meta| meta.get("pipfile-spec"))
        && version.kind != Kind::Number("6")
    {
        shape.unknown_version(version.span, "format 6 is", report);
    }
    let mut feeds: Vec<(&str, &str)> = Vec::new();
    for source in meta.map(|meta| shape.list(meta, "sources", report)).unwrap_or_default() {
        let name = source.get("name").and_then(Value::as_str).unwrap_or_default();
        feeds.extend(source.get("url").and_then(Value::as_str).map(|url| (name, url)));
    }
    let pypi = Ecosystem::new(Ecosystem::PYPI);
    let mut graph = Graph::default();
    let mut known: HashMap<(String, Option<String>), u32> = HashMap::new();
    let mut names: HashMap<String, u32> = HashMap::new();
    for section in root.as_object().unwrap_or_default() {
        if section.key == "_meta" {
            continue;
        }
        for member in shape.members(&section.value, &section.key, report) {
            let Some(mut component) = package(shape, &pypi, member, &feeds, report) else {
                continue;
            };
            component.dev = section.key == "develop";
            let name = component.name.to_string();
            let key = (name.clone(), component.version.as_deref().map(str::to_owned));
            if let Some(known) = known.get(&key).and_then(|at| graph.get_mut(*at)) {
                known.dev &= component.dev;
                continue;
            }
            let at = graph.add(component);
            known.insert(key, at);
            names.entry(name).or_insert(at);
        }
    }
    for asked in manifest.iter().flat_map(|manifest| &manifest.asked) {
        if let Some(at) = names.get(&pypi.normal_name(&asked.name)) {
            graph.ask(*at, asked.group == Group::Dev, asked.place.clone());
        }
    }
    if manifest.is_some() {
        graph.mark_direct();
    }
    graph.say(report);
}

fn package(
    shape: Shape<'_>,
    pypi: &Ecosystem,
    member: &Member<'_>,
    feeds: &[(&str, &str)],
    report: &mut Report<'_>,
) -> Option<Component> {
    let value = &member.value;
    match value.kind {
        Kind::Object(_) => {}
        Kind::Broken => return None,
        _ => {
            shape.wrong(value, "this package", "an object", report);
            return None;
        }
    }
    let text = |key: &str, report: &mut Report<'_>| shape.text(value, key, report);
    let written = text("version", report);
    // What is pinned to nothing has no version.
    let version = written.map(|version| version.trim_start_matches('=').trim());
    let version = version.filter(|version| !matches!(*version, "" | "*"));
    let address = ["git", "hg", "svn", "bzr"].iter().find_map(|key| text(key, report));
    let origin = if let Some(address) = address {
        Origin::Git(address.into())
    } else if let Some(file) = text("file", report) {
        Origin::Archive(file.into())
    } else if text("path", report).is_some() {
        Origin::Tree
    } else {
        let index = text("index", report);
        // Without a name it is the only source, if there is only one.
        let names: BTreeSet<&str> = feeds.iter().map(|(_, url)| *url).collect();
        let named = index.and_then(|index| feeds.iter().find(|(name, _)| *name == index));
        let only = (names.len() == 1).then(|| feeds.first()).flatten();
        Origin::Feed(named.or(only).map(|(_, url)| (*url).into()))
    };
    if version.is_none() && matches!(origin, Origin::Feed(_)) {
        shape.incomplete(member.key_span, "version", report);
    }
    let hashes = shape.list(value, "hashes", report);
    let integrity = matches!(origin, Origin::Feed(_) | Origin::Archive(_));
    let place = shape.document.place(member.key_span.start);
    let name = pypi.normal_name(&member.key);
    let mut component = Component::new(pypi.clone(), name, version.map(Into::into), place);
    component.origin = origin;
    component.integrity = integrity.then(|| hashes.iter().any(|hash| hash.as_str().is_some()));
    Some(component)
}
