//! The demonstration: that it is whole, alive on every page, the same each time, and touches nothing
//! but its data folder.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_engine::demo::{self, DemoDesk, Options};
use holdfast_engine::desk::{Action, Desk as _, FindingView, Person, PlanState, View};
use holdfast_engine::record;
use holdfast_model::{Answer, AssetKind, FindingKind, Severity, State, Timestamp, Tool};
use holdfast_world::{Recorded, World};
use jiff::tz::TimeZone;

/// 2026-11-21T09:00:00Z.
const NOW: i64 = 1_795_251_600_000;
const DAY: i64 = 86_400_000;

/// A machine on which nothing is: whoever looks at it finds nothing, and whoever writes is seen.
fn real() -> World {
    World::recorded(Recorded::new().now(Timestamp(NOW)).seed(7))
}

fn sam() -> Person {
    Person { name: "sam".to_owned() }
}

async fn built(data: &Path, real: &World) -> Arc<DemoDesk> {
    let options = Options { now: Timestamp(NOW), zone: TimeZone::UTC, seed: 1 };
    demo::build(data, &options).await.unwrap().open(real).await.unwrap()
}

/// Everything below a folder.
fn below(world: &World) -> Vec<String> {
    world.machine().glob("**").unwrap().iter().map(ToString::to_string).collect()
}

/// What lists show, without what random numbers decide.
fn shown(view: &View) -> String {
    let findings: Vec<_> = view
        .findings
        .iter()
        .map(|one| (one.key, &one.row.title, one.row.state, one.first_seen, one.since, one.due))
        .collect();
    let gaps: Vec<_> = view.gaps.iter().map(|gap| (&gap.row.key, &gap.row.reason)).collect();
    let plans: Vec<_> =
        view.plans.iter().map(|plan| (plan.id, plan.state, plan.proposed)).collect();
    let cases: Vec<_> = view.cases.iter().map(|one| &one.case).collect();
    format!("{findings:#?}{gaps:#?}{plans:#?}{cases:#?}{}", view.mending.half)
}

fn states(view: &View) -> BTreeMap<&'static str, usize> {
    let mut states = BTreeMap::new();
    for plan in &view.plans {
        *states.entry(plan.state.word()).or_default() += 1;
    }
    states
}

/// One is built for everything that is asked of it: it takes some seconds.
#[tokio::test]
async fn every_page_is_alive_people_act_and_the_record_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let world = real();
    let before = below(&world);
    // The same seed once more, beside the first.
    let again = dir.path().join("again");
    let twin = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let twin = runtime.block_on(built(&again, &real()));
        let told = shown(&twin.view());
        runtime.block_on(twin.close()).unwrap();
        std::fs::remove_dir_all(&again).unwrap();
        told
    });
    let desk = built(&data, &world).await;
    let view = desk.view();
    assert!(view.demo);
    assert_eq!(shown(&view), twin.join().unwrap());
    is_alive(&view);
    let last_day = desk.timeline(Timestamp(NOW - DAY)).await.unwrap();
    assert!(last_day.len() >= 30, "{}", last_day.len());
    nothing_is_carried_out(&desk).await;
    people_act(&desk).await;

    desk.close().await.unwrap();
    let store = record::reader(&data).await.unwrap().unwrap();
    let report = store.verify(None).await.unwrap();
    assert!(report.broken.is_empty(), "{:?}", report.broken);
    assert!(report.entries > 300, "{}", report.entries);
    assert_eq!(below(&world), before, "the machine was touched");
    let entries: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(entries.len(), 1, "only the data folder");

    // Nothing is built over a record.
    let options = Options { now: Timestamp(NOW), zone: TimeZone::UTC, seed: 1 };
    let over = demo::build(&data, &options).await.unwrap_err();
    assert_eq!(over.problems()[0].code, "demo-not-empty");
}

fn is_alive(view: &View) {
    let teams: BTreeSet<&str> = view.assets.iter().map(|one| one.asset.team.as_str()).collect();
    assert_eq!(teams, BTreeSet::from(["payments", "platform", "storefront"]));
    let kinds = |kind| view.assets.iter().filter(|one| one.asset.kind == kind).count();
    assert_eq!((kinds(AssetKind::Host), kinds(AssetKind::Repository)), (12, 8));
    by_schedule(view);
    assert!(view.problems.is_empty(), "{:?}", view.problems);

    let of = |state| view.findings.iter().filter(|one| one.row.state == state).count();
    assert!(of(State::Open) >= 15 && of(State::Fixed) >= 50, "{}", shown(view));
    assert!(of(State::Accepted) >= 2 && of(State::Removed) >= 1);
    let is = |kind| view.findings.iter().any(|one| one.row.kind == kind && one.open);
    assert!(is(FindingKind::Package) && is(FindingKind::Control) && is(FindingKind::Guardrail));
    for severity in [Severity::Now, Severity::Soon, Severity::WhenYouCan] {
        assert!(view.findings.iter().any(|one| one.open && one.row.severity == severity));
    }
    let reasons: BTreeSet<&str> = view.gaps.iter().map(|gap| gap.row.reason.as_str()).collect();
    assert!(reasons.len() >= 4, "{reasons:?}");
    assert!(view.findings.iter().all(|one| one.first_seen.0 >= NOW - 91 * DAY));

    let states = states(view);
    for state in ["waiting", "approved", "done", "undone", "refused", "expired"] {
        assert!(states.contains_key(state), "no plan is {state}: {states:?}");
    }
    assert_eq!(view.channels.len(), 3);
    for channel in &view.channels {
        assert_eq!(channel.waiting, 0, "{channel:?}");
        assert!(channel.last.as_ref().is_some_and(|(_, it)| it == "it arrived"), "{channel:?}");
    }
    assert!(view.cases.iter().any(|one| one.is_open() && one.case.owner.is_empty()));
    assert!(view.cases.iter().any(|one| one.is_open() && !one.case.owner.is_empty()));
    for answer in Answer::ALL {
        assert!(view.cases.iter().any(|one| one.case.answer == Some(answer)), "{answer:?}");
    }
    assert!(view.announcements.iter().any(|one| one.in_force && one.covered == 0));
    assert!(view.announcements.iter().any(|one| one.in_force && one.covered == 1));
    assert!(view.announcements.iter().any(|one| !one.in_force && one.covered == 0));
    assert!(view.announcements.iter().any(|one| one.announcement.from.0 > NOW + DAY));

    let groups: BTreeSet<(&str, &str)> =
        view.mending.groups.iter().map(|group| (group.sort, group.name.as_str())).collect();
    for team in teams {
        assert!(groups.contains(&("team", team)), "{groups:?}");
    }
    assert!(view.half_mended_days.is_some());
    let verdicts: BTreeSet<&str> = view.mending.goals.iter().map(|goal| goal.verdict).collect();
    assert!(verdicts.len() >= 2, "{:?}", view.mending.goals);
}

/// Hosts of each team, with what came of the last look; one does not answer, and is not clean.
fn by_schedule(view: &View) {
    let teams: BTreeSet<&str> = view.hosts.iter().filter_map(|one| one.team.as_deref()).collect();
    assert_eq!(teams, BTreeSet::from(["payments", "platform", "storefront"]));
    for host in &view.hosts {
        assert!(host.looked_at.is_some_and(|at| at.0 >= NOW - DAY), "{host:?}");
        assert!(!host.groups.is_empty(), "{host:?}");
        assert!(host.labels.iter().any(|label| label.starts_with("ring:")), "{host:?}");
        assert_eq!(host.same_machine, [] as [String; 0]);
    }
    let silent = |one: &&holdfast_engine::hosts::HostRow| one.result == "not assessed";
    let (down, up): (Vec<_>, Vec<_>) = view.hosts.iter().partition(silent);
    let [down] = down.as_slice() else { panic!("{down:?}") };
    assert_eq!((down.name.as_str(), down.controls), ("backup-2", None));
    assert!(down.reason.contains("No route to host"), "{down:?}");
    assert!(up.len() == 3 && up.iter().all(|one| one.controls.is_some_and(|all| all.passed > 0)));
    assert!(up.iter().any(|one| one.result == "fail"), "{up:?}");
}

/// What would touch a machine is refused, and nothing of it is recorded.
async fn nothing_is_carried_out(desk: &DemoDesk) {
    let view = desk.view();
    let approved = view.plans.iter().find(|plan| plan.state == PlanState::Approved).unwrap().id;
    for action in [
        Action::Apply { plan: approved },
        Action::Confirm { plan: approved },
        Action::Undo { plan: approved },
        Action::TestChannel { name: "team".to_owned() },
    ] {
        let problem = desk.act(sam(), action).await.unwrap_err();
        assert_eq!(problem.code, "demo-only");
        assert!(problem.message.starts_with("this is the demo: nothing is "), "{problem}");
    }
    // A host that only `ssh` would reach is not asked for a plan either.
    let over_ssh = |one: &&FindingView| one.open && one.asset.starts_with("ssh://");
    let far: Vec<FindingView> = view.findings.iter().filter(over_ssh).cloned().collect();
    assert!(!far.is_empty() && far.iter().all(|one| one.unplannable.is_some()), "{far:?}");
    let detail = desk.finding(far[0].key).await.unwrap().unwrap();
    assert!(detail.finding.unplannable.is_some());
    let propose = Action::Propose { keys: vec![far[0].key], tool: Tool::Shell };
    assert_eq!(desk.act(sam(), propose).await.unwrap_err().code, "demo-only");
    let asset = desk.asset(&far[0].asset).unwrap();
    assert!(!asset.controls.is_empty());
    let plan = desk.view();
    let plan = plan.plans.iter().find(|plan| plan.id == approved).unwrap();
    assert_eq!(plan.state, PlanState::Approved, "and nothing of it is recorded");
}

async fn people_act(desk: &DemoDesk) {
    let view = desk.view();
    let changes = *desk.changes().borrow();
    let waits = view.plans.iter().find(|plan| plan.state == PlanState::Waiting).unwrap();
    desk.act(sam(), Action::Approve { plan: waits.id }).await.unwrap();
    let after = desk.view();
    let after = after.plans.iter().find(|plan| plan.id == waits.id).unwrap();
    assert!(after.voices.iter().any(|voice| voice.who == "sam"));
    assert!(*desk.changes().borrow() > changes && desk.view().demo);

    // A change can be planned for every host, and every finding can be opened.
    let plannable = view.findings.iter().filter(|one| one.open && one.unplannable.is_none());
    let hosts: BTreeSet<_> = plannable.clone().map(|one| Arc::clone(&one.asset)).collect();
    assert!(hosts.len() >= 5, "{hosts:?}");
    let control = plannable.clone().find(|one| one.row.kind == FindingKind::Control).unwrap();
    let detail = desk.finding(control.key).await.unwrap().unwrap();
    assert!(!detail.fixes.is_empty() && !detail.history.is_empty());
    let propose = Action::Propose { keys: vec![control.key], tool: Tool::Ansible };
    assert!(desk.act(sam(), propose).await.unwrap().plan.is_some());
    let until = jiff::civil::date(2026, 12, 24);
    let accept = Action::Accept { key: control.key, until, because: "until then".to_owned() };
    desk.act(sam(), accept).await.unwrap();
    let detail = desk.finding(control.key).await.unwrap().unwrap();
    assert_eq!(detail.acceptance_waits.as_deref(), Some("sam"));

    let case = view.cases.iter().find(|one| one.is_open()).unwrap();
    let answer = Action::AnswerCase {
        id: case.case.id.to_string(),
        answer: Answer::Benign,
        because: "it was me".to_owned(),
    };
    desk.act(sam(), answer).await.unwrap();
    let look = desk.act(sam(), Action::Look).await.unwrap();
    assert_eq!(look.message, "Looked again.");
}
