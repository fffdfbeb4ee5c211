//! What holds for any input: no panic, places inside the file, paragraphs in any order.

use holdfast_model::{Fact, Lines, Place};
use proptest::prelude::*;

use crate::drive::{Files, components, facts, offers};

const STATUS: &str = "/var/lib/dpkg/status";
const RELEASE: &str = "/etc/os-release";
const METADATA: &str = "/p/site-packages/x-1.dist-info/METADATA";
const GEM: &str = "/g/specifications/x-1.gemspec";
const NODE: &str = "/n/node_modules/x/package.json";
const APK: &str = "/lib/apk/db/installed";
const LIST: &str = "/var/lib/apt/lists/h_dists_s-security_main_binary-amd64_Packages";
const LIST_RELEASE: &str = "/var/lib/apt/lists/h_dists_s-security_InRelease";

fn place_of(fact: &Fact) -> Option<&Place> {
    match fact {
        Fact::Component(component) => Some(&component.place),
        Fact::Offer(offer) => Some(&offer.place),
        Fact::Os(os) => Some(&os.place),
        Fact::Unknown { place, .. } => Some(place),
        Fact::Problem(problem) => problem.place.as_ref(),
        _ => None,
    }
}

/// Every place of `facts` is a character of its file, or the end of one of its lines.
fn assert_inside(files: &Files, facts: &[Fact]) {
    for place in facts.iter().filter_map(place_of) {
        let empty = Vec::new();
        let bytes = files.get(&*place.path).unwrap_or(&empty);
        let lines = bytes.split(|byte| *byte == b'\n').count();
        assert!(place.line >= 1 && place.column >= 1, "{place}");
        assert!(place.line as usize <= lines, "{place} of {lines} lines");
        let text = Lines::new(bytes).text(place.line);
        assert!(place.column as usize <= text.chars().count() + 1, "{place} in {text:?}");
    }
}

fn system(path: &str, bytes: &[u8]) -> Files {
    let mut files = Files::from([
        (RELEASE.to_owned(), b"ID=debian\nVERSION_ID=12\n".to_vec()),
        (LIST_RELEASE.to_owned(), b"Codename: s-security\n".to_vec()),
    ]);
    files.insert(path.to_owned(), bytes.to_vec());
    files
}

/// Lines that look like those of the files, in any order.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        Just(b"Package: a\n".to_vec()),
        Just("Package: \u{e4}\n".as_bytes().to_vec()),
        Just(b"Version: 1:2-3\n".to_vec()),
        Just(b"P:a\n".to_vec()),
        Just(b"Name: a\n".to_vec()),
        Just(b"  s.name = \"a\".freeze\n".to_vec()),
        Just(b"s.version = \"1\n".to_vec()),
        Just(b"{\"name\": \"a\", \"version\": 1}\n".to_vec()),
        Just(b"V:1-r0\n".to_vec()),
        Just(b"Version: 1\r\n".to_vec()),
        Just(b"Status: install ok installed\n".to_vec()),
        Just(b"Status: deinstall ok config-files\n".to_vec()),
        Just(b"Architecture: all\n".to_vec()),
        Just(b"Source: s (1)\n".to_vec()),
        Just(b"Label: Debian-Security\n".to_vec()),
        Just(b"ID=\"x\n".to_vec()),
        Just(b"VERSION_ID='1' 2\n".to_vec()),
        Just(b" more\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\xEF\xBB\xBF".to_vec()),
        Just(b"-----BEGIN PGP SIGNED MESSAGE-----\n".to_vec()),
        prop::collection::vec(any::<u8>(), 0..12),
    ];
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in lines(), ending in 0..6_usize) {
        let ending = ["", ".gz", ".lz4", ".xz", ".zst", ".bz2"][ending];
        for path in [STATUS, RELEASE, "/var/lib/dpkg/status.d/x", LIST, APK, METADATA, GEM, NODE] {
            let files = system(path, &bytes);
            assert_inside(&files, &facts(&files, path));
        }
        let packed = format!("{LIST}{ending}");
        facts(&system(&packed, &bytes), &packed);
        // A reader also reads other files than its own document.
        let mut files = system(RELEASE, &bytes);
        files.insert(STATUS.to_owned(), b"Package: a\n".to_vec());
        assert_inside(&files, &facts(&files, STATUS));
        let mut files = system(LIST_RELEASE, &bytes);
        files.insert(LIST.to_owned(), b"Package: a\n".to_vec());
        facts(&files, LIST);
    }

    #[test]
    fn the_order_of_paragraphs_does_not_matter(
        packages in prop::collection::vec(("[a-z]{1,6}", "[0-9]{1,3}", any::<bool>()), 0..12),
    ) {
        let text = |packages: &mut dyn Iterator<Item = &(String, String, bool)>| {
            let paragraph = |(name, version, here): &(String, String, bool)| {
                let state = if *here { "install ok installed" } else { "deinstall ok config-files" };
                format!(
                    "Package: {name}\nStatus: {state}\nArchitecture: amd64\nVersion: {version}\n\n"
                )
            };
            packages.map(paragraph).collect::<String>()
        };
        let forth = text(&mut packages.iter());
        let back = text(&mut packages.iter().rev());
        let rows = |text: &str| {
            let files = system(STATUS, text.as_bytes());
            let components = components(&facts(&files, STATUS));
            let mut rows: Vec<_> = components.into_iter().map(|c| (c.name, c.version)).collect();
            rows.sort();
            let files = system(LIST, text.as_bytes());
            let mut offered: Vec<_> =
                offers(&facts(&files, LIST)).into_iter().map(|o| (o.name, o.version)).collect();
            offered.sort();
            (rows, offered)
        };
        let (installed, offered) = rows(&forth);
        prop_assert_eq!(installed.len(), packages.iter().filter(|package| package.2).count());
        prop_assert_eq!(offered.len(), packages.len());
        prop_assert_eq!((installed, offered), rows(&back));
    }

    #[test]
    fn damaged_databases_of_rpm_are_read_without_a_panic(
        which in 0..4_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..9),
        end: prop::sample::Index,
    ) {
        let fixtures = [
            ("/usr/lib/sysimage/rpm/rpmdb.sqlite", include_bytes!("../../fixtures/rpm-database/plain/rpmdb.sqlite").as_slice()),
            ("/usr/lib/sysimage/rpm/rpmdb.sqlite", include_bytes!("../../fixtures/rpm-database/log/rpmdb.sqlite")),
            ("/var/lib/rpm/Packages.db", include_bytes!("../../fixtures/rpm-database/slots/Packages.db")),
            ("/var/lib/rpm/Packages", include_bytes!("../../fixtures/rpm-database/hash-big/Packages")),
        ];
        let (path, bytes) = fixtures[which];
        let mut bytes = bytes.to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        let files = system(path, &bytes);
        for place in facts(&files, path).iter().filter_map(place_of).filter(|p| *p.path == *path) {
            prop_assert_eq!((place.line, place.column), (1, 1));
        }
    }
}
