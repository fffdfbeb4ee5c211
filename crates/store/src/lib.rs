//! The ledger and its projections; the only SQL.
//!
//! An append-only ledger (RFC 6962 tree, C2SP checkpoints) says what happened; projections are
//! folds of it and can be made again. This crate knows how to keep; it must not know what a look,
//! a match or a rule is good for. It touches no clock and no source of randomness: both are given.
//!
//! SQL stands in `sql/` only, one statement to a file, in the dialect that SQLite and PostgreSQL
//! share. All calls are `async`, for a current-thread runtime.

mod canonical;
mod checkpoint;
mod codes;
mod entry;
mod error;
mod fold;
mod folder;
mod ledger;
mod look;
pub mod merkle;
mod project;
mod proof;
mod query;
mod rows;
mod segment;
mod sql;
mod store;
#[cfg(test)]
mod testing;
mod tx;
mod verify;

pub use checkpoint::{Algorithm, Checkpoint, NoteError, Signer, Verifier};
pub use entry::{Entry, EntryKind, Header};
pub use error::StoreError;
pub use ledger::{Committed, Random, Recorded};
pub use look::LookCommit;
pub use proof::{Body, Leaf, Proven, verify_proof};
pub use query::{Filter, Prefix, Whereabouts};
pub use store::{Store, StoreOptions};
pub use tx::{Fault, Faults};
pub use verify::{Broken, VerifyReport};
