//! Keys of files that nobody need have, lines, texts.

use holdfast_model::Dialect;

use super::*;

/// A key in files of no family: read by nobody knows whom.
#[test]
fn a_key_of_no_family_is_asked_where_one_of_its_files_is_there() {
    let entry = |value: Option<Wanted>| Desired::Entry {
        files: "/etc/own.conf".into(),
        style: holdfast_model::Style::Equals,
        key: "level".into(),
        value,
    };
    let least = entry(Some(Wanted::AtLeast(2)));
    let none = entry(None);
    let at = Some(("/etc/own.conf", 4));
    for (reading, place, results) in [
        (is("2"), at, [Pass, Fail]),
        (is("1"), at, [Fail, Fail]),
        (is("many"), at, [Fail, Fail]),
        (Reading::Absent, at, [Fail, Pass]),
        (Reading::Absent, None, [NotApplicable, NotApplicable]),
        (unknown(), at, [NotAssessed, NotAssessed]),
        (broken(), at, [Error, Error]),
    ] {
        let judged = |desired: &Desired| {
            judged(desired, vec![set(desired, Aspect::Value, reading.clone(), place)]).result
        };
        assert_eq!([judged(&least), judged(&none)], results, "{reading:?}");
    }
    let bad = judged(&least, vec![set(&least, Aspect::Value, is("1"), at)]);
    assert_eq!(bad.reason, "found `1` at `/etc/own.conf:4`, wanted at least 2");
    assert_eq!(
        (&*bad.resource, &*bad.wanted),
        ("key level in /etc/own.conf as equals", "at least 2")
    );
    let unset = judged(&none, vec![set(&none, Aspect::Value, is("1"), at)]);
    assert_eq!(unset.reason, "found `1` at `/etc/own.conf:4`, wanted not set");

    // An empty value is one, and is said in words.
    let empty = entry(Some(Wanted::Is("".into())));
    let of = |reading: Reading| judged(&empty, vec![set(&empty, Aspect::Value, reading, at)]);
    assert_eq!(of(is("")).result, Pass);
    assert_eq!(of(is("")).reason, "found an empty value at `/etc/own.conf:4`, as wanted");
    assert_eq!(of(is("1")).reason, "found `1` at `/etc/own.conf:4`, wanted an empty value");
    assert_eq!(of(Reading::Absent).reason, "`level` is not set, wanted an empty value");
    assert_eq!(&*of(is("1")).wanted, "an empty value");
}

fn key(dialect: Dialect, key: &str, value: Wanted) -> Desired {
    Desired::Key { dialect, key: key.into(), value }
}

fn unset(desired: &Desired) -> Setting {
    Setting { default: true, ..set(desired, Aspect::Value, Reading::Absent, None) }
}

#[test]
fn what_no_file_says_is_wrong_only_where_the_program_is() {
    let icc = key(Dialect::Docker, "icc", Wanted::Is("false".into()));
    let gone = vec![set(&icc, Aspect::Value, Reading::Absent, None)];
    let judgement = judged(&icc, gone);
    assert_eq!(judgement.result, NotApplicable);
    assert_eq!(judgement.reason, "docker is not installed");
    assert_eq!(judged(&icc, vec![unset(&icc)]).result, Fail);
    let default = Setting { default: true, ..set(&icc, Aspect::Value, is("true"), None) };
    let judgement = judged(&icc, vec![default]);
    assert_eq!(judgement.reason, "found `true` by default, wanted `false`");
    assert_eq!(judged(&icc, vec![set(&icc, Aspect::Value, broken(), None)]).result, Error);
    assert_eq!(judged(&icc, vec![set(&icc, Aspect::Value, unknown(), None)]).result, NotAssessed);
    assert_eq!(judged(&icc, Vec::new()).result, NotAssessed);
    // Of the older families no program was looked for.
    let days = key(Dialect::LoginDefs, "PASS_MAX_DAYS", Wanted::AtMost(365));
    assert_eq!(judged(&days, vec![set(&days, Aspect::Value, Reading::Absent, None)]).result, Fail);
}

#[test]
fn what_may_not_be_said_is_not_said_by_nobody() {
    let driver = key(Dialect::Docker, "storage-driver", Wanted::NoneOf(vec!["aufs".into()]));
    assert_eq!(judged(&driver, vec![unset(&driver)]).result, Pass);
    let says = |value: &str| judged(&driver, vec![set(&driver, Aspect::Value, is(value), None)]);
    assert_eq!(says("overlay2").result, Pass);
    assert_eq!(says("aufs").result, Fail);
    assert_eq!(says("overlay2,aufs").reason, "found `overlay2,aufs`, wanted without `aufs`");
    let hosts = Desired::KeyAbsent { dialect: Dialect::Docker, key: "hosts".into() };
    let says = |reading, default| {
        let setting = set(&hosts, Aspect::Value, reading, Some(("/etc/docker/daemon.json", 2)));
        judged(&hosts, vec![Setting { default, ..setting }])
    };
    assert_eq!(says(is("fd://"), false).result, Fail);
    assert_eq!(says(is("fd://"), true).result, Pass);
    assert_eq!(says(Reading::Absent, true).result, Pass);
    assert_eq!(says(Reading::Absent, false).result, NotApplicable);
    assert_eq!(says(unknown(), false).result, NotAssessed);
}

#[test]
fn a_share_is_no_number_of_megabytes() {
    let left = key(Dialect::Auditd, "space_left", Wanted::AtLeast(75));
    let says = |value: &str| judged(&left, vec![set(&left, Aspect::Value, is(value), None)]);
    for (value, result) in
        [("75", Pass), ("74", Fail), ("25%", NotAssessed), ("%", Fail), ("25 %", Fail)]
    {
        assert_eq!(says(value).result, result, "{value}");
    }
    let reason = "found `25%`, a share of a size that is not known";
    assert_eq!(says("25%").reason, reason);
    let share = key(Dialect::Auditd, "space_left", Wanted::Is("25%".into()));
    let says = |value: &str| judged(&share, vec![set(&share, Aspect::Value, is(value), None)]);
    assert_eq!((says("25%").result, says("24%").result), (Pass, Fail));
}

#[test]
fn each_condition_has_its_own_verdict() {
    let path = key(Dialect::Profile, "PATH", Wanted::NoneOf(vec![".".into()]));
    let under = |scope: Option<&str>, value: &str| {
        let scope = scope.map(Into::into);
        Setting { scope, ..set(&path, Aspect::Value, is(value), None) }
    };
    let control = control(vec![path.clone()]);
    let both = seen(vec![
        under(None, "/bin"),
        under(Some("[ $A ]"), "/bin"),
        under(Some("[ $A ]"), "/bin:."),
    ]);
    let all = judge(&control, &both, &by_text);
    let said: Vec<(Option<&str>, ControlResult)> =
        all.iter().map(|one| (one.scope.as_deref(), one.result)).collect();
    assert_eq!(said, [(None, Pass), (Some("[ $A ]"), Fail)]);
    let nobody = vec![set(&path, Aspect::Value, Reading::Absent, None)];
    assert_eq!(judged(&path, nobody).result, NotApplicable);
}

#[test]
fn a_line_is_there_or_not() {
    let (path, line): (Arc<str>, Arc<str>) = ("/etc/cron.allow".into(), "root".into());
    let present = Desired::LinePresent { path: path.clone(), line: line.clone() };
    let absent = Desired::LineAbsent { path, line };
    let at = Some(("/etc/cron.allow", 3));
    for (reading, place, wanted, unwanted) in [
        (is("present"), at, Pass, Fail),
        (Reading::Absent, at, Fail, Pass),
        (Reading::Absent, None, Fail, Pass),
        (unknown(), None, NotAssessed, NotAssessed),
        (broken(), None, Error, Error),
    ] {
        let says = |desired: &Desired| {
            judged(desired, vec![set(desired, Aspect::Value, reading.clone(), place)])
        };
        assert_eq!(
            (says(&present).result, says(&absent).result),
            (wanted, unwanted),
            "{reading:?}"
        );
    }
    let gone = judged(&present, vec![set(&present, Aspect::Value, Reading::Absent, None)]);
    assert_eq!(gone.reason, "`/etc/cron.allow` is not there, wanted present");
    let there = judged(&present, vec![set(&present, Aspect::Value, is("present"), at)]);
    assert_eq!(there.reason, "the line stands at `/etc/cron.allow:3`, as wanted");
}

#[test]
fn a_text_is_compared_to_the_byte() {
    let text = Desired::Text { path: "/etc/issue".into(), text: "a\nb\n".into() };
    for (reading, result) in [
        (is("a\nb\n"), Pass),
        (is("a\nb"), Fail),
        (is("a\nb \n"), Fail),
        (is(""), Fail),
        (Reading::Absent, Fail),
        (unknown(), NotAssessed),
        (broken(), Error),
    ] {
        let judgement = judged(&text, vec![set(&text, Aspect::Value, reading.clone(), None)]);
        assert_eq!(judgement.result, result, "{reading:?}");
        assert_eq!(&*judgement.wanted, "a / b");
    }
}
