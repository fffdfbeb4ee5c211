//! A bill of materials of ours: what a look saw, as CycloneDX 1.6 or SPDX 2.3.
//!
//! Knows how both are written so that our own readers, and those of others, find the same packages
//! at the same places again. Must not know looks or clocks: everything is an argument. The same bill
//! gives the same bytes.

mod cyclonedx;
mod spdx;

use holdfast_model::{Component, Digest, OsRelease, Timestamp};

pub use cyclonedx::cyclonedx;
pub use spdx::spdx;

/// The package URL by which bills name a component: with the release of its distribution and its
/// source package, where it has them. `None` for an ecosystem whose packages have none.
pub fn package_url(component: &Component) -> Option<String> {
    crate::report::purl::of(component)
}

/// What kind of thing a bill lists the contents of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A folder or a repository.
    Application,
    /// A host.
    System,
    /// An image.
    Container,
}

impl Subject {
    /// The type of CycloneDX.
    pub(crate) fn cyclonedx(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::System => "operating-system",
            Self::Container => "container",
        }
    }
}

/// One listed component.
#[derive(Debug, Clone, Copy)]
pub struct Listed<'a> {
    /// What was read.
    pub component: &'a Component,
    /// Whether its document says what it needs, so that no need means none.
    pub needs_known: bool,
}

/// Everything that is written.
#[derive(Debug)]
pub struct Bill<'a> {
    /// The name of what was looked at.
    pub name: &'a str,
    /// What it is.
    pub subject: Subject,
    /// When it was looked at.
    pub at: Timestamp,
    /// Of the look: it becomes the serial number, so that equal looks give equal bills.
    pub digest: Digest,
    /// The version of Holdfast.
    pub version: &'a str,
    /// Whether everything that could list a component was read.
    pub complete: bool,
    /// The distribution of it, where it has one: its release may have come to its end.
    pub system: Option<&'a OsRelease>,
    /// What is there.
    pub components: Vec<Listed<'a>>,
    /// Who (`None`: the subject itself) needs whom, by position; sorted, without repeats.
    pub edges: Vec<(Option<usize>, usize)>,
}

impl Bill<'_> {
    /// What needs each component, by position.
    fn children(&self, parent: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        let from = self.edges.partition_point(|(one, _)| *one < parent);
        let edges = self.edges.get(from..).unwrap_or_default();
        edges.iter().take_while(move |(one, _)| *one == parent).map(|(_, child)| *child)
    }
}

/// A UUID of version 8 (RFC 9562, section 5.8) from a digest.
pub(crate) fn uuid(digest: &Digest) -> String {
    let mut bytes = digest.0;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0F) | 0x80;
    *variant = (*variant & 0x3F) | 0x80;
    let hex = Digest(bytes).to_string();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// A document for people and programs: indented JSON with a last line end.
fn text(document: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
