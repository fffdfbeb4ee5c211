//! What cannot be looked at is said, by name and with what would help; its neighbours are judged.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use holdfast_engine::Failure;
use holdfast_engine::check::{Options, check};
use holdfast_engine::document::{FindingRow, NotAssessedRow, Report};
use holdfast_model::Verdict;
use holdfast_world::{Recorded, World};
use support::{SHOP, TILLER, cargo_lock, package_lock, recorded};

#[path = "broken/behind.rs"]
mod behind;

static INDEX: LazyLock<Vec<u8>> = LazyLock::new(support::index);

fn data() -> &'static Path {
    Path::new("/data")
}

/// A shop with one healthy vulnerable lockfile in a folder of its own.
fn shop() -> Recorded {
    let lock = cargo_lock(&[("tiller", "1.0.0")]);
    recorded(data(), &INDEX, &[("healthy/Cargo.lock", lock.as_bytes())])
}

fn at(path: &str) -> PathBuf {
    Path::new(SHOP).join(path)
}

/// The report, in which the healthy lockfile is judged whatever stands beside it.
#[track_caller]
fn checked(recorded: Recorded) -> Report {
    let report = check(&World::recorded(recorded), data(), &Options::default()).unwrap();
    let healthy = |row: &FindingRow| {
        &*row.weakness == TILLER
            && row.place.as_ref().is_some_and(|place| &*place.path == "healthy/Cargo.lock")
    };
    assert!(report.findings.iter().any(healthy), "{:#?}", report.findings);
    report
}

#[track_caller]
fn gap<'a>(report: &'a Report, subject: &str) -> &'a NotAssessedRow {
    let row = report.not_assessed.iter().find(|row| &*row.subject == subject);
    let row = row.unwrap_or_else(|| panic!("no gap `{subject}`: {:#?}", report.not_assessed));
    assert!(!row.reason.is_empty() && !row.closes_with.is_empty(), "{row:?}");
    row
}

#[test]
fn a_file_that_may_not_be_read_could_not_be_checked() {
    for path in ["Cargo.lock", "web/package-lock.json", "requirements.txt", "go.mod", "go.sum"] {
        let report = checked(shop().denied(at(path)));
        assert_eq!(gap(&report, path).closes_with, "root");
        assert_eq!(report.findings.len(), 1);
    }
}

#[test]
fn a_folder_that_may_not_be_listed_could_not_be_checked() {
    let report = checked(shop().denied_folder(at("closed")));
    assert_eq!(gap(&report, "closed").closes_with, "root");
}

#[test]
fn acceptances_that_may_not_be_read_are_a_gap() {
    gap(&checked(shop().denied(at(".holdfast/accepted.yaml"))), ".holdfast/accepted.yaml");
}

/// Whose folder it is and what counts here stands in it: nothing is judged without.
#[test]
fn a_configuration_that_may_not_be_read_stops() {
    let world = World::recorded(shop().denied(at("holdfast.toml")));
    let failure = check(&world, data(), &Options::default()).unwrap_err();
    assert!(matches!(failure, Failure::Usage(_)), "{failure:?}");
    assert!(failure.problems().iter().any(|one| one.message.contains("holdfast.toml")));
}

#[test]
fn links_in_a_circle_could_not_be_checked() {
    let circle = shop()
        .link(at("Cargo.lock"), "ring/Cargo.lock")
        .link(at("ring/Cargo.lock"), "../Cargo.lock")
        .link(at("loop"), "loop");
    let report = checked(circle);
    gap(&report, "Cargo.lock");
    gap(&report, "ring/Cargo.lock");
    let told = report.problems.iter().find(|row| row.code == "unreadable-file").unwrap();
    assert!(told.place.is_some() && !told.help.is_empty(), "{told:?}");
}

#[test]
fn a_link_out_of_the_root_is_not_followed() {
    let outside = package_lock(&[("tiller", "1.0.0")]);
    let linked = shop()
        .file("/elsewhere/package-lock.json", outside)
        .link(at("package-lock.json"), "/elsewhere/package-lock.json")
        .link(at("web"), "/elsewhere");
    let report = checked(linked);
    gap(&report, "package-lock.json");
    gap(&report, "web");
    assert_eq!(report.findings.len(), 1, "what lies outside is not judged");
}

/// A link to a document that is there anyway says the same twice, and is told once.
#[test]
fn a_link_to_a_document_is_told_once() {
    let report = checked(shop().link(at("Cargo.lock"), "healthy/Cargo.lock"));
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].instances.len(), 1);
    assert_eq!(report.not_assessed.len(), 0, "{:?}", report.not_assessed);
}

/// A link to a document that has another name is read as what it is called.
#[test]
fn a_link_to_a_file_of_any_name_is_read() {
    let lock = package_lock(&[("tiller", "1.0.1")]);
    let report = checked(
        shop().file(at("notes.txt"), lock).link(at("web/package-lock.json"), "../notes.txt"),
    );
    let path = |row: &FindingRow| row.place.clone().unwrap().path;
    assert!(report.findings.iter().any(|row| &*path(row) == "web/package-lock.json"));
}

/// What a manifest names is told by its lockfile alone, also where that is a link.
#[test]
fn a_link_to_a_lockfile_answers_a_manifest() {
    let lock = package_lock(&[("tiller", "1.0.1")]);
    let manifest = br#"{"dependencies": {"tiller": "1.0.1"}}"#;
    let report = checked(
        shop()
            .file(at("notes.txt"), lock)
            .file(at("web/package.json"), manifest)
            .link(at("web/package-lock.json"), "../notes.txt"),
    );
    let paths = report.findings.iter().filter_map(|row| row.place.as_ref()).map(|at| &*at.path);
    let web: Vec<&str> = paths.filter(|path| path.starts_with("web/")).collect();
    assert_eq!(web, ["web/package-lock.json"]);
}

#[test]
fn a_name_that_is_not_utf8_could_not_be_checked() {
    let name = Path::new(OsStr::from_bytes(b"caf\xe9"));
    let lock = cargo_lock(&[("tiller", "1.0.1")]);
    let report = checked(shop().file(Path::new(SHOP).join(name).join("Cargo.lock"), lock));
    assert_eq!(gap(&report, "caf\u{fffd}").closes_with, "a name in UTF-8");
}

#[test]
fn an_empty_folder_passes_and_claims_nothing() {
    let world = World::recorded(recorded(data(), &INDEX, &[]));
    let report = check(&world, data(), &Options::default()).unwrap();
    assert_eq!(report.verdict, Verdict::Pass);
    assert_eq!((report.findings.len(), report.assets[0].packages), (0, 0));
}

#[test]
fn a_folder_that_is_not_there_is_an_error_of_the_call() {
    let world = World::recorded(shop().denied_folder("/closed"));
    for (path, message) in
        [("nowhere", "there is no `nowhere`"), ("/closed/in", "you may not enter")]
    {
        let options = Options { path: PathBuf::from(path), ..Options::default() };
        let failure = check(&world, data(), &options).unwrap_err();
        assert!(matches!(failure, Failure::Usage(_)), "{failure:?}");
        let told = &failure.problems()[0];
        assert!(told.message.contains(message) && !told.help.is_empty(), "{told}");
    }
}

/// What is no file is not opened, and passes for no empty lockfile; a program's socket of another
/// name says nothing.
#[test]
fn a_socket_in_place_of_a_lockfile_could_not_be_checked() {
    let folders = support::Folders::new();
    folders.sync();
    folders.write("a/Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    let socket =
        |name: &str| std::os::unix::net::UnixListener::bind(folders.tree.path().join(name));
    let open = [socket("package-lock.json").unwrap(), socket("editor.sock").unwrap()];
    let world = support::real_world(folders.tree.path());
    let report = check(&world, &folders.data(), &Options::default()).unwrap();
    drop(open);
    assert_eq!(report.findings.len(), 1);
    let subjects: Vec<&str> = report.not_assessed.iter().map(|row| &*row.subject).collect();
    assert_eq!(subjects, ["package-lock.json"]);
    assert!(gap(&report, "package-lock.json").reason.contains("socket"));
}

/// Names that several tools use are looked into: a project with nothing else does not pass for
/// clean, and what is no manifest says nothing.
#[test]
fn a_manifest_that_only_its_content_tells_could_not_be_checked() {
    let late = format!("{}install_requires=['tiller']\n", "# a long licence\n".repeat(1_000));
    for (name, text) in [
        ("setup.py", late.as_str()),
        ("setup.cfg", "[options]\ninstall_requires =\n    tiller\n"),
        ("Package.swift", "let p = [.package(url: \"https://forge.example/tiller\")]\n"),
        ("build.sbt", "libraryDependencies += \"org.example\" % \"tiller\" % \"1.0.0\"\n"),
        ("manifest.toml", "# This file was generated by Gleam\n"),
        ("Manifest.toml", "julia_version = \"1.10.0\"\nmanifest_format = \"2.0\"\n"),
    ] {
        let path = format!("only/{name}");
        let report = checked(shop().file(at(&path), text));
        let said = |row: &NotAssessedRow| {
            row.place.as_ref().is_some_and(|place| *place.path == *path) && !row.reason.is_empty()
        };
        let told = report.not_assessed.iter().any(said);
        assert!(told, "{name}: {:#?}", report.not_assessed);
        let report = checked(shop().file(at(&path), "nothing\n"));
        assert!(report.not_assessed.is_empty(), "{name}: {:#?}", report.not_assessed);
        assert_eq!(gap(&checked(shop().denied(at(&path))), &path).closes_with, "root");
    }
}

/// One file that is named is judged by what is in it, and what cannot be said is said.
#[test]
fn one_file_that_no_reader_knows_could_not_be_checked() {
    let world = World::recorded(shop().file(at("photo.jpg"), b"\xff\xd8\xff".to_vec()));
    let options = Options { path: PathBuf::from("photo.jpg"), ..Options::default() };
    let report = check(&world, data(), &options).unwrap();
    gap(&report, "photo.jpg");
    assert_eq!(report.verdict, Verdict::Warn);
}

/// An index that was cut off is not an empty one: the starter set is used, and that is told.
#[test]
fn a_broken_index_is_told_and_never_taken_for_clean() {
    for broken in [INDEX[..INDEX.len() / 2].to_vec(), vec![0; 4096], Vec::new()] {
        let lock = cargo_lock(&[("tiller", "1.0.0")]);
        let files: [(&str, &[u8]); 1] = [("Cargo.lock", lock.as_bytes())];
        let world = World::recorded(recorded(data(), &broken, &files));
        let report = check(&world, data(), &Options::default()).unwrap();
        let told = report.problems.iter().find(|row| row.code == "index-unusable").unwrap();
        assert!(told.help.contains("advisories sync"), "{told:?}");
        assert_ne!(report.verdict, Verdict::Pass);
        assert!(!report.not_assessed.is_empty());
    }
}
