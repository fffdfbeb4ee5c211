//! Bills of materials: fixtures, broken versions of them, and those that others have collected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdfast_model::{Fact, Place};
use holdfast_sense::{read_anything, reader_for};
use proptest::prelude::*;

use super::hostile::{Dice, mutate};
use super::skip::{NO_DATA, skip};
use super::support::{components, document, fixtures, lines, problems, reader, tree, versions};

pub(crate) const READERS: [&str; 2] = ["sbom-cyclonedx", "sbom-spdx"];
/// Names under which either is read.
const PATHS: [&str; 5] = ["a/bom.json", "a/bom.xml", "x.cdx.json", "x.spdx.json", "x.spdx"];

/// What holds for every input: places in the document lie inside it, edges join components that were
/// said, problems are listed and have help and a line, and are bounded.
fn check(path: &str, bytes: &[u8], facts: &[Fact]) {
    let count = u32::try_from(components(facts).count()).unwrap();
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes));
    let lengths: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    let inside = |place: &Place| {
        assert!(place.line >= 1 && place.column >= 1, "{place}");
        if *place.path == *path {
            let length = lengths.get(place.line as usize - 1);
            assert!(length.is_some(), "{place} lies behind the last line");
        }
    };
    for fact in facts {
        match fact {
            Fact::Component(component) => inside(&component.place),
            Fact::Os(os) => inside(&os.place),
            Fact::Unknown { place, .. } => inside(place),
            Fact::Edge(edge) => {
                inside(&edge.place);
                assert!(edge.child < count && edge.parent.is_none_or(|parent| parent < count));
            }
            Fact::Problem(problem) => {
                inside(problem.place.as_ref().unwrap());
                let listed = holdfast_sense::codes::CODES.iter();
                assert!(listed.clone().any(|(code, _)| *code == problem.code), "{problem}");
                assert!(!problem.help.is_empty() && !problem.message.ends_with('.'), "{problem}");
                assert!(problem.excerpt.is_some(), "{problem}");
            }
            Fact::Named(_) | Fact::Partial => {}
            other => panic!("not from a bill of materials: {other:?}"),
        }
    }
    assert!(problems(facts).count() <= 111);
    assert!(facts.iter().filter(|fact| **fact == Fact::Partial).count() <= 1);
}

fn read(path: &str, bytes: &[u8]) -> Vec<Fact> {
    let facts = read_anything(path, bytes);
    check(path, bytes, &facts);
    facts
}

fn cases(id: &str) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(fixtures().join(id)).unwrap();
    let mut cases: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

#[test]
fn every_fixture_is_read_and_what_is_broken_is_told() {
    let mut wrong = Vec::new();
    for id in READERS {
        for folder in cases(id) {
            let case = folder.file_name().unwrap().to_str().unwrap().to_owned();
            let tree = tree(&folder);
            let path = document(reader(id), &tree);
            let facts = read(&path, &tree[&path]);
            if case.starts_with("broken-") {
                let told =
                    facts.iter().any(|f| matches!(f, Fact::Problem(_) | Fact::Unknown { .. }));
                assert!(
                    told || case == "broken-place",
                    "{id}/{case} is broken and nothing is said"
                );
            }
            let found = lines(&facts);
            let Ok(expected) = std::fs::read_to_string(folder.join("expected.json")) else {
                continue;
            };
            if found != expected {
                let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{id}.{case}.json"));
                std::fs::write(&kept, &found).unwrap();
                wrong.push(format!("{id}/{case}: found in {}", kept.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Parent and child of every edge, in reading order.
fn edges(facts: &[Fact]) -> Vec<(Option<u32>, u32)> {
    let edges = facts.iter().filter_map(|fact| match fact {
        Fact::Edge(edge) => Some((edge.parent, edge.child)),
        _ => None,
    });
    edges.collect()
}

fn fixture(path: &str) -> Vec<Fact> {
    let name = path.rsplit('/').next().unwrap();
    read(name, &std::fs::read(fixtures().join(path)).unwrap())
}

#[test]
fn what_the_plain_ones_hold() {
    let facts = fixture("sbom-cyclonedx/plain/shop.cdx.json");
    let names = [
        "tiller 1.0.2",
        "tiller 1.0.2",
        "@shop/cart 1.0.0",
        "inner 2.0.0",
        "tap 3.0.0",
        "libssl3 3.0.11-1",
        "nodejs 1:16.20.2-8.el9",
        "left -",
    ];
    assert_eq!(versions(&facts), names);
    assert_eq!(edges(&facts), [(None, 0), (None, 2), (Some(2), 3), (Some(2), 4)]);
    let unknown = facts.iter().filter(|fact| matches!(fact, Fact::Unknown { .. })).count();
    assert_eq!((unknown, problems(&facts).count()), (2, 0));
    let all: Vec<_> = components(&facts).collect();
    assert_eq!((all[0].direct, all[3].direct), (Some(true), Some(false)));
    assert!(all.iter().all(|one| one.dev == (&*one.name == "tap")));
    assert_eq!(all[0].place.to_string(), "api/Cargo.lock:12:1");
    assert_eq!(all[1].place.to_string(), "job/Cargo.lock:1:1");
    assert_eq!((all[0].integrity, all[2].integrity), (Some(true), None));
    assert_eq!(all[5].ecosystem.as_str(), "Debian:12");
    assert_eq!(&*all[5].source.as_ref().unwrap().name, "openssl");

    let facts = fixture("sbom-cyclonedx/plain-xml/bom.xml");
    assert_eq!(versions(&facts), ["forge.example/Ab/tiller 1.0.2", "org.example:quiet 8.0.0"]);
    assert_eq!(edges(&facts), [(None, 0), (Some(0), 1)]);
    let dev: Vec<bool> = components(&facts).map(|one| one.dev).collect();
    assert_eq!(dev, [false, true]);

    let facts = fixture("sbom-spdx/plain/shop.spdx.json");
    let names = ["tiller 1.0.2", "tiller 1.0.2", "github.com/BurntSushi/toml v1.2.0", "tap 3.0.0"];
    assert_eq!(versions(&facts), names);
    assert_eq!(edges(&facts), [(None, 0), (Some(0), 2), (None, 3)]);
    let dev: Vec<bool> = components(&facts).map(|one| one.dev).collect();
    assert_eq!(dev, [false, false, false, true]);

    let facts = fixture("sbom-spdx/plain-tags/shop.spdx");
    assert_eq!(versions(&facts), ["tiller 1.0.2", "quiet 8.0.0"]);
    assert_eq!(edges(&facts), [(Some(0), 1)]);
    assert_eq!(components(&facts).next().unwrap().place.to_string(), "api/Cargo.lock:12:1");
    assert_eq!(problems(&facts).count(), 0);
}

/// What a name for people says counts for nothing beside a package URL.
#[test]
fn the_package_url_names_the_package() {
    for (name, purl, wanted) in [
        ("Lodash", "pkg:npm/lodash@1.0.0", "lodash"),
        ("jsonstream", "pkg:npm/JSONStream@1.0.0", "JSONStream"),
        ("Django", "pkg:pypi/django@1.0.0", "django"),
        ("Shop Core", "pkg:maven/org.shop/core@1.0.0", "org.shop:core"),
        ("toml", "pkg:golang/forge.example/ab/toml@1.0.0", "forge.example/ab/toml"),
        (
            "forge.example/Ab/Till",
            "pkg:golang/forge.example/ab/Till@1.0.0",
            "forge.example/Ab/Till",
        ),
        (
            "forge.example/Ab/toml",
            "pkg:golang/forge.example/ab/toml@1.0.0",
            "forge.example/Ab/toml",
        ),
        (
            "forge.example/ab/toml",
            "pkg:golang/forge.example/Ab/toml@1.0.0",
            "forge.example/Ab/toml",
        ),
    ] {
        let cyclonedx = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"type":"library","name":"{name}","purl":"{purl}"}}]}}"#
        );
        let spdx = format!(
            r#"{{"spdxVersion":"SPDX-2.3","packages":[{{"SPDXID":"SPDXRef-1","name":"{name}","externalRefs":[{{"referenceType":"purl","referenceLocator":"{purl}"}}]}}]}}"#
        );
        for (path, text) in [("bom.json", cyclonedx), ("x.spdx.json", spdx)] {
            assert_eq!(
                versions(&read(path, text.as_bytes())),
                [format!("{wanted} 1.0.0")],
                "{name}"
            );
        }
    }
}

#[test]
fn the_namespace_of_xml_may_have_any_prefix() {
    for (attributes, prefix, wrong) in [
        (r#"xmlns="http://cyclonedx.org/schema/bom/1.5""#, "", 0),
        (r#"xmlns:b="http://cyclonedx.org/schema/bom/1.5""#, "b:", 0),
        (
            r#"xsi:schemaLocation="http://cyclonedx.org/schema/bom/1.5 http://cyclonedx.org/schema/bom-1.5.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:b="http://cyclonedx.org/schema/bom/1.5""#,
            "b:",
            0,
        ),
        (r#"xmlns:b="http://cyclonedx.org/schema/bom/9.9""#, "b:", 1),
        (r#"xmlns:b="http://forge.example/bom/1.5""#, "b:", 1),
    ] {
        let tag = |name: &str, inside: &str| format!("<{prefix}{name}>{inside}</{prefix}{name}>");
        let purl = tag("name", "tiller") + &tag("purl", "pkg:npm/tiller@1.0.0");
        let listed = tag("components", &tag("component", &purl));
        let text = format!("<{prefix}bom {attributes}>{listed}</{prefix}bom>");
        let facts = read("bom.xml", text.as_bytes());
        assert_eq!(versions(&facts), ["tiller 1.0.0"], "{attributes}");
        assert_eq!(problems(&facts).count(), wrong, "{attributes}");
    }
}

#[test]
fn each_package_url_of_a_package_counts() {
    let reference =
        |purl: &str| format!(r#"{{"referenceType":"purl","referenceLocator":"{purl}"}}"#);
    let all = ["pkg:npm/tiller@1.0.0", "pkg:npm/tiller@1.0.0#lib", "pkg:npm/tap@2.0.0", "tap"];
    let all = all.map(reference).join(",");
    let text = format!(
        r#"{{"spdxVersion":"SPDX-2.3","packages":[
            {{"SPDXID":"SPDXRef-1","name":"x","externalRefs":[{all}]}},
            {{"SPDXID":"SPDXRef-2","name":"quiet","externalRefs":[{}]}}],
            "relationships":[{{"spdxElementId":"SPDXRef-1","relationshipType":"DEPENDS_ON","relatedSpdxElement":"SPDXRef-2"}}]}}"#,
        reference("pkg:npm/quiet@3.0.0")
    );
    let facts = read("x.spdx.json", text.as_bytes());
    assert_eq!(versions(&facts), ["tiller 1.0.0", "tap 2.0.0", "quiet 3.0.0"]);
    assert_eq!(edges(&facts), [(Some(0), 2)]);
    assert_eq!(facts.iter().filter(|fact| matches!(fact, Fact::Unknown { .. })).count(), 1);
    assert_eq!(problems(&facts).count(), 0);
}

/// Advisories of distributions name source packages, and one tool says them in words alone.
#[test]
fn a_package_of_a_distribution_is_built_from_what_the_words_say() {
    for (purl, info, wanted) in [
        (
            "pkg:deb/debian/libtap1@1.0-1?distro=debian-12",
            "built package from: tap 1:1.0-1",
            "tap 1:1.0-1",
        ),
        (
            "pkg:rpm/redhat/tap-libs@1.0-1.el9?distro=redhat-9.4",
            "built package from: tap 1.0-1.el9",
            "tap 1.0-1.el9",
        ),
        (
            "pkg:apk/alpine/tap-libs@1.0-r1?distro=3.20.1",
            "built package from: tap 1.0-r1",
            "tap 1.0-r1",
        ),
        (
            "pkg:apk/alpine/tap-libs@1.0-r1?distro=3.20.1",
            "built package from: tap",
            "tap-libs 1.0-r1",
        ),
        ("pkg:npm/tap@1.0.0", "built package from: quiet 2.0", ""),
    ] {
        let text = format!(
            r#"{{"spdxVersion":"SPDX-2.3","packages":[{{"SPDXID":"SPDXRef-1","name":"x","sourceInfo":"{info}","externalRefs":[{{"referenceType":"purl","referenceLocator":"{purl}"}}]}}]}}"#
        );
        let facts = read("x.spdx.json", text.as_bytes());
        let source = components(&facts).next().unwrap().source.as_ref();
        let source = source.map(|source| format!("{} {}", source.name, source.version));
        assert_eq!(source.unwrap_or_default(), wanted, "{purl}: {info}");
    }
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    for (id, plain, other) in [
        ("sbom-cyclonedx", "plain/shop.cdx.json", "plain-crlf/bom.json"),
        ("sbom-spdx", "plain-tags/shop.spdx", "plain-crlf/shop.spdx"),
    ] {
        let facts = |path: &str| {
            let bytes = std::fs::read(fixtures().join(id).join(path)).unwrap();
            lines(&read(path, &bytes)).replace(path, "PATH")
        };
        assert_eq!(facts(plain), facts(other), "{id}");
    }
}

#[test]
fn content_decides_where_the_name_leaves_it_open() {
    let spdx = std::fs::read(fixtures().join("sbom-spdx/plain/shop.spdx.json")).unwrap();
    assert_eq!(reader_for("sbom.json", &[]).unwrap().about().id, "sbom-cyclonedx");
    let named = versions(&read("shop.spdx.json", &spdx));
    assert_eq!(versions(&read("sbom.json", &spdx)), named);
    assert_eq!(named.len(), 4);
}

#[test]
fn mutated() {
    for id in READERS {
        for folder in cases(id) {
            let tree = tree(&folder);
            let path = document(reader(id), &tree);
            let bytes = &tree[&path];
            let rounds = 1000.min(4_000_000 / (bytes.len() as u64 + 1)).max(20);
            for seed in 0..rounds {
                let broken = mutate(&mut Dice(seed * 2 + 1), bytes);
                let facts = read(&path, &broken);
                if seed % 16 == 0 {
                    assert_eq!(facts, read_anything(&path, &broken), "{id} seed {seed}");
                }
            }
        }
    }
}

#[test]
fn a_megabyte_of_one_thing_is_read_once() {
    let pieces = [
        "[",
        "{\"a\":",
        "<a>",
        "<",
        "\"",
        "a: b\n",
        "<text>",
        "a\n",
        "{\"components\":[",
        "Relationship: a DEPENDS_ON b\n",
        "PackageName: a\n",
        "\u{1}",
        "<<<<<<< \n",
        "é",
    ];
    for path in PATHS {
        for piece in pieces {
            let size = if piece.contains(['[', '{', '<']) { 1_000_000 } else { 200_000 };
            read(path, piece.repeat(size / piece.len()).as_bytes());
        }
    }
}

#[test]
fn a_hundred_thousand_components_on_one_line() {
    let mut text = String::from(r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":["#);
    let item = |n: u32| {
        format!(
            r#"{{"bom-ref":"r{n}","name":"p{n}","version":"1.{n}.0","purl":"pkg:npm/p{n}@1.{n}.0"}}"#
        )
    };
    let items: Vec<String> = (0..100_000).map(item).collect();
    text += &items.join(",");
    text += r#"],"dependencies":["#;
    let needs: Vec<String> = (0..100_000_u32)
        .map(|n| format!(r#"{{"ref":"r{n}","dependsOn":["r{}"]}}"#, (n * 7) % 100_000))
        .collect();
    text += &needs.join(",");
    text += "]}";
    let facts = read_anything("bom.json", text.as_bytes());
    assert_eq!(components(&facts).count(), 100_000);
    assert_eq!(facts.iter().filter(|fact| matches!(fact, Fact::Edge(_))).count(), 100_000);
    assert_eq!(problems(&facts).count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_under_any_name(text in "[a-zA-Z0-9\\[\\]{}\"':,=.@#\\\\ \\n<>/()!&;?-]{0,300}", path in 0_usize..5) {
        read(PATHS[path], text.as_bytes());
    }

    #[test]
    fn any_bytes_under_any_name(bytes in proptest::collection::vec(any::<u8>(), 0..300), path in 0_usize..5) {
        read(PATHS[path], &bytes);
    }
}

#[test]
fn those_of_others() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let shared = std::env::var_os("HOLDFAST_SHARED").map_or(beside, PathBuf::from).join("sbom");
    if !shared.is_dir() {
        return skip(NO_DATA);
    }
    let mut found: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    for (path, bytes) in tree(&shared) {
        let head = &bytes[..bytes.len().min(4096)];
        if reader_for(&path, head).is_none() {
            continue;
        }
        let facts = read(&path, &bytes);
        let unknown = facts.iter().filter(|fact| matches!(fact, Fact::Unknown { .. })).count();
        let name = path.rsplit('/').next().unwrap().to_owned();
        found.insert(name, (components(&facts).count(), unknown, problems(&facts).count()));
    }
    // Components, those that nothing can be said of, problems: counted by hand.
    for (name, wanted) in [
        ("sbom.cdx.xml", (1, 1, 0)),
        ("sbom.bom.json", (1, 1, 0)),
        ("sbom.spdx", (1, 1, 0)),
        ("sbom.spdx.json", (1, 1, 0)),
        ("minimal.spdx.json", (0, 0, 0)),
        ("purl_and_cpe.spdx.json", (2, 0, 0)),
        ("descendant_of.spdx.json", (1, 1, 0)),
        ("ancestor_of.spdx.json", (1, 1, 0)),
        (".spdx.python.json", (1, 0, 0)),
    ] {
        assert_eq!(found.get(name), Some(&wanted), "{name}");
    }
}
