//! Plans and decisions to requests: what to change, as data.
//!
//! This room knows edits, the ecosystems' own tools, plans, whose yes they have, advice, and how partners are told. It
//! must not write a file, run a program or send anything: `world` does, and what it wrote is read again before anybody
//! says *fixed*.

pub mod advice;
mod approved;
mod by_hand;
mod chat;
pub mod connector;
mod consent;
mod diff;
pub mod edit;
mod mail;
pub mod overrides;
pub mod plan;
mod proposal;
pub mod refresh;
mod ticket;
mod webhook;

pub use advice::{Advice, Case, Holder, Parent, Reach, advise};
pub use approved::{Approved, NotYet};
pub use by_hand::{by_hand, compiled, finding_by_hand, kept_by_hand, with_hashes};
pub use consent::{Consent, same_person};
pub use diff::diff;
pub use edit::{apply, by_file, edit_requirement, undo};
pub use plan::{Effects, Plan, Stated};
pub use proposal::{Draft, Proposal};
pub use refresh::{Change, PackageManager, refresh};

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("edit-empty", "an edit would change nothing, or more than its line"),
    ("edit-not-liftable", "a requirement is no version range"),
    ("edit-overlap", "two edits mean the same bytes"),
    ("edit-stale", "a file has changed since it was read"),
    ("edit-unplaced", "a manifest has no place for an override that can be found"),
    ("partner-absent", "a partner knows no such place"),
    ("partner-busy", "a partner was asked too often, or cannot take more now"),
    ("partner-denied", "a partner does not accept a secret, or does not allow something"),
    ("partner-elsewhere", "a partner answers at another address"),
    ("partner-endless", "a partner's answers lead to no end"),
    ("partner-failed", "a partner failed by its own fault"),
    ("partner-garbled", "a partner answered against its own contract"),
    ("partner-gone", "a message cannot be rewritten any more"),
    ("partner-lost", "no answer came from a partner"),
    ("partner-refused", "a partner refused what it was told"),
    ("partner-unfit", "something cannot be told to that partner in that way"),
    ("plan-altered", "a plan is not the one that its digest names"),
    ("plan-unreadable", "a document is no plan"),
    ("proposal-altered", "a proposal is not the one that its digest names"),
    ("proposal-draft", "a proposal lacks something, or holds too much"),
    ("proposal-unreadable", "a document is no proposal"),
    ("refresh-argument", "a name or version cannot be given to the ecosystem's tool"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_unique_and_in_order() {
        let codes: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }

    /// A code that is used and not listed would have no page; one that is listed and not used, a
    /// page about nothing.
    #[test]
    fn the_codes_in_the_source_are_those_that_are_listed() {
        let sources = [
            include_str!("advice.rs"),
            include_str!("by_hand.rs"),
            include_str!("chat/slack.rs"),
            include_str!("chat/slack_webhook.rs"),
            include_str!("connector.rs"),
            include_str!("connector/answered.rs"),
            include_str!("diff.rs"),
            include_str!("edit.rs"),
            include_str!("mail.rs"),
            include_str!("overrides.rs"),
            include_str!("plan.rs"),
            include_str!("proposal.rs"),
            include_str!("refresh.rs"),
            include_str!("ticket/github.rs"),
            include_str!("ticket/jira.rs"),
            include_str!("webhook.rs"),
        ];
        let mut used: Vec<&str> = sources
            .iter()
            .flat_map(|text| text.split("#[cfg(test)]").next().unwrap_or_default().split('"'))
            .filter(|word| {
                ["edit-", "partner-", "plan-", "proposal-", "refresh-"]
                    .iter()
                    .any(|p| word.starts_with(p))
            })
            .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            .collect();
        used.sort_unstable();
        used.dedup();
        let listed: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(used, listed);
    }
}
