//! The data folder: who holds it, the signing key, the permissions of its files.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::StoreError;
use crate::ledger::Random;

/// The database.
pub(crate) const DATABASE: &str = "holdfast.db";
const LOCK: &str = "lock";
const KEY: &str = "key";

fn failed(path: &Path, error: std::io::Error) -> StoreError {
    let path = path.to_owned();
    match error.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull { path },
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly { path }
        }
        _ => StoreError::Io { path, error },
    }
}

/// Makes the folder for its owner alone. A folder that is there keeps its permissions: it may have
/// been chosen for more than this; the files in it are for their owner alone anyway.
pub(crate) fn make(folder: &Path) -> Result<(), StoreError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| failed(folder, error))
}

/// Opens a file for reading and writing, made for its owner alone if it is not there.
fn own_file(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| failed(path, error))
}

/// Takes the folder for this process, until the file is closed.
pub(crate) fn hold(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK);
    let mut file = own_file(&path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            let mut text = String::new();
            // The holder may be just about to write its number.
            let pid = match (&file).take(20).read_to_string(&mut text) {
                Ok(_) => text.trim().parse().ok(),
                Err(_) => None,
            };
            return Err(StoreError::Held { pid, folder: folder.to_owned() });
        }
        Err(error) => return Err(failed(&path, error.into())),
    }
    let pid = rustix::process::getpid().as_raw_nonzero();
    file.set_len(0)
        .and_then(|()| file.write_all(format!("{pid}\n").as_bytes()))
        .map_err(|error| failed(&path, error))?;
    Ok(file)
}

/// The path of the database, made for its owner alone.
pub(crate) fn database(folder: &Path) -> Result<PathBuf, StoreError> {
    let path = folder.join(DATABASE);
    own_file(&path)?;
    Ok(path)
}

/// Reads the signing key, if there is one.
pub(crate) fn read_key(folder: &Path) -> Result<Option<[u8; 32]>, StoreError> {
    let path = folder.join(KEY);
    match std::fs::read(&path) {
        Ok(bytes) => match bytes.try_into() {
            Ok(key) => Ok(Some(key)),
            Err(_) => Err(StoreError::Key { path, detail: "it has not 32 bytes".to_owned() }),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path, error)),
    }
}

/// What to say where the key should be and is not, or is another.
pub(crate) fn key_error(folder: &Path, detail: &str) -> StoreError {
    StoreError::Key { path: folder.join(KEY), detail: detail.to_owned() }
}

/// Makes a signing key. It is whole on the disk before it has its name, so that a crash leaves
/// either a key or none.
pub(crate) fn make_key(folder: &Path, random: Random<'_>) -> Result<[u8; 32], StoreError> {
    let mut key = [0; 32];
    random(&mut key);
    let (path, new) = (folder.join(KEY), folder.join("key.new"));
    let mut file = own_file(&new)?;
    file.set_len(0)
        .and_then(|()| file.write_all(&key))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::rename(&new, &path))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| failed(&path, error))?;
    Ok(key)
}
