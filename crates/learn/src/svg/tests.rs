use super::*;
use crate::survival::Time;

fn curve(times: &[(f64, bool)]) -> Curve {
    Curve::of(times.iter().map(|(time, event)| Time::new(*time, *event)))
}

fn drawn(lines: &[Line<'_>]) -> String {
    let goal = Some((7.0, 0.5));
    Drawing { id: "all", title: "Mending times", lines, days: 90.0, goal, numbers: true }.svg()
}

fn small() -> Curve {
    curve(&[(1.0, true), (3.0, true), (7.0, true), (9.0, false), (20.0, true), (60.0, false)])
}

#[test]
fn one_curve() {
    let curve = small();
    insta::assert_snapshot!(drawn(&[Line { name: "", curve: &curve }]));
}

#[test]
fn two_curves() {
    let (one, two) = (small(), curve(&[(2.0, true), (5.0, true), (80.0, false)]));
    let lines = [Line { name: "shop", curve: &one }, Line { name: "payments", curve: &two }];
    insta::assert_snapshot!(drawn(&lines));
}

#[test]
fn nothing_to_draw_is_a_picture_too() {
    let svg = drawn(&[Line { name: "", curve: &Curve::default() }]);
    assert!(svg.contains("nothing was found so far"), "{svg}");
    assert!(!svg.contains("NaN") && !svg.contains("curve-band"));
    let none = Drawing { id: "", title: "", lines: &[], days: f64::NAN, goal: None, numbers: true };
    assert!(none.svg().ends_with("</svg>\n"));
}

#[test]
fn nothing_is_styled_inside_and_text_is_escaped() {
    let curve = small();
    let line = Line { name: "a<b>&\"c\u{1}", curve: &curve };
    let title = "<script>alert(1)</script>";
    let all = Drawing {
        id: "x\" onload=\"y",
        title,
        lines: &[line],
        days: 90.0,
        goal: None,
        numbers: true,
    };
    let svg = all.svg();
    for bad in ["style", "<script", "onload=", "\u{1}", "fill=", "stroke="] {
        assert!(!svg.contains(bad), "{bad} in {svg}");
    }
    assert!(svg.contains("a&lt;b&gt;&amp;&quot;c "));
    assert!(svg.contains("role=\"img\" aria-labelledby=\"xonloady-title xonloady-desc\""));
}

/// However many spells there are, a picture has only so many columns.
#[test]
fn ten_thousand_spells_are_a_small_picture() {
    let of = |count: u32| {
        let times = (0..count).map(|at| {
            let days = f64::from(at * 7919 % 10_007) / 10_007.0 * 90.0;
            Time::new(days, at % 3 != 0)
        });
        let curve = Curve::of(times);
        drawn(&[Line { name: "", curve: &curve }]).len()
    };
    let (many, more) = (of(10_000), of(100_000));
    assert!(many < 40_000, "{many} bytes");
    assert!(more < 40_000, "{more} bytes");
}

/// The path goes right and down only, and stays in its frame.
#[test]
fn the_line_is_a_falling_stair() {
    let curve = small();
    let (_, path, marks) = Plot { days: 90.0 }.line(&curve);
    let numbers = |letter: char| -> Vec<f64> {
        let parts = path.split(|c: char| c.is_ascii_uppercase()).skip(1);
        let letters = path.chars().filter(char::is_ascii_uppercase);
        let own = letters.zip(parts).filter(|(found, _)| *found == letter);
        own.map(|(_, part)| part.parse().unwrap()).collect()
    };
    for list in [numbers('H'), numbers('V')] {
        assert!(list.windows(2).all(|pair| pair[0] <= pair[1]), "{path}");
        assert!(!list.is_empty());
    }
    assert!(numbers('H').iter().all(|x| (LEFT..=RIGHT).contains(x)));
    assert!(numbers('V').iter().all(|y| (TOP..=BOTTOM).contains(y)));
    assert_eq!(marks.matches('M').count(), 2, "two were still open");
}
