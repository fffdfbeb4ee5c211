//! `poetry.lock`, `pdm.lock`, `uv.lock` and `pylock.toml`: what Python's tools chose.
//!
//! Knows how each of the four writes a package; what they have in common is `python_lock`'s.

use holdfast_model::{About, Fact, Origin, Span};

use super::python_lock::{
    Format, Need as Needed, Package, bare, beside, hashed, list, read, say, table, text, texts,
    wants,
};
use super::shape::empty;
use super::wheel::Wheel;
use crate::text::toml::{self as places, Table, Value};
use crate::text::{Document, Report, file_name};
use crate::{Claim, Need, Reader, Sources};

/// A reader of one of the four.
#[derive(Debug)]
pub struct PythonLock {
    about: &'static About,
    format: Format,
    /// Whether a file name is one of its lockfiles.
    named: fn(&str) -> bool,
}

/// Reads `poetry.lock`.
pub static POETRY_LOCK: PythonLock =
    PythonLock { about: &POETRY_ABOUT, format: POETRY, named: |name| name == "poetry.lock" };
/// Reads `pdm.lock`.
pub static PDM_LOCK: PythonLock =
    PythonLock { about: &PDM_ABOUT, format: PDM, named: |name| name == "pdm.lock" };
/// Reads `uv.lock`.
pub static UV_LOCK: PythonLock =
    PythonLock { about: &UV_ABOUT, format: UV, named: |name| name == "uv.lock" };
/// Reads `pylock.toml` and `pylock.NAME.toml` (PEP 751).
pub static PYLOCK: PythonLock = PythonLock {
    about: &PYLOCK_ABOUT,
    format: PEP_751,
    named: |name| {
        let rest = name.strip_prefix("pylock.").and_then(|rest| rest.strip_suffix("toml"));
        rest.is_some_and(|middle| middle.is_empty() || middle.ends_with('.'))
    },
};

static POETRY_ABOUT: About = About {
    id: "poetry-lock",
    title: "Poetry lockfile (poetry.lock)",
    text: "Every package and every dependency with its range, for the formats 1.0 to 2.1. What is \
           direct stands in pyproject.toml beside it. Development is told by category or groups, \
           or else by what pyproject.toml reaches. Where a name has several versions for different \
           systems, whoever needs it needs all of them.",
    file: file!(),
};
static PDM_ABOUT: About = About {
    id: "pdm-lock",
    title: "PDM lockfile (pdm.lock)",
    text: "Every package and every dependency with its range, for the formats 2 to 4. \
           pyproject.toml beside it tells what is direct, and what is reached from its development \
           groups alone.",
    file: file!(),
};
static UV_ABOUT: About = About {
    id: "uv-lock",
    title: "uv lockfile (uv.lock)",
    text: "Every package and every dependency, for format 1 with any revision. The project and \
           the members of its workspace stand in the lockfile, so it tells itself what is direct \
           and what is for development.",
    file: file!(),
};
static PYLOCK_ABOUT: About = About {
    id: "pylock",
    title: "Python lockfile (pylock.toml, PEP 751)",
    text: "Every package with its source and hashes, and dependencies where the tool wrote them. \
           The format does not say what is direct: pyproject.toml beside it does. What is \
           installed for a group only that is none of `default-groups` is for development. A version \
           that is not written is the one that the names of all its wheels say, where they agree.",
    file: file!(),
};

const POETRY: Format = Format {
    tool: "poetry",
    help: "restore the file from version control, or run `poetry lock`",
    list: "package",
    version: ("metadata", "lock-version", |text| matches!(text, "1.0" | "1.1" | "2.0" | "2.1")),
    known: "formats 1.0 to 2.1 are",
    package: poetry,
};
const PDM: Format = Format {
    tool: "pdm",
    help: "restore the file from version control, or run `pdm lock`",
    list: "package",
    version: ("metadata", "lock_version", |text| {
        matches!(text.split('.').next(), Some("2" | "3" | "4"))
    }),
    known: "formats 2 to 4 are",
    package: pdm,
};
const UV: Format = Format {
    tool: "uv",
    help: "restore the file from version control, or run `uv lock`",
    list: "package",
    version: ("", "version", |text| text == "1"),
    known: "format 1 is",
    package: uv,
};
const PEP_751: Format = Format {
    tool: "a tool that follows PEP 751",
    help: "restore the file from version control, or let its tool write it again",
    list: "packages",
    version: ("", "lock-version", |text| text == "1.0"),
    known: "format 1.0 is",
    package: pylock,
};

impl Reader for PythonLock {
    fn about(&self) -> &'static About {
        self.about
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if (self.named)(file_name(path)) { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need> {
        wants(so_far)
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let document = Document::open(sources.path(), sources.bytes());
        let mut report = Report::new(out);
        report.open(&document);
        if document.readable() {
            if document.text().trim().is_empty() {
                report.mistake(&document, &empty(self.format.help));
            }
            let lock = read(&document, self.format);
            say(&document, self.format, lock, beside(sources).as_ref(), &mut report);
        }
        report.finish();
    }
}

fn poetry(full: &str, root: &Table<'_>, package: &Table<'_>) -> Package {
    let mut one = bare(full, package);
    let name = one.name.as_ref().map_or("", |(name, _)| name);
    // Files stood in a table of their own before format 2.
    let files = table(root, "metadata").and_then(|metadata| table(metadata, "files"));
    let sum = match files.filter(|_| places::get(package, "files").is_none()) {
        Some(files) => places::get(files, name).map(|_| hashed(list(files, name))),
        None => places::get(package, "files").map(|_| hashed(list(package, "files"))),
    };
    let source = table(package, "source");
    let address = |key: &str| source.and_then(|source| text(source, key)).map(Into::into);
    one.origin = match source.and_then(|source| text(source, "type")) {
        Some("git") => Origin::Git(address("url").unwrap_or_default()),
        Some("url" | "file") => Origin::Archive(address("url").unwrap_or_default()),
        Some("directory") => Origin::Tree,
        _ => Origin::Feed(address("url")),
    };
    one.integrity = sum.filter(|_| matches!(one.origin, Origin::Feed(_) | Origin::Archive(_)));
    let groups: Vec<&str> =
        list(package, "groups").filter_map(|group| group.get_ref().as_str()).collect();
    one.dev = match text(package, "category") {
        Some(category) => Some(category != "main"),
        None => (!groups.is_empty()).then(|| !groups.contains(&"main")),
    };
    for (name, value) in table(package, "dependencies").into_iter().flatten() {
        let span = places::inside(full, &name.span());
        let may_lack = match value.get_ref() {
            Value::Table(members) => {
                text(members, "markers").is_some() || places::get(members, "optional").is_some()
            }
            Value::Array(_) => true,
            _ => false,
        };
        one.needs.push(Needed {
            name: name.get_ref().to_string(),
            version: None,
            range: versions(value.get_ref()).map(str::to_owned),
            at: Span { start: span.start, end: span.end },
            dev: false,
            may_lack,
        });
    }
    one
}

/// The range of a dependency as poetry writes it: a text, a table with one, or a list of them for
/// different systems, which leaves it open where they differ.
fn versions<'t>(constraint: &'t Value<'_>) -> Option<&'t str> {
    fn one<'t>(constraint: &'t Value<'_>) -> Option<&'t str> {
        match constraint {
            Value::Table(members) => text(members, "version"),
            other => other.as_str(),
        }
    }
    let Value::Array(all) = constraint else { return one(constraint) };
    let mut all = all.iter().map(|constraint| one(constraint.get_ref()));
    let first = all.next()??;
    all.all(|range| range == Some(first)).then_some(first)
}

fn pdm(full: &str, root: &Table<'_>, package: &Table<'_>) -> Package {
    let mut one = bare(full, package);
    let address = ["git", "hg", "svn"].iter().find_map(|key| text(package, key));
    let path = text(package, "path");
    one.origin = match (address, path, text(package, "url")) {
        (Some(address), ..) => Origin::Git(address.into()),
        (_, Some(path), _) if is_archive(path) => Origin::Archive(path.into()),
        (_, Some(_), _) => Origin::Tree,
        (.., Some(url)) => Origin::Archive(url.into()),
        _ => Origin::Feed(None),
    };
    // Older formats keep the files elsewhere, by name and version.
    let name = one.name.as_ref().map_or("", |(name, _)| name);
    let key = format!("{name} {}", one.version.as_deref().unwrap_or_default());
    let files = table(root, "metadata").and_then(|metadata| table(metadata, "files"));
    let old = files.and_then(|files| places::get(files, &key).map(|_| hashed(list(files, &key))));
    let own = places::get(package, "files").map(|_| hashed(list(package, "files")));
    one.integrity = own.or(old).filter(|_| !matches!(one.origin, Origin::Tree | Origin::Git(_)));
    one.needs = texts(full, list(package, "dependencies"));
    one
}

fn uv(full: &str, _root: &Table<'_>, package: &Table<'_>) -> Package {
    let mut one = bare(full, package);
    let source = table(package, "source");
    let of = |key: &str| source.and_then(|source| text(source, key));
    one.origin = if let Some(feed) = of("registry") {
        Origin::Feed(Some(feed.into()))
    } else if let Some(address) = of("git") {
        Origin::Git(address.into())
    } else if let Some(address) = of("url").or(of("path").filter(|path| is_archive(path))) {
        Origin::Archive(address.into())
    } else if ["editable", "virtual", "directory", "path"].iter().any(|key| of(key).is_some()) {
        Origin::Tree
    } else {
        Origin::Feed(None)
    };
    let files = || {
        let sdist = places::get(package, "sdist").into_iter();
        sdist.chain(list(package, "wheels"))
    };
    one.integrity = (matches!(one.origin, Origin::Feed(_) | Origin::Archive(_))
        && files().next().is_some())
    .then(|| hashed(files()));
    one.needs = entries(full, package, "dependencies", false);
    for (key, dev) in [("optional-dependencies", false), ("dev-dependencies", true)] {
        let Some(groups) = table(package, key) else { continue };
        for (group, _) in groups {
            one.needs.extend(entries(full, groups, group.get_ref(), dev));
        }
    }
    one
}

/// `[{ name = "…", version = "…" }]`.
fn entries(full: &str, home: &Table<'_>, key: &str, dev: bool) -> Vec<Needed> {
    let tables = list(home, key).filter_map(|entry| entry.get_ref().as_table());
    tables
        .filter_map(|entry| {
            let (name, at) = places::string(full, places::get(entry, "name")?)?;
            let version = text(entry, "version").map(str::to_owned);
            Some(Needed { name: name.to_owned(), version, range: None, at, dev, may_lack: false })
        })
        .collect()
}

/// Whether a package is installed for a group only that is not installed where none is asked for (PEP
/// 751, `default-groups`); `None` where its marker names no group. Each alternative has to need one: an
/// `or` in brackets counts as if nothing did.
fn of_group(marker: &str, root: &Table<'_>) -> Option<bool> {
    const OF: &str = "dependency_groups";
    if !marker.contains(OF) {
        return None;
    }
    let installed =
        |group: &str| list(root, "default-groups").any(|one| one.get_ref().as_str() == Some(group));
    let other = |before: &str| {
        let quoted = before.trim_end().strip_suffix("in").map(str::trim_end);
        let group = quoted.and_then(|quoted| {
            let inner = quoted.strip_suffix(['\'', '"'])?;
            inner.rsplit(['\'', '"']).next()
        });
        group.is_some_and(|group| !installed(group))
    };
    let needs =
        |part: &str| part.match_indices(OF).any(|(at, _)| part.get(..at).is_some_and(other));
    Some(marker.split(" or ").all(needs))
}

fn pylock(full: &str, root: &Table<'_>, package: &Table<'_>) -> Package {
    let mut one = bare(full, package);
    one.dev = text(package, "marker").and_then(|marker| of_group(marker, root));
    let of = |key: &str| {
        let source = table(package, key)?;
        Some(text(source, "url").or_else(|| text(source, "path")).unwrap_or_default())
    };
    one.origin = if let Some(address) = of("vcs") {
        Origin::Git(address.into())
    } else if let Some(address) = of("archive") {
        Origin::Archive(address.into())
    } else if of("directory").is_some() {
        Origin::Tree
    } else {
        Origin::Feed(text(package, "index").map(Into::into))
    };
    let files = || {
        let single = ["sdist", "archive"].iter().filter_map(|key| places::get(package, key));
        single.chain(list(package, "wheels"))
    };
    one.integrity = (matches!(one.origin, Origin::Feed(_) | Origin::Archive(_))
        && files().next().is_some())
    .then(|| hashed(files()));
    // The format allows a package without a version, as long as there is something to install.
    if places::get(package, "version").is_none() {
        one.unversioned = files().next().is_some();
        one.version = of_wheels(package);
    }
    one.needs = entries(full, package, "dependencies", false);
    one
}

/// The version that the names of all wheels of a package say; `None` where they differ.
fn of_wheels(package: &Table<'_>) -> Option<String> {
    let mut found: Option<String> = None;
    for wheel in list(package, "wheels") {
        let wheel = wheel.get_ref().as_table()?;
        let file = ["name", "url", "path"].iter().find_map(|key| text(wheel, key))?;
        let version = Wheel::of(file)?.version;
        if found.as_ref().is_some_and(|known| *known != version) {
            return None;
        }
        found = Some(version);
    }
    found
}

fn is_archive(path: &str) -> bool {
    [".whl", ".tar.gz", ".zip", ".tar.bz2"].iter().any(|end| path.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_group_installs_that_is_not_asked_for_is_for_development() {
        let mut seen = Vec::new();
        let text = "default-groups = [\"main\"]\n";
        let mistakes = places::trees(text, &mut |_, root| {
            for (marker, wanted) in [
                ("'dev' in dependency_groups", Some(true)),
                ("\"main\" in dependency_groups or \"dev\" in dependency_groups", Some(false)),
                ("'dev' in dependency_groups or 'docs' in dependency_groups", Some(true)),
                ("python_version < '3.9' and 'dev' in dependency_groups", Some(true)),
                ("python_version < '3.9' or 'dev' in dependency_groups", Some(false)),
                ("'dev' not in dependency_groups", Some(false)),
                ("'x' in extras", None),
                ("python_version < '3.9'", None),
                ("dependency_groups", Some(false)),
            ] {
                assert_eq!(of_group(marker, root), wanted, "{marker}");
                seen.push(marker);
            }
        });
        assert!(mistakes.is_empty() && seen.len() == 9, "{seen:?}");
    }
}
