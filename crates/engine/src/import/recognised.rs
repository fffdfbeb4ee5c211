//! Reports that were read before, recognised by their bytes: what each says of whom, without its
//! findings, so that a report that is brought again is hashed and not read.
//!
//! Knows what a report says of assets; whether that is news, the record tells as it does for any
//! report. What is kept here is nobody's evidence: without it the report is read again.

use std::collections::HashSet;

use holdfast_model::{Digest, Timestamp};
use holdfast_sense::report::report_readers;
use holdfast_store::{EventCommit, StepState, Store};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::read::{self, Read, Subject};
use crate::failure::Failure;
use crate::record;

/// Under which name the record keeps them.
const STATE: &str = "import";
/// The form in which it does; goes up where readers read more of a report than before.
const VERSION: u32 = 3;
/// So many reports are recognised, the last ones.
const MOST: usize = 8;
/// Of so many assets together, about 400 bytes each.
const MOST_SUBJECTS: usize = 10_000;

/// What a report says, apart from its findings.
#[derive(Clone, Serialize, Deserialize)]
struct Seen {
    size: u64,
    digest: Digest,
    format: String,
    findings: u64,
    grouped: u64,
    subjects: Vec<Subject>,
}

/// The reports that were read last.
#[derive(Default)]
pub(super) struct Recognised {
    /// The newest last.
    seen: Vec<Seen>,
    changed: bool,
}

impl Recognised {
    /// What the record keeps of them.
    pub(super) async fn of(store: Option<&Store>) -> Result<Self, Failure> {
        let Some(store) = store else { return Ok(Self::default()) };
        let state = store.state(STATE).await.map_err(|error| record::ours(&error))?;
        let state = state.filter(|state| state.version == VERSION);
        let seen = state.and_then(|state| serde_json::from_value(state.json).ok());
        Ok(Self { seen: seen.unwrap_or_default(), changed: false })
    }

    /// A report that was read before, without its findings. Only one of the size of such a report
    /// is hashed.
    pub(super) fn find(&self, world: &World, path: &str) -> Option<Read> {
        let size = read::size(world, path)?;
        if !self.seen.iter().any(|seen| seen.size == size) {
            return None;
        }
        let (digest, written) = read::digest(world, path)?;
        let seen = self.seen.iter().find(|seen| (seen.size, seen.digest) == (size, digest))?;
        Some(seen.read(path, written))
    }

    /// Remembers a report that was read. Only reports of hosts are worth it, which are the long
    /// ones; and only of those that have no problem, hold no tests and dismiss nothing it is enough
    /// to know whom they speak of.
    pub(super) fn add(&mut self, world: &World, read: &Read) {
        let plain = |subject: &Subject| {
            let artifact = &subject.named.artifact;
            let dismissed = subject.items.iter().any(|item| !item.dismissed.is_empty());
            subject.host && !subject.tests && artifact.is_empty() && !dismissed
        };
        let (Some(format), Some(size)) = (read.format, read::size(world, &read.path)) else {
            return;
        };
        if !read.problems.is_empty() || !read.subjects.iter().all(plain) {
            return;
        }
        let bare = |subject: &Subject| Subject {
            called: subject.called.clone(),
            scanner: subject.scanner.clone(),
            at: subject.at,
            host: subject.host,
            named: subject.named.clone(),
            covered: subject.covered.clone(),
            findings: subject.findings,
            said: subject.said,
            tests: subject.tests,
            items: Vec::new(),
        };
        self.seen.retain(|seen| seen.digest != read.digest);
        self.seen.push(Seen {
            size,
            digest: read.digest,
            format: format.to_owned(),
            findings: read.findings,
            grouped: read.grouped,
            subjects: read.subjects.iter().map(bare).collect(),
        });
        self.changed = true;
        let subjects = |seen: &[Seen]| seen.iter().map(|one| one.subjects.len()).sum::<usize>();
        while self.seen.len() > MOST || subjects(&self.seen) > MOST_SUBJECTS {
            self.seen.remove(0);
        }
    }

    /// Puts them into the record, where something was added.
    pub(super) async fn keep(self, world: &World, store: &Store) -> Result<(), Failure> {
        if !self.changed {
            return Ok(());
        }
        let Ok(json) = serde_json::to_value(&self.seen) else { return Ok(()) };
        let state = StepState { name: STATE.to_owned(), version: VERSION, json };
        let commit = EventCommit { state: Some(state), ..EventCommit::default() };
        let mut random = record::random(world)?;
        let kept = store.commit_events(commit, world.clock.now(), &mut random).await;
        kept.map(|_| ()).map_err(|error| record::ours(&error))
    }
}

impl Seen {
    fn read(&self, path: &str, written: Option<Timestamp>) -> Read {
        let mut ids = report_readers().iter().map(|reader| reader.about().id);
        Read {
            path: path.into(),
            format: ids.find(|id| *id == self.format),
            digest: self.digest,
            written,
            findings: self.findings,
            grouped: self.grouped,
            subjects: self.subjects.clone(),
            shared: HashSet::new(),
            problems: Vec::new(),
        }
    }
}
