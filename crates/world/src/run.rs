//! Other programs: started without a shell, bounded in time and output, and never left behind.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

/// A program to run. It sees no terminal: its input is `stdin` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its name, looked for in `PATH`, or its absolute path.
    pub program: String,
    /// Its arguments, one by one; no shell reads them.
    pub args: Vec<String>,
    /// The folder to run in.
    pub folder: PathBuf,
    /// Variables to set.
    pub environment: Vec<(String, String)>,
    /// Whether to start from an empty environment. Otherwise from ours.
    pub clear: bool,
    /// After this it is ended, with everything it started.
    pub timeout: Duration,
    /// What it reads.
    pub stdin: Option<Vec<u8>>,
    /// How many bytes of each of its two outputs are kept; the rest is read and dropped.
    pub output_limit: usize,
}

impl Command {
    /// A command with a minute of time, 16 MiB of output, our environment and no input.
    pub fn new(program: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            folder: folder.into(),
            environment: Vec::new(),
            clear: false,
            timeout: Duration::from_mins(1),
            stdin: None,
            output_limit: 16 << 20,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }
}

/// What a program left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Output {
    /// Its exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    /// What it wrote, up to the limit.
    pub stdout: Vec<u8>,
    /// What it complained, up to the limit.
    pub stderr: Vec<u8>,
    /// Whether it was ended because its time was over.
    pub timed_out: bool,
    /// Whether it wrote more than the limit to either output.
    pub truncated: bool,
}

impl Output {
    /// Whether it ended by itself with status 0.
    pub fn succeeded(&self) -> bool {
        self.status == Some(0) && !self.timed_out
    }

    /// Its complaint as text, for messages.
    pub fn complaint(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }
}

/// Why a program was not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunError {
    /// There is no such program.
    NotInstalled,
    /// It may not be run by this user.
    Denied,
    /// Anything else, in the system's words.
    Other(String),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotInstalled => f.write_str("it is not installed"),
            Self::Denied => f.write_str("it may not be run by this user"),
            Self::Other(words) => f.write_str(words),
        }
    }
}

/// Runs programs.
pub trait Run: Send + Sync + std::fmt::Debug {
    /// Runs a program to its end.
    fn run(&self, command: &Command) -> Result<Output, RunError>;
    /// Whether a program can be found.
    fn installed(&self, program: &str) -> bool;
}

/// Programs of this machine.
#[derive(Debug)]
pub struct RealRun {
    folders: Vec<PathBuf>,
    found: Mutex<BTreeMap<String, Option<PathBuf>>>,
}

/// How long the outputs may stay open after the program ended: something that it started and
/// that left its process group still holds them.
const GRACE: Duration = Duration::from_secs(1);

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
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

impl Run for RealRun {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        let program = self.find(&command.program).ok_or(RunError::NotInstalled)?;
        let mut process = std::process::Command::new(program);
        if command.clear {
            process.env_clear();
        }
        let child = process
            .args(&command.args)
            .current_dir(&command.folder)
            .envs(command.environment.iter().map(|(name, value)| (name, value)))
            .stdin(if command.stdin.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| run_error(&error, &command.folder))?;
        finish(child, command)
    }

    fn installed(&self, program: &str) -> bool {
        self.find(program).is_some_and(|path| is_program(&path))
    }
}

fn run_error(error: &io::Error, folder: &Path) -> RunError {
    match error.kind() {
        io::ErrorKind::NotFound if !folder.is_dir() => {
            RunError::Other(format!("there is no folder `{}` to run it in", folder.display()))
        }
        io::ErrorKind::NotFound => RunError::NotInstalled,
        io::ErrorKind::PermissionDenied => RunError::Denied,
        _ => RunError::Other(error.to_string().to_lowercase()),
    }
}

/// Feeds, reads and awaits a process.
fn finish(mut child: Child, command: &Command) -> Result<Output, RunError> {
    let lost = |error: io::Error| RunError::Other(error.to_string().to_lowercase());
    let stdout = child.stdout.take().map(|pipe| collect(pipe, command.output_limit)).transpose();
    let stderr = child.stderr.take().map(|pipe| collect(pipe, command.output_limit)).transpose();
    let stdin = command.stdin.clone().zip(child.stdin.take()).map(|(bytes, mut pipe)| {
        // A program may end without reading everything; what it says then tells why.
        std::thread::Builder::new().spawn(move || drop(pipe.write_all(&bytes)))
    });
    let started = stdin.transpose().and_then(|_| Ok((stdout?, stderr?)));
    let timed_out = started.is_err() || !ended_within(&child, command.timeout);
    // Whatever it started in its group ends with it. It is not reaped yet, so that the number of
    // the group cannot belong to anybody else.
    let _ = rustix::process::kill_process_group(Pid::from_child(&child), Signal::KILL);
    let status = child.wait().map_err(lost)?;
    let (stdout, stderr) = started.map_err(lost)?;
    let (stdout, more_out) = stdout.map(Collected::finish).unwrap_or_default();
    let (stderr, more_err) = stderr.map(Collected::finish).unwrap_or_default();
    Ok(Output {
        status: if timed_out { None } else { status.code() },
        stdout,
        stderr,
        timed_out,
        truncated: more_out || more_err,
    })
}

/// Waits for the end of a process without reaping it.
fn ended_within(child: &Child, timeout: Duration) -> bool {
    let pid = Pid::from_child(child);
    let (sender, receiver) = mpsc::channel();
    let waiting = std::thread::Builder::new().spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = rustix::process::waitid(WaitId::Pid(pid), options)
        {
        }
        let _ = sender.send(());
    });
    waiting.is_ok() && receiver.recv_timeout(timeout).is_ok()
}

/// An output that is being read.
struct Collected {
    /// What was read, and whether there was more than the limit.
    so_far: Arc<Mutex<(Vec<u8>, bool)>>,
    end: Receiver<()>,
    _reader: JoinHandle<()>,
}

fn collect(mut pipe: impl Read + Send + 'static, limit: usize) -> io::Result<Collected> {
    let so_far = Arc::new(Mutex::new((Vec::new(), false)));
    let (sender, end) = mpsc::channel();
    let kept = Arc::clone(&so_far);
    let reader = std::thread::Builder::new().spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let room = limit.saturating_sub(kept.0.len());
            kept.1 |= read > room;
            kept.0.extend_from_slice(buffer.get(..read.min(room)).unwrap_or_default());
        }
        let _ = sender.send(());
    })?;
    Ok(Collected { so_far, end, _reader: reader })
}

impl Collected {
    /// Everything that came, once the pipe is closed or the grace is over.
    fn finish(self) -> (Vec<u8>, bool) {
        let _ = self.end.recv_timeout(GRACE);
        std::mem::take(&mut *self.so_far.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        Command::new("sh", "/").args(["-c", script])
    }

    fn run(command: &Command) -> Output {
        RealRun::new(Some("/usr/bin:/bin")).run(command).unwrap()
    }

    #[test]
    fn both_outputs_and_the_status_come_back() {
        let output = run(&shell("echo out; echo err >&2; exit 3"));
        assert_eq!((output.status, output.succeeded()), (Some(3), false));
        assert_eq!((&*output.stdout, output.complaint().as_str()), (&b"out\n"[..], "err"));
    }

    #[test]
    fn much_input_and_output_at_once_do_not_block() {
        let bytes = vec![b'x'; 1 << 20];
        let output = run(&Command { stdin: Some(bytes.clone()), ..Command::new("cat", "/") });
        assert!(output.succeeded());
        assert_eq!(output.stdout, bytes);
    }

    #[test]
    fn input_that_nobody_reads_is_no_error() {
        let output = run(&Command { stdin: Some(vec![0; 1 << 20]), ..shell("exit 0") });
        assert!(output.succeeded());
    }

    #[test]
    fn output_is_bounded_and_says_so() {
        let output = run(&Command { output_limit: 10, ..shell("yes | head -c 1000000") });
        assert!(output.succeeded());
        assert_eq!((output.stdout.len(), output.truncated), (10, true));
        let output = run(&Command { output_limit: 4, ..shell("printf abcd") });
        assert_eq!((&*output.stdout, output.truncated), (&b"abcd"[..], false));
    }

    #[test]
    fn the_end_of_time_ends_the_children_too() {
        let folder = tempfile::tempdir().unwrap();
        let late = folder.path().join("late");
        let script = format!("(sleep 2; touch {}) & echo started; wait", late.display());
        let timeout = Duration::from_millis(300);
        let output = run(&Command { timeout, ..shell(&script) });
        assert_eq!((output.status, output.timed_out), (None, true));
        assert_eq!(output.stdout, b"started\n");
        std::thread::sleep(Duration::from_millis(2200));
        assert!(!late.exists(), "a child of the command outlived it");
    }

    #[test]
    fn what_runs_on_in_the_background_is_ended() {
        let output = run(&shell("sleep 600 & echo $!"));
        assert!(output.succeeded());
        let pid = String::from_utf8(output.stdout).unwrap();
        let stat = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
        // Gone, or dead and not yet reaped by whoever inherited it, see proc_pid_stat(5).
        let ended = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        let waits = (0..500).take_while(|_| !ended());
        waits.for_each(|_| std::thread::sleep(Duration::from_millis(10)));
        assert!(ended(), "process {pid} runs on");
    }

    #[test]
    fn a_cleared_environment_is_empty() {
        let environment = vec![("WORD".to_owned(), "x".to_owned())];
        let output = run(&Command { clear: true, environment, ..Command::new("env", "/") });
        assert_eq!(String::from_utf8_lossy(&output.stdout), "WORD=x\n");
    }

    #[test]
    fn what_is_not_there_is_said_exactly() {
        let real = RealRun::new(Some("/usr/bin:/bin"));
        assert_eq!(real.run(&Command::new("no-such-program-1", "/")), Err(RunError::NotInstalled));
        assert_eq!(real.run(&Command::new("/no/such", "/")), Err(RunError::NotInstalled));
        let elsewhere = real.run(&Command::new("true", "/no/such/folder"));
        let message = "there is no folder `/no/such/folder` to run it in";
        assert_eq!(elsewhere, Err(RunError::Other(message.to_owned())));
        assert!(real.installed("sh") && !real.installed("no-such-program-1"));
    }

    #[test]
    fn a_program_of_the_tree_is_never_found() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("git");
        std::fs::write(&own, "#!/bin/sh\nexit 7\n").unwrap();
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o755)).unwrap();
        let real = RealRun::new(Some(":.:relative"));
        let command = Command::new("git", folder.path());
        assert_eq!(real.run(&command), Err(RunError::NotInstalled));
        assert_eq!(real.run(&Command::new("./git", folder.path())), Err(RunError::NotInstalled));
    }

    #[test]
    fn a_file_that_is_no_program_is_denied() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plain");
        std::fs::write(&file, "").unwrap();
        let command = Command::new(file.to_str().unwrap(), "/");
        assert_eq!(RealRun::new(None).run(&command), Err(RunError::Denied));
        assert!(!RealRun::new(None).installed(file.to_str().unwrap()));
    }
}
