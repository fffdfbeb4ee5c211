//! The ecosystem's own tool brings a lockfile in line: as data, for `world` to run.
//!
//! Knows which command of which tool does the least. Must not run anything. No command here runs
//! scripts of the tree or of packages. Names and versions come out of files that anybody may have
//! written, so that each is checked before it becomes an argument.

use std::sync::Arc;

use holdfast_model::{Ecosystem, Problem, Refresh};

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

/// The refresh of a lockfile; `None` where the ecosystem has no tool for it (a
/// `requirements.txt` is its own lockfile).
///
/// `lockfile` is root-relative. `offline` keeps the tool from the network where it can be kept.
///
/// # Errors
///
/// `refresh-argument` for a name or version that no package of the ecosystem can have.
pub fn refresh(
    ecosystem: &Ecosystem,
    lockfile: &str,
    change: Change<'_>,
    offline: bool,
) -> Result<Option<Refresh>, Box<Problem>> {
    let (name, versions) = match change {
        Change::Manifest { name, to } => (name, [None, Some(to)]),
        Change::Entry { name, from, to } => (name, [Some(from), Some(to)]),
    };
    let family = ecosystem.family();
    if !matches!(family, Ecosystem::CARGO | Ecosystem::NPM | Ecosystem::GOLANG) {
        return Ok(None);
    }
    if !is_name(family, name) {
        return Err(Box::new(refuse(&format!("`{name}` cannot be the name of a package"))));
    }
    if let Some(wrong) = versions.into_iter().flatten().find(|version| !is_version(version)) {
        return Err(Box::new(refuse(&format!("`{wrong}` cannot be a version of `{name}`"))));
    }
    let folder = lockfile.rsplit_once('/').map_or("", |(folder, _)| folder);
    Ok(Some(match family {
        Ecosystem::CARGO => cargo(folder, change, offline),
        Ecosystem::NPM => npm(folder, change, offline),
        _ => go(folder, change, offline),
    }))
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

/// Cargo leaves every entry that still fits when it takes over a manifest; `update --workspace`
/// is its command for exactly that.
fn cargo(folder: &str, change: Change<'_>, offline: bool) -> Refresh {
    let mut command = words(&["cargo", "update"]);
    match change {
        Change::Manifest { .. } => command.push("--workspace".to_owned()),
        Change::Entry { name, from, to } => {
            // The old version belongs to the name, since several versions may be locked.
            command.extend(["-p".to_owned(), format!("{name}@{from}")]);
            command.extend(words(&["--precise", to]));
        }
    }
    if offline {
        command.push("--offline".to_owned());
    }
    // A configuration in the tree could name another compiler, which resolving asks for its
    // version; variables win over it.
    let environment =
        pairs(&[("RUSTC", "rustc"), ("RUSTC_WRAPPER", ""), ("RUSTC_WORKSPACE_WRAPPER", "")]);
    made(folder, command, environment, &["Cargo.lock"])
}

fn npm(folder: &str, change: Change<'_>, offline: bool) -> Refresh {
    let mut command = match change {
        Change::Manifest { .. } => words(&["npm", "install"]),
        Change::Entry { name, .. } => words(&["npm", "update", name]),
    };
    command.extend(words(&["--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]));
    if offline {
        command.push("--offline".to_owned());
    }
    made(folder, command, Vec::new(), &["package-lock.json", "package.json"])
}

/// Go knows no lock entry apart from `go.mod`: lifting is one command, whoever needs the module.
fn go(folder: &str, change: Change<'_>, offline: bool) -> Refresh {
    let (Change::Manifest { name, to } | Change::Entry { name, to, .. }) = change;
    // Advisories write versions without the `v` that modules have.
    let version = if to.starts_with('v') { to.to_owned() } else { format!("v{to}") };
    let mut environment = pairs(&[("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod")]);
    if offline {
        environment.extend(pairs(&[("GOPROXY", "off")]));
    }
    let command = vec!["go".to_owned(), "get".to_owned(), format!("{name}@{version}")];
    made(folder, command, environment, &["go.mod", "go.sum"])
}

fn made(
    folder: &str,
    command: Vec<String>,
    environment: Vec<(String, String)>,
    touches: &[&str],
) -> Refresh {
    let inside = |name: &&str| -> Arc<str> {
        if folder.is_empty() { (*name).into() } else { format!("{folder}/{name}").into() }
    };
    let touches = touches.iter().map(inside).collect();
    Refresh { folder: folder.into(), command, environment, touches }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Whether a package of this ecosystem can be called so; never anything that reads as an option,
/// a path, an address or a second version.
fn is_name(family: &str, name: &str) -> bool {
    let (name, extra) = match family {
        Ecosystem::CARGO => (name, "-_"),
        // A scope is the one place where an at sign and a slash belong.
        Ecosystem::NPM => match name.strip_prefix('@').map(|rest| rest.split_once('/')) {
            Some(Some((scope, rest))) if is_word(scope, "-_.~") => (rest, "-_.~"),
            Some(_) => return false,
            None => (name, "-_.~"),
        },
        _ => return name.split('/').all(|part| is_word(part, "-_.~+!")) && name.contains('.'),
    };
    is_word(name, extra)
}

fn is_word(word: &str, extra: &str) -> bool {
    !word.starts_with(['-', '.'])
        && !word.is_empty()
        && word.len() <= 214
        && word.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

fn is_version(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_alphanumeric()) && is_word(version, "-.+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(family: &str, lockfile: &str, change: Change<'_>, offline: bool) -> Refresh {
        refresh(&Ecosystem::new(family), lockfile, change, offline).unwrap().unwrap()
    }

    const LIFT: Change<'_> = Change::Manifest { name: "time", to: "0.2.23" };
    const ENTRY: Change<'_> = Change::Entry { name: "time", from: "0.2.20", to: "0.2.23" };

    #[test]
    fn cargo_names_the_version_that_it_lifts() {
        let one = of("cargo", "app/Cargo.lock", ENTRY, true);
        assert_eq!(
            one.command,
            ["cargo", "update", "-p", "time@0.2.20", "--precise", "0.2.23", "--offline"]
        );
        assert_eq!((&*one.folder, &*one.touches[0]), ("app", "app/Cargo.lock"));
        let one = of("cargo", "Cargo.lock", LIFT, false);
        assert_eq!(one.command, ["cargo", "update", "--workspace"]);
        assert_eq!((&*one.folder, &*one.touches[0]), ("", "Cargo.lock"));
    }

    #[test]
    fn npm_never_runs_scripts() {
        for change in [LIFT, ENTRY] {
            let one = of("npm", "package-lock.json", change, false);
            assert!(one.command.contains(&"--ignore-scripts".to_owned()));
            assert!(one.command.contains(&"--package-lock-only".to_owned()));
            let touches: Vec<&str> = one.touches.iter().map(|path| &**path).collect();
            assert_eq!(touches, ["package-lock.json", "package.json"]);
        }
        let entry = of("npm", "package-lock.json", ENTRY, false);
        assert_eq!(entry.command[..3], ["npm", "update", "time"]);
    }

    #[test]
    fn go_keeps_its_own_toolchain() {
        let change = Change::Entry { name: "golang.org/x/net", from: "0.1.0", to: "0.7.0" };
        let one = of("Go", "svc/go.mod", change, true);
        assert_eq!(one.command, ["go", "get", "golang.org/x/net@v0.7.0"]);
        assert!(one.environment.contains(&("GOTOOLCHAIN".to_owned(), "local".to_owned())));
        assert!(one.environment.contains(&("GOPROXY".to_owned(), "off".to_owned())));
        assert_eq!(
            shown(&one),
            "(cd svc && GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off \
             go get golang.org/x/net@v0.7.0)"
        );
    }

    #[test]
    fn a_requirements_file_has_no_tool() {
        let pypi = Ecosystem::new("PyPI");
        assert_eq!(refresh(&pypi, "requirements.txt", LIFT, false), Ok(None));
    }

    #[test]
    fn names_that_read_as_anything_else_are_refused() {
        let wrong = [
            ("cargo", "--config=x"),
            ("cargo", "a@1"),
            ("cargo", "../x"),
            ("cargo", ""),
            ("npm", "--prefix"),
            ("npm", "@scope"),
            ("npm", "@/x"),
            ("npm", "a/b"),
            ("npm", "git+ssh:x"),
            ("npm", "x; rm"),
            ("npm", ".."),
            ("Go", "-x"),
            ("Go", "../evil"),
            ("Go", "a.b/../c"),
            ("Go", "example.org/x@v1"),
        ];
        for (family, name) in wrong {
            let change = Change::Entry { name, from: "1.0.0", to: "1.0.1" };
            let refused = refresh(&Ecosystem::new(family), "x/lock", change, false).unwrap_err();
            assert_eq!(refused.code, "refresh-argument", "{family} {name}");
        }
        for version in ["", "--x", "1 2", "1@2", "latest;", "../1"] {
            let change = Change::Entry { name: "time", from: "1.0.0", to: version };
            assert!(refresh(&Ecosystem::new("cargo"), "l", change, false).is_err(), "{version}");
        }
        let scoped = Change::Entry { name: "@acme/a.b_c", from: "1.0.0", to: "1.0.0-rc.1+b" };
        assert!(refresh(&Ecosystem::new("npm"), "l", scoped, false).is_ok());
    }
}
