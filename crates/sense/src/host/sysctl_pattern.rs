//! Patterns over the names of kernel parameters, glob(7), as sysctl.d(5) and modprobe.d(5) take them.
//!
//! Knows one pattern and one name; must not know who writes them.

/// Whether a key names many parameters, glob(7).
pub(super) fn is_pattern(key: &str) -> bool {
    key.contains(['*', '?', '['])
}

/// Whether a path fits a pattern, segment by segment.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if segment_matches(wanted, found) => {}
            _ => return false,
        }
    }
}

/// Whether a segment fits a pattern. Linear in pattern times name: on a mismatch only the last
/// `*` takes one more character.
pub(super) fn segment_matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    let mut last_star: Option<(&str, &str)> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix('*') {
            last_star = Some((rest, name));
            pattern = rest;
            continue;
        }
        let mut left = name.chars();
        match (left.next(), pattern.is_empty()) {
            (None, true) => return true,
            (Some(found), false) => {
                if let Some(rest) = one_matches(pattern, found) {
                    (pattern, name) = (rest, left.as_str());
                    continue;
                }
            }
            _ => {}
        }
        let Some((behind, kept)) = last_star else { return false };
        let mut kept = kept.chars();
        if kept.next().is_none() {
            return false;
        }
        last_star = Some((behind, kept.as_str()));
        (pattern, name) = (behind, kept.as_str());
    }
}

/// Takes one character's worth of a pattern, if the character fits: what is left of the pattern.
fn one_matches(pattern: &str, found: char) -> Option<&str> {
    let mut chars = pattern.chars();
    match chars.next()? {
        '?' => Some(chars.as_str()),
        '\\' => (chars.next()? == found).then_some(chars.as_str()),
        '[' => match set_matches(chars.as_str(), found) {
            Some((fits, rest)) => fits.then_some(rest),
            // A bracket that is never closed stands for itself.
            None => (found == '[').then_some(chars.as_str()),
        },
        wanted => (wanted == found).then_some(chars.as_str()),
    }
}

/// Whether a character is in the set behind `[`, and what stands behind its `]`.
fn set_matches(set: &str, found: char) -> Option<(bool, &str)> {
    let inner = set.strip_prefix(['!', '^']);
    let negated = inner.is_some();
    let mut chars = inner.unwrap_or(set).chars();
    let (mut fits, mut first) = (false, true);
    loop {
        let low = chars.next()?;
        if low == ']' && !first {
            return Some((fits != negated, chars.as_str()));
        }
        first = false;
        let mut ahead = chars.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) if high != ']' => {
                fits |= (low..=high).contains(&found);
                chars = ahead;
            }
            _ => fits |= low == found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn brackets_are_those_of_glob() {
        let cases = [
            ("eth[0-3]", "eth2", true),
            ("eth[!0-3]", "eth2", false),
            ("eth[^0-3]", "eth4", true),
            ("[]a]", "]", true),
            ("[a-]", "-", true),
            ("[", "[", true),
            ("e*[01]", "eth0 eth1", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a?c", "abc", true),
            ("*", "", true),
            ("", "", true),
        ];
        for (pattern, name, wanted) in cases {
            assert_eq!(segment_matches(pattern, name), wanted, "{pattern} {name}");
        }
        assert!(!matches("*", "a/b") && matches("*/b", "a/b"));
    }

    /// The definition, as slow and plain as it can be said.
    fn plainly(pattern: &[char], name: &[char]) -> bool {
        match pattern.split_first() {
            None => name.is_empty(),
            Some(('*', rest)) => (0..=name.len()).any(|skip| plainly(rest, &name[skip..])),
            Some((wanted, rest)) => name.split_first().is_some_and(|(found, name)| {
                (*wanted == '?' || wanted == found) && plainly(rest, name)
            }),
        }
    }

    proptest! {
        #[test]
        fn stars_match_as_defined(pattern in "[ab*?é]{0,8}", name in "[abé]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            let wanted = plainly(&chars(&pattern), &chars(&name));
            prop_assert_eq!(segment_matches(&pattern, &name), wanted);
        }

        #[test]
        fn no_pattern_panics(pattern in "[]\\[!^*?\\\\a-]{0,12}", name in "[]a\\[*-]{0,6}") {
            let _ = segment_matches(&pattern, &name);
        }
    }
}
