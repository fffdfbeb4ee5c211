//! The copies of a package that a finding is about: where they stand, which of them an override is for,
//! and what stays open when they are lifted.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_act::overrides::Scope;
use holdfast_advisories::version::compare;
use holdfast_model::{Component, Finding, FindingKind, Origin};

use crate::look::{Document, Look};

/// Every copy of a finding's package in the look.
pub(super) fn copies<'a>(
    look: &'a Look,
    finding: &'a Finding,
) -> impl Iterator<Item = (&'a Document, usize, &'a Component)> {
    look.documents.iter().flat_map(move |document| {
        let all = document.components.iter().enumerate();
        all.filter(move |(_, component)| {
            component.origin != Origin::Tree
                && finding.instances.iter().any(|instance| {
                    instance.place == component.place && instance.version == component.version
                })
        })
        .map(move |(at, component)| (document, at, component))
    })
}

/// Which copies of a package an override is for: all, where no other one stays as it is.
pub(super) fn scope<'a>(
    finding: &Finding,
    (document, component): (&'a Document, &'a Component),
    to: &str,
    lockfile: &'a str,
) -> Scope<'a> {
    let Some(from) = component.version.as_deref() else { return Scope::Every };
    let goes = |other: &Component| {
        let own = finding.instances.iter().find(|one| one.place == other.place);
        own.is_some_and(|one| one.fixed_in.as_deref() == Some(to))
    };
    let stays: Vec<&str> = document
        .components
        .iter()
        .filter(|other| other.ecosystem == component.ecosystem && other.name == component.name)
        .filter(|other| other.origin != Origin::Tree && !goes(other))
        .filter_map(|other| other.version.as_deref())
        .filter(|version| *version != from)
        .collect();
    if stays.is_empty() {
        return Scope::Every;
    }
    let order = |a: &str, b: &str| compare(&component.ecosystem, a, b).unwrap_or(Ordering::Equal);
    let lower = stays.into_iter().filter(|version| order(version, from).is_lt());
    let above = lower.max_by(|a, b| order(a, b));
    let line = usize::try_from(component.place.line).unwrap_or_default().saturating_sub(1);
    Scope::Version { from, above, entry: lockfile.lines().nth(line).unwrap_or_default() }
}

/// The known problems of a finding's copies that lifting them as far as it says does not mend, in words;
/// empty where there are none.
pub(super) fn left_open(all: &[Finding], finding: &Finding) -> String {
    let left: BTreeSet<&Arc<str>> = all
        .iter()
        .filter(|other| other.kind == FindingKind::Package && other.state.is_open())
        // A notice speaks of the release that is left.
        .filter(|other| other.weakness.informational.is_none())
        .filter(|other| other.locus == finding.locus && other.key != finding.key)
        .filter(|other| stays(finding, other))
        .map(|other| &other.weakness.id.0)
        .collect();
    let left: Vec<&str> = left.into_iter().map(|id| &**id).collect();
    match left.as_slice() {
        [] => String::new(),
        [one] => format!("{one} stays open"),
        several => format!("{} stay open", several.join(", ")),
    }
}

/// Whether a copy that one finding lifts keeps what another one found in it.
fn stays(finding: &Finding, other: &Finding) -> bool {
    finding.instances.iter().any(|copy| {
        let same = other
            .instances
            .iter()
            .find(|one| (&one.place, &one.version) == (&copy.place, &copy.version));
        copy.fixed_in.is_some() && same.is_some_and(|one| one.fixed_in.is_none())
    })
}
