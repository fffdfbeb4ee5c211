use proptest::prelude::*;

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
  - file /root/.rhosts: absent
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
    let subjects: Vec<String> = control.ensure.iter().map(Desired::subject).collect();
    assert_eq!(subjects, [
        "sysctl net.ipv4.ip_forward",
        "sysctl kernel.kptr_restrict",
        "file /etc/shadow",
        "file /etc/crontab",
        "file /root/.rhosts",
        "key PASS_MAX_DAYS in /etc/login.defs",
        "key * hard core in /etc/security/limits.conf",
        "sshd PermitRootLogin",
        "package telnet",
        "package sudo",
        "service ssh.service",
        "service apt-daily.timer",
        "suite security",
        "any of firewall",
    ]);
    assert_eq!(control.ensure[2], Desired::File {
        path: "/etc/shadow".into(),
        owner: Some("root".into()),
        group: vec!["shadow".into(), "root".into()],
        mode: Some(ModeWanted::AtMost(0o640)),
    });
    assert_eq!(control.ensure[3], Desired::File {
        path: "/etc/crontab".into(),
        owner: None,
        group: vec!["root".into()],
        mode: Some(ModeWanted::Is(0o600)),
    });
    let Desired::Sshd { value: Wanted::OneOf(values), .. } = &control.ensure[7] else {
        panic!("{:?}", control.ensure[7])
    };
    assert_eq!(values.len(), 2);
    let Desired::AnyOf { ways, .. } = &control.ensure[13] else { panic!("a choice") };
    assert_eq!(ways.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn what_is_no_state_is_refused_at_its_word() {
    for (from, to, wanted) in [
        (
            "sysctl kernel.kptr", "sysctrl kernel.kptr",
            "control-noun 12:5 ~sysctrl~ the noun `sysctrl` is not known | did you mean `sysctl`?",
        ),
        (
            "package telnet", "kernel telnet",
            "control-noun 19:5 ~kernel~ the noun `kernel` is not known | known here: `sysctl`, \
             `file`, `key`, `sshd`, `package`, `service`, `suite`, `any of`",
        ),
        (
            "sysctl kernel.kptr_restrict", "sysctl kernel kptr",
            "control-name 12:12 ~kernel kptr~ `kernel kptr` is no kernel parameter | write it with \
             dots and without spaces, such as `net.ipv4.ip_forward`",
        ),
        (
            "sysctl kernel.kptr_restrict", "sysctl kernel/kptr_restrict",
            "control-name 12:12 ~kernel/kptr_restrict~ `kernel/kptr_restrict` is no kernel parameter \
             | write it with dots and without spaces, such as `net.ipv4.ip_forward`",
        ),
        (
            "file /etc/shadow", "file etc/shadow",
            "control-name 13:10 ~etc/shadow~ `etc/shadow` is no absolute path | begin it with `/`",
        ),
        (
            "file /etc/shadow", "file /etc/../etc/shadow",
            "control-name 13:10 ~/etc/../etc/shadow~ `/etc/../etc/shadow` is no absolute path | \
             write it without `//`, `.`, `..` and a `/` at its end",
        ),
        (
            "file /etc/shadow", "file /etc/shadow*",
            "control-name 13:10 ~/etc/shadow*~ `/etc/shadow*` is no absolute path | name one file; \
             patterns are not read here",
        ),
        (
            "in /etc/login.defs", "in /etc/passwd",
            "control-name 16:9 ~PASS_MAX_DAYS in /etc/passwd~ keys of `/etc/passwd` are not read | \
             known here: `/etc/login.defs`, `/etc/sudoers`, `/etc/security/limits.conf`, \
             `/etc/apt/apt.conf`",
        ),
        (
            "in /etc/login.defs", "in /etc/login.def",
            "control-name 16:9 ~PASS_MAX_DAYS in /etc/login.def~ keys of `/etc/login.def` are not \
             read | did you mean `/etc/login.defs`?",
        ),
        (
            " in /etc/login.defs", "",
            "control-name 16:9 ~PASS_MAX_DAYS~ `PASS_MAX_DAYS` does not say in which file | write \
             `key NAME in /etc/login.defs`",
        ),
        (
            "* hard core in", "* hart core in",
            "control-name 17:9 ~* hart core in /etc/security/limits.conf~ `* hart core` is no key of \
             `/etc/security/limits.conf` | write domain, `hard` or `soft`, and item, such as `* hard \
             core`",
        ),
        (
            "permitrootlogin", "PermitRootLogon",
            "control-name 18:10 ~PermitRootLogon~ the ssh server has no option `PermitRootLogon` | \
             did you mean `PermitRootLogin`?",
        ),
        (
            "package telnet", "package Tel net",
            "control-name 19:13 ~Tel net~ `Tel net` is no package | write the name of one package, \
             such as `openssh-server`",
        ),
        (
            "service ssh:", "service -ssh:",
            "control-name 21:13 ~-ssh~ `-ssh` is no unit | write a unit of systemd, such as `ssh` or \
             `apt-daily.timer`",
        ),
        (
            "suite security", "suite secruity",
            "control-name 23:11 ~secruity~ no package source is for `secruity` | did you mean \
             `security`?",
        ),
        (
            "package telnet: absent", "package: absent",
            "control-name 19:5 ~package~ `package` names nothing | write which, such as `package \
             telnet`",
        ),
    ] {
        assert_eq!(after(from, to), wanted);
    }
}

#[test]
fn values_that_can_never_be_are_refused() {
    for (from, to, wanted) in [
        (
            "\"0640\"", "\"0999\"",
            "control-value 13:74 ~\"0999\"~ `0999` is no file mode | write three or four octal digits \
             in quotes, such as \"0640\"",
        ),
        (
            "\"0640\"", "0640",
            "rule-type 13:74 ~0640~ a bare `0640` is a number to some tools and a text to others | \
             write \"0640\" in quotes",
        ),
        (
            "\"0640\"", "640",
            "rule-type 13:74 ~640~ a bare `640` is decimal to some tools | write three or four octal \
             digits in quotes, such as \"0640\"",
        ),
        (
            "[shadow, root]", "[]",
            "control-value 13:44 ~[~ no group is one of no groups | write the groups that are good, \
             the one to set first",
        ),
        (
            "owner: root", "owner: 0",
            "control-value 13:30 ~0~ `0` is no name of a user or a group | write the name, such as \
             `root`; numbers differ between hosts",
        ),
        (
            "{mode: \"0600\", group: root}", "{}",
            "control-value 14:24 ~{~ nothing is wanted of this file | write `absent`, or at least one \
             of `owner`, `group` and `mode`",
        ),
        (
            ".rhosts: absent", ".rhosts: gone",
            "control-value 15:25 ~gone~ `gone` is not `absent` | known here: `absent`",
        ),
        (
            "at_most: 365", "at_most: many",
            "rule-type 16:53 ~many~ a whole number is wanted here, not `many` | write a whole number \
             from -9223372036854775808 to 9223372036854775807, without quotes",
        ),
        (
            "{at_most: 365}", "{at_most: 365, at_least: 400}",
            "control-value 16:43 ~{~ one comparison is wanted here | write one of `at_least`, \
             `at_most` and `one_of`",
        ),
        (
            "at_most: 365", "atmost: 365",
            "rule-unknown-key 16:44 ~atmost~ the key `atmost` is not known | did you mean `at_most`?",
        ),
        (
            "[\"no\", prohibit-password]", "[]",
            "control-value 18:36 ~[~ nothing is ever one of no values | write the values that are \
             good, the one to set first",
        ),
        (
            "[\"no\", prohibit", "[no, prohibit",
            "rule-type 18:37 ~no~ a bare `no` is a truth value to some tools and a text to others | \
             write \"no\" in quotes",
        ),
        (
            "prohibit-password]", "\"no\"]",
            "control-value 18:43 ~\"no\"~ `no` stands twice | remove one of the two",
        ),
        (
            "{one_of: [\"no\", prohibit-password]}", "never",
            "control-value 18:27 ~never~ `PermitRootLogin` is never `never` | known here: `no`, \
             `prohibit-password`, `forced-commands-only`, `yes`, `without-password`",
        ),
        (
            "{one_of: [\"no\", prohibit-password]}", "{at_most: 1}",
            "control-value 18:27 ~{~ `PermitRootLogin` is no number, and cannot be compared with one \
             | write the value, or `{one_of: […]}`",
        ),
        (
            "telnet: absent", "telnet: abesnt",
            "control-value 19:21 ~abesnt~ `abesnt` is not one of `present`, `absent` | did you mean \
             `absent`?",
        ),
        (
            "\"1.9.13p3-1\"", "\"1.9; rm\"",
            "control-value 20:30 ~\"1.9; rm\"~ `1.9; rm` is no version | write a version as the \
             distribution does, such as \"1:9.2p1-2\"",
        ),
        (
            "ssh: \"on\"", "ssh: on",
            "rule-type 21:18 ~on~ a bare `on` is a truth value to some tools and a text to others | \
             write \"on\" in quotes",
        ),
        (
            "core in /etc/security/limits.conf: 0", "core in /etc/security/limits.conf: \"0\\n* - core 1\"",
            "control-value 17:52 ~\"0\\n* - core 1\"~ this is no value of one line | write one line of \
             at most 1,024 bytes",
        ),
    ] {
        assert_eq!(after(from, to), wanted);
    }
}

#[test]
fn lines_that_are_too_many_or_too_few_are_refused() {
    for (from, to, wanted) in [
        (
            "  - package telnet: absent\n", "  - service ssh.service: \"off\"\n",
            "control-line 21:5 ~s~ two lines speak of `service ssh.service` | put what is wanted of \
             one thing into one line",
        ),
        (
            "  - package telnet: absent\n", "  - telnet\n",
            "control-line 19:5 ~telnet~ a state is wanted here, not a text | write `- noun name: what \
             is wanted`, such as `- sysctl kernel.dmesg_restrict: 1`",
        ),
        (
            "  - package telnet: absent\n", "  - {package a: absent, package b: absent}\n",
            "control-line 19:5 ~{~ one state is wanted here, not 2 | begin each state with `- `",
        ),
        (
            "      - [{package nftables: present}, {service nftables: \"on\"}]\n", "",
            "control-line 25:7 ~-~ 2 to 64 ways are wanted here, not 1 | write a list of ways, each a \
             list of states, or a plain line for a single way",
        ),
        (
            "[{package nftables: present}, {service nftables: \"on\"}]", "[]",
            "control-line 25:9 ~[~ 1 to 64 states are wanted here, not 0 | write lines such as `- \
             sshd PermitRootLogin: \"no\"`",
        ),
        (
            "{package nftables: present}", "{any of x: []}",
            "control-line 25:11 ~any of x~ a way holds no further choice | write out each way at the \
             top",
        ),
        (
            "any of firewall", "any of Fire wall",
            "control-name 24:12 ~Fire wall~ `Fire wall` is no name | write one lower-case word, such \
             as `any of firewall`",
        ),
    ] {
        assert_eq!(after(from, to), wanted);
    }
}

#[test]
fn the_rest_of_a_control_is_as_strict() {
    for (from, to, wanted) in [
        (
            "id: door", "id: gate",
            "control-id 1:5 ~gate~ the control `gate` stands in a file called `door.yaml` | write \
             `id: door`, or call the file `gate.yaml`",
        ),
        (
            "id: door", "id: The_Door",
            "control-id 1:5 ~The_Door~ `The_Door` is no id | write lower-case words with hyphens \
             between them, such as `root-login`",
        ),
        (
            "severity: soon", "severity: sooon",
            "rule-value 7:11 ~sooon~ `sooon` is not one of `now`, `soon`, `when you can` | did you \
             mean `soon`?",
        ),
        (
            "not host.container", "host.container is debian",
            "condition-type 9:22 ~is~ `host.container` is either true or not, and cannot be compared \
             | write `host.container` or `not host.container`",
        ),
        (
            "not host.container", "not host.contaner",
            "condition-field 9:11 ~host.contaner~ the field `host.contaner` is not known | did you \
             mean `host.container`?",
        ),
        (
            "when: not host.container", "when:",
            "rule-value 9:1 ~when~ `when` has no condition | write a condition such as `not \
             host.container`, or remove `when`",
        ),
        (
            "lockout: true", "lockout: \"true\"",
            "rule-type 28:34 ~\"true\"~ `true` or `false` is wanted here, not a quoted `true` | write \
             `true`, without quotes",
        ),
        (
            "lockout: true", "lockout: yes",
            "rule-type 28:34 ~yes~ `true` or `false` is wanted here, not a bare `yes` | write `true`, \
             without quotes",
        ),
        (
            ", interruption: none", "",
            "rule-missing-key 28:7 ~{~ the key `interruption` is missing | add `interruption`",
        ),
        (
            "severity: soon\n", "severity: soon\nseverty: now\n",
            "rule-unknown-key 8:1 ~severty~ the key `severty` is not known | did you mean \
             `severity`?",
        ),
        (
            "wrong: the door is open\n", "",
            "rule-missing-key 1:1 ~i~ the key `wrong` is missing | add `wrong`",
        ),
    ] {
        assert_eq!(after(from, to), wanted);
    }
}

#[test]
fn a_control_without_its_examples_is_refused() {
    for (from, to, wanted) in [
        (
            "  pass: [{sysctl: {net.ipv4.ip_forward: 0}}]\n", "",
            "control-untested 30:3 ~f~ no example passes | add `pass:` with a list of examples under \
             `tests`",
        ),
        (
            "  fail: [{sysctl: {net.ipv4.ip_forward: 1}}]\n", "  fail: []\n",
            "control-untested 31:9 ~[~ no example fails | add `fail:` with a list of examples under \
             `tests`",
        ),
        (
            "  not_applicable: [{host: {container: true}}]\n", "",
            "control-untested 30:3 ~p~ no example says where `when` excludes a host | add \
             `not_applicable:` with a list of examples under `tests`",
        ),
        (
            "fail: [{sysctl: {net.ipv4.ip_forward: 1}}]", "fail: [{sysctl: {net.ipv4.ip_foward: 1}}]",
            "control-name 31:20 ~net.ipv4.ip_foward~ no line of `ensure` speaks of `sysctl \
             net.ipv4.ip_foward` | did you mean `net.ipv4.ip_forward`?",
        ),
        (
            "fail: [{sysctl: {net.ipv4.ip_forward: 1}}]", "fail: [{sysctls: {net.ipv4.ip_forward: 1}}]",
            "control-noun 31:11 ~sysctls~ the noun `sysctls` is not known | did you mean `sysctl`?",
        ),
        (
            "{container: true}", "{kontainer: true}",
            "condition-field 32:28 ~kontainer~ the field `host.kontainer` is not known | did you mean \
             `container`?",
        ),
        (
            "{host: {container: true}}", "{}",
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

/// Parts of controls, put together as they come.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        GOOD.lines().map(str::to_owned).collect::<Vec<_>>().prop_shuffle().prop_map(|l| l.join("\n")),
        ".{0,20}",
        "[a-z{}\\[\\]:,\"*/ \n-]{0,60}",
        "ensure: \\[\\{(sysctl|file|key|sshd|service|any of) .{0,12}: .{0,12}\\}\\]\n",
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.join("\n"))
}

proptest! {
    #[test]
    fn no_text_panics(text in pieces()) {
        let (control, problems) = read(&"door.yaml".into(), &text);
        prop_assert_eq!(control.is_some(), problems.is_empty());
    }

    /// A rule with one letter changed, gone or added is read or refused, never lost.
    #[test]
    fn no_slip_panics(at in 0..GOOD.len(), letter in proptest::char::range(' ', '~'), cut: bool) {
        let mut text: Vec<char> = GOOD.chars().collect();
        if cut { text.remove(at); } else { text[at] = letter; }
        let text: String = text.into_iter().collect();
        let (control, problems) = read(&"door.yaml".into(), &text);
        prop_assert_eq!(control.is_some(), problems.is_empty());
        if let Some(control) = control {
            let _ = crate::run_tests(&control);
        }
    }
}
