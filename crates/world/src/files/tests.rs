//! The real file system, in folders that go away, and its walk against two others.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{Recorded, World};

fn tree(files: &[(&str, &str)]) -> (TempDir, Root) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        put(folder.path(), path, text);
    }
    let root = Root::open(Arc::new(RealFiles), folder.path()).unwrap();
    (folder, root)
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn paths(walk: &Walk) -> Vec<&str> {
    walk.files.iter().map(|file| &*file.path).collect()
}

#[test]
fn reading_has_a_limit_that_is_exact() {
    let (_folder, root) = tree(&[("a", "12345")]);
    assert_eq!(root.read("a", 5).unwrap(), b"12345");
    assert_eq!(root.read("a", 4), Err(ReadError::TooLarge { size: 5 }));
    assert_eq!(root.head("a", 2).unwrap(), b"12");
    assert_eq!(root.head("a", 99).unwrap(), b"12345");
    assert_eq!(root.part("a", 1, 3).unwrap(), b"234");
    assert_eq!(root.part("a", 3, usize::MAX).unwrap(), b"45", "less where the file ends");
    assert_eq!(root.part("a", u64::MAX, 1).unwrap(), b"");
    assert_eq!(root.read("b", 5), Err(ReadError::Missing));
    assert_eq!(root.read("a/b", 5), Err(ReadError::Missing));
    assert_eq!(root.read("", 5), Err(ReadError::NotAFile));
    assert_eq!(root.read("x".repeat(300), 5), Err(ReadError::Missing));
}

#[test]
fn what_is_shared_is_what_is_read() {
    let sizes = [0, 1, 8191, 8192, 8193, 300_000];
    let texts: Vec<String> = sizes.iter().map(|size| "ab".repeat(size / 2 + 1)).collect();
    let names: Vec<String> = sizes.iter().map(usize::to_string).collect();
    let (folder, root) = tree(&[]);
    for ((name, text), size) in names.iter().zip(&texts).zip(sizes) {
        put(folder.path(), name, text.get(..size).unwrap());
    }
    let system = World::real().unwrap().system(folder.path()).unwrap();
    for root in [root, system] {
        for (name, size) in names.iter().zip(sizes) {
            let size = u64::try_from(size).unwrap();
            let shared = root.shared(name, size).unwrap();
            assert_eq!(*shared, *root.read(name, size).unwrap(), "{name}");
            for limit in [0, size.saturating_sub(1), size + 1] {
                let shared = root.shared(name, limit).map(|bytes| bytes.to_vec());
                assert_eq!(shared, root.read(name, limit), "{name} {limit}");
            }
        }
        assert_eq!(root.shared("missing", 9), Err(ReadError::Missing));
        assert_eq!(root.shared("", 9), Err(ReadError::NotAFile));
    }
    // A file that says it is empty, and is not.
    let machine = Root::open(Arc::new(RealFiles), Path::new("/")).unwrap();
    assert!(machine.shared("proc/self/status", 1 << 16).unwrap().starts_with(b"Name:"));
}

#[test]
fn names_are_those_of_the_list() {
    let (folder, _) = tree(&[("d/b", ""), ("d/a/x", ""), ("d/\u{e4}", "")]);
    symlink("a", folder.path().join("d/to-folder")).unwrap();
    symlink("nowhere", folder.path().join("d/to-nothing")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("d/socket")).unwrap();
    let path = folder.path().canonicalize().unwrap();
    let system = RealFiles.system(&path).unwrap();
    let doors: [(&dyn Files, &Path); 2] = [(&RealFiles, &path), (&*system, Path::new("/"))];
    for (files, root) in doors {
        let names = files.names(root, Path::new("d")).unwrap();
        let listed = files.list(root, Path::new("d")).unwrap().into_iter();
        assert_eq!(names, listed.map(|entry| (entry.name, entry.kind)).collect::<Vec<_>>());
        let kinds: Vec<Kind> = names.iter().map(|(_, kind)| *kind).collect();
        let wanted = [Kind::Folder, Kind::File, Kind::Other, Kind::Link, Kind::Link, Kind::File];
        assert_eq!(kinds, wanted, "{names:?}");
        let file = Path::new("d/b");
        assert_eq!(files.names(root, file).unwrap_err(), files.list(root, file).unwrap_err());
    }
}

#[test]
fn what_is_opened_as_itself_is_a_file() {
    let (folder, root) = tree(&[("a/file", "12345")]);
    symlink("file", folder.path().join("a/link")).unwrap();
    let recorded = Recorded::new().file("/r/a/file", "12345").link("/r/a/link", "file");
    let recorded = World::recorded(recorded).root(Path::new("/r")).unwrap();
    let system = World::real().unwrap().system(folder.path()).unwrap();
    for root in [root, recorded, system] {
        let (stat, bytes) = root.opened("a/file", 5).unwrap();
        assert_eq!((stat.kind, &*bytes), (Kind::File, &b"12345"[..]));
        assert_eq!(stat, root.stat("a/file").unwrap());
        assert_eq!(root.opened("a/file", 4), Err(ReadError::TooLarge { size: 5 }));
        assert_eq!(root.opened("a/link", 5), Err(ReadError::NotAFile));
        assert_eq!(root.opened("a", 5), Err(ReadError::NotAFile));
        assert_eq!(root.opened("b", 5), Err(ReadError::Missing));
    }
}

/// Two files take each other's place all the time: what is said of one is never said of the other.
#[test]
fn what_is_opened_as_itself_is_one_file() {
    let (folder, root) = tree(&[("ours", "ours"), ("others", "others")]);
    let path = |name: &str| folder.path().join(name);
    for (name, mode) in [("ours", 0o600), ("others", 0o666)] {
        std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    std::fs::hard_link(path("ours"), path("place")).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    let seen: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            for name in ["others", "ours"].into_iter().cycle() {
                if done.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                std::fs::hard_link(path(name), path("next")).unwrap();
                std::fs::rename(path("next"), path("place")).unwrap();
            }
        });
        let seen = (0..5_000).map(|_| root.opened("place", 9)).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        seen
    });
    for opened in seen {
        let (stat, bytes) = opened.unwrap();
        let wanted: &[u8] = if stat.mode == 0o600 { b"ours" } else { b"others" };
        assert_eq!(bytes, wanted, "{stat:?}");
    }
}

/// Where the program of the first process lies is not for everybody to know. That it is a link is.
#[test]
fn a_link_that_does_not_say_where_it_leads_is_there() {
    let machine = Root::machine(Arc::new(RealFiles));
    let stat = machine.stat("/proc/1/exe").unwrap();
    assert_eq!(stat.kind, Kind::Link);
    assert_eq!(stat.link, std::fs::read_link("/proc/1/exe").ok());
}

#[test]
fn files_of_the_kernel_that_say_they_are_empty_are_read() {
    let machine = Root::machine(Arc::new(RealFiles));
    assert_eq!(machine.metadata("/proc/self/status").unwrap().size, 0);
    assert!(machine.read("/proc/self/status", 1 << 20).unwrap().starts_with(b"Name:"));
    assert_eq!(machine.read("/proc/self/status", 4), Err(ReadError::TooLarge { size: 5 }));
    assert_eq!(machine.read("/dev/null", 4), Err(ReadError::NotAFile));
}

#[test]
fn nothing_leads_out_of_the_root() {
    let (outside, _) = tree(&[("secret", "x")]);
    let (folder, root) = tree(&[("in/file", "inside")]);
    symlink(outside.path().join("secret"), folder.path().join("absolute")).unwrap();
    symlink(outside.path(), folder.path().join("out")).unwrap();
    symlink("../../../../../../etc/passwd", folder.path().join("in/up")).unwrap();
    symlink("/proc/self/root/etc/passwd", folder.path().join("magic")).unwrap();
    for path in ["absolute", "out/secret", "in/up", "magic", "..", "in/../../x", "/etc/passwd"] {
        assert_eq!(root.read(path, 99), Err(ReadError::Outside), "{path}");
        assert_eq!(root.metadata(path), Err(ReadError::Outside), "{path}");
        assert_eq!(root.map(path).err(), Some(ReadError::Outside), "{path}");
        assert_eq!(root.write_atomic(path, b"y"), Err(WriteError::Outside), "{path}");
    }
    assert_eq!(std::fs::read(outside.path().join("secret")).unwrap(), b"x");
}

#[test]
fn links_that_stay_inside_are_followed() {
    let (folder, root) = tree(&[("in/file", "inside")]);
    symlink("file", folder.path().join("in/relative")).unwrap();
    symlink(folder.path().join("in/file"), folder.path().join("absolute")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    assert_eq!(root.read("in/relative", 99).unwrap(), b"inside");
    assert_eq!(root.read("absolute", 99).unwrap(), b"inside");
    assert_eq!(root.read("in/../in/file", 99).unwrap(), b"inside");
    assert_eq!(root.read("loop", 99), Err(ReadError::Loop));
}

#[test]
fn a_pipe_in_the_tree_stops_nobody() {
    let (folder, root) = tree(&[]);
    let pipe = folder.path().join("Cargo.lock");
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    );
    made.unwrap();
    assert_eq!(root.read("Cargo.lock", 99), Err(ReadError::NotAFile));
    symlink("Cargo.lock", folder.path().join("link")).unwrap();
    let walk = root.walk(&[]).unwrap();
    assert_eq!(paths(&walk), [""; 0]);
    assert_eq!(walk.links, [] as [Arc<str>; 0]);
    let left_out = |path: &str| LeftOut { path: path.to_owned(), why: Why::NoFile };
    assert_eq!(walk.left_out, [left_out("Cargo.lock"), left_out("link")]);
}

#[test]
fn what_may_not_be_read_is_said() {
    if rustix::process::geteuid().is_root() {
        eprintln!("not run: root may read everything; the recorded world's tests cover the rest");
        return;
    }
    let (folder, root) = tree(&[("closed/file", "x"), ("file", "x")]);
    for path in ["closed", "file"] {
        let mode = std::fs::Permissions::from_mode(0o000);
        std::fs::set_permissions(folder.path().join(path), mode).unwrap();
    }
    assert_eq!(root.read("file", 9), Err(ReadError::Denied));
    let walk = root.walk(&[]).unwrap();
    assert_eq!(walk.left_out, [LeftOut { path: "closed".to_owned(), why: Why::Denied }]);
    let mode = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(folder.path().join("closed"), mode).unwrap();
}

#[test]
fn maps_show_the_file_as_it_was() {
    let (_folder, root) = tree(&[("index", "old"), ("empty", "")]);
    let map = root.map("index").unwrap();
    root.write_atomic("index", b"a newer and longer one").unwrap();
    assert_eq!(&*map, b"old");
    assert_eq!(&*root.map("index").unwrap(), b"a newer and longer one");
    assert_eq!(&*root.map("empty").unwrap(), b"");
}

#[test]
fn a_replaced_file_keeps_its_mode_and_leaves_nothing_behind() {
    let (folder, root) = tree(&[("Cargo.toml", "old")]);
    let path = folder.path().join("Cargo.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("Cargo.toml", folder.path().join("link")).unwrap();
    root.write_atomic("link", b"new").unwrap();
    assert!(folder.path().join("link").is_symlink());
    assert_eq!(std::fs::read(&path).unwrap(), b"new");
    assert_eq!(root.metadata("Cargo.toml").unwrap().mode, 0o640);
    assert_eq!(paths(&root.walk(&[]).unwrap()), ["Cargo.toml"]);
}

#[test]
fn writing_new_never_replaces() {
    let (folder, root) = tree(&[("a", "old")]);
    assert_eq!(root.write_new("a", b"new"), Err(WriteError::Exists));
    assert_eq!(root.read("a", 9).unwrap(), b"old");
    root.write_new("b", b"new").unwrap();
    assert_eq!(root.read("b", 9).unwrap(), b"new");
    assert_eq!(root.write_new("no/folder", b"new"), Err(WriteError::Missing));
    assert_eq!(root.write_atomic("no/folder", b"new"), Err(WriteError::Missing));
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    assert_eq!(root.write_new("dangling", b"new"), Err(WriteError::Outside));
    root.remove("b").unwrap();
    assert_eq!(root.remove("b"), Err(WriteError::Missing));
}

#[test]
fn a_full_disk_is_called_full() {
    // `/dev/full` says what a full disk says; a link makes it look like a file of the tree.
    let machine = Root::machine(Arc::new(RealFiles));
    let error = std::fs::write("/dev/full", b"x").unwrap_err();
    assert_eq!(super::real::write_error(&error), WriteError::Full);
    assert_eq!(machine.write_new("/dev/full", b"x"), Err(WriteError::Exists));
}

#[test]
fn a_lock_has_one_holder_and_says_who() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lock");
    let lock = RealFiles.lock(&file, "process 7: holdfast up").unwrap();
    let second = RealFiles.lock(&file, "process 8");
    assert_eq!(second.err(), Some(LockError::Held("process 7: holdfast up".to_owned())));
    drop(lock);
    RealFiles.lock(&file, "8").unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), b"8");
}

#[test]
fn new_folders_are_ours_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("state/holdfast");
    RealFiles.make_folder(&data).unwrap();
    RealFiles.make_folder(&data).unwrap();
    let mode = std::fs::metadata(&data).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn the_walk_honours_ignore_files_outside_git_and_sees_hidden_files() {
    let (_folder, root) = tree(&[
        (".gitignore", "/target\n*.log\n!keep.log\n"),
        (".hidden/Cargo.lock", ""),
        (".git/config", ""),
        ("a/.git/HEAD", ""),
        ("a/.gitignore", "inner\n"),
        ("a/inner/Cargo.lock", ""),
        ("a/x.log", ""),
        ("keep.log", "12"),
        ("node_modules/x/package.json", ""),
        ("target/Cargo.lock", ""),
        ("x.log", ""),
    ]);
    let walk = root.walk(&[]).unwrap();
    assert_eq!(
        paths(&walk),
        [
            ".gitignore",
            ".hidden/Cargo.lock",
            // A repository inside: the rules outside say nothing about it.
            "a/.gitignore",
            "a/x.log",
            "keep.log",
            "node_modules/x/package.json",
        ]
    );
    assert_eq!(walk.files[4].size, 2);
    let excluded = root.walk(&["node_modules/".to_owned(), "/a".to_owned()]).unwrap();
    assert_eq!(paths(&excluded), [".gitignore", ".hidden/Cargo.lock", "keep.log"]);
}

#[test]
fn rules_above_the_root_hold_inside_a_repository_only() {
    let (folder, _) = tree(&[
        (".gitignore", "*.log\n"),
        ("repo/.gitignore", "*.tmp\n"),
        ("repo/sub/x.log", ""),
        ("repo/sub/x.tmp", ""),
    ]);
    let sub = || Root::open(Arc::new(RealFiles), &folder.path().join("repo/sub")).unwrap();
    assert_eq!(paths(&sub().walk(&[]).unwrap()), ["x.log", "x.tmp"]);
    std::fs::create_dir(folder.path().join("repo/.git")).unwrap();
    assert_eq!(paths(&sub().walk(&[]).unwrap()), ["x.log"]);
}

#[test]
fn what_cannot_be_looked_at_is_named() {
    let (folder, root) = tree(&[("a", "")]);
    let broken = OsStr::from_bytes(b"caf\xe9");
    std::fs::create_dir(folder.path().join(broken)).unwrap();
    std::fs::write(folder.path().join(broken).join("Cargo.lock"), "").unwrap();
    symlink("/etc", folder.path().join("outside")).unwrap();
    symlink("a", folder.path().join("inside")).unwrap();
    symlink("nowhere", folder.path().join("dangling")).unwrap();
    let walk = root.walk(&[]).unwrap();
    assert_eq!(paths(&walk), ["a"]);
    let left_out = |path: &str, why| LeftOut { path: path.to_owned(), why };
    assert_eq!(
        walk.left_out,
        [left_out("caf\u{fffd}", Why::NotUtf8), left_out("outside", Why::LinkOutside)]
    );
}

#[test]
fn a_large_tree_is_cut_at_the_same_place_each_time() {
    let (_folder, root) = tree(&[("a/1", ""), ("a/2", ""), ("b", ""), ("c/3", "")]);
    let cut = walk::walk(&RealFiles, root.path(), &[], 3).unwrap();
    assert!(cut.truncated);
    assert_eq!(paths(&cut), ["a/1", "a/2", "b"]);
    let whole = walk::walk(&RealFiles, root.path(), &[], 4).unwrap();
    assert!(!whole.truncated);
    assert_eq!(whole.files.len(), 4);
}

#[test]
fn lines_that_ignore_nothing_are_problems_with_places() {
    let (_folder, root) = tree(&[("sub/.gitignore", "ok\na[z-a]\n"), ("sub/ok", "")]);
    let walk = root.walk(&["b[z-a]".to_owned()]).unwrap();
    assert_eq!(paths(&walk), ["sub/.gitignore"]);
    assert_eq!(walk.problems.len(), 2);
    assert_eq!(walk.problems[0].code, "bad-exclusion");
    assert_eq!(walk.problems[1].code, "bad-ignore-line");
    let place = walk.problems[1].place.as_ref().unwrap();
    assert_eq!(place.to_string(), "sub/.gitignore:2:1");
}

#[test]
fn a_folder_that_is_none_is_no_root() {
    let (folder, _) = tree(&[("a", "")]);
    let open = |path: &str| Root::open(Arc::new(RealFiles), &folder.path().join(path)).err();
    assert_eq!(open("a"), Some(ReadError::NotAFile));
    assert_eq!(open("b"), Some(ReadError::Missing));
}

/// The walk of the `ignore` crate, which ripgrep uses, set to the same rules.
fn walk_of_ripgrep(root: &Path, git: bool) -> Vec<String> {
    let mut builder = ignore::WalkBuilder::new(root);
    builder.hidden(false).ignore(false).git_global(false).git_exclude(false).parents(false);
    builder.require_git(git).filter_entry(|entry| entry.file_name() != ".git");
    let files = builder.build().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let name = |entry: ignore::DirEntry| {
        entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned()
    };
    let mut names: Vec<String> = files.map(name).collect();
    names.sort();
    names
}

prop_compose! {
    /// Few names and many rules, so that rules meet names.
    fn some_tree()(
        files in prop::collection::btree_set("([abc]{1,2}/){0,3}[abc]{1,2}", 1..20),
        rules in prop::collection::btree_map("([abc]{1,2}/){0,2}", rules(), 0..4),
        git: bool,
    ) -> (std::collections::BTreeMap<String, String>, bool) {
        let folder = |path: &str| files.iter().any(|file| file.starts_with(&format!("{path}/")));
        let mut tree: std::collections::BTreeMap<String, String> = files
            .iter()
            // A name cannot be a file and a folder at once.
            .filter(|path| !folder(path))
            .map(|path| (path.clone(), String::new()))
            .collect();
        for (place, rules) in rules {
            let free = place.is_empty() || files.iter().any(|file| file.starts_with(&place));
            if free {
                tree.insert(format!("{place}.gitignore"), rules);
            }
        }
        (tree, git)
    }
}

fn rules() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "!?/?[abc*?]{1,2}/?",
        "!?[abc]{1,2}/[abc*]{1,2}",
        "!?\\*\\*/[abc]{1,2}",
        "[abc]{1,2}/\\*\\*",
        "#[abc]",
    ];
    prop::collection::vec(line, 0..4).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// One walk, three worlds: ours on the machine, ours in memory, and ripgrep's.
    #[test]
    fn the_walk_finds_what_others_find((tree, git) in some_tree()) {
        let folder = tempfile::tempdir().unwrap();
        let mut recorded = Recorded::new().folder("/r");
        for (path, text) in &tree {
            put(folder.path(), path, text);
            recorded = recorded.file(format!("/r/{path}"), text.as_str());
        }
        if git {
            std::fs::create_dir(folder.path().join(".git")).unwrap();
            recorded = recorded.folder("/r/.git");
        }
        let root = Root::open(Arc::new(RealFiles), folder.path()).unwrap();
        let real = root.walk(&[]).unwrap();
        let twin = World::recorded(recorded).root(Path::new("/r")).unwrap().walk(&[]).unwrap();
        prop_assert_eq!(&real, &twin);
        prop_assert_eq!(paths(&real), walk_of_ripgrep(root.path(), git));
    }
}
