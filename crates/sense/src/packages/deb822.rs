//! Paragraphs of `Name: value` lines (deb822(5)), borrowed from the bytes they stand in.
//!
//! Knows the syntax alone; knows nothing of packages, suites or what a field means. A caller
//! names the few fields it wants; everything else is passed over without an allocation, because
//! a list of packages has sixty million bytes and four fields of interest a paragraph.

use std::io::BufRead;
use std::sync::Arc;

use holdfast_model::{Place, Problem};

/// The value of one field: the rest of its own line, without blanks around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// The bytes; any encoding.
    pub bytes: &'a [u8],
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl<'a> Value<'a> {
    /// The value as text; `None` where it is not UTF-8.
    pub fn text(&self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes).ok()
    }

    /// The value as one word, as names and versions are; `None` where it is empty, not UTF-8, or
    /// has blanks or control characters within.
    pub fn word(&self) -> Option<&'a str> {
        let text = self.text()?;
        let odd = |c: char| c.is_whitespace() || c.is_control();
        (!text.is_empty() && !text.contains(odd)).then_some(text)
    }

    /// Where it stands.
    pub fn place(&self, path: &Arc<str>) -> Place {
        Place { path: Arc::clone(path), line: self.line, column: self.column }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It has bytes that no text has.
    NotText,
    /// It is neither a field nor the continuation of one.
    NotAField,
    /// A merge left it there.
    Conflict,
    /// A wanted field stands in the paragraph for the second time.
    Repeated(&'static str),
}

/// The first line of a paragraph that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble<'a> {
    /// What is wrong.
    pub fault: Fault,
    /// Its number, from 1.
    pub line: u32,
    /// The line without its end.
    pub text: &'a [u8],
}

impl Trouble<'_> {
    /// The same as a problem; `help` says how to come by a sound file.
    pub fn problem(&self, path: &Arc<str>, help: &str) -> Problem {
        let place = Place { path: Arc::clone(path), line: self.line, column: 1 };
        let (code, message) = match self.fault {
            Fault::NotText => ("deb822-not-text", "this line is not text".to_owned()),
            Fault::NotAField => {
                ("deb822-not-a-field", "expected a line of the form `Name: value`".to_owned())
            }
            Fault::Conflict => {
                ("merge-conflict", "this line is left over from an unfinished merge".to_owned())
            }
            Fault::Repeated(name) => {
                ("deb822-repeated-field", format!("`{name}` stands here for the second time"))
            }
        };
        let text = shown(self.text);
        let length = text.chars().count().min(400);
        Problem::at(code, place, message).help(help).excerpt(&text, length)
    }
}

/// Bytes as text that is safe on a terminal: broken UTF-8 and control characters are replaced.
pub fn shown(bytes: &[u8]) -> String {
    // Four bytes are the most that one character takes, and 400 characters are shown.
    let head = bytes.get(..1600).unwrap_or(bytes);
    let safe = |c: char| if c.is_control() && c != '\t' { '\u{fffd}' } else { c };
    String::from_utf8_lossy(head).chars().map(safe).take(400).collect()
}

/// One paragraph with the wanted fields.
#[derive(Debug, Clone)]
pub struct Paragraph<'a, const N: usize> {
    /// The values, in the order in which the fields were named.
    pub fields: [Option<Value<'a>>; N],
    /// The line it begins on, from 1.
    pub line: u32,
    /// The first line that could not be read. What stands in `fields` may then be used to name
    /// the paragraph, and for nothing else.
    pub trouble: Option<Trouble<'a>>,
    /// Whether a blank line follows; the last paragraph may lack one.
    pub closed: bool,
    /// The number of its last line where that has no end: the file stops in the middle of it.
    pub cut: Option<u32>,
    /// Whether its last line belongs to a wanted field, and to which.
    pub last_field: Option<&'static str>,
}

/// Walks over paragraphs. Field names are compared without regard to case; comments (`#`),
/// carriage returns before line ends and a byte order mark are passed over.
#[derive(Debug)]
pub struct Paragraphs<'a, const N: usize> {
    rest: &'a [u8],
    line: u32,
    wanted: [&'static str; N],
}

/// A line without its end.
#[derive(Clone, Copy)]
struct Line<'a> {
    text: &'a [u8],
    number: u32,
    ended: bool,
}

impl<'a, const N: usize> Paragraphs<'a, N> {
    /// Starts at the first byte, wanting these fields.
    pub fn new(bytes: &'a [u8], wanted: [&'static str; N]) -> Self {
        let rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        Self { rest, line: 0, wanted }
    }

    fn next_line(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut after = self.rest;
        // On a slice this finds the next line end with the machine's fastest search.
        let length = after.skip_until(b'\n').ok()?;
        let line = self.rest.get(..length)?;
        self.rest = after;
        self.line = self.line.saturating_add(1);
        let (text, ended) = match line.strip_suffix(b"\n") {
            Some(text) => (text, true),
            None => (line, false),
        };
        Some(Line { text: text.strip_suffix(b"\r").unwrap_or(text), number: self.line, ended })
    }
}

impl<'a, const N: usize> Iterator for Paragraphs<'a, N> {
    type Item = Paragraph<'a, N>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut paragraph: Option<Paragraph<'a, N>> = None;
        while let Some(line) = self.next_line() {
            match (line.text.first(), &mut paragraph) {
                // A comment belongs to nothing.
                (Some(b'#'), _) => {}
                (None | Some(b' ' | b'\t'), started) if is_blank(line.text) => {
                    if let Some(paragraph) = started {
                        paragraph.closed = true;
                        break;
                    }
                }
                (_, Some(paragraph)) => paragraph.add(line, &self.wanted),
                (_, started) => {
                    started.insert(Paragraph::at(line.number)).add(line, &self.wanted);
                }
            }
        }
        paragraph
    }
}

impl<'a, const N: usize> Paragraph<'a, N> {
    fn at(line: u32) -> Self {
        Self { fields: [None; N], line, trouble: None, closed: false, cut: None, last_field: None }
    }

    fn add(&mut self, line: Line<'a>, wanted: &[&'static str; N]) {
        self.cut = (!line.ended).then_some(line.number);
        if let Some(b' ' | b'\t') = line.text.first() {
            // The first line of a paragraph continues nothing.
            if self.line == line.number {
                self.fail(line, Fault::NotAField);
            }
            return;
        }
        self.last_field = None;
        let stop = |byte: &u8| *byte == b':' || !byte.is_ascii_graphic();
        let colon = line.text.iter().position(stop).unwrap_or(line.text.len());
        let (name, rest) = line.text.split_at_checked(colon).unwrap_or_default();
        let Some((b':', rest)) = rest.split_first() else {
            return self.fail(line, fault_of(line.text));
        };
        if name.is_empty() || name.starts_with(b"-") {
            return self.fail(line, fault_of(line.text));
        }
        let slots = wanted.iter().zip(&mut self.fields);
        let mut known = slots.filter(|(wanted, _)| wanted.as_bytes().eq_ignore_ascii_case(name));
        let Some((wanted, slot)) = known.next() else { return };
        self.last_field = Some(wanted);
        if slot.is_some() {
            return self.fail(line, Fault::Repeated(wanted));
        }
        let value = rest.trim_ascii_start();
        // The name is ASCII: up to here bytes are characters.
        let before = name.len() + 1 + (rest.len() - value.len());
        let column = u32::try_from(before).unwrap_or(u32::MAX).saturating_add(1);
        *slot = Some(Value { bytes: value.trim_ascii_end(), line: line.number, column });
    }

    fn fail(&mut self, line: Line<'a>, fault: Fault) {
        let trouble = Trouble { fault, line: line.number, text: line.text };
        self.trouble.get_or_insert(trouble);
    }
}

fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

fn fault_of(text: &[u8]) -> Fault {
    let control = |byte: &u8| byte.is_ascii_control() && *byte != b'\t';
    if text.iter().any(control) || std::str::from_utf8(text).is_err() {
        Fault::NotText
    } else if [&b"<<<<<<<"[..], b"|||||||", b"=======", b">>>>>>>"]
        .iter()
        .any(|m| text.starts_with(m))
    {
        Fault::Conflict
    } else {
        Fault::NotAField
    }
}

/// The text that an OpenPGP clear-signed message signs (RFC 9580, section 7), with its dashes
/// unescaped; bytes without such armour are given back as they are. Nothing is verified.
pub fn clear_text(bytes: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    const BEGIN: &[u8] = b"-----BEGIN PGP SIGNED MESSAGE-----";
    const SIGNATURE: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    if !bytes.starts_with(BEGIN) {
        return bytes.into();
    }
    // The armour's own headers end with a blank line.
    while lines.next().is_some_and(|line| !line.trim_ascii().is_empty()) {}
    let signed = lines.take_while(|line| !line.starts_with(SIGNATURE));
    signed.flat_map(|line| line.strip_prefix(b"- ").unwrap_or(line)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<Paragraph<'_, 2>> {
        Paragraphs::new(text, ["Package", "Version"]).collect()
    }

    fn words<'a>(paragraph: &Paragraph<'a, 2>) -> [Option<&'a str>; 2] {
        paragraph.fields.map(|field| field.and_then(|field| field.word()))
    }

    #[test]
    fn fields_have_places_and_ignore_case() {
        let got = all(b"\n# note\npACKAGE:  a\r\nDepends: x,\n y\n#between\n z\nVersion:1\n\n\n");
        assert_eq!(got.len(), 1);
        assert_eq!(words(&got[0]), [Some("a"), Some("1")]);
        let [package, version] = got[0].fields.map(Option::unwrap);
        assert_eq!((package.line, package.column), (3, 11));
        assert_eq!((version.line, version.column), (8, 9));
        assert!(got[0].closed && got[0].cut.is_none() && got[0].trouble.is_none());
    }

    #[test]
    fn a_missing_final_newline_is_seen_and_loses_nothing() {
        let got = all(b"Package: a\nVersion: 1\n \nPackage: b\nVersion: 2");
        assert_eq!(words(&got[1]), [Some("b"), Some("2")]);
        assert!(got[1].cut == Some(5) && !got[1].closed);
        assert_eq!(got[1].last_field, Some("Version"));
        assert!(got[0].cut.is_none());
    }

    #[test]
    fn a_bad_line_spoils_its_paragraph_alone() {
        let got =
            all(b"Package: a\n<<<<<<< ours\nVersion: 1\n\nPackage: b\nVersion: 2\n\n\0\x01\n");
        assert_eq!(got[0].trouble.map(|t| (t.fault, t.line)), Some((Fault::Conflict, 2)));
        assert_eq!(words(&got[0])[0], Some("a"));
        assert!(got[1].trouble.is_none());
        assert_eq!(got[2].trouble.map(|t| t.fault), Some(Fault::NotText));
    }

    #[test]
    fn a_lost_blank_line_does_not_marry_two_packages() {
        let got = all(b"Package: a\nPackage: b\nVersion: 2\n");
        assert_eq!(got[0].trouble.map(|t| t.fault), Some(Fault::Repeated("Package")));
        assert_eq!(words(&got[0])[0], Some("a"));
    }

    #[test]
    fn a_paragraph_cannot_begin_with_a_continuation() {
        let got = all(b" x\nPackage: a\n");
        assert_eq!(got[0].trouble.map(|t| t.fault), Some(Fault::NotAField));
    }

    #[test]
    fn latin_1_elsewhere_does_no_harm() {
        let got = all(b"Package: a\nMaintainer: J\xF6rg\nVersion: 1\n");
        assert_eq!(words(&got[0]), [Some("a"), Some("1")]);
        assert!(got[0].trouble.is_none());
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        assert_eq!(words(&all(b"\xEF\xBB\xBFPackage: a\n")[0])[0], Some("a"));
    }

    #[test]
    fn signed_text_loses_armour_and_dashes() {
        let text = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nLabel: x\n- -y\n\
            -----BEGIN PGP SIGNATURE-----\n\niQ\n";
        assert_eq!(&*clear_text(text), b"Label: x\n-y\n");
        assert_eq!(&*clear_text(b"Label: x\n"), b"Label: x\n");
        assert_eq!(&*clear_text(b"-----BEGIN PGP SIGNED MESSAGE-----"), b"");
    }

    #[test]
    fn excerpts_are_short_and_harmless() {
        assert_eq!(shown(b"\x1b[31mred\xff"), "\u{fffd}[31mred\u{fffd}");
        assert_eq!(shown(&[b'x'; 5000]).len(), 400);
    }
}
