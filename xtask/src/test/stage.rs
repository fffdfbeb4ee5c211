//! The stage for tests against real systems: a small Debian root in which fixes are carried out, and
//! the tools that walk the console. Made once, and kept outside of the tree.
//!
//! Where it cannot be made (no root, no network), the tests that need it are skipped; each writes a
//! line, and the lines are counted.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools;

/// What the small system has. systemd for `systemctl enable`, which needs no running system.
const INCLUDE: &str =
    "openssh-server,procps,cron,sudo,systemd-sysv,python3-cffi-backend,python3-apt,ansible-core";
/// What walks the console, by exact version: no lockfile could name where they come from.
const WALKERS: [&str; 2] = ["playwright-core@1.64.1", "axe-core@4.14.1"];
/// A new number makes everything anew.
const EDITION: u32 = 3;

/// Where everything is; `None` where it could not be made.
pub(super) struct Stage {
    root: Option<PathBuf>,
    walkers: Option<PathBuf>,
    skipped: PathBuf,
}

/// Makes what is missing, as root.
pub(super) fn make(is_root: bool) -> Stage {
    let skipped = std::env::current_dir().unwrap_or_default().join("target/skipped-tests");
    // Lines of an earlier run would be counted again; there may be none.
    let _ = std::fs::remove_file(&skipped);
    let cache = cache();
    let made = |what: &str, done: Result<PathBuf, String>| match done {
        Ok(path) => Some(path),
        Err(why) => {
            tools::say(&format!("{what} cannot be made, so its tests are skipped: {why}"));
            None
        }
    };
    let root = is_root.then(|| made("the small system", system(&cache))).flatten();
    let walkers = made("the browser's tools", walkers(&cache));
    Stage { root, walkers, skipped }
}

impl Stage {
    /// Tells the runner where everything is.
    pub(super) fn tell(&self, runner: &mut Command) {
        runner.env("HOLDFAST_TEST_SKIPPED", &self.skipped);
        if let Some(root) = &self.root {
            runner.env("HOLDFAST_TEST_ROOT", root);
        }
        if let Some(walkers) = &self.walkers {
            runner.env("HOLDFAST_TEST_WALKERS", walkers);
        }
    }

    /// Says in one line how many tests were skipped, and why.
    pub(super) fn say_skipped(&self) {
        let Ok(lines) = std::fs::read_to_string(&self.skipped) else { return };
        let mut reasons: Vec<&str> = lines.lines().collect();
        let count = reasons.len();
        reasons.sort_unstable();
        reasons.dedup();
        tools::say(&format!("skipped {count} tests of real systems: {}", reasons.join("; ")));
    }
}

fn cache() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
    named("HOLDFAST_TEST_CACHE")
        .or_else(|| named("XDG_CACHE_HOME").map(|cache| cache.join("holdfast-test")))
        .or_else(|| named("HOME").map(|home| home.join(".cache/holdfast-test")))
        .unwrap_or_else(|| std::env::temp_dir().join("holdfast-test"))
}

/// The small system: debootstrap's, from the mirror that apt is configured for.
fn system(cache: &Path) -> Result<PathBuf, String> {
    let root = cache.join(format!("root-{EDITION}"));
    if root.join("usr/bin/ansible-playbook").exists() {
        return Ok(root);
    }
    if !tools::installed("debootstrap") {
        return Err("debootstrap is not installed".to_owned());
    }
    let (mirror, suite) = source().ok_or("apt has no source that names a mirror")?;
    tools::say("making a small Debian system for the tests, once (about two minutes)");
    let fresh = cache.join(format!("root-{EDITION}.new"));
    let _ = std::fs::remove_dir_all(&fresh);
    std::fs::create_dir_all(&fresh).map_err(|error| error.to_string())?;
    let mut command = Command::new("debootstrap");
    command.arg("--variant=minbase").arg(format!("--include={INCLUDE}")).arg(suite);
    command.arg(&fresh).arg(mirror);
    tools::output(command)?;
    for folder in ["var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man"]
    {
        let _ = std::fs::remove_dir_all(fresh.join(folder));
    }
    std::fs::rename(&fresh, &root).map_err(|error| error.to_string())?;
    Ok(root)
}

/// Mirror and suite of the first source that apt is configured for, in either of its two forms
/// (sources.list(5)).
fn source() -> Option<(String, String)> {
    let mut texts = vec![std::fs::read_to_string("/etc/apt/sources.list").unwrap_or_default()];
    for entry in std::fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten() {
        texts.push(std::fs::read_to_string(entry.path()).unwrap_or_default());
    }
    texts.iter().find_map(|text| source_in(text))
}

fn source_in(text: &str) -> Option<(String, String)> {
    let first = |line: &str| line.split_whitespace().next().map(ToOwned::to_owned);
    for line in text.lines().filter_map(|line| line.strip_prefix("deb ")) {
        let mut words = line.split_whitespace().filter(|word| !word.starts_with('['));
        if let (Some(mirror), Some(suite)) = (words.next(), words.next()) {
            return Some((mirror.to_owned(), suite.to_owned()));
        }
    }
    let field = |name: &str| text.lines().find_map(|line| first(line.strip_prefix(name)?));
    Some((field("URIs:")?, field("Suites:")?))
}

/// Playwright and axe, for tests only.
fn walkers(cache: &Path) -> Result<PathBuf, String> {
    let folder = cache.join(format!("walkers-{EDITION}"));
    if folder.join("node_modules/axe-core/axe.min.js").exists() {
        return Ok(folder);
    }
    if !tools::installed("npm") || !tools::installed("chromium") {
        return Err("npm or chromium is not installed".to_owned());
    }
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut command = Command::new("npm");
    command.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-save",
        "--prefix",
    ]);
    command.arg(&folder).args(WALKERS);
    tools::output(command)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_sources_are_read() {
        let line = "# a comment\ndeb [signed-by=/x] http://mirror.example/debian bookworm main\n";
        let new =
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n";
        for text in [line, new] {
            let wanted = ("http://mirror.example/debian".to_owned(), "bookworm".to_owned());
            assert_eq!(source_in(text), Some(wanted), "{text}");
        }
        assert_eq!(source_in(""), None);
    }
}
