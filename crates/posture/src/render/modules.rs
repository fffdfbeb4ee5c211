//! What disables kernel modules: a drop-in for modprobe(8), which is read first, and their unloading
//! where nothing uses them.
//!
//! Knows modprobe.d(5). Must not know how any tool says it.

use std::sync::Arc;

use holdfast_model::{Aspect, Desired, Resource};

use super::acts::Act;
use super::deeds::Deed;
use super::files::Family;
use super::holds::{absent, found};
use super::plan::Plan;
use super::resources::Value;
use super::steps::Step;
use crate::Seen;

/// `MODULE` is not loaded, or is used: then it goes with the next start.
const UNLOAD: Deed = Deed {
    name: "unload_module",
    act: r#"rmmod "$MODULE"
"#,
    done: r#"[ ! -r /proc/modules ] ||
    awk '$1 == ENVIRON["MODULE"] && $3 == "0" { free = 1 } END { exit free }' /proc/modules
"#,
};

/// `MODULE` is loaded.
const LOAD: Deed = Deed {
    name: "load_module",
    act: r#"modprobe "$MODULE"
"#,
    done: r#"[ ! -r /proc/modules ] || grep -q "^$MODULE " /proc/modules
"#,
};

/// Adds the steps for the modules among some states; all modules of a control stand in one file.
pub(super) fn plan(plan: &mut Plan, todo: &[&Desired], all: &[&Desired], seen: &Seen) {
    let name_of = |desired: &&Desired| match desired {
        Desired::ModuleDisabled { name } => Some(Arc::clone(name)),
        _ => None,
    };
    let says = |name: &Arc<str>, aspect, word: &str| {
        found(seen, &of(name), aspect).is_some_and(|found| **found == *word)
    };
    let built_in = |name: &Arc<str>| {
        [Aspect::Boot, Aspect::Running].iter().any(|side| says(name, *side, "built-in"))
    };
    let (fixed, asked): (Vec<Arc<str>>, Vec<Arc<str>>) =
        todo.iter().filter_map(name_of).partition(built_in);
    plan.manual.extend(fixed.iter().map(|name| {
        format!("start a kernel into which `{name}` is not built: no file takes it out of this one")
    }));
    if asked.is_empty() {
        return;
    }
    let lasts = |name: &Arc<str>| says(name, Aspect::Boot, "disabled");
    let runs = |name: &Arc<str>| !seen.is_at_rest() && !absent(seen, &of(name), Aspect::Running);
    let whole = plan.whole;
    let nothing_missing = whole || asked.iter().all(|name| lasts(name) && !runs(name));
    if nothing_missing || asked.iter().any(|name| !lasts(name)) {
        let settings: Vec<(String, String)> = all
            .iter()
            .filter_map(name_of)
            .filter(|name| !built_in(name))
            .map(|name| (name.to_string(), "disabled".to_owned()))
            .collect();
        plan.write(Family::Modprobe, &settings);
        for name in &asked {
            manual(plan, name, seen);
        }
    }
    let unloads = |name: &&Arc<str>| runs(name) || whole && !seen.is_at_rest();
    for name in asked.iter().filter(unloads) {
        plan.steps.push(Step::Deed(unload(name, says(name, Aspect::Running, "loaded"))));
    }
}

fn of(name: &Arc<str>) -> Resource {
    Resource::Module { name: Arc::clone(name) }
}

/// A line of others that modprobe reads before ours counts alone.
fn manual(plan: &mut Plan, name: &Arc<str>, seen: &Seen) {
    let resource = of(name);
    let command = |aspect| found(seen, &resource, aspect).is_some_and(|word| **word == *"command");
    for setting in seen.of(&resource, Aspect::Boot).filter(|_| command(Aspect::Boot)) {
        let Some(place) = &setting.place else { continue };
        if Family::Modprobe.beats_ours(&place.path, &plan.id) {
            plan.manual.push(format!(
                "take the line for `{name}` out of {} (line {}): it is read before our file and wins",
                place.path, place.line
            ));
        }
    }
}

fn unload(name: &str, loaded: bool) -> Act {
    let environment = || vec![("MODULE", Value::Text(name.to_owned()))];
    let act =
        Act::new(format!("unload the module {name} if nothing uses it"), &UNLOAD, environment());
    if loaded {
        // Only once our file is gone can it be loaded.
        let back = Act::new(format!("load the module {name}"), &LOAD, environment());
        return act.back(Act { last: true, ..back });
    }
    let stays = format!("whether the module {name} is loaded is not known: the undo leaves it");
    Act { stays: Some(stays), ..act }
}
