//! Every kind of tampering is named; what was kept elsewhere finds what the holder could hide.
//!
//! The statements here reach past the store on purpose: they are what an intruder would run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use std::path::Path;

use holdfast_store::{Checkpoint, Store, VerifyReport};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use support::{Picture, acceptance, at, bytes, commit, open, picture, whole};

/// A store with several looks: entries 0 to 12.
async fn filled(dir: &Path) -> Store {
    let store = open(dir).await;
    commit(&store, &picture(6, &[1, 2, 3], 1)).await.unwrap();
    commit(&store, &picture(5, &[1, 3, 4], 2)).await.unwrap();
    commit(&store, &Picture { asset: "till", ..picture(5, &[1, 2, 3], 3) }).await.unwrap();
    store
}

async fn intrude(dir: &Path, statements: &str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(dir.join("holdfast.db"))
        .foreign_keys(false);
    let mut conn = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

async fn after(statements: &str) -> VerifyReport {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    whole(&store).await;
    store.close().await.unwrap();
    intrude(dir.path(), statements).await;
    Store::open_reader(dir.path()).await.unwrap().verify(None).await.unwrap()
}

fn said(report: &VerifyReport) -> Vec<(u64, &str)> {
    report.broken.iter().map(|broken| (broken.seq, broken.what.as_str())).collect()
}

#[tokio::test]
async fn a_changed_payload_is_named() {
    let report =
        after("UPDATE entry SET payload = replace(payload, 'ada', 'eve') || ' ' WHERE seq = 3")
            .await;
    assert!(said(&report).contains(&(3, "its payload was changed")), "{report:?}");
    assert!(report.broken.iter().all(|broken| broken.seq == 3), "{report:?}");
}

#[tokio::test]
async fn a_changed_header_is_named() {
    // The last byte of the header is the last of who did it.
    let report = after(
        "UPDATE entry SET header = CAST(substr(header, 1, length(header) - 1) || x'62' AS BLOB) \
         WHERE seq = 4",
    )
    .await;
    assert_eq!(said(&report), [(4, "its header was changed")]);
}

#[tokio::test]
async fn a_changed_header_with_a_fitting_leaf_is_found_by_the_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    // Entry 0 is alone under its checkpoint.
    let mut header = store.entry(0).await.unwrap().leaf.header;
    *header.last_mut().unwrap() = b'!';
    let digest = match store.entry(0).await.unwrap().leaf.body {
        holdfast_store::Body::Whole { salt, payload } => {
            holdfast_store::merkle::payload_digest(&salt, &payload)
        }
        holdfast_store::Body::Redacted(digest) => digest,
    };
    let leaf = holdfast_store::merkle::leaf_hash(&header, &digest);
    let header = header.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    store.close().await.unwrap();
    let statement =
        format!("UPDATE entry SET header = x'{header}', leaf = x'{leaf}' WHERE seq = 0");
    intrude(dir.path(), &statement).await;
    let store = Store::open_reader(dir.path()).await.unwrap();
    let report = store.verify(None).await.unwrap();
    assert!(said(&report).contains(&(0, "the entry is not the one that was signed")), "{report:?}");
}

#[tokio::test]
async fn swapped_entries_are_named() {
    let report = after(
        "UPDATE entry SET seq = -1 WHERE seq = 2; UPDATE entry SET seq = 2 WHERE seq = 3; \
         UPDATE entry SET seq = 3 WHERE seq = -1",
    )
    .await;
    assert!(said(&report).contains(&(2, "entry 3 stands in its place")), "{report:?}");
    assert!(said(&report).contains(&(3, "entry 2 stands in its place")), "{report:?}");
}

#[tokio::test]
async fn an_entry_deleted_from_the_middle_is_named() {
    let report = after("DELETE FROM entry WHERE seq = 2").await;
    assert!(said(&report).contains(&(2, "the entry is missing")), "{report:?}");
    let others = said(&report).into_iter().filter(|(_, what)| !what.starts_with("projection"));
    assert_eq!(others.count(), 1, "{report:?}");
}

#[tokio::test]
async fn the_last_entry_deleted_is_named() {
    let report = after("DELETE FROM entry WHERE seq = (SELECT MAX(seq) FROM entry)").await;
    let last = report.checkpoint.as_ref().unwrap().size - 1;
    assert_eq!(report.entries, last);
    let what = "the entry is missing: the tree counts it";
    assert!(said(&report).contains(&(last, what)), "{report:?}");
}

#[tokio::test]
async fn a_payload_taken_away_without_a_word_is_named() {
    let report = after("UPDATE entry SET payload = NULL, salt = NULL WHERE seq = 0").await;
    let what = "its payload is gone, and no entry says that it was redacted";
    assert_eq!(said(&report), [(0, what)]);
    assert_eq!(report.redacted, [0; 0]);
}

#[tokio::test]
async fn changed_rows_of_every_projection_are_named() {
    for (statement, wanted) in [
        (
            "UPDATE finding SET severity = severity + 1 WHERE subject = 'pkg:cargo/package-4'",
            "differs in `severity`",
        ),
        (
            "UPDATE finding SET document = replace(document, 'open', 'fixed')",
            "differs in `document`",
        ),
        ("DELETE FROM finding WHERE subject = 'pkg:cargo/package-4'", "is missing"),
        (
            "INSERT INTO finding SELECT x'00112233445566778899aabbccddeeff', standing, asset, kind, \
          state, severity, weakness, aliases, subject, first_seen, last_seen, since, decision_line, \
          due, team, seq, document FROM finding LIMIT 1",
            "comes from no entry",
        ),
        ("DELETE FROM not_assessed", "could-not-check row"),
        ("UPDATE component SET version = '9' WHERE name = 'package-1'", "package set"),
        ("DELETE FROM asset_set WHERE asset LIKE '%till'", "packages of `repository:"),
        ("UPDATE transition SET to_state = 3 WHERE seq = 2", "differs in `to_state`"),
        (
            "UPDATE asset SET document = replace(document, 'payments', 'nobody')",
            "asset `repository:",
        ),
        ("UPDATE observation SET noted = 1", "look at `repository:"),
    ] {
        let report = after(statement).await;
        assert!(!report.broken.is_empty(), "{statement}");
        for broken in &report.broken {
            assert!(broken.what.starts_with("projection: "), "{statement}: {broken:?}");
        }
        assert!(
            report.broken.iter().any(|broken| broken.what.contains(wanted)),
            "{statement}: {report:?}"
        );
    }
}

#[tokio::test]
async fn a_rebuild_mends_projections() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await.close().await.unwrap();
    intrude(dir.path(), "DELETE FROM finding; DELETE FROM component; DELETE FROM asset").await;
    let store = open(dir.path()).await;
    assert!(!store.verify(None).await.unwrap().broken.is_empty());
    store.rebuild().await.unwrap();
    whole(&store).await;
}

#[tokio::test]
async fn a_rebuild_from_a_broken_ledger_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await.close().await.unwrap();
    intrude(dir.path(), "DELETE FROM entry WHERE seq = 2").await;
    let store = open(dir.path()).await;
    let error = store.rebuild().await.unwrap_err().to_string();
    assert!(error.contains("entry 2: the entry is missing"), "{error}");
}

#[tokio::test]
async fn changed_checkpoints_trees_and_segments_are_named() {
    for (statement, wanted) in [
        (
            "UPDATE checkpoint SET note = replace(note, char(10) || '1' || char(10), \
          char(10) || '2' || char(10)) WHERE size = 1",
            "the signature does not fit the text",
        ),
        ("UPDATE checkpoint SET note = 'x'", "an empty line before the signatures is missing"),
        ("DELETE FROM checkpoint WHERE size > 1", "no checkpoint covers the entries"),
        ("UPDATE tree SET peaks = zeroblob(length(peaks))", "the state of the tree"),
        ("UPDATE tree SET size = size + 1", "does not fit its size"),
        ("DELETE FROM segment", "it is missing"),
        ("UPDATE segment SET bytes = x'0000'", "its length is missing"),
        ("INSERT INTO tile VALUES (0, zeroblob(32))", ""),
    ] {
        let report = after(statement).await;
        if wanted.is_empty() {
            continue;
        }
        let found = report.broken.iter().any(|broken| broken.what.contains(wanted));
        assert!(found, "{statement}: {report:?}");
    }
}

/// Everything after an early state is taken back at once, so that the rest fits together.
#[tokio::test]
async fn truncation_is_found_by_a_checkpoint_kept_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(6, &[1], 1)).await.unwrap();
    store.close().await.unwrap();
    let old = std::fs::read(dir.path().join("holdfast.db")).unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(6, &[1, 2], 2)).await.unwrap();
    let kept = store.last_checkpoint().await.unwrap().unwrap();
    assert_eq!(store.verify(Some(&kept)).await.unwrap().broken, []);
    store.close().await.unwrap();

    std::fs::write(dir.path().join("holdfast.db"), old).unwrap();
    let store = open(dir.path()).await;
    whole(&store).await;
    let kept = Checkpoint::parse(kept.note()).unwrap();
    let report = store.verify(Some(&kept)).await.unwrap();
    assert_eq!(
        said(&report),
        [(3, "the record was cut short: the given checkpoint has 5 entries")]
    );
}

#[tokio::test]
async fn a_fork_is_found_by_a_checkpoint_kept_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(6, &[1], 1)).await.unwrap();
    store.close().await.unwrap();
    let old = std::fs::read(dir.path().join("holdfast.db")).unwrap();
    let store = open(dir.path()).await;
    let kept = commit(&store, &picture(6, &[1, 2], 2)).await.unwrap().checkpoint;
    store.close().await.unwrap();

    // The holder of the key goes back and writes another history, longer than the first.
    std::fs::write(dir.path().join("holdfast.db"), old).unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(6, &[1, 3, 4, 5], 3)).await.unwrap();
    whole(&store).await;
    let report = store.verify(Some(&kept)).await.unwrap();
    assert_eq!(report.broken.len(), 1);
    assert!(report.broken[0].what.starts_with("the record is another one"), "{report:?}");
}

#[tokio::test]
async fn a_checkpoint_of_another_log_is_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = filled(one.path()).await;
    let other = Store::create_or_open(two.path(), at(0), &mut bytes(99)).await.unwrap();
    let foreign = other.last_checkpoint().await.unwrap().unwrap();
    let report = store.verify(Some(&foreign)).await.unwrap();
    assert_eq!(report.broken.len(), 1);
    assert!(report.broken[0].what.contains("it is of the log"), "{report:?}");
}

#[tokio::test]
async fn acceptances_are_projected_and_compared() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let entry = holdfast_store::Entry {
        kind: holdfast_store::EntryKind::Acceptance,
        happened: at(9),
        who: "ada".to_owned(),
        why: "not reachable".to_owned(),
        payload: serde_json::to_value(acceptance("CVE-2026-00001")).unwrap(),
    };
    let committed = store.append(vec![entry], at(9), &mut bytes(9)).await.unwrap();
    let seq = committed.seqs.start;
    assert_eq!(store.acceptances().await.unwrap(), [(seq, acceptance("CVE-2026-00001"))]);
    whole(&store).await;
    store.close().await.unwrap();
    intrude(dir.path(), "UPDATE acceptance SET until = until + 1").await;
    let report = Store::open_reader(dir.path()).await.unwrap().verify(None).await.unwrap();
    let what = "projection: acceptance of `CVE-2026-00001` differs in `until`";
    assert_eq!(said(&report), [(seq, what)]);
}

#[tokio::test]
async fn changed_events_cases_and_messages_are_named() {
    for (statement, wanted) in [
        ("UPDATE case_step SET owner = 'eve'", "case `case-1` differs in `owner`"),
        ("DELETE FROM case_step", "case `case-1` is missing"),
        ("INSERT INTO case_replaced VALUES ('case-9', 2)", "differs in `replaces`"),
        ("UPDATE announcement SET noted = 0", "announcement `4` differs in `noted`"),
        ("UPDATE event_segment SET to_at = to_at + 1", "differs in `to_at`"),
        ("UPDATE tell SET account = 'slack:eve'", "differs in `account`"),
        ("UPDATE tell SET state = 3", "differs in `state`"),
        ("UPDATE objective SET verdict = 'kept'", "verdict on goal `goal` differs in `verdict`"),
        ("UPDATE job SET body = '{}'", "queue: its message was changed"),
        ("DELETE FROM job", "queue: its message is still to be told, and is gone"),
        ("UPDATE job SET next_at = NULL", "queue: its message is still to be told, and is gone"),
        (
            "INSERT INTO job SELECT 99, body, next_at, lease_until, attempts FROM job",
            "queue: a message waits that nobody asked for",
        ),
        ("DELETE FROM segment", "the segment of its events: it is missing"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path()).await;
        let batch = support::journey::batch(1, 1);
        store.commit_events(batch, at(1), &mut bytes(1)).await.unwrap();
        let said = support::journey::announcement("ada", 9);
        store.announce(&said, at(2), &mut bytes(2)).await.unwrap();
        let goal = serde_json::json!({"name": "goal", "verdict": "missed"});
        store.objective_put(&goal, "holdfast", "", at(3), &mut bytes(3)).await.unwrap();
        whole(&store).await;
        store.close().await.unwrap();
        intrude(dir.path(), statement).await;
        let report = Store::open_reader(dir.path()).await.unwrap().verify(None).await.unwrap();
        assert!(
            report.broken.iter().any(|broken| broken.what.contains(wanted)),
            "{statement}: {report:?}"
        );
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_said_and_does_not_end_the_check() {
    let report = after("UPDATE transition SET to_state = 'fixed'").await;
    assert_eq!(report.broken.len(), 1, "{report:?}");
    assert!(report.broken[0].what.contains("cannot be read"), "{report:?}");
}

#[tokio::test]
async fn a_record_without_its_public_key_is_damaged_and_not_missing() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path()).await.close().await.unwrap();
    intrude(dir.path(), "DELETE FROM meta").await;
    let error = Store::open_reader(dir.path()).await.unwrap_err();
    assert!(matches!(error, holdfast_store::StoreError::Corrupt { .. }), "{error:?}");
}
