//! Releases that nobody mends any more: of the distribution of a host, and of packages.

use std::collections::HashSet;
use std::sync::Arc;

use holdfast_advisories::lifecycle::{self, End, Lifecycle};
use holdfast_decide::severity;
use holdfast_findings::{Sighting, join, locus as loci};
use holdfast_model::{
    Component, FindingKind, FixKind, Instance, Locus, Origin, OsRelease, Place, Timestamp, Witness,
};

use super::matching::{self, Found};
use crate::look::Look;

/// Adds what is at its end at a time.
pub(crate) fn of_look(look: &Look, now: Timestamp, found: &mut Found) {
    // Few families are in a look, and the list is of many.
    let mut families: Vec<&str> = Vec::new();
    if look.documents.iter().any(|document| document.os.is_some()) {
        families.push(lifecycle::OS);
    }
    for (_, component) in look.components() {
        let family = component.ecosystem.family();
        if !families.contains(&family) {
            families.push(family);
        }
    }
    let list = Lifecycle::built_in(&|family| families.contains(&family));
    for os in look.documents.iter().filter_map(|document| document.os.as_ref()) {
        if let Some(end) = list.of_os(os, now) {
            let subject = format!("{}:{}", os.id, os.version.as_deref().unwrap_or_default());
            let at = At { locus: locus(os), subject: subject.into(), place: &os.place };
            found.sightings.push(sighting(look, &end, at, os.version.clone(), None));
        }
    }
    let mut told = HashSet::new();
    for (document, component) in look.components().filter(|(_, one)| one.origin != Origin::Tree) {
        // What a distribution ships is mended by the distribution, as long as that is.
        if component.ecosystem.release().is_some() || component.source.is_some() {
            continue;
        }
        if let Some(end) = list.of_component(component, now) {
            // One line may bring several packages of a release, as `go` does in `go.mod`.
            if !told.insert((end.id, &component.place)) {
                continue;
            }
            let subject = loci::subject(&component.ecosystem, &component.name);
            let at = At {
                locus: matching::locus(document, component),
                subject,
                place: &component.place,
            };
            let version = component.version.clone();
            found.sightings.push(sighting(look, &end, at, version, Some(component)));
        }
    }
}

/// The distributions of a look with a release, and their releases.
pub(crate) fn distributions(look: &Look) -> impl Iterator<Item = (&OsRelease, Arc<str>)> {
    let each = look.documents.iter().filter_map(|document| document.os.as_ref());
    each.filter_map(|os| Some((os, os.version.clone()?)))
}

/// Where the release of a distribution sits: on the whole asset, whatever its number.
pub(crate) fn locus(os: &OsRelease) -> Locus {
    loci::whole_asset(&format!("release:{}", os.id))
}

/// Where an end was seen.
struct At<'a> {
    locus: Locus,
    subject: Arc<str>,
    place: &'a Place,
}

fn sighting(
    look: &Look,
    end: &End<'_>,
    at: At<'_>,
    version: Option<Arc<str>>,
    component: Option<&Component>,
) -> Sighting {
    let weakness = end.weakness();
    let dev = component.is_some_and(|component| component.dev);
    let context = severity::Context::of(&look.asset, dev);
    let (severity, severity_steps) = severity::rated(&weakness, None, context);
    Sighting {
        kind: FindingKind::Package,
        title: weakness.title.clone(),
        locus: at.locus,
        severity,
        severity_steps,
        subject: at.subject,
        instance: Instance { version, place: at.place.clone(), fixed_in: None },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: end.source.into() },
        direct: component.and_then(|component| component.direct),
        dev,
        // The next release is a decision of whoever runs it.
        fix: FixKind::None,
        weakness,
    }
}
