//! The organisation's own package names, and names that look like them.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;
use holdfast_model::Ecosystem;

use super::slip::{SHORTEST, is_slip, keys, meant, plain};

/// Names of the organisation's own packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnNames {
    /// By family and as the ecosystem compares them; the asset that declares it, where that is
    /// another one than this.
    names: BTreeMap<String, BTreeMap<String, Option<Arc<str>>>>,
    /// In every ecosystem: `@acme/*`, `acme-*`.
    patterns: Vec<String>,
    /// Own names that others may look like: the family, or none for a pattern without `*`, and the
    /// name.
    alike: Vec<(Option<String>, String)>,
    /// Which of them, by what names that are a slip apart share.
    near: HashMap<u64, Vec<usize>, RandomState>,
    /// Names that nobody else uses, by family: the name that others use and that may be meant, and
    /// how many they are.
    meant: BTreeMap<String, BTreeMap<String, (String, u64)>>,
}

/// The names that others may use where a name is a misspelling of theirs; none where it is too short
/// to tell, or too long. Of `ecosystem` and as it compares them.
pub fn misspelt(ecosystem: &Ecosystem, name: &str) -> Vec<String> {
    meant(&ecosystem.normal_name(name))
}

impl OwnNames {
    /// Adds a name that the tree itself publishes.
    pub fn add(&mut self, ecosystem: &Ecosystem, name: &str) {
        self.insert(ecosystem, name, None);
    }

    /// Adds a name that another asset publishes. Short names without an owner are left out: too
    /// many projects are called `web`.
    pub fn add_from(&mut self, ecosystem: &Ecosystem, name: &str, asset: &Arc<str>) {
        if name.contains(['/', ':']) || name.chars().count() >= SHORTEST {
            self.insert(ecosystem, name, Some(Arc::clone(asset)));
        }
    }

    fn insert(&mut self, ecosystem: &Ecosystem, name: &str, asset: Option<Arc<str>>) {
        let name = comparable(ecosystem, name);
        let family = ecosystem.family().to_owned();
        let names = self.names.entry(family.clone()).or_default();
        if let Some(known) = names.get_mut(&*name) {
            // What the tree says itself counts first.
            *known = known.take().and(asset);
            return;
        }
        names.insert(name.clone().into_owned(), asset);
        self.index(Some(family), &name);
    }

    /// Adds a pattern that people wrote: a name, with `*` for the rest of it.
    pub fn add_pattern(&mut self, pattern: &str) {
        self.patterns.push(pattern.to_owned());
        if !pattern.contains('*') {
            self.index(None, pattern);
        }
    }

    fn index(&mut self, family: Option<String>, name: &str) {
        let plain = plain(name);
        if plain.len() < SHORTEST {
            return;
        }
        for key in keys(&plain) {
            self.near.entry(key).or_default().push(self.alike.len());
        }
        self.alike.push((family, name.to_owned()));
    }

    /// Adds a name that nobody else uses, and the one that `assets` others use and that may be meant.
    pub fn add_misspelt(&mut self, ecosystem: &Ecosystem, name: &str, used: &str, assets: u64) {
        let of_family = self.meant.entry(ecosystem.family().to_owned()).or_default();
        of_family.insert(ecosystem.normal_name(name), (used.to_owned(), assets));
    }

    /// The name that others use where this one may be a misspelling of it, and how many they are.
    pub fn misspelt(&self, ecosystem: &Ecosystem, name: &str) -> Option<(&str, u64)> {
        let of_family = self.meant.get(ecosystem.family())?;
        let (used, assets) = of_family.get(&ecosystem.normal_name(name))?;
        Some((used, *assets))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.patterns.is_empty()
    }

    /// Whether a name is one's own.
    pub fn holds(&self, ecosystem: &Ecosystem, name: &str) -> bool {
        let normal = comparable(ecosystem, name);
        self.names.get(ecosystem.family()).is_some_and(|names| names.contains_key(&*normal))
            || self.patterns.iter().any(|pattern| binds(ecosystem, pattern, name))
    }

    /// The other asset that publishes one's own name, where only that says so.
    pub fn published_by(&self, ecosystem: &Ecosystem, name: &str) -> Option<&str> {
        let names = self.names.get(ecosystem.family())?;
        names.get(&*comparable(ecosystem, name))?.as_deref()
    }

    /// The own name that a foreign one is a slip away from.
    pub fn lookalike(&self, ecosystem: &Ecosystem, name: &str) -> Option<&str> {
        if self.near.is_empty() {
            return None;
        }
        let name = comparable(ecosystem, name);
        let fits = |(family, own): &&(Option<String>, String)| {
            family.as_deref().is_none_or(|family| family == ecosystem.family())
                && is_slip(&comparable(ecosystem, own), &name)
        };
        keys(&plain(&name))
            .iter()
            .filter_map(|key| self.near.get(key))
            .flat_map(|near| near.iter().filter_map(|at| self.alike.get(*at)).filter(fits))
            .map(|(_, own)| own.as_str())
            .min()
    }
}

/// A name so that different writings of one name are one. Registries of npm and Cargo refuse names
/// that differ in letter case, and Cargo's those that differ in `-` and `_`, although both know the
/// names as they were written.
fn comparable<'n>(ecosystem: &Ecosystem, name: &'n str) -> Cow<'n, str> {
    let small = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    match ecosystem.family() {
        Ecosystem::NPM | Ecosystem::CARGO
            if name.bytes().all(|byte| small(byte) && byte != b'_') =>
        {
            name.into()
        }
        Ecosystem::NPM => name.to_lowercase().into(),
        Ecosystem::CARGO => name.to_lowercase().replace('_', "-").into(),
        _ => ecosystem.normal_name(name).into(),
    }
}

/// Whether a pattern covers a name of an ecosystem, however either is written.
pub(super) fn binds(ecosystem: &Ecosystem, pattern: &str, name: &str) -> bool {
    fits(&comparable(ecosystem, pattern), &comparable(ecosystem, name))
}

/// Whether a pattern with `*` for any text covers a name; a scope covers what is in it, and a Go
/// path what lies below it.
fn fits(pattern: &str, name: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn patterns_are_written_as_people_like() {
        for (ecosystem, pattern, name) in [
            ("PyPI", "Acme_*", "acme-billing"),
            ("PyPI", "acme.billing", "acme-billing"),
            ("npm", "@Acme/*", "@acme/till"),
            ("NuGet", "Acme.*", "acme.till"),
            ("Packagist", "Acme", "acme/till"),
            (Ecosystem::CARGO, "acme-*", "acme_till"),
        ] {
            let ecosystem = Ecosystem::new(ecosystem);
            let mut own = OwnNames::default();
            own.add_pattern(pattern);
            assert!(own.holds(&ecosystem, name), "{ecosystem} {pattern} {name}");
        }
        assert!(!binds(&Ecosystem::new("Maven"), "com.Acme", "com.acme:till"));
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

    #[test]
    fn names_in_the_list_have_lookalikes_in_every_ecosystem() {
        let mut own = OwnNames::default();
        own.add_pattern("acme-billing");
        own.add_pattern("@acme/*");
        for ecosystem in ["npm", "PyPI", "NuGet"] {
            let ecosystem = Ecosystem::new(ecosystem);
            assert_eq!(own.lookalike(&ecosystem, "Acme_Biling"), Some("acme-billing"));
            assert_eq!(own.lookalike(&ecosystem, "acme.billing2"), None);
        }
    }

    #[test]
    fn another_assets_name_says_whose_it_is() {
        let npm = Ecosystem::new("npm");
        let mut own = OwnNames::default();
        own.add_from(&npm, "acme-billing", &"shop-billing".into());
        own.add_from(&npm, "web", &"shop-web".into());
        assert_eq!(own.published_by(&npm, "acme-billing"), Some("shop-billing"));
        assert!(own.holds(&npm, "acme-billing") && !own.holds(&npm, "web"));
        own.add(&npm, "acme-billing");
        assert_eq!(own.published_by(&npm, "acme-billing"), None, "it is the tree's own");
    }
}
