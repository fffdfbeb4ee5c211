//! A manifest of Puppet: the names behind `node`. What stands inside is no business of ours.

use std::collections::VecDeque;

use holdfast_model::Span;

use super::build::{Builder, Vars, shown};

/// What stands between spaces, as far as it matters here.
#[derive(Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Pattern(&'t str),
    Sign(char),
}

/// Reads the names of all node definitions.
pub(super) fn read(text: &str, builder: &mut Builder) {
    let mut rest = Scanner { text, at: 0, in_names: false, open: VecDeque::new() };
    while let Some((token, _)) = rest.token() {
        if token == Token::Word("node") {
            rest.in_names = true;
            names(&mut rest, builder);
            rest.in_names = false;
        }
    }
}

/// Takes names until the body begins.
fn names(rest: &mut Scanner<'_>, builder: &mut Builder) {
    let mut taken_over = false;
    while let Some((token, span)) = rest.token() {
        match token {
            Token::Sign('{') => return,
            // Puppet 3 let a node take over what stood in another.
            Token::Word("inherits") => taken_over = true,
            _ if taken_over => {}
            Token::Sign(',') | Token::Word("default") => {}
            Token::Text(name) | Token::Word(name) => {
                builder.host(name, span, None, &Vars::default());
            }
            Token::Pattern(pattern) => {
                let message = format!("the pattern `{}` names no host by itself", shown(pattern));
                let help = "give the list of nodes instead, as JSON or one on each line";
                builder.wrong("inventory-host", span, message, help);
            }
            // `$node =>` and the like: no definition after all.
            Token::Sign(_) => return,
        }
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    /// Behind `node`, where a slash begins a pattern.
    in_names: bool,
    /// The tags of texts that begin on the next line: `@(END)`.
    open: VecDeque<&'t str>,
}

impl<'t> Scanner<'t> {
    /// Passes over the texts that begin at this line, each up to the line that has its tag alone. One
    /// that never ends is none.
    fn pass_texts(&mut self) {
        while let Some(tag) = self.open.pop_front() {
            let mut end = self.at;
            let lines = self.text.get(self.at..).unwrap_or_default().split_inclusive('\n');
            for line in lines {
                end += line.len();
                let body = line.trim_start();
                let body = body.strip_prefix('|').unwrap_or(body).trim_start();
                let body = body.strip_prefix('-').unwrap_or(body).trim();
                if body == tag {
                    self.at = end;
                    break;
                }
            }
        }
    }

    /// The next token with its place; comments are passed over. A text that is not closed goes on to
    /// the end.
    fn token(&mut self) -> Option<(Token<'t>, Span)> {
        loop {
            let rest = self.text.get(self.at..)?;
            let c = rest.chars().next()?;
            let start = self.at;
            if c.is_whitespace() {
                self.at += c.len_utf8();
                if c == '\n' {
                    self.pass_texts();
                }
            } else if let Some(inside) = rest.strip_prefix("@(") {
                let (head, _) = inside.split_once(')').unwrap_or((inside, ""));
                self.open.push_back(tag(head));
                self.at += 2 + head.len();
            } else if c == '#' {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.at += rest.find("*/").map_or(rest.len(), |end| end + 2);
            } else if c == '\'' || c == '"' || (c == '/' && self.in_names) {
                let inside = rest.get(1..).unwrap_or_default();
                let length = closed(inside, c);
                let body = inside.get(..length).unwrap_or_default();
                self.at = (start + length + 2).min(self.text.len());
                let token = if c == '/' { Token::Pattern(body) } else { Token::Text(body) };
                return Some((token, Span { start: start + 1, end: start + 1 + length }));
            } else {
                let word =
                    |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '$');
                let length = rest.find(|c| !word(c)).unwrap_or(rest.len());
                let length = length.max(if word(c) { 1 } else { c.len_utf8() });
                self.at += length;
                let token = if word(c) {
                    Token::Word(rest.get(..length).unwrap_or_default())
                } else {
                    Token::Sign(c)
                };
                return Some((token, Span { start, end: start + length }));
            }
        }
    }
}

/// The tag of `@("END":json/nt)`, without its quotes and what stands behind.
fn tag(head: &str) -> &str {
    let name = head.split([':', '/']).next().unwrap_or_default().trim();
    name.trim_matches('"').trim()
}

/// How many bytes stand before the sign that closes; a backslash masks the next one.
fn closed(text: &str, sign: char) -> usize {
    let mut masked = false;
    for (at, c) in text.char_indices() {
        if c == sign && !masked {
            return at;
        }
        masked = c == '\\' && !masked;
    }
    text.len()
}
