//! SARIF 2.1.0 (OASIS), for code scanning services and editors.
//!
//! What rules say of events is left out: a service takes a result that the next report lacks for
//! mended, and an event that happened once is never reported again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use holdfast_engine::document::{FindingRow, Report};
use holdfast_model::{Severity, State};
use serde_json::{Value, json};

/// The whole report as one run.
pub fn report(report: &Report) -> String {
    let mut rules: BTreeMap<&str, &FindingRow> = BTreeMap::new();
    for finding in &report.findings {
        rules.entry(&finding.weakness).or_insert(finding);
    }
    let index: BTreeMap<&str, usize> =
        rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(finding, &index)).collect();
    let notifications: Vec<Value> = report
        .problems
        .iter()
        .map(|problem| {
            json!({
                "descriptor": {"id": problem.code},
                "level": "warning",
                "message": {"text": sentence(&problem.message, &problem.help)},
                "locations": problem.place.iter()
                    .map(|place| location(&place.path, place.line, place.column))
                    .collect::<Vec<_>>(),
            })
        })
        .chain(report.not_assessed.iter().map(|row| {
            json!({
                "descriptor": {"id": "not-assessed"},
                "level": "warning",
                "message": {"text": format!("could not check {}: {}; help: {}", row.subject, row.reason, row.closes_with)},
                "locations": row.place.iter()
                    .map(|place| location(&place.path, place.line, place.column))
                    .collect::<Vec<_>>(),
            })
        }))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Holdfast",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|finding| rule(finding)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    super::json(&document)
}

fn rule(finding: &FindingRow) -> Value {
    json!({
        "id": finding.weakness,
        "shortDescription": {"text": finding.title},
        "properties": {"aliases": finding.aliases, "kind": finding.kind.word()},
    })
}

fn result(finding: &FindingRow, index: &BTreeMap<&str, usize>) -> Value {
    let level = match finding.severity {
        Severity::Now => "error",
        Severity::Soon => "warning",
        Severity::WhenYouCan => "note",
    };
    let text = sentence(&finding.title, &finding.mends().unwrap_or_default());
    let mut result = json!({
        "ruleId": finding.weakness,
        "ruleIndex": index.get(&*finding.weakness).copied().unwrap_or_default(),
        "level": level,
        "message": {"text": text},
        "locations": finding.instances.iter()
            .filter_map(|instance| instance.place.as_ref())
            .map(|place| location(&place.path, place.line, place.column))
            .collect::<Vec<_>>(),
        // The local key: equal on every machine and for every clone.
        "partialFingerprints": {"holdfastKey/v1": finding.local_key},
        "properties": {
            "key": finding.key,
            "severity": finding.severity.word(),
            "subject": finding.subject,
            "version": finding.version,
            "fixedIn": finding.fixed_in,
            "asset": finding.asset,
        },
    });
    let accepted = finding.state == State::Accepted;
    if let Some(object) = result.as_object_mut().filter(|_| accepted) {
        let suppressions = json!([{"kind": "external", "status": "accepted"}]);
        object.insert("suppressions".to_owned(), suppressions);
    }
    result
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
