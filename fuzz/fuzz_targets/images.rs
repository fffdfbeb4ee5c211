//! Images: layers as archives, packed or not, the documents that lead to them, and what stands beside
//! both. The first byte chooses; the rest is the file.

#![no_main]

use holdfast_sense::anything::read_beside;
use holdfast_sense::image::manifest::{Config, Index, Manifest, Saved, read};
use holdfast_sense::image::read_layer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    match first % 8 {
        0 => drop(read::<Index>("index.json", bytes)),
        1 => drop(read::<Manifest>("manifest.json", bytes)),
        2 => drop(read::<Config>("config.json", bytes)),
        3 => drop(read::<Vec<Saved>>("manifest.json", bytes)),
        4 => drop(read_beside(usize::from(first / 8), bytes)),
        _ => {
            for path in read_layer(bytes).0 {
                assert!(path.starts_with('/') && path.split('/').all(|part| part != ".."));
            }
        }
    }
});
