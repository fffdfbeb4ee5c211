//! What people write: YAML, conditions, `holdfast.toml`. The first byte chooses.

#![no_main]

use std::sync::Arc;

use holdfast_model::Place;
use holdfast_rulefile::{Condition, Field, Kind, Schema, config, yaml};
use libfuzzer_sys::fuzz_target;

const SCHEMA: Schema<'static> = Schema {
    fields: &[
        Field::new("finding.exploited", Kind::Bool, "known to be exploited"),
        Field::new("finding.cvss", Kind::Number, "the score"),
        Field::new("asset.name", Kind::Text, "the name"),
        Field::new("asset.labels", Kind::Texts, "the labels"),
        Field::new(
            "finding.severity",
            Kind::Ordered(&["when you can", "soon", "now"]),
            "the urgency",
        ),
        Field::new(
            "look.standing",
            Kind::Enum(&["working", "proposed", "trunk", "deployed"]),
            "the standing",
        ),
    ],
};

fuzz_target!(|data: &[u8]| {
    let Some((first, bytes)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let path: Arc<str> = Arc::from("rule.yaml");
    match first % 3 {
        0 => drop(yaml::parse(&path, text)),
        1 => drop(config::read(&path, text)),
        _ => {
            if let Ok(condition) = Condition::parse(&SCHEMA, text, &Place::start_of(path)) {
                let _ = condition.holds(&|_| None);
            }
        }
    }
});
