//! Deeds as tasks: one that looks, and one that acts where it has to.
//!
//! Knows Ansible's command module. Must not know controls or what was seen.

use super::super::acts::Act;
use super::super::resources::Value;
use super::super::steps::Step;
use super::super::yaml::{Arg, Task};
use super::Play;

impl Play {
    pub(super) fn act(&mut self, step: &Step, act: &Act) -> Vec<Task> {
        let done = self.result();
        let says = step.says();
        let texts =
            || act.environment.iter().map(|(name, value)| (*name, text(value))).collect::<Vec<_>>();
        vec![
            self.script(&format!("see whether there is something to do: {says}"), act.deed.done)
                .with("environment", Arg::Map(texts()))
                .register(&done)
                .looks()
                .may_fail(),
            self.script(&says, act.deed.act)
                .with("environment", Arg::Map(texts()))
                .when(&[&format!("{done}.rc != 0")]),
        ]
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Programs(programs) => programs.iter().map(|program| program.text).collect(),
        Value::Act(deed) => deed.act.to_owned(),
    }
}
