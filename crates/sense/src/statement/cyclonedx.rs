//! CycloneDX 1.4 and later as statements: the analysis of each vulnerability.
//!
//! The component that the document is about is the product, and what a vulnerability affects in it is
//! a part of it. The notation is [`crate::report::bom`]'s.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{About, Product, Statement, StatementStatus, Timestamp, Versions};

use super::{digest, product};
use crate::report::bom::{Component, Metadata, Vulnerability};
use crate::report::cursor::At;
use crate::report::json::{self, Take};
use crate::report::names::names;
use crate::report::say::{Say, Wrong};
use crate::report::{item, sentence};

pub(super) static ABOUT: About = About {
    id: "statements-cyclonedx",
    title: "Statements: CycloneDX 1.4–1.7 (JSON)",
    text: "The state of each vulnerability's analysis, for the component that the document is about \
           and the components that it affects. A vulnerability without a state says nothing. The \
           author is the first of `metadata.authors`, else the manufacturer or supplier.",
    file: file!(),
};

/// Who speaks, of which CycloneDX has several ways.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Who<'a> {
    #[serde(borrow, deserialize_with = "item::or_default")]
    authors: Vec<Party<'a>>,
    #[serde(borrow, deserialize_with = "item::or_default")]
    manufacturer: Party<'a>,
    #[serde(borrow, deserialize_with = "item::or_default")]
    supplier: Party<'a>,
}

impl item::Shape for Who<'static> {
    type Of<'a> = Who<'a>;
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Party<'a> {
    #[serde(borrow)]
    name: item::Text<'a>,
}

fn select(path: &str) -> Take {
    match path {
        "components" | "vulnerabilities" => Take::Into,
        "serialNumber" | "version" | "metadata" | "components[]" | "vulnerabilities[]" => {
            Take::Item
        }
        _ => Take::Skip,
    }
}

#[derive(Default)]
struct Reading {
    serial: String,
    /// Of the document; empty where it says none, which is the first.
    version: String,
    author: Arc<str>,
    at: Option<Timestamp>,
    subject: Option<(String, Product)>,
    known: HashMap<String, Product>,
    /// Vulnerabilities may stand before the components that they affect.
    said: Vec<(Statement, Vec<Affected>, At)>,
}

pub(super) fn read(bytes: &[u8], say: &mut Say<'_>) -> Vec<Statement> {
    let mut reading = Reading::default();
    let mark = |byte: &&u8| !byte.is_ascii_whitespace() && **byte < 0x80;
    if bytes.iter().find(mark) == Some(&b'<') {
        let message = "statements in the XML of CycloneDX are not read";
        let wrong = Wrong::loss("statement-unknown", At::START, message);
        say.wrong(wrong.help("write the document as JSON"));
        return Vec::new();
    }
    let mut json = json::Splitter::new(select);
    json.push(bytes, &mut |event| reading.json(event, say));
    json.end(&mut |event| reading.json(event, say));
    reading.finish(say)
}

impl Reading {
    fn json(&mut self, event: json::Event<'_>, say: &mut Say<'_>) {
        let (path, item) = match event {
            json::Event::Item(path, item) => (path, item),
            json::Event::Wrong(wrong) => return say.wrong(wrong),
            json::Event::Open(_) | json::Event::Close(_) => return,
        };
        let (mut spare, mut other) = (String::new(), String::new());
        match path {
            "serialNumber" => self.serial = item::scalar(&item).to_string(),
            "version" => self.version = item::scalar(&item).to_string(),
            "metadata" => {
                if let Some(metadata) = item::read::<Metadata<'static>>(&item, &mut spare, say) {
                    self.at = Timestamp::parse(&metadata.timestamp);
                    self.subject = named(&metadata.component)
                        .map(|product| (metadata.component.bom_ref.to_string(), product));
                }
                if let Some(who) = item::read::<Who<'static>>(&item, &mut other, say) {
                    let parties = who.authors.iter().chain([&who.manufacturer, &who.supplier]);
                    let name = parties.map(|party| sentence(&party.name)).find(|n| !n.is_empty());
                    self.author = name.unwrap_or_default().into();
                }
            }
            "components[]" => {
                if let Some(component) = item::read::<Component<'static>>(&item, &mut spare, say) {
                    self.component(&component);
                }
            }
            "vulnerabilities[]" => {
                if let Some(one) = item::read::<Vulnerability<'static>>(&item, &mut spare, say) {
                    self.vulnerability(&one, item.at, say);
                }
            }
            _ => {}
        }
    }

    fn component(&mut self, component: &Component<'_>) {
        let mut rest = vec![component];
        while let Some(component) = rest.pop() {
            rest.extend(&component.components);
            if let Some(product) = named(component) {
                self.known.insert(component.bom_ref.to_string(), product);
            }
        }
    }

    fn vulnerability(&mut self, one: &Vulnerability<'_>, at: At, say: &mut Say<'_>) {
        let status = match &*one.analysis.state {
            "not_affected" | "false_positive" => StatementStatus::NotAffected,
            "resolved" | "resolved_with_pedigree" => StatementStatus::Fixed,
            "exploitable" => StatementStatus::Affected,
            "in_triage" => StatementStatus::UnderInvestigation,
            _ => return,
        };
        let ids = std::iter::once(&*one.id).chain(one.references.iter().map(|r| &*r.id));
        let mut names = names(ids);
        if names.is_empty() && !one.id.is_empty() {
            names.push((*one.id).into());
        }
        if names.is_empty() {
            let wrong = Wrong::loss("statement-incomplete", at, "this vulnerability has no name");
            return say.wrong(wrong.help("it counts for nothing until it has one"));
        }
        let statement = Statement {
            author: "".into(),
            at: None,
            names,
            products: Vec::new(),
            subcomponents: Vec::new(),
            status,
            justification: justification(&one.analysis.justification).into(),
            text: sentence(&one.analysis.detail),
            place: say.place(at),
        };
        let affects = one.affects.iter().map(|one| Affected {
            reference: one.reference.to_string(),
            named: !one.versions.is_empty(),
            versions: one.versions.iter().filter_map(|one| meant(one, status)).collect(),
        });
        let affects = affects.collect();
        self.said.push((statement, affects, at));
    }

    /// Whether a reference names something in this document, and what. BOM-Link,
    /// `urn:cdx:SERIAL/VERSION#REFERENCE`, names something in the one of that serial number.
    fn link<'r>(&self, reference: &'r str) -> (bool, &'r str) {
        let Some(link) = reference.strip_prefix("urn:cdx:") else { return (true, reference) };
        let (document, inner) = link.split_once('#').unwrap_or((link, ""));
        let (serial, version) = document.split_once('/').unwrap_or((document, ""));
        let own = self.serial.strip_prefix("urn:uuid:").unwrap_or(&self.serial);
        let of_own = if self.version.is_empty() { "1" } else { &*self.version };
        let here = !own.is_empty() && serial.eq_ignore_ascii_case(own) && version == of_own;
        (here, inner)
    }

    /// The part that a reference names. In another document only a package URL says what it is.
    fn part(&self, here: bool, inner: &str) -> Option<Product> {
        let known = self.known.get(inner).filter(|_| here).cloned();
        let named = || product(inner, Vec::new());
        known.or_else(|| named().filter(|part| here || !part.package.is_empty()))
    }

    fn finish(self, say: &mut Say<'_>) -> Vec<Statement> {
        let mut out = Vec::new();
        for (statement, affects, at) in &self.said {
            let (mut parts, mut subjects) = (Vec::new(), Vec::new());
            let mut whole = affects.is_empty();
            for Affected { reference, named, versions } in affects {
                let (here, inner) = self.link(reference);
                if *named && versions.is_empty() {
                    // Of all its versions the opposite is said.
                    continue;
                }
                let own = self.subject.as_ref().filter(|(own, _)| here && own == inner);
                if let Some((_, subject)) = own {
                    whole |= versions.is_empty();
                    subjects.extend(versions.iter().map(|versions| in_version(subject, versions)));
                    continue;
                }
                let Some(part) = self.part(here, inner) else {
                    if !here {
                        say.wrong(elsewhere(reference, *at));
                    }
                    continue;
                };
                if versions.is_empty() {
                    parts.push(part);
                } else {
                    parts.extend(versions.iter().map(|versions| in_version(&part, versions)));
                }
            }
            let subject = self.subject.as_ref().map(|(_, product)| product.clone());
            let one = |products: Vec<Product>, subcomponents: Vec<Product>| Statement {
                author: Arc::clone(&self.author),
                at: self.at,
                products,
                subcomponents,
                ..statement.clone()
            };
            match subject {
                Some(subject) if whole => out.push(one(vec![subject], Vec::new())),
                Some(_) if !subjects.is_empty() => out.push(one(subjects, Vec::new())),
                Some(subject) if !parts.is_empty() => out.push(one(vec![subject], parts)),
                None if !parts.is_empty() => out.push(one(parts, Vec::new())),
                _ => {}
            }
        }
        out
    }
}

/// What is said of something that another document lists.
fn elsewhere(reference: &str, at: At) -> Wrong {
    let message = format!("`{}` is in another document", sentence(reference));
    let wrong = Wrong::loss("statement-incomplete", at, message);
    wrong.help("what is said of it counts for nothing; list it here, with its package URL")
}

/// Which versions of a component a vulnerability is about.
struct Affected {
    reference: String,
    /// Whether versions are named at all, meant or not.
    named: bool,
    /// Those that a statement means.
    versions: Vec<Versions>,
}

/// A product in a version that is named beside it. Digests are those of the version that the document
/// describes.
fn in_version(product: &Product, versions: &Versions) -> Product {
    if product.versions == *versions {
        return product.clone();
    }
    Product { versions: versions.clone(), digests: Vec::new(), ..product.clone() }
}

/// The versions that a statement means: what closes a problem says nothing of those that it calls
/// affected, or that nobody looked at.
fn meant(one: &crate::report::bom::Versions<'_>, status: StatementStatus) -> Option<Versions> {
    let closes = matches!(status, StatementStatus::NotAffected | StatementStatus::Fixed);
    // Without a word of its own a version is affected (CycloneDX 1.6, `versions[].status`), but many
    // leave it out and mean what the analysis says.
    if closes && matches!(&*one.status, "affected" | "unknown") {
        return None;
    }
    match (&*one.version, &*one.range) {
        ("", "") => None,
        ("", range) => Some(Versions::Range(range.into())),
        (version, _) => Some(Versions::Exact(version.into())),
    }
}

fn named(component: &Component<'_>) -> Option<Product> {
    let hashes = component.hashes.iter().filter_map(|hash| digest(&hash.alg, &hash.content));
    let hashes: Vec<Arc<str>> = hashes.collect();
    if !component.purl.is_empty() {
        return product(&component.purl, hashes);
    }
    let versions = match &*component.version {
        "" => Versions::Unnamed,
        version => Versions::Exact(version.into()),
    };
    product(&component.name, hashes).map(|product| Product { versions, ..product })
}

/// Words of CycloneDX as those that OpenVEX and CSAF share, where there is one that means the same.
fn justification(word: &str) -> &str {
    match word {
        "code_not_present" => "vulnerable_code_not_present",
        "code_not_reachable" => "vulnerable_code_not_in_execute_path",
        "protected_by_mitigating_control"
        | "protected_at_runtime"
        | "protected_at_perimeter"
        | "protected_by_compiler" => "inline_mitigations_already_exist",
        "requires_configuration" | "requires_dependency" | "requires_environment" => {
            "vulnerable_code_cannot_be_controlled_by_adversary"
        }
        other => other,
    }
}
