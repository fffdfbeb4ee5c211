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
pub mod lockfile;
pub mod packages;
pub mod report;
pub mod sbom;
pub mod statement;
pub mod text;

mod bytes;
#[cfg(test)]
mod mutated;
mod reader;
mod registry;

pub use reader::{Answer, Claim, FileStat, FileType, HEAD, Need, Reader, Scope, Sources, join};
pub use registry::{looks_inside, read_anything, reader_for, readers, system_reader_for};
