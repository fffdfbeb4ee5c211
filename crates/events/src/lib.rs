//! Is somebody doing what they should not? Sigma rules over records, announcements, cases.
//!
//! Knows what rules ask and how alerts belong together. Must not know where records come from,
//! how an event is made of one, or whom to tell.

#![cfg_attr(test, allow(clippy::indexing_slicing, reason = "tests may end loudly"))]

pub mod announce;
pub mod built_in;
pub mod cases;
pub mod check;
pub mod read;
pub mod rule;
pub mod rules;
pub mod tree;

mod detection;
mod field;
mod modifiers;
mod pattern;
mod source;
mod test;

pub use announce::Happened;
pub use built_in::built_in;
pub use cases::{Cases, Out};
pub use check::{Example, run_tests};
pub use read::read;
pub use rule::{Hours, Level, Rule, Source};
pub use rules::{Evaluator, RuleIndex, Rules};

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("event-condition", "the condition of a rule cannot be read, or names what is not there"),
    ("event-depth", "a record nests deeper than records do"),
    ("event-detection", "a detection of a rule asks nothing, or has no name"),
    ("event-family", "a family is no word in kebab case"),
    ("event-hours", "hours, or their time zone, cannot be read"),
    ("event-json", "a record is not valid JSON"),
    ("event-modifier", "a modifier is not known, or contradicts another"),
    ("event-placeholder", "a rule needs values that it does not bring"),
    ("event-regex", "a regular expression cannot be read"),
    ("event-rule-twice", "two rules have one id"),
    ("event-runbook", "a rule wakes somebody, and does not say what to do then"),
    ("event-size", "a record is larger than records are"),
    ("event-source", "a rule reads a log that nobody knows"),
    ("event-unsupported", "a document is a part of Sigma that is not supported"),
    ("event-untested", "a rule of ours lacks records of one kind"),
    ("event-utf8", "a record is not valid UTF-8"),
    ("event-value", "a value of a rule cannot be what its field asks"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let mut codes: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(codes.iter().all(|code| code.chars().all(plain)));
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    /// A code that is used and not listed would have no page, and one that is listed and not used
    /// would explain nothing.
    #[test]
    fn the_codes_in_the_source_are_those_that_are_listed() {
        let sources = [
            include_str!("check.rs"),
            include_str!("read.rs"),
            include_str!("read/compile.rs"),
            include_str!("read/condition.rs"),
            include_str!("read/extension.rs"),
            include_str!("rules.rs"),
            include_str!("source.rs"),
            include_str!("tree.rs"),
        ];
        let mut used: Vec<&str> = sources
            .iter()
            .flat_map(|text| text.split('"'))
            .filter(|code| code.starts_with("event-") && !code.contains(' '))
            .collect();
        used.sort_unstable();
        used.dedup();
        let mut listed: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        listed.sort_unstable();
        assert_eq!(used, listed);
    }
}
