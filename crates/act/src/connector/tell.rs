//! What can be told.

use std::sync::Arc;

use holdfast_model::{Key, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Receipt, Text};

/// What a message is about: there is one message for each, which is rewritten when things change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A finding that something was decided about.
    Decision(Key),
    /// A case.
    Case(Arc<str>),
    /// Many things at once.
    Digest,
    /// A trial of an account's settings.
    Trial,
}

/// How a ticket stands with its partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketState {
    /// Whether the partner counts it as done. A claim: only a look proves it.
    pub closed: bool,
    /// The partner's word: `In Progress`, `closed as not planned`.
    pub word: String,
}

/// A ticket to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Jira: the key of the project, and after a slash the type where it is no `Task`. GitHub:
    /// owner and repository.
    pub within: String,
    /// What it says; the headline is its title.
    pub text: Text,
    /// Labels of the team; connectors add their own.
    pub labels: Vec<String>,
    /// When it was decided: nothing older is looked through for it.
    pub decided: Timestamp,
}

/// Something said on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// On which.
    pub ticket: Receipt,
    /// What.
    pub text: Text,
    /// When it was decided.
    pub decided: Timestamp,
}

/// A message in a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The channel; empty where the account has only one.
    pub channel: String,
    /// What it is about.
    pub about: Subject,
    /// What it says.
    pub text: Text,
}

/// A message that is rewritten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub message: Receipt,
    /// What it is about.
    pub about: Subject,
    /// What it says from now on.
    pub text: Text,
}

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// From whom: an address.
    pub from: String,
    /// To whom: addresses.
    pub to: Vec<String>,
    /// What it says; the headline is its subject.
    pub text: Text,
    /// Its date.
    pub at: Timestamp,
    /// The first mail about the same thing: mail programs show both as one conversation.
    pub follows: Option<Receipt>,
}

/// An event for somebody's own program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// What happened: `decision.made`, `case.opened`.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// What is known of it.
    pub data: serde_json::Value,
    /// The same for people.
    pub text: Text,
}

/// Something to be told, or asked, of a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tell {
    /// Make a ticket.
    Ticket(Ticket),
    /// Say something on it.
    Comment(Comment),
    /// Ask how it stands; has the authority of a query.
    State(Receipt),
    /// Post a message.
    Message(Message),
    /// Rewrite it.
    Update(Update),
    /// Send a mail.
    Mail(Letter),
    /// Hand an event to a program.
    Hook(Hook),
}

impl Tell {
    /// What it is, for problems.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ticket(_) => "a ticket",
            Self::Comment(_) => "a comment",
            Self::State(_) => "the state of a ticket",
            Self::Message(_) => "a message",
            Self::Update(_) => "a change of a message",
            Self::Mail(_) => "a mail",
            Self::Hook(_) => "an event",
        }
    }

    /// What it says to people, where it says something.
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Ticket(ticket) => Some(&ticket.text),
            Self::Comment(comment) => Some(&comment.text),
            Self::State(_) => None,
            Self::Message(message) => Some(&message.text),
            Self::Update(update) => Some(&update.text),
            Self::Mail(letter) => Some(&letter.text),
            Self::Hook(hook) => Some(&hook.text),
        }
    }
}
