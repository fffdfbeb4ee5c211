//! What differs between two indexes, weakness by weakness: whom a sync may concern.
//!
//! Knows what a judgement rests on. Must not know who has what.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use holdfast_model::{Ecosystem, WeaknessId};

use super::{Index, WeaknessRef};

/// What became of a weakness from one index to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// It was not known by this name.
    Came,
    /// Something of it changed by which versions, names or urgency are judged.
    Changed,
    /// It is no longer known by this name: its feed dropped it, or its group has another name.
    Gone,
}

impl What {
    /// The word in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Came => "came",
            Self::Changed => "changed",
            Self::Gone => "gone",
        }
    }
}

/// A weakness that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub weakness: WeaknessId,
    /// How.
    pub what: What,
    /// Every package of which it speaks or spoke, sorted.
    pub packages: Vec<(Ecosystem, Arc<str>)>,
}

impl Index<'_> {
    /// The weaknesses that differ from those of another index, by id. Records that were written
    /// anew with the same content do not differ.
    pub fn changes_since(&self, before: &Index<'_>) -> Vec<Change> {
        let mut old: HashMap<&str, (WeaknessRef, u64)> =
            HashMap::with_capacity(before.weaknesses());
        for at in before.all() {
            if let Some(row) = before.weakness_row(at.0) {
                old.insert(row.id, (at, before.print(at)));
            }
        }
        let mut changes = Vec::new();
        for at in self.all() {
            let Some(row) = self.weakness_row(at.0) else { continue };
            let (what, packages) = match old.remove(row.id) {
                None => (What::Came, self.speaks_of(at)),
                Some((_, print)) if print == self.print(at) => continue,
                Some((was, _)) => {
                    let mut packages = self.speaks_of(at);
                    packages.extend(before.speaks_of(was));
                    (What::Changed, packages)
                }
            };
            changes.push(change(row.id, what, packages));
        }
        let gone =
            old.into_iter().map(|(id, (at, _))| change(id, What::Gone, before.speaks_of(at)));
        changes.extend(gone);
        changes.sort_by(|a, b| a.weakness.cmp(&b.weakness));
        changes
    }

    /// Over everything of a weakness by which it is judged: its names, its urgency, and the content
    /// of its records, which says what they mean.
    fn print(&self, at: WeaknessRef) -> u64 {
        let mut print = DefaultHasher::new();
        if let (Some(row), Some(weakness)) = (self.weakness_row(at.0), self.weakness(at)) {
            // A probability moves a little every day; what moves a tenth is news.
            let tenths = |value: f64| (value * 10.0).floor().to_bits();
            weakness.cvss.map(f64::to_bits).hash(&mut print);
            weakness.epss.map(tenths).hash(&mut print);
            (weakness.exploited, weakness.informational, weakness.aliases).hash(&mut print);
            row.withdrawn.hash(&mut print);
            let mut records: Vec<(&str, u64)> = self
                .list(row.records)
                .filter_map(|record| self.record(record))
                .map(|record| (record.id, record.hash))
                .collect();
            records.sort_unstable();
            records.hash(&mut print);
        }
        print.finish()
    }

    /// Every package of which a weakness speaks.
    fn speaks_of(&self, at: WeaknessRef) -> Vec<(Ecosystem, Arc<str>)> {
        let Some(row) = self.weakness_row(at.0) else { return Vec::new() };
        self.list(row.entries)
            .filter_map(|entry| self.package_row(self.entry(entry)?.package))
            .map(|package| (Ecosystem::new(package.ecosystem), Arc::from(package.name)))
            .collect()
    }
}

fn change(id: &str, what: What, mut packages: Vec<(Ecosystem, Arc<str>)>) -> Change {
    packages.sort_unstable();
    packages.dedup();
    Change { weakness: WeaknessId(id.into()), what, packages }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Compiler, Origin};
    use crate::osv;
    use holdfast_model::Timestamp;

    fn record(id: &str, aliases: &str, package: &str, fixed: &str) -> String {
        format!(
            r#"{{"id": "{id}", "modified": "2026-01-02T03:04:05Z", "aliases": [{aliases}],
                "affected": [{{"package": {{"ecosystem": "npm", "name": "{package}"}}, "ranges":
                [{{"type": "SEMVER", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
        )
    }

    fn compiled(records: &[String]) -> Vec<u8> {
        let mut compiler = Compiler::new();
        for (at, text) in records.iter().enumerate() {
            let parsed = osv::parse(&format!("{at}.json"), text.as_bytes()).unwrap();
            compiler.add("npm", &parsed, Origin::Feed);
        }
        compiler.finish(Timestamp(0)).bytes
    }

    fn told(before: &[String], after: &[String]) -> Vec<String> {
        let (before, after) = (compiled(before), compiled(after));
        let (before, after) = (Index::open(&before).unwrap(), Index::open(&after).unwrap());
        let tell = |change: &Change| {
            let names: Vec<&str> = change.packages.iter().map(|(_, name)| &**name).collect();
            format!("{} {} {}", change.weakness, change.what.word(), names.join(","))
        };
        after.changes_since(&before).iter().map(tell).collect()
    }

    #[test]
    fn what_came_changed_and_went_is_told_with_its_packages() {
        let a = record("CVE-2026-1", "", "left", "1.0.0");
        let b = record("CVE-2026-2", "", "right", "1.0.0");
        let moved = record("CVE-2026-2", "", "wrong", "1.0.0");
        let c = record("CVE-2026-3", "", "new", "1.0.0");
        let told = told(&[a.clone(), b], &[moved, c]);
        assert_eq!(
            told,
            ["CVE-2026-1 gone left", "CVE-2026-2 changed right,wrong", "CVE-2026-3 came new"]
        );
    }

    #[test]
    fn the_same_in_another_order_is_no_news_and_another_range_is() {
        let a = record("CVE-2026-1", "", "left", "1.0.0");
        let b = record("CVE-2026-2", "", "right", "1.0.0");
        assert!(told(&[a.clone(), b.clone()], &[b.clone(), a.clone()]).is_empty());
        let wider = record("CVE-2026-1", "", "left", "1.0.1");
        assert_eq!(told(&[a, b.clone()], &[wider, b]), ["CVE-2026-1 changed left"]);
    }

    #[test]
    fn a_group_that_gets_another_name_is_told_by_both() {
        let alone = record("GHSA-aaaa-bbbb-cccc", "", "left", "1.0.0");
        let named = record("GHSA-aaaa-bbbb-cccc", r#""CVE-2026-9""#, "left", "1.0.0");
        assert_eq!(
            told(&[alone], &[named]),
            ["CVE-2026-9 came left", "GHSA-aaaa-bbbb-cccc gone left"]
        );
    }
}
