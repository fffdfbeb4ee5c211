//! One file's text with its line starts: makes problems that show their line.

use std::ops::Range;
use std::sync::Arc;

use holdfast_model::{Excerpt, Lines, Place, Problem, Span};

use crate::{Decoder, Node};

/// Where something stands, with its line, for those who can say only later what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The place.
    pub place: Place,
    excerpt: Option<Box<Excerpt>>,
}

impl Spot {
    /// That of a node.
    pub fn of(decoder: &Decoder<'_>, node: &Node) -> Self {
        let shown = decoder.source().problem("", node.span, "");
        Self { place: node.place.clone(), excerpt: shown.excerpt }
    }

    /// A problem that shows it.
    pub fn problem(&self, code: &'static str, message: String) -> Problem {
        let mut problem = Problem::at(code, self.place.clone(), message);
        problem.excerpt.clone_from(&self.excerpt);
        problem
    }
}

/// The text of a file that somebody wrote, for places and excerpts.
#[derive(Debug)]
pub struct Source<'a> {
    path: Arc<str>,
    text: &'a str,
    lines: Lines<'a>,
}

impl<'a> Source<'a> {
    /// Finds the lines of `text`.
    pub fn new(path: &Arc<str>, text: &'a str) -> Self {
        Self { path: Arc::clone(path), text, lines: Lines::new(text.as_bytes()) }
    }

    /// The path it was read from.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The text of a span; empty where it does not lie on character boundaries.
    pub fn slice(&self, span: Span) -> &'a str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// The place of a byte offset.
    pub fn place(&self, offset: usize) -> Place {
        self.lines.place(&self.path, offset)
    }

    /// A problem that shows the span; what lies on later lines is not underlined.
    pub fn problem(&self, code: &'static str, span: Span, message: impl Into<String>) -> Problem {
        let place = self.place(span.start);
        let line = self.lines.text(place.line);
        let meant = self.slice(span);
        let length = meant.split(['\n', '\r']).next().unwrap_or_default().trim_end().chars();
        Problem::at(code, place, message).excerpt(&line, length.count())
    }

    /// Where a part of a scalar's text stands in the file.
    ///
    /// Folding and indentation change only white space, so the n-th visible character of the text
    /// is the n-th visible character of its source. Where escapes break that rule, the whole
    /// scalar is meant.
    pub fn span_in(&self, node: &Node, part: Range<usize>) -> Span {
        self.find_in(node, part).unwrap_or(node.span)
    }

    fn find_in(&self, node: &Node, part: Range<usize>) -> Option<Span> {
        let text = node.as_text()?;
        let raw = self.slice(node.span);
        let header = match raw.chars().next()? {
            '"' | '\'' => 1,
            '|' | '>' => raw.find('\n')? + 1,
            _ => 0,
        };
        let visible = |part: &str| part.chars().filter(|c| !c.is_whitespace()).count();
        let before = visible(text.get(..part.start)?);
        let count = visible(text.get(part.clone())?);
        let body = raw.get(header..)?;
        let mut seen = body.char_indices().filter(|(_, c)| !c.is_whitespace()).skip(before);
        let (first, _) = seen.next()?;
        let (last, letter) = match count {
            0 | 1 => (first, body.get(first..)?.chars().next()?),
            more => seen.nth(more - 2)?,
        };
        let found = body.get(first..last + letter.len_utf8())?;
        let same = |a: &str, b: &str| {
            a.chars().filter(|c| !c.is_whitespace()).eq(b.chars().filter(|c| !c.is_whitespace()))
        };
        let wanted = text.get(part)?;
        if count > 0 && !same(found, wanted) {
            return None;
        }
        let base = node.span.start + header;
        Some(Span { start: base + first, end: base + last + letter.len_utf8() })
    }
}
