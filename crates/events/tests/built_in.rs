//! The rules that are always there: they read, their records come out as they say, and no field
//! of them could be left out without a record that notices.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests may end loudly"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_events::{Rule, built_in, read, run_tests};
use holdfast_model::Severity;

fn rules() -> Vec<Rule> {
    built_in()
        .iter()
        .map(|(path, text)| {
            let (rule, problems) = read(&Arc::from(*path), text);
            assert_eq!(problems, [], "{path}");
            rule.unwrap()
        })
        .collect()
}

#[test]
fn they_read_and_their_records_come_out_as_they_say() {
    let rules = rules();
    assert!(rules.len() >= 8, "only {} were found", rules.len());
    for rule in &rules {
        assert_eq!(run_tests(rule), [], "{}", rule.id);
    }
}

#[test]
fn each_speaks_in_whole_sentences() {
    let mut ids = BTreeSet::new();
    for rule in rules() {
        assert!(ids.insert(Arc::clone(&rule.id)), "{} stands twice", rule.id);
        assert!(rule.file().ends_with(&format!("/{}.yaml", rule.id)), "{}", rule.id);
        // The headline of a case begins with a name instead.
        assert!(rule.title.starts_with("Somebody "), "{}", rule.title);
        assert!(rule.description.ends_with('.') && rule.description.len() > 80, "{}", rule.id);
        assert!(!rule.falsepositives.is_empty(), "{}", rule.id);
        assert!(rule.severity != Severity::Now || rule.runbook.len() > 80, "{}", rule.id);
    }
}

/// The lines of `detection` that ask a field: each of them in turn without its value.
fn without_each(text: &str) -> Vec<String> {
    let start = text.find("\ndetection:").unwrap();
    let end = start + text[start..].find("\n  condition:").unwrap();
    let (head, detection, tail) = (&text[..start], &text[start..end], &text[end..]);
    let mut out = Vec::new();
    for (at, _) in detection.match_indices(": ") {
        let line = detection[..at].rfind('\n').unwrap();
        if detection[line..at].trim_start().starts_with('#') {
            continue;
        }
        let value = &detection[at + 2..];
        if value.starts_with(['{', '\n']) {
            continue;
        }
        let length = match value.as_bytes()[0] {
            b'[' => value.find(']').unwrap() + 1,
            b'\'' => value[1..].find('\'').unwrap() + 2,
            _ => value.find([',', '}', '\n']).unwrap_or(value.len()),
        };
        let other = match &value[..length] {
            "true" => "false",
            "false" => "true",
            "null" => "nowhere",
            _ => "'nothing at all'",
        };
        let rest = &value[length..];
        out.push(format!("{head}{}: {other}{rest}{tail}", &detection[..at]));
    }
    out
}

/// A rule whose values can be changed without a test that fails does not say what it means.
#[test]
fn every_value_is_needed_by_a_record() {
    let mut tried = 0;
    for (path, text) in built_in() {
        for changed in without_each(text) {
            let (rule, problems) = read(&Arc::from(*path), &changed);
            assert_eq!(problems, [], "{changed}");
            tried += 1;
            assert!(!run_tests(&rule.unwrap()).is_empty(), "no record notices:\n{changed}");
        }
    }
    assert!(tried > 40, "only {tried} values were found");
}
