//! What others say: statements, reports, logs, and the files and programs of a host. The first byte
//! chooses what, and which reader of it; the rest is the text.

#![no_main]

use holdfast_sense::anything::{collect_host, read_one_log, read_one_report, read_statements};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let choice = usize::from(first / 4);
    match first % 4 {
        0 => drop(read_statements(bytes)),
        1 => drop(read_one_report(choice, bytes)),
        2 => drop(read_one_log(choice, bytes)),
        _ => drop(collect_host(bytes)),
    }
});
