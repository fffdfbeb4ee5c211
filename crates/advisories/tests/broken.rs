//! Broken input is data: a problem, and the neighbours survive.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{Cursor, Write as _};

use holdfast_advisories::{export, kev, osv};
use holdfast_model::Problem;
use zip::write::SimpleFileOptions;

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn read(bytes: &[u8], limits: export::Limits) -> (Vec<String>, Vec<Problem>) {
    let (mut names, mut problems) = (Vec::new(), Vec::new());
    let count = export::records("all.zip", bytes, limits, &mut |entry| match entry {
        Ok((name, _)) => names.push(name.to_owned()),
        Err(problem) => problems.push(problem),
    });
    assert_eq!(usize::try_from(count).unwrap(), names.len());
    (names, problems)
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

#[test]
fn an_export_hands_over_its_records_only() {
    let bytes = zipped(&[("A-1.json", b"{}"), ("README.md", b"words"), ("b/B-1.json", b"{}")]);
    let (names, problems) = read(&bytes, export::LIMITS);
    assert_eq!(names, ["A-1.json", "b/B-1.json"]);
    assert_eq!(problems, []);
}

#[test]
fn a_zip_that_was_cut_off_is_refused_as_a_whole() {
    let bytes = zipped(&[("A-1.json", b"{}"), ("B-1.json", b"{}")]);
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        let (names, problems) = read(&bytes[..length], export::LIMITS);
        assert_eq!(names, [""; 0], "{length}");
        assert_eq!(codes(&problems), ["export-unreadable"], "{length}");
    }
}

#[test]
fn a_damaged_entry_leaves_its_neighbours() {
    let noise: Vec<u8> =
        (0..4000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let mut bytes = zipped(&[("A-1.json", b"{}"), ("B-1.json", &noise), ("C-1.json", b"{}")]);
    let middle = bytes.len() / 2;
    for byte in &mut bytes[middle..middle + 200] {
        *byte ^= 0x5A;
    }
    let (names, problems) = read(&bytes, export::LIMITS);
    assert_eq!(names, ["A-1.json", "C-1.json"]);
    assert_eq!(codes(&problems), ["export-entry-unreadable"]);
    assert_eq!(&*problems[0].place.as_ref().unwrap().path, "all.zip!B-1.json");
}

#[test]
fn zip_bombs_end_at_the_limits() {
    let zeros = vec![b' '; 1 << 20];
    let bytes = zipped(&[("A-1.json", &zeros), ("B-1.json", b"{}"), ("C-1.json", b"{}")]);
    assert!(bytes.len() < 10_000);
    let limits = export::Limits { entry: 1000, ..export::LIMITS };
    let (names, problems) = read(&bytes, limits);
    assert_eq!(names, ["B-1.json", "C-1.json"]);
    assert_eq!(codes(&problems), ["export-entry-too-large"]);
    let limits = export::Limits { total: (1 << 20) + 3, ..export::LIMITS };
    let (names, problems) = read(&bytes, limits);
    assert_eq!(names, ["A-1.json", "B-1.json"]);
    assert_eq!(codes(&problems), ["export-too-large"]);
    let limits = export::Limits { entries: 1, ..export::LIMITS };
    let (names, problems) = read(&bytes, limits);
    assert_eq!(names, ["A-1.json"]);
    assert_eq!(codes(&problems), ["export-too-large"]);
}

#[test]
fn broken_records_are_problems_with_places() {
    let deep = format!(r#"{{"id": "A-1", "x": {}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let deep_list = format!(r#"{{"id": "A-1", "affected": {}"#, r#"[{"ranges": "#.repeat(500));
    let cases: [(&[u8], &str); 9] = [
        (b"", "record-unreadable"),
        (b"\x00\xFF\xFE binary", "record-unreadable"),
        (b"{\"id\": \"A-1\", \"summary\": \"\xFF\"}", "record-unreadable"),
        (b"{\"id\": \"A-1\"", "record-unreadable"),
        (b"[]", "record-unreadable"),
        (b"{\"id\": 7}", "record-unreadable"),
        (b"{\"id\": \"A-1\", \"affected\": \"everything\"}", "record-unreadable"),
        (b"<<<<<<< HEAD\n{}", "record-unreadable"),
        (deep_list.as_bytes(), "record-unreadable"),
    ];
    for (bytes, code) in cases {
        let problem = osv::parse("A-1.json", bytes).unwrap_err();
        assert_eq!(problem.code, code, "{}", String::from_utf8_lossy(bytes));
        assert!(problem.place.is_some() && !problem.help.is_empty());
        assert!(!problem.message.contains(" at line "), "{}", problem.message);
    }
    // What is deep but means nothing may be passed over or refused, but never overflows.
    let _ = osv::parse("A-1.json", deep.as_bytes());
    let large = vec![b' '; osv::LARGEST + 1];
    assert_eq!(osv::parse("A-1.json", &large).unwrap_err().code, "record-too-large");
    let problem =
        osv::parse("A-1.json", "{\n \"id\": \"äö\", \"aliases\": 7}".as_bytes()).unwrap_err();
    let place = problem.place.unwrap();
    assert_eq!((place.line, place.column), (2, 25));
    assert_eq!(problem.excerpt.unwrap().line, " \"id\": \"äö\", \"aliases\": 7}");
}

#[test]
fn null_and_absent_and_odd_fields_are_the_same() {
    let full = br#"{"id": "A-1", "modified": null, "aliases": null, "upstream": [null, 7, "B-1"],
        "summary": 7, "details": ["x"], "severity": null, "database_specific": null,
        "affected": [{"package": null, "ranges": null, "versions": null,
            "database_specific": {"informational": {"deep": []}, "exploited": "yes"}}],
        "unknown": {"a": [1, 2, {"b": null}]}}"#;
    let record = osv::parse("A-1.json", full).unwrap();
    assert_eq!(record.title(), "A-1");
    let upstream: Vec<_> = record.upstream.iter().filter_map(osv::Word::get).collect();
    assert_eq!(upstream, ["B-1"]);
    assert!(record.affected[0].package.is_none());
    assert!(!record.affected[0].database_specific.exploited);
    let marked = b"\xEF\xBB\xBF{\"id\": \"A-1\", \"details\": \"\\n## A hole. And more.\\nrest\"}";
    assert_eq!(osv::parse("A-1.json", marked).unwrap().title(), "A hole.");
}

#[test]
fn the_catalogue_is_read_packed_and_plain_and_bounded() {
    let json = br#"{"dateReleased": "2025-08-25T17:04:19.9796Z", "vulnerabilities": [
        {"cveID": "CVE-2020-0001", "dateAdded": "2021-01-02", "dueDate": "2021-01-16",
         "knownRansomwareCampaignUse": "Known"},
        {"cveID": null}, {"cveID": "CVE-2020-0002", "knownRansomwareCampaignUse": "Unknown"}]}"#;
    let plain = kev::parse("kev.json", json).unwrap();
    assert_eq!(plain.entries.len(), 2);
    assert_eq!(codes(&plain.problems), ["kev-entry-unreadable"]);
    let first = plain.entries["CVE-2020-0001"];
    assert!(first.ransomware && first.due > first.added);
    assert!(!plain.entries["CVE-2020-0002"].ransomware);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(json).unwrap();
    let packed = packed.finish().unwrap();
    assert_eq!(kev::parse("kev.json", &packed).unwrap(), plain);
    for broken in
        [&packed[..packed.len() / 2], b"", b"{}", b"\x1F\x8B garbage", b"{\"vulnerabilities\": 7}"]
    {
        let problem = kev::parse("kev.json", broken).unwrap_err();
        assert_eq!(problem.code, "kev-unreadable");
        assert!(!problem.help.is_empty());
    }
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..=(kev::LARGEST >> 20) {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert_eq!(kev::parse("kev.json", &bomb).unwrap_err().code, "kev-too-large");
}
