//! The layout of the index file, for its writer and its reader.
//!
//! A header, then sections of rows of little-endian 32-bit words; 64-bit values are two words,
//! the lower one first. Texts, keys and lists are an offset and a length into their section.
//! Nothing is aligned and nothing is trusted: every reference is checked when it is followed.

/// The first bytes of the file.
pub(crate) const MAGIC: [u8; 8] = *b"HOLDFADV";
/// Grows with every change of the layout, and of what is made of a record; other versions are refused,
/// and the feeds compiled again.
/// What keys and names stand for enters the mark by itself, see `form`.
pub(crate) const VERSION: u32 = 6;
/// "None" in a word.
pub(crate) const NONE: u32 = u32::MAX;
/// "None" in a time.
pub(crate) const NEVER: i64 = i64::MIN;

/// The parts of the file, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Section {
    /// Bytes.
    Strings,
    /// Bytes.
    Keys,
    /// text offset, length, key offset, length.
    Versions,
    /// ecosystem offset, length, name offset, length, first entry, entries.
    Packages,
    /// upper half of the hash, package plus one.
    Slots,
    /// weakness, package, record, first interval, intervals, first exact, exacts, flags,
    /// reason offset, length, module streams offset, length.
    Entries,
    /// low version, high version, end.
    Intervals,
    /// version.
    Exact,
    /// See `rows::weakness`.
    Weaknesses,
    /// offset, length, weakness; sorted by text.
    Names,
    /// Words: names, records and entries of weaknesses.
    Lists,
    /// id offset, length, feed, flags, weakness, modified, withdrawn, hash.
    Records,
    /// name offset, length, records, newest modification, digest.
    Feeds,
    /// ecosystem offset, length, feed, entries.
    Coverage,
    /// which, as of, entries, model offset, length: see [`Catalogue`].
    Catalogues,
    /// feed, when its sources were last had.
    Asked,
}

/// How many sections there are.
pub(crate) const SECTIONS: usize = 16;

/// So many sections enter the digest, all but the last: equal feeds are equal whenever they were asked.
pub(crate) const IN_DIGEST: usize = SECTIONS - 1;

/// The words of a row of each section; 0 for plain bytes.
pub(crate) const WORDS: [usize; SECTIONS] = [0, 0, 4, 6, 2, 12, 3, 1, 20, 3, 1, 11, 13, 4, 6, 3];

/// Magic, version, number of sections, built, digest, and offset and length of each section.
pub(crate) const HEADER: usize = 8 + 4 + 4 + 8 + 32 + 8 * SECTIONS;

/// How an interval ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Never.
    Open,
    /// Before the version that fixes it.
    Fixed,
    /// Behind the last affected version.
    LastAffected,
    /// Before a version from which on nothing is said.
    Limit,
}

impl End {
    pub(crate) fn code(self) -> u32 {
        match self {
            Self::Open => 0,
            Self::Fixed => 1,
            Self::LastAffected => 2,
            Self::Limit => 3,
        }
    }

    pub(crate) fn of(code: u32) -> Option<Self> {
        [Self::Open, Self::Fixed, Self::LastAffected, Self::Limit]
            .into_iter()
            .find(|end| end.code() == code)
    }

    /// Whether a key lies between the keys of an interval that ends so.
    pub(crate) fn contains(self, low: &[u8], high: &[u8], key: &[u8]) -> bool {
        low <= key
            && match self {
                Self::Open => true,
                Self::Fixed | Self::Limit => key < high,
                Self::LastAffected => key <= high,
            }
    }
}

/// What is joined with advisories by the names of weaknesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Catalogue {
    /// What is known to be exploited.
    Exploited = 0,
    /// How likely exploitation is.
    Likely = 1,
}

/// Flags of an entry: nobody can judge it.
pub(crate) const ENTRY_UNJUDGED: u32 = 1;
/// Its bounds were built for a module, and mean nothing beside its stream.
pub(crate) const ENTRY_MODULE: u32 = 2;
/// Flags of a weakness.
pub(crate) const WEAKNESS_EXPLOITED: u32 = 1;
/// It stands in the starter set only.
pub(crate) const WEAKNESS_STARTER_ONLY: u32 = 2;
/// Used in ransomware campaigns.
pub(crate) const WEAKNESS_RANSOMWARE: u32 = 4;
/// The package was made to do harm.
pub(crate) const WEAKNESS_MALICIOUS: u32 = 8;
/// The informational kind stands from here on, of entries and weaknesses: three bits.
pub(crate) const INFORMATIONAL_SHIFT: u32 = 4;
/// The word of a distribution stands from here on, of entries: four bits.
pub(crate) const WORD_SHIFT: u32 = 8;
/// What a distribution is doing about it stands from here on, of entries: three bits.
pub(crate) const NOTE_SHIFT: u32 = 12;
/// Flags of a record.
pub(crate) const RECORD_STARTER: u32 = 1;

use holdfast_model::Informational;

/// The informational kind as three bits.
pub(crate) fn informational_code(kind: Option<Informational>) -> u32 {
    match kind {
        None => 0,
        Some(Informational::Unmaintained) => 1,
        Some(Informational::Unsound) => 2,
        Some(Informational::Notice) => 3,
        Some(Informational::EndOfLife) => 4,
        Some(Informational::Yanked) => 5,
        Some(Informational::Deprecated) => 6,
    }
}

/// The informational kind from flags.
pub(crate) fn informational_of(flags: u32) -> Option<Informational> {
    match (flags >> INFORMATIONAL_SHIFT) & 7 {
        1 => Some(Informational::Unmaintained),
        2 => Some(Informational::Unsound),
        3 => Some(Informational::Notice),
        4 => Some(Informational::EndOfLife),
        5 => Some(Informational::Yanked),
        6 => Some(Informational::Deprecated),
        _ => None,
    }
}

/// Words of distributions on severity, as they write them; the place is the code.
const WORDS_ON_SEVERITY: [&str; 9] =
    ["", "critical", "high", "important", "medium", "moderate", "low", "negligible", "no-dsa"];

/// The word of a distribution as four bits; 0 for words that say nothing, as `untriaged`.
pub(crate) fn word_code(word: &str) -> u32 {
    let at = WORDS_ON_SEVERITY.iter().position(|known| *known == word).unwrap_or_default();
    u32::try_from(at).unwrap_or_default()
}

/// The word of a distribution from flags.
pub(crate) fn word_of(flags: u32) -> Option<&'static str> {
    let at = usize::try_from((flags >> WORD_SHIFT) & 15).ok()?;
    WORDS_ON_SEVERITY.get(at).copied().filter(|word| !word.is_empty())
}
