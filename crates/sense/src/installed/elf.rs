//! As much of an ELF file as it takes to find a section or what is loaded at an address
//! (System V ABI, chapters "ELF Header", "Sections" and "Program Header").
//!
//! Knows the tables; knows nothing of what a section means. The file is seen through a view that
//! may not have all of it yet: what is lacking is said and asked for.

use crate::bytes::{Order, text_at};
use crate::{Answer, Need, Sources};

/// Why an answer lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// This part of the file, offset and length in bytes, is not here yet.
    Lacks(u64, usize),
    /// The file says something that cannot be.
    Broken(&'static str),
}

pub(super) type Seen<T> = Result<T, Stop>;

/// The largest table that is read, in bytes.
const LARGEST_TABLE: usize = 4 << 20;

/// A file, of which the beginning is there, and parts that were asked for.
pub(super) struct View<'s> {
    sources: &'s Sources<'s>,
}

impl<'s> View<'s> {
    pub(super) fn new(sources: &'s Sources<'s>) -> Self {
        Self { sources }
    }

    /// The need for a part.
    pub(super) fn need(&self, offset: u64, length: usize) -> Need {
        Need::Part { path: std::sync::Arc::clone(self.sources.path()), offset, length }
    }

    /// A part of the file.
    pub(super) fn part(&self, offset: u64, length: usize) -> Seen<&'s [u8]> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start.saturating_add(length);
        if let Some(part) = self.sources.bytes().get(start..end) {
            return Ok(part);
        }
        match self.sources.answer(&self.need(offset, length)) {
            Some(Answer::Bytes(bytes)) if bytes.len() == length => Ok(bytes),
            Some(_) => Err(Stop::Broken("it is cut off")),
            None => Err(Stop::Lacks(offset, length)),
        }
    }
}

/// An ELF file.
pub(super) struct Elf {
    pub(super) order: Order,
    pub(super) wide: bool,
    sections: Table,
    names: u16,
    programs: Table,
}

/// Where a table stands.
#[derive(Clone, Copy)]
struct Table {
    offset: u64,
    size: usize,
    count: usize,
}

/// A part of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) offset: u64,
    pub(super) size: u64,
}

/// Something that is loaded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) address: u64,
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) writable: bool,
}

const LOAD: u32 = 1;
const WRITABLE: u32 = 2;
/// A section that takes no room in the file.
const NO_BITS: u32 = 8;

impl Elf {
    /// Whether a file begins as ELF does.
    pub(super) fn is(head: &[u8]) -> bool {
        head.starts_with(b"\x7FELF")
    }

    pub(super) fn open(view: &View<'_>) -> Seen<Self> {
        let broken = Stop::Broken("its header is damaged");
        let ident = view.part(0, 16)?;
        let wide = match ident.get(4) {
            Some(1) => false,
            Some(2) => true,
            _ => return Err(broken),
        };
        let order = match ident.get(5) {
            Some(1) => Order::Little,
            Some(2) => Order::Big,
            _ => return Err(broken),
        };
        let head = view.part(0, if wide { 64 } else { 52 })?;
        let half = |at: usize| order.u16(head, at).map(usize::from).ok_or(broken);
        let long = |narrow: usize, at: usize| {
            if wide { order.u64(head, at) } else { order.u32(head, narrow).map(u64::from) }
        };
        let at = if wide { 54 } else { 42 };
        Ok(Self {
            order,
            wide,
            programs: Table {
                offset: long(28, 32).ok_or(broken)?,
                size: half(at)?,
                count: half(at + 2)?,
            },
            sections: Table {
                offset: long(32, 40).ok_or(broken)?,
                size: half(at + 4)?,
                count: half(at + 6)?,
            },
            names: order.u16(head, at + 8).ok_or(broken)?,
        })
    }

    fn table<'s>(view: &View<'s>, table: Table, least: usize) -> Seen<&'s [u8]> {
        let length = table.size.saturating_mul(table.count);
        if table.count == 0 {
            return Ok(&[]);
        }
        if table.size < least || length > LARGEST_TABLE {
            return Err(Stop::Broken("one of its tables is damaged"));
        }
        view.part(table.offset, length)
    }

    /// The section of a name that has content.
    pub(super) fn section(&self, view: &View<'_>, name: &str) -> Seen<Option<Section>> {
        let least = if self.wide { 64 } else { 40 };
        let table = Self::table(view, self.sections, least)?;
        if table.is_empty() {
            return Ok(None);
        }
        let broken = Stop::Broken("its table of sections is damaged");
        let mut entries = table.chunks_exact(self.sections.size);
        let names = entries.clone().nth(usize::from(self.names)).ok_or(broken)?;
        let names = self.extent(names).ok_or(broken)?;
        let length = usize::try_from(names.size).unwrap_or(usize::MAX);
        if length > LARGEST_TABLE {
            return Err(broken);
        }
        let names = view.part(names.offset, length)?;
        let is = |entry: &&[u8]| {
            self.order.u32(entry, 4) != Some(NO_BITS)
                && self.order.size(entry, 0).and_then(|at| text_at(names, at, 256)) == Some(name)
        };
        entries.find(is).map(|entry| self.extent(entry).ok_or(broken)).transpose()
    }

    fn extent(&self, entry: &[u8]) -> Option<Section> {
        let order = self.order;
        Some(if self.wide {
            Section { offset: order.u64(entry, 24)?, size: order.u64(entry, 32)? }
        } else {
            let long = |at| order.u32(entry, at).map(u64::from);
            Section { offset: long(16)?, size: long(20)? }
        })
    }

    /// What is loaded, with its addresses.
    pub(super) fn segments(&self, view: &View<'_>) -> Seen<Vec<Segment>> {
        let order = self.order;
        let least = if self.wide { 56 } else { 32 };
        let table = Self::table(view, self.programs, least)?;
        if table.is_empty() {
            return Ok(Vec::new());
        }
        let read = |entry: &[u8]| {
            if order.u32(entry, 0)? != LOAD {
                return None;
            }
            Some(if self.wide {
                Segment {
                    address: order.u64(entry, 16)?,
                    offset: order.u64(entry, 8)?,
                    size: order.u64(entry, 32)?,
                    writable: order.u32(entry, 4)? & WRITABLE != 0,
                }
            } else {
                let long = |at| order.u32(entry, at).map(u64::from);
                Segment {
                    address: long(8)?,
                    offset: long(4)?,
                    size: long(16)?,
                    writable: order.u32(entry, 24)? & WRITABLE != 0,
                }
            })
        };
        Ok(table.chunks_exact(self.programs.size).filter_map(read).collect())
    }
}
