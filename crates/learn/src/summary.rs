//! What the page of mending times shows: the one number, groups, ages of what is open, and why the
//! mean of what is closed flatters.
//!
//! Knows spells; must not know pages. Intervals are those of [`crate::survival`]: they take spells
//! as independent, so that they are too narrow where one team mends many things at one stroke.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use holdfast_model::{FindingKind, Timestamp};

use crate::spell::{End, Spell, days};
use crate::survival::{Curve, Estimate, Quantile, RestrictedMean};
use crate::words::{about, counted, within};

/// Where restricted means are cut, in days.
pub const HORIZON_DAYS: f64 = 90.0;

/// How old open things are, in whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ages {
    /// At most 7.
    pub week: usize,
    /// 8 to 30.
    pub month: usize,
    /// 31 to 90.
    pub quarter: usize,
    /// More than 90.
    pub older: usize,
}

impl Ages {
    /// The ages of what is open, with what the columns are called.
    pub fn rows(self) -> [(&'static str, usize); 4] {
        [
            ("up to 7 days", self.week),
            ("8 to 30 days", self.month),
            ("31 to 90 days", self.quarter),
            ("over 90 days", self.older),
        ]
    }

    fn add(&mut self, days: f64) {
        let slot = match days.floor() {
            d if d <= 7.0 => &mut self.week,
            d if d <= 30.0 => &mut self.month,
            d if d <= 90.0 => &mut self.quarter,
            _ => &mut self.older,
        };
        *slot += 1;
    }
}

/// The mending times of some spells.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// A team or a kind; empty for everything.
    pub name: String,
    /// How many spells.
    pub spells: usize,
    /// How many of them ended mended.
    pub mended: usize,
    /// How many are open now.
    pub open: usize,
    /// How many are told by old lockfiles and logs.
    pub reconstructed: usize,
    /// The curve of what is not mended yet, over days.
    pub curve: Curve,
    /// Within how many days half is mended.
    pub median: Quantile,
    /// The mean number of days within the first [`HORIZON_DAYS`].
    pub mean: RestrictedMean,
    /// The share that is mended within the wanted time, where one is wanted.
    pub in_time: Option<Estimate>,
    /// How old what is open is.
    pub ages: Ages,
    /// The plain mean of what was mended, in days. It flatters.
    pub closed_mean: Option<f64>,
}

impl Group {
    /// Counts some spells. `wanted_days`: the goal's time, if there is one.
    pub fn of<'s>(
        name: &str,
        spells: impl Iterator<Item = &'s Spell>,
        wanted_days: Option<f64>,
        now: Timestamp,
    ) -> Self {
        let spells: Vec<&Spell> = spells.collect();
        let curve = Curve::of(spells.iter().map(|spell| spell.time()));
        let took: Vec<f64> =
            spells.iter().filter(|one| one.mended()).map(|one| one.days()).collect();
        let mut ages = Ages::default();
        let mut open = 0;
        for one in spells.iter().filter(|one| one.end == End::Open) {
            ages.add(days(one.from, now));
            open += 1;
        }
        Self {
            name: name.to_owned(),
            spells: spells.len(),
            mended: took.len(),
            open,
            reconstructed: spells.iter().filter(|one| one.reconstructed).count(),
            median: curve.median(),
            mean: curve.restricted_mean(HORIZON_DAYS),
            in_time: wanted_days.map(|wanted| curve.left_after(wanted).rest()),
            ages,
            closed_mean: mean(&took),
            curve,
        }
    }

    /// Within how many days half is mended, in words.
    pub fn median_in_words(&self) -> String {
        match self.median {
            Quantile { time: None, .. } => "not reached".to_owned(),
            Quantile { time: Some(time), low, high } => {
                let low = low.map_or_else(|| "not known".to_owned(), about);
                let high = high.map_or_else(|| "not known".to_owned(), within);
                format!("{} ({low} to {high})", within(time))
            }
        }
    }

    /// Why the plain mean of what was mended flatters; `None` where nothing was mended, or where
    /// nothing is open and it does not.
    pub fn flattery(&self) -> Option<String> {
        let mean = self.closed_mean.filter(|_| self.open > 0)?;
        let what = match self.mended {
            1 => "The one that is mended took".to_owned(),
            more => format!("The {more} that are mended took on average"),
        };
        let open = match self.open {
            1 => "the one that is still open".to_owned(),
            more => format!("the {more} that are still open"),
        };
        let counted = match self.median.time {
            Some(time) => format!("half is mended within {}", within(time)),
            None => "less than half is mended so far".to_owned(),
        };
        Some(format!(
            "{what} {}. That leaves out {open}, and what takes longest is still open: counting \
             them, {counted}.",
            about(mean)
        ))
    }
}

/// The mending times of everything, by team and by kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The one number.
    pub half: Half,
    /// Everything.
    pub whole: Group,
    /// Each team, by name.
    pub by_team: Vec<Group>,
    /// Each kind that occurs, in the order of the documents.
    pub by_kind: Vec<Group>,
}

impl Summary {
    /// Counts everything. `wanted_days`: the goal's time, if there is one.
    pub fn of(spells: &[Spell], wanted_days: Option<f64>, now: Timestamp) -> Self {
        let mut teams: BTreeMap<&str, Vec<&Spell>> = BTreeMap::new();
        let mut kinds: BTreeMap<FindingKind, Vec<&Spell>> = BTreeMap::new();
        for spell in spells {
            teams.entry(&spell.profile.team).or_default().push(spell);
            kinds.entry(spell.profile.kind).or_default().push(spell);
        }
        let group =
            |name: &str, spells: Vec<&Spell>| Group::of(name, spells.into_iter(), wanted_days, now);
        Self {
            half: half_mended(spells),
            whole: Group::of("", spells.iter(), wanted_days, now),
            by_team: teams.into_iter().map(|(team, spells)| group(team, spells)).collect(),
            by_kind: kinds.into_iter().map(|(kind, spells)| group(kind.word(), spells)).collect(),
        }
    }
}

/// Within how many days half of what is urgent is mended.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Half {
    /// In days; `time` is `None` where it is not reached.
    pub days: Quantile,
    /// Of how many spells.
    pub of: usize,
    /// How many of them were mended.
    pub mended: usize,
}

/// Within how many days half of everything that should be mended soon or now is mended, counting
/// what is still open: the one number.
pub fn half_mended(spells: &[Spell]) -> Half {
    let urgent = spells.iter().filter(|spell| spell.profile.is_urgent());
    let curve = Curve::of(urgent.map(Spell::time));
    Half { days: curve.median(), of: curve.count(), mended: curve.events() }
}

impl Half {
    /// The number as a sentence.
    pub fn sentence(&self) -> String {
        match self.days.time {
            Some(days) => format!("Half of everything urgent is mended within {}.", within(days)),
            None if self.of == 0 => "Nothing urgent was found so far.".to_owned(),
            None => format!(
                "Less than half of everything urgent is mended so far: {} of {}.",
                self.mended,
                counted(self.of, "finding")
            ),
        }
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    let count = u32::try_from(values.len()).ok().filter(|count| *count > 0)?;
    Some(values.iter().sum::<f64>() / f64::from(count))
}
