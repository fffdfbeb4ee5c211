//! Chat: one message for each case or decision, rewritten when things change.
//!
//! Knows Slack's messages and their limits. Approvals are never given here: a press proves an
//! account, not a person, so that messages lead to the console.

mod blocks;
mod slack;
mod slack_webhook;

pub(crate) use slack::Slack;
pub(crate) use slack_webhook::SlackWebhook;

pub(crate) use blocks::readable;
