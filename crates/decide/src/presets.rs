//! The presets that are built in.

use std::sync::Arc;

use crate::appetite::Appetite;

#[cfg(test)]
mod tests;

/// What is used where nobody chose anything.
pub const DEFAULT_PRESET: &str = "solo";

const PRESETS: &[(&str, &str)] = &[
    ("solo", include_str!("../../../rules/appetite/solo.yaml")),
    ("start", include_str!("../../../rules/appetite/start.yaml")),
    ("standard", include_str!("../../../rules/appetite/standard.yaml")),
    ("strict", include_str!("../../../rules/appetite/strict.yaml")),
];

/// Every preset: its name and the text of its file, the mildest first.
pub fn presets() -> &'static [(&'static str, &'static str)] {
    PRESETS
}

/// The preset of that name.
pub fn preset(name: &str) -> Option<Appetite> {
    let (name, text) = PRESETS.iter().find(|(known, _)| *known == name)?;
    Appetite::read(&Arc::from(format!("rules/appetite/{name}.yaml")), text).0
}
