//! What a message would look like, for the page of settings: the very text that would be sent,
//! in the partner's own format where that is text, else as its blocks read.

use super::{Tell, plain};
use crate::{chat, mail, ticket, webhook};

/// How it would look, as text.
pub fn preview(tell: &Tell) -> String {
    match tell {
        Tell::Ticket(ticket) => format!(
            "{}\n\n{}",
            ticket::title(&ticket.text),
            ticket::markdown(&ticket.text, ticket::GITHUB_BODY)
        ),
        Tell::Comment(comment) => ticket::markdown(&comment.text, ticket::GITHUB_BODY),
        Tell::State(ticket) => format!("asks how `{}` stands; nothing is written\n", ticket.id),
        Tell::Message(message) => chat::readable(&message.text, false),
        Tell::Update(update) => chat::readable(&update.text, false),
        Tell::Mail(letter) => mail::readable(letter),
        Tell::Hook(hook) => {
            let body = webhook::body(hook);
            // The very members; indented for people.
            let body = serde_json::from_str::<serde_json::Value>(&body)
                .and_then(|body| serde_json::to_string_pretty(&body))
                .unwrap_or(body);
            format!("{body}\n\n{}", plain(&hook.text, 2000))
        }
    }
}
