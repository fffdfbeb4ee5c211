//! Which way of working really mends faster? Counts only.
//!
//! Knows findings' lives by the model's words, and goals; knows nothing of stores, pages or whose
//! fault anything is. Time is an argument, and nothing here draws a lot.

pub mod goal;
pub mod spell;
pub mod summary;
pub mod survival;
pub mod svg;
pub mod words;

#[cfg(test)]
mod testing;

pub use goal::{Goal, Judgement, Verdict};
pub use spell::{End, History, Profile, Spell, spells};
pub use summary::{Ages, Group, HORIZON_DAYS, Half, Summary, half_mended};
pub use svg::{Drawing, Line};

/// Every problem code of this crate, with what it means; codes are stable. Goal files also give
/// the codes of the rule file reader.
pub const CODES: &[(&str, &str)] = &[
    ("goal-date", "a day of a goal is not written as a date, or the days contradict each other"),
    ("goal-id", "the id of a goal is not written in small letters, digits and `-`"),
    ("goal-share", "the share of a goal is not written as percent or `half`"),
    ("goal-within", "the time of a goal is not written as hours or days"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_unique_and_in_kebab_case() {
        let mut codes: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    /// A code that is used and not listed would have no page; one that is listed and not used
    /// would be a page about nothing.
    #[test]
    fn every_code_in_the_source_is_listed() {
        let source = include_str!("goal/read.rs");
        let kebab = |code: &&str| code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let mut used: Vec<&str> =
            source.split('"').filter(|code| code.starts_with("goal-")).filter(kebab).collect();
        used.sort_unstable();
        used.dedup();
        let listed: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(used, listed);
    }
}
