//! Scalars and bracketed collections.
//!
//! Knows quotes, escapes and brackets; must not know indentation.

use std::borrow::Cow;

use holdfast_model::Span;

use crate::text::json::{Kind, Member, Value};

/// How deep brackets may lie in one another.
const MAX_DEPTH: usize = 32;

/// What a word without quotes means. Numbers stay texts: `1.10` is a version.
pub(super) fn word(text: &str) -> Kind<'_> {
    match text {
        "null" | "~" | "" => Kind::Null,
        "true" => Kind::Bool(true),
        "false" => Kind::Bool(false),
        _ => Kind::String(Cow::Borrowed(text)),
    }
}

/// A text in quotes that begins at `at` and ends before `limit`: the text, the bytes inside the
/// quotes, and where it ends; `None` where there is no opening or no closing quote.
pub(super) fn quoted(text: &str, at: usize, limit: usize) -> Option<(Cow<'_, str>, Span, usize)> {
    let body = text.get(at..limit)?;
    let (quote, double) = match body.as_bytes().first()? {
        b'"' => (b'"', true),
        b'\'' => (b'\'', false),
        _ => return None,
    };
    let bytes = body.as_bytes();
    let mut end = 1;
    let mut plain = true;
    loop {
        match *bytes.get(end)? {
            b'\\' if double => {
                plain = false;
                end += 2;
            }
            byte if byte == quote => {
                // Inside single quotes, a quote is written twice.
                if double || bytes.get(end + 1) != Some(&quote) {
                    break;
                }
                plain = false;
                end += 2;
            }
            _ => end += 1,
        }
    }
    let inside = body.get(1..end)?;
    let meant = match (plain, double) {
        (true, _) => Cow::Borrowed(inside),
        (false, true) => Cow::Owned(unescape(inside)),
        (false, false) => Cow::Owned(inside.replace("''", "'")),
    };
    Some((meant, Span { start: at + 1, end: at + end }, at + end + 1))
}

/// The escapes of YAML 1.2 (section 5.7) that its writers use.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(sign) = rest.next() {
        if sign != '\\' {
            out.push(sign);
            continue;
        }
        let digits = match rest.next() {
            Some('n') => {
                out.push('\n');
                continue;
            }
            Some('t') => {
                out.push('\t');
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            // A line that goes on.
            Some('\n') | None => continue,
            Some(other) => {
                out.push(other);
                continue;
            }
        };
        let code: String = rest.by_ref().take(digits).collect();
        let letter = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
        out.push(letter.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    out
}

/// Reads `{a: b, c: [d]}`; every step consumes.
pub(super) struct Flow<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) limit: usize,
    pub(super) depth: usize,
    /// Whether it stopped because brackets lie too deep in one another.
    pub(super) deep: bool,
    /// Where it stopped making sense.
    pub(super) broken: Option<Span>,
}

impl<'a> Flow<'a> {
    fn peek(&mut self) -> Option<u8> {
        loop {
            let rest = self.text.get(self.at..self.limit)?;
            let inner = rest.trim_start();
            self.at += rest.len() - inner.len();
            if !inner.starts_with('#') {
                break;
            }
            self.at += inner.find('\n').unwrap_or(inner.len());
        }
        self.text.as_bytes().get(self.at).copied().filter(|_| self.at < self.limit)
    }

    fn fail(&mut self, start: usize) {
        let end = self.text.ceil_char_boundary((start + 1).min(self.text.len()));
        self.broken.get_or_insert(Span { start, end });
    }

    pub(super) fn value(&mut self) -> Value<'a> {
        let first = self.peek();
        let start = self.at;
        let closer = match first {
            Some(b'{') => b'}',
            Some(b'[') => b']',
            Some(b'"' | b'\'') => {
                let Some((text, span, end)) = quoted(self.text, start, self.limit) else {
                    return self.give_up(start);
                };
                self.at = end;
                return Value { span, kind: Kind::String(text) };
            }
            _ => {
                let (text, span) = self.plain(false);
                return Value { span, kind: word(text) };
            }
        };
        if self.depth >= MAX_DEPTH {
            self.deep = true;
            return self.give_up(start);
        }
        self.depth += 1;
        self.at += 1;
        let mut members = Vec::new();
        let mut values = Vec::new();
        loop {
            match self.peek() {
                None => {
                    self.fail(start);
                    break;
                }
                Some(byte) if byte == closer => {
                    self.at += 1;
                    break;
                }
                Some(b',') => self.at += 1,
                Some(b'}' | b']') => {
                    let here = self.at;
                    self.fail(here);
                    self.at += 1;
                }
                Some(_) if closer == b'}' => members.extend(self.member()),
                Some(_) => values.push(self.value()),
            }
        }
        self.depth -= 1;
        let kind = if closer == b'}' { Kind::Object(members) } else { Kind::Array(values) };
        Value { span: Span { start, end: self.at }, kind }
    }

    fn member(&mut self) -> Option<Member<'a>> {
        let start = self.at;
        let (key, key_span) = if let Some((key, span, end)) = quoted(self.text, start, self.limit) {
            self.at = end;
            (key, span)
        } else {
            let (key, span) = self.plain(true);
            (Cow::Borrowed(key), span)
        };
        let value = match self.peek() {
            Some(b':') => {
                self.at += 1;
                match self.peek() {
                    Some(b',' | b'}') | None => {
                        Value { span: Span { start: self.at, end: self.at }, kind: Kind::Null }
                    }
                    Some(_) => self.value(),
                }
            }
            _ if self.at == start => {
                self.fail(start);
                self.at = self.text.ceil_char_boundary(start + 1);
                return None;
            }
            _ => Value { span: Span { start: self.at, end: self.at }, kind: Kind::Null },
        };
        Some(Member { key, key_span, value })
    }

    /// A text without quotes: up to a comma, bracket or comment, as a key up to its colon.
    fn plain(&mut self, key: bool) -> (&'a str, Span) {
        let start = self.at;
        let rest = self.text.get(start..self.limit).unwrap_or_default();
        let mut length = rest.len();
        let mut signs = rest.char_indices().peekable();
        let mut blank = false;
        while let Some((at, sign)) = signs.next() {
            let next = signs.peek().map(|(_, next)| *next);
            let ends = match sign {
                ',' | '[' | ']' | '{' | '}' => true,
                '#' => blank,
                ':' => key && next.is_none_or(|next| next.is_whitespace() || ",}".contains(next)),
                _ => false,
            };
            if ends {
                length = at;
                break;
            }
            blank = sign.is_whitespace();
        }
        let text = rest.get(..length).unwrap_or_default().trim_end();
        self.at = start + length;
        // A bracket where a value should be belongs to nothing.
        if length == 0 && !key && self.at < self.limit {
            self.fail(start);
            self.at = self.text.ceil_char_boundary(start + 1);
        }
        (text, Span { start, end: start + text.len() })
    }

    fn give_up(&mut self, start: usize) -> Value<'a> {
        self.fail(start);
        self.at = self.limit;
        Value { span: Span { start, end: self.limit }, kind: Kind::Broken }
    }
}
