use holdfast_model::{Standing, Timestamp};

use super::*;
use crate::join;
use crate::testing::{asset, sighting};

const VERSIONED: &str = "pkg:cargo/time";

fn findings(versions: &[&str]) -> Vec<Finding> {
    let seen = versions.iter().enumerate().map(|(line, version)| {
        let mut one = sighting("CVE-1", "time", "Cargo.lock", version);
        one.instance.place.line = u32::try_from(line).unwrap() + 1;
        one.weakness.aliases = vec!["GHSA-1".into()];
        one
    });
    join(&asset(), Standing::Trunk, seen.collect())
}

fn product(package: &str, versions: Versions) -> Product {
    Product { package: package.into(), name: "".into(), digests: Vec::new(), versions }
}

fn exact(version: &str) -> Versions {
    Versions::Exact(version.into())
}

fn says(author: &str, status: StatementStatus, version: &str) -> Statement {
    Statement {
        author: author.into(),
        at: Timestamp::parse("2026-11-01T00:00:00Z"),
        names: vec!["CVE-1".into()],
        products: vec![product(VERSIONED, exact(version))],
        subcomponents: Vec::new(),
        status,
        justification: "vulnerable_code_not_present".into(),
        text: String::new(),
        place: Place::start_of(".holdfast/statements/a.json"),
    }
}

fn at(statement: Statement, time: &str) -> Statement {
    Statement { at: Timestamp::parse(time), ..statement }
}

/// The state, the note and the guardrails, for believed authors `ada` and `ben`.
fn applied(
    mut findings: Vec<Finding>,
    statements: &[Statement],
    holders: &[Product],
) -> (State, String, Vec<Witness>, usize) {
    let authors = ["ada".to_owned(), "ben".to_owned()];
    let within = |_: &str, range: &str, version: &str| Some(range == format!("below {version}"));
    let held = |_: &Finding| holders.to_vec();
    let belief = Belief { authors: &authors, holders: &held, within: &within };
    let mut covered = Covered::default();
    stated(&mut findings, statements, &belief, &mut covered);
    let one = &findings[0];
    let note = covered.notes.get(&one.local).cloned().unwrap_or_default();
    (one.state, note, one.witnesses.clone(), covered.report(true).0.len())
}

fn of(versions: &[&str], statements: &[Statement]) -> (State, String) {
    let (state, note, ..) = applied(findings(versions), statements, &[]);
    (state, note)
}

use StatementStatus::{Affected, Fixed, NotAffected, UnderInvestigation};

#[test]
fn a_statement_closes_exactly_the_version_that_it_names() {
    let one = [says("Ada", NotAffected, "1.0")];
    let (state, note) = of(&["1.0"], &one);
    assert_eq!(state, State::Accepted);
    assert_eq!(note, "Ada stated on 2026-11-01: not affected, vulnerable code not present");
    let (state, note) = of(&["1.1"], &one);
    assert_eq!(state, State::Open);
    assert_eq!(note, "what Ada states is for 1.0, and 1.1 is there now");
    // One of two copies is not enough; a statement for each is.
    assert_eq!(of(&["1.0", "1.1"], &one).0, State::Open);
    let both = [says("Ada", NotAffected, "1.0"), says("ben", Fixed, "1.1")];
    assert_eq!(of(&["1.0", "1.1"], &both).0, State::Accepted);
}

#[test]
fn any_name_of_the_weakness_counts_and_other_packages_do_not() {
    let alias = Statement { names: vec!["GHSA-1".into()], ..says("ada", NotAffected, "1.0") };
    assert_eq!(of(&["1.0"], &[alias]).0, State::Accepted);
    let other = Statement { names: vec!["CVE-2".into()], ..says("ada", NotAffected, "1.0") };
    assert_eq!(of(&["1.0"], &[other]), (State::Open, String::new()));
    let product = product("pkg:npm/time", exact("1.0"));
    let other = Statement { products: vec![product], ..says("ada", NotAffected, "1.0") };
    assert_eq!(of(&["1.0"], &[other]), (State::Open, String::new()));
}

#[test]
fn nobody_elses_word_closes_anything() {
    let (state, note, _, guardrails) =
        applied(findings(&["1.0"]), &[says("mallory", NotAffected, "1.0")], &[]);
    assert_eq!((state, guardrails), (State::Open, 1));
    assert!(note.ends_with("nobody here has said that this author counts"), "{note}");
    let nameless = says("", NotAffected, "1.0");
    assert_eq!(applied(findings(&["1.0"]), &[nameless], &[]).0, State::Open);
}

#[test]
fn the_latest_word_of_one_author_and_the_most_cautious_of_several_count() {
    let later = at(says("ada", Affected, "1.0"), "2026-11-02T00:00:00Z");
    let both = [says("ada", NotAffected, "1.0"), later.clone()];
    assert_eq!(of(&["1.0"], &both).0, State::Open);
    let newest = at(says("ada", NotAffected, "1.0"), "2026-11-03T00:00:00Z");
    assert_eq!(of(&["1.0"], &[newest.clone(), later.clone()]).0, State::Accepted);
    let ben = at(says("ben", Affected, "1.0"), "2026-10-01T00:00:00Z");
    let (state, note) = of(&["1.0"], &[newest, ben]);
    assert_eq!(state, State::Open);
    assert!(note.contains("the more cautious one counts"), "{note}");
    assert!(note.contains("ada stated") && note.contains("ben stated"), "{note}");
    // Two words at one time: the cautious one.
    let twice = [says("ada", NotAffected, "1.0"), says("ada", UnderInvestigation, "1.0")];
    assert_eq!(of(&["1.0"], &twice).0, State::Open);
}

#[test]
fn what_is_affected_has_a_witness_and_what_is_looked_into_a_note() {
    let (state, _, witnesses, _) =
        applied(findings(&["1.0"]), &[says("mallory", Affected, "1.0")], &[]);
    assert_eq!(state, State::Open);
    assert!(witnesses.iter().any(|one| &*one.engine == "mallory" && &*one.name == "CVE-1"));
    let (state, note, witnesses, _) =
        applied(findings(&["1.0"]), &[says("ada", UnderInvestigation, "1.0")], &[]);
    assert_eq!((state, witnesses.len()), (State::Open, 1));
    assert!(note.contains("under investigation"), "{note}");
}

#[test]
fn without_a_version_nothing_is_closed() {
    let products = vec![product(VERSIONED, Versions::Unnamed)];
    let unnamed = Statement { products, ..says("ada", NotAffected, "1.0") };
    let (state, note) = of(&["1.0"], &[unnamed]);
    assert_eq!(state, State::Open);
    assert!(note.contains("without naming a version"), "{note}");
    let range = |text: &str| Statement {
        products: vec![product(VERSIONED, Versions::Range(text.into()))],
        ..says("ada", NotAffected, "1.0")
    };
    assert_eq!(of(&["1.0"], &[range("below 1.0")]).0, State::Accepted);
    assert_eq!(of(&["1.0"], &[range("below 0.9")]).0, State::Open);
}

#[test]
fn a_part_of_a_product_counts_in_that_product_only() {
    let part = |whole: Product| Statement {
        products: vec![whole],
        subcomponents: vec![product(VERSIONED, exact("1.0"))],
        ..says("ada", NotAffected, "1.0")
    };
    let shop = product("pkg:cargo/shop", exact("7"));
    let state = |statement: Statement, holders: &[Product]| {
        applied(findings(&["1.0"]), &[statement], holders).0
    };
    assert_eq!(state(part(shop.clone()), &[]), State::Open);
    assert_eq!(state(part(shop.clone()), std::slice::from_ref(&shop)), State::Accepted);
    let next = product("pkg:cargo/shop", exact("8"));
    assert_eq!(state(part(shop.clone()), &[next]), State::Open);
    let other = product("pkg:cargo/other", exact("7"));
    assert_eq!(state(part(shop.clone()), &[other]), State::Open);
    // The product as a whole: everything in it, while it stays what it was.
    let whole = Statement { products: vec![shop.clone()], ..says("ada", NotAffected, "1.0") };
    assert_eq!(state(whole.clone(), std::slice::from_ref(&shop)), State::Accepted);
    let unnamed =
        Statement { products: vec![product("pkg:cargo/shop", Versions::Unnamed)], ..whole };
    assert_eq!(state(unnamed, std::slice::from_ref(&shop)), State::Open);
    let digest = Product { digests: vec!["sha256:00".into()], ..product("", Versions::Unnamed) };
    let image = Statement { products: vec![digest.clone()], ..says("ada", NotAffected, "1.0") };
    assert_eq!(state(image.clone(), &[digest]), State::Accepted);
    assert_eq!(state(image, &[shop]), State::Open);
}

/// A product with digests.
fn built(package: &str, versions: Versions, digests: &[&str]) -> Product {
    let digests = digests.iter().map(|digest| (*digest).into()).collect();
    Product { digests, ..product(package, versions) }
}

#[test]
fn a_product_is_held_in_the_versions_and_builds_that_are_named() {
    let range = |text: &str| Versions::Range(text.into());
    let within = |_: &str, range: &str, version: &str| {
        (range != "nobody knows").then(|| range == format!("below {version}"))
    };
    let plain = |versions: Versions| built("pkg:oci/shop", versions, &[]);
    let digest = |digest: &str| built("pkg:oci/shop", Versions::Unnamed, &[digest]);
    let both = |version: &str, digest: &str| built("pkg:oci/shop", exact(version), &[digest]);
    let named = |versions: Versions| Product { name: "shop".into(), ..product("", versions) };
    let other = |here: &str| Held::Other(here.into());
    for (said, here, wanted) in [
        // The same version, another one, none.
        (plain(exact("7")), plain(exact("7")), Held::Yes),
        (plain(exact("7")), plain(exact("8")), other("8")),
        (plain(Versions::Unnamed), plain(exact("8")), Held::Yes),
        (plain(Versions::Unnamed), plain(Versions::Unnamed), Held::Yes),
        // Nobody knows which version is here.
        (plain(exact("7")), plain(Versions::Unnamed), Held::Unknown),
        (plain(range("below 7")), plain(Versions::Unnamed), Held::Unknown),
        (plain(range("nobody knows")), plain(exact("7")), Held::Unknown),
        (digest("sha256:00"), plain(exact("7")), Held::Unknown),
        // Ranges.
        (plain(range("below 7")), plain(exact("7")), Held::Yes),
        (plain(range("below 7")), plain(exact("8")), other("8")),
        // The same digest, another one, whatever the version is called.
        (digest("sha256:00"), digest("sha256:00"), Held::Yes),
        (digest("sha256:00"), digest("sha256:11"), other("sha256:11")),
        (both("7", "sha256:00"), both("8", "sha256:00"), Held::Yes),
        (both("7", "sha256:00"), both("7", "sha256:11"), other("sha256:11")),
        (both("7", "sha256:00"), plain(exact("7")), Held::Yes),
        (plain(exact("7")), both("7", "sha256:11"), Held::Yes),
        // Other things, and what goes by a name.
        (plain(exact("7")), product("pkg:oci/shop2", exact("7")), Held::No),
        (plain(exact("7")), named(exact("7")), Held::No),
        (named(Versions::Unnamed), named(Versions::Unnamed), Held::Yes),
        (named(exact("7")), named(Versions::Unnamed), Held::Unknown),
        (product("", Versions::Unnamed), product("", Versions::Unnamed), Held::No),
    ] {
        assert_eq!(held(&said, &here, &within), wanted, "{said:?} {here:?}");
    }
}

#[test]
fn what_is_stated_of_another_version_of_the_product_is_told_and_closes_nothing() {
    let of = |whole: Versions, parts: Vec<Product>, here: Versions| {
        let statement = Statement {
            products: vec![product("pkg:cargo/shop", whole)],
            subcomponents: parts,
            ..says("ada", NotAffected, "1.0")
        };
        let (state, note, ..) =
            applied(findings(&["1.0"]), &[statement], &[product("pkg:cargo/shop", here)]);
        (state, note)
    };
    let time = || vec![product(VERSIONED, exact("1.0"))];
    let (state, note) = of(exact("8"), time(), exact("7"));
    assert_eq!(state, State::Open);
    assert_eq!(note, "what ada states is for pkg:cargo/shop@8, and 7 is here");
    let (state, note) = of(exact("8"), Vec::new(), Versions::Unnamed);
    assert_eq!(state, State::Open);
    let wanted =
        "what ada states is for pkg:cargo/shop@8, and nobody can tell which version is here";
    assert_eq!(note, wanted);
    // A range of the product reaches as far as it says.
    let range = || Versions::Range("below 7".into());
    assert_eq!(of(range(), time(), exact("7")).0, State::Accepted);
    assert_eq!(of(range(), Vec::new(), exact("7")).0, State::Accepted);
    assert_eq!(of(range(), Vec::new(), exact("8")).0, State::Open);
    // Of a part that is not found here, nothing is told.
    let part = vec![product("pkg:cargo/rand", exact("1.0"))];
    assert_eq!(of(exact("8"), part, exact("7")), (State::Open, String::new()));
}

#[test]
fn the_order_of_statements_does_not_matter() {
    let mut all = vec![
        says("ada", NotAffected, "1.0"),
        at(says("ada", Fixed, "1.0"), "2026-11-05T00:00:00Z"),
        at(says("ben", NotAffected, "1.0"), "2026-11-04T00:00:00Z"),
        says("mallory", Affected, "1.0"),
        says("mallory", NotAffected, "2.0"),
    ];
    let first = applied(findings(&["1.0"]), &all, &[]);
    assert_eq!(first.0, State::Accepted);
    for _ in 0..all.len() {
        all.rotate_left(1);
        assert_eq!(applied(findings(&["1.0"]), &all, &[]), first);
    }
}

#[test]
fn justifications_are_found_where_they_were_said() {
    let (_, note) = of(&["1.0"], &[says("ada", NotAffected, "1.0")]);
    assert_eq!(justification(&note), Some("vulnerable_code_not_present"));
    let reason = not_affected("vulnerable_code_not_in_execute_path", "we never call it");
    let note = format!("accepted until 2027-01-31 by ada, approved by one: {reason}");
    assert_eq!(justification(&note), Some("vulnerable_code_not_in_execute_path"));
    for other in ["accepted until x by y, approved by z: vulnerable code not present, I think", ""]
    {
        assert_eq!(justification(other), None);
    }
}
