//! Options of ssh, ports, keys, PAM and the packet filter: what reads, and what is refused.

use super::accounts::{complaint, lines};
use super::*;

#[test]
fn every_form_reads() {
    for line in [
        "ssh forwardagent: \"no\"",
        "ssh StrictHostKeyChecking: {one_of: [ask, \"yes\"]}",
        "ssh Ciphers: {subset_of: [aes256-ctr]}",
        "ssh ServerAliveInterval: {at_most: 300}",
        "sshd maxstartups: {at_most: \"10:30:60\"}",
        "port tcp/22: listening",
        "port udp/111: closed",
        "port tcp/22: {only_on: [loopback, 192.0.2.7, \"::1\"]}",
        "keys ssh-host: {types: {none_of: [ssh-dss]}, rsa_bits: {at_least: 3072}}",
        "keys authorized: {types: {one_of: [ssh-ed25519, ssh-rsa]}}",
        "keys /etc/ssl/own.pem: {signature: {none_of: [sha1, md5]}}",
        "keys ssh-moduli: {dh_bits: {at_least: 2048}}",
        "restart host: not needed",
        "restart services: not needed",
        "pam pam_unix.so in login: present",
        "pam pam_faillock.so in common-auth: absent",
        "pam pam_unix.so in sshd: {type: auth, control: [required], has: [a=1], lacks: [nullok]}",
        "firewall input: {policy: drop}",
        "firewall tcp/22: accepted",
        "firewall udp/53: refused",
        "service fstrim.timer: \"on\"",
    ] {
        let all = problems(&lines(&format!("  - {line}\n")));
        let own: Vec<_> = all.iter().filter(|one| one.place.as_ref().unwrap().line == 11).collect();
        assert!(own.is_empty(), "{line}: {own:#?}");
    }
}

#[test]
fn what_cannot_be_is_refused_at_its_word() {
    for (line, at, wanted) in [
        ("ssh ForwardAgnt: \"no\"", "control-name 11:9 ", "the ssh client has no option"),
        ("ssh BatchMode: maybe", "control-value 11:20 ", "`BatchMode` is never `maybe`"),
        ("port tcp/022: closed", "control-name 11:10 ", "`tcp/022` is no port"),
        ("port 22: closed", "control-name 11:10 ", "`22` is no port"),
        ("port tcp/22: open", "control-value 11:18 ", "`open` is not one of"),
        ("port tcp/22: {only_on: [eth0]}", "control-value 11:28 ", "`eth0` is no address"),
        ("keys ssh-hosts: {types: a}", "control-name 11:10 ", "`ssh-hosts` is no set of"),
        ("keys ssh-host: {rsa_bits: 3072}", "control-value 11:31 ", "`3072` is nothing that"),
        ("keys ssh-host: {signature: sha1}", "control-value 11:32 ", "`sha1` is nothing that"),
        ("keys ssh-moduli: {rsa_bits: {at_least: 1}}", "control-value 11:33 ", "`rsa_bits` of"),
        ("keys ssh-host: {dh_bits: {at_least: 1}}", "control-value 11:30 ", "`dh_bits` of"),
        ("restart hosts: not needed", "control-name 11:13 ", "`hosts` is no thing that restarts"),
        ("restart host: needed", "control-value 11:19 ", "`needed` is not `not needed`"),
        ("keys ssh-host: {}", "control-value 11:20 ", "nothing is wanted of these keys"),
        ("pam pam_unix in login: present", "control-name 11:9 ", "`pam_unix in"),
        ("pam pam_unix.so in login: {type: auths}", "control-value 11:38 ", "`auths` is not"),
        ("pam pam_unix.so in login: {}", "control-value 11:31 ", "nothing is wanted of this rule"),
        ("firewall inputs: {policy: drop}", "control-name 11:14 ", "`inputs` is no part of"),
        ("firewall input: {policy: reject}", "control-value 11:30 ", "`reject` is not one"),
        ("firewall tcp/22: open", "control-value 11:22 ", "`open` is not one of"),
    ] {
        let said = complaint(line);
        assert!(said.starts_with(at) && said.contains(wanted), "{line}: {said}");
    }
}

#[test]
fn what_can_only_be_checked_says_who_mends_it() {
    for line in [
        "port tcp/23: closed",
        "keys ssh-host: {types: {none_of: [ssh-dss]}}",
        "pam pam_unix.so in login: present",
        "firewall input: {policy: drop}",
        "restart services: not needed",
    ] {
        let text = lines(&format!("  - {line}\n")).replace("fix: {manual: they know}\n", "");
        let codes: Vec<String> = problems(&text).into_iter().map(|one| one.code).collect();
        assert!(codes.iter().any(|code| code == "control-fix"), "{line}: {codes:?}");
    }
}
