//! CycloneDX 1.6 (ECMA-424) in JSON.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{Component, Ecosystem, OsRelease};
use serde::Serialize;

use super::{Bill, text, uuid};
use crate::report::purl;

/// The reference of what the bill is about.
const SUBJECT: &str = "subject";
/// The reference of its distribution.
const SYSTEM: &str = "system";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Part<'a>>,
    dependencies: Vec<Dependency<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compositions: Option<[Composition; 1]>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    timestamp: String,
    tools: Tools<'a>,
    component: Named<'a>,
}

#[derive(Serialize)]
struct Tools<'a> {
    components: [Named<'a>; 1],
}

#[derive(Serialize)]
struct Named<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct Part<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<&'a str>,
    evidence: Evidence<'a>,
}

#[derive(Serialize)]
struct Evidence<'a> {
    occurrences: [Occurrence<'a>; 1],
}

#[derive(Serialize)]
struct Occurrence<'a> {
    location: &'a str,
    line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    depends_on: Vec<&'a str>,
}

#[derive(Serialize)]
struct Composition {
    aggregate: &'static str,
    assemblies: [&'static str; 1],
}

/// Writes a bill as CycloneDX 1.6 in JSON.
pub fn cyclonedx(bill: &Bill<'_>) -> String {
    let purls: Vec<Option<String>> =
        bill.components.iter().map(|listed| purl::of(listed.component)).collect();
    let references = references(bill, &purls);
    let components = bill.components.iter().zip(&purls).zip(&references);
    let components = components
        .map(|((listed, purl), reference)| part(listed.component, purl.as_deref(), reference))
        .chain(bill.system.map(system))
        .collect();
    text(&Document {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: format!("urn:uuid:{}", uuid(&bill.digest)),
        version: 1,
        metadata: Metadata {
            timestamp: bill.at.to_string(),
            tools: Tools {
                components: [Named {
                    kind: "application",
                    reference: "holdfast",
                    name: "holdfast",
                    version: Some(bill.version),
                }],
            },
            component: Named {
                kind: bill.subject.cyclonedx(),
                reference: SUBJECT,
                name: bill.name,
                version: None,
            },
        },
        components,
        dependencies: dependencies(bill, &references),
        compositions: (!bill.complete)
            .then_some([Composition { aggregate: "incomplete", assemblies: [SUBJECT] }]),
    })
}

/// A component's package URL where it is the only one of it, else with a number behind it.
fn references(bill: &Bill<'_>, purls: &[Option<String>]) -> Vec<Arc<str>> {
    let mut met: HashMap<String, u32> = HashMap::new();
    let names = bill.components.iter().zip(purls).map(|(listed, purl)| {
        let own = || {
            let version = listed.component.version.as_deref().unwrap_or_default();
            format!("{}:{}@{version}", listed.component.ecosystem.as_str(), listed.component.name)
        };
        purl.clone().unwrap_or_else(own)
    });
    names
        .map(|name| {
            let count = met.entry(name.clone()).or_default();
            *count += 1;
            if *count == 1 { name.into() } else { format!("{name}#{count}").into() }
        })
        .collect()
}

fn part<'a>(component: &'a Component, purl: Option<&'a str>, reference: &Arc<str>) -> Part<'a> {
    let whole = &*component.name;
    let split = match component.ecosystem.family() {
        Ecosystem::NPM => whole.rsplit_once('/'),
        Ecosystem::MAVEN => whole.rsplit_once(':'),
        _ => None,
    };
    let place = &component.place;
    Part {
        kind: "library",
        reference: Arc::clone(reference),
        group: split.map(|(group, _)| group),
        name: split.map_or(whole, |(_, name)| name),
        version: component.version.as_deref(),
        scope: component.dev.then_some("excluded"),
        purl,
        evidence: Evidence {
            occurrences: [Occurrence { location: &place.path, line: place.line }],
        },
    }
}

fn system(os: &OsRelease) -> Part<'_> {
    Part {
        kind: "operating-system",
        reference: SYSTEM.into(),
        group: None,
        name: &os.id,
        version: os.version.as_deref(),
        scope: None,
        purl: None,
        evidence: Evidence {
            occurrences: [Occurrence { location: &os.place.path, line: os.place.line }],
        },
    }
}

/// Only of what is known: an element without needs says that there are none.
fn dependencies<'a>(bill: &Bill<'_>, references: &'a [Arc<str>]) -> Vec<Dependency<'a>> {
    let of = |parent: Option<usize>| -> Vec<&'a str> {
        let children = bill.children(parent).filter_map(|child| references.get(child));
        children.map(|reference| &**reference).collect()
    };
    let direct = of(None);
    let subject =
        (!direct.is_empty()).then_some(Dependency { reference: SUBJECT, depends_on: direct });
    let known = bill.components.iter().zip(references).enumerate();
    let known = known.filter(|(_, (listed, _))| listed.needs_known);
    let others =
        known.map(|(at, (_, reference))| Dependency { reference, depends_on: of(Some(at)) });
    subject.into_iter().chain(others).collect()
}
