//! Other people's reports: read, joined to our assets, and written down as what one scanner saw.
//!
//! Knows the way from a file to the record; formats belong to `sense`, and what a report closes or
//! reopens to `findings`. Who holds the data folder writes; the way is the same for all.

mod document;
mod identity;
mod joined;
mod read;
mod recognised;
mod recorded;
mod references;
mod said;
mod sightings;
mod verdicts;

use std::path::{Path, PathBuf};

use holdfast_advisories::Index;
use holdfast_model::{Problem, Timestamp};
use holdfast_store::{Store, StoreOptions};
use holdfast_world::World;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::settings::{self, Chosen};
use crate::{index_file, record, sensors, services};

pub use document::{DismissedRow, Imported, ReportRow, SubjectRow, TestsRow};

use document::Tally;
use joined::{Joined, Ours};
use read::{Read, Subject};
use recognised::Recognised;
use recorded::{Recording, Target, Waiting};
use references::References;

/// What is asked.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// The reports.
    pub files: Vec<String>,
    /// Only say what would be done.
    pub dry_run: bool,
    /// The asset that the reports are about, by name or id.
    pub asset: Option<String>,
    /// The appetite named on the command line.
    pub appetite: Option<Chosen>,
}

/// What is asked of whoever holds the data folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The folder that whoever asks stands in: paths, and what reports call `.`, begin there.
    pub here: PathBuf,
    /// The reports, as they were named.
    pub files: Vec<String>,
    /// The asset that the reports are about, by name or id.
    pub asset: Option<String>,
}

/// Imports reports, one after the other; each is written down before the next is read. Takes hold
/// of the data folder while it lasts; a dry run only reads.
///
/// # Errors
///
/// Where none of the files can be read, or the asset that was named, the configuration or the
/// record cannot be used. What a report holds never ends here.
pub async fn import(world: &World, data: &Path, options: &Options) -> Result<Imported, Failure> {
    let store = if options.dry_run {
        record::reader(data).await?
    } else {
        Some(record::holder(world, data, StoreOptions::default()).await?)
    };
    let imported = import_into(world, data, store.as_ref(), &world.host.user, options).await;
    if let Some(store) = store {
        store.close().await.map_err(|error| record::ours(&error))?;
    }
    imported
}

/// The same into a record that is open already, in somebody's name.
pub(crate) async fn import_into(
    world: &World,
    data: &Path,
    store: Option<&Store>,
    who: &str,
    options: &Options,
) -> Result<Imported, Failure> {
    let started = world.clock.now();
    let folder = sensors::open(world, Path::new("."))?;
    let settings = settings::read(&folder.tree, options.appetite.as_ref(), &world.clock.zone())?;
    let (file, mut problems) = index_file::open(world, data);
    let (services, found) = services::read(world, data);
    problems.extend(found);
    let index = Index::open(file.bytes()).map_err(Failure::Ours)?;
    let recorded = match store {
        Some(store) => store.assets().await.map_err(|error| record::ours(&error))?,
        None => Vec::new(),
    };
    let mut ours = Ours::of(world, &folder, &settings, (recorded, services));
    let named = options.asset.as_deref().map(|name| ours.named(name)).transpose()?;
    let mut tally = Tally::new(started, options.dry_run, problems);
    let recording = Recording {
        world,
        store,
        who,
        dry_run: options.dry_run,
        index: &index,
        settings: &settings,
        references: References::new(&folder.tree),
        now: started,
    };
    let mut recognised = Recognised::of(store).await?;
    let mut unread: Vec<Problem> = Vec::new();
    for path in &options.files {
        if let Some(read) = recognised.find(world, path) {
            let again = nothing_new(&recording, read, &ours, named.as_ref()).await?;
            if let Some(again) = again {
                tally.join(again);
                continue;
            }
        }
        let mut read = match read::read(world, path) {
            Ok(read) => read,
            Err(problem) => {
                tally.unread(path);
                unread.push(problem);
                continue;
            }
        };
        recognised.add(world, &read);
        if let Some(store) = store {
            ours.ask(store, &read).await?;
        }
        let targets = targets(&mut read, &ours, named.as_ref(), started, &mut tally);
        tally.report(&read);
        let mut waiting = Waiting::default();
        for target in targets {
            let (row, asset) = recording.record(&read, target, &ours, &mut waiting).await?;
            ours.learn(asset);
            tally.subject(row);
        }
        recording.write(&mut waiting).await?;
        tally.problems.append(&mut read.problems);
    }
    if let Some(store) = store.filter(|_| !options.dry_run) {
        recognised.keep(world, store).await?;
    }
    if unread.len() == options.files.len() {
        return Err(Failure::Usage(unread));
    }
    tally.problems.append(&mut unread);
    Ok(tally.finish(world.clock.now()))
}

/// What an import of a report that was read before comes to, if all of it is known: its findings
/// are not asked for. `None` where they are.
async fn nothing_new(
    recording: &Recording<'_>,
    mut read: Read,
    ours: &Ours<'_>,
    named: Option<&Joined>,
) -> Result<Option<Tally>, Failure> {
    let mut tally = Tally::new(recording.now, recording.dry_run, Vec::new());
    let targets = targets(&mut read, ours, named, recording.now, &mut tally);
    tally.report(&read);
    for target in targets {
        let Some(row) = recording.nothing_new(&read, &target, ours).await? else {
            return Ok(None);
        };
        tally.subject(row);
    }
    Ok(Some(tally))
}

/// The assets that a report speaks of, each once for each scanner: several hosts of a report may
/// be one of ours.
fn targets(
    read: &mut Read,
    ours: &Ours<'_>,
    named: Option<&Joined>,
    now: Timestamp,
    tally: &mut Tally,
) -> Vec<Target> {
    let subjects = std::mem::take(&mut read.subjects);
    let hosts = subjects.iter().filter(|one| joined::speaks_of_a_host(one)).count();
    let named = named.filter(|_| {
        if hosts > 1 {
            tally.several_hosts(&read.path, hosts);
        }
        hosts <= 1
    });
    let mut targets: Vec<Target> = Vec::new();
    for subject in subjects {
        let at = when(&subject, read.written, now, &read.path, tally);
        let joined = match named {
            Some(joined) => joined.clone(),
            None => ours.join(&subject, at),
        };
        let same = targets.iter_mut().find(|target| {
            target.joined.asset.id == joined.asset.id && target.scanner == subject.scanner
        });
        match same {
            Some(target) => target.add(subject, at),
            None => targets.push(Target::new(subject, joined, at)),
        }
    }
    targets
}

/// When the scanner looked: by its own word, else when the report was written, else now. A report
/// from the future was made by a clock that is wrong.
fn when(
    subject: &Subject,
    written: Option<Timestamp>,
    now: Timestamp,
    path: &str,
    tally: &mut Tally,
) -> Timestamp {
    let said = subject.covered.as_ref().and_then(|covered| covered.at).or(subject.at);
    if let Some(said) = said.filter(|said| *said > now) {
        tally.future(path, said);
    }
    said.or(written).map_or(now, |at| at.min(now))
}
