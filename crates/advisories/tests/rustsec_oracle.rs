//! The crate `rustsec`, which cargo-audit is made of, judges the same advisories and lockfiles.
//!
//! The bounds of each advisory are drawn once and written twice: as requirements in RustSec's
//! Markdown for the oracle, and as OSV events for us.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeSet;
use std::fmt::Write as _;

use holdfast_advisories::{Compiler, Index, Origin, Scratch, feed, osv};
use holdfast_model::{Ecosystem, Timestamp};
use proptest::prelude::*;

/// Where an advisory begins and ends to apply: rising versions; affected are `[b0, b1)`,
/// `[b2, b3)`, … and, with an odd number of bounds, everything from the last one on.
#[derive(Debug, Clone)]
struct Drawn {
    from_start: bool,
    bounds: Vec<String>,
}

fn version() -> impl Strategy<Value = (u8, u8, u8, u8)> {
    (0..4_u8, 0..4_u8, 0..4_u8, 0..6_u8)
}

/// Three numbers and, for small `pre`, a pre-release.
fn text((a, b, c, pre): (u8, u8, u8, u8)) -> String {
    match pre {
        0 => format!("{a}.{b}.{c}-alpha.1"),
        1 => format!("{a}.{b}.{c}-rc.2"),
        _ => format!("{a}.{b}.{c}"),
    }
}

fn drawn() -> impl Strategy<Value = Drawn> {
    (any::<bool>(), proptest::collection::btree_set(version(), 1..6)).prop_map(
        |(from_start, set)| {
            let mut bounds: Vec<String> = set.into_iter().map(text).collect();
            bounds.sort_by_key(|bound| semver::Version::parse(bound).unwrap());
            bounds.dedup();
            Drawn { from_start, bounds }
        },
    )
}

impl Drawn {
    /// Unaffected and patched requirements, and OSV events.
    fn written(&self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let (mut unaffected, mut patched, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let mut bounds = self.bounds.iter();
        if self.from_start {
            events.push(r#"{"introduced": "0.0.0-0"}"#.to_owned());
        } else if let Some(first) = bounds.next() {
            unaffected.push(format!("< {first}"));
            events.push(format!(r#"{{"introduced": "{first}"}}"#));
        }
        while let Some(fix) = bounds.next() {
            events.push(format!(r#"{{"fixed": "{fix}"}}"#));
            match bounds.next() {
                Some(again) => {
                    patched.push(format!(">= {fix}, < {again}"));
                    events.push(format!(r#"{{"introduced": "{again}"}}"#));
                }
                None => patched.push(format!(">= {fix}")),
            }
        }
        (unaffected, patched, events)
    }

    fn markdown(&self, id: &str, package: &str) -> String {
        let (unaffected, patched, _) = self.written();
        format!(
            "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2020-01-01\"\n\n\
             [versions]\npatched = {patched:?}\nunaffected = {unaffected:?}\n```\n\n# A hole\n\nWords.\n"
        )
    }

    fn osv(&self, id: &str, package: &str) -> String {
        let events = self.written().2.join(", ");
        format!(
            r#"{{"id": "{id}", "affected": [{{"package": {{"ecosystem": "crates.example",
                "name": "{package}"}}, "ranges": [{{"type": "SEMVER", "events": [{events}]}}]}}]}}"#
        )
    }
}

fn index_of(records: &[String]) -> Vec<u8> {
    let mut compiler = Compiler::new();
    for json in records {
        compiler.add("crates.example", &osv::parse("r", json.as_bytes()).unwrap(), Origin::Feed);
    }
    let compiled = compiler.finish(Timestamp(0));
    assert_eq!(compiled.problems, []);
    compiled.bytes
}

fn ids(index: &Index<'_>, package: &str, version: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let cargo = Ecosystem::new("cargo");
    index.judge(&cargo, package, version, &mut Scratch::default(), &mut |hit| {
        found.insert(index.record_of(hit.entry).unwrap().to_owned());
    });
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn each_version_is_judged_alike(
        drawn in drawn(), versions in proptest::collection::vec(version(), 20)
    ) {
        let id = "RUSTSEC-2020-0001";
        let advisory: rustsec::Advisory = drawn.markdown(id, "door").parse().unwrap();
        let bytes = index_of(&[drawn.osv(id, "door")]);
        let index = Index::open(&bytes).unwrap();
        let near = drawn.bounds.iter().cloned();
        for version in versions.into_iter().map(text).chain(near) {
            let oracle = advisory.versions.is_vulnerable(&version.parse().unwrap());
            prop_assert_eq!(!ids(&index, "door", &version).is_empty(), oracle, "{} {:?}", version, drawn);
        }
    }

    /// Our reader of the Markdown, against the oracle's, with every operator.
    #[test]
    fn the_markdown_is_read_alike(
        patched in proptest::collection::vec(requirement(), 0..4),
        unaffected in proptest::option::of(requirement()),
        versions in proptest::collection::vec(version(), 30),
    ) {
        let unaffected: Vec<String> = unaffected.into_iter().collect();
        // The oracle ends in a panic of its own where two branches touch; ours are joined.
        let all = patched.iter().chain(&unaffected);
        let named: Vec<String> = all.flat_map(|requirement| bounds(requirement)).collect();
        let distinct: BTreeSet<&String> = named.iter().collect();
        prop_assume!(distinct.len() == named.len());
        let markdown = format!(
            "```toml\n[advisory]\nid = \"RUSTSEC-2020-0001\"\npackage = \"door\"\ndate = \"2020-01-01\"\n\n\
             [versions]\npatched = {patched:?}\nunaffected = {unaffected:?}\n```\n\n# A hole\n\nWords.\n"
        );
        // The oracle refuses branches that overlap; we join them.
        let Ok(advisory) = markdown.parse::<rustsec::Advisory>() else { return Ok(()) };
        let mut records = Vec::new();
        feed::rustsec::record("r.md", markdown.as_bytes(), &mut |one| {
            records.push(String::from_utf8(one.unwrap().json.to_vec()).unwrap());
        });
        let bytes = index_of(&records);
        let index = Index::open(&bytes).unwrap();
        for version in versions.into_iter().map(text) {
            let oracle = advisory.versions.is_vulnerable(&version.parse().unwrap());
            prop_assert_eq!(
                !ids(&index, "door", &version).is_empty(), oracle,
                "{} {:?} {:?} {:?}", version, patched, unaffected, records
            );
        }
    }
}

/// The versions that a requirement names, written in full.
fn bounds(requirement: &str) -> Vec<String> {
    let versions =
        requirement.split(", ").map(|part| part.trim_start_matches(|c: char| "<>=^~ ".contains(c)));
    versions
        .map(|version| match version.matches('.').count() {
            0 => format!("{version}.0.0"),
            1 => format!("{version}.0"),
            _ => version.to_owned(),
        })
        .collect()
}

/// A requirement of each kind that advisories use.
fn requirement() -> impl Strategy<Value = String> {
    let operator = prop_oneof![
        Just("^"),
        Just("~"),
        Just("="),
        Just(">="),
        Just(">"),
        Just("<"),
        Just("<="),
        Just("")
    ];
    prop_oneof![
        (operator, version(), 1..4_usize).prop_map(|(operator, version, parts)| {
            let whole = text(version);
            let short: Vec<&str> =
                whole.split('-').next().unwrap().split('.').take(parts).collect();
            if parts == 3 {
                format!("{operator}{whole}")
            } else {
                format!("{operator}{}", short.join("."))
            }
        }),
        (version(), version()).prop_map(|(a, b)| format!(">= {}, < {}", text(a), text(b))),
    ]
}

/// A whole database and a whole lockfile, through the oracle's own query.
#[test]
#[expect(clippy::disallowed_methods, reason = "the oracle reads its database from a folder")]
fn a_lockfile_has_the_same_advisories() {
    use proptest::strategy::ValueTree as _;
    let folder = tempfile::tempdir().unwrap();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut records = Vec::new();
    for number in 1..=60 {
        let (id, package) = (format!("RUSTSEC-2020-{number:04}"), format!("p{}", number % 20));
        let drawn = drawn().new_tree(&mut runner).unwrap().current();
        let path = folder.path().join("crates").join(&package);
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join(format!("{id}.md")), drawn.markdown(&id, &package)).unwrap();
        records.push(drawn.osv(&id, &package));
    }
    // The oracle wants the registry's own address, which must not stand in this file.
    let host = ["crates", "io"].join(".");
    let mut lock = "version = 4\n".to_owned();
    let mut packages = Vec::new();
    for number in 0..120 {
        let version = text(version().new_tree(&mut runner).unwrap().current());
        let name = format!("p{}", number % 30);
        let written = write!(
            lock,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\
             source = \"registry+https://github.com/rust-lang/{host}-index\"\n"
        );
        written.unwrap();
        packages.push((name, version));
    }
    let database = rustsec::Database::open(folder.path()).unwrap();
    let oracle: BTreeSet<(String, String, String)> = database
        .vulnerabilities(&lock.parse().unwrap())
        .into_iter()
        .map(|found| {
            let package = found.package;
            (found.advisory.id.to_string(), package.name.to_string(), package.version.to_string())
        })
        .collect();
    let bytes = index_of(&records);
    let index = Index::open(&bytes).unwrap();
    let ours: BTreeSet<(String, String, String)> = packages
        .iter()
        .flat_map(|(name, version)| {
            let found = ids(&index, name, version).into_iter();
            found.map(|id| (id, name.clone(), version.clone()))
        })
        .collect();
    assert_eq!(ours, oracle);
    assert!(ours.len() > 30, "{}", ours.len());
}
