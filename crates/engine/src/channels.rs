//! Telling teams: who is reached how, what is to be told, and carrying it there.
//!
//! What is decided becomes a request in the record, in the transaction that remembers that it was
//! told; whoever holds the record carries requests out, one after the other. `act` knows partners,
//! `world` addresses and secrets, `store` what was asked for and what became of it; here they meet.

mod account;
mod ask;
mod deliver;
mod errand;
mod said;
mod send;
mod shown;
mod tickets;

pub use account::FILE;
pub(crate) use account::read;
pub(crate) use ask::ask;
pub(crate) use deliver::{deliver, trial};
pub(crate) use shown::{told_of, views};
pub(crate) use tickets::follow;
