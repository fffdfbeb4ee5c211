//! What a look says of old feeds, of releases that nobody mends any more, and of malicious packages.

use std::path::Path;

use holdfast_decide::{CouldNotCheck, Gaps, verdict};
use holdfast_model::{Informational, Severity, Verdict};

use super::mirror::DATA;
use super::support;

fn requirements(line: &str, config: &str, index: &[u8]) -> holdfast_engine::assess::Assessment {
    let files = [("requirements.txt", line.as_bytes()), ("holdfast.toml", config.as_bytes())];
    let world = support::world(Path::new(DATA), index, &files);
    let (look, settings) = support::look(&world);
    support::judged(&look, &settings, index)
}

#[test]
fn an_appetite_can_refuse_stale_feeds() {
    let index = support::index();
    let gate = |config: &str, policy| {
        let assessment = requirements("tiller==9.0\n", config, &index);
        assert_eq!(assessment.findings, []);
        let gaps = Gaps { not_assessed: assessment.not_assessed.len(), problems: 0 };
        verdict(&assessment.findings, gaps, policy).verdict
    };
    let strict = "[advisories]\nmax_age_days = 19\n";
    assert_eq!(gate(strict, CouldNotCheck::Block), Verdict::Block);
    assert_eq!(gate(strict, CouldNotCheck::Warn), Verdict::Warn);
    assert_eq!(gate("[advisories]\nmax_age_days = 21\n", CouldNotCheck::Block), Verdict::Pass);
}

#[test]
fn a_slow_feed_is_not_old_as_long_as_it_is_asked() {
    const DAY: i64 = 24 * support::HOUR;
    let asked = |days: Option<i64>| {
        let mut compiler = holdfast_advisories::Compiler::new();
        let mark = compiler.mark();
        for text in support::records() {
            let parsed = holdfast_advisories::osv::parse("feed.json", text.as_bytes()).unwrap();
            let feed = parsed.ecosystems().next().unwrap().to_owned();
            compiler.add(&feed, &parsed, holdfast_advisories::Origin::Feed);
        }
        let time = days.map(|days| holdfast_model::Timestamp(support::NOW - days * DAY));
        compiler.asked(mark, &|_| time);
        compiler.finish(holdfast_model::Timestamp(support::NOW))
    };
    // The newest record is 20 days old.
    let week = "[advisories]\nmax_age_days = 7\n";
    let gaps = |days: Option<i64>| -> Vec<String> {
        let found = requirements("tiller==9.0\n", week, &asked(days).bytes).not_assessed;
        found.into_iter().map(|gap| gap.reason).collect()
    };
    assert_eq!(gaps(Some(0)), [""; 0]);
    assert_eq!(gaps(Some(7)), [""; 0]);
    assert_eq!(gaps(Some(8)), ["their feed was last had on 2026-11-13"]);
    assert_eq!(gaps(Some(30)), ["nothing changed in their feed since 2026-11-01"]);
    assert_eq!(gaps(None), ["nothing changed in their feed since 2026-11-01"]);
    // What had a clock that was wrong keeps nothing fresh.
    assert_eq!(gaps(Some(-30)), ["nothing changed in their feed since 2026-11-01"]);
    // When a feed was asked is no content of it.
    assert_eq!(asked(Some(0)).digest, asked(None).digest);
    holdfast_advisories::Index::open(&asked(Some(0)).bytes).unwrap().verify().unwrap();
}

#[test]
fn a_record_that_is_dated_to_the_future_keeps_no_feed_fresh() {
    let week = "[advisories]\nmax_age_days = 7\n";
    let gaps = |modified: &str| -> Vec<String> {
        let mut compiler = holdfast_advisories::Compiler::new();
        let early = format!(
            r#"{{"id": "Z-1", "modified": "{modified}", "affected": [{{"package":
            {{"ecosystem": "PyPI", "name": "zest"}}, "versions": ["1.0"]}}]}}"#
        );
        for text in support::records().into_iter().chain([early]) {
            let parsed = holdfast_advisories::osv::parse("feed.json", text.as_bytes()).unwrap();
            let feed = parsed.ecosystems().next().unwrap().to_owned();
            compiler.add(&feed, &parsed, holdfast_advisories::Origin::Feed);
        }
        let index = compiler.finish(holdfast_model::Timestamp(support::NOW)).bytes;
        let found = requirements("tiller==9.0\n", week, &index).not_assessed;
        found.into_iter().map(|gap| gap.reason).collect()
    };
    // The newest time of a feed is content of it, whatever the clock says: what it hides is not known.
    assert_eq!(gaps("2099-01-01T00:00:00Z"), ["nothing says how old their feed is"]);
    assert_eq!(gaps("2026-11-20T00:00:00Z"), [""; 0]);
}

#[test]
fn a_release_that_nobody_mends_is_found_from_its_day_on() {
    let index = support::index();
    let of = |line: &str| -> Vec<(String, Severity, String)> {
        let found = requirements(line, "", &index).findings.into_iter();
        found.map(|one| (one.weakness.id.to_string(), one.severity, one.title)).collect()
    };
    let title = "Django 3.2 has not been supported since 2024-04-01".to_owned();
    let wanted = ("eol:django:3.2".to_owned(), Severity::Soon, title);
    assert_eq!(of("django==3.2.25\n"), [wanted]);
    assert_eq!(of("django==5.2.1\n"), []);
    let assessment = requirements("django==3.2.25\n", "", &index);
    let finding = &assessment.findings[0];
    assert_eq!(finding.weakness.informational, Some(Informational::EndOfLife));
    assert_eq!(finding.severity_steps[0].because, "nobody mends this release any more");
}

/// The library and the tools of Go come from one line, and with it they end.
#[test]
fn the_release_of_one_line_ends_once() {
    let index = support::index();
    for module in
        ["module m.example/m\n\ngo 1.22\n", "module m.example/m\n\ngo 1.21\ntoolchain go1.22.5\n"]
    {
        let files = [("go.mod", module.as_bytes()), ("sub/go.mod", module.as_bytes())];
        let world = support::world(Path::new(DATA), &index, &files);
        let (look, settings) = support::look(&world);
        let findings = support::judged(&look, &settings, &index).findings;
        let mut told: Vec<String> = findings
            .iter()
            .map(|one| format!("{} {}", one.weakness.id, one.instances[0].place.path))
            .collect();
        told.sort();
        assert_eq!(told, ["eol:go:1.22 go.mod", "eol:go:1.22 sub/go.mod"], "{module}");
    }
}

#[test]
fn a_malicious_package_is_now_and_says_so() {
    let text = support::record("MAL-2026-9009", "GHSA-mali-mali-mali", "PyPI", "till", "9.0");
    let mut compiler = holdfast_advisories::Compiler::new();
    let parsed = holdfast_advisories::osv::parse("feed.json", text.as_bytes()).unwrap();
    compiler.add("PyPI", &parsed, holdfast_advisories::Origin::Feed);
    let index = compiler.finish(holdfast_model::Timestamp(support::NOW)).bytes;
    let assessment = requirements("till==1.0\n", "", &index);
    let finding = &assessment.findings[0];
    assert!(finding.weakness.malicious);
    assert_eq!(finding.severity, Severity::Now);
    assert_eq!(finding.severity_steps[0].because, "the package was made to do harm");
    assert!(finding.title.starts_with("till 1.0 was made to do harm: "), "{}", finding.title);
}

#[test]
fn what_another_package_brings_in_comes_after_and_says_so() {
    let package = |name: &str, version: &str, needs: &str| {
        format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\
             source = \"registry+https://index.example/crates\"\ndependencies = [{needs}]\n"
        )
    };
    let lock = format!(
        "version = 4\n\n[[package]]\nname = \"shop\"\nversion = \"0.1.0\"\n\
         dependencies = [\"carrier\", \"quiet\"]\n{}{}{}",
        package("carrier", "1.0.0", "\"tiller\""),
        package("quiet", "1.0.0", ""),
        package("tiller", "1.0.0", "")
    );
    let index = support::index();
    let files = [("Cargo.lock", lock.as_bytes())];
    let world = support::world(Path::new(DATA), &index, &files);
    let (look, settings) = support::look(&world);
    let findings = support::judged(&look, &settings, &index).findings;
    let told: Vec<(&str, Option<bool>, &str)> = findings
        .iter()
        .map(|one| {
            let last = one.severity_steps.last().unwrap();
            (&*one.weakness.id.0, one.direct, &*last.because)
        })
        .collect();
    let because = "brought in by another package: stays now, after what is asked for directly";
    let scored = "scored 9.8 of 10 by its publisher";
    let wanted = [(support::QUIET, Some(true), scored), (support::TILLER, Some(false), because)];
    assert_eq!(told, wanted);
}
