//! `holdfast doctor`: what this machine has and lacks for Holdfast, and what each gap costs.

use std::fmt::Write as _;

use holdfast_engine::{Failure, record, sync};
use serde::Serialize;

use super::{Context, block_on};
use crate::Outcome;
use crate::args::Format;
use crate::render;

/// `holdfast/doctor/1`.
#[derive(Debug, Serialize)]
struct Document {
    schema: &'static str,
    version: &'static str,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    id: &'static str,
    ok: bool,
    found: String,
    help: &'static str,
}

/// The programs that are asked for, and what each is for.
const PROGRAMS: [(&str, &str); 4] = [
    ("git", "without it a folder counts as outside git: install git"),
    ("cargo", "fixes of Cargo.toml are written without refreshing Cargo.lock: install cargo"),
    ("npm", "fixes of package.json are written without refreshing package-lock.json: install npm"),
    ("go", "fixes of go.mod are written without refreshing go.sum: install go"),
];

/// Looks around.
pub fn run(context: &Context<'_>) -> Result<Outcome, Failure> {
    context.only(&[Format::Human, Format::Json])?;
    let world = context.world;
    let mut checks: Vec<Check> = PROGRAMS
        .iter()
        .map(|(program, help)| {
            let ok = world.run.installed(program);
            let found = if ok {
                format!("{program} is installed")
            } else {
                format!("{program} is not installed")
            };
            Check { id: program, ok, found, help }
        })
        .collect();
    checks.push(Check {
        id: "user",
        ok: world.host.is_root(),
        found: format!("you are {}", world.host.user),
        help: "some files of the machine are readable by root only; what that hides is listed as could not check",
    });
    let feeds = sync::status(world, &context.data);
    checks.push(Check {
        id: "advisories",
        // What the feeds themselves do not say rightly is nothing that a sync here could mend.
        ok: feeds.built.is_some(),
        found: match &feeds.built {
            Some(built) => format!("{} feeds, compiled {built}", feeds.feeds.len()),
            None => format!("only the starter set of {} weaknesses", feeds.starter),
        },
        help: "holdfast advisories sync",
    });
    checks.push(store(context)?);
    let document =
        Document { schema: "holdfast/doctor/1", version: env!("CARGO_PKG_VERSION"), checks };
    if context.is_json() {
        return Ok(Outcome::ok(render::json(&document)));
    }
    let mut out = format!("holdfast {}, data in {}\n", document.version, context.data.display());
    for check in &document.checks {
        let _ = writeln!(out, "  {}  {}", if check.ok { "ok " } else { "gap" }, check.found);
        if !check.ok {
            let _ = writeln!(out, "       {}", check.help);
        }
    }
    Ok(Outcome::ok(out))
}

fn store(context: &Context<'_>) -> Result<Check, Failure> {
    let help = "look once: holdfast up --once";
    let found = block_on(async {
        let Some(store) = record::reader(&context.data).await? else { return Ok(None) };
        store.verify(None).await.map(Some).map_err(|error| record::ours(&error))
    })?;
    Ok(match found {
        Ok(None) => {
            Check { id: "record", ok: false, found: "nothing was recorded yet".to_owned(), help }
        }
        Ok(Some(report)) if report.broken.is_empty() => Check {
            id: "record",
            ok: true,
            found: format!("the record is whole: {} entries", report.entries),
            help,
        },
        Ok(Some(report)) => Check {
            id: "record",
            ok: false,
            found: format!("the record is not whole: {} things are wrong", report.broken.len()),
            help: "see which: holdfast ledger verify",
        },
        Err(Failure::Usage(problems)) => unusable(problems.first().map(ToString::to_string)),
        Err(Failure::Ours(problem) | Failure::NotDone(problem)) => {
            unusable(Some(problem.to_string()))
        }
    })
}

fn unusable(why: Option<String>) -> Check {
    Check {
        id: "record",
        ok: false,
        found: why.unwrap_or_else(|| "the record cannot be opened".to_owned()),
        help: "name another folder with --data",
    }
}
