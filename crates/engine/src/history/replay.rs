//! What was known of packages while they were there: states in their order, spells out of them.
//!
//! Knows times, packages and advisories; must not know git, logs or lockfiles. A package version
//! that an advisory covers is open from the later of two moments, when it came and when the
//! advisory was published, until it is gone or lifted. What left before anybody had written of it
//! was never open.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use holdfast_advisories::index::WeaknessRef;
use holdfast_advisories::{Index, Scratch};
use holdfast_decide::severity::{self, Context};
use holdfast_findings::locus as loci;
use holdfast_learn::{End, Profile, Spell};
use holdfast_model::{
    Asset, Ecosystem, FindingKind, FixKind, Key, LocalKey, Locus, Standing, Timestamp, Weakness,
};

/// A package in one version, at one place, with something wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weak {
    pub(super) at: WeaknessRef,
    pub(super) ecosystem: Ecosystem,
    pub(super) name: Arc<str>,
    pub(super) version: Arc<str>,
    pub(super) dev: bool,
    pub(super) direct: Option<bool>,
}

/// What a package is asked by.
type Question = (Ecosystem, Arc<str>, Arc<str>);

/// Answers which versions were weak, each question once.
pub(super) struct Judge<'a> {
    index: &'a Index<'a>,
    scratch: Scratch,
    answers: HashMap<Question, Arc<[WeaknessRef]>>,
    weaknesses: HashMap<WeaknessRef, Option<(Arc<Weakness>, Timestamp)>>,
    /// Weaknesses that no record gives a date for.
    pub(super) undated: BTreeMap<Arc<str>, u64>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(index: &'a Index<'a>) -> Self {
        Self {
            index,
            scratch: Scratch::default(),
            answers: HashMap::new(),
            weaknesses: HashMap::new(),
            undated: BTreeMap::new(),
        }
    }

    pub(super) fn judge(
        &mut self,
        ecosystem: &Ecosystem,
        name: &Arc<str>,
        version: &Arc<str>,
    ) -> Arc<[WeaknessRef]> {
        let question = (ecosystem.clone(), Arc::clone(name), Arc::clone(version));
        if let Some(answer) = self.answers.get(&question) {
            return Arc::clone(answer);
        }
        let mut hits = Vec::new();
        self.index.judge(ecosystem, name, version, &mut self.scratch, &mut |hit| {
            hits.push(hit.weakness);
        });
        let answer: Arc<[WeaknessRef]> = hits.into();
        self.answers.insert(question, Arc::clone(&answer));
        answer
    }

    /// A weakness and when it was published; `None` where nobody says when.
    fn dated(&mut self, at: WeaknessRef) -> Option<(Arc<Weakness>, Timestamp)> {
        if let Some(known) = self.weaknesses.get(&at) {
            return known.clone();
        }
        let weakness = self.index.weakness(at);
        let dated = weakness.and_then(|weakness| {
            let published = self.index.find(&weakness.id.0).and_then(|row| row.published);
            if published.is_none() {
                *self.undated.entry(Arc::clone(&weakness.id.0)).or_default() += 1;
            }
            Some((Arc::new(weakness), published?))
        });
        self.weaknesses.insert(at, dated.clone());
        dated
    }
}

/// One weakness at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Spot {
    locus: Locus,
    weakness: WeaknessRef,
}

struct Opened {
    since: Timestamp,
    weak: Weak,
}

/// Follows one asset through its states.
pub(super) struct Replay<'r> {
    asset: &'r Asset,
    standing: Standing,
    /// Whose a path is.
    team: &'r dyn Fn(&str) -> Arc<str>,
    open: BTreeMap<Spot, Opened>,
    counts: HashMap<Spot, u32>,
    spells: Vec<Spell>,
}

impl<'r> Replay<'r> {
    pub(super) fn new(
        asset: &'r Asset,
        standing: Standing,
        team: &'r dyn Fn(&str) -> Arc<str>,
    ) -> Self {
        Self {
            asset,
            standing,
            team,
            open: BTreeMap::new(),
            counts: HashMap::new(),
            spells: Vec::new(),
        }
    }

    /// From `at` on, what is weak at these loci is this and no more.
    ///
    /// Something that left one file and came into another at the same moment moved: it goes on.
    pub(super) fn state(
        &mut self,
        judge: &mut Judge<'_>,
        at: Timestamp,
        loci: &dyn Fn(&Locus) -> bool,
        weak: Vec<(Locus, Weak)>,
    ) {
        let mut now: BTreeMap<Spot, Weak> = BTreeMap::new();
        for (locus, weak) in weak {
            let spot = Spot { locus, weakness: weak.at };
            match now.get_mut(&spot) {
                // Of several copies: development only if all are, direct if any is.
                Some(known) => {
                    known.dev &= weak.dev;
                    known.direct = known.direct.max(weak.direct);
                }
                None => {
                    now.insert(spot, weak);
                }
            }
        }
        let gone: Vec<Spot> = self
            .open
            .keys()
            .filter(|spot| loci(&spot.locus) && !now.contains_key(spot))
            .cloned()
            .collect();
        let came: Vec<Spot> =
            now.keys().filter(|spot| !self.open.contains_key(spot)).cloned().collect();
        let mut left: BTreeMap<(WeaknessRef, Arc<str>), Timestamp> = BTreeMap::new();
        let arriving: Vec<(WeaknessRef, Arc<str>)> = came.iter().filter_map(moving).collect();
        for spot in gone {
            let Some(opened) = self.open.remove(&spot) else { continue };
            match moving(&spot).filter(|thing| arriving.contains(thing)) {
                Some(thing) => {
                    let since = left.entry(thing).or_insert(opened.since);
                    *since = opened.since.min(*since);
                }
                None => self.end(judge, &spot, &opened, at, End::Mended),
            }
        }
        for spot in came {
            let since = moving(&spot).and_then(|thing| left.get(&thing).copied()).unwrap_or(at);
            if let Some(weak) = now.get(&spot).cloned() {
                self.open.insert(spot, Opened { since, weak });
            }
        }
    }

    /// Everything up to now.
    pub(super) fn finish(mut self, judge: &mut Judge<'_>, now: Timestamp) -> Vec<Spell> {
        for (spot, opened) in std::mem::take(&mut self.open) {
            self.end(judge, &spot, &opened, now, End::Open);
        }
        self.spells
    }

    fn end(
        &mut self,
        judge: &mut Judge<'_>,
        spot: &Spot,
        opened: &Opened,
        to: Timestamp,
        end: End,
    ) {
        let Some((weakness, published)) = judge.dated(spot.weakness) else { return };
        let from = opened.since.max(published);
        if from >= to {
            return;
        }
        let number = self.counts.entry(spot.clone()).or_default();
        *number += 1;
        let number = *number;
        let profile = Arc::new(self.profile(spot, &opened.weak, &weakness));
        let spell = Spell { profile, from, entry: from, to, end, number, reconstructed: true };
        self.spells.push(spell);
    }

    fn profile(&self, spot: &Spot, weak: &Weak, weakness: &Weakness) -> Profile {
        let local = LocalKey::new(FindingKind::Package, &weakness.id, &spot.locus);
        Profile {
            key: Key::new(&self.asset.id, local),
            asset: self.asset.id.clone(),
            team: (self.team)(spot.locus.path().unwrap_or_default()),
            standing: self.standing,
            kind: FindingKind::Package,
            severity: severity::rated(weakness, None, Context::of(self.asset, weak.dev)).0,
            exploited: weakness.exploited,
            direct: weak.direct,
            dev: weak.dev,
            // What could have mended it on that day is not asked.
            fix: FixKind::None,
            weakness: weakness.id.clone(),
            aliases: weakness.aliases.clone(),
            subject: loci::subject(&weak.ecosystem, &weak.name),
        }
    }
}

/// What moves from file to file; packages of a system stand in none.
fn moving(spot: &Spot) -> Option<(WeaknessRef, Arc<str>)> {
    match &spot.locus {
        Locus::LanguagePackage { purl, .. } => Some((spot.weakness, Arc::clone(purl))),
        _ => None,
    }
}
