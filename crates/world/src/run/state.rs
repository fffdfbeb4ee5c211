//! An undo that waits on the target: what it is told, and how things may stand.
//!
//! A change that may lock people out is taken back by itself unless somebody who can still get in
//! says so. The process that waits is started before the change and depends on nothing of ours: it
//! has a session of its own, holds no terminal, and reads nothing but its own folder. It goes on
//! when Holdfast is killed, with its whole process group, or crashes.
//!
//! What it cannot outlive:
//!
//! - *A reboot.* Nothing fires by itself afterwards. Its folder still says that it was armed, if it
//!   is not on a file system that lives in memory (so `/var/lib`, not `/run`): whoever starts next
//!   finds [`ArmedState::Gone`], runs the undo, and then forgets it.
//! - *A service manager that kills the whole control group.* The unit that runs Holdfast has to say
//!   `KillMode=process`, see systemd.kill(5). With another one it is first asked to end (`TERM`),
//!   and then fires at once: a change that nobody can confirm any more is taken back.

use std::path::PathBuf;

/// What to arm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arm {
    /// The root of another system to run in; only the user root may.
    pub root: Option<PathBuf>,
    /// What takes the change back, for `sh`. It runs in `/`, without input, and finds nothing in
    /// its environment but `PATH`; what it writes is kept beside it in `log`. It may run twice.
    pub script: String,
    /// How long to wait, in seconds of a machine that runs.
    pub seconds: u32,
    /// The folder for all that are armed, absolute and inside the root; made where it is not there.
    /// It must be ours and nobody else may write in it.
    pub folder: PathBuf,
    /// Its name there: 1 to 64 letters, digits, `-`, `_` or `.`, not first. Never used again.
    pub id: String,
}

impl Arm {
    /// By what it can be found again.
    pub fn handle(&self) -> Armed {
        Armed { root: self.root.clone(), folder: self.folder.clone(), id: self.id.clone() }
    }
}

/// Where something armed is found, also after a restart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Armed {
    /// The root it runs in.
    pub root: Option<PathBuf>,
    /// The folder for all that are armed, inside the root.
    pub folder: PathBuf,
    /// Its name there.
    pub id: String,
}

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArmedState {
    /// It waits, and will fire.
    Waiting,
    /// It has fired; its script runs.
    Firing,
    /// It has fired, and its script ended with this status.
    Fired(i32),
    /// It was called off in time.
    Disarmed,
    /// Nobody waits any more although it was not called off and its script did not end: the
    /// machine was restarted, or somebody killed it. The script has to be run by somebody else.
    Gone {
        /// Whether its script had begun.
        claimed: bool,
    },
    /// There is no trace of it.
    Absent,
}
