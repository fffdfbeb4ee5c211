//! The root of another system, seen as it sees itself: an image, a container, a mounted disk.
//!
//! The kernel resolves each path as after chroot(2) (openat2(2), `RESOLVE_IN_ROOT`): an absolute
//! link in there means a path of there, `..` ends at the root, and an exchange of a folder for a
//! link while we look leads nowhere else. Nothing is written through this door.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::entries::{entries_of, names_of};
use super::real::{self, LOOKING, READING};
use super::{
    Files, Listed, Lock, LockError, Mapped, Metadata, Named, ReadError, Stat, Storage, WriteError,
};

/// The files of another system.
#[derive(Debug)]
pub(super) struct SystemFiles {
    top: OwnedFd,
}

/// How often the kernel is asked again when a folder was renamed while it looked.
const ATTEMPTS: usize = 16;

/// The largest file that is held in memory in place of a map, in bytes.
const MAX_IN_MEMORY: u64 = 1 << 30;

impl SystemFiles {
    /// Opens the root, once: whatever is renamed later, it stays this folder.
    pub(super) fn open(folder: &Path) -> Result<Self, ReadError> {
        let top = rustix::fs::open(folder, LOOKING | OFlags::DIRECTORY, Mode::empty());
        top.map(|top| Self { top }).map_err(real::errno)
    }

    fn at(&self, root: &Path, path: &Path, flags: OFlags) -> Result<File, ReadError> {
        // A folder of that system as a root of its own would have to be confined a second time.
        if root != Path::new("/") {
            return Err(ReadError::Outside);
        }
        open_in(&self.top, path, flags)
    }
}

/// Opens a path as a process would whose root is `top`.
pub(crate) fn open_in(top: &OwnedFd, path: &Path, flags: OFlags) -> Result<File, ReadError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let inside = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..ATTEMPTS {
        match rustix::fs::openat2(top, path, flags, Mode::empty(), inside) {
            Ok(file) => return Ok(File::from(file)),
            Err(Errno::AGAIN) => {}
            Err(Errno::NOSYS) => {
                let words = "this kernel cannot look into the root of another system";
                return Err(ReadError::Other(words.to_owned()));
            }
            Err(error) => return Err(real::errno(error)),
        }
    }
    Err(ReadError::Other("it is being renamed all the time".to_owned()))
}

/// What every attempt to write says.
pub(crate) fn only_read() -> WriteError {
    WriteError::Other("the root of another system is only read from outside".to_owned())
}

impl Files for SystemFiles {
    fn folder(&self, folder: &Path) -> Result<PathBuf, ReadError> {
        // Its links are resolved with each path: on this machine it has no name of its own.
        self.at(Path::new("/"), folder, LOOKING | OFlags::DIRECTORY).map(|_| folder.to_owned())
    }

    fn read(&self, root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        real::content(self.at(root, path, READING)?, limit)
    }

    fn shared(&self, root: &Path, path: &Path, limit: u64) -> Result<Arc<[u8]>, ReadError> {
        real::shared(self.at(root, path, READING)?, limit)
    }

    fn opened(&self, root: &Path, path: &Path, limit: u64) -> Result<(Stat, Vec<u8>), ReadError> {
        real::itself(self.at(root, path, READING | OFlags::NOFOLLOW), limit)
    }

    fn head(&self, root: &Path, path: &Path, length: usize) -> Result<Vec<u8>, ReadError> {
        real::beginning(self.at(root, path, READING)?, length)
    }

    fn part(
        &self,
        root: &Path,
        path: &Path,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, ReadError> {
        real::piece(self.at(root, path, READING)?, offset, length)
    }

    fn map(&self, root: &Path, path: &Path) -> Result<Mapped, ReadError> {
        // A map wants files that nobody changes in place, which nobody promises over there.
        real::content(self.at(root, path, READING)?, MAX_IN_MEMORY).map(Mapped::of)
    }

    fn metadata(&self, root: &Path, path: &Path) -> Result<Metadata, ReadError> {
        real::metadata_of(&self.at(root, path, LOOKING)?)
    }

    fn stat(&self, root: &Path, path: &Path) -> Result<Stat, ReadError> {
        real::stat_of(&self.at(root, path, LOOKING | OFlags::NOFOLLOW)?)
    }

    fn system(&self, _folder: &Path) -> Result<Arc<dyn Files>, ReadError> {
        Err(ReadError::Outside)
    }

    fn list(&self, root: &Path, folder: &Path) -> Result<Vec<Listed>, ReadError> {
        entries_of(&self.at(root, folder, READING | OFlags::DIRECTORY)?)
    }

    fn names(&self, root: &Path, folder: &Path) -> Result<Vec<Named>, ReadError> {
        names_of(&self.at(root, folder, READING | OFlags::DIRECTORY)?)
    }

    fn storage(&self, root: &Path, folder: &Path) -> Result<Storage, ReadError> {
        Storage::of(&self.at(root, folder, LOOKING | OFlags::DIRECTORY)?)
    }

    fn write_new(&self, _root: &Path, _path: &Path, _bytes: &[u8]) -> Result<(), WriteError> {
        Err(only_read())
    }

    fn write_atomic(&self, _root: &Path, _path: &Path, _bytes: &[u8]) -> Result<(), WriteError> {
        Err(only_read())
    }

    fn remove(&self, _root: &Path, _path: &Path) -> Result<(), WriteError> {
        Err(only_read())
    }

    fn make_folder(&self, _folder: &Path) -> Result<(), WriteError> {
        Err(only_read())
    }

    fn lock(&self, _file: &Path, _note: &str) -> Result<Lock, LockError> {
        Err(LockError::Write(only_read()))
    }
}
