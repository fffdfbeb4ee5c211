//! Cuts pushed XML into tags and runs of text.
//!
//! Knows where markup begins and ends (XML 1.0, section 2 and 3); what a tag holds is read by
//! `quick-xml` in [`super::xml`]. A document type declaration is passed over, with all the
//! entities that it declares: nothing is ever expanded and nothing is fetched.

use quick_xml::parser::{ElementParser, Parser};

use super::cursor::At;

/// The most that is kept of one tag, and of one run of text, in bytes.
pub(super) const LONGEST: usize = 1 << 20;

/// A piece of a document.
#[derive(Debug)]
pub(super) enum Piece<'a> {
    /// What stands between `<` and `>`, and whether its end was left out.
    Tag { inside: &'a [u8], cut: bool, at: At },
    /// Text with its references, up to markup.
    Text { bytes: &'a [u8], cut: bool, at: At },
    /// Text of a CDATA section.
    Data { bytes: &'a [u8], at: At },
    /// A document type declaration begins.
    Doctype { at: At },
}

enum Mode {
    Text,
    /// Behind `<`, until it is known what begins.
    Begin,
    Tag(ElementParser),
    /// Until the two bytes and `>`.
    Until([u8; 2], What),
    Doctype {
        quote: u8,
        depth: usize,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Comment,
    Data,
    Instruction,
}

/// The state of cutting.
pub(super) struct Scan {
    mode: Mode,
    held: Vec<u8>,
    cut: bool,
    tail: [u8; 2],
    pub(super) at: At,
    piece_at: At,
    /// Whether text is wanted at all.
    pub(super) text: bool,
}

impl Scan {
    pub(super) fn new() -> Self {
        Self {
            mode: Mode::Text,
            held: Vec::new(),
            cut: false,
            tail: [0; 2],
            at: At::START,
            piece_at: At::START,
            text: false,
        }
    }

    /// Whether the document may end here: not within markup.
    pub(super) fn outside(&self) -> bool {
        matches!(self.mode, Mode::Text)
    }

    /// Takes bytes until one piece is whole; gives how many and the piece.
    pub(super) fn next<'a>(&'a mut self, bytes: &[u8]) -> (usize, Option<Piece<'a>>) {
        let (used, whole) = match &mut self.mode {
            Mode::Text => self.in_text(bytes),
            Mode::Begin => self.begin(bytes),
            Mode::Tag(parser) => {
                let end = parser.feed(bytes);
                self.keep(bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default());
                (end.map_or(bytes.len(), |end| end + 1), end.is_some())
            }
            Mode::Until(..) => self.until(bytes),
            Mode::Doctype { .. } => self.doctype(bytes),
        };
        self.at.advance(bytes.get(..used).unwrap_or_default());
        if !whole {
            return (used, None);
        }
        let at = self.piece_at;
        let cut = std::mem::take(&mut self.cut);
        let piece = match std::mem::replace(&mut self.mode, Mode::Text) {
            Mode::Text => {
                self.mode = Mode::Begin;
                // The mark itself was used, and markup begins at it.
                self.piece_at = At { column: self.at.column.saturating_sub(1), ..self.at };
                Some(Piece::Text { bytes: &self.held, cut, at })
            }
            Mode::Begin => {
                self.mode = Mode::Doctype { quote: 0, depth: 0 };
                Some(Piece::Doctype { at })
            }
            Mode::Tag(_) => Some(Piece::Tag { inside: &self.held, cut, at }),
            Mode::Until(_, What::Data) => Some(Piece::Data { bytes: &self.held, at }),
            Mode::Until(..) | Mode::Doctype { .. } => {
                self.held.clear();
                self.piece_at = self.at;
                None
            }
        };
        (used, piece)
    }

    /// What is held was handed over; the next piece begins here.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        if matches!(self.mode, Mode::Text) {
            self.piece_at = self.at;
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = LONGEST.saturating_sub(self.held.len());
        self.cut |= bytes.len() > room;
        self.held.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    fn in_text(&mut self, bytes: &[u8]) -> (usize, bool) {
        let end = memchr::memchr(b'<', bytes);
        if self.text {
            self.keep(bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default());
        }
        (end.map_or(bytes.len(), |end| end + 1), end.is_some())
    }

    /// Reads as many bytes as tell what begins; gives `true` for a document type declaration.
    fn begin(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (used, byte) in bytes.iter().enumerate() {
            self.held.push(*byte);
            self.tail = [0; 2];
            let until = |end, what| Mode::Until(end, what);
            let mode = match self.held.as_slice() {
                b"?" => until([0, b'?'], What::Instruction),
                b"!--" => until(*b"--", What::Comment),
                b"![CDATA[" => until(*b"]]", What::Data),
                b"!" | b"!-" => continue,
                held if b"![CDATA[".starts_with(held) => continue,
                held if held.starts_with(b"!") => {
                    // What is no declaration that we know is passed over like one.
                    self.held.clear();
                    return (used, true);
                }
                _ => {
                    self.mode = Mode::Tag(ElementParser::Outside);
                    // The first byte may be the end of a tag that holds nothing.
                    self.held.clear();
                    return (used, false);
                }
            };
            self.mode = mode;
            self.held.clear();
            return (used + 1, false);
        }
        (bytes.len(), false)
    }

    fn until(&mut self, bytes: &[u8]) -> (usize, bool) {
        let Mode::Until([first, second], what) = self.mode else { return (0, false) };
        let keep = what == What::Data && self.text;
        let mut from = 0;
        while let Some(found) = bytes.get(from..).and_then(|rest| memchr::memchr(b'>', rest)) {
            let before = bytes.get(..from + found).unwrap_or_default();
            let last = |back: usize| match before.len().checked_sub(back) {
                Some(at) => before.get(at).copied(),
                None => self.tail.get((2 + before.len()).saturating_sub(back)).copied(),
            };
            let matches = last(1) == Some(second) && (first == 0 || last(2) == Some(first));
            from += found + 1;
            if matches {
                if keep {
                    self.keep(bytes.get(..from - 1).unwrap_or_default());
                    if !self.cut {
                        self.held.truncate(self.held.len().saturating_sub(2));
                    }
                }
                return (from, true);
            }
        }
        if keep {
            self.keep(bytes);
        }
        for byte in bytes.iter().skip(bytes.len().saturating_sub(2)) {
            let [_, last] = self.tail;
            self.tail = [last, *byte];
        }
        (bytes.len(), false)
    }

    fn doctype(&mut self, bytes: &[u8]) -> (usize, bool) {
        let Mode::Doctype { quote, depth } = &mut self.mode else { return (0, false) };
        for (used, byte) in bytes.iter().enumerate() {
            match *byte {
                b if *quote == b => *quote = 0,
                _ if *quote != 0 => {}
                b @ (b'"' | b'\'') => *quote = b,
                b'[' | b'<' => *depth += 1,
                b']' => *depth = depth.saturating_sub(1),
                b'>' if *depth == 0 => return (used + 1, true),
                b'>' => *depth -= 1,
                _ => {}
            }
        }
        (bytes.len(), false)
    }
}
