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

/// The YAML of each as it was scanned when the program was built, in the same order.
const SCANNED: &[&[u8]] = &[
    include_bytes!(concat!(env!("OUT_DIR"), "/solo.yaml-events")),
    include_bytes!(concat!(env!("OUT_DIR"), "/start.yaml-events")),
    include_bytes!(concat!(env!("OUT_DIR"), "/standard.yaml-events")),
    include_bytes!(concat!(env!("OUT_DIR"), "/strict.yaml-events")),
];

/// Every preset: its name and the text of its file, the mildest first.
pub fn presets() -> &'static [(&'static str, &'static str)] {
    PRESETS
}

/// The preset of that name.
pub fn preset(name: &str) -> Option<Appetite> {
    let mut all = PRESETS.iter().zip(SCANNED);
    let ((name, text), scanned) = all.find(|((known, _), _)| *known == name)?;
    Appetite::read_recorded(&Arc::from(format!("rules/appetite/{name}.yaml")), text, scanned)
}
