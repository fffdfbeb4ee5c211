//! One plan: what would run and where, what takes it back, what may go wrong, who said what.
//!
//! Knows the order in which an approver needs to know. Must not know what this person may do:
//! `plan_actions` does.

use holdfast_engine::desk::{PlanState, PlanView, StepView, View};
use holdfast_model::{Approval, Key};
use maud::{Markup, html};

use super::part::{code, tool};
use super::plans::{state_sentence, state_words, target};
use super::text::{Foreign, prose, sentence};
use super::time::Clock;
use super::{Ctx, icon, plan_actions, row, shell};
use crate::link;

/// The page at `/plans/{digest}`.
pub fn plan(ctx: &Ctx, view: &View, plan: &PlanView) -> Markup {
    let clock = ctx.clock(view);
    let content = html! {
        header.page-head {
            div {
                p.crumbs { a href="/plans" { "Plans" } }
                h1 { (Foreign(&plan.title)) }
                p.state-line {
                    span.urgency.is-state { (icon::plan(plan.state)) (state_words(plan.state)) }
                    span { "on " (asset_link(view, plan)) }
                    span { "planned by " (Foreign(&plan.author)) " " (clock.near(plan.proposed)) }
                }
            }
        }
        (lockout(plan, &clock))
        div.two {
            aside.side-column aria-label="Actions and facts" {
                div.actions { (plan_actions::actions(ctx, plan, &clock)) }
                (facts(ctx, plan, &clock))
            }
            div.main-column {
                (effects(plan))
                (steps(plan))
                (mends(view, plan))
                (voices(plan, &clock))
                (log(plan))
            }
        }
    };
    shell::page(ctx, &plan.title, &content)
}

fn asset_link(view: &View, plan: &PlanView) -> Markup {
    let asset = view.assets.iter().find(|asset| asset.asset.name == plan.asset);
    html! {
        @match asset {
            Some(asset) => { a href=(link::asset(&asset.asset.id.0)) { (Foreign(&plan.asset)) } }
            None => { (Foreign(&plan.asset)) }
        }
    }
}

/// The one thing that has to be read before anything else.
fn lockout(plan: &PlanView, clock: &Clock) -> Markup {
    let risky = plan.steps.iter().any(|step| step.lockout);
    html! {
        @match (plan.state, plan.confirm_by) {
            (PlanState::ToConfirm, Some(by)) if by <= clock.now => {
                div.callout.is-now role="note" {
                    p {
                        strong { "The time to confirm ended at " (clock.clock_time(by)) "." }
                        " The host takes the change back by itself. A new look shows how it stands."
                    }
                }
            }
            (PlanState::ToConfirm, Some(by)) => {
                div.callout.is-now role="note" {
                    p {
                        strong { "Confirm before " (clock.clock_time(by)) "." }
                        " Open a second connection to " (Foreign(&plan.asset)) " first. If you get in, "
                        "confirm. If nobody does by then, the host takes the change back by itself."
                    }
                }
            }
            (PlanState::Waiting | PlanState::Approved | PlanState::Running, _) if risky => {
                div.callout role="note" {
                    p {
                        strong { "This can lock people out." }
                        " Its undo is armed on the host before anything is changed. Afterwards "
                        "somebody has to confirm that they can still get in; otherwise the host "
                        "takes the change back by itself."
                    }
                }
            }
            _ => {}
        }
    }
}

fn effects(plan: &PlanView) -> Markup {
    let rows = [
        ("Interrupts", &plan.interruption),
        ("Restarts", &plan.restart),
        ("Slows down", &plan.slowdown),
        ("May go wrong", &plan.risk),
    ];
    html! {
        section aria-labelledby="effects" {
            h2 #effects { "What to expect" }
            dl.facts.wide-facts {
                @for (name, words) in rows {
                    div {
                        dt { (name) }
                        dd { @if words.is_empty() { "unknown" } @else { (prose(words)) } }
                    }
                }
            }
        }
    }
}

fn steps(plan: &PlanView) -> Markup {
    html! {
        section aria-labelledby="steps" {
            h2 #steps { "What runs" }
            ol.steps {
                @for (index, step) in plan.steps.iter().enumerate() { li { (one_step(index + 1, step)) } }
            }
        }
    }
}

fn one_step(number: usize, step: &StepView) -> Markup {
    html! {
        h3 { (prose(&step.title)) " " span.meta { "with " (tool(step.tool)) } }
        @if !step.precheck.is_empty() {
            details.inline #{ "precheck-" (number) } {
                summary { "This has to succeed before" }
                (code(&step.precheck, &format!("what has to succeed before step {number}")))
            }
        }
        (code(&step.code, &format!("what step {number} runs")))
        @if step.undo.is_empty() {
            p { "Nothing takes this step back." }
        } @else {
            details.inline #{ "undo-" (number) } {
                summary { "This takes it back" }
                (code(&step.undo, &format!("what takes step {number} back")))
            }
        }
    }
}

fn mends(view: &View, plan: &PlanView) -> Markup {
    let title = |key: &Key| view.findings.iter().find(|finding| finding.key == *key);
    html! {
        section aria-labelledby="mends" {
            h2 #mends { "What it mends" }
            @if plan.findings.is_empty() { p { "No finding is named." } }
            ul.plain-list {
                @for key in &plan.findings {
                    li {
                        @match title(key) {
                            Some(finding) => {
                                (icon::state(finding.row.state, finding.row.severity)) " "
                                a href=(link::finding(*key)) { (row::title(&finding.row)) }
                            }
                            None => { a href=(link::finding(*key)) { code.key { (key) } } }
                        }
                    }
                }
            }
        }
    }
}

fn voices(plan: &PlanView, clock: &Clock) -> Markup {
    html! {
        section aria-labelledby="voices" {
            h2 #voices { "Who said what" }
            ol.history {
                li {
                    span.mark-cell { (icon::plan(PlanState::Waiting)) }
                    div {
                        p { strong { (Foreign(&plan.author)) } " planned it" }
                        p.meta { (clock.absolute(plan.proposed)) }
                    }
                }
                @for voice in &plan.voices { (said(voice, clock)) }
            }
            @if !plan.missing.is_empty() { p { (sentence(&plan.missing)) } }
            @if plan.needed.one_person && plan.state != PlanState::Waiting {
                p.meta { "Approved by one: our rules for acting allow it here." }
            }
        }
    }
}

fn said(voice: &Approval, clock: &Clock) -> Markup {
    html! {
        li {
            span.mark-cell { @if voice.yes { (icon::passed()) } @else { (icon::failed()) } }
            div {
                p {
                    strong { (Foreign(&voice.who)) }
                    @if voice.yes { " said yes" } @else { " said no" }
                }
                @if !voice.because.is_empty() { p { (Foreign(&voice.because)) } }
                p.meta { (clock.absolute(voice.at)) }
            }
        }
    }
}

fn log(plan: &PlanView) -> Markup {
    html! {
        @if !plan.log.is_empty() {
            section aria-labelledby="log" {
                h2 #log { "What was said while it ran" }
                (code(&plan.log.join("\n"), "its output"))
            }
        }
    }
}

fn facts(ctx: &Ctx, plan: &PlanView, clock: &Clock) -> Markup {
    html! {
        dl.facts {
            div { dt { "State" } dd { (state_sentence(plan.state)) } }
            div { dt { "Where" } dd { (target(ctx, plan)) } }
            div {
                dt { "Needs" }
                dd {
                    @if plan.needed.people <= 1 { "1 person" } @else { (plan.needed.people) " people" }
                    @if plan.needed.one_person { ", who may be the one who planned it" }
                    @else { " other than " (Foreign(&plan.author)) }
                }
            }
            @if matches!(plan.state, PlanState::Waiting | PlanState::Approved) {
                div { dt { "Expires" } dd { (clock.near(plan.expires)) } }
            }
            div { dt { "Digest" } dd { code.key { (plan.id) } } }
        }
    }
}
