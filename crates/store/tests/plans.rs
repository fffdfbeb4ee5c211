//! Plans, what people say of them, what is done with them: recorded once, rebuilt, checked.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests and their helpers"
)]

mod support;

use std::path::Path;

use holdfast_model::{Digest, Timestamp};
use holdfast_store::{
    Act, ActEnd, ActResult, ActStep, Entry, EntryKind, Store, StoreError, VerifyReport,
};
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use support::{DAY, approval, at, begin, bytes, end, open, proposal, whole};

fn code(error: &StoreError) -> &str {
    let StoreError::Denied { problem } = error else { panic!("{error}") };
    assert!(!problem.help.is_empty(), "{problem}");
    &problem.code
}

/// The plan of a number, approved by `grace`.
async fn approved(store: &Store, n: u32) -> Digest {
    let (plan, document) = proposal(n);
    store.plan_propose(&document, at(1), &mut bytes(1)).await.unwrap();
    store.approval_put(&approval(plan, "grace", true, 2), at(2), &mut bytes(2)).await.unwrap();
    plan
}

async fn apply(store: &Store, plan: Digest, time: i64) -> Result<u64, StoreError> {
    store.act_begin(&begin(plan, Act::Apply, time), at(time), &mut bytes(3)).await
}

async fn ended(
    store: &Store,
    plan: Digest,
    result: ActResult,
    time: i64,
) -> Result<u64, StoreError> {
    store.act_end(&end(plan, result, time), at(time), &mut bytes(4)).await
}

#[tokio::test]
async fn a_plan_comes_back_with_everything_that_was_said_and_done() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let (other, document) = proposal(2);
    store.plan_propose(&document, at(0), &mut bytes(1)).await.unwrap();
    let plan = approved(&store, 1).await;
    assert_eq!(apply(&store, plan, 3).await.unwrap(), 4);
    assert_eq!(ended(&store, plan, ActResult::Done, 4).await.unwrap(), 5);

    let record = store.plan(plan).await.unwrap().unwrap();
    assert_eq!((record.digest, record.seq), (plan, 2));
    assert_eq!(record.document, proposal(1).1);
    assert_eq!(record.approvals, [(3, approval(plan, "grace", true, 2))]);
    let [first, second] = record.acts.as_slice() else { panic!("{:?}", record.acts) };
    let once = "once 3".to_owned();
    assert_eq!(first.step, ActStep::Started { act: Act::Apply, once });
    assert_eq!((first.seq, first.at, first.who.as_str()), (4, at(3), "grace"));
    let log = vec!["one line".to_owned(), "another".to_owned()];
    assert_eq!(second.step, ActStep::Finished { result: ActResult::Done, log });
    assert_eq!((second.seq, second.at, second.why.as_str()), (5, at(4), "it ended"));
    assert_eq!((record.running(), record.result()), (None, Some(ActResult::Done)));

    let all = store.plans().await.unwrap();
    assert_eq!(all.iter().map(|plan| plan.digest).collect::<Vec<_>>(), [other, plan]);
    assert_eq!(all[1], record);
    assert_eq!(store.plan(Digest::of(b"none")).await.unwrap(), None);

    let entry = store.entry(2).await.unwrap();
    assert_eq!((entry.header.kind, entry.header.who.as_str()), (EntryKind::Plan, "ada"));
    assert_eq!((entry.header.happened, entry.header.noted), (at(0), at(1)));
    assert_eq!(entry.why.as_deref(), Some("plan 1"));
    whole(&store).await;
}

#[tokio::test]
async fn the_same_plan_is_written_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let (_, document) = proposal(1);
    let first = store.plan_propose(&document, at(1), &mut bytes(1)).await.unwrap();
    let again = store.plan_propose(&document, at(2), &mut bytes(2)).await.unwrap();
    assert_eq!((first, again), (1, 1));
    assert_eq!(store.last_checkpoint().await.unwrap().unwrap().size, 2);

    let mut forged = document.clone();
    forged["title"] = json!("another");
    let error = store.plan_propose(&forged, at(2), &mut bytes(2)).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    for broken in [json!(null), json!({"digest": Digest::of(b"x")})] {
        let error = store.plan_propose(&broken, at(2), &mut bytes(2)).await.unwrap_err();
        assert!(error.to_string().starts_with("the document is no plan: "), "{error}");
    }
    let mut great = proposal(2).1;
    great["plan"] = json!("x".repeat(1024 * 1024));
    let error = store.plan_propose(&great, at(2), &mut bytes(2)).await.unwrap_err();
    assert_eq!(error.to_string(), "a plan is not greater than 1 MiB");
    assert_eq!(store.plans().await.unwrap().len(), 1);
}

#[tokio::test]
async fn two_voices_at_the_same_moment_count_once_each() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let (plan, document) = proposal(1);
    store.plan_propose(&document, at(1), &mut bytes(1)).await.unwrap();
    let (grace, joan) = (approval(plan, "grace", true, 2), approval(plan, "joan", true, 2));
    let (mut a, mut b, mut c) = (bytes(2), bytes(3), bytes(4));
    let (first, second, third) = tokio::join!(
        store.approval_put(&grace, at(2), &mut a),
        store.approval_put(&joan, at(2), &mut b),
        store.approval_put(&grace, at(2), &mut c),
    );
    let (first, second, third) = (first.unwrap(), second.unwrap(), third.unwrap());
    assert_eq!(first, third);
    assert_ne!(first, second);
    let record = store.plan(plan).await.unwrap().unwrap();
    assert_eq!(record.approvals, [(2, grace), (3, joan)]);
    whole(&store).await;
}

#[tokio::test]
async fn a_no_is_final() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let plan = approved(&store, 1).await;
    let no = approval(plan, "grace", false, 3);
    let seq = store.approval_put(&no, at(3), &mut bytes(3)).await.unwrap();
    // Said again it is the same no; whoever says yes now, or begins, is told.
    assert_eq!(store.approval_put(&no, at(4), &mut bytes(4)).await.unwrap(), seq);
    let yes = approval(plan, "joan", true, 4);
    let error = store.approval_put(&yes, at(4), &mut bytes(4)).await.unwrap_err();
    assert_eq!(code(&error), "plan-refused");
    assert_eq!(error.to_string(), "`grace` said no to the plan");
    assert_eq!(error.help(), "plan it anew");
    assert_eq!(code(&apply(&store, plan, 4).await.unwrap_err()), "plan-refused");
    assert_eq!(store.plan(plan).await.unwrap().unwrap().approvals.len(), 2);
}

#[tokio::test]
async fn of_two_who_begin_at_the_same_moment_one_does() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let plan = approved(&store, 1).await;
    let (one, two) = (begin(plan, Act::Apply, 3), begin(plan, Act::Apply, 4));
    let (mut a, mut b) = (bytes(2), bytes(3));
    let (one, two) =
        tokio::join!(store.act_begin(&one, at(3), &mut a), store.act_begin(&two, at(3), &mut b),);
    let error = match (one, two) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        both => panic!("{both:?}"),
    };
    assert_eq!(code(&error), "plan-begun");
    let record = store.plan(plan).await.unwrap().unwrap();
    assert_eq!((record.acts.len(), record.running()), (1, Some(Act::Apply)));
    // A no comes too late now.
    let no = approval(plan, "joan", false, 5);
    let error = store.approval_put(&no, at(5), &mut bytes(3)).await.unwrap_err();
    assert_eq!(code(&error), "plan-begun");
    assert!(error.to_string().starts_with("`grace` has begun to carry the plan out at 2026-11-20"));
    ended(&store, plan, ActResult::Failed, 6).await.unwrap();
    assert_eq!(code(&apply(&store, plan, 7).await.unwrap_err()), "plan-begun");
}

#[tokio::test]
async fn nothing_begins_that_nobody_approved_or_that_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let (plan, document) = proposal(1);
    assert_eq!(code(&apply(&store, plan, 3).await.unwrap_err()), "plan-unknown");
    let voice = approval(plan, "grace", true, 2);
    let error = store.approval_put(&voice, at(2), &mut bytes(2)).await.unwrap_err();
    assert_eq!(code(&error), "plan-unknown");
    store.plan_propose(&document, at(1), &mut bytes(1)).await.unwrap();
    assert_eq!(code(&apply(&store, plan, 3).await.unwrap_err()), "plan-unapproved");
    for act in [Act::Confirm, Act::Undo] {
        let error = store.act_begin(&begin(plan, act, 3), at(3), &mut bytes(3)).await.unwrap_err();
        assert_eq!(code(&error), "plan-not-carried-out", "{act:?}");
    }
    let error = ended(&store, plan, ActResult::Done, 3).await.unwrap_err();
    assert_eq!(code(&error), "act-not-running");
    let late = approval(plan, "grace", true, 7 * DAY);
    let error = store.approval_put(&late, at(2), &mut bytes(2)).await.unwrap_err();
    assert_eq!(code(&error), "plan-expired");
    let before = approval(plan, "grace", true, 7 * DAY - 1);
    store.approval_put(&before, at(2), &mut bytes(2)).await.unwrap();
    let error = apply(&store, plan, 7 * DAY).await.unwrap_err();
    assert_eq!(code(&error), "plan-expired");
    assert_eq!(error.to_string(), "the plan expired at 2026-11-27T00:00:00Z");
    whole(&store).await;
}

/// Which of `Confirm` and `Undo` may begin after each end, and which ends may follow it.
#[tokio::test]
async fn what_may_follow_an_end() {
    for (result, confirm, undo, another_end) in [
        (ActResult::Done, false, true, false),
        (ActResult::Failed, false, false, false),
        (ActResult::Undone, false, false, false),
        (ActResult::ToConfirm, true, true, true),
        (ActResult::Confirmed, false, true, false),
        (ActResult::Unknown, false, true, true),
    ] {
        for (act, may) in [(Act::Confirm, confirm), (Act::Undo, undo), (Act::Apply, false)] {
            let dir = tempfile::tempdir().unwrap();
            let store = open(dir.path()).await;
            let plan = approved(&store, 1).await;
            apply(&store, plan, 3).await.unwrap();
            ended(&store, plan, result, 4).await.unwrap();
            let begun = store.act_begin(&begin(plan, act, 5), at(5), &mut bytes(5)).await;
            assert_eq!(begun.is_ok(), may, "{result:?} {act:?}: {begun:?}");
            if may {
                // Expiry does not keep anybody from taking a change back.
                let running = store.plan(plan).await.unwrap().unwrap().running();
                assert_eq!(running, Some(act));
                let again = begin(plan, Act::Undo, 6);
                let error = store.act_begin(&again, at(6), &mut bytes(6)).await.unwrap_err();
                assert_eq!(code(&error), "plan-begun");
                ended(&store, plan, ActResult::Undone, 7).await.unwrap();
            } else {
                let end = ended(&store, plan, ActResult::Undone, 7).await;
                assert_eq!(end.is_ok(), another_end, "{result:?}: {end:?}");
            }
            whole(&store).await;
        }
    }
}

#[tokio::test]
async fn plans_are_not_appended_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let plan = approved(&store, 1).await;
    let started = json!({"plan": plan, "act": "apply", "once": "x"});
    let finished = json!({"plan": plan, "result": "done", "log": []});
    for (kind, payload) in [
        (EntryKind::Plan, proposal(2).1),
        (EntryKind::Approval, json!(approval(plan, "joan", true, 2))),
        (EntryKind::Started, started),
        (EntryKind::Finished, finished),
        (EntryKind::Access, json!({"what": "token_issued", "name": "eve"})),
    ] {
        let (who, why) = ("eve".to_owned(), String::new());
        let entry = Entry { kind, happened: at(3), who, why, payload };
        let error = store.append(vec![entry], at(3), &mut bytes(3)).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{kind:?}: {error}");
    }
    assert_eq!(store.plan(plan).await.unwrap().unwrap().acts, []);
}

#[tokio::test]
async fn what_was_said_stays_and_an_outcome_can_be_said_again_without_what_was_printed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path()).await;
    let plan = approved(&store, 1).await;
    apply(&store, plan, 3).await.unwrap();
    let seq = ended(&store, plan, ActResult::Done, 4).await.unwrap();
    for (seq, kind) in [(1, "plan"), (2, "approval"), (3, "started")] {
        let error = store.redact(seq, "eve", "", at(5), &mut bytes(5)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("an entry of kind `{kind}` must stay whole"));
    }
    store.redact(seq, "grace", "it printed a password", at(5), &mut bytes(5)).await.unwrap();
    // Whoever does not know how it ended does not begin it again.
    let record = store.plan(plan).await.unwrap().unwrap();
    assert_eq!((record.acts.len(), record.running()), (1, Some(Act::Apply)));
    assert_eq!(code(&apply(&store, plan, 6).await.unwrap_err()), "plan-begun");
    let again = ActEnd { log: Vec::new(), ..end(plan, ActResult::Done, 6) };
    store.act_end(&again, at(6), &mut bytes(6)).await.unwrap();
    assert_eq!(store.plan(plan).await.unwrap().unwrap().result(), Some(ActResult::Done));
    assert_eq!(store.verify(None).await.unwrap().broken, []);
    store.rebuild().await.unwrap();
    assert_eq!(store.verify(None).await.unwrap().broken, []);
}

/// Entries 1 to 7: two plans, their approvals, the acts of the first.
async fn filled(dir: &Path) -> Store {
    let store = open(dir).await;
    let plan = approved(&store, 1).await;
    approved(&store, 2).await;
    apply(&store, plan, 3).await.unwrap();
    ended(&store, plan, ActResult::ToConfirm, 4).await.unwrap();
    ended(&store, plan, ActResult::Undone, 5).await.unwrap();
    store
}

async fn intrude(dir: &Path, statements: &str) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(dir.join("holdfast.db"));
    let mut conn = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

#[tokio::test]
async fn projections_are_rebuilt_identically() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    let before = store.plans().await.unwrap();
    assert_eq!(before.len(), 2);
    store.close().await.unwrap();
    intrude(dir.path(), "DELETE FROM plan; DELETE FROM approval; DELETE FROM act").await;
    let store = open(dir.path()).await;
    assert_eq!(store.plans().await.unwrap(), []);
    assert_eq!(store.verify(None).await.unwrap().broken.len(), 7);
    store.rebuild().await.unwrap();
    whole(&store).await;
    assert_eq!(store.plans().await.unwrap(), before);
}

async fn after(statements: &str) -> (Result<bool, StoreError>, VerifyReport) {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path()).await;
    whole(&store).await;
    let plans = store.plans().await.unwrap();
    store.close().await.unwrap();
    intrude(dir.path(), statements).await;
    let store = Store::open_reader(dir.path()).await.unwrap();
    let mut same = Ok(true);
    for plan in plans {
        match store.plan(plan.digest).await {
            Ok(now) => same = same.map(|same| same && now == Some(plan)),
            Err(error) => same = Err(error),
        }
    }
    (same, store.verify(None).await.unwrap())
}

#[tokio::test]
async fn changed_projections_are_named_and_believed_by_nobody() {
    for (statement, wanted) in [
        ("UPDATE plan SET expires = expires + 1", "differs in `expires`"),
        ("UPDATE plan SET document = '{}'", "differs in `document`"),
        ("UPDATE plan SET author = 'eve'", "differs in `author`"),
        ("UPDATE approval SET who = 'joan'", "differs in `who`"),
        ("UPDATE approval SET yes = 0", "differs in `yes`"),
        ("UPDATE act SET state = 1 WHERE seq = 7", "differs in `state`"),
        ("UPDATE act SET at = 0", "differs in `at`"),
    ] {
        let (same, report) = after(statement).await;
        assert!(same.unwrap(), "{statement}: what is read comes from the entries");
        let found = report.broken.iter().any(|broken| broken.what.contains(wanted));
        assert!(found, "{statement}: {report:?}");
    }
    // What points to another entry than it should is not believed at all.
    for statement in [
        "INSERT INTO approval SELECT 1, plan, 'eve', 1, at, document FROM approval WHERE seq = 2",
        "UPDATE approval SET plan = (SELECT plan FROM approval WHERE seq = 2) WHERE seq = 4",
        "UPDATE act SET plan = (SELECT digest FROM plan WHERE seq = 3)",
        "UPDATE plan SET seq = 2 WHERE seq = 1",
    ] {
        let (same, report) = after(statement).await;
        assert!(matches!(same, Err(StoreError::Corrupt { .. })), "{statement}: {same:?}");
        assert!(!report.broken.is_empty(), "{statement}");
    }
}

#[tokio::test]
async fn a_changed_entry_is_believed_by_nobody() {
    for statement in [
        "UPDATE entry SET payload = replace(payload, 'grace', 'joan') WHERE seq = 2",
        "UPDATE entry SET payload = NULL, salt = NULL WHERE seq = 2",
        "UPDATE entry SET kind = 10 WHERE seq = 1",
        "UPDATE entry SET leaf = zeroblob(32) WHERE seq = 1",
        // The leaf of a neighbour makes the path to the signed root another one.
        "UPDATE entry SET leaf = zeroblob(32) WHERE seq = 0",
        "UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 1)",
    ] {
        let (same, report) = after(statement).await;
        let believed = statement.contains("SET kind");
        assert_eq!(same.is_ok(), believed, "{statement}: {same:?}");
        assert!(!report.broken.is_empty(), "{statement}");
    }
}

#[tokio::test]
async fn futures_may_move_between_threads() {
    fn moves<T: Send>(future: T) -> T {
        future
    }
    let dir = tempfile::tempdir().unwrap();
    let store = moves(open(dir.path())).await;
    let (plan, document) = proposal(1);
    let mut random = bytes(1);
    moves(store.plan_propose(&document, at(1), &mut random)).await.unwrap();
    let voice = approval(plan, "grace", true, 2);
    moves(store.approval_put(&voice, at(2), &mut random)).await.unwrap();
    let begin = begin(plan, Act::Apply, 3);
    moves(store.act_begin(&begin, at(3), &mut random)).await.unwrap();
    let end = end(plan, ActResult::Done, 4);
    moves(store.act_end(&end, at(4), &mut random)).await.unwrap();
    moves(store.plan(plan)).await.unwrap();
    moves(store.plans()).await.unwrap();
    moves(store.entries(None, 9)).await.unwrap();
    moves(store.session_find(plan, Timestamp(0))).await.unwrap();
    let picture = support::picture(3, &[1], 5);
    let look = support::look(&store, &picture).await;
    moves(store.commit_look(look, at(5), &mut random)).await.unwrap();
    moves(store.verify(None)).await.unwrap();
}
