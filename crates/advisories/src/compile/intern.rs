//! Texts and versions kept once each while feeds are compiled.

use std::ops::Range;

use crate::hash::hash;
use crate::version::{LONGEST, ORDERS};

/// A text in [`Strings`].
pub(super) type Str = u32;
/// A version in [`Versions`].
pub(super) type Version = u32;

/// A table of numbers by hash; whoever owns it compares.
#[derive(Default)]
struct Slots {
    /// Half a hash, which says where to begin and spares most comparisons, and the number plus
    /// one; zero is free. The length is a power of two.
    slots: Vec<(u32, u32)>,
    used: usize,
}

/// The half of a hash that a slot keeps.
fn tag(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

impl Slots {
    /// Finds the number whose owner says it is the same, or the place where it belongs.
    fn find(&self, tag: u32, same: impl Fn(u32) -> bool) -> Result<u32, usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = index(tag) & mask;
        loop {
            match self.slots.get(at).copied() {
                None | Some((_, 0)) => return Err(at),
                Some((other, number)) if other == tag && same(number - 1) => {
                    return Ok(number - 1);
                }
                Some(_) => at = (at + 1) & mask,
            }
        }
    }

    /// Makes room for one more, if need be.
    fn grow(&mut self) {
        if (self.used + 1) * 2 <= self.slots.len() {
            return;
        }
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![(0, 0); (old.len() * 2).max(1 << 14)];
        for slot in old.into_iter().filter(|slot| slot.1 != 0) {
            if let Err(at) = self.find(slot.0, |_| false)
                && let Some(free) = self.slots.get_mut(at)
            {
                *free = slot;
            }
        }
    }

    fn put(&mut self, at: usize, tag: u32, number: u32) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = (tag, number + 1);
            self.used += 1;
        }
    }
}

/// Where the pieces of one long buffer end.
#[derive(Default)]
struct Ends(Vec<usize>);

impl Ends {
    fn push(&mut self, end: usize) -> u32 {
        self.0.push(end);
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    fn range(&self, number: u32) -> Range<usize> {
        let at = index(number);
        let start = at.checked_sub(1).and_then(|before| self.0.get(before)).copied();
        start.unwrap_or_default()..self.0.get(at).copied().unwrap_or_default()
    }
}

/// Pieces of one long text.
#[derive(Default)]
struct Texts {
    text: String,
    ends: Ends,
}

impl Texts {
    fn push(&mut self, piece: &str) -> u32 {
        self.text.push_str(piece);
        self.ends.push(self.text.len())
    }

    fn get(&self, number: u32) -> &str {
        self.text.get(self.ends.range(number)).unwrap_or_default()
    }
}

/// Texts, each once.
#[derive(Default)]
pub(super) struct Strings {
    texts: Texts,
    slots: Slots,
}

impl Strings {
    pub(super) fn intern(&mut self, text: &str) -> Str {
        let Self { texts, slots } = self;
        slots.grow();
        let tag = tag(hash(1, text.as_bytes()));
        match slots.find(tag, |number| texts.get(number) == text) {
            Ok(number) => number,
            Err(at) => {
                let number = texts.push(text);
                slots.put(at, tag, number);
                number
            }
        }
    }

    pub(super) fn get(&self, number: Str) -> &str {
        self.texts.get(number)
    }

    pub(super) fn count(&self) -> usize {
        self.texts.ends.0.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.texts.text.len()
    }
}

/// Versions, each once for its order, with its key.
pub(super) struct Versions {
    texts: Texts,
    keys: Vec<u8>,
    /// Where the keys end.
    ends: Ends,
    /// Which order, and whether it is a version of that order.
    rows: Vec<(u8, bool)>,
    slots: Slots,
    scratch: Vec<u8>,
}

/// The version before everything, `introduced: 0`, whose key is empty.
pub(super) const START: Version = 0;
/// In place of an order, where there is none.
pub(super) const NO_ORDER: u8 = u8::MAX;

impl Versions {
    pub(super) fn new() -> Self {
        let mut texts = Texts::default();
        let mut ends = Ends::default();
        texts.push("0");
        ends.push(0);
        Self {
            texts,
            keys: Vec::new(),
            ends,
            rows: vec![(NO_ORDER, true)],
            slots: Slots::default(),
            scratch: Vec::new(),
        }
    }

    pub(super) fn intern(&mut self, order: u8, text: &str) -> Version {
        let text = text.trim();
        let Self { texts, keys, ends, rows, slots, scratch } = self;
        slots.grow();
        let tag = tag(hash(u64::from(order), text.as_bytes()));
        let same = |number: u32| {
            let of = rows.get(index(number)).map(|row| row.0);
            number != START && of == Some(order) && texts.get(number) == text
        };
        match slots.find(tag, same) {
            Ok(number) => number,
            Err(at) => {
                let known = ORDERS.get(usize::from(order));
                let readable = known.is_some_and(|order| order.key(text, scratch));
                if !readable {
                    scratch.clear();
                }
                let kept = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
                let number = texts.push(kept);
                keys.extend_from_slice(scratch);
                ends.push(keys.len());
                rows.push((order, readable));
                slots.put(at, tag, number);
                number
            }
        }
    }

    /// The same for a version whose key is known: `None` for what is no version of its order.
    pub(super) fn intern_known(&mut self, order: u8, text: &str, key: Option<&[u8]>) -> Version {
        let Self { texts, keys, ends, rows, slots, .. } = self;
        slots.grow();
        let tag = tag(hash(u64::from(order), text.as_bytes()));
        let same = |number: u32| {
            let of = rows.get(index(number)).map(|row| row.0);
            number != START && of == Some(order) && texts.get(number) == text
        };
        match slots.find(tag, same) {
            Ok(number) => number,
            Err(at) => {
                let number = texts.push(text);
                keys.extend_from_slice(key.unwrap_or_default());
                ends.push(keys.len());
                rows.push((order, key.is_some()));
                slots.put(at, tag, number);
                number
            }
        }
    }

    /// The place of a version's order.
    pub(super) fn order(&self, number: Version) -> u8 {
        self.rows.get(index(number)).map_or(NO_ORDER, |row| row.0)
    }

    pub(super) fn text(&self, number: Version) -> &str {
        self.texts.get(number)
    }

    /// The key; `None` where the text is no version of its order, or there is no order.
    pub(super) fn key(&self, number: Version) -> Option<&[u8]> {
        let readable = self.rows.get(index(number))?.1;
        readable.then(|| self.keys.get(self.ends.range(number)).unwrap_or_default())
    }

    pub(super) fn count(&self) -> usize {
        self.rows.len()
    }
}

pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
