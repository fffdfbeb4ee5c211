//! How tickets stand with their partners. A ticket that somebody closed is a claim: where the same
//! check still fails, the ticket says so, once. Nothing here closes a finding or a ticket.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_act::connector::{
    Block, Exchange, Form, OnceKey, Receipt, Subject, Tell, Text, TicketState, carry,
};
use holdfast_model::{Known, Problem, Timestamp};
use holdfast_store::{EventCommit, Filter, StepState, Store};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::account::{Channel, Channels};
use super::ask::{self, Wanted};
use super::errand::Errand;
use super::{deliver, said, send};
use crate::failure::Failure;
use crate::record;

/// The name of what is remembered, and the version of its form.
const STATE: &str = "tickets";
const VERSION: u32 = 1;
/// How long a partner's word counts, in milliseconds.
const FRESH: i64 = 6 * 3_600_000;
/// So many tickets are asked about at a time.
const MOST: usize = 50;

/// What partners said, by channel and thread.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen(BTreeMap<String, BTreeMap<String, Stand>>);

/// How a ticket stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stand {
    /// When the partner was asked.
    at: Timestamp,
    /// What it said; `None` where it said nothing that could be understood.
    state: Option<TicketState>,
}

/// Asks how the tickets of open findings stand; how many partners were asked about.
///
/// # Errors
///
/// Where the record cannot be read or written.
pub(crate) async fn follow(
    world: &World,
    store: &Store,
    channels: &Channels,
) -> Result<usize, Failure> {
    let ours = |error| record::ours(&error);
    let now = world.clock.now();
    let mut seen = seen(store).await?;
    let due = due(&ask::own_threads(store).await?, &seen, channels, now);
    if due.is_empty() {
        return Ok(0);
    }
    let known = store.findings(&Filter::default()).await.map_err(ours)?;
    let open = known.iter().filter(|one| one.finding.state.is_open());
    let open: BTreeMap<String, &Known> =
        open.map(|one| (ask::name_of(one.finding.key), one)).collect();
    let mut tells = Vec::new();
    let mut asked = 0;
    for (channel, thread) in due {
        let threads = seen.0.entry(channel.name().to_owned()).or_default();
        let was = threads.get(&thread).and_then(|stand| stand.state.clone());
        let ticket = deliver::first_receipt(store, &thread, channel.name()).await?;
        let state = match (open.get(&thread), ticket) {
            (Some(one), Some(ticket)) => {
                asked += 1;
                // A partner that does not answer says nothing new.
                let state = state(world, channel, ticket).await?.or_else(|| was.clone());
                let was_open = was.is_none_or(|was| !was.closed);
                if let Some(closed) = state.as_ref().filter(|state| state.closed && was_open) {
                    tells.push(still_there(one, channel, &thread, closed, now));
                }
                state
            }
            // It is on its way, or over.
            _ => was,
        };
        threads.insert(thread, Stand { at: now, state });
    }
    let json = serde_json::to_value(&seen).map_err(|error| said::unwritable(&error))?;
    let state = StepState { name: STATE.to_owned(), version: VERSION, json };
    let tells = tells.into_iter().map(|one| one.request(&world.host.user));
    let tells = tells.collect::<Result<Vec<_>, Failure>>()?;
    let commit = EventCommit { state: Some(state), tells, ..EventCommit::default() };
    let mut random = record::random(world)?;
    store.commit_events(commit, now, &mut random).await.map_err(ours)?;
    Ok(asked)
}

/// The partner's word on a ticket, where it was ever asked.
pub(super) async fn word(
    store: &Store,
    channel: &str,
    thread: &str,
) -> Result<Option<TicketState>, Failure> {
    let seen = seen(store).await?;
    Ok(seen.0.get(channel).and_then(|threads| threads.get(thread)?.state.clone()))
}

async fn seen(store: &Store) -> Result<Seen, Failure> {
    let state = store.state(STATE).await.map_err(|error| record::ours(&error))?;
    let known = state.filter(|state| state.version == VERSION);
    Ok(known.and_then(|state| serde_json::from_value(state.json).ok()).unwrap_or_default())
}

/// Tickets of single findings that nobody asked about lately. A list of many is closed when people
/// think so.
fn due<'c>(
    told: &BTreeSet<(String, String)>,
    seen: &Seen,
    channels: &'c Channels,
    now: Timestamp,
) -> Vec<(&'c Channel, String)> {
    let fresh = |channel: &str, thread: &str| {
        let stand = seen.0.get(channel).and_then(|threads| threads.get(thread));
        stand.is_some_and(|stand| now.0 < stand.at.0.saturating_add(FRESH))
    };
    let due = told.iter().filter_map(|(channel, thread)| {
        let known = channels.named(channel).filter(|known| known.form() == Form::Ticket)?;
        (!fresh(channel, thread)).then(|| (known, thread.clone()))
    });
    due.take(MOST).collect()
}

/// Asks a partner; `None` where it gives no answer that says how the ticket stands.
async fn state(
    world: &World,
    channel: &Channel,
    ticket: Receipt,
) -> Result<Option<TicketState>, Failure> {
    let (door, channel) = (world.clone(), channel.clone());
    let asked = tokio::task::spawn_blocking(move || {
        let tell = Tell::State(ticket);
        // It asks and changes nothing: the key names nothing that could be done twice.
        let key = OnceKey::new(&channel.account, ["state"]);
        let mut history: Vec<Exchange> = Vec::new();
        let mut send = |request: &_| send::send(&door, &channel, &key, request);
        let account = channel.account.clone();
        carry(channel.connector, &tell, &key, &account, &mut history, &mut send)
    });
    let asked = asked.await.map_err(|error| {
        Failure::Ours(Problem::new("worker-ended", format!("a thread ended early: {error}")))
    })?;
    Ok(asked.ok().and_then(|receipt| receipt.state))
}

/// What a ticket is told that was closed too early.
fn still_there(
    known: &Known,
    channel: &Channel,
    thread: &str,
    state: &TicketState,
    now: Timestamp,
) -> Wanted {
    let finding = &known.finding;
    let (key, at) = (finding.key.to_string(), now.0.to_string());
    let words = format!(
        "The ticket is `{}`, and the last look still saw it. It is over when the same check passes.",
        state.word
    );
    let headline = format!("Still there: {}", finding.title);
    let action = said::finding(&key);
    let errand = Errand {
        key: OnceKey::new(&channel.account, ["still there", &key, &at]),
        about: Subject::Decision(finding.key),
        kind: "decision.still-open".to_owned(),
        to: channel.to.clone(),
        text: Text { blocks: vec![Block::Paragraph(words)], ..Text::new(headline, action) },
        labels: Vec::new(),
        at: now,
        data: said::state_of_finding(finding),
        again: true,
        unless_answered: None,
    };
    Wanted {
        channel: Arc::clone(&channel.account.0).to_string(),
        thread: thread.to_owned(),
        errand,
        not_before: now,
        why: "its ticket was closed, and it is still there".to_owned(),
    }
}
