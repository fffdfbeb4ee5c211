//! The promises of the command line: documents keep their keys, exit codes mean what they say,
//! errors come with help. The design's table (section 4) stands here as lists of keys.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

#[path = "cli/baselines.rs"]
mod baselines;
#[path = "cli/bills.rs"]
mod bills;
#[path = "cli/facts.rs"]
mod facts;
#[path = "cli/far.rs"]
mod far;
#[path = "cli/into.rs"]
mod into;
#[path = "cli/objectives.rs"]
mod objectives;
#[path = "support/real.rs"]
mod real;
#[path = "cli/registered.rs"]
mod registered;
mod support;
#[path = "cli/updates.rs"]
mod updates;

use serde_json::Value;
use support::{Stage, TILLER, cargo_lock, package_lock, rows, text};

fn shop() -> Stage {
    let stage = Stage::synced();
    stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    stage.write("requirements.txt", "floating>=1\n");
    stage.write("broken/package-lock.json", "{\"packages\": {");
    stage
}

/// An object has these keys; `a.b` is the key `b` of the object at `a`.
#[track_caller]
fn has(value: &Value, keys: &str) {
    for key in keys.split_whitespace() {
        let pointer = format!("/{}", key.replace('.', "/"));
        assert!(value.pointer(&pointer).is_some(), "`{key}` is missing in {value:#}");
    }
}

#[track_caller]
fn schema(value: &Value, name: &str) {
    assert_eq!(value["schema"], format!("holdfast/{name}/1"));
}

const FINDING: &str = "key kind weakness aliases title severity state standing asset_id \
    subject version fixed_in place instances witnesses decision.do decision.due decision.team decision.line";

#[track_caller]
fn is_finding(row: &Value) {
    has(row, FINDING);
    for instance in rows(row, "instances") {
        has(instance, "version place fixed_in");
    }
    // A default of a host stands in no file.
    let places = rows(row, "instances").iter().chain([row]).map(|one| &one["place"]);
    for place in places.filter(|place| text(row, "/kind") != "control" || !place.is_null()) {
        has(place, "path line column");
    }
    let words = ["now", "soon", "when you can"];
    assert!(words.contains(&text(row, "/severity")), "{row:#}");
    // A control speaks of a setting, everything else of a package.
    let package = text(row, "/subject").starts_with("pkg:");
    assert_eq!(package, text(row, "/kind") != "control", "{row:#}");
}

#[track_caller]
fn is_report(report: &Value, name: &str) {
    schema(report, name);
    has(report, "findings not_assessed problems verdict");
    assert!(["pass", "warn", "block"].contains(&text(report, "/verdict")));
    rows(report, "findings").iter().for_each(is_finding);
    for row in rows(report, "not_assessed") {
        has(row, "key subject reason closes_with place");
    }
    for row in rows(report, "problems") {
        has(row, "code message place help");
    }
}

#[test]
fn check_keeps_its_keys() {
    let report = shop().json(1, &["check"]);
    is_report(&report, "check");
    for key in ["findings", "not_assessed", "problems"] {
        assert!(!rows(&report, key).is_empty(), "no {key} to look at");
    }
    assert_eq!(text(&report, "/findings/0/weakness"), TILLER);
}

/// `up --once`, and everything that reads what it recorded.
#[test]
fn the_record_keeps_its_keys() {
    let stage = shop();
    let report = stage.json(0, &["up", "--once"]);
    is_report(&report, "up");
    let row =
        rows(&report, "findings").iter().find(|row| text(row, "/weakness") == TILLER).unwrap();
    let key = text(row, "/key").to_owned();

    let all = stage.json(0, &["findings"]);
    schema(&all, "findings");
    rows(&all, "findings").iter().for_each(is_finding);
    let short: String = key.chars().take(12).collect();
    let one = stage.json(0, &["findings", &short]);
    schema(&one, "findings");
    let found = &rows(&one, "findings")[0];
    is_finding(found);
    has(found, "first_seen last_seen since history asset_id");
    assert_eq!(
        text(found, "/asset"),
        text(row, "/asset"),
        "the asset, and not what is wrong on it"
    );
    assert_eq!(text(found, "/asset_id"), text(&report, "/assets/1/id"));
    let listed = stage.run(&["findings"]);
    let lines: Vec<&str> = listed.exits(0).out.lines().map(str::trim).collect();
    let place = format!("in {} · {}:", text(row, "/asset"), text(row, "/place/path"));
    assert!(lines.iter().any(|line| line.starts_with(&place)), "{place}: {listed:#?}");
    has(&rows(found, "history")[0], "at from to because entry");
    assert_eq!(text(found, "/key"), key, "a beginning of a key is enough");

    let verified = stage.json(0, &["ledger", "verify"]);
    schema(&verified, "ledger-verify");
    has(&verified, "entries checkpoint broken");
    assert!(verified["entries"].as_u64().unwrap() >= 3);
    let kept = stage.outer.path().join("checkpoint");
    std::fs::write(&kept, text(&verified, "/checkpoint")).unwrap();
    stage.json(0, &["ledger", "verify", "--against", kept.to_str().unwrap()]);

    let affected = stage.json(0, &["advisories", "affected", TILLER]);
    schema(&affected, "advisories-affected");
    has(&affected, "assets weakness packages");
    has(&rows(&affected, "assets")[0], "asset standing subject version place");

    let explained = stage.json(0, &["explain", &key, "--proof"]);
    schema(&explained, "explain");
    has(&explained, "findings topics proofs");
    has(&rows(&explained, "proofs")[0], "entry what proof");
    is_finding(&explained["findings"][0]["finding"]);
    has(&explained["findings"][0], "finding severity lines milder through");

    let doctor = stage.json(0, &["doctor"]);
    schema(&doctor, "doctor");
    for check in rows(&doctor, "checks") {
        has(check, "id ok found help");
    }

    let exported = stage.run(&["ledger", "export"]);
    exported.exits(0);
    let lines: Vec<Value> =
        exported.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as u64, verified["entries"].as_u64().unwrap() + 1, "and a checkpoint");
    assert_eq!(lines.last().unwrap()["checkpoint"], verified["checkpoint"]);
}

#[test]
fn advisories_keep_their_keys() {
    let stage = shop();
    let feed = stage.outer.path().join("feed");
    let synced = stage.json(0, &["advisories", "sync", "--from", feed.to_str().unwrap()]);
    let status = stage.json(0, &["advisories", "status"]);
    for (document, name) in [(&synced, "advisories-sync"), (&status, "advisories-status")] {
        schema(document, name);
        has(document, "feeds starter digest problems");
        assert_eq!(rows(document, "feeds").len(), 4, "{document:#}");
        for feed in rows(document, "feeds") {
            has(feed, "ecosystem records changed age digest");
        }
    }
    let shown = stage.json(0, &["advisories", "show", "pkg:cargo/tiller@1.0.0"]);
    schema(&shown, "advisories-show");
    has(&shown, "weaknesses covered");
    has(&rows(&shown, "weaknesses")[0], "weakness aliases title severity exploited affected fixed");
    let mended = stage.json(0, &["advisories", "show", "pkg:cargo/tiller@1.0.3"]);
    assert_eq!(rows(&mended, "weaknesses").len(), 0);

    let chain = "1.0.0 < 1.0.1\n  < 1.1.0 < 2.0.0\n";
    stage.write("versions", format!("{chain}2.0.0 < 1.0.0\n1.0 = 1.0\nnonsense\n"));
    let compared = stage.json(0, &["advisories", "compare", "cargo", "versions"]);
    schema(&compared, "advisories-compare");
    has(&compared, "compared wrong lines");
    assert_eq!(compared["compared"], 6 + 2);
    assert_eq!(compared["problems"][0]["place"]["line"], 5);
    assert_eq!(rows(&compared, "lines").len() as u64, compared["wrong"].as_u64().unwrap());
    assert!(
        rows(&compared, "lines")
            .iter()
            .any(|line| line.as_str().unwrap().contains("2.0.0 < 1.0.0"))
    );
}

#[test]
fn rules_keep_their_keys() {
    let stage = Stage::new();
    let listed = stage.json(0, &["rules", "list"]);
    schema(&listed, "rules-list");
    for rule in rows(&listed, "rules") {
        has(rule, "id title kind severity refs file");
    }
    for kind in ["advisory", "appetite", "baseline", "control", "event", "guardrail"] {
        let only = stage.json(0, &["rules", "list", "--kind", kind]);
        assert!(!rows(&only, "rules").is_empty());
        assert!(rows(&only, "rules").iter().all(|rule| rule["kind"] == kind));
    }
    let tested = stage.json(0, &["rules", "test"]);
    schema(&tested, "rules-test");
    has(&tested, "rules tests failed");
    assert_eq!(rows(&tested, "failed").len(), 0);
    stage.write(
        "bad.yaml",
        "lines:\n  - {name: x, when: finding.severity is nwo, do: [inform], due: 1 day}\n",
    );
    let failed = stage.json(1, &["rules", "test", "bad.yaml"]);
    for row in rows(&failed, "failed") {
        has(row, "code message place.path place.line place.column help");
    }
    let theirs = "title: Somebody deleted a bucket\nlogsource: {product: aws}\n\
                  detection: {deleted: {eventName: DeleteBucket}, condition: deleted}\n";
    stage.write(".holdfast/rules/event/deleted.yml", theirs);
    let listed = stage.json(0, &["rules", "list", "--kind", "event"]);
    let own = rows(&listed, "rules").iter().find(|rule| rule["id"] == "deleted").unwrap();
    assert_eq!(own["file"], ".holdfast/rules/event/deleted.yml");
    let tested = stage.json(0, &["rules", "test"]);
    has(&rows(&tested, "untested")[0], "code message place.path place.line place.column help");
    stage.json(1, &["rules", "test", "--strict"]);
    let explained = stage.json(0, &["explain", "deleted"]);
    has(&rows(&explained, "topics")[0], "kind id text file");
}

#[test]
fn a_control_is_explained_as_on_its_page() {
    let stage = Stage::new();
    let pages = stage.run(&["reference"]).json(0);
    let page = |path: &str| pages[path].as_str().unwrap_or_else(|| panic!("no page {path}"));
    let index = page("docs/reference/control.md");
    let links = index.lines().filter_map(|line| Some(line.split_once("](")?.1.split_once(')')?.0));
    let mut linked: Vec<String> = links.map(|link| format!("docs/reference/{link}")).collect();
    linked.sort_unstable();
    let own = |path: &&String| path.starts_with("docs/reference/control/");
    let own: Vec<&String> = pages.as_object().unwrap().keys().filter(own).collect();
    assert!(own.len() >= 97, "only {} controls have a page", own.len());
    assert_eq!(linked.iter().collect::<Vec<_>>(), own);
    assert!(index.contains("\n## ssh\n\n- ["), "{index}");

    let shown = stage.run(&["explain", "root-login", "--format", "markdown"]);
    let (_, same) = page("docs/reference/control/root-login.md").split_once("-->\n\n").unwrap();
    assert!(shown.exits(0).out.ends_with(same), "{shown:#?}");
    let human = stage.run(&["explain", "root-login"]);
    for line in ["  Nobody logs in as root over ssh", "    ensure:", "  Ansible playbook"] {
        assert!(human.exits(0).out.lines().any(|one| one == line), "{line}: {human:#?}");
    }
}

#[test]
fn fix_and_accept_keep_their_keys() {
    let stage = Stage::synced();
    stage.write("requirements.txt", "tiller==1.0.0\n");
    let shown = stage.json(0, &["fix", TILLER]);
    schema(&shown, "fix");
    has(&shown, "findings diff commands applied notes");
    has(&rows(&shown, "findings")[0], "key weakness title target advice");
    assert_eq!(shown["applied"], false);
    let fixed = stage.json(0, &["fix", TILLER, "--apply"]);
    assert_eq!(fixed["findings"][0]["mended"], true);
    assert_eq!(stage.read("requirements.txt"), b"tiller==1.0.3\n");
    let undone = stage.json(0, &["fix", "--undo"]);
    schema(&undone, "fix-undo");
    assert_eq!(rows(&undone, "files"), ["requirements.txt"]);
    assert_eq!(stage.read("requirements.txt"), b"tiller==1.0.0\n");

    let accept =
        ["accept", TILLER, "--until", "2026-12-01", "--because", "no till yet", "--owner", "sam"];
    let accepted = stage.json(0, &accept);
    schema(&accepted, "accept");
    has(&accepted, "key weakness until owner approved file");
    assert_eq!(text(&accepted, "/file"), ".holdfast/accepted.yaml");
    let report = stage.json(0, &["check"]);
    assert_eq!(text(&report, "/findings/0/state"), "accepted");
}

/// 0 is pass or warn, 1 is block or, under `--strict`, warn.
#[test]
fn exit_codes_of_the_gate() {
    let stage = Stage::synced();
    stage.write("Cargo.lock", cargo_lock(&[("calm", "1.0.0")]));
    assert_eq!(stage.json(0, &["check"])["verdict"], "pass");
    assert_eq!(stage.json(0, &["check", "--strict"])["verdict"], "pass");
    stage.write("requirements.txt", "floating>=1\n");
    assert_eq!(stage.json(0, &["check"])["verdict"], "warn");
    assert_eq!(stage.json(1, &["check", "--strict"])["verdict"], "warn");
    stage.write("package-lock.json", package_lock(&[("tiller", "1.0.0")]));
    assert_eq!(stage.json(1, &["check"])["verdict"], "block");
    assert_eq!(stage.json(1, &["check", "--strict"])["verdict"], "block");
    // A check that there is not yet has not passed.
    let only = stage.json(0, &["check", "--only", "secret"]);
    assert_eq!(only["verdict"], "warn");
    assert_eq!(rows(&only, "findings").len(), 0);
    assert_eq!(text(&only, "/not_assessed/0/kind"), "secret");
    for form in ["human", "json", "sarif", "markdown"] {
        stage.run(&["check", "--format", form]).exits(1);
    }
}

/// 2 is the call's fault: arguments and configuration, each with help.
#[test]
fn exit_codes_of_wrong_calls() {
    let stage = shop();
    stage.run(&["check", "nowhere"]).refuses(2, "nowhere");
    stage.run(&["check", "--base", "main"]).refuses(2, "git");
    stage.run(&["check", "--only", "packages"]).refuses(2, "packages");
    stage.run(&["check", "--appetite", "strickt"]).refuses(2, "did you mean `strict`");
    stage.run(&["check", "--appetite", "./nowhere.yaml"]).exits(2);
    stage.run(&["findings"]).refuses(2, "nothing was recorded yet");
    stage.run(&["ledger", "verify"]).refuses(2, "nothing was recorded yet");
    stage.run(&["fix", "CVE-1999-0001"]).refuses(2, "nothing here is called");
    stage.run(&["fix", "--undo"]).refuses(2, "no applied change");
    stage.run(&["explain", "no-such-thing"]).refuses(2, "nothing here is called");
    stage.run(&["advisories", "affected", "CVE-1999-0001"]).refuses(2, "no advisory here");
    stage.run(&["advisories", "show", "tiller"]).refuses(2, "no package URL");
    stage.run(&["advisories", "compare", "klingon", "Cargo.lock"]).refuses(2, "klingon");
    stage.run(&["rules", "list", "--kind", "klingon"]).refuses(2, "klingon");
    let accept = |until: &'static str| {
        ["accept", TILLER, "--until", until, "--because", "so", "--owner", "sam"]
    };
    stage.run(&accept("tomorrow")).refuses(2, "no date");
    stage.run(&accept("2026-11-20")).refuses(2, "is over");
    let mut nobody = accept("2026-12-01");
    nobody[1] = "CVE-1999-0001";
    stage.run(&nobody).refuses(2, "nothing here is called");
    for wrong in [
        &["chekc"][..],
        &["up", "--listen", "nowhere"],
        &["check", "--format", "xml"],
        &["fix"],
        &[],
    ] {
        let ran = stage.run(wrong);
        assert_eq!(ran.code, 2, "{ran:#?}");
        assert!(ran.err.contains("holdfast") || ran.err.contains("--help"), "{ran:#?}");
    }
    stage.write("holdfast.toml", "appetite = \"strickt\"\n");
    stage.run(&["check"]).refuses(2, "strickt");
    // Configuration that was meant and not understood could be the line that matters.
    stage.write("holdfast.toml", "apetite = \"strict\"\n");
    stage.run(&["check"]).refuses(2, "holdfast.toml:1:1");
    stage.run(&["check"]).refuses(2, "did you mean `appetite`");
}

#[test]
fn a_clock_that_is_none_is_the_calls_fault() {
    let stage = Stage::new();
    let output = stage.command(&["check"]).env("HOLDFAST_NOW", "yesterday").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("RFC 3339"));
}

/// A reader of the output that goes away is no error, and no panic.
#[test]
fn a_closed_pipe_is_no_error() {
    let stage = shop();
    let mut child = stage
        .command(&["check", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// Without npm on the path the lockfile stays, the row is not mended, and the exit code says so.
#[test]
fn a_fix_that_did_not_mend_ends_with_one() {
    let mut stage = Stage::synced();
    let nothing = stage.outer.path().join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    stage.path = Some(nothing.display().to_string());
    let lock = package_lock(&[("tiller", "1.0.0")]);
    let manifest =
        "{\"name\": \"shop\", \"version\": \"0.1.0\", \"dependencies\": {\"tiller\": \"^1.0.0\"}}";
    stage.write("package.json", manifest);
    stage.write("package-lock.json", &lock);
    let fixed = stage.json(1, &["fix", TILLER, "--apply"]);
    assert_eq!(fixed["findings"][0]["mended"], false);
    let notes = rows(&fixed, "notes");
    assert!(
        notes.iter().any(|note| note.as_str().unwrap().contains("npm is not installed")),
        "{fixed:#}"
    );
    assert_eq!(stage.read("package-lock.json"), lock.as_bytes());
    stage.run(&["fix", "--undo"]).exits(0);
    assert_eq!(stage.read("package.json"), manifest.as_bytes());

    let human = stage.run(&["fix", TILLER, "--apply"]);
    human.exits(1);
    assert!(human.out.contains("not mended") && !human.out.contains("proven"), "{human:#?}");
}
