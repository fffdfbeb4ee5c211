//! Somebody did something, as pages say it: who, what and on what, from where, and whether it was
//! done.
//!
//! Knows words for parts of an event. Must not know in which list they stand.

use holdfast_engine::desk::CaseView;
use holdfast_model::{Answer, Event};
use maud::{Markup, html};

use super::icon;
use super::text::{Foreign, listed};

/// Things that are named before the rest is counted.
const MOST_TARGETS: usize = 3;

/// "on `a`, `b` and 4 more"; nothing where nothing is named.
pub(super) fn on<T: AsRef<str>>(targets: &[T]) -> Markup {
    let more = targets.len().saturating_sub(MOST_TARGETS);
    html! {
        @for (index, target) in targets.iter().take(MOST_TARGETS).enumerate() {
            @if index == 0 { " on " } @else if index + 1 == targets.len() { " and " } @else { ", " }
            code { (target.as_ref()) }
        }
        @if more > 0 { " and " (more) " more" }
    }
}

/// Where it happened, as far as the record says.
pub(super) fn place(event: &Event) -> Markup {
    let parts = [&*event.account, &*event.region];
    let named: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    html! {
        @if named.is_empty() { "a place that the record does not name" }
        @else { (Foreign(&named.join(", "))) }
    }
}

/// Distinct words in the order in which they come, at most so many, and how many more.
pub(super) fn distinct<'a>(words: impl Iterator<Item = &'a str>, most: usize) -> Markup {
    let mut all: Vec<&str> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !all.contains(&word) {
            all.push(word);
        }
        // Counting every one of thousands would cost their square and help nobody.
        if all.len() > most {
            break;
        }
    }
    let (shown, more) = all.split_at(most.min(all.len()));
    html! {
        @if all.is_empty() { "not said" }
        @else if more.is_empty() { (Foreign(&listed(shown))) }
        @else { (Foreign(&shown.join(", "))) " and others" }
    }
}

/// An answer as people say it.
pub(super) fn answer_words(answer: Answer) -> &'static str {
    match answer {
        Answer::Expected => "Expected",
        Answer::Benign => "Benign",
        Answer::Incident => "Incident",
    }
}

/// What an answer means, in a sentence.
pub(super) fn answer_sentence(answer: Answer) -> &'static str {
    match answer {
        Answer::Expected => "It was meant to happen.",
        Answer::Benign => "It was not meant to happen, and did no harm.",
        Answer::Incident => "Somebody did what they should not.",
    }
}

/// Where a case stands, in words.
pub(super) fn case_words(view: &CaseView) -> &'static str {
    match view.case.answer {
        Some(answer) => answer_words(answer),
        None if view.is_expected() => "Announced",
        None => "Open",
    }
}

/// The mark of a case: its urgency only as long as it needs somebody.
pub(super) fn case_mark(view: &CaseView) -> Markup {
    match view.case.answer {
        Some(Answer::Expected) => icon::passed(),
        Some(Answer::Benign) => icon::gone(),
        Some(Answer::Incident) => icon::refused(),
        None if view.is_expected() => icon::passed(),
        None => icon::urgency(view.case.severity),
    }
}

/// Whether somebody has to say what it came to.
pub(super) fn needs_somebody(view: &CaseView) -> bool {
    view.is_open() && !view.is_expected()
}
