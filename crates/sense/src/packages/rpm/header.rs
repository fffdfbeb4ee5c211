//! The header of one installed package, as rpm keeps it in its database (rpm's
//! `docs/manual/format_header.md`: index entries of tag, type, offset and count, then the data).
//!
//! Knows that layout and the few tags that are wanted; knows nothing of databases.

use crate::bytes::{Order, part, text_at};

/// `RPMTAG_*` of rpm's `rpmtag.h`.
pub(super) mod tag {
    pub(in super::super) const NAME: u32 = 1000;
    pub(in super::super) const VERSION: u32 = 1001;
    pub(in super::super) const RELEASE: u32 = 1002;
    pub(in super::super) const EPOCH: u32 = 1003;
    pub(in super::super) const SOURCERPM: u32 = 1044;
    pub(in super::super) const DIRINDEXES: u32 = 1116;
    pub(in super::super) const BASENAMES: u32 = 1117;
    pub(in super::super) const DIRNAMES: u32 = 1118;
    pub(in super::super) const MODULARITYLABEL: u32 = 5096;
}

const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

/// The size of an index entry in bytes.
const ENTRY: usize = 16;
/// The most index entries that a header may have (rpm's own limit, `hdrblobInit`).
const MOST_ENTRIES: usize = 0xFFFF;
/// The longest text of one tag, in bytes; names of files are at most PATH_MAX long.
const LONGEST: usize = 4096;

/// A header; its parts lie within the blob.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

/// Where the values of one tag stand.
struct Entry {
    kind: u32,
    offset: usize,
    count: usize,
}

impl<'a> Header<'a> {
    /// Opens a blob: the number of entries, the size of the data, the entries, the data.
    pub(super) fn open(blob: &'a [u8]) -> Option<Self> {
        let entries = Order::Big.size(blob, 0)?;
        let size = Order::Big.size(blob, 4)?;
        if entries == 0 || entries > MOST_ENTRIES {
            return None;
        }
        let index = part(blob, 8, entries * ENTRY)?;
        let data = part(blob, 8 + entries * ENTRY, size)?;
        Some(Self { index, data })
    }

    fn entry(&self, tag: u32) -> Option<Entry> {
        let mut entries = self.index.chunks_exact(ENTRY);
        let entry = entries.find(|entry| Order::Big.u32(entry, 0) == Some(tag))?;
        Some(Entry {
            kind: Order::Big.u32(entry, 4)?,
            offset: Order::Big.size(entry, 8)?,
            count: Order::Big.size(entry, 12)?,
        })
    }

    /// A text; the first one where there are several languages.
    pub(super) fn text(&self, tag: u32) -> Option<&'a str> {
        let entry = self.entry(tag)?;
        if !matches!(entry.kind, STRING | I18N_STRING) {
            return None;
        }
        text_at(self.data, entry.offset, LONGEST).filter(|text| !text.is_empty())
    }

    /// Whether there is such a tag at all, readable or not.
    pub(super) fn has(&self, tag: u32) -> bool {
        self.entry(tag).is_some()
    }

    /// The first number of a tag.
    pub(super) fn number(&self, tag: u32) -> Option<u32> {
        let entry = self.entry(tag)?;
        (entry.kind == INT32 && entry.count > 0)
            .then(|| Order::Big.u32(self.data, entry.offset))
            .flatten()
    }

    /// All numbers of a tag; none where it is missing or does not lie within the data.
    fn numbers(&self, tag: u32) -> impl Iterator<Item = usize> + use<'a> {
        let entry = self.entry(tag).filter(|entry| entry.kind == INT32);
        let bytes =
            entry.and_then(|entry| part(self.data, entry.offset, entry.count.checked_mul(4)?));
        bytes.unwrap_or_default().chunks_exact(4).filter_map(|one| Order::Big.size(one, 0))
    }

    /// All texts of a tag, up to the first that cannot be read.
    fn texts(&self, tag: u32) -> impl Iterator<Item = &'a str> + use<'a> {
        let entry = self.entry(tag).filter(|entry| entry.kind == STRING_ARRAY);
        let (mut at, mut left) = entry.map_or((0, 0), |entry| (entry.offset, entry.count));
        let data = self.data;
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let text = text_at(data, at, LONGEST)?;
            at += text.len() + 1;
            Some(text)
        })
    }

    /// The files of the package, by their absolute paths.
    pub(super) fn files(&self) -> impl Iterator<Item = String> + use<'a> {
        let folders: Vec<&str> = self.texts(tag::DIRNAMES).collect();
        let files = self.texts(tag::BASENAMES).zip(self.numbers(tag::DIRINDEXES));
        files.filter_map(move |(name, folder)| Some(format!("{}{name}", folders.get(folder)?)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A header with texts (`Ok`) and numbers (`Err`).
    pub(in super::super) fn header(values: &[(u32, Result<&str, u32>)]) -> Vec<u8> {
        let (mut index, mut data) = (Vec::new(), Vec::new());
        for (tag, value) in values {
            let kind = if value.is_ok() { STRING } else { INT32 };
            let offset = u32::try_from(data.len()).unwrap();
            for number in [*tag, kind, offset, 1] {
                index.extend(number.to_be_bytes());
            }
            match value {
                Ok(text) => data.extend([text.as_bytes(), &[0]].concat()),
                Err(number) => data.extend(number.to_be_bytes()),
            }
        }
        let counts = [values.len(), data.len()].map(|n| u32::try_from(n).unwrap().to_be_bytes());
        [counts.concat(), index, data].concat()
    }

    #[test]
    fn texts_and_numbers_are_found_by_their_tags() {
        let blob = header(&[(tag::NAME, Ok("bash")), (tag::EPOCH, Err(2))]);
        let read = Header::open(&blob).unwrap();
        assert_eq!(read.text(tag::NAME), Some("bash"));
        assert_eq!(read.number(tag::EPOCH), Some(2));
        assert_eq!(read.text(tag::EPOCH), None, "a number is no text");
        assert_eq!(read.number(tag::VERSION), None);
        assert_eq!(read.files().count(), 0);
    }

    #[test]
    fn what_is_cut_off_is_no_header() {
        let blob = header(&[(tag::NAME, Ok("bash"))]);
        for length in 0..blob.len() {
            assert!(Header::open(&blob[..length]).is_none(), "{length}");
        }
        assert!(Header::open(&[0; 64]).is_none(), "without entries");
        assert!(Header::open(&[0xFF; 64]).is_none(), "with too many");
    }
}
