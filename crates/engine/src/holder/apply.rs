//! Carrying plans out: approved, as planned, armed, run, and proven by a new look.

use std::sync::{Arc, PoisonError};

use holdfast_act::{Approved, NotYet, Proposal};
use holdfast_model::{Approval, Digest, Finding, Problem, State, Step, Timestamp};
use holdfast_store::{Act, ActBegin, ActEnd, ActRecord, ActResult, ActStep};
use tokio::sync::OwnedMutexGuard;

use super::plans::{Recorded, find, needed_now, settings_now, short};
use super::run::{self, Broken, Direction, Left};
use super::seen::look_at;
use super::{Holder, Say, blocking, ended, ending};
use crate::desk::{Done, Person, PlanState};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::{fix, record, remote};

/// How long somebody has to confirm that they can still get in, unless the settings say otherwise,
/// in seconds.
pub(super) const CONFIRM_WITHIN_S: u32 = 300;
/// How many lines of what is said are kept.
const MOST_LINES: usize = 500;

/// Within how many seconds somebody has to confirm.
pub(super) fn within_s(settings: &Settings) -> u32 {
    settings.config.host.confirm_seconds.unwrap_or(CONFIRM_WITHIN_S)
}

/// Where a plan stands by what was done with it, until when somebody has to confirm, and what was
/// said. `None` where nothing was done yet.
pub(super) fn state_of(
    acts: &[ActRecord],
    running: bool,
    within_s: u32,
) -> (Option<PlanState>, Option<Timestamp>, Vec<String>) {
    let log = acts
        .iter()
        .flat_map(|act| match &act.step {
            ActStep::Finished { log, .. } => [log.clone(), vec![act.why.clone()]].concat(),
            ActStep::Started { .. } => Vec::new(),
        })
        .collect();
    let Some(last) = acts.last() else { return (None, None, log) };
    match &last.step {
        ActStep::Started { .. } if running => (Some(PlanState::Running), None, log),
        ActStep::Started { .. } => (Some(PlanState::Unknown), None, log),
        ActStep::Finished { result, .. } => {
            // The undo counts from when it was armed: at the latest when it began.
            let arming =
                |act: &&ActRecord| matches!(act.step, ActStep::Started { act: Act::Apply, .. });
            let began = acts.iter().rev().find(arming);
            let began = began.map_or(last.at, |act| act.at);
            let until = Timestamp(began.0.saturating_add(i64::from(within_s) * 1000));
            let state = match result {
                ActResult::Done | ActResult::Confirmed => PlanState::Done,
                ActResult::Failed => PlanState::Failed,
                ActResult::Undone => PlanState::Undone,
                ActResult::ToConfirm => PlanState::ToConfirm,
                ActResult::Unknown => PlanState::Unknown,
            };
            (Some(state), (state == PlanState::ToConfirm).then_some(until), log)
        }
    }
}

/// The window of a practice.
pub(super) struct Window {
    /// What does not begin before then does not begin.
    pub(super) until: Timestamp,
    /// By which name the practice says yes, where it does.
    pub(super) voice: Option<String>,
}

/// Carries an approved plan out. With `wait`, until a new look has proven it; in a window, only if it
/// can begin there. Outside of one, no practice's yes counts.
pub(super) async fn apply(
    holder: &Holder,
    who: &Person,
    plan: Digest,
    say: &Say,
    wait: bool,
    window: Option<&Window>,
) -> Result<Done, Failure> {
    let practice = window.and_then(|window| window.voice.as_deref());
    // Asked before anybody waits for their turn, and again once it has come: somebody may have said no
    // meanwhile.
    approved_now(holder, plan, practice).await?;
    // Held until it has ended, so that nothing else changes the target in between.
    let work = Arc::clone(&holder.work).lock_owned().await;
    let (approved, within_s) = approved_now(holder, plan, practice).await?;
    as_planned(holder, &approved).await?;
    // Before anything is noted: what does not hold yet may hold soon, and the plan stays approved.
    let job = job(holder, &approved, within_s, say);
    blocking(move || job.prechecks()).await?.map_err(Failure::NotDone)?;
    if let Some(over) = window.filter(|window| holder.world.clock.now() >= window.until) {
        let message = format!("its window ended at {}, before it could begin", over.until);
        return Err(Failure::NotDone(Problem::new("window-over", message)));
    }
    begin(holder, who, plan, Act::Apply).await?;
    let going = Going { approved, direction: Direction::Forth, within_s, work: Some(work) };
    go_on(holder, who, going, say, wait).await
}

/// A plan with the yes that it needs now, and within how many seconds somebody has to confirm.
async fn approved_now(
    holder: &Holder,
    plan: Digest,
    practice: Option<&str>,
) -> Result<(Approved<Proposal>, u32), Failure> {
    let recorded = find(holder, plan).await?;
    let settings = settings_now(holder).await?;
    let needed = needed_now(holder, &settings, &recorded.proposal).await?;
    let now = holder.world.clock.now();
    // Derived from the record each time, never kept: what was approved is what stands there.
    let approvals = recorded.approvals_with(practice);
    let approved = recorded
        .proposal
        .approve(&approvals, needed, now)
        .map_err(|not_yet| not_approved(&not_yet))?;
    Ok((approved, within_s(&settings)))
}

/// Takes a plan that was carried out back. Its undo is part of what was approved.
pub(super) async fn undo(
    holder: &Holder,
    who: &Person,
    plan: Digest,
    say: &Say,
    wait: bool,
) -> Result<Done, Failure> {
    let recorded = find(holder, plan).await?;
    let settings = settings_now(holder).await?;
    // Also a practice's: it was carried out by that.
    let approvals: Vec<Approval> = recorded.voices().cloned().collect();
    undoable(&recorded, holder.world.clock.now())?;
    // By the rules of its day and as of when it was carried out: what expired since, or would ask
    // for more people now, may still be taken back.
    let needed = recorded.proposal.needed();
    let then = recorded.record.acts.first().map_or(holder.world.clock.now(), |act| act.at);
    let approved = recorded
        .proposal
        .approve(&approvals, needed, then)
        .map_err(|not_yet| not_approved(&not_yet))?;
    begin(holder, who, plan, Act::Undo).await?;
    let within_s = within_s(&settings);
    let going = Going { approved, direction: Direction::Back, within_s, work: None };
    go_on(holder, who, going, say, wait).await
}

/// An undo is part of what was approved, for as long as that holds, or while something is open. Much
/// later, the way back is a change like any other.
fn undoable(recorded: &Recorded, now: Timestamp) -> Result<(), Failure> {
    let proposal = &recorded.proposal;
    let settled = matches!(recorded.record.result(), Some(ActResult::Done | ActResult::Confirmed));
    if settled && now >= proposal.expires() {
        let message = "this plan is too old to be taken back as it is";
        let problem = Problem::new("plan-over", message);
        return Err(Failure::NotDone(
            problem.help("plan the way back, so that somebody looks at it"),
        ));
    }
    let mut changes = proposal.plan().steps().iter().filter_map(|step| match step {
        Step::Change(change) => Some(change),
        Step::Edit(_) | Step::Refresh(_) => None,
    });
    if changes.all(|change| change.undo.is_empty()) {
        let problem = Problem::new("no-undo", "nothing is known that would take this plan back");
        return Err(Failure::NotDone(problem.help("take it back by hand")));
    }
    Ok(())
}

fn not_approved(not_yet: &NotYet) -> Failure {
    let problem = Problem::new("not-approved", not_yet.consent.in_words());
    Failure::NotDone(problem.help("see whose yes is missing: holdfast plan show PLAN"))
}

pub(super) async fn begin(
    holder: &Holder,
    who: &Person,
    plan: Digest,
    act: Act,
) -> Result<(), Failure> {
    let now = holder.world.clock.now();
    let mut once = [0; 32];
    holder.world.random.fill(&mut once).map_err(Failure::Ours)?;
    let begin =
        ActBegin { plan, act, once: Digest(once).to_string(), who: who.name.clone(), at: now };
    let mut random = record::random(&holder.world)?;
    // Of two who ask at the same moment, the record lets one.
    holder
        .store
        .act_begin(&begin, now, &mut random)
        .await
        .map(|_| ())
        .map_err(|error| record::ours(&error))
}

pub(super) async fn end(
    holder: &Holder,
    who: &str,
    plan: Digest,
    result: ActResult,
    why: String,
) -> Result<(), Failure> {
    let log = holder.lines().get(&plan).cloned().unwrap_or_default();
    note_end(holder, who, plan, result, (why, log)).await?;
    // Only now: what could not be written down is still there to be written.
    holder.lines().remove(&plan);
    Ok(())
}

/// The same while something else of the plan goes on, whose lines stay where they are.
pub(super) async fn end_beside(
    holder: &Holder,
    who: &str,
    plan: Digest,
    result: ActResult,
    why: String,
) -> Result<(), Failure> {
    note_end(holder, who, plan, result, (why, Vec::new())).await
}

async fn note_end(
    holder: &Holder,
    who: &str,
    plan: Digest,
    result: ActResult,
    (why, log): (String, Vec<String>),
) -> Result<(), Failure> {
    let now = holder.world.clock.now();
    let end = ActEnd { plan, result, log, who: who.to_owned(), why, at: now };
    let mut random = record::random(&holder.world)?;
    let noted = holder.store.act_end(&end, now, &mut random).await;
    noted.map(|_| ()).map_err(|error| record::ours(&error))
}

/// Looks at the target once more, and then notes how something ended that did not bring what it
/// should, or was taken back. The look comes first: who reads of the end finds what is open as it is,
/// and a look that cannot be made keeps nobody from noting it. Whoever is ended in between leaves a plan
/// that is asked about once more.
pub(super) async fn look_and_end(
    holder: &Holder,
    who: &str,
    proposal: &Proposal,
    result: ActResult,
    why: String,
) -> Result<(), Failure> {
    let looked = look_at(holder, proposal.target()).await;
    end(holder, who, proposal.digest(), result, why).await?;
    looked.map(|_| ())
}

/// Refuses where the target does not look as it did when the plan was made. For those who work
/// already.
async fn as_planned(holder: &Holder, approved: &Approved<Proposal>) -> Result<(), Failure> {
    let proposal: &Proposal = approved;
    let seen = look_at(holder, proposal.target()).await?;
    seen.is_reached()?;
    let findings: Vec<&Finding> = seen
        .assessment
        .findings
        .iter()
        .filter(|finding| proposal.findings().contains(&finding.key))
        .collect();
    let same = proposal.plan().steps().iter().all(|step| match step {
        Step::Change(change) => {
            fix::host::is_as_planned(&seen.look, &seen.assessment.controls, change, &findings)
        }
        Step::Edit(_) | Step::Refresh(_) => false,
    });
    if same && !findings.is_empty() {
        return Ok(());
    }
    let message = "its target is not as it was when this was planned";
    let problem = Problem::new("plan-stale", message);
    Err(Failure::NotDone(problem.help("look at what is found now, and plan again")))
}

/// What was begun.
struct Going {
    approved: Approved<Proposal>,
    direction: Direction,
    within_s: u32,
    /// Whose turn it is, where it is theirs already.
    work: Option<OwnedMutexGuard<()>>,
}

/// Runs what was begun, in the background unless `wait`.
async fn go_on(
    holder: &Holder,
    who: &Person,
    going: Going,
    say: &Say,
    wait: bool,
) -> Result<Done, Failure> {
    let plan = going.approved.digest();
    holder.lines().insert(plan, Vec::new());
    let own = holder.own.upgrade().ok_or_else(ending)?;
    let (say, who, direction) = (Arc::clone(say), who.name.clone(), going.direction);
    let task = tokio::spawn(async move {
        let done = carry(&own, &who, going, &say).await;
        // Whatever came of it is seen at once.
        let _ = own.refresh_now().await;
        done
    });
    if !wait {
        let what = match direction {
            Direction::Forth => "carried out",
            Direction::Back => "taken back",
        };
        let message = format!("{} is being {what}.", short(plan));
        return Ok(Done { message, plan: Some(plan), secret: None });
    }
    task.await.map_err(|error| ended(&error))?
}

/// Carries out what was begun. Whatever happens, the record says that it ended.
async fn carry(
    holder: &Arc<Holder>,
    who: &str,
    mut going: Going,
    say: &Say,
) -> Result<Done, Failure> {
    let _work = match going.work.take() {
        Some(work) => work,
        None => Arc::clone(&holder.work).lock_owned().await,
    };
    let plan = going.approved.digest();
    if find(holder, plan).await?.record.running().is_none() {
        // Whoever watches armed undos was first.
        holder.lines().remove(&plan);
        let problem = Problem::new("too-late", "it was settled meanwhile");
        return Err(Failure::NotDone(problem.help("see how: holdfast plan show PLAN")));
    }
    let outcome = carried(holder, who, &going, &telling(holder, plan, say)).await;
    if outcome.is_err() && find(holder, plan).await?.record.running().is_some() {
        let why = "it could not be seen how far it came; somebody has to look".to_owned();
        end(holder, who, plan, ActResult::Unknown, why).await?;
    }
    outcome
}

async fn carried(
    holder: &Arc<Holder>,
    who: &str,
    going: &Going,
    told: &Say,
) -> Result<Done, Failure> {
    let (direction, within_s) = (going.direction, going.within_s);
    let proposal: &Proposal = &going.approved;
    let plan = proposal.digest();
    let job = job(holder, proposal, within_s, told);
    let outcome = blocking(move || job.run(direction)).await?;
    let armed = match outcome {
        Ok(armed) => armed,
        Err(Broken { problem, taken_back }) => {
            let why = problem.message.clone();
            look_and_end(holder, who, proposal, broken(taken_back), why).await?;
            return Err(Failure::NotDone(problem));
        }
    };
    told("looking again");
    if direction == Direction::Back {
        // It is taken back, whatever the look says.
        let why = "it was taken back".to_owned();
        look_and_end(holder, who, proposal, ActResult::Undone, why).await?;
        let message = "Taken back.".to_owned();
        return Ok(Done { message, plan: Some(plan), secret: None });
    }
    let silent = remote::not_reached(&look_at(holder, proposal.target()).await?.look);
    if let Some(unproven) = unproven(holder, proposal).await? {
        let message = match silent {
            Some(problem) => format!("it ran, and nobody saw what came of it: {}", problem.message),
            None => format!("it ran, and the same check does not pass: {unproven}"),
        };
        let back = take_back(holder, proposal, told).await?;
        look_and_end(holder, who, proposal, broken(back.is_ok()), message.clone()).await?;
        let help = match back {
            Ok(()) => "everything was taken back".to_owned(),
            Err(left) => left.problem.message,
        };
        return Err(Failure::NotDone(Problem::new("not-proven", message).help(help)));
    }
    let (result, message) = if armed {
        let command = format!("holdfast plan confirm {}", short(plan));
        let time = match within_s {
            seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
            seconds => format!("{seconds} seconds"),
        };
        let message = format!(
            "Done, and proven by a new look. See that you can still get in, and say so within \
             {time}, or it is taken back: {command}"
        );
        (ActResult::ToConfirm, message)
    } else {
        (ActResult::Done, "Done, and proven by a new look.".to_owned())
    };
    end(holder, who, plan, result, message.clone()).await?;
    Ok(Done { message, plan: Some(plan), secret: None })
}

/// The first of a plan's findings that the last look did not prove mended: not found any more is not
/// enough, the same check has to have passed.
async fn unproven(holder: &Holder, proposal: &Proposal) -> Result<Option<String>, Failure> {
    for key in proposal.findings() {
        let known = holder.store.finding(*key).await.map_err(|error| record::ours(&error))?;
        let open = known.iter().find(|one| one.finding.state != State::Fixed);
        if let Some(one) = open {
            return Ok(Some(format!("{} ({})", one.finding.title, one.finding.state.word())));
        }
    }
    Ok(None)
}

/// What runs a proposal on its target.
fn job(holder: &Holder, proposal: &Proposal, within_s: u32, say: &Say) -> run::Job {
    let changes = proposal.plan().steps().iter().filter_map(|step| match step {
        Step::Change(change) => Some(change.clone()),
        Step::Edit(_) | Step::Refresh(_) => None,
    });
    run::Job {
        world: holder.world.clone(),
        target: proposal.target().clone(),
        plan: proposal.digest(),
        changes: changes.collect(),
        within_s,
        say: Arc::clone(say),
    }
}

/// How something ended that did not bring what it should.
fn broken(taken_back: bool) -> ActResult {
    if taken_back { ActResult::Failed } else { ActResult::Unknown }
}

/// Takes everything back; or why not everything could be.
pub(super) async fn take_back(
    holder: &Holder,
    proposal: &Proposal,
    told: &Say,
) -> Result<Result<(), Left>, Failure> {
    let job = job(holder, proposal, CONFIRM_WITHIN_S, told);
    blocking(move || job.take_back()).await
}

/// Keeps what is said, and hands it on.
fn telling(holder: &Arc<Holder>, plan: Digest, say: &Say) -> Say {
    let (own, say) = (Arc::downgrade(holder), Arc::clone(say));
    Arc::new(move |line: &str| {
        say(line);
        let Some(own) = own.upgrade() else { return };
        let mut all = own.lines();
        let lines = all.entry(plan).or_default();
        if lines.len() >= MOST_LINES {
            // Nor are pages made anew for what speaks without end.
            return;
        }
        lines.push(line.to_owned());
        drop(all);
        // What a tool chatters meanwhile is shown at the end; what it did, at once.
        if !["changed", "ok:", "armed", "looking"].iter().any(|word| line.contains(word)) {
            return;
        }
        // Pages show the lines of what is being carried out.
        let mut state = own.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut view = (*state.view).clone();
        if let Some(shown) = view.plans.iter_mut().find(|shown| shown.id == plan) {
            shown.state = PlanState::Running;
            if shown.log.len() < MOST_LINES {
                shown.log.push(line.to_owned());
            }
        }
        state.view = Arc::new(view);
        drop(state);
        own.changes.send_modify(|number| *number += 1);
    })
}
