//! What `add` and `remove` take.

use clap::Args;

// `add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// Where they are reached: `ssh://USER@HOST:PORT`. What is not said is as ~/.ssh/config says.
    #[arg(required_unless_present = "inventory", value_name = "HOST")]
    pub hosts: Vec<String>,
    /// An inventory: Ansible's (INI or YAML, with `host_vars/` and `group_vars/` beside it, or the
    /// JSON of `ansible-inventory --list`), Puppet's nodes (a manifest, or a list as JSON), or one
    /// host on each line.
    #[arg(long, value_name = "FILE")]
    pub inventory: Vec<String>,
    /// Whose they are.
    #[arg(long, value_name = "TEAM")]
    pub team: Option<String>,
    /// What else is to be known of them: `service=shop`, `ring=canary`, or a word.
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    pub because: Option<String>,
}

// `remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Its name, or its address.
    pub host: String,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    pub because: Option<String>,
}
