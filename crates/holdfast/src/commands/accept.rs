//! `holdfast accept`: writes an acceptance into the tree, where others can read and review it.

use std::sync::Arc;

use holdfast_engine::accept::not_affected;
use holdfast_engine::{Failure, accept, check};
use holdfast_model::Problem;
use jiff::civil::Date;
use serde::Serialize;

use super::Context;
use crate::Outcome;
use crate::args::{AcceptArgs, Format};
use crate::render;

/// `holdfast/accept/1`.
#[derive(Debug, Serialize)]
struct Accepted {
    schema: &'static str,
    key: String,
    weakness: Arc<str>,
    until: String,
    owner: String,
    approved: bool,
    file: &'static str,
}

/// Writes it.
pub fn run(context: &Context<'_>, args: &AcceptArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let until: Date = args.until.parse().map_err(|_| {
        Problem::new("bad-date", format!("`{}` is no date", args.until))
            .help("write the last day as 2027-01-31")
    })?;
    let options = check::Options {
        path: args.path.clone(),
        appetite: context.chosen()?,
        ..check::Options::default()
    };
    let reason = match &args.not_affected {
        Some(word) if !args.because.trim().is_empty() => not_affected(word, &args.because),
        _ => args.because.clone(),
    };
    let request = accept::Request {
        name: &args.key,
        until,
        reason: &reason,
        owner: args.owner.as_deref().unwrap_or(&context.world.host.user),
    };
    let written = accept::accept(context.world, &context.data, &options, &request)?;
    let document = Accepted {
        schema: "holdfast/accept/1",
        key: written.key,
        weakness: written.weakness,
        until: until.to_string(),
        owner: request.owner.to_owned(),
        approved: written.approved,
        file: accept::FILE,
    };
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&document)));
    }
    let second = if document.approved {
        "approved by one, which your rules for acting allow"
    } else {
        "it covers nothing until somebody else adds `approver`"
    };
    Ok(Outcome::ok(format!(
        "{} is accepted until {until} ({second}).\nWritten to {}; it counts for others once it is merged.\n",
        document.weakness, document.file
    )))
}
