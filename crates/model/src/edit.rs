//! The steps of plans. Edits and refreshes stay inside the user's own working tree, are
//! digest-checked and undoable, and need no approval; changes of hosts do.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Change, Digest, Span};

/// A replacement of one span of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Relative to the root.
    pub path: Arc<str>,
    /// The bytes that are replaced.
    pub span: Span,
    /// The digest of the whole file before; nothing is written where it differs.
    pub before_digest: Digest,
    /// The text that stands in the span now, for people.
    pub before: String,
    /// The text that will stand there.
    pub after: String,
}

/// The ecosystem's own tool brings a lockfile in line with its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// The folder to run in, relative to the root; empty for the root.
    pub folder: Arc<str>,
    /// The program and its arguments; no shell.
    pub command: Vec<String>,
    /// Variables to set.
    pub environment: Vec<(String, String)>,
    /// The files it may change, relative to the root; kept for undo.
    pub touches: Vec<Arc<str>>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Replace text in a file.
    Edit(Edit),
    /// Let the ecosystem's tool refresh its lockfile.
    Refresh(Refresh),
    /// Make a host as a control wants it.
    Change(Change),
}
