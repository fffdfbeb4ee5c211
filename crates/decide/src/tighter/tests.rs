use holdfast_model::{Decision, Digest, Do, Severity, Standing, Timestamp};
use proptest::prelude::*;

use super::{rank, strength, stricter_of, tighter};
use crate::judge::tests::{SEEN, appetite, asset, assets, finding, findings, look, looks};
use crate::{CouldNotCheck, judge, preset, presets};

fn decision(deeds: Vec<Do>, due: Option<i64>, name: &str) -> Decision {
    Decision {
        deeds,
        due: due.map(Timestamp),
        team: name.to_owned(),
        line: name.to_owned(),
        reasons: vec![name.to_owned()],
        appetite: Digest::of(name.as_bytes()),
    }
}

#[test]
fn a_tree_cannot_lower_its_own_rules() {
    let standard = preset("standard").unwrap();
    let loose =
        appetite("lines:\n  - {name: fine, do: [inform], due: 1 day}\ncould_not_check: pass\n");
    let finding = finding(Severity::Now);
    let both = stricter_of(&standard, &loose);
    let decided = both.judge(&finding, &asset(), &look(Standing::Proposed), SEEN);
    assert_eq!(decided.deeds, [Do::Block, Do::Ticket]);
    assert_eq!(decided.line, "urgent");
    assert_eq!(decided.appetite, standard.digest);
    assert_eq!(decided.due, Some(SEEN.plus_days(1)), "the earlier day counts");
    assert_eq!(both.could_not_check(), CouldNotCheck::Warn);
    assert_eq!(both.approvals().production, 2);
}

#[test]
fn a_tree_may_tighten() {
    let standard = preset("standard").unwrap();
    let strict = preset("strict").unwrap();
    let both = stricter_of(&standard, &strict);
    let finding = finding(Severity::WhenYouCan);
    let decided = both.judge(&finding, &asset(), &look(Standing::Trunk), SEEN);
    assert_eq!(decided.deeds, [Do::Ticket]);
    assert_eq!(decided.appetite, strict.digest);
    assert_eq!(both.could_not_check(), CouldNotCheck::Block);
    let solo = preset("solo").unwrap();
    assert!(!stricter_of(&standard, &solo).one_person());
    assert_eq!(stricter_of(&standard, &solo).approvals(), standard.approvals);
}

#[test]
fn mending_without_asking_needs_the_yes_of_both() {
    let fix = || decision(vec![Do::Fix], Some(5), "base");
    let inform = decision(vec![Do::Inform], None, "tree");
    assert_eq!(tighter(inform.clone(), fix()).deeds, [Do::Ticket]);
    assert_eq!(tighter(fix(), inform).deeds, [Do::Ticket]);
    assert_eq!(
        tighter(fix(), decision(vec![Do::Fix, Do::Page], None, "tree")).deeds,
        [Do::Fix, Do::Page]
    );
    assert_eq!(tighter(fix(), decision(vec![Do::Fix], Some(9), "tree")).due, Some(Timestamp(5)));
}

fn decisions(name: &'static str) -> impl Strategy<Value = Decision> {
    let deeds = proptest::sample::subsequence(Do::ALL.to_vec(), 1..5).prop_shuffle();
    (deeds, proptest::option::of(0..1000_i64))
        .prop_map(move |(deeds, due)| decision(deeds, due, name))
}

proptest! {
    #[test]
    fn never_milder_than_either(base in decisions("base"), tree in decisions("tree")) {
        let both = tighter(base.clone(), tree.clone());
        prop_assert!(strength(&both) >= strength(&base).max(strength(&tree)));
        for one in [&base, &tree] {
            prop_assert!(both.due.map_or(i64::MAX, |due| due.0) <= one.due.map_or(i64::MAX, |due| due.0));
            let kept = one.deeds.iter().filter(|deed| rank(**deed) >= rank(Do::Ticket));
            prop_assert!(kept.into_iter().all(|deed| both.deeds.contains(deed)));
        }
        prop_assert_eq!(
            both.deeds.contains(&Do::Fix),
            base.deeds.contains(&Do::Fix) && tree.deeds.contains(&Do::Fix)
        );
        prop_assert!(!both.deeds.is_empty());
        prop_assert_eq!(both.team, "base");
        let again = tighter(base.clone(), base.clone());
        prop_assert_eq!(again, base);
    }

    #[test]
    fn whatever_the_tree_says_the_base_is_the_least(
        finding in findings(), asset in assets(), look in looks(), base in 0_usize..4, tree in 0_usize..4
    ) {
        let base = preset(presets()[base].0).unwrap();
        let tree = preset(presets()[tree].0).unwrap();
        let alone = judge(&base, &finding, &asset, &look, SEEN);
        let both = stricter_of(&base, &tree).judge(&finding, &asset, &look, SEEN);
        prop_assert!(strength(&both) >= strength(&alone) && both.due <= alone.due);
    }
}
