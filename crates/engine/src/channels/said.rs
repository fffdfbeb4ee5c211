//! What is said of findings and cases as they go on. Knows words; must not know who is told.

use holdfast_act::connector::{Action, Block, Link, Text, about_case, about_finding};
use holdfast_model::{Answer, Asset, Case, Digest, Finding, Problem, State, Timestamp};
use serde_json::{Value, json};

use super::ask::digest;
use crate::failure::Failure;

/// A decision, as it stands.
pub(super) fn decided(finding: &Finding, asset: &Asset, page: Option<&str>) -> Text {
    about_finding(finding, asset, &finding.key.to_string(), page)
}

/// The same once it is over: what became of it, and what says so.
pub(super) fn ended(finding: &Finding, asset: &Asset, page: Option<&str>) -> Text {
    let (word, proof) = match finding.state {
        State::Fixed => ("Mended", "The same check passes now."),
        State::Removed => ("Gone", "What it was about is not there any more."),
        State::Withdrawn => ("No problem after all", "What called it a problem takes that back."),
        State::Accepted => ("Accepted for now", "Somebody accepted it until a day; it comes back."),
        State::Moved | State::Merged => {
            ("Part of another finding", "It goes on there, and is counted there.")
        }
        State::Open | State::Unproven => ("Open", "It is still there."),
    };
    let headline = format!("{word}: {} on {}", finding.title, asset.name);
    let key = finding.key;
    let action = to(page, "Look at it", || format!("holdfast findings {key}"));
    Text { blocks: vec![Block::Paragraph(proof.to_owned())], ..Text::new(headline, action) }
}

/// The same once it is back.
pub(super) fn back(finding: &Finding, asset: &Asset, page: Option<&str>) -> Text {
    let text = decided(finding, asset, page);
    Text { headline: format!("Back again: {} on {}", finding.title, asset.name), ..text }
}

/// Some of those that were told of as one list.
pub(super) fn ended_together(texts: &[Text], console: Option<&str>) -> Text {
    let lines = texts.iter().map(|text| text.headline.clone()).collect();
    let headline = match texts {
        [one] => one.headline.clone(),
        more => format!("{} of the list are done with", more.len()),
    };
    Text { blocks: vec![Block::List(lines)], ..Text::new(headline, all_findings(console)) }
}

/// A case, as it stands.
pub(super) fn case(case: &Case, page: Option<&str>) -> Text {
    let text = about_case(case, page);
    let Some(answer) = case.answer else { return text };
    let word = match answer {
        Answer::Expected => "Expected",
        Answer::Benign => "Nothing bad",
        Answer::Incident => "An incident",
    };
    Text { headline: format!("{word}: {}", case.title), ..text }
}

/// A case that nobody answers.
pub(super) fn waiting(case: &Case, page: Option<&str>) -> Text {
    let text = about_case(case, page);
    Text { headline: format!("Nobody has answered yet: {}", case.title), ..text }
}

/// The way to one finding, where nobody knows the console's address.
pub(super) fn finding(key: &str) -> Action {
    Action::Command(format!("holdfast findings {key}"))
}

/// Where everything stands that was found.
pub(super) fn all_findings(console: Option<&str>) -> Action {
    to(console, "Look at all of them", || "holdfast findings".to_owned())
}

/// Where all cases stand.
pub(super) fn all_cases(console: Option<&str>) -> Action {
    let page = console.map(|console| format!("{console}/cases"));
    to(page.as_deref(), "Look at all of them", || "holdfast case list".to_owned())
}

fn to(page: Option<&str>, text: &str, command: impl Fn() -> String) -> Action {
    match page {
        Some(page) => Action::Link(Link { text: text.to_owned(), address: page.to_owned() }),
        None => Action::Command(command()),
    }
}

/// What matters of a decision: where this changes, somebody is told so. Words of advisories may be
/// rewritten every day and do not count.
pub(super) fn words_of_finding(finding: &Finding) -> Digest {
    let decision = finding.decision.as_ref();
    let due = decision.and_then(|one| one.due).map(|due| due.to_string()).unwrap_or_default();
    let team = decision.map_or("", |one| one.team.as_str());
    digest([finding.severity.word(), &due, team])
}

/// What matters of a case: where it can be said in place, everything; else what it came to.
pub(super) fn words_of_case(case: &Case, rewrites: bool) -> Digest {
    let answer = case.answer.map_or("", Answer::word);
    let size = if rewrites { case.alerts.len().to_string() } else { String::new() };
    let owner = if rewrites { case.owner.as_str() } else { "" };
    digest([case.severity.word(), answer, &size, owner])
}

/// Whether somebody has to be asked about a case: nobody announced all of it, nobody answered, and
/// it happened lately.
pub(super) fn is_news(case: &Case, since: i64) -> bool {
    let unexpected = case.alerts.iter().any(|alert| alert.expected_by.is_none());
    case.answer.is_none() && unexpected && case.last > Timestamp(since)
}

/// A decision for programs.
pub(super) fn data_of_finding(finding: &Finding, asset: &Asset) -> Value {
    let decision = finding.decision.as_ref();
    json!({
        "key": finding.key,
        "weakness": finding.weakness.id,
        "title": finding.title,
        "severity": finding.severity,
        "state": finding.state,
        "asset": asset.id,
        "asset_name": asset.name,
        "team": decision.map(|one| &one.team),
        "due": decision.and_then(|one| one.due).map(|due| due.to_string()),
        "do": decision.map(|one| &one.deeds),
    })
}

/// What changed of it.
pub(super) fn state_of_finding(finding: &Finding) -> Value {
    let decision = finding.decision.as_ref();
    json!({
        "key": finding.key,
        "state": finding.state,
        "severity": finding.severity,
        "due": decision.and_then(|one| one.due).map(|due| due.to_string()),
    })
}

/// A case for programs.
pub(super) fn data_of_case(case: &Case) -> Value {
    json!({
        "case": case.id,
        "title": case.title,
        "severity": case.severity,
        "actor": case.actor.name,
        "first": case.first.to_string(),
        "last": case.last.to_string(),
        "alerts": case.alerts.len(),
        "owner": case.owner,
        "answer": case.answer.map(Answer::word),
    })
}

/// Our fault.
pub(super) fn unwritable(error: &serde_json::Error) -> Failure {
    Failure::Ours(Problem::new("record", format!("a message cannot be written down: {error}")))
}

/// A trial of a channel.
pub(super) fn trial(who: &str, console: Option<&str>) -> Text {
    let page = console.map(|console| format!("{console}/settings"));
    let action = to(page.as_deref(), "See the settings", || "holdfast doctor".to_owned());
    let words = format!("{who} tries whether this channel works. Nothing has to be done.");
    Text { blocks: vec![Block::Paragraph(words)], ..Text::new("A test of Holdfast", action) }
}
