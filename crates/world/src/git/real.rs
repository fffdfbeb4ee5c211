//! The system's `git`, asked so that nothing of the tree is ever run.
//!
//! What a repository could bring along, and what keeps it from running:
//!
//! - hooks, pagers, file system monitors: switched off on the command line, which wins over the
//!   repository's own configuration;
//! - `filter.*.clean` and `.process`, which `git status` would run on changed files: those of the
//!   repository's own configuration are emptied by name; those of the user stay, because they
//!   are the user's (git-lfs, git-crypt) and a file would look changed without them;
//! - `textconv` and external diffs: none of the commands asked here shows a diff;
//! - submodules, whose configuration is their own: `status` does not look into them;
//! - the network: every protocol is refused, and missing objects are not fetched;
//! - repositories of somebody else: git's own `safe.directory` is in force, as the repository is
//!   found by git and never named by `GIT_DIR`;
//! - variables such as `GIT_DIR` that a hook sets for its children: the environment is built
//!   anew and holds none of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::Problem;

use super::{Changes, Git, Repository, Tree, TreeFile, TreeKind, normal_origin};
use crate::{Command, Environment, LeftOut, Output, ReadError, Run, RunError, Why};

/// Git of this machine.
#[derive(Debug)]
pub struct RealGit {
    run: Arc<dyn Run>,
    environment: Vec<(String, String)>,
}

/// Settings that hold for every question.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.quotePath=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
    "status.showUntrackedFiles=normal",
    "color.ui=false",
];

/// The longest that one question may take.
const TIMEOUT: Duration = Duration::from_mins(2);

/// The most that one answer may hold, in bytes: a million files of 200 bytes, or their contents.
const ANSWER: usize = 256 << 20;

impl RealGit {
    /// Asks through `run`, with the user's own configuration but nothing else of the environment.
    pub fn new(run: Arc<dyn Run>, environment: &Environment) -> Self {
        let ours = [
            ("LC_ALL", "C"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_PAGER", "cat"),
        ];
        let kept = ["PATH", "HOME", "XDG_CONFIG_HOME"];
        let kept = kept.into_iter().filter_map(|name| Some((name, environment.get(name)?)));
        let environment = ours.into_iter().chain(kept);
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self { run, environment: environment.collect() }
    }

    fn command(&self, root: &Path, settings: &[String], args: &[&str]) -> Command {
        let mut command = Command::new("git", root);
        for setting in SETTINGS.iter().copied().chain(settings.iter().map(String::as_str)) {
            command.args.extend(["-c".to_owned(), setting.to_owned()]);
        }
        command.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        command.environment.clone_from(&self.environment);
        if let Some(above) = root.parent().and_then(Path::to_str) {
            // A broken `.git` must not make git find another repository further up.
            command.environment.push(("GIT_CEILING_DIRECTORIES".to_owned(), above.to_owned()));
        }
        command.clear = true;
        command.timeout = TIMEOUT;
        command.output_limit = ANSWER;
        command
    }

    pub(super) fn ask(
        &self,
        root: &Path,
        settings: &[String],
        args: &[&str],
    ) -> Result<Output, Problem> {
        self.answer(root, &self.command(root, settings, args))
    }

    fn answer(&self, root: &Path, command: &Command) -> Result<Output, Problem> {
        let output = self.run.run(command).map_err(|error| match error {
            RunError::NotInstalled => Problem::new("no-git", "`git` is not installed")
                .help("install git to tell revisions and branches apart"),
            error => Problem::new("git-failed", format!("`git` cannot be run: {error}")),
        })?;
        if output.timed_out {
            let seconds = command.timeout.as_secs();
            let message = format!("`git` gave no answer within {seconds} seconds");
            return Err(Problem::new("git-failed", message));
        }
        if output.truncated {
            let message = format!("`git` answered more than {} bytes", command.output_limit);
            return Err(Problem::new("git-failed", message));
        }
        if output.stderr.windows(17).any(|words| words == b"dubious ownership") {
            let root = root.display();
            let message = format!("git does not trust `{root}`: it belongs to another user");
            let help = format!("if you trust it: git config --global --add safe.directory {root}");
            return Err(Problem::new("git-untrusted", message).help(help));
        }
        Ok(output)
    }

    /// The answer as text, where git was content.
    fn text(&self, root: &Path, args: &[&str]) -> Result<String, Problem> {
        let output = self.ask(root, &[], args)?;
        if output.succeeded() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(failed(&output))
    }
}

pub(super) fn failed(output: &Output) -> Problem {
    let complaint = output.complaint();
    let first = complaint.lines().next().unwrap_or("it says nothing");
    let first = first.trim_start_matches("fatal: ").trim_start_matches("error: ");
    Problem::new("git-failed", format!("`git` failed: {first}"))
}

impl Git for RealGit {
    fn repository(&self, folder: &Path) -> Result<Option<Repository>, Problem> {
        // Outside git, which is common for servers, nothing is started.
        let Some(root) = top_of(folder) else { return Ok(None) };
        if !self.run.installed("git") {
            return Ok(None);
        }
        let settings = self.settings(&root)?;
        let filters = settings.empty_filters();
        let heads = self.heads(&root, settings.default_branch.as_deref())?;
        let status = self.status(&root, &filters)?;
        let default_branch = heads.default_branch(settings.default_branch.as_deref());
        let mut branch = status.branch;
        if branch.is_none() && status.revision.is_some() {
            let tip = default_branch.as_deref().map(|name| heads.tips(name)).unwrap_or_default();
            let at_tip = tip.iter().any(|tip| Some(*tip) == status.revision.as_deref());
            branch = default_branch.clone().filter(|_| at_tip);
        }
        Ok(Some(Repository {
            root,
            revision: status.revision,
            branch,
            default_branch,
            clean: status.clean,
            origin: settings.origin.as_deref().and_then(normal_origin),
        }))
    }

    fn resolve(&self, root: &Path, revision: &str) -> Result<String, Problem> {
        let unknown = || {
            Problem::new("unknown-revision", format!("git knows no revision `{revision}` here"))
                .help("fetch it first; a shallow clone may not hold it")
        };
        // A NUL cannot be an argument; nothing that holds one is a revision.
        if revision.is_empty() || revision.contains('\0') {
            return Err(unknown());
        }
        let wanted = format!("{revision}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", wanted.as_str()];
        let output = self.ask(root, &[], &args)?;
        let commit = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.succeeded() && is_object(&commit) { Ok(commit) } else { Err(unknown()) }
    }

    fn merge_base(&self, root: &Path, one: &str, other: &str) -> Result<Option<String>, Problem> {
        let (one, other) = (object(one)?, object(other)?);
        let output = self.ask(root, &[], &["merge-base", one, other])?;
        match output.status {
            Some(0) => {
                let base = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                Ok(Some(base).filter(|base| is_object(base)))
            }
            Some(1) => Ok(None),
            _ => Err(failed(&output)),
        }
    }

    fn files_at(&self, root: &Path, commit: &str) -> Result<Tree, Problem> {
        let args = ["ls-tree", "-r", "-z", "-l", "--full-tree", object(commit)?];
        let output = self.ask(root, &[], &args)?;
        if output.succeeded() { Ok(parse_tree(&output.stdout)) } else { Err(failed(&output)) }
    }

    fn read_at(
        &self,
        root: &Path,
        objects: &[Arc<str>],
        limit: u64,
    ) -> Result<Vec<Result<Vec<u8>, ReadError>>, Problem> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        let mut questions = Vec::new();
        for oid in objects {
            questions.extend_from_slice(object(oid)?.as_bytes());
            questions.push(b'\n');
        }
        let mut command = self.command(root, &[], &["cat-file", "--batch"]);
        command.stdin = Some(questions);
        let output = self.answer(root, &command)?;
        if !output.succeeded() {
            return Err(failed(&output));
        }
        let contents = parse_batch(&output.stdout, objects.len(), limit);
        contents.ok_or_else(|| {
            Problem::new("git-failed", "`git cat-file` answered something unexpected")
        })
    }

    fn changes(
        &self,
        root: &Path,
        tip: &str,
        names: &[&str],
        most: usize,
    ) -> Result<Changes, Problem> {
        self.log(root, tip, names, most)
    }

    fn kept_but_ignored(&self, root: &Path) -> Result<Vec<Arc<str>>, Problem> {
        let args =
            ["ls-files", "-z", "--cached", "--ignored", "--exclude-per-directory=.gitignore"];
        let output = self.ask(root, &[], &args)?;
        if !output.succeeded() {
            return Err(failed(&output));
        }
        let paths = output.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        let paths: BTreeSet<Arc<str>> =
            paths.filter_map(|path| std::str::from_utf8(path).ok().map(Arc::from)).collect();
        Ok(paths.into_iter().collect())
    }
}

/// The nearest folder upward that holds a `.git`, a folder or (worktrees, submodules) a file.
fn top_of(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    folder.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok()).map(Into::into)
}

/// A full object name, SHA-1 or SHA-256; anything else could be an option or a search.
pub(super) fn is_object(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

pub(super) fn object(text: &str) -> Result<&str, Problem> {
    if is_object(text) {
        return Ok(text);
    }
    Err(Problem::new("unknown-revision", format!("`{text}` is no full object name")))
}

/// What the configuration says that we want to know.
#[derive(Default)]
struct Settings {
    origin: Option<String>,
    default_branch: Option<String>,
    filters: BTreeSet<String>,
}

impl Settings {
    /// Settings that keep the repository's own filters from running.
    fn empty_filters(&self) -> Vec<String> {
        let parts = ["clean=", "process=", "smudge=", "required=false"];
        let all = self
            .filters
            .iter()
            .flat_map(|name| parts.iter().map(move |part| format!("filter.{name}.{part}")));
        all.collect()
    }
}

impl RealGit {
    fn settings(&self, root: &Path) -> Result<Settings, Problem> {
        let wanted = r"^(remote\.origin\.url|init\.defaultbranch|filter\..*)$";
        let args = ["config", "--null", "--show-scope", "--get-regexp", wanted];
        let output = self.ask(root, &[], &args)?;
        match output.status {
            // 1: nothing matched.
            Some(0 | 1) => Ok(parse_settings(&output.stdout)),
            _ => Err(failed(&output)),
        }
    }

    fn heads(&self, root: &Path, configured: Option<&str>) -> Result<Heads, Problem> {
        let mut patterns = vec!["refs/remotes/origin/HEAD".to_owned()];
        for name in configured.into_iter().chain(["main", "master"]) {
            patterns.push(format!("refs/heads/{name}"));
            patterns.push(format!("refs/remotes/origin/{name}"));
        }
        let mut args = vec!["for-each-ref", "--format=%(refname) %(objectname) %(symref)", "--"];
        args.extend(patterns.iter().map(String::as_str));
        let mut heads = Heads::parse(&self.text(root, &args)?);
        // The default branch has another name: its local tip is asked for by that name.
        if let Some(name) = heads.of_origin().map(str::to_owned) {
            let local = format!("refs/heads/{name}");
            if !heads.0.iter().any(|head| head.name == local) {
                let format = "--format=%(refname) %(objectname) %(symref)";
                let text = self.text(root, &["for-each-ref", format, "--", &local])?;
                heads.0.extend(Heads::parse(&text).0);
            }
        }
        Ok(heads)
    }

    fn status(&self, root: &Path, filters: &[String]) -> Result<Status, Problem> {
        let args = [
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=normal",
            "--ignore-submodules=dirty",
            "--no-renames",
        ];
        let output = self.ask(root, filters, &args)?;
        if output.succeeded() { Ok(Status::parse(&output.stdout)) } else { Err(failed(&output)) }
    }
}

/// `scope NUL key LF value NUL` …, see git-config(1); the last value of a key wins.
fn parse_settings(answer: &[u8]) -> Settings {
    let mut settings = Settings::default();
    let mut fields = answer.split(|byte| *byte == 0);
    while let (Some(scope), Some(entry)) = (fields.next(), fields.next()) {
        let entry = String::from_utf8_lossy(entry);
        let (key, value) = entry.split_once('\n').unwrap_or((&entry, ""));
        match key {
            "remote.origin.url" => settings.origin = Some(value.to_owned()),
            "init.defaultbranch" => {
                settings.default_branch = Some(value.to_owned()).filter(|name| plain(name));
            }
            // `worktree` is the repository's own, too.
            other if matches!(scope, b"local" | b"worktree") => {
                let name = other.strip_prefix("filter.").and_then(|rest| rest.rsplit_once('.'));
                settings.filters.extend(name.map(|(name, _)| name.to_owned()));
            }
            _ => {}
        }
    }
    settings
}

/// A branch name that cannot be a pattern of `for-each-ref`.
fn plain(name: &str) -> bool {
    !name.is_empty() && !name.contains(['*', '?', '[', '\\', '\n', '\0'])
}

struct Head {
    name: String,
    object: String,
    target: String,
}

/// The branches that may be the default one.
struct Heads(Vec<Head>);

impl Heads {
    fn parse(text: &str) -> Self {
        let head = |line: &str| {
            let mut fields = line.split(' ').map(str::to_owned);
            let (name, object) = (fields.next()?, fields.next()?);
            Some(Head { name, object, target: fields.next().unwrap_or_default() })
        };
        Self(text.lines().filter_map(head).collect())
    }

    /// The branch that the origin's head points to.
    fn of_origin(&self) -> Option<&str> {
        let head = self.0.iter().find(|head| head.name == "refs/remotes/origin/HEAD")?;
        head.target.strip_prefix("refs/remotes/origin/")
    }

    fn tips(&self, branch: &str) -> Vec<&str> {
        let (local, remote) =
            (format!("refs/heads/{branch}"), format!("refs/remotes/origin/{branch}"));
        let of_origin = self.of_origin() == Some(branch);
        let fits = |head: &&Head| {
            head.name == local
                || head.name == remote
                || (of_origin && head.name == "refs/remotes/origin/HEAD")
        };
        self.0.iter().filter(fits).map(|head| head.object.as_str()).collect()
    }

    /// The origin's own word, else the configured name, `main` or `master`, if there is one.
    fn default_branch(&self, configured: Option<&str>) -> Option<String> {
        if let Some(name) = self.of_origin() {
            return Some(name.to_owned());
        }
        let mut names = configured.into_iter().chain(["main", "master"]);
        names.find(|name| !self.tips(name).is_empty()).map(str::to_owned)
    }
}

/// The header and the entries of `status --porcelain=v2 --branch -z`.
struct Status {
    revision: Option<String>,
    branch: Option<String>,
    clean: bool,
}

impl Status {
    fn parse(answer: &[u8]) -> Self {
        let mut status = Self { revision: None, branch: None, clean: true };
        for entry in answer.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
            let entry = String::from_utf8_lossy(entry);
            match entry.strip_prefix("# ") {
                Some(header) => match header.split_once(' ') {
                    Some(("branch.oid", oid)) => {
                        status.revision = Some(oid.to_owned()).filter(|oid| is_object(oid));
                    }
                    Some(("branch.head", head)) => {
                        status.branch = Some(head.to_owned()).filter(|head| head != "(detached)");
                    }
                    _ => {}
                },
                None => status.clean = false,
            }
        }
        status
    }
}

/// `mode SP type SP object SP+ size TAB path NUL` …, see git-ls-tree(1).
fn parse_tree(answer: &[u8]) -> Tree {
    let mut tree = Tree::default();
    for entry in answer.split(|byte| *byte == 0) {
        let Some(tab) = entry.iter().position(|byte| *byte == b'\t') else { continue };
        let (head, path) = entry.split_at(tab);
        let path = path.get(1..).unwrap_or_default();
        let head = String::from_utf8_lossy(head);
        let mut fields = head.split_ascii_whitespace();
        let (mode, oid, size) = (fields.next(), fields.nth(1), fields.next());
        let kind = match mode {
            Some("100644" | "100755" | "100664") => TreeKind::File,
            Some("120000") => TreeKind::Link,
            _ => continue,
        };
        let Some(oid) = oid else { continue };
        let size = size.and_then(|size| size.parse().ok()).unwrap_or_default();
        if let Ok(path) = std::str::from_utf8(path) {
            tree.files.push(TreeFile { path: path.into(), kind, oid: oid.into(), size });
        } else {
            let path = String::from_utf8_lossy(path).into_owned();
            tree.left_out.push(LeftOut { path, why: Why::NotUtf8 });
        }
    }
    tree.files.sort_unstable();
    tree.left_out.sort_unstable();
    tree
}

/// `object SP type SP size LF content LF` …, or `object SP missing LF`, see git-cat-file(1).
/// `None` where it is anything else.
fn parse_batch(answer: &[u8], count: usize, limit: u64) -> Option<Vec<Result<Vec<u8>, ReadError>>> {
    let mut rest = answer;
    let mut contents = Vec::with_capacity(count);
    for _ in 0..count {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let head = std::str::from_utf8(rest.get(..end)?).ok()?;
        rest = rest.get(end + 1..)?;
        let mut fields = head.split(' ').skip(1);
        match (fields.next()?, fields.next()) {
            ("missing", _) => contents.push(Err(ReadError::Missing)),
            (kind, Some(size)) => {
                let size: usize = size.parse().ok()?;
                let content = rest.get(..size)?;
                rest = rest.get(size + 1..)?;
                contents.push(match kind {
                    "blob" if size as u64 > limit => Err(ReadError::TooLarge { size: size as u64 }),
                    "blob" => Ok(content.to_vec()),
                    _ => Err(ReadError::NotAFile),
                });
            }
            _ => return None,
        }
    }
    Some(contents)
}
