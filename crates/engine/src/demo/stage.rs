//! The days of the demonstration, one after the other: what changes, who looks, who acts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use holdfast_events::Rules;
use holdfast_model::{Digest, Problem, Target, Timestamp};
use holdfast_store::{Store, StoreOptions};
use holdfast_world::{FixedClock, Run, World};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Options;
use super::far::Far;
use super::feed::Records;
use super::hand::{Hand, put};
use super::logs::{Batch, Line, everyday, told};
use super::machine::LIST;
use super::report::{self, FILE};
use super::sites::{Flaw, LAST_DAY, SITES, Site};
use super::story::{Act, LOGS, Plugin, REPORTS, STORY, When};
use crate::controls::Controls;
use crate::cycle::{self, Gathered};
use crate::failure::Failure;
use crate::holder::Holder;
use crate::import::import_into;
use crate::services::Inventory;
use crate::{event_rules, host, hosts, import, index_file, record, sensors, settings};

const MINUTE: i64 = 60_000;
/// Every asset is looked at once a week, and whenever something of it changed.
const WEEK: usize = 7;

/// Which time a day of the story is.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub(super) now: Timestamp,
    zone: TimeZone,
    today: Date,
}

impl Calendar {
    fn new(now: Timestamp, zone: &TimeZone) -> Result<Self, Problem> {
        let here = jiff::Timestamp::from_millisecond(now.0)
            .map_err(|error| Problem::new("bad-time", format!("this is no time: {error}")))?;
        Ok(Self { now, zone: zone.clone(), today: here.to_zoned(zone.clone()).date() })
    }

    /// The date of a day, also of one to come.
    pub(super) fn date(&self, day: u16) -> Date {
        let days = i64::from(day) - i64::from(LAST_DAY);
        self.today.checked_add(jiff::Span::new().days(days)).unwrap_or(self.today)
    }

    /// A time that is not after the end.
    fn at(&self, when: When) -> Timestamp {
        let at = match when {
            When::Before(minutes) => self.now.0 - i64::from(minutes) * MINUTE,
            When::At(day, hour, minute) => self
                .date(day)
                .at(hour, minute, 0, 0)
                .to_zoned(self.zone.clone())
                .map_or(self.now.0, |zoned| zoned.timestamp().as_millisecond()),
        };
        Timestamp(at.min(self.now.0))
    }
}

/// A host with its repository, and what was last written there.
pub(super) struct Bench {
    pub(super) site: &'static Site,
    pub(super) world: World,
    pub(super) hand: Arc<Hand>,
    written: BTreeMap<String, Option<String>>,
    pub(super) holder: Option<Arc<Holder>>,
}

impl Bench {
    fn new(site: &'static Site, clock: &Arc<FixedClock>, seed: u64) -> Self {
        let recorded = site.recorded().here(site.here()).clock(Arc::clone(clock)).seed(seed);
        let mut world = World::recorded(recorded);
        let hand = Arc::new(Hand::over(Arc::clone(&world.run), Arc::clone(&world.files)));
        world.run = Arc::<Hand>::clone(&hand) as Arc<dyn Run>;
        Self { site, world, hand, written: BTreeMap::new(), holder: None }
    }

    /// Writes what differs from the day before; of what anything does.
    fn settle(&mut self, day: u16, seed: u64, calendar: &Calendar) -> Result<Parts, Problem> {
        let by = calendar.date(LAST_DAY + 40);
        let tree = self.site.tree(day, by, &|day| calendar.date(day));
        Ok(Parts { host: self.write(self.site.on(day, seed), day)?, tree: self.write(tree, day)? })
    }

    fn write(&mut self, files: Vec<(String, Option<String>)>, day: u16) -> Result<bool, Problem> {
        let mut changed = false;
        for (path, text) in files {
            let same = self.written.get(&path).is_some_and(|before| *before == text);
            // Package lists are fetched each night, whatever stands in them.
            let fetched = path == LIST && !self.site.has(Flaw::OldLists, day);
            if same && !fetched {
                continue;
            }
            put(self.world.files.as_ref(), &path, text.as_deref()).map_err(|error| {
                Problem::new("cannot-write", format!("`{path}` cannot be written: {error}"))
            })?;
            changed |= !same;
            self.written.insert(path, text);
        }
        Ok(changed)
    }
}

/// A host, its repository, both or neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) host: bool,
    pub(super) tree: bool,
}

impl Parts {
    pub(super) const BOTH: Self = Self { host: true, tree: true };

    pub(super) fn or(self, other: Self) -> Self {
        Self { host: self.host || other.host, tree: self.tree || other.tree }
    }

    fn any(self) -> bool {
        self.host || self.tree
    }
}

/// Something that is due.
enum Due {
    /// A morning: what changed over night, and looks.
    Day(u16),
    /// Somebody does something.
    Act(&'static str, &'static Act),
    /// Lines come in.
    Logs(Vec<(Timestamp, Line)>),
    /// The scanner reports of a host.
    Report(&'static str, &'static [Plugin]),
}

/// Everything.
pub(super) struct Stage {
    pub(super) clock: Arc<FixedClock>,
    pub(super) calendar: Calendar,
    pub(super) benches: Vec<Bench>,
    /// Hosts that are looked at by schedule, once somebody added them.
    pub(super) far: Vec<Far>,
    pub(super) added: bool,
    /// Plans of the story: on which bench, and which.
    pub(super) plans: BTreeMap<&'static str, (usize, Digest)>,
    seed: u64,
    records: Records,
    controls: Arc<Controls>,
    rules: Rules,
}

impl Stage {
    pub(super) fn new(data: &Path, options: &Options) -> Result<Self, Failure> {
        let calendar = Calendar::new(options.now, &options.zone)?;
        let begun = calendar.at(When::At(0, 5, 0));
        let clock = Arc::new(FixedClock::at(begun).in_zone(options.zone.clone()));
        let benches = SITES.iter().zip(1_u64..).map(|(site, nth)| {
            // Each host has random numbers of its own.
            Bench::new(site, &clock, options.seed.wrapping_mul(1_000).wrapping_add(nth))
        });
        let mut stage = Self {
            benches: benches.collect(),
            far: Far::all(&clock, options.seed)?,
            added: false,
            plans: BTreeMap::new(),
            seed: options.seed,
            records: Records::read(),
            controls: Arc::new(Controls::read(None)),
            rules: Rules::default(),
            clock,
            calendar,
        };
        stage.publish(data, 0)?;
        if let Some(bench) = stage.benches.first() {
            let folder = sensors::open(&bench.world, Path::new("."))?;
            let (rules, problems) = event_rules::read(&bench.world, Some(&folder.tree), None)?;
            stage.rules = rules;
            if let Some(problem) = problems.into_iter().next() {
                return Err(Failure::Ours(problem));
            }
        }
        Ok(stage)
    }

    /// Plays all days.
    pub(super) async fn play(&mut self, data: &Path) -> Result<(), Failure> {
        let Some(first) = self.benches.first() else { return Ok(()) };
        let store = record::holder(&first.world, data, StoreOptions::default()).await?;
        let store = Arc::new(store);
        for (at, due) in self.agenda() {
            self.clock.set(at);
            match due {
                Due::Day(day) => self.day(&store, data, day, at).await?,
                Due::Act(who, act) => self.act(&store, data, who, act).await?,
                Due::Report(host, plugins) => self.report(&store, data, host, plugins, at).await?,
                Due::Logs(lines) => {
                    let batch = Batch::of(lines.iter().map(|(at, line)| (*at, line)));
                    let Some(first) = self.benches.first() else { continue };
                    batch.take(&first.world, &store, &self.rules).await?;
                }
            }
        }
        self.clock.set(self.calendar.now);
        for bench in &mut self.benches {
            bench.holder = None;
        }
        match Arc::try_unwrap(store) {
            Ok(store) => store.close().await.map_err(|error| record::ours(&error)),
            Err(_) => Ok(()),
        }
    }

    /// Everything that is due, in order.
    fn agenda(&self) -> Vec<(Timestamp, Due)> {
        let calendar = &self.calendar;
        let mut due: Vec<(Timestamp, Due)> = Vec::new();
        for day in 0..=LAST_DAY {
            let morning = calendar.at(When::At(day, 5, 30));
            let last = calendar.at(When::Before(25));
            due.push((if day == LAST_DAY { last } else { morning.min(last) }, Due::Day(day)));
        }
        due.extend(STORY.iter().map(|(when, who, act)| (calendar.at(*when), Due::Act(who, act))));
        for (when, host, plugins) in REPORTS {
            due.push((calendar.at(*when), Due::Report(host, plugins)));
        }
        for (when, logged) in LOGS {
            let at = calendar.at(*when);
            due.push((at, Due::Logs(vec![(at, told(at, logged))])));
        }
        let mut lines = everyday(calendar.now, &calendar.zone);
        lines.sort_by_key(|(at, _)| *at);
        let mut hours: BTreeMap<i64, Vec<(Timestamp, Line)>> = BTreeMap::new();
        for (at, line) in lines {
            hours.entry(at.0.div_euclid(60 * MINUTE)).or_default().push((at, line));
        }
        due.extend(hours.into_values().filter_map(|lines| {
            let at = lines.last()?.0;
            Some((at, Due::Logs(lines)))
        }));
        due.sort_by_key(|(at, _)| *at);
        due
    }

    /// Gives every host the feeds of a day.
    fn publish(&self, data: &Path, day: u16) -> Result<(), Failure> {
        use holdfast_world::Clock as _;
        let index = self.records.on(day, self.clock.now())?;
        for bench in &self.benches {
            let written = bench.world.files.make_folder(data).and_then(|()| {
                bench.world.files.write_atomic(Path::new("/"), &index_file::path(data), &index)
            });
            written.map_err(|error| {
                Problem::new("cannot-write", format!("the feeds cannot be kept: {error}"))
            })?;
        }
        Ok(())
    }

    async fn day(
        &mut self,
        store: &Store,
        data: &Path,
        day: u16,
        morning: Timestamp,
    ) -> Result<(), Failure> {
        let news = self.records.news(day);
        if news.any() {
            self.publish(data, day)?;
        }
        for at in 0..self.benches.len() {
            self.clock.set(Timestamp(morning.0 + i64::try_from(at).unwrap_or(0) * 2 * MINUTE));
            let Some(bench) = self.benches.get_mut(at) else { continue };
            let mut due = bench.settle(day, self.seed, &self.calendar)?.or(news);
            if (usize::from(day) + at) % WEEK == 0 || day == LAST_DAY {
                due = Parts::BOTH;
            }
            if due.any() {
                let bench = self.benches.get(at);
                self.look(store, data, bench, due).await?;
            }
        }
        self.look_far(store, data, day, morning).await
    }

    /// Looks at the hosts that are looked at by schedule, each once a week.
    async fn look_far(
        &self,
        store: &Store,
        data: &Path,
        day: u16,
        morning: Timestamp,
    ) -> Result<(), Failure> {
        let Some(Bench { world, .. }) = self.benches.first().filter(|_| self.added) else {
            return Ok(());
        };
        // After the others, a minute apart.
        for (far, at) in self.far.iter().zip(2 * self.benches.len()..) {
            if (usize::from(day) + at) % WEEK != 0 && day != LAST_DAY {
                continue;
            }
            self.clock.set(Timestamp(morning.0 + i64::try_from(at).unwrap_or(0) * MINUTE));
            far.settle(day, self.seed)?;
            let mut gathered = self.gathered(world, data)?;
            let seen = far.look(&gathered);
            let (report, ..) = hosts::record_one(world, store, &mut gathered, seen).await??;
            if let Some(problem) = report.details.into_iter().next() {
                return Err(Failure::Ours(problem));
            }
        }
        Ok(())
    }

    /// Brings in what the scanner says of a host.
    async fn report(
        &self,
        store: &Store,
        data: &Path,
        host: &str,
        plugins: &[Plugin],
        at: Timestamp,
    ) -> Result<(), Failure> {
        let bench = self.benches.iter().find(|bench| bench.site.host == host);
        let Some(Bench { site, world, .. }) = bench else { return Ok(()) };
        let text = report::nessus(site, at, plugins);
        put(world.files.as_ref(), FILE, Some(&text)).map_err(|error| {
            Problem::new("cannot-write", format!("`{FILE}` cannot be written: {error}"))
        })?;
        let asked = import::Options { files: vec![FILE.to_owned()], ..import::Options::default() };
        let imported = import_into(world, data, Some(store), &world.host.user, &asked).await?;
        match imported.details.into_iter().next() {
            Some(problem) => Err(Failure::Ours(problem)),
            None => Ok(()),
        }
    }

    /// Everything that looks are judged by, as of now; no look yet.
    fn gathered(&self, world: &World, data: &Path) -> Result<Gathered, Failure> {
        let folder = sensors::open(world, Path::new("."))?;
        let settings = settings::read(&folder.tree, None, &world.clock.zone())?;
        let (file, problems) = index_file::open(world, data);
        Ok(Gathered {
            folder,
            settings,
            controls: Arc::clone(&self.controls),
            file,
            problems,
            looks: Vec::new(),
            logs: None,
            services: Inventory::default(),
        })
    }

    /// Looks at a host, its repository or both, and records what was seen.
    async fn look(
        &self,
        store: &Store,
        data: &Path,
        bench: Option<&Bench>,
        due: Parts,
    ) -> Result<(), Failure> {
        use holdfast_world::Clock as _;
        let Some(Bench { world, .. }) = bench else { return Ok(()) };
        let mut gathered = self.gathered(world, data)?;
        let (folder, settings) = (&gathered.folder, &gathered.settings);
        let mut looks = Vec::new();
        if due.host {
            let config = &settings.config;
            looks.push(host::look_at(world, &Target::Local, &self.controls, config)?);
        }
        if due.tree {
            looks.push(sensors::look_at_folder(world, folder, settings)?);
        }
        gathered.looks = looks;
        let (report, _) = cycle::record_all(world, store, &gathered, self.clock.now()).await?;
        // A world that cannot be read as it was meant is a fault of the tables.
        match report.details.into_iter().next() {
            Some(problem) => Err(Failure::Ours(problem)),
            None => Ok(()),
        }
    }
}
