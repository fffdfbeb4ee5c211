//! What a change brings in: the findings of its head that its base does not have.
//!
//! Knows identity and counting. Must not know severity or appetite: the gate decides on what is
//! left here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Finding, Key, LocalKey, NotAssessed, State};

use crate::{alias, pairing};

/// The findings of `head` that are new against `base`, in the order of `head`.
///
/// A finding is old if the base has its local key, under any name of its weakness, or if the base
/// has it at one other path that it has left (a moved lockfile brings nothing in; where the pair
/// is not unique it counts as new). Versions at one locus are counted instances: an old finding
/// whose version changed is still old, since a change from one vulnerable version to another
/// brings in nothing that was not there, but an old finding with more copies than before is new,
/// and is then shown with the copies that the base does not have. One that the base accepts and
/// the head does not is new as well: the change left what the acceptance was anchored to.
pub fn subtract(head: Vec<Finding>, base: &[Finding]) -> Vec<Finding> {
    let mut by_local: BTreeMap<LocalKey, &Finding> = BTreeMap::new();
    for finding in base {
        for local in alias::local_keys(finding) {
            by_local.entry(local).or_insert(finding);
        }
    }
    let own: BTreeMap<Key, Option<&Finding>> = head
        .iter()
        .map(|f| (f.key, alias::local_keys(f).find_map(|local| by_local.get(&local).copied())))
        .collect();
    let stayed: BTreeSet<Key> = own.values().flatten().map(|f| f.key).collect();
    let paths: BTreeSet<&str> = base.iter().filter_map(|f| f.locus.path()).collect();
    let moved: BTreeMap<Key, Key> = pairing::moves(
        base.iter().filter(|f| !stayed.contains(&f.key)),
        head.iter().filter(|f| {
            own.get(&f.key).is_some_and(Option::is_none)
                && f.locus.path().is_some_and(|path| !paths.contains(path))
        }),
        &Clone::clone,
    )
    .into_iter()
    .map(|(old, new)| (new, old))
    .collect();
    let by_key: BTreeMap<Key, &Finding> = base.iter().map(|f| (f.key, f)).collect();
    let old: BTreeMap<Key, &Finding> = own
        .into_iter()
        .filter_map(|(key, found)| {
            let moved = || moved.get(&key).and_then(|old| by_key.get(old).copied());
            found.or_else(moved).map(|old| (key, old))
        })
        .collect();
    head.into_iter()
        .filter_map(|finding| {
            let base = old.get(&finding.key).copied();
            left(finding, base)
        })
        .collect()
}

/// What is new of one finding.
fn left(mut head: Finding, base: Option<&Finding>) -> Option<Finding> {
    let Some(base) = base else { return Some(head) };
    let lost_acceptance = base.state == State::Accepted && head.state != State::Accepted;
    if lost_acceptance {
        return Some(head);
    }
    if head.instances.len() <= base.instances.len() {
        return None;
    }
    // Lines shift, so copies are told apart by their versions only, each as often as it occurs.
    let mut before: BTreeMap<Option<Arc<str>>, usize> = BTreeMap::new();
    for instance in &base.instances {
        *before.entry(instance.version.clone()).or_default() += 1;
    }
    head.instances.retain(|instance| match before.get_mut(&instance.version) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    Some(head)
}

/// The could-not-check rows of `head` that `base` does not have.
pub fn subtract_rows(head: Vec<NotAssessed>, base: &[NotAssessed]) -> Vec<NotAssessed> {
    let known: BTreeSet<Key> = base.iter().map(|row| row.key).collect();
    head.into_iter().filter(|row| !known.contains(&row.key)).collect()
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use holdfast_model::{FindingKind, Locus};

    use super::*;
    use crate::testing::{asset, finding, with_versions};
    use crate::unassessed::Gap;

    #[test]
    fn a_version_that_changed_is_old_and_a_copy_more_is_new() {
        let base = [with_versions("CVE-1", "time", "Cargo.lock", &["0.1.42"])];
        let bumped = with_versions("CVE-1", "time", "Cargo.lock", &["0.1.43"]);
        assert_eq!(subtract(vec![bumped], &base), []);
        let grown = with_versions("CVE-1", "time", "Cargo.lock", &["0.1.42", "0.2.1"]);
        let new = subtract(vec![grown], &base);
        let versions: Vec<_> = new[0].instances.iter().map(|i| i.version.as_deref()).collect();
        assert_eq!(versions, [Some("0.2.1")]);
    }

    #[test]
    fn the_same_version_twice_is_a_copy_more() {
        let base = [with_versions("CVE-1", "ms", "package-lock.json", &["2.0.0"])];
        let mut twice = with_versions("CVE-1", "ms", "package-lock.json", &["2.0.0"]);
        let mut copy = twice.instances[0].clone();
        copy.place.line += 40;
        twice.instances.push(copy);
        assert_eq!(subtract(vec![twice], &base)[0].instances.len(), 1);
    }

    #[test]
    fn another_weakness_or_file_is_new() {
        let base = [finding("CVE-1", "time", "Cargo.lock")];
        let other = finding("CVE-2", "time", "Cargo.lock");
        let copied = finding("CVE-1", "time", "b/Cargo.lock");
        let head = vec![base[0].clone(), other.clone(), copied.clone()];
        assert_eq!(subtract(head, &base), [other, copied]);
    }

    #[test]
    fn a_moved_lockfile_brings_nothing_in() {
        let base = [finding("CVE-1", "time", "Cargo.lock"), finding("CVE-2", "ring", "Cargo.lock")];
        let moved = vec![
            finding("CVE-1", "time", "app/Cargo.lock"),
            finding("CVE-2", "ring", "app/Cargo.lock"),
        ];
        assert_eq!(subtract(moved, &base), []);
        // Two files where there was one: nobody can say which of them moved.
        let split = vec![
            finding("CVE-1", "time", "a/Cargo.lock"),
            finding("CVE-1", "time", "b/Cargo.lock"),
        ];
        assert_eq!(subtract(split, &base).len(), 2);
    }

    #[test]
    fn a_weakness_that_got_its_number_since_is_old() {
        let base = [finding("GHSA-1", "time", "Cargo.lock")];
        let mut head = finding("CVE-1", "time", "Cargo.lock");
        head.weakness.aliases = vec!["GHSA-1".into(), "RUSTSEC-1".into()];
        assert_eq!(subtract(vec![head], &base), []);
    }

    #[test]
    fn a_change_that_ends_an_acceptance_is_new() {
        let mut base = finding("CVE-1", "time", "Cargo.lock");
        base.state = State::Accepted;
        let head = finding("CVE-1", "time", "Cargo.lock");
        assert_eq!(subtract(vec![base.clone()], from_ref(&base)), []);
        assert_eq!(subtract(vec![head.clone()], &[base]), [head]);
    }

    #[test]
    fn rows_of_the_base_are_subtracted() {
        let row = |respect: &str| {
            let gap = Gap {
                code: "no-feed",
                kind: FindingKind::Package,
                locus: Locus::Asset { respect: respect.into() },
                subject: respect.into(),
                reason: "no feed".to_owned(),
                closes_with: "holdfast advisories sync".to_owned(),
                place: None,
            };
            gap.on(&asset())
        };
        assert_eq!(subtract_rows(vec![row("Go"), row("npm")], &[row("Go")]), [row("npm")]);
    }
}
