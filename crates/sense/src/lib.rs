//! Bytes in, facts out.
//!
//! Knows file formats; knows nothing of advisories, decisions or where bytes come from.

pub mod anything;
pub mod codes;
pub mod event;
pub mod feed;
pub mod host;
pub mod image;
pub mod installed;
pub mod inventory;
pub mod lockfile;
pub mod packages;
pub mod remote;
pub mod report;
pub mod sbom;
pub mod statement;
pub mod text;

mod bytes;
#[cfg(test)]
mod mutated;
mod reader;
mod registry;
mod sieve;
mod tells;

pub use reader::{
    Along, Answer, Claim, FileStat, FileType, HEAD, Need, Owned, ReadAt, Reader, Scope, Sources,
    Walked, join,
};
pub use registry::{looks_inside, read_anything, reader_for, readers, system_reader_for};
pub use sieve::{Sieve, Sifting};
pub use tells::{Tells, tells};
