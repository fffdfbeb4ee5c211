//! What a baseline comes to together with all that it extends.
//!
//! Each baseline is worked out by itself, and whoever extends it takes the result over: what one
//! drops is dropped for those who reach a control through it, and still asked by others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use holdfast_model::{Place, Problem};

use super::read::{self, Known, stem};
use super::stricter::is_as_strict;
use super::{
    Asked, Baseline, Dropped, HostNames, Named, Scope, Set, Settings, Spot, Tailored, Tightened,
    host,
};
use crate::Control;
use crate::judge::wanted;
use crate::read::near;

/// More would be a mistake.
pub(super) const MOST_BASELINES: usize = 256;
/// By how many ways with different steps one baseline may come to one control.
const MOST_WAYS: usize = 64;

/// One way on which a control is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ask {
    /// The baseline that lists it.
    pub(super) baseline: Arc<str>,
    pub(super) spot: Spot,
    /// Who extends it, from the inside: the id, the one that it extends, and where.
    pub(super) through: Vec<(Arc<str>, Named)>,
    pub(super) dropped: Vec<Arc<Dropped>>,
}

/// What a baseline comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    /// The ways to each control; none is empty.
    pub(super) asks: BTreeMap<Arc<str>, Vec<Ask>>,
    /// By control, in the order in which they hold.
    pub(super) tightened: BTreeMap<Arc<str>, Vec<Arc<Tightened>>>,
    /// In the order in which they hold.
    pub(super) set: Vec<Arc<Set>>,
}

/// Every baseline that can be used.
#[derive(Debug, Default)]
pub struct Baselines {
    /// What is wrong with the others. Each of them is left out as a whole, and so are those that
    /// extend it.
    pub problems: Vec<Problem>,
    /// What they declare that controls may ask.
    pub settings: Settings,
    written: BTreeMap<Arc<str>, Baseline>,
    resolved: BTreeMap<Arc<str>, Resolved>,
}

impl Baselines {
    /// Reads baselines from path and text. `controls` are those that may be asked; of two files
    /// with the same id the first counts.
    pub fn read<'t>(
        files: impl IntoIterator<Item = (&'t Arc<str>, &'t str)>,
        controls: &[Control],
    ) -> Self {
        let known: Known<'_> = controls.iter().map(|control| (&*control.id, control)).collect();
        let files: Vec<(&Arc<str>, &str)> = files.into_iter().collect();
        let mut all = Self { settings: Settings::read(files.iter().copied()), ..Self::default() };
        let mut spoilt = BTreeSet::new();
        for (number, (path, text)) in files.into_iter().enumerate() {
            if number >= MOST_BASELINES {
                let place = Place::start_of(Arc::clone(path));
                let message = format!("there are more than {MOST_BASELINES} baselines");
                let problem = Problem::at("baseline-size", place, message);
                all.problems.push(problem.help("the rest is left out; join some of them"));
                break;
            }
            let (baseline, problems) = read::read(path, text, &known, &all.settings);
            all.problems.extend(problems);
            match baseline {
                Some(baseline) => all.add(baseline),
                None => {
                    spoilt.insert(stem(path).to_owned());
                }
            }
        }
        let mut work = Work {
            written: &all.written,
            spoilt: &spoilt,
            known: &known,
            done: BTreeMap::new(),
            way: Vec::new(),
            circling: BTreeSet::new(),
            problems: Vec::new(),
        };
        for id in all.written.keys() {
            work.resolve(id);
        }
        let Work { done, problems, .. } = work;
        all.problems.extend(problems);
        all.resolved = done.into_iter().filter_map(|(id, found)| Some((id, found?))).collect();
        all
    }

    fn add(&mut self, baseline: Baseline) {
        if let Some(known) = self.written.get(&baseline.id) {
            let message = format!("`{}` is also the id of `{}`", baseline.id, known.place.path);
            let problem = Problem::at("baseline-twice", baseline.place.clone(), message);
            self.problems
                .push(problem.help("give it an id of its own, and let it extend the other"));
        } else {
            self.written.insert(Arc::clone(&baseline.id), baseline);
        }
    }

    /// Those that can be used, by id.
    pub fn list(&self) -> impl Iterator<Item = &Baseline> {
        self.written.values().filter(|one| self.resolved.contains_key(&one.id))
    }

    /// The one of that id, where it can be used.
    pub fn find(&self, id: &str) -> Option<&Baseline> {
        self.written.get(id).filter(|one| self.resolved.contains_key(&one.id))
    }

    /// The ids of the controls that a baseline asks of some host, sorted.
    pub fn controls_of(&self, id: &str) -> Vec<&str> {
        let asks = self.resolved.get(id).into_iter().flat_map(|one| one.asks.keys());
        asks.map(|id| &**id).collect()
    }

    /// What a baseline asks of a host; `None` where it cannot be used.
    pub fn tailor(&self, id: &str, controls: &[Control], names: &HostNames) -> Option<Tailored> {
        Some(host::tailor((id, self.resolved.get(id)?), controls, names))
    }

    /// What a baseline asks of a host by one control, step by step; `None` where the baseline cannot
    /// be used. A control that it never speaks of is not asked, without a step.
    pub fn explain(&self, id: &str, control: &Control, names: &HostNames) -> Option<Asked> {
        Some(host::explain(self.resolved.get(id)?, control, names, &self.settings))
    }
}

/// The state while baselines are worked out.
struct Work<'b> {
    written: &'b BTreeMap<Arc<str>, Baseline>,
    /// The names of files that cannot be used.
    spoilt: &'b BTreeSet<String>,
    known: &'b Known<'b>,
    /// `None` for those that are refused.
    done: BTreeMap<Arc<str>, Option<Resolved>>,
    /// From where we come: each baseline with the place where it extends the next one.
    way: Vec<(Arc<str>, Option<Spot>)>,
    circling: BTreeSet<Arc<str>>,
    problems: Vec<Problem>,
}

impl Work<'_> {
    /// Works out a baseline and all that it extends; at most as deep as there are baselines.
    fn resolve(&mut self, id: &Arc<str>) {
        let Some(baseline) = self.written.get(id).filter(|_| !self.done.contains_key(id)) else {
            return;
        };
        self.way.push((Arc::clone(id), None));
        let mut whole = true;
        for named in &baseline.extends {
            if let Some((_, spot)) = self.way.last_mut() {
                *spot = Some(named.spot.clone());
            }
            whole &= self.extends(id, named);
        }
        self.way.pop();
        let found = if whole && !self.circling.contains(id) { self.joined(baseline) } else { None };
        self.done.insert(Arc::clone(id), found);
    }

    /// Whether what a baseline extends can be used; else it is reported.
    fn extends(&mut self, id: &str, named: &Named) -> bool {
        if let Some(at) = self.way.iter().position(|(other, _)| *other == named.name) {
            self.circle(at, named);
            return false;
        }
        if !self.written.contains_key(&named.name) {
            let name = &named.name;
            let (message, help) = if self.spoilt.contains(&**name) {
                let message = format!("`{id}` extends `{name}`, which cannot be used");
                (message, format!("mend `{name}` first"))
            } else {
                let known = self.written.keys().map(|id| &**id).filter(|known| *known != id);
                (format!("there is no baseline called `{name}`"), near(name, known))
            };
            self.problems.push(named.spot.problem("baseline-extends", message).help(help));
            return false;
        }
        let Some((name, _)) = self.written.get_key_value(&named.name) else { return false };
        self.resolve(name);
        if self.done.get(name).is_some_and(Option::is_some) {
            return true;
        }
        if !self.circling.contains(id) {
            let message = format!("`{id}` extends `{name}`, which cannot be used");
            let problem = named.spot.problem("baseline-extends", message);
            self.problems.push(problem.help(format!("mend `{name}` first")));
        }
        false
    }

    /// Says that baselines extend each other, and where each of them does.
    fn circle(&mut self, from: usize, last: &Named) {
        let members = self.way.get(from..).unwrap_or_default();
        let steps: Vec<String> = members
            .iter()
            .filter_map(|(id, spot)| Some(format!("`{id}` at `{}`", spot.as_ref()?.place)))
            .collect();
        let message = format!("`{}` extends itself: {}", last.name, steps.join(", then "));
        let problem = last.spot.problem("baseline-cycle", message);
        self.circling.extend(members.iter().map(|(id, _)| Arc::clone(id)));
        self.problems.push(problem.help("remove one of these lines"));
    }

    /// A baseline together with what it extends; `None` where it contradicts that.
    fn joined(&mut self, baseline: &Baseline) -> Option<Resolved> {
        let mut out = Resolved::default();
        for named in &baseline.extends {
            if let Some(Some(other)) = self.done.get(&named.name) {
                out.take_over(&baseline.id, named, other);
            }
        }
        let before = self.problems.len();
        let own = |spot: &Spot| Ask {
            baseline: Arc::clone(&baseline.id),
            spot: spot.clone(),
            through: Vec::new(),
            dropped: Vec::new(),
        };
        for named in &baseline.controls {
            out.asks.entry(Arc::clone(&named.name)).or_default().push(own(&named.spot));
        }
        if let Some(spot) = &baseline.all {
            for control in self.known.values() {
                out.asks.entry(Arc::clone(&control.id)).or_default().push(own(spot));
            }
        }
        for (control, asks) in &out.asks {
            if asks.len() > MOST_WAYS {
                let message = format!("`{control}` is asked in more than {MOST_WAYS} ways");
                let problem = Problem::at("baseline-size", baseline.place.clone(), message);
                self.problems.push(problem.help("let fewer baselines extend each other"));
            }
        }
        for dropped in &baseline.dropped {
            self.drop_from(&mut out, baseline, dropped);
        }
        for tightened in &baseline.tightened {
            self.tighten(&mut out, tightened);
        }
        out.set.extend(baseline.set.iter().cloned().map(Arc::new));
        (self.problems.len() == before).then_some(out)
    }

    fn drop_from(&mut self, out: &mut Resolved, baseline: &Baseline, dropped: &Arc<Dropped>) {
        let control = &dropped.control;
        let everywhere = dropped.scopes.contains(&Scope::Everywhere);
        let listed = baseline.controls.iter().any(|named| named.name == *control);
        let refused = match out.asks.get_mut(control) {
            None => Some((
                format!("`{}` drops `{control}`, which it does not ask for", baseline.id),
                "remove it here, or extend the baseline that asks for it",
            )),
            Some(_) if listed && everywhere => Some((
                format!("`{}` lists `{control}` and drops it everywhere", baseline.id),
                "remove one of the two, or say `for` which hosts it is dropped",
            )),
            Some(asks) => {
                for ask in asks {
                    ask.dropped.push(Arc::clone(dropped));
                }
                None
            }
        };
        if let Some((message, help)) = refused {
            self.problems.push(dropped.spot.problem("baseline-drop", message).help(help));
        }
    }

    fn tighten(&mut self, out: &mut Resolved, own: &Arc<Tightened>) {
        let control = &own.control;
        let asked = out.asks.get(control).into_iter().flatten();
        let never =
            |ask: &Ask| ask.dropped.iter().any(|one| one.scopes.contains(&Scope::Everywhere));
        if asked.clone().all(never) {
            let message =
                format!("`{}` tightens `{control}`, which it does not ask for", own.baseline);
            let help = "list the control, or extend the baseline that asks for it";
            self.problems.push(own.spot.problem("baseline-control", message).help(help));
            return;
        }
        let before = out.tightened.entry(Arc::clone(control)).or_default();
        let looser = before.iter().find(|other| {
            other.line == own.line
                && other.scope.covers(&own.scope)
                && !is_as_strict(&own.desired, &other.desired)
        });
        if let Some(other) = looser {
            let message = format!(
                "`{}` lets something pass that `{}` at `{}` does not",
                wanted(&own.desired),
                wanted(&other.desired),
                other.spot.place
            );
            let help = "a value may only become stricter; to ask for less, drop the control and \
                        say why";
            self.problems.push(own.spot.problem("baseline-loosens", message).help(help));
            return;
        }
        before.push(Arc::clone(own));
    }
}

impl Resolved {
    /// Takes over what a baseline comes to that another one extends.
    fn take_over(&mut self, id: &Arc<str>, named: &Named, other: &Self) {
        for (control, asks) in &other.asks {
            let own = self.asks.entry(Arc::clone(control)).or_default();
            for ask in asks {
                // The same line on two ways without a step that differs is asked once.
                let same = |one: &Ask| one.spot == ask.spot && one.dropped == ask.dropped;
                // One more than may be is enough to refuse it.
                if own.len() <= MOST_WAYS && !own.iter().any(same) {
                    let mut ask = ask.clone();
                    ask.through.push((Arc::clone(id), named.clone()));
                    own.push(ask);
                }
            }
        }
        for (control, steps) in &other.tightened {
            let own = self.tightened.entry(Arc::clone(control)).or_default();
            for step in steps {
                if !own.contains(step) {
                    own.push(Arc::clone(step));
                }
            }
        }
        for step in &other.set {
            if !self.set.contains(step) {
                self.set.push(Arc::clone(step));
            }
        }
    }
}
