//! The family of a distribution: whose packages, files and habits it shares.
//!
//! Knows which distributions others are made from. Must not know where their names are read.

/// Distributions of which others are made, or that say of themselves less than they should, each with
/// its family.
const KNOWN: &[(&str, &str)] = &[
    ("almalinux", "rhel"),
    ("alpine", "alpine"),
    ("amzn", "rhel"),
    ("arch", "arch"),
    ("centos", "rhel"),
    ("debian", "debian"),
    ("fedora", "rhel"),
    ("gentoo", "gentoo"),
    // It says that it is like Fedora, and names its packages otherwise.
    ("mageia", "mageia"),
    ("ol", "rhel"),
    ("opensuse", "suse"),
    ("rhel", "rhel"),
    ("rocky", "rhel"),
    ("sled", "suse"),
    ("sles", "suse"),
    ("suse", "suse"),
    ("ubuntu", "debian"),
];

/// The family, and whether the distribution's relatives told it. One that is like none that is known
/// is a family of its own.
pub(super) fn of<'a>(id: &'a str, relatives: &'a [String]) -> (&'a str, bool) {
    if let Some(family) = known(id) {
        return (family, false);
    }
    match relatives.iter().find_map(|relative| known(relative)) {
        Some(family) => (family, true),
        None => (id, false),
    }
}

/// By the first word: `opensuse-leap` is of the family of `opensuse`.
fn known(id: &str) -> Option<&'static str> {
    let first = id.split(['-', '_']).next().unwrap_or(id);
    KNOWN.iter().find(|(name, _)| *name == first).map(|(_, family)| *family)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::os_release::relatives;

    #[test]
    fn a_family_is_told_by_the_nearest_relative_that_is_known() {
        for (id, like, wanted) in [
            ("debian", "", ("debian", false)),
            ("ubuntu", "ID_LIKE=debian\n", ("debian", false)),
            ("kali", "ID_LIKE=debian\n", ("debian", true)),
            ("linuxmint", "ID_LIKE=\"ubuntu debian\"\n", ("debian", true)),
            ("raspbian", "ID_LIKE=debian\n", ("debian", true)),
            ("rocky", "ID_LIKE=\"rhel centos fedora\"\n", ("rhel", false)),
            ("eurolinux", "ID_LIKE=\"rhel fedora centos\"\n", ("rhel", true)),
            ("amzn", "ID_LIKE='fedora'\n", ("rhel", false)),
            ("opensuse-leap", "ID_LIKE=\"suse opensuse\"\n", ("suse", false)),
            ("sles_sap", "", ("suse", false)),
            ("postmarketos", "ID_LIKE=\"alpine\"\n", ("alpine", true)),
            ("manjaro", "ID_LIKE=arch\n", ("arch", true)),
            ("mageia", "ID_LIKE=\"mandriva fedora\"\n", ("mageia", false)),
            ("nixos", "", ("nixos", false)),
            ("wolfi", "ID_LIKE=\"\"\n", ("wolfi", false)),
            ("own", "ID_LIKE=\"other thing\"\n", ("own", false)),
        ] {
            assert_eq!(of(id, &relatives(like.as_bytes())), wanted, "{id} {like}");
        }
    }

    #[test]
    fn relatives_are_words_and_the_last_line_counts() {
        let told = |text: &str| relatives(text.as_bytes());
        assert_eq!(told("ID_LIKE=debian\nID_LIKE=\"ubuntu debian\"\n"), ["ubuntu", "debian"]);
        assert_eq!(told("# ID_LIKE=debian\nID_LIKE=\"De/bian rhel\"\n"), ["rhel"]);
        for text in ["", "ID_LIKE\n", "ID_LIKE=\n", "ID_LIKE=\"\n", "XID_LIKE=debian\n"] {
            assert_eq!(told(text), [""; 0], "{text:?}");
        }
        assert_eq!(relatives(b"ID_LIKE=\xff\n"), [""; 0]);
    }
}
