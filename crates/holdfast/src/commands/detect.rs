//! `holdfast detect`: logs through the rules over events.

use std::fmt::Write as _;

use holdfast_engine::Failure;
use holdfast_engine::detect::{self, AlertRow, Detected};

use super::{Context, announce, block_on};
use crate::Outcome;
use crate::args::{DetectArgs, Format};
use crate::progress::Progress;
use crate::render::human::counted;
use crate::render::style::on_one_line;
use crate::render::{self, problem};

/// How many alerts people are shown; all of them stand in the JSON document.
const SHOWN: usize = 10;

/// Reads them. Exit code 0 whatever the rules say: it is a question, not a gate.
pub fn run(context: &Context<'_>, args: &DetectArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let announcements = block_on(announce::recorded(context))??;
    let progress = Progress::start();
    progress.say("reading logs");
    let options = detect::Options {
        paths: &args.paths,
        rules: args.rules.as_deref(),
        only_given: args.only_given_rules,
        announcements: &announcements,
    };
    let detected = detect::detect(context.world, &options)?;
    drop(progress);
    Ok(Outcome::ok(if context.is_json() {
        render::json(&detected)
    } else {
        human(context, &detected)
    }))
}

fn human(context: &Context<'_>, detected: &Detected) -> String {
    let style = context.style;
    let mut out = String::new();
    for one in &detected.details {
        out.push_str(&problem::render(one, style));
    }
    let mut alerts: Vec<&AlertRow> = detected.alerts.iter().collect();
    // What nobody announced comes first, the most urgent before the others.
    alerts.sort_by(|a, b| {
        let order = |row: &AlertRow| (row.expected_by.is_some(), std::cmp::Reverse(row.severity));
        order(a).cmp(&order(b)).then_with(|| a.time.cmp(&b.time))
    });
    for alert in alerts.iter().take(SHOWN) {
        let word = match alert.expected_by {
            Some(_) => style.dim(&format!("{:<13}", "ANNOUNCED")),
            None => style.urgency(alert.severity, 13),
        };
        let _ = writeln!(out, "{word} {}", style.strong(&on_one_line(&alert.title)));
        let targets: Vec<&str> = alert.target.iter().take(3).map(|target| &**target).collect();
        let on =
            if targets.is_empty() { String::new() } else { format!(" on {}", targets.join(", ")) };
        let what = format!("{} · {} · {}{on}", alert.time, alert.actor, alert.action);
        let _ = writeln!(out, "              {}", on_one_line(&what));
        let place = &alert.place;
        let _ = writeln!(
            out,
            "              {}:{}:{}",
            on_one_line(&place.path),
            place.line,
            place.column
        );
        if !alert.although.is_empty() {
            let _ = writeln!(out, "              {}", on_one_line(&alert.although));
        }
    }
    if alerts.len() > SHOWN {
        let _ = writeln!(out, "{} more: holdfast detect --format json …", alerts.len() - SHOWN);
    }
    let records = detected.records;
    let rules = counted(detected.rules.len() as u64, "rule", "rules");
    let _ = writeln!(
        out,
        "{} read by {rules}: {}, {} refused.",
        counted(records.read, "record", "records"),
        counted(alerts.len() as u64, "alert", "alerts"),
        records.refused
    );
    out
}
