//! What only answered needs reach: lists of a security suite in every packing, and the files that
//! a reader of packages reads beside its own. The first byte chooses; the rest is the file.

#![no_main]

use std::sync::Arc;

use holdfast_sense::{Answer, Need, Sources, reader_for};
use libfuzzer_sys::fuzz_target;

const LIST: &str = "var/lib/apt/lists/h_dists_s_main_binary-amd64_Packages";
const RELEASE: &str = "var/lib/apt/lists/h_dists_s_InRelease";
const ENDINGS: [&str; 6] = ["", ".gz", ".lz4", ".xz", ".zst", ".bz2"];

/// Reads `path`, with `beside` as the content of every other file.
fn read(path: &str, bytes: &[u8], beside: &[u8]) {
    let Some(reader) = reader_for(path, bytes) else { return };
    let mut sources = Sources::new(path, bytes);
    for _ in 0..16 {
        for need in reader.needs(&sources) {
            let answer = match &need {
                Need::File(_) => Answer::Bytes(beside.into()),
                Need::Glob(_) => Answer::Paths(vec![Arc::from(RELEASE)]),
                _ => Answer::Missing,
            };
            sources.give(need, answer);
        }
    }
    reader.read(&sources, &mut |_| {});
}

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    match ENDINGS.get(usize::from(*first) % 8) {
        Some(ending) => read(&format!("{LIST}{ending}"), bytes, b"Codename: s-security\n"),
        None if first % 2 == 0 => read(LIST, b"Package: a\n", bytes),
        None => read("var/lib/dpkg/status", b"Package: a\n", bytes),
    }
});
