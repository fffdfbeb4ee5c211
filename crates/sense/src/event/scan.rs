//! Finds the end of a JSON value without reading it.
//!
//! Knows strings, escapes and brackets; must not know what stands between them.

use memchr::memchr3;

/// How far into a value a stream is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scan {
    /// How many brackets are open.
    depth: u32,
    /// Which of the innermost 128 open brackets are square, the innermost lowest.
    square: u128,
    text: Text,
    /// The last byte outside of strings that is no space.
    last: u8,
    /// Directly behind a line end.
    fresh: bool,
    /// A line end stands within the value.
    pub(super) many_lines: bool,
}

/// Whether a byte belongs to a string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside,
    /// Behind a backslash.
    Escaped,
}

/// Why a scan stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The value ends before this offset.
    End(usize),
    /// The value breaks off before this offset, where another record begins or a line ends.
    Broken(usize),
}

/// What stands around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// Values stand one after the other, each from the beginning of a line. `one_per_line` if
    /// those before it did not go over several lines.
    Lines { one_per_line: bool },
    /// A list, whose commas and brackets part values.
    List,
}

impl Scan {
    /// Within one object whose bracket was already passed.
    pub(super) fn inside_object() -> Self {
        Self { depth: 1, ..Self::default() }
    }

    /// Goes through some bytes, as far as the value goes; `None` where it goes on behind them.
    pub(super) fn run(&mut self, bytes: &[u8], around: Around) -> Option<Stop> {
        let mut at = 0;
        loop {
            if self.text != Text::Outside {
                at += self.string(bytes.get(at..)?, around)?;
                if self.text != Text::Outside {
                    // Stopped at a line end, where no string may have one.
                    return Some(Stop::Broken(at));
                }
            }
            let byte = *bytes.get(at)?;
            match byte {
                b'"' => self.text = Text::Inside,
                b'{' | b'[' => {
                    if byte == b'{' && self.fresh && !self.may_begin(around) {
                        return Some(Stop::Broken(at));
                    }
                    self.depth += 1;
                    self.square = (self.square << 1) | u128::from(byte == b'[');
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.square >>= 1;
                    if self.depth == 0 {
                        return Some(Stop::End(at + 1));
                    }
                }
                b'\n' => {
                    self.fresh = true;
                    self.many_lines = true;
                    at += 1;
                    continue;
                }
                b' ' | b'\t' | b'\r' => {
                    self.fresh = false;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            self.last = byte;
            self.fresh = false;
            at += 1;
        }
    }

    /// Goes to the end of a string: how many bytes it takes with its quote. With a line end in it
    /// it stays a string.
    fn string(&mut self, bytes: &[u8], around: Around) -> Option<usize> {
        let mut at = 0;
        if self.text == Text::Escaped {
            bytes.first()?;
            self.text = Text::Inside;
            at = 1;
        }
        loop {
            let rest = bytes.get(at..)?;
            let found = special(rest)?;
            at += found + 1;
            match rest.get(found) {
                Some(b'"') => {
                    self.text = Text::Outside;
                    return Some(at);
                }
                Some(b'\\') => {
                    if at >= bytes.len() {
                        self.text = Text::Escaped;
                        return None;
                    }
                    at += 1;
                }
                _ if around == Around::List => {}
                _ => return Some(at - 1),
            }
        }
    }

    /// Whether an object may begin at the start of a line within this value. Where it cannot, the
    /// value broke off and what begins is the next record.
    fn may_begin(&self, around: Around) -> bool {
        let Around::Lines { one_per_line } = around else { return true };
        let fits = match self.last {
            b'[' | b':' => true,
            b',' => self.square & 1 == 1 || self.depth > 128,
            _ => false,
        };
        fits && !one_per_line
    }

    /// Goes to the comma or bracket that ends an element of a list which is no object.
    pub(super) fn element(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            match (self.text, byte) {
                (Text::Escaped, _) | (Text::Outside, b'"') => self.text = Text::Inside,
                (Text::Inside, b'\\') => self.text = Text::Escaped,
                (Text::Inside, b'"') => self.text = Text::Outside,
                (Text::Outside, b',' | b']') if self.depth == 0 => return Some(at),
                (Text::Outside, b'{' | b'[') => self.depth += 1,
                (Text::Outside, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
                (Text::Inside | Text::Outside, _) => {}
            }
        }
        None
    }
}

/// How many words of eight bytes are looked at before a search is called: few strings are longer,
/// and a call costs as much as they do.
const WORDS: usize = 4;

/// The first quote, backslash or line end.
fn special(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let mut at = 0;
    for word in words.iter().take(WORDS) {
        let word = u64::from_le_bytes(*word);
        let found = equal(word, b'"') | equal(word, b'\\') | equal(word, b'\n');
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    Some(at + memchr3(b'"', b'\\', b'\n', bytes.get(at..)?)?)
}

/// The highest bit of the lowest byte that equals `byte`; bits above it may be set as well.
fn equal(word: u64, byte: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let zero = word ^ (LOW * u64::from(byte));
    zero.wrapping_sub(LOW) & !zero & HIGH
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINES: Around = Around::Lines { one_per_line: false };

    fn stop(text: &str) -> Option<Stop> {
        Scan::default().run(text.as_bytes(), LINES)
    }

    #[test]
    fn values_end_with_their_bracket() {
        assert_eq!(stop(r#"{"a}":"\"}"} x"#), Some(Stop::End(12)));
        assert_eq!(stop("{\"a\\\\\":[{}]}"), Some(Stop::End(12)));
        assert_eq!(stop("{\"a\":"), None);
        assert_eq!(stop("{\n\"a\": [\n{}\n,\n{}]}"), Some(Stop::End(18)));
    }

    #[test]
    fn a_line_that_begins_with_an_object_is_the_next_record() {
        assert_eq!(stop("{\"a\":\"x\n{}"), Some(Stop::Broken(7)));
        assert_eq!(stop("{\"a\":1\n{}"), Some(Stop::Broken(7)));
        assert_eq!(stop("{\"a\":1,\n{}"), Some(Stop::Broken(8)));
        // This could go on, unless each record before it took one line.
        assert_eq!(stop("{\"a\":\n{}"), None);
        let single = Around::Lines { one_per_line: true };
        assert_eq!(Scan::default().run(b"{\"a\":\n{}", single), Some(Stop::Broken(6)));
        // A list has no such doubts.
        assert_eq!(Scan::default().run(b"{\"a\":1\n{}", Around::List), None);
    }

    proptest! {
        #[test]
        fn the_first_special_byte_is_found(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let wanted = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
            prop_assert_eq!(special(&bytes), wanted);
        }

        #[test]
        fn ends_do_not_depend_on_pieces(text in "\\{[{}\\[\\]\"\\\\\n,:a ]{0,60}", cut in 0..60_usize) {
            let bytes = text.as_bytes();
            let whole = Scan::default().run(bytes, LINES);
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            let mut scan = Scan::default();
            let pieces = scan.run(first, LINES).or_else(|| {
                scan.run(second, LINES).map(|stop| match stop {
                    Stop::End(at) => Stop::End(at + first.len()),
                    Stop::Broken(at) => Stop::Broken(at + first.len()),
                })
            });
            prop_assert_eq!(whole, pieces);
        }
    }
}
