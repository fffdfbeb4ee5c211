//! The machine's own file system.
//!
//! A path is resolved by the kernel beneath the root (openat2(2), `RESOLVE_BENEATH`), so that no
//! exchange of a folder for a link between the check and the opening can lead outside. Where
//! the kernel refuses or lacks the call (absolute links that stay inside, old kernels, seccomp
//! filters), the real path is compared with the root instead.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use holdfast_model::Timestamp;
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::entries::{entries_of, names_of};
use super::system::SystemFiles;
use super::{
    Files, Held, Kind, Listed, Lock, LockError, Mapped, Metadata, Named, ReadError, Stat, Storage,
    WriteError,
};

/// The machine's file system.
#[derive(Debug, Clone, Copy)]
pub struct RealFiles;

/// `O_NONBLOCK` keeps a pipe that stands in the tree from stopping us for ever.
pub(super) const READING: OFlags =
    OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// `O_PATH` opens what we may not read, too: what it is, is open to everybody.
pub(super) const LOOKING: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

impl Files for RealFiles {
    fn folder(&self, folder: &Path) -> Result<PathBuf, ReadError> {
        let path = folder.canonicalize().map_err(|error| read_error(&error))?;
        if path.is_dir() { Ok(path) } else { Err(ReadError::NotAFile) }
    }

    fn read(&self, root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        content(open(root, path, READING)?, limit)
    }

    fn shared(&self, root: &Path, path: &Path, limit: u64) -> Result<Arc<[u8]>, ReadError> {
        shared(open(root, path, READING)?, limit)
    }

    fn opened(&self, root: &Path, path: &Path, limit: u64) -> Result<(Stat, Vec<u8>), ReadError> {
        itself(open_name(root, path, READING | OFlags::NOFOLLOW), limit)
    }

    fn pieces(
        &self,
        root: &Path,
        path: &Path,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        let (mut file, _) = regular(open(root, path, READING)?)?;
        pieces(&mut file, each).map_err(|error| read_error(&error))
    }

    fn head(&self, root: &Path, path: &Path, length: usize) -> Result<Vec<u8>, ReadError> {
        beginning(open(root, path, READING)?, length)
    }

    fn part(
        &self,
        root: &Path,
        path: &Path,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, ReadError> {
        piece(open(root, path, READING)?, offset, length)
    }

    fn map(&self, root: &Path, path: &Path) -> Result<Mapped, ReadError> {
        let (file, _) = regular(open(root, path, READING)?)?;
        Mapped::file(&file)
    }

    fn metadata(&self, root: &Path, path: &Path) -> Result<Metadata, ReadError> {
        metadata_of(&open(root, path, LOOKING)?)
    }

    fn stat(&self, root: &Path, path: &Path) -> Result<Stat, ReadError> {
        stat_of(&open_name(root, path, LOOKING | OFlags::NOFOLLOW)?)
    }

    fn system(&self, folder: &Path) -> Result<Arc<dyn Files>, ReadError> {
        Ok(Arc::new(SystemFiles::open(folder)?))
    }

    fn list(&self, root: &Path, folder: &Path) -> Result<Vec<Listed>, ReadError> {
        entries_of(&open(root, folder, READING | OFlags::DIRECTORY)?)
    }

    fn names(&self, root: &Path, folder: &Path) -> Result<Vec<Named>, ReadError> {
        names_of(&open(root, folder, READING | OFlags::DIRECTORY)?)
    }

    fn storage(&self, root: &Path, folder: &Path) -> Result<Storage, ReadError> {
        Storage::of(&open(root, folder, LOOKING | OFlags::DIRECTORY)?)
    }

    fn write_new(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let target = place_for(root, path)?;
        let mut file = match File::options().write(true).create_new(true).open(&target) {
            Ok(file) => file,
            Err(error) => return Err(write_error(&error)),
        };
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        if let Err(error) = written {
            // Half a file is worse than none; if even this fails, the first error says more.
            let _ = std::fs::remove_file(&target);
            return Err(write_error(&error));
        }
        sync_folder_of(&target)
    }

    fn write_atomic(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let target = place_for(root, path)?;
        let before = std::fs::metadata(&target).ok();
        let temporary = temporary_beside(&target);
        let written = write_temporary(&temporary, bytes, before.as_ref())
            .and_then(|()| std::fs::rename(&temporary, &target));
        if let Err(error) = written {
            let _ = std::fs::remove_file(&temporary);
            return Err(write_error(&error));
        }
        sync_folder_of(&target)
    }

    fn remove(&self, root: &Path, path: &Path) -> Result<(), WriteError> {
        let target = place_for(root, path)?;
        std::fs::remove_file(&target).map_err(|error| write_error(&error))?;
        sync_folder_of(&target)
    }

    fn make_folder(&self, folder: &Path) -> Result<(), WriteError> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| write_error(&error))
    }

    fn make_shared_folder(&self, folder: &Path) -> Result<(), WriteError> {
        std::fs::create_dir_all(folder).map_err(|error| write_error(&error))
    }

    fn lock(&self, file: &Path, note: &str) -> Result<Lock, LockError> {
        let failed = |error: io::Error| LockError::Write(write_error(&error));
        let mut held = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(file)
            .map_err(failed)?;
        match held.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                let mut by = String::new();
                // Who holds it is a courtesy; without it the lock is held all the same.
                let _ = held.take(4096).read_to_string(&mut by);
                return Err(LockError::Held(by.trim().to_owned()));
            }
            Err(std::fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        held.set_len(0).and_then(|()| held.write_all(note.as_bytes())).map_err(failed)?;
        Ok(Lock::new(held))
    }
}

impl Held for File {}

/// The content of an open file of at most `limit` bytes.
/// How much of a long file is read at once, in bytes.
const LONG: usize = 256 << 10;

/// Reads to the end, piece by piece.
pub(crate) fn pieces(file: &mut dyn Read, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut piece = vec![0; LONG];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => each(piece.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// A part of an opened file.
pub(super) fn piece(file: File, offset: u64, length: usize) -> Result<Vec<u8>, ReadError> {
    let (mut file, size) = regular(file)?;
    // Nobody makes room for more than there is.
    let length = u64::try_from(length).unwrap_or(u64::MAX).min(size.saturating_sub(offset));
    if length == 0 {
        return Ok(Vec::new());
    }
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))
        .and_then(|_| file.take(length).read_to_end(&mut bytes))
        .map_err(|error| read_error(&error))?;
    Ok(bytes)
}

/// The least room to read into, in bytes.
const PIECE: usize = 8 << 10;

pub(super) fn content(file: File, limit: u64) -> Result<Vec<u8>, ReadError> {
    let (file, size) = regular(file)?;
    if size > limit {
        return Err(ReadError::TooLarge { size });
    }
    // Files in /proc say 0, and each read of theirs makes the kernel list everything anew.
    let room = usize::try_from(size).unwrap_or_default().max(PIECE);
    let mut bytes = Vec::with_capacity(room);
    // One byte more than allowed: files may grow meanwhile.
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut bytes);
    let read = read.map_err(|error| read_error(&error))? as u64;
    if read > limit { Err(ReadError::TooLarge { size: read }) } else { Ok(bytes) }
}

/// The same to be shared. Room for a large file is made once, and it is read to where it stays.
pub(super) fn shared(file: File, limit: u64) -> Result<Arc<[u8]>, ReadError> {
    let (mut file, size) = regular(file)?;
    let room = usize::try_from(size.min(limit)).unwrap_or_default();
    if size > limit || room < PIECE {
        return content(file, limit).map(Into::into);
    }
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, room).collect();
    let whole = Arc::get_mut(&mut bytes).is_some_and(|into| file.read_exact(into).is_ok());
    if whole && matches!(file.read(&mut [0]), Ok(0)) {
        return Ok(bytes);
    }
    // It shrank or grew meanwhile.
    file.rewind().map_err(|error| read_error(&error))?;
    content(file, limit).map(Into::into)
}

/// What an opening gave that follows no link: what stands there and its content.
pub(super) fn itself(
    opened: Result<File, ReadError>,
    limit: u64,
) -> Result<(Stat, Vec<u8>), ReadError> {
    let file = opened.map_err(|error| match error {
        // So says open(2) of a link that is not to be followed.
        ReadError::Loop => ReadError::NotAFile,
        other => other,
    })?;
    Ok((stat_of(&file)?, content(file, limit)?))
}

/// The first bytes of an open file.
pub(super) fn beginning(file: File, length: usize) -> Result<Vec<u8>, ReadError> {
    let (file, _) = regular(file)?;
    let mut bytes = Vec::with_capacity(length.min(1 << 16));
    let read = file.take(length as u64).read_to_end(&mut bytes);
    read.map_err(|error| read_error(&error))?;
    Ok(bytes)
}

/// A regular file and its size; nothing else.
pub(super) fn regular(file: File) -> Result<(File, u64), ReadError> {
    let metadata = file.metadata().map_err(|error| read_error(&error))?;
    if metadata.is_file() { Ok((file, metadata.len())) } else { Err(ReadError::NotAFile) }
}

/// What the file system says of something open.
pub(super) fn metadata_of(file: &File) -> Result<Metadata, ReadError> {
    let found = file.metadata().map_err(|error| read_error(&error))?;
    let modified = found.mtime().saturating_mul(1000) + found.mtime_nsec() / 1_000_000;
    Ok(Metadata {
        kind: kind(FileType::from_raw_mode(found.mode())),
        size: found.size(),
        mode: found.mode() & 0o7777,
        owner: found.uid(),
        modified: Timestamp(modified),
        device: found.dev(),
    })
}

/// What the file system says of something that was opened without following it.
pub(super) fn stat_of(file: &File) -> Result<Stat, ReadError> {
    let found = file.metadata().map_err(|error| read_error(&error))?;
    let kind = kind(FileType::from_raw_mode(found.mode()));
    let link = match kind {
        Kind::Link => match rustix::fs::readlinkat(file, "", Vec::new()) {
            Ok(target) => Some(PathBuf::from(OsString::from_vec(target.into_bytes()))),
            // The link is there all the same: those of `/proc` lead where not everybody may know.
            Err(Errno::ACCESS | Errno::PERM) => None,
            Err(error) => return Err(errno(error)),
        },
        _ => None,
    };
    Ok(Stat { uid: found.uid(), gid: found.gid(), mode: found.mode() & 0o7777, kind, link })
}

/// Opens what stands at `path` beneath `root`.
fn open(root: &Path, path: &Path, flags: OFlags) -> Result<File, ReadError> {
    if root == Path::new("/") {
        let path = root.join(path);
        return rustix::fs::open(path, flags, Mode::empty()).map(File::from).map_err(errno);
    }
    if path.is_absolute() {
        return Err(ReadError::Outside);
    }
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = rustix::fs::open(root, folder, Mode::empty()).map_err(errno)?;
    let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(&folder, path, flags, Mode::empty(), beneath) {
        Ok(file) => Ok(File::from(file)),
        Err(error @ (Errno::XDEV | Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::AGAIN)) => {
            // Where the kernel stopped at the border, nothing more is told of what lies behind.
            let real = confined(root, path);
            let real = match (real, error) {
                (Err(ReadError::Missing | ReadError::Denied), Errno::XDEV) => {
                    return Err(ReadError::Outside);
                }
                (real, _) => real?,
            };
            let flags = flags | OFlags::NOFOLLOW;
            rustix::fs::open(real, flags, Mode::empty()).map(File::from).map_err(errno)
        }
        Err(error) => Err(errno(error)),
    }
}

/// Opens what stands at `path` beneath `root`, whose last name is opened by these flags as it is.
fn open_name(root: &Path, path: &Path, flags: OFlags) -> Result<File, ReadError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return open(root, path, flags & !OFlags::NOFOLLOW);
    };
    let folder = open(root, folder, LOOKING | OFlags::DIRECTORY)?;
    // A name without a slash cannot lead out of the folder that it is looked for in.
    rustix::fs::openat(&folder, name, flags, Mode::empty()).map(File::from).map_err(errno)
}

/// The real path, if it lies inside the root.
fn confined(root: &Path, path: &Path) -> Result<PathBuf, ReadError> {
    let real = root.join(path).canonicalize().map_err(|error| read_error(&error))?;
    if real.starts_with(root) { Ok(real) } else { Err(ReadError::Outside) }
}

/// Where a file will stand: its real path if it is there, else its name in its real folder.
fn place_for(root: &Path, path: &Path) -> Result<PathBuf, WriteError> {
    if path.is_absolute() && root != Path::new("/") {
        return Err(WriteError::Outside);
    }
    match confined(root, path) {
        Ok(real) => return Ok(real),
        // A link that leads nowhere would be followed by the write: it is not ours to make.
        Err(ReadError::Missing) if root.join(path).is_symlink() => return Err(WriteError::Outside),
        Err(ReadError::Missing) => {}
        Err(error) => return Err(error.into()),
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(WriteError::Outside);
    };
    Ok(confined(root, folder)?.join(name))
}

/// A name in the same folder, hence on the same file system, that nobody else uses.
fn temporary_beside(target: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    name.push(format!(".holdfast-{}-{count}", std::process::id()));
    target.with_file_name(name)
}

fn write_temporary(
    temporary: &Path,
    bytes: &[u8],
    before: Option<&std::fs::Metadata>,
) -> io::Result<()> {
    let mut file = File::options().write(true).create_new(true).open(temporary)?;
    if let Some(before) = before {
        // Under sudo the file stays its owner's; where we may not give it away, it is ours.
        let owner = rustix::process::Uid::from_raw(before.uid());
        let group = rustix::process::Gid::from_raw(before.gid());
        let _ = rustix::fs::fchown(&file, Some(owner), Some(group));
        // After the change of owner, which clears some of these bits.
        file.set_permissions(std::fs::Permissions::from_mode(before.mode() & 0o7777))?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// A rename is on the disk only when its folder is.
fn sync_folder_of(target: &Path) -> Result<(), WriteError> {
    let Some(folder) = target.parent() else { return Ok(()) };
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| write_error(&error))
}

pub(super) fn kind(file_type: FileType) -> Kind {
    match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        _ => Kind::Other,
    }
}

pub(super) fn errno(error: Errno) -> ReadError {
    read_error(&error.into())
}

/// The system's error in our words.
pub(crate) fn read_error(error: &io::Error) -> ReadError {
    match error.kind() {
        // A file in place of a folder on the way, or a name that no file system takes: there is
        // nothing at this path.
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => {
            ReadError::Missing
        }
        io::ErrorKind::PermissionDenied => ReadError::Denied,
        io::ErrorKind::IsADirectory => ReadError::NotAFile,
        _ if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => ReadError::Loop,
        _ => ReadError::Other(words(error)),
    }
}

pub(crate) fn write_error(error: &io::Error) -> WriteError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => WriteError::Exists,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => WriteError::Missing,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => WriteError::Denied,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => WriteError::Full,
        _ => WriteError::Other(words(error)),
    }
}

/// Lower case, as all our messages are, and without the number of the error.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
