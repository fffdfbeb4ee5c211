//! SMTP on this machine, by lettre, on a connection of its own to an address that was judged.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use holdfast_model::Problem;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    Certificate, CertificateStore, SmtpConnection, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;

use super::{Mail, MailReply, MailRequest, MailTls};
use crate::http::pinned;
use crate::{Reach, SendError};

/// The mail of this machine.
#[derive(Debug, Clone, Default)]
pub struct RealMail {
    further: Vec<Vec<u8>>,
}

impl RealMail {
    /// Believes the authorities that the system believes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Believes one more, given as DER.
    #[must_use]
    pub fn believing(mut self, authority: Vec<u8>) -> Self {
        self.further.push(authority);
        self
    }
}

impl Mail for RealMail {
    fn send(&self, request: &MailRequest) -> Result<MailReply, SendError> {
        let not_sent = SendError::NotSent;
        let plain = request.tls == MailTls::Plain;
        // This machine may always be spoken to: many run a server that passes mail on.
        let reach = Reach { loopback: true, ..request.reach };
        let found =
            pinned(&request.host, request.port, reach, request.timeout).map_err(not_sent)?;
        let own = found.iter().all(|address| address.ip().is_loopback());
        if plain && !own && (!request.reach.private || request.login.is_some()) {
            let message = format!("mail to `{}` would not be encrypted", request.host);
            return Err(SendError::NotSent(Problem::new("mail-unencrypted", message).help(
                "use `tls = \"starttls\"` or `tls = \"wrapped\"`; without, there is no login",
            )));
        }
        let envelope = envelope(request).map_err(not_sent)?;
        let tls = if plain { None } else { Some(self.tls(&request.host).map_err(not_sent)?) };
        let Some(address) = found.first().copied() else {
            return Err(SendError::NotSent(unreachable(request, "it has no address")));
        };
        // The library bounds each word of the server, not all of them: a server that drips would
        // hold us for ever.
        let (tell, told) = mpsc::sync_channel(1);
        let (own, timeout) = (request.clone(), request.timeout);
        let work = move || {
            drop(tell.send(converse(&own, address, &envelope, tls.as_ref())));
        };
        let spawned = std::thread::Builder::new().name("mail".to_owned()).spawn(work);
        if spawned.is_err() {
            return Err(SendError::NotSent(unreachable(request, "no thread can be started")));
        }
        told.recv_timeout(timeout)
            .unwrap_or_else(|_| Err(SendError::Lost(lost(request, "the time is over"))))
    }
}

impl RealMail {
    fn tls(&self, host: &str) -> Result<TlsParameters, Problem> {
        let unusable = |_: Error| {
            Problem::new("mail-tls", format!("`{host}` cannot be spoken to by TLS"))
                .help("see whether its name is one of a host")
        };
        let mut parameters =
            TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
        // One list of authorities for all that we speak to.
        let system = crate::http::certificates();
        let all = system.iter().map(|one| one.to_vec()).chain(self.further.iter().cloned());
        for one in all.filter_map(|one| Certificate::from_der(one).ok()) {
            parameters = parameters.add_root_certificate(one);
        }
        parameters.build().map_err(unusable)
    }
}

fn envelope(request: &MailRequest) -> Result<Envelope, Problem> {
    let wrong = |address: &str| {
        Problem::new("mail-address", format!("`{address}` is no mail address"))
            .help("write it as `name@example.org`")
    };
    let from = request.from.parse().map_err(|_| wrong(&request.from))?;
    let mut to = Vec::new();
    for address in &request.to {
        to.push(address.parse().map_err(|_| wrong(address))?);
    }
    Envelope::new(Some(from), to).map_err(|_| wrong(""))
}

/// Everything that is said to the server. Whatever fails before the message is begun was not sent.
fn converse(
    request: &MailRequest,
    address: SocketAddr,
    envelope: &Envelope,
    tls: Option<&TlsParameters>,
) -> Result<MailReply, SendError> {
    let us = ClientId::default();
    let wrapped = tls.filter(|_| request.tls == MailTls::Wrapped);
    let limit = Some(request.timeout.min(Duration::from_mins(1)));
    let before = |error: Error| match reply(&error) {
        Some(reply) => Ok(reply),
        None => Err(SendError::NotSent(unreachable(request, why(&error)))),
    };
    let mut server = match SmtpConnection::connect(address, limit, &us, wrapped, None) {
        Ok(server) => server,
        Err(error) => return before(error),
    };
    if let (Some(tls), MailTls::StartTls) = (tls, request.tls) {
        if !server.can_starttls() {
            let message = format!("`{}` does not offer to encrypt mail", request.host);
            return Err(SendError::NotSent(
                Problem::new("mail-unencrypted", message)
                    .help("it may want TLS from the first byte: `tls = \"wrapped\"`, port 465"),
            ));
        }
        if let Err(error) = server.starttls(tls, &us) {
            return before(error);
        }
    }
    if let Some((user, password)) = &request.login {
        let login = Credentials::new(user.clone(), password.reveal().to_owned());
        if let Err(error) = server.auth(&[Mechanism::Plain, Mechanism::Login], &login) {
            return before(error);
        }
    }
    // The library ends the last line itself, together with the message.
    let message = request.message.strip_suffix(b"\r\n").unwrap_or(&request.message);
    match server.send(envelope, message) {
        Ok(response) => {
            let text = response.message().collect::<Vec<_>>().join(" ");
            // It is taken; whether the goodbye is heard does not matter.
            drop(server.quit());
            Ok(MailReply { code: response.code().into(), text: bounded(&text) })
        }
        Err(error) => match reply(&error) {
            Some(reply) => Ok(reply),
            None if error.is_client() => {
                Err(SendError::NotSent(unreachable(request, "it cannot take such an address")))
            }
            None => Err(SendError::Lost(lost(request, why(&error)))),
        },
    }
}

/// A refusal with its code.
fn reply(error: &Error) -> Option<MailReply> {
    let code = error.status()?.into();
    let source = std::error::Error::source(error).map(ToString::to_string);
    Some(MailReply { code, text: bounded(&source.unwrap_or_default()) })
}

fn bounded(text: &str) -> String {
    text.chars().take(1_000).collect()
}

fn why(error: &Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_tls() {
        "TLS failed; see whether its certificate is of that name"
    } else {
        "the connection failed"
    }
}

fn unreachable(request: &MailRequest, why: &str) -> Problem {
    let message = format!("the mail server `{}` cannot be spoken to: {why}", request.host);
    Problem::new("mail-unreachable", message).help("see whether host and port are right")
}

fn lost(request: &MailRequest, why: &str) -> Problem {
    let message =
        format!("the mail server `{}` did not say whether it took it: {why}", request.host);
    Problem::new("mail-lost", message).help("it is tried again, and says that it may be a repeat")
}
