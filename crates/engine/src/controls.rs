//! The controls: those that came along, and those of the folder we stand in.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Problem, TraitValue};
use holdfast_posture::baseline::Unasked;
use holdfast_posture::{
    Baselines, Control, Manual, Settings, built_in, is_manual, read_built_in, read_manual,
    read_manual_with, read_with,
};
use holdfast_rulefile::{Config, Kind};

use crate::baselines;
use crate::gather::Tree;
use crate::own_rules::Texts;

/// Controls that can be used, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Controls {
    /// By id.
    pub list: Vec<Control>,
    /// Of files that cannot be used; every other control still runs.
    pub problems: Vec<Problem>,
    /// What may say which of them are asked of a host.
    pub baselines: Baselines,
    /// Those that a host is not asked, by id; none before a host is known.
    pub unasked: BTreeMap<Arc<str>, Unasked>,
    /// Those of the list that only a person can answer, by id.
    pub manual: BTreeMap<Arc<str>, Manual>,
}

impl Controls {
    /// Reads the built-in controls and those of a tree.
    pub fn read(tree: Option<&dyn Tree>) -> Self {
        Self::read_with(tree, None)
    }

    /// The same, with one more baseline: its path and text.
    pub fn read_with(tree: Option<&dyn Tree>, named: Option<(&Arc<str>, &str)>) -> Self {
        let mut controls = Self::default();
        for control in built_in() {
            if is_manual(control.text) {
                controls.add_manual(read_manual(&control.path.into(), control.text));
            } else {
                controls.add(read_built_in(control));
            }
        }
        let files = baselines::files(tree, named);
        let settings = baselines::settings_of(&files);
        let own = tree.map(own).unwrap_or_default();
        for (path, text) in &own.files {
            if is_manual(text) {
                controls.add_manual(read_manual_with(path, text, &settings));
            } else {
                controls.add(read_with(path, text, &settings));
            }
        }
        controls.problems.extend(own.problems);
        controls.list.sort_by(|a, b| a.id.cmp(&b.id));
        controls.baselines = baselines::read(files, &controls.list, &mut controls.problems);
        controls
    }

    /// Those that are asked of a host.
    pub fn asked(&self) -> impl Iterator<Item = &Control> {
        self.list.iter().filter(|control| !self.unasked.contains_key(&control.id))
    }

    fn add_manual(&mut self, (manual, problems): (Option<Manual>, Vec<Problem>)) {
        let count = self.list.len();
        self.add((manual.as_ref().map(|manual| manual.control.clone()), problems));
        // One whose id is taken is none.
        if let Some(manual) = manual.filter(|_| self.list.len() > count) {
            self.manual.insert(Arc::clone(&manual.control.id), manual);
        }
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
pub fn declared(
    config: &Config,
    settings: &Settings,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, TraitValue> {
    let lists = holdfast_posture::LISTS.iter().map(|(name, _)| *name);
    let mut declared = BTreeMap::new();
    let truths = config.host.settings.iter().map(|(name, value)| (name, TraitValue::Truth(*value)));
    let texts = config.host.lists.iter().map(|(name, texts)| (name, list(texts)));
    for (name, value) in truths.chain(texts) {
        let of_kind = match value {
            TraitValue::Texts(_) if lists.clone().any(|list| list == name) => true,
            _ => fits(settings, name, &value),
        };
        if of_kind {
            declared.insert(name.clone(), value);
            continue;
        }
        if settings.kind_of(name).is_some() {
            let message = format!("the setting `{name}` has another type");
            let help = "its baseline says which; numbers and texts are set by baselines alone";
            problems.push(Problem::new("setting-unknown", message).help(help));
            continue;
        }
        let known: Vec<&str> = settings.names().chain(lists.clone()).collect();
        let help = match holdfast_rulefile::suggest(name, known.iter().copied()) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => format!("controls ask {}", known.join(", ")),
        };
        let message = format!("no control asks for the setting `{name}`");
        problems.push(Problem::new("setting-unknown", message).help(help));
    }
    declared
}

/// Whether a value of the configuration has the type of a setting that conditions may ask.
pub(crate) fn fits(settings: &Settings, name: &str, value: &TraitValue) -> bool {
    let wanted = match value {
        TraitValue::Truth(_) => Kind::Bool,
        TraitValue::Text(_) => Kind::Text,
        TraitValue::Texts(_) => Kind::Texts,
    };
    settings.kind_of(name) == Some(wanted)
}

/// A list of the configuration, for conditions.
pub(crate) fn list(texts: &[String]) -> TraitValue {
    TraitValue::Texts(texts.iter().map(|text| text.as_str().into()).collect())
}
