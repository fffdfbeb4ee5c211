//! `holdfast announce`: says beforehand what somebody is about to do.

use std::fmt::Write as _;

use holdfast_engine::Failure;
use holdfast_engine::desk::Action;
use holdfast_engine::events;
use holdfast_model::{Announcement, Timestamp};
use serde::Serialize;

use super::{Context, block_on, desk};
use crate::Outcome;
use crate::args::{AnnounceArgs, Format};
use crate::render;
use crate::render::human::counted;
use crate::render::style::on_one_line;

/// `holdfast/announcements/1`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    message: String,
    announcements: Vec<Announcement>,
}

/// Announces, approves, or lists.
pub fn run(context: &Context<'_>, args: &AnnounceArgs) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let mut message = String::new();
    if let Some(id) = &args.approve {
        message = desk::act(context, Action::ApproveAnnouncement { id: id.clone() })?.message;
    } else if let Some(action) = action(context, args)? {
        message = desk::act(context, action)?.message;
    }
    let announcements = block_on(recorded(context))??;
    if context.is_json() {
        let schema = "holdfast/announcements/1";
        return Ok(Outcome::ok(render::json(&Document { schema, message, announcements })));
    }
    if !message.is_empty() {
        return Ok(Outcome::ok(format!("{message}\n")));
    }
    let now = context.world.clock.now();
    let mut out = String::new();
    for one in announcements.iter().filter(|one| one.until > now) {
        let short: String = one.id.chars().take(8).collect();
        let from = if one.from > now { format!("from {} ", one.from) } else { String::new() };
        let what = one.what.join(", ");
        let line = format!("{short}  {} will do {what} {from}until {}", one.who, one.until);
        let _ = writeln!(out, "{}\n          {}", on_one_line(&line), on_one_line(&one.because));
    }
    if out.is_empty() {
        out.push_str(&nothing(&announcements));
    }
    Ok(Outcome::ok(out))
}

/// Where nothing is announced any more: what is over still says why nobody was told.
fn nothing(over: &[Announcement]) -> String {
    let last = over.iter().map(|one| one.until).max();
    let told = |last: Timestamp| {
        let count = counted(over.len() as u64, "announcement is", "announcements are");
        format!("{count} over, the last since {last}: holdfast announce --format json\n")
    };
    let over = last.map(told).unwrap_or_default();
    format!("Nothing is announced now. {over}Announce: holdfast announce --help\n")
}

/// What is to be announced; nothing where only a list was asked for.
fn action(context: &Context<'_>, args: &AnnounceArgs) -> Result<Option<Action>, Failure> {
    let (Some(who), Some(until), Some(because)) = (&args.who, &args.until, &args.because) else {
        return Ok(None);
    };
    let now = context.world.clock.now();
    let time = |text: &str| -> Result<Timestamp, Failure> {
        Ok(events::moment(text, now, &context.world.clock.zone())?)
    };
    Ok(Some(Action::Announce {
        who: who.clone(),
        what: args.what.clone(),
        on: args.on.clone(),
        from: args.from.as_deref().map(time).transpose()?,
        until: time(until)?,
        at_most: args.at_most,
        because: because.clone(),
    }))
}

/// Every announcement of the record, newest first.
pub async fn recorded(context: &Context<'_>) -> Result<Vec<Announcement>, Failure> {
    events::announcements(&context.data).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_told_where_nothing_is_announced_any_more() {
        assert_eq!(nothing(&[]), "Nothing is announced now. Announce: holdfast announce --help\n");
        let until = |until| Announcement {
            id: "1".into(),
            by: "ana".into(),
            who: "ana".into(),
            what: Vec::new(),
            on: Vec::new(),
            from: Timestamp(0),
            until: Timestamp(until),
            at_most: 1,
            because: String::new(),
            noted: Timestamp(0),
            approver: None,
        };
        assert_eq!(
            nothing(&[until(0), until(60_000)]),
            "Nothing is announced now. 2 announcements are over, the last since \
             1970-01-01T00:01:00Z: holdfast announce --format json\nAnnounce: holdfast announce \
             --help\n"
        );
    }
}
