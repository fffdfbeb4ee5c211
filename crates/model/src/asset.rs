//! Assets and the looks at them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The identity of an asset, e.g. `repository:github.com/acme/shop`, `host:<machine id>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssetId(pub Arc<str>);

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an asset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A machine.
    Host,
    /// A git repository.
    Repository,
    /// A folder outside git, or one whose repository has no origin.
    Folder,
    /// A container image.
    Image,
}

impl AssetKind {
    /// The word in files and conditions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Repository => "repository",
            Self::Folder => "folder",
            Self::Image => "image",
        }
    }
}

/// Who can reach an asset; unknown is treated as internet, and said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// Nobody from outside.
    Internal,
    /// Anybody.
    Internet,
    /// Not known.
    #[default]
    Unknown,
}

/// A host, repository, image, cloud account or cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// Its identity.
    pub id: AssetId,
    /// What it is.
    pub kind: AssetKind,
    /// Its name for people.
    pub name: String,
    /// Who owns it.
    pub team: String,
    /// The pilot group, if any.
    pub ring: Option<String>,
    /// Who can reach it.
    pub exposure: Exposure,
    /// 1 is the most important.
    pub tier: u8,
    /// Free words.
    pub labels: Vec<String>,
}

impl Asset {
    /// An asset with the defaults: tier 2, exposure unknown, no ring, no labels.
    pub fn new(
        id: AssetId,
        kind: AssetKind,
        name: impl Into<String>,
        team: impl Into<String>,
    ) -> Self {
        Self {
            id,
            kind,
            name: name.into(),
            team: team.into(),
            ring: None,
            exposure: Exposure::Unknown,
            tier: 2,
            labels: Vec::new(),
        }
    }
}

/// In which copy of an asset something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Somebody's working tree.
    Working,
    /// A change that asks to be merged.
    Proposed,
    /// The default branch, or a folder outside git.
    Trunk,
    /// What runs.
    Deployed,
}

impl Standing {
    /// The word in files and conditions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Proposed => "proposed",
            Self::Trunk => "trunk",
            Self::Deployed => "deployed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Working, Self::Proposed, Self::Trunk, Self::Deployed]
            .into_iter()
            .find(|standing| standing.word() == word)
    }

    /// Tickets and mending times count only these.
    pub fn counts(self) -> bool {
        matches!(self, Self::Trunk | Self::Deployed)
    }
}

/// Whether a look saw everything in its scope. A partial look opens findings and closes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Everything.
    Full,
    /// Something was left out.
    Partial,
}

impl Coverage {
    /// The word in files and conditions.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
        }
    }
}
