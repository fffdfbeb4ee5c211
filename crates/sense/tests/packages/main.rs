//! The readers of package databases: fixtures, oracles, properties.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail, and say why"
)]

mod drive;
mod fixtures;
mod oracles;
mod properties;
mod rpm;
#[path = "../../../holdfast/tests/support/skip.rs"]
mod skip;
