//! What mends findings of a host: the same statement that tests it, rendered to a tool, as steps of
//! a plan.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_act::{Effects, Plan, Stated};
use holdfast_advisories::version::compare;
use holdfast_model::{
    Aspect, Change, Component, Desired, Ecosystem, Finding, FindingKind, Locus, Place, Problem,
    Reading, Resource, Setting, Severity, Step, Tool,
};
use holdfast_posture::{
    Control, ControlResult, Manager, Rendered, Risk, Seen, digest_of, render, render_to,
};

use crate::assess;
use crate::assess::controls::{Judged, locus};
use crate::look::{HostFacts, Look};

/// Versions that held elsewhere, by package.
pub(crate) type Versions = BTreeMap<Arc<str>, Arc<str>>;

/// The control that is made up for updates of packages.
pub(super) const UPDATES: &str = "package-updates";

/// A change of one control, before it is a step.
#[derive(Debug)]
pub struct Remedy {
    /// The control; made up for updates of packages, which no control wants.
    pub control: Control,
    /// Its lines that are set, by position.
    pub lines: Vec<usize>,
    /// With what.
    pub tool: Tool,
    /// What is run.
    pub rendered: Rendered,
    /// The same for the shell, for what is armed.
    revert: String,
    seen: holdfast_model::Digest,
}

/// What mends findings of a host with a tool, one remedy for each control that they are of.
///
/// # Errors
///
/// Where one of them is nothing that a tool can set.
pub fn remedies(
    look: &Look,
    judged: &[Judged],
    findings: &[&Finding],
    tool: Tool,
) -> Result<Vec<Remedy>, Problem> {
    remedies_to(look, judged, findings, tool, &Versions::new())
}

/// The same, where some packages are brought to the version that held elsewhere, and to no later one.
pub(crate) fn remedies_to(
    look: &Look,
    judged: &[Judged],
    findings: &[&Finding],
    tool: Tool,
    held: &Versions,
) -> Result<Vec<Remedy>, Problem> {
    let Some(host) = &look.host else {
        let problem = Problem::new("not-a-host", "these findings are of no host");
        return Err(problem.help("mend what stands in files: holdfast fix KEY"));
    };
    let mut by_control: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    let mut packages = Vec::new();
    let mut installed = Vec::new();
    for finding in findings {
        match finding.kind {
            FindingKind::Control => {
                let lines = failing(host, judged, finding);
                if lines.is_empty() {
                    return Err(unfound(finding));
                }
                for (control, line) in lines {
                    by_control.entry(control).or_default().insert(line);
                }
            }
            _ => {
                for lift in lifts(look, finding)? {
                    installed.extend(before(lift.component));
                    let name = Arc::clone(&lift.component.name);
                    packages.push(Desired::PackageAtLeast { name, version: lift.version });
                }
            }
        }
    }
    let mut remedies = Vec::new();
    let none: &[String] = &[];
    let along: Vec<&Control> =
        by_control.keys().filter_map(|at| host.controls.list.get(*at)).collect();
    for (at, lines) in by_control {
        let Some(control) = host.controls.list.get(at) else { continue };
        let lines = lines.into_iter().collect();
        remedies.push(remedy(&host.seen, control.clone(), lines, (tool, none), &along)?);
    }
    if !packages.is_empty() {
        let lines = (0..packages.len()).collect();
        let exactly: Vec<String> = held.keys().map(ToString::to_string).collect();
        for desired in &mut packages {
            if let Desired::PackageAtLeast { name, version } = desired
                && let Some(one) = held.get(&**name)
            {
                can_be_given(name, one)?;
                version.clone_from(one);
            }
        }
        // No control asks for them, so that no collector looked: their database says it.
        let seen = host.seen.clone().and(installed);
        remedies.push(remedy(
            &seen,
            updating(packages),
            lines,
            (tool, exactly.as_slice()),
            &along,
        )?);
    }
    remedies.sort_by_key(|remedy| turn(&remedy.control));
    Ok(remedies)
}

/// When a control is set, so that one round is enough: packages bring files and accounts along, and
/// tools for accounts write their files anew, with modes of their own.
pub(super) fn turn(control: &Control) -> u8 {
    let of = |desired: &Desired| match desired {
        Desired::PackagePresent { .. }
        | Desired::PackageAbsent { .. }
        | Desired::PackageAtLeast { .. }
        | Desired::AnyOf { .. } => 0,
        Desired::User { .. } | Desired::Users { .. } => 1,
        Desired::File { .. } => 3,
        Desired::FileAbsent { .. }
        | Desired::Sysctl { .. }
        | Desired::Key { .. }
        | Desired::KeyAbsent { .. }
        | Desired::Entry { .. }
        | Desired::Cron { .. }
        | Desired::LinePresent { .. }
        | Desired::LineAbsent { .. }
        | Desired::Text { .. }
        | Desired::Sshd { .. }
        | Desired::Ssh { .. }
        | Desired::Port { .. }
        | Desired::Keys { .. }
        | Desired::Pam { .. }
        | Desired::Firewall { .. }
        | Desired::Restart { .. }
        | Desired::ServiceOn { .. }
        | Desired::ServiceOff { .. }
        | Desired::Service { .. }
        | Desired::SuitePresent { .. }
        | Desired::Mounted { .. }
        | Desired::ModuleDisabled { .. }
        | Desired::Group { .. }
        | Desired::Groups { .. }
        | Desired::Files { .. }
        | Desired::Process { .. } => 2,
    };
    control.ensure.iter().map(of).max().unwrap_or_default()
}

fn unfound(finding: &Finding) -> Problem {
    let message = format!("`{}` is not found on this host now", finding.subject);
    Problem::new("nothing-to-mend", message).help("look again: holdfast audit")
}

/// The lines of controls that fail where a finding is.
pub(super) fn failing(
    host: &HostFacts,
    judged: &[Judged],
    finding: &Finding,
) -> Vec<(usize, usize)> {
    judged
        .iter()
        .filter(|one| one.judgement.result == ControlResult::Fail)
        .filter(|one| locus(&one.judgement) == finding.locus)
        .filter(|one| {
            let control = host.controls.list.get(one.control);
            control.is_some_and(|control| control.id == finding.weakness.id.0)
        })
        .map(|one| (one.control, one.judgement.line))
        .collect()
}

/// The version of a package that its update replaces, which is what the undo brings back.
fn before(component: &Component) -> Option<Setting> {
    let version = component.version.as_ref().filter(|version| plain(version))?;
    Some(Setting {
        resource: Resource::Package { name: Arc::clone(&component.name) },
        aspect: Aspect::Version,
        scope: None,
        reading: Reading::Is(Arc::clone(version)),
        place: Some(component.place.clone()),
        default: false,
    })
}

/// A package that a finding is of, and what would mend it.
pub(crate) struct Lift<'l> {
    /// The package.
    pub(crate) component: &'l Component,
    /// The version that mends it, as whoever published it counts.
    pub(crate) fixed_in: Arc<str>,
    /// The version that the package has to reach.
    pub(crate) version: Arc<str>,
}

/// The packages of a finding, and the version that each has to reach.
pub(crate) fn lifts<'l>(look: &'l Look, finding: &Finding) -> Result<Vec<Lift<'l>>, Problem> {
    if !matches!(finding.locus, Locus::SystemPackage { .. }) {
        return Err(unfound(finding));
    }
    let mut wanted = Vec::new();
    let own = look
        .components()
        .filter(|(document, component)| assess::locus(document, component) == finding.locus);
    for (_, component) in own {
        let manager = look.host.as_ref().map(|host| Manager::of(&host.seen));
        if manager.is_none_or(|manager| manager != manager_of(&component.ecosystem)) {
            let message = format!("packages of {} are not those of this host", component.ecosystem);
            let help = "update it with the package manager of that system";
            return Err(Problem::new("manual-only", message).help(help));
        }
        let copy = finding.instances.iter().find(|instance| instance.place == component.place);
        let Some(fixed) = copy.and_then(|instance| instance.fixed_in.clone()) else { continue };
        let version = floor(look, finding, component, Arc::clone(&fixed));
        can_be_given(&component.name, &version)?;
        wanted.push(Lift { component, fixed_in: fixed, version });
    }
    if wanted.is_empty() {
        let message = format!("no version without `{}` is known", finding.weakness.id);
        return Err(
            Problem::new("nothing-to-mend", message).help("accept it, or remove the package")
        );
    }
    Ok(wanted)
}

/// The version that a binary package has to reach. Advisories speak of source packages; what is
/// built of one may count its versions otherwise, with an epoch of its own for example. Then the
/// next look has to prove the fix, and the floor only says that something newer is installed.
fn floor(look: &Look, finding: &Finding, component: &Component, fixed: Arc<str>) -> Arc<str> {
    let (Some(installed), Some(source)) = (&component.version, &component.source) else {
        return fixed;
    };
    // A rebuild counts `+b1` behind the version of its source (Debian Policy, binary NMUs).
    let own = installed.strip_prefix(&*source.version);
    let counts_as_source = own.is_some_and(|own| own.is_empty() || own.starts_with("+b"));
    // RPM and apk give every package the version of what it is built of.
    let counts_as_source = counts_as_source || manager_of(&component.ecosystem) != Manager::Deb;
    // What a host's own sources offer is a version of the binary package.
    if counts_as_source || finding.weakness.id.0.starts_with(assess::UPDATE_PREFIX) {
        return fixed;
    }
    let order = |a: &str, b: &str| compare(&component.ecosystem, a, b).unwrap_or(Ordering::Equal);
    look.documents
        .iter()
        .flat_map(|document| &document.offers)
        .filter(|offer| offer.name == component.name && offer.source == source.name)
        .map(|offer| &offer.version)
        .filter(|version| order(version, installed).is_gt())
        .min_by(|a, b| order(a, b))
        // Nothing that is made of a version sorts between it and this (deb-version(7)).
        .map_or_else(|| format!("{installed}A~").into(), Arc::clone)
}

/// The package manager that looks after packages of an ecosystem.
fn manager_of(ecosystem: &Ecosystem) -> Manager {
    match ecosystem.purl("x", None) {
        Some(purl) if purl.starts_with("pkg:apk/") => Manager::Apk,
        Some(purl) if purl.starts_with("pkg:rpm/") => Manager::Rpm,
        None if ecosystem.family() == "rpm" => Manager::Rpm,
        _ => Manager::Deb,
    }
}

/// Refuses what could mean something else to a tool.
fn can_be_given(name: &str, version: &str) -> Result<(), Problem> {
    if plain(name) && plain(version) {
        return Ok(());
    }
    let message = format!("`{name} {version}` cannot be given to a tool");
    Err(Problem::new("manual-only", message).help("install it by hand"))
}

/// Whether a name or version has only signs that those of deb-version(7), RPM and apk have, and can
/// mean nothing else to a tool: feeds and lists are written by others.
pub(crate) fn plain(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+.:~^_-".contains(&byte);
    text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        && text.bytes().all(letter)
}

/// Updates of packages as a control wants them.
fn updating(ensure: Vec<Desired>) -> Control {
    Control {
        id: UPDATES.into(),
        title: "Packages have their security updates".to_owned(),
        wrong: "packages lack security updates".to_owned(),
        why: "What is known to be broken is what gets tried first.".to_owned(),
        severity: Severity::Soon,
        refs: BTreeMap::new(),
        when: None,
        ensure: ensure.into(),
        risk: Risk {
            breaks: Vec::new(),
            lockout: false,
            reboot: false,
            interruption: "services of these packages start anew".to_owned(),
            slowdown: "unknown".to_owned(),
        },
        manual: None,
        examples: Vec::new(),
        place: Place::start_of(UPDATES),
        lines: Vec::new(),
    }
}

fn remedy(
    seen: &Seen,
    control: Control,
    lines: Vec<usize>,
    (tool, exactly): (Tool, &[String]),
    along: &[&Control],
) -> Result<Remedy, Problem> {
    let rendered = render_to(&control, &lines, seen, tool, exactly).along(&control, along, seen);
    if let Some(manual) = rendered.manual.first() {
        let message = format!("`{}` needs a person: {manual}", control.id);
        return Err(Problem::new("manual-only", message).help("no tool can know what to write"));
    }
    let revert = match tool {
        Tool::Shell => rendered.undo.clone(),
        Tool::Ansible | Tool::Puppet | Tool::Chef => {
            render(&control, &lines, seen, Tool::Shell).undo
        }
    };
    let seen = digest_of(&control, &lines, seen);
    Ok(Remedy { control, lines, tool, rendered, revert, seen })
}

/// The plan that carries remedies out.
pub fn plan(remedies: Vec<Remedy>) -> Plan {
    let effects = effects(&remedies);
    let steps = remedies
        .into_iter()
        .map(|remedy| {
            let wanted = remedy.lines.iter().filter_map(|line| remedy.control.ensure.get(*line));
            Step::Change(Change {
                control: Arc::clone(&remedy.control.id),
                resources: wanted.map(|desired| desired.subject().into()).collect(),
                tool: remedy.tool,
                code: remedy.rendered.code,
                undo: remedy.rendered.undo,
                revert: remedy.revert,
                precheck: remedy.rendered.precheck,
                lockout: remedy.rendered.lockout,
                seen: remedy.seen,
            })
        })
        .collect();
    Plan::new(steps, effects)
}

/// What all of it does beside its purpose, each sentence once.
fn effects(remedies: &[Remedy]) -> Effects {
    let stated = |part: &dyn Fn(&Rendered) -> &str| {
        let mut words: Vec<&str> = remedies.iter().map(|remedy| part(&remedy.rendered)).collect();
        words.retain(|words| !words.is_empty());
        words.sort_unstable();
        words.dedup();
        if words.len() > 1 {
            words.retain(|words| *words != "none");
        }
        if words.is_empty() { Stated::Unknown } else { Stated::As(words.join("; ")) }
    };
    Effects {
        restart: stated(&|rendered| &rendered.restart),
        interruption: stated(&|rendered| &rendered.interruption),
        slowdown: stated(&|rendered| &rendered.slowdown),
        risk: stated(&|rendered| &rendered.risk),
    }
}

/// Whether a target still looks as it did when a step was planned.
pub fn is_as_planned(
    look: &Look,
    judged: &[Judged],
    change: &Change,
    findings: &[&Finding],
) -> bool {
    remedies(look, judged, findings, change.tool).is_ok_and(|remedies| {
        remedies
            .iter()
            .any(|remedy| remedy.control.id == change.control && remedy.seen == change.seen)
    })
}
