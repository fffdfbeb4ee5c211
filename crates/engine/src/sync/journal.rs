//! What each sync changed, beside the index: which weaknesses came, changed or went, and of which
//! packages they speak. It is written before the index that it leads to, so that a sync that ends in
//! between loses nothing: what leads to no index is never followed.
//!
//! Knows digests of indexes and how they follow each other. Must not know who has what.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_advisories::index::What;
use holdfast_advisories::{Change, Index};
use holdfast_model::{Digest, Ecosystem, Problem, Timestamp, WeaknessId};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::cannot_write;

/// The name of the journal in the data folder.
const JOURNAL: &str = "advisories.changes";
/// The longest journal that is read, in bytes.
const LONGEST: u64 = 64 << 20;
/// A sync that changed more than so many weaknesses is not listed: everything is judged anew.
const MOST_OF_ONE: usize = 20_000;
/// So many changes of weaknesses are kept altogether, the newest first.
const MOST: usize = 100_000;

/// One weakness that a sync changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Which.
    pub weakness: WeaknessId,
    /// `came`, `changed` or `gone`.
    pub what: Arc<str>,
    /// Every package of which it speaks or spoke.
    pub packages: Vec<(Ecosystem, Arc<str>)>,
}

impl From<&Change> for Changed {
    fn from(change: &Change) -> Self {
        Self {
            weakness: change.weakness.clone(),
            what: change.what.word().into(),
            packages: change.packages.clone(),
        }
    }
}

/// What one sync changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// When.
    pub at: Timestamp,
    /// The digest of the index before.
    pub before: Digest,
    /// The digest of the index since.
    pub after: Digest,
    /// How many weaknesses came, changed and went.
    pub came: u64,
    /// As above.
    pub changed: u64,
    /// As above.
    pub gone: u64,
    /// Each of them; `None` where they are too many to be listed.
    pub list: Option<Vec<Changed>>,
}

/// What syncs changed, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// The syncs.
    pub syncs: Vec<Synced>,
}

fn path(data: &Path) -> PathBuf {
    data.join(JOURNAL)
}

impl Journal {
    /// The journal of a data folder. One that is missing or damaged is empty: then nothing is known
    /// of what changed, and everything is judged anew.
    pub fn read(world: &World, data: &Path) -> Self {
        let bytes = world.files.read(Path::new("/"), &path(data), LONGEST);
        bytes.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Notes what an index changes that is about to be written.
    pub(super) fn note(
        world: &World,
        data: &Path,
        before: &Index<'_>,
        after: &Index<'_>,
        now: Timestamp,
    ) -> Result<Synced, Problem> {
        let changes = after.changes_since(before);
        let count = |what| changes.iter().filter(|change| change.what == what).count() as u64;
        let synced = Synced {
            at: now,
            before: before.digest(),
            after: after.digest(),
            came: count(What::Came),
            changed: count(What::Changed),
            gone: count(What::Gone),
            list: (changes.len() <= MOST_OF_ONE).then(|| changes.iter().map(Into::into).collect()),
        };
        if before.digest() != after.digest() {
            let mut journal = Self::read(world, data);
            journal.push(synced.clone());
            let text = serde_json::to_vec(&journal)
                .map_err(|error| cannot_write(data, &error.to_string()))?;
            world
                .files
                .write_atomic(Path::new("/"), &path(data), &text)
                .map_err(|error| cannot_write(data, &error.to_string()))?;
        }
        Ok(synced)
    }

    fn push(&mut self, synced: Synced) {
        self.syncs.push(synced);
        let mut room = MOST;
        let kept = self.syncs.iter().rev().take_while(|one| {
            let length = one.list.as_ref().map_or(1, Vec::len).max(1);
            let fits = length <= room;
            room = room.saturating_sub(length);
            fits
        });
        let left_out = self.syncs.len() - kept.count();
        self.syncs.drain(..left_out);
    }

    /// The syncs that lead from one index to another, the oldest first; `None` where nobody knows
    /// the way.
    pub fn way(&self, from: Digest, to: Digest) -> Option<Vec<&Synced>> {
        let (mut way, mut wanted) = (Vec::new(), to);
        let mut rest = self.syncs.iter().rev();
        while wanted != from {
            let step = rest.find(|synced| synced.after == wanted)?;
            wanted = step.before;
            way.push(step);
        }
        way.reverse();
        Some(way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn synced(before: u8, after: u8, changes: usize) -> Synced {
        let one = |at: usize| Changed {
            weakness: WeaknessId(format!("CVE-2026-{at}").into()),
            what: "came".into(),
            packages: Vec::new(),
        };
        Synced {
            at: Timestamp(i64::from(after)),
            before: Digest([before; 32]),
            after: Digest([after; 32]),
            came: changes as u64,
            changed: 0,
            gone: 0,
            list: Some((0..changes).map(one).collect()),
        }
    }

    fn way(journal: &Journal, from: u8, to: u8) -> Option<Vec<u8>> {
        let way = journal.way(Digest([from; 32]), Digest([to; 32]))?;
        Some(way.iter().map(|synced| synced.after.0[0]).collect())
    }

    #[test]
    fn a_way_is_found_past_syncs_that_ended_early_and_back_again() {
        // 2 was noted and its index never written; 3 was, and 1 came back after it.
        let syncs = vec![synced(0, 1, 1), synced(1, 2, 1), synced(1, 3, 1), synced(3, 1, 1)];
        let journal = Journal { syncs };
        assert_eq!(way(&journal, 0, 1), Some(vec![1, 3, 1]));
        assert_eq!(way(&journal, 1, 3), Some(vec![3]));
        assert_eq!(way(&journal, 1, 1), Some(vec![]));
        assert_eq!(way(&journal, 9, 1), None);
        assert_eq!(way(&journal, 0, 9), None);
    }

    #[test]
    fn the_oldest_syncs_go_first() {
        let mut journal = Journal::default();
        for at in 0..7 {
            journal.push(synced(at, at + 1, MOST_OF_ONE));
        }
        assert_eq!(journal.syncs.len(), MOST / MOST_OF_ONE);
        assert_eq!(journal.syncs.last().map(|synced| synced.after), Some(Digest([7; 32])));
        journal.push(synced(7, 8, 0));
        assert_eq!(journal.syncs.len(), MOST / MOST_OF_ONE, "an empty one takes room too");
    }
}
