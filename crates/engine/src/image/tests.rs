//! Images in both forms, whole and damaged, against what they were made of.

mod archives;
mod attestations;
mod installed;
mod programs;

use std::path::Path;

use holdfast_model::Timestamp;
use holdfast_world::{Recorded, World};
use jiff::tz::TimeZone;

use super::*;
use crate::sensors;

/// An entry of an archive.
struct File<'a>(&'a str, u8, &'a str, &'a [u8]);

fn tar(files: &[File<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for File(path, flag, link, content) in files {
        let mut block = vec![0; 512];
        let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
        put(0, path.as_bytes());
        put(100, b"0000755\0");
        put(124, format!("{:011o}\0", content.len()).as_bytes());
        put(148, b"        ");
        put(156, &[*flag]);
        put(157, link.as_bytes());
        put(257, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        out.extend(block);
        out.extend(*content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    holdfast_model::Digest::of(bytes).to_string()
}

const DATABASE: &[u8] = b"P:musl\nV:1.2.4-r2\nF:usr/lib/python3/site-packages/own-1.dist-info\n\
    R:METADATA\n\nP:zlib\nV:1.2.13-r1\n\n";
const UPGRADED: &[u8] = b"P:musl\nV:1.2.4-r3\nF:usr/lib/python3/site-packages/own-1.dist-info\n\
    R:METADATA\n\n";

/// A base, and a layer that upgrades one package, removes another and brings a third.
fn layers() -> [Vec<u8>; 2] {
    let base = tar(&[
        File("lib", b'2', "usr/lib", b""),
        File("usr/lib/os-release", b'0', "", b"ID=alpine\nVERSION_ID=3.18.0\n"),
        File("etc/os-release", b'2', "../usr/lib/os-release", b""),
        File("usr/lib/apk/db/installed", b'0', "", DATABASE),
        File(
            "usr/lib/python3/site-packages/own-1.dist-info/METADATA",
            b'0',
            "",
            b"Name: own\nVersion: 1\n\n",
        ),
        File(
            "usr/lib/python3/site-packages/old-1.dist-info/METADATA",
            b'0',
            "",
            b"Name: old\nVersion: 1\n\n",
        ),
    ]);
    let top = tar(&[
        File("lib/apk/db/installed", b'0', "", UPGRADED),
        File("usr/lib/python3/site-packages/.wh.old-1.dist-info", b'0', "", b""),
        File(
            "app/node_modules/left/package.json",
            b'0',
            "",
            br#"{"name":"left","version":"2.0.0"}"#,
        ),
        File("app/package.json", b'0', "", br#"{"dependencies":{"left":"^2"}}"#),
    ]);
    [base, top]
}

fn config(layers: &[Vec<u8>]) -> Vec<u8> {
    let ids: Vec<String> =
        layers.iter().map(|layer| format!("\"sha256:{}\"", digest(layer))).collect();
    let labels = "\"org.opencontainers.image.source\":\"https://forge.example/shop\",\
        \"org.opencontainers.image.revision\":\"abc123\"";
    format!(
        "{{\"config\":{{\"Labels\":{{{labels}}}}},\"rootfs\":{{\"diff_ids\":[{}]}}}}",
        ids.join(",")
    )
    .into_bytes()
}

/// The files of an OCI layout; layers are packed.
fn layout() -> Vec<(String, Vec<u8>)> {
    layout_of(&layers())
}

fn layout_of(layers: &[Vec<u8>]) -> Vec<(String, Vec<u8>)> {
    let packed: Vec<Vec<u8>> = layers.iter().map(|layer| gzip(layer)).collect();
    let config = config(layers);
    let named: Vec<String> =
        packed.iter().map(|layer| format!("{{\"digest\":\"sha256:{}\"}}", digest(layer))).collect();
    let manifest = format!(
        "{{\"config\":{{\"digest\":\"sha256:{}\"}},\"layers\":[{}]}}",
        digest(&config),
        named.join(",")
    )
    .into_bytes();
    let index = format!(
        "{{\"manifests\":[{{\"digest\":\"sha256:{}\",\"annotations\":\
         {{\"io.containerd.image.name\":\"registry.example/shop/web:1.2\"}}}}]}}",
        digest(&manifest)
    );
    let mut files = vec![
        ("oci-layout".to_owned(), b"{\"imageLayoutVersion\":\"1.0.0\"}".to_vec()),
        ("index.json".to_owned(), index.into_bytes()),
    ];
    for blob in [config, manifest].into_iter().chain(packed) {
        files.push((format!("blobs/sha256/{}", digest(&blob)), blob));
    }
    files
}

fn archive_of(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let files: Vec<File<'_>> =
        files.iter().map(|(path, bytes)| File(path, b'0', "", bytes)).collect();
    tar(&files)
}

/// What `docker save` wrote before OCI layouts.
fn saved() -> Vec<u8> {
    let [base, top] = layers();
    let config = config(&[base.clone(), top.clone()]);
    let manifest = b"[{\"Config\":\"c.json\",\"RepoTags\":[\"registry.example/shop/web:1.2\"],\
        \"Layers\":[\"a/layer.tar\",\"b/layer.tar\"]}]";
    // The top layer comes first, and the base behind a link.
    tar(&[
        File("b/layer.tar", b'0', "", &top),
        File("a/layer.tar", b'2', "../z/layer.tar", b""),
        File("z/layer.tar", b'0', "", &base),
        File("c.json", b'0', "", &config),
        File("manifest.json", b'0', "", manifest),
    ])
}

fn world(files: &[(&str, Vec<u8>)]) -> World {
    let mut recorded =
        Recorded::new().here("/here").folder("/here").now(Timestamp(1_700_000_000_000));
    for (path, bytes) in files {
        recorded = recorded.file(path, bytes.clone());
    }
    World::recorded(recorded)
}

fn look(world: &World, path: &str) -> Result<Look, Problem> {
    let source = recognise(world, Path::new(path)).expect("it is an image");
    let folder = sensors::open(world, Path::new(".")).unwrap();
    let settings = crate::settings::read(&folder.tree, None, &TimeZone::UTC).unwrap();
    look_at(world, Path::new(path), &source, &settings)
}

fn packages(look: &Look) -> Vec<String> {
    look.components()
        .map(|(document, one)| {
            format!(
                "{} {} {} {}",
                one.ecosystem.as_str(),
                one.name,
                one.version.as_deref().unwrap(),
                document.path
            )
        })
        .collect()
}

const WANTED: [&str; 2] = [
    "npm left 2.0.0 /app/node_modules/left/package.json",
    "Alpine:v3.18 musl 1.2.4-r3 /usr/lib/apk/db/installed",
];

#[test]
fn every_form_of_an_image_says_the_same() {
    let layout = layout();
    let mut files: Vec<(String, Vec<u8>)> =
        layout.iter().map(|(path, bytes)| (format!("/image/{path}"), bytes.clone())).collect();
    files.push(("/oci.tar".to_owned(), archive_of(&layout)));
    files.push(("/oci.tar.gz".to_owned(), gzip(&archive_of(&layout))));
    files.push(("/saved.tar".to_owned(), saved()));
    let files: Vec<(&str, Vec<u8>)> =
        files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    let world = world(&files);
    for path in ["/image", "/oci.tar", "/oci.tar.gz", "/saved.tar"] {
        let look = look(&world, path).unwrap();
        assert_eq!(packages(&look), WANTED, "{path}");
        assert_eq!((&look.left_out[..], &look.problems[..]), (&[][..], &[][..]), "{path}");
        assert_eq!(look.coverage, Coverage::Full, "{path}");
        let config = digest(&config(&layers()));
        assert_eq!(&*look.asset.id.0, format!("image:sha256:{config}"), "{path}");
        let short = config.get(..12).unwrap();
        assert_eq!(look.asset.name, format!("registry.example/shop/web:1.2@sha256:{short}"));
        assert_eq!(look.asset.kind, AssetKind::Image);
        let labels = look.asset.labels.join(" ");
        for label in
            ["tag:registry.example/shop/web:1.2", "source:forge.example/shop", "revision:abc123"]
        {
            assert!(labels.contains(label), "{path}: {labels}");
        }
        let image = look.image.unwrap();
        assert_eq!(image.source(), Some("https://forge.example/shop"), "{path}");
        assert_eq!((image.revision(), look.revision.as_deref()), (Some("abc123"), Some("abc123")));
        assert_eq!(image.layer_of["/usr/lib/apk/db/installed"], 1, "{path}");
    }
}

#[test]
fn a_layer_that_is_not_what_its_digest_says_is_not_believed() {
    let mut files = layout();
    let top = files.last_mut().unwrap();
    top.1 = gzip(&tar(&[File("lib/apk/db/installed", b'0', "", b"P:fine\nV:9-r0\n\n")]));
    let world = world(&[("/i.tar", archive_of(&files))]);
    let look = look(&world, "/i.tar").unwrap();
    assert!(packages(&look).iter().all(|one| !one.contains("fine")));
    assert_eq!(look.coverage, Coverage::Partial);
    assert_eq!(look.problems.len(), 1);
    assert!(look.problems[0].message.contains("not what its digest says"), "{}", look.problems[0]);
    assert_eq!(look.left_out.len(), 1);
}

#[test]
fn what_is_cut_off_or_missing_is_said() {
    let files = layout();
    let whole = archive_of(&files);
    // Of the last layer one byte is left.
    let last = files[files.len() - 1].1.len().next_multiple_of(512);
    let world = world(&[
        ("/cut.tar", whole[..=whole.len() - 1024 - last].to_vec()),
        ("/lacks.tar", archive_of(&files[..files.len() - 1])),
        ("/no-config.tar", archive_of(&[files[0].clone(), files[1].clone()])),
        ("/other.tar", tar(&[File("a", b'0', "", b"x")])),
        ("/folder/a", b"x".to_vec()),
    ]);
    for path in ["/cut.tar", "/lacks.tar"] {
        let look = look(&world, path).unwrap();
        assert_eq!(look.coverage, Coverage::Partial, "{path}");
        assert!(!look.left_out.is_empty() && !look.problems.is_empty(), "{path}");
    }
    let problem = look(&world, "/no-config.tar").unwrap_err();
    assert_eq!(problem.code, "image-broken");
    for path in ["/other.tar", "/folder", "/folder/a", "/nothing"] {
        assert!(recognise(&world, Path::new(path)).is_none(), "{path}");
    }
}

#[test]
fn an_image_without_name_is_known_by_its_digest() {
    let files = layout();
    let named = String::from_utf8(files[1].1.clone()).unwrap();
    let start = named.find(",\"annotations\"").unwrap();
    let mut nameless = files.clone();
    nameless[1].1 = format!("{}}}]}}", named.get(..start).unwrap()).into_bytes();
    let world = world(&[("/i.tar", archive_of(&nameless))]);
    let look = look(&world, "/i.tar").unwrap();
    let config = digest(&config(&layers()));
    assert_eq!(look.asset.id.0, format!("image:sha256:{config}").into());
    assert_eq!(look.asset.name, format!("/i.tar@sha256:{}", config.get(..12).unwrap()));
    assert!(look.asset.labels.iter().all(|label| !label.starts_with("tag:")));
}

#[test]
fn a_package_came_with_the_layer_from_which_on_it_was_there() {
    let files =
        |database: &'static [u8]| tar(&[File("usr/lib/apk/db/installed", b'0', "", database)]);
    let [base, _] = layers();
    let layers = vec![
        base,
        files(b"P:musl\nV:1.2.4-r2\n\nP:zlib\nV:1.2.13-r1\n\n"),
        files(b"P:musl\nV:1.2.4-r3\n\nP:zlib\nV:1.2.13-r1\n\n"),
        files(b"P:musl\nV:1.2.4-r3\n\nP:zlib\nV:1.2.13-r1\n\nP:curl\nV:8-r0\n\n"),
    ];
    let names: Vec<String> = (0..layers.len()).map(|at| format!("\"{at}.tar\"")).collect();
    let config = String::from_utf8(config(&layers)).unwrap();
    let steps =
        ["ADD base", "RUN nothing", "RUN /bin/sh -c apk upgrade", "RUN |1 T=x /bin/sh -c a"];
    let steps: Vec<String> =
        steps.iter().map(|step| format!("{{\"created_by\":\"{step}\"}}")).collect();
    let history = format!(",\"history\":[{}]}}", steps.join(","));
    let config = format!("{}{history}", config.strip_suffix('}').unwrap());
    let manifest = format!(
        "[{{\"Config\":\"c.json\",\"RepoTags\":[\"web:1\"],\"Layers\":[{}]}}]",
        names.join(",")
    );
    let paths: Vec<String> = (0..layers.len()).map(|at| format!("{at}.tar")).collect();
    let mut files = vec![
        File("manifest.json", b'0', "", manifest.as_bytes()),
        File("c.json", b'0', "", config.as_bytes()),
    ];
    files.extend(paths.iter().zip(&layers).map(|(path, layer)| File(path, b'0', "", layer)));
    let world = world(&[("/i.tar", tar(&files))]);
    let look = look(&world, "/i.tar").unwrap();
    let image = look.image.as_ref().unwrap();
    let mut came: Vec<(String, usize)> = look
        .components()
        .filter(|(document, _)| document.path.ends_with("installed"))
        .map(|(_, one)| (one.name.to_string(), image.layer_at(&one.place).unwrap()))
        .collect();
    came.sort();
    let wanted = [("curl", 3), ("musl", 2), ("zlib", 0)];
    assert_eq!(came, wanted.map(|(name, layer)| (name.to_owned(), layer)));
    let layer = image.layer(2).unwrap();
    assert_eq!((layer.number, layer.of, &*layer.command), (3, 4, "RUN apk upgrade"));
    assert_eq!(&*layer.digest, format!("sha256:{}", digest(&layers[2])));
    assert_eq!(&*image.layer(3).unwrap().command, "RUN a", "values of arguments are left out");
}
