//! Records too long to be kept, packed logs too large to be unpacked, and what memory it takes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use holdfast_sense::event::{LONGEST, log_readers};

use super::drive::{Row, chunks};

const CHUNK: usize = 64 << 10;

fn codes(rows: &[Row]) -> Vec<String> {
    let code = |row: &Row| match row {
        Row::Record(record) => format!("record {}:{}", record.line, record.column),
        Row::Refused(problem) | Row::Partial(problem) | Row::Odd(problem) => {
            let place = problem.place.clone().unwrap();
            format!("{} {}:{}", problem.code, place.line, place.column)
        }
    };
    rows.iter().map(code).collect()
}

#[test]
fn a_record_that_is_too_long_is_passed_over() {
    let long = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
    let text = format!("{{}}\n{}\n{}\n{{}}\n", long(LONGEST), long(LONGEST + 1));
    let wanted = ["record 1:1", "record 2:1", "event-too-long 3:1", "record 4:1"];
    let cloudtrail = log_readers()[0];
    assert_eq!(codes(&chunks(cloudtrail, text.as_bytes().chunks(CHUNK))), wanted);
    assert_eq!(codes(&chunks(cloudtrail, [text.as_bytes()])), wanted);
    // In a list, and where the log ends within it.
    let text = format!("{{\"Records\":[{{}},{},{{}}]}}\n{{\"b\":\"", long(LONGEST + 1));
    let text = text + &"y".repeat(LONGEST);
    let wanted = ["record 1:13", "event-too-long 1:16", "record 1:10485778", "event-too-long 2:1"];
    assert_eq!(codes(&chunks(cloudtrail, text.as_bytes().chunks(CHUNK))), wanted);
}

#[test]
fn a_line_that_is_too_long_is_passed_over() {
    let line = "Nov 20 23:59:58 web-1 app: ";
    let text = format!("{line}a\n{line}{}\n{line}b\n", "x".repeat(LONGEST));
    let wanted = ["record 1:1", "event-too-long 2:1", "record 3:1"];
    for chunk in [CHUNK, text.len()] {
        let reader = log_readers().iter().find(|reader| reader.about().id == "auth-log").unwrap();
        assert_eq!(codes(&chunks(*reader, text.as_bytes().chunks(chunk))), wanted);
    }
    let stanza = "Start-Date: 2026-11-10  06:12:01\n";
    let text = format!("{stanza}Install: {}\n\n{stanza}", "a (1), ".repeat(LONGEST / 7));
    let reader = log_readers().iter().find(|reader| reader.about().id == "apt-history").unwrap();
    let rows = chunks(*reader, text.as_bytes().chunks(CHUNK));
    assert_eq!(codes(&rows), ["event-too-long 1:1", "record 4:1"]);
}

#[test]
fn a_bomb_ends_the_log() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let line = b"{}\n".repeat(1 << 14);
    encoder.write_all(b"{\"first\":1}\n").unwrap();
    for _ in 0..(80 << 20) / line.len() {
        encoder.write_all(&b" ".repeat(line.len())).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let rows = chunks(log_readers()[0], bomb.chunks(CHUNK));
    assert_eq!(rows.len(), 2, "{:?}", codes(&rows));
    assert!(codes(&rows)[1].starts_with("event-unpack-too-large "));
}
