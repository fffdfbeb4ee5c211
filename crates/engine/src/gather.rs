//! Runs the readers over a tree: asks each what else it needs, fetches that, and sorts its facts.
//!
//! A tree is a working folder, a revision of a git repository, or a host; readers do not know which.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use holdfast_model::{Digest, Ecosystem, Fact, Fields, Origin, OwnPackage, Place, Problem};
use holdfast_sense::{
    Along, Answer, HEAD, Need, ReadAt, Reader, Sources, looks_inside, reader_for,
};
use rayon::prelude::*;

use crate::look::{Document, LeftOut, UnknownPackage};

/// How often a reader may ask for more.
const ROUNDS: usize = 16;
/// How many documents are worth a second thread.
const FAN_OUT: usize = 4;
/// Up to this size a document is held, in bytes; a larger one is read where it lies, if its reader
/// can.
pub(crate) const HELD: u64 = 8 << 20;
/// The largest document that is read where it lies, in bytes.
pub(crate) const LARGEST: u64 = 2 << 30;

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unread {
    /// There is none.
    Missing,
    /// The user may not.
    Denied,
    /// Anything else, in words.
    Other(String),
}

/// Something with files in it.
pub trait Tree: Sync {
    /// The paths that fit a pattern, sorted: `*` and `?` within a segment, `**` over several.
    fn glob(&self, pattern: &str) -> Vec<Arc<str>>;
    /// The bytes of one file, bounded by the tree.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread>;
    /// How large a file is, where parts of it can be had without holding all of it.
    fn size(&self, _path: &str) -> Option<u64> {
        None
    }
    /// A part of one file, from an offset on; shorter where the file ends.
    fn part(&self, path: &str, offset: u64, length: usize) -> Result<Arc<[u8]>, Unread> {
        let bytes = self.read(path)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        let end = start.saturating_add(length).min(bytes.len());
        Ok(bytes.get(start..end).unwrap_or_default().into())
    }
    /// What a program of the system says, where it runs.
    fn ask(&self, _words: &[Arc<str>]) -> Answer {
        Answer::Missing
    }
}

/// Reads every document in `paths` that a reader of folders takes by name, or by its beginning
/// where the name is one that several tools use.
pub fn gather(tree: &dyn Tree, paths: &[Arc<str>]) -> (Vec<Document>, Vec<LeftOut>) {
    let (mut claimed, mut left_out) = (Vec::new(), Vec::new());
    for path in paths {
        match claimed_by(tree, path) {
            Ok(Some(reader)) => claimed.push((path, reader)),
            Ok(None) => {}
            Err(unread) => left_out.push(gap(path, &unread)),
        }
    }
    let (mut documents, unread) = taken(tree, &claimed);
    left_out.extend(unread);
    belong(&mut documents);
    (documents, left_out)
}

/// Reads documents, each with the reader that was chosen for it, and those that they take along.
pub fn taken(
    tree: &dyn Tree,
    claimed: &[(&Arc<str>, &'static dyn Reader)],
) -> (Vec<Document>, Vec<LeftOut>) {
    let (mut documents, mut left_out, mut along) = each(tree, claimed);
    let mut known: HashSet<Arc<str>> = HashSet::new();
    for _ in 0..ROUNDS {
        if along.is_empty() {
            break;
        }
        known.extend(documents.iter().map(|document| Arc::clone(&document.path)));
        let new: Vec<Along> =
            along.into_iter().filter(|(path, _)| known.insert(Arc::clone(path))).collect();
        let next: Vec<(&Arc<str>, &'static dyn Reader)> =
            new.iter().map(|(path, reader)| (path, *reader)).collect();
        let (more, unread, further) = each(tree, &next);
        documents.extend(more);
        left_out.extend(unread);
        along = further;
    }
    (documents, left_out)
}

/// Takes a package for the tree's own where one of its documents asks for it in the version of its
/// own release, and another declares that very release: a build of the tree asks no feed for it.
fn belong(documents: &mut [Document]) {
    type Release = (Ecosystem, Arc<str>, Arc<str>);
    let release = |own: &OwnPackage| -> Option<Release> {
        let version = Arc::clone(own.version.as_ref()?);
        Some((own.ecosystem.clone(), Arc::clone(&own.name), version))
    };
    let declared: HashSet<Release> =
        documents.iter().flat_map(|document| &document.own).filter_map(release).collect();
    if declared.is_empty() {
        return;
    }
    for document in documents {
        let Document { own, components, .. } = document;
        for component in components.iter_mut().filter(|one| one.origin == Origin::Feed(None)) {
            let Some(version) = component.version.clone() else { continue };
            let together = own.iter().any(|own| {
                own.ecosystem == component.ecosystem && own.version.as_ref() == Some(&version)
            });
            let is = || (component.ecosystem.clone(), Arc::clone(&component.name), version);
            if together && declared.contains(&is()) {
                component.origin = Origin::Tree;
            }
        }
    }
}

/// The reader of a file. Few names are worth a look inside, so that a walk stays cheap.
fn claimed_by(tree: &dyn Tree, path: &Arc<str>) -> Result<Option<&'static dyn Reader>, Unread> {
    if let Some(reader) = reader_for(path, &[]) {
        return Ok(Some(reader));
    }
    if !looks_inside(path) {
        return Ok(None);
    }
    let head = tree.part(path, 0, HEAD)?;
    Ok(reader_for(path, &head))
}

/// Reads documents, each with the reader that was chosen for it.
pub fn read_all(
    tree: &dyn Tree,
    claimed: &[(&Arc<str>, &'static dyn Reader)],
) -> (Vec<Document>, Vec<LeftOut>) {
    let (documents, left_out, _) = each(tree, claimed);
    (documents, left_out)
}

/// Reads documents, and says what they take along.
fn each(
    tree: &dyn Tree,
    claimed: &[(&Arc<str>, &'static dyn Reader)],
) -> (Vec<Document>, Vec<LeftOut>, Vec<Along>) {
    let read = |(path, reader): &(&Arc<str>, &'static dyn Reader)| one(tree, path, *reader);
    let results: Vec<Result<(Document, Vec<Along>), LeftOut>> = if claimed.len() > FAN_OUT {
        claimed.par_iter().map(read).collect()
    } else {
        claimed.iter().map(read).collect()
    };
    let mut documents = Vec::with_capacity(results.len());
    let (mut left_out, mut along) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok((document, others)) => {
                documents.push(document);
                along.extend(others);
            }
            Err(gap) => left_out.push(gap),
        }
    }
    (documents, left_out, along)
}

/// Reads one document with a given reader.
///
/// # Errors
///
/// The gap, where there is nothing to read or it may not be read.
pub fn document(
    tree: &dyn Tree,
    path: &Arc<str>,
    reader: &dyn Reader,
) -> Result<Document, LeftOut> {
    one(tree, path, reader).map(|(document, _)| document)
}

fn one(
    tree: &dyn Tree,
    path: &Arc<str>,
    reader: &dyn Reader,
) -> Result<(Document, Vec<Along>), LeftOut> {
    let size = if reader.seeks() { tree.size(path) } else { None };
    let large = size.filter(|size| *size > HELD);
    let bytes = match (reader.head(), large) {
        (Some(length), _) => tree.part(path, 0, length),
        // Its first byte tells whether it may be read at all.
        (None, Some(_)) => tree.part(path, 0, 1),
        (None, None) => tree.read(path),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(Unread::Other(why)) => return Ok((unreadable(path, reader, &why), Vec::new())),
        Err(unread) => return Err(gap(path, &unread)),
    };
    if let Some(size) = large {
        return Ok((where_it_lies(tree, path, reader, size), Vec::new()));
    }
    let mut sources = Sources::new(Arc::clone(path), &bytes);
    // A look knows what it saw by its bytes. Of a document that was read in parts, and of one that
    // nobody else asks for, their digest is enough.
    let mut parts = reader.head().map(|_| Fields::new("holdfast parts 1").field(&bytes));
    for _ in 0..ROUNDS {
        let open: Vec<Need> = reader
            .needs(&sources)
            .into_iter()
            .filter(|need| sources.answer(need).is_none())
            .collect();
        if open.is_empty() {
            break;
        }
        for need in open {
            let answer = answer(tree, &need);
            if let (Need::Part { .. }, Answer::Bytes(part), Some(parts)) =
                (&need, &answer, &mut parts)
            {
                parts.add(part);
            }
            sources.give(need, answer);
        }
    }
    let kept: Arc<[u8]> = match parts {
        Some(parts) => parts.finish().0.as_slice().into(),
        None if reader.alone() => Digest::of(&bytes).0.as_slice().into(),
        None => Arc::clone(&bytes),
    };
    let mut document = empty(path, reader, kept);
    document.expect(bytes.len());
    reader.read(&sources, &mut |fact| document.take(fact));
    Ok((document, reader.along(&sources)))
}

/// A document that is read where it lies.
struct Lying<'t> {
    tree: &'t dyn Tree,
    path: &'t str,
    size: u64,
    /// What was read of it.
    seen: Mutex<Fields>,
}

impl ReadAt for Lying<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Option<usize> {
        let part = self.tree.part(self.path, offset, into.len()).ok()?;
        into.get_mut(..part.len())?.copy_from_slice(&part);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).add(&part);
        Some(part.len())
    }
}

/// Reads a document without holding it. A look knows what it saw by the digest of what was read.
fn where_it_lies(tree: &dyn Tree, path: &Arc<str>, reader: &dyn Reader, size: u64) -> Document {
    if size > LARGEST {
        return unreadable(path, reader, &format!("it is too large ({size} bytes)"));
    }
    let lying = Lying { tree, path, size, seen: Mutex::new(Fields::new("holdfast parts 1")) };
    let mut document = empty(path, reader, Arc::default());
    reader.read(&Sources::large(Arc::clone(path), &lying), &mut |fact| document.take(fact));
    let seen = lying.seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    document.bytes = seen.finish().0.as_slice().into();
    document
}

/// A file that is there and cannot be read, too large for example, is a document with a problem.
pub(crate) fn unreadable(path: &Arc<str>, reader: &dyn Reader, why: &str) -> Document {
    let message = format!("this file cannot be read: {why}");
    let place = Place::start_of(Arc::clone(path));
    let help = "look whether it is what its name says; let its tool write it again";
    let problem = Problem::at("unreadable-file", place, message).help(help);
    let mut document = empty(path, reader, why.as_bytes().into());
    document.problems.push(problem);
    document.partial = true;
    document
}

fn empty(path: &Arc<str>, reader: &dyn Reader, bytes: Arc<[u8]>) -> Document {
    Document {
        path: Arc::clone(path),
        reader: reader.about().id,
        bytes,
        components: Vec::new(),
        requirements: Vec::new(),
        edges: Vec::new(),
        unknown: Vec::new(),
        os: None,
        offers: Vec::new(),
        artifact: "".into(),
        feeds: Vec::new(),
        own: Vec::new(),
        notices: Vec::new(),
        problems: Vec::new(),
        partial: false,
    }
}

impl Document {
    /// Makes room for what a lockfile of so many bytes holds, so that little has to be moved; room
    /// that nobody takes costs nothing.
    fn expect(&mut self, bytes: usize) {
        const EACH: usize = 200;
        const MOST: usize = 1 << 14;
        if bytes > 1 << 16 {
            self.components.reserve((bytes / EACH).min(MOST));
        }
    }

    fn take(&mut self, fact: Fact) {
        match fact {
            Fact::Component(component) => self.components.push(component),
            Fact::Requirement(requirement) => self.requirements.push(requirement),
            Fact::Edge(edge) => self.edges.push(edge),
            Fact::Os(os) => self.os = Some(os),
            Fact::Offer(offer) => self.offers.push(offer),
            Fact::Feed(source) => self.feeds.push(source),
            Fact::Own(own) => self.own.push(own),
            Fact::Notice(notice) => self.notices.push(notice),
            Fact::Unknown { ecosystem, name, reason, place } => {
                self.unknown.push(UnknownPackage { ecosystem, name, reason, place });
            }
            Fact::Named(named) => self.artifact = named.artifact,
            // Facts of hosts come from collectors, which have no document; reports are imported.
            Fact::Setting(_)
            | Fact::Trait(_)
            | Fact::Port(_)
            | Fact::Report(_)
            | Fact::Covered(_)
            | Fact::Foreign(_)
            | Fact::Tested(_) => {}
            Fact::Problem(problem) => self.problems.push(problem),
            Fact::Partial => self.partial = true,
        }
    }
}

fn answer(tree: &dyn Tree, need: &Need) -> Answer {
    match need {
        Need::File(path) => match tree.read(path) {
            Ok(bytes) => Answer::Bytes(bytes),
            Err(Unread::Missing) => Answer::Missing,
            Err(Unread::Denied) => Answer::Denied,
            Err(Unread::Other(why)) => Answer::Unreadable(why.into()),
        },
        Need::Part { path, offset, length } => match tree.part(path, *offset, *length) {
            Ok(bytes) => Answer::Bytes(bytes),
            Err(Unread::Missing) => Answer::Missing,
            Err(Unread::Denied) => Answer::Denied,
            Err(Unread::Other(why)) => Answer::Unreadable(why.into()),
        },
        Need::Glob(pattern) => Answer::Paths(tree.glob(pattern)),
        Need::Command(words) => tree.ask(words),
        // Documents of a tree have no owners; they are read whole.
        Need::Sieved(..) | Need::Stat(_) | Need::Walk { .. } => Answer::Missing,
    }
}

fn gap(path: &Arc<str>, unread: &Unread) -> LeftOut {
    let (reason, closes_with) = match unread {
        Unread::Missing => ("it was gone when it was to be read".to_owned(), "another look"),
        Unread::Denied => ("its permissions do not let you read it".to_owned(), "root"),
        Unread::Other(why) => (why.clone(), "files that can be read, see their problems"),
    };
    LeftOut { path: Arc::clone(path), reason, closes_with: closes_with.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Files(BTreeMap<&'static str, String>);

    impl Tree for Files {
        fn glob(&self, _pattern: &str) -> Vec<Arc<str>> {
            Vec::new()
        }

        fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
            let text = self.0.get(path).ok_or(Unread::Missing)?;
            Ok(text.as_bytes().into())
        }
    }

    fn project(artifact: &str, version: &str, wanted: &str) -> String {
        format!(
            "<project><groupId>g</groupId><artifactId>{artifact}</artifactId>\
             <version>{version}</version><dependencies><dependency><groupId>g</groupId>\
             <artifactId>core</artifactId><version>{wanted}</version></dependency>\
             </dependencies></project>"
        )
    }

    /// The origin of what `ext/pom.xml` asks for.
    fn origin(files: &[(&'static str, String)]) -> Origin {
        let files = Files(files.iter().cloned().collect());
        let paths: Vec<Arc<str>> = files.0.keys().map(|path| (*path).into()).collect();
        let (documents, left_out) = gather(&files, &paths);
        assert_eq!(left_out, []);
        let ext = documents.iter().find(|document| &*document.path == "ext/pom.xml").unwrap();
        assert_eq!(&*ext.components[0].name, "g:core");
        ext.components[0].origin.clone()
    }

    #[test]
    fn a_release_of_the_tree_is_its_own_only_where_the_tree_declares_it() {
        let asks = |wanted: &str| ("ext/pom.xml", project("ext", "2.14.1", wanted));
        let core = |version: &str| ("other/pom.xml", project("core", version, "1"));
        let own = "${project.version}";
        assert_eq!(origin(&[asks(own)]), Origin::Feed(None));
        assert_eq!(origin(&[asks(own), core("2.14.1")]), Origin::Tree);
        assert_eq!(origin(&[asks(own), core("2.15.0")]), Origin::Feed(None));
        // Somebody's copy of what is released apart from it.
        assert_eq!(origin(&[asks("2.0"), core("2.0")]), Origin::Feed(None));
    }
}
