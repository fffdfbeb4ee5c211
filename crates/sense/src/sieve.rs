//! What is wanted of a large file: some lines, or how each begins, so that a host far away need not
//! send the rest of it.
//!
//! Knows lines, and which program of any Unix leaves the same of them; must not know what they say.

use std::io::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Answer;

/// Which lines of a file, and how much of each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sieve {
    /// Empty lines, with or without a carriage return, and those that begin with one of these words,
    /// each behind its number, from 1, and a colon. The words mean themselves to `grep`.
    Starting(Vec<Arc<str>>),
    /// The first so many bytes of each line.
    Beginnings(usize),
}

impl Sieve {
    /// Lines that begin with one of these words.
    pub fn starting(words: &[&str]) -> Self {
        Self::Starting(words.iter().map(|word| Arc::from(*word)).collect())
    }

    /// What it leaves of a file. Of lines that begin so, a last one without an end is left as it is, and
    /// without an end, whatever it begins with: the file was cut there.
    pub fn sift(&self, bytes: &[u8]) -> Vec<u8> {
        let mut sifting = self.begin();
        sifting.push(bytes);
        sifting.finish()
    }

    /// The same of a file that comes in pieces.
    pub fn begin(&self) -> Sifting<'_> {
        Sifting { sieve: self, number: 1, rest: Vec::new(), out: Vec::new() }
    }

    /// The same of what became of the need for a file.
    pub fn through(&self, answer: Answer) -> Answer {
        match answer {
            Answer::Bytes(bytes) => Answer::Bytes(self.sift(&bytes).into()),
            other => other,
        }
    }

    /// A program that leaves the same of its standard input, and its arguments (XCU, grep and cut). It
    /// takes a last line for whole that has no end.
    pub fn program(&self) -> Vec<String> {
        match self {
            Self::Starting(words) => {
                let patterns = words.iter().map(|word| format!("^{word}"));
                let named = patterns.chain(["^$".to_owned(), "^\r$".to_owned()]);
                let named = named.flat_map(|pattern| ["-e".to_owned(), pattern]);
                ["grep".to_owned(), "-n".to_owned()].into_iter().chain(named).collect()
            }
            Self::Beginnings(length) => {
                ["cut", "-b", &format!("1-{length}")].map(str::to_owned).into()
            }
        }
    }

    /// Whether nothing that the program left was cut, as far as that shows: where empty lines end what
    /// belongs together, the last of them is there.
    pub fn is_whole(&self, left: &[u8]) -> bool {
        let Some(rest) = left.strip_suffix(b"\n") else {
            return left.is_empty() && matches!(self, Self::Beginnings(_));
        };
        let start = memchr::memrchr(b'\n', rest).map_or(0, |end| end + 1);
        let last = left.get(start..).and_then(|line| numbered(line).next());
        matches!(self, Self::Beginnings(_)) || last.is_some_and(|(_, text)| text.is_empty())
    }
}

/// What a sieve has left so far.
#[derive(Debug)]
pub struct Sifting<'s> {
    sieve: &'s Sieve,
    /// Of the next line.
    number: u32,
    /// The beginning of the next line.
    rest: Vec<u8>,
    out: Vec<u8>,
}

impl Sifting<'_> {
    /// Takes what comes next.
    pub fn push(&mut self, piece: &[u8]) {
        let mut piece = piece;
        if !self.rest.is_empty() {
            let end = memchr::memchr(b'\n', piece).map_or(piece.len(), |end| end + 1);
            let (first, others) = piece.split_at(end);
            self.rest.extend_from_slice(first);
            piece = others;
            if !self.rest.ends_with(b"\n") {
                return;
            }
            let mut line = std::mem::take(&mut self.rest);
            line.pop();
            self.line(&line);
        }
        let end = memchr::memrchr(b'\n', piece).map_or(0, |end| end + 1);
        let (whole, rest) = piece.split_at(end);
        lines(whole).for_each(|line| self.line(line));
        self.rest.extend_from_slice(rest);
    }

    fn line(&mut self, line: &[u8]) {
        match self.sieve {
            Sieve::Starting(words) => {
                let wanted = |word: &Arc<str>| line.starts_with(word.as_bytes());
                if matches!(line, b"" | b"\r") || words.iter().any(wanted) {
                    self.numbered(line);
                    self.out.push(b'\n');
                }
            }
            Sieve::Beginnings(length) => {
                self.out.extend_from_slice(line.get(..*length).unwrap_or(line));
                self.out.push(b'\n');
            }
        }
        self.number = self.number.saturating_add(1);
    }

    fn numbered(&mut self, line: &[u8]) {
        // To write to memory cannot fail.
        let _ = write!(self.out, "{}:", self.number);
        self.out.extend_from_slice(line);
    }

    /// All that is left.
    pub fn finish(mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            match self.sieve {
                Sieve::Starting(_) => self.numbered(&rest),
                Sieve::Beginnings(_) => self.line(&rest),
            }
        }
        self.out
    }
}

/// The lines of a text that have an end, without it.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr::memchr_iter(b'\n', bytes).map(move |end| {
        let line = bytes.get(start..end).unwrap_or_default();
        start = end + 1;
        line
    })
}

/// The lines that [`Sieve::Starting`] left and that have an end, with their numbers and without a
/// carriage return.
pub(crate) fn numbered(left: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    lines(left).filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let number = std::str::from_utf8(line.get(..colon)?).ok()?.parse().ok()?;
        let text = line.get(colon + 1..)?;
        Some((number, text.strip_suffix(b"\r").unwrap_or(text)))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use proptest::prelude::*;

    use super::*;

    fn fields() -> Sieve {
        Sieve::starting(&["Package:", "Version:"])
    }

    #[test]
    fn lines_keep_their_numbers() {
        let text = b"Package: a\nStatus: x\nVersion: 1\n\n Version: 2\nPackage: b\nVersion: 3";
        let left = fields().sift(text);
        assert_eq!(left, b"1:Package: a\n3:Version: 1\n4:\n6:Package: b\n7:Version: 3");
        let all: Vec<(u32, &[u8])> = numbered(&left).collect();
        assert_eq!(all[1], (3, &b"Version: 1"[..]));
        assert_eq!((all[2], all.len()), ((4, &b""[..]), 4));
        assert_eq!(fields().sift(b"Package: a\nDescr"), b"1:Package: a\n2:Descr");
        assert_eq!(Sieve::Beginnings(3).sift(b"abcd\n\nef\ngh"), b"abc\n\nef\ngh\n");
    }

    #[test]
    fn what_was_cut_shows() {
        for (left, whole) in [
            (&b"1:Package: a\n2:\n"[..], true),
            (b"1:Package: a\n", false),
            (b"1:Package: a\n2:", false),
            (b"", false),
            (b"1:\nBinary file (standard input) matches\n", false),
        ] {
            assert_eq!(fields().is_whole(left), whole, "{}", String::from_utf8_lossy(left));
        }
        assert!(Sieve::Beginnings(3).is_whole(b"a\n") && !Sieve::Beginnings(3).is_whole(b"a\nb"));
    }

    proptest! {
        /// Where a piece ends is all the same.
        #[test]
        fn pieces_leave_the_same(text in "(Package: a|Version:|x|\r|\n){0,12}", size in 1_usize..9) {
            for sieve in [fields(), Sieve::Beginnings(4)] {
                let mut sifting = sieve.begin();
                text.as_bytes().chunks(size).for_each(|piece| sifting.push(piece));
                prop_assert_eq!(sifting.finish(), sieve.sift(text.as_bytes()));
            }
        }
    }

    /// What the program of this machine leaves.
    #[expect(clippy::disallowed_methods, reason = "an oracle of this machine")]
    fn left(sieve: &Sieve, text: &[u8]) -> Vec<u8> {
        let words = sieve.program();
        let mut child = Command::new(&words[0])
            .args(&words[1..])
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text).unwrap();
        child.wait_with_output().unwrap().stdout
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// The program that a host runs leaves the same.
        #[test]
        fn programs_leave_the_same(
            lines in prop::collection::vec("(Package: |Version:|Pack|[ a-zé:.0-9]{0,3}){0,4}\r?", 0..12),
            length in 1_usize..9,
        ) {
            let text = [lines.join("\n"), String::new()].join("\n");
            for sieve in [fields(), Sieve::Beginnings(length)] {
                let (own, theirs) = (sieve.sift(text.as_bytes()), left(&sieve, text.as_bytes()));
                prop_assert_eq!(own, theirs, "{:?}", sieve);
            }
        }
    }
}
