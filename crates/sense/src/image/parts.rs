//! Parts of a file that goes by: what of a large one is enough.
//!
//! Knows offsets; what stands there is for whoever asked.

/// Parts of a file, none of which overlap.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    size: u64,
    /// Offset and length, sorted, with as much as there is of each.
    held: Vec<(u64, usize, Vec<u8>)>,
}

impl Parts {
    /// The parts that are wanted of a file of so many bytes, by offset and length. What lies behind its
    /// end is left out, and what overlaps or touches is one part.
    pub fn of(size: u64, wanted: impl IntoIterator<Item = (u64, usize)>) -> Self {
        let inside = |(offset, length): (u64, usize)| {
            let end = offset.saturating_add(length as u64).min(size);
            (offset < end).then_some((offset, end))
        };
        let mut wanted: Vec<(u64, u64)> = wanted.into_iter().filter_map(inside).collect();
        wanted.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::with_capacity(wanted.len());
        for (offset, end) in wanted {
            match joined.last_mut() {
                Some((_, last)) if offset <= *last => *last = end.max(*last),
                _ => joined.push((offset, end)),
            }
        }
        let part = |(offset, end): (u64, u64)| {
            (offset, usize::try_from(end - offset).unwrap_or(usize::MAX), Vec::new())
        };
        Self { size, held: joined.into_iter().map(part).collect() }
    }

    /// Takes what of these bytes is wanted; `at` is where they stand. They come in their order.
    pub(super) fn take(&mut self, at: u64, bytes: &[u8]) {
        for (offset, length, held) in &mut self.held {
            let missing = *length - held.len();
            let next = *offset + held.len() as u64;
            let Some(skip) = next.checked_sub(at).filter(|_| missing > 0) else { continue };
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            let Some(here) = bytes.get(skip..) else { break };
            held.extend_from_slice(here.get(..missing).unwrap_or(here));
        }
    }

    /// A part of the file, shorter where the file ends before; `None` where it is not here.
    pub fn get(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let end = offset.saturating_add(length as u64).min(self.size);
        if offset >= end {
            return Some(&[]);
        }
        self.held.iter().find_map(|(start, _, held)| {
            let from = usize::try_from(offset.checked_sub(*start)?).ok()?;
            held.get(from..from.checked_add(usize::try_from(end - offset).ok()?)?)
        })
    }

    /// What is held, by offset and length.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, usize)> {
        self.held.iter().map(|(offset, length, _)| (*offset, *length))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However a file comes, each part is what stands there.
        #[test]
        fn every_part_is_what_stands_there(
            size in 0_usize..300,
            wanted in proptest::collection::vec((0_u64..320, 0_usize..80), 0..6),
            piece in 1_usize..90,
        ) {
            let file: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let mut parts = Parts::of(size as u64, wanted.iter().copied());
            for (number, bytes) in file.chunks(piece).enumerate() {
                parts.take((number * piece) as u64, bytes);
            }
            for (offset, length) in wanted {
                let start = usize::try_from(offset).unwrap().min(size);
                let there = &file[start..(start + length).min(size)];
                prop_assert_eq!(parts.get(offset, length), Some(there));
            }
            let ranges: Vec<(u64, usize)> = parts.ranges().collect();
            prop_assert!(ranges.windows(2).all(|two| two[0].0 + (two[0].1 as u64) < two[1].0));
        }
    }

    #[test]
    fn what_was_not_wanted_is_not_here() {
        let mut parts = Parts::of(100, [(10, 5), (90, 50)]);
        parts.take(0, &[1; 40]);
        parts.take(40, &[2; 60]);
        assert_eq!(parts.get(10, 5), Some(&[1; 5][..]));
        assert_eq!(parts.get(90, 11), Some(&[2; 10][..]), "the file ends there");
        assert_eq!(parts.get(100, 5), Some(&[][..]));
        for (offset, length) in [(9, 2), (14, 2), (50, 1), (0, 100)] {
            assert_eq!(parts.get(offset, length), None, "{offset} {length}");
        }
    }
}
