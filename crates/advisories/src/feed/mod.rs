//! Feeds that are not written in OSV, read into records of that form.
//!
//! Each reader is bytes in, records out: it knows one publisher's format and what its words mean,
//! and nothing of where the bytes came from. Everything beyond, from ranges to groups, is said once,
//! by `compile`, since what comes out is OSV. A broken entry is a problem and loses nothing else.

pub mod debian;
pub mod rustsec;
pub mod secdb;

mod lenient;

use std::io::Read as _;

use holdfast_model::Problem;

use crate::epss;

/// The largest file of a feed that is read at once, in bytes, unpacked. Debian's tracker has 70 MB.
pub const LARGEST: usize = 512 << 20;

/// A record that a reader made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made<'m> {
    /// The feed's name: an ecosystem as OSV writes it, perhaps with a part of it behind a space.
    pub feed: &'m str,
    /// The record's name.
    pub id: &'m str,
    /// The record, in OSV form.
    pub json: &'m [u8],
}

/// Takes records and problems, one call each.
pub type Each<'e> = &'e mut dyn FnMut(Result<Made<'_>, Problem>);

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One record in OSV form.
    Osv,
    /// Debian's security tracker.
    DebianTracker,
    /// A repository of Alpine's secdb.
    Secdb,
    /// An advisory of RustSec: Markdown with TOML in front.
    RustSec,
    /// CISA's catalogue of what is known to be exploited.
    Exploited,
    /// FIRST's chances of exploitation.
    Likely,
}

impl Form {
    /// Those that hold advisories.
    pub const ADVISORIES: [Self; 4] = [Self::Osv, Self::DebianTracker, Self::Secdb, Self::RustSec];

    /// What it is, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Osv => "records in OSV form",
            Self::DebianTracker => "Debian's security tracker",
            Self::Secdb => "Alpine's secdb",
            Self::RustSec => "RustSec's advisories",
            Self::Exploited => "CISA's catalogue of what is exploited",
            Self::Likely => "FIRST's chances of exploitation",
        }
    }

    /// The family whose packages alone it speaks of; `None` where each record says whose.
    pub fn family(self) -> Option<&'static str> {
        match self {
            Self::DebianTracker => Some(debian::FEED),
            Self::Secdb => Some(secdb::FAMILY),
            Self::RustSec => Some(rustsec::FEED),
            Self::Osv | Self::Exploited | Self::Likely => None,
        }
    }

    /// Whether it holds advisories, which catalogues do not.
    pub fn holds_advisories(self) -> bool {
        !matches!(self, Self::Exploited | Self::Likely)
    }
}

/// How much of a file tells what it is.
const HEAD: usize = 64 << 10;

/// What a file is; `None` for whatever is no feed. Names are not asked: people rename files, and
/// servers give them any name.
pub fn form_of(bytes: &[u8]) -> Option<Form> {
    if bytes.starts_with(&[0x1F, 0x8B]) {
        let mut head = Vec::new();
        // What is cut off or damaged behind the head is told by who reads all of it.
        let limit = u64::try_from(HEAD).unwrap_or(u64::MAX);
        drop(flate2::read::GzDecoder::new(bytes).take(limit).read_to_end(&mut head));
        return (!head.starts_with(&[0x1F, 0x8B])).then(|| form_of(&head)).flatten();
    }
    let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if epss::is_it(head) {
        return Some(Form::Likely);
    }
    let text = String::from_utf8_lossy(head);
    // A key within a text would stand behind a backslash: `\"cveID\"`.
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    if text.trim_start().starts_with('{') {
        return Some(if has("cveID") || has("catalogVersion") {
            Form::Exploited
        } else if has("secfixes") || has("distroversion") {
            Form::Secdb
        } else if has("releases") && (has("repositories") || has("fixed_version")) {
            Form::DebianTracker
        } else {
            Form::Osv
        });
    }
    let fenced = text.lines().find(|line| !line.trim().is_empty());
    (fenced.is_some_and(|line| line.trim_end() == "```toml") && text.contains("[advisory]"))
        .then_some(Form::RustSec)
}

/// Reads a file of one of the forms that this module knows; others hand over nothing. `path` names
/// it in problems. An `Err` means that nothing of it could be read.
pub fn records(form: Form, path: &str, bytes: &[u8], each: Each<'_>) -> Result<(), Problem> {
    match form {
        Form::DebianTracker => debian::records(path, bytes, each),
        Form::Secdb => secdb::records(path, bytes, each),
        Form::RustSec => {
            rustsec::record(path, bytes, each);
            Ok(())
        }
        Form::Osv | Form::Exploited | Form::Likely => Ok(()),
    }
}

#[cfg(test)]
mod tests;
