//! Statements of ours: OpenVEX 0.2.0 and CycloneDX 1.6.
//!
//! Knows how both are written, so that our own reader finds the same statements again. Must not know
//! what was decided: every statement is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Digest, Fields, Product, Statement, StatementStatus, Timestamp, Versions};
use serde::Serialize;
use serde_json::{Value, json};

use crate::sbom::write::Subject;

/// Everything that is written.
#[derive(Debug)]
pub struct Statements<'a> {
    /// Who says it.
    pub author: &'a str,
    /// When it is said.
    pub at: Timestamp,
    /// What is said.
    pub statements: &'a [Statement],
    /// The version of Holdfast.
    pub version: &'a str,
    /// The package URLs of products of which more is known than statements compare, such as the
    /// release of the distribution that a package is of.
    pub urls: &'a BTreeMap<Product, String>,
}

impl Statements<'_> {
    /// The package URL of a product with its version or digest; its name, or its digest, where it has
    /// none.
    fn identity(&self, product: &Product) -> String {
        if let Some(url) = self.urls.get(product) {
            return url.clone();
        }
        if product.package.is_empty() {
            let name = Some(&product.name).filter(|name| !name.is_empty());
            return name.or(product.digests.first()).map_or_else(String::new, ToString::to_string);
        }
        let version = match &product.versions {
            Versions::Exact(version) => Some(version),
            Versions::Unnamed => product.digests.first(),
            Versions::Range(_) => None,
        };
        let parsed = product.package.parse::<packageurl::PackageUrl<'static>>().ok();
        let with = parsed.and_then(|mut purl| {
            purl.with_version(version?.to_string()).ok()?;
            Some(purl.to_string())
        });
        with.unwrap_or_else(|| product.package.to_string())
    }
}

/// The SHA-256 of a product, as hexadecimal digits, where its package URL does not carry it.
fn hash(product: &Product) -> Option<&str> {
    let carried = !product.package.is_empty() && product.versions == Versions::Unnamed;
    let digest = product.digests.first().filter(|_| !carried)?;
    digest.strip_prefix("sha256:")
}

/// Equal statements give an equal digest, whenever they are said.
fn digest_of(statements: &Statements<'_>) -> Digest {
    let mut fields = Fields::new("holdfast statements 1").field(statements.author.as_bytes());
    for one in statements.statements {
        for text in one.names.iter().map(|name| &**name).chain([one.status.word(), &one.text]) {
            fields.add(text.as_bytes());
        }
        for product in one.products.iter().chain(&one.subcomponents) {
            fields.add(statements.identity(product).as_bytes());
        }
    }
    fields.finish()
}

#[derive(Serialize)]
struct OpenVex<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    author: &'a str,
    timestamp: String,
    version: u32,
    tooling: String,
    statements: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    vulnerability: Vulnerability<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    products: Vec<Thing>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact_statement: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_statement: Option<&'a str>,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "<[Arc<str>]>::is_empty")]
    aliases: &'a [Arc<str>],
}

#[derive(Serialize)]
struct Thing {
    #[serde(rename = "@id")]
    id: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    identifiers: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    hashes: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    subcomponents: Vec<Thing>,
}

fn thing(statements: &Statements<'_>, product: &Product, parts: &[Product]) -> Thing {
    let id = statements.identity(product);
    let identifiers = id.starts_with("pkg:").then(|| ("purl", id.clone()));
    Thing {
        identifiers: identifiers.into_iter().collect(),
        hashes: hash(product).map(|hash| ("sha-256", hash.to_owned())).into_iter().collect(),
        id,
        subcomponents: parts.iter().map(|part| thing(statements, part, &[])).collect(),
    }
}

/// Writes statements as OpenVEX 0.2.0.
pub fn openvex(statements: &Statements<'_>) -> String {
    let said = statements.statements.iter().filter_map(|one| {
        let (name, aliases) = one.names.split_first()?;
        let text = Some(one.text.as_str()).filter(|text| !text.is_empty());
        let closes = one.status.closes();
        Some(Said {
            vulnerability: Vulnerability { name, aliases },
            timestamp: one.at.filter(|at| *at != statements.at).map(|at| at.to_string()),
            products: one
                .products
                .iter()
                .map(|product| thing(statements, product, &one.subcomponents))
                .collect(),
            status: one.status.word(),
            supplier: Some(&*one.author)
                .filter(|author| !author.is_empty() && *author != statements.author),
            justification: Some(&*one.justification).filter(|word| !word.is_empty()),
            impact_statement: text.filter(|_| closes),
            action_statement: text.filter(|_| !closes),
        })
    });
    text(&OpenVex {
        context: "https://openvex.dev/ns/v0.2.0",
        id: format!("urn:sha256:{}", digest_of(statements)),
        author: statements.author,
        timestamp: statements.at.to_string(),
        version: 1,
        tooling: format!("holdfast {}", statements.version),
        statements: said.collect(),
    })
}

/// Writes statements about one product as CycloneDX 1.6. `product` is what the document is about, and
/// `subject` what kind of thing it is; statements about others are left out.
pub fn cyclonedx(statements: &Statements<'_>, product: &Product, subject: Subject) -> String {
    let own = || statements.statements.iter().filter(|one| one.products.contains(product));
    let parts: BTreeSet<&Product> = own().flat_map(|one| &one.subcomponents).collect();
    let components: Vec<Value> =
        parts.iter().map(|part| component(statements, "library", part)).collect();
    let vulnerabilities: Vec<Value> =
        own().map(|one| vulnerability(statements, one, product)).collect();
    let uuid = crate::sbom::write::uuid(&digest_of(statements));
    text(&json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{uuid}"),
        "version": 1,
        "metadata": {
            "timestamp": statements.at.to_string(),
            "tools": {"components": [
                {"type": "application", "name": "holdfast", "version": statements.version},
            ]},
            "authors": [{"name": statements.author}],
            "component": component(statements, subject.cyclonedx(), product),
        },
        "components": components,
        "vulnerabilities": vulnerabilities,
    }))
}

fn component(statements: &Statements<'_>, kind: &str, product: &Product) -> Value {
    let identity = statements.identity(product);
    let name = match &*product.package {
        "" => &*product.name,
        package => package.rsplit('/').next().unwrap_or(package),
    };
    let mut component = json!({"type": kind, "bom-ref": identity, "name": name});
    if let Value::Object(members) = &mut component {
        if let Versions::Exact(version) = &product.versions {
            members.insert("version".to_owned(), json!(version));
        }
        if identity.starts_with("pkg:") {
            members.insert("purl".to_owned(), json!(identity));
        }
        if let Some(hash) = hash(product) {
            let hashes = json!([{"alg": "SHA-256", "content": hash}]);
            members.insert("hashes".to_owned(), hashes);
        }
    }
    component
}

fn vulnerability(statements: &Statements<'_>, one: &Statement, product: &Product) -> Value {
    let state = match one.status {
        StatementStatus::NotAffected => "not_affected",
        StatementStatus::Fixed => "resolved",
        StatementStatus::UnderInvestigation => "in_triage",
        StatementStatus::Affected => "exploitable",
    };
    let mut analysis = json!({"state": state});
    if let Value::Object(members) = &mut analysis {
        let word = match &*one.justification {
            "component_not_present" | "vulnerable_code_not_present" => Some("code_not_present"),
            "vulnerable_code_not_in_execute_path" => Some("code_not_reachable"),
            "vulnerable_code_cannot_be_controlled_by_adversary" => Some("requires_environment"),
            "inline_mitigations_already_exist" => Some("protected_by_mitigating_control"),
            _ => None,
        };
        if let Some(word) = word {
            members.insert("justification".to_owned(), json!(word));
        }
        if !one.text.is_empty() {
            members.insert("detail".to_owned(), json!(one.text));
        }
    }
    let about: &[Product] = if one.subcomponents.is_empty() {
        std::slice::from_ref(product)
    } else {
        &one.subcomponents
    };
    let affects: Vec<Value> =
        about.iter().map(|part| json!({"ref": statements.identity(part)})).collect();
    let references = one.names.iter().skip(1);
    let references: Vec<Value> =
        references.map(|name| json!({"id": name, "source": {"name": source_of(name)}})).collect();
    let id = one.names.first().map_or("", |name| &**name);
    json!({"id": id, "references": references, "analysis": analysis, "affects": affects})
}

/// Whose name it is: the word before the first mark.
fn source_of(name: &str) -> &str {
    name.split('-').next().unwrap_or(name)
}

fn text(document: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}
