use super::*;

const RULE: &str = r#"id: door
title: The door is shut
wrong: the door is open
why: Somebody walks in.
severity: soon
ensure:
  - sysctl kernel.a: 0
  - sshd PermitRootLogin: "no"
  - package sudo: {at_least: "1.10"}
  - any of clock:
      - [{package chrony: present}, {service chrony: "on"}]
      - [{package ntpsec: present}, {service ntpsec: "on"}]
risk: {breaks: [], lockout: false, reboot: false, interruption: none}
tests:
  pass:
    - {sysctl: {kernel.a: 0}}
  fail:
    - {sysctl: {kernel.a: 1}}
"#;

fn failures(pass: &str, fail: &str) -> Vec<String> {
    let text = RULE.replacen("{sysctl: {kernel.a: 0}}", pass, 1);
    let text = text.replacen("{sysctl: {kernel.a: 1}}", fail, 1);
    let (control, problems) = crate::read(&"door.yaml".into(), &text);
    assert_eq!(problems, []);
    run_tests(&control.unwrap()).into_iter().map(|problem| problem.message).collect()
}

const FAILS: &str = "{sysctl: {kernel.a: 1}}";

#[test]
fn examples_say_only_what_matters() {
    for pass in [
        "{sysctl: {kernel.a: {running: 0, boot: 0}}}",
        "{sysctl: {kernel.a: 0}, sshd: {permitrootlogin: \"no\"}}",
        "{package: {sudo: \"1.10\"}}",
        "{package: {sudo: \"1.10.1\"}, sysctl: {kernel.a: 0}}",
        "{package: {chrony: present}, service: {chrony: \"on\"}}",
        "{package: {ntpsec: present}, service: {ntpsec: {running: active, boot: enabled}}}",
    ] {
        assert_eq!(failures(pass, FAILS), [""; 0], "{pass}");
    }
    for fail in [
        "{sysctl: {kernel.a: {running: 0, boot: absent}}}",
        "{sysctl: {kernel.a: 0}, sshd: {PermitRootLogin: \"yes\"}}",
        "{sshd: {PermitRootLogin: {everybody: \"no\", user backup: \"yes\"}}}",
        "{package: {sudo: \"1.9\"}}",
        "{package: {chrony: absent}}",
        "{service: {ntpsec: \"on\"}}",
    ] {
        assert_eq!(failures("{sysctl: {kernel.a: 0}}", fail), [""; 0], "{fail}");
    }
}

#[test]
fn an_example_that_comes_out_otherwise_is_shown() {
    let text = RULE.replacen("{sysctl: {kernel.a: 0}}", "{sysctl: {kernel.a: 2}}", 1);
    let (control, _) = crate::read(&"door.yaml".into(), &text);
    let problems = run_tests(&control.unwrap());
    let [problem] = problems.as_slice() else { panic!("{problems:#?}") };
    assert_eq!((problem.code.as_str(), problem.place.as_ref().unwrap().line), ("rule-test", 16));
    assert_eq!(
        problem.message,
        "this example comes out as fail, and has to be pass: `sysctl kernel.a`: found `2` now, \
         wanted `0`; a file says `2`"
    );
    assert_eq!(
        problem.help,
        "change the example if the control is right, or the control if it is right"
    );
    assert_eq!(problem.excerpt.as_ref().unwrap().line, "    - {sysctl: {kernel.a: 2}}");
    let odd = failures("{package: {sudo: \"1.10p1\"}}", FAILS);
    assert_eq!(
        odd,
        [
            "this example comes out as not assessed, and has to be pass: `package sudo`: the versions \
         `1.10p1` and `1.10` cannot be compared"
        ]
    );
    let half = failures("{host: {virtual: true}}", FAILS);
    assert_eq!(
        half,
        ["this example comes out as not assessed, and has to be pass: it states nothing that the \
         control speaks of"]
    );
}

const NEWER: &str = r#"id: newer
title: All of it is well
wrong: some of it is not well
why: Somebody has to look.
severity: soon
ensure:
  - file /etc/own.d: {type: folder, mode: "0750"}
  - service own.service: [masked, stopped]
  - key [main] level in /etc/own.ini as ini: {at_least: 2}
  - key old in /etc/own.conf and /etc/own.conf.d/*.conf as equals: absent
  - cron /usr/bin/own --all of root: {one_of: ["@daily", "5 4 * * *"]}
risk: {breaks: [], lockout: false, reboot: false, interruption: none}
tests:
  pass:
    - PASS
  fail:
    - FAIL
"#;

#[test]
fn each_noun_has_its_words_in_examples() {
    let outcome = |pass: &str, fail: &str| -> Vec<String> {
        let text = NEWER.replacen("PASS", pass, 1).replacen("FAIL", fail, 1);
        let (control, problems) = crate::read(&"newer.yaml".into(), &text);
        assert_eq!(problems, [], "{pass} {fail}");
        run_tests(&control.unwrap()).into_iter().map(|problem| problem.message).collect()
    };
    let (good, bad) = ("{service: {own: masked}}", "{service: {own: \"on\"}}");
    for pass in [
        "{file: {/etc/own.d: {type: folder, mode: \"0750\"}}}",
        "{service: {own: {running: inactive, boot: masked}}}",
        "{key: {\"[main] level\": 3}}",
        "{key: {old: not set}}",
        "{cron: {/usr/bin/own --all: \"0 0 * * *\"}}",
        "{cron: {\"/usr/bin/own --all of root\": 5 4 * * *}}",
    ] {
        assert_eq!(outcome(pass, bad), [""; 0], "{pass}");
    }
    for fail in [
        "{file: {/etc/own.d: absent}}",
        "{file: {/etc/own.d: {type: file, mode: \"0750\"}}}",
        "{service: {own: \"off\"}}",
        "{key: {\"[main] level\": 1}}",
        "{key: {\"[main] level\": not set}}",
        "{key: {old: 1}}",
        "{cron: {/usr/bin/own --all: absent}}",
        "{cron: {/usr/bin/own --all: \"@hourly\"}}",
    ] {
        assert_eq!(outcome(good, fail), [""; 0], "{fail}");
    }
}
