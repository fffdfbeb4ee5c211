//! Slack with a bot's token: `chat.postMessage` and `chat.update`.
//!
//! Slack cannot be asked whether it has a message: what may be a repeat says so. A message is
//! known by its channel and `ts`, so that it can be rewritten.

use holdfast_model::{About, Problem};
use serde_json::{Value, json};

use super::blocks::{blocks, notification};
use crate::connector::{
    AccountId, Again, Authority, Call, Carried, Connector, Credential, Document, Exchange, Form,
    Method, Next, Once, OnceKey, Receipt, Refusal, Request, Response, Tell, answered, heard,
    maybe_told, read,
};

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slack;

static ABOUT: About = About {
    id: "slack",
    title: "Slack",
    text: "Posts one message for each case or decision with `chat.postMessage`, and rewrites it \
           with `chat.update`. Needs a bot's token (`xoxb-…`) with the scope `chat:write`, and the \
           bot has to be a member of the channel. Slack keeps no key: a message that may have been \
           posted already says that it may be a repeat.",
    file: file!(),
};

impl Connector for Slack {
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
        matches!(tell, Tell::Message(_) | Tell::Update(_))
    }

    fn next(
        &self,
        tell: &Tell,
        _key: &OnceKey,
        account: &AccountId,
        so_far: &[Exchange],
    ) -> Next<Receipt> {
        if let Some((_, response)) = heard(so_far).next_back() {
            return match receipt(response, tell) {
                Ok(receipt) => Next::Done(receipt),
                Err(refusal) => Next::Refused(refusal),
            };
        }
        let (path, body) = match tell {
            Tell::Message(message) if message.channel.trim().is_empty() => {
                let problem = Problem::new("partner-unfit", "a message for Slack names no channel")
                    .help("name one in the route, by its id (`C…`) or as `#name`");
                return Next::Refused(answered::no(problem));
            }
            Tell::Message(message) => (
                "/api/chat.postMessage",
                json!({
                    "channel": message.channel,
                    "text": notification(&message.text),
                    "blocks": blocks(&message.text, maybe_told(so_far)),
                    "unfurl_links": false,
                    "unfurl_media": false,
                }),
            ),
            // The same change twice is the same message: nothing to be said of repeats.
            Tell::Update(update) => (
                "/api/chat.update",
                json!({
                    "channel": update.message.within,
                    "ts": update.message.id,
                    "text": notification(&update.text),
                    "blocks": blocks(&update.text, false),
                }),
            ),
            _ => return answered::unfit(&ABOUT, tell),
        };
        Next::Send(Request {
            account: account.clone(),
            authority: Authority::Tell,
            credential: Credential::Bearer,
            carried: Carried::Http(Call {
                method: Method::Post,
                path: path.to_owned(),
                headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
                body: body.to_string(),
            }),
        })
    }
}

/// What Slack's answer of status 200 comes to.
fn receipt(response: &Response, tell: &Tell) -> Result<Receipt, Refusal> {
    let told = matches!(tell, Tell::Message(_));
    let document = read(ABOUT.title, response, told, error_of)?;
    match document.get("ok").and_then(Value::as_bool) {
        Some(true) => {}
        Some(false) => return Err(refused(&error_of(&document), response)),
        None => return Err(answered::garbled(ABOUT.title, "a document without `ok`", told)),
    }
    let text = |name: &str| document.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());
    let (Some(channel), Some(ts)) = (text("channel"), text("ts")) else {
        let what = "a message without channel and time stamp";
        return Err(answered::garbled(ABOUT.title, what, told));
    };
    if let Tell::Update(update) = tell
        && (channel != update.message.within || ts != update.message.id)
    {
        return Err(answered::garbled(ABOUT.title, "a change of another message", false));
    }
    Ok(Receipt::new(channel, ts))
}

fn error_of(document: &Document) -> String {
    document.get("error").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Slack's own words, explained.
pub(super) fn refused(error: &str, response: &Response) -> Refusal {
    let said = answered::quoted(error);
    let problem = |code, what: &str, help: &str| {
        Problem::new(code, format!("Slack {what}: {said}")).help(help.to_owned())
    };
    let denied = |help| answered::no(problem("partner-denied", "does not accept the token", help));
    match error {
        "not_in_channel" => answered::no(problem(
            "partner-denied",
            "lets only members post there",
            "invite the bot into the channel with `/invite`",
        )),
        "channel_not_found" | "no_service" | "no_active_hooks" | "team_not_found" => {
            answered::no(problem(
                "partner-absent",
                "knows no such channel or address",
                "name the channel by its id (`C…`), and invite the bot where it is private",
            ))
        }
        "is_archived" | "channel_is_archived" => answered::no(problem(
            "partner-absent",
            "has put the channel away",
            "name another channel in the route, or take this one out of the archive",
        )),
        "message_not_found" | "edit_window_closed" | "cant_update_message" => {
            answered::no(problem(
                "partner-gone",
                "does not let the message be rewritten",
                "post a new one: somebody removed it, or another bot wrote it",
            ))
        }
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired"
        | "invalid_token" => denied("put a new token where the account names it"),
        "missing_scope"
        | "no_permission"
        | "restricted_action"
        | "action_prohibited"
        | "posting_to_general_channel_denied"
        | "ekm_access_denied"
        | "not_allowed_token_type" => {
            denied("give the app the scope `chat:write`, or ask who runs the workspace")
        }
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => answered::later(
            problem("partner-busy", "was asked too often", "it is tried again"),
            answered::retry_after(response).max(1),
        ),
        // By its documentation, some of it may have been done.
        "fatal_error"
        | "internal_error"
        | "request_timeout"
        | "service_unavailable"
        | "rollup_error" => Refusal {
            again: Again::After(answered::retry_after(response)),
            maybe_done: true,
            ..answered::no(problem("partner-failed", "failed", "it is tried again"))
        },
        _ => answered::no(problem(
            "partner-refused",
            "refused it",
            "the word is explained in Slack's reference of the method",
        )),
    }
}
