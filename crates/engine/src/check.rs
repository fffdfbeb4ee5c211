//! The gate: judges a folder, alone or against a base, and records nothing.
//!
//! With a base, the rules come from the base: configuration, appetite, acceptances and owners of
//! the tree that is judged count for nothing, and changes to them are findings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_decide::{Gaps, severity, verdict};
use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Sighting, baseline, join, locus as loci};
use holdfast_model::{
    Finding, FindingKind, FixKind, Instance, NotAssessed, Place, Problem, Severity, SeverityStep,
    Standing, State, Target, Timestamp, Weakness, WeaknessId, Witness,
};
use holdfast_world::World;

use crate::assess::{Against, Assessment, assess, decide};
use crate::controls::Controls;
use crate::document::{AgainstRow, AssetRow, FindingRow, OsRow, Report, written};
use crate::failure::Failure;
use crate::gather::Tree as _;
use crate::host;
use crate::image;
use crate::index_file::{self, IndexFile};
use crate::look::Look;
use crate::sensors::{self, Folder};
use crate::services::{self, Inventory};
use crate::settings::{self, Chosen, Settings};
use crate::statements;
use crate::trees::Revision;

/// The weakness of a change that alters the rules it is judged by.
pub const RULES_CHANGED: &str = "rules-changed";

/// What a gate is asked.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// A folder or a file; an image, or the root of another system (`root:/path`).
    pub path: PathBuf,
    /// The revision whose rules count and whose findings are old.
    pub base: Option<String>,
    /// Only these kinds; empty for all.
    pub only: Vec<FindingKind>,
    /// The station of the pipeline.
    pub stage: Option<&'static str>,
    /// The appetite named on the command line.
    pub appetite: Option<Chosen>,
}

/// A judged folder, with everything that explains it.
#[derive(Debug)]
pub struct Judged {
    /// What was seen.
    pub look: Look,
    /// What it means; findings carry decisions.
    pub assessment: Assessment,
    /// By which settings.
    pub settings: Settings,
    /// Findings that were there before, with a base.
    pub old: Option<u64>,
    /// Where the folder is.
    pub folder: Folder,
}

/// Judges a folder and makes the report.
///
/// # Errors
///
/// Where the path, the base or the appetite cannot be used.
pub fn check(world: &World, data: &Path, options: &Options) -> Result<Report, Failure> {
    checked(world, data, options).map(|(report, _)| report)
}

/// The same with everything that explains it.
///
/// # Errors
///
/// As [`check`].
pub fn checked(world: &World, data: &Path, options: &Options) -> Result<(Report, Judged), Failure> {
    let started = world.clock.now();
    let (file, mut problems) = index_file::open(world, data);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let judged = judge(world, data, &index, options)?;
    problems.extend(judged.assessment.problems.iter().cloned());
    let mut report = report(&judged, &index, &file, problems, started);
    report.only = options.only.iter().map(|kind| kind.word()).collect();
    let named = options.path.as_os_str();
    report.path = (named != "." && !named.is_empty()).then(|| options.path.display().to_string());
    report.took_ms = world.clock.now().0.saturating_sub(started.0);
    Ok((report, judged))
}

/// Judges a folder.
///
/// # Errors
///
/// As [`check`].
pub fn judge(
    world: &World,
    data: &Path,
    index: &Index<'_>,
    options: &Options,
) -> Result<Judged, Failure> {
    let (services, problems) = services::read(world, data);
    let mut judged = if let Some(source) = image::recognise(world, &options.path) {
        apart(world, index, options, &services, "an image", |settings| {
            Ok(image::look_at(world, &options.path, &source, settings)?)
        })?
    } else if let Some(target) = root_of(&options.path) {
        apart(world, index, options, &services, "a root", |settings| {
            let none = Arc::new(Controls::default());
            Ok(host::look_at(world, &target, &none, &settings.config)?)
        })?
    } else {
        let folder = sensors::open(world, &options.path)?;
        match &options.base {
            None => alone(world, index, options, &services, folder)?,
            Some(base) => against_base(world, index, options, &services, (folder, base))?,
        }
    };
    judged.assessment.problems.extend(problems);
    Ok(judged)
}

fn alone(
    world: &World,
    index: &Index<'_>,
    options: &Options,
    services: &Inventory,
    folder: Folder,
) -> Result<Judged, Failure> {
    let settings = settings::read(&folder.tree, options.appetite.as_ref(), &world.clock.zone())?;
    let mut look = sensors::look_at_folder(world, &folder, &settings)?;
    services.place(&mut look, &settings.config);
    Ok(by_itself(world, index, options, look, settings, folder))
}

/// Judges what is no folder, and has no rules of its own, by those of the folder that we stand in.
fn apart(
    world: &World,
    index: &Index<'_>,
    options: &Options,
    services: &Inventory,
    what: &str,
    look_at: impl FnOnce(&Settings) -> Result<Look, Failure>,
) -> Result<Judged, Failure> {
    if let Some(base) = &options.base {
        let message = format!("{what} has no revisions, and `--base {base}` asks for one");
        return Err(Problem::new("image-base", message).help("leave `--base` out").into());
    }
    let folder = sensors::open(world, Path::new("."))?;
    let settings = settings::read(&folder.tree, options.appetite.as_ref(), &world.clock.zone())?;
    let mut look = look_at(&settings)?;
    services.place(&mut look, &settings.config);
    Ok(by_itself(world, index, options, look, settings, folder))
}

/// The root of another system, where that is what a path names: `root:/path`.
fn root_of(path: &Path) -> Option<Target> {
    Target::parse(path.to_str()?).filter(|target| matches!(target, Target::Root(_)))
}

/// Judges what was seen without comparing it with anything.
fn by_itself(
    world: &World,
    index: &Index<'_>,
    options: &Options,
    look: Look,
    settings: Settings,
    folder: Folder,
) -> Judged {
    let against = Against {
        index,
        settings: &settings,
        stage: options.stage,
        now: world.clock.now(),
        accepted: &[],
        fleet: &crate::fleet::NOBODY,
    };
    let mut assessment = assess(&look, &against);
    keep(&mut assessment, &look, &options.only);
    decide(&mut assessment.findings, &look, &against, &|_| against.now);
    Judged { look, assessment, settings, old: None, folder }
}

fn against_base(
    world: &World,
    index: &Index<'_>,
    options: &Options,
    services: &Inventory,
    (folder, base): (Folder, &str),
) -> Result<Judged, Failure> {
    let Some(repository) = &folder.repository else {
        let message = format!("`--base {base}` needs a git repository, and this folder is in none");
        return Err(Problem::new("base-without-git", message).help("leave `--base` out").into());
    };
    let root = repository.root.as_path();
    let trusted = world.git.resolve(root, base)?;
    // What the base gained since the change began is not the change's doing.
    let fork = match &repository.revision {
        Some(head) => {
            world.git.merge_base(root, &trusted, head)?.unwrap_or_else(|| trusted.clone())
        }
        None => trusted.clone(),
    };
    let wanted = |path: &str| {
        settings::is_rule(path)
            || holdfast_sense::reader_for(path, &[]).is_some()
            || holdfast_sense::looks_inside(path)
    };
    let rules = Revision::open(world, root, &trusted, &settings::is_rule)?;
    let mut settings = settings::read(&rules, options.appetite.as_ref(), &world.clock.zone())?;
    let before = Revision::open(world, root, &fork, &wanted)?;
    let mut look = sensors::look_at_folder(world, &folder, &settings)?;
    services.place(&mut look, &settings.config);
    look.standing = Standing::Proposed;
    let old_look = sensors::look_at_revision(
        &before,
        &fork,
        look.asset.clone(),
        Standing::Proposed,
        &folder.scope,
        &settings,
    );
    settings.projects = Some(statements::projects(&old_look));
    let against = Against {
        index,
        settings: &settings,
        stage: options.stage,
        now: world.clock.now(),
        accepted: &[],
        fleet: &crate::fleet::NOBODY,
    };
    // A change cannot ask for what it brings in: only the comments of the base count.
    look.requests.clone_from(&old_look.requests);
    let old = assess(&old_look, &against);
    let mut new = assess(&look, &against);
    let all = new.findings.len() as u64;
    new.findings = baseline::subtract(new.findings, &old.findings);
    let old_count = all.saturating_sub(new.findings.len() as u64);
    new.not_assessed = baseline::subtract_rows(new.not_assessed, &old.not_assessed);
    new.problems.retain(|problem| !old.problems.contains(problem));
    new.findings.extend(changed_rules(&folder, &before, &look));
    keep(&mut new, &look, &options.only);
    decide(&mut new.findings, &look, &against, &|_| against.now);
    sort(&mut new.findings);
    Ok(Judged { look, assessment: new, settings, old: Some(old_count), folder })
}

/// Keeps only the kinds that were asked for. A kind for which there is no check yet is a gap: it
/// was asked about, and nothing was looked at.
fn keep(assessment: &mut Assessment, look: &Look, only: &[FindingKind]) {
    if only.is_empty() {
        return;
    }
    assessment.findings.retain(|finding| only.contains(&finding.kind));
    assessment.not_assessed.retain(|row: &NotAssessed| only.contains(&row.kind));
    let lacking = only.iter().filter(|kind| !crate::assess::kinds(look).contains(kind));
    assessment.not_assessed.extend(lacking.map(|kind| {
        let word = kind.word();
        let gap = Gap {
            code: "no-check",
            kind: *kind,
            locus: loci::whole_asset(&format!("checks:{word}")),
            subject: format!("checks of kind {word}").into(),
            reason: "there are none yet".to_owned(),
            closes_with: "a later Holdfast".to_owned(),
            place: None,
        };
        gap.on(&look.asset.id)
    }));
}

fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        severity::order((a.severity, a.direct), (b.severity, b.direct))
            .then_with(|| a.key.cmp(&b.key))
    });
}

/// Every file of rules that the tree adds, changes or takes away, as a finding.
fn changed_rules(folder: &Folder, before: &Revision, look: &Look) -> Vec<Finding> {
    let mut paths: Vec<Arc<str>> =
        before.paths().into_iter().filter(|path| settings::is_rule(path)).collect();
    for pattern in [settings::CONFIG, ".holdfast/**"].into_iter().chain(settings::CODEOWNERS) {
        paths.extend(folder.tree.glob(pattern));
    }
    paths.sort();
    paths.dedup();
    let mut sightings = Vec::new();
    for path in paths {
        let (then, now) = (before.read(&path).ok(), folder.tree.read(&path).ok());
        if then != now {
            sightings.push(changed_rule(&path, then.is_some(), now.is_some()));
        }
    }
    join(&look.asset.id, look.standing, sightings)
}

fn changed_rule(path: &Arc<str>, was: bool, is: bool) -> Sighting {
    let what = match (was, is) {
        (false, _) => "adds",
        (_, false) => "takes away",
        _ => "changes",
    };
    let title =
        format!("this change {what} {path}, by which it would be judged; it counts once merged");
    let severity = Severity::WhenYouCan;
    Sighting {
        kind: FindingKind::Guardrail,
        weakness: Weakness {
            id: WeaknessId(RULES_CHANGED.into()),
            aliases: Vec::new(),
            title: "a change alters the rules that it is judged by".to_owned(),
            cvss: None,
            epss: None,
            exploited: false,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec![join::OWN_ENGINE.into()],
        },
        locus: loci::file(path),
        title,
        severity,
        severity_steps: vec![SeverityStep {
            severity,
            because: "somebody else looks at it before it counts".to_owned(),
        }],
        subject: Arc::clone(path),
        instance: Instance {
            version: None,
            place: Place::start_of(Arc::clone(path)),
            fixed_in: None,
        },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: RULES_CHANGED.into() },
        direct: None,
        dev: false,
        fix: FixKind::None,
    }
}

fn report(
    judged: &Judged,
    index: &Index<'_>,
    file: &IndexFile,
    problems: Vec<Problem>,
    at: Timestamp,
) -> Report {
    let assessment = &judged.assessment;
    let gaps = Gaps { not_assessed: assessment.not_assessed.len(), problems: problems.len() };
    let policy = judged.settings.appetite.could_not_check;
    let gate = verdict(&assessment.findings, gaps, policy);
    let asset = &judged.look.asset;
    Report {
        schema: "holdfast/check/1",
        at: written(at),
        assets: vec![asset_row(&judged.look, assessment)],
        against: against_row(index, file),
        appetite: judged.settings.appetite.name.clone(),
        alerts: Vec::new(),
        findings: assessment
            .findings
            .iter()
            .map(|finding| FindingRow::new(finding, &asset.id, &asset.name))
            .collect(),
        not_assessed: assessment.not_assessed.iter().map(Into::into).collect(),
        problems: problems.iter().map(Into::into).collect(),
        verdict: gate.verdict,
        details: problems,
        took_ms: 0,
        path: None,
        only: Vec::new(),
        old: judged.old,
    }
}

/// The row of an asset in a report.
pub fn asset_row(look: &Look, assessment: &Assessment) -> AssetRow {
    AssetRow {
        id: look.asset.id.to_string(),
        name: look.asset.name.clone(),
        kind: look.asset.kind.word(),
        standing: look.standing,
        coverage: look.coverage,
        revision: look.revision.clone(),
        packages: assessment.packages,
        settings: look.host.as_ref().map_or(0, |host| host.seen.settings().len() as u64),
        os: look.host.as_ref().and_then(|host| OsRow::of(&host.seen)),
    }
}

/// Against what was judged.
pub fn against_row(index: &Index<'_>, file: &IndexFile) -> AgainstRow {
    AgainstRow {
        advisories: index.feeds().iter().map(|feed| feed.records).sum(),
        starter: crate::sync::starter_records(),
        synced: file.is_synced().then(|| written(index.built())),
    }
}

/// Whether a state is shown in a report of what is there now.
pub fn is_current(state: State) -> bool {
    state.is_open() || state == State::Accepted
}
