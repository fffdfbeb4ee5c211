//! Events, cases, announcements and messages made from small numbers.

use holdfast_model::{Actor, Alert, Announcement, Case, Event, Place, Severity, Timestamp, Went};
use holdfast_store::{CaseSaid, EventCommit, EventRecord, EventSegment, StepState, Tell};
use serde_json::json;

use super::at;

pub fn event(n: u32, time: i64) -> Event {
    Event {
        id: format!("event-{n}").into(),
        at: at(time),
        log: "aws/cloudtrail".into(),
        actor: Actor {
            key: "arn:aws:iam::123456789012:user/eve".into(),
            session: "".into(),
            name: "eve".into(),
            person: true,
        },
        action: "ec2.amazonaws.com:RunInstances".into(),
        targets: vec![format!("i-{n:017x}").into()],
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        from: "192.0.2.7".into(),
        agent: "aws-cli".into(),
        went: if n.is_multiple_of(5) { Went::Failed("denied".into()) } else { Went::Done },
        place: Place { path: "cloudtrail.json".into(), line: n + 1, column: 1 },
    }
}

pub fn record(n: u32, time: i64) -> EventRecord {
    EventRecord { event: event(n, time), raw: format!("{{\"n\": {n},\r\n \"ü\": \"\u{2028}\"}}") }
}

pub fn segment(numbers: std::ops::Range<u32>, time: i64) -> EventSegment {
    let records: Vec<_> = numbers.map(|n| record(n, time + i64::from(n))).collect();
    EventSegment::new("aws/cloudtrail", &records).unwrap()
}

pub fn case(id: &str, n: u32, time: i64) -> Case {
    let alert = |n| Alert {
        rule: "server-by-hand".into(),
        title: "a server by hand".to_owned(),
        family: "server".into(),
        severity: Severity::Soon,
        event: event(n, time),
        expected_by: None,
        although: String::new(),
    };
    Case {
        id: id.into(),
        actor: event(n, time).actor,
        family: "server".into(),
        title: "eve made a server".to_owned(),
        severity: Severity::Soon,
        first: at(time),
        last: at(time),
        alerts: vec![alert(n)],
        owner: "cloud".to_owned(),
        answer: None,
    }
}

pub fn announcement(by: &str, until: i64) -> Announcement {
    Announcement {
        id: "whatever".into(),
        by: by.to_owned(),
        who: "eve".to_owned(),
        what: vec!["ec2.amazonaws.com:Run*".into()],
        on: Vec::new(),
        from: at(0),
        until: at(until),
        at_most: 2,
        because: "a rehearsal".to_owned(),
        noted: Timestamp(1),
        approver: None,
    }
}

pub fn tell(once: &str, subject: &str, time: i64) -> Tell {
    Tell {
        once: once.to_owned(),
        kind: "case".to_owned(),
        account: "slack:ops".to_owned(),
        subject: subject.to_owned(),
        body: json!({"text": format!("about {subject}: {once}"), "a": [1, {"z": null}]}),
        at: at(time),
        not_before: at(time),
        who: "holdfast".to_owned(),
        why: "a case is open".to_owned(),
    }
}

/// A batch with everything: events, a case that cites them, a message about it, a state.
pub fn batch(n: u32, time: i64) -> EventCommit {
    let segment = segment(n * 10..n * 10 + 10, time);
    let id = format!("case-{n}");
    let said = CaseSaid { evidence: vec![segment.digest()], ..CaseSaid::new(case(&id, n, time)) };
    EventCommit {
        entries: vec![said.entry("holdfast", "it is new", at(time)).unwrap()],
        state: Some(StepState {
            name: "events".to_owned(),
            version: 1,
            json: json!({"offset": n, "seen": [n]}),
        }),
        segments: vec![segment],
        tells: vec![tell(&format!("once-{n}"), &id, time)],
    }
}
