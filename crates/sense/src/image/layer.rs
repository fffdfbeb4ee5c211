//! One layer of an image: what its archive adds, replaces and takes away (OCI image
//! specification 1.1, "Image Layer Filesystem Changeset").
//!
//! Knows entries, whiteouts and bounds; what becomes of the content of a file is said by whoever
//! asks. Nothing is written anywhere.

use std::sync::Arc;

use super::parts::Parts;
use super::tar::{Entry, EntryKind, Tar, Visitor};

/// The first bytes of a file by which its kind is told.
const HEAD: usize = 4096;
/// How many entries all layers of an image may have together: as many as a walk.
pub const MOST_ENTRIES: usize = 1_000_000;

/// Decides which files are kept, and as what.
pub trait Keeper {
    /// What becomes of the content of a file.
    type Kept;
    /// The most bytes of a file that are wanted, by its absolute path, its permissions, its size
    /// in bytes and its first bytes; `None` where it is not wanted at all.
    fn wants(&mut self, path: &str, mode: u32, size: u64, head: &[u8]) -> Option<u64>;
    /// Takes the whole content of a file that was wanted.
    fn keep(&mut self, path: &Arc<str>, bytes: Vec<u8>) -> Self::Kept;
    /// The parts of a file that are enough, whatever its size; asked before [`Self::wants`].
    fn parts(&mut self, _path: &str, _mode: u32, _size: u64, _head: &[u8]) -> Option<Parts> {
        None
    }
    /// Takes the parts of a file that were wanted.
    fn keep_parts(&mut self, _path: &Arc<str>, _parts: Parts) -> Option<Self::Kept> {
        None
    }
    /// Whether a file is taken piece by piece, so that nothing of it is held here; asked before
    /// [`Self::wants`].
    fn begins(&mut self, _path: &str, _mode: u32, _size: u64, _head: &[u8]) -> bool {
        false
    }
    /// Takes the next piece of the file that began last.
    fn piece(&mut self, _bytes: &[u8]) {}
    /// The file that began last is whole.
    fn ends(&mut self, _path: &Arc<str>) -> Option<Self::Kept> {
        None
    }
}

/// What a layer says of a path.
#[derive(Debug, Clone)]
pub enum Change<T> {
    /// A regular file; what was kept of it.
    File(Option<T>),
    /// A folder.
    Folder,
    /// A symbolic link, and where it leads.
    Link(Arc<str>),
    /// Another name of a file, by its path in the image.
    HardLink(Arc<str>),
    /// A device, or something else without content.
    Other,
    /// What lower layers have at this path is gone.
    Whiteout,
    /// What lower layers have in this folder is gone.
    Opaque,
}

/// What a layer changes, in its order. Paths are those of the image, without the first `/`.
#[derive(Debug, Clone)]
pub struct Layer<T> {
    /// Path and change.
    pub changes: Vec<(Arc<str>, Change<T>)>,
    /// What could not be read, in words.
    pub faults: Vec<String>,
}

/// The file that is read at the moment.
struct Open {
    path: Arc<str>,
    mode: u32,
    size: u64,
    bytes: Vec<u8>,
    /// Whether it is wanted, once that was asked.
    wanted: Option<bool>,
    /// Where only parts of it are wanted: these, and how many bytes went by.
    parts: Option<(Parts, u64)>,
    /// Whether it is handed on piece by piece.
    pieces: bool,
}

/// Reads a layer as its archive comes.
pub struct Collector<K: Keeper> {
    keeper: K,
    layer: Layer<K::Kept>,
    open: Option<Open>,
    room: usize,
}

impl<K: Keeper> Collector<K> {
    /// A collector that takes at most `room` entries.
    pub fn new(keeper: K, room: usize) -> Self {
        let layer = Layer { changes: Vec::new(), faults: Vec::new() };
        Self { keeper, layer, open: None, room }
    }

    /// What was collected; `tar` is the archive that it came from.
    pub fn finish(mut self, tar: Tar) -> Layer<K::Kept> {
        self.layer.faults.extend(tar.finish());
        self.layer
    }

    fn fault(&mut self, text: String) {
        if self.layer.faults.len() < 100 {
            self.layer.faults.push(text);
        }
    }

    fn put(&mut self, path: Arc<str>, change: Change<K::Kept>) {
        if self.layer.changes.len() < self.room {
            self.layer.changes.push((path, change));
        } else if self.layer.changes.len() == self.room {
            self.room = 0;
            self.fault(format!("it has more than {MOST_ENTRIES} entries; the rest was left out"));
        }
    }

    /// Asks whether an open file is wanted, once enough of it is there.
    fn ask(&mut self) {
        let Some(open) = &mut self.open else { return };
        if open.wanted.is_some() {
            return;
        }
        let head = open.bytes.get(..HEAD).unwrap_or(&open.bytes);
        let path = format!("/{}", open.path);
        if let Some(mut parts) = self.keeper.parts(&path, open.mode, open.size, head) {
            parts.take(0, &open.bytes);
            open.parts = Some((parts, open.bytes.len() as u64));
            open.wanted = Some(false);
            open.bytes = Vec::new();
            return;
        }
        if self.keeper.begins(&path, open.mode, open.size, head) {
            self.keeper.piece(&open.bytes);
            open.pieces = true;
            open.wanted = Some(false);
            open.bytes = Vec::new();
            return;
        }
        let most = self.keeper.wants(&path, open.mode, open.size, head);
        let (size, name) = (open.size, Arc::clone(&open.path));
        let wanted = most.is_some_and(|most| size <= most);
        open.wanted = Some(wanted);
        if wanted {
            // Its size is known, so that it need not grow to twice of it.
            let missing = usize::try_from(size).unwrap_or(0).saturating_sub(open.bytes.len());
            open.bytes.reserve_exact(missing);
        } else {
            open.bytes = Vec::new();
        }
        if most.is_some() && !wanted {
            self.fault(format!("`/{name}` is too large ({size} bytes)"));
        }
    }
}

impl<K: Keeper> Visitor for Collector<K> {
    fn entry(&mut self, entry: &Entry) {
        self.open = None;
        let Some(path) = normal(&entry.path) else {
            return self.fault(format!("`{}` leads out of the image", shown(&entry.path)));
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if name == ".wh..wh..opq" {
            return self.put(folder.into(), Change::Opaque);
        }
        // Other names that begin like that are what AUFS kept for itself.
        if name.starts_with(".wh..wh.") {
            return;
        }
        if let Some(gone) = name.strip_prefix(".wh.") {
            let gone = if folder.is_empty() { gone.to_owned() } else { format!("{folder}/{gone}") };
            return self.put(gone.into(), Change::Whiteout);
        }
        let path: Arc<str> = path.into();
        match entry.kind {
            EntryKind::Folder => self.put(path, Change::Folder),
            EntryKind::Link => self.put(path, Change::Link(entry.link.as_str().into())),
            EntryKind::Other => self.put(path, Change::Other),
            EntryKind::HardLink => match normal(&entry.link) {
                Some(target) => self.put(path, Change::HardLink(target.into())),
                None => self.fault(format!("`{}` leads out of the image", shown(&entry.link))),
            },
            EntryKind::File => {
                let (mode, size) = (entry.mode, entry.size);
                let (bytes, wanted, parts, pieces) = (Vec::new(), None, None, false);
                self.open = Some(Open { path, mode, size, bytes, wanted, parts, pieces });
            }
        }
    }

    fn data(&mut self, bytes: &[u8]) {
        let Some(open) = &mut self.open else { return };
        let mut rest = bytes;
        if open.wanted.is_none() {
            // No more than what decides whether the file is wanted, however much comes at once.
            let missing = HEAD.saturating_sub(open.bytes.len());
            let Some((head, tail)) = bytes.split_at_checked(missing) else {
                return open.bytes.extend_from_slice(bytes);
            };
            open.bytes.extend_from_slice(head);
            rest = tail;
            self.ask();
        }
        let Some(open) = &mut self.open else { return };
        if let Some((parts, at)) = &mut open.parts {
            parts.take(*at, rest);
            *at += rest.len() as u64;
        } else if open.pieces {
            self.keeper.piece(rest);
        } else if open.wanted == Some(true) {
            open.bytes.extend_from_slice(rest);
        }
    }

    fn end(&mut self) {
        self.ask();
        let Some(open) = self.open.take() else { return };
        let path = || -> Arc<str> { format!("/{}", open.path).into() };
        let kept = match open.parts {
            Some((parts, _)) => self.keeper.keep_parts(&path(), parts),
            None if open.pieces => self.keeper.ends(&path()),
            None if open.wanted == Some(true) => Some(self.keeper.keep(&path(), open.bytes)),
            None => None,
        };
        self.put(open.path, Change::File(kept));
    }
}

/// A path of an archive without `.` and a first `/`; `None` where `..` stands in it. The root
/// itself is the empty path.
fn normal(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.contains(&"..")).then(|| parts.join("/"))
}

fn shown(path: &str) -> String {
    path.chars().take(200).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wants files of at most so many bytes.
    struct UpTo(u64);

    impl Keeper for UpTo {
        type Kept = usize;

        fn wants(&mut self, _: &str, _: u32, _: u64, head: &[u8]) -> Option<u64> {
            assert!(head.len() <= HEAD);
            Some(self.0)
        }

        fn keep(&mut self, _: &Arc<str>, bytes: Vec<u8>) -> usize {
            bytes.len()
        }
    }

    /// Takes files piece by piece.
    #[derive(Default)]
    struct Piecewise(Vec<u8>);

    impl Keeper for Piecewise {
        type Kept = Vec<u8>;

        fn wants(&mut self, path: &str, _: u32, _: u64, _: &[u8]) -> Option<u64> {
            panic!("`{path}` has begun")
        }

        fn keep(&mut self, _: &Arc<str>, bytes: Vec<u8>) -> Vec<u8> {
            bytes
        }

        fn begins(&mut self, _: &str, _: u32, _: u64, head: &[u8]) -> bool {
            assert!(head.len() <= HEAD);
            self.0.clear();
            true
        }

        fn piece(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }

        fn ends(&mut self, _: &Arc<str>) -> Option<Vec<u8>> {
            Some(std::mem::take(&mut self.0))
        }
    }

    #[test]
    fn what_is_taken_piece_by_piece_is_taken_whole() {
        let file: Vec<u8> = (0..20_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for (size, piece) in [(0, 1), (10, 3), (HEAD, 512), (20_000, 512), (20_000, 20_000)] {
            let mut collector = Collector::new(Piecewise::default(), 10);
            let (path, link) = ("a.jar".to_owned(), String::new());
            let kind = EntryKind::File;
            collector.entry(&Entry { path, kind, mode: 0o644, size: size as u64, link });
            for part in file[..size].chunks(piece) {
                collector.data(part);
            }
            collector.end();
            let changes = collector.layer.changes;
            let [(_, Change::File(Some(kept)))] = &changes[..] else { panic!("{changes:?}") };
            assert_eq!(kept, &file[..size], "{size} {piece}");
        }
    }

    #[test]
    fn of_what_is_too_large_nothing_is_held_however_it_comes() {
        let mut collector = Collector::new(UpTo(100_000), 10);
        let held = |collector: &Collector<UpTo>| {
            collector.open.as_ref().map(|open| open.bytes.capacity()).unwrap()
        };
        for (size, piece, most) in
            [(1_000_000, 1_000_000, 0), (1_000_000, 1_000, HEAD), (100_000, 30_000, 100_000)]
        {
            let kind = EntryKind::File;
            let (path, link) = (format!("{size}-{piece}"), String::new());
            collector.entry(&Entry { path, kind, mode: 0o644, size: size as u64, link });
            for part in vec![7; size].chunks(piece) {
                collector.data(part);
                assert!(held(&collector) <= most.max(piece.min(HEAD)), "{size} {piece}");
            }
            collector.end();
        }
        let kept: Vec<Option<usize>> = collector
            .layer
            .changes
            .iter()
            .map(|(_, change)| match change {
                Change::File(kept) => *kept,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(kept, [None, None, Some(100_000)]);
        assert_eq!(collector.layer.faults.len(), 2);
    }
}
