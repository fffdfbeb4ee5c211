//! Mending times of the past: old lockfiles and dpkg's log against the days on which advisories
//! were published.
//!
//! What comes out is told by what was installed and what is published *now*: nobody looked at the
//! time, advisories have changed since, and a package may have been weak unseen. It is marked
//! *reconstructed* wherever it is shown.

mod dpkg;
mod lockfiles;
mod replay;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_learn::words::{about, within};
use holdfast_learn::{End, Spell, Summary};
use holdfast_model::{Asset, Problem, Severity, Target, Timestamp};
use holdfast_world::World;
use serde::Serialize;

use crate::document::{ProblemRow, written};
use crate::failure::Failure;
use crate::sensors::{self, Folder};
use crate::services::{self, Inventory};
use crate::settings::{self, Settings};
use crate::{host, index_file};

use replay::Judge;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A folder; all of its repository's lockfiles below it count.
    pub path: PathBuf,
    /// Only what was open on or after this time.
    pub since: Option<Timestamp>,
}

/// `holdfast/history/1`.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Which document this is.
    pub schema: &'static str,
    /// When it was made, RFC 3339 in UTC.
    pub at: String,
    /// From when on, where that was asked.
    pub since: Option<String>,
    /// Always true: nobody looked at the time.
    pub reconstructed: bool,
    /// What was read.
    pub sources: Vec<SourceRow>,
    /// What it adds up to.
    pub summary: SummaryRow,
    /// Each spell, the newest first.
    pub spells: Vec<SpellRow>,
    /// Advisories that no record gives a date for: they are left out.
    pub undated: Vec<Arc<str>>,
    /// What could not be read.
    pub problems: Vec<ProblemRow>,
    /// The same with source lines, for people.
    #[serde(skip)]
    pub details: Vec<Problem>,
    /// The same for whoever counts.
    #[serde(skip)]
    pub learned: Vec<Spell>,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
}

/// Something that remembers.
#[derive(Debug, Clone, Serialize)]
pub struct SourceRow {
    /// `git` or `dpkg.log`.
    pub source: &'static str,
    /// Of which asset.
    pub asset: String,
    /// How many commits, or steps of a log.
    pub states: u64,
    /// How many files.
    pub files: u64,
    /// How far back it goes.
    pub from: Option<String>,
    /// Whether it goes further back than was read.
    pub cut: bool,
    /// States or lines that could not be read whole; they end nothing.
    pub unreadable: u64,
}

/// What spells add up to.
#[derive(Debug, Serialize)]
pub struct SummaryRow {
    /// How many.
    pub spells: u64,
    /// How many were mended.
    pub mended: u64,
    /// How many are open now.
    pub open: u64,
    /// Within how many days half was mended (Kaplan and Meier); `None` where that is not reached.
    pub median_days: Option<f64>,
    /// Its interval, log-log at 95 %.
    pub median_low: Option<f64>,
    /// Its interval.
    pub median_high: Option<f64>,
    /// The mean number of days within the first 90.
    pub mean_days_of_90: f64,
    /// The one number, as a sentence.
    pub half: String,
    /// The median with its interval, in words.
    pub median: String,
    /// The mean within the first 90 days, in words.
    pub mean: String,
    /// Why the plain mean of what was mended flatters, where it does.
    pub flattery: Option<String>,
}

/// From when until when something was open.
#[derive(Debug, Serialize)]
pub struct SpellRow {
    /// The asset.
    pub asset: String,
    /// The known problem.
    pub weakness: Arc<str>,
    /// The package.
    pub subject: Arc<str>,
    /// How soon it should have been mended.
    pub severity: Severity,
    /// Who answers for it.
    pub team: Arc<str>,
    /// From when.
    pub from: String,
    /// Until when.
    pub to: String,
    /// `mended` or `open`.
    pub end: &'static str,
    /// In days of 24 hours.
    pub days: f64,
    /// The same in words.
    pub took: String,
}

/// An asset whose past is told.
struct Source<'s> {
    folder: &'s Folder,
    asset: &'s Asset,
    /// Whose a path is.
    team: &'s dyn Fn(&str) -> Arc<str>,
}

/// Everything that could be told.
#[derive(Default)]
struct Past {
    spells: Vec<Spell>,
    sources: Vec<SourceRow>,
    undated: Vec<Arc<str>>,
    problems: Vec<Problem>,
}

/// Tells the past of a folder and of this machine.
///
/// # Errors
///
/// Where the path or the configuration cannot be used.
pub fn history(world: &World, data: &Path, options: &Options) -> Result<Told, Failure> {
    let now = world.clock.now();
    let folder = sensors::open(world, &options.path)?;
    let settings = settings::read(&folder.tree, None, &world.clock.zone())?;
    let (file, problems) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let (services, found) = services::read(world, data);
    let mut past = past(world, &folder, &settings, &services, &index);
    past.problems.splice(0..0, problems.into_iter().chain(found));
    if let Some(since) = options.since {
        past.spells = since_then(past.spells, since);
    }
    Ok(told(past, options, now, world.clock.now()))
}

/// The reconstructed spells of the folder that `world` stands in and of this machine, for the page
/// of mending times. Their keys are those of findings: of what the record looked at itself, it tells
/// more than this does.
pub fn reconstructed(world: &World, settings: &Settings, index: &Index<'_>) -> Vec<Spell> {
    match sensors::open(world, Path::new(".")) {
        Ok(folder) => past(world, &folder, settings, &Inventory::default(), index).spells,
        Err(_) => Vec::new(),
    }
}

fn past(
    world: &World,
    folder: &Folder,
    settings: &Settings,
    services: &Inventory,
    index: &Index<'_>,
) -> Past {
    let now = world.clock.now();
    let mut judge = Judge::new(index);
    let mut past = Past::default();
    past.problems.extend(folder.problems.iter().cloned());
    let mut here = sensors::identify(world, folder, &settings.config);
    services.complete(&mut here, &settings.config.asset);
    let owner = |path: &str| -> Arc<str> {
        let owners = settings.owners.as_ref();
        let team = owners.and_then(|owners| owners.team_for(path));
        match (&settings.config.asset.team, team) {
            (None, Some(team)) => team.into(),
            _ => here.team.as_str().into(),
        }
    };
    let source = Source { folder, asset: &here, team: &owner };
    past.add(lockfiles::replay(world, &source, &mut judge, now));
    let mut machine = host::identify(world, &Target::Local, &settings.config);
    services.complete(&mut machine, &settings.config.host.asset);
    let owner = |_: &str| -> Arc<str> { machine.team.as_str().into() };
    let source = Source { folder, asset: &machine, team: &owner };
    past.add(dpkg::replay(world, &source, &mut judge, now));
    past.undated = std::mem::take(&mut judge.undated).into_keys().collect();
    past.spells.sort_by(|a, b| (b.to, b.from, a.profile.key).cmp(&(a.to, a.from, b.profile.key)));
    past
}

impl Past {
    fn add(&mut self, (spells, row, problems): (Vec<Spell>, Option<SourceRow>, Vec<Problem>)) {
        self.spells.extend(spells);
        self.sources.extend(row);
        self.problems.extend(problems);
    }
}

/// Only what was open on that day or later. What was open before already enters late: those that
/// were mended before that day are not among them.
fn since_then(spells: Vec<Spell>, since: Timestamp) -> Vec<Spell> {
    let later = spells.into_iter().filter(|spell| spell.to > since);
    later
        .map(|mut spell| {
            spell.entry = spell.entry.max(since);
            spell
        })
        .collect()
}

fn in_scope(path: &str, scope: &str) -> bool {
    scope.is_empty()
        || path == scope
        || path.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'))
}

fn told(past: Past, options: &Options, started: Timestamp, now: Timestamp) -> Told {
    let summary = Summary::of(&past.spells, None, started);
    let whole = &summary.whole;
    let row = SummaryRow {
        spells: whole.spells as u64,
        mended: whole.mended as u64,
        open: whole.open as u64,
        median_days: whole.median.time,
        median_low: whole.median.low,
        median_high: whole.median.high,
        mean_days_of_90: whole.mean.mean,
        half: summary.half.sentence(),
        median: whole.median_in_words(),
        mean: about(whole.mean.mean),
        flattery: whole.flattery(),
    };
    let spells = past.spells.iter().map(|spell| SpellRow {
        asset: spell.profile.asset.to_string(),
        weakness: Arc::clone(&spell.profile.weakness.0),
        subject: Arc::clone(&spell.profile.subject),
        severity: spell.profile.severity,
        team: Arc::clone(&spell.profile.team),
        from: written(spell.from),
        to: written(spell.to),
        end: if spell.end == End::Mended { "mended" } else { "open" },
        days: spell.days(),
        took: within(spell.days()),
    });
    Told {
        schema: "holdfast/history/1",
        at: written(started),
        since: options.since.map(written),
        reconstructed: true,
        sources: past.sources,
        summary: row,
        spells: spells.collect(),
        undated: past.undated,
        problems: past.problems.iter().map(Into::into).collect(),
        details: past.problems,
        learned: past.spells,
        took_ms: now.0.saturating_sub(started.0),
    }
}
