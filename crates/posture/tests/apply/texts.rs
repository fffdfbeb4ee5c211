//! Keys without a folder of drop-ins, JSON, lines and whole texts, by every tool.

use holdfast_model::{Aspect, Desired, Dialect, Reading, Resource, Setting, Wanted};
use holdfast_posture::Control;

use crate::{SEED, control, difference, is, play, rendered, round_trip, runners, setting};

/// Folders are there: one that a fix had to make stays behind, since nobody can tell whose it is.
const FILES: &str = r#"
mkdir -p /etc/audit/rules.d /etc/docker /etc/default /etc/security/pwquality.conf.d /etc/profile.d
mkdir -p /etc/systemd/journald.conf.d
printf '# a\nspace_left = 75\nSpace_Left_Action = ignore\n' >/etc/audit/auditd.conf
printf 'SHELL=/bin/sh\nINACTIVE=-1\n' >/etc/default/useradd
printf 'minlen = 8\n' >/etc/security/pwquality.conf
printf '{\n\t"debug": true,\n\t"log-opts": {"max-size": "10m"},\n\t"insecure-registries": ["a.example"]\n}\n' >/etc/docker/daemon.json
chmod 0600 /etc/docker/daemon.json
printf 'daemon\n# root\n' >/etc/cron.allow
printf 'A=1\n  umask  000 # open\nB=2\n' >/etc/profile.d/a.sh
rm -f /etc/at.allow
printf 'Debian \\n \\l\n\n' >/etc/issue
"#;

const JSON: &str = "/etc/docker/daemon.json";

fn key(dialect: Dialect, key: &str, value: &str) -> Desired {
    Desired::Key { dialect, key: key.into(), value: is(value) }
}

fn of(dialect: Dialect, key: &str) -> Resource {
    Resource::Key { dialect, key: key.into() }
}

fn line(path: &str, line: &str) -> Resource {
    Resource::Line { path: path.into(), line: line.into() }
}

fn all() -> (Control, Vec<Setting>) {
    let ensure = vec![
        key(Dialect::Auditd, "space_left_action", "SYSLOG"),
        key(Dialect::Useradd, "INACTIVE", "30"),
        key(Dialect::Journald, "Storage", "persistent"),
        Desired::Key {
            dialect: Dialect::Pwquality,
            key: "minlen".into(),
            value: Wanted::AtLeast(12),
        },
        key(Dialect::AuditRules, "/usr/bin/runc", "wa"),
        key(Dialect::Profile, "umask", "027"),
        key(Dialect::Docker, "debug", "false"),
        key(Dialect::Docker, "icc", "false"),
        key(Dialect::Docker, "log-opts.max-file", "3"),
        key(Dialect::Docker, "default-ulimits.nofile.Hard", "64"),
        Desired::KeyAbsent { dialect: Dialect::Docker, key: "insecure-registries".into() },
        // Two lines of one file: taking the one back leaves the other as it is.
        Desired::LinePresent { path: "/etc/cron.allow".into(), line: "root".into() },
        Desired::LineAbsent { path: "/etc/cron.allow".into(), line: "daemon".into() },
        Desired::LineAbsent { path: "/etc/profile.d/a.sh".into(), line: "umask 000".into() },
        Desired::LinePresent { path: "/etc/at.allow".into(), line: "root".into() },
        Desired::Text { path: "/etc/issue".into(), text: "it's $1 {{ use }}\n\nonly\n".into() },
    ];
    let unset = |name: &str| Setting {
        default: true,
        ..setting(of(Dialect::Docker, name), Aspect::Value, "absent", Some((JSON, 1)))
    };
    let value = |resource, value: &str, path: &str| {
        setting(resource, Aspect::Value, value, Some((path, 2)))
    };
    let settings = vec![
        value(of(Dialect::Auditd, "space_left_action"), "ignore", "/etc/audit/auditd.conf"),
        value(of(Dialect::Useradd, "INACTIVE"), "-1", "/etc/default/useradd"),
        value(of(Dialect::Pwquality, "minlen"), "8", "/etc/security/pwquality.conf"),
        value(of(Dialect::Docker, "debug"), "true", JSON),
        value(of(Dialect::Docker, "insecure-registries"), "a.example", JSON),
        unset("icc"),
        unset("log-opts.max-file"),
        unset("default-ulimits.nofile.Hard"),
        value(line("/etc/cron.allow", "root"), "absent", "/etc/cron.allow"),
        value(line("/etc/cron.allow", "daemon"), "present", "/etc/cron.allow"),
        value(line("/etc/profile.d/a.sh", "umask 000"), "present", "/etc/profile.d/a.sh"),
        Setting {
            reading: Reading::Absent,
            place: None,
            ..value(line("/etc/at.allow", "root"), "absent", "")
        },
        value(Resource::Text { path: "/etc/issue".into() }, "Debian \\n \\l\n\n", "/etc/issue"),
    ];
    (control("texts", ensure), settings)
}

/// What has to be so afterwards, asked by the shell.
const ASKED: &str = r#"set -e
is() { [ "$(cat "$1")" = "$2" ] || { cat "$1"; exit 1; }; }
is /etc/docker/daemon.json '{
	"debug": false,
	"log-opts": {"max-size": "10m", "max-file": "3"},
	"icc": false,
	"default-ulimits": {"nofile": {"Hard": 64}}
}'
is /etc/audit/auditd.conf '# a
space_left = 75
#holdfast texts was: Space_Left_Action = ignore
space_left_action = SYSLOG'
is /etc/default/useradd 'SHELL=/bin/sh
#holdfast texts was: INACTIVE=-1
INACTIVE=30'
is /etc/security/pwquality.conf '#holdfast texts was: minlen = 8
minlen = 12'
is /etc/systemd/journald.conf.d/zz-holdfast-texts.conf '# Written by Holdfast for the control texts.
[Journal]
Storage=persistent'
is /etc/audit/rules.d/zz-holdfast-texts.rules '# Written by Holdfast for the control texts.
-w /usr/bin/runc -p wa -k holdfast'
is /etc/profile.d/zz-holdfast-texts.sh '# Written by Holdfast for the control texts.
umask 027'
is /etc/cron.allow '#holdfast texts off: daemon
# root
#holdfast texts added the next line
root'
is /etc/profile.d/a.sh 'A=1
#holdfast texts off:   umask  000 # open
B=2'
is /etc/at.allow root
is /etc/issue "it's \$1 {{ use }}

only"
[ "$(stat -c %a /etc/docker/daemon.json)" = 600 ]
"#;

fn check(runner: &'static str) {
    let (control, settings) = all();
    let seed = format!("{SEED}{FILES}");
    round_trip(&control, &settings, &seed, runner);
    let text = rendered(&control, &settings, runner);
    let (_, runs) = play(&seed, &[(runner, &text.code), ("dash", ASKED)]);
    assert!(runs[1].ok, "{runner}: {}{}", runs[1].out, runs[1].err);
}

#[test]
fn texts_by_the_shell() {
    runners(&["dash", "busybox"]).into_iter().for_each(check);
}

#[test]
fn texts_by_ansible() {
    runners(&["yml"]).into_iter().for_each(check);
}

#[test]
fn texts_by_puppet() {
    runners(&["pp"]).into_iter().for_each(check);
}

#[test]
fn texts_by_chef() {
    runners(&["rb"]).into_iter().for_each(check);
}

/// What is broken is left as it is, and said.
#[test]
fn what_is_no_json_is_not_touched() {
    let ensure = vec![key(Dialect::Docker, "icc", "false")];
    let control = control("broken", ensure);
    let seed = format!("{SEED}{FILES}printf '{{\"icc\": true,' >/etc/docker/daemon.json\n");
    for runner in runners(&["dash", "yml", "pp", "rb"]) {
        let text = rendered(&control, &[], runner);
        let (before, runs) = play(&seed, &[(runner, &text.code)]);
        assert!(!runs[0].ok, "{runner}: {}", runs[0].out);
        assert_eq!(difference(&before, &runs[0].state), "", "{runner}");
    }
}
