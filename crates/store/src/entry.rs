//! Entries of the ledger: kind, two times, who, why, payload; and the bytes that are hashed.
//!
//! The header stands in clear for ever: it holds nothing that may have to be taken away. The
//! reason and the payload are behind a salt and can be redacted.

use holdfast_model::Timestamp;
use serde_json::{Value, json};

use crate::canonical;
use crate::error::StoreError;

/// Random bytes of each entry's salt.
pub(crate) const SALT: usize = 16;
/// The first byte of every header; a new layout gets a new one.
const HEADER_VERSION: u8 = 1;

/// What an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// The ledger begins: its origin and public key.
    StoreOpened,
    /// One look at one asset.
    Observation,
    /// One step of a finding's state: the payload is a `Transition`. Or many of one look:
    /// `{"steps": [Transition]}`.
    Transition,
    /// What the rules for acting said of a finding: `{"decision", "key", "weakness"}`. Or the same
    /// of many: `{"decision", "findings": [{"key", "weakness"}]}`.
    Decision,
    /// Somebody answers for a finding until a day; the payload is an `Acceptance`.
    Acceptance,
    /// An act is about to be done; it precedes the act. For a plan the payload is
    /// `{"plan": digest, "act": "apply" | "confirm" | "undo", "once": key}`.
    Started,
    /// What became of an act. For a plan the payload is `{"plan": digest, "result": "done" |
    /// "failed" | "undone" | "to_confirm" | "confirmed" | "unknown", "log": [line]}`.
    Finished,
    /// A feed was brought in.
    Feed,
    /// The payload of an earlier entry was taken away; the payload is `{"seq": n}`.
    Redacted,
    /// A change was planned; the payload is the proposal's document, whose `digest` is its identity.
    Plan,
    /// Somebody's word on a plan; the payload is an `Approval`.
    Approval,
    /// A token was issued or revoked, or somebody signed in; never a secret.
    Access,
    /// Somebody said beforehand that they will do something; the payload is an `Announcement`
    /// without `id` and `noted`. Or somebody said yes to one: `{"approves": id, "by": name}`.
    Announcement,
    /// How a case stands; the payload is a [`CaseSaid`](crate::CaseSaid).
    Case,
    /// Events were kept; the payload is `{"kind", "digest", "from", "to", "records"}` of their
    /// segment.
    Events,
    /// Something is to be told to somebody; the payload is `{"once", "kind", "account", "subject",
    /// "body"}`, the last one the digest of the message. Each attempt has a `started` of its own
    /// before it: `{"tell": n, "attempt": n}`.
    Tell,
    /// What became of an attempt to tell something; the payload is `{"tell": n, "attempt": n,
    /// "result": "sent" | "failed" | "dead", "unsure": bool, "receipt": value}`.
    Told,
    /// The verdict on a goal changed; the payload has at least `name` and `verdict`.
    Objective,
    /// Old segments were deleted; the payload is `{"before": time, "segments": n}`.
    Retention,
    /// A host is looked at from now on, or otherwise than before; the payload is a `ManagedHost`. Or
    /// it is not looked at any more: `{"removes": address}`.
    Host,
}

impl EntryKind {
    /// Every kind; the position is the number in the database and never changes.
    pub const ALL: [Self; 20] = [
        Self::StoreOpened,
        Self::Observation,
        Self::Transition,
        Self::Decision,
        Self::Acceptance,
        Self::Started,
        Self::Finished,
        Self::Feed,
        Self::Redacted,
        Self::Plan,
        Self::Approval,
        Self::Access,
        Self::Announcement,
        Self::Case,
        Self::Events,
        Self::Tell,
        Self::Told,
        Self::Objective,
        Self::Retention,
        Self::Host,
    ];

    /// The word in headers and exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::StoreOpened => "store_opened",
            Self::Observation => "observation",
            Self::Transition => "transition",
            Self::Decision => "decision",
            Self::Acceptance => "acceptance",
            Self::Started => "started",
            Self::Finished => "finished",
            Self::Feed => "feed",
            Self::Redacted => "redacted",
            Self::Plan => "plan",
            Self::Approval => "approval",
            Self::Access => "access",
            Self::Announcement => "announcement",
            Self::Case => "case",
            Self::Events => "events",
            Self::Tell => "tell",
            Self::Told => "told",
            Self::Objective => "objective",
            Self::Retention => "retention",
            Self::Host => "host",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The number in the database.
    pub(crate) fn code(self) -> i64 {
        Self::ALL.iter().zip(0..).find(|(kind, _)| **kind == self).map_or(-1, |(_, code)| code)
    }

    pub(crate) fn from_code(code: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(code).ok()?).copied()
    }

    /// Whether a payload of this kind may be taken away: the projections of looks are folded from
    /// theirs, and the entries about the ledger itself must stay. So must plans and what was said
    /// of them, or a no could be unsaid, and beginnings, or an act could begin twice; they hold
    /// digests, names and reasons. An outcome may hold whatever a program printed: it can go, and
    /// the act then counts as begun until its outcome is said again. Announcements and cases hold
    /// names and commands of people: they can go, and what was said before counts again. What was
    /// told and what came of it stays, or it could be told twice; it holds digests, accounts and
    /// the addresses of messages, and the message itself stands in no entry. What is said of hosts
    /// stays too, or one could be looked at again that somebody had removed.
    pub fn redactable(self) -> bool {
        match self {
            Self::Decision
            | Self::Acceptance
            | Self::Finished
            | Self::Feed
            | Self::Access
            | Self::Announcement
            | Self::Case => true,
            Self::StoreOpened
            | Self::Observation
            | Self::Transition
            | Self::Started
            | Self::Redacted
            | Self::Plan
            | Self::Approval
            | Self::Events
            | Self::Tell
            | Self::Told
            | Self::Objective
            | Self::Retention
            | Self::Host => false,
        }
    }
}

/// An entry to append.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it says.
    pub kind: EntryKind,
    /// When it happened; the store notes by itself when it was written down.
    pub happened: Timestamp,
    /// Who did it; stands in clear for ever.
    pub who: String,
    /// Why, in words.
    pub why: String,
    /// The rest.
    pub payload: Value,
}

impl Entry {
    /// The bytes that are salted and hashed: canonical JSON of reason and payload.
    pub(crate) fn body(&self) -> Result<String, StoreError> {
        let whole = json!({ "body": self.payload, "why": self.why });
        canonical::bytes(&whole)
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| StoreError::refused("the payload of an entry is nested too deeply"))
    }
}

/// The part of an entry that is hashed in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The position in the ledger, from 0.
    pub seq: u64,
    /// What the entry says.
    pub kind: EntryKind,
    /// When it happened.
    pub happened: Timestamp,
    /// When it was written down.
    pub noted: Timestamp,
    /// Who did it.
    pub who: String,
}

impl Header {
    /// A version byte, then each field behind its length as four big-endian bytes: position, kind,
    /// happened, noted (numbers as eight big-endian bytes), who.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(80);
        out.push(HEADER_VERSION);
        let mut field = |bytes: &[u8]| {
            out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend(bytes);
        };
        field(&self.seq.to_be_bytes());
        field(self.kind.word().as_bytes());
        field(&self.happened.0.to_be_bytes());
        field(&self.noted.0.to_be_bytes());
        field(self.who.as_bytes());
        out
    }

    /// Reads the bytes; `None` where they are not a header of a known version.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (&version, mut rest) = bytes.split_first()?;
        if version != HEADER_VERSION {
            return None;
        }
        let mut field = || {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (field, after) = after.split_at_checked(length)?;
            rest = after;
            Some(field)
        };
        let number = |field: &[u8]| field.try_into().ok().map(i64::from_be_bytes);
        let header = Self {
            seq: u64::from_be_bytes(field()?.try_into().ok()?),
            kind: EntryKind::parse(std::str::from_utf8(field()?).ok()?)?,
            happened: Timestamp(number(field()?)?),
            noted: Timestamp(number(field()?)?),
            who: String::from_utf8(field()?.to_vec()).ok()?,
        };
        rest.is_empty().then_some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_are_positions() {
        for (kind, code) in EntryKind::ALL.into_iter().zip(0..) {
            assert_eq!(kind.code(), code);
            assert_eq!(EntryKind::from_code(code), Some(kind));
            assert_eq!(EntryKind::parse(kind.word()), Some(kind));
        }
        assert_eq!(EntryKind::from_code(20), None);
        assert_eq!(EntryKind::from_code(-1), None);
    }

    proptest! {
        #[test]
        fn headers_round_trip(seq: u64, kind in 0..20_i64, happened: i64, noted: i64, who: String) {
            let kind = EntryKind::from_code(kind).unwrap();
            let (happened, noted) = (Timestamp(happened), Timestamp(noted));
            let header = Header { seq, kind, happened, noted, who };
            let bytes = header.to_bytes();
            prop_assert_eq!(Header::parse(&bytes), Some(header));
            prop_assert_eq!(Header::parse(&bytes[..bytes.len() - 1]), None);
            prop_assert_eq!(Header::parse(&[bytes.as_slice(), &[0]].concat()), None);
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = Header::parse(&bytes);
        }
    }
}
