use holdfast_model::{Ecosystem, Fact, OsRelease, Place, SourcePackage};

use super::*;
use crate::read_anything;

fn package(ecosystem: &str, name: &str, version: &str, path: &str, line: u32) -> Component {
    let place = Place { path: path.into(), line, column: 1 };
    Component::new(Ecosystem::new(ecosystem), name, Some(version.into()), place)
}

/// What a look may hold: one package twice, one for development, one of a distribution, one without
/// a package URL of its own kind.
fn components() -> Vec<Component> {
    let source = SourcePackage { name: "openssl".into(), version: "3.0.11-1".into() };
    vec![
        Component { direct: Some(true), ..package("cargo", "time", "0.1.43", "Cargo.lock", 7) },
        package("cargo", "time", "0.1.43", "b/Cargo.lock", 9),
        Component {
            direct: Some(false),
            ..package("npm", "@a/JSONx", "1.0.0", "package-lock.json", 3)
        },
        Component {
            dev: true,
            direct: Some(false),
            ..package("npm", "tap", "2.0.0", "package-lock.json", 5)
        },
        Component {
            source: Some(source),
            ..package("Debian:12", "libssl3", "3.0.11-1", "/var/lib/dpkg/status", 12)
        },
        package("golang", "forge.example/Ab/c", "1.2.3", "go.mod", 4),
        package("maven", "org.example:core", "1.0", "pom.xml", 8),
    ]
}

fn bill(components: &[Component]) -> Bill<'_> {
    Bill {
        name: "shop",
        subject: Subject::Application,
        at: Timestamp(1_795_251_600_123),
        digest: Digest::of(b"a look"),
        version: "0.1.0",
        complete: true,
        system: None,
        components: components
            .iter()
            .map(|component| Listed { component, needs_known: component.direct.is_some() })
            .collect(),
        edges: vec![(None, 0), (Some(0), 2), (Some(2), 3)],
    }
}

#[test]
fn what_is_written_is_read_back() {
    let components = components();
    let bill = bill(&components);
    for (path, text) in [("a.cdx.json", cyclonedx(&bill)), ("a.spdx.json", spdx(&bill))] {
        let facts = read_anything(path, text.as_bytes());
        let problems: Vec<_> = facts.iter().filter(|f| matches!(f, Fact::Problem(_))).collect();
        assert!(problems.is_empty(), "{path}: {problems:?}");
        let read: Vec<&Component> = facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Component(component) => Some(component),
                _ => None,
            })
            .collect();
        assert_eq!(read.len(), components.len(), "{path}");
        for (read, written) in read.iter().zip(&components) {
            let wanted = Component { direct: read.direct, ..written.clone() };
            assert_eq!(**read, wanted, "{path}");
        }
        let direct: Vec<Option<bool>> = read.iter().map(|one| one.direct).collect();
        assert_eq!((direct[0], direct[2]), (Some(true), Some(false)), "{path}");
        assert_eq!(direct[4..], [None; 3], "{path}: nobody knows who asks for these");
        let edges: Vec<(Option<u32>, u32)> = facts
            .iter()
            .filter_map(|fact| match fact {
                Fact::Edge(edge) => Some((edge.parent, edge.child)),
                _ => None,
            })
            .collect();
        assert_eq!(edges, [(None, 0), (Some(0), 2), (Some(2), 3)], "{path}");
    }
}

#[test]
fn what_is_incomplete_says_so() {
    let components = components();
    let bill = Bill { complete: false, ..bill(&components) };
    let facts = read_anything("a.cdx.json", cyclonedx(&bill).as_bytes());
    assert!(facts.contains(&Fact::Partial));
    assert!(spdx(&bill).contains("could not be read"));
}

#[test]
fn one_look_gives_one_text() {
    let components = components();
    let (one, other) = (bill(&components), bill(&components));
    assert_eq!(cyclonedx(&one), cyclonedx(&other));
    assert_eq!(spdx(&one), spdx(&other));
    let later = Bill { digest: Digest::of(b"another look"), ..other };
    assert_ne!(uuid(&one.digest), uuid(&later.digest));
    let parts: Vec<usize> = uuid(&one.digest).split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12]);
    assert_eq!(uuid(&one.digest).as_bytes()[14], b'8');
    assert!(spdx(&one).contains("\"created\": \"2026-11-21T09:00:00Z\""));
}

#[test]
fn the_distribution_is_read_back() {
    let components = components();
    let os = OsRelease {
        id: "alpine".into(),
        version: Some("3.19.1".into()),
        codename: None,
        pretty: "".into(),
        place: Place { path: "/etc/os-release".into(), line: 2, column: 1 },
    };
    let bill = Bill { system: Some(&os), ..bill(&components) };
    for (path, text) in [("a.cdx.json", cyclonedx(&bill)), ("a.spdx.json", spdx(&bill))] {
        let facts = read_anything(path, text.as_bytes());
        assert!(facts.contains(&Fact::Os(os.clone())), "{path}: {facts:?}");
        assert!(!facts.iter().any(|fact| matches!(fact, Fact::Unknown { .. } | Fact::Problem(_))));
        let components = facts.iter().filter(|fact| matches!(fact, Fact::Component(_)));
        assert_eq!(components.count(), bill.components.len(), "{path}");
    }
    // Rolling releases have no version, and no end.
    let rolling = OsRelease { version: None, ..os.clone() };
    let bill = Bill { system: Some(&rolling), ..self::bill(&components) };
    let facts = read_anything("a.cdx.json", cyclonedx(&bill).as_bytes());
    assert!(!facts.iter().any(|fact| matches!(fact, Fact::Os(_) | Fact::Unknown { .. })));
}
