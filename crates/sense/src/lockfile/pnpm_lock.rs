//! `pnpm-lock.yaml`: what pnpm chose, in the formats 5 to 9.
//!
//! Knows `importers`, `packages` and `snapshots`; how keys are written is `pnpm_key`'s. Copies of
//! one version with different peers are one package.

use std::collections::{HashMap, HashSet};

use holdfast_model::{About, Component, Ecosystem, Fact, Origin};

use super::graph::Graph;
use super::notices::deprecated;
use super::npm_spec::split_name;
use super::pnpm_key::{name_and_version, without_peers};
use super::shape::{Shape, doubt, empty};
use crate::text::json::{Kind, Member, Value};
use crate::text::yaml::{Dialect, parse};
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// Reads `pnpm-lock.yaml`.
#[derive(Debug)]
pub struct PnpmLock;

static ABOUT: About = About {
    id: "pnpm-lock",
    title: "pnpm lockfile (pnpm-lock.yaml)",
    text: "Every package and every dependency, for the formats 5 to 9; copies of one version that \
           were resolved with different peers are told once. The lockfile itself says what each \
           folder of the workspace asks for, and what is for development. Folders belong to the \
           tree; an alias is told under the package's own name. What publishers say against a \
           release (`deprecated`) is told as a notice.",
    file: file!(),
};

const HELP: &str = "restore the file from version control, or run `pnpm install --lockfile-only`";
const MISSING: &str = "run `pnpm install --lockfile-only`, which adds what is missing";

impl Reader for PnpmLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "pnpm-lock.yaml" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (documents, mistakes) = parse(document.text(), Dialect::Tool);
            for mistake in &mistakes {
                report.mistake(&document, mistake);
            }
            if documents.is_empty() {
                report.mistake(&document, &empty(HELP));
            }
            let shape = Shape { document: &document, tool: "pnpm", help: HELP };
            let mut lock = Lock {
                shape,
                format: 9,
                graph: Graph::default(),
                by_key: HashMap::new(),
                edges: HashSet::new(),
            };
            // Newer versions write what pnpm itself needs as a document before the project's.
            for root in &documents {
                lock.document(root, &mut report);
            }
            if lock.graph.has_roots() {
                lock.graph.mark_direct();
            }
            if lock.format >= 9 {
                lock.graph.mark_dev();
            }
            lock.graph.say(&mut report);
        }
        report.finish();
    }
}

/// What `importers` and packages name their needs by; for importers, whether for development.
const FIELDS: [(&str, bool); 4] = [
    ("dependencies", false),
    ("optionalDependencies", false),
    ("devDependencies", true),
    ("configDependencies", true),
];

struct Lock<'v> {
    shape: Shape<'v>,
    format: u32,
    graph: Graph,
    /// Packages by key without slash and peers.
    by_key: HashMap<String, u32>,
    /// Copies with different peers mostly need the same.
    edges: HashSet<(u32, u32)>,
}

impl Lock<'_> {
    fn document(&mut self, root: &Value<'_>, report: &mut Report<'_>) {
        if !self.shape.is_lockfile(root, report) {
            return;
        }
        self.version(root, report);
        let packages = self.shape.object(root, "packages", report);
        for member in packages {
            self.package(member, report);
        }
        let snapshots = self.shape.object(root, "snapshots", report);
        for member in if snapshots.is_empty() { packages } else { snapshots } {
            self.needs(member, report);
        }
        // Without workspaces, older formats write the project's own needs at the top.
        self.importer(root, report);
        for importer in self.shape.object(root, "importers", report) {
            if self.shape.members(&importer.value, &importer.key, report).is_empty() {
                continue;
            }
            self.importer(&importer.value, report);
        }
    }

    fn version(&mut self, root: &Value<'_>, report: &mut Report<'_>) {
        let Some(version) = root.get("lockfileVersion") else { return };
        let major = version.as_str().and_then(|text| text.split('.').next()?.parse().ok());
        if !major.is_some_and(|major: u32| (5..=9).contains(&major)) {
            self.shape.unknown_version(version.span, "formats 5 to 9 are", report);
        }
        self.format = major.unwrap_or(self.format);
    }

    fn package(&mut self, member: &Member<'_>, report: &mut Report<'_>) {
        let value = &member.value;
        match value.kind {
            Kind::Object(_) | Kind::Null => {}
            Kind::Broken => return,
            _ => return self.shape.wrong(value, "this package", "an object", report),
        }
        let key = normal(&member.key, self.format);
        let parts = name_and_version(&member.key, self.format);
        let own = self.shape.text(value, "name", report);
        // Formats since 6 write the name before any address.
        let written = (self.format >= 6).then(|| split_name(key).0).filter(|name| *name != key);
        let (Some(name), version) = (
            own.or(parts.map(|(name, _)| name)).or(written),
            self.shape.text(value, "version", report).or(parts.map(|(_, version)| version)),
        ) else {
            return self.shape.incomplete(member.key_span, "name", report);
        };
        let (origin, integrity) = self.origin(key, value, parts.is_some(), report);
        if version.is_none() && origin != Origin::Tree {
            self.shape.incomplete(member.key_span, "version", report);
        }
        if let Some(version) = version.filter(|_| origin != Origin::Tree) {
            deprecated(self.shape, value, name, version, report);
        }
        let dev = value.get("dev").is_some_and(Value::is_true);
        if let Some(known) = self.by_key.get(key) {
            if let Some(known) = self.graph.get_mut(*known) {
                known.dev &= dev;
            }
            return;
        }
        let place = self.shape.document.place(member.key_span.start);
        let npm = Ecosystem::new(Ecosystem::NPM);
        let mut component = Component::new(npm, name, version.map(Into::into), place);
        component.dev = dev;
        component.origin = origin;
        component.integrity = integrity;
        let at = self.graph.add(component);
        self.by_key.insert(key.to_owned(), at);
    }

    fn origin(
        &self,
        key: &str,
        value: &Value<'_>,
        released: bool,
        report: &mut Report<'_>,
    ) -> (Origin, Option<bool>) {
        let Some(resolution) = value.get("resolution") else { return (Origin::Feed(None), None) };
        let text = |key: &str, report: &mut Report<'_>| {
            self.shape.text(resolution, key, report).map(std::sync::Arc::from)
        };
        let sum = resolution.get("integrity").is_some_and(|sum| sum.as_str().is_some());
        let kind = self.shape.text(resolution, "type", report);
        if kind == Some("directory") {
            return (Origin::Tree, None);
        }
        if let Some(repository) = text("repo", report) {
            return (Origin::Git(repository), None);
        }
        let hosted = resolution.get("gitHosted").is_some_and(Value::is_true);
        let tarball = text("tarball", report);
        let feed = self.feed_of(key);
        let origin = match tarball {
            Some(address) if hosted => Origin::Git(address),
            Some(address) if !released => Origin::Archive(address),
            address => Origin::Feed(address.or(feed)),
        };
        let integrity = match origin {
            Origin::Feed(_) | Origin::Archive(_) => Some(sum),
            Origin::Git(_) | Origin::Tree => None,
        };
        (origin, integrity)
    }

    /// Format 5 writes a feed that is not the default one before the name.
    fn feed_of(&self, key: &str) -> Option<std::sync::Arc<str>> {
        let (host, _) = key.split_once('/').filter(|_| self.format < 6)?;
        (host.contains('.') && !host.starts_with('@')).then(|| host.into())
    }

    fn needs(&mut self, member: &Member<'_>, report: &mut Report<'_>) {
        let Some(parent) = self.by_key.get(normal(&member.key, self.format)).copied() else {
            return;
        };
        for field in ["dependencies", "optionalDependencies"] {
            for need in self.shape.object(&member.value, field, report) {
                let Some(reference) = need.value.as_str() else { continue };
                let Some(child) = self.find(&need.key, reference) else {
                    self.missing(need, reference, report);
                    continue;
                };
                if self.edges.insert((parent, child)) {
                    // What is written here is what was chosen.
                    let place = self.shape.document.place(need.key_span.start);
                    self.graph.need(parent, child, None, false, place);
                }
            }
        }
    }

    fn importer(&mut self, value: &Value<'_>, report: &mut Report<'_>) {
        for (field, dev) in FIELDS {
            for need in self.shape.object(value, field, report) {
                let pinned = need.value.get("version").and_then(Value::as_str);
                let Some(reference) = need.value.as_str().or(pinned) else { continue };
                match self.find(&need.key, reference) {
                    Some(child) => {
                        let place = self.shape.document.place(need.key_span.start);
                        self.graph.ask(child, dev, place);
                    }
                    None => self.missing(need, reference, report),
                }
            }
        }
    }

    /// What a reference means: a version of the name it stands behind, or a key of its own.
    fn find(&self, name: &str, reference: &str) -> Option<u32> {
        let bare = normal(reference, self.format);
        let between = if self.format >= 6 { '@' } else { '/' };
        let versioned = self.by_key.get(&format!("{name}{between}{bare}"));
        versioned.or_else(|| self.by_key.get(bare)).copied()
    }

    fn missing(&self, need: &Member<'_>, reference: &str, report: &mut Report<'_>) {
        // Folders of the workspace have no package of their own.
        if ["link:", "workspace:", "portal:"].iter().any(|scheme| reference.starts_with(scheme)) {
            return;
        }
        let mistake = doubt(need.key_span, &need.key, false, MISSING);
        report.mistake(self.shape.document, &mistake);
    }
}

/// A key as packages are kept by it.
fn normal(key: &str, format: u32) -> &str {
    let bare = without_peers(key, format);
    bare.strip_prefix('/').unwrap_or(bare)
}
