//! Exports over HTTP: whole the first time, then what changed.
//!
//! An export is a folder an ecosystem: `all.zip`, `modified_id.csv` with a line a record, and
//! `ID.json` for each (google.github.io/osv.dev/data); `ecosystems.txt` beside the folders names
//! them. What is to be fetched follows from comparing the list with what is held, not from when
//! was asked last: so an interrupted sync goes on where it ended, and a record that appears with a
//! time of long ago is not missed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdfast_advisories::feed::{self, Form};
use holdfast_advisories::modified::{self, AsOf};
use holdfast_advisories::{epss, kev, osv};
use holdfast_model::{Fields, Place, Problem};
use holdfast_world::{Lock, LockError, Reach, World};
use rayon::prelude::*;

use super::kept::{Beside, Kept, State, Validators, Whole, inside};
use super::partner::{Came, Got, Partner};
use super::source::{encoded, is_ecosystem, split, without_user};
use super::{cannot_write, wanted};
use crate::failure::Failure;

/// Up to so many records are fetched one by one, beyond that the whole export. A record is one
/// round trip of some tenths of a second, eight at once: 256 take some seconds, as the smaller
/// exports do, and are no burden that servers complain about. A day's changes in an ecosystem are
/// fewer.
const MOST_RECORDS: usize = 256;
/// Up to so many records are kept beside an export, each a small file; beyond that it is taken anew.
const MOST_BESIDE: usize = 2_048;
/// How many records are fetched at once.
const AT_ONCE: usize = 8;
/// After so many records, what was had is noted.
const IN_A_ROW: usize = 64;
/// The longest list, in bytes: a million records.
const LONGEST_LIST: u64 = 64 << 20;
/// The longest list of ecosystems, in bytes.
const LONGEST_NAMES: u64 = 1 << 20;
/// The folder of a single file; no ecosystem's, since those begin with a letter or digit.
const FILE: &str = "=file";

/// Whoever fetches.
pub(super) struct Fetch<'a> {
    partner: Partner<'a>,
    world: &'a World,
    feeds: PathBuf,
    progress: &'a dyn Fn(&str),
}

/// Reads what is inside a file, or says why it cannot be used.
type Reader<'r> = &'r dyn Fn(&[u8]) -> Result<BTreeMap<String, AsOf>, Problem>;

/// What came of fetching records.
#[derive(Debug, Default)]
struct Had {
    /// Those that could not be had, and why.
    missing: Vec<(String, &'static str)>,
    /// How many are older than their list says.
    late: usize,
}

/// What was fetched, to be compiled.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) kept: Kept,
    /// The feed's name; without, the record's own ecosystem is.
    pub(super) feed: Option<String>,
    /// Whether it is as the server has it; else it is as it was, which may be nothing but a segment.
    pub(super) fresh: bool,
}

/// Until it is dropped nobody else brings advisories into a data folder: two would take each other's
/// segments for left over.
pub(super) fn hold(world: &World, data: &Path) -> Result<Lock, Failure> {
    let feeds = data.join("feeds");
    let made = world.files.make_folder(&feeds);
    made.map_err(|error| cannot_write(&feeds, &error.to_string()))?;
    let lock = world.files.lock(&feeds.join("lock"), "advisories sync");
    Ok(lock.map_err(|error| match error {
        LockError::Held(_) => {
            let message = "another process brings advisories into this data folder";
            Problem::new("sync-running", message).help("wait until it is done")
        }
        LockError::Write(error) => cannot_write(&feeds, &error.to_string()),
    })?)
}

impl<'a> Fetch<'a> {
    /// Whoever does so holds the data folder, see [`hold`].
    pub(super) fn new(
        world: &'a World,
        data: &Path,
        reach: Reach,
        progress: &'a dyn Fn(&str),
    ) -> Self {
        Self { partner: Partner { world, reach }, world, feeds: data.join("feeds"), progress }
    }

    /// Fetches whatever an address names: an export, one ecosystem of it, a zip file, or a file of
    /// another form. What a server does not hand over as it should counts as it was; why stands in
    /// `failures`.
    pub(super) fn source(
        &self,
        address: &str,
        problems: &mut Vec<Problem>,
        failures: &mut Vec<Failure>,
    ) -> Result<Vec<Fetched>, Failure> {
        let ending = std::path::Path::new(address).extension().and_then(|end| end.to_str());
        if matches!(ending, Some("zip" | "json" | "csv" | "gz" | "md")) {
            let (folder, name) = split(address).unwrap_or((address, String::new()));
            let feed = (name == "all.zip").then(|| split(folder)).flatten();
            let feed = feed.map(|(_, ecosystem)| ecosystem).filter(|name| is_ecosystem(name));
            let zip = ending == Some("zip");
            let shown = without_user(address);
            let check = |bytes: &[u8]| {
                if zip { inside(&shown, bytes).map(drop) } else { is_feed(&shown, bytes) }
            };
            let kept = self.file(address, &check);
            let folder = self.folder(address).join(FILE);
            return Ok(vec![self.or_as_it_was(kept, feed, folder, address, failures)?]);
        }
        let chosen = match self.chosen(address, problems) {
            Ok(chosen) => chosen,
            // Nobody says which ecosystems there are: those that were fetched before count.
            Err(Failure::NotDone(problem)) => {
                failures.push(Failure::NotDone(problem));
                let known = wanted::before(self.world, &self.folder(address)).into_iter();
                let own = split(address).filter(|(_, name)| is_ecosystem(name));
                let all = known.map(|name| (address, name)).chain(own);
                let each = all.map(|(root, name)| self.as_it_was(root, &name));
                return each.collect();
            }
            Err(failure) => return Err(failure),
        };
        let Some(chosen) = chosen else {
            let one =
                split(address).filter(|(root, name)| !root.ends_with('/') && is_ecosystem(name));
            let Some((root, name)) = one else {
                let place = Place::start_of(without_user(&format!("{address}/ecosystems.txt")));
                let message = "nothing here says which ecosystems there are";
                return Err(Problem::at("no-ecosystems", place, message)
                    .help("name the ecosystem too, such as https://host/path/PyPI")
                    .into());
            };
            return self.each(root, &[name], problems, failures);
        };
        self.each(address, &chosen, problems, failures)
    }

    /// Which ecosystems of an export are fetched; `None` where the address is no export's root.
    fn chosen(
        &self,
        address: &str,
        problems: &mut Vec<Problem>,
    ) -> Result<Option<Vec<String>>, Failure> {
        let names = format!("{address}/ecosystems.txt");
        let spill = self.feeds.join("coming-names");
        match self.partner.get(&names, &Validators::default(), LONGEST_NAMES, &spill)? {
            Got::Body(bytes, _) => {
                let folder = self.folder(address);
                wanted::of_export(self.world, &names, &bytes, &folder, problems).map(Some)
            }
            Got::Absent | Got::Unchanged => Ok(None),
        }
    }

    fn each(
        &self,
        root: &str,
        names: &[String],
        problems: &mut Vec<Problem>,
        failures: &mut Vec<Failure>,
    ) -> Result<Vec<Fetched>, Failure> {
        let mut out = Vec::new();
        for name in names {
            let base = format!("{root}/{}", encoded(name));
            let folder = self.folder(root).join(name);
            let kept = self.ecosystem(root, name, problems);
            out.push(self.or_as_it_was(kept, Some(name.clone()), folder, &base, failures)?);
        }
        Ok(out)
    }

    /// What was fetched, else what was there before.
    fn or_as_it_was(
        &self,
        outcome: Result<Kept, Failure>,
        feed: Option<String>,
        folder: PathBuf,
        address: &str,
        failures: &mut Vec<Failure>,
    ) -> Result<Fetched, Failure> {
        match outcome {
            Ok(kept) => Ok(Fetched { kept, feed, fresh: true }),
            Err(Failure::NotDone(problem)) => {
                failures.push(Failure::NotDone(problem));
                let kept = Kept::open(self.world, folder, address)?;
                Ok(Fetched { kept, feed, fresh: false })
            }
            Err(failure) => Err(failure),
        }
    }

    fn as_it_was(&self, root: &str, name: &str) -> Result<Fetched, Failure> {
        let base = format!("{root}/{}", encoded(name));
        let kept = Kept::open(self.world, self.folder(root).join(name), &base)?;
        Ok(Fetched { kept, feed: Some(name.to_owned()), fresh: false })
    }

    /// A single file as it was fetched last.
    pub(super) fn kept_file(&self, address: &str) -> Result<Kept, Failure> {
        Ok(Kept::open(self.world, self.folder(address).join(FILE), address)?)
    }

    /// Fetches the catalogue of what is known to be exploited, or another single file, if it
    /// passes the check.
    pub(super) fn file(
        &self,
        address: &str,
        check: &dyn Fn(&[u8]) -> Result<(), Problem>,
    ) -> Result<Kept, Failure> {
        (self.progress)(&format!("asking {}", without_user(address)));
        let mut kept = Kept::open(self.world, self.folder(address).join(FILE), address)?;
        self.whole(&mut kept, address, &|bytes| check(bytes).map(|()| BTreeMap::new()))?;
        Ok(kept)
    }

    fn folder(&self, root: &str) -> PathBuf {
        let digest = Fields::new("holdfast feed 1").field(root.as_bytes()).finish().to_string();
        self.feeds.join(digest.get(..16).unwrap_or(&digest))
    }

    fn ecosystem(
        &self,
        root: &str,
        name: &str,
        problems: &mut Vec<Problem>,
    ) -> Result<Kept, Failure> {
        let base = format!("{root}/{}", encoded(name));
        (self.progress)(&format!("asking {} for {name}", without_user(root)));
        let mut kept = Kept::open(self.world, self.folder(root).join(name), &base)?;
        self.feed(&mut kept, &base, problems)?;
        Ok(kept)
    }

    /// Brings one feed up to date.
    fn feed(
        &self,
        kept: &mut Kept,
        base: &str,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Failure> {
        let zip = format!("{base}/all.zip");
        let address = format!("{base}/modified_id.csv");
        let known = kept.state.list.clone().unwrap_or_default();
        let spill = kept.spill("list");
        let (listed, validators) = match self.partner.get(&address, &known, LONGEST_LIST, &spill)? {
            Got::Unchanged => return Ok(()),
            Got::Absent => return self.export(kept, &zip).map(drop),
            Got::Body(bytes, validators) => {
                (modified::read(&without_user(&address), &bytes), validators)
            }
        };
        if listed.records.is_empty() && listed.refused > 0 {
            let place = Place::start_of(without_user(&address));
            let problem = Problem::at("feed-list-unreadable", place, "this is no list of records");
            let help = "see whether the address is the right one; what was there stays";
            return Err(Failure::NotDone(problem.help(help)));
        }
        let mut held = kept.inside(self.world, &zip).ok();
        let differs = held.as_ref().map(|held| listed.compared(&kept.held(held)));
        let delta = differs.is_some_and(|differs| {
            let beside = kept.state.records.len() + differs.changed.len();
            differs.gone == 0 && differs.changed.len() <= MOST_RECORDS && beside <= MOST_BESIDE
        });
        let mut fresh = !delta || listed.refused > 0;
        problems.extend(listed.problems.iter().cloned());
        let complete = loop {
            let inside = match held.take().filter(|_| !fresh) {
                Some(held) => held,
                None => self.export(kept, &zip)?,
            };
            // What is in no list any more, and in no export, is gone.
            kept.state.records.retain(|id, _| listed.records.contains_key(id));
            let differs = listed.compared(&kept.held(&inside));
            if differs.changed.len() > MOST_RECORDS {
                problems.push(behind(&zip, differs.changed.len()));
                break false;
            }
            let had = self.records(kept, base, &differs.changed, fresh)?;
            if had.missing.is_empty() {
                // What an export holds and its list does not may go with the next export, whose
                // list is the same; and a record may come later than its list.
                break listed.refused == 0 && differs.gone == 0 && had.late == 0;
            }
            if fresh {
                problems.push(not_had(base, &had.missing));
                break false;
            }
            fresh = true;
        };
        kept.state.list = complete.then_some(validators);
        Ok(kept.commit(self.world)?)
    }

    /// Takes the whole export, if it changed. Returns what is inside.
    fn export(&self, kept: &mut Kept, address: &str) -> Result<BTreeMap<String, AsOf>, Failure> {
        (self.progress)(&format!("fetching {}", without_user(address)));
        let shown = without_user(address);
        let new = self.whole(kept, address, &|bytes| inside(&shown, bytes))?;
        if let Some(inside) = new {
            return Ok(inside);
        }
        kept.inside(self.world, &shown).map_err(Failure::NotDone)
    }

    /// Takes a whole file, if it changed and can be used. What stands beside it stays where it is
    /// newer than what is inside.
    fn whole(
        &self,
        kept: &mut Kept,
        address: &str,
        read: Reader<'_>,
    ) -> Result<Option<BTreeMap<String, AsOf>>, Failure> {
        let known = kept.state.whole.as_ref().map(|whole| whole.validators.clone());
        let (slot, path) = kept.other();
        let came = self.partner.whole(address, &known.unwrap_or_default(), &path)?;
        let Came::New { digest, size, validators } = came else { return Ok(None) };
        let before = std::mem::take(&mut kept.state);
        kept.state = State {
            address: before.address.clone(),
            whole: Some(Whole { slot, digest, size, validators }),
            ..State::default()
        };
        let inside = match kept.whole(self.world) {
            Some(bytes) => read(&bytes).map_err(Failure::NotDone),
            None => Err(cannot_write(&path, "it is not as it came").into()),
        };
        let inside = match inside {
            Ok(inside) => inside,
            Err(failure) => {
                kept.state = before;
                drop(self.world.files.remove(Path::new("/"), &path));
                return Err(failure);
            }
        };
        let newer =
            |(id, one): &(String, Beside)| inside.get(id).is_none_or(|own| *own < one.as_of);
        kept.state.records = before.records.into_iter().filter(newer).collect();
        if !inside.is_empty() {
            kept.note_inside(self.world, &inside)?;
        }
        kept.commit(self.world)?;
        Ok(Some(inside))
    }

    /// Fetches records one by one. Returns those that could not be had; unless `all`, the first
    /// such ends it. What was had counts from then on, whatever comes after it.
    fn records(
        &self,
        kept: &mut Kept,
        base: &str,
        changed: &[(String, AsOf)],
        all: bool,
    ) -> Result<Had, Failure> {
        let mut had = Had::default();
        if changed.is_empty() {
            return Ok(had);
        }
        (self.progress)(&format!("fetching {} records of {}", changed.len(), without_user(base)));
        let threads = rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build();
        let threads = threads.map_err(|error| {
            let message = format!("no threads can be started: {error}");
            Failure::Ours(Problem::new("worker-ended", message))
        })?;
        kept.state.list = None;
        for chunk in changed.chunks(IN_A_ROW) {
            let (partner, own) = (self.partner, &*kept);
            let one = |(id, _): &(String, AsOf)| record(partner, own, base, id);
            let each: Vec<Result<Beside, &'static str>> =
                threads.install(|| chunk.par_iter().map(one).collect::<Result<_, Failure>>())?;
            for ((id, listed), own) in chunk.iter().zip(each) {
                match own {
                    Ok(own) => {
                        had.late += usize::from(own.as_of < *listed);
                        kept.state.records.insert(id.clone(), own);
                    }
                    Err(why) => had.missing.push((id.clone(), why)),
                }
            }
            kept.commit(self.world)?;
            if !had.missing.is_empty() && !all {
                break;
            }
        }
        Ok(had)
    }
}

/// Whether a file is a feed of some form.
fn is_feed(shown: &str, bytes: &[u8]) -> Result<(), Problem> {
    match feed::form_of(bytes) {
        Some(Form::Osv) => osv::parse(shown, bytes).map(drop),
        Some(Form::Exploited) => kev::parse(shown, bytes).map(drop),
        Some(Form::Likely) => epss::parse(shown, bytes).map(drop),
        Some(form) => feed::records(form, shown, bytes, &mut |_| {}),
        None => {
            let place = Place::start_of(shown);
            Err(Problem::at("no-advisories", place, "this is no feed of a form that is known")
                .help("see whether the address is the right one; nothing was changed"))
        }
    }
}

/// Fetches one record and keeps it. What is kept, or why it could not be had.
fn record(
    partner: Partner<'_>,
    kept: &Kept,
    base: &str,
    id: &str,
) -> Result<Result<Beside, &'static str>, Failure> {
    let address = format!("{base}/{}.json", encoded(id));
    let spill = kept.spill(id);
    match partner.get(&address, &Validators::default(), osv::LARGEST as u64, &spill)? {
        Got::Body(bytes, _) => {
            let put = kept.put(partner.world, id, &bytes)?;
            Ok(put.ok_or("what came is another one, or none"))
        }
        Got::Absent | Got::Unchanged => Ok(Err("it is not there")),
    }
}

fn behind(zip: &str, changed: usize) -> Problem {
    let message = format!("the list beside it names {changed} records that are newer");
    Problem::at("feed-behind", Place::start_of(without_user(zip)), message)
        .help("they come with the next export; sync again later")
}

fn not_had(base: &str, missing: &[(String, &'static str)]) -> Problem {
    let first = missing.first().map(|(id, why)| format!("`{id}`: {why}")).unwrap_or_default();
    let message = format!("{} records of its list could not be had: {first}", missing.len());
    Problem::at("feed-records-missing", Place::start_of(without_user(base)), message)
        .help("what was known of them before counts; sync again later")
}
