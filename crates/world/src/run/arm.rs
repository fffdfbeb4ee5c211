//! Arming, calling off and asking, on a folder that several processes look at.
//!
//! The folder of one that is armed holds:
//!
//! | name | means |
//! |---|---|
//! | `undo` | the script |
//! | `empty` | nothing, for what would read |
//! | `waiting`, `fired`, `disarmed` | one file under one of three names: rename(2) lets exactly one side win |
//! | `lock` | locked by the process that waits, for as long as it lives: the kernel knows, and no number of a process is ever mistaken for another |
//! | `status` | how the script ended |
//! | `log` | what it wrote |

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Component, Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::real::{RealRun, lost};
use super::{Arm, Armed, ArmedState, RunError, SYSTEM_PATH};
use crate::ReadError;
use crate::files::open_in;

/// What waits. It needs a shell, `sleep` and `mv`, and no device: there are roots without
/// `/dev/null`. It looks each second whether it was called off, so that nothing is left behind
/// then. Signals that a terminal sends are let pass; one that asks it to end makes it fire. Its
/// first output says that it waits, and after that it has none but `log`, its error output.
pub(crate) const GUARD: &str = r#"
cd -- "$1" && command -v sleep >&2 && command -v mv >&2 || exit 1
seconds=$2 passed=0
trap : HUP INT
trap 'seconds=0' TERM
echo armed
exec >&2
while [ "$passed" -lt "$seconds" ] && [ -e waiting ]; do
    sleep 1 <empty
    passed=$((passed + 1))
done
mv waiting fired 2>&- || exit 0
(cd / && exec sh "$1/undo") <empty
echo "$?" >status.new && mv status.new status
"#;

/// How long it may take to say that it waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every name in the folder of one that is armed. What tells its state comes last, so that half
/// of a removal looks like none.
const NAMES: &[&str] =
    &["undo", "empty", "log", "status.new", "lock", "waiting", "fired", "disarmed", "status"];

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const PRIVATE_FILE: Mode = Mode::RUSR.union(Mode::WUSR);

pub(super) fn arm(run: &RealRun, arm: &Arm) -> Result<Armed, RunError> {
    let armed = arm.handle();
    check_name(&armed)?;
    let setsid = run.of_system("setsid")?;
    let shell = match &arm.root {
        Some(root) => vec![run.chroot(root)?.into_os_string(), root.into(), "sh".into()],
        None => vec![run.of_system("sh")?.into_os_string()],
    };
    let all = make_folder(&armed)?;
    match rustix::fs::mkdirat(&all, &armed.id, Mode::RWXU) {
        Ok(()) => {}
        Err(Errno::EXIST) => return other(format!("`{}` was armed before", armed.id)),
        Err(error) => return Err(failed(error)),
    }
    let started = prepare(&all, arm).and_then(|(lock, log)| {
        let mut process = std::process::Command::new(setsid);
        process.args(shell).args(["-c", GUARD, "sh"]);
        process.arg(armed.folder.join(&armed.id)).arg(arm.seconds.to_string());
        process.env_clear().env("PATH", SYSTEM_PATH).current_dir("/");
        // At the head of a group, setsid(1) leaves its place to a child, which nobody here awaits.
        process.stdin(lock).stdout(Stdio::piped()).stderr(log).process_group(0);
        start(process)
    });
    if let Err(error) = started {
        let said = log_of(&all, &armed.id).unwrap_or_default();
        // Should it wait all the same, it finds its folder gone and does nothing.
        remove(&all, &armed.id)?;
        return match said.lines().next() {
            Some(line) => other(format!("{error}: {line}")),
            None => Err(error),
        };
    }
    Ok(armed)
}

/// Writes everything that it will need, and waits until it is on the disk.
fn prepare(all: &OwnedFd, arm: &Arm) -> Result<(File, File), RunError> {
    let own = open_own(all, &arm.id).map_err(failed)?;
    write_new(&own, "undo", arm.script.as_bytes())?;
    write_new(&own, "empty", b"")?;
    let lock = new_file(&own, "lock", OFlags::RDWR)?;
    // Somebody who asks how things stand may hold it for a moment.
    lock.lock().map_err(|error| lost(&error))?;
    let log = new_file(&own, "log", OFlags::WRONLY | OFlags::APPEND)?;
    write_new(&own, "waiting", format!("{}\n", arm.seconds).as_bytes())?;
    rustix::fs::fsync(&own).and_then(|()| rustix::fs::fsync(all)).map_err(failed)?;
    Ok((lock, log))
}

/// Starts it and returns when it waits.
fn start(mut process: std::process::Command) -> Result<(), RunError> {
    let mut child = process.spawn().map_err(|error| lost(&error))?;
    // Our copies of the lock and the log are closed here: now they are its own.
    drop(process);
    let said = child.stdout.take().map(|mut pipe| {
        let (sender, receiver) = mpsc::channel();
        let waiting = std::thread::Builder::new().spawn(move || {
            let mut said = Vec::new();
            let _ = pipe.by_ref().take(64).read_to_end(&mut said);
            let _ = sender.send(said);
        });
        waiting.map(|_| receiver.recv_timeout(PATIENCE).unwrap_or_default())
    });
    let said = said.transpose().map_err(|error| lost(&error))?.unwrap_or_default();
    let _ = child.wait();
    if said == b"armed\n" { Ok(()) } else { other("the process that was to wait did not start") }
}

pub(super) fn disarm(armed: &Armed) -> Result<bool, RunError> {
    let Some(own) = open_armed(armed)? else {
        return other(format!("nothing is armed as `{}`", armed.id));
    };
    match rustix::fs::renameat(&own, "waiting", &own, "disarmed") {
        Ok(()) => rustix::fs::fsync(&own).map(|()| true).map_err(failed),
        Err(Errno::NOENT) if is_there(&own, "disarmed") => Ok(true),
        Err(Errno::NOENT) if is_there(&own, "fired") => Ok(false),
        Err(Errno::NOENT) => other(format!("`{}` was never armed to the end", armed.id)),
        Err(error) => Err(failed(error)),
    }
}

pub(super) fn state(armed: &Armed) -> Result<ArmedState, RunError> {
    let Some(own) = open_armed(armed)? else { return Ok(ArmedState::Absent) };
    // First: what a process that is dead by now has written is all that it will ever write.
    let lives = is_locked(&own)?;
    if is_there(&own, "disarmed") {
        return Ok(ArmedState::Disarmed);
    }
    if is_there(&own, "waiting") {
        return Ok(if lives { ArmedState::Waiting } else { ArmedState::Gone { claimed: false } });
    }
    if let Some(status) = read(&own, "status").and_then(|text| text.trim().parse().ok()) {
        return Ok(ArmedState::Fired(status));
    }
    // It may have been called off since we looked.
    if is_there(&own, "disarmed") {
        return Ok(ArmedState::Disarmed);
    }
    Ok(match (is_there(&own, "fired"), lives) {
        (true, true) => ArmedState::Firing,
        (true, false) => ArmedState::Gone { claimed: true },
        // Whoever was to arm it ended before it was.
        (false, _) => ArmedState::Absent,
    })
}

pub(super) fn forget(armed: &Armed) -> Result<(), RunError> {
    match state(armed)? {
        ArmedState::Waiting | ArmedState::Firing => other(format!("`{}` is still armed", armed.id)),
        _ => match open_all(armed) {
            Ok(all) => remove(&all, &armed.id),
            Err(ReadError::Missing) => Ok(()),
            Err(error) => other(error.to_string()),
        },
    }
}

fn check_name(armed: &Armed) -> Result<(), RunError> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let id = armed.id.as_bytes();
    if !(1..=64).contains(&id.len()) || !id.iter().copied().all(letter) || id.starts_with(b".") {
        return other(format!("`{}` is no name for something armed", armed.id));
    }
    let mut parts = armed.folder.components();
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if parts.next() != Some(Component::RootDir) || !parts.all(plain) {
        let folder = armed.folder.display();
        return other(format!("`{folder}` is no absolute path of a folder"));
    }
    Ok(())
}

/// Opens a folder as the target sees it.
fn open_there(root: Option<&Path>, path: &Path) -> Result<OwnedFd, ReadError> {
    match root {
        None => rustix::fs::open(path, FOLDER, Mode::empty()).map_err(read_error),
        Some(root) => {
            let top = rustix::fs::open(root, FOLDER, Mode::empty()).map_err(read_error)?;
            open_in(&top, path, FOLDER).map(OwnedFd::from)
        }
    }
}

fn open_all(armed: &Armed) -> Result<OwnedFd, ReadError> {
    open_there(armed.root.as_deref(), &armed.folder)
}

fn open_own(all: &OwnedFd, id: &str) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(all, id, FOLDER | OFlags::NOFOLLOW, Mode::empty())
}

/// The folder of something that was armed, if there is one.
fn open_armed(armed: &Armed) -> Result<Option<OwnedFd>, RunError> {
    check_name(armed)?;
    let all = match open_all(armed) {
        Ok(all) => all,
        Err(ReadError::Missing) => return Ok(None),
        Err(error) => return other(error.to_string()),
    };
    match open_own(&all, &armed.id) {
        Ok(own) => Ok(Some(own)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Opens the folder for all, and makes what is missing of it, for us alone.
fn make_folder(armed: &Armed) -> Result<OwnedFd, RunError> {
    let root = armed.root.as_deref();
    let mut path = PathBuf::from("/");
    let mut folder = open_there(root, &path).map_err(|error| unread(&error))?;
    for part in armed.folder.components().skip(1) {
        path.push(part);
        folder = match open_there(root, &path) {
            Ok(next) => next,
            Err(ReadError::Missing) => {
                match rustix::fs::mkdirat(&folder, part.as_os_str(), Mode::RWXU) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(failed(error)),
                }
                rustix::fs::fsync(&folder).map_err(failed)?;
                open_there(root, &path).map_err(|error| unread(&error))?
            }
            Err(error) => return Err(unread(&error)),
        };
    }
    let found = rustix::fs::fstat(&folder).map_err(failed)?;
    let others_write = Mode::from_raw_mode(found.st_mode).intersects(Mode::WGRP | Mode::WOTH);
    if others_write || found.st_uid != rustix::process::geteuid().as_raw() {
        // Whoever can write there could put another script in place.
        return other(format!("others may write in `{}`", armed.folder.display()));
    }
    Ok(folder)
}

fn new_file(own: &OwnedFd, name: &str, how: OFlags) -> Result<File, RunError> {
    let flags = how | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    rustix::fs::openat(own, name, flags, PRIVATE_FILE).map(File::from).map_err(failed)
}

fn write_new(own: &OwnedFd, name: &str, bytes: &[u8]) -> Result<(), RunError> {
    let mut file = new_file(own, name, OFlags::WRONLY)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| lost(&error))
}

/// A short file; what is not there or no text is none.
fn read(own: &OwnedFd, name: &str) -> Option<String> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(own, name, flags, Mode::empty()).map(File::from).ok()?;
    let mut text = String::new();
    file.take(4096).read_to_string(&mut text).ok()?;
    Some(text)
}

fn log_of(all: &OwnedFd, id: &str) -> Option<String> {
    read(&open_own(all, id).ok()?, "log")
}

fn is_there(own: &OwnedFd, name: &str) -> bool {
    rustix::fs::statat(own, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
}

/// Whether a process holds the lock. It is asked for as one of many, so that two who ask at once
/// do not take each other for it.
fn is_locked(own: &OwnedFd) -> Result<bool, RunError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = match rustix::fs::openat(own, "lock", flags, Mode::empty()) {
        Ok(lock) => File::from(lock),
        Err(Errno::NOENT) => return Ok(false),
        Err(error) => return Err(failed(error)),
    };
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(std::fs::TryLockError::WouldBlock) => Ok(true),
        Err(std::fs::TryLockError::Error(error)) => Err(lost(&error)),
    }
}

fn remove(all: &OwnedFd, id: &str) -> Result<(), RunError> {
    let own = match open_own(all, id) {
        Ok(own) => own,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for name in NAMES {
        match rustix::fs::unlinkat(&own, *name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    rustix::fs::unlinkat(all, id, AtFlags::REMOVEDIR).map_err(failed)
}

fn other<T>(words: impl Into<String>) -> Result<T, RunError> {
    Err(RunError::Other(words.into()))
}

fn failed(error: Errno) -> RunError {
    lost(&io::Error::from(error))
}

fn unread(error: &ReadError) -> RunError {
    RunError::Other(error.to_string())
}

fn read_error(error: Errno) -> ReadError {
    crate::files::read_error(&error.into())
}
