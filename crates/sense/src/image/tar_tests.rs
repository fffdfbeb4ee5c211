use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// One entry as ustar writes it.
pub(crate) fn entry(path: &str, flag: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
    put(0, path.as_bytes());
    put(100, b"0000755\0");
    put(124, format!("{:011o}\0", content.len()).as_bytes());
    put(148, b"        ");
    put(156, &[flag]);
    put(157, link.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend(content);
    block.resize(block.len().next_multiple_of(BLOCK), 0);
    block
}

/// Entries and the end mark.
pub(crate) fn archive(entries: &[(&str, u8, &str, &[u8])]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries
        .iter()
        .flat_map(|(path, flag, link, content)| entry(path, *flag, link, content))
        .collect();
    bytes.resize(bytes.len() + 2 * BLOCK, 0);
    bytes
}

#[derive(Default)]
struct Seen {
    open: Option<(Entry, Vec<u8>)>,
    whole: Vec<(Entry, Vec<u8>)>,
}

impl Visitor for Seen {
    fn entry(&mut self, entry: &Entry) {
        assert!(self.open.is_none());
        self.open = Some((entry.clone(), Vec::new()));
    }
    fn data(&mut self, bytes: &[u8]) {
        self.open.as_mut().unwrap().1.extend(bytes);
    }
    fn end(&mut self) {
        self.whole.push(self.open.take().unwrap());
    }
}

fn read(bytes: &[u8], step: usize) -> (Vec<(Entry, Vec<u8>)>, Vec<String>) {
    let (mut tar, mut seen) = (Tar::default(), Seen::default());
    for chunk in bytes.chunks(step) {
        tar.push(chunk, &mut seen);
    }
    (seen.whole, tar.finish())
}

fn names(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let (entries, faults) = read(bytes, 4096);
    (entries.into_iter().map(|(entry, _)| entry.path).collect(), faults)
}

#[test]
fn entries_come_whatever_the_chunks() {
    let long = vec![7; 1500];
    let bytes = archive(&[
        ("etc/", b'5', "", b""),
        ("etc/a", b'0', "", b"one"),
        ("b", b'2', "etc/a", b""),
        ("c", b'1', "etc/a", b""),
        ("long", b'0', "", &long),
    ]);
    let whole = read(&bytes, bytes.len());
    assert_eq!(whole.1, [""; 0]);
    let kinds: Vec<EntryKind> = whole.0.iter().map(|(entry, _)| entry.kind).collect();
    let (file, link) = (EntryKind::File, EntryKind::Link);
    assert_eq!(kinds, [EntryKind::Folder, file, link, EntryKind::HardLink, file]);
    assert_eq!(whole.0[1].1, b"one");
    assert_eq!((whole.0[2].0.link.as_str(), whole.0[1].0.mode), ("etc/a", 0o755));
    for step in [1, 7, 511, 512, 513] {
        assert_eq!(read(&bytes, step), whole, "{step}");
    }
}

#[test]
fn long_names_are_read_in_both_forms() {
    let name = "d/".repeat(200) + "file";
    let gnu = entry("././@LongLink", b'L', "", format!("{name}\0").as_bytes());
    let text = format!(" path={name}\n");
    let length = (text.len() + 3).to_string();
    let pax = entry("x", b'x', "", format!("{length}{text}").as_bytes());
    for head in [gnu, pax] {
        let bytes = [head, archive(&[("cut", b'0', "", b"x"), ("next", b'0', "", b"")])].concat();
        assert_eq!(names(&bytes), (vec![name.clone(), "next".to_owned()], Vec::new()));
    }
}

#[test]
fn sizes_may_be_binary_or_in_an_extended_header() {
    assert_eq!(number_in(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]), Some(258));
    assert_eq!(number_in(&[0xBF; 12]), None, "more than any file");
    assert_eq!(number_in(b"0000017\0"), Some(15));
    assert_eq!(number_in(b"17 \0"), Some(15));
    assert_eq!(number_in(b"9"), None);
    let pax = entry("x", b'x', "", b"10 size=3\n");
    let mut body = entry("a", b'0', "", b"");
    body.extend(b"abc");
    body.resize(2 * BLOCK, 0);
    let (entries, faults) = read(&[pax, body, archive(&[])].concat(), 100);
    assert_eq!((entries[0].1.as_slice(), faults.len()), (&b"abc"[..], 0));
}

#[test]
fn damage_loses_only_what_follows() {
    let bytes = archive(&[("a", b'0', "", b"1"), ("b", b'0', "", b"2"), ("c", b'0', "", b"3")]);
    let mut broken = bytes.clone();
    broken[2 * BLOCK] ^= 1;
    let (found, faults) = names(&broken);
    assert_eq!((found, faults.len()), (vec!["a".to_owned()], 1));
    assert_eq!(names(b"PK\x03\x04 no archive").1, ["it is cut off"]);
    assert_eq!(names(&[7; BLOCK]).1, ["it is no tar archive"]);
    assert_eq!(names(&bytes[..=BLOCK]).1, [""; 0], "in the padding all content was there");
    assert_eq!(names(&bytes[..BLOCK]).1, ["it is cut off"]);
    let strange = archive(&[("a\u{e4}", b'0', "", b"1")]);
    let mut latin: Vec<u8> = strange;
    latin[2] = 0xE4;
    latin[1] = b'x';
    let sum: u32 = latin[..BLOCK].iter().map(|b| u32::from(*b)).sum::<u32>()
        - latin[148..156].iter().map(|b| u32::from(*b)).sum::<u32>()
        + 256;
    latin[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(names(&latin).1, ["a name in it is no UTF-8, or too long"]);
}

proptest! {
    #[test]
    fn any_chunks_and_damage_are_read_without_a_panic(
        step in 1..2000_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let mut bytes = archive(&[("a", b'0', "", &[1; 700]), ("x", b'x', "", b"10 size=3\n"),
            ("b", b'0', "", b"abc"), ("c", b'2', "a", b"")]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let found: BTreeMap<String, usize> =
            read(&bytes, step).0.into_iter().map(|(e, c)| (e.path, c.len())).collect();
        prop_assert_eq!(found, read(&bytes, bytes.len()).0.into_iter().map(|(e, c)| (e.path, c.len())).collect());
    }
}
