//! Who brings a package in, in each lockfile: the shortest chain from the project to it, and whether
//! those who need it let another version of it in.
//!
//! A finding and its fix ask here, so that both say the same. Knows needs; how a range is read,
//! `advisories` knows.

use std::cell::OnceCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use holdfast_advisories::lift;
use holdfast_model::{Component, Ecosystem, Edge, Finding, FixKind, Origin};

use crate::look::{Document, Look};

/// How many chains are told.
const MOST: usize = 5;

/// Chains as text: `shop → chrono 0.4.19 → time 0.1.43`.
pub(crate) fn chains(look: &Look, finding: &Finding) -> Vec<String> {
    let mut out = Vec::new();
    for document in &look.documents {
        let needs = Needs::of(document);
        for (at, component) in document.components.iter().enumerate() {
            let here = finding.instances.iter().any(|instance| {
                instance.place == component.place && instance.version == component.version
            });
            if here && out.len() < MOST {
                out.extend(needs.chain(at).map(|chain| text(document, &chain)));
            }
        }
    }
    out
}

fn text(document: &Document, chain: &[usize]) -> String {
    let name = |component: &Component| match &component.version {
        Some(version) if component.origin != Origin::Tree => {
            format!("{} {version}", component.name)
        }
        _ => component.name.to_string(),
    };
    let all = chain.iter().filter_map(|at| document.components.get(*at));
    all.map(name).collect::<Vec<_>>().join(" → ")
}

/// Whoever asks for a range that keeps a package from a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal<'d> {
    /// The number of the package that asks.
    pub holder: usize,
    /// What it asks for, as written.
    pub range: &'d str,
}

/// The way of a package that others bring in from one version to another one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Way<'d> {
    /// Safe where all who need it let the other version in. Where nobody refuses it, and somebody does
    /// not say, habit decides.
    pub fix: FixKind,
    /// Those who do not, in the order of the file.
    pub refusals: Vec<Refusal<'d>>,
}

/// Who needs whom in a document.
#[derive(Debug)]
pub(crate) struct Needs<'d> {
    document: &'d Document,
    /// Whether any of them says a range.
    ranged: bool,
    /// By who is needed, each in the order of the file; made once somebody asks.
    sorted: OnceCell<Vec<&'d Edge>>,
}

impl<'d> Needs<'d> {
    pub(crate) fn of(document: &'d Document) -> Self {
        let ranged = document.edges.iter().any(|edge| edge.range.is_some());
        Self { document, ranged, sorted: OnceCell::new() }
    }

    /// Those for one component.
    fn for_one(&self, at: usize) -> &[&'d Edge] {
        let edges: &'d [Edge] = &self.document.edges;
        let sorted = self.sorted.get_or_init(|| {
            let mut all: Vec<&'d Edge> = edges.iter().collect();
            all.sort_by_key(|edge| edge.child);
            all
        });
        let first = sorted.partition_point(|edge| (edge.child as usize) < at);
        let rest = sorted.get(first..).unwrap_or_default();
        let count = rest.partition_point(|edge| edge.child as usize == at);
        rest.get(..count).unwrap_or_default()
    }

    /// How a component gets from the version that it has to another one.
    pub(crate) fn way(&self, at: usize, from: &str, to: &str) -> Way<'d> {
        let mut way = Way { fix: FixKind::Risky, refusals: Vec::new() };
        let Some(component) = self.document.components.get(at) else { return way };
        let ecosystem = &component.ecosystem;
        let needs: &[&'d Edge] = if self.ranged { self.for_one(at) } else { &[] };
        // Many ask for the same.
        let mut words: BTreeMap<&str, Option<bool>> = BTreeMap::new();
        let (mut heard, mut open) = (false, false);
        for &edge in needs {
            // An extra of a package needs the package itself, and goes where that goes.
            if edge.parent == Some(edge.child) {
                continue;
            }
            let asked = self.holder(edge).zip(edge.range.as_deref());
            let word = asked.and_then(|(_, range)| {
                *words.entry(range).or_insert_with(|| admits(ecosystem, range, from, to))
            });
            match (asked, word) {
                (Some((holder, range)), Some(false)) => {
                    way.refusals.push(Refusal { holder, range });
                }
                (_, Some(_)) => heard = true,
                (_, None) => open = true,
            }
        }
        way.fix = match way.refusals.as_slice() {
            [] if heard && !open => FixKind::Safe,
            [] => compatible(ecosystem, from, to),
            _ => FixKind::Risky,
        };
        way
    }

    /// The package that needs another one; `None` for the project itself and what belongs to its tree,
    /// whose lines decide in their manifests.
    fn holder(&self, edge: &Edge) -> Option<usize> {
        let at = edge.parent? as usize;
        self.is_package(at).then_some(at)
    }

    fn is_package(&self, at: usize) -> bool {
        self.document.components.get(at).is_some_and(|one| one.origin != Origin::Tree)
    }

    /// The project's own packages that have to change before a component can: those through which
    /// somebody comes that refuses it, and where nobody does, the nearest through which it comes.
    /// Empty where it is declared directly, or nobody says.
    pub(crate) fn parents(&self, at: usize, refusals: &[Refusal<'_>]) -> BTreeSet<usize> {
        let tops = refusals.iter().filter_map(|refusal| self.declared(refusal.holder));
        let tops: BTreeSet<usize> = tops.filter(|top| *top != at).collect();
        if !tops.is_empty() {
            return tops;
        }
        self.declared(at).into_iter().filter(|top| *top != at).collect()
    }

    /// The package that the project itself declares and through which a component comes; that may be
    /// the component.
    fn declared(&self, at: usize) -> Option<usize> {
        self.chain(at)?.into_iter().find(|at| self.is_package(*at))
    }

    /// The shortest chain from something that nobody needs, or that the project declares, down to a
    /// component.
    fn chain(&self, at: usize) -> Option<Vec<usize>> {
        let mut below: BTreeMap<usize, Option<usize>> = BTreeMap::from([(at, None)]);
        let mut queue = VecDeque::from([at]);
        while let Some(current) = queue.pop_front() {
            let above = self.for_one(current);
            let component = self.document.components.get(current)?;
            let is_top = above.is_empty()
                || above.iter().any(|edge| edge.parent.is_none())
                || component.origin == Origin::Tree;
            if is_top {
                let next = |at: &usize| below.get(at).copied().flatten();
                return Some(std::iter::successors(Some(current), next).collect());
            }
            for parent in above.iter().filter_map(|edge| edge.parent) {
                let parent = parent as usize;
                if let Entry::Vacant(new) = below.entry(parent) {
                    new.insert(Some(current));
                    queue.push_back(parent);
                }
            }
        }
        None
    }
}

/// The needs of one document after another, each made where they are asked for.
#[derive(Debug, Default)]
pub(crate) struct InTurn<'d>(Option<Needs<'d>>);

impl<'d> InTurn<'d> {
    pub(crate) fn of(&mut self, document: &'d Document) -> &Needs<'d> {
        if self.0.as_ref().is_some_and(|needs| !std::ptr::eq(needs.document, document)) {
            self.0 = None;
        }
        self.0.get_or_insert_with(|| Needs::of(document))
    }
}

/// Whether what somebody asks for lets a version in; `None` where that cannot be read. A range outside
/// of which a package is already was not followed: something stronger decides, as an override.
fn admits(ecosystem: &Ecosystem, range: &str, from: &str, to: &str) -> Option<bool> {
    let followed = lift::lets_in(ecosystem, range, from)?;
    if followed { lift::lets_in(ecosystem, range, to) } else { None }
}

/// Whether going from one version to another stays compatible by the habits of an ecosystem,
/// where neither a requirement of the tree nor a range of another package says more.
fn compatible(ecosystem: &Ecosystem, from: &str, to: &str) -> FixKind {
    match ecosystem.family() {
        Ecosystem::CARGO
        | Ecosystem::NPM
        | Ecosystem::PYPI
        | Ecosystem::COMPOSER
        | Ecosystem::PUB => {
            let caret = format!("^{from}");
            lift::requirement(ecosystem, &caret, Some(from), to)
                .map_or(FixKind::Risky, |lift| lift.kind)
        }
        // A bare version reaches as far as habit says; Bundler's habit is its own operator.
        Ecosystem::GOLANG | Ecosystem::MAVEN | Ecosystem::NUGET => {
            lift::requirement(ecosystem, from, Some(from), to)
                .map_or(FixKind::Risky, |lift| lift.kind)
        }
        Ecosystem::GEM => {
            let mut numbers = from.split('.');
            let first = [numbers.next().unwrap_or_default(), numbers.next().unwrap_or("0")];
            let habit = format!("~> {}", first.join("."));
            lift::requirement(ecosystem, &habit, Some(from), to)
                .map_or(FixKind::Risky, |lift| lift.kind)
        }
        // A distribution's release keeps its promise: security updates are made to fit.
        _ if ecosystem.release().is_some() => FixKind::Safe,
        _ => FixKind::Risky,
    }
}
