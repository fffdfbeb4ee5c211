//! Keys of further families, lines and texts.

use super::*;
use holdfast_model::Style;

/// The one state of a good rule whose ensure is this line, and its problems.
fn state(line: &str) -> Result<Desired, String> {
    let head = "id: door\ntitle: t\nwrong: w\nwhy: Y.\nseverity: soon\nensure:\n  - ";
    let risk = "risk: {breaks: [], lockout: false, reboot: false, interruption: none}\n";
    let tests = "tests: {pass: [{host: {os: debian}}], fail: [{host: {os: debian}}]}\n";
    let (control, problems) = read(&"door.yaml".into(), &format!("{head}{line}\n{risk}{tests}"));
    if let Some(control) = control {
        return Ok(control.ensure[0].clone());
    }
    assert_eq!(problems.len(), 1, "{problems:#?}");
    Err(format!("{} | {}", problems[0].message, problems[0].help))
}

#[test]
fn lines_and_texts_say_what_is_written() {
    assert_eq!(
        state("line  a   b in c in /etc/cron.allow: present"),
        Ok(Desired::LinePresent { path: "/etc/cron.allow".into(), line: "a b in c".into() })
    );
    assert_eq!(
        state("line root in /etc/cron.deny: absent"),
        Ok(Desired::LineAbsent { path: "/etc/cron.deny".into(), line: "root".into() })
    );
    let text = |text: &str| Ok(Desired::Text { path: "/etc/issue".into(), text: text.into() });
    assert_eq!(state("text /etc/issue: hello"), text("hello\n"));
    assert_eq!(state("text /etc/issue: \"\""), text(""));
    assert_eq!(state("text /etc/issue: |\n      a\n        b"), text("a\n  b\n"));
}

#[test]
fn keys_are_named_as_their_files_write_them() {
    for (key, file) in [
        ("space_left", "/etc/audit/auditd.conf"),
        ("/usr/bin/runc", "/etc/audit/audit.rules"),
        ("minlen", "/etc/security/pwquality.conf"),
        ("Storage", "/etc/systemd/journald.conf"),
        ("INACTIVE", "/etc/default/useradd"),
        ("log-opts.max-file", "/etc/docker/daemon.json"),
        ("readOnlyPort", "/var/lib/kubelet/config.yaml"),
        ("umask", "/etc/profile"),
        ("nx", "/proc/cpuinfo"),
    ] {
        let state = state(&format!("key {key} in {file}: absent"));
        assert!(
            matches!(&state, Ok(Desired::KeyAbsent { key: its, .. }) if **its == *key),
            "{key}"
        );
    }
    for (key, file) in [
        ("Space_Left", "/etc/audit/auditd.conf"),
        ("usr/bin/runc", "/etc/audit/audit.rules"),
        ("storage", "/etc/systemd/journald.conf"),
        ("inactive", "/etc/default/useradd"),
        ("log-opts..max-file", "/etc/docker/daemon.json"),
        ("PA TH", "/etc/profile"),
        ("meltdown", "/sys/devices/system/cpu/vulnerabilities"),
    ] {
        let refused = state(&format!("key {key} in {file}: absent")).unwrap_err();
        assert!(refused.starts_with(&format!("`{key}` is no key of `{file}` | ")), "{refused}");
    }
}

#[test]
fn what_no_file_could_say_is_refused() {
    let long = format!("text /etc/issue: \"{}\"", "a".repeat(9_000));
    for (line, wanted) in [
        ("line root: present", "`root` does not say in which file"),
        ("line root in cron.allow: present", "`cron.allow` is no absolute path"),
        ("line ; root in /etc/cron.allow: present", "is no line that anything reads"),
        ("line root in /etc/motd: present", "all of `/etc/motd` is shown"),
        ("line root in /etc/cron.allow: yes", "`yes`"),
        ("text /etc/issue: \"a\\u0007\"", "this is no text of a file"),
        (&long, "this is no text of a file"),
        ("key icc in /etc/docker/daemon.json: {none_of: []}", "one of no values"),
    ] {
        let refused = state(line).unwrap_err();
        assert!(refused.contains(wanted), "{line}: {refused}");
    }
}

#[test]
fn what_a_value_may_not_be_is_read() {
    let names = vec!["aufs".into(), "vfs".into()];
    let (dialect, key) = (holdfast_model::Dialect::Docker, "storage-driver".into());
    assert_eq!(
        state("key storage-driver in /etc/docker/daemon.json: {none_of: [aufs, vfs]}"),
        Ok(Desired::Key { dialect, key, value: Wanted::NoneOf(names) })
    );
}

#[test]
fn files_of_no_family_are_read_as_the_rule_says() {
    let entry = |files: &str, style, key: &str, value: Option<Wanted>| Desired::Entry {
        files: files.into(),
        style,
        key: key.into(),
        value,
    };
    let one = || Some(Wanted::Is("1".into()));
    for (line, wanted) in [
        (
            "key [main]  gpgcheck in /etc/dnf/dnf.conf as ini: 1",
            entry("/etc/dnf/dnf.conf", Style::Ini, "[main] gpgcheck", one()),
        ),
        (
            "key level in /etc/own.conf and /etc/own.conf.d/*.conf as equals: {at_least: 2}",
            entry(
                "/etc/own.conf and /etc/own.conf.d/*.conf",
                Style::Equals,
                "level",
                Some(Wanted::AtLeast(2)),
            ),
        ),
        (
            "key maxdistance in /etc/chrony/chrony.conf as blanks: absent",
            entry("/etc/chrony/chrony.conf", Style::Blanks, "maxdistance", None),
        ),
        (
            "key OPTIONS in /etc/sysconfig/chronyd as shell: \"-4 -u chrony\"",
            entry(
                "/etc/sysconfig/chronyd",
                Style::Shell,
                "OPTIONS",
                Some(Wanted::Is("-4 -u chrony".into())),
            ),
        ),
    ] {
        assert_eq!(state(line).unwrap(), wanted, "{line}");
    }
    for (line, message) in [
        ("key a b in /etc/x as ini: 1", "`a b` is no key here | write the section and the key"),
        ("key [a] b in /etc/x as equals: 1", "`[a] b` is no key here | only `as ini` knows"),
        ("key 9A in /etc/x as shell: 1", "`9A` is no key here | write the name of a variable"),
        ("key a in x as ini: 1", "`x` is no file to read | begin it with `/`"),
        ("key a in /etc/*.d/x as ini: 1", "`/etc/*.d/x` is no file to read | name one file"),
        ("key a in /etc/x and /etc/x as ini: 1", "`/etc/x` is one file too many"),
        ("key a in /etc/x as ini: {none_of: [b]}", "this is told by what it may be"),
        ("key a in /etc/x as ini: 'b\\'", "this is no value of one line | leave out the"),
    ] {
        let told = state(line).unwrap_err();
        assert!(told.starts_with(message), "{line}: {told}");
    }
}
