//! The rows of one table of an SQLite database: as much of its file format as that takes
//! (sqlite.org, "Database File Format", sections 1.3, 1.5, 1.6, 2.1, 2.6 and 4).
//!
//! Knows pages, b-trees, records and the write-ahead log; knows no SQL and nothing of what is
//! inside a row. Every page is visited once, so that no circle of pages goes on for ever.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::{Order, part};

const BIG: Order = Order::Big;
const MAGIC: &[u8] = b"SQLite format 3\0";
/// The header of the file, which stands before the first page's own.
const FILE_HEADER: usize = 100;
const LEAF: u8 = 0x0D;
const INTERIOR: u8 = 0x05;

/// An opened database.
pub(super) struct Database<'a> {
    bytes: &'a [u8],
    /// Pages of the write-ahead log that are newer than those of the file.
    newer: BTreeMap<u32, &'a [u8]>,
    page_size: usize,
    /// The part of a page that is not reserved.
    usable: usize,
    /// How many bytes of overflow pages may still be read: each page belongs to one row only.
    overflow: Cell<usize>,
}

impl<'a> Database<'a> {
    /// Opens a database; `log` is the write-ahead log beside it, where there is one.
    pub(super) fn open(bytes: &'a [u8], log: Option<&'a [u8]>) -> Result<Self, String> {
        let log = log.and_then(read_log);
        // A database whose first pages were never moved out of its log is an empty file.
        let first = match &log {
            Some((_, pages)) => pages.get(&1).copied().unwrap_or(bytes),
            None => bytes,
        };
        if !first.starts_with(MAGIC) {
            return Err("it does not begin as an SQLite database does".to_owned());
        }
        let page_size = match BIG.u16(first, 16) {
            Some(1) => 65_536,
            Some(size) => usize::from(size),
            None => 0,
        };
        let reserved = first.get(20).copied().map_or(0, usize::from);
        if !page_size.is_power_of_two() || page_size < 512 || page_size - reserved < 480 {
            return Err(format!("its pages of {page_size} bytes are of no size that SQLite has"));
        }
        let newer = match log {
            Some((size, pages)) if size == page_size => pages,
            Some(_) => return Err("its log has pages of another size".to_owned()),
            None => BTreeMap::new(),
        };
        let overflow = Cell::new(bytes.len() + newer.len() * page_size);
        Ok(Self { bytes, newer, page_size, usable: page_size - reserved, overflow })
    }

    /// One page, from 1.
    fn page(&self, number: u32) -> Option<&'a [u8]> {
        if let Some(page) = self.newer.get(&number) {
            return Some(page);
        }
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        part(self.bytes, index.checked_mul(self.page_size)?, self.page_size)
    }

    /// Hands over one column of every row of a table; says in words what could not be read.
    pub(super) fn column(
        &self,
        table: &str,
        column: usize,
        each: &mut dyn FnMut(&[u8]),
    ) -> Vec<String> {
        let mut root = None;
        let mut faults = self.rows(1, &mut |row| {
            let text = |at| field(row, at).and_then(|(_, bytes)| std::str::from_utf8(bytes).ok());
            if text(0) == Some("table") && text(1) == Some(table) {
                root = field(row, 3).and_then(|(_, bytes)| number(bytes));
            }
        });
        match root {
            Some(root) => faults.extend(self.rows(root, &mut |row| {
                each(field(row, column).map(|(_, bytes)| bytes).unwrap_or_default());
            })),
            None => faults.push(format!("it has no table `{table}`")),
        }
        faults
    }

    /// Every record of the b-tree with this root.
    fn rows(&self, root: u32, each: &mut dyn FnMut(&[u8])) -> Vec<String> {
        let mut faults = Vec::new();
        let mut visited = BTreeSet::new();
        let mut open = vec![root];
        while let Some(number) = open.pop() {
            if !visited.insert(number) {
                faults.push(format!("its page {number} is used twice"));
                continue;
            }
            let Some(page) = self.page(number) else {
                faults.push(format!("it ends before its page {number}"));
                continue;
            };
            let start = if number == 1 { FILE_HEADER } else { 0 };
            if self.cells(page, start, &mut open, each).is_none() {
                faults.push(format!("its page {number} is damaged"));
            }
        }
        faults
    }

    /// The records of a leaf, or the children of an interior page; `None` where some are lost.
    fn cells(
        &self,
        page: &[u8],
        start: usize,
        open: &mut Vec<u32>,
        each: &mut dyn FnMut(&[u8]),
    ) -> Option<()> {
        let kind = *page.get(start)?;
        let count = usize::from(BIG.u16(page, start + 3)?);
        let pointers = match kind {
            LEAF => start + 8,
            INTERIOR => start + 12,
            _ => return None,
        };
        let pointers = part(page, pointers, count.checked_mul(2)?)?;
        let mut children = Vec::new();
        let mut whole = Some(());
        for pointer in pointers.chunks_exact(2) {
            let at = usize::from(BIG.u16(pointer, 0)?);
            if kind == INTERIOR {
                children.push(BIG.u32(page, at)?);
            } else if let Some(record) = self.record(page, at) {
                each(&record);
            } else {
                whole = None;
            }
        }
        if kind == INTERIOR {
            children.push(BIG.u32(page, start + 8)?);
        }
        // The first child comes off the stack first.
        open.extend(children.into_iter().rev());
        whole
    }

    /// The record of a leaf's cell, with what stands of it on overflow pages.
    fn record<'p>(&self, page: &'p [u8], at: usize) -> Option<Cow<'p, [u8]>> {
        let cell = page.get(at..self.usable)?;
        let (length, size) = varint(cell)?;
        let (_, more) = varint(cell.get(size..)?)?;
        let payload = cell.get(size + more..)?;
        let length = usize::try_from(length).ok()?;
        // Section 1.6: how much of a long payload stays on the leaf.
        let most = self.usable - 35;
        if length <= most {
            return payload.get(..length).map(Cow::Borrowed);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let kept = least + (length - least) % (self.usable - 4);
        let kept = if kept <= most { kept } else { least };
        self.overflow.set(self.overflow.get().checked_sub(length - kept)?);
        let mut record = payload.get(..kept)?.to_vec();
        let mut next = BIG.u32(payload, kept)?;
        while record.len() < length {
            let page = self.page(next)?;
            let rest = (length - record.len()).min(self.usable - 4);
            record.extend_from_slice(part(page, 4, rest)?);
            next = BIG.u32(page, 0)?;
        }
        Some(Cow::Owned(record))
    }
}

/// One column of a record: its serial type and its bytes (section 2.1).
fn field(record: &[u8], column: usize) -> Option<(u64, &[u8])> {
    let (header, size) = varint(record)?;
    let header = usize::try_from(header).ok()?;
    let mut types = record.get(size..header)?;
    let mut at = header;
    for index in 0.. {
        let (serial, size) = varint(types)?;
        types = types.get(size..)?;
        let length = match serial {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(serial).ok()?,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            long => usize::try_from((long - 12) / 2).ok()?,
        };
        if index == column {
            return Some((serial, part(record, at, length)?));
        }
        at = at.checked_add(length)?;
    }
    None
}

/// A big-endian number of a record; page numbers are positive.
fn number(bytes: &[u8]) -> Option<u32> {
    let mut out = 0_u64;
    for byte in bytes {
        out = out.checked_mul(256)? + u64::from(*byte);
    }
    u32::try_from(out).ok()
}

/// A number of one to nine bytes, and how many they were.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut out = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some(((out << 8) | u64::from(*byte), 9));
        }
        out = (out << 7) | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((out, at + 1));
        }
    }
    None
}

const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
/// A page of some transactions, not yet all committed.
type Frames<'a> = Vec<(u32, &'a [u8])>;

/// The page size and the committed pages of a write-ahead log (section 4); `None` where it holds
/// none. A frame counts if its salts and checksum follow from the one before, so that what is
/// left of an older log is not read.
fn read_log(log: &[u8]) -> Option<(usize, BTreeMap<u32, &[u8]>)> {
    let order = match BIG.u32(log, 0)? {
        0x377F_0682 => Order::Little,
        0x377F_0683 => Order::Big,
        _ => return None,
    };
    let size = BIG.size(log, 8)?;
    let salts = part(log, 16, 8)?;
    let mut sums = checksum(order, part(log, 0, 24)?, (0, 0));
    if size == 0 || size > 65_536 || (BIG.u32(log, 24)?, BIG.u32(log, 28)?) != sums {
        return None;
    }
    let mut pages = BTreeMap::new();
    let mut open: Frames<'_> = Vec::new();
    for frame in log.get(LOG_HEADER..)?.chunks_exact(FRAME_HEADER + size) {
        let (head, page) = frame.split_at_checked(FRAME_HEADER)?;
        sums = checksum(order, page, checksum(order, part(head, 0, 8)?, sums));
        let sound = part(head, 8, 8)? == salts && (BIG.u32(head, 16)?, BIG.u32(head, 20)?) == sums;
        if !sound {
            break;
        }
        open.push((BIG.u32(head, 0)?, page));
        if BIG.u32(head, 4)? != 0 {
            pages.extend(open.drain(..));
        }
    }
    (!pages.is_empty()).then_some((size, pages))
}

/// Section 4.2: sums over pairs of 32-bit words.
fn checksum(order: Order, bytes: &[u8], (mut s0, mut s1): (u32, u32)) -> (u32, u32) {
    for pair in bytes.chunks_exact(8) {
        let word = |at| order.u32(pair, at).unwrap_or_default();
        s0 = s0.wrapping_add(word(0)).wrapping_add(s1);
        s1 = s1.wrapping_add(word(4)).wrapping_add(s0);
    }
    (s0, s1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_one_to_nine_bytes() {
        assert_eq!(varint(&[0x7F]), Some((127, 1)));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, 2)));
        assert_eq!(varint(&[0xFF; 9]), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0x80]), None);
    }

    #[test]
    fn columns_of_a_record() {
        // Types: null, text of 2 bytes, number of 1 byte, blob of 1 byte.
        let record = [5, 0, 17, 1, 14, b'a', b'b', 7, 9];
        assert_eq!(field(&record, 0), Some((0, &[][..])));
        assert_eq!(field(&record, 1), Some((17, &b"ab"[..])));
        assert_eq!(field(&record, 2), Some((1, &[7][..])));
        assert_eq!(field(&record, 3), Some((14, &[9][..])));
        assert_eq!(field(&record, 4), None);
        assert_eq!(field(&record[..8], 3), None, "cut off");
    }

    #[test]
    fn circles_of_pages_end() {
        // One interior page whose only child is itself.
        let mut bytes = vec![0; 512];
        bytes[..16].copy_from_slice(MAGIC);
        bytes[16..18].copy_from_slice(&512_u16.to_be_bytes());
        bytes[100] = INTERIOR;
        bytes[108..112].copy_from_slice(&1_u32.to_be_bytes());
        let database = Database::open(&bytes, None).unwrap();
        let faults = database.column("Packages", 1, &mut |_| {});
        assert_eq!(faults, ["its page 1 is used twice", "it has no table `Packages`"]);
    }

    proptest! {
        #[test]
        fn any_page_is_read_without_a_panic(tail: Vec<u8>, log: Vec<u8>) {
            let mut bytes = [MAGIC, &[2, 0, 1, 1, 0, 64, 32, 32]].concat();
            bytes.resize(FILE_HEADER, 0);
            bytes.extend(tail);
            bytes.resize(1024, 0);
            let database = Database::open(&bytes, Some(&log)).unwrap();
            database.column("Packages", 1, &mut |_| {});
        }
    }
}
