//! Real systems for tests: the small Debian root and the browser's tools that `cargo xtask test`
//! makes. A test that lacks them writes why it was skipped, and the lines are counted.

use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "skip.rs"]
mod skip;

pub(crate) use skip::skip_named as skip;

/// The small Debian system, for those who may use it.
#[allow(dead_code, reason = "each test crate uses its part")]
pub(crate) fn system(test: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HOLDFAST_TEST_ROOT").map(PathBuf::from);
    let found = root.filter(|root| root.join("usr/bin/ansible-playbook").exists());
    if found.is_none() {
        skip(test, "no small Debian system (it takes root)");
    }
    found
}

/// Whether the small Debian system has Puppet, and with it Ruby.
#[allow(dead_code, reason = "each test crate uses its part")]
pub(crate) fn has_puppet(system: &Path, test: &str) -> bool {
    let found = system.join("usr/bin/puppet").exists() && system.join("usr/bin/ruby").exists();
    if !found {
        skip(test, "no Puppet in the small Debian system (cargo xtask test makes a new one)");
    }
    found
}

/// Whether the small Debian system has Serverspec.
#[allow(dead_code, reason = "each test crate uses its part")]
pub(crate) fn has_serverspec(system: &Path, test: &str) -> bool {
    let found = system.join("usr/bin/rspec").exists()
        && system.join("usr/lib/ruby/vendor_ruby/serverspec.rb").exists();
    if !found {
        skip(test, "no Serverspec in the small Debian system (cargo xtask test makes a new one)");
    }
    found
}

/// The folder with Playwright and axe, where a browser is there too.
#[allow(dead_code, reason = "each test crate uses its part")]
pub(crate) fn walkers(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("HOLDFAST_TEST_WALKERS").map(PathBuf::from);
    let found = folder.filter(|folder| folder.join("node_modules/axe-core/axe.min.js").exists());
    if found.is_none() {
        skip(test, "no browser (chromium, npm)");
    }
    found
}

/// The folder with the Python packages that check bills of materials against their schemas.
#[allow(dead_code, reason = "each test crate uses its part")]
pub(crate) fn validators(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("HOLDFAST_TEST_VALIDATORS").map(PathBuf::from);
    let found = folder.filter(|folder| folder.join("spdx_tools").exists());
    if found.is_none() {
        skip(test, "no validators of bills of materials (python3, pip)");
    }
    found
}

/// Copies a system, on one file system only: whatever is mounted inside stays out.
#[allow(dead_code, reason = "each test crate uses its part")]
pub(crate) fn copy(system: &Path, to: &Path) {
    let done = Command::new("cp")
        .args(["--archive", "--one-file-system", "--reflink=auto"])
        .args([system, to])
        .status()
        .unwrap();
    assert!(done.success(), "the small system cannot be copied");
}
