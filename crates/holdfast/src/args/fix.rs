//! What `fix` and `patch` take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

// `fix`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch")]
pub struct FixArgs {
    /// Keys, or unique beginnings of keys.
    #[arg(required_unless_present_any = ["all", "undo", "baseline"])]
    pub keys: Vec<String>,
    /// Everything that can be mended in this folder or, with `--target`, `--as` or `--baseline`, on
    /// that host. With `--into`, everything that is asked of that host, whether or not it fails there.
    #[arg(long, conflicts_with = "keys")]
    pub all: bool,
    /// Write the change instead of showing it.
    #[arg(long)]
    pub apply: bool,
    /// The folder to mend.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Where a package is held back by the one that brings it in, let the project's own manifest
    /// decide.
    #[arg(long = "override")]
    pub overrides: bool,
    /// Take the last applied change of the folder back.
    #[arg(long, conflicts_with_all = ["keys", "all", "apply"])]
    pub undo: bool,
    /// The form of a host's fix [default: shell].
    #[arg(long = "as", value_enum)]
    pub form: Option<Form>,
    /// The host whose findings are meant: `local`, `root:/path`, `ssh://HOST`, the name of a host of
    /// `holdfast hosts`, or the file that the script of `holdfast collector` left, without --apply
    /// [default: local].
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// Write the host's fix into this folder, as a script for each control, an Ansible role, a Puppet
    /// module or a Chef cookbook: of the findings that are named, or with `--all` or `--baseline` of
    /// all that is asked. It is empty, not there yet, or from an earlier run.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["apply", "undo", "overrides"])]
    pub into: Option<PathBuf>,
    /// What is asked of the host: the name of a baseline, or a file. All of it is meant, as with
    /// `--all`. Without it that is what the baseline of `holdfast.toml` asks, else every control.
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["keys", "apply", "undo"])]
    pub baseline: Option<String>,
}

/// The form of a host's fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// POSIX shell.
    Shell,
    /// An Ansible playbook of builtin modules.
    Ansible,
    /// A Puppet manifest of core types.
    Puppet,
    /// A Chef recipe of core resources.
    Chef,
}

impl FixArgs {
    /// With what a host is mended.
    pub fn tool(&self) -> holdfast_model::Tool {
        self.form.unwrap_or(Form::Shell).tool()
    }

    /// Whether everything is meant, and not what is named.
    pub fn everything(&self) -> bool {
        self.all || self.baseline.is_some()
    }

    /// Whether a host is meant, and nothing of this folder.
    pub fn of_host(&self) -> bool {
        let says = self.target.is_some() || self.form.is_some() || self.baseline.is_some();
        self.into.is_some() || (self.everything() && says)
    }
}

impl Form {
    /// As a tool.
    pub fn tool(self) -> holdfast_model::Tool {
        match self {
            Self::Shell => holdfast_model::Tool::Shell,
            Self::Ansible => holdfast_model::Tool::Ansible,
            Self::Puppet => holdfast_model::Tool::Puppet,
            Self::Chef => holdfast_model::Tool::Chef,
        }
    }
}

// `patch`.
#[derive(Debug, Args)]
pub struct PatchArgs {
    /// Outside the windows of the practice, too: people then have to say yes to each plan.
    #[arg(long)]
    pub now: bool,
    /// Only the hosts of this ring.
    #[arg(long, value_name = "NAME")]
    pub ring: Option<String>,
    /// Only look, and say what would be done.
    #[arg(long)]
    pub dry_run: bool,
}
