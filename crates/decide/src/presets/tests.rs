use holdfast_model::Do;
use holdfast_rulefile::yaml;

use super::{DEFAULT_PRESET, preset, presets};
use crate::appetite::Line;
use crate::examples::{run, run_tests};
use crate::{Appetite, CouldNotCheck};

#[test]
fn every_preset_reads_and_its_examples_come_out() {
    for (name, text) in presets() {
        let (appetite, problems) =
            Appetite::read(&format!("rules/appetite/{name}.yaml").into(), text);
        assert_eq!(problems, [], "{name}");
        let appetite = appetite.unwrap();
        assert_eq!(appetite.name, *name);
        assert_eq!(run_tests(&appetite), [], "{name}");
        assert_eq!(preset(name).as_ref(), Some(&appetite));
        assert!(text.starts_with("# "), "{name} says what it is for");
    }
    assert!(preset(DEFAULT_PRESET).unwrap().one_person);
    assert!(preset("none").is_none());
}

#[test]
fn every_preset_was_scanned_when_it_was_built() {
    assert_eq!(super::SCANNED.len(), presets().len());
    for ((name, text), scanned) in presets().iter().zip(super::SCANNED) {
        let events = yaml::record::recorded(text, scanned);
        assert!(events.is_some_and(|events| events.len() > 15), "{name}");
    }
}

#[test]
fn solo_needs_one_person_and_strict_two() {
    let policy = |name: &str| {
        let appetite = preset(name).unwrap();
        (appetite.approvals.change, appetite.could_not_check, appetite.one_person)
    };
    assert_eq!(policy("solo"), (1, CouldNotCheck::Warn, true));
    assert_eq!(policy("start"), (1, CouldNotCheck::Warn, false));
    assert_eq!(policy("standard"), (1, CouldNotCheck::Warn, false));
    assert_eq!(policy("strict"), (2, CouldNotCheck::Block, false));
}

/// Each line, each clause and each deed that is deleted must make an example fail; an example that
/// notices nothing proves nothing.
#[test]
fn every_deletion_is_noticed() {
    let mut tried = 0;
    for (name, _) in presets() {
        let appetite = preset(name).unwrap();
        for (what, lines) in mutants(&appetite.lines) {
            tried += 1;
            assert!(
                !run(&lines, &appetite.examples).is_empty(),
                "`{name}` without {what}: nothing notices"
            );
        }
    }
    assert!(tried > 40, "only {tried} mutants were tried");
}

fn mutants(lines: &[Line]) -> Vec<(String, Vec<Line>)> {
    let mut out = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let mut without = lines.to_vec();
        without.remove(n);
        out.push((format!("the line `{}`", line.name), without));
        for (clause, left) in line.when.iter().flat_map(holdfast_rulefile::Condition::mutants) {
            let mut changed = lines.to_vec();
            changed[n].when = left;
            out.push((format!("`{clause}` of `{}`", line.name), changed));
        }
        for (d, deed) in line.deeds.iter().enumerate() {
            let mut changed = lines.to_vec();
            changed[n].deeds.remove(d);
            out.push((format!("`{}` of `{}`", deed.word(), line.name), changed));
        }
    }
    out
}

#[test]
fn what_the_design_promises_of_start_and_standard() {
    let shown = |name: &str| {
        let appetite = preset(name).unwrap();
        appetite
            .lines
            .iter()
            .map(|line| format!("{} -> {}", line.sentence(), line.deed()))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        shown("start"),
        [
            "`exploited now`: finding.exploited and asset.exposure is internet -> block and page, due within 1 day",
            "`severe`: finding.severity is now -> block and ticket, due within 7 days",
            "`mends itself`: finding.fix is safe and asset.tier at least 3 -> fix, due within 7 days",
            "`the rest`: everything else -> inform, due within 90 days",
        ]
    );
    assert_eq!(
        shown("standard"),
        [
            "`exploited`: finding.exploited -> block, page and ticket, due within 1 day",
            "`urgent`: finding.severity is now -> block and ticket, due within 7 days",
            "`new in a change`: look.standing is proposed and finding.severity is soon -> block, due within 14 days",
            "`on trunk`: finding.severity is soon -> ticket, due within 14 days",
            "`the rest`: everything else -> inform, due within 90 days",
        ]
    );
    assert!(
        preset("solo")
            .unwrap()
            .lines
            .iter()
            .all(|line| { line.deeds.iter().all(|deed| matches!(deed, Do::Inform | Do::Block)) })
    );
}
