//! Sockets: how commands of this machine reach the one that holds a data folder, and where the
//! console listens.
//!
//! Through the control socket go lines: one up, any number down, then the end. What they say is
//! none of our business. Commands are short-lived and wait, so that their side is blocking; the
//! holder serves many at once, so that its side is asynchronous and lives in a tokio runtime.

mod call;
mod control;
mod tcp;

#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use holdfast_model::Problem;
use rustix::fs::{Mode, OFlags};

pub use call::control_call;
pub use control::{ControlListener, ControlStream, Lines, Peer};
pub use tcp::bind_loopback;

/// The longest request, in bytes, without its end.
pub const MAX_REQUEST: usize = 1 << 20;
/// The longest line of an answer, in bytes, without its end.
pub const MAX_ANSWER: usize = 16 << 20;

/// The longest path of a socket, in bytes: `sun_path` of unix(7) without its final zero.
const MAX_PATH: usize = 107;

/// The door to sockets.
pub trait Sockets: Send + Sync + std::fmt::Debug {
    /// See [`control_call`].
    fn call(
        &self,
        path: &Path,
        request: &[u8],
        line: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Problem>;

    /// See [`bind_loopback`].
    fn bind_loopback(&self, address: SocketAddr, remote: bool) -> Result<TcpListener, Problem>;
}

/// The sockets of this machine.
#[derive(Debug, Clone, Copy)]
pub struct RealSockets;

impl Sockets for RealSockets {
    fn call(
        &self,
        path: &Path,
        request: &[u8],
        line: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Problem> {
        control_call(path, request, line)
    }

    fn bind_loopback(&self, address: SocketAddr, remote: bool) -> Result<TcpListener, Problem> {
        bind_loopback(address, remote)
    }
}

/// A path of a socket that fits into an address, and what it needs for as long as it is used.
struct Address {
    path: PathBuf,
    _folder: Option<OwnedFd>,
}

impl Address {
    /// A path that is too long is named by its opened folder, see proc(5).
    fn of(path: &Path) -> std::io::Result<Self> {
        if path.as_os_str().len() <= MAX_PATH {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        let (folder, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(folder, flags, Mode::empty())?;
        let number = folder.as_raw_fd().to_string();
        let path = ["/proc/self/fd".as_ref(), OsStr::new(&number), name].iter().collect();
        Ok(Self { path, _folder: Some(folder) })
    }
}

/// The system's words, in lower case.
fn words(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

fn broken(path: &Path, words: &str) -> Problem {
    Problem::new("control-broken", format!("the control socket `{}`: {words}", path.display()))
}
