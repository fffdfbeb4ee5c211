//! JSON in the form of InSpec's reporter `json`, which converters and dashboards of that world
//! read: a profile for each asset, a control for each of ours, a result for each resource.
//!
//! InSpec knows `passed`, `failed` and `skipped`; what does not apply, could not be told or is
//! accepted is skipped, with its reason in front. A control of which nothing else is open than what
//! is accepted also carries `waiver_data`.

use std::collections::BTreeMap;

use holdfast_model::{Digest, Severity};
use serde_json::{Map, Value, json};

use super::sheet::{Came, Outcome, Sheet, Who, place, targets};

/// The whole sheet.
pub fn report(sheet: &Sheet<'_>) -> String {
    let targets = targets(sheet);
    let profiles: Vec<Value> = targets.iter().map(|target| profile(sheet, target)).collect();
    let first = sheet.who(targets.first().copied().unwrap_or_default());
    super::json(&json!({
        "platform": platform(first),
        "profiles": profiles,
        "statistics": {"duration": 0.0},
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// The system that was looked at; of several the first, as each profile has its own title.
fn platform(who: Who<'_>) -> Value {
    let os = who.os.map_or("unknown", |os| &*os.id);
    let version = who.os.and_then(|os| os.version.as_deref()).unwrap_or_default();
    json!({"name": os, "release": version, "target_id": who.id})
}

fn profile(sheet: &Sheet<'_>, target: &str) -> Value {
    let by_id = sheet.by_id(target);
    let ids: Vec<&str> = by_id.keys().copied().collect();
    let controls: Vec<Value> = by_id.iter().map(|(id, rows)| control(sheet.at, id, rows)).collect();
    json!({
        "name": format!("holdfast-{}", sheet.command),
        "version": env!("CARGO_PKG_VERSION"),
        "sha256": Digest::of(ids.join("\n").as_bytes()).to_string(),
        "title": format!("Holdfast on {}", sheet.called(target)),
        "summary": sheet.looked,
        "maintainer": "Holdfast",
        "supports": [],
        "attributes": [],
        "groups": [],
        "controls": controls,
        "status": "loaded",
    })
}

fn control(at: &str, id: &str, rows: &[&Outcome<'_>]) -> Value {
    // Of several resources the one that fails has the headline that says what is wrong.
    let first = rows.iter().find(|row| row.came == Came::Failed).or_else(|| rows.first());
    let why = first.map_or("", |row| row.why);
    let severity = rows.iter().filter_map(|row| row.severity).max();
    let empty = BTreeMap::new();
    let mut tags: Map<String, Value> = first
        .and_then(|row| row.refs)
        .unwrap_or(&empty)
        .iter()
        .map(|(scheme, ids)| (scheme.clone(), json!(ids)))
        .collect();
    tags.insert("holdfast".to_owned(), json!(id));
    if let Some(nist) = tags.get("nist-800-53").cloned() {
        // The name under which that world looks for it.
        tags.insert("nist".to_owned(), nist);
    }
    if let Some(severity) = severity {
        tags.insert("severity".to_owned(), json!(severity.word()));
    }
    let mut control = json!({
        "id": id,
        "title": first.map_or(id, |row| row.title),
        "desc": why,
        "descriptions": [{"label": "default", "data": why}],
        "impact": impact(severity),
        "refs": [],
        "tags": tags,
        "code": "",
        "source_location": first.and_then(|row| row.place).map_or_else(
            || json!({"ref": "", "line": 0}),
            |at| json!({"ref": at.path, "line": at.line}),
        ),
        "results": rows.iter().map(|row| result(at, row)).collect::<Vec<_>>(),
    });
    let Some(object) = control.as_object_mut() else { return control };
    if rows.iter().all(|row| row.came == Came::NotApplicable) {
        object.insert("status".to_owned(), json!("not_applicable"));
    }
    if let Some(waiver) = waiver(rows) {
        object.insert("waiver_data".to_owned(), waiver);
    }
    control
}

/// A waiver is one of the whole control there: with one resource that fails, or that could not be
/// told, whoever reads it must not take the control for waived. The reason of what is accepted
/// stands in its result all the same.
fn waiver(rows: &[&Outcome<'_>]) -> Option<Value> {
    let accepted = rows.iter().find(|row| row.came == Came::Accepted)?;
    let open =
        |row: &&Outcome<'_>| matches!(row.came, Came::Failed | Came::Error | Came::NotAssessed);
    if rows.iter().any(open) {
        return None;
    }
    let run = rows.iter().any(|row| row.came == Came::Passed);
    Some(json!({"justification": accepted.reason, "run": run,
        "skipped_due_to_waiver": !run, "message": "accepted"}))
}

/// The middle of what InSpec calls critical, medium and low.
fn impact(severity: Option<Severity>) -> f64 {
    match severity {
        Some(Severity::Now) => 0.9,
        Some(Severity::Soon) | None => 0.5,
        Some(Severity::WhenYouCan) => 0.3,
    }
}

fn result(at: &str, row: &Outcome<'_>) -> Value {
    let what = match row.values.1 {
        Some(wanted) => format!("{} is {wanted}", row.subject),
        None => row.subject.to_owned(),
    };
    let mut result = json!({"code_desc": what, "run_time": 0.0, "start_time": at});
    let status = match row.came {
        Came::Passed => "passed",
        Came::Failed | Came::Error => "failed",
        Came::Accepted | Came::NotApplicable | Came::NotAssessed => "skipped",
    };
    let Some(object) = result.as_object_mut() else { return result };
    object.insert("status".to_owned(), json!(status));
    let at = row.place.map(place);
    let text = match (&row.reason, at) {
        (reason, Some(at)) if reason.is_empty() => at,
        (reason, Some(at)) => format!("{reason} ({at})"),
        (reason, None) => reason.clone(),
    };
    match row.came {
        Came::Passed => {}
        Came::Failed => {
            object.insert("message".to_owned(), json!(text));
        }
        // InSpec says so of a test that broke.
        Came::Error => {
            object.insert("message".to_owned(), json!(text));
            object.insert("exception".to_owned(), json!("Holdfast::ConfigurationError"));
            object.insert("backtrace".to_owned(), json!([]));
        }
        Came::Accepted | Came::NotApplicable | Came::NotAssessed => {
            let text = format!("{}: {text}", row.came.word());
            object.insert("skip_message".to_owned(), json!(text));
        }
    }
    result
}
