//! Against real feeds and lockfiles, where they are there, and against lists of versions.

mod common;
mod versions;

use std::collections::BTreeSet;

use holdfast_advisories::{Compiler, Index, Judged, Scratch, kev};
use holdfast_model::{Ecosystem, Timestamp};

#[test]
fn real_feeds_compile_without_loss_and_cover_what_they_name() {
    let Some(data) = common::data() else { return };
    let feeds = common::feeds(&data);
    let mut compiler = Compiler::new();
    let (count, problems) = common::add_all(&mut compiler, &feeds);
    assert_eq!(problems, []);
    let path = data.join("kev/known_exploited_vulnerabilities.json.gz");
    let catalogue = kev::parse("kev", &common::read(&path)).unwrap();
    assert_eq!(catalogue.problems, []);
    assert!(catalogue.entries.len() > 1000);
    compiler.kev(&catalogue);
    let compiled = compiler.finish(Timestamp(0));
    assert_eq!(compiled.problems, [], "{:#?}", compiled.problems);
    let index = Index::open(&compiled.bytes).unwrap();
    index.verify().unwrap();
    assert_eq!(index.feeds(), compiled.feeds);
    let records: u64 = compiled.feeds.iter().map(|feed| feed.records).sum();
    assert_eq!(records, count);
    assert_eq!(records, 10_600);
    assert_eq!(index.feeds().len(), 5);
    assert!(index.covers(&Ecosystem::new("Go")).is_some());
    assert!(index.covers(&Ecosystem::new("AlmaLinux:9")).is_some());
    // Named inside the records of two feeds, but nobody's feed.
    assert!(index.covers(&Ecosystem::new("AlmaLinux:8")).is_none());
    assert!(index.covers(&Ecosystem::new("npm")).is_none());
    assert!(index.covers(&Ecosystem::new("Debian:12")).is_none());
    eprintln!("{} bytes, {} known problems", compiled.bytes.len(), index.weaknesses());

    let exploited = |ecosystem: &str| {
        let wanted = Ecosystem::new(ecosystem);
        index
            .all()
            .filter(|at| index.weakness(*at).is_some_and(|weakness| weakness.exploited))
            .filter(|at| index.packages_of(*at).iter().any(|p| p.ecosystem == wanted))
            .count()
    };
    for (ecosystem, at_least) in [("PyPI", 6), ("Go", 4), ("AlmaLinux:9", 50)] {
        let found = exploited(ecosystem);
        eprintln!("{ecosystem}: {found} known to be exploited");
        assert!(found >= at_least, "{ecosystem}: {found}");
    }
    // AlmaLinux names its CVEs under `related` only, so that its weaknesses keep their own names.
    let alma = index.find("ALSA-2025:10140").unwrap();
    assert_eq!(&*alma.weakness.id.0, "ALSA-2025:10140");
}

#[test]
fn lockfiles_have_exactly_the_advisories_that_cargo_audit_finds() {
    let Some(data) = common::data() else { return };
    let feeds: Vec<_> =
        common::feeds(&data).into_iter().filter(|(name, _)| name.starts_with("crates")).collect();
    let mut compiler = Compiler::new();
    common::add_all(&mut compiler, &feeds);
    let compiled = compiler.finish(Timestamp(0));
    let index = Index::open(&compiled.bytes).unwrap();
    let folder = data.join("cargo-locks");
    let expected: serde_json::Value =
        serde_json::from_slice(&common::read(&folder.join("expected.json"))).unwrap();
    let cargo = Ecosystem::new("cargo");
    for (lock, expected) in expected.as_object().unwrap() {
        let text = String::from_utf8(common::read(&folder.join(lock))).unwrap();
        let mut found = (BTreeSet::new(), BTreeSet::new());
        let mut scratch = Scratch::default();
        for package in text.split("[[package]]").skip(1) {
            let field = |name: &str| {
                let line = package.lines().find_map(|line| line.strip_prefix(name));
                line.map(|value| value.trim_matches('"'))
            };
            let (name, version) = (field("name = ").unwrap(), field("version = ").unwrap());
            // What has no source is the tree's own, or comes from git.
            if !field("source = ").is_some_and(|source| source.starts_with("registry+")) {
                continue;
            }
            let judged = index.judge(&cargo, name, version, &mut scratch, &mut |hit| {
                let record = index.record_of(hit.entry).unwrap();
                match index.informational(hit.weakness) {
                    None => found.0.insert(format!("{record} {name} {version}")),
                    Some(kind) => found.1.insert(format!("{} {record}", kind.word())),
                };
            });
            assert!(matches!(judged, Judged::Known { unjudged: 0 } | Judged::Nothing));
        }
        let list = |key: &str| -> BTreeSet<String> {
            let list = expected[key].as_array().unwrap().iter();
            list.map(|line| line.as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(found.0, list("vulnerabilities"), "{lock}");
        assert_eq!(found.1, list("warnings"), "{lock}");
    }
}
