//! The ssh client, ports, keys, PAM and the packet filter: what was not seen never passes.

use super::*;
use holdfast_model::{PamWanted, PortWanted};

fn of(desired: &Desired, scope: Option<&str>, aspect: Aspect, reading: Reading) -> Setting {
    Setting { scope: scope.map(Into::into), ..set(desired, aspect, reading, None) }
}

fn results(desired: &Desired, settings: Vec<Setting>) -> Vec<ControlResult> {
    let judged = judge(&control(vec![desired.clone()]), &seen(settings), &by_text);
    judged.iter().map(|one| one.result).collect()
}

fn absent() -> Reading {
    Reading::Absent
}

#[test]
fn each_block_of_the_client_is_judged_by_itself() {
    let agent = Desired::Ssh { option: "ForwardAgent".into(), value: Wanted::Is("no".into()) };
    let with = |scope, reading| of(&agent, scope, Aspect::Value, reading);
    let both = vec![with(None, is("no")), with(Some("Host a"), is("yes"))];
    assert_eq!(results(&agent, both), [Pass, Fail]);
    assert_eq!(results(&agent, vec![with(None, unknown())]), [NotAssessed]);
    assert_eq!(results(&agent, vec![]), [NotAssessed]);
    let gone = judged(&agent, vec![with(None, absent())]);
    assert_eq!((gone.result, &*gone.reason), (NotApplicable, "no ssh client is installed"));
}

#[test]
fn whoever_listens_where_nobody_should_is_named() {
    let port = |wanted| Desired::Port { socket: "tcp/22".into(), wanted };
    let on = |desired: &Desired, addresses: &[&str], whole: Reading| -> ControlResult {
        let one = |address: &&str| of(desired, Some(*address), Aspect::Running, is("listening"));
        let mut settings: Vec<Setting> = addresses.iter().map(one).collect();
        settings.push(of(desired, None, Aspect::Running, whole));
        judged(desired, settings).result
    };
    let closed = port(PortWanted::Closed);
    assert_eq!(on(&closed, &[], absent()), Pass);
    assert_eq!(on(&closed, &["::1"], is("1")), Fail);
    assert_eq!(on(&closed, &["::1"], unknown()), Fail);
    assert_eq!(on(&closed, &[], unknown()), NotAssessed);
    let open = port(PortWanted::Listening);
    assert_eq!(on(&open, &[], absent()), Fail);
    assert_eq!(on(&open, &["::1"], unknown()), Pass);
    assert_eq!(on(&open, &[], unknown()), NotAssessed);
    let near = port(PortWanted::OnlyOn(vec!["loopback".into(), "192.0.2.7".into()]));
    assert_eq!(on(&near, &["127.0.0.2", "::1", "192.0.2.7"], is("3")), Pass);
    assert_eq!(on(&near, &["127.0.0.1", "0.0.0.0"], is("2")), Fail);
    assert_eq!(on(&near, &["127.0.0.1"], unknown()), NotAssessed);
    assert_eq!(on(&near, &[], absent()), NotApplicable);
    let settings = vec![of(&near, Some("::"), Aspect::Running, is("listening"))];
    let reason = judged(&near, settings).reason;
    assert_eq!(reason, "somebody listens on `::`, which is none of those that are wanted");
}

#[test]
fn a_key_is_asked_only_for_what_it_has() {
    let wanted = vec![
        (Aspect::Type, Wanted::NoneOf(vec!["ssh-dss".into()])),
        (Aspect::Bits, Wanted::AtLeast(3072)),
    ];
    let keys = Desired::Keys { set: "ssh-host".into(), wanted };
    let key = |name: &str, kind: &str, bits: Reading| {
        [(Aspect::Type, is(kind)), (Aspect::Bits, bits)]
            .map(|(aspect, reading)| of(&keys, Some(name), aspect, reading))
    };
    let mut settings = vec![of(&keys, None, Aspect::Value, is("4"))];
    settings.extend(key("a", "ssh-ed25519", absent()));
    settings.extend(key("b", "ssh-rsa", is("2048")));
    settings.extend(key("c", "ssh-rsa", is("4096")));
    settings.extend(key("d", "ssh-dss", absent()));
    assert_eq!(results(&keys, settings.clone()), [Pass, Fail, Pass, Fail, Pass]);
    settings[0].reading = unknown();
    assert_eq!(results(&keys, settings), [Pass, Fail, Pass, Fail, NotAssessed]);
    let none = vec![of(&keys, None, Aspect::Value, absent())];
    assert_eq!(results(&keys, none), [NotApplicable]);
}

#[test]
fn one_rule_has_to_do_and_none_may_undo_it() {
    let rule =
        |wanted| Desired::Pam { service: "login".into(), module: "pam_unix.so".into(), wanted };
    let texts = |all: &[&str]| all.iter().map(|text| (*text).into()).collect::<Vec<_>>();
    let present = |kind: Option<&str>, control: &[&str], has: &[&str], lacks: &[&str]| {
        rule(PamWanted::Present {
            kind: kind.map(Into::into),
            control: texts(control),
            has: texts(has),
            lacks: texts(lacks),
        })
    };
    let on = |desired: &Desired, rules: &[(&str, &str)], whole: Reading| {
        let mut settings: Vec<Setting> = rules
            .iter()
            .map(|(stack, says)| of(desired, Some(*stack), Aspect::Value, is(says)))
            .collect();
        let whole = of(desired, None, Aspect::Value, whole);
        // A service without such a rule is not the same as no service.
        settings.push(Setting { default: true, ..whole });
        judged(desired, settings).result
    };
    let plain: &[(&str, &str)] =
        &[("auth", "[success=1 default=ignore] nullok"), ("session", "required")];
    let here = || is("present");
    assert_eq!(on(&present(None, &[], &[], &[]), plain, here()), Pass);
    assert_eq!(on(&present(None, &[], &[], &[]), &[], absent()), Fail);
    assert_eq!(on(&present(Some("account"), &[], &[], &[]), plain, here()), Fail);
    assert_eq!(on(&present(None, &[], &[], &["nullok"]), plain, here()), Fail);
    assert_eq!(on(&present(Some("session"), &[], &[], &["nullok"]), plain, here()), Pass);
    assert_eq!(on(&present(Some("auth"), &["required"], &[], &[]), plain, here()), Fail);
    assert_eq!(on(&present(None, &["required"], &[], &[]), plain, here()), Pass);
    assert_eq!(on(&present(None, &["required"], &["nullok"], &[]), plain, here()), Fail);
    assert_eq!(on(&present(Some("auth"), &[], &["nullok"], &[]), plain, here()), Pass);
    let second: &[(&str, &str)] = &[("auth", "required"), ("auth 2", "required a=1")];
    assert_eq!(on(&present(Some("auth"), &[], &["a=1"], &[]), second, here()), Pass);
    assert_eq!(on(&rule(PamWanted::Absent), plain, here()), Fail);
    assert_eq!(on(&rule(PamWanted::Absent), &[], absent()), Pass);
    for wanted in [rule(PamWanted::Absent), present(None, &[], &[], &[])] {
        assert_eq!(on(&wanted, plain, unknown()), NotAssessed);
        assert_eq!(on(&wanted, plain, broken()), Error);
        let gone = vec![of(&wanted, None, Aspect::Value, absent())];
        assert_eq!(judged(&wanted, gone).result, NotApplicable);
    }
}

#[test]
fn a_rule_that_may_be_left_out_binds_nobody_for_certain() {
    let texts = |all: &[&str]| all.iter().map(|text| (*text).into()).collect::<Vec<_>>();
    let wanted = |control: &[&str], has: &[&str], lacks: &[&str]| Desired::Pam {
        service: "passwd".into(),
        module: "pam_pwquality.so".into(),
        wanted: PamWanted::Present {
            kind: Some("password".into()),
            control: texts(control),
            has: texts(has),
            lacks: texts(lacks),
        },
    };
    let on = |desired: &Desired, more: Option<Setting>| {
        let rule = |reading| of(desired, Some("password"), Aspect::Value, reading);
        let mut settings = vec![rule(is("requisite a=1")), rule(unknown())];
        settings.push(of(desired, None, Aspect::Value, is("present")));
        settings.extend(more);
        judged(desired, settings).result
    };
    let requisite = wanted(&["requisite"], &[], &[]);
    assert_eq!(on(&requisite, None), NotAssessed);
    let certain = of(&requisite, Some("password 2"), Aspect::Value, is("requisite"));
    assert_eq!(on(&requisite, Some(certain)), Pass);
    assert_eq!(on(&wanted(&["required"], &[], &[]), None), Fail);
    // It is named all the same.
    assert_eq!(on(&wanted(&[], &["a=1"], &[]), None), Pass);
    assert_eq!(on(&wanted(&[], &[], &["a=1"]), None), Fail);
}

#[test]
fn what_is_open_over_one_family_is_open() {
    let filter =
        |what: &str, wanted: &str| Desired::Firewall { what: what.into(), wanted: wanted.into() };
    let on = |desired: &Desired, four: Reading, six: Reading| {
        let families = [("ipv4", four), ("ipv6", six)];
        let all = families.map(|(name, word)| of(desired, Some(name), Aspect::Running, word));
        results(desired, all.to_vec())
    };
    let drops = filter("input", "drop");
    assert_eq!(on(&drops, is("drop"), is("accept")), [Pass, Fail]);
    assert_eq!(on(&drops, is("drop"), unknown()), [Pass, NotAssessed]);
    let accepted = filter("tcp/22", "accepted");
    assert_eq!(on(&accepted, is("limited"), is("accepted")), [Pass, Pass]);
    assert_eq!(on(&accepted, is("refused"), is("accepted")), [Fail, Pass]);
    let refused = filter("tcp/22", "refused");
    assert_eq!(on(&refused, is("limited"), is("refused")), [Fail, Pass]);
    assert_eq!(results(&refused, vec![]), [NotAssessed]);
}

#[test]
fn what_waits_for_a_restart_is_told() {
    let host = Desired::Restart { of: "host".into() };
    let runs = |reading: Reading| of(&host, None, Aspect::Running, reading);
    let kernel = |version: &str| of(&host, Some(version), Aspect::Version, is(version));
    assert_eq!(results(&host, vec![runs(is("2")), kernel("1"), kernel("2")]), [Pass]);
    let newer = judged(&host, vec![runs(is("2")), kernel("1"), kernel("3")]);
    assert_eq!(newer.result, Fail);
    assert_eq!(newer.reason, "the kernel `2` runs, and `3` is installed");
    assert_eq!(results(&host, vec![runs(is("needed")), kernel("1")]), [Fail]);
    assert_eq!(results(&host, vec![runs(absent())]), [NotApplicable]);
    assert_eq!(results(&host, vec![runs(unknown())]), [NotAssessed]);
    assert_eq!(results(&host, vec![]), [NotAssessed]);

    let services = Desired::Restart { of: "services".into() };
    let whole = |reading: Reading| of(&services, None, Aspect::Running, reading);
    let old = of(&services, Some("sshd"), Aspect::Running, is("/usr/lib/a.so"));
    assert_eq!(results(&services, vec![whole(is("0"))]), [Pass]);
    assert_eq!(results(&services, vec![old.clone(), whole(is("1"))]), [Fail, Pass]);
    assert_eq!(results(&services, vec![old, whole(unknown())]), [Fail, NotAssessed]);
    assert_eq!(results(&services, vec![]), [NotAssessed]);
}
