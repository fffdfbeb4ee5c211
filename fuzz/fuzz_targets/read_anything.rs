//! Every reader: the first byte chooses the path, and with it the reader. Up to the first zero byte
//! the rest is the file; what is behind it stands in every other file that the reader asks for.

#![no_main]

use holdfast_sense::anything::{PATHS, read_answered};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let path = PATHS[usize::from(*first) % PATHS.len()];
    // Databases and programs hold zero bytes themselves, and are read whole first.
    let _ = holdfast_sense::read_anything(path, bytes);
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (own, beside) = bytes.split_at(end);
    let _ = read_answered(path, own, beside.get(1..).unwrap_or_default());
});
