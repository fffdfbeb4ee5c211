//! Keys that have no folder of drop-ins, JSON, lines and texts.

use super::*;

fn docker(key: &str) -> Resource {
    Resource::Key { dialect: Dialect::Docker, key: key.into() }
}

const JSON: &str = "/etc/docker/daemon.json";

/// One control of each, on a host where it fails.
pub(super) fn texts() -> (Control, Seen) {
    let line = |path: &str, line: &str| Resource::Line { path: path.into(), line: line.into() };
    let text = Resource::Text { path: "/etc/issue".into() };
    let of = |dialect, key: &str| Resource::Key { dialect, key: key.into() };
    let ensure = vec![
        key(Dialect::Auditd, "space_left_action", is("SYSLOG")),
        key(Dialect::Useradd, "INACTIVE", is("30")),
        key(Dialect::Journald, "Storage", is("persistent")),
        key(Dialect::Pwquality, "minlen", Wanted::AtLeast(12)),
        key(Dialect::AuditRules, "/usr/bin/runc", is("wa")),
        key(Dialect::Docker, "icc", is("false")),
        key(Dialect::Docker, "log-opts.max-file", is("3")),
        key(Dialect::Docker, "authorization-plugins", Wanted::NoneOf(vec!["bad".into()])),
        Desired::KeyAbsent { dialect: Dialect::Docker, key: "insecure-registries".into() },
        key(Dialect::Profile, "umask", is("027")),
        Desired::LinePresent { path: "/etc/cron.allow".into(), line: "root".into() },
        Desired::LineAbsent { path: "/etc/profile.d/a.sh".into(), line: "umask 000".into() },
        Desired::LinePresent { path: "/etc/at.allow".into(), line: "root".into() },
        Desired::LinePresent { path: "/etc/at.allow".into(), line: "backup".into() },
        Desired::Text { path: "/etc/issue".into(), text: "Authorised\nuse only\n".into() },
    ];
    let unset =
        |of| Setting { default: true, ..setting(of, Aspect::Value, "absent", Some((JSON, 1))) };
    let found = seen(vec![
        setting(
            of(Dialect::Auditd, "space_left_action"),
            Aspect::Value,
            "ignore",
            Some(("/etc/audit/auditd.conf", 9)),
        ),
        setting(
            of(Dialect::Pwquality, "minlen"),
            Aspect::Value,
            "8",
            Some(("/etc/security/pwquality.conf", 4)),
        ),
        Setting { default: true, ..setting(docker("icc"), Aspect::Value, "true", Some((JSON, 1))) },
        unset(docker("log-opts.max-file")),
        setting(docker("authorization-plugins"), Aspect::Value, "good,bad", Some((JSON, 3))),
        setting(docker("insecure-registries"), Aspect::Value, "a.example", Some((JSON, 4))),
        setting(
            line("/etc/cron.allow", "root"),
            Aspect::Value,
            "absent",
            Some(("/etc/cron.allow", 1)),
        ),
        setting(
            line("/etc/profile.d/a.sh", "umask 000"),
            Aspect::Value,
            "present",
            Some(("/etc/profile.d/a.sh", 2)),
        ),
        setting(line("/etc/at.allow", "root"), Aspect::Value, "absent", None),
        setting(line("/etc/at.allow", "backup"), Aspect::Value, "absent", None),
        setting(text, Aspect::Value, "Debian\n", Some(("/etc/issue", 1))),
    ]);
    (control("texts", "What files say", ensure, Risk::default()), found)
}

fn shell(ensure: Vec<Desired>, settings: Vec<Setting>) -> Rendered {
    let control = control("one", "One", ensure, Risk::default());
    render(&control, &all_lines(&control), &seen(settings), Tool::Shell)
}

#[test]
fn where_there_is_no_file_all_of_it_is_written_at_once() {
    let ensure = vec![
        key(Dialect::Docker, "icc", is("false")),
        key(Dialect::Docker, "log-opts.max-size", is("10m")),
        key(Dialect::Docker, "log-opts.max-file", is("3")),
    ];
    let nowhere = |name: &str| Setting {
        default: true,
        ..setting(docker(name), Aspect::Value, "absent", None)
    };
    let settings = ["icc", "log-opts.max-size", "log-opts.max-file"].map(nowhere).to_vec();
    let rendered = shell(ensure, settings);
    let content = "{\n  \"icc\": false,\n  \"log-opts\": {\n    \"max-size\": \"10m\",\n    \
                   \"max-file\": \"3\"\n  }\n}\n";
    assert!(own_part(&rendered.code).contains(content), "{}", rendered.code);
    assert!(own_part(&rendered.undo).contains("delete_file /etc/docker/daemon.json"));
    assert!(rendered.restart.contains("docker.service"), "{}", rendered.restart);
}

/// The files of PAM are shared by all services.
#[test]
fn an_argument_in_a_rule_of_pam_is_left_to_people() {
    let of = Resource::Key { dialect: Dialect::Pwquality, key: "minlen".into() };
    let rule = Some(("/etc/pam.d/common-password", 25));
    let settings = vec![setting(of, Aspect::Value, "6", rule)];
    let rendered = shell(vec![key(Dialect::Pwquality, "minlen", Wanted::AtLeast(12))], settings);
    let take = "take `minlen` out of /etc/pam.d/common-password (line 25): it is read after our file \
                and wins";
    assert_eq!(rendered.manual, [take]);
    assert!(!own_part(&rendered.code).contains("/etc/pam.d"), "{}", rendered.code);
}

#[test]
fn what_a_flag_says_is_not_said_in_the_file_as_well() {
    let unit = Some(("/usr/lib/systemd/system/docker.service", 5));
    let settings = vec![
        setting(docker("icc"), Aspect::Value, "true", unit),
        setting(docker("hosts"), Aspect::Value, "tcp://0.0.0.0:2375", unit),
    ];
    let ensure = vec![
        key(Dialect::Docker, "icc", is("false")),
        Desired::KeyAbsent { dialect: Dialect::Docker, key: "hosts".into() },
    ];
    let rendered = shell(ensure, settings);
    assert_eq!((rendered.code.as_str(), rendered.manual.len()), ("", 2));
    assert!(rendered.manual.iter().all(|line| line.contains("docker.service")));
}

#[test]
fn what_was_not_seen_is_not_brought_back() {
    let hidden = Setting {
        reading: Reading::Unknown { reason: "a".into(), closes_with: "root".into() },
        ..setting(docker("icc"), Aspect::Value, "absent", None)
    };
    let rendered = shell(vec![key(Dialect::Docker, "icc", is("false"))], vec![hidden]);
    assert!(rendered.code.contains("KEY=icc") && rendered.undo.is_empty(), "{}", rendered.undo);
    assert!(rendered.risk.contains("is not known: the undo leaves it"), "{}", rendered.risk);
}

#[test]
fn what_only_a_person_can_do_is_said() {
    for (dialect, name, wanted) in [
        (Dialect::Profile, "PATH", Wanted::NoneOf(vec![".".into()])),
        (Dialect::Kubelet, "readOnlyPort", is("0")),
        (Dialect::CpuFlaws, "*", is("Mitigation")),
    ] {
        let rendered = shell(vec![key(dialect, name, wanted)], Vec::new());
        assert_eq!((rendered.code.as_str(), rendered.manual.len()), ("", 1), "{name}");
    }
}

/// A file of ours in the folder would make augenrules throw away what the owner wrote.
#[test]
fn rules_of_auditd_that_stand_in_the_main_file_alone_have_to_move_first() {
    let of = Resource::Key { dialect: Dialect::AuditRules, key: "/usr/bin/runc".into() };
    for (path, is_written) in
        [("/etc/audit/rules.d/audit.rules", true), ("/etc/audit/audit.rules", false)]
    {
        let unset = setting(of.clone(), Aspect::Value, "absent", Some((path, 1)));
        let settings = vec![Setting { default: true, ..unset }];
        let rendered = shell(vec![key(Dialect::AuditRules, "/usr/bin/runc", is("wa"))], settings);
        assert_eq!(rendered.code.contains("zz-holdfast-one.rules"), is_written, "{path}");
        assert_eq!(rendered.code.is_empty(), !is_written);
        assert_eq!(rendered.manual.len(), usize::from(!is_written), "{:?}", rendered.manual);
    }
}

#[test]
fn limits_of_some_are_for_people_to_take_out() {
    let of = Resource::Key { dialect: Dialect::Limits, key: "* hard core".into() };
    let at = |path, line| Some((path, line));
    let own = at("/etc/security/limits.conf", 4);
    let some = setting(of.clone(), Aspect::Value, "unlimited", own);
    let some = Setting { scope: Some("@ana".into()), ..some };
    let told = "take what counts for `@ana` out of /etc/security/limits.conf (line 4): it goes before \
                `* hard core`";
    for (value, is_written) in [("0", false), ("unlimited", true)] {
        let all = at("/etc/security/limits.d/a.conf", 1);
        let settings = vec![setting(of.clone(), Aspect::Value, value, all), some.clone()];
        let rendered = shell(vec![key(Dialect::Limits, "* hard core", is("0"))], settings);
        assert_eq!(rendered.code.contains("zz-holdfast-one.conf"), is_written, "{}", rendered.code);
        assert_eq!(rendered.code.is_empty(), !is_written);
        assert_eq!(rendered.manual, [told]);
    }
}

/// What the program makes of a text; `None` where it refuses.
fn json(text: &str, key: &str, value: &str) -> Option<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a real awk is the oracle of this test")]
    let output = {
        std::fs::write(file.path(), text).unwrap();
        std::process::Command::new("awk")
            .arg(crate::render::change::JSON.text)
            .arg(file.path())
            .envs([("KEY", key), ("VALUE", value), ("LC_ALL", "C")])
            .output()
            .unwrap()
    };
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_member_is_set_and_all_else_stays() {
    for (before, key, value, after) in [
        ("{}\n", "a", "1", "{\n  \"a\": 1\n}\n"),
        ("", "a", "1", "{\n  \"a\": 1\n}\n"),
        ("{\"a\":1,\"b\":2}\n", "a", "3", "{\"a\":3,\"b\":2}\n"),
        (
            "{\n\t\"b\": {},\n\t\"c\": []\n}\n",
            "a",
            "1",
            "{\n\t\"b\": {},\n\t\"c\": [],\n\t\"a\": 1\n}\n",
        ),
        ("{\"b\": {\"x\": 1}}\n", "b.y", "\"}\"", "{\"b\": {\"x\": 1, \"y\": \"}\"}}\n"),
        ("{\"b\": 1}\n", "c.d.e", "true", "{\"b\": 1, \"c\": {\"d\": {\"e\": true}}}\n"),
        ("{\"a\": 1, \"a\": 2}\n", "a", "3", "{\"a\": 3, \"a\": 3}\n"),
        (
            "{\"b\": [{\"a\": 1}], \"x.a\": 1}\n",
            "x.a",
            "2",
            "{\"b\": [{\"a\": 1}], \"x.a\": 1, \"x\": {\"a\": 2}}\n",
        ),
        ("{\"a\": 1, \"b\": 2}\n", "a", "", "{\"b\": 2}\n"),
        ("{\"b\": 2, \"a\": {\"c\": 1}}\n", "a.c", "", "{\"b\": 2}\n"),
        ("{\"b\": 2}\n", "a", "", "{\"b\": 2}\n"),
    ] {
        assert_eq!(json(before, key, value).as_deref(), Some(after), "{before} {key} {value}");
        assert_eq!(json(after, key, value).as_deref(), Some(after), "{before} {key} {value}");
    }
}

#[test]
fn what_is_no_object_is_refused() {
    for (text, key) in [
        ("{\"a\": 1", "a"),
        ("{\"a\": 1,}", "b"),
        ("{'a': 1}", "a"),
        ("// a\n{}", "a"),
        ("[1]", "a"),
        ("{} {}", "a"),
        ("{\"a\": \"b}", "a"),
        ("{\"a\": 1}", "a.b"),
        (&"{\"a\":".repeat(200), "a"),
    ] {
        assert_eq!(json(text, key, "1"), None, "{text}");
    }
}
