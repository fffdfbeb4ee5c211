//! Events: what a batch of them brings, and asking for them by time.
//!
//! Entries, what a room remembers between two batches, messages to be sent and the raw records are
//! written in one transaction, so that a batch happened whole or not at all. This module must not
//! know what a rule or a state means.

use std::collections::BTreeMap;

use holdfast_model::{Digest, Event, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::case::with_evidence;
use crate::entry::{Entry, EntryKind};
use crate::error::StoreError;
use crate::fold::event::{EventsSaid, ObjectiveHead};
use crate::ledger::{Committed, Random, append_in, last_checkpoint};
use crate::segment::Segment;
use crate::store::has_events;
use crate::tell::{self, Tell, TellPut};
use crate::tx::Tx;
use crate::{Store, sql};

/// A greater segment is refused, in bytes before compression.
const GREATEST_SEGMENT: usize = 64 * 1024 * 1024;
/// A longer name of a state or a kind is refused, in bytes.
const LONGEST_NAME: usize = 200;
/// A greater state is refused, in bytes.
const GREATEST_STATE: usize = 64 * 1024 * 1024;

/// An event with the record that it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// What happened.
    pub event: Event,
    /// As it was written.
    pub raw: String,
}

/// Records ready to be kept. Its digest is known before it is written, so that a case of the same
/// commit can cite it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSegment {
    kind: String,
    from: Timestamp,
    to: Timestamp,
    records: i64,
    segment: Segment,
}

impl EventSegment {
    /// Packs records of one kind of log, in the order given.
    ///
    /// # Errors
    ///
    /// `Refused` without a record, or beyond 64 MiB: divide them.
    pub fn new(kind: &str, records: &[EventRecord]) -> Result<Self, StoreError> {
        let times = records.iter().map(|record| record.event.at);
        let (Some(from), Some(to)) = (times.clone().min(), times.max()) else {
            return Err(StoreError::refused("a segment holds at least one event"));
        };
        if kind.is_empty() || kind.len() > LONGEST_NAME {
            return Err(StoreError::refused("the kind of a segment has 1 to 200 bytes"));
        }
        let segment = Segment::of_lines(records)?;
        if segment.len() > GREATEST_SEGMENT {
            return Err(StoreError::refused("a segment of events is not greater than 64 MiB"));
        }
        let count = i64::try_from(records.len()).unwrap_or(i64::MAX);
        Ok(Self { kind: kind.to_owned(), from, to, records: count, segment })
    }

    /// What to cite it by.
    pub fn digest(&self) -> Digest {
        self.segment.digest
    }
}

/// What a room that goes step by step remembers between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct StepState {
    /// Whose it is.
    pub name: String,
    /// The version of its form; whoever reads another one begins anew.
    pub version: u32,
    /// The state, with the offset of the input that it was made of.
    pub json: Value,
}

/// What a batch of events brings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventCommit {
    /// Cases ([`CaseSaid::entry`](crate::CaseSaid::entry)), decisions, verdicts on goals; other
    /// kinds are refused.
    pub entries: Vec<Entry>,
    /// What is remembered.
    pub state: Option<StepState>,
    /// Records to keep; those that are kept already write nothing.
    pub segments: Vec<EventSegment>,
    /// Messages to send.
    pub tells: Vec<Tell>,
}

/// What a batch wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsCommitted {
    /// All entries: those given, those of new segments, the requests of new messages.
    pub committed: Committed,
    /// The messages, in the order given.
    pub tells: Vec<TellPut>,
}

/// Events of some time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventsFound {
    /// By time, the oldest first; one that was kept twice once.
    pub records: Vec<EventRecord>,
    /// There were more; these are the newest.
    pub more: bool,
    /// How many records may be missing: their segments are no longer kept.
    pub not_kept: u64,
}

impl Store {
    /// Writes a batch: entries, state, segments and messages, all or nothing.
    ///
    /// # Errors
    ///
    /// `Refused` for entries of other kinds than [`EventCommit::entries`] names, payloads that are
    /// not of their kind, and states that are too great.
    pub async fn commit_events(
        &self,
        commit: EventCommit,
        noted: Timestamp,
        random: Random<'_>,
    ) -> Result<EventsCommitted, StoreError> {
        let EventCommit { entries, state, segments, tells } = commit;
        let signer = self.signer()?;
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::write(&mut conn, &self.context).await?;
        let mut wanted = Vec::with_capacity(entries.len() + segments.len());
        keep(&mut tx, segments, noted, &mut wanted).await?;
        let mut cases = Vec::new();
        for entry in entries {
            match entry.kind {
                EntryKind::Case => {
                    let (entry, said) = with_evidence(&mut tx, entry, &cases).await?;
                    cases.push(said);
                    wanted.push(entry);
                }
                EntryKind::Objective => {
                    ObjectiveHead::deserialize(&entry.payload).map_err(|error| {
                        StoreError::refused(format!("the payload is no verdict: {error}"))
                    })?;
                    wanted.push(entry);
                }
                EntryKind::Decision => wanted.push(entry),
                other => {
                    let message = format!("`{}` does not come with events", other.word());
                    return Err(StoreError::refused(message));
                }
            }
        }
        let first = wanted.len();
        let tells = tell::requests(&mut tx, tells, &mut wanted).await?;
        let committed = if wanted.is_empty() {
            let Some(checkpoint) = last_checkpoint(&mut tx).await? else {
                return Err(tx.corrupt("the last checkpoint is missing"));
            };
            Committed { seqs: checkpoint.size..checkpoint.size, checkpoint }
        } else {
            append_in(&mut tx, signer, &wanted, noted, random).await?
        };
        let from = committed.seqs.start.saturating_add(first as u64);
        let tells = tell::queue(&mut tx, tells, from).await?;
        if let Some(state) = state {
            remember(&mut tx, state, noted).await?;
        }
        tx.commit().await?;
        Ok(EventsCommitted { committed, tells })
    }

    /// What a room remembered last.
    pub async fn state(&self, name: &str) -> Result<Option<StepState>, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        if !has_events(&mut tx).await? {
            return Ok(None);
        }
        let owned = name.to_owned();
        let Some(row) = tx.row(&sql::STATE_GET, |q| q.bind(owned)).await? else { return Ok(None) };
        let json = serde_json::from_str(&row.text("document")?)
            .map_err(|error| tx.corrupt(format!("the state `{name}` cannot be read: {error}")))?;
        let version = u32::try_from(row.int("version")?)
            .map_err(|_| tx.corrupt(format!("the state `{name}` has no version")))?;
        Ok(Some(StepState { name: name.to_owned(), version, json }))
    }

    /// Events that happened from one time on and before another; at most `most`, the newest.
    ///
    /// One segment at a time is unpacked.
    pub async fn events_between(
        &self,
        from: Timestamp,
        to: Timestamp,
        most: usize,
    ) -> Result<EventsFound, StoreError> {
        let mut conn = self.conn.lock().await;
        let mut tx = Tx::read(&mut conn, &self.context).await?;
        let mut found = EventsFound::default();
        if !has_events(&mut tx).await? {
            return Ok(found);
        }
        let mut kept = BTreeMap::new();
        let mut below = i64::MAX;
        loop {
            let row =
                tx.row(&sql::EVENT_SEGMENT_BETWEEN, |q| q.bind(from.0).bind(to.0).bind(below));
            let Some(row) = row.await? else { break };
            below = row.int("seq")?;
            let Some(bytes) = row.maybe_bytes("bytes")? else {
                found.not_kept = found.not_kept.saturating_add(row.count("records")?);
                continue;
            };
            let segment = Segment::unpack(row.digest("digest")?, &bytes)
                .and_then(|segment| segment.lines::<EventRecord>())
                .map_err(|what| tx.corrupt(format!("the events of entry {below}: {what}")))?;
            for record in segment {
                let event = &record.event;
                if event.at < from || event.at >= to {
                    continue;
                }
                kept.insert((event.at, event.log.clone(), event.id.clone()), record);
                if kept.len() > most {
                    found.more = true;
                    kept.pop_first();
                }
            }
        }
        found.records = kept.into_values().collect();
        Ok(found)
    }
}

/// Writes segments that are not kept yet, and asks for an entry about each.
async fn keep(
    tx: &mut Tx<'_>,
    segments: Vec<EventSegment>,
    noted: Timestamp,
    wanted: &mut Vec<Entry>,
) -> Result<(), StoreError> {
    let mut new = std::collections::BTreeSet::new();
    for EventSegment { kind, from, to, records, segment } in segments {
        let digest = segment.digest;
        let bound = digest.0.to_vec();
        let known = tx.row(&sql::EVENT_SEGMENT_FIND, |q| q.bind(bound)).await?.is_some();
        let (bound, bytes) = (digest.0.to_vec(), segment.compressed());
        tx.run(&sql::SEGMENT_PUT, |q| q.bind(bound).bind(noted.0).bind(bytes)).await?;
        if known || !new.insert(digest) {
            continue;
        }
        wanted.push(Entry {
            kind: EntryKind::Events,
            happened: to,
            who: "holdfast".to_owned(),
            why: "events were read".to_owned(),
            payload: json!(EventsSaid { kind, digest, from, to, records }),
        });
    }
    Ok(())
}

async fn remember(tx: &mut Tx<'_>, state: StepState, at: Timestamp) -> Result<(), StoreError> {
    let StepState { name, version, json } = state;
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(StoreError::refused("the name of a state has 1 to 200 bytes"));
    }
    let document = json.to_string();
    if document.len() > GREATEST_STATE {
        return Err(StoreError::refused("a state is not greater than 64 MiB"));
    }
    tx.run(&sql::STATE_PUT, |q| q.bind(name).bind(i64::from(version)).bind(at.0).bind(document))
        .await?;
    Ok(())
}
