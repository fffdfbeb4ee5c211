//! Kernel parameters of single interfaces, which count beside what is set for all.

use holdfast_model::{Aspect, Desired, Tool};

use super::{control, is, own_part, render, seen, setting, sysctl};
use crate::{Control, Risk, Seen};

const ALL: &str = "net.ipv4.conf.all.rp_filter";

fn reverse_path() -> Control {
    let ensure = vec![Desired::Sysctl { key: ALL.into(), value: is("1") }];
    control("reverse-path", "Forged senders are dropped", ensure, Risk::default())
}

/// All is well, but for what files give some interfaces.
fn beside(single: &[(&str, &str, (&'static str, u32))]) -> Seen {
    let file = Some(("/etc/sysctl.d/zz-holdfast-reverse-path.conf", 2));
    let mut all = vec![
        setting(sysctl(ALL), Aspect::Running, "1", None),
        setting(sysctl(ALL), Aspect::Boot, "1", file),
    ];
    for (name, value, place) in single {
        let mut one = setting(sysctl(ALL), Aspect::Boot, value, Some(*place));
        one.scope = Some((*name).into());
        all.push(one);
    }
    seen(all)
}

#[test]
fn what_single_interfaces_are_given_is_given_anew_in_our_file() {
    let before = beside(&[
        ("*", "2", ("/usr/lib/sysctl.d/50-default.conf", 30)),
        ("eth0.1", "2", ("/etc/sysctl.conf", 4)),
        ("eth1", "1", ("/etc/sysctl.conf", 5)),
    ]);
    for tool in Tool::ALL {
        let rendered = render(&reverse_path(), &[0], &before, tool);
        for wanted in [
            "net.ipv4.conf.all.rp_filter = 1",
            "net.ipv4.conf.*.rp_filter = 1",
            "net.ipv4.conf.eth0/1.rp_filter = 1",
        ] {
            assert!(rendered.code.contains(wanted), "{tool:?}: {wanted}\n{}", rendered.code);
        }
        assert!(!rendered.code.contains("eth1"), "{}", rendered.code);
    }
    // What is read after our file is silenced by its own name.
    let code = own_part(&render(&reverse_path(), &[0], &before, Tool::Shell).code);
    let silenced = |line: &&str| line.contains("/etc/sysctl.conf") && line.contains("eth0/1");
    assert!(code.lines().any(|line| silenced(&line)), "{code}");
}

#[test]
fn what_our_file_gives_them_stays_and_comes_back() {
    let ours = ("/etc/sysctl.d/zz-holdfast-reverse-path.conf", 3);
    let mended = render(&reverse_path(), &[0], &beside(&[("*", "1", ours)]), Tool::Shell);
    assert!(own_part(&mended.code).contains("net.ipv4.conf.*.rp_filter = 1"), "{}", mended.code);
    assert!(own_part(&mended.undo).contains("net.ipv4.conf.*.rp_filter = 1"), "{}", mended.undo);
}
