//! What is said of a host over ssh is what the record says of it, whichever machine looks, and whatever
//! that machine says of itself. A stand-in for `ssh` runs the script here: no server is needed.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{Stage, rows, text};

/// A machine with a role and a setting of its own; the baseline knows roles for others.
const SETTINGS: &str = "appetite = \"solo\"\n\n[host]\nbaseline = \"ours\"\nring = \"pilot\"\n\
                        labels = [\"role:web\"]\n\n[host.settings]\nrouter = true\n";

const OURS: &str = "id: ours
title: How our servers are set up
why: What our machines are there for.
controls: [far-note]
set:
  router: {role gate: true}
drop:
  far-note: {because: nobody writes notes there, for: [role web, ring early]}
";

fn control(note: &str) -> String {
    format!(
        "id: far-note
title: The note is for its owner alone
wrong: everybody may write the note
why: Whoever writes it decides what others read.
severity: soon
refs: {{nist-800-53: [AC-6]}}
when: not setting.router
ensure:
  - file {note}: {{mode: {{at_most: \"0640\"}}}}
risk: {{breaks: [], lockout: false, reboot: false, interruption: none}}
tests:
  pass: [{{file: {{{note}: {{mode: \"0640\"}}}}}}]
  fail: [{{file: {{{note}: {{mode: \"0644\"}}}}}}]
  not_applicable: [{{setting: {{router: true}}, file: {{{note}: {{mode: \"0644\"}}}}}}]
"
    )
}

/// Stands in for `ssh`, on the search path of the stage before all others.
fn ssh(stage: &mut Stage, script: &str) {
    let folder = stage.outer.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("ssh");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let others = std::env::var("PATH").unwrap_or_default();
    stage.path = Some(format!("{}:{others}", folder.display()));
}

/// A stage whose hosts over ssh are all this machine, with a note that everybody may write.
fn stage() -> Stage {
    let mut stage = Stage::new();
    ssh(&mut stage, "#!/bin/sh\nexec /bin/sh\n");
    let note = stage.outer.path().join("note");
    std::fs::write(&note, "hello\n").unwrap();
    std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o666)).unwrap();
    stage.write("holdfast.toml", SETTINGS);
    stage.write(".holdfast/rules/baseline/ours.yaml", OURS);
    let text = control(note.to_str().unwrap());
    stage.write(".holdfast/rules/control/far-note.yaml", text);
    stage
}

/// The key of the control's finding on a host.
#[track_caller]
fn key(stage: &Stage, host: &str) -> String {
    let all = stage.json(0, &["findings", "--all"]);
    let keys = rows(&all, "findings").iter().filter(|row| text(row, "/weakness") == "far-note");
    let of =
        |key: &str| stage.json(0, &["explain", key])["findings"][0]["finding"]["asset"].clone();
    let mut keys = keys.map(|row| text(row, "/key").to_owned());
    keys.find(|key| of(key) == host).unwrap_or_else(|| panic!("none of `{host}` in {all:#}"))
}

/// What the control says of a target, and why.
fn judged(stage: &Stage, target: &str) -> (String, String) {
    let ran = stage.run(&["audit", target, "--only", "far-note", "--format", "json"]);
    assert!(ran.code == 0 || ran.code == 1, "{ran:#?}");
    let audit = ran.json(ran.code);
    let [row] = rows(&audit, "results") else { panic!("{audit:#}") };
    (text(row, "/result").to_owned(), text(row, "/reason").to_owned())
}

#[test]
fn what_this_machine_says_of_itself_is_nothing_about_another_one() {
    let stage = stage();
    assert_eq!(judged(&stage, "local").0, "not applicable");
    // Neither its role and ring, nor what it declares.
    assert_eq!(judged(&stage, "ssh://web1").0, "fail");
    stage.run(&["add", "ssh://web1"]).exits(0);
    stage.run(&["up", "--once"]).exits(0);
    let open = stage.json(0, &["findings"]);
    let open: Vec<&Value> =
        rows(&open, "findings").iter().filter(|row| text(row, "/weakness") == "far-note").collect();
    assert_eq!(open.len(), 1, "it is open on `web1`, and on no other host: {open:#?}");
}

#[test]
fn a_host_is_judged_and_mended_as_the_record_knows_it() {
    let stage = stage();
    for (address, label) in
        [("ssh://gate", "role=gate"), ("ssh://web2", "role=web"), ("ssh://early", "ring=early")]
    {
        stage.run(&["add", address, "--label", label]).exits(0);
    }
    let dropped = "the baseline `ours` drops it: nobody writes notes there";
    for (target, reason) in
        [("ssh://gate", "declared to route"), ("ssh://web2", dropped), ("ssh://early", dropped)]
    {
        let (result, said) = judged(&stage, target);
        assert!(result == "not applicable" && said.contains(reason), "{target}: {result} {said}");
        let fix = stage.run(&["fix", "far-note", "--target", target]);
        fix.refuses(2, &format!("`far-note` finds nothing to mend on `{target}`; not applicable"));
    }
    // Of another user of the same machine nothing is said.
    assert_eq!(judged(&stage, "ssh://ana@gate").0, "fail");
    stage.run(&["fix", "far-note", "--target", "ssh://ana@gate"]).exits(0);
}

/// What is open on another host only is not mended there by somebody who named this one.
#[test]
fn whoever_names_this_machine_means_no_other() {
    let stage = stage();
    stage.run(&["add", "ssh://web1"]).exits(0);
    stage.run(&["up", "--once"]).exits(0);
    let there = stage.run(&["fix", "far-note"]);
    assert!(there.exits(0).out.contains("/note"), "{there:#?}");
    let here = stage.run(&["fix", "far-note", "--target", "local", "--apply"]);
    here.refuses(2, "`far-note` finds nothing to mend on `local`; not applicable");
    let note = std::fs::metadata(stage.outer.path().join("note")).unwrap();
    assert_eq!(note.permissions().mode() & 0o777, 0o666, "it was mended over ssh");
}

#[test]
fn explain_knows_a_host_as_the_record_does() {
    let stage = stage();
    let args = ["add", "ssh://ana@gate:2222", "--label", "role=gate", "--label", "ring=early"];
    stage.run(&args).exits(0);
    let shown =
        |host: &str| stage.json(0, &["explain", "far-note", "--for", host])["for_host"].clone();
    let counts = |shown: &Value, what: &str| {
        let step = rows(shown, "steps").iter().find(|row| text(row, "/what").contains(what));
        step.unwrap_or_else(|| panic!("no `{what}` in {shown:#}"))["counts"].as_bool().unwrap()
    };
    for name in ["gate", "ssh://ana@gate:2222"] {
        let gate = shown(name);
        assert_eq!((text(&gate, "/host"), text(&gate, "/ring")), ("gate", "early"));
        assert_eq!(text(&gate, "/roles/0"), "gate");
        assert_eq!(gate["asked"], false, "{gate:#}");
        assert!(counts(&gate, "`router`") && counts(&gate, "nobody writes notes"), "{gate:#}");
    }
    let stranger = shown("ssh://gate");
    assert_eq!((rows(&stranger, "roles").len(), stranger["ring"].is_null()), (0, true));
    assert!(!counts(&stranger, "`router`") && stranger["asked"] == true, "{stranger:#}");
    let own = shown("local");
    assert!(counts(&own, "this host declares `router`"), "{own:#}");
    let unknown = stage.run(&["explain", "far-note", "--for", "nothere"]);
    unknown.refuses(2, "no host here is `nothere`");
    assert!(unknown.err.contains("holdfast hosts"), "{unknown:#?}");
}

#[test]
fn explain_knows_findings_of_other_hosts_and_of_own_controls() {
    let stage = stage();
    stage.write("holdfast.toml", "appetite = \"solo\"\n");
    let audit = stage.run(&["audit", "--only", "far-note", "--format", "json"]);
    let audit = audit.json(audit.code);
    let here = text(&audit, "/results/0/key").to_owned();
    let of = |key: &str| {
        let explained = stage.json(0, &["explain", key]);
        let [one] = rows(&explained, "findings") else { panic!("{key}: {explained:#}") };
        assert_eq!(text(one, "/finding/weakness"), "far-note", "{one:#}");
        assert!(!rows(one, "lines").is_empty() && !rows(one, "severity").is_empty(), "{one:#}");
        text(one, "/finding/asset").to_owned()
    };
    // Nothing is recorded yet: this machine is looked at.
    assert!(!of(&here).is_empty());
    stage.run(&["add", "ssh://web1"]).exits(0);
    stage.run(&["up", "--once"]).exits(0);
    let far = key(&stage, "web1");
    assert_eq!(of(&far), "web1");
    let human = stage.run(&["explain", &far]);
    assert!(human.exits(0).out.contains("\n  on     web1\n"), "{human:#?}");
    // What was mended is known as well, and says so.
    let note = stage.outer.path().join("note");
    std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o600)).unwrap();
    stage.run(&["up", "--once"]).exits(0);
    let mended = stage.run(&["explain", &far]);
    assert!(mended.exits(0).out.contains("\n  state  fixed\n"), "{mended:#?}");
}

#[test]
fn a_finding_of_a_host_is_accepted_in_the_record() {
    let stage = stage();
    stage.run(&["add", "ssh://web1"]).exits(0);
    stage.run(&["up", "--once"]).exits(0);
    let key = key(&stage, "web1");
    let short: String = key.chars().take(8).collect();
    let accept = ["accept", &short, "--until", "2026-12-24", "--because", "nobody logs in there"];
    let owned = stage.run(&[&accept[..], &["--owner", "sam"]].concat());
    owned.refuses(2, "who accepts a finding of a host answers for it");
    let accepted = stage.json(0, &accept);
    assert_eq!((text(&accepted, "/key"), text(&accepted, "/file")), (&*key, "record"));
    assert_eq!(accepted["approved"], true, "{accepted:#}");
    let known = stage.json(0, &["findings", &key]);
    assert_eq!(text(&known, "/findings/0/state"), "accepted");
    let nobody = ["accept", "no-key", "--until", "2026-12-24", "--because", "x"];
    stage.run(&nobody).refuses(2, "nothing here is called `no-key`");
    assert!(!stage.tree.path().join(".holdfast/accepted.yaml").exists());
}

#[test]
fn findings_of_two_hosts_are_not_mended_at_once() {
    let stage = stage();
    stage.run(&["add", "ssh://web1", "ssh://web2"]).exits(0);
    stage.run(&["up", "--once"]).exits(0);
    let (one, other) = (key(&stage, "web1"), key(&stage, "web2"));
    stage.run(&["fix", &one]).exits(0);
    stage.run(&["fix", &one, &other]).refuses(2, "these are findings of several hosts");
}

/// What is found on a machine twice is told by nobody to be of two machines.
#[test]
fn one_machine_under_two_addresses_is_told() {
    let id = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    if id.trim().len() != 32 {
        crate::real::skip("one_machine_under_two_addresses_is_told", "this machine has no id");
        return;
    }
    let mut stage = stage();
    stage.write("holdfast.toml", "appetite = \"solo\"\n\n[host]\nname = \"desk\"\n");
    stage.run(&["add", "ssh://a1", "ssh://a2"]).exits(0);
    let said = twice(&stage);
    let [one] = said.as_slice() else { panic!("{said:#?}") };
    assert!(one.starts_with("`desk`, `ssh://a1` and `ssh://a2` tell one machine id"), "{one}");
    let listed = stage.json(0, &["hosts"]);
    assert_eq!(listed["hosts"][0]["same_machine"], serde_json::json!(["desk", "ssh://a2"]));
    let human = stage.run(&["hosts"]);
    let words = "the same machine as desk, ssh://a1, or a copy";
    assert!(human.exits(0).out.contains(words), "{human:#?}");

    // It does not answer: what it told before still holds.
    ssh(&mut stage, "#!/bin/sh\nexit 255\n");
    assert_eq!(twice(&stage), said);
    stage.run(&["remove", "a2"]).exits(0);
    let said = twice(&stage);
    assert!(said.len() == 1 && said[0].starts_with("`desk` and `ssh://a1` tell"), "{said:#?}");
    stage.run(&["remove", "a1"]).exits(0);
    assert_eq!(twice(&stage), Vec::<String>::new());
}

/// What a look at all hosts says of those that may be one machine.
#[track_caller]
fn twice(stage: &Stage) -> Vec<String> {
    let report = stage.json(0, &["up", "--once"]);
    let told = rows(&report, "problems").iter().filter(|row| text(row, "/code") == "host-twice");
    told.map(|row| text(row, "/message").to_owned()).collect()
}

#[test]
fn what_is_accepted_of_a_host_stays_out_of_its_role() {
    let stage = stage();
    let other = stage.outer.path().join("other");
    std::fs::write(&other, "hello\n").unwrap();
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
    let text_of_other = control(other.to_str().unwrap()).replace("id: far-note", "id: far-other");
    stage.write(".holdfast/rules/control/far-other.yaml", text_of_other);
    let both = OURS.replace("[far-note]", "[far-note, far-other]");
    stage.write(".holdfast/rules/baseline/ours.yaml", both);
    stage.run(&["add", "ssh://web1"]).exits(0);
    stage.run(&["up", "--once"]).exits(0);
    let role =
        ["fix", "--baseline", "ours", "--target", "web1", "--as", "ansible", "--into", "hard"];
    let controls = |fixed: &Value| -> Vec<String> {
        rows(fixed, "forms").iter().map(|form| text(form, "/control").to_owned()).collect()
    };
    assert_eq!(controls(&stage.json(0, &role)), ["far-note", "far-other"]);

    let key = key(&stage, "web1");
    let accept = ["accept", &*key, "--until", "2026-12-24", "--because", "nobody logs in there"];
    stage.run(&accept).exits(0);
    let fixed = stage.json(0, &role);
    assert_eq!(controls(&fixed), ["far-other"]);
    assert_eq!(rows(&fixed["written"], "removed"), ["tasks/far-note.yml"]);
    let page = String::from_utf8(stage.read("hard/README.md")).unwrap();
    let line = page.lines().find(|line| line.starts_with("- `far-note`: accepted: "));
    let line = line.unwrap_or_else(|| panic!("{page}"));
    assert!(
        line.contains("accepted until 2026-12-24") && line.contains("nobody logs in"),
        "{line}"
    );
}
