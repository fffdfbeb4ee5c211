//! One thing to be told, as it waits in the record: what is said, about what, and where.

use holdfast_act::connector::{
    Comment, Connector, Form, Hook, Letter, Message, OnceKey, Receipt, Subject, Tell, Text, Ticket,
    Update,
};
use holdfast_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is told. It holds everything but the address and the secret, which are the channel's of the
/// day on which it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Errand {
    /// By what it is recognised.
    pub(super) key: OnceKey,
    /// About what.
    pub(super) about: Subject,
    /// What happened: `decision.made`, `case.answered`.
    pub(super) kind: String,
    /// Where to, as the channel had it when this was decided.
    pub(super) to: Vec<String>,
    /// What is said.
    pub(super) text: Text,
    /// The team, for labels of tickets.
    pub(super) labels: Vec<String>,
    /// When it was decided.
    pub(super) at: Timestamp,
    /// What programs are told.
    pub(super) data: Value,
    /// Whether it goes on with what was told before.
    pub(super) again: bool,
    /// The case whose answer makes it needless.
    pub(super) unless_answered: Option<std::sync::Arc<str>>,
}

impl Errand {
    /// What the partner is asked, where it goes on with `first`. `None` where there is nothing that
    /// it could go on with, and no sense in beginning.
    pub(super) fn tell(
        &self,
        connector: &dyn Connector,
        from: &str,
        first: Option<Receipt>,
    ) -> Option<Tell> {
        let to = self.to.first().cloned().unwrap_or_default();
        let first = first.filter(|_| self.again);
        let (about, text) = (self.about.clone(), self.text.clone());
        Some(match (connector.form(), first) {
            (Form::Ticket, Some(ticket)) => {
                Tell::Comment(Comment { ticket, text, decided: self.at })
            }
            (Form::Ticket, None) if self.again => return None,
            (Form::Ticket, None) => Tell::Ticket(Ticket {
                within: to,
                text,
                labels: self.labels.clone(),
                decided: self.at,
            }),
            (Form::Message, Some(message)) => {
                let update = Tell::Update(Update { message, about, text });
                if connector.takes(&update) {
                    return Some(update);
                }
                let Tell::Update(Update { about, text, .. }) = update else { return None };
                Tell::Message(Message { channel: to, about, text })
            }
            (Form::Message, None) => Tell::Message(Message { channel: to, about, text }),
            (Form::Mail, follows) => Tell::Mail(Letter {
                from: from.to_owned(),
                to: self.to.clone(),
                text,
                at: self.at,
                follows,
            }),
            (Form::Hook, _) => Tell::Hook(Hook {
                kind: self.kind.clone(),
                at: self.at,
                data: self.data.clone(),
                text,
            }),
        })
    }
}

/// The subject of a message in the record: messages about one go in their order.
pub(super) fn subject(about: &Subject, key: &OnceKey) -> String {
    match about {
        Subject::Decision(finding) => format!("decision:{finding}"),
        Subject::Case(id) => format!("case:{id}"),
        Subject::Digest => format!("digest:{key}"),
        Subject::Trial => format!("trial:{key}"),
    }
}
