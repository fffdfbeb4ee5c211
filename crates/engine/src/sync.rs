//! Brings advisories in from the file system and compiles them into one index.
//!
//! The last good index stays until a new one is whole: a source that cannot be read at all stops
//! the sync before anything is written.

use std::path::{Path, PathBuf};

use holdfast_advisories::{Compiled, Compiler, Feed, Index, Origin, export, kev, osv};
use holdfast_model::{Problem, Timestamp};
use holdfast_world::{ReadError, World};
use serde::Serialize;

use crate::document::{ProblemRow, written};
use crate::index_file;

/// The largest export that is read, in bytes.
const LARGEST: u64 = 4 << 30;

/// `holdfast/advisories-sync/1` and `holdfast/advisories-status/1`.
#[derive(Debug, Serialize)]
pub struct SyncReport {
    /// Which document this is.
    pub schema: &'static str,
    /// One row a feed.
    pub feeds: Vec<FeedRow>,
    /// Records of the starter set, which is never coverage.
    pub starter: u64,
    /// Entries of the catalogue of what is known to be exploited, where one was read just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploited: Option<u64>,
    /// When the index was made; `None` where there is none.
    pub built: Option<String>,
    /// The digest of its content.
    pub digest: Option<String>,
    /// Feeds that were there before and are not now.
    pub dropped: Vec<String>,
    /// What could not be understood.
    pub problems: Vec<ProblemRow>,
    /// The same with source lines, for people.
    #[serde(skip)]
    pub details: Vec<Problem>,
}

/// One feed.
#[derive(Debug, Serialize)]
pub struct FeedRow {
    /// As the feed writes it.
    pub ecosystem: String,
    /// Its records.
    pub records: u64,
    /// Records that are new, changed or gone since the last sync.
    pub changed: u64,
    /// Days since the newest change in it; `None` where no record says when.
    pub age: Option<i64>,
    /// Of its records.
    pub digest: String,
}

/// Compiles what stands in `from` (export mirrors, folders of records, zip files).
///
/// # Errors
///
/// Where a source cannot be read at all, or the index cannot be written.
pub fn sync(
    world: &World,
    data: &Path,
    from: &[PathBuf],
    catalogue: Option<&Path>,
    progress: &dyn Fn(&str),
) -> Result<SyncReport, Problem> {
    let now = world.clock.now();
    let mut problems = Vec::new();
    let mut compiler = Compiler::new();
    index_file::add_starter(&mut compiler, &mut problems);
    for source in from {
        add_source(world, source, &mut compiler, &mut problems, progress)?;
    }
    let mut exploited = None;
    if let Some(path) = catalogue {
        let path = world.here.join(path);
        let bytes = read(world, &path)?;
        let parsed = kev::parse(&path.display().to_string(), &bytes)?;
        exploited = Some(parsed.entries.len() as u64);
        compiler.kev(&parsed);
        problems.extend(parsed.problems);
    }
    progress("compiling");
    let Compiled { bytes, feeds, digest, problems: found } = compiler.finish(now);
    problems.extend(found);
    let (old, _) = index_file::open(world, data);
    let before = Index::open(old.bytes()).ok();
    let new = Index::open(&bytes)?;
    let rows: Vec<FeedRow> =
        feeds.iter().map(|feed| row(feed, before.as_ref(), Some(&new), now)).collect();
    let dropped = before
        .as_ref()
        .map(|index| index.feeds().into_iter().map(|feed| feed.name).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .filter(|name| !feeds.iter().any(|feed| feed.name == *name))
        .collect();
    world.files.make_folder(data).map_err(|error| cannot_write(data, &error.to_string()))?;
    world
        .files
        .write_atomic(Path::new("/"), &index_file::path(data), &bytes)
        .map_err(|error| cannot_write(data, &error.to_string()))?;
    Ok(SyncReport {
        schema: "holdfast/advisories-sync/1",
        feeds: rows,
        starter: starter_records(),
        exploited,
        built: Some(written(now)),
        digest: Some(digest.to_string()),
        dropped,
        problems: problems.iter().map(Into::into).collect(),
        details: problems,
    })
}

/// Which feeds there are and how old they are.
pub fn status(world: &World, data: &Path) -> SyncReport {
    let (file, problems) = index_file::open(world, data);
    let now = world.clock.now();
    let index = Index::open(file.bytes()).ok();
    let feeds = index.as_ref().map(Index::feeds).unwrap_or_default();
    SyncReport {
        schema: "holdfast/advisories-status/1",
        feeds: feeds.iter().map(|feed| row(feed, index.as_ref(), index.as_ref(), now)).collect(),
        starter: starter_records(),
        exploited: None,
        built: index.as_ref().filter(|_| file.is_synced()).map(|index| written(index.built())),
        digest: index.as_ref().map(|index| index.digest().to_string()),
        dropped: Vec::new(),
        problems: problems.iter().map(Into::into).collect(),
        details: problems,
    }
}

/// How many weaknesses the starter set knows.
pub fn starter_records() -> u64 {
    index_file::STARTER.len() as u64
}

fn row(
    feed: &Feed,
    before: Option<&Index<'_>>,
    after: Option<&Index<'_>>,
    now: Timestamp,
) -> FeedRow {
    let newest = feed.newest_modified.0;
    let changed = match (before, after) {
        (Some(before), Some(after)) => after.changed_since(before, &feed.name),
        _ => feed.records,
    };
    FeedRow {
        ecosystem: feed.name.clone(),
        records: feed.records,
        changed,
        // A time before 1970 is a placeholder, as `0001-01-01`.
        age: (newest > 0).then(|| (now.0.saturating_sub(newest)).max(0) / 86_400_000),
        digest: feed.digest.to_string(),
    }
}

fn cannot_write(data: &Path, why: &str) -> Problem {
    Problem::new("cannot-write", format!("cannot write into `{}`: {why}", data.display()))
        .help("name another folder with --data")
}

fn read(world: &World, path: &Path) -> Result<Vec<u8>, Problem> {
    world.files.read(Path::new("/"), path, LARGEST).map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &ReadError) -> Problem {
    Problem::new("cannot-read", format!("`{}` cannot be read: {error}", path.display()))
        .help("name an export mirror, a folder of records or a zip file")
}

fn add_source(
    world: &World,
    source: &Path,
    compiler: &mut Compiler,
    problems: &mut Vec<Problem>,
    progress: &dyn Fn(&str),
) -> Result<(), Problem> {
    let source = world.here.join(source);
    let folder = match world.files.folder(&source) {
        Ok(folder) => folder,
        Err(ReadError::NotAFile) => return zip(world, &source, None, compiler, problems, progress),
        Err(error) => return Err(cannot_read(&source, &error)),
    };
    let mut taken = 0_u64;
    for entry in
        world.files.list(&folder, Path::new("")).map_err(|error| cannot_read(&folder, &error))?
    {
        let path = folder.join(&entry.name);
        let Some(name) = entry.name.to_str() else { continue };
        let all = path.join("all.zip");
        if world.files.metadata(Path::new("/"), &all).is_ok() {
            zip(world, &all, Some(name), compiler, problems, progress)?;
            taken += 1;
        } else if name == "all.zip" {
            let feed = folder.file_name().and_then(|name| name.to_str());
            zip(world, &path, feed, compiler, problems, progress)?;
            taken += 1;
        } else if path.extension().is_some_and(|ending| ending == "json") {
            taken += 1;
            let bytes = read(world, &path)?;
            record(&path.display().to_string(), &bytes, None, compiler, problems);
        }
    }
    if taken == 0 {
        let message = format!("there are no advisories in `{}`", folder.display());
        return Err(Problem::new("no-advisories", message)
            .help("name a folder with ECOSYSTEM/all.zip, with .json records, or a zip file"));
    }
    Ok(())
}

fn zip(
    world: &World,
    path: &Path,
    feed: Option<&str>,
    compiler: &mut Compiler,
    problems: &mut Vec<Problem>,
    progress: &dyn Fn(&str),
) -> Result<(), Problem> {
    progress(&format!("reading {}", path.display()));
    let bytes = read(world, path)?;
    let shown = path.display().to_string();
    let mut unreadable = None;
    let records = export::records(&shown, &bytes, export::LIMITS, &mut |entry| match entry {
        Ok((name, bytes)) => record(&format!("{shown}!{name}"), bytes, feed, compiler, problems),
        Err(problem) if problem.code == "export-unreadable" => unreadable = Some(problem),
        Err(problem) => problems.push(problem),
    });
    match unreadable {
        Some(problem) if records == 0 => Err(problem),
        _ => Ok(()),
    }
}

fn record(
    path: &str,
    bytes: &[u8],
    feed: Option<&str>,
    compiler: &mut Compiler,
    problems: &mut Vec<Problem>,
) {
    match osv::parse(path, bytes) {
        Ok(parsed) => {
            let own = parsed.ecosystems().next().unwrap_or("unknown").to_owned();
            compiler.add(feed.unwrap_or(&own), &parsed, Origin::Feed);
        }
        Err(problem) => problems.push(problem),
    }
}
