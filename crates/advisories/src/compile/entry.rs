//! What a record says of its packages.

use holdfast_model::{Ecosystem, Informational};

use super::intern::{NO_ORDER, Str};
use super::ranges::{self, Interval, Unjudged};
use super::{Compiler, Entry};
use crate::osv::{Affected, Record, Specific};
use crate::version;

impl Compiler {
    pub(super) fn entries(&mut self, feed: &str, record: &Record<'_>) -> Vec<Entry> {
        let mut out = Vec::with_capacity(record.affected.len());
        let mut names: (String, Option<u8>, Option<Ecosystem>) = Default::default();
        for affected in &record.affected {
            // Records on commits alone name no package; nothing here could match them.
            let Some(package) = &affected.package else { continue };
            let (Some(ecosystem), Some(name)) = (package.ecosystem.get(), package.name.get())
            else {
                let message = "this record names a package without ecosystem or name".to_owned();
                self.problem(feed, record.id.get(), "record-package-unreadable", message);
                continue;
            };
            if names.0 != ecosystem || names.2.is_none() {
                let known = Ecosystem::new(ecosystem);
                let order = version::order_index(&known).and_then(|at| u8::try_from(at).ok());
                names = (ecosystem.to_owned(), order, Some(known));
            }
            let Some(ecosystem) = names.2.clone() else { continue };
            let order = names.1.unwrap_or(NO_ORDER);
            let package = self.package(&ecosystem, name);
            let informational = informational(&record.database_specific)
                .or_else(|| informational(&affected.database_specific))
                .or_else(|| unimportant(&affected.ecosystem_specific));
            let (intervals, exact, unjudged) = self.versions(feed, record, affected, order);
            if !intervals.is_empty() || !exact.is_empty() || unjudged.is_some() {
                out.push(Entry { package, intervals, exact, unjudged, informational });
            }
        }
        out
    }

    /// The intervals and single versions of an entry, or why nobody can judge it.
    ///
    /// By the schema's evaluation algorithm a version is affected if `versions` lists it **or** a
    /// range contains it, and an entry with neither affects nothing. We do not call that clean:
    /// such an entry, and one of which only commits are known, cannot be judged.
    fn versions(
        &mut self,
        feed: &str,
        record: &Record<'_>,
        affected: &Affected<'_>,
        order: u8,
    ) -> (Vec<Interval>, Vec<u32>, Option<Str>) {
        let mut intervals = Vec::new();
        let mut speaks = false;
        let mut unjudged = None;
        for range in &affected.ranges {
            match ranges::intervals(range, order, &mut self.versions, &mut intervals) {
                Ok(of_versions) => speaks |= of_versions,
                Err(why) => {
                    let why = self.refused(feed, record, &why);
                    unjudged = unjudged.or(Some(why));
                }
            }
        }
        let mut exact = Vec::new();
        for text in affected.versions.iter().filter_map(crate::osv::Word::get) {
            speaks = true;
            let version = self.versions.intern(order, text);
            let key = self.versions.key(version);
            let covered = key.is_some_and(|key| {
                intervals.iter().any(|interval| ranges::contains(interval, key, &self.versions))
            });
            if !covered {
                exact.push(version);
            }
        }
        exact.sort_by(|a, b| {
            let key = |v: &u32| (self.versions.key(*v), self.versions.text(*v));
            key(a).cmp(&key(b))
        });
        exact.dedup_by(|a, b| {
            let key = self.versions.key(*a);
            a == b || (key.is_some() && key == self.versions.key(*b))
        });
        if !speaks && unjudged.is_none() {
            let why = "the advisory names no versions that can be compared";
            unjudged = Some(self.strings.intern(why));
        }
        (intervals, exact, unjudged)
    }

    fn refused(&mut self, feed: &str, record: &Record<'_>, why: &Unjudged) -> Str {
        let (code, message) = match why {
            Unjudged::NoVersion(text) => (
                "range-version-unreadable",
                format!("`{text}` in a range of the advisory is no version of this ecosystem"),
            ),
            Unjudged::NoIntroduced => {
                ("range-without-introduced", "a range of the advisory has no beginning".to_owned())
            }
            Unjudged::Kind(kind) => (
                "range-type-unknown",
                format!("a range of the advisory has the unknown type `{kind}`"),
            ),
        };
        let reason = self.strings.intern(&message);
        self.problem(feed, record.id.get(), code, message);
        reason
    }
}

fn informational(specific: &Specific<'_>) -> Option<Informational> {
    match specific.informational.get()? {
        "unmaintained" => Some(Informational::Unmaintained),
        "unsound" => Some(Informational::Unsound),
        "" => None,
        _ => Some(Informational::Notice),
    }
}

/// Debian's security team marks what it does not hold for a security matter.
fn unimportant(specific: &Specific<'_>) -> Option<Informational> {
    (specific.urgency.get() == Some("unimportant")).then_some(Informational::Notice)
}
