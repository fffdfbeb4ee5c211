//! `holdfast audit`: what every control says of a host, resource by resource.

use std::fmt::Write as _;
use std::path::Path;

use holdfast_engine::Failure;
use holdfast_engine::audit::{self, Audit};
use holdfast_model::{Problem, Target};

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{AuditArgs, Format};
use crate::progress::Progress;
use crate::render::sheet::Sheet;
use crate::render::{self, problem};

/// Judges. A verdict of `block` ends with 1.
pub fn run(context: &Context<'_>, args: &AuditArgs) -> Result<Outcome, Failure> {
    let forms = Format::REPORTS.into_iter().filter(|form| *form != Format::Markdown);
    context.only(&forms.collect::<Vec<_>>())?;
    let targets: Vec<Target> =
        args.targets.iter().map(|name| target(name)).collect::<Result<_, _>>()?;
    let progress = Progress::start();
    progress.say("looking at settings");
    let options = audit::Options {
        targets: &targets,
        only: &args.only,
        baseline: context.named(args.baseline.as_deref())?,
        accepted: block_on(audit::accepted(context.world, &context.data, &targets))??,
        appetite: context.chosen()?,
        binary: args.with_binary.as_deref().map(|path| named(context, path)).transpose()?,
    };
    let audit = audit::audit(context.world, &options)?;
    drop(progress);
    let exit = render::exit_of(audit.verdict, context.common.strict);
    let text = match render::outward(&Sheet::of_audit(&audit), context.common.format) {
        Some(text) => text,
        None if context.is_json() => render::json(&audit),
        None => human(context, &audit),
    };
    Ok(Outcome { text, exit })
}

/// The whole path of a program that was named.
fn named(context: &Context<'_>, path: &Path) -> Result<String, Problem> {
    let path = context.world.here.join(path);
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Problem::new("not-utf8", format!("`{}` is not UTF-8", path.display())).help("rename it")
    })
}

/// Reads a target.
pub fn target(name: &str) -> Result<Target, Problem> {
    Target::parse(name).ok_or_else(|| {
        Problem::new("unknown-target", format!("`{name}` is no host that can be looked at"))
            .help("write `local`, `root:/path` for the root of another system, or `ssh://HOST`")
    })
}

fn human(context: &Context<'_>, audit: &Audit) -> String {
    let style = context.style;
    let mut out = String::new();
    for failed in &audit.details {
        out.push_str(&problem::render(failed, style));
    }
    let mut passed = 0_usize;
    for note in &audit.notes {
        let _ = writeln!(out, "note: {note}");
    }
    for row in &audit.results {
        match row.result {
            "pass" => passed += 1,
            "not applicable" => {}
            _ => {
                let key = row.key.as_deref().map(|key| key.chars().take(6).collect::<String>());
                let _ = writeln!(out, "{:<13} {}", row.result, style.strong(&row.title));
                let _ = writeln!(
                    out,
                    "              {} on {}: {}",
                    row.resource, row.target, row.reason
                );
                if let Some(key) = key {
                    let _ =
                        writeln!(out, "              holdfast fix {key} --target {}", row.target);
                }
            }
        }
    }
    let away: Vec<_> = audit.results.iter().filter(|row| row.result == "not applicable").collect();
    if let Some(first) = away.first() {
        let _ = writeln!(
            out,
            "Not applicable: {} of {}, such as {}: {}",
            away.len(),
            audit.results.len(),
            first.resource,
            first.reason
        );
    }
    let _ = writeln!(out, "{passed} of {} resources are as they should be.", audit.results.len());
    out
}
