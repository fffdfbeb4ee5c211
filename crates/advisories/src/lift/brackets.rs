//! Maven's and NuGet's requirements: intervals as mathematicians write them, `[1.0,2.0)`, several
//! separated by commas (Maven's POM reference, "Dependency version requirement specification";
//! NuGet's "Package versioning"), or a bare version.
//!
//! A bare version is the wish for that one and whatever is later: Maven calls it soft, NuGet a
//! minimum. Nobody but habit says how far it reaches, so that here it reaches to the next change of
//! the first number. Gradle's `1.2!!` is that version and no other one (its "Declaring Rich
//! Versions"), and its `1.2.+` what NuGet writes as `1.2.*`.

use std::cmp::Ordering;

use super::dotted_range::numbers;
use super::{bound_above, dotted};
use crate::version::Order;

/// A side of an interval.
struct Side<'a> {
    /// Empty for none.
    text: &'a str,
    inclusive: bool,
}

/// `[1.0,2.0)`, or `[1.0]` where both sides are the same text.
struct Interval<'a> {
    low: Side<'a>,
    high: Side<'a>,
    /// What stands between the comma and the second version.
    gap: &'a str,
    exact: bool,
}

fn is_bare(range: &str) -> bool {
    !range.contains(['[', ']', '(', ')', ','])
}

fn parse(range: &str) -> Option<Vec<Interval<'_>>> {
    let mut rest = range.trim();
    let mut out = Vec::new();
    while !rest.is_empty() {
        let from_inclusive = rest.starts_with('[');
        let inner = rest.strip_prefix(['[', '('])?;
        let end = inner.find([']', ')'])?;
        let to_inclusive = inner.get(end..)?.starts_with(']');
        let body = inner.get(..end)?;
        let (low, high, exact) = match body.split_once(',') {
            Some((low, high)) => (low.trim(), high.trim_end(), false),
            None => (body.trim(), body.trim(), true),
        };
        let (gap, high) = high.split_at_checked(high.len() - high.trim_start().len())?;
        let lone = exact && (low.is_empty() || !from_inclusive || !to_inclusive);
        if lone || high.contains(',') || low.contains(['[', '(']) {
            return None;
        }
        let low = Side { text: low, inclusive: from_inclusive };
        out.push(Interval { low, high: Side { text: high, inclusive: to_inclusive }, gap, exact });
        rest = inner.get(end + 1..)?.trim_start();
        rest = rest.strip_prefix(',').map_or(rest, str::trim_start);
    }
    (!out.is_empty()).then_some(out)
}

/// Behind a bare version, that no other one will do.
const STRICT: &str = "!!";

/// `1.2.*` and `*`, which NuGet calls floating, and Gradle's `1.2.+`: the numbers in front.
fn floating(range: &str) -> Option<Vec<u64>> {
    match range.trim().strip_suffix(['*', '+'])? {
        "" => Some(Vec::new()),
        front => numbers(front.strip_suffix('.')?),
    }
}

pub(super) fn admits(order: &Order, range: &str, version: &str) -> Option<bool> {
    let given = numbers(version)?;
    if let Some(front) = floating(range) {
        return Some(given.starts_with(&front));
    }
    if let Some(only) = range.trim().strip_suffix(STRICT).filter(|only| is_bare(only)) {
        return Some(order.compare(version, only)? == Ordering::Equal);
    }
    if is_bare(range) {
        let wanted = numbers(range.trim())?;
        let later = order.compare(version, range.trim())? != Ordering::Less;
        return Some(later && wanted.first() == given.first());
    }
    for interval in parse(range)? {
        if contains(order, &interval, version)? {
            return Some(true);
        }
    }
    Some(false)
}

/// The same of what one package of NuGet asks of another one: a bare version is the least that will
/// do, however far above it another one lies, and nothing at all is any version.
pub(super) fn lets_in(order: &Order, range: &str, version: &str) -> Option<bool> {
    let least = range.trim();
    if !is_bare(least) || floating(least).is_some() {
        return admits(order, least, version);
    }
    let least = if least.is_empty() { version } else { least };
    Some(order.compare(version, least)? != Ordering::Less)
}

fn contains(order: &Order, interval: &Interval<'_>, version: &str) -> Option<bool> {
    let side = |side: &Side<'_>, outside: Ordering| {
        if side.text.is_empty() {
            return Some(true);
        }
        let found = order.compare(version, side.text)?;
        Some(if found == Ordering::Equal { side.inclusive } else { found != outside })
    };
    Some(side(&interval.low, Ordering::Less)? && side(&interval.high, Ordering::Greater)?)
}

/// Whether everything in an interval lies below a version.
fn is_below(order: &Order, interval: &Interval<'_>, version: &str) -> Option<bool> {
    if interval.high.text.is_empty() {
        return Some(false);
    }
    Some(match order.compare(interval.high.text, version)? {
        Ordering::Less => true,
        Ordering::Equal => !interval.high.inclusive,
        Ordering::Greater => false,
    })
}

pub(super) fn lift(order: &Order, range: &str, target: &str) -> Option<String> {
    let wanted = numbers(target)?;
    if let Some(front) = floating(range) {
        if wanted.starts_with(&front) {
            return Some(range.to_owned());
        }
        let all = wanted.iter().copied().chain(std::iter::repeat(0));
        let moved = dotted(&all.take(front.len()).collect::<Vec<_>>());
        return Some(range.replace(&dotted(&front), &moved));
    }
    if is_bare(range) {
        let bare = range.trim().trim_end_matches(STRICT);
        numbers(bare)?;
        let below = order.compare(bare, target)? == Ordering::Less;
        return Some(if below { range.replace(bare, target) } else { range.to_owned() });
    }
    let intervals = parse(range)?;
    let mut kept = Vec::new();
    let last = intervals.len().checked_sub(1)?;
    let mut lifted = false;
    for (at, interval) in intervals.iter().enumerate() {
        let here = contains(order, interval, target)?;
        if !lifted && (here || at == last) {
            kept.push(lift_one(order, interval, target, &wanted)?);
            lifted = true;
        } else if !is_below(order, interval, target)? {
            kept.push(written(interval));
        }
    }
    let spaced = range.contains(", [") || range.contains(", (");
    Some(kept.join(if spaced { ", " } else { "," }))
}

fn lift_one(
    order: &Order,
    interval: &Interval<'_>,
    target: &str,
    wanted: &[u64],
) -> Option<String> {
    if interval.exact {
        return Some(format!("[{target}]"));
    }
    let (low, high) = (&interval.low, &interval.high);
    let moved = is_below(order, interval, target)?;
    // `(,2.0]` has no lower bound to raise, and needs one where the upper one is moved.
    let raised = match low.text {
        "" => moved,
        text => order.compare(text, target)? == Ordering::Less,
    };
    let (open, low) =
        if raised { ('[', target) } else { (if low.inclusive { '[' } else { '(' }, low.text) };
    let close = if high.inclusive { ']' } else { ')' };
    let high = match () {
        () if !moved => high.text.to_owned(),
        () if high.inclusive => target.to_owned(),
        () => dotted(&bound_above(&numbers(high.text)?, wanted)?),
    };
    Some(format!("{open}{low},{}{high}{close}", interval.gap))
}

fn written(interval: &Interval<'_>) -> String {
    let open = if interval.low.inclusive { '[' } else { '(' };
    let close = if interval.high.inclusive { ']' } else { ')' };
    if interval.exact {
        return format!("{open}{}{close}", interval.low.text);
    }
    format!("{open}{},{}{}{close}", interval.low.text, interval.gap, interval.high.text)
}
