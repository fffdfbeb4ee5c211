//! Each feed's form: a whole file, and broken ones.

use std::collections::BTreeMap;

use holdfast_model::{Ecosystem, Informational, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::index::{Note, WeaknessRow};
use crate::{Compiled, Compiler, Index, Origin, Scratch, epss, osv};

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../fixtures/feed/", $name)).as_slice())
    };
}

const FIXTURES: [(&str, &[u8]); 14] = [
    fixture!("debian-plain.json"),
    fixture!("debian-broken-types.json"),
    fixture!("debian-broken-truncated.json"),
    fixture!("secdb-plain.json"),
    fixture!("secdb-broken-types.json"),
    fixture!("secdb-broken-truncated.json"),
    fixture!("rustsec-plain.md"),
    fixture!("rustsec-broken-requirement.md"),
    fixture!("rustsec-broken-truncated.md"),
    fixture!("rustsec-broken-nameless.md"),
    fixture!("epss-plain.csv"),
    fixture!("epss-broken-lines.csv"),
    fixture!("epss-broken-page.csv"),
    ("nothing", b""),
];

fn bytes(name: &str) -> &'static [u8] {
    FIXTURES.iter().find(|(known, _)| *known == name).unwrap().1
}

/// The records of a file by their names, each with its feed, and the codes of its problems.
fn read(name: &str, bytes: &[u8]) -> (BTreeMap<String, (String, String)>, Vec<String>) {
    let (mut all, mut codes) = (BTreeMap::new(), Vec::new());
    let form = form_of(bytes).unwrap();
    let outcome = records(form, name, bytes, &mut |one| match one {
        Ok(Made { feed, id, json }) => {
            let text = String::from_utf8(json.to_vec()).unwrap();
            assert_eq!(osv::parse(name, json).unwrap().id.get(), id);
            all.insert(id.to_owned(), (feed.to_owned(), text));
        }
        Err(problem) => {
            assert!(problem.place.is_some() && !problem.help.is_empty(), "{problem:?}");
            codes.push(problem.code);
        }
    });
    codes.extend(outcome.err().map(|problem| problem.code));
    (all, codes)
}

fn compiled(name: &str) -> Compiled {
    let (all, _) = read(name, bytes(name));
    let mut compiler = Compiler::new();
    for (feed, json) in all.values() {
        compiler.add(feed, &osv::parse(name, json.as_bytes()).unwrap(), Origin::Feed);
    }
    let compiled = compiler.finish(Timestamp(0));
    assert_eq!(compiled.problems, []);
    compiled
}

fn ids(index: &Index<'_>, ecosystem: &str, name: &str, version: &str) -> Vec<String> {
    let mut found = Vec::new();
    let ecosystem = Ecosystem::new(ecosystem);
    index.judge(&ecosystem, name, version, &mut Scratch::default(), &mut |hit| {
        found.push(index.weakness(hit.weakness).unwrap().id.to_string());
    });
    found
}

#[test]
fn a_file_is_known_by_its_content() {
    for (name, form) in [
        ("debian-plain.json", Some(Form::DebianTracker)),
        ("secdb-plain.json", Some(Form::Secdb)),
        ("rustsec-plain.md", Some(Form::RustSec)),
        ("epss-plain.csv", Some(Form::Likely)),
        ("epss-broken-page.csv", None),
        ("nothing", None),
    ] {
        assert_eq!(form_of(bytes(name)), form, "{name}");
    }
    let record = br#"{"id": "X-1", "details": "a \"cveID\" and \"releases\" in words"}"#;
    assert_eq!(form_of(record), Some(Form::Osv));
    assert_eq!(form_of(b"{\"vulnerabilities\": [{\"cveID\": \"x\"}]}"), Some(Form::Exploited));
    assert_eq!(form_of(b"# A page about [advisory]\n"), None);
    assert!(Form::Osv.holds_advisories() && !Form::Exploited.holds_advisories());
}

#[test]
fn the_words_of_debians_tracker_mean_five_things() {
    let (all, codes) = read("debian-plain.json", bytes("debian-plain.json"));
    assert_eq!(codes, [""; 0]);
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["DEBIAN-CVE-2026-0001", "DEBIAN-CVE-2026-0002", "DEBIAN-TEMP-0000000-ABCDEF"]
    );
    let compiled = compiled("debian-plain.json");
    let index = Index::open(&compiled.bytes).unwrap();
    let has = |ecosystem: &str, name: &str, version: &str| ids(&index, ecosystem, name, version);
    // Mended, mended elsewhere under the same name, never affected.
    let all_of_bookworm = ["CVE-2026-0001", "CVE-2026-0002", "DEBIAN-TEMP-0000000-ABCDEF"];
    assert_eq!(has("Debian:12", "door", "1.0-1"), all_of_bookworm);
    assert_eq!(has("Debian:12", "door", "1.0-1+deb12u1"), all_of_bookworm[1..]);
    assert_eq!(has("Debian:12", "gate", "3.0-1"), ["CVE-2026-0001"]);
    assert_eq!(has("Debian:13", "door", "0.1-1"), [""; 0]);
    assert_eq!(has("Debian:11", "door", "0.9-1"), ["CVE-2026-0001", "CVE-2026-0002"]);
    // Undetermined is not assessed.
    assert_eq!(index.unjudged(&Ecosystem::new("Debian:13"), "door").len(), 1);
    let notes = |name: &str| -> Vec<(String, Option<Note>, Option<Informational>)> {
        let WeaknessRow { at, .. } = index.find(name).unwrap();
        let packages = index.packages_of(at).into_iter();
        packages.map(|p| (p.ecosystem.to_string(), p.note, p.informational)).collect()
    };
    let first = notes("CVE-2026-0001");
    assert!(first.contains(&("Debian:11".to_owned(), Some(Note::EndOfLife), None)), "{first:?}");
    let second = notes("CVE-2026-0002");
    assert!(second.contains(&("Debian:12".to_owned(), Some(Note::NoAdvisory), None)), "{second:?}");
    let notice = Some(Informational::Notice);
    assert!(second.contains(&("Debian:11".to_owned(), None, notice)), "{second:?}");
    let ignored = notes("DEBIAN-TEMP-0000000-ABCDEF");
    assert_eq!(ignored, [("Debian:12".to_owned(), Some(Note::Ignored), None)]);
    assert!(index.covers(&Ecosystem::new("Debian:12")).is_some());
    assert!(index.covers(&Ecosystem::new("Debian:10")).is_none());
}

#[test]
fn what_is_broken_in_debians_tracker_loses_nothing_else() {
    let name = "debian-broken-types.json";
    let (all, codes) = read(name, bytes(name));
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(names, ["DEBIAN-CVE-2026-0001", "DEBIAN-CVE-2026-0004"]);
    let unreadable = "tracker-entry-unreadable";
    assert_eq!(codes, [unreadable, unreadable, unreadable, "tracker-release-unknown"]);
    // A fix without its version is not assessed.
    let compiled = compiled(name);
    let index = Index::open(&compiled.bytes).unwrap();
    assert_eq!(index.unjudged(&Ecosystem::new("Debian:12"), "roof").len(), 1);
    let name = "debian-broken-truncated.json";
    assert_eq!(read(name, bytes(name)).1, ["tracker-unreadable"]);
    let list = records(Form::DebianTracker, "t", b"[1, 2]", &mut |_| {});
    assert_eq!(list.unwrap_err().code, "tracker-unreadable");
}

#[test]
fn a_repository_of_secdb_becomes_records_of_its_branch() {
    let (all, codes) = read("secdb-plain.json", bytes("secdb-plain.json"));
    assert_eq!(codes, [""; 0]);
    let feeds: Vec<&str> = all.values().map(|(feed, _)| feed.as_str()).collect();
    assert_eq!(feeds, ["Alpine:v3.19 main"; 4]);
    let compiled = compiled("secdb-plain.json");
    let index = Index::open(&compiled.bytes).unwrap();
    assert!(index.covers(&Ecosystem::new("Alpine:v3.19")).is_some());
    assert!(index.covers(&Ecosystem::new("Alpine:v3.18")).is_none());
    let fixed = |name: &str| -> Vec<(String, Vec<String>)> {
        let packages = index.packages_of(index.find(name).unwrap().at).into_iter();
        packages.map(|package| (package.name.to_string(), package.fixed)).collect()
    };
    let one = |name: &str, version: &str| (name.to_owned(), vec![version.to_owned()]);
    assert_eq!(fixed("CVE-2026-0001"), [one("door", "1.2.3-r1"), one("gate", "4.0-r0")]);
    assert_eq!(fixed("CVE-2026-0002"), [one("door", "1.2.3-r1")]);
    assert_eq!(fixed("XSA-248"), [one("door", "1.2.3-r1")]);
    assert_eq!(fixed("CVE-2026-0003"), [], "never affected");
}

#[test]
fn a_branch_of_alpine_is_whole_with_both_of_its_repositories() {
    let lacks = |branch: &str, feeds: &[&str]| {
        let mut compiler = Compiler::new();
        for (number, feed) in feeds.iter().enumerate() {
            let package = format!(r#"{{"ecosystem": "Alpine:{branch}", "name": "door"}}"#);
            let json = format!(
                r#"{{"id": "R-{number}", "modified": "2026-01-02T03:04:05Z",
                    "affected": [{{"package": {package}, "versions": ["1.0-r0"]}}]}}"#
            );
            compiler.add(feed, &osv::parse("r.json", json.as_bytes()).unwrap(), Origin::Feed);
        }
        let compiled = compiler.finish(Timestamp(0));
        let index = Index::open(&compiled.bytes).unwrap();
        index.lacks(&Ecosystem::new(&format!("Alpine:{branch}")))
    };
    let (main, community) = ("Alpine:v3.19 main", "Alpine:v3.19 community");
    assert_eq!(lacks("v3.19", &[main]), Some("community"));
    assert_eq!(lacks("v3.19", &[community]), Some("main"));
    assert_eq!(lacks("v3.19", &[main, community]), None);
    // Records of the family, and of the branch, are of all repositories.
    assert_eq!(lacks("v3.19", &[main, "Alpine"]), None);
    assert_eq!(lacks("v3.19", &["Alpine:v3.19"]), None);
    assert_eq!(lacks("edge", &["Alpine:edge main"]), Some("community"));
    assert_eq!(lacks("v3.2", &["Alpine:v3.2 main"]), None, "it had no other one");
    assert_eq!(lacks("v3.19", &[]), None, "nobody speaks of it at all");
}

#[test]
fn what_is_broken_in_secdb_loses_nothing_else() {
    let name = "secdb-broken-types.json";
    let (all, codes) = read(name, bytes(name));
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(names, ["ALPINE-CVE-2026-0002-v3.19-main", "ALPINE-CVE-2026-0003-v3.19-main"]);
    assert_eq!(codes, ["secdb-entry-unreadable"; 3]);
    let name = "secdb-broken-truncated.json";
    assert_eq!(read(name, bytes(name)).1, ["secdb-unreadable"]);
    let nameless = records(Form::Secdb, "s", b"{\"packages\": []}", &mut |_| {});
    assert_eq!(nameless.unwrap_err().code, "secdb-unreadable");
}

#[test]
fn requirements_of_rustsec_in_several_branches_are_intervals() {
    let (all, codes) = read("rustsec-plain.md", bytes("rustsec-plain.md"));
    assert_eq!(codes, [""; 0]);
    assert_eq!(all.len(), 1);
    let compiled = compiled("rustsec-plain.md");
    let index = Index::open(&compiled.bytes).unwrap();
    for (version, affected) in [
        ("0.9.9", false),
        ("1.0.0-rc.1", false),
        ("1.0.0", true),
        ("1.2.2", true),
        ("1.2.3-rc.1", true),
        ("1.2.3", false),
        ("1.99.0", false),
        ("2.0.0-0", true),
        ("2.0.0", true),
        ("2.0.5-rc.1", true),
        ("2.0.5", false),
        ("3.0.0-rc.1", false),
        ("3.0.0", true),
        ("3.1.0-beta", true),
        ("3.1.0-rc.1", false),
        ("9.0.0", false),
    ] {
        assert_eq!(ids(&index, "cargo", "door", version).len() == 1, affected, "{version}");
    }
    let row = index.find("RUSTSEC-2026-0001").unwrap();
    assert_eq!(row.weakness.title, "The door opens before the key was turned");
    assert_eq!((&*row.weakness.id.0, row.weakness.cvss), ("CVE-2026-0001", Some(9.8)));
    assert_eq!(row.published, Timestamp::parse("2026-01-02"));
}

#[test]
fn what_is_broken_in_rustsec_is_not_assessed() {
    let name = "rustsec-broken-requirement.md";
    let (all, codes) = read(name, bytes(name));
    assert_eq!(codes, ["rustsec-unreadable"; 2]);
    assert!(all.values().all(|(_, json)| json.contains("\"ranges\":[]")), "{all:?}");
    let mut places = Vec::new();
    records(Form::RustSec, name, bytes(name), &mut |one| {
        places.extend(one.err().and_then(|problem| problem.place).map(|place| place.to_string()));
    })
    .unwrap();
    assert_eq!(places[0], "rustsec-broken-requirement.md:10:12");
    for name in ["rustsec-broken-truncated.md", "rustsec-broken-nameless.md"] {
        let (all, codes) = read(name, bytes(name));
        assert_eq!(all.len(), 0, "{name}");
        assert!(codes.iter().all(|code| code == "rustsec-unreadable"), "{name}: {codes:?}");
        assert!(!codes.is_empty(), "{name}");
    }
}

#[test]
fn chances_are_read_with_their_day_and_model() {
    let plain = epss::parse("epss.csv", bytes("epss-plain.csv")).unwrap();
    assert_eq!(plain.problems, []);
    assert_eq!((plain.model.as_str(), plain.date), ("v2026.01.01", Timestamp::parse("2026-11-20")));
    let of = |scores: &epss::Scores, cve: &str| scores.chances.get(cve).copied();
    assert_eq!(of(&plain, "CVE-2026-0001"), Some((430, 81_230)));
    assert_eq!(of(&plain, "CVE-2026-0002"), Some((970_000, 999_990)));
    assert_eq!(of(&plain, "CVE-2026-0003"), Some((430, 500_000)));
    assert_eq!(of(&plain, "CVE-2026-0004"), Some((1_000_000, 1_000_000)));
    let broken = epss::parse("epss.csv", bytes("epss-broken-lines.csv")).unwrap();
    assert_eq!(broken.chances.len(), 2);
    assert_eq!(of(&broken, "CVE-2026-0001"), Some((250_000, 500_000)));
    assert_eq!(of(&broken, "CVE-2026-0004"), Some((750_000, 0)));
    let codes: Vec<&str> = broken.problems.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["epss-line"; 6]);
    assert_eq!(broken.problems[0].place.as_ref().unwrap().to_string(), "epss.csv:4:1");
    for broken in ["epss-broken-page.csv", "nothing"] {
        let problem = epss::parse("epss.csv", bytes(broken)).unwrap_err();
        assert_eq!(problem.code, "epss-unreadable", "{broken}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever happens to a file on its way, it is read or refused.
    #[test]
    fn mutated_fixtures_are_read_or_refused(
        which in 0..FIXTURES.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let mut bytes = FIXTURES[which].1.to_vec();
        for (at, value) in changes {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
        }
        if let Some(cut) = cut.filter(|_| !bytes.is_empty()) {
            bytes.truncate(cut.index(bytes.len()));
        }
        let _ = form_of(&bytes);
        for form in [Form::DebianTracker, Form::Secdb, Form::RustSec] {
            let _ = records(form, "mutated", &bytes, &mut |one| {
                if let Ok(made) = one {
                    let mut compiler = Compiler::new();
                    let parsed = osv::parse("mutated", made.json).unwrap();
                    compiler.add(made.feed, &parsed, Origin::Feed);
                    let compiled = compiler.finish(Timestamp(0));
                    Index::open(&compiled.bytes).unwrap().verify().unwrap();
                }
            });
        }
        let _ = epss::parse("mutated", &bytes);
    }
}
