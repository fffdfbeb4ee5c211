//! The smallest version that mends a known problem and leaves as few others as can be.

use std::collections::BTreeSet;
use std::sync::Arc;

use holdfast_model::{Ecosystem, Informational};

use crate::index::format::{ENTRY_MODULE, ENTRY_UNJUDGED, End, informational_of};
use crate::index::{EntryRef, Hit, Index, Question, WeaknessRef};
use crate::version::{self, Order, maven, pypi, semver};

/// For each hit of a question, in their order, the version that mends it. Of the versions above the one
/// in use that advisories name as fixes it is the one that leaves the fewest known problems of the
/// package; of several such ones a release, then the smallest. Informational entries count where they
/// can be satisfied (an unmaintained package has no fix to wait for); what was taken back or is advised
/// against is never it, nor what is refused for a reason that stands in no feed. `None` where nothing
/// mends the hit: that holds up no fix of another one.
pub fn mending(
    index: &Index<'_>,
    question: &Question<'_>,
    hits: &[Hit],
    refused: &dyn Fn(&str) -> bool,
) -> Vec<Option<Arc<str>>> {
    if question.is_of_module() {
        return within_stream(index, question, hits);
    }
    let better = better(index, question, hits, refused).unwrap_or_default();
    let mends = |hit: &Hit| better.iter().find(|fix| !fix.left.has(hit.weakness));
    hits.iter().map(|hit| mends(hit).map(|fix| Arc::clone(&fix.text))).collect()
}

/// Whether a notice speaks of a release itself: nobody is sent to one that its publisher took back or
/// advises against.
pub fn is_refusal(kind: Informational) -> bool {
    matches!(kind, Informational::Yanked | Informational::Deprecated)
}

/// What mends another stream of the same package mends nothing here: the greatest of the versions that
/// fix what can be fixed.
fn within_stream(
    index: &Index<'_>,
    question: &Question<'_>,
    hits: &[Hit],
) -> Vec<Option<Arc<str>>> {
    let fixed =
        |entries: &[EntryRef]| index.fixed_within(question.ecosystem, &question.version, entries);
    let can_be: BTreeSet<EntryRef> =
        hits.iter().map(|hit| hit.entry).filter(|entry| fixed(&[*entry]).is_some()).collect();
    let all: Vec<EntryRef> = can_be.iter().copied().collect();
    let greatest: Option<Arc<str>> = fixed(&all).map(Arc::from);
    hits.iter().map(|hit| greatest.clone().filter(|_| can_be.contains(&hit.entry))).collect()
}

/// A version that an advisory names as a fix.
struct Fix {
    text: Arc<str>,
    left: Left,
}

/// The known problems of a version: sorted, each once. A kernel has thousands of them.
#[derive(Default)]
struct Left {
    holes: Vec<WeaknessRef>,
    /// What is no vulnerability.
    told: Vec<WeaknessRef>,
}

impl Left {
    fn has(&self, weakness: WeaknessRef) -> bool {
        [&self.holes, &self.told].iter().any(|all| all.binary_search(&weakness).is_ok())
    }
}

/// The versions to go to, the best first.
fn better(
    index: &Index<'_>,
    question: &Question<'_>,
    hits: &[Hit],
    refused: &dyn Fn(&str) -> bool,
) -> Option<Vec<Fix>> {
    let ranges = Ranges::of(index, question, hits)?;
    let current = ranges.key(&question.version)?;
    // Releases first, then by version.
    let mut named: Vec<(bool, Vec<u8>, &str)> = ranges
        .fixes
        .iter()
        // `2.0.0-0` is a bound that nobody publishes; what is meant is 2.0.0.
        .map(|fix| fix.strip_suffix("-0").filter(|_| ranges.is_semver()).unwrap_or(fix))
        .filter_map(|fix| Some((ranges.is_pre_release(fix), ranges.key(fix)?, fix)))
        .filter(|(_, key, _)| *key > current)
        .collect();
    named.sort_unstable();
    // Many advisories name one version.
    named.dedup_by(|one, other| one.1 == other.1);
    // Advisories write Go's versions without the `v` that modules have.
    let is_go = question.ecosystem.family() == Ecosystem::GOLANG;
    let prefixed = is_go && question.version.starts_with('v');
    let mut better: Vec<Fix> = named
        .into_iter()
        .filter_map(|(_, key, fix)| {
            let bare = prefixed && !fix.starts_with('v');
            let text: Arc<str> = if bare { format!("v{fix}").into() } else { fix.into() };
            (!refused(&text)).then_some(Fix { left: ranges.left(&key)?, text })
        })
        .collect();
    better.sort_by_key(|fix| (fix.left.holes.len(), fix.left.told.len()));
    Some(better)
}

/// What the entries of a package say.
struct Ranges<'i> {
    order: &'static Order,
    entries: Vec<Said<'i>>,
    fixes: Vec<&'i str>,
}

/// What one entry says.
struct Said<'i> {
    weakness: WeaknessRef,
    kind: Option<Informational>,
    intervals: Vec<(&'i [u8], &'i [u8], End)>,
    /// Sorted.
    exact: Vec<&'i [u8]>,
}

impl Said<'_> {
    fn affects(&self, key: &[u8]) -> bool {
        self.intervals.iter().any(|(low, high, end)| end.contains(low, high, key))
            || self.exact.binary_search(&key).is_ok()
    }
}

impl<'i> Ranges<'i> {
    fn of(index: &Index<'i>, question: &Question<'_>, hits: &[Hit]) -> Option<Self> {
        let order = version::order_of(question.ecosystem)?;
        let mut out = Self { order, entries: Vec::new(), fixes: Vec::new() };
        let about = index.about(question.ecosystem, &question.name);
        // What was hit may stand in another place of the index, beside the ecosystem's own.
        let all = about.into_iter().chain(hits.iter().map(|hit| (hit.weakness, hit.entry)));
        let mut met = BTreeSet::new();
        for (weakness, at) in all.filter(|(_, at)| met.insert(*at)) {
            let entry = index.entry_at(at)?;
            // What nobody can judge is shown as such, and holds up no fix; nor does a module's line,
            // where none is in use.
            if entry.flags & (ENTRY_UNJUDGED | ENTRY_MODULE) != 0 {
                continue;
            }
            let kind = informational_of(entry.flags);
            let mut said = Said { weakness, kind, intervals: Vec::new(), exact: Vec::new() };
            for row in entry.intervals.0..entry.intervals.0.saturating_add(entry.intervals.1) {
                let interval = index.interval(row)?;
                if interval.end == End::Fixed {
                    out.fixes.push(index.version_text(interval.high_version)?);
                }
                said.intervals.push((interval.low, interval.high, interval.end));
            }
            for row in entry.exact.0..entry.exact.0.saturating_add(entry.exact.1) {
                said.exact.push(index.exact(row)?.0);
            }
            out.entries.push(said);
        }
        Some(out)
    }

    fn key(&self, version: &str) -> Option<Vec<u8>> {
        let mut key = Vec::new();
        self.order.key(version, &mut key).then_some(key)
    }

    /// What a version has; `None` for one that its publisher advises against.
    fn left(&self, key: &[u8]) -> Option<Left> {
        let mut left = Left::default();
        for said in self.entries.iter().filter(|said| said.affects(key)) {
            match said.kind {
                Some(kind) if is_refusal(kind) => return None,
                Some(_) => left.told.push(said.weakness),
                None => left.holes.push(said.weakness),
            }
        }
        for all in [&mut left.holes, &mut left.told] {
            all.sort_unstable();
            all.dedup();
        }
        Some(left)
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

/// The version that mends the first problem of a version which any mends.
#[cfg(test)]
pub(crate) fn lowest_safe_but(
    index: &Index<'_>,
    ecosystem: &Ecosystem,
    name: &str,
    version: &str,
    refused: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let question = Question { ecosystem, name: name.into(), version: version.into(), module: None };
    let (mut hits, mut scratch) = (Vec::new(), crate::index::Scratch::default());
    index.judge(ecosystem, name, version, &mut scratch, &mut |hit| hits.push(hit));
    let mending = mending(index, &question, &hits, refused);
    mending.into_iter().flatten().next().map(|fix| fix.to_string())
}

/// The same, where nothing is refused.
#[cfg(test)]
pub(crate) fn lowest_safe(
    index: &Index<'_>,
    ecosystem: &Ecosystem,
    name: &str,
    version: &str,
) -> Option<String> {
    lowest_safe_but(index, ecosystem, name, version, &|_| false)
}
