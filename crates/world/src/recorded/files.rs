//! Files in memory, with links, refusals and file systems.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use holdfast_model::Timestamp;

use crate::files::{Held, only_read};
use crate::{
    Clock as _, Files, FixedClock, Kind, Listed, Lock, LockError, Mapped, Metadata, ReadError,
    Stat, WriteError,
};

/// One thing in the tree.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    what: What,
    denied: bool,
    mode: u32,
    owner: (u32, u32),
    device: Option<u64>,
    modified: Timestamp,
}

/// The user and the group that own what nobody said anything about.
const OWNER: (u32, u32) = (1000, 1000);

#[derive(Debug, Clone)]
enum What {
    File(Arc<[u8]>),
    Folder,
    Link(PathBuf),
}

impl Entry {
    fn of(what: What, mode: u32) -> Self {
        Self { what, denied: false, mode, owner: OWNER, device: None, modified: Timestamp(0) }
    }

    pub(super) fn file(bytes: Vec<u8>) -> Self {
        Self::of(What::File(bytes.into()), 0o644)
    }

    pub(super) fn denied_file() -> Self {
        Self { denied: true, ..Self::of(What::File(Arc::new([])), 0) }
    }

    pub(super) fn folder() -> Self {
        Self::of(What::Folder, 0o755)
    }

    pub(super) fn denied_folder() -> Self {
        Self { denied: true, ..Self::of(What::Folder, 0) }
    }

    pub(super) fn mounted() -> Self {
        Self { device: Some(2), ..Self::folder() }
    }

    pub(super) fn link(target: PathBuf) -> Self {
        Self::of(What::Link(target), 0o777)
    }

    /// The same with another owner, group and mode.
    pub(super) fn owned(self, uid: u32, gid: u32, mode: u32) -> Self {
        Self { owner: (uid, gid), mode, ..self }
    }

    /// The same, written at that time.
    fn written(self, modified: Timestamp) -> Self {
        Self { modified, ..self }
    }

    pub(super) fn is_plain_folder(&self) -> bool {
        matches!(self.what, What::Folder) && !self.denied && self.device.is_none()
    }

    fn kind(&self) -> Kind {
        match self.what {
            What::File(_) => Kind::File,
            What::Folder => Kind::Folder,
            What::Link(_) => Kind::Link,
        }
    }

    fn size(&self) -> u64 {
        match &self.what {
            What::File(bytes) => bytes.len() as u64,
            What::Folder | What::Link(_) => 0,
        }
    }
}

/// As many links as Linux follows for one path, see path_resolution(7).
const MAX_LINKS: usize = 40;

type Tree = BTreeMap<PathBuf, Entry>;

/// The file system of a recorded world.
#[derive(Debug)]
pub(crate) struct RecordedFiles {
    entries: Arc<RwLock<Tree>>,
    locks: Arc<Mutex<BTreeMap<PathBuf, String>>>,
    /// What is `/` here; something else for the root of another system.
    top: PathBuf,
    /// When something is written.
    clock: Arc<FixedClock>,
}

impl RecordedFiles {
    /// What is there from the beginning was written at the beginning of time.
    pub(super) fn new(entries: Tree, clock: Arc<FixedClock>) -> Self {
        let entries = Arc::new(RwLock::new(entries));
        Self { entries, locks: Arc::default(), top: PathBuf::from("/"), clock }
    }

    fn entries(&self) -> RwLockReadGuard<'_, Tree> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there, for writing; of another system nothing is.
    fn writing(&self) -> Result<RwLockWriteGuard<'_, Tree>, WriteError> {
        if self.top == Path::new("/") { Ok(self.entries_mut()) } else { Err(only_read()) }
    }

    fn resolve(&self, entries: &Tree, root: &Path, path: &Path) -> Result<PathBuf, ReadError> {
        resolve(entries, &self.top, root, path)
    }

    fn entries_mut(&self) -> RwLockWriteGuard<'_, Tree> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The bytes of a file, inside the root.
    fn bytes(&self, root: &Path, path: &Path) -> Result<Arc<[u8]>, ReadError> {
        let entries = self.entries();
        let real = self.resolve(&entries, root, path)?;
        match entries.get(&real) {
            Some(entry) if entry.denied => Err(ReadError::Denied),
            Some(Entry { what: What::File(bytes), .. }) => Ok(Arc::clone(bytes)),
            Some(_) => Err(ReadError::NotAFile),
            None => Err(ReadError::Missing),
        }
    }

    /// Where a file will stand.
    fn place_for(entries: &Tree, root: &Path, path: &Path) -> Result<PathBuf, WriteError> {
        match resolve(entries, Path::new("/"), root, path) {
            Ok(real) => return Ok(real),
            Err(ReadError::Missing) if entries.contains_key(&root.join(path)) => {
                return Err(WriteError::Outside);
            }
            Err(ReadError::Missing) => {}
            Err(error) => return Err(error.into()),
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(WriteError::Outside);
        };
        let folder = resolve(entries, Path::new("/"), root, folder)?;
        match entries.get(&folder) {
            Some(entry) if entry.denied => Err(WriteError::Denied),
            Some(entry) if entry.kind() == Kind::Folder => Ok(folder.join(name)),
            _ => Err(WriteError::Missing),
        }
    }
}

/// The real path of something that is there, if it lies inside the root. `top` is where `/` and
/// the last `..` lead.
fn resolve(entries: &Tree, top: &Path, root: &Path, path: &Path) -> Result<PathBuf, ReadError> {
    if path.is_absolute() && root != Path::new("/") {
        return Err(ReadError::Outside);
    }
    let border = if root == Path::new("/") { top } else { root };
    let mut links = 0;
    let mut real = top.to_owned();
    let mut rest: Vec<PathBuf> = parts(&root.join(path));
    rest.reverse();
    while let Some(part) = rest.pop() {
        if part == Path::new("..") {
            if real != top {
                real.pop();
            }
            continue;
        }
        match entries.get(&real) {
            Some(entry) if entry.kind() != Kind::Folder => return Err(ReadError::Missing),
            Some(entry) if entry.denied => return Err(ReadError::Denied),
            _ => {}
        }
        let next = real.join(&part);
        match entries.get(&next).map(|entry| &entry.what) {
            None => return Err(outside_or(border, &next, ReadError::Missing)),
            Some(What::Link(target)) => {
                links += 1;
                if links > MAX_LINKS {
                    return Err(ReadError::Loop);
                }
                if target.is_absolute() {
                    top.clone_into(&mut real);
                }
                rest.extend(parts(target).into_iter().rev());
            }
            Some(_) => real = next,
        }
    }
    if real.starts_with(border) { Ok(real) } else { Err(ReadError::Outside) }
}

/// The kernel, too, tells no difference between things outside that are there and that are not.
fn outside_or(root: &Path, path: &Path, error: ReadError) -> ReadError {
    if path.starts_with(root) || root.starts_with(path) { error } else { ReadError::Outside }
}

fn parts(path: &Path) -> Vec<PathBuf> {
    let named = |part: &Component<'_>| matches!(part, Component::Normal(_) | Component::ParentDir);
    path.components().filter(named).map(|part| PathBuf::from(part.as_os_str())).collect()
}

/// The file system that a path belongs to: that of the nearest mounted folder.
fn device_of(entries: &Tree, path: &Path) -> u64 {
    let mounted = |folder: &Path| entries.get(folder).and_then(|entry| entry.device);
    path.ancestors().find_map(mounted).unwrap_or(1)
}

/// The number of a path in its file system: the same each time, and of no other path.
fn number_of(path: &Path) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(path)
}

impl Files for RecordedFiles {
    fn folder(&self, folder: &Path) -> Result<PathBuf, ReadError> {
        let entries = self.entries();
        let real = self.resolve(&entries, Path::new("/"), folder)?;
        let is_folder = entries.get(&real).is_some_and(|entry| entry.kind() == Kind::Folder);
        if is_folder { Ok(real) } else { Err(ReadError::NotAFile) }
    }

    fn read(&self, root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let bytes = self.bytes(root, path)?;
        let size = bytes.len() as u64;
        if size > limit { Err(ReadError::TooLarge { size }) } else { Ok(bytes.to_vec()) }
    }

    fn head(&self, root: &Path, path: &Path, length: usize) -> Result<Vec<u8>, ReadError> {
        Ok(self.bytes(root, path)?.iter().take(length).copied().collect())
    }

    fn map(&self, root: &Path, path: &Path) -> Result<Mapped, ReadError> {
        self.bytes(root, path).map(Mapped::of)
    }

    fn metadata(&self, root: &Path, path: &Path) -> Result<Metadata, ReadError> {
        let entries = self.entries();
        let real = self.resolve(&entries, root, path)?;
        let entry = entries.get(&real).ok_or(ReadError::Missing)?;
        Ok(Metadata {
            kind: entry.kind(),
            size: entry.size(),
            mode: entry.mode,
            owner: entry.owner.0,
            modified: entry.modified,
            device: device_of(&entries, &real),
        })
    }

    fn stat(&self, root: &Path, path: &Path) -> Result<Stat, ReadError> {
        let entries = self.entries();
        let real = match (path.parent(), path.file_name()) {
            (Some(folder), Some(name)) => self.resolve(&entries, root, folder)?.join(name),
            _ => self.resolve(&entries, root, path)?,
        };
        let above = real.parent().and_then(|folder| entries.get(folder));
        match above {
            Some(folder) if folder.denied => return Err(ReadError::Denied),
            Some(folder) if folder.kind() != Kind::Folder => return Err(ReadError::Missing),
            _ => {}
        }
        let entry = entries.get(&real).ok_or(ReadError::Missing)?;
        let link = match &entry.what {
            What::Link(target) => Some(target.clone()),
            What::File(_) | What::Folder => None,
        };
        let (uid, gid) = entry.owner;
        Ok(Stat { uid, gid, mode: entry.mode, kind: entry.kind(), link })
    }

    fn system(&self, folder: &Path) -> Result<Arc<dyn Files>, ReadError> {
        if self.top != Path::new("/") {
            return Err(ReadError::Outside);
        }
        let top = self.folder(folder)?;
        let (entries, locks) = (Arc::clone(&self.entries), Arc::clone(&self.locks));
        let clock = Arc::clone(&self.clock);
        Ok(Arc::new(Self { entries, locks, top, clock }))
    }

    fn list(&self, root: &Path, folder: &Path) -> Result<Vec<Listed>, ReadError> {
        let entries = self.entries();
        let real = self.resolve(&entries, root, folder)?;
        match entries.get(&real) {
            Some(entry) if entry.kind() != Kind::Folder => return Err(ReadError::Missing),
            Some(entry) if entry.denied => return Err(ReadError::Denied),
            _ => {}
        }
        let after = entries.range::<Path, _>((Bound::Excluded(real.as_path()), Bound::Unbounded));
        let below = after.take_while(|(path, _)| path.starts_with(&real));
        let own = below.filter(|(path, _)| path.parent() == Some(&real));
        let mut listed: Vec<Listed> = own
            .filter_map(|(path, entry)| {
                Some(Listed {
                    name: path.file_name()?.to_owned(),
                    kind: entry.kind(),
                    size: entry.size(),
                    device: device_of(&entries, path),
                    inode: number_of(path),
                    mode: entry.mode,
                    uid: entry.owner.0,
                    gid: entry.owner.1,
                    modified: entry.modified,
                })
            })
            .collect();
        listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(listed)
    }

    fn write_new(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let mut entries = self.writing()?;
        let target = Self::place_for(&entries, root, path)?;
        if entries.contains_key(&target) {
            return Err(WriteError::Exists);
        }
        entries.insert(target, Entry::file(bytes.to_vec()).written(self.clock.now()));
        Ok(())
    }

    fn write_atomic(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        let mut entries = self.writing()?;
        let target = Self::place_for(&entries, root, path)?;
        let (mode, (uid, gid)) = match entries.get(&target) {
            Some(entry) if entry.kind() == Kind::Folder => {
                return Err(WriteError::Other("is a directory".to_owned()));
            }
            Some(entry) => (entry.mode, entry.owner),
            None => (0o644, OWNER),
        };
        let file = Entry::file(bytes.to_vec()).owned(uid, gid, mode).written(self.clock.now());
        entries.insert(target, file);
        Ok(())
    }

    fn remove(&self, root: &Path, path: &Path) -> Result<(), WriteError> {
        let mut entries = self.writing()?;
        let target = resolve(&entries, Path::new("/"), root, path)?;
        if entries.get(&target).is_some_and(|entry| entry.kind() == Kind::Folder) {
            return Err(WriteError::Other("is a directory".to_owned()));
        }
        entries.remove(&target);
        Ok(())
    }

    fn make_folder(&self, folder: &Path) -> Result<(), WriteError> {
        let mut entries = self.writing()?;
        let mut above: Vec<&Path> = folder.ancestors().collect();
        above.reverse();
        for folder in above {
            match entries.get(folder) {
                Some(entry) if entry.denied => return Err(WriteError::Denied),
                Some(entry) if entry.kind() == Kind::File => return Err(WriteError::Missing),
                Some(_) => {}
                None => {
                    let made = Entry { mode: 0o700, ..Entry::folder() };
                    entries.insert(folder.to_owned(), made);
                }
            }
        }
        Ok(())
    }

    fn lock(&self, file: &Path, note: &str) -> Result<Lock, LockError> {
        {
            let mut entries = self.writing().map_err(LockError::Write)?;
            let target =
                Self::place_for(&entries, Path::new("/"), file).map_err(LockError::Write)?;
            entries.entry(target).or_insert_with(|| Entry::file(Vec::new()));
        }
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(holder) = locks.get(file) {
            return Err(LockError::Held(holder.clone()));
        }
        locks.insert(file.to_owned(), note.to_owned());
        Ok(Lock::new(HeldHere { locks: Arc::clone(&self.locks), file: file.to_owned() }))
    }
}

#[derive(Debug)]
struct HeldHere {
    locks: Arc<Mutex<BTreeMap<PathBuf, String>>>,
    file: PathBuf,
}

impl Held for HeldHere {}

impl Drop for HeldHere {
    fn drop(&mut self) {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.file);
    }
}

impl RecordedFiles {
    /// Puts a file where a recorded program says it wrote one.
    pub(super) fn put(&self, path: &Path, bytes: &[u8]) {
        let file = Entry::file(bytes.to_vec()).written(self.clock.now());
        self.entries_mut().insert(path.to_owned(), file);
    }
}
