//! The patterns of `Include`, glob(7): `*`, `?`, `[…]` and `\`, within one path segment.
//!
//! Knows text only.

/// One part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Char(char),
    Any,
    One,
    /// Ranges, and whether the others are meant.
    Set(Vec<(char, char)>, bool),
}

/// A pattern of paths.
#[derive(Debug)]
pub(super) struct Pattern {
    parts: Vec<Part>,
}

impl Pattern {
    /// Reads a pattern; every text is one.
    pub(super) fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let part = match c {
                '*' => Part::Any,
                '?' => Part::One,
                '\\' => Part::Char(rest.next().unwrap_or('\\')),
                '[' => match set(rest.as_str()) {
                    Some((part, behind)) => {
                        rest = behind.chars();
                        part
                    }
                    None => Part::Char('['),
                },
                c => Part::Char(c),
            };
            // `**` is `*`.
            if part != Part::Any || parts.last() != Some(&Part::Any) {
                parts.push(part);
            }
        }
        Self { parts }
    }

    /// The path, where nothing is a wildcard.
    pub(super) fn plain(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| if let Part::Char(c) = part { Some(*c) } else { None })
            .collect()
    }

    /// A pattern of `*` and `?` only that finds at least as much; `None` without wildcards.
    pub(super) fn wide(&self) -> Option<String> {
        if self.parts.iter().all(|part| matches!(part, Part::Char(_))) {
            return None;
        }
        let wide = self.parts.iter().map(|part| match part {
            Part::Any => '*',
            // Signs that would be wildcards again are matched as one character.
            Part::One | Part::Set(..) | Part::Char('*' | '?' | '[' | '{' | '\\') => '?',
            Part::Char(c) => *c,
        });
        Some(wide.collect())
    }

    /// Whether it means this path. Wildcards do not match `/`, nor a dot at the beginning of a
    /// name.
    pub(super) fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        // The positions that can be reached after each part.
        let mut reached = vec![false; path.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for part in &self.parts {
            let mut next = vec![false; path.len() + 1];
            let mut carried = false;
            for (at, was) in reached.iter().enumerate() {
                let before = at.checked_sub(1).and_then(|at| path.get(at)).copied();
                let hidden = before == Some('/') || at == 0;
                let here = path.get(at).copied().filter(|c| !(hidden && *c == '.'));
                let wild = here.filter(|c| *c != '/');
                let (stays, goes) = match part {
                    Part::Any => {
                        let open = *was || carried;
                        carried = open && wild.is_some();
                        (open, false)
                    }
                    Part::One => (false, *was && wild.is_some()),
                    Part::Set(ranges, not) => {
                        let hit = wild.is_some_and(|c| {
                            ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *not
                        });
                        (false, *was && hit)
                    }
                    Part::Char(c) => (false, *was && path.get(at) == Some(c)),
                };
                if let (true, Some(slot)) = (stays, next.get_mut(at)) {
                    *slot = true;
                }
                if let (true, Some(slot)) = (goes, next.get_mut(at + 1)) {
                    *slot = true;
                }
            }
            reached = next;
        }
        reached.last().copied().unwrap_or_default()
    }
}

/// A set behind its `[`, and what follows; `None` where it does not end.
fn set(text: &str) -> Option<(Part, &str)> {
    let (not, body) = match text.strip_prefix(['!', '^']) {
        Some(body) => (true, body),
        None => (false, text),
    };
    // A `]` at the beginning is a sign like others.
    let skip = body.chars().next()?.len_utf8();
    let close = skip + body.get(skip..)?.find(']')?;
    let mut ranges = Vec::new();
    let mut signs = body.get(..close)?.chars().peekable();
    while let Some(from) = signs.next() {
        let mut ahead = signs.clone();
        match (ahead.next(), ahead.next()) {
            (Some('-'), Some(to)) => {
                ranges.push((from, to));
                signs = ahead;
            }
            _ => ranges.push((from, from)),
        }
    }
    Some((Part::Set(ranges, not), body.get(close + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards_stay_in_their_segment_and_skip_hidden_names() {
        let matches = |pattern: &str, path: &str| Pattern::new(pattern).matches(path);
        assert!(matches("/d/*.conf", "/d/a.conf") && matches("/d/*", "/d/a"));
        assert!(!matches("/d/*.conf", "/d/.a.conf") && !matches("/d/*.conf", "/d/e/a.conf"));
        assert!(!matches("/d/?a", "/d/.a") && matches("/d/?a", "/d/xa"));
        assert!(matches("/d/[0-4]*", "/d/4x") && !matches("/d/[!0-4]*", "/d/4x"));
        assert!(matches("/*/[]a]", "/q/]") && matches("/d/\\*", "/d/*") && matches("/[", "/["));
        assert!(matches("**a", "bba") && matches("a*b*c", "aXbbYc") && !matches("a*b", "ac"));
        assert!(matches("/d/.*", "/d/.a"));
    }

    #[test]
    fn what_is_asked_for_is_wide_enough() {
        assert_eq!(Pattern::new("/d/[0-4]?*.c\\*").wide().as_deref(), Some("/d/??*.c?"));
        assert_eq!(Pattern::new("/d/a\\ b").wide(), None);
        assert_eq!(Pattern::new("/d/a\\ b").plain(), "/d/a b");
    }

    proptest! {
        #[test]
        fn any_text_is_a_pattern(pattern in "[a*?\\[\\]!\\\\./-]{0,20}", path in "[a./-]{0,20}") {
            let _ = Pattern::new(&pattern).matches(&path);
        }

        #[test]
        fn a_path_matches_itself(path in "[a-z./]{0,20}") {
            prop_assert!(Pattern::new(&path).matches(&path));
        }
    }
}
