//! What publishers say of their releases, joined with the packages of a look.

use std::collections::{HashMap, HashSet};

use holdfast_advisories::notices::{means, title, weakness};
use holdfast_decide::severity;
use holdfast_findings::{Sighting, join, locus as loci};
use holdfast_model::{
    Component, Ecosystem, FindingKind, FixKind, Instance, Notice, Origin, Witness,
};

use super::matching::{self, Found};
use crate::look::{Document, Look};

/// So many notices of one package are asked about each copy of it.
const MOST: usize = 1_000;

/// Adds the releases that their publishers speak of. What one lockfile says of a release is true of
/// it in every other.
pub(crate) fn of_look(look: &Look, found: &mut Found) {
    let mut notices: HashMap<(&Ecosystem, &str), Vec<&Notice>> = HashMap::new();
    // Several lockfiles of one tree say the same.
    let mut known = HashSet::new();
    for notice in look.documents.iter().flat_map(|document| &document.notices) {
        let package = (&notice.ecosystem, &*notice.name);
        let of_package = notices.entry(package).or_default();
        let new = known.insert((package, &notice.first, &notice.last, notice.kind));
        if new && of_package.len() < MOST {
            of_package.push(notice);
        }
    }
    if notices.is_empty() {
        return;
    }
    for (document, component) in look.components().filter(|(_, one)| one.origin != Origin::Tree) {
        let of_package = notices.get(&(&component.ecosystem, &*component.name));
        let mut told = Vec::new();
        for notice in of_package.into_iter().flatten().filter(|one| means(one, component)) {
            if !told.contains(&notice.kind) {
                told.push(notice.kind);
                found.sightings.push(sighting(notice, document, component));
            }
        }
    }
}

fn sighting(notice: &Notice, document: &Document, component: &Component) -> Sighting {
    let weakness = weakness(notice);
    let (severity, severity_steps) = severity::in_context(&weakness, component.dev);
    Sighting {
        kind: FindingKind::Package,
        locus: matching::locus(document, component),
        title: title(notice, component),
        severity,
        severity_steps,
        subject: loci::subject(&component.ecosystem, &component.name),
        instance: Instance {
            version: component.version.clone(),
            place: component.place.clone(),
            fixed_in: None,
        },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: "publisher".into() },
        direct: component.direct,
        dev: component.dev,
        // Which release to take instead is a decision of whoever uses it.
        fix: FixKind::None,
        weakness,
    }
}
