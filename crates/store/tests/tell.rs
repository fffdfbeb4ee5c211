//! The outbox: each message once, in order, and honest about what nobody knows.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use std::collections::BTreeMap;

use holdfast_model::Timestamp;
use holdfast_store::{
    EventCommit, Store, StoreError, Tell, TellFailure, TellFilter, TellLease, TellState,
};
use proptest::prelude::*;
use serde_json::json;
use support::journey::tell;
use support::{DAY, at, bytes, open, whole};

async fn ask(store: &Store, tell: Tell, time: i64) -> u64 {
    let put = store.tell_put(tell, at(time), &mut bytes(1)).await.unwrap();
    assert!(put.new);
    put.seq
}

async fn lease(store: &Store, time: i64) -> Option<TellLease> {
    store.tell_lease(at(time), 10).await.unwrap()
}

async fn started(store: &Store, lease: &TellLease, time: i64) -> Result<(), StoreError> {
    store.tell_started(lease, at(time), &mut bytes(2)).await
}

async fn state(store: &Store, seq: u64) -> (TellState, u64, bool) {
    let all = store.tells(&TellFilter::default()).await.unwrap();
    let one = all.iter().find(|one| one.seq == seq).unwrap();
    (one.state, one.attempts, one.unsure)
}

fn failure(unsure: bool) -> TellFailure {
    TellFailure { why: "no answer within 10 s".to_owned(), unsure }
}

fn lost(result: Result<(), StoreError>) {
    match result {
        Err(StoreError::Denied { problem }) => assert_eq!(problem.code, "tell-lease-lost"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_asked_for_sent_and_its_receipt_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let given = tell("once", "case-1", 5);
    let seq = ask(&store, given.clone(), 5).await;
    let other = Tell { body: json!(1), ..given.clone() };
    let again = store.tell_put(other, at(6), &mut bytes(9)).await.unwrap();
    assert_eq!((again.seq, again.new), (seq, false));
    assert_eq!(lease(&store, 4).await, None, "not before its time");

    let got = lease(&store, 5).await.unwrap();
    assert_eq!((got.seq, got.attempt, got.until, got.repeat), (seq, 1, at(15), false));
    assert_eq!((&got.once, &got.subject), (&given.once, &given.subject));
    assert_eq!((&got.kind, &got.account, &got.body), (&given.kind, &given.account, &given.body));
    assert_eq!(state(&store, seq).await, (TellState::Waiting, 0, false));
    let receipt = json!({"ts": "17.5", "channel": "C1"});
    let early = store.tell_done(&got, &receipt, at(6), &mut bytes(3)).await.unwrap_err();
    assert!(matches!(early, StoreError::Refused { .. }), "{early}");
    for _ in 0..2 {
        started(&store, &got, 6).await.unwrap();
    }
    assert_eq!(state(&store, seq).await, (TellState::Sending, 1, false));
    for _ in 0..2 {
        store.tell_done(&got, &receipt, at(7), &mut bytes(3)).await.unwrap();
    }
    assert_eq!(state(&store, seq).await, (TellState::Sent, 1, false));
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, 4, "each step once");
    assert_eq!(lease(&store, 1_000).await, None);
    let first = store.tell_receipt("case-1", "slack:ops").await.unwrap();
    assert_eq!(first, Some((seq, receipt)));
    // A later message about the same changes nothing of that.
    let later = ask(&store, tell("later", "case-1", 8), 8).await;
    let got = lease(&store, 2_000).await.unwrap();
    started(&store, &got, 2_001).await.unwrap();
    store.tell_done(&got, &json!("later"), at(2_002), &mut bytes(8)).await.unwrap();
    assert_eq!((got.seq, store.tell_receipt("case-1", "slack:ops").await.unwrap()), (later, first));
    assert_eq!(store.tell_receipt("case-1", "slack:dev").await.unwrap(), None);
    assert_eq!(store.tell_body(seq).await.unwrap(), Some(given.body));
    // The record holds the digest of a message, never the message.
    let mut lines = String::new();
    store
        .export(&mut |line| {
            lines.push_str(line);
            true
        })
        .await
        .unwrap();
    assert!(lines.contains("\"subject\":\"case-1\"") && !lines.contains("about case-1"));
    whole(&store).await;
}

#[tokio::test]
async fn after_a_crash_it_is_given_out_again_and_says_whether_it_may_be_a_repeat() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let seq = ask(&store, tell("once", "case-1", 0), 0).await;
    let first = lease(&store, 1).await.unwrap();
    assert_eq!(lease(&store, 10).await, None, "somebody has it");
    // It ended before it began: nothing can have arrived.
    let second = lease(&store, 11).await.unwrap();
    assert_eq!((second.attempt, second.repeat), (2, false));
    lost(started(&store, &first, 12).await);
    started(&store, &second, 12).await.unwrap();
    // Now it may have.
    let third = lease(&store, 21).await.unwrap();
    assert_eq!((third.attempt, third.repeat), (3, true));
    started(&store, &third, 22).await.unwrap();
    assert_eq!(state(&store, seq).await, (TellState::Sending, 2, true));
    lost(store.tell_failed(&second, &failure(false), at(99), at(23), &mut bytes(4)).await);
    // The second one was only slow: what it says happened.
    store.tell_done(&second, &json!("two"), at(24), &mut bytes(5)).await.unwrap();
    assert_eq!(state(&store, seq).await.0, TellState::Sent);
    lost(store.tell_failed(&third, &failure(true), at(99), at(25), &mut bytes(6)).await);
    store.tell_done(&third, &json!("three"), at(26), &mut bytes(7)).await.unwrap();
    assert_eq!(
        store.tell_receipt("case-1", "slack:ops").await.unwrap(),
        Some((seq, json!("three")))
    );
    assert_eq!(lease(&store, 9_999).await, None);
    whole(&store).await;
}

#[tokio::test]
async fn failures_are_tried_again_and_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let seq = ask(&store, tell("once", "case-1", 0), 0).await;
    let mut held = lease(&store, 1).await.unwrap();
    store.tell_renew(&mut held, at(5), 100).await.unwrap();
    assert_eq!(held.until, at(105));
    assert_eq!(lease(&store, 104).await, None);
    store.tell_defer(&held, at(200)).await.unwrap();
    lost(store.tell_defer(&held, at(200)).await);
    assert_eq!(lease(&store, 199).await, None);

    let held = lease(&store, 200).await.unwrap();
    started(&store, &held, 201).await.unwrap();
    let error = store.tell_defer(&held, at(300)).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    store.tell_failed(&held, &failure(false), at(300), at(202), &mut bytes(3)).await.unwrap();
    assert_eq!(state(&store, seq).await, (TellState::Failed, 1, false));
    let held = lease(&store, 300).await.unwrap();
    assert!(!held.repeat, "the partner said no");
    started(&store, &held, 301).await.unwrap();
    store.tell_failed(&held, &failure(true), at(400), at(302), &mut bytes(4)).await.unwrap();
    let held = lease(&store, 400).await.unwrap();
    assert!(held.repeat, "nobody knows");
    store.tell_dead(&held, &failure(false), at(401), &mut bytes(5)).await.unwrap();
    assert_eq!(state(&store, seq).await, (TellState::Dead, 2, true));
    assert_eq!(lease(&store, 9_999).await, None);
    let last = store.tells(&TellFilter::default()).await.unwrap()[0].last;
    let why = store.entry(last).await.unwrap().why;
    assert_eq!(why.as_deref(), Some("no answer within 10 s"));
    // Given up is not forgotten: the same key asks for nothing new.
    let again = store.tell_put(tell("once", "case-1", 0), at(500), &mut bytes(6)).await.unwrap();
    assert_eq!((again.seq, again.new), (seq, false));
    let open_only = TellFilter { open_only: true, ..TellFilter::default() };
    assert_eq!(store.tells(&open_only).await.unwrap(), []);
    whole(&store).await;
}

#[tokio::test]
async fn an_update_does_not_overtake_what_it_updates() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let first = ask(&store, tell("a", "case-1", 50), 0).await;
    let update = ask(&store, tell("b", "case-1", 0), 1).await;
    let elsewhere = Tell { account: "mail:ops".to_owned(), ..tell("c", "case-1", 9) };
    let elsewhere = ask(&store, elsewhere, 2).await;
    let free = ask(&store, tell("d", "", 8), 3).await;
    let free_too = ask(&store, tell("e", "", 8), 3).await;
    let mut order = Vec::new();
    while let Some(held) = lease(&store, 20).await {
        order.push(held.seq);
    }
    assert_eq!(order, [free, free_too, elsewhere]);
    // The others' leases have run out; the update still waits.
    let mut order = Vec::new();
    while let Some(held) = lease(&store, 50).await {
        order.push(held.seq);
    }
    assert_eq!(order, [free, free_too, elsewhere, first]);
    let held = store.tell_lease(at(100), 10).await.unwrap().unwrap();
    assert_ne!(held.seq, update);
    whole(&store).await;
}

#[tokio::test]
async fn what_is_too_great_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for bad in [
        Tell { once: String::new(), ..tell("x", "y", 1) },
        Tell { subject: "s".repeat(401), ..tell("x", "y", 1) },
        Tell { body: json!("b".repeat(256 * 1024)), ..tell("x", "y", 1) },
    ] {
        let error = store.tell_put(bad, at(1), &mut bytes(1)).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    }
    ask(&store, tell("x", "y", 1), 1).await;
    let held = lease(&store, 1).await.unwrap();
    started(&store, &held, 1).await.unwrap();
    let great = json!("r".repeat(16 * 1024));
    let error = store.tell_done(&held, &great, at(2), &mut bytes(1)).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    let reader = Store::open_reader(dir.path()).await.unwrap();
    let error = reader.tell_lease(at(99), 1).await.unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
}

#[tokio::test]
async fn messages_that_are_over_are_not_kept_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let seq = ask(&store, tell("a", "case-1", 0), 0).await;
    let open_one = ask(&store, tell("b", "case-2", 0), 0).await;
    let held = lease(&store, 0).await.unwrap();
    assert_eq!(held.seq, seq);
    started(&store, &held, 1).await.unwrap();
    store.tell_done(&held, &json!("r"), at(1), &mut bytes(1)).await.unwrap();
    let done = store.retain(at(90 * DAY), 90, &mut bytes(2)).await.unwrap();
    assert_eq!((done.messages, done.segments), (0, 0));
    let done = store.retain(at(90 * DAY + 2), 90, &mut bytes(2)).await.unwrap();
    assert_eq!((done.messages, done.segments, done.more), (1, 0, false));
    assert_eq!(store.tell_body(seq).await.unwrap(), None);
    assert!(store.tell_body(open_one).await.unwrap().is_some());
    assert_eq!(state(&store, seq).await.0, TellState::Sent);
    lost(store.tell_done(&held, &json!("s"), at(2), &mut bytes(3)).await);
    whole(&store).await;
}

/// What a carrier may do with a message that it holds.
#[derive(Debug, Clone, Copy)]
enum Step {
    Lease,
    Start,
    Done,
    Fail,
    Unsure,
    Dead,
    Wait,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Several carriers, slow ones among them: at no time do two hold one message, of one subject
    /// only one is on its way, whoever sends without knowing how it ended before is told so, and
    /// everything is told in the end.
    #[test]
    fn two_carriers_never_hold_one_message(
        steps in proptest::collection::vec((0..3_usize, prop_oneof![
            4 => Just(Step::Lease), 3 => Just(Step::Start), 2 => Just(Step::Done),
            1 => Just(Step::Fail), 1 => Just(Step::Unsure), 1 => Just(Step::Dead),
            2 => Just(Step::Wait),
        ]), 1..60)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = open(dir.path()).await;
            let tells = (0..6).map(|n| tell(&format!("once {n}"), &format!("case {}", n % 3), 0));
            let commit = EventCommit { tells: tells.collect(), ..EventCommit::default() };
            store.commit_events(commit, at(0), &mut bytes(1)).await.unwrap();
            let mut held: [Option<TellLease>; 3] = [None, None, None];
            // Of each message the attempt that started last and of which nobody said how it
            // ended, and whether another one is in doubt.
            let mut open: BTreeMap<u64, (Option<u32>, bool)> = BTreeMap::new();
            let mut now = 1;
            for (who, step) in steps {
                now += 1;
                match (step, held[who].clone()) {
                    (Step::Wait, _) => now += 6,
                    (Step::Lease, None) => {
                        let got = lease(&store, now).await;
                        if let Some(got) = &got {
                            let others = held.iter().flatten();
                            for other in others.filter(|other| other.until > at(now)) {
                                assert_ne!(other.seq, got.seq);
                                assert_ne!(other.subject, got.subject);
                            }
                            let (last, doubt) = open.get(&got.seq).copied().unwrap_or_default();
                            assert_eq!(got.repeat, doubt || last.is_some());
                        }
                        held[who] = got;
                    }
                    (Step::Start, Some(own)) => {
                        if started(&store, &own, now).await.is_ok() {
                            let (last, doubt) = open.entry(own.seq).or_default();
                            *doubt |= last.is_some_and(|last| last != own.attempt);
                            *last = Some(own.attempt);
                        } else {
                            held[who] = None;
                        }
                    }
                    (Step::Done, Some(own)) => {
                        let receipt = json!({"by": who});
                        let _ = store.tell_done(&own, &receipt, at(now), &mut bytes(3)).await;
                        held[who] = None;
                    }
                    (Step::Fail | Step::Unsure, Some(own)) => {
                        let unsure = matches!(step, Step::Unsure);
                        let next = at(now + 3);
                        let known = failure(unsure);
                        let done =
                            store.tell_failed(&own, &known, next, at(now), &mut bytes(4)).await;
                        if done.is_ok() {
                            let (last, doubt) = open.entry(own.seq).or_default();
                            *doubt |= unsure || last.is_some_and(|last| last != own.attempt);
                            *last = None;
                        }
                        held[who] = None;
                    }
                    (Step::Dead, Some(own)) => {
                        let _ = store.tell_dead(&own, &failure(false), at(now), &mut bytes(5)).await;
                        held[who] = None;
                    }
                    _ => {}
                }
            }
            whole(&store).await;
            let mut now = Timestamp(at(now).0 + 100);
            while let Some(own) = store.tell_lease(now, 10).await.unwrap() {
                store.tell_started(&own, now, &mut bytes(6)).await.unwrap();
                store.tell_done(&own, &json!("end"), now, &mut bytes(7)).await.unwrap();
                now.0 += 1;
            }
            let open_only = TellFilter { open_only: true, ..TellFilter::default() };
            assert_eq!(store.tells(&open_only).await.unwrap(), []);
            whole(&store).await;
        });
    }
}
