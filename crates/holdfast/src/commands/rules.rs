//! `holdfast rules`: what came along, and whether its own tests hold.

use std::fmt::Write as _;
use std::path::Path;

use holdfast_engine::document::ProblemRow;
use holdfast_engine::{Failure, rules, sensors};
use holdfast_model::Problem;
use serde::Serialize;

use super::Context;
use crate::Outcome;
use crate::args::{Format, RulesCommand};
use crate::render::style::on_one_line;
use crate::render::{self, problem};

/// `holdfast/rules-list/1`.
#[derive(Debug, Serialize)]
struct List {
    schema: &'static str,
    rules: Vec<rules::Rule>,
    /// What is wrong with rules of this folder that cannot be used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<ProblemRow>,
}

/// `holdfast/rules-test/1`.
#[derive(Debug, Serialize)]
struct Tested {
    schema: &'static str,
    rules: u64,
    tests: u64,
    failed: Vec<ProblemRow>,
    /// Rules that bring no test, for which their standard has no place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    untested: Vec<ProblemRow>,
}

/// Rules without a test that are named; the others are counted.
const NAMED: usize = 5;

/// Lists or tests. A test that fails ends with 1; with `--strict` a rule without one, too.
pub fn run(context: &Context<'_>, command: &RulesCommand) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    match command {
        RulesCommand::List { kind } => list(context, kind.as_deref()),
        RulesCommand::Test { file } => test(context, file.as_deref()),
    }
}

fn list(context: &Context<'_>, kind: Option<&str>) -> Result<Outcome, Failure> {
    if let Some(kind) = kind.filter(|kind| !rules::KINDS.contains(kind)) {
        let problem = Problem::new("unknown-kind", format!("there are no rules of kind `{kind}`"));
        return Err(problem.help(format!("use one of {}", rules::KINDS.join(", "))).into());
    }
    let folder = sensors::open(context.world, Path::new("."))?;
    let (mut all, problems) = rules::list(Some(&folder.tree));
    all.retain(|rule| kind.is_none_or(|kind| rule.kind == kind));
    let document = List {
        schema: "holdfast/rules-list/1",
        rules: all,
        problems: problems.iter().map(Into::into).collect(),
    };
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&document)));
    }
    let mut out = String::new();
    let width = document.rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    for rule in &document.rules {
        let _ = writeln!(out, "{:<width$}  {:<9} {}", rule.id, rule.kind, on_one_line(&rule.title));
    }
    for problem in &problems {
        out.push_str(&problem::render(problem, context.style));
    }
    Ok(Outcome::ok(out))
}

fn test(context: &Context<'_>, file: Option<&Path>) -> Result<Outcome, Failure> {
    let folder = sensors::open(context.world, Path::new("."))?;
    let tested = if let Some(path) = file {
        let name = path.to_string_lossy();
        rules::test_file(&name, &context.text(&name)?, Some(&folder.tree))
    } else {
        rules::test_all(Some(&folder.tree))
    };
    let loose = context.common.strict && !tested.untested.is_empty();
    let exit = u8::from(loose || !tested.failed.is_empty());
    let document = Tested {
        schema: "holdfast/rules-test/1",
        rules: tested.rules,
        tests: tested.tests,
        failed: tested.failed.iter().map(Into::into).collect(),
        untested: tested.untested.iter().map(Into::into).collect(),
    };
    if context.is_json() {
        return Ok(Outcome { text: render::json(&document), exit });
    }
    let mut out = String::new();
    for failed in &tested.failed {
        out.push_str(&problem::render(failed, context.style));
    }
    for untested in tested.untested.iter().take(NAMED) {
        out.push_str(&problem::render(untested, context.style));
    }
    if tested.untested.len() > NAMED {
        let more = tested.untested.len() - NAMED;
        let _ = writeln!(out, "and {more} more without a test: --format json");
    }
    let rules = render::human::counted(document.rules, "rule", "rules");
    let tests = render::human::counted(document.tests, "test", "tests");
    let _ = writeln!(out, "{rules}, {tests}, {} failed", document.failed.len());
    Ok(Outcome { text: out, exit })
}
