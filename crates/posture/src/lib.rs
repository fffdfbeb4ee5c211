//! Is this as it should be? Desired states of hosts: controls, their comparison with what was
//! seen, and their rendering to shell, Ansible, Puppet and Chef.
//!
//! Knows what is wanted and how each tool says it. Must not know where settings are read from,
//! how a change is carried out, or what becomes of a finding.

pub mod baseline;
pub mod built_in;
pub mod control;
mod cron;
pub mod explain;
pub mod judge;
pub mod read;
pub mod render;
pub mod seen;

mod compare;
mod examples;
mod fields;
mod nouns;

pub use baseline::{Baseline, Baselines, HostNames, Settings, Tailored};
pub use built_in::{BuiltIn, built_in};
pub use control::{Control, Ensure, Risk};
pub use examples::{Example, run_tests};
pub use explain::explain;
pub use fields::{LISTS, SCHEMA};
pub use judge::{
    ControlResult, Judgement, Order, digest_of, judge, nearest_way, resources, wanted,
};
pub use nouns::{NOUNS, Noun};
pub use read::{
    Answered, Manual, is_manual, read, read_built_in, read_manual, read_manual_with, read_with,
};
pub use render::{
    Laid, Manager, NOT_ON_OFFER, Part, Remarks, Rendered, Whole, check_name, lay_out, only_by_hand,
    render, render_to, render_whole,
};
pub use seen::Seen;

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("control-id", "a control's id is no id, or not the name of its file"),
    ("control-line", "a line of a control is no state, or one too many"),
    ("control-noun", "a control speaks of a kind of thing that is not known"),
    ("control-name", "a control names something that cannot be called so"),
    ("control-value", "a control wants a value that can never be"),
    ("control-fix", "a control that can only be checked does not say why people mend it"),
    ("control-untested", "a control lacks an example of one kind"),
    ("baseline-conflict", "two steps for one host want what cannot both be"),
    ("baseline-control", "a baseline speaks of a control that it has not, or that is not there"),
    ("baseline-cycle", "baselines extend each other in a circle"),
    ("baseline-drop", "a baseline drops a control without a reason, or one that it has not"),
    ("baseline-empty", "a baseline asks for nothing"),
    ("baseline-extends", "a baseline extends one that is not there or cannot be used"),
    ("baseline-id", "a baseline's id is no id, or not the name of its file"),
    ("baseline-line", "a baseline tightens something that its control does not speak of"),
    ("baseline-loosens", "a baseline wants less of something than what it builds on"),
    ("baseline-scope", "a step of a baseline does not say for which hosts it is"),
    ("baseline-setting", "a baseline sets what no control asks for, or declares what cannot be"),
    ("baseline-size", "there are too many baselines, or they extend each other in too many ways"),
    ("baseline-twice", "two baselines have the same id"),
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
            include_str!("baseline/host.rs"),
            include_str!("baseline/read.rs"),
            include_str!("baseline/resolve.rs"),
            include_str!("baseline/settings.rs"),
            include_str!("examples.rs"),
            include_str!("examples/given.rs"),
            include_str!("read.rs"),
            include_str!("read/accounts.rs"),
            include_str!("read/checked.rs"),
            include_str!("examples/accounts.rs"),
            include_str!("examples/checked.rs"),
            include_str!("read/ensure.rs"),
            include_str!("read/files.rs"),
            include_str!("read/manual.rs"),
            include_str!("read/mounts.rs"),
            include_str!("read/sshd_options.rs"),
            include_str!("read/values.rs"),
        ];
        let mut used: Vec<&str> = sources
            .iter()
            .flat_map(|text| text.split('"'))
            .filter(|code| code.starts_with("control-") || code.starts_with("baseline-"))
            .filter(|code| !code.contains(' '))
            .collect();
        used.sort_unstable();
        used.dedup();
        let mut listed: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        listed.sort_unstable();
        assert_eq!(used, listed);
    }
}
