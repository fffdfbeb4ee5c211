//! Is this version of this package known to be dangerous?

use holdfast_model::Ecosystem;

use super::format::ENTRY_UNJUDGED;
use super::rows::Entry;
use super::{EntryRef, Index, WeaknessRef};
use crate::{hash, version};

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
    key: Vec<u8>,
    name: String,
}

impl Index<'_> {
    /// Tells every known problem of a version of a package, each weakness once, by its id.
    /// Withdrawn records say nothing; informational ones do, marked as such in their weakness.
    pub fn judge(
        &self,
        ecosystem: &Ecosystem,
        name: &str,
        version: &str,
        scratch: &mut Scratch,
        hit: &mut dyn FnMut(Hit),
    ) -> Judged {
        let entries = match self.entries_of(ecosystem, name, &mut scratch.name) {
            Ok(Some(entries)) => entries,
            Ok(None) => return Judged::Nothing,
            Err(Damaged) => return Judged::Damaged,
        };
        let Some(order) = version::order_of(ecosystem) else { return Judged::NoOrder };
        if !order.key(version, &mut scratch.key) {
            return Judged::NotAVersion;
        }
        let mut unjudged = 0_u32;
        let mut last = None;
        for row in entries.0..entries.0.saturating_add(entries.1) {
            let Some(entry) = self.entry(row) else { return Judged::Damaged };
            if last == Some(entry.weakness) {
                continue;
            }
            match self.affects(&entry, &scratch.key) {
                Ok(true) => {
                    last = Some(entry.weakness);
                    hit(Hit { weakness: WeaknessRef(entry.weakness), entry: EntryRef(row) });
                }
                Ok(false) if entry.flags & ENTRY_UNJUDGED != 0 => unjudged += 1,
                Ok(false) => {}
                Err(Damaged) => return Judged::Damaged,
            }
        }
        Judged::Known { unjudged }
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
        let name = if ecosystem.as_str() == Ecosystem::PYPI && !is_normal(name) {
            *scratch = ecosystem.normal_name(name);
            scratch.as_str()
        } else {
            name
        };
        let slots = self.count(super::Section::Slots);
        if !slots.is_power_of_two() {
            return Err(Damaged);
        }
        let mask = u32::try_from(slots - 1).map_err(|_| Damaged)?;
        let hash = hash::package(ecosystem.as_str(), name);
        let low = u32::try_from(hash & u64::from(u32::MAX)).unwrap_or_default();
        let high = u32::try_from(hash >> 32).unwrap_or_default();
        let mut at = low & mask;
        for _ in 0..slots {
            let [tag, package] = self.slot(at).ok_or(Damaged)?;
            let Some(package) = package.checked_sub(1) else { return Ok(None) };
            if tag == high {
                let package = self.package_row(package).ok_or(Damaged)?;
                if package.name == name && package.ecosystem == ecosystem.as_str() {
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

/// Whether a Python name already stands in the form of PEP 503.
fn is_normal(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && !bytes.starts_with(b"-")
        && !bytes.ends_with(b"-")
        && !bytes.windows(2).any(|pair| pair == b"--")
}
