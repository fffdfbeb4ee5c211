//! One case: what happened in it, who looks after it, and what it came to.
//!
//! Knows the order in which somebody who is woken needs to know. Must not know what this person may
//! do: `case_actions` does.

use std::collections::HashSet;

use holdfast_engine::desk::{CaseView, View};
use holdfast_model::{Alert, Case, Timestamp, Went};
use maud::{Markup, html};

use super::part::{Page, urgency, urgency_words};
use super::query::{CasesQuery, SPANS, TimelineQuery, address};
use super::text::{Foreign, counted, len, number, prose, sentence};
use super::time::{Clock, span};
use super::{Ctx, case_actions, event, icon, shell};
use crate::link;

/// Lines of one page.
const MOST: usize = 100;
/// Addresses, programs and rules that are named before there are others.
const MOST_NAMED: usize = 4;

/// The page at `/cases/{id}`.
pub fn case(ctx: &Ctx, view: &View, row: &CaseView, query: &CasesQuery) -> Markup {
    let clock = ctx.clock(view);
    let case = &row.case;
    let content = html! {
        header.page-head {
            div {
                p.crumbs { a href="/cases" { "Cases" } }
                h1 { (Foreign(&case.title)) }
                p.state-line {
                    @if event::needs_somebody(row) { (urgency(case.severity)) }
                    @else {
                        span.urgency.is-state { (event::case_mark(row)) (event::case_words(row)) }
                    }
                    span { "by " (Foreign(&case.actor.name)) }
                    span { (clock.near(case.last)) }
                }
            }
        }
        (outcome(row, &clock))
        div.two {
            aside.side-column aria-label="Actions and facts" {
                @if row.is_open() { div.actions { (case_actions::actions(ctx, row)) } }
                @if let Some(address) = beside(ctx, row) {
                    p.why.beside { a href=(address) { "What else " (Foreign(&case.actor.name)) " did" } }
                }
                (facts(row, &clock))
            }
            div.main-column { (story(view, row, query, &clock)) }
        }
    };
    shell::page(ctx, &case.title, &content)
}

/// What is to be known first: what it came to, or whether anything in it was announced.
fn outcome(row: &CaseView, clock: &Clock) -> Markup {
    let alerts = &row.case.alerts;
    let announced = alerts.iter().filter(|alert| alert.expected_by.is_some()).count();
    let announced = u64::try_from(announced).unwrap_or(u64::MAX);
    html! {
        @if let Some(answer) = row.case.answer {
            div.callout.is-calm role="note" {
                p {
                    strong { (event::answer_sentence(answer)) }
                    @if let Some((who, when, because)) = &row.answered {
                        " " (Foreign(who)) " said so " (clock.near(*when))
                        @if because.trim().is_empty() { "." } @else { ": " (sentence(because)) }
                    }
                }
            }
        } @else if row.is_expected() {
            div.callout.is-calm role="note" {
                p { strong { "Somebody announced all of this beforehand." } " It waits for nobody." }
            }
        } @else {
            p.verdict {
                @if announced == 0 { "Nobody announced any of it." }
                @else {
                    (number(announced)) " of " (counted(len(alerts), "alert", "alerts"))
                    @if announced == 1 { " was" } @else { " were" } " announced; the rest was not."
                }
            }
        }
    }
}

/// Alerts that one line tells: one, or the same several times in a row.
struct Run<'a> {
    /// The first of them.
    alert: &'a Alert,
    last: Timestamp,
    count: u64,
    /// What they were done to, each once.
    targets: Vec<&'a str>,
    /// Whether the line before has another title, so that this one says its own.
    is_titled: bool,
}

/// Folds what repeats itself: a hundred attempts are one line with their number and their span.
fn folded(case: &Case) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut named: HashSet<&str> = HashSet::new();
    let mut title = case.title.as_str();
    for alert in &case.alerts {
        if !runs.last().is_some_and(|run| is_same(run.alert, alert)) {
            named.clear();
            let is_titled = title != alert.title;
            title = &alert.title;
            let (last, targets) = (alert.event.at, Vec::new());
            runs.push(Run { alert, last, count: 0, targets, is_titled });
        }
        if let Some(run) = runs.last_mut() {
            run.count += 1;
            run.last = alert.event.at;
            let targets = alert.event.targets.iter().map(|one| &**one);
            run.targets.extend(targets.filter(|one| named.insert(one)));
        }
    }
    runs
}

/// Whether two alerts are told alike, but for when, to what, and where they were read.
fn is_same(a: &Alert, b: &Alert) -> bool {
    let (one, other) = (&a.event, &b.event);
    let said = a.title == b.title && a.severity == b.severity && a.although == b.although;
    let place = one.account == other.account && one.region == other.region;
    let done = one.actor == other.actor && one.action == other.action && one.went == other.went;
    said && a.expected_by == b.expected_by && done && place && one.from == other.from
}

/// Everything that happened in it, oldest first.
fn story(view: &View, row: &CaseView, query: &CasesQuery, clock: &Clock) -> Markup {
    let case = &row.case;
    let runs = folded(case);
    let page = Page::of(runs.len(), MOST, query.page_number());
    html! {
        section aria-labelledby="story" {
            h2 #story { "What happened " span.count { (counted(len(&case.alerts), "alert", "alerts")) } }
            ol.history start=(page.before + 1) {
                @for run in runs.iter().skip(page.before).take(MOST) { (one(view, run, clock)) }
            }
            (page.links(|number| {
                let number = (number > 1).then(|| number.to_string());
                address(&link::case(&case.id), &[("page", number.as_deref())])
            }))
        }
    }
}

fn one(view: &View, run: &Run<'_>, clock: &Clock) -> Markup {
    let (alert, event) = (run.alert, &run.alert.event);
    html! {
        li {
            span.mark-cell { (mark(alert)) }
            div.body {
                @if run.is_titled { h3.headline { (Foreign(&alert.title)) } }
                p {
                    strong { (Foreign(&event.actor.name)) } " " code { (event.action) }
                    (event::on(&run.targets))
                    @if run.count > 1 { ", " (number(run.count)) " times" }
                }
                @if let Went::Failed(why) = &event.went {
                    p.failed { "It failed: " (Foreign(why)) }
                }
                (announced(view, alert))
                p.meta-line {
                    span {
                        (clock.absolute(event.at))
                        @if run.count > 1 { " to " (clock.absolute(run.last)) }
                    }
                    span { (event::place(event)) }
                    @if !event.from.is_empty() { span { "from " (Foreign(&event.from)) } }
                    @if !event.place.path.is_empty() {
                        span { code.place { (event.place.path) ":" (event.place.line) } }
                    }
                }
            }
        }
    }
}

fn mark(alert: &Alert) -> Markup {
    html! {
        @if alert.expected_by.is_some() {
            (icon::passed()) span.vh { "Announced: " }
        } @else {
            (icon::urgency(alert.severity)) span.vh { (urgency_words(alert.severity)) ": " }
        }
    }
}

/// Whether it was announced, by whom and why; or why what was announced does not cover it.
fn announced(view: &View, alert: &Alert) -> Markup {
    let by = alert.expected_by.as_deref();
    let known = by.and_then(|id| view.announcements.iter().find(|one| *one.announcement.id == *id));
    html! {
        @match (by, known.map(|known| &known.announcement)) {
            (Some(id), Some(known)) => {
                p.expected {
                    "Expected: " (Foreign(&known.by)) " " a href=(link::announcement(id)) { "announced it" }
                    @if known.because.trim().is_empty() { "." } @else { ", because: " (Foreign(&known.because)) }
                }
            }
            (Some(_), None) => { p.expected { "Expected: somebody announced it." } }
            (None, _) if !alert.although.is_empty() => { p.expected { (prose(&alert.although)) "." } }
            (None, _) => {}
        }
    }
}

fn facts(row: &CaseView, clock: &Clock) -> Markup {
    let case = &row.case;
    let events = || case.alerts.iter().map(|alert| &alert.event);
    html! {
        dl.facts {
            div {
                dt { "Owner" }
                dd { @if case.owner.is_empty() { "nobody yet" } @else { (Foreign(&case.owner)) } }
            }
            div {
                dt { "Who" }
                dd {
                    (Foreign(&case.actor.name))
                    @if !case.actor.person { ", not a person" }
                    @if case.actor.key != case.actor.name { br; code.key { (case.actor.key) } }
                }
            }
            div { dt { "Where" } dd { (event::distinct(events().map(|one| &*one.account), MOST_NAMED)) } }
            div { dt { "From" } dd { (event::distinct(events().map(|one| &*one.from), MOST_NAMED)) } }
            div { dt { "With" } dd { (event::distinct(events().map(|one| &*one.agent), MOST_NAMED)) } }
            div { dt { "First" } dd { (clock.absolute(case.first)) } }
            div {
                dt { "Last" }
                dd {
                    (clock.absolute(case.last))
                    @if case.alerts.len() > 1 { ", " (span(case.first, case.last)) " later" }
                }
            }
            div { dt { "Rule" } dd { (event::distinct(case.alerts.iter().map(|one| &*one.rule), MOST_NAMED)) } }
            div { dt { "Case" } dd { code.key { (case.id) } } }
        }
    }
}

/// The time line of whoever did it, where it reaches back far enough.
fn beside(ctx: &Ctx, row: &CaseView) -> Option<String> {
    let age = ctx.now.0.saturating_sub(row.case.first.0);
    let (span, ..) = SPANS.into_iter().find(|(_, length, _)| age < *length)?;
    let who = Some(row.case.actor.name.to_string()).filter(|name| !name.trim().is_empty())?;
    Some(TimelineQuery { who: Some(who), ..TimelineQuery::default() }.over(span))
}
