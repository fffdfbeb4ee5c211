//! Who brings a package in: the shortest chain from the project to it, in each lockfile.

use std::collections::{BTreeMap, VecDeque};

use holdfast_model::{Component, Finding, Origin};

use crate::look::{Document, Look};

/// How many chains are told.
const MOST: usize = 5;

/// Chains as text: `shop → chrono 0.4.19 → time 0.1.43`.
pub(crate) fn chains(look: &Look, finding: &Finding) -> Vec<String> {
    let mut out = Vec::new();
    for document in &look.documents {
        for (at, component) in document.components.iter().enumerate() {
            let here = finding.instances.iter().any(|instance| {
                instance.place == component.place && instance.version == component.version
            });
            if here && out.len() < MOST {
                out.extend(chain(document, at).map(|chain| text(&chain)));
            }
        }
    }
    out
}

/// The package that the project itself declares and through which a component comes; `None` where
/// it is declared directly, or nobody says.
pub(crate) fn direct_parent(document: &Document, at: usize) -> Option<&Component> {
    let chain = chain(document, at)?;
    let above = chain.split_last().map(|(_, above)| above)?;
    above.iter().copied().find(|component| component.origin != Origin::Tree)
}

/// The shortest chain from something that nobody needs, or that the project declares, down to a
/// component.
fn chain(document: &Document, at: usize) -> Option<Vec<&Component>> {
    let mut parents: BTreeMap<usize, Vec<Option<usize>>> = BTreeMap::new();
    for edge in &document.edges {
        let parent = edge.parent.map(|parent| parent as usize);
        parents.entry(edge.child as usize).or_default().push(parent);
    }
    let mut below: BTreeMap<usize, Option<usize>> = BTreeMap::from([(at, None)]);
    let mut queue = VecDeque::from([at]);
    while let Some(current) = queue.pop_front() {
        let above = parents.get(&current).map(Vec::as_slice).unwrap_or_default();
        let component = document.components.get(current)?;
        let is_top = above.is_empty() || above.contains(&None) || component.origin == Origin::Tree;
        if is_top {
            let mut chain = Vec::new();
            let mut next = Some(current);
            while let Some(index) = next {
                chain.extend(document.components.get(index));
                next = below.get(&index).copied().flatten();
            }
            return Some(chain);
        }
        for parent in above.iter().flatten() {
            if !below.contains_key(parent) {
                below.insert(*parent, Some(current));
                queue.push_back(*parent);
            }
        }
    }
    None
}

fn text(chain: &[&Component]) -> String {
    let name = |component: &&Component| match &component.version {
        Some(version) if component.origin != Origin::Tree => {
            format!("{} {version}", component.name)
        }
        _ => component.name.to_string(),
    };
    chain.iter().map(name).collect::<Vec<_>>().join(" → ")
}
