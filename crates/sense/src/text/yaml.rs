//! Notation by indentation with places: the part of YAML 1.2 that package managers and people
//! write, and the kin of it that yarn 1 writes. It gives the tree of `json` and recovers from
//! mistakes.
//!
//! Knows the notation; must not know any file written in it. Every line is looked at once, and
//! nesting is bounded. An alias is the text that its anchor names; a list or a table is read where
//! its anchor stands, and not a second time.

mod scalar;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use holdfast_model::Span;

use scalar::{Flow, quoted, word};

use super::json::{Kind, Member, Value};
use super::report::{MAX_PROBLEMS, Mistake};

/// How deep blocks may lie in one another.
pub const MAX_DEPTH: usize = 64;

/// What helps with a file that a tool wrote.
const AGAIN: &str = "let the tool that wrote this file write it again";
/// What helps with a file that is too deep.
const DEEP: &str = "what lies deeper was left out; no tool writes such a file";

/// Which of the notations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `key: value` as tools write it, without anchors, aliases and tags.
    Tool,
    /// `key: value` as people write it.
    Hand,
    /// `key value`, and `key, "other key":` before a block; keys are given as written.
    Yarn,
}

/// Reads what can be read: the documents of a text, of which there is mostly one.
pub fn parse(text: &str, dialect: Dialect) -> (Vec<Value<'_>>, Vec<Mistake>) {
    let mut parser = Parser {
        text,
        dialect,
        lines: lines(text),
        next: 0,
        depth: 0,
        too_deep: false,
        anchors: HashMap::new(),
        mistakes: Vec::new(),
    };
    let mut documents = Vec::new();
    while let Some(line) = parser.peek() {
        if parser.is_marker(line) {
            parser.next += 1;
        } else {
            documents.push(parser.block(0));
        }
    }
    (documents, parser.mistakes)
}

/// A line that is neither empty nor a comment: from its first sign to behind its last.
#[derive(Debug, Clone, Copy)]
struct Line {
    at: usize,
    end: usize,
    indent: usize,
}

fn lines(text: &str) -> Vec<Line> {
    let mut out = Vec::with_capacity(text.len() / 32);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.trim_end();
        let inner = body.trim_start_matches([' ', '\t']);
        if !inner.is_empty() && !inner.starts_with('#') {
            let indent = body.len() - inner.len();
            out.push(Line { at: start + indent, end: start + body.len(), indent });
        }
        start += line.len();
    }
    out
}

struct Parser<'a> {
    text: &'a str,
    dialect: Dialect,
    lines: Vec<Line>,
    next: usize,
    depth: usize,
    too_deep: bool,
    /// Texts by the names of their anchors.
    anchors: HashMap<&'a str, Value<'a>>,
    mistakes: Vec<Mistake>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Line> {
        self.lines.get(self.next).copied()
    }

    fn part(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn body(&self, line: Line) -> &'a str {
        self.part(line.at, line.end)
    }

    fn is_yaml(&self) -> bool {
        self.dialect != Dialect::Yarn
    }

    /// What stands between documents.
    fn is_marker(&self, line: Line) -> bool {
        let body = self.body(line);
        let word = body.split(" #").next().unwrap_or_default().trim_end();
        self.is_yaml()
            && line.indent == 0
            && (matches!(word, "---" | "...") || body.starts_with('%'))
    }

    fn is_item(&self, line: Line) -> bool {
        let body = self.body(line);
        self.is_yaml() && (body == "-" || body.starts_with("- "))
    }

    fn wrong(&mut self, code: &'static str, span: Span, message: &str, help: &str) {
        // The report tells a bounded number; more need not be kept.
        if self.mistakes.len() <= MAX_PROBLEMS {
            self.mistakes.push(Mistake::loss(code, span, message).help(help));
        }
    }

    fn stray(&mut self, line: Line, message: &str) {
        let span = Span { start: line.at, end: line.end };
        let help = if self.dialect == Dialect::Hand { "mend this line" } else { AGAIN };
        self.wrong("yaml-syntax", span, message, help);
    }

    /// All lines from here that are indented at least so far.
    fn block(&mut self, indent: usize) -> Value<'a> {
        let Some(first) = self.peek() else { return null(self.text.len()) };
        if self.depth >= MAX_DEPTH {
            let span = Span { start: first.at, end: first.end };
            if !std::mem::replace(&mut self.too_deep, true) {
                let message = "this is nested more than 64 levels deep";
                self.wrong("yaml-too-deep", span, message, DEEP);
            }
            while self.peek().is_some_and(|line| line.indent >= indent) {
                self.next += 1;
            }
            return Value { span, kind: Kind::Broken };
        }
        self.depth += 1;
        let value = self.lone(first, indent).unwrap_or_else(|| {
            let kind = if self.is_item(first) && first.indent == indent {
                self.list(indent)
            } else {
                self.object(indent)
            };
            let last = self.next.checked_sub(1).and_then(|last| self.lines.get(last));
            let end = last.map_or(first.end, |line| line.end.max(first.end));
            Value { span: Span { start: first.at, end }, kind }
        });
        self.depth -= 1;
        value
    }

    /// Brackets or a text that begin on a line of their own.
    fn lone(&mut self, first: Line, indent: usize) -> Option<Value<'a>> {
        let body = self.body(first);
        if body.starts_with(['{', '[']) && self.is_yaml() {
            self.next += 1;
            // What begins a whole document may end anywhere.
            let outer = indent.checked_sub(1);
            let limit =
                outer.map_or(self.text.len(), |indent| self.limit(Line { indent, ..first }));
            return Some(self.flow(first.at, limit));
        }
        let outer = Line { indent: indent.checked_sub(1)?, ..first };
        let mut block = self.lines.iter().skip(self.next).take_while(|line| line.indent >= indent);
        let words = self.is_yaml() && !block.any(|line| self.is_item(*line) || self.is_key(*line));
        words.then(|| {
            self.next += 1;
            self.value(first.at, outer)
        })
    }

    fn is_key(&self, line: Line) -> bool {
        self.body(line).starts_with("? ") || self.key(line).is_some()
    }

    fn object(&mut self, indent: usize) -> Kind<'a> {
        let mut members: Vec<Member<'a>> = Vec::new();
        while let Some(line) = self.peek() {
            if line.indent < indent || self.is_marker(line) {
                break;
            }
            if line.indent > indent {
                self.stray(line, "this line is indented further than the one it belongs to");
                self.next += 1;
            } else if self.is_item(line) {
                self.stray(line, "an entry of a list stands among keys");
                self.next += 1;
            } else {
                self.next += 1;
                members.extend(self.member(line));
            }
        }
        self.duplicates(&members);
        Kind::Object(members)
    }

    fn list(&mut self, indent: usize) -> Kind<'a> {
        let mut values = Vec::new();
        while let Some(line) = self.peek() {
            if line.indent < indent || line.indent == indent && !self.is_item(line) {
                break;
            }
            if line.indent > indent {
                self.stray(line, "this line is indented further than the one it belongs to");
                self.next += 1;
                continue;
            }
            let rest = self.part(line.at + 1, line.end);
            let at = line.end - rest.trim_start().len();
            let inner = Line { at, end: line.end, indent: line.indent + (at - line.at) };
            // `- key: value` begins an object, and `- - x` a list, on the same line.
            let body = self.body(inner);
            if body.starts_with("- ") || !body.starts_with(['{', '[']) && self.is_key(inner) {
                if let Some(slot) = self.lines.get_mut(self.next) {
                    *slot = inner;
                }
                values.push(self.block(inner.indent));
            } else {
                self.next += 1;
                values.push(self.value(at, line));
            }
        }
        Kind::Array(values)
    }

    fn member(&mut self, line: Line) -> Option<Member<'a>> {
        let Some((key, key_span, at)) = self.key(line) else {
            self.stray(line, "this line is neither a key nor a value");
            return None;
        };
        // `? key` has its value on the next line, behind a `:`.
        let (at, line) = match self.peek() {
            Some(next)
                if self.body(line).starts_with("? ")
                    && next.indent == line.indent
                    && self.body(next).starts_with(':') =>
            {
                self.next += 1;
                (next.at + 1, next)
            }
            _ => (at, line),
        };
        let value = self.value(at, line);
        Some(Member { key, key_span, value })
    }

    /// The key of a line, its place, and where its value begins.
    fn key(&self, line: Line) -> Option<(Cow<'a, str>, Span, usize)> {
        let body = self.body(line);
        if self.dialect == Dialect::Yarn {
            return self.yarn_key(line);
        }
        if let Some(key) = body.strip_prefix("? ") {
            let start = line.end - key.trim_start().len();
            let (text, span) = match quoted(self.text, start, line.end) {
                Some((text, span, _)) => (text, span),
                None => (Cow::Borrowed(key.trim_start()), Span { start, end: line.end }),
            };
            return Some((text, span, line.end));
        }
        if body.starts_with(['"', '\'']) {
            let (text, span, end) = quoted(self.text, line.at, line.end)?;
            let rest = self.part(end, line.end);
            let value = rest.trim_start().strip_prefix(':')?;
            return Some((text, span, line.end - value.len()));
        }
        let colon = colon(body)?;
        let key = body.get(..colon)?.trim_end();
        let span = Span { start: line.at, end: line.at + key.len() };
        Some((Cow::Borrowed(key), span, line.at + colon + 1))
    }

    fn yarn_key(&self, line: Line) -> Option<(Cow<'a, str>, Span, usize)> {
        let body = self.body(line);
        if let Some(key) = body.strip_suffix(':') {
            let span = Span { start: line.at, end: line.at + key.len() };
            return Some((Cow::Borrowed(key), span, line.end));
        }
        if body.starts_with('"') {
            let (text, span, end) = quoted(self.text, line.at, line.end)?;
            return self.part(end, line.end).starts_with(' ').then_some((text, span, end));
        }
        let (key, _) = body.split_once(' ')?;
        let end = line.at + key.len();
        Some((Cow::Borrowed(key), Span { start: line.at, end }, end))
    }

    /// What stands behind a key, on its line or below it.
    fn value(&mut self, from: usize, line: Line) -> Value<'a> {
        let (anchor, from) = self.properties(from, line);
        let value = self.content(from, line);
        if let (Some(name), Kind::String(_)) = (anchor, &value.kind) {
            self.anchors.insert(name, value.clone());
        }
        value
    }

    /// The name of an anchor, and where what it names begins; tags are passed over.
    fn properties(&self, from: usize, line: Line) -> (Option<&'a str>, usize) {
        let mut anchor = None;
        let mut rest = self.part(from, line.end).trim_start();
        while self.dialect == Dialect::Hand && rest.starts_with(['&', '!']) {
            let (word, behind) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
            anchor = word.strip_prefix('&').or(anchor);
            rest = behind.trim_start();
        }
        (anchor, line.end - rest.len())
    }

    fn content(&mut self, from: usize, line: Line) -> Value<'a> {
        let rest = self.part(from, line.end);
        let rest = rest.trim_start();
        let at = line.end - rest.len();
        let yaml = self.is_yaml();
        match rest.as_bytes().first() {
            None | Some(b'#') => self.nested(line, at),
            Some(b'{' | b'[') if yaml => {
                let limit = self.limit(line);
                self.flow(at, limit)
            }
            Some(b'"') => self.string(at, line),
            Some(b'\'') if yaml => self.string(at, line),
            Some(b'|' | b'>') if yaml => {
                let end = self.limit(line);
                self.skip_to(end);
                let text = self.part(line.end, end).trim();
                Value { span: Span { start: at, end }, kind: Kind::String(Cow::Borrowed(text)) }
            }
            Some(b'*') if self.dialect == Dialect::Hand => {
                let name = rest.split([' ', '\t']).next().unwrap_or_default();
                let text = self.anchors.get(name.get(1..).unwrap_or_default());
                text.cloned().unwrap_or_else(|| null(at))
            }
            Some(b'&' | b'*' | b'!') if yaml => {
                self.stray(line, "anchors, aliases and tags are not read here");
                let end = self.limit(line);
                self.skip_to(end);
                Value { span: Span { start: at, end: line.end }, kind: Kind::Broken }
            }
            Some(_) => self.words(at, rest, line),
        }
    }

    /// A text without quotes. A long one goes on below, indented further; it has no colons, or it
    /// would stand in quotes.
    fn words(&mut self, at: usize, rest: &'a str, line: Line) -> Value<'a> {
        let yaml = self.is_yaml();
        let text = match rest.find(" #") {
            Some(comment) if yaml => rest.get(..comment).unwrap_or(rest).trim_end(),
            _ => rest,
        };
        let below = self.lines.iter().skip(self.next);
        let mut below = below.take_while(|next| next.indent > line.indent);
        let folded = yaml && below.all(|next| colon(self.body(*next)).is_none());
        let end = if folded { self.limit(line) } else { line.end };
        if end == line.end {
            return Value { span: Span { start: at, end: at + text.len() }, kind: word(text) };
        }
        self.skip_to(end);
        let text = Cow::Borrowed(self.part(at, end));
        Value { span: Span { start: at, end }, kind: Kind::String(text) }
    }

    fn nested(&mut self, line: Line, at: usize) -> Value<'a> {
        match self.peek() {
            Some(next) if next.indent > line.indent => self.block(next.indent),
            Some(next)
                if next.indent == line.indent && self.is_item(next) && !self.is_item(line) =>
            {
                self.block(next.indent)
            }
            _ => null(at),
        }
    }

    /// The end of the last line below that is indented further than this one.
    fn limit(&self, line: Line) -> usize {
        let below = self.lines.iter().skip(self.next);
        below.take_while(|next| next.indent > line.indent).last().map_or(line.end, |last| last.end)
    }

    fn skip_to(&mut self, end: usize) {
        while self.peek().is_some_and(|line| line.at < end) {
            self.next += 1;
        }
    }

    fn flow(&mut self, at: usize, limit: usize) -> Value<'a> {
        // The last bracket may stand below its key.
        let below = self.lines.iter().skip(self.next).find(|line| line.at >= limit);
        let limit = match below {
            Some(line) if self.body(*line).starts_with([']', '}']) => line.end,
            _ => limit,
        };
        let mut flow = Flow { text: self.text, at, limit, depth: 0, deep: false, broken: None };
        let value = flow.value();
        let (end, deep) = (flow.at, flow.deep);
        match flow.broken {
            Some(span) if deep => {
                let message = "these brackets lie more than 32 levels deep in one another";
                self.wrong("yaml-too-deep", span, message, DEEP);
            }
            Some(span) => {
                let message = "this bracket is not closed, or something strange stands in it";
                self.wrong("yaml-syntax", span, message, AGAIN);
            }
            None => {}
        }
        self.skip_to(end);
        value
    }

    fn string(&mut self, at: usize, line: Line) -> Value<'a> {
        let limit = self.limit(line);
        if let Some((text, span, end)) = quoted(self.text, at, limit) {
            self.skip_to(end);
            return Value { span, kind: Kind::String(text) };
        }
        self.stray(line, "this text has no closing quote");
        Value { span: Span { start: at, end: line.end }, kind: Kind::Broken }
    }

    fn duplicates(&mut self, members: &[Member<'a>]) {
        let mut seen = HashSet::with_capacity(members.len());
        for member in members {
            if seen.insert(&*member.key) {
                continue;
            }
            let key: String = member.key.chars().take(80).collect();
            let message = format!("the key `{key}` stands here a second time; the last one counts");
            if self.mistakes.len() <= MAX_PROBLEMS {
                self.mistakes.push(
                    Mistake::slip("yaml-duplicate-key", member.key_span, message)
                        .help("remove one of them"),
                );
            }
        }
    }
}

fn null<'a>(at: usize) -> Value<'a> {
    Value { span: Span { start: at, end: at }, kind: Kind::Null }
}

/// The colon behind a plain key: at the end of the line, or before a blank. None stands in a
/// comment.
fn colon(body: &str) -> Option<usize> {
    let body = body.split(" #").next().unwrap_or_default().trim_end();
    let inside = body.find(": ").or_else(|| body.find(":\t"));
    inside.or_else(|| body.ends_with(':').then(|| body.len() - 1))
}

#[cfg(test)]
mod tests;
