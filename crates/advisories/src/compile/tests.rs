//! What records mean.

use holdfast_model::{Ecosystem, Informational, Timestamp};
use proptest::prelude::*;

use crate::index::tests::{compile, hits, record};
use crate::{Compiled, Compiler, Index, Judged, Origin, Scratch, osv, version};

fn affected(events: &str, more: &str) -> Compiled {
    let json = format!(
        r#"{{"id": "X-1", "affected": [{{"package": {{"ecosystem": "npm", "name": "p"}}{more},
            "ranges": [{{"type": "SEMVER", "events": [{events}]}}]}}]}}"#
    );
    compile(&[("npm", &json)])
}

#[track_caller]
fn is(compiled: &Compiled, wanted: &[(&str, bool)]) {
    let index = Index::open(&compiled.bytes).unwrap();
    for (version, wanted) in wanted {
        assert_eq!(hits(&index, "npm", "p", version).len() == 1, *wanted, "{version}");
    }
}

#[test]
fn events_in_any_order_and_several_pairs() {
    let events =
        r#"{"fixed": "2.3.0"}, {"introduced": "2.0.0"}, {"fixed": "1.5.0"}, {"introduced": "0"}"#;
    let compiled = affected(events, "");
    is(
        &compiled,
        &[
            ("0.0.0-0", true),
            ("1.4.9", true),
            ("1.5.0-rc.1", true),
            ("1.5.0", false),
            ("1.9.9", false),
            ("2.0.0-rc.1", false),
            ("2.0.0", true),
            ("2.3.0", false),
        ],
    );
}

#[test]
fn last_affected_is_included_and_limits_cut() {
    let compiled = affected(r#"{"introduced": "1.0.0"}, {"last_affected": "1.5.0"}"#, "");
    is(&compiled, &[("1.5.0", true), ("1.5.1", false), ("0.9.0", false)]);
    let compiled = affected(r#"{"introduced": "0"}, {"limit": "2.0.0"}"#, "");
    is(&compiled, &[("1.9.9", true), ("2.0.0", false)]);
    let compiled = affected(r#"{"introduced": "0"}, {"limit": "*"}"#, "");
    is(&compiled, &[("99.0.0", true)]);
}

#[test]
fn fixed_zero_is_never_and_unresolved_is_for_ever() {
    is(&affected(r#"{"introduced": "0"}, {"fixed": "0"}"#, ""), &[("0.0.1", false)]);
    is(&affected(r#"{"introduced": "1.0.0"}"#, ""), &[("0.9.0", false), ("99.0.0", true)]);
    // Introduced again where it was fixed.
    let events = r#"{"introduced": "1.0.0"}, {"fixed": "2.0.0"}, {"introduced": "2.0.0"}, {"fixed": "3.0.0"}"#;
    is(&affected(events, ""), &[("2.0.0", true), ("3.0.0", false)]);
}

#[test]
fn listed_versions_count_besides_ranges() {
    let compiled = affected(
        r#"{"introduced": "1.0.0"}, {"fixed": "1.1.0"}"#,
        r#", "versions": ["0.5.0", "v0.6", "1.0.5", "oops"]"#,
    );
    is(
        &compiled,
        &[("0.5.0", true), ("0.6.0", true), ("0.5.1", false), ("1.0.5", true), ("1.1.0", false)],
    );
    let index = Index::open(&compiled.bytes).unwrap();
    let said = index.packages_of(index.find("X-1").unwrap().at);
    assert_eq!(said[0].affected, ["1.0.0 and later, before 1.1.0", "exactly oops, 0.5.0, v0.6"]);
}

#[test]
fn commit_ranges_are_passed_over_and_the_rest_goes_on() {
    let json = r#"{"id": "X-1", "affected": [{"package": {"ecosystem": "npm", "name": "p"}, "ranges": [
        {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "deadbeef"}]},
        {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.0.0"}]}]}]}"#;
    is(&compile(&[("npm", json)]), &[("0.9.0", true), ("1.0.0", false)]);
}

#[test]
fn what_cannot_be_judged_is_kept_and_said() {
    let git = r#"{"id": "X-1", "affected": [{"package": {"ecosystem": "npm", "name": "p"},
        "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}]}"#;
    let nothing = r#"{"id": "X-1", "affected": [{"package": {"ecosystem": "npm", "name": "p"}}]}"#;
    let odd = record("X-1", "", "npm", "p", r#"{"introduced": "0"}, {"fixed": "soon"}"#);
    let headless = record("X-1", "", "npm", "p", r#"{"fixed": "1.0.0"}"#);
    let kind = odd.replace("ECOSYSTEM", "TEA").replace("soon", "1.0.0");
    let cases = [
        (git, None),
        (nothing, None),
        (odd.as_str(), Some("range-version-unreadable")),
        (&headless, Some("range-without-introduced")),
        (&kind, Some("range-type-unknown")),
    ];
    for (json, code) in cases {
        let compiled = compile(&[("npm", json)]);
        let codes: Vec<_> = compiled.problems.iter().map(|p| p.code.as_str()).collect();
        assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{json}");
        let index = Index::open(&compiled.bytes).unwrap();
        let npm = Ecosystem::new("npm");
        let judged = index.judge(&npm, "p", "0.1.0", &mut Scratch::default(), &mut |_| {});
        assert_eq!(judged, Judged::Known { unjudged: 1 }, "{json}");
        let why = index.unjudged(&npm, "p");
        assert_eq!((why.len(), &*why[0].record), (1, "X-1"));
        assert!(!why[0].reason.is_empty());
    }
}

#[test]
fn groups_join_aliases_and_upstream_but_never_related() {
    let one = r#"{"introduced": "0"}"#;
    let compiled = compile(&[
        ("npm", &record("A-1", r#""aliases": ["B-1"],"#, "npm", "p", one)),
        ("npm", &record("C-1", r#""upstream": ["CVE-2020-0001"],"#, "npm", "q", one)),
        ("npm", &record("B-1", r#""aliases": ["CVE-2020-0001"],"#, "npm", "r", one)),
        ("npm", &record("D-1", r#""related": ["CVE-2020-0001"],"#, "npm", "s", one)),
    ]);
    let index = Index::open(&compiled.bytes).unwrap();
    for name in ["p", "q", "r"] {
        assert_eq!(hits(&index, "npm", name, "1.0.0"), ["CVE-2020-0001"]);
    }
    assert_eq!(hits(&index, "npm", "s", "1.0.0"), ["D-1"]);
    assert_eq!(index.packages_of(index.find("A-1").unwrap().at).len(), 3);
}

#[test]
fn withdrawn_records_match_nothing_and_are_known() {
    let one = r#"{"introduced": "0"}"#;
    let withdrawn = r#""withdrawn": "2024-05-06T00:00:00Z", "aliases": ["CVE-2020-0001"],"#;
    let both = [
        ("npm", record("A-1", withdrawn, "npm", "p", one)),
        ("npm", record("A-2", r#""aliases": ["CVE-2020-0001"],"#, "npm", "q", one)),
        ("starter", record("HF-1", r#""aliases": ["CVE-2020-0001"],"#, "npm", "p", one)),
    ];
    let both: Vec<(&str, &str)> = both.iter().map(|(feed, json)| (*feed, json.as_str())).collect();
    let compiled = compile(&both[..1]);
    let index = Index::open(&compiled.bytes).unwrap();
    assert_eq!(hits(&index, "npm", "p", "1.0.0"), [""; 0]);
    assert_eq!(index.withdrawn("CVE-2020-0001"), Timestamp::parse("2024-05-06"));
    assert_eq!(index.find("A-1").unwrap().weakness.id.to_string(), "CVE-2020-0001");
    let compiled = compile(&both);
    let index = Index::open(&compiled.bytes).unwrap();
    // The feed took it back for this package, so the starter set does not insist.
    assert_eq!(hits(&index, "npm", "p", "1.0.0"), [""; 0]);
    assert_eq!(hits(&index, "npm", "q", "1.0.0"), ["CVE-2020-0001"]);
    assert_eq!(index.withdrawn("CVE-2020-0001"), None);
    assert_eq!(index.withdrawn("A-1"), Timestamp::parse("2024-05-06"));
}

#[test]
fn informational_where_nobody_calls_it_a_vulnerability() {
    let one = r#"{"introduced": "0"}"#;
    let informs =
        r#""aliases": ["CVE-2020-0001"], "database_specific": {"informational": "unsound"},"#;
    let alone = record("A-1", informs, "npm", "p", one);
    let compiled = compile(&[("npm", &alone)]);
    let index = Index::open(&compiled.bytes).unwrap();
    let row = index.find("A-1").unwrap();
    assert_eq!(row.weakness.informational, Some(Informational::Unsound));
    let grave = record("A-2", r#""aliases": ["CVE-2020-0001"],"#, "npm", "p", one);
    let compiled = compile(&[("npm", &alone), ("npm", &grave)]);
    let index = Index::open(&compiled.bytes).unwrap();
    assert_eq!(index.find("A-1").unwrap().weakness.informational, None);
    let debian = record("D-1", "", "Debian:12", "p", one).replace(
        "\"ranges\"",
        "\"ecosystem_specific\": {\"urgency\": \"unimportant\"}, \"ranges\"",
    );
    let compiled = compile(&[("Debian", &debian)]);
    let index = Index::open(&compiled.bytes).unwrap();
    assert_eq!(index.find("D-1").unwrap().weakness.informational, Some(Informational::Notice));
}

#[test]
fn scores_that_are_none_leave_it_unscored() {
    let scores = |list: &str| {
        let json = record(
            "A-1",
            &format!("\"severity\": [{list}],"),
            "npm",
            "p",
            r#"{"introduced": "0"}"#,
        );
        let compiled = compile(&[("npm", &json)]);
        let index = Index::open(&compiled.bytes).unwrap();
        (index.find("A-1").unwrap().weakness.cvss, compiled.problems.len())
    };
    let v2 = r#"{"type": "CVSS_V2", "score": "AV:N/AC:L/Au:N/C:P/I:P/A:P"}"#;
    let v3 = r#"{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N"}"#;
    let v4 = r#"{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}"#;
    let word = r#"{"type": "Ubuntu", "score": "critical"}"#;
    let broken = r#"{"type": "CVSS_V3", "score": "CVSS:3.1/AV:?"}"#;
    assert_eq!(scores(v2), (Some(7.5), 0));
    assert_eq!(scores(&format!("{v3}, {v4}, {v2}")), (Some(9.3), 0));
    assert_eq!(scores(word), (None, 0));
    assert_eq!(scores(broken), (None, 1));
    let cut = r#"{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L"}"#;
    assert_eq!(scores(cut), (None, 1), "what leaves out the impact has none of 0.0");
}

fn some_records() -> Vec<(String, String)> {
    let one = r#"{"introduced": "0"}, {"fixed": "1.0.0"}"#;
    let two = r#"{"introduced": "0"}, {"fixed": "2.0.0"}"#;
    let newer = |json: String| json.replace("2024-01-02", "2025-01-02");
    let of = |feed: &str, json: String| (feed.to_owned(), json);
    vec![
        of("npm", record("A-1", r#""aliases": ["CVE-2020-0001"],"#, "npm", "p", one)),
        of("npm", newer(record("A-1", r#""aliases": ["CVE-2020-0001"],"#, "npm", "p", two))),
        of("other", record("A-1", r#""aliases": ["CVE-2020-0001"],"#, "npm", "p", one)),
        of(
            "npm",
            record(
                "A-2",
                r#""upstream": ["CVE-2020-0001"],"#,
                "npm",
                "q",
                "{\"introduced\": \"z\"}",
            ),
        ),
        of("Go", record("GO-1", r#""related": ["CVE-2020-0009"],"#, "Go", "stdlib", one)),
        of("starter", record("HF-1", r#""aliases": ["CVE-2020-0001"],"#, "npm", "p", one)),
        of("starter", record("HF-2", "", "cargo", "p", one)),
    ]
}

fn compiled<'r>(records: impl Iterator<Item = &'r (String, String)>) -> Compiled {
    let records: Vec<(&str, &str)> = records.map(|(f, j)| (f.as_str(), j.as_str())).collect();
    compile(&records)
}

proptest! {
    #[test]
    fn the_order_of_adding_and_repetition_change_nothing(
        order in Just((0..7_usize).chain([0, 1, 4]).collect::<Vec<_>>()).prop_shuffle()
    ) {
        let records = some_records();
        let straight = compiled(records.iter());
        let shuffled = compiled(order.iter().map(|at| &records[*at]));
        prop_assert_eq!(straight, shuffled);
    }

    /// The walk over sorted events against the schema's algorithm, taken literally.
    #[test]
    fn ranges_mean_what_the_schema_says(
        events in proptest::collection::vec((0..3_u8, 1..9_u8), 1..7),
        asked in 0..10_u8,
    ) {
        let texts: Vec<String> = events
            .iter()
            .map(|(kind, v)| {
                let kind = ["introduced", "fixed", "last_affected"][usize::from(*kind)];
                format!(r#"{{"{kind}": "{v}.0.0"}}"#)
            })
            .chain([r#"{"introduced": "0"}"#.to_owned()])
            .collect();
        // Two events at one version have no order by the schema; those are tested above.
        let mut seen: Vec<u8> = events.iter().map(|event| event.1).collect();
        seen.sort_unstable();
        let count = seen.len();
        seen.dedup();
        prop_assume!(seen.len() == count);
        let mut sorted = events.clone();
        sorted.sort_by_key(|event| event.1);
        let mut vulnerable = true;
        for (kind, v) in sorted {
            match kind {
                0 if asked >= v => vulnerable = true,
                1 if asked >= v => vulnerable = false,
                2 if asked > v => vulnerable = false,
                _ => {}
            }
        }
        let compiled = affected(&texts.join(", "), "");
        let index = Index::open(&compiled.bytes).unwrap();
        let found = !hits(&index, "npm", "p", &format!("{asked}.0.0")).is_empty();
        prop_assert_eq!(found, vulnerable, "{:?} at {}", texts, asked);
    }

    #[test]
    fn any_bytes_are_a_record_or_a_problem(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(record) = osv::parse("any", &bytes) {
            let mut compiler = Compiler::new();
            compiler.add("npm", &record, Origin::Feed);
            let _ = compiler.finish(Timestamp(0));
        }
    }
}

#[test]
fn the_standard_library_of_go_is_a_package() {
    let one = r#"{"introduced": "1.21.0-0"}, {"fixed": "1.21.3"}"#;
    let compiled = compile(&[("Go", &record("GO-1", "", "Go", "stdlib", one))]);
    let index = Index::open(&compiled.bytes).unwrap();
    for (version, affected) in [
        ("1.21.0", true),
        ("go1.21rc2", true),
        ("v1.21.2", true),
        ("1.21.3", false),
        ("1.20.9", false),
    ] {
        assert_eq!(hits(&index, "Go", "stdlib", version).len() == 1, affected, "{version}");
    }
    assert!(version::order_of(&Ecosystem::new("Go")).is_some());
}
