//! What the record keeps of images, and what follows of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Asset, AssetId, AssetKind, Digest};
use holdfast_rulefile::services as written;

use super::*;
use crate::services::Inventory;

fn digest(fill: char) -> String {
    format!("sha256:{}", fill.to_string().repeat(64))
}

fn image(fill: char, labels: &[&str]) -> Asset {
    let id = AssetId(format!("{IMAGE}{}", digest(fill)).into());
    let mut asset = Asset::new(id, AssetKind::Image, format!("image {fill}"), "payments");
    asset.labels = labels.iter().map(|label| (*label).to_owned()).collect();
    asset
}

fn host(name: &str, labels: &[&str]) -> Asset {
    let id = AssetId(format!("host:id-of-{name}").into());
    let mut asset = Asset::new(id, AssetKind::Host, name, "payments");
    asset.labels = labels.iter().map(|label| (*label).to_owned()).collect();
    asset
}

/// Declares which image runs on which hosts.
fn inventory(deployments: &[(&str, &str)]) -> Inventory {
    let mut text = "[[service]]\nname = \"shop\"\n".to_owned();
    for (image, hosts) in deployments {
        let _ = write!(text, "[[service.deployment]]\nimage = \"{image}\"\nhosts = [{hosts}]\n");
    }
    let (services, problems) = written::read(&"services.toml".into(), &text);
    assert_eq!(problems, []);
    Inventory::of(services)
}

fn names(hosts: &BTreeSet<Arc<str>>) -> Vec<&str> {
    hosts.iter().map(|name| &**name).collect()
}

#[test]
fn an_image_is_kept_with_everything_by_which_it_is_known() {
    let chain = Digest::of(b"chain");
    let facts = ImageFacts {
        config: digest('c').into(),
        digest: Some(digest('1').into()),
        listed: vec![digest('2').into()],
        platform: "linux/amd64".to_owned(),
        names: vec!["latest".to_owned(), "registry.example/shop/web:1.2".to_owned()],
        labels: [
            ("org.opencontainers.image.source", "https://Forge.example/acme/shop.git"),
            ("org.opencontainers.image.revision", " abc\n123 "),
            ("org.opencontainers.image.version", ""),
            ("org.opencontainers.image.base.name", "registry.example/base:12"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        layers: vec![None],
        chains: vec![chain],
        ..ImageFacts::default()
    };
    let wanted = [
        "base-name:registry.example/base:12".to_owned(),
        "by:label".to_owned(),
        format!("chain:1:{chain}"),
        format!("digest:{}", digest('1')),
        format!("digest:{}", digest('2')),
        "platform:linux/amd64".to_owned(),
        "revision:abc123".to_owned(),
        "source:forge.example/acme/shop".to_owned(),
        "tag:registry.example/shop/web:1.2".to_owned(),
    ];
    assert_eq!(labels(&facts), wanted);
    assert_eq!(name("shop/web:1@x", &digest('c')), "shop/web:1@sha256:cccccccccccc");
}

#[test]
fn a_digest_runs_where_it_is_declared_and_a_name_where_it_means_the_image() {
    let assets = [
        image('a', &["was:registry.example/web:1"]),
        image('b', &["tag:registry.example/web:1", &format!("digest:{}", digest('d'))]),
    ];
    let [old, new] = &assets;
    let by_name = Runs::of(&inventory(&[("web:1", "\"web-1\"")]), &assets);
    assert_eq!(names(&by_name.at(&new.id).hosts), ["web-1"]);
    let perhaps = by_name.at(&old.id);
    assert_eq!((names(&perhaps.perhaps), perhaps.hosts.len()), (vec!["web-1"], 0));
    assert!(perhaps.may_run() && by_name.unseen.is_empty());
    let named = format!("web@{}", digest('a'));
    let by_digest = Runs::of(
        &inventory(&[(&named, "\"web-1\", \"web-2\""), (&digest('d'), "\"web-3\"")]),
        &assets,
    );
    assert_eq!(names(&by_digest.at(&old.id).hosts), ["web-1", "web-2"]);
    assert_eq!(names(&by_digest.at(&new.id).hosts), ["web-3"]);
    let unknown = Runs::of(&inventory(&[("other:1", "\"web-1\"")]), &assets);
    assert!(!unknown.at(&old.id).may_run() && !unknown.at(&new.id).may_run());
    assert_eq!(unknown.unseen.len(), 1);
}

#[test]
fn the_word_of_a_host_counts_more_than_what_is_declared_of_it() {
    let declared = inventory(&[("web:1", "\"web-1\", \"ID-OF-web-2\", \"web-3\"")]);
    let assets = |one: &[&str]| {
        [
            image('a', &["tag:web:1"]),
            image('b', &["tag:web:2"]),
            host("web-1", one),
            host("web-2", &[]),
        ]
    };
    let at = |assets: &[Asset], number: usize| {
        let runs = Runs::of(&declared, assets);
        names(&runs.at(&assets[number].id).hosts).join(" ")
    };
    assert_eq!(at(&assets(&[]), 0), "web-1 web-2 web-3");
    let runs_other = assets(&[&format!("runs:{}", digest('b'))]);
    assert_eq!(
        (at(&runs_other, 0).as_str(), at(&runs_other, 1).as_str()),
        ("web-2 web-3", "web-1")
    );
    assert_eq!(at(&assets(&["runs:nothing"]), 0), "web-2 web-3");
    assert_eq!(at(&assets(&["runs:more"]), 0), "web-1 web-2 web-3", "it may run what is declared");
    let both = assets(&["runs:web:1", "runs:web:2"]);
    assert_eq!((at(&both, 0).as_str(), at(&both, 1).as_str()), ("web-1 web-2 web-3", "web-1"));
}

#[test]
fn a_base_is_proven_by_layers_and_else_claimed_by_labels() {
    let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
    let base = image('a', &[&format!("chain:1:{one}"), "tag:registry.example/base:12"]);
    let other = image('b', &[&format!("chain:1:{two}")]);
    let same = image('c', &[&format!("chain:2:{two}")]);
    let facts = ImageFacts {
        config: digest('d').into(),
        layers: vec![None, None],
        chains: vec![one, two],
        ..ImageFacts::default()
    };
    let assets = [base, other, same];
    let [base, other, same] = &assets;
    assert_eq!(bases(&facts, &assets), [(1, Arc::from("image a"))], "an image is not its own base");
    let on = |labels: &[&str], base: &Asset| {
        let image = image('d', labels);
        Image::of(&image).unwrap().is_on(Image::of(base).unwrap())
    };
    assert!(on(&[&format!("on:{}", digest('a'))], base));
    assert!(on(&["base-name:base:12"], base) && !on(&["base-name:base:13"], base));
    let says = format!("base:{}", digest('b'));
    assert!(on(&[&says], other) && !on(&[&says, "base-name:base:12"], base));
    assert!(!on(&[], same));
    assert!(is_known("base:12", &assets) && !is_known("base:13", &assets));
    assert!(is_known(&format!("base@{}", digest('b')), &assets));
}

#[test]
fn who_says_what_an_image_was_built_from_is_said_too() {
    for (word, told) in [
        ("by:label", "built from abc (by its label, which nobody signed)"),
        ("by:unsigned", "built from abc (by an attestation that nobody signed)"),
        ("by:unverified", "built from abc (by an attestation whose signature is unverified)"),
        ("by:key build.pem", "built from abc (by an attestation signed with build.pem)"),
    ] {
        let asset = image('a', &["tag:web:1", "revision:abc", word]);
        let wanted = format!("in image sha256:aaaaaaaaaaaa of web:1, {told}");
        assert_eq!(Image::of(&asset).unwrap().words(), wanted);
    }
    let was = image('a', &["was:web:1"]);
    let wanted = "in image sha256:aaaaaaaaaaaa, which was web:1 before";
    assert_eq!(Image::of(&was).unwrap().words(), wanted);
}

#[test]
fn labels_are_told_in_words() {
    let labels = [
        "tag:web:1",
        "version:1.2",
        "platform:linux/amd64",
        "base-name:base:12",
        "chain:1:ab",
        "service:shop",
        "ring 1",
    ];
    let told_of_image = [
        "image sha256:aaaaaaaaaaaa of web:1",
        "version 1.2",
        "for linux/amd64",
        "built on base:12, by its label",
        "service:shop",
        "ring 1",
    ];
    assert_eq!(told(&image('a', &labels)), told_of_image);
    let runs = format!("runs:{}", digest('b'));
    let labels =
        [&*runs, "runs:a.example:5000/shop/web:1", "runs:more", "runs:nothing", "from:base:12"];
    let bill = format!("bill-of:{}", digest('b'));
    assert_eq!(
        told(&host("x", &[&*bill, "bill-of:web:1"])),
        [
            "holds the bill of materials of image sha256:bbbbbbbbbbbb",
            "holds the bill of materials of image web:1",
        ]
    );
    let told_of_host = [
        "runs image sha256:bbbbbbbbbbbb",
        "runs image a.example:5000/shop/web:1",
        "runs images that could not be told",
        "runs no images",
    ];
    assert_eq!(told(&host("web-1", &labels)), told_of_host);
}
