//! What somebody may do about a finding, and its facts, at the top right.
//!
//! Knows the forms, and says why an action is not there. Must not decide: the desk does, again,
//! when the form arrives.

use holdfast_engine::desk::{Detail, View};
use holdfast_model::Tool;
use maud::{Markup, html};

use super::Ctx;
use super::part::{deed, hidden_token, not_now, tool};
use super::row::{plan_verb, state_words};
use super::text::{Foreign, sentence};
use super::time::Clock;
use crate::link;

/// The column of actions and facts.
pub(super) fn aside(ctx: &Ctx, view: &View, detail: &Detail, clock: &Clock) -> Markup {
    html! {
        aside.side-column aria-label="Actions and facts" {
            @if detail.finding.open || detail.acceptance_waits.is_some() {
                div.actions {
                    @if detail.finding.open { (mend(ctx, view, detail)) }
                    (acceptance(ctx, detail, clock))
                }
            } @else if !detail.acceptance.is_empty() {
                div.actions { p { (sentence(&detail.acceptance)) } }
            }
            (facts(detail, clock))
        }
    }
}

/// The way to a plan: the one that is there, or making one.
fn mend(ctx: &Ctx, view: &View, detail: &Detail) -> Markup {
    let finding = &detail.finding;
    let plan = finding
        .plan
        .and_then(|id| detail.plans.iter().chain(&view.plans).find(|plan| plan.id == id));
    html! {
        @if let Some(plan) = plan {
            a.button.primary href=(link::plan(plan.id)) { (plan_verb(plan, ctx.name())) }
            p.why {
                "Planned by " (Foreign(&plan.author)) ". "
                @if !plan.missing.is_empty() { (sentence(&plan.missing)) }
            }
        } @else if finding.row.fix == "none" {
            (not_now("Plan the fix", "no fix is known yet", "why-no-plan"))
        } @else if let Some(why) = &finding.unplannable {
            (not_now("Plan the fix", why, "why-no-plan"))
        } @else {
            form.propose method="post" action="/propose" {
                (hidden_token(ctx))
                input type="hidden" name="key" value=(finding.key);
                fieldset {
                    legend { "Plan the fix with" }
                    @for (index, one) in Tool::ALL.into_iter().enumerate() {
                        label.radio {
                            input type="radio" name="tool" value=(one.word()) checked[index == 0];
                            span { (tool(one)) }
                        }
                    }
                }
                button.button.primary type="submit" { "Plan the fix" }
                p.why { "Nothing is changed yet: a plan is read and approved first." }
            }
        }
    }
}

fn acceptance(ctx: &Ctx, detail: &Detail, clock: &Clock) -> Markup {
    let finding = &detail.finding;
    html! {
        @if !detail.acceptance.is_empty() { p { (sentence(&detail.acceptance)) } }
        @match (&detail.acceptance_waits, &detail.unacceptable) {
            (Some(asked), _) if asked == ctx.name() => {
                (not_now("Approve the acceptance", "you asked for it; somebody else has to say yes",
                    "why-no-yes"))
            }
            (Some(asked), _) => {
                p { (Foreign(asked)) " asks to accept it." }
                (deed(ctx, "/approve-acceptance", "Approve the acceptance", "", &[("key", &finding.row.key)]))
            }
            (None, Some(why)) => { (not_now("Accept until\u{2026}", why, "why-not-accepted")) }
            (None, None) => { (accept(ctx, detail, clock)) }
        }
    }
}

fn accept(ctx: &Ctx, detail: &Detail, clock: &Clock) -> Markup {
    html! {
        details.unfold #accept {
            summary.button { "Accept until\u{2026}" }
            form method="post" action="/accept" {
                (hidden_token(ctx))
                input type="hidden" name="key" value=(detail.finding.key);
                div.field {
                    label for="until" { "Last day" }
                    input #until type="date" name="until" required
                        min=(clock.day(0)) max=(clock.day(90)) value=(clock.day(30));
                }
                div.field {
                    label for="because" { "Why this is all right until then" }
                    textarea #because name="because" rows="3" required maxlength="1000" {}
                }
                button.button type="submit" { "Ask to accept it" }
                p.why { "It stays in the list as accepted, and comes back the day after." }
            }
        }
    }
}

fn facts(detail: &Detail, clock: &Clock) -> Markup {
    let (finding, row) = (&detail.finding, &detail.finding.row);
    let team = row.decision.as_ref().map_or("", |decision| decision.team.as_str());
    html! {
        dl.facts {
            div { dt { "Who" } dd { @if team.is_empty() { "nobody named yet" } @else { (Foreign(team)) } } }
            // What is over is not late any more.
            @if finding.open {
                div {
                    dt { "By when" }
                    dd {
                        @match finding.due {
                            Some(due) => { (clock.due(due)) }
                            None => { "no date" }
                        }
                    }
                }
            }
            div { dt { "State" } dd { (state_words(row.state)) } }
            div { dt { "Since" } dd { (clock.near(finding.since)) } }
            div { dt { "Last seen" } dd { (clock.near(finding.last_seen)) } }
            @if let Some(direct) = row.direct {
                div {
                    dt { "Comes in" }
                    dd { @if direct { "by the project itself" } @else { "through another package" } }
                }
            }
            @if row.dev { div { dt { "Used" } dd { "only while developing" } } }
            div { dt { "Key" } dd { code.key { (row.key) } } }
        }
    }
}
