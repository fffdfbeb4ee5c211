//! What is to be done: severity in context, our rules for acting, due dates, the gate, routes, ways of
//! working.
//!
//! Knows findings, assets and looks by the model's words; knows nothing of lockfiles, advisories'
//! formats, tickets or stores. Time is an argument.

pub mod appetite;
pub mod approvals;
pub mod explain;
pub mod gate;
pub mod judge;
pub mod practice;
pub mod presets;
pub mod route;
pub mod severity;
pub mod tighter;

mod due;
mod examples;
mod fields;
mod read;

pub use appetite::{Appetite, Approvals, CouldNotCheck, Line};
pub use approvals::{approvals_in_words, needed};
pub use due::Due;
pub use examples::{Example, run_tests};
pub use explain::{Change, Explanation, LineVerdict, explain};
pub use fields::SCHEMA;
pub use gate::{Gaps, Gate, verdict};
pub use judge::{Look, judge};
pub use practice::{PRACTICES, Practice, run_practice_tests};
pub use presets::{DEFAULT_PRESET, preset, presets};
pub use route::Codeowners;
pub use severity::in_context;
pub use tighter::{Strictest, strength, stricter_of, tighter};

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("appetite-line", "a line of our rules for acting can never decide, or has its name twice"),
    ("appetite-open", "our rules for acting leave something undecided"),
    ("appetite-due", "a due time is not written as hours or days"),
    ("appetite-approvals", "the approvals contradict each other"),
    ("appetite-untested", "our rules for acting have no examples"),
    ("practice-id", "a practice has an id that is none, or not that of its file"),
    ("practice-ring", "a ring of a practice has no name of its own, or there is none"),
    ("practice-soak", "a ring does not say how long an update has to hold there"),
    ("practice-untested", "a practice has no examples"),
    ("practice-window", "a window of a practice is none, or would never open"),
    ("codeowners-pattern", "a line of CODEOWNERS uses what its format does not know"),
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

    /// A code that is used and not listed would have no page.
    #[test]
    fn every_code_in_the_source_is_listed() {
        let mut used = 0;
        let sources = [
            include_str!("due.rs"),
            include_str!("examples.rs"),
            include_str!("practice/examples.rs"),
            include_str!("practice/read.rs"),
            include_str!("read.rs"),
            include_str!("route.rs"),
        ];
        for code in sources.iter().flat_map(|text| text.split('"')) {
            let ours = ["appetite-", "codeowners-", "practice-"]
                .iter()
                .any(|prefix| code.starts_with(prefix));
            let kebab = code.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if ours && kebab {
                used += 1;
                assert!(super::CODES.iter().any(|(known, _)| *known == code), "`{code}`");
            }
        }
        assert!(used >= super::CODES.len() / 2, "only {used} uses were found");
    }
}
