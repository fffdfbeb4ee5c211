//! Other programs: started without a shell, bounded in time and output, and never left behind,
//! but for the one that is armed to take a change back.

mod arm;
mod lines;
mod real;
mod state;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use arm::GUARD;
pub use lines::MAX_LINE;
pub(crate) use lines::Splitter;
pub use real::RealRun;
pub use state::{Arm, Armed, ArmedState};

/// Where programs are looked for inside another root, whose own settings nobody has read.
pub const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A program to run. It sees no terminal: its input is `stdin` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its name, looked for in `PATH`, or its absolute path.
    pub program: String,
    /// Its arguments, one by one; no shell reads them.
    pub args: Vec<String>,
    /// The folder to run in; inside the root, where there is one.
    pub folder: PathBuf,
    /// The root of another system to run in, see chroot(2); only the user root may. `PATH` is
    /// [`SYSTEM_PATH`] in there unless `environment` sets another.
    pub root: Option<PathBuf>,
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
    /// A command with a minute of time, 16 MiB of output, our environment, our root and no input.
    pub fn new(program: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            folder: folder.into(),
            root: None,
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

    /// The same inside the root of another system.
    #[must_use]
    pub fn within(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
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

/// Which of a program's two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// What it writes.
    Stdout,
    /// What it complains.
    Stderr,
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

    /// The same, and hands on each line of both outputs as it comes, without its end: `\n`, `\r`
    /// or both. What is not UTF-8 is replaced; a line of more than [`MAX_LINE`] bytes comes in
    /// pieces. Lines come however many there are: only what is kept has a limit. Whoever takes
    /// the lines may take long; the program's time goes on.
    fn run_streamed(
        &self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError>;

    /// Whether a program can be found.
    fn installed(&self, program: &str) -> bool;

    /// Starts a process that runs a script after a time unless it is called off, and that
    /// depends on nothing of ours: see [`Arm`]. It is waiting when this returns.
    fn arm(&self, arm: &Arm) -> Result<Armed, RunError>;

    /// Calls it off. Whether it had not fired: either this or the firing wins, never both and
    /// never neither. Who asks again is told the same again.
    fn disarm(&self, armed: &Armed) -> Result<bool, RunError>;

    /// How things stand, also for who did not arm it.
    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError>;

    /// Removes what is kept of one that neither waits nor fires any more.
    fn forget(&self, armed: &Armed) -> Result<(), RunError>;
}
