//! Plans that are carried out: that whatever goes wrong is taken back and said, and that what is
//! armed fires unless somebody confirms.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod machine;

use std::sync::Arc;
use std::time::Duration;

use holdfast_engine::desk::{Action, Desk as _, PlanState};
use holdfast_engine::holder::Holder;
use holdfast_engine::record;
use holdfast_model::State;
use holdfast_store::EntryKind;
use holdfast_world::ArmedState;
use machine::{
    Bench, DROP_IN, Deed, ROOT_LOGIN, apply, approved, debian, does, known, open, plan_of, refused,
    state_of,
};

const STANDARD: &str = "appetite = \"standard\"\n";
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_script_that_fails_is_taken_back_and_recorded() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let step = plan.steps[0].clone();
    let deeds = [
        Deed::Says("half of it is done"),
        Deed::Write(DROP_IN, "kernel.dmesg_restrict = 1\n"),
        Deed::Fails(3, "the disk is full"),
    ];
    bench.shell.when(&step.code, &deeds);
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert_eq!(problem.code, "change-failed");
    assert!(problem.message.contains("everything was taken back: the disk is full"), "{problem}");
    assert_eq!(bench.shell.ran(), [step.code, step.undo]);
    assert_eq!(bench.read(DROP_IN), None);
    let plan = plan_of(&holder, plan.id);
    assert_eq!(plan.state, PlanState::Failed);
    let said = |text: &str| plan.log.iter().any(|line| line.contains(text));
    assert!(said("half of it is done") && said("the disk is full"), "{:?}", plan.log);
    assert!(open(&holder.view(), "kernel-pointers").open);
}

/// Whoever reads "failed" believes that everything is as before: where it is not, nobody says so.
#[tokio::test]
async fn what_could_not_be_taken_back_is_not_called_taken_back() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let step = plan.steps[0].clone();
    bench.shell.when(&step.code, &[Deed::Fails(3, "the disk is full")]);
    bench.shell.when(&step.undo, &[Deed::Fails(4, "the disk is still full")]);
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert!(!problem.message.contains("everything was taken back"), "{problem}");
    assert!(problem.message.contains("the disk is full"), "{problem}");
    assert_eq!(state_of(&holder, plan.id), PlanState::Unknown);
    // Somebody makes room, and takes it back.
    bench.shell.when(&step.undo, &[]);
    does(&holder, "ana", Action::Undo { plan: plan.id }).await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
}

#[tokio::test]
async fn an_undo_that_fails_leaves_the_change_and_may_be_tried_again() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    let step = plan.steps[0].clone();
    bench.shell.when(&step.undo, &[Deed::Fails(4, "the disk is full")]);
    let problem = refused(does(&holder, "ana", Action::Undo { plan: plan.id }).await);
    assert!(!problem.message.contains("everything was taken back"), "{problem}");
    assert_eq!(state_of(&holder, plan.id), PlanState::Unknown);
    bench.shell.when(&step.undo, &[]);
    does(&holder, "ana", Action::Undo { plan: plan.id }).await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
}

#[tokio::test]
async fn what_ran_and_did_not_mend_is_taken_back() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let step = plan.steps[0].clone();
    // It says that it did, and only half of it is so.
    bench.shell.when(&step.code, &[Deed::Write(DROP_IN, "kernel.dmesg_restrict = 1\n")]);
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert_eq!(problem.code, "not-proven");
    assert!(problem.message.starts_with("it ran, and the same check does not pass"), "{problem}");
    assert_eq!(bench.shell.ran(), [step.code, step.undo]);
    assert_eq!(state_of(&holder, plan.id), PlanState::Failed);
    let view = holder.view();
    let finding = known(&view, plan.findings[0]);
    assert_eq!((finding.row.state, finding.plan), (State::Open, None));
}

/// Whoever reads that something ended finds what is open as it was left: the look comes first.
#[tokio::test]
async fn what_was_left_behind_is_known_before_the_end_is() {
    let kptr = "/proc/sys/kernel/kptr_restrict";
    for fails in [true, false] {
        let bench = Bench::new(debian(), STANDARD);
        let (holder, plan) = approved(&bench, "kernel-pointers").await;
        let step = plan.steps[0].clone();
        // It breaks off, or it runs and mends nothing; both leave something else behind.
        let left = Deed::Write(kptr, "0\n");
        let deeds = [left, Deed::Fails(3, "the disk is full")];
        bench.shell.when(&step.code, if fails { &deeds[..] } else { &[] });
        bench.shell.when(&step.undo, if fails { &deeds[1..] } else { &deeds[..1] });
        refused(does(&holder, "ana", apply(&plan)).await);
        let store = record::reader(&bench.data()).await.unwrap().unwrap();
        let entries = store.entries(None, 1000).await.unwrap();
        let newest = |kind: EntryKind| entries.iter().position(|one| one.header.kind == kind);
        let (end, step) = (newest(EntryKind::Finished), newest(EntryKind::Transition));
        assert!(end.unwrap() < step.unwrap(), "{fails}: {entries:#?}");
        let of_kptr = |one: &&holdfast_engine::desk::FindingView| one.row.subject.contains("kptr");
        let view = holder.view();
        assert!(view.findings.iter().find(of_kptr).is_some_and(|one| one.open), "{fails}");
    }
}

/// An armed undo that outlived its change would take a later one back.
#[tokio::test]
async fn whatever_was_taken_back_leaves_nothing_armed() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    assert_eq!(bench.shell.standing(), [ArmedState::Waiting]);
    does(&holder, "ana", Action::Undo { plan: plan.id }).await.unwrap();
    assert_eq!(bench.shell.standing(), [ArmedState::Disarmed], "taken back by hand");

    for (deeds, code) in [
        (vec![Deed::Write(ROOT_LOGIN, "# nothing\n")], "not-proven"),
        (vec![Deed::Write(ROOT_LOGIN, ""), Deed::Fails(1, "no")], "change-failed"),
    ] {
        let bench = Bench::new(debian(), STANDARD);
        let (holder, plan) = approved(&bench, "root-login").await;
        bench.shell.when(&plan.steps[0].code, &deeds);
        assert_eq!(refused(does(&holder, "ana", apply(&plan)).await).code, code);
        assert_eq!(state_of(&holder, plan.id), PlanState::Failed);
        assert_eq!(bench.shell.standing(), [ArmedState::Disarmed], "{code}");
    }
}

/// The armed undo is a second chance where the first one failed.
#[tokio::test]
async fn what_could_not_be_taken_back_stays_armed() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    let step = plan.steps[0].clone();
    let deeds = [Deed::Write(ROOT_LOGIN, "PermitRootLogin no\n"), Deed::Fails(1, "no")];
    bench.shell.when(&step.code, &deeds);
    bench.shell.when(&step.undo, &[Deed::Fails(1, "not now")]);
    refused(does(&holder, "ana", apply(&plan)).await);
    assert_eq!(state_of(&holder, plan.id), PlanState::Unknown);
    assert_eq!(bench.shell.standing(), [ArmedState::Waiting]);
    bench.shell.when(&step.undo, &[Deed::Remove(ROOT_LOGIN)]);
    bench.clock.advance(Duration::from_mins(5));
    holder.watch_armed().await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
    assert_eq!(bench.read(ROOT_LOGIN), None);
}

#[tokio::test]
async fn a_change_is_taken_back_and_found_again() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let early = refused(does(&holder, "ana", Action::Undo { plan: plan.id }).await);
    assert_eq!(early.code, "plan-not-carried-out");
    does(&holder, "ana", apply(&plan)).await.unwrap();
    let done = does(&holder, "cat", Action::Undo { plan: plan.id }).await.unwrap();
    assert_eq!(done.message, "Taken back.");
    assert_eq!(bench.read(DROP_IN), None);
    let view = holder.view();
    let finding = known(&view, plan.findings[0]);
    assert_eq!((finding.row.state, finding.open), (State::Open, true));
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
    for action in [Action::Undo { plan: plan.id }, apply(&plan)] {
        refused(does(&holder, "ana", action).await);
    }
    let step = &plan.steps[0];
    assert_eq!(bench.shell.ran(), [step.code.clone(), step.undo.clone()]);
}

#[tokio::test]
async fn who_confirms_in_time_keeps_the_change() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    let done = does(&holder, "ana", apply(&plan)).await.unwrap();
    assert!(done.message.contains("within 5 minutes"), "{}", done.message);
    let waiting = plan_of(&holder, plan.id);
    assert_eq!(waiting.state, PlanState::ToConfirm);
    assert_eq!(waiting.confirm_by.unwrap().0, machine::NOW + 300_000);
    let armed = bench.shell.armed();
    assert_eq!(armed.len(), 1);
    bench.clock.advance(Duration::from_secs(299));
    holder.watch_armed().await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::ToConfirm);
    let done = does(&holder, "ben", Action::Confirm { plan: plan.id }).await.unwrap();
    assert_eq!(done.message, "Confirmed. It stays.");
    bench.clock.advance(DAY);
    holder.watch_armed().await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Done);
    assert!(bench.read(ROOT_LOGIN).is_some());
    let again = refused(does(&holder, "ben", Action::Confirm { plan: plan.id }).await);
    assert_eq!(again.code, "nothing-to-confirm");
}

#[tokio::test]
async fn who_confirms_too_late_is_told_that_it_was_taken_back() {
    for asked in [true, false] {
        let bench = Bench::new(debian(), STANDARD);
        let (holder, plan) = approved(&bench, "root-login").await;
        does(&holder, "ana", apply(&plan)).await.unwrap();
        // What is armed stands in the plan too, as its undo for the shell.
        bench.shell.when(&plan.steps[0].undo, &[Deed::Remove(ROOT_LOGIN)]);
        bench.clock.advance(Duration::from_mins(5));
        if asked {
            let late = refused(does(&holder, "ben", Action::Confirm { plan: plan.id }).await);
            assert_eq!(late.code, "too-late");
            does(&holder, "ana", Action::Look).await.unwrap();
        } else {
            holder.watch_armed().await.unwrap();
        }
        assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
        assert_eq!(bench.read(ROOT_LOGIN), None);
        assert_eq!(known(&holder.view(), plan.findings[0]).row.state, State::Open);
    }
}

/// What runs on another host may say whatever it likes, as long as it likes.
#[tokio::test]
async fn what_is_said_without_end_is_kept_up_to_a_limit() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let step = plan.steps[0].clone();
    let long: &'static str = Box::leak("\u{e9}".repeat(8_000).into_boxed_str());
    let mut deeds = vec![Deed::Says("changed"); 700];
    deeds.insert(0, Deed::Says(long));
    deeds.push(Deed::Fails(3, long));
    bench.shell.when(&step.code, &deeds);
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert!(problem.message.chars().count() < 1_200, "{}", problem.message.len());
    let log = plan_of(&holder, plan.id).log;
    assert!((500..=502).contains(&log.len()), "{}", log.len());
    assert!(log.iter().all(|line| line.chars().count() < 1_200));
}

/// What waits although nobody heard of it would take a later change back.
#[tokio::test]
async fn an_undo_whose_arming_was_not_heard_of_is_called_off() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    bench.shell.is_deaf();
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert!(problem.message.contains("the connection was lost"), "{problem}");
    assert_eq!(bench.shell.standing(), [ArmedState::Disarmed]);
    assert!(!bench.shell.ran().contains(&plan.steps[0].code), "something was changed");
    assert_eq!(state_of(&holder, plan.id), PlanState::Failed);
}

/// Whoever is not heard of any more has neither fired nor been called off for certain.
#[tokio::test]
async fn an_undo_that_nobody_hears_of_is_not_called_over() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    bench.shell.is_silent(true);
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert!(problem.message.contains("the connection was lost"), "{problem}");
    assert!(!problem.message.contains("it was taken back"), "{problem}");
    assert_eq!(state_of(&holder, plan.id), PlanState::Unknown);
    // It is heard of again, and is called off.
    bench.shell.is_silent(false);
    bench.shell.when(&plan.steps[0].undo, &[]);
    does(&holder, "ana", Action::Undo { plan: plan.id }).await.unwrap();
    assert_eq!(bench.shell.standing(), [ArmedState::Disarmed]);
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
}

/// What a host says is no yes of a person.
#[tokio::test]
async fn what_nobody_confirmed_here_is_not_confirmed() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    bench.shell.is_armed(ArmedState::Disarmed);
    holder.watch_armed().await.unwrap();
    let seen = plan_of(&holder, plan.id);
    assert_eq!(seen.state, PlanState::Unknown);
    let said = seen.log.last().unwrap();
    assert!(said.contains("nobody confirmed here"), "{said}");
    does(&holder, "ana", Action::Undo { plan: plan.id }).await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
}

/// A host that does not answer keeps nobody waiting, and what it says late of what is over by then
/// counts for nothing.
#[tokio::test]
async fn who_asks_a_slow_host_keeps_nobody_waiting() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    let slow = bench.shell.is_slow();
    let watcher = Arc::clone(&holder);
    let watching = tokio::spawn(async move { watcher.watch_armed().await });
    let patience = Duration::from_secs(30);
    let asked = async {
        while !bench.shell.is_asked() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(patience, asked).await.unwrap();
    let undo = does(&holder, "ana", Action::Undo { plan: plan.id });
    let undone = tokio::time::timeout(patience, undo).await;
    drop(slow);
    watching.await.unwrap().unwrap();
    undone.unwrap().unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
}

/// After a restart of the machine nothing fires any more: whoever starts next takes it back.
#[tokio::test]
async fn an_armed_undo_that_a_restart_lost_is_run() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    bench.shell.is_armed(ArmedState::Gone { claimed: false });
    holder.watch_armed().await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
    assert_eq!(bench.read(ROOT_LOGIN), None);
    assert_eq!(bench.shell.ran().last(), Some(&plan.steps[0].undo));
}

/// What could not be run now is run as soon as it can be, and said once.
#[tokio::test]
async fn a_lost_undo_that_was_not_run_is_not_given_up() {
    for status in [126, 127, 255] {
        let bench = Bench::new(debian(), STANDARD);
        let (holder, plan) = approved(&bench, "root-login").await;
        does(&holder, "ana", apply(&plan)).await.unwrap();
        let undo = plan.steps[0].undo.clone();
        bench.shell.is_armed(ArmedState::Gone { claimed: false });
        bench.shell.when(&undo, &[Deed::Fails(status, "a change needs root there")]);
        holder.watch_armed().await.unwrap();
        let seen = plan_of(&holder, plan.id);
        assert_eq!(seen.state, PlanState::Unknown, "{status}");
        assert!(seen.log.last().unwrap().contains("a change needs root there"), "{:?}", seen.log);
        let tried = || bench.shell.ran().iter().filter(|one| **one == undo).count();
        for times in [1, 1, 2] {
            holder.watch_armed().await.unwrap();
            assert_eq!(tried(), times, "{status}: not each time that somebody looks");
            bench.clock.advance(Duration::from_secs(30));
        }
        assert_eq!(plan_of(&holder, plan.id).log, seen.log, "{status}");
        assert_eq!(bench.shell.standing(), [ArmedState::Gone { claimed: false }], "{status}");
        bench.shell.when(&undo, &[Deed::Remove(ROOT_LOGIN)]);
        bench.clock.advance(Duration::from_mins(1));
        holder.watch_armed().await.unwrap();
        assert_eq!(state_of(&holder, plan.id), PlanState::Undone, "{status}");
        assert_eq!(bench.read(ROOT_LOGIN), None);
    }
}

/// One that ran and failed would fail again and again: somebody has to look.
#[tokio::test]
async fn a_lost_undo_that_ran_in_vain_is_not_tried_again() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    let undo = plan.steps[0].undo.clone();
    bench.shell.is_armed(ArmedState::Gone { claimed: false });
    bench.shell.when(&undo, &[Deed::Fails(1, "the disk is full")]);
    for _ in 0..3 {
        holder.watch_armed().await.unwrap();
        bench.clock.advance(Duration::from_mins(1));
        assert_eq!(state_of(&holder, plan.id), PlanState::Unknown);
    }
    assert_eq!(bench.shell.ran().iter().filter(|one| **one == undo).count(), 1);
    assert_eq!(bench.shell.standing(), [] as [ArmedState; 0], "it is forgotten");
}

/// Whoever confirms too late is not told that it was taken back where that went wrong.
#[tokio::test]
async fn an_undo_that_fired_in_vain_is_not_called_taken_back() {
    for (state, told, wanted) in [
        (ArmedState::Fired(1), "ended with an error", PlanState::Unknown),
        (ArmedState::Firing, "is being taken back", PlanState::ToConfirm),
        (ArmedState::Gone { claimed: true }, "is being taken back", PlanState::ToConfirm),
    ] {
        let bench = Bench::new(debian(), STANDARD);
        let (holder, plan) = approved(&bench, "root-login").await;
        does(&holder, "ana", apply(&plan)).await.unwrap();
        bench.shell.is_armed(state);
        let late = refused(does(&holder, "ben", Action::Confirm { plan: plan.id }).await);
        assert_eq!(late.code, "too-late");
        assert!(late.message.contains(told), "{state:?}: {}", late.message);
        assert_eq!(state_of(&holder, plan.id), wanted, "{state:?}");
    }
}

/// The power goes while a script runs: the next holder knows that it began, and no more.
#[tokio::test]
async fn what_was_interrupted_is_unknown_and_may_be_taken_back() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let step = plan.steps[0].clone();
    let then = bench.beside("then");
    let deeds = [
        Deed::Write(DROP_IN, "kernel.dmesg_restrict = 1\n"),
        Deed::Snapshot(bench.data(), then.clone()),
        Deed::Fails(1, "the rest never happened"),
    ];
    bench.shell.when(&step.code, &deeds);
    bench.shell.when(&step.undo, &[]);
    refused(does(&holder, "ana", apply(&plan)).await);

    let options = holdfast_engine::cycle::Options::default();
    let next = Holder::open(&bench.world, &then, options).await.unwrap();
    assert_eq!(state_of(&next, plan.id), PlanState::Unknown);
    let problem = refused(does(&next, "ana", apply(&plan)).await);
    assert!(problem.message.contains("was carried out") || problem.code == "plan-stale");
    bench.shell.when(&step.undo, &[Deed::Remove(DROP_IN)]);
    does(&next, "ana", Action::Undo { plan: plan.id }).await.unwrap();
    assert_eq!(state_of(&next, plan.id), PlanState::Undone);
    assert_eq!(bench.read(DROP_IN), None);
}

/// The same with people who may be locked out: nobody has to be there to take it back.
#[tokio::test]
async fn what_was_interrupted_and_armed_is_taken_back_by_itself() {
    for (fate, undone) in [
        (Some(ArmedState::Gone { claimed: false }), true),
        (Some(ArmedState::Fired(0)), true),
        (None, false),
    ] {
        let bench = Bench::new(debian(), STANDARD);
        let (holder, plan) = approved(&bench, "root-login").await;
        let step = plan.steps[0].clone();
        let then = bench.beside("then");
        let deeds = [
            Deed::Snapshot(bench.data(), then.clone()),
            Deed::Write(ROOT_LOGIN, "PermitRootLogin no\n"),
        ];
        bench.shell.when(&step.code, &deeds);
        does(&holder, "ana", apply(&plan)).await.unwrap();

        let options = holdfast_engine::cycle::Options::default();
        let next = Holder::open(&bench.world, &then, options).await.unwrap();
        assert_eq!(state_of(&next, plan.id), PlanState::Unknown);
        if let Some(fate) = fate {
            bench.shell.is_armed(fate);
        }
        next.watch_armed().await.unwrap();
        let wanted = if undone { PlanState::Undone } else { PlanState::Unknown };
        assert_eq!(state_of(&next, plan.id), wanted, "{fate:?}");
        let run_by_us = bench.shell.ran().contains(&step.undo);
        assert_eq!(run_by_us, fate == Some(ArmedState::Gone { claimed: false }), "{fate:?}");
    }
}

/// A thread that is brought down in the middle is no reason to show "running" for ever.
#[tokio::test]
async fn a_worker_that_breaks_down_leaves_an_unknown_end() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    bench.shell.when(&plan.steps[0].code, &[Deed::Panics]);
    assert_eq!(refused(does(&holder, "ana", apply(&plan)).await).code, "worker-ended");
    assert_eq!(state_of(&holder, plan.id), PlanState::Unknown);
    does(&holder, "ana", Action::Look).await.unwrap();
}
