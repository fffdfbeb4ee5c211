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
    ours.write_pack("a", &pack);
    assert_eq!(ours.read("a"), Some((input(), b"\nsegment\n".to_vec())));
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
