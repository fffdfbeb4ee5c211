//! What becomes of findings that were known and that a look did not find.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Coverage, Finding, Key, Known, LocalKey, Locus, Outcome, State, WeaknessId};

use super::{Batch, Judged, Presence, Turn, witness};
use crate::{alias, pairing};

/// How many renamings of a weakness are followed.
const RENAMINGS: usize = 16;

/// The turn of every known finding that is not in `found` and does not stay as it is.
pub(super) fn fates(
    here: &BTreeMap<Key, &Known>,
    found: &BTreeMap<Key, Finding>,
    batch: &Batch<'_>,
) -> BTreeMap<Key, Turn> {
    let names = Names::of(found);
    let mut fates = BTreeMap::new();
    let mut gone: Vec<&Finding> = Vec::new();
    for (key, known) in here {
        let old = &known.finding;
        let live = old.state.is_open() || old.state == State::Accepted;
        let ours = live && witness::is_own(old) && batch.kinds.contains(&old.kind);
        if found.contains_key(key) || !ours {
            continue;
        }
        if let Some(new) = names.successor(old, found, batch) {
            fates.insert(*key, merged(old, new));
        } else if let Some(unread) = batch.unreadable.iter().find(|unread| unread.covers(old)) {
            fates.insert(*key, unproven(unread.because.clone()));
        } else if batch.coverage == Coverage::Full {
            match (batch.present)(&old.locus) {
                Presence::Gone => gone.push(old),
                Presence::There(versions) => {
                    fates.insert(*key, still_there(old, &versions, batch));
                }
                Presence::Unknown => {
                    let because = "the look could not tell whether it is still there";
                    fates.insert(*key, unproven(because.to_owned()));
                }
            }
        }
    }
    for (old, new) in moved(&gone, here, found, &fates, batch) {
        if let Some(finding) = found.get(&new) {
            let path = finding.locus.path().unwrap_or_default();
            let because = format!("found in `{path}` now");
            fates.insert(old, turn(State::Moved, Outcome::Moved, Some(new), because));
        }
    }
    for old in gone {
        fates
            .entry(old.key)
            .or_insert_with(|| turn(State::Removed, Outcome::Removed, None, removed(&old.locus)));
    }
    fates
}

fn turn(to: State, outcome: Outcome, other: Option<Key>, because: String) -> Turn {
    Turn { to, outcome: Some(outcome), other, because }
}

fn unproven(because: String) -> Turn {
    Turn { to: State::Unproven, outcome: None, other: None, because }
}

/// `old` goes on as `new`: under another name, or as what our own engine found.
pub(super) fn merged(old: &Finding, new: &Finding) -> Turn {
    let because = if old.weakness.id == new.weakness.id {
        format!("`{}` was found in `{}` here", new.weakness.id, new.subject)
    } else {
        format!("`{}` is known as `{}` now", old.weakness.id, new.weakness.id)
    };
    turn(State::Merged, Outcome::Merged, Some(new.key), because)
}

fn removed(locus: &Locus) -> String {
    match locus {
        Locus::LanguagePackage { path, .. } => format!("no longer in `{path}`"),
        Locus::File { path, item } if item.is_empty() => format!("`{path}` is gone"),
        Locus::File { path, item } => format!("`{item}` is no longer in `{path}`"),
        Locus::SystemPackage { .. } => "no longer installed".to_owned(),
        Locus::Setting { resource, .. } => format!("`{resource}` no longer concerns this host"),
        Locus::Asset { .. } => "no longer there".to_owned(),
    }
}

/// The thing is there and the weakness is not: mended, or never a weakness.
///
/// A copy in the very version that was weak proves that the advisory changed, not the copy; and
/// where no advisory is left to check against, nothing can be called mended.
fn still_there(old: &Finding, versions: &[Arc<str>], batch: &Batch<'_>) -> Turn {
    let name = resolve(&old.weakness.id, batch);
    let withdrawn = |because| turn(State::Withdrawn, Outcome::Withdrawn, None, because);
    match (batch.judged)(&name) {
        Judged::Withdrawn => return withdrawn(format!("`{name}` was withdrawn by its publisher")),
        Judged::Gone => return withdrawn(format!("no feed has `{name}` any more")),
        Judged::Known | Judged::MergedInto(_) => {}
    }
    let same = old
        .instances
        .iter()
        .filter_map(|instance| instance.version.as_ref())
        .find(|version| versions.contains(version));
    if let Some(version) = same {
        return withdrawn(format!("`{name}` was corrected: it does not mean version {version}"));
    }
    let because = if versions.is_empty() {
        "the same check passes now".to_owned()
    } else {
        let list: Vec<&str> = versions.iter().map(|version| &**version).collect();
        format!("now in version {}, which `{name}` does not mean", list.join(" and "))
    };
    turn(State::Fixed, Outcome::Fixed, None, because)
}

/// The present name of a weakness; a circle of renamings ends where it was entered.
fn resolve(id: &WeaknessId, batch: &Batch<'_>) -> WeaknessId {
    let mut name = id.clone();
    for _ in 0..RENAMINGS {
        match (batch.judged)(&name) {
            Judged::MergedInto(next) if next != *id && next != name => name = next,
            _ => break,
        }
    }
    name
}

/// What was found, under every name that it has.
struct Names(BTreeMap<LocalKey, Option<Key>>);

impl Names {
    fn of(found: &BTreeMap<Key, Finding>) -> Self {
        let mut names: BTreeMap<LocalKey, Option<Key>> = BTreeMap::new();
        for finding in found.values() {
            for local in alias::local_keys(finding) {
                names
                    .entry(local)
                    // A name that two findings bear names neither.
                    .and_modify(|key| *key = key.filter(|key| *key == finding.key))
                    .or_insert(Some(finding.key));
            }
        }
        Self(names)
    }

    /// The finding that goes on where `old` stood: under the name that the index gives it now, as
    /// a member of a greater group, or as the only one left of its own group.
    fn successor<'f>(
        &self,
        old: &Finding,
        found: &'f BTreeMap<Key, Finding>,
        batch: &Batch<'_>,
    ) -> Option<&'f Finding> {
        let renamed = resolve(&old.weakness.id, batch);
        let renamed = LocalKey::new(old.kind, &renamed, &old.locus);
        let direct = self.0.get(&renamed).copied().flatten();
        let direct = direct.or_else(|| self.0.get(&old.local).copied().flatten());
        let key = direct.or_else(|| {
            let mut parts = alias::local_keys(old)
                .skip(1)
                .filter_map(|local| self.0.get(&local).copied().flatten());
            let first = parts.next()?;
            parts.all(|other| other == first).then_some(first)
        })?;
        found.get(&key).filter(|new| new.key != old.key)
    }
}

/// Pairs of what is gone and what came in its stead at a path not known before.
fn moved(
    gone: &[&Finding],
    here: &BTreeMap<Key, &Known>,
    found: &BTreeMap<Key, Finding>,
    fates: &BTreeMap<Key, Turn>,
    batch: &Batch<'_>,
) -> Vec<(Key, Key)> {
    let occupied: BTreeSet<&str> = here
        .values()
        .filter(|known| known.finding.state != State::Moved)
        .filter_map(|known| known.finding.locus.path())
        .collect();
    let merging: BTreeSet<Key> = fates.values().filter_map(|fate| fate.other).collect();
    let came = found.values().filter(|new| {
        let arrives = match here.get(&new.key) {
            // What had moved away from here may move back.
            Some(known) => known.finding.state == State::Moved,
            None => new.locus.path().is_some_and(|path| !occupied.contains(path)),
        };
        arrives && !merging.contains(&new.key)
    });
    pairing::moves(gone.iter().copied(), came, &|id| resolve(id, batch))
}
