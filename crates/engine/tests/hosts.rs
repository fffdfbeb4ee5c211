//! What the whole makes of a host on which something cannot be used or looked at: controls that are
//! none, files that are closed or broken, programs that hang, a container. It is said, by place and
//! reason; nothing of it is ever clean or mended; its neighbours are judged as if nothing had happened.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

#[path = "hosts/far.rs"]
mod far;
mod machine;
#[path = "hosts/restart.rs"]
mod restart;
#[path = "hosts/walk.rs"]
mod walk;

use std::{collections::BTreeSet, time::Duration};

use holdfast_engine::accept::not_affected;
use holdfast_engine::audit::{Audit, Options, ResultRow, audit};
use holdfast_engine::desk::{Action, Desk as _, View};
use holdfast_engine::document::ProblemRow;
use holdfast_engine::statements::{Notation, write_host};
use holdfast_model::{FindingKind, State, Target};
use holdfast_world::{Output, Recorded};
use machine::{
    Bench, DROP_IN, RUNNING, SHOP, apply, approved, debian, does, known, of, open, plan_of,
};
use serde_json::{Value, json};

const STANDARD: &str = "appetite = \"standard\"\n";
const SSHD: &str = "/etc/ssh/sshd_config";
const CLOUD: &str = "/etc/ssh/sshd_config.d/50-cloud.conf";
/// Of sshd's options.
const LOGINS: &[&str] = &["password-login", "root-login"];

/// A control of the shop's own, which finds that sshd lets people guess six times.
const FEW_TRIES: &str = "\
id: few-tries
title: Nobody guesses passwords for long
wrong: whoever guesses passwords has many tries
why: Each try is one more guess.
severity: when you can
refs: {nist-800-53: [AC-7]}
when: not host.container
ensure:
  - sshd MaxAuthTries: {at_most: 4}
risk: {breaks: [], lockout: false, reboot: false, interruption: none}
tests:
  pass: [{sshd: {MaxAuthTries: 4}}]
  fail: [{sshd: {MaxAuthTries: 5}}]
  not_applicable: [{host: {container: true}, sshd: {MaxAuthTries: 5}}]
";

/// Where the shop keeps a control.
fn file_of(control: &str) -> String {
    format!("{SHOP}/.holdfast/rules/control/{control}.yaml")
}

/// What the controls say of a machine.
fn audited(machine: Recorded, config: &str) -> Audit {
    judged(&Bench::new(machine, config))
}

fn judged(bench: &Bench) -> Audit {
    let options = Options {
        targets: &[Target::Local],
        only: &[],
        baseline: None,
        managed: &[],
        accepted: Vec::new(),
        appetite: None,
        binary: None,
    };
    audit(&bench.world, &options).unwrap()
}

/// The rows of one control.
#[track_caller]
fn rows<'a>(audit: &'a Audit, control: &str) -> Vec<&'a ResultRow> {
    let rows: Vec<_> = audit.results.iter().filter(|row| &*row.control == control).collect();
    assert!(!rows.is_empty(), "`{control}` says nothing");
    rows
}

/// What is said of one resource.
#[track_caller]
fn row<'a>(audit: &'a Audit, control: &str, resource: &str) -> &'a ResultRow {
    let rows = rows(audit, control);
    let row = rows.iter().find(|row| row.resource.contains(resource));
    row.unwrap_or_else(|| panic!("{control} says nothing of `{resource}`: {rows:#?}"))
}

/// Everything that is said but by these controls, as it may be compared.
fn others(audit: &Audit, but: &[&str]) -> BTreeSet<[String; 4]> {
    let others = audit.results.iter().filter(|row| !but.contains(&&*row.control));
    let said = |row: &ResultRow| {
        [&*row.control, &*row.resource, row.result, &*row.reason].map(ToOwned::to_owned)
    };
    others.map(said).collect()
}

/// Every control that speaks of such a thing, and these.
fn about<'a>(audit: &'a Audit, thing: &str, more: &[&'a str]) -> Vec<&'a str> {
    let speak = audit.results.iter().filter(|row| row.resource.contains(thing));
    speak.map(|row| &*row.control).chain(more.iter().copied()).collect()
}

/// `CODE PATH:LINE:COLUMN`.
fn shown(problem: &ProblemRow) -> String {
    let place = problem.place.as_ref();
    let place = place.map(|at| format!(" {}:{}:{}", at.path, at.line, at.column));
    assert!(!problem.message.is_empty() && !problem.help.is_empty(), "{problem:?}");
    format!("{}{}", problem.code, place.unwrap_or_default())
}

fn all_shown(problems: &[ProblemRow]) -> Vec<String> {
    problems.iter().map(shown).collect()
}

/// A gap of a control in the record, with what would close it.
#[track_caller]
fn gap(view: &View, subject: &str) -> String {
    let gap = view
        .gaps
        .iter()
        .find(|gap| gap.row.kind == FindingKind::Control && gap.row.subject.contains(subject));
    let gap = gap.unwrap_or_else(|| panic!("no gap `{subject}`: {:#?}", view.gaps));
    assert!(!gap.row.closes_with.is_empty(), "{gap:?}");
    gap.row.reason.clone()
}

/// The same machine, of which nothing is hidden.
fn open_machine() -> Recorded {
    let tables = ["tcp", "tcp6", "udp", "udp6"];
    tables.iter().fold(debian(), |machine, name| machine.file(format!("/proc/net/{name}"), ""))
}

/// Each way in which a control is none, and where that is said.
const BROKEN: [(&str, &str, &str, &str); 6] = [
    ("noun", "risk:", "  - sshdd UseDNS: \"no\"\nrisk:", "control-noun 10:5"),
    ("value", "risk:", "  - sshd UseDNS: {at_most: many}\nrisk:", "rule-type 10:28"),
    ("never", "risk:", "  - sshd UseDNS: perhaps\nrisk:", "control-value 10:18"),
    ("untested", "  fail: [{sshd: {MaxAuthTries: 5}}]\n", "", "control-untested 12:3"),
    ("when", "not host.container", "host.container is debian", "condition-type 7:22"),
    ("syntax", "refs: {", "refs: {{", "rule-syntax 7:1"),
];

#[tokio::test]
async fn what_is_no_control_is_refused_at_its_place_and_every_other_one_runs() {
    let good = || open_machine().file(file_of("few-tries"), FEW_TRIES);
    let before = audited(good(), STANDARD);
    assert_eq!(row(&before, "few-tries", "MaxAuthTries").result, "fail");
    assert_eq!(all_shown(&before.problems), [] as [&str; 0]);
    let everything = others(&before, &[]);

    let mut all = good();
    let mut wanted = Vec::new();
    for (name, from, to, said) in BROKEN {
        assert!(FEW_TRIES.contains(from), "{from}");
        let text = FEW_TRIES.replacen("few-tries", name, 1).replacen(from, to, 1);
        let path = format!(".holdfast/rules/control/{name}.yaml");
        let said = said.replacen(' ', &format!(" {path}:"), 1);
        let alone = audited(good().file(file_of(name), text.clone()), STANDARD);
        assert_eq!(all_shown(&alone.problems), [said.as_str()], "{name}");
        assert_eq!(others(&alone, &[]), everything, "{name}");
        all = all.file(file_of(name), text);
        wanted.push(said);
    }
    let latin = [FEW_TRIES.as_bytes(), b"# caf\xe9\n"].concat();
    all = all.file(file_of("latin"), latin).denied(file_of("closed"));
    wanted.extend(["not-text".to_owned(), "cannot-read".to_owned()]);
    wanted.sort();

    // All together, as who looks hourly sees it; the recorded machine has no logs.
    wanted.push("no-logs".to_owned());
    wanted.sort();
    let bench = Bench::new(all, STANDARD);
    assert_eq!(others(&judged(&bench), &[]), everything);
    let view = bench.look().await;
    let mut problems = all_shown(&view.problems);
    problems.sort();
    assert_eq!(problems, wanted);
    for control in ["few-tries", "root-login", "kernel-pointers"] {
        open(&view, control);
    }
}

/// A rule that cannot be read any more has not become satisfied.
#[tokio::test]
async fn a_control_that_breaks_closes_nothing() {
    let bench = Bench::new(debian().file(file_of("few-tries"), FEW_TRIES), STANDARD);
    let found = open(&*bench.look().await, "few-tries");
    assert_eq!(found.row.state, State::Open);
    for broken in [FEW_TRIES.replacen("at_most", "at_mots", 1), String::new()] {
        bench.write(&file_of("few-tries"), &broken);
        let view = bench.look().await;
        assert_eq!(known(&view, found.key).row.state, State::Unproven);
        assert!(!view.problems.is_empty());
    }
    bench.write(&file_of("few-tries"), FEW_TRIES);
    assert_eq!(known(&*bench.look().await, found.key).row.state, State::Open);
    bench.write(SSHD, "MaxAuthTries 4\n");
    assert_eq!(known(&*bench.look().await, found.key).row.state, State::Fixed);
}

/// A program that does not end is ended; what it would have said is a gap.
#[tokio::test]
async fn a_program_that_hangs_is_a_gap_and_no_hang() {
    let hung = || Output { timed_out: true, ..Output::default() };
    let running = || {
        debian()
            .folder("/run/systemd/system")
            .file("/lib/systemd/system/apt-daily.timer", "[Install]\nWantedBy=timers.target\n")
            .link(
                "/etc/systemd/system/timers.target.wants/apt-daily.timer",
                "/lib/systemd/system/apt-daily.timer",
            )
    };
    let machine =
        running().command("systemctl", ["show"], hung()).command("/usr/sbin/sshd", ["-T"], hung());
    let bench = Bench::new(machine, STANDARD);
    let audit = judged(&bench);
    let asked = bench.shell.asked();
    for program in ["systemctl", "/usr/sbin/sshd"] {
        let one = asked.iter().find(|command| command.program == program);
        let one = one.unwrap_or_else(|| panic!("{program} is not asked: {asked:#?}"));
        assert!(one.timeout <= Duration::from_secs(10), "{one:?}");
    }
    let timer = row(&audit, "security-updates", "apt-daily.timer");
    assert_eq!(timer.result, "not assessed");
    assert!(timer.reason.contains("did not end within ten seconds"), "{}", timer.reason);
    // The files of sshd say what it did not.
    let login = row(&audit, "root-login", "PermitRootLogin");
    assert_eq!((login.result, login.found.as_deref()), ("fail", Some("yes")));
    let but: &[&str] = &["audit-records", "security-updates"];
    assert_eq!(others(&audit, but), others(&audited(running(), STANDARD), but));
    let view = bench.look().await;
    assert!(gap(&view, "apt-daily.timer").contains("did not end within ten seconds"));
    open(&view, "kernel-pointers");
}

/// A machine on which everything passes that is about to be closed.
fn mended() -> Recorded {
    debian()
        .file(CLOUD, "PermitRootLogin no\n")
        .file(RUNNING, "1\n")
        .file("/etc/sysctl.d/20-messages.conf", "kernel.dmesg_restrict = 1\n")
        .file("/etc/login.defs", "PASS_MAX_DAYS 90\nPASS_WARN_AGE 7\n")
}

const SERVER: [&str; 3] = ["sshd-settings", "ssh-key-lengths", "ssh-moduli"];
#[test]
fn what_may_not_be_read_is_not_assessed() {
    let before = audited(mended(), STANDARD);
    let choices: &[&str] =
        &["firewall", "time-sync", "sudo-log", "old-kernel", "password-checks", "audit-records"];
    let people: &[&str] = &["service-logins"];
    let cases: [(&str, &str, &str, &str, &[&str]); 7] = [
        // Which accounts are of people stands there as well.
        ("/etc/login.defs", "password-ageing", "PASS_MAX_DAYS", " in /etc/login.defs", people),
        // Closed, its rights are others as well.
        (SSHD, "password-login", "PasswordAuthentication", "sshd ", &SERVER),
        (CLOUD, "password-login", "PasswordAuthentication", "sshd ", &SERVER[1..]),
        ("/var/lib/dpkg/status", "legacy-clients", "package telnet", "package ", choices),
        (RUNNING, "kernel-pointers", "dmesg_restrict", "dmesg_restrict", &[]),
        ("/etc/sysctl.d/20-messages.conf", "kernel-pointers", "dmesg_restrict", "sysctl ", &[]),
        ("/etc/sysctl.d", "kernel-pointers", "dmesg_restrict", "sysctl ", &[]),
    ];
    for (path, control, resource, thing, more) in cases {
        let controls = about(&before, thing, more);
        assert_eq!(row(&before, control, resource).result, "pass", "{path}");
        let closed = mended();
        let closed =
            if path == "/etc/sysctl.d" { closed.denied_folder(path) } else { closed.denied(path) };
        let audit = audited(closed, STANDARD);
        let of_control = row(&audit, control, resource);
        assert_eq!(of_control.result, "not assessed", "{path}: {of_control:#?}");
        assert!(of_control.reason.contains(path), "{path}: {}", of_control.reason);
        assert_eq!(others(&audit, &controls), others(&before, &controls), "{path}");
    }
}

#[test]
fn an_ssh_server_with_a_broken_configuration_is_an_error_at_its_line() {
    let before = audited(mended(), STANDARD);
    let options = about(&before, "sshd ", &SERVER[1..]);
    let drop_in = |name: &str| format!("/etc/ssh/sshd_config.d/{name}.conf");
    let cases = [
        (
            mended().file(CLOUD, "# slip\nPermitRootLogn no\n"),
            format!("sshd-option-unknown {CLOUD}:2:1"),
        ),
        (mended().file(CLOUD, "PermitRootLogin maybe\n"), format!("sshd-value {CLOUD}:1:17")),
        (
            mended().file(drop_in("60-circle"), format!("Include {SSHD}\n")),
            format!("sshd-include-circle {}:1:9", drop_in("60-circle")),
        ),
    ];
    for (machine, problem) in cases {
        let audit = audited(machine, STANDARD);
        assert!(all_shown(&audit.problems).contains(&problem), "{:#?}", audit.problems);
        for control in LOGINS {
            for one in rows(&audit, control) {
                assert_eq!(one.result, "error", "{problem}: {one:#?}");
                assert!(!one.reason.is_empty() && one.key.is_none(), "{one:#?}");
            }
        }
        assert_eq!(others(&audit, &options), others(&before, &options), "{problem}");
    }
}

/// Nothing is mended by becoming unreadable; once it can be read again, it is as it was.
#[tokio::test]
async fn what_cannot_be_looked_at_any_more_is_unproven() {
    let blind = [
        debian().denied(SSHD),
        debian().denied(CLOUD),
        debian().denied_folder("/etc/ssh/sshd_config.d"),
        debian().file(CLOUD, "PermitRootLogn no\n"),
        debian().file(CLOUD, format!("Include {SSHD}\n")),
    ];
    for (at, machine) in blind.into_iter().enumerate() {
        let bench = Bench::new(debian(), STANDARD);
        let found = open(&*bench.look().await, "root-login");
        let view = bench.turned_into(machine, STANDARD).look().await;
        let finding = known(&view, found.key);
        assert_eq!((finding.row.state, finding.open), (State::Unproven, true), "{at}");
        assert!(!gap(&view, "PermitRootLogin").is_empty());
        open(&view, "kernel-pointers");
        let view = bench.turned_into(debian(), STANDARD).look().await;
        assert_eq!(known(&view, found.key).row.state, State::Open, "{at}");
        let mended = bench.turned_into(mended(), STANDARD).look().await;
        assert_eq!(known(&mended, found.key).row.state, State::Fixed, "{at}");
    }
}

/// What was mended and comes back is the same finding, with its history.
#[tokio::test]
async fn drift_after_a_fix_is_found_again() {
    let bench = Bench::new(debian(), STANDARD);
    let (holder, plan) = approved(&bench, "kernel-pointers").await;
    let first = known(&holder.view(), plan.findings[0]);
    does(&holder, "ana", apply(&plan)).await.unwrap();
    assert_eq!(known(&holder.view(), first.key).row.state, State::Fixed);
    bench.clock.advance(Duration::from_hours(1));
    // Somebody takes the drop-in for a leftover. The kernel keeps what it was told until it starts.
    bench.remove(DROP_IN);
    does(&holder, "ana", Action::Look).await.unwrap();
    let view = holder.view();
    let again = open(&view, "kernel-pointers");
    assert_eq!((again.key, again.row.state), (first.key, State::Open));
    assert_eq!(again.first_seen, first.first_seen);
    assert_eq!(again.plan, None, "the old plan is done");
    assert_eq!(again.since, holder.now());
    // The old yes was for the old change.
    let refused = machine::refused(does(&holder, "ana", apply(&plan)).await);
    assert!(["plan-begun", "plan-stale"].contains(&refused.code.as_str()), "{refused}");
    let next = bench.planned(&holder, "ana", "kernel-pointers").await;
    assert!(next.id != plan.id && plan_of(&holder, next.id).voices.is_empty());
}

/// Right now and wrong after the next start, wrong now and right then, wrong both times: always one
/// finding of one key, which says where.
#[tokio::test]
async fn a_kernel_parameter_is_one_finding_whichever_side_is_wrong() {
    let conf = "/etc/sysctl.d/20-drift.conf";
    let machine = |now: &str, boot: &str| {
        let boot = format!("# left by somebody\nkernel.dmesg_restrict = {boot}\n");
        debian().file(RUNNING, format!("{now}\n")).file(conf, boot)
    };
    let bench = Bench::new(machine("1", "1"), STANDARD);
    assert_eq!(of(&*bench.look().await, "kernel-pointers").len(), 0);
    let mut keys = BTreeSet::new();
    for (now, boot) in [("1", "0"), ("0", "1"), ("0", "0")] {
        let bench = bench.turned_into(machine(now, boot), STANDARD);
        let audit = judged(&bench);
        let one = row(&audit, "kernel-pointers", "dmesg_restrict");
        assert_eq!(one.result, "fail", "{now} {boot}: {one:#?}");
        let view = bench.look().await;
        let finding = open(&view, "kernel-pointers");
        assert_eq!(of(&view, "kernel-pointers").len(), 1);
        assert_eq!(one.key.as_deref(), Some(finding.row.key.as_str()));
        if boot == "0" {
            assert!(one.reason.contains(&format!("`{conf}:2`")), "{}", one.reason);
            let place = finding.row.place.as_ref().unwrap();
            assert_eq!((&*place.path, place.line), (conf, 2));
        }
        keys.insert(finding.key);
    }
    assert_eq!(keys.len(), 1);
}

/// The kernel of a container is not its own: whoever is in there can neither know nor mend it.
#[tokio::test]
async fn a_container_has_no_kernel_parameters_of_its_own() {
    let kernel = ["kernel-pointers", "core-dumps", "net-forwarding"];
    let host = audited(debian(), STANDARD);
    assert_eq!(row(&host, "kernel-pointers", "dmesg_restrict").result, "fail");
    let container = || debian().file("/.dockerenv", "");
    let audit = audited(container(), STANDARD);
    for one in kernel.iter().flat_map(|control| rows(&audit, control)) {
        assert_eq!(one.result, "not applicable", "{one:#?}");
        assert!(one.reason.contains("`/.dockerenv` is there"), "{}", one.reason);
    }
    assert_eq!(row(&audit, "root-login", "PermitRootLogin").result, "fail");

    // What was found before anybody knew is no longer there; it was not mended.
    let bench = Bench::new(debian(), STANDARD);
    let found = open(&*bench.look().await, "kernel-pointers");
    let view = bench.turned_into(container(), STANDARD).look().await;
    let finding = known(&view, found.key);
    assert!(!finding.open && finding.row.state != State::Fixed, "{finding:#?}");
    open(&view, "root-login");
}

#[tokio::test]
async fn a_setting_that_no_control_asks_for_is_named_and_changes_nothing() {
    let forwarding = "/proc/sys/net/ipv4/ip_forward";
    let router = || debian().file(forwarding, "1\n");
    let with = |line: &str| format!("{STANDARD}\n[host.settings]\n{line}\n");
    let slip = audited(router(), &with("rooter = true"));
    assert_eq!(row(&slip, "net-forwarding", "ip_forward").result, "fail");
    let said = |problems: &[ProblemRow]| {
        let one = problems.iter().find(|problem| problem.code == "setting-unknown");
        one.map(|problem| format!("{}; {}", problem.message, problem.help))
    };
    let wanted = "no control asks for the setting `rooter`; did you mean `router`?";
    assert_eq!(said(&slip.problems).as_deref(), Some(wanted));
    let view = Bench::new(router(), &with("rooter = true")).look().await;
    assert_eq!(said(&view.problems).as_deref(), Some(wanted));

    let meant = audited(router(), &with("router = true"));
    assert_eq!(said(&meant.problems), None);
    let one = row(&meant, "net-forwarding", "ip_forward");
    assert_eq!(one.result, "not applicable", "{one:#?}");
}

/// Two packages of one source, of which one was built again.
const GLIBC: &str = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\n\
                     Source: glibc\nVersion: 2.36-9+deb12u2\n\n\
                     Package: libc-bin\nStatus: install ok installed\nArchitecture: amd64\n\
                     Source: glibc (2.36-9+deb12u2)\nVersion: 2.36-9+deb12u2+b1\n\n";

/// The statement about the hole in glibc's loader.
async fn stated(bench: &Bench, notation: Notation) -> (Value, Value) {
    let (world, data) = (&bench.world, bench.data());
    let text =
        write_host(world, &data, &Target::Local, Some("Operations"), notation).await.unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let all = [&document["statements"], &document["vulnerabilities"]];
    let mut all = all.into_iter().filter_map(Value::as_array).flatten();
    let loader =
        |one: &&Value| [&one["id"], &one["vulnerability"]["name"]].contains(&&json!(LOADER));
    let one = all.find(loader).cloned().unwrap();
    (document.clone(), one)
}

const LOADER: &str = "CVE-2023-4911";

/// What is accepted of a host stands in the record, and what is stated of it follows that. The
/// product is the host, its parts the installed packages with their release and source.
#[tokio::test]
async fn what_was_decided_about_a_host_is_stated_of_its_packages() {
    let machine = debian().file("/var/lib/dpkg/status", GLIBC);
    let bench = Bench::new(machine, "[host]\nname = \"web-1\"\n");
    let holder = bench.holder().await;
    let (document, open_one) = stated(&bench, Notation::OpenVex).await;
    assert_eq!(document["author"], "Operations");
    assert_eq!(open_one["status"], "affected");
    assert_eq!(open_one["products"][0]["@id"], "web-1");
    let parts = open_one["products"][0]["subcomponents"].as_array().unwrap();
    let urls: Vec<&str> =
        parts.iter().map(|part| part["identifiers"]["purl"].as_str().unwrap()).collect();
    assert_eq!(urls.len(), 2, "{urls:?}");
    for (url, name) in urls.iter().zip(["libc-bin", "libc6"]) {
        assert!(url.starts_with(&format!("pkg:deb/debian/{name}@2.36-9")), "{url}");
        assert!(url.contains("distro=debian-12") && url.contains("upstream=glibc"), "{url}");
    }

    let key = open(&holder.view(), LOADER).key;
    let until = "2026-12-24".parse().unwrap();
    let because = not_affected("inline_mitigations_already_exist", "nobody else logs in");
    does(&holder, "ana", Action::Accept { key, until, because }).await.unwrap();
    let (_, not) = stated(&bench, Notation::OpenVex).await;
    assert_eq!(not["status"], "not_affected");
    assert_eq!(not["justification"], "inline_mitigations_already_exist");
    let (document, not) = stated(&bench, Notation::CycloneDx).await;
    assert_eq!(not["analysis"]["state"], "not_affected");
    assert_eq!(document["metadata"]["component"]["type"], "operating-system");
    assert_eq!(document["metadata"]["component"]["name"], "web-1");
    let listed = document["components"].as_array().unwrap();
    for url in urls {
        assert!(listed.iter().any(|one| one["purl"] == url), "{url}: {listed:#?}");
        assert!(not["affects"].as_array().unwrap().contains(&json!({"ref": url})), "{not:#}");
    }
}
