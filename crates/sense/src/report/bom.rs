//! The members of CycloneDX that are read, from JSON and from XML (CycloneDX 1.2 to 1.7, and the
//! vulnerability extension 1.0 of the older ones).
//!
//! Knows both notations of one model; [`super::cyclonedx`] says what it means.

use holdfast_model::SourcePackage;
use serde::Deserialize;

use super::item::{Shape, Text, or_default};
use super::node::Node;
use super::purl::Purl;

/// How deep components may lie in one another.
const DEPTH: usize = 32;

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Component<'a> {
    #[serde(borrow, rename = "type")]
    pub(crate) kind: Text<'a>,
    #[serde(borrow, rename = "bom-ref")]
    pub(crate) bom_ref: Text<'a>,
    #[serde(borrow)]
    pub(crate) group: Text<'a>,
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    #[serde(borrow)]
    pub(crate) version: Text<'a>,
    #[serde(borrow)]
    pub(crate) purl: Text<'a>,
    #[serde(borrow)]
    pub(crate) scope: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) properties: Vec<Property<'a>>,
    #[serde(borrow)]
    pub(crate) cpe: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) hashes: Vec<Hash<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) evidence: Evidence<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) components: Vec<Component<'a>>,
    /// Of the older extension, which puts them into their component.
    #[serde(skip)]
    pub(crate) vulnerabilities: Vec<Vulnerability<'a>>,
}

impl Shape for Component<'static> {
    type Of<'a> = Component<'a>;
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Property<'a> {
    #[serde(borrow)]
    pub(crate) name: Text<'a>,
    #[serde(borrow)]
    pub(crate) value: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Hash<'a> {
    #[serde(borrow)]
    pub(crate) alg: Text<'a>,
    #[serde(borrow)]
    pub(crate) content: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Evidence<'a> {
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) occurrences: Vec<Occurrence<'a>>,
}

/// Where a component was found; `line` since 1.6.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Occurrence<'a> {
    #[serde(borrow)]
    pub(crate) location: Text<'a>,
    #[serde(borrow)]
    pub(crate) line: Text<'a>,
}

/// `dependencies[]`: what one component needs.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Dependency<'a> {
    #[serde(borrow, rename = "ref")]
    pub(crate) reference: Text<'a>,
    #[serde(borrow, rename = "dependsOn", deserialize_with = "or_default")]
    pub(crate) depends_on: Vec<Text<'a>>,
}

impl Shape for Dependency<'static> {
    type Of<'a> = Dependency<'a>;
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) references: Vec<Reference<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) ratings: Vec<Rating<'a>>,
    #[serde(borrow)]
    pub(crate) description: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) analysis: Analysis<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) affects: Vec<Affected<'a>>,
}

impl Shape for Vulnerability<'static> {
    type Of<'a> = Vulnerability<'a>;
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Reference<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Rating<'a> {
    #[serde(borrow)]
    pub(crate) score: Text<'a>,
    #[serde(borrow)]
    pub(crate) severity: Text<'a>,
    #[serde(borrow)]
    pub(crate) method: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Analysis<'a> {
    #[serde(borrow)]
    pub(crate) state: Text<'a>,
    #[serde(borrow)]
    pub(crate) justification: Text<'a>,
    #[serde(borrow)]
    pub(crate) detail: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Affected<'a> {
    #[serde(borrow, rename = "ref")]
    pub(crate) reference: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) versions: Vec<Versions<'a>>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Versions<'a> {
    #[serde(borrow)]
    pub(crate) version: Text<'a>,
    /// `vers:TYPE/CONSTRAINTS`, where no single version is meant.
    #[serde(borrow)]
    pub(crate) range: Text<'a>,
    #[serde(borrow)]
    pub(crate) status: Text<'a>,
}

/// `metadata`, of which the component is what the document is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata<'a> {
    #[serde(borrow)]
    pub(crate) timestamp: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(crate) component: Component<'a>,
}

impl Shape for Metadata<'static> {
    type Of<'a> = Metadata<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Composition<'a> {
    #[serde(borrow)]
    pub(crate) aggregate: Text<'a>,
}

impl Shape for Composition<'static> {
    type Of<'a> = Composition<'a>;
}

impl Component<'_> {
    /// The value of a property.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        let found = self.properties.iter().find(|property| &*property.name == name);
        found.map(|property| &*property.value).filter(|value| !value.is_empty())
    }

    /// The source package of a distribution: in the words of one tool's properties, else what the
    /// package URL says.
    pub(crate) fn source(&self, purl: &Purl) -> Option<SourcePackage> {
        let property = |name| self.property(name);
        let told = property("aquasecurity:trivy:SrcName").map(|name| {
            let version = property("aquasecurity:trivy:SrcVersion").unwrap_or(&purl.version);
            let version = match property("aquasecurity:trivy:SrcRelease") {
                Some(release) => format!("{version}-{release}"),
                None => version.to_owned(),
            };
            let version = match property("aquasecurity:trivy:SrcEpoch") {
                Some(epoch) => format!("{epoch}:{version}"),
                None => version,
            };
            SourcePackage { name: name.into(), version: version.into() }
        });
        told.or_else(|| purl.source.clone())
    }
}

impl Dependency<'static> {
    /// In XML, a dependency holds what it needs.
    pub(crate) fn of(node: &Node) -> Self {
        Self {
            reference: text(node.attributes.get("ref")),
            depends_on: node.all("dependency").map(|one| text(one.attributes.get("ref"))).collect(),
        }
    }
}

fn text(text: &str) -> Text<'static> {
    Text(text.trim().to_owned().into())
}

impl Component<'static> {
    pub(crate) fn of(node: &Node) -> Self {
        Self::at_depth(node, 0)
    }

    fn at_depth(node: &Node, depth: usize) -> Self {
        let get = |name: &str| text(node.text_of(name));
        let property = |node: &Node| Property {
            name: text(node.attributes.get("name")),
            value: text(&node.text),
        };
        let inner = node.list("components", "component").filter(|_| depth < DEPTH);
        Self {
            kind: text(node.attributes.get("type")),
            bom_ref: text(node.attributes.get("bom-ref")),
            group: get("group"),
            name: get("name"),
            version: get("version"),
            purl: get("purl"),
            scope: get("scope"),
            cpe: get("cpe"),
            hashes: node
                .list("hashes", "hash")
                .map(|one| Hash { alg: text(one.attributes.get("alg")), content: text(&one.text) })
                .collect(),
            evidence: node.child("evidence").map(Evidence::of).unwrap_or_default(),
            properties: node.list("properties", "property").map(property).collect(),
            components: inner.map(|node| Self::at_depth(node, depth + 1)).collect(),
            vulnerabilities: node
                .list("vulnerabilities", "vulnerability")
                .map(Vulnerability::of)
                .collect(),
        }
    }
}

impl Evidence<'static> {
    fn of(node: &Node) -> Self {
        let one = |node: &Node| Occurrence {
            location: text(node.text_of("location")),
            line: text(node.text_of("line")),
        };
        Self { occurrences: node.list("occurrences", "occurrence").map(one).collect() }
    }
}

impl Vulnerability<'static> {
    pub(crate) fn of(node: &Node) -> Self {
        let get = |node: &Node, name: &str| text(node.text_of(name));
        let rating = |rating: &Node| {
            // The extension puts the base score into an element of its own.
            let score = rating.child("score");
            let base = score.and_then(|score| score.child("base"));
            Rating {
                score: text(base.or(score).map_or("", |node| node.text.as_str())),
                severity: get(rating, "severity"),
                method: get(rating, "method"),
            }
        };
        let versions = |node: &Node| Versions {
            version: get(node, "version"),
            range: get(node, "range"),
            status: get(node, "status"),
        };
        let target = |target: &Node| Affected {
            reference: get(target, "ref"),
            versions: target.list("versions", "version").map(versions).collect(),
        };
        let mut affects: Vec<Affected<'static>> =
            node.list("affects", "target").map(target).collect();
        let older = node.attributes.get("ref");
        if affects.is_empty() && !older.is_empty() {
            affects.push(Affected { reference: text(older), versions: Vec::new() });
        }
        let analysis = node.child("analysis").map(|node| Analysis {
            state: get(node, "state"),
            justification: get(node, "justification"),
            detail: get(node, "detail"),
        });
        let reference = |node: &Node| Reference { id: get(node, "id") };
        Self {
            id: get(node, "id"),
            references: node.list("references", "reference").map(reference).collect(),
            ratings: node.list("ratings", "rating").map(rating).collect(),
            description: get(node, "description"),
            analysis: analysis.unwrap_or_default(),
            affects,
        }
    }
}
