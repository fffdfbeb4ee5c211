//! Epochs that may have been lost.
//!
//! rpm and dpkg read a missing epoch as zero, which is right for what they have installed. Source
//! packages' file names, bills of materials and some feeds drop epochs that are not zero, and then
//! every comparison with the other side is wrong by a whole epoch.

use std::cmp::Ordering;

use super::{NUMBER, Order};

impl Order {
    /// Whether a version names its epoch, be it zero.
    pub fn names_epoch(&self, version: &str) -> bool {
        self.epochs
            && version.trim_ascii().split_once(':').is_some_and(|(epoch, _)| {
                !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit())
            })
    }

    /// The epoch of a key, encoded, and the rest of the key; `None` for orders without epochs.
    /// The rests of two keys compare as their versions without epochs would.
    pub fn split_epoch<'k>(&self, key: &'k [u8]) -> Option<(&'k [u8], &'k [u8])> {
        let length = match key {
            _ if !self.epochs => return None,
            [0xFF, a, b, c, d, ..] => {
                usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?.checked_add(5)?
            }
            [first, ..] => usize::from(first.checked_sub(NUMBER)?) + 1,
            [] => return None,
        };
        key.split_at_checked(length)
    }

    /// Whether a key has an epoch other than zero.
    pub fn has_epoch(&self, key: &[u8]) -> bool {
        self.split_epoch(key).is_some_and(|(epoch, _)| epoch != [NUMBER])
    }

    /// Whether the comparison of two versions hangs on an epoch that one of them does not name:
    /// one has an epoch other than zero, the other names none, and without epochs they compare
    /// otherwise. `false` where one of them is no version.
    pub fn epoch_in_doubt(&self, a: &str, b: &str) -> bool {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        if self.names_epoch(a) == self.names_epoch(b)
            || !self.key(a, &mut left)
            || !self.key(b, &mut right)
        {
            return false;
        }
        let (Some((_, l)), Some((_, r))) = (self.split_epoch(&left), self.split_epoch(&right))
        else {
            return false;
        };
        let without: Ordering = l.cmp(r);
        without != left.cmp(&right)
    }
}
