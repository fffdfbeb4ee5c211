//! Every file of the collection of lockfiles, where it is present: read without a panic and
//! without silent loss, and counted a second time by hand.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_model::Fact;
use holdfast_sense::read_anything;

use super::others::shared;
use super::support::{Tree, check, components, problems, tree};

/// The folders of the collection and the name that a reader knows their files by.
const KINDS: [(&str, &str); 26] = [
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
    ("javascript/denojson", "deno.json"),
    ("python/setup", "setup.py"),
    ("golang/vendormodules", "vendor/modules.txt"),
    ("gleam/gleamtoml", "gleam.toml"),
    ("julia/manifesttoml", "Manifest.toml"),
    ("julia/projecttoml", "Project.toml"),
    ("perl/cpan", "META.yml"),
];

/// The languages whose files are read here; `families.rs` reads the others.
const LANGUAGES: [&str; 10] =
    ["javascript", "python", "php", "ruby", "golang", "rust", "gleam", "julia", "ocaml", "perl"];

/// Formats that no reader of folders takes: programs, archives and what is installed.
const NOT_TAKEN: [&str; 8] = [
    // A program, whose imports are those of the `deno.lock` beside it.
    "javascript/denotssource",
    "javascript/vsix",
    // What stands in an environment, which `conda-meta/history` is told for.
    "python/condameta",
    "python/wheelegg",
    "golang/gobinary",
    "rust/cargoauditable",
    // Which files a package installs, without any package.
    "ocaml/opam",
    // The constants that specifications take their version from.
    "/lib/example_app/version.rb",
];

/// Files that name no package at all.
const EMPTY: [&str; 21] = [
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
    "python/setup/testdata/empty",
    "golang/vendormodules/testdata/empty",
    "julia/manifesttoml/testdata/not-toml.txt",
    "julia/projecttoml/testdata/not-toml.txt",
    "julia/projecttoml/testdata/project.toml",
    "perl/cpan/testdata/invalid_yml.yml",
];

#[test]
fn the_whole_collection() {
    let Some(folder) = shared() else { return };
    let folder = folder.join("lockfiles");
    let mut wrong: Vec<String> = Vec::new();
    let mut read = 0;
    let mut passed_over = BTreeSet::new();
    for language in LANGUAGES {
        for (path, bytes) in tree(&folder.join(language)) {
            let path = format!("{language}/{path}");
            let fits = |one: &&&str| path.starts_with(**one) || path.ends_with(**one);
            if let Some(one) = NOT_TAKEN.iter().find(fits) {
                passed_over.insert(*one);
                continue;
            }
            read += 1;
            wrong.extend(one(&path, &bytes));
        }
    }
    assert!(read > 100, "only {read} files were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(passed_over, BTreeSet::from(NOT_TAKEN), "what is passed over is there");
}

/// No language of the collection is left to nobody.
#[test]
fn every_language_of_the_collection_is_read() {
    let Some(folder) = shared() else { return };
    let mut here: Vec<String> = std::fs::read_dir(folder.join("lockfiles"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    here.sort();
    let mut read: Vec<&str> =
        LANGUAGES.iter().chain(&super::families::LANGUAGES).copied().collect();
    read.sort_unstable();
    assert_eq!(here, read);
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
