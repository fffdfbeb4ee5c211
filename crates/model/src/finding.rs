//! Findings: a weakness at a locus of an asset, and what became of it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Decision, Key, LocalKey, Locus, Place, Severity, Standing, Weakness};

/// What sort of check found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A component with a known problem.
    Package,
    /// A configuration that is not as it should be.
    Control,
    /// A code rule.
    Code,
    /// A secret in a file.
    Secret,
    /// A guardrail of the way of working, acceptances and appetite included.
    Guardrail,
    /// A risk of a package feed.
    Feed,
    /// An event rule.
    Event,
    /// A foreign scanner's own.
    Foreign,
}

impl FindingKind {
    /// Every kind, in the order of the documents.
    pub const ALL: [Self; 8] = [
        Self::Package,
        Self::Control,
        Self::Code,
        Self::Secret,
        Self::Guardrail,
        Self::Feed,
        Self::Event,
        Self::Foreign,
    ];

    /// The word in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::Control => "control",
            Self::Code => "code",
            Self::Secret => "secret",
            Self::Guardrail => "guardrail",
            Self::Feed => "feed",
            Self::Event => "event",
            Self::Foreign => "foreign",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What became of a finding; closing ones end it, passing ones are steps on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The thing is still there, in a version or value without the weakness.
    Fixed,
    /// The thing is gone.
    Removed,
    /// The advisory was withdrawn or corrected; the thing did not change.
    Withdrawn,
    /// Somebody accepted it for a time.
    Accepted,
    /// The same thing is now found in another place (passing).
    Moved,
    /// Its identity is now part of another's (passing).
    Merged,
    /// It was closed and is back (passing).
    Reopened,
}

/// The one state of a finding in one standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is there.
    Open,
    /// It was there, and the last look could not tell; counted as open.
    Unproven,
    /// Accepted until a day.
    Accepted,
    /// Closed: mended and proven by the same check.
    Fixed,
    /// Closed: the thing is gone.
    Removed,
    /// Closed: the advisory was wrong.
    Withdrawn,
    /// Closed here: found in another place.
    Moved,
    /// Closed here: part of another finding.
    Merged,
}

impl State {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unproven => "unproven",
            Self::Accepted => "accepted",
            Self::Fixed => "fixed",
            Self::Removed => "removed",
            Self::Withdrawn => "withdrawn",
            Self::Moved => "moved",
            Self::Merged => "merged",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::Open,
            Self::Unproven,
            Self::Accepted,
            Self::Fixed,
            Self::Removed,
            Self::Withdrawn,
            Self::Moved,
            Self::Merged,
        ]
        .into_iter()
        .find(|state| state.word() == word)
    }

    /// Counted as open.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Open | Self::Unproven)
    }
}

/// One copy of the thing at the locus; versions at one locus are counted instances.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Instance {
    /// The version that was seen.
    pub version: Option<Arc<str>>,
    /// Where.
    pub place: Place,
    /// The smallest version that mends the weakness and leaves the fewest others of this package, where
    /// there is one.
    pub fixed_in: Option<Arc<str>>,
}

/// An engine or scanner that reported a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Witness {
    /// `holdfast` or a scanner's name.
    pub engine: Arc<str>,
    /// What it calls the weakness: an advisory id, a plugin number.
    pub name: Arc<str>,
}

/// How safe the known fix is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixKind {
    /// Within the declared operator's compatible range.
    Safe,
    /// Outside of it.
    Risky,
    /// None is known.
    None,
}

impl FixKind {
    /// The word in files and conditions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Risky => "risky",
            Self::None => "none",
        }
    }
}

/// One step of the way to a severity, shown to people: "dev-only: lowered to soon".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityStep {
    /// The severity after this step.
    pub severity: Severity,
    /// Why.
    pub because: String,
}

/// A layer of an image, as a finding shows where its package came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImageLayer {
    /// From 1, the lowest.
    pub number: u32,
    /// How many layers the image has.
    pub of: u32,
    /// Its digest, `sha256:…`; empty where it is not known.
    pub digest: Arc<str>,
    /// The command that made it, on one line; empty where the image does not say it.
    pub command: Arc<str>,
    /// The image that the layer belongs to, where this one is built on it and it was looked at.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub base: Arc<str>,
}

/// A weakness at a locus of an asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Identity on this asset.
    pub key: Key,
    /// Identity without the asset.
    pub local: LocalKey,
    /// What sort of check found it.
    pub kind: FindingKind,
    /// What is wrong.
    pub weakness: Weakness,
    /// Where, for identity.
    pub locus: Locus,
    /// The headline: what is wrong here, one sentence.
    pub title: String,
    /// How soon, in context.
    pub severity: Severity,
    /// How it came to that severity; the first step is the weakness' own.
    pub severity_steps: Vec<SeverityStep>,
    /// In which copy of the asset.
    pub standing: Standing,
    /// A purl without version for packages.
    pub subject: Arc<str>,
    /// Every copy at the locus, sorted; never empty for packages.
    pub instances: Vec<Instance>,
    /// Who reported it, sorted.
    pub witnesses: Vec<Witness>,
    /// Declared by the project itself, as far as known.
    pub direct: Option<bool>,
    /// Only used while developing.
    pub dev: bool,
    /// How safe the known fix is.
    pub fix: FixKind,
    /// Its state.
    pub state: State,
    /// What the appetite says, once it was asked.
    pub decision: Option<Decision>,
    /// The layers that brought its copies, on an image; sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<ImageLayer>,
}

impl Finding {
    /// The first instance's place, where it is one that people can open.
    pub fn place(&self) -> Option<&Place> {
        self.instances.first().and_then(|instance| self.place_of(instance))
    }

    /// Where a copy stands. What no file says, such as a default and what the kernel holds, has its
    /// subject for a place: there is nothing to open.
    pub fn place_of<'f>(&self, instance: &'f Instance) -> Option<&'f Place> {
        Some(&instance.place).filter(|place| place.path != self.subject)
    }
}

/// What could not be judged, and why; never the same as clean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotAssessed {
    /// Identity on this asset, so that `--base` can subtract it.
    pub key: Key,
    /// What sort of check could not be made.
    pub kind: FindingKind,
    /// Where, for identity.
    pub locus: Locus,
    /// What could not be judged: `Go packages`, `/etc/shadow`, a purl.
    pub subject: Arc<str>,
    /// Why, in words.
    pub reason: String,
    /// What would close the gap: a command, `root`, or a sentence. Rows group by it.
    pub closes_with: String,
    /// Where, if it has a place.
    pub place: Option<Place>,
}
