//! What `audit` and `attest` take.

use std::path::PathBuf;

use clap::Args;

// `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// `local`, `root:/path` for the root of another system, `ssh://USER@HOST:PORT`, the name of a
    /// host of `holdfast hosts`, or the file that the script of `holdfast collector` left on a host.
    #[arg(default_value = "local", value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Only these controls.
    #[arg(long, value_delimiter = ',', value_name = "CONTROL")]
    pub only: Vec<String>,
    /// What is asked: the name of a baseline, or a file. Without it the one that `holdfast.toml`
    /// names, else every control.
    #[arg(long, value_name = "NAME|FILE")]
    pub baseline: Option<String>,
    /// The program of Holdfast that goes along to hosts over ssh and looks there, where it may be run
    /// [default: `binary` of `[hosts]`, else none].
    #[arg(long, value_name = "FILE")]
    pub with_binary: Option<PathBuf>,
    /// Show every row, and not only the ten most urgent.
    #[arg(long)]
    pub all: bool,
}

// `attest`.
#[derive(Debug, Args)]
pub struct AttestArgs {
    /// A control that only a person can answer.
    pub control: String,
    /// The host: `local`, the name of a host of `holdfast hosts`, `ssh://HOST`, or `root:/path`.
    #[arg(long = "for", default_value = "local", value_name = "HOST")]
    pub host: String,
    /// The last day on which it counts, as 2027-01-31.
    #[arg(long, value_name = "DATE")]
    pub until: String,
    /// What you saw.
    #[arg(long, value_name = "TEXT")]
    pub because: String,
    /// Who looked [default: you].
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// The folder whose rules ask.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
}
