//! The record: every entry, newest first, and how to prove elsewhere that none was taken away.
//!
//! Knows the list. Must not know how entries are hashed.

use holdfast_engine::desk::{EntryRow, View};
use holdfast_model::{Digest, Key};
use maud::{Markup, html};

use super::Ctx;
use super::part::{code, command, empty};
use super::row::{copy_words, title};
use super::shell;
use super::text::{Foreign, counted, prose};
use super::time::recorded;
use crate::link;

/// The page at `/record`: the entries that were read, which are those below a number where one
/// was asked for.
pub fn record(ctx: &Ctx, view: &View, entries: &[EntryRow], below: Option<u64>) -> Markup {
    let oldest = entries.iter().map(|entry| entry.seq).min();
    let content = html! {
        header.page-head {
            div {
                h1 { "Record" }
                p.lead {
                    (counted(view.entries, "entry", "entries"))
                    ". Entries are only added; each number shown here can be walked back to them."
                }
            }
            @if !view.checkpoint.is_empty() {
                div.page-act {
                    (download())
                    p.why { a href="#verify" { "How to check the record" } }
                }
            }
        }
        @if entries.is_empty() {
            (empty(
                "Nothing stands here",
                &html! {
                    @if below.is_some() { "There is no entry below this number." }
                    @else { "The first look writes the first entry." }
                },
                &html! { @if below.is_some() { p { a.button href="/record" { "Show the newest" } } } },
            ))
        } @else {
            h2.vh { "Entries" }
            ol.entries reversed { @for entry in entries { (row(view, entry)) } }
            nav.pager aria-label="Pages of this list" {
                @if below.is_some() { a.button href="/record" { "Newest" } }
                @if let Some(oldest) = oldest.filter(|oldest| *oldest > 0) {
                    a.button rel="next" href={ "/record?below=" (oldest) } { "Older entries" }
                }
            }
        }
        (verify(view))
    };
    shell::page(ctx, "Record", &content)
}

fn row(view: &View, entry: &EntryRow) -> Markup {
    html! {
        li.row.entry-row {
            span.seq { (entry.seq) }
            div.body {
                h3.what {
                    a href=(link::entry(entry.seq)) data-row {
                        (entry.kind)
                        @if !entry.about.is_empty() { " \u{b7} " (about(view, &entry.about)) }
                    }
                }
                p.meta-line {
                    span {
                        @if entry.why.is_empty() { "no reason was given, or it was taken away" }
                        @else { (prose(&entry.why)) }
                    }
                    @if let Some(copy) = entry.standing.and_then(copy_words) { span { "in " (copy) } }
                    span { (Foreign(&entry.who)) }
                }
            }
            p.due { (recorded(entry.happened)) }
        }
    }
}

/// What an entry is about: findings and plans stand in it by their keys, and are called by their
/// names where they are known.
fn about(view: &View, about: &str) -> Markup {
    let finding =
        Key::parse(about).and_then(|key| view.findings.iter().find(|finding| finding.key == key));
    let plan = Digest::parse(about).and_then(|id| view.plans.iter().find(|plan| plan.id == id));
    match (finding, plan) {
        (Some(finding), _) => title(&finding.row),
        (None, Some(plan)) => html! { (Foreign(&plan.title)) },
        (None, None) => html! { (Foreign(about)) },
    }
}

/// How somebody else finds out whether entries were changed or taken away.
fn verify(view: &View) -> Markup {
    html! {
        section.verify aria-labelledby="verify" {
            h2 #verify { "Keep a checkpoint elsewhere" }
            p {
                "A checkpoint names how many entries there are and their common hash, signed. "
                "Whoever keeps an old one can prove later that nothing before it was changed. "
                "Without one kept elsewhere, whoever holds the key could rewrite everything."
            }
            @if view.checkpoint.is_empty() {
                p { "There is no checkpoint yet." }
            } @else {
                (code(&view.checkpoint, "the last checkpoint"))
                p { (download()) }
            }
            p { "To check the record against it:" }
            (command("holdfast ledger verify --against holdfast-checkpoint.txt"))
        }
    }
}

fn download() -> Markup {
    html! {
        a.button href="/record/checkpoint" download="holdfast-checkpoint.txt" {
            "Download the checkpoint"
        }
    }
}
