//! What a Go program says of its build (Go's `debug/buildinfo` and `runtime/debug.ParseBuildInfo`).
//!
//! Knows both forms of the block, with the texts behind it (Go 1.18) and with their addresses
//! (before), and the lines of modules; knows nothing of where the block is found.

use super::elf::{Elf, Seen, Stop, View};
use crate::bytes::{Order, part};

const MAGIC: &[u8] = b"\xFF Go buildinf:";
/// The size of the block's head, and what it is aligned to, in bytes.
const HEAD: usize = 32;
const ALIGNED: usize = 16;
/// How far into the data of a program the block may stand that has no section of its own.
const SEARCHED: u64 = 64 << 10;
/// The longest text, in bytes.
const LONGEST: u64 = 16 << 20;
/// What stands before and behind the lines of modules, in bytes.
const GUARD: usize = 16;

/// Which compiler, and which modules.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BuildInfo {
    /// `go1.21.5`.
    pub(super) version: String,
    /// The lines of modules; empty where the program was built by something else than `go build`.
    pub(super) modules: String,
}

const BROKEN: Stop = Stop::Broken("what it says of its modules is damaged");

/// Finds what a program says of its build; `None` where it was not made by Go.
pub(super) fn build_info(elf: &Elf, view: &View<'_>) -> Seen<Option<BuildInfo>> {
    let area = if let Some(section) = elf.section(view, ".go.buildinfo")? {
        Some((section.offset, section.size))
    } else {
        let data = elf.segments(view)?.into_iter().find(|segment| segment.writable);
        data.map(|data| (data.offset, data.size.min(SEARCHED)))
    };
    let Some((offset, size)) = area else { return Ok(None) };
    let size = usize::try_from(size).ok().filter(|size| *size as u64 <= LONGEST).ok_or(BROKEN)?;
    let area = view.part(offset, size)?;
    let mut blocks = memchr::memmem::find_iter(area, MAGIC).filter(|at| at % ALIGNED == 0);
    let Some(at) = blocks.next() else { return Ok(None) };
    let Some(head) = part(area, at, HEAD) else { return Err(BROKEN) };
    let (pointer, flags) = (head.get(14).copied(), head.get(15).copied());
    let (Some(pointer), Some(flags)) = (pointer, flags) else { return Err(BROKEN) };
    let start = offset + (at + HEAD) as u64;
    let (version, modules) = if flags & 2 != 0 {
        let (version, next) = inline(view, area, start, at + HEAD)?;
        let (modules, _) = inline(view, area, start + next as u64, at + HEAD + next)?;
        (version, modules)
    } else {
        let order = if flags & 1 == 0 { Order::Little } else { Order::Big };
        let wide = match pointer {
            4 => false,
            8 => true,
            _ => return Err(BROKEN),
        };
        let memory = Memory { view, segments: elf.segments(view)?, order, wide };
        let width = usize::from(pointer);
        (memory.text(head, ALIGNED)?, memory.text(head, ALIGNED + width)?)
    };
    Ok(Some(BuildInfo {
        version: String::from_utf8(version).map_err(|_| BROKEN)?,
        modules: String::from_utf8(unguarded(&modules).to_vec()).map_err(|_| BROKEN)?,
    }))
}

/// A text behind its length, which stands at `at` of `area` and at `offset` of the file; and how
/// many bytes both take together.
fn inline(view: &View<'_>, area: &[u8], offset: u64, at: usize) -> Seen<(Vec<u8>, usize)> {
    let lengths = match area.get(at..) {
        Some(rest) if rest.len() >= 10 => rest.get(..10).unwrap_or(rest),
        // The section says its own size too small where it was written by an old linker.
        rest => rest.unwrap_or_default(),
    };
    let (length, used) = varint(lengths).ok_or(BROKEN)?;
    if length > LONGEST {
        return Err(BROKEN);
    }
    let length = usize::try_from(length).map_err(|_| BROKEN)?;
    let text = match part(area, at + used, length) {
        Some(text) => text,
        None => view.part(offset + used as u64, length)?,
    };
    Ok((text.to_vec(), used + length))
}

/// A number in groups of seven bits, the lowest first.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut out = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        out |= u64::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((out, at + 1));
        }
    }
    None
}

/// The lines between the guards; nothing where there are none.
fn unguarded(text: &[u8]) -> &[u8] {
    let end = text.len().saturating_sub(GUARD);
    match text.get(GUARD..end) {
        Some(lines) if lines.ends_with(b"\n") => lines,
        _ => &[],
    }
}

/// The memory of the program as the file fills it.
struct Memory<'v, 's> {
    view: &'v View<'s>,
    segments: Vec<super::elf::Segment>,
    order: Order,
    wide: bool,
}

impl Memory<'_, '_> {
    fn at(&self, address: u64, length: usize) -> Seen<&[u8]> {
        let segment = self.segments.iter().find(|segment| {
            address
                .checked_sub(segment.address)
                .is_some_and(|into| into.saturating_add(length as u64) <= segment.size)
        });
        let segment = segment.ok_or(BROKEN)?;
        self.view.part(segment.offset.saturating_add(address - segment.address), length)
    }

    fn number(&self, bytes: &[u8], at: usize) -> Seen<u64> {
        let number = if self.wide {
            self.order.u64(bytes, at)
        } else {
            self.order.u32(bytes, at).map(u64::from)
        };
        number.ok_or(BROKEN)
    }

    /// The text of a Go string whose address stands at `at` of `head`.
    fn text(&self, head: &[u8], at: usize) -> Seen<Vec<u8>> {
        let width = if self.wide { 8 } else { 4 };
        let string = self.number(head, at)?;
        if string == 0 {
            return Ok(Vec::new());
        }
        let string = self.at(string, 2 * width)?;
        let (address, length) = (self.number(string, 0)?, self.number(string, width)?);
        if length > LONGEST {
            return Err(BROKEN);
        }
        let length = usize::try_from(length).map_err(|_| BROKEN)?;
        if length == 0 { Ok(Vec::new()) } else { Ok(self.at(address, length)?.to_vec()) }
    }
}

/// A module that is built in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Module<'t> {
    pub(super) path: &'t str,
    pub(super) version: &'t str,
    /// Whether the program itself is part of it.
    pub(super) main: bool,
}

/// The package that a program was built from. Go's own programs (`cmd/go`) are released with the
/// compiler, and have none that needs to be told.
pub(super) fn package(lines: &str) -> Option<&str> {
    let path = lines.lines().find_map(|line| line.strip_prefix("path\t"))?;
    (!path.is_empty() && !path.starts_with("cmd/")).then_some(path)
}

/// The modules of a program, each as it was replaced.
pub(super) fn modules(lines: &str) -> Vec<Module<'_>> {
    let mut out: Vec<Module<'_>> = Vec::new();
    for line in lines.lines() {
        let mut words = line.split('\t');
        let kind = words.next().unwrap_or_default();
        let (path, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match kind {
            "mod" | "dep" if !path.is_empty() => {
                out.push(Module { path, version, main: kind == "mod" });
            }
            "=>" if !path.is_empty() => {
                if let Some(replaced) = out.last_mut() {
                    (replaced.path, replaced.version) = (path, version);
                }
            }
            _ => {}
        }
    }
    out
}
