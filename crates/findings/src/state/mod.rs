//! The life of a finding, as a step: what is known, one look, what changed.
//!
//! Knows states, outcomes and identity. Must not know files, advisories or acceptances: `engine`
//! answers what became of a locus or a weakness, and marks what is accepted before.
//!
//! How the times behave. `first_seen` is set once: closing and reopening keep it (the new spell
//! begins with the `reopened` entry of the log, and `since` is its time); a move or merge hands
//! the earlier of both to the finding that goes on. `since` is the time of the last entry of the
//! log. `last_seen` never goes back.

mod departed;
mod foreign;
mod succeeded;
#[cfg(test)]
mod tests;
mod witness;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{
    AssetId, Coverage, Ecosystem, Finding, FindingKind, Key, Known, LocalKey, Locus, Outcome,
    Standing, State, Timestamp, Transition, WeaknessId,
};

pub use foreign::{Heard, HeardOut, hear};
pub use succeeded::succeed;

/// What became of the thing at a locus, where a look did not find the weakness there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The thing is gone from its file, or the file is gone.
    Gone,
    /// It is there, in these versions (those of which the advisories were asked; a copy that was
    /// replaced by code of the tree is not among them). Empty for things without versions.
    There(Vec<Arc<str>>),
    /// Nobody can say.
    Unknown,
}

/// What became of a weakness in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// It is in force. Weaknesses that come from no feed (pending updates, guardrails) are known.
    Known,
    /// Its publisher withdrew it.
    Withdrawn,
    /// The feed of its ecosystem no longer has it. (Without a feed: [`Scope::Ecosystem`].)
    Gone,
    /// It goes by another name now.
    MergedInto(WeaknessId),
}

/// What could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A file, or a folder with everything in it.
    Path(Arc<str>),
    /// A sort of check.
    Kind(FindingKind),
    /// The packages of an ecosystem, e.g. because its feed is missing.
    Ecosystem(Ecosystem),
    /// Whatever advisories say of one package, e.g. because its version cannot be compared.
    Package(Locus),
    /// What one weakness says of one locus, e.g. a control of a setting that may not be read.
    Check(WeaknessId, Locus),
}

/// Something that this look could not read, though it was in its scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What.
    pub scope: Scope,
    /// Why, in words.
    pub because: String,
}

impl Unread {
    fn covers(&self, finding: &Finding) -> bool {
        match &self.scope {
            Scope::Path(path) => crate::locus::is_in(&finding.locus, path),
            Scope::Kind(kind) => finding.kind == *kind,
            Scope::Ecosystem(ecosystem) => crate::locus::is_of(&finding.locus, ecosystem),
            Scope::Package(locus) => {
                finding.kind == FindingKind::Package && finding.locus == *locus
            }
            Scope::Check(weakness, locus) => {
                finding.weakness.id == *weakness && finding.locus == *locus
            }
        }
    }
}

/// One look at one asset, and what `engine` can say of what it did not find.
pub struct Batch<'a> {
    /// The asset.
    pub asset: &'a AssetId,
    /// Which copy of it.
    pub standing: Standing,
    /// Whether everything in scope was seen, apart from `unreadable`.
    pub coverage: Coverage,
    /// When the look was made.
    pub now: Timestamp,
    /// The sorts of checks that were made; findings of other kinds are left as they are.
    pub kinds: &'a [FindingKind],
    /// What was found, after acceptances: each key once, state `Open` or `Accepted`.
    pub found: Vec<Finding>,
    /// Why a finding is accepted, or no longer is, in words, by local key.
    pub notes: &'a BTreeMap<LocalKey, String>,
    /// What could not be read.
    pub unreadable: &'a [Unread],
    /// What became of the thing at a locus.
    pub present: &'a dyn Fn(&Locus) -> Presence,
    /// What became of a weakness.
    pub judged: &'a dyn Fn(&WeaknessId) -> Judged,
}

/// What a look changed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepOut {
    /// What is to be stored: everything that differs from before, sorted by key.
    pub changed: Vec<Known>,
    /// What is to be appended to the log, sorted by key; of one key, in order.
    pub transitions: Vec<Transition>,
}

impl StepOut {
    /// Brings the known findings up to date.
    pub fn apply(&self, known: &mut BTreeMap<Key, Known>) {
        known.extend(self.changed.iter().map(|one| (one.finding.key, one.clone())));
    }
}

/// The whole table of the state machine; `None` is a finding that was never seen.
///
/// What is open or accepted may become anything else; what is closed can only be opened again;
/// nothing begins closed, and nothing passes to the state that it is in.
pub fn allowed(from: Option<State>, to: State) -> bool {
    use State::{Accepted, Fixed, Merged, Moved, Open, Removed, Unproven, Withdrawn};
    match from {
        None => matches!(to, Open | Accepted),
        Some(from @ (Open | Unproven | Accepted)) => from != to,
        Some(Fixed | Removed | Withdrawn | Moved | Merged) => to == Open,
    }
}

/// What one look changes of what is known of the same asset in the same standing.
///
/// A partial look opens and closes nothing by absence; merging is no closing by absence, since the
/// finding that goes on was seen. What rests on other scanners' word alone is theirs to close, see
/// [`hear`]. The same batch a second time changes nothing.
pub fn step(known: &BTreeMap<Key, Known>, batch: &Batch<'_>) -> StepOut {
    let mut found = found(batch);
    let here = here(known, batch.asset, batch.standing);
    let absorbed = witness::carry(&here, &mut found);
    let mut log = Log {
        at: batch.now,
        standing: batch.standing,
        changed: BTreeMap::new(),
        transitions: Vec::new(),
    };
    let mut fates = departed::fates(&here, &found, batch);
    fates.extend(absorbed);
    let mut origins: BTreeMap<Key, Vec<(&Known, Outcome)>> = BTreeMap::new();
    for (key, fate) in fates {
        let Some(before) = here.get(&key).copied() else { continue };
        if let (Some(other), Some(outcome)) = (fate.other, fate.outcome) {
            origins.entry(other).or_default().push((before, outcome));
        }
        let mut after = before.clone();
        log.turn(&mut after, Some(before.finding.state), fate);
        log.keep(Some(before), after);
    }
    for (key, finding) in found {
        let from = origins.get(&key).map_or(&[][..], Vec::as_slice);
        arrive(&mut log, finding, here.get(&key).copied(), from, batch);
    }
    log.finish()
}

/// What is known of this asset in this copy.
fn here<'k>(
    known: &'k BTreeMap<Key, Known>,
    asset: &AssetId,
    standing: Standing,
) -> BTreeMap<Key, &'k Known> {
    let of = |(key, one): &(&Key, &Known)| {
        one.finding.standing == standing && Key::new(asset, one.finding.local) == **key
    };
    known.iter().filter(of).map(|(key, one)| (*key, one)).collect()
}

/// What was found, by key. A key that occurs twice, which `join` never makes, keeps its more
/// urgent finding, so that the result does not depend on the order.
fn found(batch: &Batch<'_>) -> BTreeMap<Key, Finding> {
    let mut all: Vec<Finding> = batch.found.clone();
    all.sort_by(|a, b| (a.severity, &a.title).cmp(&(b.severity, &b.title)));
    all.into_iter()
        .map(|mut finding| {
            finding.standing = batch.standing;
            finding.key = Key::new(batch.asset, finding.local);
            (finding.key, finding)
        })
        .collect()
}

/// A change of state, and why.
struct Turn {
    to: State,
    outcome: Option<Outcome>,
    other: Option<Key>,
    because: String,
}

/// Collects what changed.
struct Log {
    at: Timestamp,
    standing: Standing,
    changed: BTreeMap<Key, Known>,
    transitions: Vec<Transition>,
}

impl Log {
    /// Writes the entry and the state; the only place where a state changes.
    fn turn(&mut self, known: &mut Known, from: Option<State>, turn: Turn) {
        if !allowed(from, turn.to) {
            return;
        }
        known.finding.state = turn.to;
        known.since = self.at;
        self.transitions.push(Transition {
            key: known.finding.key,
            standing: self.standing,
            from,
            to: turn.to,
            outcome: turn.outcome,
            other: turn.other,
            at: self.at,
            because: turn.because,
        });
    }

    fn keep(&mut self, before: Option<&Known>, after: Known) {
        if before != Some(&after) {
            self.changed.insert(after.finding.key, after);
        }
    }

    fn finish(mut self) -> StepOut {
        // Stable: a reopening stays before the acceptance of the same key.
        self.transitions.sort_by_key(|one| one.key);
        StepOut { changed: self.changed.into_values().collect(), transitions: self.transitions }
    }
}

/// A finding was seen: for the first time, again, or under its new name or in its new place.
fn arrive(
    log: &mut Log,
    finding: Finding,
    before: Option<&Known>,
    origins: &[(&Known, Outcome)],
    batch: &Batch<'_>,
) {
    let accepted = finding.state == State::Accepted;
    let note = batch.notes.get(&finding.local).cloned();
    let mut after = Known {
        first_seen: before.map_or(batch.now, |known| known.first_seen),
        last_seen: before.map_or(batch.now, |known| known.last_seen.max(batch.now)),
        since: before.map_or(batch.now, |known| known.since),
        finding,
    };
    for (origin, _) in origins {
        after.first_seen = after.first_seen.min(origin.first_seen);
    }
    let mut from = before.map(|known| known.finding.state);
    if let Some(known) = before {
        after.finding.state = known.finding.state;
        // The decision stands until the appetite is asked again.
        after.finding.decision = after.finding.decision.or_else(|| known.finding.decision.clone());
    }
    let other = origins.first().map(|(origin, _)| origin.finding.key);
    let closed = from.is_some_and(|state| !state.is_open() && state != State::Accepted);
    if closed {
        let turn = back(from, origins, other);
        log.turn(&mut after, from, turn);
        from = Some(State::Open);
    }
    let turn = if accepted {
        let because = note.unwrap_or_else(|| "accepted".to_owned());
        Turn { to: State::Accepted, outcome: Some(Outcome::Accepted), other, because }
    } else {
        let because = match from {
            None => arrival(origins).unwrap_or_else(|| "seen for the first time".to_owned()),
            Some(State::Accepted) => note.unwrap_or_else(|| "it is no longer accepted".to_owned()),
            _ => "seen again".to_owned(),
        };
        Turn { to: State::Open, outcome: None, other, because }
    };
    log.turn(&mut after, from, turn);
    log.keep(before, after);
}

/// The turn of a closed finding that is seen again. One that had moved away and is moved back is
/// no reopening: it was never mended.
fn back(from: Option<State>, origins: &[(&Known, Outcome)], other: Option<Key>) -> Turn {
    if let (Some(State::Moved), Some(because)) = (from, arrival(origins)) {
        return Turn { to: State::Open, outcome: None, other, because };
    }
    let word = from.map_or("closed", State::word);
    let because = format!("seen again after it was {word}");
    Turn { to: State::Open, outcome: Some(Outcome::Reopened), other, because }
}

/// Where a finding comes from that is not new, in words.
fn arrival(origins: &[(&Known, Outcome)]) -> Option<String> {
    let (origin, outcome) = origins.first()?;
    Some(match outcome {
        Outcome::Moved => {
            format!("moved here from `{}`", origin.finding.locus.path().unwrap_or_default())
        }
        _ => format!("known before as `{}`", origin.finding.weakness.id),
    })
}
