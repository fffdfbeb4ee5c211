//! The controls: those that came along, and those of the folder we stand in.

use std::collections::BTreeMap;

use holdfast_model::{Problem, TraitValue};
use holdfast_posture::{Control, built_in, read, read_built_in};
use holdfast_rulefile::Config;

use crate::gather::Tree;
use crate::own_rules::Texts;

/// Controls that can be used, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Controls {
    /// By id.
    pub list: Vec<Control>,
    /// Of files that cannot be used; every other control still runs.
    pub problems: Vec<Problem>,
}

impl Controls {
    /// Reads the built-in controls and those of a tree.
    pub fn read(tree: Option<&dyn Tree>) -> Self {
        let mut controls = Self::default();
        for (path, text) in built_in() {
            controls.add(read_built_in(&(*path).into(), text));
        }
        let own = tree.map(own).unwrap_or_default();
        for (path, text) in &own.files {
            controls.add(read(path, text));
        }
        controls.problems.extend(own.problems);
        controls.list.sort_by(|a, b| a.id.cmp(&b.id));
        controls
    }

    fn add(&mut self, (control, problems): (Option<Control>, Vec<Problem>)) {
        self.problems.extend(problems);
        let Some(control) = control else { return };
        match self.list.iter().find(|known| known.id == control.id) {
            Some(known) => {
                let message = format!("`{}` is also the id of `{}`", control.id, known.place.path);
                let problem = Problem::at("control-twice", control.place.clone(), message);
                self.problems.push(problem.help("give it an id of its own"));
            }
            None => self.list.push(control),
        }
    }

    /// The control of that id.
    pub fn find(&self, id: &str) -> Option<&Control> {
        self.list.iter().find(|control| &*control.id == id)
    }
}

/// The files of controls that a folder keeps for itself.
pub(crate) fn own(tree: &dyn Tree) -> Texts {
    Texts::of(tree, "control", &["yaml"])
}

/// What `[host.settings]` says, for conditions; a name that no control asks is a problem.
pub fn declared(config: &Config, problems: &mut Vec<Problem>) -> BTreeMap<String, TraitValue> {
    let known: Vec<&str> = holdfast_posture::SCHEMA
        .fields
        .iter()
        .filter_map(|field| field.name.strip_prefix("setting."))
        .collect();
    let mut declared = BTreeMap::new();
    for (name, value) in &config.host.settings {
        if known.contains(&name.as_str()) {
            declared.insert(name.clone(), TraitValue::Truth(*value));
            continue;
        }
        let help = match holdfast_rulefile::suggest(name, known.iter().copied()) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => format!("controls ask {}", known.join(", ")),
        };
        let message = format!("no control asks for the setting `{name}`");
        problems.push(Problem::new("setting-unknown", message).help(help));
    }
    declared
}
