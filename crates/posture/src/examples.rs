//! The tests inside a control: hosts in a few words, and what has to come out.

mod accounts;
mod checked;
mod given;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{
    Aspect, Desired, Excerpt, Place, Problem, Reading, Resource, Setting, Trait, TraitValue,
};
use holdfast_rulefile::{Decoder, Node};

use crate::baseline::Settings;
use crate::judge::{ControlResult, Judgement, judge};
use crate::{Control, Seen};

use given::Given;

/// One example.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// What has to come out: pass, fail, or not applicable.
    pub result: ControlResult,
    /// The settings that it states.
    pub settings: Vec<Setting>,
    /// What it states of the host; all else is a plain Debian 12 on real hardware.
    pub traits: BTreeMap<Arc<str>, TraitValue>,
    /// What the owner declares in it.
    pub declared: BTreeMap<String, TraitValue>,
    /// Where it stands.
    pub place: Place,
    /// The line to show if it does not come out so.
    excerpt: Option<Box<Excerpt>>,
}

/// The lists of examples, and what comes out of each.
const LISTS: &[(&str, ControlResult)] = &[
    ("pass", ControlResult::Pass),
    ("fail", ControlResult::Fail),
    ("not_applicable", ControlResult::NotApplicable),
];

/// Reads `tests`. What is missing is reported too: a control that no example ever fails could be
/// empty, and a condition that none ever excludes could be missing.
pub(crate) fn read_all(
    decoder: &mut Decoder<'_>,
    node: &Node,
    lines: &[Desired],
    conditional: bool,
    settings: &Settings,
) -> Vec<Example> {
    let mut out = Vec::new();
    let Some(mut table) = decoder.map(node) else { return out };
    let resources: Vec<Resource> = lines.iter().flat_map(Desired::resources).collect();
    for (key, result) in LISTS {
        let list = table.optional(key);
        let nodes = list.and_then(|list| decoder.list(list)).unwrap_or_default();
        let owed = *result != ControlResult::NotApplicable || conditional;
        if nodes.is_empty() && owed {
            let message = match result {
                ControlResult::NotApplicable => "no example says where `when` excludes a host",
                ControlResult::Pass => "no example passes",
                _ => "no example fails",
            };
            let help = format!("add `{key}:` with a list of examples under `tests`");
            decoder.refuse("control-untested", list.unwrap_or(node), message, help);
        }
        for node in nodes {
            let given = Given::read(decoder, node, &resources, settings);
            let shown = decoder.source().problem("rule-test", node.span, "");
            out.push(Example {
                result: *result,
                settings: given.settings,
                traits: given.traits,
                declared: given.declared,
                place: node.place.clone(),
                excerpt: shown.excerpt,
            });
        }
    }
    table.finish(decoder);
    out
}

impl Example {
    /// Whether it says something of a state.
    fn speaks_of(&self, desired: &Desired) -> bool {
        let resources = desired.resources();
        self.settings.iter().any(|setting| resources.contains(&setting.resource))
    }

    /// Whether it says something of a line of the control.
    fn states(&self, control: &Control, line: usize) -> bool {
        control.ensure.get(line).is_some_and(|desired| self.speaks_of(desired))
    }

    /// The host that it describes, for whoever mends it, and what fails there. Its ssh server reads
    /// drop-ins as Debian 12 has it.
    pub(crate) fn failing(&self, control: &Control) -> (Seen, Vec<Judgement>) {
        let include = Setting {
            resource: Resource::Sshd { option: "Include".into() },
            aspect: Aspect::Value,
            scope: None,
            reading: Reading::Is("/etc/ssh/sshd_config.d/*.conf".into()),
            place: Some(Place { path: "/etc/ssh/sshd_config".into(), line: 12, column: 1 }),
            default: false,
        };
        let seen = self.seen(control, Some(include));
        let mut judged = judge(control, &seen, &plain_order);
        judged.retain(|one| one.result == ControlResult::Fail && self.states(control, one.line));
        (seen, judged)
    }

    /// The host that it describes. Of a choice, what it does not speak of is not there: otherwise
    /// each example of one way would have to list all others.
    fn seen(&self, control: &Control, more: Option<Setting>) -> Seen {
        let mut settings = self.settings.clone();
        settings.extend(more);
        for choice in control.ensure.iter().filter(|desired| desired.resource().is_none()) {
            if !self.speaks_of(choice) {
                continue;
            }
            for resource in choice.resources() {
                if self.settings.iter().all(|setting| setting.resource != resource) {
                    settings.extend(given::absent(&resource));
                }
            }
        }
        let mut traits = vec![
            usual("os", TraitValue::Text("debian".into())),
            usual("version", TraitValue::Text("12".into())),
            usual("family", TraitValue::Text("debian".into())),
            usual("container", TraitValue::Truth(false)),
            usual("virtual", TraitValue::Truth(false)),
            usual("efi", TraitValue::Truth(false)),
            usual("roles", TraitValue::Texts(Vec::new())),
        ];
        // Of which family another distribution is, an example has to say.
        if self.traits.contains_key("os") {
            traits.retain(|usual| &*usual.name != "family");
        }
        for (name, value) in &self.traits {
            traits.retain(|usual| usual.name != *name);
            traits.push(usual(name, value.clone()));
        }
        Seen::new(settings, traits, self.declared.clone())
    }

    /// What comes out, and why. Lines of which the example states nothing do not count.
    fn outcome(&self, control: &Control) -> (ControlResult, String) {
        let seen = self.seen(control, None);
        let stated = |line: usize| self.states(control, line);
        let judged = judge(control, &seen, &plain_order);
        let excluded = |judgement: &&Judgement| judgement.result == ControlResult::NotApplicable;
        let counted: Vec<&Judgement> = judged
            .iter()
            .filter(|judgement| stated(judgement.line) || excluded(judgement))
            .collect();
        // A pass says that all of it is well, a fail that something is not.
        let order = [
            ControlResult::Error,
            ControlResult::Fail,
            ControlResult::NotAssessed,
            ControlResult::Pass,
            ControlResult::NotApplicable,
        ];
        order
            .into_iter()
            .find_map(|result| {
                let decisive = counted.iter().find(|judgement| judgement.result == result)?;
                Some((result, format!("`{}`: {}", decisive.resource, decisive.reason)))
            })
            .unwrap_or_else(|| {
                let reason = "it states nothing that the control speaks of".to_owned();
                (ControlResult::NotAssessed, reason)
            })
    }

    /// What is wrong; `None` where it comes out as it says.
    fn run(&self, control: &Control) -> Option<Problem> {
        let (result, reason) = self.outcome(control);
        if result == self.result {
            return None;
        }
        let (wanted, came) = (self.result.word(), result.word());
        let message = format!("this example comes out as {came}, and has to be {wanted}: {reason}");
        let help = "change the example if the control is right, or the control if it is right";
        let mut problem = Problem::at("rule-test", self.place.clone(), message).help(help);
        problem.excerpt.clone_from(&self.excerpt);
        Some(problem)
    }
}

fn usual(name: &str, value: TraitValue) -> Trait {
    Trait { name: name.into(), value: Some(value), because: String::new() }
}

/// Runs the examples of a control; each that does not come out as it says is a problem.
pub fn run_tests(control: &Control) -> Vec<Problem> {
    control.examples.iter().filter_map(|example| example.run(control)).collect()
}

/// The order of versions in examples: numbers with dots between them, or a colon behind the epoch,
/// which both have or neither. Real versions are compared
/// in the order of their distribution, which whoever judges hands over.
fn plain_order(a: &str, b: &str) -> Option<Ordering> {
    let numbers =
        |text: &str| text.split(['.', ':']).map(|part| part.parse::<u64>().ok()).collect();
    if a.contains(':') != b.contains(':') {
        return None;
    }
    let (a, b): (Option<Vec<u64>>, Option<Vec<u64>>) = (numbers(a), numbers(b));
    Some(a?.cmp(&b?))
}

#[cfg(test)]
mod tests;
