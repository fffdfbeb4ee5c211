use holdfast_model::{Place, Timestamp, Went};
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;
/// The window of [`announcement`] begins at its tenth hour and ends at its twentieth.
const FROM: i64 = 10 * HOUR;

fn event(id: &str, hour: i64) -> Event {
    Event {
        id: id.into(),
        at: Timestamp(hour * HOUR),
        log: "aws/cloudtrail".into(),
        actor: Actor {
            key: "arn:aws:iam::1:role/deploy".into(),
            session: "run-7".into(),
            name: "deploy".into(),
            person: false,
        },
        action: "ec2.amazonaws.com:RunInstances".into(),
        targets: vec!["i-0a".into()],
        account: "1".into(),
        region: "eu-central-1".into(),
        from: "".into(),
        agent: "".into(),
        went: Went::Done,
        place: Place::start_of("x"),
    }
}

fn alert(id: &str, hour: i64) -> Alert {
    Alert {
        rule: "r".into(),
        title: "Somebody did it".into(),
        family: "f".into(),
        severity: Severity::Soon,
        event: event(id, hour),
        expected_by: None,
        although: String::new(),
    }
}

fn announcement() -> Announcement {
    Announcement {
        id: "a1".into(),
        by: "ben".into(),
        who: "Deploy".into(),
        what: vec!["RunInstances".into()],
        on: Vec::new(),
        from: Timestamp(FROM),
        until: Timestamp(20 * HOUR),
        at_most: 2,
        because: "moving".into(),
        noted: Timestamp(0),
        approver: None,
    }
}

fn said(change: impl FnOnce(&mut Announcement, &mut Event)) -> Said {
    let (mut announcement, mut event) = (announcement(), event("e", 12));
    change(&mut announcement, &mut event);
    weigh(&announcement, &event, Severity::Soon, 0)
}

fn although(said: &Said) -> &str {
    let Said::Although(why) = said else { panic!("{said:?}") };
    why.strip_prefix("ben announced something like it, but ").unwrap()
}

#[test]
fn what_was_announced_is_expected() {
    assert_eq!(said(|_, _| ()), Said::Expected);
    // By key, name or session, in any letter case; by action with or without its service.
    for who in ["DEPLOY", "arn:aws:iam::1:role/deploy", "run-7"] {
        assert_eq!(said(|a, _| a.who = who.into()), Said::Expected, "{who}");
    }
    for what in ["ec2.amazonaws.com:RunInstances", "run*", "ec2.*", "*"] {
        assert_eq!(said(|a, _| a.what = vec![what.into()]), Said::Expected, "{what}");
    }
    for on in ["i-0*", "1", "eu-central-1", "*"] {
        assert_eq!(said(|a, _| a.on = vec![on.into()]), Said::Expected, "{on}");
    }
    // The window has its first moment, and not its last.
    assert_eq!(said(|_, e| e.at = Timestamp(FROM)), Said::Expected);
}

#[test]
fn others_are_not_meant() {
    assert_eq!(said(|a, _| a.who = "deploy2".into()), Said::Nothing);
    assert_eq!(said(|a, _| a.who = String::new()), Said::Nothing);
    assert_eq!(said(|_, e| e.at = Timestamp(90 * HOUR)), Said::Nothing);
    // Another action outside the window is nobody's announced one.
    assert_eq!(said(|_, e| (e.at, e.action) = (Timestamp(21 * HOUR), "x".into())), Said::Nothing);
}

#[test]
fn what_does_not_cover_says_why() {
    let why = said(|a, _| a.what = vec!["StopInstances".into()]);
    assert_eq!(although(&why), "not `ec2.amazonaws.com:RunInstances`");
    assert_eq!(although(&said(|a, _| a.on = vec!["i-1*".into()])), "not on `i-0a`");
    // Every target has to be meant.
    let why =
        said(|a, e| (a.on, e.targets) = (vec!["i-0a".into()], vec!["i-0a".into(), "x".into()]));
    assert_eq!(although(&why), "not on `x`");
    let why = said(|a, e| (a.on, e.targets) = (vec!["i-0a".into()], Vec::new()));
    assert_eq!(although(&why), "not in `1`");
    let why = said(|_, e| e.at = Timestamp(20 * HOUR));
    assert_eq!(although(&why), "only until 1970-01-01T20:00:00Z");
    let why = said(|_, e| e.at = Timestamp(FROM - 1));
    assert_eq!(although(&why), "only from 1970-01-01T10:00:00Z on");
    let why = said(|a, _| a.noted = Timestamp(12 * HOUR + 1));
    assert_eq!(although(&why), "only afterwards, at 1970-01-01T12:00:00Z");
    let why = said(|a, _| a.at_most = 0);
    assert_eq!(although(&why), "at most never");
}

#[test]
fn some_things_are_never_announced() {
    for (action, what) in [
        ("cloudtrail.amazonaws.com:StopLogging", "stopping or deleting logs"),
        ("kms.amazonaws.com:ScheduleKeyDeletion", "deleting keys"),
        ("events.amazonaws.com:DisableRule", "changing what raises alerts"),
    ] {
        let why = said(|a, e| {
            (a.what, a.approver) = (vec!["*".into()], Some("eva".into()));
            e.action = action.into();
        });
        assert_eq!(although(&why), format!("{what} is never taken as announced"));
    }
    for key in ["1:Root", "arn:aws:iam::1:root"] {
        let why = said(|a, e| (a.who, e.actor.key) = (key.into(), key.into()));
        assert_eq!(although(&why), "using root is never taken as announced");
    }
    let user = "arn:aws:iam::1:user/root";
    assert_eq!(said(|a, e| (a.who, e.actor.key) = (user.into(), user.into())), Said::Expected);
    // On a host everything that runs by itself is root.
    let host = |a: &mut Announcement, e: &mut Event| {
        (a.who, e.actor.key, e.log) = ("root".into(), "root".into(), "linux/sudo".into());
    };
    assert_eq!(said(host), Said::Expected);
}

#[test]
fn rights_logs_and_what_wakes_somebody_need_a_second_person() {
    let iam = |approver: Option<&str>| {
        said(|a, e| {
            (a.what, a.approver) = (vec!["*".into()], approver.map(str::to_owned));
            e.action = "iam.amazonaws.com:CreateAccessKey".into();
        })
    };
    let why = iam(None);
    assert_eq!(although(&why), "a change of who may do what needs the yes of a second person");
    assert_eq!(iam(Some("eva")), Said::Expected);
    for none in ["", " ", "Ben", "ben "] {
        assert_eq!(iam(Some(none)), why, "{none:?}");
    }
    let now = |a: &Announcement| weigh(a, &event("e", 12), Severity::Now, 0);
    let why = now(&announcement());
    assert_eq!(although(&why), "what wakes somebody needs the yes of a second person");
    assert_eq!(
        now(&Announcement { approver: Some("eva".into()), ..announcement() }),
        Said::Expected
    );
    let group = said(|a, e| (a.what, e.action) = (vec!["*".into()], "group-member-add".into()));
    assert!(although(&group).contains("second person"));
}

#[test]
fn the_earlier_events_are_covered_and_the_rest_says_so() {
    let mut happened = Happened::default();
    let alerts = vec![alert("c", 14), alert("a", 12), alert("b", 13)];
    let told = step(&[announcement()], &mut happened, alerts.clone());
    let covered: Vec<bool> = told.iter().map(|alert| alert.expected_by.is_some()).collect();
    assert_eq!(covered, [false, true, true]);
    assert_eq!(told[0].although, "ben announced something like it, but at most twice");
    // The same events again are no further ones, and neither is another rule about one of them.
    assert_eq!(step(&[announcement()], &mut happened, alerts), told);
    let other = Alert { rule: "other".into(), ..alert("a", 12) };
    assert!(step(&[announcement()], &mut happened, vec![other])[0].expected_by.is_some());
    assert_eq!(happened.count("a1"), 2);
}

#[test]
fn one_that_covers_beats_one_that_does_not() {
    let short = Announcement { id: "a0".into(), at_most: 0, ..announcement() };
    let told = step(&[short, announcement()], &mut Happened::default(), vec![alert("a", 12)]);
    assert_eq!((told[0].expected_by.as_deref(), told[0].although.as_str()), (Some("a1"), ""));
}

#[test]
fn what_was_announced_is_seen_to_happen_though_no_rule_speaks_of_it() {
    let (all, mut happened) = ([announcement()], Happened::default());
    assert_eq!(happened.count("a1"), 0);
    happened.note(&all, &event("quiet", 12));
    happened.note(&all, &event("quiet", 12));
    assert_eq!(happened.count("a1"), 1);
    happened.retain(|id| id != "a1");
    assert_eq!(happened, Happened::default());
}

proptest! {
    /// Nothing is lost, and nothing is covered that lies outside the window or beyond the count.
    #[test]
    fn covering_keeps_its_bounds(
        events in proptest::collection::vec((0_u8..12, 0_i64..30), 0..20),
        at_most in 0_u32..5,
    ) {
        let announcements = [Announcement { at_most, ..announcement() }];
        let alerts: Vec<Alert> =
            events.iter().map(|(id, hour)| alert(&format!("e{id}"), *hour)).collect();
        let mut happened = Happened::default();
        let told = step(&announcements, &mut happened, alerts.clone());
        let bare = told.iter().map(|alert| Alert {
            expected_by: None,
            although: String::new(),
            ..alert.clone()
        });
        prop_assert_eq!(bare.collect::<Vec<_>>(), alerts);
        let covered = told.iter().filter(|alert| alert.expected_by.is_some());
        let ids: BTreeSet<_> = covered.clone().map(|alert| alert.event.id.clone()).collect();
        prop_assert!(ids.len() <= at_most as usize);
        for alert in covered {
            prop_assert!((10..20).contains(&(alert.event.at.0 / HOUR)));
            prop_assert!(alert.although.is_empty());
        }
    }
}
