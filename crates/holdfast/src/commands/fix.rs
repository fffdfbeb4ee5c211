//! `holdfast fix`: shows the change that mends findings; with `--apply`, makes and proves it.

use std::fmt::Write as _;

use holdfast_engine::Failure;
use holdfast_engine::desk::Action;
use holdfast_engine::fix::{self, Fixed};
use holdfast_engine::hosts;
use holdfast_model::Target;
use serde::Serialize;

use super::{Context, block_on, desk};
use crate::Outcome;
use crate::args::{FixArgs, Form, Format};
use crate::progress::Progress;
use crate::render;

/// `holdfast/fix-undo/1`.
#[derive(Debug, Serialize)]
struct Undone {
    schema: &'static str,
    files: Vec<String>,
}

/// Shows or applies. With `--apply`, anything that is not mended then ends with 1.
pub fn run(context: &Context<'_>, args: &FixArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    if args.undo {
        return undo(context);
    }
    let named = super::audit::target(context, &args.target)?;
    let target = match named {
        // A finding of another host says by itself where it is.
        Target::Local if !args.all => {
            block_on(hosts::of_findings(&context.data, &args.keys))??.unwrap_or(Target::Local)
        }
        other => other,
    };
    let options = fix::Options {
        path: args.path.clone(),
        names: args.keys.clone(),
        all: args.all,
        apply: args.apply,
        offline: context.common.offline,
        overrides: args.overrides,
        appetite: context.chosen()?,
        target,
        managed: block_on(hosts::all(&context.data))??,
        tool: args.form.tool(),
    };
    let progress = Progress::start();
    if args.apply {
        progress.say("changing files and looking again");
    }
    let fixed = fix::fix(context.world, &context.data, &options)?;
    drop(progress);
    if args.apply && !fixed.forms.is_empty() {
        return on_host(context, args, &options);
    }
    let undone = fixed.findings.iter().any(|row| row.mended != Some(true));
    let exit = u8::from(args.apply && undone);
    let text = if context.is_json() { render::json(&fixed) } else { human(context, args, &fixed) };
    Ok(Outcome { text, exit })
}

/// A change of a host is planned first. Where one person may approve, it is approved and carried
/// out at once; otherwise it waits for somebody else's yes, and the exit code says that nothing was
/// mended yet.
fn on_host(
    context: &Context<'_>,
    args: &FixArgs,
    options: &fix::Options,
) -> Result<Outcome, Failure> {
    let propose = Action::ProposeAt {
        target: options.target.clone(),
        names: args.keys.clone(),
        tool: options.tool,
    };
    let planned = desk::act(context, propose)?;
    let Some(plan) = planned.plan else {
        return Ok(super::plan::outcome(context, &planned));
    };
    let alone = super::plan::recorded(context)?
        .iter()
        .any(|view| view.id == plan && view.needed.one_person && view.needed.people <= 1);
    if !alone {
        return Ok(Outcome { exit: 1, ..super::plan::outcome(context, &planned) });
    }
    desk::act(context, Action::Approve { plan })?;
    let done = desk::act(context, Action::Apply { plan })?;
    Ok(super::plan::outcome(context, &done))
}

/// What mends a host, as code of a tool.
fn forms(args: &FixArgs, fixed: &Fixed, out: &mut String) {
    for form in &fixed.forms {
        let _ = writeln!(out, "\n{}", form.code.trim_end());
        let _ = writeln!(
            out,
            "\nrestart: {}\ninterruption: {}\nslowdown: {}\nrisk: {}",
            form.restart, form.interruption, form.slowdown, form.risk
        );
        if form.lockout {
            out.push_str("it may lock people out: taken back by itself unless confirmed\n");
        }
    }
    if !fixed.forms.is_empty() {
        let keys = args.keys.join(" ");
        let tool = options_of(args);
        let _ = writeln!(out, "Nothing was changed. Plan it: holdfast fix {keys}{tool} --apply");
    }
}

/// The options that have to be given again.
fn options_of(args: &FixArgs) -> String {
    let mut words = String::new();
    if args.form != Form::Shell {
        words.push_str(" --as ");
        words.push_str(args.form.tool().word());
    }
    if args.target != "local" {
        words.push_str(" --target ");
        words.push_str(&render::quoted(&args.target));
    }
    words
}

fn human(context: &Context<'_>, args: &FixArgs, fixed: &Fixed) -> String {
    let style = context.style;
    let mut out = String::new();
    for row in &fixed.findings {
        let word = match row.mended {
            Some(true) => "mended, proven by a new look: ",
            Some(false) => "not mended: ",
            None => "",
        };
        let _ = writeln!(out, "{word}{}", style.strong(&row.title));
        let _ = writeln!(out, "  {}", row.advice);
    }
    if fixed.findings.is_empty() {
        out.push_str("There is nothing here that an edit would mend.\n");
    }
    if !fixed.diff.is_empty() {
        let _ = write!(out, "\n{}", fixed.diff);
    }
    forms(args, fixed, &mut out);
    for command in &fixed.commands {
        let _ = writeln!(out, "{}{command}", if fixed.applied { "ran: " } else { "then: " });
    }
    for note in &fixed.notes {
        let _ = writeln!(out, "note: {note}");
    }
    let changes = !fixed.diff.is_empty() || !fixed.commands.is_empty();
    if fixed.applied {
        out.push_str("Take it back: holdfast fix --undo\n");
    } else if changes {
        let what = if args.all { "--all".to_owned() } else { args.keys.join(" ") };
        let _ = writeln!(out, "Nothing was written. Make the change: holdfast fix {what} --apply");
    }
    out
}

fn undo(context: &Context<'_>) -> Result<Outcome, Failure> {
    let files = fix::undo(context.world, &context.data)?;
    let document = Undone { schema: "holdfast/fix-undo/1", files };
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&document)));
    }
    Ok(Outcome::ok(format!("Put back as before: {}\n", document.files.join(", "))))
}
