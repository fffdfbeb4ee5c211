use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];

fn nightly() -> (&'static str, Practice) {
    let (path, text) = PRACTICES[0];
    let (practice, problems) = Practice::read(&Arc::from(path), text);
    assert_eq!(problems, []);
    (text, practice.unwrap())
}

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn window(from: (i8, i8), to: (i8, i8), days: &[Weekday]) -> Window {
    let time = |(hour, minute)| Time::new(hour, minute, 0, 0).unwrap();
    Window::new(time(from), time(to), days.to_vec()).unwrap()
}

/// What is wrong with a file, as `code line:column message`.
fn told(text: &str) -> Vec<String> {
    let (practice, problems) = Practice::read(&Arc::from("rules/practice/ours.yaml"), text);
    assert_eq!(practice.is_some(), problems.is_empty(), "{problems:?}");
    let shown = |problem: &holdfast_model::Problem| {
        let place = problem.place.as_ref().unwrap();
        format!("{} {}:{} {}", problem.code, place.line, place.column, problem.message)
    };
    problems.iter().map(shown).collect()
}

#[test]
fn every_practice_that_came_along_passes_its_own_tests() {
    for (path, text) in PRACTICES {
        let (practice, problems) = Practice::read(&Arc::from(*path), text);
        assert_eq!(problems, [], "{path}");
        assert_eq!(run_practice_tests(&practice.unwrap()), [], "{path}");
    }
}

/// Each change of a line that matters is noticed by some example.
#[test]
fn some_example_notices_each_change() {
    let (text, whole) = nightly();
    let mut changed = 0;
    for (from, to) in [
        ("canary, window: \"02:00", "canary, window: \"02:01"),
        ("canary, window: \"02:00", "canary, window: \"01:59"),
        ("04:00\", soak: 1 day", "03:59\", soak: 1 day"),
        ("04:00\", soak: 1 day", "04:01\", soak: 1 day"),
        ("soak: 1 day", "soak: 23 hours"),
        ("soak: 1 day", "soak: 25 hours"),
        ("early, window: \"02:00", "early, window: \"01:58"),
        ("04:00\", soak: 2 days", "03:59\", soak: 2 days"),
        ("04:00\", soak: 2 days", "04:01\", soak: 2 days"),
        ("soak: 2 days", "soak: 47 hours"),
        ("soak: 2 days", "soak: 49 hours"),
        ("window: \"02:00 to 05:00\"", "window: \"02:01 to 05:00\""),
        ("window: \"02:00 to 05:00\"", "window: \"01:59 to 05:00\""),
        ("to 05:00\"", "to 04:59\""),
        ("to 05:00\"", "to 05:01\""),
        ("[monday, tuesday", "[tuesday"),
        ("tuesday, wednesday", "wednesday"),
        ("wednesday, thursday", "thursday"),
        ("thursday, friday]", "friday]"),
        (", friday]", "]"),
        (", friday]", ", friday, saturday]"),
        (", friday]", ", friday, sunday]"),
    ] {
        assert!(text.contains(from), "{from}");
        let other = text.replacen(from, to, 1);
        let path = Arc::from(PRACTICES[0].0);
        let (practice, problems) = Practice::read(&path, &other);
        assert_eq!(problems, [], "{to}");
        let practice = practice.unwrap();
        assert_ne!(practice.rings, whole.rings, "{to}");
        assert!(!run_practice_tests(&practice).is_empty(), "no example notices `{to}`");
        changed += 1;
    }
    assert_eq!(changed, 22);
}

#[test]
fn an_example_that_is_wrong_says_what_came_of_it() {
    let (text, _) = nightly();
    let wrong = text.replacen("ring: canary, then: start", "ring: canary, then: stop", 1);
    let practice = Practice::read(&Arc::from(PRACTICES[0].0), &wrong).0.unwrap();
    let problems = run_practice_tests(&practice);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].message, "`canary` comes to start here, and the example says stop");
    assert_eq!(problems[0].place.as_ref().unwrap().line, 15);
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let head = "id: ours\ntitle: Ours\nwhy: Because.\n";
    assert_eq!(
        told(&format!(
            "{head}zone: Europe/Berln\nrings:\n  - {{name: two words, window: 2 to 4, approval: \
             nobody}}\n  - {{name: last, window: \"02:00 to 02:00\", soak: 1 day, approval: \
             people, days: [monday, monday, funday]}}\nelse: 1\n"
        )),
        [
            "rule-value 4:7 `Europe/Berln` is no time zone",
            "rule-missing-key 6:5 the key `soak` is missing",
            "practice-ring 6:12 `two words` is more than one word",
            "practice-window 6:31 `2 to 4` is no window",
            "rule-value 6:49 `nobody` is not one of `automatic`, `people`",
            "practice-window 7:26 this window ends as it begins",
            "practice-soak 7:50 no ring comes after the last one",
            "practice-window 7:90 this day stands twice",
            "rule-value 7:98 `funday` is not one of `monday`, `tuesday`, `wednesday`, `thursday`, \
             `friday`, `saturday`, `sunday`",
            "rule-unknown-key 8:1 the key `else` is not known",
        ]
    );
    assert_eq!(
        told(&format!("{head}rings: []\n")),
        ["practice-ring 4:8 a practice has at least one ring"]
    );
    let ring = "{name: all, window: \"02:00 to 04:00\", approval: people}";
    let example = "{at: tomorrow, ring: al, passed: {some: \"2026-03-10 02:30\"}, then: sleep}";
    let found = told(&format!("{head}rings: [{ring}]\ntests: [{example}]\n"));
    let messages: Vec<&str> = found.iter().filter_map(|one| one.splitn(3, ' ').nth(2)).collect();
    assert_eq!(
        messages,
        [
            "`tomorrow` is no time",
            "no ring is called `al`",
            "no ring is called `some`",
            "`sleep` is not one of `start`, `wait`, `stop`",
        ]
    );
    let without = format!("{head}rings: [{ring}]\n");
    let practice = Practice::read(&Arc::from("ours.yaml"), &without).0.unwrap();
    assert_eq!(run_practice_tests(&practice)[0].code, "practice-untested");
    assert_eq!(told(&without.replace("ours", "other"))[0].split(' ').next(), Some("practice-id"));
    assert_eq!(told("")[0], "rule-empty 1:1 the file holds no practice");
}

#[test]
fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let friday = window((22, 0), (2, 0), &[Weekday::Friday]);
    let open = |text: &str| friday.open_at(at(text), &TimeZone::UTC).is_some();
    // 2026-03-13 is a Friday.
    assert!(open("2026-03-13T22:00:00Z") && open("2026-03-14T01:59:59Z"));
    assert!(!open("2026-03-13T01:00:00Z") && !open("2026-03-14T22:00:00Z"));
    assert!(!open("2026-03-14T02:00:00Z"));
    let next = friday.next(at("2026-03-13T22:00:00Z"), &TimeZone::UTC).unwrap();
    assert_eq!(next.from, at("2026-03-20T22:00:00Z"), "the one that is open is not the next");
}

#[test]
fn clocks_that_are_changed_move_windows() {
    let berlin = zone("Europe/Berlin");
    // On 2026-03-29 the hour from two to three is left out; on 2026-10-25 it comes twice.
    let night = window((2, 0), (3, 0), &[]);
    assert_eq!(night.open_at(at("2026-03-29T01:10:00Z"), &berlin), None);
    let next = night.next(at("2026-03-28T12:00:00Z"), &berlin).unwrap();
    assert_eq!(next.from, at("2026-03-30T00:00:00Z"), "it does not open in that night");
    let twice = night.open_at(at("2026-10-25T00:30:00Z"), &berlin).unwrap();
    assert_eq!(twice.until.0 - twice.from.0, 120 * MINUTE);
    let weekly = window((2, 0), (3, 0), &[Weekday::Sunday]);
    let next = weekly.next(at("2026-03-23T12:00:00Z"), &berlin).unwrap();
    assert_eq!(next.from, at("2026-04-05T00:00:00Z"), "the next Sunday that has the hour");
}

#[test]
fn no_window_is_too_short_to_be_met() {
    let (_, mut practice) = nightly();
    let utc = TimeZone::UTC;
    practice.rings.truncate(2);
    practice.rings[0].window = window((2, 10), (2, 40), &[]);
    practice.rings[1].window = window((2, 20), (6, 0), &[Weekday::Wednesday]);
    let next = |text: &str| practice.next_turn(at(text), &utc).unwrap();
    // 2026-03-11 is a Wednesday.
    assert_eq!(next("2026-03-10T12:00:00Z"), at("2026-03-11T02:10:00Z"));
    assert_eq!(next("2026-03-11T02:10:00Z"), at("2026-03-11T02:20:00Z"));
    assert_eq!(next("2026-03-11T02:20:00Z"), at("2026-03-11T02:25:00Z"));
    assert_eq!(next("2026-03-11T02:25:00Z"), at("2026-03-11T05:45:00Z"));
    assert_eq!(next("2026-03-11T05:45:00Z"), at("2026-03-12T02:10:00Z"));
}

fn ring_of<'k>(known: &'k mut Rings, name: &str) -> &'k mut RingState {
    known.entry(name.to_owned()).or_insert_with(|| RingState {
        hosts: 1,
        looked: Some(Timestamp(0)),
        failed: None,
        silent: None,
        updates: BTreeMap::new(),
    })
}

#[test]
fn what_fails_stops_every_ring_behind_it_and_no_window_opens_it() {
    let (_, practice) = nightly();
    let (utc, night) = (TimeZone::UTC, at("2026-03-11T02:30:00Z"));
    let mut known = Rings::new();
    let failed = Failed { at: at("2026-03-10T02:30:00Z"), why: "it is down".to_owned() };
    ring_of(&mut known, "early").failed = Some(failed);
    let turn = |name: &str, known: &Rings, asked: bool| {
        practice.turn(practice.ring(name).unwrap(), known, night, &utc, asked)
    };
    assert_eq!(turn("canary", &known, false), Turn::Open(Some(at("2026-03-11T04:00:00Z"))));
    // A night later it is tried again where it failed.
    assert!(matches!(turn("early", &known, false), Turn::Open(_)));
    let because = "the checks of `early` failed: it is down".to_owned();
    for asked in [false, true] {
        let stopped = Turn::Stopped { because: because.clone() };
        assert_eq!(turn("production", &known, asked), stopped);
    }
    ring_of(&mut known, "early").failed.as_mut().unwrap().at = at("2026-03-11T02:00:00Z");
    assert!(matches!(turn("early", &known, false), Turn::Stopped { .. }), "not in the same window");
    assert!(matches!(turn("early", &known, true), Turn::Open(_)), "unless somebody asks for it");
    ring_of(&mut known, "early").hosts = 0;
    assert!(matches!(turn("production", &known, false), Turn::Open(_)), "nobody is there");
}

#[test]
fn an_update_waits_for_hosts_that_were_not_looked_at() {
    let (_, practice) = nightly();
    let (now, seen) = (at("2026-03-11T02:30:00Z"), at("2026-03-01T00:00:00Z"));
    let early = practice.ring("early").unwrap();
    let mut known = Rings::new();
    ring_of(&mut known, "canary").looked = None;
    let after = Soaked::After { ring: "canary".to_owned() };
    assert_eq!(practice.soaked(early, "held 2", seen, &known, now), after);
    ring_of(&mut known, "canary").looked = Some(Timestamp(seen.0 - 1));
    assert_eq!(practice.soaked(early, "held 2", seen, &known, now), after);
    ring_of(&mut known, "canary").looked = Some(seen);
    assert_eq!(practice.soaked(early, "held 2", seen, &known, now), Soaked::Yes);
    // One host has it, and another was not looked at since.
    let had = Reached::Since(Timestamp(seen.0 - 9 * DAY));
    ring_of(&mut known, "canary").updates.insert("held 2".into(), had);
    assert_eq!(practice.soaked(early, "held 2", seen, &known, now), Soaked::Yes);
    ring_of(&mut known, "canary").looked = Some(Timestamp(seen.0 - 1));
    assert_eq!(practice.soaked(early, "held 2", seen, &known, now), after);
}

/// Whoever does not answer keeps the rings behind it waiting, and nobody of its own.
#[test]
fn a_host_that_does_not_answer_stops_the_rings_behind_it_alone() {
    let (_, practice) = nightly();
    let night = at("2026-03-11T02:30:00Z");
    let mut known = Rings::new();
    let silent = Failed { at: night, why: "web-1".to_owned() };
    ring_of(&mut known, "early").silent = Some(silent);
    let turn = |name: &str, known: &Rings| {
        practice.turn(practice.ring(name).unwrap(), known, night, &TimeZone::UTC, false)
    };
    assert!(matches!(turn("canary", &known), Turn::Open(_)));
    assert!(matches!(turn("early", &known), Turn::Open(_)), "the others are patched");
    let because = "a host of `early` did not answer: web-1".to_owned();
    assert_eq!(turn("production", &known), Turn::Stopped { because });
    ring_of(&mut known, "early").hosts = 0;
    assert!(matches!(turn("production", &known), Turn::Open(_)));
}

fn windows() -> impl Strategy<Value = ((i8, i8), i32, Vec<Weekday>)> {
    let days =
        proptest::sample::subsequence(super::window::DAYS.map(|(_, day)| day).to_vec(), 0..7);
    // At most twelve hours: what is longer may meet itself where clocks change.
    ((0_i8..24, 0_i8..60), 1_i32..720, days)
}

/// From 2020 to 2035, in minutes.
fn moments() -> impl Strategy<Value = i64> {
    26_297_280_i64..34_187_040
}

fn made(from: (i8, i8), length: i32, days: &[Weekday]) -> Window {
    let end = (i32::from(from.0) * 60 + i32::from(from.1) + length) % 1440;
    let to = (i8::try_from(end / 60).unwrap(), i8::try_from(end % 60).unwrap());
    window(from, to, days)
}

proptest! {
    /// In UTC, a window is open exactly for its length behind each of its beginnings.
    #[test]
    fn a_window_is_what_arithmetic_says((from, length, days) in windows(), minute in moments()) {
        let window = made(from, length, &days);
        let now = Timestamp(minute * MINUTE);
        let begins = i64::from(from.0) * 60 + i64::from(from.1);
        let since = (minute - begins).rem_euclid(1440);
        let began = Timestamp(now.0 - since * MINUTE);
        let day = jiff::Timestamp::from_millisecond(began.0).unwrap();
        let day = day.to_zoned(TimeZone::UTC).weekday();
        let wanted = since < i64::from(length) && (days.is_empty() || days.contains(&day));
        let open = window.open_at(now, &TimeZone::UTC);
        prop_assert_eq!(open.is_some(), wanted);
        if let Some(open) = open {
            prop_assert_eq!(open.from, began);
            prop_assert_eq!(open.until.0 - open.from.0, i64::from(length) * MINUTE);
        }
    }

    /// In every zone: what is open holds the time, and none begins before the next one.
    #[test]
    fn the_next_opening_is_the_first(
        (from, length, days) in windows(),
        minute in moments(),
        zone_at in 0..ZONES.len(),
        between in 0_i64..1000,
    ) {
        let (window, zone) = (made(from, length, &days), zone(ZONES[zone_at]));
        let now = Timestamp(minute * MINUTE);
        if let Some(open) = window.open_at(now, &zone) {
            prop_assert!(open.from <= now && now < open.until);
            prop_assert_eq!(window.open_at(open.from, &zone), Some(open));
            prop_assert_eq!(window.open_at(Timestamp(open.until.0 - 1), &zone), Some(open));
        }
        let next = window.next(now, &zone).unwrap();
        prop_assert!(now < next.from && next.from.0 - now.0 <= 15 * DAY);
        prop_assert_eq!(window.open_at(next.from, &zone), Some(next));
        let other = Timestamp(now.0 + (next.from.0 - now.0) / 1000 * between);
        if let Some(open) = window.open_at(other, &zone) {
            prop_assert!(open.from <= now || open == next);
        }
    }

    /// The later the ring, the later an update comes; what may go on may at any later time.
    #[test]
    fn rings_take_turns(
        since in proptest::collection::vec(proptest::option::of(0_i64..10), 2),
        seen in 0_i64..10,
        now in 0_i64..20,
        later in 0_i64..20,
    ) {
        let (_, practice) = nightly();
        let day = |day: i64| Timestamp(day * DAY);
        let mut known = Rings::new();
        for (ring, since) in practice.rings.iter().zip(&since) {
            let state = ring_of(&mut known, &ring.name);
            state.looked = Some(day(30));
            state.updates = since
                .map(|since| (Arc::from("held 2"), Reached::Since(day(since))))
                .into_iter()
                .collect();
        }
        let goes = |ring: &Ring, now: i64| {
            practice.soaked(ring, "held 2", day(seen), &known, day(now)) == Soaked::Yes
        };
        for (ring, next) in practice.rings.iter().zip(practice.rings.iter().skip(1)) {
            prop_assert!(!goes(next, now) || goes(ring, now), "{} before {}", next.name, ring.name);
        }
        for ring in &practice.rings {
            prop_assert!(!goes(ring, now) || goes(ring, now + later));
        }
    }

    /// Whatever stands in a file, reading it ends with a practice or with what is wrong.
    #[test]
    fn any_file_is_read(cut in 0_usize..4000, other in "[ -~\n]{0,40}") {
        let (text, _) = nightly();
        let cut = cut.min(text.len());
        let (head, tail) = text.split_at(cut);
        let mangled = format!("{head}{other}{tail}");
        let (practice, problems) = Practice::read(&Arc::from(PRACTICES[0].0), &mangled);
        prop_assert_eq!(practice.is_some(), problems.is_empty());
    }
}
