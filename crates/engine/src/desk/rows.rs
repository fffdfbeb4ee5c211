//! What the desk shows. Plain values, made by the engine and rendered by the console.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{
    Approval, Asset, Coverage, Digest, Key, Needed, Observation, Port, Severity, Standing, Target,
    Timestamp, Tool, Transition,
};

use super::{AnnouncementView, CaseView, ChannelView, MendingView};
use crate::disturbance::Disturbance;
use crate::document::{FindingRow, NotAssessedRow, ProblemRow};
use crate::hosts::HostRow;

/// Everything that lists show, as of one number of entries.
#[derive(Debug, Clone)]
pub struct View {
    /// When it was made.
    pub at: Timestamp,
    /// How many entries the record had.
    pub entries: u64,
    /// The zone in which days end.
    pub zone: jiff::tz::TimeZone,
    /// Whether all of this is made up, to be shown: every page then says so.
    pub demo: bool,
    /// When the next look is due.
    pub next_look: Option<Timestamp>,
    /// Records of advisory feeds, and of the starter set.
    pub advisories: u64,
    /// Records of the built-in starter set.
    pub starter: u64,
    /// Every asset, by name.
    pub assets: Vec<AssetView>,
    /// Every host that is looked at by schedule, by name.
    pub hosts: Vec<HostRow>,
    /// Every finding, closed ones included, most urgent first.
    pub findings: Vec<FindingView>,
    /// What could not be judged.
    pub gaps: Vec<GapView>,
    /// What could not be read.
    pub problems: Vec<ProblemRow>,
    /// Every plan, newest first.
    pub plans: Vec<PlanView>,
    /// Every case, open ones first, then the newest.
    pub cases: Vec<CaseView>,
    /// Every announcement, newest first.
    pub announcements: Vec<AnnouncementView>,
    /// Mending times.
    pub mending: MendingView,
    /// The ways to reach teams.
    pub channels: Vec<ChannelView>,
    /// Our rules for acting.
    pub appetite: AppetiteView,
    /// The last checkpoint, as a note to keep elsewhere.
    pub checkpoint: String,
    /// How many days from first sight until half of what is urgent (`now` or `soon`) was mended,
    /// open ones counted; `None` where less than half is mended.
    pub half_mended_days: Option<f64>,
    /// How many urgent findings that number is about.
    pub half_mended_of: u64,
}

/// An asset in a list.
#[derive(Debug, Clone)]
pub struct AssetView {
    /// The asset.
    pub asset: Asset,
    /// The last look at each copy of it.
    pub looks: Vec<Observation>,
    /// Open findings by urgency.
    pub open: BTreeMap<Severity, u64>,
    /// What could not be checked.
    pub gaps: u64,
}

/// A finding in a list.
#[derive(Debug, Clone)]
pub struct FindingView {
    /// Its key.
    pub key: Key,
    /// What every surface shows.
    pub row: FindingRow,
    /// Its asset's id.
    pub asset: Arc<str>,
    /// Whether it counts as open.
    pub open: bool,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// When its state last changed.
    pub since: Timestamp,
    /// By when it is to be mended.
    pub due: Option<Timestamp>,
    /// The newest plan that would mend it and is not over.
    pub plan: Option<Digest>,
    /// Why no change can be planned here from the desk; `None` where one can.
    pub unplannable: Option<String>,
    /// How much mending it disturbs.
    pub disturbs: Disturbance,
    /// Everything that a search looks through, in lower case.
    pub haystack: String,
}

/// Something that could not be checked.
#[derive(Debug, Clone)]
pub struct GapView {
    /// What and why.
    pub row: NotAssessedRow,
    /// The name of its asset.
    pub asset: String,
}

/// Source lines around a place.
#[derive(Debug, Clone, Default)]
pub struct SourceLines {
    /// The file.
    pub path: Arc<str>,
    /// At most seven lines.
    pub lines: Vec<SourceLine>,
}

/// One source line.
#[derive(Debug, Clone)]
pub struct SourceLine {
    /// From 1.
    pub number: u32,
    /// Its text, at most 400 characters, without what would be a secret.
    pub text: String,
    /// Whether it is the line that is meant.
    pub marked: bool,
}

/// A fix in one form.
#[derive(Debug, Clone)]
pub struct Fix {
    /// `diff`, `shell`, `ansible`, `puppet`, `chef`, `command`.
    pub form: &'static str,
    /// The text to copy.
    pub text: String,
    /// What takes it back; empty where the form says it itself.
    pub undo: String,
    /// What is to be known before: restart, interruption, slowdown, risk, in sentences.
    pub effects: Vec<String>,
}

/// One finding whole.
#[derive(Debug, Clone)]
pub struct Detail {
    /// As in the list.
    pub finding: FindingView,
    /// Why it matters here, in sentences: exposure, exploited, deadline, the rule's own words.
    pub why: Vec<String>,
    /// Where it stands, for each copy whose file could be read.
    pub sources: Vec<SourceLines>,
    /// Which line of our rules decided, and those before it, in sentences.
    pub lines: Vec<String>,
    /// What mends it.
    pub fixes: Vec<Fix>,
    /// Everything that happened to it, oldest first, with the number of its entry.
    pub history: Vec<(u64, Transition)>,
    /// Its plans, newest first.
    pub plans: Vec<PlanView>,
    /// Who was told of it.
    pub told: Vec<super::ToldView>,
    /// What is said of an acceptance: until when, by whom, whose yes is missing; empty for none.
    pub acceptance: String,
    /// Whether an acceptance waits for somebody else's yes, and who asked for it.
    pub acceptance_waits: Option<String>,
    /// Why it cannot be accepted from the desk; `None` where it can.
    pub unacceptable: Option<String>,
}

/// What the last look saw of an asset.
#[derive(Debug, Clone, Default)]
pub struct AssetDetail {
    /// When.
    pub at: Timestamp,
    /// Whether everything was seen.
    pub coverage: Option<Coverage>,
    /// Packages, by name.
    pub packages: Vec<PackageRow>,
    /// Settings, by resource.
    pub settings: Vec<SettingRow>,
    /// What each control says of each resource.
    pub controls: Vec<ControlRow>,
    /// Sockets that wait for others.
    pub ports: Vec<Port>,
    /// What was told of the host: `container: no, …`.
    pub traits: Vec<String>,
}

/// A package.
#[derive(Debug, Clone)]
pub struct PackageRow {
    /// The ecosystem, for people.
    pub ecosystem: String,
    /// Its name.
    pub name: Arc<str>,
    /// Its version.
    pub version: String,
    /// Where it was read, `path:line:column`.
    pub place: String,
}

/// A setting.
#[derive(Debug, Clone)]
pub struct SettingRow {
    /// Its resource.
    pub resource: String,
    /// Which side of it, and for whom.
    pub aspect: String,
    /// The value, or why there is none.
    pub value: String,
    /// Where it was read; empty where no file says it.
    pub place: String,
}

/// What a control says of one resource.
#[derive(Debug, Clone)]
pub struct ControlRow {
    /// The control.
    pub control: Arc<str>,
    /// Its title.
    pub title: String,
    /// The resource.
    pub resource: String,
    /// `pass`, `fail`, `accepted`, `acceptance expired`, `not applicable`, `error`,
    /// `not assessed`.
    pub result: &'static str,
    /// What was found and wanted, or why there is no verdict.
    pub evidence: String,
    /// The finding, where it fails.
    pub finding: Option<Key>,
}

/// Where a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlanState {
    /// It waits for somebody's yes.
    Waiting,
    /// It may be carried out.
    Approved,
    /// It is being carried out.
    Running,
    /// It was carried out, and its undo is armed until somebody confirms.
    ToConfirm,
    /// It was carried out, and a new look proved it.
    Done,
    /// It was carried out or tried, and did not bring what it should; everything was taken back.
    Failed,
    /// It was carried out and taken back.
    Undone,
    /// Somebody said no.
    Refused,
    /// Nobody said yes in time, or its target changed.
    Expired,
    /// It began, and nobody knows how it ended: somebody has to look.
    Unknown,
}

impl PlanState {
    /// The word for people and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::ToConfirm => "to confirm",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Unknown => "unknown",
        }
    }

    /// Whether nothing more will happen to it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Failed | Self::Undone | Self::Refused | Self::Expired)
    }
}

/// A plan.
#[derive(Debug, Clone)]
pub struct PlanView {
    /// Its digest, which is its identity.
    pub id: Digest,
    /// What it does, in a sentence.
    pub title: String,
    /// The name of its asset.
    pub asset: String,
    /// Where it is carried out.
    pub target: Target,
    /// Who planned it.
    pub author: String,
    /// When.
    pub proposed: Timestamp,
    /// Until when it may be approved and carried out.
    pub expires: Timestamp,
    /// Where it stands.
    pub state: PlanState,
    /// Its steps.
    pub steps: Vec<StepView>,
    /// What has to be started anew.
    pub restart: String,
    /// What is interrupted, and for how long.
    pub interruption: String,
    /// What runs slower afterwards.
    pub slowdown: String,
    /// What may go wrong.
    pub risk: String,
    /// Whose yes it needs.
    pub needed: Needed,
    /// Who said what so far.
    pub voices: Vec<Approval>,
    /// What is missing, in a sentence: "one more person has to say yes"; empty where nothing is.
    pub missing: String,
    /// What it mends.
    pub findings: Vec<Key>,
    /// Until when somebody has to confirm, while an undo is armed.
    pub confirm_by: Option<Timestamp>,
    /// What was said while it was carried out, line by line.
    pub log: Vec<String>,
}

impl PlanView {
    /// What this person may do with it now, and why not where they may not.
    pub fn voice(&self, who: &str) -> Voice {
        if self.state != PlanState::Waiting {
            return Voice::No("nobody is asked any more".to_owned());
        }
        if self.voices.iter().any(|voice| voice.who == who) {
            return Voice::No("you have said yes; somebody else has to".to_owned());
        }
        if self.author == who && !self.needed.one_person {
            return Voice::No("you planned it; somebody else has to say yes".to_owned());
        }
        Voice::Yes
    }
}

/// Whether somebody may approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voice {
    /// They may.
    Yes,
    /// They may not, because.
    No(String),
}

/// One step of a plan.
#[derive(Debug, Clone)]
pub struct StepView {
    /// What it does.
    pub title: String,
    /// With what.
    pub tool: Tool,
    /// What runs.
    pub code: String,
    /// What takes it back.
    pub undo: String,
    /// What has to succeed before; empty for nothing.
    pub precheck: String,
    /// Whether it may lock people out.
    pub lockout: bool,
}

/// Our rules for acting, for people.
#[derive(Debug, Clone, Default)]
pub struct AppetiteView {
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Its lines, in order.
    pub lines: Vec<LineView>,
    /// Who has to say yes to what, in sentences.
    pub approvals: Vec<String>,
    /// What happens with what could not be checked, in a sentence.
    pub could_not_check: String,
}

/// One line of our rules for acting.
#[derive(Debug, Clone)]
pub struct LineView {
    /// Its name.
    pub name: String,
    /// When it decides, in words.
    pub when: String,
    /// What it does, in words.
    pub deed: String,
    /// How many open findings it decides now.
    pub open: u64,
    /// How many it decided within the last seven days.
    pub week: u64,
    /// Some of them: key and title.
    pub examples: Vec<(Key, String)>,
}

/// An entry of the record in a list.
#[derive(Debug, Clone)]
pub struct EntryRow {
    /// Its number.
    pub seq: u64,
    /// Its kind, as a word.
    pub kind: &'static str,
    /// When it happened.
    pub happened: Timestamp,
    /// When it was noted.
    pub noted: Timestamp,
    /// Who.
    pub who: String,
    /// Why, in words; empty where it was taken away.
    pub why: String,
    /// What it is about, in words: an asset, a finding, a plan.
    pub about: String,
    /// In which copy, where it is about one.
    pub standing: Option<Standing>,
}

/// What stands in an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// The payload as indented JSON.
    Json(String),
    /// It was taken away.
    Redacted,
}

/// An entry whole.
#[derive(Debug, Clone)]
pub struct EntryDetail {
    /// As in the list.
    pub row: EntryRow,
    /// What stands in it.
    pub body: Body,
    /// The proof that it stands in the ledger (C2SP tlog-proof), to be checked elsewhere.
    pub proof: String,
    /// Whether the proof holds here.
    pub holds: bool,
    /// The size of the ledger that the proof is about.
    pub size: u64,
}
