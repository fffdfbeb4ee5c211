//! The time line: who did what and when, newest first, by day and hour.
//!
//! Knows how events are told and folded. Must not know how logs are read, or what a rule says.

use std::collections::{BTreeSet, HashSet};

use holdfast_engine::desk::{EventRow, View};
use maud::{Markup, html};

use super::part::{Page, choice, command, empty, tabs, urgency_words};
use super::query::{SPANS, TimelineQuery, given};
use super::text::{Foreign, counted, len, listed, number};
use super::time::{Clock, Hour};
use super::{Ctx, event, icon, shell};
use crate::link;

/// Lines of one page.
const MOST: usize = 100;
/// As many events as the desk gives at most: where so many came, there are older ones.
const MOST_EVENTS: usize = 10_000;
/// People that a field offers, and kinds of logs that are named.
const MOST_PEOPLE: usize = 200;
const MOST_LOGS: usize = 12;

/// The page at `/timeline`, over the events since the moment that was asked for.
pub fn timeline(ctx: &Ctx, view: &View, rows: &[EventRow], query: &TimelineQuery) -> Markup {
    let clock = ctx.clock(view);
    let found = query.select(rows);
    let lines = folded(&found, &clock);
    let page = Page::of(lines.len(), MOST, query.page_number());
    let shown = lines.get(page.before..).unwrap_or_default();
    let shown = shown.get(..MOST).unwrap_or(shown);
    let content = html! {
        header.page-head {
            div {
                h1 { "Time line" }
                p.lead role="status" { (counts(rows, &found, query)) }
            }
        }
        (spans(query))
        @if !rows.is_empty() || query.narrows() { (filters(rows, query)) }
        @if lines.is_empty() {
            (none(rows, query))
        } @else {
            @for day in shown.chunk_by(|a, b| a.hour.date == b.hour.date) { (one_day(day, &clock)) }
            (page.links(|number| query.address(number)))
            p.meta.told-by { (told_by(rows)) }
        }
    };
    shell::page(ctx, "Time line", &content)
}

/// Events that one line tells: one, or the same by the same several times within an hour.
struct Line<'a> {
    /// The newest of them.
    row: &'a EventRow,
    hour: Hour,
    count: u64,
    /// What they were done to, each once.
    targets: Vec<&'a str>,
}

/// Folds what follows itself.
fn folded<'a>(rows: &[&'a EventRow], clock: &Clock) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
    let mut named: HashSet<&str> = HashSet::new();
    for row in rows {
        let hour = clock.hour(row.at);
        let is_more = lines.last().is_some_and(|last| last.hour == hour && is_same(last.row, row));
        if !is_more {
            named.clear();
            lines.push(Line { row, hour, count: 0, targets: Vec::new() });
        }
        if let Some(line) = lines.last_mut() {
            line.count += 1;
            let new = row.targets.iter().map(|one| &**one).filter(|one| named.insert(one));
            line.targets.extend(new);
        }
    }
    lines
}

/// Whether two events are told alike; what a rule says of them, and their case, included.
fn is_same(a: &EventRow, b: &EventRow) -> bool {
    let said = match (&a.alert, &b.alert) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            a.title == b.title && a.severity == b.severity && a.expected == b.expected
        }
        _ => false,
    };
    let told = a.actor == b.actor && a.action == b.action && a.failed == b.failed;
    said && told && a.case == b.case && a.place == b.place && a.from == b.from
}

fn one_day(lines: &[Line<'_>], clock: &Clock) -> Markup {
    let title = lines.first().map(|line| clock.day_words(line.row.at)).unwrap_or_default();
    html! {
        section.day {
            h2 { (title) }
            @for hour in lines.chunk_by(|a, b| a.hour == b.hour) {
                section.hour {
                    h3 { (hour.first().map(|line| clock.hour_words(line.row.at)).unwrap_or_default()) }
                    ol.events reversed { @for line in hour { (one(line, clock)) } }
                }
            }
        }
    }
}

fn one(line: &Line<'_>, clock: &Clock) -> Markup {
    let row = line.row;
    let is_alert = row.alert.as_ref().is_some_and(|alert| !alert.expected);
    html! {
        li.event.is-alert[is_alert] {
            span.at { (clock.second(row.at)) }
            span.mark-cell { (mark(row)) }
            div.body {
                p.what {
                    strong { (Foreign(&row.actor.name)) } " " code { (row.action) }
                    (event::on(&line.targets))
                    @if line.count > 1 { " " span.times { (number(line.count)) " times" } }
                }
                (alert(row))
                p.meta-line {
                    @if let Some(alert) = &row.alert {
                        @if alert.expected { span { "expected, somebody announced it" } }
                        @else { span.unannounced { "nobody announced it" } }
                    }
                    @if !row.failed.is_empty() { span.failed { "failed: " (Foreign(&row.failed)) } }
                    @if !row.place.is_empty() { span { (Foreign(&row.place)) } }
                    @if !row.from.is_empty() { span { "from " (Foreign(&row.from)) } }
                    @if !row.actor.person { span { "not a person" } }
                }
            }
        }
    }
}

/// The mark, and its word for readers.
fn mark(row: &EventRow) -> Markup {
    html! {
        @match &row.alert {
            Some(alert) if alert.expected => { (icon::passed()) span.vh { "Announced: " } }
            Some(alert) => {
                (icon::urgency(alert.severity)) span.vh { (urgency_words(alert.severity)) ": " }
            }
            None if row.failed.is_empty() => { (icon::event()) }
            None => { (icon::refused()) span.vh { "Failed: " } }
        }
    }
}

/// What a rule says of it, with the way to its case.
fn alert(row: &EventRow) -> Markup {
    let case = row.case.as_deref().filter(|case| !case.is_empty());
    let title = row.alert.as_ref().map(|alert| alert.title.as_str());
    html! {
        @match (title, case) {
            (Some(title), Some(case)) => {
                p.says.headline { a href=(link::case(case)) data-row { (Foreign(title)) } }
            }
            (Some(title), None) => { p.says.headline { (Foreign(title)) } }
            (None, Some(case)) => { p.says { a href=(link::case(case)) data-row { "It belongs to a case" } } }
            (None, None) => {}
        }
    }
}

/// "1,204 events of the last 24 hours by 9 people and services, 3 of them alerts."
fn counts(rows: &[EventRow], found: &[&EventRow], query: &TimelineQuery) -> Markup {
    let alerts = found.iter().filter(|row| row.alert.is_some()).count();
    let announced =
        found.iter().filter(|row| row.alert.as_ref().is_some_and(|a| a.expected)).count();
    let actors: BTreeSet<&str> = found.iter().map(|row| &*row.actor.key).collect();
    let count = |count: usize| number(u64::try_from(count).unwrap_or(u64::MAX));
    html! {
        @if rows.is_empty() {
            "Nothing is known of " (query.span().2) "."
        } @else {
            (counted(len(found), "event", "events"))
            @if query.narrows() { " of " (number(len(rows))) }
            " in " (query.span().2)
            @if actors.len() > 1 { ", by " (count(actors.len())) " people and services" }
            @if alerts == 1 { ", 1 of them an alert" }
            @else if alerts > 1 { ", " (count(alerts)) " of them alerts" }
            @if announced == 1 { ", of which 1 was announced" }
            @else if announced > 1 { ", of which " (count(announced)) " were announced" }
            "."
            @if rows.len() >= MOST_EVENTS {
                " These are the newest " (number(len(rows))) "; older ones are left out here."
            }
            @if query.narrows() { " " a href=(plain(query)) { "Show every one" } }
        }
    }
}

/// The same span without anything else.
fn plain(query: &TimelineQuery) -> String {
    TimelineQuery { since: query.since.clone(), ..TimelineQuery::default() }.address(1)
}

fn spans(query: &TimelineQuery) -> Markup {
    let words = |span: &str| match span {
        "1h" => "Last hour".to_owned(),
        "24h" => "24 hours".to_owned(),
        _ => "7 days".to_owned(),
    };
    let all: Vec<(String, String, Option<u64>)> =
        SPANS.into_iter().map(|(span, ..)| (query.over(span), words(span), None)).collect();
    tabs("How far back", &all, &words(query.span().0))
}

fn filters(rows: &[EventRow], query: &TimelineQuery) -> Markup {
    let only = [
        ("alerts", "Alerts"),
        ("unannounced", "Alerts that nobody announced"),
        ("failed", "What failed"),
    ];
    let only: Vec<(String, String)> =
        only.into_iter().map(|(word, words)| (word.to_owned(), words.to_owned())).collect();
    html! {
        form.filters method="get" action="/timeline" role="search" {
            @if given(query.since.as_ref()).is_some() {
                input type="hidden" name="since" value=(query.span().0);
            }
            div.field.search {
                label for="q" { "Search" }
                input #q type="search" name="q" value=(query.q.as_deref().unwrap_or_default())
                    autocomplete="off" spellcheck="false" maxlength="200"
                    placeholder="An action, a thing, an address";
            }
            (choice("who", "Who", "Everybody", query.who.as_ref(), &people(rows)))
            (choice("only", "Only", "Everything", query.only.as_ref(), &only))
            div.field.go { button.button type="submit" { "Show" } }
        }
    }
}

/// Everybody who did something, by name.
fn people(rows: &[EventRow]) -> Vec<(String, String)> {
    let all: BTreeSet<&str> = rows.iter().map(|row| &*row.actor.name).collect();
    let named = all.into_iter().filter(|name| !name.trim().is_empty()).take(MOST_PEOPLE);
    named.map(|name| (name.to_owned(), name.to_owned())).collect()
}

/// Which kinds of logs told all of this.
fn told_by(rows: &[EventRow]) -> Markup {
    let all: BTreeSet<&str> =
        rows.iter().map(|row| &*row.log).filter(|log| !log.is_empty()).collect();
    let named: Vec<&str> = all.iter().copied().take(MOST_LOGS).collect();
    html! {
        @if !named.is_empty() {
            "Told by " (Foreign(&listed(&named)))
            @if all.len() > named.len() { " and " (all.len() - named.len()) " more" }
            ". What no log says stands here neither."
        }
    }
}

fn none(rows: &[EventRow], query: &TimelineQuery) -> Markup {
    if !rows.is_empty() {
        return empty(
            "No event matches this",
            &html! {
                "Looked through " (counted(len(rows), "event", "events")) " of " (query.span().2) "."
            },
            &html! { p { a.button href=(plain(query)) { "Show every one" } } },
        );
    }
    let longer = SPANS.into_iter().find(|(_, length, _)| *length > query.span().1);
    empty(
        &format!("No event is known of {}", query.span().2),
        &html! {
            "Looked through what this host's logs and other logs that were read have told so far. "
            "What no log says stands here neither."
        },
        &html! {
            @if let Some((span, _, words)) = longer {
                p { a.button href=(query.over(span)) { "Look at " (words) } }
            }
            p { "To read a log or a folder of logs yourself:" }
            (command("holdfast detect PATH"))
        },
    )
}
