//! Decisions: what our rules for acting say about a finding.

use serde::{Deserialize, Serialize};

use crate::{Digest, Timestamp};

/// What is done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Do {
    /// Show it.
    Inform,
    /// Open a ticket.
    Ticket,
    /// Tell somebody at once.
    Page,
    /// Stop the change or release that brings it in.
    Block,
    /// Mend it without asking.
    Fix,
}

impl Do {
    /// Every deed.
    pub const ALL: [Self; 5] = [Self::Inform, Self::Ticket, Self::Page, Self::Block, Self::Fix];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Inform => "inform",
            Self::Ticket => "ticket",
            Self::Page => "page",
            Self::Block => "block",
            Self::Fix => "fix",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.word() == word)
    }
}

/// What the appetite decided, and which line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// What to do, in the order of the line.
    #[serde(rename = "do")]
    pub deeds: Vec<Do>,
    /// By when.
    pub due: Option<Timestamp>,
    /// Who.
    pub team: String,
    /// The name of the line that matched.
    pub line: String,
    /// Why, in words.
    pub reasons: Vec<String>,
    /// The appetite that decided.
    pub appetite: Digest,
}

impl Decision {
    /// Whether it stops a change.
    pub fn blocks(&self) -> bool {
        self.deeds.contains(&Do::Block)
    }
}

/// What the gate says. Ordered: `Block` is greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Go on.
    Pass,
    /// Go on, and look.
    Warn,
    /// Stop.
    Block,
}

impl Verdict {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }
}
