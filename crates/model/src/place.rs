//! Places in what was read. Every fact carries its place from the first byte.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A position people can open: path, line and column, both from 1; columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Relative to the root that was looked at, with `/`; absolute for files of a host.
    pub path: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Place {
    /// The first character of a file, for facts about the file itself.
    pub fn start_of(path: impl Into<Arc<str>>) -> Self {
        Self { path: path.into(), line: 1, column: 1 }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A half-open range of bytes in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The text it covers, or `None` where it does not lie on character boundaries of `text`.
    pub fn of(self, text: &str) -> Option<&str> {
        text.get(self.start..self.end)
    }
}

/// The line starts of one text: turns byte offsets into lines and columns.
///
/// Building it costs one pass; a question costs a binary search and a count of one line.
#[derive(Debug)]
pub struct Lines<'a> {
    bytes: &'a [u8],
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// Finds the line starts. A line ends with `\n`.
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(
            bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1),
        );
        Self { bytes, starts }
    }

    /// Line and column (from 1, characters) of a byte offset; offsets past the end mean the end.
    pub fn at(&self, offset: usize) -> (u32, u32) {
        let offset = offset.min(self.bytes.len());
        let index = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or_default();
        let before = self.bytes.get(start..offset).unwrap_or_default();
        // A character begins at every byte that is not a UTF-8 continuation byte.
        let characters = before.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        (number(index) + 1, number(characters) + 1)
    }

    /// The place of a byte offset in the file `path`.
    pub fn place(&self, path: &Arc<str>, offset: usize) -> Place {
        let (line, column) = self.at(offset);
        Place { path: Arc::clone(path), line, column }
    }

    /// The text of a line (from 1) without its end; broken UTF-8 is replaced.
    pub fn text(&self, line: u32) -> String {
        let index = (line as usize).saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(self.bytes.len());
        let end = self.starts.get(index + 1).map_or(self.bytes.len(), |next| next - 1);
        let bytes = self.bytes.get(start..end.max(start)).unwrap_or_default();
        String::from_utf8_lossy(bytes).trim_end_matches('\r').to_owned()
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let lines = Lines::new("a\näöü x\n".as_bytes());
        assert_eq!(lines.at(0), (1, 1));
        assert_eq!(lines.at(2), (2, 1));
        assert_eq!(lines.at(2 + 7), (2, 5));
        assert_eq!(lines.text(2), "äöü x");
        assert_eq!(lines.at(999), (3, 1));
    }

    #[test]
    fn carriage_returns_are_not_text() {
        let lines = Lines::new(b"one\r\ntwo");
        assert_eq!(lines.text(1), "one");
        assert_eq!(lines.text(2), "two");
        assert_eq!(lines.text(3), "");
    }
}
