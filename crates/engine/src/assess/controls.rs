//! What the controls say of a host: findings where they fail, gaps where they could not look.

use std::sync::Arc;

use holdfast_advisories::version::compare;
use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Presence, Scope, Sighting, Unread, join, locus as loci};
use holdfast_model::{
    Ecosystem, FindingKind, FixKind, Instance, Locus, Place, Severity, SeverityStep, Weakness,
    WeaknessId, Witness,
};
use holdfast_posture::{Control, ControlResult, Judgement, judge};

use super::matching::Found;
use crate::look::Look;

/// What one control says of one resource.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The control, as a position in the look's list.
    pub control: usize,
    /// What it says.
    pub judgement: Judgement,
}

/// Judges every control; fails become sightings, what could not be told becomes gaps.
pub(crate) fn judged(look: &Look, found: &mut Found) -> Vec<Judged> {
    let Some(host) = &look.host else { return Vec::new() };
    let ecosystem = look
        .components()
        .map(|(_, component)| &component.ecosystem)
        .next()
        .cloned()
        .unwrap_or_else(|| Ecosystem::new(Ecosystem::DEBIAN));
    let order = |a: &str, b: &str| compare(&ecosystem, a, b);
    let mut all = Vec::new();
    for (at, control) in host.controls.list.iter().enumerate() {
        for judgement in judge(control, &host.seen, &order) {
            match judgement.result {
                ControlResult::Fail => found.sightings.push(sighting(control, &judgement)),
                ControlResult::NotAssessed | ControlResult::Error => {
                    gap(control, &judgement, found);
                }
                ControlResult::Pass | ControlResult::NotApplicable => {}
            }
            all.push(Judged { control: at, judgement });
        }
    }
    all
}

/// The locus of what a control says.
pub(crate) fn locus(judgement: &Judgement) -> Locus {
    loci::setting(&judgement.resource, judgement.scope.as_deref())
}

/// The name of a control as a weakness.
pub(crate) fn weakness_id(control: &Control) -> WeaknessId {
    WeaknessId(Arc::clone(&control.id))
}

fn sighting(control: &Control, judgement: &Judgement) -> Sighting {
    let place =
        judgement.place.clone().unwrap_or_else(|| Place::start_of(Arc::clone(&judgement.resource)));
    let title = match &judgement.scope {
        Some(scope) => format!("{} (for {scope})", control.wrong),
        None => control.wrong.clone(),
    };
    Sighting {
        kind: FindingKind::Control,
        weakness: Weakness {
            id: weakness_id(control),
            aliases: Vec::new(),
            title: control.title.clone(),
            cvss: None,
            epss: None,
            exploited: false,
            informational: None,
            malicious: false,
            epss_at: None,
            published_by: vec![join::OWN_ENGINE.into()],
        },
        locus: locus(judgement),
        title,
        severity: control.severity,
        severity_steps: vec![step(control.severity)],
        subject: Arc::clone(&judgement.resource),
        instance: Instance {
            version: judgement.found.clone(),
            place,
            fixed_in: Some(Arc::clone(&judgement.wanted)),
        },
        witness: Witness { engine: join::OWN_ENGINE.into(), name: Arc::clone(&control.id) },
        direct: None,
        dev: false,
        fix: fix_kind(control),
    }
}

fn step(severity: Severity) -> SeverityStep {
    SeverityStep { severity, because: format!("the control says {}", severity.word()) }
}

/// A fix is safe where it can neither lock anybody out nor break or interrupt anything.
fn fix_kind(control: &Control) -> FixKind {
    let risk = &control.risk;
    let quiet = risk.interruption == "none" && risk.breaks.is_empty();
    if quiet && !risk.lockout && !risk.reboot { FixKind::Safe } else { FixKind::Risky }
}

fn gap(control: &Control, judgement: &Judgement, found: &mut Found) {
    let locus = locus(judgement);
    found.unreadable.push(Unread {
        scope: Scope::Check(weakness_id(control), locus.clone()),
        because: judgement.reason.clone(),
    });
    let code = match judgement.result {
        ControlResult::Error => "control-error",
        _ => "control-unseen",
    };
    // Of an error its reason says all that is known; nobody else could look instead.
    let closes_with = match judgement.closes_with.as_str() {
        "" => "a configuration that can be read, see its problems".to_owned(),
        known => known.to_owned(),
    };
    found.gaps.push(Gap {
        code,
        kind: FindingKind::Control,
        locus,
        subject: Arc::clone(&judgement.resource),
        reason: judgement.reason.clone(),
        closes_with,
        place: judgement.place.clone(),
    });
}

/// What became of a resource, for the state machine: there if any control passed on it, gone where
/// none concerns it any more or its `Match` block went away. Of what no control spoke nothing is
/// known: its rule may only be unreadable.
pub(crate) fn presence(judged: &[Judged], resource: &Locus) -> Presence {
    let results = |of: &Locus| -> Vec<ControlResult> {
        let here = judged.iter().filter(|one| locus(&one.judgement) == *of);
        here.map(|one| one.judgement.result).collect()
    };
    let known = |result: &ControlResult| {
        matches!(result, ControlResult::Pass | ControlResult::Fail | ControlResult::NotApplicable)
    };
    let own = results(resource);
    if own.iter().any(|result| matches!(result, ControlResult::Pass | ControlResult::Fail)) {
        return Presence::There(Vec::new());
    }
    if !own.is_empty() {
        let away = own.iter().all(|result| *result == ControlResult::NotApplicable);
        return if away { Presence::Gone } else { Presence::Unknown };
    }
    match resource {
        Locus::Setting { resource, scope } if !scope.is_empty() => {
            let everybody = results(&loci::setting(resource, None));
            let told = !everybody.is_empty() && everybody.iter().all(known);
            if told { Presence::Gone } else { Presence::Unknown }
        }
        _ => Presence::Unknown,
    }
}
