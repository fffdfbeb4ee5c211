//! What people said beforehand: what is in force first, and a form to say something.
//!
//! Knows how an announcement reads. Must not know what covers what: the desk says so.

use holdfast_engine::desk::{AnnouncementView, View};
use holdfast_model::Announcement;
use maud::{Markup, html};

use super::part::{Page, command, deed, empty, hidden_token, not_now};
use super::query::{AnnouncementsQuery, address, given};
use super::text::{Foreign, counted, len, number, sentence};
use super::time::Clock;
use super::{Ctx, cases, icon, shell};
use crate::link;

/// Rows of one page.
const MOST: usize = 50;
/// Names in a sentence before the rest is counted.
const MOST_NAMES: usize = 8;

/// The page at `/announcements`.
pub fn announcements(ctx: &Ctx, view: &View, query: &AnnouncementsQuery) -> Markup {
    let clock = ctx.clock(view);
    let one = given(query.id.as_ref());
    let mut all: Vec<&AnnouncementView> = view
        .announcements
        .iter()
        .filter(|row| one.is_none_or(|id| *row.announcement.id == *id))
        .collect();
    all.sort_by_key(|row| !row.in_force);
    let page = Page::of(all.len(), MOST, query.page_number());
    let shown = all.get(page.before..).unwrap_or_default();
    let shown = shown.get(..MOST).unwrap_or(shown);
    let content = html! {
        header.page-head {
            div { h1 { "Announcements" } p.lead { (lead(view, one)) } }
        }
        (cases::sections(view, "Announcements"))
        div.two {
            aside.side-column aria-label="Actions" {
                div.actions { (announce(ctx, view, &clock)) }
            }
            div.main-column {
                @if all.is_empty() {
                    (none(one))
                } @else {
                    @for group in shown.chunk_by(|a, b| a.in_force == b.in_force) {
                        (section(ctx, group, &clock))
                    }
                    (page.links(|number| {
                        let number = (number > 1).then(|| number.to_string());
                        address("/announcements", &[("id", one), ("page", number.as_deref())])
                    }))
                }
            }
        }
    };
    shell::page(ctx, "Announcements", &content)
}

fn lead(view: &View, one: Option<&str>) -> Markup {
    let in_force = view.announcements.iter().filter(|row| row.in_force).count();
    let in_force = u64::try_from(in_force).unwrap_or(u64::MAX);
    html! {
        @if one.is_some() {
            "One of " (counted(len(&view.announcements), "announcement", "announcements")) ". "
            a href="/announcements" { "Show every one" }
        } @else if in_force == 0 {
            "Nothing is announced for now."
        } @else {
            (counted(in_force, "announcement is", "announcements are")) " in force."
        }
    }
}

fn section(ctx: &Ctx, rows: &[&AnnouncementView], clock: &Clock) -> Markup {
    let in_force = rows.first().is_some_and(|row| row.in_force);
    let (id, words) = if in_force { ("in-force", "In force") } else { ("over", "Over") };
    html! {
        section aria-labelledby=(id) {
            h2 #(id) { (words) }
            @if rows.iter().any(|row| waits(row)) {
                p.why {
                    "Changes of who may do what, of logs, and what wakes somebody are covered only "
                    "with the yes of a second person."
                }
            }
            ol.announced {
                @for (index, row) in rows.iter().enumerate() { li { (one(ctx, row, clock, index)) } }
            }
        }
    }
}

fn one(ctx: &Ctx, row: &AnnouncementView, clock: &Clock, index: usize) -> Markup {
    let said = &row.announcement;
    html! {
        span.mark-cell { @if row.in_force { (icon::under_way()) } @else { (icon::gone()) } }
        div.body {
            h3 {
                a href=(link::announcement(&said.id)) data-row { (Foreign(&said.who)) }
                @if row.in_force { " may do " } @else { " was to do " }
                (names(&said.what))
                @if !said.on.is_empty() { " on " (names(&said.on)) }
            }
            @if !said.because.trim().is_empty() { p { (sentence(&said.because)) } }
            @if !row.told.trim().is_empty() { p.told { (sentence(&row.told)) } }
            p.meta-line {
                span { "from " (clock.absolute(said.from)) " until " (clock.absolute(said.until)) }
                span {
                    "happened " (number(u64::from(row.covered))) " of at most "
                    (counted(u64::from(said.at_most), "time", "times"))
                }
                span {
                    "announced by " (Foreign(&said.by)) " " (clock.near(said.noted))
                    @if let Some(other) = &said.approver { ", " (Foreign(other)) " said yes" }
                }
            }
            @if waits(row) { (second(ctx, said, index)) }
        }
    }
}

/// Whether a second person's yes would make it cover more.
fn waits(row: &AnnouncementView) -> bool {
    row.in_force && row.announcement.approver.is_none()
}

/// A second person may say yes, without which the gravest things are not covered.
fn second(ctx: &Ctx, said: &Announcement, index: usize) -> Markup {
    let me = ctx.name();
    let why = format!("why-no-yes-{index}");
    html! {
        div.second {
            @if me.is_empty() {
                (not_now("Say yes", "sign in to say yes", &why))
            } @else if said.by == me {
                (not_now("Say yes", "you announced it; somebody else has to say yes", &why))
            } @else {
                (deed(ctx, "/approve-announcement", "Say yes", "", &[("id", &said.id)]))
            }
        }
    }
}

fn names(all: &[String]) -> Markup {
    let more = all.len().saturating_sub(MOST_NAMES);
    html! {
        @if all.is_empty() { "nothing" }
        @for (index, name) in all.iter().take(MOST_NAMES).enumerate() {
            @if index > 0 { @if index + 1 == all.len() { " or " } @else { ", " } }
            code { (name) }
        }
        @if more > 0 { " or one of " (more) " more" }
    }
}

/// The form. It is open where nothing else is on the page.
fn announce(ctx: &Ctx, view: &View, clock: &Clock) -> Markup {
    if ctx.name().is_empty() {
        return not_now("Announce", "sign in to announce something", "why-not");
    }
    let zone = clock.zone_name();
    html! {
        details.unfold #announce open[view.announcements.is_empty()] {
            summary.button { "Announce something\u{2026}" }
            form method="post" action="/announce" {
                (hidden_token(ctx))
                div.field {
                    label for="who" { "Who will do it" }
                    input #who name="who" required maxlength="200" autocomplete="off"
                        spellcheck="false" value=(ctx.name());
                }
                div.field {
                    label for="what" { "What: actions, one a line; * ends a beginning" }
                    textarea #what name="what" rows="2" required maxlength="4000" spellcheck="false"
                        placeholder="ec2.amazonaws.com:RunInstances" {}
                }
                div.field {
                    label for="on" { "On what; empty for anything" }
                    textarea #on name="on" rows="2" maxlength="4000" spellcheck="false" {}
                }
                div.field {
                    label for="from" { "From, " (zone) "; empty for now" }
                    input #from type="datetime-local" name="from";
                }
                div.field {
                    label for="until" { "Until, " (zone) }
                    input #until type="datetime-local" name="until" required value=(clock.local(8));
                }
                div.field {
                    label for="at_most" { "How often at most" }
                    input #at_most type="number" name="at_most" required min="1" max="10000" value="1";
                }
                div.field {
                    label for="because" { "Why" }
                    textarea #because name="because" rows="2" required maxlength="1000" {}
                }
                button.button.primary type="submit" { "Announce" }
                p.why {
                    "What happened before you announce it is not covered. Stopping logs, using root "
                    "and deleting keys never is."
                }
            }
        }
    }
}

fn none(one: Option<&str>) -> Markup {
    if one.is_some() {
        return empty(
            "There is no such announcement",
            &html! { "It may be old, or its address was copied in part." },
            &html! { p { a.button href="/announcements" { "Show every one" } } },
        );
    }
    empty(
        "Nobody announced anything yet",
        &html! {
            "What is announced and then happens is kept and linked, and wakes nobody. What happens "
            "otherwise, too often or not at all is said."
        },
        &html! { p { "To announce in a terminal or a pipeline:" } (command("holdfast announce --help")) },
    )
}
