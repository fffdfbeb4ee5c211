//! Who needs whom in a `Cargo.lock`, and what is used while developing only.
//!
//! Knows edges and manifests; must not know places.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use super::cargo_lock_lines::Lock;
use super::cargo_manifest::{Kind, Manifest, parse};
use crate::text::encoding::decode;
use crate::text::{folder, number};
use crate::{Answer, Need, Sources, join};

/// So many manifests are read for one lockfile.
const MAX_MANIFESTS: usize = 2_000;

/// The manifests that answers hold, and what is still wanted.
pub(super) fn manifests(sources: &Sources<'_>) -> (Vec<Manifest>, Vec<Need>) {
    let mut wanted: BTreeSet<Need> = BTreeSet::new();
    let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut queue: VecDeque<Arc<str>> = VecDeque::new();
    let mut found = Vec::new();
    let root = sources.beside("Cargo.toml");
    queue.extend(root.clone());
    while let Some(path) = queue.pop_front() {
        if seen.len() >= MAX_MANIFESTS || !seen.insert(Arc::clone(&path)) {
            continue;
        }
        let need = Need::File(Arc::clone(&path));
        let bytes = match sources.answer(&need) {
            Some(Answer::Bytes(bytes)) => bytes,
            Some(_) => continue,
            None => {
                wanted.insert(need);
                continue;
            }
        };
        let manifest = parse(&decode(bytes).text);
        let home = folder(&path);
        if root.as_ref() == Some(&path) {
            members(home, &manifest, sources, &mut queue, &mut wanted);
        }
        let paths = manifest.dependencies.iter().filter_map(|one| one.path.as_deref());
        queue.extend(paths.filter_map(|path| join(home, &format!("{path}/Cargo.toml"))));
        found.push(manifest);
    }
    (found, wanted.into_iter().collect())
}

fn members(
    home: &str,
    manifest: &Manifest,
    sources: &Sources<'_>,
    queue: &mut VecDeque<Arc<str>>,
    wanted: &mut BTreeSet<Need>,
) {
    let exclude: Vec<_> = manifest.exclude.iter().filter_map(|path| join(home, path)).collect();
    let excluded = |path: &str| {
        exclude
            .iter()
            .any(|out| path.strip_prefix(&**out).is_some_and(|rest| rest.starts_with('/')))
    };
    for member in &manifest.members {
        let Some(path) = join(home, &format!("{member}/Cargo.toml")) else { continue };
        if !member.contains(['*', '?', '[']) {
            queue.push_back(path);
            continue;
        }
        // Classes such as `[ab]` are asked for as any one character.
        let need = Need::Glob(without_classes(&path).into());
        match sources.answer(&need) {
            Some(Answer::Paths(paths)) => {
                queue.extend(paths.iter().filter(|path| !excluded(path)).cloned());
            }
            Some(_) => {}
            None => {
                wanted.insert(need);
            }
        }
    }
}

fn without_classes(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, class)) = rest.split_once('[') {
        out.push_str(before);
        out.push('?');
        rest = class.split_once(']').map_or("", |(_, after)| after);
    }
    out + rest
}

/// What a package of the tree itself asks for at run time and otherwise, by package name.
#[derive(Debug, Default)]
struct Asked {
    runtime: HashSet<String>,
    other: HashSet<String>,
}

/// How an entry of `dependencies` was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    One(u32),
    /// Several packages fit; this is the first.
    First(u32),
    Missing,
}

/// The packages of a lockfile by what `dependencies` call them: a name, then a version where
/// names repeat, then a source where versions do.
pub(super) struct Index<'l> {
    names: HashMap<&'l str, (u32, bool)>,
    versions: HashMap<(&'l str, &'l str), (u32, bool)>,
    sources: HashMap<(&'l str, &'l str, &'l str), u32>,
}

impl<'l> Index<'l> {
    /// Indexes the packages that have a name, in the given order.
    pub(super) fn new(lock: &'l Lock<'_>, named: &[usize]) -> Self {
        let mut index = Self {
            names: HashMap::with_capacity(named.len()),
            versions: HashMap::new(),
            sources: HashMap::new(),
        };
        let parts = || {
            named.iter().enumerate().filter_map(|(position, at)| {
                let package = lock.packages.get(*at)?;
                Some((number(position), package.name.as_ref()?, package))
            })
        };
        for (position, name, _) in parts() {
            index
                .names
                .entry(&name.text)
                .and_modify(|slot| slot.1 = true)
                .or_insert((position, false));
        }
        for (position, name, package) in parts() {
            let name: &str = &name.text;
            if !index.names.get(name).is_some_and(|(_, several)| *several) {
                continue;
            }
            let version: &str = package.version.as_ref().map_or("", |version| &version.text);
            let slot = index.versions.entry((name, version));
            slot.and_modify(|slot| slot.1 = true).or_insert((position, false));
            let source: &str = package.source.as_ref().map_or("", |source| &source.text);
            index.sources.entry((name, version, precise_off(source))).or_insert(position);
        }
        index
    }

    /// `name`, `name version` or `name version (source)`.
    pub(super) fn find(&self, need: &str) -> Target {
        let (name, rest) = at_blank(need);
        let Some((only, several)) = self.names.get(name) else { return Target::Missing };
        let Some(rest) = rest.filter(|_| *several) else {
            return if *several { Target::First(*only) } else { Target::One(*only) };
        };
        let (version, source) = at_blank(rest);
        let source = source.unwrap_or_default();
        let Some((first, several)) = self.versions.get(&(name, version)) else {
            return Target::Missing;
        };
        if !*several {
            return Target::One(*first);
        }
        let source = source.strip_prefix('(').and_then(|s| s.strip_suffix(')')).unwrap_or(source);
        match self.sources.get(&(name, version, precise_off(source))) {
            Some(at) => Target::One(*at),
            None => Target::First(*first),
        }
    }
}

/// What stands before and behind the first blank.
fn at_blank(text: &str) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == b' ') {
        Some(at) => (text.get(..at).unwrap_or(text), text.get(at + 1..)),
        None => (text, None),
    }
}

/// A git source without the commit behind `#`, which some versions of cargo leave out.
fn precise_off(source: &str) -> &str {
    source.split_once('#').map_or(source, |(address, _)| address)
}

/// What is direct and what is for development, for each component.
#[derive(Debug)]
pub(super) struct Roles {
    pub(super) direct: Vec<Option<bool>>,
    pub(super) dev: Vec<bool>,
}

/// Works out the roles from edges (parent, child) and the names and origins of the components.
pub(super) fn roles(
    names: &[&str],
    in_tree: &[bool],
    edges: &[(u32, u32)],
    manifests: &[Manifest],
) -> Roles {
    let count = names.len();
    let known = in_tree.contains(&true);
    let mut direct: Vec<Option<bool>> = in_tree.iter().map(|tree| known.then_some(*tree)).collect();
    let asked = asked(manifests);
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut runtime: Vec<u32> = Vec::new();
    let mut other: Vec<u32> = Vec::new();
    for (parent, child) in edges {
        let parent = *parent as usize;
        if !in_tree.get(parent).copied().unwrap_or_default() {
            if let Some(list) = children.get_mut(parent) {
                list.push(*child);
            }
            continue;
        }
        if let Some(slot) = direct.get_mut(*child as usize) {
            *slot = Some(true);
        }
        let parent = names.get(parent).and_then(|name| asked.get(name));
        let name = names.get(*child as usize).copied().unwrap_or_default();
        match parent {
            Some(asked) if !asked.runtime.contains(name) && asked.other.contains(name) => {
                other.push(*child);
            }
            _ => runtime.push(*child),
        }
    }
    let runtime = reach(runtime, &children, in_tree);
    let other = reach(other, &children, in_tree);
    let dev = other.iter().zip(&runtime).map(|(other, runtime)| *other && !*runtime).collect();
    Roles { direct, dev }
}

/// What can be reached; packages of the tree stand on their own and are not gone through.
fn reach(mut queue: Vec<u32>, children: &[Vec<u32>], in_tree: &[bool]) -> Vec<bool> {
    let mut seen = vec![false; children.len()];
    while let Some(at) = queue.pop() {
        let at = at as usize;
        if in_tree.get(at).copied().unwrap_or_default() {
            continue;
        }
        if let Some(slot) = seen.get_mut(at)
            && !std::mem::replace(slot, true)
        {
            queue.extend(children.get(at).into_iter().flatten());
        }
    }
    seen
}

fn asked(manifests: &[Manifest]) -> BTreeMap<&str, Asked> {
    let inherited: HashMap<&str, &str> = manifests
        .iter()
        .flat_map(|manifest| &manifest.dependencies)
        .filter(|one| one.kind == Kind::Workspace)
        .map(|one| (one.key.as_str(), one.name()))
        .collect();
    let mut out: BTreeMap<&str, Asked> = BTreeMap::new();
    for manifest in manifests {
        let Some(name) = manifest.name.as_deref() else { continue };
        let asked = out.entry(name).or_default();
        for one in &manifest.dependencies {
            let real = match inherited.get(one.key.as_str()) {
                Some(real) if one.inherited => *real,
                _ => one.name(),
            };
            match one.kind {
                Kind::Normal => asked.runtime.insert(real.to_owned()),
                Kind::Dev | Kind::Build => asked.other.insert(real.to_owned()),
                Kind::Workspace => false,
            };
        }
    }
    out
}
