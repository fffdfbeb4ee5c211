//! The system's git, on repositories made for each test.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use tempfile::TempDir;

use super::*;
use crate::skip::skip;
use crate::{Environment, RealRun, Run};

struct Made {
    _folder: TempDir,
    root: PathBuf,
    home: PathBuf,
}

impl Made {
    /// A repository with one commit on `main`.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let (root, home) = (base.join("repo"), base.join("home"));
        std::fs::create_dir(&root).unwrap();
        std::fs::create_dir(&home).unwrap();
        let made = Self { _folder: folder, root, home };
        made.git(&["init", "--quiet", "--initial-branch=main"]);
        made.put("Cargo.lock", "version = 4\n");
        made.commit("first");
        made
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.root, args)
    }

    fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let mut git = Process::new("git");
        git.current_dir(folder).args(args).stdin(Stdio::null()).env_clear();
        git.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", &self.home);
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "a")
                .env(format!("GIT_{role}_EMAIL"), "a@a.example");
        }
        let output = git.output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {args:?}: {complaint}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn asked(&self) -> RealGit {
        let path = std::env::var("PATH").unwrap();
        let home = self.home.to_str().unwrap().to_owned();
        let environment = Environment::of(|name| match name {
            "PATH" => Some(path.clone()),
            "HOME" => Some(home.clone()),
            _ => None,
        });
        RealGit::new(Arc::new(RealRun::new(Some(&path))), &environment)
    }

    fn repository(&self) -> Repository {
        self.asked().repository(&self.root).unwrap().unwrap()
    }
}

#[test]
fn a_clean_clone_on_its_default_branch_is_trunk() {
    let made = Made::new();
    made.git(&["remote", "add", "origin", "https://ana:secret@forge.example/acme/shop.git"]);
    let revision = made.git(&["rev-parse", "HEAD"]);
    let repository = made.repository();
    let main = Some("main".to_owned());
    assert_eq!(
        repository,
        Repository {
            root: made.root.clone(),
            revision: Some(revision),
            branch: main.clone(),
            default_branch: main,
            clean: true,
            origin: Some("forge.example/acme/shop".to_owned()),
        }
    );
    assert!(repository.is_trunk());
}

#[test]
fn a_folder_inside_belongs_to_the_repository() {
    let made = Made::new();
    made.put("a/b/c", "");
    let inside = made.asked().repository(&made.root.join("a/b")).unwrap().unwrap();
    assert_eq!(inside.root, made.root);
}

#[test]
fn changed_new_and_staged_files_are_not_clean_but_ignored_ones_are() {
    let made = Made::new();
    made.put(".gitignore", "ignored\n");
    made.commit("ignore");
    made.put("ignored", "");
    assert!(made.repository().clean);
    made.put("new", "");
    assert!(!made.repository().clean);
    made.git(&["add", "new"]);
    assert!(!made.repository().clean);
    made.commit("new");
    assert!(made.repository().clean);
    made.put("Cargo.lock", "version = 3\n");
    assert!(!made.repository().clean);
    assert!(!made.repository().is_trunk());
}

#[test]
fn another_branch_is_not_trunk() {
    let made = Made::new();
    made.git(&["switch", "--quiet", "--create", "topic/lift"]);
    let repository = made.repository();
    assert_eq!(repository.branch.as_deref(), Some("topic/lift"));
    assert_eq!(repository.default_branch.as_deref(), Some("main"));
    assert!(!repository.is_trunk());
}

#[test]
fn a_detached_head_counts_as_its_branch_only_at_the_tip() {
    let made = Made::new();
    made.git(&["switch", "--quiet", "--detach"]);
    assert_eq!(made.repository().branch.as_deref(), Some("main"));
    made.commit("further");
    let further = made.repository();
    assert_eq!((further.branch, further.clean), (None, true));
}

#[test]
fn the_origin_says_which_branch_is_the_default() {
    let made = Made::new();
    made.git(&["switch", "--quiet", "--create", "develop"]);
    let develop = made.commit("second");
    let clone = made.root.with_file_name("clone");
    let source = made.root.to_str().unwrap();
    made.git_in(&made.home, &["clone", "--quiet", source, clone.to_str().unwrap()]);
    let asked = made.asked();
    let cloned = asked.repository(&clone).unwrap().unwrap();
    assert_eq!(cloned.default_branch.as_deref(), Some("develop"));
    // A path of this machine identifies nothing elsewhere.
    assert_eq!(cloned.origin, None);
    // As build services check out: detached, and the local branch may be gone.
    made.git_in(&clone, &["checkout", "--quiet", "--detach", &develop]);
    made.git_in(&clone, &["branch", "--quiet", "--delete", "--force", "develop"]);
    let detached = asked.repository(&clone).unwrap().unwrap();
    assert_eq!(detached.branch.as_deref(), Some("develop"));
}

#[test]
fn without_an_origin_the_configured_name_comes_first() {
    let made = Made::new();
    made.git(&["branch", "stem"]);
    assert_eq!(made.repository().default_branch.as_deref(), Some("main"));
    made.git(&["config", "init.defaultBranch", "stem"]);
    assert_eq!(made.repository().default_branch.as_deref(), Some("stem"));
    made.git(&["config", "init.defaultBranch", "absent"]);
    assert_eq!(made.repository().default_branch.as_deref(), Some("main"));
    made.git(&["branch", "--move", "main", "only"]);
    assert_eq!(made.repository().default_branch, None);
    assert!(!made.repository().is_trunk());
}

#[test]
fn a_repository_without_a_commit_has_no_revision() {
    let made = Made::new();
    let fresh = made.root.with_file_name("fresh");
    let path = fresh.to_str().unwrap();
    made.git_in(&made.home, &["init", "--quiet", "--initial-branch=main", path]);
    let repository = made.asked().repository(&fresh).unwrap().unwrap();
    assert_eq!((repository.revision, repository.clean), (None, true));
    assert_eq!(repository.branch.as_deref(), Some("main"));
}

#[test]
fn a_worktree_is_a_repository() {
    let made = Made::new();
    let tree = made.root.with_file_name("tree");
    made.git(&["worktree", "add", "--quiet", "-b", "side", tree.to_str().unwrap()]);
    let repository = made.asked().repository(&tree).unwrap().unwrap();
    assert_eq!((repository.root, repository.branch.as_deref()), (tree, Some("side")));
}

/// Counts what is started.
#[derive(Debug)]
struct Counting(RealRun, std::sync::atomic::AtomicUsize);

impl Run for Counting {
    fn run(&self, command: &crate::Command) -> Result<crate::Output, crate::RunError> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.0.run(command)
    }

    fn run_streamed(
        &self,
        command: &crate::Command,
        line: &mut dyn FnMut(crate::Stream, &str),
    ) -> Result<crate::Output, crate::RunError> {
        self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        self.0.run_streamed(command, line)
    }

    fn arm(&self, arm: &crate::Arm) -> Result<crate::Armed, crate::RunError> {
        self.0.arm(arm)
    }

    fn disarm(&self, armed: &crate::Armed) -> Result<bool, crate::RunError> {
        self.0.disarm(armed)
    }

    fn armed_state(&self, armed: &crate::Armed) -> Result<crate::ArmedState, crate::RunError> {
        self.0.armed_state(armed)
    }

    fn forget(&self, armed: &crate::Armed) -> Result<(), crate::RunError> {
        self.0.forget(armed)
    }

    fn installed(&self, program: &str) -> bool {
        self.0.installed(program)
    }
}

#[test]
fn outside_git_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    let count = Arc::new(Counting(RealRun::new(None), 0.into()));
    let git = RealGit::new(Arc::clone(&count) as Arc<dyn Run>, &Environment::default());
    assert_eq!(git.repository(folder.path()), Ok(None));
    assert_eq!(count.1.load(std::sync::atomic::Ordering::SeqCst), 0);
    let made = Made::new();
    assert!(git.repository(&made.root).unwrap().is_some());
    assert_eq!(count.1.load(std::sync::atomic::Ordering::SeqCst), 3);
}

#[test]
fn without_git_every_folder_is_outside_git() {
    let made = Made::new();
    let nothing = Arc::new(RealRun::new(Some("/no/such/folder")));
    let git = RealGit::new(nothing, &Environment::default());
    assert_eq!(git.repository(&made.root), Ok(None));
    assert_eq!(git.resolve(&made.root, "HEAD").unwrap_err().code, "no-git");
}

#[test]
fn a_broken_repository_is_a_problem_and_not_the_one_above() {
    let made = Made::new();
    std::fs::create_dir_all(made.root.join("inner/.git")).unwrap();
    let problem = made.asked().repository(&made.root.join("inner")).unwrap_err();
    assert_eq!(problem.code, "git-failed");
    assert!(problem.message.starts_with("`git` failed: not a git repository"), "{problem}");
}

#[test]
fn a_repository_of_somebody_else_is_not_trusted() {
    if !rustix::process::geteuid().is_root() {
        return skip("no right to give a folder away (it takes root)");
    }
    let made = Made::new();
    let give = |path: &Path| std::os::unix::fs::chown(path, Some(4321), Some(4321)).unwrap();
    give(&made.root);
    give(&made.root.join(".git"));
    let problem = made.asked().repository(&made.root).unwrap_err();
    let root = made.root.display();
    assert_eq!(problem.code, "git-untrusted");
    assert_eq!(problem.message, format!("git does not trust `{root}`: it belongs to another user"));
    let help = format!("if you trust it: git config --global --add safe.directory {root}");
    assert_eq!(problem.help, help);
    made.git(&["config", "--global", "--add", "safe.directory", made.root.to_str().unwrap()]);
    assert!(made.repository().clean);
}

#[test]
fn nothing_of_the_tree_is_run() {
    let made = Made::new();
    let ran = made.root.with_file_name("ran");
    let script = made.root.with_file_name("script");
    std::fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", ran.display())).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    made.put(".gitattributes", "* filter=evil diff=evil\n");
    made.commit("attributes");
    for (key, value) in [
        ("core.fsmonitor", script),
        ("core.pager", script),
        ("core.sshCommand", script),
        ("filter.evil.clean", script),
        ("filter.evil.process", script),
        ("filter.evil.required", "true"),
        ("diff.evil.textconv", script),
        ("diff.external", script),
        ("core.hooksPath", made.root.parent().unwrap().to_str().unwrap()),
    ] {
        made.git(&["config", key, value]);
    }
    // The same size and another time: git must read the file to know whether it changed.
    made.put("Cargo.lock", "version = 5\n");
    let git = made.asked();
    let repository = git.repository(&made.root).unwrap().unwrap();
    assert!(!repository.clean);
    let head = git.resolve(&made.root, "HEAD").unwrap();
    let tree = git.files_at(&made.root, &head).unwrap();
    let objects: Vec<_> = tree.files.iter().map(|file| Arc::clone(&file.oid)).collect();
    git.read_at(&made.root, &objects, 1 << 20).unwrap();
    git.merge_base(&made.root, &head, &head).unwrap();
    git.kept_but_ignored(&made.root).unwrap();
    assert!(!ran.exists(), "something of the tree was run");
    // The trap works: git itself does run the filter.
    made.git(&["config", "--unset", "core.fsmonitor"]);
    made.git(&["config", "--unset", "filter.evil.process"]);
    made.git(&["status", "--porcelain"]);
    assert!(ran.exists(), "the trap was not armed");
}

#[test]
fn revisions_are_resolved_and_never_taken_for_options() {
    let made = Made::new();
    let first = made.git(&["rev-parse", "HEAD"]);
    made.git(&["tag", "--annotate", "v1", "--message", "v1"]);
    let short = made.git(&["rev-parse", "--short=10", "HEAD"]);
    let git = made.asked();
    for name in ["HEAD", "main", "v1", &short, &first] {
        assert_eq!(git.resolve(&made.root, name), Ok(first.clone()), "{name}");
    }
    for name in ["nowhere", "", "--help", "--output=x", "a\0b", "HEAD:Cargo.lock", "main main"] {
        let problem = git.resolve(&made.root, name).unwrap_err();
        assert_eq!(problem.code, "unknown-revision", "{name}");
        let message = format!("git knows no revision `{name}` here");
        assert_eq!(problem.message, message);
    }
    assert!(git.files_at(&made.root, "--help").is_err());
    assert!(git.merge_base(&made.root, "--help", &first).is_err());
}

#[test]
fn the_shared_commit_is_found() {
    let made = Made::new();
    let base = made.git(&["rev-parse", "HEAD"]);
    made.git(&["switch", "--quiet", "--create", "topic"]);
    let topic = made.commit("topic");
    made.git(&["switch", "--quiet", "main"]);
    let main = made.commit("main");
    made.git(&["switch", "--quiet", "--orphan", "alone"]);
    let alone = made.commit("alone");
    let git = made.asked();
    assert_eq!(git.merge_base(&made.root, &topic, &main), Ok(Some(base)));
    assert_eq!(git.merge_base(&made.root, &alone, &main), Ok(None));
}

#[test]
fn what_stood_at_a_revision_can_be_read() {
    let made = Made::new();
    made.put("a b/ü\n\"x", "odd name");
    made.put("empty", "");
    std::os::unix::fs::symlink("Cargo.lock", made.root.join("link")).unwrap();
    let commit = made.commit("more");
    made.put("Cargo.lock", "changed since");
    let git = made.asked();
    let tree = git.files_at(&made.root, &commit).unwrap();
    let paths: Vec<&str> = tree.files.iter().map(|file| &*file.path).collect();
    assert_eq!(paths, ["Cargo.lock", "a b/ü\n\"x", "empty", "link"]);
    assert_eq!((tree.files[0].size, tree.files[0].kind), (12, TreeKind::File));
    assert_eq!((tree.files[3].size, tree.files[3].kind), (10, TreeKind::Link));
    let mut objects: Vec<Arc<str>> = tree.files.iter().map(|file| Arc::clone(&file.oid)).collect();
    objects.push("0".repeat(40).into());
    objects.push(commit.as_str().into());
    let contents = git.read_at(&made.root, &objects, 10).unwrap();
    assert_eq!(
        contents,
        [
            Err(ReadError::TooLarge { size: 12 }),
            Ok(b"odd name".to_vec()),
            Ok(Vec::new()),
            Ok(b"Cargo.lock".to_vec()),
            Err(ReadError::Missing),
            Err(ReadError::NotAFile),
        ]
    );
    assert_eq!(git.read_at(&made.root, &[], 8), Ok(Vec::new()));
}

#[test]
fn a_name_that_is_not_utf8_is_left_out_of_a_tree() {
    use std::os::unix::ffi::OsStrExt;
    let made = Made::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9");
    std::fs::write(made.root.join(name), "x").unwrap();
    let commit = made.commit("odd");
    let tree = made.asked().files_at(&made.root, &commit).unwrap();
    assert_eq!(tree.files.len(), 1);
    let left_out = LeftOut { path: "caf\u{fffd}".to_owned(), why: crate::Why::NotUtf8 };
    assert_eq!(tree.left_out, [left_out]);
}

#[test]
fn a_kept_file_cannot_be_hidden_by_an_ignore_line() {
    let made = Made::new();
    made.put(".gitignore", "Cargo.lock\n");
    made.put("other/Cargo.lock", "not kept, rightly ignored");
    made.commit("hide");
    assert_eq!(made.asked().kept_but_ignored(&made.root), Ok(vec!["Cargo.lock".into()]));
}

#[test]
fn the_commits_of_a_branch_that_changed_a_file_are_told_newest_first() {
    let made = Made::new();
    let git = made.asked();
    made.put("a/package-lock.json", "{}");
    made.put("notes", "no lockfile");
    let second = made.commit("second");
    made.git(&["checkout", "--quiet", "-b", "side"]);
    made.put("Cargo.lock", "version = 3\n");
    made.commit("on a branch");
    made.put("Cargo.lock", "version = 4\n# merged\n");
    made.commit("on a branch again");
    made.git(&["checkout", "--quiet", "main"]);
    made.put("notes", "still none");
    made.commit("nothing of ours");
    made.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "side"]);
    let merge = made.git(&["rev-parse", "HEAD"]);
    made.git(&["rm", "--quiet", "a/package-lock.json"]);
    let last = made.commit("remove");
    let names = ["Cargo.lock", "package-*.json"];
    let all = git.changes(&made.root, &last, &names, 10).unwrap();
    let told: Vec<(&str, Vec<(&str, bool)>)> = all
        .list
        .iter()
        .map(|change| {
            let files = change.files.iter().map(|file| (&*file.path, file.oid.is_some()));
            (&*change.commit, files.collect())
        })
        .collect();
    let first = &all.list[3].commit;
    assert_eq!(
        told,
        [
            (last.as_str(), vec![("a/package-lock.json", false)]),
            (merge.as_str(), vec![("Cargo.lock", true)]),
            (second.as_str(), vec![("a/package-lock.json", true)]),
            (&**first, vec![("Cargo.lock", true)]),
        ]
    );
    assert!(!all.cut && all.list.iter().all(|change| change.at.0 > 1_600_000_000_000));
    let oid = all.list[1].files[0].oid.clone().unwrap();
    let content = git.read_at(&made.root, &[oid], 100).unwrap();
    assert_eq!(content, [Ok(b"version = 4\n# merged\n".to_vec())]);
    let newest = git.changes(&made.root, &last, &names, 2).unwrap();
    assert_eq!((newest.list.len(), newest.cut), (2, true));
    assert!(git.changes(&made.root, "--all", &names, 2).is_err());
}
