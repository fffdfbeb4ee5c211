use super::*;
use crate::spell::End::{Accepted, Mended, Open};
use crate::testing::{day, known, spell};
use holdfast_model::{Severity, State};

/// So many spells of one team that began on day 0 and took so many days.
fn list(team: &str, all: &[(i64, End)]) -> Vec<Spell> {
    all.iter()
        .enumerate()
        .map(|(at, (took, end))| spell(&format!("CVE-{team}-{at}"), team, 100 - took, *took, *end))
        .collect()
}

fn half(all: &[(i64, End)]) -> Option<f64> {
    half_mended(&list("a", all)).days.time
}

/// The values that the console's own count gave.
#[test]
fn half_is_the_median_where_all_are_mended() {
    assert_eq!(half(&[(1, Mended), (2, Mended), (9, Mended)]), Some(2.0));
    assert_eq!(half(&[(4, Mended)]), Some(4.0));
    // Half of two is one.
    assert_eq!(half(&[(4, Mended), (8, Mended)]), Some(4.0));
}

/// S(1) = 3/4, S(3) = 3/4 * 1/2 = 3/8: worked by hand.
#[test]
fn what_is_open_counts_against_it() {
    assert_eq!(half(&[(1, Mended), (2, Open), (3, Mended), (9, Open)]), Some(3.0));
    assert_eq!(half(&[(1, Mended), (9, Open), (9, Open)]), None);
    assert_eq!(half(&[]), None);
}

#[test]
fn only_what_is_urgent_counts_for_the_one_number() {
    let mut spells = list("a", &[(3, Mended), (50, Open)]);
    let mut slow = known("CVE-slow", 0, State::Open, 0);
    slow.finding.severity = Severity::WhenYouCan;
    let profile = crate::Profile::of(&slow, &crate::testing::asset(), "a");
    spells[1].profile = profile.into();
    let half = half_mended(&spells);
    assert_eq!((half.days.time, half.of, half.mended), (Some(3.0), 1, 1));
    assert_eq!(half.sentence(), "Half of everything urgent is mended within 3 days.");
    let none = half_mended(&spells[1..]);
    assert_eq!(none.sentence(), "Nothing urgent was found so far.");
    let few = half_mended(&list("a", &[(3, Mended), (50, Open), (50, Open)]));
    assert_eq!(
        few.sentence(),
        "Less than half of everything urgent is mended so far: 1 of 3 findings."
    );
}

#[test]
fn groups_are_counted_each_alone() {
    let mut spells = list("shop", &[(2, Mended), (4, Mended), (6, Mended), (40, Open)]);
    spells.extend(list("payments", &[(7, Open), (8, Open), (30, Open), (31, Open), (91, Open)]));
    spells.extend(list("web", &[(12, Accepted)]));
    let summary = Summary::of(&spells, Some(5.0), day(100));
    let names: Vec<&str> = summary.by_team.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["payments", "shop", "web"]);
    let [payments, shop, web] = &summary.by_team[..] else { panic!("three teams") };
    assert_eq!((shop.spells, shop.mended, shop.open), (4, 3, 1));
    assert_eq!(shop.median.time, Some(4.0));
    assert!((shop.in_time.unwrap().share - 0.5).abs() < 1e-12);
    // 2 + 2 · 3/4 + 2 · 1/2 + 84 · 1/4, drawn on level past day 40.
    assert!((shop.mean.mean - (2.0 + 1.5 + 1.0 + 21.0)).abs() < 1e-9);
    assert!(!shop.mean.followed);
    assert_eq!(payments.median_in_words(), "not reached");
    assert_eq!(payments.ages, Ages { week: 1, month: 2, quarter: 1, older: 1 });
    assert!(payments.mean.followed);
    assert_eq!((web.open, web.mended, web.ages), (0, 0, Ages::default()));
    assert_eq!(summary.by_kind.len(), 1);
    assert_eq!(summary.by_kind[0].name, "package");
    assert_eq!(summary.whole.spells, 10);
    let sum: usize = summary.whole.ages.rows().iter().map(|(_, count)| count).sum();
    assert_eq!(sum, summary.whole.open);
}

#[test]
fn why_the_mean_of_what_is_closed_flatters() {
    let group = |all: &[(i64, End)]| {
        let spells = list("a", all);
        Group::of("a", spells.iter(), None, day(100))
    };
    let some = group(&[(2, Mended), (4, Mended), (40, Open), (50, Open), (60, Open)]);
    assert_eq!(some.closed_mean, Some(3.0));
    assert_eq!(
        some.flattery().as_deref(),
        Some(
            "The 2 that are mended took on average 3 days. That leaves out the 3 that are still \
             open, and what takes longest is still open: counting them, less than half is mended \
             so far."
        )
    );
    let one = group(&[(2, Mended), (40, Open)]);
    assert_eq!(
        one.flattery().as_deref(),
        Some(
            "The one that is mended took 2 days. That leaves out the one that is still open, and \
             what takes longest is still open: counting them, half is mended within 2 days."
        )
    );
    assert_eq!(group(&[(2, Mended)]).flattery(), None, "nothing is left out");
    assert_eq!(group(&[(2, Open)]).flattery(), None, "there is no mean");
}

/// A constant rate of mending, true median 41.6 days, watched for 90 days: the mean and median of
/// what is closed are about half of that, the estimate is not.
#[test]
fn the_mean_of_what_is_closed_is_too_low() {
    let rate = 2.0_f64.ln() / 41.6;
    let spells: Vec<Spell> = (0..2000_u32)
        .map(|at| {
            // Evenly spread over the window and over the distribution, in a fixed order.
            let began = i64::from(at * 37 % 2000) * 90 * 86_400_000 / 2000;
            let took = -(1.0 - (f64::from(at) + 0.5) / 2000.0).ln() / rate;
            #[expect(clippy::cast_possible_truncation, reason = "some hundred days")]
            let to = began + (took * 86_400_000.0) as i64;
            let end = 90 * 86_400_000;
            let mut spell =
                spell(&at.to_string(), "a", 0, 0, if to <= end { Mended } else { Open });
            spell.from = Timestamp(began);
            spell.entry = spell.from;
            spell.to = Timestamp(to.min(end));
            spell
        })
        .collect();
    let group = Group::of("", spells.iter(), None, day(90));
    let median = group.median.time.unwrap();
    assert!((median - 41.6).abs() < 3.0, "{median}");
    assert!(group.closed_mean.unwrap() < 26.0, "{:?}", group.closed_mean);
}
