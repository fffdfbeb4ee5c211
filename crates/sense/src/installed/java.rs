//! Java archives, and archives in them (JAR file specification; Maven's archiver for
//! `pom.properties`; section 4.3.12 of ZIP's APPNOTE is what `zip` reads).
//!
//! Knows what Maven leaves in an archive and how archives are named; unpacks only that, in memory
//! and within bounds.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::rc::Rc;

use holdfast_model::{About, Component, Ecosystem, Fact, Place, Problem};
use zip::read::ZipFile;
use zip::{CompressionMethod, ZipArchive};

use super::window::{InMemory, Opened, Window};
use crate::text::{Report, file_name};
use crate::{Claim, Need, Reader, Scope, Sources};

/// The reader.
pub struct JavaArchive;

static ABOUT: About = About {
    id: "java-archive",
    title: "Java archives",
    text: "Reads `.jar`, `.war`, `.ear` and `.par`, and those in them, eight deep: group, artifact \
        and version of each `META-INF/maven/**/pom.properties`, of which a merged archive has \
        several. An archive without one is *not assessed*: its file name says artifact and \
        version, but nothing says the group under which advisories are published. Classes that \
        were merged without their `pom.properties` are not seen.",
    file: file!(),
};

const ENDINGS: [&str; 4] = [".jar", ".war", ".ear", ".par"];
/// How deep archives may stand in archives.
const DEEPEST: usize = 8;
/// How much all of one archive may unpack to, in bytes; only what is named above is unpacked.
const MOST: u64 = 512 << 20;
/// How much may be unpacked at once, one archive in the other, in bytes; it is in memory while it is
/// read. What stands in an archive as it is, as builds of one archive leave it, is read in place.
const MOST_HELD: u64 = 32 << 20;
/// The largest `pom.properties`, in bytes.
const LARGEST_TEXT: u64 = 64 << 10;
/// How much may be read of an archive to find its entries, in bytes: they are in memory while it is
/// read. A hundred thousand have some ten megabytes.
const MOST_LISTED: u64 = 32 << 20;
/// How many entries are looked at, over all archives in one.
const MOST_ENTRIES: usize = 1_000_000;

const HELP: &str = "build the archive again, or remove it if nothing needs it";

impl Reader for JavaArchive {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn scope(&self) -> Scope {
        Scope::Anywhere
    }

    fn seeks(&self) -> bool {
        true
    }

    fn alone(&self) -> bool {
        true
    }

    fn claims(&self, path: &str, _head: &[u8]) -> Claim {
        if is_archive(path) { Claim::ByName } else { Claim::No }
    }

    fn needs(&self, _so_far: &Sources<'_>) -> Vec<Need> {
        Vec::new()
    }

    fn read(&self, sources: &Sources<'_>, out: &mut dyn FnMut(Fact)) {
        let mut report = Report::new(out);
        let mut walk = Walk {
            place: Place::start_of(std::sync::Arc::clone(sources.path())),
            report: &mut report,
            left: MOST,
            room: MOST_HELD,
            entries: MOST_ENTRIES,
            said: BTreeSet::new(),
        };
        let memory = InMemory(sources.bytes());
        let bytes = match sources.read_at() {
            Some(document) => Window::whole(document),
            None => Window::whole(&memory),
        };
        walk.archive(bytes, sources.path(), 0);
        report.finish();
    }
}

fn is_archive(path: &str) -> bool {
    let name = file_name(path);
    ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
}

/// Whether an entry names the artifact that it is of.
fn is_properties(path: &str) -> bool {
    path.starts_with("META-INF/maven/") && path.ends_with("/pom.properties")
}

/// What an archive ends with, before its comment: its first bytes and its length (section 4.3.16).
const END: [u8; 4] = *b"PK\x05\x06";
const END_LENGTH: u64 = 22;

/// Whether the list of entries that was found is the end of an archive. Where an archive is cut off,
/// that of another one in it may be found instead.
fn ends_with_list(bytes: Window<'_>, comment: usize, room: &Rc<Cell<u64>>) -> bool {
    let start = bytes.length().checked_sub(END_LENGTH.saturating_add(comment as u64));
    let Some(end) = start.and_then(|start| bytes.part(start, END_LENGTH)) else { return false };
    let mut first = [0; END.len()];
    end.open(room).read_exact(&mut first).is_ok() && first == END
}

struct Walk<'r, 'o> {
    place: Place,
    report: &'r mut Report<'o>,
    /// How many bytes may still be unpacked.
    left: u64,
    /// How many bytes may be unpacked beside what is in memory now.
    room: u64,
    /// How many entries may still be looked at.
    entries: usize,
    /// Group, artifact and version of what was said: an archive may hold another one twice.
    said: BTreeSet<[String; 3]>,
}

impl Walk<'_, '_> {
    fn lose(&mut self, name: &str, message: &str) {
        let name: String = file_name(name).chars().take(200).collect();
        let message = format!("`{name}`: {message}");
        let problem = Problem::at("java-archive", self.place.clone(), message);
        self.report.problem(problem.help(HELP), true);
    }

    fn archive(&mut self, bytes: Window<'_>, name: &str, depth: usize) {
        let room = Rc::new(Cell::new(MOST_LISTED));
        let Ok(mut archive) = ZipArchive::new(bytes.open(&room)) else {
            return self.lose(name, "this is no archive that can be read");
        };
        room.set(u64::MAX);
        if !ends_with_list(bytes, archive.comment().len(), &room) {
            self.lose(name, "it does not end with the list of its entries: it may be cut off");
        }
        let (mut named, mut nested) = (false, false);
        for at in 0..archive.len() {
            let Some(left) = self.entries.checked_sub(1) else {
                return self.lose(name, "it has too many entries; the rest was left out");
            };
            self.entries = left;
            // Of an entry that says nothing, not even the beginning is read.
            let path = match archive.name_for_index(at) {
                Some(Ok(path)) if is_properties(&path) || is_archive(&path) => path.into_owned(),
                Some(Ok(_)) => continue,
                _ => {
                    self.lose(name, "one of its entries has no name that can be read");
                    continue;
                }
            };
            let Ok(mut entry) = archive.by_index(at) else {
                self.lose(name, "one of its entries cannot be read");
                continue;
            };
            if is_properties(&path) {
                match self.unpack(&mut entry, LARGEST_TEXT) {
                    Some(text) => named |= self.properties(&text, &path),
                    None => self.lose(name, "its `pom.properties` cannot be unpacked"),
                }
            } else if !entry.is_dir() {
                nested = true;
                if depth >= DEEPEST {
                    self.lose(&path, "it stands too deep in other archives");
                } else if let Some(inner) = self.stored(bytes, &entry) {
                    drop(entry);
                    self.archive(inner, &path, depth + 1);
                } else if let Some(inner) = self.unpack(&mut entry, self.room) {
                    drop(entry);
                    let room = self.room;
                    self.room = room.saturating_sub(inner.len() as u64);
                    self.archive(Window::whole(&InMemory(&inner)), &path, depth + 1);
                    self.room = room;
                } else {
                    self.lose(&path, "it cannot be unpacked, or is too large");
                }
            }
        }
        // What only carries others is no package of its own.
        if !named && !nested {
            self.nameless(name);
        }
    }

    /// An entry that stands in its archive as it is: nothing of it is copied.
    fn stored<'b>(
        &mut self,
        bytes: Window<'b>,
        entry: &ZipFile<'_, Opened<'b>>,
    ) -> Option<Window<'b>> {
        let plain = entry.compression() == CompressionMethod::Stored && !entry.encrypted();
        let start = entry.data_start().filter(|_| plain)?;
        let length = entry.compressed_size();
        self.left = self.left.checked_sub(length)?;
        bytes.part(start, length)
    }

    fn unpack(&mut self, entry: &mut ZipFile<'_, Opened<'_>>, most: u64) -> Option<Vec<u8>> {
        let most = most.min(self.left);
        // What says itself that it is too large is not unpacked to find out.
        if entry.size() > most {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or_default());
        let done = entry.take(most + 1).read_to_end(&mut bytes);
        self.left = self.left.saturating_sub(bytes.len() as u64);
        (done.is_ok() && bytes.len() as u64 <= most).then_some(bytes)
    }

    /// Says what a `pom.properties` names; whether it names anything.
    fn properties(&mut self, text: &[u8], path: &str) -> bool {
        let text = String::from_utf8_lossy(text);
        let value = |key: &str| {
            let mut lines =
                text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!']));
            let found = lines.find_map(|line| {
                let rest = line.strip_prefix(key)?.trim_start();
                Some(rest.strip_prefix(['=', ':'])?.trim().to_owned())
            });
            found.filter(|value| !value.is_empty() && !value.contains("${"))
        };
        let named = ["groupId", "artifactId", "version"].map(value);
        let [Some(group), Some(artifact), Some(version)] = named else {
            self.lose(path, "group, artifact or version is missing in it");
            return false;
        };
        let ecosystem = Ecosystem::new(Ecosystem::MAVEN);
        let name = format!("{group}:{artifact}");
        if self.said.insert([group, artifact, version.clone()]) {
            let (version, place) = (Some(version.into()), self.place.clone());
            self.report.component(Component::new(ecosystem, name, version, place));
        }
        true
    }

    /// An archive of which only the file name speaks.
    fn nameless(&mut self, name: &str) {
        let file = file_name(name);
        let stem = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)).unwrap_or(file);
        let artifact = split_version(stem).map_or(stem, |(artifact, _)| artifact);
        self.report.fact(Fact::Unknown {
            ecosystem: Ecosystem::new(Ecosystem::MAVEN),
            name: artifact.into(),
            reason: format!("nothing in `{file}` says its group: it has no `pom.properties`"),
            place: self.place.clone(),
        });
    }
}

/// Artifact and version of a file name: the version begins with the first digit behind a `-`.
fn split_version(stem: &str) -> Option<(&str, &str)> {
    stem.match_indices('-').find_map(|(at, _)| {
        let (artifact, version) = (stem.get(..at)?, stem.get(at + 1..)?);
        let digit = version.bytes().next()?.is_ascii_digit();
        (digit && !artifact.is_empty()).then_some((artifact, version))
    })
}

#[cfg(test)]
#[path = "java_tests.rs"]
pub(crate) mod tests;
