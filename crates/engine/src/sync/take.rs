//! From files to the compiler: exports, feeds of other forms, and what was fetched.
//!
//! What a file is follows from its content. What became of each source is kept as a segment beside
//! it, so that the next sync reads only what changed, and what is broken meanwhile counts as it was.

mod local;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use holdfast_advisories::compile::Mark;
use holdfast_advisories::feed::{self, Form};
use holdfast_advisories::{Compiler, Origin, epss, export, kev, osv};
use holdfast_model::{Digest, Problem, Timestamp};
use holdfast_world::{ReadError, World};

use super::LARGEST;
use super::remote::Fetched;
use super::segments::{Had, Input, Inside, PART, Pack, Segments};

/// What to do where the last good state of a source counts.
const STAYS: &str = "what was there stays; fetch it again";

/// Whoever takes.
pub(super) struct Taker<'a> {
    pub(super) world: &'a World,
    pub(super) compiler: &'a mut Compiler,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) progress: &'a dyn Fn(&str),
    pub(super) segments: Segments<'a>,
    /// What the single files of the source that is taken became in the last sync, and in this one.
    pub(super) before: Pack,
    pub(super) pack: Pack,
    /// Sources of which the last good state counts, because they cannot be read now.
    pub(super) broken: Vec<Problem>,
    /// As of when a file is, as its server says.
    pub(super) as_of: Option<Timestamp>,
    /// When the files of the source that is taken were written.
    pub(super) dated: Dated,
    /// How many sources could be read.
    pub(super) good: usize,
    /// Entries of catalogues of what is exploited, and of chances.
    pub(super) exploited: Option<u64>,
    pub(super) likely: Option<u64>,
}

/// When the files of a source were written last, as far as the file system says.
#[derive(Debug, Default)]
pub(super) struct Dated {
    /// Each export, by the name of its feed.
    exports: BTreeMap<String, Option<Timestamp>>,
    /// The last one of all other files.
    files: Option<Timestamp>,
}

impl Dated {
    /// When what the source has of a feed was written.
    pub(super) fn of(&self, feed: &str) -> Option<Timestamp> {
        self.exports.get(feed).copied().unwrap_or(self.files)
    }

    /// Notes a file that was read. Of two exports of one feed the older one counts.
    fn note(&mut self, feed: Option<&str>, written: Option<Timestamp>) {
        let Some(feed) = feed else {
            self.files = self.files.max(written);
            return;
        };
        let known = self.exports.entry(feed.to_owned()).or_insert(written);
        *known = (*known).min(written);
    }
}

pub(super) fn read(world: &World, path: &Path) -> Result<Vec<u8>, Problem> {
    world.files.read(Path::new("/"), path, LARGEST).map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &ReadError) -> Problem {
    Problem::new("cannot-read", format!("`{}` cannot be read: {error}", path.display()))
        .help("name an export mirror, a folder of records or a zip file")
}

/// Refuses an export of which nothing is missing and in which nothing is: who publishes it has lost
/// them, and every advisory would be gone.
fn holds_some(shown: &str, listed: Option<&Inside>) -> Result<(), Problem> {
    if listed.is_none_or(|listed| !listed.is_empty()) {
        return Ok(());
    }
    let message = format!("there are no advisories in `{shown}`");
    Err(Problem::new("no-advisories", message)
        .help("fetch it again, or take it out of the sources"))
}

/// What was taken from the segment of a source.
struct Base {
    /// Which segment that is.
    of: Digest,
    /// How long it is, in bytes, and how many of its records count.
    length: usize,
    records: usize,
    /// Those that do not.
    moved: BTreeSet<String>,
    /// Where those begin that are not in it.
    later: Mark,
}

impl Taker<'_> {
    /// Takes what was fetched: the records beside an export count instead of those inside. What is
    /// not there any more counts as its segment says.
    pub(super) fn fetched(&mut self, fetched: &Fetched) -> Result<(), Problem> {
        let source = &fetched.kept.state.address;
        if !fetched.fresh && fetched.kept.state.whole.is_none() {
            // Why it cannot be had is told already.
            self.as_segment_says(source);
            return Ok(());
        }
        let mark = self.compiler.mark();
        let done = self.read_fetched(fetched, mark);
        self.as_of = None;
        done.map_err(|mut problem| {
            drop(self.compiler.take_back(mark));
            // Nothing of it is believed any more: the next sync fetches it anew.
            fetched.kept.forget(self.world);
            if self.as_segment_says(source) {
                STAYS.clone_into(&mut problem.help);
            }
            problem
        })
    }

    /// Reads what changed since the segment was made, else everything.
    fn read_fetched(&mut self, fetched: &Fetched, mark: Mark) -> Result<(), Problem> {
        let Fetched { kept, feed, .. } = fetched;
        let address = super::source::without_user(&kept.state.address);
        let lost = || {
            let message = format!("what was fetched from `{address}` is not there any more");
            Problem::new("cannot-read", message).help("sync again")
        };
        let whole = kept.state.whole.as_ref().ok_or_else(lost)?.digest;
        let beside = kept.state.records.iter().map(|(id, one)| (id.clone(), one.digest)).collect();
        let input = Input { whole, feed: feed.clone(), beside };
        let (changed, base) = self.taken_over(&kept.state.address, &input).unzip();
        if changed.is_none() && !fetched.fresh && self.as_segment_says(&kept.state.address) {
            // Something of it is gone: without it, older records would come back.
            return Ok(());
        }
        if changed.is_none() {
            let bytes = kept.whole(self.world).ok_or_else(lost)?;
            if feed.is_none() && is_catalogue(&bytes) {
                // What joins weaknesses by name is joined anew each time: segments hold records.
                return self.bytes(&address, &bytes, None, &input.beside);
            }
            self.as_of = kept.as_of();
            self.bytes(&address, &bytes, feed.as_deref(), &input.beside)?;
        }
        let anew = |id: &&String| changed.as_ref().is_none_or(|changed| changed.contains(*id));
        for id in input.beside.keys().filter(anew) {
            let bytes = kept.record(self.world, id).ok_or_else(lost)?;
            let path = format!("{address}/{id}.json");
            self.record(&path, &bytes, feed.as_deref(), &BTreeMap::new());
        }
        if changed.is_none_or(|changed| !changed.is_empty()) {
            self.keep(&kept.state.address, &input, mark, base);
        }
        Ok(())
    }

    /// Takes the last good state of a source, whatever it was made of. Whether there is one.
    fn as_segment_says(&mut self, source: &str) -> bool {
        let kept = self.segments.read(source);
        kept.is_some_and(|had| self.take_kept(&had, &|_| false).is_some())
    }

    /// Takes the segment of a source over. Returns the records beside it that must be read anew;
    /// `None` where all must be.
    fn taken_over(&mut self, source: &str, input: &Input) -> Option<(BTreeSet<String>, Base)> {
        let had = self.segments.read(source)?;
        let Input { whole, feed, beside } = &had.input;
        // What stood beside it and does not any more may stand inside with another content.
        let kept = beside.keys().all(|id| input.beside.contains_key(id));
        if *whole != input.whole || *feed != input.feed || !kept {
            return None;
        }
        let changed: BTreeSet<String> = input
            .beside
            .iter()
            .filter(|(id, digest)| beside.get(*id) != Some(digest))
            .map(|(id, _)| id.clone())
            .collect();
        let base = self.take_kept(&had, &|id| changed.contains(id))?;
        Some((changed, base))
    }

    /// Takes what is kept of a source, but for the records that `pass` names. `None` where that cannot
    /// be done; nothing was taken then.
    fn take_kept(&mut self, had: &Had, pass: &dyn Fn(&str) -> bool) -> Option<Base> {
        let mark = self.compiler.mark();
        // What is passed over of the segment now is passed over the next time, too.
        let moved = RefCell::new(had.moved.clone());
        let gone = |id: &str| {
            let passed = pass(id);
            if passed {
                moved.borrow_mut().insert(id.to_owned());
            }
            passed || had.moved.contains(id)
        };
        let records = self.compiler.add_segment(&had.whole, &gone)?;
        let later = self.compiler.mark();
        if let Some(segment) = &had.later
            && self.compiler.add_segment(segment, pass).is_none()
        {
            drop(self.compiler.take_back(mark));
            return None;
        }
        let (of, length, moved) = (had.mark, had.whole.len(), moved.into_inner());
        Some(Base { of, length, records, moved, later })
    }

    /// Keeps what a source became, all of which was taken since a mark: beside the segment of which
    /// most was taken over, if there is one, else whole.
    fn keep(&mut self, source: &str, input: &Input, since: Mark, base: Option<Base>) {
        let few = |base: &Base| base.moved.len().saturating_mul(PART) <= base.records;
        if let Some(base) = base.filter(few) {
            let segment = self.compiler.segment(base.later);
            if segment.len().saturating_mul(PART) <= base.length {
                self.segments.write_later(source, base.of, input, base.moved, &segment);
                return;
            }
        }
        let segment = self.compiler.segment(since);
        self.segments.write(source, input, &segment);
    }

    /// A whole file, whatever it is.
    fn bytes(
        &mut self,
        shown: &str,
        bytes: &[u8],
        feed: Option<&str>,
        instead: &BTreeMap<String, Digest>,
    ) -> Result<(), Problem> {
        if let Some(form) = feed::form_of(bytes) {
            return self.form(form, shown, bytes);
        }
        holds_some(shown, export::listed(bytes, export::LIMITS).as_ref())?;
        self.records(shown, bytes, feed, instead, &|_| true).map(|_known| ())
    }

    /// A file of one of the forms that are no export.
    fn form(&mut self, form: Form, shown: &str, bytes: &[u8]) -> Result<(), Problem> {
        match form {
            Form::Osv => {
                let parsed = osv::parse(shown, bytes)?;
                let own = parsed.ecosystems().next().unwrap_or("unknown");
                self.compiler.add(own, &parsed, Origin::Feed);
            }
            Form::Exploited => {
                let catalogue = kev::parse(shown, bytes)?;
                self.catalogue(catalogue);
            }
            Form::Likely => {
                let scores = epss::parse(shown, bytes)?;
                self.chances(scores);
            }
            Form::DebianTracker | Form::Secdb | Form::RustSec => {
                (self.progress)(&format!("reading {shown}"));
                let compiler = &mut *self.compiler;
                let mut feeds = BTreeSet::new();
                feed::records(form, shown, bytes, &mut |one| match one {
                    Ok(made) => {
                        if !feeds.contains(made.feed) {
                            feeds.insert(made.feed.to_owned());
                        }
                        match osv::parse(shown, made.json) {
                            Ok(parsed) => compiler.add(made.feed, &parsed, Origin::Feed),
                            Err(problem) => compiler.unreadable(problem),
                        }
                    }
                    Err(problem) => compiler.unreadable(problem),
                })?;
                // These forms carry no times of their own.
                for feed in feeds {
                    self.as_of.into_iter().for_each(|time| self.compiler.as_of(&feed, time));
                }
            }
        }
        Ok(())
    }

    /// Joins what is known to be exploited.
    pub(super) fn catalogue(&mut self, catalogue: kev::Catalogue) {
        self.exploited = Some(catalogue.entries.len() as u64);
        self.compiler.kev(&catalogue);
        self.problems.extend(catalogue.problems);
    }

    /// Joins the chances of exploitation.
    pub(super) fn chances(&mut self, mut scores: epss::Scores) {
        self.likely = Some(scores.chances.len() as u64);
        self.problems.append(&mut scores.problems);
        self.compiler.epss(scores);
    }

    /// The records of an export that are wanted. Whether each of them can be known again by the name of
    /// its file.
    fn records(
        &mut self,
        shown: &str,
        bytes: &[u8],
        feed: Option<&str>,
        instead: &BTreeMap<String, Digest>,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<bool, Problem> {
        (self.progress)(&format!("reading {shown}"));
        let (mut unreadable, mut known) = (None, true);
        let records =
            export::chosen(shown, bytes, export::LIMITS, wanted, &mut |entry| match entry {
                Ok((name, bytes)) => {
                    known &= self.record(&format!("{shown}!{name}"), bytes, feed, instead);
                }
                Err(problem) if problem.code == "export-unreadable" => unreadable = Some(problem),
                Err(problem) => {
                    known = false;
                    self.compiler.unreadable(problem);
                }
            });
        match unreadable {
            Some(problem) if records == 0 => Err(problem),
            _ => Ok(known),
        }
    }

    /// Takes a record, unless another one of its name counts. Whether it is none but that of which its
    /// file has the name.
    fn record(
        &mut self,
        path: &str,
        bytes: &[u8],
        feed: Option<&str>,
        instead: &BTreeMap<String, Digest>,
    ) -> bool {
        let file = path.rsplit(['/', '!']).next().unwrap_or_default();
        let name = file.strip_suffix(".json").unwrap_or(file);
        match osv::parse(path, bytes) {
            Ok(parsed) => {
                if !instead.contains_key(parsed.id.get()) {
                    let own = parsed.ecosystems().next().unwrap_or("unknown").to_owned();
                    self.compiler.add(feed.unwrap_or(&own), &parsed, Origin::Feed);
                }
                parsed.id.get() == name
            }
            Err(problem) => {
                // One that is published rightly beside it counts by its name.
                if !instead.contains_key(name) {
                    self.compiler.unreadable(problem);
                }
                true
            }
        }
    }
}

/// Whether a file holds what joins weaknesses by their names, and no advisories: a catalogue of what
/// is exploited, or chances, packed or not.
fn is_catalogue(bytes: &[u8]) -> bool {
    let records =
        [feed::Form::Osv, feed::Form::DebianTracker, feed::Form::Secdb, feed::Form::RustSec];
    !bytes.starts_with(b"PK") && !feed::form_of(bytes).is_some_and(|form| records.contains(&form))
}
