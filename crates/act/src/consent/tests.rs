use std::collections::BTreeSet;

use holdfast_model::Digest;
use proptest::prelude::*;

use super::*;
use crate::proposal::Draft;
use crate::proposal::tests::{EXPIRES, PROPOSED, draft};

fn proposal(people: u8, one_person: bool) -> Proposal {
    let needed = Needed { people, one_person };
    Proposal::new(Draft { needed, ..draft() }).unwrap()
}

fn needed(people: u8, one_person: bool) -> Needed {
    Needed { people, one_person }
}

fn voice(plan: Digest, who: &str, yes: bool, at: i64) -> Approval {
    let because = if yes { String::new() } else { "not today".to_owned() };
    Approval { plan, who: who.to_owned(), yes, because, at: Timestamp(at) }
}

fn yes(plan: &Proposal, who: &str, after: i64) -> Approval {
    voice(plan.digest(), who, true, PROPOSED + after)
}

fn given(names: &[&str], by_one: bool) -> Consent {
    Consent::Given { by: names.iter().map(|name| (*name).to_owned()).collect(), by_one }
}

const NOW: Timestamp = Timestamp(PROPOSED + 1_000);

#[test]
fn another_person_approves() {
    let plan = proposal(1, false);
    let waiting = plan.consent(&[], needed(1, false), NOW);
    assert_eq!(waiting, Consent::Waiting { missing: 1, by: Vec::new(), author_may: false });
    assert_eq!(waiting.in_words(), "one person has to say yes, other than who planned it");
    let voices = [yes(&plan, "grace", 1)];
    assert_eq!(plan.consent(&voices, needed(1, false), NOW), given(&["grace"], false));
    let digest = plan.digest();
    let approved = plan.approve(&voices, needed(1, false), NOW).unwrap();
    assert_eq!(
        (approved.digest(), approved.by(), approved.by_one()),
        (digest, &["grace".to_owned()][..], false)
    );
    assert_eq!(approved.in_words(), "approved by `grace`");
}

#[test]
fn the_author_does_not_count_however_the_name_is_written() {
    let plan = proposal(1, false);
    for name in ["ada", "Ada", " ada ", "ADA\n"] {
        let not_yet = plan.clone().approve(&[yes(&plan, name, 1)], needed(1, false), NOW);
        let not_yet = not_yet.unwrap_err();
        assert_eq!(not_yet.proposal, plan);
        assert!(matches!(not_yet.consent, Consent::Waiting { missing: 1, .. }), "{name:?}");
    }
}

#[test]
fn one_person_approves_only_where_both_rules_let_them() {
    for (then, now, may) in
        [(true, true, true), (true, false, false), (false, true, false), (false, false, false)]
    {
        let plan = proposal(1, then);
        let waiting = plan.consent(&[], needed(1, now), NOW);
        assert_eq!(waiting, Consent::Waiting { missing: 1, by: Vec::new(), author_may: may });
        let consent = plan.consent(&[yes(&plan, "ada", 1)], needed(1, now), NOW);
        assert_eq!(consent == given(&["ada"], true), may, "{then} {now}");
    }
    let plan = proposal(1, true);
    let approved = plan.clone().approve(&[yes(&plan, "ada", 1)], needed(1, true), NOW).unwrap();
    assert_eq!(approved.in_words(), "approved by one: `ada`, who planned it");
    // Somebody else's yes is no "approved by one", and with both it is two.
    let other = plan.clone().approve(&[yes(&plan, "grace", 1)], needed(1, true), NOW).unwrap();
    assert_eq!(other.in_words(), "approved by `grace`");
    let both = [yes(&plan, "ada", 1), yes(&plan, "grace", 2)];
    let both = plan.clone().approve(&both, needed(2, true), NOW).unwrap();
    assert_eq!(both.in_words(), "approved by `ada` and `grace`");
}

#[test]
fn the_stricter_number_counts_and_at_least_one_yes_is_needed() {
    for (then, now, wanted) in [(0, 0, 1), (0, 1, 1), (2, 1, 2), (1, 2, 2), (3, 0, 3)] {
        let plan = proposal(then, false);
        let Consent::Waiting { missing, .. } = plan.consent(&[], needed(now, false), NOW) else {
            panic!("nobody said yes")
        };
        assert_eq!(missing, wanted, "{then} {now}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let plan = proposal(3, false);
    let said = |voices: &[Approval]| plan.consent(voices, needed(1, false), NOW).in_words();
    assert_eq!(said(&[]), "three people have to say yes, other than who planned it");
    let grace = yes(&plan, "grace", 1);
    let two = "two more people have to say yes, other than who planned it";
    assert_eq!(said(std::slice::from_ref(&grace)), two);
    let joan = yes(&plan, "joan", 2);
    let one = "one more person has to say yes, other than who planned it";
    assert_eq!(said(&[grace.clone(), joan.clone()]), one);
    assert_eq!(said(&[grace, joan, yes(&plan, "kay", 3)]), "");
    let solo = proposal(1, true).consent(&[], needed(1, true), NOW).in_words();
    assert_eq!(solo, "one person has to say yes");
}

#[test]
fn a_single_no_ends_it() {
    let plan = proposal(1, false);
    let voices = [yes(&plan, "grace", 1), voice(plan.digest(), "joan", false, PROPOSED + 2)];
    let consent = plan.consent(&voices, needed(1, false), NOW);
    let refused = Consent::Refused { by: "joan".to_owned(), because: "not today".to_owned() };
    assert_eq!(consent, refused);
    assert_eq!(consent.in_words(), "`joan` said no: not today");
    // The author may call it off, and it stays refused when its time is over.
    let voices = [voice(plan.digest(), "ada", false, PROPOSED + 2)];
    let later = plan.consent(&voices, needed(1, false), Timestamp(EXPIRES + 1));
    assert!(matches!(later, Consent::Refused { by, .. } if by == "ada"));
}

#[test]
fn nothing_counts_after_its_time() {
    let plan = proposal(1, false);
    let voices = [yes(&plan, "grace", 1)];
    let last = Timestamp(EXPIRES - 1);
    assert_eq!(plan.consent(&voices, needed(1, false), last), given(&["grace"], false));
    let over = plan.consent(&voices, needed(1, false), Timestamp(EXPIRES));
    assert_eq!(over, Consent::Expired);
    // A clock that went back lets nothing in that was said too late.
    for voice in
        [voice(plan.digest(), "grace", true, EXPIRES), voice(plan.digest(), "joan", false, EXPIRES)]
    {
        let consent = plan.consent(&[voice], needed(1, false), NOW);
        assert!(matches!(consent, Consent::Waiting { missing: 1, .. }));
    }
}

#[test]
fn approvals_of_another_proposal_count_for_nothing() {
    let plan = proposal(1, false);
    let title = "another title".to_owned();
    let other = Proposal::new(Draft { title, ..draft() }).unwrap();
    assert_eq!(other.plan().digest(), plan.plan().digest());
    for digest in [other.digest(), plan.plan().digest(), Digest::of(b"")] {
        let voices = [
            voice(digest, "grace", true, PROPOSED + 1),
            voice(digest, "joan", false, PROPOSED + 1),
        ];
        let consent = plan.consent(&voices, needed(1, false), NOW);
        assert!(matches!(consent, Consent::Waiting { missing: 1, .. }));
    }
}

/// Names that are written differently, some of the same person.
fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["ada", " Ada", "grace", "GRACE ", "joan", "kay", "", " "])
}

fn voices(digest: Digest) -> impl Strategy<Value = Vec<Approval>> {
    let one = (any::<prop::sample::Index>(), name(), 0..10_u8, -10..10_i64).prop_map(
        move |(whose, who, said, at)| {
            let other = [digest, digest, digest, Digest::of(b"another")];
            // A no is rare, or every case would be refused.
            let at = if at < 0 { PROPOSED + 10 + at } else { EXPIRES - 5 + at };
            voice(other[whose.index(4)], who, said > 0, at)
        },
    );
    prop::collection::vec(one, 0..8)
}

proptest! {
    /// The rules once more, as sets: whatever the order and however often somebody says it.
    #[test]
    fn consent_is_what_the_rules_say(
        given in voices(proposal(0, false).digest()),
        then in 0..4_u8,
        now in 0..4_u8,
        one_then: bool,
        one_now: bool,
        late: bool,
    ) {
        let plan = proposal(then, one_then);
        let given: Vec<Approval> = given
            .into_iter()
            .map(|voice| {
                let ours = voice.plan == proposal(0, false).digest();
                let plan = if ours { plan.digest() } else { voice.plan };
                Approval { plan, ..voice }
            })
            .collect();
        let clock = Timestamp(if late { EXPIRES } else { EXPIRES - 1 });
        let counts = |voice: &&Approval| voice.plan == plan.digest() && voice.at.0 < EXPIRES;
        let refused = given.iter().filter(counts).any(|voice| !voice.yes);
        let people: BTreeSet<String> = given
            .iter()
            .filter(counts)
            .map(|voice| voice.who.trim().to_lowercase())
            .filter(|who| !who.is_empty() && (who != "ada" || (one_then && one_now)))
            .collect();
        let wanted = usize::from(then.max(now).max(1));
        match plan.consent(&given, needed(now, one_now), clock) {
            Consent::Refused { .. } => prop_assert!(refused),
            Consent::Expired => prop_assert!(late && !refused),
            Consent::Given { by, by_one } => {
                prop_assert!(!refused && !late && people.len() >= wanted);
                prop_assert_eq!(by.len(), people.len());
                prop_assert_eq!(by_one, people.len() == 1 && people.contains("ada"));
            }
            Consent::Waiting { missing, by, .. } => {
                prop_assert!(!refused && !late);
                prop_assert_eq!(usize::from(missing) + people.len(), wanted);
                prop_assert_eq!(by.len(), people.len());
            }
        }
    }

    #[test]
    fn order_and_repetition_change_nothing(
        given in voices(proposal(2, true).digest()).prop_shuffle(),
        one_now: bool,
    ) {
        let plan = proposal(2, true);
        let consent = plan.consent(&given, needed(1, one_now), NOW);
        let mut other: Vec<Approval> = given.iter().rev().cloned().collect();
        other.extend(given);
        let again = plan.consent(&other, needed(1, one_now), NOW);
        let kind = |consent: &Consent| match consent {
            Consent::Refused { .. } => (0, 0),
            Consent::Expired => (1, 0),
            Consent::Given { by, .. } => (2, by.len()),
            Consent::Waiting { by, .. } => (3, by.len()),
        };
        prop_assert_eq!(kind(&consent), kind(&again));
    }

    /// Stricter rules never let through what the milder ones stop.
    #[test]
    fn stricter_is_never_looser(
        given in voices(proposal(1, true).digest()),
        people in 0..4_u8,
        more in 0..3_u8,
        one_person: bool,
    ) {
        let plan = proposal(1, true);
        let mild = plan.clone().approve(&given, needed(people, one_person), NOW);
        let strict = plan.approve(&given, needed(people + more, false), NOW);
        prop_assert!(strict.is_err() || mild.is_ok());
    }
}
