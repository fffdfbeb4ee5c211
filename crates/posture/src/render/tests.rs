//! Every state in every tool as a snapshot, and what holds of all of them.

mod blocks;
mod client;
mod cron;
mod entries;
mod exact;
mod interfaces;
mod mounts;
mod oracles;
mod presence;
mod services;
mod ssh_unit;
mod texts;
mod whole;

use std::collections::BTreeMap;

use holdfast_model::{
    Aspect, Desired, Dialect, ModeWanted, Place, Reading, Resource, Setting, Severity, Tool, Trait,
    TraitValue, Wanted,
};
use proptest::prelude::*;

use super::{Rendered, quote, render};
use crate::{Control, Risk, Seen};

fn control(id: &str, title: &str, ensure: Vec<Desired>, risk: Risk) -> Control {
    Control {
        id: id.into(),
        title: title.to_owned(),
        wrong: String::new(),
        why: String::new(),
        severity: Severity::Soon,
        refs: BTreeMap::new(),
        when: None,
        ensure: ensure.into(),
        risk,
        manual: None,
        examples: Vec::new(),
        place: Place::start_of("control.yaml"),
        lines: Vec::new(),
    }
}

fn setting(resource: Resource, aspect: Aspect, value: &str, place: Option<(&str, u32)>) -> Setting {
    Setting {
        resource,
        aspect,
        scope: None,
        reading: if value == "absent" { Reading::Absent } else { Reading::Is(value.into()) },
        place: place.map(|(path, line)| Place { path: path.into(), line, column: 1 }),
        default: false,
    }
}

/// What is found of a member of a set of accounts.
fn member(set: &str, name: &str, aspect: Aspect, value: &str) -> Setting {
    let setting = setting(Resource::Users { set: set.into() }, aspect, value, None);
    Setting { scope: Some(name.into()), ..setting }
}

/// Of a host of Debian's family.
fn seen(settings: Vec<Setting>) -> Seen {
    of_family(settings, "debian")
}

fn of_family(settings: Vec<Setting>, family: &str) -> Seen {
    let family = Trait {
        name: "family".into(),
        value: Some(TraitValue::Text(family.into())),
        because: String::new(),
    };
    Seen::new(settings, vec![family], BTreeMap::new())
}

fn sysctl(key: &str) -> Resource {
    Resource::Sysctl { key: key.into() }
}

fn sshd(option: &str) -> Resource {
    Resource::Sshd { option: option.into() }
}

fn file(path: &str) -> Resource {
    Resource::File { path: path.into() }
}

fn is(value: &str) -> Wanted {
    Wanted::Is(value.into())
}

fn key(dialect: Dialect, key: &str, value: Wanted) -> Desired {
    Desired::Key { dialect, key: key.into(), value }
}

fn lockout() -> Risk {
    Risk {
        breaks: vec!["people who log in as root".to_owned()],
        lockout: true,
        interruption: "none".to_owned(),
        ..Risk::default()
    }
}

/// One control of each state, on a host where it fails.
fn states() -> Vec<(Control, Seen)> {
    let mut all = vec![forwarding(), presence::shadow(), root_login(), ageing()];
    all.extend(packages());
    all.extend([mounts::mounts(), mounts::modules(), accounts()]);
    all.extend([texts::texts(), client::ssh_client()]);
    all
}

/// Services that can be logged in to, and people whose passwords never end.
fn accounts() -> (Control, Seen) {
    let users = |set: &str, wanted: Vec<(Aspect, Wanted)>| Desired::Users {
        set: set.into(),
        wanted,
        only: None,
        unique: Vec::new(),
    };
    let at_most = Wanted::AtMost(365);
    let ensure = vec![
        users("system", vec![(Aspect::Password, is("locked")), (Aspect::Shell, is("none"))]),
        users("people", vec![(Aspect::MaxDays, at_most), (Aspect::InactiveDays, is("30"))]),
        Desired::User { name: "guest".into(), wanted: vec![(Aspect::Expires, is("2027-01-31"))] },
        Desired::Files { which: "unowned".into(), only: holdfast_model::Only::default() },
    ];
    let guest = || Resource::User { name: "guest".into() };
    let found = seen(vec![
        member("system", "games", Aspect::Password, "set"),
        member("system", "games", Aspect::Shell, "/bin/sh"),
        member("system", "fine", Aspect::Password, "none"),
        member("system", "fine", Aspect::Shell, "/usr/sbin/nologin"),
        member("people", "ann", Aspect::Password, "set"),
        member("people", "ann", Aspect::MaxDays, "absent"),
        member("people", "ann", Aspect::InactiveDays, "absent"),
        setting(guest(), Aspect::Value, "present", None),
        setting(guest(), Aspect::Expires, "absent", None),
    ]);
    let control = control("accounts", "Accounts are closed", ensure, Risk::default());
    let manual = Some("whose they were is for people to say".to_owned());
    (Control { manual, ..control }, found)
}

fn forwarding() -> (Control, Seen) {
    let ensure = vec![Desired::Sysctl { key: "net.ipv4.ip_forward".into(), value: is("0") }];
    let risk = Risk { breaks: vec!["docker".to_owned()], ..Risk::default() };
    let of = || sysctl("net.ipv4.ip_forward");
    let found = seen(vec![
        setting(of(), Aspect::Running, "1", None),
        setting(of(), Aspect::Boot, "1", Some(("/etc/sysctl.conf", 28))),
    ]);
    (control("net-forwarding", "This host does not route packets for others", ensure, risk), found)
}

fn root_login() -> (Control, Seen) {
    let of = || sshd("PermitRootLogin");
    let ensure = vec![Desired::Sshd { option: "PermitRootLogin".into(), value: is("no") }];
    let mut block = setting(of(), Aspect::Value, "yes", Some(("/etc/ssh/sshd_config", 60)));
    block.scope = Some("User backup".into());
    let cloud = ("/etc/ssh/sshd_config.d/50-cloud.conf", 3);
    let main = ("/etc/ssh/sshd_config", 12);
    let found = seen(vec![
        setting(of(), Aspect::Value, "yes", Some(cloud)),
        block,
        setting(sshd("Include"), Aspect::Value, "/etc/ssh/sshd_config.d/*.conf", Some(main)),
        setting(sshd("PasswordAuthentication"), Aspect::Value, "yes", None),
    ]);
    (control("ssh-root-login", "Nobody logs in as root over ssh", ensure, lockout()), found)
}

fn ageing() -> (Control, Seen) {
    let of = Resource::Key { dialect: Dialect::LoginDefs, key: "PASS_MAX_DAYS".into() };
    let place = Some(("/etc/login.defs", 165));
    let found = seen(vec![setting(of, Aspect::Value, "99999", place)]);
    let ensure = vec![
        key(Dialect::LoginDefs, "PASS_MAX_DAYS", Wanted::AtMost(365)),
        key(Dialect::Sudoers, "logfile", is("/var/log/sudo.log")),
        key(Dialect::Sudoers, "use_pty", is("yes")),
        key(Dialect::Limits, "* hard core", is("0")),
        key(Dialect::Apt, "APT::Periodic::Unattended-Upgrade", is("1")),
    ];
    (control("keys", "Keys of every family", ensure, Risk::default()), found)
}

fn packages() -> Vec<(Control, Seen)> {
    let package = |name: &str| Resource::Package { name: name.into() };
    let unit = |name: &str| Resource::Service { unit: name.into() };
    let legacy = vec![
        Desired::PackageAbsent { name: "telnet".into() },
        Desired::PackageAbsent { name: "inetutils-telnet".into() },
        Desired::PackageAtLeast { name: "openssl".into(), version: "3.0.11-1~deb12u2".into() },
        Desired::ServiceOff { unit: "telnet.socket".into() },
        Desired::SuitePresent { purpose: "security".into() },
    ];
    let firewall = vec![Desired::AnyOf {
        name: "firewall".into(),
        ways: vec![
            vec![
                Desired::PackagePresent { name: "ufw".into() },
                Desired::ServiceOn { unit: "ufw.service".into() },
            ],
            vec![
                Desired::PackagePresent { name: "nftables".into() },
                Desired::ServiceOn { unit: "nftables.service".into() },
            ],
        ],
    }];
    let installed = seen(vec![
        setting(package("telnet"), Aspect::Version, "0.17", None),
        setting(package("inetutils-telnet"), Aspect::Version, "2:2.4", None),
        setting(package("openssl"), Aspect::Version, "3.0.11-1~deb12u1", None),
        setting(unit("telnet.socket"), Aspect::Boot, "enabled", None),
        setting(unit("telnet.socket"), Aspect::Running, "active", None),
        setting(Resource::Suite { purpose: "security".into() }, Aspect::Value, "absent", None),
    ]);
    let half = seen(vec![
        setting(package("ufw"), Aspect::Version, "absent", None),
        setting(unit("ufw.service"), Aspect::Boot, "absent", None),
        setting(package("nftables"), Aspect::Version, "1.0", None),
        setting(unit("nftables.service"), Aspect::Boot, "disabled", None),
        setting(unit("nftables.service"), Aspect::Running, "inactive", None),
    ]);
    vec![
        (control("legacy", "No legacy clients", legacy, Risk::default()), installed),
        (control("firewall", "There is a firewall", firewall, lockout()), half),
    ]
}

fn all_lines(control: &Control) -> Vec<usize> {
    (0..control.ensure.len()).collect()
}

/// What differs from script to script: the functions that every script carries are left out.
fn own_part(code: &str) -> String {
    code.split_once("\nid=").map_or_else(|| code.to_owned(), |(_, own)| format!("id={own}"))
}

fn shown(rendered: &Rendered) -> String {
    format!(
        "restart: {}\ninterruption: {}\nrisk: {}\nlockout: {}\nmanual: {:?}\nprecheck: {}\n\n\
         === code\n{}\n=== undo\n{}",
        rendered.restart,
        rendered.interruption,
        rendered.risk,
        rendered.lockout,
        rendered.manual,
        rendered.precheck.lines().skip(1).take(4).collect::<Vec<_>>().join(" / "),
        own_part(&rendered.code),
        own_part(&rendered.undo),
    )
}

#[test]
fn every_state_in_every_tool() {
    for (control, seen) in states() {
        for tool in Tool::ALL {
            let rendered = render(&control, &all_lines(&control), &seen, tool);
            let name = format!("{}-{}", control.id, tool.word());
            insta::assert_snapshot!(name, shown(&rendered));
        }
    }
}

#[test]
fn every_tool_has_a_page_of_its_name() {
    let pages = super::TOOLS.map(|about| about.id);
    assert_eq!(pages, Tool::ALL.map(Tool::word));
}

#[test]
fn a_whole_script_reads_from_top_to_bottom() {
    let (control, seen) = forwarding();
    insta::assert_snapshot!(render(&control, &[0], &seen, Tool::Shell).code);
}

#[test]
fn every_state_can_be_undone() {
    for (control, seen) in states() {
        for tool in Tool::ALL {
            let rendered = render(&control, &all_lines(&control), &seen, tool);
            assert!(!rendered.code.is_empty() && !rendered.undo.is_empty(), "{}", control.id);
        }
    }
}

#[test]
fn an_option_that_an_earlier_file_sets_goes_to_the_top_of_the_main_file() {
    let (control, _) = root_login();
    let value =
        |path, line| setting(sshd("PermitRootLogin"), Aspect::Value, "yes", Some((path, line)));
    let include = |line| {
        let place = Some(("/etc/ssh/sshd_config", line));
        setting(sshd("Include"), Aspect::Value, "/etc/ssh/sshd_config.d/*.conf", place)
    };
    let top = |settings| {
        let code = render(&control, &[0], &seen(settings), Tool::Shell).code;
        own_part(&code).contains("\ntop_block /etc/ssh/sshd_config ")
    };
    assert!(top(vec![value("/etc/ssh/sshd_config", 5)]), "no Include");
    assert!(top(vec![value("/etc/ssh/sshd_config", 5), include(12)]), "before the Include");
    assert!(top(vec![value("/etc/ssh/sshd_config.d/00-a.conf", 1), include(12)]), "sorts first");
    assert!(top(vec![value("/etc/ssh/other.conf", 1), include(12)]), "an order nobody knows");
    assert!(!top(vec![value("/etc/ssh/sshd_config", 50), include(12)]), "after the Include");
    assert!(!top(vec![value("/etc/ssh/sshd_config.d/50-cloud.conf", 3), include(12)]));
    let nobodys = Setting { default: true, ..value("/etc/ssh/sshd_config", 1) };
    assert!(!top(vec![nobodys, include(12)]), "what nobody wrote stands before nothing");
}

#[test]
fn what_is_wrong_for_some_only_is_mended_for_them_only() {
    let (control, _) = root_login();
    let mut block =
        setting(sshd("PermitRootLogin"), Aspect::Value, "yes", Some(("/etc/ssh/sshd_config", 60)));
    block.scope = Some("User backup".into());
    let right = setting(sshd("PermitRootLogin"), Aspect::Value, "no", None);
    let own = own_part(&render(&control, &[0], &seen(vec![block, right]), Tool::Shell).code);
    assert!(own.contains("set_match /etc/ssh/sshd_config PermitRootLogin no 'User backup'"));
    assert!(!own.contains("top_block") && !own.contains("write_file"), "{own}");
}

#[test]
fn what_is_stricter_than_wanted_is_not_loosened() {
    let of = || sysctl("kernel.kptr_restrict");
    let ensure =
        vec![Desired::Sysctl { key: "kernel.kptr_restrict".into(), value: Wanted::AtLeast(1) }];
    let control = control("kptr", "Kernel pointers are hidden", ensure, Risk::default());
    let running = seen(vec![
        setting(of(), Aspect::Running, "2", None),
        setting(of(), Aspect::Boot, "absent", None),
    ]);
    let code = own_part(&render(&control, &[0], &running, Tool::Shell).code);
    assert!(code.contains("kernel.kptr_restrict = 2\n"), "{code}");
    assert!(!code.contains("set_kernel"), "what runs is right already: {code}");
}

/// Names that are newer than the server would make it refuse the whole list.
#[test]
fn of_a_list_goes_what_may_not_stay_and_nothing_comes() {
    let names = vec!["new-512".into(), "hmac-512".into(), "hmac-256".into()];
    let macs = Desired::Sshd { option: "MACs".into(), value: Wanted::SubsetOf(names) };
    let control = control("ssh-macs", "Packets are sealed well", vec![macs], lockout());
    for (found, set) in [
        ("hmac-256,hmac-md5,hmac-512", "MACs hmac-256,hmac-512"),
        ("hmac-md5,hmac-sha1", "MACs new-512,hmac-512,hmac-256"),
    ] {
        let seen = seen(vec![setting(sshd("MACs"), Aspect::Value, found, None)]);
        for tool in Tool::ALL {
            let code = own_part(&render(&control, &[0], &seen, tool).code);
            assert!(code.contains(set) && !code.contains(&format!("{set},")), "{set}: {code}");
        }
    }
}

#[test]
fn a_system_that_does_not_run_is_changed_on_disk_only() {
    for (control, seen) in states() {
        let seen = seen.at_rest();
        let code = own_part(&render(&control, &all_lines(&control), &seen, Tool::Shell).code);
        for call in ["\nset_kernel ", "\nrun_unit ", "\nsshd_end reload"] {
            assert!(!code.contains(call), "{}: {call}", control.id);
        }
    }
}

#[test]
fn a_drop_in_of_ours_that_drifted_comes_back_as_it_was() {
    let (control, _) = forwarding();
    let ours = ("/etc/sysctl.d/zz-holdfast-net-forwarding.conf", 2);
    let drifted = seen(vec![
        setting(sysctl("net.ipv4.ip_forward"), Aspect::Running, "1", None),
        setting(sysctl("net.ipv4.ip_forward"), Aspect::Boot, "1", Some(ours)),
    ]);
    let rendered = render(&control, &[0], &drifted, Tool::Shell);
    assert!(own_part(&rendered.code).contains("net.ipv4.ip_forward = 0\n"));
    let undo = own_part(&rendered.undo);
    assert!(undo.contains("net.ipv4.ip_forward = 1\n") && !undo.contains("delete_file"), "{undo}");
}

#[test]
fn the_steps_back_taken_back_are_the_steps() {
    let (control, seen) = forwarding();
    let plan = super::plan::Plan::new(&control, &[0], &seen, &[]);
    let (back, _) = super::undo::undo(&plan.steps, &plan.id, &seen);
    let (again, _) = super::undo::undo(&back, &plan.id, &seen);
    // From the host as it was, the way back from "as it was" is the way back.
    let (mut sorted, mut expected) =
        (format!("{again:?}").into_bytes(), format!("{back:?}").into_bytes());
    sorted.sort_unstable();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
}

/// To lock an account of which nothing is known could lock somebody out.
#[test]
fn only_accounts_that_were_seen_to_be_wrong_are_touched() {
    let (control, before) = accounts();
    let fine: Vec<Setting> = before
        .settings()
        .iter()
        .filter(|setting| setting.scope.as_deref() == Some("fine"))
        .cloned()
        .collect();
    for settings in [Vec::new(), fine] {
        for tool in Tool::ALL {
            let rendered = render(&control, &[0, 1, 2], &seen(settings.clone()), tool);
            assert_eq!((rendered.code.as_str(), rendered.undo.as_str()), ("", ""));
        }
    }
}

/// An account without a password gets no way back to that.
#[test]
fn the_undo_of_a_lock_never_opens_what_nothing_closed() {
    let (control, _) = accounts();
    let of = Resource::Users { set: "system".into() };
    let empty = setting(of, Aspect::Password, "empty", None);
    let empty = Setting { scope: Some("kiosk".into()), ..empty };
    let rendered = render(&control, &[0], &seen(vec![empty]), Tool::Shell);
    assert!(rendered.code.contains("ACCOUNT=kiosk"), "{}", rendered.code);
    assert_eq!(rendered.undo, "");
    assert!(rendered.risk.contains("kiosk had no password"), "{}", rendered.risk);
}

#[test]
fn what_no_tool_can_do_is_said_and_not_rendered() {
    let ensure = vec![Desired::SuitePresent { purpose: "security".into() }];
    let control = control("suite", "Security updates arrive", ensure, Risk::default());
    let rendered = render(&control, &[0], &seen(Vec::new()), Tool::Ansible);
    assert_eq!((rendered.code.as_str(), rendered.undo.as_str()), ("", ""));
    assert_eq!(rendered.manual.len(), 1);
}

/// Quotes a word, lets a real shell read it, and looks at what arrived.
fn through_the_shell(text: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the shell is the oracle of this test")]
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("printf '%s' {}", quote::shell(text))])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_shell_reads_what_was_quoted(text in "[^\0]{0,40}") {
        prop_assert_eq!(through_the_shell(&text), text);
    }
}

proptest! {
    #[test]
    fn the_same_gives_the_same_bytes_whatever_the_order(
        which in 0_usize..7,
        shuffle in proptest::collection::vec(any::<u32>(), 12),
    ) {
        let (control, before) = states().swap_remove(which);
        let mut settings = before.settings().to_vec();
        let mut keyed: Vec<(u32, Setting)> =
            shuffle.into_iter().cycle().zip(settings.drain(..)).collect();
        keyed.sort_by_key(|(order, _)| *order);
        let after = seen(keyed.into_iter().map(|(_, setting)| setting).collect());
        for tool in Tool::ALL {
            let lines = all_lines(&control);
            let backwards: Vec<usize> = lines.iter().rev().copied().collect();
            prop_assert_eq!(
                render(&control, &lines, &before, tool),
                render(&control, &backwards, &after, tool)
            );
        }
    }

    /// Whatever rules say, no value leaves its line.
    #[test]
    fn a_value_cannot_become_another_line(value in "[ -~\n\t]{0,30}") {
        let ensure = vec![
            Desired::Sysctl { key: "kernel.core_pattern".into(), value: is(&value) },
            Desired::Sshd { option: "Banner".into(), value: is(&value) },
        ];
        let control = control("hostile", "A title\nof two lines", ensure, Risk::default());
        let plan = super::plan::Plan::new(&control, &[0, 1], &seen(Vec::new()), &[]);
        for step in &plan.steps {
            if let super::steps::Step::Edit(super::steps::Edit::Write { content, .. }) = step {
                prop_assert_eq!(content.lines().count(), 2);
            }
            if let super::steps::Step::Sshd { edits, .. } = step {
                for edit in edits {
                    if let super::steps::Edit::Top { lines, .. } = edit {
                        prop_assert!(lines.iter().all(|line| !line.contains('\n')));
                    }
                }
            }
        }
    }
}
