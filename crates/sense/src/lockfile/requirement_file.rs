//! The lines of a requirements file as pip joins and splits them, in the offsets of the file.
//!
//! Knows continuations, comments, options and includes; must not know requirements.

use std::borrow::Cow;

use holdfast_model::Span;

use crate::text::file_name;

/// One logical line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// A requirement and whether hashes are pinned with it. Continuations are blank.
    Wish { text: Cow<'t, str>, start: usize, hashed: bool },
    /// `-r` or `-c`, and the file it names.
    Include { path: String, at: Span, constraint: bool },
    /// `-e` or an address or a path of its own.
    Address { text: String, at: Span },
    /// An index, instead of pip's default or besides others.
    Index { address: String, at: Span, besides: bool },
    /// An option that says nothing of packages.
    Option,
    /// An option that pip does not know.
    Unknown { at: Span },
    /// pip-compile's comment: who wants the requirement before it.
    Via { text: &'t str },
}

/// pip's options of a line of its own, without `-r`, `-c`, `-e`.
const OPTIONS: [&str; 17] = [
    "-i",
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "--no-index",
    "-f",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--prefer-binary",
    "--require-hashes",
    "--pre",
    "--trusted-host",
    "--use-feature",
    "--always-unzip",
    "-Z",
    "--no-deps",
];

/// Whether a character ends a line for pip, which splits a file by Python's `str.splitlines`.
fn is_line_end(character: char) -> bool {
    matches!(
        character,
        '\n'..='\r' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// The lines of a text, each with what ends it.
fn physical_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find(is_line_end).unwrap_or(rest.len());
        let behind = rest.get(at..)?;
        let first = behind.chars().next().map_or(0, char::len_utf8);
        let end = if behind.starts_with("\r\n") { 2 } else { first };
        let (line, behind) = rest.split_at_checked(at + end)?;
        rest = behind;
        (!line.is_empty()).then_some(line)
    })
}

/// Splits a text into logical lines.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut out = Vec::new();
    let mut start = 0;
    // Whether the next comment lines speak of the requirement before them.
    let mut via = false;
    let mut physical = physical_lines(text);
    while let Some(line) = physical.next() {
        let begin = start;
        start += line.len();
        let mut last = line;
        let mut joined = false;
        while continues(last) && !is_comment(last) {
            let Some(next) = physical.next() else { break };
            start += next.len();
            last = next;
            joined = true;
        }
        let whole = text.get(begin..start).unwrap_or_default();
        if is_comment(whole) {
            comment(whole.trim().trim_start_matches('#').trim(), &mut via, &mut out);
            continue;
        }
        let joined = if joined || continues(last) {
            Cow::Owned(join(whole))
        } else {
            Cow::Borrowed(whole.trim_end_matches(is_line_end))
        };
        via = logical(joined, begin, &mut out);
        // A comment may stand behind the last line of a requirement.
        if via && let Some((_, text)) = last.split_once(" # via ") {
            out.push(Line::Via { text: text.trim() });
        }
    }
    out
}

/// `# via a, b` on one line, or `# via` and then one name a line.
fn comment<'t>(text: &'t str, via: &mut bool, out: &mut Vec<Line<'t>>) {
    if !*via {
        return;
    }
    if text == "via" {
        return;
    }
    if let Some(names) = text.strip_prefix("via ") {
        out.push(Line::Via { text: names.trim() });
        return;
    }
    // A name, or `-r file`; anything else is a comment for people.
    let words = text.split_whitespace().count();
    if words == 1 || (words == 2 && text.starts_with('-')) {
        out.push(Line::Via { text });
    } else {
        *via = false;
    }
}

fn continues(line: &str) -> bool {
    line.trim_end_matches(is_line_end).ends_with('\\')
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Backslashes before line ends, and those line ends, become blanks; a comment line inside
/// becomes blanks too. The length stays.
fn join(whole: &str) -> String {
    let mut out = String::with_capacity(whole.len());
    for line in physical_lines(whole) {
        let body = line.trim_end_matches(is_line_end);
        if is_comment(body) {
            out.extend(line.bytes().map(|_| ' '));
            continue;
        }
        let (kept, blank) = match body.strip_suffix('\\') {
            Some(kept) => (kept, line.len() - kept.len()),
            None => (body, line.len() - body.len()),
        };
        out.push_str(kept);
        out.extend(std::iter::repeat_n(' ', blank));
    }
    out
}

/// Reads a logical line; `true` if it was a requirement.
fn logical<'t>(line: Cow<'t, str>, begin: usize, out: &mut Vec<Line<'t>>) -> bool {
    let end = comment_start(&line);
    let body = line.get(..end).unwrap_or_default();
    let indent = body.len() - body.trim_start().len();
    let trimmed = body.trim();
    if trimmed.is_empty() {
        return false;
    }
    let at = Span { start: begin + indent, end: begin + indent + trimmed.len() };
    if trimmed.starts_with('-') {
        out.push(option(trimmed, at));
        return false;
    }
    if is_address(trimmed) {
        out.push(Line::Address { text: trimmed.to_owned(), at });
        return false;
    }
    let cut = options_start(body);
    let hashed = body.get(cut..).is_some_and(|options| options.contains("--hash"));
    let text = match line {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..cut).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(..cut).unwrap_or_default().to_owned()),
    };
    out.push(Line::Wish { text, start: begin, hashed });
    true
}

/// A `#` at the beginning or behind a blank begins a comment.
fn comment_start(line: &str) -> usize {
    let mut before = b' ';
    for (at, byte) in line.bytes().enumerate() {
        if byte == b'#' && before.is_ascii_whitespace() {
            return at;
        }
        before = byte;
    }
    line.len()
}

/// The first word that begins with `-`.
fn options_start(body: &str) -> usize {
    let mut before = b'x';
    for (at, byte) in body.bytes().enumerate() {
        if byte == b'-' && before.is_ascii_whitespace() {
            return at;
        }
        before = byte;
    }
    body.len()
}

fn option<'t>(text: &str, at: Span) -> Line<'t> {
    let named = |names: [&str; 2]| -> Option<(String, Span)> {
        let rest = names.iter().find_map(|name| {
            let rest = text.strip_prefix(name)?;
            // `-rfile`, `-r file`, `--requirement=file`, `--requirement file`.
            let glued = name.len() == 2 || rest.starts_with(['=', ' ', '\t']);
            glued.then_some(rest)
        })?;
        let value = rest.trim_start_matches(['=', ' ', '\t']);
        let start = at.end - value.len();
        let value = value.trim_matches(['"', '\'']);
        Some((value.to_owned(), Span { start, end: at.end }))
    };
    if let Some((path, at)) = named(["--requirement", "-r"]) {
        return Line::Include { path, at, constraint: false };
    }
    if let Some((path, at)) = named(["--constraint", "-c"]) {
        return Line::Include { path, at, constraint: true };
    }
    if let Some((text, at)) = named(["--editable", "-e"]) {
        return Line::Address { text, at };
    }
    if let Some((address, at)) = named(["--index-url", "-i"]) {
        return Line::Index { address, at, besides: false };
    }
    let besides =
        named(["--find-links", "-f"]).or_else(|| named(["--extra-index-url", "--extra-index-url"]));
    if let Some((address, at)) = besides {
        return Line::Index { address, at, besides: true };
    }
    let word = text.split(['=', ' ', '\t']).next().unwrap_or_default();
    let short = text.get(..2).unwrap_or(text);
    if OPTIONS.contains(&word) || (!text.starts_with("--") && OPTIONS.contains(&short)) {
        Line::Option
    } else {
        Line::Unknown { at: Span { start: at.start, end: at.start + word.len() } }
    }
}

/// An address or a path, which pip takes without a name.
fn is_address(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let plain = first.split(['[', ';', '<', '>', '=', '!', '~', '@']).next().unwrap_or_default();
    first.contains("://") && !plain.is_empty() && plain.contains(':')
        || first.starts_with(['.', '/'])
        || plain.contains('/')
        || [".whl", ".tar.gz", ".zip"].iter().any(|end| plain.ends_with(end))
}

/// PEP 263: `coding: latin-1` in one of the first two lines, for encodings of single bytes in
/// which ASCII is ASCII. Names are ASCII, so that nothing of them is lost.
pub(super) fn declares_single_bytes(text: &str) -> bool {
    text.lines().take(2).filter(|line| line.trim_start().starts_with('#')).any(|line| {
        let Some((_, rest)) = line.split_once("coding") else { return false };
        let name = rest.trim_start_matches([':', '=', ' ']).to_ascii_lowercase().replace('_', "-");
        ["latin-1", "latin1", "iso-8859-", "iso8859-", "cp125", "windows-125"]
            .iter()
            .any(|known| name.starts_with(known))
    })
}

/// Words of a file name that say it is not what runs.
const DEVELOPMENT: [&str; 12] = [
    "dev",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "lint",
    "linting",
    "typing",
    "doc",
    "docs",
    "ci",
];

/// Whether a requirements file is for development, by its name.
pub(super) fn is_for_development(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    let stem = name.strip_suffix(".txt").unwrap_or(&name);
    stem.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| DEVELOPMENT.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wishes(text: &str) -> Vec<(String, usize)> {
        lines(text)
            .into_iter()
            .filter_map(|line| match line {
                Line::Wish { text, start, .. } => Some((text.trim().to_owned(), start)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn continuations_keep_their_offsets() {
        let text =
            "a==1 \\\r\n  --hash=sha256:1\n# note \\\nb==2 # why\nqwerty \\\n  == 0.1\nc==3 \\";
        let wanted = [("a==1", 0), ("b==2", 36), ("qwerty", 0), ("c==3", 0)];
        let found = wishes(text);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[0].0, wanted[0].0);
        assert_eq!(found[1].0, wanted[1].0);
        assert_eq!(found[2].0.split_whitespace().collect::<Vec<_>>(), ["qwerty", "==", "0.1"]);
        assert_eq!(found[3].0, "c==3");
    }

    #[test]
    fn lines_end_where_python_ends_them() {
        let text =
            "a==1\rb==2\u{b}c==3\u{c}d==4\u{85}e==5\u{2028}f==6\u{1e}g==7\r\n\r\nh==8 \\\r\n ; x\n";
        let found = wishes(text);
        let said: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
        let (last, rest) = said.split_last().unwrap();
        assert_eq!(rest, ["a==1", "b==2", "c==3", "d==4", "e==5", "f==6", "g==7"]);
        assert_eq!(last.split_whitespace().collect::<Vec<_>>(), ["h==8", ";", "x"]);
        for (text_of, start) in &found {
            assert!(text.get(*start..).unwrap().starts_with(text_of.get(..4).unwrap()));
        }
    }

    #[test]
    fn options_are_told_apart() {
        let text = "-r base.txt\n-cother.txt\n--requirement=\"x y.txt\"\n-e git+https://h.example/a#egg=a\n--index-url https://i.example\n--frob\n./lib\nhttps://h.example/a.whl\nname @ https://h.example/a.whl\n-ihttps://i.example\n";
        let found = lines(text);
        assert!(
            matches!(&found[0], Line::Include { path, constraint: false, .. } if path == "base.txt")
        );
        assert!(
            matches!(&found[1], Line::Include { path, constraint: true, .. } if path == "other.txt")
        );
        assert!(matches!(&found[2], Line::Include { path, .. } if path == "x y.txt"));
        assert!(matches!(&found[3], Line::Address { text, .. } if text.ends_with("#egg=a")));
        assert!(
            matches!(&found[4], Line::Index { address, besides: false, .. } if address == "https://i.example")
        );
        assert!(matches!(found[5], Line::Unknown { .. }));
        assert!(matches!(found[6], Line::Address { .. }));
        assert!(matches!(found[7], Line::Address { .. }));
        assert!(matches!(found[8], Line::Wish { .. }));
        assert!(
            matches!(&found[9], Line::Index { address, besides: false, .. } if address == "https://i.example")
        );
    }

    #[test]
    fn pip_compile_says_who_wants_a_package() {
        let text = "a==1\n    # via\n    #   -r requirements.in\n    #   b\nb==2  # via -r requirements.in\n# a word for people\n";
        let via: Vec<_> = lines(text)
            .into_iter()
            .filter_map(|line| if let Line::Via { text } = line { Some(text) } else { None })
            .collect();
        assert_eq!(via, ["-r requirements.in", "b", "-r requirements.in"]);
    }
}
