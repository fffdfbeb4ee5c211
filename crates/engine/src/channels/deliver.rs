//! Carrying what was asked for to those who are to be told, one after the other.
//!
//! Before each attempt stands the entry `started`, behind it what became of it. After a crash the
//! lease runs out, and the next attempt knows that something may have been told: partners that
//! recognise a key or can be asked are told once, others are told that it may be a repeat.

use std::sync::Arc;

use holdfast_act::connector::{OnceKey, Receipt, Refusal, Subject, carry, interrupted, outbox};
use holdfast_model::{Problem, Timestamp};
use holdfast_store::{EventCommit, Store, TellFailure, TellFilter, TellLease, TellState};
use holdfast_world::World;

use super::account::{Channel, Channels};
use super::ask::Wanted;
use super::errand::{Errand, subject};
use super::{said, send};
use crate::failure::Failure;
use crate::record;

/// How long one attempt may take: sixteen exchanges of half a minute, and some; in milliseconds.
const LEASE_MS: u32 = 600_000;
/// How long a message waits whose channel is not configured any more, in milliseconds.
const WITHOUT_CHANNEL: i64 = 3_600_000;
/// A channel that is gone for so many attempts does not come back.
const MOST_WITHOUT: u32 = 48;

/// Tells what is due, at most so many; how many attempts were made. What fails is tried again at
/// its time, and stands in the record.
///
/// # Errors
///
/// Where the record cannot be read or written.
pub(crate) async fn deliver(
    world: &World,
    store: &Store,
    channels: &Channels,
    most: usize,
) -> Result<usize, Failure> {
    for made in 0..most {
        let lease = store.tell_lease(world.clock.now(), LEASE_MS).await;
        let Some(lease) = lease.map_err(|error| record::ours(&error))? else { return Ok(made) };
        attempt(world, store, channels, lease).await?;
    }
    Ok(most)
}

async fn attempt(
    world: &World,
    store: &Store,
    channels: &Channels,
    lease: TellLease,
) -> Result<(), Failure> {
    let ours = |error| record::ours(&error);
    let Ok(errand) = serde_json::from_value::<Errand>(lease.body.clone()) else {
        return dead(world, store, &lease, "it was written in a form that is not known").await;
    };
    let Some(channel) = channels.named(&lease.account).cloned() else {
        return without(world, store, &lease).await;
    };
    if let Some(case) = &errand.unless_answered
        && is_answered(store, case).await?
    {
        return dead(world, store, &lease, "somebody answered meanwhile").await;
    }
    let first = first_receipt(store, &lease.subject, &lease.account).await?;
    let Some(tell) = errand.tell(channel.connector, &channel.from, first) else {
        return dead(world, store, &lease, "there is nothing that it could go on with").await;
    };
    let mut random = record::random(world)?;
    // Whoever does not get this written must not send.
    store.tell_started(&lease, world.clock.now(), &mut random).await.map_err(ours)?;
    let account = channel.account.clone();
    let mut history = if lease.repeat { vec![interrupted(&account)] } else { Vec::new() };
    let door = world.clone();
    let key: OnceKey = errand.key;
    let connector = channel.connector;
    let carried = tokio::task::spawn_blocking(move || {
        let mut send = |request: &_| send::send(&door, &channel, &key, request);
        let came = carry(connector, &tell, &key, &account, &mut history, &mut send);
        (came, !history.is_empty())
    });
    let (came, unsure) = carried.await.map_err(|error| {
        Failure::Ours(Problem::new("worker-ended", format!("a thread ended early: {error}")))
    })?;
    match came {
        Ok(receipt) => {
            let receipt = serde_json::to_value(&receipt).map_err(|e| said::unwritable(&e))?;
            store.tell_done(&lease, &receipt, world.clock.now(), &mut random).await.map_err(ours)
        }
        Err(refusal) => {
            let wait = outbox::wait(
                refusal.again,
                unsure,
                connector.once(),
                lease.attempt,
                seed_of(&lease.once),
            );
            refused(world, store, &lease, &refusal, unsure, wait).await
        }
    }
}

/// What the partner calls the first message of a thread.
pub(super) async fn first_receipt(
    store: &Store,
    thread: &str,
    channel: &str,
) -> Result<Option<Receipt>, Failure> {
    let receipt =
        store.tell_receipt(thread, channel).await.map_err(|error| record::ours(&error))?;
    Ok(receipt.and_then(|(_, receipt)| serde_json::from_value(receipt).ok()))
}

/// What spreads repeats of messages that failed together.
fn seed_of(once: &str) -> u64 {
    let digest = holdfast_model::Digest::of(once.as_bytes());
    digest.0.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

async fn refused(
    world: &World,
    store: &Store,
    lease: &TellLease,
    refusal: &Refusal,
    unsure: bool,
    wait: Option<u64>,
) -> Result<(), Failure> {
    let problem = &refusal.problem;
    let why = format!("{}; {}", problem.message, problem.help);
    let failure = TellFailure { why, unsure };
    let (now, mut random) = (world.clock.now(), record::random(world)?);
    let ended = match wait.and_then(|wait| i64::try_from(wait).ok()) {
        Some(wait) => {
            let next = Timestamp(now.0.saturating_add(wait));
            store.tell_failed(lease, &failure, next, now, &mut random).await
        }
        None => store.tell_dead(lease, &failure, now, &mut random).await,
    };
    ended.map_err(|error| record::ours(&error))
}

/// The channel is not configured: by mistake, or for good.
async fn without(world: &World, store: &Store, lease: &TellLease) -> Result<(), Failure> {
    if lease.attempt > MOST_WITHOUT {
        return dead(world, store, lease, "its channel is not configured any more").await;
    }
    let now = world.clock.now();
    let next = Timestamp(now.0.saturating_add(WITHOUT_CHANNEL));
    store.tell_defer(lease, next).await.map_err(|error| record::ours(&error))
}

async fn dead(world: &World, store: &Store, lease: &TellLease, why: &str) -> Result<(), Failure> {
    let failure = TellFailure { why: why.to_owned(), unsure: false };
    let (now, mut random) = (world.clock.now(), record::random(world)?);
    let ended = store.tell_dead(lease, &failure, now, &mut random).await;
    ended.map_err(|error| record::ours(&error))
}

async fn is_answered(store: &Store, case: &str) -> Result<bool, Failure> {
    let said = store.case(case).await.map_err(|error| record::ours(&error))?;
    // A case that is part of another one now is asked about there.
    Ok(said.last().is_none_or(|one| one.said.case.answer.is_some()))
}

/// Sends a message that says it is a test, now, and says what became of it.
///
/// # Errors
///
/// `unknown-channel`; what the partner said; where the record cannot be read or written.
pub(crate) async fn trial(
    world: &World,
    store: &Store,
    channels: &Channels,
    name: &str,
    who: &str,
) -> Result<String, Failure> {
    let Some(channel) = channels.named(name) else {
        let problem = Problem::new("unknown-channel", format!("there is no channel `{name}`"));
        return Err(problem.help(format!("channels stand in `{}`", super::FILE)).into());
    };
    let now = world.clock.now();
    let at = now.0.to_string();
    let key = OnceKey::new(&channel.account, ["trial", who, &at]);
    let wanted = wanted(channel, key, who, now, channels.console.as_deref());
    let thread = wanted.thread.clone();
    let commit = EventCommit { tells: vec![wanted.request(who)?], ..EventCommit::default() };
    let mut random = record::random(world)?;
    let ours = |error| record::ours(&error);
    store.commit_events(commit, now, &mut random).await.map_err(ours)?;
    deliver(world, store, channels, 100).await?;
    let filter = TellFilter { subject: Some(thread), ..TellFilter::default() };
    let told = store.tells(&filter).await.map_err(ours)?;
    let Some(told) = told.first() else {
        return Err(Failure::Ours(Problem::new("record", "the test is not in the record")));
    };
    if told.state == TellState::Sent {
        return Ok(format!("Sent to {name}; look whether it is there."));
    }
    let why = store.entry(told.last).await.map_err(ours)?.why.unwrap_or_default();
    let problem = Problem::new("channel", format!("the test did not arrive: {why}"));
    Err(Failure::NotDone(problem.help("it stands in the record; see the page Settings")))
}

fn wanted(
    channel: &Channel,
    key: OnceKey,
    who: &str,
    now: Timestamp,
    console: Option<&str>,
) -> Wanted {
    let errand = Errand {
        about: Subject::Trial,
        kind: "trial".to_owned(),
        to: channel.to.clone(),
        text: said::trial(who, console),
        labels: Vec::new(),
        at: now,
        data: serde_json::json!({"by": who}),
        again: false,
        unless_answered: None,
        key,
    };
    let thread = subject(&Subject::Trial, &errand.key);
    let why = format!("{who} tries the channel");
    Wanted {
        channel: Arc::clone(&channel.account.0).to_string(),
        thread,
        errand,
        not_before: now,
        why,
    }
}
