//! The stage for tests against real systems: a small Debian root in which fixes are carried out, and
//! the tools that walk the console. Made once, and kept outside of the tree.
//!
//! Where it cannot be made (no root, no network), the tests that need it are skipped; each writes a
//! line, and the lines are counted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools;

/// What the small system has. systemd for `systemctl enable`, which needs no running system.
const INCLUDE: &str = "openssh-server,procps,cron,sudo,systemd-sysv,systemd-journal-remote,\
    python3-cffi-backend,python3-apt,ansible-core,puppet-agent,ruby-serverspec";
/// What walks the console, by exact version: no lockfile could name where they come from.
const WALKERS: [&str; 2] = ["playwright-core@1.64.1", "axe-core@4.14.1"];
/// What checks bills of materials and statements against the official schemas, by exact version.
const VALIDATORS: [&str; 2] =
    ["cyclonedx-python-lib[json-validation]==11.12.0", "spdx-tools==0.8.5"];
/// A new number makes the small system anew.
const EDITION: u32 = 6;
/// The same of the others.
const TOOLS_EDITION: u32 = 4;

/// Where everything is; `None` where it could not be made.
pub(super) struct Stage {
    root: Option<PathBuf>,
    walkers: Option<PathBuf>,
    validators: Option<PathBuf>,
    skipped: PathBuf,
}

/// Makes what is missing, as root.
pub(super) fn make(is_root: bool) -> Stage {
    let folder = std::env::current_dir().unwrap_or_default().join("target");
    // It may not be there yet where cargo builds elsewhere; whoever skips a test would miss it.
    let _ = std::fs::create_dir_all(&folder);
    let skipped = folder.join("skipped-tests");
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
    let validators = made("the validators of bills of materials", validators(&cache));
    Stage { root, walkers, validators, skipped }
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
        if let Some(validators) = &self.validators {
            runner.env("HOLDFAST_TEST_VALIDATORS", validators);
        }
    }

    /// Says in one line how many tests were skipped, and why.
    pub(super) fn say_skipped(&self) {
        let Ok(lines) = std::fs::read_to_string(&self.skipped) else { return };
        tools::say(&skipped(&lines));
    }
}

/// How many tests wrote that they were skipped, and for which reasons how many. A test may write
/// several times, each line with itself and one reason.
fn skipped(lines: &str) -> String {
    let rows: BTreeSet<(&str, &str)> =
        lines.lines().filter_map(|line| line.split_once('\t')).collect();
    let tests: BTreeSet<&str> = rows.iter().map(|&(test, _)| test).collect();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for &(_, why) in &rows {
        *reasons.entry(why).or_default() += 1;
    }
    let reasons: Vec<String> =
        reasons.into_iter().map(|(why, count)| format!("{why}: {count}")).collect();
    let count = tests.len();
    let tests = if count == 1 { "test" } else { "tests" };
    format!("skipped {count} {tests}, in whole or in part; {}", reasons.join("; "))
}

fn cache() -> PathBuf {
    let set = |value: &std::ffi::OsString| !value.is_empty();
    let named = |name: &str| std::env::var_os(name).filter(set).map(PathBuf::from);
    named("HOLDFAST_TEST_CACHE")
        .or_else(|| named("XDG_CACHE_HOME").map(|cache| cache.join("holdfast-test")))
        .or_else(|| named("HOME").map(|home| home.join(".cache/holdfast-test")))
        .unwrap_or_else(|| std::env::temp_dir().join("holdfast-test"))
}

/// The small system: debootstrap's, from the mirror that apt is configured for.
fn system(cache: &Path) -> Result<PathBuf, String> {
    let root = cache.join(format!("root-{EDITION}"));
    let tools = ["usr/bin/ansible-playbook", "usr/bin/puppet", "usr/bin/rspec"];
    if tools.iter().all(|tool| root.join(tool).exists()) {
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

/// The mirror from which apt brings this machine's own release, and the name of the release.
fn source() -> Option<(String, String)> {
    let release = std::fs::read_to_string("/etc/os-release").ok()?;
    let named = |line: &str| line.strip_prefix("VERSION_CODENAME=").map(str::to_owned);
    let suite = release.lines().find_map(named)?.trim_matches('"').to_owned();
    let mut texts = vec![std::fs::read_to_string("/etc/apt/sources.list").unwrap_or_default()];
    for entry in std::fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten() {
        texts.push(std::fs::read_to_string(entry.path()).unwrap_or_default());
    }
    // Others have sources there too, for releases of their own.
    texts.iter().find_map(|text| mirror_of(&suite, text)).map(|mirror| (mirror, suite))
}

/// The mirror of a suite in one file of sources, in either of the two forms (sources.list(5)).
fn mirror_of(suite: &str, text: &str) -> Option<String> {
    for line in text.lines().filter_map(|line| line.strip_prefix("deb ")) {
        let mut words = line.split_whitespace().filter(|word| !word.starts_with('['));
        if let (Some(mirror), Some(named)) = (words.next(), words.next())
            && named == suite
        {
            return Some(mirror.to_owned());
        }
    }
    text.split("\n\n").find_map(|paragraph| {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name));
        let named = field("Suites:")?.split_whitespace().any(|word| word == suite);
        named.then(|| field("URIs:")?.split_whitespace().next().map(str::to_owned)).flatten()
    })
}

/// Playwright and axe, for tests only.
fn walkers(cache: &Path) -> Result<PathBuf, String> {
    let folder = cache.join(format!("walkers-{TOOLS_EDITION}"));
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

/// Python packages, for tests only, beside each other in a folder of their own.
fn validators(cache: &Path) -> Result<PathBuf, String> {
    let folder = cache.join(format!("validators-{TOOLS_EDITION}"));
    if folder.join("spdx_tools").exists() && folder.join("cyclonedx").exists() {
        return Ok(folder);
    }
    if !tools::installed("python3") {
        return Err("python3 is not installed".to_owned());
    }
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut command = Command::new("python3");
    command.args(["-m", "pip", "install", "--quiet", "--root-user-action=ignore", "--target"]);
    command.arg(&folder).args(VALIDATORS);
    tools::output(command)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_skipped_test_is_counted_once_and_under_each_reason() {
        let lines = "7 a\tno ruby\n7 a\tno ruby\n7 a\tno php\n7 b\tno ruby\n9 a\tno ruby\n";
        let wanted = "skipped 3 tests, in whole or in part; no php: 1; no ruby: 3";
        assert_eq!(skipped(lines), wanted);
        let wanted = "skipped 1 test, in whole or in part; no php: 1";
        assert_eq!(skipped("7 a\tno php\n"), wanted);
    }

    #[test]
    fn the_mirror_of_the_own_release_is_found_in_both_forms() {
        let others = "deb https://tools.example/apt nodistro main\n";
        let line = "# a comment\ndeb [signed-by=/x] http://mirror.example/debian bookworm main\n";
        let new = "Types: deb\nURIs: https://tools.example/apt\nSuites: nodistro\n\nTypes: deb\n\
                   URIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n";
        for text in [line.to_owned(), new.to_owned(), format!("{others}{line}")] {
            let wanted = Some("http://mirror.example/debian".to_owned());
            assert_eq!(mirror_of("bookworm", &text), wanted, "{text}");
        }
        for text in ["", others] {
            assert_eq!(mirror_of("bookworm", text), None, "{text}");
        }
    }
}
