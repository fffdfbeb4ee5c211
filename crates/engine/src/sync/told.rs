//! What the last sync could not understand or have, beside the index that it made: whoever asks how
//! the feeds are is told, until a sync has nothing to tell.
//!
//! Knows one file. Must not know what problems mean.

use std::path::Path;

use holdfast_model::{Digest, Problem};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

/// The name of the file in the data folder.
const TOLD: &str = "advisories.problems";
/// The longest that is read, in bytes: a thousand problems with their lines have less than two.
const LONGEST: u64 = 16 << 20;

#[derive(Serialize, Deserialize)]
struct Told {
    /// The index that the sync made.
    index: Digest,
    problems: Vec<Problem>,
}

/// Notes what a sync told. What cannot be written is only not told again.
pub(super) fn write(world: &World, data: &Path, index: Digest, problems: &[Problem]) {
    let told = Told { index, problems: problems.to_vec() };
    if let Ok(text) = serde_json::to_vec(&told) {
        drop(world.files.write_atomic(Path::new("/"), &data.join(TOLD), &text));
    }
}

/// What the sync told that made an index.
pub(super) fn read(world: &World, data: &Path, index: Digest) -> Vec<Problem> {
    let text = world.files.read(Path::new("/"), &data.join(TOLD), LONGEST);
    let told: Option<Told> = text.ok().and_then(|text| serde_json::from_slice(&text).ok());
    told.filter(|told| told.index == index).map(|told| told.problems).unwrap_or_default()
}
