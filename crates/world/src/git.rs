//! Git: which revision a folder is at, and what stood there at another one.
//!
//! Only the system's `git` is asked, so that every repository format and every setting of the
//! user is understood as git understands it; what it is asked never runs anything of the tree.

mod changes;
mod origin;
mod real;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::{Problem, Timestamp};

use crate::{LeftOut, ReadError};

pub use origin::normal_origin;
pub use real::RealGit;

/// What is known of the repository that a folder belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repository {
    /// The top of the working tree.
    pub root: PathBuf,
    /// The commit that is checked out; `None` before the first one.
    pub revision: Option<String>,
    /// The branch. A detached head at the tip of the default branch counts as on it.
    pub branch: Option<String>,
    /// The branch that others build on, as far as it can be told.
    pub default_branch: Option<String>,
    /// Whether nothing differs from the revision: no change, and no new file that is not ignored.
    pub clean: bool,
    /// Where it comes from, see [`normal_origin`].
    pub origin: Option<String>,
}

impl Repository {
    /// Whether the working tree is the default branch itself: the design's standing `trunk`.
    pub fn is_trunk(&self) -> bool {
        self.clean && self.branch.is_some() && self.branch == self.default_branch
    }
}

/// What an entry of a revision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TreeKind {
    /// A regular file.
    File,
    /// A symbolic link: its content is where it leads, relative to its folder.
    Link,
}

/// A regular file or a symbolic link at a revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeFile {
    /// Relative to the repository's root, with `/`.
    pub path: Arc<str>,
    /// What it is.
    pub kind: TreeKind,
    /// The object that holds its content.
    pub oid: Arc<str>,
    /// In bytes.
    pub size: u64,
}

/// All files at a revision.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// Regular files and links, sorted by path. Submodules are left out: their files are those of
    /// another repository.
    pub files: Vec<TreeFile>,
    /// What has a name that is not UTF-8.
    pub left_out: Vec<LeftOut>,
}

/// A file that a commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFile {
    /// Relative to the repository's root, with `/`.
    pub path: Arc<str>,
    /// The object that holds its content from then on; `None` where it is gone, or no file.
    pub oid: Option<Arc<str>>,
}

/// A commit that changed files one asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The commit.
    pub commit: Arc<str>,
    /// When it was committed.
    pub at: Timestamp,
    /// Which of the files; never empty.
    pub files: Vec<ChangedFile>,
}

/// Commits that changed files one asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Newest first, as they lie behind each other.
    pub list: Vec<Change>,
    /// Whether there are more, older ones.
    pub cut: bool,
}

/// The door to git.
pub trait Git: Send + Sync + std::fmt::Debug {
    /// The repository that a folder belongs to. `None`: outside git, or git is not installed.
    ///
    /// A problem where git refuses or fails: the folder is then treated as outside git, and that
    /// is said.
    fn repository(&self, folder: &Path) -> Result<Option<Repository>, Problem>;

    /// The commit that a name stands for.
    fn resolve(&self, root: &Path, revision: &str) -> Result<String, Problem>;

    /// The commit that two commits share; `None` where there is none, as in a shallow clone.
    fn merge_base(&self, root: &Path, one: &str, other: &str) -> Result<Option<String>, Problem>;

    /// Every file and link of a commit.
    fn files_at(&self, root: &Path, commit: &str) -> Result<Tree, Problem>;

    /// The contents of objects, in their order, of at most `limit` bytes each.
    fn read_at(
        &self,
        root: &Path,
        objects: &[Arc<str>],
        limit: u64,
    ) -> Result<Vec<Result<Vec<u8>, ReadError>>, Problem>;

    /// The commits up to `tip` along first parents, of which merges count as one, that changed
    /// files of these names, anywhere in the tree; `*` stands for any letters of a name. At most
    /// `most`, the newest.
    fn changes(
        &self,
        root: &Path,
        tip: &str,
        names: &[&str],
        most: usize,
    ) -> Result<Changes, Problem>;

    /// Files that git keeps although `.gitignore` names them. A walk does not find them, but a
    /// change that adds such a line must not hide a file from the gate.
    fn kept_but_ignored(&self, root: &Path) -> Result<Vec<Arc<str>>, Problem>;
}
