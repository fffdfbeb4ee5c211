//! Which baseline counts for a host, and what it makes of the controls there.
//!
//! Knows where baselines stand and what is known of a host. Must not know how they are combined.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Asset, ManagedHost, Problem, Target, TraitValue};
use holdfast_posture::baseline::{Asked, BUILT_IN, Step, Value, shown};
use holdfast_posture::{Baselines, Control, HostNames, Settings, wanted};
use holdfast_rulefile::Config;
use holdfast_world::World;
use serde::Serialize;

use crate::check::Options;
use crate::controls::{Controls, declared, said};
use crate::document::PlaceRow;
use crate::failure::Failure;
use crate::gather::Tree;
use crate::own_rules::Texts;
use crate::settings::{self, Chosen};
use crate::{facts, hosts, sensors};

/// How a label names what a host is for: `role:web`.
const ROLE_LABEL: &str = "role:";

/// The files of baselines: those that came along, those of a tree, and one that was named.
pub(crate) fn files(tree: Option<&dyn Tree>, named: Option<(&Arc<str>, &str)>) -> Texts {
    let own = tree.map(own).unwrap_or_default();
    // One that was named may be of the tree as well.
    let named = named.filter(|(path, _)| {
        let path = path.strip_prefix("./").unwrap_or(path);
        own.files.iter().all(|(known, _)| **known != *path)
    });
    let built_in = BUILT_IN.iter().map(|(path, text)| (Arc::from(*path), (*text).to_owned()));
    let mut files: Vec<(Arc<str>, String)> = built_in.collect();
    files.extend(own.files);
    files.extend(named.map(|(path, text)| (Arc::clone(path), text.to_owned())));
    Texts { files, problems: own.problems }
}

/// The settings that files of baselines declare, for the controls that ask for them.
pub(crate) fn settings_of(files: &Texts) -> Settings {
    Settings::read(files.files.iter().map(|(path, text)| (path, text.as_str())))
}

/// Reads the baselines of some files.
pub(crate) fn read(files: Texts, controls: &[Control], problems: &mut Vec<Problem>) -> Baselines {
    let texts = files.files.iter().map(|(path, text)| (path, text.as_str()));
    let baselines = Baselines::read(texts, controls);
    problems.extend(baselines.problems.iter().cloned());
    problems.extend(files.problems);
    baselines
}

/// The files of baselines that a tree keeps for itself.
pub(crate) fn own(tree: &dyn Tree) -> Texts {
    Texts::of(tree, "baseline", &["yaml"])
}

/// What baselines may ask about a host: its name, its roles, its ring.
pub(crate) fn names_of(asset: &Asset) -> HostNames {
    let roles = asset.labels.iter().filter_map(|label| label.strip_prefix(ROLE_LABEL));
    HostNames {
        names: vec![asset.name.clone()],
        roles: roles.map(|role| role.trim().to_owned()).collect(),
        ring: asset.ring.clone(),
    }
}

/// No baseline goes by that name.
pub(crate) fn unknown(name: &str, all: &Baselines) -> Problem {
    let known: Vec<&str> = all.list().map(|one| &*one.id).collect();
    let help = match holdfast_rulefile::suggest(name, known.iter().copied()) {
        Some(guess) if guess != name => format!("did you mean `{guess}`?"),
        _ => format!("those that can be used are {}", known.join(", ")),
    };
    let message = format!("there is no baseline called `{name}` that can be used");
    Problem::new("baseline-unknown", message).help(help)
}

/// Whether `[host.settings]` speaks of a host. The machine on which it stands says there what it is
/// itself, which is nothing about a host over ssh.
fn declares(target: &Target) -> bool {
    match target {
        Target::Local | Target::Root(_) => true,
        Target::Ssh(_) | Target::Facts(_) => false,
    }
}

/// What is wrong with baselines, and that the one that is wanted cannot be used: the one may be why
/// the other is.
fn unusable(name: &str, all: &Baselines) -> Failure {
    let mut problems = all.problems.clone();
    problems.push(unknown(name, all));
    problems.into()
}

/// The controls of one host by the baseline that the configuration names, and what it is declared
/// to be. Without a usable baseline every control is asked: a mistake in a file asks for more, never
/// for less.
pub(crate) fn of_host(
    controls: &Arc<Controls>,
    config: &Config,
    target: &Target,
    names: &HostNames,
    problems: &mut Vec<Problem>,
) -> (Arc<Controls>, BTreeMap<String, TraitValue>) {
    let settings = &controls.baselines.settings;
    // What the host says of itself is nearest to it, and what nobody says of it is the farthest.
    let own = if declares(target) { declared(config, settings, problems) } else { BTreeMap::new() };
    let mut said = settings.defaults();
    let Some(chosen) = config.host.baseline.as_deref() else {
        said.extend(own);
        return (Arc::clone(controls), said);
    };
    let Some(tailored) = controls.baselines.tailor(chosen, &controls.list, names) else {
        problems.push(unknown(chosen, &controls.baselines));
        said.extend(own);
        return (Arc::clone(controls), said);
    };
    problems.extend(tailored.problems);
    said.extend(tailored.declared.into_iter().map(|(name, (value, _))| (name, value)));
    said.extend(own);
    let mut of_host = Controls {
        list: tailored.controls,
        manual: controls.manual.clone(),
        ..Controls::default()
    };
    for (control, unasked) in tailored.unasked {
        of_host.unasked.insert(Arc::clone(&control.id), unasked);
        of_host.list.push(control);
    }
    of_host.list.sort_by(|a, b| a.id.cmp(&b.id));
    (Arc::new(of_host), said)
}

/// What one control asks of one host, and why.
#[derive(Debug, Serialize)]
pub struct ForHost {
    /// The host.
    pub host: String,
    /// What it is for.
    pub roles: Vec<String>,
    /// Its pilot group.
    pub ring: Option<String>,
    /// The baseline that counts; `None` where every control is asked.
    pub baseline: Option<String>,
    /// Whether the control is asked.
    pub asked: bool,
    /// What is wanted of each thing, and where that is said.
    pub values: Vec<ValueRow>,
    /// Each step that speaks of it, in the order in which they hold.
    pub steps: Vec<StepRow>,
}

/// What is wanted of one thing.
#[derive(Debug, Serialize)]
pub struct ValueRow {
    /// The thing.
    pub resource: String,
    /// What is wanted.
    pub wanted: String,
    /// Where that is said.
    pub place: PlaceRow,
}

/// A step of a baseline.
#[derive(Debug, Serialize)]
pub struct StepRow {
    /// What it does.
    pub what: String,
    /// Where it stands.
    pub place: PlaceRow,
    /// Whether it counts for this host.
    pub counts: bool,
}

/// Explains where each value that a control asks of a host comes from. `host` is a target, the name
/// of this machine, that of one of `managed`, the hosts of the record, or a file with what one said.
///
/// # Errors
///
/// Where the folder, the control, the baseline or the host cannot be used.
pub fn for_host(
    world: &World,
    options: &Options,
    chosen: Option<&Chosen>,
    id: &str,
    (host, managed): (&str, &[ManagedHost]),
) -> Result<ForHost, Failure> {
    let folder = sensors::open(world, &options.path)?;
    let mut settings =
        settings::read(&folder.tree, options.appetite.as_ref(), &world.clock.zone())?;
    let controls = choose(&folder.tree, chosen, &mut settings.config)?;
    let Some(control) = controls.find(id) else {
        return Err(controls.unknown(id).into());
    };
    let config = &settings.config;
    let target = hosts::target_or_file(world, managed, host, config)?;
    let asset = match &target {
        Target::Facts(path) => facts::identify(world, path)?,
        _ => hosts::known(world, managed, &target, config),
    };
    let names = names_of(&asset);
    let mut asked = match config.host.baseline.as_deref() {
        Some(chosen) => controls
            .baselines
            .explain(chosen, control, &names)
            .ok_or_else(|| unusable(chosen, &controls.baselines))?,
        None => untouched(control, &controls.baselines.settings),
    };
    if declares(&target) {
        declarations(control, config, &controls.baselines.settings, &mut asked);
    }
    Ok(ForHost {
        host: names.names.first().cloned().unwrap_or_default(),
        roles: names.roles,
        ring: names.ring,
        baseline: config.host.baseline.clone(),
        asked: asked.is_asked,
        values: asked.values.iter().map(value_row).collect(),
        steps: asked.steps.iter().map(step_row).collect(),
    })
}

/// The controls and baselines of a tree, with the baseline that was chosen in place of the one that
/// the configuration names. Where that one cannot be used, every control is asked, as by a look.
///
/// # Errors
///
/// Where there is none of the name that was chosen, or it cannot be used: what was asked for by
/// name is not replaced by something else.
pub(crate) fn choose(
    tree: &dyn Tree,
    chosen: Option<&Chosen>,
    config: &mut Config,
) -> Result<Controls, Failure> {
    let controls = match chosen {
        None => Controls::read(Some(tree)),
        Some(Chosen::Preset(name)) => {
            config.host.baseline = Some(name.clone());
            Controls::read(Some(tree))
        }
        Some(Chosen::File { path, text }) => {
            let file = path.rsplit('/').next().unwrap_or(path);
            let name = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            config.host.baseline = Some(name.to_owned());
            Controls::read_with(Some(tree), Some((path, text.as_str())))
        }
    };
    if let (Some(_), Some(name)) = (chosen, &config.host.baseline)
        && controls.baselines.find(name).is_none()
    {
        return Err(unusable(name, &controls.baselines));
    }
    if let Some(Chosen::File { path, .. }) = chosen
        && let Some(problem) = controls.baselines.problems.iter().find(|one| {
            one.code == "baseline-twice" && one.place.as_ref().is_some_and(|at| at.path == *path)
        })
    {
        return Err(problem.clone().into());
    }
    Ok(controls)
}

/// Without a baseline a control is asked as it is written.
fn untouched(control: &Control, settings: &Settings) -> Asked {
    let values = control.ensure.iter().enumerate().map(|(line, desired)| Value {
        subject: desired.subject(),
        wanted: wanted(desired),
        place: control.place_of(line).clone(),
    });
    Asked { is_asked: true, values: values.collect(), steps: settings.steps(control) }
}

/// What `[host.settings]` says comes last and counts.
fn declarations(control: &Control, config: &Config, settings: &Settings, asked: &mut Asked) {
    for one in &config.host.settings {
        let Some(value) = said(settings, one) else { continue };
        let name = one.name.as_str();
        if !control.asks().contains(&format!("setting.{name}").as_str()) {
            continue;
        }
        for step in &mut asked.steps {
            step.counts &= step.setting.as_deref() != Some(name);
        }
        let what = format!("this host declares `{name}` as {}", shown(&value));
        let (place, setting) = (one.at.place.clone(), Some(name.into()));
        asked.steps.push(Step { place, what, counts: true, setting });
    }
}

fn value_row(value: &Value) -> ValueRow {
    ValueRow {
        resource: value.subject.clone(),
        wanted: value.wanted.clone(),
        place: (&value.place).into(),
    }
}

fn step_row(step: &Step) -> StepRow {
    StepRow { what: step.what.clone(), place: (&step.place).into(), counts: step.counts }
}
