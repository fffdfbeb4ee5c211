//! One finding: what, why it matters here, where, who saw it, what mends it, and its history.
//!
//! Knows the order in which people need to know. Must not know what may be done: `aside` does.

use holdfast_engine::desk::{Detail, SourceLines, View};
use holdfast_engine::document::FindingRow;
use holdfast_model::{FindingKind, State, Transition};
use maud::{Markup, html};

use super::Ctx;
use super::part::{code, command, tabs, urgency};
use super::row::{
    copy_words, evidence, is_sentence, stands_in_a_line, state_sentence, state_words, title, ways,
};
use super::text::{Foreign, counted, len, prose, sentence, value};
use super::time::Clock;
use super::{aside, icon, shell};
use crate::link;

/// Copies whose place is listed before the rest is only counted.
const MOST_COPIES: usize = 20;

/// The page at `/findings/{key}`.
pub fn finding(ctx: &Ctx, view: &View, detail: &Detail, form: Option<&str>) -> Markup {
    let clock = ctx.clock(view);
    let row = &detail.finding.row;
    let content = html! {
        header.page-head {
            div {
                p.crumbs { a href="/findings" { "Findings" } }
                h1.headline[is_sentence(row)] { (title(row)) }
                (state_line(detail, &clock))
            }
        }
        div.two {
            (aside::aside(ctx, view, detail, &clock))
            div.main-column {
                (why(detail))
                (places(detail))
                @if !is_over(detail) { (fix(detail, form)) }
                (decided(detail))
                (seen_by(detail))
                (told(detail, &clock))
                (history(detail, &clock))
            }
        }
    };
    shell::page(ctx, &row.title, &content)
}

fn state_line(detail: &Detail, clock: &Clock) -> Markup {
    let (finding, row) = (&detail.finding, &detail.finding.row);
    html! {
        p.state-line {
            @if finding.open {
                (urgency(row.severity))
            } @else {
                span.urgency.is-state { (icon::state(row.state, row.severity)) (state_words(row.state)) }
            }
            span { "on " a href=(link::asset(&finding.asset)) { (Foreign(&row.asset)) } }
            @if let Some(copy) = copy_words(row.standing) { span { "in " (copy) } }
            span { "first seen " (clock.near(finding.first_seen)) }
            @if finding.open {
                @if let Some(due) = finding.due {
                    @if clock.is_late(due) {
                        span.late { (clock.due(due)) }
                    } @else {
                        span { "due " (clock.due(due)) }
                    }
                }
            } @else {
                span { "since " (clock.near(finding.since)) }
            }
        }
    }
}

fn why(detail: &Detail) -> Markup {
    let row = &detail.finding.row;
    html! {
        section aria-labelledby="why" {
            h2 #why { "Why it matters here" }
            @for words in &detail.why { p { (sentence(words)) } }
            @if detail.why.is_empty() || row.state != State::Open {
                p { (state_words(row.state)) ": " (lower(state_sentence(row.state))) }
            }
            @if !row.severity_steps.is_empty() {
                details.inline #urgency-steps {
                    summary { "How it came to be \u{201c}" (row.severity.word()) "\u{201d}" }
                    ol {
                        @for step in &row.severity_steps {
                            li { strong { (step.severity.word()) } ": " (prose(&step.because)) }
                        }
                    }
                }
            }
        }
    }
}

/// A sentence behind a colon.
fn lower(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().into_iter().flat_map(char::to_lowercase).chain(letters).collect()
}

fn places(detail: &Detail) -> Markup {
    let row = &detail.finding.row;
    let found = evidence(row);
    let ways = ways(row);
    let sources: Vec<&SourceLines> = if is_over(detail) {
        // What stands there today is not what was found.
        Vec::new()
    } else {
        detail.sources.iter().filter(|source| shows(source)).collect()
    };
    html! {
        section aria-labelledby="where" {
            h2 #where { "Where" }
            @if !found.0.is_empty() { p.evidence.headline[is_sentence(row)] { (found) } }
            @if let Some(ways) = &ways {
                @if let Some(found) = &row.version { p { (sentence(found)) } }
                h3 { "One of these is wanted" }
                ul.effects { @for way in ways { li { (prose(way)) } } }
            }
            @for layer in row.layer_words() { p { (sentence(&layer)) } }
            @for source in &sources { (lines(source)) }
            @if sources.is_empty() && ways.is_none() || row.instances.len() > 1 {
                @if row.instances.is_empty() {
                    p { @if row.kind == FindingKind::Package { (row.name()) } @else { (value(&row.subject)) } }
                } @else {
                    ul.plain-list {
                        @for instance in row.instances.iter().take(MOST_COPIES) {
                            li {
                                code.place {
                                    @if let Some(place) = &instance.place {
                                        (place.path)
                                        @if stands_in_a_line(row, place) {
                                            ":" (place.line) ":" (place.column)
                                        }
                                    } @else {
                                        (row.subject)
                                    }
                                }
                                @if row.kind == FindingKind::Package {
                                    @if let Some(version) = &instance.version { " " (value(version)) }
                                }
                            }
                        }
                    }
                    @if row.instances.len() > MOST_COPIES {
                        p.more-of {
                            "And "
                            (counted(len(&row.instances) - MOST_COPIES as u64, "more copy", "more copies"))
                            "."
                        }
                    }
                }
            }
        }
    }
}

/// Whether nothing of it is left to mend; what was accepted still stands where it stood.
fn is_over(detail: &Detail) -> bool {
    !detail.finding.open && detail.finding.row.state != State::Accepted
}

/// Whether there is something to see: a default stands in no line, and its place is the file's
/// beginning.
fn shows(source: &SourceLines) -> bool {
    source.lines.iter().any(|line| line.marked && !line.text.trim().is_empty())
}

/// Source lines with the one that is meant marked, in more ways than by its colour.
fn lines(source: &SourceLines) -> Markup {
    html! {
        figure.source {
            figcaption { code { (source.path) } }
            pre tabindex="0" role="region" aria-label={ "Lines of " (source.path) } {
                @for line in &source.lines {
                    span.source-line.marked[line.marked] {
                        span.number { (line.number) }
                        @if line.marked { mark { (line.text) } } @else { span { (line.text) } }
                        "\n"
                    }
                }
            }
        }
    }
}

fn fix(detail: &Detail, form: Option<&str>) -> Markup {
    let key = &detail.finding.row.key;
    let chosen = form
        .and_then(|form| detail.fixes.iter().find(|fix| fix.form == form))
        .or_else(|| detail.fixes.first());
    let all: Vec<(String, String, Option<u64>)> = detail
        .fixes
        .iter()
        .map(|fix| {
            (
                format!("/findings/{key}?form={}#fix", fix.form),
                form_words(fix.form).to_owned(),
                None,
            )
        })
        .collect();
    html! {
        section.fix aria-labelledby="fix" {
            h2 #fix { "What mends it" }
            @if let Some(fix) = chosen {
                @if all.len() > 1 { (tabs("Forms of the fix", &all, form_words(fix.form))) }
                (code(&fix.text, &format!("the fix as {}", form_words(fix.form))))
                @if !fix.effects.is_empty() {
                    h3 { "Before you do it" }
                    ul.effects { @for effect in &fix.effects { li { (sentence(effect)) } } }
                }
                @if !fix.undo.is_empty() {
                    details.inline #undo {
                        summary { "Take it back" }
                        (code(&fix.undo, "what takes it back"))
                    }
                }
            } @else if let Some(by_hand) = by_hand(&detail.finding.row) {
                p { (sentence(&by_hand)) }
            } @else if detail.finding.row.fix == "none" {
                p { "No fix is known yet. Holdfast looks again at every look." }
            } @else {
                p { "In a terminal, in its folder:" }
                (command(&format!("holdfast fix {key}")))
            }
        }
    }
}

/// What people do where no step of ours mends it, in the words of the command line.
fn by_hand(row: &FindingRow) -> Option<String> {
    Some(format!("{}: {}", row.mends()?, row.by_hand()?))
}

fn form_words(form: &str) -> &str {
    match form {
        "diff" => "Diff",
        "shell" => "Shell",
        "ansible" => "Ansible",
        "puppet" => "Puppet",
        "chef" => "Chef",
        "command" => "Command",
        other => other,
    }
}

fn decided(detail: &Detail) -> Markup {
    let decision = detail.finding.row.decision.as_ref();
    html! {
        section aria-labelledby="decided" {
            h2 #decided { "What our rules for acting say" }
            @match decision {
                Some(decision) => {
                    p {
                        "Line " a href="/rules" { (Foreign(&decision.line)) } ": "
                        @for (index, deed) in decision.deeds.iter().enumerate() {
                            @if index > 0 { ", " } (deed.word())
                        }
                        "."
                    }
                    @if !decision.reasons.is_empty() {
                        ul.effects { @for reason in &decision.reasons { li { (sentence(reason)) } } }
                    }
                }
                None => { p { "They were not asked about it yet." } }
            }
            @if !detail.lines.is_empty() {
                details.inline #lines {
                    summary { "Every line up to the one that decides" }
                    ol { @for line in &detail.lines { li { (sentence(line)) } } }
                }
            }
        }
    }
}

fn seen_by(detail: &Detail) -> Markup {
    let row = &detail.finding.row;
    let others: Vec<&str> =
        row.aliases.iter().map(|name| &**name).filter(|name| *name != &*row.weakness).collect();
    html! {
        section aria-labelledby="seen-by" {
            h2 #seen-by { "Seen by" }
            ul.plain-list {
                @for witness in &row.witnesses {
                    li { (Foreign(&witness.engine)) ", as " code { (witness.name) } }
                }
                @if row.witnesses.is_empty() { li { "Holdfast" } }
            }
            @if !others.is_empty() || row.witnesses.iter().any(|one| *one.name != *row.weakness) {
                p {
                "Its name is " code { (row.weakness) }
                @if !others.is_empty() {
                    "; others call it "
                    @for (index, name) in others.iter().enumerate() {
                        @if index > 0 { ", " } code { (name) }
                    }
                }
                "."
                }
            }
        }
    }
}

/// Who was told, with the way to the ticket.
fn told(detail: &Detail, clock: &Clock) -> Markup {
    html! {
        @if !detail.told.is_empty() {
            section aria-labelledby="told" {
                h2 #told { "Who was told" }
                ul.plain-list {
                    @for one in &detail.told {
                        li {
                            strong { (Foreign(&one.channel)) }
                            @if one.address.starts_with("https://") {
                                ": "
                                a href=(one.address) rel="noreferrer" {
                                    @if one.id.is_empty() { "the message" } @else { (Foreign(&one.id)) }
                                }
                            }
                            ", " (clock.near(one.at)) ": " (prose(&one.words))
                        }
                    }
                }
            }
        }
    }
}

fn history(detail: &Detail, clock: &Clock) -> Markup {
    html! {
        section aria-labelledby="history" {
            h2 #history { "What happened to it" }
            @if detail.history.is_empty() {
                p { "Nothing stands in the record about it yet." }
            } @else {
                ol.history {
                    @for (seq, step) in &detail.history { (happened(*seq, step, detail, clock)) }
                }
            }
        }
    }
}

fn happened(seq: u64, step: &Transition, detail: &Detail, clock: &Clock) -> Markup {
    let words = match step.from {
        None => "First seen",
        Some(from) if from != step.to && !from.is_open() && step.to.is_open() => "Came back",
        Some(_) => state_words(step.to),
    };
    html! {
        li {
            span.mark-cell { (icon::state(step.to, detail.finding.row.severity)) }
            div {
                p {
                    strong { (words) }
                    @if let Some(copy) = copy_words(step.standing) { " in " (copy) }
                    @if let Some(other) = step.other {
                        " \u{2192} " a href=(link::finding(other)) { "the other finding" }
                    }
                }
                // "First seen" says it already, unless it came from another finding.
                @if step.from.is_some() || step.other.is_some() {
                    @if !step.because.is_empty() { p { (sentence(&step.because)) } }
                }
                p.meta {
                    (clock.absolute(step.at)) " \u{b7} "
                    a href=(link::entry(seq)) { "entry " (seq) }
                }
            }
        }
    }
}
