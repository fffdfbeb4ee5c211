//! What the controls say of a host: findings where they fail, gaps where they could not look.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_advisories::version::compare;
use holdfast_findings::accept::{Answer, answer};
use holdfast_findings::unassessed::Gap;
use holdfast_findings::{Presence, Scope, Sighting, Unread, join, locus as loci};
use holdfast_model::{
    ControlCounts, Desired, Ecosystem, FindingKind, FixKind, Instance, Key, Known, LocalKey, Locus,
    Place, Severity, SeverityStep, State, Weakness, WeaknessId, Witness,
};
use holdfast_posture::{Answered, Control, ControlResult, Judgement, Manual, Seen, judge};

use super::matching::Found;
use super::running::{OLD_KERNEL, compares_kernels};
use super::{Against, Assessment};
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
pub(crate) fn judged(look: &Look, against: &Against<'_>, found: &mut Found) -> Vec<Judged> {
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
        let unasked = host.controls.unasked.get(&control.id);
        let judgements = match (unasked, host.controls.manual.get(&control.id)) {
            (Some(unasked), _) => unasked.judgements(control),
            (None, Some(manual)) => vec![by_hand(manual, look, &host.seen, against)],
            (None, None) => judge(control, &host.seen, &order),
        };
        for judgement in judgements {
            if is_told_by_what_runs(look, control, &judgement, found) {
                all.push(Judged { control: at, judgement });
                continue;
            }
            match judgement.result {
                ControlResult::Fail => found.sightings.push(sighting(control, &judgement)),
                ControlResult::NotAssessed | ControlResult::Error | ControlResult::Manual => {
                    gap(control, &judgement, found);
                }
                ControlResult::Pass | ControlResult::NotApplicable => {}
            }
            all.push(Judged { control: at, judgement });
        }
    }
    all
}

/// Whether the look itself says of packages what this line would say of the host: what is still
/// running although something newer is installed is one finding, not two. A mark that no newer kernel
/// explains is said by the control alone, and so is what the look could not see.
fn is_told_by_what_runs(
    look: &Look,
    control: &Control,
    judgement: &Judgement,
    found: &Found,
) -> bool {
    let Some(Desired::Restart { of }) = control.ensure.get(judgement.line) else { return false };
    let Some(runs) = look.host.as_ref().and_then(|host| host.running.as_ref()) else {
        return false;
    };
    let fails = judgement.result == ControlResult::Fail;
    match (&**of, fails) {
        ("services", true) => judgement
            .scope
            .as_ref()
            .is_some_and(|name| runs.old.iter().any(|copy| copy.programs.contains(name))),
        ("services", false) => runs.looked,
        (_, true) => found.sightings.iter().any(|one| *one.weakness.id.0 == *OLD_KERNEL),
        (_, false) => compares_kernels(look),
    }
}

/// Whether it is said of what waits for a restart, which no tool mends.
pub(crate) fn is_of_restart(control: &Control, judgement: &Judgement) -> bool {
    matches!(control.ensure.get(judgement.line), Some(Desired::Restart { .. }))
}

/// What a control that only a person can answer comes to: an attestation counts until its last day,
/// and never for longer than the control lets one count.
fn by_hand(manual: &Manual, look: &Look, seen: &Seen, against: &Against<'_>) -> Judgement {
    let Against { settings, now, .. } = against;
    let host = look.asset.name.as_str();
    let answered = match answer(&settings.attested, &manual.control.id, host, *now) {
        Answer::None => None,
        Answer::Over(one) => {
            Some((one, Some(format!("it ended on {}", one.last_day(&settings.zone)))))
        }
        Answer::Counts(one) if one.until > now.plus_days(manual.days.saturating_add(1)) => {
            let days = manual.days;
            Some((one, Some(format!("it is for more than the {days} days that one counts"))))
        }
        Answer::Counts(one) => Some((one, None)),
    };
    let answered = answered.map(|(one, not)| Answered {
        by: one.by.clone(),
        because: one.because.clone(),
        place: one.place.clone(),
        until: one.last_day(&settings.zone),
        not,
    });
    manual.judge(seen, host, answered.as_ref())
}

/// How many controls say what, where any applies.
pub(crate) fn counts(judged: &[Judged]) -> Option<ControlCounts> {
    let mut worst: BTreeMap<usize, Weight> = BTreeMap::new();
    for one in judged {
        let weight = weight(one.judgement.result);
        let known = worst.entry(one.control).or_insert(weight);
        *known = weight.max(*known);
    }
    let of = |weight: Weight| worst.values().filter(|one| **one == weight).count() as u64;
    let (passed, failed) = (of(Weight::Passes), of(Weight::Fails));
    let counts = ControlCounts { passed, failed, not_assessed: of(Weight::Open) };
    (counts.all() > 0).then_some(counts)
}

/// What counts of a control that speaks of several resources: the last of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Away,
    Passes,
    Open,
    Fails,
}

fn weight(result: ControlResult) -> Weight {
    match result {
        ControlResult::NotApplicable => Weight::Away,
        ControlResult::Pass => Weight::Passes,
        ControlResult::Error | ControlResult::NotAssessed | ControlResult::Manual => Weight::Open,
        ControlResult::Fail => Weight::Fails,
    }
}

/// The locus of what a control says.
pub(crate) fn locus(judgement: &Judgement) -> Locus {
    loci::setting(&judgement.resource, judgement.scope.as_deref())
}

/// The name of a control as a weakness.
pub(crate) fn weakness_id(control: &Control) -> WeaknessId {
    WeaknessId(Arc::clone(&control.id))
}

/// What a control says of a resource, as people are shown it: a fail that somebody answers for is
/// accepted, and one of which the acceptance ended says so.
pub(crate) fn result(
    assessment: &Assessment,
    local: LocalKey,
    judgement: &Judgement,
) -> (&'static str, String) {
    let plain = (judgement.result.word(), judgement.reason.clone());
    if judgement.result != ControlResult::Fail {
        return plain;
    }
    let word = if assessment.ended.contains(&local) {
        "acceptance expired"
    } else if assessment
        .findings
        .iter()
        .any(|finding| finding.local == local && finding.state == State::Accepted)
    {
        "accepted"
    } else {
        return plain;
    };
    let note = assessment.notes.get(&local).map_or("", String::as_str);
    (word, format!("{}; {note}", judgement.reason))
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
    SeverityStep { severity, because: "its control says so".to_owned() }
}

/// A fix is safe where it can neither lock anybody out nor break or interrupt anything.
fn fix_kind(control: &Control) -> FixKind {
    // What can only be checked is for people.
    if control.manual.is_some() {
        return FixKind::None;
    }
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
        ControlResult::Manual => "control-manual",
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

/// Findings of controls that this look did not have: their file may only be unreadable, and that
/// another control passes on the same resource mends nothing.
pub(crate) fn without_control(known: &BTreeMap<Key, Known>, look: &Look) -> Vec<Unread> {
    let Some(host) = &look.host else { return Vec::new() };
    known
        .values()
        .map(|one| &one.finding)
        .filter(|one| one.kind == FindingKind::Control)
        .filter(|one| host.controls.find(&one.weakness.id.0).is_none())
        .map(|one| Unread {
            scope: Scope::Check(one.weakness.id.clone(), one.locus.clone()),
            because: format!("the control `{}` was not there to be asked", one.weakness.id),
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(control: usize, result: ControlResult) -> Judged {
        let judgement = Judgement {
            line: 0,
            resource: "file /etc/motd".into(),
            scope: None,
            result,
            reason: String::new(),
            found: None,
            wanted: "".into(),
            place: None,
            closes_with: String::new(),
        };
        Judged { control, judgement }
    }

    #[test]
    fn a_control_passes_where_everything_that_it_speaks_of_does() {
        use ControlResult::{Error, Fail, Manual, NotApplicable, NotAssessed, Pass};
        let of = |results: &[&[ControlResult]]| {
            let each = results.iter().enumerate();
            let all = each.flat_map(|(at, some)| some.iter().map(move |one| judged(at, *one)));
            counts(&all.collect::<Vec<_>>())
                .map(|counts| (counts.passed, counts.failed, counts.not_assessed))
        };
        let passed = of(&[&[Pass, Pass], &[Pass, NotApplicable], &[NotApplicable, Pass]]);
        assert_eq!(passed, Some((3, 0, 0)));
        let failed = of(&[&[Pass, Fail], &[Fail, NotAssessed], &[NotAssessed, Fail]]);
        assert_eq!(failed, Some((0, 3, 0)));
        assert_eq!(of(&[&[Pass, NotAssessed], &[Error, Pass], &[Manual]]), Some((0, 0, 3)));
        // What applies to nothing here is no part of the base.
        assert_eq!(of(&[&[NotApplicable], &[Pass], &[Fail]]), Some((1, 1, 0)));
        assert_eq!(of(&[&[NotApplicable]]), None);
        assert_eq!(of(&[]), None);
    }
}
