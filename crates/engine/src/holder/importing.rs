//! Reports of others, while the data folder is held.

use std::sync::Arc;

use holdfast_world::World;

use super::{Holder, blocking, ending};
use crate::desk::Person;
use crate::document::ProblemRow;
use crate::failure::Failure;
use crate::import::{self, Imported};

impl Holder {
    /// Brings in reports of others for somebody, with what they call `.` where that person stands.
    ///
    /// # Errors
    ///
    /// As [`import::import`].
    pub async fn import(&self, who: &Person, asked: import::Asked) -> Result<Imported, Failure> {
        let own = self.own.upgrade().ok_or_else(ending)?;
        let work = Arc::clone(&self.work).lock_owned().await;
        let world = World { here: asked.here, ..self.world.clone() };
        let who = who.name.clone();
        let options = import::Options {
            files: asked.files,
            dry_run: false,
            asset: asked.asset,
            appetite: self.options.appetite.clone(),
        };
        let runtime = tokio::runtime::Handle::current();
        // Reading and judging may take seconds: pages are answered meanwhile.
        let imported = blocking(move || {
            let store = Some(own.store.as_ref());
            runtime.block_on(import::import_into(&world, &own.data, store, &who, &options))
        })
        .await;
        drop(work);
        // Also after an error: something may have been recorded before it.
        let fresh = self.refresh_now().await;
        let mut imported = imported??;
        let mut beside = Vec::new();
        if let Err(failure) = fresh {
            beside = self.tell_beside(&failure);
        }
        if let Some(round) = self.last_round() {
            beside.extend(self.ask_beside(&round.folder.settings).await);
        }
        imported.problems.extend(beside.iter().map(ProblemRow::from));
        imported.details.extend(beside);
        Ok(imported)
    }
}
