mod accounts;
mod checked;
mod cron;
mod files;
mod hostile;
mod services;
mod states;

use super::*;
use holdfast_model::{Desired, ModeWanted, Wanted};

const GOOD: &str = r#"id: door
title: The door is shut
wrong: the door is open
why: >-
  Somebody
  walks in.
severity: soon
refs: {devsec: os-02, nist-800-53: [AC-3, AC-6(2)]}
when: not host.container
ensure:
  - sysctl net.ipv4.ip_forward: 0
  - sysctl kernel.kptr_restrict: {at_least: 1}
  - file /etc/shadow: {owner: root, group: [shadow, root], mode: {at_most: "0640"}}
  - file /etc/crontab: {mode: "0600", group: root}
  - file /etc/hosts.equiv: absent
  - key PASS_MAX_DAYS in /etc/login.defs: {at_most: 365}
  - key * hard core in /etc/security/limits.conf: 0
  - sshd permitrootlogin: {one_of: ["no", prohibit-password]}
  - package telnet: absent
  - package sudo: {at_least: "1.9.13p3-1"}
  - service ssh: "on"
  - service apt-daily.timer: "off"
  - suite security: present
  - any of firewall:
      - [{package nftables: present}, {service nftables: "on"}]
      - - package ufw: present
        - service ufw: "on"
risk: {breaks: [docker], lockout: true, reboot: false, interruption: none}
tests:
  pass: [{sysctl: {net.ipv4.ip_forward: 0}}]
  fail: [{sysctl: {net.ipv4.ip_forward: 1}}]
  not_applicable: [{host: {container: true}}]
"#;

fn problems(text: &str) -> Vec<Problem> {
    let (control, problems) = read(&"rules/door.yaml".into(), text);
    assert_eq!(control.is_some(), problems.is_empty());
    problems
}

/// One line for each problem: code, place, the underlined text, message, help.
fn shown(problem: &Problem) -> String {
    let place = problem.place.as_ref().unwrap();
    let underlined: String = problem.excerpt.as_ref().map_or_else(String::new, |excerpt| {
        let start = place.column as usize - 1;
        excerpt.line.chars().skip(start).take(excerpt.length as usize).collect()
    });
    let Problem { code, message, help, .. } = problem;
    format!("{code} {}:{} ~{underlined}~ {message} | {help}", place.line, place.column)
}

/// The only problem after a change of the good rule.
fn after(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    let all = problems(&GOOD.replacen(from, to, 1));
    assert_eq!(all.len(), 1, "{from} -> {to}: {all:#?}");
    shown(&all[0])
}

/// What is changed, into what, and the one problem that comes of it.
type Case = (&'static str, &'static str, &'static str);

fn check(cases: &[Case]) {
    for (from, to, wanted) in cases {
        assert_eq!(after(from, to), *wanted);
    }
}

#[test]
fn a_good_control_says_what_is_written() {
    let (control, problems) = read(&"rules/door.yaml".into(), GOOD);
    assert_eq!(problems, []);
    let control = control.unwrap();
    assert_eq!((&*control.id, control.severity), ("door", Severity::Soon));
    assert_eq!(control.why, "Somebody walks in.");
    assert_eq!(control.refs["devsec"], ["os-02"]);
    assert_eq!(control.refs["nist-800-53"], ["AC-3", "AC-6(2)"]);
    assert_eq!(control.asks(), ["host.container"]);
    assert!(control.risk.lockout && !control.risk.reboot);
    assert_eq!(control.place.line, 1);
    // Each line of `ensure` has its own place.
    let places: Vec<(u32, u32)> = (0..control.ensure.len())
        .map(|at| control.place_of(at))
        .map(|at| (at.line, at.column))
        .collect();
    let wanted: Vec<(u32, u32)> = (11..=24).map(|line| (line, 5)).collect();
    assert_eq!(places, wanted);
    assert_eq!(control.place_of(99), &control.place);
    let subjects: Vec<String> = control.ensure.iter().map(Desired::subject).collect();
    assert_eq!(
        subjects,
        [
            "sysctl net.ipv4.ip_forward",
            "sysctl kernel.kptr_restrict",
            "file /etc/shadow",
            "file /etc/crontab",
            "file /etc/hosts.equiv",
            "key PASS_MAX_DAYS in /etc/login.defs",
            "key * hard core in /etc/security/limits.conf",
            "sshd PermitRootLogin",
            "package telnet",
            "package sudo",
            "service ssh.service",
            "service apt-daily.timer",
            "suite security",
            "any of firewall",
        ]
    );
    assert_eq!(
        control.ensure[2],
        Desired::File {
            path: "/etc/shadow".into(),
            kind: None,
            owner: Some("root".into()),
            group: vec!["shadow".into(), "root".into()],
            mode: Some(ModeWanted::AtMost(0o640)),
        }
    );
    assert_eq!(
        control.ensure[3],
        Desired::File {
            path: "/etc/crontab".into(),
            kind: None,
            owner: None,
            group: vec!["root".into()],
            mode: Some(ModeWanted::Is(0o600)),
        }
    );
    let Desired::Sshd { value: Wanted::OneOf(values), .. } = &control.ensure[7] else {
        panic!("{:?}", control.ensure[7])
    };
    assert_eq!(values.len(), 2);
    let Desired::AnyOf { ways, .. } = &control.ensure[13] else { panic!("a choice") };
    assert_eq!(ways.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
}

/// Values that no host could have, or that other tools would read otherwise.
const VALUES: &[Case] = &[
    (
        "\"0640\"",
        "\"0999\"",
        "control-value 13:76 ~\"0999\"~ `0999` is no file mode | write three or four octal digits \
             in quotes, such as \"0640\"",
    ),
    (
        "\"0640\"",
        "0640",
        "rule-type 13:76 ~0640~ a bare `0640` is a number to some tools and a text to others | \
             write \"0640\" in quotes",
    ),
    (
        "\"0640\"",
        "640",
        "rule-type 13:76 ~640~ a bare `640` is decimal to some tools | write three or four octal \
             digits in quotes, such as \"0640\"",
    ),
    (
        "[shadow, root]",
        "[]",
        "control-value 13:44 ~[~ no group is one of no groups | write the groups that are good, \
             the one to set first",
    ),
    (
        "owner: root",
        "owner: 0",
        "control-value 13:31 ~0~ `0` is no name of a user or a group | write the name, such as \
             `root`; numbers differ between hosts",
    ),
    (
        "{mode: \"0600\", group: root}",
        "{}",
        "control-value 14:24 ~{~ nothing is wanted of this file | write `present`, `absent`, or one \
             of `type`, `owner`, `group` and `mode`",
    ),
    (
        "hosts.equiv: absent",
        "hosts.equiv: gone",
        "control-value 15:28 ~gone~ `gone` is not one of `present`, `absent` | known here: \
             `present`, `absent`",
    ),
    (
        "{mode: \"0600\", group: root}",
        "{type: dir}",
        "control-value 14:31 ~dir~ `dir` is not one of `file`, `folder`, `link`, `any` | known \
             here: `file`, `folder`, `link`, `any`",
    ),
    (
        "{mode: \"0600\", group: root}",
        "{type: link, mode: {at_most: \"0600\"}}",
        "control-value 14:43 ~{~ a link has no mode of its own, and its owner and group are not \
             looked at | write `type: link` alone, and a line with the rest for the path that it \
             leads to",
    ),
    (
        "{mode: \"0600\", group: root}",
        "{type: link, owner: root}",
        "control-value 14:44 ~root~ a link has no mode of its own, and its owner and group are not \
             looked at | write `type: link` alone, and a line with the rest for the path that it \
             leads to",
    ),
    (
        "at_most: 365",
        "at_most: many",
        "rule-type 16:53 ~many~ a whole number is wanted here, not `many` | write a whole number \
             from -9223372036854775808 to 9223372036854775807, without quotes",
    ),
    (
        "{at_most: 365}",
        "{at_most: 365, at_least: 400}",
        "control-value 16:43 ~{~ one comparison is wanted here | write one of `at_least`, \
             `at_most`, `one_of`, `subset_of` and `none_of`",
    ),
    (
        "{at_most: 365}",
        "{subset_of: [\"365\"]}",
        "control-value 16:43 ~{~ this takes one value, and no list of names | write the value, or \
             `{one_of: […]}`",
    ),
    (
        "permitrootlogin: {one_of: [\"no\", prohibit-password]}",
        "MACs: {subset_of: [\"hmac-sha2-512,hmac-sha2-256\"]}",
        "control-value 18:28 ~[~ `hmac-sha2-512,hmac-sha2-256` is not one name | write each name of \
             the list by itself",
    ),
    (
        "{one_of: [\"no\", prohibit-password]}",
        "{subset_of: [\"no\"]}",
        "control-value 18:27 ~{~ this takes one value, and no list of names | write the value, or \
             `{one_of: […]}`",
    ),
    (
        "at_most: 365",
        "atmost: 365",
        "rule-unknown-key 16:44 ~atmost~ the key `atmost` is not known | did you mean `at_most`?",
    ),
    (
        "[\"no\", prohibit-password]",
        "[]",
        "control-value 18:36 ~[~ nothing is ever one of no values | write the values that are \
             good, the one to set first",
    ),
    (
        "[\"no\", prohibit",
        "[no, prohibit",
        "rule-type 18:37 ~no~ a bare `no` is a truth value to some tools and a text to others | \
             write \"no\" in quotes",
    ),
    (
        "prohibit-password]",
        "\"no\"]",
        "control-value 18:43 ~\"no\"~ `no` stands twice | remove one of the two",
    ),
    (
        "{one_of: [\"no\", prohibit-password]}",
        "never",
        "control-value 18:27 ~never~ `PermitRootLogin` is never `never` | known here: `no`, \
             `prohibit-password`, `forced-commands-only`, `yes`, `without-password`",
    ),
    (
        "{one_of: [\"no\", prohibit-password]}",
        "{at_most: 1}",
        "control-value 18:27 ~{~ `PermitRootLogin` is no number, and cannot be compared with one \
             | write the value, or `{one_of: […]}`",
    ),
    (
        "telnet: absent",
        "telnet: abesnt",
        "control-value 19:21 ~abesnt~ `abesnt` is not one of `present`, `absent` | did you mean \
             `absent`?",
    ),
    (
        "\"1.9.13p3-1\"",
        "\"1.9; rm\"",
        "control-value 20:30 ~\"1.9; rm\"~ `1.9; rm` is no version | write a version as the \
             distribution does, such as \"1:9.2p1-2\"",
    ),
    (
        "ssh: \"on\"",
        "ssh: on",
        "rule-type 21:18 ~on~ a bare `on` is a truth value to some tools and a text to others | \
             write \"on\" in quotes",
    ),
    (
        "core in /etc/security/limits.conf: 0",
        "core in /etc/security/limits.conf: \"0\\n* - core 1\"",
        "control-value 17:51 ~\"0\\n* - core 1\"~ this is no value of one line | write one line of \
             at most 1,024 bytes",
    ),
];

#[test]
fn values_that_can_never_be_are_refused() {
    check(VALUES);
}

/// Everything beside `ensure` and `tests`.
const REST: &[Case] = &[
    (
        "id: door",
        "id: gate",
        "control-id 1:5 ~gate~ the control `gate` stands in a file called `door.yaml` | write \
             `id: door`, or call the file `gate.yaml`",
    ),
    (
        "id: door",
        "id: The_Door",
        "control-id 1:5 ~The_Door~ `The_Door` is no id | write lower-case words with hyphens \
             between them, such as `root-login`",
    ),
    (
        "severity: soon",
        "severity: sooon",
        "rule-value 7:11 ~sooon~ `sooon` is not one of `now`, `soon`, `when you can` | did you \
             mean `soon`?",
    ),
    (
        "not host.container",
        "host.container is debian",
        "condition-type 9:22 ~is~ `host.container` is either true or not; `is` does not \
             fit it | write `host.container` alone, or `not host.container`",
    ),
    (
        "not host.container",
        "not host.contaner",
        "condition-field 9:11 ~host.contaner~ the field `host.contaner` is not known | did you \
             mean `host.container`?",
    ),
    (
        "when: not host.container",
        "when:",
        "rule-value 9:1 ~when~ `when` has no condition | write a condition such as `not \
             host.container`, or remove `when`",
    ),
    (
        "lockout: true",
        "lockout: \"true\"",
        "rule-type 28:35 ~\"true\"~ `true` or `false` is wanted here, not a quoted `true` | write \
             `true`, without quotes",
    ),
    (
        "lockout: true",
        "lockout: yes",
        "rule-type 28:35 ~yes~ `true` or `false` is wanted here, not a bare `yes` | write `true`, \
             without quotes",
    ),
    (
        ", interruption: none",
        "",
        "rule-missing-key 28:7 ~{~ the key `interruption` is missing | add `interruption`",
    ),
    (
        "severity: soon\n",
        "severity: soon\nseverty: now\n",
        "rule-unknown-key 8:1 ~severty~ the key `severty` is not known | did you mean \
             `severity`?",
    ),
    (
        "wrong: the door is open\n",
        "",
        "rule-missing-key 1:1 ~i~ the key `wrong` is missing | add `wrong`",
    ),
];

#[test]
fn the_rest_of_a_control_is_as_strict() {
    check(REST);
}

#[test]
fn a_control_without_its_examples_is_refused() {
    for (from, to, wanted) in [
        (
            "  pass: [{sysctl: {net.ipv4.ip_forward: 0}}]\n",
            "",
            "control-untested 30:3 ~f~ no example passes | add `pass:` with a list of examples under \
             `tests`",
        ),
        (
            "  fail: [{sysctl: {net.ipv4.ip_forward: 1}}]\n",
            "  fail: []\n",
            "control-untested 31:9 ~[~ no example fails | add `fail:` with a list of examples under \
             `tests`",
        ),
        (
            "  not_applicable: [{host: {container: true}}]\n",
            "",
            "control-untested 30:3 ~p~ no example says where `when` excludes a host | add \
             `not_applicable:` with a list of examples under `tests`",
        ),
        (
            "fail: [{sysctl: {net.ipv4.ip_forward: 1}}]",
            "fail: [{sysctl: {net.ipv4.ip_foward: 1}}]",
            "control-name 31:20 ~net.ipv4.ip_foward~ no line of `ensure` speaks of `sysctl \
             net.ipv4.ip_foward` | did you mean `net.ipv4.ip_forward`?",
        ),
        (
            "fail: [{sysctl: {net.ipv4.ip_forward: 1}}]",
            "fail: [{sysctls: {net.ipv4.ip_forward: 1}}]",
            "control-noun 31:11 ~sysctls~ the noun `sysctls` is not known | did you mean `sysctl`?",
        ),
        (
            "{container: true}",
            "{kontainer: true}",
            "condition-field 32:28 ~kontainer~ the field `host.kontainer` is not known | did you mean \
             `container`?",
        ),
        (
            "{host: {container: true}}",
            "{}",
            "control-value 32:20 ~{~ this example states nothing | write what the host looks like, \
             such as `{sysctl: {kernel.x: 1}}`",
        ),
    ] {
        assert_eq!(after(from, to), wanted);
    }
    let (head, _) = GOOD.split_once("tests:").unwrap();
    let all: Vec<String> = problems(head).iter().map(shown).collect();
    assert_eq!(all, ["rule-missing-key 1:1 ~i~ the key `tests` is missing | add `tests`"]);
}

#[test]
fn every_mistake_is_said_at_once() {
    let text = GOOD
        .replacen("severity: soon", "severity: later", 1)
        .replacen("sysctl kernel.kptr", "sysctrl kernel.kptr", 1)
        .replacen("telnet: absent", "telnet: off", 1)
        .replacen("not host.container", "not host.x", 1);
    let codes: Vec<String> = problems(&text).into_iter().map(|problem| problem.code).collect();
    assert_eq!(codes, ["rule-value", "condition-field", "control-noun", "rule-type"]);
}

#[test]
fn an_empty_file_is_no_control() {
    let all = problems("");
    assert_eq!(all[0].code, "rule-empty");
    assert_eq!(problems("- a\n")[0].code, "rule-type");
    assert_eq!(problems("a: [b\n")[0].code, "rule-syntax");
}

#[test]
fn a_slowdown_that_nobody_stated_is_unknown() {
    let slowdown = |text: &str| {
        let (control, problems) = read(&"rules/door.yaml".into(), text);
        assert_eq!(problems, []);
        control.unwrap().risk.slowdown
    };
    assert_eq!(slowdown(GOOD), "unknown");
    let with = |words: &str| {
        GOOD.replace("interruption: none}", &format!("interruption: none, slowdown: {words}}}"))
    };
    assert_eq!(slowdown(&with("none")), "none");
    assert_eq!(slowdown(&with("each login takes longer")), "each login takes longer");
    let told = shown(&problems(&with("[]"))[0]);
    assert!(told.starts_with("rule-type 28:"), "{told}");
}
