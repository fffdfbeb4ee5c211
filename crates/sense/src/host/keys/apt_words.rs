//! A file of apt.conf(5) as statements: comments out, quotes kept, each ended by `;`, `{` or `}`.
//!
//! Knows the notation. It must not know which value holds.

use holdfast_model::Span;

use crate::text::Mistake;

/// What ended a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// `;`
    Stop,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// The words in front: a name and a value, or one of them.
    pub words: Vec<Word>,
    /// What ended it.
    pub end: End,
    /// Where that stands.
    pub end_at: usize,
}

/// A word, or adjacent quoted texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Without quotes.
    pub text: String,
    /// Whether it was quoted.
    pub quoted: bool,
    /// In the text, with its quotes.
    pub span: Span,
}

/// Cuts a text into statements.
pub(super) fn statements(text: &str) -> (Vec<Statement>, Vec<Mistake>) {
    let mut cutter = Cutter { text, at: 0, words: Vec::new(), out: Vec::new(), wrong: Vec::new() };
    while cutter.step().is_some() {}
    if let Some(first) = cutter.words.first() {
        let span = Span { start: first.span.start, end: text.trim_end().len() };
        let mistake = Mistake::loss("apt-conf-syntax", span, "a `;` is missing behind this");
        cutter.wrong.push(mistake.help("end the statement with `;`"));
    }
    (cutter.out, cutter.wrong)
}

struct Cutter<'t> {
    text: &'t str,
    at: usize,
    words: Vec<Word>,
    out: Vec<Statement>,
    wrong: Vec<Mistake>,
}

impl Cutter<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads one sign or word; `None` at the end.
    fn step(&mut self) -> Option<()> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        let end = match first {
            ';' => End::Stop,
            '{' => End::Open,
            '}' => End::Close,
            _ if comment(rest) > 0 => {
                self.at += comment(rest);
                return Some(());
            }
            _ if rest.starts_with("/*") => {
                self.long_comment();
                return Some(());
            }
            c if c.is_ascii_whitespace() => {
                self.at += 1;
                return Some(());
            }
            _ => {
                self.word();
                return Some(());
            }
        };
        let words = std::mem::take(&mut self.words);
        self.out.push(Statement { words, end, end_at: self.at });
        self.at += 1;
        Some(())
    }

    fn long_comment(&mut self) {
        if let Some(end) = self.rest().find("*/") {
            self.at += end + 2;
            return;
        }
        let span = Span { start: self.at, end: self.at + 2 };
        let mistake = Mistake::loss("apt-conf-syntax", span, "this comment does not end");
        self.wrong.push(mistake.help("end it with `*/`"));
        self.at = self.text.len();
    }

    fn word(&mut self) {
        let start = self.at;
        let mut text = String::new();
        let mut quoted = false;
        while let Some(c) = self.rest().chars().next() {
            if c == '"' {
                quoted |= self.at == start;
                self.at += 1;
                if !self.quoted(&mut text) {
                    let span = Span { start, end: self.at };
                    let mistake = Mistake::loss("apt-conf-syntax", span, "this quote does not end");
                    self.wrong.push(mistake.help("end it in the same line"));
                }
                continue;
            }
            let ends = c.is_ascii_whitespace() || matches!(c, ';' | '{' | '}');
            if ends
                || (self.at > start && (comment(self.rest()) > 0 || self.rest().starts_with("/*")))
            {
                break;
            }
            self.at += c.len_utf8();
            text.push(c);
        }
        let span = Span { start, end: self.at };
        // Quoted texts behind one another are one value.
        if let Some(last) = self.words.last_mut().filter(|last| last.quoted && quoted) {
            last.text.push(' ');
            last.text.push_str(&text);
            last.span.end = span.end;
            return;
        }
        self.words.push(Word { text, quoted, span });
    }

    /// Reads up to the closing quote; a line end ends it too, as a mistake.
    fn quoted(&mut self, text: &mut String) -> bool {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\n' => return false,
                '"' => {
                    self.at += 1;
                    return true;
                }
                c => {
                    self.at += c.len_utf8();
                    text.push(c);
                }
            }
        }
        false
    }
}

/// The length of a comment to the end of its line that begins here. `#clear` and `#include` are
/// none.
fn comment(rest: &str) -> usize {
    let sharp =
        rest.starts_with('#') && !["#clear", "#include"].iter().any(|word| rest.starts_with(word));
    if sharp || rest.starts_with("//") { rest.find('\n').unwrap_or(rest.len()) } else { 0 }
}
