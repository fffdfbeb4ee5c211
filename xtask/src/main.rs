//! The chores of the project, one command each: `cargo xtask ci|test|tidy|dependencies|docs|bench|dist`.
//!
//! It knows the tree and the tools, and nothing of what Holdfast does. Each chore returns every
//! complaint it has; only this file prints a verdict and chooses an exit code.

mod bench;
mod ci;
mod dist;
mod docs;
mod policy;
mod spdx;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask CHORE

  ci                the cheaper checks: format, lints, tidiness, pages, dependencies
  test [ARGS…]      installs what the tests need and runs all of them; ARGS go to the runner
  tidy              the project's own rules about its files
  dependencies      their licences, sources and bans
  docs [--check]    writes the reference pages, or names those that are stale
  bench [NAME…]     CPU time and memory of whole processes, as a table
  dist              a static binary, as an archive and as a Debian package
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (chore, rest) = match args.split_first() {
        Some((chore, rest)) => (chore.as_str(), rest),
        None => ("help", &[][..]),
    };
    // What is measured runs where its case says, not at the root.
    if chore == bench::MEASURE {
        return ended(bench::measure(rest));
    }
    ended(tools::enter_root().and_then(|()| match chore {
        "ci" => ci::run(),
        "test" => test::run(rest),
        "tidy" => tidy::run(),
        "dependencies" => policy::run(),
        "docs" => docs::run(rest),
        "bench" => bench::run(rest),
        "dist" => dist::run(),
        "help" | "--help" | "-h" => {
            tools::say(HELP);
            Ok(())
        }
        other => Err(format!("there is no chore `{other}`\n\n{HELP}")),
    }))
}

/// Says what was not done, and chooses the exit code.
fn ended(done: tools::Done) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            tools::complain(&message);
            ExitCode::FAILURE
        }
    }
}
