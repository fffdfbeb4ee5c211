//! What differs between two indexes, weakness by weakness: whom a sync may concern.
//!
//! Knows what a judgement rests on. Must not know who has what.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{Ecosystem, Informational, WeaknessId};

use super::format::{WEAKNESS_EXPLOITED, informational_of};
use super::rows::Weakness as Row;
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
        if self.digest() == before.digest() {
            return Vec::new();
        }
        let mut old: HashMap<&str, (WeaknessRef, Row<'_>)> =
            HashMap::with_capacity(before.weaknesses());
        for at in before.all() {
            if let Some(row) = before.weakness_row(at.0) {
                old.insert(row.id, (at, row));
            }
        }
        let mut changes = Vec::new();
        for at in self.all() {
            let Some(row) = self.weakness_row(at.0) else { continue };
            let (what, packages) = match old.remove(row.id) {
                None => (What::Came, self.speaks_of(at)),
                Some((_, was)) if self.is_as(&row, before, &was) => continue,
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

    /// Whether everything is as it was by which a weakness is judged: its urgency, its names, and the
    /// content of its records, which says what they mean. All weaknesses are asked at each sync, and
    /// nearly all of them are as they were, so that nothing is copied.
    fn is_as(&self, row: &Row<'_>, before: &Index<'_>, was: &Row<'_>) -> bool {
        if urgency(row) != urgency(was) || !self.aliases(row).eq(before.aliases(was)) {
            return false;
        }
        // Those of feeds stand first: whoever publishes a record now, it says the same.
        self.contents(row).eq(before.contents(was))
            || sorted(self.contents(row)) == sorted(before.contents(was))
    }

    fn aliases(&self, row: &Row<'_>) -> impl Iterator<Item = &str> {
        self.list(row.names).filter_map(|name| Some(self.name(name)?.0))
    }

    /// The id and the hash of each of its records.
    fn contents(&self, row: &Row<'_>) -> impl Iterator<Item = (&str, u64)> {
        let records = self.list(row.records).filter_map(|record| self.record(record));
        records.map(|record| (record.id, record.hash))
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

/// What makes a weakness more or less urgent, and since when it is withdrawn.
type Urgency = (Option<u32>, Option<u64>, bool, Option<Informational>, i64);

fn urgency(row: &Row<'_>) -> Urgency {
    // A probability moves a little every day; what moves a tenth is news.
    let tenths = row.epss.map(|(chance, _)| (f64::from(chance) / 1e6 * 10.0).floor().to_bits());
    let exploited = row.flags & WEAKNESS_EXPLOITED != 0;
    (row.cvss, tenths, exploited, informational_of(row.flags), row.withdrawn)
}

fn sorted<'r>(contents: impl Iterator<Item = (&'r str, u64)>) -> Vec<(&'r str, u64)> {
    let mut contents: Vec<_> = contents.collect();
    contents.sort_unstable();
    contents
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
