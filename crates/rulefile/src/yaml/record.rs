//! YAML that is scanned long before it is read: rules that come along with the program are scanned
//! when it is built, since finding the bounds of their words costs more than all that follows.
//!
//! Knows the parser's events and how they are kept; writing and reading stand side by side. Must
//! use nothing of this crate: build scripts include this file as it is.

use std::borrow::Cow;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// An event of the parser, and the bytes of the text that it covers.
pub type Covering<'t> = (Event<'t>, Range<usize>);

/// The events of a text, to be kept. `None` where it is no YAML, or holds what no rule may (a byte
/// order mark, an anchor, an alias, a tag, a second document): whoever reads it has to say so.
pub fn record(text: &str) -> Option<Vec<u8>> {
    if text.starts_with('\u{feff}') {
        return None;
    }
    // The parser counts characters.
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let byte = |character: usize| bytes.get(character).copied().unwrap_or(text.len());
    let mut out = Vec::new();
    let mut documents = 0;
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.ok()?;
        let covers = byte(span.start.index())..byte(span.end.index());
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) if documents == 0 => documents += 1,
            Event::Scalar(value, style, 0, None) => {
                let plain = style == ScalarStyle::Plain;
                begin(&mut out, if plain { b'p' } else { b'q' }, &covers);
                keep_value(&mut out, &value, text, covers.start + usize::from(!plain));
            }
            Event::SequenceStart(0, None) => begin(&mut out, b'[', &covers),
            Event::SequenceEnd => begin(&mut out, b']', &covers),
            Event::MappingStart(0, None) => begin(&mut out, b'{', &covers),
            Event::MappingEnd => begin(&mut out, b'}', &covers),
            Event::DocumentStart(_)
            | Event::Alias(_)
            | Event::Scalar(..)
            | Event::SequenceStart(..)
            | Event::MappingStart(..) => return None,
        }
    }
    Some(out)
}

/// The events that `record` kept of this text. `None` where these bytes are not from there.
pub fn recorded<'t>(text: &'t str, kept: &'t [u8]) -> Option<Vec<Covering<'t>>> {
    let mut kept = Kept(kept);
    let mut out = Vec::new();
    while !kept.0.is_empty() {
        let kind = kept.byte()?;
        let covers = kept.number()?..kept.number()?;
        let event = match kind {
            b'p' => Event::Scalar(kept.value(text)?, ScalarStyle::Plain, 0, None),
            b'q' => Event::Scalar(kept.value(text)?, ScalarStyle::DoubleQuoted, 0, None),
            b'[' => Event::SequenceStart(0, None),
            b']' => Event::SequenceEnd,
            b'{' => Event::MappingStart(0, None),
            b'}' => Event::MappingEnd,
            _ => return None,
        };
        out.push((event, covers));
    }
    Some(out)
}

fn begin(out: &mut Vec<u8>, kind: u8, covers: &Range<usize>) {
    out.push(kind);
    keep_number(out, covers.start);
    keep_number(out, covers.end);
}

/// Where a value stands in the text as it is, only where; folded and escaped ones are written out.
fn keep_value(out: &mut Vec<u8>, value: &str, text: &str, start: usize) {
    if text.get(start..).is_some_and(|rest| rest.starts_with(value)) {
        out.push(b'@');
        keep_number(out, start);
        keep_number(out, value.len());
    } else {
        out.push(b'=');
        keep_number(out, value.len());
        out.extend_from_slice(value.as_bytes());
    }
}

/// Seven bits a byte, the lowest first; all bytes but the last have the eighth.
fn keep_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(0x80 | u8::try_from(number & 0x7f).unwrap_or_default());
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}

/// What is not read yet.
struct Kept<'k>(&'k [u8]);

impl<'k> Kept<'k> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn value(&mut self, text: &'k str) -> Option<Cow<'k, str>> {
        let how = self.byte()?;
        let first = self.number()?;
        if how == b'@' {
            let end = first.checked_add(self.number()?)?;
            return text.get(first..end).map(Cow::Borrowed);
        }
        let (value, rest) = self.0.split_at_checked(first)?;
        self.0 = rest;
        std::str::from_utf8(value).ok().filter(|_| how == b'=').map(Cow::Borrowed)
    }
}
