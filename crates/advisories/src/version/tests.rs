//! Properties that every order has, lines that we wrote ourselves, and oracles.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

mod chains;
mod oracles;

/// Plausible versions of every ecosystem, and implausible ones.
fn versions() -> impl Strategy<Value = String> {
    let number = prop_oneof!["[0-9]", "[0-9]{1,3}", "0[0-9]{1,2}", "[1-9][0-9]{18,40}"];
    let dotted = proptest::collection::vec(number, 1..5).prop_map(|parts| parts.join("."));
    let tail = prop_oneof![
        Just(String::new()),
        "-(alpha|beta|rc|x|r)[.]?[0-9]{0,2}",
        "-[0-9a-zA-Z-]{1,4}([.][0-9a-zA-Z-]{1,3}){0,2}",
        "[-_.]?(a|b|c|rc|alpha|pre|preview|post|rev|r|dev)[-_.]?[0-9]{0,2}([.]dev[0-9]?)?",
        "[+][a-z0-9]{1,4}([.][a-z0-9]{1,2})?",
        "[-~+][a-z0-9~+.-]{1,6}",
    ];
    let head = prop_oneof![6 => Just(""), 1 => Just("v"), 1 => Just("1!"), 1 => Just("2:")];
    prop_oneof![
        9 => (head, dotted, tail).prop_map(|(head, dotted, tail)| format!("{head}{dotted}{tail}")),
        1 => "[0-9a-z.~+:_-]{1,10}",
    ]
}

/// Our own lists of comparisons, which have the shapes of every order.
const LISTS: [&str; 18] = [
    include_str!("../../tests/versions/alpine.txt"),
    include_str!("../../tests/versions/cargo.txt"),
    include_str!("../../tests/versions/cocoapods.txt"),
    include_str!("../../tests/versions/composer.txt"),
    include_str!("../../tests/versions/conan.txt"),
    include_str!("../../tests/versions/cran.txt"),
    include_str!("../../tests/versions/debian.txt"),
    include_str!("../../tests/versions/gem.txt"),
    include_str!("../../tests/versions/githubactions.txt"),
    include_str!("../../tests/versions/golang.txt"),
    include_str!("../../tests/versions/hackage.txt"),
    include_str!("../../tests/versions/maven.txt"),
    include_str!("../../tests/versions/npm.txt"),
    include_str!("../../tests/versions/nuget.txt"),
    include_str!("../../tests/versions/pub.txt"),
    include_str!("../../tests/versions/pypi.txt"),
    include_str!("../../tests/versions/rpm.txt"),
    include_str!("../../tests/versions/semver.txt"),
];

/// Versions of our lists, whole and cut into one another.
fn written() -> impl Strategy<Value = String> {
    let lines = LISTS.iter().flat_map(|list| list.lines()).filter(|line| !line.starts_with('#'));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let one = proptest::sample::select(words);
    (one.clone(), one, 0..12_usize, 0..12_usize).prop_map(|(a, b, head, tail)| {
        let (head, tail) = (a.get(..head), b.get(tail..));
        format!("{}{}", head.unwrap_or(a), tail.unwrap_or_default())
    })
}

fn any_version() -> impl Strategy<Value = String> {
    prop_oneof![1 => versions(), 2 => written()]
}

fn key(order: &Order, version: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    order.key(version, &mut out).then_some(out)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn orders_are_antisymmetric_transitive_and_total(
        a in any_version(), b in any_version(), c in any_version()
    ) {
        for order in ORDERS {
            let compare = |x: &str, y: &str| order.compare(x, y);
            let readable = [&a, &b, &c].map(|v| key(order, v).is_some());
            if readable != [true; 3] {
                continue;
            }
            let (ab, ba) = (compare(&a, &b).unwrap(), compare(&b, &a).unwrap());
            prop_assert_eq!(ab, ba.reverse());
            prop_assert_eq!(compare(&a, &a), Some(Ordering::Equal));
            let (bc, ac) = (compare(&b, &c).unwrap(), compare(&a, &c).unwrap());
            if ab == bc {
                prop_assert_eq!(ac, ab, "{} {} {} {}", order.about.id, a, b, c);
            }
            if ab == Ordering::Equal {
                prop_assert_eq!(ac, bc);
            }
        }
    }

    #[test]
    fn no_key_is_the_beginning_of_another_one(a in any_version(), b in any_version()) {
        for order in ORDERS {
            if let (Some(a), Some(b)) = (key(order, &a), key(order, &b)) {
                prop_assert!(!a.is_empty());
                prop_assert!(a == b || !b.starts_with(&a));
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        for order in ORDERS {
            let _ = key(order, &text);
        }
    }

    #[test]
    fn numbers_of_any_length_compare_by_value(a in "[0-9]{1,400}", b in "[0-9]{1,400}") {
        let value = |digits: &str| {
            let digits = digits.trim_start_matches('0').to_owned();
            (digits.len(), digits)
        };
        let wanted = value(&a).cmp(&value(&b));
        for order in ORDERS {
            prop_assert_eq!(order.compare(&a, &b), Some(wanted));
            if order.about.id == "alpine" && (a.starts_with('0') || b.starts_with('0')) {
                continue; // apk compares them as text
            }
            let (a, b) = (format!("1.{a}"), format!("1.{b}"));
            prop_assert_eq!(order.compare(&a, &b), Some(wanted));
        }
    }

    #[test]
    fn semver_agrees_with_its_crate(a in versions(), b in versions()) {
        if let (Ok(x), Ok(y)) = (::semver::Version::parse(&a), ::semver::Version::parse(&b)) {
            prop_assert_eq!(semver::CARGO.compare(&a, &b), Some(x.cmp_precedence(&y)), "{} {}", a, b);
        }
    }

    #[test]
    fn npm_agrees_with_its_crate(a in versions(), b in versions()) {
        // It reads `1.2.3rc` and numbers beyond 2^53 in ways of its own.
        let plain = |v: &str| ::semver::Version::parse(v.trim_start_matches('v')).is_ok();
        let parse = |v: &str| nodejs_semver::Version::parse(v).ok();
        if let (true, true, Some(x), Some(y)) = (plain(&a), plain(&b), parse(&a), parse(&b)) {
            prop_assert_eq!(npm::NPM.compare(&a, &b), Some(x.cmp(&y)), "{} {}", a, b);
        }
    }

    #[test]
    fn python_agrees_with_its_crate(a in versions(), b in versions()) {
        let parse = |v: &str| v.parse::<pep440_rs::Version>().ok();
        for version in [&a, &b] {
            if parse(version).is_some() {
                prop_assert!(pypi::parse(version).is_some(), "{}", version);
            }
        }
        if let (Some(x), Some(y)) = (parse(&a), parse(&b)) {
            prop_assert_eq!(pypi::PYPI.compare(&a, &b), Some(x.cmp(&y)), "{} {}", a, b);
        }
    }

    #[test]
    fn debian_agrees_with_its_crate(a in versions(), b in versions()) {
        let small = |v: &str| !v.contains('!') && v.matches(':').count() <= 1;
        if small(&a) && small(&b)
            && let Some(found) = debian::DEBIAN.compare(&a, &b)
        {
            prop_assert_eq!(found, deb_version::compare_versions(&a, &b), "{} {}", a, b);
        }
    }
}

fn lines(ecosystem: &str, text: &str) {
    let out = compare_lines(&Ecosystem::new(ecosystem), "lines", text);
    assert_eq!(out.wrong, [], "{ecosystem}");
    assert_eq!(out.problems, [], "{ecosystem}");
    assert!(out.compared > 0);
}

#[test]
fn rust_lines() {
    lines(
        "cargo",
        "# precedence, SemVer 2.0.0 section 11\n\
         1.0.0-alpha < 1.0.0-alpha.1\n1.0.0-alpha.1 < 1.0.0-alpha.beta\n\
         1.0.0-beta.2 < 1.0.0-beta.11\n1.0.0-rc.1 < 1.0.0\n1.0.0+a = 1.0.0+b\n\
         0.0.0-0 < 0.0.0-a\n1.2 = 1.2.0\n1.2.3 < 1.2.3.1\n1.2.3.0 = 1.2.3\n\
         1.2.3.1-rc > 1.2.3\n1.10.0 > 1.9.9\n1.0.0-1 < 1.0.0--",
    );
}

#[test]
fn go_lines() {
    lines(
        "Go",
        "v1.2.3 = 1.2.3\nv2.0.0+incompatible = v2.0.0\n\
         v0.0.0-20190101000000-abcdefabcdef < v0.0.0-20200101000000-000000000000\n\
         v0.0.0-20190101000000-abcdefabcdef < v0.0.1\n\
         v1.2.4-0.20190101000000-abcdefabcdef > v1.2.3\n\
         go1.22rc1 = 1.22.0-rc.1\ngo1.22rc2 < go1.22rc10\ngo1.22 > go1.22rc10\ngo1.21.9 < go1.22beta1",
    );
}

#[test]
fn python_lines() {
    lines(
        "PyPI",
        "1.0.dev1 < 1.0a1.dev1\n1.0a1.dev1 < 1.0a1\n1.0a1 < 1.0a1.post1\n1.0rc1 < 1.0\n\
         1.0 < 1.0.post1\n1.0.post1.dev1 < 1.0.post1\n1!0.1 > 2024.1\n1.0 = 1.0.0\n\
         1.0-1 = 1.0.post1\nv1.0ALPHA = 1.0a0\n1.0c1 = 1.0rc1\n1.0+ubuntu.1 > 1.0\n\
         1.0+a < 1.0+1\n1.0+a_b = 1.0+A.b\n1.0-rev2 = 1.0.post2\n\
         // legacy versions sort before all others\n\
         2023-custom < 0.0.1\n0.9-doduo < 0.9-eevee",
    );
}

#[test]
fn debian_lines() {
    lines(
        "Ubuntu:22.04:LTS",
        "1.0~rc1 < 1.0\n1.0 < 1.0a\n1.0a < 1.0+\n1:0.1 > 9.0\n1.0 = 1.0-0\n1.0-1 < 1.0-1.1\n\
         1.0-1~deb12u1 < 1.0-1\n1.0-1 < 1.0-1+deb12u1\n1.0-1-2 > 1.0-1-1\n0:1.0 = 1.0\n\
         1.0~ < 1.0\n1.0~~ < 1.0~\n1.0. = 1.0.0",
    );
}

#[test]
fn what_is_no_version_is_refused() {
    let long = "1".repeat(LONGEST + 1);
    for (ecosystem, text) in [
        ("cargo", ""),
        ("cargo", "latest"),
        ("cargo", "1..2"),
        ("cargo", "1.2.x"),
        ("cargo", "1.0.0-"),
        ("cargo", "1.0.0-a..b"),
        ("npm", "*"),
        ("Go", "master"),
        ("PyPI", ""),
        ("PyPI", "*"),
        ("PyPI", "1.*"),
        ("PyPI", "'1.0.0'"),
        ("PyPI", "\"1.0.0\""),
        ("PyPI", "$VERSION"),
        ("PyPI", "{{ version }}"),
        ("PyPI", "1.0 beta x"),
        ("PyPI", ">=1.0"),
        ("PyPI", "1.0,2.0"),
        ("PyPI", "1.0;x"),
        ("PyPI", "1.0.0\u{b}b==1.0.0"),
        ("Debian:12", ""),
        ("Debian:12", "a:1"),
        ("Debian:12", ":1"),
        ("Debian:12", "1 2"),
        ("Debian:12", "1:"),
        ("Maven", ""),
        ("RubyGems", "1..2"),
        ("RubyGems", "beta"),
        ("RubyGems", "1.2.3-x86_64-linux"),
        ("NuGet", "latest"),
        ("Packagist", ""),
        ("CRAN", "1.x"),
        ("CRAN", "1."),
        ("Hackage", "1-2"),
        ("Red Hat:enterprise_linux:9::appstream", ""),
        ("AlmaLinux:9", "1 2"),
        ("Alpine:v3.20", "edge"),
        ("Alpine:v3.20", "1.2 3"),
        ("Pub", "1.0.0+"),
        ("Hex", "~> 1.0"),
        ("ConanCenter", "1..2"),
        ("SwiftURL", "main"),
        ("CocoaPods", "HEAD"),
        ("GitHub Actions", "main"),
        ("GitHub Actions", "4f1a0b3c4f1a0b3c4f1a0b3c4f1a0b3c4f1a0b3c"),
        ("PyPI", &long),
        ("cargo", &long),
    ] {
        assert_eq!(compare(&Ecosystem::new(ecosystem), text, "1.0"), None, "{ecosystem} {text}");
    }
    assert!(order_of(&Ecosystem::new("Android")).is_none());
    assert!(order_of(&Ecosystem::new("Ubuntu:Pro:14.04:LTS")).is_some());
}

#[test]
fn wrong_and_unreadable_lines_are_told_apart() {
    let text = "1.0 < 2.0\n2.0 < 1.0\nnonsense\n1.0 ~ 2.0\nx < 1.0\n";
    let out = compare_lines(&Ecosystem::new("cargo"), "list.txt", text);
    assert_eq!(out.compared, 2);
    assert_eq!(out.wrong, [Wrong { line: 2, text: "2.0 < 1.0".to_owned(), found: '>' }]);
    let said: Vec<_> =
        out.problems.iter().map(|p| (p.place.as_ref().unwrap().line, p.code.as_str())).collect();
    assert_eq!(
        said,
        [(3, "comparison-unreadable"), (4, "comparison-unreadable"), (5, "version-unreadable"),]
    );
    assert!(out.problems[2].message.contains("`x`"));
    let none = compare_lines(&Ecosystem::new("Android"), "list.txt", text);
    assert_eq!(none.problems[0].code, "version-order-unknown");
    assert!(none.problems[0].help.contains("alpine"));
}

#[test]
fn what_moves_is_told_from_what_stands() {
    let moves = |ecosystem: &str, version: &str| {
        let order = order_of(&Ecosystem::new(ecosystem)).unwrap();
        assert!(order.key(version, &mut Vec::new()), "{version}");
        (order.moves)(version)
    };
    for version in ["v4", "4", "v4.1", "V12"] {
        assert!(moves("GitHub Actions", version), "{version}");
    }
    for version in ["v4.1.0", "4.1.0", "v4.0.0-beta", "v4-beta"] {
        assert!(!moves("GitHub Actions", version), "{version}");
    }
    for version in ["dev-main", "2.x-dev", "1.0-DEV", "dev-1.0"] {
        assert!(moves("Packagist", version), "{version}");
    }
    for version in ["1.0.0", "1.0.0-beta1", "1.0-devel"] {
        assert!(!moves("Packagist", version), "{version}");
    }
    assert!(!moves("npm", "4"));
}

#[test]
fn a_lost_epoch_is_noticed_where_it_matters() {
    let alma = order_of(&Ecosystem::new("AlmaLinux:9")).unwrap();
    // The one side lost its epoch, and without any epoch the answer would be another one.
    assert!(alma.epoch_in_doubt("1.1.1k-9.el9", "1:1.1.1k-7.el9"));
    assert!(alma.epoch_in_doubt("1:1.1.1k-7.el9", "1.1.1k-9.el9"));
    // Both agree with and without; both name it; zero is what a missing one means anyway.
    assert!(!alma.epoch_in_doubt("1.1.1k-6.el9", "1:1.1.1k-7.el9"));
    assert!(!alma.epoch_in_doubt("0:1.1.1k-9.el9", "1:1.1.1k-7.el9"));
    assert!(!alma.epoch_in_doubt("1.1.1k-9.el9", "0:1.1.1k-7.el9"));
    assert!(!alma.epoch_in_doubt("", "1:1"));
    let debian = order_of(&Ecosystem::new("Debian:12")).unwrap();
    assert!(debian.epoch_in_doubt("9.0-1", "1:1.0-1"));
    let npm = order_of(&Ecosystem::new("npm")).unwrap();
    assert!(!npm.epoch_in_doubt("2.0.0", "1.0.0"));
    assert!(!npm.names_epoch("1:1.0.0"));
}

#[test]
fn the_rest_of_a_key_is_the_key_without_epoch() {
    let long = "7".repeat(300);
    for order in ORDERS.iter().filter(|order| order.epochs) {
        for epoch in ["", "0:", "00:", "1:", "12:", &format!("{long}:")] {
            let with = key(order, &format!("{epoch}1.0-1")).unwrap();
            let without = key(order, "1.0-1").unwrap();
            let rests = [&with, &without].map(|key| order.split_epoch(key).unwrap().1);
            assert_eq!(rests[0], rests[1], "{epoch}");
            let nonzero = !epoch.trim_matches(['0', ':']).is_empty();
            assert_eq!(order.has_epoch(&with), nonzero, "{epoch}");
        }
    }
    assert!(debian::DEBIAN.split_epoch(&[]).is_none());
    assert!(debian::DEBIAN.split_epoch(&[0xFF, 0, 0]).is_none());
    assert!(debian::DEBIAN.split_epoch(&[0x40, b'1']).is_none());
    assert!(npm::NPM.split_epoch(&key(&npm::NPM, "1.0.0").unwrap()).is_none());
}

#[test]
fn ecosystems_have_the_orders_of_their_tools() {
    for (ecosystem, id) in [
        ("Red Hat:rhel_aus:8.4::appstream", "rpm"),
        ("Rocky Linux:8", "rpm"),
        ("openSUSE:Leap 15.6", "rpm"),
        ("SUSE:Linux Enterprise Server 15 SP5", "rpm"),
        ("Mageia:9", "rpm"),
        ("ol:9", "rpm"),
        ("openEuler:24.03-LTS", "rpm"),
        ("Alpine:v3.20", "alpine"),
        ("Wolfi", "alpine"),
        ("Chainguard", "alpine"),
        ("Hex", "semver"),
        ("SwiftURL", "semver"),
        ("Bitnami", "semver"),
        ("Julia", "pub"),
        ("opam", "debian"),
        ("GHC", "hackage"),
        ("Bioconductor", "cran"),
        ("Kubernetes", "golang"),
        ("Packagist", "composer"),
        ("RubyGems", "gem"),
        ("GitHub Actions", "githubactions"),
    ] {
        let order = order_of(&Ecosystem::new(ecosystem));
        assert_eq!(order.map(|order| order.about.id), Some(id), "{ecosystem}");
    }
}

#[test]
fn every_order_has_its_own_name_and_file() {
    let mut ids: Vec<_> = ORDERS.iter().map(|order| order.about.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), ORDERS.len());
    let mut scratch = Vec::new();
    assert!(ORDERS.iter().all(|order| order.key("1.0.0", &mut scratch)));
}
