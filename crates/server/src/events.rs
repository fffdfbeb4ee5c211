//! Tells open pages that something changed: a stream of server-sent events (WHATWG HTML, section
//! 9.2), each of which is one number. What changed, the page asks for itself.
//!
//! Knows the stream. Must not know what changed.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use hyper::body::{Bytes, Frame};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

use crate::answer::Refusal;
use crate::app::Closing;
use crate::asked::Asked;

/// Something is said at least that often, so that nobody between us takes the line for dead, and a
/// page that was closed is noticed.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// A stream ends after that long; the browser comes back by itself, and its session is looked at
/// anew.
const LONGEST: Duration = Duration::from_mins(10);
/// How soon the browser comes back, in milliseconds.
const RETRY_MS: u32 = 3000;

/// `/events`
pub(crate) fn events(asked: &Asked) -> Response {
    let Ok(place) = Arc::clone(&asked.app.waiting).try_acquire_owned() else {
        let what = "too many pages wait for news";
        return asked.refuse(&Refusal::new(StatusCode::SERVICE_UNAVAILABLE, what));
    };
    let (out, inbox) = mpsc::channel(1);
    let (changes, closing) = (asked.app.desk.changes(), asked.app.closing.clone());
    tokio::spawn(tell(out, changes, closing, place));
    ([(CONTENT_TYPE, "text/event-stream")], Body::new(Stream(inbox))).into_response()
}

/// Tells until nobody listens, it is time to end, or it has lasted long enough.
async fn tell(
    out: mpsc::Sender<Bytes>,
    mut changes: watch::Receiver<u64>,
    mut closing: Closing,
    _place: OwnedSemaphorePermit,
) {
    let over = tokio::time::sleep(LONGEST);
    tokio::pin!(over);
    let mut next = format!("retry: {RETRY_MS}\n{}", message(&mut changes));
    while out.send(Bytes::from(std::mem::take(&mut next))).await.is_ok() {
        tokio::select! {
            changed = changes.changed() => match changed {
                Ok(()) => next = message(&mut changes),
                Err(_) => return,
            },
            () = tokio::time::sleep(HEARTBEAT) => next.push_str(": still here\n\n"),
            () = &mut over => return,
            () = closing.comes() => return,
            () = out.closed() => return,
        }
    }
}

fn message(changes: &mut watch::Receiver<u64>) -> String {
    let number = *changes.borrow_and_update();
    format!("id: {number}\ndata: {number}\n\n")
}

/// The body of the answer: whatever is told.
struct Stream(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}
