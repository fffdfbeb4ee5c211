//! Settings of a team's own, which its baselines declare beside those that came along.
//!
//! Every control and every baseline of the folder knows them, whichever baseline declares them: what
//! a condition may ask does not depend on the host. Until somebody sets one, its default counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdfast_model::{Place, TraitValue};
use holdfast_rulefile::{Decoder, Field, Kind, Node, Schema, Value, yaml};

use super::host::{Step, shown};
use super::read::{entries, short, stem};
use super::resolve::MOST_BASELINES;
use super::{Baseline, Spot};
use crate::Control;
use crate::fields::{LISTS, SCHEMA, typed};
use crate::read::sentence;

/// More would be a mistake.
const MOST_SETTINGS: usize = 256;
/// The longest name, in letters.
const LONGEST: usize = 60;
/// The types, as files name them.
const TYPES: &[&str] = &["truth", "number", "text", "list"];

fn kind_by(word: &str) -> Option<Kind> {
    match word {
        "truth" => Some(Kind::Bool),
        "number" => Some(Kind::Number),
        "text" => Some(Kind::Text),
        "list" => Some(Kind::Texts),
        _ => None,
    }
}

/// A setting that a baseline declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    baseline: Arc<str>,
    name: Arc<str>,
    field: Field,
    default: TraitValue,
    spot: Spot,
}

impl Declared {
    /// That it is declared, and with which default.
    pub(super) fn step(&self, counts: bool) -> Step {
        let default = shown(&self.default);
        Step {
            place: self.spot.place.clone(),
            what: format!("`{}` declares `{}` as {default}", self.baseline, self.name),
            counts,
            setting: Some(Arc::clone(&self.name)),
        }
    }
}

/// What controls may ask as `setting.NAME`: what came along, and what baselines declare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    declared: BTreeMap<Arc<str>, Declared>,
    /// Every field of a condition; empty where nothing is declared.
    fields: Vec<Field>,
}

impl Settings {
    /// Those that some baselines declare, from path and text. What is wrong with them is said by
    /// [`crate::Baselines::read`], which needs the controls, and these need the settings. A mistake
    /// elsewhere in a file does not take its settings away: controls that ask for them still run.
    pub fn read<'t>(files: impl IntoIterator<Item = (&'t Arc<str>, &'t str)>) -> Self {
        let mut all = Self::default();
        for (path, text) in files.into_iter().take(MOST_BASELINES) {
            // Most files declare nothing, and need not be read twice.
            if !text.contains("settings") {
                continue;
            }
            let (Some(node), _) = yaml::parse(path, text) else { continue };
            let Value::Map(pairs) = &node.value else { continue };
            let found = pairs.iter().find(|(name, _)| name.as_text() == Some("settings"));
            let Some((_, node)) = found.filter(|(_, value)| value.value != Value::Null) else {
                continue;
            };
            let mut decoder = Decoder::new(path, text);
            for one in declarations(&mut decoder, Some(node), &stem(path).into()) {
                all.add(one);
            }
        }
        all
    }

    fn add(&mut self, one: Declared) {
        if self.declared.len() >= MOST_SETTINGS || self.declared.contains_key(&one.name) {
            return;
        }
        if self.fields.is_empty() {
            self.fields.extend_from_slice(SCHEMA.fields);
        }
        self.fields.push(one.field.clone());
        self.declared.insert(Arc::clone(&one.name), one);
    }

    /// Everything that conditions may ask.
    pub(crate) fn schema(&self) -> Schema<'_> {
        if self.fields.is_empty() { SCHEMA } else { Schema { fields: &self.fields } }
    }

    /// The names behind `setting.`, those that came along first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.schema().fields.iter().filter_map(|field| field.name.strip_prefix("setting."))
    }

    /// The type of a setting; `None` where no condition may ask for it.
    pub fn kind_of(&self, name: &str) -> Option<Kind> {
        self.schema().field(&format!("setting.{name}")).map(|field| field.kind)
    }

    /// Where a baseline declares a setting; `None` for those that came along.
    pub fn declared_at(&self, name: &str) -> Option<&Place> {
        self.find(name).map(|one| &one.spot.place)
    }

    /// What counts of each declared setting until somebody sets it, by the name behind `setting.`.
    pub fn defaults(&self) -> BTreeMap<String, TraitValue> {
        let all = self.declared.iter();
        all.map(|(name, one)| (name.to_string(), one.default.clone())).collect()
    }

    /// The defaults of the settings that a control asks for, where no baseline counts.
    pub fn steps(&self, control: &Control) -> Vec<Step> {
        let asked = control.asks().into_iter().filter_map(|field| field.strip_prefix("setting."));
        asked.filter_map(|name| self.find(name)).map(|one| one.step(true)).collect()
    }

    pub(super) fn find(&self, name: &str) -> Option<&Declared> {
        self.declared.get(name)
    }

    /// Refuses what a baseline declares and another one already has, and what is one too many.
    pub(super) fn refuse(&self, decoder: &mut Decoder<'_>, own: &[Declared]) {
        for one in own {
            let problem = match self.find(&one.name) {
                Some(known) if known.spot.place == one.spot.place => continue,
                Some(known) => {
                    let place = &known.spot.place;
                    let message = format!("the setting `{}` is declared at `{place}`", one.name);
                    let help = "declare it once: every baseline may set it";
                    one.spot.problem("baseline-setting", message).help(help)
                }
                None => {
                    let message = format!("more than {MOST_SETTINGS} settings are declared");
                    let help = "remove those that no control asks for";
                    one.spot.problem("baseline-size", message).help(help)
                }
            };
            decoder.report(problem);
        }
    }
}

impl Baseline {
    /// The names of the settings that it declares, in the order of the file.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        self.declared.iter().map(|one| &*one.name)
    }
}

/// `settings`: what a baseline declares, each with its type, its default and what it says.
pub(super) fn declarations(
    decoder: &mut Decoder<'_>,
    node: Option<&Node>,
    baseline: &Arc<str>,
) -> Vec<Declared> {
    let mut out = Vec::new();
    for (name, at, node) in entries(decoder, node) {
        let free = is_free(decoder, at, name);
        let Some(mut table) = decoder.map(node) else { continue };
        let kind = table.required(decoder, "type");
        let kind = kind.and_then(|node| decoder.word(node, TYPES, kind_by));
        let default = table.required(decoder, "default");
        let about = sentence(decoder, &mut table, "about");
        table.finish(decoder);
        let Some(kind) = kind else { continue };
        let default = default.and_then(|node| typed(decoder, kind, node));
        let (true, Some(default), Some(about)) = (free, default, about) else { continue };
        let field = Field { name: format!("setting.{name}").into(), kind, help: about.into() };
        out.push(Declared {
            baseline: Arc::clone(baseline),
            name: name.into(),
            field,
            default,
            spot: Spot::of(decoder, at),
        });
    }
    out
}

/// Whether a name can be one of a setting, and is not one of those that came along.
fn is_free(decoder: &mut Decoder<'_>, at: &Node, name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || !name.chars().all(plain) || name.len() > LONGEST {
        let message = format!("`{}` is no name of a setting", short(name));
        let help = "write lower-case words with `_` between them, such as `card_data`";
        decoder.refuse("baseline-setting", at, message, help);
        return false;
    }
    let came_along = SCHEMA.field(&format!("setting.{name}")).is_some()
        || LISTS.iter().any(|(list, _)| *list == name);
    if came_along {
        let message = format!("the setting `{name}` came along");
        decoder.refuse("baseline-setting", at, message, "give yours another name");
    }
    !came_along
}
