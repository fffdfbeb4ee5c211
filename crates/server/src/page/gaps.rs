//! What could not be checked, grouped by what would close the gap; never the same as clean.
//!
//! Knows how gaps are said. Must not know how they come about.

use std::collections::BTreeMap;

use holdfast_engine::desk::{GapView, View};
use holdfast_engine::document::ProblemRow;
use maud::{Markup, html};

use super::part::command;
use super::text::{Foreign, counted, len, number, prose, sentence};

/// Rows of one group before the rest is only counted.
const MOST: usize = 8;

/// The folded list at the foot of Today.
pub(super) fn folded(view: &View) -> Markup {
    html! {
        @if !view.gaps.is_empty() {
            details.fold #could-not-check {
                summary { h2 { "Could not check " span.count { (number(len(&view.gaps))) } } }
                (list(&view.gaps.iter().collect::<Vec<_>>(), MOST))
            }
        }
        @if !view.problems.is_empty() {
            details.fold #could-not-read {
                summary { h2 { "Could not read " span.count { (number(len(&view.problems))) } } }
                ul.plain-list {
                    @for problem in view.problems.iter().take(MOST * 4) { (unread(problem)) }
                }
                (left_out(view.problems.len(), MOST * 4))
            }
        }
    }
}

/// Gaps by what closes them.
pub(super) fn list(gaps: &[&GapView], most: usize) -> Markup {
    let mut groups: BTreeMap<&str, Vec<&GapView>> = BTreeMap::new();
    for gap in gaps {
        groups.entry(gap.row.closes_with.as_str()).or_default().push(gap);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, gaps)| std::cmp::Reverse(gaps.len()));
    html! {
        @for (closes_with, gaps) in &groups {
            section.gap {
                (closing(closes_with, len(gaps)))
                ul.plain-list {
                    @for gap in gaps.iter().take(most) {
                        li {
                            (Foreign(&gap.row.subject)) " on " (Foreign(&gap.asset)) ": "
                            (prose(&gap.row.reason))
                            @if let Some(place) = &gap.row.place {
                                " " code.place { (place.path) ":" (place.line) }
                            }
                        }
                    }
                }
                (left_out(gaps.len(), most))
            }
        }
    }
}

fn closing(closes_with: &str, count: u64) -> Markup {
    html! {
        @match closes_with {
            "" => { h3 { (counted(count, "of them", "of them")) ": nobody knows yet what would help" } }
            "root" => { h3 { (number(count)) " need root" } }
            words if words.starts_with("holdfast ") => {
                h3 { (number(count)) " can be checked after:" }
                (command(words))
            }
            words => { h3 { (number(count)) ": " (prose(words)) } }
        }
    }
}

/// What could not be read, where, and what to do.
pub(super) fn unread(problem: &ProblemRow) -> Markup {
    html! {
        li {
            @if let Some(place) = &problem.place {
                code.place { (place.path) ":" (place.line) ":" (place.column) } " "
            }
            (prose(&problem.message))
            @if !problem.help.is_empty() { "." span.help { " " (sentence(&problem.help)) } }
        }
    }
}

fn left_out(all: usize, most: usize) -> Markup {
    let rest = u64::try_from(all.saturating_sub(most)).unwrap_or(u64::MAX);
    html! { @if rest > 0 { p.more-of { "And " (number(rest)) " more." } } }
}
