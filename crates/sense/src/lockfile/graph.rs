//! The packages of a lockfile, who needs whom, and what follows from that: what the project
//! itself asks for, and what it needs while developing only.
//!
//! Knows components and edges; must not know any format.

use holdfast_model::{Component, Edge, Origin, Place};

use super::ranges::Ranges;
use crate::text::{Report, number};

/// The packages of one lockfile.
#[derive(Debug, Default)]
pub(super) struct Graph {
    components: Vec<Component>,
    edges: Vec<Edge>,
    /// What the project asks for, and whether for development.
    asked: Vec<(u32, bool)>,
    ranges: Ranges,
}

impl Graph {
    /// Adds a package; its number is what edges use.
    pub(super) fn add(&mut self, component: Component) -> u32 {
        self.components.push(component);
        number(self.components.len() - 1)
    }

    /// How many packages there are.
    pub(super) fn len(&self) -> usize {
        self.components.len()
    }

    /// A package that was added.
    pub(super) fn get(&self, at: u32) -> Option<&Component> {
        self.components.get(at as usize)
    }

    /// A package that was added, to be changed.
    pub(super) fn get_mut(&mut self, at: u32) -> Option<&mut Component> {
        self.components.get_mut(at as usize)
    }

    /// The project itself asks for a package.
    pub(super) fn ask(&mut self, child: u32, dev: bool, place: Place) {
        self.asked.push((child, dev));
        self.edges.push(Edge::new(None, child, place));
    }

    /// One package needs another, in a range where the file says one. What a package of the tree needs,
    /// the project asks for.
    pub(super) fn need(
        &mut self,
        parent: u32,
        child: u32,
        range: Option<&str>,
        dev: bool,
        place: Place,
    ) {
        if self.get(parent).is_some_and(|parent| parent.origin == Origin::Tree) {
            self.asked.push((child, dev));
        }
        let range = range.and_then(|text| self.ranges.keep(text));
        self.edges.push(Edge { parent: Some(parent), child, place, range });
    }

    /// Whether it is known what the project asks for.
    pub(super) fn has_roots(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Direct is what the project asks for, and the tree itself.
    pub(super) fn mark_direct(&mut self) {
        for component in &mut self.components {
            component.direct = Some(component.origin == Origin::Tree);
        }
        for (at, _) in &self.asked {
            if let Some(component) = self.components.get_mut(*at as usize) {
                component.direct = Some(true);
            }
        }
    }

    /// For development is what is reached from what is asked for while developing, and from
    /// nothing else.
    pub(super) fn mark_dev(&mut self) {
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); self.components.len()];
        for edge in &self.edges {
            if let Some(parent) = edge.parent
                && let Some(list) = children.get_mut(parent as usize)
            {
                list.push(edge.child);
            }
        }
        let from = |dev: bool| {
            let roots = self.asked.iter().filter(|(_, asked)| *asked == dev);
            self.reach(roots.map(|(at, _)| *at).collect(), &children)
        };
        let (run, dev) = (from(false), from(true));
        for ((component, run), dev) in self.components.iter_mut().zip(run).zip(dev) {
            component.dev = dev && !run;
        }
    }

    /// What can be reached; packages of the tree are roots of their own and are not gone through.
    fn reach(&self, mut queue: Vec<u32>, children: &[Vec<u32>]) -> Vec<bool> {
        let mut seen = vec![false; self.components.len()];
        while let Some(at) = queue.pop() {
            let in_tree = self.get(at).is_none_or(|one| one.origin == Origin::Tree);
            if let Some(slot) = seen.get_mut(at as usize)
                && !std::mem::replace(slot, true)
                && !in_tree
            {
                queue.extend(children.get(at as usize).into_iter().flatten());
            }
        }
        seen
    }

    /// Says components, then edges.
    pub(super) fn say(self, report: &mut Report<'_>) {
        for component in self.components {
            report.component(component);
        }
        for edge in self.edges {
            report.edge(edge);
        }
    }
}
