//! The recorded world keeps the promises of the real one.

use proptest::prelude::*;

use super::*;
use crate::{
    Arm, Command, LeftOut, LockError, ReadError, RunError, Stream, TreeKind, Why, WriteError,
};
use std::time::Duration;

fn root(recorded: Recorded) -> crate::Root {
    World::recorded(recorded.folder("/r")).root(Path::new("/r")).unwrap()
}

#[test]
fn refusals_are_kept() {
    let root = root(
        Recorded::new()
            .file("/r/a", "1234")
            .denied("/r/secret")
            .file("/r/closed/x", "")
            .denied_folder("/r/closed")
            .file("/r/mount/x", "")
            .mounted("/r/mount")
            .link("/r/out", "/etc"),
    );
    assert_eq!(root.read("secret", 9), Err(ReadError::Denied));
    assert_eq!(root.read("closed/x", 9), Err(ReadError::Denied));
    assert_eq!(root.read("a", 3), Err(ReadError::TooLarge { size: 4 }));
    assert_eq!(root.read("closed", 9), Err(ReadError::Denied));
    assert_eq!(root.read("", 9), Err(ReadError::NotAFile));
    assert_eq!(root.read("none", 9), Err(ReadError::Missing));
    let walk = root.walk(&[]).unwrap();
    let paths: Vec<&str> = walk.files.iter().map(|file| &*file.path).collect();
    assert_eq!(paths, ["a", "secret"]);
    let left_out = |path: &str, why| LeftOut { path: path.to_owned(), why };
    assert_eq!(
        walk.left_out,
        [
            left_out("closed", Why::Denied),
            left_out("mount", Why::OtherFileSystem),
            left_out("out", Why::LinkOutside),
        ]
    );
}

#[test]
fn links_are_followed_inside_and_nowhere_else() {
    let root = root(
        Recorded::new()
            .file("/r/in/file", "inside")
            .file("/etc/passwd", "outside")
            .link("/r/in/relative", "file")
            .link("/r/absolute", "/r/in/file")
            .link("/r/out", "/etc/passwd")
            .link("/r/in/up", "../../etc/passwd")
            .link("/r/loop", "loop"),
    );
    assert_eq!(root.read("in/relative", 99).unwrap(), b"inside");
    assert_eq!(root.read("absolute", 99).unwrap(), b"inside");
    for path in ["out", "in/up", "..", "../etc/passwd", "/etc/passwd"] {
        assert_eq!(root.read(path, 99), Err(ReadError::Outside), "{path}");
        assert_eq!(root.write_atomic(path, b"x"), Err(WriteError::Outside), "{path}");
    }
    assert_eq!(root.read("loop", 99), Err(ReadError::Loop));
}

#[test]
fn writing_is_as_on_the_machine() {
    let root = root(Recorded::new().file("/r/a", "old"));
    assert_eq!(root.write_new("a", b"new"), Err(WriteError::Exists));
    root.write_atomic("a", b"new").unwrap();
    root.write_new("b", b"b").unwrap();
    assert_eq!(root.read("a", 9).unwrap(), b"new");
    assert_eq!(root.write_new("no/folder", b"x"), Err(WriteError::Missing));
    root.remove("b").unwrap();
    assert_eq!(root.remove("b"), Err(WriteError::Missing));
}

#[test]
fn locks_end_with_their_holder() {
    let world = World::recorded(Recorded::new());
    let file = Path::new("/data/lock");
    let missing = world.files.lock(file, "1").err();
    assert_eq!(missing, Some(LockError::Write(WriteError::Missing)));
    world.files.make_folder(Path::new("/data")).unwrap();
    let held = world.files.lock(file, "1").unwrap();
    assert_eq!(world.files.lock(file, "2").err(), Some(LockError::Held("1".to_owned())));
    drop(held);
    assert!(world.files.lock(file, "2").is_ok());
}

#[test]
fn programs_answer_as_recorded_and_write_what_they_wrote() {
    let output = |text: &str| Output {
        status: Some(0),
        stdout: text.as_bytes().to_vec(),
        ..Output::default()
    };
    let world = World::recorded(
        Recorded::new().folder("/r").command("go", ["version"], output("go1.99")).answer(
            RecordedCommand {
                program: "cargo".to_owned(),
                args: vec!["update".to_owned()],
                output: output(""),
                writes: vec![("/r/Cargo.lock".into(), b"new".to_vec())],
            },
        ),
    );
    let run = |program: &str, args: &[&str]| {
        world.run.run(&Command::new(program, "/r").args(args.iter().copied()))
    };
    assert_eq!(run("go", &["version", "-m"]).unwrap().stdout, b"go1.99");
    assert_eq!(run("npm", &[]), Err(RunError::NotInstalled));
    let unknown = RunError::Other("no answer is recorded for `go get x`".to_owned());
    assert_eq!(run("go", &["get", "x"]), Err(unknown));
    run("cargo", &["update", "-p", "time"]).unwrap();
    let root = world.root(Path::new("/r")).unwrap();
    assert_eq!(root.read("Cargo.lock", 9).unwrap(), b"new");
}

#[test]
fn repositories_answer_as_recorded() {
    let world = World::recorded(
        Recorded::new().repository(
            RecordedRepository::at("/r", "c2")
                .file("c1", "Cargo.lock", "old")
                .file("c2", "Cargo.lock", "new")
                .link("c2", "link", "Cargo.lock")
                .name("v1", "c1")
                .base("c2", "c3", "c1"),
        ),
    );
    let (git, root) = (&world.git, Path::new("/r"));
    let about = git.repository(Path::new("/r/deep/down")).unwrap().unwrap();
    assert!(about.is_trunk());
    assert_eq!(git.repository(Path::new("/elsewhere")), Ok(None));
    assert_eq!(git.resolve(root, "v1"), Ok("c1".to_owned()));
    assert_eq!(git.resolve(root, "v2").unwrap_err().code, "unknown-revision");
    assert_eq!(git.merge_base(root, "c3", "c2"), Ok(Some("c1".to_owned())));
    assert_eq!(git.merge_base(root, "c3", "c4"), Ok(None));
    let kinds = git.files_at(root, "c2").unwrap().files;
    let kinds: Vec<TreeKind> = kinds.into_iter().map(|file| file.kind).collect();
    assert_eq!(kinds, [TreeKind::File, TreeKind::Link]);
    let tree = git.files_at(root, "c1").unwrap();
    let oid = Arc::clone(&tree.files[0].oid);
    let read = git.read_at(root, &[oid, "none".into()], 9).unwrap();
    assert_eq!(read, [Ok(b"old".to_vec()), Err(ReadError::Missing)]);
}

#[test]
fn a_world_says_who_and_when_it_is() {
    let world = World::recorded(
        Recorded::new()
            .now(Timestamp(5000))
            .variable("HOLDFAST_DATA", "/d")
            .variable("LD_PRELOAD", "x")
            .here("/desk"),
    );
    assert_eq!(world.clock.now(), Timestamp(5000));
    assert_eq!(world.data_folder(None).unwrap(), Path::new("/d"));
    assert_eq!(world.data_folder(Some(Path::new("own"))).unwrap(), Path::new("/desk/own"));
    assert_eq!(world.environment.get("LD_PRELOAD"), None);
    assert_eq!(world.root(Path::new(".")).unwrap().path(), Path::new("/desk"));
}

#[test]
fn lines_are_handed_on_and_a_root_has_its_own_programs() {
    let output = |out: &str, err: &str| Output {
        status: Some(0),
        stdout: out.into(),
        stderr: err.into(),
        ..Output::default()
    };
    let inside = RecordedCommand {
        program: "sh".to_owned(),
        output: output("in", ""),
        ..RecordedCommand::default()
    };
    let world = World::recorded(
        Recorded::new()
            .command("sh", [""; 0], output("one\r\ntwo\n", "three"))
            .answer_in("/srv/image", inside),
    );
    let mut lines = Vec::new();
    let mut take = |stream, text: &str| lines.push((stream, text.to_owned()));
    world.run.run_streamed(&Command::new("sh", "/"), &mut take).unwrap();
    world.run.run_streamed(&Command::new("sh", "/").within("/srv/image"), &mut take).unwrap();
    let told: Vec<(Stream, &str)> = lines.iter().map(|(of, text)| (*of, text.as_str())).collect();
    let wanted = [
        (Stream::Stdout, "one"),
        (Stream::Stdout, "two"),
        (Stream::Stderr, "three"),
        (Stream::Stdout, "in"),
    ];
    assert_eq!(told, wanted);
    let elsewhere = Command::new("sh", "/").within("/srv/other");
    assert_eq!(world.run.run(&elsewhere), Err(RunError::NotInstalled));
}

fn armed(id: &str) -> Arm {
    let (script, folder) = (format!("undo {id}"), "/var/lib/holdfast/armed".into());
    Arm { root: None, script, seconds: 60, folder, id: id.to_owned() }
}

#[test]
fn what_is_armed_fires_by_the_clock_that_the_test_moves() {
    let clock = Arc::new(FixedClock::at(Timestamp(0)));
    let answer = RecordedCommand {
        program: "sh".to_owned(),
        args: vec!["-c".to_owned(), "undo a".to_owned()],
        output: Output { status: Some(3), ..Output::default() },
        writes: vec![("/etc/setting".into(), b"before".to_vec())],
    };
    let recorded = Recorded::new().clock(Arc::clone(&clock)).folder("/etc").answer(answer);
    let world = World::recorded(recorded);
    let run = &world.run;
    let (a, b) = (run.arm(&armed("a")).unwrap(), run.arm(&armed("b")).unwrap());
    assert!(run.arm(&armed("a")).is_err(), "a name is used once");
    clock.advance(Duration::from_secs(59));
    assert_eq!(run.armed_state(&a), Ok(ArmedState::Waiting));
    assert!(run.forget(&a).is_err());
    assert_eq!(run.disarm(&b), Ok(true));
    clock.advance(Duration::from_secs(1));
    assert_eq!(run.disarm(&a), Ok(false));
    assert_eq!(run.armed_state(&a), Ok(ArmedState::Fired(3)));
    assert_eq!(run.armed_state(&b), Ok(ArmedState::Disarmed));
    assert_eq!(run.disarm(&b), Ok(true));
    assert_eq!(world.machine().read("/etc/setting", 9).unwrap(), b"before");
    run.forget(&a).unwrap();
    assert_eq!(run.armed_state(&a), Ok(ArmedState::Absent));
    assert!(run.disarm(&a).is_err());
}

#[test]
fn what_was_armed_before_is_as_it_was_left() {
    let (gone, begun) = (armed("gone").handle(), armed("begun").handle());
    let world = World::recorded(
        Recorded::new()
            .armed(gone.clone(), ArmedState::Gone { claimed: false })
            .armed(begun.clone(), ArmedState::Gone { claimed: true }),
    );
    assert_eq!(world.run.armed_state(&gone), Ok(ArmedState::Gone { claimed: false }));
    assert_eq!(world.run.disarm(&begun), Ok(false));
    assert_eq!(world.run.disarm(&gone), Ok(true));
    assert_eq!(world.run.armed_state(&gone), Ok(ArmedState::Disarmed));
}

#[test]
fn a_holder_answers_as_recorded() {
    let socket = Path::new("/d/control.sock");
    let world = World::recorded(Recorded::new().holder(socket, ["one", "two"]));
    let mut lines = Vec::new();
    let mut take = |line: &[u8]| lines.push(String::from_utf8(line.to_vec()).unwrap());
    assert_eq!(world.sockets.call(socket, b"x", &mut take), Ok(true));
    assert_eq!(world.sockets.call(Path::new("/e/control.sock"), b"x", &mut take), Ok(false));
    assert_eq!(lines, ["one", "two"]);
    let address = "127.0.0.1:0".parse().unwrap();
    assert_eq!(world.sockets.bind_loopback(address, false).unwrap_err().code, "listen-failed");
}

proptest! {
    /// Whatever is written can be read back, by every way of reading.
    #[test]
    fn what_is_written_is_read(
        writes in prop::collection::vec(("[a-c]{1,2}", prop::collection::vec(any::<u8>(), 0..40)), 0..20)
    ) {
        let root = root(Recorded::new());
        let mut last = BTreeMap::new();
        for (path, bytes) in writes {
            root.write_atomic(&path, &bytes).unwrap();
            last.insert(path, bytes);
        }
        let walk = root.walk(&[]).unwrap();
        let found: Vec<(String, u64)> =
            walk.files.iter().map(|file| (file.path.to_string(), file.size)).collect();
        let wanted: Vec<(String, u64)> =
            last.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64)).collect();
        prop_assert_eq!(found, wanted);
        for (path, bytes) in last {
            prop_assert_eq!(&root.read(&path, 99).unwrap(), &bytes);
            prop_assert_eq!(&*root.map(&path).unwrap(), &bytes[..]);
            prop_assert_eq!(&root.head(&path, 3).unwrap()[..], &bytes[..bytes.len().min(3)]);
        }
    }

    /// No path, however it is written, reads a byte from outside the root.
    #[test]
    fn no_path_leaves_the_root(path in "(\\.\\.|\\.|[ab]|l|/){1,8}(/(\\.\\.|[ab]|l)){0,6}") {
        let root = root(
            Recorded::new()
                .file("/r/a/b", "inside")
                .file("/a", "outside")
                .file("/b/a", "outside")
                .link("/r/l", "..")
                .link("/r/a/l", "/b"),
        );
        if let Ok(bytes) = root.read(&path, 99) {
            prop_assert_eq!(bytes, b"inside".to_vec());
        }
    }
}
