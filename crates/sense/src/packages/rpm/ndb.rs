//! rpm's own database of slots and blobs, `Packages.db` (rpm's `lib/backend/ndb/rpmpkg.c`).
//!
//! Knows its pages, slots and blobs; knows nothing of what is inside a blob.

use crate::bytes::{Order, array, part};

const LITTLE: Order = Order::Little;
const MAGIC: [u8; 4] = *b"RpmP";
const SLOT_MAGIC: [u8; 4] = *b"Slot";
const BLOB_HEAD: [u8; 4] = *b"BlbS";
const BLOB_TAIL: [u8; 4] = *b"BlbE";
/// Slots stand in pages of this size, in bytes.
const PAGE: usize = 4096;
/// The size of a slot, and of the unit in which blobs are placed, in bytes.
const UNIT: usize = 16;
/// The header of the file takes the room of two slots.
const FIRST_SLOT: usize = 32;
/// What stands before and behind the bytes of a blob.
const HEAD_SIZE: usize = 16;
const TAIL_SIZE: usize = 12;

/// Hands over every blob; says in words what could not be read.
pub(super) fn blobs<'a>(bytes: &'a [u8], each: &mut dyn FnMut(&'a [u8])) -> Vec<String> {
    let mut faults = Vec::new();
    if array(bytes, 0) != Some(MAGIC) {
        return vec!["it does not begin as a database of rpm's does".to_owned()];
    }
    match LITTLE.u32(bytes, 4) {
        Some(0) => {}
        Some(version) => return vec![format!("its version {version} is not known")],
        None => return vec!["it ends within its first page".to_owned()],
    }
    let pages = LITTLE.size(bytes, 12).unwrap_or_default();
    let wanted = pages.saturating_mul(PAGE);
    let slots = bytes.get(..wanted.min(bytes.len())).unwrap_or_default();
    if pages == 0 || wanted > bytes.len() {
        faults.push("it ends within its table of packages".to_owned());
    }
    let slots = slots.get(FIRST_SLOT..).unwrap_or_default();
    for slot in slots.chunks_exact(UNIT) {
        // A slot without package is free.
        let package = LITTLE.u32(slot, 4).unwrap_or_default();
        if array(slot, 0) != Some(SLOT_MAGIC) {
            faults.push("an entry of its table of packages is damaged".to_owned());
        } else if package != 0 {
            match blob(bytes, slot, package) {
                Some(blob) => each(blob),
                None => faults.push(format!("the header of package number {package} is damaged")),
            }
        }
    }
    faults
}

fn blob<'a>(bytes: &'a [u8], slot: &[u8], package: u32) -> Option<&'a [u8]> {
    let start = LITTLE.size(slot, 8)?.checked_mul(UNIT)?;
    let room = LITTLE.size(slot, 12)?.checked_mul(UNIT)?;
    let whole = part(bytes, start, room)?;
    let length = LITTLE.size(whole, 12)?;
    let sound = array(whole, 0) == Some(BLOB_HEAD)
        && LITTLE.u32(whole, 4) == Some(package)
        && array(whole, room.checked_sub(4)?) == Some(BLOB_TAIL)
        && length <= room.checked_sub(HEAD_SIZE + TAIL_SIZE)?;
    if sound { part(whole, HEAD_SIZE, length) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<String>) {
        let mut out = Vec::new();
        let faults = blobs(bytes, &mut |blob| out.push(blob.to_vec()));
        (out, faults)
    }

    /// A database with one page of slots and blobs behind it.
    fn database(blobs: &[&[u8]]) -> Vec<u8> {
        let mut page: Vec<u8> = MAGIC.to_vec();
        page.extend([0_u32, 1, 1, 9].iter().flat_map(|n| n.to_le_bytes()));
        page.resize(FIRST_SLOT, 0);
        let mut rest = Vec::new();
        for (at, blob) in blobs.iter().enumerate() {
            let number = u32::try_from(at + 1).unwrap();
            let start = (PAGE + rest.len()) / UNIT;
            let length = u32::try_from(blob.len()).unwrap();
            let mut whole: Vec<u8> = BLOB_HEAD.to_vec();
            whole.extend([number, 1, length].iter().flat_map(|n| n.to_le_bytes()));
            whole.extend(*blob);
            whole.resize((whole.len() + TAIL_SIZE).next_multiple_of(UNIT) - 4, 0);
            whole.extend(BLOB_TAIL);
            page.extend(SLOT_MAGIC);
            let blocks = u32::try_from(whole.len() / UNIT).unwrap();
            let place = [number, u32::try_from(start).unwrap(), blocks];
            page.extend(place.iter().flat_map(|n| n.to_le_bytes()));
            rest.extend(whole);
        }
        while page.len() < PAGE {
            page.extend(SLOT_MAGIC);
            page.extend([0; 12]);
        }
        [page, rest].concat()
    }

    #[test]
    fn every_blob_is_handed_over() {
        let bytes = database(&[b"one", &[7; 100]]);
        assert_eq!(read(&bytes), (vec![b"one".to_vec(), vec![7; 100]], Vec::new()));
        assert_eq!(read(&database(&[])), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_damaged_blob_loses_no_other() {
        let mut bytes = database(&[b"one", b"two"]);
        bytes[PAGE] = b'X';
        let (blobs, faults) = read(&bytes);
        assert_eq!(blobs, [b"two"]);
        assert_eq!(faults, ["the header of package number 1 is damaged"]);
        let mut bytes = database(&[b"one", b"two"]);
        bytes[FIRST_SLOT] = b'X';
        assert_eq!(read(&bytes).0, [b"two"]);
    }

    #[test]
    fn what_is_cut_off_is_said() {
        let bytes = database(&[b"one", b"two"]);
        for length in 0..bytes.len() {
            let (_, faults) = read(&bytes[..length]);
            assert!(!faults.is_empty(), "{length}");
        }
    }
}
