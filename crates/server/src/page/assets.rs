//! Every asset: what is open there, what could not be checked, and when it was last looked at.
//!
//! Knows the list. Must not know what was seen inside.

use std::collections::BTreeSet;

use holdfast_engine::desk::{AssetView, View};
use holdfast_model::{AssetKind, Coverage, Exposure, Severity};
use maud::{Markup, html};

use super::Ctx;
use super::part::{command, deed, empty, urgency_class};
use super::row::URGENCIES;
use super::text::{Foreign, counted, len, number};
use super::time::Clock;
use super::{icon, shell};
use crate::link;

/// The page at `/assets`.
pub fn assets(ctx: &Ctx, view: &View) -> Markup {
    let clock = ctx.clock(view);
    let content = html! {
        header.page-head {
            div {
                h1 { "Assets" }
                p.lead { (counted(len(&view.assets), "asset", "assets")) "." }
            }
        }
        @if view.assets.is_empty() {
            (empty(
                "Nothing was looked at yet",
                &html! { "This machine and this folder become assets with the first look." },
                &html! {
                    (deed(ctx, "/look", "Look now", "primary", &[]))
                    p { "Or in a terminal:" }
                    (command("holdfast up"))
                },
            ))
        } @else {
            h2.vh { "List" }
            ul.rows { @for asset in &view.assets { (row(asset, &clock)) } }
        }
        @if !view.hosts.is_empty() { (by_schedule(view, &clock)) }
    };
    shell::page(ctx, "Assets", &content)
}

/// The hosts that are reached over the network: one that does not answer has no row above.
fn by_schedule(view: &View, clock: &Clock) -> Markup {
    let known: BTreeSet<&str> = view.assets.iter().map(|row| &*row.asset.id.0).collect();
    html! {
        h2 { "Looked at by schedule, over ssh" }
        ul.rows {
            @for host in &view.hosts {
                li.row.asset-row {
                    span.mark-cell { (icon::gone()) }
                    div.body {
                        h3.what {
                            @if known.contains(&*host.address) {
                                a href=(link::asset(&host.address)) data-row { (Foreign(&host.name)) }
                            } @else { (Foreign(&host.name)) }
                        }
                        p.meta-line {
                            span { code.place { (Foreign(&host.address)) } }
                            @if let Some(team) = &host.team { span { (Foreign(team)) } }
                            @for group in &host.groups { span { "group " (Foreign(group)) } }
                        }
                        @if !host.same_machine.is_empty() {
                            p.meta-line {
                                span {
                                    "the same machine as "
                                    (Foreign(&host.same_machine.join(", "))) ", or a copy"
                                }
                            }
                        }
                        @if !host.reason.is_empty() {
                            p.meta-line { span { "not assessed: " (Foreign(&host.reason)) } }
                        }
                    }
                    p.due {
                        @match host.looked_at {
                            Some(at) => { (host.result) ", looked " (clock.near(at)) }
                            None => { (host.result) }
                        }
                    }
                }
            }
        }
    }
}

fn row(view: &AssetView, clock: &Clock) -> Markup {
    let asset = &view.asset;
    html! {
        li.row.asset-row {
            span.mark-cell { (mark(view)) }
            div.body {
                h3.what { a href=(link::asset(&asset.id.0)) data-row { (Foreign(&asset.name)) } }
                p.meta-line {
                    span { (kind_words(asset.kind)) }
                    span { (exposure_words(asset.exposure)) }
                    span { @if asset.team.is_empty() { "nobody named yet" } @else { (Foreign(&asset.team)) } }
                    @if let Some(ring) = &asset.ring { span { "pilot group " (Foreign(ring)) } }
                    @if asset.tier == 1 { span { "highest importance" } }
                }
            }
            p.open-counts { (open(view)) }
            p.due { (looked(view, clock)) }
        }
    }
}

/// The most urgent that is open there; nothing is marked as mended because nothing is known.
fn mark(view: &AssetView) -> Markup {
    let most = URGENCIES.into_iter().find(|severity| count(view, *severity) > 0);
    html! { @match most { Some(severity) => { (icon::urgency(severity)) } None => { (icon::gone()) } } }
}

fn count(view: &AssetView, severity: Severity) -> u64 {
    view.open.get(&severity).copied().unwrap_or_default()
}

/// "3 now, 12 soon; could not check 4".
pub(super) fn open(view: &AssetView) -> Markup {
    let all: u64 = view.open.values().sum();
    html! {
        @if all == 0 { span { "nothing known" } }
        @for severity in URGENCIES {
            @if count(view, severity) > 0 {
                span class={ "tally " (urgency_class(severity)) } {
                    strong { (number(count(view, severity))) } " " (severity.word())
                }
            }
        }
        @if view.gaps > 0 { span.tally { "could not check " (number(view.gaps)) } }
    }
}

fn looked(view: &AssetView, clock: &Clock) -> Markup {
    html! {
        @match view.looks.iter().max_by_key(|look| look.at) {
            Some(look) => {
                "looked " (clock.near(look.at))
                @if look.coverage == Coverage::Partial { ", in part" }
            }
            None => { "not looked at yet" }
        }
    }
}

/// What an asset is, for people.
pub(super) fn kind_words(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Host => "host",
        AssetKind::Repository => "repository",
        AssetKind::Folder => "folder",
        AssetKind::Image => "image",
    }
}

/// Who can reach an asset, for people.
pub(super) fn exposure_words(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Internal => "reached from inside only",
        Exposure::Internet => "reached from the internet",
        Exposure::Unknown => "unknown who reaches it, so treated as internet",
    }
}
