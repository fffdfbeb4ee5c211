//! The index: one immutable file, read where it lies.
//!
//! Opening it looks at the header only, so that a process that maps the file pays for what it
//! asks. Nothing in the file is trusted: each reference is checked when it is followed, and a
//! file that is damaged says so ([`Judged::Damaged`]) instead of looking clean.

mod ask;
mod changes;
pub(crate) mod form;
pub(crate) mod format;
mod judge;
pub(crate) mod rows;
#[cfg(test)]
pub(crate) mod tests;
mod weakness;

use std::collections::HashMap;

use holdfast_model::{Digest, Ecosystem, Fields, Problem, Timestamp};

use crate::distribution::{canonical, repositories};
use format::{HEADER, IN_DIGEST, MAGIC, SECTIONS, Section, WORDS};

pub use ask::{Asked, Question, Said, Why, spoken_of};
pub use changes::{Change, What};
pub use judge::{Hit, Judged, Scratch};
pub use weakness::{
    AffectedPackage, EntryRef, Likelihood, Note, Unjudged, WeaknessRef, WeaknessRow,
};

/// A feed in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Its name, the folder of the export.
    pub name: String,
    /// The ecosystem that the name stands for.
    pub ecosystem: Ecosystem,
    /// How many records.
    pub records: u64,
    /// Of its records; independent of their order.
    pub digest: Digest,
    /// The newest time of modification.
    pub newest_modified: Timestamp,
    /// When all of its sources were last had as they are; `None` where nobody noted it.
    pub asked: Option<Timestamp>,
}

/// Clocks of publishers may be this much ahead of ours, in milliseconds.
const AHEAD: i64 = 86_400_000;

/// Whether a time is yet to come for somebody whose clock says `now`: whoever wrote it had a clock
/// that was wrong.
pub fn is_early(time: Timestamp, now: Timestamp) -> bool {
    time.0 > now.0.saturating_add(AHEAD)
}

impl Feed {
    /// As of when it is known: a feed in which nothing changes is not old by that, and a time that is
    /// yet to come keeps none fresh.
    pub fn as_of(&self, now: Timestamp) -> Timestamp {
        let times = self.asked.into_iter().chain([self.newest_modified]);
        times.filter(|time| !is_early(*time, now)).max().unwrap_or(Timestamp(i64::MIN))
    }
}

/// An open index. Copying it copies a reference.
#[derive(Debug, Clone, Copy)]
pub struct Index<'a> {
    bytes: &'a [u8],
    sections: [&'a [u8]; SECTIONS],
    built: Timestamp,
    digest: Digest,
}

impl<'a> Index<'a> {
    /// Opens an index. Reads the header only. An `Err` has the code `index-unreadable` or
    /// `index-version`.
    pub fn open(bytes: &'a [u8]) -> Result<Self, Problem> {
        let damaged = || {
            Problem::new("index-unreadable", "the advisory index is damaged")
                .help("make it again: `holdfast advisories sync`")
        };
        let header = bytes.get(..HEADER).ok_or_else(damaged)?;
        if !header.starts_with(&MAGIC) {
            return Err(damaged());
        }
        let word = |at: usize| rows::word(header, at).ok_or_else(damaged);
        if word(8)? != form::MARK || word(12)? != u32::try_from(SECTIONS).unwrap_or_default() {
            return Err(Problem::new("index-version", "the advisory index is of another version")
                .help("make it again: `holdfast advisories sync`"));
        }
        let built = header.get(16..24).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?;
        let digest = header.get(24..56).and_then(<[u8]>::first_chunk).ok_or_else(damaged)?;
        let mut sections: [&[u8]; SECTIONS] = [&[]; SECTIONS];
        for (at, (section, words)) in sections.iter_mut().zip(WORDS).enumerate() {
            let offset = rows::size(word(56 + at * 8)?);
            let length = rows::size(word(60 + at * 8)?);
            let end = offset.checked_add(length).ok_or_else(damaged)?;
            *section = bytes.get(offset..end).ok_or_else(damaged)?;
            if words != 0 && !length.is_multiple_of(words * 4) {
                return Err(damaged());
            }
        }
        let built = Timestamp(i64::from_le_bytes(*built));
        Ok(Self { bytes, sections, built, digest: Digest(*digest) })
    }

    /// Compares the content with its digest: reads the whole file, for `doctor` and after syncs.
    pub fn verify(&self) -> Result<(), Problem> {
        let mut fields = Fields::new("holdfast advisories 1");
        for section in self.sections.iter().take(IN_DIGEST) {
            fields.add(section);
        }
        if fields.finish() == self.digest {
            return Ok(());
        }
        Err(Problem::new("index-unreadable", "the advisory index differs from its digest")
            .help("make it again: `holdfast advisories sync`"))
    }

    /// When it was compiled.
    pub fn built(&self) -> Timestamp {
        self.built
    }

    /// The digest of its content; equal feeds have equal digests, whenever they were compiled.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The size of the file in bytes.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The parts of the file, in their order.
    pub(crate) fn sections(&self) -> [&'a [u8]; SECTIONS] {
        self.sections
    }

    /// How many known problems it holds, withdrawn ones included.
    pub fn weaknesses(&self) -> usize {
        self.count(Section::Weaknesses)
    }

    /// The feeds, by name. The starter set is none.
    pub fn feeds(&self) -> Vec<Feed> {
        (0..).map_while(|row| self.feed(row)).collect()
    }

    /// The feed that covers an ecosystem: the one of exactly that name, if it has records; for a
    /// release also the feed of the whole family, if it speaks of that release. A release that
    /// nobody speaks of is *not assessed*; the starter set never counts.
    pub fn covers(&self, ecosystem: &Ecosystem) -> Option<Feed> {
        let name = canonical(ecosystem.as_str());
        let own =
            (0..).map_while(|row| self.feed(row)).find(|feed| feed.ecosystem.as_str() == name);
        own.filter(|feed| feed.records > 0).or_else(|| {
            (0..)
                .map_while(|row| self.coverage(row))
                .filter(|(covered, _)| *covered == name)
                .filter_map(|(_, feed)| self.feed(feed))
                .find(|feed| feed.ecosystem.as_str() == ecosystem.family())
        })
    }

    /// The repository of a release of which no feed is here, where those that cover the release are each
    /// of one repository, as in Alpine's secdb. What is installed may be of that one.
    pub fn lacks(&self, ecosystem: &Ecosystem) -> Option<&'static str> {
        let name = canonical(ecosystem.as_str());
        let wanted = repositories(&name);
        if wanted.is_empty() {
            return None;
        }
        let of_family = (0..)
            .map_while(|row| self.coverage(row))
            .filter(|(covered, _)| *covered == name)
            .filter_map(|(_, feed)| self.feed(feed))
            .any(|feed| feed.ecosystem.as_str() == ecosystem.family());
        let mut feeds = self.feeds();
        feeds.retain(|feed| feed.records > 0 && feed.ecosystem.as_str() == name);
        if of_family || feeds.is_empty() {
            return None;
        }
        // A feed without the name of a repository is of all of them.
        let has = |repository: &str| {
            let own =
                |feed: &Feed| feed.name.split_once(' ').is_none_or(|(_, own)| own == repository);
            feeds.iter().any(own)
        };
        wanted.iter().copied().find(|&repository| !has(repository))
    }

    /// How many records of a feed are new, changed or gone, compared with another index; all of
    /// them if the other one does not have the feed.
    pub fn changed_since(&self, before: &Index<'_>, feed: &str) -> u64 {
        let (new, old) = (self.feed_named(feed), before.feed_named(feed));
        if let (Some((_, new)), Some((_, old))) = (&new, &old)
            && new.digest == old.digest
        {
            // It is of the names and the content of all records.
            return 0;
        }
        let old = old.into_iter().flat_map(|(row, _)| before.records_of(row));
        let mut known: HashMap<&str, u64> = old.collect();
        let new = new.into_iter().flat_map(|(row, _)| self.records_of(row));
        let differing = new.filter(|(id, hash)| known.remove(*id) != Some(*hash)).count();
        u64::try_from(differing + known.len()).unwrap_or(u64::MAX)
    }

    /// A feed and its row.
    fn feed_named(&self, name: &str) -> Option<(u32, Feed)> {
        let mut feeds = (0..).map_while(|row| Some((row, self.feed(row)?)));
        feeds.find(|(_, feed)| feed.name == name)
    }
}
