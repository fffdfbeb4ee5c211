//! Accounts, groups, files of a walk and processes: what reads, and what is refused.

use super::*;

/// A control with these lines, which say why people mend it.
pub(super) fn lines(lines: &str) -> String {
    let fix = "fix: {manual: they know}\n";
    let head = GOOD.split("ensure:\n").next().unwrap();
    let tail = GOOD.split("risk:").nth(1).unwrap();
    format!("{head}ensure:\n{lines}{fix}risk:{tail}")
}

/// What is wrong with one line, without what the examples then lack.
pub(super) fn complaint(line: &str) -> String {
    let all = problems(&lines(&format!("  - {line}\n")));
    let own: Vec<String> =
        all.iter().filter(|one| one.place.as_ref().unwrap().line == 11).map(shown).collect();
    assert_eq!(own.len(), 1, "{line}: {all:#?}");
    own.concat()
}

#[test]
fn every_form_reads() {
    for line in [
        "user root: {uid: 0, password: {one_of: [locked, set]}}",
        "user sync: {shell: {one_of: [none, /bin/sync]}, expires: never}",
        "users system: {password: locked, shell: none}",
        "users people: {max_days: {at_most: 365}, inactive_days: 30, method: yescrypt}",
        "users all: {stored: shadow, unique: [name, uid]}",
        "users root: {only: [root]}",
        "user guest: {expires: \"2027-01-31\"}",
        "group docker: {only: [], and: setting.docker_users}",
        "groups all: {unique: [gid]}",
        "files setuid: {only: [/usr/bin/su], and: setting.setuid_programs}",
        "files world-writable: absent",
        "files unowned: absent",
        "files named .rhosts: absent",
        "process telnetd: absent",
        "process auditd: running",
    ] {
        let all = problems(&lines(&format!("  - {line}\n")));
        let own: Vec<_> = all.iter().filter(|one| one.place.as_ref().unwrap().line == 11).collect();
        assert!(own.is_empty(), "{line}: {own:#?}");
    }
}

#[test]
fn what_cannot_be_is_refused_at_its_word() {
    for (line, wanted) in [
        (
            "users systems: {shell: none}",
            "control-name 11:11 ~systems~ `systems` is no set of accounts | did you mean `system`?",
        ),
        (
            "user 0: {shell: none}",
            "control-name 11:10 ~0~ `0` is no name of a user or a group | write the name, such as \
             `root`",
        ),
        (
            "users system: {shell: nologin}",
            "control-value 11:27 ~nologin~ `nologin` is nothing that this can be | write `none`, or \
             the path of a program",
        ),
        (
            "users system: {password: empty}",
            "control-value 11:30 ~empty~ `empty` is nothing that this can be | write `locked`, or \
             `{one_of: [locked, set]}` for not empty",
        ),
        (
            "users people: {max_days: {at_most: 99999}}",
            "control-value 11:30 ~{~ at most 99999 is nothing that this can be | \
             write a number of days, such as `{at_most: 365}`",
        ),
        (
            "user guest: {expires: \"2027-02-30\"}",
            "control-value 11:27 ~\"2027-02-30\"~ `2027-02-30` is nothing that this can be | write \
             `never`, or a day such as \"2027-01-31\"",
        ),
        (
            "group docker: {only: [ann], and: setting.docker_user}",
            "control-value 11:38 ~setting.docker_user~ `setting.docker_user` is no list of settings \
             | did you mean `setting.docker_users`?",
        ),
        (
            "files setuid: {only: [su]}",
            "control-value 11:27 ~su~ `su` is no name that can stand here, or stands twice | write \
             each name once; of files their whole path",
        ),
        (
            "files unowned: {only: [/a]}",
            "control-value 11:20 ~{~ files of nobody cannot be listed | write `absent`: \
             give files that are fine to somebody",
        ),
        (
            "files named a/b: absent",
            "control-name 11:11 ~named a/b~ `named a/b` names no file | write `files named .rhosts`",
        ),
        (
            "process /usr/sbin/telnetd: absent",
            "control-name 11:13 ~/usr/sbin/telnetd~ `/usr/sbin/telnetd` is no name of a program | \
             write the name of its file, such as `telnetd`",
        ),
    ] {
        assert_eq!(complaint(line), wanted);
    }
}

#[test]
fn what_can_only_be_checked_says_why() {
    let text = lines("  - files setuid: absent\n").replace("fix: {manual: they know}\n", "");
    let all = problems(&text);
    let own: Vec<&Problem> = all.iter().filter(|one| one.code == "control-fix").collect();
    assert_eq!(own.len(), 1, "{all:#?}");
    assert_eq!(own[0].message, "`files setuid` can only be checked");
    let can_be_mended = lines("  - users system: {shell: none}\n");
    let all = problems(&can_be_mended.replace("fix: {manual: they know}\n", ""));
    assert!(all.iter().all(|one| one.code != "control-fix"), "{all:#?}");
}
