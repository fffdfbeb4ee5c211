//! A folder or a file for one run, made for this user alone and removed at the end.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use holdfast_model::{Digest, Problem};

use crate::files::{read_error, write_error};
use crate::{ReadError, World, WriteError};

/// Where temporary files are kept unless the environment names a folder, by hier(7).
const TEMPORARY: &str = "/tmp";

/// A folder that goes away with this value, with everything in it.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes a new folder among the system's temporary ones. Its name is nobody's to guess, and one
    /// that is there already is never used.
    /// `$TMPDIR` names the folder they are in, where it is absolute.
    ///
    /// # Errors
    ///
    /// `no-scratch` where it cannot be made, `no-random` where there are no random numbers.
    pub fn new(prefix: &str, world: &World) -> Result<Self, Problem> {
        let path = new_path(prefix, world)?;
        // Not recursive: what is there already was made by somebody else.
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| {
            let message = format!("`{}` cannot be made: {error}", path.display());
            Problem::new("no-scratch", message).help("name a folder: --data DIR")
        })?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed with the other temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A path among the system's temporary files that nobody can guess.
fn new_path(prefix: &str, world: &World) -> Result<PathBuf, Problem> {
    let mut bytes = [0; 32];
    world.random.fill(&mut bytes)?;
    let named = world.environment.get("TMPDIR").map(Path::new);
    let folder = named.filter(|path| path.is_absolute()).unwrap_or(Path::new(TEMPORARY));
    let name: String = Digest(bytes).to_string().chars().take(24).collect();
    Ok(folder.join(format!("{prefix}-{name}")))
}

/// A temporary file that grows piece by piece and is read by offsets. It has no name, so that nobody
/// else opens it, and it goes away with this value, however the process ends.
#[derive(Debug)]
pub struct Spool(File);

impl Spool {
    /// Makes an empty one; see [`Scratch::new`] for where.
    ///
    /// # Errors
    ///
    /// `no-scratch` where it cannot be made, `no-random` where there are no random numbers.
    pub fn new(prefix: &str, world: &World) -> Result<Self, Problem> {
        let path = new_path(prefix, world)?;
        let made = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path);
        let file = made.and_then(|file| std::fs::remove_file(&path).map(|()| file));
        file.map(Self).map_err(|error| {
            let message = format!("`{}` cannot be made: {error}", path.display());
            Problem::new("no-scratch", message).help("let $TMPDIR name a folder with room in it")
        })
    }

    /// Adds bytes at its end.
    ///
    /// # Errors
    ///
    /// Where there is no room, or the disk fails.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.0.write_all(bytes).map_err(|error| write_error(&error))
    }

    /// A part of it from an offset on, in bytes; less than `length` where it ends.
    ///
    /// # Errors
    ///
    /// Where the disk fails.
    pub fn part(&self, offset: u64, length: usize) -> Result<Vec<u8>, ReadError> {
        let size = self.0.metadata().map_err(|error| read_error(&error))?.len();
        let left = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(left)];
        match self.0.read_exact_at(&mut bytes, offset) {
            Ok(()) => Ok(bytes),
            // It has become shorter, which nobody can make it.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(ReadError::Other("it is cut off".to_owned()))
            }
            Err(error) => Err(read_error(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::Recorded;

    #[test]
    fn it_is_private_and_goes_away() {
        let outer = tempfile::tempdir().unwrap();
        let world = |folder: &Path| {
            World::recorded(Recorded::new().variable("TMPDIR", folder.to_str().unwrap()))
        };
        let scratch = Scratch::new("holdfast-test", &world(outer.path())).unwrap();
        let path = scratch.path().to_owned();
        assert_eq!(path.parent(), Some(outer.path()));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::create_dir(path.join("inside")).unwrap();
        let again = Scratch::new("holdfast-test", &world(outer.path())).unwrap_err();
        assert_eq!(again.code, "no-scratch", "what is there is not used");
        drop(scratch);
        assert!(!path.exists());
    }
    #[test]
    fn a_spool_has_no_name_and_gives_back_what_it_took() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().to_str().unwrap();
        let world = World::recorded(Recorded::new().variable("TMPDIR", folder));
        let mut spool = Spool::new("holdfast-test", &world).unwrap();
        assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 0);
        for piece in [&b"one "[..], b"", b"and two"] {
            spool.push(piece).unwrap();
        }
        assert_eq!(spool.part(0, 4).unwrap(), b"one ");
        assert_eq!(spool.part(8, 100).unwrap(), b"two");
        assert_eq!(spool.part(11, 1).unwrap(), b"");
        assert_eq!(spool.part(u64::MAX, 1).unwrap(), b"");
        let world = World::recorded(Recorded::new().variable("TMPDIR", "/nothing/there"));
        assert_eq!(Spool::new("holdfast-test", &world).unwrap_err().code, "no-scratch");
    }
}
