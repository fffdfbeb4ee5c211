//! Whether a lockfile says which packages a manifest gets.
//!
//! Knows that a lockfile answers for its own folder and for the members of its project, and only what
//! it agrees with. Where folders belong to is told by `members`, which lines a lockfile may do without
//! by `sometimes`.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use holdfast_advisories::lift;
use holdfast_model::{Component, Ecosystem, Origin, Place, Requirement};
use serde::Deserialize;

use super::declared::is_declared;
use super::members::{Members, relative};
use super::sometimes::{counts_sometimes, may_lack};
use crate::look::Document;
use crate::requirements::{folder_of, is_below};

/// Versions that a sentence names.
const SHOWN: usize = 3;

/// What a lockfile says to a manifest.
pub(super) enum Answer {
    /// Which packages it gets.
    Says,
    /// It is that of the manifest, and has not what is asked for: why, and where.
    Behind(String, Place),
    /// Nothing.
    Nothing,
}

/// Manifests of one kind.
pub(super) struct Lockable {
    /// What reads them.
    reader: &'static str,
    /// What reads the lockfiles that answer them.
    locks: &'static [&'static str],
    pub(super) ecosystem: &'static str,
    /// What writes a lockfile.
    pub(super) command: &'static str,
}

impl Lockable {
    const fn new(
        reader: &'static str,
        locks: &'static [&'static str],
        ecosystem: &'static str,
        command: &'static str,
    ) -> Self {
        Self { reader, locks, ecosystem, command }
    }
}

const LOCKABLE: [Lockable; 9] = [
    Lockable::new("cargo-toml", &["cargo-lock"], Ecosystem::CARGO, "cargo generate-lockfile"),
    Lockable::new(
        "package-json",
        &["package-lock", "yarn-lock", "pnpm-lock", "bun-lock"],
        Ecosystem::NPM,
        "npm install --package-lock-only --ignore-scripts",
    ),
    Lockable::new(
        "pyproject",
        &["poetry-lock", "pdm-lock", "uv-lock", "pylock", "requirements"],
        Ecosystem::PYPI,
        "a lockfile of its own tool: uv lock, poetry lock or pdm lock",
    ),
    Lockable::new("pipfile", &["pipfile-lock"], Ecosystem::PYPI, "pipenv lock"),
    Lockable::new(
        "composer-json",
        &["composer-lock"],
        Ecosystem::COMPOSER,
        "composer update --no-install",
    ),
    Lockable::new("gemfile", &["gemfile-lock"], Ecosystem::GEM, "bundle lock"),
    Lockable::new("gemspec", &["gemfile-lock"], Ecosystem::GEM, "bundle lock"),
    Lockable::new(
        "gradle-catalog",
        &["gradle-lock"],
        Ecosystem::MAVEN,
        "gradle dependencies --write-locks",
    ),
    Lockable::new(
        "nuget-project",
        &["nuget-lock"],
        Ecosystem::NUGET,
        "dotnet restore --use-lock-file",
    ),
];

/// Tells of each manifest that wants a lockfile and is asked about, by its number, what all lockfiles
/// together say to it: of those that are behind it the first by its path.
pub(super) fn answers(
    documents: &[Document],
    asked: &dyn Fn(&Document) -> bool,
    tell: &mut dyn FnMut(usize, &Lockable, Answer),
) {
    let tree = Tree { documents, own: OnceCell::new() };
    for kind in &LOCKABLE {
        let of_kind =
            |(_, one): &(usize, &Document)| one.reader == kind.reader && wants(one) && asked(one);
        let mut manifests = documents.iter().enumerate().filter(of_kind).peekable();
        if manifests.peek().is_none() {
            continue;
        }
        let ecosystem = Ecosystem::new(kind.ecosystem);
        let all = documents.iter().filter(|document| kind.locks.contains(&document.reader));
        let locked: Vec<Lock<'_>> = all.map(|document| Lock::of(document, &ecosystem)).collect();
        for (number, manifest) in manifests {
            tell(number, kind, together(manifest, &locked, &tree));
        }
    }
}

/// Whether a manifest asks for packages that a lockfile has to name: that of a gem which RubyGems
/// installed is none of the tree's own.
fn wants(manifest: &Document) -> bool {
    let installed =
        |one: &Component| matches!(one.origin, Origin::Feed(_)) && !is_declared(manifest, one);
    !manifest.requirements.is_empty() && !manifest.components.iter().any(installed)
}

fn together(manifest: &Document, locked: &[Lock<'_>], tree: &Tree<'_>) -> Answer {
    let mut behind: Option<(&str, String, Place)> = None;
    for lock in locked {
        match lock.answer(manifest, tree) {
            Answer::Says => return Answer::Says,
            Answer::Nothing => {}
            Answer::Behind(reason, place) => {
                let path = &*lock.document.path;
                if behind.as_ref().is_none_or(|(first, ..)| path < *first) {
                    behind = Some((path, reason, place));
                }
            }
        }
    }
    behind.map_or(Answer::Nothing, |(_, reason, place)| Answer::Behind(reason, place))
}

/// The documents of a look, with the names of the tree's own packages where they are asked for.
struct Tree<'a> {
    documents: &'a [Document],
    own: OnceCell<HashSet<String>>,
}

impl Tree<'_> {
    /// Whether a package of npm is one of the tree itself, which yarn 1 leaves out.
    fn is_own(&self, name: &str) -> bool {
        #[derive(Deserialize)]
        struct Named {
            name: Option<String>,
        }
        let own = self.own.get_or_init(|| {
            let manifests = self.documents.iter().filter(|one| one.reader == "package-json");
            manifests
                .filter_map(|one| serde_json::from_slice::<Named>(&one.bytes).ok()?.name)
                .collect()
        });
        own.contains(name)
    }
}

/// A lockfile: where it holds, and what it names.
struct Lock<'a> {
    document: &'a Document,
    folder: &'a str,
    ecosystem: &'a Ecosystem,
    packages: HashMap<String, Vec<&'a Component>>,
    members: OnceCell<Members>,
    words: OnceCell<HashSet<String>>,
}

impl<'a> Lock<'a> {
    fn of(document: &'a Document, ecosystem: &'a Ecosystem) -> Self {
        let mut packages: HashMap<String, Vec<&Component>> = HashMap::new();
        for one in &document.components {
            packages.entry(ecosystem.normal_name(&one.name)).or_default().push(one);
        }
        Self {
            document,
            folder: folder_of(&document.path),
            ecosystem,
            packages,
            members: OnceCell::new(),
            words: OnceCell::new(),
        }
    }

    /// What it says to a manifest: to one of its own folder or of a member, or, where nobody knows
    /// whether it is one, to one all of whose packages it has. What stands below may as well be a project
    /// of its own, and a list of pins (`requirements-dev.txt`) be one of something else.
    fn answer(&self, manifest: &Document, tree: &Tree<'_>) -> Answer {
        let here = folder_of(&manifest.path) == self.folder;
        if !here && !is_below(&manifest.path, self.folder) {
            return Answer::Nothing;
        }
        // A catalogue may list what no build uses.
        if manifest.reader == "gradle-catalog" {
            return Answer::Says;
        }
        let own = if here {
            self.document.reader != "requirements"
        } else {
            let members = self.members.get_or_init(|| Members::of(self.document));
            match members.hold(manifest, relative(&manifest.path, self.folder)) {
                Some(false) => return Answer::Nothing,
                known => known.is_some(),
            }
        };
        // What could not be read of it is told itself.
        if own && self.document.partial {
            return Answer::Says;
        }
        match self.against(manifest, tree, own, here) {
            None => Answer::Says,
            Some((reason, place)) if own => Answer::Behind(reason, place),
            Some(_) => Answer::Nothing,
        }
    }

    /// The first line of a manifest that it contradicts, and how.
    fn against(
        &self,
        manifest: &Document,
        tree: &Tree<'_>,
        own: bool,
        here: bool,
    ) -> Option<(String, Place)> {
        manifest.requirements.iter().filter(|one| one.liftable).find_map(|one| {
            let name = self.ecosystem.normal_name(&one.name);
            let path = &self.document.path;
            let reason = match self.packages.get(&name) {
                Some(locked) if self.will_do(manifest, tree, one, locked) => return None,
                Some(locked) => {
                    let versions = locked.iter().filter_map(|one| one.version.as_deref());
                    let mut shown: Vec<&str> = Vec::new();
                    for version in versions {
                        if shown.len() < SHOWN && !shown.contains(&version) {
                            shown.push(version);
                        }
                    }
                    let (shown, range) = (shown.join(", "), &one.range);
                    format!("{path} has `{name}` {shown}, which `{range}` does not admit")
                }
                None if self.may_be_absent(manifest, tree, &name, own) => return None,
                None => format!("{path} does not name `{name}`, which is asked for here"),
            };
            let counts = !counts_sometimes(manifest, self.document.reader, one, here);
            counts.then(|| (reason, one.place.clone()))
        })
    }

    /// Whether one of the locked packages of a name is what a line asks for, or what another line about
    /// that name makes of it: an override, or one for another version of the language.
    fn will_do(
        &self,
        manifest: &Document,
        tree: &Tree<'_>,
        asked: &Requirement,
        locked: &[&Component],
    ) -> bool {
        let any = |range: &str| locked.iter().any(|one| admits(self.ecosystem, range, one));
        if any(&asked.range) {
            return true;
        }
        let beside = |one: &&Document| {
            folder_of(&one.path) == self.folder
                && (one.reader == manifest.reader || one.reader == "pnpm-workspace")
        };
        let others = tree.documents.iter().filter(beside).flat_map(|one| &one.requirements);
        let others = others.filter(|one| !one.liftable).chain(&manifest.requirements);
        others
            .filter(|one| one.name == asked.name && !std::ptr::eq(*one, asked))
            .any(|one| any(&one.range))
    }

    /// Whether a lockfile may well not list a package by its name.
    fn may_be_absent(&self, manifest: &Document, tree: &Tree<'_>, name: &str, own: bool) -> bool {
        if may_lack(manifest, name) || (manifest.reader == "package-json" && tree.is_own(name)) {
            return true;
        }
        // Another package may stand in for it, by whatever means: then it names this one somewhere.
        own && self.words().contains(name.trim_start_matches('@'))
    }

    fn words(&self) -> &HashSet<String> {
        self.words.get_or_init(|| {
            let text = String::from_utf8_lossy(&self.document.bytes);
            let ends = |c: char| !c.is_alphanumeric() && !"._-/+".contains(c);
            text.split(ends).map(|word| self.ecosystem.normal_name(word)).collect()
        })
    }
}

/// Whether a line admits a locked package, as far as that can be told: what comes from no feed and what is
/// more than a plain number has rules of its own.
fn admits(ecosystem: &Ecosystem, range: &str, locked: &Component) -> bool {
    let Some(version) = locked.version.as_deref() else { return true };
    let number = version.trim_start_matches('v');
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    !plain
        || !matches!(locked.origin, Origin::Feed(_))
        || lift::lets_in(ecosystem, range, version) != Some(false)
}
