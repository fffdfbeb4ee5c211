//! Serves the console on a socket: how many at once, how long a request may take to arrive, and a
//! calm end.
//!
//! Knows connections. Must not know routes.

use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use holdfast_engine::desk::Desk;
use holdfast_model::Problem;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::app::Closing;
use crate::{Options, routes};

/// Connections at the same time; more wait at the door of the operating system.
const CONNECTIONS: usize = 256;
/// How long a request's head may take to arrive, and how long a connection may say nothing.
const PATIENCE: Duration = Duration::from_secs(15);
/// Header lines of a request.
const HEADERS: usize = 64;
/// Bytes of a request's head.
const HEAD: usize = 16 * 1024;
/// How long requests that have begun may still take when the console ends.
const FAREWELL: Duration = Duration::from_secs(5);
/// A pause after the system refused a connection, say because too many files are open.
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` comes, and then until what has begun is done, five seconds at most.
///
/// # Errors
///
/// `console-listener` where the listener cannot be used.
pub async fn serve(
    listener: TcpListener,
    desk: Arc<dyn Desk>,
    options: &Options,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Problem> {
    let listener = listener
        .set_nonblocking(true)
        .and_then(|()| tokio::net::TcpListener::from_std(listener))
        .map_err(|error| {
            let message = format!("the console cannot listen on {}: {error}", options.address);
            Problem::new("console-listener", message)
        })?;
    let (close, _) = watch::channel(false);
    let router = routes::router(desk, options, Closing::when(&close));
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            (stream, place) = next(&listener, &places) => {
                tokio::spawn(converse(stream, router.clone(), graceful.watcher(), place));
            }
        }
    }
    drop(listener);
    // Pages that wait for news end with this; everything else ends by itself.
    close.send_replace(true);
    drop(tokio::time::timeout(FAREWELL, graceful.shutdown()).await);
    Ok(())
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &tokio::net::TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        if let Ok(place) = Arc::clone(places).acquire_owned().await
            && let Ok((stream, _)) = listener.accept().await
        {
            return (stream, place);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One connection, to its end.
async fn converse(
    stream: TcpStream,
    router: Router,
    watcher: Watcher,
    _place: OwnedSemaphorePermit,
) {
    // Pages are written at once: waiting for more would only delay them.
    drop(stream.set_nodelay(true));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_headers(HEADERS)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    // What goes wrong with a connection concerns nobody but its other end.
    drop(watcher.watch(connection).await);
}
