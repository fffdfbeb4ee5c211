//! Jobs of cron: `cron COMMAND of USER: "5 4 * * *"`.

use std::sync::Arc;

use holdfast_model::{CronWanted, Desired, Resource, Wanted};
use holdfast_rulefile::{Decoder, Node, Value};

use super::ensure::short;
use super::values;
use crate::cron::normal;

/// The job that a name means; else what is wrong with it, and the help.
pub(super) fn subject(name: &str) -> Result<Resource, (String, String)> {
    let Some((command, user)) = name.rsplit_once(" of ") else {
        let message = format!("`{}` does not say whose job it is", short(name));
        return Err((message, "write `cron COMMAND of root`".to_owned()));
    };
    let user = user.trim();
    if user.is_empty() || !values::is_account(user) {
        let message = format!("`{}` is no name of a user", short(user));
        return Err((message, "write the name, such as `root`".to_owned()));
    }
    let words: Vec<&str> = command.split_whitespace().collect();
    let command = words.join(" ");
    if command.is_empty() || command.starts_with('#') || command.chars().any(char::is_control) {
        let message = format!("`{}` is no command", short(&command));
        return Err((message, "write the command as it stands in the table".to_owned()));
    }
    Ok(Resource::Cron { user: user.into(), command: command.into() })
}

/// `present`, `absent`, or when it runs.
pub(super) fn wanted(
    decoder: &mut Decoder<'_>,
    resource: Resource,
    node: &Node,
) -> Option<Desired> {
    let Resource::Cron { user, command } = resource else { return None };
    let wanted = match &node.value {
        Value::Text { text, .. } if text == "present" => CronWanted::Present,
        Value::Text { text, .. } if text == "absent" => CronWanted::Absent,
        _ => CronWanted::At(time(decoder, node)?),
    };
    Some(Desired::Cron { user, command, wanted })
}

fn time(decoder: &mut Decoder<'_>, node: &Node) -> Option<Wanted> {
    let wanted = values::wanted(decoder, node)?;
    let times: &[Arc<str>] = match &wanted {
        Wanted::Is(time) => std::slice::from_ref(time),
        Wanted::OneOf(times) => times,
        _ => &[],
    };
    let bad = times.iter().find(|time| normal(time).is_none());
    if times.is_empty() || bad.is_some() {
        let message = match bad {
            Some(time) => format!("`{}` is no time of cron", short(time)),
            None => "a job runs at a time, which no number tells".to_owned(),
        };
        let help = "write `present`, `absent`, five fields such as \"5 4 * * *\", or a word such as \
                    \"@daily\"";
        decoder.refuse("control-value", node, message, help);
        return None;
    }
    Some(wanted)
}
