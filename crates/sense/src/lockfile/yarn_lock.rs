//! `yarn.lock`: what yarn chose, in the notation of yarn 1 and in that of yarn 2 and later.
//!
//! Knows entries and how one asks for another; where a package came from is `yarn_origin`'s.

use std::collections::HashMap;

use holdfast_model::{About, Component, Ecosystem, Fact, Origin, Span};

use super::graph::Graph;
use super::npm_roots::{Manifest, manifests};
use super::npm_spec::{Spec, range_in, range_in_yarn, spec, split_name};
use super::shape::{Shape, doubt};
use super::yarn_origin::{berry, classic};
use crate::text::encoding::decode;
use crate::text::json::{Kind, Member, Value};
use crate::text::yaml::{Dialect, parse};
use crate::text::{Document, Report, file_name, folder};
use crate::{Claim, Need, Reader, Sources, join};

/// Reads `yarn.lock`.
#[derive(Debug)]
pub struct YarnLock;

static ABOUT: About = About {
    id: "yarn-lock",
    title: "Yarn lockfile (yarn.lock)",
    text: "Every package and every dependency with its range, for yarn 1 and for the formats 4 to \
           8 of yarn 2, 3 and 4. What is direct, and what is for development, stands in the \
           package.json files of the project, which are read along. An alias is told under the \
           package's own name; folders and workspaces belong to the tree. A package that is for \
           other systems only has no checksum in newer formats, and none is missed.",
    file: file!(),
};

const HELP: &str = "restore the file from version control, or run `yarn install`";
const MISSING: &str = "run `yarn install`, which adds what is missing";

impl Reader for YarnLock {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if file_name(path) == "yarn.lock" { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        let text = decode(so_far.bytes()).text;
        manifests(so_far, &workspaces(&text)).1
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            let (manifests, _) = manifests(sources, &workspaces(document.text()));
            let berry = is_berry(document.text());
            let dialect = if berry { Dialect::Tool } else { Dialect::Yarn };
            let (documents, mistakes) = parse(document.text(), dialect);
            for mistake in &mistakes {
                report.mistake(&document, mistake);
            }
            let shape = Shape { document: &document, tool: "yarn", help: HELP };
            let mut lock = Lock { shape, berry, graph: Graph::default(), entries: Vec::new() };
            for root in &documents {
                lock.document(root, &mut report);
            }
            lock.finish(&manifests, &mut report);
        }
        report.finish();
    }
}

/// Newer formats have a block about themselves; a file without any entry has at least its
/// first comment.
fn is_berry(text: &str) -> bool {
    if text.starts_with("__metadata:") || text.contains("\n__metadata:") {
        return true;
    }
    let version_1 = text.lines().take(5).any(|line| line.starts_with("# yarn lockfile v"));
    !version_1 && (text.contains("\n  resolution: ") || text.contains("\n  version: "))
}

/// The folders of the workspaces that a newer lockfile names.
fn workspaces(text: &str) -> Vec<&str> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("  resolution: \""));
    let paths =
        lines.filter_map(|line| Some(line.trim_end_matches('"').split_once("@workspace:")?.1));
    paths.filter(|path| *path != ".").collect()
}

struct Entry<'v> {
    at: u32,
    value: &'v Value<'v>,
    /// The folder of a workspace, relative to the lockfile.
    workspace: Option<&'v str>,
}

struct Lock<'v> {
    shape: Shape<'v>,
    berry: bool,
    graph: Graph,
    entries: Vec<(Entry<'v>, Vec<String>)>,
}

impl<'v> Lock<'v> {
    fn document(&mut self, root: &'v Value<'v>, report: &mut Report<'_>) {
        if !self.shape.is_lockfile(root, report) {
            return;
        }
        for member in root.as_object().unwrap_or_default() {
            if member.key == "__metadata" {
                self.metadata(&member.value, report);
                continue;
            }
            match member.value.kind {
                Kind::Object(_) => self.entry(member, report),
                Kind::Broken => {}
                _ => self.shape.wrong(&member.value, "this entry", "an object", report),
            }
        }
    }

    fn metadata(&self, value: &Value<'_>, report: &mut Report<'_>) {
        let Some(version) = value.get("version") else { return };
        let known = version.as_str().and_then(|text| text.parse::<u32>().ok());
        if !known.is_some_and(|version| (4..=8).contains(&version)) {
            self.shape.unknown_version(
                version.span,
                "formats 4 to 8 are, and that of yarn 1",
                report,
            );
        }
    }

    fn entry(&mut self, member: &'v Member<'v>, report: &mut Report<'_>) {
        let wishes = descriptors(&member.key, self.berry);
        let first = wishes.first().cloned().unwrap_or_default();
        let (key, range) = split_name(&first);
        let text =
            |name: &str, report: &mut Report<'_>| self.shape.text(&member.value, name, report);
        let version = text("version", report);
        let resolved = text(if self.berry { "resolution" } else { "resolved" }, report);
        let told = if self.berry { text("checksum", report) } else { text("integrity", report) };
        let found = if self.berry {
            let optional = member.value.get("conditions").is_some();
            berry(resolved.unwrap_or(&first), told.is_some(), optional)
        } else {
            classic(&wishes, resolved, told.is_some())
        };
        let alias = match spec(range) {
            Spec::Alias { name, .. } if !self.berry && !name.is_empty() => Some(name),
            _ => None,
        };
        let own = resolved.filter(|_| self.berry).map(|text| split_name(text).0);
        let name = own.or(alias).unwrap_or(key);
        let at = Span { start: member.key_span.start, end: member.key_span.end };
        if name.is_empty() {
            return self.shape.incomplete(at, "name", report);
        }
        if version.is_none() {
            self.shape.incomplete(at, "version", report);
        }
        // A quote before the first name is not part of it.
        let quote = usize::from(member.key.starts_with('"'));
        let place = self.shape.document.place(at.start + quote);
        let npm = Ecosystem::new(Ecosystem::NPM);
        let mut component = Component::new(npm, name, version.map(Into::into), place);
        component.origin = found.origin;
        component.integrity = found.integrity;
        let at = self.graph.add(component);
        let workspace = resolved.and_then(|text| Some(text.split_once("@workspace:")?.1));
        let workspace = workspace.filter(|_| self.berry);
        self.entries.push((Entry { at, value: &member.value, workspace }, wishes));
    }

    fn finish(mut self, manifests: &[Manifest], report: &mut Report<'_>) {
        let entries = std::mem::take(&mut self.entries);
        let mut index = Index::default();
        for (entry, wishes) in &entries {
            for wish in wishes {
                index.by_wish.insert(wish.clone(), entry.at);
                let name = split_name(wish).0.to_owned();
                index
                    .by_name
                    .entry(name)
                    .and_modify(|one| one.1 = true)
                    .or_insert((entry.at, false));
            }
        }
        let home = folder(self.shape.document.path());
        let of = |path: &str| {
            let folder = join(home, path)?;
            manifests.iter().find(|manifest| *manifest.folder == *folder)
        };
        let read: fn(&str) -> Option<&str> = if self.berry { range_in_yarn } else { range_in };
        for (entry, _) in &entries {
            let development = entry.workspace.and_then(of);
            for field in ["dependencies", "optionalDependencies"] {
                for need in self.shape.object(entry.value, field, report) {
                    let Some(range) = need.value.as_str() else { continue };
                    let dev = development.is_some_and(|manifest| {
                        let mut asked = manifest.asked.iter().filter(|one| one.name == need.key);
                        asked.next().is_some_and(|first| first.dev) && asked.all(|one| one.dev)
                    });
                    let place = self.shape.document.place(need.key_span.start);
                    match index.find(&need.key, range) {
                        Ok(child) => self.graph.need(entry.at, child, read(range), dev, place),
                        Err(several) if field == "dependencies" => {
                            let mistake = doubt(need.key_span, &need.key, several, MISSING);
                            report.mistake(self.shape.document, &mistake);
                        }
                        Err(_) => {}
                    }
                }
            }
        }
        // Yarn 1 writes nothing of the project itself.
        if !self.berry {
            for asked in manifests.iter().flat_map(|manifest| &manifest.asked) {
                if let Ok(child) = index.find(&asked.name, &asked.spec) {
                    self.graph.ask(child, asked.dev, asked.place.clone());
                }
            }
        }
        if self.graph.has_roots() || !manifests.is_empty() {
            self.graph.mark_direct();
            self.graph.mark_dev();
        } else {
            self.nothing_asked();
        }
        self.graph.say(report);
    }

    /// Without a manifest nothing tells what is direct, except what belongs to the tree.
    fn nothing_asked(&mut self) {
        for at in 0..self.graph.len() {
            let at = crate::text::number(at);
            if let Some(component) = self.graph.get_mut(at)
                && component.origin == Origin::Tree
            {
                component.direct = Some(true);
            }
        }
    }
}

#[derive(Default)]
struct Index {
    by_wish: HashMap<String, u32>,
    /// One package of that name, and whether there are others.
    by_name: HashMap<String, (u32, bool)>,
}

impl Index {
    /// The entry that answers a wish; an error says whether there are several of that name.
    fn find(&self, name: &str, range: &str) -> Result<u32, bool> {
        // Newer formats write `npm:` before a range in the key and, depending on their version,
        // leave it out where it is asked for.
        let exact = self.by_wish.get(&format!("{name}@{range}"));
        let exact = exact.or_else(|| self.by_wish.get(&format!("{name}@npm:{range}")));
        if let Some(at) = exact {
            return Ok(*at);
        }
        // `resolutions` of the manifest change what is asked for; one of that name must be meant.
        match self.by_name.get(name) {
            Some((at, false)) => Ok(*at),
            Some((_, true)) => Err(true),
            None => Err(false),
        }
    }
}

/// The wishes that an entry answers: `a@^1, a@^2`, in yarn 1 each in quotes or not.
fn descriptors(key: &str, berry: bool) -> Vec<String> {
    if berry {
        return key.split(", ").map(str::to_owned).collect();
    }
    let mut out = Vec::new();
    let mut rest = key.trim();
    while !rest.is_empty() {
        let (one, after) = match rest.strip_prefix('"') {
            Some(inner) => inner.split_once('"').unwrap_or((inner, "")),
            None => rest.split_once(',').unwrap_or((rest, "")),
        };
        out.push(one.trim().to_owned());
        rest = after.trim_start_matches([',', ' ']);
    }
    out
}
