//! What is older than 90 days goes, once a day, and everything that is shown still holds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod machine;

use std::time::Duration;

use holdfast_engine::cycle::{self, Options};
use holdfast_engine::desk::{Desk as _, EntryRow};
use holdfast_engine::holder::Holder;
use holdfast_engine::record;
use machine::{Bench, debian, open, quiet};

const HOUR: Duration = Duration::from_hours(1);
const DAYS_90: Duration = Duration::from_hours(90 * 24);

/// Another version of a package is installed: the next look is like none before.
fn upgrade(bench: &Bench, build: u32) {
    let status = format!(
        "Package: bash\nStatus: install ok installed\nArchitecture: amd64\n\
         Version: 5.2.15-2+b{build}\n\n"
    );
    bench.write("/var/lib/dpkg/status", &status);
}

/// What the record says of retention, newest first.
async fn told(holder: &Holder) -> Vec<EntryRow> {
    let mut all = holder.entries(None, 1_000).await.unwrap();
    all.retain(|entry| entry.kind == "retention");
    all
}

/// How many entries the check cannot follow to their segments any more, and nothing is wrong.
async fn not_kept(bench: &Bench) -> usize {
    let store = record::reader(&bench.data()).await.unwrap().unwrap();
    let report = store.verify(None).await.unwrap();
    assert_eq!(report.broken, []);
    let kept = report.not_assessed.len();
    store.close().await.unwrap();
    kept
}

#[tokio::test]
async fn segments_go_after_90_days_once_a_day_and_what_is_needed_stays() {
    let bench = Bench::new(debian(), "appetite = \"solo\"\n");
    // The first look opened what is open still; the third is nothing's evidence either.
    let holder = bench.holder().await;
    for build in [8, 9] {
        bench.clock.advance(HOUR);
        upgrade(&bench, build);
        holder.look(&quiet()).await.unwrap();
    }
    let key = open(&holder.view(), "root-login").key;

    bench.clock.advance(DAYS_90.saturating_sub(2 * HOUR + HOUR / 2));
    upgrade(&bench, 10);
    holder.look(&quiet()).await.unwrap();
    assert_eq!((told(&holder).await.len(), not_kept(&bench).await), (0, 0), "too early");

    // A day later, so that it is asked again, and the looks of three hours are beyond 90 days.
    bench.clock.advance(26 * HOUR);
    upgrade(&bench, 11);
    holder.look(&quiet()).await.unwrap();
    let once = told(&holder).await;
    assert_eq!(once.len(), 1);
    assert_eq!(once[0].why, "what is older than 90 days is not kept");
    let gone = not_kept(&bench).await;
    assert!(gone > 0);
    let shown = holder.finding(key).await.unwrap().unwrap();
    assert!(!shown.history.is_empty(), "what is open keeps what it follows from");

    // Nothing is older now than it was; within a day nobody asks, and later nothing is said.
    for pause in [HOUR, 26 * HOUR] {
        bench.clock.advance(pause);
        holder.look(&quiet()).await.unwrap();
        assert_eq!((told(&holder).await.len(), not_kept(&bench).await), (1, gone));
    }
    holder.close().await.unwrap();
}

#[tokio::test]
async fn it_is_done_once_a_day_whoever_looks() {
    let bench = Bench::new(debian(), "appetite = \"solo\"\n");
    let look = || async {
        cycle::up_once(&bench.world, &bench.data(), &Options::default(), &|_| {}).await.unwrap();
    };
    let entries = || async {
        let store = record::reader(&bench.data()).await.unwrap().unwrap();
        let all = store.entries(None, 1_000).await.unwrap();
        store.close().await.unwrap();
        all.iter().filter(|one| one.header.kind.word() == "retention").count()
    };
    look().await;
    for build in [8, 9] {
        bench.clock.advance(HOUR);
        upgrade(&bench, build);
        look().await;
    }
    // The second look's packages are beyond it, the third's are not yet.
    bench.clock.advance(DAYS_90.saturating_sub(HOUR / 2));
    upgrade(&bench, 10);
    look().await;
    assert_eq!(entries().await, 1);
    bench.clock.advance(HOUR);
    upgrade(&bench, 11);
    look().await;
    assert_eq!(entries().await, 1, "not twice a day");
    bench.clock.advance(24 * HOUR);
    upgrade(&bench, 12);
    look().await;
    assert_eq!(entries().await, 2);
    assert!(not_kept(&bench).await > 0);
}
