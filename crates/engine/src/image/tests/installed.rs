//! What an image has beside the database of its distribution, and what it lacks.

use super::*;

const OS: File<'static> = File("usr/lib/os-release", b'0', "", b"ID=debian\nVERSION_ID=12\n");
const STATUS: &[u8] =
    b"Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: amd64\n\n";
const PYTHON: File<'static> =
    File("srv/left-1.dist-info/METADATA", b'0', "", b"Name: left\nVersion: 1\n\n");

/// A look at an image of these layers.
fn look_of(layers: &[Vec<u8>]) -> Look {
    let world = world(&[("/i.tar", archive_of(&layout_of(layers)))]);
    look(&world, "/i.tar").unwrap()
}

/// Path and reason of what was left out.
fn gaps(look: &Look) -> Vec<(&str, &str)> {
    look.left_out.iter().map(|one| (&*one.path, one.reason.as_str())).collect()
}

#[test]
fn a_distribution_without_its_database_is_not_assessed() {
    let status = |path| File(path, b'0', "", STATUS);
    // Stripped; behind a link; only that of another system in a folder.
    for more in [
        vec![],
        vec![File("var/lib/dpkg", b'2', "/srv/dpkg", b""), status("srv/dpkg/status")],
        vec![status("srv/other/var/lib/dpkg/status")],
        vec![File("var/lib/dpkg/status", b'0', "", b"")],
    ] {
        let files: Vec<File<'_>> = [OS, PYTHON].into_iter().chain(more).collect();
        let look = look_of(&[tar(&files)]);
        let [("image", reason)] = gaps(&look)[..] else { panic!("{:?}", look.left_out) };
        assert!(reason.contains("`debian`") && reason.contains("no package database"), "{reason}");
        assert!(packages(&look).iter().any(|one| one.starts_with("pypi left 1")));
    }
    for path in ["var/lib/dpkg/status", "var/lib/dpkg/status.d/bash"] {
        assert!(gaps(&look_of(&[tar(&[OS, PYTHON, status(path)])])).is_empty(), "{path}");
    }
    assert!(gaps(&look_of(&[tar(&[PYTHON])])).is_empty(), "it names no distribution");
}

#[test]
fn what_php_dotnet_conda_and_eggs_leave_is_seen() {
    let php = br#"{"packages": [{"name": "acme/till", "version": "1.0.0"}]}"#;
    let dotnet = br#"{"targets": {"net8.0": {"Till/1.0.0": {}}},
        "libraries": {"Till/1.0.0": {"type": "package", "sha512": "x"}}}"#;
    let look = look_of(&[tar(&[
        File("srv/composer.lock", b'0', "", br#"{"packages": []}"#),
        File("srv/vendor/composer/installed.json", b'0', "", php),
        File("app/app.deps.json", b'0', "", dotnet),
        File("opt/conda/conda-meta/history", b'0', "", b"==> 2024 <==\n"),
        File("usr/lib/python3/site-packages/till-1.0-py3.11.egg", b'0', "", b"PK"),
    ])]);
    let mut found = packages(&look);
    found.sort();
    let wanted = [
        "composer acme/till 1.0.0 /srv/vendor/composer/installed.json",
        "nuget till 1.0.0 /app/app.deps.json",
        "pypi till 1.0 /usr/lib/python3/site-packages/till-1.0-py3.11.egg",
    ];
    assert_eq!(found, wanted);
    let unknown: Vec<&str> = look
        .documents
        .iter()
        .flat_map(|document| &document.unknown)
        .map(|one| one.ecosystem.as_str())
        .collect();
    assert_eq!(unknown, ["conda"]);
}

#[test]
fn a_package_is_read_by_the_name_that_a_hard_link_gives_its_file() {
    let package = br#"{"name": "left", "version": "1.0.0"}"#;
    let python = b"Name: till\nVersion: 1\n\n";
    let hard = |path, target| File(path, b'1', target, b"");
    let archive = super::archives::small();
    let store = tar(&[
        File("root/store/cdef0123", b'0', "", package),
        File("root/store/unused", b'0', "", package),
        File("root/store/metadata", b'0', "", python),
        File("root/store/archive", b'0', "", &archive),
        hard("srv/node_modules/left/package.json", "root/store/cdef0123"),
        hard("srv/other/node_modules/left/package.json", "./root/store/cdef0123"),
        hard("srv/readme", "root/store/unused"),
        hard("srv/till-1.dist-info/METADATA", "root/store/metadata"),
        hard("srv/shop.jar", "root/store/archive"),
        File("srv/link-1.dist-info/METADATA", b'2', "/root/store/metadata", b""),
        File("srv/same-1.dist-info/METADATA", b'2', "../till-1.dist-info/METADATA", b""),
    ]);
    let look = look_of(&[store]);
    let wanted = [
        "npm left 1.0.0 /srv/node_modules/left/package.json",
        "npm left 1.0.0 /srv/other/node_modules/left/package.json",
        "maven org.example:till 2.0 /srv/shop.jar",
        "pypi till 1 /srv/till-1.dist-info/METADATA",
    ];
    assert_eq!(packages(&look), wanted);
    let [("/srv/link-1.dist-info/METADATA", reason)] = gaps(&look)[..] else {
        panic!("{:?}", look.left_out)
    };
    assert!(reason.contains("of another name"), "{reason}");
}

#[test]
fn a_hard_link_to_an_unread_file_of_a_lower_layer_is_a_gap() {
    let archive = super::archives::small();
    let hard = |path, target| File(path, b'1', target, b"");
    let base = tar(&[
        File("opt/blob", b'0', "", &archive),
        File("opt/read.jar", b'0', "", &archive),
        File("srv/late.jar", b'0', "", &archive),
    ]);
    let top = tar(&[
        hard("srv/shop.jar", "opt/blob"),
        hard("srv/gone.jar", "opt/blob"),
        hard("srv/late.jar", "opt/blob"),
        hard("srv/twin.jar", "opt/read.jar"),
        hard("srv/readme", "opt/blob"),
    ]);
    let last = tar(&[
        File("srv/.wh.gone.jar", b'0', "", b""),
        File("srv/late.jar", b'0', "", &archive),
        File("opt/.wh.blob", b'0', "", b""),
    ]);
    let look = look_of(&[base, top, last]);
    let [("/srv/shop.jar", reason)] = gaps(&look)[..] else { panic!("{:?}", look.left_out) };
    assert!(reason.contains("of another name"), "{reason}");
}

#[test]
fn the_bill_of_an_image_lists_what_is_in_it() {
    let world = world(&[("/i.tar", archive_of(&layout()))]);
    let bill = bill::of_path(&world, Path::new("/i.tar"), bill::Notation::CycloneDx);
    let bill: serde_json::Value = serde_json::from_str(&bill.unwrap()).unwrap();
    let mut names: Vec<&str> = bill["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .filter(|name| matches!(*name, "left" | "musl"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["left", "musl"]);
    assert_eq!(bill["metadata"]["component"]["type"], "container");
}
