use State::{Accepted, Fixed, Merged, Moved, Open, Removed, Unproven, Withdrawn};
use holdfast_model::State;
use proptest::prelude::*;

use super::*;
use crate::testing::{asset, day, known, step};

/// Spells as `from entry to end`, in days.
fn told(list: &[(&Known, Option<i64>)], log: &[Transition], now: i64) -> Vec<String> {
    let asset = asset();
    let histories: Vec<History<'_>> = list
        .iter()
        .map(|(known, since)| History {
            known,
            asset: &asset,
            team: "payments",
            known_since: since.map(day),
            gone: None,
            reconstructed: false,
        })
        .collect();
    spells(&histories, log, day(now)).iter().map(shown).collect()
}

fn shown(spell: &Spell) -> String {
    let on = |at: Timestamp| at.0 / 86_400_000;
    format!("{} {} {} {:?}", on(spell.from), on(spell.entry), on(spell.to), spell.end)
}

/// The spells of one finding that went through some states.
fn one(steps: &[(State, i64)], now: i64) -> Vec<String> {
    let (first, last) = (steps[0], steps[steps.len() - 1]);
    let known = known("CVE-1", first.1, last.0, last.1);
    let mut before = None;
    let mut log = Vec::new();
    for (to, at) in steps {
        log.push(step(&known, before, *to, *at));
        before = Some(*to);
    }
    told(&[(&known, None)], &log, now)
}

#[test]
fn what_ends_a_spell_and_how() {
    assert_eq!(one(&[(Open, 1), (Fixed, 5)], 9), ["1 1 5 Mended"]);
    assert_eq!(one(&[(Open, 1), (Removed, 5)], 9), ["1 1 5 Mended"]);
    assert_eq!(one(&[(Open, 1)], 9), ["1 1 9 Open"]);
    assert_eq!(one(&[(Open, 1), (Unproven, 3)], 9), ["1 1 9 Open"]);
    assert_eq!(one(&[(Open, 1), (Unproven, 3), (Fixed, 5)], 9), ["1 1 5 Mended"]);
    assert_eq!(one(&[(Open, 1), (Accepted, 4)], 9), ["1 1 4 Accepted"]);
    assert_eq!(one(&[(Accepted, 4)], 9), ["4 4 4 Accepted"]);
    assert!(one(&[(Open, 1), (Withdrawn, 4)], 9).is_empty());
}

#[test]
fn what_comes_back_is_a_new_spell_of_the_same_key() {
    assert_eq!(
        one(&[(Open, 1), (Fixed, 5), (Open, 7), (Removed, 8), (Open, 9)], 12),
        ["1 1 5 Mended", "7 7 8 Mended", "9 9 12 Open"]
    );
    assert_eq!(one(&[(Open, 1), (Withdrawn, 5), (Open, 7)], 12), ["7 7 12 Open"]);
}

#[test]
fn an_acceptance_stops_the_clock_and_does_not_set_it_back() {
    assert_eq!(
        one(&[(Open, 1), (Accepted, 4), (Open, 34), (Fixed, 36)], 40),
        ["1 1 4 Accepted", "1 34 36 Mended"]
    );
    // Mended while nobody was asked to: no merit, no blame.
    assert_eq!(one(&[(Open, 1), (Accepted, 4), (Fixed, 6)], 9), ["1 1 4 Accepted"]);
}

#[test]
fn what_was_known_before_enters_late() {
    let old = known("CVE-1", 10, Fixed, 15);
    assert_eq!(told(&[(&old, Some(2))], &[], 20), ["2 10 15 Mended"]);
    assert_eq!(told(&[(&old, Some(12))], &[], 20), ["10 10 15 Mended"], "we knew ourselves");
    let asset = asset();
    let history = History {
        known: &old,
        asset: &asset,
        team: "",
        known_since: Some(day(2)),
        gone: None,
        reconstructed: true,
    };
    let [spell] = &spells(&[history], &[], day(20))[..] else { panic!("one spell") };
    assert_eq!(spell.time(), Time::late(8.0, 13.0, true));
    assert!(spell.reconstructed);
}

#[test]
fn moving_keeps_the_clock() {
    let mut old = known("CVE-1", 1, Moved, 5);
    old.finding.locus = holdfast_model::Locus::File { path: "old".into(), item: "".into() };
    let new = known("CVE-2", 1, Fixed, 8);
    let mut gone = step(&old, Some(Open), Moved, 5);
    gone.other = Some(new.finding.key);
    let mut came = step(&new, None, Open, 5);
    came.other = Some(old.finding.key);
    let begin = step(&old, None, Open, 1);
    let end = step(&new, Some(Open), Fixed, 8);
    // In either order of the two keys.
    let log = [begin.clone(), gone.clone(), came.clone(), end.clone()];
    assert_eq!(told(&[(&old, None), (&new, None)], &log, 9), ["1 1 8 Mended"]);
    let log = [begin.clone(), came, gone.clone(), end];
    assert_eq!(told(&[(&old, None), (&new, None)], &log, 9), ["1 1 8 Mended"]);
    // Where it went nobody knows here: it was open until then.
    assert_eq!(told(&[(&old, None)], &[begin, gone], 9), ["1 1 5 Gone"]);
}

#[test]
fn a_merge_keeps_the_earlier_clock() {
    let old = known("CVE-1", 1, Merged, 5);
    let new = known("CVE-2", 3, Open, 3);
    let mut gone = step(&old, Some(Open), Merged, 5);
    gone.other = Some(new.finding.key);
    let log = [step(&old, None, Open, 1), step(&new, None, Open, 3), gone];
    assert_eq!(told(&[(&old, None), (&new, None)], &log, 9), ["1 1 9 Open"]);
}

#[test]
fn a_finding_that_was_mended_before_takes_over_only_the_clock_that_ran() {
    // The new key was mended on day 2; on day 5 the old one becomes part of it.
    let old = known("CVE-1", 3, Merged, 5);
    let new = known("CVE-2", 1, Open, 5);
    let mut gone = step(&old, Some(Open), Merged, 5);
    gone.other = Some(new.finding.key);
    let log = [
        step(&new, None, Open, 1),
        step(&new, Some(Open), Fixed, 2),
        step(&old, None, Open, 3),
        step(&new, Some(Fixed), Open, 5),
        gone,
    ];
    assert_eq!(told(&[(&old, None), (&new, None)], &log, 9), ["1 1 2 Mended", "3 3 9 Open"]);
}

#[test]
fn an_asset_that_is_gone_mended_nothing() {
    let asset = asset();
    let gone = |known: &Known| {
        let history = History {
            known,
            asset: &asset,
            team: "",
            known_since: None,
            gone: Some(day(6)),
            reconstructed: false,
        };
        spells(&[history], &[], day(20)).iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(gone(&known("CVE-1", 1, Open, 1)), ["1 1 6 Gone"]);
    assert_eq!(gone(&known("CVE-1", 1, Removed, 9)), ["1 1 6 Gone"]);
    assert_eq!(gone(&known("CVE-1", 1, Fixed, 4)), ["1 1 4 Mended"]);
}

#[test]
fn only_trunk_and_what_runs_count() {
    for (standing, count) in [
        (Standing::Working, 0),
        (Standing::Proposed, 0),
        (Standing::Trunk, 1),
        (Standing::Deployed, 1),
    ] {
        let mut known = known("CVE-1", 1, Open, 1);
        known.finding.standing = standing;
        assert_eq!(told(&[(&known, None)], &[], 9).len(), count, "{standing:?}");
    }
}

#[test]
fn a_log_that_misses_its_begin_or_its_end_is_completed() {
    let known = known("CVE-1", 1, Fixed, 8);
    let reopened = step(&known, Some(Open), Unproven, 4);
    assert_eq!(told(&[(&known, None)], &[reopened], 9), ["1 1 8 Mended"]);
    let log = [step(&known, Some(Accepted), Open, 4), step(&known, Some(Open), Fixed, 8)];
    assert_eq!(told(&[(&known, None)], &log, 9), ["1 4 8 Mended"]);
    let log = [step(&known, Some(Fixed), Open, 4), step(&known, Some(Open), Fixed, 8)];
    assert_eq!(told(&[(&known, None)], &log, 9), ["4 4 8 Mended"]);
    assert_eq!(told(&[(&known, None)], &[], 9), ["1 1 8 Mended"]);
    // Asked on a day before its end.
    assert_eq!(told(&[(&known, None)], &[], 5), ["1 1 5 Open"]);
    assert!(told(&[(&known, None)], &[], 0).is_empty());
}

/// Any states in any order, also those that the state machine never makes.
fn any_steps() -> impl Strategy<Value = Vec<(State, i64)>> {
    let state = proptest::sample::select(vec![
        Open, Unproven, Accepted, Fixed, Removed, Withdrawn, Moved, Merged,
    ]);
    proptest::collection::vec((state, 0_i64..4), 1..12).prop_map(|steps| {
        let mut at = 1;
        steps
            .into_iter()
            .map(|(state, later)| {
                at += later;
                (state, at)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn every_log_gives_sound_spells(steps in any_steps(), now in 0_i64..40) {
        let last = steps[steps.len() - 1];
        let known = known("CVE-1", steps[0].1, last.0, last.1);
        let mut before = None;
        let mut log = Vec::new();
        for (to, at) in &steps {
            log.push(step(&known, before, *to, *at));
            before = Some(*to);
        }
        let asset = asset();
        let history = History {
            known: &known,
            asset: &asset,
            team: "",
            known_since: None,
            gone: None,
            reconstructed: false,
        };
        let found = spells(&[history], &log, day(now));
        for spell in &found {
            prop_assert!(spell.from <= spell.entry && spell.entry <= spell.to);
            prop_assert!(spell.to <= day(now));
        }
        // They follow each other, and at most the last one is open.
        for pair in found.windows(2) {
            prop_assert!(pair[0].to <= pair[1].entry);
            prop_assert!(pair[0].end != End::Open);
        }
    }
}
