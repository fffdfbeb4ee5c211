//! Names: as each ecosystem compares them.

use super::{Ecosystem, Index, compile, fixed, of, range, record};

const NONE: [&str; 0] = [];

#[test]
fn names_are_compared_as_their_ecosystem_does() {
    for (ecosystem, written, asked, same) in [
        ("PyPI", "Zope.Interface", "zope-interface", true),
        ("NuGet", "Newtonsoft.Json", "newtonsoft.json", true),
        ("NuGet", "newtonsoft.json", "Newtonsoft.JSON", true),
        ("Packagist", "Symfony/Http-Kernel", "symfony/http-kernel", true),
        ("GitHub Actions", "TJ-Actions/Changed-Files", "tj-actions/changed-files", true),
        ("SwiftURL", "https://code.example/Apple/Swift-NIO", "code.example/apple/swift-nio", true),
        ("SwiftURL", "code.example/apple/nio", "https://code.example/Apple/NIO.git", true),
        ("SwiftURL", "code.example/apple/nio", "code.example/apple/nios", false),
        ("npm", "JSONStream", "jsonstream", false),
        ("Go", "example.org/Acme/Door", "example.org/acme/door", true),
        ("Go", "example.org/Acme/Door", "example.org/acme/Door", true),
        ("Go", "example.org/Acme/Door", "example.org/Acme/door", false),
        ("Go", "example.org/acme/door", "example.org/Acme/Door", false),
        ("Maven", "org.Example:door", "org.example:door", false),
        ("cargo", "Inflector", "inflector", false),
    ] {
        let json = record("X-1", "", ecosystem, written, &fixed("2.0.0"));
        let found = of(&[("feed", &json)], ecosystem, asked, "1.0.0");
        // An ecosystem whose order is not known yet is found, and says that it cannot compare.
        assert_eq!(!found.is_empty(), same, "{ecosystem}: {written} and {asked}: {found:?}");
    }
}

/// Package URLs of Go modules are in lower case, and a record may name that spelling as well.
#[test]
fn a_go_module_of_two_spellings_is_told_once() {
    let package = |name: &str| {
        format!(r#"{{"package": {{"ecosystem": "Go", "name": "{name}"}}, {}}}"#, fixed("2.0.0"))
    };
    let (capital, small) = (package("example.org/Acme/Door"), package("example.org/acme/door"));
    let json = format!(
        r#"{{"id": "GO-1", "modified": "2026-01-02T03:04:05Z", "affected": [{capital}, {small}]}}"#
    );
    let compiled = compile(&[("Go", &json)]);
    let index = Index::open(&compiled.bytes).unwrap();
    for name in ["example.org/Acme/Door", "example.org/acme/door"] {
        assert_eq!(index.about(&Ecosystem::new("Go"), name).len(), 1, "{name}");
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

/// Java's packages name their builds by words that announce no release.
#[test]
fn the_name_of_a_build_is_no_pre_release() {
    for (version, near, far) in [
        ("4.1.99.Final", "4.1.100.Final", "5.0.0"),
        ("5.3.1.RELEASE", "5.3.2.RELEASE", "6.0.0"),
        ("1.0.GA", "1.1.GA", "2.0"),
        ("9.4.53.v20231009", "9.4.54.v20240208", "10.0.20"),
        ("31.0-jre", "32.0.0-jre", "33.0.0"),
    ] {
        assert_eq!(smallest(version, near, far).as_deref(), Some(near), "{version}");
    }
    // These do announce one, and the release is preferred.
    for early in [
        "2.0-alpha1",
        "2.0-b2",
        "2.0.0.Beta1",
        "2.0-M3",
        "2.0-milestone-1",
        "2.0-rc1",
        "2.0.0.CR2",
        "2.0-SNAPSHOT",
        "2.0-preview.1",
    ] {
        assert_eq!(smallest("1.0", early, "3.0").as_deref(), Some("3.0"), "{early}");
    }
}

/// The smallest safe version of a Java package that is mended in one version of its own branch,
/// and in another one of a branch that broke later.
fn smallest(version: &str, near: &str, far: &str) -> Option<String> {
    let events = format!(
        r#"{{"introduced": "0"}}, {{"fixed": "{near}"}}, {{"introduced": "{near}.9"}}, {{"fixed": "{far}"}}"#
    );
    let json = record("GHSA-1", "", "Maven", "org.example:door", &range(&events));
    let compiled = compile(&[("Maven", &json)]);
    let index = Index::open(&compiled.bytes).unwrap();
    crate::lift::lowest_safe(&index, &Ecosystem::new("Maven"), "org.example:door", version)
}
