//! npm's ranges (docs of node-semver, "Ranges"): alternatives separated by `||`; within one,
//! comparators separated by spaces, or `a - b`; a bare full version means exactly that one.

use super::semver_range::{
    Comparator, Exact, Op, Partial, admits as set_admits, lift_set, operator,
};

struct Alternative<'a> {
    /// Where it begins in the range, spaces included, and its text.
    start: usize,
    text: &'a str,
    set: Vec<Comparator<'a>>,
}

fn parse(range: &str) -> Option<Vec<Alternative<'_>>> {
    let mut at = 0;
    range
        .split("||")
        .map(|text| {
            let start = at;
            at += text.len() + 2;
            Some(Alternative { start, text, set: parse_set(text, start)? })
        })
        .collect()
}

/// The words of a text with their offsets.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split(char::is_whitespace).filter_map(move |word| {
        let start = at;
        // Every separator here is one byte: npm's ranges are ASCII, and others do not parse.
        at += word.len() + 1;
        (!word.is_empty()).then_some((start, word))
    })
}

fn parse_set(text: &str, base: usize) -> Option<Vec<Comparator<'_>>> {
    if !text.is_ascii() {
        return None;
    }
    let words: Vec<(usize, &str)> = words(text).collect();
    if let [(low_at, low), (_, "-"), (high_at, high)] = words.as_slice() {
        let low = comparator(Op::GreaterEq, low, base + low_at)?;
        return Some(vec![low, comparator(Op::LessEq, high, base + high_at)?]);
    }
    let mut out = Vec::new();
    let mut pending: Option<Op> = None;
    for (at, word) in words {
        let (op, sign) = operator(word, Op::Exact);
        let version = word.get(sign..)?;
        let op = if sign == 0 { pending.take().unwrap_or(op) } else { op };
        if version.is_empty() {
            // `>= 1.2`: the version follows as a word of its own.
            pending = Some(op);
        } else {
            out.push(comparator(op, version, base + at + sign)?);
        }
    }
    pending.is_none().then_some(out)
}

fn comparator(op: Op, text: &str, at: usize) -> Option<Comparator<'_>> {
    let bare = text.trim_start_matches('v');
    let start = at + (text.len() - bare.len());
    Some(Comparator { op, version: Partial::parse(bare)?, start, end: start + bare.len() })
}

pub(super) fn admits(range: &str, version: &str) -> Option<bool> {
    let version = Exact::parse(version)?;
    Some(parse(range)?.iter().any(|alternative| set_admits(&alternative.set, &version)))
}

pub(super) fn lift(range: &str, target: &str) -> Option<String> {
    let target = Exact::parse(target)?;
    let alternatives = parse(range)?;
    let admitting = alternatives.iter().position(|other| set_admits(&other.set, &target));
    // Else the highest one that lies below, which is the one written last as a rule.
    let below = |other: &Alternative<'_>| other.set.iter().any(|c| c.below(&target));
    let chosen = admitting
        .or_else(|| alternatives.iter().rposition(below))
        .or_else(|| alternatives.len().checked_sub(1))?;
    let mut kept = Vec::new();
    let mut dropped = false;
    for (at, other) in alternatives.iter().enumerate() {
        if at == chosen {
            kept.push(lift_set(other.text, other.start, &other.set, &target, " ")?);
        } else if below(other) {
            // Everything it admits is older than the first safe version.
            dropped = true;
        } else {
            kept.push(other.text.to_owned());
        }
    }
    if dropped {
        let kept: Vec<&str> = kept.iter().map(|text| text.trim()).collect();
        return Some(kept.join(" || "));
    }
    Some(kept.join("||"))
}
