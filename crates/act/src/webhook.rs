//! A program of the team's own: events by Standard Webhooks 1.0 (standardwebhooks.com).
//!
//! The once key is the message's id, by which the receiver knows a repeat. `world` adds the time
//! and the signatures, one for each secret, so that secrets can be changed without a gap.

use holdfast_model::About;
use serde_json::json;

use crate::connector::{
    AccountId, Authority, Call, Carried, Connector, Credential, Exchange, Form, Hook, Method, Next,
    Once, OnceKey, Receipt, Request, Tell, answered, heard, one_line,
};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Webhook;

static ABOUT: About = About {
    id: "webhook",
    title: "the webhook",
    text: "Hands events to a program of your own as JSON, signed by Standard Webhooks \
           (`webhook-id`, `webhook-timestamp`, `webhook-signature`). The same event has the same \
           id for ever, so that a repeat can be recognised. Any answer of 2xx counts; nothing is \
           read of it.",
    file: file!(),
};

impl Connector for Webhook {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn once(&self) -> Once {
        Once::Key
    }

    fn form(&self) -> Form {
        Form::Hook
    }

    fn takes(&self, tell: &Tell) -> bool {
        matches!(tell, Tell::Hook(_))
    }

    fn next(
        &self,
        tell: &Tell,
        key: &OnceKey,
        account: &AccountId,
        so_far: &[Exchange],
    ) -> Next<Receipt> {
        let Tell::Hook(hook) = tell else { return answered::unfit(&ABOUT, tell) };
        if let Some((_, response)) = heard(so_far).next_back() {
            return match answered::status(ABOUT.title, response, true, "") {
                Some(refusal) => Next::Refused(refusal),
                None => Next::Done(Receipt::new("", key.as_str())),
            };
        }
        Next::Send(Request {
            account: account.clone(),
            authority: Authority::Tell,
            credential: Credential::Signature,
            carried: Carried::Http(Call {
                method: Method::Post,
                path: String::new(),
                headers: vec![("content-type", "application/json".to_owned())],
                body: body(hook),
            }),
        })
    }
}

/// The body: `type`, `timestamp` and `data`, as the specification recommends, and the headline.
pub(crate) fn body(hook: &Hook) -> String {
    let headline = one_line(&hook.text.headline, 400);
    json!({
        "type": hook.kind,
        "timestamp": hook.at.to_string(),
        "headline": headline,
        "data": hook.data,
    })
    .to_string()
}
