//! Conditions: one small sentence language, typed against a declared schema.
//!
//! ```text
//! condition = clause, combined with `and`, `or`, `not` and parentheses
//! clause    = FIELD                                   a truth field, alone
//!           | FIELD is VALUE      | FIELD is not VALUE
//!           | FIELD is one of (VALUE, VALUE…)         | FIELD is not one of (…)
//!           | FIELD at least VALUE | FIELD at most VALUE    numbers and ordered words
//!           | FIELD contains TEXT                     a part of a text, a member of a list
//!           | FIELD starts with TEXT
//!           | FIELD matches GLOB                      `*` any letters, `?` one letter
//! VALUE     = a word | "text in quotes" | 'text in quotes'
//! ```
//!
//! `not` binds tighter than `and`, `and` tighter than `or`. A value of several words that the
//! field's type knows (`when you can`) needs no quotes. The words of the language are values only
//! in quotes.
//!
//! A condition answers yes, no or *unknown*: where a field's value is not known, nothing that
//! hangs on it is silently false. `unknown` follows Kleene's three-valued logic, so `x and y` is
//! no where `x` is no, whatever is unknown of `y`.

mod explain;
mod lex;
mod mutate;
mod parse;
mod print;
mod value;

#[cfg(test)]
mod tests;

use std::ops::Range;

use holdfast_model::{Place, Problem};

use crate::{Node, Source};

pub use explain::{Answer, Reason};
pub use value::{Field, FieldValue, Kind, Schema, Truth, glob_matches};

/// The longest condition, in bytes.
pub const MAX_LENGTH: usize = 4096;
/// The deepest nesting of parentheses and `not`.
pub const MAX_DEPTH: usize = 32;

/// A condition that fits its schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    expr: Expr,
}

#[derive(Debug, Clone, PartialEq)]
enum Expr {
    /// All hold; at least two, none of them `All`.
    All(Vec<Expr>),
    /// One holds; at least two, none of them `Any`.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Clause(Clause),
}

/// One question to one field.
#[derive(Debug, Clone, PartialEq)]
struct Clause {
    field: Field,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    /// A truth field, alone.
    Holds,
    Is(Want),
    IsNot(Want),
    OneOf(Vec<Want>),
    NoneOf(Vec<Want>),
    AtLeast(Want),
    AtMost(Want),
    Contains(String),
    StartsWith(String),
    Matches(String),
}

/// A wanted value.
#[derive(Debug, Clone, PartialEq)]
enum Want {
    Number(f64),
    Word(String),
}

/// A problem inside a condition's text, before it has a place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    code: &'static str,
    /// Bytes of the condition's text.
    part: Range<usize>,
    message: String,
    help: String,
}

/// Asks for the value of a field; `None` means that it is not known.
pub type Lookup<'l, 'v> = &'l dyn Fn(&str) -> Option<FieldValue<'v>>;

impl Condition {
    /// Reads a condition that stands at `place`, on one line.
    ///
    /// # Errors
    /// Every problem with the words of the condition, each at its own column.
    pub fn parse(schema: &Schema<'_>, text: &str, place: &Place) -> Result<Self, Vec<Problem>> {
        parse::parse(schema, text).map_err(|faults| {
            faults
                .into_iter()
                .map(|fault| {
                    let before = text.get(..fault.part.start).unwrap_or_default().chars().count();
                    let shift = u32::try_from(before).unwrap_or(u32::MAX);
                    let column = place.column.saturating_add(shift);
                    let place = Place { column, ..place.clone() };
                    Problem::at(fault.code, place, fault.message).help(fault.help)
                })
                .collect()
        })
    }

    /// Reads the condition that a scalar of a file holds; problems show the line with the word
    /// underlined, also inside folded text.
    ///
    /// # Errors
    /// Every problem with the words of the condition.
    pub fn read(
        schema: &Schema<'_>,
        source: &Source<'_>,
        node: &Node,
    ) -> Result<Self, Vec<Problem>> {
        let Some(text) = node.as_text() else {
            let help = "write a sentence such as `finding.severity is now`";
            let message = format!("a condition is wanted here, not {}", node.what());
            return Err(vec![source.problem("rule-type", node.span, message).help(help)]);
        };
        parse::parse(schema, text).map_err(|faults| {
            faults
                .into_iter()
                .map(|fault| {
                    let span = source.span_in(node, fault.part);
                    source.problem(fault.code, span, fault.message).help(fault.help)
                })
                .collect()
        })
    }

    /// Whether it holds.
    pub fn holds(&self, lookup: Lookup<'_, '_>) -> Truth {
        self.expr.holds(lookup)
    }

    /// The names of the fields that it reads, sorted, each once.
    pub fn fields(&self) -> Vec<&str> {
        self.asked().into_iter().map(|field| &*field.name).collect()
    }

    /// The fields that it reads, sorted by name, each once.
    pub fn asked(&self) -> Vec<&Field> {
        let mut fields: Vec<&Field> =
            self.clauses().into_iter().map(|clause| &clause.field).collect();
        fields.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        fields.dedup();
        fields
    }

    /// The type of a field that it reads.
    pub fn kind_of(&self, name: &str) -> Option<Kind> {
        self.clauses().into_iter().find(|one| one.field.name == name).map(|one| one.field.kind)
    }

    fn clauses(&self) -> Vec<&Clause> {
        let mut out = Vec::new();
        self.expr.collect(&mut out);
        out
    }
}

impl Expr {
    /// Several that must all hold, flattened; the only one itself.
    fn all(parts: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Some(Self::All(flat)) } else { flat.pop() }
    }

    /// Several of which one must hold, flattened; the only one itself.
    fn any(parts: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Some(Self::Any(flat)) } else { flat.pop() }
    }

    fn holds(&self, lookup: Lookup<'_, '_>) -> Truth {
        match self {
            Self::All(parts) => {
                parts.iter().map(|part| part.holds(lookup)).fold(Truth::Yes, Truth::and)
            }
            Self::Any(parts) => {
                parts.iter().map(|part| part.holds(lookup)).fold(Truth::No, Truth::or)
            }
            Self::Not(inner) => inner.holds(lookup).not(),
            Self::Clause(clause) => clause.holds(lookup),
        }
    }

    fn collect<'e>(&'e self, out: &mut Vec<&'e Clause>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect(out)),
            Self::Not(inner) => inner.collect(out),
            Self::Clause(clause) => out.push(clause),
        }
    }
}
