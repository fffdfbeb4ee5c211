//! The life of a finding: what is known of it, each step of its state, and the looks behind them.

use serde::{Deserialize, Serialize};

use crate::{AssetId, Coverage, Digest, Finding, Key, Outcome, Standing, State, Timestamp};

/// What is known of a finding in one standing, between looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The finding as it was last seen; its `state` is the current one.
    pub finding: Finding,
    /// When it was first seen in this standing; kept through moves.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// When its state last changed.
    pub since: Timestamp,
}

/// One step of a finding's state; the append-only log of them is its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The finding.
    pub key: Key,
    /// In which copy of the asset.
    pub standing: Standing,
    /// The state before; `None` when it is seen for the first time.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// What became of it, where this step says so.
    pub outcome: Option<Outcome>,
    /// The other finding, for moves and merges.
    pub other: Option<Key>,
    /// When it happened.
    pub at: Timestamp,
    /// Why, in words.
    pub because: String,
}

/// One look at one asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Of what.
    pub asset: AssetId,
    /// Which copy.
    pub standing: Standing,
    /// Which sensor: `folder`, `host`.
    pub sensor: String,
    /// When.
    pub at: Timestamp,
    /// Whether everything in scope was seen.
    pub coverage: Coverage,
    /// The git revision, where there is one.
    pub revision: Option<String>,
    /// The digest of everything that was seen; equal digests are unchanged looks.
    pub digest: Digest,
    /// The digest of the advisory index that was used.
    pub advisories: Digest,
    /// How many components were seen.
    pub components: u64,
    /// How many findings are open.
    pub open: u64,
    /// How many rows could not be checked.
    pub not_assessed: u64,
    /// What the controls say, where any was asked. Records of before do not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controls: Option<ControlCounts>,
}

/// How many of the controls that apply to a host say what of it: of each the worst counts that it says of
/// any resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ControlCounts {
    /// Everything that they speak of is as it should be.
    pub passed: u64,
    /// Something is not as it should be; accepted or not.
    pub failed: u64,
    /// Nothing is known to fail, and something could not be told.
    pub not_assessed: u64,
}

impl ControlCounts {
    /// All that apply.
    pub fn all(self) -> u64 {
        self.passed + self.failed + self.not_assessed
    }
}
