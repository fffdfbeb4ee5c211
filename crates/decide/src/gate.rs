//! The gate: one word for a whole look.
//!
//! | what there is | the gate says |
//! |---|---|
//! | an open finding whose decision holds `block` | block |
//! | an open finding whose decision holds any other deed than `inform` | at least warn |
//! | an open finding that was never decided about | at least warn |
//! | an open finding that is only informed of | pass |
//! | a finding that is accepted, or closed | pass |
//! | something that could not be checked, a file with problems | what `could_not_check` says |
//! | nothing of all this | pass |
//!
//! The strictest row counts. `unproven` findings are open. With `--base` the caller hands over only
//! what the change brings in.

use holdfast_model::{Do, Finding, Verdict};
use serde::Serialize;

use crate::appetite::CouldNotCheck;

#[cfg(test)]
mod tests;

/// How much could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gaps {
    /// Could-not-check rows.
    pub not_assessed: usize,
    /// Problems with files.
    pub problems: usize,
}

/// The verdict and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// Pass, warn or block.
    pub verdict: Verdict,
    /// What made it so, in words with counts; empty for a pass without anything to say.
    pub because: Vec<String>,
}

/// Judges a look by the table above.
pub fn verdict<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    gaps: Gaps,
    policy: CouldNotCheck,
) -> Gate {
    let (mut blocks, mut asks, mut undecided) = (0_usize, 0_usize, 0_usize);
    for finding in findings.into_iter().filter(|finding| finding.state.is_open()) {
        match &finding.decision {
            None => undecided += 1,
            Some(decision) if decision.blocks() => blocks += 1,
            Some(decision) if decision.deeds.iter().any(|deed| *deed != Do::Inform) => asks += 1,
            Some(_) => {}
        }
    }
    let for_gaps = match policy {
        CouldNotCheck::Pass => Verdict::Pass,
        CouldNotCheck::Warn => Verdict::Warn,
        CouldNotCheck::Block => Verdict::Block,
    };
    let rows = [
        (blocks, Verdict::Block, "finding stops this", "findings stop this"),
        (asks, Verdict::Warn, "finding asks somebody to act", "findings ask somebody to act"),
        (
            undecided,
            Verdict::Warn,
            "finding was not decided about",
            "findings were not decided about",
        ),
        (gaps.not_assessed, for_gaps, "thing could not be checked", "things could not be checked"),
        (gaps.problems, for_gaps, "problem in a file", "problems in files"),
    ];
    let mut gate = Gate { verdict: Verdict::Pass, because: Vec::new() };
    for (count, verdict, one, more) in rows {
        if count > 0 {
            gate.verdict = gate.verdict.max(verdict);
            gate.because.push(format!("{count} {}", if count == 1 { one } else { more }));
        }
    }
    gate
}
