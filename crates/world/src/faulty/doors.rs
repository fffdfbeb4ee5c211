//! The doors of a faulty world: each asks for the fate of its call, then asks the door behind.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use holdfast_model::{Problem, Timestamp};
use jiff::tz::TimeZone;

use super::partner::Partner;
use super::{Fate, Faults};
use crate::{
    Arm, Armed, ArmedState, Changes, Clock, Command, Files, Git, Listed, Lock, LockError, Mapped,
    Metadata, Output, Random, ReadError, Repository, Run, RunError, Secret, SecretSource, Secrets,
    Sockets, Stat, Storage, Stream, Tree, World, WriteError,
};

/// The same world behind faults. Who and where we are cannot fail: it is known from the start.
pub(super) fn around(faults: &Arc<Faults>, inner: &World) -> World {
    World {
        files: Arc::new(Door { faults: Arc::clone(faults), inner: Arc::clone(&inner.files) }),
        git: Arc::new(Door { faults: Arc::clone(faults), inner: Arc::clone(&inner.git) }),
        run: Arc::new(Door { faults: Arc::clone(faults), inner: Arc::clone(&inner.run) }),
        sockets: Arc::new(Door { faults: Arc::clone(faults), inner: Arc::clone(&inner.sockets) }),
        http: Arc::new(Partner { faults: Arc::clone(faults), inner: Arc::clone(&inner.http) }),
        mail: Arc::new(Partner { faults: Arc::clone(faults), inner: Arc::clone(&inner.mail) }),
        secrets: Arc::new(Door { faults: Arc::clone(faults), inner: Arc::clone(&inner.secrets) }),
        clock: Arc::new(Door { faults: Arc::clone(faults), inner: Arc::clone(&inner.clock) }),
        random: Arc::new(Door { faults: Arc::clone(faults), inner: Arc::clone(&inner.random) }),
        ..inner.clone()
    }
}

#[derive(Debug)]
struct Door<T: ?Sized> {
    faults: Arc<Faults>,
    inner: Arc<T>,
}

/// What a failing call says.
trait Failing: Sized {
    fn injected() -> Self;
    fn crashed() -> Self;
}

impl Failing for ReadError {
    fn injected() -> Self {
        Self::Other("input/output error".to_owned())
    }

    fn crashed() -> Self {
        Self::Other("crashed".to_owned())
    }
}

impl Failing for WriteError {
    fn injected() -> Self {
        Self::Full
    }

    fn crashed() -> Self {
        Self::Other("crashed".to_owned())
    }
}

impl Failing for LockError {
    fn injected() -> Self {
        Self::Write(WriteError::injected())
    }

    fn crashed() -> Self {
        Self::Write(WriteError::crashed())
    }
}

impl Failing for RunError {
    fn injected() -> Self {
        Self::Other("resource temporarily unavailable".to_owned())
    }

    fn crashed() -> Self {
        Self::Other("crashed".to_owned())
    }
}

impl Failing for Problem {
    fn injected() -> Self {
        Self::new("injected-fault", "the call failed")
    }

    fn crashed() -> Self {
        Self::new("crashed", "crashed")
    }
}

impl<T: ?Sized> Door<T> {
    /// A call that only asks: at a crash, nobody hears the answer.
    fn asking<V, E: Failing>(&self, call: impl FnOnce(&T) -> Result<V, E>) -> Result<V, E> {
        match self.faults.next() {
            Fate::Pass | Fate::Late(_) | Fate::Short(_) => call(&self.inner),
            Fate::Fail => Err(E::injected()),
            Fate::Crash(_) | Fate::Gone => Err(E::crashed()),
        }
    }

    /// A call that changes something: at a crash, it may or may not have happened.
    fn acting<V, E: Failing>(&self, call: impl FnOnce(&T) -> Result<V, E>) -> Result<V, E> {
        match self.faults.next() {
            Fate::Pass | Fate::Late(_) | Fate::Short(_) => call(&self.inner),
            Fate::Fail => Err(E::injected()),
            Fate::Crash(true) => {
                drop(call(&self.inner));
                Err(E::crashed())
            }
            Fate::Crash(false) | Fate::Gone => Err(E::crashed()),
        }
    }

    /// A call that reads bytes, which may end early.
    fn reading<E: Failing>(
        &self,
        call: impl FnOnce(&T) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        match self.faults.next() {
            Fate::Pass | Fate::Late(_) => call(&self.inner),
            Fate::Short(share) => {
                let mut bytes = call(&self.inner)?;
                bytes.truncate(bytes.len().saturating_mul(usize::from(share)) / 256);
                Ok(bytes)
            }
            Fate::Fail => Err(E::injected()),
            Fate::Crash(_) | Fate::Gone => Err(E::crashed()),
        }
    }
}

impl Files for Door<dyn Files> {
    fn folder(&self, folder: &Path) -> Result<PathBuf, ReadError> {
        self.asking(|files| files.folder(folder))
    }

    fn read(&self, root: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        self.reading(|files| files.read(root, path, limit))
    }

    fn opened(&self, root: &Path, path: &Path, limit: u64) -> Result<(Stat, Vec<u8>), ReadError> {
        self.asking(|files| files.opened(root, path, limit))
    }

    fn head(&self, root: &Path, path: &Path, length: usize) -> Result<Vec<u8>, ReadError> {
        self.reading(|files| files.head(root, path, length))
    }

    fn part(
        &self,
        root: &Path,
        path: &Path,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, ReadError> {
        self.reading(|files| files.part(root, path, offset, length))
    }

    fn map(&self, root: &Path, path: &Path) -> Result<Mapped, ReadError> {
        self.asking(|files| files.map(root, path))
    }

    fn metadata(&self, root: &Path, path: &Path) -> Result<Metadata, ReadError> {
        self.asking(|files| files.metadata(root, path))
    }

    fn stat(&self, root: &Path, path: &Path) -> Result<Stat, ReadError> {
        self.asking(|files| files.stat(root, path))
    }

    fn system(&self, folder: &Path) -> Result<Arc<dyn Files>, ReadError> {
        let inner = self.asking(|files| files.system(folder))?;
        Ok(Arc::new(Door { faults: Arc::clone(&self.faults), inner }))
    }

    fn list(&self, root: &Path, folder: &Path) -> Result<Vec<Listed>, ReadError> {
        self.asking(|files| files.list(root, folder))
    }

    fn storage(&self, root: &Path, folder: &Path) -> Result<Storage, ReadError> {
        self.asking(|files| files.storage(root, folder))
    }

    fn write_new(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        self.acting(|files| files.write_new(root, path, bytes))
    }

    fn write_atomic(&self, root: &Path, path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
        self.acting(|files| files.write_atomic(root, path, bytes))
    }

    fn remove(&self, root: &Path, path: &Path) -> Result<(), WriteError> {
        self.acting(|files| files.remove(root, path))
    }

    fn make_folder(&self, folder: &Path) -> Result<(), WriteError> {
        self.acting(|files| files.make_folder(folder))
    }

    fn lock(&self, file: &Path, note: &str) -> Result<Lock, LockError> {
        // The lock of a process that ended is free again: nothing is held after a crash.
        self.asking(|files| files.lock(file, note))
    }
}

impl Git for Door<dyn Git> {
    fn repository(&self, folder: &Path) -> Result<Option<Repository>, Problem> {
        self.asking(|git| git.repository(folder))
    }

    fn resolve(&self, root: &Path, revision: &str) -> Result<String, Problem> {
        self.asking(|git| git.resolve(root, revision))
    }

    fn merge_base(&self, root: &Path, one: &str, other: &str) -> Result<Option<String>, Problem> {
        self.asking(|git| git.merge_base(root, one, other))
    }

    fn files_at(&self, root: &Path, commit: &str) -> Result<Tree, Problem> {
        self.asking(|git| git.files_at(root, commit))
    }

    fn read_at(
        &self,
        root: &Path,
        objects: &[Arc<str>],
        limit: u64,
    ) -> Result<Vec<Result<Vec<u8>, ReadError>>, Problem> {
        self.asking(|git| git.read_at(root, objects, limit))
    }

    fn changes(
        &self,
        root: &Path,
        tip: &str,
        names: &[&str],
        most: usize,
    ) -> Result<Changes, Problem> {
        self.asking(|git| git.changes(root, tip, names, most))
    }

    fn kept_but_ignored(&self, root: &Path) -> Result<Vec<Arc<str>>, Problem> {
        self.asking(|git| git.kept_but_ignored(root))
    }
}

impl Run for Door<dyn Run> {
    fn run(&self, command: &Command) -> Result<Output, RunError> {
        self.acting(|run| run.run(command))
    }

    fn run_streamed(
        &self,
        command: &Command,
        line: &mut dyn FnMut(Stream, &str),
    ) -> Result<Output, RunError> {
        // At a crash nobody hears the lines.
        self.acting(|run| {
            run.run_streamed(command, &mut |stream, text| {
                if !self.faults.crashed() {
                    line(stream, text);
                }
            })
        })
    }

    fn arm(&self, arm: &Arm) -> Result<Armed, RunError> {
        self.acting(|run| run.arm(arm))
    }

    fn disarm(&self, armed: &Armed) -> Result<bool, RunError> {
        self.acting(|run| run.disarm(armed))
    }

    fn armed_state(&self, armed: &Armed) -> Result<ArmedState, RunError> {
        self.asking(|run| run.armed_state(armed))
    }

    fn forget(&self, armed: &Armed) -> Result<(), RunError> {
        self.acting(|run| run.forget(armed))
    }

    fn installed(&self, program: &str) -> bool {
        self.inner.installed(program)
    }
}

impl Sockets for Door<dyn Sockets> {
    fn call(
        &self,
        path: &Path,
        request: &[u8],
        line: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Problem> {
        // At a crash nobody hears the answer.
        self.acting(|sockets| {
            sockets.call(path, request, &mut |text| {
                if !self.faults.crashed() {
                    line(text);
                }
            })
        })
    }

    fn bind_loopback(&self, address: SocketAddr, remote: bool) -> Result<TcpListener, Problem> {
        self.asking(|sockets| sockets.bind_loopback(address, remote))
    }
}

impl Clock for Door<dyn Clock> {
    fn now(&self) -> Timestamp {
        let late = i64::try_from(self.faults.late().as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.inner.now().0.saturating_add(late))
    }

    fn zone(&self) -> TimeZone {
        self.inner.zone()
    }

    fn elapsed(&self) -> Duration {
        self.inner.elapsed() + self.faults.late()
    }
}

impl Secrets for Door<dyn Secrets> {
    fn get(&self, source: &SecretSource) -> Result<Secret, Problem> {
        self.asking(|secrets| secrets.get(source))
    }
}

impl Random for Door<dyn Random> {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), Problem> {
        self.asking(|random| random.fill(buffer))
    }
}
