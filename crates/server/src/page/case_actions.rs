//! What this person may do with a case: look after it, and say what it came to.
//!
//! Knows the forms. Must not decide: the desk does, again, when they arrive.

use holdfast_engine::desk::CaseView;
use holdfast_model::Answer;
use maud::{Markup, html};

use super::Ctx;
use super::event::{answer_sentence, answer_words};
use super::part::{deed, hidden_token, not_now};
use super::text::Foreign;

/// The forms of an open case.
pub(super) fn actions(ctx: &Ctx, view: &CaseView) -> Markup {
    let (me, id) = (ctx.name(), &*view.case.id);
    html! {
        @if me.is_empty() {
            (not_now("Answer", "sign in to say what it came to", "why-not"))
        } @else {
            @if view.case.owner != me {
                (deed(ctx, "/own-case", "I look after it", "", &[("id", id), ("owner", me)]))
                @if !view.case.owner.is_empty() {
                    p.why { (Foreign(&view.case.owner)) " looks after it now." }
                }
            }
            details.unfold #owner-of-it {
                summary.button { "Hand it over\u{2026}" }
                form method="post" action="/own-case" {
                    (hidden_token(ctx))
                    input type="hidden" name="id" value=(id);
                    div.field {
                        label for="owner" { "Who looks after it" }
                        input #owner name="owner" required maxlength="200" autocomplete="off"
                            value=(view.case.owner);
                    }
                    button.button type="submit" { "Hand it over" }
                }
            }
            (answer(ctx, id))
        }
    }
}

fn answer(ctx: &Ctx, id: &str) -> Markup {
    html! {
        form #answer method="post" action="/answer-case" {
            (hidden_token(ctx))
            input type="hidden" name="id" value=(id);
            fieldset.choices {
                legend { "What it came to" }
                @for one in Answer::ALL {
                    label.radio {
                        input type="radio" name="answer" value=(one.word()) required;
                        span { strong { (answer_words(one)) } " " (answer_sentence(one)) }
                    }
                }
            }
            div.field {
                label for="because" { "How you know" }
                textarea #because name="because" rows="3" required maxlength="1000" {}
            }
            button.button.primary type="submit" { "Answer and close" }
            p.why { "Your name, the answer and the reason stay in the record." }
        }
    }
}
