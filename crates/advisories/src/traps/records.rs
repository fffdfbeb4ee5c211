//! What records mean, whoever publishes them.

use holdfast_model::{Component, Ecosystem, Informational, Timestamp};

use super::{compile, component, fixed, of, range, record, said};
use crate::{Compiler, Index, Judged, Origin, Scratch, epss, kev, osv};

const NONE: [&str; 0] = [];

#[test]
fn withdrawn_records_match_nothing() {
    let json =
        record("X-1", r#""withdrawn": "2026-02-01T00:00:00Z","#, "npm", "door", &fixed("2.0.0"));
    assert_eq!(of(&[("npm", &json)], "npm", "door", "1.0.0"), NONE);
}

#[test]
fn events_come_unsorted_and_in_several_pairs() {
    let events = r#"{"fixed": "2.3.0"}, {"introduced": "2.0.0"}, {"fixed": "1.5.0"}, {"introduced": "1.0.0"}"#;
    let json = record("X-1", "", "npm", "door", &range(events));
    let feed = [("npm", json.as_str())];
    for (version, affected) in
        [("0.9.0", false), ("1.4.9", true), ("1.5.0", false), ("2.0.0", true), ("2.3.0", false)]
    {
        assert_eq!(of(&feed, "npm", "door", version).len() == 1, affected, "{version}");
    }
}

#[test]
fn the_last_affected_is_affected_and_a_limit_is_not() {
    for (events, version, affected) in [
        (r#"{"introduced": "0"}, {"last_affected": "1.5.0"}"#, "1.5.0", true),
        (r#"{"introduced": "0"}, {"last_affected": "1.5.0"}"#, "1.5.1", false),
        (r#"{"introduced": "0"}, {"fixed": "1.5.0"}"#, "1.5.0", false),
        (r#"{"introduced": "0"}, {"limit": "1.5.0"}"#, "1.4.0", true),
        (r#"{"introduced": "0"}, {"limit": "1.5.0"}"#, "1.5.0", false),
    ] {
        let json = record("X-1", "", "npm", "door", &range(events));
        let found = of(&[("npm", &json)], "npm", "door", version);
        assert_eq!(found.len() == 1, affected, "{events} {version}");
    }
}

#[test]
fn a_git_range_that_comes_first_does_not_end_the_search() {
    let ranges = r#""ranges": [
        {"type": "GIT", "repo": "https://git.example/door", "events": [{"introduced": "0"}, {"fixed": "deadbeef"}]},
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2"}]}]"#;
    let json = record("PYSEC-1", "", "PyPI", "door", ranges);
    assert_eq!(of(&[("PyPI", &json)], "PyPI", "door", "1.1"), ["!PYSEC-1"]);
    assert_eq!(of(&[("PyPI", &json)], "PyPI", "door", "1.2"), NONE);
}

#[test]
fn groups_are_made_of_aliases_and_upstream_and_never_of_related() {
    let all = range(r#"{"introduced": "0"}"#);
    let compiled = compile(&[
        ("npm", &record("A-1", r#""aliases": ["CVE-2026-0001"],"#, "npm", "a", &all)),
        ("Debian", &record("B-1", r#""upstream": ["CVE-2026-0001"],"#, "Debian:12", "b", &all)),
        ("AlmaLinux:9", &record("ALSA-1", r#""related": ["CVE-2026-0001"],"#, "npm", "c", &all)),
    ]);
    assert_eq!(said(&compiled, &component("npm", "a", "1.0.0")), ["!CVE-2026-0001"]);
    assert_eq!(said(&compiled, &component("Debian:12", "b", "1")), ["!CVE-2026-0001"]);
    assert_eq!(said(&compiled, &component("npm", "c", "1.0.0")), ["!ALSA-1"]);
}

#[test]
fn exploitation_is_joined_through_related_too() {
    let all = range(r#"{"introduced": "0"}"#);
    let json = record(
        "ALSA-1",
        r#""related": ["CVE-2026-0001", "CVE-2026-0002"],"#,
        "AlmaLinux:9",
        "door",
        &all,
    );
    let mut compiler = Compiler::new();
    compiler.add("AlmaLinux:9", &osv::parse("r", json.as_bytes()).unwrap(), Origin::Feed);
    let catalogue = br#"{"dateReleased": "2026-11-01T00:00:00Z",
        "vulnerabilities": [{"cveID": "CVE-2026-0002"}]}"#;
    compiler.kev(&kev::parse("kev", catalogue).unwrap());
    let scores = b"#model_version:v2026.01.01,score_date:2026-11-20T00:00:00+0000\n\
        cve,epss,percentile\nCVE-2026-0001,0.97,0.99\nCVE-2026-0002,0.00043,0.1\n";
    compiler.epss(epss::parse("epss.csv", scores).unwrap());
    let compiled = compiler.finish(Timestamp(0));
    let index = Index::open(&compiled.bytes).unwrap();
    let weakness = index.find("ALSA-1").unwrap().weakness;
    assert!(weakness.exploited && !weakness.malicious);
    assert_eq!(weakness.epss, Some(0.97), "the greatest of all names");
    assert_eq!(weakness.epss_at, Timestamp::parse("2026-11-20"));
    assert_eq!(&*weakness.id.0, "ALSA-1");
    let likelihood = index.likelihood().unwrap();
    assert_eq!((likelihood.model.as_str(), likelihood.entries), ("v2026.01.01", 2));
    assert_eq!(index.exploited_as_of(), Timestamp::parse("2026-11-01"));
}

#[test]
fn informational_records_are_no_vulnerabilities() {
    for (word, kind) in [("unmaintained", "unmaintained"), ("unsound", "unsound"), ("x", "notice")]
    {
        let more = format!(r#""database_specific": {{"informational": "{word}"}},"#);
        let json = record("R-1", &more, "cargo", "door", &fixed("2.0.0"));
        let compiled = compile(&[("cargo", &json)]);
        let index = Index::open(&compiled.bytes).unwrap();
        let row = index.find("R-1").unwrap();
        assert_eq!(row.weakness.informational.map(Informational::word), Some(kind));
    }
}

#[test]
fn errata_of_alma_that_mend_bugs_are_no_security_records() {
    for id in ["ALBA-2026:1", "ALEA-2026:1"] {
        let more = r#""summary": "Important: door bug fix update", "related": ["CVE-2026-0001"],"#;
        let json = record(id, more, "AlmaLinux:9", "door", &fixed("2.0-1.el9"));
        let compiled = compile(&[("AlmaLinux:9", &json)]);
        let found = said(&compiled, &component("AlmaLinux:9", "door", "1.0-1.el9"));
        assert_eq!(found, NONE, "{id}");
        // It stays a record of its feed, so that a sync can tell what changed.
        assert_eq!(compiled.feeds[0].records, 1);
        let index = Index::open(&compiled.bytes).unwrap();
        assert_eq!(index.packages_of(index.find(id).unwrap().at), []);
    }
    // Rocky's and Red Hat's count where they name a weakness.
    let named = r#""related": ["CVE-2026-0001"],"#;
    for (more, counts) in [(named, true), ("", false)] {
        let json = record("RLBA-2026:1", more, "Debian:12", "door", &fixed("2.0-1"));
        let found = of(&[("feed", &json)], "Debian:12", "door", "1.0-1");
        assert_eq!(!found.is_empty(), counts);
    }
}

#[test]
fn malicious_packages_are_known_by_name_or_by_origin() {
    let all = range(r#"{"introduced": "0"}"#);
    for (id, more, malicious) in [
        ("MAL-2026-1", "", true),
        (
            "GHSA-1",
            r#""database_specific": {"malicious-packages-origins": [{"source": "x"}]},"#,
            true,
        ),
        ("GHSA-2", r#""aliases": ["MALFORMED-1"],"#, false),
    ] {
        let json = record(id, more, "npm", "door", &all);
        let compiled = compile(&[("npm", &json)]);
        let index = Index::open(&compiled.bytes).unwrap();
        assert_eq!(index.find(id).unwrap().weakness.malicious, malicious, "{id}");
    }
    // One record of a group is enough.
    let alias = record("GHSA-3", r#""aliases": ["MAL-2026-2"],"#, "npm", "door", &all);
    let own = record("MAL-2026-2", "", "npm", "door", &all);
    let compiled = compile(&[("npm", &alias), ("npm", &own)]);
    let index = Index::open(&compiled.bytes).unwrap();
    assert!(index.find("GHSA-3").unwrap().weakness.malicious);
}

#[test]
fn pre_releases_come_before_their_release_and_count() {
    let json = record(
        "X-1",
        "",
        "cargo",
        "door",
        &range(r#"{"introduced": "1.0.0"}, {"fixed": "2.0.0"}"#),
    );
    let feed = [("cargo", json.as_str())];
    assert_eq!(of(&feed, "cargo", "door", "2.0.0-rc.1"), ["!X-1"]);
    assert_eq!(of(&feed, "cargo", "door", "1.0.0-rc.1"), NONE);
    let json = record("X-2", "", "PyPI", "door", &fixed("2.0"));
    assert_eq!(of(&[("PyPI", &json)], "PyPI", "door", "2.0rc1"), ["!X-2"]);
}

#[test]
fn without_a_version_nothing_is_assessed() {
    let json = record("X-1", "", "npm", "door", &fixed("2.0.0"));
    let compiled = compile(&[("npm", &json)]);
    let nameless = Component { version: None, ..component("npm", "door", "") };
    assert_eq!(said(&compiled, &nameless), ["no version"]);
}

#[test]
fn a_text_that_is_no_version_is_not_assessed() {
    let json = record("X-1", "", "npm", "door", &fixed("2.0.0"));
    assert_eq!(of(&[("npm", &json)], "npm", "door", "latest"), ["NotAVersion"]);
}

#[test]
fn an_ecosystem_without_an_order_is_not_assessed() {
    let json = record("X-1", "", "Nowhere:1", "door", &fixed("2.0.0"));
    assert_eq!(of(&[("Nowhere", &json)], "Nowhere:1", "door", "1.0.0"), ["NoOrder"]);
}

#[test]
fn a_release_without_data_is_not_covered() {
    let json = record("D-1", "", "Debian:12", "door", &fixed("2.0-1"));
    let compiled = compile(&[("Debian", &json)]);
    let index = Index::open(&compiled.bytes).unwrap();
    let debian = Ecosystem::new("Debian:14");
    assert!(index.covers(&debian).is_none());
    let judged = index.judge(&debian, "door", "1.0-1", &mut Scratch::default(), &mut |_| {});
    assert_eq!(judged, Judged::Nothing);
}
