//! What ledgers of each version hold, and how they were written once. They are fixtures for ever.

use holdfast_store::{
    Act, ActResult, CaseSaid, Entry, EntryKind, EventCommit, NewSession, Store, TellFailure,
};
use serde_json::{Value, json};

use crate::support::{acceptance, at, bytes, commit, open, picture};
use crate::*;

pub(crate) fn entry(kind: EntryKind, payload: Value) -> Entry {
    Entry { kind, happened: at(4), who: "ada".to_owned(), why: "because".to_owned(), payload }
}

/// Looks, acceptances, a redaction: what version 1 knew.
async fn write_looks(store: &Store) {
    commit(store, &picture(4, &[1, 2], 1)).await.unwrap();
    commit(store, &picture(3, &[2, 3], 2)).await.unwrap();
    commit(store, &support::Picture { time: 3 + support::DAY, ..picture(3, &[2, 3], 3) })
        .await
        .unwrap();
    let partial = support::Picture {
        asset: "till",
        coverage: holdfast_model::Coverage::Partial,
        ..picture(2, &[5], 4)
    };
    commit(store, &partial).await.unwrap();
    let accepted =
        |covers| entry(EntryKind::Acceptance, serde_json::to_value(acceptance(covers)).unwrap());
    let given = vec![accepted("CVE-2026-00002"), accepted("CVE-2026-00003")];
    let seqs = store.append(given, at(5), &mut bytes(3)).await.unwrap().seqs;
    store.redact(seqs.start, "grace", "a name", at(6), &mut bytes(4)).await.unwrap();
}

/// Plans in every state, tokens, a session: what version 2 added.
async fn write_plans(store: &Store) {
    for n in 0..4 {
        let (plan, document) = support::proposal(n);
        store.plan_propose(&document, at(7), &mut bytes(7)).await.unwrap();
        let voice = support::approval(plan, "grace", n != 1, 8);
        store.approval_put(&voice, at(8), &mut bytes(8)).await.unwrap();
        if n > 1 {
            let begin = support::begin(plan, Act::Apply, 9);
            store.act_begin(&begin, at(9), &mut bytes(9)).await.unwrap();
        }
        if n > 2 {
            let end = support::end(plan, ActResult::ToConfirm, 10);
            store.act_end(&end, at(10), &mut bytes(10)).await.unwrap();
        }
    }
    for (name, secret) in [("ada", "one"), ("grace", "two")] {
        let secret = Digest::of(secret.as_bytes());
        store.token_issue(name, secret, "root", at(11), &mut bytes(11)).await.unwrap();
    }
    let (secret, until) = (Digest::of(b"session"), at(90 * support::DAY));
    let session = NewSession { secret, form_token: "form".to_owned(), until };
    store.sign_in(Digest::of(b"one"), session, at(12), &mut bytes(12)).await.unwrap();
    store.token_revoke("grace", "root", at(13), &mut bytes(13)).await.unwrap();
}

/// Announcements, cases, events, messages in several states, a verdict, a retention: what version 3
/// added.
async fn write_journey(store: &Store) {
    let day = support::DAY;
    for by in ["ada", "grace"] {
        let said = support::journey::announcement(by, day);
        store.announce(&said, at(14), &mut bytes(14)).await.unwrap();
    }
    let first = store.announcements().await.unwrap()[0].id.to_string();
    store.announcement_approve(&first, "joan", at(15), &mut bytes(15)).await.unwrap();
    for n in 0..4 {
        let batch = support::journey::batch(n, 16);
        store.commit_events(batch, at(16), &mut bytes(16)).await.unwrap();
    }
    let replaces = vec!["case-1".into()];
    let mut said = CaseSaid { replaces, ..CaseSaid::new(support::journey::case("case-2", 2, 17)) };
    said.case.answer = Some(holdfast_model::Answer::Benign);
    let entries = vec![said.entry("ada", "a mistake", at(17)).unwrap()];
    let commit = EventCommit { entries, ..EventCommit::default() };
    store.commit_events(commit, at(17), &mut bytes(17)).await.unwrap();
    for n in 0..3 {
        let lease = store.tell_lease(at(18), 1_000).await.unwrap().unwrap();
        store.tell_started(&lease, at(18), &mut bytes(18)).await.unwrap();
        let failure = TellFailure { why: "no answer".to_owned(), unsure: true };
        if n == 0 {
            let receipt = json!({"ts": "17.5"});
            store.tell_done(&lease, &receipt, at(19), &mut bytes(19)).await.unwrap();
        } else if n == 1 {
            store.tell_failed(&lease, &failure, at(99), at(19), &mut bytes(19)).await.unwrap();
        } else {
            store.tell_dead(&lease, &failure, at(19), &mut bytes(19)).await.unwrap();
        }
    }
    let verdict = json!({"name": "urgent in a week", "verdict": "on the way"});
    store.objective_put(&verdict, "holdfast", "", at(20), &mut bytes(20)).await.unwrap();
    let done = store.retain(at(95 * day), 90, &mut bytes(21)).await.unwrap();
    assert!(done.segments > 0 && done.messages > 0);
}

/// Looks of more steps than have an entry each, and what was decided at one of them: what version 4
/// added.
async fn write_many(store: &Store) {
    let many: Vec<u32> = (100..202).collect();
    let shed = |open: &[u32], time| support::Picture { asset: "shed", ..picture(2, open, time) };
    let mut first = support::look(store, &shed(&many, 96 * support::DAY)).await;
    first.decisions = support::decided(&first.known);
    store.commit_look(first, at(96 * support::DAY), &mut bytes(22)).await.unwrap();
    commit(store, &shed(&many[..5], 97 * support::DAY)).await.unwrap();
}

/// Hosts that are looked at by schedule, one of them changed and one removed: what version 8 added.
async fn write_hosts(store: &Store) {
    let time = at(98 * support::DAY);
    let hosts = ["ssh://web1", "ssh://ana@web2:2222", "ssh://web3"].map(support::managed);
    store.hosts_put(&hosts, "ada", "an inventory", time, &mut bytes(23)).await.unwrap();
    let other = holdfast_model::ManagedHost { team: None, ..support::managed("ssh://web1") };
    store.hosts_put(&[other], "grace", "another team", time, &mut bytes(24)).await.unwrap();
    store.host_remove("ssh://web3", "grace", "it is gone", time, &mut bytes(25)).await.unwrap();
}

/// Run once for each version of the form, with `HOLDFAST_WRITE_FIXTURES=1`; never again.
pub(crate) async fn write_fixture(version: &str) {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(version);
    assert!(!here.join("expected.json").exists(), "fixtures are for ever");
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    write_looks(&store).await;
    write_plans(&store).await;
    write_journey(&store).await;
    write_many(&store).await;
    write_hosts(&store).await;
    let summary = serde_json::to_string_pretty(&summary(&store).await).unwrap();
    store.close().await.unwrap();
    std::fs::create_dir_all(&here).unwrap();
    std::fs::write(here.join("expected.json"), summary + "\n").unwrap();
    std::fs::copy(dir.path().join("key"), here.join("key")).unwrap();
    let database = std::fs::read(dir.path().join("holdfast.db")).unwrap();
    let packed = lz4_flex::block::compress_prepend_size(&database);
    std::fs::write(here.join("holdfast.db.lz4"), packed).unwrap();
}
