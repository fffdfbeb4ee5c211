//! Says that a test is skipped, in whole or in part, and counts it: the one way in which the tests of
//! every crate do so. `cargo xtask test` ends with how many there were, and why.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "each crate uses its part, and tests write where it is counted"
)]

use std::io::Write as _;

/// Why the files that others collected are not compared.
pub(crate) const NO_DATA: &str = "no data folder (HOLDFAST_SHARED names it)";

/// Of the test that runs in this thread.
pub(crate) fn skip(why: &str) {
    let thread = std::thread::current();
    skip_named(thread.name().unwrap_or("a test"), why);
}

/// Of a test that goes by another name. Whoever skips twice is counted once.
pub(crate) fn skip_named(test: &str, why: &str) {
    eprintln!("{test} is skipped: {why}");
    let Some(path) = std::env::var_os("HOLDFAST_TEST_SKIPPED") else { return };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    // In one piece: other tests write at the same time.
    let line = format!("{} {test}\t{why}\n", std::process::id());
    file.unwrap().write_all(line.as_bytes()).unwrap();
}
