//! Every fixture folder against its `expected.json`: what was read, and the events it makes.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast_sense::codes::CODES;
use holdfast_sense::event::{Oddities, log_readers};
use serde_json::{Value, json};

use super::drive::{Kept, Row, fixtures, logs, reference, whole};

/// A record with its event, or why it makes none.
fn told(record: &Kept, reader: &str, name: &str, odd: &mut Oddities) -> Value {
    let mut out = json!({ "at": [record.line, record.column] });
    // CloudTrail's records are handed on as they are.
    if reader != "cloudtrail" {
        out["json"] = serde_json::from_slice(&record.json).unwrap();
    }
    match record.noted(name, odd) {
        Ok(event) => out["event"] = json!(event),
        Err(problem) => out["no event"] = json!(problem),
    }
    out
}

fn check(reader: &str) {
    let mut differing = Vec::new();
    let mut cases = BTreeSet::new();
    for (_, case, name, bytes) in logs().into_iter().filter(|(of, ..)| of == reader) {
        let rows = whole(&name, &bytes);
        let mut odd = Oddities::new(reference());
        let mut said = Vec::new();
        for row in rows {
            match row {
                Row::Record(record) => said.push(told(&record, reader, &name, &mut odd)),
                Row::Odd(problem) => odd.repeated(problem),
                other => said.push(json!(other)),
            }
        }
        // Whole logs show every shape of a line, in no order of time.
        if case.starts_with("broken-") {
            said.extend(odd.finish().iter().map(|problem| json!({ "odd": problem })));
        }
        problems(&said, &format!("{reader}/{case}"), case.starts_with("broken-"));
        let actual = serde_json::to_string_pretty(&said).unwrap() + "\n";
        let file = fixtures().join(reader).join(&case).join("expected.json");
        if actual != std::fs::read_to_string(&file).unwrap_or_default() {
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let kept = kept.join(format!("event.{reader}.{case}.json"));
            std::fs::write(&kept, &actual).unwrap();
            differing.push(format!("{case}: see {}", kept.display()));
        }
        cases.insert(case);
    }
    assert_eq!(differing, [""; 0], "what was read differs from `expected.json`");
    for case in ["plain", "broken-encoding"] {
        assert!(cases.contains(case), "{reader} lacks the fixture `{case}`");
    }
}

/// Whatever is said has a code of the list, a place and help; only broken fixtures say something.
/// What is broken in a line of text is replaced, and so says nothing.
fn problems(said: &[Value], case: &str, broken: bool) {
    let of = |row: &Value| {
        let names = ["refused", "partial", "no event", "odd"];
        names.into_iter().find_map(|name| row.get(name).cloned())
    };
    let problems: Vec<Value> = said.iter().filter_map(of).collect();
    assert_eq!(!problems.is_empty(), broken, "{case}: {problems:?}");
    for problem in problems {
        let listed = CODES.iter().any(|(code, _)| problem["code"] == *code);
        assert!(listed, "{case}: `{}` is not in the list of codes", problem["code"]);
        assert!(problem["help"] != "", "{case}: `{}` has no help", problem["code"]);
        assert!(problem["place"]["line"].as_u64() > Some(0), "{case}: {problem}");
    }
}

#[test]
fn cloudtrail() {
    check("cloudtrail");
}

#[test]
fn journal() {
    check("journal");
}

#[test]
fn auth_log() {
    check("auth-log");
}

#[test]
fn apt_history() {
    check("apt-history");
}

#[test]
fn dpkg_log() {
    check("dpkg-log");
}

#[test]
fn every_reader_has_fixtures() {
    let folders: BTreeSet<String> = logs().into_iter().map(|(reader, ..)| reader).collect();
    let ids: BTreeSet<String> = log_readers().iter().map(|r| r.about().id.to_owned()).collect();
    assert_eq!(folders, ids);
}

#[test]
fn no_secret_of_a_fixture_comes_into_an_event() {
    for (_, _, name, bytes) in logs() {
        for row in whole(&name, &bytes) {
            let Row::Record(record) = row else { continue };
            let Ok(event) = record.normal(&name) else { continue };
            let text = serde_json::to_string(&event).unwrap();
            assert!(!text.contains("S3cret") && !text.contains("not kept"), "{text}");
            assert!(!event.actor.key.contains("AKIA") && !event.actor.key.contains("ASIA"));
        }
    }
}
