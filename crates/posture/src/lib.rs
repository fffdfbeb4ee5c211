//! Is this as it should be? Desired states of hosts: controls, their comparison with what was
//! seen, and their rendering to shell and Ansible.
//!
//! Knows what is wanted and how each tool says it. Must not know where settings are read from,
//! how a change is carried out, or what becomes of a finding.

pub mod built_in;
pub mod control;
pub mod judge;
pub mod read;
pub mod render;
pub mod seen;

mod compare;
mod examples;
mod fields;

pub use built_in::built_in;
pub use control::{Control, Risk};
pub use examples::{Example, run_tests};
pub use fields::SCHEMA;
pub use judge::{
    ControlResult, Judgement, Order, digest_of, judge, nearest_way, resources, wanted,
};
pub use read::{read, read_built_in};
pub use render::{Rendered, render};
pub use seen::Seen;

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("control-id", "a control's id is no id, or not the name of its file"),
    ("control-line", "a line of a control is no state, or one too many"),
    ("control-noun", "a control speaks of a kind of thing that is not known"),
    ("control-name", "a control names something that cannot be called so"),
    ("control-value", "a control wants a value that can never be"),
    ("control-untested", "a control lacks an example of one kind"),
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

    /// A code that is used and not listed would have no page, and one that is listed and not used
    /// would explain nothing.
    #[test]
    fn the_codes_in_the_source_are_those_that_are_listed() {
        let sources = [
            include_str!("examples.rs"),
            include_str!("examples/given.rs"),
            include_str!("read.rs"),
            include_str!("read/ensure.rs"),
            include_str!("read/sshd_options.rs"),
            include_str!("read/values.rs"),
        ];
        let mut used: Vec<&str> = sources
            .iter()
            .flat_map(|text| text.split('"'))
            .filter(|code| code.starts_with("control-") && !code.contains(' '))
            .collect();
        used.sort_unstable();
        used.dedup();
        let mut listed: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        listed.sort_unstable();
        assert_eq!(used, listed);
    }
}
