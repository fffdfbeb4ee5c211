use proptest::prelude::*;

use super::*;

fn is(value: &str) -> Wanted {
    Wanted::Is(value.into())
}

#[test]
fn the_kernel_reads_numbers_with_base_zero() {
    let kernel = Reads::Kernel;
    for (value, wanted) in [("0", "0"), ("00", "0"), ("0x10", "16"), ("010", "8"), ("+1", "1")] {
        assert!(meets(kernel, value, &is(wanted)), "{value} {wanted}");
    }
    for (value, wanted) in [("10", "0x0a0"), ("1", "0"), ("--1", "1"), ("a", "b"), ("", "0")] {
        assert!(!meets(kernel, value, &is(wanted)), "{value} {wanted}");
    }
    assert!(meets(kernel, "4096\t87380\t6291456", &is("4096 87380 6291456")));
    assert!(!meets(kernel, "4096\t87380", &is("4096 87380 6291456")));
    assert!(meets(kernel, "2", &Wanted::AtLeast(1)) && !meets(kernel, "0", &Wanted::AtLeast(1)));
}

#[test]
fn no_limit_is_at_most_nothing() {
    let days = Reads::Key(Dialect::LoginDefs);
    assert!(meets(days, "365", &Wanted::AtMost(365)) && !meets(days, "366", &Wanted::AtMost(365)));
    assert!(!meets(days, "-1", &Wanted::AtMost(365)));
    assert!(!meets(days, "-1", &Wanted::AtLeast(1)));
    let limits = Reads::Key(Dialect::Limits);
    for word in ["-1", "unlimited", "infinity"] {
        assert!(
            !meets(limits, word, &Wanted::AtMost(9)) && meets(limits, word, &Wanted::AtLeast(9))
        );
        assert!(meets(limits, word, &is("unlimited")) && !meets(limits, word, &is("0")));
    }
    let grace = Reads::Sshd("LoginGraceTime");
    assert!(meets(grace, "1m", &Wanted::AtMost(60)) && !meets(grace, "1m1s", &Wanted::AtMost(60)));
    assert!(!meets(grace, "0", &Wanted::AtMost(60)));
    for silent in ["ClientAliveInterval", "ClientAliveCountMax"] {
        assert!(!meets(Reads::Sshd(silent), "0", &Wanted::AtMost(300)), "{silent}");
        assert!(meets(Reads::Sshd(silent), "3", &Wanted::AtMost(300)), "{silent}");
    }
    assert!(meets(Reads::Sshd("MaxAuthTries"), "0", &Wanted::AtMost(4)));
}

#[test]
fn a_list_names_only_what_it_may() {
    let macs = Reads::Sshd("MACs");
    let wanted = Wanted::SubsetOf(vec!["hmac-sha2-512".into(), "hmac-sha2-256".into()]);
    for value in ["hmac-sha2-256", "hmac-sha2-512", "hmac-sha2-256,hmac-sha2-512"] {
        assert!(meets(macs, value, &wanted), "{value}");
    }
    for value in [
        "",
        ",",
        "hmac-sha2-256,",
        "hmac-sha2-256,hmac-md5",
        "hmac-sha2-5123",
        "hmac-sha2-51",
        "HMAC-SHA2-512",
        "hmac-sha2-*",
        "+hmac-sha2-512",
        "hmac-sha2-256 hmac-sha2-512",
    ] {
        assert!(!meets(macs, value, &wanted), "{value}");
    }
}

#[test]
fn words_of_sshd_ignore_case_and_know_their_old_names() {
    let root = Reads::Sshd("PermitRootLogin");
    assert!(meets(root, "No", &is("no")) && !meets(root, "yes", &is("no")));
    assert!(meets(root, "without-password", &is("prohibit-password")));
    assert!(!meets(root, "no-such", &is("no")));
    assert!(!meets(Reads::Sshd("Banner"), "without-password", &is("prohibit-password")));
    let either = Wanted::OneOf(vec!["no".into(), "prohibit-password".into()]);
    assert!(meets(root, "prohibit-password", &either) && !meets(root, "yes", &either));
}

#[test]
fn startups_are_strict_in_each_part() {
    let most = Startups::parse("10:30:60").unwrap();
    let meets =
        |value: &str| meets(Reads::Sshd("MaxStartups"), value, &Wanted::StartupsAtMost(most));
    // Where all are turned away before some would have been, the rate is no matter.
    for value in ["10:30:60", "10:30:10", "5:30:20", "5:50:60", "1:100:1", "10", "7", "5:10:8"] {
        assert!(meets(value), "{value}");
    }
    for value in [
        "10:30:61",
        "11:30:60",
        "10:29:60",
        "5:10:11",
        "100",
        "11",
        "",
        "a",
        "10:30",
        "10:30:60:1",
        "0:30:60",
        "20:30:10",
        "5:0:10",
        "5:101:10",
        "-1",
    ] {
        assert!(!meets(value), "{value}");
    }
    let within = |found: &str| Startups::parse(found).unwrap().within(most).to_string();
    for (found, set) in [
        ("8:30:100", "8:30:60"),
        ("100:30:100", "10:30:60"),
        ("100", "10:30:60"),
        ("20:70:50", "10:70:50"),
        ("5:10:90", "5:30:60"),
    ] {
        assert_eq!(within(found), set);
        assert!(meets(set), "{set}");
    }
}

#[test]
fn modes_are_octal_digits() {
    assert_eq!(mode("0640"), Some(0o640));
    assert_eq!(mode("4755"), Some(0o4755));
    assert_eq!(mode("755"), Some(0o755));
    for text in ["", "64", "00640", "0998", "+644", "-644", "rw-r"] {
        assert_eq!(mode(text), None, "{text}");
    }
    // A smaller number that lets everybody read.
    assert!(!mode_meets(0o604, ModeWanted::AtMost(0o640)));
}

proptest! {
    #[test]
    fn at_most_is_a_subset_test(bits in 0_u32..0o10000, allowed in 0_u32..0o10000) {
        let subset = (0..12).all(|n| bits & (1 << n) == 0 || allowed & (1 << n) != 0);
        prop_assert_eq!(mode_meets(bits, ModeWanted::AtMost(allowed)), subset);
    }

    #[test]
    fn fewer_bits_never_fail(bits in 0_u32..0o10000, fewer in 0_u32..0o10000, allowed in 0_u32..0o10000) {
        let wanted = ModeWanted::AtMost(allowed);
        prop_assert!(!mode_meets(bits, wanted) || mode_meets(bits & fewer, wanted));
    }

    #[test]
    fn no_value_panics(value in ".{0,40}", number: i64) {
        for reads in [Reads::Kernel, Reads::Sshd("LoginGraceTime"), Reads::Key(Dialect::LoginDefs),
            Reads::Key(Dialect::Limits), Reads::Key(Dialect::Apt), Reads::Key(Dialect::Sudoers)]
        {
            let list = Wanted::SubsetOf(vec!["0".into()]);
            for wanted in [Wanted::AtMost(number), Wanted::AtLeast(number), is("0"), list] {
                let _ = meets(reads, &value, &wanted);
            }
        }
        let _ = mode(&value);
    }

    #[test]
    fn numbers_are_the_same_in_every_base(number in 0_i64..i64::MAX) {
        for text in [format!("{number:#x}"), format!("0{number:o}"), number.to_string()] {
            prop_assert!(meets(Reads::Kernel, &text, &is(&number.to_string())), "{}", text);
        }
    }
}

#[test]
fn each_family_has_its_own_sense_of_the_same() {
    let key = Reads::Key;
    for (reads, value, wanted, result) in [
        (key(Dialect::Auditd), "keep_logs", "KEEP_LOGS", true),
        (key(Dialect::AuditRules), "rwxa", "wa", true),
        (key(Dialect::AuditRules), "aw", "wa", true),
        (key(Dialect::AuditRules), "rw", "wa", false),
        (key(Dialect::Journald), "yes", "true", true),
        (key(Dialect::Journald), "persistent", "Persistent", false),
        (key(Dialect::Journald), "no", "yes", false),
        (key(Dialect::Profile), "0027", "027", true),
        (key(Dialect::Profile), "022", "027", false),
        (key(Dialect::Profile), "u=rwx", "027", false),
        (key(Dialect::Docker), "True", "true", false),
        (key(Dialect::CpuFlaws), "not affected", "Not affected", false),
    ] {
        assert_eq!(meets(reads, value, &is(wanted)), result, "{value} {wanted}");
    }
    assert!(!meets(key(Dialect::Useradd), "-1", &Wanted::AtMost(30)));
    assert!(meets(key(Dialect::Useradd), "30", &Wanted::AtMost(30)));
}

#[test]
fn a_period_of_apt_may_have_a_unit() {
    let daily = Wanted::OneOf(vec!["1".into(), "always".into()]);
    let reads = |key: &str| Reads::of_key(Dialect::Apt, key);
    for (value, result) in [
        ("1", true),
        ("always", true),
        ("1d", true),
        ("24h", true),
        ("12h", true),
        ("3600s", true),
        ("90m", true),
        ("0", false),
        ("0h", false),
        ("-1h", false),
        ("25h", false),
        ("2d", false),
        ("7", false),
        ("h", false),
        ("1w", false),
    ] {
        let found = meets(reads("APT::Periodic::Unattended-Upgrade"), value, &daily);
        assert_eq!(found, result, "{value}");
    }
    assert!(!meets(reads("APT::Other"), "1d", &daily), "other keys have no unit");
    assert!(!meets(reads("apt::periodic::enable"), "0", &Wanted::AtLeast(1)));
}

#[test]
fn no_part_of_a_list_is_one_that_is_not_wanted() {
    let none = Wanted::NoneOf(vec!["".into(), ".".into()]);
    let path = Reads::Key(Dialect::Profile);
    for (value, result) in [
        ("/usr/bin:/bin", true),
        ("$PATH:/opt/./bin", true),
        ("/bin:.", false),
        (".:/bin", false),
        ("/bin:", false),
        ("/bin::/sbin", false),
        ("", false),
        ("/bin:./", false),
        ("bin:/bin", false),
        ("/bin:..", false),
        ("/bin:$PWD", false),
        ("/bin:${PWD}/x", false),
        ("$PWDS:~/bin:${HOME}/bin:$(x)", true),
    ] {
        assert_eq!(meets(path, value, &none), result, "{value}");
    }
    // What is no list is one whole.
    let reads = Reads::Key(Dialect::Auditd);
    assert!(meets(reads, "a:.", &none) && !meets(reads, ".", &none));
}
