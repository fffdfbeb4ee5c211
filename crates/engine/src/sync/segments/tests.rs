//! What was made by other rules is made anew, and what the rules are follows from their sources.
#![expect(clippy::disallowed_methods, reason = "a tree of sources is made to be marked")]

use super::*;
use holdfast_world::Recorded;

#[path = "../../../build/sources.rs"]
#[expect(clippy::disallowed_methods, reason = "as in a build script")]
mod sources;

fn input() -> Input {
    Input { whole: Digest::of(b"whole"), feed: Some("PyPI".to_owned()), beside: BTreeMap::new() }
}

#[test]
fn a_segment_that_was_made_by_other_rules_is_none() {
    let world = World::recorded(Recorded::new());
    let data = Path::new("/data");
    let ours = Segments::open(&world, data);
    ours.write("a", &input(), b"\nsegment\n");
    let one = |bytes: &[u8]| Packed { digest: Digest::of(bytes), segment: bytes.into() };
    let files = [("/b/1".to_owned(), one(b"first\n")), ("/b/2".to_owned(), one(b""))].into();
    let pack = Pack { files, exports: ["/b/all.zip".to_owned()].into() };
    ours.write_pack("a", &Pack::default(), &pack);
    let had = ours.read("a").unwrap();
    assert_eq!((had.input, had.whole, had.later), (input(), b"\nsegment\n".to_vec(), None));
    assert_eq!(ours.pack("a"), pack);
    let others = Segments::shaped_by(&world, data, "another");
    assert_eq!(others.read("a"), None);
    assert_eq!(others.pack("a"), Pack::default());
    let inside: Inside = [("A-1".to_owned(), Entry { sum: 7, size: 1 << 40 })].into();
    ours.write_inside("a", Digest::of(b"whole"), &inside);
    assert_eq!(ours.inside("a", Digest::of(b"whole")), Some(inside.clone()));
    assert_eq!(ours.inside("a", Digest::of(b"another")), None);
    assert_eq!(others.inside("a", Digest::of(b"whole")), None);
    // A name that would break the lines is not noted at all.
    let breaking: Inside = [("A-1\n1 1 A-2".to_owned(), Entry { sum: 7, size: 1 })].into();
    ours.write_inside("a", Digest::of(b"third"), &breaking);
    assert_eq!(ours.inside("a", Digest::of(b"third")), None);
    // What others make instead is none of ours.
    others.write("a", &input(), b"theirs");
    assert_eq!(ours.read("a"), None);
}

/// What came since a segment was written counts with that one alone, and is lost with it.
#[test]
fn what_is_beside_a_segment_belongs_to_it() {
    let world = World::recorded(Recorded::new());
    let segments = Segments::open(&world, Path::new("/data"));
    let root = Path::new("/");
    segments.write("a", &input(), b"whole");
    let first = segments.read("a").unwrap();
    assert_eq!((&first.moved, &first.later), (&BTreeSet::new(), &None));
    let moved: BTreeSet<String> = ["A-1".to_owned(), "A-2".to_owned()].into();
    let second = Input { whole: Digest::of(b"second"), ..input() };
    segments.write_later("a", first.mark, &second, moved.clone(), b"later");
    let beside = segments.path(LATER, "a");
    let written = world.files.read(root, &beside, LARGEST).unwrap();
    let wanted = Had {
        input: second.clone(),
        whole: b"whole".to_vec(),
        mark: first.mark,
        moved,
        later: Some(b"later".to_vec()),
    };
    assert_eq!(segments.read("a").as_ref(), Some(&wanted));
    // A name of which a bit fell over would let an old record count again.
    let text = String::from_utf8(written.clone()).unwrap();
    for broken in [text.replace("A-2", "A-3"), "{}\n".to_owned(), String::new()] {
        world.files.write_atomic(root, &beside, broken.as_bytes()).unwrap();
        assert_eq!(segments.read("a"), None, "{broken}");
    }
    // So would another mark, since nothing stood beside that one.
    world.files.write_atomic(root, &beside, &written).unwrap();
    let path = segments.path(SEGMENT, "a");
    let whole = String::from_utf8(world.files.read(root, &path, LARGEST).unwrap()).unwrap();
    let mark = first.mark.to_string();
    let other = whole.replace(&mark, &Digest::of(b"other").to_string());
    assert_ne!(other, whole);
    for (text, wanted) in [(other, None), (whole, Some(&wanted))] {
        world.files.write_atomic(root, &path, text.as_bytes()).unwrap();
        assert_eq!(segments.read("a").as_ref(), wanted);
    }
    // What was written whole since has nothing beside it, whatever lies there still.
    segments.write("a", &second, b"other");
    assert!(world.files.metadata(root, &beside).is_err());
    let other = segments.read("a").unwrap();
    assert_eq!((&other.input, &other.whole, &other.later), (&second, &b"other".to_vec(), &None));
    world.files.write_atomic(root, &beside, &written).unwrap();
    assert_eq!(segments.read("a"), Some(other));
    segments.write("a", &second, b"whole");
    world.files.write_atomic(root, &beside, &written).unwrap();
    assert_eq!(segments.read("a").unwrap().later, None, "it was made of something else");
    segments.tidy();
    assert!(segments.read("a").is_some());
}

/// A few files that changed are written beside the others, and many with them.
#[test]
fn of_a_pack_what_changed_is_written() {
    let world = World::recorded(Recorded::new());
    let data = Path::new("/data");
    let one = |text: &str| Packed {
        digest: Digest::of(text.as_bytes()),
        segment: text.as_bytes().into(),
    };
    let mut pack = Pack::default();
    for number in 0..100 {
        pack.files.insert(format!("/b/{number:02}.json"), one(&format!("{number}\n")));
    }
    let written = |kind: &str| {
        let path = Segments::open(&world, data).path(kind, "a");
        world.files.read(Path::new("/"), &path, LARGEST).ok()
    };
    let mut before = Pack::default();
    let mut kept = |pack: &Pack| {
        // Each sync is another process.
        let segments = Segments::open(&world, data);
        assert_eq!(segments.pack("a"), before);
        segments.write_pack("a", &before, pack);
        segments.tidy();
        assert_eq!(Segments::open(&world, data).pack("a"), *pack);
        before = pack.clone();
        (written(PACK), written(SINCE))
    };
    let (whole, none) = kept(&pack);
    assert!(whole.is_some() && none.is_none());
    assert_eq!(kept(&pack), (whole.clone(), None), "nothing changed");

    pack.files.insert("/b/07.json".to_owned(), one("another\n"));
    pack.files.insert("/b/new.json".to_owned(), one("new\n"));
    pack.files.remove("/b/99.json");
    let (same, first) = kept(&pack);
    assert_eq!(same, whole);
    assert!(first.as_ref().unwrap().len() * 4 < whole.as_ref().unwrap().len());
    // What changes next is written with what changed before.
    pack.files.insert("/b/08.json".to_owned(), one("another\n"));
    pack.files.insert("/b/99.json".to_owned(), one("again\n"));
    pack.files.remove("/b/new.json");
    pack.exports.insert("/b/all.zip".to_owned());
    let (same, second) = kept(&pack);
    assert_eq!(same, whole);
    assert_ne!(second, first);

    for number in 20..30 {
        pack.files.insert(format!("/b/{number}.json"), one("another\n"));
    }
    let (anew, stale) = kept(&pack);
    assert_ne!(anew, whole);
    assert_eq!(stale, None, "it belongs to another one");
    pack.exports.clear();
    let (same, third) = kept(&pack);
    assert_eq!(same, anew);
    assert_ne!(third, second);
}

/// Who looks back has a clock that stands still: then two packs that are written whole may have one mark.
#[test]
fn what_changed_since_a_pack_goes_with_it() {
    let world = World::recorded(Recorded::new());
    let data = Path::new("/data");
    let one = |text: &str| Packed {
        digest: Digest::of(text.as_bytes()),
        segment: text.as_bytes().into(),
    };
    let pack_of = |text: &str| {
        let mut pack = Pack::default();
        for number in 0..100 {
            pack.files.insert(format!("/b/{number:02}.json"), one(text));
        }
        pack
    };
    let (first, other) = (pack_of("first\n"), pack_of("other\n"));
    let mut little = first.clone();
    little.files.insert("/b/07.json".to_owned(), one("another\n"));
    for pack in [&first, &little, &other, &first] {
        let segments = Segments::open(&world, data);
        segments.write_pack("a", &segments.pack("a"), pack);
        assert!(Segments::open(&world, data).pack("a") == *pack, "what changed before counts");
    }
}

#[test]
fn whatever_changes_in_a_source_changes_the_mark() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let marked = || {
        let mut files = Vec::new();
        sources::files(root, &mut files).unwrap();
        sources::mark(root, &files).unwrap()
    };
    write("src/order.rs", "a");
    write("src/order/debian.rs", "b");
    let mut marks = vec![marked()];
    assert_eq!(marked(), marks[0]);
    write("src/order/debian.rs", "c");
    marks.push(marked());
    write("src/order/rpm.rs", "");
    marks.push(marked());
    std::fs::rename(root.join("src/order/rpm.rs"), root.join("src/order/apk.rs")).unwrap();
    marks.push(marked());
    std::fs::remove_file(root.join("src/order/apk.rs")).unwrap();
    write("src/order/debian.rs", "b");
    assert_eq!(marked(), marks[0]);
    let different: BTreeSet<&String> = marks.iter().collect();
    assert_eq!(different.len(), marks.len());
}

#[test]
fn this_program_carries_the_mark_of_its_own_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut files = Vec::new();
    for shaping in sources::SHAPING {
        sources::files(&root.join(shaping), &mut files).unwrap();
    }
    assert!(files.iter().any(|file| file.ends_with("advisories/src/version/debian.rs")));
    assert_eq!(SHAPED_BY, sources::mark(&root, &files).unwrap());
}
