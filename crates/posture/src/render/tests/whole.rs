//! What is rendered of all that is asked, whether or not it was seen to be so.

use holdfast_model::{Aspect, Desired, Dialect, Resource, Tool, Wanted};

use super::super::{only_by_hand, render_whole};
use super::{
    accounts, all_lines, forwarding, is, member, mounts, own_part, render, root_login, seen,
};
use super::{setting, sshd, states, sysctl};
use crate::{Control, Risk};

/// Every step that a script names.
fn said(code: &str) -> Vec<String> {
    own_part(code).lines().filter(|line| line.starts_with("# ")).map(str::to_owned).collect()
}

#[test]
fn what_mends_is_a_part_of_it() {
    for (control, seen) in states() {
        for seen in [seen.clone(), seen.at_rest()] {
            let lines = all_lines(&control);
            let whole = said(&render_whole(&control, &seen, Tool::Shell).code);
            let mends = said(&render(&control, &lines, &seen, Tool::Shell).code);
            // A file that is not there is not written at once: other controls may write it too.
            let shared = |line: &&String| line.contains("write /etc/at.allow");
            let lacks: Vec<&String> =
                mends.iter().filter(|line| !whole.contains(line) && !shared(line)).collect();
            assert!(lacks.is_empty(), "{}: {lacks:#?}\n{whole:#?}", control.id);
        }
    }
}

/// A parameter of the kernel, an option of the ssh server: what is said does not shrink by being so.
#[test]
fn what_is_so_is_said_as_before() {
    let (routes, before) = forwarding();
    let key = sysctl("net.ipv4.ip_forward");
    let ours = Some(("/etc/sysctl.d/zz-holdfast-net-forwarding.conf", 2));
    let mended = seen(vec![
        setting(key.clone(), Aspect::Boot, "0", ours),
        setting(key, Aspect::Running, "0", Some(("/proc/sys/net/ipv4/ip_forward", 1))),
    ]);
    for seen in [&before, &mended] {
        let code = render_whole(&routes, seen, Tool::Shell).code;
        assert!(code.contains("\nset_kernel ") && code.contains("\nwrite_file "), "{code}");
    }
    let (login, _) = root_login();
    let main = |line| Some(("/etc/ssh/sshd_config", line));
    let place = Some(("/etc/ssh/sshd_config.d/00-holdfast-ssh-root-login.conf", 2));
    let mut block = setting(sshd("PermitRootLogin"), Aspect::Value, "yes", main(60));
    block.scope = Some("User backup".into());
    // What is wrong in a block alone does not take the rest away.
    let mended = seen(vec![
        setting(sshd("PermitRootLogin"), Aspect::Value, "no", place),
        setting(sshd("Include"), Aspect::Value, "/etc/ssh/sshd_config.d/*.conf", main(12)),
        block,
    ]);
    let code = own_part(&render_whole(&login, &mended, Tool::Shell).code);
    assert!(code.contains("\nwrite_file ") && code.contains("\nset_match "), "{code}");
}

/// Before the drop-ins are read: on another host a drop-in would come too late.
#[test]
fn what_had_to_stand_on_top_stays_there() {
    let (login, _) = root_login();
    let main = |line| Some(("/etc/ssh/sshd_config", line));
    for value in ["yes", "no"] {
        let found = seen(vec![
            setting(sshd("PermitRootLogin"), Aspect::Value, value, main(2)),
            setting(sshd("Include"), Aspect::Value, "/etc/ssh/sshd_config.d/*.conf", main(12)),
        ]);
        let code = own_part(&render_whole(&login, &found, Tool::Shell).code);
        assert!(code.contains("\ntop_block /etc/ssh/sshd_config "), "{value}: {code}");
        assert!(!code.contains("\nwrite_file "), "{value}: {code}");
    }
}

#[test]
fn mounts_that_are_right_on_one_side_are_said_on_both() {
    let ensure =
        vec![Desired::Mounted { point: "/dev/shm".into(), options: vec!["noexec".into()] }];
    let (control, _) = mounts::mounts();
    let control = Control { ensure: ensure.into(), ..control };
    let of = || Resource::Mount { point: "/dev/shm".into() };
    let fstab = Some(("/etc/fstab", 3));
    for (boot, running) in [("rw,noexec", "rw,noexec"), ("rw,noexec", "rw"), ("rw", "rw,noexec")] {
        let seen = seen(vec![
            setting(of(), Aspect::Boot, boot, fstab),
            setting(of(), Aspect::Running, running, None),
        ]);
        let said = said(&render_whole(&control, &seen, Tool::Shell).code);
        for what in
            ["mount /dev/shm with noexec in /etc/fstab", "give the mount /dev/shm noexec now"]
        {
            assert!(said.iter().any(|line| line.contains(what)), "{boot} {running}: {said:#?}");
        }
    }
}

/// A value that is stricter than it has to be stays, and a password that opens nothing is not locked.
#[test]
fn accounts_that_are_right_stay_as_they_are() {
    let (control, _) = accounts();
    let right = seen(vec![
        member("system", "games", Aspect::Password, "locked"),
        member("system", "games", Aspect::Shell, "/usr/sbin/nologin"),
        member("system", "fine", Aspect::Password, "none"),
        member("people", "ann", Aspect::Password, "set"),
        member("people", "ann", Aspect::MaxDays, "90"),
    ]);
    let said = said(&render_whole(&control, &right, Tool::Shell).code).join("\n");
    for what in ["lock the password of games", "set the shell of games to /usr/sbin/nologin"] {
        assert!(said.contains(what), "{what}: {said}");
    }
    assert!(said.contains("of ann the days until its password has to be changed to 90"), "{said}");
    assert!(!said.contains("fine") && !said.contains("365"), "{said}");
}

/// Elsewhere an account of that name may have a password: it stays, and no looser value takes the place
/// of what is said of it there.
#[test]
fn what_is_right_of_an_account_without_a_password_is_not_said_of_one_with_it() {
    let users = |set: &str, aspect, value| Desired::Users {
        set: set.into(),
        wanted: vec![(aspect, value)],
        only: None,
        unique: Vec::new(),
    };
    let good = Wanted::OneOf(vec!["locked".into(), "set".into()]);
    let ensure = vec![
        users("all", Aspect::Password, good),
        users("people", Aspect::MaxDays, Wanted::AtMost(365)),
    ];
    let control = super::control("accounts", "Accounts are closed", ensure, Risk::default());
    let found = seen(vec![
        member("all", "root", Aspect::Password, "locked"),
        member("all", "kiosk", Aspect::Password, "empty"),
        member("people", "ann", Aspect::Password, "locked"),
        member("people", "ann", Aspect::MaxDays, "99999"),
        member("people", "bob", Aspect::Password, "locked"),
        member("people", "bob", Aspect::MaxDays, "90"),
    ]);
    let said = said(&render_whole(&control, &found, Tool::Shell).code).join("\n");
    assert!(said.contains("lock the password of kiosk"), "{said}");
    assert!(said.contains("of bob the days until its password has to be changed to 90"), "{said}");
    for what in ["of root", "of ann", "99999"] {
        assert!(!said.contains(what), "{what}: {said}");
    }
}

#[test]
fn of_what_is_only_checked_no_tool_sets_anything() {
    let (control, before) = accounts();
    let says_one = |how: Option<Vec<String>>| how.is_some_and(|how| how.len() == 1);
    assert!(says_one(only_by_hand(&control, 3, &before)));
    let (routes, before) = forwarding();
    assert_eq!(only_by_hand(&routes, 0, &before), None);
    let key = Desired::Sysctl { key: "kernel.sysrq".into(), value: is("0") };
    let ensure = vec![Desired::SuitePresent { purpose: "security".into() }, key];
    let suite = super::control("suite", "Security updates arrive", ensure, Risk::default());
    assert!(says_one(only_by_hand(&suite, 0, &seen(Vec::new()))));
    assert_eq!(only_by_hand(&suite, 1, &seen(Vec::new())), None);
}

/// Each of several controls says something in a file that is not there: none takes the place of what
/// another wrote.
#[test]
fn a_file_that_is_not_there_is_shared() {
    let member =
        |key: &str| Desired::Key { dialect: Dialect::Docker, key: key.into(), value: is("false") };
    let line =
        Desired::LinePresent { path: "/etc/issue.own".into(), line: "No trespassing".into() };
    let gone = |key: &str| Desired::KeyAbsent { dialect: Dialect::Docker, key: key.into() };
    let text = Desired::Text { path: "/etc/motd.own".into(), text: "Authorised use\n".into() };
    let ensure = vec![member("icc"), gone("insecure-registries"), line, text];
    let control = super::control("shared", "Files are shared", ensure, Risk::default());
    let nowhere = seen(
        control
            .ensure
            .iter()
            .filter_map(Desired::resource)
            .map(|of| setting(of, Aspect::Value, "absent", None))
            .collect(),
    );
    assert_eq!(only_by_hand(&control, 1, &nowhere), Some(Vec::new()));
    for tool in Tool::ALL {
        let code = own_part(&render_whole(&control, &nowhere, tool).code);
        assert!(code.contains("have the file /etc/docker/daemon.json"), "{code}");
        assert!(code.contains("have the file /etc/issue.own"), "{code}");
        assert!(!code.contains("write /etc/docker/daemon.json"), "{code}");
        let alone = own_part(&render(&control, &[0], &nowhere, tool).code);
        assert!(alone.contains("write /etc/docker/daemon.json"), "{alone}");
    }
    // Once it was made, another host may still lack it, and no undo here speaks of it.
    let json = |line| Some(("/etc/docker/daemon.json", line));
    let resources: Vec<Resource> = control.ensure.iter().filter_map(Desired::resource).collect();
    let values = [
        ("false", json(2)),
        ("absent", json(1)),
        ("present", Some(("/etc/issue.own", 1))),
        ("Authorised use\n", Some(("/etc/motd.own", 1))),
    ];
    let settings = resources.into_iter().zip(values);
    let made =
        seen(settings.map(|(of, (value, at))| setting(of, Aspect::Value, value, at)).collect());
    for tool in Tool::ALL {
        let rendered = render_whole(&control, &made, tool);
        let code = own_part(&rendered.code);
        assert!(code.contains("have the file /etc/docker/daemon.json"), "{code}");
        assert!(code.contains("have the file /etc/issue.own"), "{code}");
        assert!(code.contains("have the file /etc/motd.own"), "{code}");
        assert!(!rendered.risk.contains("the undo leaves /etc"), "{tool:?}: {}", rendered.risk);
    }
}
