//! Names: as each ecosystem compares them.

use super::{fixed, of, record};

const NONE: [&str; 0] = [];

#[test]
fn names_are_compared_as_their_ecosystem_does() {
    for (ecosystem, written, asked, same) in [
        ("PyPI", "Zope.Interface", "zope-interface", true),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json", true),
        ("NuGet", "newtonsoft.json", "Newtonsoft.JSON", true),
        ("Packagist", "Symfony/Http-Kernel", "symfony/http-kernel", true),
        ("GitHub Actions", "TJ-Actions/Changed-Files", "tj-actions/changed-files", true),
        ("npm", "JSONStream", "jsonstream", false),
        ("Go", "example.org/Door", "example.org/door", false),
        ("Maven", "org.Example:door", "org.example:door", false),
        ("cargo", "Inflector", "inflector", false),
    ] {
        let json = record("X-1", "", ecosystem, written, &fixed("2.0.0"));
        let found = of(&[("feed", &json)], ecosystem, asked, "1.0.0");
        // An ecosystem whose order is not known yet is found, and says that it cannot compare.
        assert_eq!(!found.is_empty(), same, "{ecosystem}: {written} and {asked}: {found:?}");
    }
}

#[test]
fn versions_of_go_modules() {
    let events = |fixed: &str| {
        format!(
            r#""ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]"#
        )
    };
    let json =
        record("GO-1", "", "Go", "example.org/door", &events("0.0.0-20230101120000-abcdefabcdef"));
    let feed = [("Go", json.as_str())];
    let old = "v0.0.0-20221231235959-0123456789ab";
    assert_eq!(of(&feed, "Go", "example.org/door", old), ["!GO-1"]);
    let new = "v0.0.0-20230101120000-abcdefabcdef";
    assert_eq!(of(&feed, "Go", "example.org/door", new), NONE);
    assert_eq!(of(&feed, "Go", "example.org/door", "v0.1.0"), NONE);

    let json = record("GO-2", "", "Go", "example.org/door", &events("20.10.9+incompatible"));
    let feed = [("Go", json.as_str())];
    assert_eq!(of(&feed, "Go", "example.org/door", "v20.10.8+incompatible"), ["!GO-2"]);
    assert_eq!(of(&feed, "Go", "example.org/door", "v20.10.9+incompatible"), NONE);
    assert_eq!(of(&feed, "Go", "example.org/door", "v20.10.9"), NONE);

    // A pseudo-version after a release is behind it, and before the next one.
    let json = record("GO-3", "", "Go", "example.org/door", &events("1.2.4"));
    let feed = [("Go", json.as_str())];
    let between = "v1.2.4-0.20230101120000-abcdefabcdef";
    assert_eq!(of(&feed, "Go", "example.org/door", between), ["!GO-3"]);
}

#[test]
fn the_standard_library_and_the_toolchain_of_go_are_packages_apart() {
    let events = r#""ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.21.5"}, {"introduced": "1.22.0-0"}, {"fixed": "1.22.0-rc.2"}]}]"#;
    let library = record("GO-1", "", "Go", "stdlib", events);
    let chain = record("GO-2", "", "Go", "toolchain", events);
    let feed = [("Go", library.as_str()), ("Go", &chain)];
    assert_eq!(of(&feed, "Go", "stdlib", "1.21.4"), ["!GO-1"]);
    assert_eq!(of(&feed, "Go", "toolchain", "go1.21.4"), ["!GO-2"]);
    assert_eq!(of(&feed, "Go", "stdlib", "go1.22rc1"), ["!GO-1"]);
    assert_eq!(of(&feed, "Go", "stdlib", "go1.22rc2"), NONE);
    assert_eq!(of(&feed, "Go", "stdlib", "1.21.5"), NONE);
}
