//! The hash database of Berkeley DB, `Packages`, in which rpm up to 4.15 keeps what is installed:
//! as much of its format as reading every item takes (Berkeley DB's `dbinc/db_page.h`, "Hash
//! metadata page", "Btree/hash page layout" and "Overflow items").
//!
//! Knows pages, buckets and items; knows nothing of what is inside an item. A page belongs to one
//! bucket or to one item, so that each is read once and no circle of pages goes on for ever.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::bytes::{Order, part};

/// `DB_HASHMAGIC`, in the byte order of the machine that made the file.
const MAGIC: u32 = 0x0006_1561;
/// The versions of the format that have these pages: Berkeley DB 3.1 to 5.3.
const VERSIONS: std::ops::RangeInclusive<u32> = 7..=9;
/// The type of the first page.
const HASH_META: u8 = 8;
/// The types of a page with items, which are sorted since version 9.
const ITEMS: [u8; 2] = [2, 13];
const OVERFLOW: u8 = 7;
/// A page of a bucket that nobody ever wrote to.
const UNUSED: u8 = 0;
/// What stands before the items of a page.
const HEADER: usize = 26;
/// Where the first page says which page the buckets of each power of two begin at.
const SPARES: usize = 96;
/// A key or its data.
const KEY_DATA: u8 = 1;
/// The number of the first overflow page, and how many bytes lie there.
const OFF_PAGE: u8 = 3;

/// An opened database.
pub(super) struct Database<'a> {
    bytes: &'a [u8],
    order: Order,
    page_size: usize,
}

/// Pages that were read, and what was wrong with others.
#[derive(Default)]
struct Progress {
    visited: BTreeSet<u32>,
    faults: Vec<String>,
}

impl<'a> Database<'a> {
    /// Opens a database; says in words why it is none that can be read.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let orders = [Order::Little, Order::Big];
        let Some(order) = orders.into_iter().find(|order| order.u32(bytes, 12) == Some(MAGIC))
        else {
            return Err("it does not begin as a hash database of Berkeley DB does".to_owned());
        };
        let version = order.u32(bytes, 16).unwrap_or_default();
        if !VERSIONS.contains(&version) {
            return Err(format!("its version {version} is not known"));
        }
        let page_size = order.size(bytes, 20).unwrap_or_default();
        if !page_size.is_power_of_two() || !(512..=65_536).contains(&page_size) {
            return Err(format!("its pages of {page_size} bytes are of no size that there is"));
        }
        let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
        // Either of both makes the header of every page longer.
        if byte(24) != 0 || byte(26) & 1 != 0 {
            return Err("its pages are encrypted or have checksums".to_owned());
        }
        if byte(25) != HASH_META || bytes.len() < page_size {
            return Err("its first page is damaged".to_owned());
        }
        Ok(Self { bytes, order, page_size })
    }

    fn page(&self, number: u32) -> Option<&'a [u8]> {
        let start = usize::try_from(number).ok()?.checked_mul(self.page_size)?;
        part(self.bytes, start, self.page_size)
    }

    /// Hands over the header of every package; says in words what could not be read.
    pub(super) fn blobs(&self, each: &mut dyn FnMut(&[u8])) -> Vec<String> {
        let mut progress = Progress::default();
        let pages = u32::try_from(self.bytes.len() / self.page_size).unwrap_or(u32::MAX);
        let highest = self.order.u32(self.bytes, 72).unwrap_or_default();
        if highest >= pages {
            progress.faults.push("it ends before its last bucket".to_owned());
        }
        for bucket in 0..=highest.min(pages) {
            let mut next = self.first_page(bucket);
            let mut first = true;
            while let Some(number) = next {
                next = self.items_of(number, first, each, &mut progress);
                first = false;
            }
        }
        progress.faults
    }

    /// The page on which a bucket begins: its number and what all powers of two before took more.
    fn first_page(&self, bucket: u32) -> Option<u32> {
        let doubling =
            bucket.checked_add(1)?.checked_next_power_of_two()?.trailing_zeros() as usize;
        self.order.u32(self.bytes, SPARES + 4 * doubling)?.checked_add(bucket)
    }

    /// A page of this number and one of these types, each only once.
    fn take(&self, number: u32, progress: &mut Progress) -> Option<(&'a [u8], u8)> {
        let Some(page) = self.page(number).filter(|_| number != 0) else {
            progress.faults.push(format!("it ends before its page {number}"));
            return None;
        };
        if !progress.visited.insert(number) {
            progress.faults.push(format!("its page {number} is used twice"));
            return None;
        }
        Some((page, page.get(25).copied()?))
    }

    /// The page that goes on where this one ends.
    fn after(&self, page: &[u8]) -> Option<u32> {
        self.order.u32(page, 16).filter(|next| *next != 0)
    }

    /// Hands over what one page of a bucket holds; gives the page that goes on.
    fn items_of(
        &self,
        number: u32,
        first: bool,
        each: &mut dyn FnMut(&[u8]),
        progress: &mut Progress,
    ) -> Option<u32> {
        let (page, kind) = self.take(number, progress)?;
        let next = self.after(page);
        if kind == UNUSED && first && next.is_none() && self.order.u16(page, 20) == Some(0) {
            return None;
        }
        if !ITEMS.contains(&kind) || self.order.u32(page, 8) != Some(number) {
            progress.faults.push(format!("its page {number} is damaged"));
            return None;
        }
        let Some(items) = self.items(page).filter(|items| items.len() % 2 == 0) else {
            progress.faults.push(format!("its page {number} is damaged"));
            return next;
        };
        for pair in items.chunks_exact(2) {
            let &[key, data] = pair else { continue };
            match key {
                // Here stands the highest number that a package was ever given.
                [KEY_DATA, 0, 0, 0, 0] => continue,
                [KEY_DATA, _, _, _, _] => {}
                _ => {
                    progress.faults.push(format!("a key on its page {number} is damaged"));
                    continue;
                }
            }
            match self.data(data, progress) {
                Some(blob) => each(&blob),
                None => progress.faults.push(format!("an entry on its page {number} is damaged")),
            }
        }
        next
    }

    /// The items of a page, keys and data by turns: each ends where the one before it begins.
    fn items(&self, page: &'a [u8]) -> Option<Vec<&'a [u8]>> {
        let count = usize::from(self.order.u16(page, 20)?);
        let mut end = page.len();
        let offsets = part(page, HEADER, count.checked_mul(2)?)?;
        let item = |offset: &[u8]| {
            let start = usize::from(self.order.u16(offset, 0)?);
            let item = page.get(start..end).filter(|_| start >= HEADER + 2 * count);
            end = start;
            item
        };
        offsets.chunks_exact(2).map(item).collect()
    }

    /// What an item of data is or leads to.
    fn data(&self, item: &'a [u8], progress: &mut Progress) -> Option<Cow<'a, [u8]>> {
        match item.split_first()? {
            (&KEY_DATA, data) => Some(Cow::Borrowed(data)),
            (&OFF_PAGE, _) => {
                let length = self.order.size(item, 8).filter(|size| *size <= self.bytes.len())?;
                self.chain(self.order.u32(item, 4)?, length, progress).map(Cow::Owned)
            }
            // rpm has no package twice.
            _ => None,
        }
    }

    /// The bytes of overflow pages that go on in one another.
    fn chain(&self, first: u32, length: usize, progress: &mut Progress) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut next = Some(first);
        while let Some(number) = next {
            let (page, kind) = self.take(number, progress)?;
            let used = usize::from(self.order.u16(page, 22)?);
            if kind != OVERFLOW || out.len() >= length {
                return None;
            }
            out.extend(part(page, HEADER, used)?);
            next = self.after(page);
        }
        (out.len() == length).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by Berkeley DB 5.3 with pages of 1024 bytes and more buckets than are used: nine
    /// packages, of which one is too long for a page.
    const LITTLE: &[u8] = include_bytes!("../../../fixtures/rpm-database/hash/Packages");
    /// The same of a machine of the other byte order, with few buckets.
    const BIG: &[u8] = include_bytes!("../../../fixtures/rpm-database/hash-big/Packages");

    const PAGE: usize = 1024;

    fn read(bytes: &[u8]) -> Result<(BTreeSet<Vec<u8>>, Vec<String>), String> {
        let mut out = BTreeSet::new();
        let database = Database::open(bytes)?;
        let faults = database.blobs(&mut |blob| {
            out.insert(blob.to_vec());
        });
        Ok((out, faults))
    }

    #[test]
    fn both_byte_orders_hold_the_same() {
        let (little, faults) = read(LITTLE).unwrap();
        assert_eq!(faults, [""; 0]);
        assert_eq!(little.len(), 9);
        assert!(little.iter().any(|blob| blob.len() > PAGE), "none needs several pages");
        assert!(little.iter().any(|blob| blob.len() < PAGE / 4), "none stands beside others");
        assert_eq!(read(BIG).unwrap(), (little, Vec::new()));
    }

    #[test]
    fn what_is_cut_off_is_said() {
        let (whole, _) = read(LITTLE).unwrap();
        for length in (0..LITTLE.len()).step_by(97) {
            let Ok((some, faults)) = read(&LITTLE[..length]) else { continue };
            assert!(some.is_subset(&whole), "{length}");
            assert!(some == whole || !faults.is_empty(), "{length}");
        }
    }

    #[test]
    fn a_damaged_page_loses_no_other() {
        let (whole, _) = read(LITTLE).unwrap();
        let mut lost = 0;
        for page in 1..LITTLE.len() / PAGE {
            let mut bytes = LITTLE.to_vec();
            bytes[page * PAGE + 25] = 99;
            let (some, faults) = read(&bytes).unwrap();
            assert!(some.is_subset(&whole), "{page}");
            assert!(some == whole || !faults.is_empty(), "{page}");
            assert!(some.len() >= 4, "{page}: only {} are left", some.len());
            lost += usize::from(some != whole);
        }
        assert!(lost > 4, "{lost}");
    }

    #[test]
    fn circles_and_shared_pages_are_broken() {
        let bucket =
            (1..LITTLE.len() / PAGE).find(|at| ITEMS.contains(&LITTLE[at * PAGE + 25])).unwrap();
        let mut bytes = LITTLE.to_vec();
        bytes[bucket * PAGE + 16] = u8::try_from(bucket).unwrap();
        let (_, faults) = read(&bytes).unwrap();
        assert!(faults.contains(&format!("its page {bucket} is used twice")), "{faults:?}");
        let mut bytes = LITTLE.to_vec();
        bytes[72..76].fill(0xFF);
        assert!(read(&bytes).unwrap().1[0].contains("last bucket"));
    }

    #[test]
    fn other_databases_are_not_opened() {
        let with = |at: usize, byte: u8| {
            let mut bytes = LITTLE.to_vec();
            bytes[at] = byte;
            read(&bytes).unwrap_err()
        };
        assert!(with(12, 0x62).contains("does not begin"), "another kind");
        assert!(with(16, 10).contains("version 10"));
        assert!(with(20, 1).contains("pages of 1025 bytes"));
        assert!(with(24, 1).contains("encrypted"));
        assert!(with(26, 1).contains("checksums"));
        assert!(with(25, 9).contains("first page"));
        assert!(read(b"").unwrap_err().contains("does not begin"));
    }
}
