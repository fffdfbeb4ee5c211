//! New feeds while the data folder is held: findings are brought up to date, and feeds are brought in
//! again by themselves where the configuration says how often.

use std::sync::Arc;

use holdfast_model::Timestamp;
use holdfast_world::Reach;

use super::{Holder, Say, blocking};
use crate::cycle;
use crate::failure::Failure;
use crate::renew::{self, Renewed};
use crate::sync::{self, Named, Request, Sources, SyncReport};

/// In milliseconds.
const HOUR: i64 = 3_600_000;

impl Holder {
    /// Brings findings up to date with the index as it is now, and says what is to be told.
    ///
    /// # Errors
    ///
    /// Where settings or record cannot be used; what was recorded stays.
    pub async fn renew(&self) -> Result<Renewed, Failure> {
        let _work = self.work.lock().await;
        let (world, data, options) = (self.world.clone(), self.data.clone(), self.options.clone());
        let gathered = blocking(move || cycle::prepare(&world, &data, &options)).await??;
        let renewed = renew::renew(&self.world, &self.data, &self.store, &gathered).await;
        // Also after an error: something may have been recorded before it.
        if renewed.is_ok() {
            self.ask_beside(&gathered.settings).await;
        }
        if let Err(failure) = self.refresh_now().await {
            self.tell_beside(&failure);
        }
        renewed
    }

    /// When feeds are to be brought in again: only where `[advisories]` names its sources and says
    /// how often. `None` where it does not.
    ///
    /// # Errors
    ///
    /// Where the settings cannot be used.
    pub async fn feeds_due(&self) -> Result<Option<Timestamp>, Failure> {
        let (world, data, options) = (self.world.clone(), self.data.clone(), self.options.clone());
        blocking(move || {
            let gathered = cycle::prepare(&world, &data, &options)?;
            let config = &gathered.settings.config.advisories;
            let Some(hours) = config.refresh_hours.filter(|_| !config.sources.is_empty()) else {
                return Ok(None);
            };
            let status = sync::status(&world, &data);
            let built = status.built.as_deref().and_then(Timestamp::parse);
            let built = built.unwrap_or(Timestamp(0));
            Ok(Some(Timestamp(built.0.saturating_add(i64::from(hours) * HOUR))))
        })
        .await?
    }

    /// Brings feeds in from the sources that `[advisories]` names, and findings up to date.
    ///
    /// # Errors
    ///
    /// Where a source cannot be had: the index that was there stays.
    pub async fn sync(&self, say: &Say) -> Result<SyncReport, Failure> {
        let (world, data, options) = (self.world.clone(), self.data.clone(), self.options.clone());
        let said = Arc::clone(say);
        let mut report = blocking(move || {
            let gathered = cycle::prepare(&world, &data, &options)?;
            let config = &gathered.settings.config.advisories;
            let root = gathered.folder.root().path();
            let sources = Sources::chosen(Named::default(), &world.here, config, root)?;
            let reach = Reach { private: config.private, loopback: false };
            let request = Request { sources, reach, offline: false };
            sync::sync(&world, &data, &request, &|what| said(what))
        })
        .await??;
        report.renewed = Some(self.renew().await?);
        Ok(report)
    }
}
