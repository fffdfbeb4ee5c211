//! What `findings` and `accept` take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

// `findings`.
#[derive(Debug, Args)]
pub struct FindingsArgs {
    /// A key, or a unique beginning of one.
    pub key: Option<String>,
    /// Closed ones too.
    #[arg(long)]
    pub all: bool,
    /// What comes first.
    #[arg(long, value_enum, default_value_t = Order::Urgency)]
    pub sort: Order,
}

/// What comes first in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// What is most urgent.
    Urgency,
    /// What disturbs least when it is mended: nothing restarted, interrupted or slowed down; what
    /// nobody knows comes last.
    Disturbance,
}

// `accept`.
#[derive(Debug, Args)]
pub struct AcceptArgs {
    /// A key, or a unique beginning of one.
    pub key: String,
    /// The last day, as 2027-01-31.
    #[arg(long, value_name = "DATE")]
    pub until: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub because: String,
    /// Who answers for it [default: you].
    #[arg(long)]
    pub owner: Option<String>,
    /// It does not affect this folder: `component_not_present`, `vulnerable_code_not_present`,
    /// `vulnerable_code_not_in_execute_path`, `vulnerable_code_cannot_be_controlled_by_adversary` or
    /// `inline_mitigations_already_exist`.
    #[arg(long, value_name = "JUSTIFICATION", value_parser = holdfast_model::JUSTIFICATIONS)]
    pub not_affected: Option<String>,
    /// The folder it is in.
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
}
