//! `holdfast history`: how long mending took before anybody looked.

use std::fmt::Write as _;

use holdfast_engine::Failure;
use holdfast_engine::history::{self, Told};
use holdfast_model::{Problem, Timestamp};

use super::Context;
use crate::Outcome;
use crate::args::{Format, HistoryArgs};
use crate::progress::Progress;
use crate::render::human::counted;
use crate::render::{self, problem};

/// How many spells are shown one by one.
const SHOWN: usize = 5;

/// Reconstructs and tells.
pub fn run(context: &Context<'_>, args: &HistoryArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let since = args.since.as_deref().map(|text| day(context, text)).transpose()?;
    let options = history::Options { path: args.path.clone(), since };
    let progress = Progress::start();
    progress.say("reading old lockfiles and logs");
    let told = history::history(context.world, &context.data, &options)?;
    drop(progress);
    let text = if context.is_json() { render::json(&told) } else { human(context, &told) };
    Ok(Outcome::ok(text))
}

/// The beginning of a day in the zone of people here.
fn day(context: &Context<'_>, text: &str) -> Result<Timestamp, Problem> {
    let date = text.parse::<jiff::civil::Date>().ok();
    let start = date.and_then(|date| date.to_zoned(context.world.clock.zone()).ok());
    start.map(|zoned| Timestamp(zoned.timestamp().as_millisecond())).ok_or_else(|| {
        let problem = Problem::new("bad-date", format!("`{text}` is no date"));
        problem.help("write it as 2026-01-31")
    })
}

fn human(context: &Context<'_>, told: &Told) -> String {
    let style = context.style;
    let mut out = String::new();
    for one in &told.details {
        out.push_str(&problem::render(one, style));
    }
    if told.sources.is_empty() {
        out.push_str("Nothing here remembers: no lockfile in git, and no log of dpkg.\n");
        return out;
    }
    for source in &told.sources {
        let from = source.from.as_deref().and_then(|from| from.split('T').next()).unwrap_or("–");
        let what = match source.source {
            "git" => counted(source.states, "commit", "commits"),
            _ => counted(source.states, "step", "steps"),
        };
        let files = counted(source.files, "file", "files");
        let _ = writeln!(
            out,
            "Read {} of {}: {what}, {files}, since {from}",
            source.source, source.asset
        );
        if source.unreadable > 0 {
            let many = source.unreadable;
            let _ = writeln!(
                out,
                "  {many} could not be read whole: what they lack does not count as mended"
            );
        }
    }
    let summary = &told.summary;
    let _ = writeln!(
        out,
        "Reconstructed, not watched: {}, {} mended, {} open.",
        counted(summary.spells, "known problem", "known problems"),
        summary.mended,
        summary.open
    );
    let _ = writeln!(out, "{}", style.strong(&summary.half));
    if summary.spells > 0 {
        let _ = writeln!(out, "Half of all: {}.", summary.median);
        let _ = writeln!(
            out,
            "On average a problem was open for {} of its first 90 days.",
            summary.mean
        );
    }
    if let Some(flattery) = &summary.flattery {
        let _ = writeln!(out, "{flattery}");
    }
    for row in told.spells.iter().take(SHOWN) {
        let from = row.from.split('T').next().unwrap_or_default();
        let _ = writeln!(
            out,
            "  {:<6} {} in {}: {} since {from}",
            row.end, row.weakness, row.subject, row.took
        );
    }
    if !told.undated.is_empty() {
        let count = counted(told.undated.len() as u64, "advisory", "advisories");
        let _ = writeln!(out, "{count} without a date of publication left out.");
    }
    out
}
