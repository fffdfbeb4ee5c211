//! A mail server that takes everything, and what it took.

use std::sync::{Mutex, PoisonError};

use super::{Mail, MailReply, MailRequest};
use crate::SendError;

/// Replies as values: the first ones as given, then 250.
#[derive(Debug, Default)]
pub struct RecordedMail {
    replies: Mutex<Vec<Result<MailReply, SendError>>>,
    taken: Mutex<Vec<MailRequest>>,
}

impl RecordedMail {
    /// One that replies like this, in this order, before it takes everything.
    pub fn new(replies: impl IntoIterator<Item = Result<MailReply, SendError>>) -> Self {
        let mut replies: Vec<_> = replies.into_iter().collect();
        replies.reverse();
        Self { replies: Mutex::new(replies), taken: Mutex::default() }
    }

    /// What it was asked to take so far.
    pub fn taken(&self) -> Vec<MailRequest> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Mail for RecordedMail {
    fn send(&self, request: &MailRequest) -> Result<MailReply, SendError> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let reply = self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop();
        reply.unwrap_or_else(|| Ok(MailReply { code: 250, text: "ok".to_owned() }))
    }
}
