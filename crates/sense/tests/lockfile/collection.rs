//! Every file of the collection of lockfiles, where it is present: read without a panic and
//! without silent loss, and counted a second time by hand.

use std::path::Path;

use holdfast_model::Fact;
use holdfast_sense::read_anything;

use super::others::shared;
use super::support::{Tree, check, components, problems, tree};

/// The folders of the collection and the name that a reader knows their files by.
const KINDS: [(&str, &str); 19] = [
    ("javascript/bunlock", "bun.lock"),
    ("javascript/packagejson", "package.json"),
    ("javascript/packagelockjson", "package-lock.json"),
    ("javascript/pnpmlock", "pnpm-lock.yaml"),
    ("javascript/yarnlock", "yarn.lock"),
    ("python/pdmlock", "pdm.lock"),
    ("python/pipfilelock", "Pipfile.lock"),
    ("python/poetrylock", "poetry.lock"),
    ("python/pylock", "pylock.toml"),
    ("python/pyprojecttoml", "pyproject.toml"),
    ("python/requirements", "requirements.txt"),
    ("python/uvlock", "uv.lock"),
    ("php/composerlock", "composer.lock"),
    ("ruby/gemfilelock", "Gemfile.lock"),
    ("ruby/gemspec", "x.gemspec"),
    ("golang/gomod", "go.mod"),
    ("golang/gomod/testdata/indirect-1.16.sum", "go.sum"),
    ("rust/cargolock", "Cargo.lock"),
    ("rust/cargotoml", "Cargo.toml"),
];

/// Formats that no reader takes: programs, archives and what is installed.
const NOT_TAKEN: [&str; 10] = [
    "javascript/denojson",
    "javascript/denotssource",
    "javascript/vsix",
    "python/condameta",
    "python/setup",
    "python/wheelegg",
    "golang/gobinary",
    "golang/vendormodules",
    "rust/cargoauditable",
    // The constants that specifications take their version from.
    "/lib/example_app/version.rb",
];

/// Files that name no package at all.
const EMPTY: [&str; 15] = [
    "javascript/packagejson/testdata/unity-package.json",
    "javascript/pnpmlock/testdata/missing-packages.yaml",
    "javascript/pnpmlock/testdata/no-packages.v9.yaml",
    "javascript/pnpmlock/testdata/no-packages.yaml",
    "javascript/yarnlock/testdata/empty.v1.lock",
    "javascript/yarnlock/testdata/empty.v2.lock",
    "javascript/yarnlock/testdata/metadata-only.v2.lock",
    "python/pdmlock/testdata/empty.toml",
    "python/pyprojecttoml/testdata/empty_deps.toml",
    "python/uvlock/testdata/no-packages.lock",
    "ruby/gemfilelock/testdata/no-gem-section.lock",
    "ruby/gemfilelock/testdata/no-gems.lock",
    "ruby/gemfilelock/testdata/no-spec-section.lock",
    "rust/cargotoml/testdata/no-dependency.toml",
    "javascript/packagejson/testdata/deps/window-size",
];

#[test]
fn the_whole_collection() {
    let Some(folder) = shared() else { return };
    let folder = folder.join("lockfiles");
    let mut wrong: Vec<String> = Vec::new();
    let mut read = 0;
    for language in ["javascript", "python", "php", "ruby", "golang", "rust"] {
        for (path, bytes) in tree(&folder.join(language)) {
            let path = format!("{language}/{path}");
            if NOT_TAKEN.iter().any(|one| path.starts_with(one) || path.ends_with(one)) {
                continue;
            }
            read += 1;
            wrong.extend(one(&path, &bytes));
        }
    }
    assert!(read > 100, "only {read} files were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn one(path: &str, bytes: &[u8]) -> Option<String> {
    let name = KINDS.iter().rfind(|(start, _)| path.starts_with(start));
    let Some((_, name)) = name else { return Some(format!("{path}: nobody reads it")) };
    let facts = read_anything(name, bytes);
    check(&facts, &Tree::from([((*name).to_owned(), bytes.to_vec())]));
    let says = facts.iter().any(|fact| {
        matches!(
            fact,
            Fact::Component(_) | Fact::Requirement(_) | Fact::Unknown { .. } | Fact::Problem(_)
        )
    });
    let empty = EMPTY.iter().any(|one| path.starts_with(one));
    if says == empty {
        let what =
            if says { "is on the list of empty files and says something" } else { "says nothing" };
        return Some(format!("{path} {what}"));
    }
    let text = String::from_utf8_lossy(bytes);
    let wanted = by_hand(name, &text)?;
    let found = components(&facts).count();
    let broken = problems(&facts).next().is_some();
    (found != wanted && !broken)
        .then(|| format!("{path}: {found} packages were read, {wanted} counted"))
}

/// How many packages a file must have, by its look alone; nothing where its look does not tell.
fn by_hand(name: &str, text: &str) -> Option<usize> {
    let lines = || text.lines();
    let starts = |with: &str| lines().filter(|line| line.starts_with(with)).count();
    Some(match name {
        "Cargo.lock" | "uv.lock" | "poetry.lock" | "pdm.lock" => starts("[[package]]"),
        "pylock.toml" => starts("[[packages]]"),
        "Pipfile.lock" => {
            let value: serde_json::Value = serde_json::from_str(text).ok()?;
            let sections = value.as_object()?.iter().filter(|(key, _)| *key != "_meta");
            let packages = sections.filter_map(|(_, section)| section.as_object()).flatten();
            let pinned = packages.map(|(name, one)| format!("{name} {}", one["version"]));
            pinned.collect::<std::collections::BTreeSet<_>>().len()
        }
        "composer.lock" => text.matches("\"notification-url\"").count(),
        "yarn.lock" => {
            lines().filter(|line| !line.starts_with([' ', '#', '_']) && line.ends_with(':')).count()
        }
        "bun.lock" => {
            lines().filter(|line| line.starts_with("    \"") && line.contains("\": [")).count()
        }
        "package-lock.json" if text.contains("\"node_modules/") => {
            text.matches("\"node_modules/").count() - text.matches(": \"node_modules/").count()
        }
        "pnpm-lock.yaml" => {
            let packages = lines().skip_while(|line| *line != "packages:").skip(1);
            let packages = packages.take_while(|line| line.is_empty() || line.starts_with(' '));
            packages
                .filter(|line| {
                    line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':')
                })
                .count()
        }
        "Gemfile.lock" => lines()
            .filter(|line| {
                line.starts_with("    ") && !line.starts_with("     ") && line.contains(" (")
            })
            .count(),
        _ => return None,
    })
}

/// The collection is the same as when this was written: no kind of file has gone.
#[test]
fn every_kind_of_the_collection_is_there() {
    let Some(folder) = shared() else { return };
    for (kind, _) in KINDS {
        assert!(Path::new(&folder).join("lockfiles").join(kind).exists(), "{kind}");
    }
}
