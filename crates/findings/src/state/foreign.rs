//! What a report of another scanner changes of what is known of an asset, as a step.
//!
//! Knows states, identity and witnesses. Must not know formats, assets' names or files: `engine`
//! joins the report to an asset and makes findings of what it holds. Whose word counts:
//!
//! - A finding of ours that the report means gets the scanner as a further witness; so there is one
//!   finding, whoever saw it. What the report says of it changes neither its severity nor its fix.
//! - What we know nothing of is a finding of the scanner's own.
//! - A look of our own closes what our own engine is a witness of, whatever scanners said before:
//!   it is the newer look. A report that was made before that and names it still says nothing new.
//! - A report that was made *after* a finding was closed and names it reopens it, with the scanner
//!   as its only witness. From then on our own absence closes nothing: we said so before, and were
//!   contradicted. It is the scanner's own next full report that closes it.
//! - A full report takes the scanner's word back from what it does not name any more. Where nobody
//!   else says it, the finding is fixed: the same check passes now; or withdrawn, where the report
//!   itself says that it is no problem. A partial report takes nothing back, but where it is one of
//!   tests: a test that came to a verdict takes back what it said before and does not say now, and
//!   one that could not be made takes back nothing.
//! - A test that fails is a witness of what our own controls, which its references name, see fail.
//!   Where ours do not, it stands by itself: it may look at more than ours does. One that passes
//!   closes nothing of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{
    AssetId, Coverage, Finding, FindingKind, Key, Known, LocalKey, Outcome, Standing, State,
    Timestamp, Witness,
};

use super::witness::{Meant, add, is_live};
use super::{Batch, Judged, Log, Presence, StepOut, Turn, arrive, departed, here};
use crate::alias;

/// What one report of one scanner says of one asset.
#[derive(Clone)]
pub struct Heard<'a> {
    /// The asset.
    pub asset: &'a AssetId,
    /// Which copy of it.
    pub standing: Standing,
    /// The scanner: the engine of its witnesses.
    pub scanner: &'a str,
    /// Whether it claims to have seen everything in its scope.
    pub coverage: Coverage,
    /// When it looked.
    pub at: Timestamp,
    /// What it found, as [`crate::join()`] makes it of its sightings; state `Open` or `Accepted`.
    pub found: Vec<Finding>,
    /// What it names and calls no problem, with its reason.
    pub dismissed: Vec<(Finding, String)>,
    /// The names of tests that came to a verdict, whichever: the scanner's words of that name that
    /// it does not say again are taken back.
    pub judged: &'a BTreeSet<Arc<str>>,
    /// Why a finding is accepted, in words, by local key.
    pub notes: &'a BTreeMap<LocalKey, String>,
}

impl Heard<'_> {
    /// Whether this report takes a word back, unless it says it again: the scanner's own where it
    /// claims to be whole, or where the same test came to a verdict.
    fn speaks_for(&self, witness: &Witness) -> bool {
        let speaks = self.coverage == Coverage::Full || self.judged.contains(&witness.name);
        &*witness.engine == self.scanner && speaks
    }
}

/// What a report changed, and what it only said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HeardOut {
    /// What is to be stored.
    pub out: StepOut,
    /// Findings of ours that the report names.
    pub joined: Vec<Key>,
    /// Findings of the scanner's own.
    pub own: Vec<Key>,
    /// What the report names and was closed after it was made: it says nothing new.
    pub older: Vec<Key>,
    /// What was closed before this report was made, once named by the scanner, and is not now.
    pub confirmed: Vec<Key>,
}

/// What a report changes of what is known. The same report a second time changes nothing.
pub fn hear(known: &BTreeMap<Key, Known>, mut heard: Heard<'_>) -> HeardOut {
    let here = here(known, heard.asset, heard.standing);
    let found = std::mem::take(&mut heard.found);
    let mut plan = Plan::of(&here, found, &heard);
    let log = Log {
        at: heard.at,
        standing: heard.standing,
        changed: BTreeMap::new(),
        transitions: Vec::new(),
    };
    plan.out.out = plan.carry_out(&here, &heard, log);
    plan.out
}

/// What is to be done, before anything is.
#[derive(Default)]
struct Plan {
    /// What the scanner calls each finding of ours that it means.
    said: BTreeMap<Key, Vec<Witness>>,
    /// Closed findings of ours that it contradicts.
    contradicted: BTreeSet<Key>,
    /// Findings of its own.
    arriving: BTreeMap<Key, Finding>,
    /// Findings of its own that are part of ours now.
    merging: BTreeMap<Key, Turn>,
    /// What it calls no problem, and why.
    dismissed: BTreeMap<Key, String>,
    out: HeardOut,
}

impl Plan {
    fn of(here: &BTreeMap<Key, &Known>, found: Vec<Finding>, heard: &Heard<'_>) -> Self {
        let mut plan = Self::default();
        let lasting = here.values().map(|known| &known.finding);
        let lasting = lasting.filter(|one| !matches!(one.state, State::Moved | State::Merged));
        let ours = Meant::of(lasting);
        for mut finding in found {
            finding.standing = heard.standing;
            finding.key = Key::new(heard.asset, finding.local);
            plan.place(finding, &ours, here, heard.at);
        }
        for (finding, because) in &heard.dismissed {
            let key = Key::new(heard.asset, finding.local);
            plan.dismissed.insert(key, because.clone());
            let meant = ours.meant(finding);
            plan.dismissed.extend(meant.into_iter().map(|one| (one.key, because.clone())));
        }
        plan.out.joined = plan.said.keys().copied().collect();
        plan.out.own = plan.arriving.keys().copied().collect();
        plan.out.older.sort_unstable();
        plan.out.older.dedup();
        plan
    }

    /// Where a finding of the report belongs.
    fn place(
        &mut self,
        finding: Finding,
        ours: &Meant<'_>,
        here: &BTreeMap<Key, &Known>,
        at: Timestamp,
    ) {
        let since = |key: &Key| here.get(key).map_or(at, |known| known.since);
        let meant = ours.meant(&finding);
        let live: Vec<&Finding> = meant.iter().copied().filter(|one| is_live(one)).collect();
        if let Some(first) = live.first() {
            if here.get(&finding.key).is_some_and(|known| is_live(&known.finding)) {
                self.merging.insert(finding.key, departed::merged(&finding, first));
            }
            for home in live {
                self.said.entry(home.key).or_default().extend(finding.witnesses.iter().cloned());
            }
            return;
        }
        let newest = meant.iter().map(|one| since(&one.key)).max();
        if let Some(newest) = newest {
            if newest >= at {
                self.out.older.extend(meant.iter().map(|one| one.key));
                return;
            }
            // Of several that were mended nobody can say which one came back, and a test may look at
            // more than our control does: then the scanner's own finding says what it says.
            if let [one] = meant.as_slice()
                && one.kind != FindingKind::Control
            {
                self.said.entry(one.key).or_default().extend(finding.witnesses);
                self.contradicted.insert(one.key);
                return;
            }
        }
        let closed = here.get(&finding.key).filter(|known| !is_live(&known.finding));
        if closed.is_some_and(|known| known.since >= at) {
            self.out.older.push(finding.key);
        } else {
            self.arriving.insert(finding.key, finding);
        }
    }

    fn carry_out(
        &mut self,
        here: &BTreeMap<Key, &Known>,
        heard: &Heard<'_>,
        mut log: Log,
    ) -> StepOut {
        self.rename(here, heard);
        let mut named: BTreeSet<Key> = self.out.older.iter().copied().collect();
        let mut origins: BTreeMap<Key, Vec<(&Known, Outcome)>> = BTreeMap::new();
        for (key, turn) in std::mem::take(&mut self.merging) {
            let Some(before) = here.get(&key).copied() else { continue };
            if let Some(heir) = turn.other {
                origins.entry(heir).or_default().push((before, Outcome::Merged));
            }
            let mut after = before.clone();
            log.turn(&mut after, Some(before.finding.state), turn);
            log.keep(Some(before), after);
            named.insert(key);
        }
        let from = |key: &Key| origins.get(key).map_or(&[][..], Vec::as_slice);
        for (key, witnesses) in &self.said {
            let Some(before) = here.get(key).copied() else { continue };
            let mut after = self.witnessed(&mut log, before, witnesses.clone(), heard);
            for (origin, _) in from(key) {
                after.first_seen = after.first_seen.min(origin.first_seen);
                add(&mut after.finding, others(origin, heard));
            }
            log.keep(Some(before), after);
            named.insert(*key);
        }
        for (key, finding) in std::mem::take(&mut self.arriving) {
            arrives(&mut log, finding, here.get(&key).copied(), from(&key), heard);
            named.insert(key);
        }
        for (key, before) in here {
            if named.contains(key) {
                continue;
            }
            self.depart(&mut log, before, heard);
        }
        self.out.confirmed.sort_unstable();
        log.finish()
    }

    /// Findings of the scanner's own whose weakness goes by another name now.
    fn rename(&mut self, here: &BTreeMap<Key, &Known>, heard: &Heard<'_>) {
        let mut turns = Vec::new();
        for finding in self.arriving.values() {
            for local in alias::local_keys(finding).skip(1) {
                let key = Key::new(heard.asset, local);
                let before = here.get(&key).filter(|known| is_live(&known.finding));
                if let Some(before) = before.filter(|_| !self.arriving.contains_key(&key)) {
                    turns.push((key, departed::merged(&before.finding, finding)));
                }
            }
        }
        self.merging.extend(turns);
    }

    /// A finding of ours that the scanner names.
    fn witnessed(
        &self,
        log: &mut Log,
        before: &Known,
        witnesses: Vec<Witness>,
        heard: &Heard<'_>,
    ) -> Known {
        let mut after = before.clone();
        after.last_seen = after.last_seen.max(heard.at);
        if self.contradicted.contains(&before.finding.key) {
            after.finding.witnesses.clear();
            let word = before.finding.state.word();
            let because = format!("`{}` still names it after it was {word}", heard.scanner);
            let outcome = Some(Outcome::Reopened);
            let turn = Turn { to: State::Open, outcome, other: None, because };
            log.turn(&mut after, Some(before.finding.state), turn);
        } else {
            after.finding.witnesses.retain(|one| !heard.speaks_for(one));
        }
        add(&mut after.finding, witnesses);
        after
    }

    /// What a report says of something known that it does not name.
    fn depart(&mut self, log: &mut Log, before: &Known, heard: &Heard<'_>) {
        let old = &before.finding;
        let is_its = |one: &&Witness| heard.speaks_for(one);
        if !old.witnesses.iter().any(|one| is_its(&one)) {
            return;
        }
        if !is_live(old) {
            let mended = matches!(old.state, State::Fixed | State::Removed);
            if mended && before.since < heard.at {
                self.out.confirmed.push(old.key);
            }
            return;
        }
        let mut after = before.clone();
        if old.witnesses.iter().all(|one| is_its(&one)) {
            if before.last_seen > heard.at {
                // A newer report of the same scanner named it.
                return;
            }
            log.turn(&mut after, Some(old.state), self.end(old, heard));
        } else {
            after.finding.witnesses.retain(|one| !is_its(&one));
        }
        log.keep(Some(before), after);
    }

    fn end(&self, old: &Finding, heard: &Heard<'_>) -> Turn {
        let scanner = heard.scanner;
        match self.dismissed.get(&old.key) {
            Some(because) => Turn {
                to: State::Withdrawn,
                outcome: Some(Outcome::Withdrawn),
                other: None,
                because: format!("`{scanner}` calls it no problem: {because}"),
            },
            None => Turn {
                to: State::Fixed,
                outcome: Some(Outcome::Fixed),
                other: None,
                because: if heard.coverage == Coverage::Full {
                    format!("`{scanner}` looked again and does not name it any more")
                } else {
                    format!("`{scanner}` made the same test again, and it does not fail")
                },
            },
        }
    }
}

/// What is said of a finding by whom this report does not speak for: other scanners, and the
/// scanner's own reports before, if this one does not claim to be whole.
fn others(known: &Known, heard: &Heard<'_>) -> impl Iterator<Item = Witness> {
    let stays = move |one: &&Witness| !heard.speaks_for(one);
    known.finding.witnesses.iter().filter(stays).cloned()
}

/// A finding of the scanner's own: new, again, or back. What other scanners say of it, or said of
/// it under its former name, stays.
fn arrives(
    log: &mut Log,
    mut finding: Finding,
    before: Option<&Known>,
    origins: &[(&Known, Outcome)],
    heard: &Heard<'_>,
) {
    let live = before.filter(|known| is_live(&known.finding));
    for known in live.into_iter().chain(origins.iter().map(|(origin, _)| *origin)) {
        add(&mut finding, others(known, heard));
    }
    let batch = Batch {
        asset: heard.asset,
        standing: heard.standing,
        coverage: heard.coverage,
        now: heard.at,
        kinds: &[],
        found: Vec::new(),
        notes: heard.notes,
        unreadable: &[],
        present: &|_| Presence::Unknown,
        judged: &|_| Judged::Known,
    };
    arrive(log, finding, before, origins, &batch);
}
