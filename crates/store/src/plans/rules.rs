//! What may follow what: a no is final, nothing begins twice, nothing ends that has not begun.
//!
//! Knows only what a plan's entries say. Whether enough people said yes it must not know.

use holdfast_model::{Approval, Digest, Problem, Timestamp};
use serde::Deserialize as _;

use super::{Act, ActBegin, ActResult, ActStep, PlanHead, PlanRecord};
use crate::error::StoreError;
use crate::tx::Tx;

fn denied(code: &'static str, message: impl Into<String>, help: &str) -> StoreError {
    StoreError::denied(Problem::new(code, message).help(help))
}

/// What to say of a plan that is not there.
pub(super) fn unknown(digest: Digest) -> StoreError {
    let message = format!("the record holds no plan `{digest}`");
    denied("plan-unknown", message, "the plan may have been made anew; look at the list")
}

/// Whether somebody may still be heard.
pub(super) fn may_speak(
    tx: &Tx<'_>,
    plan: &PlanRecord,
    approval: &Approval,
) -> Result<(), StoreError> {
    not_refused(plan)?;
    not_begun(plan)?;
    not_expired(tx, plan, approval.at)
}

/// Whether an act may begin.
pub(super) fn may_begin(
    tx: &Tx<'_>,
    plan: &PlanRecord,
    begin: &ActBegin,
) -> Result<(), StoreError> {
    match begin.act {
        Act::Apply => {
            not_refused(plan)?;
            not_begun(plan)?;
            not_expired(tx, plan, begin.at)?;
            if plan.approvals.is_empty() {
                let message = "nobody has said yes to the plan yet";
                return Err(denied("plan-unapproved", message, "somebody has to approve it first"));
            }
            Ok(())
        }
        Act::Confirm | Act::Undo => {
            if plan.running().is_some() {
                return not_begun(plan);
            }
            let fits = match plan.result() {
                Some(ActResult::ToConfirm) => true,
                Some(ActResult::Done | ActResult::Confirmed | ActResult::Unknown) => {
                    begin.act == Act::Undo
                }
                Some(ActResult::Failed | ActResult::Undone) | None => false,
            };
            if fits {
                return Ok(());
            }
            let message = match begin.act {
                Act::Confirm => "nothing of the plan waits to be confirmed",
                Act::Apply | Act::Undo => "nothing of the plan is there to be taken back",
            };
            Err(denied("plan-not-carried-out", message, "look at what became of it"))
        }
    }
}

/// Whether there is something that can end.
pub(super) fn may_end(plan: &PlanRecord) -> Result<(), StoreError> {
    let open = matches!(plan.result(), Some(ActResult::ToConfirm | ActResult::Unknown));
    if plan.running().is_some() || open {
        return Ok(());
    }
    let message = "nothing of the plan is under way";
    Err(denied("act-not-running", message, "look at what became of it"))
}

fn not_refused(plan: &PlanRecord) -> Result<(), StoreError> {
    match plan.approvals.iter().map(|(_, voice)| voice).find(|voice| !voice.yes) {
        None => Ok(()),
        Some(no) => {
            let message = format!("`{}` said no to the plan", no.who);
            Err(denied("plan-refused", message, "plan it anew"))
        }
    }
}

fn not_begun(plan: &PlanRecord) -> Result<(), StoreError> {
    let Some(last) = plan.acts.last() else { return Ok(()) };
    let message = match &last.step {
        ActStep::Started { .. } => {
            format!("`{}` has begun to carry the plan out at {}", last.who, last.at)
        }
        ActStep::Finished { .. } => format!("the plan was carried out at {}", last.at),
    };
    Err(denied("plan-begun", message, "look at what became of it"))
}

fn not_expired(tx: &Tx<'_>, plan: &PlanRecord, at: Timestamp) -> Result<(), StoreError> {
    let head = PlanHead::deserialize(&plan.document)
        .map_err(|error| tx.corrupt(format!("a plan cannot be read: {error}")))?;
    if at < head.expires {
        return Ok(());
    }
    let message = format!("the plan expired at {}", head.expires);
    Err(denied("plan-expired", message, "plan it anew"))
}
