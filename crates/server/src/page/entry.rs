//! One entry of the record, and the proof that it stands in the ledger.
//!
//! Knows what an entry says. Must not know how the proof is checked: the desk did.

use holdfast_engine::desk::{Body, EntryDetail};
use maud::{Markup, html};

use super::Ctx;
use super::part::{code, command};
use super::row::copy_words;
use super::text::{Foreign, number, prose};
use super::time::recorded;
use super::{icon, shell};

/// The page at `/record/{seq}`.
pub fn entry(ctx: &Ctx, detail: &EntryDetail) -> Markup {
    let row = &detail.row;
    let title = format!("Entry {}", number(row.seq));
    let content = html! {
        header.page-head {
            div {
                p.crumbs { a href="/record" { "Record" } }
                h1 { (title) }
                p.state-line { span { (row.kind) } @if !row.about.is_empty() { span { (Foreign(&row.about)) } } }
            }
        }
        section aria-labelledby="what" {
            h2 #what { "What it says" }
            dl.facts.wide-facts {
                div { dt { "Happened" } dd { (recorded(row.happened)) ", " (ctx.utc().distance(row.happened)) } }
                div { dt { "Noted" } dd { (recorded(row.noted)) } }
                div { dt { "Who" } dd { (Foreign(&row.who)) } }
                div { dt { "Why" } dd { @if row.why.is_empty() { "not said" } @else { (prose(&row.why)) } } }
                @if let Some(copy) = row.standing.and_then(copy_words) { div { dt { "In" } dd { (copy) } } }
            }
            @match &detail.body {
                Body::Json(json) => { (code(json, "what stands in the entry")) }
                Body::Redacted => {
                    p { "What stood in it was taken away. The proof still holds for what is left." }
                }
            }
        }
        section aria-labelledby="proof" {
            h2 #proof { "Proof" }
            p.state-line {
                @if detail.holds {
                    span.urgency.is-state { (icon::passed()) "The proof holds" }
                    span { "in a ledger of " (number(detail.size)) " entries" }
                } @else {
                    span.urgency.is-now { (icon::failed()) span { "The proof does not hold" } }
                    span { "the record was changed, or the key is another one" }
                }
            }
            (code(&detail.proof, "the proof"))
            p { "To check the whole record in a terminal:" }
            (command("holdfast ledger verify"))
        }
        nav.pager aria-label="Neighbours" {
            @if row.seq > 0 { a.button rel="prev" href={ "/record/" (row.seq.saturating_sub(1)) } { "Entry before" } }
            @if row.seq.saturating_add(1) < detail.size {
                a.button rel="next" href={ "/record/" (row.seq + 1) } { "Entry after" }
            }
        }
    };
    shell::page(ctx, &title, &content)
}
