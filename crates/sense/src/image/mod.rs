//! Images: what an OCI layout or an archive of `docker save` holds.
//!
//! Knows archives, layers and the documents of an image; knows nothing of packages, and never
//! where bytes come from: they are pushed in as they are read.

use std::sync::Arc;

use layer::{Collector, Keeper, MOST_ENTRIES};
use packed::Unpacker;
use tar::Tar;
use tree::Tree;

pub mod attestation;
pub mod key;
pub mod layer;
pub mod manifest;
pub mod packed;
pub mod parts;
pub mod runtime;
pub mod tar;
pub mod tree;

/// Reads a layer, packed or not, with none below it: the files that it has, and what is wrong with
/// it, in words. The body of fuzz targets and property tests.
pub fn read_layer(bytes: &[u8]) -> (Vec<Arc<str>>, Vec<String>) {
    /// Keeps how large files are.
    struct Sizes;

    impl Keeper for Sizes {
        type Kept = usize;
        fn wants(&mut self, _path: &str, _mode: u32, _size: u64, _head: &[u8]) -> Option<u64> {
            Some(1 << 20)
        }
        fn keep(&mut self, _path: &Arc<str>, bytes: Vec<u8>) -> usize {
            bytes.len()
        }
    }

    let (mut tar, mut collector) = (Tar::default(), Collector::new(Sizes, MOST_ENTRIES));
    let mut unpacker = Unpacker::default();
    let mut faults = Vec::new();
    // As it comes from a file: piece by piece.
    for piece in bytes.chunks(4096) {
        faults.extend(unpacker.push(piece, &mut |out| tar.push(out, &mut collector)).err());
    }
    faults.extend(unpacker.finish(&mut |out| tar.push(out, &mut collector)).err());
    let layer = collector.finish(tar);
    faults.extend(layer.faults.iter().cloned());
    let tree = Tree::of(vec![layer]);
    (tree.files().map(|(path, _)| path).collect(), faults)
}

#[cfg(test)]
mod tree_tests;
