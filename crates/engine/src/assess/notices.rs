//! What publishers say of their releases, joined with the packages of a look.

use std::collections::{HashMap, HashSet};

use holdfast_advisories::lift::is_refusal;
use holdfast_advisories::notices::{is_of, means, title, weakness};
use holdfast_decide::severity;
use holdfast_findings::{Sighting, join, locus as loci};
use holdfast_model::{
    Component, Ecosystem, FindingKind, FixKind, Informational, Instance, Notice, Origin, Witness,
};

use super::matching::{self, Found};
use crate::look::{Document, Look};

/// So many notices of one package are asked about each copy of it.
const MOST: usize = 1_000;

/// What the files of a look say, by package. What one lockfile says of a release is true of it in every
/// other.
pub(crate) struct Notices<'a>(HashMap<(&'a Ecosystem, &'a str), Vec<&'a Notice>>);

impl<'a> Notices<'a> {
    pub(crate) fn of(look: &'a Look) -> Self {
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
        Self(notices)
    }

    fn about<'s>(&'s self, component: &'s Component) -> &'s [&'s Notice] {
        let package = (&component.ecosystem, &*component.name);
        self.0.get(&package).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether nobody may be sent to a version of a component's package: its publisher took it back, or
    /// advises against it, or a project of the tree excludes it.
    pub(crate) fn refuse(&self, component: &Component, version: &str) -> bool {
        let refuses = |kind| is_refusal(kind) || kind == Informational::Notice;
        self.about(component).iter().any(|one| refuses(one.kind) && is_of(one, version))
    }
}

/// Adds the releases that their publishers speak of.
pub(crate) fn of_look(look: &Look, found: &mut Found) {
    let notices = Notices::of(look);
    if notices.0.is_empty() {
        return;
    }
    for (document, component) in look.components().filter(|(_, one)| one.origin != Origin::Tree) {
        // What a project excludes is its own word, and says nothing against the release.
        let mut told = vec![Informational::Notice];
        for notice in notices.about(component).iter().filter(|one| means(one, component)) {
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
