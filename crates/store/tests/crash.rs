//! Crashes at any step: the record stays whole, nothing acknowledged is lost, the next one goes on.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_model::Digest;
use holdfast_store::{
    Act, ActResult, CaseFilter, CaseSaid, Checkpoint, EventCommit, Fault, NewSession, Store,
    StoreError, StoreOptions, TellFailure, TellFilter,
};
use support::{Picture, bytes, commit, open, open_with, picture, whole};

/// Looks that open, close and reopen; the later ones differ in everything.
fn pictures() -> Vec<Picture> {
    vec![
        picture(8, &[1, 2, 3], 1),
        picture(7, &[2, 3, 4], 2),
        Picture { asset: "till", ..picture(7, &[1], 3) },
        Picture { time: support::DAY * 2, ..picture(7, &[2, 3, 4], 0) },
        picture(3, &[1], support::DAY * 2 + 1),
    ]
}

/// How many steps a whole run reaches.
async fn steps() -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let count = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&count);
    let faults: holdfast_store::Faults = Arc::new(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let options = StoreOptions { faults: Some(faults), ..StoreOptions::default() };
    let store = open_with(dir.path(), options).await.unwrap();
    for picture in pictures() {
        commit(&store, &picture).await.unwrap();
    }
    count.load(Ordering::Relaxed)
}

/// Runs until the step `at`, then everything fails, as after a crash; what was acknowledged.
async fn run_until(dir: &Path, at: u64) -> Option<Checkpoint> {
    let count = AtomicU64::new(0);
    let faults: holdfast_store::Faults = Arc::new(move |_| {
        if count.fetch_add(1, Ordering::Relaxed) >= at { Err(Fault::Crash) } else { Ok(()) }
    });
    let options = StoreOptions { faults: Some(faults), ..StoreOptions::default() };
    let store = match open_with(dir, options).await {
        Ok(store) => store,
        Err(StoreError::Fault { .. }) => return None,
        Err(other) => panic!("{other}"),
    };
    let mut acknowledged = None;
    for picture in pictures() {
        // Made with a reader, which has no faults, so that only writing can fail.
        let look = support::look(&Store::open_reader(dir).await.unwrap(), &picture).await;
        let noted = support::at(picture.time);
        match store.commit_look(look, noted, &mut bytes(at)).await {
            Ok(committed) => acknowledged = Some(committed.checkpoint),
            Err(StoreError::Fault { .. }) => break,
            Err(other) => panic!("{other}"),
        }
    }
    acknowledged
}

async fn survived(dir: &Path, acknowledged: Option<&Checkpoint>) {
    let store = open(dir).await;
    whole(&store).await;
    if let Some(kept) = acknowledged {
        assert_eq!(store.verify(Some(kept)).await.unwrap().broken, [], "nothing is lost");
    }
    for picture in pictures() {
        commit(&store, &Picture { time: picture.time + 9 * support::DAY, ..picture })
            .await
            .unwrap();
    }
    whole(&store).await;
}

/// Crashes at a random step for each of some seeds. There are 200, in parts that run side by side.
async fn crashes(seeds: std::ops::Range<u64>) {
    let steps = steps().await;
    assert!(steps > 100, "{steps}");
    for seed in seeds {
        let mut random = [0; 8];
        bytes(seed)(&mut random);
        let at = u64::from_be_bytes(random) % steps;
        let dir = tempfile::tempdir().unwrap();
        let acknowledged = run_until(dir.path(), at).await;
        survived(dir.path(), acknowledged.as_ref()).await;
    }
}

#[tokio::test]
async fn crashes_lose_nothing_0_to_49() {
    crashes(0..50).await;
}

#[tokio::test]
async fn crashes_lose_nothing_50_to_99() {
    crashes(50..100).await;
}

#[tokio::test]
async fn crashes_lose_nothing_100_to_149() {
    crashes(100..150).await;
}

#[tokio::test]
async fn crashes_lose_nothing_150_to_199() {
    crashes(150..200).await;
}

/// What is done with plans and access, one transaction each.
const ACTIONS: usize = 12;
/// How many things the journey of an event has.
const JOURNEY: usize = 9;

async fn action(store: &Store, n: usize) -> Result<(), StoreError> {
    let (plan, document) = support::proposal(1);
    let secret = |text: &str| Digest::of(text.as_bytes());
    let session = |text: &str| NewSession {
        secret: secret(text),
        form_token: "form".to_owned(),
        until: support::at(100),
    };
    let time = i64::try_from(n).unwrap();
    let (now, random) = (support::at(time), &mut bytes(n as u64));
    let (grace, joan) =
        (support::approval(plan, "grace", true, time), support::approval(plan, "joan", true, time));
    let begin = |act| support::begin(plan, act, time);
    let end = |result| support::end(plan, result, time);
    match n {
        0 => store.plan_propose(&document, now, random).await.map(drop),
        1 => store.approval_put(&grace, now, random).await.map(drop),
        2 => store.approval_put(&joan, now, random).await.map(drop),
        3 => store.act_begin(&begin(Act::Apply), now, random).await.map(drop),
        4 => store.act_end(&end(ActResult::ToConfirm), now, random).await.map(drop),
        5 => store.redact(5, "grace", "a name", now, random).await.map(drop),
        6 => store.token_issue("ada", secret("token"), "root", now, random).await,
        7 => store.link_put(secret("link"), "ada", support::at(100), now).await,
        8 => {
            let opened = store.sign_in(secret("link"), session("one"), now, random).await?;
            assert_eq!(opened.map(|session| session.name).as_deref(), Some("ada"));
            Ok(())
        }
        9 => {
            let opened = store.sign_in(secret("token"), session("two"), now, random).await?;
            assert_eq!(opened.map(|session| session.name).as_deref(), Some("ada"));
            Ok(())
        }
        10 => store.session_end(secret("two")).await,
        11 => store.token_revoke("ada", "root", now, random).await.map(drop),
        _ => panic!("there are {ACTIONS} actions"),
    }
}

/// The number-th thing that can be done with events, announcements, messages and goals.
async fn journey(store: &Store, n: usize) -> Result<(), StoreError> {
    let time = i64::try_from(n).unwrap() + 1;
    let (now, random) = (support::at(time), &mut bytes(900 + n as u64));
    let lease = || store.tell_lease(now, 1);
    let failure = TellFailure { why: "no answer".to_owned(), unsure: true };
    match n {
        0 => store.announce(&support::journey::announcement("ada", 9), now, random).await.map(drop),
        1 => store.announcement_approve("1", "grace", now, random).await,
        2 => store.commit_events(support::journey::batch(1, 1), now, random).await.map(drop),
        3 => store.commit_events(support::journey::batch(2, 1), now, random).await.map(drop),
        4 => {
            let mut said = CaseSaid::new(support::journey::case("case-2", 2, 4));
            said.replaces = vec!["case-1".into()];
            said.case.answer = Some(holdfast_model::Answer::Benign);
            let entries = vec![said.entry("ada", "a mistake", now)?];
            let commit = EventCommit { entries, ..EventCommit::default() };
            store.commit_events(commit, now, random).await.map(drop)
        }
        5 | 6 => {
            // Interrupted between two of its steps, the message is there to be leased again.
            let Some(lease) = lease().await? else { return Ok(()) };
            store.tell_started(&lease, now, random).await?;
            if n == 5 {
                store.tell_done(&lease, &serde_json::json!({"ts": 1}), now, random).await
            } else {
                store.tell_failed(&lease, &failure, now, now, random).await
            }
        }
        7 => {
            let document = serde_json::json!({"name": "goal", "verdict": "kept"});
            store.objective_put(&document, "holdfast", "", now, random).await.map(drop)
        }
        8 => {
            let later = support::at(100 * support::DAY);
            store.retain(later, 90, random).await.map(drop)
        }
        _ => panic!("there are {JOURNEY} of them"),
    }
}

/// What the journey changes. How often something was tried is left out: a crash is a try too.
async fn told(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let tells = store.tells(&TellFilter::default()).await.unwrap();
    (
        store.announcements().await.unwrap(),
        store
            .cases(&CaseFilter::default())
            .await
            .unwrap()
            .into_iter()
            .map(|case| case.said)
            .collect::<Vec<_>>(),
        store.state("events").await.unwrap(),
        store.objectives().await.unwrap().into_iter().map(|one| one.verdict).collect::<Vec<_>>(),
        store.events_between(support::at(0), support::at(99), 99).await.unwrap(),
        tells.into_iter().map(|tell| (tell.once, tell.state, tell.receipt)).collect::<Vec<_>>(),
        store.tell_receipt("case-1", "slack:ops").await.unwrap().map(|(_, receipt)| receipt),
    )
}

/// As for plans; but sending takes several transactions, and whoever comes back after a crash in
/// between leases the message again when the lease has run out, told that it may be a repeat.
#[tokio::test]
async fn events_and_messages_survive_a_crash_at_every_step() {
    let reached = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&reached);
    let faults: holdfast_store::Faults = Arc::new(move |step| {
        heard.lock().unwrap().push(step);
        Ok(())
    });
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { faults: Some(faults), ..StoreOptions::default() };
    let store = open_with(dir.path(), options).await.unwrap();
    let mut begins = Vec::new();
    for n in 0..JOURNEY {
        begins.push(reached.lock().unwrap().len());
        journey(&store, n).await.unwrap();
    }
    let steps = std::mem::take(&mut *reached.lock().unwrap());
    let end = told(&store).await;
    for name in ["job_put", "tell_told", "state_put", "segment_drop", "case_replaced_put"] {
        assert!(steps.contains(&name), "{name}");
    }

    for (at, step) in steps.iter().enumerate().skip(begins[0]) {
        let count = AtomicU64::new(0);
        let faults: holdfast_store::Faults = Arc::new(move |_| {
            let now = usize::try_from(count.fetch_add(1, Ordering::Relaxed)).unwrap();
            if now >= at { Err(Fault::Crash) } else { Ok(()) }
        });
        let dir = tempfile::tempdir().unwrap();
        let options = StoreOptions { faults: Some(faults), ..StoreOptions::default() };
        let store = open_with(dir.path(), options).await.unwrap();
        let hit = begins.iter().rposition(|begin| *begin <= at).unwrap();
        for n in 0..hit {
            journey(&store, n).await.unwrap();
        }
        let error = journey(&store, hit).await.unwrap_err();
        assert!(matches!(error, StoreError::Fault { .. }), "{at} {step}: {error}");
        drop(store);

        let store = open(dir.path()).await;
        whole(&store).await;
        let done = if *step == "after commit" && !(5..=6).contains(&hit) { hit + 1 } else { hit };
        for n in done..JOURNEY {
            journey(&store, n).await.unwrap();
        }
        if (5..=6).contains(&hit) {
            // What an interrupted attempt left is told in the end, and nothing is told anew.
            let all = store.tells(&TellFilter::default()).await.unwrap();
            assert_eq!(all.len(), 2, "{at} {step}");
        } else {
            assert_eq!(told(&store).await, end, "{at} {step}");
        }
        let mut now = support::at(101 * support::DAY);
        while let Some(lease) = store.tell_lease(now, 10).await.unwrap() {
            store.tell_started(&lease, now, &mut bytes(1)).await.unwrap();
            store.tell_done(&lease, &serde_json::json!("end"), now, &mut bytes(2)).await.unwrap();
            now.0 += 1;
        }
        let all = store.tells(&TellFilter::default()).await.unwrap();
        assert!(all.iter().all(|tell| tell.receipt.is_some()), "{at} {step}");
        whole(&store).await;
        store.rebuild().await.unwrap();
        whole(&store).await;
    }
}

/// Everything that the actions change, as it can be asked for.
async fn seen(store: &Store) -> impl PartialEq + std::fmt::Debug + use<> {
    let session = |text: &str| store.session_find(Digest::of(text.as_bytes()), support::at(50));
    (
        store.plans().await.unwrap(),
        store.tokens().await.unwrap(),
        session("one").await.unwrap(),
        session("two").await.unwrap().is_some(),
        store.last_checkpoint().await.unwrap(),
    )
}

/// Each action of each kind, interrupted at each of its steps, happened whole or not at all, and
/// what comes after it goes on from there as if nothing had been.
#[tokio::test]
async fn plans_and_access_survive_a_crash_at_every_step() {
    let reached = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&reached);
    let faults: holdfast_store::Faults = Arc::new(move |step| {
        heard.lock().unwrap().push(step);
        Ok(())
    });
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { faults: Some(faults), ..StoreOptions::default() };
    let store = open_with(dir.path(), options).await.unwrap();
    // Where each action begins among the steps, and how the store looks before it; asked of a
    // reader, whose steps are none of the actions.
    let reader = Store::open_reader(dir.path()).await.unwrap();
    let (mut begins, mut states) = (Vec::new(), vec![seen(&reader).await]);
    for n in 0..ACTIONS {
        begins.push(reached.lock().unwrap().len());
        action(&store, n).await.unwrap();
        states.push(seen(&reader).await);
    }
    let steps = std::mem::take(&mut *reached.lock().unwrap());
    for name in ["plan_put", "approval_put", "act_put", "act_drop", "token_put", "link_take"] {
        assert!(steps.contains(&name), "{name}");
    }

    for (at, step) in steps.iter().enumerate().skip(begins[0]) {
        let count = AtomicU64::new(0);
        let faults: holdfast_store::Faults = Arc::new(move |_| {
            let now = usize::try_from(count.fetch_add(1, Ordering::Relaxed)).unwrap();
            if now >= at { Err(Fault::Crash) } else { Ok(()) }
        });
        let dir = tempfile::tempdir().unwrap();
        let options = StoreOptions { faults: Some(faults), ..StoreOptions::default() };
        let store = open_with(dir.path(), options).await.unwrap();
        let hit = begins.iter().rposition(|begin| *begin <= at).unwrap();
        for n in 0..hit {
            action(&store, n).await.unwrap();
        }
        let error = action(&store, hit).await.unwrap_err();
        assert!(matches!(error, StoreError::Fault { .. }), "{at} {step}: {error}");
        drop(store);

        let store = open(dir.path()).await;
        whole(&store).await;
        let next = if *step == "after commit" { hit + 1 } else { hit };
        assert_eq!(seen(&store).await, states[next], "{at} {step}");
        for n in next..ACTIONS {
            action(&store, n).await.unwrap();
        }
        assert_eq!(seen(&store).await, states[ACTIONS], "{at} {step}");
        whole(&store).await;
    }
}

/// Not a test of its own: writes looks until it is killed, and says which were acknowledged.
#[tokio::test]
async fn child_that_writes_until_killed() {
    let Some(dir) = std::env::var_os("HOLDFAST_TEST_WRITE") else { return };
    let dir = Path::new(&dir);
    let store = open(dir).await;
    for n in 0..5_000_u32 {
        let open: Vec<u32> = (n..n + 5).collect();
        let committed = commit(&store, &picture(40 + n % 5, &open, i64::from(n))).await.unwrap();
        let new = dir.join("acknowledged.new");
        std::fs::write(&new, committed.checkpoint.note()).unwrap();
        std::fs::rename(&new, dir.join("acknowledged")).unwrap();
    }
}

#[tokio::test]
async fn a_killed_process_loses_nothing() {
    for seed in 0..12_u64 {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_that_writes_until_killed"])
            .env("HOLDFAST_TEST_WRITE", dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let kept = dir.path().join("acknowledged");
        while !kept.exists() {
            assert!(child.try_wait().unwrap().is_none(), "the other process ended early");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        std::thread::sleep(std::time::Duration::from_micros(seed * 7_919 % 40_000));
        // SIGKILL.
        child.kill().unwrap();
        child.wait().unwrap();
        let note = std::fs::read_to_string(&kept).unwrap();
        survived(dir.path(), Some(&Checkpoint::parse(&note).unwrap())).await;
    }
}
