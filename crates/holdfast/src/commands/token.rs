//! `holdfast token`: lets other people in, and keeps them out again.

use holdfast_engine::Failure;
use holdfast_engine::desk::Action;
use serde::Serialize;

use super::{Context, desk};
use crate::Outcome;
use crate::args::{Format, TokenCommand};
use crate::render;

/// `holdfast/token/1`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// Issues or revokes.
pub fn run(context: &Context<'_>, command: &TokenCommand) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let action = match command {
        TokenCommand::Issue { name } => Action::IssueToken { name: name.clone() },
        TokenCommand::Revoke { name } => Action::RevokeToken { name: name.clone() },
    };
    let done = desk::act(context, action)?;
    let document =
        Document { schema: "holdfast/token/1", message: done.message, token: done.secret };
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&document)));
    }
    let mut text = format!("{}\n", document.message);
    if let Some(token) = &document.token {
        text.push_str(token);
        text.push_str(
            "\nIn the console: paste it where it asks. On the command line: set HOLDFAST_TOKEN.\n",
        );
    }
    Ok(Outcome::ok(text))
}
