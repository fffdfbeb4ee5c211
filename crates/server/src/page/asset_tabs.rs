//! What stands under the tabs of an asset: tables that scroll in themselves on a phone.
//!
//! Knows the columns. Must not know where the rows come from.

use holdfast_engine::desk::{AssetView, ControlRow, FindingView, PackageRow, SettingRow, View};
use holdfast_model::{Coverage, Observation, Port, Standing};
use maud::{Markup, html};

use super::Ctx;
use super::part::{Page, empty};
use super::query::{AssetQuery, address, given};
use super::row::Rows;
use super::text::{Foreign, counted, len, number, prose};
use super::time::Clock;
use super::{icon, today};
use crate::link;

/// Rows of one page of a table.
const MOST: usize = 100;
/// Findings of one asset before the rest stands behind a link.
const MOST_FINDINGS: usize = 50;

/// A table that can be searched and has pages.
pub(super) struct List<'a> {
    pub(super) base: &'a str,
    pub(super) tab: &'a str,
    pub(super) query: &'a AssetQuery,
}

impl List<'_> {
    /// Search field, table, pages. A row is shown where each word occurs in its text.
    fn shown<T>(
        &self,
        all: &[T],
        unit: (&str, &str),
        columns: &[&str],
        text: impl Fn(&T) -> String,
        row: impl Fn(&T) -> Markup,
    ) -> Markup {
        let words = self.query.words();
        let found: Vec<&T> = all
            .iter()
            .filter(|one| {
                let text = if words.is_empty() { String::new() } else { text(one).to_lowercase() };
                words.iter().all(|word| text.contains(word.as_str()))
            })
            .collect();
        let page = Page::of(found.len(), MOST, self.query.page_number());
        html! {
            (self.search(unit.1))
            p.lead role="status" {
                @if found.len() == all.len() {
                    (counted(len(all), unit.0, unit.1)) "."
                } @else {
                    (number(len(&found))) " of " (counted(len(all), unit.0, unit.1)) "."
                }
            }
            @if !found.is_empty() {
                div.table tabindex="0" role="region" aria-label={ "Table of " (unit.1) } {
                    table {
                        thead { tr { @for column in columns { th scope="col" { (column) } } } }
                        tbody { @for one in found.iter().skip(page.before).take(MOST) { (row(one)) } }
                    }
                }
            }
            (page.links(|number| self.address(number)))
        }
    }

    fn search(&self, what: &str) -> Markup {
        html! {
            form.filters method="get" action=(self.base) role="search" {
                input type="hidden" name="tab" value=(self.tab);
                div.field.search {
                    label for="q" { "Search " (what) }
                    input #q type="search" name="q" autocomplete="off" spellcheck="false"
                        maxlength="200" value=(self.query.q.as_deref().unwrap_or_default());
                }
                div.field.go { button.button type="submit" { "Show" } }
            }
        }
    }

    fn address(&self, page: usize) -> String {
        let page = (page > 1).then(|| page.to_string());
        let q = given(self.query.q.as_ref());
        address(self.base, &[("tab", Some(self.tab)), ("q", q), ("page", page.as_deref())])
    }
}

/// What each control says of each resource.
pub(super) fn controls(list: &List<'_>, rows: &[ControlRow]) -> Markup {
    list.shown(
        rows,
        ("result", "results"),
        &["Result", "Control", "Resource", "Found"],
        |row| {
            format!(
                "{} {} {} {} {}",
                row.control, row.title, row.resource, row.result, row.evidence
            )
        },
        |row| {
            html! {
                tr {
                    td.result { (result_mark(row.result)) " " (result_words(row.result)) }
                    td {
                        @match row.finding {
                            Some(key) => { a href=(link::finding(key)) { (Foreign(&row.title)) } }
                            None => { (Foreign(&row.title)) }
                        }
                        div.meta { code { (row.control) } }
                    }
                    td { code { (row.resource) } }
                    td { (prose(&row.evidence)) }
                }
            }
        },
    )
}

/// Not the green mark: that one is for what was mended, and this may never have been otherwise.
fn result_mark(result: &str) -> Markup {
    match result {
        "pass" => icon::passed(),
        "fail" => icon::failed(),
        _ => icon::gone(),
    }
}

fn result_words(result: &str) -> &str {
    match result {
        "pass" => "as it should be",
        "fail" => "not as it should be",
        "not assessed" => "could not check",
        other => other,
    }
}

/// Packages, by name.
pub(super) fn packages(list: &List<'_>, rows: &[PackageRow]) -> Markup {
    list.shown(
        rows,
        ("package", "packages"),
        &["Package", "Version", "From", "Read at"],
        |row| format!("{} {} {} {}", row.name, row.version, row.ecosystem, row.place),
        |row| {
            html! {
                tr {
                    td { (Foreign(&row.name)) }
                    td { code { (row.version) } }
                    td { (row.ecosystem) }
                    td { code.place { (row.place) } }
                }
            }
        },
    )
}

/// Settings, by resource.
pub(super) fn settings(list: &List<'_>, rows: &[SettingRow]) -> Markup {
    list.shown(
        rows,
        ("setting", "settings"),
        &["Setting", "Side", "Value", "Read at"],
        |row| format!("{} {} {} {}", row.resource, row.aspect, row.value, row.place),
        |row| {
            html! {
                tr {
                    td { code { (row.resource) } }
                    td { (row.aspect) }
                    td { (prose(&row.value)) }
                    td {
                        @if row.place.is_empty() { span.meta { "no file says it" } }
                        @else { code.place { (row.place) } }
                    }
                }
            }
        },
    )
}

/// Sockets that wait for others.
pub(super) fn ports(rows: &[Port]) -> Markup {
    html! {
        p.lead { (counted(len(rows), "socket waits", "sockets wait")) " for others." }
        div.table tabindex="0" role="region" aria-label="Table of ports" {
            table {
                thead { tr { th scope="col" { "Port" } th scope="col" { "Address" } th scope="col" { "Who reaches it" } } }
                tbody {
                    @for port in rows {
                        tr {
                            td { code { (port.port) "/" (port.protocol) } }
                            td { code { (port.address) } }
                            td {
                                @if port.address.is_loopback() { "this host only" }
                                @else if port.address.is_unspecified() { "everybody who reaches this host" }
                                @else { "who reaches this address" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The last look at each copy, and what was told of the host.
pub(super) fn looks(looks: &[Observation], traits: &[String], clock: &Clock) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label="Table of looks" {
            table {
                thead {
                    tr {
                        th scope="col" { "When" } th scope="col" { "Copy" } th scope="col" { "Seen" }
                        th scope="col" { "Packages" } th scope="col" { "Open" }
                        th scope="col" { "Could not check" } th scope="col" { "Revision" }
                    }
                }
                tbody {
                    @for look in looks {
                        tr {
                            td { (clock.absolute(look.at)) }
                            td { (copy(look.standing)) }
                            td { @if look.coverage == Coverage::Full { "everything" } @else { "a part" } }
                            td.figure { (number(look.components)) }
                            td.figure { (number(look.open)) }
                            td.figure { (number(look.not_assessed)) }
                            td {
                                @if let Some(revision) = &look.revision {
                                    code { (revision.chars().take(12).collect::<String>()) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !traits.is_empty() {
            h2 { "What it was recognised by" }
            ul.plain-list { @for one in traits { li { (prose(one)) } } }
        }
    }
}

/// A copy of an asset, for people.
fn copy(standing: Standing) -> &'static str {
    match standing {
        Standing::Working => "somebody's working copy",
        Standing::Proposed => "a proposed change",
        Standing::Trunk => "the main line",
        Standing::Deployed => "what runs",
    }
}

/// What is open there.
pub(super) fn findings(
    ctx: &Ctx,
    view: &View,
    asset: &AssetView,
    findings: &[&FindingView],
) -> Markup {
    let rows = Rows::new(ctx, view);
    let rest = findings.len().saturating_sub(MOST_FINDINGS);
    html! {
        @if findings.is_empty() {
            (empty(
                "Nothing known here",
                &html! {
                    "Among " (counted(
                        asset.looks.iter().map(|look| look.components).max().unwrap_or_default(),
                        "package", "packages"))
                    " of " (counted(today::packages(view), "package", "packages")) " in all. Could not check "
                    (number(asset.gaps)) "."
                },
                &html! {},
            ))
        } @else {
            ul.rows {
                @for finding in findings.iter().take(MOST_FINDINGS) { (rows.row(finding, false)) }
            }
        }
        @if rest > 0 {
            p.more-of {
                a href=(address("/findings", &[("asset", Some(&asset.asset.id.0))])) {
                    "And " (number(u64::try_from(rest).unwrap_or(u64::MAX))) " more"
                }
            }
        }
    }
}
