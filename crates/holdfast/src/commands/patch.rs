//! `holdfast patch`: security updates, ring after ring, as a practice says.

use std::fmt::Write as _;

use holdfast_engine::Failure;
use holdfast_engine::patching::{Asked, Came, HostRow, Patched};

use super::{Context, desk};
use crate::Outcome;
use crate::args::{Format, PatchArgs};
use crate::render;
use crate::render::style::{Style, on_one_line};

/// Patches, or says what would be. The exit code is 1 where a ring failed or is stopped.
pub fn run(context: &Context<'_>, args: &PatchArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let asked = Asked { now: args.now, ring: args.ring.clone(), dry_run: args.dry_run };
    let patched = desk::patch(context, &asked)?;
    let exit = u8::from(patched.hosts.iter().any(|row| row.result.is_bad()));
    let text =
        if context.is_json() { render::json(&patched) } else { told(&patched, context.style) };
    Ok(Outcome { text, exit })
}

/// What came of it, for people.
pub fn told(patched: &Patched, style: &Style) -> String {
    let mut out = format!("By the practice `{}`\n", patched.practice);
    for row in &patched.hosts {
        let because = if row.because.is_empty() { "" } else { ": " };
        let name = style.strong(&on_one_line(&row.asset));
        let (ring, came) = (&row.ring, row.result.word());
        let _ = writeln!(out, "\n{name} ({ring})  {came}{because}{}", on_one_line(&row.because));
        one(&mut out, row);
    }
    if patched.hosts.is_empty() {
        out.push_str("\nIts rings have no hosts.\n");
    }
    out
}

fn one(out: &mut String, row: &HostRow) {
    // Names and titles are other people's: none begins a line of its own.
    let mut line = |text: &str| {
        let _ = writeln!(out, "  {}", on_one_line(text));
    };
    for update in &row.updates {
        line(&update.title);
        if !update.ready && update.because != row.because {
            line(&format!("  waits: {}", update.because));
        }
    }
    for restart in &row.restarts {
        line(&format!("still to be started anew: {restart}"));
    }
    if row.reboot {
        line("the whole machine has to be started anew");
    }
    for gap in &row.not_assessed {
        line(&format!("could not check: {gap}"));
    }
    let Some(plan) = &row.plan else { return };
    let plan: String = plan.chars().take(8).collect();
    match row.result {
        Came::NeedsYes => line(&format!("say yes to it: holdfast approve {plan}")),
        Came::Failed => line(&format!("see what happened: holdfast plan show {plan}")),
        Came::Patched
        | Came::WouldPatch
        | Came::NothingToDo
        | Came::Waits
        | Came::Stopped
        | Came::NoRing => {}
    }
}
