//! Components that need one another by name, said when all of them are known.
//!
//! Knows keys and edges; must not know the files they came from.

use std::collections::HashMap;
use std::sync::Arc;

use holdfast_model::{Component, Edge, Place, Span};

use super::ranges::Ranges;
use super::whole::cut;
use crate::text::{Document, Mistake, Report, number};

/// A need as written.
struct Wish {
    /// Who needs; `None` is the project itself.
    parent: Option<u32>,
    key: Arc<str>,
    /// The range that it is needed in, where the file says one.
    range: Option<Arc<str>>,
    span: Span,
    /// Whether its absence is worth a word.
    required: bool,
}

/// What the project asks for in another file.
struct Ask {
    child: u32,
    dev: bool,
    place: Place,
}

/// The components of one lockfile.
pub(super) struct Graph<'d> {
    document: &'d Document<'d>,
    nodes: Vec<Component>,
    keys: HashMap<Arc<str>, u32>,
    wishes: Vec<Wish>,
    asked: Vec<Ask>,
    ranges: Ranges,
    /// Whether the file says what the project itself asks for.
    pub(super) roots_known: bool,
}

impl<'d> Graph<'d> {
    /// Without components.
    pub(super) fn new(document: &'d Document<'d>) -> Self {
        Self {
            document,
            nodes: Vec::new(),
            keys: HashMap::new(),
            wishes: Vec::new(),
            asked: Vec::new(),
            ranges: Ranges::default(),
            roots_known: false,
        }
    }

    /// Adds a component under a key, of which the first counts.
    pub(super) fn add(&mut self, key: &str, component: Component) -> u32 {
        let at = number(self.nodes.len());
        self.keys.entry(key.into()).or_insert(at);
        self.nodes.push(component);
        at
    }

    /// One more key for a component.
    pub(super) fn alias(&mut self, key: &str, at: u32) {
        self.keys.entry(key.into()).or_insert(at);
    }

    /// The component of a key.
    pub(super) fn find(&self, key: &str) -> Option<u32> {
        self.keys.get(key).copied()
    }

    /// A component, to learn more of it.
    pub(super) fn node(&mut self, at: u32) -> Option<&mut Component> {
        self.nodes.get_mut(at as usize)
    }

    /// A need, in a range where the file says one; the parent is `None` for the project itself.
    pub(super) fn wish(
        &mut self,
        parent: Option<u32>,
        key: &str,
        range: Option<&str>,
        span: Span,
        required: bool,
    ) {
        let range = range.and_then(|text| self.ranges.keep(text));
        self.wishes.push(Wish { parent, key: key.into(), range, span, required });
    }

    /// A component that the project asks for in another file, perhaps for development only.
    pub(super) fn ask(&mut self, child: u32, dev: bool, place: Place) {
        self.asked.push(Ask { child, dev, place });
    }

    /// The components that are reached from some.
    fn reached(&self, edges: &[Edge], from: impl Iterator<Item = u32>) -> Vec<bool> {
        let mut needs: Vec<Vec<u32>> = vec![Vec::new(); self.nodes.len()];
        for edge in edges {
            if let Some(needs) = edge.parent.and_then(|parent| needs.get_mut(parent as usize)) {
                needs.push(edge.child);
            }
        }
        let mut seen = vec![false; self.nodes.len()];
        let mut open: Vec<u32> = from.collect();
        while let Some(at) = open.pop() {
            let at = at as usize;
            if let Some(seen) = seen.get_mut(at).filter(|seen| !**seen) {
                *seen = true;
                open.extend(needs.get(at).into_iter().flatten());
            }
        }
        seen
    }

    /// Says of components whether the project asks for them, and whether only development does. What
    /// nobody is known to need may be asked for by what was not understood: it may run, and then it
    /// stays open what is direct.
    fn mark(&mut self, edges: &mut Vec<Edge>) {
        if self.asked.is_empty() {
            return;
        }
        let known = self.reached(edges, self.asked.iter().map(|ask| ask.child));
        let stray = (0..).zip(&known).filter(|(_, known)| !**known).map(|(at, _)| at);
        let runs = self.asked.iter().filter(|ask| !ask.dev).map(|ask| ask.child);
        let running = self.reached(edges, runs.chain(stray));
        for (node, running) in self.nodes.iter_mut().zip(running) {
            node.dev |= !running;
        }
        self.roots_known |= known.iter().all(|known| *known);
        for Ask { child, place, .. } in self.asked.drain(..) {
            if let Some(node) = self.nodes.get_mut(child as usize) {
                node.direct = Some(true);
            }
            edges.push(Edge::new(None, child, place));
        }
    }

    /// Says components, then edges, then what is missing.
    pub(super) fn say(mut self, report: &mut Report<'_>) {
        let mut edges: Vec<Edge> = Vec::with_capacity(self.wishes.len());
        let mut mistakes = Vec::new();
        for wish in &self.wishes {
            let Some(&child) = self.keys.get(&wish.key) else {
                if wish.required {
                    mistakes.push(missing(wish));
                }
                continue;
            };
            if wish.parent.is_none()
                && let Some(node) = self.nodes.get_mut(child as usize)
            {
                node.direct = Some(true);
            }
            let place = self.document.place(wish.span.start);
            let range = wish.range.clone();
            edges.push(Edge { parent: wish.parent, child, place, range });
        }
        self.mark(&mut edges);
        for mut node in self.nodes {
            if self.roots_known && node.direct.is_none() {
                node.direct = Some(false);
            }
            report.component(node);
        }
        // A need may be written once for each platform. Where its ranges differ, all of them count but
        // for one that any version fits.
        edges.sort_by(|a, b| (a.parent, a.child, &b.range).cmp(&(b.parent, b.child, &a.range)));
        edges.dedup_by(|next, kept| {
            (next.parent, next.child) == (kept.parent, kept.child)
                && (next.range == kept.range || next.range.as_deref() == Some(""))
        });
        for edge in edges {
            report.edge(edge);
        }
        for mistake in &mistakes {
            report.mistake(self.document, mistake);
        }
    }
}

fn missing(wish: &Wish) -> Mistake {
    let message = format!("`{}` is needed here and is not in this lockfile", cut(&wish.key));
    Mistake::slip("lock-dependency-missing", wish.span, message)
        .help("let its tool write the lockfile again, which adds what is missing")
}
