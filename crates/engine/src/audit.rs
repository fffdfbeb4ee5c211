//! What every control says of hosts, resource by resource. Records nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use holdfast_advisories::{Compiler, Index};
use holdfast_decide::{Gaps, verdict};
use holdfast_findings::accept::ATTESTED;
use holdfast_model::{
    Acceptance, Asset, Finding, FindingKind, Key, LocalKey, ManagedHost, Problem, Severity, Target,
    Verdict,
};
use holdfast_posture::{Control, ControlResult, Judgement, wanted};
use holdfast_rulefile::Config;
use holdfast_world::World;
use serde::Serialize;

use crate::assess::controls::{is_of_restart, locus, result, weakness_id};
use crate::assess::{Against, Assessment, assess, decide};
use crate::controls::Controls;
use crate::document::{OsRow, PlaceRow, ProblemRow, written};
use crate::failure::Failure;
use crate::look::Look;
use crate::settings::{self, ACCEPTED, Chosen, Settings};
use crate::{baselines, cycle, facts, host, hosts, record, remote, sensors};

/// What is asked.
#[derive(Debug)]
pub struct Options<'a> {
    /// The hosts.
    pub targets: &'a [Target],
    /// Only these controls; empty for all.
    pub only: &'a [String],
    /// The baseline named on the command line.
    pub baseline: Option<Chosen>,
    /// The hosts of the record, which says what they are.
    pub managed: &'a [ManagedHost],
    /// What the record accepts of each host, in the order of the targets.
    pub accepted: Vec<Vec<Acceptance>>,
    /// The appetite named on the command line.
    pub appetite: Option<Chosen>,
    /// The program that goes along to other hosts, in place of the one that the settings name.
    pub binary: Option<String>,
}

/// `holdfast/audit/1`.
#[derive(Debug, Serialize)]
pub struct Audit {
    /// Which document this is.
    pub schema: &'static str,
    /// When it was made, RFC 3339 in UTC.
    pub at: String,
    /// The hosts, in the order in which they were asked for.
    pub hosts: Vec<AuditedRow>,
    /// One row for each control and resource, whatever came of it.
    pub results: Vec<ResultRow>,
    /// What our rules for acting say to it.
    pub verdict: Verdict,
    /// What could not be read.
    pub problems: Vec<ProblemRow>,
    /// How hosts were looked at, where that is not as it was wanted, and when, where that is not now;
    /// nothing is missing because of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The same as the problems, with source lines, for people.
    #[serde(skip)]
    pub details: Vec<Problem>,
}

/// A host that was looked at.
#[derive(Debug, Serialize)]
pub struct AuditedRow {
    /// As it was asked for, and as results name it: `local`, `ssh://web1`, `web1.facts`.
    pub target: String,
    /// Its identity.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its operating system, where that is known.
    pub os: Option<OsRow>,
}

/// What one control says of one resource.
#[derive(Debug, Serialize)]
pub struct ResultRow {
    /// The control.
    pub control: Arc<str>,
    /// What is wrong where it fails, else what it wants.
    pub title: String,
    /// The resource.
    pub resource: String,
    /// The host.
    pub target: String,
    /// `pass`, `fail`, `accepted`, `acceptance expired`, `not applicable`, `error`,
    /// `not assessed`, `manual`.
    pub result: &'static str,
    /// Why, or the evidence.
    pub reason: String,
    /// What was found.
    pub found: Option<Arc<str>>,
    /// What is wanted.
    pub wanted: Arc<str>,
    /// Where.
    pub place: Option<PlaceRow>,
    /// How soon it should be mended.
    pub severity: Severity,
    /// The key of its finding, where it fails; none of what waits for a restart, which a look tells
    /// of each package by itself.
    pub key: Option<String>,
    /// The control's numbers elsewhere, by the name of the list.
    pub refs: BTreeMap<String, Vec<String>>,
    /// Why it matters.
    pub why: String,
    /// What would close the gap of something that could not be told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub closes_with: String,
}

/// What is wrong with the answers and acceptances that people wrote, which decide here; the rest of the
/// settings is for `check` to tell.
fn of_answers(settings: &Settings) -> Vec<Problem> {
    let decides = |problem: &&Problem| {
        let at = problem.place.as_ref().map(|place| &*place.path);
        at.is_some_and(|path| path == ATTESTED || path == ACCEPTED)
    };
    settings.problems.iter().filter(decides).cloned().collect()
}

/// Judges hosts by their controls.
///
/// # Errors
///
/// Where a target, a control that was named or the appetite cannot be used, or the only host does
/// not answer; one of several that does not is not assessed.
pub fn audit(world: &World, options: &Options<'_>) -> Result<Audit, Failure> {
    let folder = sensors::open(world, Path::new("."))?;
    let mut settings =
        settings::read(&folder.tree, options.appetite.as_ref(), &world.clock.zone())?;
    let chosen = options.baseline.as_ref();
    let mut controls = baselines::choose(&folder.tree, chosen, &mut settings.config)?;
    only(&mut controls, options.only)?;
    carry(world, options, &mut settings.config)?;
    let controls = Arc::new(controls);
    let now = world.clock.now();
    // No control asks an advisory, so that an empty index answers as well as all feeds would.
    let none = Compiler::new().finish(now).bytes;
    let index = Index::open(&none).map_err(Failure::Ours)?;
    let mut problems = of_answers(&settings);
    let mut results = Vec::new();
    let mut notes = Vec::new();
    let mut hosts = Vec::new();
    let mut failing: Vec<Finding> = Vec::new();
    let mut not_assessed = 0;
    for (at, target) in options.targets.iter().enumerate() {
        let look = match looked(world, options, target, &controls, &settings.config)? {
            Ok(look) => look,
            Err(silent) => {
                not_assessed += silent.rows.len();
                results.extend(silent.rows);
                hosts.push(silent.host);
                problems.extend(silent.problems);
                continue;
            }
        };
        let against = Against {
            index: &index,
            settings: &settings,
            stage: None,
            now,
            accepted: options.accepted.get(at).map(Vec::as_slice).unwrap_or_default(),
            fleet: &crate::fleet::NOBODY,
        };
        let mut assessment = assess(&look, &against);
        assessment.findings.retain(|finding| finding.kind == FindingKind::Control);
        decide(&mut assessment.findings, &look, &against, &|_| now);
        not_assessed +=
            assessment.not_assessed.iter().filter(|row| row.kind == FindingKind::Control).count();
        let of_host = look.host.as_ref().map_or(&controls, |host| &host.controls);
        for one in &assessment.controls {
            let Some(control) = of_host.list.get(one.control) else { continue };
            results.push(row(control, &one.judgement, &assessment, &look.asset, target));
        }
        let os = look.host.as_ref().and_then(|host| OsRow::of(&host.seen));
        hosts.push(audited(&look.asset, target, os));
        notes.extend(remote::note(&look).map(|note| format!("`{target}`: {note}")));
        // Those of package lists are for `up` to say.
        problems.extend(look.problems);
        failing.extend(assessment.findings);
    }
    let gaps = Gaps { not_assessed, problems: problems.len() };
    let verdict = verdict(&failing, gaps, settings.appetite.could_not_check).verdict;
    Ok(Audit {
        schema: "holdfast/audit/1",
        at: written(now),
        hosts,
        results,
        verdict,
        problems: problems.iter().map(Into::into).collect(),
        notes,
        details: problems,
    })
}

/// Takes the program that was named by hand: who names one wants that one.
fn carry(world: &World, options: &Options<'_>, config: &mut Config) -> Result<(), Problem> {
    if let Some(path) = &options.binary {
        config.hosts.binary = Some(path.clone());
        remote::binary(world, config)?;
    }
    Ok(())
}

/// A host that does not answer.
struct Silent {
    host: AuditedRow,
    rows: Vec<ResultRow>,
    problems: Vec<Problem>,
}

/// Looks at a host. One of several that does not answer hides nothing of the others.
fn looked(
    world: &World,
    options: &Options<'_>,
    target: &Target,
    controls: &Arc<Controls>,
    config: &Config,
) -> Result<Result<Look, Box<Silent>>, Problem> {
    let problem = match host::look_at_settings(world, target, options.managed, controls, config) {
        Ok(look) => return Ok(Ok(look)),
        Err(problem) if options.targets.len() > 1 && problem.code == "host-not-reached" => problem,
        Err(problem) => return Err(problem),
    };
    let asset = hosts::known(world, options.managed, target, config);
    let mut problems = controls.problems.clone();
    let names = baselines::names_of(&asset);
    let (of_host, _) = baselines::of_host(controls, config, target, &names, &mut problems);
    let asked = of_host.list.iter().filter(|control| !of_host.unasked.contains_key(&control.id));
    let rows = asked.flat_map(|control| {
        let not_told = |resource: String, wanted: Arc<str>| ResultRow {
            control: Arc::clone(&control.id),
            title: control.title.clone(),
            resource,
            target: target.to_string(),
            result: "not assessed",
            reason: problem.message.clone(),
            found: None,
            wanted,
            place: None,
            severity: control.severity,
            key: None,
            refs: control.refs.clone(),
            why: control.why.clone(),
            closes_with: problem.help.clone(),
        };
        let lines = control.ensure.iter();
        match of_host.manual.get(&control.id) {
            Some(manual) => {
                vec![not_told(format!("manual {}", control.id), manual.ask.as_str().into())]
            }
            None => lines.map(|line| not_told(line.subject(), wanted(line).into())).collect(),
        }
    });
    let rows: Vec<ResultRow> = rows.collect();
    problems.push(problem);
    Ok(Err(Box::new(Silent { host: audited(&asset, target, None), rows, problems })))
}

fn audited(asset: &Asset, target: &Target, os: Option<OsRow>) -> AuditedRow {
    let (target, id) = (target.to_string(), asset.id.to_string());
    AuditedRow { target, id, name: asset.name.clone(), os }
}

fn row(
    control: &Control,
    judgement: &Judgement,
    assessment: &Assessment,
    asset: &Asset,
    target: &Target,
) -> ResultRow {
    let fails = judgement.result == ControlResult::Fail;
    let local = LocalKey::new(FindingKind::Control, &weakness_id(control), &locus(judgement));
    let (result, reason) = result(assessment, local, judgement);
    ResultRow {
        control: Arc::clone(&control.id),
        title: if fails { control.wrong.clone() } else { control.title.clone() },
        resource: match &judgement.scope {
            Some(scope) => format!("{} for {scope}", judgement.resource),
            None => judgement.resource.to_string(),
        },
        target: target.to_string(),
        result,
        reason,
        found: judgement.found.clone(),
        wanted: Arc::clone(&judgement.wanted),
        place: judgement.place.as_ref().map(Into::into),
        severity: control.severity,
        // Whoever looks in full may have no finding of this key, and no tool would mend it.
        key: (fails && !is_of_restart(control, judgement))
            .then(|| Key::new(&asset.id, local).to_string()),
        refs: control.refs.clone(),
        why: control.why.clone(),
        closes_with: match target {
            Target::Facts(_) => facts::closes_with(&judgement.reason, &judgement.closes_with),
            _ => judgement.closes_with.clone(),
        },
    }
}

/// What the record accepts of some hosts, in their order; nothing where nothing was recorded yet.
///
/// # Errors
///
/// Where the record or a file of facts cannot be read.
pub async fn accepted(
    world: &World,
    data: &Path,
    targets: &[Target],
) -> Result<Vec<Vec<Acceptance>>, Failure> {
    let Some(store) = record::reader(data).await? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for target in targets {
        // The identity of a host does not depend on what is said of it.
        let asset = match target {
            Target::Facts(path) => facts::identify(world, path)?,
            _ => host::identify(world, target, &Config::default()),
        };
        all.push(cycle::accepted_on(&store, &asset.id).await?);
    }
    Ok(all)
}

/// Keeps the controls that were named.
fn only(controls: &mut Controls, names: &[String]) -> Result<(), Problem> {
    if names.is_empty() {
        return Ok(());
    }
    for name in names {
        if controls.find(name).is_none() {
            return Err(controls.unknown(name));
        }
    }
    controls.list.retain(|control| names.iter().any(|name| **name == *control.id));
    Ok(())
}
