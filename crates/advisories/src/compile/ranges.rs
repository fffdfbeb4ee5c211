//! From the events of a range to intervals.
//!
//! The meaning is that of the OSV schema's evaluation algorithm
//! (ossf.github.io/osv-schema, "Evaluation"): events sorted by version are walked; `introduced`
//! opens, `fixed` closes before its version, `last_affected` closes behind it, `limit` cuts. GIT
//! ranges are passed over and the walk goes on with the next range.

use super::intern::{NO_ORDER, START, Version, Versions};
use crate::index::format::End;
use crate::osv::Range;

/// One interval of affected versions, from `low` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) low: Version,
    /// Means nothing where `end` is `End::Open`.
    pub(super) high: Version,
    pub(super) end: End,
}

/// Why a range cannot be judged.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unjudged {
    /// The version with this text is none of the ecosystem's.
    NoVersion(String),
    /// No `introduced` event.
    NoIntroduced,
    /// A range type that the schema does not know.
    Kind(String),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Introduced,
    Fixed,
    LastAffected,
}

/// Appends the intervals of a range. Returns whether it speaks of versions (`false`: of commits).
pub(super) fn intervals(
    range: &Range<'_>,
    order: u8,
    versions: &mut Versions,
    out: &mut Vec<Interval>,
) -> Result<bool, Unjudged> {
    match range.kind.get() {
        Some("SEMVER" | "ECOSYSTEM") => {}
        Some("GIT") => return Ok(false),
        other => return Err(Unjudged::Kind(other.unwrap_or_default().to_owned())),
    }
    let mut points: Vec<(Version, What)> = Vec::with_capacity(range.events.len());
    let mut limit: Option<Version> = None;
    let mut unlimited = true;
    for event in &range.events {
        let named = [
            (&event.introduced, What::Introduced),
            (&event.fixed, What::Fixed),
            (&event.last_affected, What::LastAffected),
        ];
        for (text, what) in named {
            let Some(text) = text.get() else { continue };
            points.push((version(text, what, order, versions)?, what));
        }
        match event.limit.get() {
            None => {}
            // `*` is infinity; several limits are alternatives, so the greatest one counts.
            Some("*") => limit = Some(START),
            Some(text) => {
                let new = version(text, What::LastAffected, order, versions)?;
                let greater =
                    limit.is_none_or(|old| old != START && versions.key(old) < versions.key(new));
                limit = if greater { Some(new) } else { limit };
            }
        }
    }
    if limit.is_some_and(|limit| limit != START) {
        unlimited = false;
    }
    if !points.iter().any(|(_, what)| *what == What::Introduced) {
        return Err(Unjudged::NoIntroduced);
    }
    let start = out.len();
    if order == NO_ORDER {
        walk_as_written(&points, out);
    } else {
        points.sort_by_key(|(version, what)| (versions.key(*version), *what == What::LastAffected));
        walk(&points, versions, out);
        if let Some(limit) = limit.filter(|_| !unlimited) {
            cut(out, start, limit, versions);
        }
    }
    Ok(true)
}

fn version(
    text: &str,
    what: What,
    order: u8,
    versions: &mut Versions,
) -> Result<Version, Unjudged> {
    // `0` is before everything; as `fixed` it says "never affected".
    if text == "0" && what != What::LastAffected {
        return Ok(START);
    }
    let version = versions.intern(order, text);
    if order != NO_ORDER && versions.key(version).is_none() {
        return Err(Unjudged::NoVersion(text.to_owned()));
    }
    Ok(version)
}

fn walk(points: &[(Version, What)], versions: &Versions, out: &mut Vec<Interval>) {
    let place =
        |(version, what): &(Version, What)| (versions.key(*version), *what == What::LastAffected);
    let mut open: Option<Version> = None;
    for same in points.chunk_by(|a, b| place(a) == place(b)) {
        let Some((version, first)) = same.first().copied() else { continue };
        let has = |what: What| same.iter().any(|(_, other)| *other == what);
        match open {
            Some(low) if first == What::LastAffected => {
                out.push(Interval { low, high: version, end: End::LastAffected });
                open = None;
            }
            Some(low) if has(What::Fixed) => {
                out.push(Interval { low, high: version, end: End::Fixed });
                open = has(What::Introduced).then_some(version);
            }
            // Introduced and fixed at once: never there.
            None if has(What::Introduced) && !has(What::Fixed) => open = Some(version),
            _ => {}
        }
    }
    if let Some(low) = open {
        out.push(Interval { low, high: START, end: End::Open });
    }
}

/// Without an order, events are taken in the order of the record; only for people to read.
fn walk_as_written(points: &[(Version, What)], out: &mut Vec<Interval>) {
    let mut open: Option<Version> = None;
    for (version, what) in points.iter().copied() {
        match (what, open) {
            (What::Introduced, None) => open = Some(version),
            (What::Fixed, Some(low)) => {
                if version != START {
                    out.push(Interval { low, high: version, end: End::Fixed });
                }
                open = None;
            }
            (What::LastAffected, Some(low)) => {
                out.push(Interval { low, high: version, end: End::LastAffected });
                open = None;
            }
            _ => {}
        }
    }
    if let Some(low) = open {
        out.push(Interval { low, high: START, end: End::Open });
    }
}

fn cut(out: &mut Vec<Interval>, start: usize, limit: Version, versions: &Versions) {
    let bound = versions.key(limit);
    let mut kept = out.split_off(start.min(out.len()));
    kept.retain(|interval| versions.key(interval.low) < bound);
    for interval in &mut kept {
        if interval.end == End::Open || versions.key(interval.high) >= bound {
            interval.high = limit;
            interval.end = End::Limit;
        }
    }
    out.append(&mut kept);
}

/// Leaves of some versions those that no interval contains: sorted by key, and each key once.
pub(super) fn outside(intervals: &[Interval], listed: &mut Vec<Version>, versions: &Versions) {
    let bounds: Vec<(&[u8], &[u8], End)> = intervals
        .iter()
        .filter_map(|i| Some((versions.key(i.low)?, versions.key(i.high)?, i.end)))
        .collect();
    let contained = |key: &[u8]| bounds.iter().any(|(low, high, end)| end.contains(low, high, key));
    listed.retain(|version| !versions.key(*version).is_some_and(contained));
    let key = |version: &Version| (versions.key(*version), versions.text(*version));
    listed.sort_by(|a, b| key(a).cmp(&key(b)));
    listed.dedup_by(|a, b| {
        let key = versions.key(*a);
        a == b || (key.is_some() && key == versions.key(*b))
    });
}
