//! Hosts of one name are as many hosts in every form.

use std::collections::BTreeSet;

use holdfast_engine::document::NotAssessedRow;
use holdfast_model::AssetId;
use serde_json::{Value, json};

use super::super::sheet::Sheet;
use super::super::{hosts, html, inspec, junit, oscal, sarif};
use super::{audit, elements, host, row};

/// This machine and two others, all of one name, with one control that fails on each.
#[test]
fn hosts_of_one_name_stay_apart_in_every_form_of_a_look() {
    let mut report = hosts::tests::report();
    report.assets[0].name = "web1".to_owned();
    report.findings[0].asset = "web1".to_owned();
    let gap = |asset: &str| NotAssessedRow { key: "0b".to_owned(), ..hosts::tests::gap(asset) };
    report.not_assessed = vec![gap("ssh://web1"), gap("ssh://web1:2222")];
    let sheet = Sheet::of_report(&report);
    let called = ["web1 (host:example)", "ssh://web1", "ssh://web1:2222", "shop"];
    let all = elements(&junit::report(&sheet));
    let suites = all.iter().filter(|(name, _)| name == "testsuite");
    let told: Vec<(&str, &str)> =
        suites.map(|(_, found)| (&*found["name"], &*found["tests"])).collect();
    let counts = ["1", "2", "2", "0"];
    assert_eq!(told, called.into_iter().zip(counts).collect::<Vec<_>>());

    let said: Value = serde_json::from_str(&inspec::report(&sheet)).unwrap();
    let profiles = said["profiles"].as_array().unwrap();
    let titles: Vec<&str> = profiles.iter().map(|one| one["title"].as_str().unwrap()).collect();
    assert_eq!(titles, called.map(|name| format!("Holdfast on {name}")));
    let said: Value = serde_json::from_str(&oscal::report(&sheet)).unwrap();
    let results = said["assessment-results"]["results"].as_array().unwrap();
    let item = |one: &Value| one["local-definitions"]["inventory-items"][0].clone();
    let items: Vec<Value> = results.iter().map(item).collect();
    let named: Vec<&str> = items.iter().map(|one| one["description"].as_str().unwrap()).collect();
    assert_eq!(named, called);
    let uuids: BTreeSet<&str> = items.iter().map(|one| one["uuid"].as_str().unwrap()).collect();
    assert_eq!(uuids.len(), called.len());
    let page = html::report(&sheet);
    for name in &called[..3] {
        assert!(page.contains(&format!("on {name} · ")), "{name}: {page}");
    }

    // Whose name nobody else has is called by it.
    report.assets.truncate(2);
    report.assets[0].name = "desk".to_owned();
    let sheet = Sheet::of_report(&report);
    assert_eq!([sheet.called("host:example"), sheet.called("ssh://web1")], ["desk", "web1"]);
}

/// A waiver of InSpec's is one of the whole control: one accepted resource never waives another one.
#[test]
fn a_control_is_waived_only_where_nothing_else_of_it_is_open() {
    let waived = |results: &[&'static str]| {
        let mut audit = audit();
        audit.results =
            results.iter().copied().map(|result| row("cron-perms", "local", result)).collect();
        let said = inspec::report(&Sheet::of_audit(&audit));
        let said: Value = serde_json::from_str(&said).unwrap();
        let control = &said["profiles"][0]["controls"][0];
        assert_eq!(
            control["results"][0]["skip_message"].as_str().unwrap().find("accepted: "),
            Some(0)
        );
        control.get("waiver_data").map(|waiver| waiver["run"].as_bool().unwrap())
    };
    for open in ["fail", "acceptance expired", "error", "not assessed", "manual"] {
        assert_eq!(waived(&["accepted", open, "pass"]), None, "{open}");
    }
    assert_eq!(waived(&["accepted", "not applicable"]), Some(false));
    assert_eq!(waived(&["accepted", "pass"]), Some(true));
}

/// Services take results of equal fingerprints for one: no two of a report have the same, and what
/// is found in a tree has the one that it has for every clone.
#[test]
fn no_two_results_of_sarif_have_one_fingerprint() {
    let mut report = hosts::tests::report();
    for finding in &mut report.findings {
        finding.weakness = "root-login".into();
    }
    let mut tree = report.findings[1].clone();
    tree.asset_id = AssetId("folder:x".into());
    report.findings.push(tree);
    let said: Value = serde_json::from_str(&sarif::report(&report)).unwrap();
    let results = said["runs"][0]["results"].as_array().unwrap();
    let prints: BTreeSet<String> =
        results.iter().map(|one| one["partialFingerprints"].to_string()).collect();
    assert_eq!((results.len(), prints.len()), (4, 4), "{prints:?}");
    for (result, finding) in results.iter().zip(&report.findings) {
        let prints = match &*finding.asset_id.0 {
            "folder:x" => json!({"holdfastKey/v1": finding.local_key}),
            _ => json!({"holdfastAssetKey/v1": finding.key}),
        };
        assert_eq!(result["partialFingerprints"], prints);
        assert_eq!(result["properties"]["assetId"], json!(finding.asset_id));
    }
}

/// Each file says what a host was like at another time: none passes for the other.
#[test]
fn two_files_of_one_host_stay_apart() {
    let files = ["first.facts", "second.facts"];
    let mut audit = audit();
    audit.hosts = files.iter().map(|file| host(file, "host:0123", "web1", None)).collect();
    audit.results = files.iter().map(|file| row("root-login", file, "fail")).collect();
    let sheet = Sheet::of_audit(&audit);
    assert_eq!(files.map(|file| sheet.called(file)), files);
    let all = elements(&junit::report(&sheet));
    let suites = all.iter().filter(|(name, _)| name == "testsuite");
    let names: Vec<&str> = suites.map(|(_, found)| &*found["name"]).collect();
    assert_eq!(names, files);
    // No document of OSCAL names two things by one identifier.
    let said: Value = serde_json::from_str(&oscal::report(&sheet)).unwrap();
    let mut all = Vec::new();
    uuids(&said, &mut all);
    let different: BTreeSet<&str> = all.iter().copied().collect();
    assert_eq!(different.len(), all.len(), "{said:#}");
    assert!(all.len() > 6, "{said:#}");
}

/// Every identifier that something of a document has.
fn uuids<'v>(value: &'v Value, all: &mut Vec<&'v str>) {
    match value {
        Value::Object(fields) => {
            all.extend(fields.get("uuid").and_then(Value::as_str));
            for field in fields.values() {
                uuids(field, all);
            }
        }
        Value::Array(list) => {
            for one in list {
                uuids(one, all);
            }
        }
        _ => {}
    }
}
