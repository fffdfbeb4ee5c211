//! Strings of JSON and their escapes (RFC 8259 section 7).

use std::borrow::Cow;

use holdfast_model::Span;

use super::json_parser::Parser;

impl<'a> Parser<'a> {
    pub(super) fn over_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' if self.bytes.get(self.at + 1).is_some_and(|next| *next != b'\n') => {
                    self.at += 2;
                }
                b'\n' => return,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
    }

    /// A string; the span lies inside its quotes. Without a closing quote it ends with its line.
    pub(super) fn string(&mut self) -> (Cow<'a, str>, Span) {
        self.at += 1;
        let start = self.at;
        while self.peek().is_some_and(|byte| byte != b'"' && byte != b'\\' && byte >= b' ') {
            self.at += 1;
        }
        let plain = self.text.get(start..self.at).unwrap_or_default();
        if self.peek() == Some(b'"') {
            let span = Span { start, end: self.at };
            self.at += 1;
            return (Cow::Borrowed(plain), span);
        }
        let mut text = plain.to_owned();
        loop {
            let from = self.at;
            match self.peek() {
                Some(b'"') => {
                    let span = Span { start, end: self.at };
                    self.at += 1;
                    return (Cow::Owned(text), span);
                }
                Some(b'\\') => self.escape(&mut text),
                None | Some(b'\n' | b'\r') => {
                    let span = Span { start: start.saturating_sub(1), end: self.at };
                    if self.peek().is_none() {
                        self.cut_off();
                    } else {
                        self.syntax(span, "this string has no closing quote", "end it with `\"`");
                    }
                    return (Cow::Owned(text), Span { start, end: self.at });
                }
                Some(byte) if byte < b' ' => {
                    self.syntax(
                        self.here(),
                        "a control character stands in a string",
                        "write it as an escape, such as `\\t`",
                    );
                    text.push(char::from(byte));
                    self.at += 1;
                }
                Some(_) => {
                    while self.peek().is_some_and(|b| b != b'"' && b != b'\\' && b >= b' ') {
                        self.at += 1;
                    }
                    text.push_str(self.text.get(from..self.at).unwrap_or_default());
                }
            }
        }
    }

    fn escape(&mut self, text: &mut String) {
        let start = self.at;
        let letter = self.bytes.get(start + 1).copied();
        self.at = start + 2;
        let plain = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                if let Some(character) = self.unicode() {
                    text.push(character);
                    return;
                }
                '\u{FFFD}'
            }
            _ => {
                // Only the backslash is dropped; what follows may be a quote's line end.
                self.at = start + 1;
                self.syntax(
                    Span { start, end: self.at },
                    "this escape is not known in JSON",
                    "write `\\\\` for a backslash",
                );
                return;
            }
        };
        if letter == Some(b'u') {
            self.syntax(
                Span { start, end: self.at },
                "this escape stands for no character",
                "`\\u` takes four hexadecimal digits; halves of a pair stand together",
            );
        }
        text.push(plain);
    }

    /// The digits behind `\u`, and a second escape where they are half of a pair.
    fn unicode(&mut self) -> Option<char> {
        let first = self.four_digits()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first);
        }
        let back = self.at;
        if self.bytes.get(self.at..self.at + 2) == Some(b"\\u") {
            self.at += 2;
            if let Some(second) = self.four_digits().filter(|n| (0xDC00..0xE000).contains(n)) {
                return char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            }
        }
        self.at = back;
        None
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }
}
