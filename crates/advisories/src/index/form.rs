//! The mark of an index's form: of its layout, and of what its keys and names stand for.
//!
//! An index whose keys were made by another order of versions would be compared as if nothing were
//! wrong. So the mark holds what the orders and names of this program make of a few telling texts, and
//! what was made otherwise is refused. A test works that out, and fails where they changed and
//! [`KEYS`] did not: each start would spend a tenth of a millisecond on it.

use super::format::VERSION;

#[cfg(test)]
mod tests;

/// What the orders and names make of the texts of the test.
const KEYS: u32 = 0x14d2_2b0d;

/// The mark that an index of this program carries.
pub(crate) const MARK: u32 = KEYS.wrapping_add(VERSION);
