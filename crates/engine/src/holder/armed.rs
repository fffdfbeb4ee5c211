//! Undos that are armed on a target until somebody confirms: called off, fired, failed or lost.

use std::sync::Arc;

use holdfast_model::{Digest, Problem};
use holdfast_store::{Act, ActRecord, ActResult, ActStep};

use super::apply::{CONFIRM_WITHIN_S, begin, end, look_and_end, state_of, take_back};
use super::plans::find;
use super::run::{self, Fate};
use super::{Holder, Say, blocking};
use crate::desk::{Done, Person, PlanState, PlanView};
use crate::failure::Failure;
use crate::record;

/// Calls the armed undo off.
pub(super) async fn confirm(holder: &Holder, who: &Person, plan: Digest) -> Result<Done, Failure> {
    let recorded = find(holder, plan).await?;
    let (state, _, _) = state_of(&recorded.record.acts, false, CONFIRM_WITHIN_S);
    if state != Some(PlanState::ToConfirm) {
        let problem = Problem::new("nothing-to-confirm", "this plan waits for no confirmation");
        return Err(problem.help("look at it: holdfast plan show PLAN").into());
    }
    begin(holder, who, plan, Act::Confirm).await?;
    let target = recorded.proposal.target().clone();
    let world = holder.world.clone();
    let in_time = match blocking(move || run::disarm(&world, &target, plan)).await? {
        Ok(in_time) => in_time,
        Err(problem) => {
            // It still waits, and so does everybody.
            end(holder, &who.name, plan, ActResult::ToConfirm, problem.message.clone()).await?;
            return Err(Failure::NotDone(problem));
        }
    };
    if in_time {
        let why = "somebody can still get in".to_owned();
        end(holder, &who.name, plan, ActResult::Confirmed, why).await?;
        let message = "Confirmed. It stays.".to_owned();
        return Ok(Done { message, plan: Some(plan), secret: None });
    }
    reverted(holder, plan).await?;
    let message = "it was taken back already: nobody had confirmed in time";
    let problem = Problem::new("too-late", message);
    Err(Failure::NotDone(problem.help("plan again, and confirm within the time it says")))
}

/// Notes that the armed undo fired.
async fn reverted(holder: &Holder, plan: Digest) -> Result<(), Failure> {
    let recorded = find(holder, plan).await?;
    let why = "nobody confirmed in time, so the armed undo took it back".to_owned();
    look_and_end(holder, "holdfast", &recorded.proposal, ActResult::Undone, why).await
}

/// Takes back what a lost undo was armed for.
async fn lost(holder: &Holder, plan: Digest) -> Result<(), Failure> {
    let recorded = find(holder, plan).await?;
    let say: Say = Arc::new(|_| {});
    let Err(problem) = take_back(holder, &recorded.proposal, &say).await? else {
        return reverted(holder, plan).await;
    };
    let (world, target) = (holder.world.clone(), recorded.proposal.target().clone());
    end(holder, "holdfast", plan, ActResult::Unknown, problem.message).await?;
    Ok(blocking(move || run::forget(&world, &target, plan)).await??)
}

/// Notes what became of one armed undo; whether anything did.
async fn watch(holder: &Holder, plan: Digest) -> Result<bool, Failure> {
    let asked = find(holder, plan).await?;
    // The view may be older than what just happened: only the record counts.
    let confirming = asked.record.result() == Some(ActResult::ToConfirm);
    let interrupted = asked.record.result() == Some(ActResult::Unknown);
    if asked.record.running().is_some() || !(confirming || interrupted) {
        return Ok(false);
    }
    let (world, target) = (holder.world.clone(), asked.proposal.target().clone());
    // Before it is our turn: a host that does not answer keeps nobody else waiting.
    let fate = blocking(move || run::fate(&world, &target, plan)).await??;
    let _work = holder.work.lock().await;
    let recorded = find(holder, plan).await?;
    if recorded.record.acts.len() != asked.record.acts.len() {
        // What was done meanwhile is newer than the answer.
        return Ok(false);
    }
    match (fate, confirming) {
        (Fate::Fired, _) => reverted(holder, plan).await?,
        (Fate::Failed, true) => {
            let why = "nobody confirmed in time, and the armed undo ended with an error".to_owned();
            look_and_end(holder, "holdfast", &recorded.proposal, ActResult::Unknown, why).await?;
        }
        (Fate::Lost, _) | (Fate::None, true) => lost(holder, plan).await?,
        (Fate::CalledOff, true) => {
            // The answer to whoever confirmed may have been lost. But no host speaks for people.
            let confirm =
                |act: &ActRecord| matches!(act.step, ActStep::Started { act: Act::Confirm, .. });
            let (result, why) = if recorded.record.acts.iter().any(confirm) {
                (ActResult::Confirmed, "the undo was called off in time")
            } else {
                (
                    ActResult::Unknown,
                    "the undo was called off over there, and nobody confirmed here",
                )
            };
            end(holder, "holdfast", plan, result, why.to_owned()).await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

impl Holder {
    /// Ends what was under way when Holdfast ended: nobody knows how far it came.
    pub(super) async fn end_interrupted(&self) -> Result<(), Failure> {
        let plans = self.store.plans().await.map_err(|error| record::ours(&error))?;
        for plan in plans.iter().filter(|plan| plan.running().is_some()) {
            let why = "Holdfast ended meanwhile; somebody has to look how far it came".to_owned();
            end(self, "holdfast", plan.digest, ActResult::Unknown, why).await?;
        }
        Ok(())
    }

    /// Notes what happened to armed undos meanwhile, also while nobody held the folder. One that
    /// was lost, because the machine was started anew, is run now.
    ///
    /// # Errors
    ///
    /// Where the record cannot be used.
    pub async fn watch_armed(&self) -> Result<(), Failure> {
        let view = crate::desk::Desk::view(self);
        let open = |plan: &&PlanView| {
            let lockout = plan.steps.iter().any(|step| step.lockout);
            let waits = plan.state == PlanState::ToConfirm;
            (waits || (plan.state == PlanState::Unknown && lockout)) && self.is_turn(plan)
        };
        let mut changed = false;
        let mut outcome = Ok(());
        for plan in view.plans.iter().filter(open) {
            // One that cannot be asked keeps none of the others waiting.
            match watch(self, plan.id).await {
                Ok(one) => changed |= one,
                Err(failure) => outcome = Err(failure),
            }
        }
        if changed {
            self.refresh_now().await?;
        }
        outcome
    }
}
