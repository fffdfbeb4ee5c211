//! What is installed or declared: components, requirements and the edges between them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Ecosystem, Place, Span};

/// Where a component's code comes from, as far as its file says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A package feed; the address as written, if the file names one.
    Feed(Option<Arc<str>>),
    /// A version control address.
    Git(Arc<str>),
    /// An archive at an address.
    Archive(Arc<str>),
    /// The tree itself: a workspace member or a path; never matched against advisories.
    Tree,
}

/// The source package a distribution built a binary package from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourcePackage {
    /// Its name, under which distributions publish advisories.
    pub name: Arc<str>,
    /// Its version, which may differ from the binary's.
    pub version: Arc<str>,
}

/// An installed or locked package, with the place it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The ecosystem, with the release for distributions.
    pub ecosystem: Ecosystem,
    /// The name as the ecosystem compares it.
    pub name: Arc<str>,
    /// The exact version; `None` where the file pins none, which is *not assessed*, never clean.
    pub version: Option<Arc<str>>,
    /// Where it stands: the line and column of its name or entry.
    pub place: Place,
    /// Declared by the project itself (`true`), brought in by another package (`false`), or unknown.
    pub direct: Option<bool>,
    /// Used only while developing or building, as far as the file says.
    pub dev: bool,
    /// Where the code comes from.
    pub origin: Origin,
    /// For distributions: the source package.
    pub source: Option<SourcePackage>,
    /// For distributions with module streams: name and stream, e.g. `nodejs:16`. Versions are
    /// compared only within one stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<Arc<str>>,
    /// Whether the file carries a checksum of the package; `None` where its format keeps none,
    /// or keeps it elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrity: Option<bool>,
}

impl Component {
    /// A component of a public feed of which nothing more is known.
    pub fn new(
        ecosystem: Ecosystem,
        name: impl Into<Arc<str>>,
        version: Option<Arc<str>>,
        place: Place,
    ) -> Self {
        Self {
            ecosystem,
            name: name.into(),
            version,
            place,
            direct: None,
            dev: false,
            origin: Origin::Feed(None),
            source: None,
            module: None,
            integrity: None,
        }
    }
}

/// A line of a manifest that asks for a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The name as the ecosystem compares it.
    pub name: Arc<str>,
    /// The requirement text as written between its quotes or separators, e.g. `^1.2`, `>=2,<3`.
    /// Empty where any version will do.
    pub range: Arc<str>,
    /// The bytes of `range` in the file; what a lift replaces.
    pub span: Span,
    /// The place of `range`.
    pub place: Place,
    /// Only for development, tests or builds.
    pub dev: bool,
    /// Whether a lift may rewrite it: `false` for paths, git addresses, tags, workspace
    /// inheritance and whatever else is no version range.
    pub liftable: bool,
}

/// `parent` needs `child`; both index the components of the same document, in reading order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The component that needs; `None` for the project itself.
    pub parent: Option<u32>,
    /// The component that is needed.
    pub child: u32,
    /// Where the need is written.
    pub place: Place,
    /// The versions that the parent asks for, as its ecosystem writes ranges; empty where any will do,
    /// `None` where the file does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Arc<str>>,
}

impl Edge {
    /// A need of which no range is known.
    pub fn new(parent: Option<u32>, child: u32, place: Place) -> Self {
        Self { parent, child, place, range: None }
    }
}
