//! The only door outside: files, git, processes, sockets, clock, random numbers, and who and where
//! we are.
//!
//! `World` is a bundle of doors, cheap to clone. `World::real` opens them on this machine,
//! `World::recorded` on values in memory, and `World::faulty` puts a seed in front of another
//! world that makes its calls fail. Nothing here knows a format, an ecosystem or a finding; no
//! other crate may touch the machine.
//!
//! The doors are synchronous, but for the holder's side of the control socket, at which many are
//! served at once. HTTP and mail block too, each call bounded in time: few are made, by threads
//! that may wait.

mod clock;
mod codes;
mod env;
mod faulty;
mod files;
mod git;
mod host;
mod http;
mod mail;
mod random;
mod recorded;
mod run;
mod scratch;
mod signature;
#[cfg(test)]
#[path = "../../holdfast/tests/support/skip.rs"]
mod skip;
mod socket;
mod ssh;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::Problem;

pub use clock::{Clock, FixedClock, SystemClock};
pub use codes::CODES;
pub use env::{Environment, VARIABLES, Variable};
pub use faulty::{Fate, Faults, Odds};
pub use files::{
    Files, Kind, LeftOut, Listed, Lock, LockError, MAX_FILES, Mapped, Metadata, Named, OwnedBy,
    ReadError, RealFiles, Root, Stat, Storage, Survey, Surveyed, Walk, WalkFile, Why, WriteError,
};
pub use git::{
    Change, ChangedFile, Changes, Git, RealGit, Repository, Tree, TreeFile, TreeKind, normal_origin,
};
pub use host::{Host, IdSource};
pub use http::{
    Downloaded, Http, HttpGet, HttpMethod, HttpRequest, HttpResponse, HttpSecret, MAX_BODY,
    MAX_DOWNLOAD, Reach, RealHttp, RealSecrets, RecordedHttp, RecordedSecrets, Secret,
    SecretSource, Secrets, SendError,
};
pub use mail::{Mail, MailReply, MailRequest, MailTls, RealMail, RecordedMail};
pub use random::{Random, SeededRandom, SystemRandom};
pub use recorded::{Recorded, RecordedCommand, RecordedRepository};
pub use run::{
    Arm, Armed, ArmedState, Command, MAX_LINE, Output, RealRun, Run, RunError, SYSTEM_PATH, Stream,
};
pub use scratch::{Scratch, Spool};
pub use signature::{Algorithm, is_signed};
pub use socket::{
    ControlListener, ControlStream, Lines, MAX_ANSWER, MAX_REQUEST, Peer, RealSockets, Sockets,
    bind_loopback, control_call,
};
pub use ssh::{Away, Ssh, SshError};

/// Everything outside, behind doors that can be exchanged one by one.
#[derive(Debug, Clone)]
pub struct World {
    /// Files and folders.
    pub files: Arc<dyn Files>,
    /// Revisions.
    pub git: Arc<dyn Git>,
    /// Other programs.
    pub run: Arc<dyn Run>,
    /// The control socket and the network.
    pub sockets: Arc<dyn Sockets>,
    /// Others' interfaces, and files to be had.
    pub http: Arc<dyn Http>,
    /// Mail servers.
    pub mail: Arc<dyn Mail>,
    /// Tokens and passwords.
    pub secrets: Arc<dyn Secrets>,
    /// The time and the time zone.
    pub clock: Arc<dyn Clock>,
    /// Random numbers.
    pub random: Arc<dyn Random>,
    /// This machine and this user.
    pub host: Arc<Host>,
    /// The declared variables of the environment.
    pub environment: Arc<Environment>,
    /// The folder we were started in; absolute.
    pub here: PathBuf,
}

impl World {
    /// This machine. Reads the environment, the machine's id and the folder we stand in, once.
    ///
    /// Fails where `HOLDFAST_NOW` is no time or the current folder is gone.
    pub fn real() -> Result<Self, Problem> {
        let environment = Environment::of_this_process();
        let clock = SystemClock::new(environment.get("HOLDFAST_NOW"))?;
        let here = std::env::current_dir().map_err(|error| {
            Problem::new("no-current-folder", format!("the current folder cannot be used: {error}"))
                .help("change to a folder that exists")
        })?;
        let run: Arc<dyn Run> = Arc::new(RealRun::new(environment.get("PATH")));
        let files: Arc<dyn Files> = Arc::new(RealFiles);
        let host = Host::of_this_machine(files.as_ref());
        Ok(Self {
            git: Arc::new(RealGit::new(Arc::clone(&run), &environment)),
            files,
            run,
            sockets: Arc::new(RealSockets),
            http: Arc::new(RealHttp::new()),
            mail: Arc::new(RealMail::new()),
            secrets: Arc::new(RealSecrets),
            clock: Arc::new(clock),
            random: Arc::new(SystemRandom),
            host: Arc::new(host),
            environment: Arc::new(environment),
            here,
        })
    }

    /// Standard input, piece by piece, to its end.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn standard_input(&self, each: &mut dyn FnMut(&[u8])) -> Result<(), Problem> {
        files::pieces(&mut std::io::stdin().lock(), each).map_err(|error| {
            let message = format!("standard input cannot be read: {error}");
            Problem::new("cannot-read-input", message).help("name a file instead")
        })
    }

    /// Values in memory in place of the machine.
    pub fn recorded(recorded: Recorded) -> Self {
        recorded.into_world()
    }

    /// The same world with faults that follow from the seed; see [`Faults`].
    pub fn faulty(inner: &Self, seed: u64) -> Self {
        Faults::new(seed, Odds::usual(seed)).around(inner)
    }

    /// Opens a folder as a root that nothing below can leave. Relative folders start `here`.
    pub fn root(&self, folder: &Path) -> Result<Root, ReadError> {
        Root::open(Arc::clone(&self.files), &self.here.join(folder))
    }

    /// The whole machine as a root, for the files of a host, which are named absolutely.
    pub fn machine(&self) -> Root {
        Root::machine(Arc::clone(&self.files))
    }

    /// The root of another system, which does not run: see [`Root::system`].
    pub fn system(&self, folder: &Path) -> Result<Root, ReadError> {
        Root::system(self.files.as_ref(), &self.here.join(folder))
    }

    /// The name of a user of this machine, read anew: users come and go. The number as text where
    /// `/etc/passwd` has no name for it.
    pub fn user_name(&self, uid: u32) -> String {
        Host::user_name(self.files.as_ref(), uid).unwrap_or_else(|| uid.to_string())
    }

    /// Where Holdfast keeps its data: the folder given, else `HOLDFAST_DATA`, else
    /// `$XDG_STATE_HOME/holdfast`, else `~/.local/state/holdfast`. It need not exist.
    pub fn data_folder(&self, explicit: Option<&Path>) -> Result<PathBuf, Problem> {
        self.environment.data_folder(explicit, &self.here)
    }
}
