//! SPDX 2.3 in JSON.

use std::collections::BTreeSet;

use holdfast_model::{Component, OsRelease, Place};
use serde::Serialize;

use super::super::spdx::READ_FROM;
use super::{Bill, Subject, text, uuid};
use crate::report::purl;

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
const SUBJECT: &str = "SPDXRef-Subject";
const SYSTEM: &str = "SPDXRef-System";
/// Nothing is claimed about this (SPDX 2.3, section 7).
const UNKNOWN: &str = "NOASSERTION";

/// SPDX has no word for it.
const INCOMPLETE: &str = "Some of what was looked at could not be read; more may be there.";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'a str,
    #[serde(rename = "documentNamespace")]
    namespace: String,
    creation_info: Creation,
    packages: Vec<Package<'a>>,
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
struct Creation {
    created: String,
    creators: [String; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Package<'a> {
    #[serde(rename = "SPDXID")]
    id: String,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_info: Option<&'a str>,
    download_location: &'static str,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_info: Option<String>,
    license_concluded: &'static str,
    license_declared: &'static str,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary_package_purpose: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<Reference>,
}

#[derive(Serialize)]
struct Reference {
    #[serde(rename = "referenceCategory")]
    category: &'static str,
    #[serde(rename = "referenceType")]
    kind: &'static str,
    #[serde(rename = "referenceLocator")]
    locator: String,
}

#[derive(Serialize)]
struct Relationship {
    #[serde(rename = "spdxElementId")]
    from: String,
    #[serde(rename = "relationshipType")]
    kind: &'static str,
    #[serde(rename = "relatedSpdxElement")]
    to: String,
}

/// Writes a bill as SPDX 2.3 in JSON.
pub fn spdx(bill: &Bill<'_>) -> String {
    let subject = Package {
        primary_package_purpose: Some(match bill.subject {
            Subject::Application => "APPLICATION",
            Subject::System => "OPERATING-SYSTEM",
            Subject::Container => "CONTAINER",
        }),
        ..package(SUBJECT.to_owned(), bill.name)
    };
    let listed = bill.components.iter().enumerate();
    let listed = listed.map(|(at, listed)| component(at, listed.component));
    text(&Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: DOCUMENT,
        name: bill.name,
        namespace: format!("urn:uuid:{}", uuid(&bill.digest)),
        creation_info: Creation {
            created: bill.at.to_string(),
            creators: [format!("Tool: holdfast-{}", bill.version)],
            comment: (!bill.complete).then_some(INCOMPLETE),
        },
        packages: std::iter::once(subject).chain(listed).chain(bill.system.map(system)).collect(),
        relationships: relationships(bill),
    })
}

fn package(id: String, name: &str) -> Package<'_> {
    Package {
        id,
        name,
        version_info: None,
        download_location: UNKNOWN,
        files_analyzed: false,
        source_info: None,
        license_concluded: UNKNOWN,
        license_declared: UNKNOWN,
        copyright_text: UNKNOWN,
        primary_package_purpose: None,
        external_refs: Vec::new(),
    }
}

fn component(at: usize, component: &Component) -> Package<'_> {
    let place = &component.place;
    let reference = purl::of(component).map(|purl| Reference {
        category: "PACKAGE-MANAGER",
        kind: "purl",
        locator: purl,
    });
    Package {
        version_info: component.version.as_deref(),
        source_info: Some(read_from(place)),
        external_refs: reference.into_iter().collect(),
        ..package(id(at), &component.name)
    }
}

fn system(os: &OsRelease) -> Package<'_> {
    Package {
        version_info: os.version.as_deref(),
        source_info: Some(read_from(&os.place)),
        primary_package_purpose: Some("OPERATING-SYSTEM"),
        ..package(SYSTEM.to_owned(), &os.id)
    }
}

fn read_from(place: &Place) -> String {
    format!("{READ_FROM}{}:{}", place.path, place.line)
}

fn id(at: usize) -> String {
    format!("SPDXRef-Package-{}", at + 1)
}

/// The subject contains what nothing is known to need.
fn relationships(bill: &Bill<'_>) -> Vec<Relationship> {
    let one = |from: String, kind, to: String| Relationship { from, kind, to };
    let mut all = vec![one(DOCUMENT.to_owned(), "DESCRIBES", SUBJECT.to_owned())];
    if bill.system.is_some() {
        all.push(one(SUBJECT.to_owned(), "CONTAINS", SYSTEM.to_owned()));
    }
    let needed: BTreeSet<usize> = bill.edges.iter().map(|(_, child)| *child).collect();
    for (at, listed) in bill.components.iter().enumerate() {
        if needed.contains(&at) {
            continue;
        }
        all.push(if listed.component.dev {
            one(id(at), "DEV_DEPENDENCY_OF", SUBJECT.to_owned())
        } else {
            one(SUBJECT.to_owned(), "CONTAINS", id(at))
        });
    }
    for (parent, child) in &bill.edges {
        let parent = parent.map_or_else(|| SUBJECT.to_owned(), id);
        let dev = bill.components.get(*child).is_some_and(|listed| listed.component.dev);
        all.push(if dev {
            one(id(*child), "DEV_DEPENDENCY_OF", parent)
        } else {
            one(parent, "DEPENDS_ON", id(*child))
        });
    }
    all
}
