//! One finding out of many witnesses: joining, keys, acceptances, the state machine, outcomes.
//!
//! This room knows identity, states and counting. It must not know ecosystems' version orders,
//! feeds, files or the appetite: sightings come in, findings and the log of their lives go out.

pub mod accept;
mod alias;
pub mod baseline;
pub mod join;
pub mod locus;
mod pairing;
pub mod state;
#[cfg(test)]
mod testing;
pub mod thread;
pub mod unassessed;

pub use alias::local_keys;
pub use join::{Sighting, join};
pub use state::{
    Batch, Heard, HeardOut, Judged, Presence, Scope, StepOut, Unread, allowed, hear, step, succeed,
};

/// Every problem code of this crate, with what it means; codes are stable. Acceptance files also
/// give the codes of the rule file reader.
pub const CODES: &[(&str, &str)] = &[
    ("accept-append", "an acceptance could not be added to its file"),
    ("accept-date", "the last day of an acceptance is not a date"),
    ("accept-many", "a list of acceptances has too many problems to be read to its end"),
    ("accept-request", "a comment that asks to accept something is not written as one"),
    ("accept-versions", "an acceptance is anchored to no version"),
];
