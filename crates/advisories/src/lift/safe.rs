//! The smallest version that leaves no known problem.

use holdfast_model::{Ecosystem, Informational};

use crate::index::format::{ENTRY_UNJUDGED, End, informational_of};
use crate::index::{Index, WeaknessRef};
use crate::version::{self, Order, maven, pypi, semver};

/// The smallest version above `version` outside of every known range of this package, among those
/// that advisories name as fixes; a release is preferred to a pre-release. Informational entries
/// count where they can be satisfied (an unmaintained package has no fix to wait for); what was
/// taken back or is advised against is never it. `None` if the version has no known problem, or if
/// some problem of it has no fix.
pub fn lowest_safe(
    index: &Index<'_>,
    ecosystem: &Ecosystem,
    name: &str,
    version: &str,
) -> Option<String> {
    lowest_safe_but(index, ecosystem, name, version, &|_| false)
}

/// The same, among the versions that are not refused for a reason that stands in no feed.
pub fn lowest_safe_but(
    index: &Index<'_>,
    ecosystem: &Ecosystem,
    name: &str,
    version: &str,
    refused: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let all = Ranges::of(index, ecosystem, name, |_, _| true)?;
    let affected = all.affect(&all.key(version)?);
    let found = affected.then(|| all.lowest_above(version, refused)).flatten();
    found.or_else(|| {
        let counts = |_: WeaknessRef, kind: Option<Informational>| kind.is_none_or(is_refusal);
        Ranges::of(index, ecosystem, name, counts)?.lowest_affected(version, refused)
    })
}

/// Whether a notice speaks of a release itself: nobody is sent to one that its publisher took back or
/// advises against.
pub fn is_refusal(kind: Informational) -> bool {
    matches!(kind, Informational::Yanked | Informational::Deprecated)
}

/// The smallest version above `version` that is free of one weakness.
pub fn fixed_in(
    index: &Index<'_>,
    ecosystem: &Ecosystem,
    name: &str,
    version: &str,
    weakness: WeaknessRef,
) -> Option<String> {
    let own = Ranges::of(index, ecosystem, name, |other, _| other == weakness)?;
    own.lowest_affected(version, &|_| false)
}

/// What some entries of a package say.
struct Ranges<'i> {
    order: &'static Order,
    ecosystem: &'i Ecosystem,
    intervals: Vec<(&'i [u8], &'i [u8], End)>,
    exact: Vec<&'i [u8]>,
    fixes: Vec<&'i str>,
}

impl<'i> Ranges<'i> {
    fn of(
        index: &Index<'i>,
        ecosystem: &'i Ecosystem,
        name: &str,
        wanted: impl Fn(WeaknessRef, Option<Informational>) -> bool,
    ) -> Option<Self> {
        let order = version::order_of(ecosystem)?;
        let (intervals, exact, fixes) = (Vec::new(), Vec::new(), Vec::new());
        let mut out = Self { order, ecosystem, intervals, exact, fixes };
        for (weakness, at) in index.about(ecosystem, name) {
            let entry = index.entry_at(at)?;
            let informational = informational_of(entry.flags);
            // What nobody can judge is shown as such, and holds up no fix.
            if entry.flags & ENTRY_UNJUDGED != 0 || !wanted(weakness, informational) {
                continue;
            }
            for row in entry.intervals.0..entry.intervals.0.saturating_add(entry.intervals.1) {
                let interval = index.interval(row)?;
                if interval.end == End::Fixed {
                    out.fixes.push(index.version_text(interval.high_version)?);
                }
                out.intervals.push((interval.low, interval.high, interval.end));
            }
            for row in entry.exact.0..entry.exact.0.saturating_add(entry.exact.1) {
                out.exact.push(index.exact(row)?.0);
            }
        }
        Some(out)
    }

    fn key(&self, version: &str) -> Option<Vec<u8>> {
        let mut key = Vec::new();
        self.order.key(version, &mut key).then_some(key)
    }

    fn affect(&self, key: &[u8]) -> bool {
        self.intervals.iter().any(|(low, high, end)| end.contains(low, high, key))
            || self.exact.contains(&key)
    }

    fn lowest_affected(&self, version: &str, refused: &dyn Fn(&str) -> bool) -> Option<String> {
        let affected = self.affect(&self.key(version)?);
        affected.then(|| self.lowest_above(version, refused)).flatten()
    }

    fn lowest_above(&self, version: &str, refused: &dyn Fn(&str) -> bool) -> Option<String> {
        // Advisories write Go's versions without the `v` that modules have.
        let prefixed = self.ecosystem.family() == Ecosystem::GOLANG && version.starts_with('v');
        let spelt = |fix: &str| {
            let bare = prefixed && !fix.starts_with('v');
            if bare { format!("v{fix}") } else { fix.to_owned() }
        };
        let current = self.key(version)?;
        let mut candidates: Vec<(bool, Vec<u8>, String)> = self
            .fixes
            .iter()
            // `2.0.0-0` is a bound that nobody publishes; what is meant is 2.0.0.
            .map(|fix| fix.strip_suffix("-0").filter(|_| self.is_semver()).unwrap_or(fix))
            .filter_map(|fix| Some((self.is_pre_release(fix), self.key(fix)?, spelt(fix))))
            .filter(|(_, key, text)| *key > current && !self.affect(key) && !refused(text))
            .collect();
        // Releases first, then by version.
        candidates.sort();
        candidates.into_iter().next().map(|(_, _, text)| text)
    }

    fn is_semver(&self) -> bool {
        !matches!(self.order.about.id, Ecosystem::PYPI | "debian")
    }

    fn is_pre_release(&self, version: &str) -> bool {
        match self.order.about.id {
            Ecosystem::PYPI => pypi::parse(version).is_none_or(|parsed| parsed.is_pre_release()),
            "debian" => false,
            "maven" => maven::is_pre_release(version),
            _ => semver::is_pre_release(version),
        }
    }
}
