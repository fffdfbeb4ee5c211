//! Words, quoted texts and marks of a condition, with their bytes.

use std::ops::Range;

use super::Fault;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) what: What,
    pub(super) part: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// A bare word.
    Word(String),
    /// A text in quotes.
    Quoted(String),
    Open,
    Close,
    Comma,
}

/// The words of the language; as values they need quotes.
pub(super) const RESERVED: &[&str] =
    &["and", "or", "not", "is", "at", "contains", "starts", "matches"];

/// Splits a text. In quotes, `\` takes the next letter as it is.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut out = Vec::new();
    let mut letters = text.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        let mark = match letter {
            '(' => Some(What::Open),
            ')' => Some(What::Close),
            ',' => Some(What::Comma),
            _ => None,
        };
        if let Some(what) = mark {
            out.push(Token { what, part: start..start + 1 });
        } else if letter.is_whitespace() {
        } else if matches!(letter, '"' | '\'') {
            let mut inner = String::new();
            let mut end = None;
            while let Some((at, next)) = letters.next() {
                if next == letter {
                    end = Some(at + 1);
                    break;
                }
                let taken =
                    if next == '\\' { letters.next().map(|(_, taken)| taken) } else { None };
                inner.push(taken.unwrap_or(next));
            }
            let Some(end) = end else {
                return Err(Fault {
                    code: "condition-syntax",
                    part: start..start + 1,
                    message: "this quote is never closed".to_owned(),
                    help: format!("add the closing `{letter}`"),
                });
            };
            out.push(Token { what: What::Quoted(inner), part: start..end });
        } else {
            let mut end = start + letter.len_utf8();
            while let Some((at, next)) = letters.peek().copied() {
                if next.is_whitespace() || matches!(next, '(' | ')' | ',' | '"' | '\'') {
                    break;
                }
                end = at + next.len_utf8();
                letters.next();
            }
            let word = text.get(start..end).unwrap_or_default().to_owned();
            out.push(Token { what: What::Word(word), part: start..end });
        }
    }
    Ok(out)
}
