//! The ranges that packages ask for one another in.
//!
//! Knows texts, and how they stand behind names; must not know any format, nor what a range means.

use std::collections::HashMap;
use std::sync::Arc;

/// A text longer than this is no range that anybody would write.
const LONGEST: usize = 512;

/// The ranges of one document. Thousands of needs ask for the same few hundred, and each is kept once.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    /// What was found in each text.
    known: HashMap<Arc<str>, Option<Arc<str>>>,
}

impl Ranges {
    /// A range as it is written; none where it is too long for one.
    pub(super) fn keep(&mut self, text: &str) -> Option<Arc<str>> {
        self.of(text, bounded)
    }

    /// The range that `read` finds in a text; it is asked once for each different text.
    pub(super) fn of(&mut self, text: &str, read: fn(&str) -> Option<&str>) -> Option<Arc<str>> {
        let text = bounded(text)?;
        if let Some(known) = self.known.get(text) {
            return known.clone();
        }
        let key: Arc<str> = text.into();
        let range: Option<Arc<str>> = read(text)
            .map(|range| if range.len() == text.len() { Arc::clone(&key) } else { range.into() });
        self.known.insert(key, range.clone());
        range
    }
}

fn bounded(text: &str) -> Option<&str> {
    (text.len() <= LONGEST).then_some(text)
}

/// The range in brackets behind a name, as in `rack (>= 1.2, < 3)`: empty where there are none, so that
/// any version will do; none where something else stands in them.
pub(super) fn in_brackets(text: &str) -> Option<&str> {
    let Some((_, behind)) = text.split_once('(') else { return Some("") };
    let range = behind.trim_end().strip_suffix(')')?.trim();
    let first = |c: char| c.is_ascii_digit() || matches!(c, '=' | '<' | '>' | '~' | '!');
    range.starts_with(first).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_kept_and_read_once() {
        let mut ranges = Ranges::default();
        let (one, two) = (ranges.keep("^1.0.0").unwrap(), ranges.keep("^1.0.0").unwrap());
        assert!(Arc::ptr_eq(&one, &two));
        assert_eq!(ranges.keep("").as_deref(), Some(""));
        assert_eq!(ranges.keep(&"1".repeat(LONGEST)).map(|range| range.len()), Some(LONGEST));
        assert_eq!(ranges.keep(&"1".repeat(LONGEST + 1)), None);
        let behind = |text| ranges.of(text, |text| text.strip_prefix("a:"));
        let found: Vec<_> = ["a:1", "b:1", "a:1", "b:1", "a:"].map(behind).into();
        assert!(found[0].as_ref().zip(found[2].as_ref()).is_some_and(|(a, b)| Arc::ptr_eq(a, b)));
        let found: Vec<_> = found.iter().map(Option::as_deref).collect();
        assert_eq!(found, [Some("1"), None, Some("1"), None, Some("")]);
    }

    #[test]
    fn brackets_hold_a_range_or_nothing() {
        for (text, wanted) in [
            ("rack", Some("")),
            ("rack (>= 1.2, < 3)", Some(">= 1.2, < 3")),
            ("A/Core (~> 1.0)", Some("~> 1.0")),
            ("a(!= 2) ", Some("!= 2")),
            ("a (1.0)", Some("1.0")),
            ("a (from `../a`)", None),
            ("a (>= 1", None),
            ("a ()", None),
        ] {
            assert_eq!(in_brackets(text), wanted, "{text}");
        }
    }
}
