//! The bytes of an image: its documents, and its layers as they come.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Digest, Pieces, Place, Problem};
use holdfast_sense::image::layer::{Change, Collector, Layer, MOST_ENTRIES};
use holdfast_sense::image::packed::Unpacker;
use holdfast_sense::image::tar::{Entry, EntryKind, Tar, Visitor};
use holdfast_sense::image::tree::Tree;
use holdfast_world::{ReadError, World};

use super::Source;
use super::files::{Chooser, Kept, Lacking, is_named};
use super::plan::{Part, Plan};
use crate::look::LeftOut;

/// The largest document of an image, in bytes: what registries take for a manifest.
pub(super) const DOCUMENT: u64 = 4 << 20;
/// How much all documents of an archive may be, in bytes.
const DOCUMENTS: usize = 64 << 20;
/// How many programs of a layer are named that cannot be read.
const MOST_FAULTS: usize = 100;
/// What closes a gap of a damaged image.
const CLOSES: &str = "an image that is whole";

/// The small JSON files of an image, by path, and the links among its files.
#[derive(Debug, Default)]
pub(super) struct Documents {
    files: BTreeMap<String, Vec<u8>>,
    links: BTreeMap<String, String>,
    folder: Option<holdfast_world::Root>,
    open: Option<(String, Vec<u8>, u64)>,
    total: usize,
}

impl Documents {
    pub(super) fn is_image(&self) -> bool {
        self.get("index.json").is_some() || self.get("manifest.json").is_some()
    }

    pub(super) fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    /// A path of the archive with a link at its end followed: old archives keep a layer once, and
    /// links to it.
    pub(super) fn followed(&self, path: &str) -> String {
        let Some(target) = self.links.get(path) else { return path.to_owned() };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        holdfast_sense::join(folder, target)
            .map_or_else(|| path.to_owned(), |path| path.to_string())
    }

    /// Reads the documents that an index of a folder leads to.
    fn of_folder(root: &holdfast_world::Root) -> Self {
        let mut found = Self { folder: Some(root.clone()), ..Self::default() };
        let mut wanted = vec!["index.json".to_owned(), "manifest.json".to_owned()];
        while let Some(path) = wanted.pop() {
            if found.files.contains_key(&path) || found.total > DOCUMENTS {
                continue;
            }
            // What is missing is said by whoever needs it.
            let Ok(bytes) = root.read(&path, DOCUMENT) else { continue };
            found.total += bytes.len();
            let text = String::from_utf8_lossy(&bytes);
            wanted.extend(digests(&text).map(|digits| format!("blobs/sha256/{digits}")));
            found.files.insert(path, bytes);
        }
        found
    }
}

/// Every SHA-256 digest that a document names.
fn digests(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("sha256:").filter_map(|(at, start)| {
        let digits = text.get(at + start.len()..)?.get(..64)?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)
    })
}

impl Visitor for Documents {
    fn entry(&mut self, entry: &Entry) {
        self.open = None;
        let path = entry.path.trim_start_matches("./").to_owned();
        match entry.kind {
            EntryKind::File if entry.size <= DOCUMENT => {
                self.open = Some((path, Vec::new(), entry.size));
            }
            EntryKind::Link => drop(self.links.insert(path, entry.link.clone())),
            _ => {}
        }
    }

    fn data(&mut self, bytes: &[u8]) {
        let Some((_, kept, _)) = &mut self.open else { return };
        let json = kept.first().or(bytes.first()).is_some_and(|first| matches!(first, b'{' | b'['));
        if json && self.total + kept.len() + bytes.len() <= DOCUMENTS {
            kept.extend_from_slice(bytes);
        } else {
            self.open = None;
        }
    }

    fn end(&mut self) {
        if let Some((path, bytes, size)) = self.open.take()
            && bytes.len() as u64 == size
        {
            self.total += bytes.len();
            self.files.insert(path, bytes);
        }
    }
}

fn cannot_read(error: &ReadError) -> Problem {
    Problem::new("cannot-open", format!("the image cannot be read: {error}"))
        .help("name the folder or the archive of an image")
}

/// Reads the documents of an image, and says what is wrong with its archive.
pub(super) fn documents(source: &Source) -> Result<(Documents, Vec<Problem>), Problem> {
    match source {
        Source::Folder(root) => Ok((Documents::of_folder(root), Vec::new())),
        Source::Archive(root, name) => {
            let mut documents = Documents::default();
            let faults =
                archive(root, name, &mut documents).map_err(|error| cannot_read(&error))?;
            let place = Place::start_of(name.display().to_string());
            let problem = |fault: String| {
                let message = format!("this archive cannot be read whole: {fault}");
                Problem::at("image-archive", place.clone(), message).help("save the image again")
            };
            Ok((documents, faults.into_iter().map(problem).collect()))
        }
    }
}

/// Reads an archive, packed or not, and says in words what is wrong with it.
fn archive(
    root: &holdfast_world::Root,
    name: &std::path::Path,
    visitor: &mut dyn Visitor,
) -> Result<Vec<String>, ReadError> {
    let (mut unpacker, mut tar) = (Unpacker::default(), Tar::default());
    let mut faults = Vec::new();
    root.pieces(name, &mut |bytes| {
        faults.extend(unpacker.push(bytes, &mut |bytes| tar.push(bytes, visitor)).err());
    })?;
    faults.extend(unpacker.finish(&mut |bytes| tar.push(bytes, visitor)).err());
    faults.extend(tar.finish());
    Ok(faults)
}

/// What came of the layers.
pub(super) struct Read {
    pub(super) tree: Tree<Kept>,
    pub(super) left_out: Vec<LeftOut>,
    pub(super) problems: Vec<Problem>,
    /// Whether all of them were read.
    pub(super) whole: bool,
}

/// A layer that is being read.
struct Stream {
    unpacker: Unpacker,
    tar: Tar,
    collector: Collector<Chooser>,
    packed: Pieces,
    unpacked: Option<Pieces>,
    faults: Vec<String>,
}

impl Stream {
    /// Only one of both digests is computed: what is packed as it should be unpacks as it should.
    fn new(part: &Part, room: usize, chooser: Chooser) -> Self {
        Self {
            unpacker: Unpacker::default(),
            tar: Tar::default(),
            collector: Collector::new(chooser, room),
            packed: Pieces::default(),
            unpacked: part.digest.is_none().then(Pieces::default),
            faults: Vec::new(),
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.unpacked.is_none() {
            self.packed.add(bytes);
        }
        let (tar, collector, unpacked) = (&mut self.tar, &mut self.collector, &mut self.unpacked);
        let done = self.unpacker.push(bytes, &mut |bytes| {
            if let Some(unpacked) = unpacked {
                unpacked.add(bytes);
            }
            tar.push(bytes, collector);
        });
        self.faults.extend(done.err());
    }

    /// The layer; the error says why nothing of it can be believed.
    fn finish(mut self, part: &Part) -> Result<Layer<Kept>, String> {
        let (tar, collector, unpacked) = (&mut self.tar, &mut self.collector, &mut self.unpacked);
        let done = self.unpacker.finish(&mut |bytes| {
            if let Some(unpacked) = unpacked {
                unpacked.add(bytes);
            }
            tar.push(bytes, collector);
        });
        self.faults.extend(done.err());
        let (is, wanted): (Digest, Option<Digest>) = match self.unpacked {
            Some(unpacked) => (unpacked.finish(), part.unpacked),
            None => (self.packed.finish(), part.digest),
        };
        match wanted {
            Some(wanted) if wanted != is => return Err("it is not what its digest says".to_owned()),
            Some(_) => {}
            None => self.faults.push("nothing says its digest".to_owned()),
        }
        let mut layer = self.collector.finish(self.tar);
        self.faults.append(&mut layer.faults);
        layer.faults = self.faults;
        Ok(layer)
    }
}

/// Reads layers out of an archive, whichever comes first.
struct Layers<'p> {
    world: &'p World,
    parts: &'p [Part],
    open: Option<(usize, Stream)>,
    done: BTreeMap<usize, Result<Layer<Kept>, String>>,
    room: usize,
    /// Where they are read again: these only, and of them what is lacking.
    lacking: Option<BTreeMap<usize, Arc<Lacking>>>,
}

impl<'p> Layers<'p> {
    fn new(
        world: &'p World,
        parts: &'p [Part],
        lacking: Option<BTreeMap<usize, Arc<Lacking>>>,
    ) -> Self {
        Self { world, parts, open: None, done: BTreeMap::new(), room: MOST_ENTRIES, lacking }
    }

    /// Begins a layer; `None` where it is not to be read.
    fn begin(&self, at: usize, part: &Part) -> Option<Stream> {
        let lacking = match &self.lacking {
            Some(layers) => Some(Arc::clone(layers.get(&at)?)),
            None => None,
        };
        Some(Stream::new(part, self.room, Chooser::new(self.world, lacking)))
    }

    fn put(&mut self, at: usize, stream: Stream) {
        let Some(part) = self.parts.get(at) else { return };
        let layer = stream.finish(part);
        if let Ok(layer) = &layer {
            self.room = self.room.saturating_sub(layer.changes.len());
        }
        self.done.insert(at, layer);
    }
}

impl Visitor for Layers<'_> {
    fn entry(&mut self, entry: &Entry) {
        self.open = None;
        if entry.kind != EntryKind::File {
            return;
        }
        let path = entry.path.trim_start_matches("./");
        // The same layer may be named twice, and is read once.
        let parts = self.parts;
        let Some((at, part)) = parts.iter().enumerate().find(|(_, part)| part.path == path) else {
            return;
        };
        self.open = self.begin(at, part).map(|stream| (at, stream));
    }

    fn data(&mut self, bytes: &[u8]) {
        if let Some((_, stream)) = &mut self.open {
            stream.push(bytes);
        }
    }

    fn end(&mut self) {
        if let Some((at, stream)) = self.open.take() {
            self.put(at, stream);
        }
    }
}

/// Reads layers, wherever they lie.
fn run(source: &Source, documents: &Documents, layers: &mut Layers<'_>) {
    match source {
        // Its faults were said when the documents were read.
        Source::Archive(root, name) => drop(archive(root, name, layers)),
        Source::Folder(_) => {
            let parts = layers.parts;
            for (at, part) in parts.iter().enumerate() {
                let Some(root) = &documents.folder else { continue };
                let first = parts.iter().position(|other| other.path == part.path);
                if first != Some(at) {
                    continue;
                }
                let Some(mut stream) = layers.begin(at, part) else { continue };
                match root.pieces(&part.path, &mut |bytes| stream.push(bytes)) {
                    Ok(()) => layers.put(at, stream),
                    Err(error) => drop(layers.done.insert(at, Err(error.to_string()))),
                }
            }
        }
    }
}

/// How often layers are read again for what large programs lack. Their reader asks for the tables, for
/// what it found there, and for what that points to.
const AGAIN: usize = 12;

/// What of the layers has gone by. What hard links name is looked for once.
fn lacking(layers: &Layers<'_>, links: bool) -> BTreeMap<usize, Arc<Lacking>> {
    let of = |layer: &Layer<Kept>| {
        let mut lacking = Lacking::default();
        for (path, change) in &layer.changes {
            if let Change::File(Some(Kept::Lacks(parts))) = change {
                // An archive may hold one path twice.
                let known = lacking.parts.entry(format!("/{path}").into()).or_default();
                *known = known.iter().chain(parts.iter()).copied().collect();
            }
        }
        if links {
            lacking.named = named(layer);
        }
        lacking
    };
    let read = layers.done.iter().filter_map(|(at, layer)| Some((*at, of(layer.as_ref().ok()?))));
    read.filter(|(_, lacking)| !lacking.is_empty())
        .map(|(at, lacking)| (at, Arc::new(lacking)))
        .collect()
}

/// Files that went by under a name that nobody reads and have another one by a hard link, as in the
/// store of pnpm: an archive holds the content under the name that came first.
fn named(layer: &Layer<Kept>) -> BTreeMap<Arc<str>, Arc<str>> {
    let mut links: BTreeMap<&str, Arc<str>> = BTreeMap::new();
    for (path, change) in &layer.changes {
        let Change::HardLink(target) = change else { continue };
        let path = format!("/{path}");
        if is_named(&path) {
            links.entry(target).or_insert_with(|| path.into());
        }
    }
    let mut named = BTreeMap::new();
    for (path, change) in &layer.changes {
        if let Change::File(None) = change
            && let Some(name) = links.get(&**path)
        {
            named.insert(format!("/{path}").into(), Arc::clone(name));
        }
    }
    named
}

/// Puts what was read again in its place.
fn fill(layer: &mut Layer<Kept>, read: Layer<Kept>) {
    let mut found: BTreeMap<Arc<str>, Kept> = BTreeMap::new();
    for ((path, change), (same, read)) in layer.changes.iter_mut().zip(read.changes) {
        if *path != same {
            continue;
        }
        match (change, read) {
            (Change::File(kept @ Some(Kept::Lacks(_))), Change::File(read @ Some(_))) => {
                *kept = read;
            }
            (Change::File(None), Change::File(Some(read))) => drop(found.insert(same, read)),
            _ => {}
        }
    }
    // What is too large was not asked for before.
    for fault in read.faults {
        if !layer.faults.contains(&fault) {
            layer.faults.push(fault);
        }
    }
    if found.is_empty() {
        return;
    }
    for (path, change) in &mut layer.changes {
        let kept = match change {
            Change::HardLink(target) => found.get(&**target).cloned(),
            _ => None,
        };
        if kept.is_some() && is_named(&format!("/{path}")) {
            *change = Change::File(kept);
        }
    }
}

/// Reads again what has gone by, until large programs lack nothing: only parts of them are held, and
/// which ones is known when others were read. What is lacking in the end is a fault.
fn complete(source: &Source, documents: &Documents, layers: &mut Layers<'_>) {
    for round in 0..AGAIN {
        let lacking = lacking(layers, round == 0);
        if lacking.is_empty() {
            return;
        }
        let mut again = Layers::new(layers.world, layers.parts, Some(lacking));
        run(source, documents, &mut again);
        for (at, read) in again.done {
            if let (Some(Ok(layer)), Ok(read)) = (layers.done.get_mut(&at), read) {
                fill(layer, read);
            }
        }
    }
    for (at, lacking) in lacking(layers, false) {
        let Some(Ok(layer)) = layers.done.get_mut(&at) else { continue };
        let fault = |path: &Arc<str>| format!("`{path}` cannot be read in parts");
        layer.faults.extend(lacking.parts.keys().take(MOST_FAULTS).map(fault));
    }
}

/// Reads all layers and puts them one above the other.
pub(super) fn layers(world: &World, source: &Source, documents: &Documents, plan: &Plan) -> Read {
    let mut layers = Layers::new(world, &plan.layers, None);
    run(source, documents, &mut layers);
    complete(source, documents, &mut layers);
    let mut read = Read {
        tree: Tree::of(Vec::new()),
        left_out: Vec::new(),
        problems: Vec::new(),
        whole: true,
    };
    let mut whole: Vec<Layer<Kept>> = Vec::with_capacity(plan.layers.len());
    for (at, part) in plan.layers.iter().enumerate() {
        let nothing = || Layer { changes: Vec::new(), faults: Vec::new() };
        let first = plan.layers.iter().position(|other| other.path == part.path);
        let layer = match layers.done.remove(&at) {
            Some(layer) => layer,
            // The same layer once more: it was read, and its faults said, the first time.
            None if first != Some(at) => {
                let again = first.and_then(|first| whole.get(first)).cloned();
                whole.push(again.unwrap_or_else(nothing));
                continue;
            }
            None => Err("it is not there, or cut off".to_owned()),
        };
        match layer {
            Ok(layer) => {
                read.say(at, part, &layer.faults);
                whole.push(layer);
            }
            Err(why) => {
                read.say(at, part, &[why]);
                whole.push(nothing());
            }
        }
    }
    read.tree = Tree::of(whole);
    read
}

impl Read {
    /// Says what is wrong with a layer: a gap, and a problem for each fault.
    fn say(&mut self, at: usize, part: &Part, faults: &[String]) {
        let Some(first) = faults.first() else { return };
        self.whole = false;
        let path: Arc<str> = part.path.as_str().into();
        for fault in faults {
            let message = format!("layer {} of the image cannot be read whole: {fault}", at + 1);
            let place = Place::start_of(Arc::clone(&path));
            self.problems.push(
                Problem::at("image-layer", place, message).help("save or build the image again"),
            );
        }
        self.left_out.push(LeftOut {
            path: format!("layer {}", part.path).into(),
            reason: first.clone(),
            closes_with: CLOSES.to_owned(),
        });
    }
}
