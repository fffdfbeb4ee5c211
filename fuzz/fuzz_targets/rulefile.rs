//! What people write: YAML, conditions, `holdfast.toml`. The first byte chooses.

#![no_main]

use std::sync::Arc;

use holdfast_model::Place;
use holdfast_rulefile::{Condition, Field, Kind, Schema, config, yaml};
use libfuzzer_sys::fuzz_target;

const SCHEMA: Schema = Schema {
    fields: &[
        Field { name: "finding.exploited", kind: Kind::Bool, help: "known to be exploited" },
        Field { name: "finding.cvss", kind: Kind::Number, help: "the score" },
        Field { name: "asset.name", kind: Kind::Text, help: "the name" },
        Field { name: "asset.labels", kind: Kind::Texts, help: "the labels" },
        Field {
            name: "finding.severity",
            kind: Kind::Ordered(&["when you can", "soon", "now"]),
            help: "the urgency",
        },
        Field {
            name: "look.standing",
            kind: Kind::Enum(&["working", "proposed", "trunk", "deployed"]),
            help: "the standing",
        },
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
