//! Looks at images that somebody asks to have recorded: by whoever holds the data folder, or in its
//! place.

use std::path::{Path, PathBuf};

use holdfast_model::Problem;
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use super::{Noted, record};
use crate::check::Judged;
use crate::cycle::Options;
use crate::failure::Failure;
use crate::{channels, record as kept, settings};

/// So many messages are told by one look that ends; the rest is told by the next.
const MOST_TOLD: usize = 200;

/// What is asked of whoever holds the data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The folder that whoever asks stands in: the path begins there, and its rules count.
    pub here: PathBuf,
    /// The image, as it was named.
    pub path: PathBuf,
}

/// Refuses what is no image: folders and this machine are recorded by looking at them as a whole.
///
/// # Errors
///
/// Where something else was looked at.
pub fn only_images(judged: &Judged) -> Result<(), Failure> {
    if judged.look.image.is_some() {
        return Ok(());
    }
    let message =
        format!("{} is no image, and only those are recorded by `check`", judged.look.asset.name);
    let help = "a folder is recorded together with this machine: holdfast up --once";
    Err(Problem::new("image-not-recorded", message).help(help).into())
}

/// Writes a look at an image down where nobody holds the data folder, and tells teams what is new.
///
/// # Errors
///
/// Where somebody holds the data folder, or its record cannot be read or written.
pub async fn alone(
    world: &World,
    data: &Path,
    options: &Options,
    judged: Judged,
) -> Result<Noted, Failure> {
    only_images(&judged)?;
    let Judged { look, settings, .. } = judged;
    let store = kept::holder(world, data, options.store.clone()).await?;
    let written = record(world, data, &store, look, &settings).await?;
    let (channels, problems) = channels::read(world, data);
    let team = settings::team(&settings.config.host.asset, &world.host.user);
    channels::ask(world, &store, &channels, &team).await?;
    channels::follow(world, &store, &channels).await?;
    channels::deliver(world, &store, &channels, MOST_TOLD).await?;
    store.close().await.map_err(|error| kept::ours(&error))?;
    let mut noted = written.noted;
    noted.problems.extend(problems);
    Ok(noted)
}
