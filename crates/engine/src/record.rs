//! Opening the record: to hold it and write, or to read what is there.

use std::path::Path;

use holdfast_model::{Fields, Problem};
use holdfast_store::{StoreError, StoreOptions};
use holdfast_world::World;

use crate::failure::Failure;

pub use holdfast_store::{Checkpoint, Filter, Store};

/// Opens the record to write. Only one process holds a data folder.
///
/// # Errors
///
/// Where somebody else holds it, or it cannot be used.
pub async fn holder(world: &World, data: &Path, options: StoreOptions) -> Result<Store, Failure> {
    let mut random = random(world)?;
    Store::create_or_open_with(data, world.clock.now(), &mut random, options)
        .await
        .map_err(|error| ours(&error))
}

/// Opens the record to read; `None` where there is none yet.
///
/// # Errors
///
/// Where it is there and cannot be used.
pub async fn reader(data: &Path) -> Result<Option<Store>, Failure> {
    match Store::open_reader(data).await {
        Ok(store) => Ok(Some(store)),
        Err(StoreError::Missing { .. }) => Ok(None),
        Err(error) => Err(ours(&error)),
    }
}

/// Random bytes for salts and keys: SHA-256 over a seed from the system and a counter, so that
/// only the beginning can fail.
///
/// # Errors
///
/// Where the system gives no random numbers.
pub fn random(world: &World) -> Result<impl FnMut(&mut [u8]), Failure> {
    let mut seed = [0; 32];
    world.random.fill(&mut seed).map_err(Failure::Ours)?;
    let mut counter = 0_u64;
    Ok(move |buffer: &mut [u8]| {
        for chunk in buffer.chunks_mut(32) {
            let block = Fields::new("holdfast random 1")
                .field(&seed)
                .field(&counter.to_be_bytes())
                .finish();
            counter += 1;
            for (to, from) in chunk.iter_mut().zip(block.0) {
                *to = from;
            }
        }
    })
}

/// An error of the store, for people.
pub fn ours(error: &StoreError) -> Failure {
    let problem = Problem::new("record", error.to_string()).help(error.help());
    match error {
        StoreError::Denied { problem } => Failure::NotDone((**problem).clone()),
        // Somebody else's doing, or the machine's: the call was wrong here and now, not we.
        StoreError::Held { .. } | StoreError::Missing { .. } => Failure::Usage(vec![problem]),
        _ => Failure::Ours(problem),
    }
}
