//! The parser of `json`: one pass, at most `MAX_DEPTH` frames deep, every step consumes.

use std::collections::HashSet;

use holdfast_model::Span;

use super::json::{Kind, MAX_DEPTH, MAX_VALUES, Member, Value};
use super::report::{MAX_PROBLEMS, Mistake};

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    /// The open brackets around the position.
    open: Vec<u8>,
    values: usize,
    ended: bool,
    too_deep: bool,
    too_large: bool,
    mistakes: Vec<Mistake>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            open: Vec::new(),
            values: 0,
            ended: false,
            too_deep: false,
            too_large: false,
            mistakes: Vec::new(),
        }
    }

    pub(super) fn document(mut self) -> (Value<'a>, Vec<Mistake>) {
        self.space();
        let value = self.value();
        self.space();
        if self.peek().is_some() {
            self.syntax(
                self.here(),
                "there is more text behind the end of the document",
                "remove it, or restore the bracket that is missing before it",
            );
        }
        (value, self.mistakes)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn value(&mut self) -> Value<'a> {
        let start = self.at;
        self.values += 1;
        if self.values > MAX_VALUES {
            return self.left_out("json-too-large");
        }
        let kind = match self.peek() {
            Some(b'{' | b'[') if self.open.len() >= MAX_DEPTH => {
                return self.left_out("json-too-deep");
            }
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => {
                let (text, span) = self.string();
                return Value { span, kind: Kind::String(text) };
            }
            Some(b'-' | b'0'..=b'9' | b'+' | b'.') => self.number(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => self.word(),
            Some(b'}' | b']' | b',' | b':') => {
                self.syntax(self.here(), "a value is missing here", "write a value, or `null`");
                Kind::Broken
            }
            Some(_) => {
                let here = self.here();
                self.skip();
                self.syntax(
                    here,
                    "this is no JSON value",
                    "strings stand in double quotes; `null`, `true` and `false` are written small",
                );
                Kind::Broken
            }
            None => {
                self.cut_off();
                Kind::Broken
            }
        };
        Value { span: Span { start, end: self.at }, kind }
    }

    fn object(&mut self) -> Kind<'a> {
        let mut members: Vec<Member<'a>> = Vec::new();
        self.open.push(b'{');
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                None => self.cut_off(),
                Some(b'}') => self.at += 1,
                Some(b']') => {
                    if self.stray(b'[', "expected `}`") {
                        continue;
                    }
                }
                Some(b'"') => {
                    self.one_member(&mut members);
                    self.separator(b'}');
                    continue;
                }
                Some(b',') => {
                    self.syntax(self.here(), "there is nothing before this comma", "remove it");
                    self.at += 1;
                    continue;
                }
                Some(_) => {
                    let here = self.here();
                    self.skip();
                    self.syntax(here, "a key is missing here", "keys stand in double quotes");
                    self.separator(b'}');
                    continue;
                }
            }
            break;
        }
        self.open.pop();
        self.duplicates(&members);
        Kind::Object(members)
    }

    fn one_member(&mut self, members: &mut Vec<Member<'a>>) {
        let (key, key_span) = self.string();
        self.space();
        if self.peek() == Some(b':') {
            self.at += 1;
            self.space();
        } else if self.peek().is_some() {
            self.syntax(
                self.here(),
                "a `:` is missing between key and value",
                "write `\"key\": value`",
            );
        }
        let value = self.value();
        members.push(Member { key, key_span, value });
    }

    fn array(&mut self) -> Kind<'a> {
        let mut values = Vec::new();
        self.open.push(b'[');
        self.at += 1;
        loop {
            self.space();
            match self.peek() {
                None => self.cut_off(),
                Some(b']') => self.at += 1,
                Some(b'}') => {
                    if self.stray(b'{', "expected `]`") {
                        continue;
                    }
                }
                Some(b',') => {
                    self.syntax(self.here(), "there is nothing before this comma", "remove it");
                    self.at += 1;
                    continue;
                }
                Some(b':') => {
                    self.syntax(
                        self.here(),
                        "a list has no keys",
                        "put key and value into `{` and `}`",
                    );
                    self.at += 1;
                    continue;
                }
                Some(_) => {
                    let value = self.value();
                    if value.kind != Kind::Broken {
                        values.push(value);
                    }
                    self.separator(b']');
                    continue;
                }
            }
            break;
        }
        self.open.pop();
        Kind::Array(values)
    }

    /// A closing bracket of the other kind. `true` if it belongs to nothing and was dropped;
    /// `false` if it closes a bracket further out, so that this one is taken as closed.
    fn stray(&mut self, opener: u8, message: &str) -> bool {
        self.syntax(self.here(), message, "close the brackets in the order they were opened");
        let dropped = !self.open.contains(&opener);
        if dropped {
            self.at += 1;
        }
        dropped
    }

    /// What stands behind a member or an element.
    fn separator(&mut self, closer: u8) {
        self.space();
        match self.peek() {
            Some(b',') => {
                let comma = self.here();
                self.at += 1;
                self.space();
                if self.peek() == Some(closer) {
                    self.mistakes_push(Mistake {
                        loses: false,
                        ..Mistake::loss(
                            "json-trailing-comma",
                            comma,
                            "a comma stands before the closing bracket",
                        )
                        .help("remove the comma")
                    });
                }
            }
            None | Some(b'}' | b']') => {}
            Some(byte) => {
                let what =
                    if closer == b'}' { "expected `,` or `}`" } else { "expected `,` or `]`" };
                self.syntax(self.here(), what, "separate what follows with a comma");
                // A comma that was merely forgotten costs nothing.
                if byte != b'"' && !(closer == b']' && matches!(byte, b'{' | b'[')) {
                    self.skip();
                    if self.peek() == Some(b',') {
                        self.at += 1;
                    }
                }
            }
        }
    }

    /// Goes on to the next `,` or closing bracket of this level; always consumes.
    fn skip(&mut self) {
        let mut depth = 0_usize;
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b',' | b'}' | b']' if depth == 0 && self.at > start => break,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b'"' => {
                    self.over_string();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    /// Leaves a value out that is nested too deep or comes too late.
    fn left_out(&mut self, code: &'static str) -> Value<'a> {
        let here = self.here();
        let told = match code {
            "json-too-deep" => &mut self.too_deep,
            _ => &mut self.too_large,
        };
        if !std::mem::replace(told, true) {
            let (message, help) = match code {
                "json-too-deep" => (
                    format!("this is nested more than {MAX_DEPTH} levels deep"),
                    "what lies deeper was left out; no tool writes such a file",
                ),
                _ => (
                    format!("this document holds more than {MAX_VALUES} values"),
                    "the rest was left out; no tool writes such a file",
                ),
            };
            self.mistakes_push(Mistake::loss(code, here, message).help(help));
        }
        if code == "json-too-large" {
            self.at = self.text.len();
            self.ended = true;
        } else {
            self.over_brackets();
        }
        Value { span: Span { start: here.start, end: self.at }, kind: Kind::Broken }
    }

    fn over_brackets(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                b'"' => {
                    self.over_string();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    fn number(&mut self) -> Kind<'a> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b)) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if is_number(text) {
            return Kind::Number(text);
        }
        self.syntax(Span { start, end: self.at }, "this is no number", "put it into double quotes");
        Kind::Broken
    }

    fn word(&mut self) -> Kind<'a> {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_') {
            self.at += 1;
        }
        match self.text.get(start..self.at).unwrap_or_default() {
            "null" => Kind::Null,
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            _ => {
                self.syntax(
                    Span { start, end: self.at },
                    "this word is not known in JSON",
                    "put it into double quotes; `null`, `true` and `false` are written small",
                );
                Kind::Broken
            }
        }
    }

    /// Blanks, and comments, which are said.
    fn space(&mut self) {
        loop {
            while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
                self.at += 1;
            }
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                return;
            };
            let span = Span { start: self.at, end: self.at + length };
            self.at += length;
            self.mistakes_push(
                Mistake::slip("json-comment", span, "JSON has no comments").help("remove it"),
            );
        }
    }

    fn duplicates(&mut self, members: &[Member<'a>]) {
        let mut again: Vec<(&str, Span)> = Vec::new();
        if members.len() <= 16 {
            for (index, member) in members.iter().enumerate() {
                if members.iter().take(index).any(|other| other.key == member.key) {
                    again.push((&member.key, member.key_span));
                }
            }
        } else {
            let mut seen = HashSet::with_capacity(members.len());
            again.extend(
                members
                    .iter()
                    .filter(|member| !seen.insert(&*member.key))
                    .map(|member| (&*member.key, member.key_span)),
            );
        }
        for (key, span) in again.into_iter().take(MAX_PROBLEMS + 1) {
            let key: String = key.chars().take(80).collect();
            self.mistakes_push(
                Mistake::slip(
                    "json-duplicate-key",
                    span,
                    format!("the key `{key}` stands here a second time; the last one counts"),
                )
                .help("remove one of them"),
            );
        }
    }

    pub(super) fn cut_off(&mut self) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let end = self.text.trim_end().len();
        let start = self.text.floor_char_boundary(end.saturating_sub(1));
        self.mistakes_push(
            Mistake::loss(
                "json-cut-off",
                Span { start, end },
                "the file ends here, before it is complete",
            )
            .help("restore the rest of the file, or let its tool write it again"),
        );
    }

    /// The character at the position.
    pub(super) fn here(&self) -> Span {
        let start = self.at.min(self.text.len());
        Span { start, end: self.text.ceil_char_boundary((start + 1).min(self.text.len())) }
    }

    pub(super) fn syntax(&mut self, span: Span, message: &str, help: &str) {
        self.mistakes_push(Mistake::loss("json-syntax", span, message).help(help));
    }

    /// The report tells a bounded number; more need not be kept.
    fn mistakes_push(&mut self, mistake: Mistake) {
        if self.mistakes.len() <= MAX_PROBLEMS {
            self.mistakes.push(mistake);
        }
    }
}

/// The grammar of RFC 8259 section 6.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
