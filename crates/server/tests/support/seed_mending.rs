//! Mending times of the desk of the tests.

use std::fmt::Write as _;

use holdfast_engine::desk::{GoalView, MendingGroup, MendingView};

/// Mending times of three teams, half of them told by old files.
pub fn mending() -> MendingView {
    let group = |sort, name: &str, [found, mended, open]: [usize; 3], median: &str, mean: &str| {
        MendingGroup {
            sort,
            name: name.to_owned(),
            found,
            mended,
            open,
            median: median.to_owned(),
            mean: mean.to_owned(),
        }
    };
    let goal = |id: &str, title: &str, verdict, sentence: &str| GoalView {
        id: id.to_owned(),
        title: title.to_owned(),
        verdict,
        sentence: sentence.to_owned(),
    };
    MendingView {
        half: "half of everything urgent is mended within 6 days (4 to 9), counting what is still open"
            .to_owned(),
        groups: vec![
            group("everything", "", [184, 121, 63], "9 days (7 to 12 days)", "28 days (24 to 32)"),
            group("team", "operations", [96, 71, 25], "6 days (4 to 9 days)", "21 days (16 to 26)"),
            group("team", "payments", [60, 42, 18], "12 days (8 to 21 days)", "31 days (25 to 38)"),
            group("team", "", [28, 8, 20], "not reached", "62 days (49 to 75)"),
            group("kind", "package", [133, 88, 45], "10 days (8 to 14 days)", "30 days (25 to 34)"),
            group("kind", "control", [51, 33, 18], "7 days (4 to 12 days)", "24 days (17 to 31)"),
        ],
        curve: curve(),
        ages: vec![
            ("up to 7 days", 21),
            ("8 to 30 days", 25),
            ("31 to 90 days", 13),
            ("over 90 days", 4),
        ],
        flattery: "The 121 that are mended took on average 8.2 days. That leaves out the 63 that are \
                   still open, and what takes longest is still open: counting them, half is mended \
                   within 9 days."
            .to_owned(),
        reconstructed: 97,
        goals: vec![
            goal(
                "urgent-in-a-week",
                "half of everything urgent within 7 days",
                "kept",
                "kept so far: 57 % is mended within 7 days (48 % to 65 %), and 50 % is wanted by \
                 2026-12-31",
            ),
            goal(
                "payments-packages",
                "four of five packages of payments within 14 days",
                "not enough data",
                "not enough data: 4 of about 20 fixes; 3 still open, with time left",
            ),
            goal(
                "settings-in-a-month",
                "nine of ten settings within 30 days",
                "missed",
                "missed: 71 % is mended within 30 days (60 % to 80 %), and 90 % was wanted by \
                 2026-09-30",
            ),
        ],
    }
}

/// A curve as it is drawn elsewhere: the same size, the same classes.
#[expect(clippy::too_many_lines, reason = "a list of what is made up or asked")]
fn curve() -> String {
    let (left, right, top, bottom) = (44.0, 348.0, 14.0, 176.0);
    let x = |day: f64| left + (right - left) * day / 90.0;
    let y = |share: f64| bottom - (bottom - top) * share;
    let steps = [
        (0.0, 1.0),
        (1.0, 0.9),
        (2.0, 0.82),
        (4.0, 0.7),
        (6.0, 0.6),
        (9.0, 0.5),
        (14.0, 0.42),
        (25.0, 0.34),
        (40.0, 0.27),
        (61.0, 0.22),
    ];
    let outline = |wide: f64| {
        let mut path = String::new();
        for (index, (day, share)) in steps.into_iter().enumerate() {
            let y = y((share + wide * (1.0 - share)).clamp(0.0, 1.0));
            if index == 0 {
                write!(path, "M{} {y}", x(day))
            } else {
                write!(path, "H{}V{y}", x(day))
            }
            .unwrap();
        }
        write!(path, "H{right}").unwrap();
        path
    };
    let back: String = steps.iter().rev().fold(String::new(), |mut path, (day, share)| {
        write!(path, "V{}H{}", y((share - 0.14 * (1.0 - share)).max(0.0)), x(*day)).unwrap();
        path
    });
    let mut out = "<svg class=\"curve\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 360 236\" \
                   role=\"img\" aria-labelledby=\"all-title all-desc\">\n\
                   <title id=\"all-title\">Half is mended within 9 days</title>\n\
                   <desc id=\"all-desc\">still open after 30 days 34 % (27 % to 41 %), after 60 days 27 % \
                   (20 % to 34 %).</desc>\n"
        .to_owned();
    let text = |x: f64, y: f64, anchor: &str, words: &str| {
        format!(
            "<text class=\"curve-label\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>\n"
        )
    };
    for quarter in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let at = y(quarter);
        writeln!(out, "<path class=\"curve-grid\" d=\"M{left} {at}H{right}\"/>").unwrap();
        out.push_str(&text(left - 6.0, at + 4.0, "end", &format!("{} %", quarter * 100.0)));
    }
    writeln!(out, "<path class=\"curve-axis\" d=\"M{left} {bottom}H{right}\"/>").unwrap();
    for day in [0.0, 30.0, 60.0, 90.0] {
        out.push_str(&text(x(day), bottom + 18.0, "middle", &day.to_string()));
    }
    out.push_str(&text(
        f64::midpoint(left, right),
        bottom + 36.0,
        "middle",
        "days, and the share still open",
    ));
    writeln!(out, "<path class=\"curve-band curve-1\" d=\"{}{back}Z\"/>", outline(0.14)).unwrap();
    writeln!(out, "<path class=\"curve-line curve-1\" d=\"{}\"/>", outline(0.0)).unwrap();
    writeln!(
        out,
        "<path class=\"curve-mark curve-1\" d=\"M{} {}v6M{} {}v6\"/>",
        x(30.0),
        y(0.34) - 3.0,
        x(70.0),
        y(0.22) - 3.0
    )
    .unwrap();
    writeln!(out, "<path class=\"curve-goal\" d=\"M{left} {}H{}V{bottom}\"/>", y(0.5), x(7.0))
        .unwrap();
    out.push_str("</svg>\n");
    out
}
