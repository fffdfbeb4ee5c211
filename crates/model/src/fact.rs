//! What readers say: one stream of facts, problems among them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    Component, Covered, Ecosystem, Edge, FeedSource, Foreign, Named, Notice, OwnPackage, Place,
    Port, Problem, Report, Requirement, Setting, Tested, Trait,
};

/// The distribution of a host, from `/etc/os-release` (freedesktop.org os-release(5)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OsRelease {
    /// `ID`, e.g. `debian`.
    pub id: Arc<str>,
    /// `VERSION_ID`, e.g. `12`; rolling releases have none.
    pub version: Option<Arc<str>>,
    /// `VERSION_CODENAME`, e.g. `bookworm`.
    pub codename: Option<Arc<str>>,
    /// `PRETTY_NAME`, for people.
    pub pretty: Arc<str>,
    /// Where it was read.
    pub place: Place,
}

/// A version of a package that one of the host's package sources offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The binary package.
    pub name: Arc<str>,
    /// Its architecture; `all` fits every host.
    pub architecture: Arc<str>,
    /// The version that is offered.
    pub version: Arc<str>,
    /// The source package's name.
    pub source: Arc<str>,
    /// Whether the suite is a security suite by its Release file's label and codename.
    pub security: bool,
    /// The suite's codename, e.g. `bookworm-security`.
    pub suite: Arc<str>,
    /// Where the offer stands; the line within the unpacked list.
    pub place: Place,
}

/// One thing that a reader saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// An installed or locked package.
    Component(Component),
    /// A line that asks for a package.
    Requirement(Requirement),
    /// One component needs another.
    Edge(Edge),
    /// The distribution.
    Os(OsRelease),
    /// A version that could be installed.
    Offer(Offer),
    /// A package feed that a tool is told of.
    Feed(FeedSource),
    /// A name under which the tree itself may be published.
    Own(OwnPackage),
    /// What a publisher says of releases.
    Notice(Notice),
    /// A fact about a configuration.
    Setting(Setting),
    /// Something about a host that conditions may ask.
    Trait(Trait),
    /// A socket that waits for others.
    Port(Port),
    /// Which scanner speaks.
    Report(Report),
    /// An asset that a scanner speaks of.
    Named(Named),
    /// How much of an asset a scanner saw.
    Covered(Covered),
    /// A finding of somebody else's.
    Foreign(Foreign),
    /// A test of somebody else's.
    Tested(Tested),
    /// A package that stands in the file, but of which nothing can be said: no version, an
    /// address instead of a name. It becomes a could-not-check row with `reason`.
    Unknown {
        /// The ecosystem.
        ecosystem: Ecosystem,
        /// The name as written.
        name: Arc<str>,
        /// Why it cannot be judged, in words for people.
        reason: String,
        /// Where it stands.
        place: Place,
    },
    /// Something that could not be read. What could be read is still there.
    Problem(Problem),
    /// The rest of this document could not be read: its components may be incomplete, and
    /// nothing of it may be closed by absence.
    Partial,
}
