//! The rules that are always there.

/// Path and text of each, sorted by path.
pub fn built_in() -> &'static [(&'static str, &'static str)] {
    BUILT_IN
}

const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));
