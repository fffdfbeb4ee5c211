//! What drifts, of every noun that a tool mends: how it is wrong to begin with, and how it is wrong
//! again after it was mended. All of it at once, so that each tool runs no more often.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::System;

/// A control for what none that comes along asks for.
const CONTROL: &str = include_str!("drifting.yaml");

/// What is read only where its program is installed.
const INSTALLED: &str = r"
for program in dockerd auditd; do
    printf '#!/bin/sh\n' >/usr/sbin/$program; chmod 0755 /usr/sbin/$program
done
touch /usr/lib/systemd/systemd-coredump /usr/lib/systemd/systemd-resolved
mkdir -p /usr/lib/none/security /etc/docker /etc/default /etc/profile.d
touch /usr/lib/none/security/pam_pwquality.so
";

/// What a control says of a resource; the script that makes it wrong first, where it is not so
/// already; and that which makes it wrong again.
const DRIFTS: &[(&str, &str, &str)] = &[
    ("net-forwarding: sysctl net.ipv4.ip_forward", "", "rm /etc/sysctl.d/zz-holdfast-*"),
    ("shadow-perms: file /etc/shadow", "", "chmod 0644 /etc/shadow"),
    ("system-folders: file /etc", "", "chmod o+w /etc"),
    ("trusted-hosts: file /etc/hosts.equiv", "touch /etc/hosts.equiv", "touch /etc/hosts.equiv"),
    (
        "password-ageing: key PASS_MAX_DAYS in /etc/login.defs",
        "",
        "sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 9999/' /etc/login.defs",
    ),
    (
        "drifting: key use_pty in /etc/sudoers",
        "printf 'Defaults !use_pty\n' >/etc/sudoers.d/drifting",
        "rm /etc/sudoers.d/zz-holdfast-drifting",
    ),
    (
        "core-dumps: key * hard core in /etc/security/limits.conf",
        "",
        "rm /etc/security/limits.d/zz-holdfast-*",
    ),
    (
        "drifting: key APT::Periodic::AutocleanInterval in /etc/apt/apt.conf",
        "",
        "rm /etc/apt/apt.conf.d/99zz-holdfast-drifting",
    ),
    (
        "audit-settings: key space_left_action in /etc/audit/auditd.conf",
        "printf 'space_left_action = ignore\n' >/etc/audit/auditd.conf",
        "sed -i 's/^space_left_action = .*/space_left_action = ignore/' /etc/audit/auditd.conf",
    ),
    (
        "drifting: key /usr/bin/drifting in /etc/audit/audit.rules",
        "",
        "rm /etc/audit/rules.d/zz-holdfast-drifting.rules",
    ),
    (
        "password-length: key minlen in /etc/security/pwquality.conf",
        "printf 'minlen = 8\n' >/etc/security/pwquality.conf",
        "sed -i 's/^minlen = .*/minlen = 8/' /etc/security/pwquality.conf",
    ),
    (
        "journal-storage: key Storage in /etc/systemd/journald.conf",
        "",
        "rm /etc/systemd/journald.conf.d/zz-holdfast-*",
    ),
    (
        "core-files: key Storage in /etc/systemd/coredump.conf",
        "",
        "rm /etc/systemd/coredump.conf.d/zz-holdfast-*",
    ),
    (
        "drifting: key LLMNR in /etc/systemd/resolved.conf",
        "",
        "rm /etc/systemd/resolved.conf.d/zz-holdfast-*",
    ),
    (
        "drifting: key INACTIVE in /etc/default/useradd",
        "",
        "sed -i 's/^INACTIVE=.*/INACTIVE=-1/' /etc/default/useradd",
    ),
    (
        "docker-networks: key icc in /etc/docker/daemon.json",
        "printf '{\"icc\": true,\n\"insecure-registries\": [\"a.example\"]}\n' >/etc/docker/daemon.json",
        "sed -i 's/\"icc\": *false/\"icc\": true/' /etc/docker/daemon.json",
    ),
    (
        "docker-registries: key insecure-registries in /etc/docker/daemon.json",
        "",
        "sed -i '1s/{/{\"insecure-registries\": [\"b.example\"],/' /etc/docker/daemon.json",
    ),
    (
        "drifting: key umask in /etc/profile",
        "printf 'umask 000\n' >/etc/profile.d/a.sh",
        "rm /etc/profile.d/zz-holdfast-drifting.sh",
    ),
    (
        "drifting: line root in /etc/drifting.lines",
        "printf 'a\nnobody\n' >/etc/drifting.lines",
        "sed -i '/^root$/d' /etc/drifting.lines",
    ),
    ("drifting: line nobody in /etc/drifting.lines", "", "echo nobody >>/etc/drifting.lines"),
    (
        "drifting: text /etc/drifting.text",
        "echo a >/etc/drifting.text",
        "echo b >>/etc/drifting.text",
    ),
    (
        "root-login: sshd PermitRootLogin",
        "",
        "rm /etc/ssh/sshd_config.d/00-holdfast-root-login.conf",
    ),
    ("client-host-keys: ssh StrictHostKeyChecking", "", "rm /etc/ssh/ssh_config.d/00-holdfast-*"),
    ("legacy-clients: package telnet", "", "apt-get -qq --yes install telnet >/dev/null"),
    ("stale-programs: package needrestart", "", "apt-get -qq --yes remove needrestart >/dev/null"),
    ("firewall: any of firewall", "", "systemctl --quiet disable nftables.service"),
    (
        "drifting: service drifting.service",
        "printf '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n' \
         >/etc/systemd/system/drifting.service; systemctl --quiet enable drifting.service",
        "systemctl --quiet enable drifting.service",
    ),
    (
        "shared-memory: mount /dev/shm",
        "",
        "sed -i '/^[^#].*\\/dev\\/shm/s/noexec/exec/' /etc/fstab",
    ),
    (
        "unused-file-systems: module cramfs",
        "",
        "rm /etc/modprobe.d/00-holdfast-unused-file-systems.conf",
    ),
    ("drifting: user ana", "", "usermod --shell /bin/bash ana"),
    (
        "service-logins: users system for drifting",
        "useradd --system --shell /bin/sh --password '$6$salt$hash' drifting",
        "usermod --shell /bin/sh --unlock drifting",
    ),
];

/// What a tool does not mend, so that there is nothing to repair; the last is a form for other nouns.
const BY_HAND: [&str; 11] = [
    "files", "firewall", "group", "groups", "keys", "pam", "port", "process", "restart", "suite",
    "any-of",
];
/// What drifts again under every tool in posture's `tests/apply/cron.rs`.
const APART: &str = "cron";

/// Makes everything wrong that is not so already.
pub(crate) fn begin(system: &System) {
    let folder = system.folder.path().join(".holdfast/rules/control");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("drifting.yaml"), CONTROL).unwrap();
    let first: Vec<&str> = DRIFTS.iter().map(|(_, first, _)| *first).collect();
    system.run(&format!("{INSTALLED}{}\n", first.join("\n")));
}

/// Makes everything wrong again.
pub(crate) fn again(system: &System) {
    let again: Vec<&str> = DRIFTS.iter().map(|(.., again)| *again).collect();
    system.run(&format!("{}\n", again.join("\n")));
}

/// Each of them is wrong now: what did not drift proves nothing.
pub(crate) fn is_there(tool: &str, results: &BTreeMap<String, String>) {
    let result = |what: &str| results.get(what).map_or("not asked", String::as_str);
    let whole: Vec<&str> =
        DRIFTS.iter().map(|(what, ..)| *what).filter(|what| result(what) != "fail").collect();
    assert!(whole.is_empty(), "{tool}: these did not drift: {whole:#?}");
}

#[test]
fn every_noun_that_a_tool_mends_drifts_here() {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/noun");
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".md").unwrap().to_owned()
    };
    let nouns: BTreeSet<String> = std::fs::read_dir(pages).unwrap().map(name).collect();
    let noun = |what: &str| what.split_once(": ").unwrap().1.split(' ').next().unwrap().to_owned();
    // A choice of lines is named by itself; what drifts there is a service.
    let drift = DRIFTS.iter().map(|(what, ..)| noun(what)).filter(|noun| noun != "any");
    let others = BY_HAND.into_iter().chain([APART]).map(str::to_owned);
    let known: BTreeSet<String> = drift.chain(others).collect();
    assert_eq!(known, nouns);
}
