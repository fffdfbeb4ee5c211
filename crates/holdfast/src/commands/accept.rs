//! `holdfast accept`: writes an acceptance into the tree, where others can read and review it; that of
//! a finding of a host goes into the record.

use std::sync::Arc;

use holdfast_engine::accept::not_affected;
use holdfast_engine::desk::Action;
use holdfast_engine::{Failure, accept, check};
use holdfast_model::{Key, Problem};
use jiff::civil::Date;
use serde::Serialize;

use super::{Context, block_on, desk};
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

/// Where acceptances of hosts stand.
const RECORD: &str = "record";

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
    let written = match accept::accept(context.world, &context.data, &options, &request) {
        Err(Failure::Usage(problems)) if problems.iter().any(|one| one.code == accept::UNKNOWN) => {
            return match block_on(accept::recorded(&context.data, &args.key))?? {
                Some(key) => of_host(context, args, key, until, reason.clone()),
                None => Err(Failure::Usage(problems)),
            };
        }
        other => other?,
    };
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

/// The same of a host, which has no tree: the holder of the record writes it down, and looks again.
fn of_host(
    context: &Context<'_>,
    args: &AcceptArgs,
    key: Key,
    until: Date,
    because: String,
) -> Result<Outcome, Failure> {
    if args.owner.is_some() {
        let message = "who accepts a finding of a host answers for it";
        return Err(Problem::new("not-possible", message).help("leave out --owner").into());
    }
    let done = desk::act(context, Action::Accept { key, until, because })?;
    let written = block_on(accept::in_record(&context.data, key))??;
    let Some(written) = written.filter(|_| context.is_json()) else {
        return Ok(Outcome::ok(format!("{}\nWritten to the record.\n", done.message)));
    };
    let document = Accepted {
        schema: "holdfast/accept/1",
        key: written.key,
        weakness: written.weakness,
        until: until.to_string(),
        owner: written.owner,
        approved: written.approved,
        file: RECORD,
    };
    Ok(Outcome::ok(render::json(&document)))
}
