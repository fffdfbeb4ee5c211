//! `holdfast vex`: statements about known problems, ours and those of others.

use std::fmt::Write as _;

use holdfast_engine::statements::{self, Notation};
use holdfast_engine::{Failure, check};
use holdfast_model::{Problem, Target};
use serde::Serialize;

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{Format, VexArgs};
use crate::render::{self, problem};

/// `holdfast/vex-taken/1`.
#[derive(Debug, Serialize)]
struct Taken {
    schema: &'static str,
    file: Option<String>,
    statements: usize,
    applied: usize,
    unbelieved: Vec<String>,
    left_out: Vec<String>,
    problems: Vec<holdfast_engine::document::ProblemRow>,
}

/// States or takes in. Without a form, statements are OpenVEX.
pub fn run(context: &Context<'_>, args: &VexArgs) -> Result<Outcome, Failure> {
    let target = Target::parse(&args.of);
    let options = check::Options {
        path: args.of.as_str().into(),
        appetite: context.chosen()?,
        ..check::Options::default()
    };
    if let Some(document) = &args.take {
        context.only(&[Format::Human, Format::Json])?;
        if target.is_some() {
            let message = format!("`{}` is a host, and statements are kept in folders", args.of);
            let problem = Problem::new("take-for-host", message);
            return Err(problem.help("name the folder of the product that they are about").into());
        }
        return take(context, &options, document);
    }
    let notation = match context.common.format {
        Format::Human | Format::Json | Format::OpenVex => Notation::OpenVex,
        Format::CycloneDx => Notation::CycloneDx,
        _ => {
            let problem = Problem::new("no-such-form", "statements have no such form");
            return Err(problem.help("use --format openvex or --format cyclonedx").into());
        }
    };
    let author = args.author.as_deref();
    let (world, data) = (context.world, &context.data);
    let text = match target {
        Some(target) => block_on(statements::write_host(world, data, &target, author, notation))??,
        None => statements::write(world, data, &options, author, notation)?,
    };
    Ok(Outcome::ok(text))
}

fn take(
    context: &Context<'_>,
    options: &check::Options,
    document: &std::path::Path,
) -> Result<Outcome, Failure> {
    let taken = statements::take(context.world, &context.data, options, document)?;
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&Taken {
            schema: "holdfast/vex-taken/1",
            file: taken.file,
            statements: taken.read,
            applied: taken.applied,
            unbelieved: taken.unbelieved,
            left_out: taken.left_out,
            problems: taken.problems.iter().map(Into::into).collect(),
        })));
    }
    let mut out = String::new();
    for found in &taken.problems {
        out.push_str(&problem::render(found, context.style));
    }
    match &taken.file {
        None => {
            let line =
                format!("None of {} statements speaks of what was found here.\n", taken.read);
            out.push_str(&line);
        }
        Some(file) => {
            let line = format!(
                "{} of {} statements taken in, for the versions that are here now.\n\
                 Written to {file}; it counts for others once it is merged.\n",
                taken.applied, taken.read
            );
            out.push_str(&line);
        }
    }
    for why in &taken.left_out {
        let _ = writeln!(out, "Not taken in: {why}.");
    }
    for author in &taken.unbelieved {
        let line = format!(
            "What {author} states closes nothing until `authors` of `[statements]` in holdfast.toml \
             names them.\n"
        );
        out.push_str(&line);
    }
    Ok(Outcome::ok(out))
}
