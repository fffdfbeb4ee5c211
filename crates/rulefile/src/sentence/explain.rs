//! Why a condition answered as it did, in sentences.

use std::borrow::Cow;

use super::{Clause, Condition, Expr, Field, FieldValue, Lookup, Test, Truth, Want};

/// The answer of a condition and the clauses that decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Whether it holds.
    pub truth: Truth,
    /// The clauses that decided, in the order of the text; clauses that could have come out
    /// otherwise without changing the answer are left out.
    pub reasons: Vec<Reason>,
}

/// One clause that decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The clause as written.
    pub clause: String,
    /// The field that it asks.
    pub field: Cow<'static, str>,
    /// What the clause itself answered.
    pub truth: Truth,
    /// The value, for people; `None` where it is not known.
    pub value: Option<String>,
    /// The whole in one sentence: "the urgency is soon, not now".
    pub sentence: String,
}

impl Condition {
    /// Answers, and says which clauses decided and with what values.
    pub fn explain(&self, lookup: Lookup<'_, '_>) -> Answer {
        let truth = self.holds(lookup);
        let mut reasons = Vec::new();
        self.expr.decided(truth, lookup, &mut reasons);
        Answer { truth, reasons }
    }

    /// For each field that it reads, values that some clause tells apart: both truth values, every
    /// known word, each number of the text and one below and above it, each text of the text.
    /// Trying them answers "what would have to change" without guessing.
    pub fn alternatives(&self) -> Vec<(&Field, FieldValue<'static>)> {
        let mut out: Vec<(&Field, FieldValue<'static>)> = Vec::new();
        for clause in self.clauses() {
            for value in clause.alternatives() {
                let new = (&clause.field, value);
                if !out.contains(&new) {
                    out.push(new);
                }
            }
        }
        out
    }
}

impl Answer {
    /// The sentences, joined.
    pub fn sentence(&self) -> String {
        self.reasons.iter().map(|reason| reason.sentence.as_str()).collect::<Vec<_>>().join("; ")
    }
}

impl Expr {
    /// Adds the clauses that made this part answer `truth`.
    fn decided(&self, truth: Truth, lookup: Lookup<'_, '_>, out: &mut Vec<Reason>) {
        match self {
            Self::Clause(clause) => out.push(clause.reason(lookup)),
            Self::Not(inner) => inner.decided(truth.not(), lookup, out),
            // Of an `and` that holds every part decided, of one that fails the parts that fail;
            // an `or` is its mirror; of an unknown answer the unknown parts decided.
            Self::All(parts) | Self::Any(parts) => {
                for part in parts.iter().filter(|part| part.holds(lookup) == truth) {
                    part.decided(truth, lookup, out);
                }
            }
        }
    }
}

impl Clause {
    fn reason(&self, lookup: Lookup<'_, '_>) -> Reason {
        let value = lookup(&self.field.name);
        let truth = value.as_ref().map_or(Truth::Unknown, |value| self.answer(value));
        let sentence = match &value {
            Some(value) if truth != Truth::Unknown => self.sentence(value, truth),
            _ if self.test == Test::Holds => {
                format!("whether it is {} is not known", self.field.help)
            }
            _ => format!("{} is not known", self.field.help),
        };
        Reason {
            clause: self.to_string(),
            field: self.field.name.clone(),
            truth,
            value: value.map(|value| value.shown()),
            sentence,
        }
    }

    fn sentence(&self, value: &FieldValue<'_>, truth: Truth) -> String {
        let help = &*self.field.help;
        if self.test == Test::Holds {
            let not = if truth == Truth::Yes { "" } else { "not " };
            return format!("it is {not}{help}");
        }
        let shown = value.shown();
        let yes = truth == Truth::Yes;
        match &self.test {
            Test::Is(_) if yes => format!("{help} is {shown}"),
            Test::Is(want) => format!("{help} is {shown}, not {want}"),
            Test::IsNot(want) if yes => format!("{help} is {shown}, not {want}"),
            Test::OneOf(wants) if !yes => format!("{help} is {shown}, none of {}", list(wants)),
            Test::NoneOf(wants) if yes => format!("{help} is {shown}, none of {}", list(wants)),
            Test::AtLeast(want) if yes => format!("{help} is {shown}, at least {want}"),
            Test::AtLeast(want) => format!("{help} is {shown}, less than {want}"),
            Test::AtMost(want) if yes => format!("{help} is {shown}, at most {want}"),
            Test::AtMost(want) => format!("{help} is {shown}, more than {want}"),
            Test::Contains(text) => does(help, &shown, yes, "contains", "contain", text),
            Test::StartsWith(text) => does(help, &shown, yes, "starts with", "start with", text),
            Test::Matches(text) => does(help, &shown, yes, "matches", "match", text),
            Test::IsNot(_) | Test::Holds | Test::OneOf(_) | Test::NoneOf(_) => {
                format!("{help} is {shown}")
            }
        }
    }

    fn alternatives(&self) -> Vec<FieldValue<'static>> {
        let words = self.field.kind.words();
        if !words.is_empty() {
            return words.iter().map(|word| FieldValue::text(*word)).collect();
        }
        let of = |want: &Want| match want {
            Want::Word(word) => vec![FieldValue::text(word.clone())],
            Want::Number(number) => vec![number - 1.0, *number, number + 1.0]
                .into_iter()
                .map(FieldValue::Number)
                .collect(),
        };
        match &self.test {
            Test::Holds => vec![FieldValue::Bool(true), FieldValue::Bool(false)],
            Test::Is(want) | Test::IsNot(want) | Test::AtLeast(want) | Test::AtMost(want) => {
                of(want)
            }
            Test::OneOf(wants) | Test::NoneOf(wants) => wants.iter().flat_map(of).collect(),
            Test::Contains(text) if self.field.kind == super::Kind::Texts => {
                vec![FieldValue::Texts(vec![text.clone().into()]), FieldValue::Texts(Vec::new())]
            }
            Test::Contains(text) | Test::StartsWith(text) => vec![FieldValue::text(text.clone())],
            Test::Matches(_) => Vec::new(),
        }
    }
}

fn does(help: &str, shown: &str, yes: bool, verb: &str, bare: &str, text: &str) -> String {
    if yes {
        format!("{help} is {shown}, which {verb} {text}")
    } else {
        format!("{help} is {shown}, which does not {bare} {text}")
    }
}

impl std::fmt::Display for Want {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Word(word) => f.write_str(word),
        }
    }
}

fn list(wants: &[Want]) -> String {
    wants.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
