//! Acceptances: somebody answers for a finding until a day.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Place, Timestamp};

/// What an acceptance holds on to: it ends when this changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// The versions that were there, sorted.
    Versions(Vec<Arc<str>>),
}

/// A waiver: reason, owner, approver, expiry, anchored to a version or value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The local key it covers, in full, or a weakness id together with `subject`.
    pub covers: Arc<str>,
    /// The purl without version, where `covers` is a weakness id; empty for any subject.
    pub subject: Arc<str>,
    /// Why it is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// Who said yes; other than the owner unless one person may approve.
    pub approver: Option<String>,
    /// When it ends.
    pub until: Timestamp,
    /// What must stay as it is.
    pub anchor: Option<Anchor>,
    /// Whether it is a comment in code, which asks and holds within narrow bounds only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub request: bool,
    /// Where it is written.
    pub place: Place,
}
