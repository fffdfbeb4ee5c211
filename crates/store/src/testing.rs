//! What the tests inside this crate share.

use holdfast_model::{Component, Ecosystem, Origin, Place};

pub(crate) fn component(name: &str, version: &str) -> Component {
    Component {
        ecosystem: Ecosystem::new("cargo"),
        name: name.into(),
        version: Some(version.into()),
        place: Place { path: "Cargo.lock".into(), line: 3, column: 1 },
        direct: None,
        dev: false,
        origin: Origin::Feed(None),
        source: None,
        module: None,
        integrity: None,
    }
}
