//! Events: somebody did something.
//!
//! Logs cross rooms as records as they were written; only what a rule matched, or what is counted,
//! is made into an [`Event`].

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Place, Problem, Timestamp};

/// What kind of log a record is from, in the words of Sigma 2.1 ("log source"); empty where the
/// standard has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LogSource {
    /// `aws`, `linux`.
    pub product: &'static str,
    /// `cloudtrail`, `sshd`, `sudo`, `auditd`.
    pub service: &'static str,
    /// `process_creation`.
    pub category: &'static str,
}

/// One record of a log, as one JSON object: as it was written where the log is JSON, else made of
/// its line with the field names that rules for that source use.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// UTF-8, one JSON object. Not yet validated: whoever reads it says so where it is none.
    pub json: &'a [u8],
    /// What kind of log.
    pub source: LogSource,
    /// The line on which it begins, from 1.
    pub line: u32,
    /// The column at which it begins, from 1, in characters.
    pub column: u32,
}

/// What a log reader says.
#[derive(Debug)]
pub enum Logged<'a> {
    /// A record.
    Record(Record<'a>),
    /// Something that is no record, counted as refused. The path of its place is the reader's
    /// caller's to set.
    Refused(Problem),
    /// The rest of the log could not be read: it ends in the middle.
    Partial(Problem),
    /// Something about the next record, which was read all the same.
    Odd(Problem),
}

/// Who did something, by what stays the same when keys rotate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// What stays: an ARN without session, a user of a host. Never an access key.
    pub key: Arc<str>,
    /// The session's name where there is one: a person or a pipeline run; else empty.
    pub session: Arc<str>,
    /// For people: the last part of the key, with the session.
    pub name: Arc<str>,
    /// A person, as far as the record tells; services are not.
    pub person: bool,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Went {
    /// It was done.
    Done,
    /// It was refused or failed, and why, as the record says it.
    Failed(Arc<str>),
}

/// Somebody did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Event {
    /// By what repeats of it are recognised: the source's own id, else a digest of the record.
    pub id: Arc<str>,
    /// When it happened, by the record; never when it arrived.
    pub at: Timestamp,
    /// What kind of log told it: `aws/cloudtrail`.
    pub log: Arc<str>,
    /// Who.
    pub actor: Actor,
    /// What: `ec2.amazonaws.com:RunInstances`, `sudo`, `login`.
    pub action: Arc<str>,
    /// On what: ids, names, commands; sorted, without repeats.
    pub targets: Vec<Arc<str>>,
    /// Where it happened: the number of an account, the name of a host.
    pub account: Arc<str>,
    /// The region of a cloud; else empty.
    pub region: Arc<str>,
    /// From where, as written: an address, a service's name; else empty.
    pub from: Arc<str>,
    /// With what program, as it calls itself; else empty.
    pub agent: Arc<str>,
    /// How it went.
    pub went: Went,
    /// Where it was read.
    pub place: Place,
}

/// An event that a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// The rule's id.
    pub rule: Arc<str>,
    /// The rule's title.
    pub title: String,
    /// By what alerts of one kind are joined: the rule's family, else its id.
    pub family: Arc<str>,
    /// How soon somebody should look.
    pub severity: crate::Severity,
    /// What happened.
    pub event: Event,
    /// The announcement that covers it.
    pub expected_by: Option<Arc<str>>,
    /// Why it is not covered although somebody announced something like it; else empty.
    pub although: String,
}

/// An expected change, said beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Its id: of the entry that noted it.
    pub id: Arc<str>,
    /// Who said it.
    pub by: String,
    /// Who will do it: an actor's key, its name, or its session; compared without letter case.
    pub who: String,
    /// What they will do: actions, or beginnings of them that end with `*`.
    pub what: Vec<String>,
    /// On what: targets, accounts, regions or beginnings of them that end with `*`; empty for any.
    pub on: Vec<String>,
    /// From when.
    pub from: Timestamp,
    /// Until when; there is none without an end.
    pub until: Timestamp,
    /// How often at most.
    pub at_most: u32,
    /// Why, in words.
    pub because: String,
    /// When it was noted: an event before this is not covered by it.
    pub noted: Timestamp,
    /// Who else said yes, where somebody has to.
    pub approver: Option<String>,
}

/// What a case came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was meant to happen.
    Expected,
    /// It was not, and did no harm.
    Benign,
    /// Somebody did what they should not.
    Incident,
}

impl Answer {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Expected, Self::Benign, Self::Incident];

    /// The word in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Benign => "benign",
            Self::Incident => "incident",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.word() == word)
    }
}

/// Alerts that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Its id: a digest of its first alert.
    pub id: Arc<str>,
    /// Who did it.
    pub actor: Actor,
    /// Of which family the alerts are.
    pub family: Arc<str>,
    /// Its headline.
    pub title: String,
    /// The greatest of its alerts that nobody announced.
    pub severity: crate::Severity,
    /// When its first and its last event happened.
    pub first: Timestamp,
    /// See `first`.
    pub last: Timestamp,
    /// Its alerts, by the time of their events.
    pub alerts: Vec<Alert>,
    /// Who looks after it.
    pub owner: String,
    /// What it came to, once somebody said so.
    pub answer: Option<Answer>,
}

impl fmt::Display for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words =
            [self.product, self.category, self.service].into_iter().filter(|word| !word.is_empty());
        if let Some(first) = words.next() {
            f.write_str(first)?;
        }
        words.try_for_each(|word| write!(f, "/{word}"))
    }
}
