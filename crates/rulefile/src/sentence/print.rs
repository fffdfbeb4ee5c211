//! The text form: what is printed reads back as the same condition.

use std::fmt;

use super::lex::RESERVED;
use super::{Clause, Condition, Expr, Test, Want};

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any(parts) => join(f, parts, " or ", |part| matches!(part, Self::Any(_))),
            Self::All(parts) => {
                join(f, parts, " and ", |part| matches!(part, Self::Any(_) | Self::All(_)))
            }
            Self::Not(inner) if matches!(**inner, Self::Any(_) | Self::All(_)) => {
                write!(f, "not ({inner})")
            }
            Self::Not(inner) => write!(f, "not {inner}"),
            Self::Clause(clause) => clause.fmt(f),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Expr],
    word: &str,
    enclose: fn(&Expr) -> bool,
) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            f.write_str(word)?;
        }
        if enclose(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.field.kind.words();
        let want = |want: &Want| match want {
            Want::Number(number) => number.to_string(),
            Want::Word(word) if words.contains(&word.as_str()) => word.clone(),
            Want::Word(word) => quoted(word),
        };
        let list = |wants: &[Want]| wants.iter().map(want).collect::<Vec<_>>().join(", ");
        f.write_str(&self.field.name)?;
        match &self.test {
            Test::Holds => Ok(()),
            Test::Is(wanted) => write!(f, " is {}", want(wanted)),
            Test::IsNot(wanted) => write!(f, " is not {}", want(wanted)),
            Test::OneOf(wanted) => write!(f, " is one of ({})", list(wanted)),
            Test::NoneOf(wanted) => write!(f, " is not one of ({})", list(wanted)),
            Test::AtLeast(wanted) => write!(f, " at least {}", want(wanted)),
            Test::AtMost(wanted) => write!(f, " at most {}", want(wanted)),
            Test::Contains(text) => write!(f, " contains {}", quoted(text)),
            Test::StartsWith(text) => write!(f, " starts with {}", quoted(text)),
            Test::Matches(text) => write!(f, " matches {}", quoted(text)),
        }
    }
}

/// A text as a bare word where that reads back, else in quotes.
fn quoted(text: &str) -> String {
    let marks = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"' | '\'');
    // `one` alone is fine, but `is one of` begins with it.
    let reserved = RESERVED.contains(&text) || text == "one";
    if !text.is_empty() && !reserved && !text.contains(marks) {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for letter in text.chars() {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out.push('"');
    out
}
