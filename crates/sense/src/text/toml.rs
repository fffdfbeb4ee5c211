//! TOML with places: the recoverable parser of `toml`, its errors as mistakes.
//!
//! Knows TOML; must not know any file written in it.

use std::ops::Range;

use holdfast_model::Span;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::report::{MAX_PROBLEMS, Mistake};

/// A key or value with its place.
pub type Table<'a> = DeTable<'a>;
/// A value.
pub type Value<'a> = DeValue<'a>;

/// Reads what can be read. Nesting is bounded by the parser (80 levels).
pub fn parse(text: &str) -> (Table<'_>, Vec<Mistake>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mistakes = errors
        .iter()
        .take(MAX_PROBLEMS + 1)
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().next().unwrap_or_default();
            Mistake::loss(
                "toml-syntax",
                on_text(text, &span),
                format!("this is no TOML: {message}"),
            )
            .help("mend this line; what stands around it was read")
        })
        .collect();
    (table.into_inner(), mistakes)
}

/// So many broken lines are taken out one after the other.
const ROUNDS: usize = 8;

/// Reads what can be read, also behind what the parser does not recover from: shows the tree,
/// then the trees without the first broken line, without the next one, and so on. Offsets stay
/// those of `text`, so that what was seen already is known by its place.
pub fn trees(text: &str, see: &mut dyn FnMut(&str, &Table<'_>)) -> Vec<Mistake> {
    let (table, mut mistakes) = parse(text);
    see(text, &table);
    // A text without any order is no manifest, and not worth the rounds.
    if mistakes.is_empty() || mistakes.len() > MAX_PROBLEMS {
        return mistakes;
    }
    let mut kept = text.to_owned();
    let mut out = Vec::new();
    for _ in 0..ROUNDS {
        mistakes.sort_by_key(|mistake| mistake.span.start);
        let Some(first) = mistakes.first().cloned() else { return out };
        kept = without_line(&kept, first.span.start);
        out.push(first);
        let (table, rest) = parse(&kept);
        see(&kept, &table);
        mistakes = rest;
    }
    out.extend(mistakes);
    out
}

/// The text with one line blank.
fn without_line(text: &str, at: usize) -> String {
    let (before, after) = text.split_at(text.floor_char_boundary(at));
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let end = after.find('\n').map_or(text.len(), |length| before.len() + length);
    let mut out = String::with_capacity(text.len());
    out.push_str(text.get(..start).unwrap_or_default());
    out.extend(std::iter::repeat_n(' ', end - start));
    out.push_str(text.get(end..).unwrap_or_default());
    out
}

/// Errors at the end of a file are shown at its last visible character.
fn on_text(text: &str, span: &Range<usize>) -> Span {
    let start = text.floor_char_boundary(span.start);
    if text.get(start..).is_some_and(|rest| rest.trim().is_empty()) {
        let end = text.trim_end().len();
        let start = text.floor_char_boundary(end.saturating_sub(1));
        return Span { start, end };
    }
    Span { start, end: text.floor_char_boundary(span.end.max(start)) }
}

/// The span of a string's text, inside its quotes.
pub fn inside(text: &str, span: &Range<usize>) -> Span {
    let raw = text.get(span.clone()).unwrap_or_default();
    for quotes in ["\"\"\"", "'''", "\"", "'"] {
        let Some(inner) = raw.strip_prefix(quotes).and_then(|raw| raw.strip_suffix(quotes)) else {
            continue;
        };
        let start = span.start + quotes.len();
        // A line end right behind the opening quotes of a long string is not part of it.
        let skipped = match inner.as_bytes() {
            [b'\r', b'\n', ..] if quotes.len() == 3 => 2,
            [b'\n', ..] if quotes.len() == 3 => 1,
            _ => 0,
        };
        return Span { start: start + skipped, end: start + inner.len() };
    }
    Span { start: span.start, end: span.end }
}

/// A value's text with its place inside the quotes.
pub fn string<'t>(text: &str, value: &'t Spanned<DeValue<'_>>) -> Option<(&'t str, Span)> {
    Some((value.get_ref().as_str()?, inside(text, &value.span())))
}

/// A member of a table.
pub fn get<'t, 'a>(table: &'t Table<'a>, key: &str) -> Option<&'t Spanned<DeValue<'a>>> {
    table.get(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_have_the_place_of_their_text() {
        let text = "a = \"x\"\nb.c = 'yy'\nd = \"\"\"\nz\"\"\"\n";
        let (table, mistakes) = parse(text);
        assert!(mistakes.is_empty());
        let (x, at) = string(text, get(&table, "a").unwrap()).unwrap();
        assert_eq!((x, at.of(text)), ("x", Some("x")));
        let b = get(&table, "b").unwrap().get_ref().as_table().unwrap();
        let (yy, at) = string(text, get(b, "c").unwrap()).unwrap();
        assert_eq!((yy, at.of(text)), ("yy", Some("yy")));
        let (z, at) = string(text, get(&table, "d").unwrap()).unwrap();
        assert_eq!((z, at.of(text)), ("z", Some("z")));
    }

    #[test]
    fn a_broken_line_loses_no_neighbour() {
        let (table, mistakes) = parse("a = 1\nb = \"x\nc = 3\n[d]\ne = \n[f]\ng = 1\n");
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
        for key in ["a", "c", "d", "f"] {
            assert!(get(&table, key).is_some(), "{key}");
        }
    }
}
