//! Cuts a stream of JSON into its records, in whatever way they were put together: one a line,
//! over several lines, in lists, in the `{"Records": […]}` of a CloudTrail file, one behind the
//! other.
//!
//! Knows where records begin and end; does not read them. A record that lies within one chunk is
//! handed on as a slice of it.

use holdfast_model::Problem;

use super::cursor::{Cursor, Mark};
use super::scan::{Around, Scan, Stop};
use super::{LONGEST, told};

/// What comes out.
pub(super) enum Piece<'a> {
    /// One JSON object, as far as its brackets tell, and where it begins.
    Record(&'a [u8], Cursor),
    /// Something that is no record.
    Refused(Problem),
    /// The stream ends too early.
    Partial(Problem),
}

type Out<'o> = dyn FnMut(Piece<'_>) + 'o;

/// The state between two chunks.
pub(super) struct Split {
    state: State,
    /// Where `at` of [`Split::step`] was last, in lines and columns.
    cursor: Cursor,
    mark: Mark,
    scan: Scan,
    /// What was read of a record of which the rest is in the next chunk.
    carry: Vec<u8>,
    /// How long the present record is so far, in bytes.
    length: usize,
    /// Where it begins.
    start: Cursor,
    within: Within,
    /// The records so far took one line each.
    one_per_line: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a record.
    Between,
    /// Behind the bracket of an object that is a record or an envelope: see `carry`.
    Opening,
    /// In a record.
    Record,
    /// In something else, up to the end of its line or, in a list, to the next comma.
    Junk,
    /// Behind a record that broke off, up to the next line that begins with an object; whether
    /// this is the beginning of a line.
    Lost(bool),
    /// Behind the list of an envelope, up to its bracket.
    Trailer,
    /// Nothing more is read.
    Ignored,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Nothing: records follow one another.
    Stream,
    /// A list.
    List,
    /// The list of an object.
    Envelope,
}

impl Split {
    pub(super) fn new() -> Self {
        Self {
            state: State::Between,
            cursor: Cursor::START,
            mark: Mark::default(),
            scan: Scan::default(),
            carry: Vec::new(),
            length: 0,
            start: Cursor::START,
            within: Within::Stream,
            one_per_line: false,
        }
    }

    /// Takes the next bytes; `end` with the last of them.
    pub(super) fn push(&mut self, chunk: &[u8], end: bool, out: &mut Out<'_>) {
        if self.state == State::Ignored {
            return;
        }
        let Some(chunk) = self.mark.strip(chunk) else {
            self.state = State::Ignored;
            return out(Piece::Refused(told::utf_16()));
        };
        let mut chunk = Chunk { bytes: chunk, at: 0, told: 0 };
        while chunk.at < chunk.bytes.len() {
            self.step(&mut chunk, out);
        }
        self.catch_up(&mut chunk);
        if end {
            self.finish(out);
        }
    }

    fn step(&mut self, chunk: &mut Chunk<'_>, out: &mut Out<'_>) {
        match self.state {
            State::Between => self.between(chunk, out),
            State::Opening => self.opening(chunk, out),
            State::Record => self.record(chunk, out),
            State::Junk => self.junk(chunk),
            State::Lost(fresh) => self.lost(chunk, fresh),
            State::Trailer => match self.scan.run(chunk.rest(), Around::List) {
                Some(Stop::End(n) | Stop::Broken(n)) => {
                    chunk.at += n;
                    self.within = Within::Stream;
                    self.state = State::Between;
                }
                None => chunk.skip(),
            },
            State::Ignored => chunk.skip(),
        }
    }

    /// Brings the cursor to where the chunk is read.
    fn catch_up(&mut self, chunk: &mut Chunk<'_>) {
        self.cursor.advance(chunk.bytes.get(chunk.told..chunk.at).unwrap_or_default());
        chunk.told = chunk.at;
    }

    fn between(&mut self, chunk: &mut Chunk<'_>, out: &mut Out<'_>) {
        let Some(&byte) = chunk.bytes.get(chunk.at) else { return };
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => {
                chunk.at += 1;
                return;
            }
            b']' if self.within != Within::Stream => {
                chunk.at += 1;
                (self.state, self.scan) = match self.within {
                    Within::Envelope => (State::Trailer, Scan::inside_object()),
                    Within::Stream | Within::List => (State::Between, Scan::default()),
                };
                self.within = Within::Stream;
                return;
            }
            b'[' if self.within == Within::Stream => {
                self.catch_up(chunk);
                self.start = self.cursor;
                self.within = Within::List;
                chunk.at += 1;
                return;
            }
            _ => {}
        }
        self.catch_up(chunk);
        self.start = self.cursor;
        self.scan = Scan::default();
        self.length = 0;
        self.carry.clear();
        self.state = match (byte, self.within) {
            (b'{', Within::Stream) => State::Opening,
            (b'{', _) => State::Record,
            _ => {
                out(Piece::Refused(told::no_record(self.start)));
                State::Junk
            }
        };
    }

    /// Tells records and envelopes apart, with as few bytes of further chunks as it takes.
    fn opening(&mut self, chunk: &mut Chunk<'_>, out: &mut Out<'_>) {
        let opening = if self.carry.is_empty() {
            Opening::of(chunk.rest())
        } else {
            let Some(&byte) = chunk.bytes.get(chunk.at) else { return };
            self.carry.push(byte);
            Opening::of(&self.carry)
        };
        let carried = !self.carry.is_empty();
        match opening {
            Opening::Envelope(n) => {
                chunk.at += if carried { 1 } else { n };
                self.carry.clear();
                self.within = Within::Envelope;
                self.state = State::Between;
            }
            Opening::Record if carried => {
                chunk.at += 1;
                self.state = State::Record;
                let opening = std::mem::take(&mut self.carry);
                self.resume(&opening, chunk, out);
            }
            Opening::Record => self.state = State::Record,
            Opening::Undecided if carried => chunk.at += 1,
            Opening::Undecided => {
                self.carry.extend_from_slice(chunk.rest());
                chunk.skip();
            }
        }
    }

    /// Reads the bytes that told that this is a record; all but the last were carried.
    fn resume(&mut self, opening: &[u8], chunk: &mut Chunk<'_>, out: &mut Out<'_>) {
        match self.scan.run(opening, self.around()) {
            None => self.carry.extend_from_slice(opening),
            // The last byte decided, so that nothing can have ended before it.
            Some(Stop::End(_)) => self.found(opening, out),
            Some(Stop::Broken(_)) => {
                chunk.at -= 1;
                self.broken(out);
            }
        }
        self.length = self.carry.len();
    }

    fn around(&self) -> Around {
        match self.within {
            Within::Stream => Around::Lines { one_per_line: self.one_per_line },
            Within::List | Within::Envelope => Around::List,
        }
    }

    fn record(&mut self, chunk: &mut Chunk<'_>, out: &mut Out<'_>) {
        let rest = chunk.rest();
        match self.scan.run(rest, self.around()) {
            Some(Stop::End(n)) => {
                chunk.at += n;
                let bytes = rest.get(..n).unwrap_or_default();
                self.length += n;
                if self.carry.is_empty() || self.length > LONGEST {
                    self.found(bytes, out);
                } else {
                    self.carry.extend_from_slice(bytes);
                    let whole = std::mem::take(&mut self.carry);
                    self.found(&whole, out);
                    // The space is worth keeping, for most records are of one size.
                    self.carry = whole;
                    self.carry.clear();
                }
            }
            Some(Stop::Broken(n)) => {
                chunk.at += n;
                self.broken(out);
            }
            None => {
                self.length += rest.len();
                if self.length > LONGEST {
                    self.carry = Vec::new();
                } else {
                    self.carry.extend_from_slice(rest);
                }
                chunk.skip();
            }
        }
    }

    fn found(&mut self, bytes: &[u8], out: &mut Out<'_>) {
        self.state = State::Between;
        if self.within == Within::Stream {
            self.one_per_line = !self.scan.many_lines;
        }
        if self.length > LONGEST {
            out(Piece::Refused(told::too_long(self.start)));
        } else {
            out(Piece::Record(bytes, self.start));
        }
    }

    fn broken(&mut self, out: &mut Out<'_>) {
        out(Piece::Refused(told::broken(self.start)));
        self.carry.clear();
        self.scan = Scan::default();
        // At the line end in a string, or at the object behind one.
        self.state = State::Lost(true);
    }

    fn junk(&mut self, chunk: &mut Chunk<'_>) {
        let end = match self.within {
            Within::Stream => memchr::memchr(b'\n', chunk.rest()),
            Within::List | Within::Envelope => self.scan.element(chunk.rest()),
        };
        match end {
            Some(n) => {
                chunk.at += n;
                self.state = State::Between;
            }
            None => chunk.skip(),
        }
    }

    fn lost(&mut self, chunk: &mut Chunk<'_>, fresh: bool) {
        match chunk.bytes.get(chunk.at) {
            Some(b'{') if fresh => self.state = State::Between,
            Some(b'\n') => {
                chunk.at += 1;
                self.state = State::Lost(true);
            }
            _ => {
                self.state = State::Lost(false);
                match memchr::memchr(b'\n', chunk.rest()) {
                    Some(n) => chunk.at += n,
                    None => chunk.skip(),
                }
            }
        }
    }

    fn finish(&mut self, out: &mut Out<'_>) {
        match (self.state, self.within) {
            (State::Record, _) if self.length > LONGEST => {
                out(Piece::Refused(told::too_long(self.start)));
            }
            (State::Opening | State::Record, _) => out(Piece::Partial(told::cut(self.start))),
            (State::Trailer, _) | (_, Within::List | Within::Envelope) => {
                out(Piece::Partial(told::list_cut(self.cursor)));
            }
            _ => {}
        }
        self.state = State::Ignored;
    }
}

/// A chunk, how far it was read, and how far the cursor knows of it.
struct Chunk<'a> {
    bytes: &'a [u8],
    at: usize,
    told: usize,
}

impl<'a> Chunk<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self) {
        self.at = self.bytes.len();
    }
}

/// What the beginning of an object tells.
enum Opening {
    /// It holds a list of records, which begins behind this offset.
    Envelope(usize),
    Record,
    Undecided,
}

impl Opening {
    fn of(bytes: &[u8]) -> Self {
        let mut at = 0;
        for token in ["{", "\"Records\"", ":", "["] {
            while let Some(b' ' | b'\t' | b'\r' | b'\n') = bytes.get(at) {
                at += 1;
                // No tool indents so far; without a bound a stream of spaces would be kept.
                if at > 4096 {
                    return Self::Record;
                }
            }
            let rest = bytes.get(at..).unwrap_or_default();
            if !rest.starts_with(token.as_bytes()) {
                let cut = token.as_bytes().starts_with(rest);
                return if cut { Self::Undecided } else { Self::Record };
            }
            at += token.len();
        }
        Self::Envelope(at)
    }
}
