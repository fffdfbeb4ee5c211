//! A fast hash for our own tables: multiply and fold, eight bytes at a time.
//!
//! It must be the same on every machine, because the index file holds tables made with it. It is
//! no defence against chosen collisions; the tables are probed within their bounds.

const K0: u64 = 0x9E37_79B9_7F4A_7C15;
const K1: u64 = 0xD6E8_FEB8_6659_FD93;

fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    // Both halves of the product, the lower one through truncation.
    let low = u64::try_from(wide & u128::from(u64::MAX)).unwrap_or_default();
    let high = u64::try_from(wide >> 64).unwrap_or_default();
    low ^ high
}

/// Hashes some bytes.
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut state = seed ^ K0;
    let (words, tail) = bytes.as_chunks::<8>();
    for word in words {
        state = fold(state ^ u64::from_le_bytes(*word), K1);
    }
    let mut last = [0_u8; 8];
    for (to, from) in last.iter_mut().zip(tail) {
        *to = *from;
    }
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    fold(state ^ u64::from_le_bytes(last), K1 ^ length)
}

/// Hashes a package: its ecosystem and its name.
pub(crate) fn package(ecosystem: &str, name: &str) -> u64 {
    hash(hash(0, ecosystem.as_bytes()), name.as_bytes())
}
