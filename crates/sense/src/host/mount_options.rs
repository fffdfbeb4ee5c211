//! The options of a mount as words, mount(8): what a list of them comes to, and the escapes of the
//! fields in which they stand.
//!
//! Knows words; must not know where they were read.

/// No option that anybody asks for is longer, in bytes.
const MAX_WORD: usize = 256;

/// Words that mean something to mount(8), systemd or nobody, and nothing to the kernel. `defaults`
/// takes nothing back of what stands before it.
const FOR_OTHERS: &[&str] = &[
    "defaults", "auto", "noauto", "nouser", "nofail", "fail", "_netdev", "async", "atime",
    "diratime", "bind", "rbind", "loop", "nomand",
];

/// What a list of options comes to: `rw` or `ro`, which of `nosuid`, `nodev` and `noexec` hold, then
/// all others in their order. Of two words that contradict each other the later counts.
pub(super) fn effective(list: &str) -> String {
    let (mut ro, mut nosuid, mut nodev, mut noexec) = (false, false, false, false);
    let mut others: Vec<&str> = Vec::new();
    for word in words(list) {
        match word {
            "ro" | "rw" => ro = word == "ro",
            "nosuid" | "suid" => nosuid = word == "nosuid",
            "nodev" | "dev" => nodev = word == "nodev",
            "noexec" | "exec" => noexec = word == "noexec",
            "user" | "users" => (nosuid, nodev, noexec) = (true, true, true),
            "owner" | "group" => (nosuid, nodev) = (true, true),
            other if FOR_OTHERS.contains(&other) || for_systemd(other) => {}
            other => {
                others.retain(|known| !same_key(known, other));
                others.push(other);
            }
        }
    }
    let mut out = String::from(if ro { "ro" } else { "rw" });
    for (holds, word) in [(nosuid, "nosuid"), (nodev, "nodev"), (noexec, "noexec")] {
        if holds {
            out.push(',');
            out.push_str(word);
        }
    }
    for other in others {
        out.push(',');
        out.push_str(other);
    }
    out
}

/// The words of a list. A comma in quotes separates nothing, as in contexts of SELinux.
pub(super) fn words(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    list.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(str::trim)
    .filter(|word| !word.is_empty() && word.len() <= MAX_WORD)
}

fn for_systemd(word: &str) -> bool {
    ["x-", "X-", "comment=", "user="].iter().any(|start| word.starts_with(start))
}

/// Whether two words set the same thing: `size=1m` and `size=10%`, `noatime` and `relatime`.
fn same_key(a: &str, b: &str) -> bool {
    const TIMES: [&str; 3] = ["noatime", "relatime", "strictatime"];
    let key = |word: &str| word.split('=').next().unwrap_or_default().to_owned();
    key(a) == key(b) || TIMES.contains(&a) && TIMES.contains(&b)
}

/// A field with its octal escapes resolved (fstab(5), proc_pid_mountinfo(5)): `\040` is a blank.
pub(super) fn unescaped(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let digits = escape.get(1..4).filter(|three| three.bytes().all(|b| b.is_ascii_digit()));
        // Only characters of one byte are ever written so: others need no escape.
        let code = digits.and_then(|three| u8::from_str_radix(three, 8).ok());
        if let Some(byte) = code.filter(u8::is_ascii) {
            out.push(char::from(byte));
            rest = escape.get(4..).unwrap_or_default();
        } else {
            out.push('\\');
            rest = escape.get(1..).unwrap_or_default();
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_later_of_two_words_counts() {
        for (list, wanted) in [
            ("defaults", "rw"),
            ("", "rw"),
            ("nosuid,defaults", "rw,nosuid"),
            ("defaults,nosuid", "rw,nosuid"),
            ("noexec,nodev,nosuid,exec", "rw,nosuid,nodev"),
            ("user", "rw,nosuid,nodev,noexec"),
            ("users,exec", "rw,nosuid,nodev"),
            ("owner,dev", "rw,nosuid"),
            ("ro,rw,ro", "ro"),
            ("size=1m, relatime ,,size=10%,mode=1777", "rw,relatime,size=10%,mode=1777"),
            ("strictatime,noatime", "rw,noatime"),
            ("nofail,x-systemd.automount,comment=a,_netdev,hidepid=2", "rw,hidepid=2"),
            ("context=\"a:b:c0,c1\",nodev", "rw,nodev,context=\"a:b:c0,c1\""),
            ("nodevice,nosuid1", "rw,nodevice,nosuid1"),
        ] {
            assert_eq!(effective(list), wanted, "{list}");
        }
    }

    #[test]
    fn escapes_are_octal_and_nothing_else_is_one() {
        for (field, wanted) in [
            ("/a\\040b", "/a b"),
            ("/a\\134040", "/a\\040"),
            ("\\011\\012\\043", "\t\n#"),
            ("/a\\", "/a\\"),
            ("/a\\04", "/a\\04"),
            ("/a\\777é", "/a\\777é"),
            ("/a\\0é9", "/a\\0é9"),
            ("", ""),
        ] {
            assert_eq!(unescaped(field), wanted, "{field}");
        }
    }

    proptest! {
        /// What came out once comes out again, and nothing panics on the way.
        #[test]
        fn what_a_list_comes_to_is_settled(list in "[a-z=,\"% ]{0,24}|((no)?(dev|suid|exec),){0,6}") {
            let once = effective(&list);
            prop_assert_eq!(effective(&once), once);
        }

        #[test]
        fn no_field_panics(field in "[\\\\0-9aé]{0,16}") {
            prop_assert!(unescaped(&field).len() <= field.len());
        }
    }
}
