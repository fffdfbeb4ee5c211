//! The command line of Holdfast: arguments in, one of four forms out. Only this file prints.

#![expect(unreachable_pub, reason = "a binary has no outside: `pub` marks what other modules use")]

mod args;
mod commands;
mod progress;
mod render;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use holdfast_engine::Failure;
use holdfast_model::Problem;
use holdfast_world::World;

use args::{Cli, Command, Format, LedgerCommand, VexArgs};
use render::style::Style;

/// What a command leaves: text for standard output and an exit code.
pub struct Outcome {
    /// With its final line end.
    pub text: String,
    /// 0 pass or warn, 1 blocked.
    pub exit: u8,
}

impl Outcome {
    /// Everything went as it was asked.
    pub fn ok(text: String) -> Self {
        Self { text, exit: 0 }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let style = Style::of_stdout();
    let outcome =
        World::real().map_err(Failure::from).and_then(|world| commands::run(&world, &cli, &style));
    match outcome {
        Ok(outcome) => {
            match std::io::stdout().write_all(shown(&cli, &style, outcome.text).as_bytes()) {
                // A reader that closes its end early, as `head` does, has seen what it wanted.
                Ok(()) | Err(_) => ExitCode::from(outcome.exit),
            }
        }
        Err(failure) => {
            let exit = match failure {
                Failure::NotDone(_) => 1,
                Failure::Usage(_) => 2,
                Failure::Ours(_) => 3,
            };
            say(failure.problems(), exit)
        }
    }
}

/// What people read is cleaned of what would act on their terminal; what programs read is not.
fn shown(cli: &Cli, style: &Style, text: String) -> String {
    let for_programs = matches!(
        cli.command,
        Command::Ledger(LedgerCommand::Export)
            | Command::Reference
            | Command::Collector
            | Command::Sbom(_)
            | Command::Vex(VexArgs { take: None, .. })
    );
    match cli.common.format {
        Format::Human | Format::Markdown if !for_programs => {
            render::style::harmless(&text, style.colour)
        }
        _ => text,
    }
}

/// Tells something while the program goes on: `up` stays for hours.
pub fn tell(text: &str) {
    let mut out = std::io::stdout();
    let colour = Style::of_stdout().colour;
    // Whoever closed the other end does not want to know.
    let _ = out.write_all(render::style::harmless(text, colour).as_bytes());
    let _ = out.flush();
}

/// Says something beside the result, on standard error: what is redirected stays whole.
pub fn aside(text: &str) {
    let colour = Style::of_stderr().colour;
    // Nothing is left to tell where even this cannot be written.
    let _ = std::io::stderr().write_all(render::style::harmless(text, colour).as_bytes());
}

/// Hands bytes on as they are, for the program that reads them; whether it still does.
pub fn hand_on(bytes: &[u8]) -> bool {
    let mut out = std::io::stdout();
    out.write_all(bytes).and_then(|()| out.flush()).is_ok()
}

fn say(problems: &[Problem], code: u8) -> ExitCode {
    let style = Style::of_stderr();
    let mut err = std::io::stderr();
    for problem in problems {
        let text = render::style::harmless(&render::problem::error(problem, &style), style.colour);
        // Nothing is left to tell where even this cannot be written.
        let _ = err.write_all(text.as_bytes());
    }
    ExitCode::from(code)
}
