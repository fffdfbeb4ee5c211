//! Other people's reports, read as streams of any length.
//!
//! Knows the formats of scanners; knows nothing of our assets, keys or advisories. A stream holds
//! the largest single item of its report and what later items need, never the report. A name of
//! an asset is the report's own: a [`Named`](holdfast_model::Named) tells what it stands for, as
//! soon as the report has said so, which may be after its findings.
//!
//! Severities are the scanner's own scale, brought to ours as ours are from CVSS: 9 and more is
//! *now*; 4 and more, or no score at all, is *soon*; the rest *when you can*.
//!
//! | scanner | now | soon | when you can |
//! |---|---|---|---|
//! | Nessus `severity` | 4 | 3, 2 | 1, 0 |
//! | SARIF `security-severity` | from 9 | from 4 | below |
//! | SARIF `level` without it | – | `error`, `warning` | `note`, `none` |
//! | CycloneDX rating, the greatest | `critical`, from 9 | `high`, `medium`, `unknown`, none at all | `low`, `info`, `none` |
//! | Trivy `Severity` | `CRITICAL` | `HIGH`, `MEDIUM`, `UNKNOWN` | `LOW` |
//! | InSpec `impact` | from 0.9, in DevSec's baselines never | from 0.4 | below |
//! | XCCDF `severity` | – | `high`, `medium`, `unknown`, none at all | `low`, `info` |
//! | Lynis | – | a warning | a suggestion |
//! | goss `meta.severity` | `critical`, from 9 | `high`, `medium`, none at all | `low`, `info` |
//! | Serverspec | – | always | – |

pub(crate) mod bom;
pub(crate) mod cursor;
pub(crate) mod cyclonedx;
mod goss;
mod grouped;
mod inspec;
mod inspec_item;
pub(crate) mod item;
mod items;
pub(crate) mod json;
mod lynis;
pub(crate) mod names;
mod nessus;
pub(crate) mod node;
pub(crate) mod purl;
mod rspec;
mod sarif;
mod sarif_result;
mod sarif_rule;
pub(crate) mod say;
mod severity;
mod stream;
mod tested;
mod trivy;
mod trivy_item;
mod xccdf;
pub(crate) mod xml;
mod xml_scan;

use std::borrow::Cow;
use std::io::Read;
use std::sync::Arc;

use holdfast_model::{About, Fact};

use crate::Claim;

pub use grouped::Counts;

/// The longest single item of a report, in bytes; longer ones are refused and passed over.
pub const LONGEST_ITEM: usize = 16 << 20;

/// Reads one kind of report.
pub trait StreamReader: Sync {
    /// What it is.
    fn about(&self) -> &'static About;
    /// Whether it takes this file; `head` may be empty, and holds at most the first 4 KiB, packed
    /// or not.
    fn claims(&self, path: &str, head: &[u8]) -> Claim;
    /// Begins to read a report; `path` is what places carry.
    fn start(&self, path: &Arc<str>) -> Box<dyn Stream>;
}

/// A report that is being read. The chunks may be cut anywhere, and may be packed with gzip.
pub trait Stream {
    /// Takes the next bytes, `end` with the last of them (which may be none), and says what they
    /// hold. What is pushed after the end is ignored. Ends with [`Fact::Partial`] where something
    /// may be missing.
    fn push(&mut self, chunk: &[u8], end: bool, out: &mut dyn FnMut(Fact));
}

/// Every reader of reports.
pub fn report_readers() -> &'static [&'static dyn StreamReader] {
    REPORT_READERS
}

static REPORT_READERS: &[&dyn StreamReader] = &[
    &nessus::Nessus,
    &sarif::Sarif,
    &cyclonedx::CycloneDx,
    &trivy::Trivy,
    &inspec::Inspec,
    &xccdf::Xccdf,
    &lynis::Lynis,
    &goss::Goss,
    &rspec::Rspec,
];

/// The reader that takes a report: a claim by content beats a claim by name, because everybody
/// calls theirs `report.json`; the earlier line wins.
pub fn report_reader_for(path: &str, head: &[u8]) -> Option<&'static dyn StreamReader> {
    [Claim::ByContent, Claim::ByName].into_iter().find_map(|wanted| {
        report_readers().iter().find(|reader| reader.claims(path, head) == wanted).copied()
    })
}

/// Reads a whole report at once, for tests and small ones.
pub fn read_report(reader: &dyn StreamReader, path: &str, bytes: &[u8]) -> Vec<Fact> {
    let mut facts = Vec::new();
    reader.start(&path.into()).push(bytes, true, &mut |fact| facts.push(fact));
    facts
}

/// A claim by content, else by one of the endings of a name.
fn claim(path: &str, content: bool, endings: &[&str]) -> Claim {
    let name = crate::text::file_name(path).to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if content {
        Claim::ByContent
    } else if endings.iter().any(|ending| name.ends_with(ending)) {
        Claim::ByName
    } else {
        Claim::No
    }
}

/// The first bytes, unpacked where they are gzip, without byte order mark and leading white space.
pub(crate) fn unpacked(head: &[u8]) -> Cow<'_, [u8]> {
    if !head.starts_with(&stream::GZIP) {
        return Cow::Borrowed(trimmed(head));
    }
    let mut out = Vec::new();
    // Half a stream ends with an error behind what could be unpacked, which is all that is wanted.
    let _ = flate2::read::GzDecoder::new(head).take(16 << 10).read_to_end(&mut out);
    Cow::Owned(trimmed(&out).to_vec())
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start()
}

/// Whether `needle` stands in the first bytes.
pub(crate) fn holds(head: &[u8], needle: &str) -> bool {
    memchr::memmem::find(head, needle.as_bytes()).is_some()
}

/// The first line of a text with its white space made single, at most 300 characters.
pub(crate) fn sentence(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    joined(line.split_whitespace(), 300)
}

/// A piece of text that is compared: white space made single, at most 400 characters.
fn normal(text: &str) -> String {
    joined(text.split_whitespace(), 400)
}

/// Words with one space between them, cut off behind `most` characters.
fn joined<'t>(words: impl Iterator<Item = &'t str>, most: usize) -> String {
    let mut out = String::new();
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
        // No character is longer than four bytes.
        if out.len() > most * 4 {
            break;
        }
    }
    if let Some((end, _)) = out.char_indices().nth(most) {
        out.truncate(end);
    }
    out
}

#[cfg(test)]
mod tests;
