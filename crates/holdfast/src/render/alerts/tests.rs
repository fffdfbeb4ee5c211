use holdfast_engine::document::{PlaceRow, Report};

use super::*;
use crate::render::style::Style;
use crate::render::{human, markdown, surfaces};

fn alert(rule: &str, actor: &str, severity: Severity, minute: u8) -> AlertRow {
    AlertRow {
        rule: rule.into(),
        title: match rule {
            "logging-off" => "Somebody switched logging off".to_owned(),
            _ => format!("The rule `{rule}` spoke"),
        },
        severity,
        time: format!("2026-11-18T09:{minute:02}:00Z"),
        actor: actor.into(),
        action: "cloudtrail.amazonaws.com:StopLogging".into(),
        target: vec!["trail/all".into()],
        place: PlaceRow { path: "/var/log/auth.log".into(), line: 7, column: 1 },
        expected_by: None,
        although: String::new(),
    }
}

fn announced_one() -> AlertRow {
    AlertRow { expected_by: Some("41".into()), ..alert("logging-off", "bot", Severity::Now, 9) }
}

/// A finding that is due soon, and alerts of each urgency.
fn report() -> Report {
    let again = AlertRow {
        target: ["a", "b|c", "d", "e", "f"].map(Into::into).to_vec(),
        although: "alice announced something like it, but not by `eve`".to_owned(),
        ..alert("guessing", "eve", Severity::Soon, 5)
    };
    Report {
        alerts: vec![
            alert("guessing", "eve", Severity::Soon, 1),
            alert("guessing", "eve", Severity::Soon, 2),
            alert("odd-hour", "bob", Severity::WhenYouCan, 3),
            alert("logging-off", "ana", Severity::Now, 4),
            again,
            announced_one(),
        ],
        ..surfaces::report()
    }
}

#[test]
fn alerts_stand_among_the_findings_by_urgency() {
    let style = Style { colour: false, width: 100 };
    insta::assert_snapshot!(human::report(&report(), &style));
}

#[test]
fn alerts_have_a_table_of_their_own_in_markdown() {
    insta::assert_snapshot!(markdown::report(&report()));
}

#[test]
fn what_one_did_again_is_one_row_and_what_was_announced_none() {
    let report = report();
    let rows: Vec<(String, u64)> =
        groups(&report.alerts).iter().map(|group| (group.title(), group.count)).collect();
    let wanted = [
        ("ana switched logging off", 1),
        ("eve: The rule `guessing` spoke, 3 times", 3),
        ("bob: The rule `odd-hour` spoke", 1),
    ];
    assert_eq!(rows, wanted.map(|(title, count)| (title.to_owned(), count)));
    assert_eq!(announced(&report.alerts).unwrap(), "1 alert was announced beforehand");
    assert_eq!(announced(&[]), None);
    let nobody = AlertRow { actor: "".into(), ..alert("logging-off", "", Severity::Now, 1) };
    assert_eq!(groups(&[nobody])[0].title(), "Somebody switched logging off");
}

#[test]
fn at_most_ten_rows_are_shown_of_both() {
    let mut report = report();
    report.alerts.extend(
        (0..20).map(|number| alert(&format!("rule-{number}"), "eve", Severity::WhenYouCan, number)),
    );
    let style = Style { colour: false, width: 100 };
    let said = human::report(&report, &style);
    let rows = said
        .lines()
        .filter(|line| ["  NOW ", "  SOON ", "  WHEN"].iter().any(|word| line.starts_with(word)));
    assert_eq!(rows.count(), 10, "{said}");
    assert!(said.contains("  and 14 more: holdfast case list"), "{said}");
}

#[test]
fn words_of_others_move_nothing() {
    let mut report = report();
    report.alerts = vec![AlertRow {
        title: "a\nb\u{1b}[2J".to_owned(),
        ..alert("x", "e\nve|", Severity::Now, 1)
    }];
    let style = Style { colour: false, width: 100 };
    let said = human::report(&report, &style);
    assert!(!said.contains('\u{1b}') && !said.contains("e\nve"), "{said}");
    let table = markdown::report(&report);
    assert!(table.lines().any(|line| line.contains("e ve\\|")), "{table}");
}
