//! The bytes of a segment, back into records.
//!
//! Knows how they are written and what bounds each count; must not know whether they are wanted.

use super::super::intern::{NO_ORDER, START, Str, Version};
use super::super::ranges::Interval;
use super::super::{Compiler, Entry, Kept, Origin};
use super::NONE;
use crate::index::Note;
use crate::index::format::{End, informational_of};
use crate::version::ORDERS;

/// What the numbers of a segment stand for.
pub(super) struct Tables {
    pub(super) strings: Vec<Str>,
    pub(super) versions: Vec<Version>,
    pub(super) packages: Vec<u32>,
}

impl Tables {
    fn of(table: &[u32], number: u32) -> Option<u32> {
        table.get(usize::try_from(number).ok()?).copied()
    }
}

/// Bytes as they are read.
pub(super) struct In<'b>(pub(super) &'b [u8]);

impl<'b> In<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*word))
    }

    pub(super) fn long(&mut self) -> Option<u64> {
        let (long, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*long))
    }

    /// How many come; each takes a byte at least, so that no number asks for more than is there.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.word()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    fn bytes(&mut self) -> Option<&'b [u8]> {
        let count = self.count()?;
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'b str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn strings(&mut self, compiler: &mut Compiler) -> Option<Vec<Str>> {
        let count = self.count()?;
        (0..count).map(|_| Some(compiler.strings.intern(self.text()?))).collect()
    }

    pub(super) fn versions(&mut self, compiler: &mut Compiler) -> Option<Vec<Version>> {
        let count = self.count()?;
        (0..count)
            .map(|_| {
                let (order, text) = (self.byte()?, self.text()?);
                let readable = self.byte()? != 0;
                let key = self.bytes()?;
                if order != NO_ORDER && usize::from(order) >= ORDERS.len() {
                    return None;
                }
                Some(compiler.versions.intern_known(order, text, readable.then_some(key)))
            })
            .collect()
    }

    pub(super) fn packages(
        &mut self,
        compiler: &mut Compiler,
        strings: &[Str],
    ) -> Option<Vec<u32>> {
        let count = self.count()?;
        (0..count)
            .map(|_| {
                let ecosystem = Tables::of(strings, self.word()?)?;
                let name = Tables::of(strings, self.word()?)?;
                Some(compiler.package_of(ecosystem, name))
            })
            .collect()
    }

    fn list(&mut self, table: &[u32]) -> Option<Vec<u32>> {
        let count = self.count()?;
        (0..count).map(|_| Tables::of(table, self.word()?)).collect()
    }

    fn version(&mut self, tables: &Tables) -> Option<Version> {
        match self.word()? {
            NONE => Some(START),
            number => Tables::of(&tables.versions, number),
        }
    }

    /// A text in a list of one, or none in an empty one.
    fn perhaps(&mut self, tables: &Tables) -> Option<Vec<Str>> {
        match self.word()? {
            NONE => Some(Vec::new()),
            number => Tables::of(&tables.strings, number).map(|text| vec![text]),
        }
    }

    pub(super) fn record(&mut self, tables: &Tables) -> Option<Kept> {
        let mut texts = [0; 3];
        for text in &mut texts {
            *text = Tables::of(&tables.strings, self.word()?)?;
        }
        let [feed, id, title] = texts;
        let (modified, published) = (self.long()?.cast_signed(), self.long()?.cast_signed());
        let withdrawn = self.long()?.cast_signed();
        let flags = self.byte()?;
        let hash = self.long()?;
        let cvss = Some(self.word()?).filter(|tenths| *tenths != NONE);
        let names = self.list(&tables.strings)?;
        let related = self.list(&tables.strings)?;
        let count = self.count()?;
        let entries = (0..count).map(|_| self.entry(tables)).collect::<Option<_>>()?;
        Some(Kept {
            feed,
            id,
            origin: Origin::Feed,
            modified,
            published,
            withdrawn: (flags & 1 != 0).then_some(withdrawn),
            hash,
            title,
            cvss,
            exploited: flags & 2 != 0,
            malicious: flags & 4 != 0,
            names,
            related,
            entries,
        })
    }

    fn entry(&mut self, tables: &Tables) -> Option<Entry> {
        let package = Tables::of(&tables.packages, self.word()?)?;
        let count = self.count()?;
        let intervals = (0..count)
            .map(|_| {
                let (low, high) = (self.version(tables)?, self.version(tables)?);
                Some(Interval { low, high, end: End::of(self.word()?)? })
            })
            .collect::<Option<_>>()?;
        let count = self.count()?;
        let exact = (0..count).map(|_| self.version(tables)).collect::<Option<_>>()?;
        let (unjudged, streams) = (self.perhaps(tables)?, self.perhaps(tables)?);
        let (flags, word) = (self.word()?, self.word()?);
        Some(Entry {
            package,
            intervals,
            exact,
            unjudged: unjudged.first().copied(),
            informational: informational_of(flags),
            module: self.byte()? != 0,
            streams: streams.first().copied(),
            word,
            note: Note::of(flags),
        })
    }
}
