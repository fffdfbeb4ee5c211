//! One finding out of many sightings.
//!
//! Knows which sightings are the same thing: equal kind, weakness and locus. Must not know where
//! sightings come from. The result does not depend on their order.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{
    AssetId, Finding, FindingKind, FixKind, Instance, Key, LocalKey, Locus, Place, Severity,
    SeverityStep, Standing, State, Weakness, WeaknessId, Witness,
};

/// The name of our own engine among the witnesses.
pub const OWN_ENGINE: &str = "holdfast";

/// One engine saw one copy of a thing that has a weakness.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// What sort of check saw it.
    pub kind: FindingKind,
    /// What is wrong.
    pub weakness: Weakness,
    /// Where, for identity.
    pub locus: Locus,
    /// The headline.
    pub title: String,
    /// How soon, in context.
    pub severity: Severity,
    /// How it came to that severity.
    pub severity_steps: Vec<SeverityStep>,
    /// A purl without version for packages.
    pub subject: Arc<str>,
    /// The copy.
    pub instance: Instance,
    /// Who saw it.
    pub witness: Witness,
    /// Declared by the project itself, as far as known.
    pub direct: Option<bool>,
    /// Only used while developing.
    pub dev: bool,
    /// How safe the known fix of this copy is.
    pub fix: FixKind,
}

/// Makes the findings of one look at one asset, sorted by kind, weakness and locus.
///
/// Of several sightings of one thing: severity (with its steps) and headline come from the most
/// urgent one, our own engine first; `dev` only if all are; `direct` if any is, and unknown only
/// if nobody knows; scores are the greatest, exploited if anybody says so, informational only if
/// all agree that it is no vulnerability. The fix is that of the copy that is worst off: a finding
/// is mended when its last copy is.
pub fn join(asset: &AssetId, standing: Standing, sightings: Vec<Sighting>) -> Vec<Finding> {
    let mut groups: BTreeMap<(FindingKind, WeaknessId, Locus), Vec<Sighting>> = BTreeMap::new();
    for sighting in sightings {
        let id = (sighting.kind, sighting.weakness.id.clone(), sighting.locus.clone());
        // Most things are seen once, and a sighting is large: no room is made for others.
        groups.entry(id).or_insert_with(|| Vec::with_capacity(1)).push(sighting);
    }
    groups
        .into_iter()
        .filter_map(|((kind, weakness, locus), group)| {
            let local = LocalKey::new(kind, &weakness, &locus);
            one(Key::new(asset, local), local, standing, group)
        })
        .collect()
}

/// `None` only for an empty group, which `join` never makes.
fn one(key: Key, local: LocalKey, standing: Standing, mut group: Vec<Sighting>) -> Option<Finding> {
    group.sort_by(|a, b| rank(a).cmp(&rank(b)));
    let (instances, fix) = instances(&group);
    let mut witnesses: Vec<Witness> = group.iter().map(|s| s.witness.clone()).collect();
    witnesses.sort_unstable();
    witnesses.dedup();
    let direct = group.iter().filter_map(|s| s.direct).reduce(|a, b| a || b);
    let dev = group.iter().all(|s| s.dev);
    let subject = group.iter().map(|s| &s.subject).filter(|s| !s.is_empty()).min().cloned();
    let mut group = group.into_iter();
    let first = group.next()?;
    Some(Finding {
        key,
        local,
        kind: first.kind,
        weakness: weakness(first.weakness, group.map(|other| other.weakness)),
        locus: first.locus,
        title: first.title,
        severity: first.severity,
        severity_steps: first.severity_steps,
        standing,
        subject: subject.unwrap_or(first.subject),
        instances,
        witnesses,
        direct,
        dev,
        fix,
        state: State::Open,
        decision: None,
        layers: Vec::new(),
    })
}

/// The most telling sighting first. Whatever is read from the first one is part of the order, so
/// that sightings of equal rank say the same.
fn rank(s: &Sighting) -> impl Ord + '_ {
    let steps: Vec<(Severity, &str)> =
        s.severity_steps.iter().map(|step| (step.severity, step.because.as_str())).collect();
    let foreign = &*s.witness.engine != OWN_ENGINE;
    (Reverse(s.severity), foreign, &s.witness, &s.title, steps, &s.weakness.title, &s.subject)
}

/// What all sightings together say about the weakness: the first of them, and the others.
fn weakness(mut all: Weakness, others: impl Iterator<Item = Weakness>) -> Weakness {
    for other in others {
        all.aliases.extend(other.aliases);
        all.published_by.extend(other.published_by);
        all.cvss = greater(all.cvss, other.cvss);
        all.epss = greater(all.epss, other.epss);
        all.exploited |= other.exploited;
        // One publisher that calls it a vulnerability is enough.
        all.informational = all.informational.zip(other.informational).map(|(a, b)| a.min(b));
    }
    all.aliases.sort_unstable();
    all.aliases.dedup();
    all.published_by.sort_unstable();
    all.published_by.dedup();
    all
}

fn greater(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if a.total_cmp(&b).is_ge() { a } else { b }),
        (one, other) => one.or(other),
    }
}

/// Every copy once, sorted, and the fix of the copy that is worst off: none, then risky, then safe.
///
/// Several engines may have seen one copy. Of those that know a fix, our own engine is believed
/// first; one engine's ignorance does not undo another's knowledge.
fn instances(group: &[Sighting]) -> (Vec<Instance>, FixKind) {
    type Said<'a> = (bool, bool, &'a Witness, u8, Option<Arc<str>>, FixKind);
    if let [alone] = group {
        return (vec![alone.instance.clone()], alone.fix);
    }
    let mut copies: BTreeMap<(Option<Arc<str>>, Place), Said<'_>> = BTreeMap::new();
    for s in group {
        let ignorant = s.fix == FixKind::None && s.instance.fixed_in.is_none();
        let foreign = &*s.witness.engine != OWN_ENGINE;
        let said =
            (ignorant, foreign, &s.witness, badness(s.fix), s.instance.fixed_in.clone(), s.fix);
        let order = |said: &Said<'_>| (said.0, said.1, said.2.clone(), said.3, said.4.clone());
        copies
            .entry((s.instance.version.clone(), s.instance.place.clone()))
            .and_modify(|known| {
                if order(&said) < order(known) {
                    *known = said.clone();
                }
            })
            .or_insert(said);
    }
    let fix = copies.values().map(|said| said.5).max_by_key(|fix| badness(*fix));
    let instances = copies
        .into_iter()
        .map(|((version, place), said)| Instance { version, place, fixed_in: said.4 })
        .collect();
    (instances, fix.unwrap_or(FixKind::None))
}

fn badness(fix: FixKind) -> u8 {
    match fix {
        FixKind::Safe => 0,
        FixKind::Risky => 1,
        FixKind::None => 2,
    }
}

#[cfg(test)]
mod tests {
    use holdfast_model::Informational;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{asset, sighting};

    fn joined(sightings: Vec<Sighting>) -> Vec<Finding> {
        join(&asset(), Standing::Trunk, sightings)
    }

    #[test]
    fn what_no_file_says_has_no_place_to_open() {
        let mut one = sighting("CVE-1", "time", "Cargo.lock", "0.1.43");
        assert!(joined(vec![one.clone()])[0].place().is_some());
        one.instance.place = Place::start_of(Arc::clone(&one.subject));
        assert_eq!(joined(vec![one])[0].place(), None);
    }

    #[test]
    fn three_scanners_are_one_finding_with_three_witnesses() {
        let seen = ["holdfast", "trivy", "grype"].map(|engine| {
            let mut s = sighting("CVE-1", "time", "Cargo.lock", "0.1.43");
            s.witness = Witness { engine: engine.into(), name: "CVE-1".into() };
            s
        });
        let findings = joined(seen.to_vec());
        assert_eq!(findings.len(), 1);
        let engines: Vec<&str> = findings[0].witnesses.iter().map(|w| &*w.engine).collect();
        assert_eq!(engines, ["grype", "holdfast", "trivy"]);
        assert_eq!(findings[0].instances.len(), 1);
    }

    #[test]
    fn the_copy_that_is_worst_off_says_what_the_fix_is() {
        let mut safe = sighting("CVE-1", "time", "Cargo.lock", "0.2.20");
        safe.fix = FixKind::Safe;
        safe.instance.fixed_in = Some("0.2.23".into());
        let mut none = sighting("CVE-1", "time", "Cargo.lock", "0.1.43");
        none.fix = FixKind::None;
        none.instance.fixed_in = None;
        assert_eq!(joined(vec![safe.clone(), none])[0].fix, FixKind::None);
        let mut ignorant = safe.clone();
        ignorant.witness.engine = "a-scanner".into();
        ignorant.fix = FixKind::None;
        ignorant.instance.fixed_in = None;
        let one = joined(vec![ignorant, safe]);
        assert_eq!(one[0].fix, FixKind::Safe);
        assert_eq!(one[0].instances[0].fixed_in.as_deref(), Some("0.2.23"));
    }

    #[test]
    fn direct_if_any_and_dev_if_all() {
        let with = |direct, dev| {
            let mut s = sighting("CVE-1", "time", "Cargo.lock", "0.1.43");
            (s.direct, s.dev) = (direct, dev);
            s
        };
        let of = |list: Vec<Sighting>| {
            let all = joined(list);
            (all[0].direct, all[0].dev)
        };
        assert_eq!(of(vec![with(Some(false), true), with(Some(true), true)]), (Some(true), true));
        assert_eq!(of(vec![with(None, true), with(Some(false), false)]), (Some(false), false));
        assert_eq!(of(vec![with(None, false)]), (None, false));
    }

    #[test]
    fn one_publisher_that_calls_it_a_vulnerability_is_enough() {
        let mut unsound = sighting("CVE-1", "time", "Cargo.lock", "0.1.43");
        unsound.weakness.informational = Some(Informational::Unsound);
        unsound.weakness.cvss = Some(3.1);
        let mut severe = sighting("CVE-1", "time", "Cargo.lock", "0.1.43");
        severe.severity = Severity::Now;
        severe.title = "severe".to_owned();
        severe.weakness.cvss = Some(9.8);
        let one = joined(vec![unsound.clone(), severe]);
        assert_eq!(one[0].weakness.informational, None);
        assert_eq!((one[0].severity, one[0].title.as_str()), (Severity::Now, "severe"));
        assert_eq!(one[0].weakness.cvss, Some(9.8));
        assert_eq!(
            joined(vec![unsound.clone(), unsound])[0].weakness.informational,
            Some(Informational::Unsound)
        );
    }

    fn any_sighting() -> impl Strategy<Value = Sighting> {
        let words = (0..3_u8, 0..2_u8, 0..2_u8, 0..3_u8, 0..3_u8);
        let says = (0..3_u8, any::<Option<bool>>(), any::<bool>(), 0..3_u8, any::<bool>());
        (words, says).prop_map(|((weakness, name, path, version, engine), says)| {
            let (severity, direct, dev, fix, exploited) = says;
            let mut s = sighting(
                &format!("CVE-{weakness}"),
                &format!("p{name}"),
                &format!("d{path}/Cargo.lock"),
                &format!("1.{version}"),
            );
            s.witness.engine = ["holdfast", "grype", "trivy"][usize::from(engine)].into();
            s.severity =
                [Severity::WhenYouCan, Severity::Soon, Severity::Now][usize::from(severity)];
            s.severity_steps[0].severity = s.severity;
            s.title = format!("title {engine} {severity}");
            (s.direct, s.dev, s.weakness.exploited) = (direct, dev, exploited);
            s.fix = [FixKind::Safe, FixKind::Risky, FixKind::None][usize::from(fix)];
            s.instance.fixed_in = (fix < 2).then(|| format!("2.{fix}").into());
            s.weakness.aliases = vec![format!("GHSA-{engine}").into()];
            s.weakness.cvss = Some(f64::from(severity) * 3.0);
            s
        })
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_nothing_is_lost(
            (sightings, shuffled) in proptest::collection::vec(any_sighting(), 0..20)
                .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
        ) {
            let findings = joined(sightings.clone());
            prop_assert_eq!(&findings, &joined(shuffled));
            for s in &sightings {
                let local = LocalKey::new(s.kind, &s.weakness.id, &s.locus);
                let holder = findings.iter().find(|f| f.local == local).unwrap();
                prop_assert!(holder.witnesses.contains(&s.witness));
                prop_assert!(holder.severity >= s.severity);
                prop_assert!(holder.instances.iter().any(|i| i.version == s.instance.version));
            }
            let twice = [sightings.clone(), sightings].concat();
            prop_assert_eq!(findings, joined(twice));
        }

        #[test]
        fn words_lines_and_the_order_of_aliases_are_not_identity(
            sightings in proptest::collection::vec(any_sighting(), 1..20), k in 1..1000_u32,
        ) {
            let keys = |all: Vec<Sighting>| -> Vec<Key> { joined(all).iter().map(|f| f.key).collect() };
            let before = keys(sightings.clone());
            let mut after = sightings;
            for s in &mut after {
                s.instance.place.line += k;
                s.instance.place.column += k;
                s.title = format!("reworded {k}");
                s.weakness.title = format!("reworded {k}");
                s.severity = Severity::WhenYouCan;
                s.instance.version = Some(format!("9.{k}").into());
                // The id is a pure function of the group, whatever order its names come in.
                let names = ["RUSTSEC-9", &*s.weakness.id.0.clone(), "GHSA-9"].map(str::to_owned);
                s.weakness.id =
                    WeaknessId::of_group(names.iter().rev().map(String::as_str)).unwrap();
                s.weakness.aliases.reverse();
            }
            prop_assert_eq!(before, keys(after));
        }
    }
}
