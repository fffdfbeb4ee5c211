//! Slack's incoming webhooks: an address that is itself the secret, and one channel.
//!
//! The answer is the word `ok` and names no message: nothing can be rewritten.

use holdfast_model::About;
use serde_json::json;

use super::blocks::{blocks, notification};
use super::slack::refused;
use crate::connector::{
    AccountId, Authority, Call, Carried, Connector, Credential, Exchange, Form, Method, Next, Once,
    OnceKey, Receipt, Refusal, Request, Response, Tell, answered, heard, maybe_told,
};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SlackWebhook;

static ABOUT: About = About {
    id: "slack-webhook",
    title: "Slack's webhook",
    text: "Posts messages to the one channel of an incoming webhook. The address is the secret. \
           Messages cannot be rewritten: with a bot's token (connector `slack`) they can.",
    file: file!(),
};

impl Connector for SlackWebhook {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn once(&self) -> Once {
        Once::None
    }

    fn form(&self) -> Form {
        Form::Message
    }

    fn takes(&self, tell: &Tell) -> bool {
        matches!(tell, Tell::Message(_))
    }

    fn next(
        &self,
        tell: &Tell,
        key: &OnceKey,
        account: &AccountId,
        so_far: &[Exchange],
    ) -> Next<Receipt> {
        let Tell::Message(message) = tell else { return answered::unfit(&ABOUT, tell) };
        if let Some((_, response)) = heard(so_far).next_back() {
            return match judged(response) {
                Some(refusal) => Next::Refused(refusal),
                None => Next::Done(Receipt::new("", key.as_str())),
            };
        }
        let body = json!({
            "text": notification(&message.text),
            "blocks": blocks(&message.text, maybe_told(so_far)),
            "unfurl_links": false,
            "unfurl_media": false,
        });
        Next::Send(Request {
            account: account.clone(),
            authority: Authority::Tell,
            credential: Credential::Address,
            carried: Carried::Http(Call {
                method: Method::Post,
                path: String::new(),
                headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
                body: body.to_string(),
            }),
        })
    }
}

/// The answer is a word: `ok`, or what is wrong.
fn judged(response: &Response) -> Option<Refusal> {
    let words = String::from_utf8_lossy(&response.body).trim().to_owned();
    match response.status {
        200 if words == "ok" => None,
        200 => Some(answered::garbled(ABOUT.title, &answered::quoted(&words), true)),
        // A word in the form of Slack's; everything else is somebody else's page.
        400..=499 if response.status != 429 && word(&words) => Some(refused(&words, response)),
        // A success that is none of Slack's.
        201..=299 => {
            let what = format!("the status {}", response.status);
            Some(answered::garbled(ABOUT.title, &what, true))
        }
        _ => answered::status(ABOUT.title, response, true, ""),
    }
}

fn word(words: &str) -> bool {
    !words.is_empty()
        && words.len() <= 60
        && words.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
