//! Rows of what was announced, what became a case, which events are kept, what was told, how goals
//! stand, and which hosts are looked at.

use holdfast_model::Timestamp;
use serde::Serialize;

use super::{Hex, Named, start};

/// An announcement, or a yes to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AnnouncementRow {
    pub(crate) seq: i64,
    /// The announcement that somebody said yes to.
    pub(crate) of: Option<i64>,
    pub(crate) noted: i64,
    /// Canonical JSON.
    pub(crate) document: String,
}

impl Named for AnnouncementRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        match self.of {
            Some(of) => format!("a yes to announcement `{of}`"),
            None => format!("announcement `{}`", self.seq),
        }
    }
}

/// What one entry says of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CaseRow {
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) first_at: i64,
    pub(crate) last_at: i64,
    pub(crate) severity: i64,
    pub(crate) owner: String,
    pub(crate) answer: Option<i64>,
    /// Sorted, without repeats.
    pub(crate) replaces: Vec<String>,
    pub(crate) document: String,
}

impl Named for CaseRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("case `{}`", self.id)
    }
}

/// Where a segment of events belongs in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct EventSegmentRow {
    pub(crate) seq: i64,
    pub(crate) kind: String,
    /// The first and the last event, both included.
    pub(crate) from_at: i64,
    pub(crate) to_at: i64,
    pub(crate) records: i64,
    pub(crate) digest: Hex,
}

impl Named for EventSegmentRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("events of `{}` from {}", self.kind, Timestamp(self.from_at))
    }
}

/// What is to be told, and how far it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TellRow {
    /// The entry of the request.
    pub(crate) seq: i64,
    /// The entry that wrote the row last.
    pub(crate) last: i64,
    pub(crate) once: String,
    pub(crate) kind: String,
    pub(crate) account: String,
    pub(crate) subject: String,
    /// The digest of the message.
    pub(crate) body: Hex,
    pub(crate) state: i64,
    /// Some attempt may have arrived although nobody said so.
    pub(crate) unsure: i64,
    /// How many attempts began.
    pub(crate) attempts: i64,
    /// When the last step happened.
    pub(crate) at: i64,
    /// Canonical JSON.
    pub(crate) receipt: Option<String>,
}

impl Named for TellRow {
    #[expect(clippy::misnamed_getters, reason = "the entry that wrote the row last speaks of it")]
    fn seq(&self) -> i64 {
        self.last
    }
    fn name(&self) -> String {
        format!("message {} to `{}` ({})", self.seq, self.account, start(&self.body))
    }
}

/// A verdict on a goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ObjectiveRow {
    pub(crate) seq: i64,
    pub(crate) name: String,
    pub(crate) verdict: String,
    pub(crate) at: i64,
    /// Canonical JSON.
    pub(crate) document: String,
}

impl Named for ObjectiveRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("verdict on goal `{}`", self.name)
    }
}

/// What one entry says of a host that is looked at from afar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct HostRow {
    pub(crate) seq: i64,
    pub(crate) address: String,
    /// It is not looked at any more.
    pub(crate) removed: i64,
    pub(crate) at: i64,
    /// Canonical JSON.
    pub(crate) document: String,
}

impl Named for HostRow {
    fn seq(&self) -> i64 {
        self.seq
    }
    fn name(&self) -> String {
        format!("host `{}`", self.address)
    }
}
