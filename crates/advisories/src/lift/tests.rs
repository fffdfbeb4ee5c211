//! What requirements become.

use holdfast_model::{Ecosystem, FixKind};
use proptest::prelude::*;

use super::*;

#[track_caller]
fn lifts(ecosystem: &str, rows: &[(&str, &str, &str, FixKind)]) {
    for (range, target, wanted, kind) in rows {
        let lift = requirement(&Ecosystem::new(ecosystem), range, None, target);
        let found = lift.as_ref().map(|lift| (lift.text.as_str(), lift.kind));
        assert_eq!(found, Some((*wanted, *kind)), "{ecosystem} `{range}` to {target}");
        let because = lift.map(|lift| lift.because).unwrap_or_default();
        assert_eq!(because.is_empty(), *kind == FixKind::Safe, "{range}: {because}");
    }
}

use FixKind::{Risky, Safe};

#[test]
fn rust_requirements() {
    lifts(
        "cargo",
        &[
            ("1.2", "1.5.3", "1.5.3", Safe),
            ("^1.2", "1.5.3", "^1.5.3", Safe),
            ("^1.2", "1.5.0", "^1.5", Safe),
            ("0.1", "0.2.23", "0.2.23", Risky),
            ("1", "2.0.0", "2", Risky),
            ("~1.2", "1.2.9", "~1.2.9", Safe),
            ("~1.2", "1.5.3", "~1.5.3", Risky),
            ("~1", "1.5.3", "^1.5.3", Safe),
            ("~ 0, <0.9", "0.5.3", ">= 0.5.3, <1, <0.9", Safe),
            ("=1.2.3", "1.2.4", "=1.2.4", Risky),
            ("= 1.2.3", "1.2.4", "= 1.2.4", Risky),
            (">=1, <2", "1.5.3", ">=1.5.3, <2", Safe),
            (">=1, <2", "2.1.0", ">=2.1.0, <3", Risky),
            (">= 0.3, <0.5", "0.6.1", ">= 0.6.1, <0.7", Risky),
            (">=1.0.0,<2.0.0", "3.1.4", ">=3.1.4,<4.0.0", Risky),
            ("<2", "1.5.3", "<2", Safe),
            // What a moved upper bound let in before is kept out.
            ("<=1.4", "1.5.3", ">=1.5.3, <=1.5", Risky),
            ("< 1.2", "1.2.6", ">= 1.2.6, < 1.3", Risky),
            (">1.0,<1.2", "1.2.6", ">=1.2.6,<1.3", Risky),
            ("1.*, <1.2", "1.2.6", "1.*, >=1.2.6, <1.3", Risky),
            ("1.*", "1.5.3", "1.*", Safe),
            ("1.*", "2.5.3", "2.*", Risky),
            ("1.2.*", "1.5.3", "1.5.*", Risky),
            ("*", "9.9.9", "*", Safe),
            ("0.0.3", "0.0.4", "0.0.4", Risky),
            (">1.2", "1.5.3", ">1.2", Safe),
            ("1.0.0-rc.1", "1.0.0", "1.0.0", Safe),
            ("1.5.3", "1.5.3", "1.5.3", Safe),
        ],
    );
}

#[test]
fn javascript_requirements() {
    lifts(
        "npm",
        &[
            ("^4.17.11", "4.17.21", "^4.17.21", Safe),
            ("~4.17.11", "4.17.21", "~4.17.21", Safe),
            // As far as before: `~4` goes up to the next major version.
            ("~4", "4.17.21", "^4.17.21", Safe),
            ("~1.x || ~> 4", "4.17.21", "^ 4.17.21", Safe),
            ("~4", "5.0.0", "~5", Risky),
            ("~0", "0.5.3", ">=0.5.3 <1", Safe),
            ("4.17.11", "4.17.21", "4.17.21", Risky),
            ("v4.17.11", "4.17.21", "v4.17.21", Risky),
            (">=1.0.0 <2.0.0", "1.5.3", ">=1.5.3 <2.0.0", Safe),
            (">= 1.0.0  < 2.0.0", "2.5.3", ">= 2.5.3  < 3.0.0", Risky),
            ("1.x", "1.5.3", "1.x", Safe),
            ("1.x", "2.5.3", "2.x", Risky),
            ("1", "2.5.3", "2", Risky),
            ("1.2.x", "1.5.3", "1.5.x", Risky),
            ("*", "1.5.3", "*", Safe),
            ("", "1.5.3", "", Safe),
            ("^1.2.0 || ^2.1.0", "1.5.3", "^1.5.3 || ^2.1.0", Safe),
            ("^1.2.0 || ^2.1.0", "2.3.1", "^2.3.1", Safe),
            ("^1.2.0||^2.1.0", "3.0.1", "^3.0.1", Risky),
            ("1.2 - 1.9", "1.8.3", "1.8.3 - 1.9", Safe),
            ("1.2.3 - 2.3.4", "3.0.1", "3.0.1 - 3.0.1", Risky),
            ("<2.0.0", "2.4.0", ">=2.4.0 <3.0.0", Risky),
            ("<1.2.0", "1.2.6", ">=1.2.6 <1.3.0", Risky),
            ("< 1.0.0 || < 1.2.0", "1.2.6", ">= 1.2.6 < 1.3.0", Risky),
            ("1.x <1.2.0", "1.2.6", "1.x >=1.2.6 <1.3.0", Risky),
            (">1.0.0-rc.1 <=1.0.0", "1.6.2", ">=1.6.2 <=1.6.2", Risky),
            ("<2.0.0", "1.2.6", "<2.0.0", Safe),
        ],
    );
}

#[test]
fn python_requirements() {
    lifts(
        "PyPI",
        &[
            ("==2.25.0", "2.31.0", "==2.31.0", Risky),
            ("== 2.25.0", "2.31.0", "== 2.31.0", Risky),
            ("===2.25.0", "2.31.0", "===2.31.0", Risky),
            ("~=1.2", "1.5.3", "~=1.5,>=1.5.3", Safe),
            ("~=1.2", "1.5", "~=1.5", Safe),
            ("~=1.2.3", "1.2.9", "~=1.2.9", Safe),
            ("~=1.2.3", "1.5.3", "~=1.5.3", Risky),
            ("~=1.2.3", "1.5", "~=1.5.0", Risky),
            (">=1.0,<2", "1.5.3", ">=1.5.3,<2", Safe),
            (">=1.0, <2.0", "2.1", ">=2.1, <3.0", Risky),
            (">=1.0,!=1.4,<2", "1.5.3", ">=1.5.3,!=1.4,<2", Safe),
            ("==1.2.*", "1.2.9", "==1.2.*", Safe),
            ("==1.2.*", "1.5.3", "==1.5.*", Risky),
            ("", "1.5.3", "", Safe),
            (">1.2", "1.5.3", ">1.2", Safe),
            ("<=1.4", "1.5.3", ">=1.5.3,<=1.5.3", Risky),
            ("<1.2", "1.2.6", ">=1.2.6,<1.3", Risky),
            ("!=1.1, < 1.2", "1.2.6", "!=1.1, >= 1.2.6, < 1.3", Risky),
            (">1.0,<1.2", "1.2.6", ">=1.2.6,<1.3", Risky),
            ("==1.*,<1.2", "1.2.6", "==1.*,>=1.2.6,<1.3", Risky),
            (">=1.0", "1.5.post1", ">=1.5.post1", Safe),
        ],
    );
}

/// What is written in Poetry's own tables.
#[test]
fn poetry_requirements() {
    lifts(
        "PyPI",
        &[
            ("^1.2", "1.5.3", "^1.5.3", Safe),
            ("^1.2", "1.5", "^1.5", Safe),
            ("^0.3", "0.4.1", "^0.4.1", Risky),
            ("^2.25", "3.0.0", "^3.0", Risky),
            ("~1.2", "1.2.9", "~1.2,>=1.2.9", Safe),
            ("~1.2.3", "1.2.9", "~1.2.9", Safe),
            ("~1", "1.5.3", "~1,>=1.5.3", Safe),
            ("1.2.3", "1.2.4", "1.2.4", Risky),
            ("1.2.*", "1.2.4", "1.2.*", Safe),
            ("1.2.*", "1.3.4", "1.3.*", Risky),
            ("*", "1.3.4", "*", Safe),
            ("^1.2 || ^2.1", "2.3.1", "^2.3.1", Safe),
            ("^1.2|^3.0", "2.3.1", "^2.3.1|^3.0", Risky),
        ],
    );
}

#[test]
fn ruby_requirements() {
    lifts(
        "RubyGems",
        &[
            ("1.2.3", "1.2.4", "1.2.4", Risky),
            ("= 1.2.3", "1.2.4", "= 1.2.4", Risky),
            ("~> 1.2", "1.5", "~> 1.5", Safe),
            ("~> 1.2.3", "1.2.9", "~> 1.2.9", Safe),
            ("~> 1.2.3", "1.5", "~> 1.5.0", Risky),
            ("~> 1.2", "2.1.0", "~> 2.1", Risky),
            ("~> 1", "1.5.0", "~> 1.5", Safe),
            ("~> 1", "2.0.0", "~> 2", Risky),
            ("'~> 1'", "1.5.3", "'~> 1.5', '>= 1.5.3'", Safe),
            // Without quotes of its own there is no room for a second comparator.
            ("~> 1.2", "1.5.3", "~> 1.5.3", Safe),
            ("'~> 1.2'", "1.5.3", "'~> 1.5', '>= 1.5.3'", Safe),
            ("~> 1.2\", \"!= 1.4.1", "1.5.3", "~> 1.5\", \"!= 1.4.1\", \">= 1.5.3", Safe),
            ("\"~> 1.2\", \">= 1.2.5\"", "1.5.3", "\"~> 1.5\", \">= 1.5.3\"", Safe),
            ("~> 5.2.3", "5.2.4.3", "~> 5.2.4.3", Safe),
            // What stands between the first and the last quote of a call.
            ("~> 1.2', '>= 1.2.5", "1.5.3", "~> 1.5', '>= 1.5.3", Safe),
            ("~> 1.2', '>= 1.2.5", "2.1.0", "~> 2.1', '>= 2.1.0", Risky),
            (">= 1.2\", \"< 2", "1.5.3", ">= 1.5.3\", \"< 2", Safe),
            (">= 1.2', '< 2', '!= 1.4", "2.1.0", ">= 2.1.0', '< 3', '!= 1.4", Risky),
            ("> 1.2', '< 2", "1.5.3", "> 1.2', '< 2", Safe),
            (">= 1.0", "1.5.3", ">= 1.5.3", Safe),
            // In one pair of quotes two bounds are one comparator.
            ("< 2", "2.1.0", "~> 2.1.0", Risky),
            ("'< 2'", "2.1.0", "'< 3', '>= 2.1.0'", Risky),
            ("!= 1.4', '<= 1.5", "1.6.2", "!= 1.4', '<= 1.6.2', '>= 1.6.2", Risky),
            ("> 1.0', '< 1.5", "1.6.2", ">= 1.6.2', '< 1.7", Risky),
            ("", "2.1.0", "", Safe),
        ],
    );
}

#[test]
fn php_requirements() {
    lifts(
        "Packagist",
        &[
            ("^1.2", "1.5.3", "^1.5.3", Safe),
            ("^4.4", "5.1.0", "^5.1", Risky),
            ("~1.2", "1.5.3", "~1.5 >=1.5.3", Safe),
            ("~1", "1.5.0", "~1.5", Safe),
            ("~1.2.3", "1.2.9", "~1.2.9", Safe),
            ("v1.2.3", "v1.2.4", "v1.2.4", Risky),
            ("1.2.*", "1.2.4", "1.2.*", Safe),
            (">=1.0 <2.0", "1.5.3", ">=1.5.3 <2.0", Safe),
            (">=1.0, <2.0", "2.5.3", ">=2.5.3, <3.0", Risky),
            ("1.0 - 2.0", "1.5.3", "1.5.3 - 2.0", Safe),
            ("<2.0", "2.5.3", ">=2.5.3 <3.0", Risky),
            ("!=1.4, <1.5", "1.6.2", "!=1.4, >=1.6.2, <1.7", Risky),
            ("^2.1|^3.0", "3.2.1", "^3.2.1", Safe),
            ("^2.1 || ^3.0", "2.9.1", "^2.9.1 || ^3.0", Safe),
            ("^1.2@beta", "1.5.3", "^1.5.3@beta", Safe),
            // A branch says no version, and stays.
            ("^1.2 || dev-main", "1.5.3", "^1.5.3 || dev-main", Safe),
            ("dev-main|^1.2", "1.5.3", "dev-main|^1.5.3", Safe),
            ("^1.2 || 2.x-dev", "2.5.3", "^2.5.3 || 2.x-dev", Risky),
            ("^1.2 || ^2.1 || dev-main#0a1b2c", "2.5.3", "^2.5.3 || dev-main#0a1b2c", Safe),
        ],
    );
}

#[test]
fn java_and_dotnet_requirements() {
    lifts(
        "Maven",
        &[
            ("1.2.3", "1.2.4", "1.2.4", Safe),
            ("1.2.3", "2.0", "2.0", Risky),
            ("[1.2.3]", "1.2.4", "[1.2.4]", Risky),
            ("[1.0,2.0)", "1.5.3", "[1.5.3,2.0)", Safe),
            ("[1.0, 2.0)", "2.1", "[2.1, 3.0)", Risky),
            ("(1.0,2.0]", "2.1", "[2.1,2.1]", Risky),
            ("[1.0,)", "2.1", "[2.1,)", Safe),
            ("(,1.0],[1.2,)", "1.5.3", "[1.5.3,)", Safe),
            ("(,2.0]", "1.5.3", "(,2.0]", Safe),
            ("(,2.0]", "2.1", "[2.1,2.1]", Risky),
            ("(, 1.5)", "1.6.2", "[1.6.2, 1.7)", Risky),
            // As Gradle writes it.
            ("1.+", "1.5.3", "1.+", Safe),
            ("1.2.+", "1.5.3", "1.5.+", Risky),
            ("+", "1.5.3", "+", Safe),
            ("1.2.3!!", "1.5.3", "1.5.3!!", Risky),
        ],
    );
    lifts("NuGet", &[("12.0.1", "13.0.1", "13.0.1", Risky), ("13.*", "13.0.1", "13.*", Safe)]);
    lifts(
        "Pub",
        &[("^1.2.0", "1.5.3", "^1.5.3", Safe), (">=1.0.0 <2.0.0", "1.5.3", ">=1.5.3 <2.0.0", Safe)],
    );
}

/// What packages ask of one another. Only NuGet reads it in another way than a project's own line.
#[test]
fn a_range_between_packages_lets_versions_in() {
    for (ecosystem, range, version, wanted) in [
        ("NuGet", "1.2.3", "4.0.0", Some(true)),
        ("NuGet", "1.2.3", "1.2.2", Some(false)),
        ("NuGet", "[1.2.3, )", "4.0.0", Some(true)),
        ("NuGet", "[1.2.3]", "1.2.4", Some(false)),
        ("NuGet", "[1.2.3, 2.0.0)", "2.0.0", Some(false)),
        ("NuGet", "1.2.*", "1.3.0", Some(false)),
        ("NuGet", "", "4.0.0", Some(true)),
        ("NuGet", "four", "4.0.0", None),
        ("npm", "1.2.3", "1.2.4", Some(false)),
        ("npm", "", "1.2.4", Some(true)),
        ("npm", "*", "1.2.4", Some(true)),
        ("npm", "^1 || ^2", "2.4.0", Some(true)),
        ("npm", "latest", "1.2.4", None),
        ("PyPI", ">=1,<1.4", "1.4.0", Some(false)),
        ("PyPI", "*", "1.4.0", Some(true)),
        ("RubyGems", ">= 1, < 3", "2.4.0", Some(true)),
        ("RubyGems", "~> 1.2.0", "1.3.0", Some(false)),
        ("Packagist", "^1|^2", "2.4.0", Some(true)),
        ("Packagist", "dev-main", "2.4.0", None),
        ("Hex", "~> 1.2", "1.3.0", None),
        ("CocoaPods", "~> 1.2", "1.3.0", None),
    ] {
        let found = lets_in(&Ecosystem::new(ecosystem), range, version);
        assert_eq!(found, wanted, "{ecosystem} `{range}` and {version}");
    }
}

/// PEP 440, "Exclusive ordered comparison": pre-releases of a bound are left out unless the bound is
/// one itself.
#[test]
fn a_bound_that_is_a_pre_release_lets_earlier_ones_in() {
    assert_eq!(pypi::admits("<0.5rc1", "0.5.dev1"), Some(true));
    assert_eq!(pypi::admits("<0.5,>=0.4rc1", "0.5.dev1"), Some(false));
}

#[test]
fn go_requirements() {
    lifts(
        "Go",
        &[
            ("v1.2.3", "1.5.3", "v1.5.3", Safe),
            ("v0.0.0-20190101000000-abcdefabcdef", "0.17.0", "v0.17.0", Safe),
            ("v2.1.0+incompatible", "2.4.0", "v2.4.0+incompatible", Safe),
            ("v0.9.0", "1.2.0", "v1.2.0", Risky),
            ("v1.5.3", "1.5.3", "v1.5.3", Safe),
        ],
    );
    // go.dev/ref/mod#major-version-suffixes: it is a module of another path.
    for (range, target) in [("v1.2.3", "2.0.0"), ("v0.9.0", "2.0.0"), ("v2.2.1", "3.0.0")] {
        assert_eq!(requirement(&Ecosystem::new("Go"), range, None, target), None, "{range}");
    }
    let unmarked = requirement(&Ecosystem::new("Go"), "v1.2.3", None, "2.0.0+incompatible");
    assert_eq!(unmarked.map(|lift| lift.text).as_deref(), Some("v2.0.0+incompatible"));
}

#[test]
fn what_is_no_range_is_left_alone() {
    for (ecosystem, range) in [
        ("npm", "latest"),
        ("npm", "file:../x"),
        ("npm", "git+ssh://host.example/a.git"),
        ("npm", "npm:other@^1"),
        ("npm", "workspace:*"),
        ("npm", "é"),
        ("cargo", "1.2,"),
        ("cargo", "99999999999999999999"),
        ("PyPI", "==2024.*.1"),
        ("Go", "latest"),
        ("Packagist", "dev-main"),
        ("Packagist", "1.x-dev as 1.2"),
        ("Packagist", "dev-main || 2.x-dev"),
        ("Packagist", "^1.2 || dev-main as 1.2"),
        ("RubyGems", "~> 1.2 || ~> 2"),
        ("Maven", "${tiller.version}"),
        ("Maven", "[1.0,2.0"),
        ("Maven", "(1.0)"),
        ("NuGet", "é"),
        ("Debian:12", "1.0"),
    ] {
        let lift = requirement(&Ecosystem::new(ecosystem), range, None, "2.0.0");
        assert_eq!(lift, None, "{ecosystem} {range}");
    }
    // An exclusion of the very target cannot be kept.
    assert_eq!(requirement(&Ecosystem::new("PyPI"), ">=1,!=1.5", None, "1.5"), None);
}

#[test]
fn a_risky_lift_says_what_changes() {
    let cargo = Ecosystem::new("cargo");
    let says =
        |range, current, target| requirement(&cargo, range, current, target).unwrap().because;
    assert_eq!(says("^1.2", Some("1.4.0"), "2.0.0"), "a change of major version, from 1 to 2");
    assert_eq!(says("0.1", None, "0.2.23"), "a change of minor version below 1.0, from 0.1 to 0.2");
    assert_eq!(says("=1.2.3", None, "1.2.4"), "`=1.2.3` does not admit 1.2.4");
}

fn version() -> impl Strategy<Value = String> {
    (0..4_u8, 0..12_u8, 0..12_u8, prop_oneof![8 => Just(""), 1 => Just("-rc.1"), 1 => Just("-0")])
        .prop_map(|(a, b, c, pre)| format!("{a}.{b}.{c}{pre}"))
}

fn partial() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..4_u8).prop_map(|a| a.to_string()),
        (0..4_u8, 0..12_u8).prop_map(|(a, b)| format!("{a}.{b}")),
        version(),
    ]
}

fn semver_set(separator: &'static str) -> impl Strategy<Value = String> {
    let one = prop_oneof![
        (prop_oneof!["\\^", "~", "=", ">=", "<", "<=", ">", ""], partial())
            .prop_map(|(op, version)| format!("{op}{version}")),
        Just("*".to_owned()),
        (0..4_u8).prop_map(|a| format!("{a}.*")),
    ];
    proptest::collection::vec(one, 1..3).prop_map(move |parts| parts.join(separator))
}

/// The crate reads `0.* 2` as alternatives, where npm wants both; so pairs are bounds only.
fn npm_range() -> impl Strategy<Value = String> {
    // Nor does it find an empty interval empty.
    let pair = (0..2_u8, 0..12_u8, 2..4_u8, 0..12_u8)
        .prop_map(|(a, b, c, d)| format!(">={a}.{b} <{c}.{d}"));
    let set = prop_oneof![semver_set("||"), pair];
    proptest::collection::vec(set, 1..3).prop_map(|alternatives| alternatives.join(" || "))
}

/// The operators of a range, in order.
fn signs(text: &str) -> String {
    text.chars().filter(|c| "^~=<>!".contains(*c)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn rust_admits_what_its_crate_admits(range in semver_set(", "), version in version()) {
        if let Ok(oracle) = ::semver::VersionReq::parse(&range) {
            let parsed = ::semver::Version::parse(&version).unwrap();
            prop_assert_eq!(cargo::admits(&range, &version), Some(oracle.matches(&parsed)), "{} {}", range, version);
        }
    }

    #[test]
    fn npm_admits_what_its_crate_admits(range in npm_range(), version in version()) {
        // The crate and npm disagree on pre-releases of bounds; npm's own rule is ours.
        prop_assume!(!version.contains('-') && !range.contains('-'));
        if let Ok(oracle) = nodejs_semver::Range::parse(&range) {
            let parsed = nodejs_semver::Version::parse(&version).unwrap();
            prop_assert_eq!(npm::admits(&range, &version), Some(oracle.satisfies(&parsed)), "{} {}", range, version);
        }
    }

    #[test]
    fn python_admits_what_its_crate_admits(
        parts in proptest::collection::vec(
            (prop_oneof!["==", "~=", ">=", "<=", "<", ">", "!="], "[0-3](\\.[0-9]){1,2}(\\.post1|rc1)?"),
            1..3,
        ),
        version in "[0-3](\\.[0-9]){0,2}(\\.post1|rc1|\\.dev1|\\+l)?",
    ) {
        let range: Vec<String> = parts.iter().map(|(op, v)| format!("{op}{v}")).collect();
        let range = range.join(",");
        // The crate lets no development release below a pre-release of it in; PEP 440 does, see
        // `a_bound_that_is_a_pre_release_lets_earlier_ones_in`.
        let below = parts.iter().any(|(op, v)| *op == "<" && v.contains("rc"));
        prop_assume!(!(below && version.contains("dev")));
        if let (Ok(oracle), Ok(parsed)) =
            (range.parse::<pep440_rs::VersionSpecifiers>(), version.parse::<pep440_rs::Version>())
        {
            let ours = pypi::admits(&range, &version).unwrap();
            // The crate leaves the general rule on pre-releases to its caller.
            let named = range.contains("rc") || !parsed.any_prerelease();
            prop_assert_eq!(ours, oracle.contains(&parsed) && named, "{} {}", range, version);
        }
    }

    #[test]
    fn a_lift_admits_its_target_keeps_operators_and_raises_the_bound(
        range in semver_set(", "), target in version(), lower in version()
    ) {
        let cargo = Ecosystem::new("cargo");
        let Some(lift) = requirement(&cargo, &range, None, &target) else { return Ok(()) };
        prop_assert_eq!(admits(&cargo, &lift.text, &target), Some(true));
        // An upper bound that is moved needs a lower one.
        let (before, after) = (signs(&range), signs(&lift.text));
        let moved = before.contains('<') && after.contains(">=");
        // `~1` has another form with more numbers.
        let mut parts = range.split(", ").filter_map(|part| part.strip_prefix('~'));
        let said_otherwise = parts.any(|version| !version.contains('.'));
        prop_assert!(after == before || moved || said_otherwise, "{}", lift.text);
        prop_assert_eq!(lift.kind == Safe, admits(&cargo, &range, &target) == Some(true));
        // `^`, `~`, `=` with three numbers and `>=` can say where they begin.
        let bounded = |op: &str| range.split(", ").any(|part| part.starts_with(op));
        let below = crate::version::compare(&cargo, &lower, &target) == Some(std::cmp::Ordering::Less);
        if below && (bounded("^") || bounded(">=")) {
            prop_assert_eq!(admits(&cargo, &lift.text, &lower), Some(false), "{} {}", lift.text, lower);
        }
        let wide = range.split(", ").any(|part| part.starts_with('=') || part.ends_with('*'));
        if below && lift.text != range && before.contains('<') && !wide {
            prop_assert_eq!(admits(&cargo, &lift.text, &lower), Some(false), "{} {}", lift.text, lower);
        }
        // Once lifted, there is nothing left to lift.
        let again = requirement(&cargo, &lift.text, None, &target).unwrap();
        prop_assert_eq!(again.text, lift.text);
        prop_assert_eq!(again.kind, Safe);
    }

    #[test]
    fn any_text_is_lifted_or_left(range in any::<String>(), target in any::<String>()) {
        for ecosystem in ["cargo", "npm", "PyPI", "Go", "RubyGems", "Packagist", "Maven", "NuGet"] {
            let _ = requirement(&Ecosystem::new(ecosystem), &range, None, &target);
            let _ = lets_in(&Ecosystem::new(ecosystem), &range, &target);
        }
    }
}
