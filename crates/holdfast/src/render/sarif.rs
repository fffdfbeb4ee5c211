//! SARIF 2.1.0 (OASIS), for code scanning services and editors.
//!
//! What rules say of events is left out: a service takes a result that the next report lacks for
//! mended, and an event that happened once is never reported again.
//!
//! A report is one run, however many hosts it is about: services take only so many runs of a file
//! (GitHub: 20). Services take results of equal fingerprints for one, so that what tells hosts apart
//! has to be in the fingerprint.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_engine::document::{FindingRow, ProblemRow, Report};
use holdfast_model::{FindingKind, Severity, State};
use serde_json::{Value, json};

use super::hosts;
use super::sheet::{Came, Outcome, Sheet};

/// The whole report as one run.
pub fn report(report: &Report) -> String {
    let mut rules: BTreeMap<&str, &FindingRow> = BTreeMap::new();
    for finding in &report.findings {
        rules.entry(&finding.weakness).or_insert(finding);
    }
    let index: BTreeMap<&str, usize> =
        rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(finding, &index, report)).collect();
    let notifications: Vec<Value> = report
        .problems
        .iter()
        .map(problem)
        .chain(report.not_assessed.iter().map(|row| {
            let on = hosts::of_gap(row, report).map(|host| format!(" on {host}"));
            let what = format!("{}{}", row.subject, on.unwrap_or_default());
            let text = format!("could not check {what}: {}; help: {}", row.reason, row.closes_with);
            json!({
                "descriptor": {"id": "not-assessed"},
                "level": "warning",
                "message": {"text": text},
                "locations": row.place.iter()
                    .map(|place| location(&place.path, place.line, place.column))
                    .collect::<Vec<_>>(),
            })
        }))
        .collect();
    let rules: Vec<Value> = rules.values().map(|finding| rule(finding)).collect();
    super::json(&document(&rules, &notifications, &results))
}

/// What controls say of hosts, as one run: what fails, and what is accepted for a time. What could
/// not be told is a notification, and never a result that could be counted as one that holds.
pub fn sheet(sheet: &Sheet<'_>) -> String {
    let told: Vec<&Outcome<'_>> = sheet
        .outcomes
        .iter()
        .filter(|row| matches!(row.came, Came::Failed | Came::Accepted))
        .collect();
    let mut rules: BTreeMap<&str, &Outcome<'_>> = BTreeMap::new();
    for row in &told {
        rules.entry(row.id).or_insert(row);
    }
    let index: BTreeMap<&str, usize> =
        rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let results: Vec<Value> = told.iter().map(|row| outcome(sheet, row, &index)).collect();
    let gaps =
        sheet.outcomes.iter().filter(|row| matches!(row.came, Came::NotAssessed | Came::Error));
    let gaps = gaps.map(|row| {
        let on = sheet.called(row.target);
        let text = format!("could not check {} on {on}: {}", row.subject, row.reason);
        json!({
            "descriptor": {"id": "not-assessed"},
            "level": "warning",
            "message": {"text": text},
            "locations": [whereabouts(row)],
        })
    });
    let notifications: Vec<Value> = sheet.problems.iter().map(problem).chain(gaps).collect();
    let rules: Vec<Value> = rules.values().map(|row| control(row)).collect();
    super::json(&document(&rules, &notifications, &results))
}

/// One run.
fn document(rules: &[Value], notifications: &[Value], results: &[Value]) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Holdfast",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn problem(problem: &ProblemRow) -> Value {
    json!({
        "descriptor": {"id": problem.code},
        "level": "warning",
        "message": {"text": sentence(&problem.message, &problem.help)},
        "locations": problem.place.iter()
            .map(|place| location(&place.path, place.line, place.column))
            .collect::<Vec<_>>(),
    })
}

/// So many tags a rule may have: services refuse a file with more (GitHub: 20).
const TAGS: usize = 20;

/// A control as a rule; its numbers elsewhere are tags, `nist-800-53:AC-6`, as many as there may be.
fn control(row: &Outcome<'_>) -> Value {
    let refs = row.refs.into_iter().flatten();
    let tags: Vec<String> = refs
        .flat_map(|(scheme, ids)| ids.iter().map(move |id| format!("{scheme}:{id}")))
        .take(TAGS)
        .collect();
    let mut rule = json!({
        "id": row.id,
        "shortDescription": {"text": row.title},
        "properties": {"kind": FindingKind::Control.word(), "tags": tags},
    });
    if let Some(object) = rule.as_object_mut().filter(|_| !row.why.is_empty()) {
        object.insert("fullDescription".to_owned(), json!({"text": row.why}));
    }
    rule
}

fn outcome(sheet: &Sheet<'_>, row: &Outcome<'_>, index: &BTreeMap<&str, usize>) -> Value {
    let on = sheet.called(row.target);
    let what = format!("{} on {on}", row.title);
    let mut result = json!({
        "ruleId": row.id,
        "ruleIndex": index.get(row.id).copied().unwrap_or_default(),
        "level": row.severity.map_or("warning", level),
        "message": {"text": sentence(&what, &format!("{}: {}", row.subject, row.reason))},
        "locations": [whereabouts(row)],
        "properties": {
            "key": row.key,
            "severity": row.severity.map(Severity::word),
            "subject": row.subject,
            "version": row.values.0,
            "fixedIn": row.values.1,
            "asset": on,
            "assetId": sheet.who(row.target).id,
        },
    });
    let Some(object) = result.as_object_mut() else { return result };
    if let Some(key) = row.key {
        object.insert("partialFingerprints".to_owned(), of_host(key));
    }
    if row.came == Came::Accepted {
        let suppressions = json!([{"kind": "external", "status": "accepted",
            "justification": row.reason}]);
        object.insert("suppressions".to_owned(), suppressions);
    }
    result
}

/// With the asset in it: the same thing may be wrong on each host of a report. The same for a control
/// that is audited and one that a look found.
fn of_host(key: &str) -> Value {
    json!({"holdfastAssetKey/v1": key})
}

/// The local key: equal on every machine and for every clone.
fn of_tree(local_key: &str) -> Value {
    json!({"holdfastKey/v1": local_key})
}

/// The resource, and where it is decided if it has a place.
fn whereabouts(row: &Outcome<'_>) -> Value {
    let mut at = match row.place {
        Some(place) => location(&place.path, place.line, place.column),
        None => json!({}),
    };
    if let Some(object) = at.as_object_mut() {
        let resource = json!([{"fullyQualifiedName": row.subject, "kind": "resource"}]);
        object.insert("logicalLocations".to_owned(), resource);
    }
    at
}

fn rule(finding: &FindingRow) -> Value {
    json!({
        "id": finding.weakness,
        "shortDescription": {"text": finding.title},
        "properties": {"aliases": finding.aliases, "kind": finding.kind.word()},
    })
}

fn result(finding: &FindingRow, index: &BTreeMap<&str, usize>, report: &Report) -> Value {
    let mut title = finding.title.clone();
    if let Some(host) = hosts::of(finding, report) {
        let _ = write!(title, " on {host}");
    }
    let text = sentence(&title, &finding.mends().unwrap_or_default());
    let fingerprints = if hosts::is_host(report, &finding.asset_id) {
        of_host(&finding.key)
    } else {
        of_tree(&finding.local_key)
    };
    let mut result = json!({
        "ruleId": finding.weakness,
        "ruleIndex": index.get(&*finding.weakness).copied().unwrap_or_default(),
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": finding.instances.iter()
            .filter_map(|instance| instance.place.as_ref())
            .map(|place| location(&place.path, place.line, place.column))
            .collect::<Vec<_>>(),
        "partialFingerprints": fingerprints,
        "properties": {
            "key": finding.key,
            "severity": finding.severity.word(),
            "subject": finding.subject,
            "version": finding.version,
            "fixedIn": finding.fixed_in,
            "asset": finding.asset,
            "assetId": finding.asset_id,
        },
    });
    let accepted = finding.state == State::Accepted;
    if let Some(object) = result.as_object_mut().filter(|_| accepted) {
        let suppressions = json!([{"kind": "external", "status": "accepted"}]);
        object.insert("suppressions".to_owned(), suppressions);
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Now => "error",
        Severity::Soon => "warning",
        Severity::WhenYouCan => "note",
    }
}

fn location(path: &str, line: u32, column: u32) -> Value {
    let uri = uri(path);
    let artifact = if path.starts_with('/') {
        json!({"uri": format!("file://{uri}")})
    } else {
        json!({"uri": uri, "uriBaseId": "%SRCROOT%"})
    };
    json!({"physicalLocation": {
        "artifactLocation": artifact,
        "region": {"startLine": line, "startColumn": column},
    }})
}

/// Percent-encodes what may not stand in the path of a URI (RFC 3986, section 3.3).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn sentence(message: &str, help: &str) -> String {
    if help.is_empty() { message.to_owned() } else { format!("{message}; {help}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/ä:c"), "a%20b/%C3%A4%3Ac");
    }
}
