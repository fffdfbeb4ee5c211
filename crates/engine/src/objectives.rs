//! What is wanted of mending times, and how it stands, for those who are not at the console.
//!
//! The goals are those of a folder, the times those of the record. People read "goal", code and
//! folders say objective.

use std::path::Path;

use holdfast_learn::Spell;
use holdfast_model::{Known, Problem, Timestamp};
use holdfast_world::World;
use serde::Serialize;

use crate::desk::GoalView;
use crate::document::ProblemRow;
use crate::failure::Failure;
use crate::record::{self, Filter};
use crate::{holder, mending, sensors, settings};

/// `holdfast/objectives/1`.
#[derive(Debug, Clone, Serialize)]
pub struct Objectives {
    /// Which document this is.
    pub schema: &'static str,
    /// How many mending times are recorded, of what is mended and of what is open.
    pub found: usize,
    /// How long mending takes, as a sentence.
    pub half: String,
    /// What is wanted, in the order of its files.
    pub objectives: Vec<GoalView>,
    /// What of it could not be read.
    pub problems: Vec<ProblemRow>,
    /// The same with the lines that it stands in, for people.
    #[serde(skip)]
    pub details: Vec<Problem>,
}

/// Judges the goals of a folder by the record in a data folder.
///
/// # Errors
///
/// Where the path or the configuration cannot be used, and where the record cannot be read.
pub async fn objectives(world: &World, data: &Path, path: &Path) -> Result<Objectives, Failure> {
    let folder = sensors::open(world, path)?;
    let settings = settings::read(&folder.tree, None, &world.clock.zone())?;
    let mut details = Vec::new();
    let goals = mending::goals(&folder.tree, &mut details);
    let now = world.clock.now();
    let spells = recorded(data, now).await?;
    let view = mending::view(&spells, &goals, &settings.zone, now);
    Ok(Objectives {
        schema: "holdfast/objectives/1",
        found: spells.len(),
        half: view.half,
        objectives: view.goals,
        problems: details.iter().map(Into::into).collect(),
        details,
    })
}

/// What the record tells; nothing where nothing is recorded.
async fn recorded(data: &Path, now: Timestamp) -> Result<Vec<Spell>, Failure> {
    let Some(store) = record::reader(data).await? else { return Ok(Vec::new()) };
    let ours = |error| record::ours(&error);
    let known = store.findings(&Filter::default()).await.map_err(ours)?;
    let assets = store.assets().await.map_err(ours)?;
    let log = store.transitions().await.map_err(ours)?;
    let names = holder::by_finding(&known, &assets);
    let whose = |one: &Known| mending::team_of(&assets, names.get(&one.finding.key)?);
    Ok(mending::of_record(&known, &log, whose, now))
}
