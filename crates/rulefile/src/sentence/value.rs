//! Fields, their types and values, and how one clause is answered.

use std::borrow::Cow;

use super::{Clause, Lookup, Test, Want};

/// What conditions may ask.
#[derive(Debug, Clone, Copy)]
pub struct Schema<'s> {
    /// Every field.
    pub fields: &'s [Field],
}

impl<'s> Schema<'s> {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&'s Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// One field of a schema: one that the program knows, or one that a file declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// As written in conditions: `asset.exposure`.
    pub name: Cow<'static, str>,
    /// Its type.
    pub kind: Kind,
    /// What it says, for people. For truth fields what follows "it is": `known to be exploited`;
    /// for others a phrase before "is": `the urgency`.
    pub help: Cow<'static, str>,
}

impl Field {
    /// One that the program knows.
    pub const fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), kind, help: Cow::Borrowed(help) }
    }
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Yes or no.
    Bool,
    /// A finite number.
    Number,
    /// A text; where a thing has several names, it fits if one of them fits.
    Text,
    /// A list of texts.
    Texts,
    /// One of some words, the least first.
    Ordered(&'static [&'static str]),
    /// One of some words without order.
    Enum(&'static [&'static str]),
}

impl Kind {
    /// For messages.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::Bool => "either true or not",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Ordered(_) => "one of some ordered words",
            Self::Enum(_) => "one of some words",
        }
    }

    /// The words that it knows; none for open types.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Ordered(words) | Self::Enum(words) => words,
            Self::Bool | Self::Number | Self::Text | Self::Texts => &[],
        }
    }
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue<'v> {
    /// Yes or no.
    Bool(bool),
    /// A number; one that is not finite counts as unknown.
    Number(f64),
    /// A text or a word.
    Text(Cow<'v, str>),
    /// Several texts.
    Texts(Vec<Cow<'v, str>>),
}

impl<'v> FieldValue<'v> {
    /// A text that is borrowed or owned.
    pub fn text(text: impl Into<Cow<'v, str>>) -> Self {
        Self::Text(text.into())
    }

    /// The value for people.
    pub fn shown(&self) -> String {
        match self {
            Self::Bool(true) => "true".to_owned(),
            Self::Bool(false) => "not true".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) if text.is_empty() => "empty".to_owned(),
            Self::Text(text) => text.clone().into_owned(),
            Self::Texts(texts) if texts.is_empty() => "empty".to_owned(),
            Self::Texts(texts) => texts.join(", "),
        }
    }
}

/// An answer in three values. `Unknown` is never the same as `No`: whoever acts on it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// A value that decides is not known.
    Unknown,
}

impl Truth {
    /// From a plain answer.
    pub fn of(answer: bool) -> Self {
        if answer { Self::Yes } else { Self::No }
    }

    /// Both hold (Kleene).
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Unknown,
        }
    }

    /// One holds (Kleene).
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }

    /// The opposite; unknown stays unknown.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "it stands beside `and` and `or`")]
    pub fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl Clause {
    pub(super) fn holds(&self, lookup: Lookup<'_, '_>) -> Truth {
        lookup(&self.field.name).map_or(Truth::Unknown, |value| self.answer(&value))
    }

    /// The answer for a known value. A value of another type than the schema declares is unknown.
    pub(super) fn answer(&self, value: &FieldValue<'_>) -> Truth {
        match (self.field.kind, value) {
            (Kind::Bool, FieldValue::Bool(value)) => match self.test {
                Test::Holds => Truth::of(*value),
                _ => Truth::Unknown,
            },
            (Kind::Number, FieldValue::Number(value)) if value.is_finite() => self.number(*value),
            (Kind::Ordered(words), FieldValue::Text(value)) => self.word(words, value),
            (Kind::Enum(_) | Kind::Text, FieldValue::Text(value)) => self.text(&[value.as_ref()]),
            (Kind::Text, FieldValue::Texts(values)) => {
                let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
                self.text(&values)
            }
            (Kind::Texts, FieldValue::Texts(values)) => match &self.test {
                Test::Contains(wanted) => Truth::of(values.iter().any(|value| value == wanted)),
                _ => Truth::Unknown,
            },
            _ => Truth::Unknown,
        }
    }

    fn number(&self, value: f64) -> Truth {
        let compare = |want: &Want, test: &dyn Fn(f64, f64) -> bool| match want {
            Want::Number(number) => Truth::of(test(value, *number)),
            Want::Word(_) => Truth::Unknown,
        };
        let same = |a: f64, b: f64| a.total_cmp(&b).is_eq() || (a - b).abs() < f64::EPSILON;
        match &self.test {
            Test::Is(want) => compare(want, &same),
            Test::IsNot(want) => compare(want, &same).not(),
            Test::OneOf(wants) => {
                wants.iter().map(|want| compare(want, &same)).fold(Truth::No, Truth::or)
            }
            Test::NoneOf(wants) => {
                wants.iter().map(|want| compare(want, &same)).fold(Truth::No, Truth::or).not()
            }
            Test::AtLeast(want) => compare(want, &|a, b| a >= b),
            Test::AtMost(want) => compare(want, &|a, b| a <= b),
            _ => Truth::Unknown,
        }
    }

    fn word(&self, words: &[&str], value: &str) -> Truth {
        let rank = |word: &str| words.iter().position(|known| *known == word);
        let compare = |want: &Want, test: fn(usize, usize) -> bool| match want {
            Want::Word(word) => match (rank(value), rank(word)) {
                (Some(value), Some(wanted)) => Truth::of(test(value, wanted)),
                _ => Truth::Unknown,
            },
            Want::Number(_) => Truth::Unknown,
        };
        match &self.test {
            Test::AtLeast(want) => compare(want, |a, b| a >= b),
            Test::AtMost(want) => compare(want, |a, b| a <= b),
            // A word that the schema does not know is a gap, not a difference.
            _ if rank(value).is_none() => Truth::Unknown,
            _ => self.text(&[value]),
        }
    }

    fn text(&self, values: &[&str]) -> Truth {
        let any = |test: &dyn Fn(&str) -> bool| Truth::of(values.iter().any(|value| test(value)));
        let is = |want: &Want, value: &str| matches!(want, Want::Word(word) if word == value);
        match &self.test {
            Test::Is(want) => any(&|value| is(want, value)),
            Test::IsNot(want) => any(&|value| is(want, value)).not(),
            Test::OneOf(wants) => any(&|value| wants.iter().any(|want| is(want, value))),
            Test::NoneOf(wants) => any(&|value| wants.iter().any(|want| is(want, value))).not(),
            Test::Contains(part) => any(&|value| value.contains(part.as_str())),
            Test::StartsWith(start) => any(&|value| value.starts_with(start.as_str())),
            Test::Matches(glob) => any(&|value| glob_matches(glob, value)),
            Test::Holds | Test::AtLeast(_) | Test::AtMost(_) => Truth::Unknown,
        }
    }
}

/// Whether a glob covers a whole text: `*` any letters, also none and also `/`; `?` exactly one.
///
/// Only the last `*` is ever taken back, so the time is at most the product of the two lengths
/// and the memory is that of both; no pattern explodes.
pub fn glob_matches(glob: &str, text: &str) -> bool {
    let mut pattern = glob.chars();
    let mut rest = text.chars();
    // Where to continue if the letters behind the last `*` do not fit.
    let mut back: Option<(std::str::Chars<'_>, std::str::Chars<'_>)> = None;
    loop {
        match pattern.next() {
            Some('*') => {
                back = Some((pattern.clone(), rest.clone()));
                continue;
            }
            Some(wanted)
                if rest.clone().next().is_some_and(|letter| wanted == '?' || wanted == letter) =>
            {
                rest.next();
                continue;
            }
            None if rest.as_str().is_empty() => return true,
            _ => {}
        }
        let Some((after_star, mut tried)) = back.take() else { return false };
        if tried.next().is_none() {
            return false;
        }
        pattern = after_star.clone();
        rest = tried.clone();
        back = Some((after_star, tried));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, text) in
            [("*", ""), ("a*c", "abbc"), ("a?c", "aüc"), ("*b*b", "abbab"), ("", ""), ("a**", "a")]
        {
            assert!(glob_matches(glob, text), "{glob} {text}");
        }
        for (glob, text) in [("a", "ab"), ("?", ""), ("a*c", "acb"), ("", "x"), ("*b", "ba")] {
            assert!(!glob_matches(glob, text), "{glob} {text}");
        }
    }

    #[test]
    fn a_hostile_glob_ends() {
        let glob = "*a".repeat(1000);
        assert!(!glob_matches(&glob, &("a".repeat(2000) + "b")));
    }
}
