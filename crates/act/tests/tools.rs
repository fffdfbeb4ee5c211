//! The real tools as oracles: what this crate writes as data is what they accept.
//!
//! A tool that is not installed is said so, and its test proves nothing then.
#![expect(clippy::disallowed_methods, reason = "tests run the tools that the crate must not run")]
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "../../holdfast/tests/support/skip.rs"]
mod skip;

use std::path::Path;
use std::process::{Command, Output};

use holdfast_act::{Change, PackageManager, diff, refresh};
use holdfast_model::Refresh;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

fn installed(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").output().is_ok();
    if !there {
        skip::skip(&format!("no {tool}"));
    }
    there
}

fn run(folder: &Path, command: &[&str]) -> Output {
    let (program, arguments) = command.split_first().unwrap();
    Command::new(program).args(arguments).current_dir(folder).output().unwrap()
}

/// What a tool makes of `before` with our diff.
fn patched(command: &[&str], name: &str, before: &str, after: &str) -> String {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, before).unwrap();
    std::fs::write(folder.path().join("the.diff"), diff(name, before, after)).unwrap();
    let out = run(folder.path(), command);
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
    std::fs::read_to_string(&file).unwrap()
}

const GIT: [&str; 7] =
    ["git", "-c", "core.autocrlf=false", "-c", "apply.whitespace=nowarn", "apply", "the.diff"];
const PATCH: [&str; 5] = ["patch", "--binary", "-s", "-p1", "-ithe.diff"];

fn lines() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => "[ab]{0,2}",
        1 => Just("--- a/x".to_owned()),
        1 => Just("+".to_owned()),
        1 => Just("@@ -1 +1 @@".to_owned()),
        1 => Just("c\r".to_owned()),
        1 => Just("d\re".to_owned()),
        1 => Just("äöü\u{2028}".to_owned()),
    ];
    (proptest::collection::vec(line, 0..14), any::<bool>()).prop_map(|(lines, ended)| {
        let mut text = lines.join("\n");
        if ended && !text.is_empty() {
            text.push('\n');
        }
        text
    })
}

fn agrees(tool: &str, command: &[&str]) {
    if !installed(tool) {
        return;
    }
    let mut runner = TestRunner::new(ProptestConfig { cases: 150, ..ProptestConfig::default() });
    runner
        .run(&(lines(), lines()), |(before, after)| {
            prop_assume!(before != after);
            prop_assert_eq!(patched(command, "Cargo.toml", &before, &after), after);
            Ok(())
        })
        .unwrap();
    for name in ["my file", "ä.txt", "a\"b\\c", "tab\there"] {
        assert_eq!(patched(command, name, "a\nb\n", "a\nc\n"), "a\nc\n", "{name}");
    }
}

#[test]
fn git_applies_our_diffs() {
    agrees("git", &GIT);
}

#[test]
fn patch_applies_our_diffs() {
    agrees("patch", &PATCH);
}

/// A crate, a registry of index files beside it, and a lockfile that cargo wrote itself.
struct CargoProject(TempDir);

impl CargoProject {
    fn new(range: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let at = |path: &str| folder.path().join(path);
        for path in ["src", ".cargo", "registry/index/ol/d-/", "registry/index/pa/re"] {
            std::fs::create_dir_all(at(path)).unwrap();
        }
        std::fs::write(at("src/lib.rs"), "").unwrap();
        let source = "[source.crates-io]\nreplace-with = \"near\"\n\
                      [source.near]\nlocal-registry = \"registry\"\n";
        std::fs::write(at(".cargo/config.toml"), source).unwrap();
        let line = |name: &str, version: &str, needs: &str| {
            let sum = "0".repeat(64);
            format!(
                "{{\"name\":\"{name}\",\"vers\":\"{version}\",\"deps\":[{needs}],\
                 \"cksum\":\"{sum}\",\"features\":{{}},\"yanked\":false}}\n"
            )
        };
        let versions = ["1.0.0", "1.0.3", "1.2.0", "2.0.1", "2.1.0"];
        let index: String = versions.iter().map(|v| line("old-thing", v, "")).collect();
        std::fs::write(at("registry/index/ol/d-/old-thing"), index).unwrap();
        let needs = "{\"name\":\"old-thing\",\"req\":\"^1\",\"features\":[],\"optional\":false,\
                     \"default_features\":true,\"target\":null,\"kind\":\"normal\"}";
        std::fs::write(at("registry/index/pa/re/parent"), line("parent", "1.0.0", needs)).unwrap();
        let this = Self(folder);
        this.manifest("=1.0.0");
        this.cargo(&["cargo", "update", "--workspace", "--offline"], &[]);
        assert_eq!(this.locked(), ["1.0.0"]);
        this.manifest(range);
        this
    }

    fn manifest(&self, range: &str) {
        let text = format!(
            "[package]\nname = \"shop\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dependencies]\nold-thing = \"{range}\"\nparent = \"1\"\n\n[workspace]\n"
        );
        std::fs::write(self.0.path().join("Cargo.toml"), text).unwrap();
    }

    fn cargo(&self, command: &[&str], environment: &[(String, String)]) {
        let (_, arguments) = command.split_first().unwrap();
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let out = Command::new(program)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.0.path())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }

    fn run(&self, refresh: &Refresh) {
        let command: Vec<&str> = refresh.command.iter().map(String::as_str).collect();
        self.cargo(&command, &refresh.environment);
    }

    /// The versions of the package that are locked.
    fn locked(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.0.path().join("Cargo.lock")).unwrap();
        let mut lines = text.lines();
        let mut versions = Vec::new();
        while let Some(line) = lines.next() {
            if line == "name = \"old-thing\"" {
                let version = lines.next().and_then(|line| line.strip_prefix("version = "));
                versions.push(version.unwrap().trim_matches('"').to_owned());
            }
        }
        versions
    }
}

fn cargo(change: Change<'_>) -> Refresh {
    refresh(PackageManager::Cargo, "Cargo.lock", change, true).unwrap().unwrap()
}

#[test]
fn cargo_lifts_an_entry_to_exactly_the_wanted_version() {
    let project = CargoProject::new("1");
    project.run(&cargo(Change::Entry { name: "old-thing", from: "1.0.0", to: "1.0.3" }));
    assert_eq!(project.locked(), ["1.0.3"]);
}

#[test]
fn cargo_takes_over_a_lifted_requirement() {
    let project = CargoProject::new("1.0.3");
    project.run(&cargo(Change::Manifest { name: "old-thing", to: "1.0.3" }));
    let locked = project.locked();
    assert!(["1.0.3", "1.2.0"].contains(&locked[0].as_str()) && locked.len() == 1, "{locked:?}");
}

#[test]
fn cargo_keeps_what_a_parent_needs_when_the_major_version_changes() {
    let project = CargoProject::new("2.0.1");
    project.run(&cargo(Change::Manifest { name: "old-thing", to: "2.0.1" }));
    let locked = project.locked();
    // The parent still asks for 1: its copy stays, and only the copy that was lifted is new.
    assert_eq!((locked.len(), locked[0].as_str()), (2, "1.0.0"));
    // With two copies locked, the entry that is meant has to be named by its version.
    project.run(&cargo(Change::Entry { name: "old-thing", from: "1.0.0", to: "1.0.3" }));
    assert_eq!(project.locked()[0], "1.0.3");
}
