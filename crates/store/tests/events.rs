//! Batches of events: cases, states, segments, announcements, verdicts; asked for, redacted, rebuilt.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use holdfast_model::{Announcement, Answer, Timestamp};
use holdfast_store::{
    Answered, CaseFilter, CaseSaid, Entry, EntryKind, EventCommit, EventSegment, Store, StoreError,
};
use proptest::prelude::*;
use serde_json::json;
use support::journey::{announcement, batch, case, record, segment, tell};
use support::{DAY, at, bytes, commit, open, picture, whole};

async fn put(store: &Store, commit: EventCommit, time: i64) -> std::ops::Range<u64> {
    let seed = u64::try_from(time).unwrap() + 500;
    store.commit_events(commit, at(time), &mut bytes(seed)).await.unwrap().committed.seqs
}

async fn say(store: &Store, said: CaseSaid, time: i64) {
    let entry = said.entry("ada", "it changed", at(time)).unwrap();
    put(store, EventCommit { entries: vec![entry], ..EventCommit::default() }, time).await;
}

async fn ids(store: &Store, filter: &CaseFilter) -> Vec<String> {
    let cases = store.cases(filter).await.unwrap();
    cases.iter().map(|record| record.said.case.id.to_string()).collect()
}

#[tokio::test]
async fn a_batch_comes_back_as_it_went_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let given = batch(1, 1_000);
    let seqs = put(&store, given.clone(), 1_000).await;
    assert_eq!(seqs, 1..4, "the segment, the case and the message");
    let kinds = [EntryKind::Events, EntryKind::Case, EntryKind::Tell];
    for (seq, kind) in seqs.zip(kinds) {
        assert_eq!(store.entry(seq).await.unwrap().header.kind, kind);
    }
    let cases = store.cases(&CaseFilter::default()).await.unwrap();
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].seq, 2);
    assert_eq!(cases[0].said.case, case("case-1", 1, 1_000));
    assert_eq!(cases[0].said.evidence, [given.segments[0].digest()]);
    assert_eq!(store.state("events").await.unwrap(), given.state);
    assert_eq!(store.state("others").await.unwrap(), None);
    whole(&store).await;

    // The same records again write nothing but the state.
    let again = EventCommit { entries: Vec::new(), ..given };
    let before = store.last_checkpoint().await.unwrap().unwrap();
    assert!(put(&store, again, 2_000).await.is_empty());
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap(), before);
    whole(&store).await;
}

#[tokio::test]
async fn events_are_found_by_time_once_and_the_newest_first_to_stay() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let all = |segments| EventCommit { segments, ..EventCommit::default() };
    put(&store, all(vec![segment(0..10, 0), segment(20..30, 0)]), 1).await;
    // Overlapping, as a reader that begins again brings it.
    put(&store, all(vec![segment(5..22, 0)]), 2).await;
    let wanted: Vec<_> = (3..25).map(|n| record(n, i64::from(n))).collect();
    let found = store.events_between(at(3), at(25), 1_000).await.unwrap();
    assert_eq!(found.records, wanted);
    assert_eq!((found.more, found.not_kept), (false, 0));
    let found = store.events_between(at(3), at(25), 4).await.unwrap();
    assert_eq!(found.records, wanted[18..]);
    assert!(found.more);
    let found = store.events_between(at(30), at(99), 4).await.unwrap();
    assert_eq!(found, holdfast_store::EventsFound::default());
    assert!(store.events_between(Timestamp(i64::MIN), at(0), 9).await.unwrap().records.is_empty());
}

#[tokio::test]
async fn what_does_not_come_with_events_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let entry = |kind, payload| Entry {
        kind,
        happened: at(1),
        who: "ada".to_owned(),
        why: String::new(),
        payload,
    };
    let good = batch(1, 1);
    for (bad, wanted) in [
        (entry(EntryKind::Access, json!({})), "`access` does not come with events"),
        (entry(EntryKind::Tell, json!({})), "`tell` does not come with events"),
        (entry(EntryKind::Case, json!({"id": "x"})), "the payload is no case"),
        (entry(EntryKind::Objective, json!({"name": "x"})), "the payload is no verdict"),
    ] {
        let mut commit = good.clone();
        commit.entries.push(bad);
        let error = store.commit_events(commit, at(1), &mut bytes(1)).await.unwrap_err();
        assert!(error.to_string().contains(wanted), "{error}");
    }
    for kind in [EntryKind::Case, EntryKind::Tell, EntryKind::Told, EntryKind::Retention] {
        let given = vec![entry(kind, json!({}))];
        let error = store.append(given, at(1), &mut bytes(1)).await.unwrap_err();
        assert!(error.to_string().contains("is not appended by hand"), "{error}");
    }
    let given = vec![entry(EntryKind::Started, json!({"tell": 1, "attempt": 1}))];
    let error = store.append(given, at(1), &mut bytes(1)).await.unwrap_err();
    assert!(error.to_string().contains("is not appended by hand"), "{error}");
    assert!(EventSegment::new("aws/cloudtrail", &[]).is_err());
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, 1);
    assert_eq!(store.state("events").await.unwrap(), None);
}

#[tokio::test]
async fn cases_are_answered_owned_and_merged() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    for n in 1..=3 {
        put(&store, batch(n, i64::from(n)), i64::from(n)).await;
    }
    let open_only = CaseFilter { open_only: true, ..CaseFilter::default() };
    assert_eq!(ids(&store, &open_only).await, ["case-3", "case-2", "case-1"]);
    let since = CaseFilter { since: Some(at(2)), ..CaseFilter::default() };
    assert_eq!(ids(&store, &since).await, ["case-3", "case-2"]);
    let newest = CaseFilter { most: 1, ..CaseFilter::default() };
    assert_eq!(ids(&store, &newest).await, ["case-3"]);

    let mut answered = CaseSaid::new(case("case-1", 1, 1));
    answered.case.answer = Some(Answer::Benign);
    answered.case.owner = "ada".to_owned();
    answered.answered = Some(Answered { who: "ada".to_owned(), why: "a mistake".to_owned() });
    say(&store, answered.clone(), 10).await;
    assert_eq!(ids(&store, &open_only).await, ["case-3", "case-2"]);
    let owned = CaseFilter { owner: Some("ada".to_owned()), ..CaseFilter::default() };
    assert_eq!(ids(&store, &owned).await, ["case-1"]);

    let merged =
        CaseSaid { replaces: vec!["case-2".into()], ..CaseSaid::new(case("case-3", 3, 9)) };
    assert!(
        CaseSaid { replaces: vec!["case-3".into()], ..merged.clone() }
            .entry("ada", "", at(1))
            .is_err()
    );
    say(&store, merged, 11).await;
    assert_eq!(ids(&store, &CaseFilter::default()).await, ["case-3", "case-1"]);
    // It cites what the one cited that became part of it.
    let steps = store.case("case-3").await.unwrap();
    assert_eq!(steps.len(), 2);
    let mut cited: Vec<_> =
        (2..=3).map(|n| segment(n * 10..n * 10 + 10, n.into()).digest()).collect();
    cited.sort();
    assert_eq!(steps[1].said.evidence, cited);
    assert_eq!(store.case("case-2").await.unwrap().len(), 1, "it can still be asked for");
    whole(&store).await;

    // Names can be taken away; what was said before counts again.
    let last = store.case("case-1").await.unwrap().pop().unwrap();
    store.redact(last.seq, "grace", "a name", at(20), &mut bytes(20)).await.unwrap();
    assert_eq!(ids(&store, &open_only).await, ["case-3", "case-1"]);
    let last = store.case("case-3").await.unwrap().pop().unwrap();
    store.redact(last.seq, "grace", "a name", at(21), &mut bytes(21)).await.unwrap();
    assert_eq!(ids(&store, &open_only).await, ["case-3", "case-2", "case-1"]);
    whole(&store).await;
    store.rebuild().await.unwrap();
    assert_eq!(ids(&store, &open_only).await, ["case-3", "case-2", "case-1"]);
    whole(&store).await;
}

#[tokio::test]
async fn announcements_have_the_id_of_their_entry_and_are_noted_now() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let given = announcement("ada", 100);
    let said = store.announce(&given, at(5), &mut bytes(5)).await.unwrap();
    let wanted = Announcement { id: "1".into(), noted: at(5), ..given };
    assert_eq!(said, wanted);
    assert_eq!(store.announcements().await.unwrap(), std::slice::from_ref(&wanted));
    let payload = store.entry(1).await.unwrap().payload.unwrap();
    assert!(payload.get("id").is_none() && payload.get("noted").is_none(), "{payload}");

    for _ in 0..2 {
        store.announcement_approve("1", "grace", at(6), &mut bytes(6)).await.unwrap();
    }
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, 3, "once");
    let approved = Announcement { approver: Some("grace".to_owned()), ..wanted.clone() };
    assert_eq!(store.announcements().await.unwrap(), [approved]);
    for id in ["2", "0", "x", ""] {
        let error =
            store.announcement_approve(id, "grace", at(6), &mut bytes(6)).await.unwrap_err();
        let StoreError::Denied { problem } = error else { panic!("{error}") };
        assert_eq!(problem.code, "announcement-unknown");
    }
    whole(&store).await;
    // The yes goes, then the announcement.
    store.redact(2, "joan", "a name", at(7), &mut bytes(7)).await.unwrap();
    assert_eq!(store.announcements().await.unwrap(), [wanted]);
    store.redact(1, "joan", "a name", at(8), &mut bytes(8)).await.unwrap();
    assert_eq!(store.announcements().await.unwrap(), []);
    store.rebuild().await.unwrap();
    assert_eq!(store.announcements().await.unwrap(), []);
    whole(&store).await;
}

#[tokio::test]
async fn a_verdict_is_written_when_it_changes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let verdict = |word: &str| json!({"name": "urgent in a week", "verdict": word, "of": 12});
    let put = async |word: &str, time: i64| {
        let document = verdict(word);
        let seed = u64::try_from(time).unwrap();
        store.objective_put(&document, "holdfast", "", at(time), &mut bytes(seed)).await.unwrap()
    };
    assert_eq!(put("not enough data", 1).await, Some(1));
    assert_eq!(put("not enough data", 2).await, None);
    assert_eq!(put("on the way", 3).await, Some(2));
    assert_eq!(put("not enough data", 4).await, Some(3));
    let all = store.objectives().await.unwrap();
    let said: Vec<_> = all.iter().map(|one| (one.seq, one.verdict.as_str(), one.at)).collect();
    let wanted =
        [(1, "not enough data", at(1)), (2, "on the way", at(3)), (3, "not enough data", at(4))];
    assert_eq!(said, wanted);
    assert_eq!(all[1].document, verdict("on the way"));
    whole(&store).await;
}

/// Something that may happen to a store.
#[derive(Debug, Clone)]
enum Deed {
    Look(u32, Vec<u32>),
    Batch(u32),
    Merge(u32, u32),
    Answer(u32),
    Announce(u32),
    Approve(u32),
    Send(bool),
    Fail(bool),
    Crash,
    Redact(u32),
    Verdict(u32),
    Retain,
}

fn deed() -> impl Strategy<Value = Deed> {
    let small = 0..5_u32;
    prop_oneof![
        2 => (1..4_u32, proptest::collection::vec(0..4_u32, 0..3)).prop_map(|(n, mut open)| {
            open.sort_unstable();
            open.dedup();
            Deed::Look(n, open)
        }),
        3 => small.clone().prop_map(Deed::Batch),
        1 => (small.clone(), small.clone()).prop_map(|(a, b)| Deed::Merge(a, b)),
        1 => small.clone().prop_map(Deed::Answer),
        1 => small.clone().prop_map(Deed::Announce),
        1 => (1..9_u32).prop_map(Deed::Approve),
        2 => any::<bool>().prop_map(Deed::Send),
        1 => any::<bool>().prop_map(Deed::Fail),
        1 => Just(Deed::Crash),
        1 => (1..20_u32).prop_map(Deed::Redact),
        1 => small.prop_map(Deed::Verdict),
        2 => Just(Deed::Retain),
    ]
}

async fn act(store: &Store, deed: &Deed, time: i64) {
    let random = &mut bytes(u64::try_from(time).unwrap());
    match deed {
        Deed::Look(n, open) => {
            commit(store, &support::Picture { time, ..picture(*n, open, 0) }).await.unwrap();
        }
        Deed::Batch(n) => {
            put(store, batch(*n, time), time).await;
        }
        Deed::Merge(a, b) if a != b => {
            let said = CaseSaid::new(case(&format!("case-{a}"), *a, time));
            let replaces = vec![format!("case-{b}").as_str().into()];
            say(store, CaseSaid { replaces, ..said }, time).await;
        }
        Deed::Answer(n) => {
            let mut said = CaseSaid::new(case(&format!("case-{n}"), *n, time));
            said.case.answer = Some(Answer::Incident);
            say(store, said, time).await;
        }
        Deed::Announce(n) => {
            let said = announcement(&format!("person {n}"), time + DAY);
            store.announce(&said, at(time), random).await.unwrap();
        }
        Deed::Approve(n) => {
            let id = n.to_string();
            match store.announcement_approve(&id, "grace", at(time), random).await {
                Ok(()) | Err(StoreError::Denied { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        Deed::Send(done) => {
            let Some(lease) = store.tell_lease(at(time), 10).await.unwrap() else { return };
            store.tell_started(&lease, at(time), random).await.unwrap();
            if *done {
                let receipt = json!({"ts": time, "channel": "ops"});
                store.tell_done(&lease, &receipt, at(time), random).await.unwrap();
            }
        }
        Deed::Fail(unsure) => {
            let Some(lease) = store.tell_lease(at(time), 10).await.unwrap() else { return };
            let failure =
                holdfast_store::TellFailure { why: "it is down".to_owned(), unsure: *unsure };
            if *unsure {
                store.tell_failed(&lease, &failure, at(time + 5), at(time), random).await.unwrap();
            } else {
                store.tell_dead(&lease, &failure, at(time), random).await.unwrap();
            }
        }
        Deed::Crash => drop(store.tell_lease(at(time), 1_000).await.unwrap()),
        Deed::Redact(seq) => {
            match store.redact(u64::from(*seq), "joan", "a name", at(time), random).await {
                Ok(_) | Err(StoreError::Refused { .. } | StoreError::NoSuchEntry { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        Deed::Verdict(n) => {
            let document = json!({"name": "goal", "verdict": format!("verdict {n}")});
            store.objective_put(&document, "holdfast", "", at(time), random).await.unwrap();
        }
        Deed::Retain => drop(store.retain(at(time), 10, random).await.unwrap()),
        Deed::Merge(..) => {}
    }
}

async fn seen(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let filter = holdfast_store::TellFilter::default();
    (
        store.cases(&CaseFilter::default()).await.unwrap(),
        store.announcements().await.unwrap(),
        store.tells(&filter).await.unwrap(),
        store.objectives().await.unwrap(),
        store.events_between(at(0), at(i64::MAX / 4), 10_000).await.unwrap(),
        store.findings(&holdfast_store::Filter::default()).await.unwrap(),
        store.not_assessed(None, None).await.unwrap(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// After whatever happened, the tables are a fold of the record, before and after a rebuild;
    /// segments that were deleted in the open are no fault.
    #[test]
    fn a_rebuild_gives_the_same_after_any_sequence(
        deeds in proptest::collection::vec((deed(), 1..8_i64), 1..30)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = open(dir.path()).await;
            let mut time = 0;
            for (deed, days) in &deeds {
                time += days * DAY;
                act(&store, deed, time).await;
            }
            whole(&store).await;
            let before = seen(&store).await;
            store.rebuild().await.unwrap();
            whole(&store).await;
            assert_eq!(seen(&store).await, before);
        });
    }

    /// However often and together with whatever, a key is one message.
    #[test]
    fn a_key_never_gives_two_messages(
        keys in proptest::collection::vec(proptest::collection::vec(0..4_u32, 1..4), 1..8)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = open(dir.path()).await;
            let mut known = std::collections::BTreeMap::new();
            for (some, time) in keys.iter().zip(1..) {
                let tells: Vec<_> =
                    some.iter().map(|n| tell(&format!("once {n}"), "", time)).collect();
                let commit = EventCommit { tells, ..EventCommit::default() };
                let done = store.commit_events(commit, at(time), &mut bytes(1)).await.unwrap();
                for (n, put) in some.iter().zip(done.tells) {
                    let new = !known.contains_key(n);
                    assert_eq!(put.new, new);
                    assert_eq!(*known.entry(*n).or_insert(put.seq), put.seq);
                }
            }
            let all = store.tells(&holdfast_store::TellFilter::default()).await.unwrap();
            assert_eq!(all.len(), known.len());
            whole(&store).await;
        });
    }
}
