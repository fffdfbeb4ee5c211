//! `cargo xtask test`: installs what the tests need, then runs everything.
//!
//! The binary that scenarios drive is built by cargo itself, as part of the tests that use it.

use std::path::Path;
use std::process::Command;

use crate::tools::{self, Done};

/// A program that tests call.
struct Need {
    program: &'static str,
    /// The Debian package that brings it.
    package: &'static str,
    why: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        program: "git",
        package: "git",
        why: "the door to git and the scenarios are tested on real repositories",
    },
    Need {
        program: "dpkg",
        package: "dpkg",
        why: "its --compare-versions is the judge of Debian's version order",
    },
];

/// Where apt keeps its lists of packages.
const LISTS: &str = "/var/lib/apt/lists";

/// Installs and runs; `args` go to the runner.
pub(crate) fn run(args: &[String]) -> Done {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !tools::installed(need.program)).collect();
    if !missing.is_empty() {
        install(&missing)?;
    }
    // Documentation first, so that the summary of the runner comes last.
    let documentation = tools::run(tools::cargo(&["test", "--quiet", "--workspace", "--doc"]));
    let everything = tools::run(runner(args));
    documentation.and(everything)
}

/// The quicker runner where it is installed.
fn runner(args: &[String]) -> Command {
    let nextest = tools::answers(tools::cargo(&["nextest", "--version"]));
    let fixed: &[&str] = if nextest {
        &["nextest", "run", "--workspace", "--no-fail-fast", "--status-level=fail"]
    } else {
        &["test", "--quiet", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]
    };
    let mut command = tools::cargo(fixed);
    command.args(args);
    command
}

fn install(missing: &[&Need]) -> Done {
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    if !is_root() || !tools::installed("apt-get") {
        return Err(by_hand(missing));
    }
    tools::say(&format!("installing {} for the tests", packages.join(", ")));
    if lists_are_empty(Path::new(LISTS)) {
        tools::output(apt(&["update", "-qq"]))?;
    }
    let mut command = apt(&["install", "-qq", "--yes", "--no-install-recommends"]);
    command.args(&packages);
    tools::output(command).map(drop)
}

/// What somebody has to do who is not root.
fn by_hand(missing: &[&Need]) -> String {
    let packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    let lines: Vec<String> =
        missing.iter().map(|need| format!("  {}: {}", need.program, need.why)).collect();
    format!(
        "the tests need programs that are not installed:\n{}\nhelp: sudo apt-get install {}",
        lines.join("\n"),
        packages.join(" ")
    )
}

fn apt(args: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// A fresh machine or image has no lists, and then apt finds no package at all.
fn lists_are_empty(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return true };
    let is_list = |name: &str| name.contains("_Packages");
    !entries.flatten().any(|entry| entry.file_name().to_str().is_some_and(is_list))
}

fn is_root() -> bool {
    let id = tools::output({
        let mut command = Command::new("id");
        command.arg("-u");
        command
    });
    id.is_ok_and(|id| id.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_what_to_install_and_why() {
        let all: Vec<&Need> = NEEDS.iter().collect();
        let text = by_hand(&all);
        assert!(text.ends_with("help: sudo apt-get install git dpkg"), "{text}");
        assert!(NEEDS.iter().all(|need| text.contains(need.why)), "{text}");
    }

    #[test]
    fn lists_without_packages_are_empty() {
        let folder = std::env::temp_dir().join(format!("holdfast-lists-{}", std::process::id()));
        assert!(lists_are_empty(&folder));
        std::fs::create_dir_all(folder.join("partial")).unwrap();
        std::fs::write(folder.join("lock"), "").unwrap();
        assert!(lists_are_empty(&folder));
        std::fs::write(folder.join("mirror.example_dists_stable_main_Packages.lz4"), "").unwrap();
        assert!(!lists_are_empty(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
