//! What is remembered of hosts that are patched: an entry says what came of each, and beside it stands,
//! in the same transaction, what the next run has to know.

use std::collections::BTreeMap;

use holdfast_model::Problem;
use holdfast_store::{Entry, EntryKind, EventCommit, StepState, Store};
use holdfast_world::World;
use serde_json::Value;

use crate::failure::Failure;
use crate::patching::{HostRow, Hosts};
use crate::record;

/// The name of what is remembered, and the version of its form: names of updates changed with the
/// second.
const STATE: &str = "practice";
const VERSION: u32 = 2;

/// By practice.
type All = BTreeMap<String, Hosts>;

async fn all(store: &Store) -> Result<All, Failure> {
    let state = store.state(STATE).await.map_err(|error| record::ours(&error))?;
    let state = state.filter(|state| state.version == VERSION);
    // Who remembers nothing begins with the first ring.
    Ok(state.and_then(|state| serde_json::from_value(state.json).ok()).unwrap_or_default())
}

/// What is remembered of the hosts of a practice.
pub(super) async fn read(store: &Store, practice: &str) -> Result<Hosts, Failure> {
    Ok(all(store).await?.remove(practice).unwrap_or_default())
}

/// What an entry says of a host.
pub(super) struct Said<'r> {
    pub(super) who: &'r str,
    pub(super) why: String,
    pub(super) row: &'r HostRow,
}

/// Remembers hosts, with an entry where something came of one.
pub(super) async fn write(
    world: &World,
    store: &Store,
    practice: &str,
    hosts: &Hosts,
    said: Option<Said<'_>>,
) -> Result<(), Failure> {
    let ours = |error: serde_json::Error| {
        Failure::Ours(Problem::new("record", format!("it cannot be written down: {error}")))
    };
    let mut known = all(store).await?;
    if said.is_none() && known.get(practice) == Some(hosts) {
        return Ok(());
    }
    known.insert(practice.to_owned(), hosts.clone());
    let json = serde_json::to_value(&known).map_err(ours)?;
    let now = world.clock.now();
    let mut entries = Vec::new();
    if let Some(Said { who, why, row }) = said {
        let mut payload = serde_json::to_value(row).map_err(ours)?;
        if let Value::Object(members) = &mut payload {
            members.insert("practice".to_owned(), practice.into());
        }
        let (kind, who) = (EntryKind::Decision, who.to_owned());
        entries.push(Entry { kind, happened: now, who, why, payload });
    }
    let state = Some(StepState { name: STATE.to_owned(), version: VERSION, json });
    let commit = EventCommit { entries, state, ..EventCommit::default() };
    let mut random = record::random(world)?;
    store.commit_events(commit, now, &mut random).await.map_err(|error| record::ours(&error))?;
    Ok(())
}
