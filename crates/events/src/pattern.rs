//! Texts with wildcards, as values of rules write them: `*` for any number of characters, `?` for
//! one. Letter case does not count unless the rule says so.
//!
//! Time grows with the product of both lengths at worst; there is no backtracking.

use memchr::{memchr, memchr2, memmem};
use rsigma_parser::{SigmaString, SpecialChar, StringPart};

/// Where in a text a value has to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    /// It is all of it.
    Whole,
    Begins,
    Ends,
    Anywhere,
}

/// A piece between two wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(Box<[u8]>),
    /// One character, whichever.
    One,
    /// A hyphen, a slash, or one of the long dashes (`windash`).
    Dash,
}

/// A compiled value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// Between any number of characters; not empty.
    runs: Box<[Box<[Piece]>]>,
    open_start: bool,
    open_end: bool,
    cased: bool,
}

const DASHES: [&[u8]; 5] = [b"-", b"/", "–".as_bytes(), "—".as_bytes(), "―".as_bytes()];

impl Pattern {
    /// A value as rules write it.
    pub(crate) fn new(value: &SigmaString, stands: Stands, cased: bool, dashes: bool) -> Self {
        let mut builder = Builder { runs: vec![Vec::new()], cased, dashes };
        for part in &value.parts {
            match part {
                StringPart::Plain(text) => builder.text(text),
                StringPart::Special(SpecialChar::WildcardSingle) => builder.piece(Piece::One),
                StringPart::Special(SpecialChar::WildcardMulti) => builder.runs.push(Vec::new()),
            }
        }
        builder.finish(stands)
    }

    /// A text in which nothing is special.
    pub(crate) fn literal(text: &str, stands: Stands, cased: bool) -> Self {
        let mut builder = Builder { runs: vec![Vec::new()], cased, dashes: false };
        builder.text(text);
        builder.finish(stands)
    }

    /// The whole text that alone can match, in lower case; `None` where several can.
    pub(crate) fn only(&self) -> Option<String> {
        if self.open_start || self.open_end {
            return None;
        }
        let [run] = &*self.runs else { return None };
        let bytes: &[u8] = match &**run {
            [] => b"",
            [Piece::Text(text)] => text,
            _ => return None,
        };
        String::from_utf8(bytes.to_vec()).ok().map(|text| text.to_lowercase())
    }

    /// Whether a text is meant.
    pub(crate) fn matches(&self, text: &str) -> bool {
        if self.cased || text.is_ascii() {
            self.bytes(text.as_bytes())
        } else {
            self.bytes(text.to_lowercase().as_bytes())
        }
    }

    /// `text` is in lower case, or ASCII, where case does not count.
    fn bytes(&self, text: &[u8]) -> bool {
        let Some((last, before)) = self.runs.split_last() else { return text.is_empty() };
        let mut rest = text;
        for (nth, run) in before.iter().enumerate() {
            let found = if nth == 0 && !self.open_start {
                self.run(run, rest)
            } else {
                self.leftmost(run, rest)
            };
            let Some(behind) = found else { return false };
            rest = behind;
        }
        match (before.is_empty() && !self.open_start, self.open_end) {
            (true, true) => self.run(last, rest).is_some(),
            (true, false) => self.run(last, rest).is_some_and(<[u8]>::is_empty),
            (false, true) => self.leftmost(last, rest).is_some(),
            (false, false) => self.at_end(last, rest),
        }
    }

    /// What stands behind a run that begins a text.
    fn run<'t>(&self, run: &[Piece], mut text: &'t [u8]) -> Option<&'t [u8]> {
        for piece in run {
            let length = match piece {
                Piece::Text(wanted) => {
                    let head = text.get(..wanted.len())?;
                    self.same(head, wanted).then_some(wanted.len())?
                }
                Piece::One => character(*text.first()?),
                Piece::Dash => DASHES.iter().find(|dash| text.starts_with(dash))?.len(),
            };
            text = text.get(length..).unwrap_or_default();
        }
        Some(text)
    }

    fn same(&self, text: &[u8], wanted: &[u8]) -> bool {
        if self.cased { text == wanted } else { text.eq_ignore_ascii_case(wanted) }
    }

    /// What stands behind the first place at which a run stands. Since all matches of a run have
    /// the same number of characters, the first one also ends first.
    fn leftmost<'t>(&self, run: &[Piece], text: &'t [u8]) -> Option<&'t [u8]> {
        let Some(Piece::Text(first)) = run.first() else {
            return starts(text).find_map(|rest| self.run(run, rest));
        };
        let mut rest = text;
        loop {
            let at = self.find(first, rest)?;
            let here = rest.get(at..)?;
            if let Some(behind) = self.run(run, here) {
                return Some(behind);
            }
            rest = here.get(1..)?;
        }
    }

    /// Whether a run stands at the end of a text.
    fn at_end(&self, run: &[Piece], text: &[u8]) -> bool {
        if let [Piece::Text(wanted)] = run {
            let tail = text.len().checked_sub(wanted.len()).and_then(|at| text.get(at..));
            return tail.is_some_and(|tail| self.same(tail, wanted));
        }
        starts(text).any(|rest| self.run(run, rest).is_some_and(<[u8]>::is_empty))
    }

    fn find(&self, wanted: &[u8], text: &[u8]) -> Option<usize> {
        if self.cased {
            return memmem::find(text, wanted);
        }
        let Some(first) = wanted.first() else { return Some(0) };
        let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
        let mut from = 0;
        loop {
            let rest = text.get(from..)?;
            let at = if lower == upper { memchr(lower, rest) } else { memchr2(lower, upper, rest) };
            let here = from + at?;
            // Too near the end: no later place fits either.
            let head = text.get(here..here + wanted.len())?;
            if head.eq_ignore_ascii_case(wanted) {
                return Some(here);
            }
            from = here + 1;
        }
    }
}

/// The text from each of its characters on, and its empty end.
fn starts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..=text.len()).filter_map(|at| {
        let rest = text.get(at..)?;
        let inside = rest.first().is_some_and(|byte| byte & 0xC0 == 0x80);
        (!inside).then_some(rest)
    })
}

/// The length of a character by its first byte (RFC 3629).
fn character(first: u8) -> usize {
    match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0.. => 4,
        _ => 1,
    }
}

struct Builder {
    runs: Vec<Vec<Piece>>,
    cased: bool,
    dashes: bool,
}

impl Builder {
    fn piece(&mut self, piece: Piece) {
        if let Some(run) = self.runs.last_mut() {
            run.push(piece);
        }
    }

    fn text(&mut self, text: &str) {
        let text = if self.cased { text.to_owned() } else { text.to_lowercase() };
        if !self.dashes {
            self.plain(&text);
            return;
        }
        for (nth, part) in text.split('-').enumerate() {
            if nth > 0 {
                self.piece(Piece::Dash);
            }
            self.plain(part);
        }
    }

    fn plain(&mut self, text: &str) {
        if !text.is_empty() {
            self.piece(Piece::Text(text.as_bytes().into()));
        }
    }

    fn finish(mut self, stands: Stands) -> Pattern {
        let mut open_start = matches!(stands, Stands::Ends | Stands::Anywhere);
        let mut open_end = matches!(stands, Stands::Begins | Stands::Anywhere);
        if self.runs.len() > 1 {
            open_start |= self.runs.first().is_some_and(Vec::is_empty);
            open_end |= self.runs.last().is_some_and(Vec::is_empty);
            self.runs.retain(|run| !run.is_empty());
        }
        if self.runs.is_empty() {
            self.runs.push(Vec::new());
        }
        let runs = self.runs.into_iter().map(Vec::into_boxed_slice).collect();
        Pattern { runs, open_start, open_end, cased: self.cased }
    }
}

#[cfg(test)]
mod tests;
