//! Programs that are too large to be held: what they say is found in parts of them.

use super::*;

/// A program for 64 bits with these sections and no segments; the table of sections is its end.
fn program(sections: &[(&str, &[u8])]) -> Vec<u8> {
    let mut names = vec![0_u8];
    let mut bytes = vec![0_u8; 64];
    let mut table = vec![0_u8; 64];
    let own: [(&str, &[u8]); 1] = [(".shstrtab", &[])];
    for (name, content) in sections.iter().chain(&own) {
        let at = u32::try_from(names.len()).unwrap();
        names.extend(name.bytes().chain([0]));
        let content = if content.is_empty() { names.as_slice() } else { *content };
        bytes.resize(bytes.len().next_multiple_of(16), 0);
        let mut entry = [0_u8; 64];
        entry[..4].copy_from_slice(&at.to_le_bytes());
        entry[4] = 1;
        entry[24..32].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        entry[32..40].copy_from_slice(&(content.len() as u64).to_le_bytes());
        table.extend(entry);
        bytes.extend(content);
    }
    bytes[..6].copy_from_slice(b"\x7FELF\x02\x01");
    let (start, count) = (bytes.len() as u64, u16::try_from(sections.len() + 2).unwrap());
    bytes[40..48].copy_from_slice(&start.to_le_bytes());
    bytes[58..60].copy_from_slice(&64_u16.to_le_bytes());
    bytes[60..62].copy_from_slice(&count.to_le_bytes());
    bytes[62..64].copy_from_slice(&(count - 1).to_le_bytes());
    bytes.extend(table);
    bytes
}

/// What Go 1.21 writes into a program: its version, and lines between guards.
fn build_info() -> Vec<u8> {
    let lines =
        "path\tm.example/m\nmod\tm.example/m\tv1.4.0\th1:x=\ndep\tm.example/n\tv0.17.0\th1:y=\n";
    let guarded = [&[b'<'; 16][..], lines.as_bytes(), &[b'>'; 16]].concat();
    let mut out = b"\xFF Go buildinf:\x08\x02".to_vec();
    out.resize(32, 0);
    for text in [b"go1.21.5".as_slice(), &guarded] {
        let length = u8::try_from(text.len()).unwrap();
        assert!(length < 0x80, "one byte says its length");
        out.push(length);
        out.extend(text);
    }
    out
}

/// What `cargo auditable` writes.
fn audit() -> Vec<u8> {
    use std::io::Write as _;
    let list = br#"{"packages":[{"name":"a","version":"1.0.0","source":"registry"}]}"#;
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(list).unwrap();
    packer.finish().unwrap()
}

#[test]
fn large_programs_are_read_in_parts() {
    let (text, data) = (vec![0x90_u8; 9 << 20], vec![0_u8; 2 << 20]);
    let (info, list) = (build_info(), audit());
    // What counts stands neither at the beginning nor at the end.
    let go = program(&[(".text", &text), (".go.buildinfo", &info), (".data", &data)]);
    let rust = program(&[(".text", &text), (".dep-v0", &list), (".data", &data)]);
    let plain = program(&[(".text", &text), (".data", &data)]);
    let cut = &go[..10 << 20];
    let layer = tar(&[
        File("usr/local/bin/go", b'0', "", &go),
        File("usr/local/bin/plain", b'0', "", &plain),
        File("usr/local/bin/rust", b'0', "", &rust),
    ]);
    let top = tar(&[File("usr/local/bin/cut", b'0', "", cut)]);
    let layout = layout_of(&[layer, top]);
    let mut files: Vec<(String, Vec<u8>)> =
        layout.iter().map(|(path, bytes)| (format!("/image/{path}"), bytes.clone())).collect();
    files.push(("/oci.tar".to_owned(), archive_of(&layout)));
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    let world = world(&files);
    for path in ["/image", "/oci.tar"] {
        let look = look(&world, path).unwrap();
        let wanted = [
            "golang stdlib 1.21.5 /usr/local/bin/go",
            "golang m.example/m v1.4.0 /usr/local/bin/go",
            "golang m.example/n v0.17.0 /usr/local/bin/go",
            "cargo a 1.0.0 /usr/local/bin/rust",
        ];
        assert_eq!(packages(&look), wanted, "{path}");
        assert_eq!((&look.left_out[..], &look.problems[..]), (&[][..], &[][..]), "{path}");
        assert_eq!(look.coverage, Coverage::Full, "{path}");
        let partial = look.documents.iter().filter(|document| document.partial);
        let partial: Vec<&str> = partial.map(|document| &*document.path).collect();
        assert_eq!(partial, ["/usr/local/bin/cut"], "{path}");
    }
}
