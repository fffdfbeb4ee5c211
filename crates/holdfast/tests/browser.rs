//! Walks through the console in a real browser: `holdfast up` serves it, people sign in, and what
//! they see and press is a script beside this file, run by node with Playwright and axe.
//!
//! The tree has one package with a known problem of the starter set. Plans are for the root of
//! another system; this machine is looked at and never changed. Each walk has a folder, a data
//! folder and a holder of its own, and skips where the browser's tools are missing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it should be"
)]

#[path = "support/real.rs"]
mod real;
mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{Stage, package_lock};

/// How long the holder has to begin and to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// A tree that is looked at, another system beside it, and `up`, which serves the console.
struct House {
    stage: Stage,
    walkers: PathBuf,
    up: Child,
    link: String,
}

impl Drop for House {
    fn drop(&mut self) {
        // Also where a walk failed: nothing that was started here stays.
        let _ = self.up.kill();
        let _ = self.up.wait();
    }
}

impl House {
    /// Opens the house; with a system, its copy stands beside the tree instead of a few files.
    fn open(walkers: PathBuf, system: Option<&Path>) -> Self {
        let mut stage = Stage::new();
        stage.write(
            "holdfast.toml",
            "appetite = \"standard\"\n\n[asset]\nid = \"shop\"\nname = \"shop\"\n",
        );
        stage.write(
            "package-lock.json",
            package_lock(&[("ua-parser-js", "0.7.29"), ("quiet", "1.2.0")]),
        );
        stage.git(&["init", "-q"]);
        stage.git(&["add", "-A"]);
        stage.git(&["commit", "-qm", "The shop opens"]);
        let host = stage.outer.path().join("host");
        match system {
            Some(system) => real::copy(system, &host),
            None => small_system(&host),
        }
        stage.path = Some(gate(stage.outer.path()));
        let said = std::fs::File::create(stage.outer.path().join("up.txt")).unwrap();
        let up = stage
            .command(&["up", "--listen", "127.0.0.1:0"])
            .env_remove("HOLDFAST_NOW")
            .env_remove("HOLDFAST_TOKEN")
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        let mut house = Self { stage, walkers, up, link: String::new() };
        house.link = house.wait_for_link();
        house
    }

    /// What `up` has said so far.
    fn said(&self) -> String {
        std::fs::read_to_string(self.stage.outer.path().join("up.txt")).unwrap()
    }

    fn wait_for_link(&mut self) -> String {
        let begun = Instant::now();
        loop {
            let said = self.said();
            // A whole line: what is being written is not read half.
            let line = said.split_inclusive('\n').find_map(|line| line.strip_prefix("Console: "));
            if let Some(link) = line.and_then(|line| line.strip_suffix('\n')) {
                return link.to_owned();
            }
            let ended = self.up.try_wait().unwrap();
            assert!(ended.is_none(), "`up` ended with {ended:?}: {said}");
            assert!(begun.elapsed() < PATIENCE, "`up` names no console: {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Takes a walk, which bounds itself, and ends the holder as a system does.
    fn walk(mut self, script: &str, arguments: &[&str]) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
        let outer = self.stage.outer.path();
        let output = Command::new("node")
            .arg(folder.join(script))
            .args(arguments)
            .current_dir(self.stage.tree.path())
            .env("WALKERS", &self.walkers)
            .env("LINK", &self.link)
            .env("HOLDFAST", env!("CARGO_BIN_EXE_holdfast"))
            .env("HOLDFAST_DATA", self.stage.data())
            .env("HOST", outer.join("host"))
            .env("GATE", outer.join("gate"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("NO_COLOR", "1")
            .env("TZ", "UTC")
            .env_remove("HOLDFAST_NOW")
            .env_remove("HOLDFAST_TOKEN")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told =
            String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}\n--- up said ---\n{}", self.said());
        self.end();
    }

    /// Asked to end, `up` ends, whoever still has a page open.
    fn end(&mut self) {
        let id = self.up.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let begun = Instant::now();
        let ended = loop {
            if let Some(ended) = self.up.try_wait().unwrap() {
                break ended;
            }
            assert!(begun.elapsed() < PATIENCE, "`up` does not end: {}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(ended.success(), "`up` ended with {ended}: {}", self.said());
    }
}

/// The few files of a system in which root may log in: enough to plan for, nothing to run in.
fn small_system(host: &Path) {
    let files = [
        ("etc/ssh/sshd_config", "Port 22\nPermitRootLogin yes\nPasswordAuthentication yes\n"),
        ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
        (
            "var/lib/dpkg/status",
            "Package: openssh-server\nStatus: install ok installed\nArchitecture: amd64\n\
             Source: openssh\nVersion: 1:9.2p1-2+deb12u3\nDescription: secure shell server\n",
        ),
    ];
    for (path, text) in files {
        let path = host.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A `git` that keeps the first look waiting until the walk opens the gate, so that the console
/// can be seen before anything was looked at. Only a look lists files.
fn gate(outer: &Path) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let (tools, gate) = (outer.join("tools"), outer.join("gate"));
    std::fs::create_dir_all(&tools).unwrap();
    std::fs::create_dir_all(&gate).unwrap();
    let path = std::env::var("PATH").unwrap();
    // Without the folder the test is over, and nobody is left to open the gate.
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *' ls-files '*)\n\
         until [ -e '{0}/open' ]; do [ -d '{0}' ] || exit 1; sleep 0.05; done;;\n\
         esac\nPATH='{path}' exec git \"$@\"\n",
        gate.display()
    );
    let git = tools.join("git");
    std::fs::write(&git, script).unwrap();
    std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{path}", tools.display())
}

/// The holder plans for a real system, somebody else refuses, approves, carries out, confirms and
/// takes back.
#[test]
fn approve() {
    let Some(walkers) = real::walkers("approve") else { return };
    let Some(system) = real::system("approve") else { return };
    House::open(walkers, Some(&system)).walk("approve.mjs", &[]);
}

/// Pages that stay open follow what happens elsewhere; forms of old ones are told what happened.
#[test]
fn live() {
    let Some(walkers) = real::walkers("live") else { return };
    House::open(walkers, None).walk("live.mjs", &[]);
}

/// Links and forms reach everything without a script.
#[test]
fn without_script() {
    let Some(walkers) = real::walkers("without_script") else { return };
    House::open(walkers, None).walk("without_script.mjs", &[]);
}

/// Every page, empty and full, in both themes, on a wide screen.
#[test]
fn pages_wide() {
    let Some(walkers) = real::walkers("pages_wide") else { return };
    House::open(walkers, None).walk("pages.mjs", &["wide"]);
}

/// The same on a phone.
#[test]
fn pages_phone() {
    let Some(walkers) = real::walkers("pages_phone") else { return };
    House::open(walkers, None).walk("pages.mjs", &["phone"]);
}
