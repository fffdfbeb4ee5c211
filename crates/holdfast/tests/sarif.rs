//! SARIF of a rich report against the official schema: findings, accepted ones, problems, gaps,
//! hostile names and titles. The schema ships inside the crate `serde-sarif`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use support::{Stage, cargo_lock, package_lock, rows, text};

/// The schema that came with `serde-sarif`, wherever cargo keeps its sources.
fn schema() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let manifest = rows(&metadata, "packages")
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .map(|package| PathBuf::from(text(package, "/manifest_path")))
        .unwrap();
    let schema = manifest.with_file_name("src").join("schema.json");
    let mut schema: Value =
        serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    // The pattern of a language has a bracket too many, which no strict engine of patterns takes.
    for object in ["run", "toolComponent"] {
        let pattern = &mut schema["definitions"][object]["properties"]["language"]["pattern"];
        *pattern = text(pattern, "").replace("]?$", "$").into();
    }
    schema
}

#[track_caller]
fn validates(document: &Value) {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, [] as [String; 0]);
}

/// A folder with everything that a report can say.
fn rich() -> Stage {
    let stage = Stage::synced();
    stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    stage.write("a b/ä:c #%?/Cargo.lock", cargo_lock(&[("tiller", "1.0.1"), ("tiller", "1.0.2")]));
    stage.write("web/<b>&\"quoted\"/package-lock.json", package_lock(&[("labeller", "1.0.0")]));
    stage.write("line\nend/package-lock.json", package_lock(&[("labeller", "1.0.1")]));
    stage.write("broken/package-lock.json", "{\"packages\": {\"node_modules/tiller\": {");
    stage.write("requirements.txt", "tiller==1.0.0\nfloating>=1\n");
    stage.write("gone.toml", "");
    stage.write("holdfast.toml", "appetite = \"solo\"\nexclude = [\"left/\"]\n");
    stage.write("left/Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    stage
}

#[test]
fn a_rich_report_validates_against_the_official_schema() {
    let stage = rich();
    let before = stage.json(1, &["check"]);
    let accepted = rows(&before, "findings")
        .iter()
        .find(|row| text(row, "/place/path") == "requirements.txt")
        .map(|row| text(row, "/key").to_owned())
        .unwrap();
    let because = ["--because", "only <b>tests</b>", "--owner", "sam"];
    let mut accept = vec!["accept", &accepted, "--until", "2026-12-01"];
    accept.extend(because);
    stage.run(&accept).exits(0);

    let report = stage.json(1, &["check"]);
    let sarif: Value = stage.run(&["check", "--format", "sarif"]).json(1);
    validates(&sarif);

    let run = &sarif["runs"][0];
    let results = rows(run, "results");
    let findings = rows(&report, "findings");
    assert_eq!(results.len(), findings.len());
    assert!(results.len() >= 5, "{results:#?}");
    let fingerprint =
        |result: &Value| text(result, "/partialFingerprints/holdfastKey~1v1").to_owned();
    let prints: BTreeSet<String> = results.iter().map(fingerprint).collect();
    let keys: BTreeSet<String> =
        findings.iter().map(|row| text(row, "/local_key").to_owned()).collect();
    assert_eq!(prints, keys, "fingerprints are the local keys");
    assert_eq!(prints.len(), results.len(), "and unique");

    let suppressed: Vec<&Value> =
        results.iter().filter(|result| result.get("suppressions").is_some()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(text(suppressed[0], "/properties/key"), accepted);
    assert_eq!(text(suppressed[0], "/suppressions/0/status"), "accepted");

    let rules = rows(&run["tool"]["driver"], "rules");
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        for location in rows(result, "locations") {
            assert!(location["physicalLocation"]["region"]["startLine"].as_u64().unwrap() >= 1);
        }
    }
    let notes = rows(&run["invocations"][0], "toolExecutionNotifications");
    let told = rows(&report, "problems").len() + rows(&report, "not_assessed").len();
    assert_eq!(notes.len(), told);
    assert!(told >= 3, "{notes:#?}");
    let ids: BTreeSet<&str> = notes.iter().map(|note| text(note, "/descriptor/id")).collect();
    assert!(ids.contains("json-cut-off") && ids.contains("not-assessed"), "{ids:?}");
}

#[test]
fn places_of_hostile_names_are_uris_that_lead_back() {
    let stage = rich();
    let sarif: Value = stage.run(&["check", "--format", "sarif"]).json(1);
    let mut paths = BTreeSet::new();
    for result in rows(&sarif["runs"][0], "results") {
        for location in rows(result, "locations") {
            let uri = text(location, "/physicalLocation/artifactLocation/uri").to_owned();
            assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri}");
            assert!(!uri.contains(['<', '>', '"', '?', '#', ' ', '\\']), "{uri}");
            paths.insert(decoded(&uri));
        }
    }
    for path in ["Cargo.lock", "a b/ä:c #%?/Cargo.lock", "line\nend/package-lock.json"] {
        assert!(paths.contains(path), "{path:?} is not in {paths:?}");
    }
    for path in paths {
        assert!(stage.tree.path().join(&path).is_file(), "{path:?} leads nowhere");
    }
}

fn decoded(uri: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), uri.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                let hex = String::from_utf8(vec![*high, *low]).unwrap();
                bytes.push(u8::from_str_radix(&hex, 16).unwrap());
                rest = tail;
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// The root of another system with one thing that is not as it should be, and one that cannot be told.
#[test]
fn what_controls_say_of_a_host_validates_too() {
    let stage = Stage::new();
    stage.write("root/etc/ssh/sshd_config", "# ours\nPermitRootLogin yes\n");
    stage.write("root/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    let target = format!("root:{}", stage.tree.path().join("root").display());
    let report = stage.run(&["audit", &target, "--format", "json"]);
    let report: Value = serde_json::from_str(&report.out).unwrap();
    let ran = stage.run(&["audit", &target, "--format", "sarif"]);
    let sarif: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|why| panic!("{why}: {ran:#?}"));
    validates(&sarif);
    let run = &sarif["runs"][0];
    let came = |wanted: &[&str]| {
        let all = rows(&report, "results").iter();
        all.filter(|row| wanted.contains(&text(row, "/result"))).count()
    };
    assert_eq!(rows(run, "results").len(), came(&["fail", "accepted", "acceptance expired"]));
    let notes = rows(&run["invocations"][0], "toolExecutionNotifications").len();
    let told = came(&["not assessed", "error", "manual"]) + rows(&report, "problems").len();
    assert!(notes == told && notes > 0, "{notes} of {told}");
    let root = rows(run, "results").iter().find(|row| row["ruleId"] == "root-login").unwrap();
    let at = &root["locations"][0];
    assert_eq!(text(at, "/physicalLocation/artifactLocation/uri"), "file:///etc/ssh/sshd_config");
    assert_eq!(at["physicalLocation"]["region"]["startLine"], 2);
    assert_eq!(text(at, "/logicalLocations/0/fullyQualifiedName"), "sshd PermitRootLogin");
    assert_eq!(text(root, "/properties/asset"), target);
    let rules = rows(&run["tool"]["driver"], "rules");
    let rule = &rules[usize::try_from(root["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert!(rule["properties"]["tags"].as_array().unwrap().contains(&"devsec:sshd-06".into()));
    let mut prints: Vec<&str> = rows(run, "results")
        .iter()
        .map(|row| text(row, "/partialFingerprints/holdfastAssetKey~1v1"))
        .collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), rows(run, "results").len(), "each result has its own");

    // What is refused says what there is.
    stage.run(&["audit", &target, "--format", "markdown"]).refuses(2, "--format sarif");
}

/// A look at this machine and this folder: each result has a fingerprint of its own, with the asset in
/// it where that is a host.
#[test]
fn a_look_validates_and_tells_hosts_from_trees() {
    let stage = rich();
    let sarif: Value = stage.run(&["up", "--once", "--format", "sarif"]).json(0);
    validates(&sarif);
    let results = rows(&sarif["runs"][0], "results");
    let prints: BTreeSet<String> =
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect();
    assert_eq!(prints.len(), results.len());
    assert!(results.iter().any(|result| !text(result, "/properties/assetId").starts_with("host:")));
    for result in results {
        let host = text(result, "/properties/assetId").starts_with("host:");
        let name = if host { "holdfastAssetKey/v1" } else { "holdfastKey/v1" };
        assert!(result["partialFingerprints"].get(name).is_some(), "{result:#}");
    }
}

#[test]
fn an_empty_report_validates_too() {
    let stage = Stage::synced();
    let sarif: Value = stage.run(&["check", "--format", "sarif"]).json(0);
    validates(&sarif);
    assert_eq!(rows(&sarif["runs"][0], "results"), [] as [Value; 0]);
}

/// The schema refuses what it must: the test above can fail.
#[test]
fn the_schema_refuses_a_result_without_a_message() {
    let stage = rich();
    let mut sarif: Value = stage.run(&["check", "--format", "sarif"]).json(1);
    assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&sarif));
    sarif["runs"][0]["results"][0].as_object_mut().unwrap().remove("message");
    let validator = jsonschema::validator_for(&schema()).unwrap();
    assert!(!validator.is_valid(&sarif));
}

/// The hostile title is the advisory's, and only text everywhere.
#[test]
fn hostile_titles_stay_text_in_every_form() {
    let stage = rich();
    let sarif: Value = stage.run(&["check", "--format", "sarif"]).json(1);
    let rules = rows(&sarif["runs"][0]["tool"]["driver"], "rules");
    assert!(rules.iter().any(|rule| rule["id"] == "CVE-2026-90002"));
    for form in ["human", "markdown"] {
        let ran = stage.run(&["check", "--format", form]);
        ran.exits(1);
        assert!(!ran.out.contains('\u{1b}'), "{form}: {:?}", ran.out);
        assert!(!ran.out.contains('\u{202e}'), "{form}: {:?}", ran.out);
        assert!(!ran.out.contains('\u{0}'), "{form}: {:?}", ran.out);
        assert!(!ran.out.contains("line\nend"), "{form}: {:?}", ran.out);
    }
    let markdown = stage.run(&["check", "--format", "markdown"]).out;
    assert!(!markdown.contains("<b>") && !markdown.contains("</script>"), "{markdown}");
    assert!(!markdown.contains("](javascript:"), "{markdown}");
}
