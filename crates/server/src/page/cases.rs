//! Cases: alerts that belong together. Those that need somebody come first.
//!
//! Knows the list. Must not know what is inside a case.

use holdfast_engine::desk::{CaseView, View};
use maud::{Markup, html};

use super::part::{Page, command, empty, tabs};
use super::query::{CasesQuery, address};
use super::text::{Foreign, counted, len, number};
use super::time::{Clock, span};
use super::{Ctx, event, shell};
use crate::link;

/// Rows of one page.
const MOST: usize = 50;
/// Cases on Today before the rest stands behind a link.
const MOST_TODAY: usize = 5;

/// The page at `/cases`.
pub fn cases(ctx: &Ctx, view: &View, query: &CasesQuery) -> Markup {
    let clock = ctx.clock(view);
    let all = if query.answered() { those(view, |case| !case.is_open()) } else { open(view) };
    let page = Page::of(all.len(), MOST, query.page_number());
    let shown = all.get(page.before..).unwrap_or_default();
    let shown = shown.get(..MOST).unwrap_or(shown);
    let show = query.answered().then_some("answered");
    let content = html! {
        header.page-head {
            div { h1 { "Cases" } p.lead { (lead(view)) } }
        }
        (sections(view, if query.answered() { "Answered" } else { "Open" }))
        @if all.is_empty() {
            (none(view, query, &clock))
        } @else {
            @for group in shown.chunk_by(|a, b| group(a) == group(b)) {
                @let title = group.first().map(|case| self::group(case)).unwrap_or_default();
                section.group aria-labelledby=(title.1) {
                    h2 #(title.1) { (title.0) }
                    ul.rows { @for case in group { (row(case, &clock)) } }
                }
            }
            (page.links(|number| {
                let number = (number > 1).then(|| number.to_string());
                address("/cases", &[("show", show), ("page", number.as_deref())])
            }))
        }
    };
    shell::page(ctx, "Cases", &content)
}

/// What the page of cases and that of announcements have in common: the way between them.
pub(super) fn sections(view: &View, chosen: &str) -> Markup {
    let count = |are: fn(&CaseView) -> bool| Some(len(&those(view, are)));
    let in_force = view.announcements.iter().filter(|one| one.in_force).count();
    let in_force = Some(u64::try_from(in_force).unwrap_or(u64::MAX));
    let all = [
        ("/cases", "Open", count(CaseView::is_open)),
        ("/cases?show=answered", "Answered", count(|case| !case.is_open())),
        ("/announcements", "Announcements", in_force),
    ];
    let all = all.map(|(address, words, count)| (address.to_owned(), words.to_owned(), count));
    tabs("Cases and announcements", &all, chosen)
}

/// The heading under which a case stands, and its id.
fn group(case: &CaseView) -> (&'static str, &'static str) {
    match (case.is_open(), case.is_expected()) {
        (true, false) => ("Need somebody", "need"),
        (true, true) => ("Announced beforehand", "announced"),
        (false, _) => ("Answered", "answered"),
    }
}

fn those(view: &View, are: impl Fn(&CaseView) -> bool) -> Vec<&CaseView> {
    view.cases.iter().filter(|case| are(case)).collect()
}

/// Cases that need somebody, the most urgent first, then the newest.
fn needing(view: &View) -> Vec<&CaseView> {
    let mut all = those(view, event::needs_somebody);
    all.sort_by_key(|case| {
        (std::cmp::Reverse(case.case.severity), std::cmp::Reverse(case.case.last))
    });
    all
}

/// Open ones: those that need somebody, then those of which everything was announced.
fn open(view: &View) -> Vec<&CaseView> {
    let mut all = needing(view);
    all.extend(those(view, |case| case.is_open() && case.is_expected()));
    all
}

fn lead(view: &View) -> Markup {
    let need = len(&needing(view));
    let owned = those(view, |case| event::needs_somebody(case) && !case.case.owner.is_empty());
    html! {
        @match need {
            0 => { "No case needs somebody." }
            1 => { "1 case needs somebody to say what it came to" }
            more => { (number(more)) " cases need somebody to say what they came to" }
        }
        @if need > 0 {
            @if owned.is_empty() { "; nobody looks after " @if need == 1 { "it" } @else { "them" } " yet." }
            @else if len(&owned) == need { "." }
            @else { "; nobody looks after " (number(need - len(&owned))) " of them yet." }
        }
    }
}

/// A case as one row.
fn row(view: &CaseView, clock: &Clock) -> Markup {
    let case = &view.case;
    html! {
        li.row {
            span.mark-cell {
                (event::case_mark(view)) span.vh { (event::case_words(view)) ": " }
            }
            div.body {
                h3.what { a href=(link::case(&case.id)) data-row { (Foreign(&case.title)) } }
                p.meta-line {
                    span { (Foreign(&case.actor.name)) }
                    @if let Some(alert) = case.alerts.first() { span { (event::place(&alert.event)) } }
                    span {
                        (counted(len(&case.alerts), "alert", "alerts"))
                        @if case.alerts.len() > 1 { " within " (span(case.first, case.last)) }
                    }
                }
            }
            p.due { (clock.near(case.last)) }
            div.act { (act(view)) }
        }
    }
}

/// What is to be done with it, and who does.
fn act(view: &CaseView) -> Markup {
    let case = &view.case;
    html! {
        @match (&view.answered, case.answer) {
            (Some((who, ..)), Some(answer)) => {
                p.why { (event::answer_words(answer)) ", says " (Foreign(who)) }
            }
            (None, Some(answer)) => { p.why { (event::answer_words(answer)) } }
            (_, None) if view.is_expected() => { p.why { "All of it was announced." } }
            (_, None) => {
                a.button href={ (link::case(&case.id)) "#answer" } { "Answer" }
                p.why {
                    @if case.owner.is_empty() { "Nobody looks after it yet." }
                    @else { (Foreign(&case.owner)) " looks after it." }
                }
            }
        }
    }
}

/// On Today: open cases that need somebody; nothing where none does.
pub(super) fn waiting(view: &View, clock: &Clock) -> Markup {
    let need = needing(view);
    html! {
        @if !need.is_empty() {
            section.group aria-labelledby="cases" {
                h2 #cases { "Cases that need somebody " span.count { (number(len(&need))) } }
                ul.rows { @for case in need.iter().take(MOST_TODAY) { (row(case, clock)) } }
                @if need.len() > MOST_TODAY { p.more-of { a href="/cases" { "Every case" } } }
            }
        }
    }
}

fn none(view: &View, query: &CasesQuery, clock: &Clock) -> Markup {
    if query.answered() {
        return empty(
            "No case was answered yet",
            &html! { "Looked through " (counted(len(&view.cases), "case", "cases")) "." },
            &html! { p { a.button href="/cases" { "See the open ones" } } },
        );
    }
    let newest = view.cases.iter().map(|case| case.case.last).max();
    empty(
        "No case is open",
        &html! {
            "Alerts of one person and one kind become a case. "
            @match newest {
                Some(last) => {
                    "All " (counted(len(&view.cases), "case", "cases"))
                    " so far are answered; the last alert came " (clock.near(last)) "."
                }
                None => {
                    "No rule has spoken yet of anything in the logs of this host, or in other logs "
                    "that were read."
                }
            }
        },
        &html! {
            p { a.button href="/timeline" { "See who did what" } }
            p { "To read a log or a folder of logs yourself:" }
            (command("holdfast detect PATH"))
        },
    )
}
