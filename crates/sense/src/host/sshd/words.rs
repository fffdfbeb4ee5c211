//! How sshd cuts a line into words: the keyword with one rule, arguments with another, and the
//! criteria of `Match` with the first again.
//!
//! Knows one line at a time, and spans in its text. It must not know what words mean.

use holdfast_model::Span;

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// A word and where it stands, quotes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Without quotes and escapes.
    pub text: String,
    /// In the document.
    pub span: Span,
}

/// A line that says something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'t> {
    /// The first word.
    pub keyword: Word,
    /// What stands behind it, as it is; empty where nothing does.
    pub rest: &'t str,
    /// Where that begins in the document.
    pub rest_at: usize,
}

/// What a line turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut<'t> {
    /// Empty or a comment.
    Nothing,
    /// A keyword whose quote does not end: sshd passes over the line without a word.
    OpenKeyword(Span),
    /// A keyword and more.
    Line(Line<'t>),
}

/// Cuts the keyword off the line that begins at `at` in its document.
pub(super) fn cut(line: &str, at: usize) -> Cut<'_> {
    let body = line.trim_start_matches([' ', '\t', '\r']);
    let at = at + (line.len() - body.len());
    // The first character is never cut off from the end.
    let kept = body.trim_end_matches([' ', '\t', '\r', '\n', '\x0C']);
    let first = body.chars().next().map_or(0, char::len_utf8);
    let body = body.get(..kept.len().max(first)).unwrap_or_default();
    let mut from = 0;
    for _ in 0..2 {
        match delimited(body, from) {
            Delimited::Open => {
                let span = Span { start: at, end: at + body.len() };
                return if body.starts_with('#') { Cut::Nothing } else { Cut::OpenKeyword(span) };
            }
            // A blank, `=` or empty quotes in front are passed over once.
            Delimited::Word { text, next: Some(next), .. } if text.is_empty() && from == 0 => {
                from = next;
            }
            Delimited::Word { text, .. } if text.is_empty() || text.starts_with('#') => {
                return Cut::Nothing;
            }
            Delimited::Word { text, end, next } => {
                let keyword = Word { text, span: Span { start: at + from, end: at + end } };
                let next = next.unwrap_or(body.len());
                let rest = body.get(next..).unwrap_or_default();
                return Cut::Line(Line { keyword, rest, rest_at: at + next });
            }
        }
    }
    Cut::Nothing
}

/// One step of the rule for keywords and criteria.
enum Delimited {
    /// A quote does not end.
    Open,
    /// A word, where it ends, and where the next begins, if something stood behind it.
    Word { text: String, end: usize, next: Option<usize> },
}

/// Words end at blanks, at one `=`, and at the end of a quoted part.
fn delimited(text: &str, from: usize) -> Delimited {
    let rest = text.get(from..).unwrap_or_default();
    let stop = rest.find(|c| BLANKS.contains(&c) || c == '"' || c == '=');
    let Some(stop) = stop else {
        return Delimited::Word { text: rest.to_owned(), end: text.len(), next: None };
    };
    let (before, behind) = rest.split_at(stop);
    let mut behind = behind.chars();
    let sign = behind.next();
    let behind = behind.as_str();
    let skip = |text: &str| text.len() - text.trim_start_matches(BLANKS).len();
    if sign == Some('"') {
        let Some((quoted, after)) = behind.split_once('"') else { return Delimited::Open };
        let end = from + stop + quoted.len() + 2;
        let word = format!("{before}{quoted}");
        return Delimited::Word { text: word, end, next: Some(end + skip(after)) };
    }
    let end = from + stop;
    let mut next = end + 1 + skip(behind);
    if sign != Some('=')
        && let Some(after) = text.get(next..).and_then(|rest| rest.strip_prefix('='))
    {
        next += 1 + skip(after);
    }
    Delimited::Word { text: before.to_owned(), end, next: Some(next) }
}

/// Cuts arguments, which may be quoted with `"` or `'`; `#` at the beginning of a word ends the
/// line. `Err` is the span from a quote that does not end.
pub(super) fn arguments(text: &str, at: usize) -> Result<Vec<Word>, Span> {
    let mut words = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next_if(|_| true) {
        if matches!(first, ' ' | '\t') {
            continue;
        }
        if first == '#' {
            break;
        }
        let mut word = String::new();
        let mut quote: Option<(usize, char)> = None;
        let mut end = text.len();
        let mut next = Some((start, first));
        while let Some((index, c)) = next {
            match (c, quote) {
                ('\\', _) => {
                    let escaped = chars.next_if(|(_, c)| {
                        matches!(c, '\'' | '"' | '\\') || (quote.is_none() && *c == ' ')
                    });
                    word.push(escaped.map_or('\\', |(_, c)| c));
                }
                (' ' | '\t', None) => {
                    end = index;
                    break;
                }
                ('"' | '\'', None) => quote = Some((index, c)),
                (c, Some((_, sign))) if c == sign => quote = None,
                (c, _) => word.push(c),
            }
            next = chars.next();
        }
        if let Some((open, _)) = quote {
            return Err(Span { start: at + open, end: at + text.len() });
        }
        words.push(Word { text: word, span: Span { start: at + start, end: at + end } });
    }
    Ok(words)
}

/// Cuts the criteria of a `Match` line, up to a comment. `Err` is the span that sshd would
/// complain about.
pub(super) fn criteria(text: &str, at: usize) -> Result<Vec<Word>, Span> {
    let mut words = Vec::new();
    let mut from = Some(0);
    while let Some(start) = from {
        match delimited(text, start) {
            Delimited::Open => return Err(Span { start: at + start, end: at + text.len() }),
            Delimited::Word { text: word, end, next } => {
                if word.starts_with('#') {
                    break;
                }
                if word.is_empty() {
                    let rest = text.get(next.unwrap_or(text.len())..).unwrap_or_default();
                    if rest.is_empty() && end == start {
                        break;
                    }
                    return Err(Span { start: at + start, end: at + end.max(start + 1) });
                }
                words.push(Word { text: word, span: Span { start: at + start, end: at + end } });
                from = next;
            }
        }
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(text: &str) -> (String, String) {
        match cut(text, 0) {
            Cut::Line(line) => (line.keyword.text, line.rest.to_owned()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keywords_end_at_blanks_quotes_and_one_equals_sign() {
        for text in ["Port 22", "Port=22", "Port = 22", "  Port\t 22 \r", "\"Port\" 22", "=Port 22"]
        {
            assert_eq!(line(text), ("Port".into(), "22".into()), "{text}");
        }
        assert_eq!(line("Port==22").1, "=22");
        assert_eq!(line("Port"), ("Port".into(), String::new()));
        assert_eq!(cut("  # Port 22", 0), Cut::Nothing);
        assert_eq!(cut("", 0), Cut::Nothing);
        assert!(matches!(cut("\"Port 22", 0), Cut::OpenKeyword(_)));
    }

    #[test]
    fn arguments_may_be_quoted_and_escaped() {
        let words = |text| -> Vec<String> {
            arguments(text, 0).unwrap().into_iter().map(|word| word.text).collect()
        };
        assert_eq!(words("a \"b c\" 'd \"e'"), ["a", "b c", "d \"e"]);
        assert_eq!(words("a#b #c"), ["a#b"]);
        assert_eq!(words("a\\ b \\n \"x\\\"y\""), ["a b", "\\n", "x\"y"]);
        assert_eq!(arguments("a 'b", 10), Err(Span { start: 12, end: 14 }));
    }

    proptest! {
        #[test]
        fn any_line_is_cut(text in "[ \\t\"'=#\\\\aüP\\x0C]{0,30}") {
            if let Cut::Line(line) = cut(&text, 0) {
                let _ = arguments(line.rest, line.rest_at);
                let _ = criteria(line.rest, line.rest_at);
                prop_assert!(line.keyword.span.end <= text.len());
            }
        }
    }
}
