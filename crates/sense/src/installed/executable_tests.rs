use std::io::Write as _;

use proptest::prelude::*;

use super::*;
use crate::Answer;

/// Sections by name, in an ELF file of 64 bits that has no segments; the tables stand at its end.
pub(crate) fn program(sections: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut names = vec![0];
    let mut bytes = vec![0; 64];
    let mut entries = vec![vec![0; 64]];
    let entry = |name: usize, offset: usize, size: usize| {
        let mut entry = vec![0; 64];
        entry[..4].copy_from_slice(&u32::try_from(name).unwrap().to_le_bytes());
        entry[4] = 1;
        entry[24..32].copy_from_slice(&(offset as u64).to_le_bytes());
        entry[32..40].copy_from_slice(&(size as u64).to_le_bytes());
        entry
    };
    for (name, content) in sections {
        bytes.resize(bytes.len().next_multiple_of(16), 0);
        entries.push(entry(names.len(), bytes.len(), content.len()));
        names.extend([name.as_bytes(), &[0]].concat());
        bytes.extend(content);
    }
    let own = names.len();
    names.extend(b".shstrtab\0");
    entries.push(entry(own, bytes.len(), names.len()));
    bytes.extend(&names);
    let table = bytes.len() as u64;
    bytes.extend(entries.concat());
    bytes[..6].copy_from_slice(b"\x7FELF\x02\x01");
    bytes[40..48].copy_from_slice(&table.to_le_bytes());
    bytes[58] = 64;
    bytes[60] = u8::try_from(entries.len()).unwrap();
    bytes[62] = u8::try_from(entries.len() - 1).unwrap();
    bytes
}

fn text(out: &mut Vec<u8>, text: &[u8]) {
    let mut length = text.len();
    while length >= 0x80 {
        out.push(u8::try_from(length & 0x7F).unwrap() | 0x80);
        length >>= 7;
    }
    out.push(u8::try_from(length).unwrap());
    out.extend(text);
}

fn guarded(lines: &str) -> Vec<u8> {
    [&[b'a'; 16], lines.as_bytes(), &[b'z'; 16]].concat()
}

pub(crate) fn build_info(version: &str, lines: &str) -> Vec<u8> {
    let mut out = b"\xFF Go buildinf:\x08\x02".to_vec();
    out.resize(32, 0);
    text(&mut out, version.as_bytes());
    text(&mut out, &guarded(lines));
    out
}

pub(crate) const LINES: &str = "path\texample.com/tool/cmd\n\
    mod\texample.com/tool\tv1.4.0\th1:x=\n\
    dep\tgolang.org/x/net\tv0.17.0\th1:y=\n\
    dep\texample.com/old\tv1.0.0\n=>\texample.com/new\tv1.1.0\th1:z=\n\
    dep\texample.com/local\tv1.0.0\n=>\t./local\t\n\
    build\tvcs.revision=abc\n";

const WANTED: [&str; 5] = [
    "stdlib 1.21.5",
    "example.com/tool v1.4.0",
    "golang.org/x/net v0.17.0",
    "example.com/new v1.1.0",
    "./local - tree",
];

/// Reads a program of which the first `head` bytes are there and the rest is asked for; says how
/// often it asked.
fn read(bytes: &[u8], head: usize) -> (Vec<String>, usize) {
    let mut sources = Sources::new("/usr/local/bin/tool", bytes.get(..head).unwrap_or(bytes));
    let mut asked = 0;
    loop {
        let needs = Executable.needs(&sources);
        if needs.is_empty() {
            break;
        }
        asked += 1;
        assert!(asked < 16, "{needs:?}");
        for need in needs {
            let Need::Part { offset, length, .. } = &need else { panic!("{need:?}") };
            let start = usize::try_from(*offset).unwrap_or(usize::MAX);
            let end = start.saturating_add(*length).min(bytes.len());
            let answer = Answer::Bytes(bytes.get(start..end).unwrap_or_default().into());
            sources.give(need, answer);
        }
    }
    let mut out = Vec::new();
    Executable.read(&sources, &mut |fact| {
        out.push(match fact {
            Fact::Component(one) => {
                let tree = if one.origin == Origin::Tree { " tree" } else { "" };
                let dev = if one.dev { " dev" } else { "" };
                format!("{} {}{tree}{dev}", one.name, one.version.as_deref().unwrap_or("-"))
            }
            Fact::Edge(edge) => format!("{:?}>{}", edge.parent, edge.child),
            Fact::Unknown { name, .. } => format!("? {name}"),
            Fact::Problem(problem) => format!("! {}", problem.message),
            Fact::Partial => "partial".to_owned(),
            other => panic!("{other:?}"),
        });
    });
    (out, asked)
}

#[test]
fn go_modules_are_read_as_they_were_replaced() {
    let bytes =
        program(&[(".text", vec![0x90; 9000]), (".go.buildinfo", build_info("go1.21.5", LINES))]);
    assert_eq!(read(&bytes, bytes.len()), (WANTED.map(str::to_owned).to_vec(), 0));
    let (said, asked) = read(&bytes, HEAD);
    assert_eq!(said, WANTED);
    assert!(asked > 0, "a part of the program was enough");
}

#[test]
fn a_program_without_releases_or_modules_is_not_clean() {
    let said = |version: &str, lines: &str| {
        read(&program(&[(".go.buildinfo", build_info(version, lines))]), usize::MAX).0
    };
    assert_eq!(said("devel go1.22-abc", "dep\ta\tv1.0.0\n"), ["? stdlib", "a v1.0.0"]);
    assert_eq!(said("go1.20.1 X:boringcrypto", ""), ["stdlib 1.20.1", "? modules"]);
    // A build in GOPATH mode names its package and no module.
    let package = |path: &str| format!("path\t{path}\nbuild\t-compiler=gc\n");
    let tool = package("forge.example/tool/cmd/tool");
    assert_eq!(said("go1.24.3", &tool), ["stdlib 1.24.3", "? forge.example/tool/cmd/tool"]);
    assert_eq!(said("go1.24.3", &package("cmd/gofmt")), ["stdlib 1.24.3"]);
}

#[test]
fn the_form_with_addresses_is_read() {
    // One segment: everything, loaded at 0x400000 and writable.
    let lines = guarded("dep\ta\tv1.0.0\n");
    let (head, base) = (64 + 56, 0x0040_0000_u64);
    let block = 128_usize;
    let strings = block + 32;
    let version = strings + 32;
    let mut bytes = vec![0; version];
    bytes.extend(b"go1.16.3");
    bytes.extend(&lines);
    let mut put = |at: usize, number: u64| bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    put(block + 16, base + strings as u64);
    put(block + 24, base + strings as u64 + 16);
    put(strings, base + version as u64);
    put(strings + 8, 8);
    put(strings + 16, base + version as u64 + 8);
    put(strings + 24, lines.len() as u64);
    put(32, 64);
    put(64 + 16, base);
    let size = bytes.len() as u64;
    let mut put = |at: usize, number: u64| bytes[at..at + 8].copy_from_slice(&number.to_le_bytes());
    put(64 + 32, size);
    bytes[block..block + 16].copy_from_slice(b"\xFF Go buildinf:\x08\x00");
    bytes[..6].copy_from_slice(b"\x7FELF\x02\x01");
    (bytes[54], bytes[56], bytes[64], bytes[68]) = (56, 1, 1, 6);
    assert!(head <= block);
    assert_eq!(read(&bytes, usize::MAX).0, ["stdlib 1.16.3", "a v1.0.0"]);
    // An address outside of what is loaded.
    bytes[block + 20] = 0xFF;
    assert_eq!(read(&bytes, usize::MAX).0[1], "partial");
}

#[test]
fn rust_packages_are_read_with_their_edges() {
    let json = br#"{"packages":[
        {"name":"app","version":"0.1.0","source":"local","root":true,"dependencies":[1,2,9]},
        {"name":"cc","version":"1.0.5","source":"registry","kind":"build"},
        {"name":"time","version":"0.1.43","source":"git"}],"format":1}"#;
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(json).unwrap();
    let packed = packer.finish().unwrap();
    let bytes = program(&[(".dep-v0", packed.clone())]);
    let wanted = ["app 0.1.0 tree", "cc 1.0.5 dev", "time 0.1.43", "Some(0)>1", "Some(0)>2"];
    assert_eq!(read(&bytes, usize::MAX).0, wanted);
    assert_eq!(read(&bytes, HEAD).0, wanted);
    let cut = program(&[(".dep-v0", packed[..packed.len() / 2].to_vec())]);
    assert_eq!(read(&cut, usize::MAX).0[1], "partial");
}

#[test]
fn other_programs_say_nothing_and_broken_ones_are_not_clean() {
    assert_eq!(read(&program(&[(".text", vec![0; 10])]), usize::MAX).0, [""; 0]);
    let bytes = program(&[(".go.buildinfo", build_info("go1.21.5", LINES))]);
    for length in [5, 20, 63, 200, bytes.len() - 1] {
        let said = read(&bytes[..length], HEAD).0;
        assert!(said[0].starts_with("! this program cannot be read"), "{length}: {said:?}");
        assert_eq!(said[1], "partial");
    }
    assert_eq!(Executable.claims("/bin/sh", b"#!/bin/sh"), Claim::No);
}

/// Real programs of this machine, where it has some: what they say of themselves is what Go's own
/// text in them says.
#[test]
fn strings_of_real_go_programs_agree() {
    #[expect(clippy::disallowed_methods, reason = "tests read what is there")]
    let files = ["terraform", "kubectl", "gh"]
        .iter()
        .filter_map(|name| std::fs::read(format!("/usr/local/bin/{name}")).ok());
    for bytes in files {
        let (said, asked) = read(&bytes, HEAD);
        assert!(said.len() > 10 && said[0].starts_with("stdlib 1."), "{said:?}");
        assert!(asked < 8, "{asked}");
        for one in said.iter().skip(1).filter(|one| !one.contains(" tree")) {
            let (name, version) = one.split_once(' ').unwrap();
            let line = format!("\t{name}\t{version}");
            assert!(memchr::memmem::find(&bytes, line.as_bytes()).is_some(), "{one}");
        }
    }
}

proptest! {
    #[test]
    fn damaged_programs_are_read_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        head in 0..600_usize,
    ) {
        let mut bytes = program(&[(".go.buildinfo", build_info("go1.21.5", LINES)), (".dep-v0", vec![1; 30])]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read(&bytes, head);
    }
}

#[test]
fn what_is_likely_asked_for_is_guessed_of_any_beginning() {
    let mut bytes = program(&[(".text", vec![0x90; 3000])]);
    // One segment, which is data, at 2 MiB: its table stands behind everything else.
    let table = bytes.len();
    bytes[32..40].copy_from_slice(&(table as u64).to_le_bytes());
    bytes[54..56].copy_from_slice(&56_u16.to_le_bytes());
    bytes[56..58].copy_from_slice(&1_u16.to_le_bytes());
    let mut segment = [0_u8; 56];
    (segment[0], segment[4], segment[10]) = (1, 2, 0x20);
    bytes.extend(segment);
    let size = 9 << 20;
    let (head, tail, data) = ((0, HEAD), (8 << 20, LIKELY), (2 << 20, LIKELY));
    assert_eq!(likely(&bytes, size), [head, tail, data]);
    for length in 0..bytes.len() {
        assert_eq!(likely(&bytes[..length], size), [head, tail], "{length}");
    }
    assert_eq!(likely(&bytes, 100)[1].0, 0);
}
