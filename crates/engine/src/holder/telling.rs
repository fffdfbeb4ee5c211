//! Telling teams what was decided: asked for after each round and deed, carried out in between.

use std::sync::{Arc, PoisonError};

use holdfast_model::Problem;

use super::Holder;
use crate::channels;
use crate::desk::{Done, Person};
use crate::document::ProblemRow;
use crate::failure::Failure;
use crate::services;
use crate::settings::Settings;

/// So many messages are told in one go.
const MOST: usize = 50;

impl Holder {
    /// A look that failed stands among the problems that pages show, until the next one.
    pub(super) fn tell(&self, failure: &Failure) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.problems = failure.problems().iter().map(ProblemRow::from).collect();
        let mut view = (*state.view).clone();
        view.problems.clone_from(&state.problems);
        state.view = Arc::new(view);
        drop(state);
        self.changes.send_modify(|number| *number += 1);
    }

    /// Tells what is due; how many attempts were made. What fails is tried again at its time.
    ///
    /// # Errors
    ///
    /// Where the record cannot be read or written.
    pub async fn deliver(&self) -> Result<usize, Failure> {
        let _telling = self.telling.lock().await;
        let (channels, _) = channels::read(&self.world, &self.data);
        if channels.all.is_empty() {
            return Ok(0);
        }
        let (world, store) = (&self.world, &self.store);
        channels::follow(world, store, &channels).await?;
        let made = channels::deliver(world, store, &channels, MOST).await?;
        if made > 0 {
            self.refresh_now().await?;
        }
        Ok(made)
    }

    /// Finds out what is to be told and tells it, until nothing is due.
    pub(crate) async fn tell_all(&self) -> Result<(), Failure> {
        if let Some(round) = self.last_round() {
            self.ask_channels(&round.folder.settings).await?;
        }
        while self.deliver().await? == MOST {}
        Ok(())
    }

    /// Puts what is to be told into the record; what is wrong with the channels.
    pub(super) async fn ask_channels(&self, settings: &Settings) -> Result<Vec<Problem>, Failure> {
        let _asking = self.asking.lock().await;
        let (channels, problems) = channels::read(&self.world, &self.data);
        let team = services::team_here(&self.world, &self.data, &settings.config);
        channels::ask(&self.world, &self.store, &channels, &team).await?;
        Ok(problems)
    }

    /// The same behind something that was done, which stays done whatever becomes of this.
    pub(super) async fn ask_beside(&self, settings: &Settings) -> Vec<Problem> {
        let asked = self.ask_channels(settings).await;
        asked.err().map(|failure| self.tell_beside(&failure)).unwrap_or_default()
    }

    /// What failed behind something that was done stands among the problems that pages show, until
    /// the next look; given back for those who asked.
    pub(super) fn tell_beside(&self, failure: &Failure) -> Vec<Problem> {
        let mut state = self.write_state();
        for row in failure.problems().iter().map(ProblemRow::from) {
            if !state.problems.contains(&row) {
                state.problems.push(row);
            }
        }
        let mut view = (*state.view).clone();
        view.problems.clone_from(&state.problems);
        state.view = Arc::new(view);
        drop(state);
        self.changes.send_modify(|number| *number += 1);
        failure.problems().to_vec()
    }

    /// Sends a test by a channel.
    pub(super) async fn trial(&self, who: &Person, name: &str) -> Result<Done, Failure> {
        let _telling = self.telling.lock().await;
        let (channels, _) = channels::read(&self.world, &self.data);
        let message = channels::trial(&self.world, &self.store, &channels, name, &who.name).await?;
        Ok(Done { message, ..Done::default() })
    }
}
