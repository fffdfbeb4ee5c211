//! A host that nobody here reaches, judged by the file that its script left. The answers are those of a
//! machine of values, by the program that says what the script says (`collect.rs` holds both together).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod machine;

use std::collections::BTreeSet;

use holdfast_engine::Failure;
use holdfast_engine::audit::{Audit, Options, ResultRow, audit};
use holdfast_engine::collect::collect;
use holdfast_engine::facts::script;
use holdfast_model::{Problem, Target};
use holdfast_world::Recorded;
use machine::{Bench, SHOP, debian};
use serde_json::Value;

const STANDARD: &str = "appetite = \"standard\"\n";
const FILE: &str = "web1.facts";
const MACHINE: &str = "0123456789abcdef0123456789abcdef";
/// Three days before anybody judges it.
const COLLECTED: &str = "2026-11-18T09:00:00Z";

/// A control that the folder had not when the script was printed.
const LATER: &str = "\
id: later
title: What came later is root's
wrong: what came later is somebody's
why: It came later.
severity: when you can
ensure:
  - file /opt/later: {owner: root}
risk: {breaks: [], lockout: false, reboot: false, interruption: none}
tests:
  pass: [{file: {/opt/later: {owner: root}}}]
  fail: [{file: {/opt/later: {owner: daemon}}}]
";

fn web1() -> Recorded {
    debian().file("/etc/machine-id", format!("{MACHINE}\n")).file("/etc/hostname", "web1\n")
}

/// What the script asks, as it says itself.
fn asked(bench: &Bench) -> String {
    let script = script(&bench.world).unwrap();
    let line = script.lines().find_map(|line| line.strip_prefix("printf '%s\\n' '{")).unwrap();
    format!("{{{}", line.strip_suffix('\'').unwrap().replace("'\\''", "'"))
}

/// What a machine leaves.
fn facts(machine: Recorded, at: &str) -> Vec<u8> {
    let bench = Bench::new(machine, STANDARD);
    let asked = asked(&bench);
    let orders: Value = serde_json::from_str(&asked).unwrap();
    let mark = orders["mark"].as_str().unwrap();
    let mut file = format!("holdfast facts 1 {mark} {at}\n{asked}\n").into_bytes();
    let heard = collect(&bench.world, asked.as_bytes(), &mut |bytes| {
        file.extend_from_slice(bytes);
        true
    });
    assert_eq!(heard, Ok(true));
    file
}

/// A machine about which nobody asks, in a folder with a file of facts.
fn desk(bytes: &[u8]) -> Recorded {
    Recorded::new().here(SHOP).file(format!("{SHOP}/{FILE}"), bytes.to_vec())
}

fn judged(machine: Recorded, target: Target) -> Result<Audit, Failure> {
    let bench = Bench::new(machine, STANDARD);
    let options = Options {
        targets: &[target],
        only: &[],
        baseline: None,
        managed: &[],
        accepted: Vec::new(),
        appetite: None,
        binary: None,
    };
    audit(&bench.world, &options)
}

fn of_file(bytes: &[u8]) -> Result<Audit, Failure> {
    judged(desk(bytes), Target::Facts(FILE.into()))
}

#[track_caller]
fn refused(result: Result<Audit, Failure>) -> Problem {
    let failure = result.unwrap_err();
    let [problem] = failure.problems() else { panic!("{failure:?}") };
    assert!(!problem.help.is_empty(), "{problem}");
    problem.clone()
}

#[track_caller]
fn row<'a>(audit: &'a Audit, control: &str, resource: &str) -> &'a ResultRow {
    let mut rows = audit.results.iter().filter(|row| &*row.control == control);
    let found = rows.find(|row| row.resource.contains(resource));
    found.unwrap_or_else(|| panic!("{control} says nothing of `{resource}`"))
}

fn said(row: &ResultRow) -> (&str, &str, Option<(&str, u32)>) {
    let place = row.place.as_ref().map(|place| (&*place.path, place.line));
    (row.result, row.reason.as_str(), place)
}

#[test]
fn a_file_is_judged_as_the_host_would_be() {
    let here = judged(web1(), Target::Local).unwrap();
    let there = of_file(&facts(web1(), COLLECTED)).unwrap();
    for (control, resource, result) in [
        ("root-login", "PermitRootLogin", "fail"),
        ("password-login", "PasswordAuthentication", "pass"),
        ("kernel-pointers", "dmesg_restrict", "fail"),
        ("kernel-pointers", "kptr_restrict", "pass"),
    ] {
        let (own, told) = (row(&here, control, resource), row(&there, control, resource));
        assert_eq!(said(told), said(own), "{control}");
        assert_eq!(told.result, result, "{control}: {}", told.reason);
    }
    let [host] = &there.hosts[..] else { panic!("{:#?}", there.hosts) };
    let id = format!("host:{MACHINE}");
    assert_eq!((&*host.target, &*host.id, &*host.name), (FILE, &*id, "web1"));
    let note = format!("`{FILE}`: collected 3 days ago ({COLLECTED})");
    assert_eq!(there.notes, [note]);
    let codes: Vec<&str> = there.problems.iter().map(|one| &*one.code).collect();
    assert!(!codes.contains(&"facts-cut"), "{codes:?}");
}

#[test]
fn a_host_that_tells_no_machine_id_goes_by_its_name_and_else_by_the_file() {
    let named = debian().file("/etc/hostname", "web2\n");
    for (machine, id, name) in [
        (named, "host:name:web2", "web2"),
        (debian().file("/etc/hostname", "a b\u{1b}\n"), "facts:", FILE),
    ] {
        let audit = of_file(&facts(machine, "-")).unwrap();
        let host = &audit.hosts[0];
        assert!(host.id.starts_with(id) && host.name == name, "{host:#?}");
        let note = format!("`{FILE}`: the file does not say when it was collected");
        assert_eq!(audit.notes, [note]);
    }
}

/// Nothing that is accepted of another host of its name is accepted of it.
#[test]
fn a_file_that_ends_before_the_machine_id_goes_by_the_file() {
    let whole = facts(web1(), COLLECTED);
    let end = whole.windows(MACHINE.len()).position(|part| part == MACHINE.as_bytes()).unwrap();
    let audit = of_file(&whole[..end]).unwrap();
    let host = &audit.hosts[0];
    assert!(host.id.starts_with("facts:") && host.name == "web1", "{host:#?}");
}

#[test]
fn what_the_script_did_not_ask_is_not_assessed() {
    let bytes = facts(web1(), COLLECTED);
    let path = format!("{SHOP}/.holdfast/rules/control/later.yaml");
    let audit = judged(desk(&bytes).file(path, LATER), Target::Facts(FILE.into())).unwrap();
    let later = row(&audit, "later", "/opt/later");
    assert_eq!(later.result, "not assessed", "{later:#?}");
    assert!(later.reason.contains("the script did not ask for it"), "{}", later.reason);
    assert!(later.closes_with.contains("holdfast collector"), "{}", later.closes_with);
    assert_eq!(row(&audit, "root-login", "PermitRootLogin").result, "fail");
}

#[test]
fn a_file_that_was_cut_is_not_assessed_from_there_on() {
    let whole = facts(web1(), COLLECTED);
    let passes = |audit: &Audit| -> BTreeSet<(String, String)> {
        let rows = audit.results.iter().filter(|row| row.result == "pass");
        rows.map(|row| (row.control.to_string(), row.resource.clone())).collect()
    };
    let all = passes(&of_file(&whole).unwrap());
    let ends = whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let begins = ends.take(2).last().unwrap();
    for part in 1..3 {
        let end = begins + (whole.len() - begins) * part / 4;
        let audit = of_file(&whole[..end]).unwrap();
        let cut = audit.problems.first().filter(|problem| problem.code == "facts-cut");
        assert!(cut.is_some_and(|problem| !problem.help.is_empty()), "{:#?}", audit.problems);
        let of_cut = |message: &str| message.contains("the file ends before it tells");
        for problem in audit.problems.iter().filter(|problem| of_cut(&problem.message)) {
            assert!(problem.help.contains("holdfast collector"), "{problem:#?}");
        }
        let passing = passes(&audit);
        let more: Vec<_> = passing.difference(&all).collect();
        assert!(more.is_empty(), "{part}: what was not told passes: {more:#?}");
        let open = |row: &&ResultRow| row.reason.contains("the file ends before it tells");
        let open: Vec<_> = audit.results.iter().filter(open).collect();
        assert!(!open.is_empty(), "{part}: nothing is open");
        let unclear = |row: &&ResultRow| matches!(row.result, "not assessed" | "error");
        assert!(open.iter().all(unclear), "{open:#?}");
    }
}

#[test]
fn what_is_no_file_of_facts_is_refused_with_what_to_do() {
    let whole = facts(web1(), COLLECTED);
    let begins = whole.iter().position(|byte| *byte == b'\n').unwrap();
    let other = [b"holdfast facts 9".as_slice(), &whole[b"holdfast facts 1".len()..]].concat();
    for (bytes, why) in [
        (b"".as_slice(), "it is empty"),
        (&whole[..begins + 40], "it ends before the host told anything"),
        (other.as_slice(), "it is of version `9`"),
        (b"\x7fELF\0\xff\xfe".as_slice(), "it does not begin as what the script says"),
        (b"{\"schema\": \"other\"}\n".as_slice(), "it does not begin as what the script says"),
    ] {
        let problem = refused(of_file(bytes));
        assert_eq!(problem.code, "facts", "{problem}");
        assert!(problem.message.contains(why), "{problem}");
        assert!(problem.help.contains("holdfast collector"), "{problem}");
    }
    let folder = refused(judged(desk(&whole), Target::Facts(".".into())));
    assert_eq!(folder.code, "cannot-read", "{folder}");
    let gone = refused(judged(desk(&whole), Target::Facts("web9.facts".into())));
    assert!(gone.message.contains("`web9.facts` cannot be read: it is not there"), "{gone}");
}
