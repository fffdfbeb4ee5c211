//! Feeds over HTTP: whole once, then what changed, and nothing half whatever a server does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::string_slice,
    reason = "a test ends where something is not as it should be"
)]

#[path = "feeds/asked.rs"]
mod asked;
#[path = "feeds/asked_any.rs"]
mod asked_any;
#[path = "feeds/failing.rs"]
mod failing;
#[path = "feeds/judged.rs"]
mod judged;
#[path = "feeds/lasting.rs"]
mod lasting;
#[path = "feeds/linked.rs"]
mod linked;
#[path = "feeds/local.rs"]
mod local;
mod mirror;
#[path = "feeds/shown.rs"]
mod shown;
#[path = "../../holdfast/tests/support/skip.rs"]
mod skip;
#[path = "feeds/supply.rs"]
mod supply;
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use holdfast_engine::sync::{Request, SyncReport};
use holdfast_engine::{Failure, ask, index_file, sync};
use holdfast_world::{Reach, Recorded, World};
use mirror::{DATA, Mirror, NOW, ROOT, Wrong, not_done, record, synced};
use proptest::prelude::*;

const PYPI: &str = "https://mirror.example/osv/PyPI";

type Records = BTreeMap<String, String>;

/// `A-0` and so on, each changed at second 0.
fn records(most: usize) -> Records {
    let ids = (0..most).map(|number| format!("A-{number}"));
    ids.map(|id| (id.clone(), record(&id, "PyPI", 2, 0, false))).collect()
}

/// A server that publishes these, and a world.
fn serving(records: &Records) -> (Arc<Mirror>, World) {
    let (mirror, world) = Mirror::new(Recorded::new());
    mirror.list("PyPI", records);
    mirror.export("PyPI", records);
    (mirror, world)
}

fn change(records: &mut Records, id: &str, second: u32, withdrawn: bool) {
    records.insert(id.to_owned(), record(id, "PyPI", 3, second, withdrawn));
}

/// The digest of the index after a first sync elsewhere.
#[track_caller]
fn anew(mirror: &Arc<Mirror>, from: &str) -> Option<String> {
    let mut other = World::recorded(Recorded::new());
    // What the mirror hands over is read from there.
    other.files = mirror.files();
    other.http = Arc::<Mirror>::clone(mirror);
    let data = Path::new("/elsewhere");
    let source = sync::Source::read(from, Path::new("/")).unwrap();
    let sources = sync::Sources { from: vec![source], kev: None, epss: None };
    let request = Request { sources, reach: Reach::default(), offline: false };
    remove_all(&other, data);
    sync::sync(&other, data, &request, &|_| {}).unwrap().digest
}

fn remove_all(world: &World, folder: &Path) {
    for one in world.files.list(folder, Path::new("")).unwrap_or_default() {
        let path = folder.join(&one.name);
        remove_all(world, &path);
        drop(world.files.remove(Path::new("/"), &path));
    }
}

fn index(world: &World) -> Vec<u8> {
    let path = index_file::path(Path::new(DATA));
    world.files.read(Path::new("/"), &path, 1 << 30).unwrap()
}

fn codes(report: &SyncReport) -> Vec<&str> {
    report.details.iter().map(|problem| problem.code.as_str()).collect()
}

#[test]
fn whole_once_and_then_what_changed() {
    let mut all = records(20);
    let (mirror, world) = serving(&all);
    let first = synced(&world, &[PYPI], None).unwrap();
    assert_eq!((first.feeds[0].ecosystem.as_str(), first.feeds[0].records), ("PyPI", 20));
    assert_eq!(mirror.asked(), ["PyPI/all.zip", "PyPI/ecosystems.txt", "PyPI/modified_id.csv"]);
    let again = synced(&world, &[PYPI], None).unwrap();
    assert_eq!((again.digest, again.feeds[0].changed), (first.digest, 0));
    assert_eq!(mirror.asked(), ["PyPI/ecosystems.txt", "PyPI/modified_id.csv"]);

    // One is new, one changed, one was withdrawn; the export is not made anew yet.
    change(&mut all, "A-1", 60, false);
    change(&mut all, "A-2", 61, true);
    change(&mut all, "B-1", 62, false);
    mirror.list("PyPI", &all);
    let delta = synced(&world, &[PYPI], None).unwrap();
    let asked = mirror.asked();
    let singly = ["PyPI/A-1.json", "PyPI/A-2.json", "PyPI/B-1.json"];
    assert_eq!(asked, [&singly[..], &["PyPI/ecosystems.txt", "PyPI/modified_id.csv"]].concat());
    assert_eq!((delta.feeds[0].records, delta.feeds[0].changed, codes(&delta)), (21, 3, vec![]));
    let known = |world: &World, name: &str| {
        ask::show(world, Path::new(DATA), &format!("pkg:pypi/{name}@2.5")).unwrap().weaknesses.len()
    };
    assert_eq!((known(&world, "a-0"), known(&world, "a-1"), known(&world, "a-2")), (0, 1, 0));

    // One is gone: only the export can tell, however late it is.
    all.remove("A-3");
    mirror.list("PyPI", &all);
    assert_eq!(synced(&world, &[PYPI], None).unwrap().digest, delta.digest);
    mirror.export("PyPI", &all);
    mirror.asked();
    let gone = synced(&world, &[PYPI], None).unwrap();
    assert_eq!(mirror.asked(), ["PyPI/all.zip", "PyPI/ecosystems.txt", "PyPI/modified_id.csv"]);
    assert_eq!((gone.feeds[0].records, gone.feeds[0].changed), (20, 1));
    assert_eq!(gone.digest, anew(&mirror, PYPI));
}

#[test]
fn many_changes_come_as_one_export() {
    let mut all = records(300);
    let (mirror, world) = serving(&all);
    synced(&world, &[PYPI], None).unwrap();
    mirror.asked();
    for number in 0..257 {
        change(&mut all, &format!("A-{number}"), 60, false);
    }
    mirror.list("PyPI", &all);
    // The export is late: nothing is fetched one by one, and it is said.
    let late = synced(&world, &[PYPI], None).unwrap();
    assert_eq!((codes(&late), late.feeds[0].changed), (vec!["feed-behind"], 0));
    assert_eq!(mirror.asked().len(), 3);
    mirror.export("PyPI", &all);
    let done = synced(&world, &[PYPI], None).unwrap();
    assert_eq!((codes(&done), done.feeds[0].changed, mirror.asked().len()), (vec![], 257, 3));
    assert_eq!(done.digest, anew(&mirror, PYPI));
}

#[test]
fn a_sync_that_is_interrupted_leaves_the_last_good_index_and_goes_on() {
    let mut all = records(100);
    let (mirror, world) = serving(&all);
    synced(&world, &[PYPI], None).unwrap();
    let good = index(&world);
    for number in 0..100 {
        change(&mut all, &format!("A-{number}"), 60, false);
    }
    mirror.list("PyPI", &all);
    for wrong in [Wrong::Status(503), Wrong::Never, Wrong::Cut] {
        mirror.goes("PyPI/A-17.json", Some(wrong.clone()));
        let problem = not_done(synced(&world, &[PYPI], None));
        let place = problem.place.unwrap().path;
        assert_eq!(&*place, "https://mirror.example/osv/PyPI/A-17.json", "{wrong:?}");
        assert!(index(&world) == good, "{wrong:?}");
    }
    mirror.goes("PyPI/A-17.json", None);
    // The last of all fails: 64 were had before, and are not asked for again.
    mirror.goes("PyPI/A-99.json", Some(Wrong::Never));
    not_done(synced(&world, &[PYPI], None));
    assert!(index(&world) == good);
    mirror.goes("PyPI/A-99.json", None);
    mirror.asked();
    let done = synced(&world, &[PYPI], None).unwrap();
    assert_eq!(mirror.asked().len(), 36 + 2);
    assert_eq!((done.feeds[0].changed, done.digest), (100, anew(&mirror, PYPI)));
}

#[test]
fn what_a_server_says_wrongly_changes_nothing() {
    let page = Wrong::Says(b"<html>\n<p>Sign in</p>\n</html>\n".to_vec());
    let empty = Wrong::Says(mirror::zipped(&Records::new()));
    for (path, wrong, code) in [
        ("PyPI/modified_id.csv", page.clone(), "feed-list-unreadable"),
        ("PyPI/modified_id.csv", Wrong::Status(500), "feed-refused"),
        ("PyPI/modified_id.csv", Wrong::Status(429), "feed-refused"),
        ("PyPI/modified_id.csv", Wrong::Never, "http-lost"),
        ("PyPI/modified_id.csv", Wrong::Cut, "http-cut"),
        ("PyPI/all.zip", page, "export-unreadable"),
        ("PyPI/all.zip", empty, "no-advisories"),
        ("PyPI/all.zip", Wrong::Cut, "http-cut"),
        ("PyPI/all.zip", Wrong::Status(404), "http-refused"),
        ("PyPI/all.zip", Wrong::Never, "http-lost"),
    ] {
        let mut all = records(5);
        let (mirror, world) = serving(&all);
        mirror.goes(path, Some(wrong.clone()));
        // From the first time on, and when there is something already.
        assert_eq!(not_done(synced(&world, &[PYPI], None)).code, code, "{path} {wrong:?}");
        mirror.goes(path, None);
        synced(&world, &[PYPI], None).unwrap();
        let good = index(&world);
        all.remove("A-4");
        mirror.list("PyPI", &all);
        mirror.export("PyPI", &all);
        mirror.goes(path, Some(wrong.clone()));
        assert_eq!(not_done(synced(&world, &[PYPI], None)).code, code, "{path} {wrong:?}");
        assert!(index(&world) == good, "{path} {wrong:?}");
        mirror.goes(path, None);
        let done = synced(&world, &[PYPI], None).unwrap();
        assert_eq!(
            (done.feeds[0].records, done.digest),
            (4, anew(&mirror, PYPI)),
            "{path} {wrong:?}"
        );
    }
}

#[test]
fn records_that_cannot_be_had_are_told_and_tried_again() {
    let mut all = records(5);
    let (mirror, world) = serving(&all);
    synced(&world, &[PYPI], None).unwrap();
    change(&mut all, "A-1", 60, false);
    change(&mut all, "A-2", 60, false);
    mirror.list("PyPI", &all);
    let other = Wrong::Says(all["A-3"].clone().into_bytes());
    for wrong in [Wrong::Status(404), other, Wrong::Says(b"{}".to_vec())] {
        mirror.goes("PyPI/A-1.json", Some(wrong.clone()));
        let report = synced(&world, &[PYPI], None).unwrap();
        assert_eq!(codes(&report), ["feed-records-missing"], "{wrong:?}");
        assert!(report.details[0].message.contains("`A-1`"), "{:?}", report.details);
    }
    // One that is later than its list is asked for until it is there.
    mirror.goes("PyPI/A-1.json", Some(Wrong::Says(record("A-1", "PyPI", 9, 30, false).into())));
    for _ in 0..2 {
        assert_eq!(codes(&synced(&world, &[PYPI], None).unwrap()), [""; 0]);
        assert!(mirror.asked().contains(&"PyPI/A-1.json".to_owned()));
    }
    mirror.goes("PyPI/A-1.json", None);
    assert_eq!(codes(&synced(&world, &[PYPI], None).unwrap()), [""; 0]);
    mirror.asked();
    assert_eq!(synced(&world, &[PYPI], None).unwrap().digest, anew(&mirror, PYPI));
    // A mirror without single records has the export.
    change(&mut all, "A-3", 61, false);
    mirror.list("PyPI", &all);
    mirror.export("PyPI", &all);
    mirror.goes("PyPI/A-3.json", Some(Wrong::Status(404)));
    let report = synced(&world, &[PYPI], None).unwrap();
    assert_eq!((codes(&report), report.feeds[0].changed), (vec![], 1));
}

#[test]
fn names_in_a_list_lead_nowhere_and_damage_is_fetched_anew() {
    let mut all = records(3);
    let (mirror, world) = serving(&all);
    synced(&world, &[PYPI], None).unwrap();
    change(&mut all, "A-1", 60, false);
    mirror.list("PyPI", &all);
    let list = "2026-11-01T00:00:00Z,../../../escaped\n2026-11-01T00:00:00Z,A/B\n\
                2026-10-01T00:00:00Z,A-0\n2026-10-01T00:01:00Z,A-1\n2026-10-01T00:00:00Z,A-2\n";
    mirror.goes("PyPI/modified_id.csv", Some(Wrong::Says(list.into())));
    mirror.asked();
    let report = synced(&world, &[PYPI], None).unwrap();
    assert_eq!(codes(&report), ["feed-list-line"; 2]);
    assert_eq!(report.feeds[0].changed, 1);
    assert!(mirror.asked().iter().all(|one| !one.contains("escaped") && !one.contains("A/B")));
    mirror.goes("PyPI/modified_id.csv", None);
    let done = synced(&world, &[PYPI], None).unwrap();

    // Somebody touches what is kept, piece by piece.
    for (name, _) in kept(&world) {
        world.files.write_atomic(Path::new("/"), Path::new(&name), b"{\"id\": \"other\"}").unwrap();
        let again = synced(&world, &[PYPI], None).unwrap();
        assert_eq!(
            (again.digest.as_ref(), codes(&again)),
            (done.digest.as_ref(), vec![]),
            "{name}"
        );
    }
}

/// The files of the feeds, but for the lock.
fn kept(world: &World) -> Vec<(String, u64)> {
    fn below(world: &World, folder: &Path, out: &mut Vec<(String, u64)>) {
        for one in world.files.list(folder, Path::new("")).unwrap() {
            let path = folder.join(&one.name);
            if one.kind == holdfast_world::Kind::Folder {
                below(world, &path, out);
            } else if one.name != "lock" {
                out.push((path.display().to_string(), one.size));
            }
        }
    }
    let mut out = Vec::new();
    below(world, &Path::new(DATA).join("feeds"), &mut out);
    out
}

#[test]
fn of_the_whole_export_what_is_here_and_what_was_fetched_before() {
    let lock = support::cargo_lock(&[("a-0", "1.0.0")]);
    let shop = Recorded::new()
        .file("/shop/Cargo.lock", lock)
        .file("/shop/requirements.txt", "a-0==1.0\n")
        .here("/shop");
    let (mirror, world) = Mirror::new(shop);
    for (ecosystem, id) in [("crates.example", "R-1"), ("Go", "G-1"), ("Rocky%20Linux", "L-1")] {
        let all = Records::from([(id.to_owned(), record(id, ecosystem, 2, 0, false))]);
        mirror.list(ecosystem, &all);
        mirror.export(ecosystem, &all);
    }
    mirror.put("ecosystems.txt", "Go\nRocky Linux\ncrates.example\n");
    let feeds = |report: &SyncReport| {
        report.feeds.iter().map(|feed| feed.ecosystem.clone()).collect::<Vec<_>>()
    };
    let report = synced(&world, &[ROOT], None).unwrap();
    assert_eq!(feeds(&report), ["crates.example"]);
    assert_eq!(codes(&report), ["feed-absent"]);
    assert!(report.details[0].message.contains("Python packages"), "{:?}", report.details);
    // One that was asked for by name is brought up to date from then on.
    let named = format!("{ROOT}/Rocky%20Linux");
    assert_eq!(feeds(&synced(&world, &[&named], None).unwrap()), ["Rocky Linux"]);
    assert_eq!(feeds(&synced(&world, &[ROOT], None).unwrap()), ["Rocky Linux", "crates.example"]);

    mirror.put("ecosystems.txt", "<html>\n");
    assert_eq!(not_done(synced(&world, &[ROOT], None)).code, "no-ecosystems");
    let nothing = synced(&world, &["https://nothing.example"], None);
    assert!(
        matches!(&nothing, Err(Failure::Usage(all)) if all[0].code == "no-ecosystems"),
        "{nothing:?}"
    );
}

#[test]
fn zip_files_and_the_catalogue_are_fetched_when_they_changed() {
    let all = records(4);
    let (mirror, world) = serving(&all);
    let kev = format!("{ROOT}/kev.json");
    let catalogue = |cve: &str| {
        format!(
            r#"{{"dateReleased": "2026-11-01T00:00:00Z", "vulnerabilities": [{{"cveID": "{cve}"}}]}}"#
        )
    };
    mirror.put("kev.json", catalogue("CVE-2026-1"));
    let zip = format!("{PYPI}/all.zip");
    let first = synced(&world, &[&zip], Some(&kev)).unwrap();
    assert_eq!((first.feeds[0].ecosystem.as_str(), first.exploited), ("PyPI", Some(1)));
    assert_eq!(mirror.asked(), ["PyPI/all.zip", "kev.json"]);
    let good = index(&world);
    mirror.goes("kev.json", Some(Wrong::Says(b"<html>".to_vec())));
    // Feeds are synced all the same, and the catalogue counts as it was.
    let without = synced(&world, &[&zip], Some(&kev)).unwrap();
    assert_eq!((codes(&without), without.exploited), (vec!["kev-unreadable"], Some(1)));
    assert!(index(&world) == good);
    mirror.goes("kev.json", None);
    assert_eq!(synced(&world, &[&zip], Some(&kev)).unwrap().digest, first.digest);
}

#[test]
fn offline_asks_nobody_and_two_at_once_do_not_mix() {
    let (mirror, world) = serving(&records(2));
    let source = sync::Source::Address(PYPI.to_owned());
    let sources = sync::Sources { from: vec![source], kev: None, epss: None };
    let request = Request { sources, reach: Reach::default(), offline: true };
    let refused = sync::sync(&world, Path::new(DATA), &request, &|_| {});
    assert!(
        matches!(&refused, Err(Failure::Usage(all)) if all[0].code == "offline"),
        "{refused:?}"
    );
    assert_eq!(mirror.asked(), [""; 0]);
    let feeds = Path::new(DATA).join("feeds");
    world.files.make_folder(&feeds).unwrap();
    let lock = world.files.lock(&feeds.join("lock"), "another").unwrap();
    // What a folder holds is brought in by segments as well.
    for from in [PYPI, "/here/OSV-1.json"] {
        let held = synced(&world, &[from], None);
        let is_held = matches!(&held, Err(Failure::Usage(all)) if all[0].code == "sync-running");
        assert!(is_held, "{from}: {held:?}");
    }
    drop(lock);
    let report = synced(&world, &[PYPI], None).unwrap();
    assert_eq!(report.feeds[0].age, Some((NOW / 86_400_000) - (1_790_812_800_000 / 86_400_000)));
}

#[test]
fn a_feed_in_which_nothing_changed_for_long_is_a_gap() {
    // Its newest record is twenty days old.
    let lock = support::cargo_lock(&[("quiet", "9.9.9")]);
    let gaps = |config: &str| {
        let files = [("Cargo.lock", lock.as_bytes()), ("holdfast.toml", config.as_bytes())];
        let world = support::world(Path::new(DATA), &support::index(), &files);
        let (look, settings) = support::look(&world);
        let assessment = support::judged(&look, &settings, &support::index());
        assessment.not_assessed.iter().map(|gap| gap.reason.clone()).collect::<Vec<_>>()
    };
    assert_eq!(gaps(""), [""; 0]);
    assert_eq!(gaps("[advisories]\nmax_age_days = 21\n"), [""; 0]);
    let old = gaps("[advisories]\nmax_age_days = 19\n");
    assert_eq!(old, ["nothing changed in their feed since 2026-11-01"]);
}

/// What happens to the records between two syncs.
#[derive(Debug, Clone)]
enum Step {
    Change(u8, bool),
    Remove(u8),
    Export,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..12_u8, any::<bool>()).prop_map(|(id, withdrawn)| Step::Change(id, withdrawn)),
        2 => (0..12_u8).prop_map(Step::Remove),
        1 => Just(Step::Export),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn deltas_lead_to_the_same_index_as_a_first_sync(
        rounds in prop::collection::vec(prop::collection::vec(step(), 0..6), 1..6)
    ) {
        let mut all = records(6);
        let (mirror, world) = serving(&all);
        let mut second = 0;
        synced(&world, &[PYPI], None).unwrap();
        for round in rounds {
            for one in round {
                second += 1;
                match one {
                    Step::Change(id, withdrawn) => {
                        change(&mut all, &format!("A-{id}"), second, withdrawn);
                    }
                    Step::Remove(id) if all.len() > 1 => drop(all.remove(&format!("A-{id}"))),
                    Step::Remove(_) => {}
                    Step::Export => mirror.export("PyPI", &all),
                }
            }
            mirror.list("PyPI", &all);
            let report = synced(&world, &[PYPI], None).unwrap();
            prop_assert_eq!(codes(&report), vec![""; 0]);
        }
        // Once the export is as the list, nothing tells whether it was had whole or in pieces.
        mirror.export("PyPI", &all);
        let last = synced(&world, &[PYPI], None).unwrap().digest;
        prop_assert_eq!(last, anew(&mirror, PYPI));
    }
}
