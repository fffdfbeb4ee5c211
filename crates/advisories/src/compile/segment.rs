//! What became of a source, kept so that it need not be read again.
//!
//! A segment is the records of one source as the compiler holds them: texts, versions with their
//! keys, intervals. Taking one over costs a fraction of unpacking and reading the source, and gives
//! the same index to the byte. What could not be understood is part of it, so that it is told again.
//! The layout, the orders and the digest must fit, else the source is read again; that it was made by
//! the same rules, whoever keeps segments sees to.

mod read;

use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use holdfast_model::{Digest, Fields, Problem, Timestamp};

use super::intern::{START, Str, Version};
use super::{Compiler, Entry, Kept, Pair};
use crate::CODES;
use crate::index::Note;
use crate::index::form;
use crate::index::format::{INFORMATIONAL_SHIFT, NOTE_SHIFT, informational_code};
use crate::version::ORDERS;
use read::{In, Tables};

/// The first bytes.
const MAGIC: [u8; 8] = *b"HOLDFSEG";
/// "None" in a word.
const NONE: u32 = u32::MAX;

/// Where a compiler stood.
#[derive(Debug, Clone, Copy)]
pub struct Mark {
    records: usize,
    problems: usize,
    dated: usize,
}

impl Mark {
    /// The first record that was added since.
    pub(super) fn first(self) -> usize {
        self.records
    }
}

/// What a segment fits: the layout, and every order by its place. Worked out once a process, since
/// each record of a folder has a segment of its own.
pub(super) fn fit() -> Digest {
    static FIT: LazyLock<Digest> = LazyLock::new(|| {
        let mut fields = Fields::new("holdfast segment 1");
        fields.add(&form::MARK.to_le_bytes());
        for order in ORDERS {
            fields.add(order.about.id.as_bytes());
        }
        fields.finish()
    });
    *FIT
}

/// The name of the record that a problem is about: that of its file, which may stand in an export.
fn about(problem: &Problem) -> Option<&str> {
    problem.place.as_ref()?.path.rsplit(['/', '!']).next()?.strip_suffix(".json")
}

impl Compiler {
    /// Where the records begin that are added from now on.
    pub fn mark(&self) -> Mark {
        Mark { records: self.records.len(), problems: self.problems.len(), dated: self.as_of.len() }
    }

    /// How many records were added since.
    pub fn added(&self, since: Mark) -> usize {
        self.records.len().saturating_sub(since.records)
    }

    /// Forgets what was added since, and returns what could not be understood of it: for a source of
    /// which half would pass for the whole.
    pub fn take_back(&mut self, since: Mark) -> Vec<Problem> {
        self.records.truncate(since.records);
        self.cut_runs(since.records);
        self.as_of.truncate(since.dated);
        self.problems.split_off(since.problems.min(self.problems.len()))
    }

    /// The records that were added since, and what could not be understood of them.
    pub fn segment(&mut self, since: Mark) -> Vec<u8> {
        let records = self.records.get(since.records..).unwrap_or_default();
        let problems = self.problems.get(since.problems..).unwrap_or_default();
        let dated = self.as_of.get(since.dated..).unwrap_or_default();
        let content = self.content(records, problems, dated);
        let digest = Digest::of(&content);
        let mut out = MAGIC.to_vec();
        out.extend(fit().0);
        out.extend(digest.0);
        out.extend(content);
        self.run(since.records, digest);
        out
    }

    /// What a segment of some records holds, behind its digest.
    pub(super) fn content(
        &self,
        records: &[Kept],
        problems: &[Problem],
        dated: &[(String, Timestamp)],
    ) -> Vec<u8> {
        let mut writer = Writer::new(self);
        let mut body = Out::default();
        body.count(records.len());
        for kept in records {
            writer.record(kept, &mut body);
        }
        body.count(problems.len());
        for problem in problems {
            // Texts and numbers and nothing else: there is nothing in it that JSON could refuse.
            body.text(&serde_json::to_string(problem).unwrap_or_default());
        }
        let feeds: BTreeSet<&str> =
            records.iter().map(|kept| self.strings.get(kept.feed)).collect();
        // Of a feed that others bring as well, what they said of it is theirs.
        let dated: BTreeSet<(&str, Timestamp)> = dated
            .iter()
            .map(|(feed, time)| (feed.as_str(), *time))
            .filter(|(feed, _)| feeds.contains(feed))
            .collect();
        body.count(dated.len());
        for (feed, time) in dated {
            body.text(feed);
            body.long(time.0.cast_unsigned());
        }
        let Writer { strings, versions, packages, .. } = writer;
        let mut content = strings.finish();
        content.extend(versions.finish());
        content.extend(packages.finish());
        content.extend(body.0);
        content
    }

    /// Takes the records of a segment over, but for those that `pass` names. Returns how many.
    /// `None` where the segment does not fit or is damaged; nothing was taken then.
    pub fn add_segment(&mut self, bytes: &[u8], pass: &dyn Fn(&str) -> bool) -> Option<usize> {
        let content = bytes.strip_prefix(&MAGIC)?.strip_prefix(&fit().0)?;
        let (digest, content) = content.split_first_chunk::<32>()?;
        if Digest::of(content).0 != *digest {
            return None;
        }
        let mut from = In(content);
        let strings = from.strings(self)?;
        let versions = from.versions(self)?;
        let packages = from.packages(self, &strings)?;
        let tables = Tables { strings, versions, packages };
        let mut records = Vec::new();
        // Which ones are passed over, if any.
        let mut part: Option<Fields> = None;
        for at in 0..from.count()? {
            let kept = from.record(&tables)?;
            if pass(self.strings.get(kept.id)) {
                let fields = || Fields::new("holdfast part 1").field(digest);
                part.get_or_insert_with(fields).add(&at.to_le_bytes());
            } else {
                records.push(kept);
            }
        }
        let mut problems = Vec::new();
        for _ in 0..from.count()? {
            let problem: Problem = serde_json::from_str(from.text()?).ok()?;
            if !CODES.iter().any(|(known, _)| *known == problem.code) {
                return None;
            }
            if !about(&problem).is_some_and(pass) {
                problems.push(problem);
            }
        }
        let mut dated = Vec::new();
        for _ in 0..from.count()? {
            dated.push((from.text()?.to_owned(), Timestamp(from.long()?.cast_signed())));
        }
        let (first, count) = (self.records.len(), records.len());
        self.as_of.extend(dated);
        self.records.append(&mut records);
        self.problems.append(&mut problems);
        self.run(first, part.map_or(Digest(*digest), Fields::finish));
        Some(count)
    }
}

/// Bytes as they are written.
#[derive(Default)]
pub(super) struct Out(pub(super) Vec<u8>);

impl Out {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn word(&mut self, word: u32) {
        self.0.extend_from_slice(&word.to_le_bytes());
    }

    pub(super) fn count(&mut self, count: usize) {
        self.word(u32::try_from(count).unwrap_or(NONE));
    }

    pub(super) fn long(&mut self, long: u64) {
        self.0.extend_from_slice(&long.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }
}

/// A table whose rows are written when they are first named.
#[derive(Default)]
struct Rows {
    known: HashMap<u32, u32, BuildHasherDefault<Pair>>,
    out: Out,
}

impl Rows {
    fn finish(self) -> Vec<u8> {
        let mut out = Out::default();
        out.count(self.known.len());
        out.0.extend(self.out.0);
        out.0
    }

    /// The number of a row here, and whether it is new.
    fn number(&mut self, of: u32) -> (u32, bool) {
        let next = u32::try_from(self.known.len()).unwrap_or(NONE);
        let mut new = false;
        let number = *self.known.entry(of).or_insert_with(|| {
            new = true;
            next
        });
        (number, new)
    }
}

struct Writer<'c> {
    compiler: &'c Compiler,
    strings: Rows,
    versions: Rows,
    packages: Rows,
}

impl<'c> Writer<'c> {
    fn new(compiler: &'c Compiler) -> Self {
        let (strings, versions, packages) = Default::default();
        Self { compiler, strings, versions, packages }
    }

    fn string(&mut self, text: Str) -> u32 {
        let (number, new) = self.strings.number(text);
        if new {
            self.strings.out.text(self.compiler.strings.get(text));
        }
        number
    }

    fn version(&mut self, version: Version) -> u32 {
        if version == START {
            return NONE;
        }
        let (number, new) = self.versions.number(version);
        if new {
            let versions = &self.compiler.versions;
            let out = &mut self.versions.out;
            out.byte(versions.order(version));
            out.text(versions.text(version));
            let key = versions.key(version);
            out.byte(u8::from(key.is_some()));
            out.bytes(key.unwrap_or_default());
        }
        number
    }

    fn package(&mut self, package: u32) -> u32 {
        let (number, new) = self.packages.number(package);
        if new {
            let at = super::intern::index(package);
            let (ecosystem, name) =
                self.compiler.package_names.get(at).copied().unwrap_or_default();
            let (ecosystem, name) = (self.string(ecosystem), self.string(name));
            self.packages.out.word(ecosystem);
            self.packages.out.word(name);
        }
        number
    }

    fn record(&mut self, kept: &Kept, out: &mut Out) {
        for text in [kept.feed, kept.id, kept.title] {
            out.word(self.string(text));
        }
        for time in [kept.modified, kept.published, kept.withdrawn.unwrap_or(i64::MIN)] {
            out.long(time.cast_unsigned());
        }
        let flags = u8::from(kept.withdrawn.is_some())
            | u8::from(kept.exploited) << 1
            | u8::from(kept.malicious) << 2;
        out.byte(flags);
        out.long(kept.hash);
        out.word(kept.cvss.unwrap_or(NONE));
        for list in [&kept.names, &kept.related] {
            out.count(list.len());
            for name in list {
                out.word(self.string(*name));
            }
        }
        out.count(kept.entries.len());
        for entry in &kept.entries {
            self.entry(entry, out);
        }
    }

    fn entry(&mut self, entry: &Entry, out: &mut Out) {
        out.word(self.package(entry.package));
        out.count(entry.intervals.len());
        for interval in &entry.intervals {
            out.word(self.version(interval.low));
            out.word(self.version(interval.high));
            out.word(interval.end.code());
        }
        out.count(entry.exact.len());
        for version in &entry.exact {
            out.word(self.version(*version));
        }
        for text in [entry.unjudged, entry.streams] {
            let number = text.map_or(NONE, |text| self.string(text));
            out.word(number);
        }
        out.word(
            informational_code(entry.informational) << INFORMATIONAL_SHIFT
                | Note::code(entry.note) << NOTE_SHIFT,
        );
        out.word(entry.word);
        out.byte(u8::from(entry.module));
    }
}

#[cfg(test)]
mod tests;
