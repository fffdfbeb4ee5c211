//! Every fixture folder against its `expected.json`.
//!
//! The files of a fixture stand flat in its folder and get their place in a system here, so that
//! a look at this very repository does not take them for a system's own.

#![expect(clippy::disallowed_methods, reason = "tests read their fixtures")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use holdfast_model::Fact;
use holdfast_sense::codes::CODES;
use holdfast_sense::system_reader_for;

use crate::drive::{Files, facts, problems};

fn place_of(name: &str) -> String {
    match name {
        "status" => "/var/lib/dpkg/status".to_owned(),
        "etc-os-release" => "/etc/os-release".to_owned(),
        "usr-os-release" => "/usr/lib/os-release".to_owned(),
        "metadata" => "/usr/lib/python3/site-packages/x-1.dist-info/METADATA".to_owned(),
        "pkg-info" => "/usr/lib/python3/site-packages/x-1.egg-info".to_owned(),
        "node-package" => "/app/node_modules/@a/x/package.json".to_owned(),
        "gem-specification" => "/var/lib/gems/3.1.0/specifications/x-1.gemspec".to_owned(),
        "composer-installed" => "/app/vendor/composer/installed.json".to_owned(),
        "apk-installed" => "/lib/apk/db/installed".to_owned(),
        "rpmdb.sqlite" | "rpmdb.sqlite-wal" => format!("/usr/lib/sysimage/rpm/{name}"),
        "Packages.db" | "Packages" => format!("/var/lib/rpm/{name}"),
        other => match other.strip_prefix("status.d-") {
            Some(package) => format!("/var/lib/dpkg/status.d/{package}"),
            None => format!("/var/lib/apt/lists/{other}"),
        },
    }
}

fn folders_of(reader: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(reader);
    let entries =
        std::fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

fn files_of(folder: &Path) -> Files {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries
        .filter(|path| name(path) != "expected.json")
        .map(|path| (place_of(&name(&path)), std::fs::read(&path).unwrap()))
        .collect()
}

/// What the reader says of each of its documents in a folder.
fn said(reader: &str, folder: &Path) -> BTreeMap<String, Vec<Fact>> {
    let files = files_of(folder);
    let mine =
        |path: &&String| system_reader_for(path, b"").is_some_and(|r| r.about().id == reader);
    files.keys().filter(mine).map(|path| (path.clone(), facts(&files, path))).collect()
}

fn check(reader: &str) {
    let mut differing = Vec::new();
    let mut cases = BTreeSet::new();
    for folder in folders_of(reader) {
        let case = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let said = said(reader, &folder);
        let all: Vec<Fact> = said.values().flatten().cloned().collect();
        let broken = case.starts_with("broken-");
        let problems = problems(&all);
        assert_eq!(!problems.is_empty(), broken, "{reader}/{case}: {problems:?}");
        for problem in problems {
            let listed = CODES.iter().any(|(code, _)| *code == problem.code);
            assert!(listed, "`{}` is not in the list of codes", problem.code);
            assert!(!problem.help.is_empty(), "`{}` has no help", problem.code);
        }
        let actual = serde_json::to_string_pretty(&said).unwrap() + "\n";
        let expected = std::fs::read_to_string(folder.join("expected.json")).unwrap_or_default();
        if actual != expected {
            println!("=== {reader}/{case}/expected.json\n{actual}===");
            differing.push(case.clone());
        }
        cases.insert(case);
    }
    assert_eq!(differing, [""; 0], "these differ; what was read stands above");
    let text = ["broken-binary", "broken-conflict"].iter().filter(|_| reader != "rpm-database");
    for case in text.chain(&["plain", "broken-truncated"]) {
        assert!(cases.contains(*case), "{reader} lacks the fixture `{case}`");
    }
}

#[test]
fn apk_installed() {
    check("apk-installed");
}

#[test]
fn python_installed() {
    check("python-installed");
}

#[test]
fn node_installed() {
    check("node-installed");
}

#[test]
fn gem_installed() {
    check("gem-installed");
}

#[test]
fn composer_installed() {
    check("composer-installed");
}

#[test]
fn rpm_database() {
    check("rpm-database");
}

#[test]
fn dpkg_status() {
    check("dpkg-status");
}

#[test]
fn apt_lists() {
    check("apt-lists");
}

#[test]
fn os_release() {
    check("os-release");
}
