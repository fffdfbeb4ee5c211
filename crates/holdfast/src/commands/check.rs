//! `holdfast check`: the gate.

use std::fmt::Write as _;

use holdfast_engine::lineage::{self, Noted};
use holdfast_engine::{Failure, check};
use holdfast_model::{FindingKind, Problem};

use super::{Context, desk};
use crate::Outcome;
use crate::args::{CheckArgs, Format};
use crate::render::human::counted;
use crate::render::{self, problem};

/// Judges and reports.
pub fn run(context: &Context<'_>, args: &CheckArgs) -> Result<Outcome, Failure> {
    context.only(&Format::REPORTS)?;
    let options = check::Options {
        path: args.path.clone(),
        base: args.base.clone(),
        only: kinds(&args.only)?,
        stage: args.stage.map(crate::args::Stage::word),
        appetite: context.chosen()?,
    };
    let (report, judged) = check::checked(context.world, &context.data, &options)?;
    let exit = render::exit_of(report.verdict, context.common.strict);
    let mut text = render::report(&report, context.common.format, context.style);
    if args.record {
        lineage::only_images(&judged)?;
        let noted = desk::record_image(context, judged, &args.path)?;
        if context.common.format == Format::Human {
            text.push_str(&recorded(context, &noted));
        }
    } else {
        // The process ends with this command: to take apart what was seen would be work for nothing.
        std::mem::forget(judged);
    }
    Ok(Outcome { text, exit })
}

/// What the look changed in the record.
fn recorded(context: &Context<'_>, noted: &Noted) -> String {
    let mut out = String::new();
    for told in &noted.problems {
        out.push_str(&problem::render(told, context.style));
    }
    let opened = match noted.opened {
        0 => String::new(),
        opened => format!(", {} new", counted(opened, "finding", "findings")),
    };
    let _ = writeln!(out, "Recorded {}{opened}.", noted.asset);
    for old in &noted.replaced {
        let _ = writeln!(out, "It has the name of {old} now.");
    }
    out
}

fn kinds(words: &[String]) -> Result<Vec<FindingKind>, Failure> {
    let all = || FindingKind::ALL.iter().map(|kind| kind.word());
    let parse = |word: &String| {
        FindingKind::parse(word).ok_or_else(|| {
            let problem = Problem::new("unknown-kind", format!("`{word}` is no kind of finding"));
            let help = match holdfast_rulefile::suggest(word, all()) {
                Some(guess) => format!("did you mean `{guess}`?"),
                None => format!("use one of {}", all().collect::<Vec<_>>().join(", ")),
            };
            Failure::from(problem.help(help))
        })
    };
    words.iter().map(parse).collect()
}
