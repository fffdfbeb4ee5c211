//! The side of the holder.

use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use holdfast_model::Problem;
use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinHandle;

use super::{Address, MAX_REQUEST, broken, words};
use crate::World;

/// How long somebody may take to say what they want, and to read the end.
const PATIENCE: Duration = Duration::from_secs(10);
/// After a failed accept(2), which mostly means that too many files are open.
const PAUSE: Duration = Duration::from_millis(100);
/// How much may wait for somebody who does not read, in bytes.
const MAX_WAITING: usize = 8 << 20;

/// Somebody at the other end, as the kernel knows them (`SO_PEERCRED`, see unix(7)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The number of the user.
    pub uid: u32,
    /// The name of the user, see [`World::user_name`].
    pub user: String,
}

/// The control socket of a data folder; gone when this is dropped.
#[derive(Debug)]
pub struct ControlListener {
    listener: UnixListener,
    world: World,
    path: PathBuf,
    /// Device and inode, by which it is known that the socket is still ours.
    inode: Option<(u64, u64)>,
}

impl ControlListener {
    /// Listens at a path, for this user alone: there is no moment at which anybody else could
    /// connect. What a crash left there is replaced; a socket that somebody answers is not. To be
    /// called within a tokio runtime, by whoever holds the lock of the data folder.
    ///
    /// # Errors
    ///
    /// `control-held` where somebody answers there, `control-broken` where it cannot be made.
    pub fn bind(path: &Path, world: &World) -> Result<Self, Problem> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(broken(path, "it was to be made outside of a tokio runtime"));
        }
        remove_stale(path)?;
        let failed = |error: io::Error| broken(path, &words(&error));
        let private = Private::beside(path).map_err(failed)?;
        let made = private.folder.join("s");
        let listener = Address::of(&made)
            .and_then(|address| std::os::unix::net::UnixListener::bind(&address.path))
            .map_err(failed)?;
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let found = made.symlink_metadata().map_err(failed)?;
        rename_new(&made, path).map_err(|error| match error {
            Errno::EXIST => held(path),
            error => failed(error.into()),
        })?;
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = UnixListener::from_std(listener).map_err(failed)?;
        let inode = Some((found.dev(), found.ino()));
        Ok(Self { listener, world: world.clone(), path: path.to_owned(), inode })
    }

    /// Waits for the next one. May be dropped at any time without losing anybody.
    ///
    /// # Errors
    ///
    /// `control-broken`; the next call may work again.
    pub async fn accept(&mut self) -> Result<(ControlStream, Peer), Problem> {
        let accepted = match self.listener.accept().await {
            Ok((stream, _)) => stream.peer_cred().map(|peer| (stream, peer.uid())),
            Err(error) => Err(error),
        };
        match accepted {
            Ok((stream, uid)) => {
                let user = self.world.user_name(uid);
                Ok((ControlStream::new(stream), Peer { uid, user }))
            }
            Err(error) => {
                tokio::time::sleep(PAUSE).await;
                Err(broken(&self.path, &words(&error)))
            }
        }
    }
}

impl Drop for ControlListener {
    fn drop(&mut self) {
        let now = self.path.symlink_metadata().map(|found| (found.dev(), found.ino())).ok();
        if now.is_some() && now == self.inode {
            // If it stays, the next one finds that nobody answers.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A folder for this user alone that goes away.
struct Private {
    folder: PathBuf,
}

impl Private {
    /// On the same file system, so that what is made in it can be renamed out of it.
    fn beside(path: &Path) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".control-{}-{count}", std::process::id());
        let folder = path.with_file_name(name);
        // One of a process that had our number and was killed just here; it is ours to remove.
        let _ = std::fs::remove_file(folder.join("s"));
        let _ = std::fs::remove_dir(&folder);
        std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self { folder })
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.folder.join("s"));
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// Removes a socket that nobody answers.
fn remove_stale(path: &Path) -> Result<(), Problem> {
    let failed = |error: io::Error| broken(path, &words(&error));
    match path.symlink_metadata() {
        Ok(found) if found.file_type().is_socket() => {}
        Ok(_) => {
            return Err(broken(path, "something else stands there").help("remove it"));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    }
    let address = Address::of(path).map_err(failed)?;
    match BlockingStream::connect(&address.path) {
        Ok(_) => Err(held(path)),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(failed)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

fn held(path: &Path) -> Problem {
    let message = format!("somebody listens at `{}` already", path.display());
    Problem::new("control-held", message).help("only one process may hold a data folder")
}

/// Renames to a name that nobody has; where the file system cannot promise that, the lock of the
/// data folder does.
fn rename_new(from: &Path, to: &Path) -> Result<(), Errno> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::rename(from, to),
        result => result,
    }
}

/// One who asks.
#[derive(Debug)]
pub struct ControlStream {
    reader: BufReader<OwnedReadHalf>,
    lines: Lines,
    writer: Option<JoinHandle<io::Result<()>>>,
}

/// Where lines for one who asks are put. Cheap to clone; nobody waits here for anybody.
#[derive(Debug, Clone)]
pub struct Lines {
    sender: UnboundedSender<Option<Vec<u8>>>,
    waiting: Arc<AtomicUsize>,
    given_up: Arc<AtomicBool>,
}

impl Lines {
    /// Sends a line, which must hold no `\n`. Nothing happens where the other side is gone; one
    /// that does not read is given up once 8 MiB wait for it.
    pub fn say(&self, line: &[u8]) {
        if self.given_up.load(Ordering::SeqCst) {
            return;
        }
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend(line.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }));
        bytes.push(b'\n');
        let waiting = self.waiting.fetch_add(bytes.len(), Ordering::SeqCst);
        // A single line may be as long as it likes: it is there anyway.
        if waiting > 0 && waiting.saturating_add(bytes.len()) > MAX_WAITING {
            self.given_up.store(true, Ordering::SeqCst);
            return;
        }
        // Where the writer has ended, the other side is gone.
        let _ = self.sender.send(Some(bytes));
    }
}

impl ControlStream {
    fn new(stream: UnixStream) -> Self {
        let (reader, writer) = stream.into_split();
        let (sender, receiver) = mpsc::unbounded_channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let lines = Lines { sender, waiting: Arc::clone(&waiting), given_up: Arc::default() };
        let writer = tokio::spawn(write(writer, receiver, waiting));
        Self { reader: BufReader::new(reader), lines, writer: Some(writer) }
    }

    /// What is asked: one line without its end. `None` where the other side went away instead.
    ///
    /// # Errors
    ///
    /// `control-too-long` where it holds more than [`MAX_REQUEST`] bytes, `control-broken` where
    /// it ends in between or does not come.
    pub async fn request(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        let mut line = Vec::new();
        let mut limited = (&mut self.reader).take(MAX_REQUEST as u64 + 1);
        let broken = |words: &str| Problem::new("control-broken", format!("a request: {words}"));
        match tokio::time::timeout(PATIENCE, limited.read_until(b'\n', &mut line)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(broken(&words(&error))),
            Err(_) => return Err(broken("it did not come within 10 seconds")),
        }
        if line.pop_if(|last| *last == b'\n').is_some() {
            return Ok(Some(line));
        }
        if line.len() > MAX_REQUEST {
            let message = format!("a request may hold at most {MAX_REQUEST} bytes");
            return Err(Problem::new("control-too-long", message));
        }
        if line.is_empty() { Ok(None) } else { Err(broken("it ends within its line")) }
    }

    /// Where to put lines, from any thread.
    pub fn lines(&self) -> Lines {
        self.lines.clone()
    }

    /// Sends a last line and ends, once the other side has taken everything.
    ///
    /// # Errors
    ///
    /// `control-broken` where it has not.
    pub async fn finish(&mut self, last: &[u8]) -> Result<(), Problem> {
        self.lines.say(last);
        let _ = self.lines.sender.send(None);
        let broken = |words: &str| Problem::new("control-broken", format!("an answer: {words}"));
        let Some(writer) = self.writer.take() else { return Err(broken("it has ended before")) };
        let abort = writer.abort_handle();
        match tokio::time::timeout(PATIENCE, writer).await {
            Ok(Ok(Ok(()))) if self.lines.given_up.load(Ordering::SeqCst) => {
                Err(broken("nobody read it"))
            }
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(broken(&words(&error))),
            Ok(Err(_)) => Err(broken("it was ended")),
            Err(_) => {
                abort.abort();
                Err(broken("nobody read it"))
            }
        }
    }
}

impl Drop for ControlStream {
    fn drop(&mut self) {
        if let Some(writer) = &self.writer {
            writer.abort();
        }
    }
}

/// Writes lines as they come, until the last one.
async fn write(
    mut writer: OwnedWriteHalf,
    mut lines: UnboundedReceiver<Option<Vec<u8>>>,
    waiting: Arc<AtomicUsize>,
) -> io::Result<()> {
    while let Some(Some(line)) = lines.recv().await {
        writer.write_all(&line).await?;
        waiting.fetch_sub(line.len(), Ordering::SeqCst);
    }
    writer.shutdown().await
}
