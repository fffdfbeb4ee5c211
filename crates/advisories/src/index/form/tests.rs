use holdfast_model::Ecosystem;

use super::KEYS;
use crate::distribution::canonical;
use crate::hash::hash;
use crate::names;
use crate::version::{ORDERS, Order, never_moves, order_index};

/// Texts that orders tell apart in their own ways; to most orders some are no versions.
const TEXTS: [&str; 24] = [
    "0",
    "1",
    "1.0",
    "1.0.0",
    "v1.2.3",
    "01.10.2",
    "1.0.0-alpha.1",
    "1.0.0-rc1+build",
    "1.0a1",
    "1.0.post1.dev2",
    "1!1.0",
    "1.0~beta",
    "2:1.0-1",
    "1.0-1ubuntu1+esm2",
    "1.0-1.el9_2",
    "1:18.9.0-1.module_el9.1.0+9+c",
    "1.2.3_alpha2-r4",
    "0.0.0-20230101120000-abcdefabcdef",
    "20.10.9+incompatible",
    "1.0.Final",
    "1.0-SNAPSHOT",
    "dev-main",
    "99999999999999999999.1",
    "2.0.0-0",
];

/// Ecosystems as hosts and feeds write them.
const ECOSYSTEMS: [&str; 27] = [
    "Debian:12.5",
    "Ubuntu:22.04",
    "Ubuntu:Pro:18.04:LTS",
    "Alpine:3.19.1",
    "Wolfi",
    "Red Hat:9.3",
    "Red Hat:rhel_eus:9.2::baseos",
    "AlmaLinux:9.3",
    "Rocky Linux:9.3",
    "SUSE:15.5",
    "SUSE:Linux Enterprise Module for Basesystem 15 SP5",
    "openSUSE:15.5",
    "Fedora:40",
    "cargo",
    "npm",
    "PyPI",
    "Go",
    "Maven",
    "RubyGems",
    "NuGet",
    "Packagist",
    "CRAN",
    "Hackage",
    "Hex",
    "GitHub Actions",
    "Julia",
    "SwiftURL",
];

/// A name of which ecosystems keep more or less.
const NAME: &str = "Acme.Json__x/Y";

/// What these orders, and the names of ecosystems and packages, make of the texts.
fn of(orders: &[&Order]) -> u32 {
    let mut mark = 0;
    let mut add = |bytes: &[u8]| mark = hash(mark, bytes);
    let mut key = Vec::new();
    for order in orders {
        add(order.about.id.as_bytes());
        for text in TEXTS {
            let is_version = order.key(text, &mut key);
            add(&[u8::from(is_version), u8::from((order.moves)(text))]);
            let bytes: &[u8] = if is_version { &key } else { &[] };
            add(bytes);
        }
    }
    for written in ECOSYSTEMS {
        let ecosystem = Ecosystem::new(written);
        add(canonical(ecosystem.as_str()).as_bytes());
        add(names::normal(&ecosystem, NAME).as_bytes());
        let order = order_index(&ecosystem).and_then(|at| orders.get(at));
        add(order.map_or("", |order| order.about.id).as_bytes());
    }
    u32::try_from(mark >> 32).unwrap_or_default()
}

fn shouting(version: &str, out: &mut Vec<u8>) -> bool {
    out.extend(version.bytes().rev());
    true
}

#[test]
fn each_order_enters_the_mark() {
    let own = of(ORDERS);
    assert_eq!(own, KEYS, "what keys or names stand for has changed: `KEYS` is {own:#x} now");
    for at in 0..ORDERS.len() {
        let order = ORDERS[at];
        let other = Order {
            about: order.about,
            epochs: order.epochs,
            moves: never_moves,
            encode: shouting,
        };
        let mut orders = ORDERS.to_vec();
        orders[at] = &other;
        assert_ne!(own, of(&orders), "{}", order.about.id);
        orders.remove(at);
        assert_ne!(own, of(&orders), "{}", order.about.id);
    }
}

#[test]
fn every_order_knows_some_of_the_texts() {
    for order in ORDERS {
        let known = TEXTS.iter().filter(|text| order.key(text, &mut Vec::new())).count();
        assert!(known >= 4, "{}: {known}", order.about.id);
    }
}
