//! Broken input of every kind: nothing panics, every question is answered, places stay inside.

use holdfast_model::{Dialect, Fact, Place, Resource};
use proptest::prelude::*;

use crate::support::Tree;

const FILES: [&str; 21] = [
    "/etc/ssh/sshd_config",
    "/etc/login.defs",
    "/etc/sudoers",
    "/etc/security/limits.conf",
    "/etc/apt/apt.conf",
    "/etc/ssh/sshd_config.d/a.conf",
    "/etc/ssh/ssh_config",
    "/etc/ssh/ssh_config.d/a.conf",
    "/etc/audit/auditd.conf",
    "/etc/audit/rules.d/a.rules",
    "/etc/security/pwquality.conf",
    "/etc/systemd/journald.conf",
    "/etc/systemd/journald.conf.d/a.conf",
    "/etc/default/useradd",
    "/etc/docker/daemon.json",
    "/var/lib/kubelet/config.yaml",
    "/etc/environment",
    "/etc/profile",
    "/etc/profile.d/a.sh",
    "/proc/cpuinfo",
    "/sys/devices/system/cpu/vulnerabilities/a",
];

fn place(fact: &Fact) -> Option<&Place> {
    match fact {
        Fact::Setting(setting) => setting.place.as_ref(),
        Fact::Problem(problem) => problem.place.as_ref(),
        other => panic!("{other:?}"),
    }
}

fn judge(bytes: &[u8]) {
    let mut tree = Tree::default().sshd(&["PermitRootLogin", "AllowUsers", "Ciphers", "Include"]);
    for option in ["ForwardAgent", "Ciphers", "Include"] {
        tree.resources.push(Resource::Ssh { option: option.into() });
    }
    tree.running = true;
    for path in FILES {
        tree = tree.file(path, bytes);
    }
    for (dialect, key) in [
        (Dialect::LoginDefs, "A"),
        (Dialect::Sudoers, "a"),
        (Dialect::Limits, "* hard core"),
        (Dialect::Apt, "A::B"),
        (Dialect::Auditd, "a"),
        (Dialect::AuditRules, "/a"),
        (Dialect::Pwquality, "a"),
        (Dialect::Journald, "A"),
        (Dialect::Useradd, "A"),
        (Dialect::Docker, "a.b"),
        (Dialect::Kubelet, "a.b"),
        (Dialect::Profile, "A"),
        (Dialect::Cpuinfo, "a"),
        (Dialect::CpuFlaws, "*"),
    ] {
        tree = tree.key(dialect, key);
    }
    let lines = bytes.split(|byte| *byte == b'\n').count();
    for (id, least) in [("host-sshd", 4), ("host-ssh", 3), ("host-keys", 14)] {
        let facts = tree.facts(id);
        let settings = facts.iter().filter(|fact| matches!(fact, Fact::Setting(_))).count();
        assert!(settings >= least);
        for place in facts.iter().filter_map(place) {
            assert!(place.line as usize <= lines && place.column as usize <= bytes.len() + 1);
        }
    }
}

/// What such files are made of, so that chance finds their corners.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\n",
        " ",
        "\t",
        "\"",
        "'",
        "\\",
        "\\\n",
        "#",
        "=",
        "{",
        "}",
        ";",
        "::",
        ",",
        "!",
        "ü",
        "Match ",
        "User a",
        "all",
        "Include ",
        "*.conf",
        "sshd_config.d/*",
        "ssh_config.d/*",
        "Host ",
        "!a *",
        "ForwardAgent ",
        "IgnoreUnknown ",
        "exec ",
        "PermitRootLogin ",
        "no",
        "yes",
        "AllowUsers ",
        "Defaults ",
        "Defaults:a ",
        "+=",
        "-=",
        "@includedir ",
        "@include ",
        "/etc/sudoers",
        "* hard core 0",
        "- ",
        "A::B \"v\"",
        "#clear A",
        "#include \"/etc/apt/apt.conf\"",
        "/*",
        "*/",
        "//",
        "\r",
        "\x0C",
        "\u{FEFF}",
        "[",
        "]",
        "~",
        "[Journal]\n",
        "A=",
        "a = 1",
        "-w /a -p wa",
        "-a always,exit -F dir=/",
        "{\"a\": ",
        "a: ",
        "if ",
        "; then ",
        "; fi",
        "case a in",
        ")",
        ";;",
        "$(",
        "${",
        "<<E",
        ". /etc/profile\n",
        "flags :",
    ])
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        judge(&bytes);
    }

    #[test]
    fn any_pieces_are_read(pieces in proptest::collection::vec(piece(), 0..60)) {
        judge(pieces.concat().as_bytes());
    }
}

#[test]
fn what_includes_itself_a_thousandfold_comes_to_an_end() {
    let lines = |folder: &str| format!("Include {folder}/*\n").repeat(50);
    let mut tree = Tree::default().sshd(&["Port"]).file("/etc/ssh/sshd_config", lines("/a"));
    for (from, to) in
        ["a", "b", "c", "d", "e", "f", "g"].iter().zip(["b", "c", "d", "e", "f", "g", "h"])
    {
        for name in 0..20 {
            tree = tree.file(&format!("/{from}/{name}"), lines(&format!("/{to}")));
        }
    }
    let facts = tree.facts("host-sshd");
    assert!(format!("{facts:?}").contains("too many"));
}
