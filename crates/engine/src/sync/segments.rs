//! Segments on disk: what became of each source, beside the feeds.
//!
//! Knows files; what is inside a segment is for `advisories`. A segment counts only for the input
//! that it was made of, and one that is damaged or was made by other rules is made anew: the mark of
//! the sources that shape it is written with it, and changes with them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_advisories::export::Entry;
use holdfast_advisories::modified::is_id;
use holdfast_model::{Digest, Fields};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::LARGEST;

/// The folder, below that of the feeds; no address's, since those are digests.
const FOLDER: &str = "=segments";

/// What stands in a file: the segment of one source, or those of its single files.
const SEGMENT: &str = "holdfast segment 1";
/// As above.
const PACK: &str = "holdfast pack 1";
/// As above: what an export of this machine holds.
const INSIDE: &str = "holdfast inside 1";

/// What the sources that shape a segment were marked with when this program was built.
const SHAPED_BY: &str = env!("HOLDFAST_SHAPED_BY");

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

/// The first line of a file of segments.
#[derive(Serialize, Deserialize)]
struct Head<T> {
    shaped_by: String,
    #[serde(flatten)]
    of: T,
}

/// What single files of one source became, each by itself, and which exports stand beside them: what
/// is known of the source while it cannot be had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pack {
    /// By path.
    pub(super) files: BTreeMap<String, Packed>,
    /// The paths of exports, which have segments of their own.
    pub(super) exports: BTreeSet<String>,
}

/// What the list of entries of an export says of each record.
pub(super) type Inside = BTreeMap<String, Entry>;

/// Of which export lines tell what is inside, and the digest of the lines.
#[derive(Serialize, Deserialize)]
struct Told {
    whole: Digest,
    lines: Digest,
}

/// What one file became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed {
    /// Of the file.
    pub(super) digest: Digest,
    pub(super) segment: Arc<[u8]>,
}

/// What stands behind the first line of a pack, in order.
#[derive(Serialize, Deserialize)]
struct Listed {
    /// Path, digest and length of the segment.
    files: Vec<(String, Digest, usize)>,
    exports: BTreeSet<String>,
}

/// The segments of a data folder.
pub(super) struct Segments<'a> {
    world: &'a World,
    folder: PathBuf,
    /// The files that belong to the sources of this sync.
    used: RefCell<BTreeSet<String>>,
    shaped_by: &'a str,
}

impl<'a> Segments<'a> {
    pub(super) fn open(world: &'a World, data: &Path) -> Self {
        Self::shaped_by(world, data, SHAPED_BY)
    }

    fn shaped_by(world: &'a World, data: &Path, shaped_by: &'a str) -> Self {
        let folder = data.join("feeds").join(FOLDER);
        Self { world, folder, used: RefCell::default(), shaped_by }
    }

    fn path(&self, kind: &str, source: &str) -> PathBuf {
        let digest = Fields::new(kind).field(source.as_bytes()).finish();
        let name: String = digest.to_string().chars().take(16).collect();
        self.used.borrow_mut().insert(name.clone());
        self.folder.join(name)
    }

    /// What a segment was made of, and the segment.
    pub(super) fn read(&self, source: &str) -> Option<(Input, Vec<u8>)> {
        // What is told of its inside stays with it.
        self.path(INSIDE, source);
        self.file(&self.path(SEGMENT, source))
    }

    /// What an export held of which a segment was made.
    pub(super) fn inside(&self, source: &str, whole: Digest) -> Option<Inside> {
        let (told, lines): (Told, Vec<u8>) = self.file(&self.path(INSIDE, source))?;
        if told.whole != whole || told.lines != Digest::of(&lines) {
            return None;
        }
        let line = |line: &str| {
            let (sum, rest) = line.split_once(' ')?;
            let (size, id) = rest.split_once(' ')?;
            Some((id.to_owned(), Entry { sum: sum.parse().ok()?, size: size.parse().ok()? }))
        };
        std::str::from_utf8(&lines).ok()?.lines().map(line).collect()
    }

    /// Keeps what an export holds; see [`Self::write`]. Where names would break the lines, it is read
    /// whole each time.
    pub(super) fn write_inside(&self, source: &str, whole: Digest, inside: &Inside) {
        if !inside.keys().all(|id| is_id(id)) {
            return;
        }
        let mut lines = String::new();
        for (id, Entry { sum, size }) in inside {
            let _ = writeln!(lines, "{sum} {size} {id}");
        }
        let told = Told { whole, lines: Digest::of(lines.as_bytes()) };
        self.put(&self.path(INSIDE, source), told, lines.as_bytes());
    }

    /// What was kept of the single files of a source.
    pub(super) fn pack(&self, source: &str) -> Pack {
        let read: Option<(Listed, Vec<u8>)> = self.file(&self.path(PACK, source));
        let Some((listed, bytes)) = read else { return Pack::default() };
        let mut rest = bytes.as_slice();
        let mut pack = Pack { files: BTreeMap::new(), exports: listed.exports };
        for (path, digest, length) in listed.files {
            let Some((segment, behind)) = rest.split_at_checked(length) else { break };
            rest = behind;
            pack.files.insert(path, Packed { digest, segment: segment.into() });
        }
        pack
    }

    /// The first line of a file and what stands behind it, where it was made by the same rules.
    fn file<T: for<'d> Deserialize<'d>>(&self, path: &Path) -> Option<(T, Vec<u8>)> {
        let bytes = self.world.files.read(Path::new("/"), path, LARGEST).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (head, rest) = bytes.split_at_checked(end)?;
        let head: Head<T> = serde_json::from_slice(head).ok()?;
        (head.shaped_by == self.shaped_by).then_some(())?;
        Some((head.of, rest.get(1..)?.to_vec()))
    }

    /// Keeps a segment. One that cannot be kept only costs time: the source is read again.
    pub(super) fn write(&self, source: &str, input: &Input, segment: &[u8]) {
        self.put(&self.path(SEGMENT, source), input, segment);
    }

    /// Keeps what single files of a source became; see [`Self::write`].
    pub(super) fn write_pack(&self, source: &str, pack: &Pack) {
        let of = |(path, one): (&String, &Packed)| (path.clone(), one.digest, one.segment.len());
        let listed =
            Listed { files: pack.files.iter().map(of).collect(), exports: pack.exports.clone() };
        let length: usize = pack.files.values().map(|one| one.segment.len()).sum();
        let mut segments = Vec::with_capacity(length);
        for one in pack.files.values() {
            segments.extend_from_slice(&one.segment);
        }
        self.put(&self.path(PACK, source), &listed, &segments);
    }

    fn put<T: Serialize>(&self, path: &Path, of: T, segment: &[u8]) {
        let head = Head { shaped_by: self.shaped_by.to_owned(), of };
        let Ok(mut bytes) = serde_json::to_vec(&head) else { return };
        bytes.push(b'\n');
        bytes.extend_from_slice(segment);
        if self.world.files.make_folder(&self.folder).is_ok() {
            drop(self.world.files.write_atomic(Path::new("/"), path, &bytes));
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

#[cfg(test)]
mod tests;
