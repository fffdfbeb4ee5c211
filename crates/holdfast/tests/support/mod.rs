//! What the tests of the binary share: a folder, a data folder, records, and runs of the program.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The weakness of `tiller`, in every ecosystem.
pub const TILLER: &str = "CVE-2026-90001";
/// When everything happens.
pub const NOW: &str = "2026-11-21T09:00:00Z";

/// What a run of the program left.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; -1 after a signal.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Its JSON, after the exit code that was expected.
    #[track_caller]
    pub fn json(&self, code: i32) -> Value {
        self.exits(code);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// It ended so, without a panic.
    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert!(!self.err.contains("panicked"), "{self:#?}");
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// It ended so, with one clear message and help.
    #[track_caller]
    pub fn refuses(&self, code: i32, message: &str) {
        self.exits(code);
        assert_eq!(self.out, "", "{self:#?}");
        assert!(self.err.contains(message), "{self:#?}");
        assert!(self.err.contains("help:"), "{self:#?}");
    }
}

/// A tree, and a data folder beside it.
pub struct Stage {
    pub tree: tempfile::TempDir,
    pub outer: tempfile::TempDir,
    /// The search path of the program, where it is not the test's own.
    pub path: Option<String>,
}

impl Stage {
    /// Both empty.
    pub fn new() -> Self {
        let (tree, outer) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        Self { tree, outer, path: None }
    }

    /// The same with the shop's records compiled.
    pub fn synced() -> Self {
        let stage = Self::new();
        let feed = stage.outer.path().join("feed");
        std::fs::create_dir(&feed).unwrap();
        for (id, text) in records() {
            std::fs::write(feed.join(format!("{id}.json")), text).unwrap();
        }
        stage.run(&["advisories", "sync", "--from", feed.to_str().unwrap()]).exits(0);
        stage
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.outer.path().join("data")
    }

    /// The program, ready to start in the tree.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command
            .args(arguments)
            .current_dir(self.tree.path())
            .env("HOLDFAST_DATA", self.data())
            .env("HOLDFAST_NOW", NOW)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("CARGO_NET_OFFLINE", "true")
            .env("NO_COLOR", "1")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs it for its JSON.
    #[track_caller]
    pub fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let all: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
        self.run(&all).json(code)
    }

    /// Writes a file of the tree, with the folders above it.
    pub fn write(&self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.tree.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Reads one.
    pub fn read(&self, path: &str) -> Vec<u8> {
        std::fs::read(self.tree.path().join(path)).unwrap()
    }

    /// Runs git in the tree, apart from the user's own configuration.
    pub fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .args(["-c", "user.name=Sam", "-c", "user.email=sam@shop.example"])
            .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.tree.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {complaint}");
    }
}

/// An OSV record about one package of one ecosystem.
pub fn record(id: &str, alias: &str, ecosystem: &str, name: &str, summary: &str) -> String {
    let kind = if ecosystem == "PyPI" { "ECOSYSTEM" } else { "SEMVER" };
    serde_json::json!({
        "schema_version": "1.7.0", "id": id, "aliases": [alias],
        "modified": "2026-11-01T00:00:00Z", "published": "2026-11-01T00:00:00Z",
        "summary": summary,
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [{"package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": kind, "events": [{"introduced": "0"}, {"fixed": "1.0.3"}]}]}],
    })
    .to_string()
}

/// The records of the shop's world: one hole in `tiller` wherever it is published.
pub fn records() -> Vec<(&'static str, String)> {
    let summary = "Rounding reads past the end of the price list";
    [
        ("RUSTSEC-2026-9001", TILLER, "crates.example", "tiller", summary),
        ("GHSA-till-till-till", TILLER, "npm", "tiller", summary),
        ("PYSEC-2026-9001", TILLER, "PyPI", "tiller", summary),
        ("GO-2026-9001", TILLER, "Go", "forge.example/tiller", summary),
        ("GHSA-tags-tags-tags", "CVE-2026-90002", "npm", "labeller", HOSTILE),
    ]
    .map(|(id, alias, ecosystem, name, summary)| (id, record(id, alias, ecosystem, name, summary)))
    .into()
}

/// A title that tries to be markup, a terminal and a format string at once.
pub const HOSTILE: &str = "</script><b>\"{0}\" %n \\ `rm` \u{1b}[2J\u{202e}\u{0} [x](javascript:1) {{x}} 🔓\r\nsecond line";

/// A `Cargo.lock` of a shop that needs these packages.
pub fn cargo_lock(packages: &[(&str, &str)]) -> String {
    let mut text =
        String::from("version = 4\n\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\n");
    text.push_str("dependencies = [\n");
    for (name, _) in packages {
        let _ = writeln!(text, " \"{name}\",");
    }
    text.push_str("]\n");
    for (name, version) in packages {
        let sum = "0".repeat(64);
        let _ = write!(
            text,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\
             source = \"registry+https://index.example/crates\"\nchecksum = \"{sum}\"\n"
        );
    }
    text
}

/// A `package-lock.json` of a shop that needs these packages.
pub fn package_lock(packages: &[(&str, &str)]) -> String {
    let needs: serde_json::Map<String, Value> = packages
        .iter()
        .map(|(name, version)| ((*name).to_owned(), format!("^{version}").into()))
        .collect();
    let mut all = serde_json::Map::new();
    all.insert(
        String::new(),
        serde_json::json!({"name": "shop", "version": "0.1.0", "dependencies": needs}),
    );
    for (name, version) in packages {
        let from = format!("https://npm.example/{name}/-/{name}-{version}.tgz");
        all.insert(
            format!("node_modules/{name}"),
            serde_json::json!({"version": version, "resolved": from, "integrity": "sha512-AAAA"}),
        );
    }
    let document = serde_json::json!({
        "name": "shop", "version": "0.1.0", "lockfileVersion": 3, "requires": true, "packages": all,
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

/// The rows under a key of a document.
#[track_caller]
pub fn rows<'a>(document: &'a Value, key: &str) -> &'a [Value] {
    document[key].as_array().unwrap_or_else(|| panic!("no `{key}` in {document:#}"))
}

/// A text of a value.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
