//! A finding as one row: mark, what, where, who, by when, the fix as a button, whose yes is missing.
//!
//! Knows the row. Must not know which rows there are.

use std::collections::HashMap;

use holdfast_engine::desk::{FindingView, PlanState, PlanView, View, Voice};
use holdfast_engine::document::{FindingRow, PlaceRow};
use holdfast_model::{Digest, FindingKind, Severity, Standing, State, Tool};
use maud::{Markup, html};

use super::Ctx;
use super::icon;
use super::part::{deed, urgency_words};
use super::query::team;
use super::text::{Foreign, counted, len, prose, sentence, value};
use super::time::Clock;
use crate::link;

/// What rows need beside the finding.
pub(super) struct Rows<'a> {
    ctx: &'a Ctx,
    clock: Clock,
    plans: HashMap<Digest, &'a PlanView>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(ctx: &'a Ctx, view: &'a View) -> Self {
        Self {
            ctx,
            clock: ctx.clock(view),
            plans: view.plans.iter().map(|plan| (plan.id, plan)).collect(),
        }
    }

    /// A row with its action. The first one of Today is the next thing to do.
    pub(super) fn row(&self, finding: &FindingView, first: bool) -> Markup {
        let plan = finding.plan.and_then(|id| self.plans.get(&id).copied());
        let class = if first { "row first" } else { "row" };
        html! {
            li class=(class) {
                (mark(finding))
                div.body {
                    (what(finding))
                    p.meta-line { (place(&finding.row)) span { (who(finding)) } }
                }
                p.due { (self.when(finding)) }
                div.act {
                    @if finding.open { (self.action(finding, plan, first)) }
                }
            }
        }
    }

    fn when(&self, finding: &FindingView) -> Markup {
        html! {
            @if !finding.open {
                span { (state_words(finding.row.state)) " " } (self.clock.near(finding.since))
            } @else if let Some(due) = finding.due {
                span.late[self.clock.is_late(due)] { (self.clock.due(due)) }
            } @else {
                span { "no date" }
            }
        }
    }

    /// The fix as a button; and whose yes is missing, or why there is no button.
    fn action(&self, finding: &FindingView, plan: Option<&PlanView>, first: bool) -> Markup {
        let button = if first { "button primary" } else { "button" };
        html! {
            @if let Some(plan) = plan {
                a class=(button) href=(link::plan(plan.id)) { (plan_verb(plan, self.ctx.name())) }
                @if !plan.missing.is_empty() { p.why { (sentence(&plan.missing)) } }
            } @else if finding.row.fix == "none" {
                p.why { "No fix is known yet." }
            } @else if finding.unplannable.is_none() {
                (deed(self.ctx, "/propose", "Plan the fix", if first { "primary" } else { "" },
                    &[("key", &finding.row.key), ("tool", Tool::Shell.word())]))
            } @else {
                a class=(button) href={ (link::finding(finding.key)) "#fix" } { "See the fix" }
            }
        }
    }
}

/// The mark, and its word for readers.
fn mark(finding: &FindingView) -> Markup {
    let row = &finding.row;
    let word = match row.state {
        State::Open => urgency_words(row.severity),
        other => state_words(other),
    };
    html! {
        span.mark-cell {
            (icon::state(row.state, row.severity))
            span.vh { (word) ": " }
        }
    }
}

/// What is wrong, as the link of the row.
fn what(finding: &FindingView) -> Markup {
    html! {
        h3.what.headline[is_sentence(&finding.row)] {
            a href=(link::finding(finding.key)) data-row { (title(&finding.row)) }
        }
    }
}

/// What is wrong, with its code marked.
pub(super) fn title(row: &FindingRow) -> Markup {
    html! { bdi { (prose(&row.title)) } }
}

/// Whether a title begins with a word, which gets a capital; the name of a package stays as its
/// people write it.
pub(super) fn is_sentence(row: &FindingRow) -> bool {
    row.kind != FindingKind::Package
}

/// What is to be done with a plan next, for this person.
pub(super) fn plan_verb(plan: &PlanView, me: &str) -> &'static str {
    match plan.state {
        PlanState::Waiting if plan.voice(me) == Voice::Yes => "Read and approve",
        PlanState::Approved => "Read and apply",
        PlanState::ToConfirm => "Confirm access",
        PlanState::Running => "Watch it run",
        PlanState::Unknown => "Look at it",
        _ => "See the plan",
    }
}

/// Where it is: the asset, the copy of it, the place in it, and what stands there.
fn place(row: &FindingRow) -> Markup {
    html! {
        span {
            (Foreign(&row.asset))
            @if let Some(copy) = copy_words(row.standing) { ", " (copy) }
        }
        @if let Some(place) = &row.place {
            span {
                code.place {
                    (place.path) @if stands_in_a_line(row, place) { ":" (place.line) }
                }
            }
        } @else if !row.instances.is_empty() {
            span { code.place { (row.subject) } }
        }
        @let found = evidence(row);
        @if !found.0.is_empty() { span { (found) } }
    }
}

/// Whether the line says something: who may read a file stands in no line of it.
pub(super) fn stands_in_a_line(row: &FindingRow, place: &PlaceRow) -> bool {
    row.subject.strip_prefix("file ") != Some(&*place.path)
}

/// In which copy, where that is not the one that everybody means.
pub(super) fn copy_words(standing: Standing) -> Option<&'static str> {
    match standing {
        Standing::Working => Some("somebody's working copy"),
        Standing::Proposed => Some("a proposed change"),
        Standing::Trunk | Standing::Deployed => None,
    }
}

/// What stands between the ways of a control that is content with one of several.
const OR: &str = "; or ";

/// The ways of which one is wanted, where there is a choice.
pub(super) fn ways(row: &FindingRow) -> Option<Vec<&str>> {
    let wanted = row.fixed_in.as_deref().filter(|_| row.kind == FindingKind::Control)?;
    wanted.contains(OR).then(|| wanted.split(OR).collect())
}

/// What was found, and what would be right.
pub(super) fn evidence(row: &FindingRow) -> Markup {
    let more = row.instances.len().saturating_sub(1);
    if let Some(ways) = ways(row) {
        return html! { "none of " (len(&ways)) " ways is complete" };
    }
    html! {
        @match (row.kind, row.version.as_deref(), row.fixed_in.as_deref()) {
            (FindingKind::Control, Some(found), Some(wanted)) => {
                "found " (value(found)) ", wanted " (value(wanted))
            }
            (FindingKind::Control, None, Some(wanted)) => { "wanted " (value(wanted)) }
            (_, Some(version), Some(fixed)) => { code { (version) } ", mended in " code { (fixed) } }
            (_, Some(version), None) => { code { (version) } }
            (_, None, Some(fixed)) => { "mended in " code { (fixed) } }
            (_, None, None) => {}
        }
        @if more > 0 {
            " and " (counted(u64::try_from(more).unwrap_or(u64::MAX), "more copy", "more copies"))
        }
    }
}

/// Who mends it.
fn who(finding: &FindingView) -> Markup {
    html! {
        @match team(finding) {
            "" => { "nobody named yet" }
            team => { (Foreign(team)) }
        }
    }
}

/// A state as people say it.
pub(super) fn state_words(state: State) -> &'static str {
    match state {
        State::Open => "Open",
        State::Unproven => "Unproven",
        State::Accepted => "Accepted",
        State::Fixed => "Mended",
        State::Removed => "Removed",
        State::Withdrawn => "Withdrawn",
        State::Moved => "Moved",
        State::Merged => "Merged",
    }
}

/// What a state means, in a sentence.
pub(super) fn state_sentence(state: State) -> &'static str {
    match state {
        State::Open => "The last look still found it.",
        State::Unproven => "The last look could not tell, so that it counts as open.",
        State::Accepted => "Somebody accepted it for a time.",
        State::Fixed => "The check that found it no longer does.",
        State::Removed => "The thing is gone.",
        State::Withdrawn => "The advisory was withdrawn or corrected; the thing did not change.",
        State::Moved => "It is now found in another place.",
        State::Merged => "It is now part of another finding.",
    }
}

/// Urgencies, most urgent first.
pub(super) const URGENCIES: [Severity; 3] = [Severity::Now, Severity::Soon, Severity::WhenYouCan];
