//! `cargo xtask ci`: the checks that are cheaper than the tests. All of them run, whatever fails.

use crate::tools::{self, Done};
use crate::{docs, policy, tidy};

/// A check and its name.
type Check = (&'static str, fn() -> Done);

const CHECKS: &[Check] = &[
    ("format", || tools::output(tools::cargo(&["fmt", "--all", "--check"])).map(drop)),
    ("lints", lints),
    ("tidy", tidy::run),
    ("pages", || docs::run(&["--check".to_owned()])),
    ("dependencies", policy::run),
];

/// Runs every check and names those that failed.
pub(crate) fn run() -> Done {
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        match check() {
            Ok(()) => tools::say(&format!("ok      {name}")),
            Err(message) => {
                tools::say(&format!("failed  {name}"));
                tools::complain(&message);
                failed.push(*name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn lints() -> Done {
    let args = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    tools::output(tools::cargo(&args)).map(drop)
}
