//! `bun.lock`: what bun chose, as JSON with comments and trailing commas.
//!
//! Knows workspaces, and packages by the path that leads to them.

use std::collections::HashMap;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Place, Problem};

use super::graph::Graph;
use super::npm_spec::{Spec, range_in, spec, split_name};
use super::shape::{Shape, doubt};
use crate::text::json::{Kind, Member, Value, parse};
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `bun.lock`, and says that `bun.lockb` cannot be read.
#[derive(Debug)]
pub struct BunLock;

static ABOUT: About = About {
    id: "bun-lock",
    title: "Bun lockfile (bun.lock)",
    text: "Every package and every dependency with its range, resolved as node resolves them, for \
           the text formats 0 and 1. What the folders of the workspace ask for, and what is for \
           development, stands in the lockfile itself. Comments and trailing commas belong to this \
           format. The older binary `bun.lockb` is not read, and is said so.",
    file: file!(),
};

const HELP: &str = "restore the file from version control, or run `bun install --lockfile-only`";
const MISSING: &str = "run `bun install --lockfile-only`, which adds what is missing";

impl Reader for BunLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if matches!(file_name(path), "bun.lock" | "bun.lockb") { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        if file_name(sources.path()) == "bun.lockb" {
            let place = Place::start_of(std::sync::Arc::clone(sources.path()));
            let message = "bun's binary lockfile is not read";
            let problem = Problem::at("lock-binary", place, message)
                .help("run `bun install --save-text-lockfile --lockfile-only`, which writes `bun.lock`")
                .excerpt("", 1);
            report.problem(problem, true);
            report.finish();
            return;
        }
        report.open(&document);
        if document.readable() {
            let (root, mistakes) = parse(document.text());
            let own = ["json-comment", "json-trailing-comma"];
            for mistake in mistakes.iter().filter(|mistake| !own.contains(&mistake.code)) {
                report.mistake(&document, mistake);
            }
            let shape = Shape { document: &document, tool: "bun", help: HELP };
            if shape.is_lockfile(&root, &mut report) {
                Lock { shape, graph: Graph::default(), paths: HashMap::new() }
                    .say(&root, &mut report);
            }
        }
        report.finish();
    }
}

struct Lock<'v> {
    shape: Shape<'v>,
    graph: Graph,
    /// Packages by their path, e.g. `a`, `a/b`, `@s/c/@t/d`.
    paths: HashMap<&'v str, u32>,
}

/// What is asked for, whether for development, and whether it must be there.
const FIELDS: [(&str, bool, bool); 4] = [
    ("dependencies", false, true),
    ("devDependencies", true, true),
    ("optionalDependencies", false, false),
    ("peerDependencies", false, false),
];

/// So many packages may lie in one another.
const MAX_PATH: usize = 64;

impl<'v> Lock<'v> {
    fn say(mut self, root: &'v Value<'v>, report: &mut Report<'_>) {
        if let Some(version) = root.get("lockfileVersion")
            && !matches!(version.kind, Kind::Number("0" | "1"))
        {
            self.shape.unknown_version(version.span, "formats 0 and 1 are", report);
        }
        let packages = self.shape.object(root, "packages", report);
        let mut needs: Vec<(u32, &'v Member<'v>)> = Vec::new();
        for member in packages {
            if let Some(at) = self.package(member, report) {
                self.paths.insert(&member.key, at);
                needs.push((at, member));
            }
        }
        for (parent, member) in needs {
            let values = member.value.as_array().unwrap_or_default();
            let info = values.iter().find(|value| value.as_object().is_some());
            let in_tree = self.graph.get(parent).is_none_or(|one| one.origin == Origin::Tree);
            // A workspace's needs stand with the workspaces, development apart.
            if let Some(info) = info.filter(|_| !in_tree) {
                self.needs(Some(parent), &member.key, info, report);
            }
        }
        for workspace in self.shape.object(root, "workspaces", report) {
            let name = self.shape.text(&workspace.value, "name", report).unwrap_or_default();
            let parent = self.paths.get(name).copied().filter(|_| !workspace.key.is_empty());
            let from = if workspace.key.is_empty() { "" } else { name };
            self.needs(parent, from, &workspace.value, report);
        }
        if self.graph.has_roots() {
            self.graph.mark_direct();
        }
        self.graph.mark_dev();
        self.graph.say(report);
    }

    fn package(&mut self, member: &Member<'_>, report: &mut Report<'_>) -> Option<u32> {
        let values = match &member.value.kind {
            Kind::Array(values) => values,
            Kind::Broken => return None,
            _ => {
                let what = format!("`{}`", member.key.chars().take(80).collect::<String>());
                self.shape.wrong(&member.value, &what, "a list", report);
                return None;
            }
        };
        let Some(resolution) = values.first().and_then(Value::as_str) else {
            self.shape.incomplete(member.key_span, "name", report);
            return None;
        };
        let (name, reference) = split_name(resolution);
        let feed = values.get(1).and_then(Value::as_str).filter(|feed| !feed.is_empty());
        let last = values.last().and_then(Value::as_str);
        let sum = last.is_some_and(|sum| sum.starts_with("sha") || sum.starts_with("md5-"));
        let (origin, version) = match spec(reference) {
            _ if reference.starts_with("root:") => (Origin::Tree, None),
            Spec::Tree => (Origin::Tree, None),
            Spec::Git => (Origin::Git(reference.into()), None),
            Spec::Archive => (Origin::Archive(reference.into()), None),
            // A packed package of the tree is named by its file alone.
            Spec::Tag if [".tgz", ".tar.gz"].iter().any(|end| reference.ends_with(end)) => {
                (Origin::Archive(reference.into()), None)
            }
            _ => (Origin::Feed(feed.map(Into::into)), Some(reference)),
        };
        if matches!(origin, Origin::Feed(_)) && reference.is_empty() {
            self.shape.incomplete(member.key_span, "version", report);
        }
        let integrity = match origin {
            Origin::Feed(_) => Some(sum),
            Origin::Archive(_) | Origin::Git(_) | Origin::Tree => sum.then_some(true),
        };
        let place = self.shape.document.place(member.key_span.start);
        let npm = Ecosystem::new(Ecosystem::NPM);
        let version = version.filter(|version| !version.is_empty()).map(Into::into);
        let mut component = Component::new(npm, name, version, place);
        component.origin = origin;
        component.integrity = integrity;
        Some(self.graph.add(component))
    }

    fn needs(
        &mut self,
        parent: Option<u32>,
        from: &str,
        info: &Value<'_>,
        report: &mut Report<'_>,
    ) {
        for (field, dev, required) in FIELDS {
            for need in self.shape.object(info, field, report) {
                let place = self.shape.document.place(need.key_span.start);
                match (self.find(from, &need.key), parent) {
                    (Some(child), Some(parent)) => {
                        let range = need.value.as_str().and_then(range_in);
                        self.graph.need(parent, child, range, dev, place);
                    }
                    (Some(child), None) => self.graph.ask(child, dev, place),
                    (None, _) if required => {
                        let mistake = doubt(need.key_span, &need.key, false, MISSING);
                        report.mistake(self.shape.document, &mistake);
                    }
                    (None, _) => {}
                }
            }
        }
    }

    /// The package nearest to the one at `from`: `from/name`, then upward.
    fn find(&self, from: &str, name: &str) -> Option<u32> {
        let mut above = from;
        for _ in 0..MAX_PATH {
            if above.is_empty() {
                break;
            }
            if let Some(at) = self.paths.get(format!("{above}/{name}").as_str()) {
                return Some(*at);
            }
            above = parent(above);
        }
        self.paths.get(name).copied()
    }
}

/// The path above: without its last name, which may have a scope.
fn parent(path: &str) -> &str {
    let Some((above, _)) = path.rsplit_once('/') else { return "" };
    match above.rsplit_once('/') {
        Some((before, scope)) if scope.starts_with('@') => before,
        None if above.starts_with('@') => "",
        _ => above,
    }
}
