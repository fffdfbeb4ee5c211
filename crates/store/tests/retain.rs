//! Retention: what is old goes, what something follows from stays, and a check tells both from loss.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use holdfast_model::Answer;
use holdfast_store::{CaseSaid, EventCommit, Filter, Retained, Store};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use support::journey::{batch, case, segment};
use support::{DAY, Picture, at, bytes, commit, open, picture, whole};

async fn retain(store: &Store, time: i64) -> Retained {
    store.retain(at(time), 90, &mut bytes(9)).await.unwrap()
}

async fn intrude(dir: &std::path::Path, statements: &str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.join("holdfast.db"));
    let mut conn = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

/// Finding 1 is open since the first look, 2 and 3 were closed; entries 1, 4, 7 and 10 are looks.
async fn looks(store: &Store) {
    commit(store, &picture(6, &[1, 2], 0)).await.unwrap();
    commit(store, &picture(5, &[1, 3], DAY)).await.unwrap();
    commit(store, &picture(4, &[1], 2 * DAY)).await.unwrap();
    commit(store, &Picture { asset: "till", ..picture(3, &[], 3 * DAY) }).await.unwrap();
}

#[tokio::test]
async fn old_looks_go_and_what_follows_from_them_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    looks(&store).await;
    let before = store.findings(&Filter::default()).await.unwrap();
    let done = retain(&store, 50 * DAY).await;
    assert_eq!((done.segments, done.more), (0, false));
    let size = store.last_checkpoint().await.unwrap().unwrap().size;

    // Of the first look its packages, of the second all: an open finding follows from the first.
    let done = retain(&store, 200 * DAY).await;
    assert_eq!((done.segments, done.messages, done.more), (3, 0, false));
    assert_eq!(done.before, at(110 * DAY));
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, size + 1);
    let report = store.verify(None).await.unwrap();
    assert_eq!(report.broken, []);
    let looks: Vec<u64> = report.not_assessed;
    assert_eq!(looks.len(), 2, "{looks:?}");
    // Nothing is left to do, and nothing is written.
    assert_eq!(retain(&store, 201 * DAY).await.segments, 0);
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, size + 1);

    store.rebuild().await.unwrap();
    assert_eq!(store.findings(&Filter::default()).await.unwrap(), before);
    assert_eq!(store.verify(None).await.unwrap().broken, []);
    // It goes on, with what it had before among others.
    commit(&store, &picture(6, &[1, 2], 202 * DAY)).await.unwrap();
    commit(&store, &picture(5, &[3], 203 * DAY)).await.unwrap();
    whole(&store).await;
    store.rebuild().await.unwrap();
    whole(&store).await;
}

#[tokio::test]
async fn a_loss_is_no_retention() {
    for statement in [
        // Everything, and of what is needed.
        "DELETE FROM segment",
        "DELETE FROM segment WHERE digest IN (SELECT look FROM observation)",
        "DELETE FROM segment WHERE digest IN (SELECT digest FROM asset_set)",
        // Noted after what was not kept.
        "DELETE FROM segment WHERE noted = (SELECT MAX(noted) FROM segment)",
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).await;
        looks(&store).await;
        retain(&store, 200 * DAY).await;
        commit(&store, &picture(6, &[1, 2], 202 * DAY)).await.unwrap();
        commit(&store, &picture(7, &[1, 2, 3], 203 * DAY)).await.unwrap();
        whole(&store).await;
        store.close().await.unwrap();
        intrude(dir.path(), statement).await;
        let report = Store::open_reader(dir.path()).await.unwrap().verify(None).await.unwrap();
        let missing = report.broken.iter().any(|broken| broken.what.ends_with("it is missing"));
        assert!(missing, "{statement}: {report:?}");
    }
}

#[tokio::test]
async fn without_an_entry_that_says_so_every_missing_segment_is_a_fault() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    looks(&store).await;
    store.close().await.unwrap();
    intrude(
        dir.path(),
        "DELETE FROM segment WHERE digest NOT IN (SELECT look FROM observation) \
         AND digest NOT IN (SELECT digest FROM asset_set)",
    )
    .await;
    let store = open(dir.path()).await;
    let report = store.verify(None).await.unwrap();
    assert_eq!(report.not_assessed, [0; 0]);
    assert!(report.broken.iter().any(|broken| broken.seq == 1), "{report:?}");
    assert!(store.rebuild().await.is_err());
}

#[tokio::test]
async fn a_segment_that_is_referred_to_again_is_not_old() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(6, &[], 0)).await.unwrap();
    commit(&store, &picture(5, &[], DAY)).await.unwrap();
    // The same packages and the same nothing else again.
    commit(&store, &picture(6, &[], 100 * DAY)).await.unwrap();
    commit(&store, &picture(5, &[], 101 * DAY)).await.unwrap();
    assert_eq!(retain(&store, 120 * DAY).await.segments, 0);
    let report = store.verify(None).await.unwrap();
    assert_eq!((report.not_assessed.len(), report.broken.len()), (0, 0));
    // Later they are.
    assert!(retain(&store, 200 * DAY).await.segments > 0);
    whole(&store).await;
}

#[tokio::test]
async fn what_an_open_case_cites_stays_until_somebody_answers() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    store.commit_events(batch(1, 0), at(0), &mut bytes(1)).await.unwrap();
    let other = EventCommit { segments: vec![segment(50..60, 0)], ..EventCommit::default() };
    store.commit_events(other, at(1), &mut bytes(2)).await.unwrap();
    assert_eq!(retain(&store, 100 * DAY).await.segments, 1);
    let found = store.events_between(at(0), at(DAY), 100).await.unwrap();
    assert_eq!((found.records.len(), found.not_kept), (10, 10));
    let report = store.verify(None).await.unwrap();
    assert_eq!((report.not_assessed, report.broken), (vec![4], vec![]));

    // Part of another case, which is open, it is still cited.
    let replaces = vec!["case-1".into()];
    let merged = CaseSaid { replaces, ..CaseSaid::new(case("case-2", 2, DAY)) };
    let entry = merged.entry("ada", "the same person", at(100 * DAY)).unwrap();
    let commit = EventCommit { entries: vec![entry], ..EventCommit::default() };
    store.commit_events(commit, at(100 * DAY), &mut bytes(3)).await.unwrap();
    assert_eq!(retain(&store, 101 * DAY).await.segments, 0);

    let mut answered = CaseSaid::new(case("case-2", 2, DAY));
    answered.case.answer = Some(Answer::Expected);
    let entry = answered.entry("ada", "a rehearsal", at(102 * DAY)).unwrap();
    let commit = EventCommit { entries: vec![entry], ..EventCommit::default() };
    store.commit_events(commit, at(102 * DAY), &mut bytes(4)).await.unwrap();
    assert_eq!(retain(&store, 103 * DAY).await.segments, 1);
    let found = store.events_between(at(0), at(DAY), 100).await.unwrap();
    assert_eq!((found.records.len(), found.not_kept), (0, 20));
    let report = store.verify(None).await.unwrap();
    assert_eq!((report.not_assessed, report.broken), (vec![1, 4], vec![]));

    // Opened again, it cites only what is there.
    let again = CaseSaid::new(case("case-2", 2, 104 * DAY));
    let entry = again.entry("ada", "it was not", at(104 * DAY)).unwrap();
    let commit = EventCommit { entries: vec![entry], ..EventCommit::default() };
    store.commit_events(commit, at(104 * DAY), &mut bytes(5)).await.unwrap();
    assert_eq!(store.case("case-2").await.unwrap().pop().unwrap().said.evidence, []);
    whole(&store).await;
    store.rebuild().await.unwrap();
    whole(&store).await;
}

#[tokio::test]
async fn one_call_deletes_so_much_and_says_that_there_is_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for n in 0..11 {
        let segments = (0..100).map(|m| segment(n * 100 + m..n * 100 + m + 1, 0)).collect();
        let commit = EventCommit { segments, ..EventCommit::default() };
        store.commit_events(commit, at(1), &mut bytes(u64::from(n))).await.unwrap();
    }
    let first = retain(&store, 100 * DAY).await;
    assert_eq!((first.segments, first.more), (1_000, true));
    let second = retain(&store, 100 * DAY).await;
    assert_eq!((second.segments, second.more), (100, false));
    let report = store.verify(None).await.unwrap();
    assert_eq!((report.not_assessed.len(), report.broken.len()), (1_100, 0));
}
