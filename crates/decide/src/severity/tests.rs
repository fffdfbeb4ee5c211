use holdfast_model::{Asset, AssetId, AssetKind, Exposure, Informational, Severity, Weakness};
use proptest::prelude::*;

use super::{Context, Word, in_context, order, rated, say_transitive};
use crate::judge::tests::weakness;

fn steps(weakness: &Weakness, dev: bool) -> Vec<String> {
    let (severity, steps) = in_context(weakness, dev);
    assert_eq!(steps.last().map(|step| step.severity), Some(severity));
    steps.iter().map(|step| format!("{}: {}", step.severity.word(), step.because)).collect()
}

/// On no asset that is known.
const ON_NOTHING: Context = Context { dev: false, exposure: Exposure::Unknown, tier: 2 };

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
        let (severity, steps) = rated(&scored(score), word, ON_NOTHING);
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
    assert_eq!(rated(&exploited, word, ON_NOTHING).0, Severity::Now);
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

#[test]
fn who_can_reach_an_asset_counts_and_so_does_its_tier() {
    use Exposure::{Internal, Internet, Unknown};
    let critical = "now: scored 9.8 of 10 by its publisher";
    let severe = "soon: scored 5.0 of 10 by its publisher";
    let slight = "when you can: scored 2.0 of 10 by its publisher";
    let (both, dev, inside) = (
        "used only while developing, and reached from inside only: lowered to",
        "used only while developing: lowered to",
        "reached from inside only: lowered to",
    );
    let kept = "reached from inside only, but of tier 1: stays";
    let (soon, later) = ("soon", "when you can");
    for (score, exposure, tier, dev_only, first, second) in [
        (9.8, Internet, 2, false, critical, None),
        (9.8, Unknown, 2, false, critical, None),
        (9.8, Internal, 2, false, critical, Some((soon, inside))),
        (9.8, Internal, 5, false, critical, Some((soon, inside))),
        (9.8, Internal, 1, false, critical, Some(("now", kept))),
        (9.8, Internet, 1, false, critical, None),
        (9.8, Internet, 2, true, critical, Some((soon, dev))),
        (9.8, Unknown, 1, true, critical, Some((soon, dev))),
        // Together they lower by no more than one.
        (9.8, Internal, 2, true, critical, Some((soon, both))),
        (9.8, Internal, 1, true, critical, Some((soon, dev))),
        (5.0, Internal, 3, false, severe, Some((later, inside))),
        (5.0, Internal, 1, false, severe, Some((soon, kept))),
        (5.0, Internal, 3, true, severe, Some((later, both))),
        // What is the least already cannot be less.
        (2.0, Internal, 2, true, slight, None),
        (2.0, Internal, 1, false, slight, None),
    ] {
        let (severity, steps) =
            rated(&scored(score), None, Context { dev: dev_only, exposure, tier });
        assert_eq!(steps.last().map(|step| step.severity), Some(severity));
        let shown = steps.iter().map(|step| format!("{}: {}", step.severity.word(), step.because));
        let second = second.map(|(word, because)| format!("{word}: {because} {word}"));
        let wanted: Vec<String> = std::iter::once(first.to_owned()).chain(second).collect();
        assert_eq!(shown.collect::<Vec<_>>(), wanted, "{score} {exposure:?} {tier} {dev_only}");
    }
}

#[test]
fn exploited_holes_and_likely_ones_are_lowered_last() {
    let inside = Context { exposure: Exposure::Internal, ..ON_NOTHING };
    let exploited = Weakness { exploited: true, ..scored(2.0) };
    assert_eq!(rated(&exploited, None, inside).0, Severity::Soon);
    let likely = Weakness { epss: Some(0.9), ..scored(5.0) };
    let (severity, steps) = rated(&likely, None, inside);
    let words: Vec<&str> = steps.iter().map(|step| step.severity.word()).collect();
    assert_eq!((severity, words), (Severity::Soon, vec!["soon", "now", "soon"]));
    // What was made to do harm does it from inside.
    let malicious = Weakness { malicious: true, ..scored(2.0) };
    assert_eq!(rated(&malicious, None, inside).0, Severity::Now);
    let word = Some(Word { by: "Ubuntu", word: "critical" });
    assert_eq!(rated(&scored(2.0), word, inside).0, Severity::Soon);
}

#[test]
fn the_context_is_that_of_the_asset() {
    let mut asset = Asset::new(AssetId("host:1".into()), AssetKind::Host, "web-1", "operations");
    assert_eq!(Context::of(&asset, false), ON_NOTHING);
    (asset.exposure, asset.tier) = (Exposure::Internal, 4);
    let wanted = Context { dev: true, exposure: Exposure::Internal, tier: 4 };
    assert_eq!(Context::of(&asset, true), wanted);
}

#[test]
fn what_others_bring_in_keeps_its_severity_comes_after_and_says_so() {
    let said = |direct: Option<bool>| -> Vec<String> {
        let (severity, mut steps) = in_context(&scored(9.8), false);
        say_transitive(direct, severity, &mut steps);
        assert!(steps.iter().all(|step| step.severity == Severity::Now));
        steps.into_iter().skip(1).map(|step| step.because).collect()
    };
    let because = "brought in by another package: stays now, after what is asked for directly";
    assert_eq!(said(Some(false)), [because]);
    assert_eq!((said(Some(true)).len(), said(None).len()), (0, 0));
    let mut all = [
        (Severity::Soon, Some(true)),
        (Severity::Now, Some(false)),
        (Severity::Soon, Some(false)),
        (Severity::Now, Some(true)),
        (Severity::WhenYouCan, None),
    ];
    all.sort_by(|a, b| order(*a, *b));
    let wanted = [
        (Severity::Now, Some(true)),
        (Severity::Now, Some(false)),
        (Severity::Soon, Some(true)),
        (Severity::Soon, Some(false)),
        (Severity::WhenYouCan, None),
    ];
    assert_eq!(all, wanted);
}

fn any_weakness() -> impl Strategy<Value = Weakness> {
    let epss = proptest::option::of(0.0..1.0_f64);
    let notice = proptest::option::of(prop_oneof![
        Just(Informational::Unsound),
        Just(Informational::EndOfLife),
        Just(Informational::Yanked),
    ]);
    let score = proptest::option::of(0.0..10.0_f64);
    let flags = (any::<bool>(), any::<bool>());
    (score, epss, notice, flags).prop_map(|(cvss, epss, informational, (exploited, malicious))| {
        Weakness { cvss, epss, informational, exploited, malicious, ..weakness() }
    })
}

fn exposure() -> impl Strategy<Value = Exposure> {
    prop_oneof![Just(Exposure::Internal), Just(Exposure::Internet), Just(Exposure::Unknown)]
}

/// Who reaches an asset from where, the fewest first; nobody knows counts as anybody.
fn reach(exposure: Exposure) -> u8 {
    u8::from(exposure != Exposure::Internal)
}

proptest! {
    #[test]
    fn more_exposure_and_a_nearer_tier_never_lower_and_development_never_raises(
        weakness in any_weakness(),
        word in proptest::option::of(prop_oneof![Just("critical"), Just("low"), Just("untriaged")]),
        (one, other) in (exposure(), exposure()),
        (near, far) in (1..=5_u8, 1..=5_u8),
        dev: bool,
    ) {
        let word = word.map(|word| Word { by: "Ubuntu", word });
        let at = |exposure, tier, dev| rated(&weakness, word, Context { dev, exposure, tier }).0;
        let (less, more) = if reach(one) <= reach(other) { (one, other) } else { (other, one) };
        prop_assert!(at(more, near, dev) >= at(less, near, dev));
        let (near, far) = (near.min(far), near.max(far));
        prop_assert!(at(one, near, dev) >= at(one, far, dev));
        prop_assert!(at(one, near, true) <= at(one, near, false));
        // Where nothing lowers, it is what the weakness is by itself; else it is one less at most.
        let itself = rated(&weakness, word, ON_NOTHING).0;
        prop_assert!(at(one, near, dev) <= itself);
        prop_assert!(at(one, near, dev) >= itself.lowered());
    }

    #[test]
    fn the_steps_lead_to_the_severity(
        weakness in any_weakness(), exposure in exposure(), tier in 1..=5_u8, dev: bool
    ) {
        let (severity, steps) = rated(&weakness, None, Context { dev, exposure, tier });
        prop_assert_eq!(steps.last().map(|step| step.severity), Some(severity));
        for step in &steps {
            for code in ["CVSS", "EPSS", "KEV", "purl"] {
                prop_assert!(!step.because.contains(code));
            }
        }
    }

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
