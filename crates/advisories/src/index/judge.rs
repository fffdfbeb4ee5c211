//! Is this version of this package known to be dangerous?

use std::borrow::Cow;

use holdfast_model::Ecosystem;

use super::rows::Entry;
use super::{EntryRef, Index, Question, Said, WeaknessRef};
use crate::{distribution, hash, names};

/// A known problem of the version that was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub weakness: WeaknessRef,
    /// The first entry of it that says so.
    pub entry: EntryRef,
}

/// What could be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Somebody has written of this package; the hits are all there are, save for `unjudged`
    /// entries that nobody can judge ([`Index::unjudged`] lists them).
    Known {
        /// How many entries could not be judged; those are *not assessed*, never clean.
        unjudged: u32,
    },
    /// Nobody has written of this package.
    Nothing,
    /// Somebody has, but the version is none of this ecosystem: *not assessed*.
    NotAVersion,
    /// Somebody has, but we do not know how this ecosystem orders versions: *not assessed*.
    NoOrder,
    /// The index is damaged: *not assessed*.
    Damaged,
}

/// Memory that is used again from question to question.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) key: Vec<u8>,
    pub(super) name: String,
    /// The ecosystem that was asked about last, and where its packages stand.
    ecosystem: String,
    pub(super) places: Places,
    /// Weaknesses of which the first of two places speaks.
    pub(super) spoken: Vec<u32>,
}

/// Under which ecosystems of the index a host's packages stand.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// The release.
    pub(super) own: String,
    /// What somebody has to be entitled to.
    pub(super) beside: Option<String>,
    /// Whether the host is said to be.
    pub(super) pays: bool,
}

impl Scratch {
    /// Components of one ecosystem come one after the other.
    pub(super) fn turn_to(&mut self, ecosystem: &Ecosystem) {
        if self.ecosystem == ecosystem.as_str() && !self.ecosystem.is_empty() {
            return;
        }
        ecosystem.as_str().clone_into(&mut self.ecosystem);
        self.places = Places::of(ecosystem);
    }
}

impl Places {
    pub(super) fn of(ecosystem: &Ecosystem) -> Self {
        let own = distribution::canonical(ecosystem.as_str()).into_owned();
        match distribution::entitled(&own) {
            Some(release) => Self { own: release, beside: Some(own), pays: true },
            None => Self { beside: distribution::extended(&own), own, pays: false },
        }
    }
}

impl Index<'_> {
    /// [`Self::ask`] for packages without module streams: only the hits.
    pub fn judge(
        &self,
        ecosystem: &Ecosystem,
        name: &str,
        version: &str,
        scratch: &mut Scratch,
        hit: &mut dyn FnMut(Hit),
    ) -> Judged {
        let (name, version) = (Cow::Borrowed(name), Cow::Borrowed(version));
        let question = Question { ecosystem, name, version, module: None };
        self.ask(&question, scratch, &mut |said| {
            if let Said::Hit(one) = said {
                hit(one);
            }
        })
    }

    /// Whether anybody has written of a package; the bare look-up, for measuring.
    pub fn knows(&self, ecosystem: &Ecosystem, name: &str, scratch: &mut Scratch) -> bool {
        matches!(self.entries_of(ecosystem, name, &mut scratch.name), Ok(Some(_)))
    }

    /// First entry and number of entries of a package.
    pub(super) fn entries_of(
        &self,
        ecosystem: &Ecosystem,
        name: &str,
        scratch: &mut String,
    ) -> Result<Option<(u32, u32)>, Damaged> {
        let canonical = distribution::canonical(ecosystem.as_str());
        self.entries_named(&canonical, ecosystem, name, scratch)
    }

    /// The same, where the ecosystem's name in the index is known already.
    pub(super) fn entries_named(
        &self,
        canonical: &str,
        ecosystem: &Ecosystem,
        name: &str,
        scratch: &mut String,
    ) -> Result<Option<(u32, u32)>, Damaged> {
        let name = match names::normal(ecosystem, name) {
            Cow::Borrowed(name) => name,
            Cow::Owned(normal) => {
                *scratch = normal;
                scratch.as_str()
            }
        };
        let slots = self.count(super::Section::Slots);
        if !slots.is_power_of_two() {
            return Err(Damaged);
        }
        let mask = u32::try_from(slots - 1).map_err(|_| Damaged)?;
        let hash = hash::package(canonical, name);
        let low = u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default();
        let high = u32::try_from(hash >> 32).unwrap_or_default();
        let mut at = low & mask;
        for _ in 0..slots {
            let [tag, package] = self.slot(at).ok_or(Damaged)?;
            let Some(package) = package.checked_sub(1) else { return Ok(None) };
            if tag == high {
                let package = self.package_row(package).ok_or(Damaged)?;
                if package.name == name && package.ecosystem == canonical {
                    return Ok(Some(package.entries));
                }
            }
            at = (at + 1) & mask;
        }
        Ok(None)
    }

    /// Whether an entry says that the version with this key is affected.
    pub(super) fn affects(&self, entry: &Entry, key: &[u8]) -> Result<bool, Damaged> {
        let (first, count) = entry.intervals;
        for row in first..first.saturating_add(count) {
            let interval = self.interval(row).ok_or(Damaged)?;
            if interval.end.contains(interval.low, interval.high, key) {
                return Ok(true);
            }
        }
        // Sorted by key; those that are no versions come first.
        let (mut low, count) = entry.exact;
        let mut high = low.saturating_add(count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.exact(middle).ok_or(Damaged)?.0.cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }
}

/// A reference in the file leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;
