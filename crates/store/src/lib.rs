//! The ledger and its projections; the only SQL.
//!
//! An append-only ledger (RFC 6962 tree, C2SP checkpoints) says what happened; projections are
//! folds of it and can be made again. This crate knows how to keep; it must not know what a look,
//! a match or a rule is good for. It touches no clock and no source of randomness: both are given.
//!
//! SQL stands in `sql/` only, one statement to a file, in the dialect that SQLite and PostgreSQL
//! share. All calls are `async`, for a current-thread runtime.

mod access;
mod announcement;
mod batch;
mod canonical;
mod case;
mod checkpoint;
mod codes;
mod entry;
mod error;
mod events;
mod fold;
mod folder;
mod holder;
mod hosts;
mod ledger;
mod look;
pub mod merkle;
mod names;
mod objective;
mod packages;
mod plans;
mod project;
mod proof;
mod query;
mod retain;
mod rows;
mod segment;
mod sql;
mod steps;
mod store;
mod tell;
#[cfg(test)]
mod testing;
mod tx;
mod verify;

pub use access::{NewSession, Session, Token};
pub use case::{Answered, CaseFilter, CaseRecord, CaseSaid};
pub use checkpoint::{Algorithm, Checkpoint, NoteError, Signer, Verifier};
pub use entry::{Entry, EntryKind, Header};
pub use error::StoreError;
pub use events::{EventCommit, EventRecord, EventSegment, EventsCommitted, EventsFound, StepState};
pub use holder::{ADVISORIES, Copies, HeldSet, Holder};
pub use hosts::HostRecord;
pub use ledger::{Committed, Random, Recorded};
pub use look::{Decided, LookCommit};
pub use objective::ObjectiveRecord;
pub use plans::{Act, ActBegin, ActEnd, ActRecord, ActResult, ActStep, PlanRecord};
pub use proof::{Body, Leaf, Proven, verify_proof};
pub use query::{Filter, Prefix, Whereabouts};
pub use retain::{RETENTION_DAYS, Retained};
pub use store::{PAGE_SIZE, Store, StoreOptions};
pub use tell::{Tell, TellFailure, TellFilter, TellLease, TellPut, TellRecord, TellState};
pub use tx::{Fault, Faults};
pub use verify::{Broken, VerifyReport};

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("access-name", "a name cannot be one of a person"),
    ("act-not-running", "nothing of the plan is under way that could end"),
    ("announcement-unknown", "the record holds no such announcement"),
    ("plan-begun", "a plan was carried out already, or is being carried out"),
    ("plan-expired", "nobody said yes to a plan in time"),
    ("plan-not-carried-out", "there is nothing of a plan to confirm or to take back"),
    ("plan-refused", "somebody said no to a plan"),
    ("plan-unapproved", "nobody has said yes to a plan yet"),
    ("plan-unknown", "the record holds no such plan"),
    ("tell-lease-lost", "somebody else sends a message by now, or it was sent"),
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
        const PREFIXES: [&str; 5] = ["access-", "act-", "announcement-", "plan-", "tell-"];
        let sources = [
            include_str!("access.rs"),
            include_str!("announcement.rs"),
            include_str!("plans/rules.rs"),
            include_str!("tell.rs"),
        ];
        let mut used: Vec<&str> = sources
            .iter()
            .flat_map(|text| text.split("#[cfg(test)]").next().unwrap_or_default().split('"'))
            .filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
            .filter(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '-'))
            .collect();
        used.sort_unstable();
        used.dedup();
        let listed: Vec<&str> = super::CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(used, listed);
    }
}
