//! What the program says that goes along to other hosts is what the script says: the same answers to the
//! same questions, over trees at random and over this machine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test ends where something is not as it should be, and runs a shell"
)]

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use holdfast_engine::collect::{LIMIT, collect};
use holdfast_model::{Fact, Resource};
use holdfast_sense::host::{Asked, collect as facts_of};
use holdfast_sense::remote::{Along, Carried, FILE_LIMIT, Fallback, OUTPUT_LIMIT, Request, Told};
use holdfast_sense::{Answer, Need};
use holdfast_world::World;
use proptest::prelude::*;

const MARK: &str = "4f1e7a0cb2d94c53a86f";

/// What the program says.
fn by_program(request: &Request) -> Told {
    let world = World::real().unwrap();
    let orders = request.orders(MARK).line().unwrap();
    let mut stream = Vec::new();
    let heard = collect(&world, orders.as_bytes(), &mut |bytes| {
        stream.extend_from_slice(bytes);
        true
    });
    assert_eq!(heard, Ok(true));
    complete(request, &stream)
}

/// What the script says.
fn by_script(request: &Request) -> Told {
    let stream = shell(&[], request.script(MARK).into_bytes());
    complete(request, &stream)
}

/// What a shell says to its input.
fn shell(arguments: &[&str], text: Vec<u8>) -> Vec<u8> {
    let mut child = Command::new("sh")
        .args(arguments)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&text));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    output.stdout
}

fn complete(request: &Request, stream: &[u8]) -> Told {
    let told = request.read(MARK, stream);
    assert!(told.complete, "{}", String::from_utf8_lossy(stream));
    assert_eq!(told.fallback, None);
    told
}

/// Both say the same of everything that either was asked and that the program told. A shell's wildcards
/// find more than is meant, so that the script also looks at what nobody asked about.
#[track_caller]
fn same(asked: &[Need], request: &Request) {
    let (program, script) = (by_program(request), by_script(request));
    assert_eq!(program.uid, script.uid);
    for need in asked {
        assert_eq!(program.answer(need).map(quiet), script.answer(need).map(quiet), "{need:?}");
    }
    let mut count = 0;
    for (need, answer) in program.answers() {
        assert_eq!(Some(quiet(answer.clone())), script.answer(need).map(quiet), "{need:?}");
        count += 1;
    }
    assert!(count * 2 > asked.len(), "{count} answers to {} questions", asked.len());
    // What one list shows to be missing is not there for the other.
    for (need, answer) in script.answers() {
        let other = program.answer(need);
        let equal = other.clone().map(quiet) == Some(quiet(answer.clone()));
        assert!(other.is_none() || equal, "{need:?}: {other:?}");
    }
}

/// A shell may say of a program that a signal ended it; nobody else does.
fn quiet(answer: Answer) -> Answer {
    match answer {
        Answer::Output { status: None, stdout, .. } => {
            Answer::Output { status: None, stdout, stderr: Arc::from([]) }
        }
        other => other,
    }
}

const NAMES: &[&str] = &[
    "a",
    "b.conf",
    "c d",
    "'q'",
    "-n",
    "*",
    "[a]",
    ".hidden",
    ".conf",
    "é",
    "line\nbreak",
    ".git",
];
const PATTERNS: &[&str] =
    &["*", "*.conf", "?", ".*", "*/*", "a*", "*[a]*", "*/a", "a/*", "*/*.conf"];
const TARGETS: &[&str] = &["a", "../a", "b.conf", "nowhere", "./c d", "./../a/.", "-n", "."];

/// One byte more of complaints than is taken; a shell drops zeros.
const COMPLAINS: &str = "printf said; head -c 1048577 /dev/zero | tr '\\0' x >&2";

/// One step of growing a tree: which folder, which name, what stands there.
type Step = (usize, usize, u8, usize, Vec<u8>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..60);
    prop::collection::vec((any::<usize>(), any::<usize>(), 0..6_u8, any::<usize>(), bytes), 1..30)
}

fn pick<T: Copy>(list: &[T], at: usize) -> T {
    list[at % list.len()]
}

fn grow(root: &Path, steps: &[Step]) -> Vec<PathBuf> {
    let (mut paths, mut folders) = (vec![root.to_owned()], vec![root.to_owned()]);
    for (folder, name, kind, choice, bytes) in steps {
        let path = folders[folder % folders.len()].join(pick(NAMES, *name));
        if fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        match kind {
            0 | 1 => {
                fs::create_dir(&path).unwrap();
                folders.push(path.clone());
            }
            2 => symlink(pick(TARGETS, *choice), &path).unwrap(),
            3 => symlink(root.join(pick(TARGETS, *choice)), &path).unwrap(),
            _ => {
                fs::write(&path, bytes).unwrap();
                let mode = pick(&[0o644, 0o600, 0o4755, 0o2711, 0o1777, 0o6644, 0], *choice);
                fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            }
        }
        paths.push(path);
    }
    fs::write(root.join(OsStr::from_bytes(b"no\xFFtext")), "x").unwrap();
    paths
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_tree_is_told_as_the_script_tells_it(steps in steps(), bits in any::<u64>()) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let mut request = Request::default();
        let mut asked = Vec::new();
        for (at, path) in grow(&root, &steps).iter().enumerate() {
            let bit = |which: usize| bits.rotate_right(u32::try_from(at * 5 + which).unwrap()) & 1 == 1;
            let text = path.to_str().unwrap();
            for text in [text.to_owned(), format!("{text}/no"), format!("{text}/a")] {
                let path: Arc<str> = text.into();
                asked.push((Need::Stat(Arc::clone(&path)), Along { stat: false, read: bit(0) }));
                if bit(1) {
                    asked.push((Need::File(path), Along::default()));
                }
            }
            let pattern = format!("{text}/{}", pick(PATTERNS, at + usize::from(bit(2))));
            asked.push((Need::Glob(pattern.into()), Along { stat: bit(3), read: bit(4) }));
        }
        for (need, along) in &asked {
            request.add(need.clone(), *along);
        }
        let mut asked: Vec<Need> = asked.into_iter().map(|(need, _)| need).collect();
        asked.sort();
        asked.dedup();
        same(&asked, &request);
    }
}

#[test]
fn bounds_links_and_programs_are_told_as_the_script_tells_them() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
    symlink("round", path("round")).unwrap();
    // One link more than is followed, and just as many.
    fs::write(path("link0"), "end").unwrap();
    for number in 1..=10 {
        symlink(format!("link{}", number - 1), path(&format!("link{number}"))).unwrap();
    }
    for (name, length) in [("full", FILE_LIMIT), ("larger", FILE_LIMIT + 1)] {
        fs::File::create(path(name)).unwrap().set_len(length as u64).unwrap();
    }
    fs::create_dir(path("many")).unwrap();
    for number in 0..2_100 {
        fs::write(path(&format!("many/{number}")), "").unwrap();
    }
    let words = |words: &[&str]| Need::Command(words.iter().map(|word| Arc::from(*word)).collect());
    let script = "printf 'out\\0\\n'; echo \"$LC_ALL$PATH$HOME\" >&2; cat; exit 3";
    let mut asked = vec![
        Need::File(path("round").into()),
        Need::File(path("full").into()),
        Need::File(path("larger").into()),
        Need::File("/proc/version".into()),
        Need::File("/dev/null".into()),
        Need::File(path("").into()),
        Need::Glob(path("many/*").into()),
        Need::Glob(path("round/*").into()),
        Need::Glob(path("nowhere/*/x").into()),
        Need::Glob(path("*").into()),
        words(&["sh", "-c", script]),
        words(&["sh", "-c", "kill -9 $$"]),
        words(&["no-such-program-here"]),
        words(&["/etc/passwd"]),
        words(&["/no/such"]),
        // As much as is taken, and one byte more, of either output.
        words(&["head", "-c", &OUTPUT_LIMIT.to_string(), "/dev/zero"]),
        words(&["head", "-c", &(OUTPUT_LIMIT + 1).to_string(), "/dev/zero"]),
        words(&["sh", "-c", COMPLAINS]),
        // Where the first process lies not everybody may know.
        Need::Stat("/proc/1/exe".into()),
        Need::Glob("/proc/1/ex?".into()),
    ];
    asked.extend((0..=10).map(|number| Need::Stat(path(&format!("link{number}")).into())));
    let mut request = Request::default();
    for need in &asked {
        // What is told of two thousand files is told of one.
        let each = *need != asked[6];
        request.add(need.clone(), Along { stat: each, read: each });
    }
    same(&asked, &request);
    let told = by_program(&request);
    assert!(
        matches!(told.answer(&asked[1]), Some(Answer::Bytes(bytes)) if bytes.len() == FILE_LIMIT)
    );
    assert!(matches!(told.answer(&asked[2]), Some(Answer::Unreadable(_))));
    assert!(matches!(told.answer(&asked[6]), Some(Answer::Unreadable(_))));
    let Some(Answer::Output { stdout, .. }) = told.answer(&asked[15]) else {
        panic!("what is just as much is told");
    };
    assert_eq!(stdout.len(), OUTPUT_LIMIT);
    for number in [16, 17] {
        let Some(Answer::Unreadable(why)) = told.answer(&asked[number]) else { panic!("{number}") };
        assert!(why.contains("it said more than 1048576 bytes"), "{why}");
    }
    assert!(matches!(told.answer(&asked[18]), Some(Answer::Stat(_))));
}

/// `true` is a program, ends well and says nothing: nobody takes that for a look.
#[test]
fn where_the_program_says_nothing_the_script_looks() {
    let need = Need::File("/proc/version".into());
    let mut request = Request::default();
    request.add(need.clone(), Along::default());
    let carried = Carried::new(fs::read("/bin/true").unwrap().into()).unwrap();
    let script = request.script_with(MARK, &carried);
    let whole = format!("eval \"$(dd bs=1 count={} 2>/dev/null)\"", script.len());
    let input = [script.as_bytes(), &carried.bytes()[..]].concat();
    let told = request.read(MARK, &shell(&["-c", &whole], input));
    assert!(told.complete);
    assert_eq!(told.fallback, Some(Fallback::Run));
    let answer = told.answer(&need);
    assert!(matches!(answer, Some(Answer::Bytes(_))), "{answer:?}");
    assert_eq!(answer, by_script(&request).answer(&need));
}

#[test]
fn the_facts_of_this_machine_are_the_same() {
    let file = |path: &str| Resource::File { path: path.into() };
    let resources = [
        Resource::Sysctl { key: "kernel.ostype".into() },
        Resource::Sysctl { key: "kernel.no_such".into() },
        file("/etc/passwd"),
        file("/etc/mtab"),
        file("/bin/sh"),
        file("/no/such"),
        Resource::Sshd { option: "PermitRootLogin".into() },
        Resource::Pam { service: "login".into(), module: "pam_unix.so".into() },
        Resource::Service { unit: "cron.service".into() },
    ];
    let asked = Asked { resources: &resources, running: true };
    let request = Request::first(&asked);
    let facts = |told: &Told| -> Vec<Fact> {
        let mut facts = facts_of(&asked, &mut |need| told.answer(need).unwrap_or(Answer::Missing));
        // Sockets come and go.
        facts.retain(|fact| !matches!(fact, Fact::Port(_)));
        facts
    };
    let (program, script) = (facts(&by_program(&request)), facts(&by_script(&request)));
    assert!(!program.is_empty());
    assert_eq!(program, script);
}

#[test]
fn what_is_no_question_is_refused() {
    let world = World::real().unwrap();
    let long = " ".repeat(LIMIT + 1);
    for bad in ["", "{", "{\"schema\":\"other\",\"mark\":\"a\",\"questions\":[]}", &long] {
        let problem =
            collect(&world, bad.as_bytes(), &mut |_| panic!("something was said")).unwrap_err();
        assert_eq!(problem.code, "collect-orders", "{problem}");
        assert!(!problem.help.is_empty());
    }
}
