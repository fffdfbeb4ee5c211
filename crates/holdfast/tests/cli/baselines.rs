//! Baselines and attestations as people meet them: what is asked of a host, why, and what somebody
//! has to look at.

use serde_json::Value;

use crate::support::{Stage, rows, text};

const OURS: &str = "id: ours
title: How our servers are set up
why: What DevSec asks, but for what our machines are there for.
extends: [devsec-linux]
drop:
  trusted-hosts: {because: nobody uses rsh here, for: role web}
tighten:
  password-ageing:
    key PASS_MAX_DAYS in /etc/login.defs: {everywhere: {at_most: 180}, ring pilot: {at_most: 90}}
";

const OURS_AT: &str = ".holdfast/rules/baseline/ours.yaml";

/// A tree with a baseline of its own, and the root of another system without anything in it.
fn stage() -> (Stage, String) {
    let stage = Stage::new();
    stage.write(OURS_AT, OURS);
    stage.write(
        "holdfast.toml",
        "[host]\nbaseline = \"ours\"\nring = \"pilot\"\nlabels = [\"role:web\"]\n",
    );
    let root = stage.outer.path().join("root");
    std::fs::create_dir_all(root.join("etc")).unwrap();
    let target = format!("root:{}", root.display());
    (stage, target)
}

/// What one control says of a target, whatever the verdict is.
fn audit(stage: &Stage, control: &str, target: &str, more: &[&str]) -> Vec<Value> {
    let mut arguments = vec!["audit", target, "--only", control, "--format", "json"];
    arguments.extend(more);
    let ran = stage.run(&arguments);
    assert!(ran.code == 0 || ran.code == 1, "{ran:#?}");
    rows(&ran.json(ran.code), "results").to_vec()
}

#[test]
fn what_is_dropped_says_why_and_where() {
    let (stage, target) = stage();
    let rows = audit(&stage, "trusted-hosts", &target, &[]);
    assert_eq!(rows.len(), 2, "{rows:#?}");
    for row in &rows {
        assert_eq!(text(row, "/result"), "not applicable");
        assert_eq!(text(row, "/reason"), "the baseline `ours` drops it: nobody uses rsh here");
        assert_eq!((text(row, "/place/path"), row["place"]["line"].as_u64()), (OURS_AT, Some(6)));
    }
    for row in audit(&stage, "trusted-hosts", &target, &["--baseline", "devsec-linux"]) {
        assert_eq!(text(&row, "/result"), "pass", "{row:#}");
    }
    // What a baseline does not ask for is shown too.
    for row in audit(&stage, "root-login", &target, &[]) {
        assert_eq!(text(&row, "/reason"), "the baseline `ours` does not ask for it");
    }
}

#[test]
fn a_default_stands_in_no_line() {
    let (stage, target) = stage();
    let folder = stage.outer.path().join("root/etc/ssh");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("sshd_config"), "# nothing\n").unwrap();
    let by = ["--baseline", "devsec-ssh"];
    let rows = audit(&stage, "root-login", &target, &by);
    assert_eq!(text(&rows[0], "/reason"), "found `prohibit-password` by default, wanted `no`");
    assert!(rows[0]["place"].is_null(), "{rows:#?}");
    let inspec = stage.run(&[
        "audit",
        &target,
        "--only",
        "root-login",
        "--format",
        "inspec",
        "--baseline",
        "devsec-ssh",
    ]);
    let inspec = inspec.json(inspec.code);
    let location = &inspec["profiles"][0]["controls"][0]["source_location"];
    assert_eq!((text(location, "/ref"), location["line"].as_u64()), ("", Some(0)));
    // A line of its own is shown as ever.
    std::fs::write(folder.join("sshd_config"), "\nPermitRootLogin yes\n").unwrap();
    let rows = audit(&stage, "root-login", &target, &by);
    assert_eq!(rows[0]["place"]["line"].as_u64(), Some(2), "{rows:#?}");
}

#[test]
fn a_file_of_a_baseline_may_be_named() {
    let (stage, target) = stage();
    stage.write("other/mine.yaml", "id: mine\ntitle: Mine\nwhy: It is.\ncontrols: [root-login]\n");
    let rows = audit(&stage, "trusted-hosts", &target, &["--baseline", "other/mine.yaml"]);
    assert_eq!(text(&rows[0], "/reason"), "the baseline `mine` does not ask for it");
    let rows = audit(&stage, "trusted-hosts", &target, &["--baseline", OURS_AT]);
    assert_eq!(text(&rows[0], "/reason"), "the baseline `ours` drops it: nobody uses rsh here");
}

#[test]
fn explain_shows_where_each_value_comes_from() {
    let (stage, _) = stage();
    let explained = stage.json(0, &["explain", "password-ageing", "--for", "local"]);
    let shown = &explained["for_host"];
    assert_eq!((text(shown, "/baseline"), shown["asked"].as_bool()), ("ours", Some(true)));
    let values = rows(shown, "values");
    let of = |row: &Value| {
        let line = row["place"]["line"].as_u64().unwrap();
        (text(row, "/wanted").to_owned(), format!("{}:{line}", text(row, "/place/path")))
    };
    let control = "rules/control/accounts/password-ageing.yaml:15".to_owned();
    assert_eq!(of(&values[0]), ("at most 90".to_owned(), format!("{OURS_AT}:9")));
    assert_eq!(of(&values[1]), ("at least 7".to_owned(), control));
    let counts: Vec<(&str, Option<bool>)> = rows(shown, "steps")
        .iter()
        .map(|row| (text(row, "/what"), row["counts"].as_bool()))
        .collect();
    assert_eq!(
        counts,
        [
            ("`devsec-linux` asks for it", Some(true)),
            ("`ours` extends `devsec-linux`", Some(true)),
            (
                "`ours` tightens `key PASS_MAX_DAYS in /etc/login.defs` everywhere: at most 180 \
                 instead of at most 365",
                Some(false)
            ),
            (
                "`ours` tightens `key PASS_MAX_DAYS in /etc/login.defs` for ring pilot: at most 90 \
                 instead of at most 365",
                Some(true)
            ),
        ]
    );
    // Of another host neither ring nor role is known here.
    let other = stage.json(0, &["explain", "password-ageing", "--for", "ssh://web-9"]);
    assert_eq!(text(&other, "/for_host/values/0/wanted"), "at most 180");
    let human = stage.run(&["explain", "password-ageing", "--for", "local"]);
    assert!(human.exits(0).out.contains(&format!("{OURS_AT}:9")), "{human:#?}");
}

const CARDS: &str = "id: cards
title: nothing is passed on where cards are
wrong: packets are passed on where cards are
why: Cards stay where they are.
severity: soon
when: setting.tries at least 6
ensure:
  - sysctl net.ipv4.ip_forward: 0
risk: {breaks: [], lockout: false, reboot: false, interruption: none}
tests:
  pass: [{sysctl: {net.ipv4.ip_forward: 0}, setting: {tries: 6}}]
  fail: [{sysctl: {net.ipv4.ip_forward: 1}, setting: {tries: 7}}]
  not_applicable: [{sysctl: {net.ipv4.ip_forward: 1}}]
";

#[test]
fn a_team_declares_settings_of_its_own() {
    let (stage, target) = stage();
    stage.write(".holdfast/rules/control/cards.yaml", CARDS);
    let settings = "controls: [cards]
settings:
  tries: {type: number, default: 3, about: the number of tries}
set:
  tries: {ring pilot: 5, role web: 7}
";
    stage.write(OURS_AT, format!("{OURS}{settings}"));
    let explained = stage.json(0, &["explain", "cards", "--for", "local"]);
    let counts: Vec<(&str, Option<bool>)> = rows(&explained["for_host"], "steps")
        .iter()
        .map(|row| (text(row, "/what"), row["counts"].as_bool()))
        .collect();
    assert_eq!(
        counts,
        [
            ("`ours` asks for it", Some(true)),
            ("`ours` declares `tries` as `3`", Some(false)),
            ("`ours` sets `tries` for ring pilot to `5`", Some(false)),
            ("`ours` sets `tries` for role web to `7`", Some(true)),
        ]
    );
    // Without the role web the ring decides, and without a baseline the default.
    let config = "[host]\nbaseline = \"ours\"\nring = \"pilot\"\n";
    for (config, tries) in [(config, 5), ("[host]\nring = \"pilot\"\n", 3)] {
        stage.write("holdfast.toml", config);
        let row = audit(&stage, "cards", &target, &[]).remove(0);
        assert_eq!(text(&row, "/result"), "not applicable");
        let reason = format!("the number of tries is {tries}, less than 6");
        assert_eq!(text(&row, "/reason"), reason);
    }
    let tested = stage.run(&["rules", "test", ".holdfast/rules/control/cards.yaml"]);
    assert_eq!(tested.code, 0, "{tested:#?}");
}

/// A number and a text, behind [`OURS`].
const TRIES_AND_ZONE: &str = "controls: [cards]
settings:
  tries: {type: number, default: 3, about: the number of tries}
  zone: {type: text, default: office, about: the zone}
set:
  tries: {role web: 5}
";

/// What a machine says of itself is nearest to it, in each type that a setting may have.
#[test]
fn a_machine_sets_numbers_and_texts_of_its_team() {
    let (stage, target) = stage();
    let asks = "when: setting.tries at least 6 and setting.zone is cards";
    stage.write(
        ".holdfast/rules/control/cards.yaml",
        CARDS
            .replace("when: setting.tries at least 6", asks)
            .replace("tries: 6}", "tries: 6, zone: cards}")
            .replace("tries: 7}", "tries: 7, zone: cards}"),
    );
    stage.write(OURS_AT, format!("{OURS}{TRIES_AND_ZONE}"));
    let config = |lines: &str| {
        let host = "[host]\nbaseline = \"ours\"\nlabels = [\"role:web\"]\n\n[host.settings]\n";
        stage.write("holdfast.toml", format!("{host}{lines}"));
    };
    config("tries = 6\nzone = \"cards\"\n");
    let explained = stage.json(0, &["explain", "cards", "--for", "local"]);
    let counts: Vec<(&str, &str, Option<u64>)> = rows(&explained["for_host"], "steps")
        .iter()
        .filter(|row| row["counts"].as_bool() == Some(true))
        .map(|row| (text(row, "/what"), text(row, "/place/path"), row["place"]["line"].as_u64()))
        .collect();
    assert_eq!(
        counts[counts.len() - 2..],
        [
            ("this host declares `tries` as `6`", "holdfast.toml", Some(6)),
            ("this host declares `zone` as `cards`", "holdfast.toml", Some(7)),
        ]
    );
    assert!(counts.iter().all(|(what, ..)| !what.contains("sets `tries`")), "{counts:#?}");
    let judged = |lines: &str| {
        config(lines);
        let ran = stage.run(&["audit", &target, "--only", "cards", "--format", "json"]);
        let audit = ran.json(ran.code);
        let told: Vec<String> = rows(&audit, "problems")
            .iter()
            .filter(|one| text(one, "/code") == "setting-unknown")
            .map(|one| {
                let place = format!("{}:{}", one["place"]["line"], one["place"]["column"]);
                format!("{place} {}; {}", text(one, "/message"), text(one, "/help"))
            })
            .collect();
        (text(&audit, "/results/0/result").to_owned(), told)
    };
    let (result, told) = judged("tries = 6\nzone = \"cards\"\n");
    assert_ne!(result, "not applicable");
    assert_eq!(told, Vec::<String>::new());
    // What has another type does not count, and what the baseline sets does.
    let (result, told) = judged("tries = \"6\"\nzone = true\nzones = \"cards\"\n");
    assert_eq!(result, "not applicable");
    let declared = |line: u32| format!("it is declared at {OURS_AT}:{line}:3");
    assert_eq!(
        told,
        [
            format!(
                "6:9 the setting `tries` is a number, not a text; write a number, without \
                 quotes; {}",
                declared(12)
            ),
            format!(
                "7:8 the setting `zone` is a text, not `true`; write it in quotes; {}",
                declared(13)
            ),
            "8:1 no control asks for the setting `zones`; did you mean `zone`?".to_owned(),
        ]
    );
}

#[test]
fn a_baseline_that_cannot_be_used_is_refused_and_the_others_count() {
    let (stage, target) = stage();
    stage
        .run(&["audit", &target, "--baseline", "nothing"])
        .refuses(2, "there is no baseline called `nothing` that can be used");
    stage.write(OURS_AT, OURS.replace("at_most: 180", "at_most: 400"));
    let weaker = "`at most 400` lets something pass that `at most 365`";
    for named in [
        &["audit", &*target, "--baseline", "ours"][..],
        &["explain", "password-ageing", "--for", "local"],
    ] {
        let ran = stage.run(named);
        ran.refuses(2, weaker);
        assert!(ran.err.contains(&format!("{OURS_AT}:9:")), "{ran:#?}");
    }
    // Where the settings name it, every control is asked, as by `up`, and it is said why.
    let ran = stage.run(&["audit", &target, "--only", "root-login", "--format", "json"]);
    let judged = ran.json(ran.code);
    let told: Vec<&str> =
        rows(&judged, "problems").iter().map(|problem| text(problem, "/message")).collect();
    for wanted in [weaker, "there is no baseline called `ours` that can be used"] {
        assert!(told.iter().any(|message| message.contains(wanted)), "{told:#?}");
    }
    for row in rows(&judged, "results") {
        assert!(!text(row, "/reason").contains("baseline"), "{row:#}");
    }
    let tested = stage.run(&["rules", "test"]);
    assert!(tested.exits(1).out.contains(weaker), "{tested:#?}");
    let rows = audit(&stage, "trusted-hosts", &target, &["--baseline", "devsec-linux"]);
    assert!(rows.iter().all(|row| text(row, "/result") == "pass"), "{rows:#?}");
}

const LOCKED: &str = "id: locked-room
title: The room is locked
wrong: nobody says that the room is locked
why: Who touches a host owns it.
severity: soon
ask: Is the room of this host locked?
days: 90
";

#[test]
fn what_only_a_person_can_tell_is_attested_for_a_while() {
    let (stage, target) = stage();
    stage.write("holdfast.toml", "");
    stage.write(".holdfast/rules/control/locked-room.yaml", LOCKED);
    let said = |stage: &Stage| {
        let rows = audit(stage, "locked-room", &target, &[]);
        assert_eq!(rows.len(), 1, "{rows:#?}");
        (text(&rows[0], "/result").to_owned(), text(&rows[0], "/reason").to_owned())
    };
    assert_eq!(said(&stage).0, "manual");
    let attest = |control: &'static str, until: &'static str| {
        let words = ["--for", &target, "--until", until, "--because", "I rattled", "--by", "ada"];
        let all: Vec<&str> = ["attest", control].into_iter().chain(words).collect();
        stage.run(&all)
    };
    attest("locked-room", "2030-01-01").refuses(2, "counts for at most 90 days");
    attest("locked-room", "2020-01-01").refuses(2, "2020-01-01 is over");
    attest("root-login", "2026-12-31").refuses(2, "no person is asked by `root-login`");
    attest("locked-rom", "2026-12-31").refuses(2, "there is no control called `locked-rom`");
    attest("locked-room", "2026-12-31").exits(0);
    let for_host = |host: &'static str| {
        let words = ["--for", host, "--until", "2026-12-31", "--because", "I rattled"];
        stage.run(&[&["attest", "locked-room"][..], &words].concat())
    };
    let unknown = for_host("nohost");
    unknown.refuses(2, "no host here is `nohost`");
    assert!(unknown.err.contains("holdfast hosts"), "{unknown:#?}");
    stage.run(&["add", "ssh://ana@web1"]).exits(0);
    for host in ["web1", "ssh://web2"] {
        for_host(host).exits(0);
    }
    let attested = String::from_utf8(stage.read(".holdfast/attested.yaml")).unwrap();
    assert!(attested.contains("web1") && attested.contains("web2"), "{attested}");
    assert!(!attested.contains("nohost") && !attested.contains("ssh://"), "{attested}");
    let (result, reason) = said(&stage);
    assert_eq!(result, "pass");
    assert_eq!(reason, "`ada` looked: I rattled; counts until 2026-12-31");
    let later = stage
        .command(&["audit", &target, "--only", "locked-room", "--format", "json"])
        .env("HOLDFAST_NOW", "2027-01-01T00:00:00Z")
        .output()
        .unwrap();
    let later: Value = serde_json::from_slice(&later.stdout).unwrap();
    assert_eq!(text(&later, "/results/0/result"), "manual");
    assert_eq!(
        text(&later, "/results/0/reason"),
        "what `ada` attested does not count: it ended on 2026-12-31"
    );
    let nobody = "- attest: locked-room\n  host: web1\n  because: x\n  until: 2026-12-31\n";
    stage.write(".holdfast/attested.yaml", nobody);
    let audit = ["audit", &target, "--only", "locked-room", "--format", "json"];
    let told: Value = serde_json::from_str(&stage.run(&audit).out).unwrap();
    assert_eq!(text(&told, "/problems/0/place/path"), ".holdfast/attested.yaml", "{told:#}");
}

#[test]
fn a_control_that_cannot_be_used_is_not_denied() {
    let (stage, target) = stage();
    let bad = LOCKED.replace("days: ", "deys: ");
    assert_ne!(bad, LOCKED);
    stage.write(".holdfast/rules/control/locked-room.yaml", bad.as_str());
    for command in [
        &["audit", &target, "--only", "locked-room"][..],
        &["explain", "locked-room"],
        &["explain", "locked-room", "--for", "local"],
        &["fix", "locked-room", "--target", &target],
        &["attest", "locked-room", "--for", &target, "--until", "2026-12-31", "--because", "I do"],
    ] {
        let refused = stage.run(command);
        refused.refuses(2, "the key `days` is missing");
        assert!(refused.err.contains(".holdfast/rules/control/locked-room.yaml:"), "{refused:#?}");
    }
}
