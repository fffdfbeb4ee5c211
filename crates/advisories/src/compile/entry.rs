//! What a record says of its packages.

use holdfast_model::{Ecosystem, Informational};

use super::intern::{NO_ORDER, Str};
use super::ranges::{self, Interval, Unjudged};
use super::{Compiler, Entry};
use crate::osv::{Affected, Record, Specific};
use crate::version;

/// An ecosystem as a record writes it, and what it stands for.
struct Spoken<'t> {
    written: &'t str,
    ecosystem: Ecosystem,
    name: Str,
    order: u8,
}

impl Compiler {
    pub(super) fn entries(&mut self, feed: &str, record: &Record<'_>) -> Vec<Entry> {
        let mut out = Vec::with_capacity(record.affected.len());
        // Records speak of one ecosystem again and again.
        let mut last: Option<Spoken<'_>> = None;
        for affected in &record.affected {
            // Records on commits alone name no package; nothing here could match them.
            let Some(package) = &affected.package else { continue };
            let (Some(ecosystem), Some(name)) = (package.ecosystem.get(), package.name.get())
            else {
                let message = "this record names a package without ecosystem or name".to_owned();
                self.problem(feed, record.id.get(), "record-package-unreadable", message);
                continue;
            };
            let spoken = match last.take().filter(|last| last.written == ecosystem) {
                Some(spoken) => spoken,
                None => self.spoken(ecosystem),
            };
            let package = self.package(spoken.name, &spoken.ecosystem, name);
            let order = spoken.order;
            last = Some(spoken);
            let informational = informational(&record.database_specific)
                .or_else(|| informational(&affected.database_specific))
                .or_else(|| unimportant(&affected.ecosystem_specific));
            let (intervals, exact, unjudged) = self.versions(feed, record, affected, order);
            out.push(Entry { package, intervals, exact, unjudged, informational });
        }
        out
    }

    fn spoken<'t>(&mut self, written: &'t str) -> Spoken<'t> {
        let ecosystem = Ecosystem::new(written);
        let order = version::order_index(&ecosystem).and_then(|at| u8::try_from(at).ok());
        let name = self.strings.intern(ecosystem.as_str());
        Spoken { written, ecosystem, name, order: order.unwrap_or(NO_ORDER) }
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
        let listed = affected.versions.iter().filter_map(crate::osv::Word::get);
        let mut exact: Vec<u32> = listed.map(|text| self.versions.intern(order, text)).collect();
        speaks |= !exact.is_empty();
        ranges::outside(&intervals, &mut exact, &self.versions);
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
