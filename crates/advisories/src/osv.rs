//! Records of the Open Source Vulnerability format (ossf.github.io/osv-schema), read leniently.
//!
//! Texts are borrowed from the bytes wherever they carry no escapes; unknown fields are passed
//! over, `null` and absent mean the same. This module knows the format; it must not know what a
//! range or an alias means, which is for `compile`.

mod text;

use std::borrow::Cow;

use holdfast_model::{Lines, Place, Problem};
use serde::Deserialize;

pub(crate) use text::list;
pub use text::{Lead, Text, Word};

/// The largest record that is read, in bytes.
pub const LARGEST: usize = 4 << 20;

/// One advisory.
#[derive(Debug, Clone, Deserialize)]
pub struct Record<'a> {
    /// Its name, e.g. `RUSTSEC-2020-0071`.
    #[serde(borrow)]
    pub id: Text<'a>,
    /// When it last changed, RFC 3339.
    #[serde(borrow, default)]
    pub modified: Word<'a>,
    /// When it was published, RFC 3339.
    #[serde(borrow, default)]
    pub published: Word<'a>,
    /// When it was withdrawn, RFC 3339; nothing for records that stand.
    #[serde(borrow, default)]
    pub withdrawn: Word<'a>,
    /// Other names of the same weakness.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub aliases: Vec<Word<'a>>,
    /// The weaknesses this one was derived from, for distributions.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub upstream: Vec<Word<'a>>,
    /// Weaknesses that have something to do with it; never identity.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub related: Vec<Word<'a>>,
    /// One sentence.
    #[serde(borrow, default)]
    pub summary: Word<'a>,
    /// The beginning of the long text.
    #[serde(default)]
    pub details: Lead,
    /// Scores for all packages.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub severity: Vec<Severity<'a>>,
    /// The packages.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub affected: Vec<Affected<'a>>,
    /// What the publisher adds.
    #[serde(borrow, default, deserialize_with = "text::object_or_default")]
    pub database_specific: Specific<'a>,
    /// The bytes it was read from.
    #[serde(skip)]
    pub raw: &'a [u8],
}

/// A score.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Severity<'a> {
    /// `CVSS_V2`, `CVSS_V3`, `CVSS_V4`, or a distribution's own scale.
    #[serde(borrow, rename = "type", default)]
    pub kind: Word<'a>,
    /// A vector, or a word.
    #[serde(borrow, default)]
    pub score: Word<'a>,
}

/// What a record says of one package.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Affected<'a> {
    /// The package; absent where a record speaks of commits only.
    #[serde(borrow, default)]
    pub package: Option<Package<'a>>,
    /// Intervals of versions.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub ranges: Vec<Range<'a>>,
    /// Single versions.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub versions: Vec<Word<'a>>,
    /// Scores for this package.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub severity: Vec<Severity<'a>>,
    /// What the publisher adds.
    #[serde(borrow, default, deserialize_with = "text::object_or_default")]
    pub database_specific: Specific<'a>,
    /// What the ecosystem adds.
    #[serde(borrow, default, deserialize_with = "text::object_or_default")]
    pub ecosystem_specific: Specific<'a>,
}

/// A package's name.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Package<'a> {
    /// As OSV writes it, e.g. `Go`, `Debian:12`.
    #[serde(borrow, default)]
    pub ecosystem: Word<'a>,
    /// As the ecosystem writes it.
    #[serde(borrow, default)]
    pub name: Word<'a>,
}

/// Events along one line of versions.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Range<'a> {
    /// `SEMVER`, `ECOSYSTEM` or `GIT`.
    #[serde(borrow, rename = "type", default)]
    pub kind: Word<'a>,
    /// In any order.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub events: Vec<Event<'a>>,
}

/// A point where something changes; one field is set, by the schema.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Event<'a> {
    /// From this version on it is there; `0` is before everything.
    #[serde(borrow, default)]
    pub introduced: Word<'a>,
    /// From this version on it is gone.
    #[serde(borrow, default)]
    pub fixed: Word<'a>,
    /// After this version it is gone.
    #[serde(borrow, default)]
    pub last_affected: Word<'a>,
    /// From this version on the range says nothing.
    #[serde(borrow, default)]
    pub limit: Word<'a>,
}

/// The few fields of the free objects that mean something here.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Specific<'a> {
    /// RustSec: `unmaintained`, `unsound`, `notice`.
    #[serde(borrow, default)]
    pub informational: Word<'a>,
    /// Debian: `unimportant`, `end-of-life`, …
    #[serde(borrow, default)]
    pub urgency: Word<'a>,
    /// The publisher's own word, e.g. `Important`.
    #[serde(borrow, default)]
    pub severity: Word<'a>,
    /// Ubuntu: `negligible`, `low`, `medium`, `high`, `critical`.
    #[serde(borrow, default)]
    pub ubuntu_priority: Word<'a>,
    /// Ubuntu: what one must have so that the fix is there.
    #[serde(borrow, default)]
    pub availability: Word<'a>,
    /// Debian's tracker, as its reader hands it over: `no-dsa`, `ignored`, `postponed`,
    /// `undetermined`.
    #[serde(borrow, default)]
    pub decision: Word<'a>,
    /// The module stream that an RPM was built for, e.g. `nodejs:16`.
    #[serde(borrow, default)]
    pub module: Word<'a>,
    /// Whether the collection of malicious packages (github.com/ossf/malicious-packages) says
    /// where it has the record from.
    #[serde(default, rename = "malicious-packages-origins", deserialize_with = "text::present")]
    pub malicious: bool,
    /// Our own starter set: known to be exploited.
    #[serde(default, deserialize_with = "text::flag")]
    pub exploited: bool,
}

/// Reads one record. `path` names it in the problem, which has the code `record-too-large` or
/// `record-unreadable`.
pub fn parse<'a>(path: &str, bytes: &'a [u8]) -> Result<Record<'a>, Problem> {
    if bytes.len() > LARGEST {
        let message = format!("this record has {} bytes", bytes.len());
        return Err(Problem::at("record-too-large", Place::start_of(path), message)
            .help(format!("records are read up to {LARGEST} bytes")));
    }
    let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match serde_json::from_slice::<Record<'a>>(json) {
        Ok(mut record) => {
            record.raw = bytes;
            Ok(record)
        }
        Err(error) => Err(unreadable("record-unreadable", path, json, &error)
            .help("an advisory is one JSON object in OSV form, with an `id`")),
    }
}

/// A JSON error as a problem with its place.
pub(crate) fn unreadable(
    code: &'static str,
    path: &str,
    json: &[u8],
    error: &serde_json::Error,
) -> Problem {
    let lines = Lines::new(json);
    let line = error.line().max(1);
    let before: usize = json.split(|byte| *byte == b'\n').take(line - 1).map(|l| l.len() + 1).sum();
    let place = lines.place(&path.into(), before + error.column().saturating_sub(1));
    // serde_json ends its messages with the place, which we carry apart.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default().to_owned();
    let text = lines.text(place.line);
    Problem::at(code, place, message).excerpt(&text, 1)
}

impl Record<'_> {
    /// One sentence on what is wrong: the summary, else the first line of the details, else the id.
    pub fn title(&self) -> Cow<'_, str> {
        let summary = self.summary.get().map(str::trim).filter(|text| !text.is_empty());
        let text = summary.or_else(|| self.details.get());
        Cow::Borrowed(text.unwrap_or_else(|| self.id.get()))
    }

    /// The ecosystems it speaks of, as written; for sources that are not sorted into feeds.
    pub fn ecosystems(&self) -> impl Iterator<Item = &str> {
        self.affected.iter().filter_map(|affected| affected.package.as_ref()?.ecosystem.get())
    }
}
