//! A part of a document as a file of its own, wherever its bytes are: what a reader of archives wants.
//!
//! Knows offsets; holds one piece at a time.

use std::cell::Cell;
use std::io::{self, Error, ErrorKind, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::ReadAt;

/// How much is asked for at once, in bytes.
const PIECE: usize = 16 << 10;

/// Bytes that are in memory.
pub(super) struct InMemory<'b>(pub(super) &'b [u8]);

impl ReadAt for InMemory<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Option<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let rest = self.0.get(start..)?;
        let length = rest.len().min(into.len());
        into.get_mut(..length)?.copy_from_slice(rest.get(..length)?);
        Some(length)
    }
}

/// Where a part of a document begins and how long it is.
#[derive(Clone, Copy)]
pub(super) struct Window<'b> {
    of: &'b dyn ReadAt,
    start: u64,
    length: u64,
}

impl<'b> Window<'b> {
    /// All of a document.
    pub(super) fn whole(of: &'b dyn ReadAt) -> Self {
        Self { of, start: 0, length: of.size() }
    }

    /// How long it is, in bytes.
    pub(super) fn length(self) -> u64 {
        self.length
    }

    /// A part of this one; `None` where it leads out.
    pub(super) fn part(self, offset: u64, length: u64) -> Option<Self> {
        let inside = offset.checked_add(length)? <= self.length;
        inside.then_some(Self { of: self.of, start: self.start.checked_add(offset)?, length })
    }

    /// Opens it. No more bytes are asked for than there is room, which whoever opens it may change.
    pub(super) fn open(self, room: &Rc<Cell<u64>>) -> Opened<'b> {
        Opened { window: self, room: Rc::clone(room), at: 0, from: 0, piece: Vec::new() }
    }
}

/// A window that is read.
pub(super) struct Opened<'b> {
    window: Window<'b>,
    room: Rc<Cell<u64>>,
    at: u64,
    /// Where the piece begins that is here.
    from: u64,
    piece: Vec<u8>,
}

impl Opened<'_> {
    /// Asks for the piece that begins here.
    fn ask(&mut self) -> io::Result<()> {
        let left = self.window.length.saturating_sub(self.at);
        let wanted = PIECE.min(usize::try_from(left).unwrap_or(usize::MAX));
        self.from = self.at;
        self.piece.clear();
        if wanted == 0 {
            return Ok(());
        }
        let room = self.room.get().checked_sub(wanted as u64);
        self.room.set(room.ok_or_else(|| Error::other("more of it is read than there is room"))?);
        self.piece.resize(wanted, 0);
        let offset = self.window.start.saturating_add(self.at);
        let there = self.window.of.read_at(offset, &mut self.piece);
        self.piece.truncate(there.unwrap_or_default());
        if there.is_none() {
            return Err(Error::other("it cannot be read"));
        }
        Ok(())
    }
}

impl Read for Opened<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let here = self.from..self.from.saturating_add(self.piece.len() as u64);
        if !here.contains(&self.at) {
            self.ask()?;
        }
        let skip = usize::try_from(self.at.saturating_sub(self.from)).unwrap_or(usize::MAX);
        let rest = self.piece.get(skip..).unwrap_or_default();
        let length = rest.len().min(into.len());
        if let (Some(into), Some(rest)) = (into.get_mut(..length), rest.get(..length)) {
            into.copy_from_slice(rest);
        }
        self.at = self.at.saturating_add(length as u64);
        Ok(length)
    }
}

impl Seek for Opened<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.window.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| Error::from(ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
    }

    proptest! {
        /// Whatever is done to a window, it is as if its bytes were a file of their own.
        #[test]
        fn a_window_is_read_as_a_file_of_its_own(
            size in 0_usize..60_000,
            start: prop::sample::Index,
            end: prop::sample::Index,
            steps in prop::collection::vec((0_u8..3, -50_000_i64..50_000, 0_usize..40_000), 1..12),
        ) {
            let all = bytes(size);
            let (start, end) = (start.index(size + 1), end.index(size + 1));
            let (start, end) = (start.min(end), start.max(end));
            let memory = InMemory(&all);
            let window = Window::whole(&memory).part(start as u64, (end - start) as u64).unwrap();
            let mut opened = window.open(&Rc::new(Cell::new(u64::MAX)));
            let mut wanted = Cursor::new(&all[start..end]);
            for (how, by, length) in steps {
                let to = match how {
                    0 => SeekFrom::Start(by.unsigned_abs()),
                    1 => SeekFrom::End(by),
                    _ => SeekFrom::Current(by),
                };
                prop_assert_eq!(opened.seek(to).ok(), wanted.seek(to).ok());
                let (mut is, mut want) = (Vec::new(), Vec::new());
                (&mut opened).take(length as u64).read_to_end(&mut is).unwrap();
                (&mut wanted).take(length as u64).read_to_end(&mut want).unwrap();
                prop_assert_eq!(is, want);
            }
        }
    }

    #[test]
    fn nothing_outside_and_no_more_than_there_is_room() {
        let all = bytes(3 * PIECE);
        let memory = InMemory(&all);
        let whole = Window::whole(&memory);
        assert!(whole.part(1, 3 * PIECE as u64).is_none());
        assert!(whole.part(u64::MAX, 2).is_none());
        let inner = whole.part(10, 20).unwrap();
        assert!(inner.part(0, 21).is_none() && inner.part(20, 0).is_some());
        let room = Rc::new(Cell::new(2 * PIECE as u64));
        let mut opened = whole.open(&room);
        assert!(opened.read_to_end(&mut Vec::new()).is_err());
        room.set(u64::MAX);
        opened.rewind().unwrap();
        let mut read = Vec::new();
        opened.read_to_end(&mut read).unwrap();
        assert_eq!(read, all);
    }

    /// A document that is there and cannot be read.
    struct Gone;

    impl ReadAt for Gone {
        fn size(&self) -> u64 {
            100
        }

        fn read_at(&self, _offset: u64, _into: &mut [u8]) -> Option<usize> {
            None
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_end() {
        let mut opened = Window::whole(&Gone).open(&Rc::new(Cell::new(u64::MAX)));
        assert!(opened.read(&mut [0; 10]).is_err());
    }
}
