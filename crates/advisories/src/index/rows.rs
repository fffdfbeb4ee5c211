//! Rows of the file, each reference checked when it is followed.

use holdfast_model::{Digest, Ecosystem, Timestamp};

use super::format::{End, NONE, Section};
use super::{Feed, Index};
use crate::distribution::canonical;

/// A word at a byte offset.
pub(crate) fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

pub(crate) fn size(word: u32) -> usize {
    usize::try_from(word).unwrap_or(usize::MAX)
}

fn long(low: u32, high: u32) -> i64 {
    ((u64::from(high) << 32) | u64::from(low)).cast_signed()
}

/// One interval, as keys.
pub(crate) struct Interval<'a> {
    pub(crate) low: &'a [u8],
    pub(crate) high: &'a [u8],
    pub(crate) end: End,
    pub(crate) low_version: u32,
    pub(crate) high_version: u32,
}

/// What one record says of one package.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) weakness: u32,
    pub(crate) package: u32,
    pub(crate) record: u32,
    pub(crate) intervals: (u32, u32),
    pub(crate) exact: (u32, u32),
    pub(crate) flags: u32,
    pub(crate) reason: (u32, u32),
    pub(crate) streams: (u32, u32),
}

/// A package and where its entries stand.
pub(crate) struct Package<'a> {
    pub(crate) ecosystem: &'a str,
    pub(crate) name: &'a str,
    pub(crate) entries: (u32, u32),
}

/// A record.
pub(crate) struct Record<'a> {
    pub(crate) id: &'a str,
    pub(crate) flags: u32,
    pub(crate) withdrawn: i64,
    pub(crate) hash: u64,
}

/// A weakness as it is written.
pub(crate) struct Weakness<'a> {
    pub(crate) id: &'a str,
    pub(crate) title: &'a str,
    pub(crate) cvss: Option<u32>,
    pub(crate) flags: u32,
    pub(crate) names: (u32, u32),
    pub(crate) records: (u32, u32),
    pub(crate) entries: (u32, u32),
    pub(crate) withdrawn: i64,
    pub(crate) published: i64,
    pub(crate) modified: i64,
    /// Chance and percentile, in millionths.
    pub(crate) epss: Option<(u32, u32)>,
}

/// A catalogue that was joined.
pub(crate) struct CatalogueRow<'a> {
    pub(crate) which: u32,
    pub(crate) as_of: i64,
    pub(crate) entries: u32,
    pub(crate) model: &'a str,
}

impl<'a> Index<'a> {
    fn section(&self, section: Section) -> &'a [u8] {
        self.sections.get(section as usize).copied().unwrap_or_default()
    }

    /// How many rows a section has.
    pub(crate) fn count(&self, section: Section) -> usize {
        let words = super::WORDS.get(section as usize).copied().unwrap_or_default();
        self.section(section).len() / (words * 4).max(1)
    }

    fn row<const N: usize>(&self, section: Section, row: u32) -> Option<[u32; N]> {
        let at = size(row).checked_mul(N * 4)?;
        let bytes = self.section(section).get(at..at.checked_add(N * 4)?)?;
        let (words, _) = bytes.as_chunks::<4>();
        let mut out = [0; N];
        for (to, from) in out.iter_mut().zip(words) {
            *to = u32::from_le_bytes(*from);
        }
        Some(out)
    }

    fn bytes(&self, section: Section, at: u32, length: u32) -> Option<&'a [u8]> {
        let at = size(at);
        self.section(section).get(at..at.checked_add(size(length))?)
    }

    pub(crate) fn text(&self, at: u32, length: u32) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(Section::Strings, at, length)?).ok()
    }

    pub(crate) fn feed(&self, row: u32) -> Option<Feed> {
        let [at, length, records, low, high, d @ ..] = self.row::<13>(Section::Feeds, row)?;
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(d.iter().flat_map(|word| word.to_le_bytes())) {
            *to = from;
        }
        let name = self.text(at, length)?;
        Some(Feed {
            name: name.to_owned(),
            ecosystem: Ecosystem::new(&canonical(name)),
            records: u64::from(records),
            digest: Digest(digest),
            newest_modified: Timestamp(long(low, high)),
            asked: self.last_had(row),
        })
    }

    /// When the sources of a feed were last had.
    fn last_had(&self, feed: u32) -> Option<Timestamp> {
        let mut rows = (0..).map_while(|row| self.row::<3>(Section::Asked, row));
        rows.find(|[of, ..]| *of == feed).map(|[_, low, high]| Timestamp(long(low, high)))
    }

    /// An ecosystem and the row of a feed that speaks of it.
    pub(crate) fn coverage(&self, row: u32) -> Option<(&'a str, u32)> {
        let [at, length, feed, _] = self.row::<4>(Section::Coverage, row)?;
        Some((self.text(at, length)?, feed))
    }

    pub(crate) fn catalogue(&self, row: u32) -> Option<CatalogueRow<'a>> {
        let [which, low, high, entries, at, length] = self.row::<6>(Section::Catalogues, row)?;
        Some(CatalogueRow { which, as_of: long(low, high), entries, model: self.text(at, length)? })
    }

    pub(crate) fn slot(&self, row: u32) -> Option<[u32; 2]> {
        self.row(Section::Slots, row)
    }

    pub(crate) fn package_row(&self, row: u32) -> Option<Package<'a>> {
        let [e_at, e_length, n_at, n_length, first, count] =
            self.row::<6>(Section::Packages, row)?;
        Some(Package {
            ecosystem: self.text(e_at, e_length)?,
            name: self.text(n_at, n_length)?,
            entries: (first, count),
        })
    }

    pub(crate) fn entry(&self, row: u32) -> Option<Entry> {
        let [weakness, package, record, i, i_count, e, e_count, flags, r, r_length, s, s_length] =
            self.row::<12>(Section::Entries, row)?;
        Some(Entry {
            weakness,
            package,
            record,
            intervals: (i, i_count),
            exact: (e, e_count),
            flags,
            reason: (r, r_length),
            streams: (s, s_length),
        })
    }

    pub(crate) fn interval(&self, row: u32) -> Option<Interval<'a>> {
        let [low_version, high_version, end] = self.row::<3>(Section::Intervals, row)?;
        Some(Interval {
            low: self.version_key(low_version)?,
            high: self.version_key(high_version)?,
            end: End::of(end)?,
            low_version,
            high_version,
        })
    }

    /// The key and the version of a single affected version.
    pub(crate) fn exact(&self, row: u32) -> Option<(&'a [u8], u32)> {
        let [version] = self.row::<1>(Section::Exact, row)?;
        Some((self.version_key(version)?, version))
    }

    /// Empty for the version before everything, and where a text is no version of its ecosystem
    /// or there is no order; no version that somebody asks about has an empty key.
    fn version_key(&self, row: u32) -> Option<&'a [u8]> {
        let [_, _, at, length] = self.row::<4>(Section::Versions, row)?;
        if length == NONE { Some(&[]) } else { self.bytes(Section::Keys, at, length) }
    }

    pub(crate) fn version_text(&self, row: u32) -> Option<&'a str> {
        let [at, length, _, _] = self.row::<4>(Section::Versions, row)?;
        self.text(at, length)
    }

    pub(crate) fn record(&self, row: u32) -> Option<Record<'a>> {
        let [at, length, _, flags, _, _, _, w_low, w_high, h_low, h_high] =
            self.row::<11>(Section::Records, row)?;
        Some(Record {
            id: self.text(at, length)?,
            flags,
            withdrawn: long(w_low, w_high),
            hash: long(h_low, h_high).cast_unsigned(),
        })
    }

    /// The records of a feed: the id and the hash of each.
    pub(crate) fn records_of(&self, feed: u32) -> impl Iterator<Item = (&'a str, u64)> {
        let rows = (0..).map_while(|row| self.row::<11>(Section::Records, row));
        rows.filter(move |[_, _, of, ..]| *of == feed).filter_map(|[at, length, .., low, high]| {
            Some((self.text(at, length)?, long(low, high).cast_unsigned()))
        })
    }

    /// A name and its weakness.
    pub(crate) fn name(&self, row: u32) -> Option<(&'a str, u32)> {
        let [at, length, weakness] = self.row::<3>(Section::Names, row)?;
        Some((self.text(at, length)?, weakness))
    }

    pub(crate) fn weakness_row(&self, row: u32) -> Option<Weakness<'a>> {
        let [id, id_length, title, title_length, cvss, flags, rest @ ..] =
            self.row::<20>(Section::Weaknesses, row)?;
        let [n, n_count, r, r_count, e, e_count, w_low, w_high, p_low, p_high, rest @ ..] = rest;
        let [m_low, m_high, chance, percentile] = rest;
        Some(Weakness {
            id: self.text(id, id_length)?,
            title: self.text(title, title_length)?,
            cvss: (cvss != NONE).then_some(cvss),
            flags,
            names: (n, n_count),
            records: (r, r_count),
            entries: (e, e_count),
            withdrawn: long(w_low, w_high),
            published: long(p_low, p_high),
            modified: long(m_low, m_high),
            epss: (chance != NONE).then_some((chance, percentile)),
        })
    }

    /// The words of a list; ends early where the file does.
    pub(crate) fn list(&self, (first, count): (u32, u32)) -> impl Iterator<Item = u32> {
        let rows = first..first.saturating_add(count);
        rows.map_while(|row| self.row::<1>(Section::Lists, row).map(|[word]| word))
    }
}
