//! What was seen of one host: its settings by resource, its traits, and what its owner declares.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
use holdfast_model::{Aspect, Resource, Setting, Trait, TraitValue};

/// Everything that controls of one host may ask.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Sorted by resource, then by aspect, scope, value and place: what is said of a host does not
    /// depend on the order in which it was looked at.
    settings: Vec<Setting>,
    /// Which of them are of a resource.
    ranges: HashMap<Resource, Range<usize>, RandomState>,
    traits: BTreeMap<Arc<str>, Trait>,
    declared: BTreeMap<String, TraitValue>,
    at_rest: bool,
}

impl Seen {
    /// Orders what was seen. `declared` is what the owner says of the host, by the name behind
    /// `setting.`: what nobody declares counts as not so.
    pub fn new(
        settings: Vec<Setting>,
        traits: Vec<Trait>,
        declared: BTreeMap<String, TraitValue>,
    ) -> Self {
        let mut by_name: BTreeMap<Arc<str>, Trait> = BTreeMap::new();
        for found in traits {
            let known = by_name.get(&found.name).is_some_and(|before| before.value.is_some());
            if !known {
                by_name.insert(Arc::clone(&found.name), found);
            }
        }
        let seen = Self { traits: by_name, declared, ..Self::default() };
        seen.with(settings)
    }

    /// The same with these settings and no others.
    fn with(mut self, mut settings: Vec<Setting>) -> Self {
        settings.sort();
        settings.dedup();
        let mut start = 0;
        self.ranges.clear();
        for same in settings.chunk_by(|one, next| one.resource == next.resource) {
            let end = start + same.len();
            self.ranges.extend(same.first().map(|one| (one.resource.clone(), start..end)));
            start = end;
        }
        self.settings = settings;
        self
    }

    /// The same with more that was seen, by others: what is said of a resource already stays as it is.
    #[must_use]
    pub fn and(mut self, more: impl IntoIterator<Item = Setting>) -> Self {
        let more: Vec<Setting> = more
            .into_iter()
            .filter(|one| self.of(&one.resource, one.aspect).next().is_none())
            .collect();
        let mut settings = std::mem::take(&mut self.settings);
        settings.extend(more);
        self.with(settings)
    }

    /// The same of a system that does not run, such as the root of an image: what it will be after
    /// its next start alone decides.
    #[must_use]
    pub fn at_rest(mut self) -> Self {
        self.at_rest = true;
        self
    }

    /// The same with one more trait, which is not told by the host itself.
    #[must_use]
    pub fn told(mut self, one: Trait) -> Self {
        self.traits.insert(Arc::clone(&one.name), one);
        self
    }

    /// Whether the system does not run.
    pub fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    /// Every setting, by resource.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Every trait, by name.
    pub fn traits(&self) -> impl Iterator<Item = &Trait> {
        self.traits.values()
    }

    /// Everything that was seen of a resource, in order.
    pub fn all_of(&self, resource: &Resource) -> &[Setting] {
        let range = self.ranges.get(resource);
        range.and_then(|range| self.settings.get(range.clone())).unwrap_or_default()
    }

    /// What was seen of one side of a resource; several where scopes differ.
    pub fn of(&self, resource: &Resource, aspect: Aspect) -> impl Iterator<Item = &Setting> {
        self.all_of(resource).iter().filter(move |setting| setting.aspect == aspect)
    }

    /// A trait of the host, by the name behind `host.`.
    pub fn host(&self, name: &str) -> Option<&Trait> {
        self.traits.get(name)
    }

    /// What the owner declares, by the name behind `setting.`.
    pub fn declared(&self, name: &str) -> Option<&TraitValue> {
        self.declared.get(name)
    }
}
