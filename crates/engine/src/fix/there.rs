//! Findings of a host: the same statements that test it, rendered to a tool, and shown or laid out in
//! a folder. Nothing is written on a host from here: a change of one is a plan that needs a yes.

use std::sync::Arc;

use holdfast_advisories::Index;
use holdfast_model::{Finding, FindingKind, Locus, NotAssessed, Problem, Target, quoted};
use holdfast_posture::{Control, Laid, Part, Remarks, Whole, lay_out, render_whole};
use holdfast_world::World;

use super::host::{self, UPDATES};
use super::into::{Folder, Written};
use super::{FormRow, Options, Row, whole};
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
    let whole = everything && folder.is_some();
    let mut config = judged.settings.config.clone();
    let controls = match &options.baseline {
        Some(_) => baselines::choose(&judged.folder.tree, options.baseline.as_ref(), &mut config)?,
        None => Controls::read(Some(&judged.folder.tree)),
    };
    // One that cannot be used asks nothing.
    let usable = |name: &String| controls.baselines.find(name).is_some();
    let baseline = config.host.baseline.clone().filter(usable);
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
        all(&assessment, options.baseline.is_some() || whole)
    } else {
        named(&look, &assessment, names)?
    };
    let told = told(&chosen, &look, &assessment, options);
    let (mut there, laid) = match (&folder, whole) {
        (Some(folder), true) => {
            asked(told, &look, &assessment, options, (folder.name(), baseline.as_deref()))
        }
        _ => lacking(told, &look, &assessment, options, folder.as_ref().map(Folder::name))?,
    };
    // An empty one would take away what another look at the host had asked for.
    if let Some(folder) = folder.filter(|_| !laid.is_empty()) {
        there.written = Some(folder.write(world, &laid)?);
    }
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
    // A baseline is about controls alone, and so is what is laid out of all that is asked.
    let with_others = options.baseline.is_none() && options.into.is_none();
    if let Some(first) = others.first().filter(|_| with_others) {
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

/// Findings, with what is done about each.
struct Told<'f> {
    rows: Vec<Row>,
    /// Those that a tool mends.
    mendable: Vec<&'f Finding>,
    /// Why no tool mends the others.
    by_hand: Vec<String>,
}

fn told<'f>(
    chosen: &[&'f Finding],
    look: &Look,
    assessment: &Assessment,
    options: &Options,
) -> Told<'f> {
    let mut told = Told { rows: Vec::new(), mendable: Vec::new(), by_hand: Vec::new() };
    for finding in chosen {
        let advice = match host::remedies(look, &assessment.controls, &[finding], options.tool) {
            Ok(remedies) => {
                told.mendable.push(*finding);
                remedies.iter().map(|one| one.control.title.clone()).collect::<Vec<_>>().join("; ")
            }
            Err(problem) => {
                told.by_hand.push(format!("{}: {}", finding.title, problem.message));
                problem.message
            }
        };
        told.rows.push(Row {
            key: finding.key.to_string(),
            weakness: Arc::clone(&finding.weakness.id.0),
            title: finding.title.clone(),
            resource: Some(Arc::clone(&finding.subject)),
            target: finding.instances.iter().find_map(|instance| instance.fixed_in.clone()),
            advice,
            mended: None,
        });
    }
    told
}

/// What mends findings: one form for each control that they are of, and the files of a folder of that
/// name, where there is one.
fn lacking(
    told: Told<'_>,
    look: &Look,
    assessment: &Assessment,
    options: &Options,
    folder: Option<&str>,
) -> Result<(There, Vec<Laid>), Problem> {
    let tool = options.tool;
    let remedies = host::remedies(look, &assessment.controls, &told.mendable, tool)?;
    let mut laid = Vec::new();
    if let (Some(name), Some(host)) = (folder, &look.host) {
        let parts: Vec<Part<'_>> = remedies
            .iter()
            .map(|remedy| Part { control: &remedy.control, lines: &remedy.lines })
            .collect();
        let remarks = Remarks { by_hand: &told.by_hand, ..Remarks::default() };
        laid = lay_out(name, tool, &parts, &host.seen, &remarks);
    }
    let forms = remedies.into_iter().map(|remedy| {
        let keys = keys(&remedy.control.id, &told.mendable);
        FormRow::of(&remedy.control.id, tool, remedy.rendered, keys)
    });
    let forms = forms.collect();
    Ok((There { rows: told.rows, forms, ..There::default() }, laid))
}

/// Everything that is asked of a host: one form for each control of which a tool sets something, and
/// the files of a folder of that name.
fn asked(
    told: Told<'_>,
    look: &Look,
    assessment: &Assessment,
    options: &Options,
    (name, baseline): (&str, Option<&str>),
) -> (There, Vec<Laid>) {
    let mut there = There { rows: told.rows, ..There::default() };
    let Some(host) = &look.host else { return (there, Vec::new()) };
    let tool = options.tool;
    let asked = whole::asked(host, assessment);
    let whole = Whole { host: &look.asset.name, baseline };
    let remarks = Remarks { whole: Some(whole), by_hand: &asked.by_hand, left: &asked.left };
    let parts: Vec<Part<'_>> = asked
        .controls
        .iter()
        .map(|one| Part { control: &one.control, lines: &one.lines })
        .collect();
    let laid = lay_out(name, tool, &parts, &host.seen, &remarks);
    let along: Vec<&Control> = asked.controls.iter().map(|one| &one.control).collect();
    for one in &asked.controls {
        let control = &one.control;
        let judged = &assessment.controls;
        let its = told.mendable.iter().filter(|finding| one.mends(host, judged, finding));
        let keys = its.map(|finding| finding.key.to_string()).collect();
        let rendered = render_whole(control, &host.seen, tool).along(control, &along, &host.seen);
        there.forms.push(FormRow::of(&control.id, tool, rendered, keys));
    }
    if !asked.left.is_empty() && !laid.is_empty() {
        let count = asked.left.len();
        there
            .notes
            .push(format!("{count} more asked for and not in there; see why in its README.md"));
    }
    let problems = match assessment.problems.len() {
        0 => None,
        1 => Some("there was 1 problem".to_owned()),
        more => Some(format!("there were {more} problems")),
    };
    if let Some(problems) = problems {
        let target = options.target.to_string();
        there.notes.push(format!(
            "{problems} with what is asked, or with what was looked at; see more: holdfast audit {}",
            quoted(&target)
        ));
    }
    let lacks_update = |finding: &&Finding| {
        finding.state.is_open() && matches!(finding.locus, Locus::SystemPackage { .. })
    };
    let updates = assessment.findings.iter().filter(lacks_update).count();
    if updates > 0 && options.baseline.is_none() {
        let (findings, them) = match updates {
            1 => ("1 finding of packages is".to_owned(), "it"),
            more => (format!("{more} findings of packages are"), "them"),
        };
        there.notes.push(format!(
            "{findings} not in there, since no control asks for versions: mend {them} by `holdfast fix` \
             without `--into`, or by `holdfast patch`"
        ));
    }
    (there, laid)
}

/// The keys of the findings that a control mends.
fn keys(control: &str, mendable: &[&Finding]) -> Vec<String> {
    let its = mendable.iter().filter(|finding| match finding.kind {
        FindingKind::Control => *finding.weakness.id.0 == *control,
        _ => *control == *UPDATES,
    });
    its.map(|finding| finding.key.to_string()).collect()
}
