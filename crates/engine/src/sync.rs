//! Brings advisories in, from files or over HTTPS, and compiles them into one index.
//!
//! The last good index stays until a new one is whole. A source that cannot be had or read ends
//! nobody else's sync: what is known of it counts as it was, and a problem says so, at each sync and
//! whenever somebody asks. Only where nothing at all could be had, nothing is written.
//!
//! What changed is fetched, and only what changed is read: what became of each source is kept as a
//! segment, and linking segments into an index needs neither the sources nor their text.

pub mod addresses;
mod journal;
mod kept;
mod linked;
mod partner;
mod remote;
mod segments;
mod source;
mod take;
mod told;
mod wanted;

use std::collections::BTreeMap;
use std::path::Path;

use holdfast_advisories::{Compiled, Compiler, Feed, Index, epss, is_early, kev};
use holdfast_model::{Problem, Timestamp};
use holdfast_world::{Lock, Reach, World};
use serde::Serialize;

use crate::document::{ProblemRow, written};
use crate::failure::Failure;
use crate::index_file;
use crate::renew::Renewed;

pub use journal::{Changed, Journal, Synced};
pub use source::{Named, Source, Sources};

use remote::{Fetch, Fetched};
use segments::{Pack, Segments};
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
    /// Weaknesses whose chance of exploitation was read just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likely: Option<u64>,
    /// As of when it is known what is exploited; `None` where no catalogue says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploited_as_of: Option<String>,
    /// As of when the chances of exploitation are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likely_as_of: Option<String>,
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
    /// What could not be understood or had: of this sync, or of the last one.
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
/// Where nothing of what is named can be had or read, or the index cannot be written: the index
/// that was there stays.
pub fn sync(
    world: &World,
    data: &Path,
    request: &Request,
    progress: &dyn Fn(&str),
) -> Result<SyncReport, Failure> {
    let mut problems = Vec::new();
    let inputs = inputs(world, data, request, progress, &mut problems)?;
    let mut compiler = Compiler::new();
    index_file::add_starter(&mut compiler, &mut problems);
    let mut taker = Taker {
        world,
        compiler: &mut compiler,
        problems: &mut problems,
        progress,
        segments: Segments::open(world, data),
        before: Pack::default(),
        pack: Pack::default(),
        broken: Vec::new(),
        as_of: None,
        dated: take::Dated::default(),
        good: 0,
        exploited: None,
        likely: None,
    };
    let mut failures = inputs.failures;
    take_all(&mut taker, &inputs.from, &last_asked(world, data), &mut failures);
    for catalogue in inputs.catalogues {
        match catalogue {
            Catalogue::Exploited(catalogue) => taker.catalogue(catalogue),
            Catalogue::Likely(scores) => taker.chances(scores),
        }
    }
    let (good, broken) = (taker.good, std::mem::take(&mut taker.broken));
    let joined = (taker.exploited, taker.likely);
    failures.extend(broken.into_iter().map(Failure::from));
    if good == 0 && !failures.is_empty() {
        return Err(failures.swap_remove(0));
    }
    taker.segments.tidy();
    problems.extend(failures.iter().flat_map(|failure| failure.problems().iter().cloned()));
    Ok(compiled(world, data, compiler, joined, problems, progress)?)
}

/// When each feed was last had, as the last sync noted it.
fn last_asked(world: &World, data: &Path) -> BTreeMap<String, Timestamp> {
    let (file, _) = index_file::open(world, data);
    let index = Index::open(file.bytes()).ok();
    let feeds = index.as_ref().map(Index::feeds).unwrap_or_default();
    feeds.into_iter().filter_map(|feed| Some((feed.name, feed.asked?))).collect()
}

/// Takes every source, and notes when it was had: now, or when its files were written, or as `before`
/// says where it cannot be had.
fn take_all(
    taker: &mut Taker<'_>,
    from: &[Input<'_>],
    before: &BTreeMap<String, Timestamp>,
    failures: &mut Vec<Failure>,
) {
    let now = taker.world.clock.now();
    for input in from {
        let (mark, broken) = (taker.compiler.mark(), taker.broken.len());
        let done = match input {
            Input::Path(path) => taker.path(path).map(|()| true).map_err(Failure::from),
            Input::Fetched(fetched) => {
                taker.fetched(fetched).map(|()| fetched.fresh).map_err(Failure::NotDone)
            }
        };
        let had = match done {
            Ok(fresh) => {
                if matches!(input, Input::Fetched(_)) {
                    taker.good += usize::from(fresh);
                }
                fresh && taker.broken.len() == broken
            }
            Err(failure) => {
                failures.push(failure);
                false
            }
        };
        let dated = std::mem::take(&mut taker.dated);
        let when = |feed: &str| match input {
            _ if !had => before.get(feed).copied(),
            Input::Fetched(_) => Some(now),
            // Nobody knows who writes there, and whether they still do: it is as old as its files.
            Input::Path(_) => dated.of(feed).map(|time| time.min(now)),
        };
        taker.compiler.asked(mark, &when);
    }
}

/// Something to compile.
enum Input<'a> {
    Path(&'a Path),
    Fetched(Box<Fetched>),
}

/// Something to join.
enum Catalogue {
    Exploited(kev::Catalogue),
    Likely(epss::Scores),
}

/// All of it. Nobody else brings anything in until it is compiled.
struct Inputs<'a> {
    from: Vec<Input<'a>>,
    catalogues: Vec<Catalogue>,
    /// What could not be had.
    failures: Vec<Failure>,
    _held: Lock,
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
        Some(_) => Some(Fetch::new(world, data, request.reach, progress)),
        None => None,
    };
    let held = remote::hold(world, data)?;
    let (mut from, mut failures) = (Vec::new(), Vec::new());
    for source in &sources.from {
        match (source, &fetch) {
            (Source::Address(address), Some(fetch)) => {
                let fetched = fetch.source(address, problems, &mut failures)?;
                from.extend(fetched.into_iter().map(|one| Input::Fetched(Box::new(one))));
            }
            (Source::Path(path), _) => from.push(Input::Path(path)),
            (Source::Address(_), None) => {}
        }
    }
    let mut catalogues = Vec::new();
    if let Some(source) = &sources.kev {
        let one = catalogue(world, source, fetch.as_ref(), &kev::parse, problems)?;
        catalogues.extend(one.map(Catalogue::Exploited));
    }
    if let Some(source) = &sources.epss {
        let one = catalogue(world, source, fetch.as_ref(), &epss::parse, problems)?;
        catalogues.extend(one.map(Catalogue::Likely));
    }
    Ok(Inputs { from, catalogues, failures, _held: held })
}

/// How the bytes of a catalogue are read; the name is for people.
type Reading<'a, T> = &'a dyn Fn(&str, &[u8]) -> Result<T, Problem>;

/// Reads a catalogue. One that a server does not hand over as it should counts as it was, with a
/// problem that says so.
fn catalogue<T>(
    world: &World,
    source: &Source,
    fetch: Option<&Fetch<'_>>,
    read: Reading<'_, T>,
    problems: &mut Vec<Problem>,
) -> Result<Option<T>, Failure> {
    match (source, fetch) {
        (Source::Path(path), _) => {
            Ok(Some(read(&path.display().to_string(), &take::read(world, path)?)?))
        }
        (Source::Address(address), Some(fetch)) => {
            let shown = source::without_user(address);
            match fetch.file(address, &|bytes| read(&shown, bytes).map(drop)) {
                Ok(kept) => Ok(Some(read(&shown, &kept.whole(world).unwrap_or_default())?)),
                Err(Failure::NotDone(problem)) => {
                    problems.push(problem);
                    let old = fetch.kept_file(address)?.whole(world);
                    Ok(old.and_then(|bytes| read(&shown, &bytes).ok()))
                }
                Err(failure) => Err(failure),
            }
        }
        (Source::Address(_), None) => Ok(None),
    }
}

/// Makes the index, or carries the old one on, and writes it over the old one.
fn compiled(
    world: &World,
    data: &Path,
    compiler: Compiler,
    (exploited, likely): (Option<u64>, Option<u64>),
    mut problems: Vec<Problem>,
    progress: &dyn Fn(&str),
) -> Result<SyncReport, Problem> {
    let now = world.clock.now();
    let (old, _) = index_file::open(world, data);
    let (made, print) = linked::link(world, data, compiler, &old, now, progress);
    let Compiled { bytes, feeds, digest, problems: found } = made;
    problems.extend(found);
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
    if let Some(print) = print {
        linked::note(world, data, digest, print);
    }
    told::write(world, data, digest, &problems);
    Ok(SyncReport {
        schema: "holdfast/advisories-sync/1",
        feeds: rows,
        starter: starter_records(),
        exploited,
        likely,
        exploited_as_of: new.exploited_as_of().map(Timestamp::date),
        likely_as_of: new.likelihood().and_then(|likely| likely.as_of).map(Timestamp::date),
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
    let (file, mut problems) = index_file::open(world, data);
    let now = world.clock.now();
    let index = Index::open(file.bytes()).ok();
    if let Some(index) = index.as_ref().filter(|_| file.is_synced()) {
        problems.extend(told::read(world, data, index.digest()));
    }
    let feeds = index.as_ref().map(Index::feeds).unwrap_or_default();
    SyncReport {
        schema: "holdfast/advisories-status/1",
        feeds: feeds.iter().map(|feed| row(feed, index.as_ref(), index.as_ref(), now)).collect(),
        starter: starter_records(),
        exploited: None,
        likely: None,
        exploited_as_of: index.as_ref().and_then(Index::exploited_as_of).map(Timestamp::date),
        likely_as_of: index
            .as_ref()
            .and_then(|index| index.likelihood()?.as_of)
            .map(Timestamp::date),
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
        age: (newest > 0 && !is_early(feed.newest_modified, now))
            .then(|| (now.0.saturating_sub(newest)).max(0) / 86_400_000),
        digest: feed.digest.to_string(),
    }
}

fn cannot_write(data: &Path, why: &str) -> Problem {
    Problem::new("cannot-write", format!("cannot write into `{}`: {why}", data.display()))
        .help("name another folder with --data")
}
