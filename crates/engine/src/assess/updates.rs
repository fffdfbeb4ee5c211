//! Pending security updates of a host: a higher version in a security suite of its own sources.

use std::sync::Arc;

use holdfast_advisories::version::compare;
use holdfast_decide::severity;
use holdfast_findings::{Sighting, join, locus as loci};
use holdfast_model::{
    Component, Ecosystem, FindingKind, FixKind, Instance, Weakness, WeaknessId, Witness,
};
use holdfast_sense::packages::pending_updates;

use super::matching::Found;
use crate::look::Look;

/// How the name of a pending update begins.
pub(crate) const UPDATE_PREFIX: &str = "update:";

/// Adds what is pending. A source package for which an advisory was already found gets none: the
/// advisory says more, and the old key leads to it.
pub(crate) fn pending(look: &Look, found: &mut Found) {
    let offers: Vec<_> =
        look.documents.iter().flat_map(|document| document.offers.iter().cloned()).collect();
    if offers.is_empty() {
        return;
    }
    let components: Vec<Component> = look
        .components()
        .filter(|(_, component)| component.source.is_some())
        .map(|(_, component)| component.clone())
        .collect();
    let Some(ecosystem) = components.first().map(|component| component.ecosystem.clone()) else {
        return;
    };
    let newer = |a: &str, b: &str| compare(&ecosystem, a, b).is_some_and(std::cmp::Ordering::is_gt);
    for update in pending_updates(&components, &offers, &newer) {
        let locus = loci::system_package(&ecosystem, &update.source);
        let named = found.sightings.iter().any(|sighting| {
            sighting.locus == locus && !sighting.weakness.id.0.starts_with(UPDATE_PREFIX)
        });
        if named {
            continue;
        }
        found.sightings.push(sighting(look, &ecosystem, &update));
    }
}

fn sighting(
    look: &Look,
    ecosystem: &Ecosystem,
    update: &holdfast_sense::packages::Pending,
) -> Sighting {
    let source = &update.source;
    let title = format!(
        "{} {} has a security update ready: {} in {}",
        update.binary, update.installed, update.offered, update.suite
    );
    let weakness = Weakness {
        id: WeaknessId::update(source),
        aliases: Vec::new(),
        title: title.clone(),
        cvss: None,
        epss: None,
        exploited: false,
        informational: None,
        malicious: false,
        epss_at: None,
        published_by: vec![Arc::clone(&update.suite)],
    };
    let context = severity::Context::of(&look.asset, false);
    let (severity, severity_steps) = severity::rated(&weakness, None, context);
    Sighting {
        kind: FindingKind::Package,
        locus: loci::system_package(ecosystem, source),
        title,
        severity,
        severity_steps,
        subject: loci::subject(ecosystem, source),
        instance: Instance {
            version: Some(Arc::clone(&update.installed)),
            place: update.place.clone(),
            fixed_in: Some(Arc::clone(&update.offered)),
        },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: Arc::clone(&update.suite) },
        direct: None,
        dev: false,
        fix: FixKind::Safe,
        weakness,
    }
}
