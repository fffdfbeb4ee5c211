//! The lines that cargo writes into `Cargo.lock`, read without a tree.
//!
//! Knows the notation; must not know what the packages mean to one another.

use std::borrow::Cow;
use std::ops::Range;

use holdfast_model::Span;
use toml::Spanned;

use crate::text::report::MAX_PROBLEMS;
use crate::text::toml::{self as places, Table, Value};
use crate::text::{Document, Mistake, Report, number};

/// A text of the file and where it stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Word<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) start: usize,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Word<'_> {
    pub(super) fn span(&self) -> Span {
        Span { start: self.start, end: self.start + self.text.len() }
    }
}

/// One `[[package]]`; `needs` is a range of [`Lock::needs`].
#[derive(Debug)]
pub(super) struct Package<'a> {
    pub(super) header: Span,
    pub(super) name: Option<Word<'a>>,
    pub(super) version: Option<Word<'a>>,
    pub(super) source: Option<Word<'a>>,
    /// Whether a checksum stands with it.
    pub(super) checksum: bool,
    pub(super) needs: Range<usize>,
}

/// What a lockfile says.
#[derive(Debug, Default)]
pub(super) struct Lock<'a> {
    /// The format version as written, and where.
    pub(super) version: Option<(String, Span)>,
    pub(super) packages: Vec<Package<'a>>,
    /// The entries of all `dependencies`.
    pub(super) needs: Vec<Word<'a>>,
}

/// Reads a lockfile: its own lines first, then as TOML, and a broken one line by line.
pub(super) fn read<'a>(document: &'a Document<'_>, report: &mut Report<'_>) -> Lock<'a> {
    let text = document.text();
    let (lock, odd) = lines(text);
    if odd.is_empty() {
        return lock;
    }
    let (table, mistakes) = places::parse(text);
    if mistakes.is_empty() {
        return tree(document, &table, report);
    }
    for span in odd.iter().take(MAX_PROBLEMS + 1) {
        let meant: String = span.of(text).unwrap_or_default().trim().chars().take(80).collect();
        let message = format!("cargo writes no such line: `{meant}`");
        report.mistake(
            document,
            &Mistake::loss("lock-line-unknown", *span, message)
                .help("restore the file from version control, or let `cargo` write it again"),
        );
    }
    lock
}

/// Where the lines of a lockfile belong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Top,
    Package,
    /// Checksums and unused patches.
    Other,
}

struct LineReader<'a> {
    lock: Lock<'a>,
    odd: Vec<Span>,
    section: Section,
    in_list: bool,
    /// Offset and number of the line at hand.
    start: usize,
    line: u32,
}

fn lines(text: &str) -> (Lock<'_>, Vec<Span>) {
    let mut reader = LineReader {
        // Cargo writes about 300 bytes a package and 60 a dependency; room that nobody takes costs
        // nothing, and what grows is copied.
        lock: Lock {
            version: None,
            packages: Vec::with_capacity(text.len() / 150),
            needs: Vec::with_capacity(text.len() / 30),
        },
        odd: Vec::new(),
        section: Section::Top,
        in_list: false,
        start: 0,
        line: 0,
    };
    // Lines are short: a plain loop over their bytes beats a search that has to warm up.
    let bytes = text.as_bytes();
    while let Some(rest) = bytes.get(reader.start..).filter(|rest| !rest.is_empty()) {
        reader.line = reader.line.saturating_add(1);
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let body = text.get(reader.start..reader.start + length).unwrap_or_default();
        let body = body.strip_suffix('\r').unwrap_or(body);
        if reader.take(body).is_none() {
            reader.odd.push(Span { start: reader.start, end: reader.start + body.len() });
        }
        reader.start += length + 1;
    }
    if reader.in_list {
        let end = text.trim_end().len();
        reader.odd.push(Span { start: text.floor_char_boundary(end.saturating_sub(1)), end });
    }
    (reader.lock, reader.odd)
}

impl<'a> LineReader<'a> {
    /// `None` for a line of another shape than cargo writes.
    fn take(&mut self, body: &'a str) -> Option<()> {
        match body.as_bytes().first() {
            None | Some(b'#') => Some(()),
            Some(b'[') => {
                let cut = std::mem::take(&mut self.in_list);
                self.header(body)?;
                // A list that the header of the next package cuts off.
                (!cut).then_some(())
            }
            Some(b' ') if self.in_list => {
                let entry = body.trim_start();
                let quoted = entry.strip_suffix(',').unwrap_or(entry);
                let word = self.word(body, quoted)?;
                self.need(word);
                Some(())
            }
            Some(b']') if self.in_list => {
                self.in_list = false;
                (body == "]").then_some(())
            }
            Some(_) if self.in_list => None,
            Some(_) if self.section == Section::Other => Some(()),
            Some(_) => self.pair(body),
        }
    }

    fn header(&mut self, body: &str) -> Option<()> {
        self.section = match body {
            "[[package]]" | "[root]" => {
                let needs = self.lock.needs.len();
                self.lock.packages.push(Package {
                    header: Span { start: self.start, end: self.start + body.len() },
                    name: None,
                    version: None,
                    source: None,
                    checksum: false,
                    needs: needs..needs,
                });
                Section::Package
            }
            "[metadata]" | "[[patch.unused]]" => Section::Other,
            _ => {
                self.section = Section::Other;
                return None;
            }
        };
        Some(())
    }

    fn pair(&mut self, body: &'a str) -> Option<()> {
        let blank = body.bytes().position(|byte| byte == b' ')?;
        let (key, value) = (body.get(..blank)?, body.get(blank..)?.strip_prefix(" = ")?);
        if self.section == Section::Top {
            if key != "version" || self.lock.version.is_some() {
                return None;
            }
            let start = self.start + (body.len() - value.len());
            let span = Span { start, end: start + value.len() };
            value.parse::<u32>().ok()?;
            self.lock.version = Some((value.to_owned(), span));
            return Some(());
        }
        if key == "dependencies" {
            return self.list(body, value);
        }
        if matches!(key, "checksum" | "replace") {
            // Not looked at, so that only its quotes matter.
            let sound = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
            if let Some(package) = self.lock.packages.last_mut() {
                package.checksum |= key == "checksum" && value.len() > 2;
            }
            return sound.then_some(());
        }
        let word = self.word(body, value)?;
        let package = self.lock.packages.last_mut()?;
        let slot = match key {
            "name" => &mut package.name,
            "version" => &mut package.version,
            "source" => &mut package.source,
            _ => return None,
        };
        if slot.is_some() {
            return None;
        }
        *slot = Some(word);
        Some(())
    }

    /// `dependencies = [`, and the short form on one line.
    fn list(&mut self, body: &'a str, value: &'a str) -> Option<()> {
        let inner = value.strip_prefix('[')?;
        if inner.is_empty() {
            self.in_list = true;
            return Some(());
        }
        let inner = inner.strip_suffix(']')?.trim();
        for entry in inner.split_terminator(',') {
            let word = self.word(body, entry.trim())?;
            self.need(word);
        }
        Some(())
    }

    fn need(&mut self, word: Word<'a>) {
        self.lock.needs.push(word);
        let end = self.lock.needs.len();
        if let Some(package) = self.lock.packages.last_mut() {
            package.needs.end = end;
        }
    }

    /// A string without escapes that is a part of the line.
    fn word(&self, body: &'a str, quoted: &'a str) -> Option<Word<'a>> {
        let text = quoted.strip_prefix('"')?.strip_suffix('"')?;
        // Without an early end the compiler looks at many bytes at once.
        let odd = |byte: u8| matches!(byte, b'"' | b'\\' | 0..b' ');
        if text.bytes().fold(false, |seen, byte| seen | odd(byte)) {
            return None;
        }
        // Both are parts of one string, so the distance of their ends of memory is the offset.
        let inside = (quoted.as_ptr() as usize).checked_sub(body.as_ptr() as usize)? + 1;
        let before = body.get(..inside)?;
        let before = if before.is_ascii() { inside } else { before.chars().count() };
        Some(Word {
            text: Cow::Borrowed(text),
            start: self.start + inside,
            line: self.line,
            column: number(before + 1),
        })
    }
}

/// The same from a TOML tree, for files that people or other tools have written.
fn tree<'a>(document: &Document<'_>, table: &Table<'_>, report: &mut Report<'_>) -> Lock<'a> {
    let mut lock = Lock::default();
    if let Some(version) = places::get(table, "version") {
        let span = version.span();
        let span = Span { start: span.start, end: span.end };
        let written = span.of(document.text()).unwrap_or_default();
        lock.version = Some((written.to_owned(), span));
    }
    let root = places::get(table, "root").into_iter();
    let packages = match places::get(table, "package") {
        None => Vec::new(),
        Some(list) => match list.get_ref() {
            Value::Array(list) => list.iter().collect(),
            other => {
                wrong(
                    document,
                    report,
                    list.span(),
                    "package",
                    other.type_str(),
                    "a list of tables",
                );
                Vec::new()
            }
        },
    };
    for package in root.chain(packages) {
        let Value::Table(members) = package.get_ref() else {
            let other = package.get_ref().type_str();
            wrong(document, report, package.span(), "package", other, "a table");
            continue;
        };
        let span = package.span();
        let start = lock.needs.len();
        let word = |key: &str, report: &mut Report<'_>| {
            let value = places::get(members, key)?;
            let word = tree_word(document, value);
            if word.is_none() {
                let other = value.get_ref().type_str();
                wrong(document, report, value.span(), key, other, "a string");
            }
            word
        };
        let (name, version, source) =
            (word("name", report), word("version", report), word("source", report));
        if let Some(Value::Array(list)) = places::get(members, "dependencies").map(Spanned::get_ref)
        {
            for entry in list {
                match tree_word(document, entry) {
                    Some(word) => lock.needs.push(word),
                    None => wrong(
                        document,
                        report,
                        entry.span(),
                        "dependencies",
                        entry.get_ref().type_str(),
                        "strings",
                    ),
                }
            }
        }
        let needs = start..lock.needs.len();
        let header = Span { start: span.start, end: span.end };
        let checksum = places::get(members, "checksum")
            .is_some_and(|sum| sum.get_ref().as_str().is_some_and(|sum| !sum.is_empty()));
        lock.packages.push(Package { header, name, version, source, checksum, needs });
    }
    lock
}

fn tree_word<'a>(document: &Document<'_>, value: &Spanned<Value<'_>>) -> Option<Word<'a>> {
    let (text, span) = places::string(document.text(), value)?;
    let place = document.place(span.start);
    Some(Word {
        text: Cow::Owned(text.to_owned()),
        start: span.start,
        line: place.line,
        column: place.column,
    })
}

fn wrong(
    document: &Document<'_>,
    report: &mut Report<'_>,
    span: Range<usize>,
    key: &str,
    found: &str,
    wanted: &str,
) {
    let span = Span { start: span.start, end: span.end };
    let message = format!("`{key}` is of type {found} here, where cargo writes {wanted}");
    report.mistake(
        document,
        &Mistake::loss("wrong-type", span, message)
            .help("restore the file from version control, or let `cargo` write it again"),
    );
}
