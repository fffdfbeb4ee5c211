//! Which controls of ours a test of somebody else's means, by the references that both carry.
//!
//! Knows references only. A scheme in which one number stands for many things, as in a catalogue of
//! requirements, joins nothing: no reader gives such a name to a test.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use holdfast_model::Digest;

use crate::controls::Controls;
use crate::gather::Tree;

/// The scheme of our own ids.
const OWN: &str = "holdfast";

/// Our controls by their references. They are read with the first test that asks.
pub(super) struct References<'a> {
    tree: &'a dyn Tree,
    known: OnceLock<BTreeMap<String, Vec<Arc<str>>>>,
}

impl<'a> References<'a> {
    pub(super) fn new(tree: &'a dyn Tree) -> Self {
        Self { tree, known: OnceLock::new() }
    }

    fn known(&self) -> &BTreeMap<String, Vec<Arc<str>>> {
        self.known.get_or_init(|| of(&Controls::read(Some(self.tree))))
    }

    /// The ids of the controls that carry one of these references, sorted.
    pub(super) fn controls(&self, refs: &[Arc<str>]) -> Vec<Arc<str>> {
        if refs.is_empty() {
            return Vec::new();
        }
        let known = self.known();
        let found = refs.iter().filter_map(|name| known.get(&name.to_ascii_lowercase()));
        let mut controls: Vec<Arc<str>> = found.flatten().cloned().collect();
        controls.sort();
        controls.dedup();
        controls
    }

    /// Differs where a test may mean something else.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(format!("{:?}", self.known()).as_bytes())
    }
}

fn of(controls: &Controls) -> BTreeMap<String, Vec<Arc<str>>> {
    let mut known: BTreeMap<String, Vec<Arc<str>>> = BTreeMap::new();
    let mut add = |scheme: &str, id: &str, control: &Arc<str>| {
        let name = format!("{scheme}:{id}").to_ascii_lowercase();
        known.entry(name).or_default().push(Arc::clone(control));
    };
    for control in &controls.list {
        add(OWN, &control.id, &control.id);
        for (scheme, ids) in &control.refs {
            for id in ids {
                add(scheme, id, &control.id);
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_found_by_their_own_ids_and_those_of_others() {
        let known = of(&Controls::read(None));
        let has = |name: &str, id: &str| {
            known.get(name).is_some_and(|controls| controls.iter().any(|one| **one == *id))
        };
        assert!(has("devsec:sshd-06", "root-login"));
        assert!(has("holdfast:root-login", "root-login"));
        assert!(has("devsec:os-05", "login-path") && has("devsec:os-05", "login-tries"));
        assert!(!known.contains_key("devsec:root-login"));
    }
}
