//! What git kept of lockfiles, commit by commit.
//!
//! Knows which files hold exact versions; how each is written belongs to `sense`. A state that
//! cannot be read whole ends nothing.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use holdfast_findings::locus as loci;
use holdfast_learn::Spell;
use holdfast_model::{Component, Fact, Locus, Origin, Problem, Standing, Timestamp};
use holdfast_sense::{Sources, reader_for};
use holdfast_world::{Change, Changes, Repository, World};

use super::replay::{Judge, Replay, Weak};
use super::{Source, SourceRow};
use crate::document::written;

/// Files that say which version of a package is used, by name.
pub(super) const LOCKFILES: [&str; 17] = [
    "Cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "go.mod",
    "*requirements*.txt",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "poetry.lock",
    "pdm.lock",
    "uv.lock",
    "pylock*.toml",
    "Pipfile.lock",
    "composer.lock",
    "Gemfile.lock",
    "gems.locked",
    "go.work",
];

/// How many commits are gone through, the newest.
const MOST_COMMITS: usize = 2_000;
/// How many old states are asked for at once.
const AT_ONCE: usize = 16;
/// The largest state that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// What a state of a lockfile holds.
struct State {
    weak: Arc<[Weak]>,
    /// Whether all of it could be read.
    whole: bool,
}

/// Replays the lockfiles of the repository that the folder is in, along first parents.
pub(super) fn replay(
    world: &World,
    source: &Source<'_>,
    judge: &mut Judge<'_>,
    now: Timestamp,
) -> (Vec<Spell>, Option<SourceRow>, Vec<Problem>) {
    let mut problems = Vec::new();
    let Some(repository) = &source.folder.repository else { return Default::default() };
    let changes = match changes(world, repository, &source.folder.scope, now) {
        Ok(changes) => changes,
        Err(problem) => return (Vec::new(), None, vec![problem]),
    };
    let Changes { list, cut } = changes;
    if list.is_empty() {
        return Default::default();
    }
    if cut {
        let message = format!("only the newest {MOST_COMMITS} commits with lockfiles were read");
        let help = "what was there before them counts from the oldest one on";
        problems.push(Problem::new("history-cut", message).help(help));
    }
    let mut states = States::new(world, repository.root.clone());
    let mut replay = Replay::new(source.asset, Standing::Trunk, source.team);
    let mut unreadable = 0;
    for part in list.chunks(AT_ONCE) {
        states.fetch(part, judge, &mut problems);
        for change in part {
            unreadable += states.apply(change, &mut replay, judge);
        }
    }
    let files: BTreeSet<&str> =
        list.iter().flat_map(|change| &change.files).map(|file| &*file.path).collect();
    let row = SourceRow {
        source: "git",
        asset: source.asset.id.to_string(),
        states: list.len() as u64,
        files: files.len() as u64,
        from: list.first().map(|change| written(change.at)),
        cut,
        unreadable,
    };
    (replay.finish(judge, now), Some(row), problems)
}

/// The commits that changed lockfiles of a folder, oldest first, at times that never run back: a
/// clock that did does not turn the order of commits.
fn changes(
    world: &World,
    repository: &Repository,
    scope: &str,
    now: Timestamp,
) -> Result<Changes, Problem> {
    let Some(tip) = &repository.revision else { return Ok(Changes::default()) };
    let mut changes = world.git.changes(&repository.root, tip, &LOCKFILES, MOST_COMMITS)?;
    for change in &mut changes.list {
        change.files.retain(|file| {
            super::in_scope(&file.path, scope) && reader_for(&file.path, &[]).is_some()
        });
    }
    changes.list.retain(|change| !change.files.is_empty());
    changes.list.reverse();
    let mut last = Timestamp(i64::MIN);
    for change in &mut changes.list {
        change.at = change.at.max(last).min(now);
        last = change.at;
    }
    Ok(changes)
}

fn locus(weak: &Weak, path: &str) -> Locus {
    loci::language_package(&weak.ecosystem, &weak.name, path)
}

/// States of lockfiles, each read and judged once, whatever commits come back to it. Of each only
/// what is weak is kept.
struct States<'w> {
    world: &'w World,
    root: PathBuf,
    known: HashMap<(Arc<str>, Arc<str>), Option<State>>,
}

impl<'w> States<'w> {
    fn new(world: &'w World, root: PathBuf) -> Self {
        Self { world, root, known: HashMap::new() }
    }

    fn get(&self, oid: &Arc<str>, path: &Arc<str>) -> Option<&State> {
        self.known.get(&(Arc::clone(oid), name(path)))?.as_ref()
    }

    /// Lets a commit happen; how many of its files could not be read whole.
    fn apply(&self, change: &Change, replay: &mut Replay<'_>, judge: &mut Judge<'_>) -> u64 {
        let (mut weak, mut whole, mut unreadable) = (Vec::new(), Vec::new(), 0);
        for file in &change.files {
            let Some(oid) = &file.oid else {
                whole.push(&*file.path);
                continue;
            };
            let state = self.get(oid, &file.path);
            if let Some(state) = state {
                let here = state.weak.iter().map(|one| (locus(one, &file.path), one.clone()));
                weak.extend(here);
            }
            if state.is_some_and(|state| state.whole) {
                whole.push(&*file.path);
            } else {
                unreadable += 1;
            }
        }
        let read = |locus: &Locus| locus.path().is_some_and(|path| whole.contains(&path));
        replay.state(judge, change.at, &read, weak);
        unreadable
    }

    fn fetch(&mut self, part: &[Change], judge: &mut Judge<'_>, problems: &mut Vec<Problem>) {
        let files = part.iter().flat_map(|change| &change.files);
        let mut wanted: Vec<(Arc<str>, Arc<str>)> = files
            .filter_map(|file| Some((Arc::clone(file.oid.as_ref()?), name(&file.path))))
            .filter(|key| !self.known.contains_key(key))
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let oids: Vec<Arc<str>> = wanted.iter().map(|(oid, _)| Arc::clone(oid)).collect();
        let contents = match self.world.git.read_at(&self.root, &oids, LARGEST) {
            Ok(contents) => contents,
            Err(problem) => {
                problems.push(problem);
                return;
            }
        };
        for (key, content) in wanted.into_iter().zip(contents) {
            let state = content.ok().map(|bytes| read(&key.1, &bytes, judge));
            self.known.insert(key, state);
        }
    }
}

fn name(path: &Arc<str>) -> Arc<str> {
    path.rsplit('/').next().unwrap_or(path).into()
}

/// What is weak in one state of a file of this name.
fn read(name: &Arc<str>, bytes: &[u8], judge: &mut Judge<'_>) -> State {
    let (mut weak, mut whole) = (Vec::new(), true);
    let sources = Sources::new(Arc::clone(name), bytes);
    let Some(reader) = reader_for(name, &[]) else {
        return State { weak: Vec::new().into(), whole: false };
    };
    reader.read(&sources, &mut |fact| match fact {
        Fact::Component(component) => judged(&component, judge, &mut weak),
        Fact::Partial => whole = false,
        _ => {}
    });
    State { weak: weak.into(), whole }
}

fn judged(component: &Component, judge: &mut Judge<'_>, weak: &mut Vec<Weak>) {
    let Some(version) = component.version.as_ref().filter(|_| component.origin != Origin::Tree)
    else {
        return;
    };
    for at in judge.judge(&component.ecosystem, &component.name, version).iter() {
        weak.push(Weak {
            at: *at,
            ecosystem: component.ecosystem.clone(),
            name: Arc::clone(&component.name),
            version: Arc::clone(version),
            dev: component.dev,
            direct: component.direct,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lockfile_has_a_reader() {
        for name in LOCKFILES {
            let name = name.replace('*', "");
            assert!(reader_for(&name, &[]).is_some(), "{name}");
        }
    }
}
