//! What all requests share: the desk, who may be let in, and how much at once.
//!
//! Knows the limits. Must not know any route.

use std::sync::Arc;

use holdfast_engine::desk::Desk;
use tokio::sync::{Semaphore, watch};

use crate::Options;
use crate::cookie::Cookie;
use crate::notices::Notices;
use crate::origin::Hosts;

/// How many may try a secret at the same time; a wrong one takes its time.
const TRIES: usize = 8;
/// How many pages may wait for news at the same time. Each holds a connection.
const WAITING: usize = 128;

/// What all requests share.
pub(crate) struct App {
    pub(crate) desk: Arc<dyn Desk>,
    pub(crate) hosts: Hosts,
    pub(crate) cookie: Cookie,
    pub(crate) notices: Notices,
    pub(crate) tries: Semaphore,
    pub(crate) waiting: Arc<Semaphore>,
    pub(crate) closing: Closing,
}

impl App {
    pub(crate) fn new(desk: Arc<dyn Desk>, options: &Options, closing: Closing) -> Self {
        Self {
            desk,
            hosts: Hosts::new(options),
            cookie: Cookie::new(options),
            notices: Notices::default(),
            tries: Semaphore::new(TRIES),
            waiting: Arc::new(Semaphore::new(WAITING)),
            closing,
        }
    }
}

/// Whether the console is about to end, so that what would last for ever ends with it.
#[derive(Debug, Clone)]
pub struct Closing(watch::Receiver<bool>);

impl Closing {
    /// One that never comes.
    pub fn never() -> Self {
        Self(watch::Sender::new(false).subscribe())
    }

    /// One that comes when the sender says `true`.
    pub fn when(sender: &watch::Sender<bool>) -> Self {
        Self(sender.subscribe())
    }

    /// Comes back when it is time to end, and not before.
    pub(crate) async fn comes(&mut self) {
        if self.0.wait_for(|over| *over).await.is_err() {
            // Nobody is left who could say so.
            std::future::pending::<()>().await;
        }
    }
}
