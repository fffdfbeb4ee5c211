//! `holdfast sbom`: what is there, in the words of others.

use std::path::Path;

use holdfast_engine::Failure;
use holdfast_engine::bill::{self, Notation};
use holdfast_model::{Problem, Target};

use super::Context;
use crate::Outcome;
use crate::args::{Format, SbomArgs};

/// Looks and writes. Without a form, CycloneDX.
pub fn run(context: &Context<'_>, args: &SbomArgs) -> Result<Outcome, Failure> {
    let notation = match context.common.format {
        Format::Human | Format::Json | Format::CycloneDx => Notation::CycloneDx,
        Format::Spdx => Notation::Spdx,
        _ => {
            let problem = Problem::new("no-such-form", "a bill of materials has no such form");
            return Err(problem.help("use --format cyclonedx or --format spdx").into());
        }
    };
    let text = match Target::parse(&args.of) {
        Some(target) => bill::of_host(context.world, &target, notation)?,
        None => bill::of_path(context.world, Path::new(&args.of), notation)?,
    };
    Ok(Outcome::ok(text))
}
