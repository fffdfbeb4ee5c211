//! Which value holds: for the server, and for the connections of each Match block.
//!
//! sshd reads its configuration twice. The first time gives what holds for the server: the first
//! value outside of conditions. The second time, for one connection, gives the first value among
//! the Match blocks whose conditions it fulfils (`Match all` among them), and that one is laid
//! over the first. Knows settings of lines; must not know files.

use std::sync::Arc;

use holdfast_model::Place;

use super::options::{Counts, SshOption};
use super::values::Criterion;
use super::walk::Set;

/// A value, and the line that gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// The normal form.
    pub value: Arc<str>,
    /// The first line of it.
    pub place: Place,
}

/// What holds for the server: for connections that fulfil no condition but `all`.
pub(super) fn whole(option: &SshOption, sets: &[Set]) -> Option<Held> {
    let over = held(option, layer(option, sets, &[]));
    over.or_else(|| held(option, of(option, sets).filter(|set| set.context.base)))
}

/// What each Match block gives connections that fulfil its conditions and no other's, in the
/// order of the blocks. A block whose value another one always forestalls gives nothing.
pub(super) fn blocks(option: &SshOption, sets: &[Set]) -> Vec<(Arc<str>, Held)> {
    let mut seen: Vec<&[Criterion]> = Vec::new();
    let mut out = Vec::new();
    for set in of(option, sets) {
        let Some(when) = set.context.when.as_deref() else { continue };
        if when.is_empty() || !option.in_match || seen.iter().any(|other| same(other, when)) {
            continue;
        }
        seen.push(when);
        let wins = |set: &Set| set.context.when.as_deref().is_some_and(|w| same(w, when));
        let mut lines = layer(option, sets, when);
        let counts = match option.counts {
            Counts::First => lines.next().is_some_and(wins),
            Counts::Last => lines.last().is_some_and(wins),
            Counts::All => lines.any(wins),
        };
        if let (true, Some(held)) = (counts, held(option, layer(option, sets, when))) {
            out.push((words(when), held));
        }
    }
    out
}

fn of<'s>(option: &SshOption, sets: &'s [Set]) -> impl Iterator<Item = &'s Set> {
    sets.iter().filter(move |set| set.option.name == option.name)
}

/// The lines that count, above those for the server, for a connection that fulfils `fulfilled`.
fn layer<'s>(
    option: &'s SshOption,
    sets: &'s [Set],
    fulfilled: &'s [Criterion],
) -> impl Iterator<Item = &'s Set> {
    of(option, sets).filter(move |set| {
        let when = set.context.when.as_deref();
        option.in_match && when.is_some_and(|when| within(when, fulfilled))
    })
}

fn within(some: &[Criterion], all: &[Criterion]) -> bool {
    some.iter().all(|criterion| all.contains(criterion))
}

fn same(a: &[Criterion], b: &[Criterion]) -> bool {
    within(a, b) && within(b, a)
}

fn held<'s>(option: &SshOption, mut lines: impl Iterator<Item = &'s Set>) -> Option<Held> {
    let first = match option.counts {
        Counts::Last => lines.by_ref().last()?,
        Counts::First | Counts::All => lines.next()?,
    };
    let mut value = first.value.clone();
    if option.counts == Counts::All {
        for set in lines {
            value.push(' ');
            value.push_str(&set.value);
        }
    }
    Some(Held { value: value.into(), place: first.place.clone() })
}

/// The conditions as a `Match` line says them.
fn words(when: &[Criterion]) -> Arc<str> {
    let mut seen: Vec<&Criterion> = Vec::new();
    let mut out: Vec<String> = Vec::new();
    for criterion in when {
        if seen.contains(&criterion) {
            continue;
        }
        seen.push(criterion);
        out.push(criterion.attribute.to_owned());
        if criterion.pattern.contains([' ', '\t', '=']) {
            out.push(format!("\"{}\"", criterion.pattern));
        } else if !criterion.pattern.is_empty() {
            out.push(criterion.pattern.clone());
        }
    }
    out.join(" ").into()
}
