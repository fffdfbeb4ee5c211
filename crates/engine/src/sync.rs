//! Brings advisories in, from files or over HTTPS, and compiles them into one index.
//!
//! The last good index stays until a new one is whole: a source that cannot be read at all stops
//! the sync before the index is written. What was fetched until then is kept, each file whole.

pub mod addresses;
mod journal;
mod kept;
mod list;
mod partner;
mod remote;
mod source;
mod take;
mod wanted;

use std::path::Path;

use holdfast_advisories::{Compiled, Compiler, Feed, Index, kev};
use holdfast_model::{Problem, Timestamp};
use holdfast_world::{Reach, World};
use serde::Serialize;

use crate::document::{ProblemRow, written};
use crate::failure::Failure;
use crate::index_file;
use crate::renew::Renewed;

pub use journal::{Changed, Journal, Synced};
pub use source::{Source, Sources};

use remote::{Fetch, Fetched};
use take::Taker;

/// The largest export that is read, in bytes.
const LARGEST: u64 = 4 << 30;

/// What a sync is asked.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is read.
    pub sources: Sources,
    /// Which addresses may be reached.
    pub reach: Reach,
    /// Nothing may be fetched.
    pub offline: bool,
}

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
    /// What the sync changed, weakness by weakness, in numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangesRow>,
    /// What that changed for whoever was looked at before; `None` where nobody ever was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewed: Option<Renewed>,
    /// What could not be understood.
    pub problems: Vec<ProblemRow>,
    /// The same with source lines, for people.
    #[serde(skip)]
    pub details: Vec<Problem>,
}

/// What a sync changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ChangesRow {
    /// Weaknesses that were not known before.
    pub came: u64,
    /// Weaknesses that mean other versions, bear other names or became more or less urgent.
    pub changed: u64,
    /// Weaknesses that are not known any more, or only by another name.
    pub gone: u64,
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

/// Fetches what is named by an address, and compiles everything.
///
/// # Errors
///
/// Where a source cannot be had or read at all, or the index cannot be written: the index that was
/// there stays.
pub fn sync(
    world: &World,
    data: &Path,
    request: &Request,
    progress: &dyn Fn(&str),
) -> Result<SyncReport, Failure> {
    let mut problems = Vec::new();
    let mut inputs = inputs(world, data, request, progress, &mut problems)?;
    let mut compiler = Compiler::new();
    index_file::add_starter(&mut compiler, &mut problems);
    let mut taker = Taker { world, compiler: &mut compiler, problems: &mut problems, progress };
    for input in &inputs.from {
        match input {
            Input::Path(path) => taker.path(path)?,
            Input::Fetched(fetched) => taker.fetched(fetched)?,
        }
    }
    let catalogue = inputs.catalogue.take();
    let exploited = catalogue.as_ref().map(|catalogue| catalogue.entries.len() as u64);
    if let Some(catalogue) = catalogue {
        compiler.kev(&catalogue);
        problems.extend(catalogue.problems);
    }
    progress("compiling");
    Ok(compiled(world, data, compiler, exploited, problems)?)
}

/// Something to compile.
enum Input<'a> {
    Path(&'a Path),
    Fetched(Box<Fetched>),
}

/// All of it. Nobody else fetches until it is compiled.
struct Inputs<'a> {
    from: Vec<Input<'a>>,
    catalogue: Option<kev::Catalogue>,
    _fetch: Option<Fetch<'a>>,
}

/// Fetches what is to be fetched.
fn inputs<'a>(
    world: &'a World,
    data: &Path,
    request: &'a Request,
    progress: &'a dyn Fn(&str),
    problems: &mut Vec<Problem>,
) -> Result<Inputs<'a>, Failure> {
    let sources = &request.sources;
    let fetch = match sources.address() {
        Some(address) if request.offline => {
            let address = source::without_user(address);
            let message = format!("`{address}` would have to be asked, and --offline forbids it");
            return Err(Problem::new("offline", message)
                .help("name a folder or a file, or leave --offline out; what was there stays")
                .into());
        }
        Some(_) => Some(Fetch::begin(world, data, request.reach, progress)?),
        None => None,
    };
    let mut from = Vec::new();
    for source in &sources.from {
        match (source, &fetch) {
            (Source::Address(address), Some(fetch)) => {
                let fetched = fetch.source(address, problems)?;
                from.extend(fetched.into_iter().map(|one| Input::Fetched(Box::new(one))));
            }
            (Source::Path(path), _) => from.push(Input::Path(path)),
            (Source::Address(_), None) => {}
        }
    }
    let catalogue = match (&sources.kev, &fetch) {
        (Some(Source::Path(path)), _) => {
            Some(kev::parse(&path.display().to_string(), &take::read(world, path)?)?)
        }
        (Some(Source::Address(address)), Some(fetch)) => {
            let shown = source::without_user(address);
            let kept = fetch.file(address, &|bytes| kev::parse(&shown, bytes).map(drop))?;
            Some(kev::parse(&shown, &kept.whole(world).unwrap_or_default())?)
        }
        _ => None,
    };
    Ok(Inputs { from, catalogue, _fetch: fetch })
}

/// Makes the index and writes it over the old one.
fn compiled(
    world: &World,
    data: &Path,
    compiler: Compiler,
    exploited: Option<u64>,
    mut problems: Vec<Problem>,
) -> Result<SyncReport, Problem> {
    let now = world.clock.now();
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
    let changes = match &before {
        Some(before) => Some(Journal::note(world, data, before, &new, now)?),
        None => None,
    };
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
        changes: changes.map(|synced| ChangesRow {
            came: synced.came,
            changed: synced.changed,
            gone: synced.gone,
        }),
        renewed: None,
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
        changes: None,
        renewed: None,
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
