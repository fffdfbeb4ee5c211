//! The sensor of folders: as they are, or at a revision.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_findings::accept;
use holdfast_model::{Asset, AssetId, AssetKind, Coverage, Exposure, Problem, Standing};
use holdfast_rulefile::Config;
use holdfast_sense::{looks_inside, reader_for};
use holdfast_world::{ReadError, Repository, Root, Why, World};

use crate::assess::declared;
use crate::bill;
use crate::gather::{gather, taken};
use crate::lineage;
use crate::look::{Document, LeftOut, Look};
use crate::services;
use crate::settings::{self, Settings};
use crate::statements;
use crate::trees::{Revision, WorkTree, gap, paths};

/// A folder that is to be looked at: where its root is and which part of it was asked for.
#[derive(Debug)]
pub struct Folder {
    /// The root: the top of the repository, or the folder itself outside git.
    pub tree: WorkTree,
    /// The repository, where there is one.
    pub repository: Option<Repository>,
    /// The part that was asked for, relative to the root; empty for all of it.
    pub scope: String,
    /// Whether the scope is one file.
    pub is_file: bool,
    /// What git refused, if it did.
    pub problems: Vec<Problem>,
}

/// Finds the root of a path.
///
/// # Errors
///
/// Where the path is not there or may not be entered.
pub fn open(world: &World, path: &Path) -> Result<Folder, Problem> {
    let absolute = world.here.join(path);
    let (folder, file) = match world.root(&absolute) {
        Ok(root) => (root, None),
        Err(ReadError::NotAFile) => {
            let parent = absolute.parent().unwrap_or(&absolute);
            let name = absolute.file_name().map(PathBuf::from);
            (world.root(parent).map_err(|error| cannot_open(path, &error))?, name)
        }
        Err(error) => return Err(cannot_open(path, &error)),
    };
    let mut problems = Vec::new();
    let repository = world.git.repository(folder.path()).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let root = match &repository {
        Some(repository) => {
            world.root(&repository.root).map_err(|error| cannot_open(path, &error))?
        }
        None => folder.clone(),
    };
    let asked = match &file {
        Some(name) => folder.path().join(name),
        None => folder.path().to_owned(),
    };
    let scope = asked.strip_prefix(root.path()).unwrap_or(Path::new(""));
    let Some(scope) = scope.to_str().map(ToOwned::to_owned) else {
        return Err(Problem::new(
            "not-utf8",
            format!("the path `{}` is not UTF-8", path.display()),
        ));
    };
    Ok(Folder { tree: WorkTree { root }, repository, scope, is_file: file.is_some(), problems })
}

fn cannot_open(path: &Path, error: &ReadError) -> Problem {
    let message = match error {
        ReadError::Missing => format!("there is no `{}`", path.display()),
        ReadError::Denied => format!("you may not enter `{}`", path.display()),
        other => format!("`{}` cannot be opened: {other}", path.display()),
    };
    Problem::new("cannot-open", message).help("name a folder or a file that is there")
}

impl Folder {
    /// The standing of the folder as it is now.
    pub fn standing(&self) -> Standing {
        match &self.repository {
            Some(repository) if !repository.is_trunk() => Standing::Working,
            _ => Standing::Trunk,
        }
    }

    /// The root folder.
    pub fn root(&self) -> &Root {
        &self.tree.root
    }
}

/// The identity of a folder: its own word for itself, else its origin, else machine and path.
pub fn identify(world: &World, folder: &Folder, config: &Config) -> Asset {
    let root = folder.root().path();
    let name = root
        .file_name()
        .map_or_else(|| root.display().to_string(), |name| name.to_string_lossy().into_owned());
    let origin = folder.repository.as_ref().and_then(|repository| repository.origin.as_deref());
    let (id, kind) = match (&config.asset.id, origin) {
        (Some(id), _) => (format!("repository:{id}"), AssetKind::Repository),
        (None, Some(origin)) => (format!("repository:{origin}"), AssetKind::Repository),
        (None, None) => (format!("folder:{}:{}", world.host.id, root.display()), AssetKind::Folder),
    };
    let name = config.asset.name.clone().unwrap_or(name);
    let team = settings::team(&config.asset, &world.host.user);
    let mut asset = Asset::new(AssetId(id.into()), kind, name, team);
    asset.ring.clone_from(&config.asset.ring);
    asset.exposure = config.asset.exposure.unwrap_or(Exposure::Unknown);
    asset.tier = config.asset.tier.unwrap_or(asset.tier);
    asset.labels.clone_from(&config.asset.labels);
    asset.labels.extend(config.service.iter().map(|name| format!("{}{name}", services::LABEL)));
    asset
}

/// Looks at a folder as it is now.
///
/// # Errors
///
/// Where the folder cannot be walked at all.
pub fn look_at_folder(
    world: &World,
    folder: &Folder,
    settings: &Settings,
) -> Result<Look, Problem> {
    let asset = identify(world, folder, &settings.config);
    let mut look = Look {
        asset,
        standing: folder.standing(),
        sensor: "folder",
        coverage: Coverage::Full,
        revision: folder.repository.as_ref().and_then(|repository| repository.revision.clone()),
        documents: Vec::new(),
        left_out: Vec::new(),
        problems: settings.problems.clone(),
        host: None,
        requests: Vec::new(),
        image: None,
    };
    look.problems.extend(folder.problems.iter().cloned());
    unread_settings(settings, &mut look);
    if folder.is_file {
        one_file(folder, &mut look);
        return Ok(look);
    }
    let walk = folder
        .root()
        .walk(&settings.config.exclude)
        .map_err(|error| cannot_open(folder.root().path(), &error))?;
    let mut files = paths(&walk);
    if let Some(repository) = &folder.repository {
        // What git keeps is looked at even where an ignore line names it.
        match world.git.kept_but_ignored(&repository.root) {
            Ok(kept) => files.extend(kept),
            Err(problem) => {
                // Something may be hidden, so what is absent means nothing.
                look.problems.push(problem);
                look.coverage = Coverage::Partial;
            }
        }
        files.sort();
        files.dedup();
    }
    files.retain(|path| in_scope(path, &folder.scope) && !statements::is_one(path));
    if walk.truncated || !folder.scope.is_empty() {
        look.coverage = Coverage::Partial;
    }
    let gaps = walk.left_out.iter().filter(|gap| in_scope(&gap.path, &folder.scope) && tells(gap));
    look.left_out.extend(gaps.map(gap));
    look.left_out.extend(settings.config.exclude.iter().map(|pattern| LeftOut {
        path: pattern.as_str().into(),
        reason: format!("`exclude` in {} leaves it out", crate::settings::CONFIG),
        closes_with: format!("a shorter `exclude` in {}", crate::settings::CONFIG),
    }));
    look.problems.extend(walk.problems);
    let (documents, left_out) = gather(&folder.tree, &files);
    look.documents = documents;
    look.left_out.extend(left_out);
    linked(folder, &walk.links, &mut look);
    declared::add(&mut look.documents);
    bill::settle(&mut look.documents);
    look.asset.labels.extend(lineage::named(&look));
    look.asset.labels.extend(lineage::billed(&look));
    requests(settings, &mut look);
    Ok(look)
}

/// Reads what comments in the documents ask to accept.
fn requests(settings: &Settings, look: &mut Look) {
    for document in &look.documents {
        let Ok(text) = std::str::from_utf8(&document.bytes) else { continue };
        let team = &look.asset.team;
        let (found, problems) = accept::requests(&document.path, text, team, &settings.zone);
        look.requests.extend(found);
        look.problems.extend(problems);
    }
}

/// Reads links that have the name of a document: tools follow them. What a link leads to counts
/// once, where it stands, if it was read there.
fn linked(folder: &Folder, links: &[Arc<str>], look: &mut Look) {
    let mut links = links.to_vec();
    links.retain(|path| in_scope(path, &folder.scope));
    let (documents, left_out) = gather(&folder.tree, &links);
    for document in documents {
        let same =
            |known: &Document| known.reader == document.reader && known.bytes == document.bytes;
        if document.partial || !look.documents.iter().any(same) {
            look.documents.push(document);
        }
    }
    look.left_out.extend(
        left_out.into_iter().map(|gap| LeftOut {
            reason: "it is a link that cannot be followed".to_owned(),
            ..gap
        }),
    );
}

/// Looks at a revision of a repository.
pub fn look_at_revision(
    revision: &Revision,
    commit: &str,
    asset: Asset,
    standing: Standing,
    scope: &str,
    settings: &Settings,
) -> Look {
    let mut files = revision.paths();
    files.retain(|path| in_scope(path, scope) && !statements::is_one(path));
    let (documents, left_out) = gather(revision, &files);
    let mut look = Look {
        asset,
        standing,
        sensor: "folder",
        coverage: if scope.is_empty() { Coverage::Full } else { Coverage::Partial },
        revision: Some(commit.to_owned()),
        documents,
        left_out,
        problems: settings.problems.clone(),
        host: None,
        requests: Vec::new(),
        image: None,
    };
    declared::add(&mut look.documents);
    bill::settle(&mut look.documents);
    look.left_out.extend(revision.left_out.iter().cloned());
    unread_settings(settings, &mut look);
    requests(settings, &mut look);
    look
}

fn unread_settings(settings: &Settings, look: &mut Look) {
    for (path, error) in &settings.unread {
        let reason = match error {
            crate::gather::Unread::Denied => "you may not read it".to_owned(),
            crate::gather::Unread::Missing => continue,
            crate::gather::Unread::Other(why) => why.clone(),
        };
        look.left_out.push(LeftOut {
            path: Arc::clone(path),
            reason,
            closes_with: "root".to_owned(),
        });
    }
}

/// Whether something that was left out may hide what a reader would have read: sockets and pipes of
/// running programs stand everywhere, and only one with the name of a document matters.
fn tells(gap: &holdfast_world::LeftOut) -> bool {
    gap.why != Why::NoFile || reader_for(&gap.path, &[]).is_some() || looks_inside(&gap.path)
}

fn in_scope(path: &str, scope: &str) -> bool {
    scope.is_empty()
        || path == scope
        || path.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'))
}

/// One file that was named: its content may claim a reader where its name does not.
fn one_file(folder: &Folder, look: &mut Look) {
    look.coverage = Coverage::Partial;
    let path: Arc<str> = folder.scope.as_str().into();
    let head = folder.root().head(&*path, holdfast_sense::HEAD).unwrap_or_default();
    let Some(reader) = reader_for(&path, &head) else {
        look.left_out.push(LeftOut {
            path,
            reason: "no reader knows this kind of file".to_owned(),
            closes_with: "holdfast explain readers".to_owned(),
        });
        return;
    };
    let (documents, left_out) = taken(&folder.tree, &[(&path, reader)]);
    look.documents.extend(documents);
    look.left_out.extend(left_out);
}
