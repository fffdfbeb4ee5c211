//! 200 seeds of the faulty world around the whole loop: whatever fails and whenever it ends, the
//! record stays whole, nothing acknowledged is lost, nothing is called mended that is not, and
//! the next run comes to where a run without faults comes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use holdfast_engine::cycle::{self, Options, up_once};
use holdfast_engine::document::Report;
use holdfast_engine::{Failure, record};
use holdfast_model::{Ecosystem, Key, Standing, State, Timestamp};
use holdfast_store::{Checkpoint, Fault, Filter, PAGE_SIZE, Store, StoreOptions};
use holdfast_world::{Fate, Faults, Odds, World};
use support::{BASH, HOUR, NOW, QUIET, SHOP, TILLER, cargo_lock, recorded};

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(support::index);

const DPKG: &str = "Package: bash\nStatus: install ok installed\nVersion: 5.2.15-2+b7\n\
                    Architecture: amd64\nMaintainer: Nobody <nobody@host.example>\n\n";
const OS: &str = "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n";

/// The shop in turn: vulnerable, mended, vulnerable again. The last is the state that must be come to.
const VERSIONS: [&str; 3] = ["1.0.0", "1.0.4", "1.0.1"];

fn picture(data: &Path, step: usize) -> World {
    let lock = cargo_lock(&[("tiller", VERSIONS[step]), ("quiet", "1.2.0")]);
    let files: [(&str, &[u8]); 2] =
        [("Cargo.lock", lock.as_bytes()), ("requirements.txt", b"floating>=1\n")];
    let recorded = recorded(data, &INDEX, &files)
        .file("/var/lib/dpkg/status", DPKG)
        .file("/etc/os-release", OS)
        .owned("/etc", 1000, 1000, 0o755)
        .now(Timestamp(NOW + HOUR * i64::try_from(step).unwrap()));
    World::recorded(recorded)
}

/// The store's steps meet the same fates as the world's calls.
fn behind(faults: &Arc<Faults>) -> StoreOptions {
    let faults = Arc::clone(faults);
    let step = move |_: &'static str| match faults.next() {
        Fate::Pass | Fate::Late(_) | Fate::Short(_) => Ok(()),
        Fate::Fail | Fate::Crash(_) | Fate::Gone => Err(Fault::Crash),
    };
    StoreOptions { faults: Some(Arc::new(step)), ..StoreOptions::default() }
}

async fn up(world: &World, data: &Path, store: StoreOptions) -> Result<Report, Failure> {
    let options = Options { store, ..cycle::Options::default() };
    up_once(world, data, &options, &|_| {}).await
}

/// What a record says in the end: states, versions and gaps, without any time.
/// State, versions and the line that decided.
type Row = (State, Vec<String>, String);

#[derive(Debug, PartialEq, Eq)]
struct Said {
    findings: BTreeMap<(String, Key, Standing), Row>,
    gaps: Vec<String>,
    tiller: Vec<String>,
}

async fn said(store: &Store) -> Said {
    let mut findings = BTreeMap::new();
    for known in store.findings(&Filter::default()).await.unwrap() {
        let one = known.finding;
        let versions = one.instances.iter().filter_map(|copy| copy.version.as_deref());
        let versions: Vec<String> = versions.map(ToOwned::to_owned).collect();
        let line = one.decision.map(|decision| decision.line.clone()).unwrap_or_default();
        findings.insert(
            (one.weakness.id.0.to_string(), one.key, one.standing),
            (one.state, versions, line),
        );
    }
    let mut gaps = Vec::new();
    for row in store.not_assessed(None, None).await.unwrap() {
        gaps.push(format!("{} {}", row.subject, row.reason));
    }
    gaps.sort();
    let tiller = store.assets_with(&Ecosystem::new("cargo"), "tiller").await.unwrap();
    let tiller = tiller.into_iter().map(|one| format!("{:?} {}", one.version, one.asset)).collect();
    Said { findings, gaps, tiller }
}

/// Steps of one weakness so far; nothing where there is no record yet.
async fn steps(data: &Path, weakness: &str) -> Vec<State> {
    let Some(store) = record::reader(data).await.unwrap() else { return Vec::new() };
    let mut steps = Vec::new();
    for known in store.findings(&Filter::default()).await.unwrap() {
        if *known.finding.weakness.id.0 == *weakness {
            let history = store.history(known.finding.key).await.unwrap();
            steps.extend(history.into_iter().map(|(_, step)| step.to));
        }
    }
    steps
}

/// The record is whole and has everything up to a checkpoint; its last checkpoint.
async fn whole(data: &Path, kept: Option<&Checkpoint>) -> Option<Checkpoint> {
    let Some(store) = record::reader(data).await.unwrap() else {
        assert_eq!(kept, None, "the record is gone");
        return None;
    };
    let report = store.verify(kept).await.unwrap();
    assert_eq!(report.broken, []);
    report.checkpoint
}

/// The record before each step, made once: every seed begins with a copy of one of them.
struct Prepared {
    dir: tempfile::TempDir,
    /// How many calls each step makes.
    calls: Vec<u64>,
    /// What the record says in the end.
    said: Said,
}

impl Prepared {
    /// Runs without faults.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let mut calls = Vec::new();
        for step in 0..VERSIONS.len() {
            copy(&data, &dir.path().join(step.to_string()));
            let faults = Faults::new(0, Odds::default());
            up(&faults.around(&picture(&data, step)), &data, behind(&faults)).await.unwrap();
            calls.push(faults.calls());
        }
        let store = record::reader(&data).await.unwrap().unwrap();
        Self { calls, said: said(&store).await, dir }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    if !from.exists() {
        return;
    }
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// One step with faults, then the same and the rest without.
async fn journey(prepared: &Prepared, data: &Path, seed: u64) {
    let step = usize::try_from(seed % 3).unwrap();
    copy(&prepared.dir.path().join(step.to_string()), data);
    let kept = if step == 0 { None } else { whole(data, None).await };
    let before = steps(data, TILLER).await;

    // Calls fail as they like, or not at all; at one of them the process ends.
    let drawn = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17);
    let crash_at = (!seed.is_multiple_of(5)).then_some(1 + drawn % prepared.calls[step]);
    let errors = [0, 5, 20][usize::try_from(seed / 3 % 3).unwrap()];
    let faults = Faults::new(seed, Odds { errors, short: errors / 2, delays: 20, crash_at });
    let world = picture(data, step);
    let result = up(&faults.around(&world), data, behind(&faults)).await;

    let last = whole(data, kept.as_ref()).await;
    match &result {
        Ok(report) => {
            assert!(!faults.crashed(), "seed {seed}: a process that ended told of success");
            acknowledged(data, report).await;
        }
        Err(failure) => {
            assert!(failure.problems().iter().all(|one| !one.message.is_empty()));
        }
    }
    let new = steps(data, TILLER).await;
    assert_eq!(new.get(..before.len()), Some(&*before), "seed {seed}: steps are lost");
    let closes = |states: &[State]| states.iter().any(|state| !state.is_open());
    if step != 1 {
        assert!(!closes(&new[before.len()..]), "seed {seed}: {new:?} but it is there");
    }
    for always in [QUIET, BASH] {
        let steps = steps(data, always).await;
        assert!(!closes(&steps), "seed {seed}: {always} {steps:?} but it is there");
    }
    for next in step..VERSIONS.len() {
        up(&picture(data, next), data, StoreOptions::default()).await.unwrap();
    }
    if seed.is_multiple_of(5) {
        whole(data, last.as_ref()).await;
    }
}

/// What a report told stands in the record.
async fn acknowledged(data: &Path, report: &Report) {
    let store = record::reader(data).await.unwrap().unwrap();
    let known = store.findings(&Filter::default()).await.unwrap();
    for row in &report.findings {
        let there = known
            .iter()
            .any(|one| one.finding.key.to_string() == row.key && one.finding.state == row.state);
        assert!(there, "{} was told and is not in the record", row.weakness);
    }
}

async fn seeds(range: std::ops::Range<u64>) {
    let prepared = Prepared::new().await;
    let Prepared { calls, said: expected, .. } = &prepared;
    assert!(calls.iter().all(|calls| *calls > 50), "{calls:?} calls");
    let open = expected.findings.values().filter(|(state, ..)| *state == State::Open).count();
    // Three packages, and a folder of the system that belongs to somebody.
    assert_eq!((open, expected.findings.len()), (4, 4), "{expected:#?}");
    let control = |(weakness, ..): &(String, Key, Standing)| weakness == "system-folders";
    assert!(expected.findings.keys().any(control), "{expected:#?}");
    assert!(expected.tiller.iter().any(|one| one.contains(VERSIONS[2])), "{expected:#?}");
    assert!(expected.gaps.iter().any(|gap| gap.contains("floating")), "{expected:#?}");
    for seed in range {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        journey(&prepared, &data, seed).await;
        let store = record::reader(&data).await.unwrap().unwrap();
        assert_eq!(said(&store).await, *expected, "seed {seed}");
    }
}

#[tokio::test]
async fn nothing_is_lost_0_to_49() {
    seeds(0..50).await;
}

#[tokio::test]
async fn nothing_is_lost_50_to_99() {
    seeds(50..100).await;
}

#[tokio::test]
async fn nothing_is_lost_100_to_149() {
    seeds(100..150).await;
}

#[tokio::test]
async fn nothing_is_lost_150_to_199() {
    seeds(150..200).await;
}

/// A full disk says so, with what to do; with room again, the next run goes on.
#[tokio::test]
async fn a_full_disk_is_a_clear_error_and_the_next_run_works() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let world = picture(&data, 0);
    up(&world, &data, StoreOptions::default()).await.unwrap();
    let kept = whole(&data, None).await;
    let size = std::fs::metadata(data.join("holdfast.db")).unwrap().len();
    let most_pages = Some(u32::try_from(size / u64::from(PAGE_SIZE)).unwrap());
    let mut full = None;
    // Looks that differ, until the pages are used up.
    for hour in 1..200 {
        let version = format!("1.0.{}", hour % 3);
        let lock = cargo_lock(&[("tiller", &version), (&format!("new-{hour}"), "1.0.0")]);
        let files: [(&str, &[u8]); 1] = [("Cargo.lock", lock.as_bytes())];
        let at = Timestamp(NOW + HOUR * hour);
        let world = World::recorded(recorded(&data, &INDEX, &files).now(at));
        let store = StoreOptions { most_pages, ..StoreOptions::default() };
        if let Err(failure) = up(&world, &data, store).await {
            full = Some(failure);
            break;
        }
    }
    let full = full.unwrap();
    let told = &full.problems()[0];
    assert!(told.message.contains("no room is left for"), "{told}");
    assert!(told.help.contains("make room"), "{told}");
    assert!(matches!(full, Failure::Ours(_)));
    whole(&data, kept.as_ref()).await;
    let report = up(&picture(&data, 2), &data, StoreOptions::default()).await.unwrap();
    assert!(report.findings.iter().any(|row| &*row.weakness == TILLER));
    whole(&data, kept.as_ref()).await;
}

/// Two at once: the second is told who holds the folder, and the first is not disturbed.
#[tokio::test]
async fn a_second_holder_is_refused_and_told_by_whom() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let world = picture(&data, 0);
    let first = record::holder(&world, &data, StoreOptions::default()).await.unwrap();
    let failure = up(&world, &data, StoreOptions::default()).await.unwrap_err();
    let Failure::Usage(told) = &failure else { panic!("{failure:?}") };
    assert!(told[0].message.contains("is held by"), "{}", told[0]);
    assert!(told[0].help.contains("--data"), "{}", told[0]);
    first.close().await.unwrap();
    up(&world, &data, StoreOptions::default()).await.unwrap();
}

/// A machine whose package database cannot be read has not lost its packages.
#[tokio::test]
async fn a_package_database_that_cannot_be_read_closes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    up(&picture(&data, 0), &data, StoreOptions::default()).await.unwrap();
    let bare =
        || recorded(&data, &INDEX, &[]).now(Timestamp(NOW + HOUR)).file("/etc/os-release", OS);
    let denied = World::recorded(bare().denied("/var/lib/dpkg/status"));
    let gone = World::recorded(bare());
    let cut = World::recorded(bare().file("/var/lib/dpkg/status", &DPKG[..20]));
    for world in [denied, gone, cut] {
        let report = up(&world, &data, StoreOptions::default()).await.unwrap();
        let row = report.findings.iter().find(|row| &*row.weakness == BASH).unwrap();
        assert_eq!(row.state, State::Unproven);
        assert!(!report.not_assessed.is_empty());
    }
    up(&picture(&data, 0), &data, StoreOptions::default()).await.unwrap();
    assert_eq!(steps(&data, BASH).await, [State::Open, State::Unproven, State::Open]);
}

/// Without its release, or with one that no feed covers, nothing of a machine is mended by it.
#[tokio::test]
async fn a_machine_of_an_unknown_release_closes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    up(&picture(&data, 0), &data, StoreOptions::default()).await.unwrap();
    let dpkg = || {
        recorded(&data, &INDEX, &[]).now(Timestamp(NOW + HOUR)).file("/var/lib/dpkg/status", DPKG)
    };
    let upgraded = OS.replace("12", "13").replace("bookworm", "trixie");
    for recorded in [
        dpkg(),
        dpkg().denied("/etc/os-release"),
        dpkg().file("/etc/os-release", ""),
        dpkg().file("/etc/os-release", &OS[..5]),
        dpkg().file("/etc/os-release", upgraded),
    ] {
        let report = up(&World::recorded(recorded), &data, StoreOptions::default()).await.unwrap();
        let row = report.findings.iter().find(|row| &*row.weakness == BASH).unwrap();
        assert_eq!(row.state, State::Unproven);
    }
    assert_eq!(steps(&data, BASH).await, [State::Open, State::Unproven]);
}

/// An unreadable shop is not an empty one.
#[tokio::test]
async fn a_folder_that_went_away_closes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    up(&picture(&data, 0), &data, StoreOptions::default()).await.unwrap();
    let denied = World::recorded(
        recorded(&data, &INDEX, &[])
            .denied(Path::new(SHOP).join("Cargo.lock"))
            .now(Timestamp(NOW + HOUR)),
    );
    let report = up(&denied, &data, StoreOptions::default()).await.unwrap();
    let row = report.findings.iter().find(|row| &*row.weakness == TILLER).unwrap();
    assert_eq!(row.state, State::Unproven);
    let gap = report.not_assessed.iter().find(|row| &*row.subject == "Cargo.lock").unwrap();
    assert_eq!(gap.closes_with, "root");
    up(&picture(&data, 0), &data, StoreOptions::default()).await.unwrap();
    assert_eq!(steps(&data, TILLER).await, [State::Open, State::Unproven, State::Open]);
}
