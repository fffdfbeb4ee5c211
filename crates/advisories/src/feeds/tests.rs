//! One test a risk, with what must not be told beside it.

use super::*;
use holdfast_model::{Ecosystem, without_user};

fn place(line: u32) -> Place {
    Place { path: "conf".into(), line, column: 1 }
}

fn source(line: u32, address: &str, role: FeedRole, names: &[&str]) -> FeedSource {
    FeedSource {
        ecosystem: Ecosystem::new("npm"),
        address: Some(without_user(address).into()),
        role,
        names: names.iter().map(|name| (*name).into()).collect(),
        unchecked: false,
        place: place(line),
    }
}

fn component(name: &str, address: &str) -> Component {
    let mut one = Component::new(Ecosystem::new("npm"), name, Some("1.0.0".into()), place(9));
    if !address.is_empty() {
        one.origin = Origin::Feed(Some(address.into()));
    }
    one
}

fn own(names: &[&str]) -> OwnNames {
    let mut own = OwnNames::default();
    for name in names {
        own.add(&Ecosystem::new("npm"), name);
    }
    own
}

fn ids(risks: &[Risk]) -> Vec<&'static str> {
    risks.iter().map(|risk| risk.kind.id).collect()
}

use FeedRole::{Before, Besides, Instead, Named};

#[test]
fn mixed_feeds_are_worse_where_a_name_of_ones_own_is_asked_for() {
    let extra = source(1, "https://own.example/simple", Besides, &[]);
    let shop = component("shop-core", "");
    let nobody = OwnNames::default();
    let around = Around { sources: vec![&extra], own: &nobody };
    let risks = of_source(&extra, &around, &[&shop]);
    assert_eq!(ids(&risks), ["feed-mixed"]);
    assert_eq!(risks[0].severity, Severity::Soon);
    let own = own(&["shop-core"]);
    let around = Around { sources: vec![&extra], own: &own };
    let risks = of_source(&extra, &around, &[&shop]);
    assert_eq!(risks[0].severity, Severity::Now);
    assert!(risks[0].title.contains("`shop-core` could be anybody's"), "{}", risks[0].title);
}

#[test]
fn one_feed_alone_mixes_nothing() {
    let instead = source(1, "https://own.example/", Instead, &[]);
    let scoped = source(2, "https://own.example/", Named, &["@acme"]);
    let own = own(&["shop-core", "@acme/till"]);
    let around = Around { sources: vec![&instead, &scoped], own: &own };
    let all = [component("shop-core", ""), component("@acme/till", "")];
    for source in [&instead, &scoped] {
        assert_eq!(of_source(source, &around, &[&all[0], &all[1]]), []);
    }
    assert_eq!(of_document(&around, &all), []);
    // Two addresses for the same thing, in two files.
    let again = source(7, "https://own.example/", Besides, &[]);
    let around = Around { sources: vec![&instead, &again], own: &own };
    assert_eq!(of_source(&again, &around, &[]), []);
}

#[test]
fn where_the_first_answer_wins_only_own_names_can_be_taken() {
    let first = source(1, "https://a.example/", Before, &[]);
    let second = source(2, "https://b.example/", Before, &[]);
    let nobody = OwnNames::default();
    let around = Around { sources: vec![&first, &second], own: &nobody };
    assert_eq!(of_source(&second, &around, &[&component("shop-core", "")]), []);
    let own = own(&["shop-core"]);
    let around = Around { sources: vec![&first, &second], own: &own };
    assert_eq!(ids(&of_source(&second, &around, &[&component("shop-core", "")])), ["feed-mixed"]);
}

#[test]
fn own_names_must_be_bound() {
    let own = own(&["@acme/till"]);
    let all = [component("@acme/till", ""), component("left", "")];
    let around = Around { sources: Vec::new(), own: &own };
    let risks = of_document(&around, &all);
    assert_eq!(ids(&risks), ["feed-unbound"]);
    assert_eq!(risks[0].item, "@acme/till");
    let scoped = source(2, "https://own.example/", Named, &["@acme"]);
    let around = Around { sources: vec![&scoped], own: &own };
    assert_eq!(of_document(&around, &all), []);
    // A member of the tree is asked of nobody.
    let member = Component { origin: Origin::Tree, ..component("@acme/till", "") };
    let around = Around { sources: Vec::new(), own: &own };
    assert_eq!(of_document(&around, &[member]), []);
}

#[test]
fn the_most_exact_pattern_of_nuget_decides() {
    let nuget = Ecosystem::new(Ecosystem::NUGET);
    let mut own = OwnNames::default();
    own.add_pattern("Acme.*");
    let core = Component::new(nuget.clone(), "Acme.Core", Some("1.0.0".into()), place(9));
    for (rest, named, told) in [
        (vec![], vec!["Acme.*"], false),
        (vec!["Acme.*"], vec!["Acme.*"], true),
        (vec!["Acme.Core"], vec!["Acme.*"], true),
        (vec!["Acme.*"], vec!["Acme.Core"], false),
        (vec!["Acme.Core*"], vec!["Acme.Core"], false),
        (vec!["Acme.Core"], vec!["Other.*"], false),
    ] {
        let of = |one| FeedSource { ecosystem: nuget.clone(), ..one };
        let all = of(source(1, "https://all.example/", Instead, &rest));
        let mine = of(source(2, "https://own.example/", Named, &named));
        let around = Around { sources: vec![&all, &mine], own: &own };
        let risks = of_document(&around, std::slice::from_ref(&core));
        assert_eq!(!risks.is_empty(), told, "{rest:?} {named:?}");
        assert!(risks.iter().all(|risk| risk.kind == UNBOUND && risk.severity == Severity::Now));
    }
}

#[test]
fn a_crate_that_is_locked_at_ones_own_registry_is_bound() {
    let cargo = Ecosystem::new(Ecosystem::CARGO);
    let mut own = OwnNames::default();
    own.add_pattern("acme-*");
    let sparse = "sparse+https://own.example/";
    let git = "https://own.example/index.git";
    for (configured, locked, told) in [
        (sparse, sparse, false),
        (git, "registry+https://own.example/index.git", false),
        (sparse, "registry+https://main.example/index", true),
        ("sparse+https://own.example/other/", sparse, true),
    ] {
        let named = source(1, configured, Named, &[]);
        let named = FeedSource { ecosystem: cargo.clone(), ..named };
        let core = Component::new(cargo.clone(), "acme-core", Some("1.0.0".into()), place(9));
        let core = Component { origin: Origin::Feed(Some(locked.into())), ..core };
        let around = Around { sources: vec![&named], own: &own };
        let risks = of_document(&around, &[core]);
        assert_eq!(ids(&risks).contains(&"feed-unbound"), told, "{configured} {locked}");
    }
}

#[test]
fn another_host_in_a_lockfile_is_told() {
    let nobody = OwnNames::default();
    let all = [
        component("a", "https://main.example/a.tgz"),
        component("b", "https://main.example/b.tgz"),
        component("c", "https://evil.example/c.tgz"),
    ];
    let around = Around { sources: Vec::new(), own: &nobody };
    let risks = of_document(&around, &all);
    assert_eq!(ids(&risks), ["feed-elsewhere"]);
    assert_eq!(risks[0].item, "evil.example");
    let scoped = source(2, "https://evil.example/", Named, &["c"]);
    let around = Around { sources: vec![&scoped], own: &nobody };
    assert_eq!(of_document(&around, &all), [], "it is configured");
    // With a feed configured, the majority is no excuse.
    let instead = source(1, "https://own.example/", Instead, &[]);
    let around = Around { sources: vec![&instead], own: &nobody };
    assert_eq!(ids(&of_document(&around, &all)), ["feed-elsewhere", "feed-elsewhere"]);
}

#[test]
fn a_bound_name_from_another_host_is_told() {
    let nobody = OwnNames::default();
    let all = [
        component("@acme/y", "https://main.example/@acme/y/-/y-1.0.0.tgz"),
        component("@acme/z", "https://own.example/@acme/z/-/z-1.0.0.tgz"),
        component("@acmes/x", "https://main.example/x.tgz"),
        component("a", "https://main.example/a.tgz"),
    ];
    let scoped = source(2, "https://own.example/", Named, &["@acme"]);
    let around = Around { sources: vec![&scoped], own: &nobody };
    let [risk] = of_document(&around, &all).try_into().unwrap();
    assert_eq!((risk.kind.id, risk.severity), ("feed-elsewhere", Severity::Now));
    assert_eq!(risk.item, "@acme main.example");
    let title = "`@acme/y` comes from `main.example`, although `@acme` belongs to `own.example`";
    assert_eq!(risk.title, title);
    assert_eq!(risk.because, "`@acme` is bound to `own.example`");
    // A second feed of the scope, and one without a host: nobody knows which was meant.
    let second = source(3, "https://main.example/", Named, &["@acme/*"]);
    for other in [second, source(4, "./mirror", Named, &["@acme"])] {
        let around = Around { sources: vec![&scoped, &other], own: &nobody };
        assert_eq!(of_document(&around, &all), []);
    }
}

#[test]
fn missing_checksums_are_worse_where_others_have_one() {
    let nobody = OwnNames::default();
    let around = Around { sources: Vec::new(), own: &nobody };
    let with = |name, integrity| Component { integrity, ..component(name, "") };
    let none = [with("a", Some(false)), with("b", Some(false))];
    let risks = of_document(&around, &none);
    assert_eq!((ids(&risks), risks[0].severity), (vec!["feed-no-checksum"], Severity::WhenYouCan));
    let some = [with("a", Some(false)), with("b", Some(true))];
    assert_eq!(of_document(&around, &some)[0].severity, Severity::Soon);
    assert_eq!(of_document(&around, &[with("a", None), with("b", Some(true))]), []);
}

#[test]
fn unencrypted_and_unchecked_feeds_are_told() {
    let nobody = OwnNames::default();
    let told = |source: &FeedSource| {
        let around = Around { sources: vec![source], own: &nobody };
        ids(&of_source(source, &around, &[]))
    };
    assert_eq!(told(&source(1, "http://own.example/", Instead, &[])), ["feed-unchecked"]);
    assert_eq!(told(&source(1, "sparse+http://own.example/", Instead, &[])), ["feed-unchecked"]);
    assert!(told(&source(1, "http://127.0.0.1:4873/", Instead, &[])).is_empty());
    assert!(told(&source(1, "https://own.example/", Instead, &[])).is_empty());
    let trusted = FeedSource { unchecked: true, ..source(1, "https://own.example/", Instead, &[]) };
    assert_eq!(told(&trusted), ["feed-unchecked"]);
}

#[test]
fn a_name_like_ones_own_is_told() {
    let own = own(&["shop-core"]);
    let around = Around { sources: Vec::new(), own: &own };
    let risks = of_document(&around, &[component("shop-croe", ""), component("shopping", "")]);
    assert_eq!(ids(&risks), ["feed-lookalike"]);
    assert_eq!(risks[0].title, "`shop-croe` is one slip away from your own `shop-core`");
}

#[test]
fn kinds_are_sorted_and_unique() {
    assert!(KINDS.is_sorted_by(|a, b| a.id < b.id));
}
