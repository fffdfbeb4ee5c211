//! `holdfast check`: the gate.

use holdfast_engine::{Failure, check};
use holdfast_model::{FindingKind, Problem};

use super::Context;
use crate::Outcome;
use crate::args::{CheckArgs, Format};
use crate::render;

/// Judges and reports.
pub fn run(context: &Context<'_>, args: &CheckArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json, Format::Sarif, Format::Markdown])?;
    let options = check::Options {
        path: args.path.clone(),
        base: args.base.clone(),
        only: kinds(&args.only)?,
        stage: args.stage.map(crate::args::Stage::word),
        appetite: context.chosen()?,
    };
    let report = check::check(context.world, &context.data, &options)?;
    let exit = render::exit_of(report.verdict, context.common.strict);
    Ok(Outcome { text: render::report(&report, context.common.format, context.style), exit })
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
