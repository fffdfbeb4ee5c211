//! `composer.json` and `composer.lock`: what a PHP project asks for, and what Composer chose.
//!
//! Knows both files; what PHP itself brings (`php`, `ext-…`, `lib-…`) is no package.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{
    About, Component, Ecosystem, Fact, Informational, Notice, Origin, Requirement,
};

use super::graph::Graph;
use super::notices::{own, said};
use super::shape::{Shape, doubt};
use crate::feed;
use crate::text::json::{Kind, Member, Value, parse};
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `composer.lock`.
#[derive(Debug)]
pub struct ComposerLock;

static LOCK: About = About {
    id: "composer-lock",
    title: "Composer lockfile (composer.lock)",
    text: "Every package, those of `packages-dev` for development, and every dependency with its \
           range, unless another package stands in for it. What is direct stands in composer.json \
           beside it. The address of a feed is the one that it is told of installations by. \
           Composer leaves the checksum out where a commit names the archive: none is missed \
           there. A package that its makers gave up (`abandoned`) is told as a notice.",
    file: file!(),
};

const HELP: &str = "restore the file from version control, or run `composer update --lock`";

impl Reader for ComposerLock {
    fn about(&self) -> &'static About {
        &LOCK
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "composer.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let beside = so_far.beside("composer.json").map(Need::File);
        beside.into_iter().filter(|need| so_far.answer(need).is_none()).collect()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (root, mistakes) = parse(document.text());
            for mistake in &mistakes {
                report.mistake(&document, mistake);
            }
            let shape = Shape { document: &document, tool: "Composer", help: HELP };
            if shape.is_lockfile(&root, &mut report) {
                lock(shape, &root, sources, &mut report);
            }
        }
        report.finish();
    }
}

fn lock(shape: Shape<'_>, root: &Value<'_>, sources: &Sources<'_>, report: &mut Report<'_>) {
    let composer = Ecosystem::new(Ecosystem::COMPOSER);
    let mut graph = Graph::default();
    let mut names: HashMap<String, u32> = HashMap::new();
    let mut needs: Vec<(u32, &Value<'_>)> = Vec::new();
    for (section, dev) in [("packages", false), ("packages-dev", true)] {
        for value in shape.list(root, section, report) {
            if !matches!(value.kind, Kind::Object(_)) {
                shape.wrong(value, "this package", "an object", report);
                continue;
            }
            let Some(mut component) = package(shape, &composer, value, report) else { continue };
            component.dev = dev;
            let name = component.name.to_string();
            let at = graph.add(component);
            names.entry(name).or_insert(at);
            // What stands in for another package answers whoever needs that one.
            for field in ["replace", "provide"] {
                for member in shape.object(value, field, report) {
                    names.entry(composer.normal_name(&member.key)).or_insert(at);
                }
            }
            needs.push((at, value));
        }
    }
    for (parent, value) in needs {
        for need in shape.object(value, "require", report).iter().filter(|need| !is_platform(need))
        {
            let name = composer.normal_name(&need.key);
            if let Some(child) = names.get(&name) {
                // What stands in for a package has versions of its own.
                let own = graph.get(*child).is_some_and(|one| *one.name == *name);
                let range = need.value.as_str().filter(|range| own && !is_branch(range));
                let place = shape.document.place(need.key_span.start);
                graph.need(parent, *child, range, false, place);
            } else {
                let mistake = doubt(need.key_span, &need.key, false, HELP);
                report.mistake(shape.document, &mistake);
            }
        }
    }
    let path = sources.beside("composer.json");
    if let Some((path, bytes)) = path.and_then(|path| Some((path.clone(), sources.file(&path)?))) {
        let manifest = Document::open(&path, bytes);
        let (value, _) = parse(manifest.text());
        for (field, dev) in FIELDS {
            for member in value.get(field).and_then(Value::as_object).unwrap_or_default() {
                if let Some(at) = names.get(&composer.normal_name(&member.key)) {
                    graph.ask(*at, dev, manifest.place(member.key_span.start));
                }
            }
        }
        if value.as_object().is_some() {
            graph.mark_direct();
        }
    }
    graph.say(report);
}

fn package(
    shape: Shape<'_>,
    composer: &Ecosystem,
    value: &Value<'_>,
    report: &mut Report<'_>,
) -> Option<Component> {
    let Some(name) = value.get("name").filter(|name| name.as_str().is_some_and(|n| !n.is_empty()))
    else {
        shape.incomplete(value.span, "name", report);
        return None;
    };
    let version = shape.text(value, "version", report);
    if version.is_none() {
        shape.incomplete(name.span, "version", report);
    }
    let dist = value.get("dist").filter(|dist| dist.as_object().is_some());
    let source = value.get("source").filter(|source| source.as_object().is_some());
    let of = |part: Option<&Value<'_>>, key: &str| {
        part.and_then(|part| part.get(key)?.as_str())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let origin = if of(dist, "type").as_deref() == Some("path") {
        Origin::Tree
    } else if let Some(feed) = shape.text(value, "notification-url", report) {
        Origin::Feed(Some(feed.into()))
    } else if let Some(address) = of(source, "url") {
        Origin::Git(address.into())
    } else if let Some(address) = of(dist, "url") {
        Origin::Archive(address.into())
    } else {
        Origin::Feed(None)
    };
    let sum = of(dist, "shasum").is_some();
    let integrity = match origin {
        Origin::Feed(_) | Origin::Archive(_) if dist.is_some() => {
            (sum || of(dist, "reference").is_none()).then_some(sum)
        }
        _ => None,
    };
    let place = shape.document.place(name.span.start);
    let normal = composer.normal_name(name.as_str().unwrap_or_default());
    let mut component = Component::new(composer.clone(), normal, version.map(Into::into), place);
    if origin != Origin::Tree {
        abandoned(shape, value, &component, report);
    }
    component.origin = origin;
    component.integrity = integrity;
    Some(component)
}

/// `abandoned` is `true`, or names the package to use instead.
fn abandoned(shape: Shape<'_>, value: &Value<'_>, component: &Component, report: &mut Report<'_>) {
    let Some(member) = value.member("abandoned") else { return };
    let Some(version) = &component.version else { return };
    let words = match &member.value.kind {
        Kind::String(other) if !other.is_empty() => format!("its makers name `{other}` instead"),
        Kind::Bool(true) | Kind::String(_) => String::new(),
        _ => return,
    };
    report.fact(Fact::Notice(Notice {
        ecosystem: component.ecosystem.clone(),
        name: Arc::clone(&component.name),
        first: Arc::clone(version),
        last: Arc::clone(version),
        kind: Informational::Unmaintained,
        said: said(&words),
        place: shape.document.place(member.key_span.start),
    }));
}

/// Reads `composer.json`.
#[derive(Debug)]
pub struct ComposerJson;

static MANIFEST: About = About {
    id: "composer-json",
    title: "Composer manifest (composer.json)",
    text: "Every requirement of `require` and `require-dev`, without those of PHP itself, its \
           extensions and libraries. A branch (`dev-main`), an alias (`1.x-dev as 1.0`) and `*` \
           are no ranges and are not lifted; a range beside a branch is. Repositories are asked in \
           their order, before the default; one with `canonical: false` is asked besides it, and one \
           with `only` for these names alone. An entry that is `false` switches the default off.",
    file: file!(),
};

/// The fields that ask for packages, and whether for development.
const FIELDS: [(&str, bool); 2] = [("require", false), ("require-dev", true)];

impl Reader for ComposerJson {
    fn about(&self) -> &'static About {
        &MANIFEST
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "composer.json" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (root, mistakes) = parse(document.text());
            for mistake in &mistakes {
                report.mistake(&document, mistake);
            }
            let help = "restore the file from version control, or mend it by hand";
            let shape = Shape { document: &document, tool: "Composer", help };
            if matches!(root.kind, Kind::Object(_)) {
                for (field, dev) in FIELDS {
                    for member in shape.object(&root, field, &mut report) {
                        requirement(shape, member, dev, &mut report);
                    }
                }
                itself(&document, &root, &mut report);
                let (feeds, mistakes) = feed::composer::of_manifest(&document, &root);
                for one in feeds {
                    report.fact(Fact::Feed(one));
                }
                feed::tell_beside(&document, &mistakes, &mut report);
            } else if root.kind != Kind::Broken {
                shape.wrong(&root, "this manifest", "an object", &mut report);
            }
        }
        report.finish();
    }
}

/// A project is built with and not published.
fn itself(document: &Document<'_>, root: &Value<'_>, report: &mut Report<'_>) {
    let project = root.get("type").is_some_and(|kind| kind.as_str() == Some("project"));
    if let Some(value) = root.get("name").filter(|_| !project) {
        let composer = Ecosystem::new(Ecosystem::COMPOSER);
        own(document, &composer, value.as_str().unwrap_or_default(), value.span, report);
    }
}

fn requirement(shape: Shape<'_>, member: &Member<'_>, dev: bool, report: &mut Report<'_>) {
    if is_platform(member) {
        return;
    }
    let span = member.value.span;
    let Some(range) = member.value.as_str() else {
        if !matches!(member.value.kind, Kind::Null | Kind::Broken) {
            let what = format!("`{}`", member.key.chars().take(80).collect::<String>());
            shape.wrong(&member.value, &what, "a string", report);
        }
        return;
    };
    let text = shape.document.text();
    // A string that was cut off may be half a range.
    let whole = text.get(span.end..).is_some_and(|rest| rest.starts_with('"'));
    let composer = Ecosystem::new(Ecosystem::COMPOSER);
    report.requirement(
        shape.document,
        Requirement {
            name: composer.normal_name(&member.key).into(),
            ecosystem: composer,
            range: range.into(),
            span: shape.document.span(span),
            place: shape.document.place(span.start),
            dev,
            liftable: whole && !is_branch(range) && !matches!(range.trim(), "" | "*"),
        },
    );
}

/// A branch, or the version of whoever asks, which are no ranges; beside a branch a version may stand,
/// which can be lifted.
fn is_branch(range: &str) -> bool {
    range.contains(" as ")
        || range.trim() == "self.version"
        || range
            .split('|')
            .map(str::trim)
            .all(|one| one.is_empty() || one.starts_with("dev-") || one.contains("-dev"))
}

/// What PHP itself brings: names without a vendor.
fn is_platform(member: &Member<'_>) -> bool {
    !member.key.contains('/')
}
