//! The control socket and the network of this machine.

use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;
use crate::{Recorded, World};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn data() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("control.sock");
    (folder, path)
}

fn world() -> World {
    let uid = rustix::process::geteuid().as_raw();
    let users = format!("ana:x:{uid}:0::/home:/bin/sh\n");
    World::recorded(Recorded::new().file("/etc/passwd", users))
}

/// Answers every request with its own words, its user's name and how long it is.
async fn echo(mut listener: ControlListener) {
    loop {
        let (mut stream, peer) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let answer = match stream.request().await {
                Ok(Some(request)) => request,
                Ok(None) => return,
                Err(problem) => problem.code.into_bytes(),
            };
            let lines = stream.lines();
            lines.say(peer.user.as_bytes());
            lines.say(answer.len().to_string().as_bytes());
            stream.finish(&answer).await.unwrap();
        });
    }
}

/// Somebody who answers until the tests end.
fn serve(path: &Path) {
    let (sender, bound) = std::sync::mpsc::channel();
    let path = path.to_owned();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let listener = ControlListener::bind(&path, &world()).unwrap();
            sender.send(()).unwrap();
            echo(listener).await;
        });
    });
    bound.recv().unwrap();
}

fn ask(path: &Path, request: &[u8]) -> (Result<bool, String>, Vec<String>) {
    let mut lines = Vec::new();
    let called = control_call(path, request, &mut |line| {
        lines.push(String::from_utf8_lossy(line).into_owned());
    });
    (called.map_err(|problem| problem.code), lines)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn one_line_goes_up_and_lines_come_down() {
    let (_data, path) = data();
    serve(&path);
    let (called, lines) = ask(&path, b"{\"look\":true}");
    assert_eq!(called, Ok(true));
    assert_eq!(lines, ["ana", "13", "{\"look\":true}"]);
    // Long lines pass in both directions.
    let long = vec![b'x'; MAX_REQUEST];
    let (called, lines) = ask(&path, &long);
    assert_eq!((called, lines.last().map(String::len)), (Ok(true), Some(MAX_REQUEST)));
}

#[test]
fn nobody_is_no_error() {
    let (_data, path) = data();
    assert_eq!(ask(&path, b"x"), (Ok(false), Vec::new()));
    assert_eq!(ask(Path::new("/no/such/folder/control.sock"), b"x").0, Ok(false));
    drop(UnixListener::bind(&path).unwrap());
    assert_eq!(ask(&path, b"x").0, Ok(false));
}

#[test]
fn requests_are_one_line_of_bounded_length() {
    let (_data, path) = data();
    serve(&path);
    assert_eq!(ask(&path, b"a\nb").0, Err("control-broken".to_owned()));
    assert_eq!(ask(&path, &vec![b'x'; MAX_REQUEST + 1]).0, Err("control-too-long".to_owned()));
    // Others than our own commands may try all the same.
    let tell = |bytes: &[u8]| {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().last().map(str::to_owned)
    };
    assert_eq!(tell(&vec![b'x'; MAX_REQUEST + 1]).as_deref(), Some("control-too-long"));
    assert_eq!(tell(b"no end").as_deref(), Some("control-broken"));
    assert_eq!(tell(b""), None);
    assert_eq!(tell(b"\n").as_deref(), Some(""));
}

#[test]
fn an_answer_that_breaks_off_is_no_answer() {
    let (_data, path) = data();
    let listener = UnixListener::bind(&path).unwrap();
    let answers: [&[u8]; 2] = [b"one\ntwo", b""];
    let serving = std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 2];
            stream.read_exact(&mut request).unwrap();
            stream.write_all(answer).unwrap();
        }
    });
    assert_eq!(ask(&path, b"x"), (Err("control-broken".to_owned()), vec!["one".to_owned()]));
    assert_eq!(ask(&path, b"x"), (Ok(true), Vec::new()));
    serving.join().unwrap();
}

#[test]
fn the_socket_is_for_its_user_alone_and_nothing_else_is_left() {
    let ((data, path), runtime, world) = (data(), runtime(), world());
    // Even in a folder that everybody may enter, and whatever the umask.
    std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let listener = runtime.block_on(async { ControlListener::bind(&path, &world) }).unwrap();
    let found = path.symlink_metadata().unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.mode() & 0o7777, 0o600);
    assert_eq!(names(data.path()), ["control.sock"]);
    drop(listener);
    assert_eq!(names(data.path()), [""; 0]);
}

#[test]
fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    let ((data, path), runtime, world) = (data(), runtime(), world());
    let _inside = runtime.enter();
    drop(UnixListener::bind(&path).unwrap());
    let first = ControlListener::bind(&path, &world).unwrap();
    let second = ControlListener::bind(&path, &world).unwrap_err();
    assert_eq!(second.code, "control-held");
    assert_eq!(names(data.path()), ["control.sock"]);
    // What is not ours any more stays when we go.
    std::fs::remove_file(&path).unwrap();
    let third = ControlListener::bind(&path, &world).unwrap();
    drop(first);
    assert_eq!(names(data.path()), ["control.sock"]);
    drop(third);
    std::fs::write(&path, "a file").unwrap();
    assert_eq!(ControlListener::bind(&path, &world).unwrap_err().code, "control-broken");
    assert_eq!(std::fs::read(&path).unwrap(), b"a file");
}

#[test]
fn a_long_path_works() {
    let (data, _) = data();
    let folder = data.path().join("x".repeat(100)).join("y".repeat(100));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("control.sock");
    serve(&path);
    assert_eq!(ask(&path, b"x").1, ["ana", "1", "x"]);
    let again = runtime().block_on(async { ControlListener::bind(&path, &world()) }).unwrap_err();
    assert_eq!(again.code, "control-held");
}

#[test]
fn outside_of_a_runtime_it_is_said() {
    let (_data, path) = data();
    assert_eq!(ControlListener::bind(&path, &world()).unwrap_err().code, "control-broken");
}

#[test]
fn one_who_does_not_read_is_given_up() {
    let ((_data, path), runtime, world) = (data(), runtime(), world());
    let mut listener = runtime.block_on(async { ControlListener::bind(&path, &world) }).unwrap();
    let mut silent = UnixStream::connect(&path).unwrap();
    silent.write_all(b"much\n").unwrap();
    let finished = runtime.block_on(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_eq!(stream.request().await.unwrap().as_deref(), Some(&b"much"[..]));
        let lines = stream.lines();
        let line = vec![b'x'; 1 << 20];
        (0..20).for_each(|_| lines.say(&line));
        // Too late: what was dropped is not made up for, and nobody takes it for the whole.
        let reading = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            silent.read_to_end(&mut bytes).map(|_| bytes.len())
        });
        (stream.finish(b"end").await, reading.join().unwrap().unwrap())
    });
    let (finished, read) = finished;
    assert_eq!(finished.unwrap_err().code, "control-broken");
    assert!(read <= MAX_ANSWER / 2, "{read} bytes were kept for one who did not read");
}

#[test]
fn only_loopback_is_listened_at_unless_allowed() {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    for text in ["0.0.0.0:0", "[::]:0", "192.0.2.7:80", "[2001:db8::1]:80"] {
        let problem = bind_loopback(address(text), false).unwrap_err();
        assert_eq!(problem.code, "listen-remote", "{text}");
        assert!(problem.help.contains("127.0.0.1"), "{}", problem.help);
    }
    let listener = bind_loopback(address("127.0.0.1:0"), false).unwrap();
    let taken = bind_loopback(listener.local_addr().unwrap(), false).unwrap_err();
    assert_eq!(taken.code, "listen-taken");
    // Nobody has come, and nobody is waited for.
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    assert!(bind_loopback(address("0.0.0.0:0"), true).is_ok());
    let elsewhere = bind_loopback(address("192.0.2.7:0"), true).unwrap_err();
    assert_eq!(elsewhere.code, "listen-failed");
}
