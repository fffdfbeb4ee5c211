//! What a baseline asks of one host: its controls with the values that count there, and for each of
//! them the steps that led to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Desired, Place, Problem, TraitValue};

use super::resolve::{Ask, Resolved};
use super::stricter::is_as_strict;
use super::{HostNames, Settings, Tightened};
use crate::Control;
use crate::judge::{ControlResult, Judgement, wanted};

/// What is asked of a host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tailored {
    /// The controls, in the order in which they were handed over, with their values.
    pub controls: Vec<Control>,
    /// Those that are not asked, in the same order, and why.
    pub unasked: Vec<(Control, Unasked)>,
    /// What the host is declared to be, by the name behind `setting.`, and where that stands.
    pub declared: BTreeMap<String, (TraitValue, Place)>,
    /// Steps for this host that contradict each other. The earlier one counts then.
    pub problems: Vec<Problem>,
}

/// Why a control is not asked of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unasked {
    /// The sentence, without a full stop.
    pub because: String,
    /// Where it is dropped; `None` where nobody asks for it at all.
    pub place: Option<Place>,
}

impl Unasked {
    /// What the control comes out as: nothing of it is applicable.
    pub fn judgements(&self, control: &Control) -> Vec<Judgement> {
        let lines = control.ensure.iter().enumerate();
        lines
            .map(|(line, desired)| Judgement {
                line,
                resource: desired.subject().into(),
                scope: None,
                result: ControlResult::NotApplicable,
                reason: self.because.clone(),
                found: None,
                wanted: wanted(desired).into(),
                place: self.place.clone(),
                closes_with: String::new(),
            })
            .collect()
    }
}

/// How one control came to be asked of a host, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whether it is.
    pub is_asked: bool,
    /// What is wanted of each thing, and who says so.
    pub values: Vec<Value>,
    /// Each step that speaks of it, in the order in which they hold.
    pub steps: Vec<Step>,
}

/// What is wanted of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The thing, as findings name it.
    pub subject: String,
    /// What is wanted of it.
    pub wanted: String,
    /// Where that is said: in the control, or by the step that tightened it last.
    pub place: Place,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Where it stands.
    pub place: Place,
    /// What it does, in a few words.
    pub what: String,
    /// Whether it counts for this host.
    pub counts: bool,
    /// The setting that it declares, by the name behind `setting.`.
    pub setting: Option<Arc<str>>,
}

pub(super) fn tailor(
    (id, resolved): (&str, &Resolved),
    controls: &[Control],
    host: &HostNames,
) -> Tailored {
    let mut out = Tailored::default();
    for control in controls {
        let asks = resolved.asks.get(&control.id).map(Vec::as_slice).unwrap_or_default();
        if !asks.iter().any(|ask| is_in_force(ask, host)) {
            out.unasked.push((control.clone(), unasked(id, asks, host)));
            continue;
        }
        let mut control = control.clone();
        let mut other: Option<Vec<Desired>> = None;
        for line in 0..control.ensure.len() {
            let decided = decided(resolved, &control.id, line, host);
            out.problems.extend(decided.problems);
            let Some(step) = decided.step else { continue };
            let lines = other.get_or_insert_with(|| control.ensure.to_vec());
            if let Some(desired) = lines.get_mut(line) {
                desired.clone_from(&step.desired);
            }
        }
        if let Some(lines) = other {
            control.ensure = lines.into();
        }
        out.controls.push(control);
    }
    for step in resolved.set.iter().filter(|step| step.scope.fits(host)) {
        let value = (step.value.clone(), step.spot.place.clone());
        out.declared.insert(step.name.to_string(), value);
    }
    out
}

/// Why none of the ways on which a control is asked leads to a host.
fn unasked(id: &str, asks: &[Ask], host: &HostNames) -> Unasked {
    let dropped = asks.iter().flat_map(|ask| &ask.dropped).find(|step| step.fits(host));
    match dropped {
        Some(step) => Unasked {
            because: format!("the baseline `{}` drops it: {}", step.baseline, step.because),
            place: Some(step.spot.place.clone()),
        },
        None => {
            Unasked { because: format!("the baseline `{id}` does not ask for it"), place: None }
        }
    }
}

fn is_in_force(ask: &Ask, host: &HostNames) -> bool {
    !ask.dropped.iter().any(|step| step.fits(host))
}

/// The step that counts for a line of a control.
#[derive(Default)]
struct Decided<'r> {
    step: Option<&'r Arc<Tightened>>,
    problems: Vec<Problem>,
}

/// The strictest of the steps that fit. Where none is as strict as all others, the earlier of two
/// that contradict each other counts: both are at least as strict as the control.
fn decided<'r>(
    resolved: &'r Resolved,
    control: &str,
    line: usize,
    host: &HostNames,
) -> Decided<'r> {
    let steps = resolved.tightened.get(control).into_iter().flatten();
    let fitting: Vec<&Arc<Tightened>> =
        steps.filter(|step| step.line == line && step.scope.fits(host)).collect();
    let strictest = |one: &&&Arc<Tightened>| {
        fitting.iter().all(|other| is_as_strict(&one.desired, &other.desired))
    };
    if let Some(step) = fitting.iter().find(strictest).copied() {
        return Decided { step: Some(step), problems: Vec::new() };
    }
    let mut out = Decided::default();
    for step in fitting {
        let Some(before) = out.step else {
            out.step = Some(step);
            continue;
        };
        if is_as_strict(&step.desired, &before.desired) {
            out.step = Some(step);
        } else if !is_as_strict(&before.desired, &step.desired) {
            out.problems.push(contradiction(before, step, host));
        }
    }
    out
}

fn contradiction(before: &Tightened, step: &Tightened, host: &HostNames) -> Problem {
    let name = host.names.first().map_or("this host", String::as_str);
    let message = format!(
        "of `{name}` both `{}` and, at `{}`, `{}` are wanted",
        wanted(&step.desired),
        before.spot.place,
        wanted(&before.desired)
    );
    let help = "tighten it once more so that both hold; until then the other one counts";
    step.spot.problem("baseline-conflict", message).help(help)
}

pub(super) fn explain(
    resolved: &Resolved,
    control: &Control,
    host: &HostNames,
    settings: &Settings,
) -> Asked {
    let asks = resolved.asks.get(&control.id).map(Vec::as_slice).unwrap_or_default();
    let is_asked = asks.iter().any(|ask| is_in_force(ask, host));
    let mut steps = Vec::new();
    for ask in asks {
        way(ask, host, &mut steps);
    }
    let mut values = Vec::new();
    for (line, desired) in control.ensure.iter().enumerate() {
        let step = decided(resolved, &control.id, line, host).step;
        values.push(Value {
            subject: desired.subject(),
            wanted: wanted(step.map_or(desired, |step| &step.desired)),
            place: step.map_or(control.place_of(line), |step| &step.spot.place).clone(),
        });
        tightenings(resolved, control, line, desired, step, &mut steps);
    }
    declarations((resolved, settings), control, host, &mut steps);
    Asked { is_asked, values, steps }
}

/// Who asks, through whom, and who drops it on the way.
fn way(ask: &Ask, host: &HostNames, steps: &mut Vec<Step>) {
    let mut add = |place: &Place, what: String, counts: bool| {
        let step = Step { place: place.clone(), what, counts, setting: None };
        if !steps.contains(&step) {
            steps.push(step);
        }
    };
    add(&ask.spot.place, format!("`{}` asks for it", ask.baseline), true);
    for (place, what, counts) in drops_of(ask, &ask.baseline, host) {
        add(place, what, counts);
    }
    for (id, named) in &ask.through {
        add(&named.spot.place, format!("`{id}` extends `{}`", named.name), true);
        for (place, what, counts) in drops_of(ask, id, host) {
            add(place, what, counts);
        }
    }
}

/// Where and for whom a baseline drops a control that is asked in this way.
fn drops_of<'a>(ask: &'a Ask, baseline: &str, host: &HostNames) -> Vec<(&'a Place, String, bool)> {
    let own = ask.dropped.iter().filter(|step| *step.baseline == *baseline);
    own.map(|step| {
        let scopes: Vec<String> = step.scopes.iter().map(ToString::to_string).collect();
        let scopes = for_whom(&scopes.join(", "));
        let what = format!("`{}` drops it {scopes}: {}", step.baseline, step.because);
        (&step.spot.place, what, step.fits(host))
    })
    .collect()
}

fn for_whom(scope: &str) -> String {
    if scope == "everywhere" { scope.to_owned() } else { format!("for {scope}") }
}

fn tightenings(
    resolved: &Resolved,
    control: &Control,
    line: usize,
    desired: &Desired,
    decided: Option<&Arc<Tightened>>,
    steps: &mut Vec<Step>,
) {
    let all = resolved.tightened.get(&control.id).into_iter().flatten();
    for step in all.filter(|step| step.line == line) {
        let scope = for_whom(&step.scope.to_string());
        steps.push(Step {
            place: step.spot.place.clone(),
            what: format!(
                "`{}` tightens `{}` {scope}: {} instead of {}",
                step.baseline,
                desired.subject(),
                wanted(&step.desired),
                wanted(desired)
            ),
            counts: decided.is_some_and(|one| Arc::ptr_eq(one, step)),
            setting: None,
        });
    }
}

/// The settings that decide whether the control applies.
fn declarations(
    (resolved, settings): (&Resolved, &Settings),
    control: &Control,
    host: &HostNames,
    steps: &mut Vec<Step>,
) {
    for name in control.asks().into_iter().filter_map(|field| field.strip_prefix("setting.")) {
        let of_name = || resolved.set.iter().filter(|step| *step.name == *name);
        let last = of_name().rfind(|step| step.scope.fits(host));
        steps.extend(settings.find(name).map(|one| one.step(last.is_none())));
        for step in of_name() {
            steps.push(Step {
                place: step.spot.place.clone(),
                what: format!(
                    "`{}` sets `{name}` {} to {}",
                    step.baseline,
                    for_whom(&step.scope.to_string()),
                    shown(&step.value)
                ),
                counts: last.is_some_and(|one| Arc::ptr_eq(one, step)),
                setting: Some(Arc::clone(&step.name)),
            });
        }
    }
}

/// A value for people.
pub fn shown(value: &TraitValue) -> String {
    match value {
        TraitValue::Truth(truth) => format!("`{truth}`"),
        TraitValue::Text(text) => format!("`{text}`"),
        TraitValue::Texts(texts) if texts.is_empty() => "an empty list".to_owned(),
        TraitValue::Texts(texts) => {
            let all: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
            all.join(", ")
        }
    }
}
