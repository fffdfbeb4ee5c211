//! Our rules for acting: the risk appetite as code.

use holdfast_model::{Digest, Do};
use holdfast_rulefile::Condition;
use serde::Serialize;

use crate::due::Due;
use crate::examples::Example;

/// Ordered lines, of which the first that matches decides, and who has to say yes.
///
/// Only [`Appetite::read`] makes one, and only from a file without a single problem: a rule that
/// was read by half could be looser than its author meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Appetite {
    /// The file's name without its ending.
    pub name: String,
    /// In order; the last one has no condition.
    pub lines: Vec<Line>,
    /// How many people have to say yes.
    pub approvals: Approvals,
    /// What the gate says to what could not be checked.
    pub could_not_check: CouldNotCheck,
    /// One person may approve their own change; shown and recorded as "approved by one".
    pub one_person: bool,
    /// The digest of the file as it was read, for the record.
    pub digest: Digest,
    /// The examples that the file carries.
    pub examples: Vec<Example>,
}

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What decisions call it.
    pub name: String,
    /// When it decides; `None` for the last line, which always does.
    pub when: Option<Condition>,
    /// What is done, in the order of the file; never empty.
    pub deeds: Vec<Do>,
    /// How long it may stay, from the first sight.
    pub due: Option<Due>,
}

/// How many people have to say yes to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Approvals {
    /// A change anywhere but in production.
    pub change: u8,
    /// A change in production.
    pub production: u8,
    /// A change of these rules.
    pub appetite: u8,
}

impl Default for Approvals {
    fn default() -> Self {
        Self { change: 1, production: 2, appetite: 2 }
    }
}

/// What the gate says to what could not be checked. Ordered: `Block` is strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum CouldNotCheck {
    /// Shown, and no more.
    Pass,
    /// The verdict is at least warn.
    #[default]
    Warn,
    /// The verdict is block.
    Block,
}

impl CouldNotCheck {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Block => "block",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pass, Self::Warn, Self::Block].into_iter().find(|policy| policy.word() == word)
    }
}

impl Line {
    /// The line for people: "`urgent`: finding.severity is now".
    pub fn sentence(&self) -> String {
        match &self.when {
            Some(when) => format!("`{}`: {when}", self.name),
            None => format!("`{}`: everything else", self.name),
        }
    }

    /// What it does, for people: "block and ticket, due within 7 days".
    pub fn deed(&self) -> String {
        let words: Vec<&str> = self.deeds.iter().map(|deed| deed.word()).collect();
        let deeds = match words.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
            _ => words.concat(),
        };
        match self.due {
            Some(due) => format!("{deeds}, due within {due}"),
            None => deeds,
        }
    }
}
