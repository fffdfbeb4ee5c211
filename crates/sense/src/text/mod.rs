//! What all readers of text share: bytes to text, offsets to places, JSON, TOML, XML, YAML, merge
//! markers, and the report that numbers components and bounds problems.
//!
//! Knows notations; must not know any package manager's file.

pub mod conflict;
pub mod document;
pub mod encoding;
pub mod json;
mod json_parser;
mod json_string;
pub mod position;
pub mod report;
pub mod toml;
pub mod xml;
pub mod yaml;

pub use document::Document;
pub use report::{Mistake, Report};

/// A count as facts carry it; more than 4,294,967,295 stays there.
pub fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// What stands behind the last dot of a name, in its case: programs that read folders ask for it so.
pub fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, end)| end)
}

/// The last segment of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The folder of a path, empty at the root.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
