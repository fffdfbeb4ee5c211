//! The readers of package databases: fixtures, oracles, properties.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may fail, and say why"
)]

mod drive;
mod fixtures;
mod oracles;
mod properties;
mod rpm;
