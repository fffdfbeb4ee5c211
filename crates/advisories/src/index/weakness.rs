//! What the index knows of weaknesses, for people and for findings.

use std::sync::Arc;

use holdfast_model::{Ecosystem, Informational, Timestamp, Weakness, WeaknessId};

use super::Index;
use super::format::{
    Catalogue, ENTRY_UNJUDGED, End, NEVER, NOTE_SHIFT, RECORD_STARTER, Section, WEAKNESS_EXPLOITED,
    WEAKNESS_MALICIOUS, WEAKNESS_RANSOMWARE, WEAKNESS_STARTER_ONLY, informational_of, word_of,
};
use crate::explain;

/// A weakness in one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeaknessRef(pub(super) u32);

/// What one record says of one package, in one index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryRef(pub(super) u32);

/// A weakness with what findings do not need.
#[derive(Debug, Clone, PartialEq)]
pub struct WeaknessRow {
    /// Which.
    pub at: WeaknessRef,
    /// What findings say of it.
    pub weakness: Weakness,
    /// Set if every record of it is withdrawn: since when.
    pub withdrawn: Option<Timestamp>,
    /// When it was first published; `None` where no record says so.
    pub published: Option<Timestamp>,
    /// When a record of it last changed; `None` where no record says so.
    pub modified: Option<Timestamp>,
    /// Only the starter set knows it.
    pub starter_only: bool,
    /// Used in ransomware campaigns, as far as known.
    pub ransomware: bool,
}

/// A package that a weakness affects, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedPackage {
    /// Its ecosystem.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: Arc<str>,
    /// The record that says so.
    pub record: Arc<str>,
    /// Which versions, as `1.0.0 and later, before 1.2.3`; one text an interval.
    pub affected: Vec<String>,
    /// The versions that fix it.
    pub fixed: Vec<String>,
    /// Why it cannot be judged, if so.
    pub unjudged: Option<String>,
    /// Set where this entry is no vulnerability.
    pub informational: Option<Informational>,
    /// The module streams that the versions belong to, e.g. `nodejs:16`; compared within them only.
    pub streams: Option<Arc<str>>,
    /// The distribution's own word on severity, e.g. `negligible`.
    pub word: Option<&'static str>,
    /// What the distribution is doing about it.
    pub note: Option<Note>,
}

/// What a distribution is doing about a weakness of its own package, beyond versions. None of these
/// means that a fix is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// It mends this package no more in this release (Debian's `<end-of-life>`).
    EndOfLife,
    /// It is affected, and too minor for an advisory of its own (Debian's `<no-dsa>`).
    NoAdvisory,
    /// It is affected and will not be mended in this release (`<ignored>`).
    Ignored,
    /// It is affected and will be mended with something else (`<postponed>`).
    Postponed,
    /// The fix is for whoever is entitled to it, as Ubuntu Pro.
    Entitled,
}

impl Note {
    const ALL: [Self; 5] =
        [Self::EndOfLife, Self::NoAdvisory, Self::Ignored, Self::Postponed, Self::Entitled];

    pub(crate) fn code(note: Option<Self>) -> u32 {
        let at = Self::ALL.iter().position(|one| Some(*one) == note);
        at.and_then(|at| u32::try_from(at + 1).ok()).unwrap_or_default()
    }

    pub(crate) fn of(flags: u32) -> Option<Self> {
        let code = usize::try_from((flags >> NOTE_SHIFT) & 7).ok()?;
        Self::ALL.get(code.checked_sub(1)?).copied()
    }

    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::EndOfLife => "the distribution mends this package no more in this release",
            Self::NoAdvisory => "the distribution holds it for minor and plans no advisory",
            Self::Ignored => "the distribution will not mend it in this release",
            Self::Postponed => "the distribution will mend it together with something else",
            Self::Entitled => "the fix is for whoever is entitled to it",
        }
    }
}

/// Chances of exploitation that were joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likelihood {
    /// The model, e.g. `v2025.03.14`.
    pub model: String,
    /// As of when the chances are; `None` where they do not say so.
    pub as_of: Option<Timestamp>,
    /// How many weaknesses it knows.
    pub entries: u32,
}

/// An entry that nobody can judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    /// Of which weakness.
    pub weakness: WeaknessId,
    /// By which record.
    pub record: Arc<str>,
    /// Why.
    pub reason: String,
}

fn time(value: i64) -> Option<Timestamp> {
    (value != NEVER).then_some(Timestamp(value))
}

impl<'a> Index<'a> {
    /// The weakness of a hit, as findings carry it; `None` only where the index is damaged.
    pub fn weakness(&self, at: WeaknessRef) -> Option<Weakness> {
        let row = self.weakness_row(at.0)?;
        let aliases = self.list(row.names).filter_map(|name| Some(self.name(name)?.0.into()));
        let live = self
            .list(row.records)
            .filter_map(|record| self.record(record))
            .filter(|record| row.withdrawn != NEVER || record.withdrawn == NEVER);
        let mut published_by: Vec<Arc<str>> = live
            .map(|record| if record.flags & RECORD_STARTER == 0 { record.id } else { "starter" })
            .map(Arc::from)
            .collect();
        published_by.sort_unstable();
        published_by.dedup();
        Some(Weakness {
            id: WeaknessId(row.id.into()),
            aliases: aliases.collect(),
            title: row.title.to_owned(),
            cvss: row.cvss.map(|tenths| f64::from(tenths) / 10.0),
            epss: row.epss.map(|(chance, _)| f64::from(chance) / 1e6),
            epss_at: row.epss.and_then(|_| self.likelihood()?.as_of),
            exploited: row.flags & WEAKNESS_EXPLOITED != 0,
            informational: informational_of(row.flags),
            malicious: row.flags & WEAKNESS_MALICIOUS != 0,
            published_by,
        })
    }

    /// The weakness of a hit as it is here: where a distribution holds it for no vulnerability in
    /// its own package, it is none, whatever others say of theirs.
    pub fn weakness_here(&self, hit: super::Hit) -> Option<Weakness> {
        let weakness = self.weakness(hit.weakness)?;
        self.here(hit.entry, weakness)
    }

    /// The same for a weakness that was read already.
    pub fn here(&self, at: EntryRef, mut weakness: Weakness) -> Option<Weakness> {
        let entry = self.entry(at.0)?;
        let package = self.package_row(entry.package)?;
        let family = package.ecosystem.split(':').next().unwrap_or_default();
        if crate::distribution::is_distribution(family) {
            weakness.informational = informational_of(entry.flags).or(weakness.informational);
        }
        Some(weakness)
    }

    /// Whose word on severity counts at an entry, and the word.
    pub fn word_at(&self, at: EntryRef) -> Option<(&'a str, &'static str)> {
        let entry = self.entry(at.0)?;
        let word = word_of(entry.flags)?;
        let package = self.package_row(entry.package)?;
        Some((package.ecosystem.split(':').next()?, word))
    }

    /// What the distribution is doing about an entry.
    pub fn note_at(&self, at: EntryRef) -> Option<Note> {
        Note::of(self.entry(at.0)?.flags)
    }

    /// What is known of the chances of exploitation; `None` where nobody gave any.
    pub fn likelihood(&self) -> Option<Likelihood> {
        let mut rows = (0..).map_while(|row| self.catalogue(row));
        let row = rows.find(|row| row.which == Catalogue::Likely as u32)?;
        Some(Likelihood {
            model: row.model.to_owned(),
            as_of: time(row.as_of),
            entries: row.entries,
        })
    }

    /// When the catalogue of exploited weaknesses was released; `None` where nobody gave one, or
    /// it does not say so.
    pub fn exploited_as_of(&self) -> Option<Timestamp> {
        let mut rows = (0..).map_while(|row| self.catalogue(row));
        time(rows.find(|row| row.which == Catalogue::Exploited as u32)?.as_of)
    }

    /// The informational kind of a weakness, without reading the rest of it.
    pub fn informational(&self, at: WeaknessRef) -> Option<Informational> {
        informational_of(self.weakness_row(at.0)?.flags)
    }

    /// A weakness by its id, or by any other name of it.
    pub fn find(&self, name: &str) -> Option<WeaknessRow> {
        let weakness = self.find_name(name)?;
        let row = self.weakness_row(weakness)?;
        Some(WeaknessRow {
            at: WeaknessRef(weakness),
            weakness: self.weakness(WeaknessRef(weakness))?,
            withdrawn: time(row.withdrawn),
            published: time(row.published),
            modified: time(row.modified),
            starter_only: row.flags & WEAKNESS_STARTER_ONLY != 0,
            ransomware: row.flags & WEAKNESS_RANSOMWARE != 0,
        })
    }

    fn find_name(&self, name: &str) -> Option<u32> {
        let (mut low, mut high) = (0, u32::try_from(self.count(Section::Names)).ok()?);
        while low < high {
            let middle = low + (high - low) / 2;
            let (text, weakness) = self.name(middle)?;
            match text.cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(weakness),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// The id that a former id goes by now; `None` if it is unknown or still the id.
    pub fn known_as(&self, old: &str) -> Option<WeaknessId> {
        let row = self.weakness_row(self.find_name(old)?)?;
        (row.id != old).then(|| WeaknessId(row.id.into()))
    }

    /// Since when a weakness, or the record of that name, is withdrawn.
    pub fn withdrawn(&self, name: &str) -> Option<Timestamp> {
        let row = self.weakness_row(self.find_name(name)?)?;
        let records = self.list(row.records).filter_map(|record| self.record(record));
        let own = records.filter(|record| record.id == name).map(|record| record.withdrawn);
        time(row.withdrawn).or_else(|| own.filter_map(time).max())
    }

    /// Every package that a weakness affects, by ecosystem and name. Withdrawn records say
    /// nothing.
    pub fn packages_of(&self, at: WeaknessRef) -> Vec<AffectedPackage> {
        let Some(row) = self.weakness_row(at.0) else { return Vec::new() };
        self.list(row.entries).filter_map(|entry| self.affected_package(EntryRef(entry))).collect()
    }

    /// What one entry says, in words for people.
    pub fn affected_package(&self, at: EntryRef) -> Option<AffectedPackage> {
        let entry = self.entry(at.0)?;
        let package = self.package_row(entry.package)?;
        let (mut affected, mut fixed) = (Vec::new(), Vec::new());
        let (first, count) = entry.intervals;
        for row in first..first.saturating_add(count) {
            let interval = self.interval(row)?;
            let low = self.version_text(interval.low_version)?;
            let high = self.version_text(interval.high_version)?;
            if interval.end == End::Fixed && !fixed.iter().any(|known| known == high) {
                fixed.push(high.to_owned());
            }
            affected.push(explain::interval(low, high, interval.end));
        }
        let (first, count) = entry.exact;
        let exact: Vec<&str> = (first..first.saturating_add(count))
            .map_while(|row| self.version_text(self.exact(row)?.1))
            .collect();
        affected.extend(explain::exact(&exact));
        let unjudged = (entry.flags & ENTRY_UNJUDGED != 0)
            .then(|| self.text(entry.reason.0, entry.reason.1).unwrap_or_default().to_owned());
        Some(AffectedPackage {
            ecosystem: Ecosystem::new(package.ecosystem),
            name: package.name.into(),
            record: self.record(entry.record)?.id.into(),
            affected,
            fixed,
            unjudged,
            informational: informational_of(entry.flags),
            streams: (entry.streams.1 > 0)
                .then(|| self.text(entry.streams.0, entry.streams.1).map(Arc::from))
                .flatten(),
            word: word_of(entry.flags),
            note: Note::of(entry.flags),
        })
    }

    /// Every weakness, by its id.
    pub fn all(&self) -> impl Iterator<Item = WeaknessRef> {
        (0..u32::try_from(self.weaknesses()).unwrap_or(u32::MAX)).map(WeaknessRef)
    }

    pub(crate) fn entry_at(&self, at: EntryRef) -> Option<super::rows::Entry> {
        self.entry(at.0)
    }

    /// The record behind an entry, e.g. `RUSTSEC-2020-0071`.
    pub fn record_of(&self, at: EntryRef) -> Option<&'a str> {
        Some(self.record(self.entry(at.0)?.record)?.id)
    }

    /// The entries of a package that nobody can judge.
    pub fn unjudged(&self, ecosystem: &Ecosystem, name: &str) -> Vec<Unjudged> {
        let Ok(Some((first, count))) = self.entries_of(ecosystem, name, &mut String::new()) else {
            return Vec::new();
        };
        (first..first.saturating_add(count))
            .map_while(|row| self.entry(row))
            .filter(|entry| entry.flags & ENTRY_UNJUDGED != 0)
            .filter_map(|entry| {
                Some(Unjudged {
                    weakness: WeaknessId(self.weakness_row(entry.weakness)?.id.into()),
                    record: self.record(entry.record)?.id.into(),
                    reason: self.text(entry.reason.0, entry.reason.1)?.to_owned(),
                })
            })
            .collect()
    }

    /// Everything the index says of a package: one row an entry, by weakness.
    pub fn about(&self, ecosystem: &Ecosystem, name: &str) -> Vec<(WeaknessRef, EntryRef)> {
        let Ok(Some((first, count))) = self.entries_of(ecosystem, name, &mut String::new()) else {
            return Vec::new();
        };
        (first..first.saturating_add(count))
            .map_while(|row| Some((WeaknessRef(self.entry(row)?.weakness), EntryRef(row))))
            .collect()
    }
}
