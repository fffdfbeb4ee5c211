//! Plays the engine: hands a log to its reader in chunks, and each record on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::{Event, LogSource, Logged, Problem, Record, Timestamp};
use holdfast_sense::event::{LogReader, Oddities, log_reader_for, normalise, unpacking};
use jiff::tz::TimeZone;
use serde::Serialize;

/// What came of one piece of a log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Row {
    Record(Kept),
    Refused(Problem),
    Partial(Problem),
    Odd(Problem),
}

/// A record that outlives its chunk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Kept {
    #[serde(skip)]
    pub(crate) json: Vec<u8>,
    #[serde(skip)]
    pub(crate) source: LogSource,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Kept {
    pub(crate) fn normal(&self, path: &str) -> Result<Event, Problem> {
        self.noted(path, &mut Oddities::new(reference()))
    }

    pub(crate) fn noted(&self, path: &str, odd: &mut Oddities) -> Result<Event, Problem> {
        let Self { json, source, line, column } = self;
        let record = Record { json, source: *source, line: *line, column: *column };
        normalise(&record, &Arc::from(path), odd)
    }
}

/// When the logs of the tests were last written: in Berlin, past midnight.
pub(crate) fn reference() -> Timestamp {
    Timestamp::parse("2026-11-20T23:30:00Z").unwrap()
}

pub(crate) fn zone() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

/// The reader of a log, found as the engine finds it.
pub(crate) fn reader(path: &str, bytes: &[u8]) -> &'static dyn LogReader {
    let head = bytes.get(..4096).unwrap_or(bytes);
    log_reader_for(path, head).unwrap_or_else(|| panic!("nobody reads `{path}`"))
}

/// Everything a reader says of chunks.
pub(crate) fn chunks<'c>(
    reader: &dyn LogReader,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut log = unpacking(reader.start_at(reference(), &zone()));
    let mut keep = |logged: Logged<'_>| {
        rows.push(match logged {
            Logged::Record(Record { json, source, line, column }) => {
                Row::Record(Kept { json: json.to_vec(), source, line, column })
            }
            Logged::Refused(problem) => Row::Refused(problem),
            Logged::Partial(problem) => Row::Partial(problem),
            Logged::Odd(problem) => Row::Odd(problem),
        });
    };
    for chunk in chunks {
        log.push(chunk, false, &mut keep);
    }
    log.push(b"", true, &mut keep);
    // Nothing comes behind the end.
    log.push(b"{}\n", true, &mut |_| panic!("something came behind the end"));
    rows
}

/// Everything a reader says of a log that it gets at once.
pub(crate) fn whole(path: &str, bytes: &[u8]) -> Vec<Row> {
    chunks(reader(path, bytes), [bytes])
}

/// The folder of the fixtures.
pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/event")
}

/// Every log among the fixtures: reader, case, name and bytes.
pub(crate) fn logs() -> Vec<(String, String, String, Vec<u8>)> {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let mut out = Vec::new();
    for reader in names(&fixtures()) {
        for case in names(&fixtures().join(&reader)) {
            let folder = fixtures().join(&reader).join(&case);
            for name in names(&folder).into_iter().filter(|name| name != "expected.json") {
                let bytes = std::fs::read(folder.join(&name)).unwrap();
                out.push((reader.clone(), case.clone(), name, bytes));
            }
        }
    }
    out
}
