//! What is shown of a package is what a look finds in it, however its package URL is written.

use std::path::Path;

use holdfast_advisories::{Compiler, Origin, osv};
use holdfast_engine::ask::{self, Shown};
use holdfast_model::Timestamp;

use super::mirror::DATA;
use super::support;

/// Ecosystem, package and the version that mends it; the weaknesses are numbered from 1.
const MENDED: [(&str, &str, &str); 9] = [
    ("Maven", "org.example.door:door-core", "2.15.0"),
    ("Go", "forge.example/Tiller/Toml", "1.5.0"),
    ("npm", "JSONDoor", "2.0.0"),
    ("npm", "@shop/Door", "2.0.0"),
    ("Debian:12", "glibc", "2.40-1"),
    ("Rocky Linux:9", "openssl", "1:3.0.7-2.el9"),
    ("Red Hat:enterprise_linux:9::baseos", "bash", "0:5.1.8-9.el9"),
    ("Alpine:v3.19", "openssl", "3.1.4-r5"),
    ("npm", "plain", "2.0.0"),
];

fn index() -> Vec<u8> {
    let mut compiler = Compiler::new();
    let mut add = |text: &str| {
        let parsed = osv::parse("feed.json", text.as_bytes()).unwrap();
        let feed = parsed.ecosystems().next().unwrap().to_owned();
        compiler.add(&feed, &parsed, Origin::Feed);
    };
    for (number, (ecosystem, name, fixed)) in (1..).zip(MENDED) {
        let (id, alias) = (format!("A-{number}"), format!("CVE-2026-8000{number}"));
        add(&support::record(&id, &alias, ecosystem, name, fixed));
    }
    add(r#"{"id": "G-1", "modified": "2026-11-01T00:00:00Z", "affected": [{
        "package": {"ecosystem": "npm", "name": "commits"}, "ranges": [{"type": "GIT",
        "repo": "https://git.example/door", "events": [{"introduced": "0"}]}]}]}"#);
    compiler.finish(Timestamp(support::NOW)).bytes
}

fn shown(purl: &str) -> Shown {
    let world = support::world(Path::new(DATA), &index(), &[]);
    ask::show(&world, Path::new(DATA), purl).unwrap()
}

#[test]
fn a_package_is_known_however_its_package_url_is_written() {
    for (purl, number) in [
        ("pkg:maven/org.example.door/door-core@2.0", 1),
        ("pkg:golang/forge.example/Tiller/Toml@v1.0.0", 2),
        ("pkg:npm/JSONDoor@1.0.0", 3),
        ("pkg:npm/%40shop/Door@1.0.0", 4),
        ("pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc", 5),
        ("pkg:deb/debian/libc6@2.36-9?distro=bookworm&upstream=glibc%402.36-9", 5),
        ("pkg:rpm/rocky-linux/openssl@3.0.7-1.el9?epoch=1&distro=rocky-9.3", 6),
        ("pkg:rpm/redhat/bash@5.1.8-6.el9?epoch=0&distro=redhat-9.4", 7),
        ("pkg:apk/alpine/libcrypto3@3.1.3-r0?distro=alpine-3.19.1&upstream=openssl", 8),
        // Without a version everything is told that anybody says.
        ("pkg:maven/org.example.door/door-core", 1),
        ("pkg:deb/debian/libc6?distro=debian-12&upstream=glibc", 5),
    ] {
        let shown = shown(purl);
        let found: Vec<&str> = shown.weaknesses.iter().map(|row| &*row.weakness).collect();
        assert_eq!(found, [format!("CVE-2026-8000{number}")], "{purl}: {:?}", shown.not_assessed);
        assert!(shown.covered, "{purl}");
        assert_eq!(shown.not_assessed, [""; 0], "{purl}");
    }
}

#[test]
fn a_version_that_mends_has_nothing_and_one_that_cannot_be_judged_says_so() {
    for (purl, reason) in [
        ("pkg:maven/org.example.door/door-core@2.15.0", ""),
        ("pkg:deb/debian/libc6@2.40-1?distro=debian-12&upstream=glibc", ""),
        ("pkg:npm/plain@foo", "`foo` is no version"),
        ("pkg:npm/commits@1.0.0", "G-1 cannot be judged: "),
        ("pkg:npm/commits", "G-1 cannot be judged: "),
        ("pkg:rpm/rocky-linux/openssl@3.0.7-1.el9?epoch=1", "none is named"),
    ] {
        let Shown { weaknesses, not_assessed, .. } = shown(purl);
        let found: Vec<&str> = weaknesses
            .iter()
            .map(|row| &*row.weakness)
            .filter(|_| !purl.ends_with("commits"))
            .collect();
        assert_eq!(found, [""; 0], "{purl}");
        match (reason, not_assessed.as_slice()) {
            ("", []) => {}
            (reason, [said]) if !reason.is_empty() => assert!(said.contains(reason), "{said}"),
            (_, all) => panic!("{purl}: {all:?}"),
        }
    }
}
