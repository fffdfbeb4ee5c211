//! Takes a JSON document of any length apart into the items that a reader wants, while only one
//! of them is held.
//!
//! Knows brackets, strings and keys (RFC 8259); the items themselves are read by [`super::item`].
//! Paths are written as `runs[].results[]`.

use super::LONGEST_ITEM;
use super::cursor::At;
use super::say::Wrong;

/// What to do with the value at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// Look at its members; a value that has none is passed over.
    Into,
    /// Hand it over whole.
    Item,
    /// Pass over it.
    Skip,
}

/// What a document holds.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// A container that is looked into begins.
    Open(&'a str),
    /// It ends, or the document does.
    Close(&'a str),
    /// A whole value.
    Item(&'a str, Item<'a>),
    /// Something is written wrongly.
    Wrong(Wrong),
}

/// The bytes of a whole value and where they stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: At,
}

/// Keys longer than this are no keys of ours, in bytes.
const LONGEST_KEY: usize = 256;

/// Of so many keys of one object it is noticed when they come again.
const KEYS: usize = 64;

struct Frame {
    array: bool,
    /// How long the path of this container is.
    path: usize,
    keys: Vec<String>,
}

enum Mode {
    Value,
    /// A value, or the end of a list that has none yet.
    First,
    Key,
    InKey {
        escape: bool,
    },
    Colon,
    After,
    Raw(Raw),
    Over,
}

/// A value that is passed over or kept.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a state of its own that chunks must not lose"
)]
struct Raw {
    keep: bool,
    at: At,
    depth: usize,
    string: bool,
    escape: bool,
    /// A number or word, which ends before the next mark.
    bare: bool,
    too_long: bool,
}

/// The state of taking apart.
pub(crate) struct Splitter {
    select: fn(&str) -> Take,
    frames: Vec<Frame>,
    path: String,
    key: Vec<u8>,
    item: Vec<u8>,
    mode: Mode,
    at: At,
    head: Vec<u8>,
    begun: bool,
    lost: bool,
}

impl Splitter {
    pub(crate) fn new(select: fn(&str) -> Take) -> Self {
        Self {
            select,
            frames: Vec::new(),
            path: String::new(),
            key: Vec::new(),
            item: Vec::new(),
            mode: Mode::Value,
            at: At::START,
            head: Vec::new(),
            begun: false,
            lost: false,
        }
    }

    /// Takes the next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8], on: &mut dyn FnMut(Event<'_>)) {
        if self.begun {
            return self.run(bytes, on);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() >= 3 {
            self.begin(on);
        }
    }

    /// The document ends here: closes what is open.
    pub(crate) fn end(&mut self, on: &mut dyn FnMut(Event<'_>)) {
        if !self.begun {
            self.begin(on);
        }
        if let Mode::Raw(Raw { bare: true, .. }) = self.mode {
            self.finish_raw(on);
        }
        let whole = match self.mode {
            Mode::After | Mode::Over => self.frames.is_empty(),
            _ => false,
        };
        if !whole {
            let wrong =
                Wrong::loss("json-cut-off", self.at, "the report ends here, before it is complete");
            on(Event::Wrong(wrong.help("copy it again, or let the scanner write it again")));
        }
        while let Some(frame) = self.frames.pop() {
            self.path.truncate(frame.path);
            on(Event::Close(&self.path));
        }
        self.mode = Mode::Over;
    }

    fn begin(&mut self, on: &mut dyn FnMut(Event<'_>)) {
        self.begun = true;
        let head = std::mem::take(&mut self.head);
        if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
            let wrong = Wrong::loss("utf-16", self.at, "this report is written in UTF-16");
            on(Event::Wrong(wrong.help("save it as UTF-8")));
            self.mode = Mode::Over;
            return;
        }
        self.run(head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head), on);
    }

    fn run(&mut self, mut bytes: &[u8], on: &mut dyn FnMut(Event<'_>)) {
        while let Some(byte) = bytes.first().copied() {
            if matches!(self.mode, Mode::Over) {
                return;
            }
            let used = match self.mode {
                Mode::Raw(_) => self.raw(bytes, on),
                Mode::InKey { .. } => self.in_key(bytes),
                _ if byte.is_ascii_whitespace() => {
                    bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
                }
                _ => self.mark(byte, on),
            };
            let (before, after) = bytes.split_at(used.min(bytes.len()));
            self.at.advance(before);
            bytes = after;
        }
    }

    /// One byte between values; gives how many were used, which is none where a value begins.
    fn mark(&mut self, byte: u8, on: &mut dyn FnMut(Event<'_>)) -> usize {
        match (&self.mode, byte) {
            (Mode::First | Mode::After | Mode::Key | Mode::Value, b']' | b'}')
                if !self.frames.is_empty() =>
            {
                self.close(byte, on);
            }
            (Mode::Value | Mode::First, b',' | b':' | b']' | b'}') => self.stray(on),
            (Mode::Value | Mode::First, _) => return self.value(byte, on),
            (Mode::Key, b'"') => {
                self.key.clear();
                self.mode = Mode::InKey { escape: false };
            }
            (Mode::Colon, b':') => {
                self.note_key(on);
                self.mode = Mode::Value;
            }
            (Mode::After, b',') if !self.frames.is_empty() => {
                self.lost = false;
                let array = self.frames.last().is_some_and(|frame| frame.array);
                self.mode = if array { Mode::Value } else { Mode::Key };
            }
            (Mode::Colon, b',') => {
                self.stray(on);
                self.mode = Mode::Key;
            }
            _ => self.stray(on),
        }
        1
    }

    /// Says where a key stands a second time; both of its values are read.
    fn note_key(&mut self, on: &mut dyn FnMut(Event<'_>)) {
        let Some(frame) = self.frames.last_mut() else { return };
        let key = String::from_utf8_lossy(&self.key).into_owned();
        if frame.keys.contains(&key) {
            let message = format!("the key `{key}` stands here a second time; both were read");
            let wrong = Wrong::slip("json-duplicate-key", self.at, message);
            on(Event::Wrong(wrong.help("remove one of them")));
        } else if frame.keys.len() < KEYS {
            frame.keys.push(key);
        }
    }

    fn stray(&mut self, on: &mut dyn FnMut(Event<'_>)) {
        if !std::mem::replace(&mut self.lost, true) {
            let wrong = Wrong::loss("json-syntax", self.at, "this is not what JSON has here");
            on(Event::Wrong(wrong.help("let the scanner write this report again")));
        }
    }

    /// A value begins; its path is that of the container and the key.
    fn value(&mut self, byte: u8, on: &mut dyn FnMut(Event<'_>)) -> usize {
        if let Some(frame) = self.frames.last() {
            self.path.truncate(frame.path);
            if frame.array {
                self.path.push_str("[]");
            } else {
                if !self.path.is_empty() {
                    self.path.push('.');
                }
                // A key with one of our own marks in it cannot pass for a path.
                let own = |byte: &u8| matches!(byte, b'.' | b'[' | b']');
                match std::str::from_utf8(&self.key) {
                    Ok(key) if !self.key.iter().any(own) => self.path.push_str(key),
                    _ => self.path.push('?'),
                }
            }
        }
        self.lost = false;
        // The document itself is always looked into: only its members have paths to select.
        let take = if self.frames.is_empty() { Take::Into } else { (self.select)(&self.path) };
        let container = matches!(byte, b'{' | b'[');
        if take == Take::Into && container {
            let array = byte == b'[';
            self.frames.push(Frame { array, path: self.path.len(), keys: Vec::new() });
            self.mode = if array { Mode::First } else { Mode::Key };
            on(Event::Open(&self.path));
            return 1;
        }
        self.item.clear();
        self.mode = Mode::Raw(Raw {
            keep: take == Take::Item,
            at: self.at,
            depth: 0,
            string: false,
            escape: false,
            bare: !container && byte != b'"',
            too_long: false,
        });
        0
    }

    fn close(&mut self, byte: u8, on: &mut dyn FnMut(Event<'_>)) {
        if let Some(frame) = self.frames.pop() {
            if frame.array != (byte == b']') {
                self.stray(on);
            }
            self.path.truncate(frame.path);
            on(Event::Close(&self.path));
        }
        self.mode = if self.frames.is_empty() { Mode::Over } else { Mode::After };
    }

    fn in_key(&mut self, bytes: &[u8]) -> usize {
        let Mode::InKey { escape } = &mut self.mode else { return 1 };
        for (used, byte) in bytes.iter().enumerate() {
            if std::mem::take(escape) {
                self.key.push(b'.');
            } else if *byte == b'\\' {
                *escape = true;
            } else if *byte == b'"' {
                self.mode = Mode::Colon;
                return used + 1;
            } else if self.key.len() < LONGEST_KEY {
                self.key.push(*byte);
            }
        }
        bytes.len()
    }
}

impl Splitter {
    /// Bytes of a value that is passed over or kept.
    fn raw(&mut self, bytes: &[u8], on: &mut dyn FnMut(Event<'_>)) -> usize {
        let Mode::Raw(raw) = &mut self.mode else { return 1 };
        let (used, over) = raw.scan(bytes);
        if raw.keep && !raw.too_long {
            if self.item.len() + used > LONGEST_ITEM {
                raw.too_long = true;
                self.item = Vec::new();
            } else {
                self.item.extend_from_slice(bytes.get(..used).unwrap_or_default());
            }
        }
        if over {
            self.finish_raw(on);
        }
        used
    }

    fn finish_raw(&mut self, on: &mut dyn FnMut(Event<'_>)) {
        let Mode::Raw(raw) = std::mem::replace(&mut self.mode, Mode::After) else { return };
        if raw.too_long {
            let message =
                format!("this item is longer than {} MiB and was left out", LONGEST_ITEM >> 20);
            let wrong = Wrong::loss("report-item-too-large", raw.at, message);
            on(Event::Wrong(wrong.help("let the scanner leave out raw output")));
        } else if raw.keep {
            on(Event::Item(&self.path, Item { bytes: &self.item, at: raw.at }));
        }
    }
}

impl Raw {
    /// How many bytes belong to the value, and whether it is over.
    fn scan(&mut self, bytes: &[u8]) -> (usize, bool) {
        if self.bare {
            let ends = |byte: &u8| {
                matches!(byte, b',' | b']' | b'}' | b':' | b'"') || byte.is_ascii_whitespace()
            };
            let end = bytes.iter().position(ends);
            return (end.unwrap_or(bytes.len()), end.is_some());
        }
        let mut used = 0;
        while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
            if self.escape {
                self.escape = false;
                used += 1;
            } else if self.string {
                let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
                    return (bytes.len(), false);
                };
                used += found + 1;
                if rest.get(found) == Some(&b'\\') {
                    self.escape = true;
                } else {
                    self.string = false;
                    if self.depth == 0 {
                        return (used, true);
                    }
                }
            } else {
                let mark = |byte: &u8| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']');
                let Some(found) = rest.iter().position(mark) else {
                    return (bytes.len(), false);
                };
                used += found + 1;
                match rest.get(found) {
                    Some(b'"') => self.string = true,
                    Some(b'{' | b'[') => self.depth += 1,
                    _ => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return (used, true);
                        }
                    }
                }
            }
        }
        (bytes.len(), false)
    }
}
