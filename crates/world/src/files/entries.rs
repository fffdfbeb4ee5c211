//! What stands in an open folder.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;

use holdfast_model::Timestamp;
use rustix::fs::{AtFlags, Dir, DirEntry, FileType, Stat};

use super::real::{errno, kind};
use super::{Listed, Named, ReadError};

/// The entries of an open folder, sorted by the bytes of their names.
pub(super) fn entries_of(folder: &File) -> Result<Vec<Listed>, ReadError> {
    let mut listed = each(folder, |name, entry| {
        let found = itself(folder, entry)?;
        let part = i64::try_from(found.st_mtime_nsec / 1_000_000).unwrap_or_default();
        Some(Listed {
            name,
            kind: kind(FileType::from_raw_mode(found.st_mode)),
            size: u64::try_from(found.st_size).unwrap_or_default(),
            device: found.st_dev,
            inode: found.st_ino,
            mode: found.st_mode & 0o7777,
            uid: found.st_uid,
            gid: found.st_gid,
            modified: Timestamp(found.st_mtime.saturating_mul(1000).saturating_add(part)),
        })
    })?;
    listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

/// The names in an open folder, sorted by their bytes. What each is, the kernel says along with it
/// (readdir(3), `d_type`); it is asked once more on the few file systems that do not know.
pub(super) fn names_of(folder: &File) -> Result<Vec<Named>, ReadError> {
    let mut named = each(folder, |name, entry| {
        let file_type = match entry.file_type() {
            FileType::Unknown => FileType::from_raw_mode(itself(folder, entry)?.st_mode),
            known => known,
        };
        Some((name, kind(file_type)))
    })?;
    named.sort_unstable();
    Ok(named)
}

/// What is made of each entry, of which `.` and `..` are none.
fn each<T>(
    folder: &File,
    make: impl Fn(OsString, &DirEntry) -> Option<T>,
) -> Result<Vec<T>, ReadError> {
    let mut all = Vec::new();
    for entry in Dir::read_from(folder).map_err(errno)? {
        let entry = entry.map_err(errno)?;
        let name = entry.file_name().to_bytes();
        if !matches!(name, b"." | b"..") {
            all.extend(make(OsStr::from_bytes(name).to_owned(), &entry));
        }
    }
    Ok(all)
}

/// What an entry is itself. One that vanished since it was listed was never there.
fn itself(folder: &File, entry: &DirEntry) -> Option<Stat> {
    rustix::fs::statat(folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW).ok()
}
