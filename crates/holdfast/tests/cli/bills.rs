//! `sbom` and `vex`: what is written is the same each time, is what others' validators accept, and
//! says what the look said.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::real;
use super::support::{Stage, TILLER, cargo_lock, package_lock, rows, text};

const STATUS: &str = "Package: bash\nStatus: install ok installed\nVersion: 5.2.15-2+b7\n\
                      Source: bash (5.2.15-2)\nArchitecture: amd64\n\n\
                      Package: libc6\nStatus: install ok installed\nSource: glibc\n\
                      Version: 2.36-9+deb12u2\nArchitecture: amd64\n\n\
                      Package: odd\nStatus: install ok installed\nVersion:\nArchitecture: amd64\n\n";

fn shop() -> Stage {
    let stage = Stage::synced();
    stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0"), ("fine", "2.0.0")]));
    stage.write("web/package-lock.json", package_lock(&[("tiller", "1.0.1")]));
    stage
}

/// Weakness, subject, version and what mends it.
fn said(report: &Value) -> BTreeSet<[String; 4]> {
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let row =
        |row: &Value| ["weakness", "subject", "version", "fixed_in"].map(|key| word(row, key));
    rows(report, "findings").iter().map(row).collect()
}

#[test]
fn a_bill_is_the_same_each_time_and_shows_the_same() {
    let stage = shop();
    let before = said(&stage.json(1, &["check"]));
    assert_eq!(before.len(), 2, "{before:#?}");
    for (form, file) in [("cyclonedx", "all.cdx.json"), ("spdx", "all.spdx.json")] {
        let one = stage.run(&["sbom", "--format", form]);
        assert_eq!(one.exits(0).out, stage.run(&["sbom", "--format", form]).out);
        let alone = Stage::synced();
        alone.write(file, &one.out);
        assert_eq!(said(&alone.json(1, &["check"])), before, "{form}");
        assert_eq!(said(&alone.json(1, &["check", file])), before, "{form} named");
        // Under a name that says nothing, its content does.
        alone.write("list.txt.json", &one.out);
        assert_eq!(said(&alone.json(1, &["check", "list.txt.json"])), before, "{form} renamed");
    }
    stage.run(&["sbom", "--format", "sarif"]).refuses(2, "no such form");
    stage.run(&["check", "--format", "spdx"]).refuses(2, "no such form");
    stage.run(&["sbom", "nowhere"]).refuses(2, "nowhere");
    // A bill of a file that lists nothing would call it clean.
    stage.write("web/package.json", r#"{"dependencies": {"tiller": "1.0.1"}}"#);
    stage.run(&["sbom", "web/package.json"]).refuses(2, "lists no packages");
    stage.run(&["sbom", "web/package-lock.json"]).exits(0);
}

#[test]
fn what_is_accepted_is_a_waiver_unless_it_says_that_nothing_is_affected() {
    let stage = shop();
    let vex = |form: &str| stage.run(&["vex", "--format", form, "--author", "Shop"]).json(0);
    let statuses = |document: &Value| -> Vec<String> {
        rows(document, "statements").iter().map(|row| text(row, "/status").to_owned()).collect()
    };
    let open = vex("openvex");
    assert_eq!(statuses(&open), ["affected", "affected"]);
    assert_eq!(text(&open, "/statements/0/action_statement"), "update to 1.0.3 or later");
    let report = stage.json(1, &["check"]);
    let keys: Vec<String> =
        rows(&report, "findings").iter().map(|row| text(row, "/key").to_owned()).collect();
    let until = ["--until", "2026-12-24", "--because", "we never round"];
    stage.run(&[&["accept", &*keys[0]][..], &until].concat()).exits(0);
    let word = ["--not-affected", "vulnerable_code_not_in_execute_path"];
    stage.run(&[&["accept", &*keys[1]][..], &until, &word].concat()).exits(0);
    let odd = ["--not-affected", "because"];
    stage.run(&[&["accept", &*keys[1]][..], &until, &odd].concat()).exits(2);
    let after = vex("openvex");
    let mut found = statuses(&after);
    found.sort();
    assert_eq!(found, ["affected", "not_affected"]);
    let of = |status: &str| {
        let all = rows(&after, "statements");
        all.iter().find(|row| text(row, "/status") == status).unwrap().clone()
    };
    let not = of("not_affected");
    assert_eq!(text(&not, "/justification"), "vulnerable_code_not_in_execute_path");
    assert!(text(&not, "/impact_statement").ends_with("we never round"), "{not:#}");
    let waiver = of("affected");
    assert!(text(&waiver, "/action_statement").starts_with("accepted until 2026-12-24"));
    assert_eq!(text(&waiver, "/vulnerability/name"), TILLER);
    // In another copy of the shop, which believes itself, our own word closes what it closes here.
    let copy = shop();
    copy.write("holdfast.toml", "[asset]\nname = \"shop\"\n[statements]\nauthors = [\"Shop\"]\n");
    stage.write("holdfast.toml", "[asset]\nname = \"shop\"\n");
    for form in ["openvex", "cyclonedx"] {
        let document = stage.run(&["vex", "--format", form, "--author", "Shop"]);
        copy.write(".holdfast/statements/ours.json", &document.exits(0).out);
        let report = copy.json(1, &["check"]);
        let mut states: Vec<&str> =
            rows(&report, "findings").iter().map(|row| text(row, "/state")).collect();
        states.sort_unstable();
        assert_eq!(states, ["accepted", "open"], "{form}: {report:#}");
    }
}

/// A root with a package database.
fn root(stage: &Stage) -> String {
    let root = stage.outer.path().join("root");
    std::fs::create_dir_all(root.join("var/lib/dpkg")).unwrap();
    std::fs::create_dir_all(root.join("etc")).unwrap();
    std::fs::write(root.join("var/lib/dpkg/status"), STATUS).unwrap();
    std::fs::write(root.join("etc/os-release"), "ID=debian\nVERSION_ID=\"12\"\n").unwrap();
    format!("root:{}", root.display())
}

#[test]
fn what_is_stated_of_a_host_names_the_packages_of_its_bill() {
    let stage = Stage::synced();
    let host = root(&stage);
    let bill = stage.run(&["sbom", &host, "--format", "cyclonedx"]).json(0);
    let bill: Vec<&str> = rows(&bill, "components").iter().map(|row| text(row, "/purl")).collect();
    let vex = stage.run(&["vex", &host, "--author", "Operations"]).json(0);
    let all = rows(&vex, "statements");
    assert!(!all.is_empty(), "{vex:#}");
    for one in all {
        assert_eq!(text(one, "/status"), "affected");
        assert_eq!(text(one, "/products/0/@id"), host);
        let part = text(one, "/products/0/subcomponents/0/@id");
        assert!(part.starts_with("pkg:deb/debian/libc6@") && bill.contains(&part), "{part}");
    }
    let taken = stage.run(&["vex", &host, "--take", "supplier.json"]);
    taken.refuses(2, "statements are kept in folders");
}

#[test]
fn what_is_stated_of_another_version_of_the_shop_is_not_taken_in() {
    let stage = Stage::synced();
    stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    let supplier = |product: &str| {
        let part = r#"[{"@id": "pkg:cargo/tiller"}]"#;
        let products = format!(r#"[{{"@id": "{product}", "subcomponents": {part}}}]"#);
        let document = format!(
            r#"{{"@context": "https://openvex.dev/ns/v0.2.0", "author": "Shop", "statements": [
 {{"vulnerability": {{"name": "{TILLER}"}}, "products": {products}, "status": "fixed"}}]}}"#
        );
        stage.write("supplier.json", document);
    };
    supplier("pkg:cargo/shop@0.2.0");
    let none = stage.json(0, &["vex", "--take", "supplier.json"]);
    assert_eq!((&none["applied"], &none["file"]), (&Value::from(0), &Value::Null), "{none:#}");
    let why = "what Shop states is for pkg:cargo/shop@0.2.0, and 0.1.0 is here";
    assert_eq!(rows(&none, "left_out"), [why]);
    let told = stage.run(&["vex", "--take", "supplier.json"]);
    assert!(told.exits(0).out.contains(&format!("Not taken in: {why}.")), "{told:#?}");
    supplier("pkg:cargo/shop@0.1.0");
    let taken = stage.json(0, &["vex", "--take", "supplier.json"]);
    assert_eq!((&taken["applied"], rows(&taken, "left_out").len()), (&Value::from(1), 0));
    // It stays a statement about that version of the shop: in the next one, the finding is back.
    stage.write("holdfast.toml", "[statements]\nauthors = [\"Shop\"]\n");
    let states = || -> Vec<String> {
        let report = stage.run(&["check", "--format", "json"]);
        let report: Value = serde_json::from_str(&report.out).unwrap();
        rows(&report, "findings").iter().map(|row| text(row, "/state").to_owned()).collect()
    };
    assert_eq!(states(), ["accepted"]);
    let next = cargo_lock(&[("tiller", "1.0.0")]).replacen("0.1.0", "0.2.0", 1);
    stage.write("Cargo.lock", next);
    assert_eq!(states(), ["open"]);
}

/// Every place that takes a host takes its root.
#[test]
fn a_root_is_checked_by_itself() {
    let stage = Stage::synced();
    let target = root(&stage);
    let ran = stage.run(&["check", &target, "--format", "json"]);
    let report = ran.json(ran.code);
    let asset = &rows(&report, "assets")[0];
    assert_eq!((text(asset, "/name"), text(asset, "/kind")), (target.as_str(), "host"));
    // One of the three has no version.
    assert_eq!(asset["packages"], 2);
    let open = rows(&report, "not_assessed");
    assert!(open.iter().any(|row| text(row, "/subject").contains("odd")), "{open:#?}");
    stage.run(&["check", &target, "--base", "HEAD"]).refuses(2, "a root has no revisions");
    stage.run(&["check", "root:/nowhere"]).refuses(2, "the root `/nowhere` cannot be opened");
}

/// What a validator says of a file; nothing where it is right.
fn complaint(validators: &Path, script: &str, file: &Path) -> String {
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .env("PYTHONPATH", validators)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    if output.status.success() {
        String::new()
    } else {
        String::from_utf8_lossy(&said).into_owned()
    }
}

const CYCLONEDX: &str = "\
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
sys.exit(str(wrong) if wrong else 0)
";
const SPDX: &str = "\
import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
wrong = validate_full_spdx_document(parse_file(sys.argv[1]))
sys.exit('\\n'.join(one.validation_message for one in wrong) if wrong else 0)
";

#[test]
fn the_official_schemas_accept_what_is_written() {
    let Some(validators) = real::validators("the_official_schemas") else { return };
    let stage = shop();
    stage.write("broken/package-lock.json", "{\"packages\": {");
    let key = text(&stage.json(1, &["check"]), "/findings/0/key").to_owned();
    let until =
        ["--until", "2026-12-24", "--because", "no", "--not-affected", "component_not_present"];
    stage.run(&[&["accept", &*key][..], &until].concat()).exits(0);
    let host = root(&stage);
    for (arguments, form, script) in [
        (vec!["sbom"], "cyclonedx", CYCLONEDX),
        (vec!["sbom"], "spdx", SPDX),
        (vec!["sbom", &host], "cyclonedx", CYCLONEDX),
        (vec!["sbom", &host], "spdx", SPDX),
        (vec!["vex"], "cyclonedx", CYCLONEDX),
        (vec!["vex", &host], "cyclonedx", CYCLONEDX),
    ] {
        let all: Vec<&str> = arguments.iter().copied().chain(["--format", form]).collect();
        let file = stage.outer.path().join(format!("out.{form}.json"));
        std::fs::write(&file, &stage.run(&all).exits(0).out).unwrap();
        assert_eq!(complaint(&validators, script, &file), "", "{all:?}");
    }
    // The validators do find what is wrong.
    let file = stage.outer.path().join("wrong.json");
    std::fs::write(&file, "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"x\": 1}")
        .unwrap();
    assert_ne!(complaint(&validators, CYCLONEDX, &file), "");
}
