//! From files to the compiler: exports, folders of records, zip files, feeds of other forms, and
//! what was fetched.
//!
//! What a file is follows from its content. What became of an export is kept as a segment beside
//! it, so that the next sync reads only what changed, and what is broken meanwhile counts as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use holdfast_advisories::feed::{self, Form};
use holdfast_advisories::{Compiler, Origin, epss, export, kev, osv};
use holdfast_model::{Digest, Problem, Timestamp};
use holdfast_world::{Kind, ReadError, World};

use super::LARGEST;
use super::remote::Fetched;
use super::segments::{Input, Segments};

/// How deep a folder of records is read: advisory databases sort theirs by package.
const DEEPEST: usize = 4;

/// Whoever takes.
pub(super) struct Taker<'a> {
    pub(super) world: &'a World,
    pub(super) compiler: &'a mut Compiler,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) progress: &'a dyn Fn(&str),
    pub(super) segments: Segments<'a>,
    /// Sources of which the last good state counts, because they cannot be read now.
    pub(super) broken: Vec<Problem>,
    /// As of when a file is, as its server says.
    pub(super) as_of: Option<Timestamp>,
    /// How many sources could be read.
    pub(super) good: usize,
    /// Entries of catalogues of what is exploited, and of chances.
    pub(super) exploited: Option<u64>,
    pub(super) likely: Option<u64>,
}

pub(super) fn read(world: &World, path: &Path) -> Result<Vec<u8>, Problem> {
    world.files.read(Path::new("/"), path, LARGEST).map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &ReadError) -> Problem {
    Problem::new("cannot-read", format!("`{}` cannot be read: {error}", path.display()))
        .help("name an export mirror, a folder of records or a zip file")
}

impl Taker<'_> {
    /// Takes an export mirror, a folder of records, a zip file, or a feed of another form.
    pub(super) fn path(&mut self, source: &Path) -> Result<(), Problem> {
        let folder = match self.world.files.folder(source) {
            Ok(folder) => folder,
            Err(ReadError::NotAFile) => return self.one(source),
            Err(error) => return Err(cannot_read(source, &error)),
        };
        let before = self.good + self.broken.len();
        self.folder(&folder, 0)?;
        if self.good + self.broken.len() == before {
            let message = format!("there are no advisories in `{}`", folder.display());
            return Err(Problem::new("no-advisories", message)
                .help("name a folder with ECOSYSTEM/all.zip, with .json records, or a zip file"));
        }
        Ok(())
    }

    /// A file that somebody named.
    fn one(&mut self, path: &Path) -> Result<(), Problem> {
        let bytes = read(self.world, path)?;
        let shown = path.display().to_string();
        let Some(form) = feed::form_of(&bytes) else {
            self.export(path, None);
            return Ok(());
        };
        self.form(form, &shown, &bytes)?;
        self.good += 1;
        Ok(())
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Problem> {
        let entries = self.world.files.list(folder, Path::new(""));
        let mut records = 0_usize;
        for entry in entries.map_err(|error| cannot_read(folder, &error))? {
            let path = folder.join(&entry.name);
            let Some(name) = entry.name.to_str() else { continue };
            let all = path.join("all.zip");
            if self.world.files.metadata(Path::new("/"), &all).is_ok() {
                self.export(&all, Some(name));
            } else if entry.kind == Kind::Folder {
                if depth < DEEPEST && !name.starts_with('.') {
                    self.folder(&path, depth + 1)?;
                }
            } else if name == "all.zip" {
                let feed = folder.file_name().and_then(|name| name.to_str()).map(str::to_owned);
                self.export(&path, feed.as_deref());
            } else if is_feed_file(&path) {
                let bytes = match read(self.world, &path) {
                    Ok(bytes) => bytes,
                    // It keeps none of its neighbours out.
                    Err(problem) => {
                        self.broken.push(problem);
                        continue;
                    }
                };
                // What calls itself a record and cannot be read as one is told.
                let named = path.extension().is_some_and(|ending| ending == "json");
                let Some(form) = feed::form_of(&bytes).or(named.then_some(feed::Form::Osv)) else {
                    continue;
                };
                let shown = path.display().to_string();
                match self.form(form, &shown, &bytes) {
                    Ok(()) => records += 1,
                    Err(problem) => self.broken.push(problem),
                }
            }
        }
        // Single files are one source together.
        self.good += usize::from(records > 0);
        Ok(())
    }

    /// An export in a folder. One that cannot be read counts as it was.
    fn export(&mut self, path: &Path, feed: Option<&str>) {
        if let Err(mut problem) = self.zip(path, feed) {
            let kept = self.segments.read(&path.to_string_lossy());
            if let Some((_, segment)) = kept
                && self.compiler.add_segment(&segment, &|_| false).is_some()
            {
                "what was there stays; fetch it again".clone_into(&mut problem.help);
            }
            self.broken.push(problem);
        }
    }

    /// Takes what was fetched: the records beside an export count instead of those inside.
    pub(super) fn fetched(&mut self, fetched: &Fetched) -> Result<(), Problem> {
        let Fetched { kept, feed, .. } = fetched;
        let address = super::source::without_user(&kept.state.address);
        let lost = || {
            let message = format!("what was fetched from `{address}` is not there any more");
            Problem::new("cannot-read", message).help("sync again")
        };
        let whole = kept.state.whole.as_ref().ok_or_else(lost)?.digest;
        let mut beside = BTreeMap::new();
        for id in kept.state.records.keys() {
            let bytes = kept.record(self.world, id).ok_or_else(lost)?;
            beside.insert(id.clone(), (Digest::of(&bytes), bytes));
        }
        let digests = beside.iter().map(|(id, (digest, _))| (id.clone(), *digest)).collect();
        let input = Input { whole, feed: feed.clone(), beside: digests };
        if let Some(bytes) = kept.whole(self.world).filter(|_| feed.is_none())
            && is_catalogue(&bytes)
        {
            // What joins weaknesses by name is joined anew each time: segments hold records.
            return self.bytes(&address, &bytes, None, &input.beside);
        }
        let mark = self.compiler.mark();
        let changed = self.taken_over(&kept.state.address, &input);
        let done = changed.as_ref().is_some_and(BTreeSet::is_empty);
        let wanted: Vec<_> = if let Some(changed) = &changed {
            beside.iter().filter(|(id, _)| changed.contains(*id)).collect()
        } else {
            let Some(bytes) = kept.whole(self.world) else {
                // Nothing of it is believed any more: the next sync fetches it anew.
                kept.forget(self.world);
                return Err(lost());
            };
            self.as_of = kept.as_of();
            let done = self.bytes(&address, &bytes, feed.as_deref(), &input.beside);
            self.as_of = None;
            done?;
            beside.iter().collect()
        };
        for (id, (_, bytes)) in wanted {
            let path = format!("{address}/{id}.json");
            self.record(&path, bytes, feed.as_deref(), &BTreeMap::new());
        }
        if !done {
            let segment = self.compiler.segment(mark);
            self.segments.write(&kept.state.address, &input, &segment);
        }
        Ok(())
    }

    /// Takes the segment of a source over. Returns the records beside it that must be read anew;
    /// `None` where all must be.
    fn taken_over(&mut self, source: &str, input: &Input) -> Option<BTreeSet<String>> {
        let (had, segment) = self.segments.read(source)?;
        // What stood beside it and does not any more may stand inside with another content.
        let kept = had.beside.keys().all(|id| input.beside.contains_key(id));
        if had.whole != input.whole || had.feed != input.feed || !kept {
            return None;
        }
        let changed: BTreeSet<String> = input
            .beside
            .iter()
            .filter(|(id, digest)| had.beside.get(*id) != Some(digest))
            .map(|(id, _)| id.clone())
            .collect();
        self.compiler.add_segment(&segment, &|id| changed.contains(id))?;
        Some(changed)
    }

    /// A zip of this machine: read where it changed.
    fn zip(&mut self, path: &Path, feed: Option<&str>) -> Result<(), Problem> {
        let shown = path.display().to_string();
        let source = path.to_string_lossy();
        let bytes = read(self.world, path)?;
        let input = Input {
            whole: Digest::of(&bytes),
            feed: feed.map(ToOwned::to_owned),
            beside: BTreeMap::new(),
        };
        let mark = self.compiler.mark();
        if self.taken_over(&source, &input).is_none() {
            self.records(&shown, &bytes, feed, &BTreeMap::new())?;
            let segment = self.compiler.segment(mark);
            self.segments.write(&source, &input, &segment);
        }
        self.good += 1;
        Ok(())
    }

    /// A whole file, whatever it is.
    fn bytes(
        &mut self,
        shown: &str,
        bytes: &[u8],
        feed: Option<&str>,
        instead: &BTreeMap<String, Digest>,
    ) -> Result<(), Problem> {
        match feed::form_of(bytes) {
            Some(form) => self.form(form, shown, bytes),
            None => self.records(shown, bytes, feed, instead),
        }
    }

    /// A file of one of the forms that are no export.
    fn form(&mut self, form: Form, shown: &str, bytes: &[u8]) -> Result<(), Problem> {
        match form {
            Form::Osv => self.record(shown, bytes, None, &BTreeMap::new()),
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
                let (compiler, problems) = (&mut *self.compiler, &mut *self.problems);
                let mut feeds = BTreeSet::new();
                feed::records(form, shown, bytes, &mut |one| match one {
                    Ok(made) => {
                        if !feeds.contains(made.feed) {
                            feeds.insert(made.feed.to_owned());
                        }
                        match osv::parse(shown, made.json) {
                            Ok(parsed) => compiler.add(made.feed, &parsed, Origin::Feed),
                            Err(problem) => problems.push(problem),
                        }
                    }
                    Err(problem) => problems.push(problem),
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

    fn records(
        &mut self,
        shown: &str,
        bytes: &[u8],
        feed: Option<&str>,
        instead: &BTreeMap<String, Digest>,
    ) -> Result<(), Problem> {
        (self.progress)(&format!("reading {shown}"));
        let mut unreadable = None;
        let records = export::records(shown, bytes, export::LIMITS, &mut |entry| match entry {
            Ok((name, bytes)) => self.record(&format!("{shown}!{name}"), bytes, feed, instead),
            Err(problem) if problem.code == "export-unreadable" => unreadable = Some(problem),
            Err(problem) => self.problems.push(problem),
        });
        match unreadable {
            Some(problem) if records == 0 => Err(problem),
            _ => Ok(()),
        }
    }

    /// Takes a record, unless another one of its name counts.
    fn record(
        &mut self,
        path: &str,
        bytes: &[u8],
        feed: Option<&str>,
        instead: &BTreeMap<String, Digest>,
    ) {
        match osv::parse(path, bytes) {
            Ok(parsed) if instead.contains_key(parsed.id.get()) => {}
            Ok(parsed) => {
                let own = parsed.ecosystems().next().unwrap_or("unknown").to_owned();
                self.compiler.add(feed.unwrap_or(&own), &parsed, Origin::Feed);
            }
            Err(problem) => self.problems.push(problem),
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

/// Files that may hold a feed, by their ending; their content says which.
fn is_feed_file(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    matches!(ending, "json" | "csv" | "md" | "gz")
}
