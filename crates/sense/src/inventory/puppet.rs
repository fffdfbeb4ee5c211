//! A manifest of Puppet: the names behind `node`. What stands inside is no business of ours.

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
    let mut rest = Scanner { text, at: 0, in_names: false };
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
}

impl<'t> Scanner<'t> {
    /// The next token with its place; comments are passed over. A text that is not closed goes on to
    /// the end.
    fn token(&mut self) -> Option<(Token<'t>, Span)> {
        loop {
            let rest = self.text.get(self.at..)?;
            let c = rest.chars().next()?;
            let start = self.at;
            if c.is_whitespace() {
                self.at += c.len_utf8();
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
