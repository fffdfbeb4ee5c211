//! `holdfast plan`: changes of hosts, from proposed to proven.

use std::fmt::Write as _;

use holdfast_engine::desk::{Action, Done, PlanView};
use holdfast_engine::{Failure, holder};
use holdfast_model::Problem;
use serde::Serialize;

use super::{Context, block_on, desk};
use crate::Outcome;
use crate::args::{Format, PlanCommand};
use crate::render;
use crate::render::style::on_one_line;

/// `holdfast/plans/1`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    plans: Vec<Row>,
}

/// `holdfast/plan-done/1`.
#[derive(Debug, Serialize)]
struct DoneDocument {
    schema: &'static str,
    message: String,
    plan: Option<String>,
}

/// A plan.
#[derive(Debug, Serialize)]
struct Row {
    id: String,
    title: String,
    asset: String,
    target: String,
    author: String,
    proposed: String,
    expires: String,
    state: &'static str,
    people: u8,
    one_person: bool,
    missing: String,
    voices: Vec<Voice>,
    findings: Vec<String>,
    restart: String,
    interruption: String,
    slowdown: String,
    risk: String,
    confirm_by: Option<String>,
    steps: Vec<Step>,
    log: Vec<String>,
}

/// What somebody said.
#[derive(Debug, Serialize)]
struct Voice {
    who: String,
    yes: bool,
    because: String,
    at: String,
}

/// A step.
#[derive(Debug, Serialize)]
struct Step {
    title: String,
    tool: &'static str,
    code: String,
    undo: String,
    precheck: String,
    lockout: bool,
}

impl Row {
    fn of(plan: &PlanView) -> Self {
        let voice = |voice: &holdfast_model::Approval| Voice {
            who: voice.who.clone(),
            yes: voice.yes,
            because: voice.because.clone(),
            at: voice.at.to_string(),
        };
        let step = |step: &holdfast_engine::desk::StepView| Step {
            title: step.title.clone(),
            tool: step.tool.word(),
            code: step.code.clone(),
            undo: step.undo.clone(),
            precheck: step.precheck.clone(),
            lockout: step.lockout,
        };
        Self {
            id: plan.id.to_string(),
            title: plan.title.clone(),
            asset: plan.asset.clone(),
            target: plan.target.to_string(),
            author: plan.author.clone(),
            proposed: plan.proposed.to_string(),
            expires: plan.expires.to_string(),
            state: plan.state.word(),
            people: plan.needed.people,
            one_person: plan.needed.one_person,
            missing: plan.missing.clone(),
            voices: plan.voices.iter().map(voice).collect(),
            findings: plan.findings.iter().map(ToString::to_string).collect(),
            restart: plan.restart.clone(),
            interruption: plan.interruption.clone(),
            slowdown: plan.slowdown.clone(),
            risk: plan.risk.clone(),
            confirm_by: plan.confirm_by.map(|time| time.to_string()),
            steps: plan.steps.iter().map(step).collect(),
            log: plan.log.clone(),
        }
    }
}

/// Lists, shows, or has it done.
pub fn run(context: &Context<'_>, command: &PlanCommand) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let act = |name: &str, action: &dyn Fn(holdfast_model::Digest) -> Action| {
        let done = desk::act(context, action(desk::plan(context, name)?))?;
        Ok(outcome(context, &done))
    };
    match command {
        PlanCommand::List => list(context),
        PlanCommand::Show { plan } => show(context, plan),
        PlanCommand::Apply { plan } => act(plan, &|plan| Action::Apply { plan }),
        PlanCommand::Confirm { plan } => act(plan, &|plan| Action::Confirm { plan }),
        PlanCommand::Undo { plan } => act(plan, &|plan| Action::Undo { plan }),
    }
}

/// Every plan of the record.
pub fn recorded(context: &Context<'_>) -> Result<Vec<PlanView>, Failure> {
    let chosen = context.chosen()?;
    block_on(holder::recorded_plans(context.world, &context.data, chosen.as_ref()))?
}

/// What came of an action.
pub fn outcome(context: &Context<'_>, done: &Done) -> Outcome {
    let document = DoneDocument {
        schema: "holdfast/plan-done/1",
        message: done.message.clone(),
        plan: done.plan.map(|plan| plan.to_string()),
    };
    Outcome::ok(if context.is_json() {
        render::json(&document)
    } else {
        format!("{}\n", document.message)
    })
}

fn list(context: &Context<'_>) -> Result<Outcome, Failure> {
    let plans = recorded(context)?;
    if context.is_json() {
        let document =
            Document { schema: "holdfast/plans/1", plans: plans.iter().map(Row::of).collect() };
        return Ok(Outcome::ok(render::json(&document)));
    }
    let mut out = String::new();
    for plan in &plans {
        let id: String = plan.id.to_string().chars().take(8).collect();
        let _ = writeln!(out, "{id}  {:<10} {}, by {}", plan.state.word(), plan.asset, plan.author);
        let _ = writeln!(out, "          {}", plan.title);
        if !plan.missing.is_empty() {
            let _ = writeln!(out, "          {}", plan.missing);
        }
    }
    if plans.is_empty() {
        out.push_str("Nothing was planned yet. Plan a change: holdfast fix KEY --apply\n");
    }
    Ok(Outcome::ok(out))
}

fn show(context: &Context<'_>, name: &str) -> Result<Outcome, Failure> {
    let id = desk::plan(context, name)?;
    let plans = recorded(context)?;
    let Some(plan) = plans.iter().find(|plan| plan.id == id) else {
        return Err(Problem::new("unknown-plan", format!("there is no plan `{name}`")).into());
    };
    if context.is_json() {
        let document = Document { schema: "holdfast/plans/1", plans: vec![Row::of(plan)] };
        return Ok(Outcome::ok(render::json(&document)));
    }
    let style = context.style;
    let mut out = format!("{}\n", style.strong(&plan.title));
    let mut line = |name: &str, text: &str| {
        if !text.is_empty() {
            // Names and reasons are other people's: none begins a line of its own.
            let _ = writeln!(out, "  {name:<13}{}", on_one_line(text));
        }
    };
    line("where", &format!("{} ({})", plan.asset, plan.target));
    line("planned", &format!("by {} at {}", plan.author, plan.proposed));
    line("state", plan.state.word());
    line("missing", &plan.missing);
    for voice in &plan.voices {
        let word = if voice.yes { "yes" } else { "no" };
        let because = if voice.because.is_empty() { "" } else { ": " };
        line(word, &format!("{} at {}{because}{}", voice.who, voice.at, voice.because));
    }
    line("restart", &plan.restart);
    line("interruption", &plan.interruption);
    line("slowdown", &plan.slowdown);
    line("risk", &plan.risk);
    if let Some(by) = plan.confirm_by {
        line("confirm by", &by.to_string());
    }
    line("until", &plan.expires.to_string());
    for step in &plan.steps {
        let _ = writeln!(out, "\n{} ({}){}", step.title, step.tool.word(), lockout(step.lockout));
        let _ = write!(out, "{}", step.code);
        let _ = writeln!(out, "\nundo:\n{}", step.undo);
    }
    for said in &plan.log {
        let _ = writeln!(out, "  {}", on_one_line(said));
    }
    Ok(Outcome::ok(out))
}

fn lockout(may: bool) -> &'static str {
    if may { ", may lock people out: taken back by itself unless confirmed" } else { "" }
}
