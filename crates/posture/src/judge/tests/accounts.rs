//! Sets of accounts, groups and files: each member by itself, and never more than was seen.

use super::*;
use holdfast_model::{Only, Resource};

fn users(set: &str, wanted: &[(Aspect, Wanted)], only: Option<Only>, unique: &[Aspect]) -> Desired {
    Desired::Users { set: set.into(), wanted: wanted.to_vec(), only, unique: unique.to_vec() }
}

fn only(names: &[&str], setting: Option<&str>) -> Only {
    let names = names.iter().map(|name| (*name).into()).collect();
    Only { names, setting: setting.map(Into::into) }
}

fn of(desired: &Desired, scope: Option<&str>, aspect: Aspect, reading: Reading) -> Setting {
    Setting { scope: scope.map(Into::into), ..set(desired, aspect, reading, None) }
}

fn wants(text: &str) -> Wanted {
    Wanted::Is(text.into())
}

/// The verdicts by whom they are about; the whole is `-`.
fn verdicts(desired: &Desired, settings: Vec<Setting>) -> Vec<(String, ControlResult)> {
    let judged = judge(&control(vec![desired.clone()]), &seen(settings), &by_text);
    let name = |scope: &Option<Arc<str>>| scope.as_deref().unwrap_or("-").to_owned();
    judged.iter().map(|one| (name(&one.scope), one.result)).collect()
}

fn said(all: &[(String, ControlResult)]) -> Vec<(&str, ControlResult)> {
    all.iter().map(|(name, result)| (name.as_str(), *result)).collect()
}

#[test]
fn each_account_is_judged_by_itself() {
    let clauses = [(Aspect::Password, wants("locked")), (Aspect::Shell, wants("none"))];
    let desired = users("system", &clauses, None, &[]);
    let account = |name: &str, password: &str, shell: &str| {
        [(Aspect::Password, password), (Aspect::Shell, shell)]
            .map(|(aspect, value)| of(&desired, Some(name), aspect, is(value)))
    };
    let mut settings = vec![of(&desired, None, Aspect::Value, is("4"))];
    settings.extend(account("a", "none", "/sbin/nologin"));
    settings.extend(account("b", "set", "/bin/false"));
    settings.extend(account("c", "locked", "/bin/bash"));
    settings.extend(account("d", "locked", "/home/d/nologin"));
    let all = verdicts(&desired, settings.clone());
    assert_eq!(said(&all), [("a", Pass), ("b", Fail), ("c", Fail), ("d", Fail), ("-", Pass)]);
    // Where not all of them could be seen, what was seen still fails, and nothing passes for all.
    settings[0].reading = unknown();
    let all = verdicts(&desired, settings);
    assert_eq!(all.last().unwrap().1, NotAssessed);
    assert_eq!(all.iter().filter(|(_, result)| *result == Fail).count(), 3);
}

#[test]
fn a_password_that_cannot_be_seen_is_not_assessed() {
    let desired = users("all", &[(Aspect::Password, wants("locked"))], None, &[]);
    let settings = vec![
        of(&desired, None, Aspect::Value, is("1")),
        of(&desired, Some("a"), Aspect::Password, unknown()),
    ];
    assert_eq!(said(&verdicts(&desired, settings)), [("a", NotAssessed), ("-", Pass)]);
    assert_eq!(said(&verdicts(&desired, Vec::new())), [("-", NotAssessed)]);
}

#[test]
fn age_counts_where_there_is_a_password() {
    let desired = users("people", &[(Aspect::MaxDays, Wanted::AtMost(365))], None, &[]);
    let account = |name: &str, password: &str, days: Reading| {
        let password = of(&desired, Some(name), Aspect::Password, is(password));
        [password, of(&desired, Some(name), Aspect::MaxDays, days)]
    };
    let mut settings = vec![of(&desired, None, Aspect::Value, is("4"))];
    settings.extend(account("a", "set", is("365")));
    settings.extend(account("b", "set", is("99999")));
    settings.extend(account("c", "set", Reading::Absent));
    settings.extend(account("d", "locked", Reading::Absent));
    let all = verdicts(&desired, settings);
    assert_eq!(said(&all), [("a", Pass), ("b", Fail), ("c", Fail), ("d", Pass), ("-", Pass)]);
}

#[test]
fn numbers_and_names_that_two_share_are_told() {
    let desired = users("all", &[], None, &[Aspect::Value, Aspect::Number]);
    let number = |name: &str, number: &str| of(&desired, Some(name), Aspect::Number, is(number));
    let whole = || of(&desired, None, Aspect::Value, is("3"));
    let reason = |settings: Vec<Setting>| {
        let judged = judge(&control(vec![desired.clone()]), &seen(settings), &by_text);
        let [one] = judged.as_slice() else { panic!("{judged:?}") };
        (one.result, one.reason.clone())
    };
    assert_eq!(reason(vec![whole(), number("a", "1"), number("b", "2")]).0, Pass);
    assert_eq!(
        reason(vec![whole(), number("a", "1"), number("b", "1")]),
        (Fail, "the number 1 is that of `a` and `b`".to_owned())
    );
    assert_eq!(
        reason(vec![whole(), number("a", "1"), number("a", "2")]),
        (Fail, "`a` stands 2 times".to_owned())
    );
    let hidden = of(&desired, None, Aspect::Value, unknown());
    assert_eq!(reason(vec![hidden, number("a", "1")]).0, NotAssessed);
}

#[test]
fn the_owner_of_a_host_may_name_more() {
    let desired = Desired::Files {
        which: "setuid".into(),
        only: only(&["/usr/bin/su"], Some("setuid_programs")),
    };
    let found = |path: &str| of(&desired, Some(path), Aspect::Mode, is("4755"));
    let settings =
        vec![of(&desired, None, Aspect::Value, is("2")), found("/usr/bin/su"), found("/opt/tool")];
    assert_eq!(said(&verdicts(&desired, settings.clone())), [("/opt/tool", Fail), ("-", Pass)]);
    let texts = TraitValue::Texts(vec!["/opt/tool".into()]);
    let declared = BTreeMap::from([("setuid_programs".to_owned(), texts)]);
    let seen = Seen::new(settings, Vec::new(), declared);
    let judged = judge(&control(vec![desired]), &seen, &by_text);
    assert_eq!(judged.iter().map(|one| one.result).collect::<Vec<_>>(), [Pass]);
}

#[test]
fn what_everybody_may_write_to_is_one_finding() {
    let desired = Desired::Files { which: "world-writable".into(), only: Only::default() };
    let mut settings: Vec<Setting> = ["/a", "/b", "/c", "/d", "/e"]
        .map(|path| of(&desired, Some(path), Aspect::Mode, is("0666")))
        .to_vec();
    settings.push(of(&desired, None, Aspect::Value, unknown()));
    let judged = judge(&control(vec![desired.clone()]), &seen(settings), &by_text);
    let [one] = judged.as_slice() else { panic!("{judged:?}") };
    assert_eq!(one.result, Fail);
    assert!(one.reason.starts_with("found `/a`, `/b`, `/c` and 2 more; there may be more, since"));
    // Finding nothing is no answer where not everything was looked at.
    let hidden = vec![of(&desired, None, Aspect::Value, unknown())];
    assert_eq!(said(&verdicts(&desired, hidden)), [("-", NotAssessed)]);
    let none = vec![of(&desired, None, Aspect::Value, is("0"))];
    assert_eq!(said(&verdicts(&desired, none)), [("-", Pass)]);
}

#[test]
fn a_group_or_an_account_that_is_not_there_asks_for_nothing() {
    let group = Desired::Group { name: "docker".into(), only: Only::default() };
    let user = Desired::User { name: "sync".into(), wanted: vec![(Aspect::Shell, wants("none"))] };
    for desired in [group, user] {
        let absent = vec![of(&desired, None, Aspect::Value, Reading::Absent)];
        assert_eq!(said(&verdicts(&desired, absent)), [("-", NotApplicable)]);
    }
}

#[test]
fn a_program_runs_or_not() {
    for (running, reading, wanted) in [
        (true, is("running"), Pass),
        (true, Reading::Absent, Fail),
        (false, is("running"), Fail),
        (false, Reading::Absent, Pass),
        (false, unknown(), NotAssessed),
    ] {
        let desired = Desired::Process { name: "telnetd".into(), running };
        let settings = vec![of(&desired, None, Aspect::Running, reading)];
        assert_eq!(said(&verdicts(&desired, settings)), [("-", wanted)]);
    }
    let nobody = Desired::Process { name: "telnetd".into(), running: false };
    assert_eq!(nobody.resource(), Some(Resource::Process { name: "telnetd".into() }));
    assert_eq!(said(&verdicts(&nobody, Vec::new())), [("-", NotAssessed)]);
}

#[test]
fn members_that_lack_a_side_or_stand_twice_keep_what_is_theirs() {
    let desired = users("system", &[], None, &[]);
    let at = |name: &str, aspect: Aspect| of(&desired, Some(name), aspect, is("x"));
    let twice = Setting { reading: is("y"), ..at("c", Aspect::Shell) };
    let settings = vec![
        at("b", Aspect::Password),
        at("d", Aspect::Password),
        at("a", Aspect::Shell),
        at("c", Aspect::Shell),
        at("d", Aspect::Shell),
        at("b", Aspect::Number),
        at("e", Aspect::Number),
        twice,
        of(&desired, None, Aspect::Value, is("5")),
    ];
    let seen = seen(settings);
    let resource = desired.resource().unwrap();
    let members = super::super::accounts::members(&resource, &seen);
    let counted: Vec<(&str, usize)> =
        members.iter().map(|(name, settings)| (&***name, settings.len())).collect();
    assert_eq!(counted, [("a", 1), ("b", 2), ("c", 2), ("d", 2), ("e", 1)]);
    let own = |(name, settings): &(&Arc<str>, Vec<&Setting>)| {
        settings.iter().all(|setting| setting.scope.as_ref() == Some(*name))
    };
    assert!(members.iter().all(own));
}
