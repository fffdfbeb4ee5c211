//! `holdfast objective`: what is wanted of mending times, and whether it is kept.

use std::fmt::Write as _;

use holdfast_engine::Failure;
use holdfast_engine::objectives::{self, Objectives};

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{Format, ObjectiveArgs};
use crate::render::style::{on_one_line, wrap};
use crate::render::{self, problem};

/// Columns of the verdict and of what is said of it.
const WIDTHS: [usize; 2] = [16, 80];
/// How many days from now the goal ends that is shown to those who have none.
const AHEAD: u32 = 180;

/// Judges and lists.
pub fn run(context: &Context<'_>, args: &ObjectiveArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let found = block_on(objectives::objectives(context.world, &context.data, &args.path))??;
    let text = if context.is_json() { render::json(&found) } else { human(context, &found) };
    Ok(Outcome::ok(text))
}

fn human(context: &Context<'_>, found: &Objectives) -> String {
    let style = context.style;
    let mut out = String::new();
    for one in &found.details {
        out.push_str(&problem::render(one, style));
    }
    let [verdict, said] = WIDTHS;
    for goal in &found.objectives {
        let title = style.strong(&on_one_line(&goal.title));
        let _ = writeln!(out, "{:<verdict$} {title}", goal.verdict);
        for line in wrap(&on_one_line(&goal.sentence), said) {
            let _ = writeln!(out, "{:verdict$} {line}", "");
        }
    }
    if found.objectives.is_empty() {
        out.push_str(&none(context));
    } else if found.found == 0 {
        out.push_str("Nothing is recorded yet. Look: holdfast up --once\n");
    } else {
        let _ = writeln!(out, "{}", found.half);
        out.push_str("What is open: holdfast findings\n");
    }
    out
}

/// What somebody writes who has no goal yet.
fn none(context: &Context<'_>) -> String {
    let by = context.world.clock.now().plus_days(AHEAD).date();
    format!(
        "No goal is set. A goal says how much is to be mended within how long, and until when.\n\
         Write one into .holdfast/objectives/urgent-in-a-week.yaml:\n\n  \
         id: urgent-in-a-week\n  title: Half of everything urgent is mended within 7 days\n  \
         of: finding.severity at least soon\n  share: half\n  within: 7 days\n  by: {by}\n"
    )
}
