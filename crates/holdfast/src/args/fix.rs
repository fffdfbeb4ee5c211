//! What `fix` and `patch` take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `fix`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch")]
pub struct FixArgs {
    /// Keys, or unique beginnings of keys.
    #[arg(required_unless_present_any = ["all", "undo"])]
    pub keys: Vec<String>,
    /// Everything that can be mended in this folder.
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
    /// The form of a host's fix.
    #[arg(long = "as", value_enum, default_value_t = Form::Shell)]
    pub form: Form,
    /// The host whose findings are meant: `local`, `root:/path`, `ssh://HOST`, or the name of a host of
    /// `holdfast hosts`.
    #[arg(long, default_value = "local", value_name = "TARGET")]
    pub target: String,
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

/// `patch`.
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
