//! What the desk shows of events: who did what, cases, announcements; and of what they are told.

use std::sync::Arc;

use holdfast_model::{Actor, Answer, Case, Severity, Timestamp};
use serde::Serialize;

/// Something that somebody did, in a time line.
#[derive(Debug, Clone)]
pub struct EventRow {
    /// When it happened.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// What, in words as the log has them.
    pub action: String,
    /// On what.
    pub targets: Vec<Arc<str>>,
    /// Where: a host's name, an account with its region.
    pub place: String,
    /// From where; empty where the log does not say.
    pub from: Arc<str>,
    /// Why it failed; empty where it was done.
    pub failed: Arc<str>,
    /// What kind of log told it.
    pub log: Arc<str>,
    /// What a rule says of it: title, urgency, and whether somebody announced it.
    pub alert: Option<EventAlert>,
    /// The case that it belongs to.
    pub case: Option<Arc<str>>,
}

/// What a rule says of an event.
#[derive(Debug, Clone)]
pub struct EventAlert {
    /// The rule's title.
    pub title: String,
    /// How soon somebody should look.
    pub severity: Severity,
    /// Whether an announcement covers it.
    pub expected: bool,
}

/// A case.
#[derive(Debug, Clone)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// Who said what it came to, when and why.
    pub answered: Option<(String, Timestamp, String)>,
}

impl CaseView {
    /// Whether nobody has said yet what it came to.
    pub fn is_open(&self) -> bool {
        self.case.answer.is_none()
    }

    /// Whether everything in it was announced.
    pub fn is_expected(&self) -> bool {
        self.case.alerts.iter().all(|alert| alert.expected_by.is_some())
            || self.case.answer == Some(Answer::Expected)
    }
}

/// An announcement.
#[derive(Debug, Clone)]
pub struct AnnouncementView {
    /// What was said.
    pub announcement: holdfast_model::Announcement,
    /// How many events it covered so far.
    pub covered: u32,
    /// Where it stands, in a sentence: `it did not happen, or cannot be seen from here`.
    pub told: String,
    /// Whether it may still cover something.
    pub in_force: bool,
}

/// A way to reach a team.
#[derive(Debug, Clone)]
pub struct ChannelView {
    /// Its name in `holdfast.toml`.
    pub name: String,
    /// Through what: `slack`, `jira`.
    pub connector: &'static str,
    /// Which teams are reached by it.
    pub teams: Vec<String>,
    /// What a message looks like there, as text.
    pub preview: String,
    /// What was last sent, when, and what came of it; `None` where nothing was.
    pub last: Option<(Timestamp, String)>,
    /// What waits to be sent.
    pub waiting: u64,
}

/// What somebody was told of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldView {
    /// By which channel.
    pub channel: String,
    /// What the partner calls it: a ticket's key; empty where it has no name for people.
    pub id: String,
    /// Where people see it; empty where nobody says.
    pub address: String,
    /// What became of the last message.
    pub words: String,
    /// When.
    pub at: Timestamp,
}

/// Mending times, in words and one picture.
#[derive(Debug, Clone, Default)]
pub struct MendingView {
    /// The one number, as a sentence.
    pub half: String,
    /// Everything, each team, each kind.
    pub groups: Vec<MendingGroup>,
    /// The curve of what is not mended yet, as an SVG element; empty where there is nothing.
    pub curve: String,
    /// How old what is open is: what a column is called, and how many.
    pub ages: Vec<(&'static str, usize)>,
    /// Why the plain mean of what was mended flatters; empty where it does not.
    pub flattery: String,
    /// How many of the spells are told by old lockfiles and logs.
    pub reconstructed: usize,
    /// What is wanted, and whether it is kept.
    pub goals: Vec<GoalView>,
}

/// Mending times of one group.
#[derive(Debug, Clone)]
pub struct MendingGroup {
    /// `everything`, `team`, `kind`.
    pub sort: &'static str,
    /// A team or a kind; empty for everything.
    pub name: String,
    /// How many were found, mended, and are open.
    pub found: usize,
    /// See `found`.
    pub mended: usize,
    /// See `found`.
    pub open: usize,
    /// Within how many days half is mended, with its interval, in words.
    pub median: String,
    /// The mean number of days within the first ninety, with its interval, in words.
    pub mean: String,
}

/// A goal.
#[derive(Debug, Clone, Serialize)]
pub struct GoalView {
    /// Its id.
    pub id: String,
    /// What it wants.
    pub title: String,
    /// `kept`, `missed`, `on the way`, `not enough data`.
    pub verdict: &'static str,
    /// The verdict as a sentence.
    pub sentence: String,
}
