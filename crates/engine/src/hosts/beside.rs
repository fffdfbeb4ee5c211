//! Finds the files of variables that stand beside an inventory of Ansible.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use holdfast_model::Problem;
use holdfast_sense::inventory::{GROUP_VARS, HOST_VARS, LARGEST, VarsFile};
use holdfast_world::{Kind, ReadError, World};

/// What may stand behind a name, in the order in which Ansible looks; the first one counts.
const ENDS: [&str; 4] = ["", ".yml", ".yaml", ".json"];
/// So many files are read for one inventory.
const MOST_FILES: usize = 20_000;
/// So deep may folders lie in one another.
const DEEPEST: usize = 8;

/// The two folders beside one inventory.
pub(super) struct Folders<'w> {
    world: &'w World,
    /// Where they stand, as the inventory was named.
    folder: PathBuf,
    /// What stands in both.
    entries: BTreeSet<PathBuf>,
    /// How many more files are read.
    left: usize,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
}

impl<'w> Folders<'w> {
    /// Looks which names are there; nothing is read yet.
    pub(super) fn new(world: &'w World, inventory: &str) -> Self {
        let folder = Path::new(inventory).parent().map(Path::to_path_buf).unwrap_or_default();
        let (entries, problems) = (BTreeSet::new(), Vec::new());
        let mut folders = Self { world, folder, entries, left: MOST_FILES, problems };
        for name in [GROUP_VARS, HOST_VARS] {
            let path = folders.folder.join(name);
            match folders.listed(&path) {
                Ok(listed) => folders.entries.extend(listed.into_iter().map(|(path, _)| path)),
                Err(ReadError::Missing | ReadError::NotAFile) => {}
                Err(error) => folders.unread(&path, &error),
            }
        }
        folders
    }

    /// The files that are for a name.
    pub(super) fn files(&mut self, folder: &str, name: &str) -> Vec<VarsFile> {
        let place = self.folder.join(folder);
        // Names with a slash in them, which lead elsewhere, are none of the entries.
        let mut paths = ENDS.iter().map(|end| place.join(format!("{name}{end}")));
        let first = paths.find(|path| self.entries.contains(path));
        let mut out = Vec::new();
        if let Some(path) = first {
            self.take(&path, 0, &mut out);
        }
        out
    }

    /// A file, or all below a folder.
    fn take(&mut self, path: &Path, depth: usize, out: &mut Vec<VarsFile>) {
        let whole = self.world.here.join(path);
        let metadata = self.world.files.metadata(Path::new("/"), &whole);
        match metadata.map(|metadata| metadata.kind) {
            Ok(Kind::Folder) if depth < DEEPEST => match self.listed(path) {
                Ok(listed) => {
                    for (path, kind) in listed {
                        if is_read(&path, kind) {
                            self.take(&path, depth + 1, out);
                        }
                    }
                }
                Err(error) => self.unread(path, &error),
            },
            Ok(Kind::Folder) => self.unread(path, &ReadError::Loop),
            Ok(_) if self.left == 0 => {
                let error = format!("more than {MOST_FILES} files are for one inventory");
                self.unread(path, &ReadError::Other(error));
            }
            Ok(_) => {
                self.left -= 1;
                let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX);
                match self.world.files.read(Path::new("/"), &whole, limit) {
                    Ok(bytes) => out.push(VarsFile { path: path.display().to_string(), bytes }),
                    Err(error) => self.unread(path, &error),
                }
            }
            Err(error) => self.unread(path, &error),
        }
    }

    /// What stands in a folder, by name.
    fn listed(&self, folder: &Path) -> Result<Vec<(PathBuf, Kind)>, ReadError> {
        let listed = self.world.files.list(Path::new("/"), &self.world.here.join(folder))?;
        Ok(listed.into_iter().map(|entry| (folder.join(&entry.name), entry.kind)).collect())
    }

    fn unread(&mut self, path: &Path, error: &ReadError) {
        let message = format!("`{}` cannot be read: {error}", path.display());
        let help = "what it says of addresses, ports and users is not known; make it readable, or give \
                    what comes of: ansible-inventory --list";
        self.problems.push(Problem::new("cannot-read", message).help(help));
    }
}

/// What Ansible reads in a folder for a name: no hidden files, no copies of an editor.
fn is_read(path: &Path, kind: Kind) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let end = path.extension().and_then(OsStr::to_str);
    let fits = match end {
        None => path.extension().is_none(),
        Some(end) => kind != Kind::Folder && matches!(end, "yml" | "yaml" | "json"),
    };
    fits && !name.starts_with('.') && !name.ends_with('~')
}
