//! A holder of a data folder that answers as recorded.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use holdfast_model::Problem;

use crate::Sockets;

/// By the path of the socket: whatever is asked, these lines are the answer.
#[derive(Debug)]
pub(super) struct RecordedSockets(BTreeMap<PathBuf, Vec<Vec<u8>>>);

impl RecordedSockets {
    pub(super) fn new(holders: BTreeMap<PathBuf, Vec<Vec<u8>>>) -> Self {
        Self(holders)
    }
}

impl Sockets for RecordedSockets {
    fn call(
        &self,
        path: &Path,
        _request: &[u8],
        line: &mut dyn FnMut(&[u8]),
    ) -> Result<bool, Problem> {
        let Some(lines) = self.0.get(path) else { return Ok(false) };
        for text in lines {
            line(text);
        }
        Ok(true)
    }

    fn bind_loopback(&self, address: SocketAddr, _remote: bool) -> Result<TcpListener, Problem> {
        let message = format!("cannot listen at `{address}`: a recorded world has no network");
        Err(Problem::new("listen-failed", message))
    }
}
