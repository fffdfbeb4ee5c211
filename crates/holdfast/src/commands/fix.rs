//! `holdfast fix`: shows the change that mends findings; with `--apply`, makes and proves it.

use std::fmt::Write as _;
use std::path::Path;

use holdfast_engine::desk::Action;
use holdfast_engine::fix::{self, Fixed, Row, Written};
use holdfast_engine::{Failure, audit, hosts};
use holdfast_model::{Problem, Target, Tool};
use serde::Serialize;

use super::{Context, block_on, desk};
use crate::Outcome;
use crate::args::{FixArgs, Format};
use crate::progress::Progress;
use crate::render;
use crate::render::human::counted;
use crate::render::style::{Style, on_one_line};

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
    let named =
        args.target.as_deref().map(|name| super::audit::target(context, name)).transpose()?;
    let target = match named {
        Some(target) => target,
        // A finding of another host says by itself where it is.
        None if !args.everything() => {
            block_on(hosts::of_findings(&context.data, &args.keys))??.unwrap_or(Target::Local)
        }
        None => Target::Local,
    };
    if let (Target::Facts(path), true) = (&target, args.apply) {
        let message = format!("`{path}` holds what a host said, and nothing can be changed there");
        let help = "leave out `--apply`: what mends it is shown, for those who reach the host";
        return Err(Problem::new("not-possible", message).help(help).into());
    }
    let of_host = args.of_host();
    let accepted = if args.everything() && of_host {
        let of = std::slice::from_ref(&target);
        block_on(audit::accepted(context.world, &context.data, of))??.pop().unwrap_or_default()
    } else {
        Vec::new()
    };
    let options = fix::Options {
        path: args.path.clone(),
        names: args.keys.clone(),
        all: args.everything(),
        of_host,
        apply: args.apply,
        offline: context.common.offline,
        overrides: args.overrides,
        appetite: context.chosen()?,
        baseline: context.named(args.baseline.as_deref())?,
        accepted,
        into: args.into.clone(),
        target,
        managed: block_on(hosts::all(&context.data))??,
        tool: args.tool(),
    };
    let progress = Progress::start();
    if args.apply {
        progress.say("changing files and looking again");
    }
    let fixed = fix::fix(context.world, &context.data, &options)?;
    drop(progress);
    if args.apply && !fixed.forms.is_empty() {
        return on_host(context, args, &options, &fixed);
    }
    let undone = fixed.findings.iter().any(|row| row.mended != Some(true));
    let exit = u8::from(args.apply && undone);
    if context.is_json() {
        return Ok(Outcome { text: render::json(&fixed), exit });
    }
    Ok(Outcome { text: shown(context, args, &options.target, &fixed), exit })
}

/// For people. Code of a tool goes out alone, so that it can be redirected: what is told of it goes
/// beside it.
fn shown(context: &Context<'_>, args: &FixArgs, target: &Target, fixed: &Fixed) -> String {
    if let Some(written) = &fixed.written {
        return laid(args, fixed, written);
    }
    if fixed.forms.is_empty() {
        return human(context.style, args, fixed);
    }
    crate::aside(&human(&Style::of_stderr(), args, fixed));
    crate::tell(&code(args.tool(), fixed));
    // A plan looks for itself, by what `holdfast.toml` says, where there is a host to look at.
    let plan = if args.baseline.is_some() || matches!(target, Target::Facts(_)) {
        String::new()
    } else {
        format!(" Plan it: holdfast fix {}{} --apply", what(args), options_of(args))
    };
    crate::aside(&format!("Nothing was changed.{plan}\n"));
    String::new()
}

/// A change of a host is planned first. Where one person may approve, it is approved and carried
/// out at once; otherwise it waits for somebody else's yes, and the exit code says that nothing was
/// mended yet.
fn on_host(
    context: &Context<'_>,
    args: &FixArgs,
    options: &fix::Options,
    fixed: &Fixed,
) -> Result<Outcome, Failure> {
    // Of everything, what a tool can mend.
    let names = if args.everything() {
        fixed.forms.iter().flat_map(|form| form.keys.iter().cloned()).collect()
    } else {
        args.keys.clone()
    };
    let propose = Action::ProposeAt { target: options.target.clone(), names, tool: options.tool };
    let planned = desk::act(context, propose)?;
    let Some(plan) = planned.plan else {
        return Ok(super::plan::outcome(context, &planned));
    };
    let alone = super::plan::recorded(context)?
        .iter()
        .any(|view| view.id == plan && view.needed.one_person && view.needed.people <= 1);
    let rest = rest(args, fixed);
    if !alone {
        let waits = super::plan::outcome(context, &planned);
        return Ok(Outcome { exit: 1, ..with(rest, waits, context.is_json()) });
    }
    desk::act(context, Action::Approve { plan })?;
    let done = desk::act(context, Action::Apply { plan })?;
    Ok(with(rest, super::plan::outcome(context, &done), context.is_json()))
}

/// What is left where everything was asked for and no tool mends all of it.
fn rest(args: &FixArgs, fixed: &Fixed) -> Option<String> {
    let left = by_hand(fixed);
    let findings = counted(left as u64, "finding", "findings");
    let see = format!("holdfast fix {}{}", what(args), options_of(args));
    (args.everything() && left > 0)
        .then(|| format!("No tool mends {findings} more; see why: {see}\n"))
}

/// What is not mended ends with 1, whatever became of the others.
fn with(rest: Option<String>, outcome: Outcome, json: bool) -> Outcome {
    let Some(rest) = rest else { return outcome };
    let text = if json { outcome.text } else { outcome.text + &rest };
    Outcome { text, exit: 1 }
}

/// How many findings no tool mends.
fn by_hand(fixed: &Fixed) -> usize {
    let mended = |row: &&Row| fixed.forms.iter().any(|form| form.keys.contains(&row.key));
    fixed.findings.len() - fixed.findings.iter().filter(mended).count()
}

/// What mends a host, as code of a tool, and nothing else but comments: one file that the tool takes.
fn code(tool: Tool, fixed: &Fixed) -> String {
    let mut out = String::new();
    for (at, form) in fixed.forms.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        // Plays of one file are one document.
        let joined = at > 0 && tool == Tool::Ansible;
        let code = if joined { form.code.replacen("---\n", "", 1) } else { form.code.clone() };
        let _ = writeln!(out, "{}\n", code.trim_end());
        for (word, words) in [
            ("restart", &form.restart),
            ("interruption", &form.interruption),
            ("slowdown", &form.slowdown),
            ("risk", &form.risk),
        ] {
            let _ = writeln!(out, "# {word}: {}", on_one_line(words));
        }
        if form.lockout {
            out.push_str(
                "# it may lock people out, and nothing here takes it back: see first that somebody \
                 else can get in, or leave both to Holdfast, with --apply\n",
            );
        }
    }
    out
}

/// What became of the folder that got the fix of a host.
fn laid(args: &FixArgs, fixed: &Fixed, written: &Written) -> String {
    let Written { folder, name, .. } = written;
    let is = match args.tool() {
        Tool::Shell => "scripts",
        Tool::Ansible => "the Ansible role",
        Tool::Puppet => "the Puppet module",
        Tool::Chef => "the Chef cookbook",
    };
    let controls = counted(fixed.forms.len() as u64, "control", "controls");
    let mut out = format!("In {folder}: {is} `{name}` of {controls}\n");
    for (word, paths) in [
        ("wrote", &written.written),
        ("took away", &written.removed),
        ("left as yours", &written.left),
    ] {
        for path in paths {
            let _ = writeln!(out, "  {word} {path}");
        }
    }
    if !written.unchanged.is_empty() {
        let same =
            counted(written.unchanged.len() as u64, "file is as it was", "files are as they were");
        let _ = writeln!(out, "  {same}");
    }
    let left = by_hand(fixed);
    if left > 0 {
        let findings = counted(left as u64, "finding", "findings");
        let _ = writeln!(out, "No tool mends {findings} more; see why in {folder}/README.md");
    }
    for note in &fixed.notes {
        let _ = writeln!(out, "note: {note}");
    }
    let _ = writeln!(out, "No host was changed. How it is used: {folder}/README.md");
    out
}

/// What was asked for, as it is typed.
fn what(args: &FixArgs) -> String {
    if args.everything() { "--all".to_owned() } else { args.keys.join(" ") }
}

/// The options that have to be given again.
fn options_of(args: &FixArgs) -> String {
    let mut words = String::new();
    // With `--all` it says that a host is meant.
    if args.form.is_some() && (args.everything() || args.tool() != Tool::Shell) {
        words.push_str(" --as ");
        words.push_str(args.tool().word());
    }
    if let Some(target) = &args.target {
        words.push_str(" --target ");
        words.push_str(&render::quoted(target));
    }
    words
}

/// The same for a folder: without them another change would be made, or none.
fn of_folder(args: &FixArgs) -> String {
    let mut words = String::new();
    if args.path != Path::new(".") {
        words.push_str(" --path ");
        words.push_str(&render::quoted(&args.path.to_string_lossy()));
    }
    if args.overrides {
        words.push_str(" --override");
    }
    words
}

/// Headlines: each once, with the things of a host that it is about.
fn headlines(style: &Style, fixed: &Fixed, out: &mut String) {
    let mut heads: Vec<(&Row, Vec<&str>)> = Vec::new();
    for row in &fixed.findings {
        let resource = row.resource.as_deref();
        let same = |known: &&mut (&Row, Vec<&str>)| {
            known.0.resource.is_some()
                && (&known.0.title, &known.0.advice) == (&row.title, &row.advice)
        };
        if let (Some((_, resources)), Some(resource)) = (heads.iter_mut().find(same), resource) {
            resources.push(resource);
            continue;
        }
        heads.push((row, resource.into_iter().collect()));
    }
    for (row, resources) in heads {
        let word = match row.mended {
            Some(true) => "mended, proven by a new look: ",
            Some(false) => "not mended: ",
            None => "",
        };
        let _ = writeln!(out, "{word}{}", style.strong(&row.title));
        for resource in resources {
            let _ = writeln!(out, "  {}", on_one_line(resource));
        }
        let _ = writeln!(out, "  {}", row.advice);
    }
}

fn human(style: &Style, args: &FixArgs, fixed: &Fixed) -> String {
    let mut out = String::new();
    headlines(style, fixed, &mut out);
    if fixed.forms.is_empty() && args.of_host() {
        out.push_str("There is nothing that a tool would mend there. Nothing was written.\n");
    } else if fixed.findings.is_empty() {
        out.push_str("There is nothing here that an edit would mend.\n");
    }
    if !fixed.diff.is_empty() {
        let _ = write!(out, "\n{}", fixed.diff);
    }
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
        let what = format!("{}{}", what(args), of_folder(args));
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

#[cfg(test)]
mod tests {
    use holdfast_engine::fix::FormRow;

    use super::*;

    fn row(key: &str) -> Row {
        Row {
            key: key.to_owned(),
            weakness: "root-login".into(),
            title: "root may log in over ssh".to_owned(),
            resource: None,
            target: None,
            advice: String::new(),
            mended: None,
        }
    }

    fn fixed(keys: &[&str], mended: &[&str]) -> Fixed {
        let form = FormRow {
            control: "root-login".into(),
            keys: mended.iter().map(|key| (*key).to_owned()).collect(),
            tool: "shell",
            code: String::new(),
            undo: String::new(),
            precheck: String::new(),
            restart: String::new(),
            interruption: String::new(),
            slowdown: String::new(),
            risk: String::new(),
            lockout: false,
        };
        Fixed {
            schema: "holdfast/fix/1",
            findings: keys.iter().map(|key| row(key)).collect(),
            diff: String::new(),
            commands: Vec::new(),
            applied: false,
            notes: Vec::new(),
            forms: vec![form],
            written: None,
        }
    }

    fn args(all: bool) -> FixArgs {
        FixArgs {
            keys: Vec::new(),
            all,
            apply: true,
            path: ".".into(),
            overrides: false,
            undo: false,
            form: None,
            target: Some("root:/srv/a b".to_owned()),
            into: None,
            baseline: None,
        }
    }

    #[test]
    fn what_no_tool_mends_is_told_and_ends_with_1() {
        let rest = rest(&args(true), &fixed(&["A", "B", "C"], &["B"]));
        let wanted = "No tool mends 2 findings more; see why: holdfast fix --all --target \
                      'root:/srv/a b'\n";
        assert_eq!(rest.as_deref(), Some(wanted));
        let done = || Outcome::ok("Done.\n".to_owned());
        let told = with(rest.clone(), done(), false);
        assert_eq!((told.text, told.exit), (format!("Done.\n{wanted}"), 1));
        let document = with(rest, done(), true);
        assert_eq!((document.text.as_str(), document.exit), ("Done.\n", 1));
    }

    #[test]
    fn the_change_of_another_folder_is_made_there() {
        let shown = |args: &FixArgs| {
            let change = Fixed { diff: "+a\n".to_owned(), forms: Vec::new(), ..fixed(&["A"], &[]) };
            human(&Style::plain(), args, &change)
        };
        let here = FixArgs { target: None, keys: vec!["A".to_owned()], ..args(false) };
        assert!(shown(&here).ends_with(" Make the change: holdfast fix A --apply\n"));
        let there = FixArgs { path: "a b".into(), overrides: true, ..here };
        let wanted = " Make the change: holdfast fix A --path 'a b' --override --apply\n";
        assert!(shown(&there).ends_with(wanted), "{}", shown(&there));
    }

    #[test]
    fn whoever_named_this_machine_is_told_to_name_it_again() {
        let local = FixArgs { target: Some("local".to_owned()), ..args(false) };
        assert_eq!(options_of(&local), " --target local");
        assert_eq!(options_of(&FixArgs { target: None, ..local }), "");
    }

    #[test]
    fn where_everything_is_mended_nothing_is_left() {
        let none = rest(&args(true), &fixed(&["A", "B"], &["B", "A"]));
        assert_eq!(none, None);
        let done = with(none, Outcome::ok(String::new()), false);
        assert_eq!(done.exit, 0);
        // Whoever named findings hears of each of them before anything is planned.
        assert_eq!(rest(&args(false), &fixed(&["A", "B"], &["B"])), None);
    }
}
