//! One requirement of PEP 508 as it stands in a requirements file.
//!
//! Knows names, extras, specifiers and markers; must not know files or options.

use std::ops::Range;

/// What a line asks for; ranges are offsets in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish<'t> {
    pub(super) name: &'t str,
    pub(super) at: usize,
    /// From the first operator to the end of the last version; empty where there is none.
    pub(super) range: Range<usize>,
    /// The version of a `==` or `===` without wildcard.
    pub(super) pin: Option<&'t str>,
    /// `name @ address`.
    pub(super) address: Option<&'t str>,
    /// What could not be read: where, and why.
    pub(super) wrong: Option<(Range<usize>, &'static str)>,
}

/// The operators of PEP 440, longest first.
const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];

/// Reads a requirement without comment and options; `None` where it begins with no name.
pub(super) fn wish(text: &str) -> Option<Wish<'_>> {
    let at = text.len() - text.trim_start().len();
    let length = name_length(text.get(at..)?);
    let name = text.get(at..at + length).filter(|name| !name.is_empty())?;
    let mut wish =
        Wish { name, at, range: at + length..at + length, pin: None, address: None, wrong: None };
    let mut cursor = Cursor { text, at: at + length };
    cursor.blanks();
    if cursor.peek() == Some(b'[') {
        let Some(end) = cursor.rest().find(']') else {
            wish.wrong = Some((cursor.at..text.len(), "the extras have no closing `]`"));
            return Some(wish);
        };
        cursor.at += end + 1;
        wish.range = cursor.at..cursor.at;
        cursor.blanks();
    }
    if cursor.peek() == Some(b'@') {
        cursor.at += 1;
        cursor.blanks();
        wish.address = Some(cursor.rest().trim_end());
        return Some(wish);
    }
    let bracket = cursor.peek() == Some(b'(');
    if bracket {
        cursor.at += 1;
        cursor.blanks();
    }
    specifiers(&mut cursor, &mut wish);
    cursor.blanks();
    if bracket && cursor.peek() == Some(b')') {
        cursor.at += 1;
        cursor.blanks();
    }
    if wish.wrong.is_none() && !matches!(cursor.peek(), None | Some(b';')) {
        wish.wrong = Some((cursor.at..text.trim_end().len(), "this is no part of a requirement"));
    }
    Some(wish)
}

fn specifiers<'t>(cursor: &mut Cursor<'t>, wish: &mut Wish<'t>) {
    let mut first = true;
    loop {
        let start = cursor.at;
        let Some(operator) = OPERATORS.iter().find(|one| cursor.rest().starts_with(**one)) else {
            return;
        };
        cursor.at += operator.len();
        cursor.blanks();
        let from = cursor.at;
        while cursor
            .peek()
            .is_some_and(|byte| !byte.is_ascii_whitespace() && !b",;)".contains(&byte))
        {
            cursor.at += 1;
        }
        let version = cursor.text.get(from..cursor.at).unwrap_or_default();
        if version.is_empty() || version.starts_with(['=', '<', '>', '~', '!']) {
            let end = cursor.at.max(start + operator.len());
            wish.wrong = Some((start..end, "a version is missing behind this operator"));
            return;
        }
        if first {
            wish.range.start = start;
        }
        first = false;
        wish.range.end = cursor.at;
        let exact = matches!(*operator, "==" | "===") && !version.contains(['*', '$', '{']);
        if exact && wish.pin.is_none() {
            wish.pin = Some(version);
        }
        let end = cursor.at;
        cursor.blanks();
        if cursor.peek() != Some(b',') {
            cursor.at = end;
            return;
        }
        cursor.at += 1;
        cursor.blanks();
    }
}

/// PEP 508: letters and digits, and `.`, `_`, `-` between them.
fn name_length(text: &str) -> usize {
    let end = text
        .bytes()
        .position(|byte| !(byte.is_ascii_alphanumeric() || b"._-".contains(&byte)))
        .unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default();
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        name.trim_end_matches(['.', '_', '-']).len()
    } else {
        0
    }
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0C)) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_of_pep_508() {
        for (text, name, range, pin) in [
            ("A.B-C_d", "A.B-C_d", "", None),
            ("name<=1", "name", "<=1", None),
            ("name>=3,<2", "name", ">=3,<2", None),
            ("name [fred,bar] == 2.1.0 ; x", "name", "== 2.1.0", Some("2.1.0")),
            ("name===1.0-weird", "name", "===1.0-weird", Some("1.0-weird")),
            ("asdf==0.7.*", "asdf", "==0.7.*", None),
            ("a (>=1, <2)", "a", ">=1, <2", None),
            ("a!=1.1,==1.0", "a", "!=1.1,==1.0", Some("1.0")),
            ("a-._.b>=3.5", "a-._.b", ">=3.5", None),
            ("q==${V}", "q", "==${V}", None),
            ("foo17--hash==1.0", "foo17--hash", "==1.0", Some("1.0")),
        ] {
            let wish = wish(text).unwrap();
            assert_eq!(wish.name, name);
            assert_eq!(text.get(wish.range.clone()), Some(range), "{text}");
            assert_eq!((wish.pin, wish.wrong), (pin, None), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let foo = wish("foo7==1.0 unexpected").unwrap();
        assert_eq!((foo.pin, foo.wrong.unwrap().0), (Some("1.0"), 10..20));
        assert_eq!(wish("foo==").unwrap().wrong.unwrap().0, 3..5);
        assert!(wish("a[b").unwrap().wrong.is_some());
        assert_eq!(wish("===="), None);
        assert_eq!(
            wish("a @ https://x.example/a.whl").unwrap().address,
            Some("https://x.example/a.whl")
        );
    }
}
