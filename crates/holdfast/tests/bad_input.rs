//! One folder with everything broken that a folder can hold, beside one healthy lockfile: each
//! broken file gets a problem with its place and help, and a row of what could not be checked;
//! the healthy one is judged; nothing panics.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "a test ends where something is not as it should be"
)]

mod support;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use serde_json::Value;
use support::{Stage, TILLER, cargo_lock, package_lock, rows, text};

/// A healthy document of each format.
fn healthy(name: &str) -> String {
    match name {
        "Cargo.lock" => cargo_lock(&[("calm", "1.0.0"), ("quiet", "1.2.0")]),
        "Cargo.toml" => {
            "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[dependencies]\ncalm = \"1.0\"\n"
                .to_owned()
        }
        "package-lock.json" => package_lock(&[("calm", "1.0.0"), ("quiet", "1.2.0")]),
        "package.json" => {
            "{\n  \"name\": \"shop\",\n  \"dependencies\": {\n    \"calm\": \"^1.0.0\"\n  }\n}\n"
                .to_owned()
        }
        "requirements.txt" => "calm==1.0.0\nquiet==1.2.0\n".to_owned(),
        "go.mod" => "module shop.example\n\ngo 1.22\n\nrequire (\n\tforge.example/calm v1.0.0\n)\n"
            .to_owned(),
        "go.sum" => format!(
            "forge.example/calm v1.0.0 h1:{0}=\nforge.example/calm v1.0.0/go.mod h1:{0}=\n",
            "A".repeat(43)
        ),
        other => panic!("no healthy {other}"),
    }
}

const NAMES: [&str; 7] = [
    "Cargo.lock",
    "Cargo.toml",
    "package-lock.json",
    "package.json",
    "requirements.txt",
    "go.mod",
    "go.sum",
];

/// What is nested deeply in each format.
fn deep(name: &str) -> Vec<u8> {
    let (open, close) = ("[".repeat(50_000), "]".repeat(50_000));
    match name {
        "Cargo.lock" | "Cargo.toml" => format!("deep = {open}{close}\n"),
        "package-lock.json" => format!(
            "{{\"lockfileVersion\": 3, \"packages\": {}1{}}}",
            "{\"a\":".repeat(50_000),
            "}".repeat(50_000)
        ),
        "package.json" => format!("{{\"dependencies\": {open}{close}}}"),
        "requirements.txt" => format!("calm{open}x{close}==1.0\n"),
        "go.mod" => format!("module shop.example\nrequire {}\n", "(\n".repeat(50_000)),
        _ => format!("forge.example/calm {open}\n"),
    }
    .into_bytes()
}

/// The broken versions of one document.
fn broken(name: &str) -> Vec<(&'static str, Vec<u8>)> {
    let whole = healthy(name);
    // With its mark pip would read it.
    let mark: &[u8] = if name == "requirements.txt" { &[] } else { &[0xFF, 0xFE] };
    let units = whole.encode_utf16().flat_map(u16::to_le_bytes);
    let utf16: Vec<u8> = mark.iter().copied().chain(units).collect();
    let (first, last) = whole.split_at(whole.rfind("calm").unwrap());
    let conflict = format!("<<<<<<< HEAD\n{whole}=======\n{whole}>>>>>>> other\n");
    // In the middle of the last name, so that no format can take it for complete.
    let cut = match name {
        "requirements.txt" => "calm==1.0.0\nquiet==\n".to_owned(),
        "go.sum" => whole[..whole.len() - 60].to_owned(),
        _ => format!("{first}{}", &last[..2]),
    };
    let mut half = whole.clone().into_bytes();
    let middle = half.len() / 2;
    half.truncate(middle);
    half.resize(whole.len(), 0);
    let mut binary = b"\x7fELF\x02\x01\x01\0".to_vec();
    binary.extend((0..4096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    vec![
        ("truncated", cut.into_bytes()),
        ("binary", binary),
        ("utf-16", utf16),
        ("deep", deep(name)),
        ("conflict", conflict.into_bytes()),
        ("half-written", half),
    ]
}

/// What is missing for one broken file.
fn complaints(report: &Value, path: &str) -> Vec<String> {
    let mut missing = Vec::new();
    let told: Vec<&Value> =
        rows(report, "problems").iter().filter(|row| text(row, "/place/path") == path).collect();
    if told.is_empty() {
        missing.push(format!("{path}: no problem with a place"));
    }
    for row in told {
        let (line, column) = (row["place"]["line"].as_u64(), row["place"]["column"].as_u64());
        if line < Some(1) || column < Some(1) {
            missing.push(format!("{path}: {row}"));
        }
        if text(row, "/help").is_empty() || text(row, "/message").is_empty() {
            missing.push(format!("{path}: no help: {row}"));
        }
    }
    let about = |row: &Value| text(row, "/subject") == path || text(row, "/place/path") == path;
    if !rows(report, "not_assessed").iter().any(about) {
        missing.push(format!("{path}: not among what could not be checked"));
    }
    missing
}

#[test]
fn everything_broken_is_told_and_the_healthy_one_is_judged() {
    let stage = Stage::synced();
    stage.write("healthy/Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    let mut paths = Vec::new();
    for name in NAMES {
        for (what, bytes) in broken(name) {
            let path = format!("bad/{what}-{}/{name}", name.replace('.', "-"));
            stage.write(&path, bytes);
            paths.push(path);
        }
    }
    let report = stage.json(1, &["check"]);
    assert_eq!(report["verdict"], "block");
    let found: Vec<&Value> =
        rows(&report, "findings").iter().filter(|row| text(row, "/weakness") == TILLER).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(text(found[0], "/place/path"), "healthy/Cargo.lock");
    let missing: Vec<String> = paths.iter().flat_map(|path| complaints(&report, path)).collect();
    assert!(missing.is_empty(), "{} complaints:\n{}", missing.len(), missing.join("\n"));
    let keys: BTreeSet<&str> =
        rows(&report, "not_assessed").iter().map(|row| text(row, "/key")).collect();
    assert_eq!(keys.len(), rows(&report, "not_assessed").len(), "keys are unique");
    for form in ["human", "markdown", "sarif"] {
        stage.run(&["check", "--format", form]).exits(1);
    }
}

/// Whatever the healthy part of a broken file says is still judged.
#[test]
fn what_stands_before_a_break_is_judged() {
    let stage = Stage::synced();
    let lock = cargo_lock(&[("tiller", "1.0.0"), ("calm", "1.0.0")]);
    stage.write("Cargo.lock", &lock[..lock.rfind("version").unwrap()]);
    stage.write("requirements.txt", "tiller==1.0.0\ncalm===\n");
    let npm = package_lock(&[("tiller", "1.0.0"), ("zebra", "1.0.0")]);
    stage.write("package-lock.json", &npm[..npm.rfind("zebra").unwrap()]);
    let report = stage.json(1, &["check"]);
    let found: BTreeSet<&str> = rows(&report, "findings")
        .iter()
        .filter(|row| text(row, "/weakness") == TILLER)
        .map(|row| text(row, "/place/path"))
        .collect();
    assert_eq!(found, BTreeSet::from(["Cargo.lock", "package-lock.json", "requirements.txt"]));
}

/// 70 MB, of which the disk holds nothing.
#[test]
fn a_huge_lockfile_is_told_and_not_read() {
    let stage = Stage::synced();
    stage.write("healthy/Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    for name in ["Cargo.lock", "package-lock.json"] {
        let file = std::fs::File::create(stage.tree.path().join(name)).unwrap();
        file.set_len(70 << 20).unwrap();
    }
    let report = stage.json(1, &["check"]);
    for name in ["Cargo.lock", "package-lock.json"] {
        assert_eq!(complaints(&report, name), [] as [String; 0]);
    }
    assert_eq!(rows(&report, "findings").len(), 1);
}

#[test]
fn links_and_names_that_lead_nowhere_are_told() {
    let stage = Stage::synced();
    stage.write("healthy/Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
    let root = stage.tree.path();
    symlink("Cargo.lock", root.join("Cargo.lock")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("/etc", root.join("outside")).unwrap();
    symlink("/etc/hostname", root.join("go.sum")).unwrap();
    std::fs::create_dir(root.join(OsStr::from_bytes(b"caf\xe9"))).unwrap();
    let report = stage.json(1, &["check"]);
    assert_eq!(rows(&report, "findings").len(), 1);
    for subject in ["Cargo.lock", "outside", "go.sum", "caf\u{fffd}"] {
        let told = rows(&report, "not_assessed").iter().any(|row| text(row, "/subject") == subject);
        assert!(told, "{subject}: {report:#}");
    }
}

/// Nothing is judged by configuration that cannot be understood: that is the call's fault.
#[test]
fn a_broken_configuration_stops_with_its_place() {
    let utf16: Vec<u8> =
        "appetite = \"strict\"".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [
        utf16,
        b"<<<<<<< HEAD\n=======\n>>>>>>> other\n".to_vec(),
        b"[asset\nid = \"x\n".to_vec(),
        b"appetite = [[[[".to_vec(),
        b"\xff\xfe\xfd".to_vec(),
    ] {
        let stage = Stage::synced();
        stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
        stage.write("holdfast.toml", &bytes);
        stage.run(&["check"]).refuses(2, "holdfast.toml:1:");
    }
}

#[test]
fn acceptances_and_owners_that_are_broken_are_problems_and_the_lockfile_is_judged() {
    let utf16: Vec<u8> = "- accept: X".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let accepted = ".holdfast/accepted.yaml";
    for (path, bytes) in [
        (accepted, utf16),
        (accepted, b"<<<<<<< HEAD\n=======\n>>>>>>> other\n".to_vec()),
        (accepted, b"- accept: [\n".to_vec()),
        (accepted, vec![b'['; 10_000]),
        ("CODEOWNERS", b"\xff\xfe\x00[".to_vec()),
    ] {
        let stage = Stage::synced();
        stage.write("Cargo.lock", cargo_lock(&[("tiller", "1.0.0")]));
        stage.write(path, &bytes);
        let report = stage.json(1, &["check"]);
        let told = rows(&report, "problems").iter().find(|row| text(row, "/place/path") == path);
        let told = told.unwrap_or_else(|| panic!("{path}: {report:#}"));
        assert!(!text(told, "/help").is_empty(), "{told:#}");
        assert!(rows(&report, "findings").iter().any(|row| text(row, "/weakness") == TILLER));
    }
}

#[test]
fn an_empty_folder_passes_and_a_missing_one_is_the_calls_fault() {
    let stage = Stage::synced();
    let report = stage.json(0, &["check"]);
    assert_eq!(report["verdict"], "pass");
    assert_eq!(rows(&report, "findings").len() + rows(&report, "problems").len(), 0);
    stage.run(&["check", "nowhere"]).refuses(2, "there is no `nowhere`");
    stage.run(&["fix", "--all", "--path", "nowhere"]).refuses(2, "there is no `nowhere`");
    stage.run(&["explain", "x", "--path", "nowhere"]).refuses(2, "there is no `nowhere`");
}

/// Records that cannot be read are problems of theirs, and the others are compiled.
#[test]
fn broken_records_lose_no_neighbours() {
    let stage = Stage::new();
    for (id, record) in support::records() {
        stage.write(format!("feed/{id}.json"), record);
    }
    stage.write("feed/BROKEN-1.json", "{\"id\": \"BROKEN-1\", \"affected\": [");
    stage.write("feed/BROKEN-2.json", [0xFF, 0xFE, 0x00]);
    stage.write("feed/BROKEN-3.json", "[".repeat(100_000));
    let synced = stage.json(0, &["advisories", "sync", "--from", "feed"]);
    assert!(rows(&synced, "problems").len() >= 3, "{synced:#}");
    let shown = stage.json(0, &["advisories", "show", "pkg:cargo/tiller@1.0.0"]);
    assert_eq!(text(&shown, "/weaknesses/0/weakness"), TILLER);
    // What cannot be a source at all replaces nothing.
    let digest = synced["digest"].clone();
    stage.write("not.zip", "PK\u{3}\u{4} and then nothing");
    stage.run(&["advisories", "sync", "--from", "not.zip"]).refuses(2, "not.zip");
    assert_eq!(stage.json(0, &["advisories", "status"])["digest"], digest);
}
