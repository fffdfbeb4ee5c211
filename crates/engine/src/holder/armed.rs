//! Undos that are armed on a target until somebody confirms: called off, fired, failed or lost.

use std::sync::Arc;

use holdfast_act::Proposal;
use holdfast_model::{Digest, Problem};
use holdfast_store::{Act, ActRecord, ActResult, ActStep};

use super::apply::{CONFIRM_WITHIN_S, begin, end, end_beside, look_and_end, state_of, take_back};
use super::plans::find;
use super::run::{self, Fate};
use super::{Holder, Say, blocking};
use crate::desk::{Done, Person, PlanState, PlanView};
use crate::failure::Failure;
use crate::record;

/// Why a plan ended whose armed undo fired.
const FIRED: &str = "nobody confirmed in time, so the armed undo took it back";
/// Why nobody knows how one ended whose armed undo fired in vain.
const FAILED: &str = "nobody confirmed in time, and the armed undo ended with an error";

/// Calls the armed undo off.
pub(super) async fn confirm(holder: &Holder, who: &Person, plan: Digest) -> Result<Done, Failure> {
    let recorded = find(holder, plan).await?;
    let (state, _, _) = state_of(&recorded.record.acts, false, CONFIRM_WITHIN_S);
    if state != Some(PlanState::ToConfirm) {
        let problem = Problem::new("nothing-to-confirm", "this plan waits for no confirmation");
        return Err(problem.help("look at it: holdfast plan show PLAN").into());
    }
    begin(holder, who, plan, Act::Confirm).await?;
    if holder.lines().contains_key(&plan) {
        // Its undo was lost and is being run: nobody is promised that it stays, whoever asks next
        // either.
        let why = "it is being taken back just now";
        end_beside(holder, &who.name, plan, ActResult::ToConfirm, why.to_owned()).await?;
        let problem = Problem::new("too-late", why);
        return Err(Failure::NotDone(
            problem.help("see what comes of it: holdfast plan show PLAN"),
        ));
    }
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
    let message = late(holder, who, plan).await?;
    let problem = Problem::new("too-late", message);
    Err(Failure::NotDone(problem.help("plan again, and confirm within the time it says")))
}

/// Notes what became of an undo that could not be called off any more, in words for whoever tried.
async fn late(holder: &Holder, who: &Person, plan: Digest) -> Result<&'static str, Failure> {
    let _work = holder.work.lock().await;
    let recorded = find(holder, plan).await?;
    if recorded.record.running() != Some(Act::Confirm) {
        // Whoever watches it has noted that already.
        return Ok("nobody had confirmed in time; see what became of it: holdfast plan show PLAN");
    }
    let (world, target) = (holder.world.clone(), recorded.proposal.target().clone());
    match blocking(move || run::fate(&world, &target, plan)).await? {
        Ok(Fate::Fired) => {
            reverted(holder, &recorded.proposal, FIRED).await?;
            Ok("it was taken back already: nobody had confirmed in time")
        }
        Ok(Fate::Failed) => {
            failed(holder, &recorded.proposal).await?;
            Ok(FAILED)
        }
        // Whoever watches it notes how that ends.
        Ok(Fate::Waits | Fate::CalledOff | Fate::Lost | Fate::None) | Err(_) => {
            let why = "nobody confirmed in time; it is being taken back";
            end(holder, &who.name, plan, ActResult::ToConfirm, why.to_owned()).await?;
            Ok(why)
        }
    }
}

/// Notes that a plan was taken back.
async fn reverted(holder: &Holder, proposal: &Proposal, why: &str) -> Result<(), Failure> {
    look_and_end(holder, "holdfast", proposal, ActResult::Undone, why.to_owned()).await
}

/// Notes that the armed undo fired in vain.
async fn failed(holder: &Holder, proposal: &Proposal) -> Result<(), Failure> {
    look_and_end(holder, "holdfast", proposal, ActResult::Unknown, FAILED.to_owned()).await
}

/// Takes back what a lost undo was armed for; whether anything came of it that was not known. What
/// could not be run now may be run later, so that only what ran in vain is forgotten.
async fn lost(holder: &Holder, plan: Digest) -> Result<bool, Failure> {
    let recorded = find(holder, plan).await?;
    if recorded.record.running().is_some() {
        // Somebody confirms it, or takes it back.
        return Ok(false);
    }
    let proposal = &recorded.proposal;
    let say: Say = Arc::new(|_| {});
    let Err(left) = take_back(holder, proposal, &say).await? else {
        let why = "the armed undo was lost, as by a restart, so it was taken back later";
        reverted(holder, proposal, why).await?;
        return Ok(true);
    };
    let (why, result) = (left.problem.message, ActResult::Unknown);
    if left.again {
        holder.was_in_vain(plan);
        let last = recorded.record.acts.last();
        let said =
            recorded.record.result() == Some(result) && last.is_some_and(|act| act.why == why);
        if !said {
            end(holder, "holdfast", plan, result, why).await?;
        }
        return Ok(!said);
    }
    let (world, target) = (holder.world.clone(), proposal.target().clone());
    let noted = look_and_end(holder, "holdfast", proposal, result, why).await;
    blocking(move || run::forget(&world, &target, plan)).await??;
    noted.map(|()| true)
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
        (Fate::Fired, _) => reverted(holder, &recorded.proposal, FIRED).await?,
        (Fate::Failed, true) => failed(holder, &recorded.proposal).await?,
        (Fate::Lost, _) | (Fate::None, true) => {
            // Before it is asked once more what stands in the record: whoever confirms sees either.
            holder.lines().insert(plan, Vec::new());
            let done = lost(holder, plan).await;
            holder.lines().remove(&plan);
            return done;
        }
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
