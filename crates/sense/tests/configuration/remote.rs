//! The script for hosts far away, run by real shells: what it tells is what is there, need by need.

#![expect(clippy::disallowed_methods, reason = "tests run shells, and look at files themselves")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use holdfast_model::{Dialect, Fact, Resource};
use holdfast_sense::host::{Asked, collect};
use holdfast_sense::remote::{Along, FILE_LIMIT, Request, Told};
use holdfast_sense::{Answer, FileStat, FileType, Need};

use crate::dice::Dice;

pub(crate) const MARK: &str = "4f1e7a0cb2d94c53a86f";
const CASES: u64 = 24;

/// The shells of this machine, each as the words that start it.
pub(crate) fn shells() -> Vec<Vec<&'static str>> {
    let all = [vec!["dash"], vec!["bash", "--posix"], vec!["busybox", "sh"], vec!["mksh"]];
    let there = |words: &Vec<&str>| {
        let mut probe = Command::new(words[0]);
        probe.args(&words[1..]).args(["-c", "exit 0"]);
        probe.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    let (found, without): (Vec<_>, Vec<_>) = all.into_iter().partition(there);
    for words in without {
        println!("not tested: `{}` is not installed", words[0]);
    }
    assert!(!found.is_empty(), "no shell to test with");
    found
}

pub(crate) fn run(shell: &[&str], user: Option<u32>, script: &str) -> Vec<u8> {
    let mut command = Command::new(shell[0]);
    command
        .args(&shell[1..])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text = script.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && complaint.is_empty(), "{shell:?}: {complaint}");
    output.stdout
}

pub(crate) fn ask(shell: &[&str], request: &Request) -> Told {
    let stream = run(shell, None, &request.script(MARK));
    let told = request.read(MARK, &stream);
    assert!(told.complete, "{shell:?} left {:?}", String::from_utf8_lossy(&stream));
    told
}

/// What is there, by looking.
pub(crate) fn local(need: &Need) -> Answer {
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound
        | std::io::ErrorKind::NotADirectory
        | std::io::ErrorKind::InvalidFilename => Answer::Missing,
        std::io::ErrorKind::PermissionDenied => Answer::Denied,
        _ => Answer::Unreadable("".into()),
    };
    match need {
        Need::File(path) => match fs::metadata(&**path) {
            Ok(found) if !found.is_file() => Answer::Unreadable("".into()),
            Ok(_) => match fs::read(&**path) {
                Ok(bytes) if bytes.len() > FILE_LIMIT => Answer::Unreadable("".into()),
                Ok(bytes) => Answer::Bytes(bytes.into()),
                Err(error) => refused(error),
            },
            Err(error) => refused(error),
        },
        Need::Stat(path) => match fs::symlink_metadata(&**path) {
            Ok(found) => {
                let kind = match found.file_type() {
                    kind if kind.is_file() => FileType::File,
                    kind if kind.is_dir() => FileType::Folder,
                    kind if kind.is_symlink() => FileType::Link,
                    _ => FileType::Other,
                };
                let link = fs::read_link(&**path).ok();
                let link = link.and_then(|link| Some(link.to_str()?.into()));
                let (uid, gid, mode) = (found.uid(), found.gid(), found.mode() & 0o7777);
                Answer::Stat(FileStat { uid, gid, mode, kind, link })
            }
            Err(error) => refused(error),
        },
        Need::Glob(pattern) => {
            let segments: Vec<&str> = pattern.split('/').filter(|s| !s.is_empty()).collect();
            let mut found = BTreeSet::new();
            below(Path::new("/"), &segments, &mut found);
            Answer::Paths(found.into_iter().collect())
        }
        Need::Sieved(path, sieve) => sieve.through(local(&Need::File(path.clone()))),
        other => panic!("{other:?} is not looked at here"),
    }
}

fn below(folder: &Path, segments: &[&str], found: &mut BTreeSet<Arc<str>>) {
    let Some((segment, rest)) = segments.split_first() else {
        if folder.is_file() {
            found.insert(folder.to_str().unwrap().into());
        }
        return;
    };
    if !segment.contains(['*', '?']) {
        if *segment != ".git" {
            below(&folder.join(segment), rest, found);
        }
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let name = entry.unwrap().file_name();
        let Some(name) = name.to_str().filter(|name| *name != ".git") else { continue };
        let signs: Vec<char> = segment.chars().collect();
        if plainly(&signs, &name.chars().collect::<Vec<_>>()) {
            below(&folder.join(name), rest, found);
        }
    }
}

/// The definition, as slow and plain as it can be said.
fn plainly(pattern: &[char], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => (0..=name.len()).any(|skip| plainly(rest, &name[skip..])),
        Some((sign, rest)) => name
            .split_first()
            .is_some_and(|(here, name)| (*sign == '?' || sign == here) && plainly(rest, name)),
    }
}

/// Reasons are in other words.
pub(crate) fn without_reason(answer: Answer) -> Answer {
    match answer {
        Answer::Unreadable(_) => Answer::Unreadable("".into()),
        other => other,
    }
}

const NAMES: &[&str] = &[
    "a",
    "b.conf",
    "c d",
    "'quoted'",
    "\"",
    "-n",
    "$(touch x)",
    "`id`",
    "*",
    "*.conf",
    "[a]",
    "?",
    "\\",
    ".hidden",
    ".conf",
    "..conf",
    "é",
    "line\nbreak",
    "tail\n",
    ".git",
    "#",
    "a;b&",
];
const PATTERNS: &[&str] =
    &["*", "*.conf", "?", "??", ".*", "*/*", "a*", "*[a]*", "*/a", "a/*", "'*", "*/*.conf", "**x"];
const TARGETS: &[&str] =
    &["a", "../a", "b.conf", "nowhere", "./c d", "./../a/.", "-n", "line\nbreak", ".", "tail\n"];

/// A tree at random, and the paths in it.
fn grow(dice: &mut Dice, root: &Path) -> Vec<PathBuf> {
    let mut paths = vec![root.to_owned()];
    let mut folders = vec![root.to_owned()];
    for _ in 0..28 {
        let path = folders[dice.roll(folders.len())].join(dice.pick(NAMES));
        if fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        match dice.roll(6) {
            0 | 1 if folders.len() < 6 => {
                fs::create_dir(&path).unwrap();
                folders.push(path.clone());
            }
            2 | 3 => {
                let target = dice.pick(TARGETS);
                let target = match dice.roll(3) {
                    0 => root.join(target),
                    _ => PathBuf::from(target),
                };
                symlink(target, &path).unwrap();
            }
            _ => {
                let pieces: Vec<Vec<u8>> = vec![
                    b"\n".to_vec(),
                    vec![0, 1, 2, 0xFF],
                    format!("\n{MARK} = 0\n").replace(MARK, MARK.get(1..).unwrap()).into_bytes(),
                    b"text".to_vec(),
                    (0..dice.roll(9000)).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect(),
                ];
                let bytes: Vec<u8> =
                    (0..dice.roll(4)).flat_map(|_| pieces[dice.roll(5)].clone()).collect();
                fs::write(&path, bytes).unwrap();
                let modes = [0o644, 0o600, 0o4755, 0o2711, 0o1777, 0o6644, 0o755, 0];
                let mode = fs::Permissions::from_mode(modes[dice.roll(modes.len())]);
                fs::set_permissions(&path, mode).unwrap();
            }
        }
        paths.push(path);
    }
    fs::write(root.join(OsStr::from_bytes(b"no\xFFtext")), "x").unwrap();
    paths
}

#[test]
fn any_tree_is_told_as_it_is() {
    let shells = shells();
    for case in 0..CASES {
        let mut dice = Dice::new(case);
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let mut request = Request::default();
        let paths = grow(&mut dice, &root);
        for path in &paths {
            let text = path.to_str().unwrap();
            for text in [text.to_owned(), format!("{text}/no"), format!("{text}/a")] {
                let read = dice.once_in(2);
                request.add(Need::Stat(text.as_str().into()), Along { stat: false, read });
                if dice.once_in(2) {
                    request.add(Need::File(text.as_str().into()), Along::default());
                }
            }
            let pattern = format!("{text}/{}", dice.pick(PATTERNS));
            let (stat, read) = (dice.once_in(2), dice.once_in(2));
            // What a path has in it as wildcards would be wildcards.
            request.add(Need::Glob(pattern.as_str().into()), Along { stat, read });
        }
        for shell in &shells {
            let told = ask(shell, &request);
            let mut count = 0;
            for (need, answer) in told.answers() {
                let (answer, wanted) = (without_reason(answer.clone()), local(need));
                assert_eq!(answer, wanted, "case {case}, {shell:?}: {need:?}");
                count += 1;
            }
            assert!(count > 50, "{count}");
            // What it says of what nobody asked is true, too.
            for path in &paths {
                for name in NAMES.iter().chain(&["gone"]) {
                    let need = Need::Stat(path.join(name).to_str().unwrap().into());
                    if let Some(answer) = told.answer(&need).map(without_reason) {
                        assert_eq!(answer, local(&need), "case {case}, {shell:?}: {need:?}");
                    }
                }
            }
        }
    }
}

/// Somebody who is not root and owns nothing.
const NOBODY: u32 = 65_534;

/// Folders that may be listed, entered, both or neither.
fn half_closed(root: &Path) {
    let path = |name: &str| root.join(name);
    fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["closed", "listed", "entered", "open"] {
        fs::create_dir(path(name)).unwrap();
        fs::write(path(&format!("{name}/x.conf")), "x").unwrap();
        fs::create_dir(path(&format!("{name}/sub"))).unwrap();
    }
    fs::write(path("open/secret"), "x").unwrap();
    fs::set_permissions(path("open/secret"), fs::Permissions::from_mode(0o0)).unwrap();
    symlink(path("closed/x.conf"), path("open/into")).unwrap();
    symlink("round", path("open/round")).unwrap();
    for (name, mode) in [("closed", 0), ("listed", 0o444), ("entered", 0o111)] {
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

#[test]
fn what_may_not_be_seen_is_denied_and_never_missing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
    half_closed(&root);
    let is_root = fs::metadata(&root).unwrap().uid() == 0;
    let user = is_root.then_some(NOBODY);
    let file = |name: &str| Need::File(path(name).into());
    let stat = |name: &str| Need::Stat(path(name).into());
    let glob = |name: &str| Need::Glob(path(name).into());
    let none = || Answer::Paths(Vec::new());
    let x = || Answer::Bytes(b"x".as_slice().into());
    let cases = [
        (file("closed/x.conf"), Answer::Denied),
        (file("closed/no"), Answer::Denied),
        (file("closed/no/deeper"), Answer::Denied),
        (stat("closed/x.conf"), Answer::Denied),
        (file("listed/x.conf"), Answer::Denied),
        (file("entered/x.conf"), x()),
        (file("entered/no"), Answer::Missing),
        (file("open/secret"), Answer::Denied),
        (file("open/into"), Answer::Denied),
        (file("open/round"), Answer::Unreadable("".into())),
        (file("open/no"), Answer::Missing),
        (file("open/x.conf/no"), Answer::Missing),
        (glob("closed/*.conf"), Answer::Denied),
        (glob("closed/no/*.conf"), Answer::Denied),
        (glob("entered/*.conf"), Answer::Denied),
        (glob("listed/*.conf"), none()),
        (glob("listed/*/*.conf"), Answer::Denied),
        (glob("*/sub/*.conf"), Answer::Denied),
        (glob("open/no/*"), none()),
        (glob("open/*.conf"), Answer::Paths(vec![path("open/x.conf").into()])),
    ];
    let mut request = Request::default();
    for (need, _) in &cases {
        request.add(need.clone(), Along { stat: true, read: true });
    }
    for shell in shells() {
        let told = request.read(MARK, &run(&shell, user, &request.script(MARK)));
        assert!(told.uid.is_some_and(|uid| uid != 0), "{shell:?}");
        for (need, wanted) in &cases {
            let answer = told.answer(need).map(without_reason);
            assert_eq!(answer.as_ref(), Some(wanted), "{shell:?}: {need:?}");
        }
        // A folder that may not be listed shows nothing to be missing.
        assert_eq!(told.answer(&stat("entered/other.conf")), None);
        assert_eq!(told.answer(&stat("listed/other.conf")), None);
    }
    for name in ["closed", "listed", "entered"] {
        fs::set_permissions(path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn programs_are_asked_without_input_and_with_a_clean_environment() {
    let words = |words: &[&str]| Need::Command(words.iter().map(|word| Arc::from(*word)).collect());
    let script =
        "printf 'out\\0\\n'; echo err >&2; cat; echo \"$LC_ALL$HOLDFAST_TEST\" >&2; exit 3";
    let needs = [
        words(&["sh", "-c", script]),
        words(&["no-such-program-here"]),
        words(&["/etc/passwd"]),
        words(&["printf", "%s|", "a b", "'", "$(id)", ""]),
        words(&["sh", "-c", "kill -9 $$"]),
    ];
    let mut request = Request::default();
    for need in &needs {
        request.add(need.clone(), Along::default());
    }
    let output = |status, stdout: &[u8], stderr: &[u8]| {
        Some(Answer::Output { status, stdout: stdout.into(), stderr: stderr.into() })
    };
    for shell in shells() {
        let told = ask(&shell, &request);
        assert_eq!(told.answer(&needs[0]), output(Some(3), b"out\0\n", b"err\nC\n"), "{shell:?}");
        assert_eq!(told.answer(&needs[1]), Some(Answer::Missing), "{shell:?}");
        assert_eq!(told.answer(&needs[2]), Some(Answer::Denied), "{shell:?}");
        assert_eq!(told.answer(&needs[3]), output(Some(0), b"a b|'|$(id)||", b""), "{shell:?}");
        let Some(Answer::Output { status: None, .. }) = told.answer(&needs[4]) else {
            panic!("{shell:?}: {:?}", told.answer(&needs[4]));
        };
    }
}

fn resources() -> Vec<Resource> {
    let mut all = vec![
        Resource::Sysctl { key: "kernel.ostype".into() },
        Resource::Sysctl { key: "fs.suid_dumpable".into() },
        Resource::Sysctl { key: "kernel.no_such".into() },
        Resource::File { path: "/etc/passwd".into() },
        Resource::File { path: "/etc/mtab".into() },
        Resource::File { path: "/bin/sh".into() },
        Resource::File { path: "/no/such".into() },
        Resource::Sshd { option: "PermitRootLogin".into() },
        Resource::Ssh { option: "ForwardAgent".into() },
        Resource::Pam { service: "login".into(), module: "pam_unix.so".into() },
        Resource::Package { name: "dash".into() },
        Resource::Service { unit: "ssh.service".into() },
        Resource::Service { unit: "cron.service".into() },
        Resource::Service { unit: "apt-daily-upgrade.timer".into() },
        Resource::Suite { purpose: "security".into() },
        Resource::Key { dialect: Dialect::LoginDefs, key: "UMASK".into() },
    ];
    let keys = [
        (Dialect::Sudoers, "use_pty"),
        (Dialect::Limits, "* hard core"),
        (Dialect::Apt, "APT::Periodic::Unattended-Upgrade"),
    ];
    all.extend(keys.map(|(dialect, key)| Resource::Key { dialect, key: key.into() }));
    all
}

#[test]
fn this_machine_is_told_in_one_go_as_it_is_seen_from_inside() {
    let resources = resources();
    let asked = Asked { resources: &resources, running: true };
    let request = Request::first(&asked);
    let facts = |answer: &mut dyn FnMut(&Need) -> Answer| -> Vec<Fact> {
        let mut facts = collect(&asked, answer);
        // Sockets come and go.
        facts.retain(|fact| !matches!(fact, Fact::Port(_)));
        facts
    };
    for shell in shells() {
        let mut told = ask(&shell, &request);
        let mut open = Vec::new();
        let mut answer = |need: &Need| {
            told.answer(need).unwrap_or_else(|| {
                open.push(need.clone());
                local_or_told(need, &told)
            })
        };
        let remote = facts(&mut answer);
        let inside = facts(&mut |need| local_or_told(need, &told));
        assert_eq!(remote, inside, "{shell:?}");
        println!("{shell:?}: still open after one go: {open:?}");
        assert!(open.len() < 40, "{open:?}");
        let second = Request::more(open);
        if !second.is_empty() {
            told.add(ask(&shell, &second));
        }
        let mut still = Vec::new();
        facts(&mut |need| {
            told.answer(need).unwrap_or_else(|| {
                still.push(need.clone());
                Answer::Missing
            })
        });
        assert!(still.is_empty(), "{still:?}");
    }
}

fn local_or_told(need: &Need, told: &Told) -> Answer {
    match need {
        Need::Command(_) | Need::Part { .. } => told.answer(need).unwrap_or(Answer::Missing),
        // The kernel says how fast the processors are just now.
        Need::File(path) if &**path == "/proc/cpuinfo" => {
            told.answer(need).unwrap_or(Answer::Missing)
        }
        _ => local(need),
    }
}
