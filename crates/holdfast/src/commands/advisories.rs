//! `holdfast advisories`: bring known problems in, and ask about them.

mod affected;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use holdfast_engine::renew::Renewed;
use holdfast_engine::sync::{self, Named, Request, Sources, SyncReport};
use holdfast_engine::{Failure, ask, sensors, settings};
use holdfast_model::Problem;
use holdfast_world::Reach;

use super::{Context, desk};
use crate::Outcome;
use crate::args::{AdvisoriesCommand, Format, SyncArgs};
use crate::progress::Progress;
use crate::render::human::counted;
use crate::render::{self, problem};

/// Carries one of them out.
pub fn run(context: &Context<'_>, command: &AdvisoriesCommand) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    match command {
        AdvisoriesCommand::Sync(args) => sync_all(context, args),
        AdvisoriesCommand::Status => {
            let report = sync::status(context.world, &context.data);
            Ok(Outcome::ok(if context.is_json() {
                render::json(&report)
            } else {
                feeds(context, &report)
            }))
        }
        AdvisoriesCommand::Show { purl } => show(context, purl),
        AdvisoriesCommand::Affected { id, since: Some(since), limit, .. } => {
            affected::since(context, since, id.as_deref(), *limit)
        }
        AdvisoriesCommand::Affected { id, since: None, limit, after } => {
            affected::run(context, id.as_deref().unwrap_or_default(), *limit, *after)
        }
        AdvisoriesCommand::Compare { ecosystem, file } => compare(context, ecosystem, file),
    }
}

fn sync_all(context: &Context<'_>, args: &SyncArgs) -> Result<Outcome, Failure> {
    let world = context.world;
    let folder = sensors::open(world, Path::new("."))?;
    let config = settings::read(&folder.tree, None, &world.clock.zone())?.config.advisories;
    let named = Named { from: &args.from, kev: args.kev.as_deref(), epss: args.epss.as_deref() };
    let sources = Sources::chosen(named, &world.here, &config, folder.root().path())?;
    // A folder may speak for its own network; only who types the command speaks for this machine.
    let reach = Reach { private: config.private || args.private, loopback: args.private };
    let request = Request { sources, reach, offline: context.common.offline };
    let progress = Progress::start();
    let say = |what: &str| progress.say(what);
    let mut report = sync::sync(world, &context.data, &request, &say)?;
    progress.say("bringing findings up to date");
    match desk::renew(context, &progress) {
        Ok(renewed) => report.renewed = renewed,
        // The feeds are here; the next look or sync brings the findings.
        Err(failure) => {
            for told in failure.problems() {
                report.problems.push(told.into());
                report.details.push(told.clone());
            }
        }
    }
    drop(progress);
    Ok(Outcome::ok(if context.is_json() { render::json(&report) } else { feeds(context, &report) }))
}

fn feeds(context: &Context<'_>, report: &SyncReport) -> String {
    let mut out = String::new();
    let name = |feed: &sync::FeedRow| holdfast_model::Ecosystem::new(&feed.ecosystem).to_string();
    let width =
        report.feeds.iter().map(|feed| name(feed).chars().count()).max().unwrap_or_default();
    for feed in &report.feeds {
        let age = match feed.age {
            Some(0) => "changed today".to_owned(),
            Some(1) => "changed yesterday".to_owned(),
            Some(days) => format!("changed {days} days ago"),
            None => "age unknown".to_owned(),
        };
        let changed = match feed.changed {
            0 => String::new(),
            n => format!(" · {n} new or different"),
        };
        let records = counted(feed.records, "record", "records");
        let _ = writeln!(out, "{:width$}  {records} · {age}{changed}", name(feed));
    }
    if report.feeds.is_empty() {
        out.push_str("There are no feeds yet.\n");
    }
    let starter = counted(report.starter, "weakness", "weaknesses");
    let _ =
        writeln!(out, "The starter set knows {starter} besides; it is never counted as coverage.");
    if let Some(exploited) = report.exploited {
        let _ = writeln!(
            out,
            "{} known to be exploited.",
            counted(exploited, "weakness is", "weaknesses are")
        );
    }
    if let Some(day) = &report.exploited_as_of {
        let _ = writeln!(out, "What is known to be exploited is as of {day}.");
    }
    if let Some(day) = &report.likely_as_of {
        let _ = writeln!(out, "The chances of exploitation are as of {day}.");
    }
    if let Some(renewed) = &report.renewed {
        out.push_str(&news(renewed));
    }
    for dropped in &report.dropped {
        let _ = writeln!(out, "{dropped} was there before and is in none of these sources.");
    }
    for detail in report.details.iter().take(5) {
        out.push_str(&problem::render(detail, context.style));
    }
    if report.details.len() > 5 {
        let _ = writeln!(out, "and {} more problems: --format json", report.details.len() - 5);
    }
    if report.built.is_none() {
        out.push_str("Bring feeds in: holdfast advisories sync\n");
    }
    out
}

/// What a sync changed for whoever was looked at before.
fn news(renewed: &Renewed) -> String {
    if renewed.assets == 0 {
        return String::new();
    }
    let mut parts = Vec::new();
    for (number, word) in
        [(renewed.opened, "opened"), (renewed.withdrawn, "withdrawn"), (renewed.merged, "merged")]
    {
        if number > 0 {
            parts.push(format!("{} {word}", counted(number, "finding", "findings")));
        }
    }
    if parts.is_empty() {
        parts.push("findings were brought up to date".to_owned());
    }
    let assets = counted(renewed.assets, "asset", "assets");
    let teams = counted(renewed.teams.len() as u64, "team", "teams");
    format!("{} on {assets} of {teams}, without another look.\n", parts.join(", "))
}

fn show(context: &Context<'_>, purl: &str) -> Result<Outcome, Failure> {
    let shown = ask::show(context.world, &context.data, purl)?;
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&shown)));
    }
    let mut out = String::new();
    if shown.weaknesses.is_empty() && shown.not_assessed.is_empty() {
        let against = if shown.covered { "" } else { ", and no feed covers it" };
        let _ = writeln!(out, "Nothing known of {}{against}.", shown.subject);
    }
    for reason in &shown.not_assessed {
        let _ = writeln!(out, "not assessed  {reason}");
    }
    for row in &shown.weaknesses {
        let also = if row.aliases.is_empty() {
            String::new()
        } else {
            format!(" ({})", row.aliases.join(", "))
        };
        let _ = writeln!(out, "{}  {}{also}", row.severity.word().to_uppercase(), row.weakness);
        let _ = writeln!(out, "      {}", row.title);
        for range in &row.affected {
            let _ = writeln!(out, "      affected: {range}");
        }
    }
    Ok(Outcome::ok(out))
}

fn compare(context: &Context<'_>, ecosystem: &str, file: &PathBuf) -> Result<Outcome, Failure> {
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .take(super::LARGEST)
            .read_to_string(&mut text)
            .map_err(|error| Problem::new("cannot-read", format!("standard input: {error}")))?;
        text
    } else {
        context.text(&file.to_string_lossy())?
    };
    let answer = ask::compare(ecosystem, &file.to_string_lossy(), &text)?;
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&answer)));
    }
    let mut out = String::new();
    for line in &answer.lines {
        let _ = writeln!(out, "{line}");
    }
    for problem in &answer.problems {
        if let Some(at) = &problem.place {
            let _ = write!(out, "{}:{}:{}: ", at.path, at.line, at.column);
        }
        let help = if problem.help.is_empty() { "" } else { "; " };
        let _ = writeln!(out, "{}{help}{}", problem.message, problem.help);
    }
    let compared = counted(answer.compared, "comparison", "comparisons");
    let _ = writeln!(out, "{compared}, {} wrong", answer.wrong);
    Ok(Outcome::ok(out))
}
