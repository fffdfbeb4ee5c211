//! The desk: everything that the console and the control socket may ask and do. Whoever holds the
//! data folder serves it; the console knows nothing else of the house.
//!
//! What is read often stands in one immutable [`View`], made anew when the record grows, so that a
//! page costs no query. What is read seldom is asked for.

mod events;
mod rows;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use holdfast_model::{Answer, Digest, Key, ManagedHost, Problem, Target, Timestamp, Tool};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

pub use crate::affected::{Affected, Page};
pub use events::{
    AnnouncementView, CaseView, ChannelView, EventAlert, EventRow, GoalView, MendingGroup,
    MendingView, ToldView,
};
pub use rows::{
    AppetiteView, AssetDetail, AssetView, Body, ControlRow, Detail, EntryDetail, EntryRow,
    FindingView, Fix, GapView, LineView, PackageRow, PlanState, PlanView, SettingRow, SourceLine,
    SourceLines, StepView, View, Voice,
};

/// A future that somebody else's executor drives.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Somebody who was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name: that of the operating system's user, or the one a token was issued to.
    pub name: String,
}

/// Something that somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Accept a finding until the end of a day.
    Accept {
        /// The finding.
        key: Key,
        /// The last day.
        until: jiff::civil::Date,
        /// Why.
        because: String,
    },
    /// Say yes to an acceptance that somebody else asked for.
    ApproveAcceptance {
        /// The finding.
        key: Key,
    },
    /// Plan a change that mends findings of one host.
    Propose {
        /// The findings.
        keys: Vec<Key>,
        /// With what.
        tool: Tool,
    },
    /// Look at a host and plan a change that mends findings of it, by key or name.
    ProposeAt {
        /// The host.
        target: Target,
        /// Keys, beginnings of keys, controls.
        names: Vec<String>,
        /// With what.
        tool: Tool,
    },
    /// Say yes to a plan.
    Approve {
        /// The plan.
        plan: Digest,
    },
    /// Say no to a plan.
    Refuse {
        /// The plan.
        plan: Digest,
        /// Why.
        because: String,
    },
    /// Carry an approved plan out.
    Apply {
        /// The plan.
        plan: Digest,
    },
    /// Say that one can still get in after a change that could have locked people out: the armed
    /// undo is called off.
    Confirm {
        /// The plan.
        plan: Digest,
    },
    /// Take a plan that was carried out back.
    Undo {
        /// The plan.
        plan: Digest,
    },
    /// Say beforehand what somebody is about to do.
    Announce {
        /// Who will do it.
        who: String,
        /// What: actions, or beginnings of them that end with `*`.
        what: Vec<String>,
        /// On what; empty for anything.
        on: Vec<String>,
        /// From when; `None` for now.
        from: Option<Timestamp>,
        /// Until when.
        until: Timestamp,
        /// How often at most.
        at_most: u32,
        /// Why.
        because: String,
    },
    /// Say yes to an announcement that somebody else made.
    ApproveAnnouncement {
        /// Its id, or a unique beginning of it.
        id: String,
    },
    /// Say what a case came to.
    AnswerCase {
        /// Its id, or a unique beginning of it.
        id: String,
        /// What.
        answer: Answer,
        /// Why.
        because: String,
    },
    /// Say who looks after a case.
    OwnCase {
        /// Its id, or a unique beginning of it.
        id: String,
        /// Who.
        owner: String,
    },
    /// Send a message that says it is a test.
    TestChannel {
        /// The name of the channel in `holdfast.toml`.
        name: String,
    },
    /// Look again, now.
    Look,
    /// Look at hosts from now on, over the network.
    AddHosts {
        /// The hosts.
        hosts: Vec<ManagedHost>,
        /// Why, or where they are from.
        because: String,
    },
    /// Look at a host no more.
    RemoveHost {
        /// Its address.
        address: String,
        /// Why.
        because: String,
    },
    /// Make a token for somebody; only the user who holds the data folder may.
    IssueToken {
        /// For whom.
        name: String,
    },
    /// Make the tokens and sessions of somebody worthless.
    RevokeToken {
        /// Whose.
        name: String,
    },
}

/// What came of an action.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Done {
    /// One sentence for the person.
    pub message: String,
    /// The plan that was made or moved.
    pub plan: Option<Digest>,
    /// A secret that is shown once and kept nowhere.
    pub secret: Option<String>,
}

impl Done {
    /// Adds what failed behind it, of which nothing becomes undone.
    pub fn tell_beside(&mut self, failed: &[Problem]) {
        for problem in failed {
            self.message.push_str(" It is done, but behind it: ");
            self.message.push_str(&problem.message);
            self.message.push('.');
        }
    }
}

/// A session of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub person: Person,
    /// What every form of this session must carry.
    pub form_token: String,
    /// When it ends.
    pub until: Timestamp,
}

/// What the console and the control socket need of the engine.
pub trait Desk: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Everything that lists show.
    fn view(&self) -> Arc<View>;
    /// Rises with every new view.
    fn changes(&self) -> watch::Receiver<u64>;
    /// What the last look saw of an asset, by its id.
    fn asset(&self, id: &str) -> Option<Arc<AssetDetail>>;
    /// One finding whole; `None` where nobody knows it.
    fn finding(&self, key: Key) -> Boxed<'_, Result<Option<Detail>, Problem>>;
    /// Who did what since then, newest first; at most the ten thousand newest.
    fn timeline(&self, since: Timestamp) -> Boxed<'_, Result<Vec<EventRow>, Problem>>;
    /// Entries of the record below a number, newest first; from the newest without one.
    fn entries(&self, below: Option<u64>, most: u32) -> Boxed<'_, Result<Vec<EntryRow>, Problem>>;
    /// One entry with its proof; `None` where there is none.
    fn entry(&self, seq: u64) -> Boxed<'_, Result<Option<EntryDetail>, Problem>>;
    /// Who is affected by a known problem, by any of its names; `None` where nobody knows it.
    fn affected(&self, id: String, page: Page) -> Boxed<'_, Result<Option<Affected>, Problem>>;
    /// Does something for somebody. A problem says why it was not done, for that person.
    fn act(&self, who: Person, action: Action) -> Boxed<'_, Result<Done, Problem>>;
    /// Opens a session with a token, or with the secret of a sign-in link, which works once.
    /// `None` where it is neither. The answer holds the secret of the session.
    fn sign_in(&self, secret: String) -> Boxed<'_, Result<Option<(String, Session)>, Problem>>;
    /// Whom a token belongs to; `None` where it is worthless.
    fn bearer(&self, token: String) -> Boxed<'_, Result<Option<Person>, Problem>>;
    /// The session of a secret; `None` where there is none or it is over.
    fn session(&self, secret: String) -> Boxed<'_, Result<Option<Session>, Problem>>;
    /// Ends a session.
    fn sign_out(&self, secret: String) -> Boxed<'_, Result<(), Problem>>;
}
