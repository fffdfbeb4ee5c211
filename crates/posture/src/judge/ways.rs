//! Several ways to the same end: which one is gone, and what each lacks.

use holdfast_model::Desired;

use super::evidence::joined;
use super::{ControlResult, Order, Verdict, state};
use crate::Seen;

/// One way, judged.
struct Way {
    result: ControlResult,
    /// Each state of it, with its verdict.
    states: Vec<(String, Verdict)>,
}

impl Way {
    fn judge(way: &[Desired], seen: &Seen, order: Order<'_>) -> Self {
        let states: Vec<(String, Verdict)> = way
            .iter()
            .flat_map(|desired| {
                let subject = desired.subject();
                let verdicts = state::of(desired, seen, order);
                verdicts.into_iter().map(move |(_, verdict)| (subject.clone(), verdict))
            })
            .collect();
        let is = |result| states.iter().any(|(_, verdict)| verdict.result == result);
        // A way of which nothing applies leads nowhere, and one that lacks something does not
        // lead there whatever could not be seen of the rest.
        let order = [
            ControlResult::Fail,
            ControlResult::Error,
            ControlResult::NotAssessed,
            ControlResult::Pass,
        ];
        let result = order.into_iter().find(|result| is(*result));
        Self { result: result.unwrap_or(ControlResult::NotApplicable), states }
    }

    fn with(&self, result: ControlResult) -> impl Iterator<Item = &(String, Verdict)> {
        self.states.iter().filter(move |(_, verdict)| verdict.result == result)
    }

    /// The states that have to be brought about, for sentences.
    fn lacks(&self) -> String {
        let parts: Vec<String> = self
            .with(ControlResult::Fail)
            .map(|(subject, verdict)| format!("`{subject}` ({})", verdict.reason))
            .collect();
        joined(&parts, "and")
    }
}

pub(super) fn any_of(ways: &[Vec<Desired>], seen: &Seen, order: Order<'_>) -> Verdict {
    let judged: Vec<Way> = ways.iter().map(|way| Way::judge(way, seen, order)).collect();
    if let Some(way) = judged.iter().find(|way| way.result == ControlResult::Pass) {
        let parts: Vec<String> = way
            .with(ControlResult::Pass)
            .map(|(subject, verdict)| format!("`{subject}`: {}", verdict.reason))
            .collect();
        let subjects: Vec<&str> =
            way.with(ControlResult::Pass).map(|(subject, _)| subject.as_str()).collect();
        let place = way.with(ControlResult::Pass).find_map(|(_, verdict)| verdict.place.as_ref());
        return Verdict::new(ControlResult::Pass, parts.join("; "))
            .found(subjects.join(", "))
            .at(place);
    }
    // One that could not be seen whole may be the one that is gone.
    for result in [ControlResult::NotAssessed, ControlResult::Error] {
        let state = judged
            .iter()
            .filter(|way| way.result == result)
            .find_map(|way| way.with(result).next());
        if let Some((subject, verdict)) = state {
            let reason = format!("`{subject}`: {}", verdict.reason);
            return Verdict::new(result, reason)
                .at(verdict.place.as_ref())
                .closes_with(&verdict.closes_with);
        }
    }
    let lacking: Vec<&Way> =
        judged.iter().filter(|way| way.result == ControlResult::Fail).collect();
    let Some(nearest) = lacking.iter().min_by_key(|way| way.with(ControlResult::Fail).count())
    else {
        let reason = "none of the ways to it is possible here".to_owned();
        return Verdict::new(ControlResult::NotApplicable, reason);
    };
    let sentences: Vec<String> = lacking.iter().map(|way| way.lacks()).collect();
    let place = nearest.with(ControlResult::Fail).find_map(|(_, verdict)| verdict.place.as_ref());
    let which = match lacking.len() {
        1 => "the one way is not complete".to_owned(),
        count => format!("none of {count} ways is complete"),
    };
    let reason = format!("{which}: missing is {}", sentences.join("; or "));
    let found: Vec<String> = lacking
        .iter()
        .map(|way| {
            let subjects: Vec<String> =
                way.with(ControlResult::Fail).map(|(subject, _)| subject.clone()).collect();
            joined(&subjects, "and")
        })
        .collect();
    Verdict::new(ControlResult::Fail, reason)
        .found(format!("missing {}", found.join("; or ")))
        .at(place)
}

/// The way of which least is missing, the first of equals: the one that a fix goes. Ways that could
/// not be seen whole come last.
pub fn nearest_way(ways: &[Vec<Desired>], seen: &Seen, order: Order<'_>) -> Option<usize> {
    let cost = |way: &[Desired]| {
        let judged = Way::judge(way, seen, order);
        let unseen = judged
            .with(ControlResult::NotAssessed)
            .chain(judged.with(ControlResult::Error))
            .count();
        (unseen, judged.with(ControlResult::Fail).count())
    };
    ways.iter().enumerate().min_by_key(|(_, way)| cost(way)).map(|(at, _)| at)
}
