//! Files and folders: what can be asked of them, whichever world they belong to.
//!
//! Everything is read inside a root, which nothing may leave: not by `..`, not by an absolute
//! path, not through a symbolic link. Walking and globbing are written once, here, on top of
//! `list` and `read`, so that recorded and faulty worlds walk exactly as the real one does.

mod entries;
mod glob;
mod map;
mod real;
mod root;
mod storage;
mod survey;
mod system;
mod walk;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::Timestamp;

pub(crate) use glob::segment_matches;
pub use map::Mapped;
pub use real::RealFiles;
pub(crate) use real::{pieces, read_error, write_error};
pub use root::Root;
pub use storage::Storage;
pub use survey::{OwnedBy, Survey, Surveyed};
pub(crate) use system::{only_read, open_in};
pub use walk::{LeftOut, MAX_FILES, Walk, WalkFile, Why};

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// It is not there.
    Missing,
    /// We may not read it.
    Denied,
    /// It is larger than the limit that was given; nothing of it was kept.
    TooLarge {
        /// How large, in bytes; at least this much where it grows or does not say.
        size: u64,
    },
    /// It is there and is no file: a folder, a device, a pipe. For folders: no folder.
    NotAFile,
    /// It leads outside the root.
    Outside,
    /// It leads over more links than are followed, as a link to itself does.
    Loop,
    /// Anything else, in the system's words.
    Other(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is not there"),
            Self::Denied => f.write_str("it may not be read by this user"),
            Self::TooLarge { size } => write!(f, "it is too large ({size} bytes)"),
            Self::NotAFile => f.write_str("it is not of the kind that was expected"),
            Self::Outside => f.write_str("it leads outside the folder that is looked at"),
            Self::Loop => f.write_str("it leads over too many links"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

/// Why something could not be written. Nothing was changed, unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// There is something already, and it was to be new.
    Exists,
    /// The folder it was to stand in is not there.
    Missing,
    /// We may not write there, or the file system is read-only.
    Denied,
    /// The disk, or our share of it, is full.
    Full,
    /// It leads outside the root.
    Outside,
    /// Anything else, in the system's words.
    Other(String),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => f.write_str("there is something already"),
            Self::Missing => f.write_str("its folder is not there"),
            Self::Denied => f.write_str("it may not be written by this user"),
            Self::Full => f.write_str("the disk is full"),
            Self::Outside => f.write_str("it leads outside the folder that is worked on"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

impl From<ReadError> for WriteError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Missing => Self::Missing,
            ReadError::Denied => Self::Denied,
            ReadError::Outside => Self::Outside,
            ReadError::TooLarge { .. } | ReadError::NotAFile | ReadError::Loop => {
                Self::Other(error.to_string())
            }
            ReadError::Other(words) => Self::Other(words),
        }
    }
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a pipe, a socket.
    Other,
}

/// What the file system says of a file or folder; links are followed inside the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// What it is; never a link.
    pub kind: Kind,
    /// In bytes.
    pub size: u64,
    /// The permission bits, e.g. `0o644`.
    pub mode: u32,
    /// The number of the user that owns it.
    pub owner: u32,
    /// When its content last changed.
    pub modified: Timestamp,
    /// The file system it belongs to.
    pub device: u64,
}

/// What the file system says of a path itself: a link in its last place is not followed, see
/// lstat(2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// The number of the user that owns it.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    /// The lowest twelve bits: permissions, setuid, setgid, sticky.
    pub mode: u32,
    /// What it is.
    pub kind: Kind,
    /// Where a link leads, as it is written, if this user may know.
    pub link: Option<PathBuf>,
}

/// One entry of a folder; links are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name, which may not be UTF-8.
    pub name: OsString,
    /// What it is.
    pub kind: Kind,
    /// In bytes.
    pub size: u64,
    /// The file system it belongs to.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// The lowest twelve bits: permissions, setuid, setgid, sticky.
    pub mode: u32,
    /// The number of the user that owns it.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    /// When its content last changed.
    pub modified: Timestamp,
}

/// The name of an entry of a folder, which may not be UTF-8, and what it is; links are not followed.
pub type Named = (OsString, Kind);

/// A held lock; it ends when this is dropped or the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _held: Box<dyn Held>,
}

/// Whatever holds a lock for as long as it lives.
pub(crate) trait Held: Send + Sync + fmt::Debug {}

impl Lock {
    pub(crate) fn new(held: impl Held + 'static) -> Self {
        Self { _held: Box::new(held) }
    }
}

/// Why a lock was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockError {
    /// Somebody holds it; what they noted about themselves.
    Held(String),
    /// The lock file could not be used.
    Write(WriteError),
}

/// What a door that cannot give pieces may read at once, in bytes.
const WHOLE: u64 = 1 << 30;

/// The door to files.
///
/// `root` is always the real path of a folder as [`Files::folder`] gave it, or `/`, which is the
/// whole machine and confines nothing. `path` is relative to it; with the root `/` it may be
/// absolute. People use [`Root`], which holds both.
pub trait Files: Send + Sync + fmt::Debug {
    /// The real path of a folder, links resolved.
    fn folder(&self, folder: &Path) -> Result<PathBuf, ReadError>;

    /// The content of a file of at most `limit` bytes.
    fn read(&self, root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError>;

    /// The same, for whoever keeps and shares it.
    fn shared(&self, root: &Path, path: &Path, limit: u64) -> Result<Arc<[u8]>, ReadError> {
        self.read(root, path, limit).map(Into::into)
    }

    /// What stands at a path and its content of at most `limit` bytes, both by one opening, so that
    /// nobody can put something else there in between. A link in the last place is no file. A door
    /// in front of another one asks that; in memory, nothing moves.
    fn opened(&self, root: &Path, path: &Path, limit: u64) -> Result<(Stat, Vec<u8>), ReadError> {
        let stat = self.stat(root, path)?;
        if stat.kind != Kind::File {
            return Err(ReadError::NotAFile);
        }
        Ok((stat, self.read(root, path, limit)?))
    }

    /// The content of a file of any length, piece by piece, as it is while it is read.
    fn pieces(
        &self,
        root: &Path,
        path: &Path,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        self.read(root, path, WHOLE).map(|bytes| each(&bytes))
    }

    /// The first bytes of a file, at most `length`.
    fn head(&self, root: &Path, path: &Path, length: usize) -> Result<Vec<u8>, ReadError>;

    /// A part of a file from an offset on, in bytes; less than `length` where the file ends.
    fn part(
        &self,
        root: &Path,
        path: &Path,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, ReadError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = self.read(root, path, WHOLE)?;
        Ok(bytes.into_iter().skip(start).take(length).collect())
    }

    /// A file as a slice of memory. By contract nobody changes such a file in place: it is
    /// written elsewhere and renamed over the old one ([`Files::write_atomic`]).
    fn map(&self, root: &Path, path: &Path) -> Result<Mapped, ReadError>;

    /// What stands at a path.
    fn metadata(&self, root: &Path, path: &Path) -> Result<Metadata, ReadError>;

    /// What stands at a path, of which a link in the last place is not followed.
    fn stat(&self, root: &Path, path: &Path) -> Result<Stat, ReadError>;

    /// The same door as a process sees it that runs in another root, see chroot(2): its `/` is
    /// `folder`, links lead where they lead for that system, and nothing leads out. It only
    /// reads; changes there are made by programs that run inside, see [`crate::Command::root`].
    fn system(&self, folder: &Path) -> Result<Arc<dyn Files>, ReadError>;

    /// The entries of a folder, sorted by the bytes of their names.
    fn list(&self, root: &Path, folder: &Path) -> Result<Vec<Listed>, ReadError>;

    /// The names of the same, for whoever wants no more of them.
    fn names(&self, root: &Path, folder: &Path) -> Result<Vec<Named>, ReadError> {
        let entries = self.list(root, folder)?.into_iter();
        Ok(entries.map(|entry| (entry.name, entry.kind)).collect())
    }

    /// Writes a file that must not exist yet, and waits until it is on the disk.
    fn write_new(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError>;

    /// Writes a file or replaces one, so that everybody sees the old content or the new one and
    /// never a part, whatever happens. Mode and owner of a replaced file are kept; a link is
    /// followed and stays a link.
    fn write_atomic(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError>;

    /// Removes a file.
    fn remove(&self, root: &Path, path: &Path) -> Result<(), WriteError>;

    /// Makes a folder and those above it; readable only by this user. One that is there is fine.
    fn make_folder(&self, folder: &Path) -> Result<(), WriteError>;

    /// Makes a folder and those above it; readable by those whom this user lets read new folders, for
    /// what a team shares. One that is there is fine. A door that knows no modes makes one for this
    /// user.
    fn make_shared_folder(&self, folder: &Path) -> Result<(), WriteError> {
        self.make_folder(folder)
    }

    /// Takes the lock that a file stands for, without waiting, and notes who holds it.
    fn lock(&self, file: &Path, note: &str) -> Result<Lock, LockError>;

    /// Every regular file below the root that `.gitignore` and `exclude` (lines of the same form)
    /// leave, and everything that was left out for another reason.
    fn walk(&self, root: &Path, exclude: &[String]) -> Result<Walk, ReadError> {
        walk::walk(self, root, exclude, MAX_FILES)
    }

    /// Where the file system is stored that a folder belongs to. A door that cannot tell has no
    /// other than local ones.
    fn storage(&self, _root: &Path, _folder: &Path) -> Result<Storage, ReadError> {
        Ok(Storage::Local)
    }

    /// What stands out among all files that are stored on this machine below the root, see
    /// [`Survey`]: beside what is found anyway, files that have one of the `names`. Folders of
    /// `skip`, relative to the root, are not entered.
    fn survey(&self, root: &Path, names: &[&str], skip: &[&str]) -> Result<Survey, ReadError> {
        survey::survey(self, root, names, skip, survey::MAX_ENTRIES)
    }

    /// The files that match a pattern, relative to the root, sorted: `*` and `?` within a segment,
    /// `**` for any number of segments. Ignored files are found too; `.git` is never entered.
    fn glob(&self, root: &Path, pattern: &str) -> Result<Vec<Arc<str>>, ReadError> {
        glob::glob(self, root, pattern)
    }
}
