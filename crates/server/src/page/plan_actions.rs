//! What this person may do with a plan now, and why not where they may not.
//!
//! Knows which button belongs to which state. Must not decide: the desk does, again, when the form
//! arrives.

use holdfast_engine::desk::{PlanState, PlanView, Voice};
use maud::{Markup, html};

use super::Ctx;
use super::part::{deed, hidden_token, not_now};
use super::text::sentence;
use super::time::Clock;

/// The buttons of a plan.
pub(super) fn actions(ctx: &Ctx, plan: &PlanView, clock: &Clock) -> Markup {
    let id = plan.id.to_string();
    let of = [("plan", id.as_str())];
    let over = plan.expires <= ctx.now;
    html! {
        @match plan.state {
            PlanState::Waiting => { (waiting(ctx, plan, &of, over)) }
            PlanState::Approved if over => {
                (not_now("Apply now", "it expired; plan it again", "why-not"))
            }
            PlanState::Approved => {
                (deed(ctx, "/apply", "Apply now", "primary", &of))
                p.why { "It runs on " (plan.asset) ", and a new look proves or undoes it." }
            }
            PlanState::Running => {
                p { "It runs since somebody pressed \u{201c}Apply now\u{201d}. This page shows what it says." }
            }
            PlanState::ToConfirm if plan.confirm_by.is_some_and(|by| by <= ctx.now) => {
                (not_now("I can still get in", "the time to confirm is over", "why-not"))
            }
            PlanState::ToConfirm => {
                (deed(ctx, "/confirm", "I can still get in", "primary", &of))
                @if let Some(by) = plan.confirm_by {
                    p.why { "Without it the host takes the change back at " (clock.clock_time(by)) "." }
                }
                (deed(ctx, "/undo", "Take it back now", "", &of))
            }
            PlanState::Done => {
                (deed(ctx, "/undo", "Take it back", "", &of))
                p.why { "What it mended is open again afterwards." }
            }
            PlanState::Unknown => {
                (deed(ctx, "/undo", "Take it back", "", &of))
                p.why { "Look at the host first: it may have been carried out in part." }
            }
            PlanState::Failed | PlanState::Undone | PlanState::Refused | PlanState::Expired => {
                p { "Nothing more will happen to it. The finding can be planned for again." }
            }
        }
    }
}

fn waiting(ctx: &Ctx, plan: &PlanView, of: &[(&str, &str)], over: bool) -> Markup {
    let me = ctx.name();
    html! {
        @if me.is_empty() {
            (not_now("Approve", "sign in to say yes", "why-not"))
        } @else if over {
            (not_now("Approve", "it expired; plan it again", "why-not"))
        } @else {
            @match plan.voice(me) {
                Voice::Yes => {
                    (deed(ctx, "/approve", "Approve", "primary", of))
                    @if !plan.missing.is_empty() { p.why { (sentence(&plan.missing)) } }
                }
                Voice::No(why) => { (not_now("Approve", &why, "why-not")) }
            }
            details.unfold #refuse {
                summary.button { "Refuse\u{2026}" }
                form method="post" action="/refuse" {
                    (hidden_token(ctx))
                    input type="hidden" name="plan" value=(plan.id);
                    div.field {
                        label for="because" { "Why not" }
                        textarea #because name="because" rows="3" required maxlength="1000" {}
                    }
                    button.button type="submit" { "Refuse the plan" }
                    p.why { "A no ends the plan for everybody." }
                }
            }
        }
    }
}
