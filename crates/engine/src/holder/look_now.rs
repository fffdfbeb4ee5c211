//! A look that somebody asks for.

use std::sync::Arc;

use super::{Holder, Say};
use crate::desk::Done;
use crate::failure::Failure;

impl Holder {
    /// Looks again; without `wait` in the background, so that a page can answer at once.
    pub(super) async fn look_for(&self, say: &Say, wait: bool) -> Result<Done, Failure> {
        if wait {
            self.look(say).await?;
            return Ok(Done { message: "Looked again.".to_owned(), ..Done::default() });
        }
        let message = match (self.own.upgrade(), self.work.try_lock()) {
            (Some(own), Ok(_)) => {
                let say = Arc::clone(say);
                // Whatever goes wrong stands in the next view.
                tokio::spawn(async move { own.look(&say).await });
                "Looking again."
            }
            _ => "Something is under way already; look again once it is done.",
        };
        Ok(Done { message: message.to_owned(), ..Done::default() })
    }
}
