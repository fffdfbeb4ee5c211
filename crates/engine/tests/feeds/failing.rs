//! Feeds that fail beside feeds that do not, and feeds of other forms than OSV's.

use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::{Feed, Index};
use holdfast_engine::{ask, sync};
use holdfast_model::Timestamp;
use holdfast_world::{FixedClock, Recorded, World};

use super::mirror::{self, DATA, Mirror, NOW, Wrong, record, synced};
use super::support::HOUR;
use super::{PYPI, Records, change, codes, records, serving};

#[test]
fn a_feed_that_fails_ends_nobody_elses_sync() {
    let mut all = records(5);
    let (mirror, world) = serving(&all);
    let go = Records::from([("G-1".to_owned(), record("G-1", "Go", 2, 0, false))]);
    mirror.list("Go", &go);
    mirror.export("Go", &go);
    let named = [PYPI, "https://mirror.example/osv/Go"];
    synced(&world, &named, None).unwrap();
    change(&mut all, "A-1", 60, false);
    mirror.list("PyPI", &all);
    for wrong in [Wrong::Never, Wrong::Status(503), Wrong::Says(b"<html>\n".to_vec())] {
        mirror.goes("Go/modified_id.csv", Some(wrong.clone()));
        let report = synced(&world, &named, None).unwrap();
        assert_eq!(report.details.len(), 1, "{wrong:?}");
        let place = report.details[0].place.as_ref().unwrap();
        assert!(place.path.contains("/Go/"), "{place}");
        // The old records stay, with their age; the other feed is up to date.
        let feeds: Vec<(&str, u64)> =
            report.feeds.iter().map(|feed| (feed.ecosystem.as_str(), feed.records)).collect();
        assert_eq!(feeds, [("Go", 1), ("PyPI", 5)]);
        let found = ask::show(&world, Path::new(DATA), "pkg:pypi/a-1@2.5").unwrap();
        assert_eq!(found.weaknesses.len(), 1, "{wrong:?}");
    }
    // Even where nobody answers on which ecosystems there are.
    mirror.goes("Go/ecosystems.txt", Some(Wrong::Never));
    assert_eq!(synced(&world, &named, None).unwrap().feeds.len(), 2);
}

/// When each feed was last had, in hours.
fn asked(world: &World) -> Vec<(String, Option<i64>)> {
    let bytes = super::index(world);
    let feeds = Index::open(&bytes).unwrap().feeds().into_iter();
    let hours = |feed: &Feed| feed.asked.map(|time| (time.0 - NOW) / HOUR);
    feeds.map(|feed| (feed.name.clone(), hours(&feed))).collect()
}

#[test]
fn what_could_not_be_had_is_as_old_as_it_was() {
    let (mirror, mut world) = serving(&records(5));
    let go = Records::from([("G-1".to_owned(), record("G-1", "Go", 2, 0, false))]);
    mirror.list("Go", &go);
    mirror.export("Go", &go);
    let named = [PYPI, "https://mirror.example/osv/Go"];
    synced(&world, &named, None).unwrap();
    let both = |go: i64, python: i64| {
        [("Go".to_owned(), Some(go)), ("PyPI".to_owned(), Some(python))].to_vec()
    };
    assert_eq!(asked(&world), both(0, 0));
    // Nothing changed, and that is known anew; the other one does not answer.
    mirror.goes("Go/modified_id.csv", Some(Wrong::Never));
    world.clock = Arc::new(FixedClock::at(Timestamp(NOW + 5 * HOUR)));
    synced(&world, &named, None).unwrap();
    assert_eq!(asked(&world), both(0, 5));
    mirror.goes("Go/modified_id.csv", None);
    world.clock = Arc::new(FixedClock::at(Timestamp(NOW + 6 * HOUR)));
    synced(&world, &named, None).unwrap();
    assert_eq!(asked(&world), both(6, 6));
}

#[test]
fn what_lies_in_a_folder_is_as_old_as_its_files() {
    let go = Records::from([("G-1".to_owned(), record("G-1", "Go", 2, 0, false))]);
    let recorded = Recorded::new()
        .file("/osv/Go/all.zip", mirror::zipped(&go))
        .file("/osv/PyPI/all.zip", b"".as_slice());
    let (_, mut world) = Mirror::new(recorded);
    let export = Path::new("/osv/PyPI/all.zip");
    world.files.write_atomic(Path::new("/"), export, &mirror::zipped(&records(3))).unwrap();
    // Syncing again makes nothing newer: whoever brought the files may have ceased to.
    for hours in [5, 9] {
        world.clock = Arc::new(FixedClock::at(Timestamp(NOW + hours * HOUR)));
        synced(&world, &["/osv"], None).unwrap();
        let wanted = [("Go".to_owned(), None), ("PyPI".to_owned(), Some(0))];
        assert_eq!(asked(&world), wanted, "nobody knows when the other one was written");
    }
    // A file that says it was written tomorrow was had today.
    world.clock = Arc::new(FixedClock::at(Timestamp(NOW - HOUR)));
    synced(&world, &["/osv"], None).unwrap();
    assert_eq!(asked(&world)[1], ("PyPI".to_owned(), Some(-1)));
}

#[test]
fn a_folder_with_a_broken_export_keeps_what_was_in_it() {
    let all = records(3);
    let go = Records::from([("G-1".to_owned(), record("G-1", "Go", 2, 0, false))]);
    let recorded = Recorded::new()
        .file("/osv/PyPI/all.zip", mirror::zipped(&all))
        .file("/osv/Go/all.zip", mirror::zipped(&go));
    let (_, world) = Mirror::new(recorded);
    let first = synced(&world, &["/osv"], None).unwrap();
    assert_eq!((first.feeds.len(), codes(&first)), (2, vec![]));
    let broken = Path::new("/osv/Go/all.zip");
    world.files.write_atomic(Path::new("/"), broken, b"PK and no more").unwrap();
    let second = synced(&world, &["/osv"], None).unwrap();
    assert_eq!(codes(&second), ["export-unreadable"]);
    assert_eq!(second.digest, first.digest);
}

#[test]
fn feeds_of_other_forms_are_known_by_their_content() {
    let tracker = br#"{"door": {"CVE-2026-0001": {"releases": {"bookworm": {"status": "resolved",
        "repositories": {"bookworm": "1.0-1"}, "fixed_version": "1.0-2", "urgency": "low"}}}}}"#;
    let advisory = b"```toml\n[advisory]\nid = \"RUSTSEC-2026-0001\"\npackage = \"door\"\n\
        date = \"2026-01-02\"\naliases = [\"CVE-2026-0002\"]\n\n[versions]\n\
        patched = [\">= 1.2.3\"]\n```\n# A hole\n";
    let scores = b"#model_version:v1,score_date:2026-11-20T00:00:00+0000\n\
        cve,epss,percentile\nCVE-2026-0002,0.9,0.99\n";
    let catalogue = br#"{"dateReleased": "2026-11-19T00:00:00Z",
        "vulnerabilities": [{"cveID": "CVE-2026-0001"}]}"#;
    let recorded = Recorded::new()
        .file("/feeds/anything.json", tracker.as_slice())
        .file("/feeds/crates/door/RUSTSEC-2026-0001.md", advisory.as_slice())
        .file("/feeds/README.md", b"# Words".as_slice())
        .file("/feeds/scores.csv", scores.as_slice())
        .file("/feeds/kev.json", catalogue.as_slice());
    let (_, world) = Mirror::new(recorded);
    let report = synced(&world, &["/feeds"], None).unwrap();
    let feeds: Vec<&str> = report.feeds.iter().map(|feed| feed.ecosystem.as_str()).collect();
    assert_eq!((feeds, codes(&report)), (vec!["Debian", "cargo"], vec![]));
    assert_eq!((report.exploited, report.likely), (Some(1), Some(1)));
    let status = sync::status(&world, Path::new(DATA));
    assert_eq!(status.exploited_as_of.as_deref(), Some("2026-11-19"));
    assert_eq!(status.likely_as_of.as_deref(), Some("2026-11-20"));
    let found = ask::show(&world, Path::new(DATA), "pkg:cargo/door@1.0.0").unwrap();
    assert_eq!(found.weaknesses.len(), 1);
}
