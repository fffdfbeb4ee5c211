//! One record as a tree that borrows from its bytes: RFC 8259, read in one pass without recursion
//! and without a copy.
//!
//! Knows JSON; knows nothing of rules. Texts with escapes stay as written until somebody asks. Of
//! a key that stands twice in one object the last one counts, as in most readers; a walk over
//! everything sees both.

use std::borrow::Cow;

/// The largest record, in bytes.
pub const MAX_BYTES: usize = 10 << 20;
/// The deepest nesting of objects and lists.
pub const MAX_DEPTH: usize = 128;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    /// `true` or `false`.
    Truth,
    Number,
    Text,
    List,
    Object,
}

/// A part of the record's bytes; offsets fit because records are bounded.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    start: u32,
    end: u32,
    escaped: bool,
}

/// A value. Those inside it follow it, up to `after`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    kind: Kind,
    key: Part,
    part: Part,
    after: u32,
}

/// Why some bytes are no record, and at which byte it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

/// A record that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tree<'a> {
    text: &'a str,
    nodes: &'a [Node],
}

/// The number of a value in its tree.
pub(crate) type Id = u32;

impl<'a> Tree<'a> {
    /// The outermost object.
    pub(crate) const ROOT: Id = 0;

    /// Reads one object; `nodes` is room that is used again and again.
    pub(crate) fn read(json: &'a [u8], nodes: &'a mut Vec<Node>) -> Result<Self, Fault> {
        nodes.clear();
        if json.len() > MAX_BYTES {
            let message = "this record is larger than records are";
            return Err(Fault { at: 0, code: "event-size", message });
        }
        let text = std::str::from_utf8(json).map_err(|error| Fault {
            at: error.valid_up_to(),
            code: "event-utf8",
            message: "this record is not valid UTF-8",
        })?;
        Reader { bytes: json, at: 0, nodes, open: [0; MAX_DEPTH], depth: 0 }.read()?;
        Ok(Self { text, nodes })
    }

    fn node(&self, id: Id) -> Option<&'a Node> {
        self.nodes.get(id as usize)
    }

    fn part(&self, part: Part) -> &'a str {
        self.text.get(part.start as usize..part.end as usize).unwrap_or_default()
    }

    fn decoded(&self, part: Part) -> Cow<'a, str> {
        let raw = self.part(part);
        if part.escaped { Cow::Owned(unescaped(raw)) } else { Cow::Borrowed(raw) }
    }

    pub(crate) fn kind(&self, id: Id) -> Kind {
        self.node(id).map_or(Kind::Null, |node| node.kind)
    }

    /// A scalar as text: what stands in the quotes, else as written.
    pub(crate) fn text(&self, id: Id) -> Cow<'a, str> {
        self.node(id).map(|node| self.decoded(node.part)).unwrap_or_default()
    }

    /// The values directly inside an object or a list.
    pub(crate) fn children(&self, id: Id) -> Children<'a> {
        let end = match self.node(id) {
            Some(node) if matches!(node.kind, Kind::List | Kind::Object) => node.after,
            _ => 0,
        };
        Children { nodes: self.nodes, next: id.saturating_add(1), end }
    }

    /// The member of an object; the last where a key stands more than once.
    pub(crate) fn member(&self, object: Id, key: &str) -> Option<Id> {
        let mut found = None;
        let wanted = key.len();
        for id in self.children(object) {
            let Some(node) = self.node(id) else { break };
            let same = if node.key.escaped {
                self.decoded(node.key) == key
            } else {
                (node.key.end - node.key.start) as usize == wanted && self.part(node.key) == key
            };
            if same {
                found = Some(id);
            }
        }
        found
    }

    /// Every scalar of the record but nulls, until `see` says `true`.
    pub(crate) fn any_scalar(&self, from: Id, mut see: impl FnMut(Id) -> bool) -> bool {
        let end = self.node(from).map_or(0, |node| node.after);
        (from..end)
            .any(|id| matches!(self.kind(id), Kind::Text | Kind::Number | Kind::Truth) && see(id))
    }
}

/// See [`Tree::children`].
pub(crate) struct Children<'a> {
    nodes: &'a [Node],
    next: Id,
    end: Id,
}

impl Iterator for Children<'_> {
    type Item = Id;

    fn next(&mut self) -> Option<Id> {
        if self.next >= self.end {
            return None;
        }
        let id = self.next;
        self.next = self.nodes.get(id as usize)?.after;
        Some(id)
    }
}

struct Reader<'a, 'n> {
    bytes: &'a [u8],
    at: usize,
    nodes: &'n mut Vec<Node>,
    open: [Id; MAX_DEPTH],
    depth: usize,
}

const SYNTAX: &str = "event-json";

impl Reader<'_, '_> {
    fn read(mut self) -> Result<(), Fault> {
        self.space();
        if self.peek() != Some(b'{') {
            return Err(self.fault("this is no JSON object"));
        }
        self.value(Part::default())?;
        // Every pass reads one member of the innermost open object or list, or closes it.
        while let Some(inside) = self.innermost() {
            self.space();
            let object = self.nodes.get(inside as usize).is_some_and(|n| n.kind == Kind::Object);
            let close = if object { b'}' } else { b']' };
            let first = self.nodes.len() == inside as usize + 1;
            if self.peek() == Some(close) {
                self.at += 1;
                self.close(inside);
                continue;
            }
            if !first {
                self.eat(b',', "a comma or a closing bracket is missing here")?;
                self.space();
            }
            let key = if object { self.key()? } else { Part::default() };
            self.space();
            self.value(key)?;
        }
        self.space();
        if self.at < self.bytes.len() {
            return Err(self.fault("something stands behind the record"));
        }
        Ok(())
    }

    fn innermost(&self) -> Option<Id> {
        self.open.get(self.depth.checked_sub(1)?).copied()
    }

    fn close(&mut self, inside: Id) {
        self.depth -= 1;
        let after = self.count();
        if let Some(node) = self.nodes.get_mut(inside as usize) {
            node.after = after;
        }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8, message: &'static str) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.fault(message));
        }
        self.at += 1;
        Ok(())
    }

    fn fault(&self, message: &'static str) -> Fault {
        let message = if self.at < self.bytes.len() { message } else { "this record is cut off" };
        Fault { at: self.at, code: SYNTAX, message }
    }

    fn key(&mut self) -> Result<Part, Fault> {
        self.eat(b'"', "a key in quotes is missing here")?;
        let key = self.string()?;
        self.space();
        self.eat(b':', "a colon is missing here")?;
        Ok(key)
    }

    fn value(&mut self, key: Part) -> Result<(), Fault> {
        let start = self.at;
        let (kind, part) = match self.peek() {
            Some(b'"') => {
                self.at += 1;
                (Kind::Text, self.string()?)
            }
            Some(b'{') => return self.enter(Kind::Object, key),
            Some(b'[') => return self.enter(Kind::List, key),
            Some(b't') => (Kind::Truth, self.word(b"true")?),
            Some(b'f') => (Kind::Truth, self.word(b"false")?),
            Some(b'n') => (Kind::Null, self.word(b"null")?),
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                (Kind::Number, self.since(start))
            }
            _ => return Err(self.fault("a value is missing here")),
        };
        let after = self.count().saturating_add(1);
        self.nodes.push(Node { kind, key, part, after });
        Ok(())
    }

    fn enter(&mut self, kind: Kind, key: Part) -> Result<(), Fault> {
        let id = self.count();
        let Some(slot) = self.open.get_mut(self.depth) else {
            let message = "this record nests deeper than records do";
            return Err(Fault { at: self.at, code: "event-depth", message });
        };
        *slot = id;
        self.depth += 1;
        self.at += 1;
        self.nodes.push(Node { kind, key, part: Part::default(), after: id + 1 });
        Ok(())
    }

    fn since(&self, start: usize) -> Part {
        let number = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Part { start: number(start), end: number(self.at), escaped: false }
    }

    fn word(&mut self, word: &'static [u8]) -> Result<Part, Fault> {
        let start = self.at;
        if !self.bytes.get(start..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(self.fault("a value is missing here"));
        }
        self.at += word.len();
        Ok(self.since(start))
    }

    /// What is left of a string, behind its opening quote.
    fn string(&mut self) -> Result<Part, Fault> {
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20));
            self.at += plain.unwrap_or(rest.len());
            match self.peek() {
                Some(b'"') => {
                    let part = self.since(start);
                    self.at += 1;
                    return Ok(Part { escaped, ..part });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(self.fault("a control character stands in a text")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let digits = match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            _ => return Err(self.fault("this escape is not known")),
        };
        let first = self.at + 2;
        let hex = self.bytes.get(first..first + digits).unwrap_or_default();
        if hex.len() < digits || !hex.iter().all(u8::is_ascii_hexdigit) {
            return Err(self.fault("four hexadecimal digits are missing here"));
        }
        self.at = first + digits;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.fault("a digit is missing here"));
        }
        self.at += count;
        Ok(())
    }
}

/// The text behind the escapes. Half a surrogate pair, which some programs write, becomes U+FFFD:
/// a record is not lost for one letter.
fn unescaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, behind)) = rest.split_once('\\') {
        out.push_str(plain);
        let mut letters = behind.chars();
        let letter = letters.next();
        rest = letters.as_str();
        match letter {
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let (found, behind) = unicode(rest);
                out.push(found);
                rest = behind;
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out.push_str(rest);
    out
}

/// One character of `\u`, with its second half where it has one, and what stands behind.
fn unicode(rest: &str) -> (char, &str) {
    let unit = |text: &str| text.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
    let behind = rest.get(4..).unwrap_or_default();
    let Some(first) = unit(rest) else { return (char::REPLACEMENT_CHARACTER, behind) };
    let second = behind.strip_prefix("\\u").and_then(unit);
    let units = [first, second.unwrap_or_default()];
    let pair = second.is_some() && (0xD800..0xDC00).contains(&first);
    let letter = char::decode_utf16(units).next().and_then(Result::ok);
    match letter {
        Some(letter) if pair => (letter, behind.get(6..).unwrap_or_default()),
        Some(letter) => (letter, behind),
        None => (char::REPLACEMENT_CHARACTER, behind),
    }
}

#[cfg(test)]
mod tests;
