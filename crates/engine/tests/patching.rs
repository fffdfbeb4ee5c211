//! Patching by a practice: ring after ring, with the yes that each ring needs, stopped where the checks
//! of one fail.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod machine;
#[path = "patching/told.rs"]
mod told;

use std::sync::Arc;
use std::time::Duration;

use holdfast_engine::desk::{Action, Desk as _, FindingView, PlanState, PlanView};
use holdfast_engine::holder::{self, Holder, Request, Say};
use holdfast_engine::hosts::{Said, by_address, say_of_all};
use holdfast_engine::patching::{Asked, Came, HostRow};
use holdfast_engine::{Failure, record};
use holdfast_model::{FindingKind, Key, Target, Tool};
use holdfast_store::EntryKind;
use machine::{
    Bench, Deed, apply, approve, debian, does, person, plan_of, propose, quiet, state_of,
};

/// It is nine o'clock, on a Saturday.
const OURS: &str = r#"id: ours
title: Ours
why: Because.
zone: UTC
rings:
  - {name: canary, window: "08:00 to 12:00", soak: 1 day, approval: automatic}
  - {name: production, window: "08:00 to 12:00", approval: people}
tests:
  - {at: "2026-03-10 08:00", ring: canary, then: start}
"#;

const CONFIG: &str = "appetite = \"standard\"\n\n[host]\nname = \"web-0\"\npractice = \"ours\"\n\
                      ring = \"canary\"\n\n[host.rings]\n\"root:/srv/web\" = \"production\"\n";

const STATUS: &str = "/var/lib/dpkg/status";
const STATUS_OF_WEB: &str = "/srv/web/var/lib/dpkg/status";

/// Packages with the hole in glibc's loader, and without.
const OPEN: &str = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\n\
                    Source: glibc\nVersion: 2.36-9+deb12u2\n\n";
const MENDED: &str = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\n\
                      Source: glibc\nVersion: 2.36-9+deb12u13\n\n";

const DAY: Duration = Duration::from_hours(24);

fn bench() -> Bench {
    let machine = debian()
        .file(STATUS, OPEN)
        .file("/srv/web/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .file(STATUS_OF_WEB, OPEN)
        .file("/shop/.holdfast/rules/practice/ours.yaml", OURS);
    Bench::new(machine, CONFIG)
}

async fn patch(holder: &Holder, asked: &Asked) -> Vec<HostRow> {
    let patched = holder.patch(&person("ben"), asked, &quiet()).await.unwrap();
    assert_eq!((&*patched.schema, &*patched.practice), ("holdfast/patch/1", "ours"));
    patched.hosts
}

async fn tonight(holder: &Holder) -> Vec<HostRow> {
    patch(holder, &Asked::default()).await
}

fn came(rows: &[HostRow]) -> Vec<Came> {
    rows.iter().map(|row| row.result).collect()
}

/// Plans what the practice will plan, so that its script is known before it runs.
async fn planned(holder: &Holder) -> PlanView {
    let view = holder.view();
    let lacking = view.findings.iter().filter(|one| {
        one.open && one.row.kind == FindingKind::Package && one.row.fixed_in.is_some()
    });
    let keys: Vec<Key> = lacking.map(|one| one.key).collect();
    assert!(!keys.is_empty());
    let done = does(holder, "ana", propose(&keys)).await.unwrap();
    plan_of(holder, done.plan.unwrap())
}

fn plan_named(holder: &Holder, row: &HostRow) -> PlanView {
    let id = row.plan.as_ref().unwrap();
    holder.view().plans.iter().find(|plan| plan.id.to_string() == *id).unwrap().clone()
}

/// What the record says of hosts that were patched, newest first.
async fn noted(bench: &Bench) -> Vec<String> {
    let store = record::reader(&bench.data()).await.unwrap().unwrap();
    let entries = store.entries(None, 1000).await.unwrap();
    let of_practice = |one: &&holdfast_store::Recorded| {
        one.header.kind == EntryKind::Decision
            && one.payload.as_ref().is_some_and(|payload| payload["practice"] == "ours")
    };
    entries.iter().filter(of_practice).map(|one| one.why.clone().unwrap()).collect()
}

#[tokio::test]
async fn a_ring_is_patched_once_its_updates_held_in_the_one_before() {
    let bench = bench();
    let holder = bench.holder().await;
    let plan = planned(&holder).await;
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS, MENDED)]);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::Patched, Came::Waits], "{rows:#?}");
    assert_eq!((&*rows[0].asset, &*rows[0].ring), ("web-0", "canary"));
    assert_eq!(
        rows[0].plan.as_deref(),
        Some(&*plan.id.to_string()),
        "what waited is not planned anew"
    );
    assert_eq!(rows[1].because, "it has to hold in `canary` until 2026-11-22T09:00:00Z");
    assert_eq!(rows[1].updates.len(), rows[0].updates.len());
    let plan = plan_of(&holder, plan.id);
    assert_eq!(plan.state, PlanState::Done);
    assert_eq!(plan.voices.iter().map(|one| &*one.who).collect::<Vec<_>>(), ["practice ours"]);
    let said = "`web-0` was patched in `canary`, and its checks passed";
    assert_eq!(noted(&bench).await, [said]);

    // A day later it is production's turn, of which people say yes: two of them.
    bench.clock.advance(DAY);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::NothingToDo, Came::NeedsYes], "{rows:#?}");
    assert_eq!(rows[1].because, "two people have to say yes, other than who planned it");
    let plan = plan_named(&holder, &rows[1]);
    assert_eq!((plan.author.as_str(), plan.needed.people), ("ben", 2));
    // What held, and not what is newest tonight.
    assert!(plan.steps[0].code.contains("\nupgrade_to "), "{}", plan.steps[0].code);
    assert!(rows[1].updates.iter().all(|one| one.to == ["libc6 2.36-9+deb12u13"]), "{rows:#?}");
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS_OF_WEB, MENDED)]);
    approve(&holder, "cat", &plan).await;
    approve(&holder, "dan", &plan).await;
    bench.clock.advance(Duration::from_hours(1));
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::NothingToDo, Came::Patched], "{rows:#?}");
    assert_eq!(rows[1].plan.as_deref(), Some(&*plan.id.to_string()));
    assert_eq!(bench.read(STATUS_OF_WEB).as_deref(), Some(MENDED));
    assert_eq!(noted(&bench).await.len(), 2);
    assert_eq!(came(&tonight(&holder).await), [Came::NothingToDo, Came::NothingToDo]);
}

#[tokio::test]
async fn a_ring_that_fails_stops_those_behind_it_until_its_checks_pass() {
    let bench = bench();
    let holder = bench.holder().await;
    let plan = planned(&holder).await;
    let step = &plan.steps[0];
    bench.shell.when(&step.code, &[Deed::Fails(3, "the disk is full")]);
    bench.shell.when(&step.undo, &[]);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::Failed, Came::Stopped], "{rows:#?}");
    assert!(rows[0].because.contains("the disk is full"), "{}", rows[0].because);
    let because = &rows[1].because;
    assert!(because.starts_with("the checks of `canary` failed: web-0: "), "{because}");
    let said = noted(&bench).await;
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("`web-0` failed in `canary`: "), "{}", said[0]);
    assert!(said[0].ends_with("; `production` waits until its checks pass"), "{}", said[0]);

    // It is not tried again in the same window, and nothing is noted twice.
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(came(&tonight(&holder).await), [Came::Stopped, Came::Stopped]);
    assert_eq!(noted(&bench).await.len(), 1);
    assert_eq!(bench.read(STATUS).as_deref(), Some(OPEN));

    // A day later somebody has made room.
    bench.clock.advance(DAY.saturating_sub(Duration::from_hours(1)));
    bench.shell.when(&step.code, &[Deed::Write(STATUS, MENDED)]);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::Patched, Came::Waits], "{rows:#?}");
    assert_eq!(rows[1].because, "it has to hold in `canary` until 2026-11-23T09:00:00Z");
}

#[tokio::test]
async fn a_control_that_fails_since_the_patch_stops_the_next_ring() {
    let bench = bench();
    let holder = bench.holder().await;
    let plan = planned(&holder).await;
    let is_open = |control: &str| machine::of(&holder.view(), control).iter().any(|one| one.open);
    assert!(is_open("root-login") && !is_open("password-login"));
    let drop_in = Deed::Write("/etc/ssh/sshd_config.d/10-new.conf", "PasswordAuthentication yes\n");
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS, MENDED), drop_in]);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::Failed, Came::Stopped], "{rows:#?}");
    let because = &rows[0].because;
    // What failed before is no news.
    assert!(because.contains("`password-login`") && !because.contains("root-login"), "{because}");
    assert!(is_open("password-login"));

    // A night later it still fails; then somebody takes the file away.
    bench.clock.advance(DAY);
    assert_eq!(came(&tonight(&holder).await), [Came::Failed, Came::Stopped]);
    bench.remove("/etc/ssh/sshd_config.d/10-new.conf");
    bench.clock.advance(DAY);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::NothingToDo, Came::NeedsYes], "{rows:#?}");
}

#[tokio::test]
async fn outside_its_window_a_ring_waits_and_a_practice_says_no_yes() {
    let bench = bench();
    let holder = bench.holder().await;
    let plan = planned(&holder).await;
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS, MENDED)]);
    bench.clock.advance(Duration::from_hours(3));
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::Waits, Came::Waits]);
    assert_eq!(rows[0].because, "its window opens at 2026-11-22T08:00:00Z");
    assert_eq!(rows[0].until.as_deref(), Some("2026-11-22T08:00:00Z"));
    assert!(rows[0].updates.is_empty(), "nobody looked");

    let canary = Asked { now: true, ring: Some("canary".to_owned()), dry_run: false };
    let rows = patch(&holder, &canary).await;
    assert_eq!(came(&rows), [Came::NeedsYes], "{rows:#?}");
    assert_eq!(plan_named(&holder, &rows[0]).voices, []);
    assert_eq!(bench.shell.ran(), [] as [String; 0]);
    approve(&holder, "cat", &plan).await;
    assert_eq!(came(&patch(&holder, &canary).await), [Came::Patched]);
}

#[tokio::test]
async fn a_dry_run_plans_and_notes_nothing() {
    let bench = bench();
    let holder = bench.holder().await;
    let dry = Asked { dry_run: true, ..Asked::default() };
    let rows = patch(&holder, &dry).await;
    assert_eq!(came(&rows), [Came::WouldPatch, Came::Waits], "{rows:#?}");
    assert_eq!(rows[1].because, "the hosts of `canary` come first");
    assert!(rows[0].updates.iter().all(|update| update.ready && !update.to.is_empty()));
    assert_eq!((holder.view().plans.len(), noted(&bench).await.len()), (0, 0));
    assert_eq!(came(&patch(&holder, &dry).await), [Came::WouldPatch, Came::Waits]);
}

async fn refused(config: &str) -> Vec<(String, String, Option<u32>)> {
    let bench = bench();
    bench.configure(config);
    let (data, options) = (bench.data(), holdfast_engine::cycle::Options::default());
    let holder: Arc<Holder> = Holder::open(&bench.world, &data, options).await.unwrap();
    let Err(Failure::Usage(problems)) =
        holder.patch(&person("ben"), &Asked::default(), &quiet()).await
    else {
        panic!("it is not refused");
    };
    let told = |one: &holdfast_model::Problem| {
        (one.code.clone(), one.message.clone(), one.place.as_ref().map(|place| place.line))
    };
    problems.iter().map(told).collect()
}

#[tokio::test]
async fn what_nobody_can_carry_out_is_refused_with_its_place() {
    let one = |code: &str, message: &str, line: Option<u32>| {
        vec![(code.to_owned(), message.to_owned(), line)]
    };
    let none = "no practice is chosen for this host";
    assert_eq!(refused("").await, one("practice-none", none, None));
    let unknown = "there is no practice called `our` that can be used";
    let config = CONFIG.replace("\"ours\"", "\"our\"");
    assert_eq!(refused(&config).await, one("practice-unknown", unknown, None));
    let ring = "the practice `ours` has no ring called `productio`";
    let config = CONFIG.replace("production", "productio");
    assert_eq!(refused(&config).await, one("practice-no-ring", ring, Some(9)));
    let none = "`local` has no ring, and the practice patches rings";
    let config = CONFIG.replace("ring = \"canary\"\n", "");
    assert_eq!(refused(&config).await, one("practice-no-ring", none, None));
}

/// Nobody knows what a host lacks that does not answer: the rings behind it wait.
#[tokio::test]
async fn a_host_that_does_not_answer_stops_the_rings_behind_it() {
    let bench = bench();
    bench.configure(
        &CONFIG
            .replace("ring = \"canary\"", "ring = \"production\"")
            .replace("\"root:/srv/web\" = \"production\"", "\"ssh://ana@web-9\" = \"canary\""),
    );
    let holder = bench.holder().await;
    bench.clock.advance(DAY);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::Failed, Came::Stopped], "{rows:#?}");
    assert!(rows[0].because.contains("web-9"), "{}", rows[0].because);
    assert!(rows[1].because.starts_with("a host of `canary` did not answer: "), "{rows:#?}");
    let said = noted(&bench).await;
    assert!(said[0].ends_with("; `production` waits until it answers"), "{said:#?}");

    // It is asked again in the same window, and noted once.
    assert_eq!(came(&tonight(&holder).await), [Came::Failed, Came::Stopped]);
    assert_eq!(noted(&bench).await.len(), 1);
}

/// Hosts that the record knows say their ring by a label.
#[tokio::test]
async fn hosts_of_the_record_are_patched_in_their_ring_or_told() {
    let bench = bench();
    let holder = bench.holder().await;
    let mut hosts: Vec<_> =
        ["ssh://db-1", "ssh://db-2"].iter().map(|one| by_address(one).unwrap()).collect();
    let labels = ["ring=production".to_owned()];
    say_of_all(&mut hosts[..1], &Said { team: None, labels: &labels }).unwrap();
    does(&holder, "ana", Action::AddHosts { hosts, because: "ours".to_owned() }).await.unwrap();
    bench.clock.advance(Duration::from_hours(3));
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::Waits, Came::Waits, Came::Waits, Came::NoRing], "{rows:#?}");
    assert_eq!((&*rows[2].target, &*rows[2].ring), ("ssh://db-1", "production"));
    assert_eq!(rows[3].because, "say its ring: holdfast add ssh://db-2 --label ring=canary");
    let one = Asked { ring: Some("production".to_owned()), ..Asked::default() };
    assert_eq!(patch(&holder, &one).await.len(), 2, "only those of the ring are told");
}

#[tokio::test]
async fn what_somebody_said_no_to_is_planned_anew() {
    let bench = bench();
    bench.configure(&CONFIG.replace("ring = \"canary\"", "ring = \"production\""));
    let holder = bench.holder().await;
    bench.clock.advance(DAY);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::NeedsYes, Came::NeedsYes], "{rows:#?}");
    let action =
        Action::Refuse { plan: plan_named(&holder, &rows[1]).id, because: "not now".to_owned() };
    does(&holder, "cat", action).await.unwrap();
    bench.clock.advance(Duration::from_mins(1));
    // A no holds as long as a yes would have; then people are asked once more.
    let again = tonight(&holder).await;
    assert_eq!(came(&again), [Came::NeedsYes, Came::Waits], "{again:#?}");
    assert_eq!(again[0].plan, rows[0].plan, "it is still asked about");
    assert_eq!((&*again[1].because, &again[1].plan), ("`cat` said no: not now", &None));
    bench.clock.advance(DAY.saturating_mul(7));
    let again = tonight(&holder).await;
    assert_eq!(came(&again), [Came::NeedsYes, Came::NeedsYes], "{again:#?}");
    assert_ne!(again[1].plan, rows[1].plan);
}

/// Production's turn, and the version that held in the canary is not to be had any more.
async fn gone(bench: &Bench, back: &[Deed]) -> (HostRow, PlanView) {
    bench.write("/shop/.holdfast/rules/practice/ours.yaml", &OURS.replace("people", "automatic"));
    let holder = bench.holder().await;
    let plan = planned(&holder).await;
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS, MENDED)]);
    assert_eq!(came(&tonight(&holder).await), [Came::Patched, Came::Waits]);
    bench.clock.advance(DAY);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::NothingToDo, Came::NeedsYes], "{rows:#?}");
    let plan = plan_named(&holder, &rows[1]);
    let gone = "failed: libc6 is not on offer in version 2.36-9+deb12u13 any more";
    bench.shell.when(&plan.steps[0].code, &[Deed::Fails(1, gone)]);
    bench.shell.when(&plan.steps[0].undo, back);
    approve(&holder, "cat", &plan).await;
    let mut rows = tonight(&holder).await;
    assert_eq!(came(&rows)[0], Came::NothingToDo, "{rows:#?}");
    (rows.remove(1), plan_of(&holder, plan.id))
}

/// A newer one has to hold first, and nothing failed.
#[tokio::test]
async fn what_is_not_on_offer_any_more_is_planned_anew() {
    let bench = bench();
    let (row, plan) = gone(&bench, &[]).await;
    assert_eq!(row.result, Came::Waits, "{row:#?}");
    assert!(row.because.contains("not on offer in version 2.36-9+deb12u13"), "{row:#?}");
    assert!(row.because.ends_with("; it is planned anew next time"), "{row:#?}");
    assert_eq!(plan.state, PlanState::Failed, "everything is as before");
    assert_eq!(bench.read(STATUS_OF_WEB).as_deref(), Some(OPEN));
}

#[tokio::test]
async fn what_is_not_on_offer_any_more_is_told_where_nothing_takes_it_back() {
    let bench = bench();
    let old = "failed: libc6 is not on offer in version 2.36-9+deb12u2 any more";
    let (row, plan) = gone(&bench, &[Deed::Fails(1, old)]).await;
    // It is somewhere in between: somebody has to look.
    assert_eq!(row.result, Came::Failed, "{row:#?}");
    assert!(row.because.contains("could not be taken back"), "{row:#?}");
    assert_eq!(plan.state, PlanState::Unknown);
}

/// Whoever says yes knows what takes it back, and what that needs; that it may not be there one day
/// makes no failure of an update that went well.
#[tokio::test]
async fn what_the_undo_of_an_update_needs_is_said_before_anybody_says_yes() {
    let bench = bench();
    let holder = bench.holder().await;
    let plan = planned(&holder).await;
    let undo = &plan.steps[0].undo;
    assert!(undo.contains("\ndowngrade_package libc6 "), "{undo}");
    let needs = "the undo needs `libc6` 2.36-9+deb12u2 to be still on offer";
    assert_eq!(plan.risk.matches(needs).count(), 1, "{}", plan.risk);
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS, MENDED)]);
    let old = "failed: libc6 is not on offer in version 2.36-9+deb12u2 any more";
    bench.shell.when(undo, &[Deed::Fails(1, old)]);
    assert_eq!(came(&tonight(&holder).await), [Came::Patched, Came::Waits]);
}

/// A practice says yes for its window alone: looks and other changes may take until it has ended.
#[tokio::test]
async fn what_cannot_begin_in_its_window_is_planned_anew() {
    let bench = bench();
    let holder = bench.holder().await;
    let clock = Arc::clone(&bench.clock);
    let late: Say = Arc::new(move |line: &str| {
        if line.contains(": plan ") {
            clock.advance(Duration::from_hours(3));
        }
    });
    let patched = holder.patch(&person("ben"), &Asked::default(), &late).await.unwrap();
    let rows = patched.hosts;
    assert_eq!(came(&rows), [Came::Waits, Came::Waits], "{rows:#?}");
    let because = "its window ended at 2026-11-21T12:00:00Z, before it could begin; it is planned \
                   anew next time";
    assert_eq!(rows[0].because, because);
    assert!(bench.shell.ran().is_empty());
    let plan = plan_named(&holder, &rows[0]);
    assert_eq!(plan.state, PlanState::Refused, "nobody carries it out on the practice's yes");
    // Nothing failed: the next night it is its turn again.
    bench.clock.advance(DAY.saturating_sub(Duration::from_hours(3)));
    let again = planned(&holder).await;
    bench.shell.when(&again.steps[0].code, &[Deed::Write(STATUS, MENDED)]);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows)[0], Came::Patched, "{rows:#?}");
}

/// A yes for the night is none for the morning after: whoever approves then does not complete it.
#[tokio::test]
async fn a_practices_yes_counts_in_its_window_alone() {
    let bench = bench();
    bench.write("/shop/.holdfast/rules/practice/ours.yaml", &OURS.replace("people", "automatic"));
    let holder = bench.holder().await;
    let plan = planned(&holder).await;
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS, MENDED)]);
    assert_eq!(came(&tonight(&holder).await), [Came::Patched, Came::Waits]);
    bench.clock.advance(DAY);
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::NothingToDo, Came::NeedsYes], "{rows:#?}");
    let plan = plan_named(&holder, &rows[1]);
    assert_eq!(plan.voices.iter().map(|one| &*one.who).collect::<Vec<_>>(), ["practice ours"]);
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS_OF_WEB, MENDED)]);

    bench.clock.advance(Duration::from_hours(3));
    let more = "one more person has to say yes, other than who planned it";
    assert_eq!(approve(&holder, "cat", &plan).await, format!("Noted; {more}."));
    assert_eq!(state_of(&holder, plan.id), PlanState::Waiting);
    let problem = machine::refused(does(&holder, "cat", apply(&plan)).await);
    assert_eq!((&*problem.code, &*problem.message), ("not-approved", more));
    assert_eq!(bench.read(STATUS_OF_WEB).as_deref(), Some(OPEN));

    // The next night both count, and the practice speaks once.
    bench.clock.advance(DAY.saturating_sub(Duration::from_hours(3)));
    let rows = tonight(&holder).await;
    assert_eq!(came(&rows), [Came::NothingToDo, Came::Patched], "{rows:#?}");
    assert_eq!(plan_of(&holder, plan.id).voices.len(), 2);
}

/// `up` patches by itself while somebody asks for it, too.
#[tokio::test]
async fn two_who_patch_at_once_take_turns() {
    let bench = bench();
    let holder = bench.holder().await;
    let plan = planned(&holder).await;
    bench.shell.when(&plan.steps[0].code, &[Deed::Write(STATUS, MENDED)]);
    let (one, other) = tokio::join!(tonight(&holder), tonight(&holder));
    assert_eq!(came(&one), [Came::Patched, Came::Waits], "{one:#?}");
    assert_eq!(came(&other), [Came::NothingToDo, Came::Waits], "{other:#?}");
    assert_eq!(one[1].because, other[1].because);
    assert_eq!(noted(&bench).await.len(), 1);
}
