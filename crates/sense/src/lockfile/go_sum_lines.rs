//! The lines of a `go.sum` file: `module version hash`.
//!
//! Knows lines; must not know what they are for.

use std::collections::HashSet;

use holdfast_model::Span;

use crate::text::Mistake;

/// One module whose content was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum<'t> {
    pub(super) path: &'t str,
    pub(super) version: &'t str,
    /// The module's path.
    pub(super) at: usize,
}

/// The modules whose content was hashed, in the order of the file and each once, and the lines
/// that are none. A line for `/go.mod` says only that a module's requirements were read.
pub(super) fn parse(text: &str) -> (Vec<Sum<'_>>, Vec<Mistake>) {
    let mut sums: Vec<Sum<'_>> = Vec::new();
    let mut seen = HashSet::new();
    let mut mistakes = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim();
        if body.is_empty() {
            continue;
        }
        let mut words = body.split_whitespace();
        let (path, version, hash) = (words.next(), words.next(), words.next());
        let start = start + (line.len() - line.trim_start().len());
        match (path, version, hash, words.next()) {
            (Some(path), Some(version), Some(hash), None)
                if version.starts_with('v')
                    && hash.split_once(':').is_some_and(|(_, sum)| sum.len() >= 40) =>
            {
                if !version.ends_with("/go.mod") && seen.insert((path, version)) {
                    sums.push(Sum { path, version, at: start });
                }
            }
            _ => mistakes.push(
                Mistake::loss(
                    "go-sum-syntax",
                    Span { start, end: start + body.len() },
                    "this is no `module version hash`",
                )
                .help("restore the file from version control, or run `go mod tidy`"),
            ),
        }
    }
    (sums, mistakes)
}

/// Every module and version of which anything was hashed, its requirements alone included.
pub(super) fn hashed(text: &str) -> HashSet<(&str, &str)> {
    let each = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (path, version) = (words.next()?, words.next()?);
        words.next().map(|_| (path, version.strip_suffix("/go.mod").unwrap_or(version)))
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_and_requirements_do_not() {
        let hash = format!("h1:{}=", "a".repeat(43));
        let text = format!(
            "e.example/a v1.0.0 {hash}\ne.example/a v1.0.0/go.mod {hash}\ne.example/b v2.0.0/go.mod {hash}\nbroken line\ne.example/c v1.0.0 h1:abc\n"
        );
        let (sums, mistakes) = parse(&text);
        assert_eq!(sums.len(), 1);
        assert_eq!((sums[0].path, sums[0].version), ("e.example/a", "v1.0.0"));
        assert_eq!(mistakes.len(), 2);
        let hashed = hashed(&text);
        assert!(hashed.contains(&("e.example/b", "v2.0.0")) && hashed.len() == 3, "{hashed:?}");
    }
}
