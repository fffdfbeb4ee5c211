//! A mark over the sources that say what a feed's records mean: it changes by itself whenever one of
//! them does, so that nobody has to remember it. Used by the build script, and by its test.

use std::io;
use std::path::{Path, PathBuf};

/// What shapes a segment, below the root of the tree: records and orders of versions, ecosystems and
/// their names, notations, how sources are taken, and the crates of others that all of it is built
/// with.
pub(crate) const SHAPING: [&str; 5] = [
    "crates/advisories/src",
    "crates/model/src",
    "crates/rulefile/src",
    "crates/engine/src/sync",
    "Cargo.lock",
];

/// Every file that counts at a path, sorted.
pub(crate) fn files(path: &Path, out: &mut Vec<PathBuf>) -> io::Result<()> {
    if !path.is_dir() {
        out.push(path.to_owned());
        return Ok(());
    }
    let mut inside = Vec::new();
    for entry in std::fs::read_dir(path)? {
        inside.push(entry?.path());
    }
    inside.sort();
    inside.iter().try_for_each(|path| files(path, out))
}

/// The mark over files, by their paths below `root` and their content (FNV-1a, 64 bits): it tells
/// one state of the tree from another, and is no defence against anybody.
pub(crate) fn mark(root: &Path, files: &[PathBuf]) -> io::Result<String> {
    let mut state = 0xCBF2_9CE4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_le_bytes();
        for byte in length.iter().chain(bytes) {
            state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    };
    for file in files {
        let path = file.strip_prefix(root).unwrap_or(file);
        add(path.to_string_lossy().as_bytes());
        add(&std::fs::read(file)?);
    }
    Ok(format!("{state:016x}"))
}
