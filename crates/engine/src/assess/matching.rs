//! Components against the index: sightings, and gaps where nothing can be said.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use holdfast_advisories::index::WeaknessRef;
use holdfast_advisories::{Hit, Index, Judged, Scratch, lift};
use holdfast_decide::severity;
use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Scope, Sighting, Unread, join, locus as loci};
use holdfast_model::{
    Component, Ecosystem, FindingKind, FixKind, Instance, Locus, Origin, Place, Weakness, Witness,
};

use crate::look::{Document, Look};
use crate::requirements::Requirements;

/// What brings feeds in.
const SYNC: &str = "holdfast advisories sync --from FOLDER";

/// What matching adds up.
#[derive(Default)]
pub(crate) struct Found {
    /// Weaknesses at loci.
    pub sightings: Vec<Sighting>,
    /// What could not be judged.
    pub gaps: Vec<Gap>,
    /// What could not be read.
    pub unreadable: Vec<Unread>,
    /// Ecosystems that no feed covers: what the starter set knows of them is no coverage.
    pub uncovered: Vec<Ecosystem>,
}

/// The version that mends a package, and how safe the way there is.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The smallest version without a known weakness, where there is one.
    pub version: Option<Arc<str>>,
    /// Whether the declared requirement reaches it.
    pub fix: FixKind,
}

/// Where a component sits, for identity.
pub(crate) fn locus(component: &Component) -> Locus {
    match &component.source {
        Some(source) => loci::system_package(&component.ecosystem, &source.name),
        None => {
            loci::language_package(&component.ecosystem, &component.name, &component.place.path)
        }
    }
}

/// Judges every component of a look.
pub(crate) fn components(look: &Look, index: &Index<'_>, found: &mut Found) {
    let requirements = Requirements::of(look);
    let mut scratch = Scratch::default();
    let mut hits: Vec<Hit> = Vec::new();
    let mut weaknesses: HashMap<WeaknessRef, Weakness> = HashMap::new();
    let mut uncovered: BTreeMap<Ecosystem, Place> = BTreeMap::new();
    let mut unordered: BTreeMap<Ecosystem, Place> = BTreeMap::new();
    let mut covered: HashMap<Ecosystem, bool> = HashMap::new();
    for (document, component) in look.components() {
        if component.origin == Origin::Tree {
            continue;
        }
        let ecosystem = &component.ecosystem;
        if !covered.contains_key(ecosystem) {
            covered.insert(ecosystem.clone(), index.covers(ecosystem).is_some());
        }
        if covered.get(ecosystem) == Some(&false) {
            uncovered.entry(ecosystem.clone()).or_insert_with(|| component.place.clone());
        }
        let Some(version) = version_of(component) else {
            found.gaps.push(no_version(component));
            continue;
        };
        hits.clear();
        let name = component.source.as_ref().map_or(&*component.name, |source| &*source.name);
        let judged = index.judge(ecosystem, name, version, &mut scratch, &mut |hit| hits.push(hit));
        match judged {
            Judged::NoOrder => {
                unordered.entry(ecosystem.clone()).or_insert_with(|| component.place.clone());
            }
            Judged::NotAVersion => found.gaps.push(not_a_version(component, version)),
            Judged::Damaged => found.gaps.push(damaged(component)),
            Judged::Known { unjudged } if unjudged > 0 => {
                found.gaps.extend(unjudged_entries(index, component, name));
            }
            Judged::Known { .. } | Judged::Nothing => {}
        }
        if hits.is_empty() {
            continue;
        }
        let target = target(index, &requirements, document, component, name, version);
        for hit in &hits {
            let weakness = match weaknesses.entry(hit.weakness) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let Some(weakness) = index.weakness(hit.weakness) else {
                        found.gaps.push(damaged(component));
                        continue;
                    };
                    new.insert(weakness)
                }
            };
            let record = index.record_of(hit.entry);
            found.sightings.push(sighting(component, version, weakness, record, &target));
        }
    }
    feeds(uncovered, &unordered, found);
}

fn version_of(component: &Component) -> Option<&str> {
    match &component.source {
        Some(source) => Some(&source.version),
        None => component.version.as_deref(),
    }
}

fn sighting(
    component: &Component,
    version: &str,
    weakness: &Weakness,
    record: Option<&str>,
    target: &Target,
) -> Sighting {
    let (severity, severity_steps) = severity::in_context(weakness, component.dev);
    let subject = match &component.source {
        Some(source) => loci::subject(&component.ecosystem, &source.name),
        None => loci::subject(&component.ecosystem, &component.name),
    };
    let exploited = if weakness.exploited { " has a hole that is being exploited" } else { "" };
    let name = component.source.as_ref().map_or(&component.name, |source| &source.name);
    let title = format!("{name} {version}{exploited}: {}", weakness.title);
    let witness = record.map_or_else(|| Arc::clone(&weakness.id.0), Arc::from);
    Sighting {
        kind: FindingKind::Package,
        locus: locus(component),
        title,
        severity,
        severity_steps,
        subject,
        instance: Instance {
            version: component.version.clone(),
            place: component.place.clone(),
            fixed_in: target.version.clone(),
        },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: witness },
        direct: component.direct,
        dev: component.dev,
        fix: target.fix,
        weakness: weakness.clone(),
    }
}

fn target(
    index: &Index<'_>,
    requirements: &Requirements<'_>,
    document: &Document,
    component: &Component,
    name: &str,
    version: &str,
) -> Target {
    let ecosystem = &component.ecosystem;
    let Some(safe) = lift::lowest_safe(index, ecosystem, name, version) else {
        return Target { version: None, fix: FixKind::None };
    };
    let governing = requirements.governing(document, component);
    let fix = if governing.is_empty() {
        compatible(ecosystem, version, &safe)
    } else {
        // The riskiest of all requirements that must be lifted.
        let risky = governing.iter().any(|(_, requirement)| {
            lift::requirement(ecosystem, &requirement.range, Some(version), &safe)
                .is_none_or(|lift| lift.kind != FixKind::Safe)
        });
        if risky { FixKind::Risky } else { FixKind::Safe }
    };
    Target { version: Some(safe.into()), fix }
}

/// Whether going from one version to another stays compatible by the habits of an ecosystem,
/// where no requirement of the tree says more: what another package brings in.
pub(crate) fn compatible(ecosystem: &Ecosystem, from: &str, to: &str) -> FixKind {
    match ecosystem.family() {
        Ecosystem::CARGO | Ecosystem::NPM => {
            let caret = format!("^{from}");
            lift::requirement(ecosystem, &caret, Some(from), to)
                .map_or(FixKind::Risky, |lift| lift.kind)
        }
        Ecosystem::GOLANG => lift::requirement(ecosystem, from, Some(from), to)
            .map_or(FixKind::Risky, |lift| lift.kind),
        // A distribution's release keeps its promise: security updates are made to fit.
        Ecosystem::DEBIAN | "Ubuntu" => FixKind::Safe,
        _ => FixKind::Risky,
    }
}

fn no_version(component: &Component) -> Gap {
    Gap {
        code: "no-version",
        kind: FindingKind::Package,
        locus: locus(component),
        subject: loci::subject(&component.ecosystem, &component.name),
        reason: "its version is not written here".to_owned(),
        closes_with: "an exact version".to_owned(),
        place: Some(component.place.clone()),
    }
}

fn not_a_version(component: &Component, version: &str) -> Gap {
    Gap {
        code: "not-a-version",
        kind: FindingKind::Package,
        locus: locus(component),
        subject: loci::subject(&component.ecosystem, &component.name),
        reason: format!("`{version}` is no version that {} knows", component.ecosystem),
        closes_with: "an exact version".to_owned(),
        place: Some(component.place.clone()),
    }
}

fn damaged(component: &Component) -> Gap {
    Gap {
        code: "index-damaged",
        kind: FindingKind::Package,
        locus: locus(component),
        subject: loci::subject(&component.ecosystem, &component.name),
        reason: "the compiled advisories are damaged".to_owned(),
        closes_with: SYNC.to_owned(),
        place: Some(component.place.clone()),
    }
}

/// Records that speak of this package in a way that nobody can judge.
fn unjudged_entries<'a>(
    index: &'a Index<'_>,
    component: &'a Component,
    name: &str,
) -> impl Iterator<Item = Gap> + 'a {
    index.unjudged(&component.ecosystem, name).into_iter().map(|entry| Gap {
        code: "unjudged",
        kind: FindingKind::Package,
        locus: locus(component),
        subject: loci::subject(&component.ecosystem, &component.name),
        reason: format!("{} cannot be judged: {}", entry.record, entry.reason),
        closes_with: format!("a look by hand at {}", entry.record),
        place: Some(component.place.clone()),
    })
}

fn feeds(
    uncovered: BTreeMap<Ecosystem, Place>,
    unordered: &BTreeMap<Ecosystem, Place>,
    found: &mut Found,
) {
    let mut named: BTreeSet<Ecosystem> = BTreeSet::new();
    for (ecosystem, place) in uncovered {
        found.uncovered.push(ecosystem.clone());
        found.gaps.push(Gap {
            code: "no-feed",
            kind: FindingKind::Package,
            locus: loci::whole_asset(&format!("feed:{}", ecosystem.as_str())),
            subject: format!("{ecosystem} packages").into(),
            reason: "no feed of known problems is here for them".to_owned(),
            closes_with: SYNC.to_owned(),
            place: Some(place),
        });
        named.insert(ecosystem);
    }
    for (ecosystem, place) in unordered {
        if named.contains(ecosystem) {
            continue;
        }
        found.unreadable.push(Unread {
            scope: Scope::Ecosystem(ecosystem.clone()),
            because: format!("versions of {ecosystem} cannot be compared yet"),
        });
        found.gaps.push(Gap {
            code: "no-version-order",
            kind: FindingKind::Package,
            locus: loci::whole_asset(&format!("order:{}", ecosystem.as_str())),
            subject: format!("{ecosystem} packages").into(),
            reason: "their versions cannot be compared yet".to_owned(),
            closes_with: "a later Holdfast".to_owned(),
            place: Some(place.clone()),
        });
    }
}
