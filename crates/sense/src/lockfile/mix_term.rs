//! The terms of Elixir that stand in a `mix.lock`, and in the list of what a project asks for.
//!
//! Knows maps of entries, tuples, lists, atoms, strings and keywords; must not know what they
//! mean. Mix writes one entry a line, so that a broken one costs no other.

use std::borrow::Cow;

use holdfast_model::Span;

/// A term and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term<'a> {
    pub(super) span: Span,
    pub(super) kind: Kind<'a>,
}

/// The kinds of terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// `:name`, `true`, `nil`.
    Atom(Cow<'a, str>),
    Text(Cow<'a, str>),
    Tuple(Vec<Term<'a>>),
    List(Vec<Term<'a>>),
    /// `key: value` of a list.
    Pair(Cow<'a, str>, Box<Term<'a>>),
}

/// One line of the lockfile: `"name": {…}`.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) name: Cow<'a, str>,
    /// The name within its quotes.
    pub(super) span: Span,
    pub(super) term: Term<'a>,
}

impl<'a> Term<'a> {
    pub(super) fn atom(&self) -> Option<&str> {
        if let Kind::Atom(name) = &self.kind { Some(name) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Kind::Text(text) = &self.kind { Some(text) } else { None }
    }

    /// An atom or a string, as names are written.
    pub(super) fn name(&self) -> Option<&str> {
        self.atom().or_else(|| self.text())
    }

    /// The value of a key, where this is a list of options.
    pub(super) fn option(&self, key: &str) -> Option<&Term<'a>> {
        let Kind::List(list) = &self.kind else { return None };
        list.iter().find_map(|one| match &one.kind {
            Kind::Pair(name, value) if name == key => Some(&**value),
            _ => None,
        })
    }
}

/// How deep terms may lie in one another.
const DEPTH: usize = 16;

/// All entries, and the spans that are none.
pub(super) fn entries(text: &str) -> (Vec<Entry<'_>>, Vec<Span>) {
    let mut out = Vec::new();
    let mut wrong = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let mut scan = Scan { text, at: start, end: start + line.trim_end().len() };
        start += line.len();
        if scan.of_line(&mut out).is_none() {
            let at = scan.at.min(scan.end);
            wrong.push(Span { start: at, end: text.ceil_char_boundary((at + 1).min(scan.end)) });
        }
    }
    (out, wrong)
}

/// The term that begins at an offset, where it ends within so many bytes.
pub(super) fn term_at(text: &str, at: usize, most: usize) -> Option<Term<'_>> {
    let end = text.floor_char_boundary(at.saturating_add(most));
    Scan { text, at, end }.term(0)
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, mark: &str) -> bool {
        self.space();
        let there = self.rest().starts_with(mark);
        if there {
            self.at += mark.len();
        }
        there
    }

    /// The entries of one line; `None` where it goes wrong.
    fn of_line(&mut self, out: &mut Vec<Entry<'a>>) -> Option<()> {
        self.take("%{");
        loop {
            self.space();
            if self.rest().is_empty() || self.rest().starts_with('#') {
                return Some(());
            }
            if self.take(",") || self.take("}") {
                continue;
            }
            let (name, span) = self.string()?;
            if !self.take(":") && !self.take("=>") {
                return None;
            }
            let term = self.term(0)?;
            out.push(Entry { name, span, term });
        }
    }

    fn term(&mut self, depth: usize) -> Option<Term<'a>> {
        if depth > DEPTH {
            return None;
        }
        self.space();
        let start = self.at;
        let kind = match self.rest().chars().next()? {
            '{' => Kind::Tuple(self.list("{", "}", depth)?),
            '[' => Kind::List(self.list("[", "]", depth)?),
            '"' => {
                let (text, _) = self.string()?;
                if self.keyword() {
                    Kind::Pair(text, Box::new(self.term(depth + 1)?))
                } else {
                    Kind::Text(text)
                }
            }
            ':' => {
                self.at += 1;
                if self.rest().starts_with('"') {
                    Kind::Atom(self.string()?.0)
                } else {
                    Kind::Atom(Cow::Borrowed(self.word()?))
                }
            }
            _ => {
                let word = self.word()?;
                if self.keyword() {
                    Kind::Pair(Cow::Borrowed(word), Box::new(self.term(depth + 1)?))
                } else {
                    Kind::Atom(Cow::Borrowed(word))
                }
            }
        };
        Some(Term { span: Span { start, end: self.at }, kind })
    }

    /// A colon right behind a word makes it a key.
    fn keyword(&mut self) -> bool {
        let there = self.rest().starts_with(':');
        self.at += usize::from(there);
        there
    }

    fn list(&mut self, begin: &str, end: &str, depth: usize) -> Option<Vec<Term<'a>>> {
        self.take(begin);
        let mut out = Vec::new();
        while !self.take(end) {
            out.push(self.term(depth + 1)?);
            if !self.take(",") {
                self.space();
                if !self.rest().starts_with(end) {
                    return None;
                }
            }
        }
        Some(out)
    }

    fn word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '@' | '?' | '!' | '.' | '-');
        let length = rest.find(|c: char| !part(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).filter(|word| !word.is_empty())
    }

    /// A string in double quotes, and the span within them.
    fn string(&mut self) -> Option<(Cow<'a, str>, Span)> {
        let body = self.rest().strip_prefix('"')?;
        let mut escaped = false;
        let length = body.char_indices().find_map(|(at, c)| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends.then_some(at)
        })?;
        let start = self.at + 1;
        self.at = start + length + 1;
        let raw = body.get(..length)?;
        let text = if raw.contains('\\') {
            let mut out = String::with_capacity(raw.len());
            let mut letters = raw.chars();
            while let Some(letter) = letters.next() {
                out.push(if letter == '\\' { letters.next().unwrap_or('\\') } else { letter });
            }
            Cow::Owned(out)
        } else {
            Cow::Borrowed(raw)
        };
        Some((text, Span { start, end: start + length }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_every_kind() {
        let text = "%{\"a\": {:hex, :\"b-c\", \"1\\\"0\", [x: true, \"y\": nil], [{:d, \">= 1\"}]},\n \"e\" => []}\n";
        let (entries, wrong) = entries(text);
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].span.of(text), Some("a"));
        let Kind::Tuple(parts) = &entries[0].term.kind else { panic!() };
        assert_eq!(parts[1].atom(), Some("b-c"));
        assert_eq!(parts[2].text(), Some("1\"0"));
        assert_eq!(parts[3].option("x").and_then(Term::atom), Some("true"));
        assert_eq!(parts[3].option("y").and_then(Term::atom), Some("nil"));
    }

    #[test]
    fn a_broken_line_costs_no_other() {
        let (entries, wrong) = entries("%{\n\"a\": {:hex,\n\"b\": {},\n x\n}\n");
        assert_eq!(entries.len(), 1);
        assert_eq!(wrong.len(), 2);
    }
}
