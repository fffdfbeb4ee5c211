use std::collections::BTreeSet;

use holdfast_model::{Actor, Place, Went};
use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000;

fn alert(id: &str, who: &str, minute: i64) -> Alert {
    Alert {
        rule: "logging-off".into(),
        title: "Somebody switched logging off".into(),
        family: "logging-off".into(),
        severity: Severity::Soon,
        event: Event {
            id: id.into(),
            at: Timestamp(minute * MINUTE),
            log: "aws/cloudtrail".into(),
            actor: Actor {
                key: format!("arn:aws:iam::1:user/{who}").into(),
                session: "".into(),
                name: who.into(),
                person: true,
            },
            action: "cloudtrail.amazonaws.com:StopLogging".into(),
            targets: Vec::new(),
            account: "123456789012".into(),
            region: "".into(),
            from: "".into(),
            agent: "".into(),
            went: Went::Done,
            place: Place::start_of("x"),
        },
        expected_by: None,
        although: String::new(),
    }
}

fn expected(alert: Alert) -> Alert {
    Alert { expected_by: Some("a1".into()), ..alert }
}

fn only(cases: &Cases) -> &Case {
    let all: Vec<&Case> = cases.iter().collect();
    assert_eq!(all.len(), 1);
    all[0]
}

#[test]
fn one_actor_within_an_hour_is_one_case() {
    let mut cases = Cases::default();
    assert!(step(&mut cases, alert("1", "ana", 0)).raises);
    let out = step(&mut cases, alert("2", "ana", 60));
    assert!(out.new && !out.raises && out.replaces.is_empty());
    step(&mut cases, alert("3", "ana", 119));
    let case = only(&cases);
    assert_eq!(case.title, "ana switched logging off in 123456789012 (3 events)");
    assert_eq!((case.first.0, case.last.0), (0, 119 * MINUTE));
    // More than an hour later, somebody else, and something else.
    step(&mut cases, alert("4", "ana", 180));
    step(&mut cases, alert("5", "ben", 0));
    step(&mut cases, Alert { family: "root-used".into(), ..alert("6", "ana", 0) });
    assert_eq!(cases.iter().count(), 4);
}

#[test]
fn a_late_alert_joins_two_cases_and_keeps_their_names_findable() {
    let mut cases = Cases::default();
    let first = step(&mut cases, alert("1", "ana", 0)).case;
    let second = step(&mut cases, alert("3", "ana", 100)).case;
    let out = step(&mut cases, alert("2", "ana", 50));
    assert_eq!((&out.case, out.replaces), (&first, vec![second]));
    assert_eq!(only(&cases).alerts.len(), 3);
    // An earlier one gives the case another name.
    let out = step(&mut cases, alert("0", "ana", -30));
    assert_eq!(out.replaces, [first]);
    assert_eq!(only(&cases).id, out.case);
    assert!(cases.get(&out.case).is_some());
}

#[test]
fn people_who_share_a_role_are_apart_and_runs_of_a_pipeline_are_not() {
    let shared = |id: &str, name: &str, person: bool| {
        let mut alert = alert(id, "x", 0);
        alert.event.actor.name = name.into();
        alert.event.actor.person = person;
        alert
    };
    let mut cases = Cases::default();
    step(&mut cases, shared("1", "admin (ana)", true));
    step(&mut cases, shared("2", "admin (ben)", true));
    assert_eq!(cases.iter().count(), 2);
    let mut cases = Cases::default();
    step(&mut cases, shared("1", "deploy (run-1)", false));
    step(&mut cases, shared("2", "deploy (run-2)", false));
    assert_eq!(cases.iter().count(), 1);
}

#[test]
fn what_was_expected_raises_nothing() {
    let mut cases = Cases::default();
    let out = step(&mut cases, expected(alert("1", "ana", 0)));
    assert!(out.new && !out.raises);
    assert_eq!(only(&cases).severity, Severity::WhenYouCan);
    assert!(step(&mut cases, alert("2", "ana", 1)).raises);
    assert_eq!(only(&cases).severity, Severity::Soon);
    let urgent = Alert { severity: Severity::Now, ..alert("3", "ana", 2) };
    assert!(!step(&mut cases, expected(urgent.clone())).raises);
    assert_eq!(only(&cases).severity, Severity::Soon);
    let fourth = Alert { event: alert("4", "ana", 3).event, ..urgent };
    assert!(step(&mut cases, fourth).raises);
    assert_eq!(only(&cases).severity, Severity::Now);
}

#[test]
fn an_answer_speaks_of_what_it_has_seen() {
    let mut cases = Cases::default();
    let id = step(&mut cases, alert("1", "ana", 0)).case;
    assert!(cases.assign(&id, "platform") && cases.answer(&id, Some(Answer::Benign)));
    assert!(!cases.answer("nothing", None) && !cases.assign("nothing", "x"));
    // A repeat changes nothing, and what was announced is no surprise.
    assert!(!step(&mut cases, alert("1", "ana", 0)).new);
    step(&mut cases, expected(alert("2", "ana", 1)));
    assert_eq!(only(&cases).answer, Some(Answer::Benign));
    assert!(step(&mut cases, alert("3", "ana", 2)).raises);
    assert_eq!((only(&cases).answer, only(&cases).owner.as_str()), (None, "platform"));
}

#[test]
fn titles_say_who_did_what_where_and_how_often() {
    let title = |change: &dyn Fn(&mut Alert)| {
        let mut alert = alert("1", "ana", 0);
        change(&mut alert);
        let mut cases = Cases::default();
        step(&mut cases, alert);
        only(&cases).title.clone()
    };
    assert_eq!(title(&|_| ()), "ana switched logging off in 123456789012 (1 event)");
    assert_eq!(
        title(&|a| a.title = "AWS Trail Stopped".into()),
        "ana: AWS Trail Stopped in 123456789012 (1 event)"
    );
    assert_eq!(
        title(&|a| (a.event.account, a.event.actor.name) = ("".into(), "".into())),
        "arn:aws:iam::1:user/ana switched logging off (1 event)"
    );
    // The most urgent names it, and two rules about one event are one event.
    let mut cases = Cases::default();
    step(&mut cases, alert("1", "ana", 0));
    let worse = Alert {
        rule: "other".into(),
        severity: Severity::Now,
        title: "Somebody used root".into(),
        ..alert("1", "ana", 0)
    };
    step(&mut cases, worse);
    assert_eq!(only(&cases).title, "ana used root in 123456789012 (1 event)");
}

#[test]
fn settled_cases_are_those_that_nothing_can_join() {
    let mut cases = Cases::default();
    step(&mut cases, alert("1", "ana", 0));
    step(&mut cases, alert("2", "ben", 30));
    assert!(cases.settle(Timestamp(60 * MINUTE)).is_empty());
    let settled = cases.settle(Timestamp(60 * MINUTE + 1));
    assert_eq!(settled.len(), 1);
    assert_eq!(&*settled[0].actor.name, "ana");
    assert_eq!(cases.iter().count(), 1);
}

/// Cases without what depends on nothing but their being there.
fn all(cases: &Cases) -> Vec<Case> {
    let mut out: Vec<Case> = cases.iter().cloned().collect();
    out.sort_by(|a, b| a.id.cmp(&b.id));
    out
}

fn some_alerts() -> impl Strategy<Value = Vec<Alert>> {
    let one = (0_u8..40, 0_u8..2, 0_u8..2, 0_i64..400, 0_u8..3, any::<bool>()).prop_map(
        |(id, who, family, minute, severity, announced)| {
            // One event has one time and one actor.
            let mut alert =
                alert(&format!("{id}-{who}-{minute}"), ["ana", "ben"][who as usize], minute);
            alert.family = ["a", "b"][family as usize].into();
            alert.rule = format!("{family}-{severity}").into();
            alert.severity =
                [Severity::WhenYouCan, Severity::Soon, Severity::Now][severity as usize];
            alert.expected_by = (announced && id % 2 == 0).then(|| "a1".into());
            alert
        },
    );
    // One rule says one thing of one event.
    proptest::collection::vec(one, 0..30).prop_map(|mut alerts| {
        let mut seen = BTreeSet::new();
        alerts.retain(|alert| seen.insert((alert.rule.clone(), alert.event.id.clone())));
        alerts
    })
}

fn run(alerts: &[Alert]) -> Cases {
    let mut cases = Cases::default();
    for alert in alerts {
        step(&mut cases, alert.clone());
    }
    cases
}

proptest! {
    #[test]
    fn the_order_of_arrival_changes_nothing(
        (alerts, shuffled) in some_alerts()
            .prop_flat_map(|alerts| (Just(alerts.clone()), Just(alerts).prop_shuffle())),
    ) {
        prop_assert_eq!(all(&run(&alerts)), all(&run(&shuffled)));
    }

    #[test]
    fn repeats_change_nothing(alerts in some_alerts(), again in any::<prop::sample::Index>()) {
        let mut cases = run(&alerts);
        let before = cases.clone();
        prop_assume!(!alerts.is_empty());
        let out = step(&mut cases, alerts[again.index(alerts.len())].clone());
        prop_assert!(!out.new && !out.raises);
        prop_assert_eq!(cases, before);
    }

    /// Inside a case no pause is longer than an hour, and between two of one actor each is.
    #[test]
    fn pauses_divide_cases(alerts in some_alerts()) {
        let cases = run(&alerts);
        let count: usize = cases.iter().map(|case| case.alerts.len()).sum();
        prop_assert_eq!(count, alerts.len());
        for list in cases.cases.values() {
            for case in list {
                let mut pauses =
                    case.alerts.windows(2).map(|pair| pair[1].event.at.0 - pair[0].event.at.0);
                prop_assert!(pauses.all(|pause| (0..=PAUSE).contains(&pause)));
            }
            prop_assert!(list.windows(2).all(|pair| pair[1].first.0 - pair[0].last.0 > PAUSE));
        }
    }

    /// Whoever follows the names finds every case under its last one.
    #[test]
    fn names_can_be_followed(alerts in some_alerts()) {
        let mut cases = Cases::default();
        let mut known = BTreeSet::new();
        for alert in &alerts {
            let out = step(&mut cases, alert.clone());
            for old in &out.replaces {
                prop_assert!(known.remove(old));
            }
            known.insert(out.case);
        }
        let names: BTreeSet<_> = cases.iter().map(|case| case.id.clone()).collect();
        prop_assert_eq!(names, known);
    }
}
