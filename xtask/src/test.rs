//! `cargo xtask test`: installs what the tests need, then runs everything.
//!
//! The binary that scenarios drive is built by cargo itself, as part of the tests that use it.

mod stage;

use std::path::Path;
use std::process::Command;

use crate::tools::{self, Done};

/// A program that tests call.
struct Need {
    program: &'static str,
    /// The Debian package that brings it.
    package: &'static str,
    why: &'static str,
    /// Whether the tests cannot do without it. Those of the others are skipped, and counted.
    always: bool,
}

const NEEDS: &[Need] = &[
    Need {
        program: "git",
        package: "git",
        why: "the door to git and the scenarios are tested on real repositories",
        always: true,
    },
    Need {
        program: "dpkg",
        package: "dpkg",
        why: "its --compare-versions is the judge of Debian's version order",
        always: true,
    },
    Need {
        program: "rpmbuild",
        package: "rpm",
        why: "it judges RPM's version order, and rpm -qa what is read out of its database",
        always: false,
    },
    Need {
        program: "ruby",
        package: "ruby",
        why: "its Gem::Version is the judge of Ruby's version order, and recipes for Chef are run by it",
        always: false,
    },
    Need {
        program: "php",
        package: "php-cli",
        why: "its version_compare is the judge of Composer's version order",
        always: false,
    },
    Need {
        // A module of the system's Python, named by its path for want of a program.
        program: "/usr/lib/python3/dist-packages/packaging/version.py",
        package: "python3-packaging",
        why: "its Version is the judge of Python's version order",
        always: false,
    },
    Need {
        // Its version order is a class of a library.
        program: "/usr/share/java/maven3-artifact.jar",
        package: "libmaven3-core-java",
        why: "its ComparableVersion is the judge of Maven's version order",
        always: false,
    },
    Need {
        program: "java",
        package: "default-jre-headless",
        why: "runs Maven's library",
        always: false,
    },
    Need {
        program: "ansible-playbook",
        package: "ansible-core",
        why: "playbooks are run, not only written",
        always: false,
    },
    Need {
        program: "puppet",
        package: "puppet-agent",
        why: "manifests are applied, not only written",
        always: false,
    },
    Need {
        program: "sshd",
        package: "openssh-server",
        why: "sshd -T is the judge of effective configurations",
        always: false,
    },
    Need {
        program: "busybox",
        package: "busybox",
        why: "its shell is that of small systems, where the script for hosts has to run, too",
        always: false,
    },
    Need {
        program: "debootstrap",
        package: "debootstrap",
        why: "makes the small system in which fixes are carried out",
        always: false,
    },
    Need {
        program: "chromium",
        package: "chromium",
        why: "walks the console as people do",
        always: false,
    },
    Need {
        program: "npm",
        package: "npm",
        why: "brings Playwright and axe, with which the console is walked",
        always: false,
    },
];

/// Where apt keeps its lists of packages.
const LISTS: &str = "/var/lib/apt/lists";

/// Installs and runs; `args` go to the runner.
pub(crate) fn run(args: &[String]) -> Done {
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !tools::installed(need.program)).collect();
    let needed = missing.iter().any(|need| need.always);
    if needed || (!missing.is_empty() && can_install()) {
        install(&missing)?;
    }
    let stage = stage::make(can_install());
    // Documentation first, so that the summary of the runner comes last.
    let documentation = tools::run(tools::cargo(&["test", "--quiet", "--workspace", "--doc"]));
    let mut runner = runner(args);
    stage.tell(&mut runner);
    let everything = tools::run(runner);
    stage.say_skipped();
    documentation.and(everything)
}

fn can_install() -> bool {
    is_root() && tools::installed("apt-get")
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
    if !can_install() {
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
        assert!(text.contains("help: sudo apt-get install git dpkg"), "{text}");
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
