//! The estimators against R's `survival` 3.5-3 (`conf.type = "log-log"`), on its own data, and
//! against what has to hold for all data.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "tests say what they expect by failing; golden values are exact"
)]

use holdfast_learn::survival::{Curve, Quantile, Time, log_rank, stratified_log_rank};
use proptest::prelude::*;

const LUNG: &str = include_str!("../fixtures/lung.csv");
const AML: &str = include_str!("../fixtures/aml.csv");
const WALTONS: &str = include_str!("../fixtures/waltons.csv");

/// The rows of a fixture: the time, and the further columns.
fn rows(text: &'static str) -> Vec<(Time, Vec<&'static str>)> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (Time::new(cells[0].parse().unwrap(), cells[1] == "1"), cells[2..].to_vec())
        })
        .collect()
}

fn group(rows: &[(Time, Vec<&str>)], column: usize, name: &str) -> Vec<Time> {
    let chosen = rows.iter().filter(|(_, cells)| cells[column] == name);
    chosen.map(|(time, _)| *time).collect()
}

fn lung(sex: &str) -> Vec<Time> {
    group(&rows(LUNG), 0, sex)
}

/// Every third patient comes under watch only after a fifth of their time.
fn late_rows() -> Vec<(Time, Vec<&'static str>)> {
    let late = |(at, (time, cells)): (usize, (Time, Vec<&'static str>))| {
        let entry = if (at + 1) % 3 == 0 { (time.exit / 5.0).floor() } else { 0.0 };
        (Time::late(entry, time.exit, time.event), cells)
    };
    rows(LUNG).into_iter().enumerate().map(late).collect()
}

#[track_caller]
fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{found} is not {wanted}");
}

fn of(time: f64, low: f64, high: f64) -> Quantile {
    Quantile { time: Some(time), low: Some(low), high: Some(high) }
}

#[test]
fn medians_and_quartiles_of_lung() {
    let (men, women) = (Curve::of(lung("1")), Curve::of(lung("2")));
    assert_eq!((men.count(), men.events()), (138, 112));
    assert_eq!((women.count(), women.events()), (90, 53));
    assert_eq!(men.median(), of(270.0, 210.0, 306.0));
    assert_eq!(women.median(), of(426.0, 345.0, 524.0));
    assert_eq!(men.quantile(0.25), of(144.0, 105.0, 176.0));
    assert_eq!(men.quantile(0.75), of(457.0, 371.0, 567.0));
    assert_eq!(women.quantile(0.25), of(226.0, 167.0, 310.0));
    assert_eq!(women.quantile(0.75), of(687.0, 524.0, 765.0));
}

#[test]
fn restricted_means_of_lung() {
    let men = Curve::of(lung("1")).restricted_mean(365.0);
    near(men.mean, 241.495_085_192_057);
    near(men.error, 10.358_226_491_096_9);
    let women = Curve::of(lung("2")).restricted_mean(365.0);
    near(women.mean, 297.465_409_532_037);
    near(women.error, 10.791_323_978_800_1);
    assert!(men.followed && women.followed);
}

#[test]
fn shares_of_lung() {
    let men = Curve::of(lung("1"));
    let golden = [
        (30.0, 130, 0.934_782_608_695_652, 0.878_418_312_188_189, 0.965_522_040_144_681),
        (180.0, 89, 0.644_465_001_541_783, 0.558_412_473_005_288, 0.718_013_598_160_678),
        (365.0, 35, 0.336_087_834_639_379, 0.252_729_143_327_973, 0.421_302_168_222_719),
    ];
    for (time, at_risk, share, low, high) in golden {
        let found = men.left_after(time);
        assert_eq!(men.at_risk(time), at_risk);
        near(found.share, share);
        near(found.low, low);
        near(found.high, high);
    }
}

#[test]
fn log_rank_tests() {
    let test = log_rank(&[lung("1"), lung("2")]).unwrap();
    near(test.chi_square, 10.326_741_954_885_6);
    assert_eq!(test.degrees, 1);
    assert!((test.p / 0.001_311_164_520_355 - 1.0).abs() < 1e-10, "{}", test.p);

    let all = rows(LUNG);
    let grades: Vec<Vec<Time>> = ["0", "1", "2", "3"].map(|name| group(&all, 1 + 1, name)).into();
    let test = log_rank(&grades).unwrap();
    near(test.chi_square, 21.962_131_682_476);
    assert_eq!(test.degrees, 3);
    assert!((test.p / 6.642_535_355_800_17e-5 - 1.0).abs() < 1e-10, "{}", test.p);
    let seen: Vec<usize> = test.events.iter().map(|(seen, _)| *seen).collect();
    assert_eq!(seen, [37, 82, 44, 1]);
    assert!((test.events[3].1 - 0.172_385_340_68).abs() < 1e-10);

    let waltons = rows(WALTONS);
    let flies = ["miR-137", "control"].map(|name| group(&waltons, 0, name));
    near(log_rank(&flies).unwrap().chi_square, 122.249_125_573_006_15);
}

#[test]
fn the_log_rank_test_within_institutions() {
    let all = rows(LUNG);
    let mut places: Vec<&str> = all.iter().map(|(_, cells)| cells[1]).collect();
    places.sort_unstable();
    places.dedup();
    let strata: Vec<[Vec<Time>; 2]> = places
        .iter()
        .filter(|place| !place.is_empty())
        .map(|place| {
            let here: Vec<_> =
                all.iter().filter(|(_, cells)| cells[1] == *place).cloned().collect();
            ["1", "2"].map(|sex| group(&here, 0, sex))
        })
        .collect();
    let strata: Vec<&[Vec<Time>]> = strata.iter().map(|stratum| &stratum[..]).collect();
    near(stratified_log_rank(&strata).unwrap().chi_square, 8.524_467_363_323_17);
}

#[test]
fn aml() {
    let rows = rows(AML);
    let [kept, not] = ["maintained", "not"].map(|name| group(&rows, 0, name));
    let curve = Curve::of(kept.clone());
    assert_eq!(curve.median(), Quantile { time: Some(31.0), low: Some(13.0), high: None });
    near(curve.restricted_mean(30.0).mean, 24.602_272_727_272_7);
    near(curve.restricted_mean(30.0).error, 2.313_149_377_319_13);
    let curve = Curve::of(not.clone());
    assert_eq!(curve.median(), of(23.0, 5.0, 33.0));
    near(curve.restricted_mean(30.0).mean, 19.694_444_444_444_4);
    let test = log_rank(&[kept, not]).unwrap();
    near(test.chi_square, 3.396_388_698_977_6);
    assert!((test.p / 0.065_339_322_041 - 1.0).abs() < 1e-10, "{}", test.p);
}

#[test]
fn delayed_entry() {
    let rows = late_rows();
    let men = Curve::of(group(&rows, 0, "1"));
    let women = Curve::of(group(&rows, 0, "2"));
    assert_eq!(men.median(), of(239.0, 183.0, 291.0));
    assert_eq!(men.quantile(0.25), of(131.0, 71.0, 163.0));
    assert_eq!(women.median(), of(426.0, 340.0, 524.0));
    assert_eq!(women.quantile(0.75), of(687.0, 524.0, 735.0));
    assert_eq!((men.at_risk(30.0), men.at_risk(180.0), men.at_risk(365.0)), (94, 87, 35));
    near(men.restricted_mean(365.0).mean, 230.536_151_873_690);
    near(men.restricted_mean(365.0).error, 11.550_542_928_473_8);
    near(women.restricted_mean(365.0).mean, 293.489_737_026_187);
    near(women.restricted_mean(365.0).error, 11.780_862_563_071_5);
    let early = women.left_after(30.0);
    near(early.share, 0.983_333_333_333_333);
    near(early.low, 0.887_525_802_181_505);
    near(early.high, 0.997_635_345_414_155);
}

/// Without ties the log-rank test is the score test of R's `coxph`, which knows delayed entry.
#[test]
fn the_log_rank_test_with_delayed_entry() {
    let mut rows = late_rows();
    for (at, (time, _)) in rows.iter_mut().enumerate() {
        time.exit += f64::from(u32::try_from(at + 1).unwrap()) * 1e-4;
    }
    let test = log_rank(&["1", "2"].map(|sex| group(&rows, 0, sex))).unwrap();
    near(test.chi_square, 10.475_889_660_247_5);
}

/// Worked by hand: 3/4, then 3/4 · 1/2.
#[test]
fn a_small_curve() {
    let curve = Curve::of([
        Time::new(1.0, true),
        Time::new(2.0, false),
        Time::new(3.0, true),
        Time::new(9.0, false),
    ]);
    let shares: Vec<f64> = curve.steps().iter().map(|step| step.left.share).collect();
    assert_eq!(shares, [0.75, 0.75, 0.375, 0.375]);
    assert_eq!(curve.median().time, Some(3.0));
    assert_eq!(curve.restricted_mean(4.0).mean, 1.0 + 1.5 + 0.375);
    assert!(curve.restricted_mean(9.0).followed);
    assert!(!curve.restricted_mean(10.0).followed);
}

#[test]
fn where_log_log_is_not_defined_the_bound_is_binomial() {
    let none = Curve::of((0..10).map(|_| Time::new(9.0, false))).left_after(7.0);
    assert_eq!((none.share, none.high), (1.0, 1.0));
    near(none.low, 0.025_f64.powf(0.1));
    let all = Curve::of((0..10).map(|_| Time::new(3.0, true))).left_after(7.0);
    assert_eq!((all.share, all.low), (0.0, 0.0));
    near(all.high, 1.0 - 0.025_f64.powf(0.1));
    let nobody = Curve::default().left_after(7.0);
    assert_eq!((nobody.share, nobody.low, nobody.high), (1.0, 0.0, 1.0));
    assert_eq!(Curve::default().median(), Quantile::default());
}

#[test]
fn what_says_nothing_is_left_out() {
    let odd = [
        Time::new(f64::NAN, true),
        Time::new(f64::INFINITY, false),
        Time::new(-1.0, true),
        Time::late(5.0, 5.0, true),
        Time::late(5.0, 4.0, true),
    ];
    assert_eq!(Curve::of(odd), Curve::default());
    assert_eq!(log_rank(&[odd.to_vec(), vec![Time::new(1.0, true)]]), None);
    assert_eq!(log_rank(&[]), None);
}

/// Times on a coarse grid, so that ties are common; some enter late.
fn times() -> impl Strategy<Value = Vec<Time>> {
    let one = (0_u8..30, 1_u8..40, any::<bool>(), any::<bool>()).prop_map(
        |(entry, length, event, late)| {
            let entry = if late { f64::from(entry) } else { 0.0 };
            Time::late(entry, entry + f64::from(length), event)
        },
    );
    proptest::collection::vec(one, 0..60)
}

proptest! {
    #[test]
    fn the_order_does_not_matter(
        (times, other) in times().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        prop_assert_eq!(Curve::of(times), Curve::of(other));
    }

    #[test]
    fn the_curve_falls_from_one_to_zero_within_its_interval(times in times()) {
        let curve = Curve::of(times);
        let mut before = 1.0;
        for step in curve.steps() {
            let left = step.left;
            prop_assert!((0.0..=before).contains(&left.share));
            prop_assert!(0.0 <= left.low && left.low <= left.share);
            prop_assert!(left.share <= left.high && left.high <= 1.0);
            prop_assert!(step.events + step.censored <= step.at_risk);
            before = left.share;
        }
    }

    /// One more that was watched for long and is not over makes nothing before it look worse.
    #[test]
    fn one_more_that_is_open_never_lowers_the_curve_before_it(times in times(), length in 1_u8..80) {
        let length = f64::from(length);
        let more = times.iter().copied().chain([Time::new(length, false)]);
        let (curve, raised) = (Curve::of(times.clone()), Curve::of(more));
        for step in curve.steps().iter().filter(|step| step.time <= length) {
            let (low, high) = (step.left.share, raised.left_after(step.time).share);
            prop_assert!(high >= low - 1e-12, "{low} fell to {high} at {}", step.time);
        }
    }

    #[test]
    fn the_restricted_mean_is_at_most_its_end(times in times(), until in 0.0..100.0_f64) {
        let mean = Curve::of(times).restricted_mean(until);
        prop_assert!(0.0 <= mean.low && mean.low <= mean.mean);
        prop_assert!(mean.mean <= mean.high && mean.high <= until);
        prop_assert!(mean.error >= 0.0);
    }

    /// Powers of two scale without rounding.
    #[test]
    fn scaling_time_scales_what_is_measured_in_it(times in times(), power in -3_i32..6) {
        let scale = 2.0_f64.powi(power);
        let scaled = times.iter().map(|t| Time::late(t.entry * scale, t.exit * scale, t.event));
        let (curve, scaled) = (Curve::of(times.clone()), Curve::of(scaled));
        let by = |time: Option<f64>| time.map(|time| time * scale);
        let (median, other) = (curve.median(), scaled.median());
        prop_assert_eq!(
            (by(median.time), by(median.low), by(median.high)),
            (other.time, other.low, other.high)
        );
        let (mean, other) = (curve.restricted_mean(20.0), scaled.restricted_mean(20.0 * scale));
        prop_assert_eq!((mean.mean * scale, mean.error * scale), (other.mean, other.error));
    }

    /// Without anything open and without late entries the curve is the plain share.
    #[test]
    fn without_open_ones_it_is_the_plain_share(lengths in proptest::collection::vec(1_u8..40, 1..60)) {
        let curve = Curve::of(lengths.iter().map(|length| Time::new(f64::from(*length), true)));
        for step in curve.steps() {
            let left = lengths.iter().filter(|length| f64::from(**length) > step.time).count();
            let share = f64::from(u32::try_from(left).unwrap())
                / f64::from(u32::try_from(lengths.len()).unwrap());
            prop_assert!((step.left.share - share).abs() < 1e-12);
        }
        let mean = lengths.iter().map(|length| f64::from(*length)).sum::<f64>()
            / f64::from(u32::try_from(lengths.len()).unwrap());
        prop_assert!((curve.restricted_mean(100.0).mean - mean).abs() < 1e-9);
    }

    #[test]
    fn the_log_rank_test_does_not_care_which_group_comes_first(a in times(), b in times()) {
        let one = log_rank(&[a.clone(), b.clone()]);
        let other = log_rank(&[b, a]);
        prop_assert_eq!(one.is_some(), other.is_some());
        if let (Some(one), Some(other)) = (one, other) {
            prop_assert!((one.chi_square - other.chi_square).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&one.p));
        }
    }
}
