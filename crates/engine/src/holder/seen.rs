//! A look at one host, now: before something is done there, and after it.

use holdfast_model::{Problem, Target};

use super::{Holder, blocking};
use crate::assess::Assessment;
use crate::cycle::{self, Gathered};
use crate::failure::Failure;
use crate::look::Look;
use crate::{host, hosts, remote};

/// A host that was looked at just now and recorded.
pub(super) struct Seen {
    pub(super) gathered: Gathered,
    pub(super) look: Look,
    pub(super) assessment: Assessment,
}

impl Seen {
    /// Refuses where the host did not answer: nothing can be said of it.
    pub(super) fn is_reached(&self) -> Result<(), Failure> {
        remote::not_reached(&self.look).map_or(Ok(()), |problem| Err(Failure::NotDone(problem)))
    }
}

/// Looks at a target and records what was seen.
pub(super) async fn look_at(holder: &Holder, target: &Target) -> Result<Seen, Failure> {
    let (world, data) = (holder.world.clone(), holder.data.clone());
    let (options, target) = (holder.options.clone(), target.clone());
    let started = world.clock.now();
    let managed = hosts::managed(&holder.store, &target).await?;
    let mut gathered = blocking(move || -> Result<Gathered, Failure> {
        let mut gathered = cycle::prepare(&world, &data, &options)?;
        let config = &gathered.settings.config;
        if let Some(managed) = managed {
            let asset = hosts::asset(&world, &managed, config);
            let look = remote::look_at_asset(&world, asset, &gathered.controls, config)?;
            hosts::take(&mut gathered, look, &managed);
        } else {
            let look = host::look_at(&world, &target, &gathered.controls, config)?;
            gathered.take(look);
        }
        Ok(gathered)
    })
    .await??;
    let (_, mut assessments) =
        cycle::record_all(&holder.world, &holder.store, &gathered, started).await?;
    let (Some(look), Some(assessment)) = (gathered.looks.pop(), assessments.pop()) else {
        let problem = Problem::new("nothing-seen", "the host could not be looked at");
        return Err(Failure::Ours(problem));
    };
    Ok(Seen { gathered, look, assessment })
}
