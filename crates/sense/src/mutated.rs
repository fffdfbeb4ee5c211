//! What programs write, damaged: archives in archives, programs with lists of modules, databases of
//! packages, layers and documents of images. Seeded, so that a failure can be had again.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use holdfast_model::Fact;

use crate::image::manifest::{Config, Index, Manifest, Saved, read as read_document};
use crate::image::read_layer;
use crate::image::tar::tests::archive as tar;
use crate::installed::executable::tests::{LINES, build_info, program};
use crate::installed::java::tests::archive as zip;
use crate::{codes, read_anything};

#[path = "../tests/configuration/dice.rs"]
mod dice;

pub(crate) use dice::Dice;

/// Rounds for each input.
const ROUNDS: u64 = 400;

/// Changes of the kinds that break binary formats: bits, numbers at their ends, pieces that are
/// missing, moved or there twice, and ends.
pub(crate) fn mutate(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=dice.roll(4) {
        if out.is_empty() {
            break;
        }
        let at = dice.roll(out.len());
        match dice.roll(7) {
            0 => out[at] ^= 1 << dice.roll(8),
            1 if dice.once_in(4) => out.truncate(at),
            1 | 2 => {
                let number: [u8; 4] =
                    dice.pick(&[[0; 4], [0xFF; 4], [0xFF, 0xFF, 0xFF, 0x7F], [1, 0, 0, 0]]);
                let end = (at + 1 + dice.roll(4)).min(out.len());
                let length = end - at;
                out[at..end].copy_from_slice(&number[..length]);
            }
            3 => {
                let from = dice.roll(out.len());
                let piece = out[from..(from + dice.roll(700)).min(out.len())].to_vec();
                let end = (at + piece.len()).min(out.len());
                let length = end - at;
                out[at..end].copy_from_slice(&piece[..length]);
            }
            4 => {
                let end = (at + dice.roll(600)).min(out.len());
                out.drain(at..end);
            }
            5 => {
                let piece = out[at..(at + dice.roll(600)).min(out.len())].to_vec();
                out.splice(at..at, piece);
            }
            _ => out[at] = u8::try_from(dice.roll(256)).unwrap(),
        }
    }
    out
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn properties(artifact: &str) -> Vec<u8> {
    format!("groupId=org.example\nartifactId={artifact}\nversion=1.2\n").into_bytes()
}

fn enterprise_archive() -> Vec<u8> {
    let jar = |artifact: &str| {
        let path = format!("META-INF/maven/org.example/{artifact}/pom.properties");
        zip(&[(&path, &properties(artifact)), ("org/A.class", &[0xCA; 300])])
    };
    let out = "../../etc/passwd.jar";
    let war = zip(&[
        ("WEB-INF/lib/core-1.2.jar", &jar("core")),
        ("WEB-INF/lib/util-1.2.jar", &jar("util")),
        (out, &jar("out")),
        // It unpacks to a thousand times its size, and is no archive.
        ("WEB-INF/lib/zeros-1.jar", &vec![0; 1 << 20]),
    ]);
    zip(&[("shop.war", &war), ("lib/core-1.2.jar", &jar("core"))])
}

fn go_program() -> Vec<u8> {
    program(&[(".text", vec![0x90; 2000]), (".go.buildinfo", build_info("go1.21.5", LINES))])
}

fn rust_program() -> Vec<u8> {
    let list = br#"{"packages":[{"name":"a","version":"1.0.0","source":"registry","dependencies":[1],"root":true},{"name":"b","version":"2.0.0","source":"git"}]}"#;
    program(&[(".dep-v0", deflated(list)), (".text", vec![0x90; 500])])
}

/// Each path with what a reader finds there when it is whole, and how many components that is.
fn documents() -> Vec<(&'static str, Vec<u8>, usize)> {
    macro_rules! fixture {
        ($path:literal) => {
            include_bytes!(concat!("../fixtures/", $path)).to_vec()
        };
    }
    vec![
        ("/opt/shop.ear", enterprise_archive(), 3),
        ("/usr/local/bin/tool", go_program(), 5),
        ("/usr/local/bin/tool", rust_program(), 2),
        ("/var/lib/rpm/Packages", fixture!("rpm-database/hash/Packages"), 9),
        ("/var/lib/rpm/Packages", fixture!("rpm-database/hash-big/Packages"), 9),
        ("/var/lib/rpm/Packages.db", fixture!("rpm-database/slots/Packages.db"), 2),
        ("/var/lib/rpm/rpmdb.sqlite", fixture!("rpm-database/plain/rpmdb.sqlite"), 4),
        ("/lib/apk/db/installed", fixture!("apk-installed/plain/apk-installed"), 3),
        ("/var/lib/dpkg/status", fixture!("dpkg-status/plain/status"), 8),
    ]
}

fn components(facts: &[Fact]) -> usize {
    facts.iter().filter(|fact| matches!(fact, Fact::Component(_))).count()
}

/// What holds whatever the bytes are.
fn check(path: &str, facts: &[Fact], most: usize) {
    let mut problems = 0;
    for fact in facts {
        let place = match fact {
            Fact::Component(component) => &component.place,
            Fact::Unknown { place, .. } => place,
            Fact::Problem(problem) => {
                problems += 1;
                assert!(codes::CODES.iter().any(|(code, _)| *code == problem.code), "{problem}");
                assert!(!problem.help.is_empty(), "{problem}");
                assert!(problem.message.len() < 2000, "{}", problem.message.len());
                continue;
            }
            _ => continue,
        };
        assert_eq!(&*place.path, path);
    }
    assert!(problems <= 101, "{path}: {problems} problems");
    // A piece that stands there twice may say something twice.
    assert!(components(facts) <= 8 * most + 8, "{path}: {} components", components(facts));
}

#[test]
fn damaged_documents_of_programs_keep_their_promises() {
    for (path, bytes, count) in documents() {
        let whole = read_anything(path, &bytes);
        assert_eq!(components(&whole), count, "{path}: {whole:?}");
        for seed in 0..ROUNDS {
            let broken = mutate(&mut Dice::new(seed), &bytes);
            let facts = read_anything(path, &broken);
            check(path, &facts, count);
            if seed % 16 == 0 {
                assert_eq!(facts, read_anything(path, &broken), "{path} seed {seed}");
            }
        }
    }
}

/// Each is much smaller than what is in it, and holds it twice.
#[test]
fn archives_too_deep_in_one_another_are_told() {
    let mut bytes = vec![0; 8 << 20];
    for level in 0..12 {
        let (name, other) = (format!("{level}.jar"), format!("other-{level}.jar"));
        bytes = zip(&[(&name, &bytes), (&other, &bytes)]);
    }
    let facts = read_anything("/opt/bomb.jar", &bytes);
    check("/opt/bomb.jar", &facts, 0);
    assert!(facts.contains(&Fact::Partial));
}

fn layers() -> [Vec<u8>; 2] {
    let deep = "d/".repeat(40) + "f";
    let plain = tar(&[
        ("etc/", b'5', "", b""),
        ("etc/os-release", b'0', "", b"ID=debian\n"),
        ("etc/self", b'2', "self", b""),
        ("etc/a", b'2', "/etc/b", b""),
        ("etc/b", b'2', "a/../b", b""),
        ("etc/up", b'2', "../../../../../etc", b""),
        ("etc/up/through", b'0', "", b"x"),
        ("../../etc/shadow", b'0', "", b"x"),
        ("hard", b'1', "../etc/shadow", b""),
        ("hard2", b'1', "etc/self", b""),
        (&deep, b'0', "", &[7; 3000]),
        ("etc/.wh.gone", b'0', "", b""),
        ("d/.wh..wh..opq", b'0', "", b""),
    ]);
    let packed = gzipped(&plain);
    [plain, packed]
}

#[test]
fn damaged_layers_never_lead_out_of_the_image() {
    for layer in layers() {
        let (files, faults) = read_layer(&layer);
        assert!(files.iter().any(|path| &**path == "/etc/os-release"), "{files:?} {faults:?}");
        for seed in 0..ROUNDS {
            let (files, faults) = read_layer(&mutate(&mut Dice::new(seed), &layer));
            for path in files {
                let inside = path.starts_with('/') && path.split('/').all(|part| part != "..");
                assert!(inside, "seed {seed}: {path}");
            }
            assert!(faults.len() <= 110, "seed {seed}: {}", faults.len());
        }
    }
}

#[test]
fn damaged_documents_of_images_are_read_or_refused_with_a_place() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let documents = [
        format!(
            r#"{{"manifests":[{{"mediaType":"x","digest":"{digest}","platform":{{"os":"linux","architecture":"amd64"}}}}]}}"#
        ),
        format!(r#"{{"config":{{"digest":"{digest}"}},"layers":[{{"digest":"{digest}"}}]}}"#),
        format!(r#"{{"config":{{"Labels":{{"a":"b"}}}},"rootfs":{{"diff_ids":["{digest}"]}}}}"#),
        r#"[{"Config":"../../c.json","RepoTags":["shop/web:1.2"],"Layers":["../l.tar"]}]"#
            .to_owned(),
    ];
    for document in documents {
        for seed in 0..ROUNDS {
            let bytes = mutate(&mut Dice::new(seed), document.as_bytes());
            let problems = [
                read_document::<Index>("i", &bytes).map(|index| {
                    let leads = |one: &crate::image::manifest::Descriptor| one.blob();
                    let blobs: Vec<_> = index.manifests.iter().filter_map(leads).collect();
                    assert!(!blobs.iter().any(|path| path.contains("..")), "{blobs:?}");
                }),
                read_document::<Manifest>("m", &bytes).map(drop),
                read_document::<Config>("c", &bytes).map(|config| {
                    let _ = (config.layer(0), config.labels());
                }),
                read_document::<Vec<Saved>>("s", &bytes).map(drop),
            ];
            for problem in problems.into_iter().filter_map(Result::err) {
                assert!(problem.place.is_some() && !problem.help.is_empty(), "{problem}");
            }
        }
    }
}
