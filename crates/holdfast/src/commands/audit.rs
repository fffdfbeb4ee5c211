//! `holdfast audit`: what every control says of a host, resource by resource.

use std::path::Path;

use holdfast_engine::{Failure, audit, cycle, hosts};
use holdfast_model::{Problem, Target};

use super::{Context, block_on};
use crate::Outcome;
use crate::args::{AuditArgs, Format};
use crate::progress::Progress;
use crate::render;
use crate::render::audited::{self, Asked};
use crate::render::sheet::Sheet;

/// Judges. A verdict of `block` ends with 1.
pub fn run(context: &Context<'_>, args: &AuditArgs) -> Result<Outcome, Failure> {
    let forms = Format::REPORTS.into_iter().filter(|form| *form != Format::Markdown);
    context.only(&forms.collect::<Vec<_>>())?;
    let targets: Vec<Target> =
        args.targets.iter().map(|name| target(context, name)).collect::<Result<_, _>>()?;
    let progress = Progress::start();
    progress.say("looking at settings");
    let managed = block_on(hosts::all(&context.data))??;
    let options = audit::Options {
        targets: &targets,
        managed: &managed,
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
        None => {
            let command = asked(args);
            // Who names controls wants to see all that they say.
            let all = args.all || !args.only.is_empty();
            audited::report(&audit, Asked { command: &command, all }, context.style)
        }
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

/// Reads a target; what is none as it is written is the name of this machine or of a host that is
/// looked at by schedule, or a file with what a host said.
pub fn target(context: &Context<'_>, name: &str) -> Result<Target, Failure> {
    if let Some(target) = Target::parse(name) {
        return Ok(target);
    }
    let managed = block_on(hosts::all(&context.data))??;
    let (_, settings) = cycle::settings_here(context.world, Path::new("."))?;
    match hosts::target_or_file(context.world, &managed, name, &settings.config) {
        Ok(target) => Ok(target),
        Err(problem) if problem.code == "unknown-asset" => {
            let message = format!("`{}` is no host that can be looked at", name.escape_debug());
            let help = "write `local`, `root:/path` for the root of another system, `ssh://HOST`, the \
                        name of a host in this list: holdfast hosts; or the file that the script of \
                        `holdfast collector` left";
            Err(Problem::new("unknown-target", message).help(help).into())
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The command, as it can be pasted again.
fn asked(args: &AuditArgs) -> String {
    let mut command = "holdfast audit".to_owned();
    let mut add = |option: &str, word: &str| {
        command.extend([option, " "]);
        command.push_str(&render::quoted(word));
    };
    if args.targets != ["local"] {
        args.targets.iter().for_each(|target| add("", target));
    }
    if !args.only.is_empty() {
        add(" --only", &args.only.join(","));
    }
    if let Some(name) = &args.baseline {
        add(" --baseline", name);
    }
    if let Some(path) = args.with_binary.as_ref().and_then(|path| path.to_str()) {
        add(" --with-binary", path);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_pasted_again() {
        let args = AuditArgs {
            targets: vec!["root:/srv/a b".to_owned(), "local".to_owned()],
            only: vec!["root-login".to_owned(), "ssh-port".to_owned()],
            baseline: Some("ours".to_owned()),
            with_binary: None,
            all: false,
        };
        let wanted =
            "holdfast audit 'root:/srv/a b' local --only root-login,ssh-port --baseline ours";
        assert_eq!(asked(&args), wanted);
        let plain = AuditArgs {
            targets: vec!["local".to_owned()],
            only: Vec::new(),
            baseline: None,
            with_binary: Some("/usr/bin/holdfast".into()),
            all: true,
        };
        assert_eq!(asked(&plain), "holdfast audit --with-binary /usr/bin/holdfast");
    }
}
