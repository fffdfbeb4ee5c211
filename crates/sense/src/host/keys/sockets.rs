//! What a socket of systemd listens on, systemd.socket(5).
//!
//! Knows one unit; must not know whose it is, nor whether it is switched on.

use holdfast_model::{Place, Problem};

use super::{Family, systemd};
use crate::host::Answers;

/// A socket, as its unit and its drop-ins have it.
#[derive(Debug, Default)]
pub(in crate::host) struct Socket {
    /// Each `ListenStream`, with the place where it stands.
    pub(in crate::host) streams: Vec<(String, Place)>,
    /// Whether each connection is served by a program of its own.
    pub(in crate::host) accept: bool,
    /// What is written wrongly.
    pub(in crate::host) problems: Vec<Problem>,
    /// What could not be looked at, and what would help.
    pub(in crate::host) hidden: Option<(String, String)>,
}

/// Reads a unit; of one that is not there nothing is said.
pub(in crate::host) fn socket(answers: &Answers<'_>, unit: &str) -> Socket {
    let mut family = Family::new(answers);
    systemd::unit(&mut family, unit, "Socket");
    let streams = family.lists.remove("ListenStream").unwrap_or_default();
    let yes = |word: &str| {
        ["1", "yes", "y", "true", "t", "on"].iter().any(|yes| yes.eq_ignore_ascii_case(word))
    };
    Socket {
        streams: streams.into_iter().map(|held| (held.value, held.place)).collect(),
        accept: family.values.get("Accept").is_some_and(|held| yes(&held.value)),
        problems: family.problems,
        hidden: family.hidden,
    }
}
