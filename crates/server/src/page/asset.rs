//! One asset: what is open there, and everything that the last look saw of it.
//!
//! Knows the frame and its tabs. Must not know what stands under each: `asset_tabs` does.

use holdfast_engine::desk::{AssetDetail, AssetView, FindingView, GapView, View};
use holdfast_engine::lineage;
use holdfast_model::Coverage;
use maud::{Markup, html};

use super::Ctx;
use super::asset_tabs as tab;
use super::assets::{exposure_words, kind_words, open};
use super::part::{deed, tabs};
use super::query::{AssetQuery, address, given};
use super::shell;
use super::text::{Foreign, len, listed};
use super::time::Clock;
use crate::link;

/// The page at `/assets/{id}`.
pub fn asset(
    ctx: &Ctx,
    view: &View,
    asset: &AssetView,
    detail: Option<&AssetDetail>,
    query: &AssetQuery,
) -> Markup {
    let clock = ctx.clock(view);
    let shown = Shown::new(view, asset, detail);
    let tabs_of = shown.tabs();
    let chosen = given(query.tab.as_ref())
        .and_then(|word| tabs_of.iter().find(|tab| tab.word == word))
        .or_else(|| tabs_of.first());
    let base = link::asset(&asset.asset.id.0);
    let links: Vec<(String, String, Option<u64>)> = tabs_of
        .iter()
        .map(|tab| {
            (address(&base, &[("tab", Some(tab.word))]), tab.name.to_owned(), Some(tab.count))
        })
        .collect();
    let content = html! {
        header.page-head {
            div {
                p.crumbs { a href="/assets" { "Assets" } }
                h1 { (Foreign(&asset.asset.name)) }
                (about(asset))
                p.open-counts { (open(asset)) }
            }
            div.page-act {
                (deed(ctx, "/look", "Look again", "", &[]))
                p.why { (looked(asset, detail, &clock)) }
            }
        }
        (tabs("What is known of it", &links, chosen.map_or("", |tab| tab.name)))
        @if let Some(chosen) = chosen {
            div.tab-body {
                h2.vh { (chosen.name) }
                (body(ctx, view, asset, &shown, chosen.word, query, &clock))
            }
        }
    };
    shell::page(ctx, &asset.asset.name, &content)
}

/// What there is to show.
struct Shown<'a> {
    detail: Option<&'a AssetDetail>,
    findings: Vec<&'a FindingView>,
    gaps: Vec<&'a GapView>,
    looks: usize,
}

/// One tab.
struct Tab {
    word: &'static str,
    name: &'static str,
    count: u64,
}

impl<'a> Shown<'a> {
    fn new(view: &'a View, asset: &AssetView, detail: Option<&'a AssetDetail>) -> Self {
        let (id, name) = (&asset.asset.id.0, &asset.asset.name);
        Self {
            detail,
            findings: view.findings.iter().filter(|f| f.open && f.asset == *id).collect(),
            gaps: view.gaps.iter().filter(|gap| gap.asset == *name).collect(),
            looks: asset.looks.len(),
        }
    }

    /// The tabs that have something to say; findings and looks always do.
    fn tabs(&self) -> Vec<Tab> {
        let of = |list: fn(&AssetDetail) -> u64| self.detail.map_or(0, list);
        let looks = u64::try_from(self.looks).unwrap_or(u64::MAX);
        [
            ("findings", "Findings", len(&self.findings), true),
            ("controls", "Controls", of(|detail| len(&detail.controls)), false),
            ("packages", "Packages", of(|detail| len(&detail.packages)), false),
            ("settings", "Settings", of(|detail| len(&detail.settings)), false),
            ("ports", "Ports", of(|detail| len(&detail.ports)), false),
            ("gaps", "Could not check", len(&self.gaps), false),
            ("looks", "Looks", looks, true),
        ]
        .into_iter()
        .filter(|(_, _, count, always)| *always || *count > 0)
        .map(|(word, name, count, _)| Tab { word, name, count })
        .collect()
    }
}

fn body(
    ctx: &Ctx,
    view: &View,
    asset: &AssetView,
    shown: &Shown<'_>,
    word: &str,
    query: &AssetQuery,
    clock: &Clock,
) -> Markup {
    let base = link::asset(&asset.asset.id.0);
    let list = tab::List { base: &base, tab: word, query };
    let none = AssetDetail::default();
    let detail = shown.detail.unwrap_or(&none);
    match word {
        "controls" => tab::controls(&list, &detail.controls),
        "packages" => tab::packages(&list, &detail.packages),
        "settings" => tab::settings(&list, &detail.settings),
        "ports" => tab::ports(&detail.ports),
        "gaps" => super::gaps::list(&shown.gaps, 200),
        "looks" => tab::looks(&asset.looks, &detail.traits, clock),
        _ => tab::findings(ctx, view, asset, &shown.findings),
    }
}

fn about(view: &AssetView) -> Markup {
    let asset = &view.asset;
    let mut words =
        vec![kind_words(asset.kind).to_owned(), exposure_words(asset.exposure).to_owned()];
    if !asset.team.is_empty() {
        words.push(format!("of {}", asset.team));
    }
    if let Some(ring) = &asset.ring {
        words.push(format!("pilot group {ring}"));
    }
    let labels = lineage::told(asset);
    if !labels.is_empty() {
        words.push(listed(&labels));
    }
    html! {
        p.state-line {
            @for word in words { span { (Foreign(&word)) } }
            span { "importance " (asset.tier) @if asset.tier == 1 { ", the highest" } }
        }
        p.meta { code.key { (asset.id) } }
    }
}

fn looked(asset: &AssetView, detail: Option<&AssetDetail>, clock: &Clock) -> Markup {
    let last = asset.looks.iter().max_by_key(|look| look.at);
    let at = detail.map(|detail| detail.at).or(last.map(|look| look.at));
    let coverage = detail.and_then(|detail| detail.coverage).or(last.map(|look| look.coverage));
    html! {
        @match at {
            Some(at) => {
                "Looked " (clock.near(at)) "."
                @if coverage == Some(Coverage::Partial) {
                    " Not everything could be seen, so that nothing is called mended by it."
                }
            }
            None => { "Not looked at yet." }
        }
    }
}
