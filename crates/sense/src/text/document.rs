//! One file as text, with the places of its bytes and what was wrong with it as a file.
//!
//! Knows encodings and merge marks; must not know what the text means.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use holdfast_model::{Place, Problem, Span};

use super::conflict::settle;
use super::encoding::{Decoded, Kind, decode, utf_16};
use super::position::Positions;
use super::report::Mistake;

/// Excerpts are cut after so many bytes: 400 characters of four bytes.
const EXCERPT: usize = 1600;

/// A file as text. Offsets are those of [`Document::text`]; [`Document::span`] turns them into
/// those of the file, which differ by the byte order mark.
#[derive(Debug)]
pub struct Document<'a> {
    path: Arc<str>,
    bytes: &'a [u8],
    /// The text with its merge marks, where it was UTF-8: what excerpts show.
    raw: Option<&'a str>,
    text: Cow<'a, str>,
    base: usize,
    /// Whether the text was written in another encoding, so that its offsets are not those of the file.
    converted: bool,
    readable: bool,
    mixed: Option<usize>,
    mistakes: Vec<Mistake>,
    positions: OnceCell<Positions>,
}

impl<'a> Document<'a> {
    /// Decodes a file and takes out merge marks.
    pub fn open(path: &Arc<str>, bytes: &'a [u8]) -> Self {
        Self::decoded(path, bytes, decode(bytes))
    }

    /// The same for a kind of file that its program reads in UTF-16 too, by the byte order mark.
    /// Nothing in such a file can be rewritten.
    pub fn open_marked(path: &Arc<str>, bytes: &'a [u8]) -> Self {
        let Some(text) = utf_16(bytes) else { return Self::open(path, bytes) };
        let decoded = Decoded { text: Cow::Owned(text), base: 0, kind: Kind::Utf8 };
        Self { converted: true, ..Self::decoded(path, bytes, decoded) }
    }

    fn decoded(path: &Arc<str>, bytes: &'a [u8], decoded: Decoded<'a>) -> Self {
        let mut mistakes = Vec::new();
        let start = Span { start: 0, end: 0 };
        let mut readable = true;
        let mut mixed = None;
        match decoded.kind {
            Kind::Utf8 => {}
            Kind::Mixed(at) => mixed = Some(at),
            Kind::Utf16 => {
                readable = false;
                mistakes.push(
                    Mistake::loss("utf-16", start, "this file is written in UTF-16")
                        .help("save it as UTF-8"),
                );
            }
            Kind::Binary => {
                readable = false;
                mistakes.push(
                    Mistake::loss(
                        "binary-file",
                        start,
                        "this file holds zero bytes, so it is no text",
                    )
                    .help("replace it with the text file of that name, saved as UTF-8"),
                );
            }
        }
        let raw = match decoded.text {
            Cow::Borrowed(text) => Some(text),
            Cow::Owned(_) => None,
        };
        let text = match decoded.text {
            Cow::Borrowed(text) => {
                let settled = settle(text);
                mistakes.extend(settled.conflicts.into_iter().map(conflict));
                settled.text
            }
            Cow::Owned(text) => {
                let settled = settle(&text);
                mistakes.extend(settled.conflicts.into_iter().map(conflict));
                Cow::Owned(settled.text.into_owned())
            }
        };
        Self {
            path: Arc::clone(path),
            bytes,
            raw,
            text,
            base: decoded.base,
            converted: false,
            readable,
            mixed,
            mistakes,
            positions: OnceCell::new(),
        }
    }

    /// The path that places carry.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// The text, without byte order mark and merge marks.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is text at all.
    pub fn readable(&self) -> bool {
        self.readable
    }

    /// What was wrong with it as a file. Bytes that are no UTF-8 count unless the file's own
    /// declaration explains them (`explained`), as a Python coding line does.
    pub fn mistakes(&self, explained: bool) -> Vec<Mistake> {
        let mut out = self.mistakes.clone();
        if let (Some(at), false) = (self.mixed, explained) {
            out.push(
                Mistake::loss(
                    "not-utf-8",
                    Span { start: at, end: at + 1 },
                    "from here on this file is not written in UTF-8",
                )
                .help("save it as UTF-8"),
            );
        }
        out
    }

    /// The place of an offset of the text.
    pub fn place(&self, offset: usize) -> Place {
        let (line, column) = self.positions().at(&self.text, offset);
        Place { path: Arc::clone(&self.path), line, column }
    }

    /// The bytes of the file for a span of the text; none where the text is not in its encoding.
    pub fn span(&self, span: Span) -> Span {
        if self.converted {
            return Span { start: 0, end: 0 };
        }
        Span { start: span.start + self.base, end: span.end + self.base }
    }

    /// Whether these bytes of the file are exactly `text`: without escapes, joined lines or
    /// bytes that were replaced. Only such a place may be rewritten.
    pub fn is_verbatim(&self, span: Span, text: &str) -> bool {
        !self.converted && self.bytes.get(span.start..span.end) == Some(text.as_bytes())
    }

    /// A mistake as a problem with place and excerpt.
    pub fn problem(&self, mistake: &Mistake) -> Problem {
        let shown = self.raw.unwrap_or(&self.text);
        let line = self.positions().line(shown, mistake.span.start, EXCERPT);
        let meant = mistake.span.of(shown).unwrap_or_default();
        let length = meant.lines().next().unwrap_or_default().chars().take(400).count();
        Problem::at(mistake.code, self.place(mistake.span.start), mistake.message.clone())
            .help(mistake.help.clone())
            .excerpt(line, length)
    }

    fn positions(&self) -> &Positions {
        self.positions.get_or_init(|| Positions::new(&self.text))
    }
}

fn conflict(span: Span) -> Mistake {
    Mistake::loss(
        "merge-conflict",
        span,
        "an unfinished merge begins here; its upper side was read",
    )
    .help("finish the merge and remove the `<<<<<<<`, `=======` and `>>>>>>>` lines")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_the_byte_order_mark_and_columns_do_not() {
        let document = Document::open(&"f".into(), b"\xEF\xBB\xBFab");
        assert_eq!(document.span(Span { start: 1, end: 2 }), Span { start: 4, end: 5 });
        assert_eq!(document.place(1).column, 2);
    }

    #[test]
    fn what_is_marked_as_utf_16_is_read_and_never_rewritten() {
        for little in [true, false] {
            let mark: [u8; 2] = if little { [0xFF, 0xFE] } else { [0xFE, 0xFF] };
            let two = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            let units = "é\nab".encode_utf16().flat_map(two);
            let bytes: Vec<u8> = mark.into_iter().chain(units).collect();
            let document = Document::open_marked(&"f".into(), &bytes);
            assert!(document.readable() && document.mistakes(false).is_empty());
            assert_eq!(document.text(), "é\nab");
            let place = document.place(4);
            assert_eq!((place.line, place.column), (2, 2));
            let span = document.span(Span { start: 3, end: 5 });
            assert_eq!(span, Span { start: 0, end: 0 });
            assert!(!document.is_verbatim(span, ""));
            // Half a character is no text, nor is what has no mark.
            assert!(!Document::open_marked(&"f".into(), &bytes[..bytes.len() - 1]).readable());
            assert!(!Document::open_marked(&"f".into(), &bytes[4..]).readable());
        }
    }

    #[test]
    fn what_is_no_text_is_said_with_help() {
        let document = Document::open(&"f".into(), b"\xFF\xFEa\0");
        assert!(!document.readable());
        let problem = document.problem(&document.mistakes(false)[0]);
        assert_eq!(
            problem.to_string(),
            "f:1:1: this file is written in UTF-16; help: save it as UTF-8"
        );
    }
}
