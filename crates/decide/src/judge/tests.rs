use std::sync::Arc;

use holdfast_model::{
    Asset, AssetId, AssetKind, Coverage, Do, Exposure, Finding, FindingKind, FixKind,
    Informational, Key, LocalKey, Locus, Severity, Standing, State, Timestamp, Weakness,
    WeaknessId,
};
use proptest::prelude::*;

use super::{Look, judge};
use crate::tighter::strength;
use crate::{Appetite, explain, preset, presets};

pub(crate) const SEEN: Timestamp = Timestamp(1_000_000_000_000);
const DAY: i64 = 86_400_000;

pub(crate) fn weakness() -> Weakness {
    Weakness {
        id: WeaknessId("CVE-2020-26235".into()),
        aliases: vec!["RUSTSEC-2020-0071".into()],
        title: "a hole".into(),
        cvss: None,
        epss: None,
        exploited: false,
        informational: None,
        malicious: false,
        epss_at: None,
        published_by: vec!["RUSTSEC-2020-0071".into()],
    }
}

pub(crate) fn asset() -> Asset {
    let id = AssetId("repository:git.example/shop".into());
    Asset::new(id, AssetKind::Repository, "shop", "payments")
}

pub(crate) fn finding(severity: Severity) -> Finding {
    let purl: Arc<str> = "pkg:cargo/time".into();
    let locus = Locus::LanguagePackage { purl: Arc::clone(&purl), path: "Cargo.lock".into() };
    let local = LocalKey::new(FindingKind::Package, &weakness().id, &locus);
    Finding {
        key: Key::new(&asset().id, local),
        local,
        kind: FindingKind::Package,
        weakness: weakness(),
        locus,
        title: "time 0.1.43 has a hole".into(),
        severity,
        severity_steps: Vec::new(),
        standing: Standing::Trunk,
        subject: purl,
        instances: Vec::new(),
        witnesses: Vec::new(),
        direct: None,
        dev: false,
        fix: FixKind::None,
        state: State::Open,
        decision: None,
        layers: Vec::new(),
    }
}

pub(crate) fn look(standing: Standing) -> Look {
    Look { standing, stage: None, coverage: Coverage::Full }
}

pub(crate) fn appetite(lines: &str) -> Appetite {
    let (appetite, problems) = Appetite::read(&Arc::from("rules/ours.yaml"), lines);
    appetite.unwrap_or_else(|| panic!("{problems:?}"))
}

#[test]
fn journey_one_under_the_standard_rules() {
    let standard = preset("standard").unwrap();
    let time = finding(Severity::Soon);
    let on_trunk = judge(&standard, &time, &asset(), &look(Standing::Trunk), SEEN);
    assert_eq!(on_trunk.deeds, [Do::Ticket]);
    assert_eq!(on_trunk.line, "on trunk");
    assert_eq!(on_trunk.team, "payments");
    assert_eq!(on_trunk.due, Some(Timestamp(SEEN.0 + 14 * DAY)));
    assert_eq!(on_trunk.appetite, standard.digest);
    assert_eq!(
        on_trunk.reasons,
        ["`standard`, line `on trunk`: finding.severity is soon", "its urgency is soon"]
    );
    let proposed = judge(&standard, &time, &asset(), &look(Standing::Proposed), SEEN);
    assert_eq!(
        (proposed.deeds.as_slice(), proposed.line.as_str()),
        (&[Do::Block][..], "new in a change")
    );
}

#[test]
fn conditions_may_ask_for_the_ring_of_an_asset() {
    let rings = appetite(
        "lines:\n\
         \x20 - {name: pilots, when: 'asset.ring is one of (canary, early)', do: [fix]}\n\
         \x20 - {name: production, when: asset.ring is production, do: [ticket]}\n\
         \x20 - {name: anywhere, when: 'not asset.ring is \"\"', do: [page]}\n\
         \x20 - {name: the rest, do: [inform]}\n\
         tests:\n\
         \x20 - {given: {asset.ring: canary}, line: pilots, do: [fix]}\n\
         \x20 - {given: {asset.ring: production}, line: production, do: [ticket]}\n\
         \x20 - {given: {finding.severity: now}, line: the rest, do: [inform]}\n",
    );
    assert_eq!(crate::run_tests(&rings), []);
    for (ring, line) in [
        (Some("early"), "pilots"),
        (Some("production"), "production"),
        (Some("late"), "anywhere"),
        (None, "the rest"),
    ] {
        let asset = Asset { ring: ring.map(str::to_owned), ..asset() };
        let finding = finding(Severity::Soon);
        let decision = judge(&rings, &finding, &asset, &look(Standing::Deployed), SEEN);
        assert_eq!(decision.line, line, "{ring:?}");
    }
    let asset = Asset { ring: Some("production".to_owned()), ..asset() };
    let finding = finding(Severity::Soon);
    let decision = judge(&rings, &finding, &asset, &look(Standing::Deployed), SEEN);
    assert_eq!(decision.reasons[1..], ["the pilot group is production"]);
}

#[test]
fn unknown_exposure_is_treated_as_internet_and_said_so() {
    let start = preset("start").unwrap();
    let mut finding = finding(Severity::Now);
    finding.weakness.exploited = true;
    let mut asset = asset();
    let unknown = judge(&start, &finding, &asset, &look(Standing::Trunk), SEEN);
    assert_eq!(unknown.line, "exploited now");
    assert_eq!(
        unknown.reasons[1..],
        [
            "it is known to be exploited",
            "the exposure is internet",
            "who can reach the asset is not known, so it is treated as if anybody could",
        ]
    );
    asset.exposure = Exposure::Internet;
    let known = judge(&start, &finding, &asset, &look(Standing::Trunk), SEEN);
    assert_eq!((known.line.as_str(), known.reasons.len()), ("exploited now", 3));
    asset.exposure = Exposure::Internal;
    let internal = judge(&start, &finding, &asset, &look(Standing::Trunk), SEEN);
    assert_eq!(internal.line, "severe");
}

#[test]
fn what_is_not_known_is_named_and_decides_nothing() {
    let ours = appetite(
        "lines:\n  - {name: scored, when: finding.cvss at least 7, do: [block]}\n  \
         - {name: the rest, do: [inform]}\n",
    );
    let decision = judge(&ours, &finding(Severity::Soon), &asset(), &look(Standing::Trunk), SEEN);
    assert_eq!(decision.line, "the rest");
    assert_eq!(decision.due, None);
    assert_eq!(
        decision.reasons[1],
        "could not tell whether the line `scored` fits: its score out of 10 is not known"
    );
    let mut scored = finding(Severity::Soon);
    scored.weakness.cvss = Some(7.0);
    assert!(judge(&ours, &scored, &asset(), &look(Standing::Trunk), SEEN).blocks());
}

#[test]
fn a_weakness_answers_to_each_of_its_names() {
    for name in ["CVE-2020-26235", "RUSTSEC-2020-0071"] {
        let ours = appetite(&format!(
            "lines:\n  - {{name: this, when: finding.weakness is {name}, do: [page]}}\n  \
             - {{name: the rest, do: [inform]}}\n"
        ));
        let decision =
            judge(&ours, &finding(Severity::Soon), &asset(), &look(Standing::Trunk), SEEN);
        assert_eq!(decision.line, "this", "{name}");
    }
}

#[test]
fn every_field_of_the_schema_has_an_answer() {
    let mut finding = finding(Severity::Soon);
    finding.weakness.cvss = Some(5.0);
    finding.weakness.epss = Some(0.1);
    finding.direct = Some(true);
    let look = Look { stage: Some("test".into()), ..look(Standing::Trunk) };
    let asset = asset();
    for field in crate::SCHEMA.fields {
        let value = super::value(&field.name, &finding, &asset, &look);
        assert!(value.is_some(), "{}", field.name);
        let words = field.kind.words();
        if let Some(holdfast_rulefile::FieldValue::Text(word)) = &value
            && !words.is_empty()
        {
            assert!(words.contains(&word.as_ref()), "{} {word}", field.name);
        }
    }
    assert_eq!(super::value("finding.nothing", &finding, &asset, &look), None);
}

#[test]
fn the_words_of_the_schema_are_the_words_of_the_model() {
    let words = |name: &str| crate::SCHEMA.field(name).unwrap().kind.words().to_vec();
    assert_eq!(words("finding.kind"), FindingKind::ALL.map(FindingKind::word));
    let severities = [Severity::WhenYouCan, Severity::Soon, Severity::Now];
    assert_eq!(words("finding.severity"), severities.map(Severity::word));
    let fixes = [FixKind::Safe, FixKind::Risky, FixKind::None];
    assert_eq!(words("finding.fix"), fixes.map(FixKind::word));
    let standings = [Standing::Working, Standing::Proposed, Standing::Trunk, Standing::Deployed];
    assert_eq!(words("look.standing"), standings.map(Standing::word));
    assert_eq!(words("look.coverage"), [Coverage::Full, Coverage::Partial].map(Coverage::word));
    let kinds = [AssetKind::Host, AssetKind::Repository, AssetKind::Folder, AssetKind::Image];
    assert_eq!(words("asset.kind"), kinds.map(AssetKind::word));
    let notices = [
        Informational::Unmaintained,
        Informational::Unsound,
        Informational::Notice,
        Informational::EndOfLife,
        Informational::Yanked,
        Informational::Deprecated,
    ];
    assert_eq!(words("finding.informational")[1..], notices.map(Informational::word));
}

#[test]
fn the_explanation_shows_each_line_and_the_way_to_a_milder_one() {
    let standard = preset("standard").unwrap();
    let why = explain(&standard, &finding(Severity::Soon), &asset(), &look(Standing::Proposed));
    let lines: Vec<(&str, bool, &str)> = why
        .lines
        .iter()
        .map(|line| (line.name.as_str(), line.matched, line.because.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            ("exploited", false, "it is not known to be exploited"),
            ("urgent", false, "its urgency is soon, not now"),
            ("new in a change", true, "the copy looked at is proposed; its urgency is soon"),
        ]
    );
    let milder: Vec<String> = why
        .milder
        .iter()
        .map(|change| format!("{}: {}, {}", change.what, change.line, change.deed))
        .collect();
    assert_eq!(
        milder,
        [
            "if the copy looked at were working instead of proposed: on trunk, ticket, due within 14 days",
            "if the copy looked at were trunk instead of proposed: on trunk, ticket, due within 14 days",
            "if the copy looked at were deployed instead of proposed: on trunk, ticket, due within 14 days",
            "if its urgency were when you can instead of soon: the rest, inform, due within 90 days",
        ]
    );
}

#[test]
fn two_changes_are_tried_where_one_is_not_enough() {
    let standard = preset("standard").unwrap();
    let mut finding = finding(Severity::Now);
    finding.weakness.exploited = true;
    let why = explain(&standard, &finding, &asset(), &look(Standing::Trunk));
    assert_eq!(why.milder[0].what, "if it were not known to be exploited");
    assert_eq!(why.milder[0].line, "urgent");
    let ours = appetite(
        "lines:\n  - {name: a, when: finding.exploited or finding.severity is now, do: [block]}\n  \
         - {name: the rest, do: [inform]}\n",
    );
    let why = explain(&ours, &finding, &asset(), &look(Standing::Trunk));
    assert_eq!(
        why.milder[0].what,
        "if it were not known to be exploited and its urgency were when you can instead of now"
    );
    let rest =
        explain(&standard, &self::finding(Severity::WhenYouCan), &asset(), &look(Standing::Trunk));
    assert_eq!(rest.milder, []);
    assert_eq!(rest.lines.last().unwrap().because, "no line above took it");
}

prop_compose! {
    pub(crate) fn findings()(
        kind in proptest::sample::select(&FindingKind::ALL[..]),
        severity in proptest::sample::select(&[Severity::WhenYouCan, Severity::Soon, Severity::Now][..]),
        fix in proptest::sample::select(&[FixKind::Safe, FixKind::Risky, FixKind::None][..]),
        exploited: bool,
        dev: bool,
        direct: Option<bool>,
        cvss in proptest::option::of(prop_oneof![0.0..10.0_f64, Just(f64::NAN)]),
        epss in proptest::option::of(0.0..1.0_f64),
    ) -> Finding {
        let mut finding = finding(severity);
        finding.kind = kind;
        finding.fix = fix;
        finding.dev = dev;
        finding.direct = direct;
        finding.weakness = Weakness { exploited, cvss, epss, ..weakness() };
        finding
    }
}

prop_compose! {
    pub(crate) fn assets()(
        exposure in proptest::sample::select(&[Exposure::Internal, Exposure::Internet, Exposure::Unknown][..]),
        tier in 1_u8..6,
    ) -> Asset {
        Asset { exposure, tier, ..asset() }
    }
}

prop_compose! {
    pub(crate) fn looks()(
        standing in proptest::sample::select(
            &[Standing::Working, Standing::Proposed, Standing::Trunk, Standing::Deployed][..]),
        stage in proptest::option::of("build|test|production|other"),
    ) -> Look {
        Look { stage, ..look(standing) }
    }
}

proptest! {
    #[test]
    fn some_line_always_decides(finding in findings(), asset in assets(), look in looks()) {
        for (name, _) in presets() {
            let appetite = preset(name).unwrap();
            let decision = judge(&appetite, &finding, &asset, &look, SEEN);
            prop_assert!(appetite.lines.iter().any(|line| line.name == decision.line));
            prop_assert!(!decision.deeds.is_empty() && decision.due.is_some_and(|due| due > SEEN));
            prop_assert!(!decision.reasons.is_empty());
            let why = explain(&appetite, &finding, &asset, &look);
            prop_assert_eq!(&why.lines.last().unwrap().name, &decision.line);
            prop_assert_eq!(why.lines.iter().filter(|line| line.matched).count(), 1);
        }
    }

    #[test]
    fn a_higher_severity_is_never_decided_milder(
        finding in findings(), asset in assets(), look in looks()
    ) {
        let mut raised = finding.clone();
        raised.severity = finding.severity.raised();
        for (name, _) in presets() {
            let appetite = preset(name).unwrap();
            let before = judge(&appetite, &finding, &asset, &look, SEEN);
            let after = judge(&appetite, &raised, &asset, &look, SEEN);
            prop_assert!(strength(&after) >= strength(&before), "{} {:?} {:?}", name, before, after);
            prop_assert!(after.due <= before.due, "{} {:?} {:?}", name, before, after);
        }
    }

    #[test]
    fn a_later_preset_is_never_milder_on_what_is_urgent(asset in assets(), look in looks(), exploited: bool) {
        let mut finding = finding(Severity::Now);
        finding.weakness.exploited = exploited;
        let strengths: Vec<u8> = presets()
            .iter()
            .map(|(name, _)| strength(&judge(&preset(name).unwrap(), &finding, &asset, &look, SEEN)))
            .collect();
        prop_assert!(strengths.is_sorted(), "{:?}", strengths);
    }
}
