//! What becomes of the findings of something that another took the place of: an image whose name
//! means another one now, or that nothing runs any more.
//!
//! Knows findings and keys. Must not know what an image is, or who said that it was replaced.

use std::collections::BTreeMap;

use holdfast_model::{Coverage, Key, Known, LocalKey, Outcome, State};

use super::{Batch, Log, StepOut, Turn, departed, here, witness};
use crate::alias;

/// What became of everything that was known of the asset of `batch`, where what took its place has
/// the findings `next`, by their local keys. What is found there too has moved there; what is not
/// is mended or gone, as `batch` answers for what took its place. `because` says what happened.
///
/// Nothing closes unless what took its place was seen whole.
pub fn succeed(
    known: &BTreeMap<Key, Known>,
    next: &BTreeMap<LocalKey, Key>,
    batch: &Batch<'_>,
    because: &str,
) -> StepOut {
    let mut rest = here(known, batch.asset, batch.standing);
    let mut turns: BTreeMap<Key, Turn> = BTreeMap::new();
    for (key, one) in &rest {
        let finding = &one.finding;
        let to = alias::local_keys(finding).find_map(|local| next.get(&local).copied());
        // A reader must not be led in a circle.
        let to = to.filter(|to| to != key && witness::is_live(finding));
        if let Some(other) = to {
            let (to, outcome) = (State::Moved, Some(Outcome::Moved));
            turns.insert(*key, Turn { to, outcome, other: Some(other), because: because.into() });
        }
    }
    rest.retain(|key, _| !turns.contains_key(key));
    if batch.coverage == Coverage::Full {
        for (key, mut turn) in departed::fates(&rest, &BTreeMap::new(), batch) {
            turn.because = match turn.to {
                State::Removed => because.to_owned(),
                _ => format!("{because}: {}", turn.because),
            };
            turns.insert(key, turn);
        }
    }
    let mut log = Log {
        at: batch.now,
        standing: batch.standing,
        changed: BTreeMap::new(),
        transitions: Vec::new(),
    };
    for (key, turn) in turns {
        let Some(before) = known.get(&key) else { continue };
        let mut after = before.clone();
        log.turn(&mut after, Some(before.finding.state), turn);
        log.keep(Some(before), after);
    }
    log.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use holdfast_model::{AssetId, Finding, FindingKind, Locus, Standing, Timestamp};

    use super::*;
    use crate::testing;
    use crate::{Judged, Presence};

    /// Findings of an image, by package.
    fn image(id: &str, packages: &[&str]) -> BTreeMap<Key, Known> {
        let asset = AssetId(id.into());
        let known = packages.iter().map(|name| {
            let mut finding: Finding = testing::finding("CVE-2026-1", name, "app/lock");
            finding.key = Key::new(&asset, finding.local);
            finding.standing = Standing::Trunk;
            let at = Timestamp(0);
            (finding.key, Known { finding, first_seen: at, last_seen: at, since: at })
        });
        known.collect()
    }

    fn told(coverage: Coverage, next: &BTreeMap<Key, Known>) -> Vec<(String, &'static str, bool)> {
        let old = image("image:a", &["gone", "mended", "stays"]);
        let next = next.iter().map(|(key, one)| (one.finding.local, *key)).collect();
        let notes = BTreeMap::new();
        let present = |locus: &Locus| match locus {
            Locus::LanguagePackage { purl, .. } if purl.ends_with("mended") => {
                Presence::There(vec![Arc::from("2.0.0")])
            }
            _ => Presence::Gone,
        };
        let asset = AssetId("image:a".into());
        let batch = Batch {
            asset: &asset,
            standing: Standing::Trunk,
            coverage,
            now: Timestamp(1),
            kinds: &[FindingKind::Package],
            found: Vec::new(),
            notes: &notes,
            unreadable: &[],
            present: &present,
            judged: &|_| Judged::Known,
        };
        let out = succeed(&old, &next, &batch, "web:1 is another image now");
        assert!(out.transitions.iter().all(|one| one.because.starts_with("web:1 is another")));
        assert!(out.transitions.iter().all(|one| crate::allowed(one.from, one.to)));
        let mut said: Vec<(String, &'static str, bool)> = out
            .changed
            .iter()
            .map(|one| {
                let step = out.transitions.iter().find(|step| step.key == one.finding.key);
                let leads = step.is_some_and(|step| step.other.is_some());
                (one.finding.subject.to_string(), one.finding.state.word(), leads)
            })
            .collect();
        said.sort();
        said
    }

    #[test]
    fn what_is_there_too_moves_and_the_rest_is_mended_or_gone() {
        let said = told(Coverage::Full, &image("image:b", &["stays", "new"]));
        let words: Vec<(&str, &str, bool)> =
            said.iter().map(|(name, state, leads)| (name.as_str(), *state, *leads)).collect();
        assert_eq!(
            words,
            [
                ("pkg:cargo/gone", "removed", false),
                ("pkg:cargo/mended", "fixed", false),
                ("pkg:cargo/stays", "moved", true),
            ]
        );
    }

    #[test]
    fn what_was_seen_in_part_closes_only_what_is_found_there_too() {
        let said = told(Coverage::Partial, &image("image:b", &["stays"]));
        assert_eq!(said, [("pkg:cargo/stays".to_owned(), "moved", true)]);
        assert_eq!(told(Coverage::Partial, &BTreeMap::new()), []);
    }

    #[test]
    fn nothing_moves_to_itself() {
        assert_eq!(told(Coverage::Partial, &image("image:a", &["stays"])), []);
    }
}
