//! The ways that packages come: what tools are told of feeds, joined with what lockfiles hold.

use std::sync::Arc;

use holdfast_advisories::Scratch;
use holdfast_advisories::feeds::{Around, OwnNames, Risk, of_document, of_source};
use holdfast_findings::{Sighting, join, locus as loci};
use holdfast_model::{
    Component, FeedSource, FindingKind, FixKind, Instance, Origin, SeverityStep, Weakness,
    WeaknessId, Witness,
};

use super::Against;
use super::matching::Found;
use crate::fleet::declared;
use crate::look::{Document, Look};
use crate::requirements::{folder_of, is_below};

/// Adds what is dangerous about the feeds of a folder.
pub(crate) fn risks(look: &Look, against: &Against<'_>, found: &mut Found) {
    let own = own_names(look, against);
    let sources: Vec<(&Document, &FeedSource)> = look
        .documents
        .iter()
        .flat_map(|document| document.feeds.iter().map(move |source| (document, source)))
        .collect();
    for (_, source) in &sources {
        let folder = folder_of(&source.place.path);
        let in_use: Vec<&Component> = look
            .components()
            .filter(|(document, _)| reaches(folder, &document.path))
            .map(|(_, component)| component)
            .filter(|component| component.ecosystem == source.ecosystem)
            .collect();
        let around = Around { sources: above(&sources, source, &source.place.path), own: &own };
        let told = of_source(source, &around, &in_use);
        found.sightings.extend(told.into_iter().map(sighting));
    }
    for document in &look.documents {
        let Some(first) = document.components.first() else { continue };
        let ecosystem = &first.ecosystem;
        let sources = sources
            .iter()
            .filter(|(_, source)| source.ecosystem == *ecosystem)
            .filter(|(_, source)| reaches(folder_of(&source.place.path), &document.path))
            .map(|(_, source)| *source)
            .collect();
        let around = Around { sources, own: &own };
        let told = of_document(&around, &document.components);
        found.sightings.extend(told.into_iter().map(sighting));
    }
}

/// Whether a tool that runs beside a document reads a configuration of a folder: one above it, or
/// the configuration folders that tools keep inside a project.
fn reaches(folder: &str, document: &str) -> bool {
    let hidden = [".cargo", ".config/NuGet", ".nuget", ".bundle", ".mvn", ".github/workflows"];
    let own = hidden.iter().find_map(|name| folder.strip_suffix(name));
    let folder = own.map_or(folder, |above| above.trim_end_matches('/'));
    is_below(document, folder)
}

/// The sources of the same ecosystem that reach the same place.
fn above<'a>(
    all: &[(&'a Document, &'a FeedSource)],
    source: &FeedSource,
    path: &str,
) -> Vec<&'a FeedSource> {
    all.iter()
        .map(|(_, other)| *other)
        .filter(|other| other.ecosystem == source.ecosystem)
        .filter(|other| reaches(folder_of(&other.place.path), path))
        .collect()
}

/// Names that the tree itself publishes, those that its configuration states, and those that other
/// assets publish.
fn own_names(look: &Look, against: &Against<'_>) -> OwnNames {
    let mut own = OwnNames::default();
    for (_, component) in look.components() {
        if component.origin == Origin::Tree {
            own.add(&component.ecosystem, &component.name);
        }
    }
    for declared in declared(look) {
        own.add(&declared.ecosystem, &declared.name);
    }
    for pattern in &against.settings.config.feeds.own {
        own.add_pattern(pattern);
    }
    let mut scratch = Scratch::default();
    for one in &against.fleet.own {
        // Of a name that somebody else is known for, another asset keeps a copy.
        if !against.index.knows(&one.ecosystem, &one.name, &mut scratch) {
            own.add_from(&one.ecosystem, &one.name, &one.asset);
        }
    }
    for one in &against.fleet.misspelt {
        if !against.index.knows(&one.ecosystem, &one.name, &mut scratch) {
            own.add_misspelt(&one.ecosystem, &one.name, &one.used, one.assets);
        }
    }
    own
}

fn sighting(risk: Risk) -> Sighting {
    let kind = risk.kind;
    let path = Arc::clone(&risk.place.path);
    Sighting {
        kind: FindingKind::Feed,
        weakness: Weakness {
            id: WeaknessId(kind.id.into()),
            aliases: Vec::new(),
            title: kind.title.to_owned(),
            cvss: None,
            epss: None,
            exploited: false,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec![join::OWN_ENGINE.into()],
        },
        locus: loci::file_item(&path, &risk.item),
        title: risk.title,
        severity: risk.severity,
        severity_steps: vec![SeverityStep { severity: risk.severity, because: risk.because }],
        subject: if risk.item.is_empty() { path } else { risk.item.into() },
        instance: Instance { version: None, place: risk.place, fixed_in: None },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: kind.id.into() },
        direct: None,
        dev: false,
        fix: FixKind::None,
    }
}
