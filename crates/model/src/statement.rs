//! Statements: what somebody says about a known problem in a product of theirs (VEX).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Place, Timestamp};

/// What is said of a weakness in a product; the more cautious is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementStatus {
    /// The weakness cannot be used there.
    NotAffected,
    /// This version has the remedy.
    Fixed,
    /// Nobody knows yet.
    UnderInvestigation,
    /// It can be used there.
    Affected,
}

impl StatementStatus {
    /// Every status, the least cautious first.
    pub const ALL: [Self; 4] =
        [Self::NotAffected, Self::Fixed, Self::UnderInvestigation, Self::Affected];

    /// The word of OpenVEX and CSAF.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under_investigation",
            Self::Affected => "affected",
        }
    }

    /// Reads the word of OpenVEX.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// The words for people.
    pub fn shown(self) -> &'static str {
        match self {
            Self::NotAffected => "not affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under investigation",
            Self::Affected => "affected",
        }
    }

    /// Whether it would close a finding.
    pub fn closes(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

/// Why a product is not affected: the five reasons that OpenVEX and CSAF share.
pub const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

/// Which versions of a product a statement names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versions {
    /// None: the product as a whole, whose later versions nobody has seen.
    Unnamed,
    /// This one.
    Exact(Arc<str>),
    /// A range in the notation `vers:TYPE/CONSTRAINTS`, as written.
    Range(Arc<str>),
}

/// A product, or a part of one, as a statement names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Product {
    /// A package URL without version and without what merely describes, as subjects of findings are;
    /// with qualifiers or a path it is none of them. Else empty.
    pub package: Arc<str>,
    /// What it is called, where no package URL names it; else empty.
    pub name: Arc<str>,
    /// Its digests, as `sha256:HEX`, lower case.
    pub digests: Vec<Arc<str>>,
    /// Which versions.
    pub versions: Versions,
}

/// What one author says of one weakness in some products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Who says it, as the document names them.
    pub author: Arc<str>,
    /// When it was said.
    pub at: Option<Timestamp>,
    /// The names of the weakness.
    pub names: Vec<Arc<str>>,
    /// Of which products; never empty.
    pub products: Vec<Product>,
    /// The parts of those products that it is about; empty for the products themselves.
    pub subcomponents: Vec<Product>,
    /// What is said.
    pub status: StatementStatus,
    /// One of [`JUSTIFICATIONS`], or another word of its format; else empty.
    pub justification: Arc<str>,
    /// In the author's words: the impact, or what to do; may be empty.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}
