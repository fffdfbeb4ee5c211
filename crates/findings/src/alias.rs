//! A finding under the other names of its weakness.
//!
//! A weakness gets its name from its alias group, and groups grow: what was accepted or recorded
//! as GHSA-… is the same finding when it is CVE-… tomorrow.

use holdfast_model::{Finding, LocalKey, WeaknessId};

/// The local keys that this finding has or would have under each name of its weakness; its own
/// comes first.
pub fn local_keys(finding: &Finding) -> impl Iterator<Item = LocalKey> + '_ {
    let others = finding
        .weakness
        .aliases
        .iter()
        .map(|alias| LocalKey::new(finding.kind, &WeaknessId(alias.clone()), &finding.locus));
    std::iter::once(finding.local).chain(others)
}
