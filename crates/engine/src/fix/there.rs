//! Findings of a host: the same statements that test it, rendered to a tool, and shown or laid out in
//! a folder. Nothing is written on a host from here: a change of one is a plan that needs a yes.

use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_model::{Finding, FindingKind, Locus, NotAssessed, Problem, Target, quoted};
use holdfast_posture::{Part, lay_out};
use holdfast_world::World;

use super::host::{self, Remedy, UPDATES};
use super::into::{Folder, Written};
use super::{FormRow, Options, Row};
use crate::assess::{self, Against, Assessment};
use crate::baselines;
use crate::check::Judged;
use crate::controls::Controls;
use crate::failure::Failure;
use crate::look::Look;

/// What is known of the findings of a host that are meant.
#[derive(Debug, Default)]
pub(super) struct There {
    /// One row a finding.
    pub(super) rows: Vec<Row>,
    /// One form for each control that they are of.
    pub(super) forms: Vec<FormRow>,
    /// What became of the folder that gets them.
    pub(super) written: Option<Written>,
    /// What people should know.
    pub(super) notes: Vec<String>,
}

/// Looks at the host that is meant, for what these names mean there, or for everything.
pub(super) fn look(
    world: &World,
    index: &Index<'_>,
    judged: &Judged,
    names: &[String],
    options: &Options,
) -> Result<There, Failure> {
    let everything = options.all
        && (options.of_host || options.into.is_some() || options.target != Target::Local);
    if names.is_empty() && !everything {
        return Ok(There::default());
    }
    // Nobody waits for a look whose result has no place to go.
    let folder = options.into.as_deref();
    let folder = folder.map(|folder| Folder::open(world, folder, options.tool)).transpose()?;
    let mut config = judged.settings.config.clone();
    let controls = match &options.baseline {
        Some(_) => baselines::choose(&judged.folder.tree, options.baseline.as_ref(), &mut config)?,
        None => Controls::read(Some(&judged.folder.tree)),
    };
    let (managed, target) = (&options.managed, &options.target);
    let look = crate::hosts::look_once(world, managed, target, &Arc::new(controls), &config)?;
    if let Some(problem) = crate::remote::not_reached(&look) {
        return Err(problem.into());
    }
    let against = Against {
        index,
        settings: &judged.settings,
        stage: None,
        now: world.clock.now(),
        accepted: &options.accepted,
        fleet: &crate::fleet::NOBODY,
    };
    let assessment = assess::assess(&look, &against);
    let chosen = if everything {
        all(&assessment, options.baseline.is_some())
    } else {
        named(&look, &assessment, names)?
    };
    let mut there = mend(&chosen, &look, &assessment, options, folder.as_ref(), world)?;
    if everything {
        there.notes.extend(unchecked(&assessment, options));
    }
    Ok(there)
}

/// What could not be looked at where everything was asked for: of controls another command says
/// why, of packages and their lists this one.
fn unchecked(assessment: &Assessment, options: &Options) -> Vec<String> {
    let (controls, others): (Vec<&NotAssessed>, Vec<&NotAssessed>) =
        assessment.not_assessed.iter().partition(|row| row.kind == FindingKind::Control);
    let mut notes = Vec::new();
    if !controls.is_empty() {
        let target = options.target.to_string();
        notes.push(format!(
            "{} could not be checked there; see why: holdfast audit {}",
            controls.len(),
            quoted(&target)
        ));
    }
    // A baseline is about controls alone.
    if let Some(first) = others.first().filter(|_| options.baseline.is_none()) {
        let such = if others.len() > 1 { ", such as " } else { ": " };
        notes.push(format!(
            "beside controls, {} could not be judged there{such}{}: {}; {}",
            others.len(),
            first.subject,
            first.reason,
            first.closes_with
        ));
    }
    notes
}

/// Every open finding that a tool could mend. A baseline is about controls alone.
fn all(assessment: &Assessment, controls_only: bool) -> Vec<&Finding> {
    let open = assessment.findings.iter().filter(|finding| finding.state.is_open());
    let mut all: Vec<&Finding> = open
        .filter(|finding| match finding.kind {
            FindingKind::Control => true,
            _ => !controls_only && matches!(finding.locus, Locus::SystemPackage { .. }),
        })
        .collect();
    all.sort_by_key(|finding| finding.key);
    all
}

/// Every finding that one of these names means.
fn named<'a>(
    look: &Look,
    assessment: &'a Assessment,
    names: &[String],
) -> Result<Vec<&'a Finding>, Problem> {
    let mut chosen: Vec<&Finding> = Vec::new();
    for name in names {
        let before = chosen.len();
        let found = assessment.findings.iter();
        chosen.extend(found.filter(|finding| crate::accept::is_named(finding, name)));
        if chosen.len() == before {
            return Err(crate::accept::unknown_there(name, look, assessment));
        }
    }
    chosen.sort_by_key(|finding| finding.key);
    chosen.dedup_by_key(|finding| finding.key);
    Ok(chosen)
}

/// Rows for findings, one form for each control that they are of, and the folder, where one is named.
fn mend(
    chosen: &[&Finding],
    look: &Look,
    assessment: &Assessment,
    options: &Options,
    folder: Option<&Folder>,
    world: &World,
) -> Result<There, Problem> {
    let (judged, tool) = (&assessment.controls, options.tool);
    let mut there = There::default();
    let mut mendable = Vec::new();
    let mut by_hand = Vec::new();
    for finding in chosen {
        let advice = match host::remedies(look, judged, &[finding], tool) {
            Ok(remedies) => {
                mendable.push(*finding);
                remedies.iter().map(|one| one.control.title.clone()).collect::<Vec<_>>().join("; ")
            }
            Err(problem) => {
                by_hand.push(format!("{}: {}", finding.title, problem.message));
                problem.message
            }
        };
        there.rows.push(Row {
            key: finding.key.to_string(),
            weakness: Arc::clone(&finding.weakness.id.0),
            title: finding.title.clone(),
            resource: Some(Arc::clone(&finding.subject)),
            target: finding.instances.iter().find_map(|instance| instance.fixed_in.clone()),
            advice,
            mended: None,
        });
    }
    let remedies = host::remedies(look, judged, &mendable, tool)?;
    let form = |remedy: &Remedy| FormRow::of(remedy, keys(remedy, &mendable));
    there.forms = remedies.iter().map(form).collect();
    if let (Some(folder), Some(host)) = (folder, &look.host) {
        let parts: Vec<Part<'_>> = remedies
            .iter()
            .map(|remedy| Part { control: &remedy.control, lines: &remedy.lines })
            .collect();
        let laid = lay_out(folder.name(), tool, &parts, &host.seen, &by_hand);
        // An empty one would take away what another look at the host had asked for.
        if !laid.is_empty() {
            there.written = Some(folder.write(world, &laid)?);
        }
    }
    Ok(there)
}

/// The keys of the findings that a remedy mends.
fn keys(remedy: &Remedy, mendable: &[&Finding]) -> Vec<String> {
    let its = mendable.iter().filter(|finding| match finding.kind {
        FindingKind::Control => finding.weakness.id.0 == remedy.control.id,
        _ => *remedy.control.id == *UPDATES,
    });
    its.map(|finding| finding.key.to_string()).collect()
}
