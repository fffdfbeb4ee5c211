//! One file a command: each turns arguments into a question for `engine` and renders the answer.

mod accept;
mod advisories;
mod announce;
mod approve;
mod attest;
mod audit;
mod case;
mod check;
mod collect;
mod demo;
mod desk;
mod detect;
mod doctor;
mod explain;
mod findings;
mod fix;
mod history;
mod hosts;
mod import;
mod ledger;
mod objective;
mod patch;
mod plan;
mod reference;
mod rules;
mod sbom;
mod token;
mod up;
mod vex;

use std::path::PathBuf;

use clap::ValueEnum as _;
use holdfast_engine::Failure;
use holdfast_engine::settings::Chosen;
use holdfast_model::Problem;
use holdfast_world::World;

use crate::Outcome;
use crate::args::{Cli, Command, Common, Format};
use crate::render::style::Style;

/// The largest file that is read because it was named on the command line, in bytes.
const LARGEST: u64 = 64 << 20;

/// What every command gets.
pub struct Context<'a> {
    /// The door outside.
    pub world: &'a World,
    /// What every command takes.
    pub common: &'a Common,
    /// How to write.
    pub style: &'a Style,
    /// The data folder; it need not exist.
    pub data: PathBuf,
}

/// Carries a command out.
pub fn run(world: &World, cli: &Cli, style: &Style) -> Result<Outcome, Failure> {
    // It was sent to a host of others, and keeps nothing there.
    if matches!(cli.command, Command::Collect) {
        return collect::run(world);
    }
    let data = world.data_folder(cli.common.data.as_deref())?;
    let context = Context { world, common: &cli.common, style, data };
    match &cli.command {
        Command::Up(args) => up::run(&context, args),
        Command::Add(args) => hosts::add(&context, args),
        Command::Hosts => hosts::list(&context),
        Command::Remove(args) => hosts::remove(&context, args),
        Command::Attest(args) => attest::run(&context, args),
        Command::Audit(args) => audit::run(&context, args),
        Command::Collector => collect::script(&context),
        Command::Detect(args) => detect::run(&context, args),
        Command::Announce(args) => announce::run(&context, args),
        Command::Case(command) => case::run(&context, command),
        Command::Approve(args) => approve::run(&context, args),
        Command::Patch(args) => patch::run(&context, args),
        Command::Plan(command) => plan::run(&context, command),
        Command::Token(command) => token::run(&context, command),
        Command::Demo(args) => demo::run(&context, args),
        Command::Check(args) => check::run(&context, args),
        Command::Collect => collect::run(world),
        Command::Import(args) => import::run(&context, args),
        Command::History(args) => history::run(&context, args),
        Command::Objective(args) => objective::run(&context, args),
        Command::Sbom(args) => sbom::run(&context, args),
        Command::Vex(args) => vex::run(&context, args),
        Command::Findings(args) => findings::run(&context, args),
        Command::Fix(args) => fix::run(&context, args),
        Command::Explain(args) => explain::run(&context, args),
        Command::Advisories(command) => advisories::run(&context, command),
        Command::Accept(args) => accept::run(&context, args),
        Command::Rules(command) => rules::run(&context, command),
        Command::Ledger(command) => ledger::run(&context, command),
        Command::Doctor => doctor::run(&context),
        Command::Reference => Ok(reference::run()),
    }
}

impl Context<'_> {
    /// The appetite that was named, as a preset or a file.
    pub fn chosen(&self) -> Result<Option<Chosen>, Failure> {
        self.named(self.common.appetite.as_deref())
    }

    /// Something that came along or that a tree keeps, by its name, or a file.
    pub fn named(&self, name: Option<&str>) -> Result<Option<Chosen>, Failure> {
        let Some(name) = name else { return Ok(None) };
        if !name.contains(['/', '.']) {
            return Ok(Some(Chosen::Preset(name.to_owned())));
        }
        let text = self.text(name)?;
        Ok(Some(Chosen::File { path: name.into(), text }))
    }

    /// The text of a file that was named.
    pub fn text(&self, name: &str) -> Result<String, Failure> {
        let path = self.world.here.join(name);
        let bytes =
            self.world.files.read(std::path::Path::new("/"), &path, LARGEST).map_err(|error| {
                Problem::new("cannot-read", format!("`{name}` cannot be read: {error}"))
            })?;
        String::from_utf8(bytes).map_err(|_| {
            let problem = Problem::new("not-text", format!("`{name}` is no UTF-8 text"));
            problem.help("save it as UTF-8").into()
        })
    }

    /// Refuses a form that this command has not.
    pub fn only(&self, forms: &[Format]) -> Result<(), Failure> {
        if forms.contains(&self.common.format) {
            return Ok(());
        }
        let names = forms.iter().filter_map(Format::to_possible_value);
        let names: Vec<String> =
            names.map(|value| format!("--format {}", value.get_name())).collect();
        let help = match names.split_last() {
            Some((last, first)) if !first.is_empty() => {
                format!("use {} or {last}", first.join(", "))
            }
            _ => format!("use {}", names.concat()),
        };
        let message = "this command has no such form".to_owned();
        Err(Problem::new("no-such-form", message).help(help).into())
    }

    /// Whether JSON was asked for.
    pub fn is_json(&self) -> bool {
        self.common.format == Format::Json
    }
}

/// Runs a future to its end on this thread.
pub fn block_on<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            Failure::Ours(Problem::new("no-runtime", format!("cannot start: {error}")))
        })?;
    Ok(runtime.block_on(future))
}
