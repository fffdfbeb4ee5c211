//! A folder for one run, made for this user alone and removed at the end.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use holdfast_model::{Digest, Problem};

use crate::World;

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
        let mut bytes = [0; 32];
        world.random.fill(&mut bytes)?;
        let named = world.environment.get("TMPDIR").map(Path::new);
        let folder = named.filter(|path| path.is_absolute()).unwrap_or(Path::new(TEMPORARY));
        let name: String = Digest(bytes).to_string().chars().take(24).collect();
        let path = folder.join(format!("{prefix}-{name}"));
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
}
