//! What an index is linked from, as one digest: where that is the same, so is the index.
//!
//! Linking knows nothing but what a compiler holds, and all of it enters the print, but for what enters
//! no index: what could not be understood, and the times at which feeds were asked, which are written
//! anew each time. Records that were taken from a segment, or of which one was made, enter with its
//! digest, which is at hand, and with what of it was passed over; all others with their content.

use holdfast_model::{Digest, Fields, Timestamp};

use super::segment::{Out, fit};
use super::{Compiled, Compiler, Origin, listed, write};
use crate::epss::Scores;
use crate::hash::hash;
use crate::index::Index;
use crate::index::format::Section;
use crate::kev::Exploited;

/// Records one behind the other that a segment stands for, or part of one.
pub(super) struct Run {
    first: usize,
    end: usize,
    /// Of the content of the segment, and of what of it was passed over.
    digest: Digest,
}

impl Compiler {
    /// Notes that the records from `first` on are those of a segment, or part of them.
    pub(super) fn run(&mut self, first: usize, digest: Digest) {
        self.cut_runs(first);
        let end = self.records.len();
        let records = self.records.get(first..).unwrap_or_default();
        // A segment does not say where its records are from: they are a feed's.
        if !records.is_empty() && records.iter().all(|kept| kept.origin == Origin::Feed) {
            self.runs.push(Run { first, end, digest });
        }
    }

    /// Forgets what was noted of records from `first` on.
    pub(super) fn cut_runs(&mut self, first: usize) {
        while self.runs.last().is_some_and(|run| run.end > first) {
            self.runs.pop();
        }
    }

    /// The print of what was taken so far. `made_by` tells this program from every other one that would
    /// link something else from the same.
    pub fn print(&self, made_by: &str) -> Digest {
        // One by one, so that nothing is forgotten that comes to it.
        let Self {
            records,
            runs,
            kev,
            kev_released,
            epss,
            as_of: _,
            // Of these enters what records name.
            strings: _,
            versions: _,
            packages: _,
            package_names: _,
            asked: _,
            problems: _,
        } = self;
        let mut out = Out::default();
        out.count(runs.len());
        let mut at = 0;
        for run in runs {
            self.between(at, run.first, &mut out);
            out.count(run.end - run.first);
            out.0.extend(run.digest.0);
            at = run.end;
        }
        self.between(at, records.len(), &mut out);
        out.count(kev.len());
        for (cve, Exploited { added, due, ransomware }) in kev {
            out.text(cve);
            perhaps(*added, &mut out);
            perhaps(*due, &mut out);
            out.byte(u8::from(*ransomware));
        }
        perhaps(*kev_released, &mut out);
        out.byte(u8::from(epss.is_some()));
        if let Some(scores) = epss {
            chances(scores, &mut out);
        }
        let dated = self.dated();
        out.count(dated.len());
        for (feed, time) in dated {
            out.text(feed);
            out.long(time.0.cast_unsigned());
        }
        let fields = Fields::new("holdfast print 1").field(made_by.as_bytes());
        fields.field(&fit().0).field(&out.0).finish()
    }

    /// The content of records that no segment stands for.
    fn between(&self, first: usize, end: usize, out: &mut Out) {
        let records = self.records.get(first..end).unwrap_or_default();
        out.count(records.len());
        if !records.is_empty() {
            for kept in records {
                out.byte(u8::from(kept.origin == Origin::Starter));
            }
            out.bytes(&self.content(records, &[], &[]));
        }
    }

    /// Makes what [`Self::finish`] would make, where `index` was linked from the same: what is new is
    /// when it was made, and when its feeds were asked.
    pub fn renew(self, index: &Index<'_>, built: Timestamp) -> Compiled {
        let (mut feeds, mut rows) = (index.feeds(), Vec::new());
        for (row, feed) in (0_u32..).zip(&mut feeds) {
            feed.asked = self.asked.get(&feed.name).copied().flatten();
            let words = feed.asked.map(|asked| write::asked_row(row, asked));
            rows.extend(words.into_iter().flatten().flat_map(u32::to_le_bytes));
        }
        let mut sections = index.sections();
        if let Some(asked) = sections.get_mut(Section::Asked as usize) {
            *asked = &rows;
        }
        let digest = index.digest();
        let bytes = write::file(&sections, built, digest);
        Compiled { bytes, feeds, digest, problems: listed(self.problems) }
    }
}

fn perhaps(time: Option<Timestamp>, out: &mut Out) {
    out.byte(u8::from(time.is_some()));
    out.long(time.map_or(0, |time| time.0.cast_unsigned()));
}

/// All chances, in an order that is always the same; that of a cheap hash will do.
fn chances(scores: &Scores, out: &mut Out) {
    let Scores { chances, model, date, problems: _ } = scores;
    out.text(model);
    perhaps(*date, out);
    let mut all: Vec<(u64, &str, (u32, u32))> =
        chances.iter().map(|(cve, chance)| (hash(0, cve.as_bytes()), &**cve, *chance)).collect();
    all.sort_unstable();
    out.count(all.len());
    for (_, cve, (chance, percentile)) in all {
        out.text(cve);
        out.word(chance);
        out.word(percentile);
    }
}

#[cfg(test)]
mod tests;
