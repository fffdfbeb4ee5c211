//! Repositories as values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::{Digest, Problem, Timestamp};

use crate::files::segment_matches;
use crate::{Change, ChangedFile, Changes, Git, ReadError, Repository, Tree, TreeFile, TreeKind};

/// A repository of a recorded world.
#[derive(Debug, Clone, Default)]
pub struct RecordedRepository {
    /// What it says of itself.
    pub about: Repository,
    /// What git says in place of an answer, e.g. that the folder belongs to somebody else.
    pub refuses: Option<Problem>,
    /// Names and the commits they stand for.
    pub names: BTreeMap<String, String>,
    /// Commits and their files by path.
    pub commits: BTreeMap<String, BTreeMap<String, Vec<u8>>>,
    /// Commits and which of these files are symbolic links.
    pub links: BTreeSet<(String, String)>,
    /// The commits that two commits share; asked in both orders.
    pub bases: Vec<(String, String, String)>,
    /// The commits of the branch and when they were made, oldest first.
    pub log: Vec<(String, Timestamp)>,
    /// Files that git keeps although they are ignored.
    pub kept_but_ignored: Vec<Arc<str>>,
}

impl RecordedRepository {
    /// A clean repository at the tip of `main`.
    pub fn at(root: impl Into<PathBuf>, revision: &str) -> Self {
        let about = Repository {
            root: root.into(),
            revision: Some(revision.to_owned()),
            branch: Some("main".to_owned()),
            default_branch: Some("main".to_owned()),
            clean: true,
            origin: None,
        };
        Self { about, ..Self::default() }.name("HEAD", revision).name("main", revision)
    }

    /// A name of a commit.
    #[must_use]
    pub fn name(mut self, name: &str, commit: &str) -> Self {
        self.names.insert(name.to_owned(), commit.to_owned());
        self
    }

    /// A file of a commit.
    #[must_use]
    pub fn file(mut self, commit: &str, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let files = self.commits.entry(commit.to_owned()).or_default();
        files.insert(path.to_owned(), bytes.into());
        self
    }

    /// A symbolic link of a commit.
    #[must_use]
    pub fn link(mut self, commit: &str, path: &str, target: &str) -> Self {
        self.links.insert((commit.to_owned(), path.to_owned()));
        self.file(commit, path, target)
    }

    /// The next commit of the branch, and when it was made.
    #[must_use]
    pub fn made(mut self, commit: &str, at: Timestamp) -> Self {
        self.commits.entry(commit.to_owned()).or_default();
        self.log.push((commit.to_owned(), at));
        self
    }

    /// The commit that two commits share.
    #[must_use]
    pub fn base(mut self, one: &str, other: &str, base: &str) -> Self {
        self.bases.push((one.to_owned(), other.to_owned(), base.to_owned()));
        self
    }
}

#[derive(Debug)]
pub(super) struct RecordedGit(BTreeMap<PathBuf, RecordedRepository>);

impl RecordedGit {
    pub(super) fn new(repositories: BTreeMap<PathBuf, RecordedRepository>) -> Self {
        Self(repositories)
    }

    fn at(&self, root: &Path) -> Result<&RecordedRepository, Problem> {
        let repository = self
            .0
            .get(root)
            .ok_or_else(|| Problem::new("git-failed", "`git` failed: not a git repository"))?;
        match &repository.refuses {
            Some(problem) => Err(problem.clone()),
            None => Ok(repository),
        }
    }
}

fn unknown(revision: &str) -> Problem {
    Problem::new("unknown-revision", format!("git knows no revision `{revision}` here"))
        .help("fetch it first; a shallow clone may not hold it")
}

impl Git for RecordedGit {
    fn repository(&self, folder: &Path) -> Result<Option<Repository>, Problem> {
        match folder.ancestors().find(|folder| self.0.contains_key(*folder)) {
            Some(root) => self.at(root).map(|repository| Some(repository.about.clone())),
            None => Ok(None),
        }
    }

    fn resolve(&self, root: &Path, revision: &str) -> Result<String, Problem> {
        let repository = self.at(root)?;
        if repository.commits.contains_key(revision) {
            return Ok(revision.to_owned());
        }
        repository.names.get(revision).cloned().ok_or_else(|| unknown(revision))
    }

    fn merge_base(&self, root: &Path, one: &str, other: &str) -> Result<Option<String>, Problem> {
        let repository = self.at(root)?;
        if one == other {
            return Ok(Some(one.to_owned()));
        }
        let fits = |(a, b, _): &&(String, String, String)| {
            (a == one && b == other) || (a == other && b == one)
        };
        Ok(repository.bases.iter().find(fits).map(|(_, _, base)| base.clone()))
    }

    fn files_at(&self, root: &Path, commit: &str) -> Result<Tree, Problem> {
        let repository = self.at(root)?;
        let files = repository.commits.get(commit).ok_or_else(|| unknown(commit))?;
        let kind = |path: &String| {
            let link = repository.links.contains(&(commit.to_owned(), path.clone()));
            if link { TreeKind::Link } else { TreeKind::File }
        };
        let file = |(path, bytes): (&String, &Vec<u8>)| TreeFile {
            path: path.as_str().into(),
            kind: kind(path),
            oid: oid(bytes),
            size: bytes.len() as u64,
        };
        let mut files: Vec<TreeFile> = files.iter().map(file).collect();
        files.sort_unstable();
        Ok(Tree { files, left_out: Vec::new() })
    }

    fn read_at(
        &self,
        root: &Path,
        objects: &[Arc<str>],
        limit: u64,
    ) -> Result<Vec<Result<Vec<u8>, ReadError>>, Problem> {
        let commits = &self.at(root)?.commits;
        let contents = commits.values().flat_map(BTreeMap::values);
        let known: BTreeMap<Arc<str>, &Vec<u8>> =
            contents.map(|bytes| (oid(bytes), bytes)).collect();
        let read = |object: &Arc<str>| match known.get(object) {
            None => Err(ReadError::Missing),
            Some(bytes) if bytes.len() as u64 > limit => {
                Err(ReadError::TooLarge { size: bytes.len() as u64 })
            }
            Some(bytes) => Ok((*bytes).clone()),
        };
        Ok(objects.iter().map(read).collect())
    }

    fn changes(
        &self,
        root: &Path,
        tip: &str,
        names: &[&str],
        most: usize,
    ) -> Result<Changes, Problem> {
        let repository = self.at(root)?;
        let none = BTreeMap::new();
        let wanted = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            names.iter().any(|pattern| segment_matches(pattern, name))
        };
        let (mut list, mut before) = (Vec::new(), &none);
        for (commit, at) in &repository.log {
            let files = repository.commits.get(commit).ok_or_else(|| unknown(commit))?;
            let paths: BTreeSet<&String> = before.keys().chain(files.keys()).collect();
            let changed = paths
                .into_iter()
                .filter(|path| wanted(path) && before.get(*path) != files.get(*path))
                .map(|path| ChangedFile {
                    path: path.as_str().into(),
                    oid: files.get(path).map(|bytes| oid(bytes)),
                });
            let change =
                Change { commit: commit.as_str().into(), at: *at, files: changed.collect() };
            list.extend((!change.files.is_empty()).then_some(change));
            before = files;
            if commit == tip {
                break;
            }
        }
        list.reverse();
        let cut = list.len() > most;
        list.truncate(most);
        Ok(Changes { list, cut })
    }

    fn kept_but_ignored(&self, root: &Path) -> Result<Vec<Arc<str>>, Problem> {
        self.at(root).map(|repository| repository.kept_but_ignored.clone())
    }
}

/// Not git's own object names, which hash a header too; equal contents have equal names.
fn oid(bytes: &[u8]) -> Arc<str> {
    Digest::of(bytes).to_string().into()
}
