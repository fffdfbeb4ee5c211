//! Segments on disk: what became of each source, beside the feeds.
//!
//! Knows files; what is inside a segment is for `advisories`. A segment counts only for the input
//! that it was made of, and one that is damaged or of another Holdfast is made anew.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use holdfast_model::{Digest, Fields};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::LARGEST;

/// The folder, below that of the feeds; no address's, since those are digests.
const FOLDER: &str = "=segments";

/// What a segment was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Input {
    /// Of the whole file.
    pub(super) whole: Digest,
    /// The feed's name, where the records' own ecosystems are none.
    pub(super) feed: Option<String>,
    /// Of the records beside it, by their names.
    pub(super) beside: BTreeMap<String, Digest>,
}

/// The segments of a data folder.
pub(super) struct Segments<'a> {
    world: &'a World,
    folder: PathBuf,
    /// The files that belong to the sources of this sync.
    used: RefCell<BTreeSet<String>>,
}

impl<'a> Segments<'a> {
    pub(super) fn open(world: &'a World, data: &Path) -> Self {
        let folder = data.join("feeds").join(FOLDER);
        Self { world, folder, used: RefCell::default() }
    }

    fn path(&self, source: &str) -> PathBuf {
        let digest = Fields::new("holdfast segment 1").field(source.as_bytes()).finish();
        let name: String = digest.to_string().chars().take(16).collect();
        self.used.borrow_mut().insert(name.clone());
        self.folder.join(name)
    }

    /// What a segment was made of, and the segment.
    pub(super) fn read(&self, source: &str) -> Option<(Input, Vec<u8>)> {
        let bytes = self.world.files.read(Path::new("/"), &self.path(source), LARGEST).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (head, rest) = bytes.split_at_checked(end)?;
        let input: Input = serde_json::from_slice(head).ok()?;
        Some((input, rest.get(1..)?.to_vec()))
    }

    /// Keeps a segment. One that cannot be kept only costs time: the source is read again.
    pub(super) fn write(&self, source: &str, input: &Input, segment: &[u8]) {
        let path = self.path(source);
        let Ok(mut bytes) = serde_json::to_vec(input) else { return };
        bytes.push(b'\n');
        bytes.extend_from_slice(segment);
        if self.world.files.make_folder(&self.folder).is_ok() {
            drop(self.world.files.write_atomic(Path::new("/"), &path, &bytes));
        }
    }

    /// Removes the segments of sources that are named no more. What cannot be removed only takes
    /// room.
    pub(super) fn tidy(&self) {
        let used = self.used.borrow();
        for one in self.world.files.list(&self.folder, Path::new("")).unwrap_or_default() {
            if !one.name.to_str().is_some_and(|name| used.contains(name)) {
                drop(self.world.files.remove(Path::new("/"), &self.folder.join(&one.name)));
            }
        }
    }
}
