//! The demonstration: a plausible organisation of three teams over ninety days, in a data folder of
//! its own.
//!
//! Nothing is made up but the world: the engine looks at recorded hosts and repositories while their
//! clock goes on, people plan, approve and accept through the holder, logs go through the rules. So
//! every number on a page can be walked back to entries of a ledger that is whole. Must not touch
//! anything outside the data folder.

mod desk;
mod far;
mod feed;
mod hand;
mod logs;
mod machine;
mod partners;
mod people;
mod report;
mod sites;
mod stage;
mod story;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::{Problem, Timestamp};
use holdfast_world::World;
use jiff::tz::TimeZone;

use crate::failure::Failure;
use crate::record;

pub use desk::DemoDesk;

use stage::Stage;

/// Who looks, in the record.
const SELF: &str = "holdfast";

/// What is to be built.
#[derive(Debug, Clone)]
pub struct Options {
    /// When it ends.
    pub now: Timestamp,
    /// Where its people live.
    pub zone: TimeZone,
    /// Decides what the tables leave open: how long each update takes to come in.
    pub seed: u64,
}

impl Options {
    /// Up to now, here.
    pub fn of(world: &World) -> Self {
        Self { now: world.clock.now(), zone: world.clock.zone(), seed: 1 }
    }
}

/// What was built.
pub struct Demo {
    stage: Stage,
    data: PathBuf,
}

impl std::fmt::Debug for Demo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demo").field("data", &self.data).finish_non_exhaustive()
    }
}

/// Builds the organisation in a data folder, in which nothing is recorded yet.
///
/// # Errors
///
/// `demo-not-empty` where something is recorded there, and where the folder cannot be used.
pub async fn build(data: &Path, options: &Options) -> Result<Demo, Failure> {
    if let Some(store) = record::reader(data).await? {
        store.close().await.map_err(|error| record::ours(&error))?;
        let message = format!("`{}` holds a record already", data.display());
        let problem = Problem::new("demo-not-empty", message);
        return Err(problem.help("name an empty folder, or none").into());
    }
    let mut stage = Stage::new(data, options)?;
    stage.play(data).await?;
    Ok(Demo { stage, data: data.to_owned() })
}

impl Demo {
    /// Opens the desk over what was built. `real` gives the time, random numbers and the user from
    /// now on, and nothing else: no action reaches it.
    ///
    /// # Errors
    ///
    /// Where the record cannot be used.
    pub async fn open(self, real: &World) -> Result<Arc<DemoDesk>, Failure> {
        DemoDesk::open(self.stage, &self.data, real).await
    }
}
