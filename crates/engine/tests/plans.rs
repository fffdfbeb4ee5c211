//! Plans, from proposed to approved: whose yes counts, and that what was approved is what runs, once.
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

use holdfast_engine::desk::{Action, Desk as _, PlanState, Voice};
use holdfast_model::{State, Tool};
use holdfast_world::ArmedState;
use machine::{
    Bench, Deed, apply, approve, approved, debian, does, known, of, open, person, plan_of, propose,
    refused, state_of,
};

const STANDARD: &str = "appetite = \"standard\"\n";
const PRODUCTION: &str = "appetite = \"standard\"\n\n[host]\nring = \"production\"\n";
const SOLO: &str = "appetite = \"solo\"\n";
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn nobody_approves_what_they_planned() {
    let bench = Bench::new(debian(), STANDARD);
    let holder = bench.holder().await;
    let plan = bench.planned(&holder, "ana", "kernel-pointers").await;
    assert_eq!((plan.state, plan.needed.people), (PlanState::Waiting, 1));
    assert_eq!(plan.missing, "one person has to say yes, other than who planned it");
    assert!(matches!(plan.voice("ana"), Voice::No(_)));
    assert_eq!(plan.voice("ben"), Voice::Yes);

    let own = refused(does(&holder, "ana", Action::Approve { plan: plan.id }).await);
    assert_eq!(own.code, "own-plan");
    // The same person by another letter case, on a keyboard that has both.
    let other = refused(does(&holder, "Ana ", Action::Approve { plan: plan.id }).await);
    assert_eq!(other.code, "own-plan");
    let early = refused(does(&holder, "ana", apply(&plan)).await);
    assert_eq!((early.code.as_str(), early.message.as_str()), ("not-approved", &*plan.missing));
    assert_eq!(bench.shell.ran(), [] as [String; 0], "nothing ran");

    assert_eq!(approve(&holder, "ben", &plan).await, "Approved. It may be carried out.");
    assert_eq!(state_of(&holder, plan.id), PlanState::Approved);
    let done = does(&holder, "ana", apply(&plan)).await.unwrap();
    assert_eq!(done.message, "Done, and proven by a new look.");
    assert_eq!(bench.shell.ran(), [plan.steps[0].code.clone()], "what was approved, and no more");
    let view = holder.view();
    assert_eq!(known(&view, plan.findings[0]).row.state, State::Fixed);
    assert_eq!(plan_of(&holder, plan.id).state, PlanState::Done);
}

#[tokio::test]
async fn production_needs_two_people() {
    let bench = Bench::new(debian(), PRODUCTION);
    let holder = bench.holder().await;
    let plan = bench.planned(&holder, "ana", "kernel-pointers").await;
    assert_eq!(plan.missing, "two people have to say yes, other than who planned it");
    let more = "one more person has to say yes, other than who planned it";
    assert_eq!(approve(&holder, "ben", &plan).await, format!("Noted; {more}."));
    assert_eq!(approve(&holder, "ben", &plan).await, format!("Noted; {more}."), "once each");
    assert_eq!(refused(does(&holder, "ben", apply(&plan)).await).message, more);
    assert_eq!(approve(&holder, "cat", &plan).await, "Approved. It may be carried out.");
    assert_eq!(approve(&holder, "dan", &plan).await, "It was approved already.");
    does(&holder, "ana", apply(&plan)).await.unwrap();
    assert_eq!(plan_of(&holder, plan.id).voices.len(), 2);
}

#[tokio::test]
async fn one_person_approves_alone_only_under_solo() {
    let bench = Bench::new(debian(), SOLO);
    let holder = bench.holder().await;
    let plan = bench.planned(&holder, "ana", "kernel-pointers").await;
    assert!(plan.needed.one_person);
    assert_eq!(plan.voice("ana"), Voice::Yes);
    // One person may do it; they still have to say so.
    assert_eq!(refused(does(&holder, "ana", apply(&plan)).await).code, "not-approved");
    assert_eq!(approve(&holder, "ana", &plan).await, "Approved by one. It may be carried out.");
    // What was planned when others were asked does not become one's own by milder rules.
    does(&holder, "ana", apply(&plan)).await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Done);
}

#[tokio::test]
async fn milder_rules_do_not_change_what_a_plan_asks_for() {
    let bench = Bench::new(debian(), STANDARD);
    let holder = bench.holder().await;
    let plan = bench.planned(&holder, "ana", "kernel-pointers").await;
    bench.configure(SOLO);
    assert_eq!(
        refused(does(&holder, "ana", Action::Approve { plan: plan.id }).await).code,
        "own-plan"
    );
    assert_eq!(refused(does(&holder, "ana", apply(&plan)).await).code, "not-approved");
}

#[tokio::test]
async fn a_no_ends_it_whoever_said_yes() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let because = "we ship on Friday".to_owned();
    let no = Action::Refuse { plan: plan.id, because };
    let done = does(&holder, "cat", no).await.unwrap();
    assert_eq!(done.message, "Refused. It will not be carried out.");
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert_eq!(problem.message, "`cat` said no: we ship on Friday");
    let problem = refused(does(&holder, "dan", Action::Approve { plan: plan.id }).await);
    assert_eq!(problem.code, "plan-over");
    assert_eq!(state_of(&holder, plan.id), PlanState::Refused);
    assert_eq!(bench.shell.ran(), [] as [String; 0]);
    // The finding is as it was, and may be planned for again, with approvals of its own.
    bench.clock.advance(Duration::from_secs(1));
    let again = bench.planned(&holder, "ana", "kernel-pointers").await;
    assert_ne!(again.id, plan.id);
    assert_eq!((again.state, again.voices.len()), (PlanState::Waiting, 0));
    let view = holder.view();
    assert_eq!(known(&view, plan.findings[0]).plan, Some(again.id), "the newest that is not over");
}

#[tokio::test]
async fn after_seven_days_it_is_over() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    bench.clock.advance(DAY.saturating_mul(7).saturating_sub(Duration::from_millis(1)));
    let other = bench.planned(&holder, "cat", "kernel-pointers").await;
    assert_eq!(state_of(&holder, plan.id), PlanState::Approved);
    bench.clock.advance(Duration::from_millis(1));
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert_eq!(problem.message, "nobody can say yes any more: it has expired");
    assert_eq!(
        refused(does(&holder, "dan", Action::Approve { plan: plan.id }).await).code,
        "plan-over"
    );
    does(&holder, "ana", Action::Look).await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Expired);
    assert_eq!(state_of(&holder, other.id), PlanState::Waiting);
    assert_eq!(bench.shell.ran(), [] as [String; 0]);
}

#[tokio::test]
async fn stricter_rules_ask_for_more_even_after_a_yes() {
    for stricter in ["appetite = \"strict\"\n", PRODUCTION] {
        let bench = Bench::new(debian(), STANDARD);
        let (holder, plan) = approved(&bench, "kernel-pointers").await;
        bench.configure(stricter);
        let problem = refused(does(&holder, "ana", apply(&plan)).await);
        assert_eq!(problem.code, "not-approved", "{stricter}");
        assert_eq!(problem.message, "one more person has to say yes, other than who planned it");
        assert_eq!(bench.shell.ran(), [] as [String; 0]);
        assert_eq!(approve(&holder, "cat", &plan).await, "Approved. It may be carried out.");
        does(&holder, "ana", apply(&plan)).await.unwrap();
        assert_eq!(state_of(&holder, plan.id), PlanState::Done);
    }
}

/// What was carried out may be taken back by the rules under which it was.
#[tokio::test]
async fn stricter_rules_do_not_keep_a_change_from_being_taken_back() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    bench.configure("appetite = \"strict\"\n");
    bench.clock.advance(DAY * 6);
    let done = does(&holder, "ana", Action::Undo { plan: plan.id }).await.unwrap();
    assert_eq!(done.message, "Taken back.");
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
}

/// A month later the way back is a change like any other.
#[tokio::test]
async fn what_settled_long_ago_is_not_taken_back_by_an_old_yes() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    bench.clock.advance(DAY * 30);
    let late = refused(does(&holder, "ana", Action::Undo { plan: plan.id }).await);
    assert_eq!(late.code, "plan-over");
    assert_eq!(bench.shell.ran().len(), 1);
    assert_eq!(state_of(&holder, plan.id), PlanState::Done);
}

#[tokio::test]
async fn a_target_that_changed_is_planned_for_again() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let drift = "/etc/sysctl.d/20-drift.conf";
    bench.write(drift, "kernel.dmesg_restrict = 0\n");
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert_eq!(problem.code, "plan-stale");
    assert_eq!(bench.shell.ran(), [] as [String; 0]);
    assert_eq!(state_of(&holder, plan.id), PlanState::Approved, "nothing was begun");
    bench.remove(drift);
    // Somebody else's line above it changes nothing of what was seen.
    bench.write("/etc/sysctl.d/10-kernel.conf", "# ours\nkernel.kptr_restrict = 1\n");
    does(&holder, "ana", apply(&plan)).await.unwrap();
}

/// What was mended by hand meanwhile is not mended twice.
#[tokio::test]
async fn nothing_is_run_where_nothing_is_left_to_mend() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    bench.write("/proc/sys/kernel/dmesg_restrict", "1\n");
    bench.write("/etc/sysctl.d/20-mine.conf", "kernel.dmesg_restrict = 1\n");
    assert_eq!(refused(does(&holder, "ana", apply(&plan)).await).code, "plan-stale");
    assert_eq!(bench.shell.ran(), [] as [String; 0]);
}

#[tokio::test]
async fn a_precheck_that_fails_leaves_the_plan_approved() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    let step = plan.steps[0].clone();
    assert!(step.lockout && !step.precheck.is_empty());
    bench.shell.when(&step.precheck, &[Deed::Fails(1, "failed: nobody else can log in")]);
    let problem = refused(does(&holder, "ana", apply(&plan)).await);
    assert_eq!(problem.code, "precheck-failed");
    assert_eq!(problem.message, "nothing was changed: nobody else can log in");
    assert_eq!(bench.shell.ran(), std::slice::from_ref(&step.precheck));
    assert_eq!(bench.shell.armed(), [] as [String; 0]);
    assert_eq!(state_of(&holder, plan.id), PlanState::Approved);
    bench.shell.when(&step.precheck, &[]);
    does(&holder, "ana", apply(&plan)).await.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::ToConfirm);
}

/// Each of the two leaves a way in that the other shuts.
#[tokio::test]
async fn the_prechecks_of_a_plan_reckon_with_all_of_it() {
    let bench = Bench::new(debian(), STANDARD);
    let cloud = "PermitRootLogin yes\nPasswordAuthentication yes\n";
    bench.write("/etc/ssh/sshd_config.d/50-cloud.conf", cloud);
    let holder = bench.holder().await;
    let keys = ["root-login", "password-login"].map(|control| open(&holder.view(), control).key);
    let done = does(&holder, "ana", propose(&keys)).await.unwrap();
    let plan = plan_of(&holder, done.plan.unwrap());
    assert_eq!(plan.steps.len(), 2);
    for step in &plan.steps {
        assert!(step.precheck.contains("\npasswords=no\nroot=no\n"), "{}", step.precheck);
    }
}

#[tokio::test]
async fn two_people_who_approve_at_the_same_moment_both_count() {
    let bench = Bench::new(debian(), PRODUCTION);
    let holder = bench.holder().await;
    let plan = bench.planned(&holder, "ana", "kernel-pointers").await;
    let yes = || Action::Approve { plan: plan.id };
    let (ben, cat, again) = tokio::join!(
        does(&holder, "ben", yes()),
        does(&holder, "cat", yes()),
        does(&holder, "ben", yes())
    );
    assert!(ben.is_ok() && cat.is_ok() && again.is_ok(), "{ben:?} {cat:?} {again:?}");
    let plan = plan_of(&holder, plan.id);
    assert_eq!(plan.state, PlanState::Approved);
    let mut voices: Vec<&str> = plan.voices.iter().map(|voice| voice.who.as_str()).collect();
    voices.sort_unstable();
    assert_eq!(voices, ["ben", "cat"]);
}

#[tokio::test]
async fn a_yes_and_a_no_at_the_same_moment_are_a_no() {
    let bench = Bench::new(debian(), STANDARD);
    let holder = bench.holder().await;
    let plan = bench.planned(&holder, "ana", "kernel-pointers").await;
    let no = Action::Refuse { plan: plan.id, because: "no".to_owned() };
    let (_, refusal) = tokio::join!(
        does(&holder, "ben", Action::Approve { plan: plan.id }),
        does(&holder, "cat", no)
    );
    refusal.unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Refused);
    assert_eq!(refused(does(&holder, "ana", apply(&plan)).await).code, "not-approved");
}

#[tokio::test]
async fn pressed_twice_it_runs_once() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let (one, other) =
        tokio::join!(does(&holder, "ana", apply(&plan)), does(&holder, "ben", apply(&plan)));
    let (done, not) = if one.is_ok() { (one, other) } else { (other, one) };
    assert_eq!(done.unwrap().message, "Done, and proven by a new look.");
    let code = refused(not).code;
    assert!(["plan-begun", "plan-stale"].contains(&code.as_str()), "{code}");
    let third = refused(does(&holder, "ana", apply(&plan)).await).code;
    assert!(["plan-begun", "plan-stale"].contains(&third.as_str()), "{third}");
    assert_eq!(bench.shell.ran(), [plan.steps[0].code.clone()]);
}

/// Two plans for one thing: the second finds that the target is not as it was.
#[tokio::test]
async fn two_plans_for_one_target_do_not_both_run() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    bench.clock.advance(Duration::from_secs(1));
    let other = bench.planned(&holder, "ana", "kernel-pointers").await;
    approve(&holder, "ben", &other).await;
    let (one, two) =
        tokio::join!(does(&holder, "ana", apply(&plan)), does(&holder, "ana", apply(&other)));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(bench.shell.ran().len(), 1);
}

#[tokio::test]
async fn a_plan_is_for_findings_of_one_host_that_are_there() {
    let bench = Bench::new(debian(), STANDARD);
    let holder = bench.holder().await;
    let view = holder.view();
    let keys = [open(&view, "kernel-pointers").key, open(&view, "root-login").key];
    let done = does(&holder, "ana", propose(&keys)).await.unwrap();
    let plan = plan_of(&holder, done.plan.unwrap());
    assert_eq!((plan.steps.len(), plan.findings.len()), (2, 2));
    assert!(plan.steps.iter().any(|step| step.lockout));

    let none = refused(does(&holder, "ana", propose(&[])).await);
    assert_eq!(none.code, "several-hosts");
    let action = Action::ProposeAt {
        target: holdfast_model::Target::Root("/nowhere".into()),
        names: vec!["root-login".to_owned()],
        tool: Tool::Shell,
    };
    assert_eq!(refused(does(&holder, "ana", action).await).code, "cannot-open");
    let action = Action::ProposeAt {
        target: holdfast_model::Target::Local,
        names: vec!["core-dump".to_owned()],
        tool: Tool::Shell,
    };
    assert_eq!(refused(does(&holder, "ana", action).await).code, "unknown-finding");
    let unknown = holdfast_model::Digest::of(b"nothing");
    for action in [
        Action::Approve { plan: unknown },
        Action::Apply { plan: unknown },
        Action::Confirm { plan: unknown },
        Action::Undo { plan: unknown },
    ] {
        assert_eq!(refused(does(&holder, "ana", action).await).code, "unknown-plan");
    }
    assert!(of(&view, "kernel-pointers").len() == 1 && bench.shell.ran().is_empty());
}

/// A browser that is closed breaks nothing off: what was begun would be under way for ever.
#[tokio::test]
async fn who_goes_away_while_it_is_done_breaks_nothing_off() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    let slow = bench.shell.is_slow();
    let moment = Duration::from_millis(10);
    let begun = async {
        while !bench.shell.is_asked() {
            tokio::time::sleep(moment).await;
        }
    };
    tokio::select! {
        done = holder.act(person("ben"), Action::Confirm { plan: plan.id }) => panic!("{done:?}"),
        () = begun => {}
    }
    drop(slow);
    let confirmed = async {
        while state_of(&holder, plan.id) != PlanState::Done {
            tokio::time::sleep(moment).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), confirmed).await.unwrap();
}

/// Until somebody waits to be told how something armed stands.
async fn asked_of(bench: &Bench) {
    let asked = async {
        while !bench.shell.is_asked() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked).await.unwrap();
}

/// While a lost undo is run, nobody is promised that the change stays, however often they ask.
#[tokio::test]
async fn nobody_confirms_what_is_being_taken_back() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "root-login").await;
    does(&holder, "ana", apply(&plan)).await.unwrap();
    bench.shell.is_armed(ArmedState::Gone { claimed: false });
    let fate = bench.shell.is_slow();
    let watcher = Arc::clone(&holder);
    let watching = tokio::spawn(async move { watcher.watch_armed().await });
    asked_of(&bench).await;
    // It is asked once more when the undo has run: until then that is under way.
    let left = bench.shell.is_slow();
    drop(fate);
    asked_of(&bench).await;
    for _ in 0..2 {
        let late = refused(does(&holder, "ben", Action::Confirm { plan: plan.id }).await);
        assert_eq!(late.code, "too-late");
        assert_eq!(late.message, "it is being taken back just now");
    }
    drop(left);
    watching.await.unwrap().unwrap();
    assert_eq!(state_of(&holder, plan.id), PlanState::Undone);
}

/// What was to be accepted until yesterday is not accepted by a yes of today.
#[tokio::test]
async fn nobody_approves_an_acceptance_whose_last_day_is_over() {
    let bench = Bench::new(debian(), STANDARD);
    let holder = bench.holder().await;
    let key = open(&holder.view(), "root-login").key;
    let accept = |until: &str| {
        let because = "it is replaced soon".to_owned();
        Action::Accept { key, until: until.parse().unwrap(), because }
    };
    does(&holder, "ana", accept("2026-11-22")).await.unwrap();
    let asked = holder.finding(key).await.unwrap().unwrap();
    assert_eq!(asked.acceptance_waits.as_deref(), Some("ana"));
    bench.clock.advance(DAY.saturating_mul(2));
    let late = refused(does(&holder, "ben", Action::ApproveAcceptance { key }).await);
    assert_eq!(late.code, "nothing-to-approve");
    let over = holder.finding(key).await.unwrap().unwrap();
    assert_eq!(over.acceptance_waits, None);
    assert!(over.acceptance.ends_with("; nobody said yes to it in time"), "{}", over.acceptance);
    does(&holder, "ana", accept("2026-12-24")).await.unwrap();
    does(&holder, "ben", Action::ApproveAcceptance { key }).await.unwrap();
    assert_eq!(known(&holder.view(), key).row.state, State::Accepted);
}

/// A yes of somebody by such a name would be read as that of a practice.
#[tokio::test]
async fn nobody_is_called_like_a_practice() {
    let bench = Bench::new(debian(), STANDARD);
    let holder = bench.holder().await;
    let user = bench.world.host.user.clone();
    for (name, is_refused) in
        [("practice nightly", true), (" Practice nightly", true), ("practice", false)]
    {
        let issue = Action::IssueToken { name: name.to_owned() };
        let issued = does(&holder, &user, issue).await;
        assert_eq!(issued.is_err(), is_refused, "{name}: {issued:?}");
        if is_refused {
            assert_eq!(refused(issued).code, "not-permitted");
        }
    }
}

/// A token of old may have such a name: its yes is none of a person, in whatever letter case.
#[tokio::test]
async fn a_yes_by_the_name_of_a_practice_is_no_persons() {
    let bench = Bench::new(debian(), STANDARD);
    let holder = bench.holder().await;
    let plan = bench.planned(&holder, "ana", "kernel-pointers").await;
    for name in ["practice nightly", "Practice weekly", " PRACTICE monthly"] {
        assert_eq!(approve(&holder, name, &plan).await, format!("Noted; {}.", plan.missing));
        assert_eq!(state_of(&holder, plan.id), PlanState::Waiting, "{name}");
        assert_eq!(refused(does(&holder, "ana", apply(&plan)).await).code, "not-approved");
    }
    assert_eq!(bench.shell.ran(), [] as [String; 0], "nothing ran");
    assert_eq!(approve(&holder, "ben", &plan).await, "Approved. It may be carried out.");
}
