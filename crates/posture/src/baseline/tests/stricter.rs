//! Whatever passes what was tightened passes the control.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use holdfast_model::{Aspect, Dialect, ModeWanted, Reading, Resource, Setting, Wanted};
use proptest::prelude::*;

use super::*;
use crate::{ControlResult, Seen, judge};

/// Texts that the families read in different ways: numbers, times, words, lists.
fn value() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![
        (-3_i64..70).prop_map(|number| number.to_string()),
        prop::sample::select(vec![
            "0x10",
            "010",
            "unlimited",
            "infinity",
            "1m",
            "60",
            "1M",
            "yes",
            "YES",
            "no",
            "a",
            "A",
            "b",
            "a,b",
            "b,a",
            "A,b",
            "prohibit-password",
            "without-password",
            "1 2",
            "",
        ])
        .prop_map(str::to_owned),
    ]
    .prop_map(Arc::from)
}

fn wanted_value() -> impl Strategy<Value = Wanted> {
    let names = || prop::collection::vec(prop::sample::select(vec!["a", "b", "A"]), 1..4);
    let arcs = |names: Vec<&str>| names.into_iter().map(Arc::from).collect::<Vec<Arc<str>>>();
    prop_oneof![
        value().prop_map(Wanted::Is),
        prop::collection::vec(value(), 1..4).prop_map(Wanted::OneOf),
        names().prop_map(move |names| Wanted::SubsetOf(arcs(names))),
        (-2_i64..70).prop_map(Wanted::AtMost),
        (-2_i64..70).prop_map(Wanted::AtLeast),
    ]
}

fn lines() -> impl Strategy<Value = (Desired, Desired)> {
    let both = (wanted_value(), wanted_value());
    let which = 0_usize..7;
    (which, both).prop_map(|(which, (a, b))| {
        let line = |value: Wanted| match which {
            0 => Desired::Sysctl { key: "kernel.x".into(), value },
            1 => Desired::Sshd { option: "PermitRootLogin".into(), value },
            2 => Desired::Sshd { option: "LoginGraceTime".into(), value },
            3 => Desired::Key { dialect: Dialect::LoginDefs, key: "UMASK".into(), value },
            4 => Desired::Key { dialect: Dialect::Limits, key: "* hard core".into(), value },
            5 => Desired::Key { dialect: Dialect::Apt, key: "APT::X".into(), value },
            _ => Desired::Key { dialect: Dialect::Sudoers, key: "logfile".into(), value },
        };
        (line(a), line(b))
    })
}

fn file() -> impl Strategy<Value = Desired> {
    let mode = prop_oneof![
        (0_u32..0o1000).prop_map(ModeWanted::Is),
        (0_u32..0o1000).prop_map(ModeWanted::AtMost)
    ];
    let name = prop::sample::select(vec!["root", "adm", "shadow"]);
    let kind = prop::option::of(prop::sample::select(vec!["file", "folder", "any"]));
    let groups = prop::collection::vec(name.clone(), 0..3);
    (kind, prop::option::of(name), groups, prop::option::of(mode)).prop_map(
        |(kind, owner, group, mode)| Desired::File {
            path: "/etc/x".into(),
            kind: kind.map(Arc::from),
            owner: owner.map(Arc::from),
            group: group.into_iter().map(Arc::from).collect(),
            mode,
        },
    )
}

/// A control that applies everywhere.
static PLAIN: LazyLock<Control> = LazyLock::new(|| controls().remove(0));

/// What a host with these values comes out as.
fn outcome(desired: &Desired, found: &[(Aspect, &str)]) -> ControlResult {
    let control = Control { ensure: vec![desired.clone()].into(), ..PLAIN.clone() };
    let setting = |(aspect, value): &(Aspect, &str)| Setting {
        resource: desired.resource().unwrap(),
        aspect: *aspect,
        scope: None,
        reading: Reading::Is((*value).into()),
        place: None,
        default: false,
    };
    let seen = Seen::new(found.iter().map(setting).collect(), Vec::new(), BTreeMap::new());
    judge(&control, &seen, &|a, b| Some(a.cmp(b)))[0].result
}

/// The sides of a thing that one value can stand for.
fn aspects(resource: &Resource) -> Vec<Aspect> {
    match resource {
        Resource::Sysctl { .. } => vec![Aspect::Running, Aspect::Boot],
        _ => vec![Aspect::Value],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_tighter_value_never_lets_more_pass((a, b) in lines(), found in value()) {
        let sides = aspects(&a.resource().unwrap());
        let found: Vec<(Aspect, &str)> = sides.into_iter().map(|side| (side, &*found)).collect();
        if is_as_strict(&a, &b) && outcome(&a, &found) == ControlResult::Pass {
            prop_assert_eq!(outcome(&b, &found), ControlResult::Pass);
        }
    }

    #[test]
    fn a_tighter_file_never_lets_more_pass(
        a in file(),
        b in file(),
        mode in 0_u32..0o1000,
        owner in prop::sample::select(vec!["root", "adm", "shadow"]),
        group in prop::sample::select(vec!["root", "adm", "shadow"]),
        kind in prop::sample::select(vec!["file", "folder", "link"]),
    ) {
        let mode = format!("{mode:04o}");
        let found = [
            (Aspect::Mode, &*mode),
            (Aspect::Owner, owner),
            (Aspect::Group, group),
            (Aspect::Type, kind),
        ];
        for a in [super::super::stricter::filled_up(a.clone(), &b), a] {
            if is_as_strict(&a, &b) && outcome(&a, &found) == ControlResult::Pass {
                prop_assert_eq!(outcome(&b, &found), ControlResult::Pass);
            }
        }
    }

    #[test]
    fn everything_is_as_strict_as_itself_and_the_order_is_transitive(
        (a, b) in lines(),
        c in wanted_value(),
    ) {
        prop_assert!(is_as_strict(&a, &a));
        let c = match &a {
            Desired::Sysctl { key, .. } => Desired::Sysctl { key: key.clone(), value: c },
            _ => return Ok(()),
        };
        if is_as_strict(&a, &b) && is_as_strict(&b, &c) {
            prop_assert!(is_as_strict(&a, &c));
        }
    }
}

const SCOPES: [&str; 4] = ["everywhere", "ring canary", "role web", "host web-1"];

/// How many tries each scope allows, where it says so.
fn tries() -> impl Strategy<Value = Vec<Option<i64>>> {
    prop::collection::vec(prop::option::of(0_i64..8), SCOPES.len())
}

fn tightening(id: &str, below: &str, tries: &[Option<i64>]) -> String {
    let said = tries.iter().zip(SCOPES).filter_map(|(most, scope)| most.map(|most| (most, scope)));
    let values: Vec<String> =
        said.map(|(most, scope)| format!("{scope}: {{at_most: {most}}}")).collect();
    let mut text = head(id) + "extends: [" + below + "]\n";
    if !values.is_empty() {
        let said = values.join(", ");
        let _ = writeln!(text, "tighten: {{guessing: {{sshd MaxAuthTries: {{{said}}}}}}}");
    }
    text
}

proptest! {
    /// However baselines build on each other: what is usable asks for no less than the control, nor
    /// than any step that is meant for the host.
    #[test]
    fn whatever_is_combined_only_tightens(one in tries(), two in tries(), beside in tries()) {
        let texts = [
            BASE.to_owned(),
            tightening("one", "base", &one),
            tightening("two", "one", &two),
            tightening("beside", "base", &beside),
            tightening("all", "two, beside", &[]),
        ];
        let all = load(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let hosts = [HostNames::default(), web("canary"), web("other")];
        for (id, steps) in [("one", vec![&one]), ("two", vec![&one, &two]),
            ("all", vec![&one, &two, &beside])]
        {
            for host in &hosts {
                let Some(tailored) = all.tailor(id, &controls(), host) else { continue };
                prop_assert!(tailored.problems.is_empty());
                let guessing = tailored.controls.iter().find(|one| &*one.id == "guessing").unwrap();
                let meant = [
                    true,
                    host.ring.as_deref() == Some("canary"),
                    host.roles == ["web"],
                    host.names == ["web-1"],
                ];
                let said = steps.iter().flat_map(|step| step.iter().zip(meant));
                let least = said.filter(|(_, meant)| *meant).filter_map(|(most, _)| *most).min();
                let wanted = Wanted::AtMost(least.unwrap_or(4).min(4));
                prop_assert_eq!(&guessing.ensure[0], &sshd(wanted));
            }
        }
        // What lets more pass than what is below it is refused.
        let loosens = one[0].is_some_and(|most| most > 4);
        prop_assert_eq!(all.find("one").is_none(), loosens || {
            one[1..].iter().flatten().any(|most| *most > one[0].unwrap_or(4))
        });
    }
}

fn sshd(value: Wanted) -> Desired {
    Desired::Sshd { option: "MaxAuthTries".into(), value }
}

#[test]
fn pairs_in_both_directions() {
    let many = |words: &[&str]| words.iter().copied().map(Arc::from).collect::<Vec<Arc<str>>>();
    let tighter = [
        (Wanted::AtMost(3), Wanted::AtMost(4)),
        (Wanted::AtLeast(5), Wanted::AtLeast(4)),
        (Wanted::Is("3".into()), Wanted::AtMost(4)),
        (Wanted::Is("a".into()), Wanted::OneOf(many(&["b", "a"]))),
        (Wanted::OneOf(many(&["a"])), Wanted::OneOf(many(&["b", "a"]))),
        (Wanted::OneOf(many(&["1", "3"])), Wanted::AtMost(4)),
        (Wanted::SubsetOf(many(&["a"])), Wanted::SubsetOf(many(&["b", "a"]))),
    ];
    for (a, b) in tighter {
        let (a, b) = (sshd(a), sshd(b));
        assert!(is_as_strict(&a, &b), "{a:?} {b:?}");
        assert!(!is_as_strict(&b, &a), "{b:?} {a:?}");
    }
    let other = Desired::Sshd { option: "MaxSessions".into(), value: Wanted::AtMost(1) };
    assert!(!is_as_strict(&other, &sshd(Wanted::AtMost(4))));
    let package =
        |version: &str| Desired::PackageAtLeast { name: "sudo".into(), version: version.into() };
    assert!(is_as_strict(&package("1"), &package("1")));
    assert!(!is_as_strict(&package("2"), &package("1")));
    let absent = Desired::PackageAbsent { name: "sudo".into() };
    assert!(is_as_strict(&absent, &package("1")) && !is_as_strict(&package("1"), &absent));
    let gone = Desired::FileAbsent { path: "/etc/x".into() };
    let kept = |kind: Option<&str>| Desired::File {
        path: "/etc/x".into(),
        kind: kind.map(Arc::from),
        owner: Some("root".into()),
        group: Vec::new(),
        mode: None,
    };
    assert!(is_as_strict(&gone, &kept(None)) && !is_as_strict(&kept(None), &gone));
    // What has to be there is never fulfilled by nothing.
    assert!(!is_as_strict(&gone, &kept(Some("any"))));
    assert!(is_as_strict(&kept(Some("file")), &kept(Some("any"))));
    assert!(!is_as_strict(&kept(Some("any")), &kept(Some("file"))));
    assert!(!is_as_strict(&kept(None), &kept(Some("any"))));
}

#[test]
fn units_are_compared_by_each_side() {
    use holdfast_model::BootWanted::{Disabled, Enabled, Masked};
    let unit = |boot, running| Desired::Service { unit: "x.service".into(), boot, running };
    let on = Desired::ServiceOn { unit: "x.service".into() };
    let off = Desired::ServiceOff { unit: "x.service".into() };
    for (a, b) in [
        (unit(Some(Masked), None), unit(Some(Disabled), None)),
        (unit(Some(Masked), Some(false)), off.clone()),
        (off.clone(), unit(Some(Disabled), None)),
        (on.clone(), unit(Some(Enabled), None)),
    ] {
        assert!(is_as_strict(&a, &b) && !is_as_strict(&b, &a), "{a:?} {b:?}");
    }
    // Of a system that does not run the second cannot be told.
    assert!(!is_as_strict(&on, &unit(None, Some(true))));
    assert!(!is_as_strict(&on, &off) && !is_as_strict(&off, &on));
    assert!(is_as_strict(&unit(Some(Enabled), Some(true)), &on));
}

#[test]
fn fewer_ways_are_stricter() {
    let on = |unit: &str| Desired::ServiceOn { unit: unit.into() };
    let choice = |ways: &[&[&str]]| Desired::AnyOf {
        name: "firewall".into(),
        ways: ways.iter().map(|way| way.iter().copied().map(on).collect()).collect(),
    };
    let both = choice(&[&["ufw"], &["nft"]]);
    assert!(is_as_strict(&choice(&[&["nft"]]), &both));
    assert!(is_as_strict(&choice(&[&["nft", "log"]]), &both));
    assert!(!is_as_strict(&both, &choice(&[&["nft"]])));
    assert!(!is_as_strict(&choice(&[&["nft"], &["other"]]), &both));
}
