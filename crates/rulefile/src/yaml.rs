//! YAML 1.2 into nodes.
//!
//! Knows the format; knows no key of any rule. Bounded in size and depth. Anchors, aliases and
//! tags are refused: a rule says what it means where it stands.

use std::sync::Arc;

use holdfast_model::{Problem, Span};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use crate::{Node, Source, Value};

pub mod record;

#[cfg(test)]
mod tests;

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// The deepest nesting of lists and tables.
pub const MAX_DEPTH: usize = 64;
/// After so many problems in one file, further ones say nothing new.
pub(crate) const MAX_PROBLEMS: usize = 100;

/// Reads one YAML document. The node is `None` where the text is no YAML at all; problems that
/// leave the tree readable (a key twice, an alias) come together with it.
pub fn parse(path: &Arc<str>, text: &str) -> (Option<Node>, Vec<Problem>) {
    let source = Source::new(path, text);
    if let Some(problem) = refuse_text(&source) {
        return (None, vec![problem]);
    }
    // A byte order mark is no part of the document; the parser would count it as a character.
    let (skipped, body) = match text.strip_prefix('\u{feff}') {
        Some(rest) => (text.len() - rest.len(), rest),
        None => (0, text),
    };
    let mut builder = Builder::new(&source, Offsets::new(body, skipped));
    let mut parser = Parser::new_from_str(body);
    while let Some(next) = parser.next_event() {
        match next {
            Ok((event, span)) => {
                let span = Span {
                    start: builder.offsets.byte(span.start.index()),
                    end: builder.offsets.byte(span.end.index()),
                };
                if !builder.take(event, span) {
                    return (None, builder.problems);
                }
            }
            Err(error) => {
                let problem = builder.scan_problem(&error);
                builder.problems.push(problem);
                return (None, builder.problems);
            }
        }
    }
    (builder.root, builder.problems)
}

/// Reads a document of which `record::record` kept the events: the same comes out as of `parse`,
/// sooner. Where there are none, or they are not of this text, it is parsed.
pub fn parse_recorded(path: &Arc<str>, text: &str, kept: &[u8]) -> (Option<Node>, Vec<Problem>) {
    let events = record::recorded(text, kept).filter(|events| !events.is_empty());
    let Some(events) = events else { return parse(path, text) };
    let source = Source::new(path, text);
    let mut builder = Builder::new(&source, Offsets::new("", 0));
    for (event, covers) in events {
        if !builder.take(event, Span { start: covers.start, end: covers.end }) {
            return (None, builder.problems);
        }
    }
    (builder.root, builder.problems)
}

/// What makes a text unfit before its format matters: size, binary, an unfinished merge.
/// Shared with TOML.
pub(crate) fn refuse_text(source: &Source<'_>) -> Option<Problem> {
    let text = source.text();
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
        return Some(
            Problem::at("rule-size", source.place(0), message)
                .help("split it, or check that this is the right file"),
        );
    }
    let strange = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    if let Some((at, letter)) = text.char_indices().find(|(_, c)| strange(*c)) {
        let span = Span { start: at, end: at + letter.len_utf8() };
        let code = u32::from(letter);
        return Some(
            source
                .problem("rule-binary", span, format!("this is no text: character U+{code:04X}"))
                .help("remove the character, or check that this is the right file"),
        );
    }
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let marker = ["<<<<<<<", ">>>>>>>"].into_iter().find(|marker| {
            line.strip_prefix(marker)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '\r']))
        });
        if let Some(marker) = marker {
            let span = Span { start, end: start + marker.len() };
            return Some(
                source
                    .problem("rule-merge-conflict", span, "the file holds an unfinished merge")
                    .help("choose one side, and delete the lines `<<<<<<<`, `=======`, `>>>>>>>`"),
            );
        }
        start += line.len();
    }
    None
}

/// Turns the parser's character indexes into bytes with one short count each.
struct Offsets<'a> {
    text: &'a str,
    skipped: usize,
    /// The byte offset of every 128th character; empty where characters are bytes.
    marks: Vec<usize>,
}

const STRIDE: usize = 128;

impl<'a> Offsets<'a> {
    fn new(text: &'a str, skipped: usize) -> Self {
        let marks = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STRIDE).map(|(at, _)| at).collect()
        };
        Self { text, skipped, marks }
    }

    fn byte(&self, character: usize) -> usize {
        let in_text = if self.marks.is_empty() {
            character.min(self.text.len())
        } else {
            match self.marks.get(character / STRIDE) {
                Some(mark) => self
                    .text
                    .get(*mark..)
                    .and_then(|rest| rest.char_indices().nth(character % STRIDE))
                    .map_or(self.text.len(), |(at, _)| mark + at),
                None => self.text.len(),
            }
        };
        self.skipped + in_text
    }
}

/// A list or table that is not closed yet.
enum Open {
    Seq { start: usize, items: Vec<Node> },
    Map { start: usize, pairs: Vec<(Node, Node)>, key: Option<Node>, seen: Seen },
}

/// The keys of a table so far, for duplicates without a quadratic search.
type Seen = std::collections::BTreeSet<String>;

struct Builder<'a> {
    source: &'a Source<'a>,
    offsets: Offsets<'a>,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    problems: Vec<Problem>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Source<'a>, offsets: Offsets<'a>) -> Self {
        let (open, problems) = (Vec::new(), Vec::new());
        Self { source, offsets, open, root: None, documents: 0, problems }
    }

    /// Takes one event; `false` where reading on makes no sense.
    fn take(&mut self, event: Event<'_>, span: Span) -> bool {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.report(
                        self.source
                            .problem("rule-documents", span, "a second document begins here")
                            .help("write one document in each file"),
                    );
                    return false;
                }
            }
            Event::Alias(_) => {
                self.no_alias(span);
                self.add(Value::Null, span);
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.plain(anchor, tag.is_some(), span);
                let quoted = style != ScalarStyle::Plain;
                let null = !quoted && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if null {
                    Value::Null
                } else {
                    Value::Text { text: text.into_owned(), quoted }
                };
                self.add(value, self.trimmed(span));
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain(anchor, tag.is_some(), span);
                return self.enter(Open::Seq { start: span.start, items: Vec::new() }, span);
            }
            Event::MappingStart(anchor, tag) => {
                self.plain(anchor, tag.is_some(), span);
                let (pairs, seen) = (Vec::new(), Seen::new());
                return self.enter(Open::Map { start: span.start, pairs, key: None, seen }, span);
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::Seq { start, items }) => {
                    let span = self.trimmed(Span { start, end: span.end.max(start) });
                    self.add(Value::Seq(items), span);
                }
                Some(Open::Map { start, pairs, .. }) => {
                    let span = self.trimmed(Span { start, end: span.end.max(start) });
                    self.add(Value::Map(pairs), span);
                }
                None => {}
            },
        }
        true
    }

    /// The span without the white space behind it, which the parser counts to some values.
    fn trimmed(&self, span: Span) -> Span {
        let length = self.source.slice(span).trim_end().len();
        Span { start: span.start, end: span.start + length }
    }

    fn enter(&mut self, open: Open, span: Span) -> bool {
        if self.open.len() >= MAX_DEPTH {
            let first = Span { start: span.start, end: span.start + 1 };
            let message = format!("lists and tables nest deeper than {MAX_DEPTH} levels here");
            self.report(
                self.source
                    .problem("rule-depth", first, message)
                    .help("write it flatter, or check that this is the right file"),
            );
            return false;
        }
        self.open.push(open);
        true
    }

    fn add(&mut self, value: Value, span: Span) {
        let node = Node { value, place: self.source.place(span.start), span };
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::Seq { items, .. }) => items.push(node),
            Some(Open::Map { pairs, key, seen, .. }) => match key.take() {
                None => *key = Some(node),
                Some(name) => {
                    let twice = name.as_text().is_some_and(|text| !seen.insert(text.to_owned()));
                    if twice {
                        self.twice(&name);
                        return;
                    }
                    pairs.push((name, node));
                }
            },
        }
    }

    fn twice(&mut self, name: &Node) {
        let text = name.as_text().unwrap_or_default();
        self.report(
            self.source
                .problem("rule-duplicate-key", name.span, format!("the key `{text}` stands twice"))
                .help("keep one of the two; the first one is used until then"),
        );
    }

    fn plain(&mut self, anchor: usize, tagged: bool, span: Span) {
        if anchor > 0 {
            self.no_alias(span);
        }
        if tagged {
            self.report(
                self.source
                    .problem("rule-tag", span, "type tags with `!` are not read")
                    .help("remove the tag; put text that looks like a number in quotes"),
            );
        }
    }

    fn no_alias(&mut self, span: Span) {
        self.report(
            self.source
                .problem("rule-alias", span, "anchors with `&` and aliases with `*` are not read")
                .help("write the value out where it is needed; put text that begins with `*` or `&` in quotes"),
        );
    }

    fn report(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn scan_problem(&self, error: &ScanError) -> Problem {
        let mut start = self.offsets.byte(error.marker().index());
        let text = self.source.text();
        let (message, help) = in_our_words(error.info());
        if message == TAB {
            // The parser may stand anywhere on the line; the tab is what is meant.
            let line = text.get(..start).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
            if let Some(at) = text.get(line..).and_then(|rest| rest.find('\t')) {
                start = line + at;
            }
        }
        let letter = text.get(start..).and_then(|rest| rest.chars().next());
        // Of an open quote the rest of the line is meant, else the one character.
        let rest = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let end = start
            + match letter {
                Some('"' | '\'') => rest.trim_end().len(),
                letter => letter.map_or(0, char::len_utf8),
            };
        let code = if message == DEEP { "rule-depth" } else { "rule-syntax" };
        self.source.problem(code, Span { start, end }, message).help(help)
    }
}

/// Said where the parser's own bound comes before ours, since it reads ahead.
const DEEP: &str = "lists and tables nest far too deep here";
const TAB: &str = "a tab stands where YAML wants spaces";

/// The parser's messages are for those who know YAML's grammar; these are for everybody else.
fn in_our_words(info: &str) -> (&'static str, &'static str) {
    let says = |part: &str| info.contains(part);
    if says("tab") {
        (TAB, "indent with spaces")
    } else if says("quoted scalar") && (says("end of stream") || says("document indicator")) {
        ("this quote is never closed", "add the closing quote")
    } else if says("unknown escape") || says("hexadecimal") || says("escape code") {
        (
            "this escape is not known",
            "write `\\\\` for a backslash, or use single quotes, in which nothing is escaped",
        )
    } else if says("trailing content after double-quoted") {
        ("text stands behind the closing quote", "put the whole value in quotes, or none of it")
    } else if says("quoted scalar") {
        (
            "this quote is not closed, or the text's further lines are not indented",
            "add the closing quote, or indent the further lines",
        )
    } else if says("recursion limit") {
        (DEEP, "write it flatter, or check that this is the right file")
    } else if says("flow sequence") {
        ("this list is not closed, or a comma is missing", "close it with `]`")
    } else if says("flow mapping") {
        ("this table is not closed, or a comma is missing", "close it with `}`")
    } else if says("misplaced bracket") {
        ("this bracket closes nothing", "remove it, or put the value in quotes")
    } else if says("mapping values are not allowed") || says("illegal placement of ':'") {
        (
            "a `:` stands where no key can be",
            "put the value in quotes if the colon belongs to it; check the indentation if not",
        )
    } else if says("indentation") || says("indented") {
        ("this line is indented in an unexpected way", "line it up with its neighbours")
    } else if says("expected ':'") || says("simple key") || says("expected key") {
        ("a key with `:` is missing here", "write `key: value`, and line it up with its neighbours")
    } else if says("block collection") || says("block sequence") {
        ("a list entry with `-` is missing here", "begin each entry with `- `, lined up")
    } else if says("plain scalar") || says("unexpected character") {
        ("this character cannot begin a value", "put the value in quotes")
    } else if says("anchor") || says("alias") {
        ("anchors and aliases are not read", "put text that begins with `*` or `&` in quotes")
    } else if says("tag") || says("directive") {
        ("directives and tags are not read", "remove it, or put the value in quotes")
    } else {
        ("this is not valid YAML", "check the line and the one before it")
    }
}
