//! Carries one request of a connector to the world's doors, and the answer back.

use std::time::Duration;

use holdfast_act::connector::{
    Answer, Call, Carried, Credential, Envelope, Method, OnceKey, Request, Response,
};
use holdfast_model::Problem;
use holdfast_world::{HttpMethod, HttpRequest, HttpSecret, MailRequest, Secret, SendError, World};

use super::account::{Address, Channel};

/// How long a partner may take for one request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Sends one request by a channel. Where the secret cannot be had, nothing is sent.
pub(super) fn send(world: &World, channel: &Channel, key: &OnceKey, request: &Request) -> Answer {
    let sent = match (&request.carried, &channel.address) {
        (Carried::Http(call), Address::Web(address)) => {
            web(world, channel, (request.credential, key), call, address)
        }
        (Carried::Mail(envelope), Address::Mail { .. }) => mail(world, channel, envelope),
        _ => Err(SendError::NotSent(Problem::new(
            "channel",
            format!("the channel `{}` has an address of another sort", channel.name()),
        ))),
    };
    match sent {
        Ok(response) => Answer::Got(response),
        Err(SendError::Lost(_)) => Answer::Lost,
        Err(SendError::NotSent(problem)) => Answer::NotSent(problem),
    }
}

fn secret(world: &World, channel: &Channel) -> Result<Secret, SendError> {
    let source = channel.secret.as_ref().ok_or_else(|| {
        let message = format!("the channel `{}` names no secret", channel.name());
        SendError::NotSent(Problem::new("channel", message).help("add `secret_file`"))
    })?;
    world.secrets.get(source).map_err(SendError::NotSent)
}

fn web(
    world: &World,
    channel: &Channel,
    (credential, key): (Credential, &OnceKey),
    call: &Call,
    address: &str,
) -> Result<Response, SendError> {
    let secret = secret(world, channel)?;
    let secret = match credential {
        Credential::Bearer => HttpSecret::Bearer(secret),
        Credential::Basic => {
            HttpSecret::Basic { user: channel.user.clone().unwrap_or_default(), password: secret }
        }
        Credential::Address => HttpSecret::Address(secret),
        Credential::Signature => HttpSecret::Signature {
            id: key.as_str().to_owned(),
            at: world.clock.now(),
            secrets: vec![secret],
        },
        Credential::Login => HttpSecret::None,
    };
    let method = match call.method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
    };
    let mut sent = HttpRequest::new(method, format!("{address}{}", call.path));
    sent.headers =
        call.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    sent.body = call.body.clone().into_bytes();
    (sent.secret, sent.reach, sent.timeout) = (secret, channel.reach, TIMEOUT);
    let answer = world.http.send(&sent)?;
    let (status, headers) = (answer.status, answer.headers);
    Ok(Response { status, headers, body: answer.body, cut: answer.cut })
}

fn mail(world: &World, channel: &Channel, envelope: &Envelope) -> Result<Response, SendError> {
    let Address::Mail { host, port, tls } = &channel.address else {
        return Err(SendError::NotSent(Problem::new("channel", "this is no mail server")));
    };
    let login = match (&channel.user, &channel.secret) {
        (Some(user), Some(_)) => Some((user.clone(), secret(world, channel)?)),
        _ => None,
    };
    let reply = world.mail.send(&MailRequest {
        host: host.clone(),
        port: *port,
        tls: *tls,
        login,
        from: envelope.from.clone(),
        to: envelope.to.clone(),
        message: envelope.message.clone().into_bytes(),
        reach: channel.reach,
        timeout: TIMEOUT,
    })?;
    let body = reply.text.into_bytes();
    Ok(Response { status: reply.code, headers: Vec::new(), body, cut: false })
}
