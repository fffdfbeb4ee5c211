//! The logs of the demonstration as their programs write them, read by the same readers and rules
//! as any other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use holdfast_events::Rules;
use holdfast_model::{Problem, Timestamp};
use holdfast_sense::event::log_reader_for;
use holdfast_store::Store;
use holdfast_world::World;
use jiff::tz::TimeZone;

use super::sites::SITES;
use super::story::Logged;
use crate::detect::Scan;
use crate::events;
use crate::failure::Failure;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// The number of the organisation's account.
const ACCOUNT: &str = "111122223333";

/// Text of logs by the file in which it stands, in the order of time.
pub(super) struct Batch(BTreeMap<String, String>);

impl Batch {
    /// Writes lines, which are in order.
    pub(super) fn of<'l>(lines: impl IntoIterator<Item = (Timestamp, &'l Line)>) -> Self {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (at, line) in lines {
            let (path, text) = match line {
                Line::Host(host, says) => {
                    (format!("{host}/var/log/auth.log"), format!("{at} {host} {says}"))
                }
                Line::Cloud(record) => (format!("{ACCOUNT}_CloudTrail.json"), record.clone()),
            };
            let _ = writeln!(files.entry(path).or_default(), "{text}");
        }
        Self(files)
    }

    /// Reads them through the rules, and takes in what they say.
    pub(super) async fn take(
        &self,
        world: &World,
        store: &Store,
        rules: &Rules,
    ) -> Result<(), Failure> {
        let mut scan = Scan::new(world, rules, Vec::new()).keep_from(Timestamp(0));
        for (path, text) in &self.0 {
            let Some(reader) = log_reader_for(path, text.as_bytes()) else {
                let problem = Problem::new("log-unknown", format!("`{path}` is no known log"));
                return Err(Failure::Ours(problem));
            };
            let mut log = reader.start_at(world.clock.now(), &world.clock.zone());
            let path: Arc<str> = path.as_str().into();
            log.push(text.as_bytes(), true, &mut |logged| scan.take(logged, &path));
        }
        let read = events::Read::of(&mut scan);
        let taken = events::take(world, store, read).await?;
        match taken.problems.into_iter().next() {
            Some(problem) => Err(Failure::Ours(problem)),
            None => Ok(()),
        }
    }
}

/// One line.
#[derive(Debug)]
pub(super) enum Line {
    /// Of a host, without its head.
    Host(&'static str, String),
    /// A whole record.
    Cloud(String),
}

/// What the story says.
pub(super) fn told(at: Timestamp, logged: &Logged) -> Line {
    match logged {
        Logged::Line { host, says } => Line::Host(host, (*says).to_owned()),
        Logged::Cloud { who, service, what, on, from } => {
            Line::Cloud(record(at, who, service, what, on, from))
        }
    }
}

/// A record of CloudTrail. An action that ends with `!` was refused.
fn record(at: Timestamp, who: &str, service: &str, what: &str, on: &str, from: &str) -> String {
    let (what, refused) = match what.strip_suffix('!') {
        Some(what) => (what, true),
        None => (what, false),
    };
    let identity = if who == "Root" {
        serde_json::json!({"type": "Root", "principalId": ACCOUNT, "accountId": ACCOUNT,
            "arn": format!("arn:aws:iam::{ACCOUNT}:root")})
    } else {
        serde_json::json!({"type": "IAMUser", "principalId": format!("AIDAEXAMPLE{who}"),
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/{who}"), "accountId": ACCOUNT,
            "userName": who})
    };
    let (parameters, response) = match what {
        "RunInstances" if refused => {
            (serde_json::json!({"instanceType": "c7i.4xlarge"}), serde_json::Value::Null)
        }
        "RunInstances" => (
            serde_json::json!({"instanceType": "m7i.large"}),
            serde_json::json!({"instancesSet": {"items": [{"instanceId": on}]}}),
        ),
        "ConsoleLogin" => (serde_json::Value::Null, serde_json::json!({"ConsoleLogin": "Success"})),
        _ if on.is_empty() => (serde_json::Value::Null, serde_json::Value::Null),
        _ => (serde_json::json!({"userName": on}), serde_json::Value::Null),
    };
    let id = holdfast_model::Digest::of(format!("{at} {who} {what} {on}").as_bytes()).to_string();
    let mut record = serde_json::json!({
        "eventVersion": "1.09",
        "userIdentity": identity,
        "eventTime": at.to_string(),
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": what,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": from,
        "userAgent": "aws-cli/2.17.0",
        "requestParameters": parameters,
        "responseElements": response,
        "eventID": id,
        "eventType": if what == "ConsoleLogin" { "AwsConsoleSignIn" } else { "AwsApiCall" },
        "recipientAccountId": ACCOUNT,
    });
    if refused && let Some(object) = record.as_object_mut() {
        object.insert("errorCode".to_owned(), "Client.UnauthorizedOperation".into());
    }
    record.to_string()
}

/// Who works on which host, and from where.
const PEOPLE: [(&str, &str, &str); 8] = [
    ("pay-api-1", "ana", "198.51.100.17"),
    ("pay-ledger-1", "ben", "198.51.100.19"),
    ("shop-web-1", "mia", "198.51.100.24"),
    ("shop-web-2", "leo", "198.51.100.25"),
    ("search-1", "leo", "198.51.100.25"),
    ("ci-runner-1", "kai", "198.51.100.31"),
    ("mail-1", "zoe", "198.51.100.33"),
    ("bastion-1", "rui", "198.51.100.36"),
];
/// What they do as root.
const COMMANDS: [&str; 6] = [
    "/usr/bin/systemctl status nginx",
    "/usr/bin/journalctl -u app --since today",
    "/usr/bin/apt-get update",
    "/usr/bin/systemctl reload haproxy",
    "/usr/bin/tail -n 100 /var/log/syslog",
    "/usr/bin/apt-get upgrade",
];

/// What happens on any day: the last 24 hours before the end, and one login of last night.
pub(super) fn everyday(now: Timestamp, zone: &TimeZone) -> Vec<(Timestamp, Line)> {
    let mut lines = Vec::new();
    let mut say = |at: i64, host: &'static str, says: String| {
        lines.push((Timestamp(at), Line::Host(host, says)));
    };
    for back in 1..24_i64 {
        // Nobody works to the second.
        let hour = now.0 - back * HOUR - (back * 97 % 13) * 41_000;
        let (site, lot) = (usize::try_from(back).unwrap_or(0), back);
        let Some((host, who, from)) = PEOPLE.get((site * 5) % PEOPLE.len()).copied() else {
            continue;
        };
        // Backups come at all hours; they are no person.
        if back % 3 == 0
            && let Some(other) = SITES.get(site % SITES.len())
        {
            let run = "CRON[31007]: (root) CMD (/usr/local/bin/backup --incremental)";
            say(hour + 7 * MINUTE, other.host, run.to_owned());
        }
        if !(8..18).contains(&hour_of(hour, zone)) {
            continue;
        }
        let (port, pid) = (50_000 + lot * 131, 4_000 + lot * 17);
        say(
            hour + 11 * MINUTE,
            host,
            format!(
                "sshd[{pid}]: Accepted publickey for {who} from {from} port {port} ssh2: ED25519 SHA256:n0tAReAlKey{who}"
            ),
        );
        let command = COMMANDS.get(site % COMMANDS.len()).copied().unwrap_or_default();
        say(
            hour + 13 * MINUTE,
            host,
            format!(
                "sudo:      {who} : TTY=pts/0 ; PWD=/home/{who} ; USER=root ; COMMAND={command}"
            ),
        );
        if lot % 4 == 1 {
            say(
                hour + 29 * MINUTE,
                "bastion-1",
                format!(
                    "sshd[{}]: Failed password for invalid user admin from 203.0.113.14 port {port} ssh2",
                    pid + 3
                ),
            );
        }
    }
    if let Some(night) = last(now, 3, zone) {
        say(night + 12 * MINUTE, "pay-api-1", "sshd[2971]: Accepted publickey for ben from 203.0.113.88 port 41822 ssh2: ED25519 SHA256:n0tAReAlKeyBen".to_owned());
        say(night + 14 * MINUTE, "pay-api-1", "sudo:      ben : TTY=pts/0 ; PWD=/home/ben ; USER=root ; COMMAND=/usr/bin/systemctl restart payments-api".to_owned());
    }
    lines
}

fn hour_of(at: i64, zone: &TimeZone) -> i8 {
    jiff::Timestamp::from_millisecond(at).map_or(0, |time| time.to_zoned(zone.clone()).hour())
}

/// The last time before the end at which a clock here showed an hour; half an hour ago at the latest.
fn last(now: Timestamp, hour: i8, zone: &TimeZone) -> Option<i64> {
    let begun = |back: &i64| hour_of(now.0 - back * HOUR, zone) == hour;
    let back = (1..26).find(begun)?;
    let at = now.0 - back * HOUR;
    Some(at - at.rem_euclid(HOUR))
}
