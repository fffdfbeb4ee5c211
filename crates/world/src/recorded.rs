//! A world of values: files, revisions, outputs of programs, a clock that stands still.
//!
//! Tests describe it in one expression; nothing of it touches the machine. Walks, globs and
//! attributes of files come out as they would on the machine, which a test compares.

mod files;
mod git;
mod run;
mod sockets;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdfast_model::Timestamp;
use jiff::tz::TimeZone;

use crate::{
    Armed, ArmedState, Environment, FixedClock, Host, Http, IdSource, Mail, Output, RecordedHttp,
    RecordedMail, RecordedSecrets, Secret, SecretSource, SeededRandom, World,
};

pub use git::RecordedRepository;
pub use run::RecordedCommand;

use files::{Entry, RecordedFiles};

/// What a recorded world holds, before it becomes one.
#[derive(Debug, Clone)]
pub struct Recorded {
    entries: BTreeMap<PathBuf, Entry>,
    repositories: BTreeMap<PathBuf, RecordedRepository>,
    commands: Vec<(Option<PathBuf>, RecordedCommand)>,
    armed: BTreeMap<Armed, ArmedState>,
    holders: BTreeMap<PathBuf, Vec<Vec<u8>>>,
    http: Option<Arc<dyn Http>>,
    mail: Option<Arc<dyn Mail>>,
    secrets: BTreeMap<SecretSource, Secret>,
    clock: Option<Arc<FixedClock>>,
    now: Timestamp,
    zone: TimeZone,
    seed: u64,
    host: Host,
    variables: BTreeMap<String, String>,
    here: PathBuf,
}

impl Default for Recorded {
    fn default() -> Self {
        Self::new()
    }
}

impl Recorded {
    /// An empty machine: `/` is all there is, and we stand in it, at 2026-01-01 in UTC.
    pub fn new() -> Self {
        Self {
            entries: BTreeMap::from([(PathBuf::from("/"), Entry::folder())]),
            repositories: BTreeMap::new(),
            commands: Vec::new(),
            armed: BTreeMap::new(),
            holders: BTreeMap::new(),
            http: None,
            mail: None,
            secrets: BTreeMap::new(),
            clock: None,
            now: Timestamp(1_767_225_600_000),
            zone: TimeZone::UTC,
            seed: 0,
            host: Host {
                id: "00000000000000000000000000000001".to_owned(),
                id_source: IdSource::MachineId,
                name: "recorded".to_owned(),
                user: "somebody".to_owned(),
                uid: 1000,
            },
            variables: BTreeMap::from([("HOME".to_owned(), "/home/somebody".to_owned())]),
            here: PathBuf::from("/"),
        }
    }

    /// A file, with the folders above it. Paths are absolute.
    #[must_use]
    pub fn file(self, path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) -> Self {
        self.entry(path.as_ref(), Entry::file(bytes.into()))
    }

    /// A file that may not be read.
    #[must_use]
    pub fn denied(self, path: impl AsRef<Path>) -> Self {
        self.entry(path.as_ref(), Entry::denied_file())
    }

    /// An empty folder.
    #[must_use]
    pub fn folder(self, path: impl AsRef<Path>) -> Self {
        self.entry(path.as_ref(), Entry::folder())
    }

    /// A folder that may be neither listed nor entered.
    #[must_use]
    pub fn denied_folder(self, path: impl AsRef<Path>) -> Self {
        self.entry(path.as_ref(), Entry::denied_folder())
    }

    /// A folder that is the top of another file system.
    #[must_use]
    pub fn mounted(self, path: impl AsRef<Path>) -> Self {
        self.entry(path.as_ref(), Entry::mounted())
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(self, path: impl AsRef<Path>, target: impl Into<PathBuf>) -> Self {
        self.entry(path.as_ref(), Entry::link(target.into()))
    }

    /// Who owns something that is there already, its group, and its mode in twelve bits.
    #[must_use]
    pub fn owned(mut self, path: impl AsRef<Path>, uid: u32, gid: u32, mode: u32) -> Self {
        if let Some(entry) = self.entries.remove(path.as_ref()) {
            self.entries.insert(path.as_ref().to_owned(), entry.owned(uid, gid, mode));
        }
        self
    }

    /// A repository; its root becomes a folder that holds a `.git`.
    #[must_use]
    pub fn repository(mut self, repository: RecordedRepository) -> Self {
        let root = repository.about.root.clone();
        self = self.folder(root.join(".git"));
        self.repositories.insert(root, repository);
        self
    }

    /// The output of a program when its arguments begin as given; the first that fits answers.
    #[must_use]
    pub fn command<S: Into<String>>(
        self,
        program: &str,
        args: impl IntoIterator<Item = S>,
        output: Output,
    ) -> Self {
        self.answer(RecordedCommand {
            program: program.to_owned(),
            args: args.into_iter().map(Into::into).collect(),
            output,
            writes: Vec::new(),
        })
    }

    /// The same in full.
    #[must_use]
    pub fn answer(mut self, command: RecordedCommand) -> Self {
        self.commands.push((None, command));
        self
    }

    /// The same for a program inside the root of another system.
    #[must_use]
    pub fn answer_in(mut self, root: impl Into<PathBuf>, command: RecordedCommand) -> Self {
        self.commands.push((Some(root.into()), command));
        self
    }

    /// Something that was armed before, and how it stands.
    #[must_use]
    pub fn armed(mut self, armed: Armed, state: ArmedState) -> Self {
        self.armed.insert(armed, state);
        self
    }

    /// Somebody who holds a data folder and answers every request at the control socket `path` with
    /// these lines.
    #[must_use]
    pub fn holder<L: Into<Vec<u8>>>(
        mut self,
        path: impl Into<PathBuf>,
        lines: impl IntoIterator<Item = L>,
    ) -> Self {
        self.holders.insert(path.into(), lines.into_iter().map(Into::into).collect());
        self
    }

    /// Who answers over HTTP: a [`RecordedHttp`], or a partner that a test plays. Without, nobody
    /// does.
    #[must_use]
    pub fn http(mut self, http: Arc<dyn Http>) -> Self {
        self.http = Some(http);
        self
    }

    /// Who takes mail. Without, everything is taken.
    #[must_use]
    pub fn mail(mut self, mail: Arc<dyn Mail>) -> Self {
        self.mail = Some(mail);
        self
    }

    /// A secret, and where it is.
    #[must_use]
    pub fn secret(mut self, source: SecretSource, secret: Secret) -> Self {
        self.secrets.insert(source, secret);
        self
    }

    /// A clock that the test keeps and moves, in place of `now` and `zone`. What is armed fires
    /// when it is past.
    #[must_use]
    pub fn clock(mut self, clock: Arc<FixedClock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The time.
    #[must_use]
    pub fn now(mut self, now: Timestamp) -> Self {
        self.now = now;
        self
    }

    /// The time zone.
    #[must_use]
    pub fn zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// The seed of the random numbers.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The machine and the user.
    #[must_use]
    pub fn host(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    /// A variable of the environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The folder that we stand in.
    #[must_use]
    pub fn here(mut self, folder: impl Into<PathBuf>) -> Self {
        self.here = folder.into();
        let here = self.here.clone();
        self.folder(here)
    }

    fn entry(mut self, path: &Path, entry: Entry) -> Self {
        for folder in path.ancestors().skip(1) {
            self.entries.entry(folder.to_owned()).or_insert_with(Entry::folder);
        }
        // A folder that is there already keeps what it is.
        let keep = entry.is_plain_folder() && self.entries.contains_key(path);
        if !keep {
            self.entries.insert(path.to_owned(), entry);
        }
        self
    }

    pub(crate) fn into_world(self) -> World {
        let clock =
            self.clock.unwrap_or_else(|| Arc::new(FixedClock::at(self.now).in_zone(self.zone)));
        let files = Arc::new(RecordedFiles::new(self.entries, Arc::clone(&clock)));
        let variables = self.variables;
        let environment = Environment::of(|name| variables.get(name).cloned());
        World {
            git: Arc::new(git::RecordedGit::new(self.repositories)),
            run: Arc::new(run::RecordedRun::new(
                self.commands,
                self.armed,
                Arc::clone(&files),
                Arc::clone(&clock),
            )),
            http: self.http.unwrap_or_else(|| Arc::new(RecordedHttp::new())),
            mail: self.mail.unwrap_or_else(|| Arc::new(RecordedMail::default())),
            secrets: Arc::new(RecordedSecrets::new(self.secrets)),
            files,
            sockets: Arc::new(sockets::RecordedSockets::new(self.holders)),
            clock,
            random: Arc::new(SeededRandom::new(self.seed)),
            host: Arc::new(self.host),
            environment: Arc::new(environment),
            here: self.here,
        }
    }
}
