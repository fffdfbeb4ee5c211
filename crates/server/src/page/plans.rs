//! Every plan: those that need somebody first, those that are over last.
//!
//! Knows the list. Must not know what a plan would run.

use holdfast_engine::desk::{PlanState, PlanView, View, Voice};
use holdfast_model::Target;
use maud::{Markup, html};

use super::Ctx;
use super::part::{empty, tool};
use super::row::plan_verb;
use super::text::{Foreign, len, number, sentence};
use super::time::Clock;
use super::{icon, shell};
use crate::link;

/// Plans that are over before the rest is only counted.
const MOST: usize = 50;

/// The page at `/plans`.
pub fn plans(ctx: &Ctx, view: &View) -> Markup {
    let clock = ctx.clock(view);
    let waits = those(view, |state| state == PlanState::Waiting).len();
    let content = html! {
        header.page-head {
            div {
                h1 { "Plans" }
                p.lead {
                    @if waits == 0 { "No plan waits for a yes." }
                    @else if waits == 1 { "1 plan waits for a yes." }
                    @else { (waits) " plans wait for a yes." }
                }
            }
        }
        @if view.plans.is_empty() {
            (empty(
                "Nobody planned a change yet",
                &html! {
                    "A plan says what would run on which host, what takes it back, and whose yes it "
                    "needs. Findings with \u{201c}Plan the fix\u{201d} make one."
                },
                &html! { p { a.button href="/findings" { "See the findings" } } },
            ))
        } @else {
            (group(ctx, &clock, "Need somebody", &waiting(ctx, view)))
            (group(ctx, &clock, "Being carried out", &those(view, |s| s == PlanState::Running)))
            (group(ctx, &clock, "Done", &those(view, |s| s == PlanState::Done)))
            (group(ctx, &clock, "Over", &those(view, PlanState::is_over)))
        }
    };
    shell::page(ctx, "Plans", &content)
}

/// Plans that need somebody: first what is taken back by itself, then what this person can do.
pub(super) fn waiting<'a>(ctx: &Ctx, view: &'a View) -> Vec<&'a PlanView> {
    let mut all: Vec<&PlanView> =
        view.plans.iter().filter(|plan| needs_somebody(plan.state)).collect();
    all.sort_by_key(|plan| match plan.state {
        PlanState::ToConfirm => 0,
        PlanState::Unknown => 1,
        PlanState::Waiting if plan.voice(ctx.name()) == Voice::Yes => 2,
        PlanState::Approved => 3,
        _ => 4,
    });
    all
}

/// Whether somebody has to do something before it goes on.
fn needs_somebody(state: PlanState) -> bool {
    matches!(
        state,
        PlanState::Waiting | PlanState::Approved | PlanState::ToConfirm | PlanState::Unknown
    )
}

fn those(view: &View, are: impl Fn(PlanState) -> bool) -> Vec<&PlanView> {
    view.plans.iter().filter(|plan| are(plan.state)).collect()
}

fn group(ctx: &Ctx, clock: &Clock, title: &str, plans: &[&PlanView]) -> Markup {
    let id = title.to_lowercase().replace(' ', "-");
    let rest = plans.len().saturating_sub(MOST);
    html! {
        @if !plans.is_empty() {
            section.group aria-labelledby=(id) {
                h2 #(id) { (title) " " span.count { (number(len(plans))) } }
                ul.rows { @for plan in plans.iter().take(MOST) { (row(ctx, clock, plan)) } }
                @if rest > 0 { p.more-of { "And " (rest) " older ones, in the " a href="/record" { "record" } "." } }
            }
        }
    }
}

/// A plan as one row.
pub(super) fn row(ctx: &Ctx, clock: &Clock, plan: &PlanView) -> Markup {
    html! {
        li.row {
            span.mark-cell { (icon::plan(plan.state)) span.vh { (state_words(plan.state)) ": " } }
            div.body {
                h3.what { a href=(link::plan(plan.id)) data-row { (Foreign(&plan.title)) } }
                p.meta-line {
                    span { (target(ctx, plan)) }
                    @if let Some(step) = plan.steps.first() { span { "with " (tool(step.tool)) } }
                    span { "planned by " (Foreign(&plan.author)) " " (clock.near(plan.proposed)) }
                }
            }
            p.due { (when(plan, clock)) }
            div.act {
                @if !plan.state.is_over() && plan.state != PlanState::Done {
                    a.button href=(link::plan(plan.id)) { (plan_verb(plan, ctx.name())) }
                    @if !plan.missing.is_empty() { p.why { (sentence(&plan.missing)) } }
                }
            }
        }
    }
}

fn when(plan: &PlanView, clock: &Clock) -> Markup {
    html! {
        @match (plan.state, plan.confirm_by) {
            (PlanState::ToConfirm, Some(by)) => { span.late { "by " (clock.clock_time(by)) } }
            (PlanState::Waiting | PlanState::Approved, _) => {
                @if plan.expires > clock.now { "expires " } @else { "expired " }
                (clock.near(plan.expires))
            }
            (state, _) => { (state_words(state)) }
        }
    }
}

/// Where a plan is carried out, for people. No host of a demonstration is this machine.
pub(super) fn target(ctx: &Ctx, plan: &PlanView) -> Markup {
    html! {
        @match &plan.target {
            Target::Local => { (Foreign(&plan.asset)) @if !ctx.demo { ", this machine" } }
            Target::Root(path) => { "the system under " code.place { (path) } }
            Target::Ssh(named) | Target::Facts(named) => { code.place { (named) } }
        }
    }
}

/// A plan's state as people say it.
pub(super) fn state_words(state: PlanState) -> &'static str {
    match state {
        PlanState::Waiting => "Waits for a yes",
        PlanState::Approved => "Approved",
        PlanState::Running => "Runs",
        PlanState::ToConfirm => "To be confirmed",
        PlanState::Done => "Done and proven",
        PlanState::Failed => "Failed, taken back",
        PlanState::Undone => "Taken back",
        PlanState::Refused => "Refused",
        PlanState::Expired => "Expired",
        PlanState::Unknown => "Nobody knows how it ended",
    }
}

/// What a plan's state means, in a sentence.
pub(super) fn state_sentence(state: PlanState) -> &'static str {
    match state {
        PlanState::Waiting => "Nothing is changed before it is approved.",
        PlanState::Approved => "It has the yes it needs, and was not carried out yet.",
        PlanState::Running => "It is being carried out now.",
        PlanState::ToConfirm => {
            "It was carried out, and is taken back by itself unless somebody confirms."
        }
        PlanState::Done => "It was carried out, and a new look by the same control proved it.",
        PlanState::Failed => "It did not bring what it should, and everything was taken back.",
        PlanState::Undone => "It was carried out, and somebody took it back.",
        PlanState::Refused => "Somebody said no. Nothing was changed.",
        PlanState::Expired => {
            "Nobody said yes in time, or the host changed meanwhile. Nothing was changed."
        }
        PlanState::Unknown => {
            "It began, and nobody knows how it ended. Somebody has to look at the host."
        }
    }
}
