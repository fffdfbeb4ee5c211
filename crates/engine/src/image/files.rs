//! The files of an image that readers are given: what is kept of each layer, and what is read once
//! all layers lie one above the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_model::Component;
use holdfast_sense::image::layer::Keeper;
use holdfast_sense::image::parts::Parts;
use holdfast_sense::image::tree::{Node, Tree as Files};
use holdfast_sense::installed::executable::likely;
use holdfast_sense::packages::owned::{files_of, lists_files};
use holdfast_sense::packages::{is_database, rpm};
use holdfast_sense::{Reader, system_reader_for};
use holdfast_world::World;

use super::spooled::Spooling;
use crate::gather::{HELD, Tree, Unread, document, read_all};
use crate::glob::glob;
use crate::installed::{may_be_program, says_something};
use crate::look::{Document, ImageFacts, LeftOut};
use crate::trees::DOCUMENT_LIMIT;

/// The largest program or archive that is read whole where it cannot be read otherwise, in bytes; it
/// is in memory while it is.
const PROGRAM_LIMIT: u64 = 128 << 20;
/// The first bytes by which its reader knows it, which are always held.
const PROGRAM_HEAD: usize = 64;

/// What is kept of a file.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// Its bytes, for a reader that may need other files too.
    Bytes(Arc<[u8]>),
    /// What its reader said as it passed by.
    Read(Arc<Document>),
    /// Everything that its reader is known to ask for, of which something had gone by: its layer has
    /// to be read again.
    Lacks(Arc<[(u64, usize)]>),
}

/// What of a layer has gone by and is wanted after all.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    /// Parts of large programs, by their absolute paths: offset and length in bytes.
    pub(super) parts: BTreeMap<Arc<str>, Arc<[(u64, usize)]>>,
    /// By the absolute path under which a file went by unread, a name that a hard link gives it and
    /// by which it is read.
    pub(super) named: BTreeMap<Arc<str>, Arc<str>>,
}

impl Lacking {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.named.is_empty()
    }
}

/// Chooses the files of a layer that are kept.
#[derive(Debug)]
pub(super) struct Chooser {
    world: World,
    /// Where a layer is read again: nothing but this.
    lacking: Option<Arc<Lacking>>,
    /// The large archive that goes by.
    spooling: Option<Spooling>,
}

impl Chooser {
    /// Chooses everything that is read, or what is lacking.
    pub(super) fn new(world: &World, lacking: Option<Arc<Lacking>>) -> Self {
        Self { world: world.clone(), lacking, spooling: None }
    }

    /// The name by which a file is read; `None` where a layer is read again, and not for this file.
    fn name_of<'p>(&'p self, path: &'p str) -> Option<&'p str> {
        match &self.lacking {
            Some(lacking) => lacking.named.get(path).map(|name| &**name),
            None => Some(path),
        }
    }
}

/// A file of which parts are here.
struct Pieced {
    parts: Parts,
    /// What was asked for and is not among them.
    missed: Mutex<Vec<(u64, usize)>>,
}

impl Tree for Pieced {
    fn glob(&self, _pattern: &str) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn read(&self, _path: &str) -> Result<Arc<[u8]>, Unread> {
        Err(Unread::Other("only parts of it are held".to_owned()))
    }

    fn part(&self, _path: &str, offset: u64, length: usize) -> Result<Arc<[u8]>, Unread> {
        if let Some(bytes) = self.parts.get(offset, length) {
            return Ok(bytes.into());
        }
        self.missed.lock().unwrap_or_else(PoisonError::into_inner).push((offset, length));
        Err(Unread::Other("it has gone by".to_owned()))
    }
}

/// A file on its own.
struct Alone(Arc<[u8]>);

impl Tree for Alone {
    fn glob(&self, _pattern: &str) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn read(&self, _path: &str) -> Result<Arc<[u8]>, Unread> {
        Ok(Arc::clone(&self.0))
    }

    fn part(&self, _path: &str, offset: u64, length: usize) -> Result<Arc<[u8]>, Unread> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let end = start.saturating_add(length).min(self.0.len());
        Ok(self.0.get(start..end).unwrap_or_default().into())
    }
}

fn reader_of(path: &str, head: &[u8]) -> Option<&'static dyn Reader> {
    let by_name = system_reader_for(path, &[]);
    by_name.or_else(|| may_be_program(path).then(|| system_reader_for(path, head)).flatten())
}

/// Whether a file is wanted for its name, whatever stands in it.
pub(super) fn is_named(path: &str) -> bool {
    lists_files(path) || is_log(path) || system_reader_for(path, &[]).is_some()
}

/// Whether this is the log beside a database, which is asked for by the database's reader.
fn is_log(path: &str) -> bool {
    path.strip_suffix("-wal").is_some_and(lists_files)
}

impl Keeper for Chooser {
    type Kept = Kept;

    fn parts(&mut self, path: &str, mode: u32, size: u64, head: &[u8]) -> Option<Parts> {
        if let Some(lacking) = &self.lacking {
            return Some(Parts::of(size, lacking.parts.get(path)?.iter().copied()));
        }
        let reader = reader_of(path, head)?;
        let wanted = size > HELD && mode & 0o111 != 0 && reader.head().is_some();
        wanted.then(|| Parts::of(size, likely(head, size)))
    }

    fn keep_parts(&mut self, path: &Arc<str>, parts: Parts) -> Option<Kept> {
        let reader = reader_of(path, parts.get(0, PROGRAM_HEAD)?)?;
        let held: Vec<(u64, usize)> = parts.ranges().collect();
        let file = Pieced { parts, missed: Mutex::default() };
        let read = document(&file, path, reader);
        let missed = file.missed.into_inner().unwrap_or_else(PoisonError::into_inner);
        if !missed.is_empty() {
            return Some(Kept::Lacks(held.into_iter().chain(missed).collect()));
        }
        Some(read.map_or_else(|_| Kept::Bytes(Arc::default()), |read| Kept::Read(Arc::new(read))))
    }

    fn begins(&mut self, path: &str, _mode: u32, size: u64, head: &[u8]) -> bool {
        if size <= HELD {
            return false;
        }
        let reader = self.name_of(path).and_then(|name| reader_of(name, head));
        if !reader.is_some_and(Reader::seeks) {
            return false;
        }
        // Where there is no place for temporary files, it is held after all.
        self.spooling = Spooling::begin(&self.world, size);
        self.spooling.is_some()
    }

    fn piece(&mut self, bytes: &[u8]) {
        if let Some(spooling) = &mut self.spooling {
            spooling.piece(bytes);
        }
    }

    fn ends(&mut self, path: &Arc<str>) -> Option<Kept> {
        let spooling = self.spooling.take()?;
        let name: Arc<str> = self.name_of(path)?.into();
        let reader = reader_of(&name, &[])?;
        Some(Kept::Read(Arc::new(spooling.read(&name, reader))))
    }

    fn wants(&mut self, path: &str, mode: u32, _size: u64, head: &[u8]) -> Option<u64> {
        let path = self.name_of(path)?;
        if lists_files(path) || is_log(path) {
            return Some(DOCUMENT_LIMIT);
        }
        let reader = reader_of(path, head)?;
        let by_name = system_reader_for(path, &[]).is_some();
        // What is known by its content alone is a program, and runs.
        if !by_name && mode & 0o111 == 0 {
            return None;
        }
        Some(if reader.alone() { PROGRAM_LIMIT } else { DOCUMENT_LIMIT })
    }

    fn keep(&mut self, path: &Arc<str>, bytes: Vec<u8>) -> Kept {
        let name: Arc<str> = self.name_of(path).unwrap_or(path).into();
        match reader_of(&name, &bytes) {
            Some(reader) if reader.alone() => match document(&Alone(bytes.into()), &name, reader) {
                Ok(document) => Kept::Read(Arc::new(document)),
                Err(_) => Kept::Bytes(Arc::from(Vec::new())),
            },
            _ => Kept::Bytes(bytes.into()),
        }
    }
}

/// The kept files of an image, as readers ask for them.
struct Image<'t>(&'t Files<Kept>);

impl Tree for Image<'_> {
    fn glob(&self, pattern: &str) -> Vec<Arc<str>> {
        self.0.files().map(|(path, _)| path).filter(|path| glob(pattern, path)).collect()
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        match self.0.get(path) {
            Some((Node::File(Some(Kept::Bytes(bytes))), _)) => Ok(Arc::clone(bytes)),
            Some((Node::File(_), _)) => Err(Unread::Other("it was not kept".to_owned())),
            Some(_) => Err(Unread::Other("it is no file".to_owned())),
            None => Err(Unread::Missing),
        }
    }
}

/// What the files of an image say.
pub(super) struct Said {
    pub(super) documents: Vec<Document>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Reads what was kept.
pub(super) fn read(tree: &Files<Kept>, image: &mut ImageFacts) -> Said {
    let owned = owned(tree);
    let mut claimed: Vec<(Arc<str>, &'static dyn Reader)> = Vec::new();
    let mut documents = Vec::new();
    let mut linked: Vec<(Arc<str>, &Arc<Document>)> = Vec::new();
    for (path, kept) in tree.files() {
        if owned.contains(&*path) {
            continue;
        }
        match kept {
            Some(Kept::Read(document)) if says_something(document) => {
                if document.path == path {
                    documents.push(Document::clone(document));
                } else {
                    linked.push((path, document));
                }
            }
            Some(Kept::Bytes(_)) => {
                if let Some(reader) = system_reader_for(&path, &[]) {
                    claimed.push((path, reader));
                }
            }
            _ => {}
        }
    }
    // A second name of the same file, made by a hard link, says nothing new, unless the first one is
    // gone or belongs to a package.
    let mut told: BTreeSet<Arc<str>> = documents.iter().map(|one| Arc::clone(&one.path)).collect();
    for (path, document) in linked {
        if told.insert(Arc::clone(&document.path)) {
            documents.push(renamed(document, &path));
        }
    }
    // Where rpm's database stands in several forms or places, the first one counts.
    let place_of = |path: &str| {
        let inside = path.strip_prefix('/');
        rpm::places().position(|place| Some(place) == inside)
    };
    let first = claimed.iter().filter_map(|(path, _)| place_of(path)).min();
    claimed.retain(|(path, _)| place_of(path).is_none_or(|place| Some(place) == first));
    let borrowed: Vec<(&Arc<str>, &'static dyn Reader)> =
        claimed.iter().map(|(path, reader)| (path, *reader)).collect();
    let (read, mut left_out) = read_all(&Image(tree), &borrowed);
    left_out.extend(linked_away(tree, &owned));
    documents.extend(read);
    documents.sort_by(|a, b| a.path.cmp(&b.path));
    for document in &documents {
        let Some((_, layer)) = tree.get(&document.path) else { continue };
        image.layer_of.insert(Arc::clone(&document.path), layer);
        came(tree, document, layer, image);
    }
    Said { documents, left_out }
}

/// Links that have the name of a document and lead to a file of another name, which was not kept when
/// it went by. Of hard links that is one in a lower layer.
fn linked_away(tree: &Files<Kept>, owned: &BTreeSet<String>) -> Vec<LeftOut> {
    let named =
        |path: &Arc<str>| system_reader_for(path, &[]).is_some() && !owned.contains(&**path);
    let unread = |path: &Arc<str>| {
        named(path)
            && matches!(tree.get(path), Some((Node::File(None), _)))
            && tree.resolved(path).is_none_or(|real| !owned.contains(&real))
    };
    let gap = |path: Arc<str>| LeftOut {
        path,
        reason: "it is a link to a file of another name, which is not read".to_owned(),
        closes_with: "a file in its place".to_owned(),
    };
    let hard = tree.unread_links().filter(named);
    tree.links().filter(unread).chain(hard).map(gap).collect()
}

/// What a file says under another of its names.
fn renamed(document: &Document, path: &Arc<str>) -> Document {
    let mut renamed = document.clone();
    let before = std::mem::replace(&mut renamed.path, Arc::clone(path));
    for component in renamed.components.iter_mut().filter(|one| one.place.path == before) {
        component.place.path = Arc::clone(path);
    }
    renamed
}

/// How many versions of one file are read to see when its packages came.
const MOST_VERSIONS: usize = 32;

/// A file as it was in a lower layer.
struct Older<'f> {
    path: &'f str,
    bytes: &'f Arc<[u8]>,
}

impl Tree for Older<'_> {
    fn glob(&self, _pattern: &str) -> Vec<Arc<str>> {
        Vec::new()
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        if path == self.path { Ok(Arc::clone(self.bytes)) } else { Err(Unread::Missing) }
    }
}

/// Name and version.
type Package = (Arc<str>, Option<Arc<str>>);

/// Notes which layer brought each package of a database. Whoever installs one more writes the whole
/// database anew, so that the layer in which it stands says little: a package came with the first
/// layer from which on it was always there, in this version.
fn came(tree: &Files<Kept>, database: &Document, top: usize, image: &mut ImageFacts) {
    let before = tree.before(&database.path);
    if before.is_empty() || before.len() > MOST_VERSIONS || !is_database(&database.path) {
        return;
    }
    let Some(reader) = system_reader_for(&database.path, &[]) else { return };
    let is = |one: &Component| (Arc::clone(&one.name), one.version.clone());
    // From above down, as long as each version says what it holds: one that cannot be read whole may
    // have held anything.
    let mut always: Option<BTreeSet<Package>> = None;
    let mut since: BTreeMap<Package, usize> = BTreeMap::new();
    for (layer, kept) in before.iter().rev() {
        let Kept::Bytes(bytes) = kept else { break };
        let older = Older { path: &database.path, bytes };
        let Ok(older) = document(&older, &database.path, reader) else { break };
        if older.partial {
            break;
        }
        let mut held: BTreeSet<_> = older.components.iter().map(is).collect();
        if let Some(always) = &always {
            held.retain(|one| always.contains(one));
        }
        since.extend(held.iter().map(|one| (one.clone(), *layer)));
        always = Some(held);
    }
    for component in &database.components {
        let layer = since.get(&is(component)).copied().unwrap_or(top);
        image.came.insert(component.place.clone(), layer);
    }
}

/// The files that belong to packages, with links followed.
fn owned(tree: &Files<Kept>) -> BTreeSet<String> {
    let mut owned = BTreeSet::new();
    let bytes = |path: &str| match tree.get(path) {
        Some((Node::File(Some(Kept::Bytes(bytes))), _)) => Some(Arc::clone(bytes)),
        _ => None,
    };
    for (path, _) in tree.files().filter(|(path, _)| lists_files(path)) {
        let Some(list) = bytes(&path) else { continue };
        let log = bytes(&format!("{path}-wal"));
        files_of(&path, &list, log.as_deref(), &mut |file| {
            owned.extend(tree.resolved(file));
        });
    }
    // A package does not own the database in which it stands.
    owned.retain(|path| !is_database(path));
    owned
}
