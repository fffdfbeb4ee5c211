//! Where a byte of a stream stands, while only pieces of the stream are held.
//!
//! Knows lines, columns and the marks that some write before a text; must not know any format.

use holdfast_model::Place;
use memchr::{memchr_iter, memrchr};

use crate::text::number;

/// The place of the next byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cursor {
    /// From 1.
    pub(super) line: u32,
    /// From 1, in characters.
    pub(super) column: u32,
}

impl Cursor {
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// Goes past some bytes; characters may be split between calls.
    pub(super) fn advance(&mut self, bytes: &[u8]) {
        if let Some(last) = memrchr(b'\n', bytes) {
            self.line = self.line.saturating_add(number(memchr_iter(b'\n', bytes).count()));
            let after = bytes.get(last + 1..).unwrap_or_default();
            self.column = characters(after).saturating_add(1);
        } else {
            self.column = self.column.saturating_add(characters(bytes));
        }
    }

    /// The same, behind so many bytes of the text that begins here.
    pub(super) fn behind(mut self, text: &str, bytes: usize) -> Self {
        self.advance(text.as_bytes().get(..bytes).unwrap_or_default());
        self
    }

    /// As a place in a file that the caller of a stream knows.
    pub(super) fn place(self) -> Place {
        Place { path: "".into(), line: self.line, column: self.column }
    }
}

/// How many characters begin in some bytes: at every byte that continues none.
fn characters(bytes: &[u8]) -> u32 {
    // Sums of one byte are what compilers turn into the widest instructions.
    let few = |bytes: &[u8]| -> u8 { bytes.iter().map(|b| u8::from((b & 0xC0) != 0x80)).sum() };
    number(bytes.chunks(255).map(|bytes| usize::from(few(bytes))).sum())
}

/// What the first bytes of a stream say of its encoding.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    seen: usize,
    over: bool,
}

const UTF_8: [u8; 3] = [0xEF, 0xBB, 0xBF];

impl Mark {
    /// What follows the byte order mark of UTF-8, which may come in pieces; `None` where the
    /// stream begins as one of UTF-16, no byte of which begins a character of UTF-8.
    pub(super) fn strip<'a>(&mut self, mut chunk: &'a [u8]) -> Option<&'a [u8]> {
        while !self.over {
            let Some((first, rest)) = chunk.split_first() else { break };
            if self.seen == 0 && matches!(first, 0xFE | 0xFF) {
                return None;
            }
            if UTF_8.get(self.seen) == Some(first) {
                self.seen += 1;
                chunk = rest;
            } else {
                self.over = true;
            }
        }
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use holdfast_model::Lines;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn marks_are_no_text() {
        let mut mark = Mark::default();
        assert_eq!(mark.strip(b"\xEF\xBB"), Some(&b""[..]));
        assert_eq!(mark.strip(b"\xBF{"), Some(&b"{"[..]));
        assert_eq!(mark.strip(b"\xEF\xBB\xBF"), Some(&b"\xEF\xBB\xBF"[..]));
        assert_eq!(Mark::default().strip(b"\xFF\xFE{\0"), None);
    }

    proptest! {
        #[test]
        fn places_are_those_of_the_whole_text(
            text in "[a\n\u{e4}\u{1f980}]{0,600}", cuts in proptest::collection::vec(0..600_usize, 0..6)
        ) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.sort_unstable();
            let mut cursor = Cursor::START;
            let mut from = 0;
            for cut in cuts.into_iter().chain([bytes.len()]) {
                cursor.advance(&bytes[from..cut]);
                from = cut;
            }
            prop_assert_eq!((cursor.line, cursor.column), Lines::new(bytes).at(bytes.len()));
        }
    }
}
