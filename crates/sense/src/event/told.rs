//! What streams say of what they could not read. The path is their caller's to set.

use holdfast_model::Problem;

use super::LONGEST;
use super::cursor::Cursor;

/// How much of a line is shown, in bytes.
const SHOWN: usize = 1600;

pub(super) fn utf_16() -> Problem {
    Problem::at("utf-16", Cursor::START.place(), "this log is written in UTF-16")
        .help("save it as UTF-8")
}

pub(super) fn no_record(at: Cursor) -> Problem {
    Problem::at("event-not-a-record", at.place(), "this is no JSON object")
        .help("a log holds one JSON object for each record; remove what is none")
}

pub(super) fn line_unknown(at: Cursor, line: &[u8], program: &str) -> Problem {
    let message = format!("{program} writes no line like this one");
    let problem = Problem::at("event-line", at.place(), message)
        .help("if another program wrote it, read its log by itself");
    shown(problem, line)
}

pub(super) fn time_unknown(at: Cursor, line: &[u8]) -> Problem {
    let problem = Problem::at("event-time", at.place(), "this line has no time that can be read")
        .help("look at the clock and the time format of the system that wrote it");
    shown(problem, line)
}

pub(super) fn not_utf_8(at: Cursor) -> Problem {
    Problem::at("event-not-utf-8", at.place(), "this record is not written in UTF-8")
        .help("look at what wrote it: JSON is UTF-8")
}

pub(super) fn not_json(at: Cursor, why: &str) -> Problem {
    let message = format!("this record is no JSON: {why}");
    Problem::at("event-not-json", at.place(), message)
        .help("fetch the log again if it was copied; its other records were read")
}

pub(super) fn member_missing(at: Cursor, name: &str) -> Problem {
    let message = format!("this record has no `{name}` that can be read");
    Problem::at("event-incomplete", at.place(), message)
        .help("every record of this kind has it; look at what wrote this one")
}

pub(super) fn too_long(at: Cursor) -> Problem {
    let message = format!("this record is longer than {} MiB", LONGEST >> 20);
    Problem::at("event-too-long", at.place(), message)
        .help("no log writes records of this size; look at what wrote it")
}

pub(super) fn broken(at: Cursor) -> Problem {
    Problem::at("event-broken", at.place(), "this record breaks off before it ends")
        .help("fetch the log again if it was copied; its other records were read")
}

pub(super) fn cut(at: Cursor) -> Problem {
    Problem::at("event-cut", at.place(), "the log ends within this record").help(CUT)
}

pub(super) fn list_cut(at: Cursor) -> Problem {
    Problem::at("event-cut", at.place(), "the log ends within its list of records").help(CUT)
}

const CUT: &str = "read it again once it is written to its end; all before was read";

/// With the first line of some bytes.
fn shown(problem: Problem, bytes: &[u8]) -> Problem {
    let bytes = bytes.get(..SHOWN).unwrap_or(bytes);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end_matches('\r');
    problem.excerpt(line, line.chars().take(400).count())
}
