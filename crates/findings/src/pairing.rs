//! Which findings that went and which that came are one thing that moved.
//!
//! Knows kind, weakness, subject and path. Must never guess: where more than one pair is possible
//! there is none.

use std::collections::BTreeMap;

use holdfast_model::{Finding, FindingKind, Key, WeaknessId};

type Same<'a> = (FindingKind, WeaknessId, &'a str);

/// Pairs of keys (went, came): equal kind, weakness and subject, another path, one of each.
///
/// `name` gives a weakness its present name, since a thing may move on the day its weakness gets
/// a new one.
pub(crate) fn moves<'a>(
    went: impl Iterator<Item = &'a Finding>,
    came: impl Iterator<Item = &'a Finding>,
    name: &dyn Fn(&WeaknessId) -> WeaknessId,
) -> Vec<(Key, Key)> {
    let mut groups: BTreeMap<Same<'a>, (Vec<&'a Finding>, Vec<&'a Finding>)> = BTreeMap::new();
    let with_path = |finding: &&Finding| finding.locus.path().is_some();
    let same = |f: &'a Finding| (f.kind, name(&f.weakness.id), &*f.subject);
    for finding in went.filter(with_path) {
        groups.entry(same(finding)).or_default().0.push(finding);
    }
    for finding in came.filter(with_path) {
        groups.entry(same(finding)).or_default().1.push(finding);
    }
    groups
        .into_values()
        .filter_map(|(went, came)| match (went.as_slice(), came.as_slice()) {
            ([old], [new]) if old.locus.path() != new.locus.path() => Some((old.key, new.key)),
            _ => None,
        })
        .collect()
}
