mod accounts;
mod always;
mod checked;
mod cron;
mod files;
mod interfaces;
mod mounts;
mod presence;
mod services;
mod ways;

use std::collections::BTreeMap;

use holdfast_model::{Aspect, ModeWanted, Setting, Trait, TraitValue, Wanted};

use super::*;
use crate::control::Risk;
use ControlResult::{Error, Fail, NotApplicable, NotAssessed, Pass};

fn control(ensure: Vec<Desired>) -> Control {
    Control {
        id: "x".into(),
        title: "it is well".to_owned(),
        wrong: "it is not well".to_owned(),
        why: "It matters.".to_owned(),
        severity: holdfast_model::Severity::Soon,
        refs: BTreeMap::new(),
        when: None,
        ensure: ensure.into(),
        risk: Risk::default(),
        manual: None,
        examples: Vec::new(),
        place: Place::start_of("x.yaml"),
        lines: Vec::new(),
    }
}

fn set(desired: &Desired, aspect: Aspect, reading: Reading, place: Option<(&str, u32)>) -> Setting {
    Setting {
        resource: desired.resource().unwrap(),
        aspect,
        scope: None,
        reading,
        place: place.map(|(path, line)| Place { path: path.into(), line, column: 1 }),
        default: false,
    }
}

fn is(value: &str) -> Reading {
    Reading::Is(value.into())
}

fn unknown() -> Reading {
    Reading::Unknown { reason: "it may not be read".to_owned(), closes_with: "root".to_owned() }
}

fn broken() -> Reading {
    Reading::Broken { reason: "line 3 is no sentence".to_owned() }
}

fn seen(settings: Vec<Setting>) -> Seen {
    Seen::new(settings, Vec::new(), BTreeMap::new())
}

fn by_text(a: &str, b: &str) -> Option<Ordering> {
    (a != "?").then(|| a.cmp(b))
}

/// The one judgement on one state.
fn judged(desired: &Desired, settings: Vec<Setting>) -> Judgement {
    one(desired, &seen(settings))
}

fn one(desired: &Desired, seen: &Seen) -> Judgement {
    let mut all = judge(&control(vec![desired.clone()]), seen, &by_text);
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

fn forward() -> Desired {
    Desired::Sysctl { key: "net.ipv4.ip_forward".into(), value: Wanted::Is("0".into()) }
}

const FILE: (&str, u32) = ("/etc/sysctl.d/10-x.conf", 3);
const PROC: (&str, u32) = ("/proc/sys/net/ipv4/ip_forward", 1);

/// The parameter with these two sides, each where it would stand.
fn parameter(now: &Reading, boot: &Reading) -> Judgement {
    let file = matches!(boot, Reading::Is(_)).then_some(FILE);
    judged(
        &forward(),
        vec![
            set(&forward(), Aspect::Running, now.clone(), Some(PROC)),
            set(&forward(), Aspect::Boot, boot.clone(), file),
        ],
    )
}

#[test]
fn of_a_list_only_what_is_not_wanted_is_named() {
    let names = vec!["hmac-sha2-512".into(), "hmac-sha2-256".into()];
    let macs = Desired::Sshd { option: "MACs".into(), value: Wanted::SubsetOf(names) };
    let with = |value: &str| {
        let place = Some(("/etc/ssh/sshd_config", 7));
        judged(&macs, vec![set(&macs, Aspect::Value, is(value), place)])
    };
    let good = with("hmac-sha2-256");
    assert_eq!((good.result, &*good.wanted), (Pass, "only hmac-sha2-512, hmac-sha2-256"));
    for (value, reason) in [
        (
            "hmac-sha2-256,hmac-md5",
            "found `hmac-md5` at `/etc/ssh/sshd_config:7`, which is not wanted",
        ),
        (
            "hmac-md5,hmac-sha2-512,hmac-sha1",
            "found `hmac-md5` and `hmac-sha1` at `/etc/ssh/sshd_config:7`, which are not wanted",
        ),
    ] {
        let bad = with(value);
        assert_eq!((bad.result, bad.reason.as_str()), (Fail, reason));
        assert_eq!(bad.found.as_deref(), Some(value));
    }
    // What the server was built with is known to the server alone.
    let hidden = judged(&macs, vec![set(&macs, Aspect::Value, unknown(), None)]);
    assert_eq!(hidden.result, NotAssessed);
}

#[test]
fn a_kernel_parameter_that_is_wrong_on_one_side_is_wrong() {
    let file = "`/etc/sysctl.d/10-x.conf:3`";
    let (zero, one, none) = (is("0"), is("1"), Reading::Absent);
    for (now, boot, found, reason) in [
        (
            &zero,
            &one,
            "0 now, 1 after the next start",
            format!("`0` now, but {file} makes it `1` after the next start"),
        ),
        (&zero, &none, "0 now, set by no file", "`0` now, but no file makes it last".to_owned()),
        (&one, &zero, "1 now", format!("found `1` now, wanted `0`; only {file} says `0`")),
        (
            &one,
            &one,
            "1 now, 1 after the next start",
            format!("found `1` now, wanted `0`; {file} says `1`"),
        ),
        (
            &one,
            &none,
            "1 now, set by no file",
            "found `1` now, wanted `0`; no file sets it".to_owned(),
        ),
        (&one, &unknown(), "1 now", "found `1` now, wanted `0`".to_owned()),
        (
            &unknown(),
            &one,
            "1 after the next start",
            format!("{file} makes it `1` at the next start, wanted `0`"),
        ),
        (&unknown(), &none, "set by no file", "no file sets it, wanted `0`".to_owned()),
    ] {
        let judgement = parameter(now, boot);
        assert_eq!((judgement.result, &judgement.reason), (Fail, &reason));
        assert_eq!(judgement.found.as_deref(), Some(found), "{reason}");
        if *boot == one {
            let place = judgement.place.unwrap();
            assert_eq!((&*place.path, place.line), FILE, "{reason}");
        }
    }
}

#[test]
fn a_kernel_parameter_passes_only_where_both_sides_were_seen() {
    let right = parameter(&is("0"), &is("0"));
    assert_eq!((right.result, right.found.as_deref()), (Pass, Some("0")));
    let reason = "found `0` now and after the next start (`/etc/sysctl.d/10-x.conf:3`)";
    assert_eq!(right.reason, reason);
    for (now, boot) in [(unknown(), is("0")), (is("0"), unknown()), (unknown(), unknown())] {
        let hidden = parameter(&now, &boot);
        assert_eq!((hidden.result, hidden.closes_with.as_str()), (NotAssessed, "root"));
        assert_eq!(hidden.reason, "it may not be read");
    }
    for (now, boot) in [(broken(), is("0")), (is("1"), broken())] {
        let error = parameter(&now, &boot);
        assert_eq!((error.result, error.reason.as_str()), (Error, "line 3 is no sentence"));
    }
    let gone = parameter(&Reading::Absent, &is("1"));
    assert_eq!(gone.result, NotApplicable);
    assert_eq!(gone.reason, "this kernel has no `net.ipv4.ip_forward`");
    let nobody = judged(&forward(), Vec::new());
    assert_eq!((nobody.result, nobody.closes_with.as_str()), (NotAssessed, "a new look"));
}

#[test]
fn of_a_system_at_rest_the_next_start_alone_decides() {
    let cases =
        [(is("0"), Pass), (is("1"), Fail), (Reading::Absent, Fail), (unknown(), NotAssessed)];
    for (boot, result) in cases {
        let settings = vec![
            set(&forward(), Aspect::Running, unknown(), None),
            set(&forward(), Aspect::Boot, boot, Some(FILE)),
        ];
        assert_eq!(one(&forward(), &seen(settings).at_rest()).result, result);
    }
    let on = Desired::ServiceOn { unit: "ssh.service".into() };
    let settings = vec![
        set(&on, Aspect::Running, unknown(), None),
        set(&on, Aspect::Boot, is("enabled"), None),
    ];
    assert_eq!(one(&on, &seen(settings.clone()).at_rest()).result, Pass);
    assert_eq!(judged(&on, settings).result, NotAssessed);
}

fn shadow() -> Desired {
    Desired::File {
        path: "/etc/shadow".into(),
        kind: None,
        owner: Some("root".into()),
        group: vec!["shadow".into(), "root".into()],
        mode: Some(ModeWanted::AtMost(0o640)),
    }
}

#[test]
fn a_file_is_judged_by_owner_group_and_mode_where_it_is_there() {
    let case = |owner: Reading, group: Reading, mode: Reading| {
        let at = Some(("/etc/shadow", 1));
        judged(
            &shadow(),
            vec![
                set(&shadow(), Aspect::Type, is("file"), at),
                set(&shadow(), Aspect::Owner, owner, at),
                set(&shadow(), Aspect::Group, group, at),
                set(&shadow(), Aspect::Mode, mode, at),
            ],
        )
    };
    let good = case(is("root"), is("root"), is("0600"));
    assert_eq!(
        (good.result, good.found.as_deref()),
        (Pass, Some("owner root, group root, mode 0600"))
    );
    assert_eq!(good.reason, "found owner `root`, group `root` and mode `0600`, as wanted");
    assert_eq!(&*good.wanted, "owner root, group shadow or root, mode at most 0640");
    let bad = case(is("www-data"), is("shadow"), is("0604"));
    assert_eq!((bad.result, bad.found.as_deref()), (Fail, Some("owner www-data, mode 0604")));
    assert_eq!(
        bad.reason,
        "found owner `www-data`, wanted `root`; found mode `0604`, wanted at most `0640`"
    );
    assert_eq!(bad.place.unwrap(), Place::start_of("/etc/shadow"));
    // What can be seen and is wrong is wrong, whatever else could not be seen.
    assert_eq!(case(unknown(), is("shadow"), is("0644")).result, Fail);
    assert_eq!(case(unknown(), is("shadow"), is("0640")).result, NotAssessed);
    assert_eq!(case(broken(), is("shadow"), is("0644")).result, Error);
    assert_eq!(case(is("root"), is("shadow"), is("rw-r")).result, Fail);
    let gone = judged(&shadow(), vec![set(&shadow(), Aspect::Type, Reading::Absent, None)]);
    assert_eq!((gone.result, gone.reason.as_str()), (NotApplicable, "there is no `/etc/shadow`"));
}

#[test]
fn a_link_that_leads_nowhere_is_there() {
    let absent = Desired::FileAbsent { path: "/etc/hosts.equiv".into() };
    let case = |kind: Reading| {
        let owner = set(&absent, Aspect::Owner, Reading::Absent, None);
        judged(&absent, vec![owner, set(&absent, Aspect::Type, kind, None)]).result
    };
    assert_eq!(case(is("link")), Fail);
    assert_eq!(case(Reading::Absent), Pass);
    assert_eq!(case(unknown()), NotAssessed);
}

#[test]
fn the_ssh_server_is_judged_for_everybody_and_for_each_match_block() {
    let root = Desired::Sshd { option: "PermitRootLogin".into(), value: Wanted::Is("no".into()) };
    let block = Setting {
        scope: Some("user backup".into()),
        ..set(&root, Aspect::Value, is("yes"), Some(("/etc/ssh/sshd_config.d/50-cloud.conf", 3)))
    };
    let all = set(&root, Aspect::Value, is("no"), Some(("/etc/ssh/sshd_config", 33)));
    let both = judge(&control(vec![root.clone()]), &seen(vec![block, all]), &by_text);
    let short: Vec<_> =
        both.iter().map(|j| (j.scope.as_deref(), j.result, j.reason.as_str())).collect();
    assert_eq!(
        short,
        [
            (None, Pass, "found `no` at `/etc/ssh/sshd_config:33`, as wanted"),
            (
                Some("user backup"),
                Fail,
                "found `yes` at `/etc/ssh/sshd_config.d/50-cloud.conf:3`, wanted `no`"
            ),
        ]
    );
    // The file that would be read has no line for a default.
    let main = Some(("/etc/ssh/sshd_config", 1));
    let usual =
        Setting { default: true, ..set(&root, Aspect::Value, is("prohibit-password"), main) };
    let usual = judged(&root, vec![usual]);
    assert_eq!(usual.reason, "found `prohibit-password` by default, wanted `no`");
    assert_eq!(usual.place, None);
    let none = judged(&root, vec![set(&root, Aspect::Value, Reading::Absent, None)]);
    assert_eq!((none.result, none.reason.as_str()), (NotApplicable, "no ssh server is installed"));
    // A server that is there and of which nobody set an option that has no default.
    let users = Desired::Sshd { option: "AllowUsers".into(), value: Wanted::Is("ops".into()) };
    let unset = Setting { default: true, ..set(&users, Aspect::Value, Reading::Absent, None) };
    let unset = judged(&users, vec![unset]);
    assert_eq!(
        (unset.result, unset.reason.as_str()),
        (Fail, "`AllowUsers` is not set, wanted `ops`")
    );
    assert_eq!(judged(&root, vec![set(&root, Aspect::Value, broken(), None)]).result, Error);
}

#[test]
fn keys_packages_and_suites() {
    let days = Desired::Key {
        dialect: holdfast_model::Dialect::LoginDefs,
        key: "PASS_MAX_DAYS".into(),
        value: Wanted::AtMost(365),
    };
    let place = Some(("/etc/login.defs", 165));
    let found = judged(&days, vec![set(&days, Aspect::Value, is("99999"), place)]);
    assert_eq!(found.reason, "found `99999` at `/etc/login.defs:165`, wanted at most 365");
    let unset = judged(&days, vec![set(&days, Aspect::Value, Reading::Absent, None)]);
    assert_eq!(
        (unset.result, unset.reason.as_str()),
        (Fail, "`PASS_MAX_DAYS` is not set in `/etc/login.defs`, wanted at most 365")
    );

    let present = Desired::PackagePresent { name: "nftables".into() };
    let absent = Desired::PackageAbsent { name: "nftables".into() };
    let newer = Desired::PackageAtLeast { name: "nftables".into(), version: "1.2".into() };
    let version = |version: Reading| set(&present, Aspect::Version, version, None);
    for (reading, results) in [
        (is("1.2"), [Pass, Fail, Pass]),
        (is("1.1"), [Pass, Fail, Fail]),
        (is("?"), [Pass, Fail, NotAssessed]),
        (Reading::Absent, [Fail, Pass, NotApplicable]),
        (unknown(), [NotAssessed; 3]),
        (broken(), [Error; 3]),
    ] {
        let judged = |desired| one(desired, &seen(vec![version(reading.clone())])).result;
        assert_eq!([&present, &absent, &newer].map(judged), results, "{reading:?}");
    }

    let suite = Desired::SuitePresent { purpose: "security".into() };
    for (reading, result) in [
        (is("present"), Pass),
        (Reading::Absent, Fail),
        (unknown(), NotAssessed),
        (broken(), Error),
    ] {
        assert_eq!(judged(&suite, vec![set(&suite, Aspect::Value, reading, None)]).result, result);
    }
}

#[test]
fn a_service_is_on_if_it_starts_and_runs() {
    let on = Desired::ServiceOn { unit: "x.service".into() };
    let off = Desired::ServiceOff { unit: "x.service".into() };
    for (now, boot, results) in [
        (is("active"), is("enabled"), [Pass, Fail]),
        (is("active"), is("static"), [Pass, Fail]),
        (is("inactive"), is("enabled"), [Fail, Fail]),
        (is("active"), is("disabled"), [Fail, Fail]),
        (is("inactive"), is("disabled"), [Fail, Pass]),
        (is("failed"), is("masked"), [Fail, Pass]),
        (is("active"), is("enabled-runtime"), [Fail, Fail]),
        (Reading::Absent, is("disabled"), [Fail, Pass]),
        (Reading::Absent, Reading::Absent, [Fail, NotApplicable]),
        (unknown(), is("enabled"), [NotAssessed, Fail]),
        (unknown(), is("disabled"), [Fail, NotAssessed]),
        (is("active"), unknown(), [NotAssessed, Fail]),
        (is("active"), broken(), [Error, Error]),
    ] {
        let settings = vec![
            set(&on, Aspect::Running, now.clone(), None),
            set(&on, Aspect::Boot, boot.clone(), None),
        ];
        let judged = |desired| one(desired, &seen(settings.clone())).result;
        assert_eq!([&on, &off].map(judged), results, "{now:?} {boot:?}");
    }
}

fn conditional(when: &str) -> Control {
    let when =
        holdfast_rulefile::Condition::parse(&crate::SCHEMA, when, &Place::start_of("x.yaml"));
    Control { when: Some(when.unwrap()), ..control(vec![forward()]) }
}

#[test]
fn where_it_does_not_apply_what_was_detected_is_said() {
    let container = |value: Option<bool>, because: &str| Trait {
        name: "container".into(),
        value: value.map(TraitValue::Truth),
        because: because.to_owned(),
    };
    let control = conditional("not host.container and not setting.router");
    let case = |traits: Vec<Trait>, declared: &[(&str, bool)]| {
        let declared = declared.iter().map(|(n, v)| ((*n).to_owned(), TraitValue::Truth(*v)));
        let settings = vec![
            set(&forward(), Aspect::Running, is("0"), None),
            set(&forward(), Aspect::Boot, is("0"), None),
        ];
        let seen = Seen::new(settings, traits, declared.collect());
        judge(&control, &seen, &by_text).remove(0)
    };
    let inside = case(vec![container(Some(true), "`/.dockerenv` is there")], &[]);
    assert_eq!(inside.result, NotApplicable);
    assert_eq!(inside.reason, "it is a container: `/.dockerenv` is there");
    let router = case(vec![container(Some(false), "")], &[("router", true)]);
    assert_eq!(router.reason, "it is declared to route packets for others");
    assert_eq!(case(vec![container(Some(false), "")], &[]).result, Pass);
    // What is not known is not assessed, unless something else decides.
    let open = case(vec![container(None, "`/proc/1/environ` may not be read")], &[]);
    assert_eq!(open.result, NotAssessed);
    assert_eq!(
        open.reason,
        "whether it is a container is not known: `/proc/1/environ` may not be read"
    );
    assert_eq!(open.closes_with, "a look as root, or by whoever may see `host.container`");
    assert_eq!(case(Vec::new(), &[]).result, NotAssessed);
    assert_eq!(case(Vec::new(), &[("router", true)]).result, NotApplicable);
}

#[test]
fn families_and_roles_decide_and_say_what_told_them() {
    let one = |name: &str, value: TraitValue, because: &str| Trait {
        name: name.into(),
        value: Some(value),
        because: because.to_owned(),
    };
    let control = conditional("host.family is debian and host.roles contains web");
    let case = |family: &str, roles: &[&str]| {
        let settings = vec![
            set(&forward(), Aspect::Running, is("0"), None),
            set(&forward(), Aspect::Boot, is("0"), None),
        ];
        let roles = roles.iter().map(|role| (*role).into()).collect();
        let family = one("family", TraitValue::Text(family.into()), "`x` says `ID=y`");
        let seen = Seen::new(settings, vec![family], BTreeMap::new());
        let seen = seen.told(one("roles", TraitValue::Texts(roles), "its labels say so"));
        judge(&control, &seen, &by_text).remove(0)
    };
    assert_eq!(case("debian", &["db", "web"]).result, Pass);
    // A role is a whole word.
    let other = case("debian", &["webmail"]);
    assert_eq!(other.result, NotApplicable);
    assert_eq!(
        other.reason,
        "the list of its roles is webmail, which does not contain web: its labels say so"
    );
    let other = case("rhel", &["web"]);
    assert_eq!(other.result, NotApplicable);
    assert_eq!(other.reason, "the distribution's family is rhel, not debian: `x` says `ID=y`");
}

#[test]
fn collectors_are_asked_for_each_thing_once() {
    let root = Desired::Sshd { option: "PermitRootLogin".into(), value: Wanted::Is("no".into()) };
    let controls = [control(vec![ways::firewall(), root.clone()]), control(vec![root, forward()])];
    let asked = resources(controls.iter());
    let words: Vec<String> = asked.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "sysctl net.ipv4.ip_forward",
            "sshd Include",
            "sshd PermitRootLogin",
            "package nftables",
            "package ufw",
            "service nftables.service",
            "service ufw.service",
        ]
    );
}

#[test]
fn a_plan_is_stale_when_a_value_or_its_file_is_another() {
    let control = control(vec![forward(), shadow()]);
    let boot = |value: &str, path: &str, line: u32| {
        vec![set(&forward(), Aspect::Boot, is(value), Some((path, line)))]
    };
    let digest = |settings| digest_of(&control, &[0], &seen(settings));
    let before = digest(boot("1", "/etc/sysctl.d/a.conf", 3));
    assert_eq!(before, digest(boot("1", "/etc/sysctl.d/a.conf", 9)));
    assert_ne!(before, digest(boot("2", "/etc/sysctl.d/a.conf", 3)));
    assert_ne!(before, digest(boot("1", "/etc/sysctl.d/b.conf", 3)));
    // Other lines do not count, and neither does the order in which lines are named.
    let mut more = boot("1", "/etc/sysctl.d/a.conf", 3);
    more.push(set(&shadow(), Aspect::Mode, is("0644"), None));
    assert_eq!(before, digest(more.clone()));
    let more = seen(more);
    assert_eq!(digest_of(&control, &[0, 1], &more), digest_of(&control, &[1, 0, 1], &more));
    assert_ne!(digest_of(&control, &[0, 1], &more), before);
    assert_ne!(digest_of(&control, &[0], &more.clone().at_rest()), before);
}
