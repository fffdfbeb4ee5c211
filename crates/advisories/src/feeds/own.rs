//! The organisation's own package names, and names that look like them.

use std::collections::{BTreeMap, BTreeSet};

use holdfast_model::Ecosystem;

/// The shortest name for which a slip is told; shorter ones differ by one letter all the time.
const SHORTEST: usize = 5;

/// Names of the organisation's own packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnNames {
    /// By family; as the ecosystem compares them.
    names: BTreeMap<String, BTreeSet<String>>,
    /// In every ecosystem: `@acme/*`, `acme-*`.
    patterns: Vec<String>,
}

impl OwnNames {
    /// Adds a name that the organisation publishes.
    pub fn add(&mut self, ecosystem: &Ecosystem, name: &str) {
        let name = ecosystem.normal_name(name);
        self.names.entry(ecosystem.family().to_owned()).or_default().insert(name);
    }

    /// Adds a pattern that people wrote: a name, with `*` for the rest of it.
    pub fn add_pattern(&mut self, pattern: &str) {
        self.patterns.push(pattern.to_owned());
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.patterns.is_empty()
    }

    /// Whether a name is one's own.
    pub fn holds(&self, ecosystem: &Ecosystem, name: &str) -> bool {
        let normal = ecosystem.normal_name(name);
        self.of(ecosystem).is_some_and(|names| names.contains(&normal))
            || self.patterns.iter().any(|pattern| fits(pattern, name))
    }

    /// The own name that a foreign one is a slip away from: one letter more, less, different or
    /// exchanged with its neighbour; or only its separators differ.
    pub fn lookalike(&self, ecosystem: &Ecosystem, name: &str) -> Option<&str> {
        let name = ecosystem.normal_name(name);
        if name.chars().count() < SHORTEST {
            return None;
        }
        let near = |own: &&String| own.len() >= SHORTEST && **own != name && is_slip(own, &name);
        self.of(ecosystem)?.iter().find(near).map(String::as_str)
    }

    fn of(&self, ecosystem: &Ecosystem) -> Option<&BTreeSet<String>> {
        self.names.get(ecosystem.family())
    }
}

/// Whether a pattern with `*` for any text covers a name; a scope covers what is in it, and a Go
/// path what lies below it.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    if let Some((front, back)) = pattern.split_once('*') {
        let Some(rest) = name.strip_prefix(front) else { return false };
        return if back.contains('*') {
            rest.char_indices().any(|(at, _)| rest.get(at..).is_some_and(|rest| fits(back, rest)))
        } else {
            rest.ends_with(back)
        };
    }
    name == pattern
        || name
            .strip_prefix(pattern)
            .is_some_and(|rest| rest.starts_with('/') || rest.starts_with(':'))
}

/// Whether two different texts are one slip apart: the restricted edit distance of Damerau is one,
/// or they are the same without their separators.
fn is_slip(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace(['-', '_', '.'], "");
    if plain(one) == plain(other) {
        return true;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(left, right)| left == right).count();
    let left = one.get(same..).unwrap_or_default();
    let right = other.get(same..).unwrap_or_default();
    let behind = |rest: &[char], count: usize| rest.get(count..).map(<[char]>::to_vec);
    let exchanged = left.len() > 1
        && left.first() == right.get(1)
        && left.get(1) == right.first()
        && behind(left, 2) == behind(right, 2);
    exchanged
        // One letter different, one too many, one too few.
        || (!left.is_empty() && behind(left, 1) == behind(right, 1))
        || behind(left, 1).as_deref() == Some(right)
        || behind(right, 1).as_deref() == Some(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found() {
        for near in ["shop-aip", "shop-ap", "shop-apii", "shop-spi", "shopapi", "shop_api"] {
            assert!(is_slip("shop-api", near), "{near}");
        }
        for far in ["shop-web", "shop", "api-shop", "shop-pia"] {
            assert!(!is_slip("shop-api", far), "{far}");
        }
    }

    #[test]
    fn patterns_cover_scopes_and_paths() {
        assert!(fits("@acme", "@acme/till") && fits("@acme/*", "@acme/till"));
        assert!(fits("forge.example/acme", "forge.example/acme/till"));
        assert!(fits("*.acme.example/*", "git.acme.example/till"));
        assert!(fits("org.acme*", "org.acme.shop:core") && fits("org.acme", "org.acme:core"));
        assert!(!fits("@acme", "@acmes/till") && !fits("acme-*", "our-acme-x"));
        assert!(!fits("a*b*c", "aXcYb") && fits("a*b*c", "aXbYc"));
    }

    #[test]
    fn short_names_and_own_names_look_like_nothing() {
        let npm = Ecosystem::new("npm");
        let mut own = OwnNames::default();
        assert!(own.is_empty());
        own.add(&npm, "till");
        own.add(&npm, "shop-api");
        assert_eq!(own.lookalike(&npm, "tills"), None);
        assert_eq!(own.lookalike(&npm, "shop-api"), None);
        assert_eq!(own.lookalike(&npm, "shop-app"), Some("shop-api"));
        assert_eq!(own.lookalike(&Ecosystem::new("PyPI"), "shop-app"), None);
        assert!(own.holds(&npm, "till") && !own.holds(&npm, "tiller"));
    }
}
