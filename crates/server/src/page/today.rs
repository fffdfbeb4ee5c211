//! Today: what to do, in order. The first row is the next thing to do.
//!
//! Knows which rows come first. Must not know how a row looks.

use holdfast_engine::desk::{FindingView, View};
use holdfast_model::{Severity, State, Timestamp};
use maud::{Markup, html};

use super::Ctx;
use super::part::{command, deed, empty, urgency_class, urgency_words};
use super::query::{DISTURBANCE, address};
use super::row::{Rows, URGENCIES};
use super::text::{Foreign, counted, len, listed, number};
use super::time::Clock;
use super::{cases, gaps, icon, number as figure, plans, shell};

/// Rows of what ended before the rest is left to the list of findings.
const MOST_DONE: usize = 25;
/// Plans before the rest stands behind a link.
const MOST_PLANS: usize = 5;
const DAY_MS: i64 = 86_400_000;
/// A look that is later than this is late.
const LATE_MS: i64 = 10 * 60_000;

/// The page at `/`.
pub fn today(ctx: &Ctx, view: &View) -> Markup {
    let clock = ctx.clock(view);
    let open: Vec<&FindingView> = view.findings.iter().filter(|finding| finding.open).collect();
    let rows = Rows::new(ctx, view);
    let waiting = plans::waiting(ctx, view);
    let content = html! {
        header.page-head {
            div {
                h1 { "Today" }
                p.lead { (summary(view, &open)) }
            }
            div.page-act {
                (deed(ctx, "/look", "Look again", "", &[]))
                p.why { (looked(view, &clock)) }
            }
        }
        (late(view, &clock))
        @if !view.assets.is_empty() {
            div.figures {
                (figure::mending(view, ctx.now))
                (figure::line(view))
            }
        }
        (cases::waiting(view, &clock))
        @if !waiting.is_empty() {
            section.group aria-labelledby="waiting" {
                h2 #waiting { "Plans that need somebody " span.count { (number(len(&waiting))) } }
                ul.rows { @for plan in waiting.iter().take(MOST_PLANS) { (plans::row(ctx, &clock, plan)) } }
                @if waiting.len() > MOST_PLANS { p.more-of { a href="/plans" { "Every plan" } } }
            }
        }
        @if open.is_empty() { (nothing(ctx, view, &clock)) } @else { (groups(&rows, &open)) }
        (done(&rows, view, ctx.now))
        (gaps::folded(view))
    };
    shell::page(ctx, "Today", &content)
}

/// "3 now, 12 soon, 40 when you can. Could not check 5."
fn summary(view: &View, open: &[&FindingView]) -> Markup {
    let counts: Vec<String> = URGENCIES
        .into_iter()
        .map(|severity| (severity, open.iter().filter(|f| f.row.severity == severity).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| {
            format!("{} {}", number(u64::try_from(count).unwrap_or(u64::MAX)), severity.word())
        })
        .collect();
    html! {
        @if last_look(view).is_none() { "What is open is not known yet." }
        @else if counts.is_empty() { "Nothing is open." }
        @else { (listed(&counts)) "." }
        @if !view.gaps.is_empty() {
            " " a href="#could-not-check" { "Could not check " (number(len(&view.gaps))) } "."
        }
    }
}

fn looked(view: &View, clock: &Clock) -> Markup {
    html! {
        @match last_look(view) {
            Some(at) => { "Looked " (clock.near(at)) "." }
            None => { "Nothing was looked at yet." }
        }
        @if let Some(next) = view.next_look.filter(|next| *next > clock.now) {
            " Next look " (clock.near(next)) "."
        }
    }
}

fn last_look(view: &View) -> Option<Timestamp> {
    view.assets.iter().flat_map(|asset| &asset.looks).map(|look| look.at).max()
}

/// What is shown may be old: said before anything else is.
fn late(view: &View, clock: &Clock) -> Markup {
    let due = view.next_look.filter(|due| clock.now.0.saturating_sub(due.0) > LATE_MS);
    html! {
        @if let Some(due) = due {
            div.callout role="note" {
                p {
                    strong { "This may be out of date." }
                    " A look was due " (clock.near(due)) " and has not ended. "
                    @if let Some(at) = last_look(view) {
                        "What stands here was seen " (clock.near(at)) ". "
                    }
                    "\u{201c}Look again\u{201d} starts one now."
                }
            }
        }
    }
}

fn groups(rows: &Rows<'_>, open: &[&FindingView]) -> Markup {
    let mut first = true;
    let groups: Vec<Markup> = URGENCIES
        .into_iter()
        .filter_map(|severity| {
            let of: Vec<&FindingView> =
                open.iter().copied().filter(|finding| finding.row.severity == severity).collect();
            let is_first = !of.is_empty() && std::mem::take(&mut first);
            (!of.is_empty()).then(|| group(rows, severity, &of, is_first))
        })
        .collect();
    html! {
        @for group in groups { (group) }
        p.more-of {
            a href=(address("/findings", &[("sort", Some(DISTURBANCE))])) {
                "By how much mending it disturbs"
            }
        }
    }
}

/// Rows of one urgency before the rest stands behind a link: what is urgent has room.
fn most(severity: Severity) -> usize {
    match severity {
        Severity::Now => 25,
        Severity::Soon => 10,
        Severity::WhenYouCan => 5,
    }
}

fn group(rows: &Rows<'_>, severity: Severity, of: &[&FindingView], first: bool) -> Markup {
    let id = urgency_class(severity);
    let most = most(severity);
    let rest = of.len().saturating_sub(most);
    html! {
        section class={ "group " (id) } aria-labelledby=(id) {
            h2 #(id) { (urgency_words(severity)) " " span.count { (number(len(of))) } }
            ul.rows {
                @for (index, finding) in of.iter().take(most).enumerate() {
                    (rows.row(finding, first && index == 0))
                }
            }
            @if rest > 0 {
                p.more-of {
                    a href=(address("/findings", &[("severity", Some(severity.word()))])) {
                        "And " (number(u64::try_from(rest).unwrap_or(u64::MAX))) " more"
                    }
                }
            }
        }
    }
}

/// What ended within the last day, folded under the list.
fn done(rows: &Rows<'_>, view: &View, now: Timestamp) -> Markup {
    let ended: Vec<&FindingView> = view
        .findings
        .iter()
        .filter(|finding| matches!(finding.row.state, State::Fixed | State::Removed))
        .filter(|finding| now.0.saturating_sub(finding.since.0) <= DAY_MS)
        .collect();
    html! {
        @if !ended.is_empty() {
            details.fold #done {
                summary {
                    h2 { (icon::proven()) "Done in the last day " span.count { (number(len(&ended))) } }
                }
                ul.rows { @for finding in ended.iter().take(MOST_DONE) { (rows.row(finding, false)) } }
            }
        }
    }
}

/// Nothing is open: what was looked at, against what, and what to do next.
fn nothing(ctx: &Ctx, view: &View, clock: &Clock) -> Markup {
    let Some(at) = last_look(view) else {
        return empty(
            "Nothing was looked at yet",
            &html! { "The first look takes a few seconds." },
            &html! {
                (deed(ctx, "/look", "Look now", "primary", &[]))
                p { "Or in a terminal:" }
                (command("holdfast up"))
            },
        );
    };
    let packages = packages(view);
    let names: Vec<&str> = view.assets.iter().map(|a| a.asset.name.as_str()).take(3).collect();
    let more = len(&view.assets).saturating_sub(3);
    empty(
        &format!("Nothing known among {}", counted(packages, "package", "packages")),
        &html! {
            "Looked " (clock.near(at)) " at " (Foreign(&listed(&names)))
            @if more > 0 { " and " (counted(more, "other asset", "other assets")) }
            ", against " (against(view)) ". "
            @match (len(&view.gaps), len(&view.problems)) {
                (0, 0) => { "Everything could be checked." }
                (0, problems) => { "Could not read " (number(problems)) "." }
                (gaps, 0) => { "Could not check " (number(gaps)) "." }
                (gaps, problems) => {
                    "Could not check " (number(gaps)) ", could not read " (number(problems)) "."
                }
            }
        },
        &html! {
            @if view.advisories <= view.starter {
                p { "To know more of them:" }
                (command("holdfast advisories sync"))
            } @else {
                p { "To look at another folder:" }
                (command("holdfast check PATH"))
            }
        },
    )
}

fn against(view: &View) -> Markup {
    html! {
        @if view.advisories <= view.starter {
            "the built-in starter set of " (counted(view.starter, "advisory", "advisories"))
            ", which is never the whole"
        } @else {
            (counted(view.advisories, "advisory", "advisories"))
        }
    }
}

/// How many packages the last looks saw; of several copies of an asset, the fullest counts.
pub(super) fn packages(view: &View) -> u64 {
    view.assets
        .iter()
        .filter_map(|asset| asset.looks.iter().map(|look| look.components).max())
        .sum()
}
