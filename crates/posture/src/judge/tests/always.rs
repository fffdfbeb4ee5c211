//! What holds whatever was seen.

use proptest::prelude::*;

use super::*;

/// Any reading of any aspect.
fn readings() -> impl Strategy<Value = Reading> {
    prop_oneof![
        prop_oneof!["0", "1", "no", "0640", "root", "active", "enabled", ".{0,6}"]
            .prop_map(|v| is(&v)),
        Just(Reading::Absent),
        Just(unknown()),
        Just(broken()),
    ]
}

proptest! {
    #[test]
    fn what_could_not_be_seen_never_passes(now in readings(), boot in readings()) {
        let settings = vec![
            set(&forward(), Aspect::Running, now.clone(), None),
            set(&forward(), Aspect::Boot, boot.clone(), None),
        ];
        let judgement = judged(&forward(), settings);
        let zero = |reading: &Reading| matches!(reading, Reading::Is(v) if v.trim() == "0");
        if judgement.result == Pass {
            prop_assert!(matches!((&now, &boot), (Reading::Is(_), Reading::Is(_))));
        }
        if zero(&now) && zero(&boot) {
            prop_assert_eq!(judgement.result, Pass);
        }
        prop_assert!(!judgement.reason.is_empty());
        prop_assert_eq!(judgement.result == NotAssessed, !judgement.closes_with.is_empty());
    }

    #[test]
    fn the_order_of_looking_changes_nothing(
        readings in proptest::collection::vec(readings(), 4), turn in 0_usize..4
    ) {
        let desired = shadow();
        let aspects = [Aspect::Type, Aspect::Owner, Aspect::Group, Aspect::Mode];
        let mut settings: Vec<Setting> = aspects
            .into_iter()
            .zip(readings)
            .map(|(aspect, reading)| set(&desired, aspect, reading, None))
            .collect();
        let first = judged(&desired, settings.clone());
        settings.rotate_left(turn);
        prop_assert_eq!(&first, &judged(&desired, settings.clone()));
        settings.extend(settings.clone());
        prop_assert_eq!(&first, &judged(&desired, settings));
    }
}

#[test]
fn the_words_are_those_of_the_lines_that_are_judged() {
    let first = control(vec![forward(), shadow()]);
    let words = |control: &Control| -> Vec<(String, String)> {
        let judged = judge(control, &seen(Vec::new()), &by_text);
        judged.iter().map(|one| (one.resource.to_string(), one.wanted.to_string())).collect()
    };
    let before = words(&first);
    let other = Control { ensure: vec![shadow()].into(), ..first.clone() };
    assert_eq!(words(&other), before[1..]);
    assert_eq!(words(&first), before);
    for ((subject, wants), desired) in before.iter().zip(&first.ensure) {
        assert_eq!((subject, wants), (&desired.subject(), &wanted(desired)));
    }
}
