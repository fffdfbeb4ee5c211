//! What could not be judged: rows with keys, and their grouping for people.
//!
//! Knows identity and counting. Must not know why anything could not be read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{AssetId, FindingKind, Key, LocalKey, Locus, NotAssessed, Place, WeaknessId};

/// How many examples a group names.
const EXAMPLES: usize = 3;

/// A gap in what could be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Which gap, in kebab case: `no-feed`, `no-version`, `unreadable`. Part of identity, where
    /// the reason is not, since reasons get reworded.
    pub code: &'static str,
    /// What sort of check could not be made.
    pub kind: FindingKind,
    /// Where, for identity.
    pub locus: Locus,
    /// What could not be judged.
    pub subject: Arc<str>,
    /// Why, in words.
    pub reason: String,
    /// What would close it; rows group by this.
    pub closes_with: String,
    /// Where, if it has a place.
    pub place: Option<Place>,
}

impl Gap {
    /// The row of this gap on an asset. Its key can never be a finding's.
    pub fn on(self, asset: &AssetId) -> NotAssessed {
        let id = WeaknessId(format!("not-assessed:{}", self.code).into());
        NotAssessed {
            key: Key::new(asset, LocalKey::new(self.kind, &id, &self.locus)),
            kind: self.kind,
            locus: self.locus,
            subject: self.subject,
            reason: self.reason,
            closes_with: self.closes_with,
            place: self.place,
        }
    }
}

/// Rows that the same act would close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The act: a command, `root`, or a sentence.
    pub closes_with: String,
    /// How many rows, each key once.
    pub count: usize,
    /// At most three subjects, in alphabetical order.
    pub examples: Vec<Arc<str>>,
}

/// Groups rows by what would close them; the group that closes most comes first.
pub fn group(rows: &[NotAssessed]) -> Vec<Group> {
    let mut groups: BTreeMap<&str, (BTreeSet<Key>, BTreeSet<&Arc<str>>)> = BTreeMap::new();
    for row in rows {
        let (keys, subjects) = groups.entry(&row.closes_with).or_default();
        keys.insert(row.key);
        subjects.insert(&row.subject);
    }
    let mut out: Vec<Group> = groups
        .into_iter()
        .map(|(closes_with, (keys, subjects))| Group {
            closes_with: closes_with.to_owned(),
            count: keys.len(),
            examples: subjects.into_iter().take(EXAMPLES).cloned().collect(),
        })
        .collect();
    out.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.closes_with.cmp(&b.closes_with)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locus;

    fn gap(path: &str, closes_with: &str) -> Gap {
        Gap {
            code: "unreadable",
            kind: FindingKind::Package,
            locus: locus::file(path),
            subject: path.into(),
            reason: format!("{path} may not be read"),
            closes_with: closes_with.to_owned(),
            place: Some(Place::start_of(path)),
        }
    }

    #[test]
    fn a_reworded_gap_is_the_same_gap() {
        let asset = AssetId("folder:x".into());
        let one = gap("a", "root").on(&asset);
        let mut reworded = gap("a", "sudo");
        reworded.reason = "no permission".to_owned();
        reworded.place = None;
        assert_eq!(one.key, reworded.on(&asset).key);
        let mut other = gap("a", "root");
        other.code = "no-feed";
        assert_ne!(one.key, other.on(&asset).key);
    }

    #[test]
    fn groups_count_each_row_once_and_put_the_greatest_first() {
        let asset = AssetId("folder:x".into());
        let rows: Vec<NotAssessed> =
            [("b", "x"), ("e", "root"), ("d", "root"), ("a", "root"), ("c", "root"), ("a", "root")]
                .into_iter()
                .map(|(path, closes)| gap(path, closes).on(&asset))
                .collect();
        let groups = group(&rows);
        assert_eq!(groups.len(), 2);
        assert_eq!((groups[0].closes_with.as_str(), groups[0].count), ("root", 4));
        let examples: Vec<&str> = groups[0].examples.iter().map(|e| &**e).collect();
        assert_eq!(examples, ["a", "c", "d"]);
        assert_eq!(groups[1].count, 1);
    }
}
