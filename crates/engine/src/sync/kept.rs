//! What is kept of one address: a whole export, and the records that changed since, beside it.
//!
//! `state.json` names what counts and is written last, so that whatever ends in between leaves
//! what was there before. A new export goes into the slot that does not count; its digest is in
//! the state, and one that is not as it was when it came is fetched anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use holdfast_advisories::modified::{AsOf, as_of, is_id};
use holdfast_advisories::{export, osv};
use holdfast_model::{Digest, Problem, Timestamp};
use holdfast_world::{World, WriteError};
use serde::{Deserialize, Serialize};

use super::{LARGEST, cannot_write};

/// The name of the state.
const STATE: &str = "state.json";
/// What is inside the whole: a line that says of which one, then a line a record.
const INSIDE: &str = "inside.csv";
/// The folder of single records.
const RECORDS: &str = "records";
/// The longest state that is read, in bytes; one of ten thousand records has half a megabyte.
const LONGEST_STATE: u64 = 16 << 20;

/// By what a server knows the copy that is here (RFC 9110, section 8.8).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Validators {
    /// As `ETag` gave it.
    pub(super) etag: Option<String>,
    /// As `Last-Modified` gave it.
    pub(super) modified: Option<String>,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Whole {
    /// 0 or 1.
    pub(super) slot: u8,
    pub(super) digest: Digest,
    /// In bytes.
    #[serde(default)]
    pub(super) size: u64,
    pub(super) validators: Validators,
}

/// What counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// From where, for people who look into the folder.
    pub(super) address: String,
    pub(super) whole: Option<Whole>,
    /// Of the list with which everything agrees that is kept; `None` where something is missing.
    pub(super) list: Option<Validators>,
    /// Records beside the whole, which count instead of those inside.
    pub(super) records: BTreeMap<String, Beside>,
}

/// A record beside the whole, as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Beside {
    pub(super) as_of: AsOf,
    pub(super) digest: Digest,
    /// In bytes.
    pub(super) size: u64,
}

/// The folder of one address.
#[derive(Debug)]
pub(super) struct Kept {
    folder: PathBuf,
    pub(super) state: State,
}

impl Kept {
    /// Opens the folder, and makes it where there is none. What is not as it was left is forgotten.
    pub(super) fn open(world: &World, folder: PathBuf, address: &str) -> Result<Self, Problem> {
        let records = folder.join(RECORDS);
        let made = world.files.make_folder(&records);
        made.map_err(|error| cannot_write(&records, &error.to_string()))?;
        let text = world.files.read(Path::new("/"), &folder.join(STATE), LONGEST_STATE);
        let state: Option<State> = text.ok().and_then(|text| serde_json::from_slice(&text).ok());
        let state = state.filter(|state| state.whole.as_ref().is_none_or(|whole| whole.slot < 2));
        let mut kept = Self { folder, state: state.unwrap_or_default() };
        address.clone_into(&mut kept.state.address);
        if !kept.is_intact(world) {
            kept.state = State { address: address.to_owned(), ..State::default() };
        }
        let before = kept.state.records.len();
        let there: BTreeMap<String, Beside> = std::mem::take(&mut kept.state.records)
            .into_iter()
            .filter(|(id, one)| is_id(id) && kept.has(world, id, one.size))
            .collect();
        if there.len() < before {
            kept.state.list = None;
        }
        kept.state.records = there;
        Ok(kept)
    }

    /// The whole file, where it is as it came.
    pub(super) fn whole(&self, world: &World) -> Option<Vec<u8>> {
        let whole = self.state.whole.as_ref()?;
        let bytes = world.files.read(Path::new("/"), &self.slot(whole.slot), LARGEST).ok()?;
        (Digest::of(&bytes) == whole.digest).then_some(bytes)
    }

    /// Whether the whole file is as it came, as far as that can be told without reading it: what
    /// is inside was noted when it came, and its length fits. Whoever reads it compares the digest.
    fn is_intact(&self, world: &World) -> bool {
        let Some(whole) = &self.state.whole else { return false };
        let length = world.files.metadata(Path::new("/"), &self.slot(whole.slot));
        let fits = whole.size > 0 && length.is_ok_and(|found| found.size == whole.size);
        (fits && self.noted(world).is_some()) || self.whole(world).is_some()
    }

    /// The records of the whole, and as of when each is: as noted when it came, else read anew.
    ///
    /// # Errors
    ///
    /// As [`inside`].
    pub(super) fn inside(
        &self,
        world: &World,
        shown: &str,
    ) -> Result<BTreeMap<String, AsOf>, Problem> {
        if let Some(noted) = self.noted(world) {
            return Ok(noted);
        }
        let found = inside(shown, &self.whole(world).unwrap_or_default())?;
        self.note_inside(world, &found)?;
        Ok(found)
    }

    /// What was noted of the whole that counts, where it is as it was written.
    fn noted(&self, world: &World) -> Option<BTreeMap<String, AsOf>> {
        let whole = self.state.whole.as_ref()?;
        let path = self.folder.join(INSIDE);
        let bytes = world.files.read(Path::new("/"), &path, LARGEST).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (head, lines) = text.split_once('\n')?;
        if head != noted_head(whole.digest, lines) {
            return None;
        }
        lines
            .lines()
            .map(|line| {
                let (as_of, id) = line.split_once(',')?;
                Some((id.to_owned(), as_of.parse().ok()?))
            })
            .collect()
    }

    /// Notes what is inside the whole that counts, so that it need not be unpacked to compare it.
    pub(super) fn note_inside(
        &self,
        world: &World,
        inside: &BTreeMap<String, AsOf>,
    ) -> Result<(), Problem> {
        let Some(whole) = &self.state.whole else { return Ok(()) };
        // A name that would break the lines is told when it is read; nothing is noted then.
        if inside.keys().any(|id| id.contains(['\n', '\r'])) {
            return Ok(());
        }
        let mut lines = String::new();
        for (id, as_of) in inside {
            let _ = writeln!(lines, "{as_of},{id}");
        }
        let text = format!("{}\n{lines}", noted_head(whole.digest, &lines));
        let path = self.folder.join(INSIDE);
        let wrote = world.files.write_atomic(Path::new("/"), &path, text.as_bytes());
        wrote.map_err(|error| unwritten(&path, &error))
    }

    /// As of when the whole is, as its server said (RFC 9110, section 8.8.2).
    pub(super) fn as_of(&self) -> Option<Timestamp> {
        let modified = self.state.whole.as_ref()?.validators.modified.as_deref()?;
        let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(modified).ok()?;
        Some(Timestamp(time.as_millisecond()))
    }

    /// Nothing of it counts any more: it is fetched anew. What cannot be removed is no worse than
    /// before.
    pub(super) fn forget(&self, world: &World) {
        drop(world.files.remove(Path::new("/"), &self.folder.join(STATE)));
    }

    /// Whether a single record is there, as far as that can be told without reading it; whoever reads
    /// it compares the digest.
    fn has(&self, world: &World, id: &str, size: u64) -> bool {
        let found = world.files.metadata(Path::new("/"), &self.record_path(id));
        found.is_ok_and(|found| found.size == size)
    }

    /// A single record, where it is as it came.
    pub(super) fn record(&self, world: &World, id: &str) -> Option<Vec<u8>> {
        let one = self.state.records.get(id)?;
        let path = self.record_path(id);
        let bytes = world.files.read(Path::new("/"), &path, osv::LARGEST as u64).ok()?;
        (Digest::of(&bytes) == one.digest).then_some(bytes)
    }

    /// Keeps a single record, if it is the one of that name; it counts once the state names it.
    pub(super) fn put(
        &self,
        world: &World,
        id: &str,
        bytes: &[u8],
    ) -> Result<Option<Beside>, Problem> {
        let Some(as_of) = of_name(bytes, id) else { return Ok(None) };
        let path = self.record_path(id);
        let wrote = world.files.write_atomic(Path::new("/"), &path, bytes);
        wrote.map_err(|error| unwritten(&path, &error))?;
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(Some(Beside { as_of, digest: Digest::of(bytes), size }))
    }

    /// What is held, and as of when: the records of the whole, and those beside it.
    pub(super) fn held(&self, inside: &BTreeMap<String, AsOf>) -> BTreeMap<String, AsOf> {
        let mut held = inside.clone();
        held.extend(self.state.records.iter().map(|(id, one)| (id.clone(), one.as_of)));
        held
    }

    /// The slot that does not count, and its file.
    pub(super) fn other(&self) -> (u8, PathBuf) {
        let slot = self.state.whole.as_ref().map_or(0, |whole| 1 - whole.slot.min(1));
        (slot, self.slot(slot))
    }

    fn slot(&self, slot: u8) -> PathBuf {
        self.folder.join(format!("whole-{slot}"))
    }

    fn record_path(&self, id: &str) -> PathBuf {
        self.folder.join(RECORDS).join(format!("{id}.json"))
    }

    /// Where an answer may grow that is too long to be held.
    pub(super) fn spill(&self, name: &str) -> PathBuf {
        self.folder.join(format!("coming-{name}"))
    }

    /// From now on the state counts. What it does not name goes.
    pub(super) fn commit(&self, world: &World) -> Result<(), Problem> {
        let path = self.folder.join(STATE);
        let text = serde_json::to_vec(&self.state)
            .map_err(|error| cannot_write(&path, &error.to_string()))?;
        let wrote = world.files.write_atomic(Path::new("/"), &path, &text);
        wrote.map_err(|error| unwritten(&path, &error))?;
        // What cannot be removed only takes room: nothing names it.
        let (_, other) = self.other();
        drop(world.files.remove(Path::new("/"), &other));
        let records = self.folder.join(RECORDS);
        for one in world.files.list(&records, Path::new("")).unwrap_or_default() {
            let name = one.name.to_str().and_then(|name| name.strip_suffix(".json"));
            if name.is_none_or(|id| !self.state.records.contains_key(id)) {
                drop(world.files.remove(Path::new("/"), &records.join(&one.name)));
            }
        }
        Ok(())
    }
}

fn noted_head(whole: Digest, lines: &str) -> String {
    format!("{whole} {}", Digest::of(lines.as_bytes()))
}

/// As of when the record of that name is, where this is one.
fn of_name(bytes: &[u8], id: &str) -> Option<AsOf> {
    let record = osv::parse(id, bytes).ok()?;
    (record.id.get() == id).then(|| as_of(record.modified.get()))
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    id: osv::Text<'a>,
    #[serde(borrow, default)]
    modified: osv::Word<'a>,
}

/// The records of an export, and as of when each is.
///
/// # Errors
///
/// `export-unreadable` where it is no whole zip, `no-advisories` where it holds none.
pub(super) fn inside(shown: &str, bytes: &[u8]) -> Result<BTreeMap<String, AsOf>, Problem> {
    let mut held = BTreeMap::new();
    let mut unreadable = None;
    export::records(shown, bytes, export::LIMITS, &mut |entry| match entry {
        Ok((_, record)) => {
            // What cannot be read is told when it is compiled.
            let Ok(head) = serde_json::from_slice::<Head<'_>>(record) else { return };
            let as_of = as_of(head.modified.get());
            let known = held.entry(head.id.get().to_owned()).or_insert(as_of);
            *known = as_of.max(*known);
        }
        Err(problem) if problem.code == "export-unreadable" => unreadable = Some(problem),
        Err(_) => {}
    });
    if let Some(problem) = unreadable {
        return Err(problem);
    }
    if held.is_empty() {
        let place = holdfast_model::Place::start_of(shown);
        let problem = Problem::at("no-advisories", place, "this export holds no advisories");
        return Err(problem.help("see whether the address is the right one; nothing was changed"));
    }
    Ok(held)
}

fn unwritten(path: &Path, error: &WriteError) -> Problem {
    cannot_write(path, &error.to_string())
}
