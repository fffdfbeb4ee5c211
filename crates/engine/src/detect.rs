//! Rules over logs: which records they speak of, and what of it was announced. Records nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_events::{Happened, RuleIndex, Rules, announce};
use holdfast_model::{Alert, Announcement, Logged, Place, Problem, Record, Severity, Timestamp};
use holdfast_sense::event::{self, LogReader, LogStream, Oddities};
use holdfast_store::EventRecord;
use holdfast_world::{Kind, Listed, ReadError, Root, World};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::document::{PlaceRow, ProblemRow};
use crate::event_rules;
use crate::failure::Failure;
use crate::gather::Tree;
use crate::sensors;

/// The beginning of a log by which its kind is told, in bytes.
const HEAD: usize = 4096;
/// How many folders deep logs are looked for.
const DEEPEST: usize = 16;
/// How many problems are told one by one; the others are counted.
const MOST_PROBLEMS: usize = 100;

/// What is asked.
#[derive(Debug)]
pub struct Options<'a> {
    /// Files, folders, or `-` for standard input.
    pub paths: &'a [String],
    /// A folder or file of further rules.
    pub rules: Option<&'a Path>,
    /// Whether only those are asked.
    pub only_given: bool,
    /// What people said beforehand.
    pub announcements: &'a [Announcement],
}

/// `holdfast/detect/1`.
#[derive(Debug, Serialize)]
pub struct Detected {
    /// Which document this is.
    pub schema: &'static str,
    /// How many records were looked at.
    pub records: Counts,
    /// Every rule that was asked, by id.
    pub rules: Vec<RuleRow>,
    /// By the time of their events.
    pub alerts: Vec<AlertRow>,
    /// What could not be read.
    pub problems: Vec<ProblemRow>,
    /// The same with source lines, for people.
    #[serde(skip)]
    pub details: Vec<Problem>,
}

/// Numbers of records. `read` counts all of them, refused ones too.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Seen.
    pub read: u64,
    /// Of which a rule speaks.
    pub matched: u64,
    /// That are no records, or cannot be read.
    pub refused: u64,
}

/// A rule.
#[derive(Debug, Serialize)]
pub struct RuleRow {
    /// Its id.
    pub id: Arc<str>,
    /// Its title.
    pub title: String,
    /// How many records it matched.
    pub hits: u64,
}

/// An alert.
#[derive(Debug, Clone, Serialize)]
pub struct AlertRow {
    /// The rule.
    pub rule: Arc<str>,
    /// Its title.
    pub title: String,
    /// How soon somebody should look.
    pub severity: Severity,
    /// When it happened, RFC 3339 in UTC.
    pub time: String,
    /// Who.
    pub actor: Arc<str>,
    /// What.
    pub action: Arc<str>,
    /// On what.
    pub target: Vec<Arc<str>>,
    /// Where it was read.
    pub place: PlaceRow,
    /// The announcement that covers it.
    pub expected_by: Option<Arc<str>>,
    /// Why one that is like it does not; else empty.
    pub although: String,
}

impl From<&Alert> for AlertRow {
    fn from(alert: &Alert) -> Self {
        let event = &alert.event;
        Self {
            rule: Arc::clone(&alert.rule),
            title: alert.title.clone(),
            severity: alert.severity,
            time: event.at.to_string(),
            actor: Arc::clone(&event.actor.name),
            action: Arc::clone(&event.action),
            target: event.targets.clone(),
            place: (&event.place).into(),
            expected_by: alert.expected_by.clone(),
            although: alert.although.clone(),
        }
    }
}

/// Reads logs through the rules.
///
/// # Errors
///
/// Where a path or the rules that were named cannot be used.
pub fn detect(world: &World, options: &Options<'_>) -> Result<Detected, Failure> {
    let folder = sensors::open(world, Path::new("."))?;
    let own: Option<&dyn Tree> = (!options.only_given).then_some(&folder.tree);
    let (rules, problems) = event_rules::read(world, own, options.rules)?;
    let mut scan = Scan::new(world, &rules, problems);
    for path in options.paths {
        if path == "-" {
            scan.input(world)?;
        } else {
            scan.path(world, path)?;
        }
    }
    Ok(scan.finish(options.announcements))
}

/// Records going by rules.
pub(crate) struct Scan<'r> {
    rules: &'r Rules,
    evaluator: holdfast_events::Evaluator<'r>,
    zone: TimeZone,
    now: Timestamp,
    /// The log that is being read, and what is odd about it.
    log: Arc<str>,
    odd: Oddities,
    hits: Vec<RuleIndex>,
    counts: Counts,
    /// Hits by rule.
    by_rule: BTreeMap<RuleIndex, u64>,
    alerts: Vec<Alert>,
    /// Everything from this time on, where that is wanted too.
    kept: Option<(Timestamp, Vec<EventRecord>)>,
    problems: Vec<Problem>,
    left_out: u64,
}

impl<'r> Scan<'r> {
    pub(crate) fn new(world: &World, rules: &'r Rules, problems: Vec<Problem>) -> Self {
        let now = world.clock.now();
        Self {
            rules,
            evaluator: rules.evaluator(),
            zone: world.clock.zone(),
            now,
            log: "".into(),
            odd: Oddities::new(now),
            hits: Vec::new(),
            counts: Counts::default(),
            by_rule: BTreeMap::new(),
            alerts: Vec::new(),
            kept: None,
            problems,
            left_out: 0,
        }
    }

    /// Keeps every event from this time on, and no alert of an earlier one.
    pub(crate) fn keep_from(mut self, since: Timestamp) -> Self {
        self.kept = Some((since, Vec::new()));
        self
    }

    /// The events that were kept, by time, with their records.
    pub(crate) fn events(&mut self) -> Vec<EventRecord> {
        let mut kept = self.kept.take().map(|(_, kept)| kept).unwrap_or_default();
        kept.sort_by(|a, b| (a.event.at, &a.event.id).cmp(&(b.event.at, &b.event.id)));
        kept.dedup_by(|a, b| a.event.id == b.event.id);
        kept
    }

    /// A file, or every file of a folder that is a log by its name or content.
    fn path(&mut self, world: &World, path: &str) -> Result<(), Failure> {
        let root = Root::machine(Arc::clone(&world.files));
        let whole = world.here.join(path);
        match root.list(&whole) {
            Ok(entries) => self.folder(&root, &whole, path, (&entries, 0), None),
            Err(_) => self.file(&root, &whole, path, true),
        }
    }

    /// Every log in a folder and below, as the trails of clouds are kept by account, region and day;
    /// only those that were changed since then.
    pub(crate) fn folder(
        &mut self,
        root: &Root,
        whole: &Path,
        path: &str,
        (entries, depth): (&[Listed], usize),
        since: Option<Timestamp>,
    ) -> Result<(), Failure> {
        for entry in entries {
            let name = entry.name.to_string_lossy();
            let (whole, path) =
                (whole.join(&entry.name), format!("{}/{name}", path.trim_end_matches('/')));
            if entry.kind == Kind::Folder && depth < DEEPEST {
                match root.list(&whole) {
                    Ok(entries) => {
                        self.folder(root, &whole, &path, (&entries, depth + 1), since)?;
                    }
                    Err(error) => self.problem(cannot(&path, &error)),
                }
                continue;
            }
            let Ok(found) = root.metadata(&whole) else { continue };
            if found.kind == Kind::File && since.is_none_or(|since| found.modified >= since) {
                self.file(root, &whole, &path, false)?;
            }
        }
        Ok(())
    }

    /// One log. What was named has to be one.
    pub(crate) fn file(
        &mut self,
        root: &Root,
        whole: &Path,
        path: &str,
        named: bool,
    ) -> Result<(), Failure> {
        let head = match root.head(whole, HEAD) {
            Ok(head) => head,
            Err(error) if named => return Err(cannot(path, &error).help("name a log file").into()),
            Err(error) => {
                self.problem(cannot(path, &error));
                return Ok(());
            }
        };
        let Some(reader) = reader_for(path, &head) else {
            if named {
                let problem = Problem::new("log-unknown", format!("`{path}` is no known log"));
                let help = "known are CloudTrail, the journal as JSON, auth.log, and the logs of \
                            apt and dpkg";
                self.problem(problem.help(help));
            }
            return Ok(());
        };
        // Lines without a year were written before the file was last changed.
        let written = root.metadata(whole).map_or(Timestamp(0), |found| found.modified);
        let mut log = event::unpacking(reader.start_at(written, &self.zone));
        let shown: Arc<str> = path.into();
        let read = root.pieces(whole, &mut |piece| {
            log.push(piece, false, &mut |logged| self.take(logged, &shown));
        });
        log.push(&[], true, &mut |logged| self.take(logged, &shown));
        if let Err(error) = read {
            self.problem(cannot(path, &error));
        }
        Ok(())
    }

    fn input(&mut self, world: &World) -> Result<(), Failure> {
        let shown: Arc<str> = "standard input".into();
        let now = world.clock.now();
        let mut head = Vec::new();
        let mut log: Option<Box<dyn LogStream>> = None;
        let zone = self.zone.clone();
        let start = |head: &[u8]| {
            // What nobody recognises may still be records, which are refused one by one.
            let reader = reader_for("", head).unwrap_or(event::log_readers().first().copied()?);
            Some(event::unpacking(reader.start_at(now, &zone)))
        };
        world.standard_input(&mut |piece| {
            if log.is_none() {
                head.extend_from_slice(piece);
                if head.len() < HEAD {
                    return;
                }
                log = start(&head);
                if let Some(log) = &mut log {
                    log.push(&head, false, &mut |logged| self.take(logged, &shown));
                }
            } else if let Some(log) = &mut log {
                log.push(piece, false, &mut |logged| self.take(logged, &shown));
            }
        })?;
        if log.is_none() && !head.is_empty() {
            log = start(&head);
            if let Some(log) = &mut log {
                log.push(&head, false, &mut |logged| self.take(logged, &shown));
            }
        }
        if let Some(log) = &mut log {
            log.push(&[], true, &mut |logged| self.take(logged, &shown));
        }
        Ok(())
    }

    pub(crate) fn take(&mut self, logged: Logged<'_>, path: &Arc<str>) {
        if !Arc::ptr_eq(&self.log, path) {
            self.tell_oddities();
            self.log = Arc::clone(path);
        }
        match logged {
            Logged::Record(record) => {
                self.counts.read += 1;
                self.record(&record, path);
            }
            Logged::Refused(problem) => {
                self.counts.read += 1;
                self.counts.refused += 1;
                self.problem(placed(problem, path));
            }
            Logged::Partial(problem) => self.problem(placed(problem, path)),
            Logged::Odd(problem) => self.odd.repeated(placed(problem, path)),
        }
    }

    /// What was odd about the log that was read; another one may begin.
    fn tell_oddities(&mut self) {
        let odd = std::mem::replace(&mut self.odd, Oddities::new(self.now));
        for problem in odd.finish() {
            self.problem(problem);
        }
    }

    fn record(&mut self, record: &Record<'_>, path: &Arc<str>) {
        if let Err(problem) = self.evaluator.evaluate(record, &mut self.hits) {
            self.counts.refused += 1;
            self.problem(placed(problem, path));
            return;
        }
        // A time line of everything that programs asked of a cloud would tell nobody anything.
        if self.hits.is_empty() && (self.kept.is_none() || event::only_reads(record)) {
            return;
        }
        self.counts.matched += u64::from(!self.hits.is_empty());
        let event = match event::normalise(record, path, &mut self.odd) {
            Ok(event) => event,
            Err(problem) => {
                // What no rule speaks of may be a line that tells of nobody.
                if !self.hits.is_empty() {
                    self.problem(problem);
                    self.count_hits();
                }
                return;
            }
        };
        self.count_hits();
        if let Some((since, kept)) = &mut self.kept {
            if event.at < *since {
                return;
            }
            // Not the line itself: commands stand in it with their secrets.
            kept.push(EventRecord { event: event.clone(), raw: String::new() });
        }
        for at in 0..self.hits.len() {
            let rule = self.hits.get(at).and_then(|index| self.rules.get(*index));
            let alert = rule.and_then(|rule| rule.alert(event.clone(), &self.zone));
            self.alerts.extend(alert);
        }
    }

    fn count_hits(&mut self) {
        for index in &self.hits {
            *self.by_rule.entry(*index).or_default() += 1;
        }
    }

    pub(crate) fn problem(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.left_out += 1;
        }
    }

    /// Every alert once, by the time of its event.
    pub(crate) fn alerts(&mut self) -> Vec<Alert> {
        let mut alerts = std::mem::take(&mut self.alerts);
        alerts.sort_by(|a, b| (a.event.at, &a.event.id).cmp(&(b.event.at, &b.event.id)));
        let mut seen = BTreeSet::new();
        alerts.retain(|alert| seen.insert((Arc::clone(&alert.rule), Arc::clone(&alert.event.id))));
        alerts
    }

    /// What went wrong, with one line for what is only counted.
    pub(crate) fn problems(&mut self) -> Vec<Problem> {
        self.tell_oddities();
        let mut problems = std::mem::take(&mut self.problems);
        if self.left_out > 0 {
            let message = format!("{} more records could not be read", self.left_out);
            problems.push(Problem::new("records-refused", message).help("mend the first ones"));
        }
        problems
    }

    fn finish(mut self, announcements: &[Announcement]) -> Detected {
        let alerts = self.alerts();
        let alerts = announce::step(announcements, &mut Happened::default(), alerts);
        let mut rules: Vec<RuleRow> = self
            .rules
            .iter()
            .map(|(index, rule)| RuleRow {
                id: Arc::clone(&rule.id),
                title: rule.title.clone(),
                hits: self.by_rule.get(&index).copied().unwrap_or_default(),
            })
            .collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let details = self.problems();
        Detected {
            schema: "holdfast/detect/1",
            records: self.counts,
            rules,
            alerts: alerts.iter().map(Into::into).collect(),
            problems: details.iter().map(Into::into).collect(),
            details,
        }
    }
}

/// The reader of a log, by its name and its beginning, packed or not.
fn reader_for(path: &str, head: &[u8]) -> Option<&'static dyn LogReader> {
    if !event::is_gzip(head) {
        return event::log_reader_for(path, head);
    }
    let unpacked = event::unpacked_head(head, HEAD);
    event::log_reader_for(path, &unpacked)
}

fn cannot(path: &str, error: &ReadError) -> Problem {
    Problem::new("cannot-read", format!("`{path}` cannot be read: {error}"))
}

fn placed(mut problem: Problem, path: &Arc<str>) -> Problem {
    match &mut problem.place {
        Some(place) => place.path = Arc::clone(path),
        None => problem.place = Some(Place::start_of(Arc::clone(path))),
    }
    problem
}
