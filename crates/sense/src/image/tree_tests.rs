//! Layers one above the other, from archives to files.

use std::sync::Arc;

use proptest::prelude::*;

use super::layer::{Collector, Keeper, Layer, MOST_ENTRIES};
use super::tar::Tar;
use super::tar::tests::archive;
use super::tree::{Node, Tree};

/// Keeps the text of files of at most 100 bytes.
struct Texts;

impl Keeper for Texts {
    type Kept = Arc<str>;
    fn wants(&mut self, path: &str, _mode: u32, _size: u64, _head: &[u8]) -> Option<u64> {
        (!path.contains("skip")).then_some(100)
    }
    fn keep(&mut self, _path: &Arc<str>, bytes: Vec<u8>) -> Arc<str> {
        String::from_utf8(bytes).unwrap().into()
    }
}

type Entries<'a> = &'a [(&'a str, u8, &'a str, &'a [u8])];

fn layer(entries: Entries<'_>) -> Layer<Arc<str>> {
    let mut collector = Collector::new(Texts, MOST_ENTRIES);
    let mut tar = Tar::default();
    tar.push(&archive(entries), &mut collector);
    collector.finish(tar)
}

fn tree(layers: &[Entries<'_>]) -> Tree<Arc<str>> {
    Tree::of(layers.iter().map(|entries| layer(entries)).collect())
}

fn files(tree: &Tree<Arc<str>>) -> Vec<String> {
    tree.files().map(|(path, kept)| format!("{path}={}", kept.map_or("?", |text| text))).collect()
}

#[test]
fn upper_layers_replace_and_take_away() {
    let tree = tree(&[
        &[
            ("etc/", b'5', "", b""),
            ("etc/a", b'0', "", b"1"),
            ("etc/b", b'0', "", b"1"),
            ("d/x", b'0', "", b"1"),
            ("d/y", b'0', "", b"1"),
            ("f/deep/z", b'0', "", b"1"),
        ],
        &[
            ("etc/.wh.b", b'0', "", b""),
            ("etc/a", b'0', "", b"2"),
            ("d/new", b'0', "", b"2"),
            ("d/.wh..wh..opq", b'0', "", b""),
            ("f", b'0', "", b"now a file"),
            (".wh..wh.aufs", b'0', "", b""),
        ],
    ]);
    assert_eq!(files(&tree), ["/d/new=2", "/etc/a=2", "/f=now a file"]);
    assert_eq!(tree.get("/etc/a").unwrap().1, 1);
    assert!(tree.get("/etc/b").is_none());
}

#[test]
fn what_a_file_was_in_lower_layers_is_kept() {
    let tree = tree(&[
        &[("lib", b'2', "usr/lib", b""), ("usr/lib/db", b'0', "", b"1"), ("gone", b'0', "", b"1")],
        &[("other", b'0', "", b"x"), (".wh.gone", b'0', "", b"")],
        &[("lib/db", b'0', "", b"2"), ("gone", b'0', "", b"2")],
        &[("usr/lib/db", b'0', "", b"3")],
    ]);
    let before: Vec<(usize, &str)> =
        tree.before("/lib/db").iter().map(|(layer, text)| (*layer, &**text)).collect();
    assert_eq!(before, [(0, "1"), (2, "2")]);
    assert_eq!(tree.get("/usr/lib/db").unwrap().1, 3);
    assert_eq!(tree.before("/other").len(), 0);
    assert_eq!(tree.before("/gone").len(), 0, "it was taken away in between");
}

#[test]
fn a_whiteout_takes_away_lower_layers_only() {
    let tree = tree(&[
        &[("a", b'0', "", b"1")],
        &[("a", b'0', "", b"2"), (".wh.a", b'0', "", b"")],
        &[(".wh.gone", b'0', "", b""), ("b", b'0', "", b"3")],
    ]);
    assert_eq!(files(&tree), ["/a=2", "/b=3"]);
}

#[test]
fn links_lead_where_they_lead_for_the_image() {
    let tree = tree(&[
        &[
            ("lib", b'2', "usr/lib", b""),
            ("usr/lib/os-release", b'0', "", b"os"),
            ("etc/os-release", b'2', "../usr/lib/os-release", b""),
            ("etc/absolute", b'2', "/lib/os-release", b""),
            ("etc/out", b'2', "../../../../usr/lib/os-release", b""),
            ("etc/circle", b'2', "circle2", b""),
            ("etc/circle2", b'2', "/etc/circle", b""),
            ("etc/nowhere", b'2', "nothing", b""),
            ("hard", b'1', "usr/lib/os-release", b""),
        ],
        &[("lib/apk/db/installed", b'0', "", b"db")],
    ]);
    for path in ["/etc/os-release", "/etc/absolute", "/etc/out", "/lib/os-release", "/hard"] {
        let found = tree.get(path).map(|(node, _)| match node {
            Node::File(Some(text)) => text.to_string(),
            other => format!("{other:?}"),
        });
        assert_eq!(found.as_deref(), Some("os"), "{path}");
    }
    assert_eq!(tree.resolved("/lib/apk/db/installed").unwrap(), "/usr/lib/apk/db/installed");
    assert!(tree.get("/etc/circle").is_none() && tree.get("/etc/nowhere").is_none());
    assert_eq!(
        files(&tree),
        ["/hard=os", "/usr/lib/apk/db/installed=db", "/usr/lib/os-release=os"]
    );
}

#[test]
fn what_leads_out_or_is_too_large_is_said() {
    let long = [b'x'; 101];
    let read = layer(&[
        ("../etc/passwd", b'0', "", b"x"),
        ("a/../../b", b'0', "", b"x"),
        ("h", b'1', "../../etc/shadow", b""),
        ("long", b'0', "", &long),
        ("skip", b'0', "", &long),
        ("./ok", b'0', "", b"x"),
    ]);
    assert_eq!(read.faults.len(), 4, "{:?}", read.faults);
    assert!(read.faults[3].contains("`/long` is too large (101 bytes)"));
    assert_eq!(files(&Tree::of(vec![read])), ["/long=?", "/ok=x", "/skip=?"]);
}

proptest! {
    #[test]
    fn any_layers_make_a_tree_without_a_panic(
        layers in prop::collection::vec(prop::collection::vec(
            (prop::collection::vec(prop_oneof![Just("a"), Just("b"), Just(".."), Just(".wh.a"),
                Just(".wh..wh..opq"), Just("")], 0..4), prop_oneof![Just(b'0'), Just(b'1'),
                Just(b'2'), Just(b'5')], prop_oneof![Just("a"), Just("../b"), Just("/a/b"), Just("")]),
            0..8), 0..4),
    ) {
        let layers: Vec<Layer<Arc<str>>> = layers.into_iter().map(|entries| {
            let entries: Vec<(String, u8, &str)> =
                entries.into_iter().map(|(path, flag, link)| (path.join("/"), flag, link)).collect();
            let entries: Vec<(&str, u8, &str, &[u8])> =
                entries.iter().map(|(path, flag, link)| (path.as_str(), *flag, *link, &b"x"[..])).collect();
            // A link has no content.
            let entries: Vec<_> = entries.into_iter().map(|(path, flag, link, content)| {
                (path, flag, link, if flag == b'0' { content } else { &b""[..] })
            }).collect();
            layer(&entries)
        }).collect();
        let tree = Tree::of(layers);
        for (path, _) in tree.files() {
            prop_assert!(path.starts_with('/') && !path.split('/').any(|part| part == ".."));
        }
    }
}
