//! Where the real data lies, if it is there.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../../../holdfast/tests/support/skip.rs"]
mod skip;

use std::path::PathBuf;

use holdfast_advisories::osv::parse;
use holdfast_advisories::{Compiler, Origin, export};
use holdfast_model::Problem;

use self::skip::{NO_DATA, skip};

/// The data folder: `HOLDFAST_SHARED`, else beside the project. Says so when there is none.
#[expect(clippy::disallowed_methods, reason = "tests look for data")]
pub(crate) fn data() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("HOLDFAST_SHARED").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    skip(NO_DATA);
    None
}

#[expect(clippy::disallowed_methods, reason = "tests read data")]
pub(crate) fn read(path: &std::path::Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The feeds by folder name, with the bytes of their export.
#[expect(clippy::disallowed_methods, reason = "tests read data")]
pub(crate) fn feeds(data: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut out: Vec<(String, Vec<u8>)> = std::fs::read_dir(data.join("osv"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("all.zip").is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, read(&path.join("all.zip")))
        })
        .collect();
    out.sort();
    out
}

/// Adds every record of every feed; returns how many, and the problems of reading.
pub(crate) fn add_all(compiler: &mut Compiler, feeds: &[(String, Vec<u8>)]) -> (u64, Vec<Problem>) {
    let (mut count, mut problems) = (0, Vec::new());
    for (feed, bytes) in feeds {
        count += export::records(feed, bytes, export::LIMITS, &mut |entry| match entry {
            Ok((name, bytes)) => match parse(name, bytes) {
                Ok(record) => compiler.add(feed, &record, Origin::Feed),
                Err(problem) => problems.push(problem),
            },
            Err(problem) => problems.push(problem),
        });
    }
    (count, problems)
}
