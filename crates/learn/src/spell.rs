//! Spells: from when a team could know of a finding until it was mended, or as long as it was not.
//!
//! Knows the log of states; must not know how anybody estimates from it. The rules, in the order
//! in which they are met:
//!
//! - Only what stands on trunk or runs counts; a working tree or a proposal is nobody's duty yet.
//! - The clock starts when the team could know: at the first sight, or before it where something
//!   else says so ([`History::known_since`]). What was already running at our first sight enters
//!   late, since those that were mended before we looked are not seen.
//! - It stops when a look proved the finding `fixed` or `removed`. Removing the thing mends it as
//!   well as lifting it does; an *asset* that is gone mended nothing, and its spells stop unmended
//!   ([`History::gone`]).
//! - While a finding is accepted nobody is asked to mend it: its spell stops unmended. When the
//!   acceptance ends, the spell goes on with its first clock and enters late, so that accepting
//!   something neither counts as slow nor makes anybody look fast.
//! - `unproven` is open: what could not be looked at is not mended.
//! - What was `withdrawn` never was a weakness: its spell is no spell.
//! - A move or merge keeps the earlier clock.
//! - What comes back after it was closed begins a new spell of the same key; spells of one key are
//!   a cluster, not independent.
//!
//! What is open counts up to now, not to the last look: a look that is late must not flatter.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{
    AssetId, FindingKind, FixKind, Key, Known, Severity, Standing, State, Timestamp, Transition,
    WeaknessId,
};

use crate::survival::Time;

/// A day, in milliseconds.
const DAY_MS: f64 = 86_400_000.0;

/// What is counted and compared of a finding: as it is now, not as it was when a spell began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The finding.
    pub key: Key,
    /// On which asset.
    pub asset: AssetId,
    /// Whose it is.
    pub team: Arc<str>,
    /// In which copy of the asset.
    pub standing: Standing,
    /// What sort of check found it.
    pub kind: FindingKind,
    /// How urgent it is.
    pub severity: Severity,
    /// Known to be exploited.
    pub exploited: bool,
    /// Asked for by the project itself, as far as known.
    pub direct: Option<bool>,
    /// Used only while developing.
    pub dev: bool,
    /// How safe the known fix is.
    pub fix: FixKind,
    /// The known problem.
    pub weakness: WeaknessId,
    /// Its other names.
    pub aliases: Vec<Arc<str>>,
    /// The thing: a purl without version for packages.
    pub subject: Arc<str>,
}

impl Profile {
    /// The profile of a finding.
    pub fn of(known: &Known, asset: &AssetId, team: &str) -> Self {
        let finding = &known.finding;
        Self {
            key: finding.key,
            asset: asset.clone(),
            team: team.into(),
            standing: finding.standing,
            kind: finding.kind,
            severity: finding.severity,
            exploited: finding.weakness.exploited,
            direct: finding.direct,
            dev: finding.dev,
            fix: finding.fix,
            weakness: finding.weakness.id.clone(),
            aliases: finding.weakness.aliases.clone(),
            subject: Arc::clone(&finding.subject),
        }
    }

    /// Whether it should be mended soon or now.
    pub fn is_urgent(&self) -> bool {
        self.severity >= Severity::Soon
    }
}

/// How a spell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// Fixed or removed, and proven.
    Mended,
    /// It did not: it is open now.
    Open,
    /// It was accepted.
    Accepted,
    /// Nobody looks any more: the asset is gone, or the finding went on under a key that is not
    /// among the histories.
    Gone,
}

/// One spell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spell {
    /// Of what.
    pub profile: Arc<Profile>,
    /// When the team could know: the clock starts.
    pub from: Timestamp,
    /// When we began to look at it; never before `from`.
    pub entry: Timestamp,
    /// When it ended, or now.
    pub to: Timestamp,
    /// How it ended.
    pub end: End,
    /// Which spell of its key, from 1: more than 1 for what came back, or was accepted meanwhile.
    pub number: u32,
    /// Told by old lockfiles and logs instead of looks.
    pub reconstructed: bool,
}

impl Spell {
    /// Whether it was mended.
    pub fn mended(&self) -> bool {
        self.end == End::Mended
    }

    /// How long it took, or took until now, in days of 24 hours.
    pub fn days(&self) -> f64 {
        days(self.from, self.to)
    }

    /// The spell as a time in days, for the estimators.
    pub fn time(&self) -> Time {
        Time::late(days(self.from, self.entry), self.days(), self.mended())
    }
}

/// The days between two times; none where the second is the earlier one.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of centuries are below 2^52")]
pub(crate) fn days(from: Timestamp, to: Timestamp) -> f64 {
    to.0.saturating_sub(from.0).max(0) as f64 / DAY_MS
}

/// What is recorded of one finding in one standing.
#[derive(Debug, Clone, Copy)]
pub struct History<'h> {
    /// The finding as it is known now.
    pub known: &'h Known,
    /// On which asset.
    pub asset: &'h AssetId,
    /// Whose it is.
    pub team: &'h str,
    /// When the team could know, where that was before our first sight.
    pub known_since: Option<Timestamp>,
    /// When the asset was gone.
    pub gone: Option<Timestamp>,
    /// Told by old lockfiles and logs instead of looks.
    pub reconstructed: bool,
}

/// The spells of some histories, in the order of their keys and times.
///
/// `log` holds their steps in order, and may hold those of others; a log that is incomplete or
/// missing is completed from what is known. Findings that moved or merged need the histories of
/// both keys.
pub fn spells(histories: &[History<'_>], log: &[Transition], now: Timestamp) -> Vec<Spell> {
    let mut lives: BTreeMap<(Key, Standing), Life<'_>> = histories
        .iter()
        .filter(|one| one.known.finding.standing.counts())
        .map(|one| ((one.known.finding.key, one.known.finding.standing), Life::new(one)))
        .collect();
    let mut steps: Vec<&Transition> = log.iter().filter(|step| step.at <= now).collect();
    // In one look the finding that goes on may stand before the one that went in the log, and
    // takes over its clock.
    steps.sort_by_key(|step| (step.at, !matches!(step.to, State::Moved | State::Merged)));
    for step in steps {
        let at = (step.key, step.standing);
        let Some(life) = lives.get_mut(&at) else { continue };
        life.catch_up(step.from);
        let handed = life.step(step.to, step.at);
        if let Some((other, running)) = step.other.zip(handed) {
            match lives.get_mut(&(other, step.standing)) {
                Some(heir) => heir.inherit(running),
                None => running.stop(&mut lives, at, step.at),
            }
        }
    }
    let mut all: Vec<Spell> = lives.into_values().flat_map(|life| life.finish(now)).collect();
    all.sort_by_key(|spell| (spell.profile.key, spell.profile.standing, spell.number));
    all
}

/// A clock that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Running {
    from: Timestamp,
    entry: Timestamp,
}

impl Running {
    /// Ends where nobody goes on with it.
    fn stop(
        self,
        lives: &mut BTreeMap<(Key, Standing), Life<'_>>,
        at: (Key, Standing),
        to: Timestamp,
    ) {
        if let Some(life) = lives.get_mut(&at) {
            life.end(self, to, End::Gone);
        }
    }
}

/// One finding while its log is replayed.
struct Life<'h> {
    history: &'h History<'h>,
    profile: Arc<Profile>,
    /// The last state that the log told.
    state: Option<State>,
    running: Option<Running>,
    /// The clock of what is accepted, for when that ends.
    paused: Option<Timestamp>,
    /// The clock of a finding that moved here or became part of this one, until it is opened.
    inherited: Option<Running>,
    spells: Vec<Spell>,
}

impl<'h> Life<'h> {
    fn new(history: &'h History<'h>) -> Self {
        Self {
            history,
            profile: Arc::new(Profile::of(history.known, history.asset, history.team)),
            state: None,
            running: None,
            paused: None,
            inherited: None,
            spells: Vec::new(),
        }
    }

    /// The clock of the first spell.
    fn first(&self) -> Running {
        let entry = self.history.known.first_seen;
        let since = self.history.known_since.unwrap_or(entry);
        Running { from: since.min(entry), entry }
    }

    /// A log that begins in the middle: what was before is told by the first step.
    fn catch_up(&mut self, from: Option<State>) {
        if self.state.is_some() {
            return;
        }
        self.state = from;
        match from {
            Some(State::Open | State::Unproven) => self.running = Some(self.first()),
            Some(State::Accepted) => self.paused = Some(self.first().from),
            _ => {}
        }
    }

    /// Follows one step; what was running where it moved or merged away.
    fn step(&mut self, to: State, at: Timestamp) -> Option<Running> {
        match to {
            State::Open | State::Unproven => self.open(at),
            State::Accepted => {
                // What is accepted at its first sight has a clock too.
                if self.state.is_none() || self.inherited.is_some() {
                    self.open(at);
                }
                if let Some(running) = self.running.take() {
                    self.paused = Some(running.from);
                    self.end(running, at, End::Accepted);
                }
            }
            State::Fixed | State::Removed => {
                self.paused = None;
                if let Some(running) = self.running.take() {
                    self.end(running, at, End::Mended);
                }
            }
            State::Withdrawn => {
                (self.paused, self.running, self.inherited) = (None, None, None);
            }
            State::Moved | State::Merged => {
                self.state = Some(to);
                let paused = self.paused.take().map(|from| Running { from, entry: at });
                return self.running.take().or(paused);
            }
        }
        self.state = Some(to);
        None
    }

    fn open(&mut self, at: Timestamp) {
        let inherited = self.inherited.take();
        if let Some(running) = &mut self.running {
            if let Some(other) = inherited.filter(|other| other.from < running.from) {
                *running = other;
            }
            return;
        }
        let own = match (self.state, self.paused.take()) {
            (_, Some(from)) => Running { from, entry: at },
            (None, _) => self.first(),
            (Some(_), None) => Running { from: at, entry: at },
        };
        self.running = Some(inherited.filter(|other| other.from <= own.from).unwrap_or(own));
    }

    /// Takes over the clock of another finding.
    fn inherit(&mut self, other: Running) {
        let earlier = |mine: Running| if other.from < mine.from { other } else { mine };
        if let Some(mine) = self.running {
            self.running = Some(earlier(mine));
        } else if let Some(mine) = self.paused {
            self.paused = Some(mine.min(other.from));
        } else {
            self.inherited = Some(self.inherited.map_or(other, earlier));
        }
    }

    fn end(&mut self, running: Running, to: Timestamp, end: End) {
        // Nothing is watched after the asset is gone.
        let (to, end) = match self.history.gone {
            Some(gone) if gone < to => (gone, End::Gone),
            _ => (to, end),
        };
        if to < running.entry {
            return;
        }
        self.spells.push(Spell {
            profile: Arc::clone(&self.profile),
            from: running.from,
            entry: running.entry.max(running.from),
            to,
            end,
            number: u32::try_from(self.spells.len() + 1).unwrap_or(u32::MAX),
            reconstructed: self.history.reconstructed,
        });
    }

    fn finish(mut self, now: Timestamp) -> Vec<Spell> {
        let (state, since) = (self.history.known.finding.state, self.history.known.since);
        if self.history.known.first_seen > now {
            return Vec::new();
        }
        if self.state.is_none() {
            self.running = Some(self.first());
        }
        if self.state != Some(state) && since <= now {
            // What moved or merged away without a word of the log goes on in its heir.
            self.step(state, since);
        }
        if let Some(running) = self.inherited.take() {
            self.end(running, since.min(now), End::Gone);
        }
        if let Some(running) = self.running.take() {
            self.end(running, now, End::Open);
        }
        self.spells
    }
}
