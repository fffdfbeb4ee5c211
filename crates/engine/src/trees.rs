//! The trees that can be looked at: a working folder, a revision of a repository, this machine.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::Problem;
use holdfast_world::{LeftOut as WalkGap, ReadError, Root, TreeKind, Walk, Why, World};

use crate::gather::{Tree, Unread};
use crate::glob::glob;
use crate::look::LeftOut;

/// The largest document that is read, in bytes.
pub const DOCUMENT_LIMIT: u64 = 64 << 20;
/// The longest target of a link that is followed, in bytes; PATH_MAX of limits.h.
const LINK_LIMIT: u64 = 4096;
/// How many links one path may lead over.
const MAX_LINKS: usize = 16;
/// The largest file of a host that is read, in bytes: package lists are large.
const HOST_LIMIT: u64 = 512 << 20;

/// A folder as it is now.
#[derive(Debug)]
pub struct WorkTree {
    /// The folder.
    pub root: Root,
}

impl Tree for WorkTree {
    fn glob(&self, pattern: &str) -> Vec<Arc<str>> {
        self.root.glob(pattern).unwrap_or_default()
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        self.root.shared(path, DOCUMENT_LIMIT).map_err(|error| unread(&error))
    }

    fn size(&self, path: &str) -> Option<u64> {
        self.root.metadata(path).ok().map(|found| found.size)
    }

    fn part(&self, path: &str, offset: u64, length: usize) -> Result<Arc<[u8]>, Unread> {
        self.root.part(path, offset, length).map(Into::into).map_err(|error| unread(&error))
    }
}

/// The files of a machine, named absolutely.
#[derive(Debug)]
pub struct Machine {
    /// `/`.
    pub root: Root,
}

impl Tree for Machine {
    fn glob(&self, pattern: &str) -> Vec<Arc<str>> {
        let found = self.root.glob(pattern.trim_start_matches('/')).unwrap_or_default();
        found.into_iter().map(|path| absolute(&path)).collect()
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        let path = path.trim_start_matches('/');
        self.root.shared(path, HOST_LIMIT).map_err(|error| unread(&error))
    }

    fn size(&self, path: &str) -> Option<u64> {
        self.root.metadata(path.trim_start_matches('/')).ok().map(|found| found.size)
    }

    fn part(&self, path: &str, offset: u64, length: usize) -> Result<Arc<[u8]>, Unread> {
        let path = path.trim_start_matches('/');
        self.root.part(path, offset, length).map(Into::into).map_err(|error| unread(&error))
    }
}

fn absolute(path: &str) -> Arc<str> {
    if path.starts_with('/') { path.into() } else { format!("/{path}").into() }
}

/// A revision of a repository. The documents that readers claim are fetched by one git process
/// when it is opened; whatever else a reader asks for is fetched on demand.
#[derive(Debug)]
pub struct Revision {
    world: World,
    folder: std::path::PathBuf,
    objects: BTreeMap<Arc<str>, (Arc<str>, u64)>,
    fetched: BTreeMap<Arc<str>, Arc<[u8]>>,
    /// Symbolic links and where they lead, as it is written.
    links: BTreeMap<Arc<str>, Arc<str>>,
    /// What could not be listed.
    pub left_out: Vec<LeftOut>,
}

impl Revision {
    /// Lists a commit and fetches the files for which `wanted` says yes.
    ///
    /// # Errors
    ///
    /// Where git does not know the commit or fails.
    pub fn open(
        world: &World,
        folder: &std::path::Path,
        commit: &str,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Self, Problem> {
        let tree = world.git.files_at(folder, commit)?;
        let mut objects = BTreeMap::new();
        let (mut paths, mut oids) = (Vec::new(), Vec::new());
        let (mut link_paths, mut link_oids) = (Vec::new(), Vec::new());
        for file in tree.files {
            if file.kind == TreeKind::Link {
                link_paths.push(file.path);
                link_oids.push(file.oid);
                continue;
            }
            if file.size <= DOCUMENT_LIMIT && wanted(&file.path) {
                paths.push(Arc::clone(&file.path));
                oids.push(Arc::clone(&file.oid));
            }
            objects.insert(file.path, (file.oid, file.size));
        }
        let bytes = world.git.read_at(folder, &oids, DOCUMENT_LIMIT)?;
        let fetched = paths
            .into_iter()
            .zip(bytes)
            .filter_map(|(path, bytes)| Some((path, bytes.ok()?.into())))
            .collect();
        let targets = world.git.read_at(folder, &link_oids, LINK_LIMIT)?;
        // A link whose target cannot be read leads nowhere.
        let target = |bytes: Result<Vec<u8>, ReadError>| {
            Arc::from(
                bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default(),
            )
        };
        let links = link_paths.into_iter().zip(targets.into_iter().map(target)).collect();
        let left_out = tree.left_out.iter().map(gap).collect();
        let (world, folder) = (world.clone(), folder.to_owned());
        Ok(Self { world, folder, objects, fetched, links, left_out })
    }

    /// The path of every file, sorted. Links are not among them, as in a walk.
    pub fn paths(&self) -> Vec<Arc<str>> {
        self.objects.keys().map(Arc::clone).collect()
    }

    /// The object ids of every path: equal ids are equal contents. Links are followed.
    pub fn object(&self, path: &str) -> Option<&str> {
        let path = self.resolved(path).ok()?;
        self.objects.get(&*path).map(|(oid, _)| &**oid)
    }

    /// The paths that fit a pattern and lead over a link. As in a walk, `**` enters no link; what
    /// another segment names may be one. Links behind links are read, and found by no pattern.
    fn linked(&self, pattern: &str) -> Vec<Arc<str>> {
        let segments: Vec<&str> = pattern.split('/').collect();
        let mut found = Vec::new();
        for link in self.links.keys() {
            let rests = rests_behind(&segments, link);
            if rests.is_empty() {
                continue;
            }
            let Ok(target) = self.resolved(link) else { continue };
            if self.objects.contains_key(target.as_str()) {
                found.extend(rests.iter().any(String::is_empty).then(|| Arc::clone(link)));
                continue;
            }
            let folder: Arc<str> =
                if target.is_empty() { "".into() } else { format!("{target}/").into() };
            let below = self.objects.range(Arc::clone(&folder)..).map(|(path, _)| path);
            let names = below.map_while(|path| path.strip_prefix(&*folder));
            let fits = |name: &&str| rests.iter().any(|rest| !rest.is_empty() && glob(rest, name));
            found.extend(names.filter(fits).map(|name| Arc::from(format!("{link}/{name}"))));
        }
        found
    }

    /// The path without links, which are followed inside the tree and nowhere else: a rule file
    /// may be a link, and must not be ignored because of it.
    fn resolved(&self, path: &str) -> Result<String, ReadError> {
        let mut real: Vec<&str> = Vec::new();
        let mut rest: Vec<&str> = path.split('/').rev().collect();
        let mut links = 0;
        while let Some(part) = rest.pop() {
            match part {
                "" | "." => continue,
                ".." if real.pop().is_some() => continue,
                ".." => return Err(ReadError::Outside),
                name => real.push(name),
            }
            let Some(target) = self.links.get(real.join("/").as_str()) else { continue };
            links += 1;
            if links > MAX_LINKS {
                return Err(ReadError::Loop);
            }
            if target.starts_with('/') {
                return Err(ReadError::Outside);
            }
            if target.is_empty() {
                return Err(ReadError::Missing);
            }
            real.pop();
            rest.extend(target.split('/').rev());
        }
        Ok(real.join("/"))
    }
}

/// What is left of a pattern behind a link that one of its segments names, for each that does.
fn rests_behind(segments: &[&str], link: &str) -> Vec<String> {
    let (folder, name) = link.rsplit_once('/').unwrap_or(("", link));
    let named = segments.iter().enumerate().filter(|(at, segment)| {
        let before = segments.get(..*at).unwrap_or_default();
        let above = if folder.is_empty() {
            before.iter().all(|segment| *segment == "**")
        } else {
            glob(&before.join("/"), folder)
        };
        **segment != "**" && above && glob(segment, name)
    });
    named.map(|(at, _)| segments.get(at + 1..).unwrap_or_default().join("/")).collect()
}

impl Tree for Revision {
    fn glob(&self, pattern: &str) -> Vec<Arc<str>> {
        let plain = self.objects.keys().filter(|path| glob(pattern, path)).map(Arc::clone);
        let mut found: Vec<Arc<str>> = plain.chain(self.linked(pattern)).collect();
        found.sort_unstable();
        found
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>, Unread> {
        let path = self.resolved(path).map_err(|error| unread(&error))?;
        if let Some(bytes) = self.fetched.get(path.as_str()) {
            return Ok(Arc::clone(bytes));
        }
        let (oid, size) = self.objects.get(path.as_str()).ok_or(Unread::Missing)?;
        if *size > DOCUMENT_LIMIT {
            return Err(unread(&ReadError::TooLarge { size: *size }));
        }
        let found = self
            .world
            .git
            .read_at(&self.folder, &[Arc::clone(oid)], DOCUMENT_LIMIT)
            .map_err(|problem| Unread::Other(problem.message))?;
        match found.into_iter().next() {
            Some(Ok(bytes)) => Ok(bytes.into()),
            Some(Err(error)) => Err(unread(&error)),
            None => Err(Unread::Missing),
        }
    }
}

fn unread(error: &ReadError) -> Unread {
    match error {
        ReadError::Missing => Unread::Missing,
        ReadError::Denied => Unread::Denied,
        other => Unread::Other(other.to_string()),
    }
}

/// What a walk left out, as a gap.
pub fn gap(gap: &WalkGap) -> LeftOut {
    let closes_with = match gap.why {
        Why::Denied => "root".to_owned(),
        Why::OtherFileSystem => format!("holdfast check {}", gap.path),
        Why::NotUtf8 => "a name in UTF-8".to_owned(),
        Why::NoFile => "a file in its place".to_owned(),
        Why::LinkOutside | Why::Other(_) => "a look at where it leads".to_owned(),
    };
    LeftOut { path: gap.path.as_str().into(), reason: gap.why.to_string(), closes_with }
}

/// The paths of a walk.
pub fn paths(walk: &Walk) -> Vec<Arc<str>> {
    walk.files.iter().map(|file| Arc::clone(&file.path)).collect()
}
