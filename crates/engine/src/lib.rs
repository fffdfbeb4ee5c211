//! Wires the rooms: `assess` is pure, `cycle` is not. Knows the loop, and no ecosystem or format.

pub mod accept;
pub mod affected;
pub mod ask;
pub mod assess;
pub mod audit;
pub mod bill;
pub mod channels;
pub mod check;
pub mod controls;
pub mod cycle;
pub mod demo;
pub mod desk;
pub mod detect;
pub mod document;
pub mod events;
pub mod explain;
pub mod fix;
pub mod gather;
pub mod history;
pub mod holder;
pub mod host;
pub mod image;
pub mod import;
pub mod index_file;
mod installed;
pub mod look;
pub mod record;
pub mod renew;
pub mod rules;
pub mod sensors;
pub mod services;
pub mod settings;
pub mod statements;
pub mod sync;
pub mod trees;

mod codes;
mod event_rules;
mod failure;
mod glob;
mod mending;
mod own_rules;
mod requirements;
mod through;

pub use codes::CODES;
pub use failure::Failure;
