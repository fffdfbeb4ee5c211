//! Mending times of the past: what git and dpkg's log remember, against the days on which
//! advisories were published.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::io::Write as _;
use std::path::Path;

use holdfast_advisories::Index;
use holdfast_engine::history::{Options, Told, history, reconstructed};
use holdfast_engine::{sensors, settings};
use holdfast_learn::End;
use holdfast_model::Timestamp;
use holdfast_world::{Recorded, RecordedRepository, World};
use jiff::tz::TimeZone;
use support::{BASH, Folders, HOUR, NOW, QUIET, SHOP, TILLER, cargo_lock, index, recorded};

/// A day, in milliseconds.
const DAY: i64 = 24 * HOUR;
/// When all records of the shop's world were published: 2026-11-01, twenty days and nine hours
/// before now.
const PUBLISHED: &str = "2026-11-01T00:00:00Z";
const NEWEST: &str = "3333333333333333333333333333333333333333";

fn days_ago(days: i64) -> Timestamp {
    Timestamp(NOW - days * DAY)
}

/// A repository whose lockfile went through these states, oldest first: days ago, path, content.
fn repository(states: &[(i64, &[(&str, String)])]) -> RecordedRepository {
    let mut made = RecordedRepository::at(SHOP, NEWEST);
    let last = states.len() - 1;
    for (at, (days, files)) in states.iter().enumerate() {
        let commit = if at == last { NEWEST.to_owned() } else { format!("{at:040}") };
        for (path, text) in *files {
            made = made.file(&commit, path, text.clone());
        }
        made = made.made(&commit, days_ago(*days));
    }
    made
}

fn lock(tiller: &str) -> String {
    cargo_lock(&[("tiller", tiller), ("calm", "1.0.0")])
}

fn shop() -> Recorded {
    recorded(Path::new("/data"), &index(), &[])
}

fn told(machine: Recorded) -> Told {
    ask(&World::recorded(machine), None)
}

fn ask(world: &World, since: Option<Timestamp>) -> Told {
    let options = Options { path: ".".into(), since };
    history(world, Path::new("/data"), &options).unwrap()
}

/// Weakness, from, to, end.
fn rows(told: &Told) -> Vec<(&str, &str, &str, &str)> {
    told.spells
        .iter()
        .map(|row| (&*row.weakness, row.from.as_str(), row.to.as_str(), row.end))
        .collect()
}

fn written(at: Timestamp) -> String {
    at.to_string()
}

#[test]
fn a_package_is_open_from_the_later_of_its_coming_and_the_publication() {
    let weak: &[(&str, String)] = &[("Cargo.lock", lock("1.0.0"))];
    let good: &[(&str, String)] = &[("Cargo.lock", lock("1.0.3"))];
    // There long before it was known; mended ten days ago.
    let early = told(shop().repository(repository(&[(300, weak), (10, good)])));
    assert_eq!(rows(&early), [(TILLER, PUBLISHED, &*written(days_ago(10)), "mended")]);
    // Came in after it was known, and is still there.
    let late = told(shop().repository(repository(&[(5, weak)])));
    assert_eq!(rows(&late), [(TILLER, &*written(days_ago(5)), &*written(Timestamp(NOW)), "open")]);
    // Lifted before anybody had written of it: never open.
    let never = told(shop().repository(repository(&[(300, weak), (200, good)])));
    assert_eq!(rows(&never), []);
    // Back, and mended again: two spells of one key.
    let twice =
        told(shop().repository(repository(&[(300, weak), (10, good), (6, weak), (2, good)])));
    assert_eq!(twice.summary.mended, 2);
    let numbers: Vec<u32> = twice.learned.iter().map(|spell| spell.number).collect();
    assert_eq!(numbers, [2, 1]);
    assert!(twice.learned.iter().all(|spell| spell.reconstructed && spell.entry == spell.from));
    assert_eq!(twice.summary.spells, 2);
    assert!(twice.summary.median_days.is_some());
}

#[test]
fn a_removed_package_is_mended_and_a_moved_lockfile_goes_on() {
    let weak: &[(&str, String)] = &[("Cargo.lock", lock("1.0.0"))];
    let moved: &[(&str, String)] = &[("app/Cargo.lock", lock("1.0.0"))];
    let gone: &[(&str, String)] = &[("app/Cargo.lock", cargo_lock(&[("calm", "1.0.0")]))];
    let told = told(shop().repository(repository(&[(300, weak), (10, moved), (3, gone)])));
    assert_eq!(rows(&told), [(TILLER, PUBLISHED, &*written(days_ago(3)), "mended")]);
    assert_eq!((told.sources[0].states, told.sources[0].files), (3, 2));
}

#[test]
fn a_state_that_cannot_be_read_ends_nothing() {
    let weak: &[(&str, String)] = &[("Cargo.lock", lock("1.0.0"))];
    let broken: &[(&str, String)] = &[("Cargo.lock", "[[package]\nname = ".to_owned())];
    let told = told(shop().repository(repository(&[(300, weak), (10, broken), (4, weak)])));
    assert_eq!(rows(&told), [(TILLER, PUBLISHED, &*written(Timestamp(NOW)), "open")]);
    assert_eq!(told.sources[0].unreadable, 1);
}

#[test]
fn since_a_day_only_what_was_open_then_counts_and_enters_late() {
    let weak: &[(&str, String)] = &[("Cargo.lock", lock("1.0.0"))];
    let good: &[(&str, String)] = &[("Cargo.lock", lock("1.0.3"))];
    let states: &[(i64, &[(&str, String)])] = &[(300, weak), (15, good), (12, weak), (2, good)];
    let world = World::recorded(shop().repository(repository(states)));
    assert_eq!(ask(&world, None).learned.len(), 2);
    let told = ask(&world, Some(days_ago(8)));
    let [spell] = told.learned.as_slice() else { panic!("{:#?}", told.spells) };
    assert_eq!((spell.from, spell.entry, spell.to), (days_ago(12), days_ago(8), days_ago(2)));
    assert_eq!(spell.number, 2);
}

#[test]
fn scratch_git_and_the_recorded_one_tell_the_same() {
    let folders = Folders::new();
    folders.sync();
    folders.git(&["init", "--quiet"]);
    let commit = |days: i64, tiller: &str| {
        folders.write("Cargo.lock", lock(tiller));
        folders.write("notes.txt", format!("{days}"));
        folders.git(&["add", "--all"]);
        let date = format!("--date=@{} +0000", days_ago(days).0 / 1000);
        commit_at(&folders, days_ago(days), &["commit", "--quiet", "--message", "x", &date]);
    };
    commit(300, "1.0.0");
    commit(10, "1.0.3");
    commit(6, "1.0.0");
    let world = support::real_world(folders.tree.path());
    let told =
        history(&world, &folders.data(), &Options { path: ".".into(), since: None }).unwrap();
    let own: Vec<_> = rows(&told).into_iter().filter(|row| row.0 == TILLER).collect();
    let now = written(Timestamp(NOW));
    assert_eq!(
        own,
        [
            (TILLER, &*written(days_ago(6)), &*now, "open"),
            (TILLER, PUBLISHED, &*written(days_ago(10)), "mended"),
        ]
    );
    let git = told.sources.iter().find(|source| source.source == "git").unwrap();
    assert_eq!((git.states, git.files, git.cut), (3, 1, false));
}

/// Git with the committer's clock.
fn commit_at(folders: &Folders, at: Timestamp, arguments: &[&str]) {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=Sam", "-c", "user.email=sam@shop.example"])
        .args(["-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folders.tree.path())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_COMMITTER_DATE", format!("@{} +0000", at.0 / 1000))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// dpkg's log of a machine on which `bash` was mended by hand, as dpkg 1.21 writes it.
const LOG: &str = include_str!("history/dpkg.log");
/// The part before it, as logrotate leaves it.
const OLDER: &str = include_str!("history/dpkg.log.1");

fn packed(text: &str) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

fn machine(status: &str) -> Recorded {
    shop()
        .file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .file("/var/lib/dpkg/status", status)
        .zone(TimeZone::fixed(jiff::tz::offset(1)))
}

fn installed(version: &str) -> String {
    let stanza = |name: &str, source: &str, version: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n{source}\
             Version: {version}\n\n"
        )
    };
    [
        stanza("bash", "", version),
        stanza("bash-builtins", "Source: bash\n", version),
        stanza("tar", "", "1.34+dfsg-1.2"),
    ]
    .concat()
}

#[test]
fn the_log_of_dpkg_tells_when_a_source_was_mended() {
    let world = machine(&installed("5.2.15-2+deb12u9"))
        .file("/var/log/dpkg.log", LOG)
        .file("/var/log/dpkg.log.2.gz", packed(OLDER));
    let told = told(world);
    // Both binaries of the source have to be there in the good version: the second one ends it, at
    // 08:15:09 local time, which is one hour ahead.
    assert_eq!(rows(&told), [(BASH, PUBLISHED, "2026-11-12T07:15:09Z", "mended")]);
    let log = &told.sources[0];
    assert_eq!((log.source, log.files, log.unreadable), ("dpkg.log", 2, 1));
    assert_eq!(&*told.spells[0].subject, "pkg:deb/debian/bash");
    assert_eq!(told.learned[0].end, End::Mended);
}

#[test]
fn what_no_step_speaks_of_was_there_when_the_log_began() {
    // bash is as weak as ever, and the log tells of something else only.
    let log = "2026-11-10 08:00:00 upgrade tar:amd64 1.34-1 1.34+dfsg-1.2\n\
               2026-11-10 08:00:01 status installed tar:amd64 1.34+dfsg-1.2\n";
    let told = told(machine(&installed("5.2.15-2+b7")).file("/var/log/dpkg.log", log));
    let now = written(Timestamp(NOW));
    assert_eq!(rows(&told), [(BASH, "2026-11-10T07:00:00Z", &*now, "open")]);
}

#[test]
fn nothing_that_remembers_is_no_error() {
    let told = told(shop());
    assert!(told.sources.is_empty() && told.spells.is_empty() && told.problems.is_empty());
    assert_eq!(told.summary.median_days, None);
}

#[test]
fn the_page_is_told_the_same_spells() {
    let weak: &[(&str, String)] = &[("Cargo.lock", cargo_lock(&[("quiet", "1.0.0")]))];
    let world = World::recorded(shop().repository(repository(&[(300, weak)])));
    let folder = sensors::open(&world, Path::new(".")).unwrap();
    let settings = settings::read(&folder.tree, None, &TimeZone::UTC).unwrap();
    let bytes = index();
    let index = Index::open(&bytes).unwrap();
    let spells = reconstructed(&world, &settings, &index);
    assert_eq!(spells, ask(&world, None).learned);
    assert_eq!(&*spells[0].profile.weakness.0, QUIET);
}
