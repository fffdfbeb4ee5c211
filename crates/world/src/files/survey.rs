//! The walk over all files of a machine: what stands out, and honestly what was not seen.
//!
//! It enters every file system that is stored on this machine, each folder once whatever is mounted
//! where, follows no link, and looks at everything as GNU find would. Knows what stands out; must
//! not know whether it should.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Files, Kind, Listed, ReadError, Stat, Storage};

/// The most files and folders that one walk looks at.
pub(super) const MAX_ENTRIES: u64 = 50_000_000;

/// So many files that stand out are kept.
const MAX_FOUND: usize = 100_000;

/// So many folders that could not be entered are named.
const MAX_UNREAD: usize = 16;

/// So many pairs of user and group are counted.
const MAX_OWNERS: usize = 100_000;

/// A file or folder that stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surveyed {
    /// Relative to the root, with `/`; broken UTF-8 is replaced.
    pub path: Arc<str>,
    /// What it is. Where a link leads is not looked at.
    pub stat: Stat,
}

/// What belongs to one user and one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedBy {
    /// The number of the user.
    pub uid: u32,
    /// The number of the group.
    pub gid: u32,
    /// How many files, folders and links.
    pub count: u64,
    /// One of them, relative to the root.
    pub example: Arc<str>,
}

/// What a walk over all files found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Files that are setuid or setgid; files, and folders without sticky bit, that everybody may
    /// write to; and what has one of the wanted names. Sorted by path.
    pub found: Vec<Surveyed>,
    /// Who owns anything, sorted by numbers.
    pub owners: Vec<OwnedBy>,
    /// Folders that could not be entered, and why; the first ones, sorted.
    pub unread: Vec<(Arc<str>, String)>,
    /// How many folders could not be entered.
    pub unread_count: u64,
    /// Whether there is more than is looked at, counted or kept.
    pub truncated: bool,
}

/// See [`Files::survey`].
pub(super) fn survey<F: Files + ?Sized>(
    files: &F,
    root: &Path,
    names: &[&str],
    skip: &[&str],
    most: u64,
) -> Result<Survey, ReadError> {
    let names: Vec<&OsStr> = names.iter().map(OsStr::new).collect();
    let skip: HashSet<PathBuf> = skip.iter().map(PathBuf::from).collect();
    let mut surveyor = Surveyor {
        files,
        root,
        names,
        skip,
        entered: HashSet::new(),
        owners: BTreeMap::new(),
        last: None,
        survey: Survey::default(),
    };
    let device = files.metadata(root, Path::new(""))?.device;
    let mut folders = vec![(PathBuf::new(), device)];
    let mut seen = 0_u64;
    while let Some((folder, device)) = folders.pop() {
        let entries = match files.list(root, &folder) {
            Ok(entries) => entries,
            Err(error) if folder.as_os_str().is_empty() => return Err(error),
            // It was there a moment ago: whoever removed it left nothing to look at.
            Err(ReadError::Missing) => continue,
            Err(error) => {
                surveyor.unread(&folder, error.to_string());
                continue;
            }
        };
        seen = seen.saturating_add(entries.len() as u64);
        for entry in &entries {
            surveyor.visit(&folder, device, entry, &mut folders);
        }
        if seen > most {
            surveyor.survey.truncated = true;
            break;
        }
    }
    Ok(surveyor.done())
}

struct Surveyor<'a, F: ?Sized> {
    files: &'a F,
    root: &'a Path,
    names: Vec<&'a OsStr>,
    skip: HashSet<PathBuf>,
    /// The folders that were entered or will be, by file system and number.
    entered: HashSet<(u64, u64)>,
    owners: BTreeMap<(u32, u32), (u64, Arc<str>)>,
    /// The pair of numbers that was counted last, and how often since: most files stand beside
    /// others of the same owner.
    last: Option<((u32, u32), u64)>,
    survey: Survey,
}

impl<F: Files + ?Sized> Surveyor<'_, F> {
    fn visit(
        &mut self,
        folder: &Path,
        device: u64,
        entry: &Listed,
        folders: &mut Vec<(PathBuf, u64)>,
    ) {
        self.count(folder, entry);
        if self.stands_out(entry) {
            if self.survey.found.len() < MAX_FOUND {
                let Listed { uid, gid, mode, kind, .. } = *entry;
                let stat = Stat { uid, gid, mode, kind, link: None };
                let path = shown(&folder.join(&entry.name));
                self.survey.found.push(Surveyed { path, stat });
            } else {
                self.survey.truncated = true;
            }
        }
        if entry.kind == Kind::Folder {
            let path = folder.join(&entry.name);
            if !self.skip.contains(&path)
                && (entry.device == device || self.is_local(&path))
                && self.entered.insert((entry.device, entry.inode))
            {
                folders.push((path, entry.device));
            }
        }
    }

    fn stands_out(&self, entry: &Listed) -> bool {
        let special = match entry.kind {
            Kind::File => entry.mode & 0o6002 != 0,
            Kind::Folder => entry.mode & 0o1002 == 0o002,
            // A link has no rights of its own, and a device or socket is there to be written to.
            Kind::Link | Kind::Other => false,
        };
        special || (entry.kind != Kind::Folder && self.names.contains(&entry.name.as_os_str()))
    }

    fn count(&mut self, folder: &Path, entry: &Listed) {
        let pair = (entry.uid, entry.gid);
        match &mut self.last {
            Some((last, count)) if *last == pair => *count += 1,
            _ => {
                self.add_up();
                if let Some((count, _)) = self.owners.get_mut(&pair) {
                    *count += 1;
                } else if self.owners.len() < MAX_OWNERS {
                    let example = shown(&folder.join(&entry.name));
                    self.owners.insert(pair, (1, example));
                } else {
                    self.survey.truncated = true;
                }
                self.last = Some((pair, 0));
            }
        }
    }

    fn add_up(&mut self) {
        let Some((pair, more)) = self.last.take() else { return };
        if let Some((count, _)) = self.owners.get_mut(&pair) {
            *count += more;
        }
    }

    /// Whether another file system is walked through, too.
    fn is_local(&mut self, path: &Path) -> bool {
        match self.files.storage(self.root, path) {
            Ok(Storage::Local) => true,
            Ok(Storage::Remote | Storage::Image | Storage::Virtual) | Err(ReadError::Missing) => {
                false
            }
            Ok(Storage::Unknown(number)) => {
                self.unread(path, format!("its file system {number:#x} is not known here"));
                false
            }
            Err(error) => {
                self.unread(path, error.to_string());
                false
            }
        }
    }

    fn unread(&mut self, folder: &Path, why: String) {
        self.survey.unread_count += 1;
        if self.survey.unread.len() < MAX_UNREAD {
            self.survey.unread.push((shown(folder), why));
        }
    }

    fn done(mut self) -> Survey {
        self.add_up();
        let owned = |((uid, gid), (count, example))| OwnedBy { uid, gid, count, example };
        self.survey.owners = self.owners.into_iter().map(owned).collect();
        self.survey.found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.survey.unread.sort_unstable();
        self.survey
    }
}

fn shown(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::{RealFiles, Root};

    fn file(folder: &Path, name: &str, mode: u32) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn paths(survey: &Survey) -> Vec<(&str, u32)> {
        survey.found.iter().map(|found| (&*found.path, found.stat.mode)).collect()
    }

    /// A tree with one of each.
    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        for (name, mode) in [
            ("bin/su", 0o4755),
            ("bin/write", 0o2755),
            ("bin/ls", 0o755),
            ("home/a/.rhosts", 0o600),
            ("home/a/open", 0o666),
            ("store/su", 0o4755),
        ] {
            file(at, name, mode);
        }
        for (name, mode) in [("tmp", 0o1777), ("drop", 0o777)] {
            fs::create_dir(at.join(name)).unwrap();
            fs::set_permissions(at.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        symlink("../bin", at.join("home/link")).unwrap();
        symlink("/", at.join("home/up")).unwrap();
        folder
    }

    #[test]
    fn what_stands_out_is_found_and_no_link_is_followed() {
        let folder = tree();
        let root = Root::open(Arc::new(RealFiles), folder.path()).unwrap();
        let survey = root.survey(&[".rhosts"], &["store"]).unwrap();
        assert_eq!(
            paths(&survey),
            [
                ("bin/su", 0o4755),
                ("bin/write", 0o2755),
                ("drop", 0o777),
                ("home/a/.rhosts", 0o600),
                ("home/a/open", 0o666),
            ]
        );
        assert!(!survey.truncated && survey.unread.is_empty());
        // Files, folders and links, but nothing inside `store`.
        assert_eq!(survey.owners.iter().map(|owned| owned.count).sum::<u64>(), 13);
        assert_eq!(survey.owners.len(), 1);
    }

    #[test]
    fn a_walk_ends_and_says_so() {
        let folder = tree();
        let cut = super::survey(&RealFiles, folder.path(), &[], &[], 3).unwrap();
        assert!(cut.truncated);
        assert!(Root::open(Arc::new(RealFiles), &folder.path().join("none")).is_err());
    }

    /// GNU find is the oracle, on a tree that every machine has.
    #[test]
    fn gnu_find_finds_the_same() {
        let output = std::process::Command::new("find")
            .args(["/usr/bin", "-xdev", "-type", "f", "-perm", "/6002"])
            .output();
        let Ok(output) = output else {
            return crate::skip::skip("no find");
        };
        let text = String::from_utf8(output.stdout).unwrap();
        let mut wanted: Vec<&str> = text.lines().collect();
        wanted.sort_unstable();
        let root = Root::open(Arc::new(RealFiles), Path::new("/usr/bin")).unwrap();
        let survey = root.survey(&[], &[]).unwrap();
        let found: Vec<String> = survey
            .found
            .iter()
            .filter(|found| found.stat.kind == Kind::File)
            .map(|found| format!("/usr/bin/{}", found.path))
            .collect();
        assert_eq!(found, wanted);
    }
}
