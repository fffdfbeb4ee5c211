//! Telling others: what a partner is asked, and what its answers mean.
//!
//! Knows tickets, messages and the partners' contracts. Must not know addresses or secrets, nor
//! send anything: a connector says what to send next, given the exchanges so far; `world` inserts
//! the credential and sends it; `engine` carries both, and notes `started` before and the receipt
//! behind it in the ledger.

pub(crate) mod answered;
pub mod outbox;
mod preview;
mod say;
mod tell;
pub(crate) mod text;

use std::fmt;
use std::sync::Arc;

use holdfast_model::{About, Digest, Fields, Problem};
use serde::{Deserialize, Serialize};

pub use preview::preview;
pub use say::{about_case, about_finding};
pub use tell::{Comment, Hook, Letter, Message, Subject, Tell, Ticket, TicketState, Update};
pub use text::{Action, Block, Link, Text, plain};

pub(crate) use answered::{Document, read};
pub(crate) use text::{cut, one_line};

use crate::chat::{Slack, SlackWebhook};
use crate::mail::Mail;
use crate::ticket::{Github, Jira};
use crate::webhook::Webhook;

/// More exchanges than this in one attempt mean that a partner leads us round in circles.
pub const MOST_EXCHANGES: usize = 16;

/// An account with a partner, as `holdfast.toml` names it. Its address and secret are `world`'s.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub Arc<str>);

/// By what a partner, or we, recognise that something was told before: the same errand has the
/// same key for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OnceKey(Arc<str>);

impl OnceKey {
    /// The key of an errand: its account, what it is about, and which telling of it this is. The
    /// fields are those of the decision, never its words: a reworded title is the same errand.
    pub fn new<'a>(account: &AccountId, fields: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Fields::new("holdfast once key 1").field(account.0.as_bytes());
        for field in fields {
            all.add(field.as_bytes());
        }
        Self::of(all.finish())
    }

    fn of(digest: Digest) -> Self {
        // 128 bits; letters and digits alone, so that it is a label, a word of a search and the
        // local part of an address.
        let digits: String = digest.to_string().chars().take(32).collect();
        Self(format!("holdfast-{digits}").into())
    }

    /// `holdfast-` and 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OnceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a partner does with something that it is told twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Once {
    /// It recognises the key, so that sending again is harmless.
    Key,
    /// It can be asked whether it was told: look first, then tell at most once.
    Lookup,
    /// It cannot tell: what may be a repeat says so.
    None,
}

/// In what form a partner is told of something the first time, and whom it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A ticket: somebody's work.
    Ticket,
    /// A message in a channel.
    Message,
    /// A mail.
    Mail,
    /// An event for a program.
    Hook,
}

/// With what authority something leaves `world`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// It asks and changes nothing: configuration is enough.
    Query,
    /// It tells: a recorded decision has to stand behind it.
    Tell,
}

/// Where `world` puts the account's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// `Authorization: Bearer`.
    Bearer,
    /// `Authorization: Basic`, with the account's user.
    Basic,
    /// The whole address is the secret; the path is empty.
    Address,
    /// The headers of Standard Webhooks: the once key is the message's id.
    Signature,
    /// The login of an SMTP server.
    Login,
}

/// A method of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes, or asks with a body.
    Post,
}

/// What is sent over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// How.
    pub method: Method,
    /// Behind the account's address; percent-encoded, begins with `/` or is empty.
    pub path: String,
    /// Headers, without those that `world` sets: the credential, lengths, the agent.
    pub headers: Vec<(&'static str, String)>,
    /// UTF-8; empty for none.
    pub body: String,
}

/// A message of RFC 5322 and its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The address that bounces go to.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
    /// Headers and body, in ASCII, with `\r\n`.
    pub message: String,
}

/// How a request travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// HTTP.
    Http(Call),
    /// SMTP.
    Mail(Envelope),
}

/// What is asked of a partner. Never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whose address and secret `world` takes.
    pub account: AccountId,
    /// Whether it tells or only asks.
    pub authority: Authority,
    /// Where the secret goes.
    pub credential: Credential,
    /// What goes where.
    pub carried: Carried,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The status of HTTP, or the reply code of SMTP.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// At most a mebibyte.
    pub body: Vec<u8>,
    /// Whether the body ended before it should.
    pub cut: bool,
}

impl Response {
    /// The first header of a name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It was answered.
    Got(Response),
    /// Nobody knows: it may have been done.
    Lost,
    /// It was certainly not sent, and why.
    NotSent(Problem),
}

/// A request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What was asked.
    pub request: Request,
    /// What became of it.
    pub answer: Answer,
}

/// What a partner keeps of what it was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Within what: a channel, a project, a repository; empty where there is no such thing.
    pub within: String,
    /// Its own name of it: a time stamp, an issue's key or number, a message id.
    pub id: String,
    /// Where people see it; empty where nobody says.
    pub address: String,
    /// How a ticket stands, where the partner said so.
    pub state: Option<TicketState>,
    /// Others that bear the same mark: somebody else made copies; people should close them.
    pub doubles: Vec<String>,
}

impl Receipt {
    /// One without address, state and doubles.
    pub(crate) fn new(within: impl Into<String>, id: impl Into<String>) -> Self {
        let (within, id) = (within.into(), id.into());
        Self { within, id, address: String::new(), state: None, doubles: Vec::new() }
    }
}

/// Whether a refusal is worth another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// Not before somebody changes something.
    No,
    /// Not before this many seconds, by the partner's word; 0 where it said nothing.
    After(u32),
}

/// Why something was not done, or not known to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What happened, and what to do about it.
    pub problem: Box<Problem>,
    /// Whether to try again.
    pub again: Again,
    /// Whether the last request may have been done although.
    pub maybe_done: bool,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next<T> {
    /// Send this, and ask again with what became of it.
    Send(Request),
    /// It is done.
    Done(T),
    /// It is not.
    Refused(Refusal),
}

/// A partner's contract. Does no I/O, keeps no state.
pub trait Connector: Sync {
    /// What it is.
    fn about(&self) -> &'static About;
    /// What the partner does with something it is told twice.
    fn once(&self) -> Once;
    /// In what form it is told of something the first time.
    fn form(&self) -> Form;
    /// Whether it can carry this.
    fn takes(&self, tell: &Tell) -> bool;
    /// What comes next. `so_far` begins with the requests of earlier attempts that may have been
    /// done, each [`Answer::Lost`], and goes on with the exchanges of this attempt, all answered;
    /// see [`carry`], which keeps it so.
    fn next(
        &self,
        tell: &Tell,
        key: &OnceKey,
        account: &AccountId,
        so_far: &[Exchange],
    ) -> Next<Receipt>;
}

/// Every connector, by id.
pub fn connectors() -> [&'static dyn Connector; 6] {
    [&Github, &Jira, &Mail, &Slack, &SlackWebhook, &Webhook]
}

/// The connector with an id.
pub fn connector(id: &str) -> Option<&'static dyn Connector> {
    connectors().into_iter().find(|connector| connector.about().id == id)
}

/// One attempt: asks the connector, hands its requests to `send`, until it is done, refused or
/// lost. What is left in `history` is what the next attempt has to know: the requests that may
/// have been done. After a crash it holds the request of the entry `started`, as lost.
///
/// # Errors
///
/// What refused it, and whether to try again: see [`outbox::wait`].
pub fn carry(
    connector: &dyn Connector,
    tell: &Tell,
    key: &OnceKey,
    account: &AccountId,
    history: &mut Vec<Exchange>,
    send: &mut dyn FnMut(&Request) -> Answer,
) -> Result<Receipt, Refusal> {
    let earlier = history.len();
    let outcome = attempt(connector, tell, key, account, history, send);
    // Only what may have had an effect is remembered, and as what it is: lost.
    let mut index = 0;
    history.retain_mut(|exchange| {
        let kept = index < earlier || exchange.answer == Answer::Lost;
        index += 1;
        kept
    });
    if outcome.is_ok() {
        history.clear();
    }
    outcome
}

fn attempt(
    connector: &dyn Connector,
    tell: &Tell,
    key: &OnceKey,
    account: &AccountId,
    history: &mut Vec<Exchange>,
    send: &mut dyn FnMut(&Request) -> Answer,
) -> Result<Receipt, Refusal> {
    for _ in 0..MOST_EXCHANGES {
        let request = match connector.next(tell, key, account, history) {
            Next::Done(receipt) => return Ok(receipt),
            Next::Send(request) => request,
            Next::Refused(refusal) => {
                if let Some(last) = history.last_mut().filter(|_| refusal.maybe_done) {
                    last.answer = Answer::Lost;
                }
                return Err(refusal);
            }
        };
        let answer = send(&request);
        let tells = request.authority == Authority::Tell;
        match answer {
            Answer::NotSent(problem) => {
                let problem = Box::new(problem);
                return Err(Refusal { problem, again: Again::After(0), maybe_done: false });
            }
            Answer::Lost => {
                if tells {
                    history.push(Exchange { request, answer: Answer::Lost });
                }
                return Err(answered::lost(connector.about().title, tells));
            }
            Answer::Got(_) => history.push(Exchange { request, answer }),
        }
    }
    let title = connector.about().title;
    let message = format!("{title} was asked {MOST_EXCHANGES} times, and there is no end");
    let help = "look at the partner's own list: something there has to be closed or taken away";
    Err(answered::later(Problem::new("partner-endless", message).help(help), 0))
}

/// What this attempt has heard so far: everything behind the last request that may have been done.
pub(crate) fn heard(so_far: &[Exchange]) -> impl DoubleEndedIterator<Item = (&Call, &Response)> {
    so_far.iter().filter_map(|exchange| match (&exchange.request.carried, &exchange.answer) {
        (Carried::Http(call), Answer::Got(response)) => Some((call, response)),
        _ => None,
    })
}

/// What an attempt knows of an earlier one that began and never ended: something may have been told.
pub fn interrupted(account: &AccountId) -> Exchange {
    let call = Call {
        method: Method::Post,
        path: String::new(),
        headers: Vec::new(),
        body: String::new(),
    };
    let request = Request {
        account: account.clone(),
        authority: Authority::Tell,
        credential: Credential::Bearer,
        carried: Carried::Http(call),
    };
    Exchange { request, answer: Answer::Lost }
}

/// Whether an earlier attempt may have told it already.
pub(crate) fn maybe_told(so_far: &[Exchange]) -> bool {
    so_far.iter().any(|exchange| {
        exchange.answer == Answer::Lost && exchange.request.authority == Authority::Tell
    })
}

#[cfg(test)]
mod tests;
