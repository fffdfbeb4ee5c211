//! Programs of this machine.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::{
    Arm, Armed, ArmedState, Command, Output, Run, RunError, SYSTEM_PATH, Splitter, Stream, arm,
};
use crate::{Files, Kind, RealFiles};

/// Programs of this machine.
#[derive(Debug)]
pub struct RealRun {
    folders: Vec<PathBuf>,
    found: Mutex<BTreeMap<String, Option<PathBuf>>>,
}

/// Whoever takes the lines.
type OnLine<'a> = &'a mut dyn FnMut(Stream, &str);

/// How long the outputs may stay open after the program ended: something that it started and
/// that left its process group still holds them.
const GRACE: Duration = Duration::from_secs(1);

/// How much may come after the end, in bytes: all that a pipe and we can hold is less, and what
/// writes for ever must not keep us.
const MAX_AFTER_END: usize = 4 << 20;

/// How many pieces of output may wait for whoever takes the lines.
const WAITING_PIECES: usize = 16;

/// Goes to the folder that comes first, and becomes the program that comes then.
const FROM_FOLDER: &str = r#"cd -- "$1" && shift && exec "$@""#;

impl RealRun {
    /// With the value of `PATH`. Its relative entries are dropped, so that a tree that we stand
    /// in can never bring its own `git`.
    pub fn new(path: Option<&str>) -> Self {
        let path = path.unwrap_or("/usr/local/bin:/usr/bin:/bin");
        let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect();
        Self { folders, found: Mutex::new(BTreeMap::new()) }
    }

    fn find(&self, program: &str) -> Option<PathBuf> {
        if program.starts_with('/') {
            return Some(PathBuf::from(program));
        }
        if program.contains('/') {
            return None;
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = found.get(program) {
            return known.clone();
        }
        let candidates = self.folders.iter().map(|folder| folder.join(program));
        let path = candidates.into_iter().find(|path| is_program(path));
        found.insert(program.to_owned(), path.clone());
        path
    }

    /// A program of the system itself, which a user's `PATH` may not name.
    pub(super) fn of_system(&self, program: &str) -> Result<PathBuf, RunError> {
        let system = std::env::split_paths(SYSTEM_PATH).map(|folder| folder.join(program));
        let found = self.find(program).or_else(|| system.into_iter().find(|path| is_program(path)));
        found.ok_or_else(|| RunError::Other(format!("`{program}` is not installed")))
    }

    /// The process to start, in its root and its folder.
    fn process(&self, command: &Command) -> Result<std::process::Command, RunError> {
        let Some(root) = &command.root else {
            let program = self.find(&command.program).ok_or(RunError::NotInstalled)?;
            let mut process = std::process::Command::new(program);
            if command.clear {
                process.env_clear();
            }
            process.args(&command.args).current_dir(&command.folder);
            process.envs(command.environment.iter().map(|(name, value)| (name, value)));
            return Ok(process);
        };
        let chroot = self.chroot(root)?;
        if !is_inside(root, command) {
            return Err(RunError::NotInstalled);
        }
        let mut process = std::process::Command::new(chroot);
        if command.clear {
            process.env_clear();
        }
        process.env("PATH", SYSTEM_PATH).arg0("chroot").arg(root).current_dir("/");
        process.envs(command.environment.iter().map(|(name, value)| (name, value)));
        if command.folder != Path::new("/") {
            process.args(["sh", "-c", FROM_FOLDER, "sh"]).arg(&command.folder);
        }
        process.arg(&command.program).args(&command.args);
        Ok(process)
    }

    fn finished(&self, command: &Command, line: Option<OnLine<'_>>) -> Result<Output, RunError> {
        let child = self
            .process(command)?
            .stdin(if command.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| run_error(&error, command))?;
        let output = finish(child, command, line)?;
        // What chroot(1) says when it could not even begin.
        let refused = matches!(output.status, Some(125..=127)) && output.stdout.is_empty();
        if command.root.is_some() && refused && output.stderr.starts_with(b"chroot: ") {
            return Err(RunError::Other(output.complaint()));
        }
        Ok(output)
    }

    /// The program that changes the root, if we may run it: std's own call needs unchecked code.
    pub(super) fn chroot(&self, root: &Path) -> Result<PathBuf, RunError> {
        if !root.is_absolute() || !root.is_dir() {
            return Err(RunError::Other(format!("there is no root `{}`", root.display())));
        }
        if !rustix::process::geteuid().is_root() {
            let root = root.display();
            return Err(RunError::Other(format!(
                "only the user root may run something in `{root}`"
            )));
        }
        self.of_system("chroot")
    }
}

pub(super) fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Whether the root has the program, seen from inside.
fn is_inside(root: &Path, command: &Command) -> bool {
    let set = command.environment.iter().rev().find(|(name, _)| name == "PATH");
    let path = set.map_or(SYSTEM_PATH, |(_, value)| value.as_str());
    let Ok(system) = RealFiles.system(root) else { return false };
    let there = |program: &Path| {
        let found = system.metadata(Path::new("/"), program);
        found.is_ok_and(|found| found.kind == Kind::File && found.mode & 0o111 != 0)
    };
    if command.program.starts_with('/') {
        return there(Path::new(&command.program));
    }
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    !command.program.contains('/')
        && folders.into_iter().any(|folder| there(&folder.join(&command.program)))
}

impl Run for RealRun {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        self.finished(command, None)
    }

    fn run_streamed(
        &self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError> {
        self.finished(command, Some(line))
    }

    fn installed(&self, program: &str) -> bool {
        self.find(program).is_some_and(|path| is_program(&path))
    }

    fn arm(&self, arm: &Arm) -> Result<Armed, RunError> {
        arm::arm(self, arm)
    }

    fn disarm(&self, armed: &Armed) -> Result<bool, RunError> {
        arm::disarm(armed)
    }

    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError> {
        arm::state(armed)
    }

    fn forget(&self, armed: &Armed) -> Result<(), RunError> {
        arm::forget(armed)
    }
}

fn run_error(error: &io::Error, command: &Command) -> RunError {
    match error.kind() {
        io::ErrorKind::NotFound if command.root.is_none() && !command.folder.is_dir() => {
            let folder = command.folder.display();
            RunError::Other(format!("there is no folder `{folder}` to run it in"))
        }
        io::ErrorKind::NotFound => RunError::NotInstalled,
        io::ErrorKind::PermissionDenied => RunError::Denied,
        _ => lost(error),
    }
}

pub(super) fn lost(error: &io::Error) -> RunError {
    RunError::Other(error.to_string().to_lowercase())
}

/// What happens while a process runs.
enum Event {
    /// It wrote something.
    Bytes(Stream, Vec<u8>),
    /// An output was closed.
    Closed,
    /// It ended, or its time was over and it was ended; its whole group is dead.
    Ended {
        /// Whether its time was over.
        timed_out: bool,
    },
}

/// Feeds, reads and awaits a process.
fn finish(
    mut child: Child,
    command: &Command,
    mut line: Option<OnLine<'_>>,
) -> Result<Output, RunError> {
    let (sender, events) = mpsc::sync_channel(WAITING_PIECES);
    let pipes = child.stdout.take().zip(child.stderr.take());
    let stdin = command.stdin.clone().zip(child.stdin.take());
    let pid = Pid::from_child(&child);
    let started = (|| {
        if let Some((stdout, stderr)) = pipes {
            read(stdout, Stream::Stdout, sender.clone())?;
            read(stderr, Stream::Stderr, sender.clone())?;
        }
        if let Some((bytes, mut pipe)) = stdin {
            // A program may end without reading everything; what it says then tells why.
            std::thread::Builder::new().spawn(move || drop(pipe.write_all(&bytes)))?;
        }
        end_in_time(pid, command.timeout, sender)
    })();
    if let Err(error) = started {
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        let _ = child.wait();
        return Err(lost(&error));
    }
    let mut collected = Collected::new(command.output_limit);
    let mut left: Option<Duration> = None;
    let mut timed_out = false;
    let (mut open, mut late) = (2, 0_usize);
    // Once it has ended, only its outputs are waited for, and not for ever. The time that
    // somebody takes over a line does not count.
    while left.is_none() || (open > 0 && late <= MAX_AFTER_END) {
        let asked = Instant::now();
        let event = match left {
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(left) => events.recv_timeout(left),
        };
        left = left.map(|left| left.saturating_sub(asked.elapsed()));
        match event {
            Ok(Event::Bytes(stream, bytes)) => {
                let working = Instant::now();
                collected.keep(stream, &bytes);
                if let Some(left) = &mut left {
                    *left = left.saturating_sub(working.elapsed());
                    late += bytes.len();
                }
                if let Some(line) = &mut line {
                    collected.hand_on(stream, &bytes, *line);
                }
            }
            Ok(Event::Closed) => open -= 1,
            Ok(Event::Ended { timed_out: too_long }) => {
                timed_out = too_long;
                left = Some(GRACE);
            }
            Err(_) => break,
        }
    }
    // Only now its number may belong to somebody else: its group was killed before.
    let status = child.wait().map_err(|error| lost(&error))?;
    let status = if timed_out { None } else { status.code() };
    if let Some(line) = line {
        collected.end(line);
    }
    Ok(Output { status, timed_out, ..collected.output })
}

/// Waits for the end of a process without reaping it, or ends it; and kills what it started in its
/// group. On a thread of its own: whoever takes the lines may not keep a process alive.
fn end_in_time(pid: Pid, timeout: Duration, events: SyncSender<Event>) -> io::Result<()> {
    let (sender, ended) = mpsc::channel();
    std::thread::Builder::new().spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options)
        {
        }
        let _ = sender.send(());
    })?;
    std::thread::Builder::new().spawn(move || {
        let timed_out = ended.recv_timeout(timeout).is_err();
        // It is not reaped yet, so that the number of the group cannot belong to anybody else.
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        let _ = events.send(Event::Ended { timed_out });
    })?;
    Ok(())
}

fn read(
    mut pipe: impl Read + Send + 'static,
    stream: Stream,
    events: SyncSender<Event>,
) -> io::Result<()> {
    std::thread::Builder::new().spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let bytes = match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => buffer.get(..read).unwrap_or_default().to_vec(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            if events.send(Event::Bytes(stream, bytes)).is_err() {
                return;
            }
        }
        let _ = events.send(Event::Closed);
    })?;
    Ok(())
}

/// The outputs so far.
struct Collected {
    limit: usize,
    output: Output,
    stdout: Splitter,
    stderr: Splitter,
}

impl Collected {
    fn new(limit: usize) -> Self {
        let (stdout, stderr) = (Splitter::new(Stream::Stdout), Splitter::new(Stream::Stderr));
        Self { limit, output: Output::default(), stdout, stderr }
    }

    fn keep(&mut self, stream: Stream, bytes: &[u8]) {
        let kept = match stream {
            Stream::Stdout => &mut self.output.stdout,
            Stream::Stderr => &mut self.output.stderr,
        };
        let room = self.limit.saturating_sub(kept.len());
        self.output.truncated |= bytes.len() > room;
        kept.extend(bytes.iter().take(room));
    }

    fn hand_on(&mut self, stream: Stream, bytes: &[u8], line: &mut dyn FnMut(Stream, &str)) {
        match stream {
            Stream::Stdout => self.stdout.push(bytes, line),
            Stream::Stderr => self.stderr.push(bytes, line),
        }
    }

    fn end(&mut self, line: &mut dyn FnMut(Stream, &str)) {
        self.stdout.finish(line);
        self.stderr.finish(line);
    }
}
