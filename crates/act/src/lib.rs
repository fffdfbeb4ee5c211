//! Plans and decisions to requests: what to change, as data.
//!
//! This room knows edits, the ecosystems' own tools, plans and advice. It must not write a file
//! or run a program: `world` does, and what it wrote is read again before anybody says *fixed*.

pub mod advice;
mod diff;
pub mod edit;
pub mod plan;
pub mod refresh;

pub use advice::{Advice, Case, Parent, Reach, advise};
pub use diff::diff;
pub use edit::{apply, by_file, edit_requirement, undo};
pub use plan::{Effects, Plan, Stated};
pub use refresh::{Change, refresh};

/// Every problem code of this crate, with what it means; codes are stable.
pub const CODES: &[(&str, &str)] = &[
    ("edit-empty", "an edit would change nothing, or more than its line"),
    ("edit-not-liftable", "a requirement is no version range"),
    ("edit-overlap", "two edits mean the same bytes"),
    ("edit-stale", "a file has changed since it was read"),
    ("refresh-argument", "a name or version cannot be given to the ecosystem's tool"),
];
