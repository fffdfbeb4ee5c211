//! `[host.settings]`: what a host is for, which only its owner knows.
//!
//! Knows in which types TOML has values. Must not know which settings there are.

use std::sync::Arc;

use crate::{Decoder, Node, Spot, Value};

/// A line of `[host.settings]`. Which settings there are, and of which type, is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSetting {
    /// Its name, behind `setting.`.
    pub name: String,
    /// What is said.
    pub value: SettingValue,
    /// Where its name stands.
    pub at: Spot,
    /// Where its value does.
    pub value_at: Spot,
}

/// What a setting is said to be, by the type in which it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// `true` or `false`.
    Truth(bool),
    /// A finite number, as it is written.
    Number(Arc<str>),
    /// A text.
    Text(Arc<str>),
    /// A list of texts: what controls allow beside what they name themselves, for instance.
    Texts(Vec<Arc<str>>),
}

/// Reads `[host.settings]`: each by its name.
pub(super) fn read(decoder: &mut Decoder<'_>, node: Option<&Node>) -> Vec<HostSetting> {
    let mut all = Vec::new();
    let Some(table) = node.and_then(|node| decoder.map(node)) else { return all };
    for (name, node) in table.pairs() {
        let Some(text) = decoder.text(name) else { continue };
        let Some(value) = setting(decoder, node) else { continue };
        let (at, value_at) = (Spot::of(decoder, name), Spot::of(decoder, node));
        all.push(HostSetting { name: text.to_owned(), value, at, value_at });
    }
    all
}

/// The value of a setting, by the type in which TOML has it.
fn setting(decoder: &mut Decoder<'_>, node: &Node) -> Option<SettingValue> {
    match &node.value {
        Value::Seq(_) => {
            let texts = decoder.texts(node);
            Some(SettingValue::Texts(texts.into_iter().map(Arc::from).collect()))
        }
        Value::Text { quoted: true, .. } => {
            decoder.text(node).map(|text| SettingValue::Text(text.into()))
        }
        Value::Text { text, .. } if text == "true" => Some(SettingValue::Truth(true)),
        Value::Text { text, .. } if text == "false" => Some(SettingValue::Truth(false)),
        Value::Text { text, .. } if text.parse::<f64>().is_ok_and(f64::is_finite) => {
            Some(SettingValue::Number(text.as_str().into()))
        }
        // What nests too deep was refused before.
        Value::Null => None,
        Value::Text { .. } | Value::Map(_) => {
            let found = node.as_text().map_or_else(
                || node.what().to_owned(),
                |text| format!("`{}`", text.chars().take(60).collect::<String>()),
            );
            let message = format!("the value of a setting is wanted here, not {found}");
            let help = "write `true` or `false`, a number, a text in quotes, or a list of texts";
            decoder.refuse("rule-type", node, message, help);
            None
        }
    }
}
