//! Files as slices of memory: the one place of the project with `unsafe`.

use std::fs::File;
use std::ops::Deref;
use std::sync::Arc;

use super::ReadError;

/// The bytes of a file, mapped where the world is real, held in memory where it is recorded.
#[derive(Debug, Clone)]
pub struct Mapped(Inner);

#[derive(Debug, Clone)]
enum Inner {
    Map(Arc<memmap2::Mmap>),
    Bytes(Arc<[u8]>),
}

impl Mapped {
    /// Bytes that are in memory anyway.
    pub fn of(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self(Inner::Bytes(bytes.into()))
    }

    /// Maps an open regular file for reading.
    #[expect(
        unsafe_code,
        reason = "a map is undefined where its file shrinks or changes in place; by contract the \
                  files mapped here are only ever replaced by a rename, which leaves the mapped \
                  inode as it was"
    )]
    pub(super) fn file(file: &File) -> Result<Self, ReadError> {
        // SAFETY: the map is private and read-only, and nobody writes into the inode it shows:
        // `Files::write_atomic`, the only writer of mapped files, makes a new one each time.
        let map = unsafe { memmap2::Mmap::map(file) };
        map.map(|map| Self(Inner::Map(Arc::new(map))))
            .map_err(|error| super::real::read_error(&error))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Inner::Map(map) => map,
            Inner::Bytes(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
