//! Taking in what happened on this host since the last look: alerts, cases, and the time line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_events::{Cases, Happened, Rules, announce, cases};
use holdfast_model::{Alert, Problem, Timestamp};
use holdfast_store::{
    CaseSaid, Entry, EventCommit, EventRecord, EventSegment, StepState, Store, StoreError,
};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::local;
use crate::detect::Scan;
use crate::failure::Failure;
use crate::record;

/// The name of what is kept between looks, and the version of its form. Another form is begun anew:
/// cases stand in the record and are not lost by it.
const STATE: &str = "events";
const VERSION: u32 = 1;
/// What kind of records these are.
pub(super) const KIND: &str = "host";
/// How far back the first look reads, in milliseconds.
const FIRST: i64 = 86_400_000;
/// How late a record may arrive, in milliseconds; until then it is looked for again. CloudTrail
/// delivers within a quarter of an hour on average, and promises nothing.
const LATE: i64 = 2 * 3_600_000;
/// How far clocks may be ahead, in milliseconds.
const AHEAD: i64 = 600_000;

/// What is kept between looks.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Folded {
    /// From when on events may be new.
    since: Timestamp,
    /// Those from then on that were taken already, by id.
    seen: BTreeMap<Arc<str>, Timestamp>,
    /// Cases that may still grow.
    cases: Cases,
    /// What happened of what was announced.
    happened: Happened,
}

/// What a look brought.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// New alerts, by time.
    pub(crate) alerts: Vec<Alert>,
    /// What could not be read.
    pub(crate) problems: Vec<Problem>,
}

/// What was read from the logs.
pub(crate) struct Read {
    alerts: Vec<Alert>,
    events: Vec<EventRecord>,
    problems: Vec<Problem>,
}

/// From when on the logs are to be read.
///
/// # Errors
///
/// Where the record cannot be read.
pub(crate) async fn since(world: &World, store: &Store) -> Result<Timestamp, Failure> {
    Ok(folded(world, store).await?.since)
}

/// Reads the logs of this host; no future, so that it can be done on a thread of its own.
///
/// # Errors
///
/// Where a log that is there cannot be used.
pub(crate) fn read(
    world: &World,
    rules: &Rules,
    since: Timestamp,
    logs: &[String],
) -> Result<Read, Failure> {
    let mut scan = Scan::new(world, rules, Vec::new()).keep_from(since);
    local::read(world, since, logs, &mut scan)?;
    let mut problems = scan.problems();
    if !local::readable(world) {
        let problem = Problem::new("no-logs", "no log of this machine can be read");
        problems.push(problem.help("look as root, or at a log elsewhere: holdfast detect PATH"));
    }
    Ok(Read { problems, ..Read::of(&mut scan) })
}

impl Read {
    /// What went by.
    pub(crate) fn of(scan: &mut Scan<'_>) -> Self {
        Self { alerts: scan.alerts(), events: scan.events(), problems: scan.problems() }
    }
}

async fn folded(world: &World, store: &Store) -> Result<Folded, Failure> {
    let state = store.state(STATE).await.map_err(|error| record::ours(&error))?;
    let known = state
        .filter(|state| state.version == VERSION)
        .and_then(|state| serde_json::from_value::<Folded>(state.json).ok());
    let first = Timestamp(world.clock.now().0.saturating_sub(FIRST));
    Ok(known.unwrap_or_else(|| Folded { since: first, ..Folded::default() }))
}

/// Takes in what was read, all of it or nothing.
///
/// # Errors
///
/// Where the record cannot be read or written.
pub(crate) async fn take(world: &World, store: &Store, read: Read) -> Result<Taken, Failure> {
    let now = world.clock.now();
    let mut folded = folded(world, store).await?;
    let Read { alerts, mut events, problems } = read;
    // From the future comes nothing: a clock was wrong, and what is true comes again.
    let latest = now.0.saturating_add(AHEAD);
    events.retain(|one| one.event.at.0 <= latest && !folded.seen.contains_key(&one.event.id));
    let fresh: BTreeSet<&Arc<str>> = events.iter().map(|one| &one.event.id).collect();
    let alerts = alerts.into_iter().filter(|alert| fresh.contains(&alert.event.id)).collect();
    let announcements = store.announcements().await.map_err(|error| record::ours(&error))?;
    let alerts = announce::step(&announcements, &mut folded.happened, alerts);
    for one in &events {
        folded.happened.note(&announcements, &one.event);
    }
    let segment = match events.as_slice() {
        [] => None,
        some => Some(EventSegment::new(KIND, some).map_err(|error| record::ours(&error))?),
    };
    let entries = grow(&mut folded.cases, &alerts, segment.as_ref(), now, &world.host.user)
        .map_err(|error| record::ours(&error))?;
    folded.since = Timestamp(now.0.saturating_sub(LATE).max(folded.since.0));
    folded.seen.extend(events.iter().map(|one| (Arc::clone(&one.event.id), one.event.at)));
    let Folded { since, seen, cases, .. } = &mut folded;
    seen.retain(|_, at| *at >= *since);
    cases.settle(*since);
    let json = serde_json::to_value(&folded).map_err(|error| {
        Failure::Ours(Problem::new("record", format!("what is remembered: {error}")))
    })?;
    let state = StepState { name: STATE.to_owned(), version: VERSION, json };
    let segments = segment.into_iter().collect();
    let commit = EventCommit { entries, state: Some(state), segments, tells: Vec::new() };
    let mut random = record::random(world)?;
    store.commit_events(commit, now, &mut random).await.map_err(|error| record::ours(&error))?;
    Ok(Taken { alerts, problems })
}

/// Adds alerts to cases; an entry for each case that grew, as it stands afterwards.
fn grow(
    cases: &mut Cases,
    alerts: &[Alert],
    segment: Option<&EventSegment>,
    now: Timestamp,
    who: &str,
) -> Result<Vec<Entry>, StoreError> {
    let mut grown: BTreeMap<Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    for alert in alerts {
        let out = cases::step(cases, alert.clone());
        if !out.new {
            continue;
        }
        let mut replaced: BTreeSet<Arc<str>> = out.replaces.iter().cloned().collect();
        for name in &out.replaces {
            replaced.extend(grown.remove(name).into_iter().flatten());
        }
        replaced.remove(&out.case);
        grown.entry(out.case).or_default().extend(replaced);
    }
    let mut entries = Vec::new();
    for (id, replaces) in grown {
        let Some(case) = cases.get(&id) else { continue };
        let mut said = CaseSaid::new(case.clone());
        said.replaces = replaces.into_iter().collect();
        said.evidence = segment.map(EventSegment::digest).into_iter().collect();
        let why = said.case.title.clone();
        entries.push(said.entry(who, &why, now)?);
    }
    Ok(entries)
}

/// Says an answer or an owner of a case that may still grow, so that what comes later knows of it.
pub(super) async fn remember(
    world: &World,
    store: &Store,
    said: CaseSaid,
    why: &str,
    who: &str,
) -> Result<(), Failure> {
    let now = world.clock.now();
    let mut folded = folded(world, store).await?;
    folded.cases.assign(&said.case.id, said.case.owner.clone());
    folded.cases.answer(&said.case.id, said.case.answer);
    let json = serde_json::to_value(&folded).map_err(|error| {
        Failure::Ours(Problem::new("record", format!("what is remembered: {error}")))
    })?;
    let entry = said.entry(who, why, now).map_err(|error| record::ours(&error))?;
    let state = StepState { name: STATE.to_owned(), version: VERSION, json };
    let commit = EventCommit { entries: vec![entry], state: Some(state), ..EventCommit::default() };
    let mut random = record::random(world)?;
    let committed = store.commit_events(commit, now, &mut random).await;
    committed.map(|_| ()).map_err(|error| record::ours(&error))
}

/// How many events each announcement covered so far.
pub(super) async fn covered(
    world: &World,
    store: &Store,
) -> Result<impl Fn(&str) -> u32 + use<>, Failure> {
    let happened = folded(world, store).await?.happened;
    Ok(move |id: &str| happened.count(id))
}
