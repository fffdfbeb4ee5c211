//! Cuts a stream of text into its lines.
//!
//! Knows line ends; must not know what stands between them. A line that lies within one chunk is
//! handed on as a slice of it.

use memchr::memchr;

use super::LONGEST;
use super::cursor::{Cursor, Mark};

/// What comes out.
pub(super) enum Line<'a> {
    /// A line without its end.
    Whole(&'a [u8]),
    /// A line of more than [`LONGEST`] bytes.
    TooLong,
    /// The stream ends within this line, which is a part of one.
    Half,
    /// The stream is written in UTF-16; there are no more lines.
    Utf16,
}

/// The state between two chunks.
pub(super) struct LineSplit {
    mark: Mark,
    /// What was read of a line of which the rest is in the next chunk.
    carry: Vec<u8>,
    /// How long the present line is so far, in bytes.
    length: usize,
    line: u32,
    over: bool,
}

impl LineSplit {
    pub(super) fn new() -> Self {
        Self { mark: Mark::default(), carry: Vec::new(), length: 0, line: 1, over: false }
    }

    /// Takes the next bytes; `end` with the last of them.
    pub(super) fn push(&mut self, chunk: &[u8], end: bool, each: &mut dyn FnMut(Cursor, Line<'_>)) {
        if self.over {
            return;
        }
        let Some(mut rest) = self.mark.strip(chunk) else {
            self.over = true;
            return each(Cursor::START, Line::Utf16);
        };
        while let Some(n) = memchr(b'\n', rest) {
            let (line, after) = rest.split_at(n);
            rest = after.get(1..).unwrap_or_default();
            self.line(line, each);
        }
        self.length += rest.len();
        if self.length > LONGEST {
            self.carry = Vec::new();
        } else {
            self.carry.extend_from_slice(rest);
        }
        if end {
            self.over = true;
            let place = Cursor { line: self.line, column: 1 };
            match self.length {
                0 => {}
                n if n > LONGEST => each(place, Line::TooLong),
                _ => each(place, Line::Half),
            }
        }
    }

    fn line(&mut self, rest: &[u8], each: &mut dyn FnMut(Cursor, Line<'_>)) {
        let place = Cursor { line: self.line, column: 1 };
        self.length += rest.len();
        if self.length > LONGEST {
            each(place, Line::TooLong);
        } else if self.carry.is_empty() {
            each(place, Line::Whole(without_return(rest)));
        } else {
            self.carry.extend_from_slice(rest);
            each(place, Line::Whole(without_return(&self.carry)));
        }
        self.carry.clear();
        self.length = 0;
        self.line = self.line.saturating_add(1);
    }
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
