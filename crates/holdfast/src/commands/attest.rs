//! `holdfast attest`: writes down what somebody found who looked, in the tree.

use holdfast_engine::{Failure, attest, hosts};
use holdfast_model::Problem;
use jiff::civil::Date;
use serde::Serialize;

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{AttestArgs, Format};
use crate::render;

/// `holdfast/attest/1`.
#[derive(Debug, Serialize)]
struct Attested<'a> {
    schema: &'static str,
    control: &'a str,
    host: String,
    asked: String,
    until: String,
    by: &'a str,
    file: &'static str,
}

/// Writes it.
pub fn run(context: &Context<'_>, args: &AttestArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let until: Date = args.until.parse().map_err(|_| {
        Problem::new("bad-date", format!("`{}` is no date", args.until))
            .help("write the last day as 2027-01-31")
    })?;
    let request = attest::Request {
        control: &args.control,
        host: &args.host,
        until,
        because: &args.because,
        by: args.by.as_deref().unwrap_or(&context.world.host.user),
    };
    let managed = block_on(hosts::all(&context.data))??;
    let written = attest::attest(context.world, &args.path, &managed, &request)?;
    let document = Attested {
        schema: "holdfast/attest/1",
        control: &args.control,
        host: written.host,
        asked: written.ask,
        until: until.to_string(),
        by: request.by,
        file: attest::FILE,
    };
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&document)));
    }
    Ok(Outcome::ok(format!(
        "{} on {}: yes, by {}, until {}.\nWritten to {}; it counts for others once it is merged.\n",
        document.asked, document.host, document.by, document.until, document.file
    )))
}
