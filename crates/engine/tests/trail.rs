//! A server that somebody announced and one that nobody did, from the trail of a cloud account to the
//! cases and the time line of the record.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use holdfast_engine::cycle::Options;
use holdfast_engine::desk::{Action, Desk as _, Person};
use holdfast_engine::holder::{Holder, Say};
use holdfast_model::Timestamp;
use holdfast_world::{FixedClock, World};
use support::{HOUR, NOW, recorded};

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(support::index);

const MINUTE: i64 = 60_000;
const TRAIL: &str = "/var/log/cloudtrail/111122223333/eu-central-1/2026/11/21/trail.json";

/// A call as the trail tells it.
fn call(id: &str, who: &str, what: &str, at: i64, reads: bool) -> String {
    let at = Timestamp(at);
    format!(
        r#"{{"eventID": "{id}", "eventTime": "{at}", "eventSource": "ec2.amazonaws.com",
 "eventName": "{what}", "awsRegion": "eu-central-1", "recipientAccountId": "111122223333",
 "readOnly": {reads}, "sourceIPAddress": "203.0.113.7", "userIdentity": {{"type": "IAMUser",
 "arn": "arn:aws:iam::111122223333:user/{who}", "userName": "{who}"}}}}"#
    )
}

fn written(world: &World, calls: &[String]) {
    let text = format!("{{\"Records\": [{}]}}", calls.join(","));
    let path = TRAIL.strip_prefix('/').unwrap();
    world.files.write_atomic(Path::new("/"), Path::new(path), text.as_bytes()).unwrap();
}

fn world(data: &Path, clock: &Arc<FixedClock>) -> World {
    let config = b"[host]\nlogs = [\"/var/log/cloudtrail\", \"/srv/gone\"]\n";
    World::recorded(
        recorded(data, &INDEX, &[("holdfast.toml", config)])
            .folder("/var/log/cloudtrail/111122223333/eu-central-1/2026/11/21")
            .clock(Arc::clone(clock)),
    )
}

#[tokio::test]
async fn the_trail_of_an_account_becomes_cases_and_a_time_line() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let clock = Arc::new(FixedClock::at(Timestamp(NOW)));
    let world = world(&data, &clock);
    let holder = Holder::open(&world, &data, Options::default()).await.unwrap();
    let quiet: Say = Arc::new(|_| {});
    let mut calls = vec![
        call("e-1", "ana", "RunInstances", NOW - 30 * MINUTE, false),
        call("e-2", "ana", "DescribeInstances", NOW - 29 * MINUTE, true),
    ];
    written(&world, &calls);
    let report = holder.look(&quiet).await.unwrap();
    assert_eq!(report.alerts.len(), 1, "{:?}", report.alerts);
    let gone = report.problems.iter().filter(|one| one.message.contains("/srv/gone"));
    assert_eq!(gone.count(), 1);
    let view = holder.view();
    let [case] = view.cases.as_slice() else { panic!("{:?}", view.cases) };
    assert!(case.is_open() && !case.is_expected());
    assert_eq!(&*case.case.actor.name, "ana");
    // What only read is not told.
    let rows = holder.timeline(Timestamp(NOW - 24 * HOUR)).await.unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.action, "ec2.amazonaws.com:RunInstances");
    assert_eq!(row.place, "111122223333 in eu-central-1");
    assert!(row.alert.as_ref().is_some_and(|alert| !alert.expected));

    // Said beforehand, by somebody else this time; what is delivered late is still read.
    let announced = Action::Announce {
        who: "ben".to_owned(),
        what: vec!["ec2.amazonaws.com:RunInstances".to_owned()],
        on: Vec::new(),
        from: None,
        until: Timestamp(NOW + 2 * HOUR),
        at_most: 1,
        because: "a larger disk".to_owned(),
    };
    holder.act(Person { name: "ben".to_owned() }, announced).await.unwrap();
    clock.set(Timestamp(NOW + 3 * HOUR));
    calls.push(call("e-3", "ben", "RunInstances", NOW + 80 * MINUTE, false));
    calls.push(call("e-4", "ben", "RunInstances", NOW + 85 * MINUTE, false));
    written(&world, &calls);
    let report = holder.look(&quiet).await.unwrap();
    let expected: Vec<bool> =
        report.alerts.iter().map(|alert| alert.expected_by.is_some()).collect();
    assert_eq!(expected, [true, false], "once, as was said");
    let view = holder.view();
    assert_eq!((view.cases.len(), view.announcements[0].covered), (2, 1));
    let rows = holder.timeline(Timestamp(NOW - 24 * HOUR)).await.unwrap();
    assert_eq!(rows.len(), 3, "nothing twice");
    // Another look at the same trail changes nothing.
    let entries = holder.view().entries;
    let report = holder.look(&quiet).await.unwrap();
    assert_eq!((report.alerts.len(), holder.view().cases.len()), (0, 2));
    let rows = holder.timeline(Timestamp(NOW - 24 * HOUR)).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(holder.view().entries, entries);
}

#[tokio::test]
async fn what_is_odd_about_a_log_is_told_once_with_its_count() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let clock = Arc::new(FixedClock::at(Timestamp(NOW)));
    let world = world(&data, &clock);
    let holder = Holder::open(&world, &data, Options::default()).await.unwrap();
    let quiet: Say = Arc::new(|_| {});
    let twice = |id: &str, at: i64| {
        let call = call(id, "ana", "RunInstances", at, false);
        call.replace("\"readOnly\"", "\"eventName\": \"RunInstances\", \"readOnly\"")
    };
    let calls = [
        call("e-1", "ana", "RunInstances", NOW - 30 * MINUTE, false),
        call("e-2", "ana", "RunInstances", NOW + 25 * HOUR, false),
        call("e-3", "ana", "RunInstances", NOW + 24 * HOUR, false),
        twice("e-4", NOW - 20 * MINUTE),
        call("e-5", "ana", "RunInstances", NOW + 900 * HOUR, false),
        twice("e-6", NOW - 10 * MINUTE),
    ];
    written(&world, &calls);
    let report = holder.look(&quiet).await.unwrap();
    // What is odd about a record does not lose it; what is yet to come waits.
    assert_eq!(report.alerts.len(), 3, "{:?}", report.alerts);
    for (code, line, count) in [
        ("event-duplicate-key", 12, "the first of 2 records of this log"),
        ("event-from-future", 4, "the first of 2 events of this log"),
    ] {
        let told: Vec<_> = report.problems.iter().filter(|one| one.code == code).collect();
        let [told] = told.as_slice() else { panic!("{code}: {told:?}") };
        assert!(told.message.contains(count), "{}", told.message);
        let place = told.place.as_ref().unwrap();
        assert_eq!((&*place.path, place.line), (TRAIL, line));
    }
}
