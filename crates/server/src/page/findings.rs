//! Every finding: filters that stand in the address, search, and pages of the list.
//!
//! Knows what can be asked. Must not know how one row looks.

use std::collections::BTreeSet;

use holdfast_engine::desk::{FindingView, View};
use holdfast_model::{FindingKind, State};
use maud::{Markup, html};

use super::Ctx;
use super::part::{Page, choice, command, empty, urgency_words};
use super::query::{DISTURBANCE, FindingsQuery, given, team};
use super::row::{Rows, URGENCIES, state_words};
use super::text::{counted, len, number};
use super::{shell, today};

/// Rows of one page.
const MOST: usize = 50;

/// The page at `/findings`.
pub fn findings(ctx: &Ctx, view: &View, query: &FindingsQuery) -> Markup {
    let found = query.select(view);
    let page = Page::of(found.len(), MOST, query.page_number());
    let rows = Rows::new(ctx, view);
    let content = html! {
        header.page-head {
            div {
                h1 { "Findings" }
                p.lead role="status" { (counts(view, query, &found, page)) }
            }
        }
        (filters(view, query))
        @if found.is_empty() {
            (none(view, query))
        } @else {
            h2.vh { "List" }
            ul.rows {
                @for finding in found.iter().skip(page.before).take(MOST) {
                    (rows.row(finding, false))
                }
            }
            (page.links(|number| query.address(number)))
        }
    };
    shell::page(ctx, "Findings", &content)
}

fn counts(view: &View, query: &FindingsQuery, found: &[&FindingView], page: Page) -> Markup {
    let to = (page.before + MOST).min(found.len());
    let what = match given(query.state.as_ref()) {
        None | Some("open") => ("open finding", "open findings"),
        Some(_) => ("finding", "findings"),
    };
    html! {
        @if page.of > 1 { (page.before + 1) "–" (to) " of " }
        (counted(len(found), what.0, what.1))
        @if query.narrows() {
            ", of " (number(len(&view.findings))) " in all. "
            a href="/findings" { "Show every open one" }
        } @else { "." }
    }
}

fn filters(view: &View, query: &FindingsQuery) -> Markup {
    let assets: Vec<(String, String)> = view
        .assets
        .iter()
        .map(|asset| (asset.asset.id.to_string(), asset.asset.name.clone()))
        .collect();
    html! {
        form.filters method="get" action="/findings" role="search" {
            div.field.search {
                label for="q" { "Search" }
                input #q type="search" name="q" value=(query.q.as_deref().unwrap_or_default())
                    autocomplete="off" spellcheck="false" maxlength="200"
                    placeholder="A name, a place, an id";
            }
            (choice("severity", "Urgency", "Any", query.severity.as_ref(), &urgencies()))
            (choice("state", "State", "Open", query.state.as_ref(), &states()))
            (choice("asset", "Asset", "Any", query.asset.as_ref(), &assets))
            (choice("kind", "Kind", "Any", query.kind.as_ref(), &kinds(view)))
            (choice("team", "Team", "Any", query.team.as_ref(), &teams(view)))
            (choice("sort", "First", "Most urgent", query.sort.as_ref(), &orders()))
            @if let Some(stage) = given(query.stage.as_ref()) {
                (choice("stage", "Where", "Anywhere", Some(&stage.to_owned()), &stages()))
            }
            div.field.go { button.button type="submit" { "Show" } }
        }
    }
}

fn pair(value: &str, words: &str) -> (String, String) {
    (value.to_owned(), words.to_owned())
}

fn urgencies() -> Vec<(String, String)> {
    URGENCIES.into_iter().map(|one| pair(one.word(), urgency_words(one))).collect()
}

fn states() -> Vec<(String, String)> {
    let mut all = vec![pair("any", "Any")];
    all.extend(
        [
            State::Unproven,
            State::Accepted,
            State::Fixed,
            State::Removed,
            State::Withdrawn,
            State::Moved,
            State::Merged,
        ]
        .into_iter()
        .map(|state| pair(state.word(), state_words(state))),
    );
    all
}

fn orders() -> Vec<(String, String)> {
    vec![pair(DISTURBANCE, "Least disturbing")]
}

fn stages() -> Vec<(String, String)> {
    vec![pair("code", "Code"), pair("production", "Production")]
}

/// The kinds that occur.
fn kinds(view: &View) -> Vec<(String, String)> {
    FindingKind::ALL
        .into_iter()
        .filter(|kind| view.findings.iter().any(|finding| finding.row.kind == *kind))
        .map(|kind| pair(kind.word(), kind_words(kind)))
        .collect()
}

/// A kind as people say it.
pub(super) fn kind_words(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Package => "Package",
        FindingKind::Control => "Setting",
        FindingKind::Code => "Code",
        FindingKind::Secret => "Secret",
        FindingKind::Guardrail => "Way of working",
        FindingKind::Feed => "Package feed",
        FindingKind::Event => "Event",
        FindingKind::Foreign => "Other scanner",
    }
}

fn teams(view: &View) -> Vec<(String, String)> {
    let all: BTreeSet<&str> = view.findings.iter().map(team).collect();
    all.into_iter().filter(|team| !team.is_empty()).map(|team| pair(team, team)).collect()
}

fn none(view: &View, query: &FindingsQuery) -> Markup {
    if query.narrows() {
        return empty(
            "No finding matches this",
            &html! {
                "Looked through " (counted(len(&view.findings), "finding", "findings"))
                ", closed ones included."
            },
            &html! { p { a.button href="/findings" { "Show every open one" } } },
        );
    }
    empty(
        &format!("Nothing known among {}", counted(today::packages(view), "package", "packages")),
        &html! {
            "Looked at " (counted(len(&view.assets), "asset", "assets")) ", against "
            (counted(view.advisories, "advisory", "advisories")) ". Could not check "
            (number(len(&view.gaps))) "."
        },
        &html! { p { "To look again in a terminal:" } (command("holdfast check")) },
    )
}
