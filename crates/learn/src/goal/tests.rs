use std::sync::Arc;

use holdfast_model::{Problem, Severity, State};
use proptest::prelude::*;

use super::*;
use crate::spell::End::{Accepted, Mended, Open};
use crate::testing::{asset, day, known, spell};

const PATH: &str = "rules/objective/urgent-in-a-week.yaml";
const GOOD: &str = "id: a\ntitle: A goal\nshare: half\nwithin: 7 days\nby: 1970-04-10\n";

fn shown(problem: &Problem) -> String {
    let place = problem.place.as_ref().unwrap();
    let meant = problem.excerpt.as_ref().map_or(String::new(), |excerpt| {
        let column = usize::try_from(place.column).unwrap() - 1;
        excerpt.line.chars().skip(column).take(usize::try_from(excerpt.length).unwrap()).collect()
    });
    let (line, column) = (place.line, place.column);
    format!("{} {line}:{column} `{meant}` {} | {}", problem.code, problem.message, problem.help)
}

fn wrong(text: &str) -> Vec<String> {
    let (goal, problems) = Goal::read(&Arc::from(PATH), text);
    assert!(goal.is_none(), "a file with problems is not used");
    problems.iter().map(shown).collect()
}

#[track_caller]
fn read(text: &str) -> Goal {
    let (goal, problems) = Goal::read(&Arc::from(PATH), text);
    assert_eq!(problems, []);
    goal.unwrap()
}

/// The good file with one key written otherwise.
fn with(key: &str, value: &str) -> String {
    let mut lines: Vec<String> = GOOD
        .lines()
        .map(|line| match line.split_once(':') {
            Some((name, _)) if name == key => format!("{key}: {value}"),
            _ => line.to_owned(),
        })
        .collect();
    if !lines.iter().any(|line| line.starts_with(&format!("{key}:"))) {
        lines.push(format!("{key}: {value}"));
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_example_is_read() {
    let (path, example) = OBJECTIVES[0];
    assert_eq!(path, PATH);
    let goal = read(example);
    assert_eq!(
        goal.in_words(),
        "Of all findings where `finding.severity at least soon`, 50 % are mended within 7 days, until \
         2026-12-31"
    );
    assert_eq!(goal.id, "urgent-in-a-week");
    assert_eq!((goal.share, goal.within.to_string().as_str()), (0.5, "7 days"));
    assert_eq!(goal.by, jiff::civil::date(2026, 12, 31));
    assert_eq!(goal.of.unwrap().to_string(), "finding.severity at least soon");
    assert_eq!((goal.team, goal.since), (None, None));
    let text = GOOD.replace("share:", "team: payments\nsince: 1970-01-05\nshare:");
    assert_eq!(
        read(&text).in_words(),
        "Of all findings of payments, 50 % are mended within 7 days, from 1970-01-05 until 1970-04-10"
    );
}

#[test]
fn shares_are_percent_or_half() {
    for (text, wanted) in
        [("50 %", 0.5), ("50%", 0.5), ("half", 0.5), ("100 %", 1.0), ("99.5 %", 0.995)]
    {
        assert!((read(&with("share", text)).share - wanted).abs() < 1e-12, "{text}");
    }
    let refused = |text: &str| {
        let all = wrong(&with("share", text));
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    };
    assert_eq!(refused("0.5"), "goal-share 3:8 `0.5` `0.5` is no share | write `50 %`");
    assert_eq!(refused("50"), "goal-share 3:8 `50` `50` is no share | write `50 %`");
    let help = "write more than 0 and at most 100 percent, such as `50 %`, or `half`";
    for text in ["0 %", "101 %", "-5 %", "1e1 %", "inf %", "NaN %", "many", "5 % %"] {
        assert!(refused(text).ends_with(help), "{text}");
    }
}

#[test]
fn times_are_hours_or_days() {
    for (text, days) in [("7 days", 7.0), ("1 day", 1.0), ("12 hours", 0.5), ("48 hours", 2.0)] {
        assert!((read(&with("within", text)).within.days() - days).abs() < 1e-12, "{text}");
    }
    for (text, help) in [
        ("2 weeks", "write `14 days`"),
        ("1 week", "write `7 days`"),
        ("7", "write `7 days` or `7 hours`"),
        ("7days", "write `7 days` or `7 hours`"),
        ("1 month", "write `1 day` or `1 hour`"),
        ("0 days", "write a number of hours or days, at most 3650 days: `7 days`"),
        ("-7 days", "write a number of hours or days, at most 3650 days: `7 days`"),
        ("99999999999 days", "write a number of hours or days, at most 3650 days: `7 days`"),
    ] {
        let wanted = format!("goal-within 4:9 `{text}` `{text}` is no time | {help}");
        assert_eq!(wrong(&with("within", text)), [wanted]);
    }
}

#[test]
fn dates_are_days_of_the_calendar() {
    assert_eq!(
        wrong(&with("by", "31.12.2026")),
        ["goal-date 5:5 `31.12.2026` `31.12.2026` is no date | write year, month and day, such \
          as `2026-12-31`"]
    );
    assert_eq!(
        wrong(&with("by", "2026-02-30")),
        ["goal-date 5:5 `2026-02-30` there is no day `2026-02-30` | write a day of the calendar, \
          such as `2026-12-31`"]
    );
    for text in ["20261231", "2026-12-31T10:00:00Z", "tomorrow", "9999-12-31"] {
        assert!(wrong(&with("by", text))[0].starts_with("goal-date 5:5"), "{text}");
    }
    assert_eq!(
        wrong(&with("since", "1970-04-11")),
        ["goal-date 6:8 `1970-04-11` the goal begins on 1970-04-11 and ends before that, on \
          1970-04-10 | write the first day, then the last"]
    );
    assert_eq!(read(&with("since", "1970-04-10")).since, Some(jiff::civil::date(1970, 4, 10)));
}

#[test]
fn wrong_keys_and_conditions_are_shown_in_place() {
    assert_eq!(
        wrong(&with("withn", "7 days")),
        ["rule-unknown-key 6:1 `withn` the key `withn` is not known | did you mean `within`?"]
    );
    assert_eq!(
        wrong(&with("of", "finding.sevrity at least soon")),
        ["condition-field 6:5 `finding.sevrity` the field `finding.sevrity` is not known | did \
          you mean `finding.severity`?"]
    );
    assert_eq!(
        wrong(&with("of", "")),
        ["rule-value 6:1 `of` `of` has no condition | write a condition, or remove `of` where \
          the goal is about everything"]
    );
    assert_eq!(
        wrong(&with("id", "Urgent!")),
        ["goal-id 1:5 `Urgent!` `Urgent!` is no id | write small letters, digits and `-`, at \
          most 64, such as `urgent-in-a-week`"]
    );
    for text in ["-a", "a-", "ä", &"x".repeat(65)] {
        assert!(wrong(&with("id", text))[0].starts_with("goal-id"), "{text}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let all = wrong("id: A\nshare: 7\nwithin: soon\nby: never\nteam: []\n");
    let codes: Vec<&str> = all.iter().map(|one| one.split(' ').next().unwrap()).collect();
    assert_eq!(
        codes,
        ["rule-missing-key", "goal-id", "goal-share", "goal-within", "goal-date", "rule-type"]
    );
    assert_eq!(wrong("")[0].split(' ').next(), Some("rule-empty"));
    assert!(wrong("- a\n")[0].starts_with("rule-type"));
}

proptest! {
    #[test]
    fn no_file_is_too_odd(text in "[a-z:%. \\-\\[\\]{}\n0-9]{0,200}") {
        let (goal, problems) = Goal::read(&Arc::from(PATH), &text);
        prop_assert!(goal.is_some() || !problems.is_empty());
    }

    #[test]
    fn no_value_is_too_odd(key in "share|within|by|since|id|of", value in "\\PC{0,40}") {
        let (goal, problems) = Goal::read(&Arc::from(PATH), &with(&key, &value));
        prop_assert!(goal.is_some() || !problems.is_empty());
    }
}

/// The good goal ends with day 99, which is 10 April 1970: its last instant is that of day 100.
fn judge(spells: &[Spell], now: i64) -> Judgement {
    read(GOOD).judge(spells, &TimeZone::UTC, day(now))
}

/// So many spells that began on a day and took so many days.
fn some(count: usize, from: i64, took: i64, end: End) -> Vec<Spell> {
    (0..count).map(|at| spell(&format!("{from}-{took}-{at}"), "a", from, took, end)).collect()
}

#[test]
fn twenty_is_what_the_widest_interval_asks_for() {
    let z = 1.959_963_984_540_054_f64;
    let needed = (z / WIDEST).powi(2) / 4.0;
    assert!((needed.ceil() - f64::from(u32::try_from(FIXES_NEEDED).unwrap())).abs() < 1e-9);
}

#[test]
fn too_few_fixes_say_nothing() {
    let few = some(4, 10, 3, Mended);
    let judgement = judge(&few, 50);
    assert_eq!(judgement.verdict, Verdict::NotEnough);
    assert_eq!(judgement.sentence, "not enough data: 4 of about 20 fixes");
    assert_eq!(
        judge(&[], 500).sentence,
        "not enough data: 0 of about 20 fixes",
        "also when its time is over"
    );
    let mut more = few;
    more.extend(some(2, 10, 9, Mended));
    more.extend(some(30, 48, 2, Open));
    assert_eq!(
        judge(&more, 50).sentence,
        "not enough data: 6 of about 20 fixes; 2 not within 7 days, 30 still open, with time left"
    );
}

#[test]
fn kept_missed_and_on_the_way() {
    let mut spells = some(20, 10, 3, Mended);
    let kept = judge(&spells, 50);
    assert_eq!(kept.verdict, Verdict::Kept);
    assert_eq!(
        kept.sentence,
        "kept so far: 100 % is mended within 7 days (83 % to 100 %), and 50 % is wanted by \
         1970-04-10"
    );
    assert!(judge(&spells, 100).sentence.starts_with("kept: 100 %"));
    // 20 in time and 20 not: half, but the interval reaches below it.
    spells.extend(some(20, 10, 9, Mended));
    let way = judge(&spells, 50);
    assert_eq!((way.verdict, way.in_time, way.too_late), (Verdict::OnTheWay, 20, 20));
    let over = judge(&spells, 100);
    assert_eq!(over.verdict, Verdict::Kept);
    assert!(over.sentence.starts_with("kept: 50 % is mended within 7 days"));
    assert!(over.sentence.ends_with("50 % was wanted by 1970-04-10; it was close"));
    // Open ones count: what has been open for long is not mended in time.
    spells.extend(some(60, 10, 90, Open));
    assert_eq!(judge(&spells, 99).verdict, Verdict::OnTheWay);
    let missed = judge(&spells, 100);
    assert_eq!(missed.verdict, Verdict::Missed);
    assert!(missed.sentence.starts_with("missed: 20 % is mended within 7 days"), "{missed:?}");
    assert!(!missed.sentence.contains("close"));
}

#[test]
fn a_verdict_does_not_change_after_the_last_day() {
    let mut spells = some(25, 10, 3, Mended);
    spells.extend(some(5, 98, 5, Mended));
    let then = judge(&spells, 100);
    assert_eq!((then.spells, then.in_time, then.waiting), (30, 25, 5));
    spells.extend(some(100, 101, 50, Mended));
    assert_eq!(judge(&spells, 400), then);
}

#[test]
fn only_what_it_is_about_counts() {
    let mut spells = some(3, 10, 3, Mended);
    let mut calm = known("CVE-calm", 10, State::Open, 10);
    calm.finding.severity = Severity::WhenYouCan;
    spells[1].profile = Profile::of(&calm, &asset(), "a").into();
    spells[2].profile = Profile::of(&calm, &asset(), "b").into();
    let count = |text: &str| read(text).judge(&spells, &TimeZone::UTC, day(50)).spells;
    assert_eq!(count(GOOD), 3);
    assert_eq!(count(&with("of", "finding.severity at least soon")), 1);
    assert_eq!(count(&with("team", "b")), 1);
    assert_eq!(count(&with("since", "1970-01-11")), 3);
    assert_eq!(count(&with("since", "1970-01-12")), 0, "day 10 is 11 January");
    assert_eq!(count(&with("of", "finding.weakness is GHSA-x")), 3, "by any of its names");
    // Nobody knows whether they are direct: they count, and that is said.
    let direct = read(&with("of", "finding.direct")).judge(&spells, &TimeZone::UTC, day(50));
    assert_eq!((direct.spells, direct.unclear), (3, 3));
    assert!(
        direct.sentence.ends_with("3 findings are counted though not everything asked is known")
    );
}

#[test]
fn what_was_accepted_says_nothing_about_the_time_after() {
    let mut spells = some(20, 10, 3, Mended);
    spells.extend(some(20, 10, 1, Accepted));
    let judgement = judge(&spells, 50);
    assert_eq!((judgement.spells, judgement.in_time, judgement.waiting), (40, 20, 0));
    assert!(judgement.share.share > 1.0 - 1e-12);
}

#[test]
fn every_field_of_the_conditions_has_a_value() {
    let mut all = known("CVE-1", 1, State::Open, 1);
    all.finding.direct = Some(true);
    let profile = Profile::of(&all, &asset(), "a");
    for field in SCHEMA.fields {
        assert!(value(&field.name, &profile).is_some(), "{}", field.name);
    }
}
