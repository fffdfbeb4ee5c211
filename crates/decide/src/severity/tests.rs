use holdfast_model::{Informational, Severity, Weakness};
use proptest::prelude::*;

use super::{Word, in_context, rated};
use crate::judge::tests::weakness;

fn steps(weakness: &Weakness, dev: bool) -> Vec<String> {
    let (severity, steps) = in_context(weakness, dev);
    assert_eq!(steps.last().map(|step| step.severity), Some(severity));
    steps.iter().map(|step| format!("{}: {}", step.severity.word(), step.because)).collect()
}

fn scored(score: f64) -> Weakness {
    Weakness { cvss: Some(score), ..weakness() }
}

#[test]
fn scores() {
    assert_eq!(steps(&scored(9.8), false), ["now: scored 9.8 of 10 by its publisher"]);
    assert_eq!(steps(&scored(9.0), false), ["now: scored 9.0 of 10 by its publisher"]);
    assert_eq!(steps(&scored(8.9), false), ["soon: scored 8.9 of 10 by its publisher"]);
    assert_eq!(steps(&scored(4.0), false), ["soon: scored 4.0 of 10 by its publisher"]);
    assert_eq!(steps(&scored(3.9), false), ["when you can: scored 3.9 of 10 by its publisher"]);
    let unscored = ["soon: nobody has scored it yet, so it is treated as soon"];
    assert_eq!(steps(&weakness(), false), unscored);
    assert_eq!(steps(&scored(f64::NAN), false), unscored);
}

#[test]
fn exploitation_counts_more_than_any_score() {
    let exploited = Weakness { exploited: true, ..scored(2.0) };
    assert_eq!(steps(&exploited, false), ["now: known to be exploited"]);
    let notice = Weakness { informational: Some(Informational::Unsound), ..exploited };
    assert_eq!(in_context(&notice, false).0, Severity::Now);
}

#[test]
fn notices_are_for_when_you_can() {
    for kind in [Informational::Unmaintained, Informational::Unsound, Informational::Notice] {
        let notice = Weakness { informational: Some(kind), ..scored(9.8) };
        assert_eq!(in_context(&notice, false).0, Severity::WhenYouCan, "{kind:?}");
    }
}

#[test]
fn what_was_made_to_do_harm_is_now_wherever_it_is_used() {
    let malicious = Weakness { malicious: true, ..scored(2.0) };
    assert_eq!(steps(&malicious, true), ["now: the package was made to do harm"]);
    let notice = Weakness { informational: Some(Informational::Yanked), ..malicious };
    assert_eq!(in_context(&notice, false).0, Severity::Now);
}

#[test]
fn the_end_of_a_release_is_soon_and_a_version_taken_back_when_you_can() {
    let end = Weakness { informational: Some(Informational::EndOfLife), ..weakness() };
    assert_eq!(steps(&end, false), ["soon: nobody mends this release any more"]);
    let yanked = Weakness { informational: Some(Informational::Yanked), ..weakness() };
    assert_eq!(steps(&yanked, false), ["when you can: a notice: its publisher took it back"]);
    let deprecated = Weakness { informational: Some(Informational::Deprecated), ..weakness() };
    let because = "when you can: a notice: its publisher advises against it";
    assert_eq!(steps(&deprecated, false), [because]);
}

#[test]
fn the_word_of_a_distribution_comes_before_any_score() {
    let said = |word, score| {
        let word = Some(Word { by: "Ubuntu", word });
        let (severity, steps) = rated(&scored(score), word, false);
        (severity, steps.first().map(|step| step.because.clone()).unwrap_or_default())
    };
    assert_eq!(said("low", 9.8), (Severity::WhenYouCan, "Ubuntu calls it `low`".to_owned()));
    assert_eq!(said("negligible", 9.8).0, Severity::WhenYouCan);
    assert_eq!(said("medium", 9.8).0, Severity::Soon);
    assert_eq!(said("important", 2.0).0, Severity::Soon);
    assert_eq!(said("critical", 2.0).0, Severity::Now);
    // Nobody has looked yet: that is no word.
    assert_eq!(said("untriaged", 9.8).0, Severity::Now);
    // What is exploited is, whatever anybody called it before.
    let exploited = Weakness { exploited: true, ..scored(2.0) };
    let word = Some(Word { by: "Debian", word: "low" });
    assert_eq!(rated(&exploited, word, false).0, Severity::Now);
}

#[test]
fn the_day_of_the_chance_is_shown() {
    let at = holdfast_model::Timestamp::parse("2026-11-20");
    let likely = Weakness { epss: Some(0.93), epss_at: at, ..scored(5.0) };
    let raised =
        "now: likely to be exploited within 30 days (93 %, as of 2026-11-20): raised to now";
    assert_eq!(steps(&likely, false).get(1).map(String::as_str), Some(raised));
}

#[test]
fn each_step_is_shown() {
    let likely = Weakness { epss: Some(0.5), ..scored(5.0) };
    assert_eq!(
        steps(&likely, true),
        [
            "soon: scored 5.0 of 10 by its publisher",
            "now: likely to be exploited within 30 days (50 %): raised to now",
            "soon: used only while developing: lowered to soon",
        ]
    );
    let unlikely = Weakness { epss: Some(0.49), ..scored(5.0) };
    assert_eq!(steps(&unlikely, false).len(), 1);
    let already = Weakness { epss: Some(0.9), ..scored(9.5) };
    assert_eq!(steps(&already, false).len(), 1, "a step that changes nothing is no step");
}

proptest! {
    #[test]
    fn worse_is_never_less_urgent(
        low in 0.0..10.0_f64, more in 0.0..5.0_f64, epss in proptest::option::of(0.0..1.0_f64), dev: bool
    ) {
        let less = Weakness { epss, ..scored(low) };
        let worse = Weakness { epss, ..scored(low + more) };
        let exploited = Weakness { exploited: true, ..worse.clone() };
        prop_assert!(in_context(&worse, dev).0 >= in_context(&less, dev).0);
        prop_assert!(in_context(&exploited, dev).0 >= in_context(&worse, dev).0);
        prop_assert!(in_context(&worse, true).0 <= in_context(&worse, false).0);
    }

    #[test]
    fn people_see_words(epss in proptest::option::of(0.0..1.0_f64), cvss in proptest::option::of(0.0..10.0_f64), dev: bool, exploited: bool) {
        let weakness = Weakness { epss, cvss, exploited, ..weakness() };
        for step in in_context(&weakness, dev).1 {
            for code in ["CVSS", "EPSS", "KEV", "purl"] {
                prop_assert!(!step.because.contains(code));
            }
        }
    }
}
