//! tar archives, read as they come (POSIX pax, IEEE 1003.1 `pax`, "ustar Interchange Format" and
//! "pax Header Block"; GNU tar's manual, "Basic Tar Format", for long names and large sizes).
//!
//! Knows blocks and headers; knows nothing of layers or of where bytes come from. What stands
//! before a damaged header was handed over; behind one nothing can be found again.

use std::mem;

/// The size of a block in bytes.
const BLOCK: usize = 512;
/// The longest extended header or long name that is read, in bytes.
const LONGEST: u64 = 1 << 20;
/// The longest path, in bytes: PATH_MAX of limits.h.
const LONGEST_PATH: usize = 4096;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// Another name of a file of the archive.
    HardLink,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// A device, a pipe, a file with holes, or something that no standard names.
    Other,
}

/// What stands before the content of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path as it is written.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Permissions.
    pub mode: u32,
    /// Bytes of content.
    pub size: u64,
    /// Where a link leads, as it is written.
    pub link: String,
}

/// Is told what an archive holds.
pub trait Visitor {
    /// An entry begins.
    fn entry(&mut self, entry: &Entry);
    /// A piece of its content.
    fn data(&mut self, bytes: &[u8]);
    /// Its content was whole.
    fn end(&mut self);
}

/// What is expected next.
#[derive(Debug)]
enum State {
    /// A header, of which so many bytes are there.
    Header(Vec<u8>),
    /// Content: how much of it is left, how much padding follows, and what it is.
    Body { left: u64, padding: u64, role: Role },
    /// The padding behind content.
    Padding(u64),
    /// Nothing that counts.
    Over,
}

/// What the content of an entry means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Content,
    LongName,
    LongLink,
    Extended,
    Passed,
}

/// What extended headers say of the entry that follows.
#[derive(Debug, Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

/// An archive that is read as it comes.
#[derive(Debug)]
pub struct Tar {
    state: State,
    extended: Extended,
    collected: Vec<u8>,
    zeros: bool,
    any: bool,
    faults: Vec<String>,
}

impl Default for Tar {
    fn default() -> Self {
        Self {
            state: State::Header(Vec::new()),
            extended: Extended::default(),
            collected: Vec::new(),
            zeros: false,
            any: false,
            faults: Vec::new(),
        }
    }
}

impl Tar {
    /// Reads on.
    pub fn push(&mut self, mut bytes: &[u8], visitor: &mut dyn Visitor) {
        while !bytes.is_empty() {
            match &mut self.state {
                State::Over => return,
                State::Header(block) => {
                    let (head, rest) = split(bytes, BLOCK - block.len());
                    block.extend_from_slice(head);
                    bytes = rest;
                    if block.len() == BLOCK {
                        let block = mem::take(block);
                        self.header(&block, visitor);
                    }
                }
                State::Body { left, role, .. } => {
                    let most = usize::try_from(*left).unwrap_or(usize::MAX);
                    let (head, rest) = split(bytes, most);
                    *left -= head.len() as u64;
                    let role = *role;
                    bytes = rest;
                    match role {
                        Role::Content => visitor.data(head),
                        Role::Passed => {}
                        Role::LongName | Role::LongLink | Role::Extended => {
                            self.collected.extend_from_slice(head);
                        }
                    }
                    self.body_ends(visitor);
                }
                State::Padding(left) => {
                    let most = usize::try_from(*left).unwrap_or(usize::MAX);
                    let (head, rest) = split(bytes, most);
                    *left -= head.len() as u64;
                    bytes = rest;
                    if *left == 0 {
                        self.state = State::Header(Vec::new());
                    }
                }
            }
        }
    }

    /// Ends the archive and says in words what could not be read.
    pub fn finish(mut self) -> Vec<String> {
        let whole = match &self.state {
            State::Over | State::Padding(_) => true,
            // Some writers leave the end mark out.
            State::Header(block) => block.is_empty() && self.any,
            State::Body { .. } => false,
        };
        if !whole {
            self.faults.push("it is cut off".to_owned());
        }
        self.faults
    }

    /// Whether at least one entry was read.
    pub fn any(&self) -> bool {
        self.any
    }

    /// Goes on behind content that is whole.
    fn body_ends(&mut self, visitor: &mut dyn Visitor) {
        let State::Body { left: 0, padding, role } = self.state else { return };
        self.state = if padding == 0 { State::Header(Vec::new()) } else { State::Padding(padding) };
        let collected = mem::take(&mut self.collected);
        match role {
            Role::Content => visitor.end(),
            Role::LongName => self.extended.path = Some(until_zero(&collected).to_vec()),
            Role::LongLink => self.extended.link = Some(until_zero(&collected).to_vec()),
            Role::Extended => self.records(&collected),
            Role::Passed => {}
        }
    }

    /// The records `length key=value\n` of a pax header.
    fn records(&mut self, mut rest: &[u8]) {
        while !rest.is_empty() {
            let record = record(rest);
            let Some((key, value, behind)) = record else {
                return self.faults.push("an extended header of it is damaged".to_owned());
            };
            match key {
                b"path" => self.extended.path = Some(value.to_vec()),
                b"linkpath" => self.extended.link = Some(value.to_vec()),
                b"size" => self.extended.size = number(value),
                _ => {}
            }
            rest = behind;
        }
    }

    fn header(&mut self, block: &[u8], visitor: &mut dyn Visitor) {
        if block.iter().all(|byte| *byte == 0) {
            // Two blocks of zeros are the end.
            self.state = if self.zeros { State::Over } else { State::Header(Vec::new()) };
            self.zeros = true;
            return;
        }
        self.zeros = false;
        let Some(header) = Header::read(block) else {
            self.faults.push(if self.any {
                "a header of it is damaged, and what follows cannot be found".to_owned()
            } else {
                "it is no tar archive".to_owned()
            });
            self.state = State::Over;
            return;
        };
        self.any = true;
        let role = match header.flag {
            b'L' => Role::LongName,
            b'K' => Role::LongLink,
            b'x' => Role::Extended,
            b'g' => Role::Passed,
            _ => return self.begin(&header, visitor),
        };
        if header.size > LONGEST {
            self.faults.push("an extended header of it is too long".to_owned());
            self.state = State::Over;
            return;
        }
        self.enter(header.size, role, visitor);
    }

    /// Begins an entry of the archive.
    fn begin(&mut self, header: &Header<'_>, visitor: &mut dyn Visitor) {
        let extended = mem::take(&mut self.extended);
        let path = extended.path.unwrap_or_else(|| header.path());
        let link = extended.link.unwrap_or_else(|| until_zero(header.link).to_vec());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        let short = |text: &String| text.len() <= LONGEST_PATH;
        let kind = match header.flag {
            b'0' | 0 | b'7' if path.ends_with(b"/") => EntryKind::Folder,
            b'0' | 0 | b'7' => EntryKind::File,
            b'1' => EntryKind::HardLink,
            b'2' => EntryKind::Link,
            b'5' => EntryKind::Folder,
            _ => EntryKind::Other,
        };
        // What has no content by its kind has none, whatever its size says.
        let size = match header.flag {
            b'1'..=b'6' => 0,
            _ => extended.size.unwrap_or(header.size),
        };
        let names = (text(path).filter(short), text(link).filter(short));
        let (Some(path), Some(link)) = names else {
            self.faults.push("a name in it is no UTF-8, or too long".to_owned());
            return self.enter(size, Role::Passed, visitor);
        };
        visitor.entry(&Entry { path, kind, mode: header.mode, size, link });
        self.enter(size, Role::Content, visitor);
    }

    fn enter(&mut self, size: u64, role: Role, visitor: &mut dyn Visitor) {
        let block = BLOCK as u64;
        self.state = State::Body { left: size, padding: (block - size % block) % block, role };
        self.body_ends(visitor);
    }
}

/// The fields of a header block.
struct Header<'b> {
    name: &'b [u8],
    prefix: &'b [u8],
    mode: u32,
    size: u64,
    flag: u8,
    link: &'b [u8],
}

impl<'b> Header<'b> {
    /// `None` where the checksum or a number is wrong.
    fn read(block: &'b [u8]) -> Option<Self> {
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        let field = block.get(148..156)?;
        let own: u32 = field.iter().map(|byte| u32::from(*byte)).sum();
        if number_in(field)? != u64::from(sum - own + 8 * u32::from(b' ')) {
            return None;
        }
        // GNU's own form keeps times where ustar keeps the prefix of a name.
        let prefix = match block.get(257..265)? {
            b"ustar\x0000" => block.get(345..500)?,
            _ => &[],
        };
        Some(Self {
            name: block.get(..100)?,
            prefix,
            mode: u32::try_from(number_in(block.get(100..108)?).unwrap_or_default()).ok()?,
            size: number_in(block.get(124..136)?)?,
            flag: *block.get(156)?,
            link: block.get(157..257)?,
        })
    }

    fn path(&self) -> Vec<u8> {
        match until_zero(self.prefix) {
            [] => until_zero(self.name).to_vec(),
            prefix => [prefix, b"/", until_zero(self.name)].concat(),
        }
    }
}

fn split(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(at).unwrap_or((bytes, &[]))
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or(bytes)
}

/// A number of a header: octal digits, or GNU's base 256 where the first bit is set.
fn number_in(field: &[u8]) -> Option<u64> {
    if let Some((first @ 0x80..=0xBF, rest)) = field.split_first() {
        let start = u64::from(first & 0x3F);
        return rest
            .iter()
            .try_fold(start, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)));
    }
    let text = std::str::from_utf8(until_zero(field)).ok()?.trim();
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

/// A number in decimal digits.
fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Key and value of the first record, and what follows it.
fn record(rest: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = memchr::memchr(b' ', rest)?;
    let length = usize::try_from(number(rest.get(..space)?)?).ok()?;
    let (record, behind) = rest.split_at_checked(length)?;
    let text = record.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', text)?;
    Some((text.get(..equals)?, text.get(equals + 1..)?, behind))
}

#[cfg(test)]
#[path = "tar_tests.rs"]
pub(crate) mod tests;
