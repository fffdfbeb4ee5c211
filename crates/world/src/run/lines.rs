//! Lines out of bytes that come in pieces.

use super::Stream;

/// The longest line that is handed on in one piece, in bytes.
pub const MAX_LINE: usize = 16 << 10;

/// Cuts one output into lines. A carriage return ends a line, too: programs that draw progress
/// write nothing else for minutes.
#[derive(Debug)]
pub(crate) struct Splitter {
    stream: Stream,
    held: Vec<u8>,
    /// Whether the last byte was a carriage return, to which a line feed may belong.
    returned: bool,
}

impl Splitter {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, held: Vec::new(), returned: false }
    }

    /// Takes the next bytes and hands on the lines that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8], line: &mut dyn FnMut(Stream, &str)) {
        for byte in bytes {
            let after_return = std::mem::take(&mut self.returned);
            match byte {
                b'\n' if after_return => {}
                b'\n' => self.hand_on(line),
                b'\r' => {
                    self.returned = true;
                    self.hand_on(line);
                }
                byte => {
                    self.held.push(*byte);
                    if self.held.len() >= MAX_LINE {
                        self.hand_on_piece(line);
                    }
                }
            }
        }
    }

    /// Hands on what has no end of line.
    pub(crate) fn finish(&mut self, line: &mut dyn FnMut(Stream, &str)) {
        if !self.held.is_empty() {
            self.hand_on(line);
        }
    }

    fn hand_on(&mut self, line: &mut dyn FnMut(Stream, &str)) {
        line(self.stream, &String::from_utf8_lossy(&self.held));
        self.held.clear();
    }

    /// A piece ends where a character ends, if it is text at all.
    fn hand_on_piece(&mut self, line: &mut dyn FnMut(Stream, &str)) {
        let unfinished = unfinished(&self.held);
        let rest = self.held.split_off(self.held.len() - unfinished);
        self.hand_on(line);
        self.held = rest;
    }
}

/// How many bytes at the end begin a character that is not complete: at most three.
fn unfinished(bytes: &[u8]) -> usize {
    let needs = |first: u8| match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    let last = bytes.iter().rev().take(3).enumerate();
    for (back, byte) in last {
        if needs(*byte) > back + 1 {
            return back + 1;
        }
        if byte & 0xC0 != 0x80 {
            return 0;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::new(Stream::Stdout);
        let mut lines = Vec::new();
        let mut line = |_, text: &str| lines.push(text.to_owned());
        for piece in pieces {
            splitter.push(piece, &mut line);
        }
        splitter.finish(&mut line);
        lines
    }

    #[test]
    fn every_way_to_end_a_line_ends_one() {
        assert_eq!(lines(&[b"a\nb\r\nc\rd"]), ["a", "b", "c", "d"]);
        assert_eq!(lines(&[b"a\r", b"\nb"]), ["a", "b"]);
        assert_eq!(lines(&[b"\n\r\n\r\r\n"]), ["", "", "", ""]);
        assert_eq!(lines(&[b"a\n"]), ["a"]);
        assert!(lines(&[b""]).is_empty());
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(lines(&[b"a\xFFb\n"]), ["a\u{FFFD}b"]);
        assert_eq!(lines(&["\u{e4}".as_bytes().first_chunk::<1>().unwrap()]), ["\u{FFFD}"]);
    }

    #[test]
    fn a_character_is_not_torn() {
        let text = format!("x{}", "\u{20AC}".repeat(MAX_LINE));
        let pieces = lines(&[text.as_bytes()]);
        assert!(pieces.len() >= 3);
        assert!(pieces.iter().all(|piece| piece.len() <= MAX_LINE));
        assert_eq!(pieces.concat(), text);
    }

    proptest! {
        #[test]
        fn how_the_bytes_come_changes_nothing(
            bytes in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()], 0..200),
            cut in 0_usize..200,
        ) {
            let (one, other) = bytes.split_at(cut.min(bytes.len()));
            prop_assert_eq!(lines(&[one, other]), lines(&[&bytes]));
        }

        #[test]
        fn no_piece_is_longer_than_said(seed in any::<u8>(), length in 0..3 * MAX_LINE) {
            let bytes = vec![seed; length];
            let kept: usize = lines(&[&bytes]).iter().map(|line| line.chars().count()).sum();
            prop_assert!(lines(&[&bytes]).iter().all(|line| line.len() <= 3 * MAX_LINE));
            prop_assert!(kept <= length.max(1));
        }
    }
}
