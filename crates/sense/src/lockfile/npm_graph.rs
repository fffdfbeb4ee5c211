//! The packages of an npm lockfile and who needs whom.
//!
//! Knows entries; must not know the shapes of the file they came from.

use std::sync::Arc;

use holdfast_model::{Component, Ecosystem, Edge, Origin, Place, Span};

use super::npm_folders::{Folder, Folders};
use super::npm_spec::{Spec, range_in, spec};
use super::ranges::Ranges;
use crate::text::json::Value;
use crate::text::{Document, Mistake, Report, number};

/// Where a package came from, as far as its entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source<'v> {
    /// A folder of the tree itself.
    Tree,
    /// An archive that was asked for by its address.
    Archive(&'v str),
    /// `resolved`, which may be an address of any kind.
    Resolved(Option<&'v str>),
}

/// One installed copy of a package.
pub(super) struct Entry<'v> {
    pub(super) key: Span,
    pub(super) name: &'v str,
    pub(super) version: Option<&'v str>,
    pub(super) source: Source<'v>,
    /// The folder that a link leads to.
    pub(super) links_to: Option<&'v str>,
    pub(super) dev: bool,
    /// Whether a checksum stands with it; `None` where none could.
    pub(super) integrity: Option<bool>,
    /// Its dependencies may be absent: it is optional, bundled, or of format 1.
    pub(super) may_lack: bool,
    /// `None` where it lies too deep.
    pub(super) folder: Option<Folder>,
    /// Of format 1: inside another package.
    pub(super) nested: bool,
}

/// A dependency as written.
#[derive(Clone, Copy)]
pub(super) struct Wish<'v> {
    pub(super) name: &'v str,
    pub(super) spec: &'v str,
    pub(super) at: Span,
    pub(super) required: bool,
}

/// All dependencies of one entry.
pub(super) type Wishes<'v> = Vec<Wish<'v>>;

/// Entries, folders and wishes of one lockfile.
pub(super) struct Graph<'v> {
    document: &'v Document<'v>,
    pub(super) folders: Folders<'v>,
    entries: Vec<Entry<'v>>,
    /// Who wishes; `None` is the project itself.
    wishes: Vec<(Option<usize>, Wish<'v>)>,
    /// Direct packages that another file names, with their places there.
    named_elsewhere: Option<Vec<(String, Place)>>,
    /// Whether the lockfile itself says what is direct.
    roots_known: bool,
}

impl<'v> Graph<'v> {
    /// A graph without packages.
    pub(super) fn new(document: &'v Document<'v>) -> Self {
        Self {
            document,
            folders: Folders::new(),
            entries: Vec::new(),
            wishes: Vec::new(),
            named_elsewhere: None,
            roots_known: false,
        }
    }

    /// What the project itself asks for.
    pub(super) fn root_wishes(&mut self, wishes: &[Wish<'v>]) {
        self.roots_known = true;
        self.wishes.extend(wishes.iter().map(|wish| (None, *wish)));
    }

    /// A lockfile of format 1 does not say what is direct.
    pub(super) fn unknown_roots(&mut self) {
        self.roots_known = false;
    }

    /// What the manifest beside a lockfile of format 1 asks for.
    pub(super) fn roots_of(&mut self, manifest: &Document<'_>, value: &Value<'_>) {
        let keys = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
        let members = keys.iter().filter_map(|key| value.get(key)?.as_object()).flatten();
        let named = members
            .map(|member| (member.key.to_string(), manifest.place(member.key_span.start)))
            .collect();
        self.named_elsewhere = Some(named);
    }

    /// Adds an entry and what it asks for.
    pub(super) fn add(&mut self, entry: Entry<'v>, wishes: &[Wish<'v>]) {
        let at = self.entries.len();
        if let Some(folder) = entry.folder {
            self.folders.install(folder, at);
            self.wishes.extend(wishes.iter().map(|wish| (Some(at), *wish)));
        }
        self.entries.push(entry);
    }

    /// Says components, then edges, then what is missing.
    pub(super) fn say(self, report: &mut Report<'_>) {
        let count = self.entries.len();
        let mut edges: Vec<Edge> = Vec::with_capacity(self.wishes.len());
        let mut ranges = Ranges::default();
        let mut archive = vec![false; count];
        let mut direct = vec![false; count];
        let mut mistakes = Vec::new();
        for (parent, wish) in &self.wishes {
            let entry = parent.and_then(|at| self.entries.get(at));
            let from = entry.map_or(Some(Folders::ROOT), |entry| entry.folder);
            let Some(found) = from.and_then(|from| self.folders.find(from, wish.name)) else {
                if wish.required && !entry.is_some_and(|entry| entry.may_lack) {
                    mistakes.push(missing(wish));
                }
                continue;
            };
            if entry.is_none_or(|entry| entry.source == Source::Tree) {
                set(&mut direct, found);
            }
            if wish.spec.starts_with("http") && spec(wish.spec) == Spec::Archive {
                set(&mut archive, found);
            }
            // What the project itself asks for stands in its manifest.
            let range = parent.and_then(|_| ranges.of(wish.spec, range_in));
            let place = self.document.place(wish.at.start);
            edges.push(Edge { parent: parent.map(number), child: number(found), place, range });
        }
        for (name, place) in self.named_elsewhere.iter().flatten() {
            if let Some(found) = self.folders.find(Folders::ROOT, name) {
                set(&mut direct, found);
                edges.push(Edge::new(None, number(found), place.clone()));
            }
        }
        for (at, entry) in self.entries.iter().enumerate() {
            let target = entry.links_to.and_then(|path| self.folders.known_workspace(path));
            if let Some(target) = target {
                let place = self.document.place(entry.key.start);
                edges.push(Edge::new(Some(number(at)), number(target), place));
            }
        }
        let npm = Ecosystem::new(Ecosystem::NPM);
        for ((entry, direct), archive) in self.entries.iter().zip(direct).zip(archive) {
            report.component(self.component(&npm, entry, direct, archive));
        }
        for edge in edges {
            report.edge(edge);
        }
        for mistake in &mistakes {
            report.mistake(self.document, mistake);
        }
    }

    fn component(
        &self,
        npm: &Ecosystem,
        entry: &Entry<'_>,
        wanted: bool,
        archive: bool,
    ) -> Component {
        let target = entry.links_to.and_then(|path| self.folders.known_workspace(path));
        let target = target.and_then(|at| self.entries.get(at));
        let version = entry.version.or_else(|| target.and_then(|target| target.version));
        let in_tree = entry.source == Source::Tree || entry.links_to.is_some();
        // A lockfile that names its roots, or the manifest beside it, tells direct ones from others.
        let known = self.roots_known || self.named_elsewhere.is_some();
        let direct = match (wanted || in_tree, entry.nested || known) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
        let origin = if in_tree { Origin::Tree } else { origin(entry.source, archive) };
        let keeps = matches!(origin, Origin::Feed(_) | Origin::Archive(_));
        Component {
            ecosystem: npm.clone(),
            name: target.map_or(entry.name, |target| target.name).into(),
            version: version.map(Into::into),
            place: self.document.place(entry.key.start),
            direct,
            dev: entry.dev,
            origin,
            source: None,
            module: None,
            integrity: entry.integrity.filter(|_| keeps),
        }
    }
}

fn set(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

fn origin(source: Source<'_>, archive: bool) -> Origin {
    let resolved = match source {
        Source::Tree => return Origin::Tree,
        Source::Archive(address) => return Origin::Archive(address.into()),
        Source::Resolved(None) => return Origin::Feed(None),
        Source::Resolved(Some(resolved)) => resolved,
    };
    let text = || Arc::from(resolved);
    match spec(resolved) {
        Spec::Git => Origin::Git(text()),
        Spec::Tree => Origin::Tree,
        // What a feed serves is an archive too; it is one of its own where it was asked for by
        // address, or where its address does not look like a feed's.
        Spec::Archive if archive || !resolved.starts_with("http") => Origin::Archive(text()),
        _ => Origin::Feed(Some(text())),
    }
}

fn missing(wish: &Wish<'_>) -> Mistake {
    let name: String = wish.name.chars().take(80).collect();
    Mistake::slip(
        "lock-dependency-missing",
        wish.at,
        format!("`{name}` is needed here and is not in this lockfile"),
    )
    .help("run `npm install --package-lock-only`, which adds what is missing")
}
