//! What would say "ok" and change nothing: lines that are written in another way, and values that no
//! file of ours can change.

use super::super::deeds::{LINE, MATCH, WORDS};
use super::*;

/// What programs make of a text in a file of this name, and whether they take it.
fn edited(programs: &[&str], name: &str, text: &str, variables: &[(&str, &str)]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    #[expect(clippy::disallowed_methods, reason = "a real awk is the oracle of this test")]
    let output = {
        std::fs::write(&path, text).unwrap();
        std::process::Command::new("awk")
            .arg(programs.concat())
            .arg(&path)
            .envs([("MARK", "#h"), ("LC_ALL", "C")])
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    };
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

fn block(name: &str, text: &str, criteria: &str) -> (bool, String) {
    let variables = [("KEY", "X11Forwarding"), ("VALUE", "no"), ("CRITERIA", criteria)];
    edited(&[WORDS.text, MATCH.text], name, text, &variables)
}

#[test]
fn a_block_is_found_however_it_is_written() {
    for (line, criteria) in [
        ("Match User=bob", "User bob"),
        ("match user bob # nightly", "User bob"),
        ("  MATCH\tuser = \"bob\"", "User bob"),
        ("Match Group \"a b\" user bob", "Group \"a b\" User bob"),
        ("Match Address 10.0.0.0/8 User bob User bob", "User bob Address 10.0.0.0/8"),
        ("Match invalid-user", "Invalid-User"),
        ("match ALL", "all"),
    ] {
        let text = format!("X11Forwarding yes\n{line}\n  X11Forwarding=yes\n");
        let wanted =
            format!("X11Forwarding yes\n{line}\n#h was:   X11Forwarding=yes\n  X11Forwarding no\n");
        assert_eq!(block("sshd_config", &text, criteria), (true, wanted.clone()), "{line}");
        assert_eq!(block("sshd_config", &wanted, criteria), (true, wanted), "{line}");
    }
}

#[test]
fn a_value_that_stands_elsewhere_is_no_success() {
    for (name, text) in [
        // Included below `Match` of another file.
        ("part.conf", "X11Forwarding yes\n"),
        ("sshd_config", "Match User ann\nX11Forwarding yes\n"),
        ("sshd_config", "Match User bob\n\"X11Forwarding\" yes\n"),
    ] {
        let (is_taken, out) = block(name, text, "User bob");
        assert!(!is_taken && out != text, "{text}: a look has to see that it differs: {out}");
    }
    // Somebody took the block out.
    for text in ["X11Forwarding yes\n", "Match User ann\nX11Forwarding no\n"] {
        assert_eq!(block("sshd_config", text, "User bob"), (true, text.to_owned()));
    }
}

#[test]
fn a_line_says_it_only_as_its_reader_takes_it() {
    for (key, value, line, is_right) in [
        ("PASS_MAX_DAYS", "365", "PASS_MAX_DAYS\t 365 ", true),
        ("PASS_MAX_DAYS", "365", "PASS_MAX_DAYS = 365", false),
        ("PASS_MAX_DAYS", "365", "PASS_MAX_DAYS =365", false),
        ("PASS_MAX_DAYS", "365", "PASS_MAX_DAYS=365", false),
        ("space_left =", "75", "Space_Left  = 75", true),
        ("space_left =", "75", "space_left=75", false),
        ("INACTIVE=", "30", "INACTIVE=30", true),
        ("INACTIVE=", "30", "INACTIVE = 30", false),
    ] {
        let text = format!("{line}\n");
        let variables = [("KEY", key), ("VALUE", value)];
        let (_, out) = edited(&[WORDS.text, LINE.text], "a", &text, &variables);
        assert_eq!(out == text, is_right, "{line}: {out}");
        assert!(is_right || out.starts_with(&format!("#h was: {line}\n")), "{line}: {out}");
    }
}

fn told(scope: &str, place: (&str, u32)) -> Setting {
    let of = setting(sshd("Include"), Aspect::Value, "PermitRootLogin", Some(place));
    Setting { scope: Some(scope.into()), ..of }
}

#[test]
fn a_flag_is_taken_out_by_people() {
    let (control, _) = root_login();
    let flag = ("/etc/default/ssh", 2);
    let value = setting(sshd("PermitRootLogin"), Aspect::Value, "yes", Some(flag));
    let found = seen(vec![value, told("flag", flag)]);
    for tool in Tool::ALL {
        let rendered = render(&control, &[0], &found, tool);
        assert_eq!((rendered.code.as_str(), rendered.manual.len()), ("", 1), "{tool:?}");
        let said = "the flag that sets `PermitRootLogin` out of /etc/default/ssh (line 2)";
        assert!(rendered.manual[0].contains(said), "{:?}", rendered.manual);
    }
}

#[test]
fn what_a_block_for_everybody_says_is_changed_there() {
    let (control, _) = root_login();
    let all = ("/etc/ssh/sshd_config.d/a.conf", 2);
    let value = setting(sshd("PermitRootLogin"), Aspect::Value, "yes", Some(all));
    let found = seen(vec![value, told("all", all)]);
    let code = own_part(&render(&control, &[0], &found, Tool::Shell).code);
    assert!(code.contains("\nset_match /etc/ssh/sshd_config.d/a.conf PermitRootLogin no all\n"));
    assert!(!code.contains("\ntop_block ") && !code.contains("\nwrite_file "), "{code}");
    for tool in Tool::ALL {
        let rendered = render(&control, &[0], &found, tool);
        assert!(rendered.code.contains("under Match all"), "{tool:?}: {}", rendered.code);
    }
}

#[test]
fn what_is_read_behind_our_file_is_changed_in_its_place() {
    let of = Resource::Key { dialect: Dialect::Pwquality, key: "minlen".into() };
    let ensure = vec![key(Dialect::Pwquality, "minlen", Wanted::AtLeast(12))];
    let control = control("length", "Passwords are long", ensure, Risk::default());
    for path in ["/etc/security/pwquality.conf", "/etc/security/pwquality.conf.d/zzzz.conf"] {
        let found = seen(vec![setting(of.clone(), Aspect::Value, "6", Some((path, 1)))]);
        let code = own_part(&render(&control, &[0], &found, Tool::Shell).code);
        assert!(code.contains(&format!("\nset_line {path} 'minlen =' 12\n")), "{code}");
    }
}

#[test]
fn an_exclusion_behind_our_file_goes() {
    let ensure = vec![Desired::Sysctl { key: "kernel.sysrq".into(), value: is("0") }];
    let control = control("keys", "Magic keys do nothing", ensure, Risk::default());
    let code = |path| {
        let out = setting(sysctl("kernel.sysrq"), Aspect::Boot, "absent", Some((path, 1)));
        own_part(&render(&control, &[0], &seen(vec![out]).at_rest(), Tool::Shell).code)
    };
    assert!(code("/etc/sysctl.d/zzzz.conf").contains("\nsilence /etc/sysctl.d/zzzz.conf "));
    assert!(!code("/etc/sysctl.d/50-a.conf").contains("\nsilence "));
}

#[test]
fn rules_of_the_one_file_are_not_thrown_away() {
    let ensure = vec![key(Dialect::AuditRules, "/usr/bin/runc", is("wa"))];
    let control = control("watched", "It is watched", ensure, Risk::default());
    let of = || Resource::Key { dialect: Dialect::AuditRules, key: "/usr/bin/runc".into() };
    let own = setting(of(), Aspect::Value, "absent", Some(("/etc/audit/audit.rules", 1)));
    let folder = setting(of(), Aspect::Value, "absent", Some(("/etc/audit/rules.d/a.rules", 1)));
    for tool in Tool::ALL {
        let rendered = render(&control, &[0], &seen(vec![own.clone()]), tool);
        assert_eq!((rendered.code.as_str(), rendered.manual.len()), ("", 1), "{tool:?}");
        assert!(rendered.manual[0].contains("/etc/audit/audit.rules"), "{:?}", rendered.manual);
        let rendered = render(&control, &[0], &seen(vec![folder.clone()]), tool);
        assert!(rendered.manual.is_empty() && !rendered.code.is_empty(), "{tool:?}");
    }
}
