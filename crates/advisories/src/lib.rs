//! Is this component known to be dangerous?
//!
//! Version orders, the OSV format, the compiled index, and the text of a lift: what a
//! requirement must say so that it leaves no known problem. Bytes come in as arguments and go
//! out as values; this room knows no files, no network and no clock, and it must not know what a
//! lockfile is, or what is done about a known problem.

mod codes;
pub mod compile;
pub mod distribution;
pub mod ecosystems;
pub mod epss;
mod explain;
pub mod export;
pub mod feed;
pub mod feeds;
mod hash;
pub mod index;
pub mod kev;
pub mod lifecycle;
pub mod lift;
pub mod modified;
mod names;
pub mod notices;
pub mod osv;
pub mod starter;
#[cfg(test)]
mod traps;
mod unpack;
pub mod version;

pub use codes::CODES;
pub use compile::{Compiled, Compiler, Origin};
pub use index::{Asked, Change, Feed, Hit, Index, Judged, Question, Said, Scratch, Why, is_early};
