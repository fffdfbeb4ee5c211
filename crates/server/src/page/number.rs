//! The one number: how fast half of what is urgent is mended; and the line from code to production.
//!
//! Knows how to draw what the desk counted. Must not say anything else than the number: the
//! curve is drawn only where it crosses one half at that very age, and nothing is drawn that was not
//! seen.

use std::fmt::Write as _;

use holdfast_engine::desk::View;
use holdfast_model::{AssetKind, Severity, Standing, State, Timestamp};
use maud::{Markup, html};

use super::query::address;
use super::text::{counted, number};

const DAY_MS: f64 = 86_400_000.0;
/// Fewer findings than these make no curve.
const FEWEST: usize = 5;
/// The drawing's size without its words, in units of the drawing.
const WIDE: f64 = 240.0;
const HIGH: f64 = 64.0;

/// The number with its unit and its base, and its curve.
pub(super) fn mending(view: &View, now: Timestamp) -> Markup {
    html! {
        section.mending aria-labelledby="mending" {
            @match view.half_mended_days {
                Some(days) => {
                    div {
                        h2.number #mending { (days_words(days)) }
                        p {
                            "until half of what is urgent is mended, counted over "
                            (counted(view.half_mended_of, "urgent finding", "urgent findings"))
                            ", open ones included. "
                            a href="/mending" { "Mending times" }
                        }
                    }
                    @if let Some(curve) = Curve::of(view, now, days) { (curve.drawn(days)) }
                }
                None => {
                    div {
                        h2.quiet #mending { "Not enough is mended yet to say how fast" }
                        p {
                            @if view.half_mended_of == 0 {
                                "Nothing urgent was found so far, so that there is nothing to count."
                            } @else {
                                "Too few of "
                                (counted(view.half_mended_of, "urgent finding", "urgent findings"))
                                " are mended so far. The number appears once half of them are."
                            }
                        }
                    }
                }
            }
        }
    }
}

fn days_words(days: f64) -> String {
    if days < 1.0 {
        return format!("{:.0} h", (days * 24.0).max(1.0));
    }
    match format!("{days:.1}").strip_suffix(".0") {
        Some("1") => "1 day".to_owned(),
        Some(whole) => format!("{whole} days"),
        None => format!("{days:.1} days"),
    }
}

/// The share of urgent findings that is mended by an age, as the desk counts it: of those that are
/// still open it is known only that they were not mended so far (Kaplan and Meier, 1958).
struct Curve {
    /// Age in days and the share that is mended by then, rising.
    steps: Vec<(f64, f64)>,
    /// How many urgent findings there are.
    of: u64,
    /// The greatest age on the drawing, in days.
    until: f64,
}

impl Curve {
    /// `None` where there is too little, or where the rows do not give the number that was counted.
    fn of(view: &View, now: Timestamp, half: f64) -> Option<Self> {
        let mut ages: Vec<(f64, bool)> = view
            .findings
            .iter()
            .filter(|finding| {
                finding.row.severity >= Severity::Soon && finding.row.standing.counts()
            })
            .filter_map(|finding| match finding.row.state {
                State::Fixed | State::Removed => {
                    Some((days(finding.first_seen, finding.since), true))
                }
                state if state.is_open() => Some((days(finding.first_seen, now), false)),
                _ => None,
            })
            .collect();
        ages.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
        let oldest = ages.last().map_or(0.0, |(age, _)| *age);
        let (mut steps, mut left) = (Vec::new(), 1.0_f64);
        for (index, (age, mended)) in ages.iter().enumerate() {
            if *mended {
                left *= 1.0 - 1.0 / share(ages.len() - index);
                steps.push((*age, 1.0 - left));
            }
        }
        let reached = steps.iter().find(|(_, mended)| *mended >= 0.5).map(|(age, _)| *age);
        let agrees = u64::try_from(ages.len()).ok() == Some(view.half_mended_of)
            && reached.is_some_and(|age| (age - half).abs() < 0.001);
        let until = oldest.min(half * 4.0).max(half).max(1.0 / 24.0);
        (agrees && ages.len() >= FEWEST && until.is_finite()).then_some(Self {
            steps,
            of: view.half_mended_of,
            until,
        })
    }

    fn x(&self, age: f64) -> f64 {
        (age / self.until).clamp(0.0, 1.0) * WIDE
    }

    /// The steps of the curve; at most as many as the drawing can show.
    fn path(&self) -> String {
        let mut path = format!("M0 {HIGH:.1}");
        let mut last = f64::MIN;
        let mut steps = self.steps.iter().filter(|(age, _)| *age <= self.until).peekable();
        while let Some((age, mended)) = steps.next() {
            let x = self.x(*age);
            if x - last >= 0.5 || steps.peek().is_none() {
                let _ = write!(path, "H{x:.1}V{:.1}", HIGH * (1.0 - mended));
                last = x;
            }
        }
        let _ = write!(path, "H{WIDE:.1}");
        path
    }

    fn drawn(&self, half: f64) -> Markup {
        let title = format!(
            "Half of {} urgent findings are mended within {}, open ones counted",
            number(self.of),
            days_words(half)
        );
        let (x, y) = (self.x(half), HIGH / 2.0);
        html! {
            figure.curve {
                svg viewBox="-52 -8 308 96" width="308" height="96" role="img" aria-label=(title) {
                    path.grid d={ "M0 0H" (WIDE) "M0 " (y) "H" (WIDE) "M0 " (HIGH) "H" (WIDE) } {}
                    path.line d=(self.path()) {}
                    path.half d=(format!("M{x:.1} {HIGH}V{y}")) {}
                    circle.point cx=(format!("{x:.1}")) cy=(y) r="3.5" {}
                    text x="-6" y="4" text-anchor="end" { "100 %" }
                    text x="-6" y=(y + 4.0) text-anchor="end" { "50 %" }
                    text x="0" y="82" { "first seen" }
                    text x=(WIDE) y="82" text-anchor="end" { (days_words(self.until.round().max(self.until.min(1.0)))) }
                }
                (self.numbers())
            }
        }
    }

    /// The same as a table.
    fn numbers(&self) -> Markup {
        let quarters = [("a quarter", 0.25), ("half", 0.5), ("three quarters", 0.75), ("all", 1.0)];
        let reached = |share: f64| self.steps.iter().find(|(_, mended)| *mended >= share - 1e-9);
        html! {
            details.inline #numbers {
                summary { "Show numbers" }
                table {
                    thead { tr { th scope="col" { "Mended" } th scope="col" { "Within" } } }
                    tbody {
                        @for (words, share) in quarters {
                            tr {
                                td { (words) }
                                td {
                                    @match reached(share) {
                                        Some((age, _)) => { (days_words(*age)) }
                                        None => { "not yet" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 findings")]
fn share(of: usize) -> f64 {
    of as f64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of fewer than 280,000 years")]
fn days(from: Timestamp, to: Timestamp) -> f64 {
    (to.0.saturating_sub(from.0).max(0)) as f64 / DAY_MS
}

/// What is stuck where on the way from code to production, as far as it was looked at.
pub(super) fn line(view: &View) -> Markup {
    let code = stop(view, |standing| standing != Standing::Deployed);
    let production = stop(view, |standing| standing == Standing::Deployed);
    let folders = view.assets.iter().filter(|a| a.asset.kind != AssetKind::Host).count();
    let hosts = view.assets.iter().filter(|a| a.asset.kind == AssetKind::Host).count();
    html! {
        ol.line aria-label="From code to production" {
            (station("Code", "code", folders, ("folder", "folders"), code))
            (station("Build", "build", 0, ("build", "builds"), Stop::default()))
            (station("Test", "test", 0, ("test", "tests"), Stop::default()))
            (station("Production", "production", hosts, ("host", "hosts"), production))
        }
    }
}

/// What is open at one place of the line.
#[derive(Debug, Clone, Copy, Default)]
struct Stop {
    open: u64,
    urgent: u64,
}

fn stop(view: &View, of: impl Fn(Standing) -> bool) -> Stop {
    view.findings.iter().filter(|finding| finding.open && of(finding.row.standing)).fold(
        Stop::default(),
        |stop, finding| Stop {
            open: stop.open + 1,
            urgent: stop.urgent + u64::from(finding.row.severity >= Severity::Soon),
        },
    )
}

fn station(name: &str, word: &str, things: usize, unit: (&str, &str), stop: Stop) -> Markup {
    let things = u64::try_from(things).unwrap_or(u64::MAX);
    html! {
        li.unseen[things == 0 && stop.open == 0] {
            h3 { (name) }
            @if things == 0 && stop.open == 0 {
                p { "not looked at" }
            } @else {
                p {
                    @if stop.open == 0 {
                        "nothing open"
                    } @else {
                        a href=(address("/findings", &[("stage", Some(word))])) {
                            (number(stop.open)) " open"
                        }
                    }
                    @if stop.urgent > 0 && stop.urgent < stop.open {
                        ", " (number(stop.urgent)) " urgent"
                    } @else if stop.urgent > 0 { ", all urgent" }
                }
                p.base { "in " (counted(things, unit.0, unit.1)) }
            }
        }
    }
}
