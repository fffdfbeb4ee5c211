//! Writes the index file. Everything is visited in the order of its text.

use std::collections::BTreeMap;

use holdfast_model::{Digest, Ecosystem, Fields, Timestamp};

use super::facts::Facts;
use super::groups::Groups;
use super::intern::{Str, Version, index};
use super::{Compiler, Entry, Origin};
use crate::distribution::canonical;
use crate::hash;
use crate::index::form;
use crate::index::format::{
    Catalogue, ENTRY_MODULE, ENTRY_UNJUDGED, HEADER, IN_DIGEST, INFORMATIONAL_SHIFT, MAGIC, NEVER,
    NONE, NOTE_SHIFT, RECORD_STARTER, SECTIONS, Section, WORD_SHIFT, WORDS, informational_code,
};
use crate::index::{Feed, Note};

pub(super) fn write(
    compiler: &Compiler,
    groups: &Groups,
    built: Timestamp,
) -> (Vec<u8>, Vec<Feed>, Digest) {
    let mut writer = Writer::new(compiler);
    let feeds = writer.feeds(groups);
    let record_rows = writer.records(groups, &feeds);
    let entries = writer.packages(groups, &record_rows);
    writer.weaknesses(groups, &record_rows, &entries);
    writer.coverage(groups, &feeds);
    writer.catalogues();
    let (bytes, digest) = writer.finish(built);
    (bytes, feeds, digest)
}

struct Writer<'c> {
    compiler: &'c Compiler,
    sections: [Vec<u8>; SECTIONS],
    /// Where texts, keys and versions were written, by number.
    strings: Vec<Option<(u32, u32)>>,
    versions: Vec<Option<u32>>,
}

impl<'c> Writer<'c> {
    fn new(compiler: &'c Compiler) -> Self {
        Self {
            compiler,
            sections: Default::default(),
            strings: vec![None; compiler.strings.count()],
            versions: vec![None; compiler.versions.count()],
        }
    }

    fn section(&mut self, section: Section) -> &mut Vec<u8> {
        let [first, rest @ ..] = &mut self.sections;
        match (section as usize).checked_sub(1) {
            // The array has a place for each section; `first` is never taken instead.
            Some(at) => rest.get_mut(at).unwrap_or(first),
            None => first,
        }
    }

    /// The number of the next row of a section.
    fn next(&mut self, section: Section) -> u32 {
        let words = WORDS.get(section as usize).copied().unwrap_or_default();
        number(self.section(section).len() / (words * 4).max(1))
    }

    fn row(&mut self, section: Section, words: &[u32]) -> u32 {
        let row = self.next(section);
        let bytes = self.section(section);
        for word in words {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        row
    }

    fn bytes(&mut self, section: Section, bytes: &[u8]) -> (u32, u32) {
        let section = self.section(section);
        let at = number(section.len());
        section.extend_from_slice(bytes);
        (at, number(bytes.len()))
    }

    fn string(&mut self, text: Str) -> (u32, u32) {
        if let Some(Some(written)) = self.strings.get(index(text)) {
            return *written;
        }
        let written = self.bytes(Section::Strings, self.compiler.strings.get(text).as_bytes());
        if let Some(slot) = self.strings.get_mut(index(text)) {
            *slot = Some(written);
        }
        written
    }

    /// The row of a version.
    fn version(&mut self, version: Version) -> u32 {
        if let Some(Some(row)) = self.versions.get(index(version)) {
            return *row;
        }
        let compiler = self.compiler;
        let text = self.bytes(Section::Strings, compiler.versions.text(version).as_bytes());
        let key = match compiler.versions.key(version) {
            Some(key) => self.bytes(Section::Keys, key),
            None => (0, NONE),
        };
        let row = self.row(Section::Versions, &[text.0, text.1, key.0, key.1]);
        if let Some(slot) = self.versions.get_mut(index(version)) {
            *slot = Some(row);
        }
        row
    }

    fn feeds(&mut self, groups: &Groups) -> Vec<Feed> {
        let compiler = self.compiler;
        let kept = groups.in_feeds.iter().filter_map(|at| compiler.records.get(*at));
        let mut feeds: BTreeMap<&str, (u64, i64, Fields)> = BTreeMap::new();
        for record in kept.filter(|kept| kept.origin == Origin::Feed) {
            let (count, newest, fields) = feeds
                .entry(compiler.strings.get(record.feed))
                .or_insert_with(|| (0, i64::MIN, Fields::new("holdfast feed 1")));
            *count += 1;
            *newest = (*newest).max(record.modified);
            fields.add(compiler.strings.get(record.id).as_bytes());
            fields.add(&record.hash.to_le_bytes());
        }
        let dated = compiler.dated();
        let feeds: Vec<Feed> = feeds
            .into_iter()
            .map(|(name, (records, newest, fields))| Feed {
                name: name.to_owned(),
                ecosystem: Ecosystem::new(&canonical(name)),
                records,
                digest: fields.finish(),
                newest_modified: dated
                    .get(name)
                    .map_or(Timestamp(newest), |time| (*time).max(Timestamp(newest))),
                asked: compiler.asked.get(name).copied().flatten(),
            })
            .collect();
        for feed in &feeds {
            let name = self.bytes(Section::Strings, feed.name.as_bytes());
            let newest = halves(feed.newest_modified.0);
            let records = u32::try_from(feed.records).unwrap_or(u32::MAX);
            let mut words = vec![name.0, name.1, records, newest[0], newest[1]];
            let (digest, _) = feed.digest.0.as_chunks::<4>();
            words.extend(digest.iter().map(|chunk| u32::from_le_bytes(*chunk)));
            let row = self.row(Section::Feeds, &words);
            if let Some(asked) = feed.asked {
                self.row(Section::Asked, &asked_row(row, asked));
            }
        }
        feeds
    }

    /// Writes the record rows, sorted by feed and id. Returns the row of each record, in the
    /// order of `Compiler::records`; those that do not count have none.
    fn records(&mut self, groups: &Groups, feeds: &[Feed]) -> Vec<u32> {
        let compiler = self.compiler;
        let mut rows = vec![NONE; compiler.records.len()];
        let mut weaknesses = vec![NONE; compiler.strings.count()];
        for (name, weakness) in groups.names.iter().copied() {
            if let Some(slot) = weaknesses.get_mut(index(name)) {
                *slot = number(weakness);
            }
        }
        // Sorted by feed: each is looked for once.
        let mut last: Option<(Str, u32)> = None;
        for at in &groups.in_feeds {
            let Some(kept) = compiler.records.get(*at) else { continue };
            let row_of = || {
                let name = compiler.strings.get(kept.feed);
                feeds.iter().position(|feed| feed.name == name).map_or(NONE, number)
            };
            let feed = match (kept.origin, last) {
                (Origin::Starter, _) => NONE,
                (Origin::Feed, Some((of, row))) if of == kept.feed => row,
                (Origin::Feed, _) => last.insert((kept.feed, row_of())).1,
            };
            let flags = if kept.origin == Origin::Starter { RECORD_STARTER } else { 0 };
            let weakness = weaknesses.get(index(kept.id)).copied().unwrap_or(NONE);
            let id = self.string(kept.id);
            let modified = halves(kept.modified);
            let withdrawn = halves(kept.withdrawn.unwrap_or(NEVER));
            let hash = halves(kept.hash.cast_signed());
            let words = [
                id.0,
                id.1,
                feed,
                flags,
                weakness,
                modified[0],
                modified[1],
                withdrawn[0],
                withdrawn[1],
                hash[0],
                hash[1],
            ];
            let row = self.row(Section::Records, &words);
            if let Some(slot) = rows.get_mut(*at) {
                *slot = row;
            }
        }
        rows
    }

    /// Writes packages, their entries and the table that finds them. Returns the entries of each
    /// weakness.
    fn packages(&mut self, groups: &Groups, rows: &[u32]) -> Vec<Vec<u32>> {
        let compiler = self.compiler;
        let mut of_package: Vec<Vec<(u32, u32, &Entry)>> =
            vec![Vec::new(); compiler.package_names.len()];
        for (weakness, group) in groups.all.iter().enumerate() {
            let of_feeds = group.feed_packages(compiler);
            for at in &group.records {
                let Some(kept) = compiler.records.get(*at) else { continue };
                if kept.withdrawn.is_some() {
                    continue;
                }
                let row = rows.get(*at).copied().unwrap_or(NONE);
                let spoken = |entry: &&Entry| {
                    kept.origin == Origin::Starter && of_feeds.contains(&entry.package)
                };
                for entry in kept.entries.iter().filter(|entry| entry.says() && !spoken(entry)) {
                    if let Some(list) = of_package.get_mut(index(entry.package)) {
                        list.push((number(weakness), row, entry));
                    }
                }
            }
        }
        let text = |name: Str| compiler.strings.get(name);
        let mut order: Vec<usize> = (0..of_package.len())
            .filter(|at| of_package.get(*at).is_some_and(|e| !e.is_empty()))
            .collect();
        order.sort_by_cached_key(|at| {
            compiler.package_names.get(*at).map(|(ecosystem, name)| (text(*ecosystem), text(*name)))
        });
        let mut of_weakness = vec![Vec::new(); groups.all.len()];
        let mut hashes = Vec::with_capacity(order.len());
        for (package, at) in order.iter().enumerate() {
            let Some((ecosystem, name)) = compiler.package_names.get(*at).copied() else {
                continue;
            };
            let Some(list) = of_package.get_mut(*at) else { continue };
            // Stable: entries of one record keep its order.
            list.sort_by_key(|(weakness, row, _)| (*weakness, *row));
            let first = self.next(Section::Entries);
            for (weakness, row, entry) in list.iter() {
                let written = self.entry(*weakness, number(package), *row, entry);
                if let Some(list) = of_weakness.get_mut(index(*weakness)) {
                    list.push(written);
                }
            }
            let (e, n) = (self.string(ecosystem), self.string(name));
            self.row(Section::Packages, &[e.0, e.1, n.0, n.1, first, number(list.len())]);
            hashes.push(hash::package(text(ecosystem), text(name)));
        }
        self.slots(&hashes);
        of_weakness
    }

    fn slots(&mut self, hashes: &[u64]) {
        let size = (hashes.len() * 2).next_power_of_two().max(2);
        let mut slots = vec![[0_u32; 2]; size];
        for (package, hash) in hashes.iter().enumerate() {
            let [low, high] = halves(hash.cast_signed());
            let mut at = index(low) & (size - 1);
            while slots.get(at).is_some_and(|slot| slot[1] != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = [high, number(package) + 1];
            }
        }
        for slot in slots {
            self.row(Section::Slots, &slot);
        }
    }

    fn entry(&mut self, weakness: u32, package: u32, record: u32, entry: &Entry) -> u32 {
        let first = self.next(Section::Intervals);
        for interval in &entry.intervals {
            let (low, high) = (self.version(interval.low), self.version(interval.high));
            self.row(Section::Intervals, &[low, high, interval.end.code()]);
        }
        let first_exact = self.next(Section::Exact);
        for version in &entry.exact {
            let row = self.version(*version);
            self.row(Section::Exact, &[row]);
        }
        let reason = entry.unjudged.map_or((0, 0), |reason| self.string(reason));
        let unjudged = if entry.unjudged.is_some() { ENTRY_UNJUDGED } else { 0 };
        let module = if entry.module { ENTRY_MODULE } else { 0 };
        let flags = unjudged
            | module
            | informational_code(entry.informational) << INFORMATIONAL_SHIFT
            | entry.word << WORD_SHIFT
            | Note::code(entry.note) << NOTE_SHIFT;
        let streams = entry.streams.map_or((0, 0), |streams| self.string(streams));
        let words = [
            weakness,
            package,
            record,
            first,
            number(entry.intervals.len()),
            first_exact,
            number(entry.exact.len()),
            flags,
            reason.0,
            reason.1,
            streams.0,
            streams.1,
        ];
        self.row(Section::Entries, &words)
    }

    fn weaknesses(&mut self, groups: &Groups, rows: &[u32], entries: &[Vec<u32>]) {
        let compiler = self.compiler;
        let mut rows_of_names = vec![NONE; compiler.strings.count()];
        for (name, weakness) in groups.names.iter().copied() {
            let (at, length) = self.string(name);
            let row = self.row(Section::Names, &[at, length, number(weakness)]);
            if let Some(slot) = rows_of_names.get_mut(index(name)) {
                *slot = row;
            }
        }
        for (weakness, group) in groups.all.iter().enumerate() {
            let of_names: Vec<u32> = group
                .names
                .iter()
                .filter(|name| **name != group.id)
                .filter_map(|name| rows_of_names.get(index(*name)).copied())
                .collect();
            let of_records = group.records.iter().filter_map(|at| rows.get(*at).copied());
            let names = self.list(of_names.into_iter());
            let records = self.list(of_records);
            let entries = self.list(entries.get(weakness).into_iter().flatten().copied());
            let id = self.string(group.id);
            let facts = Facts::of(compiler, group);
            let title = self.string(facts.title);
            let (withdrawn, published, modified) =
                (halves(facts.withdrawn), halves(facts.published), halves(facts.modified));
            let words = [
                id.0,
                id.1,
                title.0,
                title.1,
                facts.cvss.unwrap_or(NONE),
                facts.flags,
                names.0,
                names.1,
                records.0,
                records.1,
                entries.0,
                entries.1,
                withdrawn[0],
                withdrawn[1],
                published[0],
                published[1],
                modified[0],
                modified[1],
                facts.epss.map_or(NONE, |(chance, _)| chance),
                facts.epss.map_or(NONE, |(_, percentile)| percentile),
            ];
            self.row(Section::Weaknesses, &words);
        }
    }

    /// What was joined, and as of when it is.
    fn catalogues(&mut self) {
        let compiler = self.compiler;
        if !compiler.kev.is_empty() {
            let at = compiler.kev_released.map_or(NEVER, |time| time.0);
            self.catalogue(Catalogue::Exploited, at, compiler.kev.len(), "");
        }
        if let Some(scores) = &compiler.epss {
            let at = scores.date.map_or(NEVER, |time| time.0);
            self.catalogue(Catalogue::Likely, at, scores.chances.len(), &scores.model);
        }
    }

    fn catalogue(&mut self, which: Catalogue, at: i64, entries: usize, model: &str) {
        let at = halves(at);
        let model = self.bytes(Section::Strings, model.as_bytes());
        let words = [which as u32, at[0], at[1], number(entries), model.0, model.1];
        self.row(Section::Catalogues, &words);
    }

    fn list(&mut self, words: impl Iterator<Item = u32>) -> (u32, u32) {
        let first = self.next(Section::Lists);
        let mut count = 0;
        for word in words {
            self.row(Section::Lists, &[word]);
            count += 1;
        }
        (first, count)
    }

    /// Which ecosystems each feed speaks of, and in how many entries.
    fn coverage(&mut self, groups: &Groups, feeds: &[Feed]) {
        let compiler = self.compiler;
        let mut counts: BTreeMap<(Str, Str), usize> = BTreeMap::new();
        for kept in groups.in_feeds.iter().filter_map(|at| compiler.records.get(*at)) {
            for entry in kept.entries.iter().filter(|_| kept.origin == Origin::Feed) {
                if let Some((ecosystem, _)) = compiler.package_names.get(index(entry.package)) {
                    *counts.entry((*ecosystem, kept.feed)).or_default() += 1;
                }
            }
        }
        let text = |name: Str| compiler.strings.get(name);
        let spoken: BTreeMap<(&str, &str), (Str, usize)> = counts
            .into_iter()
            .map(|((e, feed), count)| ((text(e), text(feed)), (e, count)))
            .collect();
        for ((_, name), (ecosystem, entries)) in spoken {
            let feed = feeds.iter().position(|feed| feed.name == name).map_or(NONE, number);
            let (at, length) = self.string(ecosystem);
            let words = [at, length, feed, number(entries)];
            self.row(Section::Coverage, &words);
        }
    }

    fn finish(self, built: Timestamp) -> (Vec<u8>, Digest) {
        let mut fields = Fields::new("holdfast advisories 1");
        for section in self.sections.iter().take(IN_DIGEST) {
            fields.add(section);
        }
        let digest = fields.finish();
        (file(&self.sections, built, digest), digest)
    }
}

/// The file of these sections.
pub(super) fn file<S: AsRef<[u8]>>(
    sections: &[S; SECTIONS],
    built: Timestamp,
    digest: Digest,
) -> Vec<u8> {
    let content: usize = sections.iter().map(|section| section.as_ref().len()).sum();
    let mut out = Vec::with_capacity(HEADER + content);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&form::MARK.to_le_bytes());
    out.extend_from_slice(&number(SECTIONS).to_le_bytes());
    out.extend_from_slice(&built.0.to_le_bytes());
    out.extend_from_slice(&digest.0);
    let mut at = HEADER;
    for section in sections {
        let length = section.as_ref().len();
        out.extend_from_slice(&number(at).to_le_bytes());
        out.extend_from_slice(&number(length).to_le_bytes());
        at += length;
    }
    for section in sections {
        out.extend_from_slice(section.as_ref());
    }
    out
}

/// The row that says when the sources of a feed were last had.
pub(super) fn asked_row(feed: u32, asked: Timestamp) -> [u32; 3] {
    let [low, high] = halves(asked.0);
    [feed, low, high]
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The lower and the upper word of a 64-bit value.
fn halves(value: i64) -> [u32; 2] {
    let bytes = value.to_le_bytes();
    let (words, _) = bytes.as_chunks::<4>();
    match words {
        [low, high] => [u32::from_le_bytes(*low), u32::from_le_bytes(*high)],
        _ => [0, 0],
    }
}
