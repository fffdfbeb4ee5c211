//! The compiled advisories on disk, and the starter set where there are none.

use std::path::{Path, PathBuf};

use holdfast_advisories::{Compiler, Index, Origin, osv, starter};
use holdfast_model::{Problem, Timestamp};
use holdfast_world::{Mapped, ReadError, World};

/// The name of the index in the data folder.
pub const INDEX: &str = "advisories.index";

/// The starter set as it came along: path and text of each file.
pub static STARTER: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/starter.rs"));

/// The bytes of an index.
#[derive(Debug)]
pub enum IndexFile {
    /// Made by `advisories sync`.
    Synced(Mapped),
    /// Made just now from the starter set.
    Starter(Vec<u8>),
}

impl IndexFile {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Synced(mapped) => mapped,
            Self::Starter(bytes) => bytes,
        }
    }

    /// Whether it was made from feeds.
    pub fn is_synced(&self) -> bool {
        matches!(self, Self::Synced(_))
    }
}

/// Where the index of a data folder is.
pub fn path(data: &Path) -> PathBuf {
    data.join(INDEX)
}

/// Opens the index of a data folder. One that is missing gives the starter set; so does one that
/// cannot be used, with a problem that says so.
pub fn open(world: &World, data: &Path) -> (IndexFile, Vec<Problem>) {
    let mut problems = Vec::new();
    let mapped = world.files.map(Path::new("/"), &path(data));
    match mapped {
        Ok(mapped) => match Index::open(&mapped) {
            Ok(_) => return (IndexFile::Synced(mapped), problems),
            Err(problem) => problems.push(unusable(data, &problem.message)),
        },
        Err(ReadError::Missing) => {}
        Err(error) => problems.push(unusable(data, &error.to_string())),
    }
    (IndexFile::Starter(starter_index(&mut problems)), problems)
}

fn unusable(data: &Path, why: &str) -> Problem {
    let message =
        format!("the compiled advisories `{}` cannot be used: {why}", path(data).display());
    Problem::new("index-unusable", message).help("make them again: holdfast advisories sync")
}

/// Compiles the starter set. It takes a few milliseconds, which a synced index saves.
fn starter_index(problems: &mut Vec<Problem>) -> Vec<u8> {
    let mut compiler = Compiler::new();
    add_starter(&mut compiler, problems);
    compiler.finish(Timestamp(0)).bytes
}

/// Adds the starter set to whatever else is compiled.
pub fn add_starter(compiler: &mut Compiler, problems: &mut Vec<Problem>) {
    for (path, text) in STARTER {
        let (record, found) = starter::record_from_yaml(&(*path).into(), text);
        problems.extend(found);
        let Some(record) = record else { continue };
        match osv::parse(path, &record) {
            Ok(parsed) => compiler.add("starter", &parsed, Origin::Starter),
            Err(problem) => problems.push(problem),
        }
    }
}
