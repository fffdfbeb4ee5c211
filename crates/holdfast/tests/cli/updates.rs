//! Packages of hosts with known problems: what mends them is said for every tool, in the words of the
//! host's own package manager.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Stage, rows, text};

const TOOLS: [&str; 4] = ["shell", "ansible", "puppet", "chef"];

/// A host as a folder, with a package that has a hole below a version.
fn host(ecosystem: &str, os: &str, fixed: &str) -> Stage {
    let stage = Stage::new();
    let feed = stage.outer.path().join("feed");
    std::fs::create_dir_all(&feed).unwrap();
    let record = json!({"id": "HELD-9901", "modified": "2026-11-01T00:00:00Z",
        "summary": "A held package is not held",
        "affected": [{"package": {"ecosystem": ecosystem, "name": "held"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]});
    std::fs::write(feed.join("HELD-9901.json"), record.to_string()).unwrap();
    stage.run(&["advisories", "sync", "--from", feed.to_str().unwrap()]).exits(0);
    write(&stage, "etc/os-release", os);
    stage
}

/// The host: not in the tree, whose own files are looked at first.
fn root(stage: &Stage) -> PathBuf {
    stage.outer.path().join("root")
}

fn write(stage: &Stage, path: &str, text: &str) {
    let path = root(stage).join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The form of each tool.
fn forms(stage: &Stage) -> Vec<(&'static str, Value)> {
    let target = format!("root:{}", root(stage).display());
    TOOLS
        .map(|tool| {
            let args = ["fix", "HELD-9901", "--target", &target, "--as", tool];
            let fixed = stage.json(0, &args);
            let forms = rows(&fixed, "forms");
            assert_eq!(forms.len(), 1, "{fixed:#}");
            assert_eq!(text(&forms[0], "/tool"), tool);
            (tool, forms[0].clone())
        })
        .into()
}

#[track_caller]
fn say(stage: &Stage, program: &str, version: &str) {
    for (tool, form) in forms(stage) {
        let code = text(&form, "/code");
        for word in [program, version, "held"] {
            assert!(code.contains(word), "{tool} does not say `{word}`: {code}");
        }
        assert!(text(&form, "/restart").contains("held goes on with it"), "{form:#}");
        // Nothing that mends a package goes back or takes another one away.
        for word in ["--allow-downgrades", "apt-get remove", "ensure => absent"] {
            let lifts = code.split("\nid=").last().unwrap_or_default();
            assert!(!lifts.contains(word), "{tool}: {lifts}");
        }
    }
}

#[test]
fn of_debian() {
    let os = "ID=debian\nVERSION_ID=12\nPRETTY_NAME=\"Debian\"\n";
    let stage = host("Debian:12", os, "1.2-3");
    write(
        &stage,
        "var/lib/dpkg/status",
        "Package: held\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2-2\n\n",
    );
    say(&stage, "dpkg", "1.2-3");
}

#[test]
fn of_alpine() {
    let os = "ID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME=\"Alpine\"\n";
    let stage = host("Alpine:v3.19", os, "3.1.12-r0");
    write(&stage, "lib/apk/db/installed", "P:held\nV:3.1.4-r5\nA:x86_64\no:held\n\n");
    say(&stage, "apk version -t", "3.1.12-r0");
}

#[test]
fn of_rpm() {
    let os = "ID=\"rocky\"\nVERSION_ID=\"9.4\"\nPRETTY_NAME=\"Rocky\"\n";
    let stage = host("Rocky Linux:9", os, "1:3.0.7-12.el9");
    let spec = "Name: held\nEpoch: 1\nVersion: 3.0.7\nRelease: 3.el9\nSummary: stands in\n\
                License: none\nBuildArch: noarch\n%description\n%files\n";
    let (file, made) = (stage.outer.path().join("held.spec"), stage.outer.path().join("made"));
    std::fs::write(&file, spec).unwrap();
    let topdir = format!("_topdir {}", made.display());
    let build =
        Command::new("rpmbuild").args(["--quiet", "-bb", "--define", &topdir]).arg(&file).output();
    if !build.is_ok_and(|output| output.status.success()) {
        crate::real::skip("of_rpm", "no rpm");
        return;
    }
    let install = Command::new("rpm")
        .args(["--install", "--justdb", "--nodeps", "--force-debian", "--root"])
        .arg(root(&stage))
        .args(["--dbpath", "/var/lib/rpm"])
        .arg(made.join("RPMS/noarch/held-3.0.7-3.el9.noarch.rpm"))
        .output()
        .unwrap();
    if !install.status.success() {
        // It enters the folder as its root.
        crate::real::skip("of_rpm", "no rpm that may enter a folder (it takes root)");
        return;
    }
    say(&stage, "rpm.vercmp", "1:3.0.7-12.el9");
}
