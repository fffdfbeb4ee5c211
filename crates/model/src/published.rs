//! Packages as those see them who publish them: names of one's own, and what is said of releases.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Ecosystem, Informational, Place};

/// A name under which the tree itself may be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPackage {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The name as the ecosystem compares it.
    pub name: Arc<str>,
    /// The release it declares, where what is built along with it asks for that very release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Arc<str>>,
    /// Where it is declared.
    pub place: Place,
}

/// What the publisher of a package says of some of its releases. It is no vulnerability. A mere
/// [`Informational::Notice`] is the word of a project that uses the package: it must not be built with
/// these releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// The name as the ecosystem compares it.
    pub name: Arc<str>,
    /// The first release that is meant, as written.
    pub first: Arc<str>,
    /// The last one, which is meant too; the first one again where only that is.
    pub last: Arc<str>,
    /// The kind of notice.
    pub kind: Informational,
    /// The publisher's own words; may be empty.
    pub said: Arc<str>,
    /// Where it is written.
    pub place: Place,
}
