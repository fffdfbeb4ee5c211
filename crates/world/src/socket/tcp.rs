//! Where the console listens.

use std::io;
use std::net::{SocketAddr, TcpListener};

use holdfast_model::Problem;

use super::words;

/// Listens at an address, without blocking. The console speaks HTTP without TLS: an address that
/// other machines can reach has to be asked for twice, by `remote`.
///
/// # Errors
///
/// `listen-remote` where other machines could reach it and nobody allowed that, `listen-taken`
/// where somebody listens there, `listen-failed` where the system refuses.
pub fn bind_loopback(address: SocketAddr, remote: bool) -> Result<TcpListener, Problem> {
    if !remote && !address.ip().to_canonical().is_loopback() {
        let message = format!("other machines could reach `{address}`, and nothing is encrypted");
        let port = address.port();
        let help = format!("listen at `127.0.0.1:{port}`, behind a proxy that speaks TLS");
        return Err(Problem::new("listen-remote", message).help(help));
    }
    let listener = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    listener.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            Problem::new("listen-taken", format!("somebody listens at `{address}` already"))
                .help("name another address, or port 0 for any that is free")
        }
        io::ErrorKind::PermissionDenied => {
            let message = format!("this user may not listen at `{address}`");
            Problem::new("listen-failed", message).help("name a port from 1024")
        }
        _ => {
            let message = format!("cannot listen at `{address}`: {}", words(&error));
            Problem::new("listen-failed", message)
        }
    })
}
