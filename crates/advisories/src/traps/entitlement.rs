//! What somebody has to be entitled to: Ubuntu Pro, SUSE's long-term support, Red Hat's minor
//! releases.

use super::{compile, component, fixed, of, range, record, said};

const NONE: [&str; 0] = [];
const UNKNOWN: &str =
    "its fix is for whoever is entitled to it, and nothing says whether this host is";

#[test]
fn ubuntu_pro_counts_only_with_known_entitlement() {
    let json = record("USN-1", "", "Ubuntu:Pro:18.04:LTS", "door", &fixed("1.0-1ubuntu1+esm2"));
    let feed = [("Ubuntu", json.as_str())];
    assert_eq!(of(&feed, "Ubuntu:18.04", "door", "1.0-1ubuntu1"), [format!("?USN-1 {UNKNOWN}")]);
    // Who has such a package is entitled to it; and so is who says so.
    assert_eq!(of(&feed, "Ubuntu:18.04", "door", "1.0-1ubuntu1+esm1"), ["!USN-1"]);
    assert_eq!(of(&feed, "Ubuntu:18.04", "door", "1.0-1ubuntu1+esm2"), NONE);
    assert_eq!(of(&feed, "Ubuntu:Pro:18.04:LTS", "door", "1.0-1ubuntu1"), ["!USN-1"]);
}

#[test]
fn where_both_speak_the_archive_that_is_used_has_the_word() {
    let alias = r#""upstream": ["CVE-2026-0001"],"#;
    let archive = range(r#"{"introduced": "0"}"#);
    let compiled = compile(&[
        ("Ubuntu", &record("U-1", alias, "Ubuntu:20.04:LTS", "door", &archive)),
        ("Ubuntu", &record("U-2", alias, "Ubuntu:Pro:20.04:LTS", "door", &fixed("1.0-1+esm1"))),
    ]);
    let of =
        |ecosystem: &str, version: &str| said(&compiled, &component(ecosystem, "door", version));
    assert_eq!(of("Ubuntu:20.04", "1.0-1"), ["!CVE-2026-0001"]);
    assert_eq!(of("Ubuntu:20.04", "1.0-1+esm1"), NONE);
    assert_eq!(of("Ubuntu:Pro:20.04", "1.0-1+esm1"), NONE);
    assert_eq!(of("Ubuntu:Pro:20.04", "1.0-1"), ["!CVE-2026-0001"]);
}

#[test]
fn what_the_open_archive_mended_is_not_asked_of_the_other() {
    let alias = r#""upstream": ["CVE-2026-0001"],"#;
    let compiled = compile(&[
        ("Ubuntu", &record("U-1", alias, "Ubuntu:20.04:LTS", "door", &fixed("1.0-1ubuntu2"))),
        ("Ubuntu", &record("U-2", alias, "Ubuntu:Pro:20.04:LTS", "door", &fixed("1.0-3+esm1"))),
    ]);
    assert_eq!(said(&compiled, &component("Ubuntu:20.04", "door", "1.0-1ubuntu2")), NONE);
}
