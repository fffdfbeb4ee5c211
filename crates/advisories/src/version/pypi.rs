//! Python's order: PEP 440 with its normalisation, and before all of it the legacy versions.
//!
//! PEP 440 has a grammar (its appendix B); whatever does not match it is a legacy version, and
//! those compare among themselves by the key that setuptools used before PEP 440.

use holdfast_model::About;

use super::{Order, digits, never_moves, number};

/// The order of Python packages.
pub static PYPI: Order = Order {
    about: About {
        id: "pypi",
        title: "Python packages",
        text: "PEP 440: epoch, release, pre-, post- and development release, local version. \
               Versions that PEP 440 does not know sort before all others, by setuptools' older \
               rules. What no release was ever named, such as `*`, is no version.",
        file: file!(),
    },
    epochs: false,
    moves: never_moves,
    encode,
};

/// The two kinds of version.
const LEGACY: u8 = 0x01;
const PEP440: u8 = 0x02;
/// The end of a list sorts before its continuation.
const END: u8 = 0x01;

/// Pre-release: a development release of the release itself, `a`, `b`, `rc`, none.
const BEFORE_PRE: u8 = 0x01;
const NO_PRE: u8 = 0x05;
/// Post-release or development release: which one sorts first when it is there.
const NO_POST: u8 = 0x01;
const POST: u8 = 0x02;
const DEV: u8 = 0x01;
const NO_DEV: u8 = 0x02;
/// Segments of a local version.
const WORD: u8 = 0x02;
const NUMERIC: u8 = 0x03;

/// A version that PEP 440 knows; numbers are digits as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pep440<'a> {
    /// Empty means zero.
    pub epoch: &'a [u8],
    /// At least one number.
    pub release: Vec<&'a [u8]>,
    /// The letter `a`, `b` or `c` and the number.
    pub pre: Option<(u8, &'a [u8])>,
    /// The number of a post-release; empty means zero.
    pub post: Option<&'a [u8]>,
    /// The number of a development release; empty means zero.
    pub dev: Option<&'a [u8]>,
    /// The local version as written, without `+`.
    pub local: Option<&'a [u8]>,
}

/// Appends the key of a version.
pub fn encode(version: &str, out: &mut Vec<u8>) -> bool {
    match parse(version) {
        Some(parsed) => parsed.encode(out),
        None if version.is_empty() || version.contains(never_named) => return false,
        None => legacy(version, out),
    }
    true
}

/// Whether a character stands in no version that anybody ever released: such a text is a range, a
/// placeholder or a slip of the pen, and an order would call it older than everything.
fn never_named(character: char) -> bool {
    const MARKS: [char; 12] = ['*', '\'', '"', '`', '$', '{', '}', '<', '>', '=', ';', ','];
    character.is_whitespace() || character.is_control() || MARKS.contains(&character)
}

/// Reads a version by PEP 440, appendix B.
pub fn parse(version: &str) -> Option<Pep440<'_>> {
    let mut text = version.trim().as_bytes();
    text = strip_any(text, &[b"v"]).map_or(text, |(_, rest)| rest);
    let mut out = Pep440::default();
    let (first, rest) = digits(text);
    if let [b'!', rest @ ..] = rest
        && !first.is_empty()
    {
        out.epoch = first;
        text = rest;
    }
    text = out.read_release(text)?;
    text = out.read_pre(text);
    text = out.read_post(text);
    text = out.read_dev(text);
    if let [b'+', local @ ..] = text {
        let segment = |s: &[u8]| !s.is_empty() && s.iter().all(u8::is_ascii_alphanumeric);
        if !local.split(|byte| is_separator(*byte)).all(segment) {
            return None;
        }
        out.local = Some(local);
        text = &[];
    }
    text.is_empty().then_some(out)
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.')
}

fn skip_separator(text: &[u8]) -> &[u8] {
    match text {
        [first, rest @ ..] if is_separator(*first) => rest,
        _ => text,
    }
}

/// The first of `words` that begins `text`, whatever its case, and what follows.
fn strip_any<'a, 'w>(text: &'a [u8], words: &[&'w [u8]]) -> Option<(&'w [u8], &'a [u8])> {
    words.iter().find_map(|word| {
        let (head, rest) = text.split_at_checked(word.len())?;
        head.eq_ignore_ascii_case(word).then_some((*word, rest))
    })
}

impl<'a> Pep440<'a> {
    fn read_release(&mut self, mut text: &'a [u8]) -> Option<&'a [u8]> {
        loop {
            let (found, rest) = digits(text);
            if found.is_empty() {
                return None;
            }
            self.release.push(found);
            match rest {
                [b'.', next, ..] if next.is_ascii_digit() => text = rest.get(1..)?,
                _ => return Some(rest),
            }
        }
    }

    fn read_pre(&mut self, text: &'a [u8]) -> &'a [u8] {
        // Longer words first: `alpha` is not `a` and a remainder.
        const WORDS: [&[u8]; 8] = [b"alpha", b"beta", b"preview", b"pre", b"rc", b"a", b"b", b"c"];
        let Some((word, rest)) = strip_any(skip_separator(text), &WORDS) else { return text };
        let letter = match word {
            b"alpha" | b"a" => b'a',
            b"beta" | b"b" => b'b',
            _ => b'c',
        };
        let (count, rest) = digits(skip_separator(rest));
        self.pre = Some((letter, count));
        rest
    }

    fn read_post(&mut self, text: &'a [u8]) -> &'a [u8] {
        if let [b'-', rest @ ..] = text {
            let (count, rest) = digits(rest);
            if !count.is_empty() {
                self.post = Some(count);
                return rest;
            }
        }
        let Some((_, rest)) = strip_any(skip_separator(text), &[b"post", b"rev", b"r"]) else {
            return text;
        };
        let (count, rest) = digits(skip_separator(rest));
        self.post = Some(count);
        rest
    }

    fn read_dev(&mut self, text: &'a [u8]) -> &'a [u8] {
        let Some((_, rest)) = strip_any(skip_separator(text), &[b"dev"]) else { return text };
        let (count, rest) = digits(skip_separator(rest));
        self.dev = Some(count);
        rest
    }

    /// Whether it is a pre-release or development release.
    pub fn is_pre_release(&self) -> bool {
        self.pre.is_some() || self.dev.is_some()
    }

    /// The numbers of the release without trailing zeros.
    pub fn meant_release(&self) -> &[&'a [u8]] {
        let zero = |number: &&[u8]| number.iter().all(|digit| *digit == b'0');
        let count = self.release.iter().rposition(|n| !zero(n)).map_or(0, |at| at + 1);
        self.release.get(..count).unwrap_or_default()
    }

    /// Appends the key.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(PEP440);
        number(self.epoch, out);
        for part in self.meant_release() {
            number(part, out);
        }
        out.push(END);
        match self.pre {
            Some((letter, count)) => {
                // `a`, `b`, `c` become 2, 3, 4.
                out.push(letter - b'a' + 2);
                number(count, out);
            }
            None if self.post.is_none() && self.dev.is_some() => out.push(BEFORE_PRE),
            None => out.push(NO_PRE),
        }
        match self.post {
            Some(count) => {
                out.push(POST);
                number(count, out);
            }
            None => out.push(NO_POST),
        }
        match self.dev {
            Some(count) => {
                out.push(DEV);
                number(count, out);
            }
            None => out.push(NO_DEV),
        }
        for segment in
            self.local.into_iter().flat_map(|local| local.split(|byte| is_separator(*byte)))
        {
            if segment.iter().all(u8::is_ascii_digit) {
                out.push(NUMERIC);
                number(segment, out);
            } else {
                out.push(WORD);
                out.extend(segment.iter().map(u8::to_ascii_lowercase));
                out.push(0);
            }
        }
        out.push(END);
    }
}

/// Appends the key of a legacy version: the text in lower case, cut into runs of digits, runs of
/// letters, `.`, `-` and runs of anything else; dots vanish, digits are padded to eight, words get
/// a `*` in front and `*final` ends the list. Zeros before a word and a `-` before a word that
/// sorts before `final` vanish as well. The parts compare as a list of texts.
fn legacy(version: &str, out: &mut Vec<u8>) {
    let text = version.to_ascii_lowercase();
    let mut parts: Vec<String> = Vec::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.bytes().next() {
        let class = class_of(first);
        let length = match class {
            Class::Alone => 1,
            _ => rest.bytes().take_while(|byte| class_of(*byte) == class).count(),
        };
        let Some((part, behind)) = rest.split_at_checked(length) else { break };
        rest = behind;
        let word = match part {
            "." => continue,
            "pre" | "preview" | "rc" => "c",
            "-" => "final-",
            "dev" => "@",
            other => other,
        };
        if class == Class::Digit {
            parts.push(format!("{word:0>8}"));
        } else {
            push_word(format!("*{word}"), &mut parts);
        }
    }
    push_word("*final".to_owned(), &mut parts);
    out.push(LEGACY);
    for part in parts {
        out.extend_from_slice(part.as_bytes());
        out.push(0);
    }
    out.push(0);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Digit,
    Letter,
    Alone,
    Other,
}

fn class_of(byte: u8) -> Class {
    match byte {
        b'0'..=b'9' => Class::Digit,
        b'a'..=b'z' => Class::Letter,
        b'.' | b'-' => Class::Alone,
        _ => Class::Other,
    }
}

fn push_word(word: String, parts: &mut Vec<String>) {
    if word.as_str() < "*final" {
        while parts.last().is_some_and(|last| last == "*final-") {
            parts.pop();
        }
    }
    while parts.last().is_some_and(|last| last == "00000000") {
        parts.pop();
    }
    parts.push(word);
}
