//! The ecosystem's own tool brings a lockfile in line: as data, for `world` to run.
//!
//! Knows which command of which package manager does the least. Must not run anything. No command
//! here runs scripts of packages, and none of the tree where the tool can be kept from it: a
//! `Gemfile` is a program, and Poetry builds what has no other description. Names and versions come
//! out of files that anybody may have written, so that each is checked before it becomes an
//! argument.

mod commands;

use holdfast_model::{Problem, Refresh};

/// A program that keeps a lockfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageManager {
    /// `Cargo.lock`.
    Cargo,
    /// `package-lock.json`, `npm-shrinkwrap.json`.
    Npm,
    /// `yarn.lock` of the first major version.
    YarnClassic,
    /// `yarn.lock` of later ones.
    Yarn,
    /// `pnpm-lock.yaml`.
    Pnpm,
    /// `go.mod` and `go.sum`.
    Go,
    /// `poetry.lock`.
    Poetry,
    /// `uv.lock`.
    Uv,
    /// `pdm.lock`.
    Pdm,
    /// `Gemfile.lock`, `gems.locked`.
    Bundler,
    /// `composer.lock`.
    Composer,
    /// None: each project file says itself which versions are built.
    Maven,
}

/// Every lockfile that a package manager here keeps, by its name.
pub const LOCKFILES: [&str; 13] = [
    "Cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "go.mod",
    "go.sum",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Gemfile.lock",
    "gems.locked",
    "composer.lock",
];

impl PackageManager {
    /// Whose lockfile this is, by its name and, for `yarn.lock`, its first lines; `None` where
    /// nobody but a person keeps it, as a `requirements.txt`.
    pub fn of(lockfile: &str, head: &[u8]) -> Option<Self> {
        let name = lockfile.rsplit_once('/').map_or(lockfile, |(_, name)| name);
        Some(match name {
            "Cargo.lock" => Self::Cargo,
            "package-lock.json" | "npm-shrinkwrap.json" => Self::Npm,
            "yarn.lock" => {
                let first = head.split(|byte| *byte == b'\n').take(3);
                let classic = |line: &[u8]| line.trim_ascii().ends_with(b"yarn lockfile v1");
                if first.into_iter().any(classic) { Self::YarnClassic } else { Self::Yarn }
            }
            "pnpm-lock.yaml" => Self::Pnpm,
            "go.mod" | "go.sum" => Self::Go,
            "poetry.lock" => Self::Poetry,
            "uv.lock" => Self::Uv,
            "pdm.lock" => Self::Pdm,
            "Gemfile.lock" | "gems.locked" => Self::Bundler,
            "composer.lock" => Self::Composer,
            _ => return None,
        })
    }

    /// What the manifests of a workspace's members are called, where a command that runs beside the
    /// lockfile may rewrite them too.
    pub fn members(self) -> Option<&'static str> {
        match self {
            Self::Npm | Self::YarnClassic | Self::Yarn | Self::Pnpm => Some("package.json"),
            _ => None,
        }
    }
}

/// What the lockfile is to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// The manifest was edited: the lockfile takes it over and leaves the rest as it is.
    Manifest {
        /// The package whose requirement was lifted.
        name: &'a str,
        /// The version that is wanted at least.
        to: &'a str,
    },
    /// The manifest allows the wanted version already: only the lock entry is lifted.
    Entry {
        /// The package.
        name: &'a str,
        /// The version that is locked now; several may be.
        from: &'a str,
        /// The wanted version.
        to: &'a str,
    },
}

/// The refresh of a lockfile; `None` where its package manager has no command for it.
///
/// `lockfile` is root-relative. `offline` keeps the tool from the network where it can be kept.
///
/// # Errors
///
/// `refresh-argument` for a name or version that no package of the ecosystem can have.
pub fn refresh(
    manager: PackageManager,
    lockfile: &str,
    change: Change<'_>,
    offline: bool,
) -> Result<Option<Refresh>, Box<Problem>> {
    let (name, versions) = match change {
        Change::Manifest { name, to } => (name, [None, Some(to)]),
        Change::Entry { name, from, to } => (name, [Some(from), Some(to)]),
    };
    if !is_name(manager, name) {
        return Err(Box::new(refuse(&format!("`{name}` cannot be the name of a package"))));
    }
    if let Some(wrong) = versions.into_iter().flatten().find(|version| !is_version(version)) {
        return Err(Box::new(refuse(&format!("`{wrong}` cannot be a version of `{name}`"))));
    }
    let (folder, file) = lockfile.rsplit_once('/').unwrap_or(("", lockfile));
    Ok(commands::of(manager, change, offline).map(|does| does.inside(folder, file)))
}

/// What people have to run where the text at `at` in a manifest names a package that stands in for
/// another one (`replace a => b v1`, Go Modules Reference): no command may ask for it by its own
/// name.
pub fn for_a_replacement(manager: PackageManager, text: &str, at: usize) -> Option<&'static str> {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (manager == PackageManager::Go && line.contains("=>")).then_some("go mod tidy")
}

/// The command as people would type it, with its variables, for output and plans.
pub fn shown(refresh: &Refresh) -> String {
    let quote = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,^~".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    let variables = refresh.environment.iter().map(|(name, value)| format!("{name}={value}"));
    let command = refresh.command.iter().map(quote);
    let line = variables.chain(command).collect::<Vec<_>>().join(" ");
    if refresh.folder.is_empty() {
        line
    } else {
        format!("(cd {} && {line})", quote(&refresh.folder.to_string()))
    }
}

fn refuse(message: &str) -> Problem {
    Problem::new("refresh-argument", message).help("look at the lockfile that names it")
}

/// Whether a package of this manager can be called so; never anything that reads as an option,
/// a path, an address or a second version.
pub(crate) fn is_name(manager: PackageManager, name: &str) -> bool {
    use PackageManager as Manager;
    match manager {
        Manager::Cargo => is_word(name, "-_"),
        // A scope is the one place where an at sign and a slash belong.
        Manager::Npm | Manager::YarnClassic | Manager::Yarn | Manager::Pnpm => {
            match name.strip_prefix('@').map(|rest| rest.split_once('/')) {
                Some(Some((scope, rest))) => is_word(scope, "-_.~") && is_word(rest, "-_.~"),
                Some(None) => false,
                None => is_word(name, "-_.~"),
            }
        }
        Manager::Go => {
            commands::GO_RELEASE.contains(&name)
                || name.split('/').all(|part| is_word(part, "-_.~+!")) && name.contains('.')
        }
        Manager::Poetry | Manager::Uv | Manager::Pdm | Manager::Bundler => is_word(name, "-_."),
        Manager::Maven => name
            .split_once(':')
            .is_some_and(|(group, name)| is_word(group, "-_.") && is_word(name, "-_.")),
        Manager::Composer => name
            .split_once('/')
            .is_some_and(|(vendor, name)| is_word(vendor, "-_.") && is_word(name, "-_.")),
    }
}

fn is_word(word: &str, extra: &str) -> bool {
    !word.starts_with(['-', '.'])
        && !word.is_empty()
        && word.len() <= 214
        && word.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

pub(crate) fn is_version(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_alphanumeric()) && is_word(version, "-.+")
}

#[cfg(test)]
mod tests;
