//! Damaged files, and questions about what is in whole ones.

use holdfast_model::{Ecosystem, Informational, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::{Compiled, Compiler, Origin, kev, osv};

pub(crate) fn compile(records: &[(&str, &str)]) -> Compiled {
    let mut compiler = Compiler::new();
    for (feed, json) in records {
        let origin = if *feed == "starter" { Origin::Starter } else { Origin::Feed };
        compiler.add(feed, &osv::parse("record", json.as_bytes()).unwrap(), origin);
    }
    let catalogue = r#"{"vulnerabilities": [{"cveID": "CVE-2020-0009", "dateAdded": "2021-01-02",
        "knownRansomwareCampaignUse": "Known"}]}"#;
    compiler.kev(&kev::parse("kev", catalogue.as_bytes()).unwrap());
    compiler.finish(Timestamp(5))
}

pub(crate) fn record(id: &str, more: &str, ecosystem: &str, name: &str, events: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2024-01-02T03:04:05Z", {more} "affected": [{{
            "package": {{"ecosystem": "{ecosystem}", "name": "{name}"}},
            "ranges": [{{"type": "ECOSYSTEM", "events": [{events}]}}]}}]}}"#
    )
}

/// The ids of the weaknesses of a version.
pub(crate) fn hits(index: &Index<'_>, ecosystem: &str, name: &str, version: &str) -> Vec<String> {
    let mut found = Vec::new();
    let ecosystem = Ecosystem::new(ecosystem);
    index.judge(&ecosystem, name, version, &mut Scratch::default(), &mut |hit| {
        found.push(index.weakness(hit.weakness).unwrap().id.to_string());
    });
    found
}

const FIXED: &str = r#"{"introduced": "1.0.0"}, {"fixed": "1.2.3"}"#;

fn sample() -> Compiled {
    compile(&[
        (
            "crates.example",
            &record(
                "RUSTSEC-2020-0001",
                r#""aliases": ["CVE-2020-0009"], "summary": "A hole", "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],"#,
                "crates.example",
                "door",
                FIXED,
            ),
        ),
        ("npm", &record("GHSA-1", r#""aliases": ["CVE-2020-0009"],"#, "npm", "door", FIXED)),
        ("npm", &record("GHSA-2", r#""withdrawn": "2024-02-01T00:00:00Z","#, "npm", "door", FIXED)),
        ("PyPI", &record("PYSEC-1", "", "PyPI", "Zope.Interface", r#"{"introduced": "0"}"#)),
        (
            "AlmaLinux:9",
            &record("ALSA-1", r#""related": ["CVE-2020-0009"],"#, "AlmaLinux:9", "door", FIXED),
        ),
        (
            "Debian",
            &record(
                "DSA-1",
                "",
                "Debian:12",
                "door",
                r#"{"introduced": "0"}, {"fixed": "1:1.0-1"}"#,
            ),
        ),
        (
            "starter",
            &record(
                "HF-1",
                r#""aliases": ["CVE-2020-0009"], "database_specific": {"exploited": true},"#,
                "npm",
                "door",
                r#"{"introduced": "0"}"#,
            ),
        ),
        ("starter", &record("HF-2", "", "Debian:11", "gate", r#"{"introduced": "0"}"#)),
    ])
}

#[test]
fn questions_have_answers() {
    let compiled = sample();
    assert_eq!(compiled.problems, []);
    let index = Index::open(&compiled.bytes).unwrap();
    index.verify().unwrap();
    assert_eq!(index.built(), Timestamp(5));
    assert_eq!(index.digest(), compiled.digest);
    assert_eq!(hits(&index, "cargo", "door", "1.2.2"), ["CVE-2020-0009"]);
    assert_eq!(hits(&index, "cargo", "door", "1.2.3"), [""; 0]);
    // The feed speaks of this package, so that the starter's wider range says nothing.
    assert_eq!(hits(&index, "npm", "door", "0.9.0"), [""; 0]);
    assert_eq!(hits(&index, "npm", "door", "1.0.0"), ["CVE-2020-0009"]);
    assert_eq!(hits(&index, "PyPI", "zope_interface", "5.0"), ["PYSEC-1"]);
    assert_eq!(hits(&index, "Debian:12", "door", "0:9"), ["DSA-1"]);
    assert_eq!(hits(&index, "Debian:13", "door", "0:9"), [""; 0]);
    let judge = |ecosystem: &str, name: &str, version: &str| {
        index.judge(&Ecosystem::new(ecosystem), name, version, &mut Scratch::default(), &mut |_| {})
    };
    assert_eq!(judge("npm", "window", "1.0.0"), Judged::Nothing);
    assert_eq!(judge("npm", "door", "latest"), Judged::NotAVersion);
    assert_eq!(judge("npm", "door", "3.0.0"), Judged::Known { unjudged: 0 });
}

#[test]
fn every_order_judges_and_what_has_none_is_not_assessed() {
    let events = r#"{"introduced": "0"}, {"fixed": "2.0.0"}"#;
    let ecosystems = [
        "Maven",
        "RubyGems",
        "NuGet",
        "Packagist",
        "CRAN",
        "Hackage",
        "Rocky Linux:9",
        "Alpine:v3.20",
        "Pub",
        "Hex",
        "ConanCenter",
        "SwiftURL",
        "CocoaPods",
        "GitHub Actions",
    ];
    let id = |name: &str| format!("X-{}", name.replace([' ', ':', '.'], "-"));
    let records = ecosystems.map(|name| record(&id(name), "", name, "door", events));
    let unordered = record("ASB-1", "", "Android:14", "door", events);
    let fed: Vec<_> =
        records.iter().chain([&unordered]).map(|json| ("feed", json.as_str())).collect();
    let compiled = compile(&fed);
    assert_eq!(compiled.problems, []);
    let index = Index::open(&compiled.bytes).unwrap();
    for name in ecosystems {
        assert_eq!(hits(&index, name, "door", "1.9.9"), [id(name)]);
        assert_eq!(hits(&index, name, "door", "2.0.0"), [""; 0], "{name}");
    }
    let android = Ecosystem::new("Android:14");
    let judged = index.judge(&android, "door", "1.0.0", &mut Scratch::default(), &mut |_| {});
    assert_eq!(judged, Judged::NoOrder);
}

#[test]
fn weaknesses_say_who_published_them() {
    let compiled = sample();
    let index = Index::open(&compiled.bytes).unwrap();
    let row = index.find("GHSA-1").unwrap();
    let weakness = &row.weakness;
    assert_eq!(&*weakness.id.0, "CVE-2020-0009");
    assert_eq!(weakness.aliases, ["GHSA-1", "HF-1", "RUSTSEC-2020-0001"].map(Into::into));
    assert_eq!(weakness.published_by, ["GHSA-1", "RUSTSEC-2020-0001", "starter"].map(Into::into));
    assert_eq!(weakness.title, "A hole");
    assert_eq!(weakness.cvss, Some(9.8));
    assert!(weakness.exploited && row.ransomware && !row.starter_only);
    assert_eq!(row.modified, Timestamp::parse("2024-01-02T03:04:05Z"));
    // Joined with the catalogue through `related`, but a weakness of its own.
    let alma = index.find("ALSA-1").unwrap();
    assert!(alma.weakness.exploited);
    assert_eq!(&*alma.weakness.id.0, "ALSA-1");
    assert_eq!(index.known_as("RUSTSEC-2020-0001").unwrap().to_string(), "CVE-2020-0009");
    assert_eq!(index.known_as("CVE-2020-0009"), None);
    assert_eq!(index.withdrawn("GHSA-2"), Timestamp::parse("2024-02-01"));
    assert_eq!(index.withdrawn("GHSA-1"), None);
    assert!(index.find("CVE-1999-0001").is_none());
    let packages = index.packages_of(row.at);
    let said: Vec<_> = packages
        .iter()
        .map(|p| (p.ecosystem.as_str(), &*p.name, p.affected.join("; "), p.fixed.join("; ")))
        .collect();
    let range = || ("1.0.0 and later, before 1.2.3".to_owned(), "1.2.3".to_owned());
    let ((a, b), (c, d)) = (range(), range());
    assert_eq!(said, [("cargo", "door", a, b), ("npm", "door", c, d)]);
}

#[test]
fn only_feeds_cover() {
    let compiled = sample();
    let index = Index::open(&compiled.bytes).unwrap();
    let covers = |ecosystem: &str| index.covers(&Ecosystem::new(ecosystem)).map(|feed| feed.name);
    assert_eq!(covers("cargo").as_deref(), Some("crates.example"));
    assert_eq!(covers("Debian:12").as_deref(), Some("Debian"));
    assert_eq!(covers("Debian:11"), None);
    assert_eq!(covers("Go"), None);
    let names: Vec<_> = index.feeds().into_iter().map(|feed| (feed.name, feed.records)).collect();
    let feed = |name: &str, records| (name.to_owned(), records);
    assert_eq!(
        names,
        [
            feed("AlmaLinux:9", 1),
            feed("Debian", 1),
            feed("PyPI", 1),
            feed("crates.example", 1),
            feed("npm", 2),
        ]
    );
}

#[test]
fn changes_between_two_indexes_are_counted() {
    let before = sample();
    let after = compile(&[
        ("npm", &record("GHSA-1", r#""aliases": ["CVE-2020-0009"],"#, "npm", "door", FIXED)),
        ("npm", &record("GHSA-3", "", "npm", "door", FIXED)),
    ]);
    let (before, after) = (Index::open(&before.bytes).unwrap(), Index::open(&after.bytes).unwrap());
    // One is new and one is gone.
    assert_eq!(after.changed_since(&before, "npm"), 2);
    assert_eq!(after.changed_since(&after, "npm"), 0);
    assert_eq!(before.changed_since(&after, "PyPI"), 1);
}

/// Nobody is sent to a release that was taken back or is advised against, whoever says so.
#[test]
fn what_was_taken_back_is_no_fix() {
    let told = |word: &str, name: &str, events: &str| {
        let word = format!("\"database_specific\": {{\"informational\": \"{word}\"}},");
        record(&format!("N-{name}"), &word, "npm", name, events)
    };
    let hole = |name: &str| record(&format!("A-{name}"), "", "npm", name, FIXED);
    let go = r#"{"introduced": "0"}, {"fixed": "0.3.0"}"#;
    let compiled = compile(&[
        ("npm", &hole("door")),
        ("npm", &told("yanked", "door", r#"{"introduced": "1.2.3"}, {"fixed": "1.2.5"}"#)),
        ("npm", &hole("wall")),
        ("npm", &told("yanked", "wall", r#"{"introduced": "1.2.3"}"#)),
        ("npm", &hole("roof")),
        ("npm", &told("deprecated", "roof", r#"{"introduced": "0"}"#)),
        ("npm", &hole("sill")),
        ("npm", &told("unmaintained", "sill", r#"{"introduced": "0"}"#)),
        ("Go", &record("C-1", "", "Go", "example.org/x", go)),
    ]);
    let index = Index::open(&compiled.bytes).unwrap();
    let safe = |ecosystem: &str, name: &str, version: &str, refused: &str| {
        let ecosystem = Ecosystem::new(ecosystem);
        let is_refused = |version: &str| version == refused;
        crate::lift::lowest_safe_but(&index, &ecosystem, name, version, &is_refused)
    };
    assert_eq!(safe("npm", "door", "1.0.0", "").as_deref(), Some("1.2.5"));
    assert_eq!(safe("npm", "wall", "1.0.0", ""), None);
    assert_eq!(safe("npm", "roof", "1.0.0", ""), None);
    assert_eq!(safe("npm", "sill", "1.0.0", "").as_deref(), Some("1.2.3"));
    assert_eq!(safe("npm", "sill", "1.0.0", "1.2.3"), None);
    assert_eq!(safe("Go", "example.org/x", "v0.1.0", "0.3.0").as_deref(), Some("v0.3.0"));
    assert_eq!(safe("Go", "example.org/x", "v0.1.0", "v0.3.0"), None);
}

#[test]
fn lowest_safe_leaves_nothing() {
    let two =
        r#"{"introduced": "0"}, {"fixed": "1.5.0"}, {"introduced": "2.0.0"}, {"fixed": "2.1.0"}"#;
    let informs = r#""database_specific": {"informational": "unmaintained"},"#;
    let compiled = compile(&[
        ("npm", &record("A-1", "", "npm", "door", two)),
        (
            "npm",
            &record(
                "A-2",
                "",
                "npm",
                "door",
                r#"{"introduced": "1.4.0"}, {"fixed": "1.6.0-rc.1"}"#,
            ),
        ),
        (
            "npm",
            &record("A-3", "", "npm", "door", r#"{"introduced": "1.0.0"}, {"fixed": "1.6.1"}"#),
        ),
        ("npm", &record("A-4", informs, "npm", "door", r#"{"introduced": "0"}"#)),
        ("npm", &record("B-1", "", "npm", "wall", r#"{"introduced": "0"}"#)),
        (
            "Go",
            &record("C-1", "", "Go", "example.org/x", r#"{"introduced": "0"}, {"fixed": "0.3.0"}"#),
        ),
        (
            "crates.example",
            &record(
                "D-1",
                "",
                "crates.example",
                "d",
                r#"{"introduced": "0.0.0-0"}, {"fixed": "2.0.0-0"}"#,
            ),
        ),
        (
            "crates.example",
            &record(
                "E-1",
                r#""database_specific": {"informational": "unsound"},"#,
                "crates.example",
                "e",
                FIXED,
            ),
        ),
    ]);
    assert_eq!(compiled.problems, []);
    let index = Index::open(&compiled.bytes).unwrap();
    let safe = |ecosystem: &str, name: &str, version: &str| {
        crate::lift::lowest_safe(&index, &Ecosystem::new(ecosystem), name, version)
    };
    assert_eq!(safe("npm", "door", "1.4.2").as_deref(), Some("1.6.1"));
    assert_eq!(safe("npm", "door", "2.0.5").as_deref(), Some("2.1.0"));
    assert_eq!(safe("npm", "door", "2.1.0"), None);
    assert_eq!(safe("npm", "wall", "1.0.0"), None);
    assert_eq!(safe("Go", "example.org/x", "v0.1.0").as_deref(), Some("v0.3.0"));
    assert_eq!(safe("Go", "example.org/x", "0.1.0").as_deref(), Some("0.3.0"));
    assert_eq!(safe("cargo", "d", "1.0.0").as_deref(), Some("2.0.0"));
    assert_eq!(safe("cargo", "e", "1.0.0").as_deref(), Some("1.2.3"));
    let informational = index.find("A-4").unwrap();
    assert_eq!(index.informational(informational.at), Some(Informational::Unmaintained));
}

/// What nothing mends hides the fix of nothing else, and is said to be mended by nothing.
#[test]
fn each_weakness_has_the_fix_that_mends_it() {
    let unmaintained = r#""database_specific": {"informational": "unmaintained"},"#;
    let taken_back = r#""database_specific": {"informational": "yanked"},"#;
    let open = r#"{"introduced": "0"}"#;
    let until = |fixed: &str| format!(r#"{{"introduced": "0"}}, {{"fixed": "{fixed}"}}"#);
    let later = r#"{"introduced": "2.0.0"}, {"fixed": "2.2.0"}"#;
    let compiled = compile(&[
        ("npm", &record("CVE-1", "", "npm", "door", &until("1.5.0"))),
        ("npm", &record("CVE-2", "", "npm", "door", open)),
        ("npm", &record("CVE-3", unmaintained, "npm", "door", open)),
        ("npm", &record("CVE-4", "", "npm", "wall", &until("1.5.0"))),
        ("npm", &record("CVE-5", "", "npm", "wall", &until("1.6.0"))),
        ("npm", &record("CVE-6", "", "npm", "wall", open)),
        ("npm", &record("CVE-7", "", "npm", "wall", later)),
        ("npm", &record("CVE-8", "", "npm", "roof", &until("1.5.0"))),
        ("npm", &record("CVE-9", "", "npm", "roof", open)),
        ("npm", &record("N-1", taken_back, "npm", "roof", r#"{"introduced": "1.5.0"}"#)),
    ]);
    assert_eq!(compiled.problems, []);
    let index = Index::open(&compiled.bytes).unwrap();
    let mended = |name: &str, version: &str| -> Vec<String> {
        let npm = Ecosystem::new("npm");
        let question =
            Question { ecosystem: &npm, name: name.into(), version: version.into(), module: None };
        let mut found = Vec::new();
        index.judge(&npm, name, version, &mut Scratch::default(), &mut |hit| found.push(hit));
        let mending = crate::lift::mending(&index, &question, &found, &|_| false);
        let told = found.iter().zip(mending).map(|(hit, fix)| {
            let id = index.weakness(hit.weakness).unwrap().id;
            format!("{id} {}", fix.as_deref().unwrap_or("–"))
        });
        told.collect()
    };
    assert_eq!(mended("door", "1.0.0"), ["CVE-1 1.5.0", "CVE-2 –", "CVE-3 –"]);
    assert_eq!(mended("door", "1.5.0"), ["CVE-2 –", "CVE-3 –"]);
    // Of those that mend it, the one that leaves the fewest.
    assert_eq!(mended("wall", "1.0.0"), ["CVE-4 1.6.0", "CVE-5 1.6.0", "CVE-6 –"]);
    assert_eq!(mended("wall", "2.0.0"), ["CVE-6 –", "CVE-7 2.2.0"]);
    // Nobody is sent to what was taken back, least of all where it leaves something open.
    assert_eq!(mended("roof", "1.0.0"), ["CVE-8 –", "CVE-9 –"]);
}

/// Asks everything of an index that may be damaged.
fn ask_everything(bytes: &[u8]) {
    let Ok(index) = Index::open(bytes) else { return };
    let _ = index.verify();
    let _ = index.feeds();
    for ecosystem in ["cargo", "npm", "PyPI", "AlmaLinux:9", "Debian:12", "Go"] {
        let ecosystem = Ecosystem::new(ecosystem);
        let _ = index.covers(&ecosystem);
        for name in ["door", "zope-interface", "gate"] {
            for version in ["1.2.2", "9"] {
                let mut scratch = Scratch::default();
                index.judge(&ecosystem, name, version, &mut scratch, &mut |hit| {
                    let _ = (index.weakness(hit.weakness), index.affected_package(hit.entry));
                });
                let _ = crate::lift::lowest_safe(&index, &ecosystem, name, version);
            }
            let _ = index.unjudged(&ecosystem, name);
            for (_, entry) in index.about(&ecosystem, name) {
                let whys = [Why::Record, Why::Stream, Why::Epoch, Why::Entitlement];
                let _ = whys.map(|why| index.unjudged_by(entry, why));
                let _ = (index.word_at(entry), index.note_at(entry));
                let _ = index.fixed_within(&ecosystem, "1.2.2", &[entry]);
            }
        }
    }
    for at in index.all().take(100) {
        let _ = (index.weakness(at), index.packages_of(at));
    }
    for name in ["CVE-2020-0009", "GHSA-2", "x"] {
        let _ = (index.find(name), index.withdrawn(name), index.known_as(name));
    }
    let _ = (index.likelihood(), index.exploited_as_of());
    let _ = index.changed_since(&index, "npm");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn damaged_files_are_refused_or_answered(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        thread_local! { static BYTES: Vec<u8> = sample().bytes; }
        let mut bytes = BYTES.with(Clone::clone);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        ask_everything(&bytes);
    }
}

#[test]
fn truncated_and_foreign_files_are_problems() {
    let bytes = sample().bytes;
    for length in 0..bytes.len() {
        assert_eq!(Index::open(&bytes[..length]).unwrap_err().code, "index-unreadable", "{length}");
    }
    let mut newer = bytes.clone();
    newer[8] ^= 1;
    assert_eq!(Index::open(&newer).unwrap_err().code, "index-version");
    let mut changed = bytes;
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert_eq!(Index::open(&changed).unwrap().verify().unwrap_err().code, "index-unreadable");
}
