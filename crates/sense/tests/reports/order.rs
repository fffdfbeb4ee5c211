//! The order of keys must not matter; what inherits gets what it inherits.

use holdfast_model::{Fact, Foreign, Severity, Tested};
use serde_json::{Value, json};

use crate::support::{codes, foreign, read, tested};

/// Findings without their places, sorted by what they say.
fn findings(value: &str, path: &str) -> Vec<Foreign> {
    let (_, facts) = read(path, value.as_bytes());
    assert!(codes(&facts).is_empty(), "{facts:#?}");
    let mut found: Vec<Foreign> = foreign(&facts).into_iter().cloned().collect();
    for one in &mut found {
        one.place.line = 0;
        one.place.column = 0;
    }
    found.sort_by_key(|one| format!("{one:?}"));
    found
}

/// The same document with the keys of every object in reverse or alphabetical order.
fn written(value: &Value, reverse: bool) -> String {
    match value {
        Value::Object(members) => {
            let mut rows: Vec<String> = members
                .iter()
                .map(|(key, value)| format!("{}: {}", json!(key), written(value, reverse)))
                .collect();
            rows.sort();
            if reverse {
                rows.reverse();
            }
            format!("{{{}}}", rows.join(", "))
        }
        Value::Array(values) => {
            let rows: Vec<String> = values.iter().map(|value| written(value, reverse)).collect();
            format!("[{}]", rows.join(", "))
        }
        other => other.to_string(),
    }
}

#[test]
fn the_order_of_keys_does_not_matter() {
    for (path, text) in [
        ("x.sarif", include_str!("../../fixtures/report/sarif/plain/report.sarif")),
        ("bom.json", include_str!("../../fixtures/report/cyclonedx/plain/report.json")),
        ("trivy.json", include_str!("../../fixtures/report/trivy/plain/report.json")),
    ] {
        let value: Value = serde_json::from_str(text).unwrap();
        let given = findings(text, path);
        assert!(given.len() > 2);
        assert_eq!(findings(&written(&value, false), path), given, "{path}");
        assert_eq!(findings(&written(&value, true), path), given, "{path}");
    }
}

/// Tests without their places, sorted by what they say.
fn tests(value: &str, path: &str) -> Vec<Tested> {
    let (_, facts) = read(path, value.as_bytes());
    assert!(codes(&facts).is_empty(), "{facts:#?}");
    let mut found: Vec<Tested> = tested(&facts).into_iter().cloned().collect();
    for one in &mut found {
        one.place.line = 0;
        one.place.column = 0;
    }
    found.sort_by_key(|one| format!("{one:?}"));
    found
}

#[test]
fn the_order_of_keys_does_not_matter_to_tests() {
    for (path, text) in [
        ("inspec.json", include_str!("../../fixtures/report/inspec/plain/report.json")),
        ("inspec.json", include_str!("../../fixtures/report/inspec/plain-min/report.json")),
        ("inspec.json", include_str!("../../fixtures/report/inspec/plain-overlay/report.json")),
        ("goss.json", include_str!("../../fixtures/report/goss/plain/report.json")),
        ("rspec.json", include_str!("../../fixtures/report/serverspec/plain/report.json")),
    ] {
        let value: Value = serde_json::from_str(text).unwrap();
        let given = tests(text, path);
        assert!(given.len() > 1);
        assert_eq!(tests(&written(&value, false), path), given, "{path}");
        assert_eq!(tests(&written(&value, true), path), given, "{path}");
    }
}

#[test]
fn json_and_xml_say_the_same() {
    let json = include_str!("../../fixtures/report/cyclonedx/plain/report.json");
    let xml = include_str!("../../fixtures/report/cyclonedx/plain-xml/report.xml");
    assert_eq!(findings(json, ""), findings(xml, ""));
    let components = |text: &str| {
        let (_, facts) = read("bom", text.as_bytes());
        let mut found: Vec<String> = facts
            .into_iter()
            .filter_map(|fact| match fact {
                Fact::Component(mut component) => {
                    component.place.line = 0;
                    component.place.column = 0;
                    Some(format!("{component:?}"))
                }
                _ => None,
            })
            .collect();
        found.sort();
        found
    };
    assert!(components(json).len() > 1);
    assert_eq!(components(json), components(xml));
}

fn severities(tool: &Value, invocations: &Value, result: &Value) -> Severity {
    let document = json!({"version": "2.1.0", "runs": [
        {"tool": tool, "invocations": invocations, "results": [result]}]});
    let found = [false, true].map(|reverse| findings(&written(&document, reverse), "x.sarif"));
    assert_eq!(found[0], found[1]);
    found[0][0].severity
}

#[test]
fn levels_come_from_result_invocation_and_rule() {
    let tool = |rule: Value| json!({"driver": {"name": "t", "rules": [rule]}});
    let none = json!([]);
    let note = tool(json!({"id": "A", "defaultConfiguration": {"level": "note"}}));
    let bare = json!({"ruleId": "A", "message": {"text": "m"}});
    assert_eq!(severities(&note, &none, &bare), Severity::WhenYouCan);
    assert_eq!(severities(&tool(json!({"id": "A"})), &none, &bare), Severity::Soon);
    let own = json!({"ruleId": "A/b", "level": "error", "message": {"text": "m"}});
    assert_eq!(severities(&note, &none, &own), Severity::Soon);
    let parts = json!({"ruleId": "A/b", "message": {"text": "m"}});
    assert_eq!(severities(&note, &none, &parts), Severity::WhenYouCan);
    let raised = json!([{"executionSuccessful": true, "ruleConfigurationOverrides": [
        {"descriptor": {"id": "A"}, "configuration": {"level": "error"}}]}]);
    assert_eq!(severities(&note, &raised, &bare), Severity::Soon);
    let scored = tool(json!({"id": "A", "properties": {"security-severity": "9.8"}}));
    assert_eq!(severities(&scored, &none, &own), Severity::Now);
}
