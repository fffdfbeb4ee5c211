//! Changes outside the user's own working tree: where, with what, and whose yes they have.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Digest, SshAddress, Timestamp};

/// Which host is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// This machine.
    Local,
    /// The root of another system, as a folder of this machine; it does not run.
    Root(Arc<str>),
    /// Another machine, by its address: `ssh://ana@web1:2222`. It is looked at and not changed.
    Ssh(Arc<str>),
    /// What another machine said without a connection, by the path of the file. It is judged alone.
    Facts(Arc<str>),
}

impl Target {
    /// Reads `local`, `root:/path`, or an address of ssh as [`SshAddress`] knows it. A file of facts
    /// has no form of its own: whether there is one, who may look has to say.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "local" {
            return Some(Self::Local);
        }
        if let Ok(address) = SshAddress::parse(text) {
            return Some(Self::Ssh(address.to_string().into()));
        }
        let path = text.strip_prefix("root:")?;
        path.starts_with('/').then(|| Self::Root(path.into()))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Root(path) => write!(f, "root:{path}"),
            Self::Ssh(named) | Self::Facts(named) => f.write_str(named),
        }
    }
}

/// With what a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// POSIX shell.
    Shell,
    /// An Ansible playbook of builtin modules.
    Ansible,
    /// A Puppet manifest of core types.
    Puppet,
    /// A Chef recipe of core resources.
    Chef,
}

impl Tool {
    /// Every tool.
    pub const ALL: [Self; 4] = [Self::Shell, Self::Ansible, Self::Puppet, Self::Chef];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Ansible => "ansible",
            Self::Puppet => "puppet",
            Self::Chef => "chef",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.word() == word)
    }
}

/// One run of a tool that makes a host as a control wants it. Everything that will run stands
/// here as text, so that what was approved is what is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The control.
    pub control: Arc<str>,
    /// Which resources it sets, as findings name them.
    pub resources: Vec<Arc<str>>,
    /// With what.
    pub tool: Tool,
    /// What is run: a script, a playbook, a manifest or a recipe.
    pub code: String,
    /// What takes it back, for the same tool, from the state in which it was planned.
    pub undo: String,
    /// The same as a shell script, whatever the tool: what is armed where people may be locked out.
    pub revert: String,
    /// A script that has to succeed before anything is done; empty for none.
    pub precheck: String,
    /// Whether it may lock people out: then the undo is armed first, on the target, and fires
    /// unless somebody confirms in time.
    pub lockout: bool,
    /// The digest of the settings as they were when it was planned; a target that looks otherwise
    /// is planned for again.
    pub seen: Digest,
}

/// How many people have to say yes, for how long it counts, and whether the author may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needed {
    /// How many different people.
    pub people: u8,
    /// Whether the author may be one of them; shown and recorded as "approved by one".
    pub one_person: bool,
}

/// Somebody's word on a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The plan.
    pub plan: Digest,
    /// Who.
    pub who: String,
    /// Yes or no. A no ends the plan.
    pub yes: bool,
    /// Why, in their words; may be empty for a yes.
    pub because: String,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_they_are_written() {
        for text in ["local", "root:/srv/image"] {
            assert_eq!(Target::parse(text).map(|target| target.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Target::parse("root:srv"), None);
        assert_eq!(Target::parse("ssh://web1/"), Some(Target::Ssh("ssh://web1".into())));
        assert_eq!(Target::parse("ssh://-oProxyCommand=id"), None);
    }
}
