use holdfast_model::{Decision, Digest, Do, Finding, Severity, State, Verdict};

use super::{Gaps, verdict};
use crate::CouldNotCheck::{self, Block, Pass, Warn};
use crate::judge::tests::finding;

fn found(deeds: &[Do], state: State) -> Finding {
    let decision = Decision {
        deeds: deeds.to_vec(),
        due: None,
        team: String::new(),
        line: String::new(),
        reasons: Vec::new(),
        appetite: Digest::of(b""),
    };
    Finding { state, decision: Some(decision), ..finding(Severity::Soon) }
}

fn says(findings: &[Finding], not_assessed: usize, policy: CouldNotCheck) -> Verdict {
    verdict(findings, Gaps { not_assessed, problems: 0 }, policy).verdict
}

#[test]
fn the_table() {
    let block = found(&[Do::Ticket, Do::Block], State::Open);
    let ticket = found(&[Do::Ticket], State::Open);
    let inform = found(&[Do::Inform], State::Open);
    let undecided = finding(Severity::Soon);
    assert_eq!(says(&[], 0, Block), Verdict::Pass);
    assert_eq!(says(std::slice::from_ref(&inform), 0, Block), Verdict::Pass);
    assert_eq!(says(std::slice::from_ref(&ticket), 0, Block), Verdict::Warn);
    assert_eq!(says(&[found(&[Do::Fix], State::Open)], 0, Pass), Verdict::Warn);
    assert_eq!(says(&[undecided], 0, Pass), Verdict::Warn);
    assert_eq!(says(&[inform, block.clone(), ticket], 0, Pass), Verdict::Block);
    assert_eq!(says(&[found(&[Do::Block], State::Unproven)], 0, Pass), Verdict::Block);
    for state in [
        State::Accepted,
        State::Fixed,
        State::Removed,
        State::Withdrawn,
        State::Moved,
        State::Merged,
    ] {
        assert_eq!(says(&[found(&[Do::Block], state)], 0, Block), Verdict::Pass, "{state:?}");
    }
    assert_eq!(says(&[], 1, Pass), Verdict::Pass);
    assert_eq!(says(&[], 1, Warn), Verdict::Warn);
    assert_eq!(says(&[], 1, Block), Verdict::Block);
    assert_eq!(says(&[block], 1, Warn), Verdict::Block);
}

#[test]
fn it_says_why_with_counts() {
    let findings = [
        found(&[Do::Block], State::Open),
        found(&[Do::Block], State::Open),
        found(&[Do::Page], State::Open),
    ];
    let gate = verdict(&findings, Gaps { not_assessed: 3, problems: 1 }, Warn);
    assert_eq!(gate.verdict, Verdict::Block);
    assert_eq!(
        gate.because,
        [
            "2 findings stop this",
            "1 finding asks somebody to act",
            "3 things could not be checked",
            "1 problem in a file",
        ]
    );
    assert_eq!(verdict(&[], Gaps::default(), Block).because, Vec::<String>::new());
}
