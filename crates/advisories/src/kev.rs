//! CISA's catalogue of known exploited vulnerabilities, as JSON or gzipped JSON.
//!
//! The catalogue knows CVE names only; `compile` joins them with advisories.

use std::collections::BTreeMap;

use holdfast_model::{Place, Problem, Timestamp};
use serde::Deserialize;

use crate::osv::{Word, unreadable};
use crate::unpack;

/// The largest catalogue that is read, in bytes, unpacked.
pub const LARGEST: usize = 64 << 20;

/// What the catalogue says of one CVE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exploited {
    /// When it was added.
    pub added: Option<Timestamp>,
    /// By when United States federal agencies must mend it.
    pub due: Option<Timestamp>,
    /// Used in ransomware campaigns, as far as known.
    pub ransomware: bool,
}

/// The catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// By CVE name.
    pub entries: BTreeMap<String, Exploited>,
    /// When it was released.
    pub released: Option<Timestamp>,
    /// Entries that could not be read.
    pub problems: Vec<Problem>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default, rename = "dateReleased")]
    released: Word<'a>,
    #[serde(borrow)]
    vulnerabilities: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow, default, rename = "cveID")]
    cve: Word<'a>,
    #[serde(borrow, default, rename = "dateAdded")]
    added: Word<'a>,
    #[serde(borrow, default, rename = "dueDate")]
    due: Word<'a>,
    #[serde(borrow, default, rename = "knownRansomwareCampaignUse")]
    ransomware: Word<'a>,
}

/// Reads the catalogue. `path` names it in problems; an `Err` means that nothing could be read.
pub fn parse(path: &str, bytes: &[u8]) -> Result<Catalogue, Problem> {
    let json = unpack::gzip(path, bytes, LARGEST, ("kev-unreadable", "kev-too-large"))?;
    let document: Document<'_> = serde_json::from_slice(&json).map_err(|error| {
        unreadable("kev-unreadable", path, &json, &error)
            .help("the catalogue is one JSON object with a list `vulnerabilities`")
    })?;
    let mut out = Catalogue {
        released: document.released.get().and_then(Timestamp::parse),
        ..Catalogue::default()
    };
    for (index, row) in document.vulnerabilities.iter().enumerate() {
        match row.cve.get() {
            Some(cve) if cve.starts_with("CVE-") => {
                let exploited = Exploited {
                    added: row.added.get().and_then(Timestamp::parse),
                    due: row.due.get().and_then(Timestamp::parse),
                    ransomware: row.ransomware.get() == Some("Known"),
                };
                out.entries.insert(cve.to_owned(), exploited);
            }
            _ => out.problems.push(Problem::at(
                "kev-entry-unreadable",
                Place::start_of(path),
                format!("entry {} has no `cveID`", index + 1),
            )),
        }
    }
    Ok(out)
}
