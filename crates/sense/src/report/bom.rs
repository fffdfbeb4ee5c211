//! The members of CycloneDX that are read, from JSON and from XML (CycloneDX 1.2 to 1.7, and the
//! vulnerability extension 1.0 of the older ones).
//!
//! Knows both notations of one model; [`super::cyclonedx`] says what it means.

use serde::Deserialize;

use super::item::{Shape, Text, or_default};
use super::node::Node;

/// How deep components may lie in one another.
const DEPTH: usize = 32;

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Component<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, rename = "bom-ref")]
    pub(super) bom_ref: Text<'a>,
    #[serde(borrow)]
    pub(super) group: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) version: Text<'a>,
    #[serde(borrow)]
    pub(super) purl: Text<'a>,
    #[serde(borrow)]
    pub(super) scope: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) properties: Vec<Property<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) components: Vec<Component<'a>>,
    /// Of the older extension, which puts them into their component.
    #[serde(skip)]
    pub(super) vulnerabilities: Vec<Vulnerability<'a>>,
}

impl Shape for Component<'static> {
    type Of<'a> = Component<'a>;
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Property<'a> {
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) value: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) references: Vec<Reference<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) ratings: Vec<Rating<'a>>,
    #[serde(borrow)]
    pub(super) description: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) analysis: Analysis<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) affects: Vec<Affected<'a>>,
}

impl Shape for Vulnerability<'static> {
    type Of<'a> = Vulnerability<'a>;
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Reference<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Rating<'a> {
    #[serde(borrow)]
    pub(super) score: Text<'a>,
    #[serde(borrow)]
    pub(super) severity: Text<'a>,
    #[serde(borrow)]
    pub(super) method: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Analysis<'a> {
    #[serde(borrow)]
    pub(super) state: Text<'a>,
    #[serde(borrow)]
    pub(super) justification: Text<'a>,
    #[serde(borrow)]
    pub(super) detail: Text<'a>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Affected<'a> {
    #[serde(borrow, rename = "ref")]
    pub(super) reference: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) versions: Vec<Versions<'a>>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Versions<'a> {
    #[serde(borrow)]
    pub(super) version: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
}

/// `metadata`, of which the component is what the document is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    pub(super) timestamp: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) component: Component<'a>,
}

impl Shape for Metadata<'static> {
    type Of<'a> = Metadata<'a>;
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Composition<'a> {
    #[serde(borrow)]
    pub(super) aggregate: Text<'a>,
}

impl Shape for Composition<'static> {
    type Of<'a> = Composition<'a>;
}

fn text(text: &str) -> Text<'static> {
    Text(text.trim().to_owned().into())
}

impl Component<'static> {
    pub(super) fn of(node: &Node) -> Self {
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
            properties: node.list("properties", "property").map(property).collect(),
            components: inner.map(|node| Self::at_depth(node, depth + 1)).collect(),
            vulnerabilities: node
                .list("vulnerabilities", "vulnerability")
                .map(Vulnerability::of)
                .collect(),
        }
    }
}

impl Vulnerability<'static> {
    pub(super) fn of(node: &Node) -> Self {
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
        let versions =
            |node: &Node| Versions { version: get(node, "version"), status: get(node, "status") };
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
