//! The loop: look at this machine and this folder, judge, record, and say what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_advisories::distribution::canonical;
use holdfast_decide::{Gaps, severity, verdict};
use holdfast_findings::accept;
use holdfast_findings::{Batch, Scope, StepOut, Unread, locus, step};
use holdfast_model::{
    Acceptance, AssetId, Component, Do, Finding, FindingKind, Key, Known, LocalKey, Observation,
    Origin, Place, Problem, Target, Timestamp, Transition, Verdict,
};
use holdfast_store::{Decided, LookCommit, Store, StoreOptions};
use holdfast_world::World;

use crate::assess::{self, Against, Assessment, assess, decide};
use crate::channels;
use crate::check::{against_row, asset_row, is_current};
use crate::controls::Controls;
use crate::document::{FindingRow, NotAssessedRow, Report, written};
use crate::event_rules;
use crate::events::{self, Taken};
use crate::failure::Failure;
use crate::fleet::{self, Fleet};
use crate::holder::retain;
use crate::index_file::{self, IndexFile};
use crate::lineage;
use crate::look::Look;
use crate::record;
use crate::renew;
use crate::sensors::{self, Folder};
use crate::services::{self, Inventory};
use crate::settings::{self, Chosen, Settings};
use crate::{host, hosts};

/// So many messages are told by one look that ends; the rest is told by the next.
const MOST_TOLD: usize = 200;

/// What a cycle is asked.
#[derive(Clone, Default)]
pub struct Options {
    /// The appetite named on the command line.
    pub appetite: Option<Chosen>,
    /// How many hosts are looked at at the same time, where the settings are not to say it.
    pub at_once: Option<usize>,
    /// How the record is opened; tests inject faults here.
    pub store: StoreOptions,
}

/// Everything of one round that can be seen without the record: no future, so that it can be
/// done on a thread of its own.
pub(crate) struct Gathered {
    pub(crate) folder: Folder,
    pub(crate) settings: Settings,
    pub(crate) controls: Arc<Controls>,
    pub(crate) file: IndexFile,
    pub(crate) problems: Vec<Problem>,
    pub(crate) looks: Vec<Look>,
    /// What the logs of this machine hold.
    pub(crate) logs: Option<events::Read>,
    /// The services that assets may belong to.
    pub(crate) services: Inventory,
}

impl Gathered {
    /// Takes a look in, of which its service may say more.
    pub(crate) fn take(&mut self, mut look: Look) {
        self.services.place(&mut look, &self.settings.config);
        self.looks.push(look);
    }
}

/// Reads the settings of the folder that `world` stands in, and the advisories; no look yet.
pub(crate) fn prepare(world: &World, data: &Path, options: &Options) -> Result<Gathered, Failure> {
    let folder = sensors::open(world, Path::new("."))?;
    let folder = if folder.scope.is_empty() {
        folder
    } else {
        // The record is about the whole repository, wherever in it we stand.
        sensors::open(world, folder.root().path())?
    };
    let zone = world.clock.zone();
    let settings = settings::read(&folder.tree, options.appetite.as_ref(), &zone)?;
    let controls = Arc::new(Controls::read(Some(&folder.tree)));
    let (file, mut problems) = index_file::open(world, data);
    let (services, found) = services::read(world, data);
    problems.extend(found);
    let looks = Vec::new();
    Ok(Gathered { folder, settings, controls, file, problems, looks, logs: None, services })
}

/// Looks at this machine, its logs since then, and at the folder it stands in.
pub(crate) fn gather_all(
    world: &World,
    data: &Path,
    options: &Options,
    since: Timestamp,
    progress: &dyn Fn(&str),
) -> Result<Gathered, Failure> {
    let mut gathered = prepare(world, data, options)?;
    let config = &gathered.settings.config;
    progress("looking at this machine");
    let host = host::look_at(world, &Target::Local, &gathered.controls, config)?;
    progress(&format!("looking at {}", gathered.folder.root().path().display()));
    let tree = sensors::look_at_folder(world, &gathered.folder, &gathered.settings)?;
    progress("reading logs");
    let (rules, problems) = event_rules::read(world, Some(&gathered.folder.tree), None)?;
    gathered.problems.extend(problems);
    let logs = &gathered.settings.config.host.logs;
    gathered.logs = Some(events::read(world, &rules, since, logs)?);
    gathered.take(host);
    gathered.take(tree);
    Ok(gathered)
}

/// Looks once at this machine and at the folder it stands in, and records both.
///
/// # Errors
///
/// Where the data folder, the configuration or the record cannot be used.
pub async fn up_once(
    world: &World,
    data: &Path,
    options: &Options,
    progress: &dyn Fn(&str),
) -> Result<Report, Failure> {
    let started = world.clock.now();
    // Whoever holds the record already is told so before anything is looked at.
    let store = record::holder(world, data, options.store.clone()).await?;
    let since = events::since(world, &store).await?;
    let mut gathered = gather_all(world, data, options, since, progress)?;
    let logs = gathered.logs.take();
    let (mut report, _) = record_all(world, &store, &gathered, started).await?;
    hosts::look_at_all(world, data, &store, options, &mut report, progress).await?;
    tell_problems(&mut report, images_run(world, data, &store, &gathered).await?);
    renew::renew(world, data, &store, &gathered).await?;
    if let Some(logs) = logs {
        tell_events(&mut report, events::take(world, &store, logs).await?);
    }
    let (channels, problems) = channels::read(world, data);
    tell_problems(&mut report, problems);
    let team = services::team_here(world, data, &gathered.settings.config);
    channels::ask(world, &store, &channels, &team).await?;
    channels::follow(world, &store, &channels).await?;
    channels::deliver(world, &store, &channels, MOST_TOLD).await?;
    retain::daily(world, &store).await?;
    store.close().await.map_err(|error| record::ours(&error))?;
    Ok(report)
}

/// Brings what runs up to date, and says what of it was never looked at, and which hosts may be one
/// machine.
pub(crate) async fn images_run(
    world: &World,
    data: &Path,
    store: &Store,
    gathered: &Gathered,
) -> Result<Vec<Problem>, Failure> {
    let index = Index::open(gathered.file.bytes()).map_err(Failure::Ours)?;
    let (settings, now) = (&gathered.settings, world.clock.now());
    let fleet = &fleet::NOBODY;
    let against = Against { index: &index, settings, stage: None, now, accepted: &[], fleet };
    let mut problems = lineage::settle(world, data, store, &against).await?;
    problems.extend(hosts::told_twice(store).await?);
    Ok(problems)
}

/// Further problems, in the report.
pub(crate) fn tell_problems(report: &mut Report, problems: Vec<Problem>) {
    report.problems.extend(problems.iter().map(Into::into));
    report.details.extend(problems);
}

/// What the logs brought, in the report.
pub(crate) fn tell_events(report: &mut Report, taken: Taken) {
    report.alerts = taken.alerts.iter().map(Into::into).collect();
    tell_problems(report, taken.problems);
}

/// Judges and records looks, and says what they add up to.
pub(crate) async fn record_all(
    world: &World,
    store: &Store,
    gathered: &Gathered,
    started: Timestamp,
) -> Result<(Report, Vec<Assessment>), Failure> {
    let index = Index::open(gathered.file.bytes()).map_err(Failure::Ours)?;
    let settings = &gathered.settings;
    let mut rows = Rows::default();
    let mut assessments = Vec::new();
    for look in &gathered.looks {
        let accepted = accepted_on(store, &look.asset.id).await?;
        let against = Against {
            index: &index,
            settings,
            stage: None,
            now: started,
            accepted: &accepted,
            fleet: &fleet::NOBODY,
        };
        let recorded = record_look(world, store, look, &against).await?;
        assessments.push(rows.add(look, recorded));
    }
    rows.problems.extend(gathered.problems.iter().cloned());
    let policy = settings.appetite.could_not_check;
    let gaps = Gaps { not_assessed: rows.not_assessed.len(), problems: rows.problems.len() };
    let verdict: Verdict = verdict(&rows.current, gaps, policy).verdict;
    rows.findings.sort_by(|a, b| {
        severity::order((a.severity, a.direct), (b.severity, b.direct))
            .then_with(|| a.key.cmp(&b.key))
    });
    let report = Report {
        schema: "holdfast/up/1",
        at: written(started),
        assets: rows.assets,
        against: against_row(&index, &gathered.file),
        appetite: settings.appetite.name.clone(),
        findings: rows.findings,
        alerts: Vec::new(),
        not_assessed: rows.not_assessed,
        problems: rows.problems.iter().map(Into::into).collect(),
        verdict,
        details: rows.problems,
        took_ms: world.clock.now().0.saturating_sub(started.0),
        path: None,
        only: Vec::new(),
        old: None,
    };
    Ok((report, assessments))
}

/// The acceptances of a host that are in force or were: those that the record has for it, the
/// newest for each finding.
pub(crate) async fn accepted_on(
    store: &Store,
    asset: &AssetId,
) -> Result<Vec<Acceptance>, Failure> {
    let all = store.acceptances().await.map_err(|error| record::ours(&error))?;
    let own = record_path(asset);
    let mut newest: BTreeMap<Arc<str>, Acceptance> = BTreeMap::new();
    for (_, acceptance) in all.into_iter().filter(|(_, one)| *one.place.path == *own) {
        newest.insert(Arc::clone(&acceptance.covers), acceptance);
    }
    Ok(newest.into_values().collect())
}

/// Where acceptances of a host stand, as their place says it.
pub(crate) fn record_path(asset: &AssetId) -> String {
    format!("record/{asset}")
}

/// What several looks add up to.
#[derive(Default)]
struct Rows {
    assets: Vec<crate::document::AssetRow>,
    findings: Vec<FindingRow>,
    current: Vec<Finding>,
    not_assessed: Vec<NotAssessedRow>,
    problems: Vec<Problem>,
}

impl Rows {
    fn add(&mut self, look: &Look, recorded: Recorded) -> Assessment {
        let Recorded { assessment, known, .. } = recorded;
        let (id, name) = (&look.asset.id, look.asset.name.as_str());
        self.assets.push(asset_row(look, &assessment));
        for one in known.into_values().filter(|one| is_current(one.finding.state)) {
            self.findings.push(FindingRow::new(&one.finding, id, name));
            self.current.push(one.finding);
        }
        let gaps = assessment.not_assessed.iter();
        self.not_assessed.extend(gaps.map(|row| NotAssessedRow::new(row, id, name)));
        self.problems.extend(assessment.problems.iter().cloned());
        assessment
    }
}

/// A look that was judged and recorded.
#[derive(Debug)]
pub struct Recorded {
    /// What it means.
    pub assessment: Assessment,
    /// Everything known of the asset in this standing, after the look.
    pub known: BTreeMap<Key, Known>,
    /// What changed.
    pub transitions: Vec<Transition>,
}

/// Judges a look, brings what is known up to date and records it, all of it or nothing.
///
/// # Errors
///
/// Where the record cannot be read or written.
pub async fn record_look(
    world: &World,
    store: &Store,
    look: &Look,
    against: &Against<'_>,
) -> Result<Recorded, Failure> {
    record_after(world, store, look, against, &BTreeMap::new()).await
}

/// The same of what took the place of something else: since when each finding is known of that, by
/// local key. It keeps its clock.
pub(crate) async fn record_after(
    world: &World,
    store: &Store,
    look: &Look,
    against: &Against<'_>,
    since: &BTreeMap<LocalKey, Timestamp>,
) -> Result<Recorded, Failure> {
    let asset = &look.asset.id;
    // What others publish is known to the record alone, and asked about folders alone.
    let others =
        if look.sensor == "folder" { fleet::around(store, look).await? } else { Fleet::default() };
    let against = &Against { fleet: &others, ..*against };
    let mut known =
        store.known(asset, look.standing).await.map_err(|error| record::ours(&error))?;
    let mut assessment = assess(look, against);
    lineage::images_met(store, look, &mut assessment).await?;
    let first_seen = |finding: &Finding| match known.get(&finding.key) {
        Some(one) => one.first_seen,
        None => since.get(&finding.local).map_or(against.now, |at| *at.min(&against.now)),
    };
    decide(&mut assessment.findings, look, against, &first_seen);
    let mut out = stepped(&known, look, &assessment, against);
    for one in out.changed.iter_mut().filter(|one| !known.contains_key(&one.finding.key)) {
        one.first_seen = one.first_seen.min(first_seen(&one.finding));
    }
    let open = |known: &BTreeMap<Key, Known>| {
        known.values().filter(|one| one.finding.state.is_open()).count() as u64
    };
    let decisions = decisions(&known, &out, look);
    out.apply(&mut known);
    let StepOut { changed, transitions } = out;
    let observation = Observation {
        asset: asset.clone(),
        standing: look.standing,
        sensor: look.sensor.to_owned(),
        at: against.now,
        coverage: look.coverage,
        revision: look.revision.clone(),
        digest: look.digest(),
        advisories: against.index.digest(),
        components: look.components().count() as u64,
        open: open(&known),
        not_assessed: assessment.not_assessed.len() as u64,
        controls: assess::controls::counts(&assessment.controls),
    };
    let commit = LookCommit {
        asset: look.asset.clone(),
        observation,
        known: changed,
        transitions: transitions.clone(),
        not_assessed: assessment.not_assessed.clone(),
        components: recorded_components(look),
        decisions,
        who: world.host.user.clone(),
    };
    let mut random = record::random(world)?;
    store
        .commit_look(commit, world.clock.now(), &mut random)
        .await
        .map_err(|error| record::ours(&error))?;
    if look.sensor == "folder" {
        fleet::remember(world, store, look).await?;
    }
    Ok(Recorded { assessment, known, transitions })
}

fn stepped(
    known: &BTreeMap<Key, Known>,
    look: &Look,
    assessment: &Assessment,
    against: &Against<'_>,
) -> StepOut {
    let there = assess::presence(look);
    let acceptances = assess::acceptances(look, against);
    let merged = assess::merged_updates(&assessment.findings);
    let mentioned = assess::mentioned(look);
    let present = |locus: &_| {
        accept::present(&acceptances, locus)
            .unwrap_or_else(|| assess::present(&there, &mentioned, &assessment.controls, locus))
    };
    let of_packages: BTreeSet<_> = known
        .values()
        .filter(|one| one.finding.kind == FindingKind::Package)
        .map(|one| &one.finding.weakness.id)
        .collect();
    let judged = |weakness: &_| {
        if of_packages.contains(weakness) {
            assess::judged(against.index, &merged, weakness)
        } else {
            holdfast_findings::Judged::Known
        }
    };
    let mut unreadable = assessment.unreadable.clone();
    unreadable.extend(without_judge(known, assessment, against));
    unreadable.extend(assess::controls::without_control(known, look));
    let batch = Batch {
        asset: &look.asset.id,
        standing: look.standing,
        coverage: look.coverage,
        now: against.now,
        kinds: assess::kinds(look),
        found: assessment.findings.clone(),
        notes: &assessment.notes,
        unreadable: &unreadable,
        present: &present,
        judged: &judged,
    };
    step(known, &batch)
}

/// What the rules for acting newly decide, or decide otherwise than before, about trunk and what
/// is deployed.
pub(crate) fn decisions(known: &BTreeMap<Key, Known>, out: &StepOut, look: &Look) -> Vec<Decided> {
    if !look.standing.counts() {
        return Vec::new();
    }
    let changed = out.changed.iter().filter(|one| {
        let before = known.get(&one.finding.key).and_then(|one| said(&one.finding));
        one.finding.state.is_open() && said(&one.finding) != before
    });
    let decided = changed.filter_map(|one| {
        let Finding { key, weakness, decision, .. } = &one.finding;
        Some(Decided { key: *key, weakness: weakness.id.clone(), decision: decision.clone()? })
    });
    decided.collect()
}

/// As far as another decision is news: its line, what to do, by when.
fn said(finding: &Finding) -> Option<(&str, &[Do], Option<Timestamp>)> {
    let decision = finding.decision.as_ref()?;
    Some((&decision.line, &decision.deeds, decision.due))
}

/// Ecosystems without a feed in which something is known that this index cannot judge: a feed was
/// there before, and its absence mends nothing.
fn without_judge(
    known: &BTreeMap<Key, Known>,
    assessment: &Assessment,
    against: &Against<'_>,
) -> Vec<Unread> {
    let unjudged = |ecosystem: &holdfast_model::Ecosystem| {
        known.values().any(|one| {
            one.finding.state.is_open()
                && locus::is_of(&one.finding.locus, ecosystem)
                && !one.finding.weakness.id.0.starts_with(assess::UPDATE_PREFIX)
                && !is_judged(against.index, &one.finding.weakness.id.0, ecosystem)
        })
    };
    assessment
        .uncovered
        .iter()
        .filter(|ecosystem| unjudged(ecosystem))
        .map(|ecosystem| Unread {
            scope: Scope::Ecosystem(ecosystem.clone()),
            because: format!("there is no feed for {ecosystem} packages any more"),
        })
        .collect()
}

/// Whether a weakness is known here, and of this ecosystem if it is of any: one that the index
/// knows of another release of a distribution says nothing about this one.
fn is_judged(index: &Index<'_>, weakness: &str, ecosystem: &holdfast_model::Ecosystem) -> bool {
    let Some(row) = index.find(weakness) else { return false };
    let packages = index.packages_of(row.at);
    let name = canonical(ecosystem.as_str());
    packages.is_empty() || packages.iter().any(|package| package.ecosystem.as_str() == name)
}

/// The components as the record keeps them: all but the tree itself.
fn recorded_components(look: &Look) -> Vec<Component> {
    look.components()
        .filter(|(_, component)| component.origin != Origin::Tree)
        .map(|(document, component)| {
            // By the path that is part of its identity: a bill's own is not.
            let path = document.path_of(&component.place).as_ref().into();
            Component { place: Place { path, ..component.place.clone() }, ..component.clone() }
        })
        .collect()
}

/// The settings of the folder we stand in, for commands that need no look.
///
/// # Errors
///
/// As [`settings::read`].
pub fn settings_here(world: &World, path: &Path) -> Result<(sensors::Folder, Settings), Failure> {
    let folder = sensors::open(world, path)?;
    let settings = settings::read(&folder.tree, None, &world.clock.zone())?;
    Ok((folder, settings))
}
