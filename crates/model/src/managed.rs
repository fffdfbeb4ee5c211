//! A host that is looked at again and again, from afar.
//!
//! Knows what its owner says of it. Must not know how it is reached or what was seen there.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How a label names a group of an inventory that a host is in: `group:web`.
pub const GROUP_LABEL: &str = "group:";

/// What is said of a host that is looked at by schedule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ManagedHost {
    /// Where it is reached, as [`SshAddress`](crate::SshAddress) writes it: `ssh://ana@web1:2222`.
    pub address: Arc<str>,
    /// What people call it.
    pub name: String,
    /// Whose it is; `None` where its labels or its service say that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Free words, such as `service:shop`; sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

impl ManagedHost {
    /// The groups of inventories that it is in.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().filter_map(|label| label.strip_prefix(GROUP_LABEL))
    }
}
