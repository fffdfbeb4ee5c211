//! `holdfast approve`: says yes or no to a plan.

use holdfast_engine::Failure;
use holdfast_engine::desk::Action;

use super::{Context, desk, plan};
use crate::Outcome;
use crate::args::{ApproveArgs, Format};

/// Says it, and with `--apply` carries the plan out.
pub fn run(context: &Context<'_>, args: &ApproveArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let id = desk::plan(context, &args.plan)?;
    let action = match (&args.because, args.refuse) {
        (because, true) => {
            Action::Refuse { plan: id, because: because.clone().unwrap_or_default() }
        }
        (_, false) => Action::Approve { plan: id },
    };
    let mut done = desk::act(context, action)?;
    if args.apply {
        done = desk::act(context, Action::Apply { plan: id })?;
    }
    Ok(plan::outcome(context, &done))
}
