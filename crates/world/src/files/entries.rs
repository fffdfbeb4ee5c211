//! What stands in an open folder.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;

use holdfast_model::Timestamp;
use rustix::fs::{AtFlags, FileType};

use super::real::{errno, kind};
use super::{Listed, Named, ReadError};

/// The entries of an open folder, sorted by the bytes of their names.
pub(super) fn entries_of(folder: &File) -> Result<Vec<Listed>, ReadError> {
    let entries = rustix::fs::Dir::read_from(folder).map_err(errno)?;
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(errno)?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        // An entry that vanished since it was listed was never there.
        let Ok(found) = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        let part = i64::try_from(found.st_mtime_nsec / 1_000_000).unwrap_or_default();
        listed.push(Listed {
            name: OsStr::from_bytes(name.to_bytes()).to_owned(),
            kind: kind(FileType::from_raw_mode(found.st_mode)),
            size: u64::try_from(found.st_size).unwrap_or_default(),
            device: found.st_dev,
            inode: found.st_ino,
            mode: found.st_mode & 0o7777,
            uid: found.st_uid,
            gid: found.st_gid,
            modified: Timestamp(found.st_mtime.saturating_mul(1000).saturating_add(part)),
        });
    }
    listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}

/// The names in an open folder, sorted by their bytes. What each is, the kernel says along with it
/// (readdir(3), `d_type`); it is asked once more on the few file systems that do not know.
pub(super) fn names_of(folder: &File) -> Result<Vec<Named>, ReadError> {
    let entries = rustix::fs::Dir::read_from(folder).map_err(errno)?;
    let mut named = Vec::new();
    for entry in entries {
        let entry = entry.map_err(errno)?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let mut file_type = entry.file_type();
        if file_type == FileType::Unknown {
            let Ok(found) = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) else {
                continue;
            };
            file_type = FileType::from_raw_mode(found.st_mode);
        }
        named.push((OsStr::from_bytes(name.to_bytes()).to_owned(), kind(file_type)));
    }
    named.sort_unstable();
    Ok(named)
}
