//! The command of each package manager that does the least.

use std::sync::Arc;

use holdfast_model::Refresh;

use super::{Change, PackageManager};

/// A command, before it has a folder.
pub(super) struct Does {
    command: Vec<String>,
    environment: Vec<(String, String)>,
    /// The files beside the lockfile that it may change.
    besides: &'static [&'static str],
}

impl Does {
    fn new(words: &[&str]) -> Self {
        let command = words.iter().map(|word| (*word).to_owned()).collect();
        Self { command, environment: Vec::new(), besides: &[] }
    }

    fn with(mut self, words: &[&str]) -> Self {
        self.command.extend(words.iter().map(|word| (*word).to_owned()));
        self
    }

    fn only(self, condition: bool, words: &[&str]) -> Self {
        if condition { self.with(words) } else { self }
    }

    fn set(mut self, variables: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.environment.extend(variables.iter().map(owned));
        self
    }

    fn touching(mut self, besides: &'static [&'static str]) -> Self {
        self.besides = besides;
        self
    }

    /// In the folder of a lockfile.
    pub(super) fn inside(self, folder: &str, lockfile: &str) -> Refresh {
        let path = |name: &str| -> Arc<str> {
            if folder.is_empty() { name.into() } else { format!("{folder}/{name}").into() }
        };
        let besides = self.besides.iter().copied().filter(|name| *name != lockfile);
        let touches = std::iter::once(lockfile).chain(besides).map(path).collect();
        let (command, environment) = (self.command, self.environment);
        Refresh { folder: folder.into(), command, environment, touches }
    }
}

/// What a package manager is told; `None` where it has no such command.
pub(super) fn of(manager: PackageManager, change: Change<'_>, offline: bool) -> Option<Does> {
    Some(match manager {
        PackageManager::Cargo => cargo(change, offline),
        PackageManager::Npm => npm(change, offline),
        PackageManager::YarnClassic => return yarn_classic(change, offline),
        PackageManager::Yarn => yarn(change, offline),
        PackageManager::Pnpm => pnpm(change, offline),
        PackageManager::Go => go(change, offline),
        PackageManager::Poetry => poetry(change),
        PackageManager::Uv => uv(change, offline),
        PackageManager::Pdm => pdm(change),
        PackageManager::Bundler => bundler(change, offline),
        PackageManager::Composer => composer(change, offline),
        PackageManager::Maven => return None,
    })
}

fn named(change: Change<'_>) -> (&str, &str) {
    let (Change::Manifest { name, to } | Change::Entry { name, to, .. }) = change;
    (name, to)
}

/// Cargo leaves every entry that still fits when it takes over a manifest; `update --workspace`
/// is its command for exactly that.
fn cargo(change: Change<'_>, offline: bool) -> Does {
    let does = match change {
        Change::Manifest { .. } => Does::new(&["cargo", "update", "--workspace"]),
        // The old version belongs to the name, since several versions may be locked.
        Change::Entry { name, from, to } => {
            let one = format!("{name}@{from}");
            Does::new(&["cargo", "update", "-p", &one, "--precise", to])
        }
    };
    // A configuration in the tree could name another compiler, which resolving asks for its
    // version; variables win over it.
    does.only(offline, &["--offline"]).set(&[
        ("RUSTC", "rustc"),
        ("RUSTC_WRAPPER", ""),
        ("RUSTC_WORKSPACE_WRAPPER", ""),
    ])
}

fn npm(change: Change<'_>, offline: bool) -> Does {
    let does = match change {
        Change::Manifest { .. } => Does::new(&["npm", "install"]),
        Change::Entry { name, .. } => Does::new(&["npm", "update", name]),
    };
    does.with(&["--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"])
        .only(offline, &["--offline"])
        .touching(&["package.json"])
}

/// The first yarn writes a lockfile only while it installs, and has no command that lifts what
/// another package brings in. It takes no other yarn from the tree.
fn yarn_classic(change: Change<'_>, offline: bool) -> Option<Does> {
    let Change::Manifest { .. } = change else { return None };
    let does = Does::new(&["yarn", "install", "--ignore-scripts", "--non-interactive"]);
    let does = does.only(offline, &["--offline"]).set(&[("YARN_IGNORE_PATH", "1")]);
    Some(does.touching(&["package.json"]))
}

fn yarn(change: Change<'_>, offline: bool) -> Does {
    let does = match change {
        Change::Manifest { .. } => Does::new(&["yarn", "install"]),
        Change::Entry { name, .. } => Does::new(&["yarn", "up", "--recursive", name]),
    };
    let does = does
        .with(&["--mode=update-lockfile"])
        .set(&[("YARN_IGNORE_PATH", "1"), ("YARN_ENABLE_SCRIPTS", "false")]);
    let does = if offline { does.set(&[("YARN_ENABLE_NETWORK", "false")]) } else { does };
    does.touching(&["package.json"])
}

/// Its hooks in the tree are left alone too.
fn pnpm(change: Change<'_>, offline: bool) -> Does {
    let does = match change {
        Change::Manifest { .. } => Does::new(&["pnpm", "install", "--no-frozen-lockfile"]),
        Change::Entry { name, .. } => Does::new(&["pnpm", "update", name, "--depth", "Infinity"]),
    };
    does.with(&["--lockfile-only", "--ignore-scripts", "--ignore-pnpmfile"])
        .only(offline, &["--offline"])
        .touching(&["package.json"])
}

/// What advisories call the two halves of a release of Go: the lines `go` and `toolchain` of a
/// `go.mod` decide them (Go Toolchains, "Managing Go version module requirements with go get").
pub(super) const GO_RELEASE: [&str; 2] = ["stdlib", "toolchain"];

/// Go knows no lock entry apart from `go.mod`: lifting is one command, whoever needs the module.
fn go(change: Change<'_>, offline: bool) -> Does {
    let (name, to) = named(change);
    let release = to.strip_prefix("go").unwrap_or(to);
    let module = match name {
        "stdlib" => format!("go@{release}"),
        "toolchain" => format!("toolchain@go{release}"),
        // Advisories write versions without the `v` that modules have.
        _ if to.starts_with('v') => format!("{name}@{to}"),
        _ => format!("{name}@v{to}"),
    };
    let does = Does::new(&["go", "get", &module]);
    let does = does.set(&[("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod")]);
    let does = if offline { does.set(&[("GOPROXY", "off")]) } else { does };
    does.touching(&["go.mod", "go.sum"])
}

/// Both major versions know this command, and leave every other entry where it is.
fn poetry(change: Change<'_>) -> Does {
    let (name, _) = named(change);
    Does::new(&["poetry", "update", "--lock", "--no-interaction", name])
}

fn uv(change: Change<'_>, offline: bool) -> Does {
    let does = Does::new(&["uv", "lock", "--no-build"]);
    let does = match change {
        Change::Manifest { .. } => does,
        Change::Entry { name, to, .. } => {
            does.with(&["--upgrade-package", &format!("{name}=={to}")])
        }
    };
    does.only(offline, &["--offline"])
}

fn pdm(change: Change<'_>) -> Does {
    let (name, _) = named(change);
    Does::new(&["pdm", "update", "--no-sync", "--update-reuse", name])
        .set(&[("PDM_ONLY_BINARY", ":all:")])
}

fn bundler(change: Change<'_>, offline: bool) -> Does {
    let (name, _) = named(change);
    Does::new(&["bundle", "lock", "--conservative", "--update", name]).only(offline, &["--local"])
}

fn composer(change: Change<'_>, offline: bool) -> Does {
    let (name, to) = named(change);
    let does = Does::new(&["composer", "update", name]);
    let does = match change {
        Change::Manifest { .. } => does,
        Change::Entry { .. } => does.with(&["--with", &format!("{name}:{to}")]),
    };
    let does = does.with(&["--no-install", "--no-scripts", "--no-plugins", "--no-interaction"]);
    if offline { does.set(&[("COMPOSER_DISABLE_NETWORK", "1")]) } else { does }
}
