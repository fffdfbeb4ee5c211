//! What the index was linked from, beside it: where that is the same again, nothing is linked, and only
//! what says when feeds were asked is new.
//!
//! Knows one file. What enters a print is for `advisories`. An index that is not as it was written is
//! linked anew, whatever its print.

use std::path::Path;

use holdfast_advisories::{Compiled, Compiler, Index};
use holdfast_model::{Digest, Timestamp};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::segments::SHAPED_BY;
use crate::index_file::IndexFile;

/// The name of the file in the data folder.
const LINKED: &str = "advisories.print";
/// The longest that is read, in bytes.
const LONGEST: u64 = 1 << 10;

#[derive(Serialize, Deserialize)]
struct Linked {
    /// The index that was linked.
    index: Digest,
    /// Of what.
    print: Digest,
}

/// Makes the index of what was taken: carries the one on that is there, where it was linked from the
/// same, and links else. Returns the print to be noted where it was linked.
pub(super) fn link(
    world: &World,
    data: &Path,
    compiler: Compiler,
    there: &IndexFile,
    now: Timestamp,
    progress: &dyn Fn(&str),
) -> (Compiled, Option<Digest>) {
    let print = compiler.print(SHAPED_BY);
    if let Some(index) = same(world, data, there, print) {
        return (compiler.renew(&index, now), None);
    }
    progress("compiling");
    (compiler.finish(now), Some(print))
}

/// The index that is there, where it was linked from what has this print and is as it was written.
fn same<'i>(world: &World, data: &Path, there: &'i IndexFile, print: Digest) -> Option<Index<'i>> {
    let text = world.files.read(Path::new("/"), &data.join(LINKED), LONGEST).ok()?;
    let linked: Linked = serde_json::from_slice(&text).ok()?;
    let index = Index::open(there.bytes()).ok().filter(|_| there.is_synced())?;
    let known = linked.print == print && linked.index == index.digest();
    (known && index.verify().is_ok()).then_some(index)
}

/// Notes what the index was linked from that was just written. What cannot be noted is linked again.
pub(super) fn note(world: &World, data: &Path, index: Digest, print: Digest) {
    if let Ok(text) = serde_json::to_vec(&Linked { index, print }) {
        drop(world.files.write_atomic(Path::new("/"), &data.join(LINKED), &text));
    }
}
