//! HTTP to others: one request and its answer, bounded in time and size, to an address that may
//! be reached.
//!
//! Knows addresses, secrets and bounds; must not know what is said. Blocking, as the other doors
//! for calls that wait. Secrets are put in here and nowhere else; no message names them, and
//! nothing that holds one shows it.

mod address;
mod download;
mod real;
mod recorded;
mod secret;
mod sign;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use holdfast_model::{Digest, Problem, Timestamp};

pub use address::Reach;
pub use real::RealHttp;
pub use recorded::{RecordedHttp, RecordedSecrets};
pub use secret::{RealSecrets, Secret, SecretSource, Secrets};

pub(crate) use address::{Address, pinned};
pub(crate) use real::certificates;

/// The longest body of an answer, in bytes; the rest is not read.
pub const MAX_BODY: u64 = 1 << 20;
/// The longest body of a download, in bytes.
pub const MAX_DOWNLOAD: u64 = 1 << 30;
/// The longest head of an answer, in bytes.
pub(crate) const MAX_HEAD: usize = 64 << 10;

/// A method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HttpMethod {
    /// Reads; may be sent twice by whatever stands between.
    Get,
    /// Makes, or asks with a body.
    Post,
}

/// Where a secret goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpSecret {
    /// Nowhere: there is none.
    None,
    /// `Authorization: Bearer` (RFC 6750).
    Bearer(Secret),
    /// `Authorization: Basic` (RFC 7617).
    Basic {
        /// The user; without a colon.
        user: String,
        /// The password or token.
        password: Secret,
    },
    /// The secret is the address; the request's own is empty.
    Address(Secret),
    /// The headers of Standard Webhooks: one signature for each secret.
    Signature {
        /// The message's id: the same when it is sent again.
        id: String,
        /// Now.
        at: Timestamp,
        /// The secrets, newest first: `whsec_` and base64 of 24 to 64 bytes.
        secrets: Vec<Secret>,
    },
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// How.
    pub method: HttpMethod,
    /// Whereto: `https://host[:port]/path`.
    pub address: String,
    /// Headers beside those of the secret, of lengths and of the agent.
    pub headers: Vec<(String, String)>,
    /// What is sent; empty for nothing.
    pub body: Vec<u8>,
    /// The secret.
    pub secret: HttpSecret,
    /// Which addresses may be reached.
    pub reach: Reach,
    /// For everything: looking up, connecting, sending, reading.
    pub timeout: Duration,
}

impl HttpRequest {
    /// A request without headers, body and secret, to the public internet, with half a minute.
    pub fn new(method: HttpMethod, address: impl Into<String>) -> Self {
        Self {
            method,
            address: address.into(),
            headers: Vec::new(),
            body: Vec::new(),
            secret: HttpSecret::None,
            reach: Reach::default(),
            timeout: Duration::from_secs(30),
        }
    }
}

/// An answer, whatever its status. Redirects of a POST are answers; a GET is led on within its
/// host, five times at most.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Headers, names in lower case, as they came.
    pub headers: Vec<(String, String)>,
    /// At most [`MAX_BODY`] bytes.
    pub body: Vec<u8>,
    /// Whether the body ended before its end, or went on behind the limit.
    pub cut: bool,
}

impl HttpResponse {
    /// An answer of a status and a body.
    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    /// The same with one header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// Nothing of the request was sent.
    NotSent(Problem),
    /// It may have been done.
    Lost(Problem),
}

impl SendError {
    /// What happened.
    pub fn problem(&self) -> &Problem {
        match self {
            Self::NotSent(problem) | Self::Lost(problem) => problem,
        }
    }
}

/// A file to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGet {
    /// From where.
    pub address: String,
    /// The validator of the copy that is there, as `ETag` gave it.
    pub etag: Option<String>,
    /// Its time, as `Last-Modified` gave it.
    pub modified: Option<String>,
    /// Which addresses may be reached.
    pub reach: Reach,
    /// For everything.
    pub timeout: Duration,
    /// Bytes at most; never more than [`MAX_DOWNLOAD`].
    pub limit: u64,
    /// The file it becomes, absolute. It appears whole or not at all.
    pub into: PathBuf,
}

/// What a download came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Downloaded {
    /// The copy that is there is still the newest.
    Unchanged,
    /// There is a new one.
    New {
        /// Its length.
        bytes: u64,
        /// Its digest.
        digest: Digest,
        /// Its validator, for the next time.
        etag: Option<String>,
        /// Its time, for the next time.
        modified: Option<String>,
    },
}

/// The door to HTTP.
pub trait Http: Send + Sync + std::fmt::Debug {
    /// Sends a request and reads its answer.
    fn send(&self, request: &HttpRequest) -> Result<HttpResponse, SendError>;

    /// Gets a file.
    ///
    /// # Errors
    ///
    /// `http-refused` for any status but 200 and 304, `http-too-large` beyond the limit,
    /// `http-cut` where it ends early, `http-unwritten` where it cannot be kept, and those of
    /// [`Http::send`].
    fn download(&self, get: &HttpGet) -> Result<Downloaded, Problem>;
}
