//! The controls: those that came along, and those of the folder we stand in.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use holdfast_model::{Problem, TraitValue};
use holdfast_posture::baseline::Unasked;
use holdfast_posture::{
    Baselines, Control, LISTS, Manual, Settings, built_in, is_manual, read_built_in, read_manual,
    read_manual_with, read_with,
};
use holdfast_rulefile::config::{HostSetting, SettingValue};
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

    /// What is wrong with the file of a control that is none because of that.
    pub(crate) fn refused(&self, id: &str) -> Option<&Problem> {
        of_file(&self.problems, id).filter(|_| self.find(id).is_none())
    }

    /// Why no control goes by that name.
    pub(crate) fn unknown(&self, id: &str) -> Problem {
        if let Some(refused) = self.refused(id) {
            return refused.clone();
        }
        let known = self.list.iter().map(|control| &*control.id);
        let help = match holdfast_rulefile::suggest(id, known) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => "list them: holdfast rules list --kind control".to_owned(),
        };
        Problem::new("control-unknown", format!("there is no control called `{id}`")).help(help)
    }
}

/// The first of these problems that is about the file of a control.
pub(crate) fn of_file<'p>(problems: &'p [Problem], id: &str) -> Option<&'p Problem> {
    let is_named = |path: &str| Path::new(path).file_stem().is_some_and(|stem| stem == id);
    problems.iter().find(|problem| {
        let place = problem.place.as_ref();
        place.is_some_and(|place| is_named(&place.path) && place.path.contains("/control/"))
    })
}

/// The files of controls that a folder keeps for itself.
pub(crate) fn own(tree: &dyn Tree) -> Texts {
    Texts::of(tree, "control", &["yaml"])
}

/// What `[host.settings]` says, for conditions. A name that no control asks is a problem, and so is a
/// value of another type: neither counts.
pub fn declared(
    config: &Config,
    settings: &Settings,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, TraitValue> {
    let mut declared = BTreeMap::new();
    for one in &config.host.settings {
        if let Some(value) = said(settings, one) {
            declared.insert(one.name.clone(), value);
        } else {
            problems.push(refused(settings, one));
        }
    }
    declared
}

/// What a line of the configuration says, where a setting of that name has that type.
pub(crate) fn said(settings: &Settings, one: &HostSetting) -> Option<TraitValue> {
    match (kind_of(settings, &one.name)?, &one.value) {
        (Kind::Bool, SettingValue::Truth(truth)) => Some(TraitValue::Truth(*truth)),
        (Kind::Number, SettingValue::Number(text)) | (Kind::Text, SettingValue::Text(text)) => {
            Some(TraitValue::Text(Arc::clone(text)))
        }
        (Kind::Texts, SettingValue::Texts(texts)) => Some(TraitValue::Texts(texts.clone())),
        (Kind::Ordered(words) | Kind::Enum(words), SettingValue::Text(text)) => {
            words.contains(&&**text).then(|| TraitValue::Text(Arc::clone(text)))
        }
        _ => None,
    }
}

/// The type of a setting, of those that controls take in by `and` as well.
fn kind_of(settings: &Settings, name: &str) -> Option<Kind> {
    let of_list = || LISTS.iter().any(|(list, _)| *list == name).then_some(Kind::Texts);
    settings.kind_of(name).or_else(of_list)
}

/// Why a line of the configuration does not count.
fn refused(settings: &Settings, one: &HostSetting) -> Problem {
    let name = &one.name;
    let Some(kind) = kind_of(settings, name) else {
        let lists = LISTS.iter().map(|(list, _)| *list);
        let known: Vec<&str> = settings.names().chain(lists).collect();
        let help = match holdfast_rulefile::suggest(name, known.iter().copied()) {
            Some(guess) => format!("did you mean `{guess}`?"),
            None => format!("controls ask {}", known.join(", ")),
        };
        let message = format!("no control asks for the setting `{name}`");
        return one.at.problem("setting-unknown", message).help(help);
    };
    let found = match &one.value {
        SettingValue::Truth(truth) => format!("`{truth}`"),
        SettingValue::Number(number) => format!("the number `{number}`"),
        SettingValue::Text(_) => "a text".to_owned(),
        SettingValue::Texts(_) => "a list".to_owned(),
    };
    let (wanted, write) = match kind {
        Kind::Bool => ("`true` or `false`", "write one of the two, without quotes".to_owned()),
        Kind::Number => ("a number", "write a number, without quotes".to_owned()),
        Kind::Text => ("a text", "write it in quotes".to_owned()),
        Kind::Texts => ("a list of texts", "write `[\"one\", \"two\"]`".to_owned()),
        Kind::Ordered(words) | Kind::Enum(words) => {
            ("one of some words", format!("write one of {}, in quotes", words.join(", ")))
        }
    };
    let message = format!("the setting `{name}` is {wanted}, not {found}");
    let help = match settings.declared_at(name) {
        Some(place) => format!("{write}; it is declared at {place}"),
        None => write,
    };
    one.value_at.problem("setting-unknown", message).help(help)
}
