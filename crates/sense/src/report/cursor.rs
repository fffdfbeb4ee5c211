//! Where a byte of a stream stands.

use std::sync::Arc;

use holdfast_model::Place;

use crate::text::number;

/// The place of the next byte: line and column from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl At {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// Goes past some bytes; characters may be split between calls.
    pub(crate) fn advance(&mut self, bytes: &[u8]) {
        let last_line = match memchr::memrchr(b'\n', bytes) {
            Some(last) => {
                let lines = memchr::memchr_iter(b'\n', bytes).count();
                self.line = self.line.saturating_add(number(lines));
                self.column = 1;
                bytes.get(last + 1..).unwrap_or_default()
            }
            None => bytes,
        };
        // A character begins at every byte that continues none.
        let begin = last_line.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        self.column = self.column.saturating_add(number(begin));
    }

    /// `column` from 1 in the line `line` (from 1) of an item that begins here.
    pub(crate) fn within(self, line: usize, column: usize) -> Self {
        if line <= 1 {
            let column = self.column.saturating_add(number(column.saturating_sub(1)));
            return Self { line: self.line, column };
        }
        Self { line: self.line.saturating_add(number(line - 1)), column: number(column.max(1)) }
    }

    pub(crate) fn place(self, path: &Arc<str>) -> Place {
        Place { path: Arc::clone(path), line: self.line, column: self.column }
    }
}
