//! Why a line decided, and what would have to change for a milder one.

use std::cmp::Reverse;

use holdfast_model::{Asset, Do, Exposure, Finding};
use holdfast_rulefile::{Condition, Field, FieldValue, Truth};
use serde::Serialize;

use crate::appetite::{Appetite, Line};
use crate::fields::value;
use crate::judge::{ASSUMED, Ask, Look, decide};
use crate::tighter::rank;

/// What one line says of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineVerdict {
    /// The line's name.
    pub name: String,
    /// What it asks and does.
    pub sentence: String,
    /// Whether it decides.
    pub matched: bool,
    /// Why, in words with values.
    pub because: String,
}

/// One way to a milder line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// "if its urgency were soon instead of now".
    pub what: String,
    /// The line that would decide then.
    pub line: String,
    /// What it would do: "ticket, due within 14 days".
    pub deed: String,
}

/// Every line up to the one that decides, and the ways to milder ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// In order; the last one decides.
    pub lines: Vec<LineVerdict>,
    /// What would have to change; the nearest milder line first. Each was tried, not guessed.
    pub milder: Vec<Change>,
}

/// At most so many ways are shown.
const MOST_CHANGES: usize = 6;
/// More alternatives than this are not paired with each other.
const MOST_PAIRED: usize = 80;

/// Explains the decision about a finding.
pub fn explain(appetite: &Appetite, finding: &Finding, asset: &Asset, look: &Look) -> Explanation {
    let ask = |name: &str| value(name, finding, asset, look);
    let mut lines = Vec::new();
    for line in &appetite.lines {
        let (matched, mut because) = match &line.when {
            None => (true, "no line above took it".to_owned()),
            Some(when) => {
                let answer = when.explain(&ask);
                (answer.truth == Truth::Yes, answer.sentence())
            }
        };
        let asks = line.when.as_ref().is_some_and(|when| when.fields().contains(&"asset.exposure"));
        if asks && asset.exposure == Exposure::Unknown {
            because = format!("{because} ({ASSUMED})");
        }
        let sentence = format!("{}; {}", line.sentence(), line.deed());
        lines.push(LineVerdict { name: line.name.clone(), sentence, matched, because });
        if matched {
            break;
        }
    }
    Explanation { lines, milder: milder(&appetite.lines, &ask) }
}

/// A field with another value than it has.
type Other<'f> = (&'f Field, FieldValue<'static>);

fn milder(lines: &[Line], ask: Ask<'_, '_>) -> Vec<Change> {
    let Some(now) = decide(lines, ask).line else { return Vec::new() };
    let mut others: Vec<Other<'_>> = Vec::new();
    for other in
        lines.iter().filter_map(|line| line.when.as_ref()).flat_map(Condition::alternatives)
    {
        if ask(&other.0.name).as_ref() != Some(&other.1) && !others.contains(&other) {
            others.push(other);
        }
    }
    let mut found = Vec::new();
    for other in &others {
        found.extend(try_out(lines, ask, now, &[other]));
    }
    if found.is_empty() && others.len() <= MOST_PAIRED {
        for (n, one) in others.iter().enumerate() {
            for two in others.iter().skip(n + 1).filter(|two| two.0 != one.0) {
                found.extend(try_out(lines, ask, now, &[one, two]));
            }
        }
    }
    // The nearest first: the strictest of the milder lines.
    found.sort_by_key(|(line, _)| Reverse(strictness(line)));
    found.dedup_by(|a, b| a.1 == b.1);
    let change =
        |(line, what): (&Line, String)| Change { what, line: line.name.clone(), deed: line.deed() };
    found.into_iter().take(MOST_CHANGES).map(change).collect()
}

fn try_out<'a>(
    lines: &'a [Line],
    ask: Ask<'_, '_>,
    now: &Line,
    changes: &[&Other<'_>],
) -> Option<(&'a Line, String)> {
    let changed = |name: &str| {
        let other = changes.iter().find(|(field, _)| field.name == name);
        other.map(|(_, value)| value.clone()).or_else(|| ask(name).map(owned))
    };
    let line = decide(lines, &changed).line?;
    if strictness(line) >= strictness(now) {
        return None;
    }
    let words: Vec<String> = changes
        .iter()
        .map(|(field, other)| in_words(field, other, ask(&field.name).as_ref()))
        .collect();
    Some((line, format!("if {}", words.join(" and "))))
}

/// How strict a line is: its strongest deed, then how early it is due.
fn strictness(line: &Line) -> (u8, Reverse<Option<u64>>) {
    let rank = line.deeds.iter().copied().map(rank).max().unwrap_or_else(|| rank(Do::Inform));
    // Never due is later than any day.
    let due = line.due.map_or(u64::MAX, |due| {
        u64::try_from(due.after(holdfast_model::Timestamp(0)).0).unwrap_or(u64::MAX)
    });
    (rank, Reverse(Some(due)))
}

fn owned(value: FieldValue<'_>) -> FieldValue<'static> {
    match value {
        FieldValue::Bool(value) => FieldValue::Bool(value),
        FieldValue::Number(value) => FieldValue::Number(value),
        FieldValue::Text(text) => FieldValue::text(text.into_owned()),
        FieldValue::Texts(texts) => {
            FieldValue::Texts(texts.into_iter().map(|text| text.into_owned().into()).collect())
        }
    }
}

fn in_words(field: &Field, other: &FieldValue<'_>, now: Option<&FieldValue<'_>>) -> String {
    let help = &field.help;
    match (other, now) {
        (FieldValue::Bool(true), _) => format!("it were {help}"),
        (FieldValue::Bool(false), _) => format!("it were not {help}"),
        (other, Some(now)) => format!("{help} were {} instead of {}", other.shown(), now.shown()),
        (other, None) => format!("{help} were known to be {}", other.shown()),
    }
}
