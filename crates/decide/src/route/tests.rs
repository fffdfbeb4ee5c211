use std::sync::Arc;

use proptest::prelude::*;

use super::Codeowners;

fn read(text: &str) -> Codeowners {
    let (owners, problems) = Codeowners::read(&Arc::from(".github/CODEOWNERS"), text);
    assert_eq!(problems, []);
    owners
}

fn covers(pattern: &str, path: &str) -> bool {
    read(&format!("{pattern} @a\n")).team_for(path).is_some()
}

#[test]
fn patterns() {
    for (pattern, path) in [
        ("*", "a/b/c"),
        ("*.js", "deep/x.js"),
        ("/build/logs/", "build/logs/a/b"),
        ("docs/*", "docs/a.md"),
        ("apps/", "x/apps/y/z"),
        ("/docs/", "docs/a"),
        ("/scripts", "scripts/a/b"),
        ("**/logs", "a/b/logs/c"),
        ("**/logs", "logs/c"),
        ("a/**/z", "a/b/c/z"),
        ("a/**/z", "a/z"),
        ("lib/**", "lib/x/y"),
        ("/apps/git?ub", "apps/github"),
        ("a\\ b/c", "a b/c"),
        ("Cargo.lock", "x/Cargo.lock"),
    ] {
        assert!(covers(pattern, path), "{pattern} {path}");
    }
    for (pattern, path) in [
        ("*.js", "x.json"),
        ("/build/logs/", "x/build/logs/a"),
        ("docs/*", "docs/a/b.md"),
        ("/docs/", "x/docs/a"),
        ("/docs/", "docs"),
        ("/*", "a/b"),
        ("a/b", "x/a/b"),
        ("**/logs", "a/catalogs"),
        ("Docs", "docs/x"),
    ] {
        assert!(!covers(pattern, path), "{pattern} {path}");
    }
}

#[test]
fn the_last_match_counts_and_may_take_the_owner_away() {
    let owners = read(
        "# all\n*  @acme/everyone   @second # why\n[Section]\n^[Other][2] @x\n/pay/ @acme/payments\n\
         /pay/docs/\n/mail/ mail@acme.example\n",
    );
    assert_eq!(owners.team_for("Cargo.lock"), Some("acme/everyone"));
    assert_eq!(owners.owners("Cargo.lock"), ["@acme/everyone", "@second"]);
    assert_eq!(owners.team_for("pay/Cargo.lock"), Some("acme/payments"));
    assert_eq!(owners.team_for("pay/docs/x.md"), None);
    assert_eq!(owners.team_for("mail/x"), Some("mail@acme.example"));
    assert_eq!(Codeowners::default().team_for("x"), None);
}

#[test]
fn what_the_format_does_not_know_is_reported_and_the_rest_counts() {
    let path = Arc::from("CODEOWNERS");
    let (owners, problems) = Codeowners::read(&path, "* @all\n  !a/ @b\nsrc/[ab] @c\n");
    assert_eq!(owners.team_for("a/x"), Some("all"));
    let shown: Vec<String> = problems
        .iter()
        .map(|p| {
            format!(
                "{} {} {:?}",
                p.place.as_ref().unwrap(),
                p.message,
                p.excerpt.as_ref().map(|e| e.length)
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "CODEOWNERS:2:3 a pattern cannot begin with `!` Some(3)",
            "CODEOWNERS:3:1 a pattern cannot hold `[ ]` Some(8)",
        ]
    );
}

#[test]
fn hostile_patterns_end() {
    let pattern = "**/a/".repeat(600);
    let path = "a/".repeat(2000) + "b";
    assert!(covers(&pattern, &path));
    assert!(!covers(&format!("{pattern}c"), &path));
}

proptest! {
    #[test]
    fn never_panics(text in "[a-c/*?@# \\\\\n\\[\\]!^é]{0,100}", path in "[a-c/é]{0,20}") {
        let (owners, _) = Codeowners::read(&Arc::from("CODEOWNERS"), &text);
        let _ = owners.team_for(&path);
    }

    /// Against a plain recursive reading of the same rule.
    #[test]
    fn agrees_with_the_plain_definition(
        parts in proptest::collection::vec("a|b|[*]|[*][*]|a[*]", 1..5),
        path in proptest::collection::vec("a|b|ab", 1..6),
    ) {
        fn plain(pattern: &[String], path: &[&str]) -> bool {
            match (pattern.split_first(), path.split_first()) {
                (None, _) => path.is_empty(),
                (Some((part, rest)), _) if part == "**" => {
                    plain(rest, path) || path.split_first().is_some_and(|(_, tail)| plain(pattern, tail))
                }
                (Some((part, rest)), Some((name, tail))) => {
                    holdfast_rulefile::sentence::glob_matches(part, name) && plain(rest, tail)
                }
                (Some(_), None) => false,
            }
        }
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        prop_assert_eq!(super::covers(&parts, &path), plain(&parts, &path));
    }
}
