//! `holdfast import`: other people's reports.

use std::fmt::Write as _;

use holdfast_engine::Failure;
use holdfast_engine::import::{self, Imported, SubjectRow, TestsRow};
use holdfast_model::Coverage;

use super::{Context, block_on, desk};
use crate::Outcome;
use crate::args::{Format, ImportArgs};
use crate::progress::Progress;
use crate::render::human::counted;
use crate::render::style::shorten;
use crate::render::{self, problem};

/// How many dismissed findings of an asset are shown.
const DISMISSED: usize = 3;

/// Imports and says what became of it.
pub fn run(context: &Context<'_>, args: &ImportArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let progress = Progress::start();
    progress.say("reading reports");
    let imported = imported(context, args, &progress)?;
    drop(progress);
    let text = if context.is_json() { render::json(&imported) } else { human(context, &imported) };
    Ok(Outcome::ok(text))
}

/// By whoever holds the data folder, else by ourselves.
fn imported(
    context: &Context<'_>,
    args: &ImportArgs,
    progress: &Progress,
) -> Result<Imported, Failure> {
    let (files, asset) = (args.files.clone(), args.asset.clone());
    if !args.dry_run {
        let here = context.world.here.clone();
        let asked = import::Asked { here, files: files.clone(), asset: asset.clone() };
        let done = desk::import(context, asked, &mut |line| progress.say(line))?;
        if let Some(imported) = done {
            return Ok(imported);
        }
    }
    let appetite = context.chosen()?;
    let options = import::Options { files, dry_run: args.dry_run, asset, appetite };
    block_on(import::import(context.world, &context.data, &options))?
}

fn human(context: &Context<'_>, imported: &Imported) -> String {
    let mut out = String::new();
    for told in &imported.details {
        out.push_str(&problem::render(told, context.style));
    }
    for report in &imported.reports {
        let Some(format) = &report.format else { continue };
        let found = counted(report.findings, "finding", "findings");
        let grouped = match report.grouped {
            grouped if grouped == report.findings => String::new(),
            grouped => format!(", {grouped} when grouped"),
        };
        let _ = writeln!(out, "Read {} ({format}): {found}{grouped}", report.path);
        for row in imported.assets.iter().filter(|row| row.report == report.path) {
            asset(context, row, &mut out);
        }
    }
    if imported.dry_run {
        out.push_str("Nothing was written. To write it, leave --dry-run out.\n");
    } else if imported.assets.iter().any(|row| row.joined + row.own > 0) {
        out.push_str("Start here: holdfast findings\n");
    }
    out
}

fn asset(context: &Context<'_>, row: &SubjectRow, out: &mut String) {
    let style = context.style;
    let called: Vec<&str> = row.called.iter().map(|name| &**name).collect();
    let called = shorten(&called.join(", "), 40);
    let to = match &row.joined_by {
        Some(by) => format!("{}, by {by}", row.name),
        None => format!("{}, known from reports only", row.name),
    };
    let _ = writeln!(out, "  {} {} → {to}", row.scanner, style.strong(&called));
    if row.ambiguous || row.joined_by.is_none() {
        let _ = writeln!(out, "    {}", row.because);
    }
    let _ = writeln!(out, "    {}", happened(row));
    if let Some(tests) = &row.tests {
        let _ = writeln!(out, "    {}", tested(tests));
    } else if row.coverage == Coverage::Partial {
        let because = &row.coverage_because;
        let _ = writeln!(out, "    it closes nothing: {because}");
    }
    for one in row.dismissed.iter().take(DISMISSED) {
        let title = shorten(&one.title, 50);
        let _ = writeln!(
            out,
            "    {}",
            style.dim(&format!("no problem, it says: {title} ({})", one.because))
        );
    }
    let more = row.dismissed.len().saturating_sub(DISMISSED) as u64 + row.dismissed_more;
    if more > 0 {
        let _ = writeln!(out, "    {}", style.dim(&format!("and {more} more that are no problem")));
    }
}

/// What the tests of a report came to, and where we see it otherwise.
fn tested(tests: &TestsRow) -> String {
    let parts = [
        (tests.passed, "passed"),
        (tests.failed, "failed"),
        (tests.not_applicable, "not applicable"),
        (tests.not_assessed, "not assessed"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    let total = parts.iter().map(|(count, _)| count).sum();
    let mut out = counted(total, "test", "tests");
    if !said.is_empty() {
        let _ = write!(out, ": {}", said.join(", "));
    }
    match tests.contested.len() as u64 {
        0 => {}
        count => {
            let findings = counted(count, "finding", "findings");
            let _ = write!(out, "; {findings} of ours it passes, which stay open");
        }
    }
    out
}

fn happened(row: &SubjectRow) -> String {
    if row.outdated {
        return "a newer report was imported before: this one changes nothing".to_owned();
    }
    if row.unchanged {
        return "the same as in its last report: nothing new".to_owned();
    }
    let confirmed = row.confirmed.len() as u64;
    let parts = [
        (row.joined, "that we found too"),
        (row.own, "that only scanners know"),
        (row.new, "of them new"),
        (row.reopened, "opened again"),
        (row.closed, "closed"),
        (confirmed, "confirmed as mended"),
        (row.older, "mended since"),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if said.is_empty() { "nothing is named".to_owned() } else { said.join(", ") }
}
