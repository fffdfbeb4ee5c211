//! Archives of Java that are too large to be held: they are read where they lie.

use std::io::{Cursor, Write as _};

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::*;
use crate::gather::{HELD, Tree as _, document};

/// An archive of these entries; those of more than a kilobyte stand in it as they are.
fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in entries {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let packed = SimpleFileOptions::default();
        let how = if content.len() > 1 << 10 { stored } else { packed };
        writer.start_file(*path, how).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn named(artifact: &str, version: &str) -> Vec<u8> {
    format!("groupId=org.example\nartifactId={artifact}\nversion={version}\n").into_bytes()
}

/// A small archive of one artifact.
pub(super) fn small() -> Vec<u8> {
    archive(&[("META-INF/maven/org.example/a/pom.properties", &named("till", "2.0"))])
}

/// A web archive of more than may be held, with two archives in it, one of them packed.
fn war() -> Vec<u8> {
    let pom = "META-INF/maven/org.example/a/pom.properties";
    let (core, data) = (named("core", "1.2"), vec![7; 9 << 20]);
    let core = archive(&[(pom, &core), ("data.bin", &data[..4096])]);
    let util = archive(&[(pom, &named("util", "0.9"))]);
    archive(&[
        ("data.bin", &data),
        ("WEB-INF/lib/core.jar", &core),
        ("WEB-INF/lib/util.jar", &util),
        (pom, &named("shop", "3.0")),
    ])
}

const FOUND: [&str; 3] =
    ["maven org.example:core 1.2", "maven org.example:util 0.9", "maven org.example:shop 3.0"];

#[test]
fn large_archives_of_an_image_are_read_where_they_lie() {
    let war = war();
    assert!(war.len() as u64 > HELD);
    let layer = tar(&[File("srv/shop.war", b'0', "", &war)]);
    // Nothing of it says what is in it.
    let top = tar(&[File("srv/cut.war", b'0', "", &war[..9 << 20])]);
    let layout = layout_of(&[layer, top]);
    let mut files: Vec<(String, Vec<u8>)> =
        layout.iter().map(|(path, bytes)| (format!("/image/{path}"), bytes.clone())).collect();
    files.push(("/oci.tar".to_owned(), archive_of(&layout)));
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    let world = world(&files);
    for path in ["/image", "/oci.tar"] {
        let look = look(&world, path).unwrap();
        assert_eq!(packages(&look), FOUND.map(|one| format!("{one} /srv/shop.war")), "{path}");
        assert_eq!((&look.left_out[..], &look.problems[..]), (&[][..], &[][..]), "{path}");
        let partial = look.documents.iter().filter(|document| document.partial);
        let partial: Vec<&str> = partial.map(|document| &*document.path).collect();
        assert_eq!(partial, ["/srv/cut.war"], "{path}");
    }
}

#[test]
fn large_archives_of_a_machine_are_read_where_they_lie() {
    let war = war();
    let world = world(&[("/srv/shop.war", war.clone()), ("/srv/cut.war", war[..9 << 20].to_vec())]);
    let machine = crate::trees::Machine { root: world.machine() };
    let read = |path: &str| {
        let reader = holdfast_sense::system_reader_for(path, &[]).unwrap();
        document(&machine, &path.into(), reader)
    };
    let whole = read("/srv/shop.war").unwrap();
    let found: Vec<String> = whole
        .components
        .iter()
        .map(|one| format!("maven {} {}", one.name, one.version.as_deref().unwrap()))
        .collect();
    assert_eq!((found.as_slice(), whole.partial), (&FOUND.map(ToOwned::to_owned)[..], false));
    assert_eq!(whole.bytes.len(), 32, "what was seen is known by its digest");
    let cut = read("/srv/cut.war").unwrap();
    assert!(cut.partial && !cut.problems.is_empty() && cut.components.is_empty());
    assert!(read("/srv/none.war").is_err());
    assert_eq!(machine.size("/srv/shop.war"), Some(war.len() as u64));
}
