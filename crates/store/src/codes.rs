//! Enumerations as small integers. A number, once given, never changes its meaning: new variants
//! get new numbers, and the compiler asks for them here.

use crate::plans::ActResult;
use holdfast_model::{Answer, Coverage, FindingKind, Outcome, Severity, Standing, State};

pub(crate) fn standing(standing: Standing) -> i64 {
    match standing {
        Standing::Working => 0,
        Standing::Proposed => 1,
        Standing::Trunk => 2,
        Standing::Deployed => 3,
    }
}

/// The word for a stored standing, for messages and answers.
pub(crate) fn standing_of(code: i64) -> Option<Standing> {
    [Standing::Working, Standing::Proposed, Standing::Trunk, Standing::Deployed]
        .into_iter()
        .find(|known| standing(*known) == code)
}

pub(crate) fn coverage(coverage: Coverage) -> i64 {
    match coverage {
        Coverage::Full => 0,
        Coverage::Partial => 1,
    }
}

pub(crate) fn kind(kind: FindingKind) -> i64 {
    match kind {
        FindingKind::Package => 0,
        FindingKind::Control => 1,
        FindingKind::Code => 2,
        FindingKind::Secret => 3,
        FindingKind::Guardrail => 4,
        FindingKind::Feed => 5,
        FindingKind::Event => 6,
        FindingKind::Foreign => 7,
    }
}

/// The states that count as open are 0 and 1, on which queries rely.
pub(crate) fn state(state: State) -> i64 {
    match state {
        State::Open => 0,
        State::Unproven => 1,
        State::Accepted => 2,
        State::Fixed => 3,
        State::Removed => 4,
        State::Withdrawn => 5,
        State::Moved => 6,
        State::Merged => 7,
    }
}

/// Whether a stored state counts as open.
pub(crate) fn is_open(code: i64) -> bool {
    code < 2
}

pub(crate) fn severity(severity: Severity) -> i64 {
    match severity {
        Severity::WhenYouCan => 0,
        Severity::Soon => 1,
        Severity::Now => 2,
    }
}

pub(crate) fn outcome(outcome: Outcome) -> i64 {
    match outcome {
        Outcome::Fixed => 0,
        Outcome::Removed => 1,
        Outcome::Withdrawn => 2,
        Outcome::Accepted => 3,
        Outcome::Moved => 4,
        Outcome::Merged => 5,
        Outcome::Reopened => 6,
    }
}

/// The state of an act that has begun.
pub(crate) const RUNNING: i64 = 0;

pub(crate) fn outcome_of_act(result: ActResult) -> i64 {
    match result {
        ActResult::Done => 1,
        ActResult::Failed => 2,
        ActResult::Undone => 3,
        ActResult::ToConfirm => 4,
        ActResult::Confirmed => 5,
        ActResult::Unknown => 6,
    }
}

pub(crate) fn answer(answer: Answer) -> i64 {
    match answer {
        Answer::Expected => 0,
        Answer::Benign => 1,
        Answer::Incident => 2,
    }
}

/// How far a message came. Those below [`TELL_SENT`] are still to be told, on which queries rely.
pub(crate) const TELL_WAITING: i64 = 0;
/// An attempt began.
pub(crate) const TELL_STARTED: i64 = 1;
/// The last attempt failed, and there will be another.
pub(crate) const TELL_FAILED: i64 = 2;
/// It was told.
pub(crate) const TELL_SENT: i64 = 3;
/// It will not be tried again.
pub(crate) const TELL_DEAD: i64 = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_open_is_below_two() {
        let all =
            ["open", "unproven", "accepted", "fixed", "removed", "withdrawn", "moved", "merged"];
        for (word, code) in all.into_iter().zip(0..) {
            let known = State::parse(word).unwrap();
            assert_eq!(state(known), code);
            assert_eq!(known.is_open(), is_open(code), "{word}");
        }
    }

    #[test]
    fn numbers_are_told_apart() {
        let kinds: Vec<i64> = FindingKind::ALL.into_iter().map(kind).collect();
        assert_eq!(kinds, (0..8).collect::<Vec<_>>());
        assert_eq!(standing_of(2), Some(Standing::Trunk));
        assert_eq!(standing_of(4), None);
    }
}
