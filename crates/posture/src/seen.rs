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
    fn with(mut self, settings: Vec<Setting>) -> Self {
        let mut settings = by_resource(settings);
        settings.chunk_by_mut(same).for_each(<[Setting]>::sort);
        settings.dedup();
        let mut start = 0;
        self.ranges.clear();
        for of_one in settings.chunk_by(same) {
            let end = start + of_one.len();
            self.ranges.extend(of_one.first().map(|one| (one.resource.clone(), start..end)));
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

fn same(one: &Setting, next: &Setting) -> bool {
    one.resource == next.resource
}

/// Settings in the order of their resources. Collectors tell of one resource after the other: such
/// runs are fewer to compare than settings, and lighter to move.
fn by_resource(settings: Vec<Setting>) -> Vec<Setting> {
    let mut start = 0;
    let runs = settings.chunk_by(same).map(|run| {
        let from = start;
        start += run.len();
        from..start
    });
    let mut runs: Vec<Range<usize>> = runs.collect();
    let resource = |run: &Range<usize>| settings.get(run.start).map(|first| &first.resource);
    runs.sort_by(|one, other| resource(one).cmp(&resource(other)));
    let mut left: Vec<Option<Setting>> = settings.into_iter().map(Some).collect();
    let mut ordered = Vec::with_capacity(left.len());
    for run in runs {
        let run = left.get_mut(run).unwrap_or_default();
        ordered.extend(run.iter_mut().filter_map(Option::take));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn setting(file: u8, aspect: Aspect, member: Option<u8>) -> Setting {
        Setting {
            resource: Resource::File { path: format!("/f{file}").into() },
            aspect,
            scope: member.map(|member| format!("m{member}").into()),
            reading: holdfast_model::Reading::Absent,
            place: None,
            default: false,
        }
    }

    proptest! {
        /// In whatever order collectors tell, and however often.
        #[test]
        fn settings_stand_in_order_and_each_once(
            told in prop::collection::vec(
                (
                    0_u8..6,
                    prop::sample::select(vec![Aspect::Mode, Aspect::Owner, Aspect::Value]),
                    prop::option::of(0_u8..4),
                ),
                0..40,
            ),
        ) {
            let told: Vec<Setting> =
                told.into_iter().map(|(file, aspect, member)| setting(file, aspect, member)).collect();
            let seen = Seen::new(told.clone(), Vec::new(), BTreeMap::new());
            let mut wanted = told;
            wanted.sort();
            wanted.dedup();
            prop_assert_eq!(seen.settings(), wanted.as_slice());
            for file in 0..6 {
                let of_one = setting(file, Aspect::Mode, None).resource;
                let wanted: Vec<Setting> =
                    wanted.iter().filter(|one| one.resource == of_one).cloned().collect();
                prop_assert_eq!(seen.all_of(&of_one), wanted.as_slice());
            }
        }
    }
}
