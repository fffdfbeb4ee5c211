//! The forms that other tools read, held against what those tools ask of them: on a rich report,
//! on hosts, on texts that were made to break out, and on nothing at all.

mod alike;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_engine::audit::{Audit, AuditedRow, ResultRow};
use holdfast_engine::document::{NotAssessedRow, OsRow, PlaceRow, ProblemRow, Report};
use holdfast_model::{FindingKind, Severity, State, Verdict};
use serde_json::{Value, json};

use super::sheet::Sheet;
use super::surfaces;

const EVIL: &str = "</title><script>alert(1)</script> ]]> & \"q\" 'a' \u{1}\u{FFFF}\n## b";

/// Everything that a gate can say.
fn rich() -> Report {
    let mut report = surfaces::report();
    let mut accepted = report.findings[0].clone();
    accepted.state = State::Accepted;
    accepted.weakness = "update:openssl".into();
    accepted.kind = FindingKind::Package;
    let mut evil = report.findings[0].clone();
    evil.title = EVIL.to_owned();
    evil.subject = EVIL.into();
    evil.weakness = EVIL.into();
    evil.severity = Severity::Now;
    evil.place = Some(PlaceRow { path: EVIL.into(), line: 1, column: 1 });
    report.findings.extend([accepted, evil]);
    report.not_assessed.push(NotAssessedRow {
        key: "0a".to_owned(),
        kind: FindingKind::Package,
        subject: "Go packages".into(),
        reason: "there is no feed".to_owned(),
        closes_with: "holdfast advisories sync".to_owned(),
        place: None,
        asset: None,
        asset_id: None,
    });
    report.problems.push(ProblemRow {
        code: "json-syntax".to_owned(),
        message: EVIL.to_owned(),
        place: Some(PlaceRow { path: "a.json".into(), line: 2, column: 3 }),
        help: "mend it".to_owned(),
    });
    report
}

fn row(control: &str, target: &str, result: &'static str) -> ResultRow {
    let refs = BTreeMap::from([
        ("devsec".to_owned(), vec!["sshd-06".to_owned()]),
        ("nist-800-53".to_owned(), vec!["AC-6(2)".to_owned(), "AC-17".to_owned()]),
    ]);
    ResultRow {
        control: control.into(),
        title: format!("title of {control}"),
        resource: "sshd PermitRootLogin".to_owned(),
        target: target.to_owned(),
        result,
        reason: format!("reason of {result}"),
        found: Some("yes".into()),
        wanted: "no".into(),
        place: Some(PlaceRow { path: "/etc/ssh/sshd_config".into(), line: 2, column: 1 }),
        severity: Severity::Soon,
        key: (result == "fail").then(|| "0707070707070707".to_owned()),
        refs,
        why: "why it matters".to_owned(),
        closes_with: String::new(),
    }
}

fn host(target: &str, id: &str, name: &str, os: Option<&str>) -> AuditedRow {
    let os = os.map(|os| OsRow { id: os.into(), version: Some("12".into()) });
    AuditedRow { target: target.to_owned(), id: id.to_owned(), name: name.to_owned(), os }
}

fn audit() -> Audit {
    Audit {
        schema: "holdfast/audit/1",
        at: "2026-03-04T05:06:07Z".to_owned(),
        hosts: vec![
            host("local", "host:0123", "web1", Some("debian")),
            host("root:/srv/a b", "root:0123:/srv/a b", "root:/srv/a b", None),
        ],
        results: vec![
            row("root-login", "local", "fail"),
            row("root-login", "local", "pass"),
            row("ssh-port", "local", "pass"),
            row("shadow-perms", "local", "not assessed"),
            row("net-forwarding", "root:/srv/a b", "not applicable"),
            row("broken", "root:/srv/a b", "error"),
            row("half", "root:/srv/a b", "pass"),
            row("half", "root:/srv/a b", "not assessed"),
        ],
        verdict: Verdict::Warn,
        problems: Vec::new(),
        notes: Vec::new(),
        details: Vec::new(),
    }
}

fn nothing() -> Report {
    let mut report = surfaces::report();
    report.findings.clear();
    report.assets.clear();
    report
}

/// Each form of each document, twice.
fn every(form: fn(&Sheet<'_>) -> String) -> [String; 3] {
    let (rich, audit, nothing) = (rich(), audit(), nothing());
    let sheets = [Sheet::of_report(&rich), Sheet::of_audit(&audit), Sheet::of_report(&nothing)];
    sheets.map(|sheet| {
        let text = form(&sheet);
        assert_eq!(text, form(&sheet), "the same twice");
        text
    })
}

/// The elements of XML with their attributes, in order; ends where something is not well-formed.
fn elements(text: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut out = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        assert!(!before.contains('>') && !before.contains("]]>"), "{before}");
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if tag.starts_with('?') || tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let mut found = BTreeMap::new();
        while let Some((key, value)) = attributes.split_once("=\"") {
            let (value, more) = value.split_once('"').unwrap();
            let key = key.trim().to_owned();
            assert!(found.insert(key, value.to_owned()).is_none(), "{tag}");
            attributes = more;
        }
        assert!(attributes.trim().is_empty(), "{tag}");
        out.push((name.to_owned(), found));
        let void = ["meta", "br", "link"].contains(&name);
        if !empty && !void {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let bad = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    assert!(!text.contains(bad));
    out
}

#[test]
fn junit_counts_what_it_holds() {
    for text in every(super::junit::report) {
        let all = elements(&text);
        let number = |found: &BTreeMap<String, String>, name: &str| -> usize {
            found[name].parse().unwrap()
        };
        let count = |name: &str| all.iter().filter(|(one, _)| one == name).count();
        let whole = &all[0];
        assert_eq!(whole.0, "testsuites");
        let suites: Vec<_> = all.iter().filter(|(name, _)| name == "testsuite").collect();
        for (attribute, element) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ] {
            assert_eq!(number(&whole.1, attribute), count(element), "{attribute}");
            let sum: usize = suites.iter().map(|(_, found)| number(found, attribute)).sum();
            assert_eq!(sum, count(element), "{attribute}");
        }
        assert!(all.iter().all(|(name, found)| name != "testcase"
            || (!found["name"].is_empty() && !found["classname"].is_empty())));
    }
    let [rich, hosts, _] = every(super::junit::report);
    assert!(rich.contains("failures=\"2\" errors=\"1\" skipped=\"2\""), "{rich}");
    assert!(hosts.contains("<skipped message=\"not assessed: reason of not assessed\"/>"));
    assert_eq!(hosts.matches("<testsuite ").count(), 2);
}

#[test]
fn inspec_has_what_its_schema_demands() {
    for text in every(super::inspec::report) {
        let document: Value = serde_json::from_str(&text).unwrap();
        for key in ["platform", "profiles", "statistics", "version"] {
            assert!(document.get(key).is_some(), "{key}");
        }
        let mut ids = BTreeSet::new();
        for profile in document["profiles"].as_array().unwrap() {
            for key in ["name", "sha256", "supports", "attributes", "groups", "controls"] {
                assert!(profile.get(key).is_some(), "{key}");
            }
            for control in profile["controls"].as_array().unwrap() {
                for key in
                    ["id", "title", "desc", "impact", "refs", "tags", "code", "source_location"]
                {
                    assert!(control.get(key).is_some(), "{key}");
                }
                assert!((0.0..=1.0).contains(&control["impact"].as_f64().unwrap()));
                ids.insert((profile["title"].to_string(), control["id"].to_string()));
                let results = control["results"].as_array().unwrap();
                assert!(!results.is_empty());
                for result in results {
                    let status = result["status"].as_str().unwrap();
                    let text = match status {
                        "passed" => continue,
                        "failed" => &result["message"],
                        "skipped" => &result["skip_message"],
                        other => panic!("{other}"),
                    };
                    assert!(!text.as_str().unwrap().is_empty());
                    assert!(!result["code_desc"].as_str().unwrap().is_empty());
                }
            }
        }
        let controls = document["profiles"].as_array().unwrap().iter();
        let controls: usize = controls.map(|one| one["controls"].as_array().unwrap().len()).sum();
        assert_eq!(ids.len(), controls, "each control once in its profile");
    }
    let [_, hosts, _] = every(super::inspec::report);
    let hosts: Value = serde_json::from_str(&hosts).unwrap();
    let root = &hosts["profiles"][0]["controls"][0];
    assert_eq!(root["tags"]["devsec"], json!(["sshd-06"]));
    assert_eq!(
        (&root["id"], &root["tags"]["holdfast"]),
        (&json!("root-login"), &json!("root-login"))
    );
    let statuses: Vec<&Value> =
        root["results"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["failed", "passed"]);
}

/// What OSCAL's JSON schema asks of the parts that are written here.
fn schema() -> Value {
    let uuid = json!({"type": "string", "pattern":
        "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[45][0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$"});
    let token = json!({"type": "string", "pattern": "^(\\p{L}|_)(\\p{L}|\\p{N}|[.\\-_])*$"});
    let line = json!({"type": "string", "pattern": "^\\S(.*\\S)?$"});
    let time = json!({"type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?Z$"});
    let props = json!({"type": "array", "minItems": 1, "items": {"type": "object",
        "required": ["name", "value"], "additionalProperties": false,
        "properties": {"name": token, "ns": {"type": "string"}, "value": line}}});
    let subject = json!({"type": "object", "required": ["subject-uuid", "type"],
        "additionalProperties": false, "properties": {"subject-uuid": uuid, "type": token}});
    let observation = json!({"type": "object", "required":
        ["uuid", "description", "methods", "collected"], "additionalProperties": false,
        "properties": {"uuid": uuid, "title": line, "description": {"type": "string"},
            "props": props, "methods": {"type": "array", "minItems": 1},
            "subjects": {"type": "array", "minItems": 1, "items": subject}, "collected": time}});
    let status = json!({"type": "object", "required": ["state"], "additionalProperties": false,
        "properties": {"state": {"enum": ["satisfied", "not-satisfied"]}, "reason": token}});
    let target = json!({"type": "object", "required": ["type", "target-id", "status"],
        "additionalProperties": false, "properties": {
            "type": {"enum": ["statement-id", "objective-id"]}, "target-id": token,
            "status": status}});
    let finding = json!({"type": "object", "required": ["uuid", "title", "description", "target"],
        "additionalProperties": false, "properties": {"uuid": uuid, "title": line,
            "description": {"type": "string"}, "target": target,
            "related-observations": {"type": "array", "minItems": 1, "items": {"type": "object",
                "required": ["observation-uuid"], "properties": {"observation-uuid": uuid}}}}});
    let result = json!({"type": "object", "required":
        ["uuid", "title", "description", "start", "reviewed-controls"],
        "additionalProperties": false, "properties": {"uuid": uuid, "title": line,
            "description": {"type": "string"}, "start": time, "end": time, "props": props,
            "local-definitions": {"type": "object"},
            "reviewed-controls": {"type": "object", "required": ["control-selections"]},
            "observations": {"type": "array", "minItems": 1, "items": observation},
            "findings": {"type": "array", "minItems": 1, "items": finding}}});
    json!({"type": "object", "required": ["assessment-results"], "properties": {
        "assessment-results": {"type": "object",
            "required": ["uuid", "metadata", "import-ap", "results"], "properties": {
                "uuid": uuid,
                "metadata": {"type": "object",
                    "required": ["title", "last-modified", "version", "oscal-version"],
                    "properties": {"last-modified": time}},
                "import-ap": {"type": "object", "required": ["href"]},
                "results": {"type": "array", "minItems": 1, "items": result}}}}})
}

#[test]
fn oscal_follows_its_schema_and_its_references_lead_somewhere() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for text in every(super::oscal::report) {
        let document: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [] as [String; 0]);
        let (mut defined, mut used) = (Vec::new(), BTreeSet::new());
        references(&document, &mut defined, &mut used);
        let count = defined.len();
        let defined: BTreeSet<String> = defined.into_iter().collect();
        assert_eq!(defined.len(), count, "no identifier twice");
        assert!(used.is_subset(&defined), "{used:?}");
    }
    let [_, hosts, _] = every(super::oscal::report);
    let hosts: Value = serde_json::from_str(&hosts).unwrap();
    let states = |nth: usize| -> BTreeMap<String, String> {
        let findings = hosts["assessment-results"]["results"][nth]["findings"].as_array().unwrap();
        findings
            .iter()
            .map(|one| {
                let target = &one["target"];
                let word = |value: &Value| value.as_str().unwrap().to_owned();
                (word(&target["target-id"]), word(&target["status"]["state"]))
            })
            .collect()
    };
    assert_eq!(states(0)["root-login"], "not-satisfied");
    assert_eq!(states(0)["ssh-port"], "satisfied");
    // What could not be told is neither.
    assert!(!states(0).contains_key("shadow-perms") && !states(1).contains_key("net-forwarding"));
    assert_eq!(states(1)["half"], "not-satisfied");
    let reviewed = &hosts["assessment-results"]["results"][0]["reviewed-controls"];
    let ids = &reviewed["control-selections"][0]["include-controls"];
    assert_eq!(*ids, json!([{"control-id": "ac-17"}, {"control-id": "ac-6.2"}]));
}

/// The identifiers that a document defines, and those that it refers to.
fn references(value: &Value, defined: &mut Vec<String>, used: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value.as_str()) {
                    ("uuid", Some(id)) => defined.push(id.to_owned()),
                    ("subject-uuid" | "observation-uuid", Some(id)) => {
                        used.insert(id.to_owned());
                    }
                    ("href", Some(href)) => {
                        used.insert(href.trim_start_matches('#').to_owned());
                    }
                    _ => references(value, defined, used),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|one| references(one, defined, used)),
        _ => {}
    }
}

#[test]
fn the_page_needs_no_script_and_nothing_from_elsewhere() {
    for text in every(super::html::report) {
        let style = text.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        assert!(!style.contains("url(") && !style.contains("@import"));
        let all = elements(&text.replace(style, ""));
        for (name, found) in &all {
            assert!(!["script", "link", "img", "iframe", "object"].contains(&name.as_str()));
            let bad = |key: &String| key.starts_with("on") || key == "src" || key == "href";
            assert!(!found.keys().any(bad), "{name} {found:?}");
        }
        assert_eq!(all.iter().filter(|(name, _)| name == "h1").count(), 1);
    }
    let [rich, hosts, nothing] = every(super::html::report);
    assert!(rich.contains("<span class=\"number\">2</span> to mend"));
    assert!(rich.contains("Could not check") && rich.contains("there is no feed"));
    let now = rich.find(">Now ").unwrap();
    assert!(now < rich.find(">Soon ").unwrap(), "most urgent first");
    assert!(hosts.contains("holdfast fix 070707070707 --target local"), "{hosts}");
    assert!(!nothing.contains("<section"));
}

/// A dashboard of many hosts has to tell them apart.
#[test]
fn every_form_says_which_host_it_is_about() {
    let [_, junit, _] = every(super::junit::report);
    let suites: Vec<_> =
        elements(&junit).into_iter().filter(|(name, _)| name == "testsuite").collect();
    assert_eq!((&*suites[0].1["name"], &*suites[0].1["hostname"]), ("web1", "web1"));
    for (name, value) in [("asset", "host:0123"), ("os", "debian"), ("os-version", "12")] {
        let property = format!("<property name=\"{name}\" value=\"{value}\"/>");
        assert_eq!(junit.matches(&property).count(), 1, "{property}: {junit}");
    }
    let [_, inspec, _] = every(super::inspec::report);
    let inspec: Value = serde_json::from_str(&inspec).unwrap();
    let wanted = json!({"name": "debian", "release": "12", "target_id": "host:0123"});
    assert_eq!(inspec["platform"], wanted);
    assert_eq!(inspec["profiles"][0]["title"], "Holdfast on web1");
    let [_, oscal, _] = every(super::oscal::report);
    let oscal: Value = serde_json::from_str(&oscal).unwrap();
    let item = |nth: usize| {
        let result = &oscal["assessment-results"]["results"][nth];
        result["local-definitions"]["inventory-items"][0].clone()
    };
    assert_eq!(item(0)["description"], "web1");
    let wanted = json!([{"name": "asset-id", "value": "host:0123"},
        {"name": "os-name", "value": "debian"}, {"name": "os-version", "value": "12"}]);
    assert_eq!(item(0)["props"], wanted);
    assert_eq!(item(1)["props"], json!([{"name": "asset-id", "value": "root:0123:/srv/a b"}]));
    let [_, html, _] = every(super::html::report);
    assert!(html.contains("<p class=\"of\">web1, root:/srv/a b</p>"), "{html}");

    // Two hosts of one name are two.
    let mut audit = audit();
    audit.hosts = vec![
        host("ssh://web1", "ssh://web1", "web1", None),
        host("ssh://web1:2222", "ssh://web1:2222", "web1", None),
    ];
    audit.results =
        vec![row("root-login", "ssh://web1", "fail"), row("root-login", "ssh://web1:2222", "pass")];
    let sheet = Sheet::of_audit(&audit);
    assert_eq!(super::sheet::targets(&sheet), ["ssh://web1", "ssh://web1:2222"]);
    assert_eq!(sheet.called("ssh://web1:2222"), "ssh://web1:2222");
    assert_ne!(super::oscal::report(&sheet).matches("ssh://web1:2222").count(), 0);
}

/// A service refuses the whole file where one rule has more.
#[test]
fn rules_of_sarif_have_no_more_tags_than_services_take() {
    let mut audit = audit();
    let many: Vec<String> = (0..30).map(|nth| format!("rule_{nth}")).collect();
    audit.results[0].refs.insert("ssg".to_owned(), many);
    let sheet = Sheet::of_audit(&audit);
    let sarif: Value = serde_json::from_str(&super::sarif::sheet(&sheet)).unwrap();
    let tags = &sarif["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["tags"];
    let tags = tags.as_array().unwrap();
    assert_eq!((tags.len(), &tags[0]), (20, &json!("devsec:sshd-06")));
}

#[test]
fn the_same_finding_is_in_every_form() {
    let report = surfaces::report();
    let sheet = Sheet::of_report(&report);
    for form in
        [super::junit::report, super::inspec::report, super::oscal::report, super::html::report]
    {
        let text = form(&sheet).replace('`', "");
        for wanted in ["root may log in over ssh", "50-cloud.conf:2:1", "found yes, wanted no"] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
    }
    let found: Option<Arc<str>> = report.findings[0].version.clone();
    assert_eq!(found.as_deref(), Some("yes"));
}
