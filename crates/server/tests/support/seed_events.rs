//! Events of the desk of the tests, as an account and two hosts would tell them: a few that rules
//! speak of, their cases, what was announced, and as many ordinary ones as a test wants.

use std::sync::Arc;

use holdfast_engine::desk::{AnnouncementView, CaseView, ChannelView, EventAlert, EventRow};
use holdfast_model::{
    Actor, Alert, Announcement, Answer, Case, Digest, Event, Place, Severity, Timestamp, Went,
};

use super::{hours_ago, now};

const MINUTE: i64 = 60_000;
const ACCOUNT: &str = "123456789012";

fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp(now().0 - minutes * MINUTE)
}

/// Somebody in an account, by a role, or somebody on a host.
fn actor(name: &str) -> Actor {
    let (role, session) = name.split_once('/').unwrap_or((name, ""));
    let key = match session {
        "" => format!("{role}@web-1"),
        _ => format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
    };
    Actor {
        key: key.into(),
        session: session.into(),
        name: name.into(),
        person: !role.contains("bot") && !role.contains("cron"),
    }
}

/// What stands in one alert.
struct Written<'a> {
    rule: &'a str,
    title: &'a str,
    severity: Severity,
    who: &'a str,
    action: &'a str,
    targets: &'a [&'a str],
    failed: &'a str,
    minutes: i64,
    expected_by: Option<&'a str>,
    although: &'a str,
}

impl Written<'_> {
    fn alert(&self, number: usize) -> Alert {
        let host = self.who.split_once('/').is_none();
        let event = Event {
            id: format!("{}-{number}", self.rule).into(),
            at: minutes_ago(self.minutes),
            log: if host { "linux/sshd" } else { "aws/cloudtrail" }.into(),
            actor: actor(self.who),
            action: self.action.into(),
            targets: self.targets.iter().map(|target| Arc::from(*target)).collect(),
            account: if host { "web-1" } else { ACCOUNT }.into(),
            region: if host { "" } else { "eu-central-1" }.into(),
            from: if host { "203.0.113.77" } else { "198.51.100.24" }.into(),
            agent: if host { "" } else { "aws-cli/2.15.30" }.into(),
            went: match self.failed {
                "" => Went::Done,
                why => Went::Failed(why.into()),
            },
            place: Place::start_of(if host { "/var/log/auth.log" } else { "trail/0312.json.gz" }),
        };
        Alert {
            rule: self.rule.into(),
            title: self.title.to_owned(),
            family: self.rule.into(),
            severity: self.severity,
            event,
            expected_by: self.expected_by.map(Arc::from),
            although: self.although.to_owned(),
        }
    }
}

/// A case of these alerts.
fn case(
    title: &str,
    owner: &str,
    alerts: Vec<Alert>,
    answer: Option<(Answer, &str, i64)>,
) -> CaseView {
    let first = alerts.first().unwrap().event.clone();
    let last = alerts.last().unwrap().event.at;
    let unannounced = alerts.iter().filter(|alert| alert.expected_by.is_none());
    let severity = unannounced.map(|alert| alert.severity).max().unwrap_or(Severity::WhenYouCan);
    let case = Case {
        id: Digest::of(title.as_bytes()).to_string().into(),
        actor: first.actor,
        family: alerts.first().unwrap().family.clone(),
        title: title.to_owned(),
        severity,
        first: first.at,
        last,
        alerts,
        owner: owner.to_owned(),
        answer: answer.map(|(answer, ..)| answer),
    };
    let answered =
        answer.map(|(_, because, hours)| ("bob".to_owned(), hours_ago(hours), because.to_owned()));
    CaseView { case, answered }
}

fn alerts(all: &[Written<'_>]) -> Vec<Alert> {
    all.iter().enumerate().map(|(number, one)| one.alert(number)).collect()
}

const SERVER: &str = "server created outside an auto-scaling group";
const RUN: &str = "ec2.amazonaws.com:RunInstances";
const BY_HAND: Written<'static> = Written {
    rule: "server-by-hand",
    title: SERVER,
    severity: Severity::Soon,
    who: "engineer/carol",
    action: RUN,
    targets: &["i-0c1f2a9b7d3e4f501"],
    failed: "",
    minutes: 168,
    expected_by: None,
    although: "",
};

/// Every case, open ones first, then the newest.
#[expect(clippy::too_many_lines, reason = "a list of what is made up or asked")]
pub fn cases() -> Vec<CaseView> {
    let trail = [Written {
        rule: "logging-off",
        title: "logging switched off",
        severity: Severity::Now,
        who: "admin-old/session-1",
        action: "cloudtrail.amazonaws.com:StopLogging",
        targets: &["arn:aws:cloudtrail:eu-central-1:123456789012:trail/all"],
        minutes: 47,
        although: "alice announced something like it, but stopping logs is never taken as announced",
        ..BY_HAND
    }];
    let no = "Client.UnauthorizedOperation";
    let by_hand = [
        Written { targets: &[], failed: no, minutes: 171, ..BY_HAND },
        Written { targets: &[], failed: no, minutes: 170, ..BY_HAND },
        Written { although: "alice announced something like it, but not by `carol`", ..BY_HAND },
    ];
    let announced = [
        Written {
            who: "deploy-bot/run-8812",
            targets: &["i-0aa1", "i-0aa2"],
            minutes: 300,
            expected_by: Some("41"),
            ..BY_HAND
        },
        Written {
            who: "deploy-bot/run-8812",
            targets: &["i-0aa3"],
            minutes: 296,
            expected_by: Some("41"),
            ..BY_HAND
        },
    ];
    let login = Written {
        rule: "odd-hour",
        title: "login at an odd hour",
        severity: Severity::WhenYouCan,
        who: "bob",
        action: "login",
        targets: &["web-1"],
        minutes: 1_700,
        ..BY_HAND
    };
    let sudo = Written {
        rule: "new-sudo-user",
        title: "somebody used sudo for the first time",
        severity: Severity::Soon,
        who: "intern",
        action: "sudo",
        targets: &["/usr/bin/passwd root"],
        minutes: 9_000,
        ..BY_HAND
    };
    let many: Vec<Alert> = (0..130_usize)
        .map(|number| {
            let minutes = 130 - i64::try_from(number).unwrap() / 3;
            let failed = "Failed password";
            Written {
                rule: "password-guessing",
                title: "somebody guesses passwords",
                who: "root",
                action: "login",
                targets: &["web-1"],
                failed,
                minutes,
                ..BY_HAND
            }
            .alert(number)
        })
        .collect();
    let said = |answer, because, hours| Some((answer, because, hours));
    vec![
        case("Logging was switched off", "", alerts(&trail), None),
        case(
            "A server was created outside its auto-scaling group",
            "alice",
            alerts(&by_hand),
            None,
        ),
        case("Somebody guesses the password of root", "", many, None),
        case("Servers were created as announced", "", alerts(&announced), None),
        case(
            "A login at an odd hour",
            "bob",
            alerts(&[login]),
            said(Answer::Benign, "I could not sleep and looked at the disk", 20),
        ),
        case(
            "Somebody new used sudo",
            "alice",
            alerts(&[sudo]),
            said(Answer::Incident, "the password of `root` was changed; it was turned back", 140),
        ),
    ]
}

/// Every announcement, newest first.
#[expect(clippy::too_many_lines, reason = "a list of what is made up or asked")]
pub fn announcements() -> Vec<AnnouncementView> {
    let words = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    let one = |id: &str,
               by: &str,
               who: &str,
               what: &[&str],
               on: &[&str],
               hours: (i64, i64),
               at_most,
               because: &str| {
        Announcement {
            id: id.into(),
            by: by.to_owned(),
            who: who.to_owned(),
            what: words(what),
            on: words(on),
            from: hours_ago(hours.0),
            until: hours_ago(hours.1),
            at_most,
            because: because.to_owned(),
            noted: hours_ago(hours.0),
            approver: None,
        }
    };
    let view = |announcement, covered, told: &str, in_force| AnnouncementView {
        announcement,
        covered,
        told: told.to_owned(),
        in_force,
    };
    let rolling = one(
        "41",
        "alice",
        "deploy-bot",
        &[RUN, "ec2.amazonaws.com:TerminateInstances"],
        &["eu-central-1"],
        (6, -2),
        12,
        "rolling the web servers to the new image",
    );
    let rights = Announcement {
        approver: Some("carol".to_owned()),
        ..one(
            "38",
            "bob",
            "bob",
            &["iam.amazonaws.com:*"],
            &[],
            (20, -4),
            5,
            "moving the build role",
        )
    };
    let passwords = one(
        "35",
        "bob",
        "carol",
        &["password-change"],
        &["db-1"],
        (8, -16),
        1,
        "the yearly change",
    );
    let never =
        one("22", "carol", "carol", &["apt-get upgrade"], &["db-1"], (80, 72), 1, "kernel update");
    let often = one(
        "14",
        "alice",
        "alice",
        &["sudo"],
        &["web-1"],
        (160, 150),
        3,
        "moving the certificates",
    );
    vec![
        view(rolling, 2, "it happened twice so far", true),
        view(rights, 0, "nothing of it happened yet", true),
        view(passwords, 0, "nothing of it happened yet", true),
        view(never, 0, "it did not happen, or cannot be seen from here", false),
        view(often, 3, "it happened 3 times, and twice more than was announced", false),
    ]
}

/// The ways to reach teams.
pub fn channels() -> Vec<ChannelView> {
    let channel = |name: &str,
                   connector,
                   teams: &[&str],
                   preview: &str,
                   last: Option<(i64, &str)>,
                   waiting| {
        ChannelView {
            name: name.to_owned(),
            connector,
            teams: teams.iter().map(|team| (*team).to_owned()).collect(),
            preview: preview.to_owned(),
            last: last.map(|(hours, words)| (hours_ago(hours), words.to_owned())),
            waiting,
        }
    };
    vec![
        channel(
            "payments-alerts",
            "slack",
            &["payments", "operations"],
            "soon: A server was created outside its auto-scaling group\nengineer/carol, eu-central-1, \
             3 alerts within 3 min. Nobody announced it.\n[I look after it] [It was expected] [Open the case]",
            Some((2, "the case of engineer/carol; brought up to date once")),
            0,
        ),
        channel(
            "tickets",
            "jira",
            &["payments"],
            "SEC: openssl 3.0.11 has a hole that is being exploited\nWhere: web-1\nBy when: tomorrow\n\
             Fix: apt-get install openssl=3.0.15-1~deb12u1",
            Some((30, "the partner did not answer; it is tried again in 4 min")),
            2,
        ),
        channel(
            "oncall",
            "webhook",
            &[],
            "{\n  \"type\": \"case.opened\",\n  \"severity\": \"now\"\n}",
            None,
            0,
        ),
    ]
}

/// What happens on an ordinary day: who, what, on what, where, from where, why it failed, which log.
const ORDINARY: [[&str; 7]; 8] = [
    [
        "deploy-bot/run-8812",
        "sts.amazonaws.com:AssumeRole",
        "role/deploy",
        "123456789012, eu-central-1",
        "github.example",
        "",
        "aws/cloudtrail",
    ],
    ["alice", "sudo", "systemctl restart nginx", "web-1", "", "", "linux/sudo"],
    ["bob", "login", "web-1", "web-1", "192.0.2.14", "", "linux/sshd"],
    ["cron", "session", "root", "web-1", "", "", "linux/cron"],
    ["cron", "session", "root", "web-1", "", "", "linux/cron"],
    ["oracle", "login", "web-1", "web-1", "203.0.113.77", "Invalid user", "linux/sshd"],
    [
        "engineer/carol",
        "s3.amazonaws.com:GetObject",
        "arn:aws:s3:::acme-invoices/2026/11/0007.pdf",
        "123456789012, eu-central-1",
        "198.51.100.24",
        "AccessDenied",
        "aws/cloudtrail",
    ],
    ["root", "package-upgrade", "openssl 3.0.15-1~deb12u1", "db-1", "", "", "linux/apt"],
];

/// What happened, newest first: the alerts of the cases, and ordinary things every 17 minutes.
pub fn rows(cases: &[CaseView], ordinary: usize) -> Vec<EventRow> {
    let mut rows: Vec<EventRow> = cases
        .iter()
        .flat_map(|view| view.case.alerts.iter().map(|alert| of_alert(view, alert)))
        .collect();
    rows.extend((0..ordinary).map(|number| {
        let [who, action, target, place, from, failed, log] =
            ORDINARY[number * 5 / 3 % ORDINARY.len()];
        let targets = match who {
            "oracle" => vec![Arc::from(target), Arc::from(format!("port {}", 40_000 + number))],
            _ => vec![Arc::from(target)],
        };
        EventRow {
            at: minutes_ago(3 + 17 * i64::try_from(number).unwrap()),
            actor: actor(who),
            action: action.to_owned(),
            targets,
            place: place.to_owned(),
            from: from.into(),
            failed: failed.into(),
            log: log.into(),
            alert: None,
            case: None,
        }
    }));
    rows.sort_by_key(|row| std::cmp::Reverse(row.at));
    rows
}

fn of_alert(view: &CaseView, alert: &Alert) -> EventRow {
    let event = &alert.event;
    let place = [&*event.account, &*event.region];
    let place: Vec<&str> = place.into_iter().filter(|part| !part.is_empty()).collect();
    EventRow {
        at: event.at,
        actor: event.actor.clone(),
        action: event.action.to_string(),
        targets: event.targets.clone(),
        place: place.join(", "),
        from: event.from.clone(),
        failed: match &event.went {
            Went::Done => "".into(),
            Went::Failed(why) => why.clone(),
        },
        log: event.log.clone(),
        alert: Some(EventAlert {
            title: alert.title.clone(),
            severity: alert.severity,
            expected: alert.expected_by.is_some(),
        }),
        case: Some(view.case.id.clone()),
    }
}
