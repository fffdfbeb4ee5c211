//! Everything that is asked of a host, whether or not it is so there now, as far as a tool can keep it
//! so; and why the rest stays out.
//!
//! Knows what was judged and what is accepted. Must not know how any tool says it, nor where that is
//! written.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Finding, FindingKind, LocalKey};
use holdfast_posture::{Control, ControlResult, Judgement, only_by_hand};

use super::host::{failing, turn};
use crate::assess::Assessment;
use crate::assess::controls::{Judged, locus, result, weakness_id};
use crate::look::HostFacts;

/// All that is asked.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// What tools set, in the order in which they set it.
    pub(super) controls: Vec<Set>,
    /// What fails and no tool mends, in words.
    pub(super) by_hand: Vec<String>,
    /// What stays out although nothing has to be done for it, each with the reason.
    pub(super) left: Vec<String>,
}

/// A control with only those lines that a tool sets.
#[derive(Debug)]
pub(super) struct Set {
    /// The control.
    pub(super) control: Control,
    /// All of its lines, by position.
    pub(super) lines: Vec<usize>,
    /// Where the whole control stands among those of the host.
    at: usize,
    /// The positions that these lines have in it.
    from: Vec<usize>,
}

impl Set {
    /// Whether it mends a finding: it sets every line that fails where that is.
    pub(super) fn mends(&self, host: &HostFacts, judged: &[Judged], finding: &Finding) -> bool {
        let fails = failing(host, judged, finding);
        let set = |(at, line): &(usize, usize)| *at == self.at && self.from.contains(line);
        !fails.is_empty() && fails.iter().all(set)
    }
}

/// What becomes of one line of a control.
enum Line {
    /// A tool sets it.
    Set,
    /// It fails, and only people can mend it: so.
    ByHand(Vec<String>),
    /// It stays out, because of this.
    Out(String),
}

/// Sorts out what is asked of a host.
pub(super) fn asked(host: &HostFacts, assessment: &Assessment) -> Asked {
    let mut judged: BTreeMap<usize, BTreeMap<usize, Vec<&Judgement>>> = BTreeMap::new();
    for one in &assessment.controls {
        let lines = judged.entry(one.control).or_default();
        lines.entry(one.judgement.line).or_default().push(&one.judgement);
    }
    let mut all = Asked::default();
    for (at, lines) in judged {
        let Some(control) = host.controls.list.get(at) else { continue };
        // What nobody asks for is not left out; what somebody drops is, with the reason.
        let unasked = host.controls.unasked.get(&control.id);
        if unasked.is_none_or(|unasked| unasked.place.is_some()) {
            one((at, control), &lines, host, assessment, &mut all);
        }
    }
    all.controls.sort_by_key(|one| turn(&one.control));
    all
}

fn one(
    (place, control): (usize, &Control),
    lines: &BTreeMap<usize, Vec<&Judgement>>,
    host: &HostFacts,
    assessment: &Assessment,
    all: &mut Asked,
) {
    let mut set = Vec::new();
    let mut out: Vec<(String, Vec<Arc<str>>)> = Vec::new();
    for (at, judgements) in lines {
        let subject = judgements.first().map(|one| Arc::clone(&one.resource)).unwrap_or_default();
        match line(control, *at, judgements, host, assessment) {
            Line::Set => set.push(*at),
            Line::ByHand(how) if how.is_empty() => {
                all.by_hand.push(format!("`{}`: {subject}: no tool can make it so", control.id));
            }
            Line::ByHand(how) => {
                all.by_hand.push(format!("`{}`: {subject}: {}", control.id, how.join("; ")));
            }
            Line::Out(because) => match out.iter_mut().find(|(known, _)| *known == because) {
                Some((_, subjects)) => subjects.push(subject),
                None => out.push((because, vec![subject])),
            },
        }
    }
    for (because, subjects) in out {
        // Of a control of which all stays out for one reason, its name is enough.
        let whole = subjects.len() == lines.len();
        let of = if whole { String::new() } else { format!(", {}", subjects.join(", ")) };
        all.left.push(format!("`{}`{of}: {because}", control.id));
    }
    if !set.is_empty() {
        let control = only(control, &set);
        let lines = (0..control.ensure.len()).collect();
        all.controls.push(Set { control, lines, at: place, from: set });
    }
}

/// What becomes of a line, from what was said of it for everybody and for some.
fn line(
    control: &Control,
    at: usize,
    judgements: &[&Judgement],
    host: &HostFacts,
    assessment: &Assessment,
) -> Line {
    for judgement in judgements {
        let local = LocalKey::new(FindingKind::Control, &weakness_id(control), &locus(judgement));
        let (word, reason) = result(assessment, local, judgement);
        match judgement.result {
            ControlResult::Fail if word == "accepted" => {
                return Line::Out(format!("{word}: {reason}"));
            }
            // Which place wins is not known of what was not looked at.
            ControlResult::Error | ControlResult::NotAssessed | ControlResult::Manual => {
                let closes = match judgement.closes_with.as_str() {
                    "" => String::new(),
                    closes => format!("; what would tell: {closes}"),
                };
                return Line::Out(format!("{word}: {reason}{closes}"));
            }
            ControlResult::Fail | ControlResult::Pass | ControlResult::NotApplicable => {}
        }
    }
    let is = |wanted: ControlResult| judgements.iter().any(|one| one.result == wanted);
    let (fails, passes) = (is(ControlResult::Fail), is(ControlResult::Pass));
    if !fails && !passes {
        let reason = judgements.first().map_or("", |one| one.reason.as_str());
        return Line::Out(format!("{}: {reason}", ControlResult::NotApplicable.word()));
    }
    match only_by_hand(control, at, &host.seen) {
        None => Line::Set,
        Some(how) if fails => Line::ByHand(how),
        Some(_) if control.ensure.is_empty() => {
            let reason = judgements.first().map_or("", |one| one.reason.as_str());
            Line::Out(format!("only people can tell: {reason}"))
        }
        Some(_) => {
            Line::Out("it is so there, and there is nothing that a tool would set".to_owned())
        }
    }
}

/// A control that asks for these of its lines and for nothing else, so that no file says more.
fn only(control: &Control, lines: &[usize]) -> Control {
    fn at<T: Clone>(all: &[T], lines: &[usize]) -> Vec<T> {
        lines.iter().filter_map(|line| all.get(*line).cloned()).collect()
    }
    Control {
        ensure: at(&control.ensure, lines).into(),
        lines: at(&control.lines, lines),
        ..control.clone()
    }
}
