//! `holdfast up --once`: look at this machine and this folder, and keep the record.

use holdfast_engine::{Failure, cycle};

use super::{Context, block_on};
use crate::Outcome;
use crate::progress::Progress;
use crate::render;

/// Looks once. The exit code is 0 once it has looked, whatever it saw.
pub fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    let options = cycle::Options { appetite: context.chosen()?, ..cycle::Options::default() };
    let progress = Progress::start();
    let say = |what: &str| progress.say(what);
    let report = block_on(cycle::up_once(context.world, &context.data, &options, &say))??;
    drop(progress);
    Ok(Outcome::ok(render::report(&report, context.common.format, context.style)))
}
