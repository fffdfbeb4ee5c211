//! The contract of a reader: whole documents, which may need others.
//!
//! A reader never does I/O. It names what it needs; `engine` fetches it inside the root, at most
//! sixteen rounds, and then lets it read. A document that is too large to be held is handed over as
//! something whose bytes are asked for while it reads. It returns facts and problems, never an early
//! error.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use holdfast_model::{About, Fact};

use crate::Sieve;

/// Whether a reader takes a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Not mine.
    No,
    /// Its first bytes look like mine.
    ByContent,
    /// Its name says so.
    ByName,
}

/// Where a reader is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In folders of source code.
    Tree,
    /// On systems: hosts, images, their unpacked roots.
    System,
    /// In both.
    Anywhere,
}

/// Something a reader wants to see besides its own document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// One file, by its root-relative path with `/`.
    File(Arc<str>),
    /// A part of a file, for documents that are too large to be read whole; shorter where the
    /// file ends.
    Part {
        /// Its path.
        path: Arc<str>,
        /// The first byte, from 0.
        offset: u64,
        /// How many bytes.
        length: usize,
    },
    /// What a sieve leaves of a file of a host.
    Sieved(Arc<str>, Sieve),
    /// The paths that match a pattern: `*` and `?` within one path segment, `**` over several.
    Glob(Arc<str>),
    /// Owner, group, mode and type of a path of a host, without following a link at its end.
    Stat(Arc<str>),
    /// What a program of a running host says: its name or absolute path, and its arguments. It
    /// gets no input, a clean environment with `LC_ALL=C`, and ten seconds.
    Command(Vec<Arc<str>>),
    /// What a walk through all local files of a host finds: each file system that is stored on this
    /// machine, no link followed, nothing entered twice. One walk answers everybody.
    Walk {
        /// The names of files that are looked for beside what [`Walked::found`] holds anyway.
        names: Vec<Arc<str>>,
        /// Folders that are not entered.
        skip: Vec<Arc<str>>,
    },
}

/// What became of a need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The bytes of a file, of a part of one, or what a sieve left of one.
    Bytes(Arc<[u8]>),
    /// The paths that matched, sorted.
    Paths(Vec<Arc<str>>),
    /// Owner, group, mode and type.
    Stat(FileStat),
    /// What a program said.
    Output {
        /// Its exit status; `None` where a signal ended it.
        status: Option<i32>,
        /// What it wrote, at most 1 MiB.
        stdout: Arc<[u8]>,
        /// What it complained, at most 1 MiB.
        stderr: Arc<[u8]>,
    },
    /// What a walk found.
    Walked(Arc<Walked>),
    /// There is no such file or program.
    Missing,
    /// It is there and may not be read.
    Denied,
    /// It is there and could not be read for another reason: too large, outside the root, broken.
    Unreadable(Arc<str>),
}

/// What kind of thing a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileType {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, socket or pipe.
    Other,
}

/// What the file system says of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStat {
    /// The number of the user that owns it.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    /// The lowest twelve bits: permissions, setuid, setgid, sticky.
    pub mode: u32,
    /// What it is.
    pub kind: FileType,
    /// Where a link leads, as it is written.
    pub link: Option<Arc<str>>,
}

/// What a walk through all local files found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// Files that are setuid or setgid; files, and folders without sticky bit, that everybody may
    /// write to; and what has one of the wanted names. Sorted by path.
    pub found: Vec<(Arc<str>, FileStat)>,
    /// The numbers of user and group that own anything, sorted.
    pub owners: Vec<Owned>,
    /// Folders that could not be entered, and why; the first ones.
    pub unread: Vec<(Arc<str>, Arc<str>)>,
    /// How many folders could not be entered.
    pub unread_count: u64,
    /// Whether the walk ended early, because there is too much.
    pub cut: bool,
}

/// What belongs to one user and one group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owned {
    /// The number of the user.
    pub uid: u32,
    /// The number of the group.
    pub gid: u32,
    /// How many files, folders and links.
    pub count: u64,
    /// One of them.
    pub example: Arc<str>,
}

/// A document that is too large to be held: its bytes are had by their offset.
pub trait ReadAt: Sync {
    /// How large it is, in bytes.
    fn size(&self) -> u64;
    /// Fills `into` from an offset on; says how many bytes there were, fewer where the document ends.
    /// `None` where it cannot be read.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Option<usize>;
}

impl fmt::Debug for dyn ReadAt + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadAt").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// One document and the answers to its needs so far.
#[derive(Debug)]
pub struct Sources<'a> {
    path: Arc<str>,
    bytes: &'a [u8],
    large: Option<&'a dyn ReadAt>,
    answers: BTreeMap<Need, Answer>,
}

impl<'a> Sources<'a> {
    /// The document itself: root-relative path (absolute for files of a host) and bytes.
    pub fn new(path: impl Into<Arc<str>>, bytes: &'a [u8]) -> Self {
        Self { path: path.into(), bytes, large: None, answers: BTreeMap::new() }
    }

    /// A document that is not held, for a reader that does without ([`Reader::seeks`]).
    pub fn large(path: impl Into<Arc<str>>, document: &'a dyn ReadAt) -> Self {
        Self { path: path.into(), bytes: &[], large: Some(document), answers: BTreeMap::new() }
    }

    /// Adds the answer to a need.
    pub fn give(&mut self, need: Need, answer: Answer) {
        self.answers.insert(need, answer);
    }

    /// The path of the document.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// The bytes of the document.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The document, where it is not held; [`Self::bytes`] is empty then.
    pub fn read_at(&self) -> Option<&'a dyn ReadAt> {
        self.large
    }

    /// The answer to a need; `None` where it was not asked yet.
    pub fn answer(&self, need: &Need) -> Option<&Answer> {
        self.answers.get(need)
    }

    /// The bytes of another file, where they were asked for and could be read.
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        match self.answers.get(&Need::File(path.into())) {
            Some(Answer::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// A path beside the document: its folder joined with `name`, with `.` and `..` resolved;
    /// `None` where that leaves the root.
    pub fn beside(&self, name: &str) -> Option<Arc<str>> {
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        join(folder, name)
    }
}

/// Joins a root-relative folder and a relative path; `None` where that leaves the root or `name`
/// is absolute.
pub fn join(folder: &str, name: &str) -> Option<Arc<str>> {
    if name.starts_with('/') {
        return None;
    }
    let rooted = folder.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    Some(if rooted { format!("/{joined}").into() } else { joined.into() })
}

/// How much of a file may be asked for to tell whose it is, in bytes: 64 KiB.
pub const HEAD: usize = 64 << 10;

/// Reads one kind of document.
pub trait Reader: Sync {
    /// What it is.
    fn about(&self) -> &'static About;
    /// Where it is asked.
    fn scope(&self) -> Scope {
        Scope::Tree
    }
    /// How many bytes of a document are enough to begin with, where the rest is asked for in
    /// parts; `None` where it wants all of it.
    fn head(&self) -> Option<usize> {
        None
    }
    /// Whether it reads a document where it lies ([`ReadAt`]), so that a large one need not be held.
    fn seeks(&self) -> bool {
        false
    }
    /// Whether it needs nothing but its own document, which need not be kept once it was read.
    fn alone(&self) -> bool {
        false
    }
    /// Whether several tools have a file of this name, so that only its beginning tells whether it
    /// takes it. Where nothing is found in the first [`HEAD`] bytes, the file is not its own.
    fn looks_inside(&self, _path: &str) -> bool {
        false
    }
    /// Whether it takes this file; `head` may be empty, and holds at most the first [`HEAD`] bytes.
    fn claims(&self, path: &str, head: &[u8]) -> Claim;
    /// What it still wants to see, given the answers so far; empty when it has all it needs.
    fn needs(&self, so_far: &Sources<'_>) -> Vec<Need>;
    /// Other documents that it takes along, each with who reads it: what they hold is part of what it
    /// asks for, so that they are read for themselves, also where nobody else looks at them.
    fn along(&self, _sources: &Sources<'_>) -> Vec<Along> {
        Vec::new()
    }
    /// Says what stands there.
    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact));
}

/// A document that another one takes along, and its reader.
pub type Along = (Arc<str>, &'static dyn Reader);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_stays_inside_the_root() {
        assert_eq!(join("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(join("", "../c"), None);
        assert_eq!(join("a", "/etc/passwd"), None);
        assert_eq!(join("/etc", "x").as_deref(), Some("/etc/x"));
        assert_eq!(join("/etc", "../../x"), None);
    }
}
