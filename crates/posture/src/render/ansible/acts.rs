//! Deeds as tasks: one that looks, and one that acts where it has to.
//!
//! Knows Ansible's command module. Must not know controls or what was seen.

use super::super::acts::Act;
use super::super::deeds::Deed;
use super::super::resources::Value;
use super::super::steps::Step;
use super::super::yaml::{Arg, Task};
use super::Play;

impl Play {
    pub(super) fn act(&mut self, step: &Step, act: &Act) -> Vec<Task> {
        let says = step.says();
        let look = format!("see whether there is something to do: {says}");
        let environment =
            act.environment.iter().map(|(name, value)| (*name, text(value))).collect();
        self.deed((&look, &says), act.deed, environment)
    }

    /// A task that looks whether a deed is done, and one that does it where it is not; each by what it
    /// says.
    pub(super) fn deed(
        &mut self,
        (look, act): (&str, &str),
        deed: &Deed,
        environment: Vec<(&'static str, String)>,
    ) -> Vec<Task> {
        let done = self.result();
        let environment = Arg::Map(environment);
        let run = |says: &str, script: &str| {
            self.script(says, script).with("environment", environment.clone())
        };
        vec![
            run(look, deed.done).register(&done).looks().may_fail(),
            run(act, deed.act).when(&[&format!("{done}.rc != 0")]),
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
