//! From files to the compiler: exports, folders of records, zip files, and what was fetched.

use std::collections::BTreeMap;
use std::path::Path;

use holdfast_advisories::{Compiler, Origin, export, osv};
use holdfast_model::Problem;
use holdfast_world::{ReadError, World};

use super::LARGEST;
use super::list::AsOf;
use super::remote::Fetched;

/// Whoever takes.
pub(super) struct Taker<'a> {
    pub(super) world: &'a World,
    pub(super) compiler: &'a mut Compiler,
    pub(super) problems: &'a mut Vec<Problem>,
    pub(super) progress: &'a dyn Fn(&str),
}

pub(super) fn read(world: &World, path: &Path) -> Result<Vec<u8>, Problem> {
    world.files.read(Path::new("/"), path, LARGEST).map_err(|error| cannot_read(path, &error))
}

fn cannot_read(path: &Path, error: &ReadError) -> Problem {
    Problem::new("cannot-read", format!("`{}` cannot be read: {error}", path.display()))
        .help("name an export mirror, a folder of records or a zip file")
}

impl Taker<'_> {
    /// Takes an export mirror, a folder of records or a zip file.
    pub(super) fn path(&mut self, source: &Path) -> Result<(), Problem> {
        let folder = match self.world.files.folder(source) {
            Ok(folder) => folder,
            Err(ReadError::NotAFile) => return self.zip(source, None),
            Err(error) => return Err(cannot_read(source, &error)),
        };
        let mut taken = 0_u64;
        let entries = self.world.files.list(&folder, Path::new(""));
        for entry in entries.map_err(|error| cannot_read(&folder, &error))? {
            let path = folder.join(&entry.name);
            let Some(name) = entry.name.to_str() else { continue };
            let all = path.join("all.zip");
            if self.world.files.metadata(Path::new("/"), &all).is_ok() {
                self.zip(&all, Some(name))?;
                taken += 1;
            } else if name == "all.zip" {
                let feed = folder.file_name().and_then(|name| name.to_str());
                self.zip(&path, feed)?;
                taken += 1;
            } else if path.extension().is_some_and(|ending| ending == "json") {
                taken += 1;
                let bytes = read(self.world, &path)?;
                self.record(&path.display().to_string(), &bytes, None);
            }
        }
        if taken == 0 {
            let message = format!("there are no advisories in `{}`", folder.display());
            return Err(Problem::new("no-advisories", message)
                .help("name a folder with ECOSYSTEM/all.zip, with .json records, or a zip file"));
        }
        Ok(())
    }

    /// Takes what was fetched: the records beside an export count instead of those inside.
    pub(super) fn fetched(&mut self, fetched: &Fetched) -> Result<(), Problem> {
        let Fetched { kept, feed } = fetched;
        let address = super::source::without_user(&kept.state.address);
        let lost = || {
            let message = format!("what was fetched from `{address}` is not there any more");
            Problem::new("cannot-read", message).help("sync again")
        };
        let bytes = kept.whole(self.world).ok_or_else(lost)?;
        self.records(&address, &bytes, feed.as_deref(), &kept.state.records)?;
        for id in kept.state.records.keys() {
            let bytes = kept.record(self.world, id).ok_or_else(lost)?;
            self.record(&format!("{address}/{id}.json"), &bytes, feed.as_deref());
        }
        Ok(())
    }

    fn zip(&mut self, path: &Path, feed: Option<&str>) -> Result<(), Problem> {
        let shown = path.display().to_string();
        let bytes = read(self.world, path)?;
        self.records(&shown, &bytes, feed, &BTreeMap::new())
    }

    fn records(
        &mut self,
        shown: &str,
        bytes: &[u8],
        feed: Option<&str>,
        instead: &BTreeMap<String, AsOf>,
    ) -> Result<(), Problem> {
        (self.progress)(&format!("reading {shown}"));
        let mut unreadable = None;
        let records = export::records(shown, bytes, export::LIMITS, &mut |entry| match entry {
            Ok((name, bytes)) => self.unless(&format!("{shown}!{name}"), bytes, feed, instead),
            Err(problem) if problem.code == "export-unreadable" => unreadable = Some(problem),
            Err(problem) => self.problems.push(problem),
        });
        match unreadable {
            Some(problem) if records == 0 => Err(problem),
            _ => Ok(()),
        }
    }

    fn record(&mut self, path: &str, bytes: &[u8], feed: Option<&str>) {
        self.unless(path, bytes, feed, &BTreeMap::new());
    }

    /// Takes a record, unless another one of its name counts.
    fn unless(
        &mut self,
        path: &str,
        bytes: &[u8],
        feed: Option<&str>,
        instead: &BTreeMap<String, AsOf>,
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
