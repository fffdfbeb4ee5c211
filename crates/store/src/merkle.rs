//! The Merkle tree of RFC 6962, section 2.1.
//!
//! It knows hashes and positions. It must not know what an entry is, nor where hashes are kept:
//! proofs are made from slices of leaf hashes, appending needs only the frontier.

use holdfast_model::{Digest, Pieces};

/// The hash of a leaf: `SHA-256(0x00 ‖ header ‖ SHA-256(salt ‖ payload))`.
///
/// The payload enters by its salted digest only, so that it can be taken away later while every
/// proof still holds.
pub fn leaf_hash(header: &[u8], payload: &Digest) -> Digest {
    let mut hash = Pieces::default();
    hash.add(&[0x00]);
    hash.add(header);
    hash.add(&payload.0);
    hash.finish()
}

/// The digest of a payload behind its salt.
pub fn payload_digest(salt: &[u8], payload: &[u8]) -> Digest {
    let mut hash = Pieces::default();
    hash.add(salt);
    hash.add(payload);
    hash.finish()
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hash = Pieces::default();
    hash.add(&[0x01]);
    hash.add(&left.0);
    hash.add(&right.0);
    hash.finish()
}

/// The root of the tree without leaves: `SHA-256()`.
pub fn empty_root() -> Digest {
    Digest::of(&[])
}

/// The greatest power of two below `n`, which is at least 2.
fn split(n: usize) -> usize {
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

/// Both sides of a tree of at least two leaves.
fn halves(leaves: &[Digest]) -> Option<(&[Digest], &[Digest])> {
    if leaves.len() < 2 { None } else { leaves.split_at_checked(split(leaves.len())) }
}

/// The root over leaf hashes (or over the roots of complete subtrees of one size, of which the
/// last may be incomplete: the tree above them has the same form).
pub fn root(leaves: &[Digest]) -> Digest {
    match (leaves, halves(leaves)) {
        ([one], _) => *one,
        (_, Some((left, right))) => node_hash(&root(left), &root(right)),
        (_, None) => empty_root(),
    }
}

/// The inclusion proof of a leaf, lowest hash first; `None` where there is no such leaf.
pub fn inclusion(leaves: &[Digest], index: usize) -> Option<Vec<Digest>> {
    if index >= leaves.len() {
        return None;
    }
    let Some((left, right)) = halves(leaves) else { return Some(Vec::new()) };
    let (mut path, other) = if index < left.len() {
        (inclusion(left, index)?, root(right))
    } else {
        (inclusion(right, index - left.len())?, root(left))
    };
    path.push(other);
    Some(path)
}

/// The proof that the tree over the first `old` leaves is the beginning of this tree; `None` where
/// `old` is greater than the tree. Empty for `old` 0 and for the whole tree.
pub fn consistency(leaves: &[Digest], old: usize) -> Option<Vec<Digest>> {
    if old > leaves.len() {
        return None;
    }
    if old == 0 || old == leaves.len() {
        return Some(Vec::new());
    }
    subproof(leaves, old, true)
}

/// RFC 6962, section 2.1.2; `whole` says whether the old tree is complete at this point.
fn subproof(leaves: &[Digest], old: usize, whole: bool) -> Option<Vec<Digest>> {
    if old == leaves.len() {
        return Some(if whole { Vec::new() } else { vec![root(leaves)] });
    }
    let (left, right) = halves(leaves)?;
    let (mut path, other) = if old <= left.len() {
        (subproof(left, old, whole)?, root(right))
    } else {
        (subproof(right, old - left.len(), false)?, root(left))
    };
    path.push(other);
    Some(path)
}

/// Whether `path` proves that `leaf` stands at `index` of the tree of `size` leaves with `root`
/// (RFC 9162, section 2.1.3.2).
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    path: &[Digest],
    root: &Digest,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for other in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(other, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, other);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `path` proves that the tree of `old` leaves is the beginning of the tree of `new`
/// leaves (RFC 9162, section 2.1.4.2).
pub fn verify_consistency(
    old: u64,
    new: u64,
    path: &[Digest],
    old_root: &Digest,
    new_root: &Digest,
) -> bool {
    if old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    // Where the old tree is complete, its root begins the path and need not be sent.
    let mut rest = path.iter();
    let Some(first) = (if old.is_power_of_two() { Some(old_root) } else { rest.next() }) else {
        return false;
    };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for other in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_hash = node_hash(other, &old_hash);
            new_hash = node_hash(other, &new_hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, other);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

/// What appending needs: the roots of the complete subtrees of a tree, the greatest first.
/// Forty hashes hold a million million leaves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf; `node` is told each inner node that becomes complete: how many levels above
    /// the leaves, its position on that level, its hash.
    pub fn push(&mut self, leaf: Digest, node: &mut dyn FnMut(u32, u64, Digest)) {
        let (mut hash, mut level, mut at) = (leaf, 0, self.size);
        while at & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            at >>= 1;
            node(level, at, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root.
    pub fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The hashes one after the other, for keeping.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.peaks.iter().flat_map(|peak| peak.0).collect()
    }

    /// The opposite of [`Frontier::to_bytes`]; `None` where the bytes do not fit the size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && hashes.len() == size.count_ones() as usize;
        fits.then(|| Self { size, peaks: hashes.iter().map(|hash| Digest(*hash)).collect() })
    }
}

#[cfg(test)]
mod tests;
