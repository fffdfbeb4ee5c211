//! What entries about announcements, cases, events, messages, goals and hosts mean for the
//! projections.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::{Digest, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Said;
use crate::announcement::Approves;
use crate::canonical;
use crate::case::CaseSaid;
use crate::codes;
use crate::entry::EntryKind;
use crate::hosts::HostSaid;
use crate::rows::event::{
    AnnouncementRow, CaseRow, EventSegmentRow, HostRow, ObjectiveRow, TellRow,
};
use crate::segment::document;

/// What one entry does to these projections.
#[derive(Debug)]
pub(crate) enum EventChange {
    Announcement(AnnouncementRow),
    Case(Box<CaseRow>),
    Segment(EventSegmentRow),
    Tell(Box<TellRow>),
    Step(TellStep),
    Objective(ObjectiveRow),
    Host(HostRow),
}

/// A step of telling something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TellStep {
    /// The entry of the request.
    pub(crate) tell: i64,
    /// The entry of the step.
    pub(crate) seq: i64,
    pub(crate) state: i64,
    pub(crate) unsure: bool,
    pub(crate) at: i64,
    pub(crate) receipt: Option<String>,
}

/// The payload of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TellSaid {
    pub(crate) once: String,
    pub(crate) kind: String,
    pub(crate) account: String,
    pub(crate) subject: String,
    pub(crate) body: Digest,
}

/// The payload before an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TellStarted {
    pub(crate) tell: i64,
    pub(crate) attempt: i64,
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToldResult {
    Sent,
    Failed,
    Dead,
}

/// The payload after an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToldSaid {
    pub(crate) tell: i64,
    pub(crate) attempt: i64,
    pub(crate) result: ToldResult,
    pub(crate) unsure: bool,
    pub(crate) receipt: Option<Value>,
}

/// The payload of an entry about kept events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EventsSaid {
    pub(crate) kind: String,
    pub(crate) digest: Digest,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) records: i64,
}

/// The payload of an entry about deleted segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RetentionSaid {
    pub(crate) before: Timestamp,
    pub(crate) segments: u64,
}

/// The payload of a verdict, as far as the store reads it.
#[derive(Deserialize)]
pub(crate) struct ObjectiveHead {
    pub(crate) name: String,
    pub(crate) verdict: String,
}

/// The same value as the same text, whatever the order of its keys.
pub(crate) fn text(value: &Value) -> Result<String, String> {
    canonical::bytes(value)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| "the payload is nested too deeply".to_owned())
}

fn read<'v, T: Deserialize<'v>>(body: &'v Value) -> Result<T, String> {
    T::deserialize(body).map_err(|error| format!("the payload cannot be read: {error}"))
}

/// What an entry means; `None` where it is of none of these kinds.
pub(crate) fn change(said: &Said, body: &Value) -> Result<Option<EventChange>, String> {
    Ok(Some(match said.kind {
        EntryKind::Announcement => EventChange::Announcement(announcement(said, body)?),
        EntryKind::Case => EventChange::Case(Box::new(case(said.seq, &read(body)?)?)),
        EntryKind::Events => {
            let EventsSaid { kind, digest, from, to, records } = read(body)?;
            let (from_at, to_at, digest) = (from.0, to.0, digest.into());
            let seq = said.seq;
            EventChange::Segment(EventSegmentRow { seq, kind, from_at, to_at, records, digest })
        }
        EntryKind::Tell => EventChange::Tell(Box::new(tell(said, read(body)?))),
        EntryKind::Told => EventChange::Step(told(said, &read(body)?)?),
        EntryKind::Started if body.get("tell").is_some() => EventChange::Step(TellStep {
            tell: read::<TellStarted>(body)?.tell,
            seq: said.seq,
            state: codes::TELL_STARTED,
            unsure: false,
            at: said.happened.0,
            receipt: None,
        }),
        EntryKind::Objective => {
            let ObjectiveHead { name, verdict } = read(body)?;
            let (seq, at, document) = (said.seq, said.happened.0, text(body)?);
            EventChange::Objective(ObjectiveRow { seq, name, verdict, at, document })
        }
        EntryKind::Host => {
            let (address, removed) = match read::<HostSaid>(body)? {
                HostSaid::Removed { removes } => (removes, 1),
                HostSaid::Managed(host) => (host.address.to_string(), 0),
            };
            let (seq, at, document) = (said.seq, said.happened.0, text(body)?);
            EventChange::Host(HostRow { seq, address, removed, at, document })
        }
        _ => return Ok(None),
    }))
}

fn announcement(said: &Said, body: &Value) -> Result<AnnouncementRow, String> {
    let of = if body.get("approves").is_some() {
        let approves: Approves = read(body)?;
        let of = approves.approves.parse::<i64>();
        Some(of.map_err(|_| format!("`{}` is no announcement", approves.approves))?)
    } else {
        crate::announcement::read(body, said.seq, said.noted)?;
        None
    };
    Ok(AnnouncementRow { seq: said.seq, of, noted: said.noted.0, document: text(body)? })
}

fn case(seq: i64, said: &CaseSaid) -> Result<CaseRow, String> {
    let case = &said.case;
    let replaces: BTreeSet<String> = said.replaces.iter().map(ToString::to_string).collect();
    Ok(CaseRow {
        seq,
        id: case.id.to_string(),
        first_at: case.first.0,
        last_at: case.last.0,
        severity: codes::severity(case.severity),
        owner: case.owner.clone(),
        answer: case.answer.map(codes::answer),
        replaces: replaces.into_iter().collect(),
        document: document(said).map_err(|error| error.to_string())?,
    })
}

fn tell(said: &Said, request: TellSaid) -> TellRow {
    TellRow {
        seq: said.seq,
        last: said.seq,
        once: request.once,
        kind: request.kind,
        account: request.account,
        subject: request.subject,
        body: request.body.into(),
        state: codes::TELL_WAITING,
        unsure: 0,
        attempts: 0,
        at: said.happened.0,
        receipt: None,
    }
}

fn told(said: &Said, told: &ToldSaid) -> Result<TellStep, String> {
    Ok(TellStep {
        tell: told.tell,
        seq: said.seq,
        state: match told.result {
            ToldResult::Sent => codes::TELL_SENT,
            ToldResult::Failed => codes::TELL_FAILED,
            ToldResult::Dead => codes::TELL_DEAD,
        },
        unsure: told.unsure,
        at: said.happened.0,
        receipt: told.receipt.as_ref().map(text).transpose()?,
    })
}

/// These projections in memory.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct EventProjections {
    pub(crate) announcements: BTreeMap<i64, AnnouncementRow>,
    pub(crate) cases: BTreeMap<i64, CaseRow>,
    pub(crate) segments: BTreeMap<i64, EventSegmentRow>,
    pub(crate) tells: BTreeMap<i64, TellRow>,
    pub(crate) objectives: BTreeMap<i64, ObjectiveRow>,
    pub(crate) hosts: BTreeMap<i64, HostRow>,
}

impl EventProjections {
    /// What SQL does to the tables, this does to maps.
    pub(super) fn apply(&mut self, change: EventChange) {
        match change {
            EventChange::Announcement(row) => {
                self.announcements.insert(row.seq, row);
            }
            EventChange::Case(row) => {
                self.cases.insert(row.seq, *row);
            }
            EventChange::Segment(row) => {
                self.segments.insert(row.seq, row);
            }
            EventChange::Tell(row) => {
                self.tells.insert(row.seq, *row);
            }
            EventChange::Step(step) => {
                let Some(row) = self.tells.get_mut(&step.tell) else { return };
                let again = step.state == codes::TELL_STARTED;
                if again {
                    row.attempts += 1;
                }
                if step.unsure || again && row.state == codes::TELL_STARTED {
                    row.unsure = 1;
                }
                row.last = step.seq;
                row.state = step.state;
                row.at = step.at;
                row.receipt = step.receipt.or(row.receipt.take());
            }
            EventChange::Objective(row) => {
                self.objectives.insert(row.seq, row);
            }
            EventChange::Host(row) => {
                self.hosts.insert(row.seq, row);
            }
        }
    }

    /// The payload of an entry was taken away.
    pub(super) fn redacted(&mut self, seq: i64) {
        self.announcements.remove(&seq);
        self.cases.remove(&seq);
    }

    /// The segments that cases cite to which nobody has given an answer.
    pub(crate) fn cited(&self) -> BTreeSet<Digest> {
        let mut current: BTreeMap<&str, &CaseRow> = BTreeMap::new();
        for row in self.cases.values() {
            current.insert(&row.id, row);
        }
        for id in self.cases.values().flat_map(|row| &row.replaces) {
            current.remove(id.as_str());
        }
        let open = current.values().filter(|row| row.answer.is_none());
        open.flat_map(|row| CaseSaid::evidence_of(&row.document)).collect()
    }
}
