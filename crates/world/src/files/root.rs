//! A folder that nothing can leave, together with the door to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Files, Kind, Listed, Mapped, Metadata, ReadError, Stat, Survey, Walk, WriteError};

/// An opened folder. Paths are relative to it, with `/`.
#[derive(Debug, Clone)]
pub struct Root {
    files: Arc<dyn Files>,
    /// The root as the door knows it.
    within: PathBuf,
    /// Its real path on this machine.
    path: PathBuf,
}

impl Root {
    /// Opens a folder; links in its own path are resolved once, now.
    pub fn open(files: Arc<dyn Files>, folder: &Path) -> Result<Self, ReadError> {
        let path = files.folder(folder)?;
        Ok(Self { files, within: path.clone(), path })
    }

    /// The whole machine; paths may be absolute.
    pub fn machine(files: Arc<dyn Files>) -> Self {
        Self { files, within: PathBuf::from("/"), path: PathBuf::from("/") }
    }

    /// The root of another system, as [`Files::system`] shows it; paths may be absolute, and mean
    /// what they mean there.
    pub fn system(files: &dyn Files, folder: &Path) -> Result<Self, ReadError> {
        let path = files.folder(folder)?;
        Ok(Self { files: files.system(&path)?, within: PathBuf::from("/"), path })
    }

    /// Its real path on this machine.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// See [`Files::read`].
    pub fn read(&self, path: impl AsRef<Path>, limit: u64) -> Result<Vec<u8>, ReadError> {
        self.files.read(&self.within, path.as_ref(), limit)
    }

    /// See [`Files::shared`].
    pub fn shared(&self, path: impl AsRef<Path>, limit: u64) -> Result<Arc<[u8]>, ReadError> {
        self.files.shared(&self.within, path.as_ref(), limit)
    }

    /// See [`Files::opened`].
    pub fn opened(&self, path: impl AsRef<Path>, limit: u64) -> Result<(Stat, Vec<u8>), ReadError> {
        self.files.opened(&self.within, path.as_ref(), limit)
    }

    /// See [`Files::pieces`].
    pub fn pieces(
        &self,
        path: impl AsRef<Path>,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ReadError> {
        self.files.pieces(&self.within, path.as_ref(), each)
    }

    /// See [`Files::head`].
    pub fn head(&self, path: impl AsRef<Path>, length: usize) -> Result<Vec<u8>, ReadError> {
        self.files.head(&self.within, path.as_ref(), length)
    }

    /// See [`Files::part`].
    pub fn part(
        &self,
        path: impl AsRef<Path>,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, ReadError> {
        self.files.part(&self.within, path.as_ref(), offset, length)
    }

    /// See [`Files::map`].
    pub fn map(&self, path: impl AsRef<Path>) -> Result<Mapped, ReadError> {
        self.files.map(&self.within, path.as_ref())
    }

    /// See [`Files::metadata`].
    pub fn metadata(&self, path: impl AsRef<Path>) -> Result<Metadata, ReadError> {
        self.files.metadata(&self.within, path.as_ref())
    }

    /// See [`Files::stat`].
    pub fn stat(&self, path: impl AsRef<Path>) -> Result<Stat, ReadError> {
        self.files.stat(&self.within, path.as_ref())
    }

    /// See [`Files::list`].
    pub fn list(&self, folder: impl AsRef<Path>) -> Result<Vec<Listed>, ReadError> {
        self.files.list(&self.within, folder.as_ref())
    }

    /// Whether a regular file stands there that we can see.
    pub fn has_file(&self, path: impl AsRef<Path>) -> bool {
        self.metadata(path).is_ok_and(|metadata| metadata.kind == Kind::File)
    }

    /// See [`Files::walk`].
    pub fn walk(&self, exclude: &[String]) -> Result<Walk, ReadError> {
        self.files.walk(&self.within, exclude)
    }

    /// See [`Files::survey`].
    pub fn survey(&self, names: &[&str], skip: &[&str]) -> Result<Survey, ReadError> {
        self.files.survey(&self.within, names, skip)
    }

    /// See [`Files::glob`].
    pub fn glob(&self, pattern: &str) -> Result<Vec<Arc<str>>, ReadError> {
        self.files.glob(&self.within, pattern)
    }

    /// See [`Files::write_new`].
    pub fn write_new(&self, path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), WriteError> {
        self.files.write_new(&self.within, path.as_ref(), bytes)
    }

    /// See [`Files::write_atomic`].
    pub fn write_atomic(&self, path: impl AsRef<Path>, bytes: &[u8]) -> Result<(), WriteError> {
        self.files.write_atomic(&self.within, path.as_ref(), bytes)
    }

    /// See [`Files::remove`].
    pub fn remove(&self, path: impl AsRef<Path>) -> Result<(), WriteError> {
        self.files.remove(&self.within, path.as_ref())
    }
}
