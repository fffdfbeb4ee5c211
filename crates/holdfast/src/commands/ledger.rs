//! `holdfast ledger`: is the record whole, and what stands in it?

use std::fmt::Write as _;

use holdfast_engine::record::Checkpoint;
use holdfast_engine::{Failure, record};
use holdfast_model::Problem;
use serde::Serialize;

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{Format, LedgerCommand};
use crate::render;

/// `holdfast/ledger-verify/1`.
#[derive(Debug, Serialize)]
struct Verified {
    schema: &'static str,
    entries: u64,
    checkpoint: Option<String>,
    broken: Vec<BrokenRow>,
}

#[derive(Debug, Serialize)]
struct BrokenRow {
    seq: u64,
    what: String,
}

/// Verifies or exports. A record that is not whole ends with 1.
pub fn run(context: &Context<'_>, command: &LedgerCommand) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    match command {
        LedgerCommand::Verify { against } => {
            let against = match against {
                Some(path) => {
                    let text = context.text(&path.to_string_lossy())?;
                    Some(checkpoint(&text).ok_or_else(|| {
                        let message = format!("`{}` holds no checkpoint", path.display());
                        Problem::new("bad-checkpoint", message)
                            .help("name a file with one checkpoint, as `ledger verify` prints it")
                    })?)
                }
                None => None,
            };
            verify(context, against.as_ref())
        }
        LedgerCommand::Export => export(context),
    }
}

/// The checkpoint in a text, with or without the words that `ledger verify` prints before it.
fn checkpoint(text: &str) -> Option<Checkpoint> {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    starts.filter_map(|at| text.get(at..)).find_map(|rest| Checkpoint::parse(rest).ok())
}

fn verify(context: &Context<'_>, against: Option<&Checkpoint>) -> Result<Outcome, Failure> {
    let verified = block_on(async {
        let Some(store) = record::reader(&context.data).await? else { return Err(nothing()) };
        let report = store.verify(against).await.map_err(|error| record::ours(&error))?;
        Ok(Verified {
            schema: "holdfast/ledger-verify/1",
            entries: report.entries,
            checkpoint: report.checkpoint.map(|checkpoint| checkpoint.note().to_owned()),
            broken: report
                .broken
                .into_iter()
                .map(|broken| BrokenRow { seq: broken.seq, what: broken.what })
                .collect(),
        })
    })??;
    let exit = u8::from(!verified.broken.is_empty());
    if context.is_json() {
        return Ok(Outcome { text: render::json(&verified), exit });
    }
    let mut out = String::new();
    for broken in &verified.broken {
        let _ = writeln!(out, "entry {}: {}", broken.seq, broken.what);
    }
    let entries = render::human::counted(verified.entries, "entry", "entries");
    if verified.broken.is_empty() {
        let _ =
            writeln!(out, "The record is whole: {entries}, every number shown follows from them.");
        if against.is_none() {
            out.push_str(
                "Keep this checkpoint elsewhere; it proves later that nothing was cut off:\n\n",
            );
        }
        out.push_str(verified.checkpoint.as_deref().unwrap_or_default());
    } else {
        let _ = writeln!(out, "The record is not whole ({entries}).");
    }
    Ok(Outcome { text: out, exit })
}

fn export(context: &Context<'_>) -> Result<Outcome, Failure> {
    let text = block_on(async {
        let Some(store) = record::reader(&context.data).await? else { return Err(nothing()) };
        let mut text = String::new();
        let mut line = |entry: &str| {
            text.push_str(entry);
            text.push('\n');
            true
        };
        store.export(&mut line).await.map_err(|error| record::ours(&error))?;
        Ok(text)
    })??;
    Ok(Outcome::ok(text))
}

fn nothing() -> Failure {
    Problem::new("no-record", "nothing was recorded yet")
        .help("look once: holdfast up --once")
        .into()
}
