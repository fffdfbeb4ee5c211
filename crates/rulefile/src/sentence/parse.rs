//! The grammar and the types. Faults of meaning (an unknown field, a wrong type) are collected;
//! the first fault of grammar ends the reading, since what follows would be guesses.

use std::ops::Range;

use super::lex::{RESERVED, Token, What, tokens};
use super::value::{Field, Kind, Schema};
use super::{Clause, Condition, Expr, Fault, MAX_DEPTH, MAX_LENGTH, Test, Want};
use crate::suggest::{help, listed};

/// Reads a whole condition.
pub(super) fn parse(schema: &Schema<'_>, text: &str) -> Result<Condition, Vec<Fault>> {
    if text.len() > MAX_LENGTH {
        return Err(vec![Fault {
            code: "condition-size",
            part: 0..0,
            message: format!(
                "the condition has {} bytes; at most {MAX_LENGTH} are read",
                text.len()
            ),
            help: "split it into several lines of the rule".to_owned(),
        }]);
    }
    let tokens = tokens(text).map_err(|fault| vec![fault])?;
    let mut parser = Parser { schema, tokens: &tokens, at: 0, faults: Vec::new() };
    let expr = parser.any(0).and_then(|expr| parser.ended().map(|()| expr));
    match expr {
        Err(fault) => {
            parser.faults.push(fault);
            Err(parser.faults)
        }
        // Only clauses with faults of their own are left out, so there is a fault to show.
        Ok(Some(expr)) if parser.faults.is_empty() => Ok(Condition { expr }),
        Ok(_) => Err(parser.faults),
    }
}

struct Parser<'t> {
    schema: &'t Schema<'t>,
    tokens: &'t [Token],
    at: usize,
    faults: Vec<Fault>,
}

/// `None` for what was read but has a fault of meaning.
type Parsed = Result<Option<Expr>, Fault>;

fn fault(
    code: &'static str,
    part: Range<usize>,
    message: String,
    help: impl Into<String>,
) -> Fault {
    Fault { code, part, message, help: help.into() }
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn word_at(&self, ahead: usize) -> Option<&'t str> {
        match self.tokens.get(self.at + ahead).map(|token| &token.what) {
            Some(What::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// Takes some words, if they come next in this order.
    fn take(&mut self, words: &[&str]) -> bool {
        let fits = words.iter().enumerate().all(|(n, word)| self.word_at(n) == Some(word));
        if fits {
            self.at += words.len();
        }
        fits
    }

    /// The next token; at the end the last one, since nothing cannot be underlined.
    fn here(&self) -> Range<usize> {
        let shown = self.peek().or_else(|| self.tokens.last());
        shown.map_or(0..0, |token| token.part.clone())
    }

    fn shown(&self) -> String {
        match self.peek().map(|token| &token.what) {
            Some(What::Word(text) | What::Quoted(text)) => format!("`{}`", shorten(text)),
            Some(What::Open) => "`(`".to_owned(),
            Some(What::Close) => "`)`".to_owned(),
            Some(What::Comma) => "`,`".to_owned(),
            None => "the end".to_owned(),
        }
    }

    fn ended(&self) -> Result<(), Fault> {
        if self.peek().is_none() {
            return Ok(());
        }
        let message =
            format!("the condition should end or go on with `and` or `or`, not {}", self.shown());
        let help = "put a value of several words in quotes";
        Err(fault("condition-syntax", self.here(), message, help))
    }

    fn any(&mut self, depth: usize) -> Parsed {
        self.several(depth, "or", Self::all, Expr::any)
    }

    fn all(&mut self, depth: usize) -> Parsed {
        self.several(depth, "and", Self::one, Expr::all)
    }

    fn several(
        &mut self,
        depth: usize,
        word: &str,
        part: fn(&mut Self, usize) -> Parsed,
        join: fn(Vec<Expr>) -> Option<Expr>,
    ) -> Parsed {
        let mut parts = Vec::new();
        loop {
            parts.extend(part(self, depth)?);
            if !self.take(&[word]) {
                return Ok(join(parts));
            }
        }
    }

    fn one(&mut self, depth: usize) -> Parsed {
        if depth > MAX_DEPTH {
            let message = format!("the condition nests deeper than {MAX_DEPTH} levels here");
            return Err(fault("condition-size", self.here(), message, "write it flatter"));
        }
        if self.take(&["not"]) {
            return Ok(self.one(depth + 1)?.map(|inner| Expr::Not(Box::new(inner))));
        }
        let open = self.here();
        if self.mark(&What::Open) {
            let inner = self.any(depth + 1)?;
            if !self.mark(&What::Close) {
                let message = "this parenthesis is never closed".to_owned();
                return Err(fault("condition-syntax", open, message, "add the closing `)`"));
            }
            return Ok(inner);
        }
        self.clause()
    }

    fn mark(&mut self, what: &What) -> bool {
        let fits = self.peek().is_some_and(|token| token.what == *what);
        self.at += usize::from(fits);
        fits
    }

    fn clause(&mut self) -> Parsed {
        let part = self.here();
        let Some(name) = self.word_at(0).filter(|word| !RESERVED.contains(word)) else {
            let message = format!("a field is wanted here, not {}", self.shown());
            let example = self.schema.fields.first().map_or("", |field| &*field.name);
            let help = format!("write a field such as `{example}`");
            return Err(fault("condition-syntax", part, message, help));
        };
        self.at += 1;
        let field = self.schema.field(name);
        if field.is_none() {
            let known = self.schema.fields.iter().map(|field| &*field.name);
            let message = format!("the field `{}` is not known", shorten(name));
            self.faults.push(fault("condition-field", part.clone(), message, help(name, known)));
        }
        let before = self.faults.len();
        let asked = self.at;
        let test = self.test(field)?;
        let Some(field) = field else { return Ok(None) };
        let asked = self.asked(asked);
        if self.faults.len() > before || !self.fits(field, &test, part, asked) {
            return Ok(None);
        }
        Ok(Some(Expr::Clause(Clause { field: field.clone(), test })))
    }

    /// The bytes of the verb that begins at a token: `at least`, `starts with`.
    fn asked(&self, token: usize) -> Range<usize> {
        let Some(first) = self.tokens.get(token) else { return self.here() };
        let two = matches!(&first.what, What::Word(word) if word == "at" || word == "starts");
        let last = self.tokens.get(token + usize::from(two)).unwrap_or(first);
        first.part.start..last.part.end
    }

    fn test(&mut self, field: Option<&'t Field>) -> Result<Test, Fault> {
        Ok(if self.take(&["is", "not", "one", "of"]) {
            Test::NoneOf(self.values(field)?)
        } else if self.take(&["is", "one", "of"]) {
            Test::OneOf(self.values(field)?)
        } else if self.take(&["is", "not"]) {
            Test::IsNot(self.value(field)?)
        } else if self.take(&["is"]) {
            Test::Is(self.value(field)?)
        } else if self.take(&["at", "least"]) {
            Test::AtLeast(self.value(field)?)
        } else if self.take(&["at", "most"]) {
            Test::AtMost(self.value(field)?)
        } else if self.take(&["contains"]) {
            Test::Contains(self.text()?)
        } else if self.take(&["starts", "with"]) {
            Test::StartsWith(self.text()?)
        } else if self.take(&["matches"]) {
            Test::Matches(self.text()?)
        } else {
            self.alone(field)?
        })
    }

    /// A field without a verb: fine for truth fields where the clause ends.
    fn alone(&mut self, field: Option<&'t Field>) -> Result<Test, Fault> {
        let ends = match self.peek().map(|token| &token.what) {
            None | Some(What::Close) => true,
            Some(What::Word(word)) => word == "and" || word == "or",
            _ => false,
        };
        if ends {
            return Ok(Test::Holds);
        }
        let name = field.map_or("a field", |field| &*field.name);
        let message = format!("`{name}` should be followed by a verb, not {}", self.shown());
        let verbs = [
            "is",
            "is not",
            "is one of",
            "at least",
            "at most",
            "contains",
            "starts with",
            "matches",
        ];
        let help = match self.word_at(0) {
            Some("=" | "==" | "=~") => "write `is`".to_owned(),
            Some("!=" | "<>") => "write `is not`".to_owned(),
            Some(">=" | ">") => "write `at least`".to_owned(),
            Some("<=" | "<") => "write `at most`".to_owned(),
            Some("&&" | "&") => "write `and`".to_owned(),
            Some("||" | "|") => "write `or`".to_owned(),
            Some("in") => "write `is one of (…)`".to_owned(),
            _ => format!("the verbs are {}", listed(verbs)),
        };
        Err(fault("condition-syntax", self.here(), message, help))
    }

    fn values(&mut self, field: Option<&'t Field>) -> Result<Vec<Want>, Fault> {
        let open = self.here();
        if !self.mark(&What::Open) {
            let message = format!("`is one of` should be followed by `(`, not {}", self.shown());
            return Err(fault("condition-syntax", open, message, "write `is one of (one, two)`"));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value(field)?);
            if self.mark(&What::Close) {
                return Ok(values);
            }
            if !self.mark(&What::Comma) {
                let message = format!("`,` or `)` is wanted here, not {}", self.shown());
                let help = "put a value of several words in quotes";
                return Err(fault("condition-syntax", self.here(), message, help));
            }
        }
    }

    fn value(&mut self, field: Option<&'t Field>) -> Result<Want, Fault> {
        let words = field.map_or(&[][..], |field| field.kind.words());
        if let Some(word) = self.known(words) {
            return Ok(Want::Word(word.to_owned()));
        }
        let part = self.here();
        let quoted = matches!(self.peek().map(|token| &token.what), Some(What::Quoted(_)));
        let text = self.text()?;
        let Some(field) = field else { return Ok(Want::Word(text)) };
        match field.kind {
            Kind::Ordered(words) | Kind::Enum(words) if !words.contains(&text.as_str()) => {
                let message = format!("`{}` can never be `{}`", field.name, shorten(&text));
                let help = help(&text, words.iter().copied());
                self.faults.push(fault("condition-value", part, message, help));
            }
            Kind::Number => {
                let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && !quoted);
                if let Some(number) = number {
                    return Ok(Want::Number(number));
                }
                let message =
                    format!("`{}` is a number, and `{}` is none", field.name, shorten(&text));
                let help = "write a number such as `3` or `7.5`, without quotes";
                self.faults.push(fault("condition-value", part, message, help));
            }
            _ => {}
        }
        Ok(Want::Word(text))
    }

    /// The longest of some known values, each of one or more words, that comes next.
    fn known(&mut self, words: &[&'static str]) -> Option<&'static str> {
        let fits = |value: &&&'static str| {
            value.split(' ').enumerate().all(|(n, word)| self.word_at(n) == Some(word))
        };
        let found = words.iter().filter(fits).max_by_key(|value| value.len()).copied()?;
        self.at += found.split(' ').count();
        Some(found)
    }

    fn text(&mut self) -> Result<String, Fault> {
        let text = match self.peek().map(|token| &token.what) {
            Some(What::Quoted(text)) => Some(text.clone()),
            Some(What::Word(word)) if !RESERVED.contains(&word.as_str()) => Some(word.clone()),
            _ => None,
        };
        let Some(text) = text else {
            let message = format!("a value is wanted here, not {}", self.shown());
            let help = match self.word_at(0) {
                Some(word) => format!("put `{word}` in quotes if it is meant as a value"),
                None => "write a word, or a text in quotes".to_owned(),
            };
            return Err(fault("condition-syntax", self.here(), message, help));
        };
        self.at += 1;
        Ok(text)
    }

    /// Whether the field's type can answer the test; says so if not.
    fn fits(&mut self, field: &Field, test: &Test, name: Range<usize>, verb: Range<usize>) -> bool {
        let (fits, part) = match (test, field.kind) {
            (Test::Holds, kind) => (kind == Kind::Bool, name),
            (Test::Is(_) | Test::IsNot(_) | Test::OneOf(_) | Test::NoneOf(_), kind) => {
                (!matches!(kind, Kind::Bool | Kind::Texts), verb)
            }
            (Test::AtLeast(_) | Test::AtMost(_), kind) => {
                (matches!(kind, Kind::Number | Kind::Ordered(_)), verb)
            }
            (Test::Contains(_), kind) => (matches!(kind, Kind::Text | Kind::Texts), verb),
            (Test::StartsWith(_) | Test::Matches(_), kind) => (kind == Kind::Text, verb),
        };
        if !fits {
            let said = match test {
                Test::Holds => "standing alone",
                Test::Is(_) | Test::IsNot(_) | Test::OneOf(_) | Test::NoneOf(_) => "`is`",
                Test::AtLeast(_) => "`at least`",
                Test::AtMost(_) => "`at most`",
                Test::Contains(_) => "`contains`",
                Test::StartsWith(_) => "`starts with`",
                Test::Matches(_) => "`matches`",
            };
            let message =
                format!("`{}` is {}; {said} does not fit it", field.name, field.kind.what());
            self.faults.push(fault("condition-type", part, message, usage(field)));
        }
        fits
    }
}

/// How a field is asked, for help.
fn usage(field: &Field) -> String {
    let name = &field.name;
    match field.kind {
        Kind::Bool => format!("write `{name}` alone, or `not {name}`"),
        Kind::Number => format!("write `{name} at least 3`, `at most` or `is`"),
        Kind::Text => format!("write `{name} is word`, `contains`, `starts with` or `matches`"),
        Kind::Texts => format!("write `{name} contains word`"),
        Kind::Ordered(words) => {
            let word = words.last().copied().unwrap_or_default();
            format!("write `{name} is {word}`, `at least` or `at most`")
        }
        Kind::Enum(words) => {
            format!(
                "write `{name} is {}` or `is one of (…)`",
                words.first().copied().unwrap_or_default()
            )
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
