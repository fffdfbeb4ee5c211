//! The collectors of hosts: fixtures, traps, oracles, properties.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "tests may fail, and say why"
)]

mod fixtures;
mod oracles;
mod properties;
#[path = "../../../holdfast/tests/support/skip.rs"]
mod skip;
mod traps;
mod tree;
