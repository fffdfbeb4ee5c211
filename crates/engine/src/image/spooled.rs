//! Large archives of an image: what lists their entries stands at their end, so that they lie in a
//! temporary file without a name until it has gone by.
//!
//! Knows room and faults; what is in an archive is for its reader. One lies there at a time.

use std::sync::Arc;

use holdfast_sense::Reader;
use holdfast_world::{Spool, World};

use crate::gather::{LARGEST, Tree, Unread, document, unreadable};
use crate::look::Document;

/// A file that grows as it goes by.
#[derive(Debug)]
pub(super) enum Spooling {
    /// What there is of it, and how much that is, in bytes.
    Into(Spool, u64),
    /// Why nothing of it is kept.
    Not(String),
}

impl Spooling {
    /// A file of that size. `None` where there is no place for it.
    pub(super) fn begin(world: &World, size: u64) -> Option<Self> {
        if size > LARGEST {
            return Some(Self::Not(format!("it is too large ({size} bytes)")));
        }
        Some(Self::Into(Spool::new("holdfast-image", world).ok()?, 0))
    }

    /// Takes the next piece.
    pub(super) fn piece(&mut self, bytes: &[u8]) {
        let Self::Into(spool, size) = self else { return };
        *size = size.saturating_add(bytes.len() as u64);
        if let Err(error) = spool.push(bytes) {
            let words = format!("it is too large to be held, and cannot be put aside: {error}");
            *self = Self::Not(words);
        }
    }

    /// What its reader says of the whole.
    pub(super) fn read(self, path: &Arc<str>, reader: &dyn Reader) -> Document {
        match self {
            Self::Into(spool, size) => {
                let read = document(&Lying { spool, size }, path, reader);
                read.unwrap_or_else(|gap| unreadable(path, reader, &gap.reason))
            }
            Self::Not(why) => unreadable(path, reader, &why),
        }
    }
}

/// A file that lies there whole.
struct Lying {
    spool: Spool,
    size: u64,
}

impl Tree for Lying {
    fn glob(&self, _pattern: &str) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        self.part(path, 0, usize::try_from(self.size).unwrap_or(usize::MAX))
    }

    fn size(&self, _path: &str) -> Option<u64> {
        Some(self.size)
    }

    fn part(&self, _path: &str, offset: u64, length: usize) -> Result<Arc<[u8]>, Unread> {
        let part = self.spool.part(offset, length);
        part.map(Into::into).map_err(|error| Unread::Other(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use holdfast_sense::system_reader_for;
    use holdfast_world::Recorded;

    use super::*;

    #[test]
    fn what_has_no_place_is_told_with_its_path() {
        let world = |folder: &str| World::recorded(Recorded::new().variable("TMPDIR", folder));
        let path: Arc<str> = "/srv/shop.war".into();
        let reader = system_reader_for(&path, &[]).unwrap();
        assert!(Spooling::begin(&world("/nothing/there"), 1 << 20).is_none());
        let mut spooling = Spooling::begin(&world("/nothing/there"), LARGEST + 1).unwrap();
        spooling.piece(b"PK");
        let document = spooling.read(&path, reader);
        assert!(document.partial && document.components.is_empty());
        let [problem] = &document.problems[..] else { panic!("{:?}", document.problems) };
        assert_eq!(problem.place.as_ref().map(|place| &*place.path), Some("/srv/shop.war"));
        assert!(problem.message.contains("too large"), "{problem}");
    }
}
