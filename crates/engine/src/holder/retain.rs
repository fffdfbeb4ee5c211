//! Once a day, what is older than is kept goes. What stays whatever its age is `store`'s to know.

use holdfast_store::{EventCommit, RETENTION_DAYS, StepState, Store};
use holdfast_world::World;

use crate::failure::Failure;
use crate::record;

/// The name of what is remembered, and the version of its form.
const STATE: &str = "retention";
const VERSION: u32 = 1;
/// In milliseconds.
const DAY: i64 = 86_400_000;
/// How often the store is asked in a row; each call deletes a bounded number and lets others in
/// between. What is left then goes after the next round.
const MOST_CALLS: usize = 20;

/// Deletes what is no longer kept, unless that was done within the last 24 hours. The record says
/// so in an entry of its own where something went.
///
/// # Errors
///
/// Where the record cannot be read or written.
pub(crate) async fn daily(world: &World, store: &Store) -> Result<(), Failure> {
    let now = world.clock.now();
    let state = store.state(STATE).await.map_err(|error| record::ours(&error))?;
    let last = state.filter(|state| state.version == VERSION).and_then(|state| state.json.as_i64());
    // A time to come was noted by a clock that went wrong.
    if last.is_some_and(|last| (0..DAY).contains(&now.0.saturating_sub(last))) {
        return Ok(());
    }
    let mut random = record::random(world)?;
    let mut more = true;
    for _ in 0..MOST_CALLS {
        let done = store.retain(now, RETENTION_DAYS, &mut random).await;
        more = done.map_err(|error| record::ours(&error))?.more;
        if !more {
            break;
        }
    }
    if !more {
        let state = StepState { name: STATE.to_owned(), version: VERSION, json: now.0.into() };
        let commit = EventCommit { state: Some(state), ..EventCommit::default() };
        let noted = store.commit_events(commit, now, &mut random).await;
        noted.map_err(|error| record::ours(&error))?;
    }
    Ok(())
}
