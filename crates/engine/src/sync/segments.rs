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
use holdfast_model::{Digest, Fields, Timestamp};
use holdfast_world::{ReadError, World};
use serde::{Deserialize, Serialize};

use super::LARGEST;

/// The folder, below that of the feeds; no address's, since those are digests.
const FOLDER: &str = "=segments";

/// What stands in a file: the segment of one source, or those of its single files.
const SEGMENT: &str = "holdfast segment 2";
/// As above: what of a source is not as it was when its segment was written whole.
const LATER: &str = "holdfast segment later 1";
/// As above.
const PACK: &str = "holdfast pack 1";
/// As above: what of a pack is not as it was when it was written whole.
const SINCE: &str = "holdfast pack since 1";
/// As above: what an export of this machine holds.
const INSIDE: &str = "holdfast inside 1";

/// A pack is written whole where more than one of so many files is not as it was then: what is written
/// else is as much as changed since, and never much beside the whole. So is a segment, by its records.
pub(super) const PART: usize = 16;

/// What the sources that shape a segment were marked with when this program was built.
pub(super) const SHAPED_BY: &str = env!("HOLDFAST_SHAPED_BY");

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

/// What a source became: its segment, and what of that is not as it was when it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Had {
    /// What all of it was made of.
    pub(super) input: Input,
    /// The segment.
    pub(super) whole: Vec<u8>,
    /// What tells it from every other one.
    pub(super) mark: Digest,
    /// The records of the segment that do not count any more.
    pub(super) moved: BTreeSet<String>,
    /// The segment of those that came since, or count instead.
    pub(super) later: Option<Vec<u8>>,
}

/// Of what a segment was made, its digest, and its mark, which is of both: by one that was damaged,
/// what came since would be taken for another one's.
#[derive(Serialize, Deserialize)]
struct Marked {
    input: Input,
    segment: Digest,
    mark: Digest,
}

impl Marked {
    fn mark(input: &Input, segment: Digest) -> Digest {
        let made_of = serde_json::to_vec(input).unwrap_or_default();
        Fields::new(SEGMENT).field(&made_of).field(&segment.0).finish()
    }
}

/// Since which segment something is not as it was, of what it was made together with that, and what
/// does not count any more.
#[derive(Serialize, Deserialize)]
struct Later {
    of: Digest,
    input: Input,
    moved: BTreeSet<String>,
    /// Of which segment and what does not count: by a name that was damaged, an old record came back.
    sum: Digest,
}

impl Later {
    fn sum(of: Digest, moved: &BTreeSet<String>) -> Digest {
        let mut fields = Fields::new(LATER).field(&of.0);
        for id in moved {
            fields.add(id.as_bytes());
        }
        fields.finish()
    }
}

/// The first line of a file of segments.
#[derive(Serialize, Deserialize)]
struct Head<T> {
    shaped_by: String,
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

impl Pack {
    /// The paths of files that came, changed or went.
    fn moved_since(&self, before: &Self) -> BTreeSet<String> {
        let mut moved = BTreeSet::new();
        let (mut old, mut new) = (before.files.iter().peekable(), self.files.iter().peekable());
        // Both are sorted: where one of them is ahead, the other one has what it has not.
        while let Some(path) = old.peek().into_iter().chain(new.peek()).map(|(path, _)| *path).min()
        {
            let (was, is) = (old.next_if(|one| one.0 == path), new.next_if(|one| one.0 == path));
            if was != is {
                moved.insert(path.clone());
            }
        }
        moved
    }

    /// What tells it from every other one that is written whole.
    fn mark(&self, now: Timestamp) -> Digest {
        let mut fields = Fields::new(PACK).field(&now.0.to_le_bytes());
        for (path, one) in &self.files {
            fields.add(path.as_bytes());
            fields.add(&one.digest.0);
        }
        fields.finish()
    }
}

/// What stands behind the first line of a pack, in order.
#[derive(Serialize, Deserialize)]
struct Listed {
    /// The mark of the pack: of the whole one that this is, or since which this is.
    of: Digest,
    /// Path, digest and length of the segment.
    files: Vec<(String, Digest, usize)>,
    /// The paths of files that were in the whole pack and are not there any more.
    gone: BTreeSet<String>,
    exports: BTreeSet<String>,
}

/// A pack that lies there whole: its mark, and the paths of files that are not as they were then.
struct Whole {
    of: Digest,
    moved: BTreeSet<String>,
}

/// The segments of a data folder.
pub(super) struct Segments<'a> {
    world: &'a World,
    folder: PathBuf,
    /// The files that belong to the sources of this sync.
    used: RefCell<BTreeSet<String>>,
    /// The packs that were read, by their sources.
    wholes: RefCell<BTreeMap<String, Whole>>,
    shaped_by: &'a str,
}

impl<'a> Segments<'a> {
    pub(super) fn open(world: &'a World, data: &Path) -> Self {
        Self::shaped_by(world, data, SHAPED_BY)
    }

    fn shaped_by(world: &'a World, data: &Path, shaped_by: &'a str) -> Self {
        let folder = data.join("feeds").join(FOLDER);
        let wholes = RefCell::default();
        Self { world, folder, used: RefCell::default(), wholes, shaped_by }
    }

    fn path(&self, kind: &str, source: &str) -> PathBuf {
        let digest = Fields::new(kind).field(source.as_bytes()).finish();
        let name: String = digest.to_string().chars().take(16).collect();
        self.used.borrow_mut().insert(name.clone());
        self.folder.join(name)
    }

    /// What is kept of a source.
    pub(super) fn read(&self, source: &str) -> Option<Had> {
        // What is told of its inside stays with it.
        self.path(INSIDE, source);
        let beside = self.path(LATER, source);
        let (marked, whole): (Marked, Vec<u8>) = self.file(&self.path(SEGMENT, source))?;
        let Marked { input, segment, mark } = marked;
        (mark == Marked::mark(&input, segment)).then_some(())?;
        let later: Option<(Later, Vec<u8>)> = self.file(&beside);
        let later = later.filter(|(later, _)| later.sum == Later::sum(later.of, &later.moved));
        let stands = self.world.files.metadata(Path::new("/"), &beside);
        if later.is_none() && !matches!(stands, Err(ReadError::Missing)) {
            // What came since cannot be read: without it, older records would come back.
            return None;
        }
        Some(match later.filter(|(later, _)| later.of == mark) {
            Some((Later { input, moved, .. }, later)) => {
                Had { input, whole, mark, moved, later: Some(later) }
            }
            None => Had { input, whole, mark, moved: BTreeSet::new(), later: None },
        })
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
        let since = self.path(SINCE, source);
        let Some((whole, mut pack)) = self.listed(&self.path(PACK, source)) else {
            return Pack::default();
        };
        let mut moved = BTreeSet::new();
        let later = self.listed(&since).filter(|(later, _)| later.of == whole.of);
        if let Some((later, changed)) = later {
            for path in &later.gone {
                pack.files.remove(path);
            }
            moved.extend(later.gone);
            moved.extend(changed.files.keys().cloned());
            pack.files.extend(changed.files);
            pack.exports = changed.exports;
        }
        self.wholes.borrow_mut().insert(source.to_owned(), Whole { of: whole.of, moved });
        pack
    }

    /// What stands in a file of a pack.
    fn listed(&self, path: &Path) -> Option<(Listed, Pack)> {
        let (mut listed, bytes): (Listed, Vec<u8>) = self.file(path)?;
        let mut rest = bytes.as_slice();
        let one = |(path, digest, length): (String, Digest, usize)| {
            let (segment, behind) = rest.split_at_checked(length)?;
            rest = behind;
            Some((path, Packed { digest, segment: segment.into() }))
        };
        let files = std::mem::take(&mut listed.files).into_iter().map_while(one).collect();
        let exports = std::mem::take(&mut listed.exports);
        Some((listed, Pack { files, exports }))
    }

    /// The first line of a file and what stands behind it, where it was made by the same rules.
    fn file<T: for<'d> Deserialize<'d>>(&self, path: &Path) -> Option<(T, Vec<u8>)> {
        let mut bytes = self.world.files.read(Path::new("/"), path, LARGEST).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head<T> = serde_json::from_slice(bytes.get(..end)?).ok()?;
        (head.shaped_by == self.shaped_by).then_some(())?;
        // In place: it may be large.
        bytes.drain(..=end);
        Some((head.of, bytes))
    }

    /// Keeps a segment. One that cannot be kept only costs time: the source is read again.
    pub(super) fn write(&self, source: &str, input: &Input, segment: &[u8]) {
        let digest = Digest::of(segment);
        let mark = Marked::mark(input, digest);
        let marked = Marked { input: input.clone(), segment: digest, mark };
        if self.put(&self.path(SEGMENT, source), marked, segment) {
            // It belongs to another one.
            drop(self.world.files.remove(Path::new("/"), &self.path(LATER, source)));
        }
    }

    /// Keeps what of a source is not as it was when the segment of this mark was written; see
    /// [`Self::write`].
    pub(super) fn write_later(
        &self,
        source: &str,
        of: Digest,
        input: &Input,
        moved: BTreeSet<String>,
        segment: &[u8],
    ) {
        let sum = Later::sum(of, &moved);
        let later = Later { of, input: input.clone(), moved, sum };
        self.put(&self.path(LATER, source), later, segment);
    }

    /// Keeps what single files of a source became, which was `before`; see [`Self::write`]. Where few of
    /// them are not as they are in the whole pack that is there, only those are written, beside it.
    pub(super) fn write_pack(&self, source: &str, before: &Pack, pack: &Pack) {
        let moved = pack.moved_since(before);
        if moved.is_empty() && pack.exports == before.exports {
            return;
        }
        let known = self.wholes.borrow_mut().remove(source);
        let since = known.map(|whole| (whole.of, &whole.moved | &moved));
        let few = |moved: &BTreeSet<String>| moved.len().saturating_mul(PART) <= pack.files.len();
        if let Some((of, moved)) = since.filter(|(_, moved)| few(moved)) {
            let files: Vec<_> =
                moved.iter().filter_map(|path| pack.files.get_key_value(path)).collect();
            let gone = moved.iter().filter(|path| !pack.files.contains_key(*path)).cloned();
            self.put_pack(&self.path(SINCE, source), of, &files, gone.collect(), pack);
        } else {
            let files: Vec<_> = pack.files.iter().collect();
            let of = pack.mark(self.world.clock.now());
            if self.put_pack(&self.path(PACK, source), of, &files, BTreeSet::new(), pack) {
                // By a clock that stands still it may have the mark of one that was written before.
                drop(self.world.files.remove(Path::new("/"), &self.path(SINCE, source)));
            }
        }
    }

    /// Writes some files of a pack; `gone` are those that it has no more. Whether that could be done.
    fn put_pack(
        &self,
        path: &Path,
        of: Digest,
        files: &[(&String, &Packed)],
        gone: BTreeSet<String>,
        pack: &Pack,
    ) -> bool {
        let row =
            |(path, one): &(&String, &Packed)| (String::clone(path), one.digest, one.segment.len());
        let length: usize = files.iter().map(|(_, one)| one.segment.len()).sum();
        let mut segments = Vec::with_capacity(length);
        for (_, one) in files {
            segments.extend_from_slice(&one.segment);
        }
        let files = files.iter().map(row).collect();
        self.put(path, &Listed { of, files, gone, exports: pack.exports.clone() }, &segments)
    }

    fn put<T: Serialize>(&self, path: &Path, of: T, segment: &[u8]) -> bool {
        let head = Head { shaped_by: self.shaped_by.to_owned(), of };
        let Ok(mut bytes) = serde_json::to_vec(&head) else { return false };
        bytes.push(b'\n');
        bytes.extend_from_slice(segment);
        self.world.files.make_folder(&self.folder).is_ok()
            && self.world.files.write_atomic(Path::new("/"), path, &bytes).is_ok()
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
