//! `holdfast case`: alerts that belong together, and what they came to.

use std::fmt::Write as _;

use holdfast_engine::desk::Action;
use holdfast_engine::{Failure, events};
use holdfast_model::{Answer, Case, Problem};
use serde::Serialize;

use super::{Context, block_on, desk};
use crate::Outcome;
use crate::args::{CaseCommand, Format};
use crate::render;
use crate::render::style::on_one_line;

/// `holdfast/cases/1`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    cases: Vec<Case>,
}

/// Lists, shows, answers or assigns.
pub fn run(context: &Context<'_>, command: &CaseCommand) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    match command {
        CaseCommand::List => list(context, None),
        CaseCommand::Show { id } => list(context, Some(id)),
        CaseCommand::Answer { id, answer, because } => {
            let answer = Answer::parse(answer).ok_or_else(|| {
                let words: Vec<&str> = Answer::ALL.into_iter().map(Answer::word).collect();
                Problem::new("unknown-answer", format!("`{answer}` is no answer"))
                    .help(format!("use one of {}", words.join(", ")))
            })?;
            let (id, because) = (id.clone(), because.clone());
            done(context, Action::AnswerCase { id, answer, because })
        }
        CaseCommand::Own { id, owner } => {
            done(context, Action::OwnCase { id: id.clone(), owner: owner.clone() })
        }
    }
}

fn done(context: &Context<'_>, action: Action) -> Result<Outcome, Failure> {
    let done = desk::act(context, action)?;
    Ok(super::plan::outcome(context, &done))
}

fn list(context: &Context<'_>, name: Option<&str>) -> Result<Outcome, Failure> {
    let mut cases = block_on(events::cases(&context.data))??;
    if let Some(name) = name {
        cases.retain(|case| case.id.starts_with(&name.to_lowercase()));
        if cases.is_empty() {
            let problem = Problem::new("unknown-case", format!("there is no case `{name}`"));
            return Err(problem.help("list them: holdfast case list").into());
        }
    }
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&Document { schema: "holdfast/cases/1", cases })));
    }
    let style = context.style;
    let mut out = String::new();
    for case in &cases {
        let short: String = case.id.chars().take(8).collect();
        let state = case.answer.map_or("open", Answer::word);
        let title = on_one_line(&case.title);
        let _ = writeln!(out, "{short}  {} {title} ({state})", style.urgency(case.severity, 13));
        if name.is_some() {
            for alert in &case.alerts {
                let event = &alert.event;
                let line = format!("{} {} {}", event.at, event.action, event.targets.join(" "));
                let _ = writeln!(out, "          {}", on_one_line(&line));
                let why = match (&alert.expected_by, alert.although.as_str()) {
                    (Some(_), _) => "announced",
                    (None, "") => "nobody announced it",
                    (None, although) => although,
                };
                let _ =
                    writeln!(out, "          {}", on_one_line(&format!("{}: {why}", alert.title)));
            }
        }
    }
    if out.is_empty() {
        out.push_str("No alert came so far. Read logs yourself: holdfast detect PATH\n");
    }
    Ok(Outcome::ok(out))
}
