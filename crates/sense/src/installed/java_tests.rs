use std::io::{Cursor, Write as _};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::*;

pub(crate) fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in entries {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn pom(group: &str, artifact: &str, version: &str) -> Vec<u8> {
    format!("#Created\nversion={version}\r\ngroupId = {group}\nartifactId:{artifact}\n")
        .into_bytes()
}

fn read(path: &str, bytes: &[u8]) -> Vec<String> {
    let mut out = Vec::new();
    JavaArchive.read(&Sources::new(path, bytes), &mut |fact| {
        out.push(match fact {
            Fact::Component(one) => format!("{} {}", one.name, one.version.unwrap()),
            Fact::Unknown { name, .. } => format!("? {name}"),
            Fact::Problem(problem) => format!("! {}", problem.message),
            Fact::Partial => "partial".to_owned(),
            other => panic!("{other:?}"),
        });
    });
    out
}

const POM: &str = "META-INF/maven/org.example/core/pom.properties";

#[test]
fn archives_in_archives_are_read_once_each() {
    let core = archive(&[(POM, &pom("org.example", "core", "1.2"))]);
    let shaded = archive(&[
        (POM, &pom("org.example", "shaded", "3.0")),
        ("META-INF/maven/org.other/util/pom.properties", &pom("org.other", "util", "0.9")),
    ]);
    let war = archive(&[
        ("WEB-INF/lib/core-1.2.jar", &core),
        ("WEB-INF/lib/shaded-3.0.jar", &shaded),
        ("WEB-INF/lib/copy/core-1.2.jar", &core),
        ("WEB-INF/lib/old-name-2.0-beta.jar", &archive(&[("A.class", b"x")])),
    ]);
    let ear = archive(&[("shop.war", &war)]);
    let wanted =
        ["org.example:core 1.2", "org.example:shaded 3.0", "org.other:util 0.9", "? old-name"];
    assert_eq!(read("/opt/shop.ear", &ear), wanted);
}

#[test]
fn what_cannot_be_read_is_never_clean() {
    assert_eq!(read("a.jar", b"PK"), ["! `a.jar`: this is no archive that can be read", "partial"]);
    let empty = archive(&[(POM, b"groupId=a\nversion=${project.version}\n")]);
    let said = read("x/a-1.jar", &empty);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].contains("pom.properties") && said[1] == "? a", "{said:?}");
    let mut deep = archive(&[(POM, &pom("g", "a", "1"))]);
    for _ in 0..12 {
        deep = archive(&[("next.jar", &deep)]);
    }
    assert_eq!(
        read("a.jar", &deep),
        ["! `next.jar`: it stands too deep in other archives", "partial"]
    );
}

#[test]
fn bombs_are_not_unpacked() {
    let walk_left = |bytes: &[u8], left: u64| {
        let mut problems = 0;
        let mut take = |fact| problems += usize::from(matches!(fact, Fact::Problem(_)));
        let mut report = Report::new(&mut take);
        let mut walk = Walk {
            place: Place::start_of("a.jar"),
            report: &mut report,
            left,
            room: left,
            entries: 3,
            said: BTreeSet::new(),
        };
        walk.archive(Window::whole(&InMemory(bytes)), "a.jar", 0);
        report.finish();
        problems
    };
    let bomb = archive(&[("in.jar", &vec![0; 1 << 20])]);
    assert_eq!(walk_left(&bomb, 1000), 1);
    let many = archive(&[("1", b""), ("2", b""), ("3", b""), ("4", b"")]);
    assert_eq!(walk_left(&many, 1000), 1);
}

/// What a walk with so little memory finds, and how much it may unpack afterwards.
fn walked(bytes: &[u8], room: u64) -> (Vec<String>, u64) {
    let mut found = Vec::new();
    let mut take = |fact: Fact| match fact {
        Fact::Component(one) => found.push(one.name.to_string()),
        Fact::Problem(problem) => found.push(problem.message),
        _ => {}
    };
    let mut report = Report::new(&mut take);
    let mut walk = Walk {
        place: Place::start_of("a.jar"),
        report: &mut report,
        left: MOST,
        room,
        entries: MOST_ENTRIES,
        said: BTreeSet::new(),
    };
    walk.archive(Window::whole(&InMemory(bytes)), "a.jar", 0);
    let left = walk.left;
    report.finish();
    (found, left)
}

#[test]
fn what_says_that_it_is_too_large_is_not_unpacked() {
    let bomb = archive(&[("in.jar", &vec![0; 1 << 20])]);
    let too_large = "`in.jar`: it cannot be unpacked, or is too large".to_owned();
    assert_eq!(walked(&bomb, (1 << 20) - 1), (vec![too_large], MOST));
    // Archives in one another share the room, and those beside one another have it anew.
    let core = archive(&[(POM, &pom("g", "core", "1"))]);
    let util = archive(&[(POM, &pom("g", "util", "1"))]);
    let beside = archive(&[("core.jar", &core), ("util.jar", &util)]);
    let room = core.len().max(util.len()) as u64;
    assert_eq!(walked(&beside, room).0, ["g:core", "g:util"]);
    let middle = archive(&[("core.jar", &core)]);
    let within = archive(&[("middle.jar", &middle)]);
    let both = (middle.len() + core.len()) as u64;
    assert_eq!(walked(&within, both).0, ["g:core"]);
    assert_eq!(walked(&within, both - 1).0, ["`core.jar`: it cannot be unpacked, or is too large"]);
}

#[test]
fn what_stands_in_an_archive_as_it_is_is_read_in_place() {
    let core = archive(&[(POM, &pom("g", "core", "1"))]);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file("lib/core.jar", stored).unwrap();
    writer.write_all(&core).unwrap();
    let whole = writer.finish().unwrap().into_inner();
    assert_eq!(walked(&whole, 0).0, ["g:core"]);
}

#[test]
fn an_archive_that_is_cut_off_does_not_pass_for_one_in_it() {
    let core = archive(&[(POM, &pom("g", "core", "1"))]);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for name in ["lib/core.jar", "lib/util.jar"] {
        writer.start_file(name, stored).unwrap();
        writer.write_all(&core).unwrap();
    }
    let mut whole = writer.finish().unwrap().into_inner();
    assert_eq!(read("a.war", &whole), ["g:core 1"]);
    let said = read("a.war", &whole[..whole.len() - 40]);
    assert!(said[0].starts_with("! `a.war`") && said.contains(&"partial".to_owned()), "{said:?}");
    whole.extend(b"something else");
    let said = read("a.war", &whole);
    assert!(said[0].contains("may be cut off") && said[1..] == ["g:core 1", "partial"], "{said:?}");
}

/// A document that is not held, and how many bytes of it were asked for.
struct Lying<'b>(InMemory<'b>, std::sync::atomic::AtomicU64);

impl crate::ReadAt for Lying<'_> {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Option<usize> {
        self.1.fetch_add(into.len() as u64, std::sync::atomic::Ordering::Relaxed);
        self.0.read_at(offset, into)
    }
}

#[test]
fn a_large_archive_is_read_where_it_lies() {
    let core = archive(&[(POM, &pom("g", "core", "1")), ("A.class", &[7; 4096])]);
    let util = archive(&[(POM, &pom("g", "util", "2"))]);
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    writer.start_file("lib/core.jar", stored).unwrap();
    writer.write_all(&core).unwrap();
    writer.start_file("lib/util.jar", SimpleFileOptions::default()).unwrap();
    writer.write_all(&util).unwrap();
    writer.start_file("data.bin", stored).unwrap();
    writer.write_all(&vec![9; 4 << 20]).unwrap();
    let whole = writer.finish().unwrap().into_inner();
    let document = Lying(InMemory(&whole), std::sync::atomic::AtomicU64::new(0));
    let mut found = Vec::new();
    JavaArchive.read(&Sources::large("a.jar", &document), &mut |fact| match fact {
        Fact::Component(one) => found.push(one.name.to_string()),
        other => panic!("{other:?}"),
    });
    assert_eq!(found, ["g:core", "g:util"]);
    let asked = document.1.into_inner();
    assert!(asked < 1 << 20, "{asked} of {} bytes", whole.len());
}

#[test]
fn versions_begin_with_a_digit() {
    for (stem, wanted) in [
        ("log4j-core-2.14.1", Some(("log4j-core", "2.14.1"))),
        ("guava-31.1-jre", Some(("guava", "31.1-jre"))),
        ("tool", None),
        ("-1", None),
    ] {
        assert_eq!(split_version(stem), wanted, "{stem}");
    }
}

proptest! {
    #[test]
    fn damaged_archives_are_read_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end: prop::sample::Index,
    ) {
        let inner = archive(&[(POM, &pom("g", "a", "1"))]);
        let mut bytes = archive(&[(POM, &pom("g", "b", "2")), ("lib/in.jar", &inner)]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        read("a.jar", &bytes);
    }
}
