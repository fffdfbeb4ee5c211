//! Entries outside looks, proofs, redaction, export.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;
#[path = "support/written.rs"]
mod written;

use holdfast_model::Digest;
use holdfast_store::{
    Body, CaseFilter, EntryKind, Store, StoreError, TellFilter, Verifier, merkle, verify_proof,
};
use serde_json::{Value, json};
use support::{acceptance, at, bytes, commit, open, picture, whole};
use written::{entry, write_fixture};

#[tokio::test]
async fn entries_come_back_with_both_times() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let given = vec![
        entry(EntryKind::Started, json!({"act": "fix", "key": "K7"})),
        entry(EntryKind::Finished, json!({"act": "fix", "ok": true})),
    ];
    let committed = store.append(given, at(5), &mut bytes(3)).await.unwrap();
    assert_eq!(committed.seqs, 1..3);
    let back = store.entry(2).await.unwrap();
    assert_eq!(back.header.kind, EntryKind::Finished);
    assert_eq!((back.header.happened, back.header.noted), (at(4), at(5)));
    assert_eq!((back.header.seq, back.header.who.as_str()), (2, "ada"));
    assert_eq!(back.why.as_deref(), Some("because"));
    assert_eq!(back.payload, Some(json!({"act": "fix", "ok": true})));
    let first = store.entry(0).await.unwrap();
    assert_eq!(first.header.kind, EntryKind::StoreOpened);
    let verifier = first.payload.unwrap()["verifier"].as_str().unwrap().to_owned();
    assert_eq!(verifier, store.verifier().to_string());
    assert!(matches!(store.entry(3).await, Err(StoreError::NoSuchEntry { seq: 3 })));
}

/// Payloads travel beside their rows, as many as are half a mebibyte long together.
#[tokio::test]
async fn long_payloads_come_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let said: Vec<Value> = [0, 1, 300_000, 7, 400_000, 600_000, 2]
        .into_iter()
        .map(|length| json!({ "text": "\"ä\"\n".repeat(length), "length": length }))
        .collect();
    let given = said.iter().map(|one| entry(EntryKind::Feed, one.clone())).collect();
    let committed = store.append(given, at(5), &mut bytes(3)).await.unwrap();
    for (seq, one) in committed.seqs.zip(&said) {
        assert!(store.entry(seq).await.unwrap().payload.as_ref() == Some(one), "entry {seq}");
    }
    whole(&store).await;
}

#[tokio::test]
async fn what_belongs_to_looks_is_not_appended_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for kind in [
        EntryKind::Observation,
        EntryKind::Transition,
        EntryKind::Redacted,
        EntryKind::StoreOpened,
        EntryKind::Acceptance,
    ] {
        let error = store.append(vec![entry(kind, json!({}))], at(5), &mut bytes(3)).await;
        assert!(matches!(error, Err(StoreError::Refused { .. })), "{kind:?}");
    }
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, 1);
}

#[tokio::test]
async fn every_entry_is_proven_without_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    // More than two tiles of 256 leaves, in uneven steps.
    for (n, size) in [1, 2, 250, 3, 256, 5, 90].into_iter().enumerate() {
        let some = (0..size).map(|i| entry(EntryKind::Feed, json!({"n": n, "i": i}))).collect();
        store.append(some, at(5), &mut bytes(n as u64)).await.unwrap();
    }
    let by = Verifier::parse(&store.verifier().to_string()).unwrap();
    for seq in [0, 1, 2, 3, 253, 254, 255, 256, 257, 511, 512, 513, 600, 607] {
        let text = store.proof(seq).await.unwrap();
        let leaf = store.entry(seq).await.unwrap().leaf;
        let proven = verify_proof(&text, &leaf, &by).unwrap();
        assert_eq!((proven.seq, proven.checkpoint.size), (seq, 608));
        let other = store.entry((seq + 1) % 608).await.unwrap().leaf;
        assert!(verify_proof(&text, &other, &by).is_err());
    }
    assert!(matches!(store.proof(608).await, Err(StoreError::NoSuchEntry { .. })));
    whole(&store).await;
}

#[tokio::test]
async fn a_later_checkpoint_continues_an_earlier_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let early = commit(&store, &picture(3, &[1, 2], 1)).await.unwrap().checkpoint;
    let late = commit(&store, &picture(3, &[1, 3], 2)).await.unwrap().checkpoint;
    let path = store.consistency(early.size).await.unwrap();
    assert!(merkle::verify_consistency(early.size, late.size, &path, &early.root, &late.root));
    assert!(!merkle::verify_consistency(early.size, late.size, &path, &late.root, &late.root));
}

#[tokio::test]
async fn a_redacted_payload_is_gone_and_everything_still_proves() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(3, &[1], 1)).await.unwrap();
    let secret = "hunter2";
    let mut accepted = acceptance("CVE-2026-00001");
    accepted.reason = secret.to_owned();
    let payload = serde_json::to_value(&accepted).unwrap();
    let given = vec![entry(EntryKind::Acceptance, payload)];
    let seq = store.append(given, at(5), &mut bytes(3)).await.unwrap().seqs.start;
    let whole_leaf = store.entry(seq).await.unwrap().leaf;

    let told =
        store.redact(seq, "grace", "it named a password", at(6), &mut bytes(4)).await.unwrap();
    let report = store.verify(None).await.unwrap();
    assert_eq!(
        (report.broken.as_slice(), report.redacted.as_slice()),
        ([].as_slice(), [seq].as_slice())
    );
    let back = store.entry(seq).await.unwrap();
    assert_eq!((back.why, back.payload), (None, None));
    assert_eq!(back.header.who, "ada");
    assert!(matches!(back.leaf.body, Body::Redacted(_)));
    assert_eq!(back.leaf.hash(), whole_leaf.hash());
    let text = store.proof(seq).await.unwrap();
    verify_proof(&text, &back.leaf, store.verifier()).unwrap();
    verify_proof(&text, &whole_leaf, store.verifier()).unwrap();
    assert_eq!(store.acceptances().await.unwrap(), []);
    let entry = store.entry(told.seqs.start).await.unwrap();
    assert_eq!((entry.header.kind, entry.header.who.as_str()), (EntryKind::Redacted, "grace"));
    assert_eq!(entry.payload, Some(json!({"seq": seq})));

    store.rebuild().await.unwrap();
    assert_eq!(store.verify(None).await.unwrap().broken, []);
    let mut lines = String::new();
    store
        .export(&mut |line| {
            lines.push_str(line);
            true
        })
        .await
        .unwrap();
    assert!(!lines.contains(secret));

    for (seq, kind) in [(0, "store_opened"), (1, "observation"), (2, "transition")] {
        let error = store.redact(seq, "eve", "", at(7), &mut bytes(5)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("an entry of kind `{kind}` must stay whole"));
    }

    store.close().await.unwrap();
    let database = std::fs::read(dir.path().join("holdfast.db")).unwrap();
    let found = database.windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(!found, "the bytes themselves are gone");
}

#[tokio::test]
async fn an_export_can_be_checked_by_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(3, &[1, 2], 1)).await.unwrap();
    let mut lines = Vec::new();
    store
        .export(&mut |line| {
            lines.push(line.to_owned());
            true
        })
        .await
        .unwrap();
    let last: Value = serde_json::from_str(&lines.pop().unwrap()).unwrap();
    let checkpoint =
        holdfast_store::Checkpoint::parse(last["checkpoint"].as_str().unwrap()).unwrap();
    checkpoint.verify(store.verifier()).unwrap();

    let unhex = |value: &Value| -> Vec<u8> {
        let text = value.as_str().unwrap();
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    };
    let mut leaves = Vec::new();
    for (line, seq) in lines.iter().zip(0..) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["seq"], json!(seq));
        let hashed = line["hashed"].as_str().unwrap().as_bytes();
        let digest = merkle::payload_digest(&unhex(&line["salt"]), hashed);
        let leaf = merkle::leaf_hash(&unhex(&line["header"]), &digest);
        assert_eq!(Some(leaf), line["leaf"].as_str().and_then(Digest::parse));
        leaves.push(leaf);
    }
    assert_eq!(leaves.len(), 4);
    assert_eq!(merkle::root(&leaves), checkpoint.root);

    let mut count = 0;
    store
        .export(&mut |_| {
            count += 1;
            count < 2
        })
        .await
        .unwrap();
    assert_eq!(count, 2, "an export can be ended early");
}

#[tokio::test]
async fn a_later_acceptance_replaces_an_earlier_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let asked = holdfast_model::Acceptance { approver: None, ..acceptance("CVE-2026-00001") };
    let other = acceptance("CVE-2026-00002");
    // The same weakness in another package is another acceptance.
    let package = holdfast_model::Acceptance { subject: "pkg:cargo/time".into(), ..asked.clone() };
    let given = [&asked, &other, &package]
        .map(|one| entry(EntryKind::Acceptance, serde_json::to_value(one).unwrap()));
    store.append(given.to_vec(), at(5), &mut bytes(3)).await.unwrap();
    let before = [(1, asked.clone()), (2, other.clone()), (3, package.clone())];
    assert_eq!(store.acceptances().await.unwrap(), before);

    let approved = holdfast_model::Acceptance { approver: Some("grace".to_owned()), ..asked };
    let given = entry(EntryKind::Acceptance, serde_json::to_value(&approved).unwrap());
    store.append(vec![given], at(6), &mut bytes(4)).await.unwrap();
    let after = [(2, other), (3, package), (4, approved)];
    assert_eq!(store.acceptances().await.unwrap(), after);
    whole(&store).await;
    // Where the later one is taken away, the earlier one counts again.
    store.redact(4, "grace", "a name", at(7), &mut bytes(5)).await.unwrap();
    let mut back = store.acceptances().await.unwrap();
    back.sort_by_key(|(seq, _)| *seq);
    assert_eq!(back, before);
}

#[tokio::test]
async fn entries_are_listed_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    commit(&store, &picture(3, &[1, 2], 1)).await.unwrap();
    let all = store.entries(None, 100).await.unwrap();
    let seqs = |some: &[holdfast_store::Recorded]| {
        some.iter().map(|entry| entry.header.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(&all), [3, 2, 1, 0]);
    assert_eq!(all[3], store.entry(0).await.unwrap());
    assert_eq!(seqs(&store.entries(None, 2).await.unwrap()), [3, 2]);
    assert_eq!(seqs(&store.entries(Some(2), 2).await.unwrap()), [1, 0]);
    assert_eq!(seqs(&store.entries(Some(0), 2).await.unwrap()), [] as [u64; 0]);
    assert_eq!(seqs(&store.entries(Some(u64::MAX), 1).await.unwrap()), [3]);
    let many = (0..1_100).map(|n| entry(EntryKind::Feed, json!({ "n": n }))).collect();
    store.append(many, at(5), &mut bytes(3)).await.unwrap();
    assert_eq!(store.entries(None, u32::MAX).await.unwrap().len(), 1_000);
}

/// The database of a fixture, with its key, in a folder of its own.
fn unpacked(version: &str) -> (tempfile::TempDir, Value) {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(version);
    let dir = tempfile::tempdir().unwrap();
    let packed = std::fs::read(here.join("holdfast.db.lz4")).unwrap();
    let database = lz4_flex::block::decompress_size_prepended(&packed).unwrap();
    std::fs::write(dir.path().join("holdfast.db"), database).unwrap();
    std::fs::copy(here.join("key"), dir.path().join("key")).unwrap();
    let expected = std::fs::read(here.join("expected.json")).unwrap();
    (dir, serde_json::from_slice(&expected).unwrap())
}

/// The steps of each finding lead to the state that it is in.
async fn histories(store: &Store) {
    for known in store.findings(&holdfast_store::Filter::default()).await.unwrap() {
        let finding = known.finding;
        let mut steps = store.history(finding.key).await.unwrap();
        steps.retain(|(_, step)| step.standing == finding.standing);
        assert_eq!(steps.first().unwrap().1.from, None);
        assert_eq!(steps.last().unwrap().1.to, finding.state);
        for pair in steps.windows(2) {
            assert_eq!(Some(pair[0].1.to), pair[1].1.from);
            assert!(pair[0].0 < pair[1].0);
        }
    }
}

/// Brings an old ledger forward, compares what it says, and goes on with it.
async fn continued(dir: &std::path::Path, expected: &Value) {
    let store = open(dir).await;
    whole(&store).await;
    let mut found = summary(&store).await;
    if expected.get("plans").is_none() {
        // What a form did not know, its ledgers have nothing of.
        let plans = found.as_object_mut().unwrap().remove("plans");
        assert_eq!(plans, Some(json!([])));
        let access = found.as_object_mut().unwrap().remove("access");
        assert_eq!(access, Some(json!({"tokens": [], "session": null})));
    }
    if expected.get("journey").is_none() {
        let journey = found.as_object_mut().unwrap().remove("journey").unwrap();
        assert!(journey.as_object().unwrap().values().all(|one| *one == json!([])), "{journey}");
    }
    if expected.get("hosts").is_none() {
        let hosts = found.as_object_mut().unwrap().remove("hosts");
        assert_eq!(hosts, Some(json!([])));
    }
    assert_eq!(found, *expected);
    histories(&store).await;
    commit(&store, &picture(4, &[2], 90)).await.unwrap();
    let (plan, document) = support::proposal(9);
    store.plan_propose(&document, at(91), &mut bytes(91)).await.unwrap();
    assert!(store.plan(plan).await.unwrap().is_some());
    let batch = support::journey::batch(99, 92);
    store.commit_events(batch, at(92), &mut bytes(92)).await.unwrap();
    store.rebuild().await.unwrap();
    whole(&store).await;
    // What is old goes, and nothing breaks.
    store.retain(at(95 * support::DAY), 90, &mut bytes(93)).await.unwrap();
    whole(&store).await;
    let kept = holdfast_store::Checkpoint::parse(expected["checkpoint"].as_str().unwrap()).unwrap();
    assert_eq!(store.verify(Some(&kept)).await.unwrap().broken, []);
}

/// Old ledgers are fixtures for ever: what version 1 wrote is read, verified and continued.
#[tokio::test]
async fn a_ledger_of_version_1_is_read_and_continued() {
    let (dir, expected) = unpacked("v1");
    // Whoever only reads does not bring it forward, and can read it all the same.
    let reader = Store::open_reader(dir.path()).await.unwrap();
    whole(&reader).await;
    assert_eq!(reader.plans().await.unwrap(), []);
    assert_eq!(reader.plan(Digest::of(b"x")).await.unwrap(), None);
    assert_eq!(reader.tokens().await.unwrap(), []);
    assert_eq!(reader.cases(&CaseFilter::default()).await.unwrap(), []);
    assert_eq!(reader.announcements().await.unwrap(), []);
    assert_eq!(reader.tells(&TellFilter::default()).await.unwrap(), []);
    assert_eq!(reader.tell_receipt("a", "b").await.unwrap(), None);
    assert_eq!(reader.tell_body(1).await.unwrap(), None);
    assert_eq!(reader.objectives().await.unwrap(), []);
    assert_eq!(reader.hosts().await.unwrap(), []);
    assert_eq!(reader.state("events").await.unwrap(), None);
    assert!(reader.events_between(at(0), at(9), 9).await.unwrap().records.is_empty());
    assert_eq!(reader.token_find(Digest::of(b"x")).await.unwrap(), None);
    assert_eq!(reader.session_find(Digest::of(b"x"), at(0)).await.unwrap(), None);
    // Who has what is told once the holder has brought the store forward.
    assert!(!reader.tells_packages().await.unwrap());
    assert_eq!(reader.packages_named("package-1").await.unwrap(), []);
    continued(dir.path(), &expected).await;
    // It sees what the holder brought forward meanwhile.
    assert_eq!(reader.plans().await.unwrap().len(), 1);
    assert!(reader.tells_packages().await.unwrap());
    let package = reader.packages_named("package-1").await.unwrap().swap_remove(0);
    let copies = reader.copies_with(&package, 9).await.unwrap();
    assert!(!copies.is_empty() && copies.iter().all(|copy| !copy.holders.is_empty()));
}

#[tokio::test]
async fn a_ledger_of_version_2_is_read_and_continued() {
    let (dir, expected) = unpacked("v2");
    continued(dir.path(), &expected).await;
}

#[tokio::test]
async fn a_ledger_of_version_3_is_read_and_continued() {
    let (dir, expected) = unpacked("v3");
    // Whoever only reads does not bring it forward, and can check and read it all the same.
    let reader = Store::open_reader(dir.path()).await.unwrap();
    whole(&reader).await;
    histories(&reader).await;
    continued(dir.path(), &expected).await;
}

#[tokio::test]
async fn a_ledger_of_version_4_is_read_and_continued() {
    let (dir, expected) = unpacked("v4");
    continued(dir.path(), &expected).await;
}

#[tokio::test]
async fn a_ledger_of_version_5_is_read_and_continued() {
    let (dir, expected) = unpacked("v5");
    continued(dir.path(), &expected).await;
}

#[tokio::test]
async fn a_ledger_of_version_7_is_read_and_continued() {
    let (dir, expected) = unpacked("v7");
    continued(dir.path(), &expected).await;
}

#[tokio::test]
async fn a_ledger_of_version_8_is_read_and_continued() {
    if std::env::var_os("HOLDFAST_WRITE_FIXTURES").is_some() {
        write_fixture("v8").await;
    }
    let (dir, expected) = unpacked("v8");
    continued(dir.path(), &expected).await;
}

async fn summary(store: &Store) -> Value {
    let mut lines: Vec<Value> = Vec::new();
    store
        .export(&mut |line| {
            lines.push(serde_json::from_str(line).unwrap());
            true
        })
        .await
        .unwrap();
    let cargo = holdfast_model::Ecosystem::new("cargo");
    let with = store.assets_with(&cargo, "package-1").await.unwrap();
    let plan = |plan: holdfast_store::PlanRecord| {
        json!({
            "digest": plan.digest,
            "seq": plan.seq,
            "approvals": plan.approvals,
            "acts": plan.acts.iter().map(|act| act.seq).collect::<Vec<_>>(),
            "running": plan.running(),
            "result": plan.result(),
        })
    };
    let session = store.session_find(Digest::of(b"session"), at(0)).await.unwrap();
    let tokens = store.tokens().await.unwrap();
    json!({
        "checkpoint": store.last_checkpoint().await.unwrap().unwrap().note(),
        "export": lines,
        "findings": store.findings(&holdfast_store::Filter::default()).await.unwrap(),
        "not_assessed": store.not_assessed(None, None).await.unwrap(),
        "acceptances": store.acceptances().await.unwrap(),
        "with": with.iter().map(|at| at.asset.to_string()).collect::<Vec<_>>(),
        "redacted": store.verify(None).await.unwrap().redacted,
        "plans": store.plans().await.unwrap().into_iter().map(plan).collect::<Vec<_>>(),
        "access": {
            "tokens": tokens.iter().map(|token| (&token.name, token.revoked)).collect::<Vec<_>>(),
            "session": session.map(|session| (session.name, session.form_token, session.until)),
        },
        "journey": journey(store).await,
        "hosts": store.hosts().await.unwrap(),
    })
}

/// What version 3 added.
async fn journey(store: &Store) -> Value {
    let cases = store.cases(&CaseFilter::default()).await.unwrap();
    let tells = store.tells(&TellFilter::default()).await.unwrap();
    let objectives = store.objectives().await.unwrap();
    let tell = |tell: holdfast_store::TellRecord| {
        json!({
            "seq": tell.seq,
            "last": tell.last,
            "once": tell.once,
            "state": tell.state.word(),
            "attempts": tell.attempts,
            "unsure": tell.unsure,
            "receipt": tell.receipt,
        })
    };
    json!({
        "announcements": store.announcements().await.unwrap(),
        "cases": cases.into_iter().map(|case| json!([case.seq, case.said])).collect::<Vec<_>>(),
        "events": store.events_between(at(0), at(support::DAY), 100).await.unwrap().records,
        "state": store.state("events").await.unwrap().map(|state| state.json).into_iter()
            .collect::<Vec<_>>(),
        "tells": tells.into_iter().map(tell).collect::<Vec<_>>(),
        "objectives": objectives.into_iter().map(|one| one.document).collect::<Vec<_>>(),
        "not_assessed": store.verify(None).await.unwrap().not_assessed,
    })
}
