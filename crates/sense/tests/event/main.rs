//! The readers of logs: fixtures, real logs, the journal's own tool, hostile input.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests may fail, say why, read their fixtures and run tools"
)]

mod drive;
mod fixtures;
mod long;
mod oracles;
mod pieces;
#[path = "../../../holdfast/tests/support/skip.rs"]
mod skip;
