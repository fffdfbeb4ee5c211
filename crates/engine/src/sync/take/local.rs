//! Files and folders of this machine: export mirrors, folders of records, zip files, feeds of other
//! forms.
//!
//! What each file became is kept, and so is which exports stood beside it: one that is as it was is
//! not read again, of an export only what changed is unpacked, one of which nothing can be read counts
//! as it was, and so does a source that is not there, such as a disk that is not mounted. A file that
//! is gone while its folder is there is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use holdfast_advisories::export;
use holdfast_advisories::feed::{self, Form};
use holdfast_model::{Digest, Place, Problem, Timestamp};
use holdfast_world::{Kind, ReadError};

use super::super::segments::{Input, Inside, Packed};
use super::{Base, STAYS, Taker, cannot_read, read};

/// How deep a folder of records is read: advisory databases sort theirs by package.
const DEEPEST: usize = 4;

impl Taker<'_> {
    /// Takes an export mirror, a folder of records, a zip file, or a feed of another form.
    pub(in crate::sync) fn path(&mut self, source: &Path) -> Result<(), Problem> {
        let key = source.to_string_lossy();
        self.before = self.segments.pack(&key);
        self.pack = super::Pack::default();
        let mut done = self.all(source);
        if let Err(problem) = &mut done
            && self.all_as_it_was()
        {
            STAYS.clone_into(&mut problem.help);
        }
        self.segments.write_pack(&key, &self.before, &self.pack);
        done
    }

    fn all(&mut self, source: &Path) -> Result<(), Problem> {
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
        let written = self.written(path);
        if self.is_as_it_was(path, &bytes, written) {
            self.good += 1;
            return Ok(());
        }
        match feed::form_of(&bytes) {
            Some(form) => self.good += usize::from(self.file(path, form, &bytes, written)),
            None if self.was(path) => self.as_it_was(path, vec![no_feed(path)]),
            None => self.export(path, None),
        }
        Ok(())
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Problem> {
        let entries = self.world.files.list(folder, Path::new(""));
        let mut records = 0_usize;
        for entry in entries.map_err(|error| cannot_read(folder, &error))? {
            let path = folder.join(&entry.name);
            let Some(name) = entry.name.to_str() else { continue };
            let all = path.join("all.zip");
            // Nothing stands below a plain file, and there may be very many of them.
            let inside = entry.kind != Kind::File;
            if inside && self.world.files.metadata(Path::new("/"), &all).is_ok() {
                self.export(&all, Some(name));
            } else if entry.kind == Kind::Folder {
                if depth < DEEPEST && !name.starts_with('.') {
                    self.folder(&path, depth + 1)?;
                }
            } else if name == "all.zip" {
                let feed = folder.file_name().and_then(|name| name.to_str()).map(str::to_owned);
                self.export(&path, feed.as_deref());
            } else if is_feed_file(&path) {
                let written = match entry.kind {
                    Kind::File => Some(entry.modified).filter(|time| time.0 > 0),
                    _ => self.written(&path),
                };
                records += usize::from(self.found(&path, written));
            }
        }
        // Single files are one source together.
        self.good += usize::from(records > 0);
        Ok(())
    }

    /// A file that stands in a folder; it keeps none of its neighbours out. Whether it is a feed that
    /// could be read.
    fn found(&mut self, path: &Path, written: Option<Timestamp>) -> bool {
        let bytes = match read(self.world, path) {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.as_it_was(path, vec![problem]);
                return false;
            }
        };
        if self.is_as_it_was(path, &bytes, written) {
            return true;
        }
        // What calls itself a record and cannot be read as one is told.
        let named = path.extension().is_some_and(|ending| ending == "json");
        match feed::form_of(&bytes).or(named.then_some(Form::Osv)) {
            Some(form) => self.file(path, form, &bytes, written),
            None if self.was(path) => {
                self.as_it_was(path, vec![no_feed(path)]);
                false
            }
            None => false,
        }
    }

    /// Takes a file over that is what it was, without asking what it is. Whether that could be done: a
    /// catalogue has no segment, and is joined anew each time.
    fn is_as_it_was(&mut self, path: &Path, bytes: &[u8], written: Option<Timestamp>) -> bool {
        let name = path.to_string_lossy();
        let Some(known) = self.before.files.get(&*name) else { return false };
        if known.digest != Digest::of(bytes)
            || self.compiler.add_segment(&known.segment, &|_| false).is_none()
        {
            return false;
        }
        self.pack.files.insert(name.into_owned(), known.clone());
        self.dated.note(None, written);
        true
    }

    /// A file of some form that is new, or not what it was. One of which nothing can be read counts as
    /// it was. Whether it could be read.
    fn file(&mut self, path: &Path, form: Form, bytes: &[u8], written: Option<Timestamp>) -> bool {
        let mark = self.compiler.mark();
        let problems = match self.form(form, &path.display().to_string(), bytes) {
            Err(problem) => {
                // Half of it would pass for the whole.
                drop(self.compiler.take_back(mark));
                vec![problem]
            }
            Ok(()) if form.holds_advisories() && self.compiler.added(mark) == 0 => {
                self.compiler.take_back(mark)
            }
            Ok(()) => Vec::new(),
        };
        if !problems.is_empty() {
            self.as_it_was(path, problems);
            return false;
        }
        // Catalogues are joined by name: what is kept of one is the file.
        let segment =
            if form.holds_advisories() { self.compiler.segment(mark) } else { bytes.to_vec() };
        let packed = Packed { digest: Digest::of(bytes), segment: segment.into() };
        self.pack.files.insert(path.to_string_lossy().into_owned(), packed);
        self.dated.note(None, written);
        true
    }

    /// When a file was written last; a time before 1970 is a placeholder.
    fn written(&self, path: &Path) -> Option<Timestamp> {
        let metadata = self.world.files.metadata(Path::new("/"), path).ok()?;
        Some(metadata.modified).filter(|time| time.0 > 0)
    }

    /// Whether something is kept of a file.
    fn was(&self, path: &Path) -> bool {
        self.before.files.contains_key(&*path.to_string_lossy())
    }

    /// Takes the last good state of a file, if there is one, and tells why.
    fn as_it_was(&mut self, path: &Path, mut problems: Vec<Problem>) {
        let name = path.to_string_lossy().into_owned();
        if let Some(known) = self.before.files.get(&name).cloned()
            && self.kept(&known)
        {
            self.pack.files.insert(name, known);
            for problem in &mut problems {
                STAYS.clone_into(&mut problem.help);
            }
        }
        self.broken.append(&mut problems);
    }

    fn kept(&mut self, known: &Packed) -> bool {
        if self.compiler.add_segment(&known.segment, &|_| false).is_some() {
            return true;
        }
        let form = feed::form_of(&known.segment).filter(|form| !form.holds_advisories());
        form.is_some_and(|form| self.form(form, "what was kept", &known.segment).is_ok())
    }

    /// Takes the last good state of everything of a source that was not taken yet. Whether there is
    /// any.
    fn all_as_it_was(&mut self) -> bool {
        let before = self.before.clone();
        let mut any = false;
        for (name, known) in before.files {
            if !self.pack.files.contains_key(&name) && self.kept(&known) {
                self.pack.files.insert(name, known);
                any = true;
            }
        }
        let exports: BTreeSet<String> =
            before.exports.difference(&self.pack.exports).cloned().collect();
        for path in exports {
            any |= self.as_segment_says(&path);
            self.pack.exports.insert(path);
        }
        any
    }

    /// An export in a folder. One that cannot be read counts as it was.
    fn export(&mut self, path: &Path, feed: Option<&str>) {
        let source = path.to_string_lossy().into_owned();
        if let Err(mut problem) = self.zip(path, feed) {
            if self.as_segment_says(&source) {
                STAYS.clone_into(&mut problem.help);
            }
            self.broken.push(problem);
        }
        self.pack.exports.insert(source);
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
            let listed = export::listed(&bytes, export::LIMITS);
            super::holds_some(&shown, listed.as_ref())?;
            let taken = listed.as_ref().and_then(|now| self.changed(path, &bytes, feed, now));
            let (known, base) = match taken {
                Some((known, base)) => (known?, Some(base)),
                None => (self.records(&shown, &bytes, feed, &input.beside, &|_| true)?, None),
            };
            self.keep(&source, &input, mark, base);
            if let Some(listed) = listed.filter(|_| known) {
                self.segments.write_inside(&source, input.whole, &listed);
            }
        }
        let written = self.written(path);
        self.dated.note(feed, written);
        self.good += 1;
        Ok(())
    }

    /// Takes over what an export holds as it did, and reads what is new or changed: its list of entries
    /// says which. `None` where that cannot be told; else as [`Self::records`], and what was taken over.
    fn changed(
        &mut self,
        path: &Path,
        bytes: &[u8],
        feed: Option<&str>,
        now: &Inside,
    ) -> Option<(Result<bool, Problem>, Base)> {
        let source = path.to_string_lossy();
        let had = self.segments.read(&source)?;
        let fits = had.input.feed.as_deref() == feed && had.input.beside.is_empty();
        let before = self.segments.inside(&source, had.input.whole).filter(|_| fits)?;
        let anew = |id: &str| before.get(id).is_none_or(|entry| now.get(id) != Some(entry));
        let base = self.take_kept(&had, &anew)?;
        let shown = path.display().to_string();
        Some((self.records(&shown, bytes, feed, &BTreeMap::new(), &anew), base))
    }
}

/// A file that was a feed and is none any more.
fn no_feed(path: &Path) -> Problem {
    let place = Place::start_of(path.display().to_string());
    Problem::at("no-advisories", place, "this was a feed, and is none of a form that is known now")
}

/// Files that may hold a feed, by their ending; their content says which.
fn is_feed_file(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    matches!(ending, "json" | "csv" | "md" | "gz")
}
