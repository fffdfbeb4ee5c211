//! Detections and conditions, compiled: what has to hold of a record for a rule to speak of it.

use crate::test::{Asks, Item, Test};
use crate::tree::Tree;

/// A named part of a rule.
#[derive(Debug)]
pub(crate) enum Detection {
    All(Box<[Item]>),
    Any(Box<[Detection]>),
}

/// A condition over the rule's detections, which it names by their numbers.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Detection(usize),
    Not(Box<Expr>),
    All(Vec<Expr>),
    Any(Vec<Expr>),
    /// At least so many of them.
    Count(u64, Vec<Expr>),
}

/// What a rule asks of a record.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) detections: Vec<Detection>,
    pub(crate) condition: Expr,
}

/// One of these texts, in lower case, stands in this field of every record that a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) path: Box<str>,
    pub(crate) texts: Vec<String>,
}

impl Detection {
    fn holds(&self, tree: &Tree<'_>) -> bool {
        match self {
            Self::All(items) => items.iter().all(|item| item.holds(tree)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(tree)),
        }
    }

    fn marks(&self) -> Vec<Mark> {
        match self {
            Self::All(items) => items.iter().filter_map(Item::mark).collect(),
            Self::Any(parts) => in_each(parts.iter().map(Self::marks)),
        }
    }
}

impl Asked {
    pub(crate) fn holds(&self, tree: &Tree<'_>) -> bool {
        self.expr(&self.condition, tree)
    }

    fn expr(&self, expr: &Expr, tree: &Tree<'_>) -> bool {
        match expr {
            Expr::Detection(at) => self.detections.get(*at).is_some_and(|d| d.holds(tree)),
            Expr::Not(inner) => !self.expr(inner, tree),
            Expr::All(parts) => parts.iter().all(|part| self.expr(part, tree)),
            Expr::Any(parts) => parts.iter().any(|part| self.expr(part, tree)),
            Expr::Count(wanted, parts) => {
                let held = parts.iter().filter(|part| self.expr(part, tree)).count() as u64;
                held >= *wanted
            }
        }
    }

    /// The marks by which the rule can be found; none where it has to be asked of every record.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        self.marks_of(&self.condition)
    }

    fn marks_of(&self, expr: &Expr) -> Vec<Mark> {
        match expr {
            Expr::Detection(at) => {
                self.detections.get(*at).map(Detection::marks).unwrap_or_default()
            }
            Expr::All(parts) => parts.iter().flat_map(|part| self.marks_of(part)).collect(),
            Expr::Any(parts) | Expr::Count(1.., parts) => {
                in_each(parts.iter().map(|part| self.marks_of(part)))
            }
            // What is absent marks nothing.
            Expr::Not(_) | Expr::Count(..) => Vec::new(),
        }
    }
}

/// The fields that every alternative marks, with the texts of all of them.
fn in_each(mut alternatives: impl Iterator<Item = Vec<Mark>>) -> Vec<Mark> {
    let Some(mut common) = alternatives.next() else { return Vec::new() };
    for marks in alternatives {
        common.retain_mut(|mark| {
            let same = marks.iter().find(|other| other.path == mark.path);
            mark.texts.extend(same.into_iter().flat_map(|other| other.texts.iter().cloned()));
            same.is_some()
        });
    }
    common
}

impl Item {
    fn mark(&self) -> Option<Mark> {
        let Asks::Values { tests, negated: false, .. } = &self.asks else { return None };
        let text = |test: &Test| match test {
            Test::Text(pattern) => pattern.only(),
            _ => None,
        };
        let texts: Option<Vec<String>> = tests.iter().map(text).collect();
        Some(Mark { path: self.path.clone()?, texts: texts? })
    }
}
