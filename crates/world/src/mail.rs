//! Mail by SMTP: one message, encrypted unless the server is this machine or the account allows
//! otherwise, with its bounds in time.
//!
//! Knows servers and logins; must not know what is said: the message comes as text.

mod real;
mod recorded;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use real::RealMail;
pub use recorded::RecordedMail;

use crate::{Reach, Secret, SendError};

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MailTls {
    /// TLS from the first byte (RFC 8314): port 465.
    Wrapped,
    /// `STARTTLS`, or nothing (RFC 3207): port 587. Without it, nothing is said.
    StartTls,
    /// None. Refused unless the server is this machine or the account allows private networks,
    /// and never with a login to another machine.
    Plain,
}

/// A message and the way it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRequest {
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether and how it is encrypted.
    pub tls: MailTls,
    /// User and password, where it wants them.
    pub login: Option<(String, Secret)>,
    /// Who sends it, in the envelope.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// Headers and body, with `\r\n`.
    pub message: Vec<u8>,
    /// Which addresses may be reached.
    pub reach: Reach,
    /// For everything.
    pub timeout: Duration,
}

/// The server's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailReply {
    /// A reply code (RFC 5321, section 4.2): 250 where it was taken.
    pub code: u16,
    /// What it said beside, at most 1,000 characters.
    pub text: String,
}

/// The door to mail.
pub trait Mail: Send + Sync + std::fmt::Debug {
    /// Hands a message to the server. A refusal is a reply.
    fn send(&self, request: &MailRequest) -> Result<MailReply, SendError>;
}
