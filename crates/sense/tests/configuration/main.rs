//! The collectors of configuration: fixtures, sshd, ssh and apt themselves as oracles, hostile input.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "tests may fail, and say why"
)]

mod apt;
mod audit;
mod client;
mod dice;
mod fixtures;
mod hostile;
mod remote;
mod sieved;
#[path = "../../../holdfast/tests/support/skip.rs"]
mod skip;
mod sshd;
mod stream;
mod support;
