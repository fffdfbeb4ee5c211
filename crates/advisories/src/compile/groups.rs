//! Alias groups: which records speak of the same weakness.
//!
//! A group is a connected component over `aliases` and `upstream`; `related` is never identity.
//! Withdrawn records belong to groups as well, so that an open finding keeps its key while its
//! advisory is withdrawn.

use std::cmp::Reverse;
use std::collections::HashSet;

use holdfast_model::WeaknessId;

use super::intern::{Str, index};
use super::{Compiler, Kept, Origin};

/// One weakness.
pub(super) struct Group {
    pub(super) id: Str,
    /// Every name, sorted by text, the id among them.
    pub(super) names: Vec<Str>,
    /// The records that count, indices into `Compiler::records`, by origin (feeds first) and id.
    pub(super) records: Vec<usize>,
}

/// All weaknesses, by the text of their id.
pub(super) struct Groups {
    pub(super) all: Vec<Group>,
    /// Of every (feed, id), the record that counts in its feed, sorted by feed and id.
    pub(super) in_feeds: Vec<usize>,
    /// Every name with its group, sorted by text.
    pub(super) names: Vec<(Str, usize)>,
}

pub(super) fn of(compiler: &Compiler) -> Groups {
    let text = |name: Str| compiler.strings.get(name);
    let record = |at: &usize| compiler.records.get(*at);
    // Later modified first; the hash makes ties independent of the order of adding.
    let rank = |r: &Kept| (Reverse(r.origin), Reverse(r.modified), Reverse(r.hash));
    let mut in_feeds: Vec<usize> = (0..compiler.records.len()).collect();
    sort(&mut in_feeds, |at| record(at).map(|r| (text(r.feed), text(r.id), rank(r))));
    in_feeds.dedup_by_key(|at| record(at).map(|r| (r.feed, r.id)));
    let mut winners = in_feeds.clone();
    sort(&mut winners, |at| record(at).map(|r| (text(r.id), rank(r), text(r.feed))));
    winners.dedup_by_key(|at| record(at).map(|r| r.id));

    let mut union = Union::new(compiler.strings.count());
    for kept in winners.iter().filter_map(record) {
        for name in &kept.names {
            union.join(kept.id, *name);
        }
    }
    let mut members: Vec<(u32, usize)> =
        winners.iter().filter_map(|at| Some((union.root(record(at)?.id), *at))).collect();
    members.sort_unstable();
    let mut groups: Vec<Group> = members
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|members| {
            let mut records: Vec<usize> = members.iter().map(|(_, at)| *at).collect();
            let of_records = records.iter().filter_map(record);
            let mut names: Vec<Str> =
                of_records.flat_map(|kept| kept.names.iter().chain([&kept.id])).copied().collect();
            names.sort_by_key(|name| text(*name));
            names.dedup();
            let id = WeaknessId::of_group(names.iter().map(|name| text(*name)))?;
            let id = names.iter().copied().find(|name| text(*name) == &*id.0)?;
            records.sort_by_key(|at| record(at).map(|r| (Reverse(r.origin), text(r.id))));
            Some(Group { id, names, records })
        })
        .collect();
    groups.sort_by_cached_key(|group| text(group.id));
    let mut names: Vec<(&str, Str, usize)> = groups
        .iter()
        .enumerate()
        .flat_map(|(at, group)| group.names.iter().map(move |name| (text(*name), *name, at)))
        .collect();
    names.sort_unstable();
    let names = names.into_iter().map(|(_, name, at)| (name, at)).collect();
    Groups { all: groups, in_feeds, names }
}

/// Sorts by keys that are made once. Stable sorting makes use of runs that are in order already, as
/// the records of an export are, and then those of each feed.
fn sort<K: Ord>(list: &mut [usize], key: impl Fn(&usize) -> K) {
    let mut keyed: Vec<(K, usize)> = list.iter().map(|at| (key(at), *at)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (slot, (_, at)) in list.iter_mut().zip(keyed) {
        *slot = at;
    }
}

impl Group {
    pub(super) fn kept<'c>(&self, compiler: &'c Compiler) -> impl Iterator<Item = &'c Kept> {
        self.records.iter().filter_map(|at| compiler.records.get(*at))
    }

    /// The packages of which a feed speaks in this group, withdrawn records included: there the
    /// starter set has nothing to add.
    pub(super) fn feed_packages(&self, compiler: &Compiler) -> HashSet<u32> {
        // Most groups hold nothing of the starter set, and then nobody asks.
        if self.kept(compiler).all(|kept| kept.origin == Origin::Feed) {
            return HashSet::new();
        }
        let of_feeds = self.kept(compiler).filter(|kept| kept.origin == Origin::Feed);
        of_feeds.flat_map(|kept| kept.entries.iter().map(|entry| entry.package)).collect()
    }
}

/// Disjoint sets with path halving.
struct Union {
    parent: Vec<u32>,
}

impl Union {
    fn new(count: usize) -> Self {
        Self { parent: (0..u32::try_from(count).unwrap_or(u32::MAX)).collect() }
    }

    fn parent(&self, of: u32) -> u32 {
        self.parent.get(index(of)).copied().unwrap_or(of)
    }

    fn root(&mut self, mut of: u32) -> u32 {
        loop {
            let above = self.parent(of);
            if above == of {
                return of;
            }
            let higher = self.parent(above);
            if let Some(slot) = self.parent.get_mut(index(of)) {
                *slot = higher;
            }
            of = higher;
        }
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.parent.get_mut(index(a.max(b))) {
            *slot = a.min(b);
        }
    }
}
