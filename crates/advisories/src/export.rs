//! OSV exports: one zip a feed, one JSON record a file.
//!
//! A bad entry becomes a problem and its neighbours survive. A zip whose directory is missing
//! (cut off while it was fetched) is refused as a whole: what its beginning holds could be read,
//! but would pass for the whole feed, and everything that is missing would look clean.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use holdfast_model::{Place, Problem};

/// How much of an export is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of one entry, in bytes, unpacked.
    pub entry: u64,
    /// Of entries.
    pub entries: usize,
    /// Of all entries together, in bytes, unpacked.
    pub total: u64,
}

/// The limits for exports: 16 MiB an entry, two million entries, 8 GiB together.
pub const LIMITS: Limits = Limits { entry: 16 << 20, entries: 2_000_000, total: 8 << 30 };

/// What an export holds, one call each: a record's name and bytes, or a problem.
pub type Visit<'v> = &'v mut dyn FnMut(Result<(&str, &[u8]), Problem>);

fn is_record(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("json"))
}

/// What an export says of one of its records without unpacking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The CRC-32 of its bytes.
    pub sum: u32,
    /// How many those are, unpacked.
    pub size: u64,
}

/// The name of a file without folder and ending, which is the name of its record.
fn named(name: &str) -> Option<&str> {
    name.rsplit('/').next()?.strip_suffix(".json")
}

/// The records of an export by the names of their files. `None` where it is no whole zip, or where
/// files cannot be told apart by their names.
pub fn listed(bytes: &[u8], limits: Limits) -> Option<BTreeMap<String, Entry>> {
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    if archive.len() > limits.entries {
        return None;
    }
    let mut listed = BTreeMap::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).ok()?;
        let name = std::str::from_utf8(entry.name_raw()).ok()?;
        if !entry.is_file() || !is_record(name) {
            continue;
        }
        let says = Entry { sum: entry.crc32(), size: entry.size() };
        if listed.insert(named(name)?.to_owned(), says).is_some() {
            return None;
        }
    }
    Some(listed)
}

/// Reads every `.json` entry of a zip. Returns how many were handed over.
pub fn records(path: &str, bytes: &[u8], limits: Limits, visit: Visit<'_>) -> u64 {
    chosen(path, bytes, limits, &|_| true, visit)
}

/// Reads the records that are wanted, by the names of their files; others are not unpacked. Returns
/// how many were handed over.
pub fn chosen(
    path: &str,
    bytes: &[u8],
    limits: Limits,
    wanted: &dyn Fn(&str) -> bool,
    visit: Visit<'_>,
) -> u64 {
    let place = |name: &str| Place::start_of(format!("{path}!{name}"));
    let mut archive = match zip::ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(error) => {
            let message = format!("this is no whole zip file: {error}");
            visit(Err(Problem::at("export-unreadable", Place::start_of(path), message)
                .help("fetch it again; what is left of it was not used")));
            return 0;
        }
    };
    let mut buffer = Vec::new();
    let (mut seen, mut total) = (0_u64, 0_u64);
    if archive.len() > limits.entries {
        visit(Err(Problem::at(
            "export-too-large",
            Place::start_of(path),
            format!("this export has {} entries", archive.len()),
        )
        .help(format!("the first {} are read", limits.entries))));
    }
    for index in 0..archive.len().min(limits.entries) {
        if let Ok(entry) = archive.by_index_data(index)
            && let Ok(name) = std::str::from_utf8(entry.name_raw())
            && named(name).is_some_and(|name| !wanted(name))
        {
            continue;
        }
        let mut entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(error) => {
                let message = format!("entry {} cannot be read: {error}", index + 1);
                visit(Err(Problem::at("export-entry-unreadable", Place::start_of(path), message)));
                continue;
            }
        };
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if !entry.is_file() || !is_record(&name) {
            continue;
        }
        buffer.clear();
        let read = (&mut entry).take(limits.entry.saturating_add(1)).read_to_end(&mut buffer);
        let size = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
        total = total.saturating_add(size);
        if let Err(error) = read {
            let message = format!("this entry cannot be unpacked: {error}");
            visit(Err(Problem::at("export-entry-unreadable", place(&name), message)));
        } else if size > limits.entry {
            let message = format!("this entry unpacks to more than {} bytes", limits.entry);
            visit(Err(Problem::at("export-entry-too-large", place(&name), message)));
        } else if total > limits.total {
            let message = format!("this export unpacks to more than {} bytes", limits.total);
            visit(Err(Problem::at("export-too-large", Place::start_of(path), message)
                .help(format!("reading ended at entry {}", index + 1))));
            break;
        } else {
            seen += 1;
            visit(Ok((&name, &buffer)));
        }
    }
    seen
}
